//! `alforis projections`: the state of the views, and what to do about it.

use clap::{Args, Subcommand};
use domain::{Oversight, OversightCommand};
use engine::{CommandContext, ParkedKey, ProjectionStatus, ViewsError, views::RebuildReport};
use serde::Serialize;
use uuid::Uuid;

use super::{Failure, Finish, Output};
use crate::{
    application::{Application, Opening},
    config::Config,
};

/// Who skips events from the command line.
const ACTOR: &str = "system:command-line";

/// Inspect and repair the views
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  $ alforis projections list --json")]
pub(super) struct ProjectionsArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// How far each projection is, and how it is doing
    List {
        /// One JSON document instead of a table
        #[arg(long)]
        json: bool,
    },
    /// Build a projection (without a name: all) again from the journal, compare, and switch
    Rebuild {
        #[arg(value_name = "PROJECTION")]
        projection: Option<String>,
        /// One JSON document instead of text
        #[arg(long)]
        json: bool,
    },
    /// What waits because an event failed
    Parked {
        /// One JSON document instead of a table
        #[arg(long)]
        json: bool,
    },
    /// Try a parked key again; without one, a projection that has stopped
    Retry {
        #[arg(value_name = "PROJECTION")]
        projection: String,
        #[arg(value_name = "KEY")]
        partition: Option<String>,
    },
    /// Leave an event out of a projection for good; the reason stays in the journal
    Skip {
        #[arg(value_name = "PROJECTION")]
        projection: String,
        #[arg(value_name = "POSITION")]
        position: u64,
        /// Why, for whoever audits it
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
}

/// What `list --json` prints.
#[derive(Serialize)]
struct Statuses {
    projections: Vec<ProjectionStatus>,
}

/// What `parked --json` prints.
#[derive(Serialize)]
struct Parked {
    parked: Vec<ParkedKey>,
}

pub(super) async fn run(args: ProjectionsArgs, config: Config, output: &mut Output) -> Result<Finish, Failure> {
    let application = Application::open(&config, Opening::existing()).await?;
    match args.action {
        Action::List { json } => list(application.views.statuses().await?, json, output)?,
        Action::Rebuild { projection, json } => {
            rebuilt(&application.views.rebuild(projection.as_deref()).await?, json, output)?;
        }
        Action::Parked { json } => parked(application.views.parked().await?, json, output)?,
        Action::Retry { projection, partition } => {
            return retried(
                application.views.retry(&projection, partition.as_deref()).await?,
                output,
            );
        }
        Action::Skip {
            projection,
            position,
            reason,
        } => {
            skip(&application, projection, position, reason, output).await?;
        }
    }
    Ok(Finish::Done)
}

fn list(projections: Vec<ProjectionStatus>, json: bool, output: &mut Output) -> Result<(), Failure> {
    if json {
        return output.json(&Statuses { projections });
    }
    output.line(format!(
        "{:16} {:>7} {:>10} {:>10} {:>12} {:>7}  state",
        "projection", "version", "position", "lag events", "lag seconds", "parked"
    ))?;
    for status in &projections {
        let ProjectionStatus {
            name,
            version,
            position,
            lag_events,
            lag_seconds,
            parked,
            state,
            last_error,
        } = status;
        let trouble = last_error
            .as_deref()
            .map(|error| format!(": {error}"))
            .unwrap_or_default();
        output.line(format!(
            "{name:16} {version:>7} {position:>10} {lag_events:>10} {lag_seconds:>12.1} {parked:>7}  {state:?}{trouble}"
        ))?;
    }
    Ok(())
}

fn rebuilt(report: &RebuildReport, json: bool, output: &mut Output) -> Result<(), Failure> {
    if json {
        return output.json(report);
    }
    output.line(format!("rebuilt: {}", report.rebuilt.join(", ")))?;
    if !report.copied.is_empty() {
        output.line(format!("copied:  {}", report.copied.join(", ")))?;
    }
    for comparison in &report.comparisons {
        output.line(format!(
            "{}: {} rows before, {} after, {} compared, {} different",
            comparison.table,
            comparison.rows_before,
            comparison.rows_after,
            comparison.sampled,
            comparison.different.len()
        ))?;
        for key in &comparison.different {
            output.line(format!("  different: {key}"))?;
        }
    }
    Ok(())
}

fn parked(parked: Vec<ParkedKey>, json: bool, output: &mut Output) -> Result<(), Failure> {
    if json {
        return output.json(&Parked { parked });
    }
    if parked.is_empty() {
        return output.line("nothing is parked");
    }
    parked.iter().try_for_each(|key| tell(key, output))
}

fn tell(key: &ParkedKey, output: &mut Output) -> Result<(), Failure> {
    let what = key.partition.as_deref().unwrap_or("(the whole projection)");
    output.line(format!(
        "{} {what}: {} events wait since position {}",
        key.projection, key.waiting, key.position
    ))?;
    output.line(format!("  {}", key.error))
}

/// Exit code 1 when something still waits.
fn retried(parked: Option<ParkedKey>, output: &mut Output) -> Result<Finish, Failure> {
    let Some(key) = parked else {
        output.line("done: nothing waits")?;
        return Ok(Finish::Done);
    };
    tell(&key, output)?;
    Ok(Finish::No)
}

async fn skip(
    application: &Application,
    projection: String,
    position: u64,
    reason: String,
    output: &mut Output,
) -> Result<(), Failure> {
    let statuses = application.views.statuses().await?;
    if !statuses.iter().any(|status| status.name == projection) {
        return Err(ViewsError::UnknownProjection(projection).into());
    }
    let id = application.oversight_id(&projection);
    let context = CommandContext::new(ACTOR, Uuid::new_v4(), ACTOR);
    let said = format!("`{projection}` passes over position {position} from now on, also when it is rebuilt");
    let command = OversightCommand::Skip {
        projection,
        position,
        reason,
    };
    application.bus.execute::<Oversight>(&context, id, command).await?;
    output.line(said)
}
