use super::Changes;
use crate::{NumberSeriesEvent, QuoteEvent, document::Content, quote::QuoteStatus};

pub(super) fn number_series(event: &NumberSeriesEvent) -> Changes {
    let NumberSeriesEvent::NumberAllotted { number, .. } = event;
    Changes::new().set("last", &number.text)
}

pub(super) fn quote(event: &QuoteEvent) -> Changes {
    let changes = Changes::new();
    match event {
        QuoteEvent::QuoteDrafted {
            number,
            organization,
            deal,
            renews,
            content: written,
            ..
        } => content(
            changes
                .set("number", &number.text)
                .set("status", QuoteStatus::Draft)
                .set("organization", organization)
                .set("deal", deal)
                .set("renews", renews),
            written,
        ),
        QuoteEvent::QuoteContentChanged { content: written } => content(changes, written),
        QuoteEvent::QuoteVersionStarted {
            version,
            content: written,
        } => content(changes.set("draftVersion", version), written),
        QuoteEvent::QuoteVersionDiscarded { .. } => changes.set("draftVersion", None::<u16>),
        QuoteEvent::QuoteApprovalRequested { .. } => changes.set("approval", "REQUESTED"),
        QuoteEvent::QuoteApproved { .. } => changes.set("approval", "GIVEN"),
        QuoteEvent::QuoteApprovalRefused { reason, .. } => {
            changes.set("approval", "REFUSED").set("approvalReason", reason)
        }
        QuoteEvent::QuoteSent { sent, .. } => changes
            .set("version", sent.version)
            .set("status", QuoteStatus::Sent)
            .set("sentOn", sent.sent_on)
            .set("validUntil", sent.valid_until)
            .set("seller", &sent.seller)
            .set("buyer", &sent.buyer)
            .set("breakdown", &sent.breakdown),
        QuoteEvent::QuoteSuperseded { version } => {
            changes.set(format!("versions.{version}.status"), QuoteStatus::Superseded)
        }
        QuoteEvent::QuoteDocumentFiled { version, document } => {
            changes.set(format!("versions.{version}.document"), document.blob)
        }
        QuoteEvent::QuoteViewed { .. } => changes.set("status", QuoteStatus::Viewed),
        QuoteEvent::QuoteLinkRevoked { version, .. } => changes.set(format!("versions.{version}.link"), None::<u16>),
        QuoteEvent::QuoteLinkRenewed { version, link } => changes.set(format!("versions.{version}.link"), link),
        QuoteEvent::QuoteExpiryReminded { version, .. } => changes.set(format!("versions.{version}.reminded"), true),
        QuoteEvent::QuoteExpired { .. } => changes.set("status", QuoteStatus::Expired),
        QuoteEvent::QuoteExtended { valid_until, .. } => changes.set("validUntil", valid_until),
        QuoteEvent::SigningCodeIssued { version, code, .. } => changes.set(format!("versions.{version}.codes"), code),
        QuoteEvent::SigningCodeRejected { version, attempt, .. } => {
            changes.set(format!("versions.{version}.wrongCodes"), attempt)
        }
        QuoteEvent::QuoteAccepted {
            version,
            chosen,
            breakdown,
            means,
            signature,
        } => changes
            .set("status", QuoteStatus::Accepted)
            .set("acceptedVersion", version)
            .set("chosen", chosen)
            .set("breakdown", breakdown)
            .set("acceptanceMeans", means)
            .set("signature", signature),
        QuoteEvent::QuoteSignatureFiled {
            version,
            document,
            evidence,
            timestamp,
        } => changes
            .set(format!("versions.{version}.signedDocument"), document.blob)
            .set(format!("versions.{version}.evidence"), evidence.blob)
            .set(format!("versions.{version}.timestamp"), timestamp),
        QuoteEvent::QuoteEnvelopeSent { version, reference, .. } => {
            changes.set(format!("versions.{version}.envelope"), reference)
        }
        QuoteEvent::QuoteEnvelopeClosed { version, outcome, .. } => {
            changes.set(format!("versions.{version}.envelopeOutcome"), outcome)
        }
        QuoteEvent::QuoteRefused { reason, .. } => {
            changes.set("status", QuoteStatus::Refused).set("refusalReason", reason)
        }
        QuoteEvent::QuoteCancelled { reason } => changes
            .set("status", QuoteStatus::Cancelled)
            .set("cancellationReason", reason),
        QuoteEvent::QuoteLinkedToDeal { deal } => changes.set("deal", deal),
    }
}

/// What a document says, field by field.
pub(super) fn content(changes: Changes, content: &Content) -> Changes {
    changes
        .set("subject", &content.subject)
        .set("rows", &content.rows)
        .set("priceBasis", content.price_basis)
        .set("discount", content.discount)
        .set("currency", content.currency)
        .set("paymentTerms", &content.payment_terms)
        .set("earlyPaymentDiscount", content.early_payment_discount)
        .set("notes", &content.notes)
        .set("conditions", &content.conditions)
        .set("purchaseOrder", &content.purchase_order)
        .set("period", content.period)
        .set("language", content.language)
        .set("layout", content.layout)
}
