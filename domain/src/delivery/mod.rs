//! One thing that leaves the house: so far, a letter by e-mail.
//!
//! The stream says what is to be delivered, that an attempt begins *before* it is made, and what became of it
//! afterwards. So whoever takes over after a crash knows what may have been sent: it is sent again under the same name
//! (a letter's Message-ID), or held for a person to decide where sending twice is worse than not at all.
//!
//! The aggregate remembers nothing of whom it writes to or what it says. How an attempt is made is the engine's and the
//! carrier's work.

mod command;
mod decide;
mod error;
mod event;
mod state;
#[cfg(test)]
mod tests;

use crate::Root;

pub use self::{
    command::{DeliveryCommand, QueueDelivery},
    error::DeliveryError,
    event::{
        Abandonment, Addressee, Content, DeliveryEvent, DeliveryKind, Enclosure, Letter, Link, OnDoubt, TokenName,
    },
    state::{DeliveryState, DeliveryStatus},
};

pub type Delivery = Root<DeliveryState>;
