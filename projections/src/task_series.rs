//! Series of tasks, one row each.

use domain::{
    Event, TaskId, TaskSeriesEvent,
    task_series::{Pattern, Template},
};
use engine::{Needs, Projection, ProjectionError, Recorded, Rows, TableSpec};
use journal::EventHeader;
use sea_orm::entity::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "task_series")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub title: String,
    /// As in RFC 5545.
    pub rule: String,
    /// `DUE_DATE` or `COMPLETION`.
    pub anchor: String,
    /// `KEEP` or `SKIP`.
    pub missed: String,
    /// The whole pattern and the template of the tasks, as JSON as in the events.
    pub pattern: String,
    pub template: String,
    /// Days left out, `YYYY-MM-DD`, separated by commas, in order.
    pub exceptions: String,
    /// The task made last, its number and its scheduled day.
    pub task_id: Uuid,
    pub number: i32,
    pub scheduled_date: String,
    /// Which task was the first of the pattern.
    pub since: i32,
    pub ended: bool,
    pub started_at: i64,
    pub ended_at: Option<i64>,
    pub updated_at: i64,
    /// Of the series' stream.
    pub version: i64,
    /// Of the last event of the series.
    pub position: i64,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Fills the table.
pub struct TaskSeries;

impl Projection<Event> for TaskSeries {
    fn name(&self) -> &'static str {
        "task-series"
    }

    fn version(&self) -> u32 {
        1
    }

    fn tables(&self) -> Vec<TableSpec> {
        vec![TableSpec::of::<Entity>().index_on([Column::Ended, Column::Id])]
    }

    fn partition(&self, event: &Recorded<Event>) -> Option<String> {
        Some(crate::own_stream(event))
    }

    fn needs(&self, event: &Recorded<Event>, needs: &mut Needs) {
        match &event.event {
            Event::TaskSeries(TaskSeriesEvent::TaskSeriesStarted { .. }) => {}
            Event::TaskSeries(_) => needs.row::<Entity>(event.header.stream.id),
            _ => {}
        }
    }

    fn apply(&self, event: &Recorded<Event>, rows: &mut Rows) -> Result<(), ProjectionError> {
        let (Event::TaskSeries(series), header) = (&event.event, &event.header) else {
            return Ok(());
        };
        if let TaskSeriesEvent::TaskSeriesStarted {
            task,
            pattern,
            template,
            exceptions,
        } = series
        {
            let mut row = Model::blank(header, *task, pattern);
            row.shape(pattern, template)?;
            let days = exceptions.iter().map(ToString::to_string).collect::<Vec<_>>();
            row.exceptions = days.join(",");
            row.seen(header);
            rows.put(row);
            return Ok(());
        }
        let mut row = rows.require::<Entity>(header.stream.id)?.clone();
        row.take(header, series)?;
        rows.put(row);
        Ok(())
    }
}

impl Model {
    fn blank(header: &EventHeader, TaskId(task_id): TaskId, pattern: &Pattern) -> Self {
        Self {
            id: header.stream.id,
            title: String::new(),
            rule: String::new(),
            anchor: String::new(),
            missed: String::new(),
            pattern: String::new(),
            template: String::new(),
            exceptions: String::new(),
            task_id,
            number: 1,
            scheduled_date: pattern.first.date().to_string(),
            since: 1,
            ended: false,
            started_at: header.occurred_at.0,
            ended_at: None,
            updated_at: header.occurred_at.0,
            version: 0,
            position: 0,
        }
    }

    fn take(&mut self, header: &EventHeader, event: &TaskSeriesEvent) -> Result<(), ProjectionError> {
        match event {
            TaskSeriesEvent::TaskSeriesStarted { .. } => {}
            TaskSeriesEvent::TaskSeriesChanged { pattern, template } => {
                let before: Pattern = serde_json::from_str(&self.pattern).map_err(ProjectionError::other)?;
                if before.rule != pattern.rule || before.first != pattern.first {
                    self.since = self.number;
                }
                self.shape(pattern, template)?;
            }
            TaskSeriesEvent::TaskSeriesDateSkipped { date } => {
                let mut days: Vec<String> = self.exceptions.split(',').map(str::to_owned).collect();
                days.retain(|day| !day.is_empty());
                days.push(date.to_string());
                days.sort();
                self.exceptions = days.join(",");
            }
            TaskSeriesEvent::TaskSeriesAdvanced {
                task: TaskId(task),
                number,
                scheduled,
            } => {
                self.task_id = *task;
                self.number = i32::try_from(*number).map_err(ProjectionError::other)?;
                self.scheduled_date = scheduled.to_string();
            }
            TaskSeriesEvent::TaskSeriesEnded { .. } => {
                self.ended = true;
                self.ended_at = Some(header.occurred_at.0);
            }
        }
        self.seen(header);
        Ok(())
    }

    fn shape(&mut self, pattern: &Pattern, template: &Template) -> Result<(), ProjectionError> {
        self.title.clone_from(&template.details.title);
        self.rule = pattern.rule.to_string();
        pattern.anchor.as_str().clone_into(&mut self.anchor);
        pattern.missed.as_str().clone_into(&mut self.missed);
        self.pattern = serde_json::to_string(pattern).map_err(ProjectionError::other)?;
        self.template = serde_json::to_string(template).map_err(ProjectionError::other)?;
        Ok(())
    }

    fn seen(&mut self, header: &EventHeader) {
        self.updated_at = header.occurred_at.0;
        self.version = header.version.0 as i64;
        self.position = header.position.0 as i64;
    }
}
