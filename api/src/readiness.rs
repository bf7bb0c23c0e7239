//! Whether a server can do its work at this moment, and what is not as it should be.

use std::time::{Duration, Instant};

use engine::Code;
use journal::VaultRecord;
use serde::Serialize;
use tokio::{sync::Mutex, time::timeout};

use crate::{application::Application, graphql::errors::ApiError};

/// How long a database may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long an answer about the journal holds: probes come from several sides and must not write without end.
const HOLDS: Duration = Duration::from_secs(1);
/// Bytes that are written to see whether writing works: as much as a large command, so that a disk on which only small
/// ones still fit counts as full.
const TRIAL_SIZE: usize = 32 * 1024;
/// The vault record that is written. It says nothing.
const TRIAL: &str = "trial-of-writing";

/// What keeps a server from working.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// Stable, for programs.
    pub code: &'static str,
    pub message: String,
}

impl Problem {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}

/// How a server stands.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    pub ready: bool,
    pub version: &'static str,
    pub journal: JournalReport,
    pub views: ViewsReport,
    /// Empty when it is ready.
    pub problems: Vec<Problem>,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct JournalReport {
    pub writable: bool,
    pub position: Option<u64>,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ViewsReport {
    pub position: Option<u64>,
    /// How many events the slowest projection is behind the journal.
    pub lag_events: Option<u64>,
    /// Age of the first event that a projection has not looked at.
    pub lag_seconds: Option<f64>,
    /// Partitions that wait because an event failed.
    pub parked: u64,
}

/// Finds out whether a server is ready.
#[derive(Debug)]
pub struct Readiness {
    /// How far the views may be behind.
    lag: Duration,
    written: Mutex<Option<(Instant, Result<(), Problem>)>>,
}

impl Readiness {
    pub fn new(lag: Duration) -> Self {
        Self {
            lag,
            written: Mutex::new(None),
        }
    }

    /// How the application stands; `stopping`: it takes no new work.
    pub async fn report(&self, application: &Application, stopping: bool) -> Report {
        let mut report = Report {
            version: env!("CARGO_PKG_VERSION"),
            ..Report::default()
        };
        if stopping {
            report.problems.push(Problem::new("STOPPING", "the server is stopping"));
        }
        match self.writable(application).await {
            Ok(()) => report.journal.writable = true,
            Err(problem) => report.problems.push(problem),
        }
        let head = timeout(PATIENCE, application.journal.head()).await;
        report.journal.position = head.ok().and_then(Result::ok).map(|head| head.position.0);
        match timeout(PATIENCE, self.views(application, &mut report)).await {
            Ok(None) => {}
            Ok(Some(problem)) => report.problems.push(problem),
            Err(_) => report
                .problems
                .push(Problem::new("VIEWS_UNAVAILABLE", "the views do not answer")),
        }
        report.ready = report.problems.is_empty();
        report
    }

    /// Writes to the journal's database, where that was not done a moment ago.
    async fn writable(&self, application: &Application) -> Result<(), Problem> {
        let mut written = self.written.lock().await;
        if let Some((at, outcome)) = written.as_ref()
            && at.elapsed() < HOLDS
        {
            return outcome.clone();
        }
        let outcome = try_writing(application).await;
        *written = Some((Instant::now(), outcome.clone()));
        outcome
    }

    async fn views(&self, application: &Application, report: &mut Report) -> Option<Problem> {
        let failed = |error: engine::ViewsError| {
            let error = ApiError::from(error);
            Some(Problem::new(error.code.as_str(), error.message))
        };
        let statuses = match application.views.statuses().await {
            Ok(statuses) => statuses,
            Err(error) => return failed(error),
        };
        let slowest = statuses.iter().max_by(|a, b| a.lag_seconds.total_cmp(&b.lag_seconds))?;
        report.views = ViewsReport {
            position: statuses.iter().map(|status| status.position.0).min(),
            lag_events: statuses.iter().map(|status| status.lag_events).max(),
            lag_seconds: Some(slowest.lag_seconds),
            parked: statuses.iter().map(|status| status.parked).sum(),
        };
        if let Err(error) = application.views.current().await {
            return failed(error);
        }
        (slowest.lag_seconds > self.lag.as_secs_f64()).then(|| {
            let message = format!(
                "the projection `{}` is {:.0} s behind ({} events); {} s are allowed",
                slowest.name,
                slowest.lag_seconds,
                slowest.lag_events,
                self.lag.as_secs()
            );
            Problem::new("VIEWS_BEHIND", message)
        })
    }
}

async fn try_writing(application: &Application) -> Result<(), Problem> {
    let record = VaultRecord {
        kind: TRIAL.to_owned(),
        key: Vec::new(),
        subject: None,
        value: vec![0; TRIAL_SIZE],
        expires_at: None,
    };
    match timeout(PATIENCE, application.journal.vault().put_record(record)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => {
            let code = Code::from(&error).as_str();
            tracing::warn!(code, %error, "the journal cannot be written");
            Err(Problem::new(code, "the journal cannot be written; the log says why"))
        }
        Err(_) => Err(Problem::new(
            "JOURNAL_UNAVAILABLE",
            format!("the journal did not take a write within {} s", PATIENCE.as_secs()),
        )),
    }
}
