//! What late payment of an invoice costs, and how much of it was asked for (C. com. art. L441-10, II).

use chrono::{Datelike, NaiveDate};

use super::{InvoiceError, InvoiceEvent, InvoiceState, decide::Decision, state::Issued};
use crate::{
    BlobHash, Currency,
    billing::{
        HalfYear, LateInterestError, LateInterestRates,
        late_interest::{FIXED_INDEMNITY, InterestPart, interest_parts, rounded},
    },
};

impl InvoiceState {
    /// Days and amounts that lowered what is owed, or raised it again (negative): payments by their value date, credit
    /// notes, the discount, a write-off.
    pub fn movements(&self) -> &[(NaiveDate, i64)] {
        self.issued.as_ref().map_or(&[], |issued| &issued.movements)
    }

    /// Interest from the due dates to this day, whatever was claimed of it: at the rate that the invoice says, else at
    /// these. Rounded once.
    pub fn late_interest(&self, until: NaiveDate, rates: &LateInterestRates) -> Result<i64, LateInterestError> {
        let parts = self
            .issued
            .as_ref()
            .map_or(Ok(Vec::new()), |issued| issued.interest(NaiveDate::MIN, until, rates))?;
        Ok(rounded(&parts))
    }

    /// What a claim up to this day consists of: the interest since the last one.
    pub fn unclaimed_interest(
        &self,
        until: NaiveDate,
        rates: &LateInterestRates,
    ) -> Result<Vec<InterestPart>, LateInterestError> {
        self.issued.as_ref().map_or(Ok(Vec::new()), |issued| {
            issued.interest(issued.claims.until.unwrap_or(NaiveDate::MIN), until, rates)
        })
    }

    /// Whether the fixed indemnity is still to be claimed. Forty euros, whatever the invoice is in: another currency has
    /// no such amount.
    pub fn owes_indemnity(&self, professional: bool) -> bool {
        self.issued.as_ref().is_some_and(|issued| {
            professional && issued.invoice.content.currency == Currency::EUR && !issued.claims.indemnity
        })
    }

    /// The last day for which interest was claimed.
    pub fn interest_claimed_until(&self) -> Option<NaiveDate> {
        self.issued.as_ref().and_then(|issued| issued.claims.until)
    }

    pub(super) fn claim_late_interest(
        &self,
        until: NaiveDate,
        rates: &LateInterestRates,
        professional: bool,
        document: Option<BlobHash>,
    ) -> Decision {
        let issued = self.payable()?;
        let since = issued.claims.until.unwrap_or(NaiveDate::MIN);
        let late = issued.stretches(since, until).next().is_some();
        if !late {
            return Err(InvoiceError::NotOverdue);
        }
        let indemnity = if self.owes_indemnity(professional) {
            FIXED_INDEMNITY
        } else {
            0
        };
        let interest = rounded(&issued.interest(since, until, rates)?);
        if interest + indemnity == 0 {
            return Err(InvoiceError::NotOverdue);
        }
        Ok(vec![InvoiceEvent::LateInterestClaimed {
            until,
            interest,
            indemnity,
            document,
        }])
    }
}

/// What was due from a day on, and the last day before more of it was.
struct Stretch {
    amount: i64,
    from: NaiveDate,
    to: NaiveDate,
}

impl Issued {
    fn interest(
        &self,
        since: NaiveDate,
        until: NaiveDate,
        rates: &LateInterestRates,
    ) -> Result<Vec<InterestPart>, LateInterestError> {
        let agreed = self.agreed_rates(until);
        let rates = agreed.as_ref().unwrap_or(rates);
        let mut parts = Vec::new();
        for stretch in self.stretches(since, until) {
            let of_stretch = interest_parts(stretch.amount, stretch.from, &self.movements, stretch.to, rates)?;
            parts.extend(of_stretch);
        }
        Ok(parts)
    }

    /// The stretches of time between due dates in which something was owed and not paid.
    fn stretches(&self, since: NaiveDate, until: NaiveDate) -> impl Iterator<Item = Stretch> {
        let schedule = &self.invoice.schedule;
        let ends = schedule.iter().skip(1).map(|part| part.due).chain([NaiveDate::MAX]);
        let due = schedule.iter().scan(0, |sum, part| {
            *sum += part.amount;
            Some((part.due, *sum))
        });
        let stretches = due.zip(ends).map(move |((due, amount), next)| Stretch {
            amount,
            from: due.max(since),
            to: next.min(until),
        });
        stretches.filter(|stretch| stretch.from < stretch.to && stretch.amount > self.settled_by(stretch.from))
    }

    fn settled_by(&self, day: NaiveDate) -> i64 {
        let until = self.movements.iter().filter(|(on, _)| *on <= day);
        until.map(|(_, amount)| amount).sum()
    }

    /// The invoice's own rate for every half-year, where it says one.
    fn agreed_rates(&self, until: NaiveDate) -> Option<LateInterestRates> {
        let rate = self.invoice.late_interest_rate?;
        let years = self.invoice.issued_on.year()..=until.year();
        let half_years = years.flat_map(|year| [1, 2].map(|half| HalfYear { year, half }));
        Some(half_years.map(|half_year| (half_year, rate)).collect())
    }
}
