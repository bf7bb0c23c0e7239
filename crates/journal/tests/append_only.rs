//! Nobody changes what was written, not even with a database shell.

use journal::Expected;

use crate::{
    backend::{Backend, conformance},
    build::{BatchBuilder, command, stream},
    sound,
};

async fn events_cannot_be_changed_deleted_truncated_or_replaced(place: impl Backend) {
    let journal = place.open().await;
    // Enough for a stored subtree.
    journal
        .append(command().write(&stream("deal"), Expected::NoStream, 300))
        .await
        .unwrap();
    let before = sound::all_events(&*journal).await;
    for statement in place.forbidden_statements() {
        let answer = place.execute(&statement).await;
        let refusal = answer.expect_err(&statement);
        assert!(refusal.contains("append-only"), "{statement}: {refusal}");
    }
    assert_eq!(sound::all_events(&*journal).await, before);
}

conformance![events_cannot_be_changed_deleted_truncated_or_replaced];
