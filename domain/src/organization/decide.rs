use super::{
    command::{OrganizationCommand, Profile},
    error::OrganizationError,
    event::{ContactDetails, OrganizationEvent},
    state::{OrganizationState, OrganizationStatus, Registered},
};
use crate::{
    Decider, InvalidValue, Personal, Siren,
    value::{self, LABEL_MAX, NAME_MAX, Problem},
};

/// The oldest companies still trading are from the sixth century.
const FOUNDED: std::ops::RangeInclusive<i32> = 500..=2199;
/// More than any employer has.
const EMPLOYEES_MAX: u32 = 100_000_000;

type Decision = Result<Vec<OrganizationEvent>, OrganizationError>;

impl Decider for OrganizationState {
    const TYPE: &'static str = "organization";

    type Command = OrganizationCommand;
    type Event = OrganizationEvent;
    type Error = OrganizationError;

    fn decide(&self, command: OrganizationCommand) -> Decision {
        if let OrganizationCommand::Register {
            name,
            siren,
            profile,
            external_reference,
        } = command
        {
            return self.register(&name, siren, &profile, external_reference.as_deref());
        }
        let known = self.registered.as_ref().ok_or(OrganizationError::NotRegistered)?;
        match command {
            OrganizationCommand::Register { .. } => Err(OrganizationError::AlreadyRegistered),
            OrganizationCommand::Rename { name } => known.rename(&name),
            OrganizationCommand::Describe { profile } => known.describe(&profile),
            OrganizationCommand::Amend { changes } => {
                let mut profile = known.profile.clone();
                changes.apply(&mut profile);
                known.describe(&profile)
            }
            OrganizationCommand::Identify { siren } => Ok(known.identify(siren)),
            OrganizationCommand::NameContact { contact } => name_contact(contact),
            OrganizationCommand::RemoveContact => Ok(known.remove_contact()),
            OrganizationCommand::MarkCustomer => Ok(known.become_customer()),
            OrganizationCommand::MarkFormer => known.become_former(),
        }
    }

    fn evolve(&mut self, event: &OrganizationEvent) {
        self.apply(event);
    }
}

impl OrganizationState {
    fn register(
        &self,
        name: &str,
        siren: Option<Siren>,
        profile: &Profile,
        external_reference: Option<&str>,
    ) -> Decision {
        if self.exists() {
            return Err(OrganizationError::AlreadyRegistered);
        }
        let Profile {
            sector,
            country,
            employees,
            annual_revenue,
            founded_year,
            parent,
        } = checked(profile)?;
        Ok(vec![OrganizationEvent::OrganizationRegistered {
            name: value::line("name", name, NAME_MAX)?,
            siren,
            sector,
            country,
            employees,
            annual_revenue,
            founded_year,
            parent,
            external_reference: value::optional_line("externalReference", external_reference, LABEL_MAX)?,
        }])
    }
}

impl Registered {
    fn rename(&self, name: &str) -> Decision {
        let name = value::line("name", name, NAME_MAX)?;
        if name == self.name {
            return Ok(Vec::new());
        }
        Ok(vec![OrganizationEvent::OrganizationRenamed { name }])
    }

    fn describe(&self, profile: &Profile) -> Decision {
        let profile = checked(profile)?;
        if self.profile == profile {
            return Ok(Vec::new());
        }
        let Profile {
            sector,
            country,
            employees,
            annual_revenue,
            founded_year,
            parent,
        } = profile;
        Ok(vec![OrganizationEvent::OrganizationDescribed {
            sector,
            country,
            employees,
            annual_revenue,
            founded_year,
            parent,
        }])
    }

    fn identify(&self, siren: Option<Siren>) -> Vec<OrganizationEvent> {
        if siren == self.siren {
            return Vec::new();
        }
        vec![OrganizationEvent::OrganizationIdentified { siren }]
    }

    fn remove_contact(&self) -> Vec<OrganizationEvent> {
        if self.contact.is_none() {
            return Vec::new();
        }
        vec![OrganizationEvent::OrganizationContactRemoved {}]
    }

    /// Whoever buys is a customer, also a former one who comes back.
    fn become_customer(&self) -> Vec<OrganizationEvent> {
        self.change_status(OrganizationStatus::Customer)
    }

    /// Only who was a customer can be a former one.
    fn become_former(&self) -> Decision {
        if self.status == OrganizationStatus::Prospect {
            return Err(OrganizationError::NeverACustomer);
        }
        Ok(self.change_status(OrganizationStatus::Former))
    }

    fn change_status(&self, to: OrganizationStatus) -> Vec<OrganizationEvent> {
        if self.status == to {
            return Vec::new();
        }
        vec![OrganizationEvent::OrganizationStatusChanged { from: self.status, to }]
    }
}

/// What the contact was is sealed and not remembered here, so naming one is always an event.
fn name_contact(contact: Personal<ContactDetails>) -> Decision {
    let Personal::Known { person, value: details } = contact else {
        return Err(InvalidValue::new("contact", Problem::Erased).into());
    };
    let details = ContactDetails {
        name: value::line("contact.name", &details.name, NAME_MAX)?,
        email: filled(details.email)
            .map(|email| value::email("contact.email", &email))
            .transpose()?,
        phone: filled(details.phone)
            .map(|phone| value::phone("contact.phone", &phone))
            .transpose()?,
    };
    Ok(vec![OrganizationEvent::OrganizationContactNamed {
        contact: Personal::new(person, details),
    }])
}

fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
}

fn checked(profile: &Profile) -> Result<Profile, InvalidValue> {
    if profile.founded_year.is_some_and(|year| !FOUNDED.contains(&year)) {
        let (min, max) = (i64::from(*FOUNDED.start()), i64::from(*FOUNDED.end()));
        return Err(InvalidValue::new("foundedYear", Problem::OutOfRange { min, max }));
    }
    if profile.employees.is_some_and(|employees| employees > EMPLOYEES_MAX) {
        return Err(InvalidValue::new(
            "employees",
            Problem::TooLarge {
                max: i64::from(EMPLOYEES_MAX),
            },
        ));
    }
    Ok(Profile {
        sector: value::optional_line("sector", profile.sector.as_deref(), LABEL_MAX)?,
        country: value::optional_line("country", profile.country.as_deref(), LABEL_MAX)?,
        annual_revenue: profile
            .annual_revenue
            .map(|revenue| revenue.checked("annualRevenue"))
            .transpose()?,
        employees: profile.employees,
        founded_year: profile.founded_year,
        parent: profile.parent,
    })
}
