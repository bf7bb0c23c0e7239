use super::*;

fn dollars() -> Currency {
    "USD".parse().unwrap()
}

fn rates(days: &[(&str, &str)]) -> FxTable {
    let mut table = FxTable::new(Currency::EUR);
    for (from, rate) in days {
        table.set(dollars(), day(from), dec(rate)).unwrap();
    }
    table
}

fn request(days: &[(&str, &str)], policy: FxPolicy) -> BookRequest {
    BookRequest {
        settings: RevenueSettings {
            reporting: Reporting::Converted {
                rates: rates(days),
                policy,
            },
            ..RevenueSettings::of(Currency::EUR)
        },
        ..World::request("2026-12-31")
    }
}

fn world() -> World {
    let mut world = World::default();
    let deal = Deal {
        currency: dollars(),
        interval: BillingInterval::Quarter,
        ..monthly("Acme", "2026-01-15", None, "300")
    };
    world.sign("2026-01-01", "A", &deal);
    world.sign("2026-01-01", "B", &monthly("Bravo", "2026-01-01", None, "50"));
    world
}

const RATES: [(&str, &str); 3] = [("2026-01-01", "0.90"), ("2026-02-01", "0.92"), ("2026-05-01", "0.88")];

#[test]
fn a_rate_that_changes_is_a_movement_of_its_own() {
    let mut world = world();
    world.quantity("2026-02-01", "A", "2026-02-01", "2");
    let each = world.portfolio.book(&request(&RATES, FxPolicy::EachRate)).unwrap();
    let of_acme = |book: &Book| {
        let movements: Vec<_> = book
            .movements()
            .iter()
            .filter(|one| one.currency == dollars())
            .cloned()
            .collect();
        told(&movements)
    };
    assert_eq!(
        of_acme(&each),
        as_told(&[
            ("2026-01-15", "NEW", "90"),
            ("2026-02-01", "FX", "2"),
            ("2026-02-01", "EXPANSION", "92"),
            ("2026-05-01", "FX", "-8"),
        ])
    );
    let at_start = world.portfolio.book(&request(&RATES, FxPolicy::PeriodStart)).unwrap();
    assert_eq!(
        of_acme(&at_start),
        as_told(&[
            ("2026-01-15", "NEW", "90"),
            ("2026-02-01", "EXPANSION", "90"),
            ("2026-04-15", "FX", "4"),
            ("2026-07-15", "FX", "-8"),
        ]),
        "the rate is that of the first day of the billing period"
    );
    let budget = world
        .portfolio
        .book(&request(&[("2020-01-01", "0.95")], FxPolicy::EachRate))
        .unwrap();
    assert!(
        budget
            .movements()
            .iter()
            .all(|movement| movement.kind != MovementKind::Fx)
    );
    assert_eq!(budget.mrr(day("2026-12-31"), &Selection::all()), dec("240"));
}

#[test]
fn currencies_are_never_added_as_they_are() {
    let world = world();
    let euros = world.book("2026-12-31");
    assert_eq!(euros.mrr(day("2026-12-31"), &Selection::all()), dec("50"));
    let native = BookRequest {
        settings: RevenueSettings::of(dollars()),
        ..World::request("2026-12-31")
    };
    let native = world.portfolio.book(&native).unwrap();
    assert_eq!(
        (native.currency(), native.mrr(day("2026-12-31"), &Selection::all())),
        (dollars(), dec("100"))
    );
    let of_dollars = Selection {
        currency: Some(dollars()),
        ..Selection::all()
    };
    let converted = world.portfolio.book(&request(&RATES, FxPolicy::EachRate)).unwrap();
    assert_eq!(converted.mrr(day("2026-03-31"), &of_dollars), dec("92"));
    assert_eq!(converted.mrr(day("2026-03-31"), &Selection::all()), dec("142"));
}

#[test]
fn a_missing_rate_is_an_error_that_says_which() {
    let refused = world()
        .portfolio
        .book(&request(&[("2026-02-01", "0.9")], FxPolicy::EachRate))
        .unwrap_err();
    let missing = RevenueError::RateMissing {
        currency: dollars(),
        on: day("2026-01-15"),
    };
    assert_eq!(refused, missing);
    assert_eq!((refused.code(), refused.field()), ("FX_RATE_MISSING", Some("rates")));
    for rate in [Decimal::ZERO, Decimal::NEGATIVE_ONE, Decimal::MAX] {
        let refused = FxTable::new(Currency::EUR).set(dollars(), day("2026-01-01"), rate);
        assert_eq!(refused.unwrap_err().code(), "INVALID_FX_RATE");
    }
    let terms = world().portfolio.ending_terms(
        day("2026-01-01"),
        day("2026-12-31"),
        &request(&[], FxPolicy::EachRate).settings,
        None,
    );
    assert_eq!(terms, Ok(Vec::new()), "nothing to convert");
}
