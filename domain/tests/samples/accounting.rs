//! How the books are kept.

use domain::{
    AccountingEvent,
    accounting::{Account, AccountRole, ExportColumn, ExportField, ExportFormat, Journal, JournalName},
    billing::Percentage,
};

use super::{Sample, full, text, variant};

pub(super) fn books() -> Vec<Sample> {
    let account = |number: &str, label: &str| Account {
        number: text(number),
        label: text(label),
    };
    let column = |title: &str, field| ExportColumn {
        title: text(title),
        field,
    };
    vec![
        full(AccountingEvent::PeriodLocked {
            through: "2026-12-31".parse().unwrap(),
        }),
        full(AccountingEvent::AccountMapped {
            role: AccountRole::VatDue(Percentage::new("rate", "5.5".parse().unwrap()).unwrap()),
            account: account("445712", "TVA collectée 5,5 %"),
        }),
        variant(
            "fixed",
            AccountingEvent::AccountMapped {
                role: AccountRole::Goods,
                account: account("701000", "Produits finis"),
            },
        ),
        full(AccountingEvent::JournalNamed {
            journal: Journal::Sales,
            name: JournalName {
                code: text("VT"),
                label: text("Journal des ventes"),
            },
        }),
        full(AccountingEvent::ExportMappingSaved {
            format: ExportFormat::Sage,
            columns: vec![
                column("Compte", ExportField::Account),
                column("Débit", ExportField::Debit),
                column("Crédit", ExportField::Credit),
            ],
        }),
    ]
}
