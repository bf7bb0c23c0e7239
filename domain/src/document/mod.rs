//! What quotes and invoices have in common: who sells to whom, the rows and their tax, what is written around them,
//! and the number. Values only; [`crate::quote`] and [`crate::invoice`] are the aggregates.

mod content;
mod issued;
mod number;
mod parties;

pub use content::{Content, DocumentLine, Layout, LineId, Period, Row, Taxed, WishedContent, WishedLine, WishedRow};
pub use issued::{Deduction, DocumentReference, FiledDocument, InvoiceKind, IssuedInvoice, OperationNature, SentQuote};
pub use number::{DocumentNumber, NumberPattern, Series};
pub use parties::{Buyer, Seller};
