//! Full-text search: an index of words in a folder, and nothing of the business.
//!
//! What belongs here: how words are cut, folded and stemmed, how well a document answers a query, the index's files and
//! who may write them. What does not: which records there are, what of them is searched, and who may see them; whoever
//! keeps the index says so, and asks the views before showing anything. No text is kept in the index as it was written,
//! only its words: what a hit says is read from the record it stands for.
//!
//! An index belongs to one state of the views, named by a mark: for another mark it is made anew.

mod error;
mod fields;
mod highlight;
mod index;
mod query;
mod words;
mod writer;

pub use error::SearchError;
pub use fields::{Document, Kind};
pub use highlight::{Highlighter, Part};
pub use index::{Index, words_in_files};
pub use query::{Cursor, Hit, MAX_TEXT, Query};
pub use writer::Writer;
