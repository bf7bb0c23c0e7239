use domain::{
    Currency, DealEvent, Event, Money, OrganizationId, Stage,
    deal::{DealStatus, LossReason},
};
use engine::projection::spec::Spec;
use projections::deals::{Deals, Model};
use uuid::Uuid;

use super::{ONE, TWO, march, micros};

fn euros(euros: i64) -> Money {
    Money::new(euros * 100, Currency::EUR)
}

fn opened() -> DealEvent {
    DealEvent::DealOpened {
        title: "Two presses".to_owned(),
        organization: Some(OrganizationId(TWO)),
        stage: Stage::Qualification,
        amount: Some(euros(1_000)),
        expected_close: Some("2026-06-30".parse().unwrap()),
        owner: Some("Inès".to_owned()),
        product: Some("P-40".to_owned()),
        external_reference: Some("OPP-1".to_owned()),
    }
}

/// What [`opened`] on the first at noon leads to.
fn row(id: Uuid) -> Model {
    Model {
        id,
        title: "Two presses".to_owned(),
        organization_id: Some(TWO),
        stage: "QUALIFICATION".to_owned(),
        stage_rank: 2,
        stage_since: micros("01T12:00"),
        status: "OPEN".to_owned(),
        amount_minor: Some(100_000),
        amount_currency: Some("EUR".to_owned()),
        owner: Some("Inès".to_owned()),
        product: Some("P-40".to_owned()),
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
                position: 3,
                ..changed()
            },
            second,
        ]);
}

#[test]
fn a_move_says_since_when() {
    after(DealEvent::DealMoved {
        from: Stage::Qualification,
        to: Stage::Negociation,
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
    after(DealEvent::DealAssigned { owner: None }).expect([Model {
        owner: None,
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
        from: Some(euros(1_000)),
        to: yen,
    })
    .expect([Model {
        amount_minor: Some(500),
        amount_currency: Some("JPY".to_owned()),
        ..changed()
    }]);
}

#[test]
fn a_won_deal_is_closed_at_the_agreed_amount() {
    after(DealEvent::DealWon {
        from: Stage::Qualification,
        amount: Some(euros(900)),
    })
    .expect([Model {
        stage: "SIGNE".to_owned(),
        stage_rank: 5,
        stage_since: micros("02T12:00"),
        status: "WON".to_owned(),
        amount_minor: Some(90_000),
        closed_at: Some(micros("02T12:00")),
        ..changed()
    }]);
}

fn lost() -> DealEvent {
    DealEvent::DealLost {
        from: Stage::Qualification,
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
                stage: Stage::Proposition,
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
        from: Stage::Prospection,
        to: Stage::Proposition,
    };
    Spec::of(Deals)
        .given("deal", TWO, moved.clone())
        .given("deal", ONE, opened())
        .given("deal", TWO, moved)
        .expect_waiting(&[1, 3]);
}
