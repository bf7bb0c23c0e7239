//! Contracts of a company that has sold by subscription for five years: renewed every year, some indexed, some amended,
//! some gone. They come about through their own commands, and each event is recorded on the day on which it happened.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::Context;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use domain::{
    Change, ContractCommand, ContractEvent, ContractId, Currency, Decider, Event, OrganizationEvent, OrganizationId,
    billing::{Nature, Percentage, Quantity, RateClass, UnitPrice},
    contract::{
        Amend, BillingInterval, BillingTiming, ContractKind, ContractState, DraftContract, Ground, IndexClause,
        IndexPoint, IndexValue, LinePrice, NoticePeriod, NoticeWish, Party, RenewalPolicy, TerminationReason,
        WishedLine, WishedLineChange, WishedTerms,
        calendar::{days_after, end_of_term, months_after, months_before},
    },
    document::{DocumentNumber, LineId, NumberPattern, Series},
    organization::OrganizationKind,
    product::Taxation,
};
use engine::Codec;
use journal::{AppendBatch, Expected, Journal, NewEvent, StreamId, StreamWrite, Timestamp};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::workload::{batch_to, recorded};

/// How far back its history reaches.
pub(super) const MONTHS: u32 = 60;
/// Of twenty relations, how many end after one of their years.
const LOST_OF_TWENTY: u32 = 5;
/// A day's events are recorded at this time.
const MORNING: Option<NaiveTime> = NaiveTime::from_hms_opt(8, 0, 0);
const INDEX: &str = "SYNTEC";

/// What there is to ask about.
pub(super) struct Portfolio {
    /// The first day on which something happened.
    pub(super) begin: NaiveDate,
    pub(super) today: NaiveDate,
    /// Contracts in force today.
    pub(super) active: Vec<Uuid>,
    /// All contracts, those that others followed too.
    pub(super) contracts: usize,
    pub(super) events: usize,
}

impl Portfolio {
    /// Writes the history of a company with so many contracts in force.
    pub(super) async fn fill(
        journal: &Arc<dyn Journal>,
        codec: &Codec<Event>,
        active: usize,
        today: NaiveDate,
    ) -> anyhow::Result<Self> {
        let begin = months_before(today, MONTHS);
        let mut told = Told {
            begin,
            today,
            ..Told::default()
        };
        let mut number = 0;
        while told.active.len() < active {
            told.relation(number)?;
            number += 1;
        }
        let mut portfolio = Self {
            begin,
            today,
            active: std::mem::take(&mut told.active),
            contracts: told.contracts as usize,
            events: 0,
        };
        for (day, events) in told.days {
            portfolio.events += events.contracts.iter().map(|(_, events)| events.len()).sum::<usize>();
            journal.append(events.batch(codec, day).await?).await?;
        }
        Ok(portfolio)
    }
}

/// What happened on one day.
#[derive(Default)]
struct Day {
    customers: BTreeMap<u32, OrganizationId>,
    contracts: Vec<(ContractId, Vec<ContractEvent>)>,
}

impl Day {
    /// All of it in one append, recorded on the day.
    async fn batch(self, codec: &Codec<Event>, day: NaiveDate) -> anyhow::Result<AppendBatch> {
        let at = moment(day);
        let mut writes: Vec<StreamWrite> = Vec::new();
        for (number, customer) in &self.customers {
            let event = recorded(&registered(*number).into(), at.into());
            writes.push(write(StreamId::new("organization", customer.0), vec![event]));
        }
        for (contract, events) in self.contracts {
            let mut encoded = Vec::with_capacity(events.len());
            for event in &events {
                encoded.push(codec.encode(event, Uuid::now_v7(), at.into()).await?);
            }
            writes.push(write(StreamId::new("contract", contract.0), encoded));
        }
        Ok(AppendBatch {
            now: Timestamp::from(at),
            writes,
            ..batch_to(StreamId::new("contract", Uuid::nil()), Vec::new())
        })
    }
}

fn write(stream: StreamId, events: Vec<NewEvent>) -> StreamWrite {
    StreamWrite {
        stream,
        expected: Expected::Any,
        events,
    }
}

fn moment(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(MORNING.unwrap_or_default()).and_utc()
}

/// The story as it is told: relation by relation, put down day by day.
#[derive(Default)]
struct Told {
    begin: NaiveDate,
    today: NaiveDate,
    days: BTreeMap<NaiveDate, Day>,
    active: Vec<Uuid>,
    customers: BTreeMap<u32, OrganizationId>,
    contracts: u32,
}

impl Told {
    /// A contract that is renewed every year until one ends it, or until today.
    fn relation(&mut self, number: u32) -> anyhow::Result<()> {
        let first = self.begin + Days::new(u64::from(number * 7 % 365));
        // One customer in ten has two contracts.
        let customer = number * 9 / 10;
        let known = self.customers.get(&customer).copied();
        let customer = known.unwrap_or_else(|| {
            let new = OrganizationId(Uuid::now_v7());
            self.customers.insert(customer, new);
            self.days.entry(first).or_default().customers.insert(customer, new);
            new
        });
        let mut id = ContractId(Uuid::now_v7());
        let mut state = ContractState::default();
        let draft = draft(number, self.next_number(), customer, first)?;
        self.put(&mut state, id, first, draft)?;
        let sign = ContractCommand::Sign {
            signed_on: first,
            document: None,
        };
        self.put(&mut state, id, first, sign)?;
        self.put(&mut state, id, first, ContractCommand::Activate { on: first })?;
        for year in 0.. {
            let on = months_after(first, 12 * year + 5);
            if number % 3 == year % 3 && on <= self.today {
                self.put(&mut state, id, on, amendment(number, year, on)?)?;
            }
            let end = state.ends_on().context("a contract without end")?;
            if end >= self.today {
                break;
            }
            if number % 20 < LOST_OF_TWENTY && number / 20 % 5 == year {
                self.put(&mut state, id, end, notice(end))?;
                let over = days_after(end, 1);
                return self.put(&mut state, id, over, ContractCommand::Terminate { on: over });
            }
            let plan = Box::new(state.renewal_plan(id, &[index(self.begin, year)])?);
            let (by, number) = (plan.by, self.next_number());
            let renew = ContractCommand::RenewTacitly {
                plan: plan.clone(),
                number: number.clone(),
                on: end,
            };
            self.put(&mut state, id, end, renew)?;
            (id, state) = (by, ContractState::default());
            self.put(&mut state, id, end, ContractCommand::BeginRenewal { plan, number })?;
            let begins = days_after(end, 1);
            self.put(&mut state, id, begins, ContractCommand::Activate { on: begins })?;
        }
        self.active.push(id.0);
        Ok(())
    }

    fn next_number(&mut self) -> DocumentNumber {
        self.contracts += 1;
        NumberPattern::of(Series::Contract).number(2026, self.contracts)
    }

    /// Gives a command on a day, and puts down what follows from it.
    fn put(
        &mut self,
        state: &mut ContractState,
        id: ContractId,
        on: NaiveDate,
        command: ContractCommand,
    ) -> anyhow::Result<()> {
        let events = state.decide(command)?;
        for event in &events {
            state.evolve(event);
        }
        let day = &mut self.days.entry(on).or_default().contracts;
        match day.iter_mut().rev().take(2).find(|(of, _)| *of == id) {
            Some((_, before)) => before.extend(events),
            None => day.push((id, events)),
        }
        Ok(())
    }
}

fn registered(number: u32) -> OrganizationEvent {
    OrganizationEvent::OrganizationRegistered {
        name: format!("Ateliers Fournier {number}"),
        siren: None,
        sector: None,
        country: None,
        country_name: None,
        employees: None,
        annual_revenue: None,
        founded_year: None,
        parent: None,
        kind: Some(OrganizationKind::Professional),
        category: None,
        region: None,
        size: None,
        external_reference: None,
    }
}

/// Two percent a year.
fn index(begin: NaiveDate, year: u32) -> IndexValue {
    IndexValue {
        index: INDEX.to_owned(),
        point: IndexPoint {
            month: months_after(begin, 12 * year + 6),
            value: Decimal::from(100 + 2 * (year + 1)),
        },
        published_on: begin,
    }
}

fn amendment(number: u32, year: u32, on: NaiveDate) -> anyhow::Result<ContractCommand> {
    let quantity = Quantity::new("quantity", Decimal::from(1 + (number + year) % 4))?;
    Ok(ContractCommand::Amend(Box::new(Amend {
        signed_on: on,
        effective_on: on,
        lines: vec![WishedLineChange::Quantity {
            line: LineId(1),
            quantity,
        }],
        ends_on: Change::Keep,
        renewal: None,
        notice: None,
        document: None,
        note: None,
    })))
}

fn notice(end: NaiveDate) -> ContractCommand {
    let notice = NoticeWish {
        by: Party::Customer,
        ground: Ground::NonRenewal,
        received_on: end,
        last_day: None,
        reason: TerminationReason::CheaperOffer,
        note: None,
    };
    ContractCommand::GiveNotice { notice, on: end }
}

fn draft(
    number: u32,
    called: DocumentNumber,
    organization: OrganizationId,
    first: NaiveDate,
) -> anyhow::Result<ContractCommand> {
    let line = WishedLine {
        id: None,
        product: None,
        name: "Supervision".to_owned(),
        details: None,
        unit: "mois".to_owned(),
        quantity: Quantity::ONE,
        price: LinePrice {
            unit_price: UnitPrice::new("unitPrice", Decimal::from(50 + number % 200))?,
            discount: None,
        },
        currency: Currency::EUR,
        interval: if number.is_multiple_of(2) {
            BillingInterval::Month
        } else {
            BillingInterval::Quarter
        },
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
    };
    let terms = WishedTerms {
        kind: ContractKind::Subscription,
        currency: Currency::EUR,
        lines: vec![line],
        starts_on: first,
        ends_on: Some(end_of_term(first, 12)),
        renewal: RenewalPolicy::Tacit {
            term_months: Some(12),
            max_renewals: None,
        },
        notice: NoticePeriod::NONE,
        indexation: number.is_multiple_of(4).then(|| IndexClause {
            index: INDEX.to_owned(),
            base: IndexPoint {
                month: months_before(first, 12),
                value: Decimal::ONE_HUNDRED,
            },
            fixed_share: Percentage::ZERO,
            floor: None,
            cap: None,
            rounding: None,
        }),
        billing_starts_on: None,
    };
    Ok(ContractCommand::Draft(Box::new(DraftContract {
        number: called,
        organization,
        customer_kind: OrganizationKind::Professional,
        deal: None,
        quote: None,
        owner: None,
        segment: Some(if number.is_multiple_of(3) { "PME" } else { "ETI" }.to_owned()),
        follows: None,
        terms,
    })))
}
