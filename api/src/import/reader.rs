//! Reads CSV strictly and within bounds: RFC 4180, UTF-8, and a reason for every row that is not.
//!
//! The usual readers are lenient (a stray quote changes the text without a word) and unbounded (a quote that is never
//! closed swallows the rest of the file into one cell). Here a row that cannot be read costs that row: reading resumes
//! at the line after the one it began on.

use std::{
    collections::VecDeque,
    io::{self, BufRead},
};

/// A cell longer than this is refused.
pub(super) const MAX_CELL_BYTES: usize = 64 * 1024;
/// A row longer than this is refused; this much of a file is held in memory at most.
pub(super) const MAX_ROW_BYTES: usize = 512 * 1024;

/// A row that could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    /// The line of the file that it begins on, from 1.
    pub(super) line: u64,
    pub(super) cells: Vec<String>,
}

/// A row that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Malformed {
    /// The line of the file that it begins on, from 1.
    pub(super) line: u64,
    pub(super) defect: Defect,
}

/// What is wrong with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Defect {
    #[error("a quote stands inside a cell that does not begin with one: quote the whole cell and double the quote")]
    QuoteInsideCell,
    #[error("text follows the closing quote of a cell: double the quotes inside it")]
    TextAfterQuote,
    #[error("a quote is opened and never closed")]
    UnclosedQuote,
    #[error("a cell is longer than {} KiB", MAX_CELL_BYTES / 1024)]
    CellTooLarge,
    #[error("the row is longer than {} KiB", MAX_ROW_BYTES / 1024)]
    RowTooLarge,
    #[error("the text is not UTF-8: save the file as UTF-8 (it may be Latin-1 or Windows-1252)")]
    NotUtf8,
    #[error("a cell contains a NUL byte")]
    NulByte,
}

impl Defect {
    /// Stable, for programs that read the report.
    pub fn code(self) -> &'static str {
        match self {
            Self::QuoteInsideCell | Self::TextAfterQuote | Self::UnclosedQuote => "BROKEN_QUOTES",
            Self::CellTooLarge => "CELL_TOO_LARGE",
            Self::RowTooLarge => "ROW_TOO_LARGE",
            Self::NotUtf8 => "NOT_UTF8",
            Self::NulByte => "CONTROL_CHARACTER",
        }
    }

    /// As it prints, in French.
    pub(super) fn in_french(self) -> String {
        match self {
            Self::QuoteInsideCell => {
                "un guillemet figure dans une cellule qui ne commence pas par un guillemet : entourez la cellule et doublez-le"
                    .to_owned()
            }
            Self::TextAfterQuote => {
                "du texte suit le guillemet fermant d'une cellule : doublez les guillemets qu'elle contient".to_owned()
            }
            Self::UnclosedQuote => "un guillemet est ouvert et jamais fermé".to_owned(),
            Self::CellTooLarge => format!("une cellule dépasse {} Kio", MAX_CELL_BYTES / 1024),
            Self::RowTooLarge => format!("la ligne dépasse {} Kio", MAX_ROW_BYTES / 1024),
            Self::NotUtf8 => {
                "le texte n'est pas en UTF-8 : enregistrez le fichier en UTF-8 (il est peut-être en Latin-1 ou en Windows-1252)"
                    .to_owned()
            }
            Self::NulByte => "une cellule contient un octet nul".to_owned(),
        }
    }
}

/// A line of the file, without its end.
struct Line {
    number: u64,
    content: Content,
}

enum Content {
    Bytes(Vec<u8>),
    /// More than [`MAX_ROW_BYTES`]; the bytes were passed over.
    TooLong,
}

/// The rows of a CSV file, one after the other.
pub(super) struct Reader<R> {
    input: R,
    delimiter: u8,
    /// Lines that were read ahead for a row that turned out to be malformed.
    again: VecDeque<Line>,
    lines: u64,
    bytes: u64,
}

impl<R: BufRead> Reader<R> {
    pub(super) fn new(input: R, delimiter: u8) -> Self {
        Self {
            input,
            delimiter,
            again: VecDeque::new(),
            lines: 0,
            bytes: 0,
        }
    }

    /// How much of the file was read.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The next row; `None` at the end of the file. Empty lines are passed over.
    pub(super) fn next_row(&mut self) -> io::Result<Option<Result<Record, Malformed>>> {
        loop {
            let Some(first) = self.next_line()? else {
                return Ok(None);
            };
            match &first.content {
                Content::Bytes(bytes) if bytes.is_empty() => {}
                Content::Bytes(_) => return self.row(first).map(Some),
                Content::TooLong => {
                    return Ok(Some(Err(Malformed {
                        line: first.number,
                        defect: Defect::RowTooLarge,
                    })));
                }
            }
        }
    }

    /// Reads the row that begins with `first`, taking more lines while a quoted cell goes on.
    fn row(&mut self, first: Line) -> io::Result<Result<Record, Malformed>> {
        let line = first.number;
        let mut row = Row::new(self.delimiter);
        let mut ahead = Vec::new();
        let mut next = Some(first);
        let outcome = loop {
            let Some(current) = next.take() else {
                break Err(Defect::UnclosedQuote);
            };
            let taken = match &current.content {
                Content::Bytes(bytes) => row.take_line(bytes),
                Content::TooLong => Err(Defect::RowTooLarge),
            };
            if current.number != line {
                ahead.push(current);
            }
            match taken {
                Ok(true) => break row.finish(),
                Ok(false) => next = self.next_line()?,
                Err(defect) => break Err(defect),
            }
        };
        Ok(match outcome {
            Ok(cells) => Ok(Record { line, cells }),
            Err(defect) => {
                for line in ahead.into_iter().rev() {
                    self.again.push_front(line);
                }
                Err(Malformed { line, defect })
            }
        })
    }

    fn next_line(&mut self) -> io::Result<Option<Line>> {
        if let Some(line) = self.again.pop_front() {
            return Ok(Some(line));
        }
        let mut bytes = Vec::new();
        let (mut ended, mut too_long) = (false, false);
        while !ended {
            let available = self.input.fill_buf()?;
            if available.is_empty() {
                break;
            }
            let end = available.iter().position(|byte| *byte == b'\n');
            let content = &available[..end.unwrap_or(available.len())];
            too_long |= bytes.len() + content.len() > MAX_ROW_BYTES;
            if !too_long {
                bytes.extend_from_slice(content);
            }
            let used = end.map_or(available.len(), |end| end + 1);
            ended = end.is_some();
            self.input.consume(used);
            self.bytes += used as u64;
        }
        if !ended && !too_long && bytes.is_empty() {
            return Ok(None);
        }
        self.lines += 1;
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
        let content = if too_long {
            Content::TooLong
        } else {
            Content::Bytes(bytes)
        };
        Ok(Some(Line {
            number: self.lines,
            content,
        }))
    }
}

/// Where in a row the reading stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    CellStart,
    Plain,
    Quoted,
    /// After a quote inside a quoted cell: the cell's end, or the first half of a doubled quote.
    QuoteInQuoted,
}

/// A row in the making.
struct Row {
    delimiter: u8,
    state: State,
    cells: Vec<String>,
    cell: Vec<u8>,
    bytes: usize,
}

impl Row {
    fn new(delimiter: u8) -> Self {
        Self {
            delimiter,
            state: State::CellStart,
            cells: Vec::new(),
            cell: Vec::new(),
            bytes: 0,
        }
    }

    /// Takes one line in; `true` when the row is complete with it.
    fn take_line(&mut self, line: &[u8]) -> Result<bool, Defect> {
        if self.state == State::Quoted {
            self.push(b'\n')?;
        }
        self.bytes += line.len();
        if self.bytes > MAX_ROW_BYTES {
            return Err(Defect::RowTooLarge);
        }
        for byte in line {
            self.take(*byte)?;
        }
        Ok(self.state != State::Quoted)
    }

    fn take(&mut self, byte: u8) -> Result<(), Defect> {
        match (self.state, byte) {
            (State::CellStart, b'"') => self.state = State::Quoted,
            (State::CellStart | State::Plain | State::QuoteInQuoted, byte) if byte == self.delimiter => {
                self.close_cell()?;
                self.state = State::CellStart;
            }
            (State::Plain, b'"') => return Err(Defect::QuoteInsideCell),
            (State::CellStart | State::Plain, byte) => {
                self.push(byte)?;
                self.state = State::Plain;
            }
            (State::Quoted, b'"') => self.state = State::QuoteInQuoted,
            (State::Quoted, byte) => self.push(byte)?,
            (State::QuoteInQuoted, b'"') => {
                self.push(b'"')?;
                self.state = State::Quoted;
            }
            (State::QuoteInQuoted, _) => return Err(Defect::TextAfterQuote),
        }
        Ok(())
    }

    fn push(&mut self, byte: u8) -> Result<(), Defect> {
        if self.cell.len() == MAX_CELL_BYTES {
            return Err(Defect::CellTooLarge);
        }
        if byte == 0 {
            return Err(Defect::NulByte);
        }
        self.cell.push(byte);
        Ok(())
    }

    fn close_cell(&mut self) -> Result<(), Defect> {
        let cell = String::from_utf8(std::mem::take(&mut self.cell)).map_err(|_| Defect::NotUtf8)?;
        self.cells.push(cell);
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<String>, Defect> {
        self.close_cell()?;
        Ok(self.cells)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rows(text: &[u8]) -> Vec<Result<Record, Malformed>> {
        let mut reader = Reader::new(text, b',');
        let mut rows = Vec::new();
        while let Some(row) = reader.next_row().unwrap() {
            rows.push(row);
        }
        rows
    }

    fn record(line: u64, cells: &[&str]) -> Result<Record, Malformed> {
        Ok(Record {
            line,
            cells: cells.iter().map(|cell| (*cell).to_owned()).collect(),
        })
    }

    fn malformed(line: u64, defect: Defect) -> Result<Record, Malformed> {
        Err(Malformed { line, defect })
    }

    #[test]
    fn quoted_cells_hold_delimiters_quotes_and_lines() {
        let text = b"a,\"b,c\",\"say \"\"oui\"\"\"\r\n\"two\nlines\",,x";
        assert_eq!(
            rows(text),
            [
                record(1, &["a", "b,c", "say \"oui\""]),
                record(2, &["two\nlines", "", "x"])
            ]
        );
    }

    #[test]
    fn a_stray_quote_costs_its_row_only() {
        assert_eq!(
            rows(b"a\"b,c\nd,e"),
            [malformed(1, Defect::QuoteInsideCell), record(2, &["d", "e"])]
        );
        assert_eq!(
            rows(b"\"a\"b,c\nd,e"),
            [malformed(1, Defect::TextAfterQuote), record(2, &["d", "e"])]
        );
    }

    #[test]
    fn an_unclosed_quote_costs_its_row_only() {
        let expected = [
            record(1, &["a", "b"]),
            malformed(2, Defect::UnclosedQuote),
            record(3, &["d", "e"]),
        ];
        assert_eq!(rows(b"a,b\n\"c,d\nd,e\n"), expected);
    }

    #[test]
    fn a_huge_cell_is_passed_over_without_being_held() {
        let mut text = b"a,".to_vec();
        text.extend(std::iter::repeat_n(b'x', 10 * 1024 * 1024));
        text.extend_from_slice(b"\nd,e\n");
        assert_eq!(rows(&text), [malformed(1, Defect::RowTooLarge), record(2, &["d", "e"])]);
        let mut text = b"\"".to_vec();
        text.extend(std::iter::repeat_n(b'x', MAX_CELL_BYTES + 1));
        text.extend_from_slice(b"\"\nd,e\n");
        assert_eq!(
            rows(&text),
            [malformed(1, Defect::CellTooLarge), record(2, &["d", "e"])]
        );
    }

    #[test]
    fn text_that_is_not_utf8_costs_its_row_only() {
        assert_eq!(
            rows(b"Soci\xe9t\xe9,1\nd,e"),
            [malformed(1, Defect::NotUtf8), record(2, &["d", "e"])]
        );
    }

    #[test]
    fn empty_lines_are_no_rows() {
        assert_eq!(rows(b"a\n\n\r\nb\n"), [record(1, &["a"]), record(4, &["b"])]);
    }

    proptest! {
        #[test]
        fn what_a_csv_writer_wrote_is_read_back(table in proptest::collection::vec(
            proptest::collection::vec("[a-zé\",\n ;]{0,6}", 2..4), 0..6)) {
            let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
            for cells in &table {
                writer.write_record(cells).unwrap();
            }
            let text = writer.into_inner().unwrap();
            let read: Vec<Vec<String>> = rows(&text).into_iter().map(|row| row.unwrap().cells).collect();
            prop_assert_eq!(read, table);
        }

        #[test]
        fn no_bytes_make_it_panic_or_stand_still(bytes in proptest::collection::vec(
            proptest::sample::select(b"\",\n\r\x00ab\xe9".to_vec()), 0..200)) {
            let lines = bytes.split(|byte| *byte == b'\n').count();
            prop_assert!(rows(&bytes).len() <= lines);
        }
    }
}
