//! What a command makes of one optional field.

use serde::{Serialize, Serializer};

/// Leave it, forget it, or say it anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub enum Change<T> {
    #[default]
    Keep,
    Clear,
    Set(T),
}

impl<T> Change<T> {
    pub fn apply(self, field: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Clear => *field = None,
            Self::Set(value) => *field = Some(value),
        }
    }

    pub const fn is_keep(&self) -> bool {
        matches!(self, Self::Keep)
    }

    pub fn map<U>(self, convert: impl FnOnce(T) -> U) -> Change<U> {
        match self {
            Self::Keep => Change::Keep,
            Self::Clear => Change::Clear,
            Self::Set(value) => Change::Set(convert(value)),
        }
    }
}

/// As an optional value: null clears. For fields of commands that were optional values before they could be kept, so
/// that a command sent again is known as the same; with `skip_serializing_if = "Change::is_keep"`.
pub(crate) fn as_option<T: Serialize, S: Serializer>(change: &Change<T>, serializer: S) -> Result<S::Ok, S::Error> {
    match change {
        Change::Set(value) => serializer.serialize_some(value),
        Change::Keep | Change::Clear => serializer.serialize_none(),
    }
}
