use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    amounts::Amounts,
    details::{CreditShare, DealSource, ProductOfInterest},
    event::{DealEvent, Destination},
};
use crate::{
    OrganizationId, PipelineId, UserId,
    file::Files,
    pipeline::{BUILT_IN, Probability, StageCode},
};

/// Whether a deal is still in progress, and how it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DealStatus {
    Open,
    Won,
    Lost,
}

impl DealStatus {
    pub const ALL: [Self; 3] = [Self::Open, Self::Won, Self::Lost];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::Won => "WON",
            Self::Lost => "LOST",
        }
    }
}

/// What a deal remembers in order to decide.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DealState {
    pub(super) opened: Option<Opened>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Opened {
    pub(super) title: String,
    pub(super) organization: Option<OrganizationId>,
    pub(super) owner: Option<UserId>,
    pub(super) owner_name: Option<String>,
    pub(super) shares: Vec<CreditShare>,
    pub(super) pipeline: PipelineId,
    pub(super) stage: StageCode,
    pub(super) status: DealStatus,
    /// The last stage it was worked on in, while it is closed.
    pub(super) closed_from: Option<StageCode>,
    /// Somebody's own estimate. It does not count while the deal is closed, and counts again when it is reopened.
    pub(super) probability: Option<Probability>,
    pub(super) amounts: Amounts,
    pub(super) expected_close: Option<NaiveDate>,
    pub(super) source: Option<DealSource>,
    pub(super) products: Vec<ProductOfInterest>,
    pub(super) competitors: Vec<String>,
    pub(super) next_step: Option<String>,
    pub(super) tags: Vec<String>,
    #[serde(default)]
    pub(super) files: Files,
}

impl DealState {
    pub const fn exists(&self) -> bool {
        self.opened.is_some()
    }

    pub fn title(&self) -> Option<&str> {
        self.opened.as_ref().map(|deal| deal.title.as_str())
    }

    pub fn organization(&self) -> Option<OrganizationId> {
        self.opened.as_ref().and_then(|deal| deal.organization)
    }

    pub fn owner(&self) -> Option<UserId> {
        self.opened.as_ref().and_then(|deal| deal.owner)
    }

    /// The owner as the system wrote it that the deal was imported from.
    pub fn owner_name(&self) -> Option<&str> {
        self.opened.as_ref().and_then(|deal| deal.owner_name.as_deref())
    }

    pub fn pipeline(&self) -> Option<PipelineId> {
        self.opened.as_ref().map(|deal| deal.pipeline)
    }

    pub fn stage(&self) -> Option<&StageCode> {
        self.opened.as_ref().map(|deal| &deal.stage)
    }

    /// The last stage it was worked on in, while it is closed.
    pub fn closed_from(&self) -> Option<&StageCode> {
        self.opened.as_ref().and_then(|deal| deal.closed_from.as_ref())
    }

    pub fn status(&self) -> Option<DealStatus> {
        self.opened.as_ref().map(|deal| deal.status)
    }

    /// Somebody's own estimate, where it counts.
    pub fn estimated_probability(&self) -> Option<Probability> {
        let open = self.opened.as_ref().filter(|deal| deal.status == DealStatus::Open);
        open.and_then(|deal| deal.probability)
    }

    pub fn amounts(&self) -> Amounts {
        self.opened.as_ref().map(|deal| deal.amounts).unwrap_or_default()
    }

    pub fn expected_close(&self) -> Option<NaiveDate> {
        self.opened.as_ref().and_then(|deal| deal.expected_close)
    }

    pub fn credit(&self) -> &[CreditShare] {
        self.opened.as_ref().map_or(&[], |deal| &deal.shares)
    }

    pub fn competitors(&self) -> &[String] {
        self.opened.as_ref().map_or(&[], |deal| &deal.competitors)
    }

    pub(super) fn apply(&mut self, event: &DealEvent) {
        if let DealEvent::DealOpened {
            title,
            organization,
            pipeline,
            stage,
            amounts,
            expected_close,
            owner,
            owner_name,
            source,
            products,
            ..
        } = event
        {
            self.opened = Some(Opened {
                title: title.clone(),
                organization: *organization,
                owner: *owner,
                owner_name: owner_name.clone(),
                shares: Vec::new(),
                pipeline: pipeline.unwrap_or(BUILT_IN),
                stage: stage.clone(),
                status: DealStatus::Open,
                closed_from: None,
                probability: None,
                amounts: *amounts,
                expected_close: *expected_close,
                source: source.clone(),
                products: products.clone(),
                competitors: Vec::new(),
                next_step: None,
                tags: Vec::new(),
                files: Files::default(),
            });
        } else if let Some(deal) = &mut self.opened {
            deal.apply(event);
        }
    }
}

impl Opened {
    fn apply(&mut self, event: &DealEvent) {
        match event {
            DealEvent::DealRenamed { title } => self.title.clone_from(title),
            DealEvent::DealLinked { organization } => self.organization = Some(*organization),
            DealEvent::DealAssigned { owner, owner_name } => {
                self.owner = *owner;
                self.owner_name.clone_from(owner_name);
            }
            DealEvent::DealCreditShared { shares } => self.shares.clone_from(shares),
            DealEvent::DealAmountChanged { to, .. } => self.amounts = *to,
            DealEvent::DealWon { amounts, .. } => self.amounts = *amounts,
            DealEvent::DealCloseExpected { date } => self.expected_close = *date,
            DealEvent::DealProbabilityEstimated { probability } => self.probability = *probability,
            DealEvent::DealProductsNamed { products } => self.products.clone_from(products),
            DealEvent::DealCompetitorsNamed { competitors } => self.competitors.clone_from(competitors),
            DealEvent::DealSourceSet { source } => self.source.clone_from(source),
            DealEvent::DealNextStepPlanned { text } => self.next_step.clone_from(text),
            DealEvent::DealTagged { tags } => self.tags.clone_from(tags),
            DealEvent::DealTagsAdded { tags } => self.tags.extend_from_slice(tags),
            DealEvent::DealFileAttached(file) => self.files.attached(file.file),
            DealEvent::DealFileDetached { file } => self.files.detached(*file),
            DealEvent::DealTagsRemoved { tags } => self.tags.retain(|own| !tags.contains(own)),
            DealEvent::DealOpened { .. }
            | DealEvent::DealMoved { .. }
            | DealEvent::DealPipelineChanged { .. }
            | DealEvent::DealLost { .. }
            | DealEvent::DealReopened { .. } => {}
        }
        if let Some(destination) = event.destination() {
            self.arrive(destination);
        }
    }

    fn arrive(&mut self, destination: Destination) {
        self.closed_from = match (self.status, destination.status) {
            (_, DealStatus::Open) => None,
            (DealStatus::Open, _) => Some(self.stage.clone()),
            _ => self.closed_from.take(),
        };
        self.pipeline = destination.pipeline.unwrap_or(self.pipeline);
        self.stage = destination.stage;
        self.status = destination.status;
    }
}
