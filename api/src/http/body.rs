//! The bodies of requests, read as they come: up to a size, and only from senders that keep sending.

use std::time::Duration;

use actix_web::{error::PayloadError, web};
use bytes::Bytes;
use futures::StreamExt;
use tokio::time::{Instant, timeout_at};

use super::MAX_BODY;
use crate::graphql::errors::{ApiError, ApiResult, ErrorCode};

/// Bytes of a second at least, on the average since the body began: what the slowest of networks carry, and too many for
/// whoever wants to hold a connection by a byte now and then.
const LOWEST_RATE: u64 = 1024;
/// How much of an oversized body is read off so that its sender gets to see the answer.
const MAX_DRAINED: usize = 32 * 1024 * 1024;

/// A body that is being sent.
pub(super) struct Body {
    payload: web::Payload,
    /// How long nothing may come, and how far the sender may lag behind the lowest rate.
    wait: Duration,
    begun: Instant,
    received: u64,
}

/// Why a body does not come.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unread {
    #[error("it came too slowly")]
    TooSlow,
    #[error(transparent)]
    Broken(#[from] PayloadError),
}

impl Body {
    pub(super) fn new(payload: web::Payload, wait: Duration) -> Self {
        Self {
            payload,
            wait,
            begun: Instant::now(),
            received: 0,
        }
    }

    /// The next piece; `None` at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, Unread> {
        let earned = Duration::from_millis(self.received.saturating_mul(1000) / LOWEST_RATE);
        let until = (self.begun + self.wait + earned).min(Instant::now() + self.wait);
        let piece = timeout_at(until, self.payload.next()).await;
        let piece = piece.map_err(|_| Unread::TooSlow)?.transpose()?;
        self.received += piece.as_ref().map_or(0, |piece| piece.len() as u64);
        Ok(piece)
    }

    /// All of it, up to the limit. What is beyond is thrown away, within reason, before the refusal.
    pub(super) async fn whole(mut self) -> ApiResult<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut seen = 0_usize;
        while let Some(piece) = self.next().await? {
            seen += piece.len();
            if seen > MAX_DRAINED {
                break;
            }
            if seen <= MAX_BODY {
                bytes.extend_from_slice(&piece);
            } else {
                bytes.clear();
            }
        }
        if seen > MAX_BODY {
            let message = format!("The body is larger than {MAX_BODY} bytes.");
            return Err(ApiError::new(ErrorCode::PayloadTooLarge, message));
        }
        Ok(bytes)
    }
}

impl From<Unread> for ApiError {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::TooSlow => too_slow(),
            Unread::Broken(error) => Self::new(ErrorCode::BadRequest, format!("The body cannot be read: {error}")),
        }
    }
}

pub(super) fn too_slow() -> ApiError {
    ApiError::new(
        ErrorCode::RequestTimeout,
        "The body came too slowly, or not at all: send it again.",
    )
}
