//! What contracts follow from, by itself and once: an accepted quote with recurring lines, a draft that was discarded.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use domain::{
    Decider, Event, Invoice, InvoiceEvent, Quote, QuoteEvent,
    contract::{ContractKind, NoticePeriod, QuoteOrigin, RenewalPolicy, WishedLine, WishedTerms, calendar},
    invoice::{InvoiceState, Source},
    product::BillingPeriod,
    quote::QuoteState,
};
use engine::{
    CommandBus, Recorded,
    policy::{Policy, ReactionError},
};

use super::{
    ContractWish, Contracting,
    offering::{self, Acceptance, Steps},
};
use crate::sales::{Sales, reactions};

/// What a contract of a quote is drafted with: a year that renews itself, unless somebody says so three months before.
const TERM_MONTHS: u16 = 12;
const NOTICE_MONTHS: u16 = 3;

/// An accepted quote with recurring lines leads to the draft of a contract: one for each period that lines are paid by. The
/// first period is on the quote's invoice, so the contract bills from the second one on. One that renews a contract is not
/// among them: see [`AcceptedRenewalFollows`].
pub(crate) struct AcceptedQuoteDraftsContract {
    pub(crate) sales: Arc<Sales>,
    pub(crate) contracting: Arc<Contracting>,
}

#[async_trait]
impl Policy<Event> for AcceptedQuoteDraftsContract {
    fn name(&self) -> &'static str {
        "accepted-quote-drafts-contract"
    }

    fn categories(&self) -> Vec<Arc<str>> {
        vec![QuoteState::TYPE.into()]
    }

    async fn react(&self, event: &Recorded<Event>, bus: &CommandBus<Event>) -> Result<(), ReactionError> {
        let Event::Quote(QuoteEvent::QuoteAccepted { version, .. }) = &event.event else {
            return Ok(());
        };
        let id = event.header.stream.id;
        let Some((quote, _)) = bus.load::<Quote>(id).await? else {
            return Ok(());
        };
        let Some(organization) = quote.organization() else {
            return Ok(());
        };
        if quote.renews().is_some() {
            return Ok(());
        }
        let deal = quote
            .deal()
            .unwrap_or_else(|| reactions::deal_opened_for(bus, id).into());
        let house = self.sales.house().await?;
        for (period, lines) in recurring(&quote, *version) {
            let months = period.months();
            let contract = bus.derived_id(&["contract of accepted quote", &id.to_string(), period.as_str()]);
            let context = bus.reaction(self.name(), &event.header, period.as_str());
            let currency = quote
                .newest_content()
                .map_or(domain::Currency::EUR, |content| content.currency);
            let wish = ContractWish {
                organization,
                deal: Some(deal),
                quote: Some(QuoteOrigin {
                    quote: id.into(),
                    version: *version,
                }),
                owner: None,
                segment: None,
                follows: None,
                terms: WishedTerms {
                    kind: ContractKind::Subscription,
                    currency,
                    lines,
                    starts_on: house.today,
                    ends_on: Some(calendar::end_of_term(house.today, TERM_MONTHS.into())),
                    renewal: RenewalPolicy::Tacit {
                        term_months: Some(TERM_MONTHS),
                        max_renewals: None,
                    },
                    notice: NoticePeriod::months(NOTICE_MONTHS),
                    indexation: None,
                    billing_starts_on: Some(calendar::months_after(house.today, months)),
                },
            };
            self.contracting.draft(&context, contract, &wish).await?;
        }
        Ok(())
    }
}

/// The recurring lines that were taken, by the period that they are paid by.
fn recurring(quote: &QuoteState, version: u16) -> BTreeMap<BillingPeriod, Vec<WishedLine>> {
    let mut lines: BTreeMap<BillingPeriod, Vec<WishedLine>> = BTreeMap::new();
    for (content, line, net) in offering::taken(quote, version) {
        if let Some(period) = line.period {
            lines
                .entry(period)
                .or_default()
                .push(offering::of_quote(content, line, net));
        }
    }
    lines
}

/// An accepted quote that renews a contract leads to the one that follows it, signed with the acceptance; its signed paper is
/// filed with that contract once it is there.
pub(crate) struct AcceptedRenewalFollows {
    pub(crate) contracting: Arc<Contracting>,
}

#[async_trait]
impl Policy<Event> for AcceptedRenewalFollows {
    fn name(&self) -> &'static str {
        "accepted-renewal-follows"
    }

    fn categories(&self) -> Vec<Arc<str>> {
        vec![QuoteState::TYPE.into()]
    }

    async fn react(&self, event: &Recorded<Event>, bus: &CommandBus<Event>) -> Result<(), ReactionError> {
        let id = event.header.stream.id;
        let context = |step| bus.reaction(self.name(), &event.header, step);
        match &event.event {
            Event::Quote(QuoteEvent::QuoteAccepted { version, .. }) => {
                let Some((quote, _)) = bus.load::<Quote>(id).await? else {
                    return Ok(());
                };
                let Some(former) = quote.renews() else {
                    return Ok(());
                };
                let acceptance = Acceptance {
                    id,
                    quote: &quote,
                    version: *version,
                    at: event.header.occurred_at.into(),
                };
                let steps = Steps {
                    draft: context("draft"),
                    sign: context("sign"),
                    task: context("ask"),
                };
                self.contracting.follow(&acceptance, &steps, former).await
            }
            Event::Quote(QuoteEvent::QuoteSignatureFiled { document, .. }) => {
                self.contracting.file_acceptance(&context("file"), id, *document).await
            }
            _ => Ok(()),
        }
    }
}

/// A draft of a contract's periods that was discarded lets these be billed again.
pub(crate) struct DiscardedDraftIsBilledAgain {
    pub(crate) contracting: Arc<Contracting>,
}

#[async_trait]
impl Policy<Event> for DiscardedDraftIsBilledAgain {
    fn name(&self) -> &'static str {
        "discarded-draft-is-billed-again"
    }

    fn categories(&self) -> Vec<Arc<str>> {
        vec![InvoiceState::TYPE.into()]
    }

    async fn react(&self, event: &Recorded<Event>, bus: &CommandBus<Event>) -> Result<(), ReactionError> {
        let Event::Invoice(InvoiceEvent::InvoiceDiscarded {}) = &event.event else {
            return Ok(());
        };
        let invoice = event.header.stream.id;
        let known = bus.load::<Invoice>(invoice).await?;
        if let Some(Source::Contract { contract }) = known.and_then(|(known, _)| known.source()) {
            let context = bus.reaction(self.name(), &event.header, "withdraw");
            let withdrawn = self.contracting.withdraw_billing(&context, contract, invoice.into());
            withdrawn.await?;
        }
        Ok(())
    }
}
