use cqrs_es::test::TestFramework;

use super::*;
use crate::{Decider, InvalidValue, Language, PipelineId, Refusal, value::Problem};

fn given(events: Vec<PipelineEvent>) -> cqrs_es::test::AggregateTestExecutor<Pipeline> {
    TestFramework::<Pipeline>::with(()).given(events)
}

fn code(text: &str) -> StageCode {
    StageCode::parse("code", text).unwrap()
}

fn percent(percent: i64) -> Probability {
    Probability::percent("probability", percent).unwrap()
}

fn stage(text: &str, kind: StageKind, probability: i64) -> NewStage {
    NewStage {
        code: code(text),
        name: Names::new(format!("{text} (fr)"), format!("{text} (en)")),
        kind,
        probability: percent(probability),
    }
}

fn defined(stage: NewStage) -> StageDefinition {
    StageDefinition {
        code: stage.code,
        name: stage.name,
        kind: stage.kind,
        probability: stage.probability,
        retired: false,
    }
}

fn stages() -> Vec<NewStage> {
    vec![
        stage("CALL", StageKind::Open, 20),
        stage("VISIT", StageKind::Open, 60),
        stage("ORDERED", StageKind::Won, 100),
        stage("DROPPED", StageKind::Lost, 0),
    ]
}

fn create(stages: Vec<NewStage>) -> PipelineCommand {
    PipelineCommand::Create(NewPipeline {
        name: Names::french("  Renouvellements "),
        stages,
    })
}

fn created() -> PipelineEvent {
    PipelineEvent::PipelineCreated {
        name: Names::french("Renouvellements"),
        stages: stages().into_iter().map(defined).collect(),
    }
}

#[test]
fn a_pipeline_is_created_with_its_stages() {
    given(vec![]).when(create(stages())).then_expect_events(vec![created()]);
    given(vec![created()])
        .when(create(stages()))
        .then_expect_error(PipelineError::AlreadyCreated);
}

#[test]
fn whatever_was_asked_won_is_certain_and_lost_is_not() {
    let mut asked = stages();
    asked[2].probability = percent(3);
    asked[3].probability = percent(97);
    given(vec![]).when(create(asked)).then_expect_events(vec![created()]);
}

#[test]
fn deals_can_be_worked_on_won_in_one_way_and_lost() {
    for (missing, kind) in [(0..2, StageKind::Open), (2..3, StageKind::Won), (3..4, StageKind::Lost)] {
        let mut stages = stages();
        stages.drain(missing);
        given(vec![])
            .when(create(stages))
            .then_expect_error(PipelineError::LastOfItsKind { kind });
    }
    let mut two = stages();
    two.insert(3, stage("PAID", StageKind::Won, 100));
    given(vec![])
        .when(create(two))
        .then_expect_error(PipelineError::SecondWonStage);
}

#[test]
fn open_stages_come_first() {
    let mut stages = stages();
    stages.swap(1, 2);
    given(vec![])
        .when(create(stages))
        .then_expect_error(PipelineError::OpenAfterClosing);
}

#[test]
fn a_code_stands_for_one_stage() {
    let mut twice = stages();
    twice[1].code = code("call");
    given(vec![])
        .when(create(twice))
        .then_expect_error(PipelineError::StageExists { code: code("CALL") });
}

#[test]
fn a_code_is_written_in_letters_digits_and_underscores() {
    for wrong in ["1ST", "À VOIR", "A-B", "_A", "A B"] {
        let refused = StageCode::parse("code", wrong).unwrap_err();
        assert_eq!(refused, InvalidValue::new("code", Problem::NotACode), "{wrong}");
    }
    assert_eq!(code(" first_call2 ").as_str(), "FIRST_CALL2");
}

#[test]
fn a_stage_is_added_behind_the_others_of_its_kind_or_before_one() {
    let demo = stage("DEMO", StageKind::Open, 40);
    let add = |before: Option<&str>| PipelineCommand::AddStage {
        stage: demo.clone(),
        before: before.map(code),
    };
    let added = |rank| PipelineEvent::PipelineStageAdded {
        stage: defined(demo.clone()),
        rank,
    };
    given(vec![created()])
        .when(add(None))
        .then_expect_events(vec![added(3)]);
    given(vec![created()])
        .when(add(Some("VISIT")))
        .then_expect_events(vec![added(2)]);
    given(vec![created()])
        .when(add(Some("DROPPED")))
        .then_expect_error(PipelineError::OpenAfterClosing);
    given(vec![created(), added(2)])
        .when(add(None))
        .then_expect_error(PipelineError::StageExists { code: code("DEMO") });
}

#[test]
fn a_second_way_to_win_cannot_be_added_but_another_way_to_lose_can() {
    let add = |kind| PipelineCommand::AddStage {
        stage: stage("OTHER", kind, 0),
        before: None,
    };
    given(vec![created()])
        .when(add(StageKind::Won))
        .then_expect_error(PipelineError::SecondWonStage);
    let events = given(vec![created()])
        .when(add(StageKind::Lost))
        .inspect_result()
        .unwrap();
    assert!(matches!(events[0], PipelineEvent::PipelineStageAdded { rank: 5, .. }));
}

#[test]
fn names_change_and_codes_stay() {
    let name = Names::new("Rappel", "Call back");
    given(vec![created()])
        .when(PipelineCommand::RenameStage {
            code: code("CALL"),
            name: name.clone(),
        })
        .then_expect_events(vec![PipelineEvent::PipelineStageRenamed {
            code: code("CALL"),
            name,
        }]);
    given(vec![created()])
        .when(PipelineCommand::Rename {
            name: Names::new("Renouvellements", "Renouvellements"),
        })
        .then_expect_events(vec![]);
}

#[test]
fn stages_are_put_in_another_order() {
    let reorder = |codes: &[&str]| PipelineCommand::ReorderStages {
        codes: codes.iter().map(|text| code(text)).collect(),
    };
    let swapped = ["VISIT", "CALL", "ORDERED", "DROPPED"];
    let reordered = PipelineEvent::PipelineStagesReordered {
        codes: swapped.map(code).to_vec(),
    };
    given(vec![created()])
        .when(reorder(&swapped))
        .then_expect_events(vec![reordered.clone()]);
    given(vec![created(), reordered])
        .when(reorder(&swapped))
        .then_expect_events(vec![]);
    let incomplete = given(vec![created()])
        .when(reorder(&["VISIT", "VISIT", "ORDERED", "DROPPED"]))
        .inspect_result()
        .unwrap_err();
    assert_eq!(incomplete.code(), "STAGES_INCOMPLETE");
    assert_eq!(incomplete.allowed_values(), ["CALL", "VISIT", "ORDERED", "DROPPED"]);
    given(vec![created()])
        .when(reorder(&["CALL", "ORDERED", "VISIT", "DROPPED"]))
        .then_expect_error(PipelineError::OpenAfterClosing);
}

#[test]
fn the_probability_of_an_open_stage_changes() {
    let change = |text: &str, to| PipelineCommand::ChangeProbability {
        code: code(text),
        probability: percent(to),
    };
    given(vec![created()]).when(change("CALL", 35)).then_expect_events(vec![
        PipelineEvent::PipelineStageProbabilityChanged {
            code: code("CALL"),
            from: percent(20),
            to: percent(35),
        },
    ]);
    given(vec![created()])
        .when(change("CALL", 20))
        .then_expect_events(vec![]);
    given(vec![created()])
        .when(change("ORDERED", 90))
        .then_expect_error(PipelineError::ProbabilityIsFixed { code: code("ORDERED") });
    assert!(Probability::percent("probability", 101).is_err());
    assert!(Probability::percent("probability", -1).is_err());
}

#[test]
fn a_stage_is_retired_unless_it_is_the_last_of_its_kind() {
    let retire = |text: &str| PipelineCommand::RetireStage { code: code(text) };
    let retired = PipelineEvent::PipelineStageRetired { code: code("CALL") };
    given(vec![created()])
        .when(retire("CALL"))
        .then_expect_events(vec![retired.clone()]);
    given(vec![created(), retired.clone()])
        .when(retire("CALL"))
        .then_expect_events(vec![]);
    given(vec![created(), retired.clone()])
        .when(retire("VISIT"))
        .then_expect_error(PipelineError::LastOfItsKind { kind: StageKind::Open });
    given(vec![created()])
        .when(retire("ORDERED"))
        .then_expect_error(PipelineError::LastOfItsKind { kind: StageKind::Won });
    given(vec![created(), retired])
        .when(PipelineCommand::RestoreStage { code: code("CALL") })
        .then_expect_events(vec![PipelineEvent::PipelineStageRestored { code: code("CALL") }]);
}

#[test]
fn a_stage_that_it_does_not_have_is_refused_with_those_it_has() {
    let retired = PipelineEvent::PipelineStageRetired { code: code("CALL") };
    let refused = given(vec![created(), retired])
        .when(PipelineCommand::RetireStage { code: code("LUNCH") })
        .inspect_result()
        .unwrap_err();
    assert_eq!(refused.code(), "STAGE_NOT_FOUND");
    assert_eq!(refused.allowed_values(), ["VISIT", "ORDERED", "DROPPED"]);
    assert_eq!(refused.message(Language::French), "Le pipeline n'a pas d'étape LUNCH.");
}

#[test]
fn a_pipeline_is_archived_and_restored() {
    given(vec![created()])
        .when(PipelineCommand::Archive)
        .then_expect_events(vec![PipelineEvent::PipelineArchived {}]);
    given(vec![created(), PipelineEvent::PipelineArchived {}])
        .when(PipelineCommand::Restore)
        .then_expect_events(vec![PipelineEvent::PipelineRestored {}]);
    given(vec![created()])
        .when(PipelineCommand::Restore)
        .then_expect_events(vec![]);
}

#[test]
fn the_built_in_pipeline_is_there_before_anything_happened() {
    let pipeline = PipelineState::built_in();
    let codes: Vec<_> = pipeline.stages().iter().map(|stage| stage.code.as_str()).collect();
    assert_eq!(codes, Stage::ALL.map(Stage::as_str));
    for stage in Stage::ALL {
        assert_eq!(pipeline.stage(BUILT_IN, &stage.into()), Ok(stage.into()));
    }
    assert_eq!(pipeline.won(BUILT_IN), Ok(Stage::Signe.into()));
    assert_eq!(pipeline.lost(BUILT_IN), Ok(Stage::Perdu.into()));
    assert_eq!(pipeline.beginning(BUILT_IN), Ok(Stage::Prospection.into()));
}

#[test]
fn it_is_written_down_once() {
    let written = PipelineState::default().decide(PipelineCommand::Adopt).unwrap();
    assert_eq!(written.len(), 1);
    given(written).when(PipelineCommand::Adopt).then_expect_events(vec![]);
}

#[test]
fn the_built_in_stages_are_a_pipeline() {
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
        assert_eq!(code(stage.as_str()), StageCode::from(stage));
    }
    assert!("WON".parse::<Stage>().is_err());
}

#[test]
fn a_stage_says_whether_it_takes_deals() {
    let mut pipeline = Pipeline::replay(&[
        created(),
        PipelineEvent::PipelineStageRetired { code: code("CALL") },
        PipelineEvent::PipelineArchived {},
    ]);
    let id = PipelineId(uuid::Uuid::from_u128(7));
    let call = pipeline.stage(id, &code("CALL")).unwrap();
    assert!(call.retired && call.archived);
    assert_eq!((call.rank, call.pipeline), (1, id));
    assert_eq!(pipeline.beginning(id).unwrap().code, code("VISIT"));
    cqrs_es::Aggregate::apply(&mut pipeline, PipelineEvent::PipelineRestored {});
    assert!(!pipeline.archived());
}
