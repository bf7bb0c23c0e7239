//! Recurring revenue as it is asked for: the contracts of the journal folded in memory, always up to its end.
//!
//! [`Portfolio`] is what happened; a [`Book`] is made of it by definitions and by a time. The books that were asked for last
//! are kept, also those of the past: of each only the families of contracts are counted anew of which something happened
//! that it knows. [`scenarios`] are copies that hypothetical changes go into.

pub mod scenarios;
mod shelf;

use std::sync::Arc;

use chrono::{Datelike, NaiveDate};
use domain::{
    ContractId, Event, OrganizationEvent, OrganizationId,
    company::CompanyState,
    recurring_revenue::{Basis, Book, BookRequest, Happened, Portfolio, Recording, RevenueError, RevenueSettings},
};
use engine::{Codec, CodecError};
use journal::{Journal, JournalError, Position, ReadFilter};
use tokio::{sync::Mutex, task::JoinError};

pub use self::scenarios::{Hypothesis, Scenario, ScenarioError, Scenarios};
use self::shelf::Shelf;

/// Events that are read at a time.
const PAGE: usize = 2_000;
/// Months behind the day that somebody asks about up to which movements are known: notices, steps of prices, ends.
const YEARS_AHEAD: i32 = 5;

/// Why revenue is not told.
#[derive(Debug, thiserror::Error)]
pub enum RevenueFailure {
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    Codec(#[from] CodecError),
    #[error(transparent)]
    Refused(#[from] RevenueError),
    /// The thread that counted went away.
    #[error(transparent)]
    Interrupted(#[from] JoinError),
}

/// Which book is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub settings: RevenueSettings,
    pub basis: Basis,
    /// As it was known at this moment; `None`: as it is known.
    pub known_until: Option<chrono::DateTime<chrono::Utc>>,
    /// The last day that is asked about.
    pub through: NaiveDate,
}

impl Asked {
    /// The book of a copy.
    pub fn book_of(&self, portfolio: &Portfolio) -> Result<Book, RevenueError> {
        portfolio.book(&self.request(portfolio))
    }

    /// A moment behind everything that happened asks for no book of its own.
    fn request(&self, portfolio: &Portfolio) -> BookRequest {
        BookRequest {
            settings: self.settings.clone(),
            basis: self.basis,
            known_until: self.known_until.filter(|moment| !portfolio.is_all_known(*moment)),
            through: horizon(self.through),
        }
    }
}

/// The end of a year well behind a day, so that most questions are answered by one book.
fn horizon(day: NaiveDate) -> NaiveDate {
    NaiveDate::from_ymd_opt(day.year() + YEARS_AHEAD, 12, 31).unwrap_or(NaiveDate::MAX)
}

/// The contracts of the journal, and the books that are asked for.
pub struct RecurringRevenue {
    journal: Arc<dyn Journal>,
    codec: Arc<Codec<Event>>,
    tail: Mutex<Tail>,
}

#[derive(Default)]
struct Tail {
    read: Position,
    portfolio: Arc<Portfolio>,
    shelf: Shelf,
}

impl RecurringRevenue {
    pub fn new(journal: Arc<dyn Journal>, codec: Arc<Codec<Event>>) -> Arc<Self> {
        Arc::new(Self {
            journal,
            codec,
            tail: Mutex::default(),
        })
    }

    /// Everything that contracts went through up to the end of the journal.
    pub async fn portfolio(&self, company: &CompanyState) -> Result<Arc<Portfolio>, RevenueFailure> {
        let mut tail = self.tail.lock().await;
        self.catch_up(&mut tail, company).await?;
        Ok(tail.portfolio.clone())
    }

    /// The book that is asked for, with what it was made of. While one is made, others are answered.
    pub async fn book(
        &self,
        company: &CompanyState,
        asked: &Asked,
    ) -> Result<(Arc<Portfolio>, Arc<Book>), RevenueFailure> {
        loop {
            let mut tail = self.tail.lock().await;
            self.catch_up(&mut tail, company).await?;
            let Tail { portfolio, shelf, .. } = &mut *tail;
            let request = asked.request(portfolio);
            let kept = shelf.find(&request);
            if let Some(book) = kept.up_to_date(portfolio)? {
                return Ok((portfolio.clone(), book));
            }
            let (made, portfolio) = (kept.made(), portfolio.clone());
            drop(tail);
            let mut own = false;
            let book = made
                .get_or_try_init(async || {
                    own = true;
                    let portfolio = portfolio.clone();
                    let book = tokio::task::spawn_blocking(move || portfolio.book(&request)).await??;
                    Ok::<_, RevenueFailure>(Arc::new(book))
                })
                .await?;
            // Who waited for somebody else to make it looks whether something happened since.
            if own {
                return Ok((portfolio, book.clone()));
            }
        }
    }

    /// Reads what came since. Whoever gives up on the way leaves behind what was read up to then, and books that know it.
    async fn catch_up(&self, tail: &mut Tail, company: &CompanyState) -> Result<(), RevenueFailure> {
        let filter = ReadFilter {
            categories: vec!["contract".into(), "organization".into()],
            ..ReadFilter::default()
        };
        loop {
            let page = self.journal.read(tail.read, PAGE, &filter).await?;
            if page.last == tail.read {
                return Ok(());
            }
            let events = self.codec.open_page(&page).await?;
            for event in &events {
                let at: chrono::DateTime<chrono::Utc> = event.header.recorded_at.into();
                let recording = Recording {
                    position: event.header.position.0,
                    event: event.header.event_id,
                    at,
                    on: company.day(at),
                };
                let id = event.header.stream.id;
                let happened = match &event.event {
                    Event::Contract(contract) => {
                        tail.shelf.changed(ContractId(id), at);
                        Happened::Contract(ContractId(id), contract)
                    }
                    Event::Organization(organization) => {
                        if let OrganizationEvent::OrganizationMergedInto { .. } = organization {
                            tail.shelf.merged(at);
                        }
                        Happened::Organization(OrganizationId(id), organization)
                    }
                    _ => continue,
                };
                Arc::make_mut(&mut tail.portfolio).record(recording, happened);
            }
            tail.read = page.last;
        }
    }
}
