//! The papers and files of the trade: quotes, invoices, letters and evidence as PDF/A-3, invoices as the two syntaxes of
//! EN 16931 and as Factur-X.
//!
//! What belongs here: how a document looks, what it has to say, and how the files that programs read say the same. What
//! does not: what a document comes to and when it may be issued (`domain`), where the bytes are kept (`blobs`), and who
//! may have them (`api`).
//!
//! Everything is a function of the value that is printed: no clock, no disk, no network, and the same value gives the
//! same bytes.

mod error;
mod evidence;
mod format;
pub mod logo;
mod look;
mod renderer;
mod sale;
mod text;
mod wording;

use std::collections::BTreeSet;

use domain::document::{IssuedInvoice, SentQuote};

pub use error::DocumentError;
pub use logo::{ImageKind, Logo, LogoError};
pub use look::Look;
pub use renderer::Renderer;

use crate::{
    renderer::VirtualFile,
    sale::{LOGO, Sale},
};

impl Renderer {
    /// A quote as it is sent.
    pub fn quote_pdf(&self, quote: &SentQuote, look: Look<'_>) -> Result<Vec<u8>, DocumentError> {
        let sale = Sale::quote(quote, &BTreeSet::new(), look)?;
        self.pdf(&format!("quote {} {}", quote.number, quote.version), &sale, files(look))
    }

    /// An invoice or credit note, without the file that programs read.
    pub fn invoice_pdf(&self, invoice: &IssuedInvoice, look: Look<'_>) -> Result<Vec<u8>, DocumentError> {
        let sale = Sale::invoice(invoice, look)?;
        self.pdf(&format!("invoice {}", invoice.number), &sale, files(look))
    }
}

fn files(look: Look<'_>) -> Vec<VirtualFile> {
    let logo = look.logo.map(|logo| VirtualFile {
        name: LOGO,
        bytes: logo.bytes().to_vec(),
    });
    logo.into_iter().collect()
}
