use chrono::NaiveDate;
use serde::Serialize;

use super::{event::LossReason, stage::Stage};
use crate::{Money, OrganizationId};

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
        owner: Option<String>,
    },
    ChangeAmount {
        amount: Money,
    },
    /// Say when it is expected to close, or that nobody knows.
    ExpectClose {
        date: Option<NaiveDate>,
    },
    /// To another open stage.
    Move {
        stage: Stage,
    },
    /// Signed. An amount given here replaces the expected one.
    Win {
        amount: Option<Money>,
    },
    /// `OTHER` asks for a note.
    Lose {
        reason: LossReason,
        note: Option<String>,
    },
    /// Take up again a deal that was won or lost.
    Reopen {
        stage: Stage,
    },
}

/// What is known of a deal when it is opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OpenDeal {
    pub title: String,
    /// A lead may come before one knows with whom.
    pub organization: Option<OrganizationId>,
    pub stage: Stage,
    pub amount: Option<Money>,
    pub expected_close: Option<NaiveDate>,
    pub owner: Option<String>,
    pub product: Option<String>,
    /// Its name in the system it was imported from.
    pub external_reference: Option<String>,
}

impl OpenDeal {
    /// The least one can know of a deal.
    pub fn titled(title: impl Into<String>, stage: Stage) -> Self {
        Self {
            title: title.into(),
            organization: None,
            stage,
            amount: None,
            expected_close: None,
            owner: None,
            product: None,
            external_reference: None,
        }
    }
}
