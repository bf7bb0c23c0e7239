use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    amounts::Amounts,
    details::{CreditShare, DealSource, ProductOfInterest},
    state::DealStatus,
};
use crate::{
    AttachedFile, FileId, OrganizationId, PipelineId, UserId,
    event::event_types,
    pipeline::{BUILT_IN, Probability, Stage, StageCode},
};

/// What can have happened to a deal.
///
/// Pipelines came after the first deals. An event that names none means the built-in one, and one that names no rank
/// (the place of the stage in its pipeline when the deal came there, from 1) the place of the built-in stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all_fields = "camelCase")]
pub enum DealEvent {
    /// Since version 2 there are two amounts, any number of products, and an owner who has an account; version 1 had
    /// one amount (without tax), one product, and the owner's name.
    DealOpened {
        title: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        organization: Option<OrganizationId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pipeline: Option<PipelineId>,
        stage: StageCode,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rank: Option<u16>,
        #[serde(default, skip_serializing_if = "Amounts::is_empty")]
        amounts: Amounts,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expected_close: Option<NaiveDate>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<UserId>,
        /// The owner as the system wrote it that the deal was imported from.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner_name: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        source: Option<DealSource>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        products: Vec<ProductOfInterest>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        external_reference: Option<String>,
    },
    DealRenamed {
        title: String,
    },
    DealLinked {
        organization: OrganizationId,
    },
    /// Both absent: it is nobody's. Since version 2 the owner has an account; version 1 had a name.
    DealAssigned {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<UserId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner_name: Option<String>,
    },
    /// Nobody: the owner's alone.
    DealCreditShared {
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        shares: Vec<CreditShare>,
    },
    /// Since version 2 without tax and with; version 1 had one amount, without tax.
    DealAmountChanged {
        #[serde(default, skip_serializing_if = "Amounts::is_empty")]
        from: Amounts,
        to: Amounts,
    },
    /// Absent: nobody knows when.
    DealCloseExpected {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        date: Option<NaiveDate>,
    },
    /// Absent: the stage's own from now on.
    DealProbabilityEstimated {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        probability: Option<Probability>,
    },
    /// All of them.
    DealProductsNamed {
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        products: Vec<ProductOfInterest>,
    },
    /// All of them.
    DealCompetitorsNamed {
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        competitors: Vec<String>,
    },
    /// Absent: nobody knows where it comes from.
    DealSourceSet {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        source: Option<DealSource>,
    },
    /// Absent: nothing is planned.
    DealNextStepPlanned {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
    },
    /// All of them.
    DealTagged {
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        tags: Vec<String>,
    },
    /// Behind those that it had.
    DealTagsAdded {
        tags: Vec<String>,
    },
    /// As it had them.
    DealTagsRemoved {
        tags: Vec<String>,
    },
    /// The bytes lie beside the journal, under their hash.
    DealFileAttached(AttachedFile),
    /// The bytes stay: the history says that they were there.
    DealFileDetached {
        file: FileId,
    },
    DealMoved {
        from: StageCode,
        to: StageCode,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rank: Option<u16>,
    },
    DealPipelineChanged {
        from_pipeline: PipelineId,
        from: StageCode,
        to_pipeline: PipelineId,
        to: StageCode,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rank: Option<u16>,
    },
    /// Since version 2 without tax and with; version 1 had one amount, without tax.
    DealWon {
        from: StageCode,
        /// Absent: `SIGNE`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stage: Option<StageCode>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rank: Option<u16>,
        /// What was agreed; absent where nobody ever named an amount.
        #[serde(default, skip_serializing_if = "Amounts::is_empty")]
        amounts: Amounts,
    },
    /// Since version 2 the reason is one of a list; version 1 had free words.
    DealLost {
        from: StageCode,
        /// Absent: `PERDU`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stage: Option<StageCode>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rank: Option<u16>,
        reason: LossReason,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    DealReopened {
        /// How it had been closed.
        from: DealStatus,
        stage: StageCode,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rank: Option<u16>,
    },
}

event_types!(DealEvent of "deal" {
    DealOpened = 2,
    DealRenamed = 1,
    DealLinked = 1,
    DealAssigned = 2,
    DealCreditShared = 1,
    DealAmountChanged = 2,
    DealCloseExpected = 1,
    DealProbabilityEstimated = 1,
    DealProductsNamed = 1,
    DealCompetitorsNamed = 1,
    DealSourceSet = 1,
    DealNextStepPlanned = 1,
    DealTagged = 1,
    DealTagsAdded = 1,
    DealTagsRemoved = 1,
    DealFileAttached = 1,
    DealFileDetached = 1,
    DealMoved = 1,
    DealPipelineChanged = 1,
    DealWon = 2,
    DealLost = 2,
    DealReopened = 1,
});

/// Where an event leads a deal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// `None`: the pipeline it is in already.
    pub pipeline: Option<PipelineId>,
    pub stage: StageCode,
    pub rank: u16,
    pub status: DealStatus,
}

impl DealEvent {
    /// Where it leads the deal; `None` where the deal stays in its stage.
    pub fn destination(&self) -> Option<Destination> {
        let (pipeline, stage, rank, status) = match self {
            Self::DealOpened {
                pipeline, stage, rank, ..
            } => (
                Some(pipeline.unwrap_or(BUILT_IN)),
                stage.clone(),
                rank,
                DealStatus::Open,
            ),
            Self::DealMoved { to, rank, .. } => (None, to.clone(), rank, DealStatus::Open),
            Self::DealPipelineChanged {
                to_pipeline, to, rank, ..
            } => (Some(*to_pipeline), to.clone(), rank, DealStatus::Open),
            Self::DealWon { stage, rank, .. } => {
                let stage = stage.clone().unwrap_or_else(|| Stage::Signe.into());
                (None, stage, rank, DealStatus::Won)
            }
            Self::DealLost { stage, rank, .. } => {
                let stage = stage.clone().unwrap_or_else(|| Stage::Perdu.into());
                (None, stage, rank, DealStatus::Lost)
            }
            Self::DealReopened { stage, rank, .. } => (None, stage.clone(), rank, DealStatus::Open),
            _ => return None,
        };
        Some(Destination {
            pipeline,
            rank: rank.unwrap_or_else(|| Stage::rank_of(&stage)),
            stage,
            status,
        })
    }
}

/// Why a deal was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LossReason {
    Price,
    Competition,
    NoBudget,
    /// The customer decided to change nothing.
    NoDecision,
    BadTiming,
    /// They no longer answer.
    NoResponse,
    /// What we sell is not what they need.
    NotAFit,
    /// Something else, said in the note.
    Other,
    /// An imported history that does not say.
    NotRecorded,
}

impl LossReason {
    pub const ALL: [Self; 9] = [
        Self::Price,
        Self::Competition,
        Self::NoBudget,
        Self::NoDecision,
        Self::BadTiming,
        Self::NoResponse,
        Self::NotAFit,
        Self::Other,
        Self::NotRecorded,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Price => "PRICE",
            Self::Competition => "COMPETITION",
            Self::NoBudget => "NO_BUDGET",
            Self::NoDecision => "NO_DECISION",
            Self::BadTiming => "BAD_TIMING",
            Self::NoResponse => "NO_RESPONSE",
            Self::NotAFit => "NOT_A_FIT",
            Self::Other => "OTHER",
            Self::NotRecorded => "NOT_RECORDED",
        }
    }
}
