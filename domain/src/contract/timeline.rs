//! A value over the days: each holds from its day until the next one's.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// Which event of the contract's stream set a value, and as what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Cause {
    /// The how manieth event of the stream, from 1.
    pub event: u32,
    pub why: Why,
}

/// As what a value was set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Why {
    /// With the contract itself.
    Agreed,
    /// A later step of prices that were agreed with the contract (a ramp).
    Step,
    Amendment,
    Indexation,
    Pause,
    Resumption,
    /// The end of a term that nobody renewed.
    End,
    Termination,
    Assignment,
    Segment,
}

/// A value that holds from a day on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dated<T> {
    pub from: NaiveDate,
    pub value: T,
    pub cause: Cause,
}

/// Values in the order of their days. What is set for a day leaves those of later days as they are: who set them decided
/// about those days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline<T>(Vec<Dated<T>>);

impl<T> Default for Timeline<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Timeline<T> {
    pub(super) fn starting(from: NaiveDate, value: T, cause: Cause) -> Self {
        Self(vec![Dated { from, value, cause }])
    }

    /// From a day on. Of several for one day the last one holds; those before stay, as steps on the way to it.
    pub(super) fn set(&mut self, from: NaiveDate, value: T, cause: Cause) {
        let place = self.0.partition_point(|known| known.from <= from);
        self.0.insert(place, Dated { from, value, cause });
    }

    /// What holds on a day; before the first day, nothing.
    pub fn on(&self, day: NaiveDate) -> Option<&Dated<T>> {
        let later = self.0.partition_point(|known| known.from <= day);
        self.0[..later].last()
    }

    pub fn first(&self) -> Option<&Dated<T>> {
        self.0.first()
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Dated<T>> {
        self.0.iter()
    }
}
