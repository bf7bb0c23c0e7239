//! What a contract is on a day, read off the timelines of its lines.

use std::sync::Arc;

use async_graphql::Object;
use chrono::NaiveDate;
use domain::{
    contract::{ContractState, LineState},
    document::LineId,
};

use super::{ContractLine, ContractStatus};
use crate::graphql::{
    errors::ApiResult,
    organizations::Organization,
    reading::Reading,
    scalars::{Date, Decimal},
};

/// A contract on a day, whenever what holds on it was said.
pub struct ContractOnDay {
    state: Arc<ContractState>,
    day: NaiveDate,
    reading: Reading,
}

impl ContractOnDay {
    pub(super) fn of(state: &Arc<ContractState>, day: NaiveDate, reading: &Reading) -> Self {
        Self {
            state: state.clone(),
            day,
            reading: reading.clone(),
        }
    }
}

#[Object]
impl ContractOnDay {
    async fn day(&self) -> Date {
        Date(self.day)
    }

    /// Signed before its first day, over behind the last one that is known.
    async fn status(&self) -> Option<ContractStatus> {
        self.state.status_on(self.day).map(Into::into)
    }

    /// Whose contract it is.
    #[graphql(complexity = "child_complexity + 1")]
    async fn organization(&self) -> ApiResult<Option<Organization>> {
        match self.state.organization_on(self.day) {
            Some(organization) => Organization::load(&self.reading, organization.0).await,
            None => Ok(None),
        }
    }

    /// By which revenue is split up.
    async fn segment(&self) -> Option<String> {
        let known = self.state.segments().filter(|(from, ..)| *from <= self.day);
        known.last().and_then(|(_, segment, _)| segment.map(str::to_owned))
    }

    /// Those that are owed, also during a pause.
    #[graphql(complexity = "5 * child_complexity + 1")]
    async fn lines(&self) -> Vec<ContractLineOnDay> {
        let lines = self.state.lines().filter(|line| {
            let coverage = self.state.coverage(line.line.id);
            coverage.is_some_and(|coverage| coverage.contains(self.day))
        });
        let lines = lines.map(|line| ContractLineOnDay {
            line: line.clone(),
            state: self.state.clone(),
            day: self.day,
            reading: self.reading.clone(),
        });
        lines.collect()
    }

    /// Monthly recurring revenue: not rounded, in the contract's currency; nothing during a pause.
    async fn mrr(&self) -> Decimal {
        Decimal(self.state.mrr_on(self.day))
    }
}

/// Something that is owed on a day.
pub struct ContractLineOnDay {
    line: LineState,
    state: Arc<ContractState>,
    day: NaiveDate,
    reading: Reading,
}

impl ContractLineOnDay {
    const fn id(&self) -> LineId {
        self.line.line.id
    }
}

#[Object]
impl ContractLineOnDay {
    async fn number(&self) -> u32 {
        self.id().0
    }

    async fn name(&self) -> &str {
        &self.line.line.name
    }

    /// How many are owed.
    async fn quantity(&self) -> Option<Decimal> {
        let quantity = self.line.quantities.on(self.day)?;
        Some(Decimal(quantity.value.as_decimal()))
    }

    /// What one costs, for one billing period and without tax.
    async fn unit_price(&self) -> Option<Decimal> {
        let price = self.line.prices.on(self.day)?;
        Some(Decimal(price.value.unit_price.as_decimal()))
    }

    /// In hundred.
    async fn discount_percent(&self) -> Option<Decimal> {
        let price = self.line.prices.on(self.day)?;
        price.value.discount.map(|percent| Decimal(percent.as_decimal()))
    }

    async fn mrr(&self) -> Decimal {
        Decimal(self.state.line_mrr_on(self.id(), self.day))
    }

    /// The whole line, on all of its days.
    #[graphql(complexity = "child_complexity + 1")]
    async fn line(&self) -> ContractLine {
        ContractLine::of(&self.line, &self.state, &self.reading)
    }
}
