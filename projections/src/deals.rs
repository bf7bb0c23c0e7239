//! Deals, one row each.

use chrono::NaiveDate;
use domain::{
    DealEvent, Event,
    deal::{Amounts, DealSource, DealStatus, Destination, ProductOfInterest},
    text::fold,
};
use engine::{Needs, Projection, ProjectionError, Recorded, Rows, TableSpec};
use journal::EventHeader;
use sea_orm::entity::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "deals")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub title: String,
    pub title_folded: String,
    pub organization_id: Option<Uuid>,
    pub pipeline_id: Uuid,
    /// Code of a stage of the pipeline.
    pub stage: String,
    /// The stage's place in the pipeline when the deal came there, for sorting.
    pub stage_rank: i32,
    /// Since when it is in this stage.
    pub stage_since: i64,
    /// `OPEN`, `WON` or `LOST`.
    pub status: String,
    /// Without tax. Expected while the deal is open, agreed once it is won.
    pub amount_net_minor: Option<i64>,
    /// With tax.
    pub amount_gross_minor: Option<i64>,
    /// Of both.
    pub amount_currency: Option<String>,
    /// Somebody's own estimate in percent; it counts while the deal is open.
    pub probability: Option<i32>,
    pub owner_id: Option<Uuid>,
    /// The owner as the system wrote it that the deal was imported from.
    pub owner_name: Option<String>,
    pub owner_name_folded: Option<String>,
    /// As in [`domain::deal::SourceKind::as_str`].
    pub source: Option<String>,
    pub source_detail: Option<String>,
    /// The first of its products of interest.
    pub product: Option<String>,
    pub next_step: Option<String>,
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
}

impl Related<crate::organizations::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Organization.def()
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
        2
    }

    fn tables(&self) -> Vec<TableSpec> {
        // One for each order that lists are offered in, and one for each filter that leaves few rows. Those of the orders
        // hold what most filters ask besides, so that rows that do not match are passed over without being fetched.
        let asked = [Column::Status, Column::OpenedAt, Column::ExpectedClose];
        let ordered = |order: Column| {
            let beside = asked.into_iter().filter(move |column| *column as u8 != order as u8);
            [order, Column::Id].into_iter().chain(beside).collect::<Vec<_>>()
        };
        let table = TableSpec::of::<Entity>()
            .index_on(ordered(Column::OpenedAt))
            .index_on(ordered(Column::ClosedAt))
            .index_on(ordered(Column::ExpectedClose))
            .index_on(ordered(Column::UpdatedAt))
            .index_on(ordered(Column::AmountNetMinor))
            .index_on(ordered(Column::AmountGrossMinor))
            .index_on(ordered(Column::StageRank))
            .index_on(ordered(Column::TitleFolded))
            .index_on(ordered(Column::OwnerNameFolded))
            .index_on([Column::Status, Column::ClosedAt, Column::Id])
            .index_on([Column::Status, Column::StageRank, Column::Id])
            .index_on([Column::OrganizationId, Column::OpenedAt])
            .index_on([Column::OwnerId, Column::OpenedAt])
            .index_on([Column::PipelineId, Column::Stage, Column::OpenedAt])
            .index_on([Column::Status, Column::OpenedAt])
            .index_on([Column::Stage, Column::OpenedAt])
            .index(Column::Product)
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
            title_folded: String::new(),
            organization_id: None,
            pipeline_id: Uuid::nil(),
            stage: String::new(),
            stage_rank: 0,
            stage_since: header.occurred_at.0,
            status: DealStatus::Open.as_str().to_owned(),
            amount_net_minor: None,
            amount_gross_minor: None,
            amount_currency: None,
            probability: None,
            owner_id: None,
            owner_name: None,
            owner_name_folded: None,
            source: None,
            source_detail: None,
            product: None,
            next_step: None,
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
                amounts,
                expected_close,
                owner,
                owner_name,
                source,
                products,
                external_reference,
                ..
            } => {
                self.call(title);
                self.organization_id = organization.map(Uuid::from);
                self.cost(*amounts);
                self.expect(*expected_close);
                self.owner_id = owner.map(Uuid::from);
                self.name_owner(owner_name.as_deref());
                self.come_from(source.as_ref());
                self.interest(products);
                self.external_reference.clone_from(external_reference);
            }
            DealEvent::DealRenamed { title } => self.call(title),
            DealEvent::DealLinked { organization } => self.organization_id = Some(organization.0),
            DealEvent::DealAssigned { owner, owner_name } => {
                self.owner_id = owner.map(Uuid::from);
                self.name_owner(owner_name.as_deref());
            }
            DealEvent::DealAmountChanged { to, .. } => self.cost(*to),
            DealEvent::DealCloseExpected { date } => self.expect(*date),
            DealEvent::DealProbabilityEstimated { probability } => {
                self.probability = probability.map(|probability| probability.get().into());
            }
            DealEvent::DealProductsNamed { products } => self.interest(products),
            DealEvent::DealSourceSet { source } => self.come_from(source.as_ref()),
            DealEvent::DealNextStepPlanned { text } => self.next_step.clone_from(text),
            DealEvent::DealWon { amounts, .. } => self.cost(*amounts),
            DealEvent::DealLost { reason, note, .. } => {
                self.lost_reason = Some(reason.as_str().to_owned());
                self.lost_note.clone_from(note);
            }
            DealEvent::DealReopened { .. } => {
                self.lost_reason = None;
                self.lost_note = None;
            }
            DealEvent::DealMoved { .. }
            | DealEvent::DealPipelineChanged { .. }
            | DealEvent::DealCreditShared { .. }
            | DealEvent::DealCompetitorsNamed { .. }
            | DealEvent::DealTagged { .. }
            | DealEvent::DealTagsAdded { .. }
            | DealEvent::DealTagsRemoved { .. }
            | DealEvent::DealFileAttached(_)
            | DealEvent::DealFileDetached { .. } => {}
        }
        if let Some(destination) = event.destination() {
            self.arrive(&destination, header);
        }
        self.updated_at = header.occurred_at.0;
        self.version = header.version.0 as i64;
        self.position = header.position.0 as i64;
    }

    fn arrive(&mut self, destination: &Destination, header: &EventHeader) {
        let now = header.occurred_at.0;
        if let Some(pipeline) = destination.pipeline {
            self.pipeline_id = pipeline.0;
        }
        destination.stage.as_str().clone_into(&mut self.stage);
        self.stage_rank = destination.rank.into();
        self.stage_since = now;
        destination.status.as_str().clone_into(&mut self.status);
        self.closed_at = (destination.status != DealStatus::Open).then_some(now);
    }

    fn call(&mut self, title: &str) {
        title.clone_into(&mut self.title);
        self.title_folded = fold(title);
    }

    fn cost(&mut self, amounts: Amounts) {
        self.amount_net_minor = amounts.net.map(|amount| amount.minor_units);
        self.amount_gross_minor = amounts.gross.map(|amount| amount.minor_units);
        self.amount_currency = amounts.currency().map(|currency| currency.code().to_owned());
    }

    fn expect(&mut self, date: Option<NaiveDate>) {
        self.expected_close = date.map(|date| date.to_string());
    }

    fn name_owner(&mut self, name: Option<&str>) {
        self.owner_name = name.map(str::to_owned);
        self.owner_name_folded = name.map(fold);
    }

    fn come_from(&mut self, source: Option<&DealSource>) {
        self.source = source.map(|source| source.kind.as_str().to_owned());
        self.source_detail = source.and_then(|source| source.detail.clone());
    }

    fn interest(&mut self, products: &[ProductOfInterest]) {
        self.product = products.first().map(|product| product.label.clone());
    }
}
