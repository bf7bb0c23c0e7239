//! Mutations: what they change, what they refuse, and what happens when they are sent again or too late.

use serde_json::{Value, json};

use crate::server::{Server, error_code};

const OPEN: &str = "mutation($input: DealOpenInput!) { dealOpen(input: $input) {
    deal { id uuid title stage status version amountNet { amount currencyCode } organization { name } }
    position version replayed userErrors { code field allowed message } } }";
const MOVE: &str = "mutation($input: DealMoveInput!) { dealMove(input: $input) {
    deal { stage version } position version replayed userErrors { code field allowed message } } }";
const CREATE: &str = "mutation($input: OrganizationCreateInput!) { organizationCreate(input: $input) {
    organization { id name siren sector employees status version } position version userErrors { code field message } } }";

async fn open(server: &Server, title: &str) -> Value {
    let mut data = server.data_with(OPEN, json!({ "input": { "title": title } })).await;
    assert_eq!(data["dealOpen"]["userErrors"], json!([]));
    data["dealOpen"]["deal"].take()
}

#[tokio::test]
async fn a_deal_goes_through_the_pipeline() {
    let server = Server::start();
    let organization = server.data_with(CREATE, json!({ "input": { "name": "Acme" } })).await;
    let organization = &organization["organizationCreate"]["organization"]["id"];
    let input = json!({ "title": "Machines", "organization": organization, "amountNet": { "amount": "1054.10" } });
    let opened = server.data_with(OPEN, json!({ "input": input })).await;
    let deal = &opened["dealOpen"]["deal"];
    assert_eq!(deal["stage"], "PROSPECTION");
    assert_eq!(deal["organization"]["name"], "Acme");
    assert_eq!(deal["amountNet"], json!({ "amount": "1054.10", "currencyCode": "EUR" }));

    let moved = server
        .data_with(MOVE, json!({ "input": { "id": deal["id"], "stage": "NEGOCIATION" } }))
        .await;
    assert_eq!(
        moved["dealMove"]["deal"],
        json!({ "stage": "NEGOCIATION", "version": 2 })
    );
    let won = server
        .data_with(
            "mutation($id: ID!) { dealWin(input: { id: $id, amountNet: { amount: \"1000\" } }) {
               deal { stage status closedAt amountNet { amount } } version userErrors { code } } }",
            json!({ "id": deal["id"] }),
        )
        .await;
    assert_eq!(won["dealWin"]["deal"]["status"], "WON");
    assert_eq!(won["dealWin"]["deal"]["amountNet"]["amount"], "1000.00");
    assert_eq!(won["dealWin"]["version"], 3);
    let history = server
        .data_with(
            "query($id: ID!) { history(id: $id) { totalCount nodes { type version actor data } } }",
            json!({ "id": deal["id"] }),
        )
        .await;
    let types: Vec<_> = history["history"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| &event["type"])
        .collect();
    assert_eq!(types, ["DealOpened", "DealMoved", "DealWon"]);
    assert_eq!(
        history["history"]["nodes"][1]["data"],
        json!({ "from": "PROSPECTION", "to": "NEGOCIATION" })
    );
}

#[tokio::test]
async fn an_impossible_transition_is_refused_and_says_what_would_be_allowed() {
    let server = Server::start();
    let deal = open(&server, "One").await;
    let before = server.position().await;
    let refused = server
        .data_with(MOVE, json!({ "input": { "id": deal["id"], "stage": "SIGNE" } }))
        .await;
    let error = &refused["dealMove"]["userErrors"][0];
    assert_eq!(error["code"], "STAGE_CLOSES_DEAL");
    assert_eq!(error["field"], json!(["input", "stage"]));
    assert_eq!(
        error["allowed"],
        json!(["PROSPECTION", "QUALIFICATION", "PROPOSITION", "NEGOCIATION"])
    );
    assert_eq!(refused["dealMove"]["deal"], Value::Null);
    assert_eq!(refused["dealMove"]["position"], Value::Null);
    let reopen =
        "mutation($id: ID!) { dealReopen(input: { id: $id, stage: \"PROSPECTION\" }) { userErrors { code } } }";
    let reopened = server.data_with(reopen, json!({ "id": deal["id"] })).await;
    assert_eq!(reopened["dealReopen"]["userErrors"][0]["code"], "DEAL_NOT_CLOSED");
    assert_eq!(server.position().await, before);
}

#[tokio::test]
async fn messages_come_in_the_clients_language() {
    let server = Server::start();
    let request = server.post().header("accept-language", "fr-FR,fr;q=0.9,en;q=0.8");
    let answer = request
        .json(&json!({ "query": OPEN, "variables": { "input": { "title": "  " } } }))
        .send();
    let answer: Value = answer.await.unwrap().json().await.unwrap();
    let error = &answer["data"]["dealOpen"]["userErrors"][0];
    assert_eq!(error["code"], "FIELD_REQUIRED");
    assert!(error["message"].as_str().unwrap().contains("obligatoire"), "{error}");
}

#[tokio::test]
async fn a_repeated_command_gets_its_first_answer() {
    let server = Server::start();
    let input = json!({ "input": { "title": "Once", "commandId": "018f3a5e-0000-7000-8000-000000000001" } });
    let first = server.data_with(OPEN, input.clone()).await;
    let again = server.data_with(OPEN, input).await;
    assert_eq!(first["dealOpen"]["replayed"], false);
    assert_eq!(again["dealOpen"]["replayed"], true);
    for field in ["position", "version", "deal"] {
        assert_eq!(first["dealOpen"][field], again["dealOpen"][field], "{field}");
    }
    assert_eq!(server.position().await, 1);
}

#[tokio::test]
async fn a_command_id_with_another_content_is_refused() {
    let server = Server::start();
    let id = "018f3a5e-0000-7000-8000-000000000001";
    server
        .data_with(OPEN, json!({ "input": { "title": "One", "commandId": id } }))
        .await;
    let code = server
        .code_with(OPEN, json!({ "input": { "title": "Another", "commandId": id } }))
        .await;
    assert_eq!(code, "COMMAND_REUSED");
    assert_eq!(server.position().await, 1);
}

#[tokio::test]
async fn a_stale_version_conflicts_and_shows_what_came_between() {
    let server = Server::start();
    let deal = open(&server, "Contended").await;
    let by = |stage: &str, expected: u32| json!({ "input": { "id": deal["id"], "stage": stage, "expectedVersion": expected } });
    let first = server.data_with(MOVE, by("QUALIFICATION", 1)).await;
    assert_eq!(first["dealMove"]["version"], 2);
    let second = server.answer(MOVE, by("PROPOSITION", 1)).await;
    assert_eq!(error_code(&second), "CONFLICT");
    let extensions = &second["errors"][0]["extensions"];
    assert_eq!(extensions["currentVersion"], 2);
    assert_eq!(extensions["events"][0]["type"], "DealMoved");
    assert_eq!(server.position().await, 2);
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let server = Server::start();
    let nobody = "018f3a5e-0000-7000-8000-00000000dead";
    let moved = server
        .data_with(MOVE, json!({ "input": { "id": nobody, "stage": "PROPOSITION" } }))
        .await;
    assert_eq!(moved["dealMove"]["userErrors"][0]["code"], "DEAL_NOT_FOUND");
    let opened = server
        .data_with(OPEN, json!({ "input": { "title": "Alone", "organization": nobody } }))
        .await;
    assert_eq!(opened["dealOpen"]["userErrors"][0]["code"], "ORGANIZATION_NOT_FOUND");
    let expecting = json!({ "input": { "id": nobody, "stage": "PROPOSITION", "expectedVersion": 3 } });
    assert_eq!(server.code_with(MOVE, expecting).await, "NOT_FOUND");
    assert_eq!(server.position().await, 0);
}

#[tokio::test]
async fn input_that_fits_no_type_is_refused() {
    let server = Server::start();
    for input in [
        json!({ "title": 1 }),
        json!({ "title": null }),
        json!({}),
        json!({ "title": "x", "surprise": true }),
        json!({ "title": "x", "amountNet": { "amount": 0.1 } }),
        json!({ "title": "x", "amountNet": { "amount": "1e400" } }),
        json!({ "title": "x", "expectedClose": "31/02/2026" }),
        json!({ "title": "x", "occurredAt": "yesterday" }),
        json!({ "title": "x", "occurredAt": "2999-01-01T00:00:00Z" }),
        json!({ "title": "x", "commandId": "not-a-uuid" }),
        json!({ "title": "x", "expectedVersion": -1 }),
        json!({ "title": "x", "organization": "RGVhbDo" }),
    ] {
        let code = server.code_with(OPEN, json!({ "input": input })).await;
        assert!(
            ["BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED"].contains(&code.as_str()),
            "{input}: {code}"
        );
    }
    assert_eq!(server.position().await, 0);
}

#[tokio::test]
async fn values_that_the_business_does_not_take_are_refused_by_field() {
    let server = Server::start();
    for (input, code) in [
        (json!({ "title": "" }), "FIELD_REQUIRED"),
        (json!({ "title": "x".repeat(10_000) }), "FIELD_TOO_LONG"),
        (json!({ "title": "a\u{0}b" }), "CONTROL_CHARACTER"),
        (
            json!({ "title": "x", "amountNet": { "amount": "-1" } }),
            "NEGATIVE_NUMBER",
        ),
        (
            json!({ "title": "x", "amountNet": { "amount": "0.005" } }),
            "TOO_MANY_DECIMALS",
        ),
        (
            json!({ "title": "x", "amountNet": { "amount": "1", "currencyCode": "ZZZ" } }),
            "INVALID_CURRENCY",
        ),
        (
            json!({ "title": "x", "amountNet": { "amount": "99999999999999999" } }),
            "NUMBER_TOO_LARGE",
        ),
        (json!({ "title": "x", "stage": "PERDU" }), "STAGE_CLOSES_DEAL"),
        (json!({ "title": "x", "stage": "NIRVANA" }), "STAGE_NOT_FOUND"),
        (json!({ "title": "x", "stage": "🙂" }), "INVALID_CODE"),
        (
            json!({ "title": "x", "amountNet": { "amount": "1" }, "amountGross": { "amount": "1", "currencyCode": "USD" } }),
            "TWO_CURRENCIES",
        ),
    ] {
        let data = server.data_with(OPEN, json!({ "input": input })).await;
        assert_eq!(data["dealOpen"]["userErrors"][0]["code"], code, "{input}");
    }
    assert_eq!(server.position().await, 0);
}

#[tokio::test]
async fn hostile_texts_are_only_texts() {
    let server = Server::start();
    for title in [
        "'; DROP TABLE deals; --",
        "\" OR 1=1 --",
        "<script>alert(1)</script>",
        "=HYPERLINK(\"http://x\")",
        "{{7*7}} ${jndi:ldap://x}",
        "../../etc/passwd",
        "💥 مرحبا \u{202e}rtl",
        "%_\\%",
    ] {
        let deal = open(&server, title).await;
        assert_eq!(deal["title"], title);
        let found = server
            .data_with(
                "query($t: String!) { deals(filter: { title: { contains: $t } }) { nodes { title } totalCount } }",
                json!({ "t": title }),
            )
            .await;
        assert_eq!(found["deals"]["totalCount"], 1, "{title}");
    }
    assert_eq!(server.data("{ deals { totalCount } }").await["deals"]["totalCount"], 8);
}

#[tokio::test]
async fn a_siren_belongs_to_one_organization() {
    let server = Server::start();
    let acme = server
        .data_with(CREATE, json!({ "input": { "name": "Acme", "siren": "552 081 317" } }))
        .await;
    assert_eq!(acme["organizationCreate"]["organization"]["siren"], "552081317");
    let before = server.position().await;
    let other = server
        .data_with(CREATE, json!({ "input": { "name": "Other", "siren": "552081317" } }))
        .await;
    assert_eq!(other["organizationCreate"]["userErrors"][0]["code"], "SIREN_TAKEN");
    assert_eq!(server.position().await, before);

    let id = &acme["organizationCreate"]["organization"]["id"];
    let identify = "mutation($id: ID!, $siren: String) { organizationIdentify(input: { id: $id, siren: $siren }) {
        organization { siren } userErrors { code } } }";
    let freed = server.data_with(identify, json!({ "id": id, "siren": null })).await;
    assert_eq!(freed["organizationIdentify"]["organization"]["siren"], Value::Null);
    let other = server
        .data_with(CREATE, json!({ "input": { "name": "Other", "siren": "552081317" } }))
        .await;
    assert_eq!(other["organizationCreate"]["organization"]["siren"], "552081317");
}

#[tokio::test]
async fn an_update_changes_what_is_given_and_clears_what_is_null() {
    let server = Server::start();
    let input = json!({ "name": "Acme", "sector": "steel", "employees": 40 });
    let created = server.data_with(CREATE, json!({ "input": input })).await;
    let id = &created["organizationCreate"]["organization"]["id"];
    let update = "mutation($input: OrganizationUpdateInput!) { organizationUpdate(input: $input) {
        organization { name sector employees } userErrors { code } } }";
    let changed = server
        .data_with(
            update,
            json!({ "input": { "id": id, "name": "Acme SA", "sector": null } }),
        )
        .await;
    let expected = json!({ "name": "Acme SA", "sector": null, "employees": 40 });
    assert_eq!(changed["organizationUpdate"]["organization"], expected);
}

#[tokio::test]
async fn an_erased_person_is_gone_from_views_and_history() {
    let server = Server::start();
    let created = server.data_with(CREATE, json!({ "input": { "name": "Acme" } })).await;
    let id = &created["organizationCreate"]["organization"]["id"];
    let named = server
        .data_with(
            "mutation($id: ID!) { organizationNameContact(input: { id: $id, name: \"Ada Lovelace\", email: \"ada@example.org\" }) {
               organization { contact { person name email erased } } userErrors { code } } }",
            json!({ "id": id }),
        )
        .await;
    let contact = &named["organizationNameContact"]["organization"]["contact"];
    assert_eq!(contact["name"], "Ada Lovelace");
    let erased = server
        .data_with(
            "mutation($person: UUID!) { personErase(input: { person: $person, ground: REQUEST }) {
               position pending userErrors { code } } }",
            json!({ "person": contact["person"] }),
        )
        .await;
    assert_eq!(erased["personErase"]["userErrors"], json!([]));
    let position = &erased["personErase"]["position"];
    let seen = server
        .data_with(
            "query($id: ID!, $p: BigInt) { organization(id: $id, minPosition: $p) {
               contact { name email erased } history { nodes { type summary data } } } }",
            json!({ "id": id, "p": position }),
        )
        .await;
    assert_eq!(
        seen["organization"]["contact"],
        json!({ "name": null, "email": null, "erased": true })
    );
    let text = seen.to_string();
    assert!(!text.contains("Ada") && !text.contains("ada@"), "{text}");
}

#[tokio::test]
async fn a_reminder_comes_once_as_time_passes() {
    let server = Server::start_with(&["--clock", "manual"]);
    let now = server.data("{ clock { now } }").await["clock"]["now"]
        .as_str()
        .unwrap()
        .to_owned();
    let now = chrono::DateTime::parse_from_rfc3339(&now).unwrap();
    let at = |hours: i64| (now + chrono::TimeDelta::hours(hours)).to_rfc3339();
    let created = server
        .data_with(
            "mutation($input: TaskCreateInput!) { taskCreate(input: $input) { task { id } userErrors { code } } }",
            json!({ "input": { "title": "Call", "dueAt": at(48), "remindAt": at(24) } }),
        )
        .await;
    let advance = "mutation($to: DateTime!) { clockAdvance(input: { to: $to }) { clock { now } } }";
    let seen = "query($id: ID!) { task(id: $id) { remindedAt history { nodes { type actor } } } }";
    let id = json!({ "id": created["taskCreate"]["task"]["id"] });
    server.data_with(advance, json!({ "to": at(23) })).await;
    assert_eq!(
        server.data_with(seen, id.clone()).await["task"]["remindedAt"],
        Value::Null
    );
    server.data_with(advance, json!({ "to": at(25) })).await;
    server.data_with(advance, json!({ "to": at(100) })).await;
    let task = server.data_with(seen, id).await;
    assert_ne!(task["task"]["remindedAt"], Value::Null);
    let reminders = task["task"]["history"]["nodes"].as_array().unwrap().iter();
    assert_eq!(reminders.filter(|event| event["type"] == "TaskReminded").count(), 1);
    assert_eq!(
        server.code_with(advance, json!({ "to": at(1) })).await,
        "BAD_USER_INPUT"
    );
}

#[tokio::test]
async fn the_real_clock_cannot_be_set() {
    let server = Server::start();
    let code = server
        .code(r#"mutation { clockAdvance(input: { to: "2999-01-01T00:00:00Z" }) { clock { now } } }"#)
        .await;
    assert_eq!(code, "CLOCK_IS_REAL");
}
