//! The chain of pure steps from an old schema version to the current one.

use std::collections::HashMap;

use serde_json::Value;

use crate::vocabulary::Upcaster;

type Step = fn(Value) -> Value;

/// The table of upcasters, by event type.
pub(super) struct Upcasting(HashMap<&'static str, HashMap<u32, Step>>);

impl Upcasting {
    pub(super) fn new(upcasters: &[Upcaster]) -> Self {
        let mut types: HashMap<_, HashMap<_, _>> = HashMap::new();
        for &(event_type, from, step) in upcasters {
            types.entry(event_type).or_default().insert(from, step);
        }
        Self(types)
    }

    /// The schema version in which events of the type are written.
    pub(super) fn current(&self, event_type: &str) -> u32 {
        let steps = self.0.get(event_type).and_then(|steps| steps.keys().max());
        steps.map_or(1, |last| last + 1)
    }

    /// The payload at the current version; `None` when a step is missing.
    pub(super) fn apply(&self, event_type: &str, from: u32, payload: Value) -> Option<Value> {
        (from..self.current(event_type)).try_fold(payload, |payload, version| {
            let step = self.0.get(event_type)?.get(&version)?;
            Some(step(payload))
        })
    }
}
