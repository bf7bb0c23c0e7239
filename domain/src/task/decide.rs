use chrono::{DateTime, Utc};

use super::{
    command::{CreateTask, TaskCommand},
    error::TaskError,
    event::TaskEvent,
    state::{Created, Reminder, TaskState, TaskStatus},
};
use crate::{
    Decider,
    value::{self, LABEL_MAX, NAME_MAX},
};

type Decision = Result<Vec<TaskEvent>, TaskError>;

impl Decider for TaskState {
    const TYPE: &'static str = "task";

    type Command = TaskCommand;
    type Event = TaskEvent;
    type Error = TaskError;

    fn decide(&self, command: TaskCommand) -> Decision {
        if let TaskCommand::Create(task) = command {
            return self.create(&task);
        }
        let task = self.created.as_ref().ok_or(TaskError::NotCreated)?;
        match command {
            TaskCommand::Create(_) => Err(TaskError::AlreadyCreated),
            TaskCommand::Rename { title } => task.rename(&title),
            TaskCommand::Assign { assignee } => task.assign(assignee.as_deref()),
            TaskCommand::Reschedule { due, remind_at } => task.reschedule(due, remind_at),
            TaskCommand::Complete => task.complete(),
            TaskCommand::Cancel { reason } => task.cancel(reason.as_deref()),
            TaskCommand::Remind { due } => task.remind(due),
        }
    }

    fn evolve(&mut self, event: &TaskEvent) {
        self.apply(event);
    }
}

impl TaskState {
    fn create(&self, task: &CreateTask) -> Decision {
        if self.exists() {
            return Err(TaskError::AlreadyCreated);
        }
        let (due, remind_at) = times(task.due, task.remind_at)?;
        Ok(vec![TaskEvent::TaskCreated {
            title: value::line("title", &task.title, NAME_MAX)?,
            due,
            remind_at,
            assignee: value::optional_line("assignee", task.assignee.as_deref(), LABEL_MAX)?,
            organization: task.organization,
            deal: task.deal,
        }])
    }
}

impl Created {
    fn rename(&self, title: &str) -> Decision {
        self.must_be_open()?;
        let title = value::line("title", title, NAME_MAX)?;
        if title == self.title {
            return Ok(Vec::new());
        }
        Ok(vec![TaskEvent::TaskRenamed { title }])
    }

    fn assign(&self, assignee: Option<&str>) -> Decision {
        self.must_be_open()?;
        let assignee = value::optional_line("assignee", assignee, LABEL_MAX)?;
        if assignee == self.assignee {
            return Ok(Vec::new());
        }
        Ok(vec![TaskEvent::TaskAssigned { assignee }])
    }

    /// The same times again are no wish to be reminded twice, unless the reminder was given: then they arm it again.
    fn reschedule(&self, due: DateTime<Utc>, remind_at: Option<DateTime<Utc>>) -> Decision {
        self.must_be_open()?;
        let (due, remind_at) = times(due, remind_at)?;
        if self.due == due && self.reminder == remind_at.into() {
            return Ok(Vec::new());
        }
        Ok(vec![TaskEvent::TaskRescheduled { due, remind_at }])
    }

    /// What is done is done: asking again changes nothing.
    fn complete(&self) -> Decision {
        if self.status == TaskStatus::Completed {
            return Ok(Vec::new());
        }
        self.must_be_open()?;
        Ok(vec![TaskEvent::TaskCompleted {}])
    }

    fn cancel(&self, reason: Option<&str>) -> Decision {
        if self.status == TaskStatus::Cancelled {
            return Ok(Vec::new());
        }
        self.must_be_open()?;
        Ok(vec![TaskEvent::TaskCancelled {
            reason: value::optional_note("reason", reason)?,
        }])
    }

    /// Only the reminder that is armed now is given. The agenda may be late or repeat itself after a crash or a
    /// rebuild; it is the task that knows.
    fn remind(&self, due: DateTime<Utc>) -> Decision {
        self.must_be_open()?;
        match self.reminder {
            Reminder::Armed(time) if time == due => Ok(vec![TaskEvent::TaskReminded { due }]),
            Reminder::Given(time) if time == due => Err(TaskError::AlreadyDone),
            Reminder::Armed(_) | Reminder::Given(_) | Reminder::Unset => Err(TaskError::Superseded),
        }
    }

    fn must_be_open(&self) -> Result<(), TaskError> {
        match self.status {
            TaskStatus::Open => Ok(()),
            status => Err(TaskError::Finished { status }),
        }
    }
}

fn times(
    due: DateTime<Utc>,
    remind_at: Option<DateTime<Utc>>,
) -> Result<(DateTime<Utc>, Option<DateTime<Utc>>), TaskError> {
    let due = value::moment("due", due)?;
    let remind_at = remind_at.map(|time| value::moment("remindAt", time)).transpose()?;
    if remind_at.is_some_and(|time| time > due) {
        return Err(TaskError::ReminderAfterDue);
    }
    Ok((due, remind_at))
}
