//! When two people change one record without knowing of each other: what stands side by side.

use domain::{Event, fields};
use engine::{Clash, Merging};

/// Different fields stand side by side, the same field clashes.
pub(crate) struct ByField;

impl Merging<Event> for ByField {
    fn clashes(&self, seen: &[Event], meanwhile: &[(Event, bool)], decided: &[Event]) -> Vec<Clash> {
        let meanwhile: Vec<_> = meanwhile.iter().map(|(event, own)| (event, *own)).collect();
        let clashes = fields::clashes(seen, &meanwhile, decided).into_iter();
        clashes
            .map(
                |fields::Clash {
                     field,
                     base,
                     theirs,
                     ours,
                 }| Clash {
                    field,
                    base,
                    theirs,
                    ours,
                },
            )
            .collect()
    }
}
