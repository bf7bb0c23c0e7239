use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::{
    command::{DeliveryCommand, QueueDelivery},
    error::DeliveryError,
    event::{Abandonment, Addressee, Content, DeliveryEvent, Enclosure, Letter, Link, OnDoubt, TokenName},
    state::{DeliveryState, DeliveryStatus, Queued},
};
use crate::{
    Decider, InvalidValue, Personal,
    value::{self, LABEL_MAX, NAME_MAX, NOTE_MAX, Problem},
};

/// Variables of a letter at most.
const VARIABLES_MAX: usize = 50;
/// Files that go with one letter.
const ENCLOSURES_MAX: usize = 10;

type Decision = Result<Vec<DeliveryEvent>, DeliveryError>;

impl Decider for DeliveryState {
    const TYPE: &'static str = "delivery";

    type Command = DeliveryCommand;
    type Event = DeliveryEvent;
    type Error = DeliveryError;

    fn decide(&self, command: DeliveryCommand) -> Decision {
        if let DeliveryCommand::Queue(delivery) = command {
            return self.queue(delivery);
        }
        let delivery = self.queued.as_ref().ok_or(DeliveryError::NotQueued)?;
        match command {
            DeliveryCommand::Queue(_) => Err(DeliveryError::AlreadyQueued),
            DeliveryCommand::Attempt { attempt, at } => delivery.attempt(attempt, at),
            DeliveryCommand::Succeed { attempt } => delivery.succeed(attempt),
            DeliveryCommand::Defer { attempt, until, reason } => delivery.defer(attempt, until, &reason),
            DeliveryCommand::Fail {
                attempt,
                reason,
                permanent,
            } => delivery.fail(attempt, &reason, permanent),
            DeliveryCommand::Hold { attempt } => delivery.hold(attempt),
            DeliveryCommand::Abandon { cause } => delivery.abandon(cause),
            DeliveryCommand::Requeue => delivery.requeue(),
            DeliveryCommand::Confirm => delivery.confirm(),
            DeliveryCommand::Cancel { reason } => delivery.cancel(reason.as_deref()),
        }
    }

    fn evolve(&mut self, event: &DeliveryEvent) {
        self.apply(event);
    }
}

impl DeliveryState {
    fn queue(&self, delivery: QueueDelivery) -> Decision {
        if self.exists() {
            return Err(DeliveryError::AlreadyQueued);
        }
        let Content::Letter(letter) = delivery.content;
        let expires_at = delivery.expires_at.map(|time| value::moment("expiresAt", time));
        Ok(vec![DeliveryEvent::DeliveryQueued {
            content: Content::letter(checked(*letter)?),
            subject: value::optional_line("subject", delivery.subject.as_deref(), LABEL_MAX)?,
            on_doubt: delivery.on_doubt,
            expires_at: expires_at.transpose()?,
        }])
    }
}

impl Queued {
    /// Attempts are numbered, so that of two workers one has the attempt and the other learns that it has not. One whose
    /// predecessor ended nobody knows how is made again; unless that must not be.
    fn attempt(&self, attempt: u32, at: DateTime<Utc>) -> Decision {
        match self.status {
            DeliveryStatus::Queued | DeliveryStatus::Deferred => {}
            DeliveryStatus::Attempting if self.on_doubt == OnDoubt::Resend => {}
            DeliveryStatus::Attempting | DeliveryStatus::Unknown => return Err(DeliveryError::InDoubt),
            status => return Err(DeliveryError::Settled { status }),
        }
        if attempt.checked_sub(1) != Some(self.attempts) {
            return Err(DeliveryError::Superseded);
        }
        if let Some(until) = self.not_before.filter(|until| at < *until) {
            return Err(DeliveryError::NotDue { until });
        }
        Ok(vec![DeliveryEvent::DeliveryAttempted { attempt }])
    }

    /// What was sent was sent, however late we learn of it: also by an attempt that another one has followed since.
    fn succeed(&self, attempt: u32) -> Decision {
        if attempt == 0 || attempt > self.attempts {
            return Err(DeliveryError::Superseded);
        }
        if self.status == DeliveryStatus::Sent {
            return Ok(Vec::new());
        }
        Ok(vec![DeliveryEvent::DeliverySucceeded { attempt }])
    }

    fn defer(&self, attempt: u32, until: DateTime<Utc>, reason: &str) -> Decision {
        self.must_be_attempting(attempt)?;
        Ok(vec![DeliveryEvent::DeliveryDeferred {
            attempt,
            until: value::moment("until", until)?,
            reason: value::line("reason", reason, LABEL_MAX)?,
        }])
    }

    fn fail(&self, attempt: u32, reason: &str, permanent: bool) -> Decision {
        self.must_be_attempting(attempt)?;
        let reason = value::line("reason", reason, LABEL_MAX)?;
        Ok(vec![DeliveryEvent::DeliveryFailed {
            attempt,
            reason,
            permanent,
        }])
    }

    fn hold(&self, attempt: u32) -> Decision {
        if self.status == DeliveryStatus::Unknown && attempt == self.attempts {
            return Ok(Vec::new());
        }
        self.must_be_attempting(attempt)?;
        Ok(vec![DeliveryEvent::DeliveryHeld { attempt }])
    }

    fn abandon(&self, cause: Abandonment) -> Decision {
        match self.status {
            DeliveryStatus::Queued | DeliveryStatus::Deferred | DeliveryStatus::Attempting => {
                Ok(vec![DeliveryEvent::DeliveryAbandoned { cause }])
            }
            DeliveryStatus::Dead => Ok(Vec::new()),
            DeliveryStatus::Unknown => Err(DeliveryError::InDoubt),
            status @ (DeliveryStatus::Sent | DeliveryStatus::Cancelled) => Err(DeliveryError::Settled { status }),
        }
    }

    /// What waits for a later attempt is tried now; what waits for now is left alone.
    fn requeue(&self) -> Decision {
        match self.status {
            DeliveryStatus::Queued => Ok(Vec::new()),
            DeliveryStatus::Deferred | DeliveryStatus::Dead | DeliveryStatus::Unknown => {
                Ok(vec![DeliveryEvent::DeliveryRequeued {}])
            }
            DeliveryStatus::Attempting => Err(DeliveryError::UnderWay),
            status @ (DeliveryStatus::Sent | DeliveryStatus::Cancelled) => Err(DeliveryError::Settled { status }),
        }
    }

    fn confirm(&self) -> Decision {
        match self.status {
            DeliveryStatus::Unknown => Ok(vec![DeliveryEvent::DeliveryConfirmed {}]),
            DeliveryStatus::Sent => Ok(Vec::new()),
            _ => Err(DeliveryError::NotInDoubt),
        }
    }

    fn cancel(&self, reason: Option<&str>) -> Decision {
        match self.status {
            DeliveryStatus::Queued | DeliveryStatus::Deferred | DeliveryStatus::Dead | DeliveryStatus::Unknown => {
                Ok(vec![DeliveryEvent::DeliveryCancelled {
                    reason: value::optional_note("reason", reason)?,
                }])
            }
            DeliveryStatus::Cancelled => Ok(Vec::new()),
            DeliveryStatus::Attempting => Err(DeliveryError::UnderWay),
            status @ DeliveryStatus::Sent => Err(DeliveryError::Settled { status }),
        }
    }

    /// An outcome concerns the attempt that is under way: that of an earlier one says nothing about the present one.
    fn must_be_attempting(&self, attempt: u32) -> Result<(), DeliveryError> {
        if self.status == DeliveryStatus::Attempting && attempt == self.attempts {
            Ok(())
        } else {
            Err(DeliveryError::Superseded)
        }
    }
}

fn checked(letter: Letter) -> Result<Letter, InvalidValue> {
    let addressee = match &letter.addressee {
        Personal::Known { person, value } => Personal::new(*person, reachable(value)?),
        Personal::Erased { .. } => return Err(InvalidValue::new("addressee", Problem::Erased)),
    };
    Ok(Letter {
        template: value::line("template", &letter.template, LABEL_MAX)?,
        language: letter.language,
        addressee,
        link: letter.link.map(leading_somewhere).transpose()?,
        code: letter.code,
        enclosures: enclosed(&letter.enclosures)?,
    })
}

fn reachable(addressee: &Addressee) -> Result<Addressee, InvalidValue> {
    let found = addressee.variables.len();
    if found > VARIABLES_MAX {
        let max = VARIABLES_MAX;
        return Err(InvalidValue::new("variables", Problem::TooLong { max, found }));
    }
    let variables = addressee.variables.iter().map(|(name, text)| {
        let name = value::line("variables", name, LABEL_MAX)?;
        let text = value::optional_note("variables", Some(text))?;
        Ok((name, text.unwrap_or_default()))
    });
    Ok(Addressee {
        name: value::optional_line("name", addressee.name.as_deref(), NAME_MAX)?,
        email: value::email("email", &addressee.email)?,
        variables: variables.collect::<Result<BTreeMap<_, _>, _>>()?,
    })
}

fn enclosed(enclosures: &[Enclosure]) -> Result<Vec<Enclosure>, InvalidValue> {
    let found = enclosures.len();
    if found > ENCLOSURES_MAX {
        let max = ENCLOSURES_MAX;
        return Err(InvalidValue::new("enclosures", Problem::TooMany { max, found }));
    }
    let checked = enclosures.iter().map(|Enclosure { blob, description }| {
        let description = description.checked()?;
        Ok(Enclosure {
            blob: *blob,
            description,
        })
    });
    checked.collect()
}

fn leading_somewhere(link: Link) -> Result<Link, InvalidValue> {
    let token = link.token.map(|TokenName { purpose, id }| {
        let purpose = value::line("purpose", &purpose, LABEL_MAX)?;
        Ok::<_, InvalidValue>(TokenName { purpose, id })
    });
    Ok(Link {
        path: value::line("path", &link.path, NOTE_MAX)?,
        token: token.transpose()?,
    })
}
