//! What is found, in which order, and what stays in the files.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::fs;

use search::{Cursor, Document, Highlighter, Index, Kind, Query, words_in_files};
use uuid::Uuid;

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn document(kind: Kind, number: u128, title: &str) -> Document {
    Document {
        kind,
        shows: id(number),
        stands_aside: false,
        source: id(number),
        persons: Vec::new(),
        title: title.to_owned(),
        texts: Vec::new(),
    }
}

/// An index in a folder of its own.
struct Shelf {
    folder: tempfile::TempDir,
    index: Index,
}

impl Shelf {
    fn of(documents: &[Document]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let index = Index::open(folder.path(), "one").unwrap();
        let mut writer = index.writer().unwrap().unwrap();
        for document in documents {
            writer.put(&index, document).unwrap();
        }
        writer.commit(&index, 1).unwrap();
        Self { folder, index }
    }

    fn found(&self, text: &str) -> Vec<u128> {
        let query = Query::read(text).unwrap();
        let hits = self.index.search(&query, &[], None, 100).unwrap();
        hits.into_iter().map(|hit| hit.id.as_u128()).collect()
    }
}

#[test]
fn case_accents_endings_beginnings_and_typing_errors_do_not_matter() {
    let shelf = Shelf::of(&[
        document(Kind::Organization, 1, "Électricité d'Alsace"),
        document(Kind::Deal, 2, "Bornes de recharge, Atelier Fauconnet"),
        document(Kind::Deal, 3, "Rénovation de la chaufferie"),
    ]);
    for (asked, found) in [
        ("electricite", 1),
        ("ÉLECTRICITÉ", 1),
        ("alsace", 1),
        ("l'Alsace electricite", 0),
        ("d'alsace elec", 1),
        ("borne", 2),
        ("bornes recharges", 2),
        ("rech faucon", 2),
        ("fauconet", 2),
        ("Fuaconnet", 2),
        ("atelyer fauconnet", 2),
        ("renovations", 3),
        ("rennovation chauferie", 3),
        ("chaufferie alsace", 0),
        ("xyz", 0),
    ] {
        let expected: Vec<u128> = (found > 0).then_some(found).into_iter().collect();
        assert_eq!(shelf.found(asked), expected, "{asked}");
    }
}

#[test]
fn short_words_and_numbers_must_be_right() {
    let shelf = Shelf::of(&[
        Document {
            texts: vec![
                "732829320".to_owned(),
                "33612345678".to_owned(),
                "0612345678".to_owned(),
            ],
            ..document(Kind::Organization, 1, "Sol")
        },
        document(Kind::Organization, 2, "Sel"),
    ]);
    assert_eq!(shelf.found("sol"), [1]);
    assert_eq!(shelf.found("732 829 320"), [1]);
    assert_eq!(shelf.found("732829"), [1]);
    assert_eq!(shelf.found("06 12 34 56"), [1]);
    assert_eq!(shelf.found("06.12.34.56.78"), [1]);
    assert_eq!(shelf.found("732829321"), [] as [u128; 0]);
}

#[test]
fn what_is_called_so_comes_before_what_only_mentions_it_and_the_right_spelling_before_what_is_like_it() {
    let shelf = Shelf::of(&[
        Document {
            texts: vec!["Parlé de la fromagerie Martin".to_owned()],
            ..document(Kind::Activity, 1, "Appel")
        },
        document(Kind::Organization, 2, "Fromagerie Marten"),
        document(Kind::Organization, 3, "Fromagerie Martin"),
        document(Kind::Organization, 4, "Fromagerie Martinet"),
    ]);
    assert_eq!(shelf.found("fromagerie martin")[0], 3);
    let found = shelf.found("martin");
    assert_eq!(found.len(), 4);
    assert_eq!(found[0], 3);
    assert!(
        found.iter().position(|n| *n == 4) < found.iter().position(|n| *n == 2),
        "{found:?}"
    );
}

#[test]
fn pages_follow_each_other_without_gap_or_double() {
    let documents: Vec<_> = (1..=57).map(|n| document(Kind::Deal, n, "Contrat cadre")).collect();
    let shelf = Shelf::of(&documents);
    let query = Query::read("contrat").unwrap();
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = shelf.index.search(&query, &[Kind::Deal], after, 10).unwrap();
        let Some(last) = page.last() else { break };
        after = Cursor::read(&last.cursor().write());
        assert_eq!(after, Some(last.cursor()));
        seen.extend(page.iter().map(|hit| hit.id.as_u128()));
    }
    assert_eq!(seen, (1..=57).collect::<Vec<_>>());
    assert!(shelf.index.search(&query, &[Kind::Task], None, 10).unwrap().is_empty());
}

#[test]
fn a_record_that_stands_for_others_is_found_once() {
    let shelf = Shelf::of(&[
        document(Kind::Organization, 1, "Boulangerie Petit"),
        Document {
            shows: id(1),
            stands_aside: true,
            ..document(Kind::Organization, 2, "Boulangerie Petit et fils")
        },
        document(Kind::Organization, 3, "Boulangerie Grand"),
    ]);
    assert_eq!(shelf.found("petit"), [1]);
    assert_eq!(shelf.found("fils"), [1]);
    assert_eq!(shelf.found("boulangerie").len(), 2);
}

#[test]
fn a_cursor_that_is_none_is_refused() {
    for text in [
        "",
        "zz",
        "7f8000000",
        "00000000900000000000000000000000000000000",
        "0000000é",
        "ééééééééé",
    ] {
        assert_eq!(Cursor::read(text), None, "{text}");
    }
}

#[test]
fn purging_leaves_no_word_of_a_person_in_any_file() {
    let mut documents: Vec<_> = (1..=200)
        .map(|n| document(Kind::Deal, n, &format!("Affaire {n}")))
        .collect();
    documents.push(Document {
        persons: vec![id(900)],
        texts: vec!["quetzalcoatl@example.com".to_owned()],
        ..document(Kind::Contact, 901, "Zéphyrine Quetzalcoatl")
    });
    let shelf = Shelf::of(&documents);
    let folder = shelf.folder.path().join("one");
    assert!(words_in_files(&folder).unwrap().contains("quetzalcoatl"));
    assert_eq!(shelf.found("zephyrine"), [901]);
    let mut writer = shelf.index.writer().unwrap().unwrap();
    // Renamed first: the old name lies in an older segment.
    writer.take_out(&shelf.index, id(901));
    writer
        .put(
            &shelf.index,
            &Document {
                persons: vec![id(900)],
                ..document(Kind::Contact, 901, "Zéphyrine Xochipilli")
            },
        )
        .unwrap();
    writer.commit(&shelf.index, 2).unwrap();
    assert!(
        words_in_files(&folder).unwrap().contains("quetzalcoatl"),
        "an old segment keeps it until it is purged"
    );
    // A search that is still going on when the person is erased.
    let other = Index::open(shelf.folder.path(), "one").unwrap();
    writer.take_out_person(&shelf.index, id(900));
    writer.commit_and_purge(&shelf.index, 3).unwrap();
    let words = words_in_files(&folder).unwrap();
    for word in ["quetzalcoatl", "zephyrine", "xochipilli", &id(900).simple().to_string()] {
        assert!(!words.contains(word), "{word}");
    }
    assert!(words.contains("affaire"));
    assert!(
        !words.iter().any(|word| word.contains('.')),
        "a file that no segment needs: {words:?}"
    );
    assert_eq!(shelf.index.position(), Some(3));
    assert!(shelf.found("zephyrine").is_empty());
    assert_eq!(shelf.found("affaire").len(), 100);
    assert_eq!(other.refresh().unwrap(), Some(3));
    let query = Query::read("zephyrine").unwrap();
    assert!(other.search(&query, &[], None, 10).unwrap().is_empty());
}

#[test]
fn one_writes_and_others_read_the_same_folder() {
    let shelf = Shelf::of(&[document(Kind::Deal, 1, "Premier")]);
    let other = Index::open(shelf.folder.path(), "one").unwrap();
    assert_eq!(other.position(), Some(1));
    let mut writer = shelf.index.writer().unwrap().unwrap();
    assert!(other.writer().unwrap().is_none());
    writer.put(&shelf.index, &document(Kind::Deal, 2, "Deuxième")).unwrap();
    writer.commit(&shelf.index, 2).unwrap();
    assert_eq!(other.position(), Some(1));
    assert_eq!(other.refresh().unwrap(), Some(2));
    let query = Query::read("deuxieme").unwrap();
    assert_eq!(other.search(&query, &[], None, 10).unwrap().len(), 1);
    drop(writer);
    assert!(other.writer().unwrap().is_some());
}

#[test]
fn another_mark_begins_anew_and_the_old_index_goes() {
    let shelf = Shelf::of(&[document(Kind::Deal, 1, "Premier")]);
    let folder = shelf.folder.path().to_owned();
    let next = Index::open(&folder, "two").unwrap();
    assert_eq!(next.position(), None);
    drop(next.writer().unwrap().unwrap());
    assert!(folder.join("one").exists(), "somebody still uses it");
    drop(shelf.index);
    drop(next.writer().unwrap().unwrap());
    assert!(!folder.join("one").exists());
    assert!(folder.join("two").exists());
}

#[test]
fn an_index_that_cannot_be_read_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    drop(Index::open(folder.path(), "one").unwrap());
    fs::write(folder.path().join("one/meta.json"), b"{ broken").unwrap();
    let index = Index::open(folder.path(), "one").unwrap();
    assert_eq!(index.position(), None);
}

#[test]
fn an_index_whose_files_are_gone_is_made_anew() {
    let shelf = Shelf::of(&[document(Kind::Deal, 1, "Premier")]);
    let folder = shelf.folder.path().join("one");
    let Shelf { folder: kept, index } = shelf;
    drop(index);
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "term") {
            fs::remove_file(path).unwrap();
        }
    }
    let index = Index::open(kept.path(), "one").unwrap();
    assert_eq!(index.position(), None);
}

#[test]
fn many_commits_do_not_make_many_segments() {
    let shelf = Shelf::of(&[]);
    let mut writer = shelf.index.writer().unwrap().unwrap();
    for n in 1..=60 {
        writer.put(&shelf.index, &document(Kind::Task, n, "Rappeler")).unwrap();
        writer.commit(&shelf.index, n as u64).unwrap();
    }
    let segments = fs::read_dir(shelf.folder.path().join("one"))
        .unwrap()
        .filter(|entry| {
            entry
                .as_ref()
                .unwrap()
                .path()
                .extension()
                .is_some_and(|end| end == "term")
        })
        .count();
    assert!(segments <= 22, "{segments} segments");
    assert_eq!(shelf.found("rappeler").len(), 60);
}

fn shown(asked: &str, text: &str) -> Option<String> {
    let query = Query::read(asked).unwrap();
    let parts = Highlighter::new(&query).parts(text)?;
    Some(
        parts
            .into_iter()
            .map(|part| {
                if part.matched {
                    format!("[{}]", part.text)
                } else {
                    part.text
                }
            })
            .collect(),
    )
}

#[test]
fn highlights_mark_the_words_that_answer_and_cut_long_texts_at_blanks() {
    let marked = |asked, text| shown(asked, text).unwrap();
    assert_eq!(marked("electr", "Électricité d'Alsace"), "[Électricité] d'Alsace");
    assert_eq!(marked("borne", "Les bornes <b>"), "Les [bornes] <b>");
    assert_eq!(marked("fauconet", "Atelier Fauconnet"), "Atelier [Fauconnet]");
    assert_eq!(marked("06 12", "0612345678"), "[0612345678]");
    assert_eq!(shown("xyz", "Atelier"), None);
    let long = format!(
        "{} le\u{a0}mot cherché ici {}",
        "avant ".repeat(40),
        "après ".repeat(60)
    );
    let cut = marked("cherche", &long);
    assert!(cut.contains("[cherché] ici"), "{cut}");
    assert!(cut.chars().count() <= 170, "{cut}");
    assert!(cut.starts_with("avant"), "{cut}");
}

#[test]
fn nothing_is_asked_by_what_has_no_word() {
    for text in ["", "  ", "…!?", "\u{0}"] {
        assert_eq!(Query::read(text), None, "{text:?}");
    }
}
