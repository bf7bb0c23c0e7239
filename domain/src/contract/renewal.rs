//! What follows a term. A tacit renewal gives a new contract of the same content (C. civ. art. 1214 and 1215), with its own
//! number and a link to the one before; it is dated by the term that ended, never by the day on which somebody got to it.

use chrono::NaiveDate;
use serde::Serialize;

use super::{
    ContractError, ContractEvent, ContractLine, ContractState, ContractStatus, ContractTerms, Follows, IndexValue,
    Indexation, Renewal, RenewalKind, RenewalPolicy, calendar,
    decide::Decision,
    state::{Drafted, Parties, next},
    timeline::{Cause, Why},
};
use crate::{
    ContractId, DealId, OrganizationId, UserId, document::DocumentNumber, organization::OrganizationKind, value,
};

/// The contract that follows tacitly, before it is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RenewalPlan {
    /// The contract that ends.
    pub of: ContractId,
    /// The one that follows: the same whoever makes it, so that it is made once.
    pub by: ContractId,
    pub organization: OrganizationId,
    pub customer_kind: OrganizationKind,
    pub deal: Option<DealId>,
    pub owner: Option<UserId>,
    pub segment: Option<String>,
    pub follows: Follows,
    /// At the prices of the last day.
    pub terms: ContractTerms,
    /// The revision of the first day, where prices follow an index.
    pub indexation: Option<Indexation>,
    /// They do, but no value was published by then: it is revised later, from the first day.
    pub indexation_pending: bool,
    /// A pause goes on.
    pub paused: bool,
    /// It does not stop the renewal: somebody should know.
    pub disputed: bool,
}

impl RenewalPlan {
    /// The contract that follows comes to be.
    pub(super) fn begin(self, number: DocumentNumber) -> Decision {
        let starts_on = self.terms.starts_on;
        let mut events = vec![
            ContractEvent::ContractDrafted {
                number,
                organization: self.organization,
                customer_kind: self.customer_kind,
                deal: self.deal,
                quote: None,
                owner: self.owner,
                segment: self.segment,
                follows: Some(self.follows),
                terms: Box::new(self.terms),
            },
            ContractEvent::ContractSigned {
                signed_on: starts_on,
                document: None,
            },
        ];
        if let Some(indexation) = self.indexation {
            events.push(ContractEvent::ContractIndexed {
                indexation: Box::new(indexation),
            });
        }
        if self.paused {
            events.push(ContractEvent::ContractPaused {
                from: starts_on,
                reason: None,
            });
        }
        Ok(events)
    }
}

impl ContractState {
    /// The contract that follows tacitly. Refuses where none does: no tacit renewal, as many as there may be, notice, the end
    /// of the contract. A value of the index that is missing refuses nothing: the plan says so.
    pub fn renewal_plan(&self, of: ContractId, values: &[IndexValue]) -> Result<RenewalPlan, ContractError> {
        let drafted = self.drafted.as_ref().ok_or(ContractError::NotDrafted)?;
        drafted.renewal_plan(of, values)
    }
}

impl ContractState {
    /// What a contract says that goes on with the same: the lines of the last day at their prices, for a term as long as the
    /// one before, from the day after its end. An offer, and what both agree to when it is taken; whether the contract can be
    /// renewed by it is decided then. Refuses what has no end, what ends by a notice, and what nothing is left of.
    pub fn same_again(&self) -> Result<ContractTerms, ContractError> {
        let drafted = self.drafted.as_ref().ok_or(ContractError::NotDrafted)?;
        drafted.same_again()
    }
}

impl Drafted {
    fn same_again(&self) -> Result<ContractTerms, ContractError> {
        self.signed()?;
        if self.notice.is_some() {
            return Err(ContractError::NoticeGiven);
        }
        let end = self.ends_on.ok_or(ContractError::NothingToRenew)?;
        let starts_on = next(end);
        let lines = self.carried_lines(starts_on);
        if lines.is_empty() {
            return Err(ContractError::NothingToRenew);
        }
        Ok(ContractTerms {
            kind: self.kind,
            currency: self.currency,
            lines,
            starts_on,
            ends_on: Some(value::date("endsOn", self.end_of_the_same(starts_on, end))?),
            renewal: self.renewal,
            notice: self.notice_period,
            indexation: self.carried_clause(),
            billing_starts_on: None,
        })
    }

    /// The last day of a term that is as long as this one: in months where both ends are counted from the first day of the
    /// chain, else in days.
    fn end_of_the_same(&self, starts_on: NaiveDate, end: NaiveDate) -> NaiveDate {
        let anchor = self.anchor();
        let months = calendar::months_to(anchor, self.starts_on).zip(calendar::months_to(anchor, starts_on));
        if let Some((before, now)) = months {
            let after = calendar::months_after(anchor, now.saturating_add(now.saturating_sub(before)));
            return calendar::days_before(after, 1);
        }
        let days = calendar::days_between(self.starts_on, end) - 1;
        calendar::days_after(starts_on, days.unsigned_abs())
    }

    /// The clause as it stands now: S0 is the value that prices followed last.
    fn carried_clause(&self) -> Option<super::IndexClause> {
        self.indexation.clone().map(|clause| {
            let base = self.index.map_or(clause.base, |(point, _)| point);
            super::IndexClause { base, ..clause }
        })
    }

    fn renewal_plan(&self, of: ContractId, values: &[IndexValue]) -> Result<RenewalPlan, ContractError> {
        self.in_force()?;
        if self.notice.is_some() {
            return Err(ContractError::NoticeGiven);
        }
        let RenewalPolicy::Tacit {
            term_months,
            max_renewals,
        } = self.renewal
        else {
            return Err(ContractError::RenewalNotTacit);
        };
        let end = self.ends_on.ok_or(ContractError::NothingToRenew)?;
        if let Some(max) = max_renewals.filter(|max| self.renewals() >= *max) {
            return Err(ContractError::RenewalsExhausted { max });
        }
        let starts_on = next(end);
        let lines = self.carried_lines(starts_on);
        if lines.is_empty() {
            return Err(ContractError::NothingToRenew);
        }
        // From the first day of all where the terms follow it, else from the day on which they stopped doing so.
        let (anchor, months) = match calendar::months_to(self.anchor(), starts_on) {
            Some(months) => (self.anchor(), months),
            None => (starts_on, 0),
        };
        let ends_on = match term_months {
            Some(term) => {
                let after = calendar::months_after(anchor, months.saturating_add(term.into()));
                Some(value::date("endsOn", calendar::days_before(after, 1))?)
            }
            None => None,
        };
        let terms = ContractTerms {
            kind: self.kind,
            currency: self.currency,
            lines,
            starts_on,
            ends_on,
            renewal: if ends_on.is_some() {
                self.renewal
            } else {
                RenewalPolicy::None
            },
            notice: self.notice_period,
            indexation: self.carried_clause(),
            billing_starts_on: self.billing_starts_on.filter(|day| *day > starts_on),
        };
        let follows = Follows {
            contract: of,
            number: self.number.clone(),
            kind: RenewalKind::Tacit,
            anchor,
            renewals: self.renewals().saturating_add(1),
            uninformed: self.is_uninformed(),
        };
        let parties = Parties {
            number: self.number.clone(),
            organization: self.organization_on(starts_on),
            customer_kind: self.customer_kind,
            deal: self.deal,
            quote: None,
            owner: self.owner,
            segment: self.segments.on(starts_on).and_then(|dated| dated.value.clone()),
            follows: Some(follows.clone()),
        };
        let segment = parties.segment.clone();
        let organization = parties.organization;
        let cause = Cause {
            event: 1,
            why: Why::Agreed,
        };
        let follower = Self::new(&terms, cause, parties);
        let (indexation, indexation_pending) = match follower.indexation_on(starts_on, values) {
            Ok(indexation) => (Some(indexation), false),
            Err(ContractError::NoIndexClause) => (None, false),
            Err(ContractError::IndexValueMissing { .. }) => (None, true),
            Err(other) => return Err(other),
        };
        Ok(RenewalPlan {
            of,
            by: of.successor(),
            organization,
            customer_kind: self.customer_kind,
            deal: self.deal,
            owner: self.owner,
            segment,
            follows,
            terms,
            indexation,
            indexation_pending,
            paused: self.open_pause().is_some_and(|pause| pause.from <= end),
            disputed: self.dispute.is_some(),
        })
    }

    pub(super) fn organization_on(&self, day: NaiveDate) -> OrganizationId {
        let known = self.organizations.on(day).or_else(|| self.organizations.first());
        known.map_or(OrganizationId(uuid::Uuid::nil()), |dated| dated.value)
    }

    /// The lines that go on behind the last day, as they are on it. One that has a last day of its own ends with it.
    pub(super) fn carried_lines(&self, starts_on: NaiveDate) -> Vec<ContractLine> {
        let end = calendar::days_before(starts_on, 1);
        let going_on = self.lines.iter().filter(|line| {
            line.own_end().is_none() && self.coverage(line).is_some_and(|coverage| coverage.contains(end))
        });
        let carried = going_on.filter_map(|line| {
            Some(ContractLine {
                quantity: line.quantities.on(starts_on)?.value,
                price: line.prices.on(starts_on)?.value,
                starts_on,
                ends_on: None,
                steps: Vec::new(),
                ..line.line.clone()
            })
        });
        // What was billed once is not owed again.
        carried
            .filter(|line| line.interval != super::BillingInterval::Once)
            .collect()
    }

    pub(super) fn renew_tacitly(&self, plan: RenewalPlan, number: DocumentNumber, on: NaiveDate) -> Decision {
        if let Some((renewal, _)) = &self.renewed {
            return if renewal.by == plan.by {
                Ok(Vec::new())
            } else {
                Err(ContractError::AlreadyRenewed)
            };
        }
        let fresh = self.renewal_plan(plan.of, &[])?;
        let as_planned = RenewalPlan {
            indexation: plan.indexation.clone(),
            indexation_pending: plan.indexation_pending,
            ..fresh
        };
        if as_planned != plan {
            return Err(ContractError::PlanOutdated);
        }
        let due = calendar::days_before(plan.terms.starts_on, 1);
        if on < due {
            return Err(ContractError::RenewalNotDue { on: due });
        }
        Ok(vec![ContractEvent::ContractRenewed {
            renewal: Renewal {
                by: plan.by,
                number,
                kind: RenewalKind::Tacit,
                starts_on: plan.terms.starts_on,
                ends_on: plan.terms.ends_on,
                disputed: plan.disputed,
                uninformed: plan.follows.uninformed,
                indexation_pending: plan.indexation_pending,
            },
        }])
    }

    /// Early, on time, or late: a contract that expired is renewed all the same, with a gap.
    pub(super) fn renew_expressly(
        &self,
        by: ContractId,
        number: DocumentNumber,
        starts_on: NaiveDate,
        ends_on: Option<NaiveDate>,
    ) -> Decision {
        self.signed()?;
        if let Some((renewal, _)) = &self.renewed {
            return if renewal.by == by {
                Ok(Vec::new())
            } else {
                Err(ContractError::AlreadyRenewed)
            };
        }
        if self.status() != ContractStatus::Expired {
            self.in_force()?;
            if self.notice.is_some() {
                return Err(ContractError::NoticeGiven);
            }
        }
        let end = self.ends_on.ok_or(ContractError::NothingToRenew)?;
        if starts_on <= end {
            return Err(ContractError::RenewalOverlaps { end });
        }
        Ok(vec![ContractEvent::ContractRenewed {
            renewal: Renewal {
                by,
                number,
                kind: RenewalKind::Express,
                starts_on: value::date("startsOn", starts_on)?,
                ends_on,
                disputed: self.dispute.is_some(),
                uninformed: false,
                indexation_pending: false,
            },
        }])
    }
}
