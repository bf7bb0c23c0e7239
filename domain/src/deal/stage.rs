use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The stages of the default pipeline, in order. The last two close a deal.
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
        !matches!(self, Self::Signe | Self::Perdu)
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
    pub const fn rank(self) -> u8 {
        self as u8 + 1
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
