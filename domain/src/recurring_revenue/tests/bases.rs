use super::*;

/// Known on 20 May: since 16 March three instead of one.
fn back_dated() -> World {
    let mut world = World::default();
    world.sign(
        "2026-01-01",
        "A",
        &monthly("Acme", "2026-01-01", Some("2026-12-31"), "100"),
    );
    world.quantity("2026-05-20", "A", "2026-03-16", "3");
    world
}

#[test]
fn by_its_effective_day_a_back_dated_amendment_restates_the_past() {
    let book = back_dated().book("2026-12-31");
    assert_eq!(
        told(book.movements()),
        as_told(&[("2026-01-01", "NEW", "100"), ("2026-03-16", "EXPANSION", "200")])
    );
}

#[test]
fn by_the_day_on_which_it_was_known_it_is_a_correction_of_the_current_month() {
    let book = back_dated().recorded("2026-12-31");
    assert_eq!(
        told(book.movements()),
        as_told(&[("2026-01-01", "NEW", "100"), ("2026-05-20", "CORRECTION", "200")])
    );
    assert_eq!(book.movements()[1].cause.unwrap().on, day("2026-05-20"));
    assert_eq!(book.mrr(day("2026-05-19"), &Selection::all()), dec("100"));
}

#[test]
fn what_is_known_late_in_the_same_month_keeps_its_name() {
    let mut world = World::default();
    world.sign("2026-01-10", "A", &monthly("Acme", "2026-01-02", None, "100"));
    assert_eq!(
        told(world.recorded("2026-12-31").movements()),
        as_told(&[("2026-01-10", "NEW", "100")])
    );
}

#[test]
fn an_end_that_is_withdrawn_in_time_never_was() {
    let mut world = World::default();
    world.sign("2026-01-01", "A", &monthly("Acme", "2026-01-01", None, "100"));
    world.end("2026-02-01", "A", "2026-03-31", TerminationReason::TooExpensive);
    world.put(
        "2026-03-15",
        "A",
        ContractCommand::WithdrawNotice { on: day("2026-03-15") },
    );
    for book in [world.book("2026-12-31"), world.recorded("2026-12-31")] {
        assert_eq!(told(book.movements()), as_told(&[("2026-01-01", "NEW", "100")]));
    }
}

#[test]
fn what_was_planned_for_a_day_counts_once_when_something_else_is_decided_on_it() {
    let mut world = World::default();
    world.sign("2026-01-01", "A", &monthly("Acme", "2026-01-01", None, "100"));
    world.quantity("2026-01-10", "A", "2026-03-01", "2");
    world.put(
        "2026-03-01",
        "A",
        ContractCommand::Dispute {
            reason: "Panne".to_owned(),
        },
    );
    let wanted = [("2026-01-01", "NEW", "100"), ("2026-03-01", "EXPANSION", "100")];
    assert_eq!(told(world.recorded("2026-12-31").movements()), as_told(&wanted));
}

#[test]
fn as_known_at_a_moment_later_events_are_not_there() {
    let world = back_dated();
    let known = |until: &str| {
        let request = BookRequest {
            known_until: Some(noon(day(until))),
            ..World::request("2026-12-31")
        };
        world
            .portfolio
            .book(&request)
            .unwrap()
            .mrr(day("2026-04-30"), &Selection::all())
    };
    assert_eq!(known("2026-05-19"), dec("100"));
    assert_eq!(known("2026-05-20"), dec("300"));
    assert_eq!(known("2025-12-31"), Decimal::ZERO);
}

#[test]
fn a_report_says_what_changed_about_a_month_and_why() {
    let world = back_dated();
    let (then, now) = (noon(day("2026-04-05")), noon(day("2026-06-01")));
    let report = |month: &str, until| {
        let month = Month::of(day(month));
        world
            .portfolio
            .restatement(month, &World::request("2026-12-31"), then, until, &Selection::all())
            .unwrap()
    };
    let march = report("2026-03-01", now);
    assert_eq!(march.opening, (dec("100"), dec("100")));
    assert_eq!(march.closing, (dec("100"), dec("300")));
    assert_eq!(told(&march.come), as_told(&[("2026-03-16", "EXPANSION", "200")]));
    assert_eq!(march.gone, Vec::new());
    let causes = &march.causes[&contract("A")];
    assert_eq!(causes.iter().map(|at| at.on).collect::<Vec<_>>(), [day("2026-05-20")]);
    let april = report("2026-04-01", now);
    assert_eq!((april.opening, april.come.len()), ((dec("100"), dec("300")), 0));
    assert_eq!(april.causes.len(), 1, "why the opening differs");
    assert!(report("2026-02-01", now).is_empty());
    assert!(report("2026-03-01", then).is_empty());
}

#[test]
fn a_renewal_that_is_late_takes_the_churn_back() {
    let mut world = World::default();
    world.sign(
        "2026-01-01",
        "A",
        &monthly("Acme", "2026-01-01", Some("2026-12-31"), "100"),
    );
    world.put("2027-01-01", "A", ContractCommand::Expire { on: day("2027-01-01") });
    world.renew_expressly("2027-01-12", "A", "B", &monthly("Acme", "2027-01-12", None, "100"));
    let book = |grace, until: &str| {
        let request = BookRequest {
            settings: RevenueSettings {
                renewal_grace_days: grace,
                ..RevenueSettings::of(Currency::EUR)
            },
            known_until: Some(noon(day(until))),
            ..World::request("2027-12-31")
        };
        told(world.portfolio.book(&request).unwrap().movements())
    };
    let churned = [("2026-01-01", "NEW", "100"), ("2027-01-01", "CHURN", "-100")];
    assert_eq!(book(30, "2027-01-11"), as_told(&churned), "not known yet");
    let bridged = [
        ("2026-01-01", "NEW", "100"),
        ("2027-01-12", "TRANSFER", "-100"),
        ("2027-01-12", "TRANSFER", "100"),
    ];
    assert_eq!(sorted(book(30, "2027-01-12")), sorted(as_told(&bridged)));
    assert_eq!(sorted(book(11, "2027-01-12")), sorted(as_told(&bridged)), "eleven days");
    let back = [churned[0], churned[1], ("2027-01-12", "REACTIVATION", "100")];
    assert_eq!(book(10, "2027-01-12"), as_told(&back));
}

fn sorted(mut told: Vec<(String, &'static str, Decimal)>) -> Vec<(String, &'static str, Decimal)> {
    told.sort();
    told
}

#[test]
fn a_family_is_everybody_whose_contracts_hang_together() {
    let mut world = World::default();
    for (name, who) in [
        ("A", "Acme"),
        ("B", "Acme"),
        ("C", "Bravo"),
        ("D", "Delta"),
        ("E", "Echo"),
    ] {
        world.sign("2026-01-01", name, &monthly(who, "2026-01-01", None, "100"));
    }
    world.merge("2026-02-01", "Bravo", "Acme");
    world.put(
        "2026-03-01",
        "D",
        ContractCommand::Transfer {
            organization: customer("Bravo"),
            customer_kind: OrganizationKind::Professional,
            effective_on: day("2026-03-01"),
        },
    );
    let family = world.portfolio.family(contract("A"));
    assert_eq!(family, ["A", "B", "C", "D"].map(contract).into());
    assert_eq!(world.portfolio.family(contract("E")), [contract("E")].into());
    let whole = world.book("2026-12-31");
    let part = world
        .portfolio
        .book_of(family.clone(), &World::request("2026-12-31"))
        .unwrap();
    let of_family: Vec<_> = whole
        .movements()
        .iter()
        .filter(|one| family.contains(&one.contract))
        .collect();
    assert_eq!(part.movements().iter().collect::<Vec<_>>(), of_family);
}

#[test]
fn a_what_if_leaves_the_base_as_it_is() {
    let world = back_dated();
    let before = world.portfolio.clone();
    let mut scratch = world.clone();
    scratch.end("2026-06-01", "A", "2026-06-30", TerminationReason::TooExpensive);
    assert_eq!(
        scratch.book("2026-12-31").mrr(day("2026-07-01"), &Selection::all()),
        Decimal::ZERO
    );
    assert_eq!(world.portfolio, before);
    assert_eq!(
        world.book("2026-12-31").mrr(day("2026-07-01"), &Selection::all()),
        dec("300")
    );
}
