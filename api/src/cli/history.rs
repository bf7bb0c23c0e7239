//! `alforis history`: everything that happened to one thing.

use clap::Args;
use domain::Event;
use engine::Recorded;
use journal::{EventHeader, StreamId, Version};
use serde::Serialize;
use serde_json::Value;

use super::{Failure, Finish, Output};
use crate::{
    application::{Application, Opening},
    config::Config,
    words,
};

/// Events read from the journal at once.
const PAGE: usize = 1_000;

/// Show every event of a stream
///
/// One line for each event: its position in the journal, its version in the stream, when it was recorded and when it
/// happened, who did it, and what changed. Personal data of erased persons is gone here, too.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  $ alforis history deal:6284e3ff-c27a-5e9e-86fc-ab7cda99048a")]
pub(super) struct HistoryArgs {
    /// The stream, `category:id`: `deal:…`, `organization:…`, `task:…`
    #[arg(value_name = "STREAM")]
    stream: StreamId,
    /// One JSON document instead of a table
    #[arg(long)]
    json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct History {
    stream: StreamId,
    events: Vec<Entry>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    position: u64,
    version: u64,
    event_id: uuid::Uuid,
    event_type: String,
    schema_version: u32,
    recorded_at: String,
    occurred_at: String,
    actor: String,
    command_id: uuid::Uuid,
    correlation_id: uuid::Uuid,
    causation_id: Option<uuid::Uuid>,
    change: String,
    payload: Value,
}

pub(super) async fn run(args: HistoryArgs, config: Config, output: &mut Output) -> Result<Finish, Failure> {
    let application = Application::open(&config, Opening::existing()).await?;
    let mut events = Vec::new();
    let mut after = Version::NONE;
    loop {
        let page = application.journal.read_stream(&args.stream, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.header.version;
        for event in application.codec.open_all(&page).await? {
            events.push(entry(event)?);
        }
    }
    if events.is_empty() {
        return Err(Failure::new(
            "NOT_FOUND",
            format!("nothing ever happened to {}: check the id", args.stream),
        ));
    }
    if args.json {
        output.json(&History {
            stream: args.stream,
            events,
        })?;
    } else {
        table(&args.stream, &events, output)?;
    }
    Ok(Finish::Done)
}

fn entry(Recorded { header, event, .. }: Recorded<Event>) -> Result<Entry, Failure> {
    let change = words::describe(&event);
    let payload = event.encode().and_then(|payload| serde_json::from_slice(&payload));
    let EventHeader {
        position,
        version,
        event_id,
        schema_version,
        command_id,
        correlation_id,
        causation_id,
        ..
    } = header;
    Ok(Entry {
        position: position.0,
        version: version.0,
        event_id,
        event_type: header.event_type.to_string(),
        schema_version,
        recorded_at: header.recorded_at.to_string(),
        occurred_at: header.occurred_at.to_string(),
        actor: header.actor.to_string(),
        command_id,
        correlation_id,
        causation_id,
        change,
        payload: payload.map_err(|error| Failure::new("INTERNAL", error))?,
    })
}

/// Columns as wide as what stands in them; what changed comes last and takes the rest of the line.
fn table(stream: &StreamId, events: &[Entry], output: &mut Output) -> Result<(), Failure> {
    let heading = ["position", "version", "occurred", "recorded", "who", "event"].map(str::to_owned);
    let rows: Vec<[String; 6]> = events.iter().map(cells).collect();
    let mut widths = [0; 6];
    for row in std::iter::once(&heading).chain(&rows) {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |row: &[String; 6], change: &str| {
        let cells: Vec<String> = row
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        format!("{}  {change}", cells.join("  "))
    };
    output.line(format!("{stream}: {} events", events.len()))?;
    output.line(line(&heading, "what changed"))?;
    rows.iter()
        .zip(events)
        .try_for_each(|(row, event)| output.line(line(row, &event.change)))
}

fn cells(event: &Entry) -> [String; 6] {
    // To the second: the document has the microseconds.
    let second = |time: &str| time.get(..19).unwrap_or(time).replace('T', " ");
    [
        event.position.to_string(),
        event.version.to_string(),
        second(&event.occurred_at),
        second(&event.recorded_at),
        event.actor.clone(),
        event.event_type.clone(),
    ]
}
