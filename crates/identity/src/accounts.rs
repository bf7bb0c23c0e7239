//! Accounts: commands on users that touch more than their own stream (the reserved address, the vault).

use domain::{
    Decider, Event, Reservation, ReservationCommand, User, UserCommand, UserEvent, UserId,
    reservation::ReservationKind,
    user::{RegisterUser, UserDetails, UserState},
};
use engine::{CommandBus, CommandContext, CommandError, LoadError, Outcome, UnitOfWork};
use futures::FutureExt;
use journal::{StreamId, Version};
use serde::Serialize;
use uuid::Uuid;

use crate::{Identity, LinkPurpose, NewLink, Result, kind, link, refusal::Refused, throttle::Counted};

/// Events of an account that are read at a time.
const PAGE: usize = 512;

impl Identity {
    /// Registers a user; their address becomes theirs alone.
    pub async fn register(&self, context: &CommandContext, user: RegisterUser) -> Result<Outcome> {
        let (id, address) = (user.user.0, Self::folded(&user.details.email));
        let intent = ("register user", &user);
        self.together(context, &intent, |unit| {
            let (user, address) = (user.clone(), address.clone());
            async move {
                unit.run::<User>(id, UserCommand::Register(user)).await.map_err(ruled)?;
                self.reserve(unit, &address, id).await
            }
            .boxed()
        })
        .await
    }

    /// Says anew who a user is. With another address, the one before is given back.
    pub async fn describe(&self, context: &CommandContext, user: UserId, details: UserDetails) -> Result<Outcome> {
        let before = self.details(user).await?.map(|details| Self::folded(&details.email));
        let after = Self::folded(&details.email);
        let intent = ("describe user", user, &details);
        self.together(context, &intent, |unit| {
            let (details, before, after) = (details.clone(), before.clone(), after.clone());
            async move {
                let describe = UserCommand::Describe { user, details };
                unit.run::<User>(user.0, describe).await.map_err(ruled)?;
                if before.as_ref() == Some(&after) {
                    return Ok(());
                }
                if let Some(before) = before {
                    let release = ReservationCommand::Release { holder: user.0 };
                    unit.run::<Reservation>(self.place_of(&before), release)
                        .await
                        .map_err(ruled)?;
                }
                self.reserve(unit, &after, user.0).await
            }
            .boxed()
        })
        .await
    }

    /// Deactivates an account: its sessions, links and tokens open nothing any more.
    pub async fn deactivate(
        &self,
        context: &CommandContext,
        user: UserId,
        by: Option<UserId>,
        successor: Option<UserId>,
    ) -> Result<Outcome> {
        let deactivate = UserCommand::Deactivate { by, successor };
        let outcome = self.command(context, user, deactivate).await?;
        self.end_sessions(user.0).await?;
        self.vault().remove_records(link::KIND, user.0).await?;
        Ok(outcome)
    }

    /// Ends every session of a user.
    pub async fn sign_out_everywhere(&self, context: &CommandContext, user: UserId) -> Result<Outcome> {
        let outcome = self
            .command(context, user, UserCommand::NoteSignedOutEverywhere)
            .await?;
        self.end_sessions(user.0).await?;
        Ok(outcome)
    }

    /// Sets a password without asking for the one before: for the shell, and for whoever came by a link.
    pub async fn set_password(&self, context: &CommandContext, user: UserId, password: &str) -> Result<Outcome> {
        crate::password::acceptable(password, self.details(user).await?.as_ref())?;
        let outcome = self.command(context, user, UserCommand::NotePassword).await?;
        self.store_password(user.0, password).await?;
        self.end_sessions(user.0).await?;
        self.forget_attempts(&Counted::Account(user.to_string())).await?;
        if let Some(details) = self.details(user).await? {
            self.forget_attempts(&Counted::Account(Self::folded(&details.email)))
                .await?;
        }
        Ok(outcome)
    }

    /// Sets another password for somebody who knows the one before. Ends their sessions: whoever else had one is out.
    pub async fn change_password(
        &self,
        context: &CommandContext,
        user: UserId,
        current: &str,
        password: &str,
    ) -> Result<Outcome> {
        self.prove_again(user.0, current).await?;
        self.set_password(context, user, password).await
    }

    /// Whose link it is, while it opens something.
    pub async fn user_of_link(&self, link: &str) -> Result<UserId> {
        self.owner_of_link(link).await.map(UserId)
    }

    /// Sets a password for somebody who holds a link. The link is used up only once the password is good.
    pub async fn set_password_by_link(&self, context: &CommandContext, link: &str, password: &str) -> Result<Outcome> {
        let user = self.owner_of_link(link).await.map(UserId)?;
        crate::password::acceptable(password, self.details(user).await?.as_ref())?;
        self.use_link(link).await?;
        self.set_password(context, user, password).await
    }

    /// A link to set another password, if the address is that of an account that may sign in. Counted, so that nobody
    /// fills somebody's letter box; the caller answers the same whatever comes out.
    pub async fn make_reset_link(&self, email: &str) -> Result<Option<(UserId, NewLink)>> {
        self.count_attempt(&Counted::Account(format!("reset {}", Self::folded(email))))
            .await?;
        let Some(user) = self.user_of_address(email).await? else {
            return Ok(None);
        };
        let account = self.bus.load::<User>(user).await?;
        if !account.is_some_and(|(account, _)| account.is_active()) {
            return Ok(None);
        }
        let link = self.make_link(user, LinkPurpose::PasswordReset).await?;
        Ok(Some((UserId(user), link)))
    }

    /// Whether somebody set a password for the account.
    pub async fn has_password(&self, user: UserId) -> Result<bool> {
        let record = self
            .vault()
            .record(kind::PASSWORD, user.0.as_bytes(), self.timestamp())
            .await?;
        Ok(record.is_some())
    }

    /// The user who signs in with an address.
    pub async fn user_of_address(&self, email: &str) -> Result<Option<Uuid>> {
        let place = self.place_of(&Self::folded(email));
        let reservation = self.bus.load::<Reservation>(place).await?;
        Ok(reservation.and_then(|(reservation, _)| reservation.holder()))
    }

    /// See [`details_of`].
    pub async fn details(&self, user: UserId) -> Result<Option<UserDetails>> {
        Ok(details_of(&self.bus, user).await?)
    }

    /// A command that concerns the account's own stream only.
    pub async fn command(&self, context: &CommandContext, user: UserId, command: UserCommand) -> Result<Outcome> {
        let answer = self.bus.execute::<User>(context, user.0, command).await;
        answer.map_err(|error| error.map_refusal(Refused::rule))
    }

    /// Addresses differ by more than the case of their letters.
    pub(crate) fn folded(email: &str) -> String {
        email.trim().to_lowercase()
    }

    fn place_of(&self, folded_address: &str) -> Uuid {
        self.bus.secret_id(ReservationKind::UserEmail.as_str(), folded_address)
    }

    async fn reserve(&self, unit: &mut UnitOfWork<'_, Event>, address: &str, holder: Uuid) -> Result<()> {
        let kind = ReservationKind::UserEmail;
        let reserve = ReservationCommand::Reserve { kind, holder };
        unit.run::<Reservation>(self.place_of(address), reserve)
            .await
            .map_err(ruled)
    }

    async fn together<'s, S>(&'s self, context: &CommandContext, intent: &impl Serialize, steps: S) -> Result<Outcome>
    where
        S: for<'u> FnMut(&'u mut UnitOfWork<'s, Event>) -> futures::future::BoxFuture<'u, Result<()>>,
    {
        self.bus.together(context, intent, steps).await
    }
}

/// Who a user is, as the journal last said; `None` for nobody and for whoever was erased.
pub async fn details_of(bus: &CommandBus<Event>, user: UserId) -> std::result::Result<Option<UserDetails>, LoadError> {
    let stream = StreamId::new(UserState::TYPE, user.0);
    let (mut details, mut read) = (None, Version::NONE);
    loop {
        let page = bus.history(&stream, read, PAGE).await?;
        for event in &page {
            read = event.header.version;
            if let Event::User(
                UserEvent::UserRegistered { details: said, .. } | UserEvent::UserDescribed { details: said },
            ) = &event.event
            {
                details = said.value().cloned();
            }
        }
        if page.len() < PAGE {
            return Ok(details);
        }
    }
}

fn ruled<R: domain::Refusal>(error: CommandError<R>) -> CommandError<Refused> {
    error.map_refusal(Refused::rule)
}
