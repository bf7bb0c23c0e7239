//! What users are told: one row for each event and each user whom it concerns.

use domain::{ContractEvent, DealEvent, Event, InboxEvent, TaskEvent, UserId, inbox::NotificationKind};
use engine::{Needs, Projection, ProjectionError, Recorded, Rows, TableSpec};
use journal::EventHeader;
use sea_orm::entity::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "notifications")]
pub struct Model {
    /// See [`Model::id_of`].
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub user_id: Uuid,
    /// Of the event.
    pub position: i64,
    /// As in [`NotificationKind::as_str`].
    pub kind: String,
    /// What it is about: category and id of a stream.
    pub category: String,
    pub subject_id: Uuid,
    /// Who did it, as in the event's header.
    pub actor: String,
    pub created_at: i64,
    /// The user, while it is unread.
    pub unread_of: Option<Uuid>,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The row's key: an event tells somebody one thing.
    pub fn id_of(user: Uuid, position: u64) -> String {
        format!("{user}/{position}")
    }
}

/// Whom the next event about a record concerns.
pub mod concerned {
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "notification_concerned")]
    pub struct Model {
        /// Of the record's stream.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        /// Ids of users, separated by commas.
        pub users: String,
    }

    impl Model {
        pub fn list(&self) -> Vec<Uuid> {
            let ids = self.users.split(',').filter_map(|id| Uuid::parse_str(id).ok());
            ids.collect()
        }
    }

    #[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What users do not want to be told.
pub mod inboxes {
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "inboxes")]
    pub struct Model {
        /// The user's.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        /// Kinds, separated by commas.
        pub muted: String,
    }

    impl Model {
        pub fn muted_kinds(&self) -> Vec<String> {
            let kinds = self.muted.split(',').filter(|kind| !kind.is_empty());
            kinds.map(str::to_owned).collect()
        }
    }

    #[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Fills the tables.
pub struct Notifications;

impl Projection<Event> for Notifications {
    fn name(&self) -> &'static str {
        "notifications"
    }

    fn version(&self) -> u32 {
        3
    }

    fn tables(&self) -> Vec<TableSpec> {
        vec![
            TableSpec::of::<Entity>()
                .index_on([Column::UserId, Column::Position])
                .index(Column::Position)
                .index(Column::UnreadOf),
            TableSpec::of::<concerned::Entity>(),
            TableSpec::of::<inboxes::Entity>(),
        ]
    }

    fn partition(&self, event: &Recorded<Event>) -> Option<String> {
        Some(crate::own_stream(event))
    }

    fn needs(&self, event: &Recorded<Event>, needs: &mut Needs) {
        let id = event.header.stream.id;
        match &event.event {
            Event::Task(TaskEvent::TaskAssigned { .. })
            | Event::Deal(DealEvent::DealAssigned { .. } | DealEvent::DealWon { .. } | DealEvent::DealLost { .. }) => {
                needs.row::<concerned::Entity>(id);
            }
            Event::Inbox(
                InboxEvent::NotificationsRead { positions } | InboxEvent::NotificationsUnread { positions },
            ) => {
                for position in positions {
                    needs.row::<Entity>(Model::id_of(id, *position));
                }
            }
            Event::Inbox(InboxEvent::AllNotificationsRead { .. }) => needs.matching::<Entity>(Column::UnreadOf, id),
            Event::Inbox(InboxEvent::NotificationsMuted { .. } | InboxEvent::NotificationsUnmuted { .. }) => {
                needs.row::<inboxes::Entity>(id);
            }
            _ => {}
        }
    }

    fn apply(&self, event: &Recorded<Event>, rows: &mut Rows) -> Result<(), ProjectionError> {
        match &event.event {
            Event::Task(task) => about_task(&event.header, task, rows),
            Event::Deal(deal) => about_deal(&event.header, deal, rows),
            Event::Contract(ContractEvent::ContractAlertRaised { to, .. }) => {
                let to = to.iter().map(|user| user.0);
                tell(&event.header, NotificationKind::ContractAlert, to, rows);
            }
            Event::Inbox(inbox) => keep(event.header.stream.id, inbox, rows),
            _ => {}
        }
        Ok(())
    }
}

fn about_task(header: &EventHeader, event: &TaskEvent, rows: &mut Rows) {
    match event {
        TaskEvent::TaskCreated {
            assignees, watchers, ..
        } => {
            // Who has a task is told so, and not that they watch it as well.
            tell(
                header,
                NotificationKind::TaskWatched,
                watchers.iter().map(|user| user.0),
                rows,
            );
            tell(
                header,
                NotificationKind::TaskAssigned,
                assignees.iter().map(|user| user.0),
                rows,
            );
            concern(header, assignees, rows);
        }
        TaskEvent::TaskAssigned { assignees, .. } => {
            let before = concerned_by(header, rows);
            let new = assignees
                .iter()
                .map(|user| user.0)
                .filter(|user| !before.contains(user));
            tell(header, NotificationKind::TaskAssigned, new, rows);
            concern(header, assignees, rows);
        }
        TaskEvent::TaskWatched { user } => tell(header, NotificationKind::TaskWatched, [user.0], rows),
        TaskEvent::TaskReminded { to, .. } => {
            tell(
                header,
                NotificationKind::TaskReminder,
                to.iter().map(|user| user.0),
                rows,
            );
        }
        _ => {}
    }
}

fn about_deal(header: &EventHeader, event: &DealEvent, rows: &mut Rows) {
    match event {
        DealEvent::DealOpened { owner, .. } => {
            tell(
                header,
                NotificationKind::DealAssigned,
                owner.iter().map(|user| user.0),
                rows,
            );
            concern(header, owner.as_slice(), rows);
        }
        DealEvent::DealAssigned { owner, .. } => {
            let before = concerned_by(header, rows);
            let new = owner.iter().map(|user| user.0).filter(|user| !before.contains(user));
            tell(header, NotificationKind::DealAssigned, new, rows);
            concern(header, owner.as_slice(), rows);
        }
        DealEvent::DealWon { .. } => tell(header, NotificationKind::DealWon, concerned_by(header, rows), rows),
        DealEvent::DealLost { .. } => tell(header, NotificationKind::DealLost, concerned_by(header, rows), rows),
        _ => {}
    }
}

/// Nobody is told what they did themselves.
fn tell(header: &EventHeader, kind: NotificationKind, users: impl IntoIterator<Item = Uuid>, rows: &mut Rows) {
    for user in users {
        if *header.actor == *format!("user:{user}") {
            continue;
        }
        rows.put(Model {
            id: Model::id_of(user, header.position.0),
            user_id: user,
            position: header.position.0 as i64,
            kind: kind.as_str().to_owned(),
            category: header.stream.category.to_string(),
            subject_id: header.stream.id,
            actor: header.actor.to_string(),
            created_at: header.occurred_at.0,
            unread_of: Some(user),
        });
    }
}

fn concern(header: &EventHeader, users: &[UserId], rows: &mut Rows) {
    let users = users.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    rows.put(concerned::Model {
        id: header.stream.id,
        users,
    });
}

fn concerned_by(header: &EventHeader, rows: &Rows) -> Vec<Uuid> {
    let row = rows.get::<concerned::Entity>(header.stream.id);
    row.map(concerned::Model::list).unwrap_or_default()
}

fn keep(user: Uuid, event: &InboxEvent, rows: &mut Rows) {
    match event {
        InboxEvent::NotificationsRead { positions } => mark(user, positions, None, rows),
        InboxEvent::NotificationsUnread { positions } => mark(user, positions, Some(user), rows),
        InboxEvent::AllNotificationsRead { up_to } => {
            for row in rows.matching::<Entity>(Column::UnreadOf, user) {
                if row.position as u64 <= *up_to {
                    rows.put(Model { unread_of: None, ..row });
                }
            }
        }
        InboxEvent::NotificationsMuted { kind } => mute(user, *kind, true, rows),
        InboxEvent::NotificationsUnmuted { kind } => mute(user, *kind, false, rows),
    }
}

/// A position that told the user nothing is passed over.
fn mark(user: Uuid, positions: &[u64], unread_of: Option<Uuid>, rows: &mut Rows) {
    for position in positions {
        let found = rows.get::<Entity>(Model::id_of(user, *position)).cloned();
        if let Some(row) = found {
            rows.put(Model { unread_of, ..row });
        }
    }
}

fn mute(user: Uuid, kind: NotificationKind, muted: bool, rows: &mut Rows) {
    let inbox = rows.get::<inboxes::Entity>(user);
    let mut kinds = inbox.map(inboxes::Model::muted_kinds).unwrap_or_default();
    kinds.retain(|known| known != kind.as_str());
    if muted {
        kinds.push(kind.as_str().to_owned());
        kinds.sort();
    }
    rows.put(inboxes::Model {
        id: user,
        muted: kinds.join(","),
    });
}
