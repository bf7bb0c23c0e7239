//! Whatever comes, nothing panics, and nothing takes long.

use std::{sync::LazyLock, time::Instant};

use ::sealing::{seal, verify};
use proptest::prelude::*;

use crate::samples::{all, key, options, with_streams, with_table};

static SEALED: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    all()
        .into_iter()
        .map(|(_, pdf)| seal(&pdf, key(), &options()).unwrap())
        .collect()
});

fn contents(pdf: &[u8]) -> (usize, usize) {
    let start = pdf.windows(11).rposition(|it| it == b"/Contents<3").unwrap() + 10;
    (start, start + 2 * 1200)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn bytes_in_disorder(which in 0..5_usize, changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20)) {
        let mut pdf = SEALED[which].clone();
        for (at, byte) in changes {
            let at = at.index(pdf.len());
            pdf[at] = byte;
        }
        let _ = verify(&pdf);
        let _ = seal(&pdf, key(), &options());
    }

    #[test]
    fn a_signature_in_disorder(which in 0..5_usize, changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut pdf = SEALED[which].clone();
        let (start, end) = contents(&pdf);
        for (at, byte) in changes {
            let at = start + 2 * at.index((end - start) / 2);
            pdf[at..at + 2].copy_from_slice(hex::encode([byte]).as_bytes());
        }
        let _ = verify(&pdf);
    }

    #[test]
    fn a_part_of_it(which in 0..5_usize, from in any::<prop::sample::Index>(), to in any::<prop::sample::Index>(), filling in prop::collection::vec(any::<u8>(), 0..40)) {
        let pdf = &SEALED[which];
        let (from, to) = (from.index(pdf.len()), to.index(pdf.len()));
        let cut = [&pdf[..from.min(to)], &filling, &pdf[from.max(to)..]].concat();
        let _ = verify(&cut);
    }

    #[test]
    fn anything_that_calls_itself_a_pdf(rest in prop::collection::vec(any::<u8>(), 0..2000)) {
        let _ = verify(&[b"%PDF-1.7\n", rest.as_slice()].concat());
    }

    #[test]
    fn any_range(numbers in prop::collection::vec(any::<u32>(), 3)) {
        let mut pdf = SEALED[0].clone();
        let at = pdf.windows(11).rposition(|it| it == b"/ByteRange[").unwrap() + 10;
        let range = format!("[0 {} {} {}]", numbers[0], numbers[1], numbers[2]);
        pdf[at..at + range.len()].copy_from_slice(range.as_bytes());
        let _ = verify(&pdf);
    }
}

/// A form whose fields are their own children, in a PDF made by hand.
#[test]
fn a_form_that_bites_its_tail_ends() {
    for pdf in [with_table(), with_streams()] {
        let mut document = lopdf::Document::load_mem(&pdf).unwrap();
        let field = document.new_object_id();
        let kids = vec![lopdf::Object::Reference(field); 1000];
        document.objects.insert(
            field,
            lopdf::dictionary! { "FT" => "Sig", "Kids" => kids.clone() }.into(),
        );
        document
            .catalog_mut()
            .unwrap()
            .set("AcroForm", lopdf::dictionary! { "Fields" => kids });
        let mut bytes = Vec::new();
        document.save_to(&mut bytes).unwrap();
        let start = Instant::now();
        assert!(verify(&bytes).unwrap().is_empty());
        assert!(start.elapsed().as_secs() < 5);
    }
}

/// An object stream of a few kilobytes that would fill memory.
#[test]
fn what_inflates_without_end_is_not_inflated() {
    let mut document = lopdf::Document::load_mem(&with_table()).unwrap();
    let empty = lopdf::Dictionary::from_iter([("Type", lopdf::Object::Name(b"ObjStm".to_vec()))]);
    let mut bomb = lopdf::Stream::new(empty, vec![b' '; 300 * 1024 * 1024]);
    bomb.dict.set("N", 1);
    bomb.dict.set("First", 10);
    bomb.compress().unwrap();
    assert!(bomb.content.len() < 1024 * 1024);
    document.add_object(bomb);
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).unwrap();
    let start = Instant::now();
    let _ = verify(&bytes);
    let _ = seal(&bytes, key(), &options());
    assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
}
