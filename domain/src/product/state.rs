use serde::{Deserialize, Serialize};

use super::{Description, Price, Taxation};

/// What a product remembers in order to decide.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ProductState {
    pub(super) known: Option<Known>,
    pub(super) archived: bool,
}

/// What is known of a product once it was added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    pub code: String,
    pub description: Description,
    pub price: Price,
    pub taxation: Taxation,
}

impl ProductState {
    pub const fn known(&self) -> Option<&Known> {
        self.known.as_ref()
    }

    pub const fn is_archived(&self) -> bool {
        self.archived
    }

    /// The code that it holds against other products: none once it is archived.
    pub fn code(&self) -> Option<&str> {
        let known = self.known.as_ref().filter(|_| !self.archived)?;
        Some(&known.code)
    }
}
