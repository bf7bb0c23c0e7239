//! What a row asks for, as commands, and how they are carried out: all of a row or nothing.

use chrono::{DateTime, Utc};
use cqrs_es::Aggregate;
use domain::{
    Activity, ActivityCommand, Contact, ContactCommand, Deal, DealCommand, Event, Organization, OrganizationCommand,
    Reservation, ReservationCommand, reservation::ReservationKind,
};
use engine::{Code, CommandBus, CommandContext, CommandError, UnitOfWork};
use futures::FutureExt;
use journal::Position;
use serde::Serialize;
use uuid::Uuid;

use super::{
    ImportError, Refused, activities::ActivityPlan, contacts::ContactPlan, deals::DealPlan,
    organizations::OrganizationPlan,
};

/// What a row asks for, whatever it describes.
#[derive(Debug, Clone, Serialize)]
pub(super) enum Step {
    Reserve {
        value: Uuid,
        holder: Uuid,
    },
    Organization {
        id: Uuid,
        command: OrganizationCommand,
        occurred_at: Option<DateTime<Utc>>,
    },
    Deal {
        id: Uuid,
        command: DealCommand,
        occurred_at: Option<DateTime<Utc>>,
    },
    Contact {
        id: Uuid,
        command: ContactCommand,
        occurred_at: Option<DateTime<Utc>>,
    },
    Activity {
        id: Uuid,
        command: ActivityCommand,
        occurred_at: Option<DateTime<Utc>>,
    },
}

pub(super) enum Taken {
    Now,
    Before,
}

/// Why a row was not taken.
pub(super) enum Stopped {
    /// It is the row's fault: the others go on.
    Refused(Refused),
    /// It is not: nothing more can be taken.
    All(ImportError),
}

pub(super) fn of_organization(plan: OrganizationPlan, bus: &CommandBus<Event>) -> Vec<Step> {
    let OrganizationPlan {
        id,
        siren,
        commands,
        occurred_at,
    } = plan;
    let kind = ReservationKind::OrganizationSiren.as_str();
    let reserve = siren.map(|siren| Step::Reserve {
        value: bus.secret_id(kind, siren.as_str()),
        holder: id,
    });
    let organization = commands.into_iter().map(|command| Step::Organization {
        id,
        command,
        occurred_at,
    });
    reserve.into_iter().chain(organization).collect()
}

pub(super) fn of_deal(plan: DealPlan) -> Vec<Step> {
    let id = plan.id;
    plan.commands
        .into_iter()
        .map(|(command, occurred_at)| Step::Deal {
            id,
            command,
            occurred_at,
        })
        .collect()
}

pub(super) fn of_contact(plan: ContactPlan) -> Vec<Step> {
    let ContactPlan {
        id,
        commands,
        occurred_at,
    } = plan;
    let step = |command| Step::Contact {
        id,
        command,
        occurred_at,
    };
    commands.into_iter().map(step).collect()
}

pub(super) fn of_activity(plan: ActivityPlan) -> Vec<Step> {
    vec![Step::Activity {
        id: plan.id,
        command: plan.command,
        occurred_at: plan.occurred_at,
    }]
}

/// Appends everything that the row asks for, or nothing. What the journal took behind `since` counts as taken now.
pub(super) async fn perform(
    bus: &CommandBus<Event>,
    context: &CommandContext,
    steps: &[Step],
    since: Option<Position>,
) -> Result<Taken, Stopped> {
    let taken = bus
        .together(context, &steps, |unit| {
            let steps = steps.to_vec();
            async move { take(unit, steps).await }.boxed()
        })
        .await;
    match taken {
        Ok(taken) if taken.replayed => Ok(when(taken.position, since)),
        Ok(_) => Ok(Taken::Now),
        // What a row comes to may have changed since this job took it and was interrupted: a stage was renamed.
        Err(CommandError::CommandReused { command_id }) if since.is_some() => {
            let key = key_of(context);
            let before = bus.journal().command(&key).await;
            let before = before.map_err(CommandError::<Refused>::Journal)?;
            match before.map(|record| when(record.appended.last, since)) {
                Some(Taken::Now) => Ok(Taken::Now),
                _ => Err(CommandError::CommandReused { command_id }.into()),
            }
        }
        Err(error) => Err(error.into()),
    }
}

/// A row that the journal has already: by this job, when it came behind its beginning.
fn when(taken: Position, since: Option<Position>) -> Taken {
    if since.is_some_and(|since| taken > since) {
        Taken::Now
    } else {
        Taken::Before
    }
}

fn key_of(context: &CommandContext) -> journal::CommandKey {
    journal::CommandKey {
        issuer: context.issuer.clone(),
        id: context.command_id,
    }
}

/// Decides everything that the row asks for and appends nothing.
pub(super) async fn rehearse(
    bus: &CommandBus<Event>,
    context: &CommandContext,
    steps: &[Step],
) -> Result<Taken, Stopped> {
    let before = bus
        .journal()
        .command(&key_of(context))
        .await
        .map_err(CommandError::<Refused>::Journal)?
        .is_some();
    let mut unit = bus
        .unit_of_work(context, &steps)
        .map_err(CommandError::lift::<Refused>)?
        .rehearsing();
    take(&mut unit, steps.to_vec()).await?;
    Ok(if before { Taken::Before } else { Taken::Now })
}

async fn take(unit: &mut UnitOfWork<'_, Event>, steps: Vec<Step>) -> Result<(), CommandError<Refused>> {
    for step in steps {
        match step {
            Step::Reserve { value, holder } => {
                let command = ReservationCommand::Reserve {
                    kind: ReservationKind::OrganizationSiren,
                    holder,
                };
                unit.run::<Reservation>(value, command).await.map_err(refused)?;
            }
            Step::Organization {
                id,
                command,
                occurred_at,
            } => run::<Organization>(unit, id, command, occurred_at).await?,
            Step::Deal {
                id,
                command,
                occurred_at,
            } => run::<Deal>(unit, id, command, occurred_at).await?,
            Step::Contact {
                id,
                command,
                occurred_at,
            } => run::<Contact>(unit, id, command, occurred_at).await?,
            Step::Activity {
                id,
                command,
                occurred_at,
            } => run::<Activity>(unit, id, command, occurred_at).await?,
        }
    }
    Ok(())
}

async fn run<A>(
    unit: &mut UnitOfWork<'_, Event>,
    id: Uuid,
    command: A::Command,
    occurred_at: Option<DateTime<Utc>>,
) -> Result<(), CommandError<Refused>>
where
    A: Aggregate<Services = ()> + Clone + 'static,
    A::Event: Into<Event>,
    A::Command: Serialize + Clone,
    A::Error: domain::Refusal,
{
    let done = match occurred_at {
        Some(time) => unit.run_at::<A>(id, command, time).await,
        None => unit.run::<A>(id, command).await,
    };
    done.map_err(refused)
}

fn refused<R: domain::Refusal>(error: CommandError<R>) -> CommandError<Refused> {
    error.map_refusal(Refused::from_rule)
}

impl From<CommandError<Refused>> for Stopped {
    fn from(error: CommandError<Refused>) -> Self {
        match error {
            CommandError::Refused(refused) => Self::Refused(refused),
            CommandError::CommandReused { .. } => Self::Refused(Refused::new(
                "ROW_CHANGED",
                "the row was imported before with another content: change the object itself instead",
            )),
            error if matches!(error.code(), Code::Conflict | Code::InvalidAppend | Code::PersonErased) => {
                Self::Refused(Refused::new(error.code().as_str(), error.to_string()))
            }
            error => Self::All(ImportError::stopped(error.code(), &error)),
        }
    }
}
