//! What a device sends that was offline: commands in batches, and what becomes of each.

use domain::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    database::Database,
    people::{People, Person},
    server::{Server, TOKEN},
};

pub(crate) const APPLY: &str = "mutation($commands: [CommandInput!]!) { commandsApply(input: { commands: $commands }) {
    position answers { commandId outcome id version position dependsOn errors { code field message allowed }
        conflict { currentVersion fields { field base theirs ours } events { type version user { name } changes { field } } } } } }";

/// The answers to a batch.
pub(crate) async fn apply(person: &Person<'_>, commands: Value) -> Vec<Value> {
    let mut data = person.data(APPLY, json!({ "commands": commands })).await;
    match data["commandsApply"]["answers"].take() {
        Value::Array(answers) => answers,
        other => panic!("no answers: {other}"),
    }
}

fn outcomes(answers: &[Value]) -> Vec<&str> {
    answers
        .iter()
        .map(|answer| answer["outcome"].as_str().unwrap())
        .collect()
}

fn command(command: Value) -> Value {
    json!({ "commandId": Uuid::now_v7(), "command": command })
}

fn seen(version: u32, given: Value) -> Value {
    let mut given = command(given);
    given["expectedVersion"] = json!(version);
    given
}

/// Two salespeople, one deal.
async fn two<'s>(people: &People<'s>) -> (Person<'s>, Person<'s>, String) {
    let first = people.with(Role::Admin).sign_in().await;
    let second = people.with(Role::Admin).sign_in().await;
    let deal = Uuid::now_v7();
    let open = json!({ "commandId": Uuid::now_v7(), "newId": deal, "command": { "dealOpen": { "title": "Bornes" } } });
    assert_eq!(outcomes(&apply(&first, json!([open])).await), ["APPLIED"]);
    (first, second, deal.to_string())
}

/// The journal's end: what is asked at least as far shows everything that was done.
async fn end(person: &Person<'_>) -> Value {
    person.data("{ journal { position } }", json!({})).await["journal"]["position"].take()
}

async fn deal(person: &Person<'_>, id: &str) -> Value {
    let query =
        "query($id: ID!, $p: BigInt) { deal(id: $id, minPosition: $p) { title stage status nextStep version tags } }";
    let variables = json!({ "id": id, "p": end(person).await });
    person.data(query, variables).await["deal"].take()
}

#[tokio::test]
async fn a_day_without_network_is_sent_in_order_and_again_without_harm() {
    a_day(&Server::start()).await;
}

async fn a_day(server: &Server) {
    let people = People::of(server);
    let sales = people.with(Role::Sales).sign_in().await;
    let [organization, contact, deal_id, task] = [(); 4].map(|()| Uuid::now_v7());
    let visit = "2026-03-02T09:30:00Z";
    let made = |id: Uuid, given: Value| json!({ "commandId": Uuid::now_v7(), "newId": id, "occurredAt": visit, "command": given });
    let batch = json!([
        made(
            organization,
            json!({ "organizationCreate": { "name": "Atelier Fauconnet" } })
        ),
        made(
            contact,
            json!({ "contactAdd": { "lastName": "Martin", "organization": organization } })
        ),
        made(
            deal_id,
            json!({ "dealOpen": { "title": "Bornes", "organization": organization } })
        ),
        made(
            task,
            json!({ "taskCreate": { "title": "Rappeler", "links": [format!("deal:{deal_id}")] } })
        ),
        seen(1, json!({ "dealMove": { "id": deal_id, "stage": "QUALIFICATION" } })),
        seen(1, json!({ "dealMove": { "id": deal_id, "stage": "PROPOSITION" } })),
        made(
            Uuid::now_v7(),
            json!({ "activityRecord": { "deal": deal_id, "content": { "note": true }, "body": "Vu." } })
        ),
    ]);
    let answers = apply(&sales, batch.clone()).await;
    assert_eq!(outcomes(&answers), ["APPLIED"; 7], "{answers:#?}");
    // One's own earlier commands are no news: the second move saw the first.
    let stands = deal(&sales, &deal_id.to_string()).await;
    assert_eq!(stands["stage"], "PROPOSITION");
    let history = "query($id: ID!) { history(id: $id) { nodes { type occurredAt recordedAt } } }";
    let history = sales.data(history, json!({ "id": format!("deal:{deal_id}") })).await;
    let opened = &history["history"]["nodes"][0];
    assert_eq!(opened["occurredAt"], visit);
    assert!(opened["recordedAt"].as_str().unwrap() > visit);

    let position = server.position().await;
    let again = apply(&sales, batch).await;
    assert_eq!(outcomes(&again), ["DUPLICATE"; 7], "{again:#?}");
    for (first, second) in answers.iter().zip(&again) {
        assert_eq!((&first["id"], &first["position"]), (&second["id"], &second["position"]));
    }
    assert_eq!(server.position().await, position);
}

#[tokio::test]
async fn different_fields_stand_side_by_side_and_the_same_field_is_a_conflict_that_shows_both_sides() {
    fields(&Server::start()).await;
}

async fn fields(server: &Server) {
    let people = People::of(server);
    let (first, second, id) = two(&people).await;
    let theirs = json!([
        command(json!({ "dealRename": { "id": id, "title": "Bornes rapides" } })),
        command(json!({ "dealPlanNextStep": { "id": id, "text": "Appeler" } })),
    ]);
    assert_eq!(outcomes(&apply(&second, theirs).await), ["APPLIED"; 2]);

    let ours = json!([
        seen(1, json!({ "dealMove": { "id": id, "stage": "QUALIFICATION" } })),
        seen(1, json!({ "dealRename": { "id": id, "title": "Bornes lentes" } })),
        seen(1, json!({ "dealExpectClose": { "id": id, "date": "2026-06-30" } })),
        command(json!({ "taskCreate": { "title": "Autre chose" } })),
    ]);
    let answers = apply(&first, ours.clone()).await;
    assert_eq!(
        outcomes(&answers),
        ["APPLIED", "CONFLICT", "REJECTED", "APPLIED"],
        "{answers:#?}"
    );
    let conflict = &answers[1]["conflict"];
    assert_eq!(
        conflict["fields"],
        json!([{ "field": "title", "base": "Bornes", "theirs": "Bornes rapides", "ours": "Bornes lentes" }])
    );
    assert_eq!(conflict["currentVersion"], 4);
    assert_eq!(conflict["events"][0]["type"], "DealRenamed");
    assert_eq!(conflict["events"][0]["user"]["name"], "Camille ADMIN");
    assert_eq!(conflict["events"][0]["changes"], json!([{ "field": "title" }]));
    assert_eq!(answers[2]["errors"][0]["code"], "DEPENDS_ON_FAILED");
    assert_eq!(answers[2]["dependsOn"], answers[1]["commandId"]);
    let stands = deal(&first, &id).await;
    assert_eq!(stands["title"], "Bornes rapides");
    assert_eq!(stands["stage"], "QUALIFICATION");
    assert_eq!(stands["nextStep"], "Appeler");

    // Asked again, each gets the same answer; nothing is done twice.
    assert_eq!(
        outcomes(&apply(&first, ours).await),
        ["DUPLICATE", "CONFLICT", "REJECTED", "DUPLICATE"]
    );
    // Whoever wants both made the same of it: no conflict.
    let same = json!([seen(
        1,
        json!({ "dealRename": { "id": id, "title": "Bornes rapides" } })
    )]);
    assert_eq!(outcomes(&apply(&first, same).await), ["APPLIED"]);
}

#[tokio::test]
async fn what_commutes_never_conflicts() {
    commuting(&Server::start()).await;
}

async fn commuting(server: &Server) {
    let people = People::of(server);
    let (first, second, deal_id) = two(&people).await;
    let organization = Uuid::now_v7();
    let create = json!({ "commandId": Uuid::now_v7(), "newId": organization,
        "command": { "organizationCreate": { "name": "Atelier" } } });
    apply(&first, json!([create])).await;
    let tag = |tag: &str| json!({ "organizationTag": { "id": organization, "tags": [tag] } });
    let untag = |tag: &str| json!({ "organizationUntag": { "id": organization, "tags": [tag] } });
    apply(
        &second,
        json!([command(tag("nord")), command(tag("salon")), command(untag("nord"))]),
    )
    .await;
    let answers = apply(
        &first,
        json!([seen(1, tag("vip")), seen(1, tag("salon")), seen(1, untag("nord"))]),
    )
    .await;
    assert_eq!(outcomes(&answers), ["APPLIED"; 3], "{answers:#?}");
    let query = "query($id: ID!, $p: BigInt) { organization(id: $id, minPosition: $p) { tags } }";
    let data = first
        .data(query, json!({ "id": organization, "p": end(&first).await }))
        .await;
    assert_eq!(data["organization"]["tags"], json!(["salon", "vip"]));

    // The same of a contact and of a deal, by two devices that knew nothing of each other.
    let contact = Uuid::now_v7();
    let add =
        json!({ "commandId": Uuid::now_v7(), "newId": contact, "command": { "contactAdd": { "lastName": "Martin" } } });
    assert_eq!(outcomes(&apply(&first, json!([add])).await), ["APPLIED"]);
    for (id, hang, take) in [
        (contact.to_string(), "contactTag", "contactUntag"),
        (deal_id, "dealAddTags", "dealRemoveTags"),
    ] {
        let give = |mutation: &str, tag: &str| {
            let mut command = serde_json::Map::new();
            command.insert(mutation.to_owned(), json!({ "id": id, "tags": [tag] }));
            Value::from(command)
        };
        let theirs = json!([seen(1, give(hang, "nord")), seen(1, give(hang, "salon"))]);
        assert_eq!(outcomes(&apply(&second, theirs).await), ["APPLIED"; 2]);
        let ours = json!([
            seen(1, give(hang, "vip")),
            seen(1, give(hang, "Salon")),
            seen(1, give(take, "nord")),
            seen(1, give(take, "never there")),
        ]);
        let answers = apply(&first, ours.clone()).await;
        assert_eq!(outcomes(&answers), ["APPLIED"; 4], "{hang}: {answers:#?}");
        assert_eq!(outcomes(&apply(&first, ours).await), ["DUPLICATE"; 4]);
        let of = if hang == "contactTag" { "contact" } else { "deal" };
        let query = format!("query($id: ID!, $p: BigInt) {{ {of}(id: $id, minPosition: $p) {{ tags }} }}");
        let data = first.data(&query, json!({ "id": id, "p": end(&first).await })).await;
        assert_eq!(data[of]["tags"], json!(["salon", "vip"]), "{hang}");
    }
}

#[tokio::test]
async fn what_may_not_be_is_rejected_with_its_reason_in_the_language_of_the_client() {
    let server = Server::start();
    let people = People::of(&server);
    let (first, second, id) = two(&people).await;
    apply(&second, json!([command(json!({ "dealWin": { "id": id } }))])).await;
    let in_a_week = chrono::Utc::now() + chrono::TimeDelta::days(7);
    let unmade = Uuid::now_v7();
    let batch = json!([
        seen(1, json!({ "dealMove": { "id": id, "stage": "QUALIFICATION" } })),
        { "commandId": Uuid::now_v7(), "occurredAt": in_a_week, "command": { "taskCreate": { "title": "Futur" } } },
        { "commandId": Uuid::now_v7(), "newId": unmade, "command": { "organizationCreate": { "name": " " } } },
        command(json!({ "contactAdd": { "lastName": "Martin", "organization": unmade } })),
        { "commandId": Uuid::now_v7(), "newId": "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "command": { "taskCreate": { "title": "x" } } },
        command(json!({ "dealRename": { "id": "nonsense", "title": "x" } })),
        command(json!({ "dealRename": { "id": id, "title": "x", "expectedVersion": 1 } })),
        command(json!({ "taskCreate": { "title": "Possible" } })),
    ]);
    let request = first
        .post()
        .header("accept-language", "fr")
        .json(&json!({ "query": APPLY, "variables": { "commands": batch } }));
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    let answers = answer["data"]["commandsApply"]["answers"]
        .as_array()
        .unwrap_or_else(|| panic!("{answer:#}"));
    let codes: Vec<_> = answers
        .iter()
        .map(|answer| answer["errors"][0]["code"].as_str().unwrap_or("none"))
        .collect();
    assert_eq!(
        codes,
        [
            "DEAL_CLOSED",
            "BAD_USER_INPUT",
            "FIELD_REQUIRED",
            "DEPENDS_ON_FAILED",
            "UNFIT_ID",
            "BAD_USER_INPUT",
            "OPTIONS_INSIDE",
            "none",
        ],
        "{answers:#?}"
    );
    assert_eq!(answers[3]["dependsOn"], answers[2]["commandId"]);
    assert!(answers[3]["errors"][0]["message"].as_str().unwrap().contains("échoué"));
    assert_eq!(answers[7]["outcome"], "APPLIED");
}

#[tokio::test]
async fn a_batch_gives_nobody_more_rights_than_they_have() {
    let server = Server::start();
    let people = People::of(&server);
    let accountant = people.with(Role::Accountant).sign_in().await;
    let answers = apply(
        &accountant,
        json!([
            command(json!({ "dealOpen": { "title": "x" } })),
            command(json!({ "taskCreate": { "title": "x" } }))
        ]),
    )
    .await;
    assert_eq!(outcomes(&answers), ["REJECTED", "APPLIED"]);
    assert_eq!(answers[0]["errors"][0]["code"], "FORBIDDEN");
    for role in [Role::Auditor, Role::Analyst] {
        let other = people.with(role).sign_in().await;
        let answer = other.answer(APPLY, json!({ "commands": [] })).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
    }
    let many: Vec<_> = (0..101)
        .map(|_| command(json!({ "taskCreate": { "title": "x" } })))
        .collect();
    let answer = accountant.answer(APPLY, json!({ "commands": many })).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
    let none = server
        .client()
        .post(server.url("/graphql"))
        .json(&json!({ "query": APPLY, "variables": { "commands": [] } }));
    assert_eq!(none.send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn a_batch_whose_answer_was_lost_with_the_server_is_finished_by_sending_it_again() {
    let server = Server::start();
    let ids: Vec<_> = (0..60).map(|_| Uuid::now_v7()).collect();
    let commands: Vec<_> = ids
        .iter()
        .map(|id| json!({ "commandId": Uuid::now_v7(), "newId": id, "command": { "taskCreate": { "title": "Rappeler" } } }))
        .collect();
    let body = json!({ "query": APPLY, "variables": { "commands": commands } });
    let sent = tokio::spawn(server.post().json(&body).send());
    // Somewhere in the middle.
    for _ in 0..500 {
        if server.position().await > 20 {
            break;
        }
    }
    let server = server.restart_after_kill(&[]);
    // Whatever it says, it may never have come.
    drop(sent.await);
    let answer: Value = server
        .post()
        .bearer_auth(TOKEN)
        .json(&body)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let answers = answer["data"]["commandsApply"]["answers"]
        .as_array()
        .unwrap_or_else(|| panic!("{answer:#}"))
        .clone();
    assert!(
        outcomes(&answers)
            .iter()
            .all(|outcome| ["APPLIED", "DUPLICATE"].contains(outcome))
    );
    let count = "query($position: BigInt) { tasks(minPosition: $position) { totalCount } }";
    let data = server
        .data_with(
            count,
            json!({ "position": answer["data"]["commandsApply"]["position"] }),
        )
        .await;
    assert_eq!(data["tasks"]["totalCount"], 60);
}

#[tokio::test]
async fn postgresql_merges_the_same() {
    for number in 0..3 {
        let database = Database::make(&format!("offline_{number}")).await;
        let server = database.serve();
        match number {
            0 => a_day(&server).await,
            1 => fields(&server).await,
            _ => commuting(&server).await,
        }
        drop(server);
        database.drop().await;
    }
}
