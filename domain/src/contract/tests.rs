use chrono::NaiveDate;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::*;
use crate::{
    BlobHash, Change, ContractId, Currency, Decider, InvoiceId, OrganizationId, Refusal,
    billing::{Nature, Percentage, Quantity, RateClass, UnitPrice},
    document::{DocumentNumber, FiledDocument, LineId, NumberPattern, Series},
    organization::OrganizationKind,
    product::Taxation,
};

mod amendments;
mod billing;
mod endings;
mod lifecycle;
mod obligations;
mod properties;
mod renewals;
mod revenue;

const ACME: OrganizationId = OrganizationId(Uuid::from_u128(0xAC));
const OWN: ContractId = ContractId(Uuid::from_u128(0x100));

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn number(sequence: u32) -> DocumentNumber {
    NumberPattern::of(Series::Contract).number(2026, sequence)
}

fn invoice(number: u128) -> InvoiceId {
    InvoiceId(Uuid::from_u128(0xF000 + number))
}

fn document() -> FiledDocument {
    FiledDocument {
        blob: BlobHash([7; 32]),
        size: 4_000,
    }
}

fn price(text: &str) -> LinePrice {
    LinePrice {
        unit_price: UnitPrice::new("unitPrice", dec(text)).unwrap(),
        discount: None,
    }
}

fn quantity(text: &str) -> Quantity {
    Quantity::new("quantity", dec(text)).unwrap()
}

/// One unit of something for a period.
fn line(name: &str, unit_price: &str, interval: BillingInterval) -> WishedLine {
    WishedLine {
        id: None,
        product: None,
        name: name.to_owned(),
        details: None,
        unit: "mois".to_owned(),
        quantity: Quantity::ONE,
        price: price(unit_price),
        currency: Currency::EUR,
        interval,
        timing: BillingTiming::InAdvance,
        starts_on: None,
        ends_on: None,
        anchor: None,
        steps: Vec::new(),
        taxation: Taxation {
            nature: Nature::Services,
            rate_class: RateClass::Normal,
            exemption: None,
        },
    }
}

fn monthly(unit_price: &str) -> WishedLine {
    line("Maintenance", unit_price, BillingInterval::Month)
}

fn terms(starts_on: &str, ends_on: Option<&str>, lines: Vec<WishedLine>) -> WishedTerms {
    WishedTerms {
        kind: ContractKind::Maintenance,
        currency: Currency::EUR,
        lines,
        starts_on: day(starts_on),
        ends_on: ends_on.map(day),
        renewal: RenewalPolicy::None,
        notice: NoticePeriod::NONE,
        indexation: None,
        billing_starts_on: None,
    }
}

/// Renewed tacitly by twelve months, notice three months.
fn tacit(starts_on: &str, ends_on: &str, lines: Vec<WishedLine>) -> WishedTerms {
    WishedTerms {
        renewal: RenewalPolicy::Tacit {
            term_months: Some(12),
            max_renewals: None,
        },
        notice: NoticePeriod::months(3),
        ..terms(starts_on, Some(ends_on), lines)
    }
}

fn draft(terms: WishedTerms) -> ContractCommand {
    draft_for(OrganizationKind::Professional, terms)
}

fn draft_for(customer_kind: OrganizationKind, terms: WishedTerms) -> ContractCommand {
    ContractCommand::Draft(Box::new(DraftContract {
        number: number(1),
        organization: ACME,
        customer_kind,
        deal: None,
        quote: None,
        owner: None,
        segment: None,
        follows: None,
        terms,
    }))
}

/// A contract that things happen to.
#[derive(Debug, Clone, Default)]
struct Live {
    state: ContractState,
    events: Vec<ContractEvent>,
}

impl Live {
    fn signed(terms: WishedTerms) -> Self {
        Self::signed_by(OrganizationKind::Professional, terms)
    }

    fn signed_by(kind: OrganizationKind, terms: WishedTerms) -> Self {
        let signed_on = terms.starts_on;
        Self::default()
            .then(draft_for(kind, terms))
            .then(ContractCommand::Sign {
                signed_on,
                document: Some(document()),
            })
    }

    #[track_caller]
    fn then(mut self, command: ContractCommand) -> Self {
        self.take(command);
        self
    }

    #[track_caller]
    fn take(&mut self, command: ContractCommand) -> Vec<ContractEvent> {
        let events = self.state.decide(command).unwrap();
        for event in &events {
            self.state.evolve(event);
        }
        self.events.extend(events.clone());
        events
    }

    #[track_caller]
    fn refuses(&self, command: ContractCommand) -> ContractError {
        self.state.decide(command).unwrap_err()
    }

    fn status(&self) -> ContractStatus {
        self.state.status().unwrap()
    }

    fn mrr(&self, on: &str) -> Decimal {
        self.state.mrr_on(day(on))
    }

    /// What is to be taken back from one invoice.
    fn crediting(&self, on: &str, number: u128) -> ContractCommand {
        let due = self.state.due_credits(day(on));
        ContractCommand::CreditPeriods {
            on: day(on),
            note: invoice(number),
            of: due.into_keys().next().unwrap_or(invoice(0)),
        }
    }

    #[track_caller]
    fn bill(&mut self, on: &str, nature: BillingNature, number: u128) -> i64 {
        let command = match nature {
            BillingNature::Charge => ContractCommand::BillPeriods {
                on: day(on),
                invoice: invoice(number),
            },
            BillingNature::Credit => self.crediting(on, number),
        };
        let events = self.take(command);
        match &events[..] {
            [ContractEvent::ContractPeriodsBilled { periods, .. }] => periods.iter().map(|period| period.amount).sum(),
            other => panic!("{other:?}"),
        }
    }
}

fn amend(signed_on: &str, effective_on: &str, lines: Vec<WishedLineChange>) -> Amend {
    Amend {
        signed_on: day(signed_on),
        effective_on: day(effective_on),
        lines,
        ends_on: Change::Keep,
        renewal: None,
        notice: None,
        document: None,
        note: None,
    }
}

fn to_quantity(text: &str) -> Vec<WishedLineChange> {
    vec![WishedLineChange::Quantity {
        line: LineId(1),
        quantity: quantity(text),
    }]
}

fn notice(ground: Ground, received_on: &str, last_day: Option<&str>) -> NoticeWish {
    NoticeWish {
        by: Party::Customer,
        ground,
        received_on: day(received_on),
        last_day: last_day.map(day),
        reason: TerminationReason::TooExpensive,
        note: None,
    }
}

fn give(wish: NoticeWish) -> ContractCommand {
    let on = wish.received_on;
    ContractCommand::GiveNotice { notice: wish, on }
}

fn syntec(values: &[(&str, &str, &str)]) -> Vec<IndexValue> {
    let values = values.iter().map(|(month, value, published_on)| IndexValue {
        index: "SYNTEC".to_owned(),
        point: IndexPoint {
            month: day(month),
            value: dec(value),
        },
        published_on: day(published_on),
    });
    values.collect()
}

fn clause() -> IndexClause {
    IndexClause {
        index: "SYNTEC".to_owned(),
        base: IndexPoint {
            month: day("2025-09-01"),
            value: dec("300"),
        },
        fixed_share: Percentage::ZERO,
        floor: None,
        cap: Some(dec("3")),
        rounding: None,
    }
}

fn codes(refusals: &[ContractError]) -> Vec<&'static str> {
    refusals.iter().map(Refusal::code).collect()
}
