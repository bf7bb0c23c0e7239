//! Pipelines and their stages: the types and the queries.

pub mod book;
pub mod mutations;

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use domain::{Decider, Language, pipeline::PipelineState};
use journal::StreamId;
use projections::pipelines::stages;
use uuid::Uuid;

use self::book::Entry;
pub use self::mutations::PipelineMutations;
use super::{
    deals::known,
    errors::ApiResult,
    history::{self, EventConnection},
    ids::{self, Kind},
    paging::{self, PageArguments},
    reading::{self, AsOfInput, Reading},
    scalars::{BigInt, Moment},
    session::Session,
};

/// What reaching a stage means for a deal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::pipeline::StageKind")]
pub enum StageKind {
    Open,
    Won,
    Lost,
}

/// What people call a thing.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct Names {
    pub fr: String,
    /// Absent: as in French.
    pub en: Option<String>,
}

/// What people are to call a thing: in French, and in English where that differs.
#[derive(Debug, Clone, PartialEq, Eq, InputObject)]
pub struct NamesInput {
    pub fr: String,
    pub en: Option<String>,
}

impl From<NamesInput> for domain::pipeline::Names {
    fn from(input: NamesInput) -> Self {
        Self {
            fr: input.fr,
            en: input.en,
        }
    }
}

impl Names {
    fn spoken(&self, language: Language) -> &str {
        match language {
            Language::English => self.en.as_deref().unwrap_or(&self.fr),
            Language::French => &self.fr,
        }
    }
}

/// A stage of a pipeline.
#[derive(Debug, Clone)]
pub struct PipelineStage {
    row: stages::Model,
}

impl PipelineStage {
    fn names_of(&self) -> Names {
        Names {
            fr: self.row.name_fr.clone(),
            en: self.row.name_en.clone(),
        }
    }
}

impl From<stages::Model> for PipelineStage {
    fn from(row: stages::Model) -> Self {
        Self { row }
    }
}

#[Object]
impl PipelineStage {
    /// What `Deal.stage` holds. Never changed.
    async fn code(&self) -> &str {
        &self.row.code
    }

    /// In the language of `Accept-Language` (English or French).
    async fn name(&self, ctx: &Context<'_>) -> String {
        self.names_of().spoken(ctx.language()).to_owned()
    }

    async fn names(&self) -> Names {
        self.names_of()
    }

    async fn kind(&self) -> ApiResult<StageKind> {
        use domain::pipeline::StageKind as Known;
        known(&Known::ALL, Known::as_str, &self.row.kind).map(StageKind::from)
    }

    /// How many in a hundred deals of this stage are won, where nothing better is known.
    async fn probability(&self) -> i32 {
        self.row.probability
    }

    /// Its place in the pipeline, from 1.
    async fn rank(&self) -> i32 {
        self.row.rank
    }

    /// Takes no deals any more.
    async fn retired(&self) -> bool {
        self.row.retired
    }
}

/// The stages that deals of one kind go through.
#[derive(Clone)]
pub struct Pipeline {
    entry: Entry,
}

impl Pipeline {
    pub async fn load(reading: &Reading, id: Uuid) -> ApiResult<Option<Self>> {
        let book = reading.deals_of().pipelines().await?;
        Ok(book.pipeline(id).cloned().map(|entry| Self { entry }))
    }

    fn names_of(&self) -> Names {
        Names {
            fr: self.entry.row.name_fr.clone(),
            en: self.entry.row.name_en.clone(),
        }
    }
}

#[Object]
impl Pipeline {
    pub async fn id(&self) -> ID {
        ids::global(Kind::Pipeline, self.entry.row.id)
    }

    /// The bare id, as streams, receipts and the command line name the pipeline.
    async fn uuid(&self) -> Uuid {
        self.entry.row.id
    }

    /// In the language of `Accept-Language` (English or French).
    async fn name(&self, ctx: &Context<'_>) -> String {
        self.names_of().spoken(ctx.language()).to_owned()
    }

    async fn names(&self) -> Names {
        self.names_of()
    }

    /// Whether it is the one that is there in every company, and that deals are opened in unless another is named.
    async fn built_in(&self) -> bool {
        self.entry.row.id == domain::pipeline::BUILT_IN.0
    }

    /// Takes no new deals.
    async fn archived(&self) -> bool {
        self.entry.row.archived
    }

    /// In order.
    #[graphql(complexity = "10 * child_complexity + 1")]
    async fn stages(
        &self,
        #[graphql(default = false, desc = "Also those that take no deals any more.")] retired: bool,
    ) -> Vec<PipelineStage> {
        let stages = self.entry.stages.iter().filter(|stage| retired || !stage.retired);
        stages.cloned().map(PipelineStage::from).collect()
    }

    /// Null for the built-in one as long as nobody has amended it.
    async fn updated_at(&self) -> Option<Moment> {
        (self.entry.row.version > 0).then(|| Moment::from_micros(self.entry.row.updated_at))
    }

    /// Give it as `expectedVersion` to change only what you have seen.
    async fn version(&self) -> i64 {
        self.entry.row.version
    }

    /// Everything that ever happened to it, oldest first.
    #[graphql(complexity = "paging::cost(first, last, child_complexity)")]
    async fn history(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> ApiResult<EventConnection> {
        let window = PageArguments {
            first,
            after,
            last,
            before,
        }
        .window()?;
        history::of_stream(ctx, &StreamId::new(PipelineState::TYPE, self.entry.row.id), &window).await
    }
}

#[derive(Default)]
pub struct PipelineQueries;

#[Object]
impl PipelineQueries {
    /// All pipelines, the built-in one first. There are few: no pages.
    #[graphql(complexity = "10 * child_complexity + 2")]
    async fn pipelines(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = false, desc = "Also those that take no new deals.")] archived: bool,
        as_of: Option<AsOfInput>,
        min_position: Option<BigInt>,
    ) -> ApiResult<Vec<Pipeline>> {
        let reading = reading::reading(ctx, as_of, min_position).await?;
        let book = reading.deals_of().pipelines().await?;
        let shown = book.entries().iter().filter(|entry| archived || !entry.row.archived);
        Ok(shown.cloned().map(|entry| Pipeline { entry }).collect())
    }

    /// A pipeline by its id; null when there is (or was) none.
    async fn pipeline(
        &self,
        ctx: &Context<'_>,
        id: ID,
        as_of: Option<AsOfInput>,
        min_position: Option<BigInt>,
    ) -> ApiResult<Option<Pipeline>> {
        let id = ids::parse_as(Kind::Pipeline, &id)?;
        Pipeline::load(&reading::reading(ctx, as_of, min_position).await?, id).await
    }
}
