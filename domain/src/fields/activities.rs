use serde_json::Value;

use super::{Changes, json};
use crate::{
    ActivityEvent, Personal,
    activity::{ActivityContent, ActivityWords},
};

/// What the content of any kind of activity can say.
const CONTENT: [&str; 9] = [
    "kind",
    "direction",
    "outcome",
    "duration",
    "start",
    "end",
    "place",
    "contacts",
    "users",
];

pub(super) fn changes(event: &ActivityEvent) -> Changes {
    match event {
        ActivityEvent::ActivityRecorded {
            content: what,
            about,
            words,
            personal_words,
            author,
            external_reference,
        } => said(content(what), words.as_ref(), personal_words.as_ref())
            .set("organization", about.organization)
            .set("contact", about.contact)
            .set("deal", about.deal)
            .set("author", author)
            .set("externalReference", external_reference),
        ActivityEvent::ActivityCorrected {
            content: what,
            words,
            personal_words,
        } => {
            let changes = what.as_ref().map(content).unwrap_or_default();
            if words.is_none() && personal_words.is_none() {
                return changes;
            }
            said(changes, words.as_ref(), personal_words.as_ref())
        }
        ActivityEvent::ActivityFileAttached { file, .. } => Changes::new().add("files", [file]),
        ActivityEvent::ActivityFileDetached { file } => Changes::new().remove("files", [file]),
        ActivityEvent::ActivityWithdrawn { reason } => {
            Changes::new().set("withdrawn", true).set("withdrawalReason", reason)
        }
    }
}

fn content(content: &ActivityContent) -> Changes {
    let told = json(content);
    CONTENT.into_iter().fold(Changes::new(), |changes, field| {
        changes.set(field, told.get(field).unwrap_or(&Value::Null))
    })
}

fn said(changes: Changes, words: Option<&ActivityWords>, personal: Option<&Personal<ActivityWords>>) -> Changes {
    match (words, personal) {
        (Some(words), _) => changes.set("subject", &words.subject).set("body", &words.body),
        (None, Some(Personal::Known { person, value })) => {
            let marked = |text: &Option<String>| text.clone().map(|text| Personal::new(*person, text));
            changes
                .set("subject", marked(&value.subject))
                .set("body", marked(&value.body))
        }
        (None, Some(Personal::Erased { person })) => {
            let erased = || Personal::<()>::Erased { person: *person };
            changes.set("subject", erased()).set("body", erased())
        }
        (None, None) => changes,
    }
}
