//! Recurring revenue as it is asked for: the contracts of the journal folded in memory, always up to its end.
//!
//! [`Portfolio`] is what happened; a [`Book`] is made of it by definitions and by a time. The book by the company's own
//! definitions, of everything that is known, is kept and only the families of contracts are counted anew of which
//! something happened; books of the past are made when they are asked for. [`scenarios`] are copies that hypothetical
//! changes go into.

pub mod scenarios;

use std::{collections::HashMap, sync::Arc};

use chrono::{Datelike, NaiveDate};
use domain::{
    ContractId, Event, OrganizationEvent, OrganizationId,
    company::CompanyState,
    recurring_revenue::{
        Basis, Book, BookRequest, Happened, Movement, Portfolio, Recording, RevenueError, RevenueSettings,
    },
};
use engine::{Codec, CodecError};
use journal::{Journal, JournalError, Position, ReadFilter};
use tokio::sync::Mutex;

pub use self::scenarios::{Hypothesis, Scenario, ScenarioError, Scenarios};

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
        portfolio.book(&self.request())
    }

    fn request(&self) -> BookRequest {
        BookRequest {
            settings: self.settings.clone(),
            basis: self.basis,
            known_until: self.known_until,
            through: horizon(self.through),
        }
    }
}

/// The end of a year well behind a day, so that most questions are answered by one book.
fn horizon(day: NaiveDate) -> NaiveDate {
    NaiveDate::from_ymd_opt(day.year() + YEARS_AHEAD, 12, 31).unwrap_or(NaiveDate::MAX)
}

/// The contracts of the journal, and the book that most ask for.
pub struct RecurringRevenue {
    journal: Arc<dyn Journal>,
    codec: Arc<Codec<Event>>,
    tail: Mutex<Tail>,
}

#[derive(Default)]
struct Tail {
    read: Position,
    portfolio: Arc<Portfolio>,
    kept: Option<Kept>,
}

/// A book of everything that is known, by contract.
struct Kept {
    request: BookRequest,
    movements: HashMap<ContractId, Vec<Movement>>,
    book: Arc<Book>,
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

    /// The book that is asked for, with what it was made of.
    pub async fn book(
        &self,
        company: &CompanyState,
        asked: &Asked,
    ) -> Result<(Arc<Portfolio>, Arc<Book>), RevenueFailure> {
        let mut tail = self.tail.lock().await;
        self.catch_up(&mut tail, company).await?;
        let (request, portfolio) = (asked.request(), tail.portfolio.clone());
        if let Some(kept) = tail.kept.as_ref().filter(|kept| kept.request == request) {
            return Ok((portfolio, kept.book.clone()));
        }
        if request.known_until.is_some() {
            drop(tail);
            let book = portfolio.book(&request)?;
            return Ok((portfolio, Arc::new(book)));
        }
        let book = Arc::new(portfolio.book(&request)?);
        let mut movements: HashMap<ContractId, Vec<Movement>> = HashMap::new();
        for movement in book.movements() {
            movements.entry(movement.contract).or_default().push(movement.clone());
        }
        tail.kept = Some(Kept {
            request,
            movements,
            book: book.clone(),
        });
        Ok((portfolio, book))
    }

    /// Reads what came since, and counts the families anew that it is about.
    async fn catch_up(&self, tail: &mut Tail, company: &CompanyState) -> Result<(), RevenueFailure> {
        let filter = ReadFilter {
            categories: vec!["contract".into(), "organization".into()],
            ..ReadFilter::default()
        };
        // Whoever gives up on the way leaves no book behind that misses what was read.
        let mut kept = tail.kept.take();
        let (mut changed, mut outdated) = (Vec::new(), false);
        loop {
            let page = self.journal.read(tail.read, PAGE, &filter).await?;
            if page.last == tail.read {
                break;
            }
            let last = page.last;
            for event in self.codec.open_page(&page).await? {
                let at: chrono::DateTime<chrono::Utc> = event.header.recorded_at.into();
                let recording = Recording {
                    position: event.header.position.0,
                    event: event.header.event_id,
                    at,
                    on: company.day(at),
                };
                let id = event.header.stream.id;
                let portfolio = Arc::make_mut(&mut tail.portfolio);
                match &event.event {
                    Event::Contract(contract) => {
                        portfolio.record(recording, Happened::Contract(ContractId(id), contract));
                        changed.push(ContractId(id));
                    }
                    Event::Organization(organization) => {
                        portfolio.record(recording, Happened::Organization(OrganizationId(id), organization));
                        outdated |= matches!(organization, OrganizationEvent::OrganizationMergedInto { .. });
                    }
                    _ => {}
                }
            }
            tail.read = last;
        }
        if let Some(kept) = kept.as_mut().filter(|_| !outdated && !changed.is_empty()) {
            outdated = kept.renewed(&tail.portfolio, &changed).is_err();
        }
        tail.kept = kept.filter(|_| !outdated);
        Ok(())
    }
}

impl Kept {
    fn renewed(&mut self, portfolio: &Portfolio, changed: &[ContractId]) -> Result<(), RevenueError> {
        let family: std::collections::BTreeSet<ContractId> = changed
            .iter()
            .flat_map(|contract| portfolio.family(*contract))
            .collect();
        let anew = portfolio.book_of(family.iter().copied(), &self.request)?;
        for contract in &family {
            self.movements.remove(contract);
        }
        for movement in anew.movements() {
            self.movements
                .entry(movement.contract)
                .or_default()
                .push(movement.clone());
        }
        let merges = portfolio.merges();
        let all = self.movements.values().flatten().cloned().collect();
        self.book = Arc::new(Book::new(self.request.settings.currency(), all, merges));
        Ok(())
    }
}
