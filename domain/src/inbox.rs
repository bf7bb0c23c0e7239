//! What a user has seen of what they were told, and what they do not want to be told. One stream per user, under the
//! user's id.
//!
//! Notifications themselves are no events: they follow from what happened, and are named by its position in the journal.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Decider, InvalidValue, Language, Refusal, Root, event::event_types, refusal::prints_in_english, value::Problem,
};

/// Notifications that one command names at most.
const POSITIONS_MAX: usize = 250;

pub type Inbox = Root<InboxState>;

/// What somebody is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum NotificationKind {
    /// A task was given to them.
    TaskAssigned,
    /// They watch a task from now on.
    TaskWatched,
    /// A task of theirs is due soon, now, or overdue.
    TaskReminder,
    /// A deal was given to them.
    DealAssigned,
    DealWon,
    DealLost,
    /// A date of a contract of theirs comes near.
    ContractAlert,
}

impl NotificationKind {
    pub const ALL: [Self; 7] = [
        Self::TaskAssigned,
        Self::TaskWatched,
        Self::TaskReminder,
        Self::DealAssigned,
        Self::DealWon,
        Self::DealLost,
        Self::ContractAlert,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TaskAssigned => "TASK_ASSIGNED",
            Self::TaskWatched => "TASK_WATCHED",
            Self::TaskReminder => "TASK_REMINDER",
            Self::DealAssigned => "DEAL_ASSIGNED",
            Self::DealWon => "DEAL_WON",
            Self::DealLost => "DEAL_LOST",
            Self::ContractAlert => "CONTRACT_ALERT",
        }
    }
}

/// What one can ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum InboxCommand {
    MarkRead {
        positions: Vec<u64>,
    },
    MarkUnread {
        positions: Vec<u64>,
    },
    /// Everything up to a position.
    MarkAllRead {
        up_to: u64,
    },
    Mute {
        kind: NotificationKind,
    },
    Unmute {
        kind: NotificationKind,
    },
}

/// What can have happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all_fields = "camelCase")]
pub enum InboxEvent {
    NotificationsRead {
        positions: Vec<u64>,
    },
    NotificationsUnread {
        positions: Vec<u64>,
    },
    /// All up to this position.
    AllNotificationsRead {
        up_to: u64,
    },
    NotificationsMuted {
        kind: NotificationKind,
    },
    NotificationsUnmuted {
        kind: NotificationKind,
    },
}

event_types!(InboxEvent of "inbox" {
    NotificationsRead = 1,
    NotificationsUnread = 1,
    AllNotificationsRead = 1,
    NotificationsMuted = 1,
    NotificationsUnmuted = 1,
});

/// What is remembered in order to decide: up to where all is read, and what is otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct InboxState {
    read_up_to: u64,
    read_beyond: BTreeSet<u64>,
    unread_below: BTreeSet<u64>,
    muted: BTreeSet<NotificationKind>,
}

impl InboxState {
    fn is_read(&self, position: u64) -> bool {
        if position <= self.read_up_to {
            !self.unread_below.contains(&position)
        } else {
            self.read_beyond.contains(&position)
        }
    }
}

impl Decider for InboxState {
    const TYPE: &'static str = "inbox";

    type Command = InboxCommand;
    type Event = InboxEvent;
    type Error = InboxError;

    fn decide(&self, command: InboxCommand) -> Result<Vec<InboxEvent>, InboxError> {
        Ok(match command {
            InboxCommand::MarkRead { positions } => {
                let positions = checked(positions)?.into_iter().filter(|one| !self.is_read(*one));
                some(positions.collect(), |positions| InboxEvent::NotificationsRead {
                    positions,
                })
            }
            InboxCommand::MarkUnread { positions } => {
                let positions = checked(positions)?.into_iter().filter(|one| self.is_read(*one));
                some(positions.collect(), |positions| InboxEvent::NotificationsUnread {
                    positions,
                })
            }
            InboxCommand::MarkAllRead { up_to } if up_to <= self.read_up_to && self.unread_below.is_empty() => {
                Vec::new()
            }
            InboxCommand::MarkAllRead { up_to } => vec![InboxEvent::AllNotificationsRead { up_to }],
            InboxCommand::Mute { kind } if self.muted.contains(&kind) => Vec::new(),
            InboxCommand::Mute { kind } => vec![InboxEvent::NotificationsMuted { kind }],
            InboxCommand::Unmute { kind } if !self.muted.contains(&kind) => Vec::new(),
            InboxCommand::Unmute { kind } => vec![InboxEvent::NotificationsUnmuted { kind }],
        })
    }

    fn evolve(&mut self, event: &InboxEvent) {
        match event {
            InboxEvent::NotificationsRead { positions } => {
                for position in positions {
                    self.unread_below.remove(position);
                    if *position > self.read_up_to {
                        self.read_beyond.insert(*position);
                    }
                }
            }
            InboxEvent::NotificationsUnread { positions } => {
                for position in positions {
                    self.read_beyond.remove(position);
                    if *position <= self.read_up_to {
                        self.unread_below.insert(*position);
                    }
                }
            }
            InboxEvent::AllNotificationsRead { up_to } => {
                self.read_up_to = self.read_up_to.max(*up_to);
                self.read_beyond.retain(|position| position > up_to);
                self.unread_below.retain(|position| position > up_to);
            }
            InboxEvent::NotificationsMuted { kind } => {
                self.muted.insert(*kind);
            }
            InboxEvent::NotificationsUnmuted { kind } => {
                self.muted.remove(kind);
            }
        }
    }
}

/// In order, each once.
fn checked(positions: Vec<u64>) -> Result<BTreeSet<u64>, InvalidValue> {
    let (max, found) = (POSITIONS_MAX, positions.len());
    if found > max {
        return Err(InvalidValue::new("positions", Problem::TooMany { max, found }));
    }
    if positions.contains(&0) {
        return Err(InvalidValue::new(
            "positions",
            Problem::OutOfRange { min: 1, max: i64::MAX },
        ));
    }
    Ok(positions.into_iter().collect())
}

fn some(positions: Vec<u64>, event: impl Fn(Vec<u64>) -> InboxEvent) -> Vec<InboxEvent> {
    if positions.is_empty() {
        Vec::new()
    } else {
        vec![event(positions)]
    }
}

/// Why it can be refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InboxError {
    Value(InvalidValue),
}

impl From<InvalidValue> for InboxError {
    fn from(value: InvalidValue) -> Self {
        Self::Value(value)
    }
}

prints_in_english!(InboxError);

impl Refusal for InboxError {
    fn code(&self) -> &'static str {
        let Self::Value(value) = self;
        value.code()
    }

    fn field(&self) -> Option<&'static str> {
        let Self::Value(value) = self;
        value.field()
    }

    fn message(&self, language: Language) -> String {
        let Self::Value(value) = self;
        value.message(language)
    }
}

#[cfg(test)]
mod tests {
    use cqrs_es::test::TestFramework;

    use super::*;

    fn given(events: Vec<InboxEvent>) -> cqrs_es::test::AggregateTestExecutor<Inbox> {
        TestFramework::<Inbox>::with(()).given(events)
    }

    fn read(positions: &[u64]) -> InboxEvent {
        InboxEvent::NotificationsRead {
            positions: positions.to_vec(),
        }
    }

    fn mark_read(positions: &[u64]) -> InboxCommand {
        InboxCommand::MarkRead {
            positions: positions.to_vec(),
        }
    }

    #[test]
    fn what_is_read_is_read_once() {
        given(vec![])
            .when(mark_read(&[9, 7, 7]))
            .then_expect_events(vec![read(&[7, 9])]);
        given(vec![read(&[7])])
            .when(mark_read(&[7, 9]))
            .then_expect_events(vec![read(&[9])]);
        given(vec![read(&[7])]).when(mark_read(&[7])).then_expect_events(vec![]);
    }

    #[test]
    fn what_was_read_with_all_others_can_be_kept_for_later() {
        let unread = InboxEvent::NotificationsUnread { positions: vec![7] };
        let all = InboxEvent::AllNotificationsRead { up_to: 10 };
        let keep = InboxCommand::MarkUnread { positions: vec![7, 11] };
        given(vec![all.clone()])
            .when(keep)
            .then_expect_events(vec![unread.clone()]);
        given(vec![all.clone()])
            .when(mark_read(&[7]))
            .then_expect_events(vec![]);
        given(vec![all.clone(), unread.clone()])
            .when(mark_read(&[7]))
            .then_expect_events(vec![read(&[7])]);
        given(vec![all.clone(), unread])
            .when(InboxCommand::MarkAllRead { up_to: 10 })
            .then_expect_events(vec![all.clone()]);
        given(vec![all])
            .when(InboxCommand::MarkAllRead { up_to: 9 })
            .then_expect_events(vec![]);
    }

    #[test]
    fn a_kind_is_muted_until_it_is_unmuted() {
        let kind = NotificationKind::DealLost;
        let muted = InboxEvent::NotificationsMuted { kind };
        given(vec![])
            .when(InboxCommand::Mute { kind })
            .then_expect_events(vec![muted.clone()]);
        given(vec![muted.clone()])
            .when(InboxCommand::Mute { kind })
            .then_expect_events(vec![]);
        given(vec![muted])
            .when(InboxCommand::Unmute { kind })
            .then_expect_events(vec![InboxEvent::NotificationsUnmuted { kind }]);
    }

    #[test]
    fn there_is_no_position_zero_and_no_flood() {
        for positions in [vec![0], (1..=251).collect()] {
            assert!(given(vec![]).when(mark_read(&positions)).inspect_result().is_err());
        }
    }
}
