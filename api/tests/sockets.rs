//! Subscriptions: the graphql-transport-ws protocol, and events that are followed without loss.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest},
};

use crate::{
    people::Person,
    server::{Server, TOKEN},
};

pub(crate) struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

/// What the server says next.
#[derive(Debug, PartialEq)]
pub(crate) enum Heard {
    Said(Value),
    Closed(u16),
}

impl Socket {
    pub(crate) async fn open(server: &Server) -> Self {
        Self::open_with(server, "/graphql", "graphql-transport-ws").await
    }

    pub(crate) async fn open_with(server: &Server, path: &str, protocol: &str) -> Self {
        let mut request = format!("ws://{}{path}", server.address).into_client_request().unwrap();
        request
            .headers_mut()
            .insert("sec-websocket-protocol", protocol.parse().unwrap());
        let (stream, _) = connect_async(request).await.expect("an upgrade");
        Self(stream)
    }

    /// A socket that has introduced itself.
    pub(crate) async fn ready(server: &Server) -> Self {
        Self::of_token(server, TOKEN).await.expect("a socket")
    }

    /// The socket of a program; an error is the code it was closed with.
    pub(crate) async fn of_token(server: &Server, token: &str) -> Result<Self, u16> {
        let socket = Self::open(server).await;
        let payload = json!({ "Authorization": format!("Bearer {token}") });
        socket.introduced(payload).await
    }

    /// The socket of somebody who is signed in.
    pub(crate) async fn of(server: &Server, person: &Person<'_>) -> Self {
        Self::of_session(server, person).await.expect("a socket")
    }

    /// The same; an error is the code it was closed with.
    pub(crate) async fn of_session(server: &Server, person: &Person<'_>) -> Result<Self, u16> {
        let mut request = format!("ws://{}/graphql", server.address)
            .into_client_request()
            .unwrap();
        let headers = request.headers_mut();
        headers.insert("sec-websocket-protocol", "graphql-transport-ws".parse().unwrap());
        headers.insert("cookie", person.cookie.parse().unwrap());
        let (stream, _) = connect_async(request).await.expect("an upgrade");
        Self(stream).introduced(json!({ "X-CSRF-Token": person.csrf })).await
    }

    async fn introduced(mut self, payload: Value) -> Result<Self, u16> {
        self.say(json!({ "type": "connection_init", "payload": payload })).await;
        match self.hear().await {
            Heard::Closed(code) => Err(code),
            said @ Heard::Said(_) => {
                assert_eq!(said, Heard::Said(json!({ "type": "connection_ack" })));
                Ok(self)
            }
        }
    }

    pub(crate) async fn say(&mut self, message: Value) {
        self.0.send(Message::text(message.to_string())).await.unwrap();
    }

    pub(crate) async fn subscribe(&mut self, id: &str, query: &str) {
        self.say(json!({ "type": "subscribe", "id": id, "payload": { "query": query } }))
            .await;
    }

    pub(crate) async fn hear(&mut self) -> Heard {
        loop {
            let message = timeout(Duration::from_secs(20), self.0.next())
                .await
                .expect("something in time");
            match message {
                Some(Ok(Message::Text(text))) => return Heard::Said(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Close(frame))) => return Heard::Closed(frame.map_or(1005, |frame| frame.code.into())),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Heard::Closed(0),
            }
        }
    }

    /// The event of the next answer.
    async fn event(&mut self) -> Value {
        match self.hear().await {
            Heard::Said(mut message) if message["type"] == "next" => {
                assert!(message["payload"].get("errors").is_none(), "{message:#}");
                message["payload"]["data"]["events"].take()
            }
            other => panic!("no event: {other:?}"),
        }
    }
}

pub(crate) async fn open_deal(server: &Server, title: &str) -> Value {
    let mutation = "mutation($t: String!) { dealOpen(input: { title: $t }) { deal { id } } }";
    server.data_with(mutation, json!({ "t": title })).await["dealOpen"]["deal"]["id"].take()
}

#[tokio::test]
async fn events_come_as_they_happen() {
    let server = Server::start();
    let mut socket = Socket::ready(&server).await;
    socket.subscribe("1", "subscription { events(after: 0) { position type stream actor data subject { id ... on Deal { title } } } }").await;
    let deal = open_deal(&server, "Live").await;
    let event = socket.event().await;
    assert_eq!(event["position"], "1");
    assert_eq!(event["type"], "DealOpened");
    assert_eq!(event["data"]["title"], "Live");
    assert_eq!(event["subject"], json!({ "id": deal, "title": "Live" }));
}

#[tokio::test]
async fn a_reader_resumes_without_loss_or_repetition_after_the_server_was_killed() {
    let server = Server::start();
    for number in 0..10 {
        open_deal(&server, &number.to_string()).await;
    }
    let mut socket = Socket::ready(&server).await;
    socket
        .subscribe("1", "subscription { events(after: 0) { position } }")
        .await;
    let mut positions = Vec::new();
    for _ in 0..4 {
        positions.push(
            socket.event().await["position"]
                .as_str()
                .unwrap()
                .parse::<u64>()
                .unwrap(),
        );
    }
    let server = server.restart_after_kill(&[]);
    let mut socket = Socket::ready(&server).await;
    let last = positions.last().unwrap();
    socket
        .subscribe("1", &format!("subscription {{ events(after: {last}) {{ position }} }}"))
        .await;
    server
        .data(r#"mutation { dealOpen(input: { title: "later" }) { position } }"#)
        .await;
    while positions.len() < 11 {
        positions.push(socket.event().await["position"].as_str().unwrap().parse().unwrap());
    }
    assert_eq!(positions, (1..=11).collect::<Vec<u64>>());
}

#[tokio::test]
async fn without_a_position_only_what_is_new_comes() {
    let server = Server::start();
    open_deal(&server, "before").await;
    let mut socket = Socket::ready(&server).await;
    socket.subscribe("1", "subscription { events { position } }").await;
    // The subscription is open once the socket answers what was said after it.
    socket.say(json!({ "type": "ping" })).await;
    assert_eq!(socket.hear().await, Heard::Said(json!({ "type": "pong" })));
    tokio::time::sleep(Duration::from_millis(300)).await;
    open_deal(&server, "after").await;
    assert_eq!(socket.event().await["position"], "2");
}

#[tokio::test]
async fn events_are_narrowed_by_category_and_type() {
    let server = Server::start();
    let deal = open_deal(&server, "One").await;
    server
        .data(r#"mutation { organizationCreate(input: { name: "Acme" }) { position } }"#)
        .await;
    let lose = "mutation($id: ID!) { dealLose(input: { id: $id, reason: PRICE }) { position } }";
    server.data_with(lose, json!({ "id": deal })).await;
    let mut socket = Socket::ready(&server).await;
    socket
        .subscribe(
            "organizations",
            r#"subscription { events(after: 0, categories: ["organization"]) { type } }"#,
        )
        .await;
    assert_eq!(socket.event().await["type"], "OrganizationRegistered");
    socket
        .subscribe(
            "losses",
            r#"subscription { events(after: 0, types: ["DealLost"]) { type position } }"#,
        )
        .await;
    assert_eq!(socket.event().await, json!({ "type": "DealLost", "position": "3" }));
    socket
        .subscribe("typo", r#"subscription { events(types: ["DealLosst"]) { type } }"#)
        .await;
    let Heard::Said(error) = socket.hear().await else {
        panic!("no answer")
    };
    let payload = if error["type"] == "error" {
        &error["payload"]
    } else {
        &error["payload"]["errors"]
    };
    assert_eq!(payload[0]["extensions"]["code"], "BAD_USER_INPUT", "{error:#}");
}

#[tokio::test]
async fn one_object_is_followed_from_any_position() {
    let server = Server::start();
    let deals = [open_deal(&server, "One").await, open_deal(&server, "Other").await];
    let rename =
        "mutation($id: ID!, $t: String!) { dealRename(input: { id: $id, title: $t }) { position deal { uuid } } }";
    for title in ["a", "b"] {
        for deal in &deals {
            server.data_with(rename, json!({ "id": deal, "t": title })).await;
        }
    }
    let renamed = server.data_with(rename, json!({ "id": deals[0], "t": "c" })).await;
    let uuid = renamed["dealRename"]["deal"]["uuid"].as_str().unwrap();
    let mut socket = Socket::ready(&server).await;
    for (id, stream, after, expected) in [
        ("id", deals[0].as_str().unwrap(), "0", vec!["1", "3", "5", "7"]),
        ("stream", &format!("deal:{uuid}"), "3", vec!["5", "7"]),
    ] {
        let query = format!("subscription {{ events(stream: \"{stream}\", after: {after}) {{ position }} }}");
        socket.subscribe(id, &query).await;
        for position in expected {
            assert_eq!(socket.event().await["position"], position);
        }
        socket.say(json!({ "type": "complete", "id": id })).await;
    }
    let query = format!("subscription {{ events(stream: \"deal:{uuid}\") {{ position }} }}");
    socket.subscribe("live", &query).await;
    socket.say(json!({ "type": "ping" })).await;
    assert_eq!(socket.hear().await, Heard::Said(json!({ "type": "pong" })));
    tokio::time::sleep(Duration::from_millis(300)).await;
    server.data_with(rename, json!({ "id": deals[1], "t": "d" })).await;
    server.data_with(rename, json!({ "id": deals[0], "t": "d" })).await;
    assert_eq!(socket.event().await["position"], "9");
}

/// The id of a deal that there is not.
fn ids_of_nothing() -> String {
    let id = alforis::graphql::ids::global(alforis::graphql::ids::Kind::Deal, uuid::Uuid::nil());
    id.to_string()
}

#[tokio::test]
async fn a_client_is_told_when_a_record_that_it_shows_has_changed() {
    let server = Server::start();
    let deals = [
        open_deal(&server, "One").await,
        open_deal(&server, "Other").await,
        open_deal(&server, "Third").await,
    ];
    let mut socket = Socket::ready(&server).await;
    let query = format!(
        "subscription {{ changed(ids: [{}, {}], after: 3) {{ id type version position gone node {{ ... on Deal {{ title }} }} }} }}",
        deals[0], deals[1]
    );
    socket.subscribe("1", &query).await;
    let rename = "mutation($id: ID!, $t: String!) { dealRename(input: { id: $id, title: $t }) { position } }";
    for (deal, title) in [(2, "unseen"), (1, "seen"), (0, "seen, too")] {
        server.data_with(rename, json!({ "id": deals[deal], "t": title })).await;
    }
    for (deal, title, position) in [(1, "seen", "5"), (0, "seen, too", "6")] {
        let Heard::Said(message) = socket.hear().await else {
            panic!("no change")
        };
        let expected = json!({ "id": deals[deal], "type": "Deal", "version": 2, "position": position, "gone": false, "node": { "title": title } });
        assert_eq!(message["payload"]["data"]["changed"], expected, "{message:#}");
    }
    let nobody = ids_of_nothing();
    socket
        .subscribe(
            "gone",
            &format!("subscription {{ changed(ids: [\"{nobody}\"]) {{ id gone }} }}"),
        )
        .await;
    let Heard::Said(message) = socket.hear().await else {
        panic!("no answer")
    };
    assert_eq!(
        message["payload"]["data"]["changed"],
        json!({ "id": nobody, "gone": true }),
        "{message:#}"
    );
    socket
        .subscribe("none", "subscription { changed(ids: []) { id } }")
        .await;
    let Heard::Said(error) = socket.hear().await else {
        panic!("no answer")
    };
    assert!(error.to_string().contains("BAD_USER_INPUT"), "{error:#}");
}

#[tokio::test]
async fn a_query_and_an_error_end_their_operation() {
    let server = Server::start();
    let mut socket = Socket::ready(&server).await;
    socket.subscribe("q", "{ journal { position } }").await;
    let Heard::Said(next) = socket.hear().await else {
        panic!("no answer")
    };
    assert_eq!(next["payload"]["data"]["journal"]["position"], "0");
    assert_eq!(
        socket.hear().await,
        Heard::Said(json!({ "type": "complete", "id": "q" }))
    );
    socket.subscribe("e", "{ nothing }").await;
    let Heard::Said(error) = socket.hear().await else {
        panic!("no answer")
    };
    assert_eq!(error["type"], "error");
    assert_eq!(error["payload"][0]["extensions"]["code"], "GRAPHQL_VALIDATION_FAILED");
}

#[tokio::test]
async fn the_protocols_mistakes_have_their_close_codes() {
    let server = Server::start();

    let mut socket = Socket::open(&server).await;
    socket.subscribe("1", "subscription { events { position } }").await;
    assert_eq!(socket.hear().await, Heard::Closed(4401));

    let mut socket = Socket::open(&server).await;
    socket
        .say(json!({ "type": "connection_init", "payload": { "Authorization": "Bearer wrong" } }))
        .await;
    assert_eq!(socket.hear().await, Heard::Closed(4403));

    let mut socket = Socket::ready(&server).await;
    socket.say(json!({ "type": "connection_init" })).await;
    assert_eq!(socket.hear().await, Heard::Closed(4429));

    let mut socket = Socket::ready(&server).await;
    socket.subscribe("1", "subscription { events { position } }").await;
    socket.subscribe("1", "subscription { events { position } }").await;
    assert_eq!(socket.hear().await, Heard::Closed(4409));

    for nonsense in ["nonsense", "{}", r#"{"type":"dance"}"#, r#"{"type":"subscribe"}"#, "[]"] {
        let mut socket = Socket::ready(&server).await;
        socket.0.send(Message::text(nonsense)).await.unwrap();
        assert_eq!(socket.hear().await, Heard::Closed(4400), "{nonsense}");
    }

    let mut socket = Socket::ready(&server).await;
    socket.0.send(Message::binary(vec![1, 2, 3])).await.unwrap();
    assert_eq!(socket.hear().await, Heard::Closed(4400));
}

#[tokio::test]
async fn a_client_that_does_not_introduce_itself_is_sent_away() {
    let server = Server::start();
    let mut socket = Socket::open(&server).await;
    assert_eq!(socket.hear().await, Heard::Closed(4408));
}

#[tokio::test]
async fn a_token_may_come_as_a_parameter_and_at_the_other_address() {
    let server = Server::start();
    let mut socket = Socket::open_with(&server, "/graphql/ws", "graphql-transport-ws").await;
    socket
        .say(json!({ "type": "connection_init", "payload": { "token": TOKEN } }))
        .await;
    assert_eq!(socket.hear().await, Heard::Said(json!({ "type": "connection_ack" })));
}

#[tokio::test]
async fn a_completed_subscription_says_no_more_and_its_id_is_free() {
    let server = Server::start();
    let mut socket = Socket::ready(&server).await;
    socket
        .subscribe("1", "subscription { events(after: 0) { position } }")
        .await;
    open_deal(&server, "One").await;
    assert_eq!(socket.event().await["position"], "1");
    socket.say(json!({ "type": "complete", "id": "1" })).await;
    socket
        .subscribe("1", "subscription { events(after: 1) { position } }")
        .await;
    open_deal(&server, "Two").await;
    assert_eq!(socket.event().await["position"], "2");
}

#[tokio::test]
async fn open_sockets_are_told_when_the_server_stops() {
    let mut server = Server::start();
    let mut socket = Socket::ready(&server).await;
    socket.subscribe("1", "subscription { events { position } }").await;
    let closed = tokio::spawn(async move { socket.hear().await });
    let code = tokio::task::spawn_blocking(move || server.terminate()).await.unwrap();
    assert_eq!(code, Some(0));
    assert_eq!(closed.await.unwrap(), Heard::Closed(1001));
}
