use serde::Serialize;

#[derive(Debug, Serialize)]
pub(crate) struct EvidencePage {
    title: String,
}
