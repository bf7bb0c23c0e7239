//! A contract that is not renewed tacitly is renewed by an offer: a quote for the same again, thirty days before its end, and
//! the contract that follows once the customer has accepted.
//!
//! The acceptance is what both agree to (C. civ. art. 1113, 1118), so the contract that follows is signed with it and the one
//! before is renewed expressly. It is one contract, whatever periods its lines are billed by, and it bills all of them itself.

use domain::{
    Contract, ContractId, Language, OrganizationId, Quote, QuoteId, Task, TaskCommand,
    billing::{Discount, PriceBasis, UnitPrice},
    contract::{self, BillingInterval, BillingTiming, ContractTerms, LinePrice, QuoteOrigin, WishedTerms},
    document::{Content, DocumentLine, FiledDocument, Layout, Period, WishedContent, WishedLine, WishedRow},
    product::BillingPeriod,
    quote::QuoteState,
};
use engine::{CommandContext, CommandError, policy::ReactionError};
use mail::To;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::{
    ContractWish, Contracting,
    alerting::{Case, french},
    drafting::refused,
};
use crate::{
    graphql::following::Refused,
    sales::{
        Recipient, SalesError,
        quotes::{QuoteSending, QuoteWish},
        reactions,
    },
};

impl Contracting {
    /// A quote for the same again, mailed to the customer.
    pub(super) async fn offer(
        &self,
        context: &CommandContext,
        case: &Case<'_>,
        to: &To,
    ) -> Result<QuoteId, SalesError> {
        let command = context.command_id.to_string();
        let own = |step: &str| CommandContext {
            command_id: self.bus().derived_id(&["contract offer", step, &command]),
            expected_version: None,
            ..context.clone()
        };
        let quote = self.bus().derived_id(&["contract offer", &command]);
        let again = case.state.same_again().map_err(refused)?;
        let wish = QuoteWish {
            organization: case.customer.id,
            deal: case.state.deal(),
            copied_from: None,
            renews: Some(case.id),
            content: case.offer(&again, to.language),
            construction_subcontract: false,
        };
        self.sales.draft_quote(&own("draft"), quote, &wish).await?;
        let number = case.number();
        let message = match (to.language, case.state.ends_on()) {
            (_, None) => None,
            (Language::French, Some(end)) => Some(format!(
                "Votre contrat {number} arrive à échéance le {}. Vous pouvez le renouveler en acceptant ce devis.",
                french(end)
            )),
            (Language::English, Some(end)) => Some(format!(
                "Your contract {number} ends on {end}. You can renew it by accepting this quote."
            )),
        };
        let sending = QuoteSending {
            recipient: Recipient {
                name: to.name.clone(),
                email: Some(to.email.clone()),
                delivery: None,
            },
            valid_until: None,
            by_mail: true,
            message,
        };
        self.sales.send_quote(&own("send"), quote, &sending).await?;
        Ok(QuoteId(quote))
    }

    /// The contract that follows by an accepted offer: drafted, signed with the acceptance, and the one before is renewed by
    /// it. Where that cannot be, somebody is asked to look; what was drafted by then stays a draft.
    pub(super) async fn follow(
        &self,
        acceptance: &Acceptance<'_>,
        contexts: &Steps,
        former: ContractId,
    ) -> Result<(), ReactionError> {
        match self.followed(acceptance, contexts, former).await {
            Err(CommandError::Refused(refusal)) => {
                self.ask_to_follow(acceptance, &contexts.task, former, &refusal).await
            }
            taken => Ok(taken?),
        }
    }

    async fn followed(
        &self,
        acceptance: &Acceptance<'_>,
        contexts: &Steps,
        former: ContractId,
    ) -> Result<(), CommandError<Refused>> {
        let follower = self.follower_of(acceptance.id);
        let known = self.contract(follower).await?;
        if known.is_none() {
            let Some(state) = self.contract(former.0).await? else {
                return Err(refused(domain::ContractError::NotDrafted));
            };
            let wish = self.wish(acceptance, former, &state)?;
            self.draft(&contexts.draft, follower, &wish).await?;
        }
        let is_open = known.is_none_or(|known| known.signed_on().is_none());
        if is_open {
            let signed_on = self.sales.house().await?.company.day(acceptance.at);
            self.sign(&contexts.sign, follower, signed_on, None).await?;
        }
        Ok(())
    }

    fn wish(
        &self,
        acceptance: &Acceptance<'_>,
        former: ContractId,
        state: &Contract,
    ) -> Result<ContractWish, CommandError<Refused>> {
        let again = state.same_again().map_err(refused)?;
        let organization = acceptance.quote.organization();
        let deal = acceptance
            .quote
            .deal()
            .unwrap_or_else(|| reactions::deal_opened_for(self.bus(), acceptance.id).into());
        let segments = state.segments().filter(|(from, ..)| *from <= again.starts_on);
        Ok(ContractWish {
            organization: organization.ok_or_else(|| refused(domain::ContractError::NotDrafted))?,
            deal: Some(deal),
            quote: Some(QuoteOrigin {
                quote: acceptance.id.into(),
                version: acceptance.version,
            }),
            owner: state.owner(),
            segment: segments.last().and_then(|(_, segment, _)| segment.map(str::to_owned)),
            follows: Some(former),
            terms: acceptance.terms(again),
        })
    }

    /// The contract that an accepted quote renews another one by: the same whoever makes it.
    fn follower_of(&self, quote: Uuid) -> Uuid {
        self.bus()
            .derived_id(&["contract of accepted renewal", &quote.to_string()])
    }

    /// The signed paper of the quote is that of the contract.
    pub(super) async fn file_acceptance(
        &self,
        context: &CommandContext,
        quote: Uuid,
        document: FiledDocument,
    ) -> Result<(), ReactionError> {
        let follower = self.follower_of(quote);
        let known = self.contract(follower).await?;
        if known.is_some_and(|known| known.signed_on().is_some()) {
            let file = domain::ContractCommand::FileDocument { document };
            self.bus().execute::<Contract>(context, follower, file).await?;
        }
        Ok(())
    }

    async fn ask_to_follow(
        &self,
        acceptance: &Acceptance<'_>,
        context: &CommandContext,
        former: ContractId,
        refusal: &Refused,
    ) -> Result<(), ReactionError> {
        let house = self.sales.house().await?;
        let Some(state) = self.contract(former.0).await? else {
            return Ok(());
        };
        let organization = acceptance.quote.organization();
        let customer = self
            .sales
            .customer_of(organization.unwrap_or(OrganizationId(Uuid::nil())))
            .await?;
        let case = Case {
            id: former,
            state: &state,
            house: &house,
            customer: &customer,
        };
        let number = acceptance.quote.number().map_or("", |number| number.text.as_str());
        let title = format!("Renouveler le contrat {} : devis {number} accepté", case.number());
        let create = TaskCommand::Create(case.task(title, Some(&refusal.to_string())));
        let task = self
            .bus()
            .derived_id(&["contract follow task", &acceptance.id.to_string()]);
        self.bus().execute::<Task>(context, task, create).await?;
        Ok(())
    }
}

/// An offer that was accepted.
pub(super) struct Acceptance<'a> {
    pub(super) id: Uuid,
    pub(super) quote: &'a Quote,
    pub(super) version: u16,
    pub(super) at: chrono::DateTime<chrono::Utc>,
}

/// The commands that an acceptance leads to.
pub(super) struct Steps {
    pub(super) draft: CommandContext,
    pub(super) sign: CommandContext,
    pub(super) task: CommandContext,
}

impl Acceptance<'_> {
    /// The terms of the contract before, with the lines that were accepted: those that it had keep their periods, whatever
    /// became of price and quantity; what is new and sold once is billed once.
    fn terms(&self, again: ContractTerms) -> WishedTerms {
        let mut agreed = again.lines;
        let lines = taken(self.quote, self.version).into_iter().map(|(content, line, net)| {
            let same = agreed.iter().position(|known| {
                known.product == line.product && known.name == line.name && shown(known.interval) == line.period
            });
            let wished = of_quote(content, line, net);
            match same.map(|place| agreed.remove(place)) {
                Some(known) if is_offered(&known, line, content) => contract::WishedLine {
                    id: None,
                    ..known.wished(again.currency)
                },
                Some(known) => contract::WishedLine {
                    id: None,
                    quantity: wished.quantity,
                    price: wished.price,
                    ..known.wished(again.currency)
                },
                None => wished,
            }
        });
        WishedTerms {
            kind: again.kind,
            currency: again.currency,
            lines: lines.collect(),
            starts_on: again.starts_on,
            ends_on: again.ends_on,
            renewal: again.renewal,
            notice: again.notice,
            indexation: again.indexation,
            billing_starts_on: again.billing_starts_on,
        }
    }
}

/// Whether a line was taken as it had been offered: then its price is kept as it was, not as it was rounded.
fn is_offered(known: &contract::ContractLine, line: &DocumentLine, content: &Content) -> bool {
    content.discount.is_none()
        && content.price_basis == PriceBasis::Net
        && line.quantity == known.quantity
        && line.unit_price == known.price.unit_price
        && line.discount == known.price.discount.map(Discount::Percent)
}

/// The lines of a quote that were taken, with what each comes to without tax, after every discount.
pub(super) fn taken(quote: &QuoteState, version: u16) -> Vec<(&Content, &DocumentLine, i64)> {
    let (Some((_, _, chosen)), Some(sent)) = (quote.accepted(), quote.sent(version)) else {
        return Vec::new();
    };
    let content = &sent.sent.content;
    let Ok(totals) = content.totals(chosen) else {
        return Vec::new();
    };
    let lines = content.taken(chosen).zip(totals.net_of_lines);
    lines.map(|(line, net)| (content, line, net)).collect()
}

/// A line of a quote as one of a contract, at its price without tax, after every discount.
pub(super) fn of_quote(content: &Content, line: &DocumentLine, net: i64) -> contract::WishedLine {
    let each = Decimal::new(net, content.currency.decimals()).checked_div(line.quantity.as_decimal());
    let exact = each.and_then(|price| UnitPrice::new("unitPrice", price.round_dp(6)).ok());
    contract::WishedLine {
        id: None,
        product: line.product,
        name: line.name.clone(),
        details: line.details.clone(),
        unit: line.unit.clone(),
        quantity: line.quantity,
        price: LinePrice {
            unit_price: exact.unwrap_or(line.unit_price),
            discount: None,
        },
        currency: content.currency,
        interval: match line.period {
            Some(BillingPeriod::Month) => BillingInterval::Month,
            Some(BillingPeriod::Quarter) => BillingInterval::Quarter,
            Some(BillingPeriod::Year) => BillingInterval::Year,
            None => BillingInterval::Once,
        },
        timing: BillingTiming::InAdvance,
        starts_on: None,
        ends_on: None,
        anchor: None,
        steps: Vec::new(),
        taxation: line.taxation,
    }
}

/// The period of a price, as quotes can show it.
const fn shown(interval: BillingInterval) -> Option<BillingPeriod> {
    match interval {
        BillingInterval::Month => Some(BillingPeriod::Month),
        BillingInterval::Quarter => Some(BillingPeriod::Quarter),
        BillingInterval::Year => Some(BillingPeriod::Year),
        BillingInterval::Once | BillingInterval::HalfYear | BillingInterval::Years(_) => None,
    }
}

/// What a line says of a period that quotes have no word for.
fn said(interval: BillingInterval, language: Language) -> Option<String> {
    match interval {
        BillingInterval::HalfYear => Some(language.choose("Price of six months", "Prix pour six mois")),
        BillingInterval::Years(years) => {
            Some(language.choose(format!("Price of {years} years"), format!("Prix pour {years} ans")))
        }
        _ => None,
    }
}

impl Case<'_> {
    /// The same again, as a quote says it.
    fn offer(&self, again: &ContractTerms, language: Language) -> WishedContent {
        let number = self.number();
        let rows = again.lines.iter().map(|line| {
            let details: Vec<String> = line
                .details
                .iter()
                .cloned()
                .chain(said(line.interval, language))
                .collect();
            WishedRow::Line(Box::new(WishedLine {
                id: None,
                product: line.product,
                name: line.name.clone(),
                details: (!details.is_empty()).then(|| details.join("\n")),
                unit: line.unit.clone(),
                quantity: line.quantity,
                unit_price: line.price.unit_price,
                discount: line.price.discount.map(Discount::Percent),
                period: shown(line.interval),
                optional: false,
                taxation: line.taxation,
            }))
        });
        let term = again.ends_on.map(|end| Period {
            start: again.starts_on,
            end,
        });
        let conditions = term.map(|term| match language {
            Language::French => format!(
                "L'acceptation de ce devis renouvelle le contrat {number} du {} au {}, aux conditions de ce contrat pour \
                 tout ce que ce devis ne modifie pas.",
                french(term.start),
                french(term.end)
            ),
            Language::English => format!(
                "Accepting this quote renews the contract {number} from {} to {}, on the terms of that contract wherever \
                 this quote does not change them.",
                term.start, term.end
            ),
        });
        WishedContent {
            subject: Some(language.choose(
                format!("Renewal of contract {number}"),
                format!("Renouvellement du contrat {number}"),
            )),
            rows: rows.collect(),
            price_basis: PriceBasis::Net,
            discount: None,
            currency: again.currency,
            payment_terms: self.house.company.document_defaults().payment_terms.clone(),
            early_payment_discount: None,
            notes: None,
            conditions,
            purchase_order: None,
            period: term,
            language,
            layout: Layout::default(),
        }
    }
}
