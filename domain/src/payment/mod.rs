//! Money that a customer sent.

mod event;

pub use event::{PaymentEvent, PaymentMethod};
