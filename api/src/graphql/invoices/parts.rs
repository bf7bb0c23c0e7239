//! What an invoice has several of.

use async_graphql::{Enum, Object, SimpleObject};
use domain::{Language, billing::VatBreakdown, invoice as rules};
use projections::invoices::{self, payments};
use uuid::Uuid;

use super::{Invoice, PlatformStatus};
use crate::graphql::{
    billing::{DocumentTotals, stored},
    deals::known,
    errors::{ApiError, ApiResult},
    money::Money,
    payments::Payment,
    reading::Reading,
    refusals::UserErrorCode,
    scalars::{Date, Moment, date_of_row},
};

/// A part of an invoice, when it is due, and what is left of it.
#[derive(Debug, Clone, SimpleObject)]
pub struct InvoiceInstalment {
    pub due_on: Date,
    pub amount: Money,
    pub remaining: Money,
}

/// Why nobody is reminded of an invoice, and until when.
#[derive(Debug, Clone, SimpleObject)]
pub struct RemindersHeld {
    pub reason: String,
    /// Null: until they are released.
    pub until: Option<Date>,
}

/// Something that has to be known before an invoice is issued.
#[derive(Debug, Clone, SimpleObject)]
pub struct MissingMention {
    code: UserErrorCode,
    /// Of the company or of the organization, in the spelling of this API.
    field: String,
    /// For people.
    message: String,
}

impl MissingMention {
    pub fn of(missing: rules::MissingMention, language: Language) -> Self {
        Self {
            code: UserErrorCode::of(missing.code()),
            field: missing.field().to_owned(),
            message: missing.message(language),
        }
    }
}

/// Where an invoice was handed to, and what came back.
#[derive(Debug, Clone, SimpleObject)]
pub struct PlatformStanding {
    platform: String,
    /// What the platform calls it.
    reference: String,
    status: Option<PlatformStatus>,
    /// When the platform says that it came to that.
    status_at: Option<Moment>,
    reason: Option<String>,
}

impl PlatformStanding {
    pub(super) fn of(row: &invoices::Model) -> ApiResult<Option<Self>> {
        let (Some(platform), Some(reference)) = (row.platform.clone(), row.platform_reference.clone()) else {
            return Ok(None);
        };
        let status = row.platform_status.as_deref();
        let status = status.map(|text| known(&rules::PlatformStatus::ALL, rules::PlatformStatus::as_str, text));
        Ok(Some(Self {
            platform,
            reference,
            status: status.transpose()?.map(Into::into),
            status_at: row.platform_status_at.map(Moment::from_micros),
            reason: row.platform_reason.clone(),
        }))
    }
}

/// What a final invoice takes off.
pub struct InvoiceDeduction {
    pub(super) id: Uuid,
    pub(super) totals: DocumentTotals,
    pub(super) reading: Reading,
}

#[Object]
impl InvoiceDeduction {
    /// The deposit or progress invoice.
    #[graphql(complexity = "child_complexity + 1")]
    async fn invoice(&self) -> ApiResult<Option<Invoice>> {
        Invoice::load(&self.reading, self.id).await
    }

    async fn totals(&self) -> &DocumentTotals {
        &self.totals
    }
}

/// Why a payment is not on an invoice any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::invoice::Withdrawal")]
pub enum WithdrawalCause {
    /// The money went back: a bounced cheque, a rejected debit.
    Reversed,
    /// It was put on the wrong invoice.
    Corrected,
    /// A credit note left less to pay than was paid.
    Credited,
}

/// A part of a payment that is not on an invoice any more.
#[derive(Debug, Clone, SimpleObject)]
pub struct AllocationWithdrawal {
    amount: Money,
    cause: WithdrawalCause,
    on: Date,
}

/// What of a payment is on an invoice.
pub struct PaymentAllocation {
    row: payments::Model,
    reading: Reading,
}

impl PaymentAllocation {
    pub fn of(row: payments::Model, reading: &Reading) -> Self {
        Self {
            row,
            reading: reading.clone(),
        }
    }

    fn money(&self, minor_units: i64) -> ApiResult<Money> {
        Money::of_sum(minor_units.into(), &self.row.currency)
    }
}

#[Object]
impl PaymentAllocation {
    #[graphql(complexity = "child_complexity + 1")]
    async fn invoice(&self) -> ApiResult<Option<Invoice>> {
        Invoice::load(&self.reading, self.row.invoice_id).await
    }

    #[graphql(complexity = "child_complexity + 1")]
    async fn payment(&self) -> ApiResult<Option<Payment>> {
        Payment::load(&self.reading, self.row.payment_id).await
    }

    /// What is on it now, tax included; nothing when all of it was taken off again.
    async fn amount(&self) -> ApiResult<Money> {
        self.money(self.row.amount)
    }

    /// The amount by rate.
    async fn totals(&self) -> ApiResult<DocumentTotals> {
        let breakdown: VatBreakdown = stored(&self.row.breakdown)?;
        let currency = self.row.currency.parse();
        let currency =
            currency.map_err(|error: domain::InvalidValue| ApiError::internal("a view holds no currency", &error))?;
        DocumentTotals::of(&breakdown, currency)
    }

    /// The day on which the money was there.
    async fn value_date(&self) -> ApiResult<Date> {
        date_of_row(&self.row.value_date)
    }

    /// What was taken off again, in all.
    async fn withdrawn(&self) -> ApiResult<Money> {
        self.money(self.row.withdrawn)
    }

    /// The oldest first.
    async fn withdrawals(&self) -> ApiResult<Vec<AllocationWithdrawal>> {
        let withdrawals: Vec<payments::Withdrawn> = stored(&self.row.withdrawals)?;
        let withdrawals = withdrawals.into_iter().map(|one| {
            Ok(AllocationWithdrawal {
                amount: self.money(one.amount)?,
                cause: one.cause.into(),
                on: Date(one.on),
            })
        });
        withdrawals.collect()
    }

    async fn allocated_at(&self) -> Moment {
        Moment::from_micros(self.row.allocated_at)
    }
}
