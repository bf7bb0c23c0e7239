//! What is asked, and how well records answer.
//!
//! Every word of the query must be found in a record: as it is spelt, by its stem, as the beginning of a longer word, or
//! with a typing error. What a record is called counts more than the rest of it, and a word as it is spelt more than one
//! that is like it.

use std::{cmp::Ordering, collections::HashMap};

use tantivy::{
    DocId, Score, SegmentOrdinal, SegmentReader, Term,
    collector::{Collector, SegmentCollector},
    columnar::Column,
    query::{
        BooleanQuery, BoostQuery, ConstScoreQuery, FuzzyTermQuery, Occur, Query as Matches, TermQuery, TermSetQuery,
    },
    schema::{Field, IndexRecordOption},
};
use uuid::Uuid;

use crate::{
    error::SearchError,
    fields::{Fields, KIND, Kind, SHOWS_HIGH, SHOWS_LOW, STANDS_ASIDE},
    index::Index,
    words,
};

/// Characters of a query at most.
pub const MAX_TEXT: usize = 200;
/// Words of a query that count; more are left out.
const MAX_WORDS: usize = 10;

/// What somebody looks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    pub(crate) words: Vec<Asked>,
    /// All digits of a query of digits: a number is written with blanks, dots or none.
    pub(crate) number: Option<String>,
}

/// A word that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) spelt: String,
    pub(crate) stem: String,
    /// Letters that may be wrong, missing, too many or swapped.
    pub(crate) errors: u8,
}

impl Query {
    /// Reads what somebody typed; `None` when there is no word in it.
    pub fn read(text: &str) -> Option<Self> {
        let text: String = text.chars().take(MAX_TEXT).collect();
        let spelt = words::cut(&mut words::spelt(), &text);
        let stems = words::cut(&mut words::stemmed(), &text);
        let words: Vec<_> = spelt
            .into_iter()
            .zip(stems)
            .take(MAX_WORDS)
            .map(|(spelt, stem)| Asked {
                errors: forgiven(&spelt.text),
                spelt: spelt.text,
                stem: stem.text,
            })
            .collect();
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let number = text
            .chars()
            .all(|letter| letter.is_ascii_digit() || " .-/()+\u{a0}\u{202f}".contains(letter))
            .then_some(digits)
            .filter(|digits| digits.len() >= 4 && words.len() > 1);
        (!words.is_empty()).then_some(Self { words, number })
    }

    fn matches(&self, fields: &Fields, kinds: &[Kind]) -> Box<dyn Matches> {
        let all = self
            .words
            .iter()
            .map(|word| (Occur::Must, word.matches(fields)))
            .collect();
        let words: Box<dyn Matches> = Box::new(BooleanQuery::new(all));
        let told = match &self.number {
            Some(number) => any(vec![words, scored(prefix(fields.text, number), 3.0)]),
            None => words,
        };
        if kinds.is_empty() {
            return told;
        }
        let kinds = kinds
            .iter()
            .map(|kind| Term::from_field_u64(fields.kind, kind.number()));
        let of_kind = ConstScoreQuery::new(Box::new(TermSetQuery::new(kinds)), 0.0);
        Box::new(BooleanQuery::new(vec![
            (Occur::Must, told),
            (Occur::Must, Box::new(of_kind)),
        ]))
    }
}

impl Asked {
    fn matches(&self, fields: &Fields) -> Box<dyn Matches> {
        let mut ways: Vec<Box<dyn Matches>> = vec![
            weighed(fields.title, &self.spelt, 6.0),
            weighed(fields.title_stems, &self.stem, 3.0),
            weighed(fields.text, &self.spelt, 2.0),
            weighed(fields.text_stems, &self.stem, 1.0),
            scored(prefix(fields.title, &self.spelt), 2.0),
            scored(prefix(fields.text, &self.spelt), 0.5),
        ];
        if self.errors > 0 {
            for (field, score) in [(fields.title, 1.0), (fields.text, 0.2)] {
                let term = Term::from_field_text(field, &self.spelt);
                ways.push(scored(Box::new(FuzzyTermQuery::new(term, self.errors, true)), score));
            }
            // The beginning of a word, mistyped: only ever by one letter, or everything would be found.
            for (field, score) in [(fields.title, 0.5), (fields.text, 0.1)] {
                let term = Term::from_field_text(field, &self.spelt);
                ways.push(scored(Box::new(FuzzyTermQuery::new_prefix(term, 1, true)), score));
            }
        }
        any(ways)
    }
}

/// How many typing errors a word may have. Short words and numbers must be right: one letter makes them another.
fn forgiven(word: &str) -> u8 {
    let length = word.chars().count();
    if word.chars().any(|letter| letter.is_ascii_digit()) {
        return 0;
    }
    match length {
        0..=3 => 0,
        4..=7 => 1,
        _ => 2,
    }
}

fn weighed(field: Field, word: &str, weight: Score) -> Box<dyn Matches> {
    let term = TermQuery::new(Term::from_field_text(field, word), IndexRecordOption::WithFreqs);
    Box::new(BoostQuery::new(Box::new(term), weight))
}

fn prefix(field: Field, word: &str) -> Box<dyn Matches> {
    Box::new(FuzzyTermQuery::new_prefix(Term::from_field_text(field, word), 0, true))
}

fn scored(query: Box<dyn Matches>, score: Score) -> Box<dyn Matches> {
    Box::new(ConstScoreQuery::new(query, score))
}

fn any(ways: Vec<Box<dyn Matches>>) -> Box<dyn Matches> {
    Box::new(BooleanQuery::new(
        ways.into_iter().map(|way| (Occur::Should, way)).collect(),
    ))
}

/// A record that answers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    pub kind: Kind,
    pub id: Uuid,
    /// Greater answers better; comparable within one query only.
    pub score: f32,
    stands_aside: bool,
}

impl Hit {
    pub fn cursor(&self) -> Cursor {
        Cursor {
            score: self.score,
            kind: self.kind,
            id: self.id,
        }
    }
}

/// A place in the order of hits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cursor {
    pub score: f32,
    pub kind: Kind,
    pub id: Uuid,
}

impl Cursor {
    /// Better first; alike by kind and id, so that the order is one.
    fn order(&self, other: &Self) -> Ordering {
        other
            .score
            .total_cmp(&self.score)
            .then_with(|| self.kind.cmp(&other.kind))
            .then_with(|| self.id.cmp(&other.id))
    }

    /// As text, for clients to keep.
    pub fn write(&self) -> String {
        format!("{:08x}{}{}", self.score.to_bits(), self.kind.number(), self.id.simple())
    }

    pub fn read(text: &str) -> Option<Self> {
        let (score, rest) = text.split_at_checked(8)?;
        let (kind, id) = rest.split_at_checked(1)?;
        let score = f32::from_bits(u32::from_str_radix(score, 16).ok()?);
        Some(Self {
            score: score.is_finite().then_some(score)?,
            kind: Kind::of_number(kind.parse().ok()?)?,
            id: Uuid::try_parse(id).ok()?,
        })
    }
}

impl Index {
    /// The best `limit` answers that come after `after`, of these kinds (of all, when none is named).
    pub fn search(
        &self,
        query: &Query,
        kinds: &[Kind],
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Vec<Hit>, SearchError> {
        let searcher = self.reader.searcher();
        let mut hits = searcher.search(&query.matches(&self.fields, kinds), &Everything)?;
        once(&mut hits);
        if let Some(after) = after {
            hits.retain(|hit| hit.cursor().order(&after) == Ordering::Greater);
        }
        let order = |left: &Hit, right: &Hit| left.cursor().order(&right.cursor());
        if hits.len() > limit {
            if limit > 0 {
                hits.select_nth_unstable_by(limit - 1, order);
            }
            hits.truncate(limit);
        }
        hits.sort_unstable_by(order);
        Ok(hits)
    }
}

/// A record that stands for others may answer several times: only the best answer counts.
fn once(hits: &mut Vec<Hit>) {
    if !hits.iter().any(|hit| hit.stands_aside) {
        return;
    }
    let aside: Vec<(Kind, Uuid)> = hits
        .iter()
        .filter(|hit| hit.stands_aside)
        .map(|hit| (hit.kind, hit.id))
        .collect();
    let mut best: HashMap<(Kind, Uuid), (usize, f32)> =
        aside.into_iter().map(|key| (key, (usize::MAX, f32::MIN))).collect();
    for (at, hit) in hits.iter().enumerate() {
        if let Some(best) = best.get_mut(&(hit.kind, hit.id))
            && hit.score > best.1
        {
            *best = (at, hit.score);
        }
    }
    let mut at = 0;
    hits.retain(|hit| {
        let keep = best.get(&(hit.kind, hit.id)).is_none_or(|(best, _)| *best == at);
        at += 1;
        keep
    });
}

/// Gathers every answer: whoever asks may have to leave out many of them.
struct Everything;

struct OfSegment {
    kind: Column<u64>,
    high: Column<u64>,
    low: Column<u64>,
    stands_aside: Column<u64>,
    hits: Vec<Hit>,
}

impl Collector for Everything {
    type Fruit = Vec<Hit>;
    type Child = OfSegment;

    fn for_segment(&self, _ordinal: SegmentOrdinal, segment: &SegmentReader) -> tantivy::Result<OfSegment> {
        let columns = segment.fast_fields();
        Ok(OfSegment {
            kind: columns.u64(KIND)?,
            high: columns.u64(SHOWS_HIGH)?,
            low: columns.u64(SHOWS_LOW)?,
            stands_aside: columns.u64(STANDS_ASIDE)?,
            hits: Vec::new(),
        })
    }

    fn requires_scoring(&self) -> bool {
        true
    }

    fn merge_fruits(&self, segments: Vec<Vec<Hit>>) -> tantivy::Result<Vec<Hit>> {
        Ok(segments.into_iter().flatten().collect())
    }
}

impl SegmentCollector for OfSegment {
    type Fruit = Vec<Hit>;

    fn collect(&mut self, document: DocId, score: Score) {
        let of = |column: &Column<u64>| column.first(document).unwrap_or_default();
        if let Some(kind) = Kind::of_number(of(&self.kind)) {
            self.hits.push(Hit {
                kind,
                id: Uuid::from_u64_pair(of(&self.high), of(&self.low)),
                score,
                stands_aside: of(&self.stands_aside) != 0,
            });
        }
    }

    fn harvest(self) -> Vec<Hit> {
        self.hits
    }
}
