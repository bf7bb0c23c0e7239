//! From the trade to its papers: what a quote or an invoice is made of beyond what somebody writes on it. Who sells, who
//! buys, what their sale is taxed with, which number it bears, and where its paper lies.

pub mod contracts;
mod customer;
pub mod dunning;
pub mod invoices;
mod numbers;
pub mod papers;
pub mod quotes;
mod reactions;
pub mod signatures;
mod years;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use blobs::{BlobError, Blobs};
use chrono::{DateTime, NaiveDate, Utc};
use documents::{DocumentError, Logo, Renderer};
use domain::{
    BlobHash, Company, Event, OrganizationId,
    company::{COMPANY, CompanyState},
    document::{FiledDocument, Seller},
};
use engine::{CommandBus, CommandError, Views, bus::LoadError, policy::ReactionError};
use journal::Position;
use mail::LetterError;
use sea_orm::DatabaseConnection;
use sealing::{KeyError, SealError};
use tokio::sync::Mutex;
use uuid::Uuid;

pub use self::customer::{Customer, Recipient, Unaddressed};
pub(crate) use self::reactions::{AcceptedQuoteDraftsInvoice, AcceptedQuoteMovesDeal, SignedQuoteIsFiled};
use self::signatures::{providers::SignatureProvider, timestamps::Authority};
use crate::graphql::{following::Refused, reading::PATIENCE};

/// Bytes of a paper at most.
const PAPER_MAX: u64 = 64 * 1024 * 1024;

/// The house's sales.
pub struct Sales {
    bus: Arc<CommandBus<Event>>,
    blobs: Blobs,
    /// Whoever takes a number waits here for whoever is taking one: they would only conflict.
    turn: Mutex<()>,
    /// The directory of keys: the company's seal lies there.
    keys: PathBuf,
    services: Services,
    /// Reads its fonts when it is first needed.
    renderer: OnceLock<Arc<Renderer>>,
}

/// Others who help to sign, as the operator named them.
#[derive(Clone, Default)]
pub struct Services {
    /// Vouches for when something was signed.
    pub timestamps: Option<Authority>,
    /// Has documents signed for us.
    pub signatures: Option<Arc<dyn SignatureProvider>>,
    /// Where they reach us.
    pub public_url: String,
}

/// Why a step of a sale is not taken.
#[derive(Debug, thiserror::Error)]
pub enum SalesError {
    #[error(transparent)]
    Command(#[from] CommandError<Refused>),
    #[error("a document cannot be set: {0}")]
    Document(#[from] DocumentError),
    #[error("a document cannot be kept or read: {0}")]
    Blob(#[from] BlobError),
    #[error("a letter cannot be written: {0}")]
    Letter(#[from] LetterError),
    #[error("a document cannot be sealed: {0}")]
    Seal(#[from] SealError),
    #[error("the company's seal cannot be opened: {0}")]
    Key(#[from] KeyError),
    #[error("the evidence of a signature cannot be written: {0}")]
    Evidence(String),
    #[error("a platform does not take it: {0}")]
    Platform(std::io::Error),
    /// Whoever was setting a document is gone.
    #[error("a document was not set: {0}")]
    Gone(#[from] tokio::task::JoinError),
}

impl From<LoadError> for SalesError {
    fn from(error: LoadError) -> Self {
        Self::Command(error.into())
    }
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

/// The views once they are there, for those who act by themselves.
async fn shown(views: &Views<Event>, position: Position) -> Result<DatabaseConnection, ReactionError> {
    let view = views.wait_for(position, PATIENCE).await;
    view.map(|view| view.connection).map_err(ReactionError::trouble)
}

impl Sales {
    pub fn new(bus: Arc<CommandBus<Event>>, blobs: Blobs, keys: &Path, services: Services) -> Arc<Self> {
        Arc::new(Self {
            bus,
            blobs,
            turn: Mutex::new(()),
            keys: keys.to_owned(),
            services,
            renderer: OnceLock::new(),
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

    fn renderer(&self) -> Result<Arc<Renderer>, DocumentError> {
        if let Some(renderer) = self.renderer.get() {
            return Ok(renderer.clone());
        }
        let made = Arc::new(Renderer::new()?);
        Ok(self.renderer.get_or_init(|| made).clone())
    }

    /// Sets a document on a thread where nobody waits for it.
    async fn set<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, DocumentError> + Send + 'static,
    ) -> Result<T, SalesError> {
        Ok(tokio::task::spawn_blocking(work).await??)
    }

    /// The seller's logo, if there is one.
    async fn logo(&self, seller: &Seller) -> Result<Option<Logo>, BlobError> {
        match seller.appearance.logo {
            Some(blob) => Ok(Logo::stored(self.read(blob).await?).ok()),
            None => Ok(None),
        }
    }

    /// Puts a paper beside the journal, under its hash.
    pub async fn keep(&self, bytes: &[u8]) -> Result<FiledDocument, BlobError> {
        let name = Uuid::new_v4();
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
