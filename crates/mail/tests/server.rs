//! `scripts/smtp-server`, running.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    time::Duration,
};

use serde_json::Value;
use tempfile::TempDir;

/// Making the virtual environment takes a while, the first time.
const PATIENCE: Duration = Duration::from_mins(3);

pub(crate) struct SmtpServer {
    child: Child,
    /// Whatever it and what it starts leave behind goes with it.
    _folder: TempDir,
    lines: Receiver<String>,
    pub(crate) port: u16,
    /// The authority that signed its certificate.
    pub(crate) authority: Option<PathBuf>,
}

impl SmtpServer {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let mut child = Command::new(script())
            .args(arguments)
            .env("TMPDIR", folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 with venv is installed");
        let output = BufReader::new(child.stdout.take().expect("its output"));
        let (said, lines) = channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if said.send(line).is_err() {
                    break;
                }
            }
        });
        let mut server = Self {
            child,
            _folder: folder,
            lines,
            port: 0,
            authority: None,
        };
        while server.port == 0 {
            let line = server
                .lines
                .recv_timeout(PATIENCE)
                .expect("the server says where it is");
            match line.split_once(' ') {
                Some(("listening", port)) => server.port = port.parse().unwrap(),
                Some(("authority", file)) => server.authority = Some(PathBuf::from(file)),
                _ => panic!("{line}"),
            }
        }
        server
    }

    /// The letters that it has had since it was last asked.
    pub(crate) fn letters(&self) -> Vec<Letter> {
        self.lines.try_iter().map(|line| Letter::of(&line)).collect()
    }
}

/// From whichever crate's tests.
fn script() -> PathBuf {
    let folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let mut scripts = folders.map(|folder| folder.join("scripts/smtp-server"));
    scripts.find(|script| script.exists()).expect("scripts/smtp-server")
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Letter {
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    pub(crate) message: String,
}

impl Letter {
    fn of(line: &str) -> Self {
        let value: Value = serde_json::from_str(line).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self {
            from: text(&value["from"]),
            to: value["to"].as_array().unwrap().iter().map(text).collect(),
            message: text(&value["message"]),
        }
    }

    /// The text of a header.
    pub(crate) fn header(&self, name: &str) -> String {
        let begins = format!("{name}: ");
        let line = self.message.lines().find_map(|line| line.strip_prefix(&begins));
        line.unwrap_or_else(|| panic!("no {name}: {}", self.message))
            .trim()
            .to_owned()
    }
}
