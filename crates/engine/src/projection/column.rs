use sea_orm::{Value, sea_query::ArrayType};

/// A column of a read model's table, as the stores see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// Whether rows may be without a value.
    pub(crate) nullable: bool,
}

/// What a column holds. Read models keep times as microseconds and money as minor units, so few kinds suffice, and
/// they mean the same in SQLite and PostgreSQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Boolean,
    Integer,
    BigInteger,
    Double,
    Text,
    Bytes,
    Uuid,
}

impl Kind {
    /// The kind of a Rust type's column; `None` when read models do not use such a type.
    pub(crate) fn of(array_type: &ArrayType) -> Option<Self> {
        match array_type {
            ArrayType::Bool => Some(Self::Boolean),
            ArrayType::Int => Some(Self::Integer),
            ArrayType::BigInt => Some(Self::BigInteger),
            ArrayType::Double => Some(Self::Double),
            ArrayType::String => Some(Self::Text),
            ArrayType::Bytes => Some(Self::Bytes),
            ArrayType::Uuid => Some(Self::Uuid),
            _ => None,
        }
    }

    /// NULL, typed as SeaORM wants it.
    pub(crate) fn null(self) -> Value {
        match self {
            Self::Boolean => Value::Bool(None),
            Self::Integer => Value::Int(None),
            Self::BigInteger => Value::BigInt(None),
            Self::Double => Value::Double(None),
            Self::Text => Value::String(None),
            Self::Bytes => Value::Bytes(None),
            Self::Uuid => Value::Uuid(None),
        }
    }
}
