use chrono::NaiveDate;
use serde::Serialize;

use super::{
    Appearance, BankAccount, DocumentDefaults, FiscalYearEnd, LegalIdentity, ReminderLadder, SalesRules, VatScheme,
};
use crate::{
    billing::{AddedRate, HalfYear, Percentage, RateKey},
    document::{NumberPattern, Series},
};

/// What one can ask of the company. Each says its part whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum CompanyCommand {
    Identify(Box<LegalIdentity>),
    SetVatScheme(VatScheme),
    /// The account that customers pay to.
    ChangeBankAccount(BankAccount),
    SetAppearance(Appearance),
    SetDocumentDefaults(DocumentDefaults),
    /// The yearly rate of late interest of a half-year, and where it was read.
    SetLateInterestRate {
        half_year: HalfYear,
        rate: Percentage,
        source: String,
    },
    /// Adds a rate of VAT over those that the program brings, or corrects it.
    SetVatRate(AddedRate),
    RemoveVatRate(RateKey),
    SetFiscalYearEnd(FiscalYearEnd),
    /// The day from which invoices have to go through a platform; `None` while it is not known.
    SetElectronicInvoicing {
        from: Option<NaiveDate>,
    },
    /// How the numbers of a series are written from now on.
    SetNumberPattern {
        series: Series,
        pattern: NumberPattern,
    },
    SetSalesRules(SalesRules),
    SetReminders(ReminderLadder),
}
