//! What can be asked of a contact: one mutation per command.

use async_graphql::{ComplexObject, Context, ID, Object, SimpleObject};
use domain::{
    ContactCommand, ContactError, Decider, OrganizationId, PersonId, Personal, Refusal,
    contact::{AddContact, ContactState},
};
use uuid::Uuid;

use super::{
    Contact,
    inputs::{
        ContactAddInput, ContactAssignInput, ContactCommandInput, ContactConsentInput, ContactFlagInput,
        ContactMoveInput, ContactTagsInput, ContactUpdateInput,
    },
};
use crate::graphql::{
    commands::{self, CommandOptions, CommandResult},
    errors::ApiResult,
    following::{self, NO_SUCH_ORGANIZATION},
    ids::{self, Kind},
    organizations::mutations::owner,
};

/// What became of a contact's command.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct ContactPayload {
    #[graphql(flatten)]
    pub(super) result: CommandResult,
    #[graphql(skip)]
    pub(super) contact: Uuid,
}

#[ComplexObject]
impl ContactPayload {
    /// The contact after the command; null when the command was refused.
    async fn contact(&self, ctx: &Context<'_>) -> ApiResult<Option<Contact>> {
        match self.result.reading(ctx).await? {
            Some(reading) => Contact::load(&reading, self.contact).await,
            None => Ok(None),
        }
    }
}

#[derive(Default)]
pub struct ContactMutations;

#[Object]
impl ContactMutations {
    /// Makes a contact known to us.
    #[graphql(complexity = "50 + child_complexity")]
    async fn contact_add(&self, ctx: &Context<'_>, input: ContactAddInput) -> ApiResult<ContactPayload> {
        let id = input.options.new_id(ctx, ContactState::TYPE)?;
        let person = match input.person {
            Some(person) => person,
            None => input.options.new_id(ctx, "person")?,
        };
        let refused = |result| Ok(ContactPayload { result, contact: id });
        let organization = match organization(ctx, input.organization.as_ref()).await? {
            Ok(organization) => organization,
            Err(result) => return refused(result),
        };
        let owner = match owner(ctx, input.owner.as_ref()).await? {
            Ok(owner) => owner,
            Err(result) => return refused(result),
        };
        let add = ContactCommand::Add(Box::new(AddContact {
            organization,
            details: Personal::new(PersonId(person), input.details()),
            billing: input.billing,
            signatory: input.signatory,
            owner,
            external_reference: input.external_reference,
        }));
        let result = commands::execute::<ContactState>(ctx, &input.options, id, add).await?;
        Ok(ContactPayload { result, contact: id })
    }

    /// Changes what is known of a contact.
    #[graphql(complexity = "50 + child_complexity")]
    async fn contact_update(&self, ctx: &Context<'_>, input: ContactUpdateInput) -> ApiResult<ContactPayload> {
        let id = ids::parse_as(Kind::Contact, &input.id)?;
        // The key under which it is sealed: that of the person, which a merge does not change for either record.
        let Some(person) = person_of(ctx, id, &input.options).await? else {
            return Ok(refused(ctx, id, &ContactError::NotFound));
        };
        let details = Personal::new(person, input.changes());
        execute(ctx, &input.options, &input.id, ContactCommand::Change { details }).await
    }

    /// Says whether invoices go to a contact, and whether they sign.
    #[graphql(complexity = "50 + child_complexity")]
    async fn contact_flag(&self, ctx: &Context<'_>, input: ContactFlagInput) -> ApiResult<ContactPayload> {
        let command = ContactCommand::Flag {
            billing: input.billing,
            signatory: input.signatory,
        };
        execute(ctx, &input.options, &input.id, command).await
    }

    /// A contact works elsewhere now, or for nobody that we know.
    #[graphql(complexity = "50 + child_complexity")]
    async fn contact_move(&self, ctx: &Context<'_>, input: ContactMoveInput) -> ApiResult<ContactPayload> {
        match organization(ctx, input.organization.as_ref()).await? {
            Ok(organization) => execute(ctx, &input.options, &input.id, ContactCommand::Move { organization }).await,
            Err(result) => Ok(ContactPayload {
                result,
                contact: ids::parse_as(Kind::Contact, &input.id)?,
            }),
        }
    }

    /// Says who looks after a contact.
    #[graphql(complexity = "50 + child_complexity")]
    async fn contact_assign(&self, ctx: &Context<'_>, input: ContactAssignInput) -> ApiResult<ContactPayload> {
        match owner(ctx, input.owner.as_ref()).await? {
            Ok(owner) => execute(ctx, &input.options, &input.id, ContactCommand::Assign { owner }).await,
            Err(result) => Ok(ContactPayload {
                result,
                contact: ids::parse_as(Kind::Contact, &input.id)?,
            }),
        }
    }

    #[graphql(complexity = "50 + child_complexity")]
    async fn contact_tag(&self, ctx: &Context<'_>, input: ContactTagsInput) -> ApiResult<ContactPayload> {
        execute(ctx, &input.options, &input.id, ContactCommand::Tag { tags: input.tags }).await
    }

    #[graphql(complexity = "50 + child_complexity")]
    async fn contact_untag(&self, ctx: &Context<'_>, input: ContactTagsInput) -> ApiResult<ContactPayload> {
        execute(
            ctx,
            &input.options,
            &input.id,
            ContactCommand::Untag { tags: input.tags },
        )
        .await
    }

    /// A contact allows something. The proof is kept.
    #[graphql(complexity = "50 + child_complexity")]
    async fn contact_give_consent(&self, ctx: &Context<'_>, input: ContactConsentInput) -> ApiResult<ContactPayload> {
        let command = ContactCommand::GiveConsent {
            purpose: input.purpose.into(),
            proof: input.proof(),
        };
        execute(ctx, &input.options, &input.id, command).await
    }

    /// A contact no longer allows something, or objects to it from the start.
    #[graphql(complexity = "50 + child_complexity")]
    async fn contact_withdraw_consent(
        &self,
        ctx: &Context<'_>,
        input: ContactConsentInput,
    ) -> ApiResult<ContactPayload> {
        let command = ContactCommand::WithdrawConsent {
            purpose: input.purpose.into(),
            proof: input.proof(),
        };
        execute(ctx, &input.options, &input.id, command).await
    }

    #[graphql(complexity = "50 + child_complexity")]
    async fn contact_archive(&self, ctx: &Context<'_>, input: ContactCommandInput) -> ApiResult<ContactPayload> {
        execute(ctx, &input.options, &input.id, ContactCommand::Archive).await
    }

    #[graphql(complexity = "50 + child_complexity")]
    async fn contact_restore(&self, ctx: &Context<'_>, input: ContactCommandInput) -> ApiResult<ContactPayload> {
        execute(ctx, &input.options, &input.id, ContactCommand::Restore).await
    }
}

pub(super) fn refused(ctx: &Context<'_>, contact: Uuid, refusal: &impl Refusal) -> ContactPayload {
    let result = CommandResult::refused(commands::user_error(ctx, refusal));
    ContactPayload { result, contact }
}

async fn execute(
    ctx: &Context<'_>,
    options: &CommandOptions,
    id: &ID,
    command: ContactCommand,
) -> ApiResult<ContactPayload> {
    let id = ids::parse_as(Kind::Contact, id)?;
    let (result, contact) = following::execute::<ContactState>(ctx, options, id, command).await?;
    Ok(ContactPayload { result, contact })
}

/// Whose data a contact is, or that of the contact which stands for it.
async fn person_of(ctx: &Context<'_>, id: Uuid, options: &CommandOptions) -> ApiResult<Option<PersonId>> {
    let mut id = id;
    loop {
        let Some(contact) = commands::load::<domain::Contact>(ctx, id).await? else {
            return Ok(None);
        };
        match contact.merged_into() {
            Some(survivor) if options.expected_version.is_none() => id = survivor.0,
            _ => return Ok(contact.person()),
        }
    }
}

/// The organization that a contact is to be with, or what to answer when there is none.
async fn organization(ctx: &Context<'_>, id: Option<&ID>) -> ApiResult<Result<Option<OrganizationId>, CommandResult>> {
    let Some(id) = id else { return Ok(Ok(None)) };
    let organization = ids::parse_as(Kind::Organization, id)?;
    if commands::exists(ctx, Kind::Organization, organization).await? {
        return Ok(Ok(Some(OrganizationId(organization))));
    }
    Ok(Err(CommandResult::refused(commands::user_error(
        ctx,
        &NO_SUCH_ORGANIZATION,
    ))))
}
