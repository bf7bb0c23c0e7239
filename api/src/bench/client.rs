//! The least that a client of the API is: GraphQL over one connection that stays open, and server-sent events.

use std::io;

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

use super::server::TOKEN;

/// One connection.
pub(super) struct Client {
    stream: BufReader<TcpStream>,
    host: String,
    line: String,
    body: Vec<u8>,
}

impl Client {
    pub(super) async fn connect(address: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream: BufReader::new(stream),
            host: address.to_owned(),
            line: String::new(),
            body: Vec::new(),
        })
    }

    /// Sends one operation; the size of an answer that has no errors.
    pub(super) async fn ask(&mut self, body: &str) -> anyhow::Result<usize> {
        self.send(body, "application/json").await?;
        let length = self.head().await?;
        self.body.resize(length, 0);
        self.stream.read_exact(&mut self.body).await?;
        // Errors stand before the data or behind it, never within a string that we have put there.
        let failed = self.body.windows(10).any(|window| window == b"\"errors\":[");
        anyhow::ensure!(!failed, "{}", String::from_utf8_lossy(&self.body));
        Ok(length)
    }

    /// The data of the answer to one operation.
    pub(super) async fn data(&mut self, query: &str, variables: Value) -> anyhow::Result<Value> {
        self.ask(&operation(query, variables)).await?;
        let mut answer: Value = serde_json::from_slice(&self.body)?;
        Ok(answer["data"].take())
    }

    /// Subscribes; what follows comes by [`Client::event`].
    pub(super) async fn subscribe(&mut self, query: &str) -> anyhow::Result<()> {
        self.send(&operation(query, json!({})), "text/event-stream").await?;
        self.head().await.map(drop)
    }

    /// The data of the next event of the stream that was subscribed to.
    pub(super) async fn event(&mut self) -> anyhow::Result<String> {
        loop {
            self.line.clear();
            let read = self.stream.read_line(&mut self.line).await?;
            anyhow::ensure!(read > 0, "the stream ended");
            if let Some(data) = self.line.strip_prefix("data:") {
                return Ok(data.trim().to_owned());
            }
        }
    }

    async fn send(&mut self, body: &str, accept: &str) -> io::Result<()> {
        let head = format!(
            "POST /graphql HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {TOKEN}\r\nAccept: {accept}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            self.host,
            body.len()
        );
        let mut request = head.into_bytes();
        request.extend_from_slice(body.as_bytes());
        self.stream.get_mut().write_all(&request).await
    }

    /// Reads the head of an answer; the length of what follows, 0 when it has none.
    async fn head(&mut self) -> anyhow::Result<usize> {
        let mut length = 0;
        let mut first = true;
        loop {
            self.line.clear();
            let read = self.stream.read_line(&mut self.line).await?;
            anyhow::ensure!(read > 0, "the server closed the connection");
            let line = self.line.trim_end();
            if line.is_empty() {
                return Ok(length);
            }
            if first {
                anyhow::ensure!(line.contains(" 200 "), "{line}");
                first = false;
            }
            let header = line
                .split_once(':')
                .filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
            if let Some((_, value)) = header {
                length = value.trim().parse()?;
            }
        }
    }
}

/// The bytes at a path of the server, over a connection of their own that ends with them (HTTP/1.0).
pub(super) async fn fetch(address: &str, path: &str) -> anyhow::Result<Vec<u8>> {
    let mut client = Client::connect(address).await?;
    let head = format!("GET {path} HTTP/1.0\r\nHost: {address}\r\nAuthorization: Bearer {TOKEN}\r\n\r\n");
    client.stream.get_mut().write_all(head.as_bytes()).await?;
    client.head().await?;
    let mut bytes = Vec::new();
    client.stream.read_to_end(&mut bytes).await?;
    Ok(bytes)
}

/// The body of a request.
pub(super) fn operation(query: &str, variables: Value) -> String {
    json!({ "query": query, "variables": variables }).to_string()
}
