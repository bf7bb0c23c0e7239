//! Operations that are known by a name of theirs: trusted documents, which whoever runs the server has registered, and
//! automatic ones, which clients register by their hash and send by it from then on.

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use lru::LruCache;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::graphql::{
    errors::{ApiError, ApiResult, ErrorCode},
    limits,
};

/// Bytes of all automatic documents together, at most; the least used go first.
const MAX_AUTOMATIC: usize = 8 * 1024 * 1024;

/// Which operations are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Taken {
    #[default]
    Any,
    /// Only those that whoever runs the server has registered.
    Registered,
}

impl std::str::FromStr for Taken {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "any" => Ok(Self::Any),
            "registered" => Ok(Self::Registered),
            _ => Err("write `any` or `registered`".to_owned()),
        }
    }
}

/// Why documents cannot be registered.
#[derive(Debug, thiserror::Error)]
pub enum DocumentsError {
    #[error("the registered documents cannot be read from {}: {error}", .path.display())]
    Unreadable { path: PathBuf, error: io::Error },
    #[error(
        "{} is neither `{{\"id\": \"document\"}}` nor a manifest of persisted queries: {error}", .path.display()
    )]
    NoManifest { path: PathBuf, error: serde_json::Error },
    #[error("the document `{name}` cannot be registered: {reason}")]
    Invalid { name: String, reason: String },
}

/// How a request names what it wants executed.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a> {
    pub text: Option<&'a str>,
    /// Of a registered document.
    pub id: Option<&'a str>,
    /// SHA-256 of an automatic document, in hexadecimal.
    pub hash: Option<&'a str>,
}

#[derive(Default)]
pub struct Registered {
    taken: Taken,
    /// By their ids, and by their hashes.
    trusted: HashMap<String, Arc<str>>,
    automatic: Mutex<Automatic>,
}

struct Automatic {
    documents: LruCache<String, Arc<str>>,
    bytes: usize,
}

impl Default for Automatic {
    fn default() -> Self {
        Self {
            documents: LruCache::unbounded(),
            bytes: 0,
        }
    }
}

/// The forms of a file that names documents.
#[derive(Deserialize)]
#[serde(untagged)]
enum Manifest {
    /// What Apollo's tools write.
    Operations { operations: Vec<Listed> },
    /// What the tools of Relay and GraphQL Code Generator write.
    Map(HashMap<String, String>),
}

#[derive(Deserialize)]
struct Listed {
    id: String,
    body: String,
}

impl Registered {
    /// With the documents of a manifest, or of a folder of `.graphql` files, which are known by their hashes.
    pub fn open(source: Option<&Path>, taken: Taken) -> Result<Self, DocumentsError> {
        let mut registered = Self {
            taken,
            ..Self::default()
        };
        let Some(source) = source else {
            return Ok(registered);
        };
        let unreadable = |path: &Path| {
            let path = path.to_path_buf();
            move |error| DocumentsError::Unreadable { path, error }
        };
        if source.is_dir() {
            for entry in fs::read_dir(source).map_err(unreadable(source))? {
                let path = entry.map_err(unreadable(source))?.path();
                if path.extension().is_some_and(|extension| extension == "graphql") {
                    let text = fs::read_to_string(&path).map_err(unreadable(&path))?;
                    registered.trust(&path.display().to_string(), None, &text)?;
                }
            }
            return Ok(registered);
        }
        let text = fs::read_to_string(source).map_err(unreadable(source))?;
        let manifest = serde_json::from_str(&text).map_err(|error| DocumentsError::NoManifest {
            path: source.to_path_buf(),
            error,
        })?;
        let documents: Vec<(String, String)> = match manifest {
            Manifest::Operations { operations } => operations.into_iter().map(|one| (one.id, one.body)).collect(),
            Manifest::Map(documents) => documents.into_iter().collect(),
        };
        for (id, text) in documents {
            registered.trust(&id, Some(&id), &text)?;
        }
        Ok(registered)
    }

    fn trust(&mut self, name: &str, id: Option<&str>, text: &str) -> Result<(), DocumentsError> {
        limits::parse(text).map_err(|failure| DocumentsError::Invalid {
            name: name.to_owned(),
            reason: failure.to_string(),
        })?;
        let text: Arc<str> = text.into();
        self.trusted.insert(hash_of(&text), text.clone());
        if let Some(id) = id {
            self.trusted.insert(id.trim_start_matches("sha256:").to_owned(), text);
        }
        Ok(())
    }

    /// The text of what is wanted. `keeps`: an automatic document that is new is kept.
    pub fn text(&self, wanted: Named<'_>, keeps: bool) -> ApiResult<Arc<str>> {
        if let Some(id) = wanted.id {
            let found = self.trusted.get(id.trim_start_matches("sha256:")).cloned();
            return found.ok_or_else(|| {
                ApiError::new(
                    ErrorCode::PersistedQueryNotFound,
                    "No document is registered under this `documentId`.",
                )
            });
        }
        match (wanted.text.filter(|text| !text.is_empty()), wanted.hash) {
            (Some(text), hash) => self.with_text(text, hash, keeps),
            (None, Some(hash)) => self.with_hash(hash).ok_or_else(|| {
                // The words that Apollo's clients look for, when they do not look for the code.
                ApiError::new(ErrorCode::PersistedQueryNotFound, "PersistedQueryNotFound")
            }),
            (None, None) => Err(ApiError::new(
                ErrorCode::BadRequest,
                "Send a `query`, or the `documentId` of a registered one.",
            )),
        }
    }

    fn with_hash(&self, hash: &str) -> Option<Arc<str>> {
        let hash = hash.to_ascii_lowercase();
        let trusted = self.trusted.get(&hash).cloned();
        trusted.or_else(|| {
            let mut automatic = self.automatic.lock().unwrap_or_else(PoisonError::into_inner);
            automatic.documents.get(&hash).cloned()
        })
    }

    fn with_text(&self, text: &str, hash: Option<&str>, keeps: bool) -> ApiResult<Arc<str>> {
        let own = (hash.is_some() || self.taken == Taken::Registered).then(|| hash_of(text));
        if let (Some(own), Some(hash)) = (&own, hash)
            && !own.eq_ignore_ascii_case(hash)
        {
            return Err(ApiError::new(
                ErrorCode::BadRequest,
                "provided sha does not match query: `sha256Hash` is not the SHA-256 of `query`.",
            ));
        }
        match own {
            Some(own) if self.taken == Taken::Registered => self.trusted.get(&own).cloned().ok_or_else(|| {
                ApiError::new(
                    ErrorCode::NotRegistered,
                    "This server runs registered operations only: send a `documentId`.",
                )
            }),
            Some(own) if keeps && limits::parse(text).is_ok() => {
                let text: Arc<str> = text.into();
                self.keep(own, text.clone());
                Ok(text)
            }
            _ => Ok(text.into()),
        }
    }

    fn keep(&self, hash: String, text: Arc<str>) {
        let mut automatic = self.automatic.lock().unwrap_or_else(PoisonError::into_inner);
        automatic.bytes += text.len();
        if let Some((_, replaced)) = automatic.documents.push(hash, text) {
            automatic.bytes -= replaced.len();
        }
        while automatic.bytes > MAX_AUTOMATIC {
            let Some((_, dropped)) = automatic.documents.pop_lru() else {
                break;
            };
            automatic.bytes -= dropped.len();
        }
    }
}

fn hash_of(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUERY: &str = "{ clock { now } }";

    fn by_hash(hash: &str) -> Named<'_> {
        Named {
            text: None,
            id: None,
            hash: Some(hash),
        }
    }

    fn with_hash<'a>(text: &'a str, hash: &'a str) -> Named<'a> {
        Named {
            text: Some(text),
            ..by_hash(hash)
        }
    }

    fn code(answer: ApiResult<Arc<str>>) -> ErrorCode {
        answer.unwrap_err().code
    }

    #[test]
    fn an_automatic_document_is_found_once_it_was_sent_with_its_hash() {
        let registered = Registered::default();
        let hash = hash_of(QUERY);
        assert_eq!(
            code(registered.text(by_hash(&hash), true)),
            ErrorCode::PersistedQueryNotFound
        );
        assert_eq!(
            code(registered.text(with_hash(QUERY, &hash_of("{")), true)),
            ErrorCode::BadRequest
        );
        assert_eq!(&*registered.text(with_hash(QUERY, &hash), true).unwrap(), QUERY);
        assert_eq!(&*registered.text(by_hash(&hash), true).unwrap(), QUERY);
    }

    #[test]
    fn what_strangers_send_and_what_is_no_document_is_not_kept() {
        let registered = Registered::default();
        let hash = hash_of(QUERY);
        assert!(registered.text(with_hash(QUERY, &hash), false).is_ok());
        assert_eq!(
            code(registered.text(by_hash(&hash), true)),
            ErrorCode::PersistedQueryNotFound
        );
        let nonsense = hash_of("{");
        assert!(registered.text(with_hash("{", &nonsense), true).is_ok());
        assert_eq!(
            code(registered.text(by_hash(&nonsense), true)),
            ErrorCode::PersistedQueryNotFound
        );
    }

    #[test]
    fn automatic_documents_take_a_bounded_room() {
        let registered = Registered::default();
        let first = format!("{QUERY} # first");
        registered.text(with_hash(&first, &hash_of(&first)), true).unwrap();
        for number in 0..5 {
            let long = format!("{QUERY} # {number} {}", "x".repeat(MAX_AUTOMATIC / 4));
            let hash = hash_of(&long);
            registered.text(with_hash(&long, &hash), true).unwrap();
            assert!(registered.text(by_hash(&hash), true).is_ok());
        }
        let kept = registered.automatic.lock().unwrap().bytes;
        let again = format!("{QUERY} # 4 {}", "x".repeat(MAX_AUTOMATIC / 4));
        registered.text(with_hash(&again, &hash_of(&again)), true).unwrap();
        assert_eq!(registered.automatic.lock().unwrap().bytes, kept, "it is counted twice");
        assert!(registered.automatic.lock().unwrap().bytes <= MAX_AUTOMATIC);
        assert_eq!(
            code(registered.text(by_hash(&hash_of(&first)), true)),
            ErrorCode::PersistedQueryNotFound
        );
    }

    #[test]
    fn documents_are_registered_by_a_manifest_or_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let hash = hash_of(QUERY);
        let by_id = |id: &'static str| Named {
            text: None,
            id: Some(id),
            hash: None,
        };
        for manifest in [
            serde_json::json!({ "now": QUERY }),
            serde_json::json!({ "format": "apollo-persisted-query-manifest", "version": 1,
                "operations": [{ "id": "now", "name": "Now", "type": "query", "body": QUERY }] }),
        ] {
            let path = folder.path().join("manifest.json");
            fs::write(&path, manifest.to_string()).unwrap();
            let registered = Registered::open(Some(&path), Taken::Registered).unwrap();
            assert_eq!(&*registered.text(by_id("now"), true).unwrap(), QUERY);
            assert_eq!(&*registered.text(by_hash(&hash), true).unwrap(), QUERY);
            assert_eq!(
                code(registered.text(by_id("then"), true)),
                ErrorCode::PersistedQueryNotFound
            );
        }
        fs::write(folder.path().join("now.graphql"), QUERY).unwrap();
        let registered = Registered::open(Some(folder.path()), Taken::Any).unwrap();
        let id = format!("sha256:{hash}");
        let wanted = Named {
            text: None,
            id: Some(&id),
            hash: None,
        };
        assert_eq!(&*registered.text(wanted, true).unwrap(), QUERY);
        fs::write(folder.path().join("broken.graphql"), "{").unwrap();
        assert!(Registered::open(Some(folder.path()), Taken::Any).is_err());
    }

    #[test]
    fn a_strict_server_takes_registered_documents_only() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("now.graphql"), QUERY).unwrap();
        let registered = Registered::open(Some(folder.path()), Taken::Registered).unwrap();
        let text = |text: &'static str| Named {
            text: Some(text),
            id: None,
            hash: None,
        };
        assert!(registered.text(text(QUERY), true).is_ok());
        assert_eq!(
            code(registered.text(text("{ __typename }"), true)),
            ErrorCode::NotRegistered
        );
        let hash = hash_of("{ __typename }");
        assert_eq!(
            code(registered.text(with_hash("{ __typename }", &hash), true)),
            ErrorCode::NotRegistered
        );
        assert_eq!(
            code(registered.text(by_hash(&hash), true)),
            ErrorCode::PersistedQueryNotFound
        );
    }
}
