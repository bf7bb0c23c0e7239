//! Passwords: what is taken as one, and how it is hashed.
//!
//! Length counts, composition rules do not (NIST SP 800-63B, 5.1.1.2). Argon2id with the parameters that OWASP gives
//! first; what is stored says its own parameters, so that they can be raised.

use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use domain::user::UserDetails;
use engine::CommandError;
use journal::{JournalError, VaultRecord};
use rand::RngCore;
use tokio::{sync::Semaphore, task::spawn_blocking};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{
    Identity, Result, kind,
    refusal::{Refused, Weakness},
};

/// Characters of a password at least.
pub const PASSWORD_MIN: usize = 12;
/// Bytes of a password at most: nobody makes the hash work on a megabyte.
pub(crate) const PASSWORD_MAX: usize = 512;
/// Different characters at least.
const DISTINCT_MIN: usize = 5;
/// Hashes at a time: each takes 19 MiB and a core.
const AT_A_TIME: usize = 2;
/// Stands for the hash of an account that does not exist, so that asking for one takes as long.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3Mgc2FsdA$DmYtP1ixUdHoNPKiwtYKCkCdNPVz3NbaAIH3Ba5hiJ0";

/// The beginnings of what is tried first, in lower case; longer passwords that only repeat or extend one of these are no
/// better.
const WELL_KNOWN: &[&str] = &[
    "password",
    "passw0rd",
    "motdepasse",
    "azertyuiop",
    "qwertyuiop",
    "qwertzuiop",
    "123456789",
    "987654321",
    "administrator",
    "administrateur",
    "letmeinplease",
    "bienvenue",
    "welcome",
    "alforis",
    "changeme",
    "changezmoi",
    "abcdefghijkl",
    "jetaimejetaime",
    "iloveyou",
];

pub(crate) struct Passwords {
    turns: Semaphore,
}

impl Default for Passwords {
    fn default() -> Self {
        Self {
            turns: Semaphore::new(AT_A_TIME),
        }
    }
}

impl Passwords {
    async fn hash(&self, password: &str) -> std::result::Result<String, JournalError> {
        let password = Zeroizing::new(password.to_owned());
        self.work(move || {
            let mut salt = [0; 16];
            rand::rng().fill_bytes(&mut salt);
            hasher()?
                .hash_password_with_salt(password.as_bytes(), &salt)
                .map(|hash| hash.to_string())
                .map_err(|error| failed(&error))
        })
        .await
    }

    async fn matches(&self, password: &str, hash: String) -> std::result::Result<bool, JournalError> {
        let password = Zeroizing::new(password.to_owned());
        self.work(move || Ok(hasher()?.verify_password(password.as_bytes(), hash.as_str()).is_ok()))
            .await
    }

    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> std::result::Result<T, JournalError> + Send + 'static,
    ) -> std::result::Result<T, JournalError> {
        let _turn = self.turns.acquire().await.map_err(|error| failed(&error))?;
        spawn_blocking(work).await.map_err(|error| failed(&error))?
    }
}

fn hasher() -> std::result::Result<Argon2<'static>, JournalError> {
    let params = Params::new(19_456, 2, 1, None).map_err(|error| failed(&error))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn failed(error: &dyn std::fmt::Display) -> JournalError {
    JournalError::Database(format!("a password cannot be hashed: {error}"))
}

/// Whether a text may be somebody's password.
fn check(password: &str, details: Option<&UserDetails>) -> std::result::Result<(), Weakness> {
    if password.len() > PASSWORD_MAX {
        return Err(Weakness::TooLong);
    }
    if password.chars().count() < PASSWORD_MIN {
        return Err(Weakness::TooShort);
    }
    let distinct: std::collections::HashSet<char> = password.chars().collect();
    if distinct.len() < DISTINCT_MIN {
        return Err(Weakness::Monotonous);
    }
    let folded = password.to_lowercase();
    let rest = |known: &&str| {
        folded
            .replace(*known, "")
            .chars()
            .filter(char::is_ascii_alphabetic)
            .count()
    };
    if WELL_KNOWN.iter().any(|known| folded.contains(known) && rest(known) < 4) {
        return Err(Weakness::WellKnown);
    }
    if details.is_some_and(|details| is_personal(&folded, details)) {
        return Err(Weakness::Personal);
    }
    Ok(())
}

/// Refuses a text that may not be this user's password.
pub(crate) fn acceptable(password: &str, details: Option<&UserDetails>) -> Result<()> {
    check(password, details).map_err(|weakness| CommandError::Refused(Refused::WeakPassword(weakness)))
}

fn is_personal(folded: &str, details: &UserDetails) -> bool {
    let address = details.email.to_lowercase();
    let local = address.split('@').next().unwrap_or_default().to_owned();
    let name = details.name.to_lowercase();
    let parts = name.split_whitespace().map(str::to_owned).chain([local, address]);
    parts
        .filter(|part| part.chars().count() >= 5)
        .any(|part| folded.contains(&part))
}

impl Identity {
    /// Keeps a password as its hash; whoever knew the one before no longer gets in by it.
    pub(crate) async fn store_password(&self, user: Uuid, password: &str) -> Result<()> {
        let hash = self.passwords.hash(password).await.map_err(CommandError::Journal)?;
        let record = VaultRecord {
            kind: kind::PASSWORD.to_owned(),
            key: user.as_bytes().to_vec(),
            subject: Some(user),
            value: hash.into_bytes(),
            expires_at: None,
        };
        Ok(self.vault().put_record(record).await?)
    }

    /// Whether it is the user's password. Takes as long when there is no such user, or they have none.
    pub(crate) async fn is_password(&self, user: Option<Uuid>, password: &str) -> Result<bool> {
        let stored = match user {
            Some(user) => {
                self.vault()
                    .record(kind::PASSWORD, user.as_bytes(), self.timestamp())
                    .await?
            }
            None => None,
        };
        let known = stored.is_some();
        let hash = stored.and_then(|record| String::from_utf8(record.value).ok());
        let hash = hash.unwrap_or_else(|| NOBODYS.to_owned());
        // Longer than any password, so none, and not worth the work.
        if password.len() > PASSWORD_MAX {
            return Ok(false);
        }
        let matches = self
            .passwords
            .matches(password, hash)
            .await
            .map_err(CommandError::Journal)?;
        Ok(matches && known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ines() -> UserDetails {
        UserDetails {
            name: "Inès Moreau".to_owned(),
            email: "ines.moreau@energie.example".to_owned(),
        }
    }

    #[test]
    fn length_is_what_counts() {
        assert_eq!(check("quatre mots au hasard", Some(&ines())), Ok(()));
        assert_eq!(check("7hé1tQ!z", None), Err(Weakness::TooShort));
        assert_eq!(check(&"long".repeat(200), None), Err(Weakness::TooLong));
    }

    #[test]
    fn what_everybody_tries_first_is_refused() {
        for known in ["password1234", "Motdepasse2026!", "azertyuiop123", "Alforis2026!!"] {
            assert_eq!(check(known, None), Err(Weakness::WellKnown), "{known}");
        }
        assert_eq!(check("aaaaaaaaaaaaab", None), Err(Weakness::Monotonous));
    }

    #[test]
    fn a_password_does_not_contain_who_it_belongs_to() {
        for own in [
            "moreau-presse-42",
            "ines.moreau-presse",
            "xx ines.moreau@energie.example",
        ] {
            assert_eq!(check(own, Some(&ines())), Err(Weakness::Personal), "{own}");
        }
    }

    #[tokio::test]
    async fn a_password_matches_its_own_hash_only() {
        let passwords = Passwords::default();
        let hash = passwords.hash("quatre mots au hasard").await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.matches("quatre mots au hasard", hash.clone()).await.unwrap());
        assert!(!passwords.matches("quatre mots au hasarD", hash).await.unwrap());
    }

    #[tokio::test]
    async fn nobodys_hash_is_one_that_takes_as_long() {
        let parsed = argon2::password_hash::phc::PasswordHash::new(NOBODYS).unwrap();
        assert!(parsed.hash.is_some());
        assert!(
            !Passwords::default()
                .matches("anything", NOBODYS.to_owned())
                .await
                .unwrap()
        );
    }
}
