use proptest::{collection::vec, option, prelude::*, sample::select};

use super::*;

const SEGMENTS: [&str; 2] = ["PME", "ETI"];
const CUSTOMERS: [&str; 4] = ["Acme", "Bravo", "Charlie", "Delta"];

/// Something that may happen to one of a few contracts; what is refused does not.
#[derive(Debug, Clone)]
struct Turn {
    recorded_after: i64,
    contract: usize,
    what: What,
}

#[derive(Debug, Clone)]
enum What {
    Sign {
        customer: usize,
        start: i64,
        months: Option<u32>,
        price: &'static str,
        interval: BillingInterval,
        dollars: bool,
        segment: Option<usize>,
        tacit: bool,
    },
    Quantity {
        effective: i64,
        quantity: &'static str,
    },
    Replace {
        effective: i64,
        price: &'static str,
    },
    Index {
        effective: i64,
        value: &'static str,
    },
    Pause {
        from: i64,
    },
    Resume {
        on: i64,
    },
    End {
        last: i64,
    },
    Withdraw,
    Renew,
    RenewExpressly {
        by: usize,
        gap: i64,
    },
    Segment {
        effective: i64,
        segment: Option<usize>,
    },
    Transfer {
        effective: i64,
        customer: usize,
    },
    Merge {
        of: usize,
        into: usize,
    },
}

fn what() -> impl Strategy<Value = What> {
    // Few days, so that what is planned for one meets what is decided on it.
    let around = || (-20_i64..20).prop_map(|steps| steps * 20);
    let prices = || select(vec!["100", "70", "33.33", "1000"]);
    let intervals = select(vec![
        BillingInterval::Month,
        BillingInterval::Quarter,
        BillingInterval::Year,
    ]);
    let sign = (
        (
            0_usize..4,
            (-10_i64..10).prop_map(|steps| steps * 20),
            option::of(select(vec![1_u32, 6, 12])),
        ),
        (prices(), intervals),
        (proptest::bool::weighted(0.3), option::of(0_usize..2), any::<bool>()),
    );
    prop_oneof![
        5 => sign.prop_map(|((customer, start, months), (price, interval), (dollars, segment, tacit))| What::Sign {
            customer, start, months, price, interval, dollars, segment, tacit,
        }),
        3 => (around(), select(vec!["1", "2", "5"])).prop_map(|(effective, quantity)| What::Quantity { effective, quantity }),
        2 => (around(), prices()).prop_map(|(effective, price)| What::Replace { effective, price }),
        1 => (around(), select(vec!["306", "290"])).prop_map(|(effective, value)| What::Index { effective, value }),
        2 => around().prop_map(|from| What::Pause { from }),
        2 => around().prop_map(|on| What::Resume { on }),
        2 => around().prop_map(|last| What::End { last }),
        1 => Just(What::Withdraw),
        3 => Just(What::Renew),
        1 => (0_usize..6, 1_i64..60).prop_map(|(by, gap)| What::RenewExpressly { by, gap }),
        1 => (around(), option::of(0_usize..2)).prop_map(|(effective, segment)| What::Segment { effective, segment }),
        1 => (around(), 0_usize..4).prop_map(|(effective, customer)| What::Transfer { effective, customer }),
        1 => (0_usize..4, 0_usize..4).prop_map(|(of, into)| What::Merge { of, into }),
    ]
}

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let turn = (select(vec![0_i64, 0, 20, 40]), 0_usize..6, what()).prop_map(|(recorded_after, contract, what)| Turn {
        recorded_after,
        contract,
        what,
    });
    vec(turn, 1..25)
}

fn lived(turns: &[Turn]) -> World {
    let mut world = World::default();
    let mut today = day("2025-01-01");
    let mut merged: Vec<usize> = Vec::new();
    let days = |today: NaiveDate, days: i64| today + chrono::Duration::days(days);
    for turn in turns {
        today = days(today, turn.recorded_after);
        // The newest of a chain of renewals.
        let mut id = ContractId(named("contract", &turn.contract.to_string()));
        while let Some(by) = world
            .states
            .get(&id)
            .and_then(|state| state.renewal().map(|renewal| renewal.by))
        {
            id = by;
        }
        let put = |world: &mut World, command| world.try_put(today, id, command);
        match &turn.what {
            What::Sign {
                customer,
                start,
                months,
                price,
                interval,
                dollars,
                segment,
                tacit,
            } => {
                let start = days(today, *start);
                let end = months.map(|months| crate::contract::calendar::end_of_term(start, months).to_string());
                let start = start.to_string();
                let deal = Deal {
                    interval: *interval,
                    currency: if *dollars {
                        "USD".parse().unwrap()
                    } else {
                        Currency::EUR
                    },
                    segment: segment.map(|segment| SEGMENTS[segment]),
                    tacit: *tacit && end.is_some(),
                    indexed: true,
                    ..monthly(CUSTOMERS[*customer], &start, end.as_deref(), price)
                };
                put(&mut world, drafted(&deal));
                put(
                    &mut world,
                    ContractCommand::Sign {
                        signed_on: today,
                        document: None,
                    },
                );
            }
            What::Quantity { effective, quantity } => {
                let lines = vec![WishedLineChange::Quantity {
                    line: LineId(1),
                    quantity: Quantity::new("quantity", dec(quantity)).unwrap(),
                }];
                let amend = amendment(today, days(today, *effective), lines);
                put(&mut world, ContractCommand::Amend(Box::new(amend)));
            }
            What::Replace { effective, price } => {
                let effective = days(today, *effective);
                let currency = world
                    .states
                    .get(&id)
                    .and_then(ContractState::currency)
                    .unwrap_or(Currency::EUR);
                let line = wished_line(
                    &format!("Option {effective} {price}"),
                    price,
                    BillingInterval::Month,
                    currency,
                );
                let lines = vec![
                    WishedLineChange::End { line: LineId(1) },
                    WishedLineChange::Add(Box::new(line)),
                ];
                put(
                    &mut world,
                    ContractCommand::Amend(Box::new(amendment(today, effective, lines))),
                );
            }
            What::Index { effective, value } => {
                let values = syntec("2025-10-01", value, "2020-01-01");
                put(
                    &mut world,
                    ContractCommand::Index {
                        effective_on: days(today, *effective),
                        values,
                    },
                );
            }
            What::Pause { from } => {
                put(
                    &mut world,
                    ContractCommand::Pause {
                        from: days(today, *from),
                        reason: None,
                    },
                );
            }
            What::Resume { on } => {
                put(&mut world, ContractCommand::Resume { on: days(today, *on) });
            }
            What::End { last } => {
                let notice = NoticeWish {
                    by: Party::Customer,
                    ground: Ground::Agreement,
                    received_on: today,
                    last_day: Some(days(today, *last)),
                    reason: TerminationReason::Quality,
                    note: None,
                };
                put(&mut world, ContractCommand::GiveNotice { notice, on: today });
            }
            What::Withdraw => {
                put(&mut world, ContractCommand::WithdrawNotice { on: today });
            }
            What::Renew => {
                let plan = world.states.get(&id).and_then(|state| state.renewal_plan(id, &[]).ok());
                if let Some(plan) = plan {
                    let (by, plan) = (plan.by, Box::new(plan));
                    let renewed = ContractCommand::RenewTacitly {
                        plan: plan.clone(),
                        number: number(),
                        on: today,
                    };
                    if put(&mut world, renewed) {
                        let begun = ContractCommand::BeginRenewal { plan, number: number() };
                        assert!(world.try_put(today, by, begun));
                    }
                }
            }
            What::RenewExpressly { by, gap } => {
                let Some(state) = world.states.get(&id) else { continue };
                let (Some(end), Some(customer)) = (state.ends_on(), state.organization_on(today)) else {
                    continue;
                };
                let by = ContractId(named("renewal", &format!("{by}")));
                let start = days(end, *gap).to_string();
                let known = CUSTOMERS.iter().find(|name| super::customer(name) == customer);
                let Some(name) = known else { continue };
                let deal = Deal {
                    currency: state.currency().unwrap(),
                    ..monthly(name, &start, None, "90")
                };
                let renewed = ContractCommand::RenewExpressly {
                    by,
                    number: number(),
                    starts_on: day(&start),
                    ends_on: None,
                };
                if !world.states.contains_key(&by) && put(&mut world, renewed) {
                    assert!(world.try_put(today, by, drafted(&deal)));
                    assert!(world.try_put(
                        today,
                        by,
                        ContractCommand::Sign {
                            signed_on: today,
                            document: None
                        }
                    ));
                }
            }
            What::Segment { effective, segment } => {
                let segment = segment.map(|segment| SEGMENTS[segment].to_owned());
                put(
                    &mut world,
                    ContractCommand::SetSegment {
                        segment,
                        effective_on: days(today, *effective),
                    },
                );
            }
            What::Transfer { effective, customer } => {
                let transfer = ContractCommand::Transfer {
                    organization: super::customer(CUSTOMERS[*customer]),
                    customer_kind: OrganizationKind::Professional,
                    effective_on: days(today, *effective),
                };
                put(&mut world, transfer);
            }
            What::Merge { of, into } => {
                if of != into && !merged.contains(of) && !merged.contains(into) {
                    merged.push(*of);
                    world.merge(&today.to_string(), CUSTOMERS[*of], CUSTOMERS[*into]);
                }
            }
        }
    }
    world
}

fn rates() -> FxTable {
    let mut table = FxTable::new(Currency::EUR);
    let dollars = "USD".parse().unwrap();
    for (from, rate) in [
        ("2000-01-01", "0.9"),
        ("2025-03-10", "0.93"),
        ("2025-06-01", "0.87"),
        ("2026-02-28", "1.01"),
    ] {
        table.set(dollars, day(from), dec(rate)).unwrap();
    }
    table
}

fn request() -> impl Strategy<Value = BookRequest> {
    let reporting = prop_oneof![
        Just(Reporting::Native(Currency::EUR)),
        select(vec![FxPolicy::EachRate, FxPolicy::PeriodStart])
            .prop_map(|policy| Reporting::Converted { rates: rates(), policy }),
    ];
    let pauses = select(vec![PausePolicy::Exclude, PausePolicy::Include]);
    (reporting, pauses, select(vec![0_u16, 30]), select(Basis::ALL.to_vec())).prop_map(
        |(reporting, pauses, renewal_grace_days, basis)| BookRequest {
            settings: RevenueSettings {
                reporting,
                renewal_grace_days,
                pauses,
            },
            basis,
            known_until: None,
            through: day("2030-12-31"),
        },
    )
}

fn selections(world: &World) -> Vec<Selection> {
    let mut all = vec![
        Selection::all(),
        Selection {
            segment: Some(None),
            ..Selection::all()
        },
    ];
    all.extend(SEGMENTS.map(Selection::segment));
    all.extend(CUSTOMERS.map(|name| Selection {
        customer: Some(super::customer(name)),
        ..Selection::all()
    }));
    all.push(Selection {
        currency: Some("USD".parse().unwrap()),
        ..Selection::all()
    });
    all.extend(world.states.keys().map(|id| Selection {
        contract: Some(*id),
        ..Selection::all()
    }));
    all
}

proptest! {
    /// MRR(t1) = MRR(t0) + everything that moved in between, for any two days and any selection.
    #[test]
    fn what_there_is_is_what_there_was_and_what_moved(
        turns in turns(), request in request(), first in 0_i64..2_000, second in 0_i64..2_000,
    ) {
        let world = lived(&turns);
        let book = world.portfolio.book(&request).unwrap();
        let on = |days| day("2024-06-01") + chrono::Duration::days(days);
        let period = Period { after: on(first.min(second)), until: on(first.max(second)) };
        for selection in selections(&world) {
            let moved: Decimal = book.between(period, &selection).map(|movement| movement.amount).sum();
            prop_assert_eq!(book.mrr(period.until, &selection), book.mrr(period.after, &selection) + moved);
            let waterfall = book.waterfall(period, &selection);
            prop_assert_eq!(waterfall.closing, book.mrr(period.until, &selection));
            let shown = waterfall.shown(book.currency());
            let bars: i64 = shown.bars.iter().map(|(_, amount)| amount).sum();
            prop_assert!(shown.bars.is_empty() || shown.opening + bars == shown.closing);
        }
    }

    /// Line by line movements come to what the contracts are worth, on every day on which something moves and the one before.
    #[test]
    fn movements_come_to_what_the_lines_are_worth(turns in turns()) {
        let world = lived(&turns);
        let book = world.book("2030-12-31");
        let mut days: Vec<NaiveDate> = book.movements().iter().flat_map(|one| [one.on, one.on.pred_opt().unwrap()]).collect();
        days.sort_unstable();
        days.dedup();
        for on in days {
            let mut whole = Decimal::ZERO;
            for (id, state) in &world.states {
                if state.currency() != Some(Currency::EUR) {
                    continue;
                }
                for line in state.lines() {
                    let selection = Selection { contract: Some(*id), line: Some(line.line.id), ..Selection::all() };
                    let worth = state.line_mrr_on(line.line.id, on);
                    prop_assert_eq!(book.mrr(on, &selection), worth, "{} of {} on {}", line.line.id.0, id, on);
                    whole += worth;
                }
            }
            prop_assert_eq!(book.mrr(on, &Selection::all()), whole);
        }
    }

    /// In another currency it is what the lines are worth at the rate of the day.
    #[test]
    fn converted_it_is_the_worth_at_the_rate_of_the_day(turns in turns(), days in 0_i64..1_500) {
        let world = lived(&turns);
        let request = BookRequest {
            settings: RevenueSettings {
                reporting: Reporting::Converted { rates: rates(), policy: FxPolicy::EachRate },
                ..RevenueSettings::of(Currency::EUR)
            },
            ..World::request("2030-12-31")
        };
        let book = world.portfolio.book(&request).unwrap();
        let on = day("2024-06-01") + chrono::Duration::days(days);
        for (id, state) in &world.states {
            let Some(currency) = state.currency() else { continue };
            let rate = rates().rate(currency, on).unwrap();
            for line in state.lines() {
                let selection = Selection { contract: Some(*id), line: Some(line.line.id), ..Selection::all() };
                let worth = crate::contract::recurring::kept(state.line_mrr_on(line.line.id, on) * rate);
                prop_assert_eq!(book.mrr(on, &selection), worth);
            }
        }
    }

    /// By the time of recording nothing that comes later changes what there was; at the moment itself both times agree.
    #[test]
    fn what_was_known_of_a_day_stays(turns in turns(), cut in 0_usize..25) {
        let cut = cut.min(turns.len());
        let (early, whole) = (lived(&turns[..cut]), lived(&turns));
        let Some(today) = early.today else { return Ok(()) };
        let then = early.recorded("2030-12-31");
        let now = whole.recorded("2030-12-31");
        let before = today.pred_opt().unwrap();
        for days_back in [0, 1, 10, 100, 400] {
            let on = before - chrono::Duration::days(days_back);
            prop_assert_eq!(then.mrr(on, &Selection::all()), now.mrr(on, &Selection::all()), "{}", on);
        }
        let effective = early.book("2030-12-31").mrr(today, &Selection::all());
        prop_assert_eq!(then.mrr(today, &Selection::all()), effective, "known and effective on {}", today);
    }

    /// Transfers come to nothing; a customer who goes leaves nothing behind; amounts have the sign of their kind.
    #[test]
    fn movements_are_what_they_are_called(turns in turns(), request in request()) {
        let world = lived(&turns);
        let book = world.portfolio.book(&request).unwrap();
        let transferred: Decimal = book
            .movements()
            .iter()
            .filter(|movement| movement.kind == MovementKind::Transfer)
            .map(|movement| movement.amount)
            .sum();
        prop_assert_eq!(transferred, Decimal::ZERO);
        for movement in book.movements() {
            match movement.kind {
                MovementKind::Expansion | MovementKind::Resumed => prop_assert!(movement.amount > Decimal::ZERO, "{:?}", movement),
                MovementKind::Contraction | MovementKind::Paused => prop_assert!(movement.amount < Decimal::ZERO, "{:?}", movement),
                MovementKind::Churn if request.basis == Basis::Effective => {
                    let selection = Selection { customer: Some(movement.customer), ..Selection::all() };
                    prop_assert_eq!(book.mrr(movement.on, &selection), Decimal::ZERO, "{:?}", movement);
                }
                MovementKind::Correction => prop_assert_eq!(request.basis, Basis::Recorded),
                _ => {}
            }
            prop_assert_eq!(movement.cause.is_none(), movement.kind == MovementKind::Fx, "{:?}", movement);
        }
    }

    /// What one family is worth by itself is what it is worth in the whole.
    #[test]
    fn a_family_by_itself_moves_as_in_the_whole(turns in turns(), which in 0_usize..6) {
        let world = lived(&turns);
        let id = ContractId(named("contract", &which.to_string()));
        let family = world.portfolio.family(id);
        let part = world.portfolio.book_of(family.clone(), &World::request("2030-12-31")).unwrap();
        let whole = world.book("2030-12-31");
        let of_family: Vec<_> = whole.movements().iter().filter(|one| family.contains(&one.contract)).collect();
        prop_assert_eq!(part.movements().iter().collect::<Vec<_>>(), of_family);
    }

    /// Retained customers never grow beyond the cohort, and the cohorts together are the whole.
    #[test]
    fn cohorts_add_up(turns in turns()) {
        let world = lived(&turns);
        let book = world.book("2030-12-31");
        let last = Month::of(day("2026-12-01"));
        let cohorts = book.cohorts(last, &Selection::all());
        let mrr: Decimal = cohorts.iter().filter_map(|cohort| cohort.months.last()).map(|month| month.mrr).sum();
        prop_assert_eq!(mrr, book.mrr(last.last_day(), &Selection::all()));
        let left: usize = cohorts.iter().filter_map(|cohort| cohort.months.last()).map(|month| month.customers).sum();
        prop_assert_eq!(left, book.customers(last.last_day(), &Selection::all()));
        for cohort in &cohorts {
            prop_assert!(cohort.months.iter().all(|month| month.customers <= cohort.customers));
        }
    }
}
