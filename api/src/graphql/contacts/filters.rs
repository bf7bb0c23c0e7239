//! How lists of contacts are filtered and sorted.

use async_graphql::{Enum, InputObject};
use projections::{
    consents,
    contacts::{Column, likeness, tags},
    likeness::dialled,
};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect, QueryTrait, Select};

use super::consents::ConsentPurpose;
use crate::{
    graphql::{
        errors::ApiResult,
        filters::{self, BooleanFilter, Budget, DateTimeFilter, IdFilter, StringFilter, TagFilter},
        ids::Kind,
        paging::{Direction, Nulls, SortKey},
    },
    policy::Scope,
};

/// Which contacts. All that is given must hold.
#[derive(Debug, Clone, Default, InputObject)]
pub struct ContactFilter {
    pub and: Option<Vec<ContactFilter>>,
    pub or: Option<Vec<ContactFilter>>,
    pub not: Option<Box<ContactFilter>>,
    pub id: Option<IdFilter>,
    pub organization: Option<IdFilter>,
    /// Of the last name and then the first name.
    pub name: Option<StringFilter>,
    pub first_name: Option<StringFilter>,
    pub last_name: Option<StringFilter>,
    pub job_title: Option<StringFilter>,
    /// Of the address to write to.
    pub email: Option<StringFilter>,
    /// Any of the telephone numbers, however it is written.
    pub phone: Option<String>,
    pub language: Option<StringFilter>,
    pub billing: Option<BooleanFilter>,
    pub signatory: Option<BooleanFilter>,
    pub owner: Option<IdFilter>,
    pub tags: Option<TagFilter>,
    /// Those who allow this.
    pub allows: Option<ConsentPurpose>,
    /// Those who withdrew this, or objected to it.
    pub refuses: Option<ConsentPurpose>,
    pub erased: Option<BooleanFilter>,
    /// Archived ones are left out of the list unless this is given in the filter itself.
    pub archived: Option<BooleanFilter>,
    /// Those that were merged into others are left out of the list unless this is given in the filter itself.
    pub merged: Option<BooleanFilter>,
    pub external_reference: Option<StringFilter>,
    pub added_at: Option<DateTimeFilter>,
    pub updated_at: Option<DateTimeFilter>,
}

impl ContactFilter {
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
        for (asked, field) in [
            (self.name.is_some(), "name"),
            (self.first_name.is_some(), "firstName"),
            (self.last_name.is_some(), "lastName"),
            (self.job_title.is_some(), "jobTitle"),
            (self.email.is_some(), "email"),
            (self.phone.is_some(), "phone"),
            (self.allows.is_some() || self.refuses.is_some(), "consents"),
        ] {
            if asked {
                budget.compares("Contact", field)?;
            }
        }
        let texts = [
            (&self.first_name, Column::FirstName),
            (&self.last_name, Column::LastName),
            (&self.job_title, Column::JobTitle),
            (&self.language, Column::Language),
            (&self.external_reference, Column::ExternalReference),
        ];
        for (filter, column) in texts {
            all = all.add_option(filter.as_ref().map(|text| text.condition(column)).transpose()?);
        }
        for (filter, column, folded) in [
            (&self.name, Column::FullName, Column::NameFolded),
            (&self.email, Column::Email, Column::EmailFolded),
        ] {
            let filter = filter.as_ref().map(|text| text.condition_plain(column, folded));
            all = all.add_option(filter.transpose()?);
        }
        let references = [
            (&self.id, Column::Id, Kind::Contact),
            (&self.organization, Column::OrganizationId, Kind::Organization),
            (&self.owner, Column::OwnerId, Kind::User),
        ];
        for (filter, column, kind) in references {
            all = all.add_option(filter.as_ref().map(|id| id.condition(column, kind)).transpose()?);
        }
        for (filter, column) in [
            (&self.billing, Column::Billing),
            (&self.signatory, Column::Signatory),
            (&self.erased, Column::Erased),
        ] {
            all = all.add_option(filter.as_ref().map(|flag| flag.condition(column)));
        }
        for (filter, column) in [(&self.archived, Column::ArchivedAt), (&self.merged, Column::MergedInto)] {
            all = all.add_option(filter.as_ref().map(|flag| flag.presence(column)));
        }
        for (filter, column) in [(&self.added_at, Column::AddedAt), (&self.updated_at, Column::UpdatedAt)] {
            all = all.add_option(filter.as_ref().map(|time| time.condition(column)));
        }
        if let Some(phone) = &self.phone {
            all = all.add(Column::Id.in_subquery(reached_by(phone).into_query()));
        }
        for (purpose, given) in [(self.allows, true), (self.refuses, false)] {
            let said = purpose.map(|purpose| Column::Id.in_subquery(who_said(purpose, given).into_query()));
            all = all.add_option(said);
        }
        match &self.tags {
            Some(wish) => Ok(all.add(wish.condition(Column::Id, tagged)?)),
            None => Ok(all),
        }
    }
}

/// Ids of those that have a tag.
fn tagged(folded: &str) -> Select<tags::Entity> {
    tags::Entity::find()
        .select_only()
        .column(tags::Column::ContactId)
        .filter(tags::Column::TagFolded.eq(folded))
}

/// Ids of those whom a telephone number reaches.
fn reached_by(phone: &str) -> Select<likeness::Entity> {
    likeness::Entity::find()
        .select_only()
        .column(likeness::Column::ContactId)
        .filter(likeness::Column::Mark.eq(format!("PHONE:{}", dialled(phone))))
}

/// Ids of those who said yes or no to something.
fn who_said(purpose: ConsentPurpose, given: bool) -> Select<consents::Entity> {
    let purpose = domain::contact::ConsentPurpose::from(purpose).as_str();
    consents::Entity::find()
        .select_only()
        .column(consents::Column::ContactId)
        .filter(consents::Column::Purpose.eq(purpose))
        .filter(consents::Column::Given.eq(given))
}

/// What contacts are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum ContactOrderField {
    /// The last name and then the first name, without regard to case and accents.
    Name,
    AddedAt,
    UpdatedAt,
    Email,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, InputObject)]
pub struct ContactOrder {
    pub field: ContactOrderField,
    #[graphql(default_with = "Direction::Asc")]
    pub direction: Direction,
}

impl From<ContactOrder> for SortKey<Column> {
    fn from(order: ContactOrder) -> Self {
        let column = match order.field {
            ContactOrderField::Name => Column::NameFolded,
            ContactOrderField::AddedAt => Column::AddedAt,
            ContactOrderField::UpdatedAt => Column::UpdatedAt,
            ContactOrderField::Email => Column::EmailFolded,
        };
        Self {
            column,
            direction: order.direction,
            nulls: Nulls::Last,
        }
    }
}

/// The order asked for, else by name. Whoever sees no names gets the order in which contacts came: a cursor holds what
/// its list is sorted by.
pub fn order(asked: Option<Vec<ContactOrder>>, scope: &Scope) -> ApiResult<Vec<ContactOrder>> {
    let by = |field: ContactOrderField| ContactOrder {
        field,
        direction: Direction::Asc,
    };
    let Some(asked) = asked.filter(|asked| !asked.is_empty()) else {
        let named = scope.sees_field("Contact", "name");
        return Ok(vec![by(if named {
            ContactOrderField::Name
        } else {
            ContactOrderField::AddedAt
        })]);
    };
    for order in &asked {
        match order.field {
            ContactOrderField::Name => Budget::within(scope).compares("Contact", "name")?,
            ContactOrderField::Email => Budget::within(scope).compares("Contact", "email")?,
            ContactOrderField::AddedAt | ContactOrderField::UpdatedAt => {}
        }
    }
    Ok(asked)
}
