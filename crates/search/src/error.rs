/// Why the index cannot answer or take something.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The folder, or a file in it. Removing the folder makes the index anew.
    #[error("the search index in {folder}: {reason}")]
    Folder { folder: String, reason: String },
    /// The index itself.
    #[error("the search index: {0}")]
    Index(#[from] tantivy::TantivyError),
}

impl SearchError {
    pub(crate) fn folder(folder: &std::path::Path, reason: impl std::fmt::Display) -> Self {
        Self::Folder {
            folder: folder.display().to_string(),
            reason: reason.to_string(),
        }
    }
}
