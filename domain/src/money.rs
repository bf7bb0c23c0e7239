//! Amounts of money: whole numbers of the smallest unit, always with their currency, never floating point.

use std::{borrow::Cow, fmt, str::FromStr};

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{InvalidValue, Language, value::Problem};

/// The largest amount a command may carry: ten trillion euros, in cents. Far above any sale, far below overflow even
/// for the sum of nine thousand of them.
pub const AMOUNT_MAX: i64 = 1_000_000_000_000_000;

/// Currencies without a smaller unit.
const NO_DECIMALS: &[&str] = &[
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF",
];
/// Currencies whose smallest unit is a thousandth.
const THREE_DECIMALS: &[&str] = &["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];
/// The others of ISO 4217, in hundredths. A currency that is withdrawn stays here: old events name it.
const TWO_DECIMALS: &[&str] = &[
    "AED", "AFN", "ALL", "AMD", "ANG", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BGN", "BMD", "BND",
    "BOB", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHF", "CNY", "COP", "CRC", "CUP", "CVE", "CZK",
    "DKK", "DOP", "DZD", "EGP", "ERN", "ETB", "EUR", "FJD", "FKP", "GBP", "GEL", "GHS", "GIP", "GMD", "GTQ", "GYD",
    "HKD", "HNL", "HRK", "HTG", "HUF", "IDR", "ILS", "INR", "IRR", "JMD", "KES", "KGS", "KHR", "KPW", "KYD", "KZT",
    "LAK", "LBP", "LKR", "LRD", "LSL", "MAD", "MDL", "MGA", "MKD", "MMK", "MNT", "MOP", "MRU", "MUR", "MVR", "MWK",
    "MXN", "MYR", "MZN", "NAD", "NGN", "NIO", "NOK", "NPR", "NZD", "PAB", "PEN", "PGK", "PHP", "PKR", "PLN", "QAR",
    "RON", "RSD", "RUB", "SAR", "SBD", "SCR", "SDG", "SEK", "SGD", "SHP", "SLE", "SOS", "SRD", "SSP", "STN", "SVC",
    "SYP", "SZL", "THB", "TJS", "TMT", "TOP", "TRY", "TTD", "TWD", "TZS", "UAH", "USD", "UYU", "UZS", "VED", "VES",
    "WST", "XCD", "YER", "ZAR", "ZMW", "ZWG",
];

/// A currency of ISO 4217 by its three letters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema)]
#[schemars(with = "String", extend("pattern" = "^[A-Z]{3}$"))]
pub struct Currency(&'static str);

impl Currency {
    pub const EUR: Self = Self("EUR");

    /// Takes the code in either case.
    pub fn parse(field: &'static str, text: &str) -> Result<Self, InvalidValue> {
        let code = text.trim().to_ascii_uppercase();
        [TWO_DECIMALS, NO_DECIMALS, THREE_DECIMALS]
            .into_iter()
            .flatten()
            .find(|known| **known == code)
            .map(|known| Self(known))
            .ok_or(InvalidValue::new(field, Problem::NotACurrency))
    }

    pub const fn code(self) -> &'static str {
        self.0
    }

    /// How many decimals the amounts of this currency have.
    pub fn decimals(self) -> u32 {
        if NO_DECIMALS.contains(&self.0) {
            0
        } else if THREE_DECIMALS.contains(&self.0) {
            3
        } else {
            2
        }
    }
}

impl Default for Currency {
    fn default() -> Self {
        Self::EUR
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl FromStr for Currency {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse("currency", text)
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = Cow::<'de, str>::deserialize(deserializer)?;
        code.parse().map_err(serde::de::Error::custom)
    }
}

/// An amount in the smallest unit of its currency: `105400 EUR` is 1,054.00 euros.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Money {
    pub minor_units: i64,
    pub currency: Currency,
}

impl Money {
    pub const fn new(minor_units: i64, currency: Currency) -> Self {
        Self { minor_units, currency }
    }

    /// From an amount as people write it; more decimals than the currency has are refused, never rounded.
    pub fn from_decimal(field: &'static str, amount: Decimal, currency: Currency) -> Result<Self, InvalidValue> {
        let decimals = currency.decimals();
        let too_large = || InvalidValue::new(field, Problem::TooLarge { max: AMOUNT_MAX });
        let units = amount
            .checked_mul(Decimal::from(10_i64.pow(decimals)))
            .ok_or_else(too_large)?;
        if !units.fract().is_zero() {
            return Err(InvalidValue::new(field, Problem::TooPrecise { decimals }));
        }
        let minor_units = i64::try_from(units).map_err(|_| too_large())?;
        Ok(Self { minor_units, currency })
    }

    /// The amount as people write it, with all the decimals of its currency.
    pub fn to_decimal(self) -> Decimal {
        Decimal::new(self.minor_units, self.currency.decimals())
    }

    /// As people write it: `1 234,50 €`, `€1,234.50`; other currencies by their code.
    pub fn written(self, language: Language) -> String {
        let decimals = self.currency.decimals();
        let whole = 10_u64.pow(decimals);
        let (units, rest) = (
            self.minor_units.unsigned_abs() / whole,
            self.minor_units.unsigned_abs() % whole,
        );
        let (space, point) = match language {
            Language::French => ("\u{202f}", ","),
            Language::English => (",", "."),
        };
        let mut digits = units.to_string();
        let mut place = digits.len();
        while place > 3 {
            place -= 3;
            digits.insert_str(place, space);
        }
        if decimals > 0 {
            digits = format!("{digits}{point}{rest:0width$}", width = decimals as usize);
        }
        let sign = if self.minor_units < 0 { "-" } else { "" };
        match (language, self.currency.code()) {
            (Language::French, "EUR") => format!("{sign}{digits}\u{a0}€"),
            (Language::English, "EUR") => format!("{sign}€{digits}"),
            (_, code) => format!("{sign}{digits}\u{a0}{code}"),
        }
    }

    /// An amount that a command may carry: not negative, not absurd.
    pub fn checked(self, field: &'static str) -> Result<Self, InvalidValue> {
        if self.minor_units < 0 {
            return Err(InvalidValue::new(field, Problem::Negative));
        }
        if self.minor_units > AMOUNT_MAX {
            return Err(InvalidValue::new(field, Problem::TooLarge { max: AMOUNT_MAX }));
        }
        Ok(self)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.to_decimal(), self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_goes_to_decimal_and_back() {
        for (text, units, currency) in [
            ("1054.00", 105_400, "EUR"),
            ("0.1", 10, "usd"),
            ("1054", 1_054, "JPY"),
            ("1.234", 1_234, "TND"),
        ] {
            let currency: Currency = currency.parse().unwrap();
            let money = Money::from_decimal("amount", text.parse().unwrap(), currency).unwrap();
            assert_eq!(money.minor_units, units);
            assert_eq!(
                Money::from_decimal("amount", money.to_decimal(), currency).unwrap(),
                money
            );
        }
        assert_eq!(Money::new(105_400, Currency::EUR).to_string(), "1054.00 EUR");
    }

    #[test]
    fn people_write_amounts_in_their_language() {
        let euros = Money::new(-123_456_705, Currency::EUR);
        assert_eq!(euros.written(Language::French), "-1\u{202f}234\u{202f}567,05\u{a0}€");
        assert_eq!(euros.written(Language::English), "-€1,234,567.05");
        let yen = Money::new(999, "JPY".parse().unwrap());
        assert_eq!(yen.written(Language::French), "999\u{a0}JPY");
    }

    #[test]
    fn decimals_that_the_currency_lacks_are_refused_rather_than_rounded() {
        let refused = Money::from_decimal("amount", "0.005".parse().unwrap(), Currency::EUR).unwrap_err();
        assert_eq!(refused.problem, Problem::TooPrecise { decimals: 2 });
        let yen = "JPY".parse().unwrap();
        assert!(Money::from_decimal("amount", "1.5".parse().unwrap(), yen).is_err());
    }

    #[test]
    fn an_amount_beyond_what_is_kept_is_refused() {
        for amount in [Decimal::MAX, Decimal::MIN, Decimal::from(i64::MAX)] {
            let refused = Money::from_decimal("amount", amount, Currency::EUR).unwrap_err();
            assert_eq!(refused.problem, Problem::TooLarge { max: AMOUNT_MAX });
        }
        assert!(Money::new(-1, Currency::EUR).checked("amount").is_err());
        assert!(Money::new(AMOUNT_MAX + 1, Currency::EUR).checked("amount").is_err());
        assert!(Money::new(AMOUNT_MAX, Currency::EUR).checked("amount").is_ok());
    }

    #[test]
    fn a_currency_that_does_not_exist_is_refused() {
        for text in ["", "EURO", "ZZZ", "€", "12A"] {
            assert_eq!(
                text.parse::<Currency>().unwrap_err().problem,
                Problem::NotACurrency,
                "{text}"
            );
        }
        assert!(serde_json::from_str::<Currency>("\"ZZZ\"").is_err());
    }

    #[test]
    fn no_currency_stands_in_two_lists() {
        let mut all: Vec<_> = [TWO_DECIMALS, NO_DECIMALS, THREE_DECIMALS].concat();
        let listed = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), listed);
    }
}
