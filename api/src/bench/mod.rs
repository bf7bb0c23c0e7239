//! How fast this machine runs the journal and the engine. Everything is durable: each append is on the disk before it
//! is answered.

mod agenda;
mod append;
mod client;
mod company;
mod followers;
mod load;
mod million;
mod portfolio;
mod read;
mod report;
mod requests;
mod revenue;
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
    revenue::Questions,
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
    /// How recurring revenue is measured.
    pub(crate) revenue: Questions,
    /// Obligations of the agenda that is looked through.
    pub(crate) obligations: usize,
    /// A database that may be written to, for the PostgreSQL journal.
    pub(crate) postgres: Option<String>,
    /// An empty database for a server that is asked.
    pub(crate) postgres_requests: Option<String>,
    /// An empty database for a server that sells.
    pub(crate) postgres_sales: Option<String>,
    /// An empty database for a server that tells recurring revenue.
    pub(crate) postgres_revenue: Option<String>,
    /// An empty database for an agenda.
    pub(crate) postgres_agenda: Option<String>,
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
    /// Recurring revenue of contracts
    Revenue,
    /// What is due among many obligations
    Agenda,
}

/// Runs every measurement, telling `progress` what comes next.
pub(crate) async fn run(plan: &Plan, progress: impl Fn(&str)) -> anyhow::Result<Report> {
    let directory = Directory::new()?;
    let mut report = Report::default();
    match plan.only {
        Some(Part::Requests) => requests_of(plan, &directory, &progress, &mut report).await?,
        Some(Part::Sales) => sales_of(plan, &directory, &progress, &mut report).await?,
        Some(Part::Revenue) => revenue_of(plan, &directory, &progress, &mut report).await?,
        Some(Part::Agenda) => agenda_of(plan, &directory, &progress, &mut report).await?,
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
    revenue_of(plan, &directory, &progress, &mut report).await?;
    agenda_of(plan, &directory, &progress, &mut report).await?;
    Ok(report)
}

/// Papers, invoices and books of a server, on each back end.
async fn sales_of(
    plan: &Plan,
    directory: &Directory,
    progress: &impl Fn(&str),
    report: &mut Report,
) -> anyhow::Result<()> {
    for (name, journal_url, views_url) in places(directory, "sales", plan.postgres_sales.as_ref()) {
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
    for (name, journal_url, views_url) in places(directory, "company", plan.postgres_requests.as_ref()) {
        progress(&format!("requests to a server with {} events on {name}", plan.events));
        let journal = open(&journal_url).await?;
        let codec = codec(&journal).await?;
        let opened = (journal, codec);
        let urls = (journal_url.as_str(), views_url.as_str());
        requests::measure(name, directory.path(), opened, urls, plan.events, plan.requests, report).await?;
    }
    Ok(())
}

/// Recurring revenue as a server tells it, on each back end.
async fn revenue_of(
    plan: &Plan,
    directory: &Directory,
    progress: &impl Fn(&str),
    report: &mut Report,
) -> anyhow::Result<()> {
    for (name, journal_url, views_url) in places(directory, "revenue", plan.postgres_revenue.as_ref()) {
        let contracts = plan.revenue.contracts;
        progress(&format!(
            "recurring revenue of {contracts} contracts in force on {name}"
        ));
        let place = directory.path().join(format!("revenue-{name}"));
        std::fs::create_dir_all(&place)?;
        let journal = open(&journal_url).await?;
        let codec = codec(&journal).await?;
        let urls = (journal_url.as_str(), views_url.as_str());
        revenue::measure(name, &place, (journal, codec), urls, plan.revenue, report).await?;
    }
    Ok(())
}

/// The agenda, on each back end.
async fn agenda_of(
    plan: &Plan,
    directory: &Directory,
    progress: &impl Fn(&str),
    report: &mut Report,
) -> anyhow::Result<()> {
    for (name, journal_url, views_url) in places(directory, "agenda", plan.postgres_agenda.as_ref()) {
        progress(&format!("an agenda of {} obligations on {name}", plan.obligations));
        let journal = open(&journal_url).await?;
        let codec = codec(&journal).await?;
        agenda::measure(name, (journal, codec), &views_url, plan.obligations, report).await?;
    }
    Ok(())
}

/// Where a part is measured: the back end with the addresses of its journal and its views.
fn places(directory: &Directory, part: &str, postgres: Option<&String>) -> Vec<(&'static str, String, String)> {
    let sqlite = (
        "sqlite",
        sqlite_url(directory.path(), part),
        sqlite_url(directory.path(), &format!("{part}-views")),
    );
    let postgres = postgres.map(|url| ("postgres", url.clone(), url.clone()));
    std::iter::once(sqlite).chain(postgres).collect()
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
