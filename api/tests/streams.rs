//! Server-sent events: both modes of the protocol, resumption, and how streams end.

use std::time::{Duration, Instant};

use domain::Role;
use reqwest::{RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::{
    people::People,
    server::{Server, TOKEN, error_code},
};

const EVENTS: &str = "subscription { events(after: 0) { position } }";

/// A stream that is open.
pub(crate) struct Stream {
    response: Response,
    text: String,
}

/// What a stream says.
#[derive(Debug, PartialEq)]
pub(crate) enum Said {
    Comment,
    Next { id: Option<String>, data: Value },
    Complete(String),
}

impl Stream {
    pub(crate) async fn open(request: RequestBuilder) -> Self {
        let response = request.header("accept", "text/event-stream").send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self {
            response,
            text: String::new(),
        }
    }

    /// The next event or comment; nothing at the end.
    async fn hear(&mut self) -> Option<Said> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let said = read(block);
                self.text = rest.to_owned();
                return Some(said);
            }
            let chunk = timeout(Duration::from_secs(30), self.response.chunk()).await;
            let chunk = chunk.expect("something in time").unwrap_or_default()?;
            self.text += std::str::from_utf8(&chunk).unwrap();
        }
    }

    /// The next event.
    pub(crate) async fn event(&mut self) -> Option<Said> {
        loop {
            match self.hear().await {
                Some(Said::Comment) => {}
                other => return other,
            }
        }
    }

    pub(crate) async fn next(&mut self) -> (Option<String>, Value) {
        match self.event().await {
            Some(Said::Next { id, data }) => (id, data),
            other => panic!("no answer: {other:?}"),
        }
    }
}

fn read(block: &str) -> Said {
    let field = |name: &str| {
        let mut lines = block.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": ").map(str::to_owned))
    };
    match field("event").as_deref() {
        None => {
            assert_eq!(block, ":");
            Said::Comment
        }
        Some("next") => Said::Next {
            id: field("id"),
            data: serde_json::from_str(&field("data").unwrap()).unwrap(),
        },
        Some("complete") => Said::Complete(field("data").unwrap()),
        Some(other) => panic!("no event of the protocol: {other}"),
    }
}

fn post(server: &Server, query: &str) -> RequestBuilder {
    server.post().json(&json!({ "query": query }))
}

fn get(server: &Server, query: &str) -> RequestBuilder {
    let request = server.client().get(server.url("/graphql/stream"));
    request.query(&[("query", query)]).bearer_auth(TOKEN)
}

async fn open_deal(server: &Server) {
    server
        .data(r#"mutation { dealOpen(input: { title: "Streamed" }) { position } }"#)
        .await;
}

#[tokio::test]
async fn events_come_with_their_positions_as_ids_and_last_event_id_resumes() {
    let server = Server::start();
    for _ in 0..3 {
        open_deal(&server).await;
    }
    let mut stream = Stream::open(post(&server, EVENTS)).await;
    let first = stream.next().await;
    assert_eq!(
        first,
        (
            Some("1".to_owned()),
            json!({ "data": { "events": { "position": "1" } } })
        )
    );
    assert_eq!(stream.next().await.0.as_deref(), Some("2"));
    drop(stream);
    // An `EventSource` sends the same address again, with what it has seen.
    let mut resumed = Stream::open(get(&server, EVENTS).header("last-event-id", "2")).await;
    assert_eq!(resumed.next().await.0.as_deref(), Some("3"));
    open_deal(&server).await;
    assert_eq!(resumed.next().await.0.as_deref(), Some("4"));
    let nonsense = get(&server, EVENTS)
        .header("accept", "text/event-stream")
        .header("last-event-id", "x");
    assert_eq!(nonsense.send().await.unwrap().status(), 400);
}

#[tokio::test]
async fn queries_and_errors_come_as_events_and_end_their_stream() {
    let server = Server::start();
    let mut stream = Stream::open(post(&server, "{ journal { position } }")).await;
    assert_eq!(stream.next().await.1["data"]["journal"]["position"], "0");
    assert_eq!(stream.event().await, Some(Said::Complete(String::new())));
    assert_eq!(stream.event().await, None);
    for wrong in ["{", "{ nothing }", "subscription { events { nothing } }"] {
        let mut stream = Stream::open(post(&server, wrong)).await;
        let (_, answer) = stream.next().await;
        assert!(error_code(&answer).starts_with("GRAPHQL_"), "{answer:#}");
        assert!(answer.get("data").is_none(), "{answer:#}");
        assert_eq!(stream.event().await, Some(Said::Complete(String::new())));
        assert_eq!(stream.event().await, None);
    }
}

#[tokio::test]
async fn a_stream_needs_a_sender_and_changes_nothing_by_get() {
    let server = Server::start();
    let stranger = server.client().post(server.url("/graphql"));
    let stranger = stranger
        .json(&json!({ "query": EVENTS }))
        .header("accept", "text/event-stream");
    assert_eq!(stranger.send().await.unwrap().status(), 401);
    let mutation = r#"mutation { dealOpen(input: { title: "by GET" }) { position } }"#;
    let refused = get(&server, mutation).header("accept", "text/event-stream").send();
    assert_eq!(refused.await.unwrap().status(), 405);
    assert_eq!(server.position().await, 0);
}

/// A reservation, and the requests of its client.
pub(crate) struct Single<'s> {
    server: &'s Server,
    token: String,
}

impl<'s> Single<'s> {
    pub(crate) async fn reserve(server: &'s Server) -> Self {
        let reserved = server.client().put(server.url("/graphql/stream")).bearer_auth(TOKEN);
        let reserved = reserved.send().await.unwrap();
        assert_eq!(reserved.status(), 201);
        Self {
            server,
            token: reserved.text().await.unwrap(),
        }
    }

    pub(crate) fn opening(&self) -> RequestBuilder {
        let request = self.server.client().get(self.server.url("/graphql/stream"));
        request.query(&[("token", &self.token)])
    }

    pub(crate) async fn begin(&self, id: &str, query: &str) -> StatusCode {
        let body = json!({ "query": query, "extensions": { "operationId": id } });
        let request = self.server.post().header("x-graphql-event-stream-token", &self.token);
        request.json(&body).send().await.unwrap().status()
    }

    async fn end(&self, id: &str) -> StatusCode {
        let request = self.server.client().delete(self.server.url("/graphql/stream"));
        let request = request.query(&[("operationId", id)]).bearer_auth(TOKEN);
        let request = request.header("x-graphql-event-stream-token", &self.token);
        request.send().await.unwrap().status()
    }
}

#[tokio::test]
async fn a_reserved_stream_carries_all_operations_of_its_client() {
    let server = Server::start();
    let single = Single::reserve(&server).await;
    // Operations may begin before the stream is open.
    assert_eq!(single.begin("early", EVENTS).await, 202);
    let mut stream = Stream::open(single.opening()).await;
    assert_eq!(single.begin("query", "{ journal { position } }").await, 202);
    let position = json!({ "data": { "journal": { "position": "0" } } });
    let (_, mut answer) = stream.next().await;
    answer["payload"]["extensions"].take();
    assert_eq!(answer["payload"]["data"], position["data"]);
    assert_eq!(answer["id"], "query");
    assert_eq!(
        stream.event().await,
        Some(Said::Complete(r#"{"id":"query"}"#.to_owned()))
    );
    open_deal(&server).await;
    let event = json!({ "id": "early", "payload": { "data": { "events": { "position": "1" } } } });
    assert_eq!(stream.next().await, (None, event));

    assert_eq!(single.begin("early", EVENTS).await, 409);
    let again = single.opening().header("accept", "text/event-stream").send();
    assert_eq!(again.await.unwrap().status(), 409);
    assert_eq!(single.begin("", EVENTS).await, 400);
    assert_eq!(single.end("early").await, 200);
    open_deal(&server).await;
    assert_eq!(single.begin("later", EVENTS).await, 202);
    assert_eq!(stream.next().await.1["id"], "later");

    drop(stream);
    // Noticed when something is to be sent, at the latest a comment.
    let until = Instant::now() + Duration::from_secs(40);
    while single.end("later").await != 404 {
        assert!(Instant::now() < until, "the stream outlives its client");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test]
async fn a_reservation_is_its_owners() {
    let server = Server::start();
    let anonymous = server.client().put(server.url("/graphql")).send();
    assert_eq!(anonymous.await.unwrap().status(), 401);
    let single = Single::reserve(&server).await;
    let people = People::of(&server);
    let other = people.with(Role::Sales).sign_in().await;
    let body = json!({ "query": EVENTS, "extensions": { "operationId": "1" } });
    let intruding = other
        .post()
        .header("x-graphql-event-stream-token", &single.token)
        .json(&body);
    assert_eq!(intruding.send().await.unwrap().status(), 404);
    let unknown = Single {
        server: &server,
        token: "0".repeat(64),
    };
    assert_eq!(unknown.begin("1", EVENTS).await, 404);
    let opening = unknown.opening().header("accept", "text/event-stream").send();
    assert_eq!(opening.await.unwrap().status(), 404);
}

#[tokio::test]
async fn a_stream_ends_with_the_rights_of_whoever_opened_it() {
    let server = Server::start();
    open_deal(&server).await;
    let people = People::of(&server);
    let person = people.with(Role::Sales).sign_in().await;
    let subscription = "subscription { notifications { position } }";
    let mut stream = Stream::open(person.post().json(&json!({ "query": subscription }))).await;
    person
        .data("mutation { signOut { userErrors { code } } }", json!({}))
        .await;
    let (_, farewell) = stream.next().await;
    assert_eq!(error_code(&farewell), "UNAUTHENTICATED");
    assert_eq!(stream.event().await, Some(Said::Complete(String::new())));
    assert_eq!(stream.event().await, None);
}

#[tokio::test]
async fn a_hidden_record_never_announces_itself_and_a_lost_one_says_so_once() {
    let server = Server::start();
    let people = People::of(&server);
    let (sales, other) = (people.with(Role::Sales), people.with(Role::Sales));
    let (sales, other) = (sales.sign_in().await, other.sign_in().await);
    let opened = server
        .data(r#"mutation { dealOpen(input: { title: "Hidden" }) { deal { id } } }"#)
        .await;
    let deal = opened["dealOpen"]["deal"]["id"].as_str().unwrap();
    let rename = async |title: &str| {
        let rename = "mutation($id: ID!, $t: String!) { dealRename(input: { id: $id, title: $t }) { position } }";
        server.data_with(rename, json!({ "id": deal, "t": title })).await;
    };
    let give = async |user: &str| {
        let assign = "mutation($id: ID!, $u: ID!) { dealAssign(input: { id: $id, owner: $u }) { position } }";
        server.data_with(assign, json!({ "id": deal, "u": user })).await;
    };
    let changed =
        format!("subscription {{ changed(ids: [\"{deal}\"]) {{ version gone node {{ ... on Deal {{ title }} }} }} }}");
    let mut changes = Stream::open(sales.post().json(&json!({ "query": changed }))).await;
    let events = format!("subscription {{ events(after: 0, stream: \"{deal}\") {{ version }} }}");
    let mut all = Stream::open(sales.post().json(&json!({ "query": events }))).await;
    // What happens while it is not theirs is looked at before it is.
    let looked_at = async || tokio::time::sleep(Duration::from_secs(1)).await;
    looked_at().await;
    let gone = json!({ "version": null, "gone": true, "node": null });
    assert_eq!(changes.next().await.1["data"]["changed"], gone);

    rename("Still hidden").await;
    looked_at().await;
    give(&sales.user).await;
    let own = changes.next().await.1["data"]["changed"].take();
    assert_eq!(
        own,
        json!({ "version": 3, "gone": false, "node": { "title": "Still hidden" } })
    );
    rename("Seen").await;
    assert_eq!(changes.next().await.1["data"]["changed"]["version"], 4);
    give(&other.user).await;
    assert_eq!(changes.next().await.1["data"]["changed"], gone);
    rename("Hidden again").await;
    looked_at().await;
    give(&sales.user).await;
    assert_eq!(changes.next().await.1["data"]["changed"]["version"], 7);
    for version in [3, 4, 7] {
        assert_eq!(all.next().await.1["data"]["events"]["version"], version);
    }
}

#[tokio::test]
async fn a_quiet_stream_is_kept_alive_and_ends_without_completion_when_the_server_stops() {
    let mut server = Server::start();
    let mut stream = Stream::open(post(&server, "subscription { events { position } }")).await;
    assert_eq!(stream.hear().await, Some(Said::Comment));
    let opened = Instant::now();
    assert_eq!(stream.hear().await, Some(Said::Comment));
    assert!(opened.elapsed() < Duration::from_secs(15), "{:?}", opened.elapsed());
    let rest = tokio::spawn(async move { stream.event().await });
    let code = tokio::task::spawn_blocking(move || server.terminate()).await.unwrap();
    assert_eq!(code, Some(0));
    assert_eq!(rest.await.unwrap(), None);
}

#[tokio::test]
async fn a_reader_that_pauses_misses_nothing() {
    let server = Server::start();
    let wide: Vec<String> = (0..100).map(|number| format!("a{number}: data")).collect();
    let query = format!("subscription {{ events(after: 0) {{ position {} }} }}", wide.join(" "));
    let mut stream = Stream::open(post(&server, &query)).await;
    open_deal(&server).await;
    assert_eq!(stream.next().await.0.as_deref(), Some("1"));
    // It listens now. Meanwhile more happens than waits for anybody.
    let title = "x".repeat(150);
    let inputs: Vec<Value> = (0..200).map(|_| json!({ "title": title })).collect();
    let create = "mutation($inputs: [DealOpenInput!]!) { dealsCreate(inputs: $inputs) { position } }";
    for _ in 0..2 {
        server.data_with(create, json!({ "inputs": inputs })).await;
    }
    for position in 2..=401 {
        assert_eq!(stream.next().await.0, Some(position.to_string()));
    }
    open_deal(&server).await;
    assert_eq!(stream.next().await.0.as_deref(), Some("402"));
}

#[tokio::test]
async fn a_reader_that_stops_reading_is_told_its_position() {
    let server = Server::start();
    let title = "x".repeat(150);
    let inputs: Vec<Value> = (0..200).map(|_| json!({ "title": title })).collect();
    let create = "mutation($inputs: [DealOpenInput!]!) { dealsCreate(inputs: $inputs) { position } }";
    for _ in 0..4 {
        server.data_with(create, json!({ "inputs": inputs })).await;
    }
    let wide: Vec<String> = (0..100).map(|number| format!("a{number}: data")).collect();
    let query = format!("subscription {{ events(after: 0) {{ position {} }} }}", wide.join(" "));
    let mut stream = Stream::open(post(&server, &query)).await;
    assert_eq!(stream.next().await.0.as_deref(), Some("1"));
    tokio::time::sleep(Duration::from_secs(25)).await;
    let mut last = 1;
    let farewell = loop {
        match stream.next().await {
            (Some(id), _) => {
                last += 1;
                assert_eq!(id, last.to_string());
            }
            (None, farewell) => break farewell,
        }
    };
    assert!(last < 800, "the reader was not slow enough");
    assert_eq!(error_code(&farewell), "SLOW_READER");
    assert_eq!(farewell["errors"][0]["extensions"]["position"], last.to_string());
    assert_eq!(stream.event().await, Some(Said::Complete(String::new())));
    assert_eq!(stream.event().await, None);
}
