//! How text becomes words: cut where letters and digits end, lower case, without accents; and their French stems.

use tantivy::tokenizer::{
    AsciiFoldingFilter, Language, LowerCaser, RemoveLongFilter, SimpleTokenizer, Stemmer, TextAnalyzer,
};

/// Name of the analyzer that keeps words as they are spelt.
pub(crate) const SPELT: &str = "spelt";
/// Name of the analyzer that keeps their stems.
pub(crate) const STEMMED: &str = "stemmed";
/// Longer words are no words; in bytes.
const LONGEST: usize = 64;

pub(crate) fn spelt() -> TextAnalyzer {
    TextAnalyzer::builder(SimpleTokenizer::default())
        .filter(RemoveLongFilter::limit(LONGEST))
        .filter(LowerCaser)
        .filter(AsciiFoldingFilter)
        .build()
}

/// Stems come before folding: Snowball's rules for French know accents.
pub(crate) fn stemmed() -> TextAnalyzer {
    TextAnalyzer::builder(SimpleTokenizer::default())
        .filter(RemoveLongFilter::limit(LONGEST))
        .filter(LowerCaser)
        .filter(Stemmer::new(Language::French))
        .filter(AsciiFoldingFilter)
        .build()
}

/// A word of a text, folded, and where it stands in it, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

pub(crate) fn cut(analyzer: &mut TextAnalyzer, text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    analyzer.token_stream(text).process(&mut |token| {
        words.push(Word {
            text: token.text.clone(),
            start: token.offset_from,
            end: token.offset_to,
        });
    });
    words
}
