use domain::{Currency, document::DocumentNumber};

/// Why there is no paper and no file.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// The buyer's data was erased on request, and with it what the document said.
    #[error("the buyer of document {0} is erased: it cannot be written again")]
    BuyerErased(DocumentNumber),
    /// The amounts do not belong together: the document was put together wrongly.
    #[error("the amounts of document {number} do not add up: {what}")]
    Inconsistent { number: DocumentNumber, what: &'static str },
    /// EN 16931 lets category O stand only alone in an invoice (BR-O-11 to BR-O-14).
    #[error(
        "invoice {0} has supplies outside the scope of VAT beside others: EN 16931 has no such invoice, make two of it"
    )]
    OutOfScopeBesideOthers(DocumentNumber),
    /// The French rules ask for the tax in euros (BR-FR-CO-12), and the invoice knows no rate of exchange; or the
    /// currency has more than two decimals, which EN 16931 has no room for.
    #[error("invoice {number} in {currency} cannot be written as EN 16931 has it")]
    CurrencyNotInEn16931 { number: DocumentNumber, currency: Currency },
    /// Nobody reads it, and setting it would take all memory. Find out before a document is sent or issued.
    #[error("the document is too long to be set: more than {max} bytes of text")]
    TooLong { max: usize },
    /// The fonts that are compiled in cannot be read.
    #[error("the fonts of documents cannot be read")]
    Fonts,
    /// Typst refused the template or its data; nothing that a user writes should lead here.
    #[error("the document cannot be set: {0}")]
    Typesetting(String),
    #[error("the metadata of the document cannot be written")]
    Metadata(#[from] lopdf::Error),
    #[error("the metadata of the document cannot be written: {0}")]
    Xmp(&'static str),
    #[error("the document's data cannot be written as JSON")]
    Data(#[from] serde_json::Error),
    #[error("the file of the invoice cannot be written")]
    File(#[from] std::io::Error),
}
