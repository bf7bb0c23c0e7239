//! What quotes and invoices are computed from: rates of VAT and when they hold, lines and totals, deposits and credits,
//! due dates and late interest. Pure arithmetic over whole minor units; nothing here is an aggregate.
//!
//! Top to bottom: [`rounding`] is the one way to round and to share; [`vat`] says what a line is taxed with, [`rates`]
//! which rates there were on a day, [`fiscal_position`] which of them a sale gets; [`line`] and [`totals`] price a
//! document; [`balance`] keeps what is left of one to deduct or to credit; [`terms`] and [`late_interest`] say when
//! money is due and what it costs afterwards.

pub mod balance;
pub mod fiscal_position;
pub mod late_interest;
pub mod line;
pub mod rates;
pub mod rounding;
pub mod terms;
pub mod totals;
pub mod vat;

pub use balance::{Balance, CreditError};
pub use fiscal_position::{FiscalPosition, Nature, SellerRegime};
pub use late_interest::{HalfYear, LateInterestError, LateInterestRates, late_interest};
pub use line::{Discount, LineAmount, PricedLine, Quantity, UnitPrice};
pub use rates::{AddedRate, RateClass, RateKey, Territory, VatRates};
pub use terms::{Instalment, PaymentTerms, TermsError};
pub use totals::{PriceBasis, Totals, totals};
pub use vat::{Percentage, VatBreakdown, VatCategory, VatReason, VatShare, VatTreatment};
