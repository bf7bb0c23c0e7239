use chrono::TimeDelta;
use domain::{Role, UserCommand, user::Visibility};
use engine::Clock;
use identity::{Proof, TokenRequest};
use uuid::Uuid;

use crate::world::{INES, PAUL, World, context, refusal};

const TOKEN: Uuid = Uuid::from_u128(9);

fn asked(role: Role) -> TokenRequest {
    TokenRequest {
        name: "Tableau de bord".to_owned(),
        owner: INES,
        role,
        expires_at: None,
    }
}

#[tokio::test]
async fn a_token_speaks_for_its_owner_in_its_own_role() {
    let world = World::with(Role::Admin).await;
    let made = world
        .identity
        .issue_token(&context(), TOKEN, asked(Role::Sales))
        .await
        .unwrap();
    assert!(made.secret.starts_with("alf_"));
    let bearer = world.identity.bearer_of_token(&made.secret).await.unwrap().unwrap();
    assert_eq!(
        (bearer.user, bearer.role, bearer.visibility),
        (INES, Role::Sales, Visibility::Own)
    );
    assert_eq!(bearer.proof, Proof::Token { id: TOKEN });
    assert!(world.identity.last_use_of_token(TOKEN).await.unwrap().is_some());
    for forged in ["alf_x", "", &made.secret[4..]] {
        assert_eq!(world.identity.bearer_of_token(forged).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_token_never_may_more_than_its_owner() {
    let world = World::with(Role::Sales).await;
    let more = world.identity.issue_token(&context(), TOKEN, asked(Role::Admin)).await;
    assert_eq!(refusal(&more.err().unwrap()), "ROLE_NOT_YOURS");
    let made = world
        .identity
        .issue_token(&context(), TOKEN, asked(Role::Sales))
        .await
        .unwrap();
    let change = UserCommand::ChangeRole {
        role: Role::Analyst,
        by: Some(PAUL),
    };
    world.identity.command(&context(), INES, change).await.unwrap();
    assert_eq!(world.identity.bearer_of_token(&made.secret).await.unwrap(), None);
}

#[tokio::test]
async fn a_token_opens_nothing_once_it_expired_was_revoked_or_its_owner_left() {
    let world = World::with(Role::Admin).await;
    let expires_at = Some(world.clock.now() + TimeDelta::days(1));
    let asked_until = TokenRequest {
        expires_at,
        ..asked(Role::Admin)
    };
    let ends = world
        .identity
        .issue_token(&context(), Uuid::from_u128(1), asked_until)
        .await
        .unwrap();
    let stays = world
        .identity
        .issue_token(&context(), Uuid::from_u128(2), asked(Role::Admin))
        .await
        .unwrap();
    let revoked = world
        .identity
        .issue_token(&context(), Uuid::from_u128(3), asked(Role::Admin))
        .await
        .unwrap();
    let speaks = world.identity.bearer_of_token(&revoked.secret).await.unwrap().unwrap();
    world
        .identity
        .revoke_token(&context(), Uuid::from_u128(3))
        .await
        .unwrap();
    assert_eq!(world.identity.bearer_of_token(&revoked.secret).await.unwrap(), None);
    assert_eq!(world.identity.again(&speaks).await.unwrap(), None);
    assert!(world.identity.bearer_of_token(&ends.secret).await.unwrap().is_some());
    world.wait(TimeDelta::days(1));
    assert_eq!(world.identity.bearer_of_token(&ends.secret).await.unwrap(), None);
    assert!(world.identity.bearer_of_token(&stays.secret).await.unwrap().is_some());
    world
        .identity
        .deactivate(&context(), INES, Some(PAUL), None)
        .await
        .unwrap();
    assert_eq!(world.identity.bearer_of_token(&stays.secret).await.unwrap(), None);
}
