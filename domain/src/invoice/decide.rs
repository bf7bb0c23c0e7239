use std::collections::BTreeSet;

use uuid::Uuid;

use super::{
    DraftInvoice, InvoiceCommand, InvoiceDocuments, InvoiceError, InvoiceEvent, InvoiceState,
    reminders::remind,
    state::{Draft, Issued, Origin},
};
use crate::{
    Decider, InvalidValue, InvoiceId,
    billing::FiscalPosition,
    document::{Content, InvoiceKind, Taxed, WishedContent},
    value::Problem,
};

pub(super) type Decision = Result<Vec<InvoiceEvent>, InvoiceError>;

impl Decider for InvoiceState {
    const TYPE: &'static str = "invoice";

    type Command = InvoiceCommand;
    type Event = InvoiceEvent;
    type Error = InvoiceError;

    fn decide(&self, command: InvoiceCommand) -> Decision {
        match command {
            InvoiceCommand::Draft(draft) => self.open_draft(*draft),
            InvoiceCommand::ChangeContent {
                content,
                position,
                deducts,
            } => self.change_content(*content, position, deducts),
            InvoiceCommand::Discard => self.discard(),
            InvoiceCommand::Issue(issue) => self.issue(*issue),
            InvoiceCommand::IssueCredit(credit) => self.issue_credit(*credit),
            InvoiceCommand::FileDocuments { documents } => self.file(documents),
            InvoiceCommand::RecordSent { delivery } => self.record_sent(delivery),
            InvoiceCommand::Credit { by, wish, on } => self.take_credit(by, &wish, on),
            InvoiceCommand::DeductDeposit { by } => self.deduct(by),
            InvoiceCommand::FreeDeposit { by } => self.free(by),
            InvoiceCommand::AllocatePayment {
                payment,
                amount,
                value_date,
            } => self.allocate(payment, amount, value_date),
            InvoiceCommand::WithdrawAllocation {
                payment,
                amount,
                cause,
                on,
            } => self.withdraw(payment, amount, cause, on),
            InvoiceCommand::GrantEarlyPaymentDiscount { on } => self.grant_discount(on),
            InvoiceCommand::WriteOff { on, reason } => self.write_off(on, &reason),
            InvoiceCommand::UndoWriteOff { on, reason } => self.undo_write_off(on, &reason),
            InvoiceCommand::PlanReminder { next } => self.plan_reminder(next),
            InvoiceCommand::Remind {
                step,
                ladder,
                due,
                on,
                text,
                delivery,
                document,
            } => {
                self.must_remind(step, ladder.as_ref(), due, on)?;
                remind(step, on, text, delivery, document)
            }
            InvoiceCommand::SkipReminder { step, cause } => self.skip(step, cause),
            InvoiceCommand::Dispute { reason } => self.dispute(&reason),
            InvoiceCommand::SettleDispute => self.settle_dispute(),
            InvoiceCommand::Promise { until } => self.promise(until),
            InvoiceCommand::HoldReminders { until, reason } => self.hold(until, &reason),
            InvoiceCommand::ReleaseReminders => self.release(),
            InvoiceCommand::ClaimLateInterest {
                until,
                rates,
                professional,
                document,
            } => self.claim_late_interest(until, &rates, professional, document),
            InvoiceCommand::Submit { platform, reference } => self.submit(&platform, &reference),
            InvoiceCommand::ReceiveStatus { status, at, reason } => self.receive(status, at, reason.as_deref()),
            InvoiceCommand::ReportCashing { payment } => self.report_cashing(payment),
        }
    }

    fn evolve(&mut self, event: &InvoiceEvent) {
        self.apply(event);
    }
}

impl InvoiceState {
    fn open_draft(&self, draft: DraftInvoice) -> Decision {
        if self.exists() {
            return Err(InvoiceError::AlreadyExists);
        }
        if draft.kind.is_credit() {
            return Err(InvoiceError::CreditHasNoDraft);
        }
        Ok(vec![InvoiceEvent::InvoiceDrafted {
            kind: draft.kind,
            organization: draft.organization,
            deal: draft.deal,
            source: draft.source,
            deducts: deductible(draft.kind, draft.deducts)?,
            content: without_options(draft.content.decided(&draft.taxed)?)?,
        }])
    }

    fn change_content(&self, wish: WishedContent, position: FiscalPosition, deducts: Vec<InvoiceId>) -> Decision {
        let (origin, draft) = self.drafted()?;
        let deducts = deductible(origin.kind, deducts)?;
        let taxed = Taxed {
            position,
            next_line: draft.next_line,
        };
        let content = without_options(wish.decided(&taxed)?)?;
        if content == draft.content && deducts == draft.deducts {
            return Ok(Vec::new());
        }
        Ok(vec![InvoiceEvent::InvoiceContentChanged { content, deducts }])
    }

    fn discard(&self) -> Decision {
        match self.drafted() {
            Ok(_) => Ok(vec![InvoiceEvent::InvoiceDiscarded {}]),
            Err(InvoiceError::Discarded) => Ok(Vec::new()),
            Err(refused) => Err(refused),
        }
    }

    /// What an invoice says it says for ever: the same files again change nothing, others are refused.
    fn file(&self, documents: InvoiceDocuments) -> Decision {
        match &self.issued()?.documents {
            None => Ok(vec![InvoiceEvent::InvoiceDocumentsFiled { documents }]),
            Some(filed) if *filed == documents => Ok(Vec::new()),
            Some(_) => Err(InvoiceError::DocumentsDiffer),
        }
    }

    fn record_sent(&self, delivery: Uuid) -> Decision {
        let issued = self.issued()?;
        if issued.documents.is_none() {
            return Err(InvoiceError::DocumentsMissing);
        }
        if issued.sent.contains(&delivery) {
            return Ok(Vec::new());
        }
        Ok(vec![InvoiceEvent::InvoiceSent {
            delivery,
            copy: issued.invoice.through_platform,
        }])
    }

    pub(super) fn drafted(&self) -> Result<(&Origin, &Draft), InvoiceError> {
        let origin = self.origin.as_ref().ok_or(InvoiceError::NotFound)?;
        if self.discarded {
            return Err(InvoiceError::Discarded);
        }
        let draft = self.draft.as_ref().ok_or(InvoiceError::Issued)?;
        Ok((origin, draft))
    }

    pub(super) fn issued(&self) -> Result<&Issued, InvoiceError> {
        match &self.issued {
            Some(issued) => Ok(issued),
            None if !self.exists() => Err(InvoiceError::NotFound),
            None if self.discarded => Err(InvoiceError::Discarded),
            None => Err(InvoiceError::NotIssued),
        }
    }

    /// An invoice that asks for money: no credit note.
    pub(super) fn payable(&self) -> Result<&Issued, InvoiceError> {
        let issued = self.issued()?;
        if issued.invoice.kind.is_credit() {
            return Err(InvoiceError::IsCreditNote);
        }
        Ok(issued)
    }

    /// An invoice of a part, that a final one takes off.
    pub(super) fn deductible(&self) -> Result<&Issued, InvoiceError> {
        let issued = self.issued()?;
        match issued.invoice.kind {
            InvoiceKind::Deposit | InvoiceKind::Progress => Ok(issued),
            _ => Err(InvoiceError::NotADeposit),
        }
    }
}

/// A final invoice takes something off, and no other does.
fn deductible(kind: InvoiceKind, deducts: Vec<InvoiceId>) -> Result<Vec<InvoiceId>, InvoiceError> {
    match (kind, deducts.is_empty()) {
        (InvoiceKind::Final, true) => return Err(InvoiceError::FinalWithoutDeductions),
        (InvoiceKind::Final, false) | (_, true) => {}
        (_, false) => return Err(InvoiceError::DeductionsOfFinalOnly),
    }
    if deducts.iter().collect::<BTreeSet<_>>().len() < deducts.len() {
        return Err(InvalidValue::new("deducts", Problem::Repeated).into());
    }
    Ok(deducts)
}

/// An invoice says what is owed: what the customer did not take is left out of it.
fn without_options(content: Content) -> Result<Content, InvoiceError> {
    if content.lines().any(|line| line.optional) {
        return Err(InvoiceError::OptionalLine);
    }
    Ok(content)
}
