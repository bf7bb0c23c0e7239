//! A row that describes something that passed between us and a customer.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    ActivityCommand, ContactId, DealId, OrganizationId,
    activity::{About, ActivityDirection, ActivityWords, CallOutcome, ContentInput, RecordActivity},
};
use uuid::Uuid;

use super::{
    Names, Referred, Refused, contacts,
    fields::{FieldInfo, Reading},
    mapping::{Row, shown},
    referred,
};

pub(super) const FIELDS: &[FieldInfo] = &[
    FieldInfo {
        name: "kind",
        required: true,
        reading: Reading::Choice,
        english: "CALL, EMAIL, MEETING or NOTE.",
        french: "CALL, EMAIL, MEETING ou NOTE.",
        headings: &[
            "kind",
            "type",
            "activity type",
            "activity",
            "type d'activite",
            "activite",
            "nature",
        ],
        words: &[
            ("call", "CALL"),
            ("phone call", "CALL"),
            ("appel", "CALL"),
            ("appel telephonique", "CALL"),
            ("telephone", "CALL"),
            ("email", "EMAIL"),
            ("e mail", "EMAIL"),
            ("mail", "EMAIL"),
            ("courriel", "EMAIL"),
            ("meeting", "MEETING"),
            ("rendez vous", "MEETING"),
            ("rdv", "MEETING"),
            ("reunion", "MEETING"),
            ("visite", "MEETING"),
            ("note", "NOTE"),
            ("commentaire", "NOTE"),
        ],
    },
    FieldInfo {
        name: "at",
        required: false,
        reading: Reading::Moment,
        english: "When it happened; a meeting's beginning.",
        french: "Quand cela s'est passé ; le début d'une réunion.",
        headings: &[
            "at",
            "date",
            "when",
            "start",
            "start date",
            "activity date",
            "occurred at",
            "due date",
            "le",
            "quand",
            "debut",
            "date et heure",
            "date de l'activite",
        ],
        words: &[],
    },
    FieldInfo {
        name: "end",
        required: false,
        reading: Reading::Moment,
        english: "When a meeting ended.",
        french: "La fin d'une réunion.",
        headings: &["end", "end date", "ended at", "fin", "date de fin"],
        words: &[],
    },
    FieldInfo {
        name: "minutes",
        required: false,
        reading: Reading::Whole,
        english: "How long it took.",
        french: "La durée en minutes.",
        headings: &[
            "minutes",
            "duration",
            "duration minutes",
            "duree",
            "duree minutes",
            "duree en minutes",
        ],
        words: &[],
    },
    FieldInfo {
        name: "direction",
        required: false,
        reading: Reading::Choice,
        english: "INBOUND or OUTBOUND; the second when it is not said.",
        french: "INBOUND ou OUTBOUND ; sortant si rien n'est dit.",
        headings: &["direction", "sens"],
        words: &[
            ("inbound", "INBOUND"),
            ("incoming", "INBOUND"),
            ("entrant", "INBOUND"),
            ("entrante", "INBOUND"),
            ("recu", "INBOUND"),
            ("outbound", "OUTBOUND"),
            ("outgoing", "OUTBOUND"),
            ("sortant", "OUTBOUND"),
            ("sortante", "OUTBOUND"),
            ("envoye", "OUTBOUND"),
            ("emis", "OUTBOUND"),
        ],
    },
    FieldInfo {
        name: "outcome",
        required: false,
        reading: Reading::Choice,
        english: "What came of a call.",
        french: "L'issue d'un appel.",
        headings: &["outcome", "call outcome", "result", "issue", "resultat"],
        words: &[],
    },
    FieldInfo {
        name: "place",
        required: false,
        reading: Reading::Text,
        english: "Where a meeting was.",
        french: "Le lieu d'une réunion.",
        headings: &["place", "location", "lieu", "adresse"],
        words: &[],
    },
    FieldInfo {
        name: "subject",
        required: false,
        reading: Reading::Text,
        english: "What it was about, in a line.",
        french: "L'objet, en une ligne.",
        headings: &["subject", "title", "summary", "objet", "sujet", "titre"],
        words: &[],
    },
    FieldInfo {
        name: "body",
        required: false,
        reading: Reading::Text,
        english: "What was said.",
        french: "Ce qui a été dit.",
        headings: &[
            "body",
            "notes",
            "note",
            "description",
            "comment",
            "comments",
            "content",
            "commentaire",
            "commentaires",
            "contenu",
            "compte rendu",
            "message",
        ],
        words: &[],
    },
    FieldInfo {
        name: "organization",
        required: false,
        reading: Reading::Key,
        english: "The key of the organization it was with.",
        french: "La clé de l'organisation concernée.",
        headings: &[
            "organization",
            "organisation",
            "company",
            "account",
            "company id",
            "account id",
            "organization id",
            "societe",
            "entreprise",
            "client",
            "code client",
            "compte",
        ],
        words: &[],
    },
    FieldInfo {
        name: "contact",
        required: false,
        reading: Reading::Key,
        english: "The key of the contact it was with.",
        french: "La clé du contact concerné.",
        headings: &[
            "contact",
            "contact id",
            "person",
            "person id",
            "personne",
            "id contact",
            "interlocuteur",
        ],
        words: &[],
    },
    FieldInfo {
        name: "deal",
        required: false,
        reading: Reading::Key,
        english: "The key of the deal it was about.",
        french: "La clé de l'affaire concernée.",
        headings: &[
            "deal",
            "deal id",
            "opportunity",
            "opportunity id",
            "affaire",
            "opportunite",
            "id affaire",
        ],
        words: &[],
    },
    FieldInfo {
        name: "externalReference",
        required: false,
        reading: Reading::Text,
        english: "What another system calls it; the key when it is not said.",
        french: "Son nom dans un autre système ; sinon la clé.",
        headings: &["external reference", "reference externe"],
        words: &[],
    },
];

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
            let start =
                at.ok_or_else(|| Refused::new("MISSING_VALUE", "a meeting has no time: `at` has no value").of("at"))?;
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
            Err(Refused::new("UNKNOWN_VALUE", message).of("kind"))
        }
    }
}

fn minutes(row: &mut Row<'_>) -> Result<Option<u32>, Refused> {
    let Some(text) = row.text("minutes")? else {
        return Ok(None);
    };
    text.parse().map(Some).map_err(|_| {
        let message = format!("`minutes` is not a whole number: `{}`", shown(&text));
        Refused::new("INVALID_NUMBER", message).of("minutes")
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

fn one_of<T: Copy>(row: &mut Row<'_>, name: &'static str, known: &[(&str, T)]) -> Result<Option<T>, Refused> {
    let Some(text) = row.text(name)? else { return Ok(None) };
    let found = known.iter().find(|(name, _)| name.eq_ignore_ascii_case(&text));
    found.map(|(_, value)| Some(*value)).ok_or_else(|| {
        let names: Vec<_> = known.iter().map(|(name, _)| *name).collect();
        let message = format!("`{name}` is one of {}, not `{}`", names.join(", "), shown(&text));
        Refused::new("UNKNOWN_VALUE", message).of(name)
    })
}
