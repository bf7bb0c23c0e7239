//! The sales part of a FEC (fichier des écritures comptables, LPF art. L47 A, I and A47 A-1): its lines, its name, its
//! description, and a check of the finished file that is stricter than the tax administration's own.
//!
//! Eighteen columns, tabs between them, CR and LF behind them, UTF-8 without a mark, decimal commas, days as `YYYYMMDD`.

use std::{
    fmt::Write as _,
    io::{self, BufRead, Write},
};

use chrono::{Datelike, Days, NaiveDate};

use super::entry::PostedLine;
use crate::{Siren, company::FiscalYearEnd};

/// The names of the columns, in their order (A47 A-1, VII, 1).
pub const COLUMNS: [&str; 18] = [
    "JournalCode",
    "JournalLib",
    "EcritureNum",
    "EcritureDate",
    "CompteNum",
    "CompteLib",
    "CompAuxNum",
    "CompAuxLib",
    "PieceRef",
    "PieceDate",
    "EcritureLib",
    "Debit",
    "Credit",
    "EcritureLet",
    "DateLet",
    "ValidDate",
    "Montantdevise",
    "Idevise",
];

/// Characters of a text at most.
const TEXT_MAX: usize = 200;
/// Faults told at most: the first ones tell the rest.
const FAULTS_MAX: usize = 50;

/// `SirenFECAAAAMMJJ`, by the last day of the fiscal year (A47 A-1, IX).
pub fn file_name(siren: &Siren, closing: NaiveDate) -> String {
    format!("{siren}FEC{}.txt", day(closing))
}

/// The name of the description that goes with it (A47 A-1, XI).
pub fn description_name(siren: &Siren, closing: NaiveDate) -> String {
    format!("{siren}FEC{}_description.txt", day(closing))
}

/// A fiscal year by its first and last day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FiscalYear {
    pub first: NaiveDate,
    pub closing: NaiveDate,
}

impl FiscalYear {
    /// The year that ends on this day; `None` when none does.
    pub fn closing_on(end: FiscalYearEnd, closing: NaiveDate) -> Option<Self> {
        let earlier = closing.checked_sub_days(Days::new(370))?;
        let first = end.closing(earlier).succ_opt()?;
        (end.closing(closing) == closing).then_some(Self { first, closing })
    }

    fn contains(self, on: NaiveDate) -> bool {
        (self.first..=self.closing).contains(&on)
    }
}

/// Writes lines as they come: memory does not grow with their number.
#[derive(Debug)]
pub struct Writer<W> {
    out: W,
    row: String,
}

impl<W: Write> Writer<W> {
    /// Begins with the names of the columns.
    pub fn new(mut out: W) -> io::Result<Self> {
        out.write_all(COLUMNS.join("\t").as_bytes())?;
        out.write_all(b"\r\n")?;
        Ok(Self {
            out,
            row: String::with_capacity(256),
        })
    }

    /// The next line, in the order of the entries' numbers.
    pub fn line(&mut self, line: &PostedLine) -> io::Result<()> {
        self.row.clear();
        let row = &mut self.row;
        put(row, &line.journal.code);
        put(row, &line.journal.label);
        let _ = write!(row, "{:06}\t{}\t", line.number, day(line.on));
        put(row, &line.account.number);
        put(row, &line.account.label);
        match &line.auxiliary {
            Some(auxiliary) => {
                put(row, &auxiliary.code);
                put(row, &auxiliary.label);
            }
            None => row.push_str("\t\t"),
        }
        put(row, &line.piece);
        let _ = write!(row, "{}\t", day(line.piece_date));
        put(row, &line.label);
        cents(row, line.amount.max(0));
        row.push('\t');
        cents(row, line.amount.min(0).saturating_neg());
        row.push('\t');
        match &line.letter {
            Some((code, on)) => {
                let _ = write!(row, "{code}\t{}\t", day(*on));
            }
            None => row.push_str("\t\t"),
        }
        let _ = write!(row, "{}\t", day(line.valid_on));
        if let Some(money) = line.foreign {
            let amount = money.to_decimal().to_string().replace('.', ",");
            let _ = write!(row, "{amount}\t{}", money.currency);
        } else {
            row.push('\t');
        }
        row.push_str("\r\n");
        self.out.write_all(row.as_bytes())
    }

    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }
}

fn put(row: &mut String, text: &str) {
    if is_clean(text) {
        row.push_str(text);
    } else {
        let cleaned = cleaned(text);
        row.push_str(if cleaned.is_empty() { "-" } else { &cleaned });
    }
    row.push('\t');
}

/// Most texts are: there is nothing to look for in them.
fn is_clean(text: &str) -> bool {
    let plain = |byte: u8| byte > b' ' && byte < 0x7F && byte != b'|';
    let mut blank = true;
    let words = text.bytes().all(|byte| {
        let doubled = blank && byte == b' ';
        blank = byte == b' ';
        !doubled && (blank || plain(byte))
    });
    words && !blank && text.len() <= TEXT_MAX
}

/// What could end a field or a line, or show something else than it is, becomes a blank; several become one.
fn clean(text: &str) -> impl Iterator<Item = char> {
    let mut blank = true;
    let letters = text.chars().map(|letter| {
        if letter == '|' || letter.is_whitespace() || letter.is_control() || is_invisible(letter) {
            ' '
        } else {
            letter
        }
    });
    letters
        .filter(move |letter| {
            let doubled = blank && *letter == ' ';
            blank = *letter == ' ';
            !doubled
        })
        .take(TEXT_MAX)
}

/// Marks that turn the direction of writing, or join and part nothing.
const fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

/// A text as a field of a file holds it.
pub fn cleaned(text: &str) -> String {
    let cleaned: String = clean(text).collect();
    cleaned.trim_end().to_owned()
}

fn cents(row: &mut String, amount: i64) {
    let _ = write!(row, "{},{:02}", amount / 100, amount % 100);
}

fn day(on: NaiveDate) -> Day {
    Day(on)
}

/// `YYYYMMDD`.
struct Day(NaiveDate);

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}{:02}{:02}", self.0.year(), self.0.month(), self.0.day())
    }
}

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Contents {
    pub entries: u32,
    pub lines: u64,
    /// In cents; the credit is the same.
    pub debit: i128,
}

/// Something that a FEC must not be, and in which line of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub line: u64,
    pub problem: FecProblem,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FecProblem {
    Unreadable,
    WrongHeader,
    NotEighteenFields,
    LineEnd,
    ForbiddenCharacter,
    EmptyField(&'static str),
    NotADay(&'static str),
    NotAnAmount(&'static str),
    NotAnAccount,
    BothOrNoSide,
    NumberNotContinuous,
    EntryNotOfOnePiece,
    EntryNotBalanced,
    OutsideTheYear,
    ValidatedOutOfOrder,
    ValidatedBeforePiece,
    LetterWithoutDay,
    LetterAfterClosing,
    CurrencyWithoutAmount,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {:?}", self.line, self.problem)
    }
}

/// Reads a finished file again, as a stranger would, and says what is wrong with it. No file is handed out before.
pub fn check(mut file: impl BufRead, year: FiscalYear) -> Result<Contents, Vec<Fault>> {
    let mut checker = Checker::new(year);
    let mut row = Vec::new();
    loop {
        row.clear();
        match file.read_until(b'\n', &mut row) {
            Ok(0) => break,
            Ok(_) => checker.row(&row),
            Err(_) => {
                checker.fault(FecProblem::Unreadable);
                break;
            }
        }
        if checker.faults.len() >= FAULTS_MAX {
            break;
        }
    }
    checker.finish()
}

struct Checker {
    year: FiscalYear,
    line: u64,
    faults: Vec<Fault>,
    contents: Contents,
    /// What all lines of the entry have in common, and what it adds up to.
    entry: Option<(EntryHead, i128)>,
}

#[derive(PartialEq, Eq)]
struct EntryHead {
    number: u32,
    journal: String,
    on: NaiveDate,
    valid_on: NaiveDate,
}

impl Checker {
    const fn new(year: FiscalYear) -> Self {
        Self {
            year,
            line: 0,
            faults: Vec::new(),
            contents: Contents {
                entries: 0,
                lines: 0,
                debit: 0,
            },
            entry: None,
        }
    }

    fn fault(&mut self, problem: FecProblem) {
        self.faults.push(Fault {
            line: self.line,
            problem,
        });
    }

    fn row(&mut self, row: &[u8]) {
        self.line += 1;
        let Some(row) = row.strip_suffix(b"\r\n") else {
            return self.fault(FecProblem::LineEnd);
        };
        let Ok(row) = std::str::from_utf8(row) else {
            return self.fault(FecProblem::Unreadable);
        };
        if self.line == 1 {
            if row != COLUMNS.join("\t") {
                self.fault(FecProblem::WrongHeader);
            }
            return;
        }
        if row
            .chars()
            .any(|letter| letter == '|' || (letter.is_control() && letter != '\t'))
        {
            self.fault(FecProblem::ForbiddenCharacter);
        }
        let fields: Vec<&str> = row.split('\t').collect();
        match <[&str; 18]>::try_from(fields) {
            Ok(fields) => {
                if let Err(problem) = self.fields(&fields) {
                    self.fault(problem);
                }
            }
            Err(_) => self.fault(FecProblem::NotEighteenFields),
        }
    }

    fn fields(&mut self, fields: &[&str; 18]) -> Result<(), FecProblem> {
        for at in [0, 1, 2, 5, 8, 10] {
            if fields[at].trim().is_empty() {
                return Err(FecProblem::EmptyField(COLUMNS[at]));
            }
        }
        let on = read_day(fields, 3)?;
        let piece_date = read_day(fields, 9)?;
        let valid_on = read_day(fields, 15)?;
        if fields[4].bytes().take_while(u8::is_ascii_digit).count() < 3 {
            return Err(FecProblem::NotAnAccount);
        }
        let (debit, credit) = (read_amount(fields, 11)?, read_amount(fields, 12)?);
        if (debit == 0) == (credit == 0) {
            return Err(FecProblem::BothOrNoSide);
        }
        if !self.year.contains(on) {
            return Err(FecProblem::OutsideTheYear);
        }
        if piece_date > valid_on || on > valid_on {
            return Err(FecProblem::ValidatedBeforePiece);
        }
        match (fields[13].is_empty(), fields[14].is_empty()) {
            (false, false) if read_day(fields, 14)? > self.year.closing => return Err(FecProblem::LetterAfterClosing),
            (true, true) | (false, false) => {}
            _ => return Err(FecProblem::LetterWithoutDay),
        }
        if fields[16].is_empty() != fields[17].is_empty() {
            return Err(FecProblem::CurrencyWithoutAmount);
        }
        self.contents.lines += 1;
        self.contents.debit += debit;
        let number = fields[2].parse().map_err(|_| FecProblem::NumberNotContinuous)?;
        let head = EntryHead {
            number,
            journal: fields[0].to_owned(),
            on,
            valid_on,
        };
        self.of_entry(head, debit - credit)
    }

    fn of_entry(&mut self, head: EntryHead, amount: i128) -> Result<(), FecProblem> {
        match &mut self.entry {
            Some((current, sum)) if current.number == head.number => {
                *sum += amount;
                if *current == head {
                    Ok(())
                } else {
                    Err(FecProblem::EntryNotOfOnePiece)
                }
            }
            _ => {
                let before = self.entry.take();
                let (last, out_of_order, balanced) = match &before {
                    Some((entry, sum)) => (entry.number, entry.valid_on > head.valid_on, *sum == 0),
                    None => (0, false, true),
                };
                let continuous = last.checked_add(1) == Some(head.number);
                self.entry = Some((head, amount));
                self.contents.entries += 1;
                if !balanced {
                    Err(FecProblem::EntryNotBalanced)
                } else if !continuous {
                    Err(FecProblem::NumberNotContinuous)
                } else if out_of_order {
                    Err(FecProblem::ValidatedOutOfOrder)
                } else {
                    Ok(())
                }
            }
        }
    }

    fn finish(mut self) -> Result<Contents, Vec<Fault>> {
        if self.line == 0 {
            self.fault(FecProblem::WrongHeader);
        }
        if self.entry.as_ref().is_some_and(|(_, sum)| *sum != 0) {
            self.fault(FecProblem::EntryNotBalanced);
        }
        if self.faults.is_empty() {
            Ok(self.contents)
        } else {
            Err(self.faults)
        }
    }
}

fn read_day(fields: &[&str; 18], at: usize) -> Result<NaiveDate, FecProblem> {
    let text = fields[at];
    let digits = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    let part = |range: std::ops::Range<usize>| text.get(range).and_then(|part| part.parse().ok());
    let day = digits.then(|| NaiveDate::from_ymd_opt(part(0..4)? as i32, part(4..6)?, part(6..8)?));
    day.flatten().ok_or(FecProblem::NotADay(COLUMNS[at]))
}

fn read_amount(fields: &[&str; 18], at: usize) -> Result<i128, FecProblem> {
    let refused = || FecProblem::NotAnAmount(COLUMNS[at]);
    let (whole, cents) = fields[at].split_once(',').ok_or_else(refused)?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(cents) || cents.len() != 2 {
        return Err(refused());
    }
    let whole: i128 = whole.parse().map_err(|_| refused())?;
    let cents: i128 = cents.parse().map_err(|_| refused())?;
    Ok(whole * 100 + cents)
}

/// What goes beside the file: which columns, which journals, how it is written, and that it is a part.
pub fn description(
    siren: &Siren,
    year: FiscalYear,
    locked: bool,
    contents: Contents,
    journals: &[(String, String)],
) -> String {
    let french = |on: NaiveDate| on.format("%d/%m/%Y");
    let mut text = String::new();
    let _ = write!(
        text,
        "Description du fichier {}\r\n\
         Exercice du {} au {}, entreprise {siren}\r\n\r\n\
         CE FICHIER EST LA PARTIE VENTES D'UN FEC : factures, avoirs, règlements et leurs suites. Il ne contient ni achats, ni\r\n\
         à-nouveaux, ni opérations d'inventaire. Il est destiné à être repris dans la comptabilité de l'entreprise, dont le\r\n\
         logiciel produit le fichier des écritures comptables de l'article L47 A, I du livre des procédures fiscales.\r\n\r\n",
        file_name(siren, year.closing),
        french(year.first),
        french(year.closing),
    );
    let state = if locked {
        "Période arrêtée : un nouvel export donne les mêmes octets.\r\n"
    } else {
        "Période NON arrêtée : des écritures peuvent encore s'y ajouter.\r\n"
    };
    text.push_str(state);
    let _ = write!(
        text,
        "{} écritures, {} lignes, total des débits et des crédits : {},{:02} EUR\r\n\r\n\
         Jeu de caractères : UTF-8 sans BOM. Séparateur de champs : tabulation. Fin d'enregistrement : CR LF.\r\n\
         Première ligne : noms des champs. Décimales : virgule, deux chiffres. Dates : AAAAMMJJ. Monnaie de tenue : EUR.\r\n\r\n\
         Champs (article A47 A-1, VII, 1° du livre des procédures fiscales) :\r\n",
        contents.entries,
        contents.lines,
        contents.debit / 100,
        contents.debit % 100,
    );
    let meanings = [
        "code du journal",
        "libellé du journal",
        "numéro de l'écriture, continu dans l'exercice, dans l'ordre de validation",
        "date de comptabilisation",
        "numéro de compte (plan comptable général)",
        "libellé de compte",
        "numéro de compte auxiliaire : code du client",
        "libellé de compte auxiliaire : nom du client",
        "référence de la pièce : numéro de facture ou d'avoir, référence du règlement",
        "date de la pièce",
        "libellé de l'écriture",
        "montant au débit",
        "montant au crédit",
        "code de lettrage, par client ; arrêté à la clôture",
        "date de lettrage",
        "date de validation de l'écriture",
        "montant en devise (vide : les documents en devise ne sont pas comptabilisés)",
        "identifiant de la devise",
    ];
    for (at, (name, meaning)) in COLUMNS.iter().zip(meanings).enumerate() {
        let _ = write!(text, "{:>2}. {name} : {meaning}\r\n", at + 1);
    }
    text.push_str("\r\nJournaux :\r\n");
    for (code, label) in journals {
        let _ = write!(text, "{} : {}\r\n", cleaned(code), cleaned(label));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Currency, Money,
        accounting::{Account, Auxiliary, JournalName},
    };

    fn on(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn year() -> FiscalYear {
        FiscalYear::closing_on(FiscalYearEnd { month: 12, day: 31 }, on("2026-12-31")).unwrap()
    }

    fn line(number: u32, amount: i64) -> PostedLine {
        PostedLine {
            journal: JournalName {
                code: "VE".to_owned(),
                label: "Ventes".to_owned(),
            },
            number,
            on: on("2026-03-02"),
            account: Account {
                number: "411000".to_owned(),
                label: "Clients".to_owned(),
            },
            auxiliary: Some(Auxiliary {
                code: "C00001".to_owned(),
                label: "Ateliers Martin".to_owned(),
            }),
            piece: "2026-F-001".to_owned(),
            piece_date: on("2026-03-02"),
            label: "Facture 2026-F-001".to_owned(),
            amount,
            letter: None,
            valid_on: on("2026-03-02"),
            foreign: None,
        }
    }

    fn written(lines: &[PostedLine]) -> String {
        let mut writer = Writer::new(Vec::new()).unwrap();
        for line in lines {
            writer.line(line).unwrap();
        }
        String::from_utf8(writer.finish().unwrap()).unwrap()
    }

    fn faults(text: &str) -> Vec<FecProblem> {
        let faults = check(text.as_bytes(), year()).unwrap_err();
        faults.into_iter().map(|fault| fault.problem).collect()
    }

    #[test]
    fn a_line_is_written_as_the_law_says() {
        let lettered = PostedLine {
            letter: Some(("AA".to_owned(), on("2026-04-01"))),
            foreign: Some(Money::new(1_234, Currency::parse("c", "USD").unwrap())),
            ..line(1, 360_005)
        };
        let text = written(&[lettered, line(1, -360_005)]);
        let rows: Vec<&str> = text.split("\r\n").collect();
        assert_eq!(rows[0].split('\t').collect::<Vec<_>>(), COLUMNS);
        assert_eq!(
            rows[1],
            "VE\tVentes\t000001\t20260302\t411000\tClients\tC00001\tAteliers Martin\t2026-F-001\t20260302\tFacture \
             2026-F-001\t3600,05\t0,00\tAA\t20260401\t20260302\t12,34\tUSD"
        );
        assert!(rows[2].ends_with("\t0,00\t3600,05\t\t\t20260302\t\t"));
        assert_eq!(rows[3], "");
        let contents = check(text.as_bytes(), year()).unwrap();
        assert_eq!((contents.entries, contents.lines, contents.debit), (1, 2, 360_005));
    }

    #[test]
    fn the_file_is_named_by_siren_and_closing() {
        let siren = "732829320".parse().unwrap();
        assert_eq!(file_name(&siren, on("2026-12-31")), "732829320FEC20261231.txt");
        let text = description(
            &siren,
            year(),
            true,
            Contents::default(),
            &[("VE".to_owned(), "Ventes".to_owned())],
        );
        assert!(text.contains("PARTIE VENTES D'UN FEC") && text.contains("18. Idevise"));
    }

    #[test]
    fn a_fiscal_year_begins_after_the_one_before() {
        let of = |month, day, closing: &str| FiscalYear::closing_on(FiscalYearEnd { month, day }, on(closing));
        assert_eq!(of(12, 31, "2026-12-31").unwrap().first, on("2026-01-01"));
        assert_eq!(of(2, 29, "2029-02-28").unwrap().first, on("2028-03-01"));
        assert_eq!(of(2, 29, "2028-02-29").unwrap().first, on("2027-03-01"));
        assert_eq!(of(6, 30, "2026-12-31"), None);
    }

    #[test]
    fn hostile_text_breaks_neither_fields_nor_lines() {
        let hostile = [
            "a\tb|c\r\nd",
            "\u{0}\u{7}\u{1b}[31mrouge",
            "fin\u{2028}de\u{85}ligne",
            "\u{202E}droite à gauche\u{FEFF}",
            "|||",
            "\t",
            "  des   blancs  ",
            &"é".repeat(1_000),
        ];
        for text in hostile {
            let hostile = PostedLine {
                label: text.to_owned(),
                piece: text.to_owned(),
                auxiliary: Some(Auxiliary {
                    code: text.to_owned(),
                    label: text.to_owned(),
                }),
                ..line(1, 100)
            };
            let file = written(&[hostile, line(1, -100)]);
            assert_eq!(file.matches("\r\n").count(), 3);
            assert!(check(file.as_bytes(), year()).is_ok(), "{text:?}: {file}");
        }
        assert_eq!(cleaned("a\t| b\r\nc "), "a b c");
    }

    #[test]
    fn a_file_that_is_wrong_is_not_handed_out() {
        let good = written(&[line(1, 100), line(1, -100)]);
        let cases: [(String, FecProblem); 9] = [
            (written(&[line(1, 100), line(1, -99)]), FecProblem::EntryNotBalanced),
            (written(&[line(2, 100), line(2, -100)]), FecProblem::NumberNotContinuous),
            (
                written(&[line(1, 100), line(1, -100), line(3, 100), line(3, -100)]),
                FecProblem::NumberNotContinuous,
            ),
            (
                good.replace("100", "1.00").replace("1,00", "1.00"),
                FecProblem::NotAnAmount("Debit"),
            ),
            (good.replace("\r\n", "\n"), FecProblem::LineEnd),
            (good.replace("EcritureLet", "Lettrage"), FecProblem::WrongHeader),
            (good.replace("20260302", "20251231"), FecProblem::OutsideTheYear),
            (good.replace("411000", "4A1000"), FecProblem::NotAnAccount),
            (good.replace("\tClients", ""), FecProblem::NotEighteenFields),
        ];
        for (text, problem) in cases {
            assert!(faults(&text).contains(&problem), "{problem:?}: {:?}", faults(&text));
        }
        let early = PostedLine {
            valid_on: on("2026-03-01"),
            ..line(1, 100)
        };
        assert!(faults(&written(&[early])).contains(&FecProblem::ValidatedBeforePiece));
    }
}
