//! A real server on a large journal: how it starts, what it holds in memory, how it travels in time, and how long the
//! journal takes to verify.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};

use super::{open, report::Report, sqlite_url};

const TOKEN: &str = "bench";
/// Longer than any of the measurements takes.
const PATIENCE: Duration = Duration::from_mins(10);
const PAUSE: Duration = Duration::from_millis(50);

/// Measures on the journal `deals-10` that was filled before.
pub(super) async fn measure(directory: &Path, events: usize, report: &mut Report) -> anyhow::Result<()> {
    let url = sqlite_url(directory, "deals-10");
    let journal = open(&url).await?;
    let started = Instant::now();
    journal::verify::verify(journal.as_ref(), None, &|_, _| {}).await?;
    let detail = format!("{events} events: every hash, position and version again");
    report.add("sqlite.verify", started.elapsed().as_secs_f64(), "s", detail);
    drop(journal);

    let place = directory.to_owned();
    let figures = tokio::task::spawn_blocking(move || serve_and_measure(&place, &url)).await??;
    for (name, value, unit, detail) in figures {
        report.add(name, value, unit, detail);
    }
    Ok(())
}

type Figure = (&'static str, f64, &'static str, &'static str);

fn serve_and_measure(directory: &Path, journal: &str) -> anyhow::Result<Vec<Figure>> {
    // The first start builds the views; what counts is the start of a server whose views are current.
    Server::start(directory, journal)?.wait_until_current()?;
    let started = Instant::now();
    let server = Server::start(directory, journal)?;
    server.wait_until_current()?;
    let start = started.elapsed();
    server.query("{ deals(first: 50) { totalCount nodes { title } } }")?;
    let memory = server.resident_megabytes()?;

    let moment = (Utc::now() - TimeDelta::days(365)).to_rfc3339();
    let year_ago =
        format!(r#"{{ deals(first: 50, asOf: {{moment: "{moment}", basis: EFFECTIVE}}) {{ totalCount }} }}"#);
    let first = server.until_answered(&year_ago)?;
    let again = server.until_answered(&year_ago)?;
    let memory_after = server.resident_megabytes()?;
    Ok(vec![
        (
            "sqlite.start",
            start.as_secs_f64(),
            "s",
            "from exec to an answer with current views",
        ),
        ("sqlite.memory", memory, "MB", "resident, after a first query"),
        (
            "sqlite.as-of.first",
            first.as_secs_f64(),
            "s",
            "deals a year ago, first time",
        ),
        (
            "sqlite.as-of.again",
            again.as_secs_f64() * 1_000.0,
            "ms",
            "the same again",
        ),
        (
            "sqlite.memory.as-of",
            memory_after,
            "MB",
            "resident, after building the views of a year ago",
        ),
    ])
}

/// A server process of this same program, stopped when dropped.
struct Server {
    process: Child,
    address: String,
}

impl Server {
    fn start(directory: &Path, journal: &str) -> anyhow::Result<Self> {
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
            .args(["--views", &sqlite_url(directory, "served"), "--keys"])
            .arg(keys)
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

    fn wait_until_current(&self) -> anyhow::Result<()> {
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
    fn until_answered(&self, query: &str) -> anyhow::Result<Duration> {
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
    fn query(&self, query: &str) -> anyhow::Result<Value> {
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

    fn resident_megabytes(&self) -> anyhow::Result<f64> {
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
