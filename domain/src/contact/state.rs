use serde::{Deserialize, Serialize};

use super::{
    command::ContactRecord,
    consent::{Consent, ConsentPurpose},
    details::PersonDetails,
    event::ContactEvent,
};
use crate::{ContactId, OrganizationId, PersonId, UserId};

/// What a contact remembers in order to decide: who it is and which names are known, never what they are.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ContactState {
    pub(super) known: Option<Known>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Known {
    pub(super) person: PersonId,
    pub(super) has_first_name: bool,
    pub(super) has_last_name: bool,
    pub(super) record: ContactRecord,
    pub(super) archived: bool,
    pub(super) merged: Vec<ContactId>,
    pub(super) merged_into: Option<ContactId>,
}

impl ContactState {
    pub const fn exists(&self) -> bool {
        self.known.is_some()
    }

    /// Whose data this is.
    pub fn person(&self) -> Option<PersonId> {
        self.known.as_ref().map(|known| known.person)
    }

    pub fn organization(&self) -> Option<OrganizationId> {
        self.record().and_then(|record| record.organization)
    }

    pub fn owner(&self) -> Option<UserId> {
        self.record().and_then(|record| record.owner)
    }

    pub fn is_archived(&self) -> bool {
        self.known.as_ref().is_some_and(|known| known.archived)
    }

    /// The contact that stands for this one.
    pub fn merged_into(&self) -> Option<ContactId> {
        self.known.as_ref().and_then(|known| known.merged_into)
    }

    /// What it hands over when it is merged into another.
    pub fn record(&self) -> Option<&ContactRecord> {
        self.known.as_ref().map(|known| &known.record)
    }

    /// Whether something is allowed; `None` when it was never said.
    pub fn consent(&self, purpose: ConsentPurpose) -> Option<&Consent> {
        self.record().and_then(|record| record.consents.get(&purpose))
    }

    pub(super) fn apply(&mut self, event: &ContactEvent) {
        if let ContactEvent::ContactAdded {
            organization,
            details,
            billing,
            signatory,
            owner,
            ..
        } = event
        {
            let has = |name: fn(&PersonDetails) -> bool| details.value().is_some_and(name);
            self.known = Some(Known {
                person: details.person(),
                has_first_name: has(|details| details.first_name.is_some()),
                has_last_name: has(|details| details.last_name.is_some()),
                record: ContactRecord {
                    organization: *organization,
                    billing: *billing,
                    signatory: *signatory,
                    owner: *owner,
                    ..ContactRecord::default()
                },
                archived: false,
                merged: Vec::new(),
                merged_into: None,
            });
        } else if let Some(known) = &mut self.known {
            known.apply(event);
        }
    }
}

impl Known {
    fn apply(&mut self, event: &ContactEvent) {
        let record = &mut self.record;
        match event {
            ContactEvent::ContactAdded { .. } => {}
            ContactEvent::ContactChanged { details } => {
                if let Some(changes) = details.value() {
                    let has = |before, change: &Option<Option<String>>| change.as_ref().map_or(before, Option::is_some);
                    self.has_first_name = has(self.has_first_name, &changes.first_name);
                    self.has_last_name = has(self.has_last_name, &changes.last_name);
                }
            }
            ContactEvent::ContactFlagged { billing, signatory } => {
                (record.billing, record.signatory) = (*billing, *signatory);
            }
            ContactEvent::ContactMoved { organization, .. } => record.organization = *organization,
            ContactEvent::ContactAssigned { owner } => record.owner = *owner,
            ContactEvent::ContactTagged { tags } => record.tags.add(tags),
            ContactEvent::ContactUntagged { tags } => record.tags.remove(tags),
            ContactEvent::ConsentGiven {
                purpose, source, text, ..
            } => {
                let given = Consent::Given {
                    source: *source,
                    text: text.clone(),
                };
                record.consents.insert(*purpose, given);
            }
            ContactEvent::ConsentWithdrawn { purpose, .. } => {
                record.consents.insert(*purpose, Consent::Withdrawn);
            }
            ContactEvent::ContactArchived {} => self.archived = true,
            ContactEvent::ContactRestored {} => self.archived = false,
            ContactEvent::ContactsMerged { merged } => self.merged.push(*merged),
            ContactEvent::ContactMergedInto { survivor } => self.merged_into = Some(*survivor),
        }
    }
}
