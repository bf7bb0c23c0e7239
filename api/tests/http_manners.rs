//! GraphQL over HTTP: methods, media types, statuses, sizes, tokens, and what else is served.

use serde_json::{Value, json};

use crate::server::{Server, TOKEN, error_code};

const QUERY: &str = "{ journal { position } }";
const GRAPHQL_JSON: &str = "application/graphql-response+json";

#[tokio::test]
async fn a_query_is_answered_in_the_media_type_asked_for() {
    let server = Server::start();
    for (accept, answered) in [
        ("application/json", "application/json; charset=utf-8"),
        ("*/*", "application/json; charset=utf-8"),
        (GRAPHQL_JSON, "application/graphql-response+json; charset=utf-8"),
    ] {
        let answer = server
            .post()
            .header("accept", accept)
            .json(&json!({ "query": QUERY }))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], answered);
    }
    let refused = server
        .post()
        .header("accept", "image/png")
        .json(&json!({ "query": QUERY }))
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), 406);
}

#[tokio::test]
async fn a_query_may_come_by_get_a_mutation_may_not() {
    let server = Server::start();
    let get = |query: &str| {
        server
            .client()
            .get(server.url("/graphql"))
            .query(&[("query", query)])
            .bearer_auth(TOKEN)
            .send()
    };
    let answer = get(QUERY).await.unwrap();
    assert_eq!(answer.status(), 200);
    let refused = get(r#"mutation { dealOpen(input: { title: "by GET" }) { position } }"#)
        .await
        .unwrap();
    assert_eq!(refused.status(), 405);
    assert_eq!(refused.headers()["allow"], "POST");
    assert_eq!(error_code(&refused.json().await.unwrap()), "METHOD_NOT_ALLOWED");
    let patch = server
        .client()
        .patch(server.url("/graphql"))
        .bearer_auth(TOKEN)
        .send()
        .await
        .unwrap();
    assert_eq!(patch.status(), 405);
    assert_eq!(server.position().await, 0);
}

#[tokio::test]
async fn other_media_types_are_refused() {
    let server = Server::start();
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
    ] {
        let body = json!({ "query": QUERY }).to_string();
        let answer = server
            .post()
            .header("content-type", content_type)
            .body(body)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 415, "{content_type}");
        assert_eq!(error_code(&answer.json().await.unwrap()), "UNSUPPORTED_MEDIA_TYPE");
    }
}

#[tokio::test]
async fn a_body_that_is_no_request_is_refused() {
    let server = Server::start();
    let deep = "[".repeat(100_000);
    for body in [
        "",
        "{",
        "nonsense",
        "[]",
        "{}",
        "null",
        r#"{"query": 1}"#,
        r#"{"query": "{x}", "variables": 3}"#,
        &deep,
    ] {
        let answer = server
            .post()
            .header("content-type", "application/json")
            .body(body.to_owned())
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 400, "{}", body.chars().take(40).collect::<String>());
        assert_eq!(error_code(&answer.json().await.unwrap()), "BAD_REQUEST");
    }
    let not_utf8 = server
        .post()
        .header("content-type", "application/json")
        .body(vec![b'"', 0xff, b'"']);
    assert_eq!(not_utf8.send().await.unwrap().status(), 400);
}

#[tokio::test]
async fn an_oversize_body_is_refused() {
    let mut server = Server::start();
    let query = format!("{{ journal {{ position }} }} # {}", "x".repeat(2 * 1024 * 1024));
    let answer = server.post().json(&json!({ "query": query })).send().await.unwrap();
    assert_eq!(answer.status(), 413);
    assert_eq!(error_code(&answer.json().await.unwrap()), "PAYLOAD_TOO_LARGE");
    assert!(server.is_alive());
}

#[tokio::test]
async fn without_the_token_nothing_is_answered() {
    let server = Server::start();
    let ask = |token: Option<&str>| {
        let request = server
            .client()
            .post(server.url("/graphql"))
            .json(&json!({ "query": QUERY }));
        match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
        .send()
    };
    for token in [None, Some(""), Some("wrong"), Some("a token for test")] {
        let answer = ask(token).await.unwrap();
        assert_eq!(answer.status(), 401, "{token:?}");
        assert_eq!(answer.headers()["www-authenticate"], "Bearer");
        assert_eq!(error_code(&answer.json().await.unwrap()), "UNAUTHENTICATED");
    }
}

#[tokio::test]
async fn an_operation_that_cannot_run_says_why_under_its_trace() {
    let server = Server::start();
    for (query, code) in [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        (
            "query($x: Int!) { deals(first: $x) { totalCount } }",
            "GRAPHQL_VALIDATION_FAILED",
        ),
        ("query A { clock { now } } query B { clock { now } }", "BAD_USER_INPUT"),
        ("{ deal(id: \"nonsense\") { title } }", "BAD_USER_INPUT"),
    ] {
        let answer = server
            .post()
            .header("accept", GRAPHQL_JSON)
            .json(&json!({ "query": query }))
            .send()
            .await
            .unwrap();
        let status = answer.status();
        let body: Value = answer.json().await.unwrap();
        assert_eq!(error_code(&body), code, "{query}");
        let executed = body["errors"][0]["path"].is_array();
        assert_eq!(status, if executed { 200 } else { 400 }, "{query}");
        assert_eq!(
            body["errors"][0]["extensions"]["traceId"].as_str().map(str::len),
            Some(32),
            "{query}"
        );
        let as_json = server
            .post()
            .header("accept", "application/json")
            .json(&json!({ "query": query }))
            .send();
        assert_eq!(as_json.await.unwrap().status(), 200, "{query}");
    }
}

#[tokio::test]
async fn documents_that_would_exhaust_the_server_are_refused() {
    let mut server = Server::start();
    let tower = format!("{{ a{}", "{a".repeat(100_000));
    assert_eq!(server.code(&tower).await, "DEPTH_EXCEEDED");
    let lists = format!("{{ nodes(ids: {}) {{ id }} }}", "[".repeat(50_000));
    assert_eq!(server.code(&lists).await, "DEPTH_EXCEEDED");
    let pages = "{ organizations(first: 250) { nodes { deals(first: 250) { nodes { tasks(first: 250) { nodes { id } } } } } } }";
    assert_eq!(server.code(pages).await, "COMPLEXITY_EXCEEDED");
    let deep = "{ organizations { nodes { parent { parent { parent { parent { parent { parent { parent { parent { parent \
                { parent { parent { parent { parent { parent { parent { id } } } } } } } } } } } } } } } } } }";
    assert_eq!(server.code(deep).await, "DEPTH_EXCEEDED");
    let mut doubling = "{ ...f0 }".to_owned();
    for level in 0..40 {
        doubling += &" fragment fA on Query { ...fB ...fB }"
            .replace('A', &level.to_string())
            .replace('B', &(level + 1).to_string());
    }
    doubling += " fragment f40 on Query { __typename }";
    assert_eq!(server.code(&doubling).await, "COMPLEXITY_EXCEEDED");
    assert!(server.is_alive());
}

#[tokio::test]
async fn a_browser_gets_graphiql_with_everything_it_needs() {
    let server = Server::start();
    let get = |path: &str| {
        server
            .client()
            .get(server.url(path))
            .header("accept", "text/html,*/*;q=0.8")
            .send()
    };
    let page = get("/graphql").await.unwrap();
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    // An address with a query opens the editor with it; a program that asks for JSON gets the answer.
    let linked = server
        .client()
        .get(server.url("/graphql"))
        .query(&[("query", QUERY)])
        .header("accept", "text/html,application/xhtml+xml,*/*;q=0.8");
    let linked = linked.send().await.unwrap();
    assert_eq!(linked.headers()["content-type"], "text/html; charset=utf-8");
    let page = page.text().await.unwrap();
    assert_eq!(linked.text().await.unwrap(), page);
    assert!(!page.contains("https://"), "the page loads something from elsewhere");
    let assets: Vec<_> = page
        .split('"')
        .filter(|part| part.starts_with("/graphql/assets/"))
        .collect();
    assert_eq!(assets.len(), 5);
    for asset in assets {
        assert_eq!(get(asset).await.unwrap().status(), 200, "{asset}");
    }
    assert_eq!(get("/graphql/assets/../../Cargo.toml").await.unwrap().status(), 404);
}

#[tokio::test]
async fn the_server_stops_in_order_when_it_is_told_to() {
    let mut server = Server::start();
    server
        .data(r#"mutation { dealOpen(input: { title: "last" }) { position } }"#)
        .await;
    assert_eq!(server.terminate(), Some(0));
}
