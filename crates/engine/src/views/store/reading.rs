//! Where a generation stands, read through a connection for queries; the same text serves SQLite and PostgreSQL.

use journal::Position;
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, QueryResult, Statement};

use super::{HeldEvent, LaneStanding, PARKED, Standing};
use crate::views::ViewsError;

/// The generation's position alone.
pub(crate) async fn position(connection: &DatabaseConnection) -> Result<Position, ViewsError> {
    let rows = query(connection, "SELECT position FROM alforis_generation").await?;
    let row = rows
        .first()
        .ok_or_else(|| ViewsError::Database("the generation has no position".to_owned()))?;
    Ok(at(row, 0)?)
}

pub(crate) async fn standing(connection: &DatabaseConnection) -> Result<Standing, ViewsError> {
    let rows = query(connection, "SELECT position, revision, indexed FROM alforis_generation").await?;
    let row = rows
        .first()
        .ok_or_else(|| ViewsError::Database("the generation has no position".to_owned()))?;
    let mut standing = Standing {
        position: at(row, 0)?,
        revision: row.try_get_by_index(1)?,
        indexed: row.try_get_by_index::<i64>(2)? != 0,
        ..Standing::default()
    };
    for row in query(
        connection,
        "SELECT name, version, folded, failed, error, shape FROM alforis_projection",
    )
    .await?
    {
        standing.projections.push(lane(&row)?);
    }
    for row in query(connection, PARKED).await? {
        standing.parked.push(held(&row)?);
    }
    for row in query(connection, "SELECT projection, position FROM alforis_skip").await? {
        standing.skips.push((row.try_get_by_index(0)?, at(&row, 1)?));
    }
    Ok(standing)
}

fn lane(row: &QueryResult) -> Result<LaneStanding, DbErr> {
    let failed: Option<i64> = row.try_get_by_index(3)?;
    let error: Option<String> = row.try_get_by_index(4)?;
    Ok(LaneStanding {
        name: row.try_get_by_index(0)?,
        version: row.try_get_by_index::<i64>(1)? as u32,
        shape: row.try_get_by_index(5)?,
        folded: at(row, 2)?,
        failed: failed.map(|position| (Position(position as u64), error.unwrap_or_default())),
    })
}

fn held(row: &QueryResult) -> Result<HeldEvent, DbErr> {
    Ok(HeldEvent {
        projection: row.try_get_by_index(0)?,
        partition: row.try_get_by_index(1)?,
        error: row.try_get_by_index(2)?,
        position: at(row, 3)?,
    })
}

fn at(row: &QueryResult, column: usize) -> Result<Position, DbErr> {
    Ok(Position(row.try_get_by_index::<i64>(column)? as u64))
}

async fn query(connection: &DatabaseConnection, text: &str) -> Result<Vec<QueryResult>, DbErr> {
    connection
        .query_all_raw(Statement::from_string(connection.get_database_backend(), text))
        .await
}
