//! Fields that a company adds to its records: a small map of typed values under keys.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    InvalidValue,
    value::{self, Problem},
};

/// Fields of one record at most.
const FIELDS_MAX: usize = 100;
const KEY_MAX: usize = 60;
const TEXT_MAX: usize = 1_000;

/// The name under which the API takes them.
const FIELD: &str = "fields";

/// A value of such a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum CustomValue {
    Text(String),
    /// Exact, as a decimal.
    Number(#[schemars(with = "String")] Decimal),
    Date(NaiveDate),
    Bool(bool),
}

/// The fields of a record by their keys.
pub type CustomFields = BTreeMap<String, CustomValue>;

/// What a wish changes: the values to set, and the keys to clear. Both empty when everything is so already.
pub fn changed(
    now: &CustomFields,
    wish: &BTreeMap<String, Option<CustomValue>>,
) -> Result<(CustomFields, Vec<String>), InvalidValue> {
    let (mut set, mut cleared) = (CustomFields::new(), Vec::new());
    for (key, value) in wish {
        let key = key_of(key)?;
        match value {
            Some(value) => {
                let value = value.checked()?;
                if now.get(&key) != Some(&value) {
                    set.insert(key, value);
                }
            }
            None if now.contains_key(&key) => cleared.push(key),
            None => {}
        }
    }
    let added = set.keys().filter(|key| !now.contains_key(*key)).count();
    if added > 0 && now.len() + added - cleared.len() > FIELDS_MAX {
        return Err(InvalidValue::new(
            FIELD,
            Problem::TooMany {
                max: FIELDS_MAX,
                found: now.len() + added - cleared.len(),
            },
        ));
    }
    Ok((set, cleared))
}

/// What there is room for of another record's fields.
pub fn room_for(now: &CustomFields, others: &CustomFields) -> CustomFields {
    let missing = others.iter().filter(|(key, _)| !now.contains_key(*key));
    let room = FIELDS_MAX.saturating_sub(now.len());
    missing
        .take(room)
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

impl CustomValue {
    fn checked(&self) -> Result<Self, InvalidValue> {
        Ok(match self {
            Self::Text(text) => Self::Text(value::line(FIELD, text, TEXT_MAX)?),
            Self::Date(date) => Self::Date(value::date(FIELD, *date)?),
            Self::Number(number) => Self::Number(number.normalize()),
            Self::Bool(bool) => Self::Bool(*bool),
        })
    }
}

fn key_of(key: &str) -> Result<String, InvalidValue> {
    let shaped = key.len() <= KEY_MAX
        && key.starts_with(|c: char| c.is_ascii_alphabetic())
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if shaped {
        Ok(key.to_owned())
    } else {
        Err(InvalidValue::new(FIELD, Problem::NotAKey))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Refusal;

    fn text(text: &str) -> CustomValue {
        CustomValue::Text(text.to_owned())
    }

    fn wish(key: &str, value: Option<CustomValue>) -> BTreeMap<String, Option<CustomValue>> {
        BTreeMap::from([(key.to_owned(), value)])
    }

    #[test]
    fn only_what_differs_changes() {
        let now = CustomFields::from([("erp".to_owned(), text("C042"))]);
        let nothing = (CustomFields::new(), Vec::new());
        assert_eq!(changed(&now, &wish("erp", Some(text(" C042 ")))).unwrap(), nothing);
        assert_eq!(changed(&now, &wish("other", None)).unwrap(), nothing);
        assert_eq!(changed(&now, &wish("erp", None)).unwrap().1, ["erp"]);
        let number = CustomValue::Number("12.50".parse().unwrap());
        let (set, _) = changed(&now, &wish("rate", Some(number))).unwrap();
        assert_eq!(set["rate"], CustomValue::Number("12.5".parse().unwrap()));
    }

    #[test]
    fn keys_and_values_have_bounds() {
        let now = CustomFields::new();
        for key in ["", "1st", "clé", "a b", "$erased"] {
            assert_eq!(
                changed(&now, &wish(key, Some(text("x")))).unwrap_err().code(),
                "INVALID_KEY",
                "{key}"
            );
        }
        let long = Some(text(&"x".repeat(1_001)));
        assert_eq!(changed(&now, &wish("a", long)).unwrap_err().code(), "FIELD_TOO_LONG");
        let many = (0..101).map(|number| (format!("f{number}"), Some(text("x")))).collect();
        assert_eq!(changed(&now, &many).unwrap_err().code(), "TOO_MANY_ITEMS");
    }
}
