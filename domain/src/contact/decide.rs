use super::{
    command::{AddContact, ContactCommand, ContactRecord},
    consent::{Consent, ConsentProof, ConsentPurpose, ConsentSource},
    details::DetailsChanges,
    error::ContactError,
    event::ContactEvent,
    state::{ContactState, Known},
};
use crate::{
    ContactId, Decider, InvalidValue, OrganizationId, Personal, UserId,
    value::{self, LABEL_MAX, Problem},
};

type Decision = Result<Vec<ContactEvent>, ContactError>;

impl Decider for ContactState {
    const TYPE: &'static str = "contact";

    type Command = ContactCommand;
    type Event = ContactEvent;
    type Error = ContactError;

    fn decide(&self, command: ContactCommand) -> Decision {
        if let ContactCommand::Add(add) = command {
            return self.add(*add);
        }
        let known = self.known.as_ref().ok_or(ContactError::NotFound)?;
        known.takes(&command)?;
        match command {
            ContactCommand::Add(_) => Err(ContactError::AlreadyExists),
            ContactCommand::Change { details } => known.change(details),
            ContactCommand::Flag { billing, signatory } => Ok(known.flag(billing, signatory)),
            ContactCommand::Move { organization } => Ok(known.relocate(organization)),
            ContactCommand::Assign { owner } => Ok(known.assign(owner)),
            ContactCommand::Tag { tags } => known.tag(&tags),
            ContactCommand::Untag { tags } => Ok(known.untag(&tags)),
            ContactCommand::GiveConsent { purpose, proof } => known.give_consent(purpose, proof),
            ContactCommand::WithdrawConsent { purpose, proof } => known.withdraw_consent(purpose, proof),
            ContactCommand::Archive => Ok(known.archive()),
            ContactCommand::Restore => Ok(known.restore()),
            ContactCommand::Absorb { merged, record } => Ok(known.absorb(merged, *record)),
            ContactCommand::MergeInto { survivor } => Ok(known.give_way(survivor)),
        }
    }

    fn evolve(&mut self, event: &ContactEvent) {
        self.apply(event);
    }
}

impl ContactState {
    fn add(&self, add: AddContact) -> Decision {
        if self.exists() {
            return Err(ContactError::AlreadyExists);
        }
        let Personal::Known { person, value: details } = add.details else {
            return Err(erased());
        };
        Ok(vec![ContactEvent::ContactAdded {
            organization: add.organization,
            details: Personal::new(person, details.checked()?),
            billing: add.billing,
            signatory: add.signatory,
            owner: add.owner,
            external_reference: value::optional_line(
                "externalReference",
                add.external_reference.as_deref(),
                LABEL_MAX,
            )?,
        }])
    }
}

impl Known {
    /// A merged record takes nothing any more. Of an archived one a person may still withdraw what they allowed.
    fn takes(&self, command: &ContactCommand) -> Result<(), ContactError> {
        if let Some(survivor) = self.merged_into {
            let again = matches!(command, ContactCommand::MergeInto { survivor: same } if *same == survivor);
            return if again {
                Ok(())
            } else {
                Err(ContactError::Merged { survivor })
            };
        }
        let still = matches!(
            command,
            ContactCommand::Archive
                | ContactCommand::Restore
                | ContactCommand::WithdrawConsent { .. }
                | ContactCommand::MergeInto { .. }
        );
        if self.archived && !still {
            return Err(ContactError::Archived);
        }
        Ok(())
    }

    /// What is known is sealed and not remembered here, so to say anything is an event.
    fn change(&self, details: Personal<DetailsChanges>) -> Decision {
        let Personal::Known { person, value: changes } = details else {
            return Err(erased());
        };
        if person != self.person {
            return Err(ContactError::AnotherPerson);
        }
        let changes = changes.checked()?;
        if changes.is_empty() {
            return Ok(Vec::new());
        }
        let stays = |has, change: &Option<Option<String>>| change.as_ref().map_or(has, Option::is_some);
        if !stays(self.has_first_name, &changes.first_name) && !stays(self.has_last_name, &changes.last_name) {
            return Err(InvalidValue::new("lastName", Problem::Missing).into());
        }
        Ok(vec![ContactEvent::ContactChanged {
            details: Personal::new(person, changes),
        }])
    }

    fn flag(&self, billing: Option<bool>, signatory: Option<bool>) -> Vec<ContactEvent> {
        let now = (self.record.billing, self.record.signatory);
        let (billing, signatory) = (billing.unwrap_or(now.0), signatory.unwrap_or(now.1));
        if (billing, signatory) == now {
            return Vec::new();
        }
        vec![ContactEvent::ContactFlagged { billing, signatory }]
    }

    fn relocate(&self, organization: Option<OrganizationId>) -> Vec<ContactEvent> {
        let from = self.record.organization;
        if from == organization {
            return Vec::new();
        }
        vec![ContactEvent::ContactMoved { from, organization }]
    }

    fn assign(&self, owner: Option<UserId>) -> Vec<ContactEvent> {
        if self.record.owner == owner {
            return Vec::new();
        }
        vec![ContactEvent::ContactAssigned { owner }]
    }

    fn tag(&self, tags: &[String]) -> Decision {
        let tags = self.record.tags.missing_of(tags)?;
        if tags.is_empty() {
            return Ok(Vec::new());
        }
        Ok(vec![ContactEvent::ContactTagged { tags }])
    }

    fn untag(&self, tags: &[String]) -> Vec<ContactEvent> {
        let tags = self.record.tags.present_of(tags);
        if tags.is_empty() {
            return Vec::new();
        }
        vec![ContactEvent::ContactUntagged { tags }]
    }

    /// The same words agreed to in the same way are no news; other words are another proof.
    fn give_consent(&self, purpose: ConsentPurpose, proof: ConsentProof) -> Decision {
        let ConsentProof { source, text, evidence } = proof;
        let text = value::optional_note("text", text.as_deref())?;
        let evidence = self.sealed(evidence.as_deref())?;
        let given = Consent::Given {
            source,
            text: text.clone(),
        };
        if self.record.consents.get(&purpose) == Some(&given) {
            return Ok(Vec::new());
        }
        Ok(vec![ContactEvent::ConsentGiven {
            purpose,
            source,
            text,
            evidence,
        }])
    }

    /// Also of what was never given: then it is an objection, and is kept as one.
    fn withdraw_consent(&self, purpose: ConsentPurpose, proof: ConsentProof) -> Decision {
        let evidence = self.sealed(proof.evidence.as_deref())?;
        if self.record.consents.get(&purpose) == Some(&Consent::Withdrawn) {
            return Ok(Vec::new());
        }
        Ok(vec![ContactEvent::ConsentWithdrawn {
            purpose,
            source: proof.source,
            evidence,
        }])
    }

    fn sealed(&self, evidence: Option<&str>) -> Result<Option<Personal<String>>, InvalidValue> {
        let evidence = value::optional_note("evidence", evidence)?;
        Ok(evidence.map(|evidence| Personal::new(self.person, evidence)))
    }

    fn archive(&self) -> Vec<ContactEvent> {
        if self.archived {
            return Vec::new();
        }
        vec![ContactEvent::ContactArchived {}]
    }

    fn restore(&self) -> Vec<ContactEvent> {
        if self.archived {
            return vec![ContactEvent::ContactRestored {}];
        }
        Vec::new()
    }

    /// The survivor's own word stands; what it does not know it takes from the other. What the person withdrew from
    /// either record is withdrawn.
    fn absorb(&self, merged: ContactId, other: ContactRecord) -> Vec<ContactEvent> {
        if self.merged.contains(&merged) {
            return Vec::new();
        }
        let mut events = vec![ContactEvent::ContactsMerged { merged }];
        if let (None, Some(organization)) = (self.record.organization, other.organization) {
            events.extend(self.relocate(Some(organization)));
        }
        if let (None, Some(owner)) = (self.record.owner, other.owner) {
            events.extend(self.assign(Some(owner)));
        }
        events.extend(self.flag(
            Some(self.record.billing || other.billing),
            Some(self.record.signatory || other.signatory),
        ));
        let tags = self.record.tags.room_for(&other.tags);
        if !tags.is_empty() {
            events.push(ContactEvent::ContactTagged { tags });
        }
        let consents = other.consents.into_iter();
        events.extend(consents.filter_map(|(purpose, consent)| self.hear(purpose, consent)));
        events
    }

    /// What was said to another record of the same person.
    fn hear(&self, purpose: ConsentPurpose, consent: Consent) -> Option<ContactEvent> {
        let source = ConsentSource::Merge;
        match (self.record.consents.get(&purpose), consent) {
            (None, Consent::Given { text, .. }) => Some(ContactEvent::ConsentGiven {
                purpose,
                source,
                text,
                evidence: None,
            }),
            (None | Some(Consent::Given { .. }), Consent::Withdrawn) => Some(ContactEvent::ConsentWithdrawn {
                purpose,
                source,
                evidence: None,
            }),
            (Some(_), _) => None,
        }
    }

    fn give_way(&self, survivor: ContactId) -> Vec<ContactEvent> {
        if self.merged_into == Some(survivor) {
            return Vec::new();
        }
        vec![ContactEvent::ContactMergedInto { survivor }]
    }
}

fn erased() -> ContactError {
    InvalidValue::new("person", Problem::Erased).into()
}
