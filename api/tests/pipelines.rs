//! Pipelines with stages of their own, and what becomes of the deals in them.

use serde_json::{Value, json};

use crate::server::Server;

const CREATE: &str = "mutation($input: PipelineCreateInput!) { pipelineCreate(input: $input) {
    pipeline { id version } position userErrors { code field allowed message } } }";

fn renewals() -> Value {
    let stage = |code: &str, kind: &str, probability: i32| {
        json!({ "code": code, "name": { "fr": format!("{code} fr"), "en": format!("{code} en") },
            "kind": kind, "probability": probability })
    };
    json!({
        "name": { "fr": "Renouvellements", "en": "Renewals" },
        "stages": [
            stage("CALL", "OPEN", 20),
            stage("VISIT", "OPEN", 60),
            stage("ORDERED", "WON", 100),
            stage("DROPPED", "LOST", 0),
            stage("POSTPONED", "LOST", 0),
        ],
    })
}

async fn create(server: &Server) -> String {
    let data = server.data_with(CREATE, json!({ "input": renewals() })).await;
    assert_eq!(data["pipelineCreate"]["userErrors"], json!([]));
    data["pipelineCreate"]["pipeline"]["id"].as_str().unwrap().to_owned()
}

/// Gives a mutation whose payload has a deal or a pipeline, and returns the payload.
async fn give(server: &Server, mutation: &str, kind: &str, shown: &str, input: Value) -> Value {
    let (first, rest) = mutation.split_at(1);
    let query = format!(
        "mutation($input: {}{rest}Input!) {{ {mutation}(input: $input) {{ {kind} {{ {shown} }} version userErrors {{ code field allowed }} }} }}",
        first.to_uppercase()
    );
    server.data_with(&query, json!({ "input": input })).await[mutation].take()
}

async fn deal(server: &Server, mutation: &str, input: Value) -> Value {
    let shown = "id stage status probability pipeline { name } pipelineStage { name kind probability rank }";
    give(server, mutation, "deal", shown, input).await
}

async fn pipeline(server: &Server, mutation: &str, input: Value) -> Value {
    let shown = "version stages(retired: true) { code probability rank retired }";
    give(server, mutation, "pipeline", shown, input).await
}

async fn built_in(server: &Server) -> Value {
    let query =
        "{ pipelines { id uuid name builtIn archived version updatedAt stages { code name kind probability rank } } }";
    server.data(query).await["pipelines"][0].take()
}

#[tokio::test]
async fn one_pipeline_is_there_before_anything_happened() {
    let server = Server::start();
    let pipeline = built_in(&server).await;
    assert_eq!(pipeline["name"], "Sales");
    assert_eq!((&pipeline["builtIn"], &pipeline["version"]), (&json!(true), &json!(0)));
    assert_eq!(pipeline["updatedAt"], Value::Null);
    assert_eq!(pipeline["stages"].as_array().unwrap().len(), 6);
    let last = json!({ "code": "PERDU", "name": "Lost", "kind": "LOST", "probability": 0, "rank": 6 });
    assert_eq!(pipeline["stages"][5], last);
    let node = "query($id: ID!) { node(id: $id) { ... on Pipeline { uuid } } }";
    let node = server.data_with(node, json!({ "id": pipeline["id"] })).await;
    assert_eq!(node["node"]["uuid"], pipeline["uuid"]);
}

#[tokio::test]
async fn amending_the_built_in_pipeline_writes_it_down_first() {
    let server = Server::start();
    let id = built_in(&server).await["id"].clone();
    let old = deal(&server, "dealOpen", json!({ "title": "Old" })).await;
    assert_eq!(old["deal"]["probability"], 10);
    let input = json!({ "id": id, "code": "PROSPECTION", "probability": 15 });
    let changed = pipeline(&server, "pipelineStageChangeProbability", input).await;
    assert_eq!(changed["version"], 2, "{changed}");
    let history = "query($id: ID!) { pipeline(id: $id) { history { nodes { type summary } } } }";
    let history = server.data_with(history, json!({ "id": id })).await;
    let summaries = &history["pipeline"]["history"]["nodes"];
    assert_eq!(summaries[0]["type"], "PipelineCreated");
    assert_eq!(summaries[1]["summary"], "probability of PROSPECTION 10 % → 15 %");
    let shown = server
        .data("{ deals { nodes { title probability pipelineStage { probability } } } }")
        .await;
    assert_eq!(
        shown["deals"]["nodes"][0]["probability"], 15,
        "the stage's word of today"
    );
    let again = pipeline(
        &server,
        "pipelineStageAdd",
        json!({ "id": id, "stage": { "code": "DEMO", "name": { "fr": "Démo" }, "probability": 40 }, "before": "PROPOSITION" }),
    )
    .await;
    assert_eq!(again["version"], 3);
    assert_eq!(again["pipeline"]["stages"][2]["code"], "DEMO");
    assert_eq!(again["pipeline"]["stages"][3]["rank"], 4);
}

#[tokio::test]
async fn a_deal_goes_through_the_stages_of_its_own_pipeline() {
    let server = Server::start();
    let pipeline = create(&server).await;
    let opened = deal(&server, "dealOpen", json!({ "title": "Renew", "pipeline": pipeline })).await;
    let id = &opened["deal"]["id"];
    assert_eq!(opened["deal"]["stage"], "CALL");
    assert_eq!(opened["deal"]["pipeline"]["name"], "Renewals");
    assert_eq!(
        opened["deal"]["pipelineStage"],
        json!({ "name": "CALL en", "kind": "OPEN", "probability": 20, "rank": 1 })
    );
    let stranger = deal(&server, "dealMove", json!({ "id": id, "stage": "PROPOSITION" })).await;
    assert_eq!(stranger["userErrors"][0]["code"], "STAGE_NOT_FOUND");
    assert_eq!(
        stranger["userErrors"][0]["allowed"],
        json!(["CALL", "VISIT", "ORDERED", "DROPPED", "POSTPONED"])
    );
    let moved = deal(&server, "dealMove", json!({ "id": id, "stage": "visit" })).await;
    assert_eq!(moved["deal"]["probability"], 60);
    let lost = json!({ "id": id, "reason": "BAD_TIMING", "stage": "POSTPONED" });
    let lost = deal(&server, "dealLose", lost).await;
    assert_eq!(
        (&lost["deal"]["stage"], &lost["deal"]["status"]),
        (&json!("POSTPONED"), &json!("LOST"))
    );
    let reopened = deal(&server, "dealReopen", json!({ "id": id })).await;
    assert_eq!(reopened["deal"]["stage"], "VISIT", "where it was closed from");
    let won = deal(&server, "dealWin", json!({ "id": id })).await;
    assert_eq!(
        (&won["deal"]["stage"], &won["deal"]["probability"]),
        (&json!("ORDERED"), &json!(100))
    );
}

#[tokio::test]
async fn a_retired_stage_takes_no_deals_and_keeps_those_it_has() {
    let server = Server::start();
    let id = create(&server).await;
    let inside = deal(&server, "dealOpen", json!({ "title": "In", "pipeline": id })).await;
    let outside = json!({ "title": "Out", "pipeline": id, "stage": "VISIT" });
    let outside = deal(&server, "dealOpen", outside).await;
    let retired = pipeline(&server, "pipelineStageRetire", json!({ "id": id, "code": "CALL" })).await;
    assert_eq!(retired["pipeline"]["stages"][0]["retired"], true);
    let refused = deal(
        &server,
        "dealMove",
        json!({ "id": outside["deal"]["id"], "stage": "CALL" }),
    )
    .await;
    assert_eq!(refused["userErrors"][0]["code"], "STAGE_RETIRED");
    let refused = deal(
        &server,
        "dealOpen",
        json!({ "title": "New", "pipeline": id, "stage": "CALL" }),
    )
    .await;
    assert_eq!(refused["userErrors"][0]["code"], "STAGE_RETIRED");
    let begun = deal(&server, "dealOpen", json!({ "title": "New", "pipeline": id })).await;
    assert_eq!(begun["deal"]["stage"], "VISIT", "the first that takes deals");
    let stays = server
        .data("{ deals(filter: { stage: { eq: \"CALL\" } }) { nodes { title pipelineStage { retired } } } }")
        .await;
    assert_eq!(
        stays["deals"]["nodes"],
        json!([{ "title": "In", "pipelineStage": { "retired": true } }])
    );
    let moved = deal(
        &server,
        "dealMove",
        json!({ "id": inside["deal"]["id"], "stage": "VISIT" }),
    )
    .await;
    assert_eq!(moved["deal"]["stage"], "VISIT");
    let last = pipeline(&server, "pipelineStageRetire", json!({ "id": id, "code": "VISIT" })).await;
    assert_eq!(last["userErrors"][0]["code"], "STAGE_REQUIRED");
}

#[tokio::test]
async fn an_archived_pipeline_takes_no_new_deals() {
    let server = Server::start();
    let id = create(&server).await;
    let inside = deal(&server, "dealOpen", json!({ "title": "In", "pipeline": id })).await;
    let elsewhere = deal(&server, "dealOpen", json!({ "title": "Elsewhere" })).await;
    pipeline(&server, "pipelineArchive", json!({ "id": id })).await;
    let listed = server
        .data("{ pipelines { name } all: pipelines(archived: true) { name archived } }")
        .await;
    assert_eq!(listed["pipelines"], json!([{ "name": "Sales" }]));
    assert_eq!(listed["all"][1], json!({ "name": "Renewals", "archived": true }));
    let refused = deal(&server, "dealOpen", json!({ "title": "New", "pipeline": id })).await;
    assert_eq!(refused["userErrors"][0]["code"], "PIPELINE_ARCHIVED");
    let change = json!({ "id": elsewhere["deal"]["id"], "pipeline": id });
    let refused = deal(&server, "dealChangePipeline", change.clone()).await;
    assert_eq!(refused["userErrors"][0]["code"], "PIPELINE_ARCHIVED");
    let moved = deal(
        &server,
        "dealMove",
        json!({ "id": inside["deal"]["id"], "stage": "VISIT" }),
    )
    .await;
    assert_eq!(moved["deal"]["stage"], "VISIT");
    pipeline(&server, "pipelineRestore", json!({ "id": id })).await;
    let changed = deal(&server, "dealChangePipeline", change).await;
    assert_eq!(
        (&changed["deal"]["stage"], &changed["deal"]["pipeline"]["name"]),
        (&json!("CALL"), &json!("Renewals"))
    );
}

#[tokio::test]
async fn a_pipeline_that_makes_no_sense_is_refused() {
    let server = Server::start();
    let mut input = renewals();
    input["stages"].as_array_mut().unwrap().remove(2);
    let refused = server.data_with(CREATE, json!({ "input": input })).await;
    assert_eq!(refused["pipelineCreate"]["userErrors"][0]["code"], "STAGE_REQUIRED");
    let mut input = renewals();
    input["stages"][0]["probability"] = json!(101);
    let refused = server.data_with(CREATE, json!({ "input": input })).await;
    assert_eq!(
        refused["pipelineCreate"]["userErrors"][0]["field"],
        json!(["input", "probability"])
    );
    let nowhere = "UGlwZWxpbmU6AY86XgAAcACAAAAAAAAAAQ";
    let refused = deal(&server, "dealOpen", json!({ "title": "x", "pipeline": nowhere })).await;
    assert_eq!(refused["userErrors"][0]["code"], "PIPELINE_NOT_FOUND");
    assert_eq!(refused["userErrors"][0]["field"], json!(["input", "pipeline"]));
    assert_eq!(server.position().await, 0);
}

/// The first answer comes back although the pipeline says something else by then.
#[tokio::test]
async fn a_repeated_command_does_not_ask_the_pipeline_again() {
    let server = Server::start();
    let id = create(&server).await;
    let opened = deal(
        &server,
        "dealOpen",
        json!({ "title": "x", "pipeline": id, "stage": "VISIT" }),
    )
    .await;
    let command = "018f3a5e-0000-7000-8000-00000000abcd";
    let go = json!({ "id": opened["deal"]["id"], "stage": "CALL", "commandId": command });
    let first = deal(&server, "dealMove", go.clone()).await;
    assert_eq!(first["version"], 2);
    deal(
        &server,
        "dealMove",
        json!({ "id": opened["deal"]["id"], "stage": "VISIT" }),
    )
    .await;
    pipeline(&server, "pipelineStageRetire", json!({ "id": id, "code": "CALL" })).await;
    let query = "mutation($input: DealMoveInput!) { dealMove(input: $input) { replayed version userErrors { code } } }";
    let again = server.data_with(query, json!({ "input": go })).await;
    assert_eq!(
        again["dealMove"],
        json!({ "replayed": true, "version": 2, "userErrors": [] })
    );
    let other = json!({ "id": opened["deal"]["id"], "stage": "VISIT", "commandId": command });
    assert_eq!(
        server.code_with(query, json!({ "input": other })).await,
        "COMMAND_REUSED"
    );
}

/// Retiring a stage and moving deals to it at the same time: whoever comes second sees the first.
#[tokio::test]
async fn no_deal_slips_into_a_stage_that_is_being_retired() {
    let server = Server::start();
    let id = create(&server).await;
    let mut deals = Vec::new();
    for number in 0..12 {
        let input = json!({ "title": format!("{number}"), "pipeline": id, "stage": "VISIT" });
        deals.push(deal(&server, "dealOpen", input).await["deal"]["id"].clone());
    }
    let moves = deals
        .iter()
        .map(|one| deal(&server, "dealMove", json!({ "id": one, "stage": "CALL" })));
    let retire = pipeline(&server, "pipelineStageRetire", json!({ "id": id, "code": "CALL" }));
    let (answers, retired) = futures::join!(futures::future::join_all(moves), retire);
    assert_eq!(retired["userErrors"], json!([]));
    let taken = answers
        .iter()
        .filter(|payload| payload["userErrors"] == json!([]))
        .count();
    let refused = answers
        .iter()
        .filter(|payload| payload["userErrors"][0]["code"] == "STAGE_RETIRED");
    assert_eq!(taken + refused.count(), 12);
    let positions = "query($id: ID!) { history(id: $id, last: 1) { nodes { position } } }";
    let retired_at = last_position(&server, positions, &json!(id)).await;
    for (one, payload) in deals.iter().zip(&answers) {
        if payload["userErrors"] == json!([]) {
            assert!(last_position(&server, positions, one).await < retired_at);
        }
    }
}

async fn last_position(server: &Server, query: &str, id: &Value) -> u64 {
    let data = server.data_with(query, json!({ "id": id })).await;
    data["history"]["nodes"][0]["position"]
        .as_str()
        .and_then(|text| text.parse().ok())
        .expect("a position")
}
