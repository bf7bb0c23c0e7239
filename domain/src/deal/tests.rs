use cqrs_es::test::TestFramework;
use uuid::Uuid;

use super::*;
use crate::{Currency, InvalidValue, Language, Money, OrganizationId, Refusal, value::Problem};

fn given(events: Vec<DealEvent>) -> cqrs_es::test::AggregateTestExecutor<Deal> {
    TestFramework::<Deal>::with(()).given(events)
}

fn euros(euros: i64) -> Money {
    Money::new(euros * 100, Currency::EUR)
}

const ACME: OrganizationId = OrganizationId(Uuid::from_u128(0xAC));

fn opened_in(stage: Stage) -> DealEvent {
    DealEvent::DealOpened {
        title: "Machines for Lyon".to_owned(),
        organization: Some(ACME),
        stage,
        amount: Some(euros(1_000)),
        expected_close: None,
        owner: None,
        product: None,
        external_reference: None,
    }
}

fn open(stage: Stage) -> OpenDeal {
    OpenDeal {
        organization: Some(ACME),
        amount: Some(euros(1_000)),
        ..OpenDeal::titled("  Machines for Lyon ", stage)
    }
}

fn won() -> DealEvent {
    DealEvent::DealWon {
        from: Stage::Negociation,
        amount: Some(euros(900)),
    }
}

fn lost() -> DealEvent {
    DealEvent::DealLost {
        from: Stage::Proposition,
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
            .then_expect_error(DealError::ClosingStage { stage });
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
        DealCommand::Move {
            stage: Stage::Qualification,
        },
        DealCommand::Win { amount: None },
        DealCommand::Lose {
            reason: LossReason::Price,
            note: None,
        },
        DealCommand::Reopen {
            stage: Stage::Prospection,
        },
        DealCommand::ChangeAmount { amount: euros(1) },
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
                .when(DealCommand::Move { stage: to })
                .then_expect_events(vec![DealEvent::DealMoved { from, to }]);
        }
    }
}

#[test]
fn moving_to_where_it_is_changes_nothing() {
    given(vec![opened_in(Stage::Proposition)])
        .when(DealCommand::Move {
            stage: Stage::Proposition,
        })
        .then_expect_events(vec![]);
}

#[test]
fn a_deal_is_not_closed_by_moving_it() {
    for stage in [Stage::Signe, Stage::Perdu] {
        let refused = given(vec![opened_in(Stage::Negociation)])
            .when(DealCommand::Move { stage })
            .inspect_result();
        let refused = refused.unwrap_err();
        assert_eq!(refused.code(), "STAGE_CLOSES_DEAL");
        assert_eq!(refused.field(), Some("stage"));
        assert_eq!(
            refused.allowed(),
            ["PROSPECTION", "QUALIFICATION", "PROPOSITION", "NEGOCIATION"]
        );
    }
}

#[test]
fn a_deal_is_won_at_the_expected_amount_unless_another_is_agreed() {
    given(vec![opened_in(Stage::Negociation)])
        .when(DealCommand::Win { amount: None })
        .then_expect_events(vec![DealEvent::DealWon {
            from: Stage::Negociation,
            amount: Some(euros(1_000)),
        }]);
    given(vec![opened_in(Stage::Negociation)])
        .when(DealCommand::Win {
            amount: Some(euros(900)),
        })
        .then_expect_events(vec![won()]);
}

#[test]
fn a_deal_is_lost_with_a_reason() {
    given(vec![opened_in(Stage::Proposition)])
        .when(DealCommand::Lose {
            reason: LossReason::Price,
            note: Some("  ".to_owned()),
        })
        .then_expect_events(vec![lost()]);
}

#[test]
fn another_reason_is_told_in_a_note() {
    given(vec![opened_in(Stage::Proposition)])
        .when(DealCommand::Lose {
            reason: LossReason::Other,
            note: None,
        })
        .then_expect_error(invalid("note", Problem::Missing));
}

#[test]
fn a_closed_deal_is_neither_moved_nor_won_nor_lost_nor_repriced() {
    for (closing, status) in [(won(), DealStatus::Won), (lost(), DealStatus::Lost)] {
        let commands = [
            DealCommand::Move {
                stage: Stage::Qualification,
            },
            DealCommand::Win { amount: None },
            DealCommand::Lose {
                reason: LossReason::Price,
                note: None,
            },
            DealCommand::ChangeAmount { amount: euros(1) },
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
        .when(DealCommand::Assign {
            owner: Some("Inès".to_owned()),
        })
        .then_expect_events(vec![DealEvent::DealAssigned {
            owner: Some("Inès".to_owned()),
        }]);
}

#[test]
fn a_closed_deal_is_reopened_in_an_open_stage() {
    for (closing, from) in [(won(), DealStatus::Won), (lost(), DealStatus::Lost)] {
        let given = || given(vec![opened_in(Stage::Negociation), closing.clone()]);
        given()
            .when(DealCommand::Reopen {
                stage: Stage::Proposition,
            })
            .then_expect_events(vec![DealEvent::DealReopened {
                from,
                stage: Stage::Proposition,
            }]);
        given()
            .when(DealCommand::Reopen { stage: Stage::Signe })
            .then_expect_error(DealError::ClosingStage { stage: Stage::Signe });
    }
}

#[test]
fn an_open_deal_cannot_be_reopened() {
    given(vec![opened_in(Stage::Proposition)])
        .when(DealCommand::Reopen {
            stage: Stage::Proposition,
        })
        .then_expect_error(DealError::NotClosed {
            stage: Stage::Proposition,
        });
}

#[test]
fn a_reopened_deal_can_be_won_again() {
    let reopened = DealEvent::DealReopened {
        from: DealStatus::Won,
        stage: Stage::Negociation,
    };
    given(vec![opened_in(Stage::Negociation), won(), reopened])
        .when(DealCommand::Win { amount: None })
        .then_expect_events(vec![won()]);
}

#[test]
fn the_amount_changes_from_one_to_another() {
    given(vec![opened_in(Stage::Proposition)])
        .when(DealCommand::ChangeAmount { amount: euros(1_200) })
        .then_expect_events(vec![DealEvent::DealAmountChanged {
            from: Some(euros(1_000)),
            to: euros(1_200),
        }]);
    given(vec![opened_in(Stage::Proposition)])
        .when(DealCommand::ChangeAmount { amount: euros(1_000) })
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
        let refused = || invalid("amount", problem.clone());
        let given = || given(vec![opened_in(Stage::Proposition)]);
        given()
            .when(DealCommand::ChangeAmount { amount })
            .then_expect_error(refused());
        given()
            .when(DealCommand::Win { amount: Some(amount) })
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
fn the_stages_are_a_pipeline() {
    let open: Vec<_> = Stage::ALL.into_iter().filter(|stage| stage.is_open()).collect();
    assert_eq!(open, Stage::OPEN);
    assert!(
        Stage::OPEN
            .windows(2)
            .all(|pair| pair[0].probability() < pair[1].probability())
    );
    for stage in Stage::ALL {
        assert_eq!(stage.as_str().parse(), Ok(stage));
        assert_eq!(serde_json::to_value(stage).unwrap(), stage.as_str());
    }
    assert!("WON".parse::<Stage>().is_err());
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
