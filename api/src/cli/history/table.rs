//! Histories, states and differences as people read them.

use super::{Difference, Entry, Failure, History, Names, Output, Standing, words};

/// One line for each event; what changed comes last and takes the rest of the line.
pub(super) fn history(history: &History, names: &Names, with_fields: bool, output: &mut Output) -> Result<(), Failure> {
    output.line(format!("{}: {} events", history.stream, history.events.len()))?;
    events(&history.events, names, with_fields, output)
}

/// A line for each field.
pub(super) fn standing(standing: &Standing, names: &Names, output: &mut Output) -> Result<(), Failure> {
    output.line(format!(
        "{} at {}: version {}",
        standing.stream, standing.at, standing.version
    ))?;
    let width = standing.fields.keys().map(|field| field.chars().count()).max();
    standing.fields.iter().try_for_each(|(field, value)| {
        let value = names.tell(&words::value(value));
        output.line(format!("{field:width$}  {value}", width = width.unwrap_or(0)))
    })
}

/// A line for each field that differs, then the events that lie between.
pub(super) fn difference(difference: &Difference, names: &Names, output: &mut Output) -> Result<(), Failure> {
    let Difference {
        stream,
        from,
        to,
        fields,
        events: between,
    } = difference;
    output.line(format!(
        "{stream}: {} (version {}) → {} (version {})",
        from.at, from.version, to.at, to.version
    ))?;
    if fields.is_empty() {
        output.line("no field differs".to_owned())?;
    }
    let width = fields.iter().map(|changed| changed.change.field.chars().count()).max();
    for changed in fields {
        let positions: Vec<_> = changed.events.iter().map(u64::to_string).collect();
        output.line(format!(
            "{:width$}  {} → {}  (at {})",
            changed.change.field,
            names.tell(&words::value(&changed.change.before)),
            names.tell(&words::value(&changed.change.after)),
            positions.join(", "),
            width = width.unwrap_or(0),
        ))?;
    }
    if between.is_empty() {
        return Ok(());
    }
    output.line(String::new())?;
    events(between, names, false, output)
}

/// Columns as wide as what stands in them.
fn events(events: &[Entry], names: &Names, with_fields: bool, output: &mut Output) -> Result<(), Failure> {
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
    output.line(line(&heading, "what changed"))?;
    for (row, event) in rows.iter().zip(events) {
        output.line(line(row, &names.tell(&event.change)))?;
        if with_fields {
            explain(event, names, output)?;
        }
    }
    Ok(())
}

/// Why it happened, and each field before and after.
fn explain(event: &Entry, names: &Names, output: &mut Output) -> Result<(), Failure> {
    let cause = event
        .causation_id
        .map_or(String::new(), |cause| format!(", because of event {cause}"));
    output.line(format!("    command {}{cause}", event.command_id))?;
    event.fields.iter().flatten().try_for_each(|change| {
        output.line(format!(
            "    {}: {} → {}",
            change.field,
            names.tell(&words::value(&change.before)),
            names.tell(&words::value(&change.after))
        ))
    })
}

fn cells(event: &Entry) -> [String; 6] {
    // To the second: the document has the microseconds.
    let second = |time: &str| time.get(..19).unwrap_or(time).replace('T', " ");
    [
        event.position.to_string(),
        event.version.to_string(),
        second(&event.occurred_at),
        second(&event.recorded_at),
        who(event),
        event.event_type.clone(),
    ]
}

/// A user's name, or that they were erased; what else did it, as the journal calls it.
fn who(event: &Entry) -> String {
    match &event.actor_name {
        Some(name) => name.clone(),
        None if event.actor_erased => format!("{}, erased", event.actor.replace(':', " ")),
        None => event.actor.clone(),
    }
}
