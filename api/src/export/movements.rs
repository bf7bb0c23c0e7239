//! Movements of recurring revenue as rows: what analysts take into their own tools, each with the event that it follows from.

use std::{ops::Range, sync::Arc};

use domain::{
    contract::TerminationReason,
    recurring_revenue::{Book, Movement, Period, Selection},
};

use super::cells::Cell;
use crate::graphql::{errors::ApiResult, reading::Reading};

/// The movements of some days of a book.
pub struct Movements {
    book: Arc<Book>,
    selection: Arc<Selection>,
    left: Range<usize>,
}

impl Movements {
    pub fn new(book: Arc<Book>, period: Period, selection: Arc<Selection>) -> Self {
        let all = book.movements();
        let begin = all.partition_point(|movement| movement.on <= period.after);
        let end = all.partition_point(|movement| movement.on <= period.until);
        Self {
            selection,
            left: begin..end.max(begin),
            book,
        }
    }

    /// The next ones, so many at most; none at the end.
    pub(super) fn next(&mut self, most: usize) -> Vec<Movement> {
        let Self { book, selection, left } = self;
        let all = book.movements();
        let matching = left
            .by_ref()
            .filter_map(|place| all.get(place).filter(|movement| selection.matches(movement)));
        matching.take(most).cloned().collect()
    }

    /// One value of a movement. Customers may be persons: their names are for those who see persons.
    pub(super) async fn cell(
        reading: &Reading,
        row: &Movement,
        base: &str,
        persons: bool,
        column: &str,
    ) -> ApiResult<Cell> {
        // A rate of exchange is no event of a contract.
        let cause = row.cause.filter(|cause| cause.position != u64::MAX);
        Ok(match column {
            "on" => Cell::Date(row.on),
            "kind" => Cell::text(row.kind.as_str()),
            "amount" => Cell::Number(row.amount.normalize()),
            "currency" => Cell::text(base),
            "nativeAmount" => Cell::Number(row.native.normalize()),
            "nativeCurrency" => Cell::text(row.currency.code()),
            "customer" if persons => {
                let customer = reading.organization(row.customer.0).await?;
                Cell::maybe(customer.map(|customer| customer.name))
            }
            "customerId" => Cell::text(row.customer.0),
            "contract" => Cell::maybe(reading.contract(row.contract.0).await?.map(|contract| contract.number)),
            "contractId" => Cell::text(row.contract.0),
            "line" => Cell::number(Some(row.line.0)),
            "segment" => Cell::maybe(row.segment.as_deref()),
            "reason" => Cell::maybe(row.reason.map(TerminationReason::as_str)),
            "position" => Cell::number(cause.map(|cause| cause.position)),
            "eventId" => Cell::maybe(cause.map(|cause| cause.event)),
            "recordedAt" => cause.map_or(Cell::Empty, |cause| Cell::Moment(cause.at)),
            _ => Cell::Empty,
        })
    }

    /// The currency of the amounts.
    pub(super) fn currency(&self) -> &'static str {
        self.book.currency().code()
    }
}
