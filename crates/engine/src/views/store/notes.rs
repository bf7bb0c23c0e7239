//! A lane's notes as statements; the same text serves SQLite and PostgreSQL.

use sea_orm::Value;

use crate::projection::Note;

const STOP: &str = "UPDATE alforis_projection SET failed = $1, error = $2 WHERE name = $3";
const RESUME: &str = "UPDATE alforis_projection SET failed = NULL, error = NULL WHERE name = $1";
const PARK: &str = "INSERT INTO alforis_parked (projection, part, error) VALUES ($1, $2, $3) \
                    ON CONFLICT (projection, part) DO UPDATE SET error = excluded.error";
const HOLD: &str = "INSERT INTO alforis_held (projection, part, position) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
const RELEASE_HELD: &str = "DELETE FROM alforis_held WHERE projection = $1 AND part = $2";
const RELEASE: &str = "DELETE FROM alforis_parked WHERE projection = $1 AND part = $2";
const SKIP: &str = "INSERT INTO alforis_skip (projection, position) VALUES ($1, $2) ON CONFLICT DO NOTHING";

/// The statements that write the note of a projection, with their values.
pub(super) fn statements(projection: &str, note: &Note) -> Vec<(&'static str, Vec<Value>)> {
    match note {
        Note::Stopped(failure) => {
            let position = failure.position.0 as i64;
            vec![(
                STOP,
                vec![position.into(), failure.error.clone().into(), projection.into()],
            )]
        }
        Note::Resumed => vec![(RESUME, vec![projection.into()])],
        Note::Parked { partition, error } => {
            vec![(
                PARK,
                vec![projection.into(), partition.clone().into(), error.clone().into()],
            )]
        }
        Note::Held { partition, position } => {
            vec![(
                HOLD,
                vec![projection.into(), partition.clone().into(), (position.0 as i64).into()],
            )]
        }
        Note::Released { partition } => {
            let values = vec![Value::from(projection), partition.clone().into()];
            vec![(RELEASE_HELD, values.clone()), (RELEASE, values)]
        }
        Note::Skip(position) => vec![(SKIP, vec![projection.into(), (position.0 as i64).into()])],
    }
}
