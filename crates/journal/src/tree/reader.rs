//! Roots and proofs of a stored tree, from a few of its hashes.

use std::{collections::HashMap, ops::Range};

use async_trait::async_trait;

use super::{EMPTY_ROOT, Hash, STORED_LEVELS, node_hash, proof};
use crate::{error::JournalError, port::Journal};

/// Hashes are read by blocks of this many, so that the proofs of neighbours share their reads. Two blocks of each
/// stored level are all that one proof needs.
const BLOCK: u64 = 256;

/// Where the stored hashes of a tree are: every [`Journal`], and a vector in tests.
#[async_trait]
pub trait HashSource: Send + Sync {
    async fn leaf_hashes(&self, leaves: Range<u64>) -> Result<Vec<Hash>, JournalError>;
    async fn subtree_hashes(&self, level: u8, nodes: Range<u64>) -> Result<Vec<Hash>, JournalError>;
}

#[async_trait]
impl<J: Journal + ?Sized> HashSource for J {
    async fn leaf_hashes(&self, leaves: Range<u64>) -> Result<Vec<Hash>, JournalError> {
        Journal::leaf_hashes(self, leaves).await
    }

    async fn subtree_hashes(&self, level: u8, nodes: Range<u64>) -> Result<Vec<Hash>, JournalError> {
        Journal::subtree_hashes(self, level, nodes).await
    }
}

/// Why there is no such root or proof.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TreeError {
    /// There is no such leaf, or the tree was never of that size.
    #[error("leaf or size {asked} is beyond the tree of {size} leaves")]
    Beyond { asked: u64, size: u64 },
    /// A stored hash is missing.
    #[error("the tree lacks stored hashes {nodes:?} of level {level}. Run `alforis verify`")]
    Incomplete { level: u8, nodes: Range<u64> },
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// Roots and proofs for any size up to that of the tree. Remembers what it read.
pub struct TreeReader<'a, S: ?Sized> {
    source: &'a S,
    size: u64,
    blocks: HashMap<(u8, u64), Vec<Hash>>,
}

impl<'a, S: HashSource + ?Sized> TreeReader<'a, S> {
    /// `size` is the number of leaves that the source has now; more may come meanwhile.
    pub fn new(source: &'a S, size: u64) -> Self {
        Self {
            source,
            size,
            blocks: HashMap::new(),
        }
    }

    /// The root of the tree as it was at `size`.
    pub async fn root(&mut self, size: u64) -> Result<Hash, TreeError> {
        self.within(size)?;
        self.span(0..size).await
    }

    /// The proof that the tree of `size` leaves has what it has at index `leaf`.
    pub async fn inclusion(&mut self, leaf: u64, size: u64) -> Result<Vec<Hash>, TreeError> {
        self.within(size)?;
        if leaf >= size {
            return Err(TreeError::Beyond { asked: leaf, size });
        }
        self.spans(proof::inclusion_spans(leaf, size)).await
    }

    /// The proof that the tree of `to` leaves begins with that of `from` leaves.
    pub async fn consistency(&mut self, from: u64, to: u64) -> Result<Vec<Hash>, TreeError> {
        self.within(to)?;
        if from > to {
            return Err(TreeError::Beyond { asked: from, size: to });
        }
        self.spans(proof::consistency_spans(from, to)).await
    }

    fn within(&self, asked: u64) -> Result<(), TreeError> {
        if asked <= self.size {
            Ok(())
        } else {
            Err(TreeError::Beyond { asked, size: self.size })
        }
    }

    async fn spans(&mut self, spans: Vec<Range<u64>>) -> Result<Vec<Hash>, TreeError> {
        let mut hashes = Vec::with_capacity(spans.len());
        for span in spans {
            hashes.push(self.span(span).await?);
        }
        Ok(hashes)
    }

    async fn span(&mut self, span: Range<u64>) -> Result<Hash, TreeError> {
        let mut root = None;
        for (level, node) in proof::perfect_subtrees(span).into_iter().rev() {
            let left = self.perfect(level, node).await?;
            root = Some(root.map_or(left, |right| node_hash(&left, &right)));
        }
        Ok(root.unwrap_or(EMPTY_ROOT))
    }

    /// The hash of a perfect subtree, folded from the stored ones below it.
    async fn perfect(&mut self, level: u8, node: u64) -> Result<Hash, TreeError> {
        let stored = STORED_LEVELS
            .into_iter()
            .rev()
            .find(|stored| *stored <= level)
            .unwrap_or(0);
        let height = level - stored;
        let mut row = Vec::with_capacity(1 << height);
        for index in node << height..(node + 1) << height {
            row.push(self.stored(stored, index).await?);
        }
        while row.len() > 1 {
            row = row
                .as_chunks::<2>()
                .0
                .iter()
                .map(|[left, right]| node_hash(left, right))
                .collect();
        }
        row.pop().ok_or(TreeError::Incomplete {
            level,
            nodes: node..node + 1,
        })
    }

    async fn stored(&mut self, level: u8, index: u64) -> Result<Hash, TreeError> {
        let block = index / BLOCK;
        if !self.blocks.contains_key(&(level, block)) {
            let hashes = self.read(level, block).await?;
            self.blocks.insert((level, block), hashes);
        }
        let hash = self
            .blocks
            .get(&(level, block))
            .and_then(|hashes| hashes.get((index % BLOCK) as usize));
        hash.copied().ok_or(TreeError::Incomplete {
            level,
            nodes: index..index + 1,
        })
    }

    async fn read(&self, level: u8, block: u64) -> Result<Vec<Hash>, TreeError> {
        let nodes = block * BLOCK..((block + 1) * BLOCK).min(self.size >> level);
        let hashes = match level {
            0 => self.source.leaf_hashes(nodes.clone()).await?,
            _ => self.source.subtree_hashes(level, nodes.clone()).await?,
        };
        if hashes.len() as u64 == nodes.end - nodes.start {
            Ok(hashes)
        } else {
            Err(TreeError::Incomplete { level, nodes })
        }
    }
}
