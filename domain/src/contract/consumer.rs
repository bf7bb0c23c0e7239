//! What consumers and non-professionals are told before a renewal, and what they may do when they were not (Code de la
//! consommation, art. L215-1 and L215-3).
//!
//! The letter goes out at the earliest three months and at the latest one month before the end of the period in which the
//! renewal can be refused. Without it the customer may end the contract free of charge at any time from the day of the
//! renewal; what was paid in advance after that day is paid back within thirty days, less what the service was worth until
//! the end (al. 2 and 3). Professionals have no such right.

use chrono::NaiveDate;
use uuid::Uuid;

use super::{ContractError, ContractEvent, ContractState, calendar, decide::Decision, state::Drafted};
use crate::{document::FiledDocument, organization::OrganizationKind, value};

/// Days in which advances are paid back after the end (art. L215-1, al. 3).
pub const REFUND_DAYS: u64 = 30;

/// When the letter has to go out, both days counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConsumerWindow {
    pub from: NaiveDate,
    pub until: NaiveDate,
    /// The last day on which the customer may refuse; the letter names it in a box.
    pub deadline: NaiveDate,
}

impl ConsumerWindow {
    pub fn of(deadline: NaiveDate) -> Self {
        Self {
            from: calendar::months_before(deadline, 3),
            until: calendar::months_before(deadline, 1),
            deadline,
        }
    }

    pub fn contains(self, day: NaiveDate) -> bool {
        self.from <= day && day <= self.until
    }
}

/// How it stands with the letter on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConsumerNoticeStanding {
    /// It may not go out yet.
    Early,
    /// It is to go out now.
    Open,
    Sent,
    /// It did not go out in time: the customer may leave free of charge from the renewal on.
    Missed,
}

impl ContractState {
    /// When the customer has to be told of the renewal; `None` where nobody has to.
    pub fn consumer_window(&self) -> Option<ConsumerWindow> {
        self.drafted.as_ref().and_then(|drafted| drafted.consumer_window())
    }

    /// How it stands with that on a day.
    pub fn consumer_notice_on(&self, day: NaiveDate) -> Option<ConsumerNoticeStanding> {
        let drafted = self.drafted.as_ref()?;
        let window = drafted.consumer_window()?;
        Some(if drafted.notified.contains(&window.deadline) {
            ConsumerNoticeStanding::Sent
        } else if day < window.from {
            ConsumerNoticeStanding::Early
        } else if day <= window.until {
            ConsumerNoticeStanding::Open
        } else {
            ConsumerNoticeStanding::Missed
        })
    }

    /// The day from which the customer may leave at any time, free of charge, because nobody told them of the renewal.
    /// What they get back is what [`ContractState::due_billing`] credits once notice is given.
    pub fn free_exit_from(&self) -> Option<NaiveDate> {
        let drafted = self.drafted.as_ref()?;
        drafted.may_leave_free_of_charge().then_some(drafted.starts_on)
    }

    /// The last day for paying advances back, when they left by that right.
    pub fn refund_by(&self) -> Option<NaiveDate> {
        let notice = self
            .notice()
            .filter(|notice| notice.ground == super::Ground::Uninformed)?;
        Some(calendar::days_after(notice.last_day, REFUND_DAYS))
    }
}

impl Drafted {
    pub(super) fn is_protected(&self) -> bool {
        matches!(
            self.customer_kind,
            OrganizationKind::Consumer | OrganizationKind::NonProfessional
        )
    }

    pub(super) fn consumer_window(&self) -> Option<ConsumerWindow> {
        if !self.is_protected() || !self.renews_tacitly() {
            return None;
        }
        self.notice_deadline().map(ConsumerWindow::of)
    }

    /// Whether the renewal that would come now finds a customer who was not told of it.
    pub(super) fn is_uninformed(&self) -> bool {
        self.consumer_window()
            .is_some_and(|window| !self.notified.contains(&window.deadline))
    }

    pub(super) fn may_leave_free_of_charge(&self) -> bool {
        self.is_protected() && self.follows.as_ref().is_some_and(|follows| follows.uninformed)
    }

    pub(super) fn notify_consumer(
        &self,
        sent_on: NaiveDate,
        delivery: Option<Uuid>,
        document: Option<FiledDocument>,
    ) -> Decision {
        self.in_force()?;
        let window = match self.consumer_window() {
            Some(window) if self.notice.is_none() => window,
            _ => return Err(ContractError::NoConsumerNotice),
        };
        let sent_on = value::date("sentOn", sent_on)?;
        if self.notified.contains(&window.deadline) {
            return Ok(Vec::new());
        }
        if !window.contains(sent_on) {
            return Err(ContractError::OutsideConsumerWindow {
                from: window.from,
                until: window.until,
            });
        }
        Ok(vec![ContractEvent::ContractConsumerNotified {
            deadline: window.deadline,
            sent_on,
            delivery,
            document,
        }])
    }
}
