use std::fmt;

use sea_orm::Value;
use uuid::Uuid;

/// A value that rows are found by: a primary key, or the value of an indexed column.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    Null,
    Boolean(bool),
    Integer(i64),
    Text(String),
    Uuid(Uuid),
}

impl Key {
    /// The key a column's value makes; `None` for values that rows cannot be found by (floats, bytes).
    pub(crate) fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Bool(value) => Some(value.map_or(Self::Null, Self::Boolean)),
            Value::Int(value) => Some(value.map_or(Self::Null, |value| Self::Integer(value.into()))),
            Value::BigInt(value) => Some(value.map_or(Self::Null, Self::Integer)),
            Value::String(value) => Some(value.clone().map_or(Self::Null, Self::Text)),
            Value::Uuid(value) => Some(value.map_or(Self::Null, Self::Uuid)),
            _ => None,
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Boolean(value) => value.fmt(f),
            Self::Integer(value) => value.fmt(f),
            Self::Text(value) => value.fmt(f),
            Self::Uuid(value) => value.fmt(f),
        }
    }
}

impl From<Uuid> for Key {
    fn from(id: Uuid) -> Self {
        Self::Uuid(id)
    }
}

impl From<&str> for Key {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Key {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Key {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<bool> for Key {
    fn from(flag: bool) -> Self {
        Self::Boolean(flag)
    }
}

impl<T: Into<Key>> From<Option<T>> for Key {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
