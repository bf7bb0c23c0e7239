use super::*;

#[test]
fn an_amendment_holds_from_its_day_not_from_its_signature() {
    let mut live = Live::signed(terms("2026-01-01", Some("2026-12-31"), vec![monthly("100")]));
    let events = live.take(ContractCommand::Amend(Box::new(amend(
        "2026-05-20",
        "2026-03-16",
        to_quantity("3"),
    ))));
    assert!(matches!(&events[..], [ContractEvent::ContractAmended { amendment }] if amendment.number == 1));
    assert_eq!(live.mrr("2026-03-15"), dec("100"));
    assert_eq!(live.mrr("2026-03-16"), dec("300"));
    let second = live.take(ContractCommand::Amend(Box::new(amend(
        "2026-02-01",
        "2026-02-01",
        to_quantity("2"),
    ))));
    assert!(matches!(&second[..], [ContractEvent::ContractAmended { amendment }] if amendment.number == 2));
    assert_eq!(live.mrr("2026-02-01"), dec("200"), "back-dated before the first");
    assert_eq!(
        live.mrr("2026-03-16"),
        dec("300"),
        "what was decided about a later day stays"
    );
}

#[test]
fn lines_come_and_go_on_the_day_of_the_amendment() {
    let live = Live::signed(terms("2026-01-01", Some("2026-12-31"), vec![monthly("100")])).then(
        ContractCommand::Amend(Box::new(amend(
            "2026-06-01",
            "2026-07-01",
            vec![
                WishedLineChange::End { line: LineId(1) },
                WishedLineChange::Add(Box::new(monthly("140"))),
            ],
        ))),
    );
    assert_eq!(live.mrr("2026-06-30"), dec("100"));
    assert_eq!(live.mrr("2026-07-01"), dec("140"));
    assert_eq!(live.state.coverage(LineId(1)).unwrap().last, Some(day("2026-06-30")));
}

#[test]
fn an_amendment_that_cannot_be_is_refused() {
    let live = Live::signed(terms("2026-01-01", Some("2026-12-31"), vec![monthly("100")]));
    let asked = |amend: Amend| live.refuses(ContractCommand::Amend(Box::new(amend)));
    let twice = vec![WishedLineChange::Add(Box::new(monthly("1")))];
    let unknown = vec![WishedLineChange::End { line: LineId(9) }];
    let dollars = vec![WishedLineChange::Add(Box::new(WishedLine {
        currency: "USD".parse().unwrap(),
        ..line("Hotline", "10", BillingInterval::Month)
    }))];
    let refusals = [
        asked(amend("2026-01-01", "2027-01-01", to_quantity("2"))),
        asked(amend("2026-01-01", "2025-12-31", to_quantity("2"))),
        asked(amend("2026-02-01", "2026-02-01", twice)),
        asked(amend("2026-02-01", "2026-02-01", unknown)),
        asked(amend("2026-02-01", "2026-02-01", dollars)),
        asked(amend("2026-02-01", "2026-02-01", vec![])),
        asked(Amend {
            ends_on: Change::Set(day("2026-01-31")),
            ..amend("2026-02-01", "2026-02-01", vec![])
        }),
    ];
    assert_eq!(
        codes(&refusals),
        [
            "EFFECTIVE_DATE_OUTSIDE_TERM",
            "EFFECTIVE_DATE_OUTSIDE_TERM",
            "CONTRACT_TERMS_OVERLAP",
            "NO_SUCH_LINE",
            "CONTRACT_IN_OTHER_CURRENCY",
            "FIELD_REQUIRED",
            "CONTRACT_END_BEFORE_START",
        ]
    );
}

#[test]
fn a_terminated_contract_is_not_amended() {
    let live =
        Live::signed(terms("2026-01-01", Some("2026-12-31"), vec![monthly("100")])).then(ContractCommand::GiveNotice {
            notice: notice(Ground::Agreement, "2026-03-01", Some("2026-03-31")),
            on: day("2026-04-02"),
        });
    let refused = live.refuses(ContractCommand::Amend(Box::new(amend(
        "2026-03-01",
        "2026-03-01",
        to_quantity("2"),
    ))));
    assert_eq!(
        refused,
        ContractError::Ended {
            status: ContractStatus::Terminated
        }
    );
}

#[test]
fn an_amendment_prolongs_or_opens_the_term() {
    let prolonged = Live::signed(terms("2026-01-01", Some("2026-12-31"), vec![monthly("100")])).then(
        ContractCommand::Amend(Box::new(Amend {
            ends_on: Change::Set(day("2027-06-30")),
            ..amend("2026-11-01", "2026-11-01", vec![])
        })),
    );
    assert_eq!(prolonged.mrr("2027-06-30"), dec("100"));
    let renewed = Live::signed(tacit("2026-01-01", "2026-12-31", vec![monthly("100")]));
    let open = |renewal| {
        ContractCommand::Amend(Box::new(Amend {
            ends_on: Change::Clear,
            renewal,
            ..amend("2026-11-01", "2026-11-01", vec![])
        }))
    };
    assert_eq!(renewed.refuses(open(None)), ContractError::NothingToRenew);
    let opened = renewed.then(open(Some(RenewalPolicy::None)));
    assert_eq!(opened.state.ends_on(), None);
    assert_eq!(opened.mrr("2040-01-01"), dec("100"));
}

#[test]
fn prices_rise_by_the_steps_that_were_agreed() {
    let ramp = WishedLine {
        steps: vec![
            PriceStep {
                from: day("2027-01-01"),
                price: price("150"),
            },
            PriceStep {
                from: day("2028-01-01"),
                price: price("200"),
            },
        ],
        ..monthly("100")
    };
    let live = Live::signed(terms("2026-01-01", Some("2028-12-31"), vec![ramp]));
    let worth = ["2026-12-31", "2027-01-01", "2027-12-31", "2028-01-01"].map(|on| live.mrr(on));
    assert_eq!(worth, [dec("100"), dec("150"), dec("150"), dec("200")]);
}

#[test]
fn prices_follow_the_index_up_to_the_cap() {
    let indexed = WishedTerms {
        indexation: Some(clause()),
        ..terms("2026-01-01", None, vec![monthly("100")])
    };
    let mut live = Live::signed(indexed);
    let index = |on: &str, values: &[(&str, &str, &str)]| ContractCommand::Index {
        effective_on: day(on),
        values: syntec(values),
    };
    let missing = live.refuses(index("2027-01-01", &[("2026-09-01", "306", "2027-01-02")]));
    assert_eq!(missing.code(), "INDEX_VALUE_MISSING");
    assert_eq!(
        live.refuses(index("2025-01-01", &[])).code(),
        "EFFECTIVE_DATE_OUTSIDE_TERM"
    );
    let events = live.take(index("2027-01-01", &[("2026-09-01", "306", "2026-12-15")]));
    let [ContractEvent::ContractIndexed { indexation }] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!(indexation.coefficient, dec("1.02"));
    assert_eq!(live.mrr("2026-12-31"), dec("100"));
    assert_eq!(live.mrr("2027-01-01"), dec("102"));
    let again = [("2026-09-01", "306", "2026-12-15")];
    assert_eq!(
        live.refuses(index("2027-02-01", &again)).code(),
        "INDEX_VALUE_MISSING",
        "S0 is 306 now"
    );
    assert_eq!(
        live.refuses(index("2027-01-01", &again)).code(),
        "CONTRACT_INDEXED_LATER"
    );
    live.take(index("2028-01-01", &[("2027-09-01", "330", "2027-12-15")]));
    assert_eq!(live.mrr("2028-01-01"), dec("105.06"), "3 % at most");
    let plain = Live::signed(terms("2026-01-01", None, vec![monthly("100")]));
    assert_eq!(plain.refuses(index("2027-01-01", &again)), ContractError::NoIndexClause);
}
