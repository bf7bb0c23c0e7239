//! `mapping.toml`: which column fills which field, and what to mend on the way.
//!
//! A value passes, in this order: column (or constant, or template) → blanks trimmed → `when-missing` → `aliases` →
//! `values`. What `when-missing` and `aliases` change is a *mend* and goes into the report; a value that `values` does
//! not list is refused.

use std::{collections::BTreeMap, fmt, path::Path};

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;
use domain::{Currency, Money};
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, de};

use super::{ImportError, Refused, reader::Record};
use crate::config::near;

/// What a mapping file says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Mapping {
    /// Names the system that the file comes from. The same source and key are the same object for ever.
    pub(super) source: String,
    /// The column whose value names the row in its source.
    pub(super) key: String,
    #[serde(default = "comma")]
    pub(super) delimiter: char,
    /// The currency of all amounts.
    #[serde(default)]
    pub(super) currency: Currency,
    /// What stands before the decimals of an amount.
    #[serde(default = "point")]
    pub(super) decimal: char,
    /// Where a date without a time begins.
    #[serde(default = "utc")]
    pub(super) time_zone: Tz,
    #[serde(default)]
    pub(super) fields: BTreeMap<String, Field>,
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
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct FieldSpec {
    column: Option<String>,
    constant: Option<String>,
    template: Option<String>,
    #[serde(default)]
    aliases: BTreeMap<String, String>,
    values: Option<BTreeMap<String, String>>,
    when_missing: Option<String>,
    format: Option<String>,
    scale: Option<u32>,
}

/// See [`FieldSpec`], whose sources it has checked.
#[derive(Debug)]
pub(super) struct Field {
    source: Source,
    aliases: BTreeMap<String, String>,
    values: Option<BTreeMap<String, String>>,
    when_missing: Option<String>,
    /// How a date is written, as `strftime` has it.
    format: Option<String>,
    /// What an amount is multiplied by, where the file counts in thousands or millions.
    scale: u32,
}

#[derive(Debug, Clone)]
enum Source {
    Column(String),
    Constant(String),
    /// Text with `{field}` in it, each replaced by what that field resolves to.
    Template(String),
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

impl Mapping {
    /// Reads the file and checks that it maps known fields only, and all that are required.
    pub(super) fn read(path: &Path, fields: &Fields) -> Result<Self, ImportError> {
        let text = std::fs::read_to_string(path).map_err(|error| ImportError::Unreadable {
            path: path.to_path_buf(),
            reason: error.to_string(),
        })?;
        Self::parse(&text, fields).map_err(|reason| ImportError::InvalidMapping {
            path: path.to_path_buf(),
            reason,
        })
    }

    fn parse(text: &str, fields: &Fields) -> Result<Self, String> {
        let mapping: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        if !mapping.delimiter.is_ascii() || matches!(mapping.delimiter, '"' | '\n' | '\r') {
            return Err("`delimiter` must be one ASCII character, for example `,` or `;`".to_owned());
        }
        if mapping.source.trim().is_empty() {
            return Err("`source` is empty: name the system that the file comes from".to_owned());
        }
        for name in mapping.fields.keys() {
            if !fields.required.contains(&name.as_str()) && !fields.optional.contains(&name.as_str()) {
                let known = fields
                    .required
                    .iter()
                    .chain(fields.optional)
                    .map(|&known| known.to_owned());
                return Err(format!("there is no field `{name}`.{}", meant(&near(name, known))));
            }
        }
        if let Some(missing) = fields.required.iter().find(|name| !mapping.fields.contains_key(**name)) {
            return Err(format!(
                "the field `{missing}` is required: say in [fields] where it comes from"
            ));
        }
        mapping.check_templates()?;
        Ok(mapping)
    }

    fn check_templates(&self) -> Result<(), String> {
        for (name, field) in &self.fields {
            let Source::Template(template) = &field.source else {
                continue;
            };
            for part in placeholders(template) {
                match self.fields.get(part).map(|field| &field.source) {
                    None => {
                        return Err(format!(
                            "the template of `{name}` names `{part}`, which is no field here"
                        ));
                    }
                    Some(Source::Template(_)) => {
                        return Err(format!(
                            "the template of `{name}` names `{part}`, which is a template itself"
                        ));
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
}

/// " Did you mean …?", or nothing.
pub(super) fn meant(near: &[String]) -> String {
    match near {
        [] => String::new(),
        names => format!(" Did you mean `{}`?", names.join("` or `")),
    }
}

/// The fields that a kind of object has.
pub(super) struct Fields {
    pub(super) required: &'static [&'static str],
    pub(super) optional: &'static [&'static str],
}

/// A mapping bound to the columns of a file.
pub(super) struct Bound<'a> {
    mapping: &'a Mapping,
    index: BTreeMap<&'a str, usize>,
    width: usize,
}

impl<'a> Bound<'a> {
    /// Finds the columns in the file's first row.
    pub(super) fn new(mapping: &'a Mapping, header: &[String]) -> Result<Self, ImportError> {
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
                return Err(ImportError::MissingColumn {
                    name: column.to_owned(),
                    near: near(column, known),
                });
            };
            if places.next().is_some() {
                return Err(ImportError::RepeatedColumn {
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

    pub(super) fn mapping(&self) -> &Mapping {
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
    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, Refused> {
        let Some(field) = self.bound.mapping.fields.get(name) else {
            return Ok(None);
        };
        let text = match &field.source {
            Source::Column(column) => self.cell(column).to_owned(),
            Source::Constant(constant) => constant.clone(),
            Source::Template(template) => self.fill(template)?,
        };
        self.refine(name, field, text)
    }

    /// The field's value, which must be there.
    pub(super) fn required(&mut self, name: &str) -> Result<String, Refused> {
        self.text(name)?
            .ok_or_else(|| Refused::new("MISSING_VALUE", format!("`{name}` has no value")))
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
        })?;
        let scale = self.bound.mapping.fields.get(name).map_or(1, |field| field.scale);
        let scaled = amount.checked_mul(scale.into()).unwrap_or(Decimal::MAX);
        Money::from_decimal(name, scaled, *currency)
            .map(Some)
            .map_err(Refused::from_rule)
    }

    /// A calendar date.
    pub(super) fn date(&mut self, name: &str) -> Result<Option<NaiveDate>, Refused> {
        Ok(self.local_time(name)?.map(|time| time.date()))
    }

    /// A moment: a date without a time is its beginning in the mapping's time zone.
    pub(super) fn moment(&mut self, name: &str) -> Result<Option<DateTime<Utc>>, Refused> {
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

    fn local_time(&mut self, name: &str) -> Result<Option<NaiveDateTime>, Refused> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let format = self
            .bound
            .mapping
            .fields
            .get(name)
            .and_then(|field| field.format.as_deref())
            .unwrap_or("%Y-%m-%d");
        let date = NaiveDate::parse_from_str(&text, format).map(|date| date.and_time(NaiveTime::MIN));
        let parsed = NaiveDateTime::parse_from_str(&text, format).or(date);
        let refused = |_| {
            Refused::new(
                "INVALID_DATE",
                format!("`{name}` is not a date ({format}): `{}`", shown(&text)),
            )
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

    fn fill(&mut self, template: &str) -> Result<String, Refused> {
        let mut text = template.to_owned();
        for name in placeholders(template) {
            let mends = self.mends.len();
            let value = self.text(name)?.unwrap_or_default();
            // The field itself reports its mends.
            self.mends.truncate(mends);
            text = text.replace(&format!("{{{name}}}"), &value);
        }
        Ok(text)
    }

    fn refine(&mut self, name: &str, field: &Field, mut text: String) -> Result<Option<String>, Refused> {
        if text.trim().is_empty() {
            let Some(instead) = &field.when_missing else {
                return Ok(None);
            };
            self.note("WAS_MISSING", format!("`{name}` was missing: took `{instead}`"));
            return Ok(Some(instead.clone()));
        }
        if let Some(alias) = field.aliases.get(&text) {
            self.note(
                "WAS_MISSPELT",
                format!("`{name}` was `{}`: took `{alias}`", shown(&text)),
            );
            text.clone_from(alias);
        }
        let Some(values) = &field.values else {
            return Ok(Some(text));
        };
        values.get(&text).cloned().map(Some).ok_or_else(|| {
            let known = values
                .keys()
                .map(|value| format!("`{value}`"))
                .collect::<Vec<_>>()
                .join(", ");
            Refused::new(
                "UNKNOWN_VALUE",
                format!("`{name}` cannot be `{}`: the mapping knows {known}", shown(&text)),
            )
        })
    }

    /// Notes something for the report, once.
    pub(super) fn note(&mut self, code: &'static str, message: impl Into<String>) {
        let mend = Mend {
            code,
            message: message.into(),
        };
        if !self.mends.contains(&mend) {
            self.mends.push(mend);
        }
    }
}

/// The names between braces.
fn placeholders(template: &str) -> impl Iterator<Item = &str> {
    template
        .split('{')
        .skip(1)
        .filter_map(|part| part.split_once('}').map(|(name, _)| name))
}

/// A number as the file writes it: grouped by blanks or apostrophes, with the given decimal sign.
fn amount(text: &str, decimal: char) -> Option<Decimal> {
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

    const FIELDS: Fields = Fields {
        required: &["name"],
        optional: &["sector", "stage", "amount", "openedAt", "title"],
    };

    fn mapping(fields: &str) -> Mapping {
        Mapping::parse(&format!("source = 's'\nkey = 'id'\n{fields}"), &FIELDS).unwrap()
    }

    fn refusal(text: &str) -> String {
        Mapping::parse(text, &FIELDS).unwrap_err()
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
