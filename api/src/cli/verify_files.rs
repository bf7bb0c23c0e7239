//! The second part of `alforis verify`: whether the bytes are there that events name. No key is needed for it: hashes
//! stand in the open, and so does who was erased.

use std::collections::{BTreeMap, HashSet};

use blobs::{BlobError, Blobs, Condition};
use domain::BlobHash;
use journal::{Journal, Position, ReadFilter};
use serde::Serialize;
use serde_json::Value;

use super::Failure;

/// Events read at a time.
const PAGE: usize = 2_000;
/// Streams whose events name files, or say who was erased.
const CATEGORIES: [&str; 8] = [
    "activity",
    "contract",
    "deal",
    "delivery",
    "import",
    "organization",
    "person",
    "task",
];
/// How the types of events end that say which file goes with a record.
const ATTACHED: &str = "FileAttached";

/// What was found.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FilesReport {
    /// Different files that events name.
    pub(super) named: usize,
    pub(super) sound: usize,
    /// Gone because everybody was erased whom they were about, or because the import is over that they were for.
    pub(super) erased: usize,
    pub(super) missing: Vec<LostFile>,
    pub(super) changed: Vec<LostFile>,
}

/// A file that is not what an event says.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LostFile {
    /// Of the first event that names it.
    pub(super) position: Position,
    pub(super) blob: BlobHash,
}

impl From<BlobError> for Failure {
    fn from(error: BlobError) -> Self {
        Self::new("BLOBS_UNREADABLE", error)
    }
}

/// One event that names a file.
struct Named {
    position: Position,
    /// With what it goes: the person whom it is about, or the import that it is for, where it is one of these.
    goes_with: Option<String>,
}

pub(super) async fn check(journal: &dyn Journal, blobs: &Blobs) -> Result<FilesReport, Failure> {
    let (files, gone) = named(journal).await?;
    let mut report = FilesReport {
        named: files.len(),
        ..FilesReport::default()
    };
    for (blob, named) in files {
        let all_gone = named.iter().all(|named| {
            named
                .goes_with
                .as_ref()
                .is_some_and(|goes_with| gone.contains(goes_with))
        });
        let position = named.first().map_or(Position::START, |named| named.position);
        match blobs.check(&blob.0).await? {
            Condition::Sound => report.sound += 1,
            Condition::Missing if all_gone => report.erased += 1,
            Condition::Missing => report.missing.push(LostFile { position, blob }),
            Condition::Changed => report.changed.push(LostFile { position, blob }),
        }
    }
    Ok(report)
}

/// Every file that events name, and what is gone with which files go.
async fn named(journal: &dyn Journal) -> Result<(BTreeMap<BlobHash, Vec<Named>>, HashSet<String>), Failure> {
    let filter = ReadFilter {
        categories: CATEGORIES.iter().map(|category| (*category).into()).collect(),
        ..ReadFilter::default()
    };
    let mut files: BTreeMap<BlobHash, Vec<Named>> = BTreeMap::new();
    let mut gone = HashSet::new();
    let mut after = Position::START;
    loop {
        let page = journal.read(after, PAGE, &filter).await?;
        for event in &page.events {
            let position = event.header.position;
            match event.header.event_type.as_ref() {
                "PersonErased" => gone.extend(text_at(&event.payload, &["PersonErased", "person"])),
                name if name.ends_with(ATTACHED) => {
                    let Some(attached) = body(&event.payload, name) else {
                        continue;
                    };
                    let blob = attached.get("blob").and_then(Value::as_str);
                    if let Some(blob) = blob.and_then(|text| text.parse().ok()) {
                        let goes_with = attached.get("personalDescription").and_then(person_of);
                        files.entry(blob).or_default().push(Named { position, goes_with });
                    }
                }
                "DeliveryQueued" => {
                    // Papers of sales go with their fiscal year.
                    let goes_with = year_of_addressee(&event.payload);
                    for blob in enclosures(&event.payload) {
                        let goes_with = goes_with.clone();
                        files.entry(blob).or_default().push(Named { position, goes_with });
                    }
                }
                // Papers that others signed or were sent: nobody can set them again.
                name
                @ ("ContractSigned" | "ContractDocumentFiled" | "ContractAmended" | "ContractConsumerNotified") => {
                    let body = body(&event.payload, name).unwrap_or_default();
                    let paper = ["/document/blob", "/amendment/document/blob"];
                    let paper = paper.iter().find_map(|path| body.pointer(path)?.as_str());
                    if let Some(blob) = paper.and_then(|text| text.parse().ok()) {
                        let goes_with = None;
                        files.entry(blob).or_default().push(Named { position, goes_with });
                    }
                }
                "ImportFilesRemoved" => {
                    gone.insert(event.header.stream.to_string());
                }
                "ImportQueued" | "ImportFinished" | "ImportFailed" | "ImportCancelled" => {
                    let name = event.header.event_type.as_ref();
                    let paths = [["file", "blob"], ["report", "blob"]];
                    let found = paths.map(|[part, blob]| text_at(&event.payload, &[name, part, blob]));
                    for blob in found.into_iter().flatten().filter_map(|text| text.parse().ok()) {
                        let goes_with = Some(event.header.stream.to_string());
                        files.entry(blob).or_default().push(Named { position, goes_with });
                    }
                }
                _ => {}
            }
        }
        if page.last <= after {
            return Ok((files, gone));
        }
        after = page.last;
    }
}

fn body(payload: &[u8], name: &str) -> Option<Value> {
    let mut event: Value = serde_json::from_slice(payload).ok()?;
    event.get_mut(name).map(Value::take)
}

fn text_at(payload: &[u8], path: &[&str]) -> Option<String> {
    let event: Value = serde_json::from_slice(payload).ok()?;
    let found = path.iter().try_fold(&event, |value, name| value.get(name))?;
    found.as_str().map(str::to_owned)
}

/// Of a personal value, sealed as it stands in the journal.
fn person_of(personal: &Value) -> Option<String> {
    let marked = personal.as_object()?.values().next()?;
    marked.get("person")?.as_str().map(str::to_owned)
}

/// The key that the addressee of a letter is sealed under, where it is that of a fiscal year.
fn year_of_addressee(payload: &[u8]) -> Option<String> {
    let queued = body(payload, "DeliveryQueued")?;
    let person = person_of(queued.pointer("/content/letter/addressee")?)?;
    let key = domain::PersonId(person.parse().ok()?);
    key.fiscal_year_closing().map(|_| person)
}

fn enclosures(payload: &[u8]) -> Vec<BlobHash> {
    let queued = body(payload, "DeliveryQueued").unwrap_or_default();
    let enclosures = queued.pointer("/content/letter/enclosures").and_then(Value::as_array);
    let blobs = enclosures
        .into_iter()
        .flatten()
        .filter_map(|one| one.get("blob")?.as_str());
    blobs.filter_map(|text| text.parse().ok()).collect()
}
