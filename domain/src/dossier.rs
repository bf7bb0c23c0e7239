//! Whose data an event holds. Whoever asks what is known of a person is answered from these events.

use crate::{
    ActivityEvent, ContactEvent, Event, OrganizationEvent, PersonEvent, PersonId, Personal, UserEvent,
    activity::ActivityContent,
};

impl Event {
    /// The persons it says something about, each once.
    pub fn persons(&self) -> Vec<PersonId> {
        let mut persons: Vec<_> = match self {
            Self::Organization(event) => of_organization(event).into_iter().collect(),
            Self::Contact(event) => of_contact(event).into_iter().collect(),
            Self::Activity(event) => of_activity(event),
            Self::User(UserEvent::UserRegistered { details, .. } | UserEvent::UserDescribed { details }) => {
                vec![details.person()]
            }
            Self::Person(PersonEvent::PersonErased { person, .. } | PersonEvent::PersonUnited { person, .. }) => {
                vec![*person]
            }
            _ => Vec::new(),
        };
        persons.dedup();
        persons
    }
}

fn of_organization(event: &OrganizationEvent) -> Option<PersonId> {
    match event {
        OrganizationEvent::OrganizationContactNamed { contact } => Some(contact.person()),
        OrganizationEvent::OrganizationBankAccountChanged { personal, .. } => personal.as_ref().map(Personal::person),
        _ => None,
    }
}

fn of_contact(event: &ContactEvent) -> Option<PersonId> {
    match event {
        ContactEvent::ContactAdded { details, .. } => Some(details.person()),
        ContactEvent::ContactChanged { details } => Some(details.person()),
        ContactEvent::ConsentGiven { evidence, .. } | ContactEvent::ConsentWithdrawn { evidence, .. } => {
            evidence.as_ref().map(Personal::person)
        }
        _ => None,
    }
}

fn of_activity(event: &ActivityEvent) -> Vec<PersonId> {
    let (content, words) = match event {
        ActivityEvent::ActivityRecorded {
            content,
            personal_words,
            ..
        } => (Some(content), personal_words),
        ActivityEvent::ActivityCorrected {
            content,
            personal_words,
            ..
        } => (content.as_ref(), personal_words),
        ActivityEvent::ActivityFileAttached {
            personal_description, ..
        } => return personal_description.iter().map(Personal::person).collect(),
        ActivityEvent::ActivityFileDetached { .. } | ActivityEvent::ActivityWithdrawn { .. } => (None, &None),
    };
    let place = content.and_then(|content| match content {
        ActivityContent::CheckIn { place } => Some(place.person()),
        _ => None,
    });
    words.as_ref().map(Personal::person).into_iter().chain(place).collect()
}
