use chrono::NaiveDate;
use serde::Serialize;

use super::{
    amounts::{AmountChanges, Amounts},
    details::{CreditShare, DealSource, ProductOfInterest},
    event::LossReason,
};
use crate::{
    AttachedFile, FileId, OrganizationId, UserId,
    pipeline::{Probability, StageRef},
};

/// What one can ask of a deal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum DealCommand {
    Open(OpenDeal),
    Rename {
        title: String,
    },
    /// Say with whom, where that was not known when it was opened or was wrong.
    Link {
        organization: OrganizationId,
    },
    /// Give it to somebody, or to nobody.
    Assign {
        owner: Option<UserId>,
    },
    /// Say whose sale it is and in which parts; nobody: the owner's alone.
    ShareCredit {
        shares: Vec<CreditShare>,
    },
    /// The amount that is not named stays.
    ChangeAmounts {
        amounts: AmountChanges,
    },
    /// Say when it is expected to close, or that nobody knows.
    ExpectClose {
        date: Option<NaiveDate>,
    },
    /// Say how likely it is, against the stage's own word; or take that back.
    EstimateProbability {
        probability: Option<Probability>,
    },
    /// All products that the customer may buy.
    NameProducts {
        products: Vec<ProductOfInterest>,
    },
    /// All who sell against us.
    NameCompetitors {
        competitors: Vec<String>,
    },
    SetSource {
        source: Option<DealSource>,
    },
    /// Say what is to be done next, or that nothing is.
    PlanNextStep {
        text: Option<String>,
    },
    /// All its tags.
    Tag {
        tags: Vec<String>,
    },
    /// These besides those that it has.
    AddTags {
        tags: Vec<String>,
    },
    /// Those that it has but these.
    RemoveTags {
        tags: Vec<String>,
    },
    /// A file goes with it. Its bytes are there already.
    AttachFile(AttachedFile),
    /// A file does not go with it after all.
    DetachFile {
        file: FileId,
    },
    /// To another open stage of its pipeline.
    Move {
        stage: StageRef,
    },
    /// To an open stage of another pipeline.
    ChangePipeline {
        stage: StageRef,
    },
    /// Signed. Amounts given here replace the expected ones.
    Win {
        stage: StageRef,
        amounts: AmountChanges,
    },
    /// `OTHER` asks for a note.
    Lose {
        stage: StageRef,
        reason: LossReason,
        note: Option<String>,
    },
    /// Take up again a deal that was won or lost.
    Reopen {
        stage: StageRef,
    },
}

/// What is known of a deal when it is opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OpenDeal {
    pub title: String,
    /// A lead may come before one knows with whom.
    pub organization: Option<OrganizationId>,
    pub stage: StageRef,
    pub amounts: Amounts,
    pub expected_close: Option<NaiveDate>,
    pub owner: Option<UserId>,
    /// Its owner as the system wrote it that it was imported from.
    pub owner_name: Option<String>,
    pub source: Option<DealSource>,
    pub products: Vec<ProductOfInterest>,
    /// Its name in the system it was imported from.
    pub external_reference: Option<String>,
}

impl OpenDeal {
    /// The least one can know of a deal.
    pub fn titled(title: impl Into<String>, stage: impl Into<StageRef>) -> Self {
        Self {
            title: title.into(),
            organization: None,
            stage: stage.into(),
            amounts: Amounts::default(),
            expected_close: None,
            owner: None,
            owner_name: None,
            source: None,
            products: Vec::new(),
            external_reference: None,
        }
    }
}
