//! Acceptance tests: they run the real binary and talk to it as a person or a client does.
//!
//! One module per subject, sorted; `support` holds what they share.

#[cfg(test)]
mod auditing;
#[cfg(test)]
mod backups;
#[cfg(test)]
mod books;
#[cfg(test)]
mod catalogue;
#[cfg(test)]
mod cli_basics;
#[cfg(test)]
mod clients;
#[cfg(test)]
mod commands;
#[cfg(test)]
mod contacts;
#[cfg(test)]
mod contracting;
#[cfg(test)]
mod costs;
#[cfg(test)]
mod crediting;
#[cfg(test)]
mod database;
#[cfg(test)]
mod deals;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod documentation;
#[cfg(test)]
mod dunning;
#[cfg(test)]
mod examples;
#[cfg(test)]
mod expiring;
#[cfg(test)]
mod exports;
#[cfg(test)]
mod files;
#[cfg(test)]
mod flooding;
#[cfg(test)]
mod fuzzing;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod house;
#[cfg(test)]
mod http_manners;
#[cfg(test)]
mod import;
#[cfg(test)]
mod importing;
#[cfg(test)]
mod invoicing;
#[cfg(test)]
mod looking_back;
#[cfg(test)]
mod mailing;
#[cfg(test)]
mod misuse;
#[cfg(test)]
mod notifications;
#[cfg(test)]
mod offering;
#[cfg(test)]
mod offline;
#[cfg(test)]
mod operating;
#[cfg(test)]
mod organizations;
#[cfg(test)]
mod people;
#[cfg(test)]
mod persisted;
#[cfg(test)]
mod pipelines;
#[cfg(test)]
mod quoting;
#[cfg(test)]
mod reading;
#[cfg(test)]
mod renewing;
#[cfg(test)]
mod replicas;
#[cfg(test)]
mod rights;
#[cfg(test)]
mod saved_filters;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod search;
#[cfg(test)]
mod server;
#[cfg(test)]
mod sign_in;
#[cfg(test)]
mod signing_services;
#[cfg(test)]
mod slow_senders;
#[cfg(test)]
#[path = "../../crates/mail/tests/server.rs"]
mod smtp_server;
#[cfg(test)]
mod sockets;
#[cfg(test)]
mod streams;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tasks;
#[cfg(test)]
mod trade;
#[cfg(test)]
mod troubles;
#[cfg(test)]
mod vat_rates;
#[cfg(test)]
mod visibility;
#[cfg(test)]
mod whole_life;
#[cfg(test)]
mod years;
