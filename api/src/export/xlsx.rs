//! Workbooks: texts are texts whatever they begin with, numbers are numbers, dates are dates. Rows are written to a
//! temporary file as they come.

use std::fs::File;

use chrono_tz::Europe::Paris;
use rust_decimal::prelude::ToPrimitive;
use rust_xlsxwriter::{Format, Workbook, XlsxError};

use super::cells::{Cell, Locale};
use crate::graphql::errors::{ApiError, ApiResult};

/// Rows of a sheet at most, its head included.
const ROWS_MAX: u32 = 1_048_576;
/// Characters of a cell at most.
const TEXT_MAX: usize = 32_767;

pub(super) struct Book {
    workbook: Workbook,
    locale: Locale,
    date: Format,
    moment: Format,
    row: u32,
}

impl Book {
    pub(super) fn new(titles: &[&str], locale: Locale) -> ApiResult<Self> {
        let mut book = Workbook::new();
        let bold = Format::new().set_bold();
        let sheet = book
            .add_worksheet_with_constant_memory()
            .map_err(|error| failed(&error))?;
        for (column, title) in (0_u16..).zip(titles) {
            sheet
                .write_string_with_format(0, column, *title, &bold)
                .map_err(|error| failed(&error))?;
        }
        let (date, moment) = match locale {
            Locale::Plain => ("yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss"),
            Locale::French => ("dd/mm/yyyy", "dd/mm/yyyy hh:mm"),
        };
        Ok(Self {
            workbook: book,
            locale,
            date: Format::new().set_num_format(date),
            moment: Format::new().set_num_format(moment),
            row: 0,
        })
    }

    pub(super) fn rows(&mut self, rows: &[Vec<Cell>]) -> ApiResult<()> {
        for row in rows {
            self.row += 1;
            if self.row >= ROWS_MAX {
                return Err(ApiError::bad_input(
                    "The list has more rows than a sheet can have (1,048,575): filter it, or take CSV.",
                ));
            }
            self.cells(row).map_err(|error| failed(&error))?;
        }
        Ok(())
    }

    fn cells(&mut self, cells: &[Cell]) -> Result<(), XlsxError> {
        let row = self.row;
        let sheet = self.workbook.worksheet_from_index(0)?;
        for (column, cell) in (0_u16..).zip(cells) {
            match cell {
                Cell::Empty => {}
                Cell::Text(text) => {
                    let fitting: String = text.chars().take(TEXT_MAX).collect();
                    sheet.write_string(row, column, fitting)?;
                }
                Cell::Number(number) => {
                    sheet.write_number(row, column, number.to_f64().unwrap_or_default())?;
                }
                Cell::Date(date) => {
                    sheet.write_datetime_with_format(row, column, date, &self.date)?;
                }
                Cell::Moment(time) => {
                    // Sheets know no time zones.
                    let local = match self.locale {
                        Locale::Plain => time.naive_utc(),
                        Locale::French => time.with_timezone(&Paris).naive_local(),
                    };
                    sheet.write_datetime_with_format(row, column, local, &self.moment)?;
                }
            }
        }
        Ok(())
    }

    pub(super) fn save(mut self, file: &mut File) -> ApiResult<u64> {
        self.workbook.save_to_writer(file).map_err(|error| failed(&error))?;
        Ok(self.row.into())
    }
}

fn failed(error: &XlsxError) -> ApiError {
    ApiError::internal("a workbook cannot be written", error)
}
