use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    InvalidValue, Language, PipelineId,
    value::{self, NAME_MAX, Problem},
};

/// Characters of a stage's code at most.
const CODE_MAX: usize = 40;

/// What a stage is called by programs and in events: upper-case letters, digits and underscores. Never changed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend("pattern" = "^[A-Z][A-Z0-9_]{0,39}$"))]
pub struct StageCode(String);

impl StageCode {
    /// Takes the code in either case.
    pub fn parse(field: &'static str, text: &str) -> Result<Self, InvalidValue> {
        let code = value::line(field, text, CODE_MAX)?.to_ascii_uppercase();
        let well_formed = code.starts_with(|first: char| first.is_ascii_uppercase())
            && code
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
        if well_formed {
            Ok(Self(code))
        } else {
            Err(InvalidValue::new(field, Problem::NotACode))
        }
    }

    /// A code that stands in the program.
    pub(super) fn known(code: &'static str) -> Self {
        Self(code.to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StageCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl PartialEq<str> for StageCode {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

/// What reaching a stage means for the deal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StageKind {
    Open,
    Won,
    Lost,
}

impl StageKind {
    pub const ALL: [Self; 3] = [Self::Open, Self::Won, Self::Lost];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::Won => "WON",
            Self::Lost => "LOST",
        }
    }
}

/// How many in a hundred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend("maximum" = 100))]
pub struct Probability(u8);

impl Probability {
    pub const NONE: Self = Self(0);
    pub const CERTAIN: Self = Self(100);

    pub fn percent(field: &'static str, percent: i64) -> Result<Self, InvalidValue> {
        match u8::try_from(percent) {
            Ok(percent @ 0..=100) => Ok(Self(percent)),
            _ => Err(InvalidValue::new(field, Problem::OutOfRange { min: 0, max: 100 })),
        }
    }

    pub(super) const fn known(percent: u8) -> Self {
        Self(percent)
    }

    pub const fn get(self) -> u8 {
        self.0
    }
}

/// What people call a thing: in French, and in English where that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Names {
    pub fr: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub en: Option<String>,
}

impl Names {
    pub fn french(name: impl Into<String>) -> Self {
        Self {
            fr: name.into(),
            en: None,
        }
    }

    pub fn new(fr: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            fr: fr.into(),
            en: Some(en.into()),
        }
    }

    /// The name in a language.
    pub fn spoken(&self, language: Language) -> &str {
        match language {
            Language::English => self.en.as_deref().unwrap_or(&self.fr),
            Language::French => &self.fr,
        }
    }

    pub(super) fn checked(&self) -> Result<Self, InvalidValue> {
        let fr = value::line("name.fr", &self.fr, NAME_MAX)?;
        let en = value::optional_line("name.en", self.en.as_deref(), NAME_MAX)?;
        Ok(Self {
            en: en.filter(|en| *en != fr),
            fr,
        })
    }
}

/// A stage as its pipeline knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StageDefinition {
    pub code: StageCode,
    pub name: Names,
    pub kind: StageKind,
    /// How many in a hundred deals of this stage are won, where nothing better is known.
    pub probability: Probability,
    /// Takes no deals any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retired: bool,
}

/// A stage of a pipeline as a deal's command names it, with what the pipeline says of it at that time.
///
/// Only pipeline and code are what somebody asked for: two commands that name the same stage are the same command, also
/// when the stage was renamed in between. So the rest is left out where commands are compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StageRef {
    pub pipeline: PipelineId,
    pub code: StageCode,
    #[serde(skip)]
    pub kind: StageKind,
    /// Its place in the pipeline, from 1.
    #[serde(skip)]
    pub rank: u16,
    #[serde(skip)]
    pub retired: bool,
    /// The pipeline takes no new deals.
    #[serde(skip)]
    pub archived: bool,
}
