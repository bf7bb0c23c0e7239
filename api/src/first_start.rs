//! The first start on a journal: somebody must be able to sign in.

use domain::{
    Decider, Language, Role, UserId,
    user::{RegisterUser, UserDetails, UserState},
};
use engine::{CommandContext, CommandError};
use identity::Refused;
use journal::{Position, ReadFilter, StreamId, Version};
use rand::seq::IndexedRandom;

use crate::application::Application;

/// Positions looked at at a time.
const PAGE: usize = 65_536;
/// Letters and digits that nobody takes for one another.
const ALPHABET: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";

/// Who can sign in now, and how. Shown once.
pub struct Administrator {
    pub email: String,
    pub password: String,
}

/// Makes an administrator where the journal knows no user at all; `None` where it knows one.
pub async fn administrator(
    application: &Application,
    email: &str,
) -> Result<Option<Administrator>, CommandError<Refused>> {
    let user = UserId(application.bus.derived_id(&["first administrator"]));
    let stream = StreamId::new(UserState::TYPE, user.0);
    let journal = &application.journal;
    if journal.stream_version(&stream).await? > Version::NONE || knows_users(application).await? {
        return Ok(None);
    }
    let context = |step: &str| {
        let id = application.bus.derived_id(&["first administrator", step]);
        CommandContext::system(id, "first-start")
    };
    let register = RegisterUser {
        user,
        details: UserDetails {
            name: "Administrator".to_owned(),
            email: email.to_owned(),
        },
        role: Role::Admin,
        language: Language::default(),
        time_zone: chrono_tz::Europe::Paris,
    };
    let identity = &application.identity;
    identity.register(&context("register"), register).await?;
    let password = random_password();
    identity.set_password(&context("password"), user, &password).await?;
    Ok(Some(Administrator {
        email: email.to_owned(),
        password,
    }))
}

async fn knows_users(application: &Application) -> Result<bool, CommandError<Refused>> {
    let filter = ReadFilter {
        categories: vec![UserState::TYPE.into()],
        occurred_until: None,
    };
    let mut read = Position::START;
    loop {
        let page = application.journal.read(read, PAGE, &filter).await?;
        if !page.events.is_empty() {
            return Ok(true);
        }
        if page.last == read {
            return Ok(false);
        }
        read = page.last;
    }
}

/// Twenty letters and digits in groups of five: 98 bits.
pub fn random_password() -> String {
    let mut random = rand::rng();
    let mut letters = (0..20).map(|_| ALPHABET.choose(&mut random).copied().unwrap_or(b'x'));
    let mut groups = Vec::with_capacity(4);
    for _ in 0..4 {
        groups.push(letters.by_ref().take(5).map(char::from).collect::<String>());
    }
    groups.join("-")
}
