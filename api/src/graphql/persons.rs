//! Persons: so far, how their data is erased.

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};
use domain::{
    Decider, Person, PersonId,
    person::{PersonCommand, PersonState},
};
use engine::erasure::ErasureError;
use journal::StreamId;
use uuid::Uuid;

use super::{
    commands::{self, CommandOptions, CommandResult},
    errors::ApiResult,
    session::Session,
};

/// Why data is erased (GDPR, article 17 (1)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::person::ErasureGround")]
pub enum ErasureGround {
    /// The person asked for it, or objected.
    Request,
    /// The person withdrew their consent.
    ConsentWithdrawn,
    /// The data is no longer needed.
    NoLongerNeeded,
    /// The law demands it, or the data was unlawfully held.
    Law,
}

#[derive(Debug, Clone, InputObject)]
pub struct PersonEraseInput {
    /// Whose data: the `person` of a contact.
    person: Uuid,
    ground: ErasureGround,
    #[graphql(flatten)]
    options: CommandOptions,
}

/// What became of an erasure.
#[derive(Debug, Clone, SimpleObject)]
pub struct PersonErasePayload {
    #[graphql(flatten)]
    result: CommandResult,
    /// Whether the last copies are still being removed. Nothing opens them any more, and removing them is tried again
    /// until it is done.
    pending: bool,
}

#[derive(Default)]
pub struct PersonMutations;

#[Object]
impl PersonMutations {
    /// Erases a person's data everywhere, for good: the key that opens it is destroyed. The facts remain, without the
    /// person.
    #[graphql(complexity = "50 + child_complexity")]
    async fn person_erase(&self, ctx: &Context<'_>, input: PersonEraseInput) -> ApiResult<PersonErasePayload> {
        let PersonEraseInput {
            person,
            ground,
            options,
        } = input;
        let context = options.context(ctx)?;
        let command = PersonCommand::Erase {
            person: PersonId(person),
            ground: ground.into(),
        };
        let answer = ctx
            .application()?
            .erasure
            .erase::<Person>(&context, person, command)
            .await;
        let (answer, pending) = match answer {
            Ok(outcome) => (Ok(outcome), false),
            Err(ErasureError::Pending { outcome, reason }) => {
                tracing::warn!(%person, reason, "an erasure is not finished");
                (Ok(outcome), true)
            }
            Err(ErasureError::Command(error)) => (Err(error), false),
        };
        let result = commands::settle(ctx, answer, &StreamId::new(PersonState::TYPE, person)).await?;
        Ok(PersonErasePayload { result, pending })
    }
}
