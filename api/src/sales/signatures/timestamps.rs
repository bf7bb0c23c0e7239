//! Time stamps on seals (RFC 3161): a third party vouches for when a quote was signed.

use std::time::Duration;

use domain::quote::SealTimestamp;
use sealing::{SealError, Signed, TimestampToken};

use crate::outgoing::{Limits, Outgoing, OutgoingError, Question};

/// An authority answers in a moment; whoever waits here is nobody's browser.
const LIMITS: Limits = Limits {
    time: Duration::from_secs(10),
    bytes: 64 * 1024,
};
/// How often an authority is asked before the seal goes without it.
const ATTEMPTS: u8 = 2;
const QUERY: &str = "application/timestamp-query";

/// The time-stamping authority that the operator named.
#[derive(Clone)]
pub struct Authority {
    url: String,
    outgoing: Outgoing,
}

/// Why there is no time stamp.
#[derive(Debug, thiserror::Error)]
enum NoTimestamp {
    #[error(transparent)]
    Unanswered(#[from] OutgoingError),
    #[error("the authority answers with status {0}")]
    Status(u16),
    #[error(transparent)]
    Unusable(#[from] SealError),
}

impl Authority {
    pub fn new(url: &str) -> Result<Self, OutgoingError> {
        Ok(Self {
            url: url.to_owned(),
            outgoing: Outgoing::new()?,
        })
    }

    /// The seal with a time stamp; without one where the authority gives none, and why.
    pub async fn stamped(&self, signed: Signed) -> (Signed, SealTimestamp) {
        let mut attempt = 1;
        loop {
            match self.token(&signed).await {
                Ok(token) => {
                    let given = SealTimestamp::Given {
                        at: token.time(),
                        authority: token
                            .authority()
                            .map_or_else(String::new, sealing::Certificate::subject),
                    };
                    match signed.clone().with_timestamp(token) {
                        Ok(stamped) => return (stamped, given),
                        Err(error) => return (signed, failed(&error)),
                    }
                }
                Err(error) if attempt == ATTEMPTS => {
                    tracing::warn!(%error, authority = self.url, "a seal goes without a time stamp");
                    return (signed, failed(&error));
                }
                Err(_) => attempt += 1,
            }
        }
    }

    async fn token(&self, signed: &Signed) -> Result<TimestampToken, NoTimestamp> {
        let request = signed.timestamp_request()?;
        let query = request.to_der().map_err(SealError::from)?;
        let answer = self
            .outgoing
            .ask(Question::post(&self.url, QUERY, query), LIMITS)
            .await?;
        if !answer.is_success() {
            return Err(NoTimestamp::Status(answer.status));
        }
        Ok(TimestampToken::from_response(&request, &answer.body).map_err(SealError::from)?)
    }
}

fn failed(error: &dyn std::fmt::Display) -> SealTimestamp {
    SealTimestamp::Failed {
        reason: error.to_string(),
    }
}
