//! Points of a record's past, as people write them.

use std::str::FromStr;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use journal::{Position, Version};

use super::Point;

/// A point and how it was written.
#[derive(Debug, Clone)]
pub(super) struct Named {
    pub(super) text: String,
    pub(super) point: Point,
}

/// Two points.
#[derive(Debug, Clone)]
pub(super) struct Span {
    pub(super) from: Named,
    pub(super) to: Named,
}

impl FromStr for Named {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let point = point(text).ok_or_else(|| {
            format!("`{text}` is no point: give a day, a moment (RFC 3339), a position, `v` and a version, or `now`")
        })?;
        let text = text.to_owned();
        Ok(Self { text, point })
    }
}

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (from, to) = text
            .split_once("..")
            .ok_or_else(|| format!("`{text}` names no two points: write FROM..TO"))?;
        let to = if to.is_empty() { "now" } else { to };
        Ok(Self {
            from: from.parse()?,
            to: to.parse()?,
        })
    }
}

/// A day means its end, UTC: what happened on it counts.
fn point(text: &str) -> Option<Point> {
    if text == "now" {
        return Some(Point::Now);
    }
    if let Some(version) = text.strip_prefix('v') {
        return version.parse().ok().map(|version| Point::Version(Version(version)));
    }
    if let Ok(position) = text.parse() {
        return Some(Point::Position(Position(position)));
    }
    if let Ok(day) = text.parse::<NaiveDate>() {
        let end = day.succ_opt()?.and_time(NaiveTime::MIN).and_utc() - chrono::TimeDelta::microseconds(1);
        return Some(Point::Moment(end));
    }
    let moment = DateTime::parse_from_rfc3339(text).ok()?;
    Some(Point::Moment(moment.with_timezone(&Utc)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_read_as_people_write_them() {
        assert_eq!(point("v3"), Some(Point::Version(Version(3))));
        assert_eq!(point("1234"), Some(Point::Position(Position(1234))));
        assert_eq!(point("now"), Some(Point::Now));
        let moment = "2026-01-31T12:00:00Z".parse().unwrap();
        assert_eq!(point("2026-01-31T13:00:00+01:00"), Some(Point::Moment(moment)));
        let end = "2026-01-31T23:59:59.999999Z".parse().unwrap();
        assert_eq!(point("2026-01-31"), Some(Point::Moment(end)));
        for garbage in ["", "v", "v-1", "yesterday", "2026-02-30", "-1"] {
            assert_eq!(point(garbage), None, "{garbage}");
        }
    }

    #[test]
    fn a_span_without_end_reaches_to_the_present() {
        let span: Span = "v1..".parse().unwrap();
        assert_eq!(
            (span.from.point, span.to.point),
            (Point::Version(Version(1)), Point::Now)
        );
        assert!("v1".parse::<Span>().is_err());
    }
}
