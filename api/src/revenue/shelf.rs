//! Books that were made, by what was asked for.

use std::{collections::BTreeSet, sync::Arc};

use chrono::{DateTime, Utc};
use domain::{
    ContractId,
    recurring_revenue::{Book, BookRequest, Portfolio, RevenueError},
};
use tokio::sync::OnceCell;

/// Books that are kept at the same time; the one that was not asked for longest gives way.
const BOOKS_MAX: usize = 8;
/// Contracts that are counted anew within a book; a book that is further behind is made anew.
const BEHIND_MAX: usize = 1_000;

/// The books, the one that was asked for last at the end.
#[derive(Default)]
pub(super) struct Shelf(Vec<Kept>);

/// A book, or the place of one that is being made.
pub(super) struct Kept {
    request: BookRequest,
    made: Arc<OnceCell<Arc<Book>>>,
    /// Contracts that something happened to since.
    behind: BTreeSet<ContractId>,
}

impl Shelf {
    /// The book that is asked for, or a place for it.
    pub(super) fn find(&mut self, request: &BookRequest) -> &mut Kept {
        let found = self.0.iter().position(|kept| kept.request == *request);
        let kept = match found {
            Some(place) => self.0.remove(place),
            None => Kept {
                request: request.clone(),
                made: Arc::default(),
                behind: BTreeSet::new(),
            },
        };
        if self.0.len() >= BOOKS_MAX {
            self.0.remove(0);
        }
        self.0.push_mut(kept)
    }

    /// Something happened to a contract: no book of an earlier moment knows of it.
    pub(super) fn changed(&mut self, contract: ContractId, at: DateTime<Utc>) {
        self.0.retain_mut(|kept| {
            if kept.knows(at) {
                kept.behind.insert(contract);
            }
            kept.behind.len() <= BEHIND_MAX
        });
    }

    /// Records of customers became one: whose contracts are whose is another question now.
    pub(super) fn merged(&mut self, at: DateTime<Utc>) {
        self.0.retain(|kept| !kept.knows(at));
    }
}

impl Kept {
    fn knows(&self, at: DateTime<Utc>) -> bool {
        self.request.known_until.is_none_or(|until| at <= until)
    }

    /// Where it is when somebody has made it.
    pub(super) fn made(&self) -> Arc<OnceCell<Arc<Book>>> {
        self.made.clone()
    }

    /// The book, once it is made: with the families counted anew of which something happened. It stays the same one as long
    /// as nothing of it moves.
    pub(super) fn up_to_date(&mut self, portfolio: &Portfolio) -> Result<Option<Arc<Book>>, RevenueError> {
        let Some(book) = self.made.get().cloned() else {
            return Ok(None);
        };
        if self.behind.is_empty() {
            return Ok(Some(book));
        }
        let behind = self.behind.iter();
        let family: BTreeSet<ContractId> = behind.flat_map(|contract| portfolio.family(*contract)).collect();
        let anew = portfolio.book_of(family.iter().copied(), &self.request)?;
        let book = book.renewed(&family, anew).map_or(book, Arc::new);
        self.made = Arc::new(OnceCell::new_with(Some(book.clone())));
        self.behind.clear();
        Ok(Some(book))
    }
}
