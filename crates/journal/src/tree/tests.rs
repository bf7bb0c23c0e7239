//! The tree against the recursive definition of RFC 6962, written down here as the RFC has it.

use std::ops::Range;

use async_trait::async_trait;
use futures::executor::block_on;
use proptest::prelude::*;
use sha2::{Digest, Sha256};

use super::*;
use crate::error::JournalError;

/// RFC 6962 §2.1: MTH(D[n]), over leaf hashes.
fn mth(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Sha256::digest([]).into(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(k(leaves.len()));
            Sha256::new_with_prefix([1])
                .chain_update(mth(left))
                .chain_update(mth(right))
                .finalize()
                .into()
        }
    }
}

/// RFC 6962 §2.1.1: PATH(m, D[n]).
fn path(m: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let (left, right) = leaves.split_at(k(leaves.len()));
    let (mut path, sibling) = if m < left.len() {
        (path(m, left), right)
    } else {
        (path(m - left.len(), right), left)
    };
    path.push(mth(sibling));
    path
}

/// RFC 6962 §2.1.2: SUBPROOF(m, D[n], b); PROOF(m, D[n]) is SUBPROOF(m, D[n], true).
fn subproof(m: usize, leaves: &[Hash], complete: bool) -> Vec<Hash> {
    if m == leaves.len() {
        return if complete { Vec::new() } else { vec![mth(leaves)] };
    }
    let (left, right) = leaves.split_at(k(leaves.len()));
    let (mut proof, sibling) = if m <= left.len() {
        (subproof(m, left, complete), right)
    } else {
        (subproof(m - left.len(), right, false), left)
    };
    proof.push(mth(sibling));
    proof
}

/// The largest power of two smaller than n.
fn k(n: usize) -> usize {
    n.next_power_of_two() / 2
}

/// A tree of distinct leaves, stored the way the journal stores it.
#[derive(Default)]
struct MemoryTree {
    frontier: Frontier,
    leaves: Vec<Hash>,
    subtrees: Vec<CompletedSubtree>,
}

impl MemoryTree {
    fn of(size: u64) -> Self {
        let mut tree = Self::default();
        for index in 0..size {
            let leaf = Sha256::digest(index.to_be_bytes()).into();
            tree.leaves.push(leaf);
            tree.frontier.push(leaf, |subtree| tree.subtrees.push(subtree));
        }
        tree
    }

    fn first(&self, size: u64) -> &[Hash] {
        &self.leaves[..size as usize]
    }
}

#[async_trait]
impl HashSource for MemoryTree {
    async fn leaf_hashes(&self, leaves: Range<u64>) -> Result<Vec<Hash>, JournalError> {
        Ok(self.leaves[leaves.start as usize..leaves.end as usize].to_vec())
    }

    async fn subtree_hashes(&self, level: u8, nodes: Range<u64>) -> Result<Vec<Hash>, JournalError> {
        assert!(nodes.end - nodes.start <= 256, "a read is at most one block");
        let of_level = self.subtrees.iter().filter(|subtree| subtree.level == level);
        Ok(of_level
            .filter(|subtree| nodes.contains(&subtree.node))
            .map(|subtree| subtree.hash)
            .collect())
    }
}

fn assert_tree(size: u64, earlier: u64, leaf: Option<u64>) {
    let tree = MemoryTree::of(size);
    let mut reader = TreeReader::new(&tree, size);
    let (root, earlier_root) = (mth(tree.first(size)), mth(tree.first(earlier)));
    assert_eq!(tree.frontier.root(), root, "the frontier's root at {size}");
    assert_eq!(block_on(reader.root(size)).unwrap(), root, "the root at {size}");
    assert_eq!(
        block_on(reader.root(earlier)).unwrap(),
        earlier_root,
        "the root at {earlier} of {size}"
    );

    let consistency = block_on(reader.consistency(earlier, size)).unwrap();
    if earlier > 0 {
        assert_eq!(
            consistency,
            subproof(earlier as usize, tree.first(size), true),
            "consistency {earlier}..{size}"
        );
    }
    assert_eq!(
        verify_consistency(earlier, size, &consistency, &earlier_root, &root),
        Ok(())
    );

    if let Some(leaf) = leaf {
        let inclusion = block_on(reader.inclusion(leaf, size)).unwrap();
        assert_eq!(
            inclusion,
            path(leaf as usize, tree.first(size)),
            "inclusion of {leaf} in {size}"
        );
        assert_eq!(
            verify_inclusion(&tree.leaves[leaf as usize], leaf, size, &inclusion, &root),
            Ok(())
        );
    }
}

#[test]
fn the_trees_at_the_edges_of_blocks_are_those_of_the_rfc() {
    for size in [0_u64, 1, 2, 3, 4, 7, 8, 255, 256, 257, 511, 512, 513, 4_097] {
        for earlier in [0, 1, 2, 3, 127, 128, 255, 256, 257, 511, 512, size]
            .into_iter()
            .filter(|it| *it <= size)
        {
            let leaf = size.checked_sub(1).map(|last| earlier.min(last));
            assert_tree(size, earlier, leaf);
        }
    }
}

#[test]
fn the_trees_at_the_edges_of_the_second_stored_level_are_those_of_the_rfc() {
    assert_tree(65_535, 257, Some(0));
    assert_tree(65_536, 65_535, Some(65_534));
    assert_tree(65_537, 65_536, Some(65_536));
}

#[test]
fn every_tree_of_up_to_forty_leaves_is_that_of_the_rfc() {
    for size in 0_u64..=40 {
        for other in 0..=size {
            assert_tree(size, other, (other < size).then_some(other));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_tree_is_that_of_the_rfc((size, earlier, leaf) in (1_u64..3_000).prop_flat_map(|n| (Just(n), 0..=n, 0..n))) {
        assert_tree(size, earlier, Some(leaf));
    }

    #[test]
    fn a_proof_with_a_changed_hash_place_or_length_proves_nothing(
        (size, leaf, other) in (2_u64..800).prop_flat_map(|n| (Just(n), 0..n, 0..n)),
        at in any::<prop::sample::Index>(),
        bit in 0_usize..256,
    ) {
        let tree = MemoryTree::of(size);
        let mut reader = TreeReader::new(&tree, size);
        let root = tree.frontier.root();
        let hash = tree.leaves[leaf as usize];
        let proof = block_on(reader.inclusion(leaf, size)).unwrap();
        prop_assert!(verify_inclusion(&flipped(hash, bit), leaf, size, &proof, &root).is_err());
        prop_assert!(verify_inclusion(&hash, leaf, size, &proof, &flipped(root, bit)).is_err());
        prop_assert!(verify_inclusion(&hash, size, size, &proof, &root).is_err());
        if other != leaf {
            prop_assert!(verify_inclusion(&hash, other, size, &proof, &root).is_err());
        }
        for broken in broken_proofs(&proof, at, bit) {
            prop_assert!(verify_inclusion(&hash, leaf, size, &broken, &root).is_err());
        }
    }

    #[test]
    fn a_changed_consistency_proof_proves_nothing(
        (size, earlier) in (2_u64..800).prop_flat_map(|n| (Just(n), 1..n)),
        at in any::<prop::sample::Index>(),
        bit in 0_usize..256,
    ) {
        let tree = MemoryTree::of(size);
        let mut reader = TreeReader::new(&tree, size);
        let (old, new) = (block_on(reader.root(earlier)).unwrap(), tree.frontier.root());
        let proof = block_on(reader.consistency(earlier, size)).unwrap();
        prop_assert!(verify_consistency(earlier, size, &proof, &flipped(old, bit), &new).is_err());
        prop_assert!(verify_consistency(earlier, size, &proof, &old, &flipped(new, bit)).is_err());
        prop_assert!(verify_consistency(size, earlier, &proof, &new, &old).is_err());
        for broken in broken_proofs(&proof, at, bit) {
            prop_assert!(verify_consistency(earlier, size, &broken, &old, &new).is_err());
        }
    }

    #[test]
    fn no_proof_whatsoever_makes_the_checks_panic(
        from: u64, to: u64, hashes in prop::collection::vec(any::<Hash>(), 0..70), root: Hash,
    ) {
        let _ = verify_inclusion(&root, from, to, &hashes, &root);
        let _ = verify_consistency(from, to, &hashes, &root, &root);
    }

    #[test]
    fn a_frontier_survives_its_bytes(size in 0_u64..600) {
        let frontier = MemoryTree::of(size).frontier;
        prop_assert_eq!(Frontier::from_bytes(&frontier.to_bytes()), Some(frontier));
    }
}

#[test]
fn the_peaks_of_a_frontier_are_its_perfect_subtrees() {
    let tree = MemoryTree::of(259);
    let peaks: Vec<_> = tree.frontier.peaks().map(|peak| (peak.level, peak.node)).collect();
    assert_eq!(peaks, [(8, 0), (1, 128), (0, 258)]);
    for peak in tree.frontier.peaks() {
        let start = (peak.node << peak.level) as usize;
        assert_eq!(peak.hash, mth(&tree.leaves[start..start + (1 << peak.level)]));
    }
}

#[test]
fn what_is_beyond_the_tree_is_refused() {
    let tree = MemoryTree::of(10);
    let mut reader = TreeReader::new(&tree, 10);
    assert!(matches!(
        block_on(reader.root(11)),
        Err(TreeError::Beyond { asked: 11, size: 10 })
    ));
    assert!(matches!(
        block_on(reader.inclusion(5, 5)),
        Err(TreeError::Beyond { asked: 5, size: 5 })
    ));
    assert!(matches!(
        block_on(reader.consistency(6, 5)),
        Err(TreeError::Beyond { asked: 6, size: 5 })
    ));
}

#[test]
fn a_missing_stored_hash_is_reported() {
    let mut tree = MemoryTree::of(600);
    tree.subtrees.remove(1);
    let mut reader = TreeReader::new(&tree, 600);
    assert!(matches!(block_on(reader.root(600)), Err(TreeError::Incomplete { level: 8, nodes }) if nodes == (0..2)));
}

fn flipped(mut hash: Hash, bit: usize) -> Hash {
    hash[bit / 8] ^= 1 << (bit % 8);
    hash
}

/// A bit flipped, a hash too many, a hash too few.
fn broken_proofs(proof: &[Hash], at: prop::sample::Index, bit: usize) -> Vec<Vec<Hash>> {
    let mut longer = proof.to_vec();
    longer.push([7; 32]);
    let mut broken = vec![longer];
    if !proof.is_empty() {
        let mut changed = proof.to_vec();
        let index = at.index(changed.len());
        changed[index] = flipped(changed[index], bit);
        broken.push(changed);
        broken.push(proof[1..].to_vec());
    }
    broken
}
