//! A product: goods or a service that we sell, once or period by period.
//!
//! What a quote or an invoice says of a product is copied onto its line: a price that changes and a product that is
//! archived leave them as they were.

mod command;
mod decide;
mod error;
mod event;
mod state;
#[cfg(test)]
mod tests;

pub use command::{ProductChanges, ProductCommand};
pub use error::ProductError;
pub use event::{BillingPeriod, Description, Price, ProductEvent, Taxation};
pub use state::ProductState;

use crate::Root;

pub type Product = Root<ProductState>;
