//! What people decided about a projection: so far, that it shall leave an event out, and why.
//!
//! Such a decision is itself an event, so that a rebuilt view honours it and an auditor can read who took it. One
//! stream per projection.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Decider, InvalidValue, Language, Refusal, Root,
    event::event_types,
    refusal::prints_in_english,
    value::{self, LABEL_MAX, Problem},
};

pub type Oversight = Root<OversightState>;

/// What one can ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum OversightCommand {
    /// Leave the event at `position` out of a projection.
    Skip {
        projection: String,
        position: u64,
        reason: String,
    },
}

/// What can have happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all_fields = "camelCase")]
pub enum OversightEvent {
    EventSkipped {
        projection: String,
        position: u64,
        reason: String,
    },
}

event_types!(OversightEvent of "projection" { EventSkipped = 1 });

/// What is remembered in order to decide.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct OversightState {
    skipped: BTreeSet<u64>,
}

impl Decider for OversightState {
    const TYPE: &'static str = "projection";

    type Command = OversightCommand;
    type Event = OversightEvent;
    type Error = OversightError;

    fn decide(&self, command: OversightCommand) -> Result<Vec<OversightEvent>, OversightError> {
        let OversightCommand::Skip {
            projection,
            position,
            reason,
        } = command;
        let projection = value::line("projection", &projection, LABEL_MAX)?;
        let reason = value::note("reason", &reason)?;
        if position == 0 {
            return Err(InvalidValue::new("position", Problem::OutOfRange { min: 1, max: i64::MAX }).into());
        }
        if self.skipped.contains(&position) {
            return Ok(Vec::new());
        }
        Ok(vec![OversightEvent::EventSkipped {
            projection,
            position,
            reason,
        }])
    }

    fn evolve(&mut self, event: &OversightEvent) {
        match event {
            OversightEvent::EventSkipped { position, .. } => {
                self.skipped.insert(*position);
            }
        }
    }
}

/// Why it can be refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OversightError {
    Value(InvalidValue),
}

impl From<InvalidValue> for OversightError {
    fn from(value: InvalidValue) -> Self {
        Self::Value(value)
    }
}

prints_in_english!(OversightError);

impl Refusal for OversightError {
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

    fn skip(position: u64, reason: &str) -> OversightCommand {
        OversightCommand::Skip {
            projection: "deals".to_owned(),
            position,
            reason: reason.to_owned(),
        }
    }

    fn skipped() -> OversightEvent {
        OversightEvent::EventSkipped {
            projection: "deals".to_owned(),
            position: 7,
            reason: "a duplicate".to_owned(),
        }
    }

    #[test]
    fn a_skip_says_why() {
        TestFramework::<Oversight>::with(())
            .given_no_previous_events()
            .when(skip(7, " a duplicate "))
            .then_expect_events(vec![skipped()]);
    }

    #[test]
    fn a_skip_without_a_reason_is_refused() {
        TestFramework::<Oversight>::with(())
            .given_no_previous_events()
            .when(skip(7, "  "))
            .then_expect_error(InvalidValue::new("reason", Problem::Missing).into());
    }

    #[test]
    fn there_is_no_position_zero() {
        let refused = TestFramework::<Oversight>::with(())
            .given_no_previous_events()
            .when(skip(0, "why not"))
            .inspect_result();
        assert_eq!(refused.unwrap_err().code(), "NUMBER_OUT_OF_RANGE");
    }

    #[test]
    fn skipping_again_changes_nothing() {
        TestFramework::<Oversight>::with(())
            .given(vec![skipped()])
            .when(skip(7, "again"))
            .then_expect_events(vec![]);
    }
}
