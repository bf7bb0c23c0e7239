use ::sealing::{Check, Coverage, Level, SealError, SealingKey, SealingOptions, prepare, seal, verify};
use chrono::{Days, Months};
use lopdf::{Document, Object, dictionary};

use crate::samples::{TYPST, all, company, document, key, noon, options, save, with_form, with_streams, with_table};

#[test]
fn a_seal_is_found_intact() {
    for (kind, pdf) in all() {
        let sealed = seal(&pdf, key(), &options()).unwrap();
        let reports = verify(&sealed).unwrap();
        let [report] = reports.as_slice() else {
            panic!("{kind}: {reports:?}");
        };
        assert!(report.is_intact(), "{kind}: {report:?}");
        assert_eq!(report.coverage, Coverage::Whole, "{kind}");
        assert_eq!(report.signature, Check::Valid);
        assert_eq!(report.level, Some(Level::BB));
        assert_eq!(report.format, "ETSI.CAdES.detached");
        assert_eq!(report.claimed_at, Some(noon()));
        assert_eq!(report.reason.as_deref(), Some("Devis accepté (D-2026-0042)"));
        assert_eq!(report.location.as_deref(), Some("Besançon"));
        assert_eq!(report.certificate.as_ref(), key().certificate());
        assert!(report.certificate_was_valid());
        assert!(report.timestamp.is_none());
    }
}

#[test]
fn what_is_sealed_stays_byte_by_byte() {
    for (kind, pdf) in all() {
        let sealed = seal(&pdf, key(), &options()).unwrap();
        assert!(sealed.starts_with(&pdf), "{kind}");
    }
}

#[test]
fn the_same_input_gives_the_same_seal() {
    for (kind, pdf) in all() {
        let one = seal(&pdf, key(), &options()).unwrap();
        assert!(one == seal(&pdf, key(), &options()).unwrap(), "{kind}");
    }
}

#[test]
fn nothing_but_the_way_to_the_field_changes() {
    for (kind, pdf) in all() {
        let before = Document::load_mem(&pdf).unwrap();
        let after = Document::load_mem(&seal(&pdf, key(), &options()).unwrap()).unwrap();
        let page = before.page_iter().next().unwrap();
        let catalog = before.trailer.get(b"Root").unwrap().as_reference().unwrap();
        let annotations = before
            .get_dictionary(page)
            .unwrap()
            .get(b"Annots")
            .and_then(Object::as_reference)
            .ok();
        for (id, object) in &before.objects {
            if object
                .as_stream()
                .is_ok_and(|it| it.dict.has_type(b"XRef") || it.dict.has_type(b"ObjStm"))
            {
                continue;
            }
            let may = [Some(page), Some(catalog), annotations].contains(&Some(*id));
            assert!(may || after.objects.get(id) == Some(object), "{kind}: {id:?}");
        }
        let (mut old, mut new) = (before.catalog().unwrap().clone(), after.catalog().unwrap().clone());
        old.remove(b"AcroForm");
        new.remove(b"AcroForm");
        assert_eq!(old, new, "{kind}");
    }
}

#[test]
fn the_field_is_as_pdf_a_wants_it() {
    let sealed = Document::load_mem(&seal(TYPST, key(), &options()).unwrap()).unwrap();
    let form = sealed
        .catalog()
        .unwrap()
        .get_deref(b"AcroForm", &sealed)
        .unwrap()
        .as_dict()
        .unwrap();
    assert_eq!(form.get(b"SigFlags").unwrap().as_i64().unwrap(), 3);
    assert!(!form.has(b"NeedAppearances"));
    let page = sealed.page_iter().next().unwrap();
    let annotations = sealed.get_page_annotations(page).unwrap();
    let [field] = annotations.as_slice() else {
        panic!("{annotations:?}");
    };
    let flags = field.get(b"F").unwrap().as_i64().unwrap();
    assert_eq!(flags & 4, 4, "Print");
    assert_eq!(flags & (1 | 2 | 32), 0, "neither Invisible nor Hidden nor NoView");
    let appearance = field.get(b"AP").unwrap().as_dict().unwrap();
    assert_eq!(appearance.len(), 1);
    assert!(
        appearance
            .get_deref(b"N", &sealed)
            .unwrap()
            .as_stream()
            .unwrap()
            .content
            .is_empty()
    );
    let before = Document::load_mem(TYPST).unwrap();
    let id = |document: &Document| document.trailer.get(b"ID").unwrap().as_array().unwrap().clone();
    assert_eq!(id(&before)[0], id(&sealed)[0]);
    assert_ne!(id(&before)[1], id(&sealed)[1]);
}

#[test]
fn cross_references_stay_of_their_kind() {
    let table = seal(&with_table(), key(), &options()).unwrap();
    let streams = seal(&with_streams(), key(), &options()).unwrap();
    let last = |pdf: &[u8]| {
        let text = String::from_utf8_lossy(&pdf[pdf.len() - 40..]).into_owned();
        let start: usize = text.lines().rev().nth(1).unwrap().parse().unwrap();
        pdf[start..start + 4].to_vec()
    };
    assert_eq!(last(&table), b"xref");
    assert_ne!(last(&streams), b"xref");
}

#[test]
fn a_second_seal_leaves_the_first_intact() {
    for (kind, pdf) in all() {
        let once = seal(&pdf, key(), &options()).unwrap();
        let other = SealingKey::generate(&company(), noon()).unwrap();
        let twice = seal(&once, &other, &options()).unwrap();
        let reports = verify(&twice).unwrap();
        let [first, second] = reports.as_slice() else {
            panic!("{kind}: {reports:?}");
        };
        assert!(first.is_intact() && second.is_intact(), "{kind}: {reports:?}");
        assert_ne!(first.field, second.field);
        let Coverage::Revision { end, later } = &first.coverage else {
            panic!("{kind}: {:?}", first.coverage);
        };
        assert_eq!((*end, later.bytes), (once.len(), twice.len() - once.len()));
        assert_eq!(
            later.added.len(),
            3,
            "the field, its appearance and the signature: {later:?}"
        );
        assert!(!later.changed.is_empty() && later.removed.is_empty());
        assert_eq!(second.coverage, Coverage::Whole);
        assert_eq!(second.certificate.as_ref(), other.certificate());
    }
}

#[test]
fn names_of_fields_are_not_taken_twice() {
    let sealed = seal(&with_form(false), key(), &options()).unwrap();
    assert_eq!(verify(&sealed).unwrap()[0].field, "Seal2");
}

#[test]
fn a_seal_needs_a_certificate_that_is_valid_then() {
    let pdf = with_table();
    let at = |moment| seal(&pdf, key(), &SealingOptions::at(moment));
    assert!(matches!(at(noon() - Days::new(1)), Err(SealError::CertificateNotValid)));
    assert!(matches!(
        at(noon() + Months::new(121)),
        Err(SealError::CertificateNotValid)
    ));
    assert!(at(noon() + Months::new(119)).is_ok());
}

#[test]
fn the_digest_is_known_before_the_key_is_used() {
    let pdf = with_table();
    let one = prepare(&pdf, &options()).unwrap();
    let other = prepare(&pdf, &SealingOptions::at(noon())).unwrap();
    assert_ne!(one.digest(), other.digest());
    assert_eq!(one.digest(), prepare(&pdf, &options()).unwrap().digest());
}

#[test]
fn a_document_that_was_certified_against_it_is_not_sealed() {
    let mut certified = document();
    let signature = certified.add_object(dictionary! {
        "Type" => "Sig",
        "Reference" => vec![dictionary! {
            "TransformMethod" => "DocMDP", "TransformParams" => dictionary! { "P" => 1 }
        }.into()],
    });
    certified
        .catalog_mut()
        .unwrap()
        .set("Perms", dictionary! { "DocMDP" => signature });
    let refused = seal(&save(certified, false), key(), &options());
    assert!(matches!(refused, Err(SealError::Certified)), "{refused:?}");
}

#[test]
fn what_is_no_sound_pdf_is_not_sealed() {
    let pdf = with_table();
    let mut damaged = pdf.clone();
    let at = damaged.windows(9).rposition(|it| it == b"startxref").unwrap() + 10;
    damaged[at] = b'9';
    for wrong in [b"".as_slice(), b"%PDF-1.7", b"<html>", &pdf[..pdf.len() / 2], &damaged] {
        assert!(matches!(seal(wrong, key(), &options()), Err(SealError::Pdf(_))));
    }
}

#[test]
fn a_pdf_without_signatures_has_none_to_report() {
    for (kind, pdf) in all() {
        assert!(verify(&pdf).unwrap().is_empty(), "{kind}");
    }
}
