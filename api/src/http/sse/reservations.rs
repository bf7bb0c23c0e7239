//! Streams that were reserved: the single-connection mode, in which requests beside a stream begin and end what it says.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::mpsc;

use super::stream::{Order, Stream};
use crate::{
    graphql::errors::{ApiError, ApiResult, ErrorCode},
    http::Server,
    policy::Viewer,
};

/// Streams at a time, over all clients.
const MAX_RESERVED: usize = 10_000;
/// Orders that wait for a stream.
const WAITING: usize = 8;

/// The reserved streams by their tokens.
#[derive(Default)]
pub(in crate::http) struct Reservations(Mutex<HashMap<String, Reserved>>);

#[derive(Clone)]
struct Reserved {
    issuer: Arc<str>,
    orders: mpsc::Sender<Order>,
}

impl Reservations {
    /// Reserves a stream; its token opens it, once.
    pub(super) fn reserve(server: &Arc<Server>, viewer: Viewer) -> ApiResult<String> {
        let (orders, taken) = mpsc::channel(WAITING);
        let token = hex::encode(rand::random::<[u8; 32]>());
        let reserved = Reserved {
            issuer: viewer.issuer.clone(),
            orders,
        };
        {
            let mut all = server.reservations.0.lock().unwrap_or_else(PoisonError::into_inner);
            if all.len() >= MAX_RESERVED {
                return Err(ApiError::new(
                    ErrorCode::Busy,
                    "Too many streams are open: try again later.",
                ));
            }
            all.insert(token.clone(), reserved);
        }
        let stream = Stream::single(server.clone(), viewer, taken);
        let (server, name) = (server.clone(), token.clone());
        server.runtime.clone().spawn(async move {
            stream.run().await;
            let mut all = server.reservations.0.lock().unwrap_or_else(PoisonError::into_inner);
            all.remove(&name);
        });
        Ok(token)
    }

    /// Gives an order to the stream of a token. `issuer`: whose it must be, unless the token alone will do.
    pub(super) async fn order(&self, token: &str, issuer: Option<&str>, order: Order) -> ApiResult<()> {
        let found = {
            let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            all.get(token).cloned()
        };
        let unknown = || ApiError::new(ErrorCode::NotFound, "No stream is reserved under this token.");
        let reserved = found
            .filter(|found| issuer.is_none_or(|issuer| *found.issuer == *issuer))
            .ok_or_else(unknown)?;
        reserved.orders.send(order).await.map_err(|_| unknown())
    }
}
