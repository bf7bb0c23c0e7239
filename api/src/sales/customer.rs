//! Who buys: as documents name them, and as their tax is decided.

use chrono::NaiveDate;
use domain::{
    Country, Event, Organization, OrganizationId, PostalAddress, UserId,
    billing::FiscalPosition,
    company::CompanyState,
    document::Buyer,
    organization::{CustomerReminders, OrganizationKind, OrganizationState},
};
use engine::{CommandBus, bus::LoadError};
use serde::Serialize;

/// An organization that buys.
pub struct Customer {
    pub id: OrganizationId,
    state: OrganizationState,
}

/// To whose attention, and where to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Recipient {
    pub name: Option<String>,
    pub email: Option<String>,
    /// Where goods go to, when that is elsewhere than the organization says.
    pub delivery: Option<PostalAddress>,
}

/// The organization has no address that a document could name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unaddressed;

impl Customer {
    pub(super) async fn load(bus: &CommandBus<Event>, organization: OrganizationId) -> Result<Option<Self>, LoadError> {
        let mut id = organization;
        loop {
            let Some((found, _)) = bus.load::<Organization>(id.0).await? else {
                return Ok(None);
            };
            let Some(survivor) = found.merged_into() else {
                let state = (*found).clone();
                return Ok(state.exists().then_some(Self { id, state }));
            };
            id = survivor;
        }
    }

    pub fn name(&self) -> &str {
        self.state.name().unwrap_or_default()
    }

    /// Who looks after it.
    pub fn owner(&self) -> Option<UserId> {
        self.state.owner()
    }

    /// Whether and when it is reminded of invoices.
    pub fn reminders(&self) -> CustomerReminders {
        self.state.reminders()
    }

    /// The records that it stands for.
    pub fn stands_for(&self) -> &[OrganizationId] {
        self.state.stands_for()
    }

    pub fn kind(&self) -> OrganizationKind {
        let kind = self.state.record().and_then(|record| record.profile.kind);
        kind.unwrap_or(OrganizationKind::Professional)
    }

    /// Where it is: by its address, else by its profile, else in France.
    fn country(&self) -> Country {
        let record = self.state.record();
        let billing = record.and_then(|record| record.billing.as_ref());
        let profile = record.and_then(|record| record.profile.country.as_deref());
        billing
            .map(|address| address.country)
            .or_else(|| profile.and_then(Country::named))
            .unwrap_or(Country::FRANCE)
    }

    /// What a sale to it is taxed by.
    pub fn fiscal_position(
        &self,
        company: &CompanyState,
        delivery: Option<&PostalAddress>,
        construction_subcontract: bool,
        tax_point: NaiveDate,
    ) -> FiscalPosition {
        let record = self.state.record();
        let delivery = delivery.or_else(|| record.and_then(|record| record.delivery.as_ref()));
        FiscalPosition {
            regime: company.vat_scheme().regime.seller(),
            seller: company
                .identity()
                .map_or(Country::FRANCE, |identity| identity.address.country),
            buyer_kind: self.kind(),
            buyer: self.country(),
            buyer_vat_number: record.and_then(|record| record.vat_number.clone()),
            delivery: delivery.map(|address| address.country),
            construction_subcontract,
            tax_point,
            rates: company.vat_rates().clone(),
        }
    }

    /// As a document names it.
    pub fn buyer(&self, recipient: Recipient) -> Result<Buyer, Unaddressed> {
        let record = self.state.record().ok_or(Unaddressed)?;
        let address = record.billing.clone().or_else(|| record.delivery.clone());
        Ok(self.at(address.ok_or(Unaddressed)?, recipient))
    }

    /// The same without an address: for a document that says what is missing.
    pub(super) fn unaddressed(&self, recipient: Recipient) -> Buyer {
        let nowhere = PostalAddress {
            lines: Vec::new(),
            postcode: None,
            city: String::new(),
            country: self.country(),
        };
        self.at(nowhere, recipient)
    }

    fn at(&self, address: PostalAddress, recipient: Recipient) -> Buyer {
        let record = self.state.record();
        let delivery_address = recipient
            .delivery
            .or_else(|| record.and_then(|record| record.delivery.clone()));
        Buyer {
            organization: self.id,
            name: self.state.name().unwrap_or_default().to_owned(),
            kind: self.kind(),
            siren: record.and_then(|record| record.siren.clone()),
            siret: record.and_then(|record| record.siret.clone()),
            vat_number: record.and_then(|record| record.vat_number.clone()),
            delivery_address: delivery_address.filter(|delivery| *delivery != address),
            address,
            contact: recipient.name,
            email: recipient.email,
        }
    }
}
