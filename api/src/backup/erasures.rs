//! The list of who was erased, apart from the journal: whoever restores an older one erases them again.

use std::{fs, path::Path, sync::Arc};

use chrono::{DateTime, Utc};
use domain::{
    Decider, Event, Person, PersonCommand, PersonEvent, PersonId,
    person::{ErasureGround, PersonState},
};
use engine::{Codec, CommandContext};
use journal::{Journal, Position, ReadFilter};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{BackupError, files};
use crate::application::Application;

/// Positions read at a time.
const PAGE: usize = 4_096;
const ACTOR: &str = "system:restore";

/// Who was erased until a position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Erasures {
    pub journal: Uuid,
    /// The journal was looked at up to here.
    pub until: u64,
    pub persons: Vec<Erased>,
}

/// One of them: an id that means nothing to whoever has no key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Erased {
    pub person: Uuid,
    pub ground: ErasureGround,
    pub occurred_at: DateTime<Utc>,
}

/// Reads the list from a journal.
pub async fn list(journal: &Arc<dyn Journal>, codec: &Codec<Event>) -> Result<Erasures, BackupError> {
    let filter = ReadFilter {
        categories: vec![PersonState::TYPE.into()],
        ..ReadFilter::default()
    };
    let mut persons = Vec::new();
    let mut after = Position::START;
    loop {
        let page = journal.read(after, PAGE, &filter).await?;
        let events = codec.open_page(&page).await;
        for recorded in events.map_err(|error| BackupError::Erasure(error.to_string()))? {
            if let Event::Person(PersonEvent::PersonErased { person, ground }) = recorded.event {
                persons.push(Erased {
                    person: person.0,
                    ground,
                    occurred_at: recorded.header.occurred_at.into(),
                });
            }
        }
        if page.last == after {
            break;
        }
        after = page.last;
    }
    Ok(Erasures {
        journal: journal.info().id,
        until: after.0,
        persons,
    })
}

impl Erasures {
    pub fn write(&self, path: &Path) -> Result<(), BackupError> {
        files::write_json(path, self)
    }

    pub fn read(path: &Path) -> Result<Self, BackupError> {
        let text = fs::read(path).map_err(BackupError::file(path))?;
        serde_json::from_slice(&text).map_err(|error| BackupError::NotWhole {
            path: path.to_owned(),
            reason: error.to_string(),
        })
    }

    /// Erases whoever is on the list and is not erased in this journal; how many that were. What else is left of them
    /// (views are not there yet, credentials) goes when the server starts: every erasure is looked at again then.
    pub(super) async fn reapply(&self, application: &Application) -> Result<usize, BackupError> {
        if self.journal != application.journal.info().id {
            return Err(BackupError::Erasure("the list is of another journal".to_owned()));
        }
        let failed = |error: &dyn std::fmt::Display| BackupError::Erasure(error.to_string());
        let mut again = 0;
        for erased in &self.persons {
            let person = application.bus.load::<Person>(erased.person).await;
            let person = person.map_err(|error| failed(&error))?;
            if person.is_some_and(|(person, _)| person.is_erased()) {
                continue;
            }
            let id = application
                .bus
                .derived_id(&["erased before the restore", &erased.person.to_string()]);
            let context = CommandContext::new(ACTOR, id, ACTOR).occurred_at(erased.occurred_at);
            let person = PersonId(erased.person);
            let command = match person.fiscal_year_closing() {
                // The law let it go on that day.
                Some(_) => PersonCommand::DestroyYear {
                    key: person,
                    today: erased.occurred_at.date_naive(),
                },
                None => PersonCommand::Erase {
                    person,
                    ground: erased.ground,
                },
            };
            let executed = application
                .bus
                .execute::<Person>(&context, erased.person, command)
                .await;
            executed.map_err(|error| failed(&error))?;
            let keys = application.codec.keys();
            let destroyed = keys.erase(erased.person, application.clock.now().into()).await;
            destroyed.map_err(|error| failed(&error))?;
            again += 1;
        }
        Ok(again)
    }
}
