//! What operations cost, and how much a client may spend.

use domain::Role;
use serde_json::{Value, json};

use crate::{
    people::People,
    server::{Server, error_code},
};

const CHEAP: &str = "{ journal { position } }";

fn cost(answer: &Value) -> (u64, u64, u64) {
    let cost = &answer["extensions"]["cost"];
    let number = |value: &Value| value.as_u64().unwrap_or_else(|| panic!("no cost in {answer:#}"));
    (
        number(&cost["requestedQueryCost"]),
        number(&cost["actualQueryCost"]),
        number(&cost["throttleStatus"]["currentlyAvailable"]),
    )
}

#[tokio::test]
async fn every_answer_tells_what_it_cost() {
    let server = Server::start_with(&["--rate-limit", "1/10000"]);
    let answer = server.answer(CHEAP, json!({})).await;
    let (requested, actual, available) = cost(&answer);
    assert_eq!((requested, actual), (2, 2));
    assert!((9_998..=9_999).contains(&available), "{answer:#}");
    assert_eq!(
        answer["extensions"]["cost"]["throttleStatus"]["maximumAvailable"],
        10_000
    );
    assert_eq!(answer["extensions"]["cost"]["throttleStatus"]["restoreRate"], 1);
    // What was asked for and is not there is put back.
    let page = "{ deals(first: 100) { nodes { id title } } }";
    let (requested, actual, left) = cost(&server.answer(page, json!({})).await);
    assert!(requested >= 200 && actual <= 4, "{requested} {actual}");
    assert!(left + 10 >= available, "{left} {available}");
    let refused = server.answer("{ nothing }", json!({})).await;
    assert!(refused.get("extensions").is_none(), "{refused:#}");
}

#[tokio::test]
async fn who_asks_for_too_much_is_told_when_to_come_again() {
    let server = Server::start_with(&["--rate-limit", "10/220"]);
    let create = "mutation($t: String!) { dealOpen(input: { title: $t }) { deal { id } } }";
    let spend = |title: &str| {
        server
            .post()
            .json(&json!({ "query": create, "variables": { "t": title } }))
            .send()
    };
    let mut answers = 0;
    let refused = loop {
        let answer = spend("Cheap").await.unwrap();
        if answer.status() != 200 {
            break answer;
        }
        answers += 1;
        assert!(answers < 10, "nobody counts");
    };
    // As many as fit, and some that time made room for.
    assert!(answers >= 3, "{answers}");
    assert_eq!(refused.status(), 429);
    let wait: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    let refused: Value = refused.json().await.unwrap();
    assert_eq!(error_code(&refused), "RATE_LIMITED");
    let told = &refused["errors"][0]["extensions"];
    assert_eq!(told["retryAfter"], wait);
    assert!((1..=60).contains(&wait), "{refused:#}");
    assert_eq!(told["cost"]["throttleStatus"]["maximumAvailable"], 220);
    assert_eq!(server.position().await, answers, "a refused mutation changed something");
    // Others have their own.
    let people = People::of(&server);
    let other = people.with(Role::Sales).sign_in().await;
    other.data(CHEAP, json!({})).await;
    // What never fits is not a matter of time.
    let page = "{ deals(first: 200) { nodes { id title } } }";
    assert_eq!(server.code(page).await, "COMPLEXITY_EXCEEDED");
    tokio::time::sleep(std::time::Duration::from_secs(wait + 2)).await;
    assert_eq!(spend("Again").await.unwrap().status(), 200);
}
