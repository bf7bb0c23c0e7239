//! Bodies that come slowly, over plain sockets: who trickles is cut off, who is only slow is not.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
};

use crate::server::{Server, TOKEN};

/// What was answered, and when.
struct Answered {
    text: String,
    after: Duration,
}

impl Answered {
    fn status(&self) -> &str {
        self.text.get(9..12).unwrap_or("none")
    }
}

/// Sends a head and then pieces, with a pause before each, and reads until the server ends the connection.
async fn send(server: &Server, head: &str, pieces: Vec<Vec<u8>>, pause: Duration) -> Answered {
    let head = format!("{head}Host: {}\r\nConnection: close\r\n\r\n", server.address);
    let socket = TcpStream::connect(&server.address).await.unwrap();
    let (mut reader, mut writer) = socket.into_split();
    let begun = Instant::now();
    let writing = tokio::spawn(async move {
        writer.write_all(head.as_bytes()).await?;
        for piece in pieces {
            sleep(pause).await;
            writer.write_all(&piece).await?;
        }
        // Open as long as anybody listens.
        sleep(Duration::from_mins(1)).await;
        drop(writer);
        Ok::<_, std::io::Error>(())
    });
    let mut text = Vec::new();
    let reading = async {
        let mut piece = [0; 4096];
        // The end may come as a reset: bytes were on their way.
        while let Ok(read) = reader.read(&mut piece).await {
            if read == 0 {
                break;
            }
            text.extend_from_slice(&piece[..read]);
        }
        begun.elapsed()
    };
    let after = timeout(Duration::from_secs(30), reading).await.expect("an end in time");
    writing.abort();
    Answered {
        text: String::from_utf8_lossy(&text).into_owned(),
        after,
    }
}

/// Says that a file comes; where to.
async fn announce(server: &Server, size: usize) -> String {
    let announce = "mutation($input: FileUploadCreateInput!) { fileUploadCreate(input: $input) { upload { path } } }";
    let input = json!({ "name": "long.txt", "mediaType": "text/plain", "size": size.to_string() });
    let data = server.data_with(announce, json!({ "input": input })).await;
    data["fileUploadCreate"]["upload"]["path"].as_str().unwrap().to_owned()
}

/// The ways to send a body of so many bytes.
async fn heads(server: &Server, size: usize) -> [String; 4] {
    let json = format!("Authorization: Bearer {TOKEN}\r\nContent-Type: application/json\r\n");
    let path = announce(server, size).await;
    [
        format!("POST /graphql HTTP/1.1\r\n{json}Content-Length: {size}\r\n"),
        format!("POST /graphql HTTP/1.1\r\n{json}Accept: text/event-stream\r\nContent-Length: {size}\r\n"),
        format!("POST /exports/deals.csv HTTP/1.1\r\n{json}Content-Length: {size}\r\n"),
        format!("PUT {path} HTTP/1.1\r\nContent-Type: text/plain\r\nContent-Length: {size}\r\n"),
    ]
}

fn assert_cut_off(answered: &Answered, head: &str) {
    assert_eq!(answered.status(), "408", "{head}: {}", answered.text);
    assert!(answered.text.contains("REQUEST_TIMEOUT"), "{head}: {}", answered.text);
    assert!(
        answered.text.to_lowercase().contains("connection: close"),
        "{}",
        answered.text
    );
    let (least, most) = (Duration::from_secs(2), Duration::from_secs(6));
    assert!(
        answered.after >= least && answered.after < most,
        "{head}: {:?}",
        answered.after
    );
}

#[tokio::test]
async fn a_body_that_trickles_or_stops_is_given_up_and_its_connection_ends() {
    let server = Server::start_with(&["--body-wait", "2"]);
    let heads = heads(&server, 50_000).await;
    let position = server.position().await;
    let second = |pieces: Vec<Vec<u8>>, pause| {
        let heads = &heads;
        let server = &server;
        async move {
            let sent = heads
                .iter()
                .take(3)
                .map(|head| send(server, head, pieces.clone(), pause));
            for (head, answered) in heads.iter().zip(futures::future::join_all(sent).await) {
                assert_cut_off(&answered, head);
            }
        }
    };
    // Two bytes a second: never silent for long.
    let trickle = vec![b" ".to_vec(); 60];
    second(trickle.clone(), Duration::from_millis(500)).await;
    // A good piece at once, and then nothing.
    second(vec![vec![b' '; 20_000]], Duration::ZERO).await;
    // A file's address is used up by the attempt, so each has its own.
    for (pieces, pause) in [
        (trickle, Duration::from_millis(500)),
        (vec![vec![b'a'; 20_000]], Duration::ZERO),
    ] {
        let path = announce(&server, 50_000).await;
        let head = format!("PUT {path} HTTP/1.1\r\nContent-Type: text/plain\r\nContent-Length: 50000\r\n");
        assert_cut_off(&send(&server, &head, pieces, pause).await, &head);
    }
    let incoming = server.workplace.path().join("data/blobs/incoming");
    assert_eq!(std::fs::read_dir(incoming).unwrap().count(), 0);
    assert_eq!(server.position().await, position);
}

#[tokio::test]
async fn a_body_that_comes_slowly_but_steadily_comes_in() {
    let server = Server::start_with(&["--body-wait", "2"]);
    // 4 KiB a second, for six seconds: three times as long as anybody may stand still.
    let mut body = json!({ "query": "{ journal { position } }" }).to_string().into_bytes();
    body.resize(24 * 1024, b' ');
    let pieces = |body: &[u8]| body.chunks(1024).map(<[u8]>::to_vec).collect::<Vec<_>>();
    let pause = Duration::from_millis(250);
    let [query, _, _, file] = heads(&server, body.len()).await;
    let text = vec![b'a'; body.len()];
    let (answered, taken) = tokio::join!(
        send(&server, &query, pieces(&body), pause),
        send(&server, &file, pieces(&text), pause)
    );
    assert_eq!(answered.status(), "200", "{}", answered.text);
    assert!(answered.text.contains("\"position\""), "{}", answered.text);
    assert!(answered.after > Duration::from_secs(5), "{:?}", answered.after);
    assert_eq!(taken.status(), "201", "{}", taken.text);
    let told = taken.text.split("\r\n\r\n").nth(1).unwrap();
    let told: Value = serde_json::from_str(told).unwrap();
    assert_eq!(told["size"], body.len());
}
