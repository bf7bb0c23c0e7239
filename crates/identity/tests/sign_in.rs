use chrono::TimeDelta;
use domain::{Role, user::Visibility};
use identity::{Client, Proof, SignInOutcome};

use crate::world::{INES, PASSWORD, World, context};

#[tokio::test]
async fn the_right_password_begins_a_session_that_speaks_for_the_user() {
    let world = World::with(Role::Sales).await;
    let session = world.sign_in(PASSWORD, None).await.unwrap();
    let bearer = world
        .identity
        .bearer_of_session(&session.secret)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (bearer.user, bearer.role, bearer.visibility),
        (INES, Role::Sales, Visibility::Own)
    );
    assert!(bearer.accepts_csrf(Some(&session.csrf)));
    assert!(!bearer.accepts_csrf(None) && !bearer.accepts_csrf(Some(&session.secret)));
    assert_eq!(world.identity.bearer_of_session("forged").await.unwrap(), None);
}

#[tokio::test]
async fn the_address_is_taken_in_whatever_case() {
    let world = World::with(Role::Sales).await;
    assert!(world.sign_in_as(" INES@Energie.example", PASSWORD, None).await.is_ok());
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_get_the_same_answer() {
    let world = World::with(Role::Sales).await;
    let wrong = world.sign_in("a wrong password", None).await.unwrap_err();
    let nobody = world
        .sign_in_as("nobody@energie.example", PASSWORD, None)
        .await
        .unwrap_err();
    assert_eq!((wrong, nobody), ("WRONG_CREDENTIALS", "WRONG_CREDENTIALS"));
}

#[tokio::test]
async fn attempts_have_to_wait_after_five_and_longer_each_time() {
    let world = World::with(Role::Sales).await;
    for _ in 0..6 {
        assert_eq!(
            world.sign_in("a wrong password", None).await.unwrap_err(),
            "WRONG_CREDENTIALS"
        );
    }
    assert_eq!(world.sign_in(PASSWORD, None).await.unwrap_err(), "TOO_MANY_ATTEMPTS");
    world.wait(TimeDelta::seconds(16));
    assert_eq!(
        world.sign_in("a wrong password", None).await.unwrap_err(),
        "WRONG_CREDENTIALS"
    );
    world.wait(TimeDelta::seconds(16));
    assert_eq!(world.sign_in(PASSWORD, None).await.unwrap_err(), "TOO_MANY_ATTEMPTS");
    world.wait(TimeDelta::seconds(16));
    assert!(world.sign_in(PASSWORD, None).await.is_ok());
    // What was proven is forgiven.
    assert_eq!(
        world.sign_in("a wrong password", None).await.unwrap_err(),
        "WRONG_CREDENTIALS"
    );
    assert!(world.sign_in(PASSWORD, None).await.is_ok());
}

#[tokio::test]
async fn many_attempts_at_once_count_as_many() {
    let world = World::with(Role::Sales).await;
    let attempts = (0..12).map(|_| world.sign_in("a wrong password", None));
    let answers = futures::future::join_all(attempts).await;
    let looked_at = answers
        .iter()
        .filter(|answer| *answer.as_ref().unwrap_err() == "WRONG_CREDENTIALS");
    assert_eq!(looked_at.count(), 6);
}

#[tokio::test]
async fn a_session_ends_when_it_is_idle_and_lives_while_it_is_used() {
    let world = World::with(Role::Sales).await;
    let session = world.sign_in(PASSWORD, None).await.unwrap();
    for _ in 0..10 {
        world.wait(TimeDelta::hours(11));
        assert!(
            world
                .identity
                .bearer_of_session(&session.secret)
                .await
                .unwrap()
                .is_some()
        );
    }
    world.wait(TimeDelta::hours(13));
    assert_eq!(world.identity.bearer_of_session(&session.secret).await.unwrap(), None);
}

#[tokio::test]
async fn a_session_ends_after_two_weeks_however_busy() {
    let world = World::with(Role::Sales).await;
    let session = world.sign_in(PASSWORD, None).await.unwrap();
    for _ in 0..33 {
        world.wait(TimeDelta::hours(10));
        assert!(
            world
                .identity
                .bearer_of_session(&session.secret)
                .await
                .unwrap()
                .is_some()
        );
    }
    world.wait(TimeDelta::hours(7));
    assert_eq!(world.identity.bearer_of_session(&session.secret).await.unwrap(), None);
}

#[tokio::test]
async fn signing_out_ends_one_session_and_signing_out_everywhere_all() {
    let world = World::with(Role::Sales).await;
    let (one, two, three) = (
        world.sign_in(PASSWORD, None).await.unwrap(),
        world.sign_in(PASSWORD, None).await.unwrap(),
        world.sign_in(PASSWORD, None).await.unwrap(),
    );
    world.identity.sign_out(&one.secret, &Client::default()).await.unwrap();
    assert_eq!(world.identity.bearer_of_session(&one.secret).await.unwrap(), None);
    let speaks = world.identity.bearer_of_session(&two.secret).await.unwrap().unwrap();
    assert!(world.identity.again(&speaks).await.unwrap().is_some());
    world.identity.sign_out_everywhere(&context(), INES).await.unwrap();
    for session in [&two, &three] {
        assert_eq!(world.identity.bearer_of_session(&session.secret).await.unwrap(), None);
    }
    assert_eq!(world.identity.again(&speaks).await.unwrap(), None);
}

#[tokio::test]
async fn the_log_tells_who_tried_and_what_came_of_it() {
    let world = World::with(Role::Sales).await;
    let session = world.sign_in(PASSWORD, None).await.unwrap();
    let _ = world.sign_in("a wrong password", None).await;
    let _ = world.sign_in_as("nobody@energie.example", PASSWORD, None).await;
    world
        .identity
        .sign_out(&session.secret, &Client::default())
        .await
        .unwrap();
    let log = world.identity.sign_ins(None, None, 10).await.unwrap();
    let told: Vec<_> = log.iter().map(|entry| (entry.user, entry.outcome)).collect();
    let ines = Some(INES.0);
    assert_eq!(
        told,
        [
            (ines, SignInOutcome::SignedOut),
            (None, SignInOutcome::WrongCredentials),
            (ines, SignInOutcome::WrongCredentials),
            (ines, SignInOutcome::SignedIn),
        ]
    );
    assert_eq!(log[3].client.address.as_deref(), Some("192.0.2.7"));
    let hers = world.identity.sign_ins(ines, Some(log[0].id), 1).await.unwrap();
    assert_eq!(hers, [log[2].clone()]);
    world.wait(TimeDelta::days(366));
    assert!(world.identity.clear_expired().await.unwrap() >= 4);
    assert_eq!(world.identity.sign_ins(None, None, 10).await.unwrap(), []);
}

#[tokio::test]
async fn nothing_in_the_journal_tells_a_password_or_a_session() {
    let world = World::with(Role::Sales).await;
    let session = world.sign_in(PASSWORD, None).await.unwrap();
    let everything = journal::ReadFilter::default();
    let page = world.bus.journal().read(journal::Position::START, 100, &everything);
    let page = page.await.unwrap();
    for event in &page.events {
        let text = String::from_utf8_lossy(&event.payload).into_owned();
        for secret in [PASSWORD, &session.secret, "argon2", "ines@", "Moreau"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
    assert!(matches!(
        world
            .identity
            .bearer_of_session(&session.secret)
            .await
            .unwrap()
            .unwrap()
            .proof,
        Proof::Session { .. }
    ));
}
