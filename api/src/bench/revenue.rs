//! How quickly a server tells recurring revenue of 10,000 contracts in force with five years behind them.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::ensure;
use chrono::{Days, NaiveDate, Utc};
use domain::{Event, contract::calendar::months_before};
use engine::Codec;
use journal::Journal;
use rand::Rng;
use serde_json::{Value, json};

use super::{
    client::{Client, operation},
    load::Times,
    portfolio::{MONTHS, Portfolio},
    report::Report,
    server::Server,
};

/// Moments of the past as of which is asked: the closes of so many months, as those who look back choose them.
const MOMENTS: u32 = 6;

const SUMMARY: &str = "query($from: Date!, $to: Date!, $view: RevenueView) {
    recurringRevenue(from: $from, to: $to, view: $view) {
        mrr arr mrrShown { amount currencyCode } openingMrr customers growth { value undefined } } }";

const MONTHS_OF_A_YEAR: &str = "query($from: Date!, $to: Date!) {
    recurringRevenue(from: $from, to: $to) {
        months(count: 12) { to openingShown { amount } closingShown { amount } bars { kind shown { amount } } } } }";

const COHORTS: &str = "query($from: Date!, $to: Date!) {
    recurringRevenue(from: $from, to: $to) {
        cohorts { month customers months { customers mrr retained revenueRetained } } } }";

const SEGMENT: &str = "mutation($id: ID!, $segment: String!, $on: Date!) {
    contractSetSegment(input: { id: $id, segment: $segment, effectiveOn: $on }) { userErrors { code message } } }";

/// How much is asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Questions {
    /// Contracts in force.
    pub(crate) contracts: usize,
    /// Of each kind.
    pub(crate) count: usize,
}

/// Fills a journal and measures a server on it. `part` names the figures.
pub(super) async fn measure(
    part: &str,
    directory: &Path,
    (journal, codec): (Arc<dyn Journal>, Arc<Codec<Event>>),
    (journal_url, views_url): (&str, &str),
    questions: Questions,
    report: &mut Report,
) -> anyhow::Result<()> {
    let portfolio = Portfolio::fill(&journal, &codec, questions.contracts, Utc::now().date_naive()).await?;
    drop((journal, codec));
    let (place, urls) = (directory.to_owned(), (journal_url.to_owned(), views_url.to_owned()));
    // Its time is the end of the journal and stands still: nothing is billed, and nobody reminded, behind the questions.
    let server = tokio::task::spawn_blocking(move || {
        let server = Server::start_with(&place, &urls.0, &urls.1, &["--clock", "manual"])?;
        server.wait_until_current()?;
        anyhow::Ok(server)
    })
    .await??;
    let mut asking = Asking {
        client: Client::connect(server.address()).await?,
        portfolio,
    };
    asking.all(part, questions.count, report).await?;
    let memory = server.resident_megabytes()?;
    let detail = format!("resident, with the books as known now and at {MOMENTS} moments");
    report.add(format!("{part}.revenue.memory"), memory, "MB", detail);
    Ok(())
}

struct Asking {
    client: Client,
    portfolio: Portfolio,
}

impl Asking {
    async fn all(&mut self, part: &str, count: usize, report: &mut Report) -> anyhow::Result<()> {
        let Portfolio {
            contracts,
            events,
            active,
            ..
        } = &self.portfolio;
        let detail = format!(
            "MRR of {} contracts in force, {contracts} in all, {events} events, first question after the start",
            active.len()
        );
        let first = self.ask(SUMMARY, self.month()).await?;
        report.add(format!("{part}.revenue.first"), first.as_secs_f64(), "s", detail);
        for (what, query, detail) in [
            ("summary", SUMMARY, "MRR, ARR, customers and growth on any day"),
            (
                "months",
                MONTHS_OF_A_YEAR,
                "the waterfalls of twelve months up to any one",
            ),
            ("cohorts", COHORTS, "the triangle of cohorts up to any month"),
        ] {
            let mut times = Vec::with_capacity(count);
            for _ in 0..count {
                times.push(self.ask(query, self.month()).await?);
            }
            figures(&format!("{part}.revenue.{what}"), times, detail, report);
        }
        self.as_known(part, count, report).await?;
        self.behind_changes(part, count, report).await
    }

    /// Days of the past as they were known at some moments of it.
    async fn as_known(&mut self, part: &str, count: usize, report: &mut Report) -> anyhow::Result<()> {
        let moments: Vec<Value> = (1..=MOMENTS)
            .map(|number| months_before(self.portfolio.today, MONTHS * number / (MOMENTS + 1)))
            .map(|day| json!({ "knownAt": format!("{day}T00:00:00Z") }))
            .collect();
        let mut first = Vec::new();
        for moment in &moments {
            first.push(self.ask(SUMMARY, with_view(self.month(), moment)).await?);
        }
        let detail = format!("the same as it was known at a moment, asked for the first time; {MOMENTS} moments");
        figures(&format!("{part}.revenue.known.first"), first, &detail, report);
        let mut times = Vec::with_capacity(count);
        for number in 0..count {
            let moment = &moments[number % moments.len()];
            times.push(self.ask(SUMMARY, with_view(self.month(), moment)).await?);
        }
        let detail = "any day as it was known at one of them, asked again";
        figures(&format!("{part}.revenue.known"), times, detail, report);
        Ok(())
    }

    /// Each question right behind a command that changed a contract.
    async fn behind_changes(&mut self, part: &str, count: usize, report: &mut Report) -> anyhow::Result<()> {
        let mut times = Vec::with_capacity(count);
        for number in 0..count {
            let contract = self.portfolio.active[number * 7_919 % self.portfolio.active.len()];
            let segment = format!("Segment {number}");
            let change = json!({ "id": contract, "segment": segment, "on": self.portfolio.today });
            let changed = self.client.data(SEGMENT, change).await?;
            let refused = &changed["contractSetSegment"]["userErrors"];
            ensure!(refused.as_array().is_some_and(Vec::is_empty), "{refused}");
            times.push(self.ask(SUMMARY, self.month()).await?);
        }
        let detail = "MRR right behind a command that changed a contract";
        figures(&format!("{part}.revenue.changed"), times, detail, report);
        Ok(())
    }

    async fn ask(&mut self, query: &str, variables: Value) -> anyhow::Result<Duration> {
        let body = operation(query, variables);
        let begun = Instant::now();
        self.client.ask(&body).await?;
        Ok(begun.elapsed())
    }

    /// A month that ends on any day.
    fn month(&self) -> Value {
        let Portfolio { begin, today, .. } = self.portfolio;
        let days = u64::try_from((today - begin).num_days()).unwrap_or_default();
        let to: NaiveDate = begin + Days::new(rand::rng().random_range(0..=days));
        json!({ "from": months_before(to, 1), "to": to })
    }
}

fn with_view(mut variables: Value, view: &Value) -> Value {
    variables["view"] = view.clone();
    variables
}

fn figures(name: &str, times: Vec<Duration>, detail: &str, report: &mut Report) {
    let times = Times::of(times);
    for (part, percent) in [("p50", 0.5), ("p95", 0.95)] {
        report.add(format!("{name}.{part}"), times.percentile(percent), "ms", detail);
    }
}
