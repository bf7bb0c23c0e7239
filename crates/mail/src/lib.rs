//! Letters by e-mail: what they say, and how they get out.
//!
//! What belongs here: templates and their languages, the message as bytes, SMTP, the outbox folder, and [`Post`], which
//! makes the engine's deliveries of letters. What does not: when an attempt is made and by whom (`engine`), what can
//! have happened to a delivery (`domain`), and why a letter is written (`api`).

mod contracts;
mod dunning;
mod letter;
mod message;
mod moment;
mod outbox;
mod post;
mod route;
mod smtp;
mod template;

pub use contracts::{ComingDate, ContractLetter, contract_alert, contract_consumer_notice, contract_renewal};
pub use dunning::{DunnedInvoice, DunningLetter, InterestLetter, late_interest};
pub use letter::{
    Due, INVITATION, InvoiceLetter, LetterError, PASSWORD_RESET, QUOTE_LINK, QuoteLetter, Reminder, SIGNING_CODE, To,
    invitation, invoice, password_reset, quote, quote_expiry, quote_page, quote_signed, signing_code, task_reminder,
};
pub use message::{Attachment, ComposeError, Composer, Parts};
pub use moment::{day, moment};
pub use outbox::Outbox;
pub use post::{Post, PostError};
pub use route::{Route, RouteError, Smtp, Tls};
pub use smtp::SmtpError;
pub use template::{Rendered, TEMPLATES, Template, TemplateError};
