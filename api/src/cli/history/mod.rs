//! `alforis history`: everything that happened to one thing, how it stood, and what differs between two points.

mod points;
mod table;

use std::collections::HashMap;

use clap::{Args, ValueEnum};
use domain::{Decider, Event, UserId, fields::FieldDifference, user::UserState};
use engine::{Basis, Recorded};
use journal::{EventHeader, StreamId, Version};
use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use self::points::{Named, Span};
use super::{Failure, Finish, Output};
use crate::{
    application::{Application, Opening},
    config::Config,
    past::{CompareError, Past, Point},
    words,
};

/// Show every event of a record, how it stood at a point, or what differs between two points
///
/// One line for each event: its position in the journal, its version in the stream, when it was recorded and when it
/// happened, who did it (users by their names), and what changed. A point is a day, a moment, a position of the journal, or a version of the
/// record. Personal data of erased persons is gone here, too.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  $ alforis history deal:952cd11c-d8ee-55f2-ad72-1337423050eb --fields\n  \
    $ alforis history deal:952cd11c-d8ee-55f2-ad72-1337423050eb --at v1\n  \
    $ alforis history deal:952cd11c-d8ee-55f2-ad72-1337423050eb --diff v1..now"
)]
pub(super) struct HistoryArgs {
    /// The stream, `category:id`: `deal:…`, `organization:…`, `contact:…`, `activity:…`, `task:…`
    #[arg(value_name = "STREAM")]
    stream: StreamId,
    /// The record as it stood: `2026-01-31`, `2026-01-31T12:00:00Z`, `1234` (a position), `v3` (a version), `now`
    #[arg(long, value_name = "POINT", conflicts_with = "diff")]
    at: Option<Named>,
    /// What differs between two points, and the events that made it so
    #[arg(long, value_name = "FROM..TO")]
    diff: Option<Span>,
    /// What a moment means: everything that had happened by then, or everything that had been recorded
    #[arg(long, value_enum, default_value_t = BasisArg::Effective)]
    basis: BasisArg,
    /// Under each event, why it happened and each field before and after
    #[arg(long, conflicts_with_all = ["at", "diff"])]
    fields: bool,
    /// One JSON document instead of a table
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum BasisArg {
    Effective,
    Recorded,
}

impl From<BasisArg> for Basis {
    fn from(basis: BasisArg) -> Self {
        match basis {
            BasisArg::Effective => Self::Effective,
            BasisArg::Recorded => Self::Recorded,
        }
    }
}

/// What `--json` prints of a history.
#[derive(Serialize)]
struct History {
    stream: StreamId,
    events: Vec<Entry>,
}

/// What `--at` prints.
#[derive(Serialize)]
struct Standing {
    stream: StreamId,
    at: String,
    /// Of the last event that counts.
    version: u64,
    fields: Map<String, Value>,
}

/// What `--diff` prints.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Difference {
    stream: StreamId,
    from: End,
    to: End,
    fields: Vec<Changed>,
    events: Vec<Entry>,
}

/// One end of a comparison.
#[derive(Serialize)]
struct End {
    at: String,
    /// Zero: the record did not exist.
    version: u64,
}

#[derive(Serialize)]
struct Changed {
    #[serde(flatten)]
    change: Change,
    /// Positions of the events that made it.
    events: Vec<u64>,
}

#[derive(Serialize)]
struct Change {
    field: String,
    before: Value,
    after: Value,
}

impl From<FieldDifference> for Change {
    fn from(FieldDifference { field, before, after }: FieldDifference) -> Self {
        Self { field, before, after }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    position: u64,
    version: u64,
    event_id: Uuid,
    event_type: String,
    schema_version: u32,
    recorded_at: String,
    occurred_at: String,
    actor: String,
    /// What the user is called who did it; nothing when it was no user, or one who was erased.
    actor_name: Option<String>,
    /// Whether that user was erased.
    #[serde(skip)]
    actor_erased: bool,
    command_id: Uuid,
    correlation_id: Uuid,
    causation_id: Option<Uuid>,
    change: String,
    /// Each field that it changed, before and after.
    #[serde(skip_serializing_if = "Option::is_none")]
    fields: Option<Vec<Change>>,
    payload: Value,
}

/// Events read from the journal at once.
const PAGE: usize = 1_000;

pub(super) async fn run(args: HistoryArgs, config: Config, output: &mut Output) -> Result<Finish, Failure> {
    let application = Application::open(&config, Opening::existing()).await?;
    let past = Past {
        journal: application.journal.as_ref(),
        codec: &application.codec,
        stream: &args.stream,
    };
    let nothing = || {
        Failure::new(
            "NOT_FOUND",
            format!("nothing ever happened to {}: check the id", args.stream),
        )
    };
    let mut users = Users {
        application: &application,
        known: HashMap::new(),
    };
    let basis = args.basis.into();
    if let Some(at) = &args.at {
        let Some(state) = past.at(at.point, basis).await? else {
            return Err(Failure::new(
                "NOT_FOUND",
                format!("{} did not exist at {}", args.stream, at.text),
            ));
        };
        let fields = state.fields.iter();
        let standing = Standing {
            stream: args.stream.clone(),
            at: at.text.clone(),
            version: state.version.0,
            fields: fields.map(|(field, value)| (field.to_owned(), value.clone())).collect(),
        };
        let names = users.mentioned(&standing).await?;
        return done(args.json, &standing, output, |standing, output| {
            table::standing(standing, &names, output)
        });
    }
    if let Some(span) = &args.diff {
        let mut difference = compare(&past, &application, span, basis).await?.ok_or_else(nothing)?;
        name_actors(&mut difference.events, &mut users).await?;
        let names = users.mentioned(&difference).await?;
        return done(args.json, &difference, output, |difference, output| {
            table::difference(difference, &names, output)
        });
    }
    let mut events = everything(&past, &application).await?;
    name_actors(&mut events, &mut users).await?;
    if events.is_empty() {
        return Err(nothing());
    }
    let stream = args.stream.clone();
    let history = History { stream, events };
    let names = users.mentioned(&history).await?;
    let with_fields = args.fields;
    done(args.json, &history, output, |history, output| {
        table::history(history, &names, with_fields, output)
    })
}

fn done<T: Serialize>(
    json: bool,
    document: &T,
    output: &mut Output,
    table: impl FnOnce(&T, &mut Output) -> Result<(), Failure>,
) -> Result<Finish, Failure> {
    if json {
        output.json(document)?;
    } else {
        table(document, output)?;
    }
    Ok(Finish::Done)
}

async fn everything(past: &Past<'_>, application: &Application) -> Result<Vec<Entry>, Failure> {
    let mut steps = past.steps(Version::NONE, Version(u64::MAX)).await?;
    let mut events = Vec::new();
    let mut after = Version::NONE;
    loop {
        let page = application.journal.read_stream(past.stream, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(events) };
        after = last.header.version;
        for event in application.codec.open_all(&page).await? {
            let changed = steps.remove(&event.header.version).unwrap_or_default();
            let fields = changed.into_iter().map(Change::from).collect();
            events.push(Entry {
                fields: Some(fields),
                ..entry(event)?
            });
        }
    }
}

async fn compare(
    past: &Past<'_>,
    application: &Application,
    span: &Span,
    basis: Basis,
) -> Result<Option<Difference>, Failure> {
    let Some(found) = past.compare(span.from.point, span.to.point, basis).await? else {
        return Ok(None);
    };
    let position = |place: &usize| found.events.get(*place).map(|event| event.header.position.0);
    let fields = found.differences.iter().map(|explained| Changed {
        change: explained.difference.clone().into(),
        events: explained.events.iter().filter_map(position).collect(),
    });
    let opened = application.codec.open_all(&found.events).await?;
    let end = |named: &Named, version: Version| End {
        at: named.text.clone(),
        version: version.0,
    };
    Ok(Some(Difference {
        stream: past.stream.clone(),
        from: end(&span.from, found.from.version),
        to: end(&span.to, found.to.version),
        fields: fields.collect(),
        events: opened.into_iter().map(entry).collect::<Result<_, _>>()?,
    }))
}

/// Says of each event what the user is called who did it.
async fn name_actors(events: &mut [Entry], users: &mut Users<'_>) -> Result<(), Failure> {
    for event in events {
        // Programs, imports and the configured token are no users.
        let actor = event.actor.strip_prefix("user:").and_then(|id| id.parse().ok());
        let Some(actor) = actor else { continue };
        match users.known(actor).await? {
            Known::Called(name) => event.actor_name = Some(name),
            Known::Erased => event.actor_erased = true,
            Known::NoUser => {}
        }
    }
    Ok(())
}

/// Users by their ids, each looked up once.
struct Users<'a> {
    application: &'a Application,
    known: HashMap<Uuid, Known>,
}

#[derive(Clone)]
enum Known {
    /// As the journal last said.
    Called(String),
    Erased,
    NoUser,
}

impl Users<'_> {
    async fn known(&mut self, id: Uuid) -> Result<Known, Failure> {
        if let Some(known) = self.known.get(&id) {
            return Ok(known.clone());
        }
        let stream = StreamId::new(UserState::TYPE, id);
        let known = if self.application.journal.stream_version(&stream).await? == Version::NONE {
            Known::NoUser
        } else {
            let details = identity::details_of(&self.application.bus, UserId(id)).await?;
            details.map_or(Known::Erased, |details| Known::Called(details.name))
        };
        self.known.insert(id, known.clone());
        Ok(known)
    }

    /// The names of all users whom a document mentions.
    async fn mentioned(&mut self, document: &impl Serialize) -> Result<Names, Failure> {
        let text = serde_json::to_string(document).map_err(|error| Failure::new("INTERNAL", error))?;
        let mut names = Names::default();
        for id in ids_in(&text) {
            if let Known::Called(name) = self.known(id).await? {
                names.0.insert(id, name);
            }
        }
        Ok(names)
    }
}

/// What users are called, for people.
#[derive(Default)]
struct Names(HashMap<Uuid, String>);

impl Names {
    /// A text with users called by their names.
    fn tell(&self, text: &str) -> String {
        let known = ids_in(text).into_iter().filter_map(|id| Some((id, self.0.get(&id)?)));
        known.fold(text.to_owned(), |text, (id, name)| {
            text.replace(&format!("user {id}"), name).replace(&id.to_string(), name)
        })
    }
}

fn ids_in(text: &str) -> Vec<Uuid> {
    let words = text.split(|letter: char| !(letter.is_ascii_hexdigit() || letter == '-'));
    let ids = words
        .filter(|word| word.len() == 36)
        .filter_map(|word| word.parse().ok());
    ids.collect()
}

impl From<CompareError> for Failure {
    fn from(error: CompareError) -> Self {
        match error {
            CompareError::TooFarApart => Self::new("TOO_FAR_APART", error),
            CompareError::Load(error) => error.into(),
        }
    }
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
        actor_name: None,
        actor_erased: false,
        command_id,
        correlation_id,
        causation_id,
        change,
        fields: None,
        payload: payload.map_err(|error| Failure::new("INTERNAL", error))?,
    })
}
