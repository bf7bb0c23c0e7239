//! What the end of a task leads to when it is one of a series: the next one is made, once.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::NaiveDate;
use domain::{
    Decider, Event, Task, TaskCommand, TaskError, TaskEvent, TaskSeries, TaskSeriesCommand, TaskSeriesError,
    TaskSeriesEvent, TaskSeriesId,
    task::TaskState,
    task_series::{Next, TaskSeriesState},
};
use engine::{
    CommandBus, CommandError, Recorded, UnitOfWork,
    policy::{Policy, ReactionError, StartAt},
};
use futures::FutureExt;
use uuid::Uuid;

/// A finished task of a series is followed by the next one.
///
/// The series is read through its stream and expected as it was read; it counts, the task's id derives from its number,
/// and the command's id from the event. So whatever is delivered twice, and however often a task is reopened and done
/// again, each task of a series is made once.
pub(crate) struct TasksRecur;

#[async_trait]
impl Policy<Event> for TasksRecur {
    fn name(&self) -> &'static str {
        "tasks-recur"
    }

    fn start_at(&self) -> StartAt {
        StartAt::Beginning
    }

    fn categories(&self) -> Vec<Arc<str>> {
        vec![TaskState::TYPE.into(), TaskSeriesState::TYPE.into()]
    }

    async fn react(&self, event: &Recorded<Event>, bus: &CommandBus<Event>) -> Result<(), ReactionError> {
        match &event.event {
            Event::Task(TaskEvent::TaskCompleted {} | TaskEvent::TaskCancelled { .. }) => {
                self.make_next(event, bus).await
            }
            Event::TaskSeries(TaskSeriesEvent::TaskSeriesDateSkipped { date }) => self.free(*date, event, bus).await,
            _ => Ok(()),
        }
    }
}

impl TasksRecur {
    async fn make_next(&self, event: &Recorded<Event>, bus: &CommandBus<Event>) -> Result<(), ReactionError> {
        let finished = event.header.stream.id;
        let Some((task, _)) = bus.load::<Task>(finished).await? else {
            return Ok(());
        };
        // Somebody may have reopened it since: then it is not this time that it ends.
        let ended = task.status().is_some_and(|status| !status.is_open());
        let Some(occurrence) = task.occurrence().filter(|_| ended) else {
            return Ok(());
        };
        let Some((series, version)) = bus.load::<TaskSeries>(occurrence.series.0).await? else {
            return Ok(());
        };
        if series.is_ended() || series.latest().is_none_or(|latest| latest.0 != finished) {
            return Ok(());
        }
        let reaction = |step| bus.reaction(self.name(), &event.header, step).expecting(version);
        if let Some(next) = series.next(occurrence.series, event.header.occurred_at.into()) {
            return make(bus, &reaction("next"), occurrence.series, next).await;
        }
        bus.execute::<TaskSeries>(&reaction("exhaust"), occurrence.series.0, TaskSeriesCommand::Exhaust)
            .await?;
        Ok(())
    }

    /// The open task of a day that shall have none is cancelled.
    async fn free(
        &self,
        date: NaiveDate,
        event: &Recorded<Event>,
        bus: &CommandBus<Event>,
    ) -> Result<(), ReactionError> {
        let Some((series, _)) = bus.load::<TaskSeries>(event.header.stream.id).await? else {
            return Ok(());
        };
        let Some(task) = series.latest().filter(|_| series.scheduled() == Some(date)) else {
            return Ok(());
        };
        let context = bus.reaction(self.name(), &event.header, "free");
        bus.execute::<Task>(&context, task.0, TaskCommand::Cancel { reason: None })
            .await?;
        Ok(())
    }
}

/// The series' count and the task, in one append. The series comes first: it is what the context expects as it was read.
async fn make(
    bus: &CommandBus<Event>,
    context: &engine::CommandContext,
    series: TaskSeriesId,
    next: Next,
) -> Result<(), ReactionError> {
    let (id, number, scheduled): (Uuid, _, _) = (next.id.0, next.number, next.scheduled);
    let intent = (series, number, scheduled);
    bus.together(context, &intent, |unit: &mut UnitOfWork<'_, Event>| {
        let task = next.task.clone();
        let task_id = next.id;
        async move {
            let advance = TaskSeriesCommand::Advance {
                task: task_id,
                number,
                scheduled,
            };
            let words = |error: CommandError<TaskSeriesError>| error.map_refusal(|refusal| refusal.to_string());
            unit.run::<TaskSeries>(series.0, advance).await.map_err(words)?;
            let words = |error: CommandError<TaskError>| error.map_refusal(|refusal| refusal.to_string());
            unit.run::<Task>(id, TaskCommand::Create(task)).await.map_err(words)
        }
        .boxed()
    })
    .await?;
    Ok(())
}
