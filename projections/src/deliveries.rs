//! Deliveries, one row each: what is to leave the house, and how far it came. The worker that makes the attempts acts
//! on this table; people list it to find dead letters.

use chrono::{DateTime, Utc};
use domain::{
    DeliveryEvent, Event, PersonEvent,
    delivery::{Content, DeliveryKind, DeliveryStatus},
};
use engine::{Needs, Projection, ProjectionError, Recorded, Rows, TableSpec};
use journal::{EventHeader, Timestamp};
use sea_orm::{DatabaseConnection, QueryOrder, QuerySelect, entity::prelude::*};

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "deliveries")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// `MAIL`.
    pub kind: String,
    /// One of the names of [`DeliveryStatus`].
    pub status: String,
    /// `RESEND` or `HOLD`.
    pub on_doubt: String,
    pub template: Option<String>,
    /// The stream of what it is about, `category:uuid`.
    pub subject: Option<String>,
    /// Whom it is for. With a recipient of null: their data was erased.
    pub person_id: Option<Uuid>,
    /// The address it goes to.
    pub recipient: Option<String>,
    /// Attempts begun, ever.
    pub attempts: i32,
    /// Attempts begun since it was last queued.
    pub tries: i32,
    /// When it wants an attempt; null when it wants none. An attempt without an outcome wants another one at once,
    /// unless it is under way.
    pub next_attempt_at: Option<i64>,
    /// Why the last attempt did not succeed, or why it was given up.
    pub last_reason: Option<String>,
    pub queued_at: i64,
    /// When it was sent, given up or cancelled.
    pub settled_at: Option<i64>,
    pub updated_at: i64,
    /// Of the delivery's stream.
    pub version: i64,
    /// Of the last event of the delivery.
    pub position: i64,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Fills the table.
pub struct Deliveries;

impl Projection<Event> for Deliveries {
    fn name(&self) -> &'static str {
        "deliveries"
    }

    fn version(&self) -> u32 {
        1
    }

    fn tables(&self) -> Vec<TableSpec> {
        let table = TableSpec::of::<Entity>()
            .index_on([Column::NextAttemptAt, Column::Id])
            .index_on([Column::QueuedAt, Column::Id])
            .index_on([Column::Status, Column::QueuedAt])
            .index(Column::Subject)
            .index(Column::PersonId);
        vec![table]
    }

    fn partition(&self, event: &Recorded<Event>) -> Option<String> {
        Some(crate::own_stream(event))
    }

    fn needs(&self, event: &Recorded<Event>, needs: &mut Needs) {
        match &event.event {
            Event::Delivery(DeliveryEvent::DeliveryQueued { .. }) => {}
            Event::Delivery(_) => needs.row::<Entity>(event.header.stream.id),
            Event::Person(PersonEvent::PersonErased { person, .. }) => {
                needs.matching::<Entity>(Column::PersonId, person.0);
            }
            _ => {}
        }
    }

    fn apply(&self, event: &Recorded<Event>, rows: &mut Rows) -> Result<(), ProjectionError> {
        let header = &event.header;
        match &event.event {
            Event::Delivery(birth @ DeliveryEvent::DeliveryQueued { content, .. }) => {
                let mut row = Model::blank(header, content.kind());
                row.take(header, birth);
                rows.put(row);
                Ok(())
            }
            Event::Delivery(change) => rows.change::<Entity>(header.stream.id, |row| row.take(header, change)),
            Event::Person(PersonEvent::PersonErased { person, .. }) => {
                for mut row in rows.matching::<Entity>(Column::PersonId, person.0) {
                    row.recipient = None;
                    rows.put(row);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

impl Model {
    /// A row with nothing in it yet.
    fn blank(header: &EventHeader, kind: DeliveryKind) -> Self {
        Self {
            id: header.stream.id,
            kind: kind.as_str().to_owned(),
            status: DeliveryStatus::Queued.as_str().to_owned(),
            on_doubt: String::new(),
            template: None,
            subject: None,
            person_id: None,
            recipient: None,
            attempts: 0,
            tries: 0,
            next_attempt_at: None,
            last_reason: None,
            queued_at: header.occurred_at.0,
            settled_at: None,
            updated_at: header.occurred_at.0,
            version: 0,
            position: 0,
        }
    }

    fn take(&mut self, header: &EventHeader, event: &DeliveryEvent) {
        let now = header.occurred_at.0;
        match event {
            DeliveryEvent::DeliveryQueued {
                content: Content::Letter(letter),
                subject,
                on_doubt,
                ..
            } => {
                on_doubt.as_str().clone_into(&mut self.on_doubt);
                self.subject.clone_from(subject);
                self.template = Some(letter.template.clone());
                self.person_id = Some(letter.addressee.person().0);
                self.recipient = letter.addressee.value().map(|addressee| addressee.email.clone());
                self.stand(DeliveryStatus::Queued, Some(now));
            }
            DeliveryEvent::DeliveryAttempted { attempt } => {
                self.attempts = i32::try_from(*attempt).unwrap_or(i32::MAX);
                self.tries += 1;
                self.stand(DeliveryStatus::Attempting, Some(now));
            }
            DeliveryEvent::DeliveryDeferred { until, reason, .. } => {
                self.last_reason = Some(reason.clone());
                self.stand(DeliveryStatus::Deferred, Some(Timestamp::from(*until).0));
            }
            DeliveryEvent::DeliverySucceeded { .. } | DeliveryEvent::DeliveryConfirmed {} => {
                self.settle(DeliveryStatus::Sent, now);
            }
            DeliveryEvent::DeliveryFailed { reason, .. } => {
                self.last_reason = Some(reason.clone());
                self.settle(DeliveryStatus::Dead, now);
            }
            DeliveryEvent::DeliveryAbandoned { cause } => {
                self.last_reason = Some(cause.as_str().to_owned());
                self.settle(DeliveryStatus::Dead, now);
            }
            DeliveryEvent::DeliveryHeld { .. } => self.stand(DeliveryStatus::Unknown, None),
            DeliveryEvent::DeliveryRequeued {} => {
                self.tries = 0;
                self.stand(DeliveryStatus::Queued, Some(now));
            }
            DeliveryEvent::DeliveryCancelled { .. } => self.settle(DeliveryStatus::Cancelled, now),
        }
        self.updated_at = now;
        self.version = header.version.0 as i64;
        self.position = header.position.0 as i64;
    }

    fn stand(&mut self, status: DeliveryStatus, next_attempt_at: Option<i64>) {
        status.as_str().clone_into(&mut self.status);
        self.next_attempt_at = next_attempt_at;
        self.settled_at = None;
    }

    fn settle(&mut self, status: DeliveryStatus, now: i64) {
        self.stand(status, None);
        self.settled_at = Some(now);
    }
}

/// Deliveries of a kind that want an attempt at `now`, without some, those that have waited longest first.
pub async fn due(
    view: &DatabaseConnection,
    kind: DeliveryKind,
    now: DateTime<Utc>,
    except: &[Uuid],
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(Column::NextAttemptAt.lte(Timestamp::from(now).0))
        .filter(Column::Kind.eq(kind.as_str()))
        .filter(Column::Id.is_not_in(except.iter().copied()))
        .order_by_asc(Column::NextAttemptAt)
        .order_by_asc(Column::Id)
        .limit(limit)
        .all(view)
        .await
}

/// The first time after `now` at which a delivery of a kind wants an attempt.
pub async fn next_due(
    view: &DatabaseConnection,
    kind: DeliveryKind,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, DbErr> {
    let next = Entity::find()
        .filter(Column::NextAttemptAt.gt(Timestamp::from(now).0))
        .filter(Column::Kind.eq(kind.as_str()))
        .order_by_asc(Column::NextAttemptAt)
        .one(view)
        .await?;
    Ok(next
        .and_then(|row| row.next_attempt_at)
        .map(|micros| Timestamp(micros).into()))
}
