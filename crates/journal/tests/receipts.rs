//! Receipts: made from a journal, checked without one.

use std::sync::Arc;

use journal::{
    Expected, Journal, StreamId, Version,
    checkpoint::{self, CheckpointError, NoteError, SigningKeyFile, TrustedKeys},
    receipt::{self, Receipt, ReceiptError, Scope, verify_receipt},
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    backend::{Backend, conformance},
    build::{BatchBuilder, command, stream},
};

/// A journal in which a deal's events lie far apart, and the key that signs for it.
struct Case {
    journal: Arc<dyn Journal>,
    deal: StreamId,
    key: SigningKeyFile,
    folder: TempDir,
}

/// Of the deal's events one is the very first, two lie across a stored subtree's edge, one is the very last.
async fn case(place: &impl Backend) -> Case {
    let journal = place.open().await;
    let (deal, other) = (stream("deal"), stream("deal"));
    for (of_deal, of_other) in [(1, 254), (2, 400), (1, 0)] {
        let batch = command().write(&deal, Expected::Any, of_deal);
        journal.append(batch).await.unwrap();
        if of_other > 0 {
            let batch = command().write(&other, Expected::Any, of_other);
            journal.append(batch).await.unwrap();
        }
    }
    let folder = TempDir::new().unwrap();
    let key = open_key(&*journal, &folder);
    Case {
        journal,
        deal,
        key,
        folder,
    }
}

fn open_key(journal: &dyn Journal, folder: &TempDir) -> SigningKeyFile {
    SigningKeyFile::open_or_create(
        &folder.path().join("checkpoint.key"),
        &checkpoint::origin(journal.info()),
    )
    .unwrap()
}

impl Case {
    fn trusted(&self) -> TrustedKeys {
        self.key.verifier_key().into()
    }

    async fn history(&self) -> Receipt {
        receipt::issue(&*self.journal, &self.deal, &self.key).await.unwrap()
    }
}

async fn a_history_is_proven_without_the_journal(place: impl Backend) {
    let case = case(&place).await;
    let json = case.history().await.to_json().unwrap();
    let (trusted, head) = (case.trusted(), case.journal.head().await.unwrap());
    let written = case.journal.read_stream(&case.deal, Version::NONE, 10).await.unwrap();
    drop((case.journal, place));

    let report = verify_receipt(&json, &trusted).unwrap();
    assert_eq!(report.events, written);
    assert_eq!(report.scope, Scope::History);
    let positions: Vec<_> = report.events.iter().map(|event| event.header.position.0).collect();
    assert_eq!(positions, [1, 256, 257, 658]);
    assert_eq!((report.size, report.root), (head.position.0, head.frontier.root()));
    assert_eq!(report.key, trusted.current().to_string());
}

async fn one_event_is_proven_alone(place: impl Backend) {
    let case = case(&place).await;
    let receipt = receipt::issue_event(&*case.journal, &case.deal, Version(3), &case.key)
        .await
        .unwrap();
    let report = receipt.verify(&case.trusted()).unwrap();
    assert_eq!((report.scope, report.events.len()), (Scope::Event, 1));
    assert_eq!(report.events[0].header.version, Version(3));
    for version in [0, 5] {
        let refused = receipt::issue_event(&*case.journal, &case.deal, Version(version), &case.key).await;
        assert!(matches!(refused, Err(ReceiptError::NoSuchVersion { .. })));
    }
}

async fn a_stream_without_events_has_no_receipt(place: impl Backend) {
    let case = case(&place).await;
    let refused = receipt::issue(&*case.journal, &stream("deal"), &case.key).await;
    assert!(matches!(refused, Err(ReceiptError::NoSuchStream(_))));
}

async fn a_receipt_is_not_changed_by_what_comes_later(place: impl Backend) {
    let case = case(&place).await;
    let receipt = case.history().await;
    case.journal
        .append(command().write(&case.deal, Expected::Any, 1))
        .await
        .unwrap();
    assert_eq!(receipt.verify(&case.trusted()).unwrap().events.len(), 4);
    assert_eq!(case.history().await.verify(&case.trusted()).unwrap().events.len(), 5);
}

async fn no_field_of_a_receipt_can_be_changed(place: impl Backend) {
    let case = case(&place).await;
    let receipt: Value = serde_json::from_str(&case.history().await.to_json().unwrap()).unwrap();
    let trusted = case.trusted();
    verify_receipt(&receipt.to_string(), &trusted).unwrap();
    let stranger = stream("deal").id;
    for (pointer, value) in [
        ("/format", json!("alforis/receipt/2")),
        ("/scope", json!("event")),
        ("/stream", json!(stream("deal").to_string())),
        ("/events", json!([])),
        ("/events/1/position", json!(257)),
        ("/events/1/version", json!(3)),
        ("/events/1/eventId", json!(stranger)),
        ("/events/1/eventType", json!("Lost")),
        ("/events/1/schemaVersion", json!(2)),
        ("/events/1/recordedAt", json!(0)),
        ("/events/1/occurredAt", json!(0)),
        ("/events/1/actor", json!("user:other")),
        ("/events/1/commandId", json!(stranger)),
        ("/events/1/correlationId", json!(stranger)),
        ("/events/1/causationId", json!(stranger)),
        ("/events/1/payload", json!("e30=")),
        ("/events/1/metadata", json!("e30=")),
        ("/events/1/leafIndex", json!(0)),
        ("/events/1/inclusion", json!([])),
        ("/events/1/inclusion/0", receipt["events"][0]["inclusion"][0].clone()),
        (
            "/checkpoint",
            json!(receipt["checkpoint"].as_str().unwrap().replace("\n658\n", "\n659\n")),
        ),
    ] {
        let mut changed = receipt.clone();
        *changed.pointer_mut(pointer).unwrap() = value;
        assert_ne!(changed, receipt, "{pointer} was changed");
        assert!(
            verify_receipt(&changed.to_string(), &trusted).is_err(),
            "a changed {pointer} was believed"
        );
    }
}

async fn no_event_of_a_history_can_be_left_out_or_added(place: impl Backend) {
    let case = case(&place).await;
    let receipt: Value = serde_json::from_str(&case.history().await.to_json().unwrap()).unwrap();
    let verified = |change: &dyn Fn(&mut Vec<Value>)| {
        let mut changed = receipt.clone();
        change(changed["events"].as_array_mut().unwrap());
        verify_receipt(&changed.to_string(), &case.trusted())
    };
    let missing = |outcome| matches!(outcome, Err(ReceiptError::MissingVersion { .. }));
    assert!(missing(verified(&|events| drop(events.remove(0)))));
    assert!(missing(verified(&|events| drop(events.remove(1)))));
    assert!(missing(verified(&|events| events.swap(1, 2))));
    assert!(missing(verified(&|events| events.push(events[3].clone()))));
    // The end can be cut off: a receipt never says that nothing came later.
    assert_eq!(verified(&|events| drop(events.pop())).unwrap().events.len(), 3);
}

async fn nothing_unproven_can_be_slipped_in(place: impl Backend) {
    let case = case(&place).await;
    let mut receipt: Value = serde_json::from_str(&case.history().await.to_json().unwrap()).unwrap();
    receipt["events"][0]["note"] = json!("paid in full");
    assert!(matches!(
        verify_receipt(&receipt.to_string(), &case.trusted()),
        Err(ReceiptError::Malformed(_))
    ));
    assert!(matches!(
        verify_receipt("{", &case.trusted()),
        Err(ReceiptError::Malformed(_))
    ));
}

async fn a_receipt_counts_with_its_journals_key_only(place: impl Backend) {
    let case = case(&place).await;
    let stranger = TempDir::new().unwrap();
    let stranger = TrustedKeys::from(open_key(&*case.journal, &stranger).verifier_key());
    let refused = case.history().await.verify(&stranger);
    assert!(matches!(
        refused,
        Err(ReceiptError::Checkpoint(CheckpointError::Note(NoteError::NotSignedBy(
            _
        ))))
    ));
}

async fn who_holds_the_first_key_believes_a_receipt_of_a_later_one(place: impl Backend) {
    let case = case(&place).await;
    let first = case.trusted();
    let size = case.journal.head().await.unwrap().position.0;
    open_key(&*case.journal, &case.folder).rotate(size).unwrap();
    let key = open_key(&*case.journal, &case.folder);
    let receipt = receipt::issue(&*case.journal, &case.deal, &key).await.unwrap();
    assert_eq!(receipt.verify(&first).unwrap().key, key.verifier_key().to_string());
}

conformance!(
    a_history_is_proven_without_the_journal,
    one_event_is_proven_alone,
    a_stream_without_events_has_no_receipt,
    a_receipt_is_not_changed_by_what_comes_later,
    no_field_of_a_receipt_can_be_changed,
    no_event_of_a_history_can_be_left_out_or_added,
    nothing_unproven_can_be_slipped_in,
    a_receipt_counts_with_its_journals_key_only,
    who_holds_the_first_key_believes_a_receipt_of_a_later_one,
);
