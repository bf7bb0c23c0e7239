//! PDFs to seal, and who seals them.

use std::{path::PathBuf, sync::LazyLock};

use ::sealing::{SealingKey, SealingOptions, Subject};
use chrono::{DateTime, TimeZone, Utc};
use lopdf::{Dictionary, Document, Object, Stream, dictionary};

/// What Typst 0.15 makes of a page with a file attached, as PDF/A-3b.
pub(crate) const TYPST: &[u8] = include_bytes!("samples/typst-pdfa3b.pdf");

pub(crate) fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 26, 12, 0, 0).unwrap()
}

pub(crate) fn company() -> Subject {
    Subject {
        name: "Ébénisterie Lefèvre & Fils".to_owned(),
        organization_identifier: Some("NTRFR-732829320".to_owned()),
        country: Some("FR".to_owned()),
    }
}

/// One key for all tests that do not ask where keys come from.
pub(crate) fn key() -> &'static SealingKey {
    static KEY: LazyLock<SealingKey> = LazyLock::new(|| SealingKey::generate(&company(), noon()).unwrap());
    &KEY
}

pub(crate) fn options() -> SealingOptions {
    SealingOptions {
        name: Some("Ébénisterie Lefèvre & Fils".to_owned()),
        reason: Some("Devis accepté (D-2026-0042)".to_owned()),
        location: Some("Besançon".to_owned()),
        contact: Some("contact@lefevre.example".to_owned()),
        ..SealingOptions::at(noon())
    }
}

pub(crate) fn document() -> Document {
    let mut document = Document::with_version("1.7");
    let pages = document.new_object_id();
    let content = document.add_object(Stream::new(Dictionary::new(), b"0 0 m 100 100 l S".to_vec()));
    let page = document.add_object(dictionary! {
        "Type" => "Page",
        "Parent" => pages,
        "MediaBox" => vec![0.into(), 0.into(), Object::Real(595.276), Object::Real(841.89)],
        "Resources" => Dictionary::new(),
        "Contents" => content,
    });
    document.objects.insert(
        pages,
        dictionary! { "Type" => "Pages", "Kids" => vec![page.into()], "Count" => 1 }.into(),
    );
    let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => pages });
    document.trailer.set("Root", catalog);
    document
}

/// With a table of cross-references.
pub(crate) fn with_table() -> Vec<u8> {
    save(document(), false)
}

/// With object streams and a stream of cross-references.
pub(crate) fn with_streams() -> Vec<u8> {
    save(document(), true)
}

pub(crate) fn save(mut document: Document, modern: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    if modern {
        document.save_modern(&mut bytes).unwrap();
        assert!(bytes.windows(7).any(|it| it == b"/ObjStm"));
    } else {
        document.reference_table.cross_reference_type = lopdf::xref::XrefType::CrossReferenceTable;
        document.save_to(&mut bytes).unwrap();
        assert!(bytes.windows(5).any(|it| it == b"\nxref"));
    }
    bytes
}

/// A PDF whose page has a list of annotations of its own, and whose catalog holds a form with a text field.
pub(crate) fn with_form(modern: bool) -> Vec<u8> {
    let mut document = document();
    let page = document.page_iter().next().unwrap();
    let field = document.add_object(dictionary! {
        "Type" => "Annot", "Subtype" => "Widget", "FT" => "Tx", "P" => page, "F" => 4,
        "T" => Object::string_literal("Seal1"),
        "Rect" => vec![10.into(), 10.into(), 90.into(), 30.into()],
    });
    let annotations = document.add_object(Object::Array(vec![field.into()]));
    document.get_dictionary_mut(page).unwrap().set("Annots", annotations);
    let form = dictionary! { "Fields" => vec![field.into()], "DA" => Object::string_literal("/Helv 0 Tf") };
    document.catalog_mut().unwrap().set("AcroForm", form);
    save(document, modern)
}

pub(crate) fn all() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("table", with_table()),
        ("streams", with_streams()),
        ("typst", TYPST.to_vec()),
        ("form", with_form(false)),
        ("form in streams", with_form(true)),
    ]
}

pub(crate) fn script(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../scripts")
        .join(name)
}
