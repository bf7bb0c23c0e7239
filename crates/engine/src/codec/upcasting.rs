//! The chain of pure steps from an old schema version to the current one.

use std::collections::HashMap;

use serde_json::Value;

use crate::vocabulary::Upcaster;

/// The table of upcasters, by event type.
pub(super) struct Upcasting(HashMap<&'static str, Chain>);

#[derive(Default)]
struct Chain {
    steps: HashMap<u32, fn(Value) -> Value>,
    last: u32,
}

impl Upcasting {
    pub(super) fn new(upcasters: &[Upcaster]) -> Self {
        let mut types: HashMap<_, Chain> = HashMap::new();
        for &(event_type, from, step) in upcasters {
            let chain = types.entry(event_type).or_default();
            chain.steps.insert(from, step);
            chain.last = chain.last.max(from);
        }
        Self(types)
    }

    /// The schema version in which events of the type are written.
    pub(super) fn current(&self, event_type: &str) -> u32 {
        self.0.get(event_type).map_or(1, |chain| chain.last + 1)
    }

    /// The payload at the current version; `None` when a step is missing.
    pub(super) fn apply(&self, event_type: &str, from: u32, payload: Value) -> Option<Value> {
        (from..self.current(event_type)).try_fold(payload, |payload, version| {
            let step = self.0.get(event_type)?.steps.get(&version)?;
            Some(step(payload))
        })
    }
}
