//! Deals, one row each.

use chrono::NaiveDate;
use domain::{DealEvent, Event, Money, Stage, deal::DealStatus};
use engine::{Needs, Projection, ProjectionError, Recorded, Rows, TableSpec};
use journal::EventHeader;
use sea_orm::entity::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "deals")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub title: String,
    pub organization_id: Option<Uuid>,
    /// As in [`Stage::as_str`].
    pub stage: String,
    /// The stage's place in the pipeline, for sorting.
    pub stage_rank: i32,
    /// Since when it is in this stage.
    pub stage_since: i64,
    /// `OPEN`, `WON` or `LOST`.
    pub status: String,
    /// Expected while the deal is open, agreed once it is won.
    pub amount_minor: Option<i64>,
    pub amount_currency: Option<String>,
    pub owner: Option<String>,
    pub product: Option<String>,
    pub opened_at: i64,
    /// When it was won or lost; null while it is open.
    pub closed_at: Option<i64>,
    pub lost_reason: Option<String>,
    pub lost_note: Option<String>,
    /// `YYYY-MM-DD`.
    pub expected_close: Option<String>,
    pub external_reference: Option<String>,
    pub updated_at: i64,
    /// Of the deal's stream.
    pub version: i64,
    /// Of the last event of the deal.
    pub position: i64,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "crate::organizations::Entity",
        from = "Column::OrganizationId",
        to = "crate::organizations::Column::Id"
    )]
    Organization,
    #[sea_orm(has_many = "crate::tasks::Entity")]
    Tasks,
}

impl Related<crate::organizations::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Organization.def()
    }
}

impl Related<crate::tasks::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Tasks.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

/// Fills the table.
pub struct Deals;

impl Projection<Event> for Deals {
    fn name(&self) -> &'static str {
        "deals"
    }

    fn version(&self) -> u32 {
        1
    }

    fn tables(&self) -> Vec<TableSpec> {
        let table = TableSpec::of::<Entity>()
            .index_on([Column::OpenedAt, Column::Id])
            .index_on([Column::Status, Column::StageRank])
            .index(Column::OrganizationId)
            .index(Column::Owner)
            .index(Column::Product)
            .index(Column::ClosedAt)
            .index(Column::ExternalReference);
        vec![table]
    }

    fn partition(&self, event: &Recorded<Event>) -> Option<String> {
        Some(crate::own_stream(event))
    }

    fn needs(&self, event: &Recorded<Event>, needs: &mut Needs) {
        match &event.event {
            Event::Deal(DealEvent::DealOpened { .. }) => {}
            Event::Deal(_) => needs.row::<Entity>(event.header.stream.id),
            _ => {}
        }
    }

    fn apply(&self, event: &Recorded<Event>, rows: &mut Rows) -> Result<(), ProjectionError> {
        let header = &event.header;
        match &event.event {
            Event::Deal(birth @ DealEvent::DealOpened { .. }) => {
                let mut row = Model::blank(header);
                row.take(header, birth);
                rows.put(row);
                Ok(())
            }
            Event::Deal(change) => rows.change::<Entity>(header.stream.id, |row| row.take(header, change)),
            _ => Ok(()),
        }
    }
}

impl Model {
    /// A row with nothing in it yet.
    fn blank(header: &EventHeader) -> Self {
        Self {
            id: header.stream.id,
            title: String::new(),
            organization_id: None,
            stage: String::new(),
            stage_rank: 0,
            stage_since: header.occurred_at.0,
            status: DealStatus::Open.as_str().to_owned(),
            amount_minor: None,
            amount_currency: None,
            owner: None,
            product: None,
            opened_at: header.occurred_at.0,
            closed_at: None,
            lost_reason: None,
            lost_note: None,
            expected_close: None,
            external_reference: None,
            updated_at: header.occurred_at.0,
            version: 0,
            position: 0,
        }
    }

    fn take(&mut self, header: &EventHeader, event: &DealEvent) {
        match event {
            DealEvent::DealOpened {
                title,
                organization,
                stage,
                amount,
                expected_close,
                owner,
                product,
                external_reference,
            } => {
                self.title.clone_from(title);
                self.organization_id = organization.map(Uuid::from);
                self.enter(*stage, header);
                self.cost(*amount);
                self.expect(*expected_close);
                self.owner.clone_from(owner);
                self.product.clone_from(product);
                self.external_reference.clone_from(external_reference);
            }
            DealEvent::DealRenamed { title } => self.title.clone_from(title),
            DealEvent::DealLinked { organization } => self.organization_id = Some(organization.0),
            DealEvent::DealAssigned { owner } => self.owner.clone_from(owner),
            DealEvent::DealAmountChanged { to, .. } => self.cost(Some(*to)),
            DealEvent::DealCloseExpected { date } => self.expect(*date),
            DealEvent::DealMoved { to, .. } => self.enter(*to, header),
            DealEvent::DealWon { amount, .. } => {
                self.cost(*amount);
                self.close(DealStatus::Won, Stage::Signe, header);
            }
            DealEvent::DealLost { reason, note, .. } => {
                self.lost_reason = Some(reason.as_str().to_owned());
                self.lost_note.clone_from(note);
                self.close(DealStatus::Lost, Stage::Perdu, header);
            }
            DealEvent::DealReopened { stage, .. } => {
                self.lost_reason = None;
                self.lost_note = None;
                self.closed_at = None;
                DealStatus::Open.as_str().clone_into(&mut self.status);
                self.enter(*stage, header);
            }
        }
        self.updated_at = header.occurred_at.0;
        self.version = header.version.0 as i64;
        self.position = header.position.0 as i64;
    }

    fn enter(&mut self, stage: Stage, header: &EventHeader) {
        stage.as_str().clone_into(&mut self.stage);
        self.stage_rank = stage.rank().into();
        self.stage_since = header.occurred_at.0;
    }

    fn close(&mut self, status: DealStatus, stage: Stage, header: &EventHeader) {
        status.as_str().clone_into(&mut self.status);
        self.enter(stage, header);
        self.closed_at = Some(header.occurred_at.0);
    }

    fn cost(&mut self, amount: Option<Money>) {
        self.amount_minor = amount.map(|amount| amount.minor_units);
        self.amount_currency = amount.map(|amount| amount.currency.code().to_owned());
    }

    fn expect(&mut self, date: Option<NaiveDate>) {
        self.expected_close = date.map(|date| date.to_string());
    }
}
