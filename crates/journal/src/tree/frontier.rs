//! The right edge of the tree: all that is needed to append and to know the root.

use super::{EMPTY_ROOT, Hash, STORED_LEVELS, node_hash};

/// The roots of the perfect subtrees that make up a tree of `size` leaves, largest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

/// A perfect subtree that an append completed and that is to be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompletedSubtree {
    pub level: u8,
    /// Index among the subtrees of this level.
    pub node: u64,
    pub hash: Hash,
}

impl Frontier {
    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The perfect subtrees that make up the tree, largest first.
    pub fn peaks(&self) -> impl Iterator<Item = CompletedSubtree> {
        let levels = (0..u64::BITS as u8).rev().filter(|level| (self.size >> level) & 1 == 1);
        levels.zip(&self.peaks).map(|(level, hash)| CompletedSubtree {
            level,
            node: (self.size >> level) - 1,
            hash: *hash,
        })
    }

    /// Appends a leaf; tells `completed` of each finished subtree of a stored level.
    pub fn push(&mut self, leaf: Hash, mut completed: impl FnMut(CompletedSubtree)) {
        let mut hash = leaf;
        let mut level = 0_u8;
        while (self.size >> level) & 1 == 1 {
            let Some(left) = self.peaks.pop() else { break };
            hash = node_hash(&left, &hash);
            level += 1;
            if STORED_LEVELS.contains(&level) {
                completed(CompletedSubtree {
                    level,
                    node: self.size >> level,
                    hash,
                });
            }
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// RFC 6962 §2.1: the Merkle tree hash. The empty tree's is the hash of the empty string.
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        match peaks.next() {
            None => EMPTY_ROOT,
            Some(smallest) => peaks.fold(*smallest, |right, left| node_hash(left, &right)),
        }
    }

    /// `size` as a big-endian `u64`, then the peaks.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.size.to_be_bytes().to_vec();
        bytes.extend(self.peaks.iter().flatten());
        bytes
    }

    /// The inverse of [`Self::to_bytes`]; `None` when the bytes are not of a frontier.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (size, peaks) = bytes.split_first_chunk::<8>()?;
        let size = u64::from_be_bytes(*size);
        let (peaks, rest) = peaks.as_chunks::<32>();
        (rest.is_empty() && peaks.len() == size.count_ones() as usize).then(|| Self {
            size,
            peaks: peaks.to_vec(),
        })
    }
}
