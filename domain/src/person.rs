//! A human being whose data we hold.
//!
//! What we know of them stands in the events of others (an organization's contact), sealed under their key. Here is
//! only what concerns the person as such: so far, that their data was erased.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Decider, Language, PersonId, Refusal, Root, event::event_types, refusal::prints_in_english};

pub type Person = Root<PersonState>;

/// What one can ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum PersonCommand {
    /// Have their data erased. The event must name the person for those who only see events.
    Erase { person: PersonId, ground: ErasureGround },
}

/// Why data is erased (GDPR, article 17 (1)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ErasureGround {
    /// The person asked for it, or objected.
    Request,
    /// The person withdrew their consent.
    ConsentWithdrawn,
    /// The data is no longer needed.
    NoLongerNeeded,
    /// The law demands it, or the data was unlawfully held.
    Law,
}

/// What can have happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all_fields = "camelCase")]
pub enum PersonEvent {
    /// From here on, everything under the person's key is gone.
    PersonErased { person: PersonId, ground: ErasureGround },
}

event_types!(PersonEvent of "person" { PersonErased = 1 });

/// What is remembered in order to decide.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PersonState {
    erased: bool,
}

impl PersonState {
    pub const fn is_erased(&self) -> bool {
        self.erased
    }
}

impl Decider for PersonState {
    const TYPE: &'static str = "person";

    type Command = PersonCommand;
    type Event = PersonEvent;
    type Error = PersonError;

    fn decide(&self, command: PersonCommand) -> Result<Vec<PersonEvent>, PersonError> {
        match command {
            PersonCommand::Erase { .. } if self.erased => Ok(Vec::new()),
            PersonCommand::Erase { person, .. } if person.0.is_nil() => Err(PersonError::NoPerson),
            PersonCommand::Erase { person, ground } => Ok(vec![PersonEvent::PersonErased { person, ground }]),
        }
    }

    fn evolve(&mut self, event: &PersonEvent) {
        match event {
            PersonEvent::PersonErased { .. } => self.erased = true,
        }
    }
}

/// Why it can be refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PersonError {
    /// The nil id is nobody's.
    NoPerson,
}

prints_in_english!(PersonError);

impl Refusal for PersonError {
    fn code(&self) -> &'static str {
        match self {
            Self::NoPerson => "PERSON_REQUIRED",
        }
    }

    fn field(&self) -> Option<&'static str> {
        Some("person")
    }

    fn message(&self, language: Language) -> String {
        match self {
            Self::NoPerson => language.choose(
                "Say whose data is to be erased: the id given is nobody's.",
                "Dites de qui les données sont à effacer : l'identifiant donné n'est celui de personne.",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use cqrs_es::test::TestFramework;
    use uuid::Uuid;

    use super::*;

    fn erase(person: Uuid) -> PersonCommand {
        PersonCommand::Erase {
            person: PersonId(person),
            ground: ErasureGround::Request,
        }
    }

    fn erased(person: Uuid) -> PersonEvent {
        PersonEvent::PersonErased {
            person: PersonId(person),
            ground: ErasureGround::Request,
        }
    }

    #[test]
    fn a_person_is_erased_by_name() {
        let person = Uuid::from_u128(7);
        TestFramework::<Person>::with(())
            .given_no_previous_events()
            .when(erase(person))
            .then_expect_events(vec![erased(person)]);
    }

    #[test]
    fn erasing_again_changes_nothing() {
        let person = Uuid::from_u128(7);
        TestFramework::<Person>::with(())
            .given(vec![erased(person)])
            .when(erase(person))
            .then_expect_events(vec![]);
    }

    #[test]
    fn nobody_cannot_be_erased() {
        TestFramework::<Person>::with(())
            .given_no_previous_events()
            .when(erase(Uuid::nil()))
            .then_expect_error(PersonError::NoPerson);
    }
}
