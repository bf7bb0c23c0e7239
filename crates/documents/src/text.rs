//! What people wrote, as it can be printed.

use serde_json::Value;
use typst::text::Font;
use unicode_normalization::UnicodeNormalization;

/// Stands for a letter that no font has: PDF/A forbids the glyph that fonts put there themselves (ISO 19005-3, 6.2.11.8).
const MISSING: char = '\u{25A1}';

/// Letters of a word that need no break.
const WORD_MAX: usize = 34;
/// Letters after which a longer one may be broken.
const BREAK_AFTER: usize = 12;

/// Which letters there are.
pub(crate) struct Coverage {
    fonts: Vec<typst::text::Coverage>,
}

impl Coverage {
    pub(crate) fn of(fonts: &[Font]) -> Self {
        Self {
            fonts: fonts.iter().map(|font| font.info().coverage.clone()).collect(),
        }
    }

    /// Puts every text of a document into a form that can be printed: composed letters, no control characters and none
    /// that turn the direction of what follows, and a box for what no font has.
    pub(crate) fn clean(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                if !text.bytes().all(|byte| matches!(byte, b'\n' | b' '..=b'~')) {
                    *text = self.printable(text);
                }
                if text.split_whitespace().any(is_too_long) {
                    *text = with_breaks(text);
                }
            }
            Value::Array(values) => values.iter_mut().for_each(|value| self.clean(value)),
            Value::Object(fields) => fields.values_mut().for_each(|value| self.clean(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn printable(&self, text: &str) -> String {
        text.nfc()
            .filter_map(|letter| match letter {
                '\n' | '\u{2028}' | '\u{2029}' => Some('\n'),
                '\t' => Some(' '),
                letter if letter.is_control() || is_invisible(letter) => None,
                letter if self.has(letter) => Some(letter),
                _ => Some(MISSING),
            })
            .collect()
    }

    fn has(&self, letter: char) -> bool {
        self.fonts.iter().any(|font| font.contains(u32::from(letter)))
    }
}

/// Whether a word would not fit into the narrowest place that people's words are put into.
fn is_too_long(word: &str) -> bool {
    word.len() > WORD_MAX && word.chars().count() > WORD_MAX
}

/// Lets overlong words be broken (zero width space).
fn with_breaks(text: &str) -> String {
    let word = |word: &str| {
        if !is_too_long(word) {
            return word.to_owned();
        }
        let letters: Vec<char> = word.chars().collect();
        let parts: Vec<String> = letters.chunks(BREAK_AFTER).map(|part| part.iter().collect()).collect();
        parts.join("\u{200B}")
    };
    let blank = |letter: char| letter == '\n' || letter == ' ';
    text.split_inclusive(blank).map(word).collect()
}

/// Marks that change how their neighbours are shown and have no shape of their own: directions, joiners, selectors.
fn is_invisible(letter: char) -> bool {
    matches!(
        letter,
        '\u{00AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_overlong_words_get_breaks_and_keep_their_letters() {
        let long = "x".repeat(50);
        let text = format!("court {long}\nanticonstitutionnellement");
        let broken = with_breaks(&text);
        assert_eq!(broken.replace('\u{200B}', ""), text);
        assert_eq!(broken.matches('\u{200B}').count(), 4);
        assert_eq!(with_breaks("un deux"), "un deux");
    }
}
