use super::*;

#[test]
fn a_draft_changes_as_a_whole_until_it_is_signed() {
    let mut live = Live::default().then(draft(terms("2026-01-01", None, vec![monthly("100")])));
    assert_eq!(live.status(), ContractStatus::Draft);
    let same = ContractCommand::ChangeTerms {
        terms: Box::new(WishedTerms {
            lines: vec![WishedLine {
                id: Some(LineId(1)),
                ..monthly("100")
            }],
            ..terms("2026-01-01", None, vec![])
        }),
    };
    assert_eq!(live.take(same), Vec::new());
    live.take(ContractCommand::ChangeTerms {
        terms: Box::new(terms("2026-02-01", None, vec![monthly("120")])),
    });
    assert_eq!(live.state.line(LineId(2)).unwrap().line.name, "Maintenance");
    assert_eq!(live.mrr("2026-02-01"), Decimal::ZERO, "a draft is worth nothing yet");
    live.take(ContractCommand::Sign {
        signed_on: day("2026-01-10"),
        document: None,
    });
    assert_eq!(live.status(), ContractStatus::Signed);
    assert_eq!(live.mrr("2026-02-01"), dec("120"));
    let change = ContractCommand::ChangeTerms {
        terms: Box::new(terms("2026-02-01", None, vec![monthly("1")])),
    };
    assert_eq!(live.refuses(change), ContractError::Signed);
    assert_eq!(live.refuses(ContractCommand::Discard), ContractError::Signed);
}

#[test]
fn a_discarded_draft_takes_nothing_more() {
    let live = Live::default()
        .then(draft(terms("2026-01-01", None, vec![monthly("100")])))
        .then(ContractCommand::Discard);
    assert_eq!(live.status(), ContractStatus::Discarded);
    let sign = ContractCommand::Sign {
        signed_on: day("2026-01-10"),
        document: None,
    };
    assert_eq!(live.refuses(sign), ContractError::Discarded);
    assert_eq!(
        live.refuses(ContractCommand::Activate { on: day("2026-02-01") }),
        ContractError::Discarded
    );
}

#[test]
fn it_is_active_from_its_first_day_and_a_pause_can_be_taken_back() {
    let mut live = Live::signed(terms("2026-01-15", None, vec![monthly("100")]));
    let activate = |on: &str| ContractCommand::Activate { on: day(on) };
    assert_eq!(
        live.refuses(activate("2026-01-14")),
        ContractError::NotDue { on: day("2026-01-15") }
    );
    live.take(activate("2026-01-20"));
    assert_eq!(live.status(), ContractStatus::Active);
    assert_eq!(live.take(activate("2026-01-21")), Vec::new());
    let resume = ContractCommand::Resume { on: day("2026-03-01") };
    assert_eq!(live.refuses(resume.clone()), ContractError::NotPaused);
    let pause = ContractCommand::Pause {
        from: day("2026-02-15"),
        reason: Some("Travaux".to_owned()),
    };
    live.take(pause.clone());
    assert_eq!(live.status(), ContractStatus::Paused);
    assert_eq!(live.refuses(pause), ContractError::Paused);
    live.take(resume);
    assert_eq!(live.status(), ContractStatus::Active);
    assert_eq!(live.mrr("2026-02-14"), dec("100"));
    assert_eq!(live.mrr("2026-02-15"), Decimal::ZERO);
    assert_eq!(live.mrr("2026-03-01"), dec("100"));
}

#[test]
fn bad_terms_are_refused_with_a_code_and_a_field() {
    let refused = |terms: WishedTerms| {
        let refusal = ContractState::default().decide(draft(terms)).unwrap_err();
        (refusal.code(), refusal.field())
    };
    let dollars = WishedLine {
        currency: "USD".parse().unwrap(),
        ..monthly("100")
    };
    let outside = WishedLine {
        starts_on: Some(day("2025-12-31")),
        ..monthly("100")
    };
    let backwards = WishedLine {
        starts_on: Some(day("2026-03-01")),
        ends_on: Some(day("2026-02-28")),
        ..monthly("100")
    };
    let step = |from: &str| PriceStep {
        from: day(from),
        price: price("120"),
    };
    let steps = WishedLine {
        steps: vec![step("2026-07-01"), step("2026-07-01")],
        ..monthly("100")
    };
    let one_year = |lines| terms("2026-01-01", Some("2026-12-31"), lines);
    let renewed_without_end = WishedTerms {
        renewal: RenewalPolicy::Express,
        ..terms("2026-01-01", None, vec![monthly("100")])
    };
    for (terms, code, field) in [
        (
            terms("2026-01-01", Some("2025-12-31"), vec![monthly("100")]),
            "CONTRACT_END_BEFORE_START",
            "endsOn",
        ),
        (one_year(vec![]), "FIELD_REQUIRED", "lines"),
        (one_year(vec![dollars]), "CONTRACT_IN_OTHER_CURRENCY", "currency"),
        (one_year(vec![outside]), "EFFECTIVE_DATE_OUTSIDE_TERM", "lines.startsOn"),
        (one_year(vec![backwards]), "CONTRACT_END_BEFORE_START", "lines.endsOn"),
        (one_year(vec![steps]), "CONTRACT_TERMS_OVERLAP", "lines.steps"),
        (
            one_year(vec![monthly("100"), monthly("90")]),
            "CONTRACT_TERMS_OVERLAP",
            "lines",
        ),
        (renewed_without_end, "CONTRACT_WITHOUT_END", "renewal"),
    ] {
        assert_eq!(refused(terms), (code, Some(field)));
    }
}

#[test]
fn one_line_may_follow_the_other_in_time() {
    let until_june = WishedLine {
        ends_on: Some(day("2026-06-30")),
        ..monthly("100")
    };
    let from_july = WishedLine {
        starts_on: Some(day("2026-07-01")),
        ..monthly("130")
    };
    let live = Live::signed(terms("2026-01-01", Some("2026-12-31"), vec![until_june, from_july]));
    assert_eq!(live.mrr("2026-06-30"), dec("100"));
    assert_eq!(live.mrr("2026-07-01"), dec("130"));
}

#[test]
fn the_signed_paper_may_come_later() {
    let mut live = Live::default().then(draft(terms("2026-01-01", None, vec![monthly("100")])));
    let file = ContractCommand::FileDocument { document: document() };
    assert_eq!(live.refuses(file.clone()), ContractError::NotSigned);
    live.take(ContractCommand::Sign {
        signed_on: day("2026-01-10"),
        document: None,
    });
    assert_eq!(live.take(file.clone()).len(), 1);
    assert_eq!(live.state.document(), Some(document().blob));
    assert_eq!(live.take(file), Vec::new());
}

#[test]
fn another_customer_takes_it_over_from_a_day_on() {
    let other = OrganizationId(Uuid::from_u128(0xAD));
    let live = Live::signed(terms("2026-01-01", None, vec![monthly("100")])).then(ContractCommand::Transfer {
        organization: other,
        customer_kind: OrganizationKind::Consumer,
        effective_on: day("2026-04-01"),
    });
    assert_eq!(live.state.organization_on(day("2026-03-31")), Some(ACME));
    assert_eq!(live.state.organization_on(day("2026-04-01")), Some(other));
    assert_eq!(live.state.customer_kind(), Some(OrganizationKind::Consumer));
}

#[test]
fn nothing_can_be_asked_of_a_contract_that_is_not_there() {
    let live = Live::default();
    let refusals = [
        live.refuses(ContractCommand::Activate { on: day("2026-01-01") }),
        Live::signed(terms("2026-01-01", None, vec![monthly("1")])).refuses(draft(terms(
            "2026-01-01",
            None,
            vec![monthly("1")],
        ))),
    ];
    assert_eq!(codes(&refusals), ["CONTRACT_NOT_FOUND", "CONTRACT_ALREADY_EXISTS"]);
}

#[test]
fn how_it_stands_on_a_day_is_what_is_known_of_that_day() {
    let mut live = Live::signed(terms("2026-01-01", Some("2026-12-31"), vec![monthly("100")]));
    live.take(ContractCommand::Pause {
        from: day("2026-03-01"),
        reason: None,
    });
    live.take(ContractCommand::Resume { on: day("2026-04-01") });
    live.take(give(notice(Ground::Agreement, "2026-06-15", Some("2026-08-31"))));
    let stands = |on| live.state.status_on(day(on)).unwrap();
    assert_eq!(stands("2025-12-31"), ContractStatus::Signed);
    assert_eq!(stands("2026-02-28"), ContractStatus::Active);
    assert_eq!(stands("2026-03-01"), ContractStatus::Paused);
    assert_eq!(stands("2026-04-01"), ContractStatus::Active);
    assert_eq!(stands("2026-06-15"), ContractStatus::NoticeGiven);
    assert_eq!(stands("2026-08-31"), ContractStatus::NoticeGiven);
    assert_eq!(stands("2026-09-01"), ContractStatus::Terminated);
    live.take(ContractCommand::WithdrawNotice { on: day("2026-07-01") });
    assert_eq!(live.state.status_on(day("2027-01-01")), Some(ContractStatus::Expired));
}
