//! What an activity was.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    ContactId, InvalidValue, PersonId, Personal, UserId,
    value::{self, NAME_MAX, Problem},
};

/// The longest call: a day, in seconds.
const DURATION_MAX: u32 = 86_400;
/// The longest meeting, in days.
const MEETING_DAYS_MAX: i64 = 31;
/// People at one meeting, of each side.
const PARTICIPANTS_MAX: usize = 100;
/// Metres by which a place may be off: half around the earth.
const ACCURACY_MAX: u32 = 20_100_000;
/// Characters of a body; a long e-mail.
const BODY_MAX: usize = 50_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ActivityKind {
    Call,
    Email,
    Meeting,
    Note,
    CheckIn,
}

impl ActivityKind {
    pub const ALL: [Self; 5] = [Self::Call, Self::Email, Self::Meeting, Self::Note, Self::CheckIn];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Call => "CALL",
            Self::Email => "EMAIL",
            Self::Meeting => "MEETING",
            Self::Note => "NOTE",
            Self::CheckIn => "CHECK_IN",
        }
    }
}

/// Who turned to whom. Only what comes in is an act of theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ActivityDirection {
    Inbound,
    Outbound,
}

impl ActivityDirection {
    pub const ALL: [Self; 2] = [Self::Inbound, Self::Outbound];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inbound => "INBOUND",
            Self::Outbound => "OUTBOUND",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CallOutcome {
    Reached,
    NoAnswer,
    Busy,
    VoicemailLeft,
    WrongNumber,
}

impl CallOutcome {
    pub const ALL: [Self; 5] = [
        Self::Reached,
        Self::NoAnswer,
        Self::Busy,
        Self::VoicemailLeft,
        Self::WrongNumber,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reached => "REACHED",
            Self::NoAnswer => "NO_ANSWER",
            Self::Busy => "BUSY",
            Self::VoicemailLeft => "VOICEMAIL_LEFT",
            Self::WrongNumber => "WRONG_NUMBER",
        }
    }
}

/// Where somebody was at one moment. Degrees are kept as millionths, a tenth of a metre, so that they are exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GeoPlace {
    pub latitude_e6: i32,
    pub longitude_e6: i32,
    /// Metres by which it may be off, as the device says.
    pub accuracy: u32,
}

/// What it was, in the event. The place of a check-in is sealed under the key of whoever was there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE", rename_all_fields = "camelCase")]
pub enum ActivityContent {
    Call {
        direction: ActivityDirection,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        outcome: Option<CallOutcome>,
        /// In seconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        duration: Option<u32>,
    },
    Email {
        direction: ActivityDirection,
    },
    Meeting {
        start: DateTime<Utc>,
        end: DateTime<Utc>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        place: Option<String>,
        /// Of theirs.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        contacts: Vec<ContactId>,
        /// Of ours.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        users: Vec<UserId>,
    },
    Note {},
    CheckIn {
        place: Personal<GeoPlace>,
    },
}

/// What it was, in the command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum ContentInput {
    Call {
        direction: ActivityDirection,
        outcome: Option<CallOutcome>,
        duration: Option<u32>,
    },
    Email {
        direction: ActivityDirection,
    },
    Meeting {
        start: DateTime<Utc>,
        end: DateTime<Utc>,
        place: Option<String>,
        contacts: Vec<ContactId>,
        users: Vec<UserId>,
    },
    Note,
    /// `person` is whoever was there, as the name of their key.
    CheckIn {
        place: GeoPlace,
        person: PersonId,
    },
}

impl ActivityContent {
    pub const fn kind(&self) -> ActivityKind {
        match self {
            Self::Call { .. } => ActivityKind::Call,
            Self::Email { .. } => ActivityKind::Email,
            Self::Meeting { .. } => ActivityKind::Meeting,
            Self::Note {} => ActivityKind::Note,
            Self::CheckIn { .. } => ActivityKind::CheckIn,
        }
    }

    pub const fn direction(&self) -> Option<ActivityDirection> {
        match self {
            Self::Call { direction, .. } | Self::Email { direction } => Some(*direction),
            _ => None,
        }
    }
}

impl ContentInput {
    pub(super) fn checked(self) -> Result<ActivityContent, InvalidValue> {
        Ok(match self {
            Self::Call {
                direction,
                outcome,
                duration,
            } => {
                at_most("duration", duration.unwrap_or_default(), DURATION_MAX)?;
                ActivityContent::Call {
                    direction,
                    outcome,
                    duration,
                }
            }
            Self::Email { direction } => ActivityContent::Email { direction },
            Self::Meeting {
                start,
                end,
                place,
                contacts,
                users,
            } => {
                let (start, end) = (value::moment("start", start)?, value::moment("end", end)?);
                let days = (end - start).num_days();
                if end < start || days > MEETING_DAYS_MAX {
                    return Err(InvalidValue::new(
                        "end",
                        Problem::EndBeforeStart { days: MEETING_DAYS_MAX },
                    ));
                }
                ActivityContent::Meeting {
                    start,
                    end,
                    place: value::optional_line("place", place.as_deref(), NAME_MAX)?,
                    contacts: once("contacts", contacts)?,
                    users: once("users", users)?,
                }
            }
            Self::Note => ActivityContent::Note {},
            Self::CheckIn { place, person } => ActivityContent::CheckIn {
                place: Personal::new(person, place.checked()?),
            },
        })
    }
}

impl GeoPlace {
    /// From degrees, as devices give them.
    pub fn from_degrees(latitude: f64, longitude: f64, accuracy: f64) -> Result<Self, InvalidValue> {
        let within = |field, degrees: f64, max: i64| {
            if degrees.is_finite() && degrees.abs() <= max as f64 {
                Ok((degrees * 1e6).round() as i32)
            } else {
                Err(InvalidValue::new(field, Problem::OutOfRange { min: -max, max }))
            }
        };
        if !accuracy.is_finite() || accuracy < 0.0 {
            return Err(InvalidValue::new("accuracy", Problem::Negative));
        }
        Self {
            latitude_e6: within("latitude", latitude, 90)?,
            longitude_e6: within("longitude", longitude, 180)?,
            accuracy: accuracy.ceil().min(f64::from(u32::MAX)) as u32,
        }
        .checked()
    }

    pub fn latitude(self) -> f64 {
        f64::from(self.latitude_e6) / 1e6
    }

    pub fn longitude(self) -> f64 {
        f64::from(self.longitude_e6) / 1e6
    }

    fn checked(self) -> Result<Self, InvalidValue> {
        let within = |field, e6: i32, max: i64| {
            if i64::from(e6).abs() <= max * 1_000_000 {
                Ok(())
            } else {
                Err(InvalidValue::new(field, Problem::OutOfRange { min: -max, max }))
            }
        };
        within("latitude", self.latitude_e6, 90)?;
        within("longitude", self.longitude_e6, 180)?;
        at_most("accuracy", self.accuracy, ACCURACY_MAX)?;
        Ok(self)
    }
}

/// What was said: a line, and more.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ActivityWords {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

impl ActivityWords {
    pub(super) fn checked(&self) -> Result<Self, InvalidValue> {
        let body = match self.body.as_deref().map(str::trim) {
            None | Some("") => None,
            Some(body) => Some(value::long_text("body", body, BODY_MAX)?),
        };
        Ok(Self {
            subject: value::optional_line("subject", self.subject.as_deref(), NAME_MAX)?,
            body,
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.subject.is_none() && self.body.is_none()
    }
}

fn at_most(field: &'static str, number: u32, max: u32) -> Result<(), InvalidValue> {
    if number > max {
        let max = i64::from(max);
        return Err(InvalidValue::new(field, Problem::TooLarge { max }));
    }
    Ok(())
}

fn once<T: PartialEq>(field: &'static str, list: Vec<T>) -> Result<Vec<T>, InvalidValue> {
    let mut once = Vec::new();
    for one in list {
        if !once.contains(&one) {
            once.push(one);
        }
        if once.len() > PARTICIPANTS_MAX {
            return Err(InvalidValue::new(
                field,
                Problem::TooMany {
                    max: PARTICIPANTS_MAX,
                    found: once.len(),
                },
            ));
        }
    }
    Ok(once)
}
