use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::*;
use crate::{
    ContractCommand, ContractId, Currency, Decider, OrganizationEvent, OrganizationId, Refusal,
    billing::{Nature, Quantity, RateClass, UnitPrice},
    contract::{
        Amend, BillingInterval, BillingTiming, ContractKind, ContractState, DraftContract, Ground, IndexClause,
        IndexPoint, IndexValue, LinePrice, NoticePeriod, NoticeWish, Party, RenewalPolicy, TerminationReason,
        WishedLine, WishedLineChange, WishedTerms,
    },
    document::{DocumentNumber, LineId, NumberPattern, Series},
    organization::OrganizationKind,
    product::Taxation,
};

mod bases;
mod currencies;
mod measured;
mod properties;
mod vectors;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn noon(day: NaiveDate) -> DateTime<Utc> {
    day.and_hms_opt(12, 0, 0).unwrap().and_utc()
}

/// The same id for the same name.
fn named(kind: &str, name: &str) -> Uuid {
    Uuid::new_v5(&Uuid::nil(), format!("{kind}:{name}").as_bytes())
}

fn customer(name: &str) -> OrganizationId {
    OrganizationId(named("customer", name))
}

fn contract(name: &str) -> ContractId {
    ContractId(named("contract", name))
}

fn number() -> DocumentNumber {
    NumberPattern::of(Series::Contract).number(2026, 1)
}

fn price(text: &str) -> LinePrice {
    LinePrice {
        unit_price: UnitPrice::new("unitPrice", dec(text)).unwrap(),
        discount: None,
    }
}

fn wished_line(name: &str, unit_price: &str, interval: BillingInterval, currency: Currency) -> WishedLine {
    WishedLine {
        id: None,
        product: None,
        name: name.to_owned(),
        details: None,
        unit: "mois".to_owned(),
        quantity: Quantity::ONE,
        price: price(unit_price),
        currency,
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

/// One contract as a test wishes it.
#[derive(Debug, Clone)]
struct Deal<'a> {
    customer: &'a str,
    start: &'a str,
    end: Option<&'a str>,
    price: &'a str,
    interval: BillingInterval,
    currency: Currency,
    segment: Option<&'a str>,
    tacit: bool,
    indexed: bool,
}

fn monthly<'a>(customer: &'a str, start: &'a str, end: Option<&'a str>, price: &'a str) -> Deal<'a> {
    Deal {
        customer,
        start,
        end,
        price,
        interval: BillingInterval::Month,
        currency: Currency::EUR,
        segment: None,
        tacit: false,
        indexed: false,
    }
}

/// A portfolio that things happen to, day by day.
#[derive(Debug, Clone, Default)]
struct World {
    portfolio: Portfolio,
    states: BTreeMap<ContractId, ContractState>,
    position: u64,
    /// The day on which something was last recorded: it never goes back.
    today: Option<NaiveDate>,
}

impl World {
    fn at(&mut self, on: NaiveDate) -> Recording {
        let on = self.today.map_or(on, |today| today.max(on));
        self.today = Some(on);
        self.position += 1;
        Recording {
            position: self.position,
            event: Uuid::from_u128(self.position.into()),
            at: noon(on),
            on,
        }
    }

    fn try_put(&mut self, on: NaiveDate, id: ContractId, command: ContractCommand) -> bool {
        let state = self.states.entry(id).or_default();
        let Ok(events) = state.decide(command) else {
            return false;
        };
        for event in &events {
            self.states.get_mut(&id).unwrap().evolve(event);
            let at = self.at(on);
            self.portfolio.record(at, Happened::Contract(id, event));
        }
        true
    }

    #[track_caller]
    fn put(&mut self, on: &str, name: &str, command: ContractCommand) {
        let state = self.states.entry(contract(name)).or_default();
        if let Err(refused) = state.decide(command.clone()) {
            panic!("{name} on {on}: {refused}");
        }
        assert!(self.try_put(day(on), contract(name), command));
    }

    /// Drafted and signed on a day.
    #[track_caller]
    fn sign(&mut self, on: &str, name: &str, deal: &Deal<'_>) {
        self.put(on, name, drafted(deal));
        self.put(
            on,
            name,
            ContractCommand::Sign {
                signed_on: day(on),
                document: None,
            },
        );
    }

    #[track_caller]
    fn amend(&mut self, on: &str, name: &str, effective_on: &str, lines: Vec<WishedLineChange>) {
        self.put(
            on,
            name,
            ContractCommand::Amend(Box::new(amendment(day(on), day(effective_on), lines))),
        );
    }

    #[track_caller]
    fn quantity(&mut self, on: &str, name: &str, effective_on: &str, quantity: &str) {
        let quantity = Quantity::new("quantity", dec(quantity)).unwrap();
        let line = LineId(1);
        self.amend(
            on,
            name,
            effective_on,
            vec![WishedLineChange::Quantity { line, quantity }],
        );
    }

    #[track_caller]
    fn end(&mut self, on: &str, name: &str, last_day: &str, reason: TerminationReason) {
        let notice = NoticeWish {
            by: Party::Customer,
            ground: Ground::Agreement,
            received_on: day(on),
            last_day: Some(day(last_day)),
            reason,
            note: Some("Motif".to_owned()),
        };
        self.put(on, name, ContractCommand::GiveNotice { notice, on: day(on) });
    }

    /// The contract that follows tacitly goes by another name.
    #[track_caller]
    fn renew(&mut self, on: &str, name: &str, values: &[IndexValue]) -> ContractId {
        let plan = self.states[&contract(name)]
            .renewal_plan(contract(name), values)
            .unwrap();
        let by = plan.by;
        let plan = Box::new(plan);
        self.put(
            on,
            name,
            ContractCommand::RenewTacitly {
                plan: plan.clone(),
                number: number(),
                on: day(on),
            },
        );
        let begun = ContractCommand::BeginRenewal { plan, number: number() };
        assert!(self.try_put(day(on), by, begun));
        by
    }

    #[track_caller]
    fn renew_expressly(&mut self, on: &str, name: &str, by: &str, deal: &Deal<'_>) {
        self.sign(on, by, deal);
        self.put(
            on,
            name,
            ContractCommand::RenewExpressly {
                by: contract(by),
                number: number(),
                starts_on: day(deal.start),
                ends_on: deal.end.map(day),
            },
        );
    }

    fn merge(&mut self, on: &str, of: &str, into: &str) {
        let event = OrganizationEvent::OrganizationMergedInto {
            survivor: customer(into),
        };
        let at = self.at(day(on));
        self.portfolio.record(at, Happened::Organization(customer(of), &event));
    }

    fn request(through: &str) -> BookRequest {
        BookRequest {
            settings: RevenueSettings::of(Currency::EUR),
            basis: Basis::Effective,
            known_until: None,
            through: day(through),
        }
    }

    fn book(&self, through: &str) -> Book {
        self.portfolio.book(&Self::request(through)).unwrap()
    }

    fn recorded(&self, through: &str) -> Book {
        let request = BookRequest {
            basis: Basis::Recorded,
            ..Self::request(through)
        };
        self.portfolio.book(&request).unwrap()
    }
}

fn drafted(deal: &Deal<'_>) -> ContractCommand {
    let terms = WishedTerms {
        kind: ContractKind::Subscription,
        currency: deal.currency,
        lines: vec![wished_line("Abonnement", deal.price, deal.interval, deal.currency)],
        starts_on: day(deal.start),
        ends_on: deal.end.map(day),
        renewal: if deal.tacit {
            RenewalPolicy::Tacit {
                term_months: Some(12),
                max_renewals: None,
            }
        } else {
            RenewalPolicy::None
        },
        notice: NoticePeriod::NONE,
        indexation: deal.indexed.then(|| IndexClause {
            index: "SYNTEC".to_owned(),
            base: IndexPoint {
                month: day("2025-09-01"),
                value: dec("300"),
            },
            fixed_share: crate::billing::Percentage::ZERO,
            floor: None,
            cap: None,
            rounding: None,
        }),
        billing_starts_on: None,
    };
    ContractCommand::Draft(Box::new(DraftContract {
        number: number(),
        organization: customer(deal.customer),
        customer_kind: OrganizationKind::Professional,
        deal: None,
        quote: None,
        owner: None,
        segment: deal.segment.map(str::to_owned),
        follows: None,
        terms,
    }))
}

fn amendment(signed_on: NaiveDate, effective_on: NaiveDate, lines: Vec<WishedLineChange>) -> Amend {
    Amend {
        signed_on,
        effective_on,
        lines,
        ends_on: crate::Change::Keep,
        renewal: None,
        notice: None,
        document: None,
        note: None,
    }
}

fn syntec(month: &str, value: &str, published_on: &str) -> Vec<IndexValue> {
    vec![IndexValue {
        index: "SYNTEC".to_owned(),
        point: IndexPoint {
            month: day(month),
            value: dec(value),
        },
        published_on: day(published_on),
    }]
}

fn period(after: &str, until: &str) -> Period {
    Period {
        after: day(after),
        until: day(until),
    }
}

/// Day, kind and amount of every movement.
fn told(movements: &[Movement]) -> Vec<(String, &'static str, Decimal)> {
    let movements = movements.iter();
    movements
        .map(|movement| (movement.on.to_string(), movement.kind.as_str(), movement.amount))
        .collect()
}

fn as_told(movements: &[(&str, &'static str, &str)]) -> Vec<(String, &'static str, Decimal)> {
    let movements = movements.iter();
    movements
        .map(|(on, kind, amount)| ((*on).to_owned(), *kind, dec(amount)))
        .collect()
}
