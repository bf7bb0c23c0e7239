//! Who somebody is, and how they prove it: accounts, passwords, second factors, sessions, tokens and one-time links.
//!
//! What happened to an account is history, told by the aggregates of `domain`. What proves an identity is a secret: it
//! lies in the vault's records, hashed or encrypted, and is gone when it is removed. What belongs here: the rules of
//! proof. What does not: who may do what (the policy), and the protocols over which somebody signs in.

pub mod accounts;
mod bearer;
mod erased;
mod link;
mod log;
mod password;
mod refusal;
mod second_factor;
mod secret;
mod session;
mod sign_in;
mod throttle;
mod token;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use domain::Event;
use engine::{CommandBus, CommandError};
use journal::{JournalError, Timestamp, Vault};

pub use accounts::details_of;
pub use bearer::{Bearer, Proof};
pub use link::{LinkPurpose, LinkSecret, NewLink};
pub use log::{SignInEntry, SignInOutcome};
pub use password::PASSWORD_MIN;
pub use refusal::{Refused, Weakness};
pub use second_factor::Enrolment;
pub use secret::is_same_secret;
pub use session::{NewSession, Session};
pub use sign_in::{Attempt, Client};
pub use token::{NewToken, TokenRequest};

pub type Result<T> = std::result::Result<T, CommandError<Refused>>;

/// Kinds of the vault's records. Never changed once records exist.
mod kind {
    pub(crate) const PASSWORD: &str = "password";
    pub(crate) const SECOND_FACTOR: &str = "second-factor";
    pub(crate) const SECOND_FACTOR_PENDING: &str = "second-factor-pending";
    pub(crate) const RECOVERY_CODE: &str = "recovery-code";
    pub(crate) const SESSION: &str = "session";
    pub(crate) const API_TOKEN: &str = "api-token";
    pub(crate) const API_TOKEN_USE: &str = "api-token-use";
    pub(crate) const THROTTLE: &str = "throttle";
    pub(crate) const SIGN_IN: &str = "sign-in";

    /// Everything that belongs to a user and proves that it is them, or tells of it.
    pub(crate) const OF_USER: [&str; 9] = [
        PASSWORD,
        SECOND_FACTOR,
        SECOND_FACTOR_PENDING,
        RECOVERY_CODE,
        SESSION,
        API_TOKEN,
        API_TOKEN_USE,
        SIGN_IN,
        super::link::KIND,
    ];
}

/// Kinds of records that stay behind when a backup is put back: what was open then, and was ended since, would open again.
pub const NOT_RESTORED: [&str; 4] = [kind::SESSION, kind::SECOND_FACTOR_PENDING, kind::THROTTLE, link::KIND];

/// Proves identities against one journal and its vault.
pub struct Identity {
    bus: Arc<CommandBus<Event>>,
    passwords: password::Passwords,
}

impl Identity {
    pub fn new(bus: Arc<CommandBus<Event>>) -> Arc<Self> {
        Arc::new(Self {
            bus,
            passwords: password::Passwords::default(),
        })
    }

    /// Removes records that have expired, for whoever runs now and then.
    pub async fn clear_expired(&self) -> std::result::Result<u64, JournalError> {
        self.vault().clear_expired_records(self.timestamp()).await
    }

    fn vault(&self) -> &dyn Vault {
        self.bus.journal().vault()
    }

    fn now(&self) -> DateTime<Utc> {
        self.bus.clock().now()
    }

    fn timestamp(&self) -> Timestamp {
        self.now().into()
    }

    fn in_(&self, time: TimeDelta) -> Timestamp {
        (self.now() + time).into()
    }
}
