//! Providers of signatures: others who ask a customer to sign, and say what became of it.
//!
//! [`SignatureProvider`] is what such a provider has to be able to do; [`OverHttp`] speaks a small protocol in JSON to
//! whatever stands before the provider that the house has a contract with. What a provider calls back with is believed by
//! nobody: it is asked again.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use domain::Language;
use hyper::header::{AUTHORIZATION, HeaderName};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    config::Secret,
    outgoing::{Answer, Limits, Outgoing, OutgoingError, Question},
};

/// Something to sign.
pub struct Envelope<'a> {
    /// What we know it by: sent again under the same id, it is the same.
    pub id: Uuid,
    /// What the paper is called.
    pub name: &'a str,
    pub paper: &'a [u8],
    pub signers: &'a [Signer],
    pub language: Language,
    /// Until when it can be signed.
    pub expires_at: DateTime<Utc>,
    /// Where the provider may tell that something became of it.
    pub callback: &'a str,
}

/// Who is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signer {
    pub name: Option<String>,
    pub email: String,
}

/// What became of an envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Pending,
    Signed {
        signed_at: DateTime<Utc>,
        /// Who signed, as the provider says.
        signer: Option<Signer>,
        paper: Vec<u8>,
    },
    Declined {
        reason: Option<String>,
    },
    Expired,
}

/// Why a provider is of no use now.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    #[error(transparent)]
    Unanswered(#[from] OutgoingError),
    #[error("the provider answers with status {0}")]
    Status(u16),
    #[error("the provider's answer is not understood: {0}")]
    Answer(String),
}

/// Whoever has documents signed for us.
#[async_trait]
pub trait SignatureProvider: Send + Sync {
    /// What it is called in the journal.
    fn name(&self) -> &'static str;

    /// Asks the signers to sign; asked again under the same id it is the same. The answer is what the provider calls it.
    async fn send(&self, envelope: Envelope<'_>) -> Result<String, ProviderError>;

    /// What became of it.
    async fn outcome(&self, reference: &str) -> Result<Outcome, ProviderError>;
}

/// Bytes of a signed paper at most, as base64 has them.
const LIMITS: Limits = Limits {
    time: Duration::from_secs(20),
    bytes: 48 * 1024 * 1024,
};
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// A provider that is spoken to over HTTP, in JSON.
pub struct OverHttp {
    base: String,
    token: Option<Secret>,
    outgoing: Outgoing,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Asked<'a> {
    id: Uuid,
    name: &'a str,
    /// The paper, in base64.
    document: String,
    signers: &'a [Signer],
    language: &'static str,
    expires_at: DateTime<Utc>,
    callback: &'a str,
}

#[derive(Deserialize)]
struct Taken {
    reference: String,
}

#[derive(Deserialize)]
#[serde(tag = "status", rename_all = "lowercase", rename_all_fields = "camelCase")]
enum Told {
    Pending,
    Signed {
        signed_at: DateTime<Utc>,
        #[serde(default)]
        signer: Option<Signer>,
        document: String,
    },
    Declined {
        #[serde(default)]
        reason: Option<String>,
    },
    Expired,
}

impl OverHttp {
    pub fn new(base: &str, token: Option<Secret>) -> Result<Self, OutgoingError> {
        Ok(Self {
            base: base.trim_end_matches('/').to_owned(),
            token,
            outgoing: Outgoing::new()?,
        })
    }

    async fn ask(&self, question: Question) -> Result<Answer, ProviderError> {
        let question = match &self.token {
            Some(token) => question.with(AUTHORIZATION, format!("Bearer {}", token.reveal())),
            None => question,
        };
        let answer = self.outgoing.ask(question, LIMITS).await?;
        if answer.is_success() {
            Ok(answer)
        } else {
            Err(ProviderError::Status(answer.status))
        }
    }
}

#[async_trait]
impl SignatureProvider for OverHttp {
    fn name(&self) -> &'static str {
        "http"
    }

    async fn send(&self, envelope: Envelope<'_>) -> Result<String, ProviderError> {
        let asked = Asked {
            id: envelope.id,
            name: envelope.name,
            document: STANDARD.encode(envelope.paper),
            signers: envelope.signers,
            language: super::envelopes::language_code(envelope.language),
            expires_at: envelope.expires_at,
            callback: envelope.callback,
        };
        let body = serde_json::to_vec(&asked).map_err(not_understood)?;
        let question = Question::post(format!("{}/envelopes", self.base), "application/json", body);
        let answer = self
            .ask(question.with(IDEMPOTENCY_KEY, envelope.id.to_string()))
            .await?;
        let taken: Taken = serde_json::from_slice(&answer.body).map_err(not_understood)?;
        Ok(taken.reference)
    }

    async fn outcome(&self, reference: &str) -> Result<Outcome, ProviderError> {
        let reference = percent_encoding::utf8_percent_encode(reference, percent_encoding::NON_ALPHANUMERIC);
        let answer = self
            .ask(Question::get(format!("{}/envelopes/{reference}", self.base)))
            .await?;
        Ok(match serde_json::from_slice(&answer.body).map_err(not_understood)? {
            Told::Pending => Outcome::Pending,
            Told::Signed {
                signed_at,
                signer,
                document,
            } => Outcome::Signed {
                signed_at,
                signer,
                paper: STANDARD.decode(document).map_err(not_understood)?,
            },
            Told::Declined { reason } => Outcome::Declined { reason },
            Told::Expired => Outcome::Expired,
        })
    }
}

fn not_understood(error: impl fmt::Display) -> ProviderError {
    ProviderError::Answer(error.to_string())
}
