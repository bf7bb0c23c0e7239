//! A process of its own that appends until it is killed.
//!
//! It is this test binary, started again with an environment variable that says what to do. What it appends follows
//! from a seed and a number, so whoever killed it can ask for each command again.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    time::Duration,
};

use bytes::Bytes;
use journal::{AppendBatch, AppendError, Appended, CommandKey, Expected, OpenOptions, Position, StreamId};
use uuid::Uuid;

use crate::{
    build::{BatchBuilder, command},
    random::Random,
};

const ROLE: &str = "ALFORIS_TEST_CHILD";
/// Appends that the child has in flight at once.
pub(crate) const IN_FLIGHT: u64 = 6;

/// The command of this number: sometimes without events, sometimes bound to be refused, over one to three of ten
/// streams, a few events or a few kilobytes.
pub(crate) fn batch(seed: u64, number: u64) -> AppendBatch {
    let mut random = Random::new(seed << 32 | number);
    let mut batch = command().issued_by("child");
    batch.command = CommandKey {
        id: Uuid::new_v5(&Uuid::from_u128(seed.into()), &number.to_be_bytes()),
        ..batch.command
    };
    let shape = random.below(10);
    let streams = if shape == 0 { 0 } else { 1 + shape % 3 };
    let first = random.below(10);
    for offset in 0..streams {
        let stream = StreamId::new("deal", Uuid::from_u128(u128::from((first + offset) % 10)));
        batch = batch.write(&stream, Expected::Any, 1 + random.below(4) as usize);
    }
    if shape == 9 {
        batch = batch.check(&StreamId::new("deal", Uuid::max()), Expected::Exists);
    }
    for event in batch.writes.iter_mut().flat_map(|write| &mut write.events) {
        let filler = "x".repeat(random.below(3_000) as usize);
        event.payload = Bytes::from(format!("{{\"Noted\":{{\"number\":{number},\"text\":\"{filler}\"}}}}"));
    }
    batch
}

pub(crate) fn event_count(batch: &AppendBatch) -> usize {
    batch.writes.iter().map(|write| write.events.len()).sum()
}

/// What the child said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said {
    Acked {
        number: u64,
        first: Option<Position>,
        last: Position,
    },
    Refused {
        number: u64,
        reason: String,
    },
    Failpoint,
}

/// A running child.
pub(crate) struct Appender {
    child: Child,
    said: mpsc::Receiver<Said>,
}

impl Appender {
    /// Starts appending at `from`; `prepare` may change the command line.
    pub(crate) fn start(url: &str, seed: u64, from: u64, prepare: impl FnOnce(Command) -> Command) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args([
            "--exact",
            "child::appends_until_killed",
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ]);
        let mut command = prepare(command);
        command.env(ROLE, format!("{seed} {from} {url}"));
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (tell, said) = mpsc::channel();
        let output = child.stdout.take().unwrap();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if let Some(said) = understand(&line) {
                    let _ = tell.send(said);
                }
            }
        });
        Self { child, said }
    }

    /// Waits for the next thing it says; `None` when it has ended.
    pub(crate) fn listen(&self) -> Option<Said> {
        match self.said.recv_timeout(Duration::from_secs(30)) {
            Ok(said) => Some(said),
            Err(mpsc::RecvTimeoutError::Disconnected) => None,
            Err(mpsc::RecvTimeoutError::Timeout) => panic!("the child says nothing"),
        }
    }

    /// Kill -9. Returns what it had said that was not listened to yet.
    pub(crate) fn kill(mut self) -> Vec<Said> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.said.iter().collect()
    }
}

impl Drop for Appender {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Lines of the test harness mean nothing, a line that the kill has cut neither.
fn understand(line: &str) -> Option<Said> {
    let mut words = line.split(' ');
    match words.next()? {
        "acked" => {
            let mut number = || words.next()?.parse::<u64>().ok();
            let (number, first, last) = (number()?, number()?, number()?);
            words.next().filter(|word| *word == "!")?;
            Some(Said::Acked {
                number,
                first: (first > 0).then_some(Position(first)),
                last: Position(last),
            })
        }
        "refused" => Some(Said::Refused {
            number: words.next()?.parse().ok()?,
            reason: words.collect::<Vec<_>>().join(" "),
        }),
        "failpoint" => Some(Said::Failpoint),
        _ => None,
    }
}

/// The other side. Not a test: it does nothing unless it was started as a child.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "runs as a child of other tests"]
async fn appends_until_killed() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let mut words = role.splitn(3, ' ');
    let mut number = || words.next().unwrap().parse::<u64>().unwrap();
    let (seed, from) = (number(), number());
    let options = OpenOptions {
        create: true,
        ..OpenOptions::default()
    };
    let journal = journal::open(words.next().unwrap(), options).await.unwrap();
    let next = Arc::new(AtomicU64::new(from));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..IN_FLIGHT {
        let (journal, next) = (journal.clone(), next.clone());
        tasks.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::SeqCst);
                say(number, journal.append(batch(seed, number)).await);
            }
        });
    }
    tasks.join_all().await;
}

fn say(number: u64, answer: Result<Appended, AppendError>) {
    match answer {
        // The mark at the end shows that the line is whole.
        Ok(Appended { first, last, .. }) => println!("acked {number} {} {last} !", first.unwrap_or_default()),
        Err(error) => println!("refused {number} {error:?}"),
    }
}
