use domain::{
    DealEvent, Event, PipelineId,
    deal::{Amounts, DealStatus},
    pipeline::{BUILT_IN, Stage, StageCode},
};
use engine::projection::spec::Spec;
use projections::deal_stage_entries::{DealStageEntries, Model};
use uuid::Uuid;

use super::{ONE, TWO, deals::opened, march, micros};

fn given() -> Spec<Event> {
    Spec::of(DealStageEntries).given_at("deal", ONE, march("01T12:00"), opened())
}

/// A stay that goes on.
fn stay(stage: Stage, version: i64, from: &str) -> Model {
    Model {
        id: ONE,
        deal_id: ONE,
        pipeline_id: BUILT_IN.0,
        stage: stage.as_str().to_owned(),
        rank: stage.rank().into(),
        status: stage.kind().as_str().to_owned(),
        entered_at: micros(from),
        left_at: None,
        entered_version: version,
    }
}

fn ended(stay: Model, to: &str) -> Model {
    Model {
        id: Uuid::new_v5(&ONE, &stay.entered_version.to_be_bytes()),
        left_at: Some(micros(to)),
        ..stay
    }
}

fn moved(from: Stage, to: Stage) -> DealEvent {
    DealEvent::DealMoved {
        from: from.into(),
        to: to.into(),
        rank: None,
    }
}

#[test]
fn a_deal_is_in_the_stage_it_was_opened_in() {
    given().expect([stay(Stage::Qualification, 1, "01T12:00")]);
}

/// To and fro: each stay counts for itself.
#[test]
fn each_stay_has_its_beginning_and_its_end() {
    given()
        .given_at(
            "deal",
            ONE,
            march("02T12:00"),
            moved(Stage::Qualification, Stage::Proposition),
        )
        .given_at(
            "deal",
            ONE,
            march("03T12:00"),
            moved(Stage::Proposition, Stage::Qualification),
        )
        .given_at(
            "deal",
            ONE,
            march("04T12:00"),
            DealEvent::DealWon {
                from: Stage::Qualification.into(),
                stage: None,
                rank: None,
                amounts: Amounts::default(),
            },
        )
        .given_at(
            "deal",
            ONE,
            march("05T12:00"),
            DealEvent::DealReopened {
                from: DealStatus::Won,
                stage: Stage::Negociation.into(),
                rank: None,
            },
        )
        .expect([
            ended(stay(Stage::Qualification, 1, "01T12:00"), "02T12:00"),
            ended(stay(Stage::Proposition, 2, "02T12:00"), "03T12:00"),
            ended(stay(Stage::Qualification, 3, "03T12:00"), "04T12:00"),
            ended(stay(Stage::Signe, 4, "04T12:00"), "05T12:00"),
            stay(Stage::Negociation, 5, "05T12:00"),
        ]);
}

#[test]
fn another_pipeline_is_another_stay_and_other_news_is_none() {
    let code = StageCode::parse("code", "CALL").unwrap();
    given()
        .given(
            "deal",
            ONE,
            DealEvent::DealRenamed {
                title: "Presses".to_owned(),
            },
        )
        .given_at(
            "deal",
            ONE,
            march("02T12:00"),
            DealEvent::DealPipelineChanged {
                from_pipeline: BUILT_IN,
                from: Stage::Qualification.into(),
                to_pipeline: PipelineId(TWO),
                to: code.clone(),
                rank: Some(1),
            },
        )
        .given_at(
            "deal",
            ONE,
            march("03T12:00"),
            DealEvent::DealMoved {
                from: code,
                to: StageCode::parse("code", "VISIT").unwrap(),
                rank: Some(2),
            },
        )
        .expect([
            ended(stay(Stage::Qualification, 1, "01T12:00"), "02T12:00"),
            ended(
                Model {
                    pipeline_id: TWO,
                    stage: "CALL".to_owned(),
                    rank: 1,
                    ..stay(Stage::Prospection, 3, "02T12:00")
                },
                "03T12:00",
            ),
            Model {
                pipeline_id: TWO,
                stage: "VISIT".to_owned(),
                rank: 2,
                ..stay(Stage::Prospection, 4, "03T12:00")
            },
        ]);
}
