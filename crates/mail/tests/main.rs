//! Letters against a real journal, real views and a real mail server.

#[cfg(test)]
mod delivering;
#[cfg(test)]
mod place;
#[cfg(test)]
mod server;
#[cfg(test)]
mod smtp;
#[cfg(test)]
mod world;
