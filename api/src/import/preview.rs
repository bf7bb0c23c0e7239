//! What a file would come to: its columns, its first rows as they are read, and what is wrong with it. Everything is
//! decided and nothing appended.

use std::{path::Path, sync::Arc};

use chrono::SecondsFormat;
use chrono_tz::Tz;
use domain::{Event, import::ImportCounts};
use engine::{CommandBus, Sight};

use super::{
    ImportError, Kind, Refused, contacts,
    fields::{FieldInfo, Reading},
    mapping::{self, Bound, Field, Mapping, MappingError, Row},
    report::Finding,
    run::{Job, Mode, Source, Standing, Watcher, carry_out},
    suggest::{Column, Suggestion, suggest},
};

/// Rows that are decided at most; the others are counted.
pub const ROWS_DECIDED: u64 = 10_000;
/// What is found is told up to this many times; the others are counted.
pub const FINDINGS_MAX: usize = 100;

/// What is to be looked at, and how.
pub struct Asked<'a> {
    pub file: &'a Path,
    pub kind: Kind,
    /// Without it, the one that the file suggests.
    pub mapping: Option<Mapping>,
    /// What is the same for all rows, whatever the file suggests.
    pub constants: Vec<(&'static str, String)>,
    /// Of the mapping that is suggested.
    pub source: &'a str,
    pub time_zone: Tz,
    /// Rows that are shown.
    pub rows: usize,
    /// What whoever asks may know of; without it, everything.
    pub sight: Option<Sight>,
}

/// What the file would come to.
pub struct Preview {
    pub columns: Vec<Column>,
    /// What it was read by.
    pub mapping: Mapping,
    /// The mapping that the file suggests.
    pub suggested: Mapping,
    /// Why the suggested mapping does not do as it is.
    pub incomplete: Option<MappingError>,
    pub rows: Vec<ShownRow>,
    /// The first of what was found.
    pub findings: Vec<Finding>,
    pub found: u64,
    /// What the decided rows would come to; nothing with an incomplete mapping.
    pub counts: ImportCounts,
}

/// A row as it is read.
pub struct ShownRow {
    pub line: u64,
    /// What names it; nothing where that cannot be read.
    pub key: Option<String>,
    /// The fields that the mapping fills, each with its value as it would be taken.
    pub values: Vec<(&'static FieldInfo, Option<String>)>,
}

/// Looks at a file.
pub async fn preview(bus: &Arc<CommandBus<Event>>, asked: Asked<'_>) -> Result<Preview, ImportError> {
    let Asked {
        file,
        kind,
        mapping,
        constants,
        source,
        time_zone,
        rows,
        sight,
    } = asked;
    let delimiter = mapping.as_ref().map(|mapping| mapping.delimiter);
    let Suggestion {
        columns,
        mapping: mut suggested,
    } = suggest(file, kind, source, time_zone, delimiter).await?;
    for (name, value) in constants {
        let constant = Field::from(mapping::Source::Constant(value));
        suggested.fields.insert(name.to_owned(), constant);
    }
    let is_given = mapping.is_some();
    let mapping = mapping.unwrap_or_else(|| suggested.clone());
    let incomplete = mapping.check(kind.fields()).err();
    let mut preview = Preview {
        rows: Vec::new(),
        findings: Vec::new(),
        found: 0,
        counts: ImportCounts::default(),
        columns,
        suggested,
        incomplete,
        mapping,
    };
    let opened = Source::open(file)?;
    let header = opened.header(preview.mapping.delimiter)?;
    match Bound::new(&preview.mapping, &header) {
        Ok(bound) => preview.rows = shown(&opened, kind, &bound, rows)?,
        Err(unusable) if is_given => return Err(unusable.into()),
        // A suggestion without a key reads no row.
        Err(_) => {}
    }
    if preview.incomplete.is_some() {
        return Ok(preview);
    }
    let job = Job {
        mode: Mode::Rehearse,
        most: Some(ROWS_DECIDED),
        sight,
        ..Job::new(file, kind, &preview.mapping)
    };
    let mut first = First::default();
    preview.counts = carry_out(bus, &job, &mut first).await?.counts;
    (preview.findings, preview.found) = (first.findings, first.found);
    Ok(preview)
}

/// The first rows of the file, read.
fn shown(file: &Source, kind: Kind, bound: &Bound<'_>, most: usize) -> Result<Vec<ShownRow>, ImportError> {
    let mut reader = file.rows(bound.mapping().delimiter)?;
    let mut shown = Vec::new();
    while shown.len() < most
        && let Some(row) = reader.next_row().map_err(|error| file.unreadable(&error))?
    {
        // What cannot be read is told among what is found.
        let Ok(record) = row else { continue };
        let Ok(mut row) = bound.row(&record) else { continue };
        let mapped = kind.fields().iter().filter(|field| row.maps(field.name));
        let mapped: Vec<_> = mapped.collect();
        shown.push(ShownRow {
            line: record.line,
            key: row.key().ok().map(str::to_owned),
            values: mapped
                .into_iter()
                .map(|field| (field, read(&mut row, field).ok().flatten()))
                .collect(),
        });
    }
    Ok(shown)
}

/// A field's value as it would be taken.
fn read(row: &mut Row<'_>, field: &FieldInfo) -> Result<Option<String>, Refused> {
    let name = field.name;
    match field.reading {
        Reading::Text | Reading::Whole | Reading::Choice | Reading::Stage | Reading::Key => row.text(name),
        Reading::Amount => Ok(row.money(name)?.map(|money| money.to_string())),
        Reading::Day => Ok(row.date(name)?.map(|date| date.to_string())),
        Reading::Moment => Ok(row
            .moment(name)?
            .map(|moment| moment.to_rfc3339_opts(SecondsFormat::Secs, true))),
        Reading::Flag => {
            let is_there = row.text(name)?.is_some();
            let yes = contacts::yes(row, name)?;
            Ok(is_there.then(|| yes.to_string()))
        }
    }
}

/// Keeps the first of what is found.
#[derive(Default)]
struct First {
    findings: Vec<Finding>,
    found: u64,
}

impl Watcher for First {
    fn goes_on(&mut self, _: &Standing) -> bool {
        true
    }

    fn found(&mut self, finding: Finding) -> Result<(), ImportError> {
        self.found += 1;
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(finding);
        }
        Ok(())
    }
}
