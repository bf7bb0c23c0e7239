//! Ids and fingerprints that nobody outside the journal can compute.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use journal::Fingerprint;
use serde::Serialize;
use serde_json::Value;
use sha2::Sha256;
use uuid::{Builder, Uuid};

use crate::{
    codec::CodecError,
    keys::{KeyError, KeyRing, SecretKey},
};

type HmacSha256 = Hmac<Sha256>;

/// The journal's secrets, opened. The HMACs are keyed once and cloned for each use.
pub(super) struct Secrets {
    namespace: Uuid,
    fingerprints: HmacSha256,
    reservations: HmacSha256,
    one_time_tokens: HmacSha256,
}

impl Secrets {
    pub(super) async fn open(keys: &KeyRing) -> Result<Self, KeyError> {
        let namespace = keys.secret("derived-ids").await?;
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&namespace[..16]);
        Ok(Self {
            namespace: Builder::from_custom_bytes(bytes).into_uuid(),
            fingerprints: keyed(&keys.secret("command-fingerprints").await?)?,
            reservations: keyed(&keys.secret("reservations").await?)?,
            one_time_tokens: keyed(&keys.secret("one-time-tokens").await?)?,
        })
    }

    pub(super) fn derived_id(&self, parts: &[&str]) -> Uuid {
        let mut name = Vec::with_capacity(64);
        for part in parts {
            name.extend_from_slice(&(part.len() as u64).to_be_bytes());
            name.extend_from_slice(part.as_bytes());
        }
        Uuid::new_v5(&self.namespace, &name)
    }

    pub(super) fn secret_id(&self, kind: &str, value: &str) -> Uuid {
        let mut hmac = self.reservations.clone();
        hmac.update(&(kind.len() as u64).to_be_bytes());
        hmac.update(kind.as_bytes());
        hmac.update(value.as_bytes());
        let digest = hmac.finalize().into_bytes();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        Builder::from_custom_bytes(bytes).into_uuid()
    }

    pub(super) fn one_time_token(&self, purpose: &str, id: Uuid) -> String {
        URL_SAFE_NO_PAD.encode(self.token_hmac(purpose, id).finalize().into_bytes())
    }

    /// Takes the same time wherever the two differ.
    pub(super) fn is_one_time_token(&self, purpose: &str, id: Uuid, presented: &str) -> bool {
        let bytes = URL_SAFE_NO_PAD.decode(presented);
        bytes.is_ok_and(|bytes| self.token_hmac(purpose, id).verify_slice(&bytes).is_ok())
    }

    pub(super) fn one_time_code(&self, purpose: &str, id: Uuid) -> String {
        let digest = self.token_hmac(purpose, id).finalize().into_bytes();
        let mut number = [0; 8];
        number.copy_from_slice(&digest[..8]);
        format!("{:06}", u64::from_be_bytes(number) % 1_000_000)
    }

    /// Takes the same time wherever the two differ.
    pub(super) fn is_one_time_code(&self, purpose: &str, id: Uuid, typed: &str) -> bool {
        let typed: Vec<u8> = typed.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
        let code = self.one_time_code(purpose, id);
        let differing = code.bytes().zip(&typed).fold(0, |found, (a, b)| found | (a ^ b));
        typed.len() == code.len() && differing == 0
    }

    fn token_hmac(&self, purpose: &str, id: Uuid) -> HmacSha256 {
        let mut hmac = self.one_time_tokens.clone();
        hmac.update(&(purpose.len() as u64).to_be_bytes());
        hmac.update(purpose.as_bytes());
        hmac.update(id.as_bytes());
        hmac
    }

    /// Keyed, because a plain digest of a short command would tell its content to whoever tries all of them.
    pub(super) fn fingerprint(
        &self,
        about: &impl Serialize,
        command: &impl Serialize,
    ) -> Result<Fingerprint, CodecError> {
        let mut hmac = self.fingerprints.clone();
        hmac.update(&canonical(&(about, command))?);
        Ok(Fingerprint(hmac.finalize().into_bytes().into()))
    }
}

fn keyed(secret: &SecretKey) -> Result<HmacSha256, KeyError> {
    HmacSha256::new_from_slice(secret.as_slice()).map_err(|_| KeyError::Damaged {
        name: "secret".to_owned(),
    })
}

/// JSON with sorted keys: the order in which a program writes its fields is not part of what was asked.
fn canonical(value: &impl Serialize) -> Result<Vec<u8>, CodecError> {
    let unwritable = |error: serde_json::Error| CodecError::Encode(error.to_string());
    let mut value: Value = serde_json::to_value(value).map_err(unwritable)?;
    value.sort_all_objects();
    serde_json::to_vec(&value).map_err(unwritable)
}
