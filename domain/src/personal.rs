//! Data about a human being, marked as such wherever it stands in an event.
//!
//! The mark is plain JSON. Whoever stores events can find it, seal what it holds under the person's key, and show the
//! erased form once that key is destroyed; nothing here knows how.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::PersonId;

/// A value about a person: known, or erased for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Personal_{T}")]
pub enum Personal<T> {
    #[serde(rename = "$personal")]
    Known { person: PersonId, value: T },
    #[serde(rename = "$erased")]
    Erased { person: PersonId },
}

impl<T> Personal<T> {
    pub const fn new(person: PersonId, value: T) -> Self {
        Self::Known { person, value }
    }

    pub const fn person(&self) -> PersonId {
        match self {
            Self::Known { person, .. } | Self::Erased { person } => *person,
        }
    }

    pub const fn value(&self) -> Option<&T> {
        match self {
            Self::Known { value, .. } => Some(value),
            Self::Erased { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn both_forms_are_marked_in_json() {
        let person = PersonId(Uuid::nil());
        let known = Personal::new(person, "Ada".to_owned());
        let erased: Personal<String> = Personal::Erased { person };
        assert_eq!(
            serde_json::to_value(&known).unwrap(),
            json!({"$personal": {"person": Uuid::nil(), "value": "Ada"}})
        );
        assert_eq!(
            serde_json::to_value(&erased).unwrap(),
            json!({"$erased": {"person": Uuid::nil()}})
        );
    }
}
