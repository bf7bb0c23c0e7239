use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{InvalidValue, local, value};

/// By when something is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Due {
    /// On that day, whatever the hour and wherever one is.
    Date(NaiveDate),
    /// At that instant, which somebody meant as an hour of the wall clocks of a zone.
    Moment {
        at: DateTime<Utc>,
        /// Of the IANA database.
        #[schemars(with = "String")]
        time_zone: Tz,
    },
}

impl Due {
    /// The hour of a wall clock.
    pub fn at(date: NaiveDate, time: NaiveTime, time_zone: Tz) -> Self {
        Self::Moment {
            at: local::instant(date, time, time_zone),
            time_zone,
        }
    }

    /// The day, as the zone's calendar has it.
    pub fn date(self) -> NaiveDate {
        match self {
            Self::Date(date) => date,
            Self::Moment { at, time_zone } => at.with_timezone(&time_zone).date_naive(),
        }
    }

    /// The day, as the calendar of a zone has it.
    pub fn date_in(self, zone: Tz) -> NaiveDate {
        match self {
            Self::Date(date) => date,
            Self::Moment { at, .. } => at.with_timezone(&zone).date_naive(),
        }
    }

    /// The instant, when it is one.
    pub const fn instant(self) -> Option<DateTime<Utc>> {
        match self {
            Self::Date(_) => None,
            Self::Moment { at, .. } => Some(at),
        }
    }

    /// When it is too late, for somebody in a zone.
    pub fn passed_at(self, zone: Tz) -> DateTime<Utc> {
        match self {
            Self::Date(date) => local::end_of_day(date, zone),
            Self::Moment { at, .. } => at,
        }
    }

    pub(crate) fn checked(self, field: &'static str) -> Result<Self, InvalidValue> {
        Ok(match self {
            Self::Date(date) => Self::Date(value::date(field, date)?),
            Self::Moment { at, time_zone } => Self::Moment {
                at: value::moment(field, at)?,
                time_zone,
            },
        })
    }
}
