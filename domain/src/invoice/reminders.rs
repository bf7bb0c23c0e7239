//! The ladder of reminders: each step at most once for an invoice, none while something stands in its way.
//!
//! Whoever wakes up on the day of a step asks [`InvoiceState::reminders_to_skip`] first and then, with
//! [`InvoiceState::next_reminder`], what is to be said. After a standstill only the last step whose day has come is said.

use chrono::{DateTime, Days, NaiveDate, Utc};
use uuid::Uuid;

use super::{
    InvoiceError, InvoiceEvent, InvoiceState, PlatformStatus, ReminderStep, SkipCause, decide::Decision, state::Issued,
};
use crate::{
    BlobHash, InvalidValue, Personal,
    company::ReminderLadder,
    holidays::working_day_from,
    value::{self, Problem},
};

impl InvoiceState {
    /// The step that comes next and its day: the last one whose day has come, else the first one that is still to come.
    /// The days count from the due date of the first part of which something is left; where the ladder wants so, they are
    /// working days. `None` when nothing is left to pay
    /// or to say, or the customer gets no reminders.
    ///
    /// Whether something stands in its way, [`InvoiceState::hindrance`] says.
    pub fn next_reminder(&self, ladder: Option<&ReminderLadder>, on: NaiveDate) -> Option<(ReminderStep, NaiveDate)> {
        let steps = self.open_steps(ladder?)?;
        let come = steps.iter().rev().find(|(_, day)| *day <= on);
        come.or_else(|| steps.first()).copied()
    }

    /// Why nothing is said on this day; `None` when something may be.
    pub fn hindrance(&self, ladder: Option<&ReminderLadder>, on: NaiveDate) -> Option<SkipCause> {
        let remaining = self.remaining();
        if remaining <= 0 {
            return Some(SkipCause::NothingDue);
        }
        if ladder.is_none_or(|ladder| remaining < ladder.minimum) {
            return Some(SkipCause::Excepted);
        }
        self.issued.as_ref().and_then(|issued| issued.hindrance(on))
    }

    /// The steps whose day has come and that are not said, each with the reason: what stands in the way of all of them,
    /// or the later step that is said in their place.
    pub fn reminders_to_skip(&self, ladder: Option<&ReminderLadder>, on: NaiveDate) -> Vec<(ReminderStep, SkipCause)> {
        let Some(steps) = ladder.and_then(|ladder| self.open_steps(ladder)) else {
            return Vec::new();
        };
        let mut come: Vec<ReminderStep> = steps
            .into_iter()
            .filter(|(_, day)| *day <= on)
            .map(|(step, _)| step)
            .collect();
        let said = come.pop();
        let hindrance = self.hindrance(ladder, on);
        let overtaken = come.into_iter().map(|step| (step, SkipCause::Overtaken));
        overtaken.chain(said.zip(hindrance)).collect()
    }

    /// The step that the agenda waits for, and until when.
    pub fn planned_reminder(&self) -> Option<(ReminderStep, DateTime<Utc>)> {
        self.issued.as_ref().and_then(|issued| issued.reminders.planned)
    }

    /// Steps that were neither said nor skipped, behind all that were, with their days. Nobody is reminded of what had
    /// passed when the invoice was issued.
    fn open_steps(&self, ladder: &ReminderLadder) -> Option<Vec<(ReminderStep, NaiveDate)>> {
        let issued = self.issued.as_ref()?;
        let due = self.next_due()?;
        let last = issued.reminders.taken.iter().max();
        let steps = ladder
            .steps
            .iter()
            .filter(|one| last.is_none_or(|last| one.step > *last));
        let days = steps.map(|one| {
            let day = shifted(due, one.days);
            (
                one.step,
                if ladder.working_days {
                    working_day_from(day)
                } else {
                    day
                },
            )
        });
        Some(days.filter(|(_, day)| *day > issued.invoice.issued_on).collect())
    }

    /// Refuses a step that was taken or overtaken, that something stands in the way of, or that reminds of another due
    /// date than the next one.
    pub(super) fn must_remind(
        &self,
        step: ReminderStep,
        ladder: Option<&ReminderLadder>,
        due: NaiveDate,
        on: NaiveDate,
    ) -> Result<(), InvoiceError> {
        let taken = &self.payable()?.reminders.taken;
        if taken.contains(&step) {
            return Err(InvoiceError::ReminderTaken { step });
        }
        let overtaken = taken.iter().any(|taken| *taken > step);
        let hindrance = overtaken.then_some(SkipCause::Overtaken);
        if let Some(cause) = self.hindrance(ladder, on).or(hindrance) {
            return Err(InvoiceError::Hindered { cause });
        }
        if self.next_due() != Some(due) {
            return Err(InvoiceError::ReminderOutdated { due });
        }
        if step != ReminderStep::Friendly && on <= due {
            return Err(InvoiceError::NotOverdue);
        }
        Ok(())
    }

    pub(super) fn plan_reminder(&self, next: Option<(ReminderStep, DateTime<Utc>)>) -> Decision {
        let reminders = &self.payable()?.reminders;
        if reminders.planned == next {
            return Ok(Vec::new());
        }
        let event = match next {
            Some((step, _)) if reminders.taken.contains(&step) => return Err(InvoiceError::ReminderTaken { step }),
            Some((step, at)) => InvoiceEvent::ReminderPlanned { step, at },
            None => InvoiceEvent::ReminderUnplanned {},
        };
        Ok(vec![event])
    }

    pub(super) fn skip(&self, step: ReminderStep, cause: SkipCause) -> Decision {
        let issued = self.payable()?;
        if issued.reminders.taken.contains(&step) {
            return Ok(Vec::new());
        }
        Ok(vec![InvoiceEvent::ReminderSkipped { step, cause }])
    }

    pub(super) fn dispute(&self, reason: &str) -> Decision {
        let issued = self.payable()?;
        let reason = value::note("reason", reason)?;
        if issued.reminders.dispute.as_ref() == Some(&reason) {
            return Ok(Vec::new());
        }
        Ok(vec![InvoiceEvent::InvoiceDisputed { reason }])
    }

    pub(super) fn settle_dispute(&self) -> Decision {
        let settled = self.payable()?.reminders.dispute.is_some();
        Ok(settled.then_some(InvoiceEvent::DisputeSettled {}).into_iter().collect())
    }

    pub(super) fn promise(&self, until: NaiveDate) -> Decision {
        let issued = self.payable()?;
        let until = value::date("until", until)?;
        if self.remaining() <= 0 {
            return Err(InvoiceError::NothingDue);
        }
        if issued.reminders.promised_until == Some(until) {
            return Ok(Vec::new());
        }
        Ok(vec![InvoiceEvent::PaymentPromised { until }])
    }

    pub(super) fn hold(&self, until: Option<NaiveDate>, reason: &str) -> Decision {
        let issued = self.payable()?;
        let until = until.map(|until| value::date("until", until)).transpose()?;
        let held = (until, value::note("reason", reason)?);
        if issued.reminders.held.as_ref() == Some(&held) {
            return Ok(Vec::new());
        }
        let (until, reason) = held;
        Ok(vec![InvoiceEvent::RemindersHeld { until, reason }])
    }

    pub(super) fn release(&self) -> Decision {
        let held = self.payable()?.reminders.held.is_some();
        Ok(held.then_some(InvoiceEvent::RemindersReleased {}).into_iter().collect())
    }
}

impl Issued {
    fn hindrance(&self, on: NaiveDate) -> Option<SkipCause> {
        let reminders = &self.reminders;
        let at_platform = self.submission.as_ref().and_then(|submission| submission.status);
        if reminders.dispute.is_some() || at_platform == Some(PlatformStatus::Disputed) {
            Some(SkipCause::Disputed)
        } else if reminders.promised_until.is_some_and(|until| on <= until) {
            Some(SkipCause::Promised)
        } else if reminders
            .held
            .as_ref()
            .is_some_and(|(until, _)| until.is_none_or(|until| on <= until))
        {
            Some(SkipCause::Held)
        } else {
            None
        }
    }
}

pub(super) fn remind(
    step: ReminderStep,
    on: NaiveDate,
    text: Personal<String>,
    delivery: Option<Uuid>,
    document: Option<BlobHash>,
) -> Decision {
    if text.value().is_some_and(|text| text.trim().is_empty()) {
        return Err(InvalidValue::new("text", Problem::Missing).into());
    }
    Ok(vec![InvoiceEvent::InvoiceReminded {
        step,
        on,
        text,
        delivery,
        document,
    }])
}

fn shifted(due: NaiveDate, days: i16) -> NaiveDate {
    let distance = Days::new(days.unsigned_abs().into());
    let day = if days < 0 {
        due.checked_sub_days(distance)
    } else {
        due.checked_add_days(distance)
    };
    day.unwrap_or(due)
}
