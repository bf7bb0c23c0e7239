//! Rules over several records: reservations of SIRENs, parents without circles, merges, and many at once.

use async_graphql::{Context, Object};
use domain::{
    Event, OrganizationId, Reservation, ReservationCommand, Root, Siren,
    organization::{Organization as Aggregate, OrganizationCommand, OrganizationState},
    reservation::ReservationKind,
};
use engine::{CommandBus, CommandError, UnitOfWork};
use futures::FutureExt;
use uuid::Uuid;

use super::{
    inputs::{OrganizationsAssignInput, OrganizationsCommandInput, OrganizationsMergeInput, OrganizationsTagsInput},
    mutations::{OrganizationPayload, owner, refused},
};
use crate::graphql::{
    bulk::{self, BulkPayload},
    commands::{self, CommandOptions},
    errors::{ApiError, ApiResult},
    following::{self, Refused, Rule, SAME_RECORD, boxed},
    ids::{self, Kind},
    session::Session,
};

/// Companies that own each other, one above the next, at most.
const MAX_PARENTS: usize = 32;

const NO_SUCH_PARENT: Rule = Rule {
    code: "ORGANIZATION_NOT_FOUND",
    field: "parent",
    english: "The organization named as parent does not exist.",
    french: "L'organisation indiquée comme société mère n'existe pas.",
};

const OWN_SUBSIDIARY: Rule = Rule {
    code: "PARENT_IS_SUBSIDIARY",
    field: "parent",
    english: "The organization named as parent is this one, or belongs to it.",
    french: "L'organisation indiquée comme société mère est celle-ci, ou lui appartient.",
};

const TOO_MANY_PARENTS: Rule = Rule {
    code: "TOO_MANY_PARENTS",
    field: "parent",
    english: "Too many organizations own each other above this one.",
    french: "Trop d'organisations se possèdent les unes les autres au-dessus de celle-ci.",
};

/// Whether an organization can be worked with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    InUse,
    Archived,
    Missing,
}

/// How the organization stands, or the one that stands for it.
pub async fn standing(ctx: &Context<'_>, id: Uuid) -> ApiResult<Standing> {
    let mut id = id;
    for _ in 0..MAX_PARENTS {
        let Some(organization) = commands::load::<Aggregate>(ctx, id).await? else {
            return Ok(Standing::Missing);
        };
        match organization.merged_into() {
            Some(survivor) => id = survivor.0,
            None if organization.is_archived() => return Ok(Standing::Archived),
            None => return Ok(Standing::InUse),
        }
    }
    Ok(Standing::Missing)
}

/// Walks up from a parent: it must exist, and nobody owns itself in the end. The commit depends on whoever was met.
pub(super) async fn check_parent(
    unit: &mut UnitOfWork<'_, Event>,
    organization: Uuid,
    parent: Uuid,
) -> Result<(), CommandError<Refused>> {
    let mut next = Some(parent);
    for step in 0..MAX_PARENTS {
        let Some(id) = next else { return Ok(()) };
        if id == organization {
            return Err(OWN_SUBSIDIARY.refused());
        }
        let above = if step == 0 {
            unit.see::<Aggregate>(id).await
        } else {
            unit.see_whoever_asks::<Aggregate>(id).await
        };
        let above = above.map_err(boxed)?;
        if step == 0 && !above.exists() {
            return Err(NO_SUCH_PARENT.refused());
        }
        next = above
            .merged_into()
            .or_else(|| above.parent())
            .map(|OrganizationId(id)| id);
    }
    Err(TOO_MANY_PARENTS.refused())
}

/// Reserves the SIREN that the organization has got within this unit, and gives back the one that it had.
pub(super) async fn move_reservation(
    bus: &CommandBus<Event>,
    unit: &mut UnitOfWork<'_, Event>,
    id: Uuid,
) -> Result<(), CommandError<Refused>> {
    let before = bus.load::<Aggregate>(id).await?;
    let before = before.and_then(|(organization, _)| organization.siren().cloned());
    let after = unit
        .standing::<Root<OrganizationState>>(id)
        .and_then(|organization| organization.siren().cloned());
    if before == after {
        return Ok(());
    }
    if let Some(before) = &before {
        release(bus, unit, before, id).await?;
    }
    match &after {
        Some(after) => reserve(bus, unit, after, id).await,
        None => Ok(()),
    }
}

const KIND: ReservationKind = ReservationKind::OrganizationSiren;

async fn reserve(
    bus: &CommandBus<Event>,
    unit: &mut UnitOfWork<'_, Event>,
    siren: &Siren,
    holder: Uuid,
) -> Result<(), CommandError<Refused>> {
    let place = bus.secret_id(KIND.as_str(), siren.as_str());
    let reserve = ReservationCommand::Reserve { kind: KIND, holder };
    unit.run::<Reservation>(place, reserve).await.map_err(boxed)
}

async fn release(
    bus: &CommandBus<Event>,
    unit: &mut UnitOfWork<'_, Event>,
    siren: &Siren,
    holder: Uuid,
) -> Result<(), CommandError<Refused>> {
    let place = bus.secret_id(KIND.as_str(), siren.as_str());
    let release = ReservationCommand::Release { holder };
    unit.run::<Reservation>(place, release).await.map_err(boxed)
}

#[derive(Default)]
pub struct OrganizationRecordMutations;

#[Object]
impl OrganizationRecordMutations {
    /// Merges two records of the same company. The survivor takes over what it does not know; what belongs to the other
    /// one belongs to it from now on. Both stay readable. `expectedVersion` is that of the survivor.
    #[graphql(complexity = "50 + child_complexity")]
    async fn organizations_merge(
        &self,
        ctx: &Context<'_>,
        input: OrganizationsMergeInput,
    ) -> ApiResult<OrganizationPayload> {
        let survivor = ids::parse_as(Kind::Organization, &input.survivor)?;
        let merged = ids::parse_as(Kind::Organization, &input.merged)?;
        if survivor == merged {
            return Ok(refused(ctx, survivor, &SAME_RECORD));
        }
        merge(ctx, &input.options, survivor, merged).await
    }

    /// Says who looks after many organizations.
    #[graphql(complexity = "50 + input.ids.len() * 10 + child_complexity")]
    async fn organizations_assign(&self, ctx: &Context<'_>, input: OrganizationsAssignInput) -> ApiResult<BulkPayload> {
        let Ok(owner) = owner(ctx, input.owner.as_ref()).await? else {
            return Err(ApiError::bad_input("The owner is not a user."));
        };
        let command = OrganizationCommand::Assign { owner };
        each(ctx, &input.ids, input.command_id, input.occurred_at, command).await
    }

    /// Tags many organizations.
    #[graphql(complexity = "50 + input.ids.len() * 10 + child_complexity")]
    async fn organizations_tag(&self, ctx: &Context<'_>, input: OrganizationsTagsInput) -> ApiResult<BulkPayload> {
        let command = OrganizationCommand::Tag { tags: input.tags };
        each(ctx, &input.ids, input.command_id, input.occurred_at, command).await
    }

    /// Takes tags off many organizations.
    #[graphql(complexity = "50 + input.ids.len() * 10 + child_complexity")]
    async fn organizations_untag(&self, ctx: &Context<'_>, input: OrganizationsTagsInput) -> ApiResult<BulkPayload> {
        let command = OrganizationCommand::Untag { tags: input.tags };
        each(ctx, &input.ids, input.command_id, input.occurred_at, command).await
    }

    /// Puts many organizations away.
    #[graphql(complexity = "50 + input.ids.len() * 10 + child_complexity")]
    async fn organizations_archive(
        &self,
        ctx: &Context<'_>,
        input: OrganizationsCommandInput,
    ) -> ApiResult<BulkPayload> {
        let command = OrganizationCommand::Archive;
        each(ctx, &input.ids, input.command_id, input.occurred_at, command).await
    }
}

async fn each(
    ctx: &Context<'_>,
    ids: &[async_graphql::ID],
    command_id: Option<Uuid>,
    occurred_at: Option<crate::graphql::scalars::Moment>,
    command: OrganizationCommand,
) -> ApiResult<BulkPayload> {
    bulk::each::<OrganizationState>(ctx, Kind::Organization, ids, command_id, occurred_at, command).await
}

async fn merge(
    ctx: &Context<'_>,
    options: &CommandOptions,
    survivor: Uuid,
    merged: Uuid,
) -> ApiResult<OrganizationPayload> {
    let bus = &ctx.application()?.bus;
    let context = options.context(ctx)?;
    let answer = bus
        .together(
            &context,
            &("merge", survivor, merged),
            |unit: &mut UnitOfWork<'_, Event>| {
                async move {
                    unit.see::<Aggregate>(survivor).await.map_err(boxed)?;
                    let other = unit.see::<Aggregate>(merged).await.map_err(boxed)?;
                    let mut record = other.record().cloned().unwrap_or_default();
                    if record.profile.parent == Some(OrganizationId(survivor)) {
                        record.profile.parent = None;
                    }
                    let absorb = OrganizationCommand::Absorb {
                        merged: OrganizationId(merged),
                        record: Box::new(record.clone()),
                    };
                    unit.run::<Aggregate>(survivor, absorb).await.map_err(boxed)?;
                    let into = OrganizationCommand::MergeInto {
                        survivor: OrganizationId(survivor),
                    };
                    unit.run::<Aggregate>(merged, into).await.map_err(boxed)?;
                    if other.merged_into().is_some() {
                        return Ok(());
                    }
                    // The number goes with the company.
                    let own = unit
                        .standing::<Aggregate>(survivor)
                        .and_then(|standing| standing.siren().cloned());
                    match (&record.siren, own) {
                        (Some(siren), Some(own)) if *siren == own => {
                            release(bus, unit, siren, merged).await?;
                            reserve(bus, unit, siren, survivor).await
                        }
                        _ => Ok(()),
                    }
                }
                .boxed()
            },
        )
        .await;
    let (result, organization) = following::settle::<OrganizationState, _>(ctx, answer, survivor).await?;
    Ok(OrganizationPayload { result, organization })
}
