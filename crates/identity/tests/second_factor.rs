use chrono::TimeDelta;
use domain::Role;
use engine::Clock;
use totp_rs::{Builder, Secret};

use crate::world::{INES, PASSWORD, World, context, refusal};

/// What an authenticator with this secret shows now.
fn shown(world: &World, secret: &str) -> String {
    let totp = Builder::new()
        .with_secret(Secret::try_from_base32(secret).unwrap())
        .with_account_name("ines@energie.example")
        .build()
        .unwrap();
    let seconds = u64::try_from(world.clock.now().timestamp()).unwrap();
    totp.generate(seconds).to_string()
}

/// With the second factor on; its secret and recovery codes.
async fn enrolled() -> (World, String, Vec<String>) {
    let world = World::with(Role::Admin).await;
    let enrolment = world.identity.begin_second_factor(INES, None).await.unwrap();
    let code = shown(&world, &enrolment.secret);
    let (_, codes) = world
        .identity
        .confirm_second_factor(&context(), INES, &code)
        .await
        .unwrap();
    world.wait(TimeDelta::seconds(90));
    (world, enrolment.secret, codes)
}

#[tokio::test]
async fn a_code_is_asked_for_once_an_authenticator_was_confirmed() {
    let world = World::with(Role::Admin).await;
    let enrolment = world.identity.begin_second_factor(INES, None).await.unwrap();
    assert!(
        enrolment.uri.starts_with("otpauth://totp/Alforis:"),
        "{}",
        enrolment.uri
    );
    assert!(world.sign_in(PASSWORD, None).await.is_ok());
    let wrong = world.identity.confirm_second_factor(&context(), INES, "000000").await;
    assert_eq!(refusal(&wrong.unwrap_err()), "WRONG_CODE");
    let code = shown(&world, &enrolment.secret);
    world
        .identity
        .confirm_second_factor(&context(), INES, &code)
        .await
        .unwrap();
    assert_eq!(
        world.sign_in(PASSWORD, None).await.unwrap_err(),
        "SECOND_FACTOR_REQUIRED"
    );
    assert_eq!(world.sign_in(PASSWORD, Some("000000")).await.unwrap_err(), "WRONG_CODE");
}

#[tokio::test]
async fn a_code_is_good_once() {
    let (world, secret, _) = enrolled().await;
    let code = shown(&world, &secret);
    assert!(world.sign_in(PASSWORD, Some(&code)).await.is_ok());
    assert_eq!(world.sign_in(PASSWORD, Some(&code)).await.unwrap_err(), "WRONG_CODE");
    world.wait(TimeDelta::seconds(30));
    assert!(world.sign_in(PASSWORD, Some(&shown(&world, &secret))).await.is_ok());
}

#[tokio::test]
async fn the_code_of_the_enrolment_signs_nobody_in() {
    let world = World::with(Role::Admin).await;
    let enrolment = world.identity.begin_second_factor(INES, None).await.unwrap();
    let code = shown(&world, &enrolment.secret);
    world
        .identity
        .confirm_second_factor(&context(), INES, &code)
        .await
        .unwrap();
    assert_eq!(world.sign_in(PASSWORD, Some(&code)).await.unwrap_err(), "WRONG_CODE");
}

#[tokio::test]
async fn asking_for_the_code_is_no_failed_attempt_but_guessing_it_is() {
    let (world, _, _) = enrolled().await;
    for _ in 0..10 {
        assert_eq!(
            world.sign_in(PASSWORD, None).await.unwrap_err(),
            "SECOND_FACTOR_REQUIRED"
        );
    }
    for _ in 0..6 {
        assert_eq!(world.sign_in(PASSWORD, Some("000000")).await.unwrap_err(), "WRONG_CODE");
    }
    assert_eq!(
        world.sign_in(PASSWORD, Some("000000")).await.unwrap_err(),
        "TOO_MANY_ATTEMPTS"
    );
}

#[tokio::test]
async fn a_recovery_code_is_good_once() {
    let (world, _, codes) = enrolled().await;
    assert_eq!(codes.len(), 10);
    assert!(world.sign_in(PASSWORD, Some(&codes[0].to_uppercase())).await.is_ok());
    assert_eq!(
        world.sign_in(PASSWORD, Some(&codes[0])).await.unwrap_err(),
        "WRONG_CODE"
    );
    assert!(world.sign_in(PASSWORD, Some(&codes[1])).await.is_ok());
}

#[tokio::test]
async fn what_waits_too_long_for_its_first_code_is_forgotten() {
    let world = World::with(Role::Admin).await;
    let enrolment = world.identity.begin_second_factor(INES, None).await.unwrap();
    world.wait(TimeDelta::minutes(16));
    let code = shown(&world, &enrolment.secret);
    let late = world.identity.confirm_second_factor(&context(), INES, &code).await;
    assert_eq!(refusal(&late.unwrap_err()), "NO_ENROLMENT");
}

#[tokio::test]
async fn turned_off_nothing_but_the_password_is_asked_for() {
    let (world, _, codes) = enrolled().await;
    world.identity.disable_second_factor(&context(), INES).await.unwrap();
    assert!(world.sign_in(PASSWORD, None).await.is_ok());
    let enrolment = world.identity.begin_second_factor(INES, None).await.unwrap();
    let code = shown(&world, &enrolment.secret);
    world
        .identity
        .confirm_second_factor(&context(), INES, &code)
        .await
        .unwrap();
    assert_eq!(
        world.sign_in(PASSWORD, Some(&codes[2])).await.unwrap_err(),
        "WRONG_CODE"
    );
}
