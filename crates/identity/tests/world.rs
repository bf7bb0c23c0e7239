use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use domain::{
    Event, Language, Refusal, Role, UserId,
    user::{RegisterUser, UserDetails},
};
use engine::{
    Codec, CommandBus, CommandContext, CommandError, DecodeError, KeyRing, ManualClock, MasterKey, Vocabulary,
    ids::SeededIds,
};
use identity::{Attempt, Client, Identity, NewSession, Refused};
use journal::OpenOptions;
use tempfile::TempDir;
use uuid::Uuid;

pub(crate) const INES: UserId = UserId(Uuid::from_u128(1));
pub(crate) const PAUL: UserId = UserId(Uuid::from_u128(2));
pub(crate) const PASSWORD: &str = "quatre mots au hasard";
pub(crate) const ADDRESS: &str = "ines@energie.example";

pub(crate) struct World {
    pub(crate) identity: Arc<Identity>,
    pub(crate) bus: Arc<CommandBus<Event>>,
    pub(crate) clock: Arc<ManualClock>,
    _folder: TempDir,
}

fn vocabulary() -> Vocabulary<Event> {
    Vocabulary {
        decode: |category, payload| {
            Event::decode(category, payload).map_err(|error| DecodeError::Unreadable(error.to_string()))
        },
        upcasters: domain::upcast::UPCASTERS,
        skipped: |_| None,
        erased: |_| None,
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("journal.db").display());
        let options = OpenOptions {
            create: true,
            ..OpenOptions::default()
        };
        let journal = journal::open(&url, options).await.unwrap();
        let keys = KeyRing::open(journal.clone(), MasterKey::from_bytes([7; 32]))
            .await
            .unwrap();
        let codec = Arc::new(Codec::new(vocabulary(), keys));
        let start: DateTime<Utc> = "2026-03-20T09:00:00Z".parse().unwrap();
        let clock = Arc::new(ManualClock::new(start));
        let bus = CommandBus::open(journal, codec, clock.clone(), Arc::new(SeededIds::new(1)))
            .await
            .unwrap();
        Self {
            identity: Identity::new(bus.clone()),
            bus,
            clock,
            _folder: folder,
        }
    }

    /// With one user who has a password.
    pub(crate) async fn with(role: Role) -> Self {
        let world = Self::new().await;
        world.register(INES, ADDRESS, role).await.unwrap();
        world.identity.set_password(&context(), INES, PASSWORD).await.unwrap();
        world
    }

    pub(crate) async fn register(&self, user: UserId, email: &str, role: Role) -> identity::Result<()> {
        let user = RegisterUser {
            user,
            details: UserDetails {
                name: "Inès Moreau".to_owned(),
                email: email.to_owned(),
            },
            role,
            language: Language::French,
            time_zone: Tz::Europe__Paris,
        };
        self.identity.register(&context(), user).await.map(drop)
    }

    pub(crate) async fn sign_in(&self, password: &str, code: Option<&str>) -> Result<NewSession, &'static str> {
        self.sign_in_as(ADDRESS, password, code).await
    }

    pub(crate) async fn sign_in_as(
        &self,
        email: &str,
        password: &str,
        code: Option<&str>,
    ) -> Result<NewSession, &'static str> {
        let attempt = Attempt {
            email: email.to_owned(),
            password: password.to_owned(),
            code: code.map(str::to_owned),
            client: Client::new(Some("192.0.2.7".to_owned()), Some("a browser")),
        };
        self.identity.sign_in(&attempt).await.map_err(|error| refusal(&error))
    }

    pub(crate) fn wait(&self, time: TimeDelta) {
        self.clock.advance(time);
    }
}

pub(crate) fn context() -> CommandContext {
    CommandContext::new("test", Uuid::now_v7(), "user:test")
}

/// The code of a refusal; anything else is a failure of the test.
pub(crate) fn refusal(error: &CommandError<Refused>) -> &'static str {
    match error {
        CommandError::Refused(refused) => refused.code(),
        other => panic!("{other}"),
    }
}
