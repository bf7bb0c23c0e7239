//! A business just large enough to try the engine on: accounts with a holder, and holders who may be erased.

use chrono::{DateTime, Utc};
use cqrs_es::{Aggregate, DomainEvent, event_sink::EventSink};
use engine::{DecodeError, Vocabulary};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

/// A value about a person, in the form that the codec looks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Personal {
    #[serde(rename = "$personal")]
    Known { person: Uuid, value: String },
    #[serde(rename = "$erased")]
    Erased { person: Uuid },
}

impl Personal {
    pub(crate) fn new(person: Uuid, value: &str) -> Self {
        Self::Known {
            person,
            value: value.to_owned(),
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Account {
    pub(crate) holder: Option<Personal>,
    pub(crate) cents: i64,
    pub(crate) reminder: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) enum AccountCommand {
    Open {
        holder: Personal,
    },
    Deposit {
        cents: i64,
    },
    Withdraw {
        cents: i64,
    },
    /// Leads to nothing.
    Look,
    SetReminder {
        at: DateTime<Utc>,
    },
    Remind {
        due: DateTime<Utc>,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum AccountEvent {
    AccountOpened {
        holder: Personal,
    },
    /// Version 1 counted `euros`.
    MoneyDeposited {
        cents: i64,
    },
    MoneyWithdrawn {
        cents: i64,
    },
    ReminderSet {
        at: DateTime<Utc>,
    },
    Reminded {
        due: DateTime<Utc>,
    },
}

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum AccountError {
    #[error("the account is not open")]
    NotOpen,
    #[error("the account is open already")]
    AlreadyOpen,
    #[error("only {cents} cents are left")]
    Overdrawn { cents: i64 },
    #[error("nothing is due then")]
    NotDue,
}

impl Aggregate for Account {
    const TYPE: &'static str = "account";

    type Command = AccountCommand;
    type Event = AccountEvent;
    type Error = AccountError;
    type Services = ();

    /// As careless as it may be: a refused withdrawal has changed the aggregate before it notices.
    async fn handle(&mut self, command: AccountCommand, (): &(), sink: &EventSink<Self>) -> Result<(), AccountError> {
        if self.holder.is_none() && !matches!(command, AccountCommand::Open { .. }) {
            return Err(AccountError::NotOpen);
        }
        let event = match command {
            AccountCommand::Look => return Ok(()),
            AccountCommand::Open { .. } if self.holder.is_some() => return Err(AccountError::AlreadyOpen),
            AccountCommand::Open { holder } => AccountEvent::AccountOpened { holder },
            AccountCommand::Deposit { cents } => AccountEvent::MoneyDeposited { cents },
            AccountCommand::Withdraw { cents } => {
                sink.write(AccountEvent::MoneyWithdrawn { cents }, self).await;
                let cents = self.cents;
                return if cents < 0 {
                    Err(AccountError::Overdrawn { cents })
                } else {
                    Ok(())
                };
            }
            AccountCommand::SetReminder { at } => AccountEvent::ReminderSet { at },
            AccountCommand::Remind { due } if self.reminder != Some(due) => return Err(AccountError::NotDue),
            AccountCommand::Remind { due } => AccountEvent::Reminded { due },
        };
        sink.write(event, self).await;
        Ok(())
    }

    fn apply(&mut self, event: AccountEvent) {
        match event {
            AccountEvent::AccountOpened { holder } => self.holder = Some(holder),
            AccountEvent::MoneyDeposited { cents } => self.cents += cents,
            AccountEvent::MoneyWithdrawn { cents } => self.cents -= cents,
            AccountEvent::ReminderSet { at } => self.reminder = Some(at),
            AccountEvent::Reminded { .. } => self.reminder = None,
        }
    }
}

impl DomainEvent for AccountEvent {
    fn event_type(&self) -> String {
        let name = match self {
            Self::AccountOpened { .. } => "AccountOpened",
            Self::MoneyDeposited { .. } => "MoneyDeposited",
            Self::MoneyWithdrawn { .. } => "MoneyWithdrawn",
            Self::ReminderSet { .. } => "ReminderSet",
            Self::Reminded { .. } => "Reminded",
        };
        name.to_owned()
    }

    fn event_version(&self) -> String {
        let version = if matches!(self, Self::MoneyDeposited { .. } | Self::AccountOpened { .. }) {
            2
        } else {
            1
        };
        version.to_string()
    }
}

/// Somebody who holds accounts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Holder {
    erased: bool,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct EraseHolder {
    pub(crate) person: Uuid,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum HolderEvent {
    HolderErased { person: Uuid },
}

impl Aggregate for Holder {
    const TYPE: &'static str = "holder";

    type Command = EraseHolder;
    type Event = HolderEvent;
    type Error = std::convert::Infallible;
    type Services = ();

    async fn handle(&mut self, command: EraseHolder, (): &(), sink: &EventSink<Self>) -> Result<(), Self::Error> {
        if !self.erased {
            sink.write(HolderEvent::HolderErased { person: command.person }, self)
                .await;
        }
        Ok(())
    }

    fn apply(&mut self, _: HolderEvent) {
        self.erased = true;
    }
}

impl DomainEvent for HolderEvent {
    fn event_type(&self) -> String {
        "HolderErased".to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum BankEvent {
    Account(AccountEvent),
    Holder(HolderEvent),
}

impl From<AccountEvent> for BankEvent {
    fn from(event: AccountEvent) -> Self {
        Self::Account(event)
    }
}

impl From<HolderEvent> for BankEvent {
    fn from(event: HolderEvent) -> Self {
        Self::Holder(event)
    }
}

pub(crate) fn vocabulary() -> Vocabulary<BankEvent> {
    Vocabulary {
        decode,
        upcasters: &[
            ("MoneyDeposited", 1, cents_for_euros),
            ("AccountOpened", 1, holder_for_owner),
        ],
        skipped: |_| None,
        erased,
    }
}

fn decode(category: &str, payload: &[u8]) -> Result<BankEvent, DecodeError> {
    match category {
        Account::TYPE => Ok(BankEvent::Account(serde_json::from_slice(payload)?)),
        Holder::TYPE => Ok(BankEvent::Holder(serde_json::from_slice(payload)?)),
        other => Err(DecodeError::UnknownCategory(other.to_owned())),
    }
}

fn erased(event: &BankEvent) -> Option<Uuid> {
    match event {
        BankEvent::Holder(HolderEvent::HolderErased { person }) => Some(*person),
        BankEvent::Account(_) => None,
    }
}

fn cents_for_euros(mut payload: Value) -> Value {
    let euros = payload["MoneyDeposited"]["euros"].as_i64().unwrap_or_default();
    payload["MoneyDeposited"] = json!({ "cents": euros * 100 });
    payload
}

/// Looks into the personal value: it can only do so because opening comes before upcasting.
fn holder_for_owner(mut payload: Value) -> Value {
    let mut owner = payload["AccountOpened"]["owner"].take();
    if let Some(name) = owner.pointer_mut("/$personal/value") {
        *name = name["name"].take();
    }
    payload["AccountOpened"] = json!({ "holder": owner });
    payload
}
