//! How long recurring revenue takes over 10,000 contracts with five years behind them, renewed every year, some indexed,
//! some amended, some gone: `cargo run --release -p domain --example recurring_revenue`.

use std::time::Instant;

use chrono::{Days, NaiveDate};
use domain::{
    ContractCommand, ContractId, Currency, Decider, OrganizationId,
    billing::{Nature, Percentage, Quantity, RateClass, UnitPrice},
    contract::{
        Amend, BillingInterval, BillingTiming, ContractKind, ContractState, DraftContract, Ground, IndexClause,
        IndexPoint, IndexValue, LinePrice, NoticePeriod, NoticeWish, Party, RenewalPolicy, TerminationReason,
        WishedLine, WishedLineChange, WishedTerms, calendar::months_after,
    },
    document::{DocumentNumber, LineId, NumberPattern, Series},
    organization::OrganizationKind,
    product::Taxation,
    recurring_revenue::{
        Basis, BookRequest, Happened, Month, Period, Portfolio, Recording, RevenueSettings, Selection,
    },
};
use rust_decimal::Decimal;
use uuid::Uuid;

const CONTRACTS: u32 = 10_000;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let mut filler = Filler::default();
    let begun = Instant::now();
    for number in 0..CONTRACTS {
        filler.relation(number)?;
    }
    println!(
        "{} events of {} contracts decided in {:?}",
        filler.position,
        filler.portfolio.contracts().count(),
        begun.elapsed()
    );
    let today = day(2026, 6, 30)?;
    let mut request = BookRequest {
        settings: RevenueSettings::of(Currency::EUR),
        basis: Basis::Effective,
        known_until: None,
        through: today,
    };
    let book = timed("the book, by effective day", || filler.portfolio.book(&request))?;
    request.basis = Basis::Recorded;
    let recorded = timed("the book, by the day of knowing", || filler.portfolio.book(&request))?;
    println!(
        "{} movements, {} by the day of knowing",
        book.movements().len(),
        recorded.movements().len()
    );
    let (all, segment) = (Selection::all(), Selection::segment("PME"));
    let mid = day(2024, 3, 17)?;
    println!("MRR {}", timed("MRR on a day", || book.mrr(mid, &all)));
    println!(
        "MRR {}",
        timed("MRR on a day, of a segment", || book.mrr(mid, &segment))
    );
    let months = timed("waterfalls of twelve months", || {
        book.months(Month::of(today), 12, &all).len()
    });
    timed("the same, of a segment", || {
        book.months(Month::of(today), 12, &segment).len()
    });
    println!("{months} waterfalls");
    let cohorts = timed("cohorts", || book.cohorts(Month::of(today), &all).len());
    println!("{cohorts} cohorts");
    let year = Period {
        after: day(2025, 6, 30)?,
        until: today,
    };
    println!("NRR {:?}", timed("NRR over a year", || book.nrr(year, &all)));
    let one = filler.portfolio.contracts().next().ok_or("no contract")?;
    let family = timed("the family of a contract", || filler.portfolio.family(one));
    request.basis = Basis::Effective;
    timed("the book of a family", || {
        filler.portfolio.book_of(family.clone(), &request)
    })?;
    Ok(())
}

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let done = work();
    println!("{:>10.3?}  {what}", begun.elapsed());
    done
}

fn day(year: i32, month: u32, day: u32) -> Result<NaiveDate, Failure> {
    NaiveDate::from_ymd_opt(year, month, day).ok_or_else(|| "no such day".into())
}

/// Makes contracts through their own commands.
#[derive(Default)]
struct Filler {
    portfolio: Portfolio,
    position: u64,
}

impl Filler {
    fn put(
        &mut self,
        state: &mut ContractState,
        id: ContractId,
        on: NaiveDate,
        command: ContractCommand,
    ) -> Result<(), Failure> {
        for event in state.decide(command)? {
            state.evolve(&event);
            self.position += 1;
            let at = Recording {
                position: self.position,
                event: Uuid::from_u128(self.position.into()),
                at: on.and_time(chrono::NaiveTime::MIN).and_utc(),
                on,
            };
            self.portfolio.record(at, Happened::Contract(id, &event));
        }
        Ok(())
    }

    /// A customer with a contract that is renewed every year until one ends it.
    fn relation(&mut self, number: u32) -> Result<(), Failure> {
        let first = day(2021, 1, 1)? + Days::new(u64::from(number * 7 % 365));
        let mut id = ContractId(Uuid::from_u128(u128::from(number) + 1));
        let mut state = ContractState::default();
        self.put(&mut state, id, first, draft(number, first)?)?;
        self.put(
            &mut state,
            id,
            first,
            ContractCommand::Sign {
                signed_on: first,
                document: None,
            },
        )?;
        for year in 0..5_u32 {
            if number % 3 == year % 3 {
                let on = months_after(first, 12 * year + 5);
                let quantity = Quantity::new("quantity", Decimal::from(1 + (number + year) % 4))?;
                let amend = Amend {
                    signed_on: on,
                    effective_on: on,
                    lines: vec![WishedLineChange::Quantity {
                        line: LineId(1),
                        quantity,
                    }],
                    ends_on: domain::Change::Keep,
                    renewal: None,
                    notice: None,
                    document: None,
                    note: None,
                };
                self.put(&mut state, id, on, ContractCommand::Amend(Box::new(amend)))?;
            }
            let end = state.ends_on().ok_or("no end")?;
            if number % 13 == 7 + year {
                let notice = NoticeWish {
                    by: Party::Customer,
                    ground: Ground::NonRenewal,
                    received_on: end,
                    last_day: None,
                    reason: TerminationReason::CheaperOffer,
                    note: None,
                };
                return self.put(&mut state, id, end, ContractCommand::GiveNotice { notice, on: end });
            }
            let plan = Box::new(state.renewal_plan(id, &index(year)?)?);
            let renewed = ContractCommand::RenewTacitly {
                plan: plan.clone(),
                number: numbered(),
                on: end,
            };
            self.put(&mut state, id, end, renewed)?;
            id = plan.by;
            state = ContractState::default();
            self.put(
                &mut state,
                id,
                end,
                ContractCommand::BeginRenewal {
                    plan,
                    number: numbered(),
                },
            )?;
        }
        Ok(())
    }
}

fn numbered() -> DocumentNumber {
    NumberPattern::of(Series::Contract).number(2026, 1)
}

/// Two percent a year.
fn index(year: u32) -> Result<Vec<IndexValue>, Failure> {
    let month = months_after(day(2021, 1, 1)?, 12 * (year + 1));
    Ok(vec![IndexValue {
        index: "SYNTEC".to_owned(),
        point: IndexPoint {
            month: months_after(day(2020, 12, 1)?, 12 * year + 6),
            value: Decimal::from(100 + 2 * (year + 1)),
        },
        published_on: month.min(day(2021, 1, 1)?),
    }])
}

fn draft(number: u32, first: NaiveDate) -> Result<ContractCommand, Failure> {
    let line = WishedLine {
        id: None,
        product: None,
        name: "Abonnement".to_owned(),
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
        ends_on: Some(domain::contract::calendar::end_of_term(first, 12)),
        renewal: RenewalPolicy::Tacit {
            term_months: Some(12),
            max_renewals: None,
        },
        notice: NoticePeriod::NONE,
        indexation: number.is_multiple_of(4).then(|| IndexClause {
            index: "SYNTEC".to_owned(),
            base: IndexPoint {
                month: NaiveDate::from_ymd_opt(2020, 1, 1).unwrap_or_default(),
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
        number: numbered(),
        organization: OrganizationId(Uuid::from_u128(u128::from(number * 9 / 10) + 1_000_000)),
        customer_kind: OrganizationKind::Professional,
        deal: None,
        quote: None,
        owner: None,
        segment: Some(if number.is_multiple_of(3) { "PME" } else { "ETI" }.to_owned()),
        follows: None,
        terms,
    })))
}
