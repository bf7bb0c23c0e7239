//! A team: colleagues who see each other's records when their role says so. Somebody may be in several.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Decider, InvalidValue, Language, Refusal, Root, UserId,
    event::event_types,
    refusal::prints_in_english,
    value::{self, NAME_MAX},
};

pub type Team = Root<TeamState>;

/// What one can ask of a team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum TeamCommand {
    Form {
        name: String,
    },
    Rename {
        name: String,
    },
    Add {
        member: UserId,
    },
    Remove {
        member: UserId,
    },
    /// Only a team without members is disbanded.
    Disband,
}

/// What can have happened to a team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all_fields = "camelCase")]
pub enum TeamEvent {
    TeamFormed { name: String },
    TeamRenamed { name: String },
    TeamMemberAdded { member: UserId },
    TeamMemberRemoved { member: UserId },
    TeamDisbanded {},
}

event_types!(TeamEvent of "team" {
    TeamFormed = 1,
    TeamRenamed = 1,
    TeamMemberAdded = 1,
    TeamMemberRemoved = 1,
    TeamDisbanded = 1,
});

/// What a team remembers in order to decide.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TeamState {
    name: Option<String>,
    members: BTreeSet<UserId>,
    disbanded: bool,
}

impl TeamState {
    pub const fn members(&self) -> &BTreeSet<UserId> {
        &self.members
    }
}

impl Decider for TeamState {
    const TYPE: &'static str = "team";

    type Command = TeamCommand;
    type Event = TeamEvent;
    type Error = TeamError;

    fn decide(&self, command: TeamCommand) -> Result<Vec<TeamEvent>, TeamError> {
        let current = match (&command, &self.name) {
            (TeamCommand::Form { .. }, Some(_)) => return Err(TeamError::AlreadyFormed),
            (TeamCommand::Form { name }, None) => {
                let name = value::line("name", name, NAME_MAX)?;
                return Ok(vec![TeamEvent::TeamFormed { name }]);
            }
            (_, None) => return Err(TeamError::NotFormed),
            (TeamCommand::Disband, Some(_)) if self.disbanded => return Ok(Vec::new()),
            (_, Some(_)) if self.disbanded => return Err(TeamError::Disbanded),
            (_, Some(current)) => current,
        };
        Ok(match command {
            TeamCommand::Form { .. } => Vec::new(),
            TeamCommand::Rename { name } => {
                let name = value::line("name", &name, NAME_MAX)?;
                unless(name == *current, TeamEvent::TeamRenamed { name })
            }
            TeamCommand::Add { member } => {
                unless(self.members.contains(&member), TeamEvent::TeamMemberAdded { member })
            }
            TeamCommand::Remove { member } => {
                unless(!self.members.contains(&member), TeamEvent::TeamMemberRemoved { member })
            }
            TeamCommand::Disband if self.members.is_empty() => vec![TeamEvent::TeamDisbanded {}],
            TeamCommand::Disband => return Err(TeamError::HasMembers),
        })
    }

    fn evolve(&mut self, event: &TeamEvent) {
        match event {
            TeamEvent::TeamFormed { name } | TeamEvent::TeamRenamed { name } => self.name = Some(name.clone()),
            TeamEvent::TeamMemberAdded { member } => {
                self.members.insert(*member);
            }
            TeamEvent::TeamMemberRemoved { member } => {
                self.members.remove(member);
            }
            TeamEvent::TeamDisbanded {} => self.disbanded = true,
        }
    }
}

fn unless(fulfilled: bool, event: TeamEvent) -> Vec<TeamEvent> {
    if fulfilled { Vec::new() } else { vec![event] }
}

/// Why a team refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TeamError {
    NotFormed,
    AlreadyFormed,
    Disbanded,
    HasMembers,
    Value(InvalidValue),
}

impl From<InvalidValue> for TeamError {
    fn from(value: InvalidValue) -> Self {
        Self::Value(value)
    }
}

prints_in_english!(TeamError);

impl Refusal for TeamError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFormed => "TEAM_NOT_FOUND",
            Self::AlreadyFormed => "TEAM_ALREADY_EXISTS",
            Self::Disbanded => "TEAM_DISBANDED",
            Self::HasMembers => "TEAM_HAS_MEMBERS",
            Self::Value(value) => value.code(),
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::Value(value) => value.field(),
            _ => None,
        }
    }

    fn allowed(&self) -> Vec<&'static str> {
        match self {
            Self::NotFormed | Self::Disbanded => vec!["Form"],
            Self::HasMembers => vec!["Remove"],
            Self::AlreadyFormed => Vec::new(),
            Self::Value(value) => value.allowed(),
        }
    }

    fn message(&self, language: Language) -> String {
        match self {
            Self::NotFormed => language.choose(
                "There is no such team: form it first.",
                "Cette équipe n'existe pas : formez-la d'abord.",
            ),
            Self::AlreadyFormed => language.choose(
                "This team exists already: form another one under another id.",
                "Cette équipe existe déjà : formez-en une autre sous un autre identifiant.",
            ),
            Self::Disbanded => language.choose(
                "This team was disbanded: form another one.",
                "Cette équipe a été dissoute : formez-en une autre.",
            ),
            Self::HasMembers => language.choose(
                "This team has members: remove them first.",
                "Cette équipe a des membres : retirez-les d'abord.",
            ),
            Self::Value(value) => value.message(language),
        }
    }
}

#[cfg(test)]
mod tests {
    use cqrs_es::test::{AggregateTestExecutor, TestFramework};
    use uuid::Uuid;

    use super::*;

    const INES: UserId = UserId(Uuid::from_u128(1));

    fn formed() -> TeamEvent {
        TeamEvent::TeamFormed {
            name: "Nord".to_owned(),
        }
    }

    fn joined() -> TeamEvent {
        TeamEvent::TeamMemberAdded { member: INES }
    }

    fn given(events: Vec<TeamEvent>) -> AggregateTestExecutor<Team> {
        TestFramework::<Team>::with(()).given(events)
    }

    #[test]
    fn a_team_is_formed_once() {
        let form = || TeamCommand::Form {
            name: " Nord ".to_owned(),
        };
        given(vec![]).when(form()).then_expect_events(vec![formed()]);
        given(vec![formed()])
            .when(form())
            .then_expect_error(TeamError::AlreadyFormed);
    }

    #[test]
    fn somebody_is_in_a_team_once() {
        let add = TeamCommand::Add { member: INES };
        given(vec![formed()])
            .when(add.clone())
            .then_expect_events(vec![joined()]);
        given(vec![formed(), joined()]).when(add).then_expect_events(vec![]);
    }

    #[test]
    fn a_team_with_members_is_not_disbanded() {
        given(vec![formed(), joined()])
            .when(TeamCommand::Disband)
            .then_expect_error(TeamError::HasMembers);
        let left = TeamEvent::TeamMemberRemoved { member: INES };
        given(vec![formed(), joined(), left])
            .when(TeamCommand::Disband)
            .then_expect_events(vec![TeamEvent::TeamDisbanded {}]);
    }

    #[test]
    fn nobody_joins_a_team_that_was_disbanded() {
        given(vec![formed(), TeamEvent::TeamDisbanded {}])
            .when(TeamCommand::Add { member: INES })
            .then_expect_error(TeamError::Disbanded);
    }

    #[test]
    fn a_team_that_does_not_exist_takes_nobody() {
        given(vec![])
            .when(TeamCommand::Add { member: INES })
            .then_expect_error(TeamError::NotFormed);
    }
}
