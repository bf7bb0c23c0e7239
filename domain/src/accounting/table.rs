//! Entries as CSV for accounting software, in columns that the company sets once: the title that the program expects, and
//! what stands below it.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{entry::PostedLine, fec::cleaned};
use crate::Currency;

/// For which program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ExportFormat {
    /// Semicolons, decimal commas, dd/mm/yyyy.
    Sage,
    /// Commas, decimal points, dd/mm/yyyy.
    QuickBooks,
}

impl ExportFormat {
    pub const ALL: [Self; 2] = [Self::Sage, Self::QuickBooks];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sage => "SAGE",
            Self::QuickBooks => "QUICK_BOOKS",
        }
    }

    /// The columns until the company says otherwise.
    pub fn usual_columns(self) -> Vec<ExportColumn> {
        let columns: &[(&str, ExportField)] = match self {
            Self::Sage => &[
                ("Code journal", ExportField::JournalCode),
                ("Date de pièce", ExportField::Date),
                ("N° compte général", ExportField::Account),
                ("N° compte tiers", ExportField::Auxiliary),
                ("N° pièce", ExportField::Number),
                ("Référence pièce", ExportField::Piece),
                ("Libellé écriture", ExportField::Label),
                ("Montant débit", ExportField::Debit),
                ("Montant crédit", ExportField::Credit),
                ("Lettre", ExportField::Letter),
            ],
            Self::QuickBooks => &[
                ("JournalNo", ExportField::Number),
                ("JournalDate", ExportField::Date),
                ("AccountName", ExportField::Account),
                ("Debits", ExportField::Debit),
                ("Credits", ExportField::Credit),
                ("Description", ExportField::Label),
                ("Name", ExportField::AuxiliaryLabel),
                ("Currency", ExportField::Currency),
            ],
        };
        columns
            .iter()
            .map(|(title, field)| ExportColumn {
                title: (*title).to_owned(),
                field: *field,
            })
            .collect()
    }

    const fn separator(self) -> char {
        match self {
            Self::Sage => ';',
            Self::QuickBooks => ',',
        }
    }

    const fn decimal(self) -> char {
        match self {
            Self::Sage => ',',
            Self::QuickBooks => '.',
        }
    }
}

/// A column: what it is called, and what stands in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExportColumn {
    pub title: String,
    pub field: ExportField,
}

/// What can stand in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ExportField {
    JournalCode,
    JournalLabel,
    Number,
    Date,
    Account,
    AccountLabel,
    /// The customer's code.
    Auxiliary,
    /// The customer's name.
    AuxiliaryLabel,
    Piece,
    PieceDate,
    Label,
    /// Empty on the other side.
    Debit,
    Credit,
    /// Above zero a debit, below a credit.
    Amount,
    /// `D` or `C`.
    Side,
    Letter,
    LetterDate,
    ValidDate,
    Currency,
}

impl ExportField {
    pub const ALL: [Self; 19] = [
        Self::JournalCode,
        Self::JournalLabel,
        Self::Number,
        Self::Date,
        Self::Account,
        Self::AccountLabel,
        Self::Auxiliary,
        Self::AuxiliaryLabel,
        Self::Piece,
        Self::PieceDate,
        Self::Label,
        Self::Debit,
        Self::Credit,
        Self::Amount,
        Self::Side,
        Self::Letter,
        Self::LetterDate,
        Self::ValidDate,
        Self::Currency,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::JournalCode => "JOURNAL_CODE",
            Self::JournalLabel => "JOURNAL_LABEL",
            Self::Number => "NUMBER",
            Self::Date => "DATE",
            Self::Account => "ACCOUNT",
            Self::AccountLabel => "ACCOUNT_LABEL",
            Self::Auxiliary => "AUXILIARY",
            Self::AuxiliaryLabel => "AUXILIARY_LABEL",
            Self::Piece => "PIECE",
            Self::PieceDate => "PIECE_DATE",
            Self::Label => "LABEL",
            Self::Debit => "DEBIT",
            Self::Credit => "CREDIT",
            Self::Amount => "AMOUNT",
            Self::Side => "SIDE",
            Self::Letter => "LETTER",
            Self::LetterDate => "LETTER_DATE",
            Self::ValidDate => "VALID_DATE",
            Self::Currency => "CURRENCY",
        }
    }
}

/// Writes lines as they come.
#[derive(Debug)]
pub struct TableWriter<W> {
    out: W,
    format: ExportFormat,
    columns: Vec<ExportColumn>,
}

impl<W: Write> TableWriter<W> {
    /// Begins with the titles.
    pub fn new(out: W, format: ExportFormat, columns: Vec<ExportColumn>) -> io::Result<Self> {
        let mut writer = Self { out, format, columns };
        let titles: Vec<String> = writer.columns.iter().map(|column| column.title.clone()).collect();
        writer.row(titles)?;
        Ok(writer)
    }

    pub fn line(&mut self, line: &PostedLine) -> io::Result<()> {
        let cells = self
            .columns
            .iter()
            .map(|column| self.format.cell(column.field, line))
            .collect();
        self.row(cells)
    }

    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }

    fn row(&mut self, cells: Vec<String>) -> io::Result<()> {
        let separator = self.format.separator();
        let mut row = String::new();
        for (at, cell) in cells.iter().enumerate() {
            if at > 0 {
                row.push(separator);
            }
            if cell.contains([separator, '"', '\n', '\r']) {
                row.push('"');
                row.push_str(&cell.replace('"', "\"\""));
                row.push('"');
            } else {
                row.push_str(cell);
            }
        }
        row.push_str("\r\n");
        self.out.write_all(row.as_bytes())
    }
}

impl ExportFormat {
    fn cell(self, field: ExportField, line: &PostedLine) -> String {
        let day = |on: chrono::NaiveDate| on.format("%d/%m/%Y").to_string();
        let side = |amount: i64| if amount > 0 { self.amount(amount) } else { String::new() };
        let auxiliary = line.auxiliary.as_ref();
        match field {
            ExportField::JournalCode => text(&line.journal.code),
            ExportField::JournalLabel => text(&line.journal.label),
            ExportField::Number => line.number.to_string(),
            ExportField::Date => day(line.on),
            ExportField::Account => text(&line.account.number),
            ExportField::AccountLabel => text(&line.account.label),
            ExportField::Auxiliary => auxiliary.map(|of| text(&of.code)).unwrap_or_default(),
            ExportField::AuxiliaryLabel => auxiliary.map(|of| text(&of.label)).unwrap_or_default(),
            ExportField::Piece => text(&line.piece),
            ExportField::PieceDate => day(line.piece_date),
            ExportField::Label => text(&line.label),
            ExportField::Debit => side(line.amount),
            ExportField::Credit => side(line.amount.saturating_neg()),
            ExportField::Amount => self.amount(line.amount),
            ExportField::Side => if line.amount > 0 { "D" } else { "C" }.to_owned(),
            ExportField::Letter => line.letter.as_ref().map(|(code, _)| code.clone()).unwrap_or_default(),
            ExportField::LetterDate => line.letter.as_ref().map(|(_, on)| day(*on)).unwrap_or_default(),
            ExportField::ValidDate => day(line.valid_on),
            ExportField::Currency => Currency::EUR.code().to_owned(),
        }
    }

    fn amount(self, cents: i64) -> String {
        let sign = if cents < 0 { "-" } else { "" };
        let magnitude = cents.unsigned_abs();
        format!("{sign}{}{}{:02}", magnitude / 100, self.decimal(), magnitude % 100)
    }
}

/// On one line, and nothing that a spreadsheet on the way would take for a formula.
fn text(text: &str) -> String {
    let text = cleaned(text);
    if text.starts_with(['=', '+', '-', '@']) {
        format!("'{text}")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;
    use crate::accounting::{Account, Auxiliary, JournalName};

    fn line(amount: i64) -> PostedLine {
        let on: NaiveDate = "2026-03-02".parse().unwrap();
        PostedLine {
            journal: JournalName {
                code: "VE".to_owned(),
                label: "Ventes".to_owned(),
            },
            number: 7,
            on,
            account: Account {
                number: "411000".to_owned(),
                label: "Clients".to_owned(),
            },
            auxiliary: Some(Auxiliary {
                code: "C00001".to_owned(),
                label: "=Martin; \"fils\"".to_owned(),
            }),
            piece: "2026-F-001".to_owned(),
            piece_date: on,
            label: "Facture; 2026-F-001".to_owned(),
            amount,
            letter: None,
            valid_on: on,
            foreign: None,
        }
    }

    fn written(format: ExportFormat, columns: Vec<ExportColumn>) -> String {
        let mut writer = TableWriter::new(Vec::new(), format, columns).unwrap();
        writer.line(&line(123_456)).unwrap();
        writer.line(&line(-5)).unwrap();
        String::from_utf8(writer.finish().unwrap()).unwrap()
    }

    #[test]
    fn sage_gets_semicolons_and_commas() {
        assert_eq!(
            written(ExportFormat::Sage, ExportFormat::Sage.usual_columns()),
            "Code journal;Date de pièce;N° compte général;N° compte tiers;N° pièce;Référence pièce;Libellé écriture;Montant \
             débit;Montant crédit;Lettre\r\n\
             VE;02/03/2026;411000;C00001;7;2026-F-001;\"Facture; 2026-F-001\";1234,56;;\r\n\
             VE;02/03/2026;411000;C00001;7;2026-F-001;\"Facture; 2026-F-001\";;0,05;\r\n"
        );
    }

    #[test]
    fn quickbooks_gets_commas_and_points() {
        assert_eq!(
            written(ExportFormat::QuickBooks, ExportFormat::QuickBooks.usual_columns()),
            "JournalNo,JournalDate,AccountName,Debits,Credits,Description,Name,Currency\r\n\
             7,02/03/2026,411000,1234.56,,Facture; 2026-F-001,\"'=Martin; \"\"fils\"\"\",EUR\r\n\
             7,02/03/2026,411000,,0.05,Facture; 2026-F-001,\"'=Martin; \"\"fils\"\"\",EUR\r\n"
        );
    }

    #[test]
    fn columns_are_those_that_were_saved() {
        let columns = [
            ("Compte", ExportField::Account),
            ("Sens", ExportField::Side),
            ("Montant", ExportField::Amount),
        ]
        .map(|(title, field)| ExportColumn {
            title: title.to_owned(),
            field,
        });
        assert_eq!(
            written(ExportFormat::Sage, columns.to_vec()),
            "Compte;Sens;Montant\r\n411000;D;1234,56\r\n411000;C;-0,05\r\n"
        );
    }
}
