//! Filters kept under a name: for whom, in which lists, and what they leave.

use domain::Role;
use serde_json::{Value, json};

use crate::{
    people::{People, Person},
    server::Server,
};

const CREATE: &str = "mutation($input: SavedFilterCreateInput!) { savedFilterCreate(input: $input) {
    savedFilter { id name list filter sharing changeable version } position userErrors { code field } } }";
const CHANGE: &str = "mutation($input: SavedFilterChangeInput!) { savedFilterChange(input: $input) {
    savedFilter { id name sharing } position userErrors { code } } }";
const REMOVE: &str = "mutation($input: SavedFilterRemoveInput!) { savedFilterRemove(input: $input) {
    savedFilter { id } position userErrors { code } } }";
const DEALS: &str = "query($saved: ID, $filter: DealFilter, $p: BigInt) {
    deals(savedFilter: $saved, filter: $filter, minPosition: $p) { totalCount nodes { title } } }";

async fn create(who: &Person<'_>, input: Value) -> Value {
    let data = who.data(CREATE, json!({ "input": input })).await;
    assert_eq!(data["savedFilterCreate"]["userErrors"], json!([]), "{data:#}");
    data["savedFilterCreate"]["savedFilter"].clone()
}

async fn names(who: &Person<'_>) -> Vec<String> {
    let data = who.data("{ savedFilters { name } }", json!({})).await;
    let found = data["savedFilters"].as_array().unwrap();
    found
        .iter()
        .map(|filter| filter["name"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_list_leaves_what_the_saved_filter_and_its_own_leave() {
    let server = Server::start();
    let seller = People::of(&server).with(Role::Manager).sign_in().await;
    for (title, amount) in [("Toiture A", "10"), ("Toiture B", "500"), ("Chaudière", "500")] {
        let open = "mutation($t: String!, $a: Decimal!) { dealOpen(input: { title: $t, stage: \"PROSPECTION\", amountNet: { amount: $a } }) { userErrors { code } } }";
        let data = seller.data(open, json!({ "t": title, "a": amount })).await;
        assert_eq!(data["dealOpen"]["userErrors"], json!([]));
    }
    let saved = create(
        &seller,
        json!({ "name": " Toitures ", "list": "DEALS", "filter": r#"{"title":{"contains":"toiture"}}"# }),
    )
    .await;
    assert_eq!(
        (&saved["name"], &saved["sharing"]),
        (&json!("Toitures"), &json!("NOBODY"))
    );
    let p = server.position().await.to_string();
    let found = async |variables: Value| seller.data(DEALS, variables).await["deals"]["totalCount"].clone();
    assert_eq!(found(json!({ "p": p })).await, 3);
    assert_eq!(found(json!({ "saved": saved["id"], "p": p })).await, 2);
    let dear = json!({ "amountNet": { "gte": "100" } });
    assert_eq!(
        found(json!({ "saved": saved["id"], "filter": dear.clone(), "p": p })).await,
        1
    );
    // The figures are of the same deals.
    let figures = "query($saved: ID, $filter: DealFilter, $p: BigInt) {
        dealsAggregate(groupBy: [STAGE], savedFilter: $saved, filter: $filter, minPosition: $p) { count sum { amount } } }";
    for (filter, count, amount) in [(Value::Null, 2, "510.00"), (dear, 1, "500.00")] {
        let data = seller
            .data(figures, json!({ "saved": saved["id"], "filter": filter, "p": p }))
            .await;
        assert_eq!(
            data["dealsAggregate"],
            json!([{ "count": count, "sum": [{ "amount": amount }] }])
        );
    }
    for other in [
        "tasks(savedFilter: $saved) { totalCount }",
        "taskBoard(savedFilter: $saved) { count }",
    ] {
        let other = format!("query($saved: ID) {{ {other} }}");
        let answer = seller.answer(&other, json!({ "saved": saved["id"] })).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{other}");
    }
    let none = json!({ "saved": "00000000-0000-0000-0000-000000000000" });
    let answer = seller.answer(DEALS, none).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "NOT_FOUND");
}

#[tokio::test]
async fn a_saved_filter_of_tasks_is_good_for_their_board_and_their_buckets() {
    let server = Server::start();
    let seller = People::of(&server).with(Role::Manager).sign_in().await;
    for title in ["Rappeler A", "Rappeler B", "Devis"] {
        let make = "mutation($t: String!) { taskCreate(input: { title: $t }) { userErrors { code } } }";
        assert_eq!(
            seller.data(make, json!({ "t": title })).await["taskCreate"]["userErrors"],
            json!([])
        );
    }
    let input = json!({ "name": "Appels", "list": "TASKS", "filter": r#"{"title":{"startsWith":"Rappeler"}}"# });
    let saved = create(&seller, input).await;
    let query = "query($saved: ID, $filter: TaskFilter, $p: BigInt) {
        taskBoard(savedFilter: $saved, filter: $filter, minPosition: $p) { count tasks { totalCount } }
        taskBuckets(savedFilter: $saved, filter: $filter, minPosition: $p) { count } }";
    let p = server.position().await.to_string();
    for (filter, count) in [(Value::Null, 2), (json!({ "title": { "eq": "Rappeler B" } }), 1)] {
        let data = seller
            .data(query, json!({ "saved": saved["id"], "filter": filter, "p": p }))
            .await;
        assert_eq!(
            data["taskBoard"][0],
            json!({ "count": count, "tasks": { "totalCount": count } })
        );
        let buckets = data["taskBuckets"].as_array().unwrap().iter();
        assert_eq!(
            buckets.map(|bucket| bucket["count"].as_u64().unwrap()).sum::<u64>(),
            count
        );
    }
}

#[tokio::test]
async fn what_a_list_leaves_out_a_saved_filter_may_ask_for() {
    let server = Server::start();
    let seller = People::of(&server).with(Role::Manager).sign_in().await;
    for name in ["Active", "Dormante"] {
        let make = "mutation($n: String!) { organizationCreate(input: { name: $n }) { organization { id } userErrors { code } } }";
        let made = seller.data(make, json!({ "n": name })).await;
        if name == "Dormante" {
            let archive = "mutation($id: ID!) { organizationArchive(input: { id: $id }) { userErrors { code } } }";
            let id = &made["organizationCreate"]["organization"]["id"];
            assert_eq!(
                seller.data(archive, json!({ "id": id })).await["organizationArchive"]["userErrors"],
                json!([])
            );
        }
    }
    let archived = create(
        &seller,
        json!({ "name": "Archives", "list": "ORGANIZATIONS", "filter": r#"{"archived":{"eq":true}}"# }),
    )
    .await;
    let p = server.position().await.to_string();
    let query = "query($saved: ID, $filter: OrganizationFilter, $p: BigInt) {
        organizations(savedFilter: $saved, filter: $filter, minPosition: $p) { nodes { name } } }";
    let variables = json!({ "saved": archived["id"], "filter": { "name": { "startsWith": "D" } }, "p": p });
    let data = seller.data(query, variables).await;
    assert_eq!(data["organizations"]["nodes"], json!([{ "name": "Dormante" }]));
}

#[tokio::test]
async fn a_filter_is_for_oneself_a_team_or_everybody() {
    let server = Server::start();
    let people = People::of(&server);
    let admin = people.with(Role::Admin).sign_in().await;
    let owner = people.with(Role::Sales).sign_in().await;
    let mate = people.with(Role::Sales).sign_in().await;
    let stranger = people.with(Role::Sales).sign_in().await;
    let formed = admin
        .data(
            "mutation { teamForm(input: { name: \"Nord\" }) { team { id } } }",
            json!({}),
        )
        .await;
    let team = formed["teamForm"]["team"]["id"].clone();
    for member in [&owner, &mate] {
        let add = "mutation($t: ID!, $u: ID!) { teamAddMember(input: { id: $t, member: $u }) { userErrors { code } } }";
        let data = admin.data(add, json!({ "t": team, "u": member.user })).await;
        assert_eq!(data["teamAddMember"]["userErrors"], json!([]));
    }
    let own = create(&owner, json!({ "name": "A", "list": "TASKS", "filter": "{}" })).await;
    let shared = json!({ "name": "B", "list": "TASKS", "filter": "{}", "sharing": "TEAM", "team": team });
    let shared = create(&owner, shared).await;
    create(
        &owner,
        json!({ "name": "C", "list": "TASKS", "filter": "{}", "sharing": "EVERYBODY" }),
    )
    .await;
    assert_eq!(names(&owner).await, ["A", "B", "C"]);
    assert_eq!(names(&mate).await, ["B", "C"]);
    assert_eq!(names(&stranger).await, ["C"]);
    assert_eq!(names(&admin).await, ["C"]);
    // Nobody shares with a team that is not theirs.
    let foreign = json!({ "name": "D", "list": "TASKS", "filter": "{}", "sharing": "TEAM", "team": team });
    let answer = stranger.answer(CREATE, json!({ "input": foreign })).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
    // Nobody changes another's, or learns that it is there; administrators tidy up what is shared.
    let rename = |id: &Value| json!({ "input": { "id": id, "name": "Z" } });
    for (who, id) in [(&mate, &shared["id"]), (&stranger, &own["id"]), (&admin, &own["id"])] {
        let data = who.data(CHANGE, rename(id)).await;
        assert_eq!(
            data["savedFilterChange"]["userErrors"][0]["code"],
            "SAVED_FILTER_NOT_FOUND"
        );
    }
    let data = admin.data(CHANGE, rename(&shared["id"])).await;
    assert_eq!(data["savedFilterChange"]["userErrors"], json!([]));
    let remove = json!({ "input": { "id": own["id"] } });
    let data = owner.data(REMOVE, remove.clone()).await;
    assert_eq!(data["savedFilterRemove"]["userErrors"], json!([]));
    assert_eq!(data["savedFilterRemove"]["savedFilter"], Value::Null);
    assert_eq!(names(&owner).await, ["C", "Z"]);
    let data = stranger.data(REMOVE, remove).await;
    assert_eq!(
        data["savedFilterRemove"]["userErrors"][0]["code"],
        "SAVED_FILTER_NOT_FOUND"
    );
}

#[tokio::test]
async fn what_the_list_would_not_take_is_not_kept() {
    let server = Server::start();
    let seller = People::of(&server).with(Role::Sales).sign_in().await;
    for filter in [
        "",
        "{",
        "[]",
        r#"{"nothing":1}"#,
        r#"{"title":{"contains":5}}"#,
        r#"{"status":{"eq":"NO"}}"#,
    ] {
        let input = json!({ "name": "X", "list": "DEALS", "filter": filter });
        let answer = seller.answer(CREATE, json!({ "input": input })).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{filter}");
    }
    let nameless = json!({ "name": " ", "list": "DEALS", "filter": "{}" });
    let data = seller.data(CREATE, json!({ "input": nameless })).await;
    assert_eq!(data["savedFilterCreate"]["userErrors"][0]["code"], "FIELD_REQUIRED");
}
