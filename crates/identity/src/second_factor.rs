//! The second factor: time-based one-time codes (RFC 6238) from an authenticator, and recovery codes for when it is lost.

use chrono::TimeDelta;
use domain::{User, UserCommand, UserId, user::UserDetails};
use engine::{CodecError, CommandContext, CommandError, Outcome};
use journal::VaultRecord;
use rand::RngCore;
use serde::{Deserialize, Serialize};
use totp_rs::{Builder, Secret, Totp};
use uuid::Uuid;

use crate::{Identity, Result, kind, log::json, refusal::Refused, secret};

/// Who asks for the code, as authenticators show it.
const ISSUER: &str = "Alforis";
/// How long an enrolment may wait for its first code.
const PENDING: TimeDelta = TimeDelta::minutes(15);
const RECOVERY_CODES: usize = 10;
/// Bytes of the secret (RFC 4226, section 4, R6 recommends 160 bits).
const SECRET_BYTES: usize = 20;

/// What an authenticator is set up with. Shown once.
#[derive(Debug, Clone)]
pub struct Enrolment {
    /// In base 32, for typing.
    pub secret: String,
    /// `otpauth://…`, for a QR code.
    pub uri: String,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    /// Encrypted under the master key.
    secret: Vec<u8>,
    /// The last step whose code was taken: each code is good once (RFC 6238, section 5.2).
    last_step: u64,
}

impl Identity {
    /// Draws a secret; it counts once [`Identity::confirm_second_factor`] shows that an authenticator has it.
    pub async fn begin_second_factor(&self, user: UserId, details: Option<&UserDetails>) -> Result<Enrolment> {
        let mut bytes = [0; SECRET_BYTES];
        rand::rng().fill_bytes(&mut bytes);
        let account = details.map_or_else(|| user.to_string(), |details| details.email.clone());
        let totp = totp(&bytes, &account)?;
        let uri = totp.to_url().map_err(|error| unusable(&error))?;
        let stored = Stored {
            secret: self.protect(user.0, &bytes)?,
            last_step: 0,
        };
        let record = VaultRecord {
            expires_at: Some(self.in_(PENDING)),
            ..record(kind::SECOND_FACTOR_PENDING, user.0, &stored)?
        };
        self.vault().put_record(record).await?;
        Ok(Enrolment {
            secret: Secret::from(bytes).to_base32(),
            uri,
        })
    }

    /// Turns the second factor on, if the code is the pending secret's. Returns the recovery codes, shown once.
    pub async fn confirm_second_factor(
        &self,
        context: &CommandContext,
        user: UserId,
        code: &str,
    ) -> Result<(Outcome, Vec<String>)> {
        let now = self.timestamp();
        let pending = self
            .vault()
            .record(kind::SECOND_FACTOR_PENDING, user.0.as_bytes(), now)
            .await?;
        let pending = pending.ok_or(CommandError::Refused(Refused::NoEnrolment))?;
        let mut stored: Stored = read(&pending)?;
        stored.last_step = self
            .step_of(user.0, &stored, code)?
            .ok_or(CommandError::Refused(Refused::WrongCode))?;
        // What is asked for must be there first: an account that asks for a code that nobody can give is locked.
        let codes = self.draw_recovery_codes(user.0).await?;
        self.vault()
            .put_record(record(kind::SECOND_FACTOR, user.0, &stored)?)
            .await?;
        let outcome = self
            .bus
            .execute::<User>(context, user.0, UserCommand::NoteSecondFactor { enabled: true })
            .await
            .map_err(|error| error.map_refusal(Refused::rule))?;
        self.vault().remove_records(kind::SECOND_FACTOR_PENDING, user.0).await?;
        Ok((outcome, codes))
    }

    /// Turns the second factor off, for the user themselves (who proved it) or for an administrator.
    pub async fn disable_second_factor(&self, context: &CommandContext, user: UserId) -> Result<Outcome> {
        let outcome = self
            .bus
            .execute::<User>(context, user.0, UserCommand::NoteSecondFactor { enabled: false })
            .await
            .map_err(|error| error.map_refusal(Refused::rule))?;
        for kind in [kind::SECOND_FACTOR, kind::SECOND_FACTOR_PENDING, kind::RECOVERY_CODE] {
            self.vault().remove_records(kind, user.0).await?;
        }
        Ok(outcome)
    }

    /// Whether the code is good now: the authenticator's, not used before, or a recovery code, which is used up.
    pub(crate) async fn is_code(&self, user: Uuid, code: &str) -> Result<bool> {
        let code: String = code.chars().filter(|letter| !letter.is_whitespace()).collect();
        let now = self.timestamp();
        let found = self.vault().record(kind::SECOND_FACTOR, user.as_bytes(), now).await?;
        let Some(found) = found else { return Ok(false) };
        let stored: Stored = read(&found)?;
        if let Some(step) = self.step_of(user, &stored, &code)? {
            let spent = Stored {
                last_step: step,
                ..stored
            };
            let spent = record(kind::SECOND_FACTOR, user, &spent)?;
            return Ok(self.vault().swap_record(Some(&found.value), spent, now).await?);
        }
        let recovered = self
            .vault()
            .take_record(kind::RECOVERY_CODE, &recovery_key(user, &code), now)
            .await?;
        Ok(recovered.is_some())
    }

    /// The step that the code belongs to, if it is one whose code was not used yet.
    fn step_of(&self, user: Uuid, stored: &Stored, code: &str) -> Result<Option<u64>> {
        if code.len() != 6 || !code.bytes().all(|digit| digit.is_ascii_digit()) {
            return Ok(None);
        }
        let bytes = self
            .bus
            .codec()
            .keys()
            .reveal(&name(user), stored.secret.clone())
            .map_err(|error| CommandError::Codec(error.into()))?;
        let seconds = u64::try_from(self.now().timestamp()).unwrap_or_default();
        let step = totp(&bytes, &user.to_string())?.check(code, seconds);
        Ok(step.filter(|step| *step > stored.last_step))
    }

    fn protect(&self, user: Uuid, secret: &[u8]) -> Result<Vec<u8>> {
        let keys = self.bus.codec().keys();
        keys.protect(&name(user), secret)
            .map_err(|error| CommandError::Codec(error.into()))
    }

    async fn draw_recovery_codes(&self, user: Uuid) -> Result<Vec<String>> {
        self.vault().remove_records(kind::RECOVERY_CODE, user).await?;
        let mut codes = Vec::with_capacity(RECOVERY_CODES);
        for _ in 0..RECOVERY_CODES {
            let mut bytes = [0; 8];
            rand::rng().fill_bytes(&mut bytes);
            let code = hex::encode(bytes);
            let record = VaultRecord {
                kind: kind::RECOVERY_CODE.to_owned(),
                key: recovery_key(user, &code),
                subject: Some(user),
                value: Vec::new(),
                expires_at: None,
            };
            self.vault().put_record(record).await?;
            codes.push(code);
        }
        Ok(codes)
    }
}

fn totp(secret: &[u8], account: &str) -> Result<Totp> {
    // A colon would end the issuer's name in the address.
    let account = account.replace(':', "");
    Builder::new()
        .with_secret(Secret::from(secret.to_vec()))
        .with_account_name(account)
        .with_issuer(Some(ISSUER))
        .build()
        .map_err(|error| unusable(&error))
}

fn unusable(error: &dyn std::fmt::Display) -> CommandError<Refused> {
    CommandError::Codec(CodecError::Encode(format!(
        "a one-time code cannot be computed: {error}"
    )))
}

fn name(user: Uuid) -> String {
    format!("second-factor:{user}")
}

fn recovery_key(user: Uuid, code: &str) -> Vec<u8> {
    secret::digest(&format!("{user} {}", code.to_ascii_lowercase()))
}

fn record(kind: &str, user: Uuid, stored: &Stored) -> Result<VaultRecord> {
    Ok(VaultRecord {
        kind: kind.to_owned(),
        key: user.as_bytes().to_vec(),
        subject: Some(user),
        value: json(stored)?,
        expires_at: None,
    })
}

fn read(record: &VaultRecord) -> Result<Stored> {
    serde_json::from_slice(&record.value).map_err(|error| unusable(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B: SHA-1, the secret "12345678901234567890"; the last six of its eight digits.
    #[test]
    fn codes_are_those_of_the_standard() {
        let totp = totp(b"12345678901234567890", "ines@energie.example").unwrap();
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
        ] {
            assert_eq!(totp.check(code, seconds), Some(seconds / 30), "{seconds}");
        }
    }

    #[test]
    fn a_code_is_good_for_the_steps_beside_its_own() {
        let totp = totp(b"12345678901234567890", "ines@energie.example").unwrap();
        assert_eq!(totp.check("287082", 59 + 30), Some(1));
        assert_eq!(totp.check("287082", 59 + 60), None);
    }
}
