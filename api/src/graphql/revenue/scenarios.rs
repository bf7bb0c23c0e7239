//! What-if: hypotheses laid over the journal, in a copy that expires.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use domain::{OrganizationId, billing::Percentage};
use uuid::Uuid;

use super::{bad_input, failed, whole};
use crate::{
    graphql::{
        errors::{ApiError, ApiResult},
        ids::{self, Kind},
        scalars::{Date, Decimal, Moment},
        session::Session,
    },
    revenue::Hypothesis,
};

/// Hypotheses of one scenario, at most.
const HYPOTHESES_MAX: usize = 50;

/// Every line of contracts in force costs so many percent more from a day on, or less.
#[derive(Debug, Clone, InputObject)]
pub struct PriceChangeHypothesis {
    on: Date,
    percent: Decimal,
    /// Of one segment; absent: of all.
    segment: Option<String>,
}

/// A customer's contracts all end on a day.
#[derive(Debug, Clone, InputObject)]
pub struct CustomerLostHypothesis {
    customer: ID,
    last_day: Date,
}

/// Of the terms that end between two days and renew tacitly, so many in a hundred are renewed.
#[derive(Debug, Clone, InputObject)]
pub struct RenewalRateHypothesis {
    from: Date,
    to: Date,
    percent: Decimal,
}

/// Something that might happen: one of these.
#[derive(Debug, Clone, InputObject)]
pub struct RevenueHypothesisInput {
    price_change: Option<PriceChangeHypothesis>,
    customer_lost: Option<CustomerLostHypothesis>,
    renewal_rate: Option<RenewalRateHypothesis>,
}

impl RevenueHypothesisInput {
    fn of(self) -> ApiResult<Hypothesis> {
        match (self.price_change, self.customer_lost, self.renewal_rate) {
            (Some(change), None, None) => {
                if change.percent.0.abs() > rust_decimal::Decimal::ONE_HUNDRED {
                    return Err(ApiError::bad_input("`percent` is between −100 and 100."));
                }
                Ok(Hypothesis::PriceChange {
                    on: change.on.0,
                    percent: change.percent.0,
                    segment: change.segment,
                })
            }
            (None, Some(lost), None) => Ok(Hypothesis::CustomerLost {
                customer: OrganizationId(ids::parse_as(Kind::Organization, &lost.customer)?),
                last_day: lost.last_day.0,
            }),
            (None, None, Some(rate)) => Ok(Hypothesis::RenewalRate {
                from: rate.from.0,
                until: rate.to.0,
                percent: Percentage::new("percent", rate.percent.0).map_err(|refusal| bad_input(&refusal))?,
            }),
            _ => Err(ApiError::bad_input("A hypothesis is exactly one of the three.")),
        }
    }
}

/// A scenario, for `recurringRevenue(view: { scenario })`.
#[derive(Debug, Clone, SimpleObject)]
pub struct RevenueScenario {
    id: Uuid,
    /// How many contracts the hypotheses change. What a contract would refuse does not happen to it.
    contracts: usize,
    expires_at: Moment,
}

#[derive(Default)]
pub struct ScenarioQueries;

#[Object]
impl ScenarioQueries {
    /// Lays hypotheses over the journal as it is now, in a copy: nothing is written. It is kept for an hour, for whoever made
    /// it, by the process that made it.
    #[graphql(complexity = "500 + child_complexity")]
    async fn revenue_scenario(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Up to 50, laid one after the other.")] hypotheses: Vec<RevenueHypothesisInput>,
    ) -> ApiResult<RevenueScenario> {
        if hypotheses.len() > HYPOTHESES_MAX {
            return Err(ApiError::bad_input(format!("At most {HYPOTHESES_MAX} hypotheses.")));
        }
        whole(ctx, None).await?;
        let hypotheses: Vec<Hypothesis> = hypotheses
            .into_iter()
            .map(RevenueHypothesisInput::of)
            .collect::<ApiResult<_>>()?;
        let application = ctx.application()?;
        let house = application.sales.house().await?;
        let base = application.revenue.portfolio(&house.company).await.map_err(failed)?;
        let owner = ctx.viewer()?.user();
        let when = (house.now, house.today);
        let made = application.scenarios.make(&base, &hypotheses, owner, when);
        let made = made.map_err(|refusal| bad_input(&refusal))?;
        Ok(RevenueScenario {
            id: made.id,
            contracts: made.contracts,
            expires_at: Moment(made.expires_at),
        })
    }
}
