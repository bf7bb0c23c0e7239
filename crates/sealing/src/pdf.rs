//! Reading PDFs (ISO 32000-2) that may be hostile.

use std::panic::{AssertUnwindSafe, catch_unwind};

use chrono::{DateTime, Duration, NaiveDate, Utc};
use lopdf::{Document, LoadOptions, Object};

/// Longer files are not read.
const LONGEST: usize = 64 * 1024 * 1024;

/// What a stream may hold once it is unpacked: only those are unpacked that hold objects and cross-references. It is a
/// limit for each of them, not for all: whoever takes files of strangers limits how long they are, too.
const LONGEST_STREAM: usize = 8 * 1024 * 1024;

/// Why a PDF cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum PdfError {
    #[error("not a PDF")]
    NotPdf,
    #[error("more bytes than are read")]
    TooLong,
    /// Another reader might repair it to something else.
    #[error("the PDF's structure is damaged: {0}")]
    Damaged(String),
    #[error("the PDF is encrypted")]
    Encrypted,
}

impl PdfError {
    pub(crate) fn damaged(error: impl std::fmt::Display) -> Self {
        Self::Damaged(error.to_string())
    }
}

/// All objects of a PDF that needs no repair.
pub(crate) fn load(pdf: &[u8]) -> Result<Document, PdfError> {
    if !pdf.starts_with(b"%PDF-") {
        return Err(PdfError::NotPdf);
    }
    if pdf.len() > LONGEST {
        return Err(PdfError::TooLong);
    }
    // The library means not to panic; where it does on a hostile file, that is one more damaged file.
    let read = catch_unwind(AssertUnwindSafe(|| {
        Document::load_mem_with_options(pdf, LoadOptions::with_max_decompressed_size(LONGEST_STREAM))
    }));
    let document = match read {
        Ok(Ok(document)) => document,
        Ok(Err(error)) => return Err(PdfError::damaged(error)),
        Err(_) => return Err(PdfError::damaged("it cannot be read")),
    };
    if document.is_encrypted() || document.was_encrypted() || document.encryption_state.is_some() {
        return Err(PdfError::Encrypted);
    }
    if document.xref_recovery.is_some() {
        return Err(PdfError::damaged("its cross-references do not fit"));
    }
    Ok(document)
}

/// A moment as PDFs write it (ISO 32000-2 §7.9.4).
pub(crate) fn write_date(moment: DateTime<Utc>) -> String {
    moment.format("D:%Y%m%d%H%M%S+00'00'").to_string()
}

/// A moment as PDFs write it, down to the second; an offset that is not there is taken for UTC.
pub(crate) fn read_date(object: &Object) -> Option<DateTime<Utc>> {
    let text = lopdf::decode_text_string(object).ok()?;
    let text = text.strip_prefix("D:").unwrap_or(&text);
    let (digits, zone) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let number = |from: usize, to: usize, otherwise: u32| match digits.get(from..to) {
        Some(part) => part.parse().ok(),
        None => Some(otherwise),
    };
    let date = NaiveDate::from_ymd_opt(digits.get(..4)?.parse().ok()?, number(4, 6, 1)?, number(6, 8, 1)?)?;
    let moment = date.and_hms_opt(number(8, 10, 0)?, number(10, 12, 0)?, number(12, 14, 0)?)?;
    let mut parts = zone.get(1..).unwrap_or_default().split('\'');
    let mut next = || parts.next().and_then(|part| part.parse::<i64>().ok()).unwrap_or(0);
    let (hours, minutes) = (next(), next());
    if !(0..24).contains(&hours) || !(0..60).contains(&minutes) {
        return None;
    }
    let offset = Duration::minutes(hours * 60 + minutes);
    match zone.chars().next() {
        Some('+') => moment.and_utc().checked_sub_signed(offset),
        Some('-') => moment.and_utc().checked_add_signed(offset),
        Some('Z') | None => Some(moment.and_utc()),
        Some(_) => None,
    }
}

/// A moment as ASN.1 writes it in a time stamp (RFC 3161 §2.4.2): in UTC, perhaps with fractions of a second.
pub(crate) fn read_generalized_time(bytes: &[u8]) -> Option<DateTime<Utc>> {
    let text = std::str::from_utf8(bytes).ok()?.strip_suffix('Z')?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() != 14 || !digits(whole) || !digits(fraction) || fraction.len() > 9 {
        return None;
    }
    let moment = chrono::NaiveDateTime::parse_from_str(whole, "%Y%m%d%H%M%S").ok()?;
    let nanoseconds: i64 = format!("{fraction:0<9}").parse().ok()?;
    moment.and_utc().checked_add_signed(Duration::nanoseconds(nanoseconds))
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;

    #[test]
    fn dates_of_pdfs_are_read_with_their_offset() {
        let read = |text: &str| read_date(&Object::string_literal(text));
        let noon = Utc.with_ymd_and_hms(2026, 11, 26, 12, 0, 0).single();
        assert_eq!(read("D:20261126120000Z"), noon);
        assert_eq!(read("D:20261126130000+01'00'"), noon);
        assert_eq!(read("D:20261126130000+01'00"), noon);
        assert_eq!(read("D:20261126083000-03'30'"), noon);
        assert_eq!(read("20261126120000"), noon);
        assert_eq!(read("D:20261126"), Utc.with_ymd_and_hms(2026, 11, 26, 0, 0, 0).single());
        for wrong in [
            "",
            "D:",
            "D:2026é",
            "D:20261326120000",
            "D:20261126120000+99'99'",
            "D:999999",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        assert_eq!(noon.map(write_date).as_deref(), Some("D:20261126120000+00'00'"));
    }

    #[test]
    fn times_of_stamps_may_have_fractions() {
        let read = |text: &str| read_generalized_time(text.as_bytes()).map(|moment| moment.to_rfc3339());
        assert_eq!(read("20261126120000Z").as_deref(), Some("2026-11-26T12:00:00+00:00"));
        assert_eq!(
            read("20261126120000.25Z").as_deref(),
            Some("2026-11-26T12:00:00.250+00:00")
        );
        for wrong in [
            "20261126120000",
            "20261126120000+0100",
            "202611261200Z",
            "20261126120000.xZ",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
