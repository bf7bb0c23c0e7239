use chrono::{DateTime, Utc};
use serde::Serialize;

use super::event::{Abandonment, Content, OnDoubt};

/// What one can ask of a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum DeliveryCommand {
    Queue(QueueDelivery),
    /// From the worker: the attempt of this number begins now.
    Attempt {
        attempt: u32,
        at: DateTime<Utc>,
    },
    /// From the worker: the other side took it.
    Succeed {
        attempt: u32,
    },
    /// From the worker: not now; again at `until`.
    Defer {
        attempt: u32,
        until: DateTime<Utc>,
        reason: String,
    },
    /// From the worker: the other side refused it for good, or (not `permanent`) for so long that nobody tries on.
    Fail {
        attempt: u32,
        reason: String,
        permanent: bool,
    },
    /// From the worker: nobody knows how this attempt ended, and it must not be made twice unasked.
    Hold {
        attempt: u32,
    },
    /// From the worker: there is no more point in it.
    Abandon {
        cause: Abandonment,
    },
    /// A person wants it tried again, now.
    Requeue,
    /// A person found out that the attempt in doubt had arrived.
    Confirm,
    /// A person does not want it sent.
    Cancel {
        reason: Option<String>,
    },
}

/// What is to be delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QueueDelivery {
    pub content: Content,
    /// The stream of what it is about, `category:uuid`.
    pub subject: Option<String>,
    pub on_doubt: OnDoubt,
    /// After this there is no more point in it.
    pub expires_at: Option<DateTime<Utc>>,
}

impl QueueDelivery {
    /// Something that may rather arrive twice than not at all.
    pub const fn of(content: Content) -> Self {
        Self {
            content,
            subject: None,
            on_doubt: OnDoubt::Resend,
            expires_at: None,
        }
    }
}
