//! The append-only journal: to it an event is a header and bytes.
//!
//! What belongs here: the port ([`Journal`]), its back ends (SQLite, PostgreSQL), the sequencer that gives one dense
//! order to all appends, the RFC 6962 tree with its checkpoints and receipts, and the vault tables that live in the
//! same database. What does not: anything that knows what an event means.

pub mod append;
pub mod backup;
pub mod checkpoint;
pub mod error;
pub mod event;
pub mod failpoint;
mod open;
mod plan;
pub mod port;
pub mod postgres;
pub mod receipt;
pub mod records;
mod sequencer;
pub mod sqlite;
pub mod subscription;
pub mod tree;
pub mod verify;

pub use append::{AppendBatch, Appended, CommandKey, Expected, Fingerprint, StreamCheck, StreamWrite};
pub use error::{AppendError, JournalError};
pub use event::{EventHeader, NewEvent, Position, RecordedEvent, StreamId, Timestamp, Version};
pub use open::{OpenOptions, open};
pub use port::{
    Audit, CommandRecord, FoundRow, Head, Inventory, Journal, JournalInfo, Page, ReadFilter, Vault, WrappedKey,
};
pub use records::{VaultRecord, VaultRecords};
