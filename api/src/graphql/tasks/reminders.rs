//! Dates, zones and reminders as clients give them: whose clock counts when they say nothing.

use async_graphql::{Context, InputObject, MaybeUndefined};
use chrono::NaiveTime;
use chrono_tz::Tz;
use domain::{
    Change, InvalidValue, User, UserId, local,
    task::{Due, ReminderPlan},
    value::Problem,
};

use crate::graphql::{
    errors::ApiResult,
    scalars::{Date, Moment},
    session::Session,
};

/// On which days around the due one to be reminded, and when.
#[derive(Debug, Clone, Default, InputObject)]
pub struct ReminderPlanInput {
    /// Counted from the day it is due; the day before, the day itself and the day after unless you say otherwise.
    pub days: Option<Vec<i32>>,
    /// `HH:MM`; 09:00 unless you say otherwise.
    pub time: Option<String>,
    /// Of the IANA database; the first assignee's unless you say otherwise.
    pub time_zone: Option<String>,
}

impl ReminderPlanInput {
    pub(super) fn checked(&self, zone: Tz) -> Result<ReminderPlan, InvalidValue> {
        let mut plan = ReminderPlan::usual(zone);
        if let Some(days) = &self.days {
            let range = Problem::OutOfRange { min: -30, max: 30 };
            let day = |day: &i32| i8::try_from(*day).map_err(|_| InvalidValue::new("reminderDays", range.clone()));
            plan.days = days.iter().map(day).collect::<Result<_, _>>()?;
        }
        if let Some(time) = &self.time {
            plan.time = NaiveTime::parse_from_str(time, "%H:%M")
                .map_err(|_| InvalidValue::new("reminderTime", Problem::NotATime))?;
        }
        if let Some(name) = &self.time_zone {
            plan.time_zone = local::zone("reminderTimeZone", name)?;
        }
        Ok(plan)
    }
}

/// What a client says of the plan: nothing, none, or this one.
pub(super) fn change(
    input: &MaybeUndefined<ReminderPlanInput>,
    zone: Tz,
) -> Result<Change<ReminderPlan>, InvalidValue> {
    Ok(match input {
        MaybeUndefined::Undefined => Change::Keep,
        MaybeUndefined::Null => Change::Clear,
        MaybeUndefined::Value(plan) => Change::Set(plan.checked(zone)?),
    })
}

/// When something is due: a day, an instant, or nothing.
pub(super) fn due(
    date: Option<Date>,
    at: Option<Moment>,
    time_zone: Option<&str>,
    zone: Tz,
) -> Result<Option<Due>, InvalidValue> {
    let time_zone = time_zone.map_or(Ok(zone), |name| local::zone("timeZone", name))?;
    match (date, at) {
        (Some(_), Some(_)) => Err(InvalidValue::new("dueDate", Problem::OneOfTwo { other: "dueAt" })),
        (Some(Date(date)), None) => Ok(Some(Due::Date(date))),
        (None, Some(Moment(at))) => Ok(Some(Due::Moment { at, time_zone })),
        (None, None) => Ok(None),
    }
}

/// The zone of a user; `None` when there is no such user.
pub(super) async fn zone_of(ctx: &Context<'_>, UserId(user): UserId) -> ApiResult<Option<Tz>> {
    let user = ctx.application()?.bus.load::<User>(user).await?;
    Ok(user.and_then(|(user, _)| user.time_zone()))
}

/// The zone of whoever asks.
pub(super) async fn viewer_zone(ctx: &Context<'_>) -> ApiResult<Tz> {
    let zone = match ctx.viewer()?.user() {
        Some(user) => zone_of(ctx, user).await?,
        None => None,
    };
    Ok(zone.unwrap_or(local::DEFAULT_ZONE))
}

/// The zone of the first who has a task, else of whoever asks.
pub(super) async fn zone_for(ctx: &Context<'_>, assignees: &[UserId]) -> ApiResult<Tz> {
    let first = match assignees.first() {
        Some(user) => zone_of(ctx, *user).await?,
        None => None,
    };
    match first {
        Some(zone) => Ok(zone),
        None => viewer_zone(ctx).await,
    }
}
