//! How a contract ends before anything follows it: notice, its withdrawal, its effect, and what it would change.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::{
    BillingItem, ContractCommand, ContractError, ContractEvent, ContractState, Ground, Notice, NoticeWish,
    RenewalPolicy, TerminationReason,
    decide::Decision,
    state::{Drafted, Ended, next},
};
use crate::{
    Decider, InvalidValue,
    value::{self, Problem},
};

/// What an end would change, before anybody confirms it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TerminationPreview {
    pub notice: Notice,
    /// The day on which the revenue is gone: the one after the last that is covered.
    pub churn_on: NaiveDate,
    /// Monthly recurring revenue on the last day, that then goes; not rounded, in the contract's currency.
    pub mrr_lost: Decimal,
    /// Twelve times that.
    pub arr_lost: Decimal,
    /// What would be billed, or taken back, on the day of the preview if the end were confirmed.
    pub billing: Vec<BillingItem>,
    /// What would be billed on that day without it.
    pub billing_without: Vec<BillingItem>,
    /// What of the term would not be billed any more, without tax, in minor units; `None` for what has no end.
    pub forgone: Option<i64>,
}

impl ContractState {
    /// What an end would change: nothing is decided. Refuses what the command would refuse.
    pub fn termination_preview(&self, wish: NoticeWish, on: NaiveDate) -> Result<TerminationPreview, ContractError> {
        let events = self.decide(ContractCommand::GiveNotice { notice: wish, on })?;
        let mut ended = self.clone();
        for event in &events {
            ended.evolve(event);
        }
        let notice = ended.notice().cloned().ok_or(ContractError::NoNotice)?;
        let mrr_lost = self.mrr_on(notice.last_day);
        let owed_until = |state: &Self| {
            let end = self.last_day()?;
            let periods = state.billing_schedule(end);
            Some(periods.iter().map(|period| i128::from(period.amount)).sum::<i128>())
        };
        Ok(TerminationPreview {
            churn_on: next(notice.last_day),
            mrr_lost,
            arr_lost: mrr_lost * Decimal::from(12),
            billing: ended.due_billing(on),
            billing_without: self.due_billing(on),
            forgone: owed_until(self)
                .zip(owed_until(&ended))
                .map(|(whole, rest)| i64::try_from(whole - rest).unwrap_or(i64::MAX)),
            notice,
        })
    }
}

impl Drafted {
    pub(super) fn give_notice(&self, wish: NoticeWish, on: NaiveDate) -> Decision {
        self.in_force()?;
        if self.notice.is_some() {
            return Err(ContractError::NoticeGiven);
        }
        let received_on = value::date("receivedOn", wish.received_on)?;
        if received_on > on {
            return Err(ContractError::NotDue { on: received_on });
        }
        let note = value::optional_note("note", wish.note.as_deref())?;
        if wish.reason == TerminationReason::Other && note.is_none() {
            return Err(InvalidValue::new("note", Problem::Missing).into());
        }
        let last_day = self.last_day_by(wish.ground, received_on, wish.last_day)?;
        let notice = Notice {
            by: wish.by,
            ground: wish.ground,
            received_on,
            last_day,
            reason: wish.reason,
            note,
        };
        let mut events = vec![ContractEvent::ContractNoticeGiven { notice }];
        if last_day < on {
            events.push(ContractEvent::ContractTerminated {
                last_day,
                reason: wish.reason,
            });
        }
        Ok(events)
    }

    /// The last day that a ground leads to: the one that is wished for, where it may be, else the earliest.
    fn last_day_by(
        &self,
        ground: Ground,
        received_on: NaiveDate,
        wished: Option<NaiveDate>,
    ) -> Result<NaiveDate, ContractError> {
        match ground {
            Ground::NonRenewal => {
                let end = self.ends_on.ok_or(ContractError::GroundNotOpen)?;
                if let Some(deadline) = self.notice_deadline().filter(|deadline| received_on > *deadline) {
                    return Err(ContractError::NoticeTooLate { deadline });
                }
                match wished {
                    Some(other) if other != end => Err(ContractError::OutsideTerm {
                        field: "lastDay",
                        from: end,
                        until: Some(end),
                    }),
                    _ => Ok(end),
                }
            }
            // What has an end is carried out to its end (C. civ. art. 1212).
            Ground::Notice if self.ends_on.is_some() => Err(ContractError::GroundNotOpen),
            Ground::Notice => {
                let earliest = self.notice_period.earliest_end(received_on).max(self.starts_on);
                self.not_before(earliest, wished)
            }
            Ground::Uninformed => {
                if !self.may_leave_free_of_charge() {
                    return Err(ContractError::GroundNotOpen);
                }
                self.not_before(received_on.max(self.starts_on), wished)
            }
            Ground::Agreement | Ground::Breach => {
                let wished = wished.unwrap_or(received_on.max(self.starts_on));
                self.term().admit("lastDay", wished)
            }
        }
    }

    fn not_before(&self, earliest: NaiveDate, wished: Option<NaiveDate>) -> Result<NaiveDate, ContractError> {
        let last_day = wished.unwrap_or(earliest);
        if last_day < earliest {
            return Err(ContractError::NoticeTooShort { earliest });
        }
        self.term().admit("lastDay", last_day)
    }

    pub(super) fn withdraw_notice(&self, on: NaiveDate) -> Decision {
        self.in_force()?;
        let (notice, _) = self.notice.as_ref().ok_or(ContractError::NoNotice)?;
        if on > notice.last_day {
            return Err(ContractError::NoticeEffective {
                last_day: notice.last_day,
            });
        }
        Ok(vec![ContractEvent::ContractNoticeWithdrawn {}])
    }

    pub(super) fn terminate(&self, on: NaiveDate) -> Decision {
        if self.ended == Some(Ended::Terminated) {
            return Ok(Vec::new());
        }
        self.in_force()?;
        let (notice, _) = self.notice.as_ref().ok_or(ContractError::NoNotice)?;
        if on <= notice.last_day {
            return Err(ContractError::NotDue {
                on: next(notice.last_day),
            });
        }
        Ok(vec![ContractEvent::ContractTerminated {
            last_day: notice.last_day,
            reason: notice.reason,
        }])
    }

    pub(super) fn expire(&self, on: NaiveDate) -> Decision {
        if self.ended == Some(Ended::Expired) {
            return Ok(Vec::new());
        }
        self.in_force()?;
        if self.notice.is_some() {
            return Err(ContractError::NoticeGiven);
        }
        let last_day = self.ends_on.ok_or(ContractError::NothingToRenew)?;
        if on <= last_day {
            return Err(ContractError::NotDue { on: next(last_day) });
        }
        if self.renews_tacitly() {
            return Err(ContractError::RenewalNotDue { on: last_day });
        }
        Ok(vec![ContractEvent::ContractExpired { last_day }])
    }

    /// Whether another contract follows the end of the term unless somebody refuses.
    pub(super) fn renews_tacitly(&self) -> bool {
        match self.renewal {
            RenewalPolicy::Tacit { max_renewals, .. } => {
                let lines_go_on = |end| !self.carried_lines(next(end)).is_empty();
                self.ends_on.is_some_and(lines_go_on) && max_renewals.is_none_or(|max| self.renewals() < max)
            }
            RenewalPolicy::None | RenewalPolicy::Express => false,
        }
    }

    /// How many contracts followed the first one tacitly, this one counted.
    pub(super) fn renewals(&self) -> u16 {
        self.follows.as_ref().map_or(0, |follows| follows.renewals)
    }
}
