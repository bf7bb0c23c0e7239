use domain::{
    Language, Money, NumberSeriesEvent, QuoteEvent, billing::VatBreakdown, document::Content, quote::AcceptanceMeans,
};

use super::{day, listed};

pub(super) fn number_series(event: &NumberSeriesEvent) -> String {
    let NumberSeriesEvent::NumberAllotted { number, holder, .. } = event;
    format!("{number} given to {holder}")
}

pub(super) fn quote(event: &QuoteEvent) -> String {
    match event {
        QuoteEvent::QuoteDrafted {
            number,
            copied_from,
            renews,
            content,
            ..
        } => {
            let copied = copied_from.map(|original| format!("a copy of {original}"));
            let renews = renews.map(|contract| format!("renews the contract {contract}"));
            listed(format!("drafted as {number}, {}", written(content)), [copied, renews])
        }
        QuoteEvent::QuoteContentChanged { content } => format!("now {}", written(content)),
        QuoteEvent::QuoteVersionStarted { version, .. } => format!("version {version} begun"),
        QuoteEvent::QuoteVersionDiscarded { version } => format!("version {version} thrown away"),
        QuoteEvent::QuoteApprovalRequested { version } => format!("approval of version {version} asked for"),
        QuoteEvent::QuoteApproved { version } => format!("version {version} approved"),
        QuoteEvent::QuoteApprovalRefused { version, reason } => format!("version {version} not approved: {reason}"),
        QuoteEvent::QuoteSent { sent, .. } => format!(
            "version {} sent, {}, valid until {}",
            sent.version,
            comes_to(&sent.breakdown, &sent.content),
            day(sent.valid_until)
        ),
        QuoteEvent::QuoteSuperseded { version } => format!("version {version} superseded"),
        QuoteEvent::QuoteDocumentFiled { version, document } => {
            format!("document of version {version}, SHA-256 {}", document.blob)
        }
        QuoteEvent::QuoteViewed { version } => format!("version {version} opened by the customer"),
        QuoteEvent::QuoteLinkRevoked { version, .. } => format!("link to version {version} closed"),
        QuoteEvent::QuoteLinkRenewed { version, .. } => format!("another link to version {version}"),
        QuoteEvent::QuoteExpiryReminded { version, .. } => {
            format!("customer reminded that version {version} expires")
        }
        QuoteEvent::QuoteExpired { version } => format!("version {version} expired"),
        QuoteEvent::QuoteExtended {
            version, valid_until, ..
        } => format!("version {version} valid until {}", day(*valid_until)),
        QuoteEvent::SigningCodeIssued { version, code, .. } => {
            format!("code {code} for signing version {version} sent")
        }
        QuoteEvent::SigningCodeRejected { version, attempt, .. } => {
            format!("wrong code for version {version}, attempt {attempt}")
        }
        QuoteEvent::QuoteAccepted {
            version,
            breakdown,
            means,
            ..
        } => {
            let how = match means {
                AcceptanceMeans::ElectronicSignature => "signed",
                AcceptanceMeans::Reported => "reported",
                AcceptanceMeans::SignatureProvider => "signed at a provider",
            };
            format!(
                "version {version} accepted ({how}), net {} in minor units",
                breakdown.net()
            )
        }
        QuoteEvent::QuoteSignatureFiled { version, document, .. } => {
            format!("signed document of version {version}, SHA-256 {}", document.blob)
        }
        QuoteEvent::QuoteEnvelopeSent {
            version,
            provider,
            reference,
        } => format!("version {version} to be signed at {provider}, envelope {reference}"),
        QuoteEvent::QuoteEnvelopeClosed {
            version,
            reference,
            outcome,
        } => format!(
            "envelope {reference} of version {version}: {}",
            outcome.as_str().to_lowercase()
        ),
        QuoteEvent::QuoteRefused { version, reason } => {
            let reason = reason.as_deref().map_or(String::new(), |reason| format!(": {reason}"));
            format!("version {version} refused{reason}")
        }
        QuoteEvent::QuoteCancelled { reason } => format!("cancelled: {reason}"),
        QuoteEvent::QuoteLinkedToDeal { deal } => format!("belongs to deal {deal}"),
    }
}

fn written(content: &Content) -> String {
    let lines = content.lines().count();
    let totals = content.totals(&std::collections::BTreeSet::new());
    let total = totals.map_or_else(|_| "?".to_owned(), |totals| comes_to(&totals.breakdown, content));
    format!("{lines} lines, {total}")
}

fn comes_to(breakdown: &VatBreakdown, content: &Content) -> String {
    let money = |units| Money::new(units, content.currency).written(Language::English);
    format!("net {}, with tax {}", money(breakdown.net()), money(breakdown.gross()))
}
