use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{stage::Stage, state::DealStatus};
use crate::{Money, OrganizationId, event::event_types};

/// What can have happened to a deal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all_fields = "camelCase")]
pub enum DealEvent {
    DealOpened {
        title: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        organization: Option<OrganizationId>,
        stage: Stage,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        amount: Option<Money>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expected_close: Option<NaiveDate>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        product: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        external_reference: Option<String>,
    },
    DealRenamed {
        title: String,
    },
    DealLinked {
        organization: OrganizationId,
    },
    /// Absent: it is nobody's.
    DealAssigned {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<String>,
    },
    DealAmountChanged {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<Money>,
        to: Money,
    },
    /// Absent: nobody knows when.
    DealCloseExpected {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        date: Option<NaiveDate>,
    },
    DealMoved {
        from: Stage,
        to: Stage,
    },
    DealWon {
        from: Stage,
        /// What was agreed; absent where nobody ever named an amount.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        amount: Option<Money>,
    },
    /// Since version 2 the reason is one of a list; version 1 had free words.
    DealLost {
        from: Stage,
        reason: LossReason,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    DealReopened {
        /// How it had been closed.
        from: DealStatus,
        stage: Stage,
    },
}

event_types!(DealEvent of "deal" {
    DealOpened = 1,
    DealRenamed = 1,
    DealLinked = 1,
    DealAssigned = 1,
    DealAmountChanged = 1,
    DealCloseExpected = 1,
    DealMoved = 1,
    DealWon = 1,
    DealLost = 2,
    DealReopened = 1,
});

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
