use journal::Position;
use sea_orm::DatabaseConnection;

/// Something to query read models with: the entities' tables at one position or later.
#[derive(Clone)]
pub struct ViewHandle {
    pub connection: DatabaseConnection,
    /// The views contain at least everything up to here. For a view as of an earlier moment: everything that was
    /// looked at.
    pub position: Position,
}
