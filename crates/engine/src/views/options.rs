use std::{path::PathBuf, time::Duration};

/// How views are kept. The defaults suit a server.
#[derive(Debug, Clone)]
pub struct ViewsOptions {
    /// How long a silent worker keeps its lease; another process takes over after that.
    pub lease: Duration,
    /// Positions per page read.
    pub page: usize,
    /// Rows held in memory while many events are folded.
    pub buffered_rows: usize,
    /// Connections for queries.
    pub connections: u32,
    /// Category of the streams that hold skips, read before a rebuild starts.
    pub oversight_category: &'static str,
    /// Where views as of earlier moments are kept; beside SQLite views, or in the system's temporary folder.
    pub as_of_folder: Option<PathBuf>,
    /// Bytes that views as of earlier moments may take.
    pub as_of_bytes: u64,
    /// How long a call waits for a view as of an earlier moment before it answers that one is being built.
    pub as_of_wait: Duration,
}

impl Default for ViewsOptions {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(5),
            page: 4_096,
            buffered_rows: 100_000,
            connections: 8,
            oversight_category: "projection",
            as_of_folder: None,
            as_of_bytes: 4 << 30,
            as_of_wait: Duration::from_millis(200),
        }
    }
}
