//! A file that goes with something: a signed offer, a photo of a site. Its bytes lie beside the journal under their hash;
//! events say which they are, how many, and what they are called. Activities, deals, organizations and tasks keep the same
//! rules, which are here.

use std::{borrow::Cow, collections::BTreeMap, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{
    FileId, InvalidValue, Language, Refusal,
    refusal::prints_in_english,
    value::{self, NAME_MAX, Problem},
};

/// Files of one record at most, those that were detached counted.
const FILES_MAX: usize = 100;

/// Bytes of a file at most.
pub const FILE_MAX: u64 = 25 * 1024 * 1024;

/// What files may be. Nothing that a browser would run as part of our pages, nothing that a machine would execute.
pub const MEDIA_TYPES: &[&str] = &[
    "application/pdf",
    "application/vnd.oasis.opendocument.spreadsheet",
    "application/vnd.oasis.opendocument.text",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/zip",
    "image/gif",
    "image/jpeg",
    "image/png",
    "image/webp",
    "text/csv",
    "text/plain",
];

/// The SHA-256 of a file's bytes: what they lie under.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlobHash(pub [u8; 32]);

impl fmt::Display for BlobHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for BlobHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlobHash({self})")
    }
}

/// A text that is no SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the 64 hexadecimal digits of a SHA-256")]
pub struct NoHash;

impl FromStr for BlobHash {
    type Err = NoHash;

    fn from_str(text: &str) -> Result<Self, NoHash> {
        let digits: &[u8; 64] = text.as_bytes().try_into().map_err(|_| NoHash)?;
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let [high, low] = pair else { return Err(NoHash) };
            *byte = digit(*high)? << 4 | digit(*low)?;
        }
        Ok(Self(bytes))
    }
}

const fn digit(letter: u8) -> Result<u8, NoHash> {
    match letter {
        b'0'..=b'9' => Ok(letter - b'0'),
        b'a'..=b'f' => Ok(letter - b'a' + 10),
        _ => Err(NoHash),
    }
}

impl Serialize for BlobHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for BlobHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for BlobHash {
    fn schema_name() -> Cow<'static, str> {
        "BlobHash".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9a-f]{64}$", "description": "The SHA-256 of a file's bytes." })
    }
}

/// What a file is called and what it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileDescription {
    pub name: String,
    /// One of [`MEDIA_TYPES`].
    pub media_type: String,
}

impl FileDescription {
    /// A name without a path, and a media type that is taken.
    pub fn checked(&self) -> Result<Self, InvalidValue> {
        let name = value::line("name", &self.name, NAME_MAX)?;
        if name.contains(['/', '\\']) || name == "." || name == ".." {
            return Err(InvalidValue::new("name", Problem::NotAFileName));
        }
        let media_type = self.media_type.to_ascii_lowercase();
        if !MEDIA_TYPES.contains(&media_type.as_str()) {
            return Err(InvalidValue::new("mediaType", Problem::NotAMediaType));
        }
        Ok(Self { name, media_type })
    }
}

/// How many bytes a file has.
pub fn size(bytes: u64) -> Result<u64, InvalidValue> {
    if (1..=FILE_MAX).contains(&bytes) {
        Ok(bytes)
    } else {
        Err(InvalidValue::new(
            "size",
            Problem::OutOfRange {
                min: 1,
                max: FILE_MAX as i64,
            },
        ))
    }
}

/// A file that goes with a record, and its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AttachedFile {
    pub file: FileId,
    /// What its bytes lie under, beside the journal.
    pub blob: BlobHash,
    /// In bytes.
    pub size: u64,
    pub description: FileDescription,
}

/// The files of one record, as far as it decides about them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Files(BTreeMap<FileId, FileState>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum FileState {
    Attached,
    Detached,
}

impl Files {
    /// The file as it is to go with the record.
    pub(crate) fn attach(&self, file: AttachedFile) -> Result<AttachedFile, FileError> {
        if self.0.contains_key(&file.file) {
            return Err(FileError::AttachedAlready);
        }
        if self.0.len() >= FILES_MAX {
            return Err(FileError::TooMany);
        }
        Ok(AttachedFile {
            size: size(file.size)?,
            description: file.description.checked()?,
            ..file
        })
    }

    /// Whether the file goes with the record still; an error when it never did.
    pub(crate) fn detach(&self, file: FileId) -> Result<bool, FileError> {
        match self.0.get(&file) {
            None => Err(FileError::NotFound),
            Some(state) => Ok(*state == FileState::Attached),
        }
    }

    pub(crate) fn attached(&mut self, file: FileId) {
        self.0.insert(file, FileState::Attached);
    }

    pub(crate) fn detached(&mut self, file: FileId) {
        self.0.insert(file, FileState::Detached);
    }
}

/// Why a record takes, or gives up, no file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileError {
    NotFound,
    AttachedAlready,
    TooMany,
    Value(InvalidValue),
}

impl From<InvalidValue> for FileError {
    fn from(value: InvalidValue) -> Self {
        Self::Value(value)
    }
}

prints_in_english!(FileError);

impl Refusal for FileError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "FILE_NOT_FOUND",
            Self::AttachedAlready => "FILE_ALREADY_ATTACHED",
            Self::TooMany => "TOO_MANY_FILES",
            Self::Value(value) => value.code(),
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::Value(value) => value.field(),
            Self::NotFound | Self::AttachedAlready | Self::TooMany => None,
        }
    }

    fn allowed(&self) -> Vec<&'static str> {
        match self {
            Self::NotFound => vec!["AttachFile"],
            Self::AttachedAlready => vec!["DetachFile"],
            Self::TooMany => Vec::new(),
            Self::Value(value) => value.allowed(),
        }
    }

    fn message(&self, language: Language) -> String {
        match self {
            Self::NotFound => language.choose(
                "No such file goes with this record.",
                "Aucun fichier de ce nom n'accompagne cette fiche.",
            ),
            Self::AttachedAlready => language.choose(
                "This file goes with the record already.",
                "Ce fichier accompagne déjà la fiche.",
            ),
            Self::TooMany => language.choose(
                "No more files can go with this record.",
                "Cette fiche n'accepte plus de fichiers.",
            ),
            Self::Value(value) => value.message(language),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(number: u128) -> AttachedFile {
        AttachedFile {
            file: FileId(uuid::Uuid::from_u128(number)),
            blob: BlobHash([7; 32]),
            size: 12,
            description: FileDescription {
                name: " Offre.pdf".to_owned(),
                media_type: "Application/PDF".to_owned(),
            },
        }
    }

    #[test]
    fn a_file_goes_with_a_record_once_and_is_taken_away_once() {
        let mut files = Files::default();
        let attached = files.attach(file(1)).unwrap();
        assert_eq!((attached.description.name.as_str(), attached.size), ("Offre.pdf", 12));
        assert_eq!(files.detach(attached.file), Err(FileError::NotFound));
        files.attached(attached.file);
        assert_eq!(files.attach(file(1)), Err(FileError::AttachedAlready));
        assert_eq!(files.detach(attached.file), Ok(true));
        files.detached(attached.file);
        assert_eq!(files.detach(attached.file), Ok(false));
        // What was there once is not there anew: another upload is another file.
        assert_eq!(files.attach(file(1)), Err(FileError::AttachedAlready));
        for number in 2..=100 {
            files.attached(file(number).file);
        }
        assert_eq!(files.attach(file(101)), Err(FileError::TooMany));
        let nothing = AttachedFile { size: 0, ..file(1) };
        assert_eq!(
            Files::default().attach(nothing).unwrap_err().code(),
            "NUMBER_OUT_OF_RANGE"
        );
    }

    #[test]
    fn a_hash_is_read_as_it_is_written() {
        let hash = BlobHash(std::array::from_fn(|at| at as u8 * 8));
        assert_eq!(hash.to_string().parse(), Ok(hash));
        assert_eq!(
            serde_json::from_str::<BlobHash>(&serde_json::to_string(&hash).unwrap()).unwrap(),
            hash
        );
        for wrong in [
            "",
            "00",
            &"0".repeat(63),
            &"g".repeat(64),
            &"A".repeat(64),
            &"é".repeat(32),
        ] {
            assert_eq!(wrong.parse::<BlobHash>(), Err(NoHash), "{wrong}");
        }
    }

    #[test]
    fn a_file_has_bytes_but_not_too_many() {
        assert_eq!(size(1), Ok(1));
        assert_eq!(size(FILE_MAX), Ok(FILE_MAX));
        assert!(size(0).is_err() && size(FILE_MAX + 1).is_err());
    }

    #[test]
    fn a_name_is_no_path_and_a_type_is_one_that_is_taken() {
        let file = |name: &str, media_type: &str| {
            let (name, media_type) = (name.to_owned(), media_type.to_owned());
            FileDescription { name, media_type }.checked()
        };
        assert_eq!(
            file(" offre n° 3.pdf ", "Application/PDF").unwrap().name,
            "offre n° 3.pdf"
        );
        for (name, media_type) in [
            ("../x.pdf", "application/pdf"),
            ("a\\b.pdf", "application/pdf"),
            ("..", "application/pdf"),
            ("", "application/pdf"),
            ("x.html", "text/html"),
            ("x.svg", "image/svg+xml"),
        ] {
            assert!(file(name, media_type).is_err(), "{name} {media_type}");
        }
    }
}
