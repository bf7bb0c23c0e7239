//! RFC 4180, with what spreadsheets make of it in mind.

use chrono::SecondsFormat;
use chrono_tz::Europe::Paris;

use super::cells::{Cell, Locale};
use crate::graphql::errors::{ApiError, ApiResult};

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

pub(super) fn head(titles: &[&str], locale: Locale) -> ApiResult<Vec<u8>> {
    let mut bytes = Vec::new();
    if locale == Locale::French {
        bytes.extend_from_slice(BYTE_ORDER_MARK);
    }
    let titles = titles.iter().map(|title| defused(title)).collect::<Vec<_>>();
    bytes.extend(written([titles], locale)?);
    Ok(bytes)
}

pub(super) fn rows(rows: &[Vec<Cell>], locale: Locale) -> ApiResult<Vec<u8>> {
    let rows = rows
        .iter()
        .map(|row| row.iter().map(|cell| shown(cell, locale)).collect::<Vec<_>>());
    written(rows, locale)
}

fn written(rows: impl IntoIterator<Item = Vec<String>>, locale: Locale) -> ApiResult<Vec<u8>> {
    let delimiter = match locale {
        Locale::Plain => b',',
        Locale::French => b';',
    };
    let mut writer = csv::WriterBuilder::new()
        .delimiter(delimiter)
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    for row in rows {
        writer
            .write_record(&row)
            .map_err(|error| ApiError::internal("a row cannot be written as CSV", &error))?;
    }
    writer
        .into_inner()
        .map_err(|error| ApiError::internal("rows cannot be written as CSV", &error.error().to_string()))
}

fn shown(cell: &Cell, locale: Locale) -> String {
    match (cell, locale) {
        (Cell::Empty, _) => String::new(),
        (Cell::Text(text), _) => defused(text),
        (Cell::Number(number), Locale::Plain) => number.to_string(),
        (Cell::Number(number), Locale::French) => number.to_string().replace('.', ","),
        (Cell::Date(date), Locale::Plain) => date.to_string(),
        (Cell::Date(date), Locale::French) => date.format("%d/%m/%Y").to_string(),
        (Cell::Moment(time), Locale::Plain) => time.to_rfc3339_opts(SecondsFormat::AutoSi, true),
        (Cell::Moment(time), Locale::French) => time.with_timezone(&Paris).format("%d/%m/%Y %H:%M").to_string(),
    }
}

/// A text that a spreadsheet would take for a formula goes behind an apostrophe.
fn defused(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(cells: &[Cell], locale: Locale) -> String {
        String::from_utf8(rows(&[cells.to_vec()], locale).unwrap()).unwrap()
    }

    #[test]
    fn nothing_that_somebody_wrote_is_a_formula() {
        for text in ["=1+1", "+33 1", "-2", "@SUM(A1)", "\tx", "\r=x"] {
            assert!(
                line(&[Cell::text(text)], Locale::Plain)
                    .trim_matches('"')
                    .starts_with('\''),
                "{text:?}"
            );
        }
        assert_eq!(line(&[Cell::text("a=1")], Locale::Plain), "a=1\r\n");
        let number = Cell::Number("-2.50".parse().unwrap());
        assert_eq!(line(&[number], Locale::Plain), "-2.50\r\n", "a number is none");
    }

    #[test]
    fn quotes_line_ends_and_delimiters_are_quoted() {
        let cells = [
            Cell::text("a \"b\""),
            Cell::text("c\nd"),
            Cell::text("e,f"),
            Cell::text("g;h"),
        ];
        assert_eq!(line(&cells, Locale::Plain), "\"a \"\"b\"\"\",\"c\nd\",\"e,f\",g;h\r\n");
        assert_eq!(line(&cells, Locale::French), "\"a \"\"b\"\"\";\"c\nd\";e,f;\"g;h\"\r\n");
    }

    #[test]
    fn french_spreadsheets_get_commas_and_days_first() {
        let cells = [
            Cell::Number("1054.10".parse().unwrap()),
            Cell::Date("2026-03-31".parse().unwrap()),
            Cell::Moment("2026-03-31T22:30:00Z".parse().unwrap()),
            Cell::Empty,
        ];
        assert_eq!(line(&cells, Locale::French), "1054,10;31/03/2026;01/04/2026 00:30;\r\n");
        assert_eq!(
            line(&cells, Locale::Plain),
            "1054.10,2026-03-31,2026-03-31T22:30:00Z,\r\n"
        );
        assert!(
            head(&["Titre"], Locale::French)
                .unwrap()
                .starts_with("\u{feff}Titre\r\n".as_bytes())
        );
        assert_eq!(head(&["title"], Locale::Plain).unwrap(), b"title\r\n");
    }
}
