use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{BlobHash, FileDescription, Language, Personal, event::event_types};

/// What can have happened to a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all_fields = "camelCase")]
pub enum DeliveryEvent {
    DeliveryQueued {
        content: Content,
        /// The stream of what it is about, `category:uuid`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        subject: Option<String>,
        on_doubt: OnDoubt,
        /// After this there is no more point in it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires_at: Option<DateTime<Utc>>,
    },
    /// An attempt begins. Until its outcome follows, nobody knows whether the other side has it.
    DeliveryAttempted { attempt: u32 },
    /// The other side took it.
    DeliverySucceeded { attempt: u32 },
    /// Not now; again at `until`.
    DeliveryDeferred {
        attempt: u32,
        until: DateTime<Utc>,
        reason: String,
    },
    /// A dead letter: refused for good, or (not `permanent`) for too long.
    DeliveryFailed {
        attempt: u32,
        reason: String,
        permanent: bool,
    },
    /// How the attempt ended is not known, and a person has to decide.
    DeliveryHeld { attempt: u32 },
    /// A dead letter that nobody refused.
    DeliveryAbandoned { cause: Abandonment },
    /// A person wants it tried again.
    DeliveryRequeued {},
    /// A person found out that it had arrived.
    DeliveryConfirmed {},
    DeliveryCancelled {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
}

event_types!(DeliveryEvent of "delivery" {
    DeliveryQueued = 1,
    DeliveryAttempted = 1,
    DeliverySucceeded = 1,
    DeliveryDeferred = 1,
    DeliveryFailed = 1,
    DeliveryHeld = 1,
    DeliveryAbandoned = 1,
    DeliveryRequeued = 1,
    DeliveryConfirmed = 1,
    DeliveryCancelled = 1,
});

/// What is delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Content {
    Letter(Box<Letter>),
}

impl Content {
    pub fn letter(letter: Letter) -> Self {
        Self::Letter(Box::new(letter))
    }

    pub const fn kind(&self) -> DeliveryKind {
        match self {
            Self::Letter(_) => DeliveryKind::Mail,
        }
    }
}

/// The way on which things leave the house.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DeliveryKind {
    Mail,
}

impl DeliveryKind {
    pub const ALL: [Self; 1] = [Self::Mail];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "MAIL",
        }
    }
}

/// A letter to one person: which template is filled in with what. The text itself is made when it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Letter {
    pub template: String,
    pub language: Language,
    pub addressee: Personal<Addressee>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<Link>,
    /// Names the one-time code that it tells. The code itself is computed when the letter is sent and stands in no event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<TokenName>,
    /// Files that go with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub enclosures: Vec<Enclosure>,
}

/// A file that goes with a letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Enclosure {
    pub blob: BlobHash,
    pub description: FileDescription,
}

/// How to reach somebody by e-mail, and what they are told: theirs alone, sealed under their key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Addressee {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub email: String,
    /// What the template is filled in with.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, String>,
}

/// Where a letter leads to, below the address at which the house is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Link {
    /// Begins with a slash. `{token}` stands where the one-time token goes.
    pub path: String,
    /// Names the one-time token that opens the door. The token itself is computed when the letter is sent and stands in
    /// no event: whoever may read the journal must not be able to walk in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<TokenName>,
}

/// What a one-time token is for: the same name is the same token, for ever.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TokenName {
    pub purpose: String,
    pub id: Uuid,
}

/// What to do about an attempt of which nobody knows how it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OnDoubt {
    /// Send it again under the same name: the other side can tell that it is the same.
    Resend,
    /// Send nothing before a person has decided.
    Hold,
}

impl OnDoubt {
    pub const ALL: [Self; 2] = [Self::Resend, Self::Hold];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Resend => "RESEND",
            Self::Hold => "HOLD",
        }
    }
}

/// Why something is no longer sent although nobody refused it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Abandonment {
    /// It comes too late to be of use.
    Expired,
    /// The addressee's data was erased.
    AddresseeErased,
}

impl Abandonment {
    pub const ALL: [Self; 2] = [Self::Expired, Self::AddresseeErased];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "EXPIRED",
            Self::AddresseeErased => "ADDRESSEE_ERASED",
        }
    }
}
