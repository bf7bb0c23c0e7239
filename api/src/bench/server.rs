//! A server process of this same program, over a journal that a benchmark filled.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use serde_json::{Value, json};

pub(super) const TOKEN: &str = "bench";
/// Longer than any of the measurements takes.
const PATIENCE: Duration = Duration::from_mins(10);
const PAUSE: Duration = Duration::from_millis(50);

/// Stopped when dropped.
pub(super) struct Server {
    process: Child,
    address: String,
}

impl Server {
    /// Runs it; returns once it listens.
    pub(super) fn start(directory: &Path, journal: &str, views: &str) -> anyhow::Result<Self> {
        Self::start_with(directory, journal, views, &[])
    }

    /// The same, with more arguments.
    pub(super) fn start_with(directory: &Path, journal: &str, views: &str, arguments: &[&str]) -> anyhow::Result<Self> {
        let keys: PathBuf = directory.join("keys");
        std::fs::create_dir_all(&keys)?;
        let mut process = Command::new(std::env::current_exe()?)
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--token",
                TOKEN,
                "--journal",
                journal,
            ])
            .args(["--rate-limit", "none", "--views", views, "--keys"])
            .arg(keys)
            .args(arguments)
            .arg("--search")
            .arg(directory.join("search"))
            .arg("--blobs")
            .arg(directory.join("blobs"))
            .arg("--mail")
            .arg(format!("outbox:{}", directory.join("outbox").display()))
            .env("ALFORIS_MASTER_KEY", "07".repeat(32))
            .stdout(Stdio::piped())
            .spawn()?;
        let output = process.stdout.take().context("the server has no output")?;
        let mut lines = BufReader::new(output).lines();
        let address = loop {
            let Some(line) = lines.next().transpose()? else {
                bail!("the server ended before it listened")
            };
            if let Some((_, rest)) = line.split_once("http://") {
                break rest.split(['/', ' ']).next().unwrap_or_default().to_owned();
            }
        };
        // The server would block on a pipe that nobody empties.
        std::thread::spawn(move || lines.for_each(drop));
        Ok(Self { process, address })
    }

    /// Where it listens: host and port.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    pub(super) fn wait_until_current(&self) -> anyhow::Result<()> {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            // While the first views are being built, deals cannot be asked for.
            let answer = self.query("{ deals(first: 1) { totalCount } projections { lagEvents } }");
            let projections = answer.ok().and_then(|data| data["projections"].as_array().cloned());
            let current = |projection: &Value| projection["lagEvents"] == "0";
            if projections.is_some_and(|all| !all.is_empty() && all.iter().all(current)) {
                return Ok(());
            }
            std::thread::sleep(PAUSE);
        }
        bail!("the views did not become current")
    }

    /// How long it takes until a query is answered with data.
    pub(super) fn until_answered(&self, query: &str) -> anyhow::Result<Duration> {
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            if self.query(query).is_ok() {
                return Ok(started.elapsed());
            }
            std::thread::sleep(PAUSE);
        }
        bail!("`{query}` was not answered")
    }

    /// The data of an answer without errors.
    pub(super) fn query(&self, query: &str) -> anyhow::Result<Value> {
        let body = json!({ "query": query }).to_string();
        let mut stream = TcpStream::connect(&self.address)?;
        write!(
            stream,
            "POST /graphql HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {TOKEN}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.address,
            body.len()
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (_, content) = answer.split_once("\r\n\r\n").context("no answer")?;
        let document = content.find('{').zip(content.rfind('}')).context("no document")?;
        let document: Value = serde_json::from_str(&content[document.0..=document.1])?;
        if !document["errors"].is_null() {
            bail!("{}", document["errors"]);
        }
        Ok(document["data"].clone())
    }

    pub(super) fn resident_megabytes(&self) -> anyhow::Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .context("no VmRSS")?;
        let kilobytes: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kilobytes / 1_024.0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
