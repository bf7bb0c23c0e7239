//! Relay's global object identification: any object by its id.

use async_graphql::{Context, ID, Interface, Object, SimpleObject};
use uuid::Uuid;

use super::{
    errors::{ApiError, ApiResult},
    ids::{self, Kind},
    reading::{self, AsOfInput, Reading},
    scalars::BigInt,
};

#[derive(Debug, Clone, SimpleObject)]
pub struct Node {
    id: ID,
}
impl Node {
    pub async fn load(_reading: &Reading, kind: Kind, id: Uuid) -> ApiResult<Option<Self>> {
        Ok(Some(Self {
            id: ids::global(kind, id),
        }))
    }
}

#[derive(Default)]
pub struct NodeQueries;

#[Object]
impl NodeQueries {
    async fn node(&self, ctx: &Context<'_>, id: ID) -> ApiResult<Option<Node>> {
        let (kind, id) = ids::parse(&id)?;
        Node::load(&reading::reading(ctx, None, None).await?, kind, id).await
    }
}
