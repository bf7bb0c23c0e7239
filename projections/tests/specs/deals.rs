use domain::{
    Currency, DealEvent, Event, Money, OrganizationId, PipelineId, UserId,
    deal::{Amounts, DealSource, DealStatus, LossReason, ProductOfInterest, SourceKind},
    pipeline::{BUILT_IN, Probability, Stage, StageCode},
};
use engine::projection::spec::Spec;
use projections::deals::{Deals, Model};
use uuid::Uuid;

use super::{ONE, TWO, march, micros};

fn euros(euros: i64) -> Money {
    Money::new(euros * 100, Currency::EUR)
}

pub(super) fn opened() -> DealEvent {
    DealEvent::DealOpened {
        title: "Été : two presses".to_owned(),
        organization: Some(OrganizationId(TWO)),
        pipeline: None,
        stage: Stage::Qualification.into(),
        rank: None,
        amounts: Amounts::net(euros(1_000)),
        expected_close: Some("2026-06-30".parse().unwrap()),
        owner: None,
        owner_name: Some("Inès".to_owned()),
        source: None,
        products: vec![ProductOfInterest::labelled("P-40"), ProductOfInterest::labelled("P-50")],
        external_reference: Some("OPP-1".to_owned()),
    }
}

/// What [`opened`] on the first at noon leads to.
fn row(id: Uuid) -> Model {
    Model {
        id,
        title: "Été : two presses".to_owned(),
        title_folded: "ete : two presses".to_owned(),
        organization_id: Some(TWO),
        pipeline_id: BUILT_IN.0,
        stage: "QUALIFICATION".to_owned(),
        stage_rank: 2,
        stage_since: micros("01T12:00"),
        status: "OPEN".to_owned(),
        amount_net_minor: Some(100_000),
        amount_gross_minor: None,
        amount_currency: Some("EUR".to_owned()),
        probability: None,
        owner_id: None,
        owner_name: Some("Inès".to_owned()),
        owner_name_folded: Some("ines".to_owned()),
        source: None,
        source_detail: None,
        product: Some("P-40".to_owned()),
        next_step: None,
        opened_at: micros("01T12:00"),
        closed_at: None,
        lost_reason: None,
        lost_note: None,
        expected_close: Some("2026-06-30".to_owned()),
        external_reference: Some("OPP-1".to_owned()),
        updated_at: micros("01T12:00"),
        version: 1,
        position: 1,
    }
}

fn given() -> Spec<Event> {
    Spec::of(Deals).given_at("deal", ONE, march("01T12:00"), opened())
}

/// The row after one more event on the second at noon.
fn changed() -> Model {
    Model {
        updated_at: micros("02T12:00"),
        version: 2,
        position: 2,
        ..row(ONE)
    }
}

fn after(event: DealEvent) -> Spec<Event> {
    given().given_at("deal", ONE, march("02T12:00"), event)
}

#[test]
fn an_opened_deal_is_a_row() {
    given().expect([row(ONE)]);
}

#[test]
fn deals_do_not_touch_each_other() {
    let second = Model {
        position: 2,
        ..row(TWO)
    };
    given()
        .given_at("deal", TWO, march("01T12:00"), opened())
        .given_at(
            "deal",
            ONE,
            march("02T12:00"),
            DealEvent::DealRenamed {
                title: "Three presses".to_owned(),
            },
        )
        .expect([
            Model {
                title: "Three presses".to_owned(),
                title_folded: "three presses".to_owned(),
                position: 3,
                ..changed()
            },
            second,
        ]);
}

#[test]
fn a_move_says_since_when() {
    after(DealEvent::DealMoved {
        from: Stage::Qualification.into(),
        to: Stage::Negociation.into(),
        rank: None,
    })
    .expect([Model {
        stage: "NEGOCIATION".to_owned(),
        stage_rank: 4,
        stage_since: micros("02T12:00"),
        ..changed()
    }]);
}

#[test]
fn details_change_in_place() {
    after(DealEvent::DealAssigned {
        owner: Some(UserId(ONE)),
        owner_name: None,
    })
    .expect([Model {
        owner_id: Some(ONE),
        owner_name: None,
        owner_name_folded: None,
        ..changed()
    }]);
    after(DealEvent::DealProbabilityEstimated {
        probability: Some(Probability::percent("probability", 65).unwrap()),
    })
    .expect([Model {
        probability: Some(65),
        ..changed()
    }]);
    after(DealEvent::DealNextStepPlanned {
        text: Some("Call".to_owned()),
    })
    .expect([Model {
        next_step: Some("Call".to_owned()),
        ..changed()
    }]);
    after(DealEvent::DealProductsNamed { products: Vec::new() }).expect([Model {
        product: None,
        ..changed()
    }]);
    after(DealEvent::DealSourceSet {
        source: Some(DealSource {
            kind: SourceKind::Referral,
            detail: Some("Mme Martin".to_owned()),
        }),
    })
    .expect([Model {
        source: Some("REFERRAL".to_owned()),
        source_detail: Some("Mme Martin".to_owned()),
        ..changed()
    }]);
    after(DealEvent::DealLinked {
        organization: OrganizationId(ONE),
    })
    .expect([Model {
        organization_id: Some(ONE),
        ..changed()
    }]);
    after(DealEvent::DealCloseExpected { date: None }).expect([Model {
        expected_close: None,
        ..changed()
    }]);
    let yen = Money::new(500, "JPY".parse().unwrap());
    after(DealEvent::DealAmountChanged {
        from: Amounts::net(euros(1_000)),
        to: Amounts {
            net: None,
            gross: Some(yen),
        },
    })
    .expect([Model {
        amount_net_minor: None,
        amount_gross_minor: Some(500),
        amount_currency: Some("JPY".to_owned()),
        ..changed()
    }]);
}

#[test]
fn a_won_deal_is_closed_at_the_agreed_amount() {
    after(DealEvent::DealWon {
        from: Stage::Qualification.into(),
        stage: None,
        rank: None,
        amounts: Amounts::net(euros(900)),
    })
    .expect([Model {
        stage: "SIGNE".to_owned(),
        stage_rank: 5,
        stage_since: micros("02T12:00"),
        status: "WON".to_owned(),
        amount_net_minor: Some(90_000),
        closed_at: Some(micros("02T12:00")),
        ..changed()
    }]);
}

fn lost() -> DealEvent {
    DealEvent::DealLost {
        from: Stage::Qualification.into(),
        stage: None,
        rank: None,
        reason: LossReason::Other,
        note: Some("They moved.".to_owned()),
    }
}

#[test]
fn a_lost_deal_says_why() {
    after(lost()).expect([Model {
        stage: "PERDU".to_owned(),
        stage_rank: 6,
        stage_since: micros("02T12:00"),
        status: "LOST".to_owned(),
        closed_at: Some(micros("02T12:00")),
        lost_reason: Some("OTHER".to_owned()),
        lost_note: Some("They moved.".to_owned()),
        ..changed()
    }]);
}

#[test]
fn a_reopened_deal_forgets_how_it_ended() {
    after(lost())
        .given_at(
            "deal",
            ONE,
            march("03T12:00"),
            DealEvent::DealReopened {
                from: DealStatus::Lost,
                stage: Stage::Proposition.into(),
                rank: None,
            },
        )
        .expect([Model {
            stage: "PROPOSITION".to_owned(),
            stage_rank: 3,
            stage_since: micros("03T12:00"),
            updated_at: micros("03T12:00"),
            version: 3,
            position: 3,
            ..row(ONE)
        }]);
}

#[test]
fn a_deal_that_was_never_opened_waits_and_holds_back_nobody() {
    let moved = DealEvent::DealMoved {
        from: Stage::Prospection.into(),
        to: Stage::Proposition.into(),
        rank: None,
    };
    Spec::of(Deals)
        .given("deal", TWO, moved.clone())
        .given("deal", ONE, opened())
        .given("deal", TWO, moved)
        .expect_waiting(&[1, 3]);
}

#[test]
fn a_deal_goes_on_in_another_pipeline() {
    let code = |text| StageCode::parse("code", text).unwrap();
    let changed_pipeline = DealEvent::DealPipelineChanged {
        from_pipeline: BUILT_IN,
        from: Stage::Qualification.into(),
        to_pipeline: PipelineId(ONE),
        to: code("CALL"),
        rank: Some(1),
    };
    let won = DealEvent::DealWon {
        from: code("CALL"),
        stage: Some(code("ORDERED")),
        rank: Some(7),
        amounts: Amounts::default(),
    };
    after(changed_pipeline)
        .given_at("deal", ONE, march("03T12:00"), won)
        .expect([Model {
            pipeline_id: ONE,
            stage: "ORDERED".to_owned(),
            stage_rank: 7,
            stage_since: micros("03T12:00"),
            status: "WON".to_owned(),
            amount_net_minor: None,
            amount_currency: None,
            closed_at: Some(micros("03T12:00")),
            updated_at: micros("03T12:00"),
            version: 3,
            position: 3,
            ..row(ONE)
        }]);
}
