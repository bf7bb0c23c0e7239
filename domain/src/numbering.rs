//! The numbers of a series in one year: one after the other, without gap and without doublet, in the order of the days
//! (CGI ann. II art. 242 nonies A, 7°).
//!
//! A number is given in the same unit of work that issues the document, so that neither is there without the other.

use chrono::{Datelike, NaiveDate};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Decider, Language, Refusal, Root,
    document::{DocumentNumber, NumberPattern, Series},
    event::event_types,
    refusal::prints_in_english,
};

/// The numbers of one series and year.
pub type NumberSeries = Root<NumberSeriesState>;

/// What one can ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum NumberSeriesCommand {
    /// The next number for a document.
    Allot {
        series: Series,
        pattern: NumberPattern,
        holder: Uuid,
        /// The day of the document, in the company's zone.
        on: NaiveDate,
    },
}

/// What can have happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all_fields = "camelCase")]
pub enum NumberSeriesEvent {
    NumberAllotted {
        series: Series,
        number: DocumentNumber,
        holder: Uuid,
        on: NaiveDate,
    },
}

event_types!(NumberSeriesEvent of "number_series" { NumberAllotted = 1 });

/// What is remembered in order to decide.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct NumberSeriesState {
    last: Option<(u32, NaiveDate)>,
    /// The newest holder and its number: a document asks in one unit of work and reads the answer in it.
    newest: Option<(Uuid, DocumentNumber)>,
}

impl NumberSeriesState {
    /// The number that was just given to this document.
    pub fn given_to(&self, holder: Uuid) -> Option<&DocumentNumber> {
        self.newest
            .as_ref()
            .filter(|(newest, _)| *newest == holder)
            .map(|(_, number)| number)
    }

    /// The sequence of the last number and its day.
    pub const fn last(&self) -> Option<(u32, NaiveDate)> {
        self.last
    }
}

impl Decider for NumberSeriesState {
    const TYPE: &'static str = "number_series";

    type Command = NumberSeriesCommand;
    type Event = NumberSeriesEvent;
    type Error = NumberSeriesError;

    fn decide(&self, command: NumberSeriesCommand) -> Result<Vec<NumberSeriesEvent>, NumberSeriesError> {
        let NumberSeriesCommand::Allot {
            series,
            pattern,
            holder,
            on,
        } = command;
        let sequence = match self.last {
            None => 1,
            Some((_, last)) if on < last => return Err(NumberSeriesError::BackDated { on, last }),
            Some((_, last)) if on.year() != last.year() => return Err(NumberSeriesError::AnotherYear { on }),
            Some((sequence, _)) => sequence.checked_add(1).ok_or(NumberSeriesError::Exhausted)?,
        };
        Ok(vec![NumberSeriesEvent::NumberAllotted {
            series,
            number: pattern.number(on.year(), sequence),
            holder,
            on,
        }])
    }

    fn evolve(&mut self, event: &NumberSeriesEvent) {
        let NumberSeriesEvent::NumberAllotted { number, holder, on, .. } = event;
        self.last = Some((number.sequence, *on));
        self.newest = Some((*holder, number.clone()));
    }
}

/// Why it can be refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NumberSeriesError {
    /// The series has a number of a later day already.
    BackDated {
        on: NaiveDate,
        last: NaiveDate,
    },
    /// The series is that of another year.
    AnotherYear {
        on: NaiveDate,
    },
    Exhausted,
}

prints_in_english!(NumberSeriesError);

impl Refusal for NumberSeriesError {
    fn code(&self) -> &'static str {
        match self {
            Self::BackDated { .. } => "NUMBER_BACK_DATED",
            Self::AnotherYear { .. } => "NUMBER_OF_ANOTHER_YEAR",
            Self::Exhausted => "NUMBERS_EXHAUSTED",
        }
    }

    fn field(&self) -> Option<&'static str> {
        None
    }

    fn message(&self, language: Language) -> String {
        match self {
            Self::BackDated { on, last } => language.choose(
                format!("The series already has a number of {last}: a document of {on} cannot follow it."),
                format!("La série a déjà un numéro du {last} : un document du {on} ne peut pas le suivre."),
            ),
            Self::AnotherYear { on } => language.choose(
                format!("The series is that of another year than {on}."),
                format!("La série est celle d'une autre année que le {on}."),
            ),
            Self::Exhausted => language.choose("The series has no numbers left.", "La série n'a plus de numéros."),
        }
    }
}

#[cfg(test)]
mod tests {
    use cqrs_es::test::TestFramework;

    use super::*;

    const HOLDER: Uuid = Uuid::from_u128(1);

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn allot(on: &str) -> NumberSeriesCommand {
        NumberSeriesCommand::Allot {
            series: Series::Invoice,
            pattern: NumberPattern::of(Series::Invoice),
            holder: HOLDER,
            on: day(on),
        }
    }

    fn allotted(sequence: u32, on: &str) -> NumberSeriesEvent {
        NumberSeriesEvent::NumberAllotted {
            series: Series::Invoice,
            number: NumberPattern::of(Series::Invoice).number(2026, sequence),
            holder: HOLDER,
            on: day(on),
        }
    }

    #[test]
    fn numbers_follow_each_other_without_gap() {
        TestFramework::<NumberSeries>::with(())
            .given_no_previous_events()
            .when(allot("2026-03-02"))
            .then_expect_events(vec![allotted(1, "2026-03-02")]);
        TestFramework::<NumberSeries>::with(())
            .given(vec![allotted(1, "2026-03-02")])
            .when(allot("2026-03-02"))
            .then_expect_events(vec![allotted(2, "2026-03-02")]);
    }

    #[test]
    fn no_number_is_given_before_the_last_day_or_in_another_year() {
        TestFramework::<NumberSeries>::with(())
            .given(vec![allotted(1, "2026-03-02")])
            .when(allot("2026-03-01"))
            .then_expect_error(NumberSeriesError::BackDated {
                on: day("2026-03-01"),
                last: day("2026-03-02"),
            });
        TestFramework::<NumberSeries>::with(())
            .given(vec![allotted(1, "2026-03-02")])
            .when(allot("2027-01-01"))
            .then_expect_error(NumberSeriesError::AnotherYear { on: day("2027-01-01") });
    }
}
