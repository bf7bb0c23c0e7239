//! Subscriptions, as the clients of `graphql-ws` and `graphql-sse` follow them.

use serde_json::{Value, json};

use super::Client;
use crate::server::{Server, TOKEN};

const FOLLOW: &str = "subscription($after: BigInt) { events(after: $after) { position } }";

async fn open_deals(server: &Server, count: usize) {
    let open = "mutation { dealOpen(input: { title: \"Followed\" }) { position } }";
    for _ in 0..count {
        server.data(open).await;
    }
}

/// The position of the next event, whatever the client says in between.
fn next_position(client: &Client) -> u64 {
    loop {
        let said = client.hear().expect("the client goes on");
        if let Some(position) = said["data"]["events"]["position"].as_str() {
            return position.parse().expect("a position");
        }
        assert!(said.get("errors").is_none() && said.get("failed").is_none(), "{said:#}");
    }
}

async fn resumes(transport: &str) {
    let mut server = Server::start();
    open_deals(&server, 5).await;
    let client = Client::run("follow", &[transport, &server.url("/graphql"), TOKEN, FOLLOW, "0"]);
    let mut positions: Vec<u64> = (0..3).map(|_| next_position(&client)).collect();
    for _ in 0..2 {
        server = server.restart_at_its_address();
        open_deals(&server, 5).await;
        positions.extend((0..5).map(|_| next_position(&client)));
    }
    positions.extend((0..2).map(|_| next_position(&client)));
    assert_eq!(positions, (1..=15).collect::<Vec<u64>>());
}

#[tokio::test]
async fn a_websocket_resumes_without_gap_or_repetition_after_the_server_was_killed() {
    resumes("ws").await;
}

#[tokio::test]
async fn a_distinct_stream_resumes_without_gap_or_repetition_after_the_server_was_killed() {
    resumes("distinct").await;
}

#[tokio::test]
async fn a_single_stream_resumes_without_gap_or_repetition_after_the_server_was_killed() {
    resumes("single").await;
}

#[tokio::test]
async fn a_client_that_stops_reading_is_sent_away_with_its_position() {
    let server = Server::start();
    let title = "x".repeat(150);
    let inputs: Vec<Value> = (0..200).map(|_| json!({ "title": title })).collect();
    let create = "mutation($inputs: [DealOpenInput!]!) { dealsCreate(inputs: $inputs) { position } }";
    for _ in 0..4 {
        server.data_with(create, json!({ "inputs": inputs })).await;
    }
    let last = server.position().await;
    // Much more than fits into the buffers between the two.
    let wide: Vec<String> = (0..100).map(|number| format!("a{number}: data")).collect();
    let query = format!("subscription {{ events(after: 0) {{ position {} }} }}", wide.join(" "));
    let said = Client::run("slow", &[&server.url("/graphql"), TOKEN, &query, "25"]).hear_all();
    let (closed, got) = said.split_last().expect("it was closed");
    assert_eq!(closed["closed"], 4460, "{closed:#}");
    let positions: Vec<u64> = got
        .iter()
        .map(|answer| {
            answer["position"]
                .as_str()
                .and_then(|text| text.parse().ok())
                .expect("a position")
        })
        .collect();
    let reached = *positions.last().expect("it got something");
    assert_eq!(positions, (1..=reached).collect::<Vec<u64>>());
    assert!(reached < last, "the client was not slow enough");
    assert_eq!(closed["reason"], format!("Answers stay unread: resume after {reached}"));
}

#[tokio::test]
async fn a_crowd_of_followers_is_told_each_event_once_and_soon() {
    let server = Server::start();
    let said = Client::run("crowd", &[&server.url("/graphql"), TOKEN, "300", "50", "4"]).hear_all();
    let measured = said.first().expect("it was measured");
    assert_eq!(measured["delivered"], measured["expected"], "{measured:#}");
    // How soon it is on a machine that does nothing else is for the benchmark to say.
    assert!(measured["p99"].as_u64().is_some_and(|p99| p99 < 3_000), "{measured:#}");
}

#[tokio::test]
async fn mistakes_have_the_close_codes_of_the_protocol() {
    let server = Server::start();
    let heard = Client::run("mistakes", &[&server.url("/graphql"), TOKEN]).hear_all();
    assert_eq!(heard.len(), 7, "{heard:#?}");
    for mistake in heard {
        assert_eq!(mistake["code"], mistake["expected"]);
    }
}
