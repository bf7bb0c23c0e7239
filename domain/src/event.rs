//! Every event of every aggregate in one enum: what the journal's bytes mean.

use cqrs_es::DomainEvent;

use crate::{
    accounting_period::{AccountingEvent, AccountingState},
    activity::{ActivityEvent, ActivityState},
    api_token::{ApiTokenEvent, ApiTokenState},
    company::{CompanyEvent, CompanyState},
    contact::{ContactEvent, ContactState},
    contract::{ContractEvent, ContractState},
    deal::{DealEvent, DealState},
    decider::Decider,
    delivery::{DeliveryEvent, DeliveryState},
    import::{ImportEvent, ImportState},
    inbox::{InboxEvent, InboxState},
    invoice::{InvoiceEvent, InvoiceState},
    numbering::{NumberSeriesEvent, NumberSeriesState},
    organization::{OrganizationEvent, OrganizationState},
    oversight::{OversightEvent, OversightState},
    payment::{PaymentEvent, PaymentState},
    person::{PersonEvent, PersonState},
    pipeline::{PipelineEvent, PipelineState},
    product::{ProductEvent, ProductState},
    quote::{QuoteEvent, QuoteState},
    reservation::{ReservationEvent, ReservationState},
    saved_filter::{SavedFilterEvent, SavedFilterState},
    task::{TaskEvent, TaskState},
    task_series::{TaskSeriesEvent, TaskSeriesState},
    team::{TeamEvent, TeamState},
    user::{UserEvent, UserState},
};

/// A name that stands in the journal's `event_type` column, with the schema version written today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventType {
    pub category: &'static str,
    pub name: &'static str,
    pub schema_version: u32,
}

/// Gives the events of an aggregate their names and the schema versions written today. A variant that is missing here
/// does not compile.
macro_rules! event_types {
    ($event:ident of $category:literal { $($variant:ident = $version:literal),+ $(,)? }) => {
        impl $event {
            pub const TYPES: &'static [$crate::EventType] = &[
                $($crate::EventType {
                    category: $category,
                    name: stringify!($variant),
                    schema_version: $version,
                }),+
            ];

            pub const fn event_type(&self) -> &'static str {
                match self {
                    $(Self::$variant { .. } => stringify!($variant)),+
                }
            }

            pub const fn schema_version(&self) -> u32 {
                match self {
                    $(Self::$variant { .. } => $version),+
                }
            }
        }

        impl cqrs_es::DomainEvent for $event {
            fn event_type(&self) -> String {
                Self::event_type(self).to_owned()
            }

            fn event_version(&self) -> String {
                self.schema_version().to_string()
            }
        }
    };
}
pub(crate) use event_types;

macro_rules! events {
    ($($variant:ident($event:ident) of $decider:ident),+ $(,)?) => {
        /// Anything that can have happened.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Event {
            $($variant($event)),+
        }

        impl Event {
            /// Every event type there is, in the order of the aggregates.
            pub fn types() -> impl Iterator<Item = EventType> {
                [$($event::TYPES),+].into_iter().flatten().copied()
            }

            /// Reads an event from the opened payload of a journal entry, at the schema version written today.
            /// A type that is not known is an error: a reader that cannot understand must stop.
            pub fn decode(category: &str, payload: &[u8]) -> Result<Self, DecodeError> {
                match category {
                    $(<$decider as Decider>::TYPE => decode::<$event>(category, payload).map(Self::$variant),)+
                    unknown => Err(DecodeError::UnknownCategory(unknown.to_owned())),
                }
            }

            /// The payload of a journal entry before personal data is sealed.
            pub fn encode(&self) -> Result<Vec<u8>, serde_json::Error> {
                match self {
                    $(Self::$variant(event) => serde_json::to_vec(event)),+
                }
            }

            /// The type of the aggregate it happened to.
            pub const fn category(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => <$decider as Decider>::TYPE),+
                }
            }

            pub const fn event_type(&self) -> &'static str {
                match self {
                    $(Self::$variant(event) => event.event_type()),+
                }
            }

            pub const fn schema_version(&self) -> u32 {
                match self {
                    $(Self::$variant(event) => event.schema_version()),+
                }
            }
        }

        $(impl From<$event> for Event {
            fn from(event: $event) -> Self {
                Self::$variant(event)
            }
        })+
    };
}

events! {
    Organization(OrganizationEvent) of OrganizationState,
    Pipeline(PipelineEvent) of PipelineState,
    Contact(ContactEvent) of ContactState,
    Activity(ActivityEvent) of ActivityState,
    Deal(DealEvent) of DealState,
    Task(TaskEvent) of TaskState,
    TaskSeries(TaskSeriesEvent) of TaskSeriesState,
    Inbox(InboxEvent) of InboxState,
    SavedFilter(SavedFilterEvent) of SavedFilterState,
    Person(PersonEvent) of PersonState,
    User(UserEvent) of UserState,
    Team(TeamEvent) of TeamState,
    ApiToken(ApiTokenEvent) of ApiTokenState,
    Reservation(ReservationEvent) of ReservationState,
    Oversight(OversightEvent) of OversightState,
    Delivery(DeliveryEvent) of DeliveryState,
    Company(CompanyEvent) of CompanyState,
    Product(ProductEvent) of ProductState,
    NumberSeries(NumberSeriesEvent) of NumberSeriesState,
    Quote(QuoteEvent) of QuoteState,
    Invoice(InvoiceEvent) of InvoiceState,
    Payment(PaymentEvent) of PaymentState,
    Contract(ContractEvent) of ContractState,
    Accounting(AccountingEvent) of AccountingState,
    Import(ImportEvent) of ImportState,
}

/// Bytes in the journal that this version of the program does not understand.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    #[error("events of category `{0}` are not known to this version: a newer version wrote them")]
    UnknownCategory(String),
    #[error("an event of category `{category}` cannot be read: {source}")]
    Payload {
        category: String,
        source: serde_json::Error,
    },
}

fn decode<E: DomainEvent>(category: &str, payload: &[u8]) -> Result<E, DecodeError> {
    serde_json::from_slice(payload).map_err(|source| DecodeError::Payload {
        category: category.to_owned(),
        source,
    })
}
