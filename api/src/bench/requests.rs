//! How quickly a server answers that has 100,000 deals: pages, every filter and order, mutations, search.

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::Context;
use domain::Event;
use engine::Codec;
use journal::Journal;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    client::{Client, operation},
    company::Company,
    followers,
    load::{self, Load, Times},
    report::Report,
    server::Server,
};
use crate::graphql::deals::DealOrderField;

/// What a figure of the requests is measured at.
const RATE: f64 = 200.0;
const CONNECTIONS: usize = 64;
/// Pages that are walked through for their cursors.
const PAGES: usize = 40;
/// Answers later than this are not what a rate that is sustained gives.
const SUSTAINED: f64 = 100.0;

const PAGE: &str = "query($after: String) { deals(first: 50, after: $after) {
    nodes { id title status amountNet { amount currencyCode } organization { id name } owner { id name } }
    pageInfo { endCursor } } }";

const FILTERED: &str =
    "query($filter: DealFilter!, $order: DealOrder!) { deals(first: 50, filter: $filter, orderBy: [$order]) {
    nodes { id title status amountNet { amount } expectedClose } } }";

const RENAME: &str = "mutation($id: ID!, $title: String!) { dealRename(input: { id: $id, title: $title }) {
    deal { id title version updatedAt } userErrors { code } } }";

const SEARCH: &str = "query($text: String!) { search(query: $text, first: 20) { edges { node { __typename } } } }";

/// How much is asked of a server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extent {
    /// Of each measurement.
    pub(crate) duration: Duration,
    /// Subscriptions that are open at the same time.
    pub(crate) followers: usize,
    /// Whether the highest rate is looked for that the server keeps up with.
    pub(crate) sustained: bool,
}

/// Fills a journal and measures a server on it. `part` names the figures.
pub(super) async fn measure(
    part: &str,
    directory: &Path,
    (journal, codec): (Arc<dyn Journal>, Arc<Codec<Event>>),
    (journal_url, views_url): (&str, &str),
    events: usize,
    extent: Extent,
    report: &mut Report,
) -> anyhow::Result<()> {
    let company = Arc::new(Company::fill(&journal, &codec, events).await?);
    drop(journal);
    let (place, urls) = (directory.to_owned(), (journal_url.to_owned(), views_url.to_owned()));
    let start = move || {
        let server = Server::start(&place, &urls.0, &urls.1)?;
        server.wait_until_current()?;
        anyhow::Ok(Arc::new(server))
    };
    let server = tokio::task::spawn_blocking(start.clone()).await??;
    let address = server.address().to_owned();
    let load = Load {
        rate: RATE,
        connections: CONNECTIONS,
        duration: extent.duration,
    };

    let pages = pages(&address).await?;
    let detail = format!(
        "{} deals: 50 with organization and owner, at {RATE}/s",
        company.deals.len()
    );
    let (name, page) = (format!("{part}.page"), cycled(pages));
    figures(
        &name,
        &load::times(&address, load, page.clone()).await?,
        &detail,
        report,
    );
    if extent.sustained {
        sustained(&name, &address, load, page, report).await?;
    }

    filtered(part, &address, load, &company, extent, report).await?;

    let renamed = company.clone();
    let rename = move |number: usize| {
        let deal = renamed.deals[number * 7_919 % renamed.deals.len()];
        operation(
            RENAME,
            json!({ "id": deal, "title": format!("Toiture solaire Dax, lot {number}") }),
        )
    };
    let (name, detail) = (format!("{part}.mutation"), "dealRename, which returns the changed deal");
    figures(
        &name,
        &load::times(&address, load, rename.clone()).await?,
        detail,
        report,
    );
    if extent.sustained {
        sustained(&name, &address, load, rename, report).await?;
    }

    let words = [
        "toiture",
        "besancon",
        "pompe chal",
        "metz isolaton",
        "boulang",
        "camille",
        "lot 4711",
        "quimpr ombriere",
    ];
    let searches: Vec<_> = words
        .iter()
        .map(|text| operation(SEARCH, json!({ "text": text })))
        .collect();
    let name = format!("{part}.search");
    let search = cycled(searches);
    let detail = "words, beginnings and words with errors, 20 found";
    figures(
        &name,
        &load::times(&address, load, search.clone()).await?,
        detail,
        report,
    );
    if extent.sustained {
        sustained(&name, &address, load, search, report).await?;
    }

    // A server that has nothing else behind it: how much its followers take is asked.
    drop(server);
    let server = tokio::task::spawn_blocking(start).await??;
    let followed: Vec<Uuid> = company.deals.iter().copied().take(followers::GROUPS).collect();
    followers::measure(part, server, followed, extent, report).await
}

/// The requests of the first pages of all deals.
async fn pages(address: &str) -> anyhow::Result<Vec<String>> {
    let mut client = Client::connect(address).await?;
    let mut after = Value::Null;
    let mut pages = Vec::new();
    for _ in 0..PAGES {
        let variables = json!({ "after": after });
        pages.push(operation(PAGE, variables.clone()));
        after = client.data(PAGE, variables).await?["deals"]["pageInfo"]["endCursor"].take();
        if after.is_null() {
            break;
        }
    }
    Ok(pages)
}

/// Every order with every kind of filter, by turns.
async fn filtered(
    part: &str,
    address: &str,
    load: Load,
    company: &Company,
    extent: Extent,
    report: &mut Report,
) -> anyhow::Result<()> {
    let filters = filters(company);
    let mut asked = Vec::new();
    for (number, filter) in filters.iter().enumerate() {
        for (place, field) in DealOrderField::ALL.into_iter().enumerate() {
            let direction = if (number + place) % 2 == 0 { "ASC" } else { "DESC" };
            let field = async_graphql::InputType::to_value(&field).into_json()?;
            let order = json!({ "field": field, "direction": direction });
            asked.push((number, operation(FILTERED, json!({ "filter": filter, "order": order }))));
        }
    }
    let kinds: Vec<usize> = asked.iter().map(|(kind, _)| *kind).collect();
    let bodies = cycled(asked.into_iter().map(|(_, body)| body).collect());
    let times = load::run(address, load, bodies.clone()).await?;
    let mut by_filter = vec![Vec::new(); filters.len()];
    for (number, time) in &times {
        by_filter[kinds[number % kinds.len()]].push(*time);
    }
    let slowest = by_filter
        .into_iter()
        .enumerate()
        .map(|(kind, times)| (Times::of(times).percentile(0.95), kind))
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .context("no filter was asked for")?;
    let all = Times::of(times.into_iter().map(|(_, time)| time).collect());
    let name = format!("{part}.filtered");
    figures(&name, &all, "16 kinds of filters, each in 9 orders", report);
    report.add(
        format!("{name}.slowest.p95"),
        slowest.0,
        "ms",
        format!("the slowest of them: {}", filters[slowest.1]),
    );
    if extent.sustained {
        sustained(&name, address, load, bodies, report).await?;
    }
    Ok(())
}

fn filters(company: &Company) -> Vec<Value> {
    vec![
        json!({}),
        json!({ "title": { "startsWith": "Pompe" } }),
        json!({ "title": { "contains": "sete" } }),
        json!({ "organization": { "eq": company.organizations[3] } }),
        json!({ "organization": { "matches": { "name": { "startsWith": "Verrerie M" } } } }),
        json!({ "owner": { "eq": company.users[7] } }),
        json!({ "stage": { "eq": "QUALIFICATION" } }),
        json!({ "status": { "in": ["OPEN"] } }),
        json!({ "amountNet": { "gte": "200000.00" } }),
        json!({ "openedAt": { "gte": (chrono::Utc::now() - chrono::TimeDelta::days(60)).to_rfc3339() } }),
        json!({ "expectedClose": { "lt": "2026-01-01" } }),
        json!({ "product": { "eq": "Pompe à chaleur" } }),
        json!({ "competitors": { "some": { "eq": "Concurrent 7" } } }),
        json!({ "externalReference": { "eq": "A-4711" } }),
        json!({ "tasks": { "some": { "priority": { "in": ["NORMAL"] } } } }),
        json!({ "and": [{ "status": { "in": ["WON"] } }, { "or": [{ "owner": { "eq": company.users[1] } },
            { "amountNet": { "lt": "5000.00" } }] }] }),
    ]
}

fn cycled(bodies: Vec<String>) -> impl Fn(usize) -> String + Send + Sync + Clone + 'static {
    let bodies = Arc::new(bodies);
    move |number| bodies[number % bodies.len()].clone()
}

fn figures(name: &str, times: &Times, detail: &str, report: &mut Report) {
    for (part, percent) in [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)] {
        report.add(format!("{name}.{part}"), times.percentile(percent), "ms", detail);
    }
}

/// The highest rate that the server keeps up with: answers come as quickly as requests, 95 of 100 within a tenth of a
/// second.
async fn sustained(
    name: &str,
    address: &str,
    load: Load,
    request: impl Fn(usize) -> String + Send + Sync + Clone + 'static,
    report: &mut Report,
) -> anyhow::Result<()> {
    let mut reached = 0.0;
    let mut rate = RATE;
    loop {
        let step = Load {
            rate,
            duration: load.duration / 4,
            ..load
        };
        let times = load::times(address, step, request.clone()).await?;
        if times.percentile(0.95) > SUSTAINED {
            break;
        }
        reached = rate;
        rate *= 1.3;
    }
    let detail = format!("highest rate with a p95 under {SUSTAINED} ms, over {CONNECTIONS} connections");
    report.add(format!("{name}.sustained"), reached, "requests/s", detail);
    Ok(())
}
