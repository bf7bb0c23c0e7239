//! A running server of one's own, and a client that talks to it.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, Stdio},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::support::Workplace;

pub(crate) const TOKEN: &str = "a token for tests";

/// `alforis serve` in a directory of its own; killed when it is dropped.
pub(crate) struct Server {
    pub(crate) workplace: Workplace,
    pub(crate) address: String,
    child: Child,
    /// Collects what the process logs, so that a full pipe never makes it wait.
    log: Option<JoinHandle<String>>,
    client: reqwest::Client,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    pub(crate) fn start_with(arguments: &[&str]) -> Self {
        Self::start_in(Workplace::new(), arguments)
    }

    pub(crate) fn start_in(workplace: Workplace, arguments: &[&str]) -> Self {
        let mut command = workplace.command();
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--token", TOKEN])
            .args(arguments);
        Self::run(workplace, command)
    }

    pub(crate) fn run(workplace: Workplace, command: Command) -> Self {
        Self::run_listening(workplace, command).0
    }

    /// The server, and what it says besides its address until it has said all.
    pub(crate) fn run_listening(workplace: Workplace, mut command: Command) -> (Self, String) {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().expect("its output"));
        output.read_line(&mut line).expect("its first line");
        let Some(address) = line.trim().strip_prefix("Alforis listens on http://") else {
            let mut errors = String::new();
            let _ = child.kill();
            let _ = child.stderr.take().expect("its errors").read_to_string(&mut errors);
            panic!("the server did not start: {line}{errors}");
        };
        let address = address.to_owned();
        let mut errors = child.stderr.take().expect("its errors");
        let log = std::thread::spawn(move || {
            let mut log = Vec::new();
            let _ = errors.read_to_end(&mut log);
            String::from_utf8_lossy(&log).into_owned()
        });
        let mut said = String::new();
        // Told to whoever waits: the last line of what a server says at its start.
        while !said.contains("Ctrl-C stops") && output.read_line(&mut said).is_ok_and(|bytes| bytes > 0) {}
        let server = Self {
            workplace,
            address,
            child,
            log: Some(log),
            client: reqwest::Client::new(),
        };
        (server, said)
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn client(&self) -> &reqwest::Client {
        &self.client
    }

    /// A request to the API with the token.
    pub(crate) fn post(&self) -> reqwest::RequestBuilder {
        self.client.post(self.url("/graphql")).bearer_auth(TOKEN)
    }

    /// The whole answer to an operation.
    pub(crate) async fn answer(&self, query: &str, variables: Value) -> Value {
        let request = self.post().json(&json!({ "query": query, "variables": variables }));
        request.send().await.expect("an answer").json().await.expect("JSON")
    }

    /// The data of an operation that must succeed.
    pub(crate) async fn data(&self, query: &str) -> Value {
        self.data_with(query, json!({})).await
    }

    pub(crate) async fn data_with(&self, query: &str, variables: Value) -> Value {
        let mut answer = self.answer(query, variables).await;
        assert!(answer.get("errors").is_none(), "{query}: {answer:#}");
        answer["data"].take()
    }

    /// The code of the first error of an operation that must fail.
    pub(crate) async fn code(&self, query: &str) -> String {
        self.code_with(query, json!({})).await
    }

    pub(crate) async fn code_with(&self, query: &str, variables: Value) -> String {
        let answer = self.answer(query, variables).await;
        error_code(&answer)
    }

    /// What `/readyz` answers.
    pub(crate) async fn readiness(&self) -> (u16, Value) {
        let answer = self.client.get(self.url("/readyz")).send().await.expect("an answer");
        (answer.status().as_u16(), answer.json().await.expect("JSON"))
    }

    /// Position of the journal's end.
    pub(crate) async fn position(&self) -> u64 {
        let data = self.data("{ journal { position } }").await;
        data["journal"]["position"]
            .as_str()
            .and_then(|text| text.parse().ok())
            .expect("a position")
    }

    /// Asks the process to end and waits until it has; its exit code.
    pub(crate) fn terminate(&mut self) -> Option<i32> {
        let stop = Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status();
        assert!(stop.is_ok_and(|status| status.success()));
        let until = Instant::now() + Duration::from_secs(20);
        while Instant::now() < until {
            if let Ok(Some(status)) = self.child.try_wait() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("the server does not stop");
    }

    /// Kills the process without a word, and starts another one in the same place.
    pub(crate) fn restart_after_kill(mut self, arguments: &[&str]) -> Self {
        self.start_anew(arguments);
        self
    }

    /// The same for whoever holds the server in a place of its own.
    pub(crate) fn start_anew(&mut self, arguments: &[&str]) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let workplace = std::mem::take(&mut self.workplace);
        *self = Self::start_in(workplace, arguments);
    }

    /// The same, and the new one listens where the old one did: clients come back by themselves.
    pub(crate) fn restart_at_its_address(mut self) -> Self {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let workplace = std::mem::take(&mut self.workplace);
        let mut command = workplace.command();
        command.args(["serve", "--listen", &self.address, "--token", TOKEN]);
        Self::run(workplace, command)
    }

    /// Kills the process and returns what it has logged.
    pub(crate) fn log(mut self) -> String {
        let _ = self.child.kill();
        let log = self.log.take().expect("the log is read once");
        log.join().expect("the log is read to its end")
    }

    /// Memory that the process has resident, in mebibytes.
    pub(crate) fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("its status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kibibytes = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
        kibibytes.expect("a number") / 1024
    }

    pub(crate) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The code of the first error.
pub(crate) fn error_code(answer: &Value) -> String {
    let code = answer["errors"][0]["extensions"]["code"].as_str();
    code.unwrap_or_else(|| panic!("no error code in {answer:#}")).to_owned()
}
