use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::event::{DeliveryEvent, OnDoubt};

/// How a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DeliveryStatus {
    /// Waits for its next attempt, which may be now.
    Queued,
    /// Waits after an attempt that did not succeed.
    Deferred,
    /// An attempt has begun; its outcome is not known.
    Attempting,
    Sent,
    /// Not sent, and nobody tries on.
    Dead,
    /// An attempt ended nobody knows how, and a person has to decide.
    Unknown,
    Cancelled,
}

impl DeliveryStatus {
    pub const ALL: [Self; 7] = [
        Self::Queued,
        Self::Deferred,
        Self::Attempting,
        Self::Sent,
        Self::Dead,
        Self::Unknown,
        Self::Cancelled,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "QUEUED",
            Self::Deferred => "DEFERRED",
            Self::Attempting => "ATTEMPTING",
            Self::Sent => "SENT",
            Self::Dead => "DEAD",
            Self::Unknown => "UNKNOWN",
            Self::Cancelled => "CANCELLED",
        }
    }
}

/// What a delivery remembers in order to decide.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DeliveryState {
    pub(super) queued: Option<Queued>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Queued {
    pub(super) status: DeliveryStatus,
    pub(super) on_doubt: OnDoubt,
    pub(super) expires_at: Option<DateTime<Utc>>,
    /// Attempts begun, ever.
    pub(super) attempts: u32,
    /// No attempt before this.
    pub(super) not_before: Option<DateTime<Utc>>,
}

impl DeliveryState {
    pub const fn exists(&self) -> bool {
        self.queued.is_some()
    }

    pub fn status(&self) -> Option<DeliveryStatus> {
        self.queued.as_ref().map(|delivery| delivery.status)
    }

    pub fn attempts(&self) -> u32 {
        self.queued.as_ref().map_or(0, |delivery| delivery.attempts)
    }

    pub fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.queued.as_ref().and_then(|delivery| delivery.expires_at)
    }

    pub(super) fn apply(&mut self, event: &DeliveryEvent) {
        if let DeliveryEvent::DeliveryQueued {
            on_doubt, expires_at, ..
        } = event
        {
            self.queued = Some(Queued {
                status: DeliveryStatus::Queued,
                on_doubt: *on_doubt,
                expires_at: *expires_at,
                attempts: 0,
                not_before: None,
            });
        } else if let Some(delivery) = &mut self.queued {
            delivery.apply(event);
        }
    }
}

impl Queued {
    fn apply(&mut self, event: &DeliveryEvent) {
        self.not_before = None;
        self.status = match event {
            DeliveryEvent::DeliveryQueued { .. } | DeliveryEvent::DeliveryRequeued {} => DeliveryStatus::Queued,
            DeliveryEvent::DeliveryAttempted { attempt } => {
                self.attempts = *attempt;
                DeliveryStatus::Attempting
            }
            DeliveryEvent::DeliveryDeferred { until, .. } => {
                self.not_before = Some(*until);
                DeliveryStatus::Deferred
            }
            DeliveryEvent::DeliverySucceeded { .. } | DeliveryEvent::DeliveryConfirmed {} => DeliveryStatus::Sent,
            DeliveryEvent::DeliveryFailed { .. } | DeliveryEvent::DeliveryAbandoned { .. } => DeliveryStatus::Dead,
            DeliveryEvent::DeliveryHeld { .. } => DeliveryStatus::Unknown,
            DeliveryEvent::DeliveryCancelled { .. } => DeliveryStatus::Cancelled,
        };
    }
}
