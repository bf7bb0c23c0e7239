//! XChaCha20-Poly1305 with the nonce in front: `nonce (24) ‖ ciphertext ‖ tag (16)`.
//!
//! The nonce is long enough to be drawn at random for every message under one key.

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use rand::RngCore;
use zeroize::Zeroizing;

const NONCE_BYTES: usize = 24;

/// 32 bytes that are wiped when dropped.
pub(crate) type SecretKey = Zeroizing<[u8; 32]>;

/// Where nonces come from. Only test vectors have a reason to bring their own.
pub trait NonceSource: Send + Sync + 'static {
    fn nonce(&self) -> [u8; NONCE_BYTES];
}

/// Nonces from the operating system's seeded generator.
#[derive(Debug, Clone, Copy, Default)]
pub struct RandomNonces;

impl NonceSource for RandomNonces {
    fn nonce(&self) -> [u8; NONCE_BYTES] {
        let mut nonce = [0; NONCE_BYTES];
        rand::rng().fill_bytes(&mut nonce);
        nonce
    }
}

/// A key drawn at random.
pub(crate) fn random_key() -> SecretKey {
    let mut key = SecretKey::default();
    rand::rng().fill_bytes(&mut *key);
    key
}

/// `None` only when the text is longer than the cipher allows (256 GiB).
pub(crate) fn seal(key: &SecretKey, nonces: &dyn NonceSource, text: &[u8], bound_to: &[u8]) -> Option<Vec<u8>> {
    let nonce = nonces.nonce();
    let payload = Payload {
        msg: text,
        aad: bound_to,
    };
    let sealed = XChaCha20Poly1305::new((&**key).into())
        .encrypt(XNonce::from_slice(&nonce), payload)
        .ok()?;
    Some([nonce.as_slice(), &sealed].concat())
}

/// `None` when the key, what the box is bound to, or a byte of it differs.
pub(crate) fn open(key: &SecretKey, boxed: &[u8], bound_to: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, sealed) = boxed.split_at_checked(NONCE_BYTES)?;
    let payload = Payload {
        msg: sealed,
        aad: bound_to,
    };
    XChaCha20Poly1305::new((&**key).into())
        .decrypt(XNonce::from_slice(nonce), payload)
        .ok()
        .map(Zeroizing::new)
}
