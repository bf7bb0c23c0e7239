use super::Changes;
use crate::{
    ContractEvent,
    contract::{ContractStatus, ContractTerms, LineChange},
};

pub(super) fn contract(event: &ContractEvent) -> Changes {
    let changes = Changes::new();
    match event {
        ContractEvent::ContractDrafted {
            number,
            organization,
            customer_kind,
            deal,
            quote,
            owner,
            segment,
            follows,
            terms: written,
        } => terms(
            changes
                .set("number", &number.text)
                .set("status", ContractStatus::Draft)
                .set("organization", organization)
                .set("customerKind", customer_kind)
                .set("deal", deal)
                .set("quote", quote)
                .set("owner", owner)
                .set("segment", segment)
                .set("follows", follows),
            written,
        ),
        ContractEvent::ContractTermsChanged { terms: written } => terms(changes, written),
        ContractEvent::ContractDiscarded {} => changes.set("status", ContractStatus::Discarded),
        ContractEvent::ContractSigned { signed_on, document } => changes
            .set("status", ContractStatus::Signed)
            .set("signedOn", signed_on)
            .set("document", document.map(|document| document.blob)),
        ContractEvent::ContractDocumentFiled { document } => changes.set("document", document.blob),
        ContractEvent::ContractActivated { .. } => changes.set("status", ContractStatus::Active),
        ContractEvent::ContractAmended { amendment } => {
            let changes = changes.set(format!("amendments.{}", amendment.number), amendment);
            let changes = amendment.lines.iter().fold(changes, |changes, change| match change {
                LineChange::Added(line) => changes.set(format!("lines.{}", line.id.0), line),
                LineChange::Quantity { line, quantity } => changes.set(format!("lines.{}.quantity", line.0), quantity),
                LineChange::Price { line, price } => changes.set(format!("lines.{}.price", line.0), price),
                LineChange::Ended { line } => {
                    changes.set(format!("lines.{}.endedFrom", line.0), amendment.effective_on)
                }
            });
            let changes = match amendment.end {
                Some(end) => changes.set("endsOn", end.ends_on),
                None => changes,
            };
            let changes = match amendment.renewal {
                Some(renewal) => changes.set("renewalPolicy", renewal),
                None => changes,
            };
            match amendment.notice {
                Some(notice) => changes.set("noticePeriod", notice),
                None => changes,
            }
        }
        ContractEvent::ContractIndexed { indexation } => {
            let prices = indexation.prices.iter();
            prices.fold(
                changes.set("indexedAsOf", indexation.effective_on),
                |changes, (line, price)| changes.set(format!("lines.{}.price", line.0), price),
            )
        }
        ContractEvent::ContractPaused { from, reason } => changes.set("pausedFrom", from).set("pauseReason", reason),
        ContractEvent::ContractResumed { on } => changes.clear("pausedFrom").set("resumedOn", on),
        ContractEvent::ContractNoticeGiven { notice } => {
            changes.set("status", ContractStatus::NoticeGiven).set("notice", notice)
        }
        ContractEvent::ContractNoticeWithdrawn {} => changes.clear("notice"),
        ContractEvent::ContractTerminated { last_day, reason } => changes
            .set("status", ContractStatus::Terminated)
            .set("lastDay", last_day)
            .set("terminationReason", reason),
        ContractEvent::ContractExpired { last_day } => {
            changes.set("status", ContractStatus::Expired).set("lastDay", last_day)
        }
        ContractEvent::ContractRenewed { renewal } => {
            changes.set("status", ContractStatus::Renewed).set("renewal", renewal)
        }
        ContractEvent::ContractAlertRaised { alert, .. } | ContractEvent::ContractAlertSkipped { alert, .. } => {
            changes.add("alerts", [alert])
        }
        ContractEvent::ContractConsumerNotified { sent_on, .. } => changes.set("consumerNotifiedOn", sent_on),
        ContractEvent::ContractPeriodsBilled { invoice, .. } => changes.add("invoices", [invoice]),
        ContractEvent::ContractBillingWithdrawn { invoice } => changes.remove("invoices", [invoice]),
        ContractEvent::ContractDisputed { reason } => changes.set("dispute", reason),
        ContractEvent::ContractDisputeSettled {} => changes.clear("dispute"),
        ContractEvent::ContractAssigned { owner } => changes.set("owner", owner),
        ContractEvent::ContractSegmentSet { segment, .. } => changes.set("segment", segment),
        ContractEvent::ContractTransferred {
            organization,
            customer_kind,
            ..
        } => changes
            .set("organization", organization)
            .set("customerKind", customer_kind),
    }
}

fn terms(changes: Changes, terms: &ContractTerms) -> Changes {
    let changes = changes
        .set("kind", terms.kind)
        .set("currency", terms.currency)
        .set("startsOn", terms.starts_on)
        .set("endsOn", terms.ends_on)
        .set("renewalPolicy", terms.renewal)
        .set("noticePeriod", terms.notice)
        .set("indexation", &terms.indexation)
        .set("billingStartsOn", terms.billing_starts_on);
    terms.lines.iter().fold(changes, |changes, line| {
        changes.set(format!("lines.{}", line.id.0), line)
    })
}
