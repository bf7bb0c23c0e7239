//! How events are written: `text/event-stream`, as the protocol of `graphql-sse` has it.

use async_graphql::Response;
use bytes::Bytes;
use journal::Position;
use serde::Serialize;

use crate::{
    graphql::errors::{ApiError, ApiResult},
    http::answer::Answer,
};

/// A comment: tells the client, and whatever stands in between, that the connection lives.
pub(super) const KEEP_ALIVE: Bytes = Bytes::from_static(b":\n\n");

/// How a stream tells its operations apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// One stream for each operation. It can be resumed by `Last-Event-ID`.
    Distinct,
    /// One stream for all of a client's operations, each with its id.
    Single,
}

#[derive(Serialize)]
struct OfOperation<'a, P: Serialize> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<P>,
}

impl Mode {
    pub(super) fn next(self, id: &str, response: &Response, position: Option<Position>) -> ApiResult<Bytes> {
        let payload = Answer::from(response);
        let data = match self {
            Self::Distinct => serde_json::to_string(&payload),
            Self::Single => serde_json::to_string(&OfOperation {
                id,
                payload: Some(payload),
            }),
        };
        let data = data.map_err(|error| ApiError::internal("an answer cannot be written as JSON", &error))?;
        let place = match (self, position) {
            (Self::Distinct, Some(position)) => format!("id: {position}\n"),
            _ => String::new(),
        };
        Ok(format!("event: next\n{place}data: {data}\n\n").into())
    }

    pub(super) fn complete(self, id: &str) -> ApiResult<Bytes> {
        let of = OfOperation::<()> { id, payload: None };
        let data = match self {
            Self::Distinct => String::new(),
            Self::Single => serde_json::to_string(&of)
                .map_err(|error| ApiError::internal("an operation's id cannot be written as JSON", &error))?,
        };
        Ok(format!("event: complete\ndata: {data}\n\n").into())
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::Value;

    use super::*;

    #[test]
    fn events_are_written_as_the_protocol_has_them() {
        let response = Response::new(Value::from(1));
        let text = |bytes: ApiResult<Bytes>| String::from_utf8(bytes.unwrap().to_vec()).unwrap();
        assert_eq!(
            text(Mode::Distinct.next("", &response, Some(Position(7)))),
            "event: next\nid: 7\ndata: {\"data\":1}\n\n"
        );
        assert_eq!(
            text(Mode::Single.next("a", &response, Some(Position(7)))),
            "event: next\ndata: {\"id\":\"a\",\"payload\":{\"data\":1}}\n\n"
        );
        assert_eq!(text(Mode::Distinct.complete("")), "event: complete\ndata: \n\n");
        assert_eq!(
            text(Mode::Single.complete("a")),
            "event: complete\ndata: {\"id\":\"a\"}\n\n"
        );
    }
}
