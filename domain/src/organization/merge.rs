//! Two records of one company become one: what the survivor takes over, and what the other one leaves.

use super::{command::Record, decide::Decision, error::OrganizationError, event::OrganizationEvent, state::Registered};
use crate::{OrganizationId, custom};

impl Registered {
    /// The survivor's own word stands; what it does not know it takes from the other. Two SIRENs are two companies.
    pub(super) fn absorb(&self, merged: OrganizationId, other: Record) -> Decision {
        if self.merged.contains(&merged) {
            return Ok(Vec::new());
        }
        let own = &self.record;
        if let (Some(siren), Some(others)) = (&own.siren, &other.siren)
            && siren != others
        {
            return Err(OrganizationError::TwoCompanies);
        }
        let mut events = vec![OrganizationEvent::OrganizationsMerged { merged }];
        let mut profile = own.profile.clone().completed_by(other.profile.clone());
        // Nobody owns itself.
        if profile.parent == Some(merged) {
            profile.parent = other.profile.parent.filter(|parent| *parent != merged);
        }
        events.extend(self.describe(&profile)?);
        events.extend(self.take_numbers(&other)?);
        events.extend(self.address(
            own.billing.clone().or_else(|| other.billing.clone()),
            own.delivery.clone().or_else(|| other.delivery.clone()),
        ));
        let tags = own.tags.room_for(&other.tags);
        if !tags.is_empty() {
            events.push(OrganizationEvent::OrganizationTagged { tags });
        }
        let fields = custom::room_for(&own.fields, &other.fields);
        if !fields.is_empty() {
            let cleared = Vec::new();
            events.push(OrganizationEvent::OrganizationFieldsSet { fields, cleared });
        }
        Ok(events)
    }

    /// Numbers that contradict the survivor's stay with the record that had them.
    fn take_numbers(&self, other: &Record) -> Decision {
        let own = &self.record;
        let siren = own.siren.clone().or_else(|| other.siren.clone());
        let siret = own.siret.clone().or_else(|| other.siret.clone());
        let vat_number = own.vat_number.clone().or_else(|| other.vat_number.clone());
        match self.number(siren.clone(), siret, vat_number) {
            Ok(events) => Ok(events),
            Err(_) => self.number(siren, own.siret.clone(), own.vat_number.clone()),
        }
    }

    pub(super) fn give_way(&self, survivor: OrganizationId) -> Vec<OrganizationEvent> {
        if self.merged_into == Some(survivor) {
            return Vec::new();
        }
        vec![OrganizationEvent::OrganizationMergedInto { survivor }]
    }
}
