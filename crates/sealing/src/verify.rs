//! What the signatures of a PDF are worth.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use lopdf::{Dictionary, Document, Object, ObjectId};

use crate::{
    certificate::Certificate,
    check::Check,
    cms::Envelope,
    pdf::{PdfError, load, read_date},
    timestamp::Parsed,
};

/// More signatures, fields and levels of fields are not looked at.
const MOST_SEALS: usize = 64;
const MOST_FIELDS: usize = 10_000;
const DEEPEST: usize = 32;

const PADES: &str = "ETSI.CAdES.detached";
const DOCUMENT_STAMP: &str = "ETSI.RFC3161";

/// What a signature covers. The signature itself is never covered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Coverage {
    /// Every byte of the file.
    Whole,
    /// The first bytes of the file: something was added later.
    Revision { end: usize, later: Later },
    /// The ranges leave something out that they must not, or the signature lies elsewhere.
    Broken(&'static str),
}

/// What was added to a file after a signature.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Later {
    pub bytes: usize,
    /// The numbers of objects that are new, that say something else, and that are gone. A later seal, too, adds some and
    /// changes those that lead to it (the page, the form, perhaps the catalog).
    pub added: Vec<u32>,
    pub changed: Vec<u32>,
    pub removed: Vec<u32>,
}

/// The levels of `PAdES` that are recognized here (ETSI EN 319 142-1 §6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Signed attributes as the baseline wants them.
    BB,
    /// With a time stamp.
    BT,
}

/// What was found of one signature.
#[derive(Debug, Clone)]
pub struct SealReport {
    /// The signature field's name.
    pub field: String,
    /// How the signature is written: `ETSI.CAdES.detached` for `PAdES`, `adbe.pkcs7.detached` for its predecessor, and
    /// `ETSI.RFC3161` for a time stamp over the document, whose signer is the authority.
    pub format: String,
    pub coverage: Coverage,
    /// Whether the covered bytes are those that were signed.
    pub digest: bool,
    /// Whether the signature was made with the key of the certificate.
    pub signature: Check,
    /// Whether the certificate is the one that was signed for (RFC 5035); nothing where the signature does not say.
    pub certificate_named: Option<bool>,
    /// The certificate that came along. Whether to trust it is the reader's to say, by its thumbprint.
    pub certificate: Option<Certificate>,
    /// The time that whoever sealed claims.
    pub claimed_at: Option<DateTime<Utc>>,
    pub reason: Option<String>,
    pub location: Option<String>,
    pub timestamp: Option<TimestampReport>,
    pub level: Option<Level>,
}

/// What was found of a signature's time stamp.
#[derive(Debug, Clone)]
pub struct TimestampReport {
    pub time: DateTime<Utc>,
    /// The authority's name.
    pub authority: Option<String>,
    pub certificate: Option<Certificate>,
    /// Whether it is this signature that was stamped.
    pub fits: bool,
    pub signature: Check,
    /// Whether the authority's certificate is one for time stamps and was valid then.
    pub certificate_valid: bool,
}

impl TimestampReport {
    fn of(token: &Parsed, stamped: &[&[u8]]) -> Self {
        let valid = |authority: &Certificate| authority.is_for_time_stamping() && authority.is_valid_at(token.time);
        Self {
            time: token.time,
            authority: token.name(),
            fits: token.is_of(stamped),
            signature: token.signature(),
            certificate_valid: token.authority.as_ref().is_some_and(valid),
            certificate: token.authority.clone(),
        }
    }

    pub fn is_valid(&self) -> bool {
        self.fits && self.certificate_valid && self.signature == Check::Valid
    }
}

impl SealReport {
    /// Whether what the signature covers is as it was signed, with the key of the certificate that came along.
    pub fn is_intact(&self) -> bool {
        self.digest
            && self.signature == Check::Valid
            && self.certificate_named != Some(false)
            && !matches!(self.coverage, Coverage::Broken(_))
    }

    /// Whether, besides, nothing was added later.
    pub fn covers_whole_file(&self) -> bool {
        self.coverage == Coverage::Whole
    }

    /// The best known moment: that of a valid time stamp, else the claimed one.
    pub fn time(&self) -> Option<DateTime<Utc>> {
        match &self.timestamp {
            Some(timestamp) if timestamp.is_valid() => Some(timestamp.time),
            _ => self.claimed_at,
        }
    }

    /// Whether the certificate was valid at that moment.
    pub fn certificate_was_valid(&self) -> bool {
        let (Some(certificate), Some(time)) = (&self.certificate, self.time()) else {
            return false;
        };
        certificate.is_valid_at(time)
    }
}

/// Looks at every signature that the form of a PDF leads to, in the order of what they cover. A PDF without any has
/// none to report; one whose structure would have to be repaired is refused, since another reader might repair it to
/// something else.
pub fn verify(pdf: &[u8]) -> Result<Vec<SealReport>, PdfError> {
    let document = load(pdf)?;
    let mut reports: Vec<(usize, SealReport)> = fields(&document)
        .into_iter()
        .take(MOST_SEALS)
        .map(|(name, signature)| report(pdf, &document, name, signature))
        .collect();
    reports.sort_by_key(|(end, _)| *end);
    Ok(reports.into_iter().map(|(_, report)| report).collect())
}

/// The signature dictionaries of the form's fields, with the fields' full names.
fn fields(document: &Document) -> Vec<(String, &Dictionary)> {
    let form = document
        .catalog()
        .and_then(|catalog| catalog.get_deref(b"AcroForm", document)?.as_dict());
    let roots = form.and_then(|form| form.get_deref(b"Fields", document)?.as_array());
    let mut walk = Walk {
        document,
        seen: BTreeSet::new(),
        left: MOST_FIELDS,
        found: Vec::new(),
    };
    for field in roots.into_iter().flatten() {
        walk.visit(field, "", false, DEEPEST);
    }
    walk.found
}

struct Walk<'a> {
    document: &'a Document,
    seen: BTreeSet<ObjectId>,
    left: usize,
    found: Vec<(String, &'a Dictionary)>,
}

impl<'a> Walk<'a> {
    /// `FT` is inherited (ISO 32000-2 §12.7.4.1).
    fn visit(&mut self, field: &'a Object, above: &str, signs: bool, depth: usize) {
        if self.left == 0 || depth == 0 {
            return;
        }
        self.left -= 1;
        if let Ok(id) = field.as_reference()
            && !self.seen.insert(id)
        {
            return;
        }
        let Ok((_, Object::Dictionary(field))) = self.document.dereference(field) else {
            return;
        };
        let own = field
            .get(b"T")
            .ok()
            .and_then(|name| lopdf::decode_text_string(name).ok());
        let name = match own {
            Some(own) if above.is_empty() => own,
            Some(own) => format!("{above}.{own}"),
            None => above.to_owned(),
        };
        let signs = match field.get_deref(b"FT", self.document) {
            Ok(kind) => kind.as_name().is_ok_and(|kind| kind == b"Sig"),
            Err(_) => signs,
        };
        if signs && let Ok(signature) = field.get_deref(b"V", self.document).and_then(Object::as_dict) {
            self.found.push((name.clone(), signature));
        }
        for kid in field
            .get_deref(b"Kids", self.document)
            .and_then(Object::as_array)
            .into_iter()
            .flatten()
        {
            self.visit(kid, &name, signs, depth - 1);
        }
    }
}

fn report(pdf: &[u8], document: &Document, field: String, signature: &Dictionary) -> (usize, SealReport) {
    let text = |key: &[u8]| {
        let value = signature.get_deref(key, document).ok()?;
        lopdf::decode_text_string(value).ok()
    };
    let format = signature.get_deref(b"SubFilter", document).and_then(Object::as_name);
    let mut report = SealReport {
        field,
        format: String::from_utf8_lossy(format.unwrap_or_default()).into_owned(),
        coverage: Coverage::Broken("there is no range of bytes"),
        digest: false,
        signature: Check::Unsupported,
        certificate_named: None,
        certificate: None,
        claimed_at: signature.get_deref(b"M", document).ok().and_then(read_date),
        reason: text(b"Reason"),
        location: text(b"Location"),
        timestamp: None,
        level: None,
    };
    let range = match Range::of(pdf, document, signature) {
        Ok(range) => range,
        Err(why) => {
            report.coverage = Coverage::Broken(why);
            return (0, report);
        }
    };
    report.coverage = range.coverage(pdf, document, &report.field, signature);
    let covered = range.covered(pdf);
    match der_of(&range.contents) {
        Some(der) if report.format == DOCUMENT_STAMP => examine_stamp(&mut report, der, &covered),
        Some(der) => examine(&mut report, der, &covered),
        None => report.coverage = Coverage::Broken("something lies behind the signature"),
    }
    (range.end, report)
}

/// What cannot be read stays as the report began: neither right nor supported.
fn examine(report: &mut SealReport, der: &[u8], covered: &[&[u8]]) {
    let Ok(envelope) = Envelope::from_der(der) else {
        return;
    };
    let Some(hash) = envelope.hash() else {
        return;
    };
    report.digest = envelope.has_digest(&hash.of(covered));
    report.certificate = envelope.signer();
    if let Some(certificate) = &report.certificate {
        report.signature = envelope.is_signed_by(certificate);
        report.certificate_named = envelope.names_certificate(certificate);
    }
    report.timestamp = stamp(&envelope);
    report.level = level(report);
}

/// A time stamp over the document (ETSI EN 319 142-1 §5.4.3).
fn examine_stamp(report: &mut SealReport, der: &[u8], covered: &[&[u8]]) {
    let Ok(token) = Parsed::from_der(der) else {
        return;
    };
    let stamp = TimestampReport::of(&token, covered);
    report.digest = stamp.fits;
    report.signature = stamp.signature;
    report.certificate.clone_from(&stamp.certificate);
    report.timestamp = Some(stamp);
}

fn level(report: &SealReport) -> Option<Level> {
    let baseline = report.format == PADES && report.certificate_named == Some(true) && report.claimed_at.is_some();
    if !baseline || !report.is_intact() {
        return None;
    }
    match &report.timestamp {
        Some(timestamp) if timestamp.is_valid() => Some(Level::BT),
        _ => Some(Level::BB),
    }
}

/// What can be said of the time stamp; one that cannot be read is none.
fn stamp(envelope: &Envelope) -> Option<TimestampReport> {
    let token = Parsed::from_der(&envelope.token()?.ok()?).ok()?;
    Some(TimestampReport::of(&token, &[envelope.signature_value()]))
}

/// The DER that a signature begins with, when only zeros follow.
fn der_of(contents: &[u8]) -> Option<&[u8]> {
    let mut reader = der::SliceReader::new(contents).ok()?;
    let header = <der::Header as der::Decode>::decode(&mut reader).ok()?;
    let start = contents.len() - usize::try_from(der::Reader::remaining_len(&reader)).ok()?;
    let end = start.checked_add(usize::try_from(header.length()).ok()?)?;
    let (der, rest) = contents.split_at_checked(end)?;
    rest.iter().all(|byte| *byte == 0).then_some(der)
}

/// The two ranges that a signature covers, around itself.
struct Range {
    gap: std::ops::Range<usize>,
    end: usize,
    contents: Vec<u8>,
}

impl Range {
    /// The gap has to be the signature's hexadecimal digits, with their brackets, and nothing else.
    fn of(pdf: &[u8], document: &Document, signature: &Dictionary) -> Result<Self, &'static str> {
        let range = signature.get_deref(b"ByteRange", document).and_then(Object::as_array);
        let range: Vec<usize> = range
            .map_err(|_| "there is no range of bytes")?
            .iter()
            .map(|number| number.as_i64().ok().and_then(|number| usize::try_from(number).ok()))
            .collect::<Option<_>>()
            .ok_or("the range of bytes is no range")?;
        let [0, before, after, length] = range[..] else {
            return Err("the range does not begin with the file");
        };
        let end = after.checked_add(length).ok_or("the range of bytes is no range")?;
        if before >= after || end > pdf.len() {
            return Err("the range of bytes is no range");
        }
        let digits = pdf[before..after]
            .strip_prefix(b"<")
            .and_then(|rest| rest.strip_suffix(b">"));
        let digits = digits.ok_or("the range leaves out more than the signature")?;
        let contents = hex::decode(digits).map_err(|_| "the range leaves out more than the signature")?;
        let named = signature.get_deref(b"Contents", document).and_then(Object::as_str);
        if named.ok() != Some(&contents) {
            return Err("the range is around another signature");
        }
        Ok(Self {
            gap: before..after,
            end,
            contents,
        })
    }

    fn covered<'a>(&self, pdf: &'a [u8]) -> [&'a [u8]; 2] {
        [&pdf[..self.gap.start], &pdf[self.gap.end..self.end]]
    }

    /// What was signed is a file of its own, in which the signature has to be as it is now: whoever adds to the file
    /// cannot change what a signature says of itself.
    fn coverage(&self, pdf: &[u8], document: &Document, field: &str, signature: &Dictionary) -> Coverage {
        if self.end == pdf.len() {
            return Coverage::Whole;
        }
        let Ok(before) = load(&pdf[..self.end]) else {
            return Coverage::Broken("what the range covers is no PDF");
        };
        if !fields(&before)
            .iter()
            .any(|(name, earlier)| name == field && *earlier == signature)
        {
            return Coverage::Broken("the signature was changed later");
        }
        Coverage::Revision {
            end: self.end,
            later: later(&before, document, pdf.len() - self.end),
        }
    }
}

fn later(before: &Document, after: &Document, bytes: usize) -> Later {
    let matters = |object: &Object| {
        let kind = object
            .as_stream()
            .and_then(|stream| stream.dict.get(b"Type"))
            .and_then(Object::as_name);
        !matches!(kind, Ok(b"XRef" | b"ObjStm"))
    };
    let mut later = Later {
        bytes,
        ..Later::default()
    };
    for (id, object) in after.objects.iter().filter(|(_, object)| matters(object)) {
        match before.objects.get(id) {
            None => later.added.push(id.0),
            Some(earlier) if earlier != object => later.changed.push(id.0),
            Some(_) => {}
        }
    }
    let gone = before
        .objects
        .iter()
        .filter(|(id, object)| matters(object) && !after.objects.contains_key(id));
    later.removed.extend(gone.map(|(id, _)| id.0));
    later
}
