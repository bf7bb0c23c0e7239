//! A real server on a large journal: how it starts, what it holds in memory, how it travels in time, and how long the
//! journal takes to verify.

use std::{path::Path, time::Instant};

use chrono::{TimeDelta, Utc};

use super::{open, report::Report, server::Server, sqlite_url};

/// Measures on the journal `deals-10` that was filled before.
pub(super) async fn measure(directory: &Path, events: usize, report: &mut Report) -> anyhow::Result<()> {
    let url = sqlite_url(directory, "deals-10");
    let journal = open(&url).await?;
    let started = Instant::now();
    journal::verify::verify(journal.as_ref(), None, &|_, _| {}).await?;
    let detail = format!("{events} events: every hash, position and version again");
    report.add("sqlite.verify", started.elapsed().as_secs_f64(), "s", detail);
    drop(journal);

    let place = directory.to_owned();
    let figures = tokio::task::spawn_blocking(move || serve_and_measure(&place, &url)).await??;
    for (name, value, unit, detail) in figures {
        report.add(name, value, unit, detail);
    }
    Ok(())
}

type Figure = (&'static str, f64, &'static str, &'static str);

fn serve_and_measure(directory: &Path, journal: &str) -> anyhow::Result<Vec<Figure>> {
    let views = sqlite_url(directory, "served");
    // The first start builds the views; what counts is the start of a server whose views are current.
    Server::start(directory, journal, &views)?.wait_until_current()?;
    let started = Instant::now();
    let server = Server::start(directory, journal, &views)?;
    server.wait_until_current()?;
    let start = started.elapsed();
    server.query("{ deals(first: 50) { totalCount nodes { title } } }")?;
    let memory = server.resident_megabytes()?;

    let moment = (Utc::now() - TimeDelta::days(365)).to_rfc3339();
    let year_ago =
        format!(r#"{{ deals(first: 50, asOf: {{moment: "{moment}", basis: EFFECTIVE}}) {{ totalCount }} }}"#);
    let first = server.until_answered(&year_ago)?;
    let again = server.until_answered(&year_ago)?;
    let memory_after = server.resident_megabytes()?;
    Ok(vec![
        (
            "sqlite.start",
            start.as_secs_f64(),
            "s",
            "from exec to an answer with current views",
        ),
        ("sqlite.memory", memory, "MB", "resident, after a first query"),
        (
            "sqlite.as-of.first",
            first.as_secs_f64(),
            "s",
            "deals a year ago, first time",
        ),
        (
            "sqlite.as-of.again",
            again.as_secs_f64() * 1_000.0,
            "ms",
            "the same again",
        ),
        (
            "sqlite.memory.as-of",
            memory_after,
            "MB",
            "resident, after building the views of a year ago",
        ),
    ])
}
