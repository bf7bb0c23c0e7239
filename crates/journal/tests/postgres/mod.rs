//! What only the PostgreSQL back end has: roles, several processes, a server that comes and goes.

mod opening;
mod server;
mod vault;

pub(crate) use server::Database;
