//! Signed notes as C2SP describes them (`signed-note.md`): a text, a blank line, signature lines.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

/// Longer notes are refused unread.
const MAX_NOTE_BYTES: usize = 64 << 10;
/// Our signature and some cosignatures of witnesses.
const MAX_SIGNATURES: usize = 16;
/// The one signature type that is spoken: Ed25519.
const ED25519: u8 = 0x01;

/// Why a text is not a signed note, or not one that can be trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    #[error("a signed note has at most {MAX_NOTE_BYTES} bytes, this one has {0}")]
    TooLong(usize),
    #[error("a signed note has no control characters except the end of line, and ends with one")]
    NotText,
    #[error("a signed note has its text, a blank line, and signature lines; there is no such blank line")]
    NoSignatures,
    #[error("signature line {0} is not `— name base64`")]
    BadSignatureLine(usize),
    #[error("a signed note has at most {MAX_SIGNATURES} signatures")]
    TooManySignatures,
    #[error("the note is not signed by {0}")]
    NotSignedBy(String),
    #[error("the signature of {0} does not fit the note: the note was changed or the signature forged")]
    WrongSignature(String),
}

/// A public key with the name under which it signs. Written `name+key id+base64`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct VerifierKey {
    name: String,
    key: VerifyingKey,
}

/// A text that is not a verifier key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a public key: {0}. It looks like `alforis.journal/…+1a2b3c4d+A…`, as `alforis checkpoint` prints it")]
pub struct InvalidKey(&'static str);

impl VerifierKey {
    pub(super) fn of(name: &str, key: &SigningKey) -> Self {
        Self {
            name: name.to_owned(),
            key: key.verifying_key(),
        }
    }

    /// Under which the key signs: the origin of the journal.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The first four bytes of SHA-256 over name, newline, signature type and public key.
    pub fn id(&self) -> [u8; 4] {
        let mut hasher = Sha256::new();
        hasher.update(self.name.as_bytes());
        hasher.update([b'\n', ED25519]);
        hasher.update(self.key.as_bytes());
        let [a, b, c, d, ..] = <[u8; 32]>::from(hasher.finalize());
        [a, b, c, d]
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut key = vec![ED25519];
        key.extend_from_slice(self.key.as_bytes());
        write!(f, "{}+{}+{}", self.name, hex::encode(self.id()), BASE64.encode(key))
    }
}

impl FromStr for VerifierKey {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(InvalidKey("it has no name, id and key with `+` between them"));
        };
        if !is_key_name(name) {
            return Err(InvalidKey("its name is empty or has spaces"));
        }
        let key = BASE64.decode(key).map_err(|_| InvalidKey("its key is not base64"))?;
        let Some((&ED25519, key)) = key.split_first() else {
            return Err(InvalidKey("it is not an Ed25519 key"));
        };
        let key = key.try_into().map_err(|_| InvalidKey("an Ed25519 key has 32 bytes"))?;
        let key = VerifyingKey::from_bytes(key).map_err(|_| InvalidKey("its bytes are not a point of the curve"))?;
        let key = Self {
            name: name.to_owned(),
            key,
        };
        if id == hex::encode(key.id()) {
            Ok(key)
        } else {
            Err(InvalidKey("its id does not fit name and key"))
        }
    }
}

/// A text with signatures; nothing is believed before [`Note::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Ends with a newline.
    text: String,
    signatures: Vec<NoteSignature>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct NoteSignature {
    name: String,
    key_id: [u8; 4],
    signature: Vec<u8>,
}

impl Note {
    /// `text` ends with a newline and has no blank line at its end.
    pub(super) fn sign(text: String, name: &str, keys: &[&SigningKey]) -> Self {
        let signatures = keys.iter().map(|key| NoteSignature {
            name: name.to_owned(),
            key_id: VerifierKey::of(name, key).id(),
            signature: key.sign(text.as_bytes()).to_bytes().to_vec(),
        });
        let signatures = signatures.collect();
        Self { text, signatures }
    }

    pub fn parse(note: &str) -> Result<Self, NoteError> {
        if note.len() > MAX_NOTE_BYTES {
            return Err(NoteError::TooLong(note.len()));
        }
        if !note.ends_with('\n') || note.bytes().any(|byte| byte < b' ' && byte != b'\n') {
            return Err(NoteError::NotText);
        }
        let blank = note.rfind("\n\n").ok_or(NoteError::NoSignatures)?;
        let (text, signatures) = (note.get(..=blank), note.get(blank + 2..));
        let (Some(text), Some(signatures)) = (text, signatures) else {
            return Err(NoteError::NoSignatures);
        };
        let signatures = signatures
            .split_terminator('\n')
            .enumerate()
            .map(|(index, line)| NoteSignature::parse(line).ok_or(NoteError::BadSignatureLine(index + 1)))
            .collect::<Result<Vec<_>, _>>()?;
        match signatures.len() {
            0 => Err(NoteError::NoSignatures),
            1..=MAX_SIGNATURES => Ok(Self {
                text: text.to_owned(),
                signatures,
            }),
            _ => Err(NoteError::TooManySignatures),
        }
    }

    /// What was signed, its last newline included.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn is_signed_by(&self, key: &VerifierKey) -> bool {
        self.signatures.iter().any(|signature| signature.claims(key))
    }

    /// Whether `key` signed the note. Signatures of other keys do not matter; one in this key's name must fit.
    pub fn verify(&self, key: &VerifierKey) -> Result<(), NoteError> {
        let mut claims = self
            .signatures
            .iter()
            .filter(|signature| signature.claims(key))
            .peekable();
        if claims.peek().is_none() {
            return Err(NoteError::NotSignedBy(key.to_string()));
        }
        for claim in claims {
            let signature = Signature::from_slice(&claim.signature).ok();
            let fits = signature.is_some_and(|it| key.key.verify_strict(self.text.as_bytes(), &it).is_ok());
            if !fits {
                return Err(NoteError::WrongSignature(key.to_string()));
            }
        }
        Ok(())
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        for NoteSignature {
            name,
            key_id,
            signature,
        } in &self.signatures
        {
            writeln!(
                f,
                "\u{2014} {name} {}",
                BASE64.encode([key_id, signature.as_slice()].concat())
            )?;
        }
        Ok(())
    }
}

impl NoteSignature {
    fn parse(line: &str) -> Option<Self> {
        let (name, encoded) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
        let bytes = BASE64.decode(encoded).ok()?;
        let (key_id, signature) = bytes.split_first_chunk::<4>()?;
        let sound = is_key_name(name) && !signature.is_empty();
        sound.then(|| Self {
            name: name.to_owned(),
            key_id: *key_id,
            signature: signature.to_vec(),
        })
    }

    fn claims(&self, key: &VerifierKey) -> bool {
        self.name == key.name && self.key_id == key.id()
    }
}

pub(super) fn is_key_name(name: &str) -> bool {
    !name.is_empty() && !name.contains('+') && !name.chars().any(|c| c.is_whitespace() || c.is_control())
}
