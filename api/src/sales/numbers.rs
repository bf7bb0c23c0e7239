//! Numbers of documents, given in the unit of work that makes the document.

use chrono::{Datelike, NaiveDate};
use domain::{
    Event, NumberSeries, NumberSeriesCommand, NumberSeriesError,
    document::{DocumentNumber, NumberPattern, Series},
};
use engine::{CommandBus, CommandError, UnitOfWork};
use tokio::sync::MutexGuard;
use uuid::Uuid;

use super::Sales;

impl Sales {
    /// Waits for its turn at the numbers, within this process; other processes are met at the journal.
    pub async fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().await
    }
}

/// The next number of a series for a document of this day.
pub(super) async fn allot(
    bus: &CommandBus<Event>,
    unit: &mut UnitOfWork<'_, Event>,
    series: Series,
    pattern: NumberPattern,
    holder: Uuid,
    on: NaiveDate,
) -> Result<Option<DocumentNumber>, CommandError<NumberSeriesError>> {
    let id = bus.derived_id(&["number-series", series.as_str(), &on.year().to_string()]);
    let allot = NumberSeriesCommand::Allot {
        series,
        pattern,
        holder,
        on,
    };
    unit.run::<NumberSeries>(id, allot).await?;
    Ok(unit
        .standing::<NumberSeries>(id)
        .and_then(|series| series.given_to(holder).cloned()))
}
