//! Recurring revenue as movements: what changed, of whom, since when, and by which event.
//!
//! Nothing here is an aggregate. [`Portfolio`] takes the events of contracts in, and of customers whose records become one;
//! [`Portfolio::book`] makes a [`Book`] of them, as of any moment and by any [`RevenueSettings`]. A view and a what-if call
//! the same: a what-if is a copy of the portfolio that hypothetical events go into.
//!
//! Top to bottom: [`fx`] and [`settings`] say in which currency and by which definitions, [`movement`] what a change is
//! called, [`portfolio`] keeps what happened; [`known`] reads off it the steps of every line by either time, [`sweep`] names
//! them; [`book`] adds up, [`measures`] and [`cohorts`] are read off a book, [`terms`] off the contracts, and
//! [`restatement`] compares what is known with what was.
//!
//! For any two days and any selection, what there is on the second is what there was on the first and everything that moved
//! in between. Amounts are kept to ten decimals and rounded for people only.

pub mod book;
pub mod cohorts;
pub mod fx;
mod known;
pub mod measures;
pub mod movement;
pub mod portfolio;
pub mod restatement;
pub mod settings;
mod sweep;
pub mod terms;
#[cfg(test)]
mod tests;

pub use book::{Bar, Book, Month, Period, ShownWaterfall, Waterfall, shown};
pub use cohorts::{Cohort, CohortMonth};
pub use fx::FxTable;
pub use measures::{LifetimeValueFormula, LogoChurnFormula, LostByReason, Measured, Undefined};
pub use movement::{Movement, MovementKind, Recording, Selection};
pub use portfolio::{BookRequest, Happened, Portfolio};
pub use restatement::Restatement;
pub use settings::{Basis, FxPolicy, PausePolicy, Reporting, RevenueError, RevenueSettings};
pub use terms::{CHURN_TARGET, EndingTerm, HorizonAssumption, RENEWAL_TARGET, RenewalRate, TermOutcome};
