//! Hints between processes: "the head is now there". Never part of an append, never trusted, sometimes lost.
//!
//! A thread of its own listens and tells. NOTIFY inside an append would hold the server's one notification lock until
//! the append's fsync; here it is a transaction of its own on another connection, which writes nothing and so waits for
//! no fsync, and many commits make one hint.

use std::{sync::Arc, time::Duration};

use sqlx::{PgConnection, postgres::PgListener};
use tokio::sync::watch;
use uuid::Uuid;

use super::{failure::within, target::Target};
use crate::{error::JournalError, event::Position, sequencer::raise};

/// At most one hint in this time.
const COALESCE: Duration = Duration::from_millis(5);
/// How often the head is looked at when nothing was heard.
const POLL: Duration = Duration::from_millis(500);
const LIMIT: Duration = Duration::from_secs(5);

/// Starts the thread; it ends when the sender of `committed` is dropped.
pub(super) fn start(
    target: Target,
    journal: Uuid,
    committed: watch::Receiver<Position>,
    head: Arc<watch::Sender<Position>>,
) -> Result<(), JournalError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| JournalError::Database(error.to_string()))?;
    // Channels are the whole database's: the journal's id keeps two journals of one database apart.
    let channel = format!("alforis_{}", journal.simple());
    std::thread::Builder::new()
        .name("journal-hints".into())
        .spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = listen(&target, &channel, &head) => {}
                    () = tell(&target, &channel, committed, &head) => {}
                }
            });
        })
        .map_err(|error| JournalError::Database(error.to_string()))?;
    Ok(())
}

async fn listen(target: &Target, channel: &str, head: &watch::Sender<Position>) {
    let pool = target.listeners();
    loop {
        if let Err(error) = hear(&pool, channel, head).await {
            tracing::debug!(%error, "the listener for journal hints lost its connection; polling meanwhile");
        }
        tokio::time::sleep(POLL).await;
    }
}

async fn hear(pool: &sqlx::PgPool, channel: &str, head: &watch::Sender<Position>) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(channel).await?;
    while let Some(hint) = listener.try_recv().await? {
        if let Ok(position) = hint.payload().parse() {
            head.send_if_modified(|head| raise(head, Position(position)));
        }
    }
    Ok(())
}

/// Tells others of our commits, and looks at the head itself when there were none for a while.
async fn tell(
    target: &Target,
    channel: &str,
    mut committed: watch::Receiver<Position>,
    head: &watch::Sender<Position>,
) {
    let mut connection = None;
    loop {
        let done = match tokio::time::timeout(POLL, committed.changed()).await {
            Ok(Ok(())) => {
                let position = *committed.borrow_and_update();
                notify(target, &mut connection, channel, position).await
            }
            Ok(Err(_)) => return,
            Err(_) => poll(target, &mut connection).await.map(|position| {
                head.send_if_modified(|head| raise(head, position));
            }),
        };
        if let Err(error) = done {
            tracing::debug!(%error, "the journal's hints have no connection");
            connection = None;
        }
        tokio::time::sleep(COALESCE).await;
    }
}

async fn notify(
    target: &Target,
    connection: &mut Option<PgConnection>,
    channel: &str,
    position: Position,
) -> Result<(), JournalError> {
    let hint = sqlx::query("SELECT pg_notify($1, $2)")
        .bind(channel)
        .bind(position.to_string());
    within(LIMIT, hint.execute(connected(target, connection).await?))
        .await
        .map(drop)
}

async fn poll(target: &Target, connection: &mut Option<PgConnection>) -> Result<Position, JournalError> {
    let look = sqlx::query_scalar::<_, i64>("SELECT position FROM head");
    let position = within(LIMIT, look.fetch_one(connected(target, connection).await?)).await?;
    Ok(Position(position as u64))
}

async fn connected<'c>(
    target: &Target,
    connection: &'c mut Option<PgConnection>,
) -> Result<&'c mut PgConnection, JournalError> {
    let ready = match connection.take() {
        Some(ready) => ready,
        None => target.connect().await?,
    };
    Ok(connection.insert(ready))
}
