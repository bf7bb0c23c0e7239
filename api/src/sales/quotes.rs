//! Quotes from the wish to the paper: each step in one unit of work.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use documents::Look;
use domain::{
    ContractId, DealId, Decider, Delivery, DeliveryCommand, Event, FileDescription, InvalidValue, Language,
    OrganizationId, PersonId, Quote, QuoteCommand, QuoteError, QuoteEvent, QuoteId,
    delivery::Enclosure,
    document::{Content, FiledDocument, SentQuote, Series, WishedContent},
    quote::{DraftQuote, QuoteState, SendQuote},
};
use engine::{CommandContext, CommandError, Outcome, UnitOfWork};
use futures::FutureExt;
use mail::{QuoteLetter, To};
use serde::Serialize;
use uuid::Uuid;

use super::{Customer, House, Recipient, Sales, SalesError, numbers};
use crate::{
    graphql::following::{NO_SUCH_ORGANIZATION, Refused, Rule, boxed},
    letters,
};

/// When customers are reminded, in the company's zone.
const MORNING: Option<NaiveTime> = NaiveTime::from_hms_opt(9, 0, 0);

/// What a quote is drafted from.
#[derive(Debug, Clone, Serialize)]
pub struct QuoteWish {
    pub organization: OrganizationId,
    pub deal: Option<DealId>,
    pub copied_from: Option<QuoteId>,
    /// The contract that is renewed once it is accepted.
    pub renews: Option<ContractId>,
    pub content: WishedContent,
    pub construction_subcontract: bool,
}

/// How a quote goes out.
#[derive(Debug, Clone, Serialize)]
pub struct QuoteSending {
    pub recipient: Recipient,
    pub valid_until: Option<NaiveDate>,
    /// Whether a letter carries it; otherwise somebody hands over the link.
    pub by_mail: bool,
    pub message: Option<String>,
}

pub(super) const UNADDRESSED: Rule = Rule {
    code: "CUSTOMER_WITHOUT_ADDRESS",
    field: "organization",
    english: "The customer has no postal address: give it a billing address first.",
    french: "Le client n'a pas d'adresse postale : indiquez d'abord son adresse de facturation.",
};

pub(super) const NO_RECIPIENT: Rule = Rule {
    code: "RECIPIENT_WITHOUT_EMAIL",
    field: "recipient",
    english: "Nobody knows where to send it: name a contact with an e-mail address, or an address.",
    french: "On ne sait pas où l'envoyer : désignez un contact avec une adresse électronique, ou une adresse.",
};

impl Sales {
    /// Drafts a quote under the next number.
    pub async fn draft_quote(
        &self,
        context: &CommandContext,
        quote: Uuid,
        wish: &QuoteWish,
    ) -> Result<Outcome, CommandError<Refused>> {
        let house = self.house().await?;
        let customer = self.customer_of(wish.organization).await?;
        let position = customer.fiscal_position(&house.company, None, wish.construction_subcontract, house.today);
        let bus = &self.bus;
        let _turn = self.turn().await;
        bus.together(
            context,
            &("quote draft", quote, wish),
            |unit: &mut UnitOfWork<'_, Event>| {
                let (pattern, position) = (house.company.number_pattern(Series::Quote), position.clone());
                let today = house.today;
                async move {
                    unit.see::<Quote>(quote).await.map_err(boxed)?;
                    let number = numbers::allot(bus, unit, Series::Quote, pattern, quote, today)
                        .await
                        .map_err(boxed)?;
                    // The command was taken before: its first answer stands.
                    let Some(number) = number else { return Ok(()) };
                    let draft = DraftQuote {
                        number,
                        organization: customer.id,
                        deal: wish.deal,
                        copied_from: wish.copied_from,
                        renews: wish.renews,
                        content: wish.content.clone(),
                        position,
                    };
                    unit.run::<Quote>(quote, QuoteCommand::Draft(Box::new(draft)))
                        .await
                        .map_err(boxed)
                }
                .boxed()
            },
        )
        .await
    }

    /// Writes the draft anew.
    pub async fn change_quote(
        &self,
        context: &CommandContext,
        quote: Uuid,
        content: WishedContent,
        construction_subcontract: bool,
    ) -> Result<Outcome, CommandError<Refused>> {
        let house = self.house().await?;
        let known = self.bus.load::<Quote>(quote).await?;
        let organization = known.and_then(|(known, _)| known.organization());
        let Some(organization) = organization else {
            return Err(CommandError::Refused(Refused::new(QuoteError::NotDrafted)));
        };
        let customer = self.customer_of(organization).await?;
        let position = customer.fiscal_position(&house.company, None, construction_subcontract, house.today);
        let content = Box::new(content);
        self.bus
            .execute::<Quote>(context, quote, QuoteCommand::ChangeContent { content, position })
            .await
            .map_err(boxed)
    }

    pub(super) async fn customer_of(&self, organization: OrganizationId) -> Result<Customer, CommandError<Refused>> {
        let customer = self.customer(organization).await?;
        customer.ok_or_else(|| NO_SUCH_ORGANIZATION.refused())
    }

    /// Sends the draft: its paper is set, filed and, where somebody wants so, put into a letter, all or nothing.
    pub async fn send_quote(
        &self,
        context: &CommandContext,
        quote: Uuid,
        sending: &QuoteSending,
    ) -> Result<Outcome, SalesError> {
        let house = self.house().await?;
        let known = self.bus.load::<Quote>(quote).await.map_err(CommandError::from)?;
        let refused = |refusal: QuoteError| CommandError::Refused(Refused::new(refusal));
        let (known, _) = known.ok_or_else(|| refused(QuoteError::NotDrafted))?;
        let organization = known.organization().ok_or_else(|| refused(QuoteError::NotDrafted))?;
        let customer = self.customer_of(organization).await?;
        let buyer = customer
            .buyer(sending.recipient.clone())
            .map_err(|_| UNADDRESSED.refused())?;
        if sending.by_mail && sending.recipient.email.is_none() {
            return Err(NO_RECIPIENT.refused().into());
        }
        let valid_until = match sending.valid_until {
            Some(day) => day,
            None => after(house.today, house.company.document_defaults().quote_validity_days),
        };
        let delivery = sending.by_mail.then(|| letters::delivery_of(&self.bus, context));
        let send = SendQuote {
            sent_on: house.today,
            valid_until,
            expires_at: house.end_of(valid_until),
            remind_at: house.expiry_reminder(valid_until),
            closing: house.closing(),
            seller: house.company.seller(),
            buyer,
            approval_above: house.company.sales_rules().approval_above,
            delivery,
        };
        // A refusal comes from here as it would from the unit; what is decided is what the paper says.
        let sent = match known.decide(QuoteCommand::Send(Box::new(send.clone()))) {
            Ok(events) => events.into_iter().find_map(|event| match event {
                QuoteEvent::QuoteSent { sent, .. } => Some(sent),
                _ => None,
            }),
            Err(_) => None,
        };
        let paper = match &sent {
            Some(sent) => Some(self.quote_paper(sent, false).await?),
            None => None,
        };
        let document = match &paper {
            Some(paper) => Some(self.keep(paper).await?),
            None => None,
        };
        let letter = match (sending.by_mail, &sent, document) {
            (true, Some(sent), Some(document)) => Some(Self::quote_letter(quote, sent, sending, document, &house)?),
            _ => None,
        };
        let outcome = self
            .bus
            .together(
                context,
                &("quote send", quote, sending),
                |unit: &mut UnitOfWork<'_, Event>| {
                    let (send, sent, letter) = (send.clone(), sent.clone(), letter.clone());
                    async move {
                        unit.run::<Quote>(quote, QuoteCommand::Send(Box::new(send)))
                            .await
                            .map_err(boxed)?;
                        let (Some(sent), Some(document)) = (sent, document) else {
                            return Ok(());
                        };
                        let version = sent.version;
                        let standing = unit.standing::<Quote>(quote).and_then(|quote| quote.sent(version));
                        match standing {
                            None => return Ok(()),
                            Some(standing) if standing.sent != sent => return Err(CHANGED_MEANWHILE.refused()),
                            Some(_) => {}
                        }
                        let file = QuoteCommand::FileDocument { version, document };
                        unit.run::<Quote>(quote, file).await.map_err(boxed)?;
                        if let (Some(delivery), Some(letter)) = (delivery, letter) {
                            unit.run::<Delivery>(delivery, DeliveryCommand::Queue(letter))
                                .await
                                .map_err(boxed)?;
                        }
                        Ok(())
                    }
                    .boxed()
                },
            )
            .await?;
        Ok(outcome)
    }

    /// The paper of a quote, set away from whoever waits.
    pub async fn quote_paper(&self, sent: &SentQuote, draft: bool) -> Result<Vec<u8>, SalesError> {
        let logo = self.logo(&sent.seller).await?;
        let (renderer, sent) = (self.renderer()?, sent.clone());
        self.set(move || {
            let look = Look {
                logo: logo.as_ref(),
                draft,
            };
            renderer.quote_pdf(&sent, look)
        })
        .await
    }

    fn quote_letter(
        quote: Uuid,
        sent: &SentQuote,
        sending: &QuoteSending,
        paper: FiledDocument,
        house: &House,
    ) -> Result<domain::delivery::QueueDelivery, SalesError> {
        let to = addressed(sent, house).ok_or_else(|| NO_RECIPIENT.refused())?;
        let enclosure = Enclosure {
            blob: paper.blob,
            description: FileDescription {
                name: paper_name(sent),
                media_type: "application/pdf".to_owned(),
            },
        };
        let letter = letter_of(quote, sent, 1);
        Ok(mail::quote(to, &letter, sending.message.as_deref(), enclosure)?)
    }

    /// Reminds the customer that a version expires, by a letter where there is an address.
    pub async fn remind_of_expiry(
        &self,
        context: &CommandContext,
        quote: Uuid,
        version: u16,
    ) -> Result<Outcome, SalesError> {
        let house = self.house().await?;
        let known = self.quote(quote).await?.unwrap_or_default();
        let letter = match known.sent(version) {
            Some(sent) => match (addressed(&sent.sent, &house), sent.link) {
                (Some(to), Some(link)) => {
                    let letter = letter_of(quote, &sent.sent, link);
                    let letter = QuoteLetter {
                        valid_until: sent.valid_until,
                        ..letter
                    };
                    Some(mail::quote_expiry(to, &letter, sent.expires_at)?)
                }
                _ => None,
            },
            None => None,
        };
        let delivery = letter.as_ref().map(|_| letters::delivery_of(&self.bus, context));
        let remind = QuoteCommand::RemindOfExpiry {
            version,
            now: house.now,
            delivery,
        };
        let outcome = self
            .bus
            .together(
                context,
                &("quote expiry", quote, version),
                |unit: &mut UnitOfWork<'_, Event>| {
                    let (remind, letter) = (remind.clone(), letter.clone());
                    async move {
                        let before = unit.see::<Quote>(quote).await.map_err(boxed)?;
                        unit.run::<Quote>(quote, remind).await.map_err(boxed)?;
                        let said = unit.standing::<Quote>(quote).is_some_and(|now| **now != *before);
                        match (delivery, letter) {
                            (Some(delivery), Some(letter)) if said => unit
                                .run::<Delivery>(delivery, DeliveryCommand::Queue(letter))
                                .await
                                .map_err(boxed),
                            _ => Ok(()),
                        }
                    }
                    .boxed()
                },
            )
            .await?;
        Ok(outcome)
    }

    /// What a draft would look like if it were sent now.
    pub async fn quote_preview(&self, quote: Uuid) -> Result<Vec<u8>, SalesError> {
        let house = self.house().await?;
        let known = self.bus.load::<Quote>(quote).await.map_err(CommandError::from)?;
        let refused = |refusal: QuoteError| CommandError::Refused(Refused::new(refusal));
        let (known, _) = known.ok_or_else(|| refused(QuoteError::NotDrafted))?;
        let (Some(organization), Some(draft), Some(number)) = (known.organization(), known.draft(), known.number())
        else {
            return Err(refused(QuoteError::NoDraft).into());
        };
        let customer = self.customer_of(organization).await?;
        let seller = house
            .company
            .seller()
            .ok_or_else(|| refused(QuoteError::CompanyUnknown))?;
        let buyer = customer
            .buyer(Recipient::default())
            .map_err(|_| UNADDRESSED.refused())?;
        let breakdown = draft
            .content
            .totals(&std::collections::BTreeSet::new())
            .map_err(|refusal: InvalidValue| CommandError::Refused(Refused::new(refusal)))?;
        let shown = SentQuote {
            number: number.clone(),
            version: draft.version,
            sent_on: house.today,
            valid_until: after(house.today, house.company.document_defaults().quote_validity_days),
            seller: Box::new(seller),
            buyer: domain::Personal::new(PersonId::of_fiscal_year(house.closing()), Box::new(buyer)),
            content: draft.content.clone(),
            breakdown: breakdown.breakdown,
        };
        self.quote_paper(&shown, true).await
    }
}

impl House {
    /// When the customer is reminded that a quote expires, where the house wants that.
    pub fn expiry_reminder(&self, valid_until: NaiveDate) -> Option<DateTime<Utc>> {
        let days = self.company.sales_rules().remind_before_expiry?;
        let day = valid_until.checked_sub_days(Days::new(days.into()))?;
        let moment = domain::local::instant(day, MORNING?, self.company.time_zone());
        (moment > self.now).then_some(moment)
    }
}

const CHANGED_MEANWHILE: Rule = Rule {
    code: "QUOTE_CHANGED_MEANWHILE",
    field: "id",
    english: "Somebody changed this quote while its document was made: look at it, and send it again.",
    french: "Ce devis a été modifié pendant la préparation de son document : relisez-le, puis renvoyez-le.",
};

fn after(day: NaiveDate, days: u16) -> NaiveDate {
    day.checked_add_days(Days::new(days.into())).unwrap_or(NaiveDate::MAX)
}

/// What the file of a quote's paper is called.
pub fn paper_name(sent: &SentQuote) -> String {
    let word = match sent.content.language {
        Language::French => "Devis",
        Language::English => "Quote",
    };
    let number = sent.number.text.replace('/', "-");
    match sent.version {
        1 => format!("{word} {number}.pdf"),
        version => format!("{word} {number} v{version}.pdf"),
    }
}

/// Whom letters about a version go to; `None` when nobody knows where to, or it was destroyed.
pub fn addressed(sent: &SentQuote, house: &House) -> Option<To> {
    let buyer = sent.buyer.value()?;
    Some(To {
        person: sent.buyer.person(),
        name: buyer.contact.clone(),
        email: buyer.email.clone()?,
        language: sent.content.language,
        time_zone: house.company.time_zone(),
    })
}

/// A version as letters speak of it.
pub fn letter_of(quote: Uuid, sent: &SentQuote, link: u16) -> QuoteLetter {
    QuoteLetter {
        quote: QuoteId(quote),
        version: sent.version,
        link,
        number: sent.number.text.clone(),
        seller: sent.seller.identity.name.clone(),
        subject: sent.content.subject.clone(),
        total: amount(sent.breakdown.gross(), &sent.content),
        valid_until: sent.valid_until,
    }
}

/// An amount as people of the document's language write it.
pub fn amount(minor_units: i64, content: &Content) -> String {
    domain::Money::new(minor_units, content.currency).written(content.language)
}

impl Sales {
    /// The state of a quote, for whoever has to look before asking.
    pub async fn quote(&self, quote: Uuid) -> Result<Option<QuoteState>, engine::bus::LoadError> {
        let known = self.bus.load::<Quote>(quote).await?;
        Ok(known.map(|(known, _)| (*known).clone()))
    }
}
