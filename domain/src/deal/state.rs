use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{event::DealEvent, stage::Stage};
use crate::{Money, OrganizationId};

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
    pub(super) owner: Option<String>,
    pub(super) stage: Stage,
    pub(super) amount: Option<Money>,
    pub(super) expected_close: Option<NaiveDate>,
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

    pub fn owner(&self) -> Option<&str> {
        self.opened.as_ref().and_then(|deal| deal.owner.as_deref())
    }

    pub fn stage(&self) -> Option<Stage> {
        self.opened.as_ref().map(|deal| deal.stage)
    }

    pub fn status(&self) -> Option<DealStatus> {
        self.opened.as_ref().map(Opened::status)
    }

    pub fn amount(&self) -> Option<Money> {
        self.opened.as_ref().and_then(|deal| deal.amount)
    }

    pub fn expected_close(&self) -> Option<NaiveDate> {
        self.opened.as_ref().and_then(|deal| deal.expected_close)
    }

    pub(super) fn apply(&mut self, event: &DealEvent) {
        if let DealEvent::DealOpened {
            title,
            organization,
            stage,
            amount,
            expected_close,
            owner,
            ..
        } = event
        {
            self.opened = Some(Opened {
                title: title.clone(),
                organization: *organization,
                owner: owner.clone(),
                stage: *stage,
                amount: *amount,
                expected_close: *expected_close,
            });
        } else if let Some(deal) = &mut self.opened {
            deal.apply(event);
        }
    }
}

impl Opened {
    /// The stage says it all: a deal never has both.
    pub(super) const fn status(&self) -> DealStatus {
        match self.stage {
            Stage::Signe => DealStatus::Won,
            Stage::Perdu => DealStatus::Lost,
            _ => DealStatus::Open,
        }
    }

    fn apply(&mut self, event: &DealEvent) {
        match event {
            DealEvent::DealOpened { .. } => {}
            DealEvent::DealRenamed { title } => self.title.clone_from(title),
            DealEvent::DealLinked { organization } => self.organization = Some(*organization),
            DealEvent::DealAssigned { owner } => self.owner.clone_from(owner),
            DealEvent::DealAmountChanged { to, .. } => self.amount = Some(*to),
            DealEvent::DealCloseExpected { date } => self.expected_close = *date,
            DealEvent::DealMoved { to, .. } => self.stage = *to,
            DealEvent::DealWon { amount, .. } => {
                self.stage = Stage::Signe;
                self.amount = *amount;
            }
            DealEvent::DealLost { .. } => self.stage = Stage::Perdu,
            DealEvent::DealReopened { stage, .. } => self.stage = *stage,
        }
    }
}
