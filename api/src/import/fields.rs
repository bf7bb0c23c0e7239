//! What a column can fill: the fields of each kind of object, how they are read, and by which headings they are known.

use domain::{Language, text};

/// A field that a column can fill.
#[derive(Debug)]
pub struct FieldInfo {
    /// As mappings call it.
    pub name: &'static str,
    /// Whether every mapping must say where it comes from.
    pub required: bool,
    pub reading: Reading,
    pub(super) english: &'static str,
    pub(super) french: &'static str,
    /// What columns of it are called elsewhere, in English and French, as [`heading`] writes them.
    pub(super) headings: &'static [&'static str],
    /// What its values are called elsewhere, as [`heading`] writes them.
    pub(super) words: &'static [(&'static str, &'static str)],
}

/// How a field's value is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    Text,
    /// A whole number.
    Whole,
    /// Money.
    Amount,
    /// A date.
    Day,
    /// A date, or a date and a time.
    Moment,
    /// Yes or no.
    Flag,
    /// One of a few words.
    Choice,
    /// One of the stages of the pipeline.
    Stage,
    /// The key of another object of the same source.
    Key,
}

impl FieldInfo {
    /// What it is, for people.
    pub const fn description(&self, language: Language) -> &'static str {
        match language {
            Language::English => self.english,
            Language::French => self.french,
        }
    }

    /// What one of its values is called in mappings, where it is known by another name.
    pub(super) fn meant_by(&self, value: &str) -> Option<&'static str> {
        let value = heading(value);
        self.words
            .iter()
            .find(|(word, _)| *word == value)
            .map(|(_, meant)| *meant)
    }
}

/// A heading as it is compared: without case, accents and what stands between words.
pub(super) fn heading(text: &str) -> String {
    let plain: String = text::fold(text)
        .chars()
        .map(|letter| match letter {
            '\u{2019}' => '\'',
            letter if letter.is_alphanumeric() || letter == '\'' => letter,
            _ => ' ',
        })
        .collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::import::Kind;

    const KINDS: [Kind; 4] = [Kind::Organizations, Kind::Contacts, Kind::Deals, Kind::Activities];

    #[test]
    fn headings_are_compared_without_case_accents_and_signs() {
        for (text, known) in [
            ("Prénom", "prenom"),
            ("E-mail", "e mail"),
            ("CHIFFRE D’AFFAIRES (M€)", "chiffre d'affaires m"),
            ("first_name", "first name"),
            (" N° SIREN ", "n siren"),
        ] {
            assert_eq!(heading(text), known);
        }
    }

    #[test]
    fn no_heading_of_a_kind_is_ambiguous_and_each_is_written_as_it_is_compared() {
        for kind in KINDS {
            let mut seen = BTreeSet::new();
            for field in kind.fields() {
                for known in field.headings {
                    assert_eq!(heading(known), *known, "{kind:?} {}", field.name);
                    assert!(seen.insert(known), "{kind:?}: `{known}` is two fields'");
                }
                for (word, _) in field.words {
                    assert_eq!(heading(word), *word, "{kind:?} {}", field.name);
                }
            }
        }
    }
}
