//! A human being whose data we hold.
//!
//! What we know of them stands in the events of others (a contact, an organization's bank account, a note), sealed
//! under their key. Here is only what concerns the person as such: that they turned out to be somebody whom we knew
//! under another key as well, and that their data was erased.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Decider, Language, PersonId, Refusal, Root, event::event_types, refusal::prints_in_english};

pub type Person = Root<PersonState>;

/// What one can ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum PersonCommand {
    /// Have their data erased. The event must name the person for those who only see events.
    Erase { person: PersonId, ground: ErasureGround },
    /// Destroy the key of a fiscal year, once the law does not have its papers kept any more.
    DestroyYear { key: PersonId, today: NaiveDate },
    /// Take note that another one is the same human being: who asks for the data of one asks for that of both.
    Unite { person: PersonId, with: PersonId },
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
    /// Another one is the same human being.
    PersonUnited { person: PersonId, with: PersonId },
}

event_types!(PersonEvent of "person" { PersonErased = 1, PersonUnited = 1 });

/// What is remembered in order to decide.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PersonState {
    erased: bool,
    #[serde(default)]
    united: BTreeSet<PersonId>,
}

impl PersonState {
    /// The others that are the same human being.
    pub fn united(&self) -> impl Iterator<Item = PersonId> {
        self.united.iter().copied()
    }

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
            PersonCommand::Erase { .. } | PersonCommand::DestroyYear { .. } if self.erased => Ok(Vec::new()),
            PersonCommand::Erase { person, .. } if person.0.is_nil() => Err(PersonError::NoPerson),
            PersonCommand::Erase { person, .. } if person.fiscal_year_closing().is_some() => {
                Err(PersonError::KeptByLaw)
            }
            PersonCommand::DestroyYear { key, today } => match key.kept_until() {
                None => Err(PersonError::NoPerson),
                Some(from) if today < from => Err(PersonError::KeptByLaw),
                Some(_) => Ok(vec![PersonEvent::PersonErased {
                    person: key,
                    ground: ErasureGround::NoLongerNeeded,
                }]),
            },
            PersonCommand::Erase { person, ground } => Ok(vec![PersonEvent::PersonErased { person, ground }]),
            PersonCommand::Unite { person, with } if person == with || self.united.contains(&with) => Ok(Vec::new()),
            PersonCommand::Unite { person, with } if person.0.is_nil() || with.0.is_nil() => Err(PersonError::NoPerson),
            PersonCommand::Unite { person, with } => Ok(vec![PersonEvent::PersonUnited { person, with }]),
        }
    }

    fn evolve(&mut self, event: &PersonEvent) {
        match event {
            PersonEvent::PersonErased { .. } => self.erased = true,
            PersonEvent::PersonUnited { with, .. } => {
                self.united.insert(*with);
            }
        }
    }
}

/// Why it can be refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PersonError {
    /// The nil id is nobody's.
    NoPerson,
    /// The key of a fiscal year: accounting law keeps its papers (C. com. art. L123-22).
    KeptByLaw,
}

prints_in_english!(PersonError);

impl Refusal for PersonError {
    fn code(&self) -> &'static str {
        match self {
            Self::NoPerson => "PERSON_REQUIRED",
            Self::KeptByLaw => "KEPT_BY_LAW",
        }
    }

    fn field(&self) -> Option<&'static str> {
        Some("person")
    }

    fn message(&self, language: Language) -> String {
        match self {
            Self::NoPerson => language.choose(
                "Say who is meant: the id given is nobody's.",
                "Dites de qui il s'agit : l'identifiant donné n'est celui de personne.",
            ),
            Self::KeptByLaw => language.choose(
                "These are the papers of a fiscal year: the law has them kept for ten years after its closing.",
                "Ce sont les pièces d'un exercice : la loi impose de les conserver dix ans après sa clôture.",
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
    fn a_person_is_united_with_another_once() {
        let (person, with) = (PersonId(Uuid::from_u128(7)), PersonId(Uuid::from_u128(8)));
        let united = PersonEvent::PersonUnited { person, with };
        TestFramework::<Person>::with(())
            .given_no_previous_events()
            .when(PersonCommand::Unite { person, with })
            .then_expect_events(vec![united.clone()]);
        TestFramework::<Person>::with(())
            .given(vec![united])
            .when(PersonCommand::Unite { person, with })
            .then_expect_events(vec![]);
        TestFramework::<Person>::with(())
            .given_no_previous_events()
            .when(PersonCommand::Unite { person, with: person })
            .then_expect_events(vec![]);
    }

    #[test]
    fn the_papers_of_a_fiscal_year_go_ten_years_after_its_closing_and_no_day_before() {
        let key = PersonId::of_fiscal_year("2026-12-31".parse().unwrap());
        let destroy = |today: &str| PersonCommand::DestroyYear {
            key,
            today: today.parse().unwrap(),
        };
        TestFramework::<Person>::with(())
            .given_no_previous_events()
            .when(destroy("2036-12-31"))
            .then_expect_error(PersonError::KeptByLaw);
        let gone = PersonEvent::PersonErased {
            person: key,
            ground: ErasureGround::NoLongerNeeded,
        };
        TestFramework::<Person>::with(())
            .given_no_previous_events()
            .when(destroy("2037-01-01"))
            .then_expect_events(vec![gone.clone()]);
        TestFramework::<Person>::with(())
            .given(vec![gone])
            .when(destroy("2037-01-02"))
            .then_expect_events(vec![]);
        TestFramework::<Person>::with(())
            .given_no_previous_events()
            .when(PersonCommand::DestroyYear {
                key: PersonId(Uuid::from_u128(7)),
                today: "2037-01-01".parse().unwrap(),
            })
            .then_expect_error(PersonError::NoPerson);
    }

    #[test]
    fn the_papers_of_a_fiscal_year_are_kept() {
        let year = PersonId::of_fiscal_year("2026-12-31".parse().unwrap());
        TestFramework::<Person>::with(())
            .given_no_previous_events()
            .when(erase(year.0))
            .then_expect_error(PersonError::KeptByLaw);
    }

    #[test]
    fn nobody_cannot_be_erased() {
        TestFramework::<Person>::with(())
            .given_no_previous_events()
            .when(erase(Uuid::nil()))
            .then_expect_error(PersonError::NoPerson);
    }
}
