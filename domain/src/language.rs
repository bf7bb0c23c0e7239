use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The languages in which the house speaks to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Language {
    #[default]
    English,
    French,
}

impl Language {
    pub const ALL: [Self; 2] = [Self::English, Self::French];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::English => "ENGLISH",
            Self::French => "FRENCH",
        }
    }

    /// The one of two texts that is written in this language.
    pub fn choose(self, english: impl Into<String>, french: impl Into<String>) -> String {
        match self {
            Self::English => english.into(),
            Self::French => french.into(),
        }
    }
}
