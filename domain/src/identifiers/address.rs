use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Country;
use crate::{
    InvalidValue,
    value::{self, NAME_MAX, Problem},
};

/// Lines before the town at most; the French norm (NF Z10-011) has five and the town's.
const LINES_MAX: usize = 5;
const POSTCODE_MAX: usize = 16;

/// Where post is sent to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PostalAddress {
    /// Everything before the town: building, street, box.
    pub lines: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postcode: Option<String>,
    pub city: String,
    pub country: Country,
}

/// What the parts of an address are called where it was given.
#[derive(Debug, Clone, Copy)]
pub struct AddressFields {
    pub lines: &'static str,
    pub postcode: &'static str,
    pub city: &'static str,
}

impl PostalAddress {
    /// Blanks dropped, blank lines left out, and a French postcode of five digits.
    pub fn checked(&self, fields: AddressFields) -> Result<Self, InvalidValue> {
        let lines = self.lines.iter().filter(|line| !line.trim().is_empty());
        let lines = lines
            .map(|line| value::line(fields.lines, line, NAME_MAX))
            .collect::<Result<Vec<_>, _>>()?;
        if lines.is_empty() {
            return Err(InvalidValue::new(fields.lines, Problem::Missing));
        }
        if lines.len() > LINES_MAX {
            return Err(InvalidValue::new(
                fields.lines,
                Problem::TooMany {
                    max: LINES_MAX,
                    found: lines.len(),
                },
            ));
        }
        let postcode = value::optional_line(fields.postcode, self.postcode.as_deref(), POSTCODE_MAX)?;
        if self.country == Country::FRANCE && !postcode.as_deref().is_some_and(is_french_postcode) {
            return Err(InvalidValue::new(fields.postcode, Problem::NotAPostcode));
        }
        Ok(Self {
            lines,
            postcode,
            city: value::line(fields.city, &self.city, NAME_MAX)?,
            country: self.country,
        })
    }
}

fn is_french_postcode(text: &str) -> bool {
    text.len() == 5 && text.bytes().all(|byte| byte.is_ascii_digit())
}
