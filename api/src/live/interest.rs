//! Which events somebody wants to be told of.

use std::{collections::HashSet, sync::Arc};

use journal::{EventHeader, ReadFilter, StreamId};

/// What is given must hold; the default is all events.
#[derive(Debug, Clone, Default)]
pub struct Interest {
    pub categories: Option<HashSet<Arc<str>>>,
    pub types: Option<HashSet<Arc<str>>>,
    pub streams: Option<HashSet<StreamId>>,
}

impl Interest {
    pub fn covers(&self, header: &EventHeader) -> bool {
        // The streams first: they leave most out.
        within(self.streams.as_ref(), &header.stream)
            && within(self.types.as_ref(), &header.event_type)
            && within(self.categories.as_ref(), &header.stream.category)
    }

    /// What need not be read.
    pub(super) fn read_filter(&self) -> ReadFilter {
        let categories = self.categories.iter().flatten().cloned();
        ReadFilter {
            categories: categories.collect(),
            ..ReadFilter::default()
        }
    }
}

fn within<T: Eq + std::hash::Hash>(wanted: Option<&HashSet<T>>, found: &T) -> bool {
    wanted.is_none_or(|wanted| wanted.contains(found))
}
