//! Seals: electronic seals of a company on PDFs, and their verification.
//!
//! What belongs here: `PAdES` baseline signatures of level B-B, and B-T with a time stamp (ETSI EN 319 142-1), the
//! company's certificate and key, requests for time stamps (RFC 3161), and the reading of what others sealed. What does
//! not: what a document is about, where it lies, who may seal it, and HTTP.
//!
//! A seal is an incremental update: the bytes of the document stay as they were and are the beginning of the sealed
//! file. A caller who wants a time stamp asks for it between two steps:
//!
//! ```no_run
//! # fn ask(_: &[u8]) -> Vec<u8> { Vec::new() }
//! # fn main() -> Result<(), sealing::SealError> {
//! # let (pdf, key, options): (Vec<u8>, sealing::SealingKey, sealing::SealingOptions) = todo!();
//! let signed = sealing::prepare(&pdf, &options)?.sign(&key)?;
//! let request = signed.timestamp_request()?;
//! let answer = ask(&request.to_der()?); // POST, application/timestamp-query
//! let token = sealing::TimestampToken::from_response(&request, &answer)?;
//! let sealed = signed.with_timestamp(token)?.finish()?;
//! # Ok(())
//! # }
//! ```
//!
//! Nothing here reads a clock, and a seal without a time stamp is the same for the same input: ECDSA with the nonces of
//! RFC 6979, RSA with PKCS #1 v1.5.

mod asn1;
mod certificate;
mod check;
mod cms;
mod key;
mod pdf;
mod seal;
mod timestamp;
mod update;
mod verify;

pub use certificate::Certificate;
pub use check::Check;
pub use key::{KeyError, SealingKey, Subject};
pub use pdf::PdfError;
pub use seal::{PreparedSeal, SealError, SealingOptions, Signed, prepare, seal};
pub use timestamp::{TimestampError, TimestampRequest, TimestampToken};
pub use verify::{Coverage, Later, Level, SealReport, TimestampReport, verify};
