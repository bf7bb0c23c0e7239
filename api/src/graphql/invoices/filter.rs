use async_graphql::{Enum, InputObject};
use chrono::NaiveDate;
use domain::{document, invoice as rules};
use projections::invoices::Column;
use sea_orm::{ColumnTrait, Condition};

use super::{InvoiceKind, InvoiceStatus};
use crate::graphql::{
    errors::ApiResult,
    filters::{
        self, BooleanFilter, Budget, DateFilter, DateTimeFilter, IdFilter, ListFilter, MoneyFilter, StringFilter,
    },
    ids::Kind,
    paging::{Direction, Nulls, SortKey},
};

/// Which invoices. All that is given must hold.
#[derive(Debug, Clone, Default, InputObject)]
pub struct InvoiceFilter {
    pub and: Option<Vec<InvoiceFilter>>,
    pub or: Option<Vec<InvoiceFilter>>,
    pub not: Option<Box<InvoiceFilter>>,
    pub id: Option<IdFilter>,
    pub number: Option<StringFilter>,
    pub subject: Option<StringFilter>,
    pub kind: Option<ListFilter<InvoiceKind>>,
    pub status: Option<ListFilter<InvoiceStatus>>,
    /// Whether something should have been paid before today, at the company's seat.
    pub overdue: Option<bool>,
    /// The record that it was written to.
    pub organization: Option<IdFilter>,
    pub deal: Option<IdFilter>,
    pub quote: Option<IdFilter>,
    pub contract: Option<IdFilter>,
    pub author: Option<IdFilter>,
    /// The invoice that a credit note takes back.
    pub corrects: Option<IdFilter>,
    pub net: Option<MoneyFilter>,
    pub gross: Option<MoneyFilter>,
    pub remaining: Option<MoneyFilter>,
    pub issued_on: Option<DateFilter>,
    pub due_on: Option<DateFilter>,
    pub next_due: Option<DateFilter>,
    /// Whether the customer does not agree.
    pub disputed: Option<BooleanFilter>,
    pub updated_at: Option<DateTimeFilter>,
}

impl InvoiceFilter {
    pub(super) fn condition(&self, today: NaiveDate, budget: &mut Budget<'_>) -> ApiResult<Condition> {
        budget.spend()?;
        let (and, or, not) = (self.and.as_deref(), self.or.as_deref(), self.not.as_deref());
        let mut all = filters::combined(and, or, not, |filter| filter.condition(today, budget))?;
        for (filter, column, kind) in [
            (&self.id, Column::Id, Kind::Invoice),
            (&self.organization, Column::OrganizationId, Kind::Organization),
            (&self.deal, Column::DealId, Kind::Deal),
            (&self.quote, Column::QuoteId, Kind::Quote),
            (&self.contract, Column::ContractId, Kind::Contract),
            (&self.author, Column::AuthorId, Kind::User),
            (&self.corrects, Column::CorrectsId, Kind::Invoice),
        ] {
            all = all.add_option(filter.as_ref().map(|id| id.condition(column, kind)).transpose()?);
        }
        if self.disputed.is_some() {
            budget.compares("Invoice", "dispute")?;
        }
        if let Some(subject) = &self.subject {
            all = all.add(subject.condition_plain(Column::Subject, Column::SubjectFolded)?);
        }
        for (filter, column) in [
            (&self.net, Column::Net),
            (&self.gross, Column::Gross),
            (&self.remaining, Column::Remaining),
        ] {
            let condition = filter.as_ref().map(|money| money.condition(column, Column::Currency));
            all = all.add_option(condition.transpose()?);
        }
        for (filter, column) in [
            (&self.issued_on, Column::IssuedOn),
            (&self.due_on, Column::DueOn),
            (&self.next_due, Column::NextDue),
        ] {
            all = all.add_option(
                filter
                    .as_ref()
                    .map(|date| date.condition(column, |date| date.0.to_string())),
            );
        }
        let late = Column::NextDue.lt(today.to_string());
        all = all.add_option(self.overdue.map(|overdue| {
            if overdue {
                Condition::all().add(late)
            } else {
                Condition::any()
                    .add(Column::NextDue.is_null())
                    .add(Column::NextDue.gte(today.to_string()))
            }
        }));
        let status = |status: InvoiceStatus| rules::InvoiceStatus::from(status).as_str();
        let kind = |kind: InvoiceKind| document::InvoiceKind::from(kind).as_str();
        let of_status = self.status.as_ref().map(|list| list.condition(Column::Status, status));
        let of_kind = self.kind.as_ref().map(|list| list.condition(Column::Kind, kind));
        let of_number = self.number.as_ref().map(|text| text.condition(Column::Number));
        Ok(all
            .add_option(of_number.transpose()?)
            .add_option(of_status.transpose()?)
            .add_option(of_kind.transpose()?)
            .add_option(self.disputed.as_ref().map(|given| given.presence(Column::Dispute)))
            .add_option(self.updated_at.as_ref().map(|time| time.condition(Column::UpdatedAt))))
    }
}

/// What invoices are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum InvoiceOrderField {
    /// By year and sequence, as numbers; drafts have none.
    Number,
    IssuedOn,
    /// When the next part is due of which something is left.
    NextDue,
    /// The number, whatever the currency, as the one that follows.
    Gross,
    Remaining,
    UpdatedAt,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, InputObject)]
pub struct InvoiceOrder {
    pub field: InvoiceOrderField,
    #[graphql(default_with = "Direction::Asc")]
    pub direction: Direction,
}

impl From<InvoiceOrder> for SortKey<Column> {
    fn from(order: InvoiceOrder) -> Self {
        let column = match order.field {
            InvoiceOrderField::Number => Column::NumberOrder,
            InvoiceOrderField::IssuedOn => Column::IssuedOn,
            InvoiceOrderField::NextDue => Column::NextDue,
            InvoiceOrderField::Gross => Column::Gross,
            InvoiceOrderField::Remaining => Column::Remaining,
            InvoiceOrderField::UpdatedAt => Column::UpdatedAt,
        };
        Self {
            column,
            direction: order.direction,
            nulls: Nulls::Last,
        }
    }
}

pub(super) const DEFAULT_ORDER: InvoiceOrder = InvoiceOrder {
    field: InvoiceOrderField::Number,
    direction: Direction::Desc,
};
