use super::{Changes, quotes::content};
use crate::{InvoiceEvent, PaymentEvent};

pub(super) fn invoice(event: &InvoiceEvent) -> Changes {
    let changes = Changes::new();
    match event {
        InvoiceEvent::InvoiceDrafted {
            kind,
            organization,
            deal,
            source,
            deducts,
            content: written,
        } => content(
            changes
                .set("stage", "DRAFT")
                .set("kind", kind)
                .set("organization", organization)
                .set("deal", deal)
                .set("source", source)
                .set("deducts", deducts),
            written,
        ),
        InvoiceEvent::InvoiceContentChanged {
            content: written,
            deducts,
        } => content(changes.set("deducts", deducts), written),
        InvoiceEvent::InvoiceDiscarded {} => changes.set("stage", "DISCARDED"),
        InvoiceEvent::InvoiceIssued {
            invoice,
            organization,
            deal,
            source,
        } => content(
            changes
                .set("stage", "ISSUED")
                .set("kind", invoice.kind)
                .set("organization", organization)
                .set("deal", deal)
                .set("source", source)
                .set("number", &invoice.number.text)
                .set("issuedOn", invoice.issued_on)
                .set("seller", &invoice.seller)
                .set("buyer", &invoice.buyer)
                .set("breakdown", &invoice.breakdown)
                .set("deductions", &invoice.deductions)
                .set("corrects", &invoice.corrects)
                .set("quoteNumber", invoice.quote_number.as_ref().map(|number| &number.text))
                .set("schedule", &invoice.schedule)
                .set("lateInterestRate", invoice.late_interest_rate)
                .set("throughPlatform", invoice.through_platform),
            &invoice.content,
        ),
        InvoiceEvent::InvoiceDocumentsFiled { documents } => changes.set("documents", documents),
        InvoiceEvent::InvoiceSent { delivery, .. } => changes.add("deliveries", [delivery]),
        InvoiceEvent::InvoiceCredited { by, breakdown, .. } => {
            changes.set(format!("credits.{}", by.invoice), breakdown)
        }
        InvoiceEvent::DepositDeducted { by, .. } => changes.set("deductedBy", by),
        InvoiceEvent::DepositFreed { .. } => changes.clear("deductedBy"),
        InvoiceEvent::PaymentAllocated { payment, amount, .. } => {
            changes.add("payments", [(payment, "ALLOCATED", amount)])
        }
        InvoiceEvent::PaymentAllocationWithdrawn {
            payment, amount, on, ..
        } => changes.add("withdrawals", [(payment, amount, on)]),
        InvoiceEvent::EarlyPaymentDiscountGranted { breakdown, .. } => {
            changes.set("earlyPaymentDiscountGranted", breakdown)
        }
        InvoiceEvent::InvoiceWrittenOff { breakdown, on, reason } => changes
            .set("writtenOff", breakdown)
            .set("writtenOffOn", on)
            .set("writeOffReason", reason),
        InvoiceEvent::InvoiceWriteOffUndone { .. } => changes
            .clear("writtenOff")
            .clear("writtenOffOn")
            .clear("writeOffReason"),
        InvoiceEvent::ReminderPlanned { step, at } => changes.set("nextReminder", step).set("nextReminderAt", at),
        InvoiceEvent::ReminderUnplanned {} => changes.clear("nextReminder").clear("nextReminderAt"),
        InvoiceEvent::InvoiceReminded { step, on, .. } => changes.set(reminder(*step), on),
        InvoiceEvent::ReminderSkipped { step, cause } => changes.set(reminder(*step), cause),
        InvoiceEvent::InvoiceDisputed { reason } => changes.set("dispute", reason),
        InvoiceEvent::DisputeSettled {} => changes.clear("dispute"),
        InvoiceEvent::PaymentPromised { until } => changes.set("promisedUntil", until),
        InvoiceEvent::RemindersHeld { until, reason } => {
            changes.set("remindersHeld", reason).set("remindersHeldUntil", until)
        }
        InvoiceEvent::RemindersReleased {} => changes.clear("remindersHeld").clear("remindersHeldUntil"),
        InvoiceEvent::LateInterestClaimed {
            until,
            interest,
            indemnity,
            ..
        } => changes
            .set("interestClaimedUntil", until)
            .add("claims", [(until, interest, indemnity)]),
        InvoiceEvent::InvoiceSubmitted { platform, reference } => {
            changes.set("platform", platform).set("platformReference", reference)
        }
        InvoiceEvent::PlatformStatusReceived { status, .. } => changes.set("platformStatus", status),
        InvoiceEvent::CashingReported { payment, breakdown } => changes.set(format!("cashings.{payment}"), breakdown),
    }
}

pub(super) fn payment(event: &PaymentEvent) -> Changes {
    let changes = Changes::new();
    match event {
        PaymentEvent::PaymentReceived {
            organization,
            amount,
            method,
            value_date,
            reference,
        } => changes
            .set("organization", organization)
            .set("amount", amount)
            .set("method", method)
            .set("valueDate", value_date)
            .set("reference", reference),
        PaymentEvent::PaymentApplied { invoice, amount } => changes.add("applications", [(invoice, amount)]),
        PaymentEvent::PaymentUnapplied { invoice, amount } => changes.add("applications", [(invoice, -amount)]),
        PaymentEvent::PaymentRefunded { amount, method, on, .. } => changes.add("refunds", [(on, method, amount)]),
        PaymentEvent::PaymentReversed { reason, on } => changes.set("reversedOn", on).set("reversalReason", reason),
    }
}

fn reminder(step: crate::invoice::ReminderStep) -> String {
    format!("reminders.{}", step.as_str())
}
