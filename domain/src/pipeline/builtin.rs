use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    command::{NewPipeline, NewStage},
    stage::{Names, Probability, StageCode, StageDefinition, StageKind, StageRef},
};
use crate::PipelineId;

/// The pipeline that is there in every journal, without an event.
pub const BUILT_IN: PipelineId = PipelineId(Uuid::from_u128(0xdefa_0017_0000_4000_8000_0000_0000_0001));

/// The stages of the built-in pipeline, in order. The last two close a deal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Stage {
    Prospection,
    Qualification,
    Proposition,
    Negociation,
    /// Won.
    Signe,
    /// Lost.
    Perdu,
}

impl Stage {
    pub const ALL: [Self; 6] = [
        Self::Prospection,
        Self::Qualification,
        Self::Proposition,
        Self::Negociation,
        Self::Signe,
        Self::Perdu,
    ];

    /// The stages a deal can be opened in, moved to and reopened in.
    pub const OPEN: [Self; 4] = [
        Self::Prospection,
        Self::Qualification,
        Self::Proposition,
        Self::Negociation,
    ];

    pub const fn is_open(self) -> bool {
        matches!(self.kind(), StageKind::Open)
    }

    pub const fn kind(self) -> StageKind {
        match self {
            Self::Signe => StageKind::Won,
            Self::Perdu => StageKind::Lost,
            _ => StageKind::Open,
        }
    }

    /// How many in a hundred deals of this stage are won, where nothing better is known.
    pub const fn probability(self) -> u8 {
        match self {
            Self::Prospection => 10,
            Self::Qualification => 25,
            Self::Proposition => 50,
            Self::Negociation => 75,
            Self::Signe => 100,
            Self::Perdu => 0,
        }
    }

    /// Its place in the pipeline, from 1.
    pub const fn rank(self) -> u16 {
        self as u16 + 1
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Prospection => "PROSPECTION",
            Self::Qualification => "QUALIFICATION",
            Self::Proposition => "PROPOSITION",
            Self::Negociation => "NEGOCIATION",
            Self::Signe => "SIGNE",
            Self::Perdu => "PERDU",
        }
    }

    fn names(self) -> Names {
        match self {
            Self::Prospection => Names::new("Prospection", "Prospecting"),
            Self::Qualification => Names::french("Qualification"),
            Self::Proposition => Names::new("Proposition", "Proposal"),
            Self::Negociation => Names::new("Négociation", "Negotiation"),
            Self::Signe => Names::new("Signé", "Signed"),
            Self::Perdu => Names::new("Perdu", "Lost"),
        }
    }

    /// The place of the built-in stage of this code; behind all others for a code that is none.
    pub(crate) fn rank_of(code: &StageCode) -> u16 {
        let known = Self::ALL.into_iter().find(|stage| code == stage.as_str());
        known.map_or(Self::ALL.len() as u16 + 1, Self::rank)
    }

    pub fn definition(self) -> StageDefinition {
        StageDefinition {
            code: self.into(),
            name: self.names(),
            kind: self.kind(),
            probability: Probability::known(self.probability()),
            retired: false,
        }
    }
}

/// The built-in pipeline as if somebody had made it: what its first amendment begins with.
pub(super) fn definition() -> NewPipeline {
    let stage = |stage: Stage| {
        let StageDefinition {
            code,
            name,
            kind,
            probability,
            ..
        } = stage.definition();
        NewStage {
            code,
            name,
            kind,
            probability,
        }
    };
    NewPipeline {
        name: Names::new("Ventes", "Sales"),
        stages: Stage::ALL.map(stage).to_vec(),
    }
}

impl From<Stage> for StageCode {
    fn from(stage: Stage) -> Self {
        Self::known(stage.as_str())
    }
}

/// A stage of the built-in pipeline as it is while nobody has amended it.
impl From<Stage> for StageRef {
    fn from(stage: Stage) -> Self {
        Self {
            pipeline: BUILT_IN,
            code: stage.into(),
            kind: stage.kind(),
            rank: stage.rank(),
            retired: false,
            archived: false,
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no stage.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a stage: PROSPECTION, QUALIFICATION, PROPOSITION, NEGOCIATION, SIGNE or PERDU")]
pub struct UnknownStage(pub String);

impl FromStr for Stage {
    type Err = UnknownStage;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL
            .into_iter()
            .find(|stage| stage.as_str() == text.trim().to_uppercase());
        known.ok_or_else(|| UnknownStage(text.to_owned()))
    }
}
