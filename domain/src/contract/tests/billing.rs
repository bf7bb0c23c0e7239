use super::*;
use crate::{Language, document::WishedRow};

fn amounts(live: &Live, through: &str) -> Vec<(String, String, i64)> {
    let periods = live.state.billing_schedule(day(through));
    periods
        .iter()
        .map(|period| (period.first.to_string(), period.last.to_string(), period.amount))
        .collect()
}

fn expected(periods: &[(&str, &str, i64)]) -> Vec<(String, String, i64)> {
    let periods = periods.iter();
    periods
        .map(|(first, last, amount)| ((*first).to_owned(), (*last).to_owned(), *amount))
        .collect()
}

#[test]
fn periods_are_counted_from_the_anchor_also_from_the_31st() {
    let live = Live::signed(terms("2026-01-31", Some("2026-05-30"), vec![monthly("100")]));
    assert_eq!(
        amounts(&live, "2026-12-31"),
        expected(&[
            ("2026-01-31", "2026-02-27", 10_000),
            ("2026-02-28", "2026-03-30", 10_000),
            ("2026-03-31", "2026-04-29", 10_000),
            ("2026-04-30", "2026-05-30", 10_000),
        ])
    );
}

#[test]
fn a_part_of_a_period_costs_its_share_by_actual_days() {
    let aligned = |start: &str, anchor: &str| WishedLine {
        starts_on: Some(day(start)),
        anchor: Some(day(anchor)),
        ..monthly("100")
    };
    let leap = Live::signed(terms(
        "2028-01-15",
        Some("2028-03-10"),
        vec![aligned("2028-01-15", "2028-01-01")],
    ));
    assert_eq!(
        amounts(&leap, "2028-12-31"),
        expected(&[
            ("2028-01-15", "2028-01-31", 5_484),
            ("2028-02-01", "2028-02-29", 10_000),
            ("2028-03-01", "2028-03-10", 3_226),
        ])
    );
    let year = line("Licence", "366", BillingInterval::Year);
    let whole = Live::signed(terms("2028-01-01", Some("2028-02-29"), vec![year]));
    assert_eq!(
        amounts(&whole, "2028-12-31"),
        expected(&[("2028-01-01", "2028-02-29", 6_000)]),
        "60 of 366 days"
    );
}

#[test]
fn every_interval_has_its_months() {
    for (interval, second) in [
        (BillingInterval::Month, "2026-02-15"),
        (BillingInterval::Quarter, "2026-04-15"),
        (BillingInterval::HalfYear, "2026-07-15"),
        (BillingInterval::Year, "2027-01-15"),
        (BillingInterval::Years(3), "2029-01-15"),
    ] {
        let live = Live::signed(terms("2026-01-15", None, vec![line("Licence", "90", interval)]));
        let periods = live.state.billing_schedule(day(second));
        assert_eq!(periods.len(), 2, "{interval:?}");
        assert_eq!((periods[1].first, periods[1].due_on), (day(second), day(second)));
        assert!(periods[0].whole);
    }
}

#[test]
fn what_is_billed_once_is_billed_whole() {
    let once = line("Mise en service", "500", BillingInterval::Once);
    let mut live = Live::signed(terms("2026-01-15", Some("2026-12-31"), vec![once, monthly("100")]));
    assert_eq!(live.bill("2026-01-15", BillingNature::Charge, 1), 60_000);
    assert_eq!(live.state.next_billing_on(), Some(day("2026-02-15")));
}

#[test]
fn in_arrears_it_is_billed_behind_its_last_day() {
    let arrears = WishedLine {
        timing: BillingTiming::InArrears,
        ..monthly("100")
    };
    let mut live = Live::signed(terms("2026-01-01", None, vec![arrears]));
    assert_eq!(live.state.due_billing(day("2026-01-31")), []);
    assert_eq!(live.state.next_billing_on(), Some(day("2026-02-01")));
    assert_eq!(live.bill("2026-02-01", BillingNature::Charge, 1), 10_000);
    assert_eq!(live.state.next_billing_on(), Some(day("2026-03-01")));
}

#[test]
fn a_back_dated_amendment_leads_to_the_complement_or_the_credit() {
    let mut live = Live::signed(terms("2026-01-01", Some("2026-12-31"), vec![monthly("100")]));
    live.bill("2026-01-01", BillingNature::Charge, 1);
    live.bill("2026-03-01", BillingNature::Charge, 2);
    live.take(ContractCommand::Amend(Box::new(amend(
        "2026-03-20",
        "2026-02-15",
        to_quantity("2"),
    ))));
    let items = live.state.due_billing(day("2026-03-20"));
    let found: Vec<_> = items
        .iter()
        .map(|item| (item.kind, item.first, item.amount, item.billed))
        .collect();
    assert_eq!(
        found,
        [
            (BillingItemKind::Complement, day("2026-02-01"), 5_000, 10_000),
            (BillingItemKind::Complement, day("2026-03-01"), 10_000, 10_000),
        ],
        "14 of 28 days, then the whole of March"
    );
    assert_eq!(live.bill("2026-03-20", BillingNature::Charge, 3), 15_000);
    assert_eq!(live.state.due_billing(day("2026-03-20")), []);
    live.take(ContractCommand::Amend(Box::new(amend(
        "2026-03-25",
        "2026-03-01",
        to_quantity("1"),
    ))));
    let [credit] = &live.state.due_billing(day("2026-03-25"))[..] else {
        panic!()
    };
    assert_eq!((credit.kind, credit.amount), (BillingItemKind::Credit, -10_000));
    assert_eq!(credit.invoices, [invoice(2), invoice(3)]);
    assert_eq!(live.bill("2026-03-25", BillingNature::Credit, 4), -10_000);
    assert_eq!(live.state.next_billing_on(), Some(day("2026-04-01")));
}

#[test]
fn an_early_end_takes_back_what_was_billed_behind_it() {
    let mut live = Live::signed(terms(
        "2026-01-01",
        Some("2026-12-31"),
        vec![line("Licence", "365", BillingInterval::Year)],
    ));
    live.bill("2026-01-01", BillingNature::Charge, 1);
    live.take(give(notice(Ground::Breach, "2026-01-31", None)));
    let [credit] = &live.state.due_billing(day("2026-01-31"))[..] else {
        panic!()
    };
    assert_eq!(
        (credit.amount, credit.last),
        (-33_400, day("2026-01-31")),
        "31 of 365 days stay"
    );
    let charge = ContractCommand::BillPeriods {
        on: day("2026-01-31"),
        invoice: invoice(2),
    };
    assert_eq!(live.refuses(charge), ContractError::NothingToBill);
    assert_eq!(
        live.refuses(live.crediting("2026-01-31", 1)),
        ContractError::InvoiceBilled
    );
    live.take(live.crediting("2026-01-31", 2));
    assert_eq!(live.state.next_billing_on(), None);
}

#[test]
fn periods_billed_in_advance_that_are_never_owed_are_taken_back_whole() {
    let mut live = Live::signed(terms("2026-01-01", Some("2026-12-31"), vec![monthly("100")]));
    live.bill("2026-04-01", BillingNature::Charge, 1);
    live.take(give(notice(Ground::Agreement, "2026-04-02", Some("2026-02-28"))));
    let items = live.state.due_billing(day("2026-04-02"));
    let taken: Vec<_> = items.iter().map(|item| (item.first, item.amount)).collect();
    assert_eq!(taken, [(day("2026-03-01"), -10_000), (day("2026-04-01"), -10_000)]);
}

#[test]
fn a_discarded_draft_is_billed_again() {
    let mut live = Live::signed(terms("2026-01-01", None, vec![monthly("100")]));
    live.bill("2026-01-01", BillingNature::Charge, 1);
    live.take(ContractCommand::WithdrawBilling { invoice: invoice(1) });
    let again = live.refuses(ContractCommand::WithdrawBilling { invoice: invoice(1) });
    assert_eq!(again, ContractError::InvoiceNotBilled);
    assert_eq!(live.bill("2026-01-01", BillingNature::Charge, 2), 10_000);
}

#[test]
fn days_of_a_pause_are_not_owed() {
    let mut live = Live::signed(terms("2026-06-01", Some("2026-06-30"), vec![monthly("100")]));
    live.bill("2026-06-01", BillingNature::Charge, 1);
    live.take(ContractCommand::Pause {
        from: day("2026-06-10"),
        reason: None,
    });
    live.take(ContractCommand::Resume { on: day("2026-06-16") });
    let [credit] = &live.state.due_billing(day("2026-06-20"))[..] else {
        panic!()
    };
    assert_eq!(credit.amount, -2_000, "6 of 30 days");
}

#[test]
fn what_another_system_billed_is_not_billed_again() {
    let taken_over = WishedTerms {
        billing_starts_on: Some(day("2026-04-01")),
        ..terms("2020-01-01", None, vec![monthly("100")])
    };
    let mut live = Live::signed(taken_over);
    assert_eq!(live.state.next_billing_on(), Some(day("2026-04-01")));
    assert_eq!(live.bill("2026-04-01", BillingNature::Charge, 1), 10_000);
}

#[test]
fn rows_say_what_is_billed() {
    let two = WishedLine {
        quantity: quantity("2"),
        ..monthly("100")
    };
    let live = Live::signed(terms("2026-01-01", Some("2026-02-14"), vec![two]));
    let items = live.state.due_billing(day("2026-02-01"));
    let rows = live.state.invoice_rows(&items, Language::French);
    let [WishedRow::Line(whole), WishedRow::Line(part)] = &rows[..] else {
        panic!()
    };
    assert_eq!(
        (whole.quantity, whole.unit_price.as_decimal()),
        (quantity("2"), dec("100"))
    );
    assert_eq!(whole.details.as_deref(), Some("du 01/01/2026 au 31/01/2026"));
    assert_eq!(
        (part.quantity, part.unit_price.as_decimal()),
        (Quantity::ONE, dec("100.00")),
        "14 of 28 days of 200"
    );
}

#[test]
fn prepaid_income_is_what_was_billed_for_days_to_come() {
    let mut live = Live::signed(terms(
        "2026-07-01",
        Some("2027-06-30"),
        vec![line("Licence", "365", BillingInterval::Year)],
    ));
    assert_eq!(live.state.prepaid_income(day("2026-12-31")), []);
    live.bill("2026-07-01", BillingNature::Charge, 1);
    let [year_end] = &live.state.prepaid_income(day("2026-12-31"))[..] else {
        panic!()
    };
    assert_eq!(
        (year_end.billed, year_end.earned, year_end.deferred),
        (36_500, 18_400, 18_100)
    );
    assert_eq!(live.state.prepaid_income(day("2027-06-30")), []);
    assert_eq!(live.state.prepaid_income(day("2026-06-30")), [], "not billed by then");
    let schedule = live.state.prepaid_schedule(day("2026-07-15"), 3);
    let wanted = [("2026-07-31", 33_400), ("2026-08-31", 30_300), ("2026-09-30", 27_300)];
    assert_eq!(schedule, wanted.map(|(end, amount)| (day(end), amount)));
    live.take(give(notice(Ground::Breach, "2026-12-31", None)));
    live.bill("2026-12-31", BillingNature::Credit, 2);
    assert_eq!(
        live.state.prepaid_income(day("2026-12-31")),
        [],
        "nothing is to come any more"
    );
}

#[test]
fn each_invoice_gives_back_what_is_left_of_what_it_billed_the_newest_first() {
    let mut live = Live::signed(terms("2026-01-01", Some("2026-12-31"), vec![monthly("100")]));
    live.bill("2026-01-01", BillingNature::Charge, 1);
    live.take(ContractCommand::Amend(Box::new(amend(
        "2026-01-02",
        "2026-01-01",
        to_quantity("3"),
    ))));
    live.bill("2026-01-02", BillingNature::Charge, 2);
    live.take(ContractCommand::Amend(Box::new(amend(
        "2026-01-03",
        "2026-01-01",
        to_quantity("2"),
    ))));
    live.bill("2026-01-03", BillingNature::Credit, 3);

    // 100 on the first invoice, 200 on the second, of which one note took 100 back.
    let half = vec![WishedLineChange::Quantity {
        line: LineId(1),
        quantity: quantity("0.5"),
    }];
    live.take(ContractCommand::Amend(Box::new(amend(
        "2026-01-04",
        "2026-01-01",
        half,
    ))));
    let due = live.state.due_credits(day("2026-01-04"));
    let amounts: Vec<_> = due
        .iter()
        .map(|(invoice, credits)| (*invoice, credits.iter().map(|credit| credit.period.amount).sum::<i64>()))
        .collect();
    assert_eq!(amounts, [(invoice(1), -5_000), (invoice(2), -10_000)]);

    // One note after the other, each with its own: what the first took is not due any more.
    let credit = |number, of| ContractCommand::CreditPeriods {
        on: day("2026-01-04"),
        note: invoice(number),
        of,
    };
    live.take(credit(4, invoice(1)));
    let rest = live.state.due_credits(day("2026-01-04"));
    assert_eq!(rest.keys().collect::<Vec<_>>(), [&invoice(2)]);
    assert_eq!(live.refuses(credit(4, invoice(2))), ContractError::InvoiceBilled);
    live.take(credit(5, invoice(2)));
    assert_eq!(live.state.due_credits(day("2026-01-04")), [].into());
    assert_eq!(live.refuses(credit(6, invoice(2))), ContractError::NothingToBill);
    assert_eq!(live.state.billed_by(invoice(4))[0].amount, -5_000);
}
