//! What comes off an invoice: payments, the discount for early payment, a write-off.

use chrono::NaiveDate;

use super::{InvoiceError, InvoiceEvent, InvoiceState, Withdrawal, decide::Decision};
use crate::{
    InvalidValue, Money, PaymentId,
    billing::{Balance, CreditError},
    value::{self, Problem},
};

impl InvoiceState {
    /// The tax of the part is that of each rate in proportion to what is left of it; whoever pays the rest pays what is
    /// left of each.
    pub(super) fn allocate(&self, payment: PaymentId, amount: Money, value_date: NaiveDate) -> Decision {
        let issued = self.payable()?;
        let currency = issued.invoice.content.currency;
        if amount.currency != currency {
            return Err(InvoiceError::AnotherCurrency { expected: currency });
        }
        let amount = positive(amount.minor_units)?;
        let mut balance = issued.balance();
        let breakdown = balance.take_gross(amount).map_err(|refused| match refused {
            CreditError::Exceeds { left } => InvoiceError::AllocationExceedsDue {
                left: Money::new(left, currency),
            },
            CreditError::Negative => refused.into(),
        })?;
        Ok(vec![InvoiceEvent::PaymentAllocated {
            payment,
            amount,
            value_date: value::date("valueDate", value_date)?,
            breakdown,
        }])
    }

    pub(super) fn withdraw(&self, payment: PaymentId, amount: i64, cause: Withdrawal, on: NaiveDate) -> Decision {
        let issued = self.payable()?;
        let amount = positive(amount)?;
        let allocation = issued.allocations.iter().find(|one| one.payment == payment);
        let allocation = allocation.ok_or(InvoiceError::NotAllocated)?;
        if amount > allocation.amount {
            return Err(InvoiceError::WithdrawalExceeds {
                left: issued.money(allocation.amount),
            });
        }
        let breakdown = if amount == allocation.amount {
            allocation.breakdown.clone()
        } else {
            Balance::new(&allocation.breakdown, []).take_gross(amount)?
        };
        Ok(vec![InvoiceEvent::PaymentAllocationWithdrawn {
            payment,
            amount,
            breakdown,
            cause,
            on,
        }])
    }

    /// A share of what is claimed, once, for whoever paid in time. Its tax goes back as that of the rates does
    /// (CGI art. 272, 1).
    pub(super) fn grant_discount(&self, on: NaiveDate) -> Decision {
        let issued = self.payable()?;
        if issued.discount.is_some() {
            return Ok(Vec::new());
        }
        let percent = issued
            .invoice
            .content
            .early_payment_discount
            .ok_or(InvoiceError::NoEarlyPaymentDiscount)?;
        if issued.written_off.gross() > 0 {
            return Err(InvoiceError::WrittenOff);
        }
        if let Some(due) = issued.invoice.due_on().filter(|due| on > *due) {
            return Err(InvoiceError::DiscountTooLate { due });
        }
        let discount = percent.of(issued.claim().gross());
        let left = issued.open().gross();
        if discount <= 0 || left == 0 {
            return Err(InvoiceError::NothingDue);
        }
        if discount > left {
            return Err(InvoiceError::DiscountExceedsDue {
                left: issued.money(left),
            });
        }
        let breakdown = issued.balance().take_gross(discount)?;
        Ok(vec![InvoiceEvent::EarlyPaymentDiscountGranted { breakdown, on }])
    }

    pub(super) fn write_off(&self, on: NaiveDate, reason: &str) -> Decision {
        let issued = self.payable()?;
        let reason = value::note("reason", reason)?;
        let breakdown = issued.open();
        if breakdown.gross() <= 0 {
            return Err(InvoiceError::NothingDue);
        }
        Ok(vec![InvoiceEvent::InvoiceWrittenOff { breakdown, on, reason }])
    }

    pub(super) fn undo_write_off(&self, on: NaiveDate, reason: &str) -> Decision {
        let issued = self.payable()?;
        let reason = value::note("reason", reason)?;
        let breakdown = issued.written_off.clone();
        if breakdown.gross() <= 0 {
            return Err(InvoiceError::NotWrittenOff);
        }
        Ok(vec![InvoiceEvent::InvoiceWriteOffUndone { breakdown, on, reason }])
    }

    /// A final invoice takes off what is left of it; one final invoice only.
    pub(super) fn deduct(&self, by: crate::InvoiceId) -> Decision {
        let issued = self.deductible()?;
        match issued.deducted_by {
            Some(already) if already == by => Ok(Vec::new()),
            Some(other) => Err(InvoiceError::DepositDeducted { by: other }),
            None => Ok(vec![InvoiceEvent::DepositDeducted {
                by,
                breakdown: self.left(),
            }]),
        }
    }

    pub(super) fn free(&self, by: crate::InvoiceId) -> Decision {
        match self.deductible()?.deducted_by {
            None => Ok(Vec::new()),
            Some(already) if already == by => Ok(vec![InvoiceEvent::DepositFreed { by }]),
            Some(other) => Err(InvoiceError::DepositDeducted { by: other }),
        }
    }
}

fn positive(amount: i64) -> Result<i64, InvalidValue> {
    match amount {
        0 => Err(InvalidValue::new("amount", Problem::Zero)),
        amount if amount < 0 => Err(InvalidValue::new("amount", Problem::Negative)),
        amount => Ok(amount),
    }
}
