//! Full-text search over the trade's records.
//!
//! The index proposes records, best first; the views say which of them the viewer may see, and only those are shown and
//! counted.

use std::{collections::HashSet, sync::Arc};

use ::search::{Cursor, Highlighter, Hit, Kind, MAX_TEXT, Part, Query};
use async_graphql::{
    Context, Enum, Object, OutputType, SimpleObject, Union,
    connection::{Connection, ConnectionNameType, Edge, EdgeNameType},
};
use journal::Position;
use uuid::Uuid;

use super::{
    activities::Activity,
    contacts::Contact,
    deals::Deal,
    errors::{ApiError, ApiResult, ErrorCode},
    organizations::Organization,
    paging::{self, PageArguments},
    reading::{self, PATIENCE, Reading},
    scalars::BigInt,
    session::Session,
    tasks::Task,
};
use crate::{
    policy::{Record, Viewer},
    search::{FindError, Search, documents},
};

/// How many answers are counted at most.
const COUNTED: usize = 1_000;
/// Answers that are proposed in the first round; each further round proposes more.
const FIRST_ROUND: usize = 64;
const LAST_ROUND: usize = 8_192;
/// Ids that one query compares.
const IDS: usize = 500;

/// What kinds of records are searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum SearchType {
    Organization,
    Contact,
    Deal,
    Activity,
    Task,
}

impl SearchType {
    const fn kind(self) -> Kind {
        match self {
            Self::Organization => Kind::Organization,
            Self::Contact => Kind::Contact,
            Self::Deal => Kind::Deal,
            Self::Activity => Kind::Activity,
            Self::Task => Kind::Task,
        }
    }
}

/// A record that answers a search.
#[derive(Union)]
pub enum SearchRecord {
    Organization(Organization),
    Contact(Contact),
    Deal(Deal),
    Activity(Activity),
    Task(Task),
}

/// How a record answers.
#[derive(SimpleObject)]
pub struct SearchAnswer {
    /// Greater answers better; comparable within one search only.
    score: f64,
    /// Where the words stand. Empty when only a tag, a product, a competitor or a field of the house answers, or a record
    /// that was merged into this one.
    highlights: Vec<SearchHighlight>,
}

/// A text of the record in which words of the search stand.
#[derive(SimpleObject)]
pub struct SearchHighlight {
    /// The record's field.
    field: &'static str,
    /// The text, or of a long one the part around the first word that answers, in pieces.
    parts: Vec<SearchPart>,
}

/// A piece of a text.
#[derive(SimpleObject)]
pub struct SearchPart {
    /// As it is written: not meant to be read as HTML.
    text: String,
    /// Whether it answers the search.
    matched: bool,
}

impl From<Part> for SearchPart {
    fn from(part: Part) -> Self {
        Self {
            text: part.text,
            matched: part.matched,
        }
    }
}

/// What a search comes to, over all its pages.
pub struct SearchTotals(Option<Asked>);

#[Object]
impl SearchTotals {
    /// How many records you may see answer, counted up to 1,000.
    #[graphql(complexity = 50)]
    async fn total_count(&self) -> ApiResult<usize> {
        match &self.0 {
            Some(asked) => Ok(asked.answers(None, COUNTED).await?.len()),
            None => Ok(0),
        }
    }
}

/// Sets its edges apart from others.
pub struct SearchEdgeName;

impl EdgeNameType for SearchEdgeName {
    fn type_name<T: OutputType>() -> String {
        "SearchEdge".to_owned()
    }
}

/// Names the connection.
pub struct SearchName;

impl ConnectionNameType for SearchName {
    fn type_name<T: OutputType>() -> String {
        "SearchConnection".to_owned()
    }
}

pub type SearchConnection = Connection<String, SearchRecord, SearchTotals, SearchAnswer, SearchName, SearchEdgeName>;

/// One search, by one viewer.
#[derive(Clone)]
struct Asked {
    search: Arc<Search>,
    reading: Reading,
    query: Arc<Query>,
    kinds: Vec<Kind>,
}

impl Asked {
    /// The best `limit` answers that the viewer may see.
    async fn answers(&self, mut after: Option<Cursor>, limit: usize) -> ApiResult<Vec<Hit>> {
        let mut answers = Vec::new();
        let mut round = FIRST_ROUND.max(limit);
        loop {
            let proposed = self
                .search
                .find(self.query.clone(), self.kinds.clone(), after, round)
                .await?;
            let visible = visible(&self.reading, &proposed).await?;
            let seen = proposed.iter().filter(|hit| visible.contains(&(hit.kind, hit.id)));
            answers.extend(seen.take(limit - answers.len()));
            match proposed.last() {
                Some(last) if answers.len() < limit && proposed.len() == round => after = Some(last.cursor()),
                _ => return Ok(answers),
            }
            round = (round * 4).min(LAST_ROUND);
        }
    }

    /// The record as it is shown; `None` when it has gone since.
    async fn show(&self, hit: &Hit) -> ApiResult<Option<(SearchRecord, SearchAnswer)>> {
        let reading = &self.reading;
        let mut light = Highlighter::new(&self.query);
        let mut highlights = |title: (&'static str, Option<&str>), rest: Vec<(&'static str, String)>| {
            let title = title.1.map(|text| (title.0, text.to_owned()));
            title
                .into_iter()
                .chain(rest)
                .filter_map(|(field, text)| Some((field, light.parts(&text)?)))
                .map(|(field, parts)| SearchHighlight {
                    field,
                    parts: parts.into_iter().map(SearchPart::from).collect(),
                })
                .collect::<Vec<_>>()
        };
        let found = match hit.kind {
            Kind::Organization => reading.organization(hit.id).await?.map(|row| {
                let lights = highlights(("name", Some(&row.name)), documents::texts_of_organization(&row));
                (SearchRecord::Organization(Organization::of(row, reading)), lights)
            }),
            Kind::Contact => reading.contact(hit.id).await?.map(|row| {
                let lights = highlights(("name", row.full_name.as_deref()), documents::texts_of_contact(&row));
                (SearchRecord::Contact(Contact::of(row, reading)), lights)
            }),
            Kind::Deal => reading.deal(hit.id).await?.map(|row| {
                let lights = highlights(("title", Some(&row.title)), documents::texts_of_deal(&row));
                (SearchRecord::Deal(Deal::of(row, reading)), lights)
            }),
            Kind::Activity => reading.activity(hit.id).await?.map(|row| {
                let lights = highlights(("subject", row.subject.as_deref()), documents::texts_of_activity(&row));
                (SearchRecord::Activity(Activity::of(row, reading)), lights)
            }),
            Kind::Task => reading.task(hit.id).await?.map(|row| {
                let lights = highlights(("title", Some(&row.title)), documents::texts_of_task(&row));
                (SearchRecord::Task(Task::of(row, reading)), lights)
            }),
        };
        Ok(found.map(|(record, highlights)| {
            let score = f64::from(hit.score);
            (record, SearchAnswer { score, highlights })
        }))
    }
}

/// Which of the proposed records the viewer may see. The views may have lost some since the index was written.
async fn visible(reading: &Reading, proposed: &[Hit]) -> ApiResult<HashSet<(Kind, Uuid)>> {
    let mut seen = HashSet::with_capacity(proposed.len());
    for kind in Kind::ALL {
        let ids: Vec<Uuid> = proposed
            .iter()
            .filter(|hit| hit.kind == kind)
            .map(|hit| hit.id)
            .collect();
        for ids in ids.chunks(IDS) {
            let record = record_of(kind);
            let found = reading
                .scope()
                .visible_where(reading.connection(), record, ids, record.stands());
            seen.extend(found.await?.into_iter().map(|id| (kind, id)));
        }
    }
    Ok(seen)
}

const fn record_of(kind: Kind) -> Record {
    match kind {
        Kind::Organization => Record::Organization,
        Kind::Contact => Record::Contact,
        Kind::Activity => Record::Activity,
        Kind::Deal => Record::Deal,
        Kind::Task => Record::Task,
    }
}

/// Which kinds are searched: those that are asked for, of those whose words the viewer may read.
fn kinds(viewer: &Viewer, types: Option<Vec<SearchType>>) -> ApiResult<Vec<Kind>> {
    let of_persons = |kind: &Kind| matches!(kind, Kind::Contact | Kind::Activity);
    let asked = types.map(|types| types.into_iter().map(SearchType::kind).collect::<Vec<_>>());
    if viewer.sees_persons() {
        return Ok(asked.unwrap_or_default());
    }
    if asked.iter().flatten().any(of_persons) {
        let message = "Contacts and activities tell of persons: your role does not see them.";
        return Err(ApiError::new(ErrorCode::Forbidden, message));
    }
    let asked = asked.filter(|kinds| !kinds.is_empty());
    Ok(asked.unwrap_or_else(|| Kind::ALL.into_iter().filter(|kind| !of_persons(kind)).collect()))
}

impl From<FindError> for ApiError {
    fn from(error: FindError) -> Self {
        match error {
            FindError::Building => Self::new(
                ErrorCode::ViewsBuilding,
                "The search index is being built. Try again in a moment.",
            ),
            FindError::Behind { position, wanted } => Self::new(ErrorCode::StaleRead, error.to_string())
                .with("position", position.to_string())
                .with("wanted", wanted.to_string()),
            FindError::Views(error) => error.into(),
            FindError::Rows(error) => error.into(),
            FindError::Index(_) | FindError::Broken(_) => {
                tracing::error!(%error, "the search index cannot be used");
                Self::new(
                    ErrorCode::ViewsUnavailable,
                    "The search index cannot be read at the moment. Try again.",
                )
            }
        }
    }
}

#[derive(Default)]
pub struct SearchQueries;

#[Object]
impl SearchQueries {
    /// Records in which every word of `query` stands: whatever the case and the accents, by its French stem, as the
    /// beginning of a word, or with a typing error. Best answers first. A record that was merged into another is found
    /// as the one that stands for it.
    #[graphql(complexity = "20 + paging::cost(first, None, child_complexity)")]
    async fn search(
        &self,
        ctx: &Context<'_>,
        query: String,
        types: Option<Vec<SearchType>>,
        first: Option<i32>,
        after: Option<String>,
        min_position: Option<BigInt>,
    ) -> ApiResult<SearchConnection> {
        if query.chars().count() > MAX_TEXT {
            return Err(ApiError::bad_input(format!(
                "`query` has at most {MAX_TEXT} characters."
            )));
        }
        let arguments = PageArguments {
            first,
            after,
            ..PageArguments::default()
        };
        let window = arguments.window()?;
        let after = window.after.as_deref().map(cursor).transpose()?;
        let kinds = kinds(ctx.viewer()?, types)?;
        let application = ctx.application()?;
        if let Some(BigInt(position)) = min_position {
            application.search.wait_for(Position(position), PATIENCE).await?;
        }
        let Some(query) = Query::read(&query) else {
            return Ok(Connection::with_additional_fields(false, false, SearchTotals(None)));
        };
        let asked = Asked {
            search: application.search.clone(),
            reading: reading::reading(ctx, None, min_position).await?,
            query: Arc::new(query),
            kinds,
        };
        let mut hits = asked.answers(after, window.limit + 1).await?;
        let more = hits.len() > window.limit;
        hits.truncate(window.limit);
        let shown = futures::future::try_join_all(hits.iter().map(|hit| asked.show(hit))).await?;
        let mut connection =
            Connection::with_additional_fields(after.is_some(), more, SearchTotals(Some(asked.clone())));
        connection
            .edges
            .extend(hits.iter().zip(shown).filter_map(|(hit, shown)| {
                let (record, answer) = shown?;
                Some(Edge::with_additional_fields(hit.cursor().write(), record, answer))
            }));
        Ok(connection)
    }
}

fn cursor(text: &str) -> ApiResult<Cursor> {
    Cursor::read(text).ok_or_else(|| ApiError::bad_input("`after` is no cursor of a search."))
}
