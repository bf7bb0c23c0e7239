//! What a benchmark found.

use serde::Serialize;

/// One measured figure.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Measurement {
    /// `part.what`, stable for programs.
    pub(crate) name: String,
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
    /// What was done, for people.
    pub(crate) detail: String,
}

/// Everything that one run found, in order.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Report {
    pub(crate) results: Vec<Measurement>,
}

impl Report {
    pub(super) fn add(&mut self, name: impl Into<String>, value: f64, unit: &'static str, detail: impl Into<String>) {
        // More digits than a run repeats would only pretend.
        let value = if value < 100.0 {
            (value * 100.0).round() / 100.0
        } else {
            value.round()
        };
        self.results.push(Measurement {
            name: name.into(),
            value,
            unit,
            detail: detail.into(),
        });
    }
}
