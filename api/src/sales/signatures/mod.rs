//! What a customer does with a quote on its page: look, ask for a code, sign, decline; and the paper that a signature
//! leads to.
//!
//! The signature is a simple electronic one in the sense of eIDAS (regulation (EU) 910/2014, art. 3, 10), no more: link
//! and code both went to one address, and that is what the evidence says.
//!
//! [`filing`] makes the signed paper, [`timestamps`] asks when that was; [`envelopes`] leaves the asking to a provider of
//! signatures, [`providers`].

mod envelopes;
mod filing;
pub mod providers;
pub mod timestamps;

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use documents::logo;
use domain::{
    BlobHash, Decider, Delivery, DeliveryCommand, Event, Language, Quote, QuoteCommand, QuoteError, QuoteEvent,
    QuoteId,
    document::LineId,
    quote::{CODE_ATTEMPTS_MAX, QuoteState, SentVersion, Signature, SignatureGiven},
};
use engine::{CommandContext, CommandError, Outcome, UnitOfWork};
use futures::FutureExt;
use journal::{StreamId, Version};
use uuid::Uuid;

use super::{
    Sales, SalesError,
    quotes::{NO_RECIPIENT, addressed, letter_of},
};
use crate::{
    graphql::following::{Refused, boxed},
    letters,
};

/// For how long a code can be typed.
const CODE_LIVES: TimeDelta = TimeDelta::minutes(15);
/// For how long a page tells how a quote stands after its last day.
const PAGE_LIVES: TimeDelta = TimeDelta::days(90);
/// Events of a quote that are read at a time.
const HISTORY_PAGE: usize = 512;
/// Whose commands these are: nobody's who has an account.
const ISSUER: &str = "page:quote";

/// The address of a quote's page.
#[derive(Debug, Clone)]
pub struct PageKey {
    pub quote: Uuid,
    pub version: u16,
    pub link: u16,
    pub token: String,
}

/// A quote as its page shows it.
#[derive(Debug, Clone)]
pub struct OnPage {
    pub version: u16,
    pub sent: SentVersion,
    /// The version that was sent after it.
    pub superseded_by: Option<u16>,
    pub cancelled: bool,
    /// What was taken, where it was accepted.
    pub chosen: BTreeSet<LineId>,
    /// Its last day is over, whether or not the agenda has come to it.
    pub over: bool,
    /// A code was sent that can be typed now.
    pub code_sent: bool,
}

impl OnPage {
    pub fn can_be_answered(&self) -> bool {
        self.sent.status.is_open() && !self.cancelled && !self.over && self.superseded_by.is_none()
    }
}

/// Who is there.
#[derive(Debug, Clone)]
pub struct Visitor {
    pub ip: String,
    pub user_agent: String,
}

/// What a signer gives.
#[derive(Debug, Clone)]
pub struct SigningForm {
    pub name: String,
    pub code: String,
    pub consents: bool,
    pub chosen: Vec<LineId>,
    /// A drawing, as a PNG file.
    pub drawing: Option<Vec<u8>>,
}

/// Why a signature is not taken, before the quote decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unsigned {
    NoConsent,
    WrongCode { left: u8 },
    BrokenDrawing,
}

/// The words that a signer agrees to.
pub fn consent(language: Language) -> &'static str {
    match language {
        Language::French => {
            "J'ai lu le devis et ses conditions, je les accepte sans réserve et je signe ce document par voie \
             électronique. Bon pour accord."
        }
        Language::English => {
            "I have read the quote and its conditions, I accept them without reservation and I sign this document \
             electronically. Agreed."
        }
    }
}

impl Sales {
    /// What a page's address leads to; `None` when it is none of ours, was closed, or is long over.
    pub async fn page(&self, key: &PageKey) -> Result<Option<OnPage>, SalesError> {
        let id = QuoteId(key.quote).link(key.version, key.link);
        if !self.bus.is_one_time_token(mail::QUOTE_LINK, id, &key.token) {
            return Ok(None);
        }
        let Some(quote) = self.quote(key.quote).await? else {
            return Ok(None);
        };
        let now = self.bus.clock().now();
        let newest = quote.newest_sent().map(|newest| newest.version);
        let shown = quote
            .sent(key.version)
            .filter(|sent| sent.link == Some(key.link) && now < sent.expires_at + PAGE_LIVES);
        Ok(shown.map(|sent| OnPage {
            version: key.version,
            superseded_by: newest.filter(|newest| *newest > key.version),
            cancelled: quote.status() == Some(domain::quote::QuoteStatus::Cancelled),
            chosen: quote
                .accepted()
                .filter(|(version, ..)| *version == key.version)
                .map(|(.., chosen)| chosen.clone())
                .unwrap_or_default(),
            over: sent.expires_at <= now,
            code_sent: sent.has_live_code(now),
            sent: sent.clone(),
        }))
    }

    /// Notes that the customer opened the page.
    pub async fn viewed(&self, key: &PageKey) -> Result<(), SalesError> {
        let view = QuoteCommand::View {
            version: key.version,
            link: key.link,
        };
        let context = self.of_customer(&["view", &key.version.to_string()], key.quote);
        match self.bus.execute::<Quote>(&context, key.quote, view).await {
            Ok(_) | Err(CommandError::Refused(_)) => Ok(()),
            Err(error) => Err(boxed(error).into()),
        }
    }

    /// Sends the customer a code.
    pub async fn send_code(&self, key: &PageKey) -> Result<Outcome, SalesError> {
        let house = self.house().await?;
        let quote = self.quote(key.quote).await?.unwrap_or_default();
        let sent = quote.sent(key.version).ok_or_else(|| no_such_version(key))?;
        let to = addressed(&sent.sent, &house).ok_or_else(|| NO_RECIPIENT.refused())?;
        let number = sent.codes.saturating_add(1);
        let expires_at = house.now + CODE_LIVES;
        let letter = mail::signing_code(to, &letter_of(key.quote, &sent.sent, key.link), number, expires_at)?;
        let context = self.of_customer(&["code", &key.version.to_string(), &number.to_string()], key.quote);
        let delivery = letters::delivery_of(&self.bus, &context);
        let issue = QuoteCommand::IssueSigningCode {
            version: key.version,
            expires_at,
            now: house.now,
            delivery: Some(delivery),
        };
        let outcome = self
            .bus
            .together(&context, &("code", number), |unit: &mut UnitOfWork<'_, Event>| {
                let (issue, letter) = (issue.clone(), letter.clone());
                async move {
                    unit.run::<Quote>(key.quote, issue).await.map_err(boxed)?;
                    unit.run::<Delivery>(delivery, DeliveryCommand::Queue(letter))
                        .await
                        .map_err(boxed)
                }
                .boxed()
            })
            .await?;
        Ok(outcome)
    }

    /// Signs, when the code is the right one. A wrong one is counted.
    pub async fn sign(
        &self,
        key: &PageKey,
        form: SigningForm,
        visitor: &Visitor,
    ) -> Result<Result<Outcome, Unsigned>, SalesError> {
        let house = self.house().await?;
        let quote = self.quote(key.quote).await?.unwrap_or_default();
        let sent = quote.sent(key.version).ok_or_else(|| no_such_version(key))?;
        if !form.consents {
            return Ok(Err(Unsigned::NoConsent));
        }
        let id = QuoteId(key.quote).signing_code(key.version, sent.codes);
        if !self.bus.is_one_time_code(mail::SIGNING_CODE, id, &form.code) {
            let reject = QuoteCommand::RejectSigningCode {
                version: key.version,
                now: house.now,
            };
            let context = CommandContext::new(ISSUER, Uuid::new_v4(), ISSUER);
            self.bus
                .execute::<Quote>(&context, key.quote, reject)
                .await
                .map_err(boxed)?;
            let wrong = self
                .quote(key.quote)
                .await?
                .unwrap_or_default()
                .wrong_codes(key.version);
            let left = CODE_ATTEMPTS_MAX.saturating_sub(wrong);
            return Ok(Err(Unsigned::WrongCode { left }));
        }
        let drawing = match form.drawing {
            None => None,
            Some(bytes) => match logo::checked(&bytes) {
                Ok(drawing) => Some(self.keep(drawing.bytes()).await?.blob),
                Err(_) => return Ok(Err(Unsigned::BrokenDrawing)),
            },
        };
        let times = self.times(key.quote, key.version).await?;
        let language = sent.sent.content.language;
        let email = sent.sent.buyer.value().and_then(|buyer| buyer.email.clone());
        let signature = Signature {
            name: form.name,
            email: email.unwrap_or_default(),
            consent: consent(language).to_owned(),
            drawing,
            document: sent.document.unwrap_or(BlobHash([0; 32])),
            link_opened_at: times.opened,
            code_sent_at: times.code_sent.unwrap_or(house.now),
            wrong_codes: 0,
            signed_at: house.now,
            ip: visitor.ip.clone(),
            user_agent: visitor.user_agent.clone(),
        };
        let sign = QuoteCommand::Sign {
            version: key.version,
            chosen: form.chosen,
            signature: Box::new(SignatureGiven {
                signature,
                closing: house.closing(),
            }),
        };
        let context = CommandContext::new(ISSUER, Uuid::new_v4(), ISSUER);
        let outcome = self
            .bus
            .execute::<Quote>(&context, key.quote, sign)
            .await
            .map_err(boxed)?;
        Ok(Ok(outcome))
    }

    /// The customer says no.
    pub async fn decline(&self, key: &PageKey, reason: Option<String>) -> Result<Outcome, SalesError> {
        let refuse = QuoteCommand::Refuse {
            version: key.version,
            reason,
            now: self.bus.clock().now(),
        };
        let context = CommandContext::new(ISSUER, Uuid::new_v4(), ISSUER);
        Ok(self
            .bus
            .execute::<Quote>(&context, key.quote, refuse)
            .await
            .map_err(boxed)?)
    }

    /// The context of something that a page does once.
    fn of_customer(&self, parts: &[&str], quote: Uuid) -> CommandContext {
        let quote = quote.to_string();
        let named: Vec<&str> = [ISSUER, &quote].into_iter().chain(parts.iter().copied()).collect();
        CommandContext::new(ISSUER, self.bus.derived_id(&named), ISSUER)
    }

    /// When a version was first opened, and when its newest code was sent.
    async fn times(&self, quote: Uuid, version: u16) -> Result<Times, SalesError> {
        let stream = StreamId::new(QuoteState::TYPE, quote);
        let mut times = Times::default();
        let mut read = Version::NONE;
        loop {
            let page = self
                .bus
                .history(&stream, read, HISTORY_PAGE)
                .await
                .map_err(CommandError::from)?;
            let Some(last) = page.last() else { return Ok(times) };
            read = last.header.version;
            for recorded in page {
                let at: DateTime<Utc> = recorded.header.occurred_at.into();
                match recorded.event {
                    Event::Quote(QuoteEvent::QuoteViewed { version: viewed }) if viewed == version => {
                        times.opened = times.opened.or(Some(at));
                    }
                    Event::Quote(QuoteEvent::SigningCodeIssued { version: of, .. }) if of == version => {
                        times.code_sent = Some(at);
                    }
                    _ => {}
                }
            }
        }
    }
}

#[derive(Debug, Default)]
struct Times {
    opened: Option<DateTime<Utc>>,
    code_sent: Option<DateTime<Utc>>,
}

fn no_such_version(key: &PageKey) -> CommandError<Refused> {
    CommandError::Refused(Refused::new(QuoteError::NoSuchVersion { version: key.version }))
}
