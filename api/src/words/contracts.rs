use domain::{
    ContractEvent,
    contract::{Amendment, BillingNature, ContractTerms, LineChange},
};

use super::{day, listed};

pub(super) fn contract(event: &ContractEvent) -> String {
    match event {
        ContractEvent::ContractDrafted {
            number, follows, terms, ..
        } => {
            let follows = follows.as_ref().map(|follows| format!("follows {}", follows.number));
            listed(format!("drafted as {number}, {}", written(terms)), [follows])
        }
        ContractEvent::ContractTermsChanged { terms } => format!("now {}", written(terms)),
        ContractEvent::ContractDiscarded {} => "draft thrown away".to_owned(),
        ContractEvent::ContractSigned { signed_on, document } => match document {
            Some(document) => format!("signed on {}, SHA-256 {}", day(*signed_on), document.blob),
            None => format!("binds since {}", day(*signed_on)),
        },
        ContractEvent::ContractDocumentFiled { document } => format!("signed paper, SHA-256 {}", document.blob),
        ContractEvent::ContractActivated { on } => format!("runs since {}", day(*on)),
        ContractEvent::ContractAmended { amendment } => amended(amendment),
        ContractEvent::ContractIndexed { indexation } => format!(
            "prices times {} from {}: {} went from {} to {}",
            indexation.coefficient,
            day(indexation.effective_on),
            indexation.index,
            indexation.from.value,
            indexation.to.value
        ),
        ContractEvent::ContractPaused { from, reason } => {
            listed(format!("paused from {}", day(*from)), [reason.clone()])
        }
        ContractEvent::ContractResumed { on } => format!("goes on from {}", day(*on)),
        ContractEvent::ContractNoticeGiven { notice } => listed(
            format!(
                "ends on {}: {} by the {}, {}",
                day(notice.last_day),
                notice.ground.as_str(),
                notice.by.as_str().to_lowercase(),
                notice.reason.as_str()
            ),
            [notice.note.clone()],
        ),
        ContractEvent::ContractNoticeWithdrawn {} => "does not end after all".to_owned(),
        ContractEvent::ContractTerminated { last_day, reason } => {
            format!("ended on {}, {}", day(*last_day), reason.as_str())
        }
        ContractEvent::ContractExpired { last_day } => format!("expired on {}", day(*last_day)),
        ContractEvent::ContractRenewed { renewal } => listed(
            format!("renewed by {} from {}", renewal.number, day(renewal.starts_on)),
            [
                renewal.disputed.then(|| "disputed".to_owned()),
                renewal.uninformed.then(|| "the customer was not told".to_owned()),
                renewal.indexation_pending.then(|| "prices to be revised".to_owned()),
            ],
        ),
        ContractEvent::ContractAlertRaised { alert, .. } => {
            format!(
                "alert {} days before {} of {}",
                alert.days,
                alert.before.as_str(),
                day(alert.date)
            )
        }
        ContractEvent::ContractAlertSkipped { alert, cause } => format!(
            "no alert {} days before {} of {}: {}",
            alert.days,
            alert.before.as_str(),
            day(alert.date),
            cause.as_str()
        ),
        ContractEvent::ContractConsumerNotified { deadline, sent_on, .. } => format!(
            "told on {} that the renewal can be refused until {}",
            day(*sent_on),
            day(*deadline)
        ),
        ContractEvent::ContractPeriodsBilled {
            invoice,
            nature,
            of,
            periods,
            ..
        } => {
            let what = match nature {
                BillingNature::Charge => "billed",
                BillingNature::Credit => "taken back",
            };
            let from = of.map(|of| format!("from {of}"));
            listed(format!("{} periods {what} by {invoice}", periods.len()), [from])
        }
        ContractEvent::ContractBillingWithdrawn { invoice } => format!("{invoice} bills nothing of it any more"),
        ContractEvent::ContractDisputed { reason } => format!("disputed: {reason}"),
        ContractEvent::ContractDisputeSettled {} => "dispute settled".to_owned(),
        ContractEvent::ContractAssigned { owner: Some(owner) } => format!("given to {owner}"),
        ContractEvent::ContractAssigned { owner: None } => "given to nobody".to_owned(),
        ContractEvent::ContractSegmentSet { segment, effective_on } => format!(
            "segment {} from {}",
            segment.as_deref().unwrap_or("none"),
            day(*effective_on)
        ),
        ContractEvent::ContractTransferred {
            organization,
            effective_on,
            ..
        } => format!("taken over by {organization} from {}", day(*effective_on)),
    }
}

fn written(terms: &ContractTerms) -> String {
    let until = terms.ends_on.map(|end| format!("until {}", day(end)));
    listed(
        format!(
            "{} lines in {} from {}",
            terms.lines.len(),
            terms.currency,
            day(terms.starts_on)
        ),
        [until],
    )
}

fn amended(amendment: &Amendment) -> String {
    let added = amendment
        .lines
        .iter()
        .filter(|change| matches!(change, LineChange::Added(_)));
    let (added, changed) = (added.count(), amendment.lines.len());
    listed(
        format!("amendment {} from {}", amendment.number, day(amendment.effective_on)),
        [
            (added > 0).then(|| format!("{added} new lines")),
            (changed > added).then(|| format!("{} lines changed", changed - added)),
            amendment.end.map(|end| match end.ends_on {
                Some(end) => format!("ends on {}", day(end)),
                None => "without an end".to_owned(),
            }),
        ],
    )
}
