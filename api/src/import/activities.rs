//! A row that describes something that passed between us and a customer.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    ActivityCommand, ContactId, DealId, OrganizationId,
    activity::{About, ActivityDirection, ActivityWords, CallOutcome, ContentInput, RecordActivity},
};
use uuid::Uuid;

use super::{
    Names, Referred, Refused, contacts,
    mapping::{Fields, Row, shown},
    referred,
};

pub(super) const FIELDS: Fields = Fields {
    required: &["kind"],
    optional: &[
        "at",
        "end",
        "minutes",
        "direction",
        "outcome",
        "place",
        "subject",
        "body",
        "organization",
        "contact",
        "deal",
        "externalReference",
    ],
};

/// How long a meeting was of which the file does not say it.
const MEETING: i64 = 60;

/// What the row asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ActivityPlan {
    pub(super) id: Uuid,
    pub(super) command: ActivityCommand,
    /// When it happened; now when the file does not say.
    pub(super) occurred_at: Option<DateTime<Utc>>,
}

pub(super) fn plan(row: &mut Row<'_>, names: &impl Names) -> Result<ActivityPlan, Refused> {
    let key = row.key()?.to_owned();
    let occurred_at = row.moment("at")?;
    let contact_key = row.text("contact")?;
    let about = About {
        organization: referred(row, names, "organization", Referred::Organization)?.map(OrganizationId),
        contact: referred(row, names, "contact", Referred::Contact)?.map(ContactId),
        deal: referred(row, names, "deal", Referred::Deal)?.map(DealId),
    };
    let record = RecordActivity {
        content: content(row, occurred_at)?,
        about,
        words: ActivityWords {
            subject: row.text("subject")?,
            body: row.text("body")?,
        },
        // What was said with somebody is sealed under their key.
        person: contact_key.map(|key| contacts::person(names, &key)),
        author: None,
        external_reference: row.text("externalReference")?.or_else(|| Some(key.clone())),
    };
    Ok(ActivityPlan {
        id: names.id("activity", &key),
        command: ActivityCommand::Record(Box::new(record)),
        occurred_at,
    })
}

fn content(row: &mut Row<'_>, at: Option<DateTime<Utc>>) -> Result<ContentInput, Refused> {
    let kind = row.required("kind")?;
    let minutes = minutes(row)?;
    match kind.to_uppercase().as_str() {
        "CALL" => Ok(ContentInput::Call {
            direction: direction(row)?,
            outcome: outcome(row)?,
            duration: minutes.map(|minutes| minutes.saturating_mul(60)),
        }),
        "EMAIL" => Ok(ContentInput::Email {
            direction: direction(row)?,
        }),
        "NOTE" => Ok(ContentInput::Note),
        "MEETING" => {
            let start = at.ok_or_else(|| Refused::new("MISSING_VALUE", "a meeting has no time: `at` has no value"))?;
            let length = TimeDelta::minutes(minutes.map_or(MEETING, i64::from));
            Ok(ContentInput::Meeting {
                start,
                end: row.moment("end")?.unwrap_or(start + length),
                place: row.text("place")?,
                contacts: Vec::new(),
                users: Vec::new(),
            })
        }
        _ => {
            let message = format!("`kind` is CALL, EMAIL, MEETING or NOTE, not `{}`", shown(&kind));
            Err(Refused::new("UNKNOWN_VALUE", message))
        }
    }
}

fn minutes(row: &mut Row<'_>) -> Result<Option<u32>, Refused> {
    let Some(text) = row.text("minutes")? else {
        return Ok(None);
    };
    text.parse().map(Some).map_err(|_| {
        let message = format!("`minutes` is not a whole number: `{}`", shown(&text));
        Refused::new("INVALID_NUMBER", message)
    })
}

/// What is not said came from us.
fn direction(row: &mut Row<'_>) -> Result<ActivityDirection, Refused> {
    let known = ActivityDirection::ALL.map(|direction| (direction.as_str(), direction));
    Ok(one_of(row, "direction", &known)?.unwrap_or(ActivityDirection::Outbound))
}

fn outcome(row: &mut Row<'_>) -> Result<Option<CallOutcome>, Refused> {
    let known = CallOutcome::ALL.map(|outcome| (outcome.as_str(), outcome));
    one_of(row, "outcome", &known)
}

fn one_of<T: Copy>(row: &mut Row<'_>, name: &str, known: &[(&str, T)]) -> Result<Option<T>, Refused> {
    let Some(text) = row.text(name)? else { return Ok(None) };
    let found = known.iter().find(|(name, _)| name.eq_ignore_ascii_case(&text));
    found.map(|(_, value)| Some(*value)).ok_or_else(|| {
        let names: Vec<_> = known.iter().map(|(name, _)| *name).collect();
        let message = format!("`{name}` is one of {}, not `{}`", names.join(", "), shown(&text));
        Refused::new("UNKNOWN_VALUE", message)
    })
}
