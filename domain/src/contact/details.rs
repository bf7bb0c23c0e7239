//! Who somebody is and how to reach them.

#![allow(
    clippy::option_option,
    reason = "a change says nothing of a field, clears it or sets it, and JSON says it so"
)]

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::{
    InvalidValue,
    value::{self, LABEL_MAX, NAME_MAX, Problem},
};

/// E-mail addresses, and telephone numbers, of one person at most.
const WAYS_MAX: usize = 10;

/// What we know of a person. At least one of the names is there.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PersonDetails {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_title: Option<String>,
    /// The first one is where to write.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub emails: Vec<String>,
    /// The first one is where to call.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub phones: Vec<String>,
    /// Of ISO 639-1, in lower case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

/// What changed: an absent field stays as it was, null clears it, a list replaces the one before.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DetailsChanges {
    #[serde(default, deserialize_with = "said", skip_serializing_if = "Option::is_none")]
    pub first_name: Option<Option<String>>,
    #[serde(default, deserialize_with = "said", skip_serializing_if = "Option::is_none")]
    pub last_name: Option<Option<String>>,
    #[serde(default, deserialize_with = "said", skip_serializing_if = "Option::is_none")]
    pub job_title: Option<Option<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emails: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phones: Option<Vec<String>>,
    #[serde(default, deserialize_with = "said", skip_serializing_if = "Option::is_none")]
    pub language: Option<Option<String>>,
}

/// A field that is there, be it null.
fn said<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl PersonDetails {
    pub fn checked(&self) -> Result<Self, InvalidValue> {
        let checked = Self {
            first_name: name("firstName", self.first_name.as_ref())?,
            last_name: name("lastName", self.last_name.as_ref())?,
            job_title: value::optional_line("jobTitle", self.job_title.as_deref(), LABEL_MAX)?,
            emails: ways("emails", &self.emails, value::email)?,
            phones: ways("phones", &self.phones, value::phone)?,
            language: language(self.language.as_ref())?,
        };
        if checked.first_name.is_none() && checked.last_name.is_none() {
            return Err(InvalidValue::new("lastName", Problem::Missing));
        }
        Ok(checked)
    }

    /// What people call them.
    pub fn full_name(&self) -> String {
        let names = [self.first_name.as_deref(), self.last_name.as_deref()];
        names.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }

    pub fn apply(&mut self, changes: &DetailsChanges) {
        let set = |field: &mut Option<String>, change: &Option<Option<String>>| {
            if let Some(value) = change {
                field.clone_from(value);
            }
        };
        set(&mut self.first_name, &changes.first_name);
        set(&mut self.last_name, &changes.last_name);
        set(&mut self.job_title, &changes.job_title);
        set(&mut self.language, &changes.language);
        if let Some(emails) = &changes.emails {
            self.emails.clone_from(emails);
        }
        if let Some(phones) = &changes.phones {
            self.phones.clone_from(phones);
        }
    }
}

impl DetailsChanges {
    pub fn checked(&self) -> Result<Self, InvalidValue> {
        Ok(Self {
            first_name: change(self.first_name.as_ref(), |text| name("firstName", text))?,
            last_name: change(self.last_name.as_ref(), |text| name("lastName", text))?,
            job_title: change(self.job_title.as_ref(), |text| {
                value::optional_line("jobTitle", text.map(String::as_str), LABEL_MAX)
            })?,
            emails: self
                .emails
                .as_ref()
                .map(|emails| ways("emails", emails, value::email))
                .transpose()?,
            phones: self
                .phones
                .as_ref()
                .map(|phones| ways("phones", phones, value::phone))
                .transpose()?,
            language: change(self.language.as_ref(), language)?,
        })
    }

    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

fn change(
    wish: Option<&Option<String>>,
    check: impl Fn(Option<&String>) -> Result<Option<String>, InvalidValue>,
) -> Result<Option<Option<String>>, InvalidValue> {
    wish.map(|text| check(text.as_ref())).transpose()
}

fn name(field: &'static str, text: Option<&String>) -> Result<Option<String>, InvalidValue> {
    value::optional_line(field, text.map(String::as_str), NAME_MAX)
}

/// Blank ones are none, and each is there once.
fn ways(
    field: &'static str,
    wish: &[String],
    check: impl Fn(&'static str, &str) -> Result<String, InvalidValue>,
) -> Result<Vec<String>, InvalidValue> {
    let mut ways = Vec::new();
    for text in wish.iter().filter(|text| !text.trim().is_empty()) {
        let way = check(field, text)?;
        if !ways.contains(&way) {
            ways.push(way);
        }
    }
    if ways.len() > WAYS_MAX {
        return Err(InvalidValue::new(
            field,
            Problem::TooMany {
                max: WAYS_MAX,
                found: ways.len(),
            },
        ));
    }
    Ok(ways)
}

fn language(text: Option<&String>) -> Result<Option<String>, InvalidValue> {
    let Some(text) = text
        .map(|text| text.trim().to_ascii_lowercase())
        .filter(|text| !text.is_empty())
    else {
        return Ok(None);
    };
    if text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_lowercase()) {
        Ok(Some(text))
    } else {
        Err(InvalidValue::new("language", Problem::NotALanguage))
    }
}
