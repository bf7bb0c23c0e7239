//! Signing in: an address, a password and, where the account asks for it, a code become a session.

use domain::User;
use engine::CommandError;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Identity, NewSession, Result, SignInOutcome, refusal::Refused, throttle::Counted};

/// Characters of a client's own description that are kept.
const AGENT_MAX: usize = 200;

/// Where somebody speaks from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// Network address.
    pub address: Option<String>,
    /// What the program calls itself.
    pub agent: Option<String>,
}

impl Client {
    pub fn new(address: Option<String>, agent: Option<&str>) -> Self {
        let agent = agent.map(|agent| {
            agent
                .chars()
                .filter(|letter| !letter.is_control())
                .take(AGENT_MAX)
                .collect()
        });
        Self { address, agent }
    }
}

/// What somebody shows to prove who they are.
#[derive(Clone)]
pub struct Attempt {
    pub email: String,
    pub password: String,
    /// Of the second factor.
    pub code: Option<String>,
    pub client: Client,
}

impl Identity {
    /// Begins a session, if everything is proven.
    pub async fn sign_in(&self, attempt: &Attempt) -> Result<NewSession> {
        let account = Counted::Account(Self::folded(&attempt.email));
        let address = attempt.client.address.clone().map(Counted::Address);
        self.count_attempt(&account).await?;
        if let Some(address) = &address {
            self.count_attempt(address).await?;
        }
        let user = self.user_of_address(&attempt.email).await?;
        let proven = self.prove(user, attempt).await;
        match &proven {
            Ok(user) => {
                self.forget_attempts(&account).await?;
                self.give_back(address.as_ref()).await?;
                let session = self.begin_session(*user, &attempt.client).await?;
                self.log(Some(*user), SignInOutcome::SignedIn, &attempt.client).await?;
                return Ok(session);
            }
            Err(CommandError::Refused(Refused::SecondFactorRequired)) => {
                self.give_attempt_back(&account).await?;
                self.give_back(address.as_ref()).await?;
            }
            Err(CommandError::Refused(Refused::WrongCode)) => {
                self.log(user, SignInOutcome::WrongCode, &attempt.client).await?;
            }
            Err(CommandError::Refused(_)) => {
                self.log(user, SignInOutcome::WrongCredentials, &attempt.client).await?;
            }
            Err(_) => {
                self.give_attempt_back(&account).await?;
                self.give_back(address.as_ref()).await?;
            }
        }
        proven.and(Err(CommandError::Refused(Refused::WrongCredentials)))
    }

    /// Ends the session of a cookie.
    pub async fn sign_out(&self, secret: &str, client: &Client) -> Result<()> {
        if let Some(session) = self.session(secret).await? {
            self.end_session_named(session.user, &session.id).await?;
            self.log(Some(session.user), SignInOutcome::SignedOut, client).await?;
        }
        Ok(())
    }

    /// Checks the password of somebody who is signed in, before they change what protects them.
    pub async fn prove_again(&self, user: Uuid, password: &str) -> Result<()> {
        let account = Counted::Account(user.to_string());
        self.count_attempt(&account).await?;
        if self.is_password(Some(user), password).await? {
            return self.forget_attempts(&account).await;
        }
        Err(CommandError::Refused(Refused::WrongCredentials))
    }

    /// Checks a code of the second factor of somebody who is signed in, before they change what others rely on. Refuses
    /// whoever has none: it has to be set up first.
    pub async fn prove_second_factor(&self, user: Uuid, code: &str) -> Result<()> {
        let account = Counted::Account(user.to_string());
        self.count_attempt(&account).await?;
        let known = self.bus.load::<User>(user).await?;
        if !known.is_some_and(|(account, _)| account.has_second_factor()) {
            self.give_attempt_back(&account).await?;
            return Err(CommandError::Refused(Refused::SecondFactorRequired));
        }
        if self.is_code(user, code).await? {
            return self.forget_attempts(&account).await;
        }
        Err(CommandError::Refused(Refused::WrongCode))
    }

    async fn prove(&self, user: Option<Uuid>, attempt: &Attempt) -> Result<Uuid> {
        let wrong = || CommandError::Refused(Refused::WrongCredentials);
        let matches = self.is_password(user, &attempt.password).await?;
        let (Some(user), true) = (user, matches) else {
            return Err(wrong());
        };
        let account = self.bus.load::<User>(user).await?.map(|(account, _)| account);
        let account = account.filter(|account| account.is_active()).ok_or_else(wrong)?;
        if !account.has_second_factor() {
            return Ok(user);
        }
        match attempt.code.as_deref().filter(|code| !code.is_empty()) {
            None => Err(CommandError::Refused(Refused::SecondFactorRequired)),
            Some(code) if self.is_code(user, code).await? => Ok(user),
            Some(_) => Err(CommandError::Refused(Refused::WrongCode)),
        }
    }

    async fn give_back(&self, address: Option<&Counted>) -> Result<()> {
        match address {
            Some(address) => self.give_attempt_back(address).await,
            None => Ok(()),
        }
    }
}
