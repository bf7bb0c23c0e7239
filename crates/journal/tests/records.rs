//! The vault's records.

use journal::{Timestamp, VaultRecord};
use uuid::Uuid;

use crate::backend::{Backend, conformance};

const NOW: Timestamp = Timestamp(1_000);

fn record(key: &str, value: &str) -> VaultRecord {
    VaultRecord {
        kind: "session".to_owned(),
        key: key.as_bytes().to_vec(),
        subject: None,
        value: value.as_bytes().to_vec(),
        expires_at: None,
    }
}

async fn a_record_is_found_by_kind_and_key(place: impl Backend) {
    let journal = place.open().await;
    let vault = journal.vault();
    let subject = Some(Uuid::now_v7());
    let written = VaultRecord {
        subject,
        expires_at: Some(Timestamp(2_000)),
        ..record("a", "one")
    };
    vault.put_record(written.clone()).await.unwrap();
    let elsewhere = place.open().await;
    assert_eq!(
        elsewhere.vault().record("session", b"a", NOW).await.unwrap(),
        Some(written)
    );
    assert_eq!(vault.record("session", b"b", NOW).await.unwrap(), None);
    assert_eq!(vault.record("password", b"a", NOW).await.unwrap(), None);
    vault.put_record(record("a", "two")).await.unwrap();
    assert_eq!(
        vault.record("session", b"a", NOW).await.unwrap(),
        Some(record("a", "two"))
    );
}

async fn what_has_expired_counts_as_gone(place: impl Backend) {
    let journal = place.open().await;
    let vault = journal.vault();
    let ends = VaultRecord {
        expires_at: Some(NOW),
        ..record("a", "one")
    };
    vault.put_record(ends.clone()).await.unwrap();
    assert_eq!(
        vault.record("session", b"a", Timestamp(999)).await.unwrap(),
        Some(ends.clone())
    );
    assert_eq!(vault.record("session", b"a", NOW).await.unwrap(), None);
    assert_eq!(vault.list_records("session", None, None, 9, NOW).await.unwrap(), []);
    assert!(vault.swap_record(None, record("a", "two"), NOW).await.unwrap());
    vault.put_record(ends.clone()).await.unwrap();
    assert_eq!(vault.take_record("session", b"a", NOW).await.unwrap(), None);
    vault.put_record(ends).await.unwrap();
    vault.put_record(record("b", "stays")).await.unwrap();
    assert_eq!(vault.clear_expired_records(NOW).await.unwrap(), 1);
    assert_eq!(vault.clear_expired_records(NOW).await.unwrap(), 0);
    assert!(vault.record("session", b"b", NOW).await.unwrap().is_some());
}

async fn a_record_is_swapped_by_whoever_saw_its_value(place: impl Backend) {
    let journal = place.open().await;
    let vault = journal.vault();
    assert!(!vault.swap_record(Some(b"one"), record("a", "two"), NOW).await.unwrap());
    assert!(vault.swap_record(None, record("a", "one"), NOW).await.unwrap());
    assert!(!vault.swap_record(None, record("a", "two"), NOW).await.unwrap());
    assert!(!vault.swap_record(Some(b"x"), record("a", "two"), NOW).await.unwrap());
    assert!(vault.swap_record(Some(b"one"), record("a", "two"), NOW).await.unwrap());
    assert_eq!(
        vault.record("session", b"a", NOW).await.unwrap(),
        Some(record("a", "two"))
    );
}

async fn of_several_who_take_a_record_one_gets_it(place: impl Backend) {
    let journal = place.open().await;
    journal.vault().put_record(record("a", "once")).await.unwrap();
    let other = place.open().await;
    let takers = (0..8).map(|number| {
        let journal = if number % 2 == 0 { &journal } else { &other };
        async move { journal.vault().take_record("session", b"a", NOW).await.unwrap() }
    });
    let taken = futures::future::join_all(takers).await;
    assert_eq!(taken.into_iter().flatten().collect::<Vec<_>>(), [record("a", "once")]);
}

async fn somebodys_records_are_listed_and_removed(place: impl Backend) {
    let journal = place.open().await;
    let vault = journal.vault();
    let (ada, bea) = (Uuid::now_v7(), Uuid::now_v7());
    for (key, subject) in [("1", ada), ("2", bea), ("3", ada), ("4", ada)] {
        let subject = Some(subject);
        vault
            .put_record(VaultRecord {
                subject,
                ..record(key, "")
            })
            .await
            .unwrap();
    }
    let keys = |records: Vec<VaultRecord>| -> String {
        let texts = records.into_iter().map(|record| String::from_utf8(record.key).unwrap());
        texts.collect()
    };
    let all = vault.list_records("session", None, None, 3, NOW).await.unwrap();
    assert_eq!(keys(all), "432");
    let rest = vault.list_records("session", None, Some(b"2"), 3, NOW).await.unwrap();
    assert_eq!(keys(rest), "1");
    let hers = vault
        .list_records("session", Some(ada), Some(b"4"), 9, NOW)
        .await
        .unwrap();
    assert_eq!(keys(hers), "31");
    assert_eq!(vault.remove_records("session", ada).await.unwrap(), 3);
    assert_eq!(vault.remove_records("password", bea).await.unwrap(), 0);
    let left = vault.list_records("session", None, None, 9, NOW).await.unwrap();
    assert_eq!(keys(left), "2");
}

conformance![
    a_record_is_found_by_kind_and_key,
    what_has_expired_counts_as_gone,
    a_record_is_swapped_by_whoever_saw_its_value,
    of_several_who_take_a_record_one_gets_it,
    somebodys_records_are_listed_and_removed,
];
