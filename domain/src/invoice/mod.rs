//! An invoice or a credit note.

mod event;

pub use event::{InvoiceDocuments, InvoiceEvent, PlatformStatus, ReminderStep, SkipCause, Source, Withdrawal};
