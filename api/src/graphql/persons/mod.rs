//! Persons: what is known of them, how long it is kept, and how it is erased.

mod dossier;
mod retention;

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};
use domain::{
    Decider, Person, PersonError, PersonId,
    person::{PersonCommand, PersonState},
};
use engine::{CommandContext, CommandError, Outcome, erasure::ErasureError};
use journal::StreamId;
use uuid::Uuid;

use super::{
    commands::{self, CommandOptions, CommandResult},
    errors::ApiResult,
    paging::{self, PageArguments},
    scalars::Date,
    session::Session,
};

pub use self::{dossier::PersonExport, retention::RetentionProposalConnection};

#[derive(Default)]
pub struct PersonQueries;

#[Object]
impl PersonQueries {
    /// Everything that is known of a person, for handing it over: the `person` of a contact.
    #[graphql(complexity = "500 + child_complexity * 20")]
    async fn person_export(&self, ctx: &Context<'_>, person: Uuid) -> ApiResult<PersonExport> {
        dossier::export(ctx, person).await
    }

    /// Contacts who have done nothing themselves for three years before the day: no reply, no call, no word on what they
    /// allow. Whether to erase them is for people to decide.
    #[graphql(complexity = "paging::cost(first, last, child_complexity)")]
    async fn retention_proposals(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A day in Paris; today unless it says otherwise.")] as_of: Option<Date>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> ApiResult<RetentionProposalConnection> {
        let arguments = PageArguments {
            first,
            after,
            last,
            before,
        };
        retention::proposals(ctx, as_of, arguments).await
    }
}

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

#[derive(Debug, Clone, InputObject)]
pub struct FiscalYearDestroyInput {
    /// The last day of the fiscal year.
    closing: Date,
    #[graphql(flatten)]
    options: CommandOptions,
}

/// What became of the papers of a fiscal year.
#[derive(Debug, Clone, SimpleObject)]
pub struct FiscalYearDestroyPayload {
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
    /// person. Where records of the same person were merged, the data of all of them is erased.
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
        let (others, _) = dossier::same_human(ctx, person).await?;
        let (mut answer, mut pending) = erase(ctx, &context, person, command).await?;
        for other in others.into_iter().filter(|other| *other != person) {
            let own = ["united", &context.command_id.to_string(), &other.to_string()];
            let mut also = context.clone();
            also.command_id = ctx.application()?.bus.derived_id(&own);
            also.expected_version = None;
            let command = PersonCommand::Erase {
                person: PersonId(other),
                ground: ground.into(),
            };
            let (outcome, unfinished) = erase(ctx, &also, other, command).await?;
            pending |= unfinished;
            // The position must show all of it.
            match (&mut answer, outcome) {
                (Ok(answer), Ok(outcome)) => answer.position = answer.position.max(outcome.position),
                (Ok(_), Err(error)) => answer = Err(error),
                (Err(_), _) => {}
            }
        }
        let result = commands::settle(ctx, answer, &StreamId::new(PersonState::TYPE, person)).await?;
        Ok(PersonErasePayload { result, pending })
    }

    /// Destroys the key of a fiscal year and the papers under it, quotes and invoices, for good: ten years after its closing
    /// at the earliest, for so long the law has them kept (C. com. art. L123-22). The books and the amounts remain.
    #[graphql(complexity = "500 + child_complexity")]
    async fn fiscal_year_destroy(
        &self,
        ctx: &Context<'_>,
        input: FiscalYearDestroyInput,
    ) -> ApiResult<FiscalYearDestroyPayload> {
        let sales = &ctx.application()?.sales;
        let key = PersonId::of_fiscal_year(input.closing.0);
        let command = PersonCommand::DestroyYear {
            key,
            today: sales.house().await?.today,
        };
        let context = input.options.context(ctx)?;
        let known: Option<Person> = commands::load(ctx, key.0).await?;
        let events = domain::Decider::decide(&*known.unwrap_or_default(), command.clone());
        if events.is_ok_and(|events| !events.is_empty()) {
            // What only the key can find goes first.
            sales.remove_drawings(key).await?;
        }
        let (answer, pending) = erase(ctx, &context, key.0, command).await?;
        let result = commands::settle(ctx, answer, &StreamId::new(PersonState::TYPE, key.0)).await?;
        Ok(FiscalYearDestroyPayload { result, pending })
    }
}

type Erased = (Result<Outcome, CommandError<PersonError>>, bool);

/// What became of one erasure, and whether copies are still being removed.
async fn erase(ctx: &Context<'_>, context: &CommandContext, person: Uuid, command: PersonCommand) -> ApiResult<Erased> {
    let answer = ctx
        .application()?
        .erasure
        .erase::<Person>(context, person, command)
        .await;
    Ok(match answer {
        Ok(outcome) => (Ok(outcome), false),
        Err(ErasureError::Pending { outcome, reason }) => {
            tracing::warn!(%person, reason, "an erasure is not finished");
            (Ok(outcome), true)
        }
        Err(ErasureError::Command(error)) => (Err(error), false),
    })
}
