//! Which words of a text answer a query.

use strsim::damerau_levenshtein;
use tantivy::tokenizer::TextAnalyzer;

use crate::{
    query::Query,
    words::{self, Word},
};

/// Characters of a text that are shown at most.
const LENGTH: usize = 160;
/// Characters shown before the first word that answers.
const BEFORE: usize = 40;
/// Of a long text no more is looked through, in bytes.
const LOOKED_AT: usize = 20_000;

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub text: String,
    /// Whether it answers the query.
    pub matched: bool,
}

/// Finds the words of texts that answer one query.
pub struct Highlighter<'a> {
    query: &'a Query,
    spelt: TextAnalyzer,
    stemmed: TextAnalyzer,
}

impl<'a> Highlighter<'a> {
    pub fn new(query: &'a Query) -> Self {
        Self {
            query,
            spelt: words::spelt(),
            stemmed: words::stemmed(),
        }
    }

    /// The part of a text around the first word that answers, cut where words begin and end; `None` when none does.
    pub fn parts(&mut self, text: &str) -> Option<Vec<Part>> {
        let text = &text[..text.floor_char_boundary(LOOKED_AT)];
        let words = words::cut(&mut self.spelt, text);
        let stems = words::cut(&mut self.stemmed, text);
        let found: Vec<Word> = words
            .into_iter()
            .zip(stems)
            .filter(|(word, stem)| self.answers(&word.text, &stem.text))
            .map(|(word, _)| word)
            .collect();
        let first = found.first()?;
        let start = if text.chars().count() <= LENGTH {
            0
        } else {
            cut_before(text, first.start)
        };
        let end = cut_after(text, start);
        let mut parts = Vec::new();
        let mut at = start;
        for word in found.iter().filter(|word| word.start >= start && word.end <= end) {
            push(&mut parts, &text[at..word.start], false);
            push(&mut parts, &text[word.start..word.end], true);
            at = word.end;
        }
        push(&mut parts, &text[at..end], false);
        Some(parts)
    }

    fn answers(&self, word: &str, stem: &str) -> bool {
        let number = self.query.number.as_ref();
        number.is_some_and(|number| word.starts_with(number.as_str()))
            || self.query.words.iter().any(|asked| {
                word.starts_with(&asked.spelt) || stem == asked.stem || is_like(word, &asked.spelt, asked.errors)
            })
    }
}

fn is_like(word: &str, asked: &str, errors: u8) -> bool {
    if errors == 0 {
        return false;
    }
    let length = asked.chars().count();
    let beginning: String = word.chars().take(length).collect();
    damerau_levenshtein(word, asked) <= usize::from(errors) || damerau_levenshtein(&beginning, asked) <= 1
}

fn push(parts: &mut Vec<Part>, text: &str, matched: bool) {
    if !text.is_empty() {
        parts.push(Part {
            text: text.to_owned(),
            matched,
        });
    }
}

/// Where to begin so that a few words stand before this one.
fn cut_before(text: &str, at: usize) -> usize {
    let earliest = text[..at]
        .char_indices()
        .rev()
        .take(BEFORE)
        .last()
        .map_or(at, |(start, _)| start);
    if earliest == 0 {
        return 0;
    }
    text[earliest..at]
        .char_indices()
        .find(|(_, letter)| letter.is_whitespace())
        .map_or(earliest, |(blank, letter)| earliest + blank + letter.len_utf8())
}

fn cut_after(text: &str, start: usize) -> usize {
    let Some((end, _)) = text[start..].char_indices().nth(LENGTH) else {
        return text.len();
    };
    let end = start + end;
    text[start..end]
        .rfind(char::is_whitespace)
        .map_or(end, |blank| start + blank)
}
