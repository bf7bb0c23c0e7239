//! Connections for reading, lent to blocking threads.

use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::{
    rows::Decoder,
    schema::{self, Location},
};
use crate::JournalError;

/// Reads that run at once; more would only take each other's processor.
const READERS: usize = 8;

/// A connection with what its reads reuse.
pub(crate) struct Reader {
    pub(crate) connection: Connection,
    pub(crate) decoder: Decoder,
}

#[derive(Clone)]
pub(crate) struct Pool {
    shared: Arc<Shared>,
}

struct Shared {
    location: Location,
    idle: Mutex<Vec<Reader>>,
    permits: Arc<Semaphore>,
}

impl Pool {
    pub(crate) fn new(location: Location) -> Self {
        let permits = Arc::new(Semaphore::new(READERS));
        Self {
            shared: Arc::new(Shared {
                location,
                idle: Mutex::default(),
                permits,
            }),
        }
    }

    /// Runs `read` on a blocking thread with a connection of its own.
    pub(crate) async fn run<T, F>(&self, read: F) -> Result<T, JournalError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Reader) -> Result<T, JournalError> + Send + 'static,
    {
        let shared = self.shared.clone();
        let permit = shared
            .permits
            .clone()
            .acquire_owned()
            .await
            .map_err(|_| JournalError::Closed)?;
        let reading = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let mut reader = shared.take()?;
            let result = read(&mut reader);
            // After an error the connection is not trusted again.
            if result.is_ok() {
                shared.give_back(reader);
            }
            result
        });
        reading
            .await
            .map_err(|error| JournalError::Database(error.to_string()))?
    }
}

impl Shared {
    fn take(&self) -> Result<Reader, JournalError> {
        if let Some(reader) = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop() {
            return Ok(reader);
        }
        Ok(Reader {
            connection: schema::open_reader(&self.location)?,
            decoder: Decoder::default(),
        })
    }

    fn give_back(&self, reader: Reader) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(reader);
    }
}
