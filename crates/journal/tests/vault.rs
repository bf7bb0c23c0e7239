//! The vault's tables.

use journal::{Position, Timestamp, WrappedKey};
use uuid::Uuid;

use crate::backend::{Backend, conformance};

fn key(byte: u8) -> WrappedKey {
    WrappedKey(vec![byte; 72])
}

async fn the_first_key_of_a_subject_stays_in_force(place: impl Backend) {
    let journal = place.open().await;
    let vault = journal.vault();
    let subject = Uuid::now_v7();
    assert!(vault.key(subject).await.unwrap().is_none());
    assert!(vault.put_key(subject, key(1)).await.unwrap() == Some(key(1)));
    assert!(vault.put_key(subject, key(2)).await.unwrap() == Some(key(1)));
    assert!(place.open().await.vault().key(subject).await.unwrap() == Some(key(1)));
    assert!(!vault.is_destroyed(subject).await.unwrap());
}

async fn a_destroyed_key_is_never_replaced(place: impl Backend) {
    let journal = place.open().await;
    let vault = journal.vault();
    let (known, unknown) = (Uuid::now_v7(), Uuid::now_v7());
    vault.put_key(known, key(1)).await.unwrap();
    for subject in [known, unknown] {
        vault.destroy_key(subject, Timestamp(5)).await.unwrap();
        vault.destroy_key(subject, Timestamp(6)).await.unwrap();
        assert!(vault.key(subject).await.unwrap().is_none());
        assert!(vault.is_destroyed(subject).await.unwrap());
        assert!(vault.put_key(subject, key(2)).await.unwrap().is_none());
        assert!(vault.key(subject).await.unwrap().is_none());
    }
}

async fn the_first_secret_of_a_name_wins(place: impl Backend) {
    let journal = place.open().await;
    assert!(journal.vault().secret("namespace", key(1)).await.unwrap() == key(1));
    assert!(place.open().await.vault().secret("namespace", key(2)).await.unwrap() == key(1));
    assert!(journal.vault().secret("other", key(3)).await.unwrap() == key(3));
}

async fn a_consumer_is_moved_by_whoever_knows_where_it_is(place: impl Backend) {
    let journal = place.open().await;
    let vault = journal.vault();
    assert_eq!(vault.consumer_position("agenda").await.unwrap(), None);
    assert!(
        !vault
            .advance_consumer("agenda", Some(Position(1)), Position(2))
            .await
            .unwrap()
    );
    assert!(vault.advance_consumer("agenda", None, Position(2)).await.unwrap());
    assert!(!vault.advance_consumer("agenda", None, Position(3)).await.unwrap());
    assert!(
        !vault
            .advance_consumer("agenda", Some(Position(1)), Position(3))
            .await
            .unwrap()
    );
    assert!(
        vault
            .advance_consumer("agenda", Some(Position(2)), Position(4))
            .await
            .unwrap()
    );
    let elsewhere = place.open().await;
    assert_eq!(
        elsewhere.vault().consumer_position("agenda").await.unwrap(),
        Some(Position(4))
    );
    assert_eq!(vault.consumer_position("welcome").await.unwrap(), None);
}

conformance![
    the_first_key_of_a_subject_stays_in_force,
    a_destroyed_key_is_never_replaced,
    the_first_secret_of_a_name_wins,
    a_consumer_is_moved_by_whoever_knows_where_it_is,
];
