//! When an invoice falls due.

use chrono::{Datelike, Days, Months, NaiveDate};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{rounding::share, vat::Percentage};
use crate::{Language, Refusal, refusal::prints_in_english};

/// How long an agreement between professionals may put payment off, in days from the date of the invoice
/// (C. com. art. L441-10, I).
const CAP_DAYS: u16 = 60;
/// The same, counted with the end of the month.
const CAP_DAYS_END_OF_MONTH: u16 = 45;
/// The same for an invoice that sums up a period (CGI art. 289, I, 3).
const CAP_DAYS_PERIODIC: u16 = 45;
const DAYS_MAX: u16 = 365;
const INSTALMENTS_MAX: usize = 36;
/// Of this, every percentage is a whole number.
const EXACT: i64 = 1_000_000;

/// When an invoice is to be paid, from its date on.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum PaymentTerms {
    /// So many days after the invoice; 0 is on receipt.
    Net { days: u16 },
    /// The end of the invoice's month, and so many days after it ("fin de mois + 45 jours").
    EndOfMonthThen { days: u16 },
    /// So many days, and on to the end of that month ("45 jours fin de mois").
    ThenEndOfMonth { days: u16 },
    /// So many days, and on to this day of a month ("30 jours le 10").
    FixedDay { days: u16, day: u8 },
    /// In parts, each so many days after the invoice. The parts are a hundred percent.
    Instalments(Vec<InstalmentTerms>),
}

/// One part of a payment in parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InstalmentTerms {
    pub percent: Percentage,
    pub days: u16,
}

/// An amount, in minor units, and the day on which it is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Instalment {
    pub due: NaiveDate,
    pub amount: i64,
}

impl Default for PaymentTerms {
    /// What the law says when nobody agreed on anything (C. com. art. L441-10, I).
    fn default() -> Self {
        Self::Net { days: 30 }
    }
}

impl PaymentTerms {
    /// Refuses terms that mean nothing.
    pub fn checked(self) -> Result<Self, TermsError> {
        if matches!(&self, Self::FixedDay { day, .. } if !(1..=31).contains(day)) {
            return Err(TermsError::NoSuchDay);
        }
        let days = match &self {
            Self::Net { days }
            | Self::EndOfMonthThen { days }
            | Self::ThenEndOfMonth { days }
            | Self::FixedDay { days, .. } => *days,
            Self::Instalments(parts) => {
                let sum: rust_decimal::Decimal = parts.iter().map(|part| part.percent.as_decimal()).sum();
                let rising = parts.windows(2).all(|pair| pair[0].days < pair[1].days);
                let positive = parts.iter().all(|part| part.percent > Percentage::ZERO);
                if sum != Percentage::HUNDRED.as_decimal() || !rising || !positive || parts.len() > INSTALMENTS_MAX {
                    return Err(TermsError::Instalments);
                }
                parts.last().map_or(0, |part| part.days)
            }
        };
        if days > DAYS_MAX {
            return Err(TermsError::TooLong { max: DAYS_MAX });
        }
        Ok(self)
    }

    /// When all of it is to be paid: for a payment in parts, the last one.
    pub fn due(&self, issued: NaiveDate) -> NaiveDate {
        match self {
            Self::Net { days } => after(issued, *days),
            Self::EndOfMonthThen { days } => after(end_of_month(issued), *days),
            Self::ThenEndOfMonth { days } => end_of_month(after(issued, *days)),
            Self::FixedDay { days, day } => next_day_of_month(after(issued, *days), *day),
            Self::Instalments(parts) => after(issued, parts.last().map_or(0, |part| part.days)),
        }
    }

    /// What is to be paid when, in order. The parts add up to the amount.
    pub fn schedule(&self, issued: NaiveDate, amount: i64) -> Vec<Instalment> {
        let Self::Instalments(parts) = self else {
            return vec![Instalment {
                due: self.due(issued),
                amount,
            }];
        };
        let weights: Vec<i64> = parts.iter().map(|part| part.percent.of(EXACT)).collect();
        parts
            .iter()
            .zip(share(amount, &weights).unwrap_or_default())
            .map(|(part, amount)| Instalment {
                due: after(issued, part.days),
                amount,
            })
            .collect()
    }

    /// Refuses, between professionals, to put payment off for longer than the law allows: 60 days from the invoice, 45
    /// with the end of the month in either way of counting (C. com. art. L441-10, I), 45 for an invoice that sums up a
    /// period (CGI art. 289, I, 3).
    pub fn within_cap(&self, issued: NaiveDate, periodic: bool) -> Result<(), TermsError> {
        let latest = |days| after(issued, days);
        let refused = match self {
            _ if periodic => (self.due(issued) > latest(CAP_DAYS_PERIODIC)).then_some(CAP_DAYS_PERIODIC),
            Self::EndOfMonthThen { days } | Self::ThenEndOfMonth { days } => {
                (*days > CAP_DAYS_END_OF_MONTH).then_some(CAP_DAYS_END_OF_MONTH)
            }
            Self::Net { .. } | Self::FixedDay { .. } | Self::Instalments(_) => {
                (self.due(issued) > latest(CAP_DAYS)).then_some(CAP_DAYS)
            }
        };
        match refused {
            Some(days) => Err(TermsError::AboveLegalCap { days }),
            None => Ok(()),
        }
    }
}

fn after(date: NaiveDate, days: u16) -> NaiveDate {
    date.checked_add_days(Days::new(days.into())).unwrap_or(NaiveDate::MAX)
}

fn end_of_month(date: NaiveDate) -> NaiveDate {
    day_of_month(date, 31)
}

/// This day of the date's month, or its last one.
fn day_of_month(date: NaiveDate, day: u32) -> NaiveDate {
    (1..=day).rev().find_map(|day| date.with_day(day)).unwrap_or(date)
}

/// The first such day that is not before the date.
fn next_day_of_month(date: NaiveDate, day: u8) -> NaiveDate {
    let this_month = day_of_month(date, day.into());
    if this_month >= date {
        return this_month;
    }
    date.with_day(1)
        .and_then(|first| first.checked_add_months(Months::new(1)))
        .map_or(NaiveDate::MAX, |next| day_of_month(next, day.into()))
}

/// Why terms are not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TermsError {
    NoSuchDay,
    TooLong { max: u16 },
    Instalments,
    AboveLegalCap { days: u16 },
}

prints_in_english!(TermsError);

impl Refusal for TermsError {
    fn code(&self) -> &'static str {
        match self {
            Self::NoSuchDay | Self::TooLong { .. } => "NUMBER_OUT_OF_RANGE",
            Self::Instalments => "INVALID_INSTALMENTS",
            Self::AboveLegalCap { .. } => "TERMS_ABOVE_LEGAL_CAP",
        }
    }

    fn field(&self) -> Option<&'static str> {
        Some("paymentTerms")
    }

    fn message(&self, language: Language) -> String {
        match self {
            Self::NoSuchDay => language.choose("A day of a month is from 1 to 31.", "Un jour du mois va de 1 à 31."),
            Self::TooLong { max } => language.choose(
                format!("Terms of payment reach at most {max} days."),
                format!("Les conditions de règlement vont jusqu'à {max} jours."),
            ),
            Self::Instalments => language.choose(
                "Instalments are each above 0 %, add up to 100 %, and follow each other by days.",
                "Les échéances sont chacune supérieures à 0 %, totalisent 100 % et se suivent dans le temps.",
            ),
            Self::AboveLegalCap { days } => language.choose(
                format!("Between professionals payment is due within {days} days at most (C. com. art. L441-10)."),
                format!(
                    "Entre professionnels, le règlement intervient sous {days} jours au plus (C. com. art. L441-10)."
                ),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// C. com. art. L441-10: the two ways of counting 45 days with the end of the month, and 60 days.
    #[test]
    fn the_two_ways_of_counting_the_end_of_the_month() {
        let cases = [
            ("2026-01-15", "2026-03-31", "2026-03-17", "2026-03-16"),
            ("2026-01-02", "2026-02-28", "2026-03-17", "2026-03-03"),
            ("2026-03-10", "2026-04-30", "2026-05-15", "2026-05-09"),
            ("2026-11-22", "2027-01-31", "2027-01-14", "2027-01-21"),
            ("2026-12-31", "2027-02-28", "2027-02-14", "2027-03-01"),
        ];
        for (issued, then_end, end_then, sixty) in cases {
            let issued = day(issued);
            assert_eq!(
                PaymentTerms::ThenEndOfMonth { days: 45 }.due(issued),
                day(then_end),
                "{issued}"
            );
            assert_eq!(
                PaymentTerms::EndOfMonthThen { days: 45 }.due(issued),
                day(end_then),
                "{issued}"
            );
            assert_eq!(PaymentTerms::Net { days: 60 }.due(issued), day(sixty), "{issued}");
        }
    }

    #[test]
    fn a_fixed_day_is_the_next_one() {
        let tenth = PaymentTerms::FixedDay { days: 30, day: 10 };
        assert_eq!(tenth.due(day("2026-01-10")), day("2026-02-10"));
        assert_eq!(tenth.due(day("2026-01-12")), day("2026-03-10"));
        let last = PaymentTerms::FixedDay { days: 0, day: 31 };
        assert_eq!(last.due(day("2026-02-03")), day("2026-02-28"));
    }

    fn parts(parts: &[(&str, u16)]) -> PaymentTerms {
        PaymentTerms::Instalments(
            parts
                .iter()
                .map(|(percent, days)| InstalmentTerms {
                    percent: Percentage::new("percent", percent.parse().unwrap()).unwrap(),
                    days: *days,
                })
                .collect(),
        )
    }

    #[test]
    fn instalments_add_up_to_the_amount() {
        let terms = parts(&[("33.3333", 0), ("33.3333", 30), ("33.3334", 60)])
            .checked()
            .unwrap();
        let schedule = terms.schedule(day("2026-01-31"), 10_000);
        let amounts: Vec<i64> = schedule.iter().map(|part| part.amount).collect();
        assert_eq!(amounts, [3_333, 3_333, 3_334]);
        assert_eq!(schedule[2].due, day("2026-04-01"));
        assert_eq!(terms.due(day("2026-01-31")), day("2026-04-01"));
        for wrong in [
            parts(&[("50", 0), ("40", 30)]),
            parts(&[("50", 30), ("50", 30)]),
            parts(&[]),
        ] {
            assert_eq!(wrong.checked(), Err(TermsError::Instalments));
        }
    }

    #[test]
    fn the_law_caps_terms_between_professionals() {
        let issued = day("2026-01-02");
        let capped = |terms: PaymentTerms, periodic| terms.within_cap(issued, periodic).err();
        assert_eq!(capped(PaymentTerms::Net { days: 60 }, false), None);
        assert_eq!(
            capped(PaymentTerms::Net { days: 61 }, false),
            Some(TermsError::AboveLegalCap { days: 60 })
        );
        // 74 days in all, and allowed.
        assert_eq!(capped(PaymentTerms::EndOfMonthThen { days: 45 }, false), None);
        assert_eq!(
            capped(PaymentTerms::ThenEndOfMonth { days: 46 }, false),
            Some(TermsError::AboveLegalCap { days: 45 })
        );
        assert_eq!(
            capped(PaymentTerms::Net { days: 46 }, true),
            Some(TermsError::AboveLegalCap { days: 45 })
        );
        assert_eq!(
            capped(PaymentTerms::FixedDay { days: 55, day: 31 }, false),
            None,
            "26 February, and on to the 28th"
        );
    }
}
