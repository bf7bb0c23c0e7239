//! The search index as this house keeps it: what of which record is in it ([`documents`]), and how it follows the views.
//!
//! Each machine has an index of its own in a folder, which its processes share: one of them writes, the others read, and
//! another takes over when it dies. What is written is read from the views: the rows whose streams have gone on since the
//! index was last written. So the index is built from the journal like everything else, and removing its folder costs
//! nothing but the time to fill it again.

pub mod documents;
mod follow;

use std::{
    error::Error,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use ::search::{Cursor, Hit, Index, Kind, Query, SearchError};
use async_trait::async_trait;
use domain::Event;
use engine::{Views, ViewsError, erasure::ErasureHook};
use journal::Position;
use uuid::Uuid;

use self::follow::Pen;

/// How often the index looks whether the views have gone on.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// After an error the next attempt waits a little.
const PAUSE: Duration = Duration::from_secs(2);
/// How often a waiter looks whether another process has written.
const POLL_EVERY: Duration = Duration::from_millis(20);
/// How long an erasure waits for the index before it is tried again.
const PATIENCE: Duration = Duration::from_secs(20);

/// The index, opened when it is first needed.
pub struct Search {
    folder: PathBuf,
    views: Arc<Views<Event>>,
    index: Mutex<Option<Arc<Index>>>,
    pen: tokio::sync::Mutex<Option<Pen>>,
}

/// Why nothing is found at the moment.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    #[error(transparent)]
    Index(#[from] SearchError),
    #[error(transparent)]
    Views(#[from] ViewsError),
    #[error("the views cannot be read for the search index: {0}")]
    Rows(#[from] sea_orm::DbErr),
    /// The index is being filled for the first time.
    #[error("the search index is being built")]
    Building,
    /// The index was not there in time.
    #[error("the search index is at position {position}, {wanted} is asked for")]
    Behind { position: u64, wanted: u64 },
    /// The thread that should have searched is gone.
    #[error("the search was not finished: {0}")]
    Broken(String),
}

impl Search {
    pub fn new(folder: &Path, views: Arc<Views<Event>>) -> Arc<Self> {
        Arc::new(Self {
            folder: folder.to_owned(),
            views,
            index: Mutex::new(None),
            pen: tokio::sync::Mutex::new(None),
        })
    }

    fn index(&self) -> Result<Arc<Index>, SearchError> {
        let mut place = self.index.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(index) = place.as_ref() {
            return Ok(index.clone());
        }
        let opened = Arc::new(Index::open(&self.folder, self.views.fingerprint())?);
        Ok(place.insert(opened).clone())
    }

    /// The best `limit` answers after `after`, whoever may see them: ask the views before showing any.
    pub async fn find(
        &self,
        query: Arc<Query>,
        kinds: Vec<Kind>,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Vec<Hit>, FindError> {
        let index = self.index()?;
        if index.position().is_none() {
            return Err(FindError::Building);
        }
        let searching = tokio::task::spawn_blocking(move || index.search(&query, &kinds, after, limit));
        let hits = searching.await.map_err(|error| FindError::Broken(error.to_string()))?;
        Ok(hits?)
    }

    /// Until the index shows everything up to `position`.
    pub async fn wait_for(&self, position: Position, patience: Duration) -> Result<(), FindError> {
        let index = self.index()?;
        let deadline = Instant::now() + patience;
        loop {
            let shown = index.refresh()?;
            if shown.is_some_and(|shown| shown >= position.0) {
                return Ok(());
            }
            if Instant::now() >= deadline {
                return Err(shown.map_or(FindError::Building, |shown| FindError::Behind {
                    position: shown,
                    wanted: position.0,
                }));
            }
            tokio::time::sleep(POLL_EVERY).await;
        }
    }

    /// Keeps the index up to date until it is told to stop.
    pub async fn run(&self, until_stopped: impl Future<Output = ()>) {
        let keeping = async {
            loop {
                let pause = match self.catch_up().await {
                    Ok(()) | Err(FindError::Views(ViewsError::Building { .. })) => LOOK_EVERY,
                    Err(error) => {
                        tracing::error!(%error, "the search index is not kept up to date");
                        PAUSE
                    }
                };
                tokio::time::sleep(pause).await;
            }
        };
        tokio::select! {
            () = keeping => {}
            () = until_stopped => {}
        }
        *self.pen.lock().await = None;
    }

    /// Writes what the views show and the index does not, or reads what another process has written.
    async fn catch_up(&self) -> Result<(), FindError> {
        let index = self.index()?;
        let mut place = self.pen.lock().await;
        let caught_up = self.write(index, &mut place).await;
        if let Err(FindError::Index(_)) = &caught_up {
            // Perhaps somebody removed its files: it is opened again, and made anew if need be.
            *self.index.lock().unwrap_or_else(PoisonError::into_inner) = None;
            *place = None;
        }
        caught_up
    }

    async fn write(&self, index: Arc<Index>, place: &mut Option<Pen>) -> Result<(), FindError> {
        index.refresh()?;
        let pen = match place.take() {
            Some(pen) => pen,
            None => match index.writer()? {
                Some(writer) => Pen::new(index, writer),
                None => return Ok(()),
            },
        };
        follow::on(&self.views, &pen).await?;
        // After a failure what is half put in is forgotten with the writer.
        *place = Some(pen);
        Ok(())
    }
}

/// No word about an erased person stays in the index's files. Where another process writes them, it is waited for.
#[async_trait]
impl ErasureHook for Search {
    async fn erased(&self, _person: Uuid, position: Position) -> Result<(), Box<dyn Error + Send + Sync>> {
        self.views.wait_for(position, PATIENCE).await?;
        self.catch_up().await?;
        Ok(self.wait_for(position, PATIENCE).await?)
    }
}
