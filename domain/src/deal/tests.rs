use cqrs_es::test::TestFramework;
use uuid::Uuid;

use super::*;
use crate::{
    AttachedFile, BlobHash, Change, Currency, FileDescription, FileError, FileId, InvalidValue, Language, Money,
    OrganizationId, PipelineId, Refusal, UserId,
    pipeline::{BUILT_IN, Probability, StageCode, StageKind, StageRef},
    value::Problem,
};

fn given(events: Vec<DealEvent>) -> cqrs_es::test::AggregateTestExecutor<Deal> {
    TestFramework::<Deal>::with(()).given(events)
}

fn euros(euros: i64) -> Money {
    Money::new(euros * 100, Currency::EUR)
}

const INES: UserId = UserId(Uuid::from_u128(0x1E5));
const PAUL: UserId = UserId(Uuid::from_u128(0x9A1));
const ACME: OrganizationId = OrganizationId(Uuid::from_u128(0xAC));

fn opened_in(stage: Stage) -> DealEvent {
    DealEvent::DealOpened {
        title: "Machines for Lyon".to_owned(),
        organization: Some(ACME),
        pipeline: None,
        stage: stage.into(),
        rank: None,
        amounts: Amounts::net(euros(1_000)),
        expected_close: None,
        owner: None,
        owner_name: None,
        source: None,
        products: Vec::new(),
        external_reference: None,
    }
}

fn open(stage: Stage) -> OpenDeal {
    OpenDeal {
        organization: Some(ACME),
        amounts: Amounts::net(euros(1_000)),
        ..OpenDeal::titled("  Machines for Lyon ", stage)
    }
}

fn won() -> DealEvent {
    won_at(Amounts::net(euros(900)))
}

fn won_at(amounts: Amounts) -> DealEvent {
    DealEvent::DealWon {
        from: Stage::Negociation.into(),
        stage: None,
        rank: None,
        amounts,
    }
}

fn win(amounts: AmountChanges) -> DealCommand {
    DealCommand::Win {
        stage: Stage::Signe.into(),
        amounts,
    }
}

fn lose(reason: LossReason, note: Option<&str>) -> DealCommand {
    DealCommand::Lose {
        stage: Stage::Perdu.into(),
        reason,
        note: note.map(str::to_owned),
    }
}

fn move_to(stage: impl Into<StageRef>) -> DealCommand {
    DealCommand::Move { stage: stage.into() }
}

fn reopen(stage: impl Into<StageRef>) -> DealCommand {
    DealCommand::Reopen { stage: stage.into() }
}

fn change(amounts: AmountChanges) -> DealCommand {
    DealCommand::ChangeAmounts { amounts }
}

fn lost() -> DealEvent {
    DealEvent::DealLost {
        from: Stage::Proposition.into(),
        stage: None,
        rank: None,
        reason: LossReason::Price,
        note: None,
    }
}

fn invalid(field: &'static str, problem: Problem) -> DealError {
    InvalidValue::new(field, problem).into()
}

#[test]
fn a_deal_is_opened_in_any_open_stage() {
    for stage in Stage::OPEN {
        given(vec![])
            .when(DealCommand::Open(open(stage)))
            .then_expect_events(vec![opened_in(stage)]);
    }
}

#[test]
fn a_deal_cannot_be_opened_as_won_or_lost() {
    for stage in [Stage::Signe, Stage::Perdu] {
        given(vec![])
            .when(DealCommand::Open(open(stage)))
            .then_expect_error(DealError::ClosingStage {
                stage: stage.into(),
                kind: stage.kind(),
            });
    }
}

#[test]
fn a_deal_is_opened_once() {
    given(vec![opened_in(Stage::Prospection)])
        .when(DealCommand::Open(open(Stage::Prospection)))
        .then_expect_error(DealError::AlreadyOpened);
}

#[test]
fn a_deal_needs_a_title_but_no_organization() {
    let titled = |title: &str| DealCommand::Open(OpenDeal::titled(title, Stage::Prospection));
    given(vec![])
        .when(titled(" \t "))
        .then_expect_error(invalid("title", Problem::Missing));
    let events = given(vec![])
        .when(titled("A call from Brest"))
        .inspect_result()
        .unwrap();
    assert!(matches!(events[0], DealEvent::DealOpened { organization: None, .. }));
}

#[test]
fn a_title_has_a_length_and_no_control_characters() {
    let titled = |title: String| DealCommand::Open(OpenDeal::titled(title, Stage::Prospection));
    given(vec![])
        .when(titled("é".repeat(201)))
        .then_expect_error(invalid("title", Problem::TooLong { max: 200, found: 201 }));
    assert!(given(vec![]).when(titled("é".repeat(200))).inspect_result().is_ok());
    given(vec![])
        .when(titled("a\u{0}b".to_owned()))
        .then_expect_error(invalid("title", Problem::ControlCharacter));
}

#[test]
fn an_expected_close_lies_in_our_times() {
    for far in ["0001-01-01", "1899-12-31", "2200-01-01"] {
        let deal = OpenDeal {
            expected_close: Some(far.parse().unwrap()),
            ..open(Stage::Prospection)
        };
        given(vec![])
            .when(DealCommand::Open(deal))
            .then_expect_error(invalid("expectedClose", Problem::DateTooFar));
    }
}

#[test]
fn nothing_can_be_asked_of_a_deal_that_does_not_exist() {
    let commands = [
        move_to(Stage::Qualification),
        win(AmountChanges::default()),
        lose(LossReason::Price, None),
        reopen(Stage::Prospection),
        change(AmountChanges::net(euros(1))),
    ];
    for command in commands {
        given(vec![]).when(command).then_expect_error(DealError::NotOpened);
    }
}

#[test]
fn an_open_deal_moves_between_open_stages_in_both_directions() {
    for from in Stage::OPEN {
        for to in Stage::OPEN.into_iter().filter(|to| *to != from) {
            given(vec![opened_in(from)])
                .when(move_to(to))
                .then_expect_events(vec![DealEvent::DealMoved {
                    from: from.into(),
                    to: to.into(),
                    rank: None,
                }]);
        }
    }
}

#[test]
fn moving_to_where_it_is_changes_nothing() {
    given(vec![opened_in(Stage::Proposition)])
        .when(move_to(Stage::Proposition))
        .then_expect_events(vec![]);
}

#[test]
fn a_deal_is_not_closed_by_moving_it() {
    for stage in [Stage::Signe, Stage::Perdu] {
        let refused = given(vec![opened_in(Stage::Negociation)])
            .when(move_to(stage))
            .inspect_result();
        let refused = refused.unwrap_err();
        assert_eq!(refused.code(), "STAGE_CLOSES_DEAL");
        assert_eq!(refused.field(), Some("stage"));
        assert_eq!(refused.allowed(), [if stage == Stage::Signe { "Win" } else { "Lose" }]);
    }
}

#[test]
fn a_deal_is_won_at_the_expected_amount_unless_another_is_agreed() {
    given(vec![opened_in(Stage::Negociation)])
        .when(win(AmountChanges::default()))
        .then_expect_events(vec![won_at(Amounts::net(euros(1_000)))]);
    given(vec![opened_in(Stage::Negociation)])
        .when(win(AmountChanges::net(euros(900))))
        .then_expect_events(vec![won()]);
}

#[test]
fn a_deal_is_lost_with_a_reason() {
    given(vec![opened_in(Stage::Proposition)])
        .when(lose(LossReason::Price, Some("  ")))
        .then_expect_events(vec![lost()]);
}

#[test]
fn another_reason_is_told_in_a_note() {
    given(vec![opened_in(Stage::Proposition)])
        .when(lose(LossReason::Other, None))
        .then_expect_error(invalid("note", Problem::Missing));
}

#[test]
fn a_closed_deal_is_neither_moved_nor_won_nor_lost_nor_repriced() {
    for (closing, status) in [(won(), DealStatus::Won), (lost(), DealStatus::Lost)] {
        let commands = [
            move_to(Stage::Qualification),
            win(AmountChanges::default()),
            lose(LossReason::Price, None),
            change(AmountChanges::net(euros(1))),
            DealCommand::ExpectClose { date: None },
        ];
        for command in commands {
            given(vec![opened_in(Stage::Negociation), closing.clone()])
                .when(command)
                .then_expect_error(DealError::Closed { status });
        }
    }
}

#[test]
fn a_closed_deal_can_still_be_renamed_and_given_to_somebody() {
    let given = || given(vec![opened_in(Stage::Negociation), won()]);
    given()
        .when(DealCommand::Rename {
            title: "Machines".to_owned(),
        })
        .then_expect_events(vec![DealEvent::DealRenamed {
            title: "Machines".to_owned(),
        }]);
    given()
        .when(DealCommand::Assign { owner: Some(INES) })
        .then_expect_events(vec![DealEvent::DealAssigned {
            owner: Some(INES),
            owner_name: None,
        }]);
}

#[test]
fn a_closed_deal_is_reopened_in_an_open_stage() {
    for (closing, from) in [(won(), DealStatus::Won), (lost(), DealStatus::Lost)] {
        let given = || given(vec![opened_in(Stage::Negociation), closing.clone()]);
        given()
            .when(reopen(Stage::Proposition))
            .then_expect_events(vec![DealEvent::DealReopened {
                from,
                stage: Stage::Proposition.into(),
                rank: None,
            }]);
        given()
            .when(reopen(Stage::Signe))
            .then_expect_error(DealError::ClosingStage {
                stage: Stage::Signe.into(),
                kind: StageKind::Won,
            });
    }
}

#[test]
fn an_open_deal_cannot_be_reopened() {
    given(vec![opened_in(Stage::Proposition)])
        .when(reopen(Stage::Proposition))
        .then_expect_error(DealError::NotClosed {
            stage: Stage::Proposition.into(),
        });
}

#[test]
fn a_reopened_deal_can_be_won_again() {
    let reopened = DealEvent::DealReopened {
        from: DealStatus::Won,
        stage: Stage::Negociation.into(),
        rank: None,
    };
    given(vec![opened_in(Stage::Negociation), won(), reopened])
        .when(win(AmountChanges::default()))
        .then_expect_events(vec![won()]);
}

#[test]
fn the_amount_changes_from_one_to_another() {
    given(vec![opened_in(Stage::Proposition)])
        .when(change(AmountChanges::net(euros(1_200))))
        .then_expect_events(vec![DealEvent::DealAmountChanged {
            from: Amounts::net(euros(1_000)),
            to: Amounts::net(euros(1_200)),
        }]);
    given(vec![opened_in(Stage::Proposition)])
        .when(change(AmountChanges::net(euros(1_000))))
        .then_expect_events(vec![]);
}

#[test]
fn an_amount_is_neither_negative_nor_absurd() {
    for (units, problem) in [
        (-1, Problem::Negative),
        (
            i64::MAX,
            Problem::TooLarge {
                max: crate::money::AMOUNT_MAX,
            },
        ),
    ] {
        let amount = Money::new(units, Currency::EUR);
        let refused = || invalid("amountNet", problem.clone());
        let given = || given(vec![opened_in(Stage::Proposition)]);
        given()
            .when(change(AmountChanges::net(amount)))
            .then_expect_error(refused());
        given()
            .when(win(AmountChanges::net(amount)))
            .then_expect_error(refused());
    }
}

#[test]
fn a_deal_is_linked_to_the_organization_it_turns_out_to_be_with() {
    let other = OrganizationId(Uuid::from_u128(2));
    let given = || given(vec![opened_in(Stage::Proposition)]);
    given()
        .when(DealCommand::Link { organization: other })
        .then_expect_events(vec![DealEvent::DealLinked { organization: other }]);
    given()
        .when(DealCommand::Link { organization: ACME })
        .then_expect_events(vec![]);
}

#[test]
fn the_expected_close_can_be_set_and_forgotten() {
    let date = Some("2026-12-24".parse().unwrap());
    given(vec![opened_in(Stage::Proposition)])
        .when(DealCommand::ExpectClose { date })
        .then_expect_events(vec![DealEvent::DealCloseExpected { date }]);
    given(vec![
        opened_in(Stage::Proposition),
        DealEvent::DealCloseExpected { date },
    ])
    .when(DealCommand::ExpectClose { date: None })
    .then_expect_events(vec![DealEvent::DealCloseExpected { date: None }]);
}

#[test]
fn a_refusal_speaks_both_languages() {
    let refused = DealError::Closed {
        status: DealStatus::Won,
    };
    assert_eq!(refused.to_string(), "This deal was won: reopen it first.");
    assert_eq!(
        refused.message(Language::French),
        "Cette affaire a été gagnée : rouvrez-la d'abord."
    );
}

fn with(events: impl IntoIterator<Item = DealEvent>) -> cqrs_es::test::AggregateTestExecutor<Deal> {
    given([opened_in(Stage::Proposition)].into_iter().chain(events).collect())
}

fn percent(percent: i64) -> Option<Probability> {
    Some(Probability::percent("probability", percent).unwrap())
}

const RENEWALS: PipelineId = PipelineId(Uuid::from_u128(0x2E));

/// A stage of another pipeline than the built-in one.
fn renewal(code: &str, kind: StageKind) -> StageRef {
    StageRef {
        pipeline: RENEWALS,
        code: StageCode::parse("code", code).unwrap(),
        kind,
        rank: 2,
        retired: false,
        archived: false,
    }
}

#[test]
fn the_amount_that_is_not_named_stays() {
    let both = Amounts {
        net: Some(euros(1_000)),
        gross: Some(euros(1_200)),
    };
    let gross = AmountChanges {
        net: Change::Keep,
        gross: Change::Set(euros(1_200)),
    };
    let changed = DealEvent::DealAmountChanged {
        from: Amounts::net(euros(1_000)),
        to: both,
    };
    with([]).when(change(gross)).then_expect_events(vec![changed.clone()]);
    with([changed.clone()])
        .when(change(AmountChanges::net(euros(900))))
        .then_expect_events(vec![DealEvent::DealAmountChanged {
            from: both,
            to: Amounts {
                net: Some(euros(900)),
                ..both
            },
        }]);
    let forget = AmountChanges {
        net: Change::Clear,
        gross: Change::Clear,
    };
    with([changed])
        .when(change(forget))
        .then_expect_events(vec![DealEvent::DealAmountChanged {
            from: both,
            to: Amounts::default(),
        }]);
}

#[test]
fn both_amounts_are_of_one_currency() {
    let yen: Currency = "JPY".parse().unwrap();
    let gross = AmountChanges {
        net: Change::Keep,
        gross: Change::Set(Money::new(5, yen)),
    };
    let two = || DealError::TwoCurrencies {
        net: Currency::EUR,
        gross: yen,
    };
    with([]).when(change(gross)).then_expect_error(two());
    with([]).when(win(gross)).then_expect_error(two());
    let alone = AmountChanges {
        net: Change::Clear,
        ..gross
    };
    assert!(with([]).when(change(alone)).inspect_result().is_ok());
}

#[test]
fn a_credit_is_shared_wholly() {
    let share = |user, basis_points| CreditShare { user, basis_points };
    let command = |shares: &[CreditShare]| DealCommand::ShareCredit {
        shares: shares.to_vec(),
    };
    let shares = vec![share(INES, 6_667), share(PAUL, 3_333)];
    let event = DealEvent::DealCreditShared { shares: shares.clone() };
    with([]).when(command(&shares)).then_expect_events(vec![event.clone()]);
    with([event.clone()]).when(command(&shares)).then_expect_events(vec![]);
    with([event])
        .when(command(&[]))
        .then_expect_events(vec![DealEvent::DealCreditShared { shares: Vec::new() }]);
    with([])
        .when(command(&[share(INES, 5_000), share(PAUL, 4_999)]))
        .then_expect_error(DealError::CreditIncomplete { sum: 9_999 });
    with([])
        .when(command(&[share(INES, 10_000), share(PAUL, 0)]))
        .then_expect_error(DealError::CreditIncomplete { sum: 10_000 });
    with([])
        .when(command(&[share(INES, 5_000), share(INES, 5_000)]))
        .then_expect_error(invalid("shares", Problem::Repeated));
}

#[test]
fn competitors_and_tags_are_different_whatever_their_accents() {
    let competitors = |names: &[&str]| DealCommand::NameCompetitors {
        competitors: names.iter().map(|name| (*name).to_owned()).collect(),
    };
    with([won()])
        .when(competitors(&[" Énergie Plus", "Watt"]))
        .then_expect_events(vec![DealEvent::DealCompetitorsNamed {
            competitors: vec!["Énergie Plus".to_owned(), "Watt".to_owned()],
        }]);
    with([])
        .when(competitors(&["Énergie Plus", "ENERGIE  PLUS"]))
        .then_expect_error(invalid("competitors", Problem::Repeated));
    with([])
        .when(DealCommand::Tag {
            tags: vec!["Été".to_owned(), "ete".to_owned()],
        })
        .then_expect_error(invalid("tags", Problem::Repeated));
    with([])
        .when(competitors(&["x"; 51]))
        .then_expect_error(invalid("competitors", Problem::TooMany { max: 50, found: 51 }));
}

#[test]
fn tags_are_hung_on_and_taken_off_without_touching_the_others() {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let add = |tags: &[&str]| DealCommand::AddTags { tags: names(tags) };
    let remove = |tags: &[&str]| DealCommand::RemoveTags { tags: names(tags) };
    let tagged = || DealEvent::DealTagged {
        tags: names(&["Salon"]),
    };
    let added = |tags: &[&str]| DealEvent::DealTagsAdded { tags: names(tags) };
    let removed = |tags: &[&str]| DealEvent::DealTagsRemoved { tags: names(tags) };
    with([tagged()])
        .when(add(&[" Été", "SALON", "ete", "VIP"]))
        .then_expect_events(vec![added(&["Été", "VIP"])]);
    with([tagged(), added(&["Été"])])
        .when(add(&["été"]))
        .then_expect_events(Vec::new());
    // Also of a closed deal, like all its tags at once.
    with([won(), tagged(), added(&["Été", "VIP"])])
        .when(remove(&["salon", "ETE", "none"]))
        .then_expect_events(vec![removed(&["Salon", "Été"])]);
    with([tagged(), removed(&["Salon"])])
        .when(remove(&["Salon"]))
        .then_expect_events(Vec::new());
    with([tagged(), removed(&["Salon"])])
        .when(add(&["salon"]))
        .then_expect_events(vec![added(&["salon"])]);
    with([])
        .when(add(&[" "]))
        .then_expect_error(invalid("tags", Problem::Missing));
    let many: Vec<_> = (0..50).map(|number| number.to_string()).collect();
    with([tagged()])
        .when(DealCommand::AddTags { tags: many })
        .then_expect_error(invalid("tags", Problem::TooMany { max: 50, found: 51 }));
}

#[test]
fn products_of_interest_have_a_label_and_a_quantity_above_zero() {
    let product = ProductOfInterest {
        quantity: Some("2.50".parse().unwrap()),
        amount: Some(euros(40)),
        ..ProductOfInterest::labelled(" Presse P-40")
    };
    let named = ProductOfInterest {
        label: "Presse P-40".to_owned(),
        quantity: Some("2.5".parse().unwrap()),
        ..product.clone()
    };
    let command = |product: &ProductOfInterest| DealCommand::NameProducts {
        products: vec![product.clone()],
    };
    with([])
        .when(command(&product))
        .then_expect_events(vec![DealEvent::DealProductsNamed { products: vec![named] }]);
    let none = ProductOfInterest {
        quantity: Some("0".parse().unwrap()),
        ..product.clone()
    };
    let out = Problem::OutOfRange {
        min: 0,
        max: 1_000_000_000,
    };
    with([])
        .when(command(&none))
        .then_expect_error(invalid("products.quantity", out));
    with([])
        .when(command(&ProductOfInterest::labelled(" ")))
        .then_expect_error(invalid("products.label", Problem::Missing));
    with([won()])
        .when(command(&product))
        .then_expect_error(DealError::Closed {
            status: DealStatus::Won,
        });
}

#[test]
fn an_estimate_stands_until_it_is_taken_back() {
    let estimate = |probability| DealCommand::EstimateProbability { probability };
    let estimated = |probability| DealEvent::DealProbabilityEstimated { probability };
    with([])
        .when(estimate(percent(65)))
        .then_expect_events(vec![estimated(percent(65))]);
    let moved = DealEvent::DealMoved {
        from: Stage::Proposition.into(),
        to: Stage::Negociation.into(),
        rank: None,
    };
    let deal = Deal::replay(&[opened_in(Stage::Proposition), estimated(percent(65)), moved]);
    assert_eq!(deal.estimated_probability(), percent(65));
    with([estimated(percent(65))])
        .when(estimate(None))
        .then_expect_events(vec![estimated(None)]);
}

/// A deal that is won is certain; taken up again it is as likely as it was, not as likely as what was won.
#[test]
fn a_reopened_deal_has_the_probability_it_had_before() {
    let mut history = vec![
        opened_in(Stage::Negociation),
        DealEvent::DealProbabilityEstimated {
            probability: percent(92),
        },
        won(),
    ];
    let deal = Deal::replay(&history);
    assert_eq!(deal.estimated_probability(), None);
    assert_eq!(deal.closed_from(), Some(&Stage::Negociation.into()));
    history.push(DealEvent::DealReopened {
        from: DealStatus::Won,
        stage: Stage::Negociation.into(),
        rank: None,
    });
    let deal = Deal::replay(&history);
    assert_eq!(deal.estimated_probability(), percent(92));
    assert_eq!(deal.closed_from(), None);
}

#[test]
fn a_deal_is_opened_in_any_pipeline_that_is_not_archived() {
    let stage = renewal("CALL", StageKind::Open);
    let events = given(vec![])
        .when(DealCommand::Open(OpenDeal::titled("x", stage.clone())))
        .inspect_result()
        .unwrap();
    assert!(matches!(
        &events[0],
        DealEvent::DealOpened { pipeline: Some(RENEWALS), stage, rank: Some(2), .. } if stage == "CALL"
    ));
    let archived = StageRef {
        archived: true,
        ..stage
    };
    given(vec![])
        .when(DealCommand::Open(OpenDeal::titled("x", archived)))
        .then_expect_error(DealError::PipelineArchived);
}

#[test]
fn a_retired_stage_takes_no_deals_and_lets_those_in_it_stay_and_go() {
    let retired = |stage: Stage| StageRef {
        retired: true,
        ..stage.into()
    };
    let refused = || DealError::StageRetired {
        stage: Stage::Qualification.into(),
    };
    let stage = retired(Stage::Qualification);
    given(vec![])
        .when(DealCommand::Open(OpenDeal::titled("x", stage.clone())))
        .then_expect_error(refused());
    with([]).when(move_to(stage.clone())).then_expect_error(refused());
    with([won()]).when(reopen(stage)).then_expect_error(refused());
    with([])
        .when(move_to(retired(Stage::Proposition)))
        .then_expect_events(vec![]);
    assert!(with([]).when(move_to(Stage::Negociation)).inspect_result().is_ok());
}

#[test]
fn a_stage_of_another_pipeline_is_reached_by_changing_the_pipeline() {
    let stage = renewal("CALL", StageKind::Open);
    with([])
        .when(move_to(stage.clone()))
        .then_expect_error(DealError::OtherPipeline {
            stage: stage.code.clone(),
        });
    let changed = DealEvent::DealPipelineChanged {
        from_pipeline: BUILT_IN,
        from: Stage::Proposition.into(),
        to_pipeline: RENEWALS,
        to: stage.code.clone(),
        rank: Some(2),
    };
    let go = || DealCommand::ChangePipeline { stage: stage.clone() };
    with([]).when(go()).then_expect_events(vec![changed.clone()]);
    with([changed.clone()]).when(go()).then_expect_events(vec![]);
    with([changed.clone()])
        .when(win(AmountChanges::default()))
        .then_expect_error(DealError::OtherPipeline {
            stage: Stage::Signe.into(),
        });
    let ordered = renewal("ORDERED", StageKind::Won);
    with([changed])
        .when(DealCommand::Win {
            stage: ordered.clone(),
            amounts: AmountChanges::default(),
        })
        .then_expect_events(vec![DealEvent::DealWon {
            from: stage.code.clone(),
            stage: Some(ordered.code),
            rank: Some(2),
            amounts: Amounts::net(euros(1_000)),
        }]);
}

#[test]
fn a_deal_is_won_and_lost_in_stages_that_mean_that() {
    let win = DealCommand::Win {
        stage: Stage::Perdu.into(),
        amounts: AmountChanges::default(),
    };
    with([]).when(win).then_expect_error(DealError::WrongKind {
        stage: Stage::Perdu.into(),
        wanted: StageKind::Won,
    });
    let lose = DealCommand::Lose {
        stage: Stage::Proposition.into(),
        reason: LossReason::Price,
        note: None,
    };
    with([]).when(lose).then_expect_error(DealError::WrongKind {
        stage: Stage::Proposition.into(),
        wanted: StageKind::Lost,
    });
}

#[test]
fn where_it_comes_from_and_what_comes_next_are_said_and_taken_back() {
    let source = Some(DealSource {
        kind: SourceKind::Referral,
        detail: Some("Mme Martin".to_owned()),
    });
    let set = |source| DealEvent::DealSourceSet { source };
    with([])
        .when(DealCommand::SetSource { source: source.clone() })
        .then_expect_events(vec![set(source.clone())]);
    with([set(source)])
        .when(DealCommand::SetSource { source: None })
        .then_expect_events(vec![set(None)]);
    let planned = |text: Option<&str>| DealEvent::DealNextStepPlanned {
        text: text.map(str::to_owned),
    };
    with([])
        .when(DealCommand::PlanNextStep {
            text: Some(" Rappeler lundi ".to_owned()),
        })
        .then_expect_events(vec![planned(Some("Rappeler lundi"))]);
    with([planned(Some("Rappeler lundi"))])
        .when(DealCommand::PlanNextStep {
            text: Some(" ".to_owned()),
        })
        .then_expect_events(vec![planned(None)]);
}

#[test]
fn an_owner_who_was_a_name_becomes_somebody_with_an_account() {
    let named = DealEvent::DealAssigned {
        owner: None,
        owner_name: Some("Inès".to_owned()),
    };
    let assigned = |owner| DealEvent::DealAssigned {
        owner,
        owner_name: None,
    };
    with([named.clone()])
        .when(DealCommand::Assign { owner: Some(INES) })
        .then_expect_events(vec![assigned(Some(INES))]);
    with([named])
        .when(DealCommand::Assign { owner: None })
        .then_expect_events(vec![assigned(None)]);
    with([assigned(Some(INES))])
        .when(DealCommand::Assign { owner: Some(INES) })
        .then_expect_events(vec![]);
}

/// A command sent again is the same command, also when the pipeline says something else of the stage by then.
#[test]
fn what_a_pipeline_says_of_a_stage_is_not_part_of_the_command() {
    let before = move_to(Stage::Proposition);
    let after = move_to(StageRef {
        rank: 9,
        retired: true,
        ..Stage::Proposition.into()
    });
    assert_eq!(
        serde_json::to_string(&before).unwrap(),
        serde_json::to_string(&after).unwrap()
    );
}

#[test]
fn files_go_with_a_deal_open_or_closed() {
    let file = AttachedFile {
        file: FileId(Uuid::from_u128(40)),
        blob: BlobHash([7; 32]),
        size: 12,
        description: FileDescription {
            name: "Devis.pdf".to_owned(),
            media_type: "application/pdf".to_owned(),
        },
    };
    let attached = || DealEvent::DealFileAttached(file.clone());
    let detached = || DealEvent::DealFileDetached { file: file.file };
    let detach = || DealCommand::DetachFile { file: file.file };
    with([won()])
        .when(DealCommand::AttachFile(file.clone()))
        .then_expect_events(vec![attached()]);
    with([attached()])
        .when(DealCommand::AttachFile(file.clone()))
        .then_expect_error(DealError::File(FileError::AttachedAlready));
    with([attached(), won()])
        .when(detach())
        .then_expect_events(vec![detached()]);
    with([attached(), detached()])
        .when(detach())
        .then_expect_events(Vec::new());
    with([])
        .when(detach())
        .then_expect_error(DealError::File(FileError::NotFound));
}
