//! From the trade to its papers: what a quote or an invoice is made of beyond what somebody writes on it. Who sells, who
//! buys, what their sale is taxed with, which number it bears, and where its paper lies.

mod customer;
mod numbers;

use std::sync::Arc;

use blobs::{BlobError, Blobs};
use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    BlobHash, Company, Event, OrganizationId,
    company::{COMPANY, CompanyState},
    document::FiledDocument,
};
use engine::{CommandBus, bus::LoadError};
use tokio::sync::Mutex;
use uuid::Uuid;

pub use self::customer::{Customer, Recipient, Unaddressed};

/// Bytes of a paper at most.
const PAPER_MAX: u64 = 64 * 1024 * 1024;

/// The house's sales.
pub struct Sales {
    bus: Arc<CommandBus<Event>>,
    blobs: Blobs,
    /// Whoever takes a number waits here for whoever is taking one: they would only conflict.
    turn: Mutex<()>,
}

/// The company as it stands at a moment.
pub struct House {
    pub company: CompanyState,
    pub now: DateTime<Utc>,
    /// In the company's zone.
    pub today: NaiveDate,
}

impl House {
    /// The last day of the fiscal year that today belongs to.
    pub fn closing(&self) -> NaiveDate {
        self.company.fiscal_year_end().closing(self.today)
    }

    /// The end of a day in the company's zone.
    pub fn end_of(&self, day: NaiveDate) -> DateTime<Utc> {
        domain::local::end_of_day(day, self.company.time_zone())
    }
}

impl Sales {
    pub fn new(bus: Arc<CommandBus<Event>>, blobs: Blobs) -> Arc<Self> {
        Arc::new(Self {
            bus,
            blobs,
            turn: Mutex::new(()),
        })
    }

    /// The company now.
    pub async fn house(&self) -> Result<House, LoadError> {
        let company = self.bus.load::<Company>(COMPANY).await?;
        let company = company.map(|(company, _)| (*company).clone()).unwrap_or_default();
        let now = self.bus.clock().now();
        Ok(House {
            today: company.day(now),
            company,
            now,
        })
    }

    /// The customer, or whoever stands for it since records were merged; `None` when there is none.
    pub async fn customer(&self, organization: OrganizationId) -> Result<Option<Customer>, LoadError> {
        Customer::load(&self.bus, organization).await
    }

    /// Puts a paper beside the journal. The name says what it is of, so that the same paper lies there once.
    pub async fn keep(&self, name: Uuid, bytes: &[u8]) -> Result<FiledDocument, BlobError> {
        let mut incoming = self.blobs.receive(name, PAPER_MAX).await?;
        incoming.write(bytes).await?;
        let received = incoming.finish().await?;
        self.blobs.keep(name, &received.hash).await?;
        Ok(FiledDocument {
            blob: BlobHash(received.hash),
            size: received.size,
        })
    }

    /// The bytes of a paper.
    pub async fn read(&self, blob: BlobHash) -> Result<Vec<u8>, BlobError> {
        self.blobs.read(&blob.0).await
    }
}
