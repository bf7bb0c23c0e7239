//! Sessions and tokens whose time is over: they open nothing any more, and what they had opened ends.

use chrono::{DateTime, TimeDelta, Utc};
use domain::Role;
use reqwest::{RequestBuilder, header};
use serde_json::{Value, json};

use crate::{
    people::{People, Person},
    server::{Server, error_code},
    sockets::{Heard, Socket, open_deal},
    streams::{Said, Stream},
};

const FOLLOW: &str = "subscription { events { position } }";

/// A server whose clock stands still until it is set.
struct Hours {
    server: Server,
    start: DateTime<Utc>,
}

impl Hours {
    async fn start() -> Self {
        let server = Server::start_with(&["--clock", "manual"]);
        let now = server.data("{ clock { now } }").await["clock"]["now"].take();
        let start = serde_json::from_value(now).expect("a time");
        Self { server, start }
    }

    fn at(&self, hours: i64) -> String {
        (self.start + TimeDelta::hours(hours)).to_rfc3339()
    }

    async fn pass_until(&self, hours: i64) {
        let advance = "mutation($to: DateTime!) { clockAdvance(input: { to: $to }) { clock { now } } }";
        self.server.data_with(advance, json!({ "to": self.at(hours) })).await;
    }
}

/// Something that opens for a while: by which requests and sockets are tried.
enum Key<'a> {
    Session(&'a Person<'a>),
    Token(&'a str),
}

impl Key<'_> {
    fn show(&self, request: RequestBuilder) -> RequestBuilder {
        match self {
            Key::Session(person) => request
                .header(header::COOKIE, &person.cookie)
                .header("x-csrf-token", &person.csrf),
            Key::Token(token) => request.bearer_auth(token),
        }
    }

    async fn socket(&self, server: &Server) -> Result<Socket, u16> {
        match self {
            Key::Session(person) => Socket::of_session(server, person).await,
            Key::Token(token) => Socket::of_token(server, token).await,
        }
    }

    /// The status of each way in by HTTP: a query by POST and by GET, a stream, a reservation, a file.
    async fn statuses(&self, server: &Server) -> [u16; 5] {
        let client = server.client();
        let query = json!({ "query": "{ viewer { role } }" });
        let follow = json!({ "query": FOLLOW });
        let requests = [
            client.post(server.url("/graphql")).json(&query),
            client.get(server.url("/graphql?query={viewer{role}}")),
            client
                .post(server.url("/graphql"))
                .json(&follow)
                .header(header::ACCEPT, "text/event-stream"),
            client.put(server.url("/graphql/stream")),
            client.get(server.url("/exports/deals.csv")),
        ];
        let mut statuses = [0; 5];
        for (status, request) in statuses.iter_mut().zip(requests) {
            *status = self.show(request).send().await.expect("an answer").status().as_u16();
        }
        statuses
    }

    /// A stream, and a socket with a subscription: both follow already.
    async fn follow(&self, server: &Server) -> (Stream, Socket) {
        let request = self.show(server.client().post(server.url("/graphql")));
        let mut stream =
            Stream::open(request.json(&json!({ "query": "subscription { events(after: 0) { position } }" }))).await;
        let mut socket = self.socket(server).await.expect("a socket");
        socket
            .subscribe("1", "subscription { events(after: 0) { position } }")
            .await;
        assert!(stream.next().await.1["data"]["events"].is_object());
        assert!(matches!(socket.hear().await, Heard::Said(said) if said["type"] == "next"));
        (stream, socket)
    }
}

/// How both end, whatever they say before.
async fn ended((mut stream, mut socket): (Stream, Socket)) {
    let farewell = loop {
        let (_, answer) = stream.next().await;
        if answer.get("errors").is_some() {
            break answer;
        }
    };
    assert_eq!(error_code(&farewell), "UNAUTHENTICATED");
    assert_eq!(stream.event().await, Some(Said::Complete(String::new())));
    assert_eq!(stream.event().await, None);
    let code = loop {
        match socket.hear().await {
            Heard::Said(_) => {}
            Heard::Closed(code) => break code,
        }
    };
    assert_eq!(code, 4403);
}

#[tokio::test]
async fn a_token_that_has_expired_opens_nothing_and_ends_what_it_opened() {
    let hours = Hours::start().await;
    let server = &hours.server;
    let person = People::of(server).with(Role::Manager).sign_in().await;
    let create =
        "mutation($input: ApiTokenCreateInput!) { apiTokenCreate(input: $input) { secret userErrors { code } } }";
    let input = json!({ "name": "Script", "role": "MANAGER", "expiresAt": hours.at(2) });
    let made = person.data(create, json!({ "input": input })).await;
    let token = made["apiTokenCreate"]["secret"].as_str().expect("a token");
    let (token, session) = (Key::Token(token), Key::Session(&person));
    open_deal(server, "Followed").await;
    let deal = "mutation { dealOpen(input: { title: \"Of the manager\" }) { position } }";
    person.data(deal, json!({})).await;

    hours.pass_until(1).await;
    assert_eq!(token.statuses(server).await, [200, 200, 200, 201, 200]);
    let open = token.follow(server).await;
    let (mut other_stream, mut other_socket) = session.follow(server).await;

    hours.pass_until(3).await;
    assert_eq!(token.statuses(server).await, [401; 5]);
    assert_eq!(token.socket(server).await.err(), Some(4403));
    ended(open).await;
    // Nobody else's ended with it.
    assert_eq!(session.statuses(server).await, [200, 200, 200, 201, 200]);
    person.data(deal, json!({})).await;
    assert!(other_stream.next().await.1["data"]["events"].is_object());
    assert!(matches!(other_socket.hear().await, Heard::Said(said) if said["type"] == "next"));
}

#[tokio::test]
async fn an_idle_session_opens_nothing_and_ends_what_it_opened() {
    let hours = Hours::start().await;
    let server = &hours.server;
    let people = People::of(server);
    let (idle, busy) = (
        people.with(Role::Manager).sign_in().await,
        people.with(Role::Manager).sign_in().await,
    );
    let deal = "mutation { dealOpen(input: { title: \"Followed\" }) { position } }";
    for person in [&idle, &busy] {
        person.data(deal, json!({})).await;
    }
    let open = Key::Session(&idle).follow(server).await;
    hours.pass_until(11).await;
    assert_eq!(Key::Session(&busy).statuses(server).await, [200, 200, 200, 201, 200]);

    hours.pass_until(13).await;
    assert_eq!(Key::Session(&idle).statuses(server).await, [401; 5]);
    assert_eq!(Key::Session(&idle).socket(server).await.err(), Some(4403));
    ended(open).await;
    assert_eq!(Key::Session(&busy).statuses(server).await, [200, 200, 200, 201, 200]);
}

#[tokio::test]
async fn a_session_ends_after_two_weeks_however_much_it_is_used() {
    let hours = Hours::start().await;
    let server = &hours.server;
    let person = People::of(server).with(Role::Manager).sign_in().await;
    let key = Key::Session(&person);
    person
        .data(
            "mutation { dealOpen(input: { title: \"Followed\" }) { position } }",
            json!({}),
        )
        .await;
    let mut now = 0;
    while now + 10 < 14 * 24 {
        now += 10;
        hours.pass_until(now).await;
        let seen: Value = person.data("{ viewer { role } }", json!({})).await;
        assert_eq!(seen["viewer"]["role"], "MANAGER", "after {now} hours");
    }
    let open = key.follow(server).await;
    hours.pass_until(14 * 24 + 1).await;
    assert_eq!(key.statuses(server).await, [401; 5]);
    assert_eq!(key.socket(server).await.err(), Some(4403));
    ended(open).await;
}
