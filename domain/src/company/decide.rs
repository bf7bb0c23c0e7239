use chrono::NaiveDate;

use super::{
    Appearance, CompanyCommand, CompanyError, CompanyEvent, CompanyState, DocumentDefaults, FiscalYearEnd,
    InvoiceOnAcceptance, LegalIdentity, Registration, ReminderLadder, SalesRules,
};
use crate::{
    Country, Currency, Decider, InvalidValue,
    billing::{AddedRate, Percentage, RateClass, RateKey, Territory},
    contract::IndexValue,
    identifiers::AddressFields,
    invoice::ReminderStep,
    recurring_revenue::{FxTable, fx::RATE_MAX},
    value::{self, LABEL_MAX, NAME_MAX, Problem},
};

/// Days that a quote holds, at most.
const VALIDITY_MAX: u16 = 365;
const SOURCE_MAX: usize = 300;
/// Days that a renewal may come late and is no churn, at most.
const GRACE_MAX: u16 = 366;
/// Days before or after the due date that a reminder can lie, at most.
const LADDER_DAYS_MAX: i16 = 365;
const ADDRESS: AddressFields = AddressFields {
    lines: "address.lines",
    postcode: "address.postcode",
    city: "address.city",
};

impl Decider for CompanyState {
    const TYPE: &'static str = "company";

    type Command = CompanyCommand;
    type Event = CompanyEvent;
    type Error = CompanyError;

    fn decide(&self, command: CompanyCommand) -> Result<Vec<CompanyEvent>, CompanyError> {
        let (fulfilled, event) = match command {
            CompanyCommand::Identify(identity) => {
                let identity = Box::new(identity.checked()?);
                (
                    self.identity.as_ref() == Some(&identity),
                    CompanyEvent::CompanyIdentified { identity },
                )
            }
            CompanyCommand::SetVatScheme(scheme) => {
                (self.scheme == scheme, CompanyEvent::CompanyVatSchemeSet { scheme })
            }
            CompanyCommand::ChangeBankAccount(account) => (
                self.account.as_ref() == Some(&account),
                CompanyEvent::CompanyBankAccountChanged { account },
            ),
            CompanyCommand::SetAppearance(appearance) => {
                let appearance = appearance.checked()?;
                (
                    self.appearance == appearance,
                    CompanyEvent::CompanyAppearanceSet { appearance },
                )
            }
            CompanyCommand::SetDocumentDefaults(defaults) => {
                let defaults = defaults.checked()?;
                (
                    self.defaults == defaults,
                    CompanyEvent::CompanyDocumentDefaultsSet { defaults },
                )
            }
            CompanyCommand::SetLateInterestRate {
                half_year,
                rate,
                source,
            } => {
                if !matches!(half_year.half, 1 | 2) {
                    return Err(InvalidValue::new("half", Problem::OutOfRange { min: 1, max: 2 }).into());
                }
                if !value::YEARS.contains(&half_year.year) {
                    return Err(InvalidValue::new("year", Problem::DateTooFar).into());
                }
                let source = value::line("source", &source, SOURCE_MAX)?;
                let known = (half_year, rate, source.clone());
                (
                    self.late_interest.contains(&known),
                    CompanyEvent::LateInterestRateSet {
                        half_year,
                        rate,
                        source,
                    },
                )
            }
            CompanyCommand::SetVatRate(rate) => {
                let rate = checked_rate(rate)?;
                (
                    self.vat_rates.added().contains(&rate),
                    CompanyEvent::CompanyVatRateSet { rate },
                )
            }
            CompanyCommand::RemoveVatRate(key) => (
                !self.vat_rates.added().iter().any(|known| known.key == key),
                CompanyEvent::CompanyVatRateRemoved { key },
            ),
            CompanyCommand::SetFiscalYearEnd(end) => {
                let end = end.checked()?;
                (
                    self.fiscal_year_end == end,
                    CompanyEvent::CompanyFiscalYearEndSet { end },
                )
            }
            CompanyCommand::SetElectronicInvoicing { from } => {
                let from = from.map(|from| value::date("from", from)).transpose()?;
                (
                    self.electronic_invoicing == from,
                    CompanyEvent::CompanyElectronicInvoicingSet { from },
                )
            }
            CompanyCommand::SetNumberPattern { series, pattern } => {
                if self.is_taken_by_another(series, &pattern) {
                    return Err(CompanyError::PatternOfAnotherSeries);
                }
                (
                    self.number_pattern(series) == pattern,
                    CompanyEvent::CompanyNumberPatternSet { series, pattern },
                )
            }
            CompanyCommand::SetSalesRules(rules) => {
                let rules = rules.checked()?;
                (self.sales_rules == rules, CompanyEvent::CompanySalesRulesSet { rules })
            }
            CompanyCommand::SetReminders(ladder) => {
                let ladder = ladder.checked()?;
                (self.reminders == ladder, CompanyEvent::CompanyRemindersSet { ladder })
            }
            CompanyCommand::SetIndexValue { value, source } => {
                let value = value.checked()?;
                let source = value::line("source", &source, SOURCE_MAX)?;
                (
                    self.index_values.contains(&value),
                    CompanyEvent::IndexValueSet { value, source },
                )
            }
            CompanyCommand::SetExchangeRate {
                currency,
                from,
                rate,
                source,
            } => {
                let from = value::date("from", from)?;
                if currency == Currency::EUR || FxTable::new(Currency::EUR).set(currency, from, rate).is_err() {
                    return Err(InvalidValue::new("rate", Problem::OutOfRange { min: 0, max: RATE_MAX }).into());
                }
                let source = value::line("source", &source, SOURCE_MAX)?;
                (
                    self.exchange_rates.contains(&(currency, from, rate)),
                    CompanyEvent::ExchangeRateSet {
                        currency,
                        from,
                        rate,
                        source,
                    },
                )
            }
            CompanyCommand::SetRevenueRules(rules) => {
                if rules.renewal_grace_days > GRACE_MAX {
                    let max = GRACE_MAX.into();
                    return Err(InvalidValue::new("renewalGraceDays", Problem::OutOfRange { min: 0, max }).into());
                }
                (
                    self.revenue_rules == rules,
                    CompanyEvent::CompanyRevenueRulesSet { rules },
                )
            }
        };
        Ok(if fulfilled { Vec::new() } else { vec![event] })
    }

    fn evolve(&mut self, event: &CompanyEvent) {
        match event {
            CompanyEvent::CompanyIdentified { identity } => self.identity = Some(identity.clone()),
            CompanyEvent::CompanyVatSchemeSet { scheme } => self.scheme = *scheme,
            CompanyEvent::CompanyBankAccountChanged { account } => self.account = Some(account.clone()),
            CompanyEvent::CompanyAppearanceSet { appearance } => self.appearance = appearance.clone(),
            CompanyEvent::CompanyDocumentDefaultsSet { defaults } => self.defaults = defaults.clone(),
            CompanyEvent::LateInterestRateSet {
                half_year,
                rate,
                source,
            } => {
                let entry = (*half_year, *rate, source.clone());
                match self.late_interest.binary_search_by_key(half_year, |(known, ..)| *known) {
                    Ok(place) => self.late_interest[place] = entry,
                    Err(place) => self.late_interest.insert(place, entry),
                }
            }
            CompanyEvent::IndexValueSet { value, .. } => {
                let month = |known: &IndexValue| (known.index.clone(), known.point.month);
                self.index_values.retain(|known| month(known) != month(value));
                self.index_values.push(value.clone());
            }
            CompanyEvent::ExchangeRateSet {
                currency, from, rate, ..
            } => {
                self.exchange_rates
                    .retain(|(known, day, _)| (known, day) != (currency, from));
                self.exchange_rates.push((*currency, *from, *rate));
            }
            CompanyEvent::CompanyRevenueRulesSet { rules } => self.revenue_rules = *rules,
            CompanyEvent::CompanyVatRateSet { rate } => self.vat_rates.add(rate.clone()),
            CompanyEvent::CompanyVatRateRemoved { key } => self.vat_rates.remove(*key),
            CompanyEvent::CompanyFiscalYearEndSet { end } => self.fiscal_year_end = *end,
            CompanyEvent::CompanyElectronicInvoicingSet { from } => self.electronic_invoicing = *from,
            CompanyEvent::CompanyNumberPatternSet { series, pattern } => self.patterns.push((*series, pattern.clone())),
            CompanyEvent::CompanySalesRulesSet { rules } => self.sales_rules = *rules,
            CompanyEvent::CompanyRemindersSet { ladder } => self.reminders = ladder.clone(),
        }
    }
}

/// Of Guyane and Mayotte there is none to say, and the class of nothing is taxed at nothing.
fn checked_rate(rate: AddedRate) -> Result<AddedRate, InvalidValue> {
    let RateKey { territory, class, from } = rate.key;
    if territory == Territory::Untaxed || class == RateClass::Zero {
        return Err(InvalidValue::new("vatRateClass", Problem::NoSuchRate { on: from }));
    }
    value::date("from", from)?;
    if rate.until.is_some_and(|until| until < from) {
        return Err(InvalidValue::new("until", Problem::DateTooFar));
    }
    Ok(AddedRate {
        reason: value::line("reason", &rate.reason, SOURCE_MAX)?,
        ..rate
    })
}

impl LegalIdentity {
    fn checked(self) -> Result<Self, CompanyError> {
        let address = self.address.checked(ADDRESS)?;
        if self.siret.as_ref().is_some_and(|siret| siret.siren() != self.siren) {
            return Err(CompanyError::SiretOfAnotherSiren);
        }
        let of_vat = self.vat_number.as_ref().and_then(crate::VatNumber::siren);
        if of_vat.is_some_and(|siren| siren != self.siren) {
            return Err(CompanyError::VatNumberOfAnotherSiren);
        }
        if self.share_capital.is_some() && !self.form.has_capital() {
            return Err(CompanyError::NoCapital);
        }
        if crate::billing::Territory::of(address.country).is_none() || address.country.code() == "MC" {
            return Err(CompanyError::Abroad);
        }
        let registration = self
            .registration
            .map(|Registration { city }| value::line("registrationCity", &city, LABEL_MAX))
            .transpose()?;
        Ok(Self {
            name: value::line("name", &self.name, NAME_MAX)?,
            share_capital: self
                .share_capital
                .map(|capital| capital.checked("shareCapital"))
                .transpose()?,
            registration: registration.map(|city| Registration { city }),
            address,
            email: self
                .email
                .as_deref()
                .map(|email| value::email("email", email))
                .transpose()?,
            phone: self
                .phone
                .as_deref()
                .map(|phone| value::phone("phone", phone))
                .transpose()?,
            ..self
        })
    }

    /// Where it is established, for its taxes.
    pub const fn country(&self) -> Country {
        self.address.country
    }
}

impl Appearance {
    fn checked(self) -> Result<Self, InvalidValue> {
        let is_color = |text: &str| {
            text.strip_prefix('#')
                .is_some_and(|digits| digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
        };
        match &self.color {
            Some(color) if !is_color(color) => Err(InvalidValue::new("color", Problem::NotAColor)),
            _ => Ok(Self {
                color: self.color.map(|color| color.to_ascii_uppercase()),
                ..self
            }),
        }
    }
}

impl DocumentDefaults {
    fn checked(self) -> Result<Self, CompanyError> {
        if !(1..=VALIDITY_MAX).contains(&self.quote_validity_days) {
            let range = Problem::OutOfRange {
                min: 1,
                max: VALIDITY_MAX.into(),
            };
            return Err(InvalidValue::new("quoteValidityDays", range).into());
        }
        Ok(Self {
            payment_terms: self.payment_terms.checked()?,
            quote_conditions: value::optional_note("quoteConditions", self.quote_conditions.as_deref())?,
            ..self
        })
    }
}

impl SalesRules {
    fn checked(self) -> Result<Self, InvalidValue> {
        let days = self.remind_before_expiry.unwrap_or(1);
        if !(1..=VALIDITY_MAX).contains(&days) {
            let range = Problem::OutOfRange {
                min: 1,
                max: VALIDITY_MAX.into(),
            };
            return Err(InvalidValue::new("remindBeforeExpiryDays", range));
        }
        match self.invoice_on_acceptance {
            InvoiceOnAcceptance::Deposit(percent) if percent == Percentage::ZERO => {
                Err(InvalidValue::new("depositPercent", Problem::Zero))
            }
            _ => Ok(self),
        }
    }
}

impl ReminderLadder {
    /// Steps in the order of their days, each once, the formal notice not before the due date.
    pub(crate) fn checked(self) -> Result<Self, InvalidValue> {
        if self.minimum < 0 {
            return Err(InvalidValue::new("minimum", Problem::Negative));
        }
        let in_order = self
            .steps
            .windows(2)
            .all(|pair| pair[0].days < pair[1].days && pair[0].step < pair[1].step);
        let within = self.steps.iter().all(|step| {
            let earliest = if step.step == ReminderStep::Friendly {
                -LADDER_DAYS_MAX
            } else {
                1
            };
            (earliest..=LADDER_DAYS_MAX).contains(&step.days)
        });
        if in_order && within {
            Ok(self)
        } else {
            let range = Problem::OutOfRange {
                min: i64::from(-LADDER_DAYS_MAX),
                max: i64::from(LADDER_DAYS_MAX),
            };
            Err(InvalidValue::new("steps", range))
        }
    }
}

impl FiscalYearEnd {
    fn checked(self) -> Result<Self, InvalidValue> {
        // A leap year has every day there is.
        match NaiveDate::from_ymd_opt(2024, self.month.into(), self.day.into()) {
            Some(_) => Ok(self),
            None => Err(InvalidValue::new("day", Problem::OutOfRange { min: 1, max: 31 })),
        }
    }

    /// The last day of the fiscal year that a day belongs to.
    pub fn closing(self, day: NaiveDate) -> NaiveDate {
        use chrono::Datelike;
        let of = |year| {
            (1..=u32::from(self.day))
                .rev()
                .find_map(|day| NaiveDate::from_ymd_opt(year, self.month.into(), day))
                .unwrap_or(NaiveDate::MAX)
        };
        let this_year = of(day.year());
        if day <= this_year {
            this_year
        } else {
            of(day.year() + 1)
        }
    }
}
