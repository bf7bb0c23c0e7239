//! A client that opens more subscriptions than it may: it is sent away, and nobody else notices.

use std::time::Duration;

use domain::Role;
use reqwest::StatusCode;
use serde_json::json;
use tokio::time::timeout;

use crate::{
    people::{People, Person},
    server::{Server, error_code},
    sockets::{Heard, Socket},
    streams::Stream,
};

const FOLLOW: &str = "subscription { events { position } }";
/// On one connection.
const AT_ONCE: usize = 64;
/// Of one account, over all its connections.
const OF_ONE: usize = 5_000;
/// What a flood may leave behind in the server's memory, in mebibytes: what its allocator keeps, no more for a longer one.
const LEFT_BEHIND: u64 = 48;

/// Opens so many subscriptions on a socket of its own; the socket, and how many of them were refused.
async fn opened(server: &Server, person: &Person<'_>, count: usize) -> (Socket, usize) {
    let mut socket = Socket::of(server, person).await;
    for number in 0..count {
        socket.subscribe(&number.to_string(), FOLLOW).await;
    }
    socket.say(json!({ "type": "ping" })).await;
    let mut refused = 0;
    loop {
        match socket.hear().await {
            Heard::Said(said) if said["type"] == "pong" => return (socket, refused),
            Heard::Said(said) => {
                assert_eq!(said["payload"][0]["extensions"]["code"], "BUSY", "{said:#}");
                refused += 1;
            }
            Heard::Closed(code) => panic!("closed: {code}"),
        }
    }
}

/// A socket that follows whatever happens.
async fn following(server: &Server) -> Socket {
    let mut socket = Socket::ready(server).await;
    socket
        .subscribe("1", "subscription { events(types: [\"DealOpened\"]) { type } }")
        .await;
    socket.say(json!({ "type": "ping" })).await;
    assert!(matches!(socket.hear().await, Heard::Said(said) if said["type"] == "pong"));
    tokio::time::sleep(Duration::from_millis(300)).await;
    socket
}

async fn hears_of_a_deal(server: &Server, follower: &mut Socket) {
    let open = "mutation { dealOpen(input: { title: \"Heard\" }) { position } }";
    let heard = async {
        server.data(open).await;
        follower.hear().await
    };
    let heard = timeout(Duration::from_secs(5), heard).await.expect("in time");
    assert!(matches!(heard, Heard::Said(said) if said["payload"]["data"]["events"]["type"] == "DealOpened"));
}

#[tokio::test]
async fn a_socket_with_too_many_subscriptions_is_closed_and_leaves_nothing_behind() {
    let server = Server::start();
    let flooder = People::of(&server).with(Role::Manager).sign_in().await;
    let mut follower = following(&server).await;
    let flood = async |rounds: usize| {
        for _ in 0..rounds {
            let (mut socket, refused) = opened(&server, &flooder, AT_ONCE).await;
            assert_eq!(refused, 0);
            socket.subscribe("one more", FOLLOW).await;
            assert_eq!(socket.hear().await, Heard::Closed(4461));
        }
    };
    flood(10).await;
    let before = server.resident();
    flood(100).await;
    let after = server.resident();
    assert!(after <= before + LEFT_BEHIND, "{before} MiB, then {after} MiB");
    hears_of_a_deal(&server, &mut follower).await;
}

#[tokio::test]
async fn a_stream_takes_no_more_than_so_many_subscriptions_and_goes_on_with_them() {
    let server = Server::start();
    let single = crate::streams::Single::reserve(&server).await;
    let mut stream = Stream::open(single.opening()).await;
    for number in 0..AT_ONCE {
        assert_eq!(single.begin(&number.to_string(), FOLLOW).await, StatusCode::ACCEPTED);
    }
    for _ in 0..1_000 {
        assert_eq!(single.begin("one more", FOLLOW).await, StatusCode::BAD_REQUEST);
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    server
        .data("mutation { dealOpen(input: { title: \"Heard\" }) { position } }")
        .await;
    for _ in 0..AT_ONCE {
        assert_eq!(stream.next().await.1["payload"]["data"]["events"]["position"], "1");
    }
}

#[tokio::test]
async fn an_account_with_too_many_subscriptions_gets_no_more_and_others_do() {
    let server = Server::start();
    let people = People::of(&server);
    let (flooder, other) = (
        people.with(Role::Manager).sign_in().await,
        people.with(Role::Manager).sign_in().await,
    );
    let mut follower = following(&server).await;
    let before = server.resident();
    let (mut sockets, mut refused) = (Vec::new(), 0);
    for _ in 0..OF_ONE.div_ceil(AT_ONCE) + 20 {
        let (socket, too_many) = opened(&server, &flooder, AT_ONCE).await;
        sockets.push(socket);
        refused += too_many;
    }
    assert_eq!(sockets.len() * AT_ONCE - refused, OF_ONE);
    // By the other protocol it is as much.
    let mut stream = Stream::open(flooder.post().json(&json!({ "query": FOLLOW }))).await;
    assert_eq!(error_code(&stream.next().await.1), "BUSY");
    let open = server.resident();
    assert!(
        open <= before + 400,
        "{before} MiB, then {open} MiB with {OF_ONE} subscriptions"
    );
    // Somebody else subscribes as ever, and everybody hears.
    let (_others, refused) = opened(&server, &other, AT_ONCE).await;
    assert_eq!(refused, 0);
    hears_of_a_deal(&server, &mut follower).await;
    // Those who go give their places back.
    sockets.clear();
    for _ in 0..100 {
        let (_again, refused) = opened(&server, &flooder, 1).await;
        if refused == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("places are not given back");
}
