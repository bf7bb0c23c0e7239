//! How long a search takes over many records: `cargo run --release -p search --example measure [RECORDS]`.
#![allow(clippy::print_stdout, reason = "an example that prints what it measures")]

use std::{
    error::Error,
    time::{Duration, Instant},
};

use search::{Document, Index, Kind, Query};
use uuid::Uuid;

const TRADES: [&str; 12] = [
    "Électricité",
    "Toiture",
    "Menuiserie",
    "Plomberie",
    "Chaufferie",
    "Maçonnerie",
    "Peinture",
    "Serrurerie",
    "Climatisation",
    "Ascenseur",
    "Domotique",
    "Photovoltaïque",
];
const WORKS: [&str; 10] = [
    "rénovation",
    "installation",
    "maintenance",
    "remplacement",
    "audit",
    "étude",
    "extension",
    "mise aux normes",
    "contrat annuel",
    "dépannage",
];
const SYLLABLES: [&str; 20] = [
    "bar", "mon", "fau", "con", "net", "ri", "val", "du", "pont", "ber", "tin", "mar", "le", "gou", "sau", "vi", "gne",
    "ro", "che", "lan",
];

/// A name that follows from a number.
fn name(mut number: u64) -> String {
    let mut name = String::new();
    for _ in 0..3 {
        name.push_str(SYLLABLES[(number % 20) as usize]);
        number /= 20;
    }
    name
}

fn document(number: u64) -> Document {
    let trade = TRADES[(number % 12) as usize];
    let work = WORKS[(number / 12 % 10) as usize];
    let id = Uuid::from_u64_pair(number.wrapping_mul(0x9e37_79b9_7f4a_7c15), number);
    Document {
        kind: Kind::ALL[if number.is_multiple_of(3) { 0 } else { 2 }],
        shows: id,
        stands_aside: false,
        source: id,
        persons: Vec::new(),
        title: format!(
            "{trade}, {work} — Atelier {} {number}",
            name(number.wrapping_mul(2_654_435_761) >> 7)
        ),
        texts: vec![
            format!("Rappeler {} au sujet du devis", name(number)),
            format!("REF-{number}"),
        ],
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let records: u64 = std::env::args().nth(1).map_or(Ok(100_000), |text| text.parse())?;
    let folder = std::env::temp_dir().join(format!("search-measure-{}", std::process::id()));
    let begun = Instant::now();
    let index = Index::open(&folder, "measure")?;
    let mut writer = index.writer()?.ok_or("somebody else writes there")?;
    for number in 0..records {
        writer.put(&index, &document(number))?;
    }
    writer.commit(&index, 1)?;
    println!("{records} records in {:.1} s", begun.elapsed().as_secs_f64());

    let mut all = Vec::new();
    for (what, text) in [
        ("a word of many", "installation"),
        ("one letter", "r"),
        ("the beginning of a word", "photov"),
        ("two words", "toiture audit"),
        ("a name", "barmonfau"),
        ("a name, mistyped", "barmnofau"),
        ("a long word, twice mistyped", "photovoltiaqe"),
        ("three words, mistyped", "renovtion toitre atelie"),
        ("a reference", "REF-4711"),
        ("nothing", "zzzzzz"),
    ] {
        let query = Query::read(text).ok_or("no word")?;
        let mut times: Vec<Duration> = Vec::new();
        let mut found = 0;
        for _ in 0..50 {
            let begun = Instant::now();
            found = index.search(&query, &[], None, 51)?.len();
            times.push(begun.elapsed());
        }
        println!(
            "{what:30} p50 {:>7.2?}  p95 {:>7.2?}  ({found} shown)",
            at(&mut times, 50),
            at(&mut times, 95)
        );
        all.extend(times);
    }
    println!(
        "{:30} p50 {:>7.2?}  p95 {:>7.2?}",
        "all",
        at(&mut all, 50),
        at(&mut all, 95)
    );
    let begun = Instant::now();
    for number in 0..100 {
        writer.take_out(&index, document(number).source);
        writer.put(&index, &document(number))?;
    }
    writer.commit(&index, 2)?;
    println!("100 records again              {:.2?}", begun.elapsed());
    let begun = Instant::now();
    writer.take_out(&index, document(500).source);
    writer.commit_and_purge(&index, 3)?;
    println!("one taken out and purged       {:.2?}", begun.elapsed());
    drop(writer);
    std::fs::remove_dir_all(folder)?;
    Ok(())
}

fn at(times: &mut [Duration], percent: usize) -> Duration {
    times.sort_unstable();
    times[(times.len() * percent / 100).min(times.len() - 1)]
}
