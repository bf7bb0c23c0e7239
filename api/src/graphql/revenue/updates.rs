//! Recurring revenue that somebody has before them: told at once, and again whenever its figures are others.

use std::{
    collections::HashSet,
    sync::{Arc, LazyLock},
    time::Duration,
};

use async_graphql::{Context, Subscription};
use chrono::NaiveDate;
use domain::{
    Decider, Event,
    contract::ContractState,
    recurring_revenue::{Book, Period, RevenueSettings, Selection},
};
use futures::{
    FutureExt, Stream, StreamExt,
    stream::{self, BoxStream},
};
use tokio::time::{Instant, sleep_until, timeout};

use super::{Question, RecurringRevenue, RevenueView, whole};
use crate::{
    application::Application,
    graphql::{
        errors::{ApiError, ApiResult},
        reading::{PATIENCE, Reading},
        resuming,
        scalars::Date,
        session::Session,
    },
    live::{self, Happened, Interest},
    policy::Scope,
};

/// Figures are counted no more often than this for one follower: what happens in between is one update.
const PAUSE: Duration = Duration::from_millis(250);
/// And it is looked whether another day has begun no less often than this.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// What happens elsewhere than to contracts, and may change revenue.
const BESIDE_CONTRACTS: [&str; 4] = [
    "OrganizationMergedInto",
    "CompanyIdentified",
    "CompanyRevenueRulesSet",
    "ExchangeRateSet",
];

/// The events by which revenue may be another one.
static INTEREST: LazyLock<Interest> = LazyLock::new(|| {
    let concern =
        Event::types().filter(|known| known.category == ContractState::TYPE || BESIDE_CONTRACTS.contains(&known.name));
    let (types, categories): (HashSet<_>, HashSet<_>) = concern
        .map(|known| (Arc::<str>::from(known.name), Arc::<str>::from(known.category)))
        .unzip();
    Interest {
        types: Some(types),
        categories: Some(categories),
        ..Interest::default()
    }
});

/// Figures that are no movements: they follow terms, and the day on which they are looked at.
const OF_TERMS: [&str; 4] = ["contractedMrr", "renewalRate", "toRenew", "restatement"];

#[derive(Default)]
pub struct RevenueSubscription;

#[Subscription]
impl RevenueSubscription {
    /// Recurring revenue as `recurringRevenue` tells it: at once, and again after each commit that changes one of the
    /// figures, four times a second at most. `position` says up to where in the journal everything is in it.
    #[graphql(complexity = "100 + child_complexity")]
    async fn recurring_revenue_updates(
        &self,
        ctx: &Context<'_>,
        from: Date,
        #[graphql(desc = "Absent: today, also once that is another day.")] to: Option<Date>,
        #[graphql(desc = "Without `knownAt` and `scenario`: neither moves.")] view: Option<RevenueView>,
    ) -> Result<impl Stream<Item = ApiResult<RecurringRevenue>> + 'static, ApiError> {
        let scope = whole(ctx, None).await?.scope().clone();
        let question = Question::of(from, to, view.unwrap_or_default())?;
        if question.known_until.is_some() || question.scenario.is_some() {
            return Err(ApiError::bad_input(
                "What was known at a moment, and a scenario, do not move: ask `recurringRevenue` for them.",
            ));
        }
        let application = ctx.application()?.clone();
        let (place, _) = resuming::begin(ctx, None).await?;
        let after = application.journal.head().await?.position;
        let asked = ctx.look_ahead();
        let follower = Follower {
            happening: live::follow(application.live.clone(), after, INTEREST.clone()).boxed(),
            application,
            scope,
            of_terms: OF_TERMS.iter().any(|field| asked.field(field).exists()),
            question,
            looked: Instant::now(),
            told: None,
        };
        let updates = stream::unfold(follower, async |mut follower| {
            let told = follower.next().await?;
            Some((told, follower))
        });
        Ok(place.keep(updates, |revenue| revenue.position))
    }
}

struct Follower {
    application: Arc<Application>,
    scope: Scope,
    question: Question,
    /// Whether figures are asked for that are no movements.
    of_terms: bool,
    happening: BoxStream<'static, ApiResult<Arc<Happened>>>,
    looked: Instant,
    told: Option<Told>,
}

/// What the last update was made of. Not the portfolio: whoever holds it makes the next event copy it.
struct Told {
    today: NaiveDate,
    period: Period,
    book: Arc<Book>,
    terms: Option<Terms>,
}

/// What figures of terms follow.
#[derive(PartialEq)]
struct Terms {
    today: NaiveDate,
    decided: u64,
    settings: RevenueSettings,
}

impl Follower {
    /// What is told next; nothing when all is told.
    async fn next(&mut self) -> Option<ApiResult<RecurringRevenue>> {
        loop {
            if let Some(told) = &self.told {
                let today = told.today;
                match self.something(today).await {
                    Ok(true) => {}
                    Ok(false) => return None,
                    Err(error) => return Some(Err(error)),
                }
            }
            let revenue = match self.look().await {
                Ok(revenue) => revenue,
                Err(error) => return Some(Err(error)),
            };
            let now = self.told_by(&revenue);
            let before = self.told.replace(now);
            let is_news = match (&before, &self.told) {
                (Some(before), Some(now)) => !before.is_like(now, &self.question.selection),
                _ => true,
            };
            if is_news {
                return Some(Ok(revenue));
            }
        }
    }

    /// Until something happened by which figures may be others, and what happened soon after it; whether there is more to
    /// come.
    async fn something(&mut self, today: NaiveDate) -> ApiResult<bool> {
        loop {
            match timeout(LONGEST_WAIT, self.happening.next()).await {
                Ok(Some(happened)) => {
                    happened?;
                    break;
                }
                Ok(None) => return Ok(false),
                Err(_) if self.application.sales.house().await?.today != today => break,
                Err(_) => {}
            }
        }
        sleep_until(self.looked + PAUSE).await;
        while let Some(Some(happened)) = self.happening.next().now_or_never() {
            happened?;
        }
        Ok(true)
    }

    /// The figures as they are now, beside views that have everything that they were made of.
    async fn look(&mut self) -> ApiResult<RecurringRevenue> {
        self.looked = Instant::now();
        let head = self.application.journal.head().await?.position;
        let handle = self.application.views.wait_for(head, PATIENCE).await?;
        let reading = Reading::new(handle, self.scope.clone());
        self.question.answer(&self.application, reading, None).await
    }

    fn told_by(&self, revenue: &RecurringRevenue) -> Told {
        Told {
            today: revenue.today,
            period: revenue.period,
            book: revenue.book.clone(),
            terms: self.of_terms.then(|| Terms {
                today: revenue.today,
                decided: revenue.portfolio.decided(),
                settings: revenue.asked.settings.clone(),
            }),
        }
    }
}

impl Told {
    /// Whether every figure is the same.
    fn is_like(&self, other: &Self, of: &Selection) -> bool {
        self.period == other.period
            && self.terms == other.terms
            && (Arc::ptr_eq(&self.book, &other.book) || self.book.tells_the_same(&other.book, self.period.until, of))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_change_revenue_are_events_that_there_are() {
        let types = INTEREST.types.as_ref().unwrap();
        for name in BESIDE_CONTRACTS {
            assert!(types.contains(name), "{name}");
        }
        assert!(types.contains("ContractTerminated"));
        let categories = INTEREST.categories.as_ref().unwrap();
        assert_eq!(categories.len(), 3, "{categories:?}");
    }
}
