//! A file that goes with something: a signed offer, a photo of a site. Its bytes lie beside the journal under their hash;
//! events say which they are, how many, and what they are called.

use std::{borrow::Cow, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{
    InvalidValue,
    value::{self, NAME_MAX, Problem},
};

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

#[cfg(test)]
mod tests {
    use super::*;

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
