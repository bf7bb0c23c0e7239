//! What answers about deals join, asked for together: what a deal has several of, its next task, its pipeline.

use std::{collections::HashMap, sync::Arc, time::Duration};

use async_graphql::dataloader::{DataLoader, Loader};
use projections::{
    deal_parts::{competitors, credits, products, tags},
    deal_stage_entries,
    tasks::{self, links},
};
use sea_orm::{ColumnTrait, DatabaseConnection, EntityTrait, Order, QueryFilter, QueryOrder, sea_query::NullOrdering};
use tokio::sync::OnceCell;
use uuid::Uuid;

use crate::{
    graphql::{
        errors::{ApiError, ApiResult},
        ids::Kind,
        pipelines::book::Book,
    },
    policy::Scope,
};

/// The loaders of one reading.
pub struct DealLoaders {
    rows: DataLoader<DealRows>,
    pipelines: OnceCell<Arc<Book>>,
    connection: DatabaseConnection,
}

impl DealLoaders {
    pub fn new(connection: &DatabaseConnection, scope: &Scope, batch: usize, gathering: Duration) -> Self {
        let rows = DealRows {
            connection: connection.clone(),
            scope: scope.clone(),
        };
        let rows = DataLoader::new(rows, tokio::spawn)
            .max_batch_size(batch)
            .delay(gathering);
        Self {
            rows,
            pipelines: OnceCell::new(),
            connection: connection.clone(),
        }
    }

    /// Every pipeline with its stages: there are few.
    pub async fn pipelines(&self) -> ApiResult<Arc<Book>> {
        let book = self
            .pipelines
            .get_or_try_init(|| async { Book::read(&self.connection).await.map(Arc::new) })
            .await?;
        Ok(book.clone())
    }

    pub async fn products(&self, deal: Uuid) -> ApiResult<Vec<products::Model>> {
        Ok(self.rows.load_one(ProductsOf(deal)).await?.unwrap_or_default())
    }

    pub async fn competitors(&self, deal: Uuid) -> ApiResult<Vec<competitors::Model>> {
        Ok(self.rows.load_one(CompetitorsOf(deal)).await?.unwrap_or_default())
    }

    pub async fn credits(&self, deal: Uuid) -> ApiResult<Vec<credits::Model>> {
        Ok(self.rows.load_one(CreditsOf(deal)).await?.unwrap_or_default())
    }

    pub async fn tags(&self, deal: Uuid) -> ApiResult<Vec<tags::Model>> {
        Ok(self.rows.load_one(TagsOf(deal)).await?.unwrap_or_default())
    }

    pub async fn stage_entries(&self, deal: Uuid) -> ApiResult<Vec<deal_stage_entries::Model>> {
        Ok(self.rows.load_one(StageEntriesOf(deal)).await?.unwrap_or_default())
    }

    /// The unfinished task that is due first.
    pub async fn next_task(&self, deal: Uuid) -> ApiResult<Option<tasks::Model>> {
        self.rows.load_one(NextTaskOf(deal)).await
    }
}

/// Loads rows by the deals they belong to.
struct DealRows {
    connection: DatabaseConnection,
    scope: Scope,
}

macro_rules! loads_parts {
    ($key:ident of $($table:ident)::+ by $order:ident) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        struct $key(Uuid);

        impl Loader<$key> for DealRows {
            type Value = Vec<$($table)::+::Model>;
            type Error = ApiError;

            async fn load(&self, keys: &[$key]) -> Result<HashMap<$key, Self::Value>, ApiError> {
                let deals = keys.iter().map(|$key(deal)| *deal);
                let found = $($table)::+::Entity::find()
                    .filter($($table)::+::Column::DealId.is_in(deals))
                    .order_by_asc($($table)::+::Column::DealId)
                    .order_by_asc($($table)::+::Column::$order)
                    .all(&self.connection)
                    .await?;
                let mut parts: HashMap<$key, Self::Value> = HashMap::new();
                for row in found {
                    parts.entry($key(row.deal_id)).or_default().push(row);
                }
                Ok(parts)
            }
        }
    };
}

loads_parts!(ProductsOf of products by Place);
loads_parts!(CompetitorsOf of competitors by Place);
loads_parts!(CreditsOf of credits by Place);
loads_parts!(TagsOf of tags by Place);
loads_parts!(StageEntriesOf of deal_stage_entries by EnteredVersion);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct NextTaskOf(Uuid);

impl Loader<NextTaskOf> for DealRows {
    type Value = tasks::Model;
    type Error = ApiError;

    async fn load(&self, keys: &[NextTaskOf]) -> Result<HashMap<NextTaskOf, Self::Value>, ApiError> {
        let deals = keys.iter().map(|NextTaskOf(deal)| *deal);
        let unfinished = links::Entity::find()
            .filter(links::Column::TargetId.is_in(deals))
            .filter(links::Column::Category.eq(Kind::Deal.category()))
            .filter(tasks::Column::FinishedAt.is_null())
            .filter(self.scope.tasks())
            .find_also_related(tasks::Entity)
            .order_by_with_nulls(tasks::Column::DueOrder, Order::Asc, NullOrdering::Last)
            .order_by_asc(tasks::Column::Id)
            .all(&self.connection)
            .await?;
        let mut next = HashMap::new();
        for (link, task) in unfinished {
            if let Some(task) = task {
                next.entry(NextTaskOf(link.target_id)).or_insert(task);
            }
        }
        Ok(next)
    }
}
