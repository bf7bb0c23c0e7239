use super::*;

#[test]
fn prices_are_made_monthly_and_not_rounded_to_cents() {
    for (interval, unit_price, monthly) in [
        (BillingInterval::Month, "100", dec("100")),
        (BillingInterval::Quarter, "100", dec("33.3333333333")),
        (BillingInterval::HalfYear, "600", dec("100")),
        (BillingInterval::Year, "1200", dec("100")),
        (BillingInterval::Years(2), "2400", dec("100")),
        (BillingInterval::Once, "500", Decimal::ZERO),
    ] {
        let live = Live::signed(terms("2026-01-01", None, vec![line("Licence", unit_price, interval)]));
        assert_eq!(live.mrr("2026-01-01"), monthly, "{interval:?}");
    }
}

#[test]
fn a_discount_counts_and_a_piece_of_work_does_not() {
    let discounted = WishedLine {
        price: LinePrice {
            discount: Some(Percentage::new("discount", dec("10")).unwrap()),
            ..price("100")
        },
        ..monthly("100")
    };
    assert_eq!(
        Live::signed(terms("2026-01-01", None, vec![discounted])).mrr("2026-01-01"),
        dec("90")
    );
    let work = WishedTerms {
        kind: ContractKind::Service,
        ..terms("2026-01-01", None, vec![monthly("100")])
    };
    let work = Live::signed(work);
    assert_eq!(work.mrr("2026-01-01"), Decimal::ZERO);
    assert_eq!(work.state.revenue_steps(), []);
}

fn steps(live: &Live) -> Vec<(String, Decimal, Decimal, Why)> {
    let steps = live.state.revenue_steps();
    steps
        .iter()
        .map(|step| (step.on.to_string(), step.amount, step.agreed, step.cause.why))
        .collect()
}

fn step(on: &str, amount: &str, agreed: &str, why: Why) -> (String, Decimal, Decimal, Why) {
    (on.to_owned(), dec(amount), dec(agreed), why)
}

#[test]
fn every_step_has_its_day_and_its_cause() {
    let live = Live::signed(terms("2026-01-01", Some("2026-12-31"), vec![monthly("100")]))
        .then(ContractCommand::Amend(Box::new(amend(
            "2026-05-20",
            "2026-03-16",
            to_quantity("3"),
        ))))
        .then(give(notice(Ground::Agreement, "2026-06-01", Some("2026-09-30"))));
    assert_eq!(
        steps(&live),
        [
            step("2026-01-01", "100", "100", Why::Agreed),
            step("2026-03-16", "200", "200", Why::Amendment),
            step("2026-10-01", "-300", "-300", Why::Termination),
        ]
    );
}

#[test]
fn what_changes_in_a_pause_counts_when_it_goes_on_and_what_ends_in_one_is_lost() {
    let paused = Live::signed(terms("2026-01-01", Some("2026-12-31"), vec![monthly("100")]))
        .then(ContractCommand::Pause {
            from: day("2026-02-01"),
            reason: None,
        })
        .then(ContractCommand::Amend(Box::new(amend(
            "2026-02-10",
            "2026-02-10",
            to_quantity("2"),
        ))));
    let resumed = paused.clone().then(ContractCommand::Resume { on: day("2026-03-01") });
    assert_eq!(
        steps(&resumed),
        [
            step("2026-01-01", "100", "100", Why::Agreed),
            step("2026-02-01", "-100", "0", Why::Pause),
            step("2026-02-10", "0", "100", Why::Amendment),
            step("2026-03-01", "200", "0", Why::Resumption),
            step("2027-01-01", "-200", "-200", Why::End),
        ]
    );
    assert_eq!(
        steps(&paused)[3..],
        [
            step("2027-01-01", "200", "0", Why::Resumption),
            step("2027-01-01", "-200", "-200", Why::End),
        ]
    );
}

#[test]
fn of_two_decisions_about_one_day_both_hold_in_their_order() {
    let dearer = vec![WishedLineChange::Price {
        line: LineId(1),
        price: price("110"),
    }];
    let live = Live::signed(terms("2026-01-01", None, vec![monthly("100")]))
        .then(ContractCommand::Amend(Box::new(amend(
            "2026-02-01",
            "2026-03-01",
            dearer,
        ))))
        .then(ContractCommand::Amend(Box::new(amend(
            "2026-02-02",
            "2026-03-01",
            to_quantity("2"),
        ))));
    assert_eq!(live.mrr("2026-03-01"), dec("220"));
    assert_eq!(
        steps(&live),
        [
            step("2026-01-01", "100", "100", Why::Agreed),
            step("2026-03-01", "10", "10", Why::Amendment),
            step("2026-03-01", "110", "110", Why::Amendment),
        ]
    );
}
