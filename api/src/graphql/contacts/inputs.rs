//! What the mutations of contacts take.

use async_graphql::{ID, InputObject, MaybeUndefined};
use domain::contact::{ConsentProof, DetailsChanges, PersonDetails};
use uuid::Uuid;

use super::consents::{ConsentPurpose, ConsentSource};
use crate::graphql::{commands::CommandOptions, scalars::Moment};

#[derive(Debug, Clone, InputObject)]
pub struct ContactAddInput {
    pub organization: Option<ID>,
    /// Who it is, when their data is known under a key already; otherwise a new person.
    pub person: Option<Uuid>,
    pub first_name: Option<String>,
    /// One of the names is required.
    pub last_name: Option<String>,
    pub job_title: Option<String>,
    /// The first one is where to write. At most ten.
    #[graphql(default)]
    pub emails: Vec<String>,
    /// The first one is where to call. At most ten.
    #[graphql(default)]
    pub phones: Vec<String>,
    /// Two letters of ISO 639-1.
    pub language: Option<String>,
    /// Invoices go to them.
    #[graphql(default)]
    pub billing: bool,
    /// They sign.
    #[graphql(default)]
    pub signatory: bool,
    /// The user who looks after them.
    pub owner: Option<ID>,
    /// Their name in another system.
    pub external_reference: Option<String>,
    #[graphql(flatten)]
    pub options: CommandOptions,
}

impl ContactAddInput {
    pub fn details(&self) -> PersonDetails {
        PersonDetails {
            first_name: self.first_name.clone(),
            last_name: self.last_name.clone(),
            job_title: self.job_title.clone(),
            emails: self.emails.clone(),
            phones: self.phones.clone(),
            language: self.language.clone(),
        }
    }
}

/// What is absent stays as it is; null clears; a list replaces the one before.
#[derive(Debug, Clone, InputObject)]
pub struct ContactUpdateInput {
    pub id: ID,
    pub first_name: MaybeUndefined<String>,
    pub last_name: MaybeUndefined<String>,
    pub job_title: MaybeUndefined<String>,
    pub emails: MaybeUndefined<Vec<String>>,
    pub phones: MaybeUndefined<Vec<String>>,
    pub language: MaybeUndefined<String>,
    #[graphql(flatten)]
    pub options: CommandOptions,
}

impl ContactUpdateInput {
    pub fn changes(&self) -> DetailsChanges {
        let text = |field: &MaybeUndefined<String>| field.as_opt_ref().map(Option::<&String>::cloned);
        let list =
            |field: &MaybeUndefined<Vec<String>>| field.as_opt_ref().map(|list| list.cloned().unwrap_or_default());
        DetailsChanges {
            first_name: text(&self.first_name),
            last_name: text(&self.last_name),
            job_title: text(&self.job_title),
            emails: list(&self.emails),
            phones: list(&self.phones),
            language: text(&self.language),
        }
    }
}

/// What is absent stays as it is.
#[derive(Debug, Clone, InputObject)]
pub struct ContactFlagInput {
    pub id: ID,
    /// Whether invoices go to them.
    pub billing: Option<bool>,
    /// Whether they sign.
    pub signatory: Option<bool>,
    #[graphql(flatten)]
    pub options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct ContactMoveInput {
    pub id: ID,
    /// Null: they are with no organization that we know.
    pub organization: Option<ID>,
    #[graphql(flatten)]
    pub options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct ContactAssignInput {
    pub id: ID,
    /// The user who looks after them; null: nobody.
    pub owner: Option<ID>,
    #[graphql(flatten)]
    pub options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct ContactTagsInput {
    pub id: ID,
    pub tags: Vec<String>,
    #[graphql(flatten)]
    pub options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct ContactConsentInput {
    pub id: ID,
    pub purpose: ConsentPurpose,
    /// How they said so. When, `occurredAt` says.
    pub source: ConsentSource,
    /// The words they agreed to.
    pub text: Option<String>,
    /// Where the proof is. Sealed like everything about the person.
    pub evidence: Option<String>,
    #[graphql(flatten)]
    pub options: CommandOptions,
}

impl ContactConsentInput {
    pub fn proof(&self) -> ConsentProof {
        ConsentProof {
            source: self.source.into(),
            text: self.text.clone(),
            evidence: self.evidence.clone(),
        }
    }
}

#[derive(Debug, Clone, InputObject)]
pub struct ContactCommandInput {
    pub id: ID,
    #[graphql(flatten)]
    pub options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct ContactsMergeInput {
    /// The record that survives.
    pub survivor: ID,
    /// The record that gives way to it.
    pub merged: ID,
    #[graphql(flatten)]
    pub options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct ContactsAssignInput {
    /// At most 200.
    pub ids: Vec<ID>,
    /// The user who looks after them; null: nobody.
    pub owner: Option<ID>,
    /// Your name for the request; each record's command is named after it.
    pub command_id: Option<Uuid>,
    pub occurred_at: Option<Moment>,
}

#[derive(Debug, Clone, InputObject)]
pub struct ContactsTagsInput {
    /// At most 200.
    pub ids: Vec<ID>,
    pub tags: Vec<String>,
    /// Your name for the request; each record's command is named after it.
    pub command_id: Option<Uuid>,
    pub occurred_at: Option<Moment>,
}

#[derive(Debug, Clone, InputObject)]
pub struct ContactsCommandInput {
    /// At most 200.
    pub ids: Vec<ID>,
    /// Your name for the request; each record's command is named after it.
    pub command_id: Option<Uuid>,
    pub occurred_at: Option<Moment>,
}
