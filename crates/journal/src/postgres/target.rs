//! Which database, which schema in it, and what every session of ours asks of the server.

use std::{str::FromStr, time::Duration};

use sqlx::{
    ConnectOptions, Connection, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use super::failure::within;
use crate::error::JournalError;

/// Where the journal lies unless the URL gives a `search_path`.
const DEFAULT_SCHEMA: &str = "alforis";
const READERS: u32 = 8;
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// A reader's connection that rested for longer is tried before it is used: the server may have gone meanwhile.
const RESTED: Duration = Duration::from_millis(250);

/// The planner must not be led astray by statistics of a journal that was empty a moment ago: whatever we ask has an
/// index, and its order is the one we want.
const BY_INDEX: [(&str, &str); 4] = [
    ("enable_seqscan", "off"),
    ("enable_bitmapscan", "off"),
    ("max_parallel_workers_per_gather", "0"),
    ("jit", "off"),
];
const WRITER_SETTINGS: [(&str, &str); 5] = [
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
    ("plan_cache_mode", "force_generic_plan"),
    // A process that stands still while it holds the head row would stop all others.
    ("idle_in_transaction_session_timeout", "30s"),
    ("lock_timeout", "25s"),
];

/// A parsed `postgres:` URL.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    options: PgConnectOptions,
    pub(super) schema: String,
    /// The URL without credentials, for messages.
    pub(crate) location: String,
}

impl FromStr for Target {
    type Err = JournalError;

    fn from_str(url: &str) -> Result<Self, JournalError> {
        let options =
            PgConnectOptions::from_str(url).map_err(|_| JournalError::InvalidUrl(without_credentials(url)))?;
        let schema = match options.get_options().and_then(search_path) {
            Some(schema) if is_plain_name(&schema) => schema,
            Some(_) => return Err(JournalError::InvalidUrl(without_credentials(url))),
            None => DEFAULT_SCHEMA.to_owned(),
        };
        let database = options.get_database().unwrap_or(options.get_username());
        let mut location = format!("postgres://{}:{}/{database}", options.get_host(), options.get_port());
        if schema != DEFAULT_SCHEMA {
            location = format!("{location} (schema {schema})");
        }
        let options = options
            .options([("search_path", schema.as_str())])
            .options(BY_INDEX)
            .application_name("alforis")
            .disable_statement_logging();
        Ok(Self {
            options,
            schema,
            location,
        })
    }
}

impl Target {
    /// A connection with the plain settings.
    pub(crate) async fn connect(&self) -> Result<PgConnection, JournalError> {
        connect(&self.options).await
    }

    /// A connection for appending: durable, and with plans that do not depend on statistics.
    pub(super) async fn connect_writer(&self) -> Result<PgConnection, JournalError> {
        let mut connection = connect(&self.options.clone().options(WRITER_SETTINGS)).await?;
        let durable = "SELECT set_config('synchronous_commit', 'on', false)
                       WHERE current_setting('synchronous_commit') = 'off'";
        within(CONNECT_LIMIT, sqlx::query(durable).execute(&mut connection)).await?;
        Ok(connection)
    }

    /// Connections for readers, made when they are first needed.
    pub(super) fn readers(&self) -> PgPool {
        PgPoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(CONNECT_LIMIT)
            .test_before_acquire(false)
            .before_acquire(|connection, rest| {
                Box::pin(async move {
                    if rest.idle_for > RESTED {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            })
            .connect_lazy_with(self.options.clone())
    }

    /// One connection that a listener keeps.
    pub(super) fn listeners(&self) -> PgPool {
        PgPoolOptions::new()
            .max_connections(1)
            .max_lifetime(None)
            .idle_timeout(None)
            .acquire_timeout(CONNECT_LIMIT)
            .connect_lazy_with(self.options.clone())
    }
}

async fn connect(options: &PgConnectOptions) -> Result<PgConnection, JournalError> {
    let connected = within(CONNECT_LIMIT, PgConnection::connect_with(options)).await;
    // Whatever stands in the way now may be out of it later.
    connected.map_err(|error| match error {
        JournalError::Database(detail) => JournalError::Unavailable { detail },
        other => other,
    })
}

/// The first schema of a `-c search_path=…` in the URL's `options`.
fn search_path(options: &str) -> Option<String> {
    let (_, path) = options.rsplit_once("search_path=")?;
    let first = path.split([',', ' ', '\\']).next()?;
    Some(first.trim_matches('"').to_owned())
}

/// A name that means the same with and without quotes.
fn is_plain_name(name: &str) -> bool {
    let starts = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
    name.len() < 64
        && name.bytes().next().is_some_and(starts)
        && name.bytes().all(|byte| starts(byte) || byte.is_ascii_digit())
}

fn without_credentials(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://…@{rest}"),
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_is_ours_unless_the_url_names_another() {
        let schema = |url: &str| Target::from_str(url).map(|target| target.schema).ok();
        assert_eq!(schema("postgres://u@h/d").as_deref(), Some("alforis"));
        assert_eq!(
            schema("postgres://u@h/d?options=-c%20search_path%3Dbooks").as_deref(),
            Some("books")
        );
        assert_eq!(
            schema("postgres://u@h/d?options[search_path]=books,public").as_deref(),
            Some("books")
        );
        assert_eq!(schema("postgres://u@h/d?options[search_path]=a\"b"), None);
    }

    #[test]
    fn messages_never_show_the_password() {
        let target = Target::from_str("postgres://u:secret@h:99/d").expect("a URL");
        assert_eq!(target.location, "postgres://h:99/d");
        let error = Target::from_str("postgres://u:secret@h:port/d").expect_err("no URL");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}
