use domain::{
    Event, PipelineEvent,
    pipeline::{Names, Probability, StageCode, StageDefinition, StageKind},
};
use engine::projection::spec::Spec;
use projections::pipelines::{Model, Pipelines, stages};

use super::{ONE, march, micros};

fn code(text: &str) -> StageCode {
    StageCode::parse("code", text).unwrap()
}

fn percent(percent: i64) -> Probability {
    Probability::percent("probability", percent).unwrap()
}

fn stage(text: &str, kind: StageKind, probability: i64) -> StageDefinition {
    StageDefinition {
        code: code(text),
        name: Names::french(text.to_lowercase()),
        kind,
        probability: percent(probability),
        retired: false,
    }
}

fn defined() -> [StageDefinition; 3] {
    [
        stage("CALL", StageKind::Open, 20),
        stage("ORDERED", StageKind::Won, 100),
        stage("DROPPED", StageKind::Lost, 0),
    ]
}

fn given() -> Spec<Event> {
    let created = PipelineEvent::PipelineCreated {
        name: Names::new("Renouvellements", "Renewals"),
        stages: defined().to_vec(),
    };
    Spec::of(Pipelines).given_at("pipeline", ONE, march("01T12:00"), created)
}

fn after(event: PipelineEvent) -> Spec<Event> {
    given().given_at("pipeline", ONE, march("02T12:00"), event)
}

fn row() -> Model {
    Model {
        id: ONE,
        name_fr: "Renouvellements".to_owned(),
        name_en: Some("Renewals".to_owned()),
        archived: false,
        created_at: micros("01T12:00"),
        updated_at: micros("01T12:00"),
        version: 1,
        position: 1,
    }
}

fn rows() -> Vec<stages::Model> {
    let ranked = defined().into_iter().zip(1..);
    ranked
        .map(|(stage, rank)| stages::Model::new(ONE, &stage, rank))
        .collect()
}

#[test]
fn a_pipeline_is_a_row_and_so_is_each_of_its_stages() {
    given().expect([row()]).expect(rows());
    assert_eq!(rows()[0].id, format!("{ONE}:CALL"));
}

#[test]
fn a_stage_in_between_moves_the_others_on() {
    let added = stage("VISIT", StageKind::Open, 60);
    let mut expected = rows();
    expected[1].rank = 3;
    expected[2].rank = 4;
    expected.push(stages::Model::new(ONE, &added, 2));
    after(PipelineEvent::PipelineStageAdded { stage: added, rank: 2 }).expect(expected);
}

#[test]
fn stages_have_the_places_of_their_new_order() {
    let codes = ["CALL", "DROPPED", "ORDERED"].map(code).to_vec();
    let mut expected = rows();
    expected[1].rank = 3;
    expected[2].rank = 2;
    after(PipelineEvent::PipelineStagesReordered { codes }).expect(expected);
}

#[test]
fn a_stage_changes_in_place() {
    let changed = |change: fn(&mut stages::Model)| {
        let mut expected = rows();
        change(&mut expected[0]);
        expected
    };
    after(PipelineEvent::PipelineStageRenamed {
        code: code("CALL"),
        name: Names::new("Appel", "Call"),
    })
    .expect(changed(|stage| {
        stage.name_fr = "Appel".to_owned();
        stage.name_en = Some("Call".to_owned());
    }));
    after(PipelineEvent::PipelineStageProbabilityChanged {
        code: code("CALL"),
        from: percent(20),
        to: percent(25),
    })
    .expect(changed(|stage| stage.probability = 25));
    after(PipelineEvent::PipelineStageRetired { code: code("CALL") }).expect(changed(|stage| stage.retired = true));
    after(PipelineEvent::PipelineStageRetired { code: code("CALL") })
        .given(
            "pipeline",
            ONE,
            PipelineEvent::PipelineStageRestored { code: code("CALL") },
        )
        .expect(rows());
}

#[test]
fn a_pipeline_is_renamed_archived_and_restored() {
    let changed = Model {
        updated_at: micros("02T12:00"),
        version: 2,
        position: 2,
        ..row()
    };
    after(PipelineEvent::PipelineRenamed {
        name: Names::french("Maintenance"),
    })
    .expect([Model {
        name_fr: "Maintenance".to_owned(),
        name_en: None,
        ..changed.clone()
    }]);
    after(PipelineEvent::PipelineArchived {}).expect([Model {
        archived: true,
        ..changed.clone()
    }]);
    after(PipelineEvent::PipelineArchived {})
        .given_at("pipeline", ONE, march("03T12:00"), PipelineEvent::PipelineRestored {})
        .expect([Model {
            updated_at: micros("03T12:00"),
            version: 3,
            position: 3,
            ..changed
        }]);
}
