use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::{
    command::{CreateTask, TaskCommand},
    details::{LINKS_MAX, Link, PEOPLE_MAX, Priority, each_once},
    due::Due,
    error::TaskError,
    event::TaskEvent,
    reminders::{ReminderPlan, Reminders},
    state::{Created, Occurrence, Reminder, TaskState, TaskStatus},
};
use crate::{
    Change, Decider, InvalidValue, Rank, UserId, local,
    value::{self, LABEL_MAX, NAME_MAX, Problem},
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
            TaskCommand::Describe { description } => task.describe(description.as_deref()),
            TaskCommand::Prioritize { priority } => task.prioritize(priority),
            TaskCommand::Assign {
                assignees,
                assignee_name,
                reminders,
                time_zone,
            } => task.assign(&assignees, assignee_name.as_deref(), reminders, time_zone),
            TaskCommand::Watch { user } => task.watch(user),
            TaskCommand::Unwatch { user } => task.unwatch(user),
            TaskCommand::Link { link } => task.link(link),
            TaskCommand::Unlink { link } => task.unlink(link),
            TaskCommand::Reschedule {
                due,
                remind_at,
                reminders,
            } => task.reschedule(due, remind_at, reminders),
            TaskCommand::AttachFile(file) => Ok(vec![TaskEvent::TaskFileAttached(task.files.attach(file)?)]),
            TaskCommand::DetachFile { file } => {
                let still = task.files.detach(file)?;
                Ok(unless(!still, TaskEvent::TaskFileDetached { file }))
            }
            TaskCommand::Rank { rank } => task.rank(rank),
            TaskCommand::Recur { occurrence } => task.recur(occurrence),
            TaskCommand::Start => task.start(),
            TaskCommand::PutBack => task.put_back(),
            TaskCommand::Complete => task.complete(),
            TaskCommand::Cancel { reason } => task.cancel(reason.as_deref()),
            TaskCommand::Reopen => task.reopen(),
            TaskCommand::Remind { due, day: None } => task.remind(due),
            TaskCommand::Remind { due, day: Some(day) } => task.remind_of_day(due, day),
            TaskCommand::LetLapse { due, day } => task.let_lapse(due, day),
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
        let details = task.details.checked()?;
        let plan = task.reminders.as_ref().map(ReminderPlan::checked).transpose()?;
        let (due, remind_at) = times(task.due, task.remind_at)?;
        Ok(vec![TaskEvent::TaskCreated {
            title: details.title,
            description: details.description,
            priority: details.priority,
            due,
            remind_at,
            reminders: plan.map(|plan| plan.set_for(due, &BTreeSet::new())),
            assignees: details.assignees,
            assignee_name: details.assignee_name,
            watchers: details.watchers,
            links: details.links,
            occurrence: task.occurrence,
        }])
    }
}

impl Created {
    fn rename(&self, title: &str) -> Decision {
        self.must_be_open()?;
        let title = value::line("title", title, NAME_MAX)?;
        Ok(unless(title == self.details.title, TaskEvent::TaskRenamed { title }))
    }

    fn describe(&self, description: Option<&str>) -> Decision {
        self.must_be_open()?;
        let description = value::optional_note("description", description)?;
        let same = description == self.details.description;
        Ok(unless(same, TaskEvent::TaskDescribed { description }))
    }

    fn prioritize(&self, priority: Priority) -> Decision {
        self.must_be_open()?;
        let same = priority == self.details.priority;
        Ok(unless(same, TaskEvent::TaskPrioritized { priority }))
    }

    /// Nobody who gets a task is spared a reminder because somebody else had it: new assignees arm them all.
    fn assign(
        &self,
        assignees: &[UserId],
        name: Option<&str>,
        reminders: Change<ReminderPlan>,
        time_zone: Option<Tz>,
    ) -> Decision {
        self.must_be_open()?;
        let assignees = each_once("assignees", assignees, PEOPLE_MAX)?;
        let assignee_name = value::optional_line("assigneeName", name, LABEL_MAX)?;
        let same_people = assignees == self.details.assignees;
        let kept = reminders == Change::Keep;
        let mut plan = self.plan(reminders)?;
        if let (true, Some(plan), Some(zone)) = (kept, &mut plan, time_zone) {
            plan.time_zone = zone;
        }
        if same_people && assignee_name == self.details.assignee_name && plan.as_ref() == self.own_plan() {
            return Ok(Vec::new());
        }
        let reminders = plan.map(|plan| self.armed_anew(&plan, self.due, same_people));
        Ok(vec![TaskEvent::TaskAssigned {
            assignees,
            assignee_name,
            reminders,
        }])
    }

    fn watch(&self, user: UserId) -> Decision {
        let watchers = &self.details.watchers;
        if watchers.contains(&user) {
            return Ok(Vec::new());
        }
        room("watchers", watchers.len(), PEOPLE_MAX)?;
        Ok(vec![TaskEvent::TaskWatched { user }])
    }

    fn unwatch(&self, user: UserId) -> Decision {
        let watches = self.details.watchers.contains(&user);
        Ok(unless(!watches, TaskEvent::TaskUnwatched { user }))
    }

    fn link(&self, link: Link) -> Decision {
        let links = &self.details.links;
        if links.contains(&link) {
            return Ok(Vec::new());
        }
        room("links", links.len(), LINKS_MAX)?;
        Ok(vec![TaskEvent::TaskLinked { link }])
    }

    fn unlink(&self, link: Link) -> Decision {
        let known = self.details.links.contains(&link);
        Ok(unless(!known, TaskEvent::TaskUnlinked { link }))
    }

    /// The same times again are no wish to be reminded twice, unless one's own reminder was given: then they arm it
    /// again. Reminders of the plan are armed again by another date only.
    fn reschedule(
        &self,
        due: Option<Due>,
        remind_at: Option<DateTime<Utc>>,
        reminders: Change<ReminderPlan>,
    ) -> Decision {
        self.must_be_open()?;
        let (due, remind_at) = times(due, remind_at)?;
        let plan = self.plan(reminders)?;
        let same_due = self.due == due;
        if same_due && self.reminder == remind_at.into() && plan.as_ref() == self.own_plan() {
            return Ok(Vec::new());
        }
        let reminders = plan.map(|plan| self.armed_anew(&plan, due, same_due));
        Ok(vec![TaskEvent::TaskRescheduled {
            due,
            remind_at,
            reminders,
        }])
    }

    /// Cards are put in order in every column, also among those that are done.
    fn rank(&self, rank: Rank) -> Decision {
        let same = self.rank.as_ref() == Some(&rank);
        Ok(unless(same, TaskEvent::TaskRanked { rank }))
    }

    fn recur(&self, occurrence: Occurrence) -> Decision {
        self.must_be_open()?;
        match self.occurrence {
            Some(known) if known == occurrence => Ok(Vec::new()),
            Some(_) => Err(TaskError::AlreadyRecurring),
            None => Ok(vec![TaskEvent::TaskRecurred { occurrence }]),
        }
    }

    fn start(&self) -> Decision {
        self.must_be_open()?;
        Ok(unless(self.status == TaskStatus::InProgress, TaskEvent::TaskStarted {}))
    }

    fn put_back(&self) -> Decision {
        self.must_be_open()?;
        Ok(unless(self.status == TaskStatus::Todo, TaskEvent::TaskPutBack {}))
    }

    /// What is done is done: asking again changes nothing.
    fn complete(&self) -> Decision {
        if self.status == TaskStatus::Done {
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

    fn reopen(&self) -> Decision {
        if self.status.is_open() {
            return Ok(Vec::new());
        }
        Ok(vec![TaskEvent::TaskReopened {
            remind_at: self.reminder.armed(),
            reminders: self.own_plan().map(|plan| self.armed_anew(plan, self.due, true)),
        }])
    }

    /// Only the reminder that is armed now is given. The agenda may be late or repeat itself after a crash or a
    /// rebuild; it is the task that knows.
    fn remind(&self, due: DateTime<Utc>) -> Decision {
        self.must_be_open()?;
        match self.reminder {
            Reminder::Armed(time) if time == due => Ok(vec![TaskEvent::TaskReminded {
                due,
                day: None,
                to: self.details.assignees.clone(),
            }]),
            Reminder::Given(time) if time == due => Err(TaskError::AlreadyDone),
            Reminder::Armed(_) | Reminder::Given(_) | Reminder::Unset => Err(TaskError::Superseded),
        }
    }

    fn remind_of_day(&self, due: DateTime<Utc>, day: i8) -> Decision {
        self.must_be_armed(due, day)?;
        let to = self.details.assignees.clone();
        Ok(vec![TaskEvent::TaskReminded {
            due,
            day: Some(day),
            to,
        }])
    }

    fn let_lapse(&self, due: DateTime<Utc>, day: i8) -> Decision {
        self.must_be_armed(due, day)?;
        Ok(vec![TaskEvent::TaskReminderLapsed { due, day }])
    }

    fn must_be_armed(&self, due: DateTime<Utc>, day: i8) -> Result<(), TaskError> {
        self.must_be_open()?;
        if self.settled.contains(&day) {
            return Err(TaskError::AlreadyDone);
        }
        let set = self.reminders.as_ref().and_then(|reminders| reminders.of_day(day));
        match set {
            Some(reminder) if reminder.at == due => Ok(()),
            _ => Err(TaskError::Superseded),
        }
    }

    fn own_plan(&self) -> Option<&ReminderPlan> {
        self.reminders.as_ref().map(|reminders| &reminders.plan)
    }

    fn plan(&self, change: Change<ReminderPlan>) -> Result<Option<ReminderPlan>, InvalidValue> {
        match change {
            Change::Keep => Ok(self.own_plan().cloned()),
            Change::Clear => Ok(None),
            Change::Set(plan) => plan.checked().map(Some),
        }
    }

    /// The plan's reminders; without those that were given, where nothing has changed that makes them new.
    fn armed_anew(&self, plan: &ReminderPlan, due: Option<Due>, nothing_new: bool) -> Reminders {
        let none = BTreeSet::new();
        plan.set_for(due, if nothing_new { &self.settled } else { &none })
    }

    fn must_be_open(&self) -> Result<(), TaskError> {
        if self.status.is_open() {
            Ok(())
        } else {
            Err(TaskError::Finished { status: self.status })
        }
    }
}

fn unless(fulfilled: bool, event: TaskEvent) -> Vec<TaskEvent> {
    if fulfilled { Vec::new() } else { vec![event] }
}

fn room(field: &'static str, taken: usize, max: usize) -> Result<(), InvalidValue> {
    if taken < max {
        Ok(())
    } else {
        Err(InvalidValue::new(field, Problem::TooMany { max, found: taken + 1 }))
    }
}

type Times = (Option<Due>, Option<DateTime<Utc>>);

fn times(due: Option<Due>, remind_at: Option<DateTime<Utc>>) -> Result<Times, TaskError> {
    let due = due.map(|due| due.checked("due")).transpose()?;
    let remind_at = remind_at.map(|time| value::moment("remindAt", time)).transpose()?;
    let too_late = |due: Due| remind_at.is_some_and(|time| time > due.passed_at(local::DEFAULT_ZONE));
    if due.is_some_and(too_late) {
        return Err(TaskError::ReminderAfterDue);
    }
    Ok((due, remind_at))
}
