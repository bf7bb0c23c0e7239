use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::{
    Appearance, BankAccount, DocumentDefaults, FiscalYearEnd, LegalIdentity, ReminderLadder, SalesRules, VatRegime,
    VatScheme,
};
use crate::{
    billing::{HalfYear, LateInterestRates, PaymentTerms, Percentage, VatRates},
    document::{NumberPattern, Seller, Series},
};

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
    /// Each that was ever set, the newest last.
    #[serde(default)]
    pub(super) patterns: Vec<(Series, NumberPattern)>,
    #[serde(default)]
    pub(super) sales_rules: SalesRules,
    #[serde(default)]
    pub(super) reminders: ReminderLadder,
    #[serde(default)]
    pub(super) vat_rates: VatRates,
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
            patterns: Vec::new(),
            sales_rules: SalesRules::default(),
            reminders: ReminderLadder::default(),
            vat_rates: VatRates::default(),
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

    /// Those that the program brings, and what was added.
    pub const fn vat_rates(&self) -> &VatRates {
        &self.vat_rates
    }

    pub const fn fiscal_year_end(&self) -> FiscalYearEnd {
        self.fiscal_year_end
    }

    /// From when on invoices go through a platform.
    pub const fn electronic_invoicing_from(&self) -> Option<NaiveDate> {
        self.electronic_invoicing
    }

    /// How the numbers of a series are written.
    pub fn number_pattern(&self, series: Series) -> NumberPattern {
        let set = self.patterns.iter().rev().find(|(of, _)| *of == series);
        set.map_or_else(|| NumberPattern::of(series), |(_, pattern)| pattern.clone())
    }

    /// Whether another series writes its numbers so, or did: two documents could bear one number.
    pub(super) fn is_taken_by_another(&self, series: Series, pattern: &NumberPattern) -> bool {
        let others = Series::ALL.into_iter().filter(|other| *other != series);
        let of_old = self.patterns.iter().filter(|(of, _)| *of != series);
        others
            .map(NumberPattern::of)
            .chain(of_old.map(|(_, pattern)| pattern.clone()))
            .any(|other| other.reads_like(pattern))
    }

    pub const fn sales_rules(&self) -> SalesRules {
        self.sales_rules
    }

    pub const fn reminders(&self) -> &ReminderLadder {
        &self.reminders
    }

    /// Who sells, as documents say it from now on; `None` until somebody said who we are.
    pub fn seller(&self) -> Option<Seller> {
        Some(Seller {
            identity: self.identity.as_deref()?.clone(),
            vat_scheme: self.scheme,
            bank_account: self.account.clone(),
            appearance: self.appearance.clone(),
        })
    }

    /// Where the company's days begin and end: at its seat.
    pub fn time_zone(&self) -> Tz {
        match self.identity().map(|identity| identity.address.country.code()) {
            Some("GP") => Tz::America__Guadeloupe,
            Some("MQ") => Tz::America__Martinique,
            Some("GF") => Tz::America__Cayenne,
            Some("RE") => Tz::Indian__Reunion,
            Some("YT") => Tz::Indian__Mayotte,
            _ => Tz::Europe__Paris,
        }
    }

    /// The day that a moment belongs to at the company's seat.
    pub fn day(&self, moment: DateTime<Utc>) -> NaiveDate {
        moment.with_timezone(&self.time_zone()).date_naive()
    }
}
