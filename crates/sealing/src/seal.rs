//! Sealing, step by step.

use chrono::{DateTime, Utc};
use cms::signed_data::SignedAttributes;
use der::Encode;
use x509_cert::spki::AlgorithmIdentifierOwned;

use crate::{
    asn1::sha256,
    certificate::Certificate,
    cms::{encode, signed_attributes},
    key::{KeyError, SealingKey},
    pdf::PdfError,
    timestamp::{TimestampError, TimestampRequest, TimestampToken},
    update::{ROOM, Update, append},
};

/// What a seal says of itself. The time is a claim of whoever seals; only a time stamp is more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealingOptions {
    pub signing_time: DateTime<Utc>,
    /// Who seals, as readers show it.
    pub name: Option<String>,
    pub reason: Option<String>,
    pub location: Option<String>,
    pub contact: Option<String>,
}

impl SealingOptions {
    pub fn at(signing_time: DateTime<Utc>) -> Self {
        Self {
            signing_time,
            name: None,
            reason: None,
            location: None,
            contact: None,
        }
    }
}

/// Why a PDF is not sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    #[error(transparent)]
    Pdf(#[from] PdfError),
    /// Somebody certified the document and allowed no further signature.
    #[error("the document was certified: nothing may be added to it")]
    Certified,
    /// At the time of the seal, the certificate is not yet or no longer good.
    #[error("the certificate of the seal is not valid at the time of the seal")]
    CertificateNotValid,
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error("the key does not sign")]
    Signing,
    #[error(transparent)]
    Timestamp(#[from] TimestampError),
    /// A chain of certificates or a time stamp of unusual length.
    #[error("the signature takes {needed} bytes, of which {ROOM} are kept free")]
    NoRoom { needed: usize },
    #[error("the signature cannot be written: {0}")]
    Encoding(#[from] der::Error),
}

/// Seals a PDF without a time stamp (level B-B).
pub fn seal(pdf: &[u8], key: &SealingKey, options: &SealingOptions) -> Result<Vec<u8>, SealError> {
    prepare(pdf, options)?.sign(key)?.finish()
}

/// Adds to a PDF all that a seal needs but its signature.
pub fn prepare(pdf: &[u8], options: &SealingOptions) -> Result<PreparedSeal, SealError> {
    let update = append(pdf, options)?;
    let digest = sha256(&[&update.bytes[..update.gap.start], &update.bytes[update.gap.end..]]);
    Ok(PreparedSeal {
        update,
        digest,
        signing_time: options.signing_time,
    })
}

/// A PDF with a place for a signature.
#[derive(Debug, Clone)]
pub struct PreparedSeal {
    update: Update,
    digest: [u8; 32],
    signing_time: DateTime<Utc>,
}

impl PreparedSeal {
    /// The SHA-256 of all bytes but the signature's.
    pub fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    pub fn sign(self, key: &SealingKey) -> Result<Signed, SealError> {
        let certificate = key.certificate().ok_or(SealError::Signing)?;
        if !certificate.is_valid_at(self.signing_time) {
            return Err(SealError::CertificateNotValid);
        }
        let attributes = signed_attributes(&self.digest, certificate)?;
        let signature = key.sign(&attributes.to_der()?).ok_or(SealError::Signing)?;
        Ok(Signed {
            update: self.update,
            attributes,
            algorithm: key.algorithm(),
            signature,
            chain: key.chain().to_vec(),
            token: None,
        })
    }
}

/// A signature that is not yet in its PDF, so that a time stamp can come along.
#[derive(Debug, Clone)]
pub struct Signed {
    update: Update,
    attributes: SignedAttributes,
    algorithm: AlgorithmIdentifierOwned,
    signature: Vec<u8>,
    chain: Vec<Certificate>,
    token: Option<TimestampToken>,
}

impl Signed {
    /// A question to a time-stamp authority, with a number by which its answer is known. Asked again, it is another one.
    pub fn timestamp_request(&self) -> Result<TimestampRequest, SealError> {
        Ok(TimestampRequest::new(&self.signature)?)
    }

    /// Takes the authority's answer to [`Self::timestamp_request`], and no other: the seal becomes one of level B-T.
    pub fn with_timestamp(mut self, token: TimestampToken) -> Result<Self, SealError> {
        if !token.is_of(&self.signature) {
            return Err(TimestampError::OtherImprint.into());
        }
        self.token = Some(token);
        Ok(self)
    }

    /// The sealed PDF.
    pub fn finish(self) -> Result<Vec<u8>, SealError> {
        let token = self.token.as_ref().map(TimestampToken::any);
        let contents = encode(&self.attributes, self.algorithm, &self.signature, &self.chain, token)?;
        if contents.len() > ROOM {
            return Err(SealError::NoRoom { needed: contents.len() });
        }
        let mut bytes = self.update.bytes;
        let digits = hex::encode(contents);
        let start = self.update.gap.start + 1;
        bytes[start..start + digits.len()].copy_from_slice(digits.as_bytes());
        Ok(bytes)
    }
}
