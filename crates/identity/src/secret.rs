//! Secrets that are drawn at random: shown once, kept as a hash.
//!
//! They have 256 random bits, so a plain hash is enough: nobody guesses them, however quick the hash.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::RngCore;
use sha2::{Digest, Sha256};

/// A new secret, as text that fits into a cookie, a header and a link.
pub(crate) fn draw() -> String {
    let mut bytes = [0; 32];
    rand::rng().fill_bytes(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What is kept of a secret.
pub(crate) fn digest(secret: &str) -> Vec<u8> {
    Sha256::digest(secret.as_bytes()).to_vec()
}

/// Whether two texts are the same, in a time that does not depend on where they differ.
pub fn is_same_secret(left: &str, right: &str) -> bool {
    let (left, right) = (digest(left), digest(right));
    left.iter().zip(&right).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}
