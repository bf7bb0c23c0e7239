//! The letters that the house writes, each with what it needs to say. What they lead to is a command that queues a
//! delivery; whoever has a reason to write puts it, in the unit of work that is the reason.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use domain::{
    InvoiceId, Language, PersonId, Personal, QuoteId, TaskId, UserId,
    delivery::{Addressee, Content, Enclosure, Letter, Link, QueueDelivery, TokenName},
};
use lettre::Address;
use uuid::Uuid;

use crate::{
    moment::{day, moment},
    template::{Template, TemplateError},
};

/// Purposes of one-time tokens, as [`engine::CommandBus::one_time_token`] takes them.
pub const INVITATION: &str = "invitation";
pub const PASSWORD_RESET: &str = "password-reset";

/// Whom a letter goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct To {
    /// Whose key seals what the letter says.
    pub person: PersonId,
    pub name: Option<String>,
    pub email: String,
    pub language: Language,
    /// Where the addressee is: times are told as clocks there show them.
    pub time_zone: Tz,
}

/// Why a letter is not queued.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LetterError {
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The address has a shape that no mail server takes.
    #[error("mail cannot be sent to this address: {0}")]
    Address(String),
}

/// Asks somebody in. The token of purpose [`INVITATION`] and this id opens the door until `expires_at`.
pub fn invitation(
    to: To,
    user: UserId,
    inviter: &str,
    token: Uuid,
    expires_at: DateTime<Utc>,
) -> Result<QueueDelivery, LetterError> {
    let expires = moment(expires_at, to.time_zone, to.language);
    let letter = written(
        "invitation",
        to,
        &[("inviter", inviter), ("expires", &expires)],
        leading("/invitation#{token}", Some((INVITATION, token))),
    )?;
    Ok(QueueDelivery {
        subject: Some(format!("user:{user}")),
        expires_at: Some(expires_at),
        ..letter
    })
}

/// Lets somebody choose a new password. The token of purpose [`PASSWORD_RESET`] and this id opens the door until
/// `expires_at`.
pub fn password_reset(
    to: To,
    user: UserId,
    token: Uuid,
    expires_at: DateTime<Utc>,
) -> Result<QueueDelivery, LetterError> {
    let expires = moment(expires_at, to.time_zone, to.language);
    let letter = written(
        "password-reset",
        to,
        &[("expires", &expires)],
        leading("/password-reset#{token}", Some((PASSWORD_RESET, token))),
    )?;
    Ok(QueueDelivery {
        subject: Some(format!("user:{user}")),
        expires_at: Some(expires_at),
        ..letter
    })
}

/// What somebody is reminded of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reminder {
    pub task: TaskId,
    pub title: String,
    pub due: Option<Due>,
    /// With whom it is to be done, where that is known.
    pub organization: Option<String>,
    /// Until when the reminder is of use.
    pub until: DateTime<Utc>,
}

/// By when something is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    Day(NaiveDate),
    Moment(DateTime<Utc>),
}

/// Reminds of a task.
pub fn task_reminder(to: To, reminder: &Reminder) -> Result<QueueDelivery, LetterError> {
    let Reminder {
        task,
        title,
        due,
        organization,
        until,
    } = reminder;
    let due = due.map(|due| match due {
        Due::Day(date) => day(date, to.language),
        Due::Moment(time) => moment(time, to.time_zone, to.language),
    });
    let letter = written(
        "task-reminder",
        to,
        &[
            ("title", title),
            ("due", due.as_deref().unwrap_or_default()),
            ("organization", organization.as_deref().unwrap_or_default()),
        ],
        leading(&format!("/tasks/{task}"), None),
    )?;
    Ok(QueueDelivery {
        subject: Some(format!("task:{task}")),
        expires_at: Some(*until),
        ..letter
    })
}

/// The token of purpose [`QUOTE_LINK`] opens a quote's page.
pub const QUOTE_LINK: &str = "quote-link";
/// The code of purpose [`SIGNING_CODE`] signs it.
pub const SIGNING_CODE: &str = "signing-code";

/// A quote as its letter speaks of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuoteLetter {
    pub quote: QuoteId,
    pub version: u16,
    /// The how manieth link to the version.
    pub link: u16,
    pub number: String,
    pub seller: String,
    pub subject: Option<String>,
    /// With tax, as people write it.
    pub total: String,
    pub valid_until: NaiveDate,
}

/// The page of a quote's version, below the address at which the house is reached.
pub fn quote_page(quote: QuoteId, version: u16, link: u16, token: &str) -> String {
    format!("/quotes/{quote}/{version}-{link}/{token}")
}

impl QuoteLetter {
    fn leading(&self) -> Link {
        let page = quote_page(self.quote, self.version, self.link, "{token}");
        leading(&page, Some((QUOTE_LINK, self.quote.link(self.version, self.link))))
    }
}

/// Sends a quote, with its paper and the link to its page.
pub fn quote(
    to: To,
    quote: &QuoteLetter,
    message: Option<&str>,
    paper: Enclosure,
) -> Result<QueueDelivery, LetterError> {
    let until = day(quote.valid_until, to.language);
    let letter = written(
        "quote",
        to,
        &[
            ("number", &quote.number),
            ("seller", &quote.seller),
            ("subject", quote.subject.as_deref().unwrap_or_default()),
            ("total", &quote.total),
            ("validUntil", &until),
            ("message", message.unwrap_or_default()),
        ],
        quote.leading(),
    )?;
    Ok(about(enclosing(letter, paper), "quote", quote.quote.0))
}

/// Reminds a customer that a quote expires.
pub fn quote_expiry(to: To, quote: &QuoteLetter, expires_at: DateTime<Utc>) -> Result<QueueDelivery, LetterError> {
    let until = day(quote.valid_until, to.language);
    let letter = written(
        "quote-expiry",
        to,
        &[
            ("number", &quote.number),
            ("seller", &quote.seller),
            ("subject", quote.subject.as_deref().unwrap_or_default()),
            ("validUntil", &until),
        ],
        quote.leading(),
    )?;
    Ok(QueueDelivery {
        expires_at: Some(expires_at),
        ..about(letter, "quote", quote.quote.0)
    })
}

/// Tells the one-time code that signs a quote.
pub fn signing_code(
    to: To,
    quote: &QuoteLetter,
    code: u8,
    expires_at: DateTime<Utc>,
) -> Result<QueueDelivery, LetterError> {
    let expires = moment(expires_at, to.time_zone, to.language);
    let code = TokenName {
        purpose: SIGNING_CODE.to_owned(),
        id: quote.quote.signing_code(quote.version, code),
    };
    let letter = composed(
        "signing-code",
        to,
        &[
            ("number", &quote.number),
            ("seller", &quote.seller),
            ("expires", &expires),
        ],
        None,
        Some(code),
    )?;
    Ok(QueueDelivery {
        expires_at: Some(expires_at),
        ..about(letter, "quote", quote.quote.0)
    })
}

/// Sends the signer the paper that they signed.
pub fn quote_signed(to: To, quote: &QuoteLetter, paper: Enclosure) -> Result<QueueDelivery, LetterError> {
    let letter = composed(
        "quote-signed",
        to,
        &[("number", &quote.number), ("seller", &quote.seller)],
        None,
        None,
    )?;
    Ok(about(enclosing(letter, paper), "quote", quote.quote.0))
}

/// An invoice or a credit note as its letter speaks of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvoiceLetter {
    pub invoice: InvoiceId,
    pub number: String,
    pub seller: String,
    pub subject: Option<String>,
    /// With tax, as people write it, as what follows.
    pub total: String,
    /// What is to be paid; `None`: nothing.
    pub due: Option<String>,
    pub due_on: Option<NaiveDate>,
    /// The number of the invoice that a credit note takes back.
    pub corrects: Option<String>,
    /// The invoice itself goes through a platform.
    pub copy: bool,
}

/// Sends an invoice or a credit note, with its paper.
pub fn invoice(
    to: To,
    invoice: &InvoiceLetter,
    message: Option<&str>,
    paper: Enclosure,
) -> Result<QueueDelivery, LetterError> {
    let due_on = invoice.due_on.map(|due| day(due, to.language)).unwrap_or_default();
    let platform = match (invoice.copy, to.language) {
        (false, _) => "",
        (true, Language::French) => "la plateforme agréée",
        (true, Language::English) => "the approved platform",
    };
    let mut variables = vec![
        ("number", invoice.number.as_str()),
        ("seller", &invoice.seller),
        ("subject", invoice.subject.as_deref().unwrap_or_default()),
        ("total", &invoice.total),
        ("message", message.unwrap_or_default()),
        ("platform", platform),
    ];
    let template = if let Some(corrects) = &invoice.corrects {
        variables.push(("corrects", corrects));
        "credit-note"
    } else {
        let due = invoice.due.as_deref().unwrap_or_default();
        variables.push(("due", due));
        variables.push(("dueOn", if due.is_empty() { "" } else { &due_on }));
        "invoice"
    };
    let letter = composed(template, to, &variables, None, None)?;
    Ok(about(enclosing(letter, paper), "invoice", invoice.invoice.0))
}

pub(crate) fn about(letter: QueueDelivery, category: &str, id: Uuid) -> QueueDelivery {
    QueueDelivery {
        subject: Some(format!("{category}:{id}")),
        ..letter
    }
}

pub(crate) fn enclosing(letter: QueueDelivery, paper: Enclosure) -> QueueDelivery {
    let Content::Letter(mut content) = letter.content;
    content.enclosures.push(paper);
    QueueDelivery {
        content: Content::Letter(content),
        ..letter
    }
}

fn leading(path: &str, token: Option<(&str, Uuid)>) -> Link {
    Link {
        path: path.to_owned(),
        token: token.map(|(purpose, id)| TokenName {
            purpose: purpose.to_owned(),
            id,
        }),
    }
}

/// Checked against the template and against what a mail server can take, before anything is queued.
fn written(template: &str, to: To, variables: &[(&str, &str)], link: Link) -> Result<QueueDelivery, LetterError> {
    composed(template, to, variables, Some(link), None)
}

pub(crate) fn composed(
    template: &str,
    to: To,
    variables: &[(&str, &str)],
    link: Option<Link>,
    code: Option<TokenName>,
) -> Result<QueueDelivery, LetterError> {
    let To {
        person,
        name,
        email,
        language,
        ..
    } = to;
    let variables: BTreeMap<_, _> = variables
        .iter()
        .filter(|(_, text)| !text.is_empty())
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
        .collect();
    Template::named(template)?.check(&variables, link.is_some(), code.is_some())?;
    email
        .trim()
        .parse::<Address>()
        .map_err(|error| LetterError::Address(error.to_string()))?;
    let addressee = Addressee { name, email, variables };
    Ok(QueueDelivery::of(Content::letter(Letter {
        template: template.to_owned(),
        language,
        addressee: Personal::new(person, addressee),
        link,
        code,
        enclosures: Vec::new(),
    })))
}

#[cfg(test)]
mod tests {
    use domain::Refusal as _;
    use domain::{
        Decider,
        delivery::{DeliveryCommand, DeliveryState},
    };

    use super::*;

    fn to(email: &str) -> To {
        To {
            person: PersonId(Uuid::from_u128(3)),
            name: Some("Zoé Martin".to_owned()),
            email: email.to_owned(),
            language: Language::French,
            time_zone: chrono_tz::Europe::Paris,
        }
    }

    fn reminder(title: &str) -> Reminder {
        Reminder {
            task: TaskId(Uuid::from_u128(6)),
            title: title.to_owned(),
            due: Some(Due::Day(due().date_naive())),
            organization: None,
            until: due(),
        }
    }

    fn due() -> DateTime<Utc> {
        "2026-03-10T09:00:00Z".parse().unwrap()
    }

    #[test]
    fn every_letter_can_be_queued() {
        let user = UserId(Uuid::from_u128(5));
        let letters = [
            invitation(to("zoe@martin.example"), user, "Inès Moreau", Uuid::nil(), due()),
            password_reset(to("zoe@martin.example"), user, Uuid::nil(), due()),
            task_reminder(to("zoe@martin.example"), &reminder("Rappeler Mme Martin")),
        ];
        for letter in letters {
            let queued = DeliveryState::default().decide(DeliveryCommand::Queue(letter.unwrap()));
            assert!(queued.is_ok(), "{:?}", queued.map_err(|refusal| refusal.code()));
        }
    }

    #[test]
    fn an_address_that_no_server_takes_is_refused_before_anything_is_queued() {
        let user = UserId(Uuid::from_u128(5));
        for email in [
            "zoe@",
            "zoe martin@martin.example",
            "zoe@martin..example",
            "a\nb@martin.example",
        ] {
            let refused = password_reset(to(email), user, Uuid::nil(), due());
            assert!(matches!(refused, Err(LetterError::Address(_))), "{email}");
        }
    }

    #[test]
    fn a_letter_that_says_nothing_is_refused() {
        let refused = task_reminder(to("zoe@martin.example"), &reminder(""));
        assert!(matches!(refused, Err(LetterError::Template(_))), "{refused:?}");
    }
}
