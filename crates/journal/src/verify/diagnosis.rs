//! Once a row is suspect: what was done to it? Looks at the rows after it.

use super::{
    Damage, PAGE, VerifyError, broken,
    scan::{Scan, Suspect, Suspicion},
};
use crate::{
    event::{EventHeader, Position, RecordedEvent},
    port::Journal,
    tree::{Frontier, Hash, STORED_LEVELS, leaf_hash},
};

/// Names the damage. `stored` is the head's frontier.
pub(super) async fn name(
    journal: &dyn Journal,
    scan: &Scan,
    suspicion: Suspicion,
    stored: &Frontier,
) -> Result<VerifyError, VerifyError> {
    let Suspicion { position, what } = suspicion;
    Ok(match what {
        Suspect::Unreadable(detail) => broken(position, Damage::Changed, format!("the row is unreadable: {detail}")),
        Suspect::Misplaced(detail) => broken(position, Damage::Inconsistent, detail),
        Suspect::Missing { next } => {
            let next = next.map_or(stored.size() + 1, |next| next.0);
            let detail = match next.saturating_sub(1) {
                last if last <= position.0 => "the row is missing".to_owned(),
                last => format!("the rows up to {last} are missing"),
            };
            broken(position, Damage::Deleted, detail)
        }
        Suspect::Hash(event) => {
            let (damage, detail) = wrong_hash(journal, scan, *event, stored).await?;
            broken(position, damage, detail)
        }
    })
}

/// A row without the hash that is stored with it: it stands in another's place, or it was changed.
async fn wrong_hash(
    journal: &dyn Journal,
    scan: &Scan,
    suspect: RecordedEvent,
    stored: &Frontier,
) -> Result<(Damage, String), VerifyError> {
    let here = suspect.header.position;
    let mut tree = Rest::after(scan.frontier().clone());
    tree.take(&suspect);
    let mut after = here;
    loop {
        let rows = journal.audit().rows(after, PAGE).await?;
        let Some(last) = rows.last().map(|row| row.position) else {
            break;
        };
        for row in rows {
            let Ok(event) = row.event else { continue };
            if tree.take(&event) != event.leaf_hash
                && let Some(found) = displaced(&suspect, &event)
            {
                return Ok(found);
            }
        }
        after = last;
    }
    let EventHeader {
        stream,
        version,
        event_type,
        ..
    } = &suspect.header;
    let row = format!("{event_type}, version {version} of {stream}");
    Ok(if tree.agrees(journal, stored).await? {
        (
            Damage::Changed,
            format!("the hash stored with the row was changed, not the row itself ({row})"),
        )
    } else {
        (
            Damage::Changed,
            format!("a byte of the row's header, payload or metadata was changed ({row})"),
        )
    })
}

/// Whether the suspect was written where `other` stands.
fn displaced(suspect: &RecordedEvent, other: &RecordedEvent) -> Option<(Damage, String)> {
    let (here, there) = (suspect.header.position, other.header.position);
    let belongs = hash_at(suspect, there);
    if belongs != suspect.leaf_hash && belongs != other.leaf_hash {
        return None;
    }
    let counterpart = hash_at(other, here);
    Some(if counterpart == other.leaf_hash || counterpart == suspect.leaf_hash {
        (
            Damage::Swapped,
            format!("this row and the one at position {there} stand in each other's places"),
        )
    } else {
        (
            Damage::Deleted,
            format!("the row is missing; the one that was written at position {there} stands here"),
        )
    })
}

fn hash_at(event: &RecordedEvent, position: Position) -> Hash {
    leaf_hash(
        &EventHeader {
            position,
            ..event.header.clone()
        },
        &event.payload,
        &event.metadata,
    )
}

/// The tree over the rows as they are, from the suspect on, for as long as no row is missing.
struct Rest {
    frontier: Frontier,
    /// The smallest stored subtree over the suspect: its index, and what the rows come to.
    over_suspect: (u64, Option<Hash>),
}

impl Rest {
    fn after(frontier: Frontier) -> Self {
        let node = frontier.size() >> STORED_LEVELS[0];
        Self {
            frontier,
            over_suspect: (node, None),
        }
    }

    /// The hash that the row should have.
    fn take(&mut self, event: &RecordedEvent) -> Hash {
        let hash = leaf_hash(&event.header, &event.payload, &event.metadata);
        if event.header.position == Position(self.frontier.size()).next() {
            let (node, over_suspect) = &mut self.over_suspect;
            self.frontier.push(hash, |subtree| {
                if (subtree.level, subtree.node) == (STORED_LEVELS[0], *node) {
                    *over_suspect = Some(subtree.hash);
                }
            });
        }
        hash
    }

    /// Whether the rows are those over which the tree was built.
    async fn agrees(&self, journal: &dyn Journal, stored: &Frontier) -> Result<bool, VerifyError> {
        let (node, Some(recomputed)) = self.over_suspect else {
            return Ok(self.frontier == *stored);
        };
        let stored = journal.subtree_hashes(STORED_LEVELS[0], node..node + 1).await?;
        Ok(stored == [recomputed])
    }
}
