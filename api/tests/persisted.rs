//! Persisted operations: automatic ones by their hashes, and registered ones by their names.

use reqwest::{Response, StatusCode, header};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    server::{Server, TOKEN, error_code},
    support::Workplace,
};

const QUERY: &str = "{ journal { position } }";

fn hash(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

fn by_hash(text: &str) -> Value {
    json!({ "extensions": { "persistedQuery": { "version": 1, "sha256Hash": hash(text) } } })
}

fn with_hash(text: &str) -> Value {
    let mut body = by_hash(text);
    body["query"] = text.into();
    body
}

async fn ask(server: &Server, body: &Value) -> (StatusCode, Value) {
    let answer = server.post().json(body).send().await.unwrap();
    (answer.status(), answer.json().await.unwrap())
}

async fn get(server: &Server, body: &Value, tag: Option<&str>) -> Response {
    let query = [("extensions", body["extensions"].to_string())];
    let request = server
        .client()
        .get(server.url("/graphql"))
        .query(&query)
        .bearer_auth(TOKEN);
    let request = match tag {
        Some(tag) => request.header(header::IF_NONE_MATCH, tag),
        None => request,
    };
    request.send().await.unwrap()
}

#[tokio::test]
async fn an_automatic_query_is_sent_whole_once_and_by_its_hash_from_then_on() {
    let server = Server::start();
    let (status, unknown) = ask(&server, &by_hash(QUERY)).await;
    assert_eq!(
        (status, error_code(&unknown).as_str()),
        (StatusCode::OK, "PERSISTED_QUERY_NOT_FOUND")
    );
    assert_eq!(unknown["errors"][0]["message"], "PersistedQueryNotFound");
    let graphql = server.post().header("accept", "application/graphql-response+json");
    assert_eq!(graphql.json(&by_hash(QUERY)).send().await.unwrap().status(), 404);

    let mut wrong = with_hash(QUERY);
    wrong["query"] = "{ clock { now } }".into();
    let (status, refused) = ask(&server, &wrong).await;
    assert_eq!(
        (status, error_code(&refused).as_str()),
        (StatusCode::BAD_REQUEST, "BAD_REQUEST")
    );
    assert_eq!(
        error_code(&ask(&server, &by_hash(QUERY)).await.1),
        "PERSISTED_QUERY_NOT_FOUND"
    );

    assert_eq!(
        ask(&server, &with_hash(QUERY)).await.1["data"]["journal"]["position"],
        "0"
    );
    assert_eq!(
        ask(&server, &by_hash(QUERY)).await.1["data"]["journal"]["position"],
        "0"
    );
    let (status, _) = ask(
        &server,
        &json!({ "extensions": { "persistedQuery": { "version": 2, "sha256Hash": "" } } }),
    )
    .await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn what_is_got_by_its_hash_may_be_kept_and_is_asked_about_by_its_tag() {
    let server = Server::start();
    ask(&server, &with_hash(QUERY)).await;
    let first = get(&server, &by_hash(QUERY), None).await;
    assert_eq!(first.status(), 200);
    assert_eq!(first.headers()[header::CACHE_CONTROL], "private, no-cache");
    let tag = first.headers()[header::ETAG].to_str().unwrap().to_owned();
    assert_eq!(get(&server, &by_hash(QUERY), Some(&tag)).await.status(), 304);
    server
        .data(r#"mutation { dealOpen(input: { title: "New" }) { position } }"#)
        .await;
    let changed = get(&server, &by_hash(QUERY), Some(&tag)).await;
    assert_eq!(changed.status(), 200);
    let answer: Value = changed.json().await.unwrap();
    assert_eq!(answer["data"]["journal"]["position"], "1");

    let mutation = r#"mutation { dealOpen(input: { title: "By GET" }) { position } }"#;
    ask(&server, &with_hash(mutation)).await;
    let refused = get(&server, &by_hash(mutation), None).await;
    assert_eq!(refused.status(), 405);
    assert_eq!(refused.headers()[header::ALLOW], "POST");
    assert_eq!(server.position().await, 2);
}

#[tokio::test]
async fn strangers_register_nothing() {
    let server = Server::start();
    let send = |body: Value| server.client().post(server.url("/graphql")).json(&body).send();
    assert_eq!(send(with_hash(QUERY)).await.unwrap().status(), 401);
    assert_eq!(
        error_code(&ask(&server, &by_hash(QUERY)).await.1),
        "PERSISTED_QUERY_NOT_FOUND"
    );
}

#[tokio::test]
async fn a_strict_server_runs_registered_documents_only() {
    let place = Workplace::new();
    let documents = json!({ "position": QUERY, "open": "mutation($t: String!) { dealOpen(input: { title: $t }) { position } }",
                            "follow": "subscription { events(after: 0) { position } }" });
    std::fs::write(place.path().join("documents.json"), documents.to_string()).unwrap();
    let server = Server::start_in(place, &["--documents", "documents.json", "--operations", "registered"]);
    let (_, known) = ask(&server, &json!({ "documentId": "position" })).await;
    assert_eq!(known["data"]["journal"]["position"], "0");
    let (_, opened) = ask(
        &server,
        &json!({ "documentId": "open", "variables": { "t": "Registered" } }),
    )
    .await;
    assert_eq!(opened["data"]["dealOpen"]["position"], "1");
    let by_its_hash = json!({ "documentId": format!("sha256:{}", hash(QUERY)) });
    assert_eq!(ask(&server, &by_its_hash).await.1["data"]["journal"]["position"], "1");
    assert_eq!(
        ask(&server, &by_hash(QUERY)).await.1["data"]["journal"]["position"],
        "1"
    );
    assert_eq!(
        ask(&server, &json!({ "query": QUERY })).await.1["data"]["journal"]["position"],
        "1"
    );

    let (_, unknown) = ask(&server, &json!({ "documentId": "nothing" })).await;
    assert_eq!(error_code(&unknown), "PERSISTED_QUERY_NOT_FOUND");
    for body in [json!({ "query": "{ __typename }" }), with_hash("{ __typename }")] {
        let (status, refused) = ask(&server, &body).await;
        assert_eq!(
            (status, error_code(&refused).as_str()),
            (StatusCode::BAD_REQUEST, "NOT_REGISTERED")
        );
    }
    // Streams are no way around it.
    let stream = |body: Value| server.post().header("accept", "text/event-stream").json(&body).send();
    let refused = stream(json!({ "query": "subscription { events { type } }" }))
        .await
        .unwrap();
    assert!(refused.text().await.unwrap().contains("NOT_REGISTERED"));
    let mut followed = stream(json!({ "documentId": "follow" })).await.unwrap();
    let mut said = String::new();
    while !said.contains("\"position\":\"1\"") {
        said += std::str::from_utf8(&followed.chunk().await.unwrap().expect("more")).unwrap();
    }
}

#[test]
fn documents_that_cannot_be_registered_stop_the_start() {
    let place = Workplace::new();
    std::fs::write(place.path().join("documents.json"), r#"{"broken": "{"}"#).unwrap();
    let ran = place.run(&["serve", "--listen", "127.0.0.1:0", "--documents", "documents.json"]);
    assert_ne!(ran.code, 0);
    assert!(ran.stderr.contains("`broken`"), "{}", ran.stderr);
}
