use std::any::TypeId;

use sea_orm::{EntityTrait, IdenStatic};

use super::key::Key;

/// What `apply` will read for the events of a page.
#[derive(Default)]
pub struct Needs {
    list: Vec<Need>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Need {
    pub(crate) entity: TypeId,
    pub(crate) what: What,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    Row(Key),
    Matching(&'static str, Key),
}

impl Needs {
    /// The row with this primary key, if there is one.
    pub fn row<E: EntityTrait>(&mut self, key: impl Into<Key>) {
        self.list.push(Need {
            entity: TypeId::of::<E>(),
            what: What::Row(key.into()),
        });
    }

    /// All rows whose column has this value. The column should have an index of its own.
    pub fn matching<E: EntityTrait>(&mut self, column: E::Column, value: impl Into<Key>) {
        self.list.push(Need {
            entity: TypeId::of::<E>(),
            what: What::Matching(column.as_str(), value.into()),
        });
    }

    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    pub(crate) fn truncate(&mut self, len: usize) {
        self.list.truncate(len);
    }

    pub(crate) fn list(&self) -> &[Need] {
        &self.list
    }
}
