//! What can be asked of an activity: one mutation per command.

use async_graphql::{ComplexObject, Context, ID, Object, SimpleObject};
use domain::{
    ActivityCommand, ContactId, DealId, Decider, FileId, OrganizationId, PersonId, Refusal, UserId,
    activity::{About, ActivityState, ActivityWords, RecordActivity},
    user::person_of,
};
use uuid::Uuid;

use super::{
    Activity,
    inputs::{
        ActivityAttachFileInput, ActivityCorrectInput, ActivityDetachFileInput, ActivityRecordInput,
        ActivityWithdrawInput,
    },
};
use crate::graphql::{
    commands::{self, CommandResult},
    errors::ApiResult,
    files,
    following::{NO_SUCH_CONTACT, NO_SUCH_DEAL, NO_SUCH_ORGANIZATION, NO_SUCH_USER, Rule},
    ids::{self, Kind},
    session::Session,
};

/// What became of an activity's command.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct ActivityPayload {
    #[graphql(flatten)]
    result: CommandResult,
    #[graphql(skip)]
    activity: Uuid,
}

#[ComplexObject]
impl ActivityPayload {
    /// The activity after the command; null when the command was refused.
    async fn activity(&self, ctx: &Context<'_>) -> ApiResult<Option<Activity>> {
        match self.result.reading(ctx).await? {
            Some(reading) => Activity::load(&reading, self.activity).await,
            None => Ok(None),
        }
    }
}

#[derive(Default)]
pub struct ActivityMutations;

#[Object]
impl ActivityMutations {
    /// Records what passed between us and somebody.
    #[graphql(complexity = "50 + child_complexity")]
    async fn activity_record(&self, ctx: &Context<'_>, input: ActivityRecordInput) -> ApiResult<ActivityPayload> {
        let id = input.options.new_id(ctx, ActivityState::TYPE)?;
        let about = match about(ctx, &input).await? {
            Ok(about) => about,
            Err(missing) => return Ok(refused(ctx, id, &missing)),
        };
        let author = match author(ctx, input.author.as_ref()).await? {
            Ok(author) => author,
            Err(missing) => return Ok(refused(ctx, id, &missing)),
        };
        let person = match about.contact {
            Some(contact) => person_behind(ctx, contact).await?,
            None => None,
        };
        let content = match input.content.value(there(id, author))? {
            Ok(content) => content,
            Err(refusal) => return Ok(refused(ctx, id, &refusal)),
        };
        let record = ActivityCommand::Record(Box::new(RecordActivity {
            content,
            about,
            words: ActivityWords {
                subject: input.subject,
                body: input.body,
            },
            person,
            author,
            external_reference: input.external_reference,
        }));
        let result = commands::execute::<ActivityState>(ctx, &input.options, id, record).await?;
        Ok(ActivityPayload { result, activity: id })
    }

    /// Corrects what was recorded wrongly.
    #[graphql(complexity = "50 + child_complexity")]
    async fn activity_correct(&self, ctx: &Context<'_>, input: ActivityCorrectInput) -> ApiResult<ActivityPayload> {
        let id = ids::parse_as(Kind::Activity, &input.id)?;
        let recorded = commands::load::<domain::Activity>(ctx, id).await?;
        let place_of = recorded.as_ref().and_then(|activity| activity.place_of());
        let there = place_of.unwrap_or_else(|| there(id, recorded.and_then(|activity| activity.author())));
        let content = match &input.content {
            Some(content) => match content.value(there)? {
                Ok(content) => Some(content),
                Err(refusal) => return Ok(refused(ctx, id, &refusal)),
            },
            None => None,
        };
        let command = ActivityCommand::Correct {
            content,
            words: input.words.map(Into::into),
        };
        let result = commands::execute::<ActivityState>(ctx, &input.options, id, command).await?;
        Ok(ActivityPayload { result, activity: id })
    }

    /// A file that was sent goes with it from now on.
    #[graphql(complexity = "50 + child_complexity")]
    async fn activity_attach_file(
        &self,
        ctx: &Context<'_>,
        input: ActivityAttachFileInput,
    ) -> ApiResult<ActivityPayload> {
        let id = ids::parse_as(Kind::Activity, &input.id)?;
        let activity = commands::load::<domain::Activity>(ctx, id).await?;
        let there = activity.is_some_and(|activity| activity.exists() && !activity.is_withdrawn());
        let file = match files::sent(ctx, input.file, there).await? {
            Ok(file) => file,
            Err(missing) => return Ok(refused(ctx, id, &missing)),
        };
        let command = ActivityCommand::AttachFile(file);
        let result = commands::execute::<ActivityState>(ctx, &input.options, id, command).await?;
        Ok(ActivityPayload { result, activity: id })
    }

    /// A file does not go with it after all. The history keeps that it did, and the bytes.
    #[graphql(complexity = "50 + child_complexity")]
    async fn activity_detach_file(
        &self,
        ctx: &Context<'_>,
        input: ActivityDetachFileInput,
    ) -> ApiResult<ActivityPayload> {
        let id = ids::parse_as(Kind::Activity, &input.id)?;
        let command = ActivityCommand::DetachFile {
            file: FileId(input.file),
        };
        let result = commands::execute::<ActivityState>(ctx, &input.options, id, command).await?;
        Ok(ActivityPayload { result, activity: id })
    }

    /// It did not happen, or not with them. What was said is gone from the views; the history keeps that it was said.
    #[graphql(complexity = "50 + child_complexity")]
    async fn activity_withdraw(&self, ctx: &Context<'_>, input: ActivityWithdrawInput) -> ApiResult<ActivityPayload> {
        let id = ids::parse_as(Kind::Activity, &input.id)?;
        let command = ActivityCommand::Withdraw { reason: input.reason };
        let result = commands::execute::<ActivityState>(ctx, &input.options, id, command).await?;
        Ok(ActivityPayload { result, activity: id })
    }
}

fn refused(ctx: &Context<'_>, activity: Uuid, refusal: &impl Refusal) -> ActivityPayload {
    let result = CommandResult::refused(commands::user_error(ctx, refusal));
    ActivityPayload { result, activity }
}

/// Under whose key a place is sealed: the user who was there, or nobody but the activity itself.
fn there(activity: Uuid, author: Option<UserId>) -> PersonId {
    author.map_or(PersonId(activity), person_of)
}

/// What it is about, all of which must exist.
async fn about(ctx: &Context<'_>, input: &ActivityRecordInput) -> ApiResult<Result<About, Rule>> {
    let subjects = [
        (&input.organization, Kind::Organization, NO_SUCH_ORGANIZATION),
        (&input.contact, Kind::Contact, NO_SUCH_CONTACT),
        (&input.deal, Kind::Deal, NO_SUCH_DEAL),
    ];
    let mut found = [None; 3];
    for (place, (id, kind, missing)) in found.iter_mut().zip(subjects) {
        let Some(id) = id else { continue };
        let id = ids::parse_as(kind, id)?;
        if !commands::exists(ctx, kind, id).await? {
            return Ok(Err(missing));
        }
        *place = Some(id);
    }
    let [organization, contact, deal] = found;
    Ok(Ok(About {
        organization: organization.map(OrganizationId),
        contact: contact.map(ContactId),
        deal: deal.map(DealId),
    }))
}

/// Whoever is named, or whoever asks, when that is a user.
async fn author(ctx: &Context<'_>, named: Option<&ID>) -> ApiResult<Result<Option<UserId>, Rule>> {
    let Some(id) = named else {
        let actor = ctx.viewer()?.actor.clone();
        let own = actor.strip_prefix("user:").and_then(|id| id.parse().ok());
        return Ok(Ok(own));
    };
    let user = ids::parse_as(Kind::User, id)?;
    if commands::exists(ctx, Kind::User, user).await? {
        return Ok(Ok(Some(UserId(user))));
    }
    Ok(Err(Rule {
        field: "author",
        ..NO_SUCH_USER
    }))
}

/// Whose data the contact is, or that of the contact which stands for it.
async fn person_behind(ctx: &Context<'_>, contact: ContactId) -> ApiResult<Option<PersonId>> {
    let mut id = contact;
    loop {
        let Some(contact) = commands::load::<domain::Contact>(ctx, id.0).await? else {
            return Ok(None);
        };
        match contact.merged_into() {
            Some(survivor) => id = survivor,
            None => return Ok(contact.person()),
        }
    }
}
