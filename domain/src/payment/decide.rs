use chrono::NaiveDate;

use super::{PaymentCommand, PaymentError, PaymentEvent, PaymentMethod, PaymentState, ReceivePayment, state::Received};
use crate::{
    Decider, InvalidValue, InvoiceId, Money,
    money::AMOUNT_MAX,
    value::{self, LABEL_MAX, Problem},
};

type Decision = Result<Vec<PaymentEvent>, PaymentError>;

impl Decider for PaymentState {
    const TYPE: &'static str = "payment";

    type Command = PaymentCommand;
    type Event = PaymentEvent;
    type Error = PaymentError;

    fn decide(&self, command: PaymentCommand) -> Decision {
        if let PaymentCommand::Receive(payment) = command {
            return self.receive(&payment);
        }
        let payment = self.received.as_ref().ok_or(PaymentError::NotFound)?;
        match command {
            PaymentCommand::Receive(_) => Err(PaymentError::AlreadyExists),
            PaymentCommand::Reverse { reason, on } => payment.reverse(&reason, on),
            _ if payment.reversed => Err(PaymentError::Reversed),
            PaymentCommand::Apply { invoice, amount } => payment.put_on(invoice, amount),
            PaymentCommand::Unapply { invoice, amount } => payment.take_off(invoice, amount),
            PaymentCommand::Refund {
                amount,
                method,
                on,
                reference,
            } => payment.refund(amount, method, on, reference.as_deref()),
        }
    }

    fn evolve(&mut self, event: &PaymentEvent) {
        if let PaymentEvent::PaymentReceived {
            organization,
            amount,
            method,
            value_date,
            ..
        } = event
        {
            self.received = Some(Received {
                organization: *organization,
                amount: *amount,
                method: *method,
                value_date: *value_date,
                applied: Vec::new(),
                refunded: 0,
                reversed: false,
            });
        } else if let Some(payment) = &mut self.received {
            payment.apply(event);
        }
    }
}

impl PaymentState {
    fn receive(&self, payment: &ReceivePayment) -> Decision {
        if self.exists() {
            return Err(PaymentError::AlreadyExists);
        }
        let value_date = value::date("valueDate", payment.value_date)?;
        if value_date > payment.today {
            return Err(PaymentError::InFuture { today: payment.today });
        }
        let minor_units = positive(payment.amount.minor_units)?;
        if minor_units > AMOUNT_MAX {
            return Err(InvalidValue::new("amount", Problem::TooLarge { max: AMOUNT_MAX }).into());
        }
        Ok(vec![PaymentEvent::PaymentReceived {
            organization: payment.organization,
            amount: payment.amount,
            method: payment.method,
            value_date,
            reference: value::optional_line("reference", payment.reference.as_deref(), LABEL_MAX)?,
        }])
    }
}

impl Received {
    fn put_on(&self, invoice: InvoiceId, amount: i64) -> Decision {
        let amount = positive(amount)?;
        self.must_have(amount)?;
        Ok(vec![PaymentEvent::PaymentApplied { invoice, amount }])
    }

    fn take_off(&self, invoice: InvoiceId, amount: i64) -> Decision {
        let amount = positive(amount)?;
        match self.applied_to(invoice) {
            0 => Err(PaymentError::NotApplied),
            applied if amount > applied => Err(PaymentError::UnapplicationExceeds {
                left: self.money(applied),
            }),
            _ => Ok(vec![PaymentEvent::PaymentUnapplied { invoice, amount }]),
        }
    }

    fn refund(&self, amount: i64, method: PaymentMethod, on: NaiveDate, reference: Option<&str>) -> Decision {
        let amount = positive(amount)?;
        self.must_have(amount)?;
        let on = value::date("on", on)?;
        if on < self.value_date {
            return Err(PaymentError::BeforeReceipt {
                value_date: self.value_date,
            });
        }
        Ok(vec![PaymentEvent::PaymentRefunded {
            amount,
            method,
            on,
            reference: value::optional_line("reference", reference, LABEL_MAX)?,
        }])
    }

    /// Money that never was there cannot have been given back. It comes off its invoices in the same breath.
    fn reverse(&self, reason: &str, on: NaiveDate) -> Decision {
        if self.reversed {
            return Ok(Vec::new());
        }
        let reason = value::note("reason", reason)?;
        let on = value::date("on", on)?;
        if self.refunded > 0 {
            return Err(PaymentError::Refunded {
                amount: self.money(self.refunded),
            });
        }
        if on < self.value_date {
            return Err(PaymentError::BeforeReceipt {
                value_date: self.value_date,
            });
        }
        let off = self
            .applied
            .iter()
            .map(|(invoice, amount)| PaymentEvent::PaymentUnapplied {
                invoice: *invoice,
                amount: *amount,
            });
        Ok(off.chain([PaymentEvent::PaymentReversed { reason, on }]).collect())
    }

    const fn money(&self, minor_units: i64) -> Money {
        Money::new(minor_units, self.amount.currency)
    }

    fn must_have(&self, amount: i64) -> Result<(), PaymentError> {
        let left = self.unapplied();
        if amount > left {
            return Err(PaymentError::ExceedsPayment { left: self.money(left) });
        }
        Ok(())
    }
}

fn positive(amount: i64) -> Result<i64, InvalidValue> {
    match amount {
        0 => Err(InvalidValue::new("amount", Problem::Zero)),
        amount if amount < 0 => Err(InvalidValue::new("amount", Problem::Negative)),
        amount => Ok(amount),
    }
}
