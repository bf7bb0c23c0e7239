//! How quickly the scheduler finds what is due among a million obligations.

use std::{sync::Arc, time::Instant};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use domain::{Event, TaskEvent, task::Priority};
use engine::{
    Codec, CommandBus, CommandContext, ManualClock, Obligation, Obligations, PolicyRunner, ReactionError, Scheduler,
    ids::RandomIds,
};
use journal::{AppendBatch, Expected, Journal, StreamId, StreamWrite, Timestamp};
use uuid::Uuid;

use super::{
    load::Times,
    report::Report,
    views::Worker,
    workload::{batch_to, recorded},
};

/// Obligations that are due.
const DUE: usize = 300;
/// For how many days ahead the others are.
const DAYS_AHEAD: i64 = 730;
/// Tasks of one append.
const AT_ONCE: usize = 1_000;
/// How often the agenda is looked at.
const LOOKS: usize = 200;

/// Fills the agenda with so many reminders of tasks, and looks for those that are due. `part` names the figures.
pub(super) async fn measure(
    part: &str,
    (journal, codec): (Arc<dyn Journal>, Arc<Codec<Event>>),
    views_url: &str,
    obligations: usize,
    report: &mut Report,
) -> anyhow::Result<()> {
    let now = Utc::now();
    let numbers: Vec<usize> = (0..obligations).collect();
    for tasks in numbers.chunks(AT_ONCE) {
        journal.append(reminders(tasks, obligations, now)).await?;
    }
    let worker = Worker::start(&journal, &codec, views_url, vec![Arc::new(projections::agenda::Agenda)]).await?;
    worker.wait_for(journal.head().await?.position).await?;
    let clock = Arc::new(ManualClock::new(now));
    let bus = CommandBus::open(journal, codec, clock, Arc::new(RandomIds)).await?;
    let policies = PolicyRunner::new(bus.clone(), Vec::new());
    let scheduler = Scheduler::new(bus, worker.views(), Arc::new(Nothing), policies, Vec::new());
    let mut times = Vec::with_capacity(LOOKS);
    for _ in 0..LOOKS {
        let begun = Instant::now();
        let next = scheduler.fulfil_due().await?;
        times.push(begun.elapsed());
        anyhow::ensure!(next.is_some_and(|next| next > now), "the next one is {next:?}");
    }
    worker.stop().await?;
    let times = Times::of(times);
    let detail = format!(
        "{} due and the next one found among {obligations} obligations",
        due(obligations)
    );
    for (name, percent) in [("p50", 0.5), ("p95", 0.95)] {
        let name = format!("{part}.agenda.{name}");
        report.add(name, times.percentile(percent), "ms", detail.as_str());
    }
    Ok(())
}

fn due(obligations: usize) -> usize {
    DUE.min(obligations / 2)
}

/// One task each: the first ones are to be reminded of by now, the others in the course of the days ahead.
fn reminders(tasks: &[usize], all: usize, now: DateTime<Utc>) -> AppendBatch {
    let writes = tasks.iter().map(|number| {
        let remind_at = if *number < due(all) {
            now - TimeDelta::minutes(*number as i64)
        } else {
            now + TimeDelta::minutes(1 + DAYS_AHEAD * 24 * 60 * *number as i64 / all as i64)
        };
        StreamWrite {
            stream: StreamId::new("task", Uuid::now_v7()),
            expected: Expected::Any,
            events: vec![recorded(&task(*number, remind_at).into(), Timestamp::from(now))],
        }
    });
    AppendBatch {
        writes: writes.collect(),
        ..batch_to(StreamId::new("task", Uuid::nil()), Vec::new())
    }
}

fn task(number: usize, remind_at: DateTime<Utc>) -> TaskEvent {
    TaskEvent::TaskCreated {
        title: format!("Rappeler le client {number}"),
        description: None,
        priority: Priority::Normal,
        due: None,
        remind_at: Some(remind_at),
        reminders: None,
        assignees: Vec::new(),
        assignee_name: None,
        watchers: Vec::new(),
        links: Vec::new(),
        occurrence: None,
    }
}

/// Leaves every obligation where it is: what is measured is how it is found.
struct Nothing;

#[async_trait]
impl Obligations<Event> for Nothing {
    async fn fulfil(&self, _: &Obligation, _: CommandContext, _: &CommandBus<Event>) -> Result<(), ReactionError> {
        Ok(())
    }
}
