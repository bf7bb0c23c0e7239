use async_graphql::{Enum, InputObject};
use domain::contract as rules;
use projections::contracts::Column;
use sea_orm::Condition;

use super::{ContractKind, ContractReasonCategory, ContractRenewalType, ContractStatus};
use crate::graphql::{
    errors::ApiResult,
    filters::{self, BooleanFilter, Budget, DateFilter, DateTimeFilter, IdFilter, ListFilter, StringFilter},
    ids::Kind,
    paging::{Direction, Nulls, SortKey},
};

/// Which contracts. All that is given must hold.
#[derive(Debug, Clone, Default, InputObject)]
pub struct ContractFilter {
    pub and: Option<Vec<ContractFilter>>,
    pub or: Option<Vec<ContractFilter>>,
    pub not: Option<Box<ContractFilter>>,
    pub id: Option<IdFilter>,
    pub number: Option<StringFilter>,
    /// The names of its lines, one after the other.
    pub subject: Option<StringFilter>,
    pub kind: Option<ListFilter<ContractKind>>,
    pub status: Option<ListFilter<ContractStatus>>,
    /// Whose it is by the last change.
    pub organization: Option<IdFilter>,
    pub deal: Option<IdFilter>,
    pub quote: Option<IdFilter>,
    pub owner: Option<IdFilter>,
    pub author: Option<IdFilter>,
    /// ISO 4217.
    pub currency_code: Option<StringFilter>,
    /// The newest one.
    pub segment: Option<StringFilter>,
    pub renewal: Option<ListFilter<ContractRenewalType>>,
    /// Of the notice.
    pub reason: Option<ListFilter<ContractReasonCategory>>,
    pub disputed: Option<BooleanFilter>,
    /// The contract that it follows.
    pub follows: Option<IdFilter>,
    /// The contract that follows it.
    pub followed_by: Option<IdFilter>,
    pub starts_on: Option<DateFilter>,
    /// The last day of the term; null for what has no end.
    pub ends_on: Option<DateFilter>,
    /// The last day that is covered, as far as it is known.
    pub last_day: Option<DateFilter>,
    pub notice_deadline: Option<DateFilter>,
    pub signed_on: Option<DateFilter>,
    pub next_billing_on: Option<DateFilter>,
    pub drafted_at: Option<DateTimeFilter>,
    pub updated_at: Option<DateTimeFilter>,
}

impl ContractFilter {
    pub(super) fn condition(&self, budget: &mut Budget<'_>) -> ApiResult<Condition> {
        budget.spend()?;
        let (and, or, not) = (self.and.as_deref(), self.or.as_deref(), self.not.as_deref());
        let mut all = filters::combined(and, or, not, |filter| filter.condition(budget))?;
        for (filter, column, kind) in [
            (&self.id, Column::Id, Kind::Contract),
            (&self.organization, Column::OrganizationId, Kind::Organization),
            (&self.deal, Column::DealId, Kind::Deal),
            (&self.quote, Column::QuoteId, Kind::Quote),
            (&self.owner, Column::OwnerId, Kind::User),
            (&self.author, Column::AuthorId, Kind::User),
            (&self.follows, Column::FollowsId, Kind::Contract),
            (&self.followed_by, Column::FollowedById, Kind::Contract),
        ] {
            all = all.add_option(filter.as_ref().map(|id| id.condition(column, kind)).transpose()?);
        }
        for (filter, column) in [
            (&self.number, Column::Number),
            (&self.currency_code, Column::Currency),
            (&self.segment, Column::Segment),
        ] {
            all = all.add_option(filter.as_ref().map(|text| text.condition(column)).transpose()?);
        }
        if let Some(subject) = &self.subject {
            all = all.add(subject.condition_plain(Column::Subject, Column::SubjectFolded)?);
        }
        for (filter, column) in [
            (&self.starts_on, Column::StartsOn),
            (&self.ends_on, Column::EndsOn),
            (&self.last_day, Column::LastDay),
            (&self.notice_deadline, Column::NoticeDeadline),
            (&self.signed_on, Column::SignedOn),
            (&self.next_billing_on, Column::NextBillingOn),
        ] {
            all = all.add_option(
                filter
                    .as_ref()
                    .map(|date| date.condition(column, |date| date.0.to_string())),
            );
        }
        for (filter, column) in [
            (&self.drafted_at, Column::DraftedAt),
            (&self.updated_at, Column::UpdatedAt),
        ] {
            all = all.add_option(filter.as_ref().map(|time| time.condition(column)));
        }
        Ok(all
            .add_option(self.disputed.as_ref().map(|given| given.condition(Column::Disputed)))
            .add(self.of_lists()?))
    }

    /// What is compared with values of closed lists.
    fn of_lists(&self) -> ApiResult<Condition> {
        let kind = |kind: ContractKind| rules::ContractKind::from(kind).as_str();
        let status = |status: ContractStatus| rules::ContractStatus::from(status).as_str();
        let reason = |reason: ContractReasonCategory| rules::ReasonCategory::from(reason).as_str();
        let of_kind = self.kind.as_ref().map(|list| list.condition(Column::Kind, kind));
        let of_status = self.status.as_ref().map(|list| list.condition(Column::Status, status));
        let of_reason = self.reason.as_ref().map(|list| list.condition(Column::Reason, reason));
        let renewal = self.renewal.as_ref();
        let of_renewal = renewal.map(|list| list.condition(Column::Renewal, ContractRenewalType::as_str));
        Ok(Condition::all()
            .add_option(of_kind.transpose()?)
            .add_option(of_status.transpose()?)
            .add_option(of_reason.transpose()?)
            .add_option(of_renewal.transpose()?))
    }
}

/// What contracts are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum ContractOrderField {
    /// By year and sequence, as numbers.
    Number,
    StartsOn,
    EndsOn,
    LastDay,
    NoticeDeadline,
    NextBillingOn,
    UpdatedAt,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, InputObject)]
pub struct ContractOrder {
    pub field: ContractOrderField,
    #[graphql(default_with = "Direction::Asc")]
    pub direction: Direction,
}

impl From<ContractOrder> for SortKey<Column> {
    fn from(order: ContractOrder) -> Self {
        let column = match order.field {
            ContractOrderField::Number => Column::NumberOrder,
            ContractOrderField::StartsOn => Column::StartsOn,
            ContractOrderField::EndsOn => Column::EndsOn,
            ContractOrderField::LastDay => Column::LastDay,
            ContractOrderField::NoticeDeadline => Column::NoticeDeadline,
            ContractOrderField::NextBillingOn => Column::NextBillingOn,
            ContractOrderField::UpdatedAt => Column::UpdatedAt,
        };
        Self {
            column,
            direction: order.direction,
            nulls: Nulls::Last,
        }
    }
}

pub(super) const DEFAULT_ORDER: ContractOrder = ContractOrder {
    field: ContractOrderField::Number,
    direction: Direction::Desc,
};
