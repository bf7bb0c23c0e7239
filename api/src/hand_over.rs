//! What a deactivated user owned goes to their successor: organizations, contacts, open deals and open tasks. What is
//! closed stays theirs, as the record of who did it.
//!
//! Which records those are is looked up in the views once these show the deactivation; whether a record is still theirs,
//! the aggregate says. Commands have ids of their own for each record, so a policy that is repeated hands over once.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{
    Change, Contact, Deal, DealCommand, Decider, Event, Organization, OrganizationCommand, Task, TaskCommand, User,
    UserEvent, UserId, contact::ContactCommand, deal::DealStatus, task::TaskStatus, user::UserState,
};
use engine::{
    CommandBus, Recorded, Views,
    policy::{Policy, ReactionError, StartAt},
};
use journal::EventHeader;
use projections::{contacts, deals, organizations, tasks};
use sea_orm::{ColumnTrait, DatabaseConnection, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

/// How long the views are waited for before the policy tries again.
const PATIENCE: Duration = Duration::from_secs(10);

/// Hands over.
pub(crate) struct HandOver {
    pub(crate) views: Arc<Views<Event>>,
}

#[async_trait]
impl Policy<Event> for HandOver {
    fn name(&self) -> &'static str {
        "deactivated-user-hands-over"
    }

    fn start_at(&self) -> StartAt {
        StartAt::Beginning
    }

    fn categories(&self) -> Vec<Arc<str>> {
        vec![UserState::TYPE.into()]
    }

    async fn react(&self, event: &Recorded<Event>, bus: &CommandBus<Event>) -> Result<(), ReactionError> {
        let Event::User(UserEvent::UserDeactivated {
            successor: Some(successor),
        }) = &event.event
        else {
            return Ok(());
        };
        let header = &event.header;
        let view = self.views.wait_for(header.position, PATIENCE).await;
        let view = view.map_err(ReactionError::trouble)?.connection;
        let from = UserId(header.stream.id);
        for organization in organizations_of(&view, from).await? {
            self.hand_organization(bus, header, organization, from, *successor)
                .await?;
        }
        for contact in contacts_of(&view, from).await? {
            self.hand_contact(bus, header, contact, from, *successor).await?;
        }
        for deal in open_deals(&view, from).await? {
            self.hand_deal(bus, header, deal, from, *successor).await?;
        }
        for task in open_tasks(&view, from).await? {
            self.hand_task(bus, header, task, from, *successor).await?;
        }
        Ok(())
    }
}

impl HandOver {
    async fn hand_organization(
        &self,
        bus: &CommandBus<Event>,
        cause: &EventHeader,
        id: Uuid,
        from: UserId,
        to: UserId,
    ) -> Result<(), ReactionError> {
        let organization = bus.load::<Organization>(id).await?;
        if organization.is_some_and(|(organization, _)| organization.owner() == Some(from)) {
            let context = bus.reaction(self.name(), cause, &format!("organization {id}"));
            let assign = OrganizationCommand::Assign { owner: Some(to) };
            bus.execute::<Organization>(&context, id, assign).await?;
        }
        Ok(())
    }

    async fn hand_contact(
        &self,
        bus: &CommandBus<Event>,
        cause: &EventHeader,
        id: Uuid,
        from: UserId,
        to: UserId,
    ) -> Result<(), ReactionError> {
        let contact = bus.load::<Contact>(id).await?;
        if contact.is_some_and(|(contact, _)| contact.owner() == Some(from)) {
            let context = bus.reaction(self.name(), cause, &format!("contact {id}"));
            let assign = ContactCommand::Assign { owner: Some(to) };
            bus.execute::<Contact>(&context, id, assign).await?;
        }
        Ok(())
    }

    async fn hand_deal(
        &self,
        bus: &CommandBus<Event>,
        cause: &EventHeader,
        id: Uuid,
        from: UserId,
        to: UserId,
    ) -> Result<(), ReactionError> {
        let deal = bus.load::<Deal>(id).await?;
        if deal.is_some_and(|(deal, _)| deal.owner() == Some(from)) {
            let context = bus.reaction(self.name(), cause, &format!("deal {id}"));
            bus.execute::<Deal>(&context, id, DealCommand::Assign { owner: Some(to) })
                .await?;
        }
        Ok(())
    }

    async fn hand_task(
        &self,
        bus: &CommandBus<Event>,
        cause: &EventHeader,
        id: Uuid,
        from: UserId,
        to: UserId,
    ) -> Result<(), ReactionError> {
        let task = bus.load::<Task>(id).await?;
        let Some(details) = task.as_ref().and_then(|(task, _)| task.details()) else {
            return Ok(());
        };
        if !details.assignees.contains(&from) {
            return Ok(());
        }
        let mut assignees: Vec<_> = details.assignees.iter().copied().filter(|user| *user != from).collect();
        if !assignees.contains(&to) {
            assignees.push(to);
        }
        let successor = bus.load::<User>(to.0).await?;
        let command = TaskCommand::Assign {
            assignees,
            assignee_name: details.assignee_name.clone(),
            reminders: Change::Keep,
            time_zone: successor.and_then(|(successor, _)| successor.time_zone()),
        };
        let context = bus.reaction(self.name(), cause, &format!("task {id}"));
        bus.execute::<Task>(&context, id, command).await?;
        Ok(())
    }
}

/// Those in use: an archived or merged one refuses, and has nobody to look after it.
async fn organizations_of(view: &DatabaseConnection, owner: UserId) -> Result<Vec<Uuid>, ReactionError> {
    let owned = organizations::Entity::find()
        .select_only()
        .column(organizations::Column::Id)
        .filter(organizations::Column::OwnerId.eq(owner.0))
        .filter(organizations::Column::ArchivedAt.is_null())
        .filter(organizations::Column::MergedInto.is_null());
    owned.into_tuple().all(view).await.map_err(ReactionError::trouble)
}

async fn contacts_of(view: &DatabaseConnection, owner: UserId) -> Result<Vec<Uuid>, ReactionError> {
    let owned = contacts::Entity::find()
        .select_only()
        .column(contacts::Column::Id)
        .filter(contacts::Column::OwnerId.eq(owner.0))
        .filter(contacts::Column::ArchivedAt.is_null())
        .filter(contacts::Column::MergedInto.is_null());
    owned.into_tuple().all(view).await.map_err(ReactionError::trouble)
}

async fn open_deals(view: &DatabaseConnection, owner: UserId) -> Result<Vec<Uuid>, ReactionError> {
    let open = deals::Entity::find()
        .select_only()
        .column(deals::Column::Id)
        .filter(deals::Column::OwnerId.eq(owner.0))
        .filter(deals::Column::Status.eq(DealStatus::Open.as_str()));
    open.into_tuple().all(view).await.map_err(ReactionError::trouble)
}

async fn open_tasks(view: &DatabaseConnection, assignee: UserId) -> Result<Vec<Uuid>, ReactionError> {
    let rows = tasks::assignees::Entity::find()
        .filter(tasks::assignees::Column::UserId.eq(assignee.0))
        .all(view)
        .await
        .map_err(ReactionError::trouble)?;
    let mut open = Vec::new();
    for row in rows {
        let task = tasks::Entity::find_by_id(row.task_id).one(view).await;
        let task = task.map_err(ReactionError::trouble)?;
        let is_open = |task: &tasks::Model| {
            TaskStatus::ALL
                .into_iter()
                .any(|status| status.is_open() && status.as_str() == task.status)
        };
        if task.as_ref().is_some_and(is_open) {
            open.push(row.task_id);
        }
    }
    Ok(open)
}
