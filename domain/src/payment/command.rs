use chrono::NaiveDate;
use serde::Serialize;

use super::PaymentMethod;
use crate::{InvoiceId, Money, OrganizationId};

/// What one can ask of a payment. Amounts in minor units of its currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum PaymentCommand {
    Receive(ReceivePayment),
    /// A part of it goes on an invoice.
    Apply {
        invoice: InvoiceId,
        amount: i64,
    },
    /// A part of it is not on an invoice any more.
    Unapply {
        invoice: InvoiceId,
        amount: i64,
    },
    /// A part that is on no invoice goes back to the customer.
    Refund {
        amount: i64,
        method: PaymentMethod,
        on: NaiveDate,
        reference: Option<String>,
    },
    /// All of it went back by itself: a bounced cheque, a rejected debit. It comes off its invoices first.
    Reverse {
        reason: String,
        on: NaiveDate,
    },
}

/// What is known of a payment when it comes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReceivePayment {
    pub organization: OrganizationId,
    pub amount: Money,
    pub method: PaymentMethod,
    /// The day on which the money was there.
    pub value_date: NaiveDate,
    /// In the company's zone: money that is not there yet is no payment.
    pub today: NaiveDate,
    pub reference: Option<String>,
}
