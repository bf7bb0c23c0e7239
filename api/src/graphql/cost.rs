//! What an operation costs: what it could come to is paid before it runs, and what it did not come to is given back.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use async_graphql::{
    Value,
    extensions::{ExtensionContext, ResolveInfo},
    value,
};

use super::errors::{ApiError, ApiResult, ErrorCode};
use crate::{
    policy::Viewer,
    throttle::{Exceeded, Status, Throttle},
};

/// What a mutation costs whatever it answers.
const MUTATION_COST: usize = 50;

/// Measures one operation.
#[derive(Default)]
pub struct Meter {
    /// Once the operation's cost is known, and paid.
    paid: OnceLock<Paid>,
    /// What its fields came to so far.
    resolved: AtomicUsize,
}

struct Paid {
    client: Option<Arc<str>>,
    requested: usize,
    status: Option<Status>,
}

impl Meter {
    /// Takes what the operation may cost out of its sender's bucket. Who has not signed in is slowed down elsewhere.
    pub fn pay(&self, ctx: &ExtensionContext<'_>, requested: usize) -> ApiResult<()> {
        let client = ctx.data_opt::<Viewer>().map(|viewer| viewer.issuer.clone());
        let throttle = ctx.data_opt::<Throttle>().zip(client.as_ref());
        let taken = throttle.map_or(Ok(None), |(throttle, client)| {
            throttle.take(client, requested, Instant::now())
        });
        let paid = Paid {
            client,
            requested,
            status: taken.map_err(|exceeded| refusal(requested, exceeded))?,
        };
        // An operation is validated once.
        let _ = self.paid.set(paid);
        Ok(())
    }

    /// A field is resolved.
    pub fn resolve(&self, info: &ResolveInfo<'_>) {
        let is_mutation = info.path_node.parent.is_none() && info.parent_type == "Mutation";
        let cost = if is_mutation { MUTATION_COST } else { 1 };
        self.resolved.fetch_add(cost, Ordering::Relaxed);
    }

    /// What the operation cost, once it was executed; what it did not need is put back.
    pub fn settle(&self, ctx: &ExtensionContext<'_>) -> Option<Value> {
        let Paid {
            client,
            requested,
            status,
        } = self.paid.get()?;
        let actual = self.resolved.load(Ordering::Relaxed).min(*requested);
        let throttle = ctx.data_opt::<Throttle>().zip(client.as_ref());
        let status = throttle
            .and_then(|(throttle, client)| throttle.give_back(client, requested - actual, Instant::now()))
            .or(*status);
        Some(published(*requested, Some(actual), status))
    }
}

/// The cost of an operation, as answers have it.
fn published(requested: usize, actual: Option<usize>, status: Option<Status>) -> Value {
    let status = status.map(|status| {
        value!({
            "maximumAvailable": status.rate.maximum,
            "currentlyAvailable": status.available as u64,
            "restoreRate": status.rate.restored,
        })
    });
    value!({
        "requestedQueryCost": requested,
        "actualQueryCost": actual,
        "throttleStatus": status.unwrap_or_default(),
    })
}

fn refusal(requested: usize, exceeded: Exceeded) -> ApiError {
    match exceeded {
        Exceeded::Until(wait, status) => {
            let seconds = wait.as_secs_f64().ceil() as u64;
            ApiError::new(
                ErrorCode::RateLimited,
                format!("You have asked for much in a short time: ask again in {seconds} s."),
            )
            .with("retryAfter", seconds)
            .with("cost", published(requested, None, Some(status)))
        }
        Exceeded::Never(rate) => {
            let limit = rate.maximum;
            let message = format!("The operation costs {requested}; {limit} is the limit. Ask for smaller pages.");
            ApiError::new(ErrorCode::ComplexityExceeded, message)
                .with("cost", requested)
                .with("limit", limit)
        }
    }
}
