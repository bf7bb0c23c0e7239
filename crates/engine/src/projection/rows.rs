use std::{
    any::{TypeId, type_name},
    cell::Cell,
};

use sea_orm::{EntityTrait, IdenStatic, ModelTrait};

use super::{
    ProjectionError, TableSpec,
    buffer::{Buffer, TypedBuffer},
    key::Key,
    needs::{Need, What},
};

/// The rows of one projection's tables, buffered. Reads see what was written before, also by earlier events.
pub struct Rows {
    tables: Vec<RowsOfTable>,
    /// What the event in hand has named in `needs`.
    declared: Vec<Need>,
    /// The first thing the event in hand did that it must not do; makes it fail whatever it returns.
    breach: Cell<Option<ProjectionError>>,
}

pub(crate) struct RowsOfTable {
    pub(crate) spec: TableSpec,
    pub(crate) buffer: Box<dyn Buffer>,
}

impl Rows {
    pub(crate) fn new(tables: Vec<TableSpec>) -> Self {
        let tables = tables
            .into_iter()
            .map(|spec| RowsOfTable {
                buffer: spec.buffer(),
                spec,
            })
            .collect();
        Self {
            tables,
            declared: Vec::new(),
            breach: Cell::new(None),
        }
    }

    /// The row with this primary key. It must have been named in `needs` or put by the same event.
    pub fn get<E: EntityTrait>(&self, key: impl Into<Key>) -> Option<&E::Model> {
        let buffer = self.buffer::<E>()?;
        let key = key.into();
        if !buffer.touched(&key) && !self.declares::<E>(|what| matches!(what, What::Row(named) if *named == key)) {
            self.undeclared::<E>(key.to_string());
            return None;
        }
        buffer.get(&key)
    }

    /// Like [`Rows::get`], for a row that must be there.
    pub fn require<E: EntityTrait>(&self, key: impl Into<Key>) -> Result<&E::Model, ProjectionError> {
        let key = key.into();
        self.get::<E>(key.clone()).ok_or_else(|| ProjectionError::MissingRow {
            table: table_name::<E>(),
            key,
        })
    }

    /// Changes a row that must be there.
    pub fn change<E: EntityTrait>(
        &mut self,
        key: impl Into<Key>,
        change: impl FnOnce(&mut E::Model),
    ) -> Result<(), ProjectionError> {
        let mut model = self.require::<E>(key)?.clone();
        change(&mut model);
        if let Some(buffer) = self.buffer_mut::<E>() {
            buffer.put(model);
        }
        Ok(())
    }

    /// Writes the row, replacing the one with the same primary key.
    pub fn put<M>(&mut self, model: M)
    where
        M: ModelTrait,
        M::Entity: EntityTrait<Model = M>,
    {
        if let Some(buffer) = self.buffer_mut::<M::Entity>() {
            buffer.put(model);
        }
    }

    /// Deletes the row with this primary key, if there is one.
    pub fn remove<E: EntityTrait>(&mut self, key: impl Into<Key>) {
        if let Some(buffer) = self.buffer_mut::<E>() {
            buffer.remove(key.into());
        }
    }

    /// The rows whose column has this value, in order of primary key. The lookup must have been named in `needs`.
    pub fn matching<E: EntityTrait>(&self, column: E::Column, value: impl Into<Key>) -> Vec<E::Model> {
        let Some(buffer) = self.buffer::<E>() else {
            return Vec::new();
        };
        let (column, value) = (column.as_str(), value.into());
        if !self.declares::<E>(|what| matches!(what, What::Matching(c, v) if *c == column && *v == value)) {
            self.undeclared::<E>(format!("{column} = {value}"));
            return Vec::new();
        }
        buffer.matching(column, &value).into_iter().cloned().collect()
    }

    pub(crate) fn tables(&self) -> &[RowsOfTable] {
        &self.tables
    }

    pub(crate) fn tables_mut(&mut self) -> &mut [RowsOfTable] {
        &mut self.tables
    }

    pub(crate) fn len(&self) -> usize {
        self.tables.iter().map(|table| table.buffer.len()).sum()
    }

    pub(crate) fn begin(&mut self, declared: &[Need]) {
        self.declared.clear();
        self.declared.extend_from_slice(declared);
        self.breach.set(None);
        for table in &mut self.tables {
            table.buffer.begin();
        }
    }

    /// Ends the event: its changes stay, or are taken back when it failed or did what it must not do.
    pub(crate) fn end(&mut self, outcome: Result<(), ProjectionError>) -> Result<(), ProjectionError> {
        let outcome = self.breach.take().map_or(outcome, Err);
        if outcome.is_err() {
            for table in &mut self.tables {
                table.buffer.rollback();
            }
        }
        outcome
    }

    pub(crate) fn settle(&mut self) {
        for table in &mut self.tables {
            table.buffer.settle();
        }
    }

    pub(crate) fn clear(&mut self) {
        for table in &mut self.tables {
            table.buffer.clear();
        }
    }

    fn buffer<E: EntityTrait>(&self) -> Option<&TypedBuffer<E>> {
        let table = self.tables.iter().find(|table| table.spec.entity == TypeId::of::<E>());
        let buffer = table.and_then(|table| table.buffer.as_any().downcast_ref());
        if buffer.is_none() {
            self.breach.set(Some(ProjectionError::ForeignTable {
                table: table_name::<E>(),
            }));
        }
        buffer
    }

    fn buffer_mut<E: EntityTrait>(&mut self) -> Option<&mut TypedBuffer<E>> {
        let table = self
            .tables
            .iter_mut()
            .find(|table| table.spec.entity == TypeId::of::<E>());
        let buffer = table.and_then(|table| table.buffer.as_any_mut().downcast_mut());
        if buffer.is_none() {
            self.breach.set(Some(ProjectionError::ForeignTable {
                table: table_name::<E>(),
            }));
        }
        buffer
    }

    fn declares<E: EntityTrait>(&self, named: impl Fn(&What) -> bool) -> bool {
        self.declared
            .iter()
            .any(|need| need.entity == TypeId::of::<E>() && named(&need.what))
    }

    fn undeclared<E: EntityTrait>(&self, what: String) {
        self.breach.set(Some(ProjectionError::Undeclared {
            table: table_name::<E>().to_owned(),
            what,
        }));
    }
}

fn table_name<E: EntityTrait>() -> &'static str {
    let name = E::default().table_name();
    if name.is_empty() { type_name::<E>() } else { name }
}
