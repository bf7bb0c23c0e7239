//! What is to be done about a contract, and when: the rows of the agenda. A pure reading of the state: whoever wakes up
//! computes it again, and the contract refuses what is no longer due.

use chrono::NaiveDate;

use super::{
    Alert, AlertDate, AlertSkip, ConsumerWindow, ContractError, ContractState, calendar,
    state::{Drafted, next},
};

/// Days before a date on which an alert comes, the first one first.
pub const ALERT_DAYS: [u16; 3] = [90, 60, 30];

/// Something to be done about a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Obligation {
    pub kind: ObligationKind,
    /// The first day on which it can be done.
    pub due_on: NaiveDate,
    /// An alert that comes when the letter of C. conso. art. L215-1 can no longer go out.
    pub too_late_for_consumer_notice: bool,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ObligationKind {
    /// The first day came.
    Activation,
    Alert(Alert),
    /// To tell a consumer or a non-professional of the renewal, by this day.
    ConsumerNotice {
        until: NaiveDate,
    },
    /// The term ends and another contract follows.
    Renewal,
    /// The term ended and none does.
    Expiry,
    /// The day behind the last one that notice was given for.
    Termination,
    /// A period is to be billed, or what was billed is to be set right.
    Billing,
}

impl Obligation {
    /// What it is known by within its contract. The date is part of it, so that one whose date moved is another one.
    pub fn key(&self) -> String {
        let due = self.due_on;
        match self.kind {
            ObligationKind::Activation => format!("activation:{due}"),
            ObligationKind::Alert(alert) => alert.key(),
            ObligationKind::ConsumerNotice { until } => format!("consumer-notice:{until}"),
            ObligationKind::Renewal => format!("renewal:{due}"),
            ObligationKind::Expiry => format!("expiry:{due}"),
            ObligationKind::Termination => format!("termination:{due}"),
            ObligationKind::Billing => format!("billing:{due}"),
        }
    }
}

impl Alert {
    /// What it is known by within its contract.
    pub fn key(self) -> String {
        format!("alert:{}:{}:{}", self.before.as_str(), self.date, self.days)
    }

    pub fn due_on(self) -> NaiveDate {
        calendar::days_before(self.date, self.days.into())
    }
}

impl ContractState {
    /// Everything that is still to be done, in the order of the days.
    pub fn obligations(&self) -> Vec<Obligation> {
        let Some(drafted) = &self.drafted else {
            return Vec::new();
        };
        let mut all = drafted.obligations();
        let mut days: Vec<_> = self.billing_days().into_iter().flatten().collect();
        days.dedup();
        all.extend(days.into_iter().map(|due_on| plain(ObligationKind::Billing, due_on)));
        all.sort_by_key(|obligation| (obligation.due_on, obligation.kind));
        all
    }

    /// Alerts whose day has come and that are not raised, each with the reason: a later one of the same date has come, too,
    /// or the date is over.
    pub fn alerts_to_skip(&self, on: NaiveDate) -> Vec<(Alert, AlertSkip)> {
        let open = self.drafted.iter().flat_map(|drafted| drafted.open_alerts());
        let come: Vec<Alert> = open.filter(|alert| alert.due_on() <= on).collect();
        let skipped = come.iter().filter_map(|alert| {
            if alert.date < on {
                return Some((*alert, AlertSkip::Passed));
            }
            let overtaken = come.iter().any(|other| overtakes(*other, *alert));
            overtaken.then_some((*alert, AlertSkip::Overtaken))
        });
        skipped.collect()
    }

    /// Alerts that are to be raised on a day.
    pub fn alerts_due(&self, on: NaiveDate) -> Vec<Alert> {
        let Some(drafted) = &self.drafted else {
            return Vec::new();
        };
        let open = drafted.open_alerts().into_iter();
        open.filter(|alert| drafted.must_raise(*alert, on).is_ok()).collect()
    }
}

fn plain(kind: ObligationKind, due_on: NaiveDate) -> Obligation {
    Obligation {
        kind,
        due_on,
        too_late_for_consumer_notice: false,
    }
}

/// Whether one comes after the other, before the same date.
fn overtakes(later: Alert, earlier: Alert) -> bool {
    later.before == earlier.before && later.date == earlier.date && later.days < earlier.days
}

impl Drafted {
    fn obligations(&self) -> Vec<Obligation> {
        let mut all = Vec::new();
        if self.in_force().is_err() {
            return all;
        }
        if !self.activated {
            all.push(plain(ObligationKind::Activation, self.starts_on));
        }
        if let Some((notice, _)) = &self.notice {
            all.push(plain(ObligationKind::Termination, next(notice.last_day)));
            return all;
        }
        let window = self.consumer_window();
        all.extend(self.open_alerts().into_iter().map(|alert| Obligation {
            kind: ObligationKind::Alert(alert),
            due_on: alert.due_on(),
            too_late_for_consumer_notice: window.is_some_and(|window| alert.due_on() > window.until),
        }));
        all.extend(self.owed_notice(window));
        if let Some(end) = self.ends_on {
            all.push(if self.renews_tacitly() {
                plain(ObligationKind::Renewal, end)
            } else {
                plain(ObligationKind::Expiry, next(end))
            });
        }
        all
    }

    fn owed_notice(&self, window: Option<ConsumerWindow>) -> Option<Obligation> {
        let window = window.filter(|window| !self.notified.contains(&window.deadline))?;
        let since = self.signed.as_ref().map_or(self.starts_on, |signed| signed.on);
        let until = window.until;
        (since <= until).then(|| plain(ObligationKind::ConsumerNotice { until }, window.from.max(since)))
    }

    /// Alerts that were neither raised nor skipped. Nobody is alerted of what had passed when the contract was signed.
    fn open_alerts(&self) -> Vec<Alert> {
        let Some(signed) = self
            .signed
            .as_ref()
            .filter(|_| self.in_force().is_ok() && self.notice.is_none())
        else {
            return Vec::new();
        };
        let deadline = self
            .notice_deadline()
            .filter(|deadline| Some(*deadline) != self.ends_on);
        let deadline = deadline.filter(|_| self.renews_tacitly());
        let dates = [
            deadline.map(|date| (AlertDate::NoticeDeadline, date)),
            self.ends_on.map(|date| (AlertDate::TermEnd, date)),
        ];
        let alerts = dates
            .into_iter()
            .flatten()
            .flat_map(|(before, date)| ALERT_DAYS.into_iter().map(move |days| Alert { before, date, days }));
        alerts
            .filter(|alert| alert.due_on() > signed.on && !self.alerts.contains(alert))
            .collect()
    }

    /// Refuses an alert that was raised or skipped, that is none of this contract by now, whose day has not come, or that a
    /// later one overtook.
    pub(super) fn must_raise(&self, alert: Alert, on: NaiveDate) -> Result<(), ContractError> {
        self.in_force()?;
        if self.alerts.contains(&alert) {
            return Err(ContractError::AlertTaken { alert });
        }
        let open = self.open_alerts();
        if !open.contains(&alert) || alert.date < on {
            return Err(ContractError::AlertOutdated { alert });
        }
        if on < alert.due_on() {
            return Err(ContractError::NotDue { on: alert.due_on() });
        }
        let overtaken = open
            .iter()
            .any(|other| overtakes(*other, alert) && other.due_on() <= on);
        let said = self.alerts.iter().any(|other| overtakes(*other, alert));
        if overtaken || said {
            return Err(ContractError::AlertOvertaken { alert });
        }
        Ok(())
    }
}
