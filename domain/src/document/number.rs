use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{InvalidValue, value::Problem};

/// Characters of a number at most (rule BR-FR-01 of the French rules on EN 16931).
const NUMBER_MAX: usize = 35;
/// Digits that a sequence is filled up to at most.
const WIDTH_MAX: u8 = 9;

/// Which documents share one sequence of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Series {
    Quote,
    /// Deposits too: they are invoices.
    Invoice,
    CreditNote,
    /// Renewals too: each is a contract of its own.
    Contract,
}

impl Series {
    pub const ALL: [Self; 4] = [Self::Quote, Self::Invoice, Self::CreditNote, Self::Contract];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Quote => "QUOTE",
            Self::Invoice => "INVOICE",
            Self::CreditNote => "CREDIT_NOTE",
            Self::Contract => "CONTRACT",
        }
    }
}

/// The number of a document. Sorts by year and sequence, as numbers: `2026-F-1000` comes after `2026-F-999`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DocumentNumber {
    pub year: i32,
    pub sequence: u32,
    /// As it is printed.
    pub text: String,
}

impl fmt::Display for DocumentNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// How the numbers of a series are written: `{year}-F-{sequence:3}` gives `2026-F-001`.
///
/// Both parts have to stand in it, once, so that no two documents of a series bear one number; around them letters,
/// digits, `-`, `_` and `/` (rule BR-FR-02).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct NumberPattern {
    #[schemars(skip)]
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Part {
    Text(String),
    Year,
    Sequence { width: u8 },
}

impl NumberPattern {
    pub fn parse(field: &'static str, text: &str) -> Result<Self, InvalidValue> {
        let refused = || InvalidValue::new(field, Problem::NotANumberPattern);
        let mut parts = Vec::new();
        let mut rest = text.trim();
        while !rest.is_empty() {
            if let Some(inner) = rest.strip_prefix('{') {
                let (name, after) = inner.split_once('}').ok_or_else(refused)?;
                parts.push(match name.split_once(':') {
                    None if name == "year" => Part::Year,
                    None if name == "sequence" => Part::Sequence { width: 1 },
                    Some(("sequence", width)) => Part::Sequence {
                        width: width
                            .parse()
                            .ok()
                            .filter(|width| (1..=WIDTH_MAX).contains(width))
                            .ok_or_else(refused)?,
                    },
                    _ => return Err(refused()),
                });
                rest = after;
            } else {
                let end = rest.find('{').unwrap_or(rest.len());
                let (literal, after) = rest.split_at(end);
                if !literal.bytes().all(may_stand_in_a_number) {
                    return Err(refused());
                }
                parts.push(Part::Text(literal.to_owned()));
                rest = after;
            }
        }
        let pattern = Self { parts };
        let count = |wanted: fn(&Part) -> bool| pattern.parts.iter().filter(|part| wanted(part)).count();
        let unambiguous = count(|part| *part == Part::Year) == 1
            && count(|part| matches!(part, Part::Sequence { .. })) == 1
            && !pattern.runs_digits_together();
        if !unambiguous || pattern.number(9_999, u32::MAX).text.len() > NUMBER_MAX {
            return Err(refused());
        }
        Ok(pattern)
    }

    /// Whether year and sequence, or one of them and a digit, stand side by side so that two sequences could read alike.
    fn runs_digits_together(&self) -> bool {
        self.parts.windows(2).any(|pair| {
            matches!(
                pair,
                [Part::Year, Part::Sequence { .. }] | [Part::Sequence { .. }, Part::Year]
            ) || matches!(pair, [Part::Sequence { .. }, Part::Text(text)] if text.starts_with(|c: char| c.is_ascii_digit()))
                || matches!(pair, [Part::Text(text), Part::Sequence { .. }] if text.ends_with(|c: char| c.is_ascii_digit()))
        })
    }

    /// Whether two sequences could be written alike: how far they are filled up makes no difference.
    pub fn reads_like(&self, other: &Self) -> bool {
        let bare = |pattern: &Self| -> Vec<Part> {
            let parts = pattern.parts.iter().cloned();
            parts
                .map(|part| match part {
                    Part::Sequence { .. } => Part::Sequence { width: 1 },
                    other => other,
                })
                .collect()
        };
        bare(self) == bare(other)
    }

    pub fn number(&self, year: i32, sequence: u32) -> DocumentNumber {
        let text = self.parts.iter().map(|part| match part {
            Part::Text(text) => text.clone(),
            Part::Year => format!("{year:04}"),
            Part::Sequence { width } => format!("{sequence:0width$}", width = usize::from(*width)),
        });
        DocumentNumber {
            year,
            sequence,
            text: text.collect(),
        }
    }

    /// What a series is written like until somebody says otherwise.
    pub fn of(series: Series) -> Self {
        let (before, between, width) = match series {
            Series::Quote => ("D", "-", 4),
            Series::Invoice => ("", "-F-", 3),
            Series::CreditNote => ("", "-A-", 3),
            Series::Contract => ("C", "-", 4),
        };
        let mut parts = Vec::new();
        if !before.is_empty() {
            parts.push(Part::Text(before.to_owned()));
        }
        parts.extend([Part::Year, Part::Text(between.to_owned()), Part::Sequence { width }]);
        Self { parts }
    }
}

const fn may_stand_in_a_number(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'/')
}

impl fmt::Display for NumberPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.iter().try_for_each(|part| match part {
            Part::Text(text) => f.write_str(text),
            Part::Year => f.write_str("{year}"),
            Part::Sequence { width } => write!(f, "{{sequence:{width}}}"),
        })
    }
}

impl TryFrom<String> for NumberPattern {
    type Error = InvalidValue;

    fn try_from(text: String) -> Result<Self, InvalidValue> {
        Self::parse("pattern", &text)
    }
}

impl From<NumberPattern> for String {
    fn from(pattern: NumberPattern) -> Self {
        pattern.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_by_their_pattern_and_sort_as_numbers() {
        let invoices = NumberPattern::of(Series::Invoice);
        assert_eq!(invoices.number(2026, 1).text, "2026-F-001");
        assert_eq!(invoices.number(2026, 1_000).text, "2026-F-1000");
        assert!(invoices.number(2026, 999) < invoices.number(2026, 1_000));
        assert!(invoices.number(2026, 9_999) < invoices.number(2027, 1));
        assert_eq!(NumberPattern::of(Series::Quote).number(2026, 1).text, "D2026-0001");
        for series in Series::ALL {
            let pattern = NumberPattern::of(series);
            assert_eq!(NumberPattern::parse("pattern", &pattern.to_string()), Ok(pattern));
        }
    }

    #[test]
    fn a_pattern_names_the_year_and_the_sequence_once_and_keeps_them_apart() {
        for wrong in [
            "",
            "F-{sequence:3}",
            "{year}-F",
            "{year}{sequence}",
            "{year}-{sequence}-{sequence}",
            "{year}-{sequence:0}",
            "{year}-{sequence:10}",
            "{year}-{sequence}0",
            "{year} {sequence}",
            "{year}-é{sequence}",
            "{year}-{month}-{sequence}",
            "{year-{sequence}",
            "a-very-long-prefix-of-numbers-{year}-{sequence:9}",
        ] {
            let refused = NumberPattern::parse("pattern", wrong);
            assert_eq!(
                refused.map_err(|refused| refused.problem),
                Err(Problem::NotANumberPattern),
                "{wrong}"
            );
        }
    }
}
