//! What PDF/A-3 and Factur-X ask of the file itself (ISO 19005-3; Factur-X 1.0, 6). No validator of PDF/A is run here.

use documents::{Look, Renderer};
use lopdf::{Dictionary, Document, Object, Stream};

use crate::{cases, papers::renderer};

pub(crate) fn page_count(pdf: &[u8]) -> usize {
    Document::load_mem(pdf).unwrap().get_pages().len()
}

/// Every text of a document in the order of its pages; blanks of all widths as one.
pub(crate) fn text(pdf: &[u8]) -> String {
    let document = Document::load_mem(pdf).unwrap();
    let pages: Vec<u32> = document.get_pages().keys().copied().collect();
    document
        .extract_text(&pages)
        .unwrap()
        .replace(['\u{a0}', '\u{202f}'], " ")
}

fn factur_x() -> Document {
    let renderer: &Renderer = renderer();
    let pdf = renderer.factur_x(&cases::several_rates(), Look::default()).unwrap();
    Document::load_mem(&pdf).unwrap()
}

fn followed<'a>(document: &'a Document, object: &'a Object) -> &'a Object {
    document.dereference(object).unwrap().1
}

fn dictionary<'a>(document: &'a Document, object: &'a Object) -> &'a Dictionary {
    followed(document, object).as_dict().unwrap()
}

fn stream<'a>(document: &'a Document, object: &'a Object) -> &'a Stream {
    followed(document, object).as_stream().unwrap()
}

#[test]
fn the_catalog_says_what_archives_ask_for() {
    let document = factur_x();
    let catalog = document.catalog().unwrap();
    for key in ["Metadata", "OutputIntents", "AF", "Names", "Lang", "MarkInfo"] {
        assert!(catalog.has(key.as_bytes()), "{key}");
    }
    for key in ["OpenAction", "AA", "AcroForm", "Encrypt", "NeedsRendering"] {
        assert!(!catalog.has(key.as_bytes()), "{key}");
    }
    assert!(document.trailer.has(b"ID"));
    assert!(!document.trailer.has(b"Encrypt"));
    let intents = followed(&document, catalog.get(b"OutputIntents").unwrap())
        .as_array()
        .unwrap();
    let intent = dictionary(&document, &intents[0]);
    assert_eq!(intent.get(b"S").unwrap().as_name().unwrap(), b"GTS_PDFA1");
    assert!(intent.has(b"DestOutputProfile"));
}

#[test]
fn the_invoice_is_attached_and_named_in_both_places() {
    let document = factur_x();
    let catalog = document.catalog().unwrap();
    let attached = followed(&document, catalog.get(b"AF").unwrap()).as_array().unwrap();
    assert_eq!(attached.len(), 1);
    let file = dictionary(&document, &attached[0]);
    assert_eq!(file.get(b"AFRelationship").unwrap().as_name().unwrap(), b"Alternative");
    for key in [&b"F"[..], b"UF"] {
        assert_eq!(
            lopdf::decode_text_string(file.get(key).unwrap()).unwrap(),
            "factur-x.xml"
        );
    }
    assert!(file.has(b"Desc"));
    let inside = dictionary(&document, file.get(b"EF").unwrap());
    let inside = stream(&document, inside.get(b"F").unwrap());
    assert_eq!(inside.dict.get(b"Subtype").unwrap().as_name().unwrap(), b"text/xml");
    assert!(dictionary(&document, inside.dict.get(b"Params").unwrap()).has(b"ModDate"));
    let names = dictionary(&document, catalog.get(b"Names").unwrap());
    assert!(names.has(b"EmbeddedFiles"));
}

#[test]
fn the_metadata_says_archive_and_invoice() {
    let document = factur_x();
    let metadata = stream(&document, document.catalog().unwrap().get(b"Metadata").unwrap());
    assert!(!metadata.dict.has(b"Filter"));
    let packet = str::from_utf8(&metadata.content).unwrap();
    for words in [
        "<pdfaid:part>3</pdfaid:part>",
        "<pdfaid:conformance>B</pdfaid:conformance>",
        "<fx:DocumentType>INVOICE</fx:DocumentType>",
        "<fx:DocumentFileName>factur-x.xml</fx:DocumentFileName>",
        "<fx:Version>1.0</fx:Version>",
        "<fx:ConformanceLevel>EN 16931</fx:ConformanceLevel>",
        "<pdfaSchema:namespaceURI>urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#</pdfaSchema:namespaceURI>",
        "2026-11-26",
        "Facture 2026-F-002",
    ] {
        assert!(packet.contains(words), "{words} is missing in {packet}");
    }
    let mut reader = quick_xml::Reader::from_str(packet);
    while !matches!(reader.read_event().unwrap(), quick_xml::events::Event::Eof) {}
}

#[test]
fn every_font_is_embedded() {
    let document = factur_x();
    let mut fonts = 0;
    for object in document.objects.values() {
        let Ok(font) = object.as_dict() else { continue };
        if font.get(b"Type").and_then(Object::as_name).ok() != Some(b"FontDescriptor") {
            continue;
        }
        fonts += 1;
        assert!(font.has(b"FontFile2") || font.has(b"FontFile3"), "{font:?}");
    }
    assert!(fonts >= 2, "{fonts}");
}

#[test]
fn nothing_in_it_runs_or_leads_away() {
    let document = factur_x();
    for object in document.objects.values() {
        let Ok(dictionary) = object.as_dict() else { continue };
        for key in ["JS", "JavaScript", "Launch", "URI", "GoToR"] {
            assert!(!dictionary.has(key.as_bytes()), "{dictionary:?}");
        }
    }
}

/// ISO 19005-3, 6.1.2, 6.1.7 and 6.1.9: how the bytes around objects and streams lie, also after lopdf has written them.
#[test]
fn the_bytes_lie_as_archives_want_them() {
    let pdf = renderer().factur_x(&cases::several_rates(), Look::default()).unwrap();
    let header = [&b"%PDF-1.7\n%"[..], &pdf[10..14]].concat();
    assert!(pdf.starts_with(&header) && pdf[10..14].iter().all(|byte| *byte > 127));
    let follows = |keyword: &[u8], before: &[u8], after: &[u8]| {
        let places: Vec<usize> = (0..pdf.len())
            .filter(|place| pdf[*place..].starts_with(keyword))
            .collect();
        assert!(!places.is_empty());
        for place in places {
            assert!(before.is_empty() || before.contains(&pdf[place - 1]), "before {place}");
            assert!(after.contains(&pdf[place + keyword.len()]), "after {place}");
        }
    };
    follows(b" 0 obj", b"0123456789", b"\n\r");
    follows(b"endobj", b"\n\r", b"\n\r");
    follows(b"endstream", b"\n\r", b" \n\r");
    assert!(pdf.ends_with(b"%%EOF") || pdf.ends_with(b"%%EOF\n"));
}
