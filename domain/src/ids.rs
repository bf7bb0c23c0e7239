//! Identifiers: a type for each kind, so that a deal's never stands where an organization's is meant.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
        )]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    };
}

id!(
    /// A company we sell to.
    OrganizationId
);
id!(
    /// One sale in progress.
    DealId
);
id!(
    /// Work to do.
    TaskId
);
id!(
    /// Tasks that follow each other by a rule.
    TaskSeriesId
);
id!(
    /// A human being whose data we hold: the subject of an erasure, and the name of the key that seals their data.
    PersonId
);
id!(
    /// A pipeline: the stages that deals of one kind go through.
    PipelineId
);
id!(
    /// Goods or a service that we sell.
    ProductId
);
id!(
    /// An offer to a customer, in all its versions.
    QuoteId
);
id!(
    /// An invoice or a credit note.
    InvoiceId
);
id!(
    /// What a customer is owed over time.
    ContractId
);
id!(
    /// Money that a customer sent.
    PaymentId
);
id!(
    /// A person at a customer's, as a record of ours.
    ContactId
);
id!(
    /// A call, e-mail, meeting, note or check-in.
    ActivityId
);
id!(
    /// A file that goes with something.
    FileId
);
id!(
    /// Somebody who works with the system: the account of a colleague.
    UserId
);
id!(
    /// Colleagues who work together.
    TeamId
);
id!(
    /// A credential for programs.
    ApiTokenId
);

impl TaskSeriesId {
    /// The task that is this occurrence of the series: the same whoever makes it, so that it is made once.
    pub fn occurrence(self, number: u32) -> TaskId {
        TaskId(Uuid::new_v5(&self.0, &number.to_be_bytes()))
    }
}
