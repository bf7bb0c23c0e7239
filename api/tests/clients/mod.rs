//! Clients that others wrote: programs of `clients/`, run on Node by `scripts/graphql-client`.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    time::Duration,
};

use serde_json::Value;

mod audit;
mod following;

/// Long enough to install the packages, too.
const PATIENCE: Duration = Duration::from_mins(2);

/// A client that is running; ended when it is dropped.
pub(crate) struct Client {
    child: Child,
    lines: Receiver<Value>,
}

impl Client {
    pub(crate) fn run(name: &str, arguments: &[&str]) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/graphql-client");
        let mut child = Command::new(script)
            .arg(name)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a client starts");
        let output = BufReader::new(child.stdout.take().expect("its output"));
        let (said, lines) = channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let line = serde_json::from_str(&line).unwrap_or(Value::String(line));
                if said.send(line).is_err() {
                    break;
                }
            }
        });
        Self { child, lines }
    }

    /// What the client says next; nothing once it has ended.
    pub(crate) fn hear(&self) -> Option<Value> {
        match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => Some(line),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("the client says nothing"),
        }
    }

    /// Everything that the client says until it ends.
    pub(crate) fn hear_all(self) -> Vec<Value> {
        std::iter::from_fn(|| self.hear()).collect()
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
