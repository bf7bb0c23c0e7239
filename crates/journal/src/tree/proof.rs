//! Proofs: which hashes one must show, and how one who has only them and a root checks (RFC 6962 §2.1, RFC 9162 §2.1).

use std::ops::Range;

use super::{Hash, node_hash};

/// The proof does not lead from what it is about to the root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the proof does not lead to the root")]
pub struct InvalidProof;

/// RFC 9162 §2.1.3.2: whether the tree of `size` leaves with this root has this leaf hash at index `leaf`.
pub fn verify_inclusion(
    leaf_hash: &Hash,
    leaf: u64,
    size: u64,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), InvalidProof> {
    if leaf >= size {
        return Err(InvalidProof);
    }
    let mut path = Path {
        node: leaf,
        last: size - 1,
    };
    let mut hash = *leaf_hash;
    for sibling in proof {
        hash = match path.step()? {
            Side::Left => node_hash(sibling, &hash),
            Side::Right => node_hash(&hash, sibling),
        };
    }
    path.ends_at_root()?;
    if hash == *root { Ok(()) } else { Err(InvalidProof) }
}

/// RFC 9162 §2.1.4.2: whether the tree of `to` leaves begins with the very leaves of the tree of `from` leaves.
/// Every tree begins with the empty one.
pub fn verify_consistency(
    from: u64,
    to: u64,
    proof: &[Hash],
    from_root: &Hash,
    to_root: &Hash,
) -> Result<(), InvalidProof> {
    let sound = |sound: bool| if sound { Ok(()) } else { Err(InvalidProof) };
    if from == to {
        return sound(proof.is_empty() && from_root == to_root);
    }
    if from == 0 {
        return sound(proof.is_empty() && *from_root == super::EMPTY_ROOT);
    }
    if from > to {
        return Err(InvalidProof);
    }
    // A `from` that is a power of two is itself a node of the larger tree, and not repeated in the proof.
    let (start, rest) = if from.is_power_of_two() {
        (from_root, proof)
    } else {
        proof.split_first().ok_or(InvalidProof)?
    };
    let mut path = Path {
        node: from - 1,
        last: to - 1,
    };
    let perfect = path.node.trailing_ones();
    path.node >>= perfect;
    path.last >>= perfect;
    let (mut old, mut new) = (*start, *start);
    for hash in rest {
        match path.step()? {
            Side::Left => {
                old = node_hash(hash, &old);
                new = node_hash(hash, &new);
            }
            Side::Right => new = node_hash(&new, hash),
        }
    }
    path.ends_at_root()?;
    sound(old == *from_root && new == *to_root)
}

/// Where the sibling that a proof shows next stands.
enum Side {
    Left,
    Right,
}

/// The way from a node up to the root: its index and that of the last node, on the level reached so far.
struct Path {
    node: u64,
    last: u64,
}

impl Path {
    fn step(&mut self) -> Result<Side, InvalidProof> {
        if self.last == 0 {
            return Err(InvalidProof);
        }
        let side = if self.node & 1 == 1 {
            Side::Left
        } else if self.node == self.last {
            // The right edge has no sibling on this level: it rises until it is a right child.
            let lonely = self.node.trailing_zeros().min(63);
            self.node >>= lonely;
            self.last >>= lonely;
            Side::Left
        } else {
            Side::Right
        };
        self.node >>= 1;
        self.last >>= 1;
        Ok(side)
    }

    fn ends_at_root(&self) -> Result<(), InvalidProof> {
        if self.last == 0 { Ok(()) } else { Err(InvalidProof) }
    }
}

/// RFC 6962 §2.1.1: the spans of leaves whose subtree hashes are the audit path, in its order.
pub(super) fn inclusion_spans(leaf: u64, size: u64) -> Vec<Range<u64>> {
    let mut spans = Vec::new();
    let (mut start, mut end) = (0, size);
    while end - start > 1 {
        let middle = start + split(end - start);
        if leaf < middle {
            spans.push(middle..end);
            end = middle;
        } else {
            spans.push(start..middle);
            start = middle;
        }
    }
    spans.reverse();
    spans
}

/// RFC 6962 §2.1.2: the spans of leaves whose subtree hashes are the consistency proof, in its order.
pub(super) fn consistency_spans(from: u64, to: u64) -> Vec<Range<u64>> {
    let mut spans = Vec::new();
    if from == 0 || from == to {
        return spans;
    }
    let (mut start, mut end) = (0, to);
    while from < end {
        let middle = start + split(end - start);
        if from <= middle {
            spans.push(middle..end);
            end = middle;
        } else {
            spans.push(start..middle);
            start = middle;
        }
    }
    if start > 0 {
        spans.push(start..end);
    }
    spans.reverse();
    spans
}

/// The perfect subtrees that make up a span of a tree, as (level, index among the subtrees of that level), left first.
pub(super) fn perfect_subtrees(span: Range<u64>) -> Vec<(u8, u64)> {
    let mut start = span.start;
    let mut subtrees = Vec::new();
    while start < span.end {
        let level = (span.end - start).ilog2();
        subtrees.push((level as u8, start >> level));
        start += 1 << level;
    }
    subtrees
}

/// The largest power of two smaller than `size`, which is at least 2.
fn split(size: u64) -> u64 {
    1 << (size - 1).ilog2()
}
