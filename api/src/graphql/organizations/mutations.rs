//! What can be asked of an organization: one mutation per command.

use std::collections::BTreeMap;

use async_graphql::{ComplexObject, Context, ID, MaybeUndefined, Object, SimpleObject};
use domain::{
    CustomValue, Decider, Event, FileId, InvalidValue, OrganizationId, PersonId, Personal, PostalAddress, Refusal,
    Root, UserId,
    organization::{ContactDetails, OrganizationCommand, OrganizationState, Profile, ProfileChanges},
};
use engine::{CommandError, UnitOfWork};
use futures::FutureExt;
use projections::attachments;
use sea_orm::EntityTrait;
use serde::Serialize;
use uuid::Uuid;

use super::{
    Organization,
    inputs::{
        Numbers, OrganizationAssignInput, OrganizationChangeAddressesInput, OrganizationChangeBankAccountInput,
        OrganizationCommandInput, OrganizationCreateInput, OrganizationIdentifyInput, OrganizationNameContactInput,
        OrganizationSetFieldsInput, OrganizationTagsInput, OrganizationUpdateInput, change, checked, country,
    },
    records::{self, Standing},
};
use crate::graphql::{
    commands::{self, CommandOptions, CommandResult},
    custom,
    errors::{ApiResult, UserError},
    files::{self, RecordFileInput},
    following::{self, Merged, NO_SUCH_USER, Refused, boxed},
    ids::{self, Kind},
    reading,
    session::Session,
};

/// What became of an organization's command.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct OrganizationPayload {
    #[graphql(flatten)]
    pub(super) result: CommandResult,
    #[graphql(skip)]
    pub(super) organization: Uuid,
}

impl OrganizationPayload {
    pub const fn new(result: CommandResult, organization: Uuid) -> Self {
        Self { result, organization }
    }
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
        create(ctx, input).await
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

    /// Gives an organization its SIREN, SIRET and VAT number, corrects them or takes them away.
    #[graphql(complexity = "50 + child_complexity")]
    async fn organization_identify(
        &self,
        ctx: &Context<'_>,
        input: OrganizationIdentifyInput,
    ) -> ApiResult<OrganizationPayload> {
        let id = ids::parse_as(Kind::Organization, &input.id)?;
        match Numbers::of(input.siren, input.siret, input.vat_number) {
            Ok(numbers) => {
                let command = OrganizationCommand::Identify {
                    siren: numbers.siren,
                    siret: numbers.siret,
                    vat_number: numbers.vat_number,
                };
                identified(ctx, &input.options, id, vec![command], None).await
            }
            Err(refusal) => Ok(refused(ctx, id, &refusal)),
        }
    }

    /// Says where its money goes from and to.
    #[graphql(complexity = "50 + child_complexity")]
    async fn organization_change_bank_account(
        &self,
        ctx: &Context<'_>,
        input: OrganizationChangeBankAccountInput,
    ) -> ApiResult<OrganizationPayload> {
        match input.values() {
            Ok((account, person)) => {
                let command = OrganizationCommand::ChangeBankAccount { account, person };
                execute(ctx, &input.options, &input.id, command).await
            }
            Err(refusal) => Ok(refused(ctx, ids::parse_as(Kind::Organization, &input.id)?, &refusal)),
        }
    }

    /// Says where bills and goods are sent to.
    #[graphql(complexity = "50 + child_complexity")]
    async fn organization_change_addresses(
        &self,
        ctx: &Context<'_>,
        input: OrganizationChangeAddressesInput,
    ) -> ApiResult<OrganizationPayload> {
        let billing = checked(input.billing_address, |address| address.value("billingAddress.country"));
        let delivery = checked(input.delivery_address, |address| {
            address.value("deliveryAddress.country")
        });
        match billing.and_then(|billing| Ok((billing, delivery?))) {
            Ok((billing, delivery)) => {
                let command = OrganizationCommand::ChangeAddresses { billing, delivery };
                execute(ctx, &input.options, &input.id, command).await
            }
            Err(refusal) => Ok(refused(ctx, ids::parse_as(Kind::Organization, &input.id)?, &refusal)),
        }
    }

    #[graphql(complexity = "50 + child_complexity")]
    async fn organization_tag(
        &self,
        ctx: &Context<'_>,
        input: OrganizationTagsInput,
    ) -> ApiResult<OrganizationPayload> {
        execute(
            ctx,
            &input.options,
            &input.id,
            OrganizationCommand::Tag { tags: input.tags },
        )
        .await
    }

    #[graphql(complexity = "50 + child_complexity")]
    async fn organization_untag(
        &self,
        ctx: &Context<'_>,
        input: OrganizationTagsInput,
    ) -> ApiResult<OrganizationPayload> {
        execute(
            ctx,
            &input.options,
            &input.id,
            OrganizationCommand::Untag { tags: input.tags },
        )
        .await
    }

    /// Says who looks after an organization.
    #[graphql(complexity = "50 + child_complexity")]
    async fn organization_assign(
        &self,
        ctx: &Context<'_>,
        input: OrganizationAssignInput,
    ) -> ApiResult<OrganizationPayload> {
        match owner(ctx, input.owner.as_ref()).await? {
            Ok(owner) => execute(ctx, &input.options, &input.id, OrganizationCommand::Assign { owner }).await,
            Err(result) => Ok(OrganizationPayload {
                result,
                organization: ids::parse_as(Kind::Organization, &input.id)?,
            }),
        }
    }

    /// Sets fields of the house, or clears them.
    #[graphql(complexity = "50 + child_complexity")]
    async fn organization_set_fields(
        &self,
        ctx: &Context<'_>,
        input: OrganizationSetFieldsInput,
    ) -> ApiResult<OrganizationPayload> {
        let fields = custom::wishes(input.fields)?;
        execute(
            ctx,
            &input.options,
            &input.id,
            OrganizationCommand::SetFields { fields },
        )
        .await
    }

    /// A file that was sent goes with it from now on.
    #[graphql(complexity = "50 + child_complexity")]
    async fn organization_attach_file(
        &self,
        ctx: &Context<'_>,
        input: RecordFileInput,
    ) -> ApiResult<OrganizationPayload> {
        let id = ids::parse_as(Kind::Organization, &input.id)?;
        let there = commands::exists(ctx, Kind::Organization, id).await?;
        match files::sent(ctx, input.file, there).await? {
            Ok(file) => execute(ctx, &input.options, &input.id, OrganizationCommand::AttachFile(file)).await,
            Err(missing) => Ok(refused(ctx, id, &missing)),
        }
    }

    /// A file does not go with it after all. The history keeps that it did, and the bytes.
    #[graphql(complexity = "50 + child_complexity")]
    async fn organization_detach_file(
        &self,
        ctx: &Context<'_>,
        input: RecordFileInput,
    ) -> ApiResult<OrganizationPayload> {
        let id = ids::parse_as(Kind::Organization, &input.id)?;
        let holder = holder(ctx, id, input.file).await?;
        let file = FileId(input.file);
        let command = OrganizationCommand::DetachFile { file };
        let (result, organization) =
            following::execute::<OrganizationState>(ctx, &input.options, holder, command).await?;
        Ok(OrganizationPayload { result, organization })
    }

    /// Names the person we talk to; replaces the one before. `contactAdd` makes a contact with more to it.
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

    /// Puts an organization away: it takes no new deals, and lists leave it out.
    #[graphql(complexity = "50 + child_complexity")]
    async fn organization_archive(
        &self,
        ctx: &Context<'_>,
        input: OrganizationCommandInput,
    ) -> ApiResult<OrganizationPayload> {
        execute(ctx, &input.options, &input.id, OrganizationCommand::Archive).await
    }

    #[graphql(complexity = "50 + child_complexity")]
    async fn organization_restore(
        &self,
        ctx: &Context<'_>,
        input: OrganizationCommandInput,
    ) -> ApiResult<OrganizationPayload> {
        execute(ctx, &input.options, &input.id, OrganizationCommand::Restore).await
    }
}

pub(super) fn refused(ctx: &Context<'_>, organization: Uuid, refusal: &impl Refusal) -> OrganizationPayload {
    let result = CommandResult::refused(commands::user_error(ctx, refusal));
    OrganizationPayload { result, organization }
}

/// Which record of the organization's family a file was attached to: that one gives it up.
async fn holder(ctx: &Context<'_>, organization: Uuid, file: Uuid) -> ApiResult<Uuid> {
    let reading = reading::reading(ctx, None, None).await?;
    let row = attachments::Entity::find_by_id(file).one(reading.connection()).await?;
    let Some(row) = row.filter(|row| row.category == Kind::Organization.category()) else {
        return Ok(organization);
    };
    let survivor = async |id: Uuid| -> ApiResult<Option<Uuid>> {
        let found = reading.organization(id).await?;
        Ok(found.map(|row| row.merged_into.unwrap_or(row.id)))
    };
    let (named, holds) = (survivor(organization).await?, survivor(row.record_id).await?);
    Ok(if named.is_some() && named == holds {
        row.record_id
    } else {
        organization
    })
}

async fn execute(
    ctx: &Context<'_>,
    options: &CommandOptions,
    id: &ID,
    command: OrganizationCommand,
) -> ApiResult<OrganizationPayload> {
    let id = ids::parse_as(Kind::Organization, id)?;
    let (result, organization) = following::execute::<OrganizationState>(ctx, options, id, command).await?;
    Ok(OrganizationPayload { result, organization })
}

/// The user who is to look after something, or what to answer when there is none.
pub async fn owner(ctx: &Context<'_>, id: Option<&ID>) -> ApiResult<Result<Option<UserId>, CommandResult>> {
    let Some(id) = id else { return Ok(Ok(None)) };
    let user = ids::parse_as(Kind::User, id)?;
    if commands::exists(ctx, Kind::User, user).await? {
        return Ok(Ok(Some(UserId(user))));
    }
    Ok(Err(CommandResult::refused(commands::user_error(ctx, &NO_SUCH_USER))))
}

/// What a registration asks for besides the registration itself.
type Extras = (
    Option<PostalAddress>,
    Option<PostalAddress>,
    Vec<String>,
    Option<UserId>,
    BTreeMap<String, Option<CustomValue>>,
);

fn further(numbers: Numbers, extras: Extras) -> Vec<OrganizationCommand> {
    let (billing, delivery, tags, owner, fields) = extras;
    let mut commands = Vec::new();
    if !(numbers.siret.is_keep() && numbers.vat_number.is_keep()) {
        commands.push(OrganizationCommand::Identify {
            siren: domain::Change::Keep,
            siret: numbers.siret,
            vat_number: numbers.vat_number,
        });
    }
    if billing.is_some() || delivery.is_some() {
        let set = |address: Option<PostalAddress>| address.map_or(domain::Change::Keep, domain::Change::Set);
        commands.push(OrganizationCommand::ChangeAddresses {
            billing: set(billing),
            delivery: set(delivery),
        });
    }
    if !tags.is_empty() {
        commands.push(OrganizationCommand::Tag { tags });
    }
    if owner.is_some() {
        commands.push(OrganizationCommand::Assign { owner });
    }
    if !fields.is_empty() {
        commands.push(OrganizationCommand::SetFields { fields });
    }
    commands
}

async fn create(ctx: &Context<'_>, input: OrganizationCreateInput) -> ApiResult<OrganizationPayload> {
    let id = input.options.new_id(ctx, OrganizationState::TYPE)?;
    let parent = input
        .parent
        .as_ref()
        .map(|id| ids::parse_as(Kind::Organization, id))
        .transpose()?;
    let owner = match owner(ctx, input.owner.as_ref()).await? {
        Ok(owner) => owner,
        Err(result) => {
            return Ok(OrganizationPayload {
                result,
                organization: id,
            });
        }
    };
    let fields = custom::wishes(input.fields.clone().unwrap_or_default())?;
    let options = input.options.clone();
    match registration(input, parent, owner, fields) {
        Ok(commands) => identified(ctx, &options, id, commands, parent).await,
        Err(refusal) => Ok(refused(ctx, id, &refusal)),
    }
}

/// The commands that make an organization, in order.
fn registration(
    input: OrganizationCreateInput,
    parent: Option<Uuid>,
    owner: Option<UserId>,
    fields: BTreeMap<String, Option<CustomValue>>,
) -> Result<Vec<OrganizationCommand>, InvalidValue> {
    let given = |text: Option<String>| text.map_or(MaybeUndefined::Undefined, MaybeUndefined::Value);
    let mut numbers = Numbers::of(given(input.siren), given(input.siret), given(input.vat_number))?;
    let mut siren = None;
    std::mem::take(&mut numbers.siren).apply(&mut siren);
    let address = |input: Option<_>, field| {
        input
            .map(|address: super::inputs::PostalAddressInput| address.value(field))
            .transpose()
    };
    let register = OrganizationCommand::Register {
        name: input.name,
        siren,
        profile: Profile {
            sector: input.sector,
            country: input
                .country
                .filter(|text| !text.trim().is_empty())
                .map(|text| country("country", &text).map(|country| country.code().to_owned()))
                .transpose()?,
            employees: input.employees,
            annual_revenue: input
                .annual_revenue
                .as_ref()
                .map(|money| money.checked("annualRevenue"))
                .transpose()?,
            founded_year: input.founded_year,
            parent: parent.map(OrganizationId),
            kind: input.kind.map(Into::into),
            category: input.category,
            region: input.region,
            size: input.size.map(Into::into),
        },
        external_reference: input.external_reference,
    };
    let extras = (
        address(input.billing_address, "billingAddress.country")?,
        address(input.delivery_address, "deliveryAddress.country")?,
        input.tags.unwrap_or_default(),
        owner,
        fields,
    );
    let mut commands = vec![register];
    commands.extend(further(numbers, extras));
    Ok(commands)
}

/// What the client asked for. One command alone looks as it always did, so that one sent long ago is known again.
#[derive(Serialize)]
#[serde(untagged)]
enum Intent<'a> {
    One((&'static str, Uuid, &'a OrganizationCommand)),
    Several((&'static str, Uuid, &'a [OrganizationCommand])),
}

/// Commands that may set the SIREN: the number is reserved, and the one before given back, in the same unit of work.
async fn identified(
    ctx: &Context<'_>,
    options: &CommandOptions,
    id: Uuid,
    commands: Vec<OrganizationCommand>,
    parent: Option<Uuid>,
) -> ApiResult<OrganizationPayload> {
    let bus = &ctx.application()?.bus;
    let context = options.context(ctx)?;
    let intent = match commands.as_slice() {
        [one] => Intent::One(("identify", id, one)),
        several => Intent::Several(("identify", id, several)),
    };
    let commands = &commands;
    let answer = bus
        .together(&context, &intent, |unit: &mut UnitOfWork<'_, Event>| {
            async move {
                let mut took = id;
                for command in commands {
                    took = run(unit, took, command.clone()).await?;
                }
                if let Some(parent) = parent {
                    records::check_parent(unit, took, parent).await?;
                }
                records::move_reservation(bus, unit, took).await
            }
            .boxed()
        })
        .await;
    let (result, organization) = following::settle::<OrganizationState, _>(ctx, answer, id).await?;
    Ok(OrganizationPayload { result, organization })
}

/// Lets the organization, or the one that stands for it, decide within a unit of work.
pub(super) async fn run(
    unit: &mut UnitOfWork<'_, Event>,
    id: Uuid,
    command: OrganizationCommand,
) -> Result<Uuid, CommandError<Refused>> {
    unit.run_following::<Root<OrganizationState>>(id, command, &OrganizationState::survivor)
        .await
        .map_err(boxed)
}

/// Renames and amends in one unit of work.
async fn update(ctx: &Context<'_>, id: Uuid, input: OrganizationUpdateInput) -> ApiResult<OrganizationPayload> {
    let parent = checked(input.parent.clone(), |id| ids::parse_as(Kind::Organization, &id))?;
    let values = checked(input.annual_revenue.clone(), |money| money.checked("annualRevenue"));
    let named = checked(input.country.clone(), |text| country("country", &text));
    let (annual_revenue, country) = match values.and_then(|revenue| Ok((revenue, named?))) {
        Ok(values) => values,
        Err(refusal) => return Ok(refused(ctx, id, &refusal)),
    };
    let changes = ProfileChanges {
        sector: change(input.sector.clone()),
        country: country.map(|country| country.code().to_owned()),
        employees: change(input.employees),
        annual_revenue,
        founded_year: change(input.founded_year),
        parent: parent.map(OrganizationId),
        kind: change(input.kind).map(Into::into),
        category: change(input.category.clone()),
        region: change(input.region.clone()),
        size: change(input.size).map(Into::into),
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
                let mut took = id;
                if let Some(name) = name.clone() {
                    took = run(unit, took, OrganizationCommand::Rename { name }).await?;
                }
                let changes = changes.clone();
                took = run(unit, took, OrganizationCommand::Amend { changes }).await?;
                match parent {
                    domain::Change::Set(parent) => records::check_parent(unit, took, parent).await,
                    _ => Ok(()),
                }
            }
            .boxed()
        })
        .await;
    let (result, organization) = following::settle::<OrganizationState, _>(ctx, answer, id).await?;
    Ok(OrganizationPayload { result, organization })
}

/// Whether an organization takes new deals; what to answer when not.
pub async fn takes_deals(ctx: &Context<'_>, organization: Uuid) -> ApiResult<Option<UserError>> {
    records::standing(ctx, organization)
        .await
        .map(|standing| match standing {
            Standing::InUse => None,
            Standing::Archived => Some(commands::user_error(ctx, &domain::OrganizationError::Archived)),
            Standing::Missing => Some(commands::user_error(ctx, &following::NO_SUCH_ORGANIZATION)),
        })
}
