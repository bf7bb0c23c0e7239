use super::*;

fn renew(live: &mut Live, on: &str, values: &[IndexValue]) -> Result<Live, ContractError> {
    let plan = live.state.renewal_plan(OWN, values)?;
    let command = ContractCommand::RenewTacitly {
        plan: Box::new(plan.clone()),
        number: number(2),
        on: day(on),
    };
    live.state.decide(command.clone())?;
    live.take(command);
    Ok(Live::default().then(ContractCommand::BeginRenewal {
        plan: Box::new(plan),
        number: number(2),
    }))
}

fn yearly() -> Live {
    Live::signed(tacit("2026-01-01", "2026-12-31", vec![monthly("100")]))
}

#[test]
fn the_next_term_is_a_contract_of_its_own_that_knows_the_one_before() {
    let mut live = yearly();
    let next = renew(&mut live, "2026-12-31", &[]).unwrap();
    assert_eq!(live.status(), ContractStatus::Renewed);
    assert_eq!(live.state.renewal().unwrap().by, OWN.successor());
    assert_eq!(next.status(), ContractStatus::Signed);
    let follows = next.state.follows().unwrap();
    assert_eq!(
        (follows.contract, follows.renewals, follows.kind),
        (OWN, 1, RenewalKind::Tacit)
    );
    assert_eq!(next.state.starts_on(), Some(day("2027-01-01")));
    assert_eq!(next.state.ends_on(), Some(day("2027-12-31")));
    assert_eq!(next.state.number(), Some(&number(2)));
    assert_eq!(
        (live.mrr("2026-12-31"), live.mrr("2027-01-01")),
        (dec("100"), Decimal::ZERO)
    );
    assert_eq!(
        (next.mrr("2026-12-31"), next.mrr("2027-01-01")),
        (Decimal::ZERO, dec("100"))
    );
    assert_eq!(
        next.state.next_billing_on(),
        Some(day("2027-01-01")),
        "it knows its next invoice"
    );
}

#[test]
fn it_is_dated_by_the_term_and_done_once_however_late() {
    let mut live = yearly();
    let early = renew(&mut live.clone(), "2026-12-30", &[]).unwrap_err();
    assert_eq!(early, ContractError::RenewalNotDue { on: day("2026-12-31") });
    let plan = live.state.renewal_plan(OWN, &[]).unwrap();
    let next = renew(&mut live, "2027-03-17", &[]).unwrap();
    assert_eq!(next.state.starts_on(), Some(day("2027-01-01")));
    let again = ContractCommand::RenewTacitly {
        plan: Box::new(plan.clone()),
        number: number(3),
        on: day("2027-03-18"),
    };
    assert_eq!(live.take(again), Vec::new());
    let other = ContractCommand::RenewTacitly {
        plan: Box::new(RenewalPlan {
            by: ContractId(Uuid::from_u128(5)),
            ..plan
        }),
        number: number(3),
        on: day("2027-03-18"),
    };
    assert_eq!(live.refuses(other), ContractError::AlreadyRenewed);
    let begin = ContractCommand::BeginRenewal {
        plan: Box::new(yearly().state.renewal_plan(OWN, &[]).unwrap()),
        number: number(3),
    };
    assert_eq!(next.refuses(begin), ContractError::AlreadyDrafted);
}

#[test]
fn a_plan_of_a_contract_that_changed_since_is_refused() {
    let live = yearly();
    let plan = live.state.renewal_plan(OWN, &[]).unwrap();
    let changed = live.then(ContractCommand::Amend(Box::new(amend(
        "2026-05-01",
        "2026-05-01",
        to_quantity("2"),
    ))));
    let refused = changed.refuses(ContractCommand::RenewTacitly {
        plan: Box::new(plan),
        number: number(2),
        on: day("2026-12-31"),
    });
    assert_eq!(refused, ContractError::PlanOutdated);
    assert_eq!(
        changed.state.renewal_plan(OWN, &[]).unwrap().terms.lines[0].quantity,
        quantity("2")
    );
}

/// Starts and ends of the terms of a chain.
fn chain(mut live: Live, terms: usize) -> Vec<(NaiveDate, Option<NaiveDate>)> {
    let mut dates = vec![(live.state.starts_on().unwrap(), live.state.ends_on())];
    for _ in 1..terms {
        live = renew(&mut live, "2199-01-01", &[]).unwrap();
        dates.push((live.state.starts_on().unwrap(), live.state.ends_on()));
    }
    dates
}

#[test]
fn ends_are_counted_from_the_first_day_of_all() {
    let by = |months, start: &str, end: &str| {
        Live::signed(WishedTerms {
            renewal: RenewalPolicy::Tacit {
                term_months: Some(months),
                max_renewals: None,
            },
            notice: NoticePeriod::NONE,
            ..tacit(start, end, vec![monthly("100")])
        })
    };
    let terms =
        |dates: &[(&str, &str)]| -> Vec<_> { dates.iter().map(|(start, end)| (day(start), Some(day(end)))).collect() };
    assert_eq!(
        chain(by(1, "2026-01-31", "2026-02-27"), 4),
        terms(&[
            ("2026-01-31", "2026-02-27"),
            ("2026-02-28", "2026-03-30"),
            ("2026-03-31", "2026-04-29"),
            ("2026-04-30", "2026-05-30"),
        ])
    );
    assert_eq!(
        chain(by(12, "2024-02-29", "2025-02-27"), 5)[2..],
        terms(&[
            ("2026-02-28", "2027-02-27"),
            ("2027-02-28", "2028-02-28"),
            ("2028-02-29", "2029-02-27"),
        ])
    );
    assert_eq!(
        chain(by(12, "2026-01-15", "2026-12-31"), 2)[1..],
        terms(&[("2027-01-01", "2027-12-31")]),
        "a first term of another length sets no anchor"
    );
}

#[test]
fn without_a_term_it_has_no_end_from_then_on() {
    let mut live = Live::signed(WishedTerms {
        renewal: RenewalPolicy::Tacit {
            term_months: None,
            max_renewals: None,
        },
        ..tacit("2026-01-01", "2026-12-31", vec![monthly("100")])
    });
    let next = renew(&mut live, "2026-12-31", &[]).unwrap();
    assert_eq!(next.state.ends_on(), None);
    assert_eq!(next.state.renewal_policy(), Some(RenewalPolicy::None));
    assert_eq!(next.state.notice_period(), Some(NoticePeriod::months(3)));
}

#[test]
fn as_often_as_it_may_and_then_it_expires() {
    let mut live = Live::signed(WishedTerms {
        renewal: RenewalPolicy::Tacit {
            term_months: Some(12),
            max_renewals: Some(1),
        },
        ..tacit("2026-01-01", "2026-12-31", vec![monthly("100")])
    });
    let mut next = renew(&mut live, "2026-12-31", &[]).unwrap();
    assert_eq!(
        renew(&mut next.clone(), "2027-12-31", &[]).unwrap_err(),
        ContractError::RenewalsExhausted { max: 1 }
    );
    next.take(ContractCommand::Expire { on: day("2028-01-01") });
    assert_eq!(next.status(), ContractStatus::Expired);
}

#[test]
fn notice_stops_it_and_a_dispute_flags_it() {
    let noticed = yearly().then(give(notice(Ground::NonRenewal, "2026-05-01", None)));
    assert_eq!(noticed.state.renewal_plan(OWN, &[]), Err(ContractError::NoticeGiven));
    let mut disputed = yearly().then(ContractCommand::Dispute {
        reason: "Panne non réparée".to_owned(),
    });
    renew(&mut disputed, "2026-12-31", &[]).unwrap();
    assert!(disputed.state.renewal().unwrap().disputed);
    let express = Live::signed(WishedTerms {
        renewal: RenewalPolicy::Express,
        ..tacit("2026-01-01", "2026-12-31", vec![monthly("100")])
    });
    assert_eq!(
        express.state.renewal_plan(OWN, &[]),
        Err(ContractError::RenewalNotTacit)
    );
}

#[test]
fn lines_go_on_as_they_are_and_those_that_ended_do_not() {
    let ends_itself = WishedLine {
        ends_on: Some(day("2026-12-31")),
        ..line("Astreinte", "50", BillingInterval::Month)
    };
    let once = line("Mise en service", "500", BillingInterval::Once);
    let mut live = Live::signed(tacit(
        "2026-01-01",
        "2026-12-31",
        vec![monthly("100"), ends_itself, once],
    ))
    .then(ContractCommand::Amend(Box::new(amend(
        "2026-05-01",
        "2026-05-01",
        to_quantity("2"),
    ))))
    .then(ContractCommand::Pause {
        from: day("2026-11-01"),
        reason: None,
    });
    let next = renew(&mut live, "2026-12-31", &[]).unwrap();
    let lines: Vec<_> = next
        .state
        .lines()
        .map(|line| (line.line.id, line.line.quantity))
        .collect();
    assert_eq!(lines, [(LineId(1), quantity("2"))]);
    assert_eq!(next.status(), ContractStatus::Paused, "a pause goes on");
    assert_eq!(next.mrr("2027-01-01"), Decimal::ZERO);
}

#[test]
fn prices_are_revised_on_the_first_day_or_later_where_no_value_is_known() {
    let indexed = || {
        Live::signed(WishedTerms {
            indexation: Some(clause()),
            ..tacit("2026-01-01", "2026-12-31", vec![monthly("100")])
        })
    };
    let values = syntec(&[("2026-09-01", "306", "2026-12-15")]);
    let mut live = indexed();
    let next = renew(&mut live, "2026-12-31", &values).unwrap();
    assert_eq!(next.mrr("2027-01-01"), dec("102"));
    assert_eq!(next.state.indexation().unwrap().base.value, dec("300"));
    assert!(matches!(next.events[2], ContractEvent::ContractIndexed { .. }));
    let mut late = indexed();
    let mut pending = renew(&mut late, "2026-12-31", &[]).unwrap();
    assert!(late.state.renewal().unwrap().indexation_pending);
    assert_eq!(pending.mrr("2027-01-01"), dec("100"));
    pending.bill("2027-01-01", BillingNature::Charge, 1);
    pending.take(ContractCommand::Index {
        effective_on: day("2027-01-01"),
        values,
    });
    assert_eq!(pending.mrr("2027-01-01"), dec("102"));
    let [item] = &pending.state.due_billing(day("2027-01-20"))[..] else {
        panic!()
    };
    assert_eq!((item.kind, item.amount), (BillingItemKind::Complement, 200));
    let twice = renew(&mut pending, "2027-12-31", &[]).unwrap();
    assert_eq!(
        twice.state.indexation().unwrap().base.value,
        dec("306"),
        "S0 is the last revision's"
    );
}

#[test]
fn an_express_renewal_comes_early_on_time_or_late() {
    let express = |on: &str| ContractCommand::RenewExpressly {
        by: ContractId(Uuid::from_u128(9)),
        number: number(9),
        starts_on: day(on),
        ends_on: None,
    };
    let live = Live::signed(terms("2026-01-01", Some("2026-12-31"), vec![monthly("100")]));
    assert_eq!(
        live.refuses(express("2026-12-31")),
        ContractError::RenewalOverlaps { end: day("2026-12-31") }
    );
    assert_eq!(
        live.clone().then(express("2027-01-01")).status(),
        ContractStatus::Renewed
    );
    let late = live
        .then(ContractCommand::Expire { on: day("2027-01-01") })
        .then(express("2027-01-15"));
    assert_eq!(late.status(), ContractStatus::Renewed);
    let other = ContractCommand::RenewExpressly {
        by: ContractId(Uuid::from_u128(10)),
        number: number(9),
        starts_on: day("2027-02-01"),
        ends_on: None,
    };
    assert_eq!(late.refuses(other), ContractError::AlreadyRenewed);
    assert_eq!(late.clone().take(express("2027-01-15")), Vec::new());
}

#[test]
fn a_consumer_who_was_not_told_may_leave_free_of_charge_and_is_paid_back_to_the_day() {
    for kind in [OrganizationKind::Consumer, OrganizationKind::NonProfessional] {
        let year = line("Entretien", "1200", BillingInterval::Year);
        let mut live = Live::signed_by(kind, tacit("2026-01-01", "2026-12-31", vec![year]));
        let mut next = renew(&mut live, "2026-12-31", &[]).unwrap();
        assert!(live.state.renewal().unwrap().uninformed);
        assert_eq!(next.state.free_exit_from(), Some(day("2027-01-01")));
        assert_eq!(next.bill("2027-01-01", BillingNature::Charge, 1), 120_000);
        let next = next.then(give(notice(Ground::Uninformed, "2027-03-10", None)));
        assert_eq!(next.state.last_day(), Some(day("2027-03-10")));
        let [credit] = &next.state.due_billing(day("2027-03-10"))[..] else {
            panic!()
        };
        assert_eq!(
            credit.amount, -97_315,
            "296 of 365 days: 120000 − round(120000 × 69 / 365)"
        );
        assert_eq!(next.state.refund_by(), Some(day("2027-04-09")));
    }
}

#[test]
fn whoever_was_told_in_time_and_professionals_stay_bound() {
    let told = Live::signed_by(
        OrganizationKind::Consumer,
        tacit("2026-01-01", "2026-12-31", vec![monthly("100")]),
    );
    let notify = |on: &str| ContractCommand::NotifyConsumer {
        sent_on: day(on),
        delivery: None,
        document: None,
    };
    let window = told.state.consumer_window().unwrap();
    assert_eq!((window.from, window.until), (day("2026-06-30"), day("2026-08-30")));
    for outside in ["2026-06-29", "2026-08-31"] {
        assert_eq!(told.refuses(notify(outside)).code(), "CONSUMER_NOTICE_OUTSIDE_WINDOW");
    }
    let mut told = told.then(notify("2026-08-30"));
    assert_eq!(
        told.state.consumer_notice_on(day("2026-12-01")),
        Some(ConsumerNoticeStanding::Sent)
    );
    let next = renew(&mut told, "2026-12-31", &[]).unwrap();
    assert_eq!(next.state.free_exit_from(), None);
    assert_eq!(
        next.refuses(give(notice(Ground::Uninformed, "2027-03-10", None))),
        ContractError::GroundNotOpen
    );
    let mut firm = yearly();
    assert_eq!(firm.refuses(notify("2026-07-01")), ContractError::NoConsumerNotice);
    let next = renew(&mut firm, "2026-12-31", &[]).unwrap();
    assert_eq!(next.state.free_exit_from(), None);
}

#[test]
fn where_nothing_goes_on_the_contract_expires() {
    let once = line("Mise en service", "500", BillingInterval::Once);
    let until = WishedLine {
        ends_on: Some(day("2026-06-30")),
        ..monthly("100")
    };
    let mut live = Live::signed(tacit("2026-01-01", "2026-12-31", vec![once, until]));
    assert_eq!(live.state.renewal_plan(OWN, &[]), Err(ContractError::NothingToRenew));
    assert!(
        live.state
            .obligations()
            .iter()
            .any(|one| one.kind == ObligationKind::Expiry)
    );
    live.take(ContractCommand::Expire { on: day("2027-01-01") });
    assert_eq!(live.status(), ContractStatus::Expired);
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct RenewalVector {
    why: String,
    start: NaiveDate,
    end: NaiveDate,
    term: u16,
    billed_until: NaiveDate,
    next_start: NaiveDate,
    next_end: NaiveDate,
    next_billing: NaiveDate,
}

#[test]
fn dates_of_renewals_are_those_of_the_vectors() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/contracts/renewals.json");
    let vectors: Vec<RenewalVector> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    for vector in vectors {
        let mut live = Live::signed(WishedTerms {
            renewal: RenewalPolicy::Tacit {
                term_months: Some(vector.term),
                max_renewals: None,
            },
            notice: NoticePeriod::NONE,
            ..terms(
                &vector.start.to_string(),
                Some(&vector.end.to_string()),
                vec![monthly("100")],
            )
        });
        live.bill(&vector.billed_until.to_string(), BillingNature::Charge, 1);
        assert_eq!(live.state.next_billing_on(), None, "{}", vector.why);
        let next = renew(&mut live, &vector.end.to_string(), &[]).unwrap();
        assert_eq!(next.state.starts_on(), Some(vector.next_start), "{}", vector.why);
        assert_eq!(next.state.ends_on(), Some(vector.next_end), "{}", vector.why);
        assert_eq!(
            next.state.next_billing_on(),
            Some(vector.next_billing),
            "{}",
            vector.why
        );
    }
}

#[test]
fn the_same_again_is_as_long_and_has_the_lines_that_go_on_at_their_prices() {
    let once = line("Mise en service", "900", BillingInterval::Once);
    let mut live = Live::signed(terms("2026-01-31", Some("2026-07-30"), vec![monthly("100"), once]));
    live.take(ContractCommand::Amend(Box::new(amend(
        "2026-03-01",
        "2026-03-01",
        vec![WishedLineChange::Price {
            line: LineId(1),
            price: price("120"),
        }],
    ))));
    let again = live.state.same_again().unwrap();
    assert_eq!(
        (again.starts_on, again.ends_on),
        (day("2026-07-31"), Some(day("2027-01-30")))
    );
    let [kept] = &again.lines[..] else { panic!() };
    assert_eq!((kept.price, kept.anchor), (price("120"), day("2026-01-31")));

    // A term of no whole months is as long in days.
    let odd = Live::signed(terms("2026-01-15", Some("2026-03-03"), vec![monthly("100")]));
    assert_eq!(odd.state.same_again().unwrap().ends_on, Some(day("2026-04-20")));
    let open = Live::signed(terms("2026-01-15", None, vec![monthly("100")]));
    assert_eq!(open.state.same_again().unwrap_err(), ContractError::NothingToRenew);

    // Signed, it follows: what ends and what begins meet.
    let begins = again.starts_on;
    live.take(ContractCommand::RenewExpressly {
        by: ContractId(Uuid::from_u128(0x200)),
        number: number(2),
        starts_on: begins,
        ends_on: again.ends_on,
    });
    assert_eq!(live.state.same_again().unwrap(), again, "asked again, it says the same");
}
