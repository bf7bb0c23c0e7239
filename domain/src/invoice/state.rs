use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{InvoiceDocuments, InvoiceEvent, PlatformStatus, ReminderStep, Source, Withdrawal};
use crate::{
    DealId, InvoiceId, Money, OrganizationId, PaymentId,
    billing::{Balance, VatBreakdown, VatShare},
    document::{Content, DocumentNumber, DocumentReference, InvoiceKind, IssuedInvoice, LineId},
};

/// How it stands with an invoice. Overdue is no status: it is a matter of the day ([`InvoiceState::overdue_on`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum InvoiceStatus {
    Draft,
    Discarded,
    Unpaid,
    PartiallyPaid,
    /// Nothing is left to pay, and nothing ever was where an invoice comes to nothing.
    Paid,
    /// Nothing is left to pay because credit notes took it back. Credit notes themselves, too: they ask for nothing.
    Credited,
    /// Nobody expects the rest any more.
    WrittenOff,
}

impl InvoiceStatus {
    pub const ALL: [Self; 7] = [
        Self::Draft,
        Self::Discarded,
        Self::Unpaid,
        Self::PartiallyPaid,
        Self::Paid,
        Self::Credited,
        Self::WrittenOff,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "DRAFT",
            Self::Discarded => "DISCARDED",
            Self::Unpaid => "UNPAID",
            Self::PartiallyPaid => "PARTIALLY_PAID",
            Self::Paid => "PAID",
            Self::Credited => "CREDITED",
            Self::WrittenOff => "WRITTEN_OFF",
        }
    }
}

/// What an invoice remembers in order to decide.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct InvoiceState {
    pub(super) origin: Option<Origin>,
    /// Until it is issued.
    pub(super) draft: Option<Draft>,
    pub(super) discarded: bool,
    pub(super) issued: Option<Box<Issued>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Origin {
    pub(super) kind: InvoiceKind,
    pub(super) organization: OrganizationId,
    pub(super) deal: Option<DealId>,
    pub(super) source: Option<Source>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Draft {
    pub(super) content: Content,
    pub(super) deducts: Vec<InvoiceId>,
    /// Numbers of lines from here on were never given.
    pub(super) next_line: LineId,
}

/// An invoice that was issued, and what happened to it since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Issued {
    pub(super) invoice: IssuedInvoice,
    /// By line, without tax and after the document's discount.
    pub(super) nets: Vec<(LineId, i64)>,
    pub(super) documents: Option<InvoiceDocuments>,
    pub(super) sent: Vec<Uuid>,
    pub(super) credits: Vec<Credited>,
    pub(super) deducted_by: Option<InvoiceId>,
    pub(super) allocations: Vec<Allocation>,
    pub(super) discount: Option<VatBreakdown>,
    pub(super) written_off: VatBreakdown,
    /// What lowered the principal, or raised it again, and when.
    pub(super) movements: Vec<(NaiveDate, i64)>,
    pub(super) reminders: Reminders,
    pub(super) claims: Claims,
    pub(super) submission: Option<Submission>,
    /// Payments that the platform was told of.
    pub(super) reported: Vec<PaymentId>,
}

/// What a credit note took off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Credited {
    pub(super) by: DocumentReference,
    pub(super) breakdown: VatBreakdown,
    pub(super) lines: Vec<(LineId, i64)>,
}

/// What of a payment is on an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allocation {
    pub payment: PaymentId,
    /// Tax included, in minor units.
    pub amount: i64,
    pub value_date: NaiveDate,
    pub breakdown: VatBreakdown,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Reminders {
    /// Said or skipped.
    pub(super) taken: Vec<ReminderStep>,
    pub(super) dispute: Option<String>,
    pub(super) promised_until: Option<NaiveDate>,
    pub(super) held: Option<(Option<NaiveDate>, String)>,
    /// The step that is to come, and when.
    #[serde(default)]
    pub(super) planned: Option<(ReminderStep, DateTime<Utc>)>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Claims {
    /// The last day of the last one.
    pub(super) until: Option<NaiveDate>,
    pub(super) indemnity: bool,
}

/// Where it was handed to, and what came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submission {
    pub platform: String,
    pub reference: String,
    pub status: Option<PlatformStatus>,
}

/// A part of an invoice, when it is due, and what is left of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenInstalment {
    pub due: NaiveDate,
    pub amount: i64,
    pub remaining: i64,
}

impl InvoiceState {
    pub const fn exists(&self) -> bool {
        self.origin.is_some()
    }

    pub fn kind(&self) -> Option<InvoiceKind> {
        self.origin.as_ref().map(|origin| origin.kind)
    }

    pub fn organization(&self) -> Option<OrganizationId> {
        self.origin.as_ref().map(|origin| origin.organization)
    }

    pub fn deal(&self) -> Option<DealId> {
        self.origin.as_ref().and_then(|origin| origin.deal)
    }

    pub fn source(&self) -> Option<Source> {
        self.origin.as_ref().and_then(|origin| origin.source)
    }

    /// Of the draft, or as it was issued.
    pub fn content(&self) -> Option<&Content> {
        match (&self.issued, &self.draft) {
            (Some(issued), _) => Some(&issued.invoice.content),
            (None, draft) => draft.as_ref().map(|draft| &draft.content),
        }
    }

    /// What a final invoice takes off, or will.
    pub fn deducts(&self) -> Vec<InvoiceId> {
        match (&self.issued, &self.draft) {
            (Some(issued), _) => issued.invoice.deductions.iter().map(|one| one.of.invoice).collect(),
            (None, Some(draft)) => draft.deducts.clone(),
            (None, None) => Vec::new(),
        }
    }

    /// As it was issued; `None` of a draft.
    pub fn invoice(&self) -> Option<&IssuedInvoice> {
        self.issued.as_ref().map(|issued| &issued.invoice)
    }

    pub fn number(&self) -> Option<&DocumentNumber> {
        self.invoice().map(|invoice| &invoice.number)
    }

    /// How another document names it.
    pub fn reference(&self, own: InvoiceId) -> Option<DocumentReference> {
        self.invoice().map(|invoice| DocumentReference {
            invoice: own,
            kind: invoice.kind,
            number: invoice.number.clone(),
            issued_on: invoice.issued_on,
        })
    }

    pub fn documents(&self) -> Option<&InvoiceDocuments> {
        self.issued.as_ref().and_then(|issued| issued.documents.as_ref())
    }

    pub fn submission(&self) -> Option<&Submission> {
        self.issued.as_ref().and_then(|issued| issued.submission.as_ref())
    }

    /// The final invoice that takes it off.
    pub fn deducted_by(&self) -> Option<InvoiceId> {
        self.issued.as_ref().and_then(|issued| issued.deducted_by)
    }

    pub fn status(&self) -> Option<InvoiceStatus> {
        if let Some(issued) = &self.issued {
            return Some(issued.status());
        }
        self.exists().then_some(if self.discarded {
            InvoiceStatus::Discarded
        } else {
            InvoiceStatus::Draft
        })
    }

    /// What was to be paid when it was issued, tax included; of a credit note, what it gives back.
    pub fn due(&self) -> i64 {
        self.invoice().map_or(0, IssuedInvoice::due)
    }

    /// What payments cover of it.
    pub fn paid(&self) -> i64 {
        self.allocations().iter().map(|allocation| allocation.amount).sum()
    }

    /// What credit notes took off.
    pub fn credited(&self) -> i64 {
        self.issued.as_ref().map_or(0, |issued| {
            issued.credits.iter().map(|credit| credit.breakdown.gross()).sum()
        })
    }

    pub fn written_off(&self) -> i64 {
        self.issued.as_ref().map_or(0, |issued| issued.written_off.gross())
    }

    /// The discount for early payment that was taken.
    pub fn discounted(&self) -> i64 {
        let discount = self.issued.as_ref().and_then(|issued| issued.discount.as_ref());
        discount.map_or(0, VatBreakdown::gross)
    }

    /// What is left to pay, tax included.
    pub fn remaining(&self) -> i64 {
        self.open().gross()
    }

    /// [`InvoiceState::remaining`], by rate.
    pub fn open(&self) -> VatBreakdown {
        self.issued.as_ref().map(|issued| issued.open()).unwrap_or_default()
    }

    /// What is left of a deposit or a progress invoice for a final one to take off: the whole without its credits.
    pub fn left(&self) -> VatBreakdown {
        let Some(issued) = &self.issued else {
            return VatBreakdown::default();
        };
        let credits = issued.credits.iter().map(|credit| &credit.breakdown);
        present(&issued.invoice.breakdown.without(credits))
    }

    /// What a credit note can still take back, by rate: the whole without deductions, earlier credits, discount for early
    /// payment, and what was written off.
    pub fn creditable(&self) -> VatBreakdown {
        let claim = self.issued.as_ref().map(|issued| issued.claim());
        claim.map(|claim| present(&claim)).unwrap_or_default()
    }

    /// What is left of each line to credit, without tax and after the document's discount.
    pub fn left_of_lines(&self) -> Vec<(LineId, i64)> {
        self.issued
            .as_ref()
            .map(|issued| issued.left_of_lines())
            .unwrap_or_default()
    }

    /// What is on it of each payment.
    pub fn allocations(&self) -> &[Allocation] {
        self.issued.as_ref().map_or(&[], |issued| &issued.allocations)
    }

    pub fn allocated(&self, payment: PaymentId) -> i64 {
        let found = self.allocations().iter().find(|one| one.payment == payment);
        found.map_or(0, |one| one.amount)
    }

    /// The parts in the order of their days; what was settled counts on the first ones.
    pub fn instalments(&self) -> Vec<OpenInstalment> {
        let Some(issued) = self.issued.as_ref().filter(|issued| !issued.invoice.kind.is_credit()) else {
            return Vec::new();
        };
        let mut settled = issued.invoice.due() - issued.open().gross();
        let parts = issued.invoice.schedule.iter();
        parts
            .map(|part| {
                let covered = settled.clamp(0, part.amount.max(0));
                settled -= covered;
                OpenInstalment {
                    due: part.due,
                    amount: part.amount,
                    remaining: part.amount - covered,
                }
            })
            .collect()
    }

    /// The day on which the next part is due of which something is left.
    pub fn next_due(&self) -> Option<NaiveDate> {
        let open = self.instalments().into_iter().find(|part| part.remaining > 0);
        open.map(|part| part.due)
    }

    /// Whether something should have been paid before this day.
    pub fn overdue_on(&self, day: NaiveDate) -> bool {
        self.next_due().is_some_and(|due| due < day)
    }

    pub(super) fn apply(&mut self, event: &InvoiceEvent) {
        match event {
            InvoiceEvent::InvoiceDrafted {
                kind,
                organization,
                deal,
                source,
                deducts,
                content,
            } => {
                self.origin = Some(Origin {
                    kind: *kind,
                    organization: *organization,
                    deal: *deal,
                    source: *source,
                });
                self.draft = Some(Draft {
                    content: content.clone(),
                    deducts: deducts.clone(),
                    next_line: super::rows::next_line(content),
                });
            }
            InvoiceEvent::InvoiceContentChanged { content, deducts } => {
                if let Some(draft) = &mut self.draft {
                    draft.next_line = draft.next_line.max(super::rows::next_line(content));
                    draft.content = content.clone();
                    draft.deducts.clone_from(deducts);
                }
            }
            InvoiceEvent::InvoiceDiscarded {} => self.discarded = true,
            InvoiceEvent::InvoiceIssued {
                invoice,
                organization,
                deal,
                source,
            } => {
                self.origin = Some(Origin {
                    kind: invoice.kind,
                    organization: *organization,
                    deal: *deal,
                    source: *source,
                });
                self.draft = None;
                self.issued = Some(Box::new(Issued::new(invoice)));
            }
            _ => {
                if let Some(issued) = &mut self.issued {
                    issued.apply(event);
                }
            }
        }
    }
}

impl Issued {
    fn new(invoice: &IssuedInvoice) -> Self {
        Self {
            nets: nets(&invoice.content),
            invoice: invoice.clone(),
            documents: None,
            sent: Vec::new(),
            credits: Vec::new(),
            deducted_by: None,
            allocations: Vec::new(),
            discount: None,
            written_off: VatBreakdown::default(),
            movements: Vec::new(),
            reminders: Reminders::default(),
            claims: Claims::default(),
            submission: None,
            reported: Vec::new(),
        }
    }

    /// What is claimed of the customer, paid or not: the whole without deductions, credits, discount and write-off.
    pub(super) fn claim(&self) -> VatBreakdown {
        let taken = self.invoice.deductions.iter().map(|deduction| &deduction.breakdown);
        let credits = self.credits.iter().map(|credit| &credit.breakdown);
        let given_up = self.discount.iter().chain([&self.written_off]);
        self.invoice.breakdown.without(taken.chain(credits).chain(given_up))
    }

    /// What is left to pay.
    pub(super) fn open(&self) -> VatBreakdown {
        if self.invoice.kind.is_credit() {
            return VatBreakdown::default();
        }
        let paid = self.allocations.iter().map(|allocation| &allocation.breakdown);
        present(&self.claim().without(paid))
    }

    pub(super) fn balance(&self) -> Balance {
        Balance::new(&self.open(), [])
    }

    pub(super) const fn money(&self, minor_units: i64) -> Money {
        Money::new(minor_units, self.invoice.content.currency)
    }

    pub(super) fn paid(&self) -> i64 {
        self.allocations.iter().map(|allocation| allocation.amount).sum()
    }

    /// What is left of each line to credit, without tax.
    pub(super) fn left_of_lines(&self) -> Vec<(LineId, i64)> {
        let credited = |line: LineId| -> i64 {
            let parts = self.credits.iter().flat_map(|credit| &credit.lines);
            parts.filter(|(id, _)| *id == line).map(|(_, net)| net).sum()
        };
        self.nets
            .iter()
            .map(|(line, net)| (*line, net - credited(*line)))
            .collect()
    }

    fn status(&self) -> InvoiceStatus {
        if self.invoice.kind.is_credit() {
            return InvoiceStatus::Credited;
        }
        let paid = self.paid();
        if self.open().gross() > 0 {
            return if paid > 0 {
                InvoiceStatus::PartiallyPaid
            } else {
                InvoiceStatus::Unpaid
            };
        }
        if self.written_off.gross() > 0 {
            InvoiceStatus::WrittenOff
        } else if paid == 0 && !self.credits.is_empty() {
            InvoiceStatus::Credited
        } else {
            InvoiceStatus::Paid
        }
    }

    fn apply(&mut self, event: &InvoiceEvent) {
        match event {
            InvoiceEvent::InvoiceDocumentsFiled { documents } => self.documents = Some(documents.clone()),
            InvoiceEvent::InvoiceSent { delivery, .. } => self.sent.push(*delivery),
            InvoiceEvent::InvoiceCredited { by, breakdown, lines } => {
                self.movements.push((by.issued_on, breakdown.gross()));
                self.credits.push(Credited {
                    by: by.clone(),
                    breakdown: breakdown.clone(),
                    lines: lines.clone(),
                });
            }
            InvoiceEvent::DepositDeducted { by, .. } => self.deducted_by = Some(*by),
            InvoiceEvent::DepositFreed { .. } => self.deducted_by = None,
            InvoiceEvent::PaymentAllocated {
                payment,
                amount,
                value_date,
                breakdown,
            } => self.allocate(*payment, *amount, *value_date, breakdown),
            InvoiceEvent::PaymentAllocationWithdrawn {
                payment,
                amount,
                breakdown,
                cause,
                on,
            } => self.withdraw(*payment, *amount, breakdown, *cause, *on),
            InvoiceEvent::EarlyPaymentDiscountGranted { breakdown, on } => {
                self.movements.push((*on, breakdown.gross()));
                self.discount = Some(breakdown.clone());
            }
            InvoiceEvent::InvoiceWrittenOff { breakdown, on, .. } => {
                self.movements.push((*on, breakdown.gross()));
                self.written_off = joined(&self.written_off, breakdown);
            }
            InvoiceEvent::InvoiceWriteOffUndone { breakdown, on, .. } => {
                self.movements.push((*on, -breakdown.gross()));
                self.written_off = present(&self.written_off.without([breakdown]));
            }
            InvoiceEvent::ReminderPlanned { step, at } => self.reminders.planned = Some((*step, *at)),
            InvoiceEvent::ReminderUnplanned {} => self.reminders.planned = None,
            InvoiceEvent::InvoiceReminded { step, .. } | InvoiceEvent::ReminderSkipped { step, .. } => {
                self.reminders.taken.push(*step);
                self.reminders.planned.take_if(|(planned, _)| planned == step);
            }
            InvoiceEvent::InvoiceDisputed { reason } => self.reminders.dispute = Some(reason.clone()),
            InvoiceEvent::DisputeSettled {} => self.reminders.dispute = None,
            InvoiceEvent::PaymentPromised { until } => self.reminders.promised_until = Some(*until),
            InvoiceEvent::RemindersHeld { until, reason } => self.reminders.held = Some((*until, reason.clone())),
            InvoiceEvent::RemindersReleased {} => self.reminders.held = None,
            InvoiceEvent::LateInterestClaimed { until, indemnity, .. } => {
                self.claims.until = Some(*until);
                self.claims.indemnity |= *indemnity > 0;
            }
            InvoiceEvent::InvoiceSubmitted { platform, reference } => {
                self.submission = Some(Submission {
                    platform: platform.clone(),
                    reference: reference.clone(),
                    status: None,
                });
            }
            InvoiceEvent::PlatformStatusReceived { status, .. } => {
                if let Some(submission) = &mut self.submission {
                    submission.status = Some(*status);
                }
            }
            InvoiceEvent::CashingReported { payment, .. } => self.reported.push(*payment),
            InvoiceEvent::InvoiceDrafted { .. }
            | InvoiceEvent::InvoiceContentChanged { .. }
            | InvoiceEvent::InvoiceDiscarded {}
            | InvoiceEvent::InvoiceIssued { .. } => {}
        }
    }

    fn allocate(&mut self, payment: PaymentId, amount: i64, value_date: NaiveDate, breakdown: &VatBreakdown) {
        self.movements.push((value_date, amount));
        match self.allocations.iter_mut().find(|one| one.payment == payment) {
            Some(allocation) => {
                allocation.amount += amount;
                allocation.breakdown = joined(&allocation.breakdown, breakdown);
            }
            None => self.allocations.push(Allocation {
                payment,
                amount,
                value_date,
                breakdown: breakdown.clone(),
            }),
        }
    }

    /// Money that a credit note made too much was there until then. Any other never was there, for this invoice.
    fn withdraw(
        &mut self,
        payment: PaymentId,
        amount: i64,
        breakdown: &VatBreakdown,
        cause: Withdrawal,
        on: NaiveDate,
    ) {
        if let Some(allocation) = self.allocations.iter_mut().find(|one| one.payment == payment) {
            let day = match cause {
                Withdrawal::Credited => on,
                Withdrawal::Reversed | Withdrawal::Corrected => allocation.value_date,
            };
            self.movements.push((day, -amount));
            allocation.amount -= amount;
            allocation.breakdown = present(&allocation.breakdown.without([breakdown]));
        }
        let is_empty = |one: &Allocation| one.amount == 0 && one.breakdown.shares().is_empty();
        self.allocations.retain(|one| !is_empty(one));
    }
}

fn nets(content: &Content) -> Vec<(LineId, i64)> {
    let ids = content.lines().map(|line| line.id);
    // An invoice that was issued adds up; one that did not would have no lines to credit.
    let totals = content.totals(&content.lines().map(|line| line.id).collect());
    ids.zip(totals.map(|totals| totals.net_of_lines).unwrap_or_default())
        .collect()
}

/// Groups of which something is left.
pub(super) fn present(breakdown: &VatBreakdown) -> VatBreakdown {
    let shares = breakdown.shares().iter().copied();
    VatBreakdown::of(shares.filter(|share| share.base != 0 || share.vat != 0))
}

pub(super) fn joined(one: &VatBreakdown, other: &VatBreakdown) -> VatBreakdown {
    VatBreakdown::of(one.shares().iter().chain(other.shares()).copied())
}

/// The same with the other sign.
pub(super) fn negated(breakdown: &VatBreakdown) -> VatBreakdown {
    VatBreakdown::of(breakdown.shares().iter().map(|share| VatShare {
        base: -share.base,
        vat: -share.vat,
        ..*share
    }))
}
