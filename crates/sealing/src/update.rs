//! The incremental update (ISO 32000-2 §7.5.6) that brings a signature field into a PDF: what is there stays, byte by byte.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use lopdf::{Dictionary, Document, Object, ObjectId, Stream, StringFormat, Writer, text_string};

use crate::{
    asn1::sha256,
    pdf::{PdfError, load, write_date},
    seal::{SealError, SealingOptions},
};

/// Bytes kept free for the signature: chain and time stamp of the usual length take a half.
pub(crate) const ROOM: usize = 16 * 1024;

/// Print, and Locked: the field can be neither moved nor deleted by hand (ISO 32000-2, table 167). PDF/A asks for the
/// first and forbids what hides (ISO 19005-3 §6.3.2).
const FLAGS: i64 = 4 | 128;

/// The document has signatures and may only be appended to (ISO 32000-2, table 225).
const SIGNATURES_EXIST: i64 = 1 | 2;

/// A document with a place for a signature.
#[derive(Debug, Clone)]
pub(crate) struct Update {
    pub(crate) bytes: Vec<u8>,
    /// The signature with its angle brackets: all that is not sealed.
    pub(crate) gap: Range<usize>,
}

pub(crate) fn append(pdf: &[u8], options: &SealingOptions) -> Result<Update, SealError> {
    let document = load(pdf)?;
    refuse_certified(&document)?;
    let mut changes = Changes::of(&document)?;
    let form = changes.form()?;
    let name = free_name(&document, changes.get(form)?);
    let seal = changes.reserve()?;
    let field = changes.add_field(&name, seal)?;
    changes.push(form, b"Fields", Object::Reference(field))?;
    changes.mark_signed(form)?;
    write(pdf, &document, changes, seal, options)
}

/// A document that was certified so that nothing may be added (`DocMDP` with P 1, ISO 32000-2 §12.8.2.2).
fn refuse_certified(document: &Document) -> Result<(), SealError> {
    let permission = || -> lopdf::Result<i64> {
        let permissions = document.catalog()?.get_deref(b"Perms", document)?.as_dict()?;
        let signature = permissions.get_deref(b"DocMDP", document)?.as_dict()?;
        let references = signature.get_deref(b"Reference", document)?.as_array()?;
        let reference = references
            .first()
            .ok_or(lopdf::Error::DictKey("Reference".to_owned()))?;
        let (_, reference) = document.dereference(reference)?;
        let parameters = reference
            .as_dict()?
            .get_deref(b"TransformParams", document)?
            .as_dict()?;
        Ok(parameters
            .get_deref(b"P", document)
            .and_then(Object::as_i64)
            .unwrap_or(2))
    };
    match permission() {
        Ok(1) => Err(SealError::Certified),
        _ => Ok(()),
    }
}

/// `Seal1` and on: names of fields are unique.
fn free_name(document: &Document, form: &Dictionary) -> String {
    let fields = form.get_deref(b"Fields", document).and_then(Object::as_array);
    let names: BTreeSet<Vec<u8>> = fields
        .into_iter()
        .flatten()
        .filter_map(|field| document.dereference(field).ok()?.1.as_dict().ok()?.get(b"T").ok())
        .filter_map(|name| lopdf::decode_text_string(name).ok().map(String::into_bytes))
        .collect();
    let mut number = 1_u64;
    loop {
        let name = format!("Seal{number}");
        if !names.contains(name.as_bytes()) {
            return name;
        }
        number += 1;
    }
}

/// Objects that are new, or that replace those of the document.
struct Changes<'a> {
    document: &'a Document,
    catalog: ObjectId,
    objects: BTreeMap<ObjectId, Object>,
    next: u32,
}

impl<'a> Changes<'a> {
    fn of(document: &'a Document) -> Result<Self, PdfError> {
        let size = document.trailer.get(b"Size").and_then(Object::as_i64).unwrap_or(0);
        let size = u32::try_from(size).map_err(PdfError::damaged)?;
        let after = document.max_id.checked_add(1);
        Ok(Self {
            document,
            catalog: document
                .trailer
                .get(b"Root")
                .and_then(Object::as_reference)
                .map_err(PdfError::damaged)?,
            objects: BTreeMap::new(),
            next: after
                .ok_or_else(|| PdfError::damaged("no object number is left"))?
                .max(size),
        })
    }

    fn reserve(&mut self) -> Result<ObjectId, PdfError> {
        let id = (self.next, 0);
        self.next = self
            .next
            .checked_add(1)
            .ok_or_else(|| PdfError::damaged("no object number is left"))?;
        Ok(id)
    }

    fn add(&mut self, object: Object) -> Result<ObjectId, PdfError> {
        let id = self.reserve()?;
        self.objects.insert(id, object);
        Ok(id)
    }

    fn object(&self, id: ObjectId) -> Result<&Object, PdfError> {
        match self.objects.get(&id) {
            Some(object) => Ok(object),
            None => self
                .document
                .objects
                .get(&id)
                .ok_or_else(|| PdfError::damaged("an object is missing")),
        }
    }

    fn get(&self, id: ObjectId) -> Result<&Dictionary, PdfError> {
        self.object(id)?.as_dict().map_err(PdfError::damaged)
    }

    fn edit(&mut self, id: ObjectId) -> Result<&mut Object, PdfError> {
        let object = self.object(id)?.clone();
        Ok(self.objects.entry(id).or_insert(object))
    }

    fn edit_dictionary(&mut self, id: ObjectId) -> Result<&mut Dictionary, PdfError> {
        self.edit(id)?.as_dict_mut().map_err(PdfError::damaged)
    }

    /// Appends to the array under a key, wherever that array lies.
    fn push(&mut self, owner: ObjectId, key: &[u8], value: Object) -> Result<(), PdfError> {
        let elsewhere = self.get(owner)?.get(key).and_then(Object::as_reference);
        let array = if let Ok(id) = elsewhere {
            self.edit(id)?
        } else {
            let owner = self.edit_dictionary(owner)?;
            if !owner.has(key) {
                owner.set(key, Object::Array(Vec::new()));
            }
            owner.get_mut(key).map_err(PdfError::damaged)?
        };
        array.as_array_mut().map_err(PdfError::damaged)?.push(value);
        Ok(())
    }

    /// The document's form, as an object of its own.
    fn form(&mut self) -> Result<ObjectId, PdfError> {
        let form = match self.get(self.catalog)?.get(b"AcroForm") {
            Ok(Object::Reference(id)) => return Ok(*id),
            Ok(Object::Dictionary(form)) => form.clone(),
            Ok(_) => return Err(PdfError::damaged("the form is no dictionary")),
            Err(_) => Dictionary::new(),
        };
        let form = self.add(Object::Dictionary(form))?;
        let catalog = self.catalog;
        self.edit_dictionary(catalog)?.set("AcroForm", Object::Reference(form));
        Ok(form)
    }

    fn mark_signed(&mut self, form: ObjectId) -> Result<(), PdfError> {
        let form = self.edit_dictionary(form)?;
        let flags = form.get(b"SigFlags").and_then(Object::as_i64).unwrap_or(0);
        form.set("SigFlags", Object::Integer(flags | SIGNATURES_EXIST));
        Ok(())
    }

    /// The field with its widget, which nobody sees, on the first page.
    fn add_field(&mut self, name: &str, seal: ObjectId) -> Result<ObjectId, PdfError> {
        let page = self
            .document
            .page_iter()
            .next()
            .ok_or_else(|| PdfError::damaged("it has no page"))?;
        let nowhere = || Object::Array(vec![Object::Integer(0); 4]);
        let appearance = Dictionary::from_iter([
            ("Type", Object::Name(b"XObject".to_vec())),
            ("Subtype", Object::Name(b"Form".to_vec())),
            ("BBox", nowhere()),
            ("Resources", Object::Dictionary(Dictionary::new())),
        ]);
        let appearance = self.add(Object::Stream(Stream::new(appearance, Vec::new())))?;
        let field = self.add(Object::Dictionary(Dictionary::from_iter([
            ("Type", Object::Name(b"Annot".to_vec())),
            ("Subtype", Object::Name(b"Widget".to_vec())),
            ("FT", Object::Name(b"Sig".to_vec())),
            ("T", text_string(name)),
            ("F", Object::Integer(FLAGS)),
            ("Rect", nowhere()),
            ("P", Object::Reference(page)),
            ("V", Object::Reference(seal)),
            (
                "AP",
                Object::Dictionary(Dictionary::from_iter([("N", Object::Reference(appearance))])),
            ),
        ])))?;
        self.push(page, b"Annots", Object::Reference(field))?;
        Ok(field)
    }
}

fn write(
    pdf: &[u8],
    document: &Document,
    changes: Changes<'_>,
    seal: ObjectId,
    options: &SealingOptions,
) -> Result<Update, SealError> {
    let mut bytes = Vec::with_capacity(pdf.len() + 2 * ROOM + 8 * 1024);
    bytes.extend_from_slice(pdf);
    if !pdf.ends_with(b"\n") {
        bytes.push(b'\n');
    }
    let mut places = BTreeMap::new();
    for (id, object) in &changes.objects {
        places.insert(*id, bytes.len());
        put(&mut bytes, &format!("{} {} obj\n", id.0, id.1));
        put_object(&mut bytes, object)?;
        put(&mut bytes, "\nendobj\n");
    }
    places.insert(seal, bytes.len());
    let (range, gap) = put_signature(&mut bytes, seal, options)?;
    put_references(&mut bytes, pdf, document, &places, &changes)?;
    let numbers = format!("[0 {} {} {}]", gap.start, gap.end, bytes.len() - gap.end);
    bytes[range.start..range.start + numbers.len()].copy_from_slice(numbers.as_bytes());
    Ok(Update { bytes, gap })
}

fn put(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend_from_slice(text.as_bytes());
}

fn put_object(bytes: &mut Vec<u8>, object: &Object) -> Result<(), PdfError> {
    Writer::write_object(bytes, object).map_err(PdfError::damaged)
}

/// The signature dictionary (ISO 32000-2, table 255) as ETSI EN 319 142-1 §6.3 profiles it: places for the range and the
/// signature.
fn put_signature(
    bytes: &mut Vec<u8>,
    id: ObjectId,
    options: &SealingOptions,
) -> Result<(Range<usize>, Range<usize>), PdfError> {
    const RANGE: usize = "[0 1234567890 1234567890 1234567890]".len();
    put(
        bytes,
        &format!(
            "{} {} obj\n<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/ByteRange",
            id.0, id.1
        ),
    );
    let range = bytes.len()..bytes.len() + RANGE;
    bytes.resize(range.end, b' ');
    put(bytes, "/Contents");
    let gap = bytes.len()..bytes.len() + 2 * ROOM + 2;
    bytes.push(b'<');
    bytes.resize(gap.end - 1, b'0');
    put(bytes, ">/M");
    let date = Object::String(write_date(options.signing_time).into_bytes(), StringFormat::Literal);
    put_object(bytes, &date)?;
    let texts = [
        ("/Name", &options.name),
        ("/Reason", &options.reason),
        ("/Location", &options.location),
        ("/ContactInfo", &options.contact),
    ];
    for (key, text) in texts {
        if let Some(text) = text {
            put(bytes, key);
            put_object(bytes, &text_string(text))?;
        }
    }
    put(bytes, ">>\nendobj\n");
    Ok((range, gap))
}

/// The cross-references, of the kind that the document has: ISO 32000-2 §7.5.8.4 does not mix them.
fn put_references(
    bytes: &mut Vec<u8>,
    pdf: &[u8],
    document: &Document,
    places: &BTreeMap<ObjectId, usize>,
    changes: &Changes<'_>,
) -> Result<(), PdfError> {
    let before = document.xref_start;
    let with_table = pdf.get(before..).is_some_and(|rest| rest.starts_with(b"xref"));
    let start = bytes.len();
    let mut trailer = Dictionary::new();
    for key in [b"Root".as_slice(), b"Info"] {
        if let Ok(value) = document.trailer.get(key) {
            trailer.set(key, value.clone());
        }
    }
    trailer.set("ID", identifier(document, pdf));
    trailer.set(
        "Prev",
        Object::Integer(i64::try_from(before).map_err(PdfError::damaged)?),
    );
    if with_table {
        trailer.set("Size", Object::Integer(i64::from(changes.next)));
        put(bytes, "xref\n");
        for run in runs(places) {
            put(bytes, &format!("{} {}\n", run[0].0.0, run.len()));
            for (id, place) in run {
                put(bytes, &format!("{place:010} {:05} n \n", id.1));
            }
        }
        put(bytes, "trailer\n");
        put_object(bytes, &Object::Dictionary(trailer))?;
        put(bytes, "\n");
    } else {
        let own = (changes.next, 0);
        let mut places = places.clone();
        places.insert(own, start);
        trailer.set("Size", Object::Integer(i64::from(changes.next) + 1));
        trailer.set("Type", Object::Name(b"XRef".to_vec()));
        trailer.set("W", Object::Array(vec![1.into(), 4.into(), 2.into()]));
        let mut index = Vec::new();
        let mut content = Vec::new();
        for run in runs(&places) {
            index.push(Object::Integer(i64::from(run[0].0.0)));
            index.push(Object::Integer(i64::try_from(run.len()).map_err(PdfError::damaged)?));
            for (id, place) in run {
                content.push(1);
                content.extend_from_slice(&u32::try_from(place).map_err(PdfError::damaged)?.to_be_bytes());
                content.extend_from_slice(&id.1.to_be_bytes());
            }
        }
        trailer.set("Index", Object::Array(index));
        put(bytes, &format!("{} {} obj\n", own.0, own.1));
        put_object(bytes, &Object::Stream(Stream::new(trailer, content)))?;
        put(bytes, "\nendobj\n");
    }
    put(bytes, &format!("startxref\n{start}\n%%EOF\n"));
    Ok(())
}

/// The objects in runs of numbers that follow each other.
fn runs(places: &BTreeMap<ObjectId, usize>) -> Vec<Vec<(ObjectId, usize)>> {
    let mut runs: Vec<Vec<(ObjectId, usize)>> = Vec::new();
    for (&id, &place) in places {
        match runs.last_mut() {
            Some(run) if run.last().is_some_and(|(last, _)| last.0.checked_add(1) == Some(id.0)) => {
                run.push((id, place));
            }
            _ => runs.push(vec![(id, place)]),
        }
    }
    runs
}

/// The file's identifier (ISO 32000-2 §14.4): its first half stays, the second says that something changed.
fn identifier(document: &Document, pdf: &[u8]) -> Object {
    let changed = Object::String(sha256(&[pdf])[..16].to_vec(), StringFormat::Hexadecimal);
    let first = match document.trailer.get_deref(b"ID", document).and_then(Object::as_array) {
        Ok(parts) => parts.first().cloned(),
        Err(_) => None,
    };
    Object::Array(vec![first.unwrap_or_else(|| changed.clone()), changed])
}
