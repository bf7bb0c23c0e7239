use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{InvoiceId, Money, OrganizationId, event::event_types};

/// What can have happened to a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all_fields = "camelCase")]
pub enum PaymentEvent {
    PaymentReceived {
        organization: OrganizationId,
        amount: Money,
        method: PaymentMethod,
        /// The day on which the money was there.
        value_date: NaiveDate,
        /// What the bank or the cheque says.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reference: Option<String>,
    },
    /// A part of it goes on an invoice.
    PaymentApplied {
        invoice: InvoiceId,
        /// In minor units.
        amount: i64,
    },
    /// A part of it is not on an invoice any more.
    PaymentUnapplied { invoice: InvoiceId, amount: i64 },
    /// A part that is on no invoice went back to the customer.
    PaymentRefunded {
        amount: i64,
        method: PaymentMethod,
        on: NaiveDate,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reference: Option<String>,
    },
    /// All of it went back by itself: a bounced cheque, a rejected debit.
    PaymentReversed { reason: String, on: NaiveDate },
}

event_types!(PaymentEvent of "payment" {
    PaymentReceived = 1,
    PaymentApplied = 1,
    PaymentUnapplied = 1,
    PaymentRefunded = 1,
    PaymentReversed = 1,
});

/// How money came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PaymentMethod {
    Transfer,
    Cheque,
    Card,
    DirectDebit,
    Cash,
    Other,
}

impl PaymentMethod {
    pub const ALL: [Self; 6] = [
        Self::Transfer,
        Self::Cheque,
        Self::Card,
        Self::DirectDebit,
        Self::Cash,
        Self::Other,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Transfer => "TRANSFER",
            Self::Cheque => "CHEQUE",
            Self::Card => "CARD",
            Self::DirectDebit => "DIRECT_DEBIT",
            Self::Cash => "CASH",
            Self::Other => "OTHER",
        }
    }
}
