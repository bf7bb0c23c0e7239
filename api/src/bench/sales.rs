//! How fast sales are: papers, invoices from the command to the files beside the journal, and the books of a large year.

use std::{
    collections::BTreeSet,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use chrono::{Datelike, Utc};
use domain::{Event, InvoiceEvent, company::CompanyState, document::Series};
use engine::Codec;
use futures::{StreamExt, TryStreamExt, future::try_join_all, stream};
use journal::{Journal, StreamId, Version};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    client::{Client, fetch, operation},
    load::Times,
    report::Report,
    server::Server,
    workload::batch_to,
};

/// Rows of a paper of two pages.
const TWO_PAGES: usize = 34;
/// Connections over which drafts are written and invoices issued one after the other.
const CONNECTIONS: usize = 8;
/// Appends in flight while the large year is written.
const IN_FLIGHT: usize = 64;
/// Lines of the books that each of its invoices comes to: customer, goods, services, and the tax on each.
const LINES_OF_INVOICE: usize = 5;

/// How much of it is done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Volume {
    /// Papers that are set.
    pub(crate) papers: usize,
    /// Invoices that are issued over a few connections.
    pub(crate) issued: usize,
    /// Invoices that are all issued at the same moment.
    pub(crate) at_once: usize,
    /// Lines of the books that are exported.
    pub(crate) lines: usize,
}

/// Measures a server on an empty journal. `part` names the figures.
pub(super) async fn measure(
    part: &str,
    directory: &Path,
    (journal, codec): (Arc<dyn Journal>, Arc<Codec<Event>>),
    (journal_url, views_url): (&str, &str),
    volume: Volume,
    report: &mut Report,
) -> anyhow::Result<()> {
    let (place, urls) = (directory.to_owned(), (journal_url.to_owned(), views_url.to_owned()));
    let start = move || Server::start(&place, &urls.0, &urls.1);
    let server = tokio::task::spawn_blocking(start.clone()).await??;
    let address = server.address().to_owned();
    let customer = company(&mut Client::connect(&address).await?).await?;
    papers(part, &address, &customer, volume.papers, report).await?;

    // The first one reads the fonts.
    let first = drafts(&address, &customer, 1).await?;
    issue(&mut Client::connect(&address).await?, &first[0]).await?;
    let issued = drafts(&address, &customer, volume.issued).await?;
    one_after_the_other(part, &address, issued, report).await?;
    let at_once = drafts(&address, &customer, volume.at_once).await?;
    at_the_same_moment(part, &address, at_once, report).await?;
    without_gap(&address, 1 + volume.issued + volume.at_once).await?;

    drop(server);
    let invoices = volume.lines / LINES_OF_INVOICE;
    let taken = 1 + volume.issued + volume.at_once;
    a_large_year(&journal, &codec, &first[0], taken, invoices).await?;
    let server = tokio::task::spawn_blocking(move || {
        let server = start()?;
        server.wait_until_current()?;
        anyhow::Ok(server)
    })
    .await??;
    let year = CompanyState::default().day(Utc::now()).year();
    let begun = Instant::now();
    let file = fetch(server.address(), &format!("/exports/fec?closing={year}-12-31")).await?;
    let took = begun.elapsed().as_secs_f64();
    // Neither the head nor what stands behind the last end of a line.
    let lines = file.split(|byte| *byte == b'\n').count().saturating_sub(2);
    ensure!(lines >= volume.lines, "{lines} lines, not {}", volume.lines);
    report.add(
        format!("{part}.fec"),
        took,
        "s",
        format!("{lines} lines, checked, {} kB, asked over HTTP", file.len() / 1_024),
    );
    Ok(())
}

/// A company that sells and a customer who buys; the customer's id.
async fn company(client: &mut Client) -> anyhow::Result<String> {
    let identify = json!({ "name": "Solaire de Lorraine", "legalForm": "SAS", "shareCapital": { "amount": "50000" },
        "siren": "732829320", "siret": "73282932000074", "registrationCity": "Metz", "vatNumber": "FR44732829320",
        "address": { "lines": ["4 rue des Clercs"], "postcode": "57000", "city": "Metz" } });
    take(client, "companyIdentify", "position", identify).await?;
    let create = json!({ "name": "Acme", "siren": "552100554", "vatNumber": "FR96552100554", "kind": "PROFESSIONAL" });
    let created = take(client, "organizationCreate", "organization { id }", create).await?;
    let customer = created["organization"]["id"].as_str().context("no id")?.to_owned();
    let address = json!({ "lines": ["1 place Stanislas"], "postcode": "54000", "city": "Nancy" });
    let change = json!({ "id": customer, "billingAddress": address });
    take(client, "organizationChangeAddresses", "position", change).await?;
    Ok(customer)
}

/// One mutation that is not refused; its payload.
async fn take(client: &mut Client, mutation: &str, fields: &str, input: Value) -> anyhow::Result<Value> {
    let kind = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
    let query = format!(
        "mutation($input: {kind}!) {{ {mutation}(input: $input) {{ {fields} userErrors {{ code field message }} }} }}"
    );
    let mut data = client.data(&query, json!({ "input": input })).await?;
    let refused = &data[mutation]["userErrors"];
    ensure!(refused.as_array().is_some_and(Vec::is_empty), "{mutation}: {refused}");
    Ok(data[mutation].take())
}

fn row(number: usize) -> Value {
    let nature = if number.is_multiple_of(2) { "GOODS" } else { "SERVICES" };
    json!({ "line": { "name": format!("Module photovoltaïque, rangée {number}"), "unit": "unité", "quantity": "3",
        "unitPrice": format!("{}.50", 100 + number), "nature": nature } })
}

/// The paper of a quote of two pages, as its preview gives it over HTTP.
async fn papers(part: &str, address: &str, customer: &str, papers: usize, report: &mut Report) -> anyhow::Result<()> {
    let mut client = Client::connect(address).await?;
    let content = |paper: usize| {
        let rows: Vec<Value> = (0..TWO_PAGES).map(|number| row(paper + number)).collect();
        json!({ "subject": format!("Toiture {paper}"), "rows": rows })
    };
    let draft = json!({ "organization": customer, "content": content(0) });
    let draft = take(&mut client, "quoteDraft", "quote { uuid }", draft).await?;
    let quote = draft["quote"]["uuid"].as_str().context("no id")?;
    let page = format!("/previews/quotes/{quote}");
    fetch(address, &page).await?;
    let mut times = Vec::with_capacity(papers);
    for paper in 1..=papers {
        let change = json!({ "id": quote, "content": content(paper) });
        take(&mut client, "quoteChangeContent", "position", change).await?;
        let begun = Instant::now();
        let paper = fetch(address, &page).await?;
        times.push(begun.elapsed());
        ensure!(paper.starts_with(b"%PDF-"), "no PDF");
    }
    report.add(
        format!("{part}.paper.p95"),
        Times::of(times).percentile(0.95),
        "ms",
        format!("{papers} previews of a quote of {TWO_PAGES} rows on two pages, each other than the one before, asked over HTTP"),
    );
    Ok(())
}

/// Drafts of invoices with three lines.
async fn drafts(address: &str, customer: &str, count: usize) -> anyhow::Result<Vec<String>> {
    let next = Arc::new(AtomicUsize::new(0));
    let connections = (0..CONNECTIONS.min(count)).map(|_| {
        let (address, customer, next) = (address.to_owned(), customer.to_owned(), next.clone());
        async move {
            let mut client = Client::connect(&address).await?;
            let mut drafted = Vec::new();
            while next.fetch_add(1, Ordering::Relaxed) < count {
                let rows: Vec<Value> = (0..3).map(row).collect();
                let draft = json!({ "organization": customer, "kind": "STANDARD", "content": { "rows": rows } });
                let draft = take(&mut client, "invoiceDraft", "invoice { id uuid }", draft).await?;
                let id = draft["invoice"]["uuid"].as_str().context("no id")?;
                drafted.push(id.to_owned());
            }
            anyhow::Ok(drafted)
        }
    });
    Ok(try_join_all(connections).await?.into_iter().flatten().collect())
}

const ISSUE: &str = "mutation($id: ID!) { invoiceIssue(input: { id: $id, email: \"compta@acme.example\" }) {
    invoice { number facturX { sha256 } ubl { sha256 } } userErrors { code field message } } }";

/// Issues a draft; its answer tells that the files are there.
async fn issue(client: &mut Client, draft: &str) -> anyhow::Result<Duration> {
    let begun = Instant::now();
    let data = client.data(ISSUE, json!({ "id": draft })).await?;
    let invoice = &data["invoiceIssue"]["invoice"];
    let filed = invoice["facturX"]["sha256"].is_string() && invoice["ubl"]["sha256"].is_string();
    ensure!(invoice["number"].is_string() && filed, "{data}");
    Ok(begun.elapsed())
}

async fn one_after_the_other(
    part: &str,
    address: &str,
    drafts: Vec<String>,
    report: &mut Report,
) -> anyhow::Result<()> {
    let count = drafts.len();
    let begun = Instant::now();
    let chunks = drafts
        .chunks(count.div_ceil(CONNECTIONS).max(1))
        .map(<[String]>::to_vec);
    let connections = chunks.map(|drafts| async move {
        let mut client = Client::connect(address).await?;
        let mut times = Vec::new();
        for draft in drafts {
            times.push(issue(&mut client, &draft).await?);
        }
        anyhow::Ok(times)
    });
    let times: Vec<Duration> = try_join_all(connections).await?.into_iter().flatten().collect();
    let took = begun.elapsed().as_secs_f64();
    let detail = format!(
        "{count} invoices over {CONNECTIONS} connections: command, number, PDF/A-3 with CII, UBL stored; p95 {:.0} ms",
        Times::of(times).percentile(0.95)
    );
    report.add(format!("{part}.issue"), count as f64 / took, "invoices/s", detail);
    Ok(())
}

async fn at_the_same_moment(part: &str, address: &str, drafts: Vec<String>, report: &mut Report) -> anyhow::Result<()> {
    let count = drafts.len();
    let mut connected = Vec::with_capacity(count);
    for draft in drafts {
        connected.push((Client::connect(address).await?, draft));
    }
    let begun = Instant::now();
    let asked = connected.into_iter().map(|(mut client, draft)| {
        tokio::spawn(async move { client.ask(&operation(ISSUE, json!({ "id": draft }))).await.map(drop) })
    });
    for answer in try_join_all(asked).await? {
        answer?;
    }
    let took = begun.elapsed().as_secs_f64();
    let detail = format!("{count} invoices issued at the same moment, all files stored, no number twice and no gap");
    report.add(format!("{part}.issue.at-once"), took, "s", detail);
    Ok(())
}

/// The numbers of this year's invoices are those from one to `count`.
async fn without_gap(address: &str, count: usize) -> anyhow::Result<()> {
    const PAGE: &str = "query($after: String) { invoices(first: 100, after: $after) {
        totalCount nodes { number } pageInfo { endCursor hasNextPage } } }";
    let mut client = Client::connect(address).await?;
    let (mut numbers, mut after) = (BTreeSet::new(), Value::Null);
    loop {
        let data = client.data(PAGE, json!({ "after": after })).await?;
        let invoices = &data["invoices"];
        for invoice in invoices["nodes"].as_array().context("no invoices")? {
            let number = invoice["number"].as_str().context("an invoice without number")?;
            let last = number.rsplit('-').next().unwrap_or_default();
            ensure!(numbers.insert(last.parse::<usize>()?), "{number} was given twice");
        }
        if invoices["pageInfo"]["hasNextPage"] != true {
            break;
        }
        after = invoices["pageInfo"]["endCursor"].clone();
    }
    ensure!(numbers.iter().copied().eq(1..=count), "there is a gap: {numbers:?}");
    Ok(())
}

/// Writes so many invoices more into the journal, each like the first one.
async fn a_large_year(
    journal: &Arc<dyn Journal>,
    codec: &Arc<Codec<Event>>,
    first: &str,
    taken: usize,
    invoices: usize,
) -> anyhow::Result<()> {
    let stream = StreamId::new("invoice", first.parse::<Uuid>()?);
    let page = journal.read_stream(&stream, Version::NONE, 100).await?;
    let mut history = Vec::new();
    for entry in page {
        let opened = codec.open(&entry).await?;
        if let Event::Invoice(event) = opened.event {
            history.push((event, entry.header.occurred_at));
        }
    }
    let pattern = CompanyState::default().number_pattern(Series::Invoice);
    let year = CompanyState::default().day(Utc::now()).year();
    let history = &history;
    stream::iter(0..invoices)
        .map(|number| {
            let (pattern, codec) = (pattern.clone(), codec.clone());
            async move {
                let counter = u32::try_from(taken + 1 + number)?;
                let mut events = Vec::with_capacity(history.len());
                for (event, occurred_at) in history {
                    let mut event = event.clone();
                    if let InvoiceEvent::InvoiceIssued { invoice, .. } = &mut event {
                        invoice.number = pattern.number(year, counter);
                    }
                    events.push(codec.encode(&event, Uuid::now_v7(), *occurred_at).await?);
                }
                let stream = StreamId::new("invoice", Uuid::now_v7());
                journal.append(batch_to(stream, events)).await?;
                anyhow::Ok(())
            }
        })
        .buffer_unordered(IN_FLIGHT)
        .try_for_each(|()| async { Ok(()) })
        .await
}
