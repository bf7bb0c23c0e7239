//! How fast this machine runs the journal and the engine. Everything is durable: each append is on the disk before it
//! is answered.

mod append;
mod client;
mod company;
mod followers;
mod load;
mod million;
mod read;
mod report;
mod requests;
mod sales;
mod server;
mod views;
mod workload;

use std::{path::Path, sync::Arc, time::Duration};

use domain::Event;
use engine::{Codec, KeyRing, MasterKey};
use journal::{Journal, OpenOptions};

pub(crate) use self::{
    report::{Measurement, Report},
    requests::Extent,
    sales::Volume,
};

/// How much is measured.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// Of each append measurement.
    pub(crate) duration: Duration,
    /// Events of the journals that are read, folded and verified.
    pub(crate) events: usize,
    /// How a server's answers are measured.
    pub(crate) requests: Extent,
    /// How sales are measured.
    pub(crate) sales: Volume,
    /// A database that may be written to, for the PostgreSQL journal.
    pub(crate) postgres: Option<String>,
    /// An empty database for a server that is asked.
    pub(crate) postgres_requests: Option<String>,
    /// An empty database for a server that sells.
    pub(crate) postgres_sales: Option<String>,
    /// The one part that is measured; everything where it is `None`.
    pub(crate) only: Option<Part>,
}

/// A part of the measurements that can be taken alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Part {
    /// How a server answers
    Requests,
    /// Papers, invoices and the books
    Sales,
}

/// Runs every measurement, telling `progress` what comes next.
pub(crate) async fn run(plan: &Plan, progress: impl Fn(&str)) -> anyhow::Result<Report> {
    let directory = Directory::new()?;
    let mut report = Report::default();
    match plan.only {
        Some(Part::Requests) => requests_of(plan, &directory, &progress, &mut report).await?,
        Some(Part::Sales) => sales_of(plan, &directory, &progress, &mut report).await?,
        None => {}
    }
    if plan.only.is_some() {
        return Ok(report);
    }
    progress("appends to SQLite");
    let journal = open(&sqlite_url(directory.path(), "appends")).await?;
    append::measure_all(&journal, "sqlite", plan.duration, &mut report).await?;
    drop(journal);
    if let Some(url) = &plan.postgres {
        progress("appends to PostgreSQL");
        append::measure_all(&open(url).await?, "postgres", plan.duration, &mut report).await?;
    }
    for events_per_deal in [1, 10] {
        progress(&format!(
            "a journal of {} events, {events_per_deal} per deal",
            plan.events
        ));
        let url = sqlite_url(directory.path(), &format!("deals-{events_per_deal}"));
        let journal = open(&url).await?;
        workload::fill(&journal, plan.events, events_per_deal).await?;
        let codec = codec(&journal).await?;
        if events_per_deal == 1 {
            progress("reading");
            read::measure(&journal, &codec, &mut report).await?;
        }
        progress(&format!("rebuilding views, {events_per_deal} events per row"));
        views::measure_rebuild(&journal, &codec, directory.path(), events_per_deal, &mut report).await?;
    }
    progress("from commit to visible row");
    views::measure_latency(directory.path(), plan.duration, &mut report).await?;
    progress("a server on a large journal");
    million::measure(directory.path(), plan.events, &mut report).await?;
    requests_of(plan, &directory, &progress, &mut report).await?;
    sales_of(plan, &directory, &progress, &mut report).await?;
    Ok(report)
}

/// Papers, invoices and books of a server, on each back end.
async fn sales_of(
    plan: &Plan,
    directory: &Directory,
    progress: &impl Fn(&str),
    report: &mut Report,
) -> anyhow::Result<()> {
    let mut places = vec![(
        "sqlite",
        sqlite_url(directory.path(), "sales"),
        sqlite_url(directory.path(), "sales-views"),
    )];
    if let Some(url) = &plan.postgres_sales {
        places.push(("postgres", url.clone(), url.clone()));
    }
    for (name, journal_url, views_url) in places {
        progress(&format!("papers, invoices and books on {name}"));
        let place = directory.path().join(format!("sales-{name}"));
        std::fs::create_dir_all(&place)?;
        let journal = open(&journal_url).await?;
        let codec = codec(&journal).await?;
        let opened = (journal, codec);
        let urls = (journal_url.as_str(), views_url.as_str());
        sales::measure(name, &place, opened, urls, plan.sales, report).await?;
    }
    Ok(())
}

/// Only the requests to a server, on each back end.
async fn requests_of(
    plan: &Plan,
    directory: &Directory,
    progress: &impl Fn(&str),
    report: &mut Report,
) -> anyhow::Result<()> {
    let mut places = vec![(
        "sqlite",
        sqlite_url(directory.path(), "company"),
        sqlite_url(directory.path(), "company-views"),
    )];
    if let Some(url) = &plan.postgres_requests {
        places.push(("postgres", url.clone(), url.clone()));
    }
    for (name, journal_url, views_url) in places {
        progress(&format!("requests to a server with {} events on {name}", plan.events));
        let journal = open(&journal_url).await?;
        let codec = codec(&journal).await?;
        let opened = (journal, codec);
        let urls = (journal_url.as_str(), views_url.as_str());
        requests::measure(name, directory.path(), opened, urls, plan.events, plan.requests, report).await?;
    }
    Ok(())
}

async fn open(url: &str) -> anyhow::Result<Arc<dyn Journal>> {
    let options = OpenOptions {
        create: true,
        ..OpenOptions::default()
    };
    Ok(journal::open(url, options).await?)
}

async fn codec(journal: &Arc<dyn Journal>) -> anyhow::Result<Arc<Codec<Event>>> {
    let keys = KeyRing::open(journal.clone(), MasterKey::from_bytes([7; 32])).await?;
    Ok(Arc::new(Codec::new(projections::vocabulary(), keys)))
}

fn sqlite_url(directory: &Path, name: &str) -> String {
    format!("sqlite:{}", directory.join(name).with_extension("db").display())
}

/// A temporary directory, removed at the end.
struct Directory(std::path::PathBuf);

impl Directory {
    fn new() -> std::io::Result<Self> {
        let path = std::env::temp_dir().join(format!("alforis-bench-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, directory = %self.0.display(), "the benchmark's files could not be removed");
        }
    }
}
