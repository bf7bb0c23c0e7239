use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{Appearance, BankAccount, DocumentDefaults, FiscalYearEnd, LegalIdentity, VatRegime, VatScheme};
use crate::billing::{HalfYear, LateInterestRates, PaymentTerms, Percentage};

/// What the company remembers in order to decide, and what documents are made by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompanyState {
    pub(super) identity: Option<Box<LegalIdentity>>,
    pub(super) scheme: VatScheme,
    pub(super) account: Option<BankAccount>,
    pub(super) appearance: Appearance,
    pub(super) defaults: DocumentDefaults,
    /// In order of time.
    pub(super) late_interest: Vec<(HalfYear, Percentage, String)>,
    pub(super) fiscal_year_end: FiscalYearEnd,
    pub(super) electronic_invoicing: Option<NaiveDate>,
}

/// What holds before anybody said anything: the common case and the law's own terms.
impl Default for CompanyState {
    fn default() -> Self {
        Self {
            identity: None,
            scheme: VatScheme {
                regime: VatRegime::Monthly,
                on_debits: false,
            },
            account: None,
            appearance: Appearance::default(),
            defaults: DocumentDefaults {
                payment_terms: PaymentTerms::default(),
                quote_validity_days: 30,
                early_payment_discount: None,
                quote_conditions: None,
            },
            late_interest: Vec::new(),
            fiscal_year_end: FiscalYearEnd { month: 12, day: 31 },
            electronic_invoicing: None,
        }
    }
}

impl CompanyState {
    /// `None` until somebody said who we are: no document can be issued before.
    pub fn identity(&self) -> Option<&LegalIdentity> {
        self.identity.as_deref()
    }

    pub const fn vat_scheme(&self) -> VatScheme {
        self.scheme
    }

    pub const fn bank_account(&self) -> Option<&BankAccount> {
        self.account.as_ref()
    }

    pub const fn appearance(&self) -> &Appearance {
        &self.appearance
    }

    pub const fn document_defaults(&self) -> &DocumentDefaults {
        &self.defaults
    }

    /// The rates with where each was read, in order of time.
    pub fn late_interest(&self) -> &[(HalfYear, Percentage, String)] {
        &self.late_interest
    }

    pub fn late_interest_rates(&self) -> LateInterestRates {
        self.late_interest
            .iter()
            .map(|(half_year, rate, _)| (*half_year, *rate))
            .collect()
    }

    pub const fn fiscal_year_end(&self) -> FiscalYearEnd {
        self.fiscal_year_end
    }

    /// From when on invoices go through a platform.
    pub const fn electronic_invoicing_from(&self) -> Option<NaiveDate> {
        self.electronic_invoicing
    }
}
