//! The number that identifies a French company.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{InvalidValue, value::Problem};

/// A SIREN: nine digits, the last of which makes their Luhn sum a multiple of ten.
///
/// Every SIREN ever given by INSEE fulfils this. (The exception of La Poste concerns the SIRETs of its establishments,
/// not its SIREN, 356 000 000.)
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("pattern" = "^[0-9]{9}$"))]
pub struct Siren(String);

impl Siren {
    /// Takes it as people write it, with or without blanks between the groups.
    pub fn parse(field: &'static str, text: &str) -> Result<Self, InvalidValue> {
        let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        if digits.len() == 9 && digits.bytes().all(|b| b.is_ascii_digit()) && luhn(&digits) {
            Ok(Self(digits))
        } else {
            Err(InvalidValue::new(field, Problem::NotASiren))
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// From the right, every second digit counts double, and a double of two digits counts their sum.
fn luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let digit = u32::from(digit - b'0') * if place % 2 == 1 { 2 } else { 1 };
            digit / 10 + digit % 10
        })
        .sum();
    sum.is_multiple_of(10)
}

impl fmt::Display for Siren {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Siren {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse("siren", text)
    }
}

impl TryFrom<String> for Siren {
    type Error = InvalidValue;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Siren> for String {
    fn from(siren: Siren) -> Self {
        siren.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_numbers_are_taken() {
        // INSEE, SNCF (holding), La Poste, EDF.
        for siren in ["120027016", "552049447", "356000000", "552081317"] {
            assert_eq!(siren.parse::<Siren>().unwrap().as_str(), siren);
        }
    }

    #[test]
    fn blanks_between_the_groups_do_not_count() {
        assert_eq!("552 081 317".parse::<Siren>().unwrap(), "552081317".parse().unwrap());
    }

    #[test]
    fn one_wrong_digit_is_noticed() {
        let right = "552081317";
        for place in 0..9 {
            for digit in b'0'..=b'9' {
                let mut wrong = right.as_bytes().to_vec();
                wrong[place] = digit;
                let wrong = String::from_utf8(wrong).unwrap();
                assert_eq!(wrong.parse::<Siren>().is_ok(), wrong == right, "{wrong}");
            }
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "12345678", "1234567890", "55208131A", "٥٥٢٠٨١٣١٧", "55208131700013"] {
            assert_eq!(text.parse::<Siren>().unwrap_err().problem, Problem::NotASiren, "{text}");
        }
    }
}
