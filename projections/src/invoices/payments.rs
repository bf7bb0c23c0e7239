//! What of which payment is on which invoice, and what was taken off again.

use chrono::NaiveDate;
use domain::{InvoiceEvent, billing::VatBreakdown, invoice::Withdrawal};
use engine::{ProjectionError, Rows};
use journal::EventHeader;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "invoice_payments")]
pub struct Model {
    /// Of invoice and payment.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub invoice_id: Uuid,
    pub payment_id: Uuid,
    pub currency: String,
    /// What is on it now, tax included.
    pub amount: i64,
    /// [`VatBreakdown`] of `amount` as JSON.
    pub breakdown: String,
    pub value_date: String,
    /// What was taken off again, in all.
    pub withdrawn: i64,
    /// [`Withdrawn`] as JSON, in order of time.
    pub withdrawals: String,
    pub allocated_at: i64,
    pub updated_at: i64,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// A part of a payment that is not on an invoice any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawn {
    pub amount: i64,
    pub breakdown: VatBreakdown,
    pub cause: Withdrawal,
    pub on: NaiveDate,
}

/// The id of an allocation.
pub fn id_of(invoice: Uuid, payment: Uuid) -> Uuid {
    Uuid::new_v5(&invoice, payment.as_bytes())
}

pub(super) fn apply(
    event: &InvoiceEvent,
    header: &EventHeader,
    currency: &str,
    rows: &mut Rows,
) -> Result<(), ProjectionError> {
    let (invoice, now) = (header.stream.id, header.occurred_at.0);
    match event {
        InvoiceEvent::PaymentAllocated {
            payment,
            amount,
            value_date,
            breakdown,
        } => {
            let id = id_of(invoice, payment.0);
            let row = match rows.get::<Entity>(id).cloned() {
                Some(mut row) => {
                    row.amount += amount;
                    row.breakdown = crate::json(&joined(&row.breakdown, breakdown)?)?;
                    row.value_date = value_date.to_string();
                    row.updated_at = now;
                    row
                }
                None => Model {
                    id,
                    invoice_id: invoice,
                    payment_id: payment.0,
                    currency: currency.to_owned(),
                    amount: *amount,
                    breakdown: crate::json(breakdown)?,
                    value_date: value_date.to_string(),
                    withdrawn: 0,
                    withdrawals: "[]".to_owned(),
                    allocated_at: now,
                    updated_at: now,
                },
            };
            rows.put(row);
        }
        InvoiceEvent::PaymentAllocationWithdrawn {
            payment,
            amount,
            breakdown,
            cause,
            on,
        } => {
            let mut row = rows.require::<Entity>(id_of(invoice, payment.0))?.clone();
            let left: VatBreakdown = serde_json::from_str(&row.breakdown).map_err(ProjectionError::other)?;
            let mut withdrawals: Vec<Withdrawn> =
                serde_json::from_str(&row.withdrawals).map_err(ProjectionError::other)?;
            withdrawals.push(Withdrawn {
                amount: *amount,
                breakdown: breakdown.clone(),
                cause: *cause,
                on: *on,
            });
            row.amount -= amount;
            row.breakdown = crate::json(&present(&left.without([breakdown])))?;
            row.withdrawn += amount;
            row.withdrawals = crate::json(&withdrawals)?;
            row.updated_at = now;
            rows.put(row);
        }
        _ => {}
    }
    Ok(())
}

fn joined(known: &str, more: &VatBreakdown) -> Result<VatBreakdown, ProjectionError> {
    let known: VatBreakdown = serde_json::from_str(known).map_err(ProjectionError::other)?;
    Ok(VatBreakdown::of(known.shares().iter().chain(more.shares()).copied()))
}

/// Groups of which something is left.
fn present(breakdown: &VatBreakdown) -> VatBreakdown {
    let shares = breakdown.shares().iter().copied();
    VatBreakdown::of(shares.filter(|share| share.base != 0 || share.vat != 0))
}
