//! What an auditor asks of the API: what happened and why, how things stood, what differs, and the proof of it.

use std::fs;

use domain::Role;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    database::Database,
    people::{People, Person},
    reading::past,
    server::{Server, TOKEN},
    support::Workplace,
};

/// Runs a mutation and returns its payload.
async fn ask(person: &Person<'_>, field: &str, kind: &str, input: Value, wanted: &str) -> Value {
    let query = format!(
        "mutation($input: {kind}!) {{ {field}(input: $input) {{ {wanted} position userErrors {{ code message }} }} }}"
    );
    let mut data = person.data(&query, json!({ "input": input })).await;
    assert_eq!(data[field]["userErrors"], json!([]), "{field} {input}");
    data[field].take()
}

fn id(payload: &Value, object: &str) -> String {
    payload[object]["uuid"].as_str().expect("an id").to_owned()
}

/// A deal that was renamed, priced and won: its id.
async fn won_deal(person: &Person<'_>) -> String {
    let opened = json!({ "title": "Bornes", "amountNet": { "amount": "100" }, "occurredAt": "2026-01-05T09:00:00Z" });
    let opened = ask(person, "dealOpen", "DealOpenInput", opened, "deal { uuid }").await;
    let deal = id(&opened, "deal");
    let renamed = json!({ "id": deal, "title": "Bornes rapides", "occurredAt": "2026-02-05T09:00:00Z" });
    ask(person, "dealRename", "DealRenameInput", renamed, "version").await;
    let won = json!({ "id": deal, "amountNet": { "amount": "90" }, "occurredAt": "2026-03-05T09:00:00Z" });
    ask(person, "dealWin", "DealWinInput", won, "version").await;
    deal
}

#[tokio::test]
async fn a_history_shows_who_when_why_and_each_field_before_and_after() {
    let server = Server::start();
    let people = People::of(&server);
    let sales = people.with(Role::Sales).sign_in().await;
    let deal = won_deal(&sales).await;
    let query = "query($id: ID!, $after: String) { history(id: $id, first: 2, after: $after) { edges { cursor node {
        type actor user { name } occurredAt recordedAt commandId correlationId causationId
        changes { field before after } } } } }";
    let stream = format!("deal:{deal}");
    let first = sales.data(query, json!({ "id": stream })).await;
    let renamed = &first["history"]["edges"][1]["node"];
    assert_eq!(renamed["type"], "DealRenamed");
    assert_eq!(renamed["user"]["name"], "Camille SALES");
    assert_eq!(renamed["actor"], format!("user:{}", sales.user));
    assert_eq!(renamed["occurredAt"], "2026-02-05T09:00:00Z");
    assert!(renamed["recordedAt"].as_str() > renamed["occurredAt"].as_str());
    assert!(renamed["commandId"].is_string() && renamed["correlationId"].is_string());
    assert_eq!(
        renamed["changes"],
        json!([{ "field": "title", "before": "Bornes", "after": "Bornes rapides" }])
    );
    // The second page knows what came before it.
    let after = &first["history"]["edges"][1]["cursor"];
    let second = sales.data(query, json!({ "id": stream, "after": after })).await;
    let won = &second["history"]["edges"][0]["node"]["changes"];
    let fields: Vec<_> = won.as_array().unwrap().iter().map(|one| &one["field"]).collect();
    assert_eq!(fields, ["amountNet", "stage", "status"]);
    assert_eq!(won[2], json!({ "field": "status", "before": "OPEN", "after": "WON" }));
}

#[tokio::test]
async fn what_a_policy_did_names_the_event_that_it_reacted_to() {
    causes(&Server::start()).await;
}

async fn causes(server: &Server) {
    let people = People::of(server);
    let sales = people.with(Role::Sales).sign_in().await;
    let other = people.with(Role::Sales).sign_in().await;
    let created = json!({ "name": "Atelier Fauconnet" });
    let created = ask(
        &sales,
        "organizationCreate",
        "OrganizationCreateInput",
        created,
        "organization { uuid }",
    )
    .await;
    let organization = id(&created, "organization");
    let opened = json!({ "title": "Bornes", "organization": organization });
    let opened = ask(&sales, "dealOpen", "DealOpenInput", opened, "deal { uuid }").await;
    let won = json!({ "id": id(&opened, "deal") });
    ask(&sales, "dealWin", "DealWinInput", won, "version").await;
    let events = "query($id: ID!) { history(id: $id) { nodes { type eventId actor causationId user { id }
        cause { eventId type stream version user { name } subject { id } changes { field } cause { type } } } } }";
    let deal = sales
        .data(events, json!({ "id": format!("deal:{}", id(&opened, "deal")) }))
        .await;
    let won = &deal["history"]["nodes"][1]["eventId"];
    for _ in 0..100 {
        let data = sales
            .data(events, json!({ "id": format!("organization:{organization}") }))
            .await;
        let nodes = data["history"]["nodes"].as_array().unwrap().clone();
        if let Some(became) = nodes.iter().find(|node| node["type"] == "OrganizationStatusChanged") {
            assert_eq!(&became["causationId"], won);
            assert!(became["actor"].as_str().unwrap().starts_with("system:"));
            assert_eq!(became["user"], Value::Null);
            let cause = &became["cause"];
            assert_eq!(
                (&cause["eventId"], &cause["type"]),
                (won, &json!("DealWon")),
                "{cause:#}"
            );
            assert_eq!(cause["stream"], format!("deal:{}", id(&opened, "deal")));
            assert_eq!(
                (&cause["version"], &cause["user"]["name"]),
                (&json!(2), &json!("Camille SALES"))
            );
            assert!(
                cause["subject"]["id"].is_string() && cause["changes"].is_array(),
                "{cause:#}"
            );
            assert_eq!(cause["cause"], Value::Null);
            assert_eq!(nodes[0]["cause"], Value::Null);
            // The organization is everybody's, the deal is not.
            let seen = other
                .data(events, json!({ "id": format!("organization:{organization}") }))
                .await;
            let seen = seen["history"]["nodes"].as_array().unwrap().iter();
            let became = seen
                .filter(|node| node["type"] == "OrganizationStatusChanged")
                .collect::<Vec<_>>();
            assert_eq!((&became[0]["causationId"], &became[0]["cause"]), (won, &Value::Null));
            // A subscription tells the same.
            let mut socket = crate::sockets::Socket::of(server, &sales).await;
            let follow =
                "subscription { events(after: 0, types: [\"OrganizationStatusChanged\"]) { cause { eventId } } }";
            socket.subscribe("1", follow).await;
            let crate::sockets::Heard::Said(said) = socket.hear().await else {
                panic!("no event")
            };
            assert_eq!(&said["payload"]["data"]["events"]["cause"]["eventId"], won, "{said:#}");
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("the customer was not marked");
}

#[tokio::test]
async fn the_causes_of_a_page_of_events_are_found_together() {
    let server = Server::start();
    let people = People::of(&server);
    let (leaver, stayer) = (people.with(Role::Sales), people.with(Role::Sales));
    let organization = server
        .data("mutation { organizationCreate(input: { name: \"Atelier\" }) { organization { id } } }")
        .await["organizationCreate"]["organization"]["id"]
        .take();
    let deals: Vec<_> = (0..30)
        .map(|number| json!({ "title": format!("{number}"), "organization": organization, "owner": leaver.user }))
        .collect();
    let create = "mutation($inputs: [DealOpenInput!]!) { dealsCreate(inputs: $inputs) { position } }";
    server.data_with(create, json!({ "inputs": deals })).await;
    let deactivate = "mutation($id: ID!, $to: ID!) { userDeactivate(input: { id: $id, successor: $to }) { position } }";
    server
        .data_with(deactivate, json!({ "id": leaver.user, "to": stayer.user }))
        .await;
    let query = "query($id: ID!) { organization(id: $id) { timeline(first: 100, categories: [\"deal\"]) {
        nodes { type causationId cause { eventId type } } } } }";
    let handed_over = async |server: &Server| -> Vec<Value> {
        let data = server.data_with(query, json!({ "id": organization })).await;
        let nodes = data["organization"]["timeline"]["nodes"].as_array().unwrap().clone();
        nodes
            .into_iter()
            .filter(|node| node["type"] == "DealAssigned")
            .collect()
    };
    for _ in 0..200 {
        if handed_over(&server).await.len() == 30 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let server = server.restart_after_kill(&["--log", "sqlx::query=debug"]);
    for _ in 0..8 {
        let nodes = handed_over(&server).await;
        assert_eq!(nodes.len(), 30);
        for node in nodes {
            assert_eq!(node["cause"]["eventId"], node["causationId"]);
            assert_eq!(node["cause"]["type"], "UserDeactivated", "{node:#}");
        }
        server.data("{ pipelines { id } }").await;
    }
    let log = server.log();
    let lines: Vec<_> = log.lines().collect();
    let marks = |line: &&str| line.contains("FROM \\\"pipelines\\\"");
    let answers: Vec<usize> = lines
        .split_inclusive(marks)
        .filter(|answer| answer.last().is_some_and(marks))
        .map(|answer| answer.iter().filter(|line| line.contains("event_id\\\" IN")).count())
        .collect();
    assert_eq!(answers.len(), 8, "{log}");
    // One, but for a machine that is held up between two of them.
    assert_eq!(answers.iter().min(), Some(&1), "{answers:?} statements");
}

const DIFF: &str = "query($id: ID!, $from: RecordPoint!, $to: RecordPoint, $basis: TimeBasis) {
    diff(id: $id, from: $from, to: $to, basis: $basis) { from { version exists } to { version }
        fields { field before after events { type version } } events { type } } }";

#[tokio::test]
async fn two_states_differ_by_the_events_between_them() {
    differences(&Server::start()).await;
}

#[tokio::test]
async fn postgresql_tells_the_same_differences() {
    let database = Database::make("differences").await;
    let server = database.serve();
    differences(&server).await;
    drop(server);
    database.drop().await;
    let database = Database::make("causes").await;
    let server = database.serve();
    causes(&server).await;
    drop(server);
    database.drop().await;
}

async fn differences(server: &Server) {
    let people = People::of(server);
    let sales = people.with(Role::Sales).sign_in().await;
    let deal = won_deal(&sales).await;
    let stream = format!("deal:{deal}");
    let diff = async |from: Value, to: Value, basis: &str| {
        let variables = json!({ "id": stream, "from": from, "to": to, "basis": basis });
        sales.data(DIFF, variables).await["diff"].take()
    };

    let told = diff(json!({ "version": 1 }), Value::Null, "EFFECTIVE").await;
    assert_eq!(told["from"], json!({ "version": 1, "exists": true }));
    let fields = told["fields"].as_array().unwrap();
    assert_eq!(fields[3]["field"], "title");
    assert_eq!(fields[3]["before"], "Bornes");
    assert_eq!(fields[3]["after"], "Bornes rapides");
    assert_eq!(fields[3]["events"], json!([{ "type": "DealRenamed", "version": 2 }]));
    assert_eq!(fields[1]["events"], json!([{ "type": "DealWon", "version": 3 }]));

    // What had happened by February, and what was known then: nothing.
    let (january, february) = (
        json!({ "moment": "2026-01-31T00:00:00Z" }),
        json!({ "moment": "2026-02-28T00:00:00Z" }),
    );
    let happened = diff(january.clone(), february.clone(), "EFFECTIVE").await;
    assert_eq!(happened["fields"].as_array().unwrap().len(), 1);
    assert_eq!(happened["events"], json!([{ "type": "DealRenamed" }]));
    let known = diff(january, february.clone(), "RECORDED").await;
    assert_eq!(known["from"], json!({ "version": 0, "exists": false }));
    assert_eq!(known["fields"], json!([]));

    // Backwards, the sides are exchanged; by position, as the journal stood.
    let back = diff(february, json!({ "moment": "2026-01-31T00:00:00Z" }), "EFFECTIVE").await;
    assert_eq!(back["fields"][0]["before"], "Bornes rapides");
    let nothing = diff(json!({ "position": "0" }), json!({ "position": "0" }), "EFFECTIVE").await;
    assert_eq!(nothing["fields"], json!([]));

    let unknown = json!({ "id": "deal:00000000-0000-7000-8000-000000000000", "from": { "version": 1 } });
    assert_eq!(sales.data(DIFF, unknown).await["diff"], Value::Null);
    let two = json!({ "id": stream, "from": { "version": 1, "position": "1" } });
    let answer = sales.answer(DIFF, two).await;
    assert!(answer["errors"][0]["extensions"]["code"].is_string(), "{answer:#}");
}

#[tokio::test]
async fn whoever_sees_no_persons_sees_that_something_changed_but_not_what() {
    let server = Server::start();
    let people = People::of(&server);
    let sales = people.with(Role::Sales).sign_in().await;
    let analyst = people.with(Role::Analyst).sign_in().await;
    let added = json!({ "firstName": "Zoé", "lastName": "Martin", "emails": ["zoe@martin.example"] });
    let added = ask(&sales, "contactAdd", "ContactAddInput", added, "contact { uuid }").await;
    let contact = id(&added, "contact");
    let moved = json!({ "id": contact, "emails": ["z.martin@martin.example"] });
    ask(&sales, "contactUpdate", "ContactUpdateInput", moved, "version").await;
    let variables = json!({ "id": format!("contact:{contact}"), "from": { "version": 1 } });
    let seen = sales.data(DIFF, variables.clone()).await;
    assert_eq!(seen["diff"]["fields"][0]["field"], "emails");
    assert_eq!(
        seen["diff"]["fields"][0]["after"]["$personal"]["value"],
        json!(["z.martin@martin.example"])
    );
    let hidden = analyst.answer(DIFF, variables).await.to_string();
    assert!(hidden.contains("emails") && hidden.contains("$erased"), "{hidden}");
    assert!(!hidden.contains("martin.example"), "{hidden}");
    let history = "query($id: ID!) { history(id: $id) { nodes { changes { field before after } data summary } } }";
    let hidden = analyst
        .answer(history, json!({ "id": format!("contact:{contact}") }))
        .await
        .to_string();
    assert!(
        !hidden.contains("martin.example") && !hidden.contains("Zoé"),
        "{hidden}"
    );
}

#[tokio::test]
async fn every_kind_of_record_is_there_as_it_was() {
    let server = Server::start();
    let people = People::of(&server);
    let admin = people.with(Role::Admin).sign_in().await;
    let made = [
        (
            "organizationCreate",
            "OrganizationCreateInput",
            "organization",
            json!({ "name": "before" }),
        ),
        (
            "contactAdd",
            "ContactAddInput",
            "contact",
            json!({ "lastName": "before" }),
        ),
        ("dealOpen", "DealOpenInput", "deal", json!({ "title": "before" })),
        ("taskCreate", "TaskCreateInput", "task", json!({ "title": "before" })),
        ("teamForm", "TeamFormInput", "team", json!({ "name": "before" })),
        (
            "pipelineCreate",
            "PipelineCreateInput",
            "pipeline",
            json!({ "name": { "fr": "before" }, "stages": [
            { "code": "A", "name": { "fr": "A" }, "kind": "OPEN", "probability": 10 },
            { "code": "B", "name": { "fr": "B" }, "kind": "WON", "probability": 100 },
            { "code": "C", "name": { "fr": "C" }, "kind": "LOST", "probability": 0 }] }),
        ),
    ];
    let mut ids = Vec::new();
    for (field, kind, object, input) in made {
        let payload = ask(&admin, field, kind, input, &format!("{object} {{ id uuid }}")).await;
        ids.push(payload[object]["id"].as_str().unwrap().to_owned());
    }
    let recorded = json!({ "deal": ids[2], "content": { "note": true }, "body": "before" });
    let recorded = ask(
        &admin,
        "activityRecord",
        "ActivityRecordInput",
        recorded,
        "activity { id }",
    )
    .await;
    ids.push(recorded["activity"]["id"].as_str().unwrap().to_owned());
    let user = admin.data("{ viewer { user { id name } } }", json!({})).await;
    ids.push(user["viewer"]["user"]["id"].as_str().unwrap().to_owned());

    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    let moment = admin.data("{ clock { now } }", json!({})).await["clock"]["now"].clone();
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;

    for (field, kind, input) in [
        (
            "organizationUpdate",
            "OrganizationUpdateInput",
            json!({ "id": ids[0], "name": "after" }),
        ),
        (
            "contactUpdate",
            "ContactUpdateInput",
            json!({ "id": ids[1], "lastName": "after" }),
        ),
        (
            "dealRename",
            "DealRenameInput",
            json!({ "id": ids[2], "title": "after" }),
        ),
        (
            "taskRename",
            "TaskRenameInput",
            json!({ "id": ids[3], "title": "after" }),
        ),
        (
            "teamRename",
            "TeamRenameInput",
            json!({ "id": ids[4], "name": "after" }),
        ),
        (
            "pipelineRename",
            "PipelineRenameInput",
            json!({ "id": ids[5], "name": { "fr": "after" } }),
        ),
        (
            "activityCorrect",
            "ActivityCorrectInput",
            json!({ "id": ids[6], "words": { "body": "after" } }),
        ),
        (
            "userDescribe",
            "UserDescribeInput",
            json!({ "id": ids[7], "name": "after", "email": "after@energie.example" }),
        ),
    ] {
        ask(&admin, field, kind, input, "version").await;
    }
    let shown = "__typename ... on Organization { name } ... on Contact { lastName } ... on Deal { title }
        ... on Task { title } ... on Team { name } ... on Pipeline { name } ... on Activity { body } ... on User { name }";
    let query = |basis: &str| {
        let as_of = format!("asOf: {{ moment: {moment}, basis: {basis} }}");
        format!(
            "{{ nodes(ids: {}, {as_of}) {{ {shown} }} deals({as_of}) {{ nodes {{ title }} }}
                organizations({as_of}) {{ nodes {{ name }} }} contacts({as_of}) {{ nodes {{ lastName }} }}
                tasks({as_of}) {{ nodes {{ title }} }} activities({as_of}) {{ nodes {{ body }} }}
                teams({as_of}) {{ name }} users({as_of}) {{ nodes {{ name }} }} dealsAggregate({as_of}) {{ count }} }}",
            json!(ids)
        )
    };
    for basis in ["RECORDED", "EFFECTIVE"] {
        let told = past(&server, &query(basis)).await.to_string();
        assert!(!told.contains("after"), "{basis}: {told}");
        assert_eq!(told.matches("before").count(), 13, "{basis}: {told}");
    }
    let now = admin
        .data(&format!("{{ nodes(ids: {}) {{ {shown} }} }}", json!(ids)), json!({}))
        .await;
    assert_eq!(now.to_string().matches("after").count(), 8, "{now:#}");
}

#[tokio::test]
async fn a_receipt_from_the_api_convinces_whoever_has_the_public_key() {
    let server = Server::start();
    let people = People::of(&server);
    let sales = people.with(Role::Sales).sign_in().await;
    let deal = won_deal(&sales).await;
    let get = |path: String| server.client().get(server.url(&path));
    let fetched = get(format!("/receipts/deal:{deal}"))
        .bearer_auth(TOKEN)
        .send()
        .await
        .unwrap();
    assert_eq!(fetched.status(), StatusCode::OK);
    assert_eq!(
        fetched.headers()["content-disposition"],
        format!("attachment; filename=\"deal-{deal}.receipt.json\"")
    );
    let elsewhere = Workplace::new();
    fs::write(elsewhere.path().join("receipt.json"), fetched.text().await.unwrap()).unwrap();
    let key = server.workplace.path().join("data/keys/checkpoint.pub");
    fs::copy(key, elsewhere.path().join("alforis.pub")).unwrap();
    let verified = elsewhere.run(&["verify-receipt", "receipt.json", "--key", "alforis.pub"]);
    assert_eq!(verified.code, 0, "{}", verified.stderr);
    assert!(
        verified
            .stdout
            .contains(&format!("proven: versions 1 to 3 of deal:{deal}")),
        "{}",
        verified.stdout
    );
    // A session's cookie does as well, and one event alone.
    let one = get(format!("/receipts/deal:{deal}?version=2"))
        .header("cookie", &sales.cookie)
        .send()
        .await
        .unwrap();
    let one: Value = one.json().await.unwrap();
    assert_eq!(one["events"].as_array().unwrap().len(), 1);

    for (path, token, status) in [
        (format!("/receipts/deal:{deal}"), "wrong", StatusCode::UNAUTHORIZED),
        (format!("/receipts/deal:{deal}?version=9"), TOKEN, StatusCode::NOT_FOUND),
        (
            "/receipts/deal:00000000-0000-7000-8000-000000000000".to_owned(),
            TOKEN,
            StatusCode::NOT_FOUND,
        ),
        ("/receipts/nonsense".to_owned(), TOKEN, StatusCode::BAD_REQUEST),
        (format!("/receipts/deal:{deal}?other=1"), TOKEN, StatusCode::BAD_REQUEST),
    ] {
        let refused = get(path.clone()).bearer_auth(token).send().await.unwrap();
        assert_eq!(refused.status(), status, "{path}");
    }
}

#[tokio::test]
async fn of_a_hidden_deal_nobody_is_told_anything() {
    let server = Server::start();
    let people = People::of(&server);
    let owner = people.with(Role::Sales).sign_in().await;
    let other = people.with(Role::Sales).sign_in().await;
    let deal = won_deal(&owner).await;
    for stream in [
        format!("deal:{deal}"),
        "deal:01900000-0000-7000-8000-0000000000d1".to_owned(),
    ] {
        let variables = json!({ "id": stream, "from": { "version": 1 } });
        assert_eq!(other.data(DIFF, variables).await, json!({ "diff": null }), "{stream}");
        let history = "query($id: ID!) { history(id: $id) { totalCount nodes { changes { field } } } }";
        assert_eq!(
            other.data(history, json!({ "id": stream })).await["history"],
            json!({ "totalCount": "0", "nodes": [] })
        );
        let receipt = server.client().get(server.url(&format!("/receipts/{stream}")));
        let receipt = receipt.header("cookie", &other.cookie).send().await.unwrap();
        assert_eq!(receipt.status(), StatusCode::NOT_FOUND, "{stream}");
        let rename = json!([{ "commandId": uuid::Uuid::now_v7(), "expectedVersion": 1,
            "command": { "dealRename": { "id": stream, "title": "x" } } }]);
        let answers = crate::offline::apply(&other, rename).await;
        assert_eq!(answers[0]["outcome"], "REJECTED", "{answers:#?}");
        assert_eq!(answers[0]["errors"][0]["code"], "NOT_FOUND");
        assert_eq!(answers[0]["conflict"], Value::Null);
    }
    // Not even by making one in its place.
    let taken =
        json!([{ "commandId": uuid::Uuid::now_v7(), "newId": deal, "command": { "dealOpen": { "title": "x" } } }]);
    let answers = crate::offline::apply(&other, taken).await;
    assert_eq!(answers[0]["outcome"], "REJECTED");
    assert_eq!(answers[0]["errors"][0]["code"], "NOT_FOUND");
}
