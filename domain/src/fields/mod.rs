//! Which fields of its record an event changes, and to what.
//!
//! One table of this kind serves whoever shows a history (before and after), compares two states of a record, or has to
//! find out whether two people changed the same thing without knowing of each other. Every event of every aggregate is
//! named here: one that is missing does not compile.

mod activities;
mod billing;
mod contacts;
mod contracts;
mod deals;
mod invoices;
mod organizations;
mod others;
mod people;
mod pipelines;
mod quotes;
mod tasks;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use crate::Event;

/// What an event does to one field. Values about a person keep their mark (`$personal`, `$erased`).
#[derive(Debug, Clone, PartialEq)]
pub struct FieldChange {
    /// In the words of the API. What is kept under keys has the key behind a point: `consents.EMAIL_MARKETING`.
    pub field: String,
    pub effect: Effect,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// This is the value from now on; null: it has none.
    Set(Value),
    /// One more, at a place (from 0) where order matters.
    Add { value: Value, at: Option<usize> },
    /// One less.
    Remove(Value),
}

impl Effect {
    /// Whether it may come before or after others of its kind all the same.
    const fn commutes(&self) -> bool {
        matches!(self, Self::Add { at: None, .. } | Self::Remove(_))
    }
}

/// What an event changes.
pub fn changes(event: &Event) -> Vec<FieldChange> {
    let changed = match event {
        Event::Organization(event) => organizations::changes(event),
        Event::Contact(event) => contacts::changes(event),
        Event::Activity(event) => activities::changes(event),
        Event::Deal(event) => deals::changes(event),
        Event::Pipeline(event) => pipelines::changes(event),
        Event::Task(event) => tasks::task(event),
        Event::TaskSeries(event) => tasks::series(event),
        Event::User(event) => people::user(event),
        Event::Team(event) => people::team(event),
        Event::ApiToken(event) => people::api_token(event),
        Event::Person(event) => people::person(event),
        Event::Inbox(event) => others::inbox(event),
        Event::Reservation(event) => others::reservation(event),
        Event::Oversight(event) => others::oversight(event),
        Event::Delivery(event) => others::delivery(event),
        Event::SavedFilter(event) => others::saved_filter(event),
        Event::Company(event) => billing::company(event),
        Event::Product(event) => billing::product(event),
        Event::NumberSeries(event) => quotes::number_series(event),
        Event::Quote(event) => quotes::quote(event),
        Event::Invoice(event) => invoices::invoice(event),
        Event::Payment(event) => invoices::payment(event),
        Event::Contract(event) => contracts::contract(event),
        Event::Accounting(event) => billing::accounting(event),
        Event::Import(event) => others::import(event),
    };
    changed.0
}

/// Collects what one event changes.
#[derive(Default)]
struct Changes(Vec<FieldChange>);

impl Changes {
    fn new() -> Self {
        Self::default()
    }

    fn set(self, field: impl Into<String>, value: impl Serialize) -> Self {
        self.with(field, Effect::Set(json(value)))
    }

    fn clear(self, field: impl Into<String>) -> Self {
        self.with(field, Effect::Set(Value::Null))
    }

    fn add<T: Serialize>(self, field: &str, values: impl IntoIterator<Item = T>) -> Self {
        values.into_iter().fold(self, |changes, value| {
            let value = json(value);
            changes.with(field, Effect::Add { value, at: None })
        })
    }

    fn insert(self, field: &str, value: impl Serialize, at: usize) -> Self {
        let value = json(value);
        self.with(field, Effect::Add { value, at: Some(at) })
    }

    fn remove<T: Serialize>(self, field: &str, values: impl IntoIterator<Item = T>) -> Self {
        values
            .into_iter()
            .fold(self, |changes, value| changes.with(field, Effect::Remove(json(value))))
    }

    fn with(mut self, field: impl Into<String>, effect: Effect) -> Self {
        let field = field.into();
        self.0.push(FieldChange { field, effect });
        self
    }
}

/// Empty lists are no value: a record that never had tags and one that has them no more are alike.
fn json(value: impl Serialize) -> Value {
    match serde_json::to_value(value) {
        Ok(Value::Array(items)) if items.is_empty() => Value::Null,
        Ok(value) => value,
        // Our values are plain: nothing that JSON could not say.
        Err(_) => Value::Null,
    }
}

/// The fields of a record and their values; a field without a value is not there.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fields(BTreeMap<String, Value>);

/// A field that differs between two states.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldDifference {
    pub field: String,
    /// Null: it had no value.
    pub before: Value,
    pub after: Value,
}

impl Fields {
    /// The state that a history leads to.
    pub fn replay<'e>(events: impl IntoIterator<Item = &'e Event>) -> Self {
        let mut fields = Self::default();
        events.into_iter().for_each(|event| fields.apply(event));
        fields
    }

    /// What became of the record by an event.
    pub fn apply(&mut self, event: &Event) {
        for change in changes(event) {
            self.change(change);
        }
    }

    /// [`Fields::apply`] that tells what differs afterwards, in the order of the fields' names.
    pub fn step(&mut self, event: &Event) -> Vec<FieldDifference> {
        let changes = changes(event);
        let touched: BTreeSet<String> = changes.iter().map(|change| change.field.clone()).collect();
        let before: Vec<_> = touched
            .into_iter()
            .map(|field| (self.get(&field).clone(), field))
            .collect();
        for change in changes {
            self.change(change);
        }
        let told = before.into_iter().map(|(before, field)| FieldDifference {
            after: self.get(&field).clone(),
            before,
            field,
        });
        told.filter(|told| told.before != told.after).collect()
    }

    fn change(&mut self, FieldChange { field, effect }: FieldChange) {
        let before = self.0.remove(&field).unwrap_or_default();
        let after = changed(before, effect);
        if !after.is_null() {
            self.0.insert(field, after);
        }
    }

    pub fn get(&self, field: &str) -> &Value {
        self.0.get(field).unwrap_or(&Value::Null)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(field, value)| (field.as_str(), value))
    }

    /// Field by field, in the order of their names.
    pub fn differences(&self, after: &Self) -> Vec<FieldDifference> {
        let names: BTreeSet<&String> = self.0.keys().chain(after.0.keys()).collect();
        let differing = names.into_iter().filter(|name| self.get(name) != after.get(name));
        differing
            .map(|name| FieldDifference {
                field: name.clone(),
                before: self.get(name).clone(),
                after: after.get(name).clone(),
            })
            .collect()
    }
}

fn changed(before: Value, effect: Effect) -> Value {
    let mut items = match effect {
        Effect::Set(value) => return value,
        Effect::Add { .. } | Effect::Remove(_) => match before {
            Value::Array(items) => items,
            _ => Vec::new(),
        },
    };
    match effect {
        Effect::Add { value, at } if !items.contains(&value) => {
            let place = at.map_or(items.len(), |at| at.min(items.len()));
            items.insert(place, value);
        }
        Effect::Remove(value) => items.retain(|item| *item != value),
        Effect::Add { .. } | Effect::Set(_) => {}
    }
    if items.is_empty() {
        Value::Null
    } else {
        Value::Array(items)
    }
}

/// A field that two sides changed without knowing of each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Clash {
    pub field: String,
    /// Its value before either.
    pub base: Value,
    /// What it is now.
    pub theirs: Value,
    /// What it would become.
    pub ours: Value,
}

/// Whether what was decided may stand beside what happened meanwhile: the fields that both change, to different values.
///
/// `seen` is the history that whoever decided knew, `meanwhile` what came after it, and `decided` what they would add.
/// Their own earlier events belong to what they knew, wherever they stand. What only adds to a set or takes out of it
/// never clashes with its like.
pub fn clashes<'e>(
    seen: impl IntoIterator<Item = &'e Event>,
    meanwhile: &[(&Event, bool)],
    decided: &[Event],
) -> Vec<Clash> {
    let base = Fields::replay(seen);
    let mut now = base.clone();
    // What they did themselves is no news to them: the base moves along with it.
    let mut known = base;
    let mut foreign: BTreeMap<String, bool> = BTreeMap::new();
    for (event, own) in meanwhile {
        now.apply(event);
        for FieldChange { field, effect } in changes(event) {
            if *own {
                foreign.remove(&field);
            } else {
                let commutes = foreign.entry(field).or_insert(true);
                *commutes &= effect.commutes();
            }
        }
        if *own {
            known.apply(event);
        }
    }
    let mut after = now.clone();
    let mut ours: BTreeMap<String, bool> = BTreeMap::new();
    for event in decided {
        after.apply(event);
        for FieldChange { field, effect } in changes(event) {
            let commutes = ours.entry(field).or_insert(true);
            *commutes &= effect.commutes();
        }
    }
    let differing = now.differences(&after).into_iter().filter(|difference| {
        let commutes = |side: &BTreeMap<String, bool>| side.get(&difference.field).copied();
        match (commutes(&foreign), commutes(&ours)) {
            (None, _) | (Some(true), Some(true)) => false,
            _ => known.get(&difference.field) != now.get(&difference.field),
        }
    });
    differing
        .map(|difference| Clash {
            base: known.get(&difference.field).clone(),
            field: difference.field,
            theirs: difference.before,
            ours: difference.after,
        })
        .collect()
}

#[cfg(test)]
mod tests;
