//! Which rates of VAT there were where and when. Dated data: a rate that ends keeps its line, so that a document of
//! its time is still read and credited as it was. What a law changes afterwards, or before a new version of the program
//! knows of it, the company adds itself: [`VatRates`].

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::vat::Percentage;
use crate::Country;

/// Where France taxes a supply. Monaco counts as the mainland (convention of 18 May 1963).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Territory {
    Mainland,
    /// Guadeloupe, Martinique, Réunion: rates of their own (CGI art. 294 to 296 quater).
    OverseasDepartment,
    /// Guyane and Mayotte: no VAT for the time being (CGI art. 294, 1).
    Untaxed,
}

impl Territory {
    /// `None` for a country that is not part of France.
    pub fn of(country: Country) -> Option<Self> {
        match country.code() {
            "FR" | "MC" => Some(Self::Mainland),
            "GP" | "MQ" | "RE" => Some(Self::OverseasDepartment),
            "GF" | "YT" => Some(Self::Untaxed),
            _ => None,
        }
    }
}

/// Which of a territory's rates a product falls under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RateClass {
    /// CGI art. 278: all that no other article names.
    #[default]
    Normal,
    /// CGI art. 278 bis, 279, 279-0 bis: catering, transport, works in old homes.
    Intermediate,
    /// CGI art. 278-0 bis: food, books, energy works.
    Reduced,
    /// CGI art. 281 quater to 281 decies: refunded medicines, the press.
    Special,
    /// Taxed at nothing.
    Zero,
}

impl RateClass {
    pub const ALL: [Self; 5] = [
        Self::Normal,
        Self::Intermediate,
        Self::Reduced,
        Self::Special,
        Self::Zero,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "NORMAL",
            Self::Intermediate => "INTERMEDIATE",
            Self::Reduced => "REDUCED",
            Self::Special => "SPECIAL",
            Self::Zero => "ZERO",
        }
    }

    /// The rate of this class in a territory on a day, if there was one, by the table that the program brings.
    pub fn rate_on(self, day: NaiveDate, territory: Territory) -> Option<Percentage> {
        if self == Self::Zero {
            return Some(Percentage::ZERO);
        }
        DATED_RATES
            .iter()
            .filter(|rate| rate.territory == territory && rate.class == self)
            .filter_map(|rate| rate.begins().map(|from| (from, rate)))
            .filter(|(from, _)| *from <= day)
            .max_by_key(|(from, _)| *from)
            .map(|(_, rate)| Percentage::basis_points(rate.basis_points))
    }
}

/// A rate that the company added, or said not to exist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AddedRate {
    #[serde(flatten)]
    pub key: RateKey,
    /// The last day; `None` while none is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<NaiveDate>,
    /// `None`: there is no rate of this class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<Percentage>,
    /// The law, or where it was read.
    pub reason: String,
}

/// Which rate it is: there is one for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RateKey {
    pub territory: Territory,
    pub class: RateClass,
    pub from: NaiveDate,
}

/// The rates of VAT: those that the program brings, and over them those that the company added.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VatRates(Vec<AddedRate>);

impl VatRates {
    /// Those that were added, in the order of their first days.
    pub fn added(&self) -> &[AddedRate] {
        &self.0
    }

    /// One for each key: another one in the place of what was there.
    pub(crate) fn add(&mut self, added: AddedRate) {
        self.remove(added.key);
        let place = self.0.partition_point(|known| known.key.from <= added.key.from);
        self.0.insert(place, added);
    }

    pub(crate) fn remove(&mut self, key: RateKey) {
        self.0.retain(|known| known.key != key);
    }

    /// The rate of a class in a territory on a day, if there was one. Of those that were added and hold on that day the one
    /// that began last; the program's where none does.
    pub fn on(&self, day: NaiveDate, territory: Territory, class: RateClass) -> Option<Percentage> {
        let holds = |added: &&AddedRate| {
            let of_it = added.key.territory == territory && added.key.class == class;
            of_it && added.key.from <= day && added.until.is_none_or(|until| day <= until)
        };
        match self.0.iter().rev().find(holds) {
            Some(added) => added.rate,
            None => class.rate_on(day, territory),
        }
    }
}

/// From this day on, until the next line of the same territory and class.
#[derive(Debug, Clone, Copy)]
struct DatedRate {
    territory: Territory,
    class: RateClass,
    from: (i32, u32, u32),
    basis_points: u32,
}

impl DatedRate {
    const fn begins(&self) -> Option<NaiveDate> {
        let (year, month, day) = self.from;
        NaiveDate::from_ymd_opt(year, month, day)
    }
}

const fn rate(territory: Territory, class: RateClass, from: (i32, u32, u32), basis_points: u32) -> DatedRate {
    DatedRate {
        territory,
        class,
        from,
        basis_points,
    }
}

/// Loi n° 2000-656 art. 9, loi n° 2011-1978 art. 13, loi n° 2012-1510 art. 68 (in force on 1 January 2014); CGI art. 296 for the
/// departments overseas, where what the mainland taxes at 10 % and 5.5 % falls under 2.1 %.
const DATED_RATES: &[DatedRate] = &[
    rate(Territory::Mainland, RateClass::Normal, (1995, 8, 1), 2_060),
    rate(Territory::Mainland, RateClass::Normal, (2000, 4, 1), 1_960),
    rate(Territory::Mainland, RateClass::Normal, (2014, 1, 1), 2_000),
    rate(Territory::Mainland, RateClass::Intermediate, (2012, 1, 1), 700),
    rate(Territory::Mainland, RateClass::Intermediate, (2014, 1, 1), 1_000),
    rate(Territory::Mainland, RateClass::Reduced, (1982, 7, 1), 550),
    rate(Territory::Mainland, RateClass::Special, (1989, 9, 8), 210),
    rate(Territory::OverseasDepartment, RateClass::Normal, (1995, 4, 1), 850),
    rate(
        Territory::OverseasDepartment,
        RateClass::Intermediate,
        (1995, 4, 1),
        210,
    ),
    rate(Territory::OverseasDepartment, RateClass::Reduced, (1995, 4, 1), 210),
    rate(Territory::OverseasDepartment, RateClass::Special, (1995, 4, 1), 105),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn percent(class: RateClass, day: &str, territory: Territory) -> Option<String> {
        class
            .rate_on(day.parse().unwrap(), territory)
            .map(|rate| rate.to_string())
    }

    #[test]
    fn a_rate_is_the_one_of_its_day() {
        let cases = [
            (RateClass::Normal, "2026-11-26", Territory::Mainland, Some("20")),
            (RateClass::Normal, "2014-01-01", Territory::Mainland, Some("20")),
            (RateClass::Normal, "2013-12-31", Territory::Mainland, Some("19.6")),
            (RateClass::Intermediate, "2026-01-01", Territory::Mainland, Some("10")),
            (RateClass::Intermediate, "2013-12-31", Territory::Mainland, Some("7")),
            (RateClass::Intermediate, "2011-12-31", Territory::Mainland, None),
            (RateClass::Reduced, "2026-01-01", Territory::Mainland, Some("5.5")),
            (RateClass::Special, "2026-01-01", Territory::Mainland, Some("2.1")),
            (
                RateClass::Normal,
                "2026-01-01",
                Territory::OverseasDepartment,
                Some("8.5"),
            ),
            (
                RateClass::Reduced,
                "2026-01-01",
                Territory::OverseasDepartment,
                Some("2.1"),
            ),
            (RateClass::Normal, "2026-01-01", Territory::Untaxed, None),
            (RateClass::Zero, "1950-01-01", Territory::Mainland, Some("0")),
        ];
        for (class, day, territory, expected) in cases {
            assert_eq!(
                percent(class, day, territory).as_deref(),
                expected,
                "{class:?} on {day} in {territory:?}"
            );
        }
    }

    #[test]
    fn what_the_company_adds_goes_over_the_table_while_it_holds() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let added = |from: &str, until: Option<&str>, rate: Option<&str>| AddedRate {
            key: RateKey {
                territory: Territory::Mainland,
                class: RateClass::Normal,
                from: day(from),
            },
            until: until.map(day),
            rate: rate.map(|rate| Percentage::new("rate", rate.parse().unwrap()).unwrap()),
            reason: "Loi de finances".to_owned(),
        };
        let mut rates = VatRates::default();
        rates.add(added("2027-07-01", None, Some("21")));
        rates.add(added("2027-01-01", Some("2027-03-31"), Some("20.5")));
        rates.add(added("2030-01-01", None, None));
        let on = |rates: &VatRates, text: &str| {
            let rate = rates.on(day(text), Territory::Mainland, RateClass::Normal);
            rate.map(|rate| rate.to_string())
        };
        for (text, expected) in [
            ("2026-12-31", Some("20")),
            ("2027-01-01", Some("20.5")),
            ("2027-04-01", Some("20")),
            ("2027-07-01", Some("21")),
            ("2030-01-01", None),
        ] {
            assert_eq!(on(&rates, text).as_deref(), expected, "{text}");
        }
        assert_eq!(
            rates.on(day("2028-01-01"), Territory::Mainland, RateClass::Reduced),
            RateClass::Reduced.rate_on(day("2028-01-01"), Territory::Mainland)
        );
        rates.add(added("2027-07-01", None, Some("22")));
        assert_eq!(on(&rates, "2028-01-01").as_deref(), Some("22"), "corrected");
        rates.remove(added("2027-07-01", None, None).key);
        assert_eq!(on(&rates, "2028-01-01").as_deref(), Some("20"));
    }

    #[test]
    fn every_line_of_the_table_has_a_date() {
        for rate in DATED_RATES {
            assert!(rate.begins().is_some(), "{rate:?}");
        }
    }
}
