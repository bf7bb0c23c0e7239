use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::{
    ContactEvent, Currency, DealEvent, Money, OrganizationEvent, PersonId, Personal, PipelineEvent, Stage,
    contact::{DetailsChanges, PersonDetails},
    deal::Amounts,
    pipeline::{BUILT_IN, StageCode},
};

fn opened() -> Event {
    DealEvent::DealOpened {
        title: "Bornes".to_owned(),
        organization: None,
        pipeline: None,
        stage: Stage::Prospection.into(),
        rank: None,
        amounts: euros(100),
        expected_close: None,
        owner: None,
        owner_name: None,
        source: None,
        products: Vec::new(),
        external_reference: None,
    }
    .into()
}

fn euros(amount: i64) -> Amounts {
    Amounts::net(Money::new(amount, Currency::EUR))
}

fn renamed(title: &str) -> Event {
    let title = title.to_owned();
    DealEvent::DealRenamed { title }.into()
}

fn moved(from: Stage, to: Stage) -> Event {
    DealEvent::DealMoved {
        from: from.into(),
        to: to.into(),
        rank: None,
    }
    .into()
}

fn won(amounts: Amounts) -> Event {
    DealEvent::DealWon {
        from: Stage::Prospection.into(),
        stage: None,
        rank: None,
        amounts,
    }
    .into()
}

fn tagged(tag: &str) -> Event {
    let tags = vec![tag.to_owned()];
    OrganizationEvent::OrganizationTagged { tags }.into()
}

fn names(clashes: &[Clash]) -> Vec<&str> {
    clashes.iter().map(|clash| clash.field.as_str()).collect()
}

#[test]
fn two_states_differ_in_the_fields_that_events_changed() {
    let before = Fields::replay([&opened()]);
    let after = Fields::replay([&opened(), &renamed("Bornes rapides"), &won(euros(90))]);
    let differences = before.differences(&after);
    let told: Vec<_> = differences.iter().map(|one| one.field.as_str()).collect();
    assert_eq!(told, ["amountNet", "stage", "status", "title"]);
    assert_eq!(differences[2].before, json!("OPEN"));
    assert_eq!(differences[2].after, json!("WON"));
    assert_eq!(before.get("pipeline"), &json!(BUILT_IN));
}

#[test]
fn a_set_remembers_what_was_added_and_forgets_what_was_taken_out() {
    let untagged = OrganizationEvent::OrganizationUntagged {
        tags: vec!["vip".to_owned()],
    };
    let fields = Fields::replay([&tagged("vip"), &tagged("salon"), &tagged("vip"), &untagged.into()]);
    assert_eq!(fields.get("tags"), &json!(["salon"]));
}

#[test]
fn a_stage_comes_to_its_place() {
    let created: Event = PipelineEvent::PipelineCreated {
        name: crate::pipeline::Names {
            fr: "Ventes".to_owned(),
            en: None,
        },
        stages: Vec::new(),
    }
    .into();
    let codes = ["A", "B"].map(|code| StageCode::parse("stage", code).unwrap());
    let ordered: Event = PipelineEvent::PipelineStagesReordered { codes: codes.to_vec() }.into();
    let fields = Fields::replay([&created, &ordered]);
    assert_eq!(fields.get("stageOrder"), &json!(["A", "B"]));
}

#[test]
fn what_was_erased_is_erased_in_every_field() {
    let person = PersonId(Uuid::from_u128(7));
    let added = |details| {
        Event::from(ContactEvent::ContactAdded {
            organization: None,
            details,
            billing: false,
            signatory: false,
            owner: None,
            external_reference: None,
        })
    };
    let changed: Event = ContactEvent::ContactChanged {
        details: Personal::<DetailsChanges>::Erased { person },
    }
    .into();
    let details = PersonDetails {
        first_name: Some("Zoé".to_owned()),
        ..PersonDetails::default()
    };
    let known = Fields::replay([&added(Personal::new(person, details))]);
    assert_eq!(
        known.get("firstName"),
        &json!({ "$personal": { "person": person, "value": "Zoé" } })
    );
    assert_eq!(known.get("emails"), &Value::Null);
    let erased = Fields::replay([&added(Personal::Erased { person }), &changed]);
    assert_eq!(erased.get("firstName"), &json!({ "$erased": { "person": person } }));
}

#[test]
fn different_fields_do_not_clash() {
    let (opened, renamed) = (opened(), renamed("Bornes rapides"));
    let meanwhile = [(&renamed, false)];
    let decided = [moved(Stage::Prospection, Stage::Qualification)];
    assert_eq!(clashes([&opened], &meanwhile, &decided), []);
}

#[test]
fn the_same_field_clashes_unless_both_made_the_same_of_it() {
    let (opened, theirs) = (opened(), renamed("Bornes rapides"));
    let meanwhile = [(&theirs, false)];
    let found = clashes([&opened], &meanwhile, &[renamed("Bornes lentes")]);
    assert_eq!(
        found,
        [Clash {
            field: "title".to_owned(),
            base: json!("Bornes"),
            theirs: json!("Bornes rapides"),
            ours: json!("Bornes lentes"),
        }]
    );
    assert_eq!(clashes([&opened], &meanwhile, &[renamed("Bornes rapides")]), []);
}

#[test]
fn what_a_decision_repeats_it_does_not_change() {
    // Won at the amount that somebody changed meanwhile: nobody's word is lost.
    let opened = opened();
    let to = euros(120);
    let changed: Event = DealEvent::DealAmountChanged { from: euros(100), to }.into();
    assert_eq!(clashes([&opened], &[(&changed, false)], &[won(to)]), []);
    assert_eq!(
        names(&clashes([&opened], &[(&changed, false)], &[won(euros(90))])),
        ["amountNet"]
    );
}

#[test]
fn what_was_changed_back_is_no_change() {
    let (opened, there, back) = (opened(), renamed("Autre"), renamed("Bornes"));
    let meanwhile = [(&there, false), (&back, false)];
    assert_eq!(clashes([&opened], &meanwhile, &[renamed("Bornes lentes")]), []);
}

#[test]
fn nobody_clashes_with_themselves() {
    let (opened, own, theirs) = (opened(), renamed("Bornes 1"), renamed("Bornes 2"));
    let decided = [renamed("Bornes 3")];
    assert_eq!(clashes([&opened], &[(&own, true)], &decided), []);
    assert_eq!(
        names(&clashes([&opened], &[(&own, true), (&theirs, false)], &decided)),
        ["title"]
    );
    assert_eq!(clashes([&opened], &[(&theirs, false), (&own, true)], &decided), []);
}

#[test]
fn sets_grow_and_shrink_side_by_side() {
    let (first, theirs) = (tagged("vip"), tagged("salon"));
    assert_eq!(clashes([&first], &[(&theirs, false)], &[tagged("nord")]), []);
}

#[test]
fn a_pause_of_a_contract_is_there_until_it_is_over() {
    let paused: Event = crate::ContractEvent::ContractPaused {
        from: "2026-02-01".parse().unwrap(),
        reason: Some("Travaux".to_owned()),
    }
    .into();
    let resumed: Event = crate::ContractEvent::ContractResumed {
        on: "2026-03-01".parse().unwrap(),
    }
    .into();
    let set = |field: &str, value| FieldChange {
        field: field.to_owned(),
        effect: Effect::Set(value),
    };
    assert_eq!(
        changes(&paused),
        [
            set("pausedFrom", json!("2026-02-01")),
            set("pauseReason", json!("Travaux"))
        ]
    );
    assert_eq!(
        changes(&resumed),
        [set("pausedFrom", Value::Null), set("resumedOn", json!("2026-03-01"))]
    );
}
