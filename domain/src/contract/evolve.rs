//! What a contract makes of what happened.

use super::{
    Amendment, ContractEvent, ContractState, LineChange, calendar,
    state::{Billed, Drafted, Ended, LineState, Parties, Pause, Signed, blob},
    timeline::{Cause, Why},
};

impl ContractState {
    pub(super) fn remember(&mut self, event: &ContractEvent) {
        self.events = self.events.saturating_add(1);
        let cause = |why| Cause {
            event: self.events,
            why,
        };
        if let ContractEvent::ContractDrafted {
            number,
            organization,
            customer_kind,
            deal,
            quote,
            owner,
            segment,
            follows,
            terms,
        } = event
        {
            let parties = Parties {
                number: number.clone(),
                organization: *organization,
                customer_kind: *customer_kind,
                deal: *deal,
                quote: *quote,
                owner: *owner,
                segment: segment.clone(),
                follows: follows.clone(),
            };
            self.drafted = Some(Box::new(Drafted::new(terms, cause(Why::Agreed), parties)));
            return;
        }
        if let Some(drafted) = &mut self.drafted {
            drafted.take(event, cause);
        }
    }
}

impl Drafted {
    fn take(&mut self, event: &ContractEvent, cause: impl Fn(Why) -> Cause) {
        match event {
            ContractEvent::ContractDrafted { .. } => {}
            ContractEvent::ContractTermsChanged { terms } => self.write(terms, cause(Why::Agreed)),
            ContractEvent::ContractDiscarded {} => self.discarded = true,
            ContractEvent::ContractSigned { signed_on, document } => {
                self.signed = Some(Signed {
                    on: *signed_on,
                    document: blob(document.as_ref()),
                });
            }
            ContractEvent::ContractDocumentFiled { document } => {
                if let Some(signed) = &mut self.signed {
                    signed.document = Some(document.blob);
                }
            }
            ContractEvent::ContractActivated { .. } => self.activated = true,
            ContractEvent::ContractAmended { amendment } => self.amend(amendment, cause(Why::Amendment)),
            ContractEvent::ContractIndexed { indexation } => {
                self.index = Some((indexation.to, Some(indexation.effective_on)));
                for (id, price) in &indexation.prices {
                    if let Some(line) = self.line_mut(*id) {
                        line.prices.set(indexation.effective_on, *price, cause(Why::Indexation));
                    }
                }
            }
            ContractEvent::ContractPaused { from, .. } => self.pauses.push(Pause {
                from: *from,
                cause: cause(Why::Pause),
                until: None,
            }),
            ContractEvent::ContractResumed { on } => {
                if let Some(pause) = self.pauses.last_mut() {
                    pause.until = Some((*on, cause(Why::Resumption)));
                }
            }
            ContractEvent::ContractNoticeGiven { notice } => {
                self.notice = Some((notice.clone(), cause(Why::Termination)));
            }
            ContractEvent::ContractNoticeWithdrawn {} => self.notice = None,
            ContractEvent::ContractTerminated { .. } => self.ended = Some(Ended::Terminated),
            ContractEvent::ContractExpired { .. } => self.ended = Some(Ended::Expired),
            ContractEvent::ContractRenewed { renewal } => self.renewed = Some((renewal.clone(), cause(Why::End))),
            ContractEvent::ContractAlertRaised { alert, .. } | ContractEvent::ContractAlertSkipped { alert, .. } => {
                self.alerts.insert(*alert);
            }
            ContractEvent::ContractConsumerNotified { deadline, .. } => {
                self.notified.insert(*deadline);
            }
            ContractEvent::ContractPeriodsBilled {
                invoice,
                on,
                nature,
                of,
                periods,
            } => self.billed.push(Billed {
                invoice: *invoice,
                on: *on,
                nature: *nature,
                of: *of,
                periods: periods.clone(),
            }),
            ContractEvent::ContractBillingWithdrawn { invoice } => {
                self.billed.retain(|billed| billed.invoice != *invoice);
            }
            ContractEvent::ContractDisputed { reason } => self.dispute = Some(reason.clone()),
            ContractEvent::ContractDisputeSettled {} => self.dispute = None,
            ContractEvent::ContractAssigned { owner } => self.owner = *owner,
            ContractEvent::ContractSegmentSet { segment, effective_on } => {
                self.segments.set(*effective_on, segment.clone(), cause(Why::Segment));
            }
            ContractEvent::ContractTransferred {
                organization,
                customer_kind,
                effective_on,
            } => {
                self.organizations
                    .set(*effective_on, *organization, cause(Why::Assignment));
                self.customer_kind = *customer_kind;
            }
        }
    }

    pub(super) fn amend(&mut self, amendment: &Amendment, cause: Cause) {
        self.amendments = amendment.number;
        let from = amendment.effective_on;
        for change in &amendment.lines {
            match change {
                LineChange::Added(line) => {
                    self.next_line.0 = self.next_line.0.max(line.id.0.saturating_add(1));
                    self.lines.push(LineState::new(line, cause));
                }
                LineChange::Quantity { line, quantity } => {
                    if let Some(line) = self.line_mut(*line) {
                        line.quantities.set(from, *quantity, cause);
                    }
                }
                LineChange::Price { line, price } => {
                    if let Some(line) = self.line_mut(*line) {
                        line.prices.set(from, *price, cause);
                    }
                }
                LineChange::Ended { line } => {
                    if let Some(line) = self.line_mut(*line) {
                        line.ended = Some((calendar::days_before(from, 1), cause));
                    }
                }
            }
        }
        if let Some(end) = amendment.end {
            self.ends_on = end.ends_on;
            self.end_cause = Cause { why: Why::End, ..cause };
        }
        if let Some(renewal) = amendment.renewal {
            self.renewal = renewal;
        }
        if let Some(notice) = amendment.notice {
            self.notice_period = notice;
        }
    }

    fn line_mut(&mut self, id: crate::document::LineId) -> Option<&mut LineState> {
        self.lines.iter_mut().find(|line| line.line.id == id)
    }
}
