use super::*;

fn yearly() -> Live {
    Live::signed(tacit("2026-01-01", "2026-12-31", vec![monthly("100")]))
}

#[test]
fn a_renewal_is_refused_by_the_deadline_and_not_later() {
    let live = yearly();
    assert_eq!(live.state.notice_deadline(), Some(day("2026-09-30")));
    let late = live.refuses(give(notice(Ground::NonRenewal, "2026-10-01", None)));
    assert_eq!(
        late,
        ContractError::NoticeTooLate {
            deadline: day("2026-09-30")
        }
    );
    let live = live.then(give(notice(Ground::NonRenewal, "2026-09-30", None)));
    assert_eq!(live.status(), ContractStatus::NoticeGiven);
    assert_eq!(live.state.notice().unwrap().last_day, day("2026-12-31"));
    assert_eq!(live.mrr("2026-12-31"), dec("100"));
    assert_eq!(live.mrr("2027-01-01"), Decimal::ZERO);
}

#[test]
fn deadlines_are_counted_by_months_of_the_calendar() {
    for (end, months, days, deadline) in [
        ("2026-12-31", 3, 0, "2026-09-30"),
        ("2027-02-28", 1, 0, "2027-01-28"),
        ("2028-03-31", 1, 0, "2028-02-29"),
        ("2027-03-31", 1, 0, "2027-02-28"),
        ("2026-12-31", 1, 15, "2026-11-15"),
        ("2026-12-31", 0, 0, "2026-12-31"),
    ] {
        assert_eq!(NoticePeriod { months, days }.deadline(day(end)), day(deadline), "{end}");
    }
}

#[test]
fn what_has_no_end_ends_after_its_notice_period() {
    let open = WishedTerms {
        notice: NoticePeriod::months(3),
        ..terms("2026-01-01", None, vec![monthly("100")])
    };
    let live = Live::signed(open);
    let short = live.refuses(give(notice(Ground::Notice, "2026-03-15", Some("2026-06-14"))));
    assert_eq!(
        short,
        ContractError::NoticeTooShort {
            earliest: day("2026-06-15")
        }
    );
    let live = live.then(give(notice(Ground::Notice, "2026-03-15", None)));
    assert_eq!(live.state.last_day(), Some(day("2026-06-15")));
    let ended = yearly().refuses(give(notice(Ground::Notice, "2026-03-15", None)));
    assert_eq!(
        ended,
        ContractError::GroundNotOpen,
        "what has an end is carried out to it"
    );
}

#[test]
fn an_end_outside_the_term_or_in_the_future_is_refused() {
    let live = yearly();
    let refusals = [
        live.refuses(give(notice(Ground::Agreement, "2026-03-01", Some("2027-01-01")))),
        live.refuses(give(notice(Ground::Breach, "2026-03-01", Some("2025-12-31")))),
        live.refuses(ContractCommand::GiveNotice {
            notice: notice(Ground::Agreement, "2026-03-02", None),
            on: day("2026-03-01"),
        }),
        live.refuses(give(NoticeWish {
            reason: TerminationReason::Other,
            ..notice(Ground::Agreement, "2026-03-01", None)
        })),
        live.refuses(give(notice(Ground::NonRenewal, "2026-03-01", Some("2026-06-30")))),
    ];
    assert_eq!(
        codes(&refusals),
        [
            "EFFECTIVE_DATE_OUTSIDE_TERM",
            "EFFECTIVE_DATE_OUTSIDE_TERM",
            "CONTRACT_DATE_NOT_COME",
            "FIELD_REQUIRED",
            "EFFECTIVE_DATE_OUTSIDE_TERM",
        ]
    );
}

#[test]
fn a_scheduled_end_can_be_withdrawn_until_it_has_come() {
    let live = yearly().then(give(notice(Ground::Agreement, "2026-03-01", Some("2026-06-30"))));
    assert_eq!(
        live.refuses(give(notice(Ground::Agreement, "2026-03-02", None))),
        ContractError::NoticeGiven
    );
    let withdraw = |on: &str| ContractCommand::WithdrawNotice { on: day(on) };
    let late = live.refuses(withdraw("2026-07-01"));
    assert_eq!(
        late,
        ContractError::NoticeEffective {
            last_day: day("2026-06-30")
        }
    );
    let terminate = |on: &str| ContractCommand::Terminate { on: day(on) };
    assert_eq!(
        live.refuses(terminate("2026-06-30")),
        ContractError::NotDue { on: day("2026-07-01") }
    );
    let withdrawn = live.clone().then(withdraw("2026-06-30"));
    assert_eq!(withdrawn.mrr("2026-07-01"), dec("100"));
    assert_eq!(withdrawn.refuses(terminate("2026-07-01")), ContractError::NoNotice);
    assert_eq!(withdrawn.refuses(withdraw("2026-06-30")), ContractError::NoNotice);
    let mut ended = live.then(terminate("2026-07-05"));
    assert_eq!(ended.status(), ContractStatus::Terminated);
    assert_eq!(ended.take(terminate("2026-07-06")), Vec::new());
}

#[test]
fn a_term_that_nobody_renews_expires_behind_its_last_day() {
    let mut live = Live::signed(terms("2026-01-01", Some("2026-12-31"), vec![monthly("100")]));
    let expire = |on: &str| ContractCommand::Expire { on: day(on) };
    assert_eq!(
        live.refuses(expire("2026-12-31")),
        ContractError::NotDue { on: day("2027-01-01") }
    );
    live.take(expire("2027-02-10"));
    assert_eq!(live.status(), ContractStatus::Expired);
    assert_eq!(
        live.events.last(),
        Some(&ContractEvent::ContractExpired {
            last_day: day("2026-12-31")
        })
    );
    assert_eq!(live.take(expire("2027-02-11")), Vec::new());
    assert_eq!(
        yearly().refuses(expire("2027-01-01")).code(),
        "RENEWAL_NOT_DUE",
        "that one is renewed"
    );
}

#[test]
fn a_preview_says_what_goes_and_changes_nothing() {
    let mut live = yearly();
    live.bill("2026-01-01", BillingNature::Charge, 1);
    live.bill("2026-06-01", BillingNature::Charge, 2);
    let before = live.state.clone();
    let wish = notice(Ground::Agreement, "2026-06-10", Some("2026-06-15"));
    let preview = live.state.termination_preview(wish, day("2026-06-10")).unwrap();
    assert_eq!(live.state, before);
    assert_eq!(preview.churn_on, day("2026-06-16"));
    assert_eq!((preview.mrr_lost, preview.arr_lost), (dec("100"), dec("1200")));
    assert_eq!(preview.billing_without, Vec::new());
    let [credit] = &preview.billing[..] else {
        panic!("{:?}", preview.billing)
    };
    assert_eq!(
        (credit.kind, credit.amount),
        (BillingItemKind::Credit, -5_000),
        "15 of 30 days"
    );
    assert_eq!(credit.invoices, [invoice(2)]);
    assert_eq!(preview.forgone, Some(65_000), "half of June and July to December");
    let refused = live
        .state
        .termination_preview(notice(Ground::Notice, "2026-06-10", None), day("2026-06-10"));
    assert_eq!(refused, Err(ContractError::GroundNotOpen));
}

#[test]
fn a_preview_of_more_than_an_amount_can_hold_says_the_most_that_one_can() {
    // Thirty lines at 10^14 cents a month, for three hundred years.
    let lines = (0..30).map(|number| line(&format!("Ligne {number}"), "1000000000000", BillingInterval::Month));
    let live = Live::signed(terms("1900-01-01", Some("2199-12-31"), lines.collect()));
    let wish = notice(Ground::Agreement, "1900-01-01", Some("1900-01-01"));
    let preview = live.state.termination_preview(wish, day("1900-01-01")).unwrap();
    assert_eq!(preview.forgone, Some(i64::MAX));
}
