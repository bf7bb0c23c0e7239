//! Commands to a record that was merged into another: the survivor carries them out.

use std::fmt;

use async_graphql::Context;
use domain::{ContactError, Decider, Event, Language, OrganizationError, Refusal, Root};
use engine::{CommandError, Outcome};
use journal::StreamId;
use uuid::Uuid;

use super::{
    commands::{self, CommandOptions, CommandResult},
    errors::{ApiError, ApiResult},
    session::Session,
};
use crate::sales::SalesError;

/// A thing of which one record may stand for another.
pub trait Merged: Decider {
    /// The record that stands for the one that refuses.
    fn survivor(refusal: &Self::Error) -> Option<Uuid>;
}

impl Merged for domain::organization::OrganizationState {
    fn survivor(refusal: &OrganizationError) -> Option<Uuid> {
        match refusal {
            OrganizationError::Merged { survivor } => Some(survivor.0),
            _ => None,
        }
    }
}

impl Merged for domain::contact::ContactState {
    fn survivor(refusal: &ContactError) -> Option<Uuid> {
        match refusal {
            ContactError::Merged { survivor } => Some(survivor.0),
            _ => None,
        }
    }
}

/// Gives one object, or the one that stands for it, one command. Answers which of them took it.
pub async fn execute<D>(
    ctx: &Context<'_>,
    options: &CommandOptions,
    id: Uuid,
    command: D::Command,
) -> ApiResult<(CommandResult, Uuid)>
where
    D: Merged,
    D::Event: Into<Event>,
    D::Command: Sync,
{
    let context = options.context(ctx)?;
    let bus = &ctx.application()?.bus;
    let answer = bus
        .execute_following::<Root<D>>(&context, id, command, D::survivor)
        .await;
    settle::<D, _>(ctx, answer, id).await
}

/// [`commands::settle`] for whichever record took the command.
pub async fn settle<D: Decider, R: Refusal>(
    ctx: &Context<'_>,
    answer: Result<Outcome, CommandError<R>>,
    id: Uuid,
) -> ApiResult<(CommandResult, Uuid)> {
    let own = |outcome: &Outcome| {
        let streams: Vec<_> = outcome.versions.iter().map(|(stream, _)| stream).collect();
        let of_kind = streams.iter().filter(|stream| *stream.category == *D::TYPE);
        let named = of_kind.clone().any(|stream| stream.id == id);
        if named {
            id
        } else {
            of_kind.map(|stream| stream.id).next().unwrap_or(id)
        }
    };
    let took = answer.as_ref().map_or(id, own);
    let result = commands::settle(ctx, answer, &StreamId::new(D::TYPE, took)).await?;
    Ok((result, took))
}

/// [`settle`] for a step of a sale, which can fail in more ways.
pub async fn settle_sale<D: Decider>(
    ctx: &Context<'_>,
    answer: Result<Outcome, SalesError>,
    id: Uuid,
) -> ApiResult<(CommandResult, Uuid)> {
    match answer {
        Ok(outcome) => settle::<D, Refused>(ctx, Ok(outcome), id).await,
        Err(SalesError::Command(error)) => settle::<D, Refused>(ctx, Err(error), id).await,
        Err(error) => Err(error.into()),
    }
}

impl From<SalesError> for ApiError {
    fn from(error: SalesError) -> Self {
        match error {
            SalesError::Command(error) => commands::system_error(error),
            error => Self::internal("a document was not made", &error),
        }
    }
}

/// Why one of several aggregates refuses.
#[derive(Debug)]
pub struct Refused(Box<dyn Refusal>);

impl Refused {
    pub fn new(refusal: impl Refusal) -> Self {
        Self(Box::new(refusal))
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Refused {}

impl Refusal for Refused {
    fn code(&self) -> &'static str {
        self.0.code()
    }

    fn field(&self) -> Option<&'static str> {
        self.0.field()
    }

    fn allowed(&self) -> Vec<&'static str> {
        self.0.allowed()
    }

    fn message(&self, language: Language) -> String {
        self.0.message(language)
    }
}

pub fn boxed<R: Refusal>(error: CommandError<R>) -> CommandError<Refused> {
    error.map_refusal(Refused::new)
}

/// A rule over several records, which no aggregate alone can know.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    pub code: &'static str,
    pub field: &'static str,
    pub english: &'static str,
    pub french: &'static str,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.english)
    }
}

impl std::error::Error for Rule {}

impl Refusal for Rule {
    fn code(&self) -> &'static str {
        self.code
    }

    fn field(&self) -> Option<&'static str> {
        Some(self.field)
    }

    fn message(&self, language: Language) -> String {
        language.choose(self.english, self.french)
    }
}

impl Rule {
    pub fn refused(self) -> CommandError<Refused> {
        CommandError::Refused(Refused::new(self))
    }
}

pub const NO_SUCH_USER: Rule = Rule {
    code: "USER_NOT_FOUND",
    field: "owner",
    english: "This user does not exist.",
    french: "Cet utilisateur n'existe pas.",
};

pub const NO_SUCH_ORGANIZATION: Rule = Rule {
    code: "ORGANIZATION_NOT_FOUND",
    field: "organization",
    english: "This organization does not exist.",
    french: "Cette organisation n'existe pas.",
};

pub const NO_SUCH_CONTACT: Rule = Rule {
    code: "CONTACT_NOT_FOUND",
    field: "contact",
    english: "This contact does not exist.",
    french: "Ce contact n'existe pas.",
};

pub const NO_SUCH_DEAL: Rule = Rule {
    code: "DEAL_NOT_FOUND",
    field: "deal",
    english: "This deal does not exist.",
    french: "Cette affaire n'existe pas.",
};

/// Of a line of a quote or an invoice.
pub const NO_SUCH_PRODUCT: Rule = Rule {
    code: "PRODUCT_NOT_FOUND",
    field: "rows",
    english: "A line names a product that does not exist.",
    french: "Une ligne désigne un produit qui n'existe pas.",
};

pub const SAME_RECORD: Rule = Rule {
    code: "SAME_RECORD",
    field: "merged",
    english: "A record cannot be merged into itself.",
    french: "Une fiche ne peut pas être fusionnée avec elle-même.",
};
