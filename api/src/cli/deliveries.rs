//! `alforis deliveries`: what leaves the house, how far it came, and what to do about it.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use clap::{Args, Subcommand, ValueEnum};
use domain::{
    Decider, Delivery, DeliveryCommand,
    delivery::{DeliveryState, DeliveryStatus},
};
use engine::{CommandContext, ViewHandle};
use journal::{StreamId, Timestamp, Version};
use projections::deliveries::{Column, Entity, Model};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;
use tokio::sync::oneshot;
use uuid::Uuid;

use super::{Failure, Finish, Output};
use crate::{
    application::{Application, Opening},
    config::Config,
    words,
};

/// Who decides about deliveries from the command line.
const ACTOR: &str = "system:command-line";
/// How long the views may take to show what was done last.
const PATIENCE: Duration = Duration::from_mins(1);
/// Events of one delivery at most: a few for each attempt.
const MAX_EVENTS: usize = 10_000;

/// List what leaves the house, and re-drive dead letters
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  $ alforis deliveries list --status dead --json")]
pub(super) struct DeliveriesArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Deliveries, the newest first
    List {
        /// Only those that stand like this (several times: any of them)
        #[arg(long, value_name = "STATUS")]
        status: Vec<StatusArgument>,
        /// How many at most
        #[arg(long, value_name = "NUMBER", default_value_t = 100)]
        limit: u64,
        /// One JSON document instead of a table
        #[arg(long)]
        json: bool,
    },
    /// One delivery with everything that happened to it
    Show {
        #[arg(value_name = "ID")]
        id: Uuid,
        /// One JSON document instead of text
        #[arg(long)]
        json: bool,
    },
    /// Have it tried again, now, under the same name
    Retry {
        #[arg(value_name = "ID")]
        id: Uuid,
    },
    /// Say that one of which nobody knew has arrived
    Confirm {
        #[arg(value_name = "ID")]
        id: Uuid,
    },
    /// Have it not sent
    Cancel {
        #[arg(value_name = "ID")]
        id: Uuid,
        /// Why, for whoever looks for it later
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum StatusArgument {
    Queued,
    Deferred,
    Attempting,
    Sent,
    Dead,
    Unknown,
    Cancelled,
}

impl From<StatusArgument> for DeliveryStatus {
    fn from(status: StatusArgument) -> Self {
        match status {
            StatusArgument::Queued => Self::Queued,
            StatusArgument::Deferred => Self::Deferred,
            StatusArgument::Attempting => Self::Attempting,
            StatusArgument::Sent => Self::Sent,
            StatusArgument::Dead => Self::Dead,
            StatusArgument::Unknown => Self::Unknown,
            StatusArgument::Cancelled => Self::Cancelled,
        }
    }
}

/// What `list --json` prints.
#[derive(Serialize)]
struct Listed {
    deliveries: Vec<Row>,
}

/// What `show --json` prints.
#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    delivery: Row,
    events: Vec<Happened>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    id: Uuid,
    kind: String,
    status: String,
    template: Option<String>,
    subject: Option<String>,
    recipient: Option<String>,
    attempts: i32,
    next_attempt_at: Option<String>,
    last_reason: Option<String>,
    queued_at: String,
    settled_at: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Happened {
    at: String,
    actor: String,
    #[serde(rename = "type")]
    event_type: String,
    change: String,
}

impl From<Model> for Row {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            kind: row.kind,
            status: row.status,
            template: row.template,
            subject: row.subject,
            recipient: row.recipient,
            attempts: row.attempts,
            next_attempt_at: row.next_attempt_at.map(time),
            last_reason: row.last_reason,
            queued_at: time(row.queued_at),
            settled_at: row.settled_at.map(time),
        }
    }
}

pub(super) async fn run(args: DeliveriesArgs, config: Config, output: &mut Output) -> Result<Finish, Failure> {
    let application = Application::open(&config, Opening::existing()).await?;
    match args.action {
        Action::List { status, limit, json } => list(&application, &status, limit, json, output).await?,
        Action::Show { id, json } => show(&application, id, json, output).await?,
        Action::Retry { id } => {
            decide(&application, id, DeliveryCommand::Requeue).await?;
            output.line(format!("{id} is tried again as soon as a server runs"))?;
        }
        Action::Confirm { id } => {
            decide(&application, id, DeliveryCommand::Confirm).await?;
            output.line(format!("{id} has arrived"))?;
        }
        Action::Cancel { id, reason } => {
            decide(&application, id, DeliveryCommand::Cancel { reason }).await?;
            output.line(format!("{id} is not sent"))?;
        }
    }
    Ok(Finish::Done)
}

async fn decide(application: &Application, id: Uuid, command: DeliveryCommand) -> Result<(), Failure> {
    let context = CommandContext::new(ACTOR, Uuid::new_v4(), ACTOR);
    application.bus.execute::<Delivery>(&context, id, command).await?;
    Ok(())
}

async fn list(
    application: &Application,
    status: &[StatusArgument],
    limit: u64,
    json: bool,
    output: &mut Output,
) -> Result<(), Failure> {
    let view = current(application).await?;
    let mut select = Entity::find();
    if !status.is_empty() {
        let wanted = status.iter().map(|status| DeliveryStatus::from(*status).as_str());
        select = select.filter(Column::Status.is_in(wanted));
    }
    let select = select
        .order_by_desc(Column::QueuedAt)
        .order_by_asc(Column::Id)
        .limit(limit);
    let rows = select.all(&view.connection).await.map_err(unreadable)?;
    let deliveries: Vec<Row> = rows.into_iter().map(Row::from).collect();
    if json {
        return output.json(&Listed { deliveries });
    }
    if deliveries.is_empty() {
        return output.line("there are none");
    }
    output.line(format!(
        "{:36}  {:10} {:16} {:>8}  {:20}  {:24}  to",
        "delivery", "status", "letter", "attempts", "queued", "last reason"
    ))?;
    deliveries.iter().try_for_each(|row| {
        output.line(format!(
            "{}  {:10} {:16} {:>8}  {:20}  {:24}  {}",
            row.id,
            row.status,
            row.template.as_deref().unwrap_or("-"),
            row.attempts,
            second(&row.queued_at),
            row.last_reason.as_deref().unwrap_or("-"),
            row.recipient.as_deref().unwrap_or("(erased)"),
        ))
    })
}

async fn show(application: &Application, id: Uuid, json: bool, output: &mut Output) -> Result<(), Failure> {
    let view = current(application).await?;
    let row = Entity::find_by_id(id).one(&view.connection).await.map_err(unreadable)?;
    let row = row.ok_or_else(|| Failure::new("DELIVERY_NOT_FOUND", format!("there is no delivery {id}")))?;
    let stream = StreamId::new(DeliveryState::TYPE, id);
    let history = application.bus.history(&stream, Version::NONE, MAX_EVENTS).await;
    let history = history.map_err(|error| Failure::new(error.code().as_str(), error))?;
    let events = history
        .iter()
        .map(|event| Happened {
            at: time(event.header.occurred_at.0),
            actor: event.header.actor.to_string(),
            event_type: event.header.event_type.to_string(),
            change: words::describe(&event.event),
        })
        .collect();
    let shown = Shown {
        delivery: row.into(),
        events,
    };
    if json {
        return output.json(&shown);
    }
    let Row { status, recipient, .. } = &shown.delivery;
    let recipient = recipient.as_deref().unwrap_or("(erased)");
    output.line(format!("{id}: {status}, to {recipient}"))?;
    shown
        .events
        .iter()
        .try_for_each(|event| output.line(format!("{}  {:24}  {}", second(&event.at), event.actor, event.change)))
}

/// The views as of the journal's end. Where no server keeps them up to date, this process does for as long as it takes.
async fn current(application: &Application) -> Result<ViewHandle, Failure> {
    let head = application.journal.head().await?.position;
    if let Ok(view) = application.views.wait_for(head, Duration::ZERO).await {
        return Ok(view);
    }
    let (stop, stopped) = oneshot::channel::<()>();
    let worker = tokio::spawn(application.views.clone().run(async move {
        // A sender that is gone says the same.
        let _ = stopped.await;
    }));
    let view = application.views.wait_for(head, PATIENCE).await;
    drop(stop);
    if let Ok(Err(error)) = worker.await {
        return Err(error.into());
    }
    Ok(view?)
}

fn unreadable(error: sea_orm::DbErr) -> Failure {
    Failure::new("VIEWS_UNAVAILABLE", error)
}

fn time(micros: i64) -> String {
    DateTime::<Utc>::from(Timestamp(micros)).to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// To the second: the document has the microseconds.
fn second(time: &str) -> String {
    time.get(..19).unwrap_or(time).replace('T', " ")
}
