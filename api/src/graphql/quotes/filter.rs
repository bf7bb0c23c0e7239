use async_graphql::{Enum, InputObject};
use domain::quote as rules;
use projections::quotes::Column;
use sea_orm::Condition;

use super::{QuoteApproval, QuoteStatus};
use crate::graphql::{
    errors::ApiResult,
    filters::{
        self, BooleanFilter, Budget, DateFilter, DateTimeFilter, IdFilter, ListFilter, MoneyFilter, StringFilter,
    },
    ids::Kind,
    paging::{Direction, Nulls, SortKey},
};

/// Which quotes. All that is given must hold.
#[derive(Debug, Clone, Default, InputObject)]
pub struct QuoteFilter {
    pub and: Option<Vec<QuoteFilter>>,
    pub or: Option<Vec<QuoteFilter>>,
    pub not: Option<Box<QuoteFilter>>,
    pub id: Option<IdFilter>,
    pub number: Option<StringFilter>,
    pub subject: Option<StringFilter>,
    /// The record that it was written to.
    pub organization: Option<IdFilter>,
    pub deal: Option<IdFilter>,
    pub author: Option<IdFilter>,
    pub status: Option<ListFilter<QuoteStatus>>,
    pub approval: Option<ListFilter<QuoteApproval>>,
    /// Whether a version is being written.
    pub has_draft: Option<BooleanFilter>,
    pub net: Option<MoneyFilter>,
    pub gross: Option<MoneyFilter>,
    pub valid_until: Option<DateFilter>,
    pub sent_at: Option<DateTimeFilter>,
    pub answered_at: Option<DateTimeFilter>,
    pub updated_at: Option<DateTimeFilter>,
}

impl QuoteFilter {
    pub(super) fn condition(&self, budget: &mut Budget<'_>) -> ApiResult<Condition> {
        budget.spend()?;
        let (and, or, not) = (self.and.as_deref(), self.or.as_deref(), self.not.as_deref());
        let mut all = filters::combined(and, or, not, |filter| filter.condition(budget))?;
        for (filter, column, kind) in [
            (&self.id, Column::Id, Kind::Quote),
            (&self.organization, Column::OrganizationId, Kind::Organization),
            (&self.deal, Column::DealId, Kind::Deal),
            (&self.author, Column::AuthorId, Kind::User),
        ] {
            all = all.add_option(filter.as_ref().map(|id| id.condition(column, kind)).transpose()?);
        }
        if let Some(subject) = &self.subject {
            all = all.add(subject.condition_plain(Column::Subject, Column::SubjectFolded)?);
        }
        for (filter, column) in [(&self.net, Column::Net), (&self.gross, Column::Gross)] {
            let condition = filter.as_ref().map(|money| money.condition(column, Column::Currency));
            all = all.add_option(condition.transpose()?);
        }
        let status = |status: QuoteStatus| rules::QuoteStatus::from(status).as_str();
        let approval = |approval: QuoteApproval| rules::Approval::from(approval).as_str();
        let of_status = self.status.as_ref().map(|list| list.condition(Column::Status, status));
        let of_approval = self
            .approval
            .as_ref()
            .map(|list| list.condition(Column::Approval, approval));
        let of_number = self.number.as_ref().map(|text| text.condition(Column::Number));
        Ok(all
            .add_option(of_number.transpose()?)
            .add_option(of_status.transpose()?)
            .add_option(of_approval.transpose()?)
            .add_option(
                self.has_draft
                    .as_ref()
                    .map(|given| given.presence(Column::DraftVersion)),
            )
            .add_option(
                self.valid_until
                    .as_ref()
                    .map(|date| date.condition(Column::ValidUntil, |date| date.0.to_string())),
            )
            .add_option(self.sent_at.as_ref().map(|time| time.condition(Column::SentAt)))
            .add_option(self.answered_at.as_ref().map(|time| time.condition(Column::AnsweredAt)))
            .add_option(self.updated_at.as_ref().map(|time| time.condition(Column::UpdatedAt))))
    }
}

/// What quotes are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum QuoteOrderField {
    /// By year and sequence, as numbers.
    Number,
    /// The number, whatever the currency.
    Net,
    ExpiresAt,
    UpdatedAt,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, InputObject)]
pub struct QuoteOrder {
    pub field: QuoteOrderField,
    #[graphql(default_with = "Direction::Asc")]
    pub direction: Direction,
}

impl From<QuoteOrder> for SortKey<Column> {
    fn from(order: QuoteOrder) -> Self {
        let column = match order.field {
            QuoteOrderField::Number => Column::NumberOrder,
            QuoteOrderField::Net => Column::Net,
            QuoteOrderField::ExpiresAt => Column::ExpiresAt,
            QuoteOrderField::UpdatedAt => Column::UpdatedAt,
        };
        Self {
            column,
            direction: order.direction,
            nulls: Nulls::Last,
        }
    }
}

pub(super) const DEFAULT_ORDER: QuoteOrder = QuoteOrder {
    field: QuoteOrderField::Number,
    direction: Direction::Desc,
};
