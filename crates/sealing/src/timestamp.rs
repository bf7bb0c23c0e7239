//! Time stamps (RFC 3161): the question, the answer, and what an answer is worth. Carrying them is the caller's.

use chrono::{DateTime, Utc};
use der::{
    Any, Decode, Encode, Tag, Tagged,
    asn1::{Int, OctetString, Uint},
};
use x509_cert::{ext::pkix::name::GeneralName, spki::AlgorithmIdentifierOwned};

use crate::{
    asn1::{Hash, ID_TST_INFO, MessageImprint, SHA_256, TimeStampReq, TimeStampResp, TstInfo, sha256},
    certificate::Certificate,
    check::Check,
    cms::Envelope,
    key::{KeyError, random},
    pdf::read_generalized_time,
};

/// Longer answers are not read.
const LONGEST: usize = 64 * 1024;

/// Why an answer is no time stamp.
#[derive(Debug, thiserror::Error)]
pub enum TimestampError {
    #[error("the answer is not what RFC 3161 describes: {0}")]
    Malformed(#[from] der::Error),
    /// The authority's reason, where it says one: worth another try later, or another authority.
    #[error("the time-stamp authority refuses (status {status}): {reason}")]
    Refused { status: u32, reason: String },
    #[error("the time stamp is of something else")]
    OtherImprint,
    /// An old answer, or one to somebody else's question.
    #[error("the time stamp answers another question")]
    OtherNonce,
    #[error("the time stamp came without the certificate of the authority")]
    NoCertificate,
    #[error("the authority's certificate is not one for time stamps, or is not valid at the time of the stamp")]
    WrongCertificate,
    #[error("the time stamp's signature is wrong, or of a kind that cannot be checked")]
    WrongSignature,
    #[error("the answer is longer than any time stamp")]
    TooLong,
    #[error(transparent)]
    Randomness(#[from] KeyError),
}

/// A question to a time-stamp authority: `application/timestamp-query` over HTTP (RFC 3161 §3.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimestampRequest {
    imprint: [u8; 32],
    nonce: [u8; 8],
}

impl TimestampRequest {
    pub(crate) fn new(stamped: &[u8]) -> Result<Self, KeyError> {
        Ok(Self {
            imprint: sha256(&[stamped]),
            nonce: random()?,
        })
    }

    pub fn to_der(&self) -> Result<Vec<u8>, TimestampError> {
        let request = TimeStampReq {
            version: 1,
            message_imprint: MessageImprint {
                // With NULL, as authorities have always been asked.
                hash_algorithm: AlgorithmIdentifierOwned {
                    oid: SHA_256,
                    parameters: Some(Any::null()),
                },
                hashed_message: OctetString::new(self.imprint)?,
            },
            req_policy: None,
            nonce: Some(self.nonce()?),
            cert_req: true,
        };
        Ok(request.to_der()?)
    }

    fn nonce(&self) -> der::Result<Int> {
        Ok(Uint::new(&self.nonce)?.into())
    }
}

/// The answer of a time-stamp authority.
#[derive(Debug, Clone)]
pub struct TimestampToken {
    any: Any,
    parsed: Parsed,
}

impl TimestampToken {
    /// Reads an answer (`application/timestamp-reply`) and takes it when it is one to this question and its signature is
    /// right. Whether the authority is to be trusted is not asked here.
    pub fn from_response(request: &TimestampRequest, response: &[u8]) -> Result<Self, TimestampError> {
        if response.len() > LONGEST {
            return Err(TimestampError::TooLong);
        }
        let response = TimeStampResp::from_der(response)?;
        let any = match (response.status.status, response.token) {
            (0 | 1, Some(token)) => token, // granted, with or without changes
            (status, _) => {
                let reason = response.status.status_string.unwrap_or_default().join("; ");
                return Err(TimestampError::Refused { status, reason });
            }
        };
        let parsed = Parsed::from_der(&any.to_der()?)?;
        if !parsed.has_imprint(Hash::Sha256, &request.imprint) {
            return Err(TimestampError::OtherImprint);
        }
        if parsed.info.nonce != Some(request.nonce()?) {
            return Err(TimestampError::OtherNonce);
        }
        let authority = parsed.authority.as_ref().ok_or(TimestampError::NoCertificate)?;
        if parsed.signature() != Check::Valid {
            return Err(TimestampError::WrongSignature);
        }
        if !authority.is_for_time_stamping() || !authority.is_valid_at(parsed.time) {
            return Err(TimestampError::WrongCertificate);
        }
        Ok(Self { any, parsed })
    }

    /// The moment that the authority vouches for.
    pub fn time(&self) -> DateTime<Utc> {
        self.parsed.time
    }

    pub fn authority(&self) -> Option<&Certificate> {
        self.parsed.authority.as_ref()
    }

    pub fn to_der(&self) -> Result<Vec<u8>, TimestampError> {
        Ok(self.any.to_der()?)
    }

    pub(crate) fn any(&self) -> &Any {
        &self.any
    }

    pub(crate) fn is_of(&self, stamped: &[u8]) -> bool {
        self.parsed.is_of(&[stamped])
    }
}

/// A time stamp, taken apart.
#[derive(Debug, Clone)]
pub(crate) struct Parsed {
    envelope: Envelope,
    info: TstInfo,
    digest: Vec<u8>,
    pub(crate) time: DateTime<Utc>,
    pub(crate) authority: Option<Certificate>,
}

impl Parsed {
    pub(crate) fn from_der(token: &[u8]) -> der::Result<Self> {
        let envelope = Envelope::from_der(token)?;
        let content = envelope.content().ok_or(der::ErrorKind::Failed)?;
        if envelope.content_type() != ID_TST_INFO {
            return Err(der::ErrorKind::Failed.into());
        }
        let info = TstInfo::from_der(&content)?;
        if info.gen_time.tag() != Tag::GeneralizedTime {
            return Err(der::ErrorKind::DateTime.into());
        }
        let hash = envelope.hash().ok_or(der::ErrorKind::Failed)?;
        Ok(Self {
            time: read_generalized_time(info.gen_time.value()).ok_or(der::ErrorKind::DateTime)?,
            authority: envelope.signer(),
            digest: hash.of(&[&content]),
            envelope,
            info,
        })
    }

    fn has_imprint(&self, hash: Hash, digest: &[u8]) -> bool {
        let imprint = &self.info.message_imprint;
        Hash::named(imprint.hash_algorithm.oid) == Some(hash) && imprint.hashed_message.as_bytes() == digest
    }

    /// Whether these bytes, one part after the other, are what was stamped.
    pub(crate) fn is_of(&self, stamped: &[&[u8]]) -> bool {
        let imprint = &self.info.message_imprint;
        Hash::named(imprint.hash_algorithm.oid)
            .is_some_and(|hash| hash.of(stamped) == imprint.hashed_message.as_bytes())
    }

    /// Whether the authority whose certificate came along signed what the token says.
    pub(crate) fn signature(&self) -> Check {
        let Some(authority) = &self.authority else {
            return Check::Invalid;
        };
        if !self.envelope.has_digest(&self.digest) || self.envelope.names_certificate(authority) == Some(false) {
            return Check::Invalid;
        }
        self.envelope.is_signed_by(authority)
    }

    /// The authority's name: what it calls itself, else what its certificate says.
    pub(crate) fn name(&self) -> Option<String> {
        match &self.info.tsa {
            Some(GeneralName::DirectoryName(name)) => Some(name.to_string()),
            _ => self.authority.as_ref().map(Certificate::subject),
        }
    }
}
