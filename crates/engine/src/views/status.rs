use journal::Position;

/// How a projection is doing.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProjectionStatus {
    pub name: String,
    pub version: u32,
    /// Everything up to here is in its rows, parked or skipped.
    pub position: Position,
    pub lag_events: u64,
    /// Age of the first event it has not looked at.
    pub lag_seconds: f64,
    /// Number of parked partitions.
    pub parked: u64,
    pub state: ProjectionState,
    pub last_error: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ProjectionState {
    /// Built for the first time, or again; not served yet.
    Building,
    Running,
    /// An event without a partition failed: the projection stands still until it is retried or the event skipped.
    Failed,
}

/// Who does work that one process does for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Duty {
    /// Keeping the views of this program's version: `views`; sending: `deliveries`.
    pub name: &'static str,
    pub held: Held,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    Here,
    Elsewhere,
    Nowhere,
}

/// A partition that waits because one of its events failed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ParkedKey {
    pub projection: String,
    /// `None` when the projection as a whole has stopped.
    pub partition: Option<String>,
    /// The event that failed.
    pub position: Position,
    /// How many events wait, with the one that failed.
    pub waiting: u64,
    pub error: String,
}

/// What a rebuild did, and how the new rows differ from the old ones.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RebuildReport {
    pub rebuilt: Vec<String>,
    pub copied: Vec<String>,
    /// Position at which old and new rows were compared.
    pub position: Position,
    pub comparisons: Vec<Comparison>,
}

/// The old and new rows of one rebuilt table, at the same position.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    pub table: String,
    pub rows_before: u64,
    pub rows_after: u64,
    pub sampled: u64,
    /// Primary keys of sampled rows that came out differently.
    pub different: Vec<String>,
}
