//! Invoices for programs: the semantic model of EN 16931 with its French additions, once, and its two syntaxes.
//!
//! Terms are called by their numbers (BT: business term, BG: group). Rules are those of the standard (BR-…), of the French
//! schematrons (BR-FR-…, FNFE) and of the tax administration's external specifications (G…).

mod cii;
mod model;
mod ubl;
mod unit;
mod xml;

use domain::document::IssuedInvoice;

use crate::DocumentError;

/// The invoice as UN/CEFACT Cross Industry Invoice, profile EN 16931: what Factur-X carries.
pub fn invoice_cii(invoice: &IssuedInvoice) -> Result<String, DocumentError> {
    cii::written(&model::EInvoice::of(invoice)?)
}

/// The invoice as UBL 2.1: an `Invoice`, or a `CreditNote`.
pub fn invoice_ubl(invoice: &IssuedInvoice) -> Result<String, DocumentError> {
    ubl::written(&model::EInvoice::of(invoice)?)
}
