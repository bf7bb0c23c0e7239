//! What the answer to a quote leads to, by itself and once.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    Change, Currency, Deal, DealCommand, Decider, Event, Money, Quote, QuoteCommand, QuoteEvent,
    billing::VatBreakdown,
    company::{DealOnAcceptance, InvoiceOnAcceptance},
    deal::{AmountChanges, Amounts, DealStatus, OpenDeal},
    pipeline::Stage,
    quote::QuoteState,
};
use engine::{
    CommandBus, CommandError, Recorded,
    policy::{Policy, ReactionError},
};
use uuid::Uuid;

use super::{
    Sales, SalesError,
    invoices::{Invoicing, QuotePart},
};
use crate::deal_request::{self, DealRequest, OpenRequest};

/// An accepted quote moves its deal, or opens one.
pub(crate) struct AcceptedQuoteMovesDeal {
    pub(crate) sales: Arc<Sales>,
}

#[async_trait]
impl Policy<Event> for AcceptedQuoteMovesDeal {
    fn name(&self) -> &'static str {
        "accepted-quote-moves-deal"
    }

    fn categories(&self) -> Vec<Arc<str>> {
        vec![QuoteState::TYPE.into()]
    }

    async fn react(&self, event: &Recorded<Event>, bus: &CommandBus<Event>) -> Result<(), ReactionError> {
        let Event::Quote(QuoteEvent::QuoteAccepted { breakdown, .. }) = &event.event else {
            return Ok(());
        };
        let id = event.header.stream.id;
        let Some((quote, _)) = bus.load::<Quote>(id).await? else {
            return Ok(());
        };
        let currency = quote.newest_sent().map(|newest| newest.sent.sent.content.currency);
        let Some(amounts) = currency.map(|currency| amounts(breakdown, currency)) else {
            return Ok(());
        };
        let deal = match quote.deal() {
            Some(deal) => deal.0,
            None => self.opened(event, &quote, amounts, bus).await?,
        };
        let rule = self.sales.house().await?.company.sales_rules().deal_on_acceptance;
        self.moved(event, deal, amounts, rule, bus).await
    }
}

impl AcceptedQuoteMovesDeal {
    /// A deal for a quote that had none.
    async fn opened(
        &self,
        event: &Recorded<Event>,
        quote: &QuoteState,
        amounts: Amounts,
        bus: &CommandBus<Event>,
    ) -> Result<Uuid, ReactionError> {
        let context = bus.reaction(self.name(), &event.header, "open");
        let deal = deal_opened_for(bus, event.header.stream.id);
        let content = quote.newest_content();
        let number = quote.number().map_or_else(String::new, |number| number.text.clone());
        let title = content.and_then(|content| content.subject.clone()).unwrap_or(number);
        let open = OpenDeal {
            organization: quote.organization(),
            amounts,
            ..OpenDeal::titled(&title, Stage::Proposition)
        };
        let request = DealRequest::Open(OpenRequest {
            pipeline: None,
            stage: Some(Stage::Proposition.into()),
            deal: open,
        });
        deal_request::execute(bus, &context, deal, &request).await?;
        let context = bus.reaction(self.name(), &event.header, "link");
        let link = QuoteCommand::LinkToDeal { deal: deal.into() };
        bus.execute::<Quote>(&context, event.header.stream.id, link).await?;
        Ok(deal)
    }

    /// What people have decided about the deal since stands: one that was won or lost stays so.
    async fn moved(
        &self,
        event: &Recorded<Event>,
        deal: Uuid,
        amounts: Amounts,
        rule: DealOnAcceptance,
        bus: &CommandBus<Event>,
    ) -> Result<(), ReactionError> {
        let Some((known, _)) = bus.load::<Deal>(deal).await? else {
            return Ok(());
        };
        if known.status() != Some(DealStatus::Open) {
            return Ok(());
        }
        let changes = AmountChanges {
            net: amounts.net.map_or(Change::Keep, Change::Set),
            gross: amounts.gross.map_or(Change::Keep, Change::Set),
        };
        let context = bus.reaction(self.name(), &event.header, "amounts");
        let amounts = DealRequest::Plain(DealCommand::ChangeAmounts { amounts: changes });
        deal_request::execute(bus, &context, deal, &amounts).await?;
        let context = bus.reaction(self.name(), &event.header, "move");
        let request = match rule {
            DealOnAcceptance::Signe => DealRequest::Win { amounts: changes },
            DealOnAcceptance::Proposition => DealRequest::Move {
                stage: Stage::Proposition.into(),
            },
        };
        match deal_request::execute(bus, &context, deal, &request).await {
            // A pipeline of the house may not have the stage: somebody moves the deal by hand.
            Ok(_) | Err(CommandError::Refused(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// The deal that is opened for an accepted quote that had none: whoever reacts beside knows it, too.
pub(super) fn deal_opened_for(bus: &CommandBus<Event>, quote: Uuid) -> Uuid {
    bus.derived_id(&["deal of quote", &quote.to_string()])
}

fn amounts(breakdown: &VatBreakdown, currency: Currency) -> Amounts {
    Amounts {
        net: Some(Money::new(breakdown.net(), currency)),
        gross: Some(Money::new(breakdown.gross(), currency)),
    }
}

/// An accepted quote leads to the draft of an invoice, as the company's rules say. One that renews a contract does not: the
/// contract that follows bills its periods itself.
pub(crate) struct AcceptedQuoteDraftsInvoice {
    pub(crate) sales: Arc<Sales>,
    pub(crate) invoicing: Arc<Invoicing>,
}

#[async_trait]
impl Policy<Event> for AcceptedQuoteDraftsInvoice {
    fn name(&self) -> &'static str {
        "accepted-quote-drafts-invoice"
    }

    fn categories(&self) -> Vec<Arc<str>> {
        vec![QuoteState::TYPE.into()]
    }

    async fn react(&self, event: &Recorded<Event>, bus: &CommandBus<Event>) -> Result<(), ReactionError> {
        let Event::Quote(QuoteEvent::QuoteAccepted { .. }) = &event.event else {
            return Ok(());
        };
        let part = match self.sales.house().await?.company.sales_rules().invoice_on_acceptance {
            InvoiceOnAcceptance::Nothing => return Ok(()),
            InvoiceOnAcceptance::Whole => QuotePart::Whole,
            InvoiceOnAcceptance::Deposit(percent) => QuotePart::Deposit(percent),
        };
        let quote = event.header.stream.id;
        let known = bus.load::<Quote>(quote).await?;
        if known.is_some_and(|(known, _)| known.renews().is_some()) {
            return Ok(());
        }
        let invoice = bus.derived_id(&["invoice of accepted quote", &quote.to_string()]);
        let context = bus.reaction(self.name(), &event.header, "draft");
        self.invoicing
            .draft_of_quote(&context, invoice, quote.into(), &part)
            .await?;
        Ok(())
    }
}

/// A signature leads to the signed paper, its evidence, and a copy for the signer.
pub(crate) struct SignedQuoteIsFiled {
    pub(crate) sales: Arc<Sales>,
}

#[async_trait]
impl Policy<Event> for SignedQuoteIsFiled {
    fn name(&self) -> &'static str {
        "signed-quote-is-filed"
    }

    fn categories(&self) -> Vec<Arc<str>> {
        vec![QuoteState::TYPE.into()]
    }

    async fn react(&self, event: &Recorded<Event>, bus: &CommandBus<Event>) -> Result<(), ReactionError> {
        let Event::Quote(QuoteEvent::QuoteAccepted {
            signature: Some(signature),
            ..
        }) = &event.event
        else {
            return Ok(());
        };
        let context = bus.reaction(self.name(), &event.header, "file");
        let quote = event.header.stream.id;
        Ok(self
            .sales
            .file_signature(&context, quote, &event.header, signature)
            .await?)
    }
}

impl From<SalesError> for ReactionError {
    fn from(error: SalesError) -> Self {
        match error {
            SalesError::Command(error) => error.into(),
            // A disk may have room again, and a thread may be found.
            SalesError::Blob(_) | SalesError::Gone(_) | SalesError::Key(_) => Self::trouble(error),
            // The same document is not set the next time either.
            error => Self::Refused {
                code: engine::Code::Internal,
                reason: error.to_string(),
            },
        }
    }
}
