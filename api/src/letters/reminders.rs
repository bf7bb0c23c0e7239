//! Reminders of tasks, as letters.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    Decider, Event, Organization, Task, TaskEvent, TaskId, UserId,
    task::{Due, LinkCategory, TaskState, TaskStatus},
};
use engine::{
    CommandBus, Recorded,
    policy::{Policy, ReactionError},
};
use journal::EventHeader;
use mail::Reminder;

use super::{colleague, queue};

/// A reminder is of use for so long after the task was due, or after it was given.
const OF_USE: TimeDelta = TimeDelta::days(1);

/// Whoever is reminded of a task has a letter.
pub struct RemindersByMail;

#[async_trait]
impl Policy<Event> for RemindersByMail {
    fn name(&self) -> &'static str {
        NAME
    }

    fn categories(&self) -> Vec<Arc<str>> {
        vec![TaskState::TYPE.into()]
    }

    async fn react(&self, event: &Recorded<Event>, bus: &CommandBus<Event>) -> Result<(), ReactionError> {
        let Event::Task(TaskEvent::TaskReminded { to, .. }) = &event.event else {
            return Ok(());
        };
        let id = event.header.stream.id;
        let Some((task, _)) = bus.load::<Task>(id).await? else {
            return Ok(());
        };
        // Who has done it since needs no reminder.
        let Some(details) = task
            .details()
            .filter(|_| task.status().is_some_and(TaskStatus::is_open))
        else {
            return Ok(());
        };
        let given: DateTime<Utc> = event.header.occurred_at.into();
        let due = task.due();
        let passed = due.map_or(given, |due| due.passed_at(chrono_tz::UTC));
        let reminder = Reminder {
            task: TaskId(id),
            title: details.title.clone(),
            due: due.map(|due| match due {
                Due::Date(date) => mail::Due::Day(date),
                Due::Moment { at, .. } => mail::Due::Moment(at),
            }),
            organization: organization(&task, bus).await?,
            until: passed.max(given) + OF_USE,
        };
        remind(bus, &event.header, &reminder, to).await
    }
}

/// The name of the organization that the task is about.
async fn organization(task: &Task, bus: &CommandBus<Event>) -> Result<Option<String>, ReactionError> {
    let links = task
        .details()
        .map(|details| details.links.as_slice())
        .unwrap_or_default();
    let Some(link) = links.iter().find(|link| link.category == LinkCategory::Organization) else {
        return Ok(None);
    };
    let found = bus.load::<Organization>(link.id).await?;
    Ok(found.and_then(|(organization, _)| organization.name().map(str::to_owned)))
}

/// Names the reaction; part of the ids of its commands.
const NAME: &str = "reminders-by-mail";

/// Queues a letter to each of the colleagues who can be written to. One who cannot keeps nobody else from theirs.
pub async fn remind(
    bus: &CommandBus<Event>,
    cause: &EventHeader,
    reminder: &Reminder,
    to: &[UserId],
) -> Result<(), ReactionError> {
    for user in to {
        let Some(addressee) = colleague(bus, *user).await? else {
            continue;
        };
        let context = bus.reaction(NAME, cause, &user.to_string());
        let queued = match mail::task_reminder(addressee, reminder) {
            Ok(letter) => queue(bus, &context, letter).await.map_err(ReactionError::from),
            Err(error) => {
                tracing::warn!(%user, task = %reminder.task, %error, "a reminder cannot be written");
                continue;
            }
        };
        match queued {
            Err(ReactionError::Refused { code, reason }) => {
                tracing::info!(%user, task = %reminder.task, %code, reason, "a reminder is not sent");
            }
            queued => {
                queued?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use chrono::{DateTime, Utc};
    use domain::{
        DeliveryEvent, Language, Role, TaskId, User, UserCommand,
        delivery::Content,
        task::{CreateTask, Details, TaskCommand},
        user::{RegisterUser, UserDetails},
    };
    use engine::{Codec, CommandContext, KeyRing, ManualClock, MasterKey, PolicyRunner, ids::SeededIds};
    use journal::{OpenOptions, Position, ReadFilter};
    use uuid::Uuid;

    use super::*;

    const INES: UserId = UserId(Uuid::from_u128(1));
    const PAUL: UserId = UserId(Uuid::from_u128(2));
    const NOBODY: UserId = UserId(Uuid::from_u128(3));

    fn noon() -> DateTime<Utc> {
        "2026-03-09T12:00:00Z".parse().unwrap()
    }

    async fn bus(folder: &std::path::Path) -> Arc<CommandBus<Event>> {
        let url = format!("sqlite:{}", folder.join("journal.db").display());
        let options = OpenOptions {
            create: true,
            ..OpenOptions::default()
        };
        let journal = journal::open(&url, options).await.unwrap();
        let keys = KeyRing::open(journal.clone(), MasterKey::from_bytes([7; 32]))
            .await
            .unwrap();
        let codec = Arc::new(Codec::new(projections::vocabulary(), keys));
        let clock = Arc::new(ManualClock::new(noon()));
        CommandBus::open(journal, codec, clock, Arc::new(SeededIds::new(1)))
            .await
            .unwrap()
    }

    async fn put(bus: &CommandBus<Event>, user: UserId, command: UserCommand) {
        let context = CommandContext::new("test", Uuid::now_v7(), "user:test");
        bus.execute::<User>(&context, user.0, command).await.unwrap();
    }

    async fn registered(bus: &CommandBus<Event>, user: UserId, name: &str) {
        let details = UserDetails {
            name: name.to_owned(),
            email: format!("{}@energie.example", name.to_lowercase()),
        };
        let register = RegisterUser {
            user,
            details,
            role: Role::Sales,
            language: Language::French,
            time_zone: chrono_tz::Europe::Paris,
        };
        put(bus, user, UserCommand::Register(register)).await;
    }

    async fn events(bus: &CommandBus<Event>) -> Vec<engine::Recorded<Event>> {
        let page = bus
            .journal()
            .read(Position::START, 100, &ReadFilter::default())
            .await
            .unwrap();
        bus.codec().open_page(&page).await.unwrap()
    }

    #[tokio::test]
    async fn each_colleague_who_can_be_written_to_has_one_letter() {
        let folder = tempfile::tempdir().unwrap();
        let bus = bus(folder.path()).await;
        registered(&bus, INES, "Ines").await;
        registered(&bus, PAUL, "Paul").await;
        put(
            &bus,
            PAUL,
            UserCommand::Deactivate {
                by: None,
                successor: None,
            },
        )
        .await;
        let reminder = Reminder {
            task: TaskId(Uuid::from_u128(9)),
            title: "Rappeler Mme Martin".to_owned(),
            due: Some(mail::Due::Moment(noon())),
            organization: None,
            until: noon(),
        };
        let cause = events(&bus).await.pop().unwrap().header;
        for _again in 0..2 {
            remind(&bus, &cause, &reminder, &[NOBODY, PAUL, INES]).await.unwrap();
        }
        let events = events(&bus).await;
        let letters: Vec<_> = events
            .iter()
            .filter_map(|event| match &event.event {
                Event::Delivery(DeliveryEvent::DeliveryQueued {
                    content: Content::Letter(letter),
                    ..
                }) => Some((&event.header, letter)),
                _ => None,
            })
            .collect();
        let [(header, letter)] = letters.as_slice() else {
            panic!("{letters:?}")
        };
        assert_eq!(header.causation_id, Some(cause.event_id));
        let addressee = letter.addressee.value().unwrap();
        assert_eq!(addressee.email, "ines@energie.example");
        assert_eq!(addressee.variables["due"], "lundi 9 mars 2026 à 13:00");
    }

    #[tokio::test]
    async fn whoever_is_reminded_of_a_task_has_a_letter_unless_it_was_done_meanwhile() {
        let folder = tempfile::tempdir().unwrap();
        let bus = bus(folder.path()).await;
        registered(&bus, INES, "Ines").await;
        let policies = PolicyRunner::new(bus.clone(), vec![Arc::new(RemindersByMail)]);
        policies.drain().await.unwrap();
        for (task, done) in [(10, false), (11, true)] {
            let create = CreateTask {
                details: Details {
                    assignees: vec![INES],
                    ..Details::titled("Rappeler Mme Martin")
                },
                remind_at: Some(noon()),
                ..CreateTask::titled("", None)
            };
            let remind = TaskCommand::Remind { due: noon(), day: None };
            for command in [TaskCommand::Create(create), remind]
                .into_iter()
                .chain(done.then_some(TaskCommand::Complete))
            {
                let context = CommandContext::new("test", Uuid::now_v7(), "user:test");
                bus.execute::<Task>(&context, Uuid::from_u128(task), command)
                    .await
                    .unwrap();
            }
        }
        policies.drain().await.unwrap();
        let subjects: Vec<_> = events(&bus)
            .await
            .into_iter()
            .filter_map(|event| match event.event {
                Event::Delivery(DeliveryEvent::DeliveryQueued { subject, .. }) => subject,
                _ => None,
            })
            .collect();
        assert_eq!(subjects, [format!("task:{}", Uuid::from_u128(10))]);
    }
}
