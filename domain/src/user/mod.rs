//! A user: a colleague who works with the system, with one role.
//!
//! Here is who somebody is and what became of their account. How they prove it (password, second factor, sessions) is
//! no history but a secret, and lies in the vault; the history only says that it was set or taken away.
//!
//! A user's name and address are personal data under the person who has the user's own id.

mod command;
mod decide;
mod error;
mod event;
mod role;
mod state;
#[cfg(test)]
mod tests;

pub use command::{RegisterUser, UserCommand};
pub use error::UserError;
pub use event::{UserDetails, UserEvent};
pub use role::{Role, Visibility};
pub use state::UserState;

use crate::{PersonId, UserId};

pub type User = crate::Root<UserState>;

/// Whose personal data a user's name and address are.
pub const fn person_of(user: UserId) -> PersonId {
    PersonId(user.0)
}
