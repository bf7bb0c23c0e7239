//! The rules of the trade. One module per aggregate, each readable from top to bottom; beside them the values that
//! several aggregates share. Everything here is pure: time, identifiers and numbers come in the commands, and nothing
//! reads a clock, a disk or a network.

pub mod activity;
pub mod api_token;
pub mod billing;
mod change;
pub mod company;
pub mod contact;
pub mod custom;
pub mod deal;
pub mod decider;
pub mod delivery;
pub mod document;
mod dossier;
mod event;
pub mod fields;
pub mod file;
pub mod identifiers;
pub mod ids;
pub mod import;
pub mod inbox;
pub mod invoice;
mod language;
pub mod local;
pub mod money;
pub mod numbering;
pub mod organization;
pub mod oversight;
pub mod payment;
pub mod person;
pub mod personal;
pub mod pipeline;
pub mod product;
pub mod quote;
pub mod rank;
pub mod recurrence;
pub mod refusal;
pub mod reservation;
mod retention;
pub mod saved_filter;
pub mod schema;
pub mod tags;
pub mod task;
pub mod task_series;
pub mod team;
pub mod text;
pub mod upcast;
pub mod user;
pub mod value;

pub use activity::{Activity, ActivityCommand, ActivityError, ActivityEvent};
pub use api_token::{ApiToken, ApiTokenCommand, ApiTokenError, ApiTokenEvent};
pub use change::Change;
pub use company::{Company, CompanyCommand, CompanyError, CompanyEvent};
pub use contact::{Contact, ContactCommand, ContactError, ContactEvent};
pub use custom::CustomValue;
pub use deal::{Deal, DealCommand, DealError, DealEvent, Stage};
pub use decider::{Decider, Root};
pub use delivery::{Delivery, DeliveryCommand, DeliveryError, DeliveryEvent};
pub use event::{DecodeError, Event, EventType};
pub use file::{AttachedFile, BlobHash, FileDescription, FileError};
pub use identifiers::{Bic, Country, Iban, PostalAddress, Siren, Siret, VatNumber};
pub use ids::{
    ActivityId, ApiTokenId, ContactId, DealId, FileId, InvoiceId, OrganizationId, PaymentId, PersonId, PipelineId,
    ProductId, QuoteId, TaskId, TaskSeriesId, TeamId, UserId,
};
pub use import::{Import, ImportCommand, ImportError, ImportEvent};
pub use inbox::{Inbox, InboxCommand, InboxError, InboxEvent};
pub use language::Language;
pub use money::{Currency, Money};
pub use organization::{Organization, OrganizationCommand, OrganizationError, OrganizationEvent};
pub use oversight::{Oversight, OversightCommand, OversightError, OversightEvent};
pub use person::{Person, PersonCommand, PersonError, PersonEvent};
pub use personal::Personal;
pub use pipeline::{Pipeline, PipelineCommand, PipelineError, PipelineEvent};
pub use product::{Product, ProductCommand, ProductError, ProductEvent};
pub use rank::Rank;
pub use refusal::Refusal;
pub use reservation::{Reservation, ReservationCommand, ReservationError, ReservationEvent};
pub use saved_filter::{SavedFilter, SavedFilterCommand, SavedFilterError, SavedFilterEvent};
pub use tags::Tags;
pub use task::{Task, TaskCommand, TaskError, TaskEvent};
pub use task_series::{TaskSeries, TaskSeriesCommand, TaskSeriesError, TaskSeriesEvent};
pub use team::{Team, TeamCommand, TeamError, TeamEvent};
pub use user::{Role, User, UserCommand, UserError, UserEvent};
pub use value::InvalidValue;
