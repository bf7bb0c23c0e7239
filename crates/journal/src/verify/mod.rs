//! Verification: reads the whole journal, recomputes every hash, and names the first position where something is wrong.
//!
//! What it finds by itself is whatever was not done through all of rows, tree and head alike. Who can write the
//! database can also redo all of these: that is found by comparing with a checkpoint that was kept elsewhere.

mod diagnosis;
mod scan;

use std::ops::Range;

use serde::Serialize;

use self::scan::Scan;
use crate::{
    checkpoint::{self, CheckpointError, SignedCheckpoint, TrustedKeys},
    error::JournalError,
    event::Position,
    port::{Inventory, Journal},
    tree::{CompletedSubtree, Frontier, Hash, STORED_LEVELS, TreeError, TreeReader, verify_consistency},
};

/// Rows read at once, while those before them are hashed.
const PAGE: usize = 2_048;

/// A sound journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VerifyReport {
    /// Number of events, which is the position of the last.
    pub events: u64,
    pub streams: u64,
    /// In hexadecimal digits.
    pub root: String,
    /// The checkpoint that the journal was compared with.
    pub against: Option<Against>,
}

/// A checkpoint that the journal agrees with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Against {
    pub size: u64,
    /// The key that signed it, in its text form.
    pub key: String,
}

/// Why a journal is not sound, or could not be verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The first broken position and what is wrong there.
    #[error("the journal is broken at position {position}: {detail}")]
    Broken {
        position: Position,
        damage: Damage,
        detail: String,
    },
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    #[error(transparent)]
    Journal(JournalError),
}

/// What can be wrong, as a stable code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Damage {
    /// A byte of an event was changed.
    Changed,
    /// A row is missing.
    Deleted,
    /// Rows stand in each other's places.
    Swapped,
    /// Anything else; the detail says what.
    Inconsistent,
    /// The journal is shorter than the checkpoint says it was.
    Truncated,
    /// The journal's beginning is not what the checkpoint signed.
    Rewritten,
}

impl From<JournalError> for VerifyError {
    /// Damage that a back end reports by itself is a finding like others.
    fn from(error: JournalError) -> Self {
        match error {
            JournalError::Corrupt { position, detail } => broken(position, Damage::Inconsistent, detail),
            other => Self::Journal(other),
        }
    }
}

impl From<TreeError> for VerifyError {
    fn from(error: TreeError) -> Self {
        match error {
            TreeError::Journal(error) => error.into(),
            other => broken(Position(1), Damage::Inconsistent, other.to_string()),
        }
    }
}

/// Verifies the whole journal as it is now; `progress` is told (events done, events in all) now and then.
pub async fn verify(
    journal: &dyn Journal,
    against: Option<(&SignedCheckpoint, &TrustedKeys)>,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<VerifyReport, VerifyError> {
    let against = against
        .map(|(signed, trusted)| Comparison::with(journal, signed, trusted))
        .transpose()?;
    let inventory = journal.audit().inventory().await?;
    let scan = Scan::new(inventory.head.position, against.as_ref().map(|against| against.size));
    let scan = read_all(journal, scan, &inventory.head.frontier, progress).await?;
    check_ends(&inventory, &scan)?;
    let against = match against {
        Some(against) => Some(against.check(journal, &scan).await?),
        None => None,
    };
    let root = hex::encode(scan.frontier().root());
    Ok(VerifyReport {
        events: scan.frontier().size(),
        streams: scan.streams(),
        root,
        against,
    })
}

/// Takes all rows up to the head, page by page: one is read while the one before is hashed.
async fn read_all(
    journal: &dyn Journal,
    mut scan: Scan,
    stored: &Frontier,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Scan, VerifyError> {
    let mut rows = journal.audit().rows(Position::START, PAGE).await?;
    loop {
        let last = rows.last().map(|row| row.position);
        let hashing = tokio::task::spawn_blocking(move || {
            let suspicion = scan.take(rows).err();
            (scan, suspicion)
        });
        let next = match last {
            Some(last) if last < scan_end(stored) => journal.audit().rows(last, PAGE).await?,
            _ => Vec::new(),
        };
        let (mut hashed, suspicion) = hashing
            .await
            .map_err(|error| VerifyError::Journal(JournalError::Database(error.to_string())))?;
        compare_subtrees(journal, hashed.take_completed()).await?;
        let done = next.is_empty();
        if let Some(suspicion) = suspicion.or_else(|| done.then(|| hashed.unfinished()).flatten()) {
            return Err(diagnosis::name(journal, &hashed, suspicion, stored).await?);
        }
        progress(hashed.frontier().size(), stored.size());
        if done {
            return Ok(hashed);
        }
        (scan, rows) = (hashed, next);
    }
}

fn scan_end(stored: &Frontier) -> Position {
    Position(stored.size())
}

/// Compares recomputed subtrees with the stored ones.
async fn compare_subtrees(journal: &dyn Journal, recomputed: Vec<CompletedSubtree>) -> Result<(), VerifyError> {
    for level in STORED_LEVELS {
        let of_level: Vec<_> = recomputed.iter().filter(|subtree| subtree.level == level).collect();
        let (Some(first), Some(last)) = (of_level.first(), of_level.last()) else {
            continue;
        };
        let stored = stored_subtrees(journal, level, first.node..last.node + 1).await?;
        if stored.len() == of_level.len() {
            let mut pairs = of_level.iter().zip(stored);
            if let Some((wrong, _)) = pairs.find(|(subtree, stored)| subtree.hash != *stored) {
                return Err(wrong_subtree(wrong));
            }
            continue;
        }
        // Some are missing: one by one, to name the first.
        for subtree in of_level {
            let stored = stored_subtrees(journal, level, subtree.node..subtree.node + 1).await?;
            let (first, last) = leaves(subtree);
            if stored.is_empty() {
                let detail = format!("the stored hash over the events from {first} to {last} is missing");
                return Err(broken(first, Damage::Inconsistent, detail));
            }
            if stored != [subtree.hash] {
                return Err(wrong_subtree(subtree));
            }
        }
    }
    Ok(())
}

/// Stored hashes; fewer than asked for when one is missing or malformed.
async fn stored_subtrees(journal: &dyn Journal, level: u8, nodes: Range<u64>) -> Result<Vec<Hash>, VerifyError> {
    match journal.subtree_hashes(level, nodes).await {
        Err(JournalError::Corrupt { .. }) => Ok(Vec::new()),
        stored => Ok(stored?),
    }
}

/// What the rows alone do not tell: whether head, tree and command index agree with them.
fn check_ends(inventory: &Inventory, scan: &Scan) -> Result<(), VerifyError> {
    let Inventory {
        head,
        positions,
        subtrees,
        stray_command,
    } = inventory;
    let inconsistent = |position, detail| Err(broken(position, Damage::Inconsistent, detail));
    if let Some(wrong) = scan
        .frontier()
        .peaks()
        .zip(head.frontier.peaks())
        .find(|(ours, stored)| ours != stored)
    {
        return Err(wrong_subtree(&wrong.0));
    }
    if let Some((least, greatest)) = *positions {
        if least < 1 {
            return inconsistent(
                Position::START,
                format!("a row has the position {least}, before the first"),
            );
        }
        if greatest as u64 > head.position.0 {
            let detail = format!("rows stand beyond the head, up to position {greatest}");
            return inconsistent(head.position.next(), detail);
        }
    }
    if head.position > Position::START && head.recorded_at != scan.recorded_at() {
        let detail = format!(
            "the head says it was recorded at {}, not {}",
            head.recorded_at,
            scan.recorded_at()
        );
        return inconsistent(head.position, detail);
    }
    let expected: u64 = STORED_LEVELS.iter().map(|level| head.position.0 >> level).sum();
    if *subtrees != expected {
        let detail = format!("{subtrees} subtree hashes are stored, there should be {expected}");
        return inconsistent(head.position, detail);
    }
    match stray_command {
        Some(command) => inconsistent(head.position, format!("command {command} points outside the journal")),
        None => Ok(()),
    }
}

/// What a checkpoint says of this journal, once its signature is believed.
struct Comparison {
    size: u64,
    root: Hash,
    key: String,
}

impl Comparison {
    fn with(journal: &dyn Journal, signed: &SignedCheckpoint, trusted: &TrustedKeys) -> Result<Self, CheckpointError> {
        let key = trusted.verify(signed)?.to_string();
        let checkpoint = signed.checkpoint();
        let origin = checkpoint::origin(journal.info());
        if checkpoint.origin != origin {
            return Err(CheckpointError::OtherOrigin {
                origin: checkpoint.origin.clone(),
                wanted: origin,
            });
        }
        Ok(Self {
            size: checkpoint.size,
            root: checkpoint.root,
            key,
        })
    }

    async fn check(self, journal: &dyn Journal, scan: &Scan) -> Result<Against, VerifyError> {
        let Self { size, root, key } = self;
        let now = scan.frontier();
        if size > now.size() {
            let detail = format!("the journal ends here, but the checkpoint has {size} events: the rest was cut off");
            return Err(broken(Position(now.size() + 1), Damage::Truncated, detail));
        }
        if scan.wanted_root() != Some(root) {
            let detail = format!(
                "the first {size} events are not those of the checkpoint: at least one was rewritten, with the tree \
                 over it"
            );
            return Err(broken(Position(1), Damage::Rewritten, detail));
        }
        let proof = TreeReader::new(journal, now.size())
            .consistency(size, now.size())
            .await?;
        verify_consistency(size, now.size(), &proof, &root, &now.root()).map_err(|error| {
            broken(
                Position(1),
                Damage::Inconsistent,
                format!("consistency with the checkpoint: {error}"),
            )
        })?;
        Ok(Against { size, key })
    }
}

/// The first and last position under a subtree.
fn leaves(subtree: &CompletedSubtree) -> (Position, Position) {
    let first = subtree.node << subtree.level;
    (Position(first + 1), Position(first + (1 << subtree.level)))
}

fn wrong_subtree(subtree: &CompletedSubtree) -> VerifyError {
    let (first, last) = leaves(subtree);
    let detail = format!(
        "one of the events from {first} to {last} was changed together with its own hash, or the stored hash over them \
         was"
    );
    broken(first, Damage::Changed, detail)
}

fn broken(position: Position, damage: Damage, detail: impl Into<String>) -> VerifyError {
    VerifyError::Broken {
        position,
        damage,
        detail: detail.into(),
    }
}
