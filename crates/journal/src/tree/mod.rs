//! The RFC 6962 Merkle tree over all events: leaf index = position − 1.

mod frontier;
mod leaf;

pub use frontier::{CompletedSubtree, Frontier};
pub use leaf::{leaf_data, leaf_hash};

/// A SHA-256 digest.
pub type Hash = [u8; 32];

/// Levels whose complete subtree hashes are stored, so that any proof reads at most 255 hashes of each.
/// Level 8 covers 256 leaves, level 16 covers 65,536, and so on.
pub const STORED_LEVELS: [u8; 4] = [8, 16, 24, 32];

/// RFC 6962 §2.1: hash of an inner node.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    use sha2::{Digest, Sha256};
    let mut hasher = Sha256::new();
    hasher.update([0x01]);
    hasher.update(left);
    hasher.update(right);
    hasher.finalize().into()
}
