use chrono::NaiveDate;

use super::{
    Amend, Amendment, ContractCommand, ContractError, ContractEvent, ContractLine, ContractState, DraftContract,
    Follows, IndexValue, Indexation, LineChange, LinePrice, NewEnd, RenewalKind, RenewalPolicy, WishedLineChange,
    WishedTerms, calendar, indexation,
    state::Drafted,
    terms::{self, Numbering, Term},
};
use crate::{
    Change, Decider, InvalidValue, OrganizationId,
    billing::Quantity,
    document::{FiledDocument, LineId},
    organization::OrganizationKind,
    value::{self, LABEL_MAX, Problem},
};

pub(super) type Decision = Result<Vec<ContractEvent>, ContractError>;

impl Decider for ContractState {
    const TYPE: &'static str = "contract";

    type Command = ContractCommand;
    type Event = ContractEvent;
    type Error = ContractError;

    fn decide(&self, command: ContractCommand) -> Decision {
        match (command, &self.drafted) {
            (ContractCommand::Draft(_) | ContractCommand::BeginRenewal { .. }, Some(_)) => {
                Err(ContractError::AlreadyDrafted)
            }
            (ContractCommand::Draft(draft), None) => drafted(*draft),
            (ContractCommand::BeginRenewal { plan, number }, None) => plan.begin(number),
            (_, None) => Err(ContractError::NotDrafted),
            (command, Some(drafted)) => drafted.decide(command),
        }
    }

    fn evolve(&mut self, event: &ContractEvent) {
        self.remember(event);
    }
}

fn drafted(draft: DraftContract) -> Decision {
    let terms = draft.terms.decided(LineId(1))?;
    let follows = draft.follows.map(|(contract, number)| Follows {
        contract,
        number,
        kind: RenewalKind::Express,
        anchor: terms.starts_on,
        renewals: 0,
        uninformed: false,
    });
    Ok(vec![ContractEvent::ContractDrafted {
        number: draft.number,
        organization: draft.organization,
        customer_kind: draft.customer_kind,
        deal: draft.deal,
        quote: draft.quote,
        owner: draft.owner,
        segment: value::optional_line("segment", draft.segment.as_deref(), LABEL_MAX)?,
        follows,
        terms: Box::new(terms),
    }])
}

impl Drafted {
    fn decide(&self, command: ContractCommand) -> Decision {
        match command {
            ContractCommand::Draft(_) | ContractCommand::BeginRenewal { .. } => Err(ContractError::AlreadyDrafted),
            ContractCommand::ChangeTerms { terms } => self.change_terms(*terms),
            ContractCommand::Discard if self.discarded => Ok(Vec::new()),
            ContractCommand::Discard => self.draft().map(|_| vec![ContractEvent::ContractDiscarded {}]),
            ContractCommand::Sign { signed_on, document } => self.sign(signed_on, document),
            ContractCommand::FileDocument { document } => self.file(document),
            ContractCommand::Activate { on } => self.activate(on),
            ContractCommand::Amend(amend) => self.amended(*amend),
            ContractCommand::Index { effective_on, values } => self.index_prices(effective_on, &values),
            ContractCommand::Pause { from, reason } => self.pause(from, reason.as_deref()),
            ContractCommand::Resume { on } => self.resume(on),
            ContractCommand::GiveNotice { notice, on } => self.give_notice(notice, on),
            ContractCommand::WithdrawNotice { on } => self.withdraw_notice(on),
            ContractCommand::Terminate { on } => self.terminate(on),
            ContractCommand::Expire { on } => self.expire(on),
            ContractCommand::RenewTacitly { plan, number, on } => self.renew_tacitly(*plan, number, on),
            ContractCommand::RenewExpressly {
                by,
                number,
                starts_on,
                ends_on,
            } => self.renew_expressly(by, number, starts_on, ends_on),
            ContractCommand::RaiseAlert {
                alert,
                on,
                to,
                task,
                delivery,
                quote,
            } => {
                self.must_raise(alert, on)?;
                Ok(vec![ContractEvent::ContractAlertRaised {
                    alert,
                    on,
                    to,
                    task,
                    delivery,
                    quote,
                }])
            }
            ContractCommand::SkipAlert { alert, cause } => Ok(unless(
                self.alerts.contains(&alert),
                ContractEvent::ContractAlertSkipped { alert, cause },
            )),
            ContractCommand::NotifyConsumer {
                sent_on,
                delivery,
                document,
            } => self.notify_consumer(sent_on, delivery, document),
            ContractCommand::BillPeriods { on, invoice } => self.bill(on, invoice),
            ContractCommand::CreditPeriods { on, note, of } => self.credit(on, note, of),
            ContractCommand::WithdrawBilling { invoice } => self.withdraw_billing(invoice),
            ContractCommand::Dispute { reason } => self.dispute_it(&reason),
            ContractCommand::SettleDispute => {
                Ok(unless(self.dispute.is_none(), ContractEvent::ContractDisputeSettled {}))
            }
            ContractCommand::Assign { owner } => {
                if self.discarded {
                    return Err(ContractError::Discarded);
                }
                Ok(unless(self.owner == owner, ContractEvent::ContractAssigned { owner }))
            }
            ContractCommand::SetSegment { segment, effective_on } => self.set_segment(segment.as_deref(), effective_on),
            ContractCommand::Transfer {
                organization,
                customer_kind,
                effective_on,
            } => self.transfer(organization, customer_kind, effective_on),
        }
    }

    /// It still can be changed as a whole.
    fn draft(&self) -> Result<&Self, ContractError> {
        if self.discarded {
            return Err(ContractError::Discarded);
        }
        if self.signed.is_some() {
            return Err(ContractError::Signed);
        }
        Ok(self)
    }

    /// It binds, or did.
    pub(super) fn signed(&self) -> Result<&Self, ContractError> {
        if self.discarded {
            return Err(ContractError::Discarded);
        }
        if self.signed.is_none() {
            return Err(ContractError::NotSigned);
        }
        Ok(self)
    }

    /// It binds, and can change.
    pub(super) fn in_force(&self) -> Result<&Self, ContractError> {
        self.signed()?;
        let status = self.status();
        if status.is_over() {
            return Err(ContractError::Ended { status });
        }
        Ok(self)
    }

    fn change_terms(&self, wished: WishedTerms) -> Decision {
        self.draft()?;
        let terms = wished.decided(self.next_line)?;
        Ok(unless(
            self.agrees_with(&terms),
            ContractEvent::ContractTermsChanged { terms: Box::new(terms) },
        ))
    }

    fn agrees_with(&self, terms: &super::ContractTerms) -> bool {
        let lines = self.lines.iter().map(|line| &line.line);
        self.kind == terms.kind
            && self.currency == terms.currency
            && self.starts_on == terms.starts_on
            && self.ends_on == terms.ends_on
            && self.renewal == terms.renewal
            && self.notice_period == terms.notice
            && self.indexation == terms.indexation
            && self.billing_starts_on == terms.billing_starts_on
            && lines.eq(terms.lines.iter())
    }

    fn sign(&self, signed_on: NaiveDate, document: Option<FiledDocument>) -> Decision {
        self.draft()?;
        let signed_on = value::date("signedOn", signed_on)?;
        Ok(vec![ContractEvent::ContractSigned { signed_on, document }])
    }

    fn file(&self, document: FiledDocument) -> Decision {
        self.signed()?;
        let known = self.signed.as_ref().and_then(|signed| signed.document);
        Ok(unless(
            known == Some(document.blob),
            ContractEvent::ContractDocumentFiled { document },
        ))
    }

    fn activate(&self, on: NaiveDate) -> Decision {
        self.in_force()?;
        if on < self.starts_on {
            return Err(ContractError::NotDue { on: self.starts_on });
        }
        Ok(unless(
            self.activated,
            ContractEvent::ContractActivated { on: self.starts_on },
        ))
    }

    fn amended(&self, amend: Amend) -> Decision {
        self.in_force()?;
        let effective_on = self.term().admit("effectiveOn", amend.effective_on)?;
        let signed_on = value::date("signedOn", amend.signed_on)?;
        let number = self.amendments.checked_add(1).ok_or(ContractError::TooManyAmendments)?;
        let end = self.new_end(amend.ends_on, effective_on)?;
        let renewal = amend.renewal.map(terms::checked_renewal).transpose()?;
        let ends_on = end.map_or(self.ends_on, |end| end.ends_on);
        if ends_on.is_none() && renewal.unwrap_or(self.renewal) != RenewalPolicy::None {
            return Err(ContractError::NothingToRenew);
        }
        let lines = self.line_changes(amend.lines, effective_on, ends_on)?;
        let notice = amend.notice.map(terms::checked_notice).transpose()?;
        if lines.is_empty() && end.is_none() && renewal.is_none() && notice.is_none() {
            return Err(InvalidValue::new("lines", Problem::Missing).into());
        }
        let amendment = Amendment {
            number,
            signed_on,
            effective_on,
            lines,
            end,
            renewal,
            notice,
            document: amend.document,
            note: value::optional_note("note", amend.note.as_deref())?,
        };
        let mut after = self.clone();
        after.amend(&amendment, self.end_cause);
        after.bounded()?;
        Ok(vec![ContractEvent::ContractAmended {
            amendment: Box::new(amendment),
        }])
    }

    /// Refuses prices and quantities that come to more than an amount may be on some day.
    fn bounded(&self) -> Result<(), ContractError> {
        for line in &self.lines {
            let days = line.prices.iter().map(|dated| dated.from);
            for day in days.chain(line.quantities.iter().map(|dated| dated.from)) {
                if let (Some(price), Some(quantity)) = (line.prices.on(day), line.quantities.on(day)) {
                    terms::bounded(price.value, quantity.value, self.currency)?;
                }
            }
        }
        Ok(())
    }

    fn new_end(&self, wished: Change<NaiveDate>, effective_on: NaiveDate) -> Result<Option<NewEnd>, ContractError> {
        let ends_on = match wished {
            Change::Keep => return Ok(None),
            Change::Clear => None,
            Change::Set(end) => {
                let end = value::date("endsOn", end)?;
                if end < effective_on {
                    return Err(ContractError::EndBeforeStart { field: "endsOn" });
                }
                Some(end)
            }
        };
        if self.notice.is_some() {
            return Err(ContractError::NoticeGiven);
        }
        Ok((ends_on != self.ends_on).then_some(NewEnd { ends_on }))
    }

    fn line_changes(
        &self,
        wished: Vec<WishedLineChange>,
        effective_on: NaiveDate,
        ends_on: Option<NaiveDate>,
    ) -> Result<Vec<LineChange>, ContractError> {
        let mut numbering = Numbering {
            next: self.next_line.0,
            given: Vec::new(),
        };
        let mut all: Vec<ContractLine> = self.lines_as_they_end();
        let mut changes = Vec::with_capacity(wished.len());
        let term = Term {
            first: effective_on,
            last: ends_on,
        };
        for change in wished {
            changes.push(match change {
                WishedLineChange::Add(line) => {
                    if line.id.is_some() {
                        return Err(InvalidValue::new("lines.id", Problem::NoSuchLine).into());
                    }
                    let id = numbering.number(None)?;
                    let line = line.decided(id, self.currency, effective_on, term)?;
                    all.push(line.clone());
                    LineChange::Added(Box::new(line))
                }
                WishedLineChange::Quantity { line, quantity } => LineChange::Quantity {
                    line: self.running(line, effective_on)?,
                    quantity: Quantity::positive("lines.quantity", quantity.as_decimal())?,
                },
                WishedLineChange::Price { line, price } => LineChange::Price {
                    line: self.running(line, effective_on)?,
                    price,
                },
                WishedLineChange::End { line } => {
                    let line = self.running(line, effective_on)?;
                    if let Some(ended) = all.iter_mut().find(|known| known.id == line) {
                        ended.ends_on = Some(calendar::days_before(effective_on, 1));
                    }
                    LineChange::Ended { line }
                }
            });
        }
        terms::apart(&all)?;
        Ok(changes)
    }

    fn lines_as_they_end(&self) -> Vec<ContractLine> {
        let ended = self.lines.iter().map(|state| ContractLine {
            ends_on: state.own_end(),
            ..state.line.clone()
        });
        ended.collect()
    }

    /// A line that is owed on a day.
    fn running(&self, line: LineId, on: NaiveDate) -> Result<LineId, ContractError> {
        let state = self
            .line(line)
            .ok_or(InvalidValue::new("lines.line", Problem::NoSuchLine))?;
        let coverage = self.coverage(state).filter(|coverage| coverage.contains(on));
        if coverage.is_none() {
            return Err(ContractError::OutsideTerm {
                field: "effectiveOn",
                from: state.line.starts_on,
                until: state.own_end().or(self.ends_on),
            });
        }
        Ok(line)
    }

    fn index_prices(&self, effective_on: NaiveDate, values: &[IndexValue]) -> Decision {
        self.in_force()?;
        let effective_on = self.term().admit("effectiveOn", effective_on)?;
        Ok(vec![ContractEvent::ContractIndexed {
            indexation: Box::new(self.indexation_on(effective_on, values)?),
        }])
    }

    /// The revision of the prices of a day.
    pub(super) fn indexation_on(
        &self,
        effective_on: NaiveDate,
        values: &[IndexValue],
    ) -> Result<Indexation, ContractError> {
        let clause = self.indexation.as_ref().ok_or(ContractError::NoIndexClause)?;
        let (from, last) = self.index.unwrap_or((clause.base, None));
        if let Some(on) = last.filter(|last| effective_on <= *last) {
            return Err(ContractError::IndexedLater { on });
        }
        let to = clause.current(from, values, effective_on)?;
        let coefficient = clause.coefficient(from, to);
        let running = self.lines.iter().filter(|line| {
            self.coverage(line)
                .is_some_and(|coverage| coverage.contains(effective_on))
        });
        let mut prices = Vec::new();
        for line in running {
            let Some(price) = line.prices.on(effective_on) else {
                continue;
            };
            let unit_price = indexation::revised(price.value.unit_price, coefficient)?;
            let price = LinePrice {
                unit_price,
                ..price.value
            };
            if let Some(quantity) = line.quantities.on(effective_on) {
                terms::bounded(price, quantity.value, self.currency)?;
            }
            prices.push((line.line.id, price));
        }
        Ok(Indexation {
            effective_on,
            index: clause.index.clone(),
            from,
            to,
            coefficient,
            prices,
        })
    }

    fn pause(&self, from: NaiveDate, reason: Option<&str>) -> Decision {
        self.in_force()?;
        if self.open_pause().is_some() {
            return Err(ContractError::Paused);
        }
        let from = self.term().admit("from", from)?;
        let since = self.pauses.last().and_then(|pause| pause.until);
        if let Some((since, _)) = since.filter(|(since, _)| from < *since) {
            return Err(ContractError::OutsideTerm {
                field: "from",
                from: since,
                until: self.last_day().map(|(day, _)| day),
            });
        }
        Ok(vec![ContractEvent::ContractPaused {
            from,
            reason: value::optional_note("reason", reason)?,
        }])
    }

    fn resume(&self, on: NaiveDate) -> Decision {
        self.in_force()?;
        let pause = self.open_pause().ok_or(ContractError::NotPaused)?;
        let rest = Term {
            first: pause.from,
            last: self.last_day().map(|(day, _)| day),
        };
        let on = rest.admit("on", on)?;
        Ok(vec![ContractEvent::ContractResumed { on }])
    }

    fn dispute_it(&self, reason: &str) -> Decision {
        self.signed()?;
        let reason = value::note("reason", reason)?;
        Ok(unless(
            self.dispute.as_ref() == Some(&reason),
            ContractEvent::ContractDisputed { reason },
        ))
    }

    fn set_segment(&self, segment: Option<&str>, effective_on: NaiveDate) -> Decision {
        if self.discarded {
            return Err(ContractError::Discarded);
        }
        let segment = value::optional_line("segment", segment, LABEL_MAX)?;
        let effective_on = self.term().admit("effectiveOn", effective_on)?;
        let known = self.segments.on(effective_on).map(|dated| &dated.value);
        Ok(unless(
            known == Some(&segment),
            ContractEvent::ContractSegmentSet { segment, effective_on },
        ))
    }

    fn transfer(
        &self,
        organization: OrganizationId,
        customer_kind: OrganizationKind,
        effective_on: NaiveDate,
    ) -> Decision {
        self.in_force()?;
        let effective_on = self.term().admit("effectiveOn", effective_on)?;
        let known = self.organizations.on(effective_on).map(|dated| dated.value);
        Ok(unless(
            known == Some(organization),
            ContractEvent::ContractTransferred {
                organization,
                customer_kind,
                effective_on,
            },
        ))
    }
}

/// Nothing when it is so already.
pub(super) fn unless(so_already: bool, event: ContractEvent) -> Vec<ContractEvent> {
    if so_already { Vec::new() } else { vec![event] }
}
