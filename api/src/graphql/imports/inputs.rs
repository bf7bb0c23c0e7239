//! How a mapping is told and shown: what a preview answers with can be given back as it is.

use std::collections::BTreeMap;

use async_graphql::{InputObject, SimpleObject};
use domain::{InvalidValue, value::Problem};

use crate::{
    graphql::following::Refused,
    import::mapping::{Field, Mapping, MappingError, Source},
};

/// A word of the file, and what it means here.
#[derive(Debug, Clone, SimpleObject, InputObject)]
#[graphql(input_name = "ImportWordInput")]
pub struct ImportWord {
    from: String,
    to: String,
}

/// Where a field comes from: one of `column`, `constant` and `template`, and what becomes of it on the way.
#[derive(Debug, Clone, SimpleObject, InputObject)]
#[graphql(input_name = "ImportFieldInput")]
pub struct ImportField {
    /// One of the fields that a preview lists.
    field: String,
    /// The heading of a column.
    column: Option<String>,
    /// The same for all rows.
    constant: Option<String>,
    /// Made of other fields, each in braces: `{product}, {externalReference}`.
    template: Option<String>,
    /// Taken where a cell is empty, and reported.
    when_missing: Option<String>,
    /// How dates are written, as `strftime` has it: `%d/%m/%Y`.
    format: Option<String>,
    /// What amounts are multiplied by: 1000000 where the file counts in millions.
    scale: Option<u32>,
    /// Misspellings that are mended, and reported.
    aliases: Option<Vec<ImportWord>>,
    /// Every value that there is, and what it means here. What is not listed is refused.
    values: Option<Vec<ImportWord>>,
}

/// Which column fills which field.
#[derive(Debug, Clone, SimpleObject, InputObject)]
#[graphql(input_name = "ImportMappingInput")]
pub struct ImportMapping {
    /// The column whose value names the row in its source.
    key: String,
    /// What separates cells: one character. Read out of the file when it is not given.
    delimiter: Option<String>,
    /// What stands before the decimals of an amount: `.` unless it is given.
    decimal: Option<String>,
    /// Of all amounts: EUR unless it is given.
    currency: Option<String>,
    /// Where a date without a time begins: yours unless it is given.
    time_zone: Option<String>,
    fields: Vec<ImportField>,
}

impl ImportMapping {
    pub(super) fn separator(&self) -> Result<Option<char>, MappingError> {
        one(self.delimiter.as_deref(), MappingError::Delimiter)
    }

    /// The mapping as imports have it; what is not said is `delimiter`, or in `time_zone`.
    pub(super) fn read(self, source: &str, delimiter: char, time_zone: chrono_tz::Tz) -> Result<Mapping, Refused> {
        let not = |field, problem| Refused::new(InvalidValue::new(field, problem));
        let currency = self.currency.as_deref().map(str::parse).transpose();
        let zone = self.time_zone.as_deref().map(str::parse).transpose();
        let decimal = one(self.decimal.as_deref(), MappingError::Decimal).map_err(Refused::new)?;
        let mut fields = BTreeMap::new();
        for given in self.fields {
            let name = given.field.clone();
            let field = given.read().map_err(Refused::new)?;
            if fields.insert(name.clone(), field).is_some() {
                return Err(Refused::new(MappingError::MappedTwice { name }));
            }
        }
        Ok(Mapping {
            source: source.to_owned(),
            key: self.key,
            delimiter,
            decimal: decimal.unwrap_or('.'),
            currency: currency
                .map_err(|_| not("currency", Problem::NotACurrency))?
                .unwrap_or_default(),
            time_zone: zone
                .map_err(|_| not("timeZone", Problem::NotATimeZone))?
                .unwrap_or(time_zone),
            fields,
        })
    }
}

impl ImportField {
    fn read(self) -> Result<Field, MappingError> {
        let source = match (self.column, self.constant, self.template) {
            (Some(column), None, None) => Source::Column(column),
            (None, Some(constant), None) => Source::Constant(constant),
            (None, None, Some(template)) => Source::Template(template),
            _ => return Err(MappingError::OneSource { name: self.field }),
        };
        Ok(Field {
            source,
            aliases: words(self.aliases).unwrap_or_default(),
            values: words(self.values),
            when_missing: self.when_missing,
            format: self.format,
            scale: self.scale.unwrap_or(1),
        })
    }
}

fn words(words: Option<Vec<ImportWord>>) -> Option<BTreeMap<String, String>> {
    words.map(|words| words.into_iter().map(|word| (word.from, word.to)).collect())
}

fn one(text: Option<&str>, wrong: MappingError) -> Result<Option<char>, MappingError> {
    let Some(text) = text else { return Ok(None) };
    let mut letters = text.chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None) => Ok(Some(letter)),
        _ => Err(wrong),
    }
}

impl From<Mapping> for ImportMapping {
    fn from(mapping: Mapping) -> Self {
        let list = |words: BTreeMap<String, String>| {
            let words = words.into_iter().map(|(from, to)| ImportWord { from, to });
            words.collect::<Vec<_>>()
        };
        let field = |(name, field): (String, Field)| {
            let (column, constant, template) = match field.source {
                Source::Column(column) => (Some(column), None, None),
                Source::Constant(constant) => (None, Some(constant), None),
                Source::Template(template) => (None, None, Some(template)),
            };
            ImportField {
                field: name,
                column,
                constant,
                template,
                when_missing: field.when_missing,
                format: field.format,
                scale: (field.scale != 1).then_some(field.scale),
                aliases: Some(list(field.aliases)).filter(|aliases| !aliases.is_empty()),
                values: field.values.map(list),
            }
        };
        Self {
            key: mapping.key,
            delimiter: Some(mapping.delimiter.to_string()),
            decimal: Some(mapping.decimal.to_string()),
            currency: Some(mapping.currency.to_string()),
            time_zone: Some(mapping.time_zone.name().to_owned()),
            fields: mapping.fields.into_iter().map(field).collect(),
        }
    }
}
