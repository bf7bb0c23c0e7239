//! What contracts follow from, by itself and once: an accepted quote with recurring lines, a draft that was discarded.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use domain::{
    Decider, Event, Invoice, InvoiceEvent, Quote, QuoteEvent,
    billing::UnitPrice,
    contract::{
        BillingInterval, BillingTiming, ContractKind, LinePrice, NoticePeriod, QuoteOrigin, RenewalPolicy, WishedLine,
        WishedTerms, calendar,
    },
    invoice::{InvoiceState, Source},
    product::BillingPeriod,
    quote::QuoteState,
};
use engine::{
    CommandBus, Recorded,
    policy::{Policy, ReactionError},
};
use rust_decimal::Decimal;

use super::{ContractWish, Contracting};
use crate::sales::{Sales, reactions};

/// What a contract of a quote is drafted with: a year that renews itself, unless somebody says so three months before.
const TERM_MONTHS: u16 = 12;
const NOTICE_MONTHS: u16 = 3;

/// An accepted quote with recurring lines leads to the draft of a contract: one for each period that lines are paid by. The
/// first period is on the quote's invoice, so the contract bills from the second one on.
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

/// The recurring lines that were taken, by the period that they are paid by; at their prices without tax, after every discount.
fn recurring(quote: &QuoteState, version: u16) -> BTreeMap<BillingPeriod, Vec<WishedLine>> {
    let mut lines: BTreeMap<BillingPeriod, Vec<WishedLine>> = BTreeMap::new();
    let (Some((_, _, chosen)), Some(sent)) = (quote.accepted(), quote.sent(version)) else {
        return lines;
    };
    let content = &sent.sent.content;
    let Ok(totals) = content.totals(chosen) else {
        return lines;
    };
    let decimals = content.currency.decimals();
    for (line, net) in content.taken(chosen).zip(&totals.net_of_lines) {
        let Some(period) = line.period else { continue };
        let each = Decimal::new(*net, decimals).checked_div(line.quantity.as_decimal());
        let Some(unit_price) = each.and_then(|price| UnitPrice::new("unitPrice", price.round_dp(6)).ok()) else {
            continue;
        };
        lines.entry(period).or_default().push(WishedLine {
            id: None,
            product: line.product,
            name: line.name.clone(),
            details: line.details.clone(),
            unit: line.unit.clone(),
            quantity: line.quantity,
            price: LinePrice {
                unit_price,
                discount: None,
            },
            currency: content.currency,
            interval: match period {
                BillingPeriod::Month => BillingInterval::Month,
                BillingPeriod::Quarter => BillingInterval::Quarter,
                BillingPeriod::Year => BillingInterval::Year,
            },
            timing: BillingTiming::InAdvance,
            starts_on: None,
            ends_on: None,
            anchor: None,
            steps: Vec::new(),
            taxation: line.taxation,
        });
    }
    lines
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
