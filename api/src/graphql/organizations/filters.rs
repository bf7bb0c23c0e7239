//! How lists of organizations are filtered and sorted.

use async_graphql::{Enum, ID, InputObject};
use projections::organizations::{Column, Entity, fields, tags};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect, QueryTrait, Select};

use super::{OrganizationKind, OrganizationSize, OrganizationStatus};
use crate::graphql::{
    deals::DealsFilter,
    errors::{ApiError, ApiResult},
    filters::{
        self, BooleanFilter, Budget, DateTimeFilter, IdFilter, IntFilter, ListFilter, MoneyFilter, StringFilter,
        TagFilter,
    },
    ids::{self, Kind},
    paging::{Direction, Nulls, SortKey},
    scalars::Decimal,
    tasks::TasksFilter,
};

/// Which organizations. All that is given must hold.
#[derive(Debug, Clone, Default, InputObject)]
pub struct OrganizationFilter {
    pub and: Option<Vec<OrganizationFilter>>,
    pub or: Option<Vec<OrganizationFilter>>,
    pub not: Option<Box<OrganizationFilter>>,
    pub id: Option<IdFilter>,
    pub name: Option<StringFilter>,
    pub kind: Option<ListFilter<OrganizationKind>>,
    pub siren: Option<StringFilter>,
    pub siret: Option<StringFilter>,
    pub vat_number: Option<StringFilter>,
    pub status: Option<ListFilter<OrganizationStatus>>,
    pub sector: Option<StringFilter>,
    pub country: Option<StringFilter>,
    pub country_name: Option<StringFilter>,
    pub category: Option<StringFilter>,
    pub region: Option<StringFilter>,
    pub size: Option<ListFilter<OrganizationSize>>,
    pub employees: Option<IntFilter>,
    pub annual_revenue: Option<MoneyFilter>,
    pub founded_year: Option<IntFilter>,
    pub owner: Option<IdFilter>,
    pub parent: Option<IdFilter>,
    pub tags: Option<TagFilter>,
    /// Fields of the house; all must hold.
    pub fields: Option<Vec<CustomFieldFilter>>,
    /// Archived ones are left out of the list unless this is given in the filter itself.
    pub archived: Option<BooleanFilter>,
    /// Those that were merged into others are left out of the list unless this is given in the filter itself.
    pub merged: Option<BooleanFilter>,
    pub external_reference: Option<StringFilter>,
    pub registered_at: Option<DateTimeFilter>,
    pub updated_at: Option<DateTimeFilter>,
    pub deals: Option<DealsFilter>,
    pub tasks: Option<TasksFilter>,
}

/// Compares the organization that something refers to.
#[derive(Debug, Clone, Default, InputObject)]
pub struct OrganizationReferenceFilter {
    pub eq: Option<ID>,
    pub r#in: Option<Vec<ID>>,
    pub not_in: Option<Vec<ID>>,
    pub is_null: Option<bool>,
    /// The organization is one of these.
    pub matches: Option<Box<OrganizationFilter>>,
}

impl OrganizationReferenceFilter {
    pub fn condition<C: ColumnTrait>(&self, column: C, budget: &mut Budget<'_>) -> ApiResult<Condition> {
        let ids = IdFilter {
            is_null: self.is_null,
            ..IdFilter::default()
        };
        let mut all = ids.condition(column, Kind::Organization)?;
        // What refers to a record that was merged into one of these refers to that one.
        let families = |list: &[ID]| {
            filters::check_list(list.len())?;
            let list = list.iter().map(|id| ids::parse_as(Kind::Organization, id));
            let list = list.collect::<ApiResult<Vec<_>>>()?;
            Ok::<_, ApiError>(super::concerns_any(column, &list))
        };
        if let Some(id) = &self.eq {
            all = all.add(families(std::slice::from_ref(id))?);
        }
        if let Some(ids) = &self.r#in {
            all = all.add(families(ids)?);
        }
        if let Some(ids) = &self.not_in {
            all = all.add(Condition::any().add(column.is_null()).add(families(ids)?.not()));
        }
        let Some(filter) = &self.matches else {
            return Ok(all);
        };
        // Said twice, so that `not` of it takes the rows without an organization.
        let found = Condition::all()
            .add(budget.scope().organizations())
            .add(filter.condition(budget)?);
        let found = budget.related::<Entity>(column, Column::Id, found);
        Ok(all.add(column.is_not_null()).add(found))
    }
}

/// Compares a field of the house.
#[derive(Debug, Clone, InputObject)]
pub struct CustomFieldFilter {
    pub key: String,
    /// The value as text: a date is `YYYY-MM-DD`.
    pub text: Option<StringFilter>,
    pub number_gte: Option<Decimal>,
    pub number_lte: Option<Decimal>,
    pub bool: Option<bool>,
    /// Whether the field has no value.
    pub is_null: Option<bool>,
}

impl CustomFieldFilter {
    fn condition(&self) -> ApiResult<Condition> {
        use fields::Column as Field;
        let number = |Decimal(number): Decimal| f64::try_from(number).unwrap_or(f64::MAX);
        let with_key = fields::Entity::find()
            .select_only()
            .column(Field::OrganizationId)
            .filter(Field::Key.eq(self.key.as_str()));
        let mut all = Condition::all();
        if let Some(null) = self.is_null {
            let any = with_key.clone().into_query();
            all = all.add(if null {
                Column::Id.not_in_subquery(any)
            } else {
                Column::Id.in_subquery(any)
            });
        }
        let compares = Condition::all()
            .add_option(
                self.text
                    .as_ref()
                    .map(|text| text.condition(Field::Value))
                    .transpose()?,
            )
            .add_option(self.number_gte.map(|least| Field::Number.gte(number(least))))
            .add_option(self.number_lte.map(|most| Field::Number.lte(number(most))))
            .add_option(self.bool.map(|bool| {
                Condition::all()
                    .add(Field::Kind.eq("BOOL"))
                    .add(Field::Value.eq(bool.to_string()))
            }));
        if !compares.is_empty() {
            all = all.add(Column::Id.in_subquery(with_key.filter(compares).into_query()));
        }
        Ok(all)
    }
}

impl OrganizationFilter {
    /// With what a list leaves out by itself.
    pub fn whole(&self, budget: &mut Budget<'_>) -> ApiResult<Condition> {
        let mut all = self.condition(budget)?;
        if self.archived.is_none() {
            all = all.add(Column::ArchivedAt.is_null());
        }
        if self.merged.is_none() {
            all = all.add(Column::MergedInto.is_null());
        }
        Ok(all)
    }

    fn condition(&self, budget: &mut Budget<'_>) -> ApiResult<Condition> {
        budget.spend()?;
        let (and, or, not) = (self.and.as_deref(), self.or.as_deref(), self.not.as_deref());
        let mut all = filters::combined(and, or, not, |filter| filter.condition(budget))?;
        let texts = [
            (&self.siren, Column::Siren),
            (&self.siret, Column::Siret),
            (&self.vat_number, Column::VatNumber),
            (&self.sector, Column::Sector),
            (&self.country, Column::Country),
            (&self.country_name, Column::CountryName),
            (&self.category, Column::Category),
            (&self.region, Column::Region),
            (&self.external_reference, Column::ExternalReference),
        ];
        for (filter, column) in texts {
            all = all.add_option(filter.as_ref().map(|text| text.condition(column)).transpose()?);
        }
        if let Some(name) = &self.name {
            all = all.add(name.condition_plain(Column::Name, Column::NameFolded)?);
        }
        let references = [
            (&self.id, Column::Id, Kind::Organization),
            (&self.parent, Column::ParentId, Kind::Organization),
            (&self.owner, Column::OwnerId, Kind::User),
        ];
        for (filter, column, kind) in references {
            all = all.add_option(filter.as_ref().map(|id| id.condition(column, kind)).transpose()?);
        }
        for (filter, column) in [(&self.archived, Column::ArchivedAt), (&self.merged, Column::MergedInto)] {
            all = all.add_option(filter.as_ref().map(|flag| flag.presence(column)));
        }
        for (filter, column) in [
            (&self.employees, Column::Employees),
            (&self.founded_year, Column::FoundedYear),
        ] {
            all = all.add_option(filter.as_ref().map(|number| number.condition(column)));
        }
        for (filter, column) in [
            (&self.registered_at, Column::RegisteredAt),
            (&self.updated_at, Column::UpdatedAt),
        ] {
            all = all.add_option(filter.as_ref().map(|time| time.condition(column)));
        }
        for field in self.fields.iter().flatten() {
            budget.spend()?;
            all = all.add(field.condition()?);
        }
        if let Some(deals) = &self.deals {
            let organization_of = projections::deals::Column::OrganizationId;
            all = all.add(deals.condition(Column::Id, organization_of, budget)?);
        }
        if let Some(tasks) = &self.tasks {
            all = all.add(tasks.condition(Column::Id, Kind::Organization, budget)?);
        }
        if let Some(wish) = &self.tags {
            all = all.add(wish.condition(Column::Id, tagged)?);
        }
        self.lists(all)
    }

    fn lists(&self, all: Condition) -> ApiResult<Condition> {
        use domain::organization as known;
        let statuses = |status: OrganizationStatus| known::OrganizationStatus::from(status).as_str();
        let kinds = |kind: OrganizationKind| known::OrganizationKind::from(kind).as_str();
        let sizes = |size: OrganizationSize| known::OrganizationSize::from(size).as_str();
        let revenue = |money: &MoneyFilter| money.condition(Column::RevenueMinor, Column::RevenueCurrency);
        let status = self
            .status
            .as_ref()
            .map(|list| list.condition(Column::Status, statuses));
        let kind = self.kind.as_ref().map(|list| list.condition(Column::Kind, kinds));
        let size = self.size.as_ref().map(|list| list.condition(Column::Size, sizes));
        Ok(all
            .add_option(status.transpose()?)
            .add_option(kind.transpose()?)
            .add_option(size.transpose()?)
            .add_option(self.annual_revenue.as_ref().map(revenue).transpose()?))
    }
}

/// Ids of those that have a tag.
fn tagged(folded: &str) -> Select<tags::Entity> {
    tags::Entity::find()
        .select_only()
        .column(tags::Column::OrganizationId)
        .filter(tags::Column::TagFolded.eq(folded))
}

/// What organizations are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum OrganizationOrderField {
    /// Without regard to case and accents.
    Name,
    RegisteredAt,
    UpdatedAt,
    Employees,
    /// The number, whatever the currency.
    AnnualRevenue,
    FoundedYear,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, InputObject)]
pub struct OrganizationOrder {
    pub field: OrganizationOrderField,
    #[graphql(default_with = "Direction::Asc")]
    pub direction: Direction,
}

impl From<OrganizationOrder> for SortKey<Column> {
    fn from(order: OrganizationOrder) -> Self {
        let column = match order.field {
            OrganizationOrderField::Name => Column::NameFolded,
            OrganizationOrderField::RegisteredAt => Column::RegisteredAt,
            OrganizationOrderField::UpdatedAt => Column::UpdatedAt,
            OrganizationOrderField::Employees => Column::Employees,
            OrganizationOrderField::AnnualRevenue => Column::RevenueMinor,
            OrganizationOrderField::FoundedYear => Column::FoundedYear,
        };
        Self {
            column,
            direction: order.direction,
            nulls: Nulls::Last,
        }
    }
}

/// By name.
pub const DEFAULT_ORDER: OrganizationOrder = OrganizationOrder {
    field: OrganizationOrderField::Name,
    direction: Direction::Asc,
};
