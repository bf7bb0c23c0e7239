//! Drives event-sourced aggregates over the journal; generic over both the journal's back end and the business.
//!
//! What belongs here: the command bus, the codec that seals personal data and upcasts old events, the keys, policies,
//! the agenda, deliveries, erasure, and the read side (projections and views). What does not: any business event, any table of a
//! particular read model, any protocol spoken with the outside.

pub mod agenda;
mod backoff;
pub mod bus;
pub mod clock;
pub mod code;
pub mod codec;
pub mod deliveries;
pub mod erasure;
pub mod ids;
pub mod keys;
pub mod policy;
pub mod projection;
pub mod recorded;
pub mod views;
pub mod vocabulary;

pub use agenda::{AgendaError, AgendaSource, Obligation, Obligations, Scheduler};
pub use bus::{
    Clash, CommandBus, CommandContext, CommandError, LoadError, Merging, Outcome, Sees, Sight, UnitOfWork, Until,
};
pub use clock::{Clock, ManualClock, SystemClock};
pub use code::Code;
pub use codec::{Codec, CodecError};
pub use deliveries::{Carrier, Dispatcher, Outbound, RetrySchedule};
pub use erasure::{Erasure, ErasureError, ErasureHook};
pub use keys::{KeyError, KeyRing, MasterKey};
pub use policy::{Policy, PolicyRunner, ReactionError, StartAt};
pub use projection::{Key, Needs, Projection, ProjectionError, Rows, TableSpec};
pub use recorded::Recorded;
pub use views::{
    AsOf, Basis, Duty, Held, Lease, ParkedKey, ProjectionState, ProjectionStatus, ViewHandle, Views, ViewsError,
    ViewsOptions,
};
pub use vocabulary::{DecodeError, SkippedEvent, Upcaster, Vocabulary};
