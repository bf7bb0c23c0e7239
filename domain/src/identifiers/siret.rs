use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Siren, digits, luhn, text_identifier};
use crate::{InvalidValue, value::Problem};

/// La Poste has more establishments than Luhn's check leaves numbers for.
const LA_POSTE: &str = "356000000";

/// The number of one establishment of a French company: its SIREN and five digits more, fourteen in all, with a Luhn
/// sum that is a multiple of ten. Those of La Poste may instead have a plain digit sum that is a multiple of five.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("pattern" = "^[0-9]{14}$"))]
pub struct Siret(String);

impl Siret {
    /// Takes it as people write it, with or without blanks between the groups.
    pub fn parse(field: &'static str, text: &str) -> Result<Self, InvalidValue> {
        digits(text, 14)
            .filter(|digits| luhn(&digits[..9]) && (luhn(digits) || is_of_la_poste(digits)))
            .map(Self)
            .ok_or(InvalidValue::new(field, Problem::NotASiret))
    }

    /// The company that the establishment belongs to.
    pub fn siren(&self) -> Siren {
        Siren(self.0[..9].to_owned())
    }
}

fn is_of_la_poste(digits: &str) -> bool {
    let sum: u32 = digits.bytes().map(|digit| u32::from(digit - b'0')).sum();
    digits.starts_with(LA_POSTE) && sum.is_multiple_of(5)
}

text_identifier!(Siret in "siret");
