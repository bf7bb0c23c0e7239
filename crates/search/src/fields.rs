//! What the index keeps of a record.

use tantivy::{
    TantivyDocument,
    schema::{FAST, Field, INDEXED, IndexRecordOption, STRING, Schema, TextFieldIndexing, TextOptions},
};
use uuid::Uuid;

use crate::words::{SPELT, STEMMED};

/// What kind of record answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Organization,
    Contact,
    Deal,
    Activity,
    Task,
}

impl Kind {
    pub const ALL: [Self; 5] = [
        Self::Organization,
        Self::Contact,
        Self::Deal,
        Self::Activity,
        Self::Task,
    ];

    pub(crate) const fn number(self) -> u64 {
        self as u64
    }

    pub(crate) fn of_number(number: u64) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.number() == number)
    }
}

/// What is found of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    pub kind: Kind,
    /// The record that is shown: the survivor where this one was merged into another.
    pub shows: Uuid,
    /// Another record is shown instead of this one.
    pub stands_aside: bool,
    /// The stream whose events change it.
    pub source: Uuid,
    /// Whose data it holds.
    pub persons: Vec<Uuid>,
    /// What it is called; counts most.
    pub title: String,
    /// Everything else that can be found.
    pub texts: Vec<String>,
}

/// The columns of the index.
#[derive(Debug, Clone)]
pub(crate) struct Fields {
    pub(crate) schema: Schema,
    pub(crate) kind: Field,
    pub(crate) shows_high: Field,
    pub(crate) shows_low: Field,
    pub(crate) stands_aside: Field,
    pub(crate) source: Field,
    pub(crate) person: Field,
    pub(crate) title: Field,
    pub(crate) title_stems: Field,
    pub(crate) text: Field,
    pub(crate) text_stems: Field,
}

/// Names of the fast columns.
pub(crate) const KIND: &str = "kind";
pub(crate) const SHOWS_HIGH: &str = "shows_high";
pub(crate) const SHOWS_LOW: &str = "shows_low";
pub(crate) const STANDS_ASIDE: &str = "stands_aside";

impl Fields {
    pub(crate) fn new() -> Self {
        let words = |analyzer: &str| {
            TextOptions::default().set_indexing_options(
                TextFieldIndexing::default()
                    .set_tokenizer(analyzer)
                    .set_index_option(IndexRecordOption::WithFreqs),
            )
        };
        let mut schema = Schema::builder();
        let kind = schema.add_u64_field(KIND, INDEXED | FAST);
        let shows_high = schema.add_u64_field(SHOWS_HIGH, FAST);
        let shows_low = schema.add_u64_field(SHOWS_LOW, FAST);
        let stands_aside = schema.add_u64_field(STANDS_ASIDE, FAST);
        let source = schema.add_text_field("source", STRING);
        let person = schema.add_text_field("person", STRING);
        let title = schema.add_text_field("title", words(SPELT));
        let title_stems = schema.add_text_field("title_stems", words(STEMMED));
        let text = schema.add_text_field("text", words(SPELT));
        let text_stems = schema.add_text_field("text_stems", words(STEMMED));
        Self {
            schema: schema.build(),
            kind,
            shows_high,
            shows_low,
            stands_aside,
            source,
            person,
            title,
            title_stems,
            text,
            text_stems,
        }
    }

    pub(crate) fn row(&self, document: &Document) -> TantivyDocument {
        let mut row = TantivyDocument::default();
        let (high, low) = document.shows.as_u64_pair();
        row.add_u64(self.kind, document.kind.number());
        row.add_u64(self.shows_high, high);
        row.add_u64(self.shows_low, low);
        row.add_u64(self.stands_aside, document.stands_aside.into());
        row.add_text(self.source, name(document.source));
        for person in &document.persons {
            row.add_text(self.person, name(*person));
        }
        row.add_text(self.title, &document.title);
        row.add_text(self.title_stems, &document.title);
        for text in &document.texts {
            row.add_text(self.text, text);
            row.add_text(self.text_stems, text);
        }
        row
    }
}

/// An id as a term.
pub(crate) fn name(id: Uuid) -> String {
    id.simple().to_string()
}
