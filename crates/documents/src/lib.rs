//! The papers and files of the trade: quotes, invoices, letters and evidence as PDF/A-3, invoices as the two syntaxes of
//! EN 16931 and as Factur-X.
//!
//! What belongs here: how a document looks, what it has to say, and how the files that programs read say the same. What
//! does not: what a document comes to and when it may be issued (`domain`), where the bytes are kept (`blobs`), and who
//! may have them (`api`).
//!
//! Everything is a function of the value that is printed: no clock, no disk, no network, and the same value gives the
//! same bytes.

mod agreement;
mod einvoice;
mod error;
mod evidence;
mod factur_x;
mod format;
mod letter;
pub mod logo;
mod look;
mod renderer;
mod sale;
mod text;
mod wording;

use std::collections::BTreeSet;

use domain::document::{IssuedInvoice, LineId, SentQuote};

pub use agreement::Agreement;
pub use einvoice::{invoice_cii, invoice_ubl};
pub use error::DocumentError;
pub use evidence::Evidence;
pub use letter::{FormalNotice, InterestOnInvoice, LateInterestStatement, OverdueInvoice};
pub use logo::{ImageKind, Logo, LogoError};
pub use look::Look;
pub use renderer::Renderer;

use crate::{
    agreement::AgreementPaper,
    evidence::{EvidencePage, SIGNATURE},
    letter::Letter,
    renderer::VirtualFile,
    sale::{Attachment, LOGO, Sale},
};

impl Renderer {
    /// A quote as it is sent: its options are marked and not counted.
    pub fn quote_pdf(&self, quote: &SentQuote, look: Look<'_>) -> Result<Vec<u8>, DocumentError> {
        let sale = Sale::quote(quote, &BTreeSet::new(), look)?;
        self.pdf(&quote_name(quote), &sale, files(look))
    }

    /// A quote as it was signed: with the options that were taken, and the evidence on pages of its own.
    pub fn signed_quote_pdf(
        &self,
        quote: &SentQuote,
        chosen: &BTreeSet<LineId>,
        evidence: &Evidence,
        look: Look<'_>,
    ) -> Result<Vec<u8>, DocumentError> {
        let page = EvidencePage::of(quote.content.language, &quote.number, evidence);
        let sale = Sale::quote(quote, chosen, look)?.with_evidence(page);
        let mut files = files(look);
        files.extend(evidence.drawing.as_ref().map(|drawing| image(SIGNATURE, drawing)));
        self.pdf(&format!("{} signed", quote_name(quote)), &sale, files)
    }

    /// An invoice or credit note, without the file that programs read: what is shown before it is issued, and what there
    /// is of an invoice that EN 16931 has no form for.
    pub fn invoice_pdf(&self, invoice: &IssuedInvoice, look: Look<'_>) -> Result<Vec<u8>, DocumentError> {
        let sale = Sale::invoice(invoice, look)?;
        self.pdf(&format!("invoice {}", invoice.number), &sale, files(look))
    }

    /// An invoice or credit note as Factur-X, profile EN 16931: [`Renderer::invoice_pdf`] with [`invoice_cii`] inside.
    pub fn factur_x(&self, invoice: &IssuedInvoice, look: Look<'_>) -> Result<Vec<u8>, DocumentError> {
        let sale = Sale::invoice(invoice, look)?.with_attachment(Attachment {
            name: factur_x::FILE,
            mime: "text/xml",
            description: "Factur-X",
        });
        let mut files = files(look);
        files.push(VirtualFile {
            name: factur_x::FILE,
            bytes: invoice_cii(invoice)?.into_bytes(),
        });
        let pdf = self.pdf(&format!("invoice {}", invoice.number), &sale, files)?;
        factur_x::declared(&pdf)
    }

    /// A contract or an amendment, as both sign it.
    pub fn agreement_pdf(&self, agreement: &Agreement, look: Look<'_>) -> Result<Vec<u8>, DocumentError> {
        let paper = AgreementPaper::of(agreement, look);
        self.pdf(&agreement.name(), &paper, files(look))
    }

    /// The letter before the courts.
    pub fn formal_notice_pdf(&self, notice: &FormalNotice, look: Look<'_>) -> Result<Vec<u8>, DocumentError> {
        let letter = Letter::formal_notice(notice, look);
        self.pdf(&format!("formal notice {}", notice.reference), &letter, files(look))
    }

    /// What being late costs, on a paper of its own.
    pub fn late_interest_pdf(
        &self,
        statement: &LateInterestStatement,
        look: Look<'_>,
    ) -> Result<Vec<u8>, DocumentError> {
        let letter = Letter::late_interest(statement, look);
        self.pdf(&format!("late interest {}", statement.reference), &letter, files(look))
    }
}

fn quote_name(quote: &SentQuote) -> String {
    format!("quote {} {}", quote.number, quote.version)
}

fn files(look: Look<'_>) -> Vec<VirtualFile> {
    look.logo.map(|logo| image(LOGO, logo)).into_iter().collect()
}

fn image(name: &'static str, image: &Logo) -> VirtualFile {
    VirtualFile {
        name,
        bytes: image.bytes().to_vec(),
    }
}
