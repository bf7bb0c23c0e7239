//! What events changed, field by field.

use std::{collections::BTreeMap, sync::Arc};

use async_graphql::{Context, SimpleObject};
use domain::fields::FieldDifference;
use journal::{EventHeader, StreamId, Version};
use tokio::sync::OnceCell;

use super::{errors::ApiResult, events::withhold, scalars::Json, session::Session};
use crate::past::Past;

/// One field before and after.
#[derive(Debug, Clone, SimpleObject)]
pub struct FieldChange {
    /// The field's name; what is kept under keys has the key behind a point, as in `consents.EMAIL_MARKETING`.
    pub field: String,
    /// Null: it had no value. Data about a person stands under `$personal`, or as `$erased` once it was erased.
    pub before: Json,
    /// Null: it has none any more.
    pub after: Json,
}

impl FieldChange {
    pub fn new(difference: FieldDifference, sees_persons: bool) -> Self {
        Self {
            field: difference.field,
            before: shown(difference.before, sees_persons),
            after: shown(difference.after, sees_persons),
        }
    }
}

/// A value as its reader may see it.
pub fn shown(mut value: serde_json::Value, sees_persons: bool) -> Json {
    if !sees_persons {
        withhold(&mut value);
    }
    Json(value)
}

type Steps = BTreeMap<Version, Vec<FieldDifference>>;

/// Some consecutive events of a stream. What they changed is found out for all of them at once, when somebody asks.
#[derive(Debug)]
pub struct Trail {
    stream: StreamId,
    after: Version,
    last: Version,
    steps: OnceCell<Arc<Steps>>,
}

impl Trail {
    pub fn of(stream: StreamId, after: Version, last: Version) -> Self {
        Self {
            stream,
            after,
            last,
            steps: OnceCell::new(),
        }
    }

    pub fn of_one(header: &EventHeader) -> Self {
        let last = header.version;
        Self::of(header.stream.clone(), Version(last.0.saturating_sub(1)), last)
    }

    /// What the event of this version changed.
    pub async fn changes(&self, ctx: &Context<'_>, version: Version) -> ApiResult<Vec<FieldChange>> {
        let application = ctx.application()?;
        let past = Past {
            journal: application.journal.as_ref(),
            codec: &application.codec,
            stream: &self.stream,
        };
        let load = || async { past.steps(self.after, self.last).await.map(Arc::new) };
        let steps = self.steps.get_or_try_init(load).await?;
        let sees_persons = ctx.viewer()?.sees_persons();
        let told = steps.get(&version).cloned().unwrap_or_default();
        Ok(told
            .into_iter()
            .map(|difference| FieldChange::new(difference, sees_persons))
            .collect())
    }
}
