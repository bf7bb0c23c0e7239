use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{digits, luhn, text_identifier};
use crate::{InvalidValue, value::Problem};

/// The number that identifies a French company: nine digits, the last of which makes their Luhn sum a multiple of ten.
///
/// Every SIREN ever given by INSEE fulfils this. (The exception of La Poste concerns the SIRETs of its establishments,
/// not its SIREN, 356 000 000.)
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("pattern" = "^[0-9]{9}$"))]
pub struct Siren(pub(super) String);

impl Siren {
    /// Takes it as people write it, with or without blanks between the groups.
    pub fn parse(field: &'static str, text: &str) -> Result<Self, InvalidValue> {
        digits(text, 9)
            .filter(|digits| luhn(digits))
            .map(Self)
            .ok_or(InvalidValue::new(field, Problem::NotASiren))
    }
}

text_identifier!(Siren in "siren");
