//! What only the PostgreSQL back end has: roles, several processes, a server that comes and goes.

mod hints;
mod loss;
mod opening;
mod processes;
mod roles;
mod server;
mod vault;

pub(crate) use server::Database;
