use ::sealing::{Coverage, seal, verify};
use lopdf::{Object, dictionary};

use crate::samples::{TYPST, all, key, options, with_streams, with_table};

/// Whether somebody who asks for an intact seal over the whole file would be content.
fn accepted(pdf: &[u8]) -> bool {
    verify(pdf).is_ok_and(|reports| {
        !reports.is_empty()
            && reports
                .iter()
                .all(|report| report.is_intact() && report.covers_whole_file())
    })
}

#[test]
fn each_changed_byte_is_found() {
    for pdf in [with_table(), with_streams()] {
        let sealed = seal(&pdf, key(), &options()).unwrap();
        assert!(accepted(&sealed));
        let gap = sealed.windows(11).rposition(|it| it == b"/Contents<3").unwrap() + 10;
        let end = gap + sealed[gap..].iter().position(|it| *it == b'>').unwrap();
        let mut changed = sealed.clone();
        for at in (0..gap).chain(end..sealed.len()) {
            for flip in [1, 0x20] {
                changed[at] ^= flip;
                assert!(!accepted(&changed), "byte {at} of {}", sealed.len());
                changed[at] ^= flip;
            }
        }
        assert!(accepted(&changed));
    }
}

#[test]
fn each_changed_byte_of_a_typst_document_is_found() {
    let sealed = seal(TYPST, key(), &options()).unwrap();
    let mut changed = sealed.clone();
    for at in (0..TYPST.len()).step_by(17) {
        changed[at] ^= 1;
        assert!(!accepted(&changed), "byte {at}");
        changed[at] ^= 1;
    }
}

#[test]
fn nothing_hides_behind_the_signature() {
    let mut sealed = seal(&with_table(), key(), &options()).unwrap();
    let end = sealed.windows(3).rposition(|it| it == b">/M").unwrap();
    sealed[end - 1] = b'1';
    let report = &verify(&sealed).unwrap()[0];
    assert_eq!(report.coverage, Coverage::Broken("something lies behind the signature"));
    assert!(!report.is_intact());
}

#[test]
fn what_is_appended_is_reported() {
    for (kind, pdf) in all() {
        let sealed = seal(&pdf, key(), &options()).unwrap();
        let document = lopdf::Document::load_mem(&sealed).unwrap();
        let page = document.page_iter().next().unwrap();
        let mut incremental = lopdf::IncrementalDocument::create_from(sealed.clone(), document);
        incremental.opt_clone_object_to_new_document(page).unwrap();
        let changed = incremental.new_document.get_dictionary_mut(page).unwrap();
        changed.set(
            "MediaBox",
            vec![0.into(), 0.into(), Object::Integer(9), Object::Integer(9)],
        );
        incremental.new_document.add_object(dictionary! { "Type" => "Annot" });
        let mut bytes = Vec::new();
        incremental.save_to(&mut bytes).unwrap();
        assert!(bytes.starts_with(&sealed), "{kind}");
        let report = &verify(&bytes).unwrap()[0];
        assert!(report.is_intact() && !report.covers_whole_file(), "{kind}: {report:?}");
        let Coverage::Revision { end, later } = &report.coverage else {
            panic!("{kind}: {:?}", report.coverage);
        };
        assert_eq!(*end, sealed.len(), "{kind}");
        assert_eq!(later.changed, [page.0], "{kind}");
        assert_eq!(later.added.len(), 1, "{kind}: {later:?}");
    }
}

#[test]
fn bytes_after_the_end_are_reported() {
    let mut sealed = seal(&with_table(), key(), &options()).unwrap();
    sealed.extend_from_slice(b"% nothing\n");
    let report = &verify(&sealed).unwrap()[0];
    assert!(report.is_intact());
    assert!(
        matches!(&report.coverage, Coverage::Revision { later, .. } if later.bytes == 10 && later.added.is_empty())
    );
}

#[test]
fn a_signature_of_another_document_is_worth_nothing() {
    let (table, streams) = (with_table(), with_streams());
    let (one, mut other) = (
        seal(&table, key(), &options()).unwrap(),
        seal(&streams, key(), &options()).unwrap(),
    );
    let gap = |pdf: &[u8]| pdf.windows(11).rposition(|it| it == b"/Contents<3").unwrap() + 9;
    let end = one.windows(3).rposition(|it| it == b">/M").unwrap();
    let contents = one[gap(&one)..end].to_vec();
    let at = gap(&other);
    other[at..at + contents.len()].copy_from_slice(&contents);
    let report = &verify(&other).unwrap()[0];
    assert!(!report.digest && !report.is_intact());
}

#[test]
fn what_a_signature_says_of_itself_cannot_be_changed_later() {
    for (kind, pdf) in all() {
        let sealed = seal(&pdf, key(), &options()).unwrap();
        let document = lopdf::Document::load_mem(&sealed).unwrap();
        let is_signature = |object: &Object| object.as_dict().is_ok_and(|it| it.has_type(b"Sig"));
        let (signature, _) = document
            .objects
            .iter()
            .find(|(_, object)| is_signature(object))
            .unwrap();
        let signature = *signature;
        let mut incremental = lopdf::IncrementalDocument::create_from(sealed.clone(), document);
        incremental.opt_clone_object_to_new_document(signature).unwrap();
        let changed = incremental.new_document.get_dictionary_mut(signature).unwrap();
        changed.set("Reason", lopdf::text_string("Facture payée"));
        let mut bytes = Vec::new();
        incremental.save_to(&mut bytes).unwrap();
        let report = &verify(&bytes).unwrap()[0];
        assert_eq!(
            report.coverage,
            Coverage::Broken("the signature was changed later"),
            "{kind}"
        );
        assert!(!report.is_intact());
    }
}
