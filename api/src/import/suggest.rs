//! Reads a mapping out of a file: what separates its cells, which columns have headings that are known for a field, and
//! which column names the rows. Nothing here is certain; whoever imports looks it over.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    path::Path,
};

use chrono::{NaiveDate, NaiveDateTime};
use chrono_tz::Tz;
use domain::Currency;

use super::{
    ImportError, Kind,
    fields::{FieldInfo, Reading, heading},
    mapping::{self, Field, Mapping, Source as From},
    run::{Source, TURN},
    unusable::{COLUMNS_MAX, Unusable},
};

/// What may separate cells; the first of those that separate equally well is taken.
const DELIMITERS: [char; 4] = [',', ';', '\t', '|'];
/// Rows that tell how well a delimiter separates.
const ROWS_TRIED: usize = 20;
/// Rows that tell what is in a column.
const ROWS_SEEN: u64 = 10_000;
/// Different values of a column that are kept.
const VALUES_KEPT: usize = 60;
/// Values of a column that are shown.
const SHOWN: usize = 3;
/// Ways to write a date, the likelier ones first.
const FORMATS: [&str; 11] = [
    "%Y-%m-%d",
    "%d/%m/%Y",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%d/%m/%Y %H:%M:%S",
    "%d.%m.%Y",
    "%d-%m-%Y",
    "%Y/%m/%d",
    "%m/%d/%Y",
];
/// What columns that name rows are called, as [`heading`] writes it; the first that fits is taken.
const KEYS: [&str; 27] = [
    "id",
    "key",
    "cle",
    "record id",
    "external id",
    "external reference",
    "identifiant",
    "reference",
    "ref",
    "code",
    "numero",
    "number",
    "no",
    "n",
    "uuid",
    "contact id",
    "company id",
    "organization id",
    "account id",
    "deal id",
    "opportunity id",
    "activity id",
    "id contact",
    "id societe",
    "id entreprise",
    "id affaire",
    "code client",
];

/// A column of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    /// Some of its values, as they stand there.
    pub samples: Vec<String>,
    /// Whether every row that was looked at has a value of its own there.
    pub names_rows: bool,
    /// Different values, up to a number; sorted.
    values: BTreeSet<String>,
}

/// What was read out of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    pub columns: Vec<Column>,
    /// May lack what no column was found for, a key included.
    pub mapping: Mapping,
}

/// What separates the cells of a file: what makes the most cells of its header and as many of its rows.
pub(super) fn delimiter(file: &Source) -> Result<char, ImportError> {
    let mut best = (0, DELIMITERS[0]);
    for delimiter in DELIMITERS {
        let Ok(header) = file.header(delimiter) else { continue };
        let mut reader = file.rows(delimiter)?;
        let mut alike = 1;
        for _ in 0..ROWS_TRIED {
            match reader.next_row().map_err(|error| file.unreadable(&error))? {
                Some(Ok(row)) => alike += usize::from(row.cells.len() == header.len()),
                Some(Err(_)) => {}
                None => break,
            }
        }
        let score = (header.len() - 1) * alike;
        if score > best.0 {
            best = (score, delimiter);
        }
    }
    Ok(best.1)
}

/// Reads a mapping out of a file.
pub async fn suggest(
    path: &Path,
    kind: Kind,
    source: &str,
    time_zone: Tz,
    given: Option<char>,
) -> Result<Suggestion, ImportError> {
    let file = Source::open(path)?;
    let delimiter = match given {
        Some(delimiter) => delimiter,
        None => self::delimiter(&file)?,
    };
    let columns = columns(&file, delimiter).await?;
    let decimal = decimal(kind, &columns);
    let mut fields = BTreeMap::new();
    let mut used = HashSet::new();
    let key = key(&columns);
    // A column that names the rows by nothing else is no field of theirs.
    used.extend(key.filter(|key| KEYS.contains(&heading(key).as_str())));
    for known in kind.fields() {
        let Some(column) = column_for(known, &columns, &used) else {
            continue;
        };
        used.insert(column.name.as_str());
        fields.insert(known.name.to_owned(), field(known, column));
    }
    let mapping = Mapping {
        source: source.to_owned(),
        key: key.unwrap_or_default().to_owned(),
        delimiter,
        decimal,
        currency: Currency::default(),
        time_zone,
        fields,
    };
    Ok(Suggestion { columns, mapping })
}

/// The columns of a file, with what stands in them.
async fn columns(file: &Source, delimiter: char) -> Result<Vec<Column>, ImportError> {
    let header = file.header(delimiter)?;
    if header.len() > COLUMNS_MAX {
        return Err(Unusable::TooManyColumns { found: header.len() }.into());
    }
    let mut seen: Vec<HashSet<String>> = vec![HashSet::new(); header.len()];
    let mut columns: Vec<Column> = header
        .iter()
        .map(|name| Column {
            name: name.trim().to_owned(),
            samples: Vec::new(),
            names_rows: !name.trim().is_empty(),
            values: BTreeSet::new(),
        })
        .collect();
    let mut reader = file.rows(delimiter)?;
    let mut rows = 0_u64;
    while rows < ROWS_SEEN
        && let Some(row) = reader.next_row().map_err(|error| file.unreadable(&error))?
    {
        rows += 1;
        if rows.is_multiple_of(TURN) {
            tokio::task::yield_now().await;
        }
        let Ok(row) = row else { continue };
        for ((column, seen), cell) in columns.iter_mut().zip(&mut seen).zip(&row.cells) {
            column.see(cell.trim(), seen);
        }
    }
    for column in &mut columns {
        column.names_rows &= rows > 0;
    }
    Ok(columns)
}

impl Column {
    fn see(&mut self, value: &str, seen: &mut HashSet<String>) {
        if self.names_rows && (value.is_empty() || !seen.insert(value.to_owned())) {
            self.names_rows = false;
            *seen = HashSet::new();
        }
        if value.is_empty() {
            return;
        }
        if self.samples.len() < SHOWN && !self.samples.iter().any(|shown| shown == value) {
            self.samples.push(mapping::shown(value));
        }
        if self.values.len() < VALUES_KEPT && !self.values.contains(value) {
            self.values.insert(value.to_owned());
        }
    }
}

/// The column that names the rows: by its heading, or because nothing else tells them apart.
fn key(columns: &[Column]) -> Option<&str> {
    let naming = || columns.iter().filter(|column| column.names_rows);
    let by_heading = KEYS
        .iter()
        .find_map(|known| naming().find(|column| heading(&column.name) == *known));
    by_heading
        .or_else(|| naming().next())
        .map(|column| column.name.as_str())
}

/// The column whose heading is known for a field.
fn column_for<'c>(field: &FieldInfo, columns: &'c [Column], used: &HashSet<&str>) -> Option<&'c Column> {
    let free = || columns.iter().filter(|column| !used.contains(column.name.as_str()));
    let called = |column: &Column| {
        let name = heading(&column.name);
        let plain = heading(&without_unit(&column.name));
        field
            .headings
            .iter()
            .position(|known| *known == name || *known == plain)
    };
    // Its own name in mappings is the surest; then what it is called most often.
    let own = free().find(|column| column.name.eq_ignore_ascii_case(field.name));
    own.or_else(|| {
        let known = free().filter_map(|column| called(column).map(|place| (place, column)));
        known.min_by_key(|(place, _)| *place).map(|(_, column)| column)
    })
}

/// A heading without what stands in parentheses at its end.
fn without_unit(name: &str) -> String {
    let open = name.trim_end().strip_suffix(')').and_then(|name| name.rfind('('));
    open.map_or(name, |open| &name[..open]).to_owned()
}

/// What the amounts of a column are multiplied by.
fn scale(name: &str) -> u32 {
    let unit = name.get(without_unit(name).len()..).unwrap_or_default().to_lowercase();
    match unit.trim_matches(['(', ')', ' ']) {
        "m€" | "meur" | "m eur" | "millions" => 1_000_000,
        "k€" | "keur" | "k eur" | "milliers" => 1_000,
        _ => 1,
    }
}

fn field(known: &FieldInfo, column: &Column) -> Field {
    let mut field = Field::from(From::Column(column.name.clone()));
    match known.reading {
        Reading::Day | Reading::Moment => {
            field.format = format(&column.values).filter(|format| format != mapping::DATE_FORMAT);
        }
        Reading::Amount => field.scale = scale(&column.name),
        Reading::Choice | Reading::Stage => field.values = values(known, &column.values),
        Reading::Text | Reading::Whole | Reading::Flag | Reading::Key => {}
    }
    field
}

/// The way in which all of the values are dates.
fn format(values: &BTreeSet<String>) -> Option<String> {
    let fits = |format: &&&str| {
        let is_date = |value: &String| {
            NaiveDate::parse_from_str(value, format).is_ok() || NaiveDateTime::parse_from_str(value, format).is_ok()
        };
        values.iter().all(is_date)
    };
    if values.is_empty() {
        return None;
    }
    FORMATS.iter().find(fits).map(|format| (*format).to_owned())
}

/// What the values of a choice are called here, when they are called otherwise there.
fn values(known: &FieldInfo, values: &BTreeSet<String>) -> Option<BTreeMap<String, String>> {
    let told: BTreeMap<String, String> = values
        .iter()
        .filter_map(|value| Some((value.clone(), known.meant_by(value)?.to_owned())))
        .collect();
    let says_more = told.iter().any(|(value, meant)| value != meant);
    // Values that nobody knows are left to be read as they are, and refused by name.
    (says_more && told.len() == values.len()).then_some(told)
}

/// What stands before the decimals: what lets the most amounts of the file be read.
fn decimal(kind: Kind, columns: &[Column]) -> char {
    let used = HashSet::new();
    let amounts = kind.fields().iter().filter(|field| field.reading == Reading::Amount);
    let columns: Vec<_> = amounts.filter_map(|field| column_for(field, columns, &used)).collect();
    let readable = |decimal: char| {
        let values = columns.iter().flat_map(|column| &column.values);
        values.filter(|value| mapping::amount(value, decimal).is_some()).count()
    };
    if readable(',') > readable('.') { ',' } else { '.' }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    async fn suggested(kind: Kind, text: &str) -> Suggestion {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file.csv");
        fs::write(&path, text).unwrap();
        suggest(&path, kind, "s", Tz::Europe__Paris, None).await.unwrap()
    }

    fn column(suggestion: &Suggestion, field: &str) -> Option<String> {
        suggestion.mapping.column_of(field).map(str::to_owned)
    }

    #[tokio::test]
    async fn french_and_english_headings_are_known_whatever_their_case_and_accents() {
        let french = "N°;PRÉNOM;Nom ;Société;E-mail;Téléphone;Connu depuis\n\
                      7;Adèle;Moreau;C-1;adele@brassac.example;01 99 00 12 34;03/02/2023\n\
                      8;Zoé;Moreau;C-1;zoe@brassac.example;;28/02/2023\n";
        let found = suggested(Kind::Contacts, french).await;
        assert_eq!((found.mapping.delimiter, found.mapping.key.as_str()), (';', "N°"));
        let expected = [
            ("firstName", "PRÉNOM"),
            ("lastName", "Nom"),
            ("organization", "Société"),
            ("email", "E-mail"),
            ("phone", "Téléphone"),
            ("addedAt", "Connu depuis"),
        ];
        for (field, name) in expected {
            assert_eq!(column(&found, field).as_deref(), Some(name));
        }
        assert_eq!(found.mapping.fields.len(), expected.len());
        assert_eq!(found.mapping.fields["addedAt"].format.as_deref(), Some("%d/%m/%Y"));

        let english = "first_name,Last Name,Email Address\nAda,Martin,ada@x.example\nBob,Martin,bob@x.example\n";
        let found = suggested(Kind::Contacts, english).await;
        // Nothing is called a key: the first column that tells the rows apart.
        assert_eq!(
            (found.mapping.delimiter, found.mapping.key.as_str()),
            (',', "first_name")
        );
        assert_eq!(column(&found, "email").as_deref(), Some("Email Address"));
        assert_eq!(column(&found, "firstName").as_deref(), Some("first_name"));
    }

    #[tokio::test]
    async fn a_column_is_a_key_only_where_it_names_every_row() {
        let found = suggested(Kind::Organizations, "id;nom\n1;A\n1;B\n").await;
        assert_eq!(found.mapping.key, "nom");
        let found = suggested(Kind::Organizations, "id;nom\n1;A\n;A\n").await;
        assert_eq!(found.mapping.key, "");
        assert!(found.columns.iter().all(|column| !column.names_rows));
    }

    #[tokio::test]
    async fn amounts_stages_and_kinds_are_read_as_the_file_writes_them() {
        let deals = "id;Affaire;Étape;Montant;CA (k€)\n1;A;Gagnée;1 054,50;1\n2;B;Perdue;3,00;2\n";
        let found = suggested(Kind::Deals, deals).await;
        assert_eq!(found.mapping.decimal, ',');
        let stages = found.mapping.fields["stage"].values.clone().unwrap();
        assert_eq!(stages["Gagnée"], "SIGNE");
        assert_eq!(column(&found, "amount").as_deref(), Some("Montant"));
        let organizations = "nom\tChiffre d'affaires (M€)\nA\t12\n";
        let found = suggested(Kind::Organizations, organizations).await;
        assert_eq!(found.mapping.delimiter, '\t');
        assert_eq!(found.mapping.fields["annualRevenue"].scale, 1_000_000);
        let activities = "id,type\n1,Appel\n2,Réunion\n";
        let found = suggested(Kind::Activities, activities).await;
        assert_eq!(
            found.mapping.fields["kind"].values.clone().unwrap()["Réunion"],
            "MEETING"
        );
        // A value that nobody knows is not guessed.
        let found = suggested(Kind::Activities, "id,type\n1,Appel\n2,Fax\n").await;
        assert_eq!(found.mapping.fields["kind"].values, None);
    }

    #[tokio::test]
    async fn what_is_suggested_can_be_written_and_read_as_a_mapping_file() {
        let text = "id;nom;CA (M€);créée le\n1;A;2,5;03/02/2023\n";
        let found = suggested(Kind::Organizations, text).await;
        let written = toml::to_string(&found.mapping).unwrap();
        assert_eq!(toml::from_str::<Mapping>(&written).unwrap(), found.mapping, "{written}");
        let json = serde_json::to_string(&found.mapping).unwrap();
        assert_eq!(serde_json::from_str::<Mapping>(&json).unwrap(), found.mapping);
    }
}
