use chrono::TimeDelta;
use domain::{Refusal, Role, UserCommand, user::UserDetails};
use engine::{CommandError, ErasureHook};
use identity::{LinkPurpose, LinkSecret};

use crate::world::{ADDRESS, INES, PASSWORD, PAUL, World, context, refusal};

const OTHER: &str = "encore quatre mots au hasard";

/// The secret of an invitation.
async fn invited(world: &World) -> String {
    let link = world.identity.make_link(INES.0, LinkPurpose::Invitation).await.unwrap();
    link.secret.0
}

#[tokio::test]
async fn an_address_belongs_to_one_user() {
    let world = World::with(Role::Sales).await;
    let taken = world
        .register(PAUL, "Ines@energie.EXAMPLE", Role::Sales)
        .await
        .unwrap_err();
    assert_eq!(refusal(&taken), "EMAIL_TAKEN");
    let CommandError::Refused(refused) = taken else {
        unreachable!()
    };
    assert_eq!(refused.field(), Some("email"));
}

#[tokio::test]
async fn an_address_that_was_given_up_is_free_again() {
    let world = World::with(Role::Sales).await;
    let details = UserDetails {
        name: "Inès Moreau".to_owned(),
        email: "moreau@energie.example".to_owned(),
    };
    world
        .identity
        .describe(&context(), INES, details.clone())
        .await
        .unwrap();
    assert_eq!(world.identity.details(INES).await.unwrap(), Some(details));
    assert_eq!(world.sign_in(PASSWORD, None).await.unwrap_err(), "WRONG_CREDENTIALS");
    assert!(world.sign_in_as("moreau@energie.example", PASSWORD, None).await.is_ok());
    world.register(PAUL, ADDRESS, Role::Sales).await.unwrap();
    assert_eq!(world.identity.user_of_address(ADDRESS).await.unwrap(), Some(PAUL.0));
}

#[tokio::test]
async fn another_password_ends_the_sessions() {
    let world = World::with(Role::Sales).await;
    let session = world.sign_in(PASSWORD, None).await.unwrap();
    let wrong = world
        .identity
        .change_password(&context(), INES, "a wrong password", OTHER)
        .await;
    assert_eq!(refusal(&wrong.unwrap_err()), "WRONG_CREDENTIALS");
    let weak = world
        .identity
        .change_password(&context(), INES, PASSWORD, "short")
        .await;
    assert_eq!(refusal(&weak.unwrap_err()), "WEAK_PASSWORD");
    assert!(
        world
            .identity
            .bearer_of_session(&session.secret)
            .await
            .unwrap()
            .is_some()
    );
    world
        .identity
        .change_password(&context(), INES, PASSWORD, OTHER)
        .await
        .unwrap();
    assert_eq!(world.identity.bearer_of_session(&session.secret).await.unwrap(), None);
    assert!(world.sign_in(OTHER, None).await.is_ok());
}

#[tokio::test]
async fn a_link_sets_a_password_once() {
    let world = World::with(Role::Sales).await;
    let made = world.identity.make_reset_link(ADDRESS).await.unwrap();
    let (user, made) = made.unwrap();
    let LinkSecret(link) = made.secret;
    assert_eq!(user, INES);
    let weak = world.identity.set_password_by_link(&context(), &link, "short").await;
    assert_eq!(refusal(&weak.unwrap_err()), "WEAK_PASSWORD");
    world
        .identity
        .set_password_by_link(&context(), &link, OTHER)
        .await
        .unwrap();
    let again = world.identity.set_password_by_link(&context(), &link, PASSWORD).await;
    assert_eq!(refusal(&again.unwrap_err()), "LINK_INVALID");
    assert!(world.sign_in(OTHER, None).await.is_ok());
}

#[tokio::test]
async fn a_link_expires_and_a_newer_one_replaces_it() {
    let world = World::with(Role::Sales).await;
    let first = invited(&world).await;
    let second = invited(&world).await;
    assert!(world.identity.user_of_link(&first).await.is_err());
    world.wait(TimeDelta::days(6));
    assert_eq!(world.identity.user_of_link(&second).await.unwrap(), INES);
    world.wait(TimeDelta::days(2));
    assert!(world.identity.user_of_link(&second).await.is_err());
}

#[tokio::test]
async fn nobody_fills_a_letter_box_with_links() {
    let world = World::with(Role::Sales).await;
    assert!(
        world
            .identity
            .make_reset_link("nobody@energie.example")
            .await
            .unwrap()
            .is_none()
    );
    for _ in 0..6 {
        assert!(world.identity.make_reset_link(ADDRESS).await.unwrap().is_some());
    }
    let more = world.identity.make_reset_link(ADDRESS).await;
    assert_eq!(refusal(&more.unwrap_err()), "TOO_MANY_ATTEMPTS");
    // Which keeps nobody from signing in.
    assert!(world.sign_in(PASSWORD, None).await.is_ok());
}

#[tokio::test]
async fn a_deactivated_account_opens_nothing() {
    let world = World::with(Role::Sales).await;
    let session = world.sign_in(PASSWORD, None).await.unwrap();
    let link = invited(&world).await;
    world
        .identity
        .deactivate(&context(), INES, Some(PAUL), None)
        .await
        .unwrap();
    assert_eq!(world.identity.bearer_of_session(&session.secret).await.unwrap(), None);
    assert_eq!(world.sign_in(PASSWORD, None).await.unwrap_err(), "WRONG_CREDENTIALS");
    assert!(world.identity.user_of_link(&link).await.is_err());
    assert!(world.identity.make_reset_link(ADDRESS).await.unwrap().is_none());
    world
        .identity
        .command(&context(), INES, UserCommand::Reactivate)
        .await
        .unwrap();
    assert!(world.sign_in(PASSWORD, None).await.is_ok());
}

#[tokio::test]
async fn of_an_erased_user_nothing_is_left_in_the_vault() {
    let world = World::with(Role::Sales).await;
    world.sign_in(PASSWORD, None).await.unwrap();
    world.identity.make_link(INES.0, LinkPurpose::Invitation).await.unwrap();
    world.identity.erased(INES.0, journal::Position(1)).await.unwrap();
    assert!(!world.identity.has_password(INES).await.unwrap());
    assert_eq!(world.identity.sessions(INES.0).await.unwrap(), []);
    assert_eq!(world.identity.sign_ins(Some(INES.0), None, 9).await.unwrap(), []);
}

#[tokio::test]
async fn the_address_of_an_erased_user_is_free_again() {
    let world = World::with(Role::Sales).await;
    assert_eq!(world.identity.user_of_address(ADDRESS).await.unwrap(), Some(INES.0));
    // Done again after a crash, it does no harm.
    for _ in 0..2 {
        world.identity.erased(INES.0, journal::Position(1)).await.unwrap();
    }
    assert_eq!(world.identity.user_of_address(ADDRESS).await.unwrap(), None);
    world.register(PAUL, ADDRESS, Role::Sales).await.unwrap();
    // It is another's now: erasing again takes nothing from them.
    world.identity.erased(INES.0, journal::Position(1)).await.unwrap();
    assert_eq!(world.identity.user_of_address(ADDRESS).await.unwrap(), Some(PAUL.0));
}
