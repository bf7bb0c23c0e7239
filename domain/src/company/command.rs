use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use super::{
    Appearance, BankAccount, DocumentDefaults, FiscalYearEnd, LegalIdentity, ReminderLadder, RevenueRules, SalesRules,
    VatScheme,
};
use crate::{
    Currency,
    billing::{AddedRate, HalfYear, Percentage, RateKey},
    contract::IndexValue,
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
    /// What an index was for a month, as it was published; again for the same month: the correction.
    SetIndexValue {
        value: IndexValue,
        source: String,
    },
    /// What one unit of a currency is worth in euros, from a day on; again for the same day: the correction.
    SetExchangeRate {
        currency: Currency,
        from: NaiveDate,
        rate: Decimal,
        source: String,
    },
    SetRevenueRules(RevenueRules),
}
