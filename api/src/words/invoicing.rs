use domain::{
    InvoiceEvent, PaymentEvent,
    billing::VatBreakdown,
    document::{Content, IssuedInvoice},
    invoice::Withdrawal,
};

use super::{day, listed, minute};

pub(super) fn invoice(event: &InvoiceEvent) -> String {
    match event {
        InvoiceEvent::InvoiceDrafted {
            kind, content, deducts, ..
        } => {
            let deducts = (!deducts.is_empty()).then(|| format!("less {} before it", deducts.len()));
            listed(format!("{} drafted, {}", kind.as_str(), written(content)), [deducts])
        }
        InvoiceEvent::InvoiceContentChanged { content, .. } => format!("now {}", written(content)),
        InvoiceEvent::InvoiceDiscarded {} => "draft thrown away".to_owned(),
        InvoiceEvent::InvoiceIssued { invoice, .. } => issued(invoice),
        InvoiceEvent::InvoiceDocumentsFiled { documents } => format!(
            "documents filed, SHA-256 {} (Factur-X), {} (CII), {} (UBL)",
            documents.factur_x.blob, documents.cii.blob, documents.ubl.blob
        ),
        InvoiceEvent::InvoiceSent { delivery, copy } => {
            let what = if *copy { "a copy sent" } else { "sent" };
            format!("{what}, delivery {delivery}")
        }
        InvoiceEvent::InvoiceCredited { by, breakdown, .. } => {
            format!("lowered by {} by credit note {}", amount(breakdown.gross()), by.number)
        }
        InvoiceEvent::DepositDeducted { by, breakdown } => {
            format!("{} taken off by final invoice {by}", amount(breakdown.gross()))
        }
        InvoiceEvent::DepositFreed { by } => format!("no longer taken off by final invoice {by}"),
        InvoiceEvent::PaymentAllocated {
            payment,
            amount: units,
            value_date,
            ..
        } => format!("{} of payment {payment}, of {}", amount(*units), day(*value_date)),
        InvoiceEvent::PaymentAllocationWithdrawn {
            payment,
            amount: units,
            cause,
            ..
        } => {
            let why = match cause {
                Withdrawal::Reversed => "it went back",
                Withdrawal::Corrected => "by mistake",
                Withdrawal::Credited => "credited",
            };
            format!("{} of payment {payment} taken off: {why}", amount(*units))
        }
        InvoiceEvent::EarlyPaymentDiscountGranted { breakdown, .. } => {
            format!("{} off for early payment", amount(breakdown.gross()))
        }
        InvoiceEvent::InvoiceWrittenOff { breakdown, reason, .. } => {
            format!("{} written off: {reason}", amount(breakdown.gross()))
        }
        InvoiceEvent::InvoiceWriteOffUndone { reason, .. } => format!("expected again: {reason}"),
        InvoiceEvent::ReminderPlanned { step, at } => format!("reminder {} planned for {}", step.as_str(), minute(*at)),
        InvoiceEvent::ReminderUnplanned {} => "no reminder planned".to_owned(),
        InvoiceEvent::InvoiceReminded { step, on, .. } => format!("reminded on {}: {}", day(*on), step.as_str()),
        InvoiceEvent::ReminderSkipped { step, cause } => {
            format!("reminder {} not given: {}", step.as_str(), cause.as_str())
        }
        InvoiceEvent::InvoiceDisputed { reason } => format!("disputed: {reason}"),
        InvoiceEvent::DisputeSettled {} => "dispute settled".to_owned(),
        InvoiceEvent::PaymentPromised { until } => format!("payment promised by {}", day(*until)),
        InvoiceEvent::RemindersHeld { until, reason } => {
            let until = until.map(|until| format!("until {}", day(until)));
            listed(format!("no reminders: {reason}"), [until])
        }
        InvoiceEvent::RemindersReleased {} => "reminders released".to_owned(),
        InvoiceEvent::LateInterestClaimed {
            until,
            interest,
            indemnity,
            ..
        } => format!(
            "late interest until {} claimed, {}, indemnity {}",
            day(*until),
            amount(*interest),
            amount(*indemnity)
        ),
        InvoiceEvent::InvoiceSubmitted { platform, reference } => format!("handed to {platform} as {reference}"),
        InvoiceEvent::PlatformStatusReceived { status, at, reason } => {
            let reason = reason.clone();
            listed(
                format!("{} at the platform, {}", status.as_str(), minute(*at)),
                [reason],
            )
        }
        InvoiceEvent::CashingReported { payment, breakdown } => {
            format!("platform told of {} of payment {payment}", amount(breakdown.gross()))
        }
    }
}

fn issued(invoice: &IssuedInvoice) -> String {
    let currency = invoice.content.currency;
    let money = |units| domain::Money::new(units, currency).to_string();
    let kind = invoice.kind.as_str();
    let corrects = invoice
        .corrects
        .as_ref()
        .map(|corrects| format!("on {}", corrects.number));
    let due = invoice.due_on().map(|due| format!("due {}", day(due)));
    let head = format!(
        "{kind} issued as {} of {}, {}",
        invoice.number,
        day(invoice.issued_on),
        money(invoice.breakdown.gross())
    );
    listed(head, [corrects, due])
}

pub(super) fn payment(event: &PaymentEvent) -> String {
    match event {
        PaymentEvent::PaymentReceived {
            amount,
            method,
            value_date,
            reference,
            ..
        } => {
            let head = format!("{amount} by {}, of {}", method.as_str(), day(*value_date));
            listed(head, [reference.clone()])
        }
        PaymentEvent::PaymentApplied { invoice, amount: units } => {
            format!("{} put on invoice {invoice}", amount(*units))
        }
        PaymentEvent::PaymentUnapplied { invoice, amount: units } => {
            format!("{} taken off invoice {invoice}", amount(*units))
        }
        PaymentEvent::PaymentRefunded {
            amount: units,
            method,
            on,
            reference,
        } => {
            let head = format!("{} given back by {}, on {}", amount(*units), method.as_str(), day(*on));
            listed(head, [reference.clone()])
        }
        PaymentEvent::PaymentReversed { reason, on } => format!("went back on {}: {reason}", day(*on)),
    }
}

/// Events of money do not say their currency: that of the document.
fn amount(minor_units: i64) -> String {
    rust_decimal::Decimal::new(minor_units, 2).to_string()
}

fn written(content: &Content) -> String {
    let lines = content.lines().count();
    let totals = content.totals(&std::collections::BTreeSet::new());
    let breakdown: VatBreakdown = totals.map(|totals| totals.breakdown).unwrap_or_default();
    let gross = domain::Money::new(breakdown.gross(), content.currency);
    listed(format!("{lines} lines, {gross}"), [content.subject.clone()])
}
