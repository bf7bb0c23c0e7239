//! Recurrence: a subset of the rules of RFC 5545 as a value, and the dates that a rule leads to.
//!
//! Rules speak of calendar dates only; the hour is added afterwards in a time zone ([`crate::local`]), so that a task at
//! nine is at nine on both sides of a change of clocks. In one thing we differ from the RFC on purpose: a rule that does
//! not name days takes the day of its start, and where a month is too short for it, the month's last day (RFC 7529 calls
//! that `SKIP=BACKWARD`). The 31st of January is followed by the 28th of February and then by the 31st of March: never
//! by a date in the wrong month, never by a day that has drifted. Days that a rule does name (`BYMONTHDAY=31`) mean what
//! the RFC says: months without them are left out; `BYMONTHDAY=-1` is the last day of each.

mod dates;
mod parse;
mod rule;
#[cfg(test)]
mod tests;

pub use dates::Dates;
pub use parse::RuleProblem;
pub use rule::{DayOfWeek, End, Frequency, Rule};
