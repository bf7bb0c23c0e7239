//! What a task has several of.

use domain::{
    TaskEvent, UserId,
    task::{Link, Reminders},
};
use engine::Rows;
use journal::{EventHeader, Timestamp};
use uuid::Uuid;

/// Who has a task.
pub mod assignees {
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "task_assignees")]
    pub struct Model {
        /// See [`Model::id_of`].
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub task_id: Uuid,
        pub user_id: Uuid,
        /// In the order in which they were named, from 0.
        pub place: i32,
    }

    impl Model {
        /// The row's key: somebody has a task once.
        pub fn id_of(task: Uuid, user: Uuid) -> String {
            format!("{task}/{user}")
        }
    }

    #[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Who watches a task.
pub mod watchers {
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "task_watchers")]
    pub struct Model {
        /// See [`Model::id_of`].
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub task_id: Uuid,
        pub user_id: Uuid,
    }

    impl Model {
        /// The row's key: somebody watches a task once.
        pub fn id_of(task: Uuid, user: Uuid) -> String {
            format!("{task}/{user}")
        }
    }

    #[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What a task is about.
pub mod links {
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "task_links")]
    pub struct Model {
        /// See [`Model::id_of`].
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub task_id: Uuid,
        /// Of the record's stream.
        pub category: String,
        pub target_id: Uuid,
        /// Of the event that made the link, for their order.
        pub position: i64,
        /// Among the links of one event, from 0.
        pub place: i32,
    }

    impl Model {
        /// The row's key: a task has a link once.
        pub fn id_of(task: Uuid, category: &str, target: Uuid) -> String {
            format!("{task}/{category}/{target}")
        }
    }

    #[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(
            belongs_to = "crate::tasks::Entity",
            from = "Column::TaskId",
            to = "crate::tasks::Column::Id"
        )]
        Task,
    }

    impl Related<crate::tasks::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Task.def()
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// The reminders of a task's plan: those that are to come, and a receipt for each that is over.
pub mod reminders {
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "task_reminders")]
    pub struct Model {
        /// See [`Model::id_of`].
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub task_id: Uuid,
        /// Counted from the due day.
        pub day: i32,
        /// When it is, or was, to be given.
        pub at: i64,
        /// `ARMED`, `GIVEN` or `LAPSED`.
        pub status: String,
        /// When it was given or let lapse.
        pub settled_at: Option<i64>,
    }

    impl Model {
        pub fn id_of(task: Uuid, day: i8, at: i64) -> String {
            format!("{task}/{day}/{at}")
        }
    }

    #[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

const ARMED: &str = "ARMED";

/// Whether the reminders have to be at hand for this event.
pub(super) const fn touches_reminders(event: &TaskEvent) -> bool {
    matches!(
        event,
        TaskEvent::TaskAssigned { .. }
            | TaskEvent::TaskRescheduled { .. }
            | TaskEvent::TaskCompleted {}
            | TaskEvent::TaskCancelled { .. }
            | TaskEvent::TaskReopened { .. }
    )
}

pub(super) fn take(header: &EventHeader, event: &TaskEvent, rows: &mut Rows) {
    let task = header.stream.id;
    match event {
        TaskEvent::TaskCreated {
            assignees,
            watchers,
            links,
            reminders,
            ..
        } => {
            assign(task, assignees, rows);
            for watcher in watchers {
                watch(task, *watcher, rows);
            }
            for (place, one) in links.iter().enumerate() {
                link(header, *one, place as i32, rows);
            }
            arm(header, reminders.as_ref(), rows);
        }
        TaskEvent::TaskAssigned {
            assignees, reminders, ..
        } => {
            for row in rows.matching::<assignees::Entity>(assignees::Column::TaskId, task) {
                rows.remove::<assignees::Entity>(row.id);
            }
            assign(task, assignees, rows);
            disarm(task, rows);
            arm(header, reminders.as_ref(), rows);
        }
        TaskEvent::TaskWatched { user } => watch(task, *user, rows),
        TaskEvent::TaskUnwatched { user } => rows.remove::<watchers::Entity>(watchers::Model::id_of(task, user.0)),
        TaskEvent::TaskLinked { link: linked } => link(header, *linked, 0, rows),
        TaskEvent::TaskUnlinked {
            link: Link { category, id },
        } => {
            rows.remove::<links::Entity>(links::Model::id_of(task, category.as_str(), *id));
        }
        TaskEvent::TaskRescheduled { reminders, .. } | TaskEvent::TaskReopened { reminders, .. } => {
            disarm(task, rows);
            arm(header, reminders.as_ref(), rows);
        }
        TaskEvent::TaskReminded {
            due, day: Some(day), ..
        } => settle(header, *day, Timestamp::from(*due).0, "GIVEN", rows),
        TaskEvent::TaskReminderLapsed { due, day } => {
            settle(header, *day, Timestamp::from(*due).0, "LAPSED", rows);
        }
        TaskEvent::TaskCompleted {} | TaskEvent::TaskCancelled { .. } => disarm(task, rows),
        TaskEvent::TaskRenamed { .. }
        | TaskEvent::TaskDescribed { .. }
        | TaskEvent::TaskPrioritized { .. }
        | TaskEvent::TaskFileAttached(_)
        | TaskEvent::TaskFileDetached { .. }
        | TaskEvent::TaskRanked { .. }
        | TaskEvent::TaskRecurred { .. }
        | TaskEvent::TaskReminded { day: None, .. }
        | TaskEvent::TaskStarted {}
        | TaskEvent::TaskPutBack {} => {}
    }
}

fn assign(task: Uuid, assignees: &[UserId], rows: &mut Rows) {
    for (place, UserId(user)) in assignees.iter().enumerate() {
        rows.put(assignees::Model {
            id: assignees::Model::id_of(task, *user),
            task_id: task,
            user_id: *user,
            place: place as i32,
        });
    }
}

fn watch(task: Uuid, UserId(user): UserId, rows: &mut Rows) {
    rows.put(watchers::Model {
        id: watchers::Model::id_of(task, user),
        task_id: task,
        user_id: user,
    });
}

fn link(header: &EventHeader, Link { category, id }: Link, place: i32, rows: &mut Rows) {
    let task = header.stream.id;
    rows.put(links::Model {
        id: links::Model::id_of(task, category.as_str(), id),
        task_id: task,
        category: category.as_str().to_owned(),
        target_id: id,
        position: header.position.0 as i64,
        place,
    });
}

/// What lies ahead is armed; times that had passed already are no promises. The agenda does the same.
fn arm(header: &EventHeader, reminders: Option<&Reminders>, rows: &mut Rows) {
    let task = header.stream.id;
    for reminder in reminders.into_iter().flat_map(|reminders| &reminders.set) {
        let at = Timestamp::from(reminder.at);
        if at > header.recorded_at {
            rows.put(reminders::Model {
                id: reminders::Model::id_of(task, reminder.day, at.0),
                task_id: task,
                day: reminder.day.into(),
                at: at.0,
                status: ARMED.to_owned(),
                settled_at: None,
            });
        }
    }
}

fn disarm(task: Uuid, rows: &mut Rows) {
    for row in rows.matching::<reminders::Entity>(reminders::Column::TaskId, task) {
        if row.status == ARMED {
            rows.remove::<reminders::Entity>(row.id);
        }
    }
}

fn settle(header: &EventHeader, day: i8, at: i64, status: &str, rows: &mut Rows) {
    let task = header.stream.id;
    rows.put(reminders::Model {
        id: reminders::Model::id_of(task, day, at),
        task_id: task,
        day: day.into(),
        at,
        status: status.to_owned(),
        settled_at: Some(header.occurred_at.0),
    });
}
