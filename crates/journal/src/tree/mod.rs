//! The RFC 6962 Merkle tree over all events: leaf index = position − 1.

mod frontier;
mod leaf;
mod proof;
mod reader;

pub use frontier::{CompletedSubtree, Frontier};
pub use leaf::{leaf_data, leaf_hash};
pub use proof::{InvalidProof, verify_consistency, verify_inclusion};
pub use reader::{HashSource, TreeError, TreeReader};

/// A SHA-256 digest.
pub type Hash = [u8; 32];

/// RFC 6962 §2.1: the root of the empty tree, SHA-256 of nothing.
pub const EMPTY_ROOT: Hash = [
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae, 0x41,
    0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
];

/// Levels whose complete subtree hashes are stored, so that any proof reads at most two blocks of 256 hashes of each.
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

#[cfg(test)]
mod tests;
