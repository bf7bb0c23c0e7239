use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{
    Appearance, BankAccount, DocumentDefaults, FiscalYearEnd, LegalIdentity, ReminderLadder, RevenueRules, SalesRules,
    VatRegime, VatScheme,
};
use crate::{
    Currency,
    billing::{HalfYear, LateInterestRates, PaymentTerms, Percentage, VatRates},
    contract::IndexValue,
    document::{NumberPattern, Seller, Series},
    recurring_revenue::{FxTable, Reporting, RevenueSettings},
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
    /// By index and month, each as it was last said.
    #[serde(default)]
    pub(super) index_values: Vec<IndexValue>,
    /// Worth in euros by currency and day, each as it was last said.
    #[serde(default)]
    pub(super) exchange_rates: Vec<(Currency, NaiveDate, Decimal)>,
    #[serde(default)]
    pub(super) revenue_rules: RevenueRules,
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
            index_values: Vec::new(),
            exchange_rates: Vec::new(),
            revenue_rules: RevenueRules::default(),
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

    /// The values of indices that prices of contracts follow.
    pub fn index_values(&self) -> &[IndexValue] {
        &self.index_values
    }

    /// What other currencies were worth in euros, by day.
    pub fn exchange_rates(&self) -> FxTable {
        let mut table = FxTable::new(Currency::EUR);
        for (currency, from, rate) in &self.exchange_rates {
            // What was taken is a rate.
            let _ = table.set(*currency, *from, *rate);
        }
        table
    }

    pub const fn revenue_rules(&self) -> RevenueRules {
        self.revenue_rules
    }

    /// Recurring revenue of all currencies in euros, by the company's definitions.
    pub fn revenue_settings(&self) -> RevenueSettings {
        RevenueSettings {
            reporting: Reporting::Converted {
                rates: self.exchange_rates(),
                policy: self.revenue_rules.fx,
            },
            renewal_grace_days: self.revenue_rules.renewal_grace_days,
            pauses: self.revenue_rules.pauses,
        }
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
