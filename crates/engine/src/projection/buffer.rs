//! The buffered write set of one table: rows loaded, rows changed, and what is known to be absent.

use std::{
    any::Any,
    collections::{BTreeSet, HashMap, HashSet},
    marker::PhantomData,
    mem,
};

use sea_orm::{DbErr, EntityTrait, IdenStatic, Iterable, ModelTrait, PrimaryKeyToColumn, TryIntoModel, Value};

use super::{key::Key, table::model_from};

/// A table's buffer without its type, as runner and stores see it.
pub(crate) trait Buffer: Any + Send {
    fn as_any(&self) -> &dyn Any;
    fn as_any_mut(&mut self) -> &mut dyn Any;

    /// Number of rows held, present or known to be absent.
    fn len(&self) -> usize;
    /// Number of rows that differ from the database.
    fn dirty(&self) -> usize;

    /// Starts the changes of one event.
    fn begin(&mut self);
    /// Takes the changes of the event back.
    fn rollback(&mut self);

    /// Whether the row need not be loaded.
    fn knows(&self, key: &Key) -> bool;
    /// Whether all rows of the lookup are held.
    fn knows_lookup(&self, lookup: &Lookup) -> bool;
    /// Takes a row from the database unless a newer one is held.
    fn load(&mut self, row: Vec<Value>) -> Result<(), DbErr>;
    /// Remembers that the database was asked for this row.
    fn asked(&mut self, key: Key);
    /// Remembers that the database was asked for this lookup, after its rows were loaded.
    fn asked_lookup(&mut self, lookup: Lookup);

    /// The keys of changed rows in order: those to write, those to delete.
    fn changed(&self) -> (Vec<Key>, Vec<Key>);
    /// The values of a row's columns.
    fn values(&self, key: &Key, row: &mut Vec<Value>);
    /// The changes are in the database now.
    fn settle(&mut self);
    /// Forgets everything.
    fn clear(&mut self);
}

/// All rows whose column has a value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Lookup {
    pub(crate) column: &'static str,
    pub(crate) value: Key,
}

struct Slot<M> {
    /// `None`: there is no such row.
    model: Option<M>,
    dirty: bool,
}

pub(crate) struct TypedBuffer<E: EntityTrait> {
    rows: HashMap<Key, Slot<E::Model>>,
    dirty: usize,
    /// What the event in hand has replaced, oldest first; `None` where nothing was held.
    undo: Vec<(Key, Option<Slot<E::Model>>)>,
    indexes: Vec<LookupIndex<E>>,
}

/// The held rows by the value of a column that lookups use.
struct LookupIndex<E: EntityTrait> {
    column: E::Column,
    keys: HashMap<Key, BTreeSet<Key>>,
    /// Values whose rows are all held.
    complete: HashSet<Key>,
}

impl<E: EntityTrait> TypedBuffer<E> {
    pub(super) fn new(_: PhantomData<E>) -> Self {
        Self {
            rows: HashMap::new(),
            dirty: 0,
            undo: Vec::new(),
            indexes: Vec::new(),
        }
    }

    pub(super) fn get(&self, key: &Key) -> Option<&E::Model> {
        self.rows.get(key)?.model.as_ref()
    }

    pub(super) fn matching(&self, column: &str, value: &Key) -> Vec<&E::Model> {
        let Some(index) = self.indexes.iter().find(|index| index.column.as_str() == column) else {
            return Vec::new();
        };
        let keys = index.keys.get(value).into_iter().flatten();
        keys.filter_map(|key| self.get(key)).collect()
    }

    pub(super) fn put(&mut self, model: E::Model) {
        self.change(Self::key_of(&model), Some(model));
    }

    pub(super) fn remove(&mut self, key: Key) {
        self.change(key, None);
    }

    pub(super) fn key_of(model: &E::Model) -> Key {
        let value = E::PrimaryKey::iter().next().map(|key| model.get(key.into_column()));
        value.as_ref().and_then(Key::of).unwrap_or(Key::Null)
    }

    /// Whether the event in hand has changed the row.
    pub(super) fn touched(&self, key: &Key) -> bool {
        self.undo.iter().any(|(touched, _)| touched == key)
    }

    fn change(&mut self, key: Key, model: Option<E::Model>) {
        let old = self.replace(key.clone(), Some(Slot { model, dirty: true }));
        self.undo.push((key, old));
    }

    /// Puts or (with `None`) forgets a slot, keeping count and indexes right. Returns what was there.
    fn replace(&mut self, key: Key, slot: Option<Slot<E::Model>>) -> Option<Slot<E::Model>> {
        let new_dirty = slot.as_ref().is_some_and(|slot| slot.dirty);
        for index in &mut self.indexes {
            if let Some(model) = slot.as_ref().and_then(|slot| slot.model.as_ref())
                && let Some(value) = Key::of(&model.get(index.column))
            {
                index.keys.entry(value).or_default().insert(key.clone());
            }
        }
        let mut new_values = Vec::new();
        for index in &self.indexes {
            let model = slot.as_ref().and_then(|slot| slot.model.as_ref());
            new_values.push(model.and_then(|model| Key::of(&model.get(index.column))));
        }
        let old = match slot {
            Some(slot) => self.rows.insert(key.clone(), slot),
            None => self.rows.remove(&key),
        };
        let old_dirty = old.as_ref().is_some_and(|slot| slot.dirty);
        self.dirty = self.dirty + usize::from(new_dirty) - usize::from(old_dirty);
        if let Some(model) = old.as_ref().and_then(|slot| slot.model.as_ref()) {
            for (index, new_value) in self.indexes.iter_mut().zip(&new_values) {
                let old_value = Key::of(&model.get(index.column));
                if old_value != *new_value
                    && let Some(keys) = old_value.and_then(|value| index.keys.get_mut(&value))
                {
                    keys.remove(&key);
                }
            }
        }
        old
    }

    fn index_on(&mut self, name: &str) -> Option<&mut LookupIndex<E>> {
        if let Some(at) = self.indexes.iter().position(|index| index.column.as_str() == name) {
            return self.indexes.get_mut(at);
        }
        let column = E::Column::iter().find(|column| column.as_str() == name)?;
        let mut keys: HashMap<Key, BTreeSet<Key>> = HashMap::new();
        for (key, slot) in &self.rows {
            if let Some(value) = slot.model.as_ref().and_then(|model| Key::of(&model.get(column))) {
                keys.entry(value).or_default().insert(key.clone());
            }
        }
        self.indexes.push(LookupIndex {
            column,
            keys,
            complete: HashSet::new(),
        });
        self.indexes.last_mut()
    }
}

impl<E> Buffer for TypedBuffer<E>
where
    E: EntityTrait,
    E::ActiveModel: TryIntoModel<E::Model>,
{
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn len(&self) -> usize {
        self.rows.len()
    }

    fn dirty(&self) -> usize {
        self.dirty
    }

    fn begin(&mut self) {
        self.undo.clear();
    }

    fn rollback(&mut self) {
        for (key, old) in mem::take(&mut self.undo).into_iter().rev() {
            self.replace(key, old);
        }
    }

    fn knows(&self, key: &Key) -> bool {
        self.rows.contains_key(key)
    }

    fn knows_lookup(&self, lookup: &Lookup) -> bool {
        let index = self.indexes.iter().find(|index| index.column.as_str() == lookup.column);
        index.is_some_and(|index| index.complete.contains(&lookup.value))
    }

    fn load(&mut self, row: Vec<Value>) -> Result<(), DbErr> {
        let model = model_from::<E>(row)?;
        let key = Self::key_of(&model);
        if !self.rows.contains_key(&key) {
            self.replace(
                key,
                Some(Slot {
                    model: Some(model),
                    dirty: false,
                }),
            );
        }
        Ok(())
    }

    fn asked(&mut self, key: Key) {
        self.rows.entry(key).or_insert(Slot {
            model: None,
            dirty: false,
        });
    }

    fn asked_lookup(&mut self, lookup: Lookup) {
        if let Some(index) = self.index_on(lookup.column) {
            index.complete.insert(lookup.value);
        }
    }

    fn changed(&self) -> (Vec<Key>, Vec<Key>) {
        let mut written = Vec::with_capacity(self.dirty);
        let mut deleted = Vec::new();
        for (key, slot) in self.rows.iter().filter(|(_, slot)| slot.dirty) {
            if slot.model.is_some() {
                &mut written
            } else {
                &mut deleted
            }
            .push(key.clone());
        }
        written.sort_unstable();
        deleted.sort_unstable();
        (written, deleted)
    }

    fn values(&self, key: &Key, row: &mut Vec<Value>) {
        row.clear();
        if let Some(model) = self.get(key) {
            row.extend(E::Column::iter().map(|column| model.get(column)));
        }
    }

    fn settle(&mut self) {
        self.undo.clear();
        self.dirty = 0;
        for slot in self.rows.values_mut() {
            slot.dirty = false;
        }
    }

    fn clear(&mut self) {
        // Not `clear`, which would keep the memory.
        self.undo = Vec::new();
        self.dirty = 0;
        self.rows = HashMap::new();
        self.indexes = Vec::new();
    }
}
