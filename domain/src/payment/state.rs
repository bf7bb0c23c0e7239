use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{PaymentEvent, PaymentMethod};
use crate::{InvoiceId, Money, OrganizationId};

/// What a payment remembers in order to decide.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PaymentState {
    pub(super) received: Option<Received>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Received {
    pub(super) organization: OrganizationId,
    pub(super) amount: Money,
    pub(super) method: PaymentMethod,
    pub(super) value_date: NaiveDate,
    /// By invoice, in the order in which they came; none with nothing.
    pub(super) applied: Vec<(InvoiceId, i64)>,
    pub(super) refunded: i64,
    pub(super) reversed: bool,
}

impl PaymentState {
    pub const fn exists(&self) -> bool {
        self.received.is_some()
    }

    pub fn organization(&self) -> Option<OrganizationId> {
        self.received.as_ref().map(|payment| payment.organization)
    }

    pub fn amount(&self) -> Option<Money> {
        self.received.as_ref().map(|payment| payment.amount)
    }

    pub fn method(&self) -> Option<PaymentMethod> {
        self.received.as_ref().map(|payment| payment.method)
    }

    pub fn value_date(&self) -> Option<NaiveDate> {
        self.received.as_ref().map(|payment| payment.value_date)
    }

    /// What is on each invoice.
    pub fn applied(&self) -> &[(InvoiceId, i64)] {
        self.received.as_ref().map_or(&[], |payment| &payment.applied)
    }

    pub fn applied_to(&self, invoice: InvoiceId) -> i64 {
        self.received.as_ref().map_or(0, |payment| payment.applied_to(invoice))
    }

    pub fn refunded(&self) -> i64 {
        self.received.as_ref().map_or(0, |payment| payment.refunded)
    }

    pub fn is_reversed(&self) -> bool {
        self.received.as_ref().is_some_and(|payment| payment.reversed)
    }

    /// What is on no invoice and was not given back: the customer's credit with us.
    pub fn unapplied(&self) -> i64 {
        self.received.as_ref().map_or(0, Received::unapplied)
    }
}

impl Received {
    pub(super) fn applied_to(&self, invoice: InvoiceId) -> i64 {
        let found = self.applied.iter().find(|(known, _)| *known == invoice);
        found.map_or(0, |(_, amount)| *amount)
    }

    pub(super) fn unapplied(&self) -> i64 {
        if self.reversed {
            return 0;
        }
        let applied: i64 = self.applied.iter().map(|(_, amount)| amount).sum();
        self.amount.minor_units - applied - self.refunded
    }

    pub(super) fn apply(&mut self, event: &PaymentEvent) {
        match event {
            PaymentEvent::PaymentApplied { invoice, amount } => self.put(*invoice, *amount),
            PaymentEvent::PaymentUnapplied { invoice, amount } => self.put(*invoice, -amount),
            PaymentEvent::PaymentRefunded { amount, .. } => self.refunded += amount,
            PaymentEvent::PaymentReversed { .. } => self.reversed = true,
            PaymentEvent::PaymentReceived { .. } => {}
        }
    }

    fn put(&mut self, invoice: InvoiceId, amount: i64) {
        match self.applied.iter_mut().find(|(known, _)| *known == invoice) {
            Some((_, applied)) => *applied += amount,
            None => self.applied.push((invoice, amount)),
        }
        self.applied.retain(|(_, applied)| *applied != 0);
    }
}
