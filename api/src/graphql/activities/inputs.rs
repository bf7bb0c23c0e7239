//! What the mutations of activities take.

use async_graphql::{ID, InputObject, OneofObject};
use domain::{
    ContactId, InvalidValue, PersonId, UserId,
    activity::{ActivityWords, ContentInput, GeoPlace},
};
use uuid::Uuid;

use super::{ActivityDirection, CallOutcome};
use crate::graphql::{
    commands::CommandOptions,
    errors::ApiResult,
    ids::{self, Kind},
    scalars::Moment,
};

/// What it was: one of these.
#[derive(Debug, Clone, OneofObject)]
pub enum ActivityContentInput {
    Call(CallInput),
    Email(EmailInput),
    Meeting(MeetingInput),
    /// Give true: a note is what it says.
    Note(bool),
    CheckIn(CheckInInput),
}

#[derive(Debug, Clone, InputObject)]
pub struct CallInput {
    pub direction: ActivityDirection,
    pub outcome: Option<CallOutcome>,
    /// In seconds.
    pub duration: Option<u32>,
}

#[derive(Debug, Clone, InputObject)]
pub struct EmailInput {
    pub direction: ActivityDirection,
}

#[derive(Debug, Clone, InputObject)]
pub struct MeetingInput {
    pub start: Moment,
    pub end: Moment,
    /// In words.
    pub place: Option<String>,
    /// Contacts who were there.
    #[graphql(default)]
    pub participants: Vec<ID>,
    /// Users who were there.
    #[graphql(default)]
    pub users: Vec<ID>,
}

/// Where you are, at this moment and no other.
#[derive(Debug, Clone, InputObject)]
pub struct CheckInInput {
    /// In degrees.
    pub latitude: f64,
    pub longitude: f64,
    /// Metres by which it may be off, as the device says.
    pub accuracy: f64,
}

impl ActivityContentInput {
    /// `there` is whoever checks in, as the name of their key.
    pub fn value(&self, there: PersonId) -> ApiResult<Result<ContentInput, InvalidValue>> {
        Ok(Ok(match self {
            Self::Call(call) => ContentInput::Call {
                direction: call.direction.into(),
                outcome: call.outcome.map(Into::into),
                duration: call.duration,
            },
            Self::Email(email) => ContentInput::Email {
                direction: email.direction.into(),
            },
            Self::Meeting(meeting) => ContentInput::Meeting {
                start: meeting.start.0,
                end: meeting.end.0,
                place: meeting.place.clone(),
                contacts: parsed(Kind::Contact, &meeting.participants)?.map(ContactId).collect(),
                users: parsed(Kind::User, &meeting.users)?.map(UserId).collect(),
            },
            Self::Note(_) => ContentInput::Note,
            Self::CheckIn(check) => match GeoPlace::from_degrees(check.latitude, check.longitude, check.accuracy) {
                Ok(place) => ContentInput::CheckIn { place, person: there },
                Err(refusal) => return Ok(Err(refusal)),
            },
        }))
    }
}

fn parsed(kind: Kind, ids: &[ID]) -> ApiResult<impl Iterator<Item = uuid::Uuid> + use<>> {
    let ids = ids
        .iter()
        .map(|id| ids::parse_as(kind, id))
        .collect::<ApiResult<Vec<_>>>()?;
    Ok(ids.into_iter())
}

#[derive(Debug, Clone, InputObject)]
pub struct ActivityRecordInput {
    pub content: ActivityContentInput,
    /// What it was about: at least one of organization, contact and deal.
    pub organization: Option<ID>,
    /// When it is about a contact, its words are sealed under that person's key.
    pub contact: Option<ID>,
    pub deal: Option<ID>,
    pub subject: Option<String>,
    pub body: Option<String>,
    /// The user who took part or wrote it down; whoever asks, unless it says otherwise.
    pub author: Option<ID>,
    /// Its name in another system.
    pub external_reference: Option<String>,
    /// `occurredAt` is when it happened.
    #[graphql(flatten)]
    pub options: CommandOptions,
}

/// What is absent was right.
#[derive(Debug, Clone, InputObject)]
pub struct ActivityCorrectInput {
    pub id: ID,
    /// Of the same kind.
    pub content: Option<ActivityContentInput>,
    /// Replaces subject and body.
    pub words: Option<ActivityWordsInput>,
    #[graphql(flatten)]
    pub options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct ActivityWordsInput {
    pub subject: Option<String>,
    pub body: Option<String>,
}

impl From<ActivityWordsInput> for ActivityWords {
    fn from(input: ActivityWordsInput) -> Self {
        Self {
            subject: input.subject,
            body: input.body,
        }
    }
}

#[derive(Debug, Clone, InputObject)]
pub struct ActivityAttachFileInput {
    pub id: ID,
    /// Of `fileUploadCreate`, once its bytes were sent.
    pub file: Uuid,
    #[graphql(flatten)]
    pub options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct ActivityDetachFileInput {
    pub id: ID,
    /// The `uuid` of the attachment.
    pub file: Uuid,
    #[graphql(flatten)]
    pub options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct ActivityWithdrawInput {
    pub id: ID,
    pub reason: Option<String>,
    #[graphql(flatten)]
    pub options: CommandOptions,
}
