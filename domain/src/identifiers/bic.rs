use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Country, compact, text_identifier};
use crate::{InvalidValue, value::Problem};

/// Code of a bank (ISO 9362): four letters, the country, two letters or digits, and perhaps three for a branch.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("pattern" = "^[A-Z]{6}[0-9A-Z]{2}([0-9A-Z]{3})?$"))]
pub struct Bic(String);

impl Bic {
    pub fn parse(field: &'static str, text: &str) -> Result<Self, InvalidValue> {
        let code = compact(text);
        let holds = matches!(code.len(), 8 | 11)
            && code.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && code[..4].bytes().all(|byte| byte.is_ascii_uppercase())
            // Kosovo has a code of its own here.
            && (&code[4..6] == "XK" || Country::parse(field, &code[4..6]).is_ok());
        if holds {
            Ok(Self(code))
        } else {
            Err(InvalidValue::new(field, Problem::NotABic))
        }
    }
}

text_identifier!(Bic in "bic");
