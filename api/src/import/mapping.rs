//! `mapping.toml`: which column fills which field, and what to mend on the way.
//!
//! A value passes, in this order: column (or constant, or template) → blanks trimmed → `when-missing` → `aliases` →
//! `values`. What `when-missing` and `aliases` change is a *mend* and goes into the report; a value that `values` does
//! not list is refused.

use std::{collections::BTreeMap, fmt, path::Path};

use chrono::{
    DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc,
    format::{Item, StrftimeItems},
};
use chrono_tz::Tz;
use domain::{Currency, Language, Money, Refusal};
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{
    ImportError, Refused,
    fields::FieldInfo,
    reader::Record,
    unusable::{COLUMNS_MAX, Unusable},
};
use crate::config::near;

/// How a date is written, where the mapping does not say.
pub(super) const DATE_FORMAT: &str = "%Y-%m-%d";

/// What a mapping file says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Mapping {
    /// Names the system that the file comes from. The same source and key are the same object for ever.
    pub source: String,
    /// The column whose value names the row in its source.
    pub key: String,
    #[serde(default = "comma")]
    pub delimiter: char,
    /// What stands before the decimals of an amount.
    #[serde(default = "point")]
    pub decimal: char,
    /// The currency of all amounts.
    #[serde(default)]
    pub currency: Currency,
    /// Where a date without a time begins.
    #[serde(default = "utc")]
    pub time_zone: Tz,
    #[serde(default)]
    pub fields: BTreeMap<String, Field>,
}

fn comma() -> char {
    ','
}

fn point() -> char {
    '.'
}

fn utc() -> Tz {
    Tz::UTC
}

/// Where a field's value comes from. `name = "account"` is short for `name = { column = "account" }`.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct FieldSpec {
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    constant: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    when_missing: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scale: Option<u32>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    aliases: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    values: Option<BTreeMap<String, String>>,
}

/// Where a field's value comes from, and what becomes of it on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    pub source: Source,
    pub aliases: BTreeMap<String, String>,
    pub values: Option<BTreeMap<String, String>>,
    pub when_missing: Option<String>,
    /// How a date is written, as `strftime` has it.
    pub format: Option<String>,
    /// What an amount is multiplied by, where the file counts in thousands or millions.
    pub scale: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    Column(String),
    Constant(String),
    /// Text with `{field}` in it, each replaced by what that field resolves to.
    Template(String),
}

impl Field {
    /// A value as it stands in its source.
    pub const fn from(source: Source) -> Self {
        Self {
            source,
            aliases: BTreeMap::new(),
            values: None,
            when_missing: None,
            format: None,
            scale: 1,
        }
    }
}

impl Serialize for Field {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Source::Column(column) = &self.source
            && *self == Self::from(self.source.clone())
        {
            return serializer.serialize_str(column);
        }
        let (column, constant, template) = match self.source.clone() {
            Source::Column(column) => (Some(column), None, None),
            Source::Constant(constant) => (None, Some(constant), None),
            Source::Template(template) => (None, None, Some(template)),
        };
        let spec = FieldSpec {
            column,
            constant,
            template,
            when_missing: self.when_missing.clone(),
            format: self.format.clone(),
            scale: (self.scale != 1).then_some(self.scale),
            aliases: self.aliases.clone(),
            values: self.values.clone(),
        };
        spec.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = FieldSpec;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a column, or a table with `column`, `constant` or `template`")
            }

            fn visit_str<E: de::Error>(self, column: &str) -> Result<FieldSpec, E> {
                Ok(FieldSpec {
                    column: Some(column.to_owned()),
                    ..FieldSpec::default()
                })
            }

            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<FieldSpec, A::Error> {
                FieldSpec::deserialize(de::value::MapAccessDeserializer::new(map))
            }
        }
        let spec = deserializer.deserialize_any(Visitor)?;
        let source = match (spec.column, spec.constant, spec.template) {
            (Some(column), None, None) => Source::Column(column),
            (None, Some(constant), None) => Source::Constant(constant),
            (None, None, Some(template)) => Source::Template(template),
            _ => return Err(de::Error::custom("give one of `column`, `constant` and `template`")),
        };
        Ok(Self {
            source,
            scale: spec.scale.unwrap_or(1),
            aliases: spec.aliases,
            values: spec.values,
            when_missing: spec.when_missing,
            format: spec.format,
        })
    }
}

/// What is wrong with a mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MappingError {
    /// It cannot be read.
    Syntax(String),
    Delimiter,
    Decimal,
    NoSource,
    UnknownField {
        name: String,
        near: Vec<String>,
    },
    /// A field is named twice.
    MappedTwice {
        name: String,
    },
    /// A field has no source, or several.
    OneSource {
        name: String,
    },
    /// A required field has none.
    NotMapped {
        name: &'static str,
    },
    UnknownPart {
        field: String,
        part: String,
    },
    PartOfTemplates {
        field: String,
        part: String,
    },
    Format {
        field: String,
        format: String,
    },
}

impl fmt::Display for MappingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message(Language::English))
    }
}

impl std::error::Error for MappingError {}

impl MappingError {
    /// The field that is not mapped, where it is that.
    pub const fn lacks(&self) -> Option<&'static str> {
        match self {
            Self::NotMapped { name } => Some(name),
            _ => None,
        }
    }
}

impl Refusal for MappingError {
    fn code(&self) -> &'static str {
        match self {
            Self::Syntax(_) | Self::OneSource { .. } => "INVALID_MAPPING",
            Self::Delimiter | Self::Decimal => "INVALID_DELIMITER",
            Self::NoSource => "FIELD_REQUIRED",
            Self::UnknownField { .. } => "UNKNOWN_FIELD",
            Self::MappedTwice { .. } => "FIELD_MAPPED_TWICE",
            Self::NotMapped { .. } => "FIELD_NOT_MAPPED",
            Self::UnknownPart { .. } | Self::PartOfTemplates { .. } => "INVALID_TEMPLATE",
            Self::Format { .. } => "INVALID_DATE_FORMAT",
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::NoSource => Some("source"),
            _ => Some("mapping"),
        }
    }

    fn allowed_values(&self) -> Vec<String> {
        match self {
            Self::UnknownField { near, .. } => near.clone(),
            _ => Vec::new(),
        }
    }

    fn message(&self, language: Language) -> String {
        match self {
            Self::Syntax(reason) => reason.clone(),
            Self::Delimiter => language.choose(
                "`delimiter` must be one ASCII character, for example `,` or `;`",
                "« delimiter » doit être un seul caractère ASCII, par exemple « , » ou « ; »",
            ),
            Self::Decimal => language.choose(
                "`decimal` must be one character that is no digit, for example `,` or `.`",
                "« decimal » doit être un seul caractère qui n'est pas un chiffre, par exemple « , » ou « . »",
            ),
            Self::NoSource => language.choose(
                "`source` is empty: name the system that the file comes from",
                "« source » est vide : nommez le système d'où vient le fichier",
            ),
            Self::UnknownField { name, near } => language.choose(
                format!("there is no field `{name}`.{}", meant(near)),
                format!("il n'y a pas de champ « {name} »"),
            ),
            Self::MappedTwice { name } => language.choose(
                format!("the field `{name}` is mapped twice: say once where it comes from"),
                format!("le champ « {name} » est renseigné deux fois : dites une seule fois d'où il vient"),
            ),
            Self::OneSource { name } => language.choose(
                format!("the field `{name}` comes from one of `column`, `constant` and `template`: give one of them"),
                format!("le champ « {name} » vient de « column », « constant » ou « template » : donnez l'un des trois"),
            ),
            Self::NotMapped { name } => language.choose(
                format!("the field `{name}` is required: say in [fields] where it comes from"),
                format!("le champ « {name} » est obligatoire : dites d'où il vient"),
            ),
            Self::UnknownPart { field, part } => language.choose(
                format!("the template of `{field}` names `{part}`, which is no field here"),
                format!("le modèle de « {field} » nomme « {part} », qui n'est pas un champ d'ici"),
            ),
            Self::PartOfTemplates { field, part } => language.choose(
                format!("the template of `{field}` names `{part}`, which is a template itself"),
                format!("le modèle de « {field} » nomme « {part} », qui est lui-même un modèle"),
            ),
            Self::Format { field, format } => language.choose(
                format!("the format of `{field}` is no way to write a date: `{format}`; for example `%d/%m/%Y`"),
                format!("le format de « {field} » n'est pas une façon d'écrire une date : « {format} » ; par exemple « %d/%m/%Y »"),
            ),
        }
    }
}

impl Mapping {
    /// Reads the file and checks that it maps known fields only, and all that are required.
    pub(super) fn read(path: &Path, fields: &[FieldInfo]) -> Result<Self, ImportError> {
        let text = std::fs::read_to_string(path).map_err(|error| ImportError::Unreadable {
            path: path.to_path_buf(),
            reason: error.to_string(),
        })?;
        Self::parse(&text, fields).map_err(|reason| ImportError::InvalidMapping {
            path: path.to_path_buf(),
            reason,
        })
    }

    fn parse(text: &str, fields: &[FieldInfo]) -> Result<Self, MappingError> {
        let mapping: Self = toml::from_str(text).map_err(|error| MappingError::Syntax(error.to_string()))?;
        mapping.check(fields)?;
        Ok(mapping)
    }

    /// Whether it maps known fields only, all that are required, and each in a way that makes sense.
    pub fn check(&self, fields: &[FieldInfo]) -> Result<(), MappingError> {
        self.check_signs()?;
        if self.source.trim().is_empty() {
            return Err(MappingError::NoSource);
        }
        for (name, field) in &self.fields {
            if !fields.iter().any(|known| known.name == name) {
                let known = fields.iter().map(|known| known.name.to_owned());
                return Err(MappingError::UnknownField {
                    name: name.clone(),
                    near: near(name, known),
                });
            }
            if let Some(format) = &field.format
                && StrftimeItems::new(format).any(|item| item == Item::Error)
            {
                return Err(MappingError::Format {
                    field: name.clone(),
                    format: format.clone(),
                });
            }
        }
        if self.key.trim().is_empty() {
            return Err(MappingError::NotMapped { name: "key" });
        }
        let missing = |field: &&FieldInfo| field.required && !self.fields.contains_key(field.name);
        if let Some(FieldInfo { name, .. }) = fields.iter().find(missing) {
            return Err(MappingError::NotMapped { name });
        }
        self.check_templates()
    }

    /// Whether what separates cells and decimals can do so.
    pub fn check_signs(&self) -> Result<(), MappingError> {
        if !self.delimiter.is_ascii() || matches!(self.delimiter, '"' | '\n' | '\r') {
            return Err(MappingError::Delimiter);
        }
        if self.decimal.is_alphanumeric() || matches!(self.decimal, '-' | '\0') {
            return Err(MappingError::Decimal);
        }
        Ok(())
    }

    fn check_templates(&self) -> Result<(), MappingError> {
        for (name, field) in &self.fields {
            let Source::Template(template) = &field.source else {
                continue;
            };
            for part in placeholders(template) {
                let (field, part_name) = (name.clone(), part.to_owned());
                match self.fields.get(part).map(|field| &field.source) {
                    None => return Err(MappingError::UnknownPart { field, part: part_name }),
                    Some(Source::Template(_)) => {
                        return Err(MappingError::PartOfTemplates { field, part: part_name });
                    }
                    Some(_) => {}
                }
            }
        }
        Ok(())
    }

    /// The columns that the mapping reads.
    fn columns(&self) -> impl Iterator<Item = &str> {
        let of_fields = self.fields.values().filter_map(|field| match &field.source {
            Source::Column(column) => Some(column.as_str()),
            _ => None,
        });
        std::iter::once(self.key.as_str()).chain(of_fields)
    }

    /// The column that a field is read from, where it is read from one.
    pub fn column_of(&self, field: &str) -> Option<&str> {
        match &self.fields.get(field)?.source {
            Source::Column(column) => Some(column),
            _ => None,
        }
    }
}

/// " Did you mean …?", or nothing.
pub(super) fn meant(near: &[String]) -> String {
    match near {
        [] => String::new(),
        names => format!(" Did you mean `{}`?", names.join("` or `")),
    }
}

/// A mapping bound to the columns of a file.
pub(super) struct Bound<'a> {
    mapping: &'a Mapping,
    index: BTreeMap<&'a str, usize>,
    width: usize,
}

impl<'a> Bound<'a> {
    /// Finds the columns in the file's first row.
    pub(super) fn new(mapping: &'a Mapping, header: &[String]) -> Result<Self, Unusable> {
        if header.len() > COLUMNS_MAX {
            return Err(Unusable::TooManyColumns { found: header.len() });
        }
        let names: Vec<&str> = header.iter().map(|name| name.trim()).collect();
        let mut index = BTreeMap::new();
        for column in mapping.columns() {
            let mut places = names
                .iter()
                .enumerate()
                .filter(|(_, name)| **name == column)
                .map(|(place, _)| place);
            let Some(place) = places.next() else {
                let known = names.iter().map(|&name| name.to_owned());
                return Err(Unusable::MissingColumn {
                    name: column.to_owned(),
                    near: near(column, known),
                });
            };
            if places.next().is_some() {
                return Err(Unusable::RepeatedColumn {
                    name: column.to_owned(),
                });
            }
            index.insert(column, place);
        }
        Ok(Self {
            mapping,
            index,
            width: names.len(),
        })
    }

    pub(super) fn mapping(&self) -> &'a Mapping {
        self.mapping
    }

    /// A row of the file, ready to be asked for fields.
    pub(super) fn row(&'a self, record: &'a Record) -> Result<Row<'a>, Refused> {
        if record.cells.len() != self.width {
            let message = format!(
                "the row has {} cells, the header has {}",
                record.cells.len(),
                self.width
            );
            return Err(Refused::new("WRONG_CELL_COUNT", message));
        }
        Ok(Row {
            bound: self,
            record,
            mends: Vec::new(),
        })
    }
}

/// Something in a row that was changed before it was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mend {
    /// Stable, for programs that read the report.
    pub(super) code: &'static str,
    pub(super) field: &'static str,
    pub(super) message: String,
}

/// One row, seen through the mapping. Remembers what it mended.
pub(super) struct Row<'a> {
    bound: &'a Bound<'a>,
    record: &'a Record,
    pub(super) mends: Vec<Mend>,
}

impl Row<'_> {
    /// What names the row in its source.
    pub(super) fn key(&self) -> Result<&str, Refused> {
        match self.cell(&self.bound.mapping.key) {
            "" => Err(Refused::new(
                "MISSING_KEY",
                format!("`{}` is empty", self.bound.mapping.key),
            )),
            key => Ok(key),
        }
    }

    /// The field's value; `None` when the mapping has no such field or the cell is blank.
    pub(super) fn text(&mut self, name: &'static str) -> Result<Option<String>, Refused> {
        let Some(field) = self.bound.mapping.fields.get(name) else {
            return Ok(None);
        };
        let text = match &field.source {
            Source::Column(column) => self.cell(column).to_owned(),
            Source::Constant(constant) => constant.clone(),
            Source::Template(template) => self.fill(template)?,
        };
        let refined = refine(name, field, text)?;
        if let Some((code, message)) = refined.mended {
            self.note(name, code, message);
        }
        Ok(refined.value)
    }

    /// The field's value, which must be there.
    pub(super) fn required(&mut self, name: &'static str) -> Result<String, Refused> {
        self.text(name)?
            .ok_or_else(|| Refused::new("MISSING_VALUE", format!("`{name}` has no value")).of(name))
    }

    /// Whether the mapping says where the field comes from.
    pub(super) fn maps(&self, name: &str) -> bool {
        self.bound.mapping.fields.contains_key(name)
    }

    pub(super) fn money(&mut self, name: &'static str) -> Result<Option<Money>, Refused> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let Mapping { decimal, currency, .. } = self.bound.mapping;
        let amount = amount(&text, *decimal).ok_or_else(|| {
            Refused::new(
                "INVALID_AMOUNT",
                format!("`{name}` is not an amount: `{}`", shown(&text)),
            )
            .of(name)
        })?;
        let scale = self.bound.mapping.fields.get(name).map_or(1, |field| field.scale);
        let scaled = amount.checked_mul(scale.into()).unwrap_or(Decimal::MAX);
        Money::from_decimal(name, scaled, *currency)
            .map(Some)
            .map_err(Refused::from_rule)
    }

    /// A calendar date.
    pub(super) fn date(&mut self, name: &'static str) -> Result<Option<NaiveDate>, Refused> {
        Ok(self.local_time(name)?.map(|time| time.date()))
    }

    /// A moment: a date without a time is its beginning in the mapping's time zone.
    pub(super) fn moment(&mut self, name: &'static str) -> Result<Option<DateTime<Utc>>, Refused> {
        let Some(local) = self.local_time(name)? else {
            return Ok(None);
        };
        let zone = self.bound.mapping.time_zone;
        // Where a change of clocks skips the hour, the next one that exists is meant.
        let moment = zone
            .from_local_datetime(&local)
            .earliest()
            .unwrap_or_else(|| zone.from_utc_datetime(&local));
        Ok(Some(moment.to_utc()))
    }

    fn local_time(&mut self, name: &'static str) -> Result<Option<NaiveDateTime>, Refused> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let format = self
            .bound
            .mapping
            .fields
            .get(name)
            .and_then(|field| field.format.as_deref())
            .unwrap_or(DATE_FORMAT);
        let date = NaiveDate::parse_from_str(&text, format).map(|date| date.and_time(NaiveTime::MIN));
        let parsed = NaiveDateTime::parse_from_str(&text, format).or(date);
        let refused = |_| {
            Refused::new(
                "INVALID_DATE",
                format!("`{name}` is not a date ({format}): `{}`", shown(&text)),
            )
            .of(name)
        };
        parsed.map(Some).map_err(refused)
    }

    fn cell(&self, column: &str) -> &str {
        // The mapping was bound to these columns and the row has the header's width.
        self.bound
            .index
            .get(column)
            .and_then(|place| self.record.cells.get(*place))
            .map_or("", |cell| cell.trim())
    }

    fn fill(&self, template: &str) -> Result<String, Refused> {
        let mut text = template.to_owned();
        for name in placeholders(template) {
            let Some(field) = self.bound.mapping.fields.get(name) else {
                continue;
            };
            let part = match &field.source {
                Source::Column(column) => self.cell(column).to_owned(),
                Source::Constant(constant) => constant.clone(),
                // Templates are not made of templates.
                Source::Template(_) => continue,
            };
            // The field itself reports its mends.
            let value = refine(name, field, part)?.value.unwrap_or_default();
            text = text.replace(&format!("{{{name}}}"), &value);
        }
        Ok(text)
    }

    /// Notes something for the report, once.
    pub(super) fn note(&mut self, field: &'static str, code: &'static str, message: impl Into<String>) {
        let mend = Mend {
            code,
            field,
            message: message.into(),
        };
        if !self.mends.contains(&mend) {
            self.mends.push(mend);
        }
    }
}

/// A value after everything that the mapping says of it.
struct Refined {
    value: Option<String>,
    /// What was changed that the file should have said: a code and a message.
    mended: Option<(&'static str, String)>,
}

fn refine(name: &str, field: &Field, mut text: String) -> Result<Refined, Refused> {
    if text.trim().is_empty() {
        let mended = field
            .when_missing
            .as_ref()
            .map(|instead| ("WAS_MISSING", format!("`{name}` was missing: took `{instead}`")));
        return Ok(Refined {
            value: field.when_missing.clone(),
            mended,
        });
    }
    let mut mended = None;
    if let Some(alias) = field.aliases.get(&text) {
        let message = format!("`{name}` was `{}`: took `{alias}`", shown(&text));
        mended = Some(("WAS_MISSPELT", message));
        text.clone_from(alias);
    }
    let Some(values) = &field.values else {
        return Ok(Refined {
            value: Some(text),
            mended,
        });
    };
    if let Some(value) = values.get(&text) {
        return Ok(Refined {
            value: Some(value.clone()),
            mended,
        });
    }
    let known: Vec<_> = values.keys().map(|value| format!("`{value}`")).collect();
    let message = format!(
        "`{name}` cannot be `{}`: the mapping knows {}",
        shown(&text),
        known.join(", ")
    );
    Err(Refused::new("UNKNOWN_VALUE", message).of(name.to_owned()))
}

/// The names between braces.
fn placeholders(template: &str) -> impl Iterator<Item = &str> {
    template
        .split('{')
        .skip(1)
        .filter_map(|part| part.split_once('}').map(|(name, _)| name))
}

/// A number as the file writes it: grouped by blanks or apostrophes, with the given decimal sign.
pub(super) fn amount(text: &str, decimal: char) -> Option<Decimal> {
    let plain: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '\'' | '\u{2019}'))
        .map(|c| if c == decimal { '.' } else { c })
        .collect();
    let numeric = plain
        .chars()
        .enumerate()
        .all(|(i, c)| c.is_ascii_digit() || c == '.' || (i == 0 && c == '-'));
    // More than one point, as in `1.234.567`, is no decimal: refused here.
    if numeric { plain.parse().ok() } else { None }
}

/// A value as a message shows it: not longer than a line.
pub(super) fn shown(text: &str) -> String {
    let short: String = text.chars().take(60).collect();
    if short.len() < text.len() {
        format!("{short}…")
    } else {
        short
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::fields::Reading;

    const fn known(name: &'static str, required: bool) -> FieldInfo {
        FieldInfo {
            name,
            required,
            reading: Reading::Text,
            english: "",
            french: "",
            headings: &[],
            words: &[],
        }
    }

    const FIELDS: [FieldInfo; 6] = [
        known("name", true),
        known("sector", false),
        known("stage", false),
        known("amount", false),
        known("openedAt", false),
        known("title", false),
    ];

    fn mapping(fields: &str) -> Mapping {
        Mapping::parse(&format!("source = 's'\nkey = 'id'\n{fields}"), &FIELDS).unwrap()
    }

    fn refusal(text: &str) -> String {
        Mapping::parse(text, &FIELDS).unwrap_err().to_string()
    }

    fn with_row<T>(mapping: &Mapping, header: &[&str], cells: &[&str], ask: impl FnOnce(&mut Row<'_>) -> T) -> T {
        let header: Vec<String> = header.iter().map(|&name| name.to_owned()).collect();
        let record = Record {
            line: 2,
            cells: cells.iter().map(|&cell| cell.to_owned()).collect(),
        };
        let bound = Bound::new(mapping, &header).unwrap();
        ask(&mut bound.row(&record).unwrap())
    }

    #[test]
    fn a_misspelt_field_is_named_with_its_neighbours() {
        let message = refusal("source = 's'\nkey = 'id'\n[fields]\nname = 'n'\nsectr = 's'");
        assert!(message.contains("`sectr`") && message.contains("`sector`"), "{message}");
    }

    #[test]
    fn a_misspelt_key_of_the_file_is_named() {
        let message = refusal("source = 's'\nkey = 'id'\ndelimeter = ';'\n[fields]\nname = 'n'");
        assert!(message.contains("delimeter"), "{message}");
        let message = refusal("source = 's'\nkey = 'id'\n[fields]\nname = { colum = 'n' }");
        assert!(message.contains("colum"), "{message}");
    }

    #[test]
    fn a_required_field_must_be_mapped() {
        assert!(refusal("source = 's'\nkey = 'id'").contains("`name` is required"));
    }

    #[test]
    fn a_field_has_one_source() {
        let message = refusal("source = 's'\nkey = 'id'\n[fields]\nname = { column = 'n', constant = 'x' }");
        assert!(
            message.contains("one of `column`, `constant` and `template`"),
            "{message}"
        );
    }

    #[test]
    fn aliases_and_missing_values_are_mended_and_said() {
        let mapping = mapping(
            "[fields]\nname = 'n'\nsector = { column = 's', aliases = { technolgy = 'technology' } }\n\
             openedAt = { column = 'd', when-missing = '2017-12-31' }",
        );
        with_row(
            &mapping,
            &["id", "n", "s", "d"],
            &["1", "Acme", "technolgy", " "],
            |row| {
                assert_eq!(row.text("sector").unwrap().unwrap(), "technology");
                assert_eq!(
                    row.moment("openedAt").unwrap().unwrap().to_rfc3339(),
                    "2017-12-31T00:00:00+00:00"
                );
                let codes: Vec<_> = row.mends.iter().map(|mend| mend.code).collect();
                assert_eq!(codes, ["WAS_MISSPELT", "WAS_MISSING"]);
            },
        );
    }

    #[test]
    fn a_value_that_the_mapping_does_not_list_is_refused() {
        let mapping = mapping("[fields]\nname = 'n'\nstage = { column = 's', values = { Won = 'SIGNE' } }");
        with_row(&mapping, &["id", "n", "s"], &["1", "Acme", "Wonn"], |row| {
            assert_eq!(row.text("stage").unwrap_err().code, "UNKNOWN_VALUE");
        });
    }

    #[test]
    fn a_template_takes_the_mended_values() {
        let mapping = mapping(
            "[fields]\nname = { column = 'n', aliases = { GTXPro = 'GTX Pro' } }\ntitle = { template = '{name}, new' }",
        );
        with_row(&mapping, &["id", "n"], &["1", "GTXPro"], |row| {
            assert_eq!(row.text("title").unwrap().unwrap(), "GTX Pro, new");
            assert!(row.mends.is_empty());
        });
    }

    #[test]
    fn amounts_are_read_as_the_file_writes_them() {
        let mapping = mapping("decimal = ','\n[fields]\nname = 'n'\namount = 'a'");
        for (text, units) in [
            ("1 054,50", Some(105_450)),
            ("1\u{a0}000", Some(100_000)),
            ("1.054", None),
            ("=1+1", None),
        ] {
            with_row(&mapping, &["id", "n", "a"], &["1", "Acme", text], |row| {
                let money = row.money("amount").ok().flatten().map(|money| money.minor_units);
                assert_eq!(money, if text == "1.054" { None } else { units }, "{text}");
            });
        }
    }

    #[test]
    fn a_missing_column_is_named_with_its_neighbours() {
        let mapping = mapping("[fields]\nname = 'account'");
        let header = ["id".to_owned(), "acount".to_owned()];
        let error = Bound::new(&mapping, &header).err().unwrap();
        assert_eq!(error.code(), "MISSING_COLUMN");
        assert!(error.to_string().contains("`acount`"), "{error}");
    }

    #[test]
    fn a_date_begins_in_the_time_zone_of_the_mapping() {
        let mapping = mapping(
            "time-zone = 'Europe/Paris'\n[fields]\nname = 'n'\nopenedAt = { column = 'd', format = '%d/%m/%Y' }",
        );
        with_row(&mapping, &["id", "n", "d"], &["1", "Acme", "01/07/2025"], |row| {
            assert_eq!(
                row.moment("openedAt").unwrap().unwrap().to_rfc3339(),
                "2025-06-30T22:00:00+00:00"
            );
        });
    }
}
