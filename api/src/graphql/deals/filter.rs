//! Which deals, and in which order.

use async_graphql::{Enum, InputObject};
use projections::{
    deal_parts::{competitors, credits, products, tags},
    deals::{Column, Entity},
};
use sea_orm::{ColumnTrait, Condition};

use super::{DealStatus, parts::DealSourceKind};
use crate::graphql::{
    errors::ApiResult,
    filters::{self, Budget, DateFilter, DateTimeFilter, IdFilter, ListFilter, MoneyFilter, StringFilter, TextsFilter},
    ids::Kind,
    organizations::OrganizationReferenceFilter,
    paging::{Direction, Nulls, SortKey},
    scalars::Date,
    tasks::TasksFilter,
};

/// Which deals. All that is given must hold.
#[derive(Debug, Clone, Default, InputObject)]
pub struct DealFilter {
    pub and: Option<Vec<DealFilter>>,
    pub or: Option<Vec<DealFilter>>,
    pub not: Option<Box<DealFilter>>,
    pub id: Option<IdFilter>,
    pub title: Option<StringFilter>,
    pub organization: Option<OrganizationReferenceFilter>,
    pub pipeline: Option<IdFilter>,
    /// Code of the stage.
    pub stage: Option<StringFilter>,
    pub stage_since: Option<DateTimeFilter>,
    pub status: Option<ListFilter<DealStatus>>,
    pub amount_net: Option<MoneyFilter>,
    pub amount_gross: Option<MoneyFilter>,
    pub owner: Option<IdFilter>,
    /// The owner as the system wrote it that the deal was imported from.
    pub owner_name: Option<StringFilter>,
    /// Who has a part in its credit.
    pub credited_to: Option<IdFilter>,
    pub source: Option<ListFilter<DealSourceKind>>,
    /// The first of its products of interest.
    pub product: Option<StringFilter>,
    pub products: Option<TextsFilter>,
    pub competitors: Option<TextsFilter>,
    pub tags: Option<TextsFilter>,
    pub opened_at: Option<DateTimeFilter>,
    pub closed_at: Option<DateTimeFilter>,
    pub updated_at: Option<DateTimeFilter>,
    pub expected_close: Option<DateFilter>,
    pub external_reference: Option<StringFilter>,
    pub tasks: Option<TasksFilter>,
}

impl DealFilter {
    pub fn condition(&self, budget: &mut Budget<'_>) -> ApiResult<Condition> {
        budget.spend()?;
        let (and, or, not) = (self.and.as_deref(), self.or.as_deref(), self.not.as_deref());
        let all = filters::combined(and, or, not, |filter| filter.condition(budget))?;
        let all = self.texts(all)?;
        let all = self.references(all, budget)?;
        let all = self.values(all)?;
        self.several(all, budget)
    }

    fn texts(&self, mut all: Condition) -> ApiResult<Condition> {
        if let Some(title) = &self.title {
            all = all.add(title.condition_plain(Column::Title, Column::TitleFolded)?);
        }
        if let Some(name) = &self.owner_name {
            all = all.add(name.condition_plain(Column::OwnerName, Column::OwnerNameFolded)?);
        }
        for (filter, column) in [
            (&self.stage, Column::Stage),
            (&self.product, Column::Product),
            (&self.external_reference, Column::ExternalReference),
        ] {
            all = all.add_option(filter.as_ref().map(|text| text.condition(column)).transpose()?);
        }
        Ok(all)
    }

    fn references(&self, mut all: Condition, budget: &mut Budget<'_>) -> ApiResult<Condition> {
        for (filter, column, kind) in [
            (&self.id, Column::Id, Kind::Deal),
            (&self.pipeline, Column::PipelineId, Kind::Pipeline),
            (&self.owner, Column::OwnerId, Kind::User),
        ] {
            all = all.add_option(filter.as_ref().map(|id| id.condition(column, kind)).transpose()?);
        }
        if let Some(organization) = &self.organization {
            all = all.add(organization.condition(Column::OrganizationId, budget)?);
        }
        if let Some(user) = &self.credited_to {
            let shares = user.condition(credits::Column::UserId, Kind::User)?;
            all = all.add(budget.related::<credits::Entity>(Column::Id, credits::Column::DealId, shares));
        }
        if let Some(tasks) = &self.tasks {
            all = all.add(tasks.condition(Column::Id, Kind::Deal, budget)?);
        }
        Ok(all)
    }

    fn values(&self, mut all: Condition) -> ApiResult<Condition> {
        let statuses = |status: DealStatus| domain::deal::DealStatus::from(status).as_str();
        let sources = |source: DealSourceKind| domain::deal::SourceKind::from(source).as_str();
        let status = self
            .status
            .as_ref()
            .map(|list| list.condition(Column::Status, statuses));
        let source = self.source.as_ref().map(|list| list.condition(Column::Source, sources));
        all = all.add_option(status.transpose()?).add_option(source.transpose()?);
        for (filter, column) in [
            (&self.amount_net, Column::AmountNetMinor),
            (&self.amount_gross, Column::AmountGrossMinor),
        ] {
            let amount = filter
                .as_ref()
                .map(|money| money.condition(column, Column::AmountCurrency));
            all = all.add_option(amount.transpose()?);
        }
        for (filter, column) in [
            (&self.stage_since, Column::StageSince),
            (&self.opened_at, Column::OpenedAt),
            (&self.closed_at, Column::ClosedAt),
            (&self.updated_at, Column::UpdatedAt),
        ] {
            all = all.add_option(filter.as_ref().map(|time| time.condition(column)));
        }
        let stored = |Date(date): Date| date.to_string();
        let expected = self.expected_close.as_ref();
        Ok(all.add_option(expected.map(|date| date.condition(Column::ExpectedClose, stored))))
    }

    fn several(&self, mut all: Condition, budget: &Budget<'_>) -> ApiResult<Condition> {
        if let Some(texts) = &self.products {
            let (label, folded) = (products::Column::Label, products::Column::LabelFolded);
            all = all.add(texts.condition::<products::Entity>(
                Column::Id,
                products::Column::DealId,
                label,
                folded,
                budget,
            )?);
        }
        if let Some(texts) = &self.competitors {
            let (name, folded) = (competitors::Column::Name, competitors::Column::NameFolded);
            let deal = competitors::Column::DealId;
            all = all.add(texts.condition::<competitors::Entity>(Column::Id, deal, name, folded, budget)?);
        }
        if let Some(texts) = &self.tags {
            let (name, folded) = (tags::Column::Name, tags::Column::NameFolded);
            all = all.add(texts.condition::<tags::Entity>(Column::Id, tags::Column::DealId, name, folded, budget)?);
        }
        Ok(all)
    }
}

/// Which of the deals that something has.
#[derive(Debug, Clone, Default, InputObject)]
pub struct DealsFilter {
    /// At least one such deal.
    pub some: Option<Box<DealFilter>>,
    /// No such deal.
    pub none: Option<Box<DealFilter>>,
}

impl DealsFilter {
    /// On the rows whose `id` deals refer to by `reference`.
    pub fn condition<C: ColumnTrait>(&self, id: C, reference: Column, budget: &mut Budget<'_>) -> ApiResult<Condition> {
        let mut all = Condition::all();
        if let Some(some) = &self.some {
            let some = visible(some, budget)?;
            all = all.add(budget.related::<Entity>(id, reference, some));
        }
        if let Some(none) = &self.none {
            let none = visible(none, budget)?;
            let found = budget.related::<Entity>(id, reference, none);
            all = all.add(Condition::all().add(found).not());
        }
        Ok(all)
    }
}

/// Of what whoever asks sees.
fn visible(filter: &DealFilter, budget: &mut Budget<'_>) -> ApiResult<Condition> {
    let seen = budget.scope().deals();
    Ok(Condition::all().add(seen).add(filter.condition(budget)?))
}

/// What deals are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum DealOrderField {
    OpenedAt,
    ClosedAt,
    ExpectedClose,
    UpdatedAt,
    /// The number, whatever the currency: filter by currency to make sense of it.
    AmountNet,
    /// As `AMOUNT_NET`.
    AmountGross,
    /// The place that the stage had in its pipeline when the deal came there.
    Stage,
    /// Without regard to case and accents.
    Title,
    /// The owner as the system wrote it that the deal was imported from, without regard to case and accents.
    OwnerName,
}

impl DealOrderField {
    pub const ALL: [Self; 9] = [
        Self::OpenedAt,
        Self::ClosedAt,
        Self::ExpectedClose,
        Self::UpdatedAt,
        Self::AmountNet,
        Self::AmountGross,
        Self::Stage,
        Self::Title,
        Self::OwnerName,
    ];

    const fn column(self) -> Column {
        match self {
            Self::OpenedAt => Column::OpenedAt,
            Self::ClosedAt => Column::ClosedAt,
            Self::ExpectedClose => Column::ExpectedClose,
            Self::UpdatedAt => Column::UpdatedAt,
            Self::AmountNet => Column::AmountNetMinor,
            Self::AmountGross => Column::AmountGrossMinor,
            Self::Stage => Column::StageRank,
            Self::Title => Column::TitleFolded,
            Self::OwnerName => Column::OwnerNameFolded,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, InputObject)]
pub struct DealOrder {
    pub field: DealOrderField,
    #[graphql(default_with = "Direction::Asc")]
    pub direction: Direction,
    /// Where deals without a value stand.
    #[graphql(default_with = "Nulls::Last")]
    pub nulls: Nulls,
}

impl From<DealOrder> for SortKey<Column> {
    fn from(order: DealOrder) -> Self {
        Self {
            column: order.field.column(),
            direction: order.direction,
            nulls: order.nulls,
        }
    }
}

/// Newest first.
pub const DEFAULT_ORDER: DealOrder = DealOrder {
    field: DealOrderField::OpenedAt,
    direction: Direction::Desc,
    nulls: Nulls::Last,
};
