//! Fields of the house, as the API shows and takes them.

use std::collections::BTreeMap;

use async_graphql::{InputObject, SimpleObject};
use domain::CustomValue;

use super::{
    errors::{ApiError, ApiResult},
    scalars::{Date, Decimal},
};

/// A field of the house. One of `text`, `number`, `date` and `bool` has the value.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub struct CustomField {
    pub key: String,
    pub text: Option<String>,
    pub number: Option<Decimal>,
    pub date: Option<Date>,
    pub bool: Option<bool>,
}

impl CustomField {
    pub fn of_row(row: projections::organizations::fields::Model) -> Self {
        let mut field = Self {
            key: row.key,
            text: None,
            number: None,
            date: None,
            bool: None,
        };
        match row.kind.as_str() {
            "NUMBER" => field.number = row.value.parse().ok().map(Decimal),
            "DATE" => field.date = row.value.parse().ok().map(Date),
            "BOOL" => field.bool = row.value.parse().ok(),
            _ => field.text = Some(row.value),
        }
        field
    }
}

/// A value for a field of the house: one of `text`, `number`, `date` and `bool`; none of them clears the field.
#[derive(Debug, Clone, InputObject)]
pub struct CustomFieldInput {
    /// Letters, digits and underscores.
    pub key: String,
    pub text: Option<String>,
    pub number: Option<Decimal>,
    pub date: Option<Date>,
    pub bool: Option<bool>,
}

/// The wishes by key.
pub fn wishes(inputs: Vec<CustomFieldInput>) -> ApiResult<BTreeMap<String, Option<CustomValue>>> {
    let mut wishes = BTreeMap::new();
    for input in inputs {
        let values = [
            input.text.map(CustomValue::Text),
            input.number.map(|Decimal(number)| CustomValue::Number(number)),
            input.date.map(|Date(date)| CustomValue::Date(date)),
            input.bool.map(CustomValue::Bool),
        ];
        let mut values = values.into_iter().flatten();
        let value = values.next();
        if values.next().is_some() {
            return Err(ApiError::bad_input(format!(
                "Give the field `{}` one value.",
                input.key
            )));
        }
        if wishes.insert(input.key.clone(), value).is_some() {
            return Err(ApiError::bad_input(format!(
                "The field `{}` is given twice.",
                input.key
            )));
        }
    }
    Ok(wishes)
}
