//! What the mutations of organizations take.

use async_graphql::{ID, InputObject, MaybeUndefined};
use domain::{
    Bic, Change, Country, Iban, InvalidValue, PersonId, PostalAddress, Siren, Siret, VatNumber,
    organization::BankAccount,
};
use uuid::Uuid;

use super::{OrganizationKind, OrganizationSize};
use crate::graphql::{commands::CommandOptions, custom::CustomFieldInput, money::MoneyInput, scalars::Moment};

#[derive(Debug, Clone, InputObject)]
pub struct PostalAddressInput {
    /// Everything before the town: building, street, box. At most five.
    pub lines: Vec<String>,
    /// Five digits in France.
    pub postcode: Option<String>,
    pub city: String,
    /// Two letters of ISO 3166, or the name in English or French.
    #[graphql(default_with = "String::from(\"FR\")")]
    pub country: String,
}

impl PostalAddressInput {
    pub fn value(&self, field: &'static str) -> Result<PostalAddress, InvalidValue> {
        Ok(PostalAddress {
            lines: self.lines.clone(),
            postcode: self.postcode.clone(),
            city: self.city.clone(),
            country: country(field, &self.country)?,
        })
    }
}

/// By code or by name.
pub fn country(field: &'static str, text: &str) -> Result<Country, InvalidValue> {
    match Country::named(text) {
        Some(country) => Ok(country),
        None => Country::parse(field, text),
    }
}

#[derive(Debug, Clone, InputObject)]
pub struct OrganizationCreateInput {
    pub name: String,
    pub kind: Option<OrganizationKind>,
    /// Nine digits; unique among organizations.
    pub siren: Option<String>,
    /// Fourteen digits; brings its SIREN when none is given.
    pub siret: Option<String>,
    pub vat_number: Option<String>,
    pub sector: Option<String>,
    /// Two letters of ISO 3166, or the name in English or French.
    pub country: Option<String>,
    pub category: Option<String>,
    pub region: Option<String>,
    pub size: Option<OrganizationSize>,
    pub employees: Option<u32>,
    pub annual_revenue: Option<MoneyInput>,
    pub founded_year: Option<i32>,
    /// The organization that owns this one.
    pub parent: Option<ID>,
    pub billing_address: Option<PostalAddressInput>,
    pub delivery_address: Option<PostalAddressInput>,
    /// The user who looks after it.
    pub owner: Option<ID>,
    pub tags: Option<Vec<String>>,
    /// Fields of the house.
    pub fields: Option<Vec<CustomFieldInput>>,
    /// Its name in another system.
    pub external_reference: Option<String>,
    #[graphql(flatten)]
    pub options: CommandOptions,
}

/// What is absent stays as it is; null clears.
#[derive(Debug, Clone, InputObject)]
pub struct OrganizationUpdateInput {
    pub id: ID,
    pub name: Option<String>,
    pub kind: MaybeUndefined<OrganizationKind>,
    pub sector: MaybeUndefined<String>,
    /// Two letters of ISO 3166, or the name in English or French.
    pub country: MaybeUndefined<String>,
    pub category: MaybeUndefined<String>,
    pub region: MaybeUndefined<String>,
    pub size: MaybeUndefined<OrganizationSize>,
    pub employees: MaybeUndefined<u32>,
    pub annual_revenue: MaybeUndefined<MoneyInput>,
    pub founded_year: MaybeUndefined<i32>,
    pub parent: MaybeUndefined<ID>,
    #[graphql(flatten)]
    pub options: CommandOptions,
}

/// What is absent stays as it is; null takes the number away.
#[derive(Debug, Clone, InputObject)]
pub struct OrganizationIdentifyInput {
    pub id: ID,
    /// Nine digits.
    pub siren: MaybeUndefined<String>,
    /// Fourteen digits; brings its SIREN when there is none.
    pub siret: MaybeUndefined<String>,
    pub vat_number: MaybeUndefined<String>,
    #[graphql(flatten)]
    pub options: CommandOptions,
}

/// The numbers of an organization, checked.
#[derive(Debug, Clone, Default)]
pub struct Numbers {
    pub siren: Change<Siren>,
    pub siret: Change<Siret>,
    pub vat_number: Change<VatNumber>,
}

impl Numbers {
    pub fn of(
        siren: MaybeUndefined<String>,
        siret: MaybeUndefined<String>,
        vat_number: MaybeUndefined<String>,
    ) -> Result<Self, InvalidValue> {
        Ok(Self {
            siren: checked(siren, |text| Siren::parse("siren", &text))?,
            siret: checked(siret, |text| Siret::parse("siret", &text))?,
            vat_number: checked(vat_number, |text| VatNumber::parse("vatNumber", &text))?,
        })
    }
}

#[derive(Debug, Clone, InputObject)]
pub struct BankAccountInput {
    pub iban: String,
    pub bic: Option<String>,
    /// In whose name it is, when not the organization's.
    pub holder: Option<String>,
}

#[derive(Debug, Clone, InputObject)]
pub struct OrganizationChangeBankAccountInput {
    pub id: ID,
    /// Null takes the account away.
    pub account: Option<BankAccountInput>,
    /// The person whose account it is; required for consumers, whose bank details are personal data.
    pub person: Option<Uuid>,
    #[graphql(flatten)]
    pub options: CommandOptions,
}

impl OrganizationChangeBankAccountInput {
    pub fn values(&self) -> Result<(Option<BankAccount>, Option<PersonId>), InvalidValue> {
        let account = self.account.as_ref().map(|account| {
            Ok(BankAccount {
                iban: Iban::parse("account.iban", &account.iban)?,
                bic: account
                    .bic
                    .as_deref()
                    .map(|bic| Bic::parse("account.bic", bic))
                    .transpose()?,
                holder: account.holder.clone(),
            })
        });
        Ok((account.transpose()?, self.person.map(PersonId)))
    }
}

/// What is absent stays as it is; null takes the address away.
#[derive(Debug, Clone, InputObject)]
pub struct OrganizationChangeAddressesInput {
    pub id: ID,
    pub billing_address: MaybeUndefined<PostalAddressInput>,
    pub delivery_address: MaybeUndefined<PostalAddressInput>,
    #[graphql(flatten)]
    pub options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct OrganizationTagsInput {
    pub id: ID,
    pub tags: Vec<String>,
    #[graphql(flatten)]
    pub options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct OrganizationAssignInput {
    pub id: ID,
    /// The user who looks after it; null: nobody.
    pub owner: Option<ID>,
    #[graphql(flatten)]
    pub options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct OrganizationSetFieldsInput {
    pub id: ID,
    /// Those to set or clear; the others stay as they are.
    pub fields: Vec<CustomFieldInput>,
    #[graphql(flatten)]
    pub options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct OrganizationNameContactInput {
    pub id: ID,
    /// Who it is, when they are known already; otherwise a new person.
    pub person: Option<Uuid>,
    pub name: String,
    pub email: Option<String>,
    pub phone: Option<String>,
    #[graphql(flatten)]
    pub options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct OrganizationCommandInput {
    pub id: ID,
    #[graphql(flatten)]
    pub options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct OrganizationsMergeInput {
    /// The record that survives.
    pub survivor: ID,
    /// The record that gives way to it.
    pub merged: ID,
    #[graphql(flatten)]
    pub options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct OrganizationsAssignInput {
    /// At most 200.
    pub ids: Vec<ID>,
    /// The user who looks after them; null: nobody.
    pub owner: Option<ID>,
    /// Your name for the request; each record's command is named after it.
    pub command_id: Option<Uuid>,
    pub occurred_at: Option<Moment>,
}

#[derive(Debug, Clone, InputObject)]
pub struct OrganizationsTagsInput {
    /// At most 200.
    pub ids: Vec<ID>,
    pub tags: Vec<String>,
    /// Your name for the request; each record's command is named after it.
    pub command_id: Option<Uuid>,
    pub occurred_at: Option<Moment>,
}

#[derive(Debug, Clone, InputObject)]
pub struct OrganizationsCommandInput {
    /// At most 200.
    pub ids: Vec<ID>,
    /// Your name for the request; each record's command is named after it.
    pub command_id: Option<Uuid>,
    pub occurred_at: Option<Moment>,
}

/// Null clears, absent leaves as it is.
pub fn change<T>(field: MaybeUndefined<T>) -> Change<T> {
    match field {
        MaybeUndefined::Value(value) => Change::Set(value),
        MaybeUndefined::Null => Change::Clear,
        MaybeUndefined::Undefined => Change::Keep,
    }
}

/// [`change`] to a value that is checked first.
pub fn checked<T, U, E>(field: MaybeUndefined<T>, check: impl FnOnce(T) -> Result<U, E>) -> Result<Change<U>, E> {
    Ok(match field {
        MaybeUndefined::Value(value) => Change::Set(check(value)?),
        MaybeUndefined::Null => Change::Clear,
        MaybeUndefined::Undefined => Change::Keep,
    })
}
