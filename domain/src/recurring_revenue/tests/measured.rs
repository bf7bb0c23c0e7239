use super::*;

const ALL: fn() -> Selection = Selection::all;

/// Three customers of 100 at the end of 2025; in January one shrinks to 60, one goes, one of 50 comes.
fn january() -> World {
    let mut world = World::default();
    for (name, who) in [("A", "Acme"), ("B", "Bravo"), ("C", "Charlie")] {
        world.sign("2025-01-01", name, &monthly(who, "2025-01-01", None, "10"));
        world.quantity("2025-01-01", name, "2025-01-01", "10");
    }
    world.quantity("2026-01-10", "A", "2026-01-10", "6");
    world.end("2026-01-10", "B", "2026-01-20", TerminationReason::BetterOffer);
    world.sign("2026-01-25", "D", &monthly("Delta", "2026-01-25", None, "50"));
    world
}

fn month(text: &str) -> Period {
    Month::of(day(text)).period()
}

#[test]
fn rates_of_a_month() {
    let book = january().book("2026-12-31");
    let january = month("2026-01-01");
    assert_eq!(book.mrr(january.after, &ALL()), dec("300"));
    assert_eq!(book.mrr(january.until, &ALL()), dec("210"));
    assert_eq!(book.arr(january.until, &ALL()), dec("2520"));
    assert_eq!(book.growth(january, &ALL()), Ok(dec("-0.3")));
    assert_eq!(book.gross_mrr_churn(january, &ALL()), Ok(dec("140") / dec("300")));
    assert_eq!(book.net_mrr_churn(january, &ALL()), Ok(dec("140") / dec("300")));
    assert_eq!(book.nrr(january, &ALL()), Ok(dec("160") / dec("300")));
    assert_eq!(book.grr(january, &ALL()), Ok(dec("160") / dec("300")));
    assert_eq!(book.arpa(january.until, &ALL()), Ok(dec("70")));
    assert_eq!(book.quick_ratio(january, &ALL()), Ok(dec("50") / dec("140")));
    let churn = |formula| book.logo_churn(january, &ALL(), formula);
    assert_eq!(churn(LogoChurnFormula::StartOfPeriod), Ok(Decimal::ONE / dec("3")));
    assert_eq!(
        churn(LogoChurnFormula::TerminatedContracts),
        Ok(Decimal::ONE / dec("3"))
    );
    assert_eq!(churn(LogoChurnFormula::WithNewCustomers), Ok(dec("0.25")));
}

#[test]
fn gross_retention_is_capped_by_customer() {
    let mut world = january();
    world.quantity("2026-01-26", "C", "2026-01-26", "20");
    let book = world.book("2026-12-31");
    let january = month("2026-01-01");
    assert_eq!(book.nrr(january, &ALL()), Ok(dec("260") / dec("300")));
    assert_eq!(
        book.grr(january, &ALL()),
        Ok(dec("160") / dec("300")),
        "what C adds makes up for nobody"
    );
}

#[test]
fn where_there_is_nothing_to_divide_by_it_says_so() {
    let empty = World::default().book("2026-12-31");
    let january = month("2026-01-01");
    assert_eq!(empty.growth(january, &ALL()), Err(Undefined::NoOpeningRevenue));
    assert_eq!(empty.nrr(january, &ALL()), Err(Undefined::NoOpeningRevenue));
    assert_eq!(empty.arpa(january.until, &ALL()), Err(Undefined::NoCustomers));
    assert_eq!(empty.average_length(january.until, &ALL()), Err(Undefined::NoCustomers));
    assert_eq!(empty.quick_ratio(january, &ALL()), Err(Undefined::NothingLost));
    for formula in [LogoChurnFormula::StartOfPeriod, LogoChurnFormula::WithNewCustomers] {
        assert_eq!(
            empty.logo_churn(january, &ALL(), formula),
            Err(Undefined::NoOpeningCustomers)
        );
    }
    let contracts = empty.logo_churn(january, &ALL(), LogoChurnFormula::TerminatedContracts);
    assert_eq!(contracts, Err(Undefined::NoOpeningContracts));
    let by_length = empty.lifetime_value(january, &ALL(), LifetimeValueFormula::ByLength);
    assert_eq!(by_length, Err(Undefined::NoContracts));
    let calm = calm().book("2026-12-31");
    let value = calm.lifetime_value(month("2025-06-01"), &ALL(), LifetimeValueFormula::ByChurn);
    assert_eq!(value, Err(Undefined::NoChurn), "nobody left: not infinity");
    assert_eq!(RenewalRate::of(&[]).by_count, Err(Undefined::NoTermEnded));
    assert_eq!(RenewalRate::of(&[]).reaches_target(), None);
}

/// One customer who stays.
fn calm() -> World {
    let mut world = World::default();
    world.sign("2025-01-01", "A", &monthly("Acme", "2025-01-01", None, "100"));
    world
}

#[test]
fn a_customer_is_worth_their_revenue_by_the_churn_or_by_the_length() {
    let book = january().book("2026-12-31");
    let january = month("2026-01-01");
    let value = |formula| book.lifetime_value(january, &ALL(), formula);
    assert_eq!(
        value(LifetimeValueFormula::ByChurn),
        Ok(dec("70") / (Decimal::ONE / dec("3")))
    );
    let margin = LifetimeValueFormula::ByChurnAndMargin { margin: dec("0.8") };
    assert_eq!(value(margin), Ok(dec("70") * dec("0.8") / (Decimal::ONE / dec("3"))));
    // 395 days for two, 385 for the one who left on 21 January, 6 for the new one.
    let length = dec("1181") / dec("30.4375") / dec("4");
    assert_eq!(book.average_length(january.until, &ALL()), Ok(length));
    assert_eq!(value(LifetimeValueFormula::ByLength), Ok(dec("70") * length));
}

#[test]
fn what_was_lost_is_told_by_reason() {
    let mut world = january();
    world.end("2026-02-01", "D", "2026-02-10", TerminationReason::TooExpensive);
    let book = world.book("2026-12-31");
    let lost = book.lost_by_reason(period("2025-12-31", "2026-02-28"), &ALL());
    let told: Vec<_> = lost
        .iter()
        .map(|one| (one.reason, one.amount, one.contracts, one.customers))
        .collect();
    assert_eq!(
        told,
        [
            (Some(TerminationReason::BetterOffer), dec("100"), 1, 1),
            (Some(TerminationReason::TooExpensive), dec("50"), 1, 1),
        ]
    );
    assert_eq!(lost[0].category, Some(crate::contract::ReasonCategory::Competition));
}

#[test]
fn a_waterfall_lists_what_each_bar_is_made_of_and_is_shown_to_the_cent() {
    let mut world = World::default();
    let thirds = Deal {
        interval: BillingInterval::Quarter,
        ..monthly("Acme", "2026-01-01", None, "100")
    };
    world.sign("2026-01-01", "A", &thirds);
    world.sign(
        "2026-02-03",
        "B",
        &Deal {
            customer: "Bravo",
            start: "2026-02-03",
            ..thirds.clone()
        },
    );
    world.quantity("2026-02-10", "A", "2026-02-10", "2");
    let book = world.book("2026-12-31");
    let all = ALL();
    let february = book.waterfall(month("2026-02-01"), &all);
    let bars: Vec<_> = february
        .bars
        .iter()
        .map(|bar| (bar.kind, bar.amount, bar.movements.len()))
        .collect();
    assert_eq!(
        bars,
        [
            (MovementKind::New, dec("33.3333333333"), 1),
            (MovementKind::Expansion, dec("33.3333333334"), 1)
        ]
    );
    assert_eq!(february.closing, dec("100"));
    let shown = february.shown(Currency::EUR);
    assert_eq!((shown.opening, shown.closing), (3_333, 10_000));
    assert_eq!(
        shown.bars,
        [(MovementKind::New, 3_333), (MovementKind::Expansion, 3_334)]
    );
    let year = book.months(Month::of(day("2026-12-01")), 12, &all);
    assert_eq!(year.len(), 12);
    assert!(year.windows(2).all(|pair| pair[0].closing == pair[1].opening));
}

#[test]
fn cohorts_are_a_triangle() {
    let mut world = World::default();
    world.sign("2026-01-05", "A", &monthly("Acme", "2026-01-05", None, "100"));
    world.sign("2026-01-20", "B", &monthly("Bravo", "2026-01-20", None, "50"));
    world.sign("2026-02-01", "C", &monthly("Charlie", "2026-02-01", None, "30"));
    world.end("2026-02-01", "B", "2026-02-14", TerminationReason::Quality);
    world.put(
        "2026-03-01",
        "A",
        ContractCommand::Pause {
            from: day("2026-03-01"),
            reason: None,
        },
    );
    let cohorts = world.book("2026-12-31").cohorts(Month::of(day("2026-03-31")), &ALL());
    let told: Vec<_> = cohorts
        .iter()
        .map(|cohort| {
            let months = cohort.months.iter().map(|month| (month.customers, month.mrr));
            (cohort.month.first_day(), cohort.customers, months.collect::<Vec<_>>())
        })
        .collect();
    assert_eq!(
        told,
        [
            (
                day("2026-01-01"),
                2,
                vec![(2, dec("150")), (1, dec("100")), (1, dec("0"))]
            ),
            (day("2026-02-01"), 1, vec![(1, dec("30")), (1, dec("30"))]),
        ],
        "whoever pauses is a customer none the less"
    );
    assert_eq!(cohorts[0].retained(1), Some(dec("0.5")));
    assert_eq!(cohorts[0].revenue_retained(1), Some(dec("100") / dec("150")));
    assert_eq!(cohorts[0].retained(3), None);
}

/// Four terms that end in December: one renewed tacitly, one early and expressly, one refused, one expired.
fn december() -> World {
    let mut world = World::default();
    let deal = |who| Deal {
        tacit: true,
        ..monthly(who, "2026-01-01", Some("2026-12-31"), "100")
    };
    for (name, who) in [("A", "Acme"), ("B", "Bravo"), ("C", "Charlie")] {
        world.sign("2026-01-01", name, &deal(who));
    }
    world.sign(
        "2026-01-01",
        "D",
        &Deal {
            tacit: false,
            ..deal("Delta")
        },
    );
    world.sign(
        "2026-01-01",
        "E",
        &Deal {
            end: Some("2028-12-31"),
            ..deal("Echo")
        },
    );
    let notice = NoticeWish {
        by: Party::Customer,
        ground: Ground::NonRenewal,
        received_on: day("2026-06-01"),
        last_day: None,
        reason: TerminationReason::BudgetCut,
        note: None,
    };
    world.put(
        "2026-06-01",
        "C",
        ContractCommand::GiveNotice {
            notice,
            on: day("2026-06-01"),
        },
    );
    world.renew_expressly("2026-09-01", "B", "B2", &monthly("Bravo", "2027-01-01", None, "80"));
    world
}

#[test]
fn the_renewal_rate_counts_terms_that_ended() {
    let mut world = december();
    let settings = RevenueSettings::of(Currency::EUR);
    let names = |terms: Vec<EndingTerm>| {
        terms
            .iter()
            .map(|term| term.contract)
            .collect::<std::collections::BTreeSet<_>>()
    };
    let open = world
        .portfolio
        .to_renew(day("2026-10-02"), 90, &settings, None)
        .unwrap();
    assert_eq!(names(open), ["A", "D"].map(contract).into());
    assert_eq!(
        world
            .portfolio
            .to_renew(day("2026-10-01"), 90, &settings, None)
            .unwrap(),
        []
    );
    world.renew("2026-12-31", "A", &[]);
    world.put("2027-01-01", "C", ContractCommand::Terminate { on: day("2027-01-01") });
    world.put("2027-01-01", "D", ContractCommand::Expire { on: day("2027-01-01") });
    let rate = world
        .portfolio
        .renewal_rate(day("2026-12-01"), day("2026-12-31"), &settings, None)
        .unwrap();
    assert_eq!((rate.ended, rate.renewed_tacitly, rate.renewed_expressly), (4, 1, 1));
    assert_eq!(rate.by_count, Ok(dec("0.5")));
    assert_eq!(rate.by_value, Ok(dec("0.5")));
    assert_eq!(rate.reaches_target(), Some(false));
    let book = world.book("2027-12-31");
    let january = book
        .waterfall(month("2027-01-01"), &ALL())
        .bars
        .iter()
        .map(|bar| (bar.kind, bar.amount))
        .collect::<Vec<_>>();
    let wanted = [
        (MovementKind::Contraction, dec("-20")),
        (MovementKind::Churn, dec("-200")),
        (MovementKind::Transfer, Decimal::ZERO),
    ];
    assert_eq!(january, wanted, "B pays less, C and D are gone, A goes on");
}

#[test]
fn contracted_revenue_is_what_is_signed_for_a_day_to_come() {
    let mut world = december();
    world.sign("2026-09-10", "F", &monthly("Foxtrot", "2027-03-01", None, "40"));
    let settings = RevenueSettings::of(Currency::EUR);
    let contracted = |horizon: &str, tacit_renewals| {
        let assumption = HorizonAssumption { tacit_renewals };
        world
            .portfolio
            .contracted_mrr(day("2026-10-01"), day(horizon), &settings, assumption, None)
            .unwrap()
    };
    assert_eq!(contracted("2026-10-01", false), dec("500"));
    assert_eq!(contracted("2027-06-30", false), dec("220"), "B2, E and F");
    assert_eq!(contracted("2027-06-30", true), dec("320"), "and A, that renews tacitly");
}

#[test]
fn customers_who_became_one_have_not_left() {
    let mut world = calm();
    world.sign("2025-02-01", "B", &monthly("Bravo", "2025-02-01", None, "50"));
    world.merge("2025-06-10", "Acme", "Bravo");
    let book = world.book("2026-12-31");
    let june = month("2025-06-01");
    assert_eq!(book.nrr(june, &ALL()), Ok(Decimal::ONE));
    assert_eq!(book.grr(june, &ALL()), Ok(Decimal::ONE));
    assert_eq!(
        book.logo_churn(june, &ALL(), LogoChurnFormula::StartOfPeriod),
        Ok(Decimal::ZERO)
    );
    assert_eq!(
        (book.customers(june.after, &ALL()), book.customers(june.until, &ALL())),
        (2, 1)
    );
    let cohorts = book.cohorts(Month::of(day("2025-06-30")), &ALL());
    let left: Vec<_> = cohorts
        .iter()
        .map(|cohort| (cohort.month.first_day(), cohort.customers))
        .collect();
    assert_eq!(
        left,
        [(day("2025-01-01"), 1)],
        "one customer, since the first of the two"
    );
}
