use journal::{Position, Timestamp, WrappedKey};
use uuid::Uuid;

use super::server::{Database, run};
use crate::backend::Backend as _;

#[tokio::test]
async fn a_destroyed_key_is_never_replaced_and_leaves_the_tables_file() {
    let database = Database::create().await;
    let journal = database.open().await;
    let vault = journal.vault();
    let (doomed, other) = (Uuid::new_v4(), Uuid::new_v4());
    let key = |name: &str| WrappedKey(name.repeat(8).into_bytes());
    assert!(vault.put_key(doomed, key("doomed-key")).await.expect("put") == Some(key("doomed-key")));
    assert!(vault.put_key(doomed, key("another")).await.expect("put") == Some(key("doomed-key")));
    vault.put_key(other, key("other-key")).await.expect("put");
    vault.destroy_key(doomed, Timestamp(5)).await.expect("destroyed");
    vault.destroy_key(doomed, Timestamp(6)).await.expect("destroyed again");
    assert!(vault.key(doomed).await.expect("asked").is_none());
    assert!(vault.is_destroyed(doomed).await.expect("asked"));
    assert!(!vault.is_destroyed(other).await.expect("asked"));
    assert!(vault.put_key(doomed, key("another")).await.expect("put").is_none());
    assert!(vault.key(other).await.expect("asked") == Some(key("other-key")));

    let mut session = database.session().await;
    run(&mut session, "CHECKPOINT").await;
    let file = "SELECT pg_read_binary_file(pg_relation_filepath('keys'))";
    let file: Vec<u8> = sqlx::query_scalar(file)
        .fetch_one(&mut session)
        .await
        .expect("the table's file");
    let holds = |text: &[u8]| file.windows(text.len()).any(|window| window == text);
    assert!(holds(b"other-key") && !holds(b"doomed-key"));
}

#[tokio::test]
async fn the_first_secret_wins_and_consumers_move_by_compare_and_set() {
    let database = Database::create().await;
    let journal = database.open().await;
    let vault = journal.vault();
    let secret = |byte| WrappedKey(vec![byte; 4]);
    assert!(vault.secret("ids", secret(1)).await.expect("secret") == secret(1));
    assert!(vault.secret("ids", secret(2)).await.expect("secret") == secret(1));
    assert_eq!(vault.consumer_position("policy").await.expect("asked"), None);
    assert!(
        vault
            .advance_consumer("policy", None, Position(4))
            .await
            .expect("moved")
    );
    assert!(
        !vault
            .advance_consumer("policy", None, Position(5))
            .await
            .expect("refused")
    );
    assert!(
        !vault
            .advance_consumer("policy", Some(Position(3)), Position(5))
            .await
            .expect("refused")
    );
    assert!(
        vault
            .advance_consumer("policy", Some(Position(4)), Position(9))
            .await
            .expect("moved")
    );
    assert_eq!(
        vault.consumer_position("policy").await.expect("asked"),
        Some(Position(9))
    );
}
