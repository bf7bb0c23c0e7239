//! What can be asked of an organization: one mutation per command.

use async_graphql::{ComplexObject, Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use domain::{
    Change, Decider, Event, InvalidValue, Language, OrganizationId, PersonId, Personal, Refusal, Reservation,
    ReservationCommand, Root, Siren,
    organization::{ContactDetails, OrganizationCommand, OrganizationState, Profile, ProfileChanges},
    reservation::ReservationKind,
};
use engine::{CommandError, UnitOfWork};
use futures::FutureExt;
use journal::StreamId;
use uuid::Uuid;

use super::Organization;
use crate::graphql::{
    commands::{self, CommandOptions, CommandResult},
    errors::ApiResult,
    ids::{self, Kind},
    money::MoneyInput,
    session::Session,
};

#[derive(Debug, Clone, InputObject)]
pub struct OrganizationCreateInput {
    name: String,
    /// Nine digits; unique among organizations.
    siren: Option<String>,
    sector: Option<String>,
    country: Option<String>,
    employees: Option<u32>,
    annual_revenue: Option<MoneyInput>,
    founded_year: Option<i32>,
    /// The organization that owns this one.
    parent: Option<ID>,
    /// Its name in another system.
    external_reference: Option<String>,
    #[graphql(flatten)]
    options: CommandOptions,
}

/// What is absent stays as it is; null clears.
#[derive(Debug, Clone, InputObject)]
pub struct OrganizationUpdateInput {
    id: ID,
    name: Option<String>,
    sector: MaybeUndefined<String>,
    country: MaybeUndefined<String>,
    employees: MaybeUndefined<u32>,
    annual_revenue: MaybeUndefined<MoneyInput>,
    founded_year: MaybeUndefined<i32>,
    parent: MaybeUndefined<ID>,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct OrganizationIdentifyInput {
    id: ID,
    /// Nine digits; null takes the number away.
    siren: Option<String>,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct OrganizationNameContactInput {
    id: ID,
    /// Who it is, when they are known already; otherwise a new person.
    person: Option<Uuid>,
    name: String,
    email: Option<String>,
    phone: Option<String>,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct OrganizationCommandInput {
    id: ID,
    #[graphql(flatten)]
    options: CommandOptions,
}

/// What became of an organization's command.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct OrganizationPayload {
    #[graphql(flatten)]
    result: CommandResult,
    #[graphql(skip)]
    organization: Uuid,
}

#[ComplexObject]
impl OrganizationPayload {
    /// The organization after the command; null when the command was refused.
    async fn organization(&self, ctx: &Context<'_>) -> ApiResult<Option<Organization>> {
        match self.result.reading(ctx).await? {
            Some(reading) => Organization::load(&reading, self.organization).await,
            None => Ok(None),
        }
    }
}

#[derive(Default)]
pub struct OrganizationMutations;

#[Object]
impl OrganizationMutations {
    /// Makes an organization known to us.
    #[graphql(complexity = "50 + child_complexity")]
    async fn organization_create(
        &self,
        ctx: &Context<'_>,
        input: OrganizationCreateInput,
    ) -> ApiResult<OrganizationPayload> {
        let id = input.options.new_id(ctx, OrganizationState::TYPE)?;
        let parent = input
            .parent
            .as_ref()
            .map(|id| ids::parse_as(Kind::Organization, id))
            .transpose()?;
        if let Some(missing) = missing_parent(ctx, parent).await? {
            return Ok(OrganizationPayload {
                result: missing,
                organization: id,
            });
        }
        let (siren, annual_revenue) = match registration_values(&input) {
            Ok(values) => values,
            Err(refusal) => return Ok(refused(ctx, id, &refusal)),
        };
        let command = OrganizationCommand::Register {
            name: input.name,
            siren: siren.clone(),
            profile: Profile {
                sector: input.sector,
                country: input.country,
                employees: input.employees,
                annual_revenue,
                founded_year: input.founded_year,
                parent: parent.map(OrganizationId),
            },
            external_reference: input.external_reference,
        };
        identified(ctx, &input.options, id, command, siren).await
    }

    /// Changes what is known of an organization.
    #[graphql(complexity = "50 + child_complexity")]
    async fn organization_update(
        &self,
        ctx: &Context<'_>,
        input: OrganizationUpdateInput,
    ) -> ApiResult<OrganizationPayload> {
        let id = ids::parse_as(Kind::Organization, &input.id)?;
        update(ctx, id, input).await
    }

    /// Gives an organization its SIREN, corrects it or takes it away.
    #[graphql(complexity = "50 + child_complexity")]
    async fn organization_identify(
        &self,
        ctx: &Context<'_>,
        input: OrganizationIdentifyInput,
    ) -> ApiResult<OrganizationPayload> {
        let id = ids::parse_as(Kind::Organization, &input.id)?;
        match siren(input.siren.as_deref()) {
            Ok(siren) => {
                let command = OrganizationCommand::Identify { siren: siren.clone() };
                identified(ctx, &input.options, id, command, siren).await
            }
            Err(refusal) => Ok(refused(ctx, id, &refusal)),
        }
    }

    /// Names the person we talk to; replaces the one before.
    #[graphql(complexity = "50 + child_complexity")]
    async fn organization_name_contact(
        &self,
        ctx: &Context<'_>,
        input: OrganizationNameContactInput,
    ) -> ApiResult<OrganizationPayload> {
        let person = match input.person {
            Some(person) => person,
            None => input.options.new_id(ctx, "person")?,
        };
        let details = ContactDetails {
            name: input.name,
            email: input.email,
            phone: input.phone,
        };
        let command = OrganizationCommand::NameContact {
            contact: Personal::new(PersonId(person), details),
        };
        execute(ctx, &input.options, &input.id, command).await
    }

    #[graphql(complexity = "50 + child_complexity")]
    async fn organization_remove_contact(
        &self,
        ctx: &Context<'_>,
        input: OrganizationCommandInput,
    ) -> ApiResult<OrganizationPayload> {
        execute(ctx, &input.options, &input.id, OrganizationCommand::RemoveContact).await
    }

    /// It bought something.
    #[graphql(complexity = "50 + child_complexity")]
    async fn organization_mark_customer(
        &self,
        ctx: &Context<'_>,
        input: OrganizationCommandInput,
    ) -> ApiResult<OrganizationPayload> {
        execute(ctx, &input.options, &input.id, OrganizationCommand::MarkCustomer).await
    }

    /// It no longer buys.
    #[graphql(complexity = "50 + child_complexity")]
    async fn organization_mark_former(
        &self,
        ctx: &Context<'_>,
        input: OrganizationCommandInput,
    ) -> ApiResult<OrganizationPayload> {
        execute(ctx, &input.options, &input.id, OrganizationCommand::MarkFormer).await
    }
}

type Registration = (Option<Siren>, Option<domain::Money>);

fn registration_values(input: &OrganizationCreateInput) -> Result<Registration, InvalidValue> {
    let revenue = input
        .annual_revenue
        .as_ref()
        .map(|money| money.checked("annualRevenue"))
        .transpose()?;
    Ok((siren(input.siren.as_deref())?, revenue))
}

fn siren(text: Option<&str>) -> Result<Option<Siren>, InvalidValue> {
    text.map(|text| Siren::parse("siren", text)).transpose()
}

fn refused(ctx: &Context<'_>, organization: Uuid, refusal: &impl Refusal) -> OrganizationPayload {
    let result = CommandResult::refused(commands::user_error(ctx, refusal));
    OrganizationPayload { result, organization }
}

async fn missing_parent(ctx: &Context<'_>, parent: Option<Uuid>) -> ApiResult<Option<CommandResult>> {
    match parent {
        Some(parent) if !commands::exists(ctx, Kind::Organization, parent).await? => {
            let message = "The organization named as parent does not exist.";
            Ok(Some(CommandResult::refused(commands::missing(
                "parent",
                "ORGANIZATION_NOT_FOUND",
                message,
            ))))
        }
        _ => Ok(None),
    }
}

async fn execute(
    ctx: &Context<'_>,
    options: &CommandOptions,
    id: &ID,
    command: OrganizationCommand,
) -> ApiResult<OrganizationPayload> {
    let organization = ids::parse_as(Kind::Organization, id)?;
    let result = commands::execute::<OrganizationState>(ctx, options, organization, command).await?;
    Ok(OrganizationPayload { result, organization })
}

/// Why one of several aggregates refuses.
#[derive(Debug)]
struct Refused(Box<dyn Refusal>);

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
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

fn boxed<R: Refusal>(error: CommandError<R>) -> CommandError<Refused> {
    error.map_refusal(|refusal| Refused(Box::new(refusal)))
}

/// A command that sets the SIREN: the number is reserved, and the one before given back, in the same unit of work.
async fn identified(
    ctx: &Context<'_>,
    options: &CommandOptions,
    id: Uuid,
    command: OrganizationCommand,
    siren: Option<Siren>,
) -> ApiResult<OrganizationPayload> {
    let bus = &ctx.application()?.bus;
    let context = options.context(ctx)?;
    let kind = ReservationKind::OrganizationSiren;
    let place = |siren: &Siren| bus.secret_id(kind.as_str(), siren.as_str());
    let intent = ("identify", id, &command);
    let answer = bus
        .together(&context, &intent, |unit: &mut UnitOfWork<'_, Event>| {
            let (command, siren) = (command.clone(), siren.clone());
            async move {
                let before = bus.load::<Root<OrganizationState>>(id).await?;
                let before = before.and_then(|(organization, _)| organization.siren().cloned());
                unit.run::<Root<OrganizationState>>(id, command).await.map_err(boxed)?;
                if before == siren {
                    return Ok(());
                }
                if let Some(before) = &before {
                    let release = ReservationCommand::Release { holder: id };
                    unit.run::<Reservation>(place(before), release).await.map_err(boxed)?;
                }
                if let Some(siren) = &siren {
                    let reserve = ReservationCommand::Reserve { kind, holder: id };
                    unit.run::<Reservation>(place(siren), reserve).await.map_err(boxed)?;
                }
                Ok(())
            }
            .boxed()
        })
        .await;
    let subject = StreamId::new(OrganizationState::TYPE, id);
    let result = commands::settle(ctx, answer, &subject).await?;
    Ok(OrganizationPayload {
        result,
        organization: id,
    })
}

/// Renames and amends in one unit of work.
async fn update(ctx: &Context<'_>, id: Uuid, input: OrganizationUpdateInput) -> ApiResult<OrganizationPayload> {
    let parent = match &input.parent {
        MaybeUndefined::Value(parent) => MaybeUndefined::Value(ids::parse_as(Kind::Organization, parent)?),
        MaybeUndefined::Null => MaybeUndefined::Null,
        MaybeUndefined::Undefined => MaybeUndefined::Undefined,
    };
    if let Some(missing) = missing_parent(ctx, parent.value().copied()).await? {
        return Ok(OrganizationPayload {
            result: missing,
            organization: id,
        });
    }
    let revenue = match &input.annual_revenue {
        MaybeUndefined::Value(money) => match money.checked("annualRevenue") {
            Ok(money) => MaybeUndefined::Value(money),
            Err(refusal) => return Ok(refused(ctx, id, &refusal)),
        },
        MaybeUndefined::Null => MaybeUndefined::Null,
        MaybeUndefined::Undefined => MaybeUndefined::Undefined,
    };
    let changes = ProfileChanges {
        sector: change(input.sector.clone()),
        country: change(input.country.clone()),
        employees: change(input.employees),
        annual_revenue: change(revenue),
        founded_year: change(input.founded_year),
        parent: change(parent).map(OrganizationId),
    };
    let bus = &ctx.application()?.bus;
    let context = input.options.context(ctx)?;
    // What was asked, without the options: a repeated command is compared by it.
    let asked = OrganizationUpdateInput {
        options: CommandOptions::default(),
        ..input.clone()
    };
    let intent = ("update", id, format!("{asked:?}"));
    let (name, changes) = (&input.name, &changes);
    let answer = bus
        .together(&context, &intent, |unit: &mut UnitOfWork<'_, Event>| {
            async move {
                if let Some(name) = name.clone() {
                    let rename = OrganizationCommand::Rename { name };
                    unit.run::<Root<OrganizationState>>(id, rename).await.map_err(boxed)?;
                }
                let changes = changes.clone();
                let amend = OrganizationCommand::Amend { changes };
                unit.run::<Root<OrganizationState>>(id, amend).await.map_err(boxed)
            }
            .boxed()
        })
        .await;
    let subject = StreamId::new(OrganizationState::TYPE, id);
    let result = commands::settle(ctx, answer, &subject).await?;
    Ok(OrganizationPayload {
        result,
        organization: id,
    })
}

/// Null clears, absent leaves as it is.
fn change<T>(field: MaybeUndefined<T>) -> Change<T> {
    match field {
        MaybeUndefined::Value(value) => Change::Set(value),
        MaybeUndefined::Null => Change::Clear,
        MaybeUndefined::Undefined => Change::Keep,
    }
}
