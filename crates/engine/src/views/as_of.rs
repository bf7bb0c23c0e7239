use chrono::{DateTime, Utc};

/// An earlier moment to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AsOf {
    pub moment: DateTime<Utc>,
    pub basis: Basis,
}

/// What "at that moment" means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Basis {
    /// What had happened in the world by then, whenever we learned of it.
    #[default]
    Effective,
    /// What we knew then.
    Recorded,
}

impl Basis {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Effective => "EFFECTIVE",
            Self::Recorded => "RECORDED",
        }
    }
}
