//! What a server says of itself to those who watch over it, in the text form of Prometheus.
//!
//! Nothing here names a person, a record or an address, and every label has a few values known beforehand.

mod exposition;
mod standing;

use std::{
    sync::atomic::{AtomicI64, AtomicU64, Ordering},
    time::Duration,
};

use async_graphql::parser::types::OperationType;

pub use self::exposition::CONTENT_TYPE;
use self::exposition::Exposition;
use crate::application::Application;

/// Upper bounds of the classes of durations, in seconds.
const BOUNDS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// What kind of operation a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Query,
    Mutation,
    Subscription,
    /// It could not be read, or came from nobody.
    Unread,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Query, Self::Mutation, Self::Subscription, Self::Unread];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Mutation => "mutation",
            Self::Subscription => "subscription",
            Self::Unread => "unread",
        }
    }
}

impl From<OperationType> for Kind {
    fn from(operation: OperationType) -> Self {
        match operation {
            OperationType::Query => Self::Query,
            OperationType::Mutation => Self::Mutation,
            OperationType::Subscription => Self::Subscription,
        }
    }
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Answered. What a rule of the trade refuses is an answer, too.
    Answered,
    /// The request, or whoever sent it, is at fault.
    Refused,
    /// The server is at fault, or what it stands on.
    Failed,
}

impl Outcome {
    const ALL: [Self; 3] = [Self::Answered, Self::Refused, Self::Failed];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// What came of an attempt to sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignIn {
    SignedIn,
    /// The password was right, and a code is asked for.
    CodeAsked,
    Wrong,
    Throttled,
}

impl SignIn {
    const ALL: [Self; 4] = [Self::SignedIn, Self::CodeAsked, Self::Wrong, Self::Throttled];

    const fn as_str(self) -> &'static str {
        match self {
            Self::SignedIn => "signed_in",
            Self::CodeAsked => "code_asked",
            Self::Wrong => "wrong",
            Self::Throttled => "throttled",
        }
    }
}

/// What is counted while the process runs. One per application.
#[derive(Debug, Default)]
pub struct Metrics {
    requests: [[AtomicU64; Outcome::ALL.len()]; Kind::ALL.len()],
    durations: [Histogram; Kind::ALL.len()],
    sign_ins: [AtomicU64; SignIn::ALL.len()],
    subscriptions: AtomicI64,
}

impl Metrics {
    /// A request is over; `took` where it is one that is soon over.
    pub fn request(&self, kind: Kind, outcome: Outcome, took: Option<Duration>) {
        self.requests[kind as usize][outcome as usize].fetch_add(1, Ordering::Relaxed);
        if let Some(took) = took {
            self.durations[kind as usize].observe(took);
        }
    }

    pub fn sign_in(&self, outcome: SignIn) {
        self.sign_ins[outcome as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn subscription_opened(&self) {
        self.subscriptions.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn subscription_closed(&self) {
        self.subscriptions.fetch_sub(1, Ordering::Relaxed);
    }

    fn write(&self, text: &mut Exposition) {
        text.family(
            "alforis_requests_total",
            "counter",
            "GraphQL requests, by what became of them.",
        );
        for kind in Kind::ALL {
            for outcome in Outcome::ALL {
                let count = self.requests[kind as usize][outcome as usize].load(Ordering::Relaxed);
                let labels = [("operation", kind.as_str()), ("outcome", outcome.as_str())];
                text.sample("alforis_requests_total", &labels, count as f64);
            }
        }
        let name = "alforis_request_duration_seconds";
        text.family(name, "histogram", "How long queries and mutations took.");
        for kind in [Kind::Query, Kind::Mutation] {
            self.durations[kind as usize].write(text, name, kind.as_str());
        }
        text.family(
            "alforis_sign_ins_total",
            "counter",
            "Attempts to sign in, by what came of them.",
        );
        for outcome in SignIn::ALL {
            let count = self.sign_ins[outcome as usize].load(Ordering::Relaxed);
            text.sample("alforis_sign_ins_total", &[("outcome", outcome.as_str())], count as f64);
        }
        text.family(
            "alforis_subscriptions_open",
            "gauge",
            "Subscriptions that are followed now.",
        );
        let open = self.subscriptions.load(Ordering::Relaxed);
        text.sample("alforis_subscriptions_open", &[], open as f64);
    }
}

/// Durations by class.
#[derive(Debug, Default)]
struct Histogram {
    classes: [AtomicU64; BOUNDS.len()],
    count: AtomicU64,
    /// Microseconds.
    sum: AtomicU64,
}

impl Histogram {
    fn observe(&self, took: Duration) {
        let seconds = took.as_secs_f64();
        if let Some(class) = BOUNDS.iter().position(|bound| seconds <= *bound) {
            self.classes[class].fetch_add(1, Ordering::Relaxed);
        }
        self.sum.fetch_add(took.as_micros() as u64, Ordering::Relaxed);
        self.count.fetch_add(1, Ordering::Relaxed);
    }

    fn write(&self, text: &mut Exposition, name: &str, kind: &str) {
        let bucket = format!("{name}_bucket");
        let mut below = 0;
        for (bound, class) in BOUNDS.iter().zip(&self.classes) {
            below += class.load(Ordering::Relaxed);
            let labels = [("operation", kind), ("le", &bound.to_string())];
            text.sample(&bucket, &labels, below as f64);
        }
        // Read after the classes, so that no class holds more than all.
        let count = self.count.load(Ordering::Relaxed).max(below);
        text.sample(&bucket, &[("operation", kind), ("le", "+Inf")], count as f64);
        let sum = self.sum.load(Ordering::Relaxed) as f64 / 1e6;
        text.sample(&format!("{name}_sum"), &[("operation", kind)], sum);
        text.sample(&format!("{name}_count"), &[("operation", kind)], count as f64);
    }
}

/// Everything there is to say of an application at this moment. What cannot be found out now is left out.
pub async fn report(application: &Application) -> String {
    let mut text = Exposition::default();
    text.family("alforis_info", "gauge", "The program that runs.");
    text.sample("alforis_info", &[("version", env!("CARGO_PKG_VERSION"))], 1.0);
    application.metrics.write(&mut text);
    standing::write(application, &mut text).await;
    text.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_counts_in_its_class_and_in_all_above() {
        let metrics = Metrics::default();
        metrics.request(Kind::Query, Outcome::Answered, Some(Duration::from_millis(30)));
        metrics.request(Kind::Query, Outcome::Answered, Some(Duration::from_secs(20)));
        let mut text = Exposition::default();
        metrics.write(&mut text);
        let text = text.finish();
        for line in [
            "alforis_requests_total{operation=\"query\",outcome=\"answered\"} 2",
            "alforis_request_duration_seconds_bucket{operation=\"query\",le=\"0.025\"} 0",
            "alforis_request_duration_seconds_bucket{operation=\"query\",le=\"0.05\"} 1",
            "alforis_request_duration_seconds_bucket{operation=\"query\",le=\"10\"} 1",
            "alforis_request_duration_seconds_bucket{operation=\"query\",le=\"+Inf\"} 2",
            "alforis_request_duration_seconds_sum{operation=\"query\"} 20.03",
            "alforis_request_duration_seconds_count{operation=\"query\"} 2",
        ] {
            assert!(text.lines().any(|said| said == line), "{line}\n{text}");
        }
    }
}
