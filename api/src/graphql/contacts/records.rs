//! Rules over several contacts: merges, and many at once.

use async_graphql::{Context, ID, Object};
use domain::{
    Contact as Aggregate, ContactCommand, ContactId, Event, Person, PersonCommand,
    contact::{ContactRecord, ContactState},
};
use engine::UnitOfWork;
use futures::FutureExt;
use uuid::Uuid;

use super::{
    inputs::{ContactsAssignInput, ContactsCommandInput, ContactsMergeInput, ContactsTagsInput},
    mutations::{ContactPayload, refused},
};
use crate::graphql::{
    bulk::{self, BulkPayload},
    commands::CommandOptions,
    errors::{ApiError, ApiResult},
    following::{self, SAME_RECORD, boxed},
    ids::{self, Kind},
    organizations::mutations::owner,
    scalars::Moment,
    session::Session,
};

#[derive(Default)]
pub struct ContactRecordMutations;

#[Object]
impl ContactRecordMutations {
    /// Merges two records of the same person. The survivor takes over what it does not know; a consent that was
    /// withdrawn from either is withdrawn. Both stay readable. `expectedVersion` is that of the survivor.
    #[graphql(complexity = "50 + child_complexity")]
    async fn contacts_merge(&self, ctx: &Context<'_>, input: ContactsMergeInput) -> ApiResult<ContactPayload> {
        let survivor = ids::parse_as(Kind::Contact, &input.survivor)?;
        let merged = ids::parse_as(Kind::Contact, &input.merged)?;
        if survivor == merged {
            return Ok(refused(ctx, survivor, &SAME_RECORD));
        }
        merge(ctx, &input.options, survivor, merged).await
    }

    /// Says who looks after many contacts.
    #[graphql(complexity = "50 + input.ids.len() * 10 + child_complexity")]
    async fn contacts_assign(&self, ctx: &Context<'_>, input: ContactsAssignInput) -> ApiResult<BulkPayload> {
        let Ok(owner) = owner(ctx, input.owner.as_ref()).await? else {
            return Err(ApiError::bad_input("The owner is not a user."));
        };
        let command = ContactCommand::Assign { owner };
        each(ctx, &input.ids, input.command_id, input.occurred_at, command).await
    }

    /// Tags many contacts.
    #[graphql(complexity = "50 + input.ids.len() * 10 + child_complexity")]
    async fn contacts_tag(&self, ctx: &Context<'_>, input: ContactsTagsInput) -> ApiResult<BulkPayload> {
        let command = ContactCommand::Tag { tags: input.tags };
        each(ctx, &input.ids, input.command_id, input.occurred_at, command).await
    }

    /// Takes tags off many contacts.
    #[graphql(complexity = "50 + input.ids.len() * 10 + child_complexity")]
    async fn contacts_untag(&self, ctx: &Context<'_>, input: ContactsTagsInput) -> ApiResult<BulkPayload> {
        let command = ContactCommand::Untag { tags: input.tags };
        each(ctx, &input.ids, input.command_id, input.occurred_at, command).await
    }

    /// Puts many contacts away.
    #[graphql(complexity = "50 + input.ids.len() * 10 + child_complexity")]
    async fn contacts_archive(&self, ctx: &Context<'_>, input: ContactsCommandInput) -> ApiResult<BulkPayload> {
        each(
            ctx,
            &input.ids,
            input.command_id,
            input.occurred_at,
            ContactCommand::Archive,
        )
        .await
    }
}

async fn each(
    ctx: &Context<'_>,
    ids: &[ID],
    command_id: Option<Uuid>,
    occurred_at: Option<Moment>,
    command: ContactCommand,
) -> ApiResult<BulkPayload> {
    bulk::each::<ContactState>(ctx, Kind::Contact, ids, command_id, occurred_at, command).await
}

async fn merge(ctx: &Context<'_>, options: &CommandOptions, survivor: Uuid, merged: Uuid) -> ApiResult<ContactPayload> {
    let bus = &ctx.application()?.bus;
    let context = options.context(ctx)?;
    let answer = bus
        .together(
            &context,
            &("merge", survivor, merged),
            |unit: &mut UnitOfWork<'_, Event>| {
                async move {
                    let own = unit.see::<Aggregate>(survivor).await.map_err(boxed)?;
                    let other = unit.see::<Aggregate>(merged).await.map_err(boxed)?;
                    let record: ContactRecord = other.record().cloned().unwrap_or_default();
                    let absorb = ContactCommand::Absorb {
                        merged: ContactId(merged),
                        record: Box::new(record),
                    };
                    unit.run::<Aggregate>(survivor, absorb).await.map_err(boxed)?;
                    let into = ContactCommand::MergeInto {
                        survivor: ContactId(survivor),
                    };
                    unit.run::<Aggregate>(merged, into).await.map_err(boxed)?;
                    // Whoever asks for the data of one asks for that of both.
                    if let (Some(person), Some(with)) = (own.person(), other.person()) {
                        for (person, with) in [(person, with), (with, person)] {
                            let unite = PersonCommand::Unite { person, with };
                            unit.run::<Person>(person.0, unite).await.map_err(boxed)?;
                        }
                    }
                    Ok(())
                }
                .boxed()
            },
        )
        .await;
    let (result, contact) = following::settle::<ContactState, _>(ctx, answer, survivor).await?;
    Ok(ContactPayload { result, contact })
}
