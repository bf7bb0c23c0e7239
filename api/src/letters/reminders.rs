//! Reminders of tasks, as letters.

use domain::{Event, UserId};
use engine::{CommandBus, policy::ReactionError};
use journal::EventHeader;
use mail::Reminder;

use super::{colleague, queue};

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
        user::{RegisterUser, UserDetails},
    };
    use engine::{Codec, CommandContext, KeyRing, ManualClock, MasterKey, ids::SeededIds};
    use journal::{OpenOptions, Position, ReadFilter};
    use mail::Due;
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
            due: Some(Due::Moment(noon())),
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
}
