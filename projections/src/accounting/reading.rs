//! What exports and the API ask of the books.

use std::{collections::HashMap, io};

use chrono::NaiveDate;
use domain::accounting::{
    Account, Auxiliary, ExportColumn, ExportFormat, Journal, JournalName, LetteredLine, Letters, Matching, PostedLine,
    Reconciliation, TableWriter,
    fec::{self, FiscalYear},
};
use sea_orm::{
    ColumnTrait, DatabaseConnection, DbErr, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, Func, SimpleExpr},
};
use uuid::Uuid;

use super::{documents, entries, lines, matchings, unbooked};

/// Entries that are read at once.
const PAGE: u64 = 2_000;

/// Why the books could not be read.
#[derive(Debug)]
pub enum ReadingError {
    Database(DbErr),
    Io(io::Error),
    /// A row that this version did not write.
    Unreadable(String),
}

impl std::fmt::Display for ReadingError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Database(error) => error.fmt(f),
            Self::Io(error) => error.fmt(f),
            Self::Unreadable(what) => write!(f, "not a row of the books: {what}"),
        }
    }
}

impl std::error::Error for ReadingError {}

impl From<DbErr> for ReadingError {
    fn from(error: DbErr) -> Self {
        Self::Database(error)
    }
}

impl From<io::Error> for ReadingError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// From the first to the last day, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub first: NaiveDate,
    pub last: NaiveDate,
}

impl From<FiscalYear> for Span {
    fn from(year: FiscalYear) -> Self {
        Self {
            first: year.first,
            last: year.closing,
        }
    }
}

/// Which entries; all of them when nothing is said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EntryFilter {
    /// The last day of their fiscal year.
    pub closing: Option<NaiveDate>,
    pub first: Option<NaiveDate>,
    pub last: Option<NaiveDate>,
    pub journal: Option<Journal>,
    /// Those with a line in accounts that begin so.
    pub account: Option<String>,
    /// Those with a line of this customer's.
    pub auxiliary: Option<String>,
    /// Of this invoice or payment.
    pub stream: Option<Uuid>,
}

/// An entry with its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryRows {
    pub entry: entries::Model,
    pub lines: Vec<lines::Model>,
}

/// The entries after a position, in the order of the journal.
pub async fn entries(
    connection: &DatabaseConnection,
    filter: &EntryFilter,
    after: Option<i64>,
    limit: u64,
) -> Result<Vec<EntryRows>, DbErr> {
    let mut found = entries::Entity::find()
        .order_by_asc(entries::Column::Position)
        .limit(limit);
    if let Some(after) = after {
        found = found.filter(entries::Column::Position.gt(after));
    }
    if let Some(closing) = filter.closing {
        found = found.filter(entries::Column::Closing.eq(closing.to_string()));
    }
    if let Some(first) = filter.first {
        found = found.filter(entries::Column::EntryDate.gte(first.to_string()));
    }
    if let Some(last) = filter.last {
        found = found.filter(entries::Column::EntryDate.lte(last.to_string()));
    }
    if let Some(journal) = filter.journal {
        found = found.filter(entries::Column::Journal.eq(journal.as_str()));
    }
    if let Some(stream) = filter.stream {
        found = found.filter(entries::Column::StreamId.eq(stream));
    }
    if filter.account.is_some() || filter.auxiliary.is_some() {
        let mut of = lines::Entity::find().select_only().column(lines::Column::Position);
        if let Some(account) = &filter.account {
            of = of.filter(lines::Column::Account.starts_with(account));
        }
        if let Some(auxiliary) = &filter.auxiliary {
            of = of.filter(lines::Column::Auxiliary.eq(auxiliary));
        }
        found = found.filter(entries::Column::Position.in_subquery(of.into_query()));
    }
    with_lines(connection, found.all(connection).await?).await
}

async fn with_lines(connection: &DatabaseConnection, entries: Vec<entries::Model>) -> Result<Vec<EntryRows>, DbErr> {
    let (Some(first), Some(last)) = (entries.first(), entries.last()) else {
        return Ok(Vec::new());
    };
    let lines = lines::Entity::find()
        .filter(lines::Column::Position.between(first.position, last.position))
        .order_by_asc(lines::Column::Id)
        .all(connection)
        .await?;
    let mut by_entry: HashMap<i64, Vec<lines::Model>> = HashMap::new();
    for line in lines {
        by_entry.entry(line.position).or_default().push(line);
    }
    let with = entries.into_iter().map(|entry| EntryRows {
        lines: by_entry.remove(&entry.position).unwrap_or_default(),
        entry,
    });
    Ok(with.collect())
}

/// The letters of customers' accounts as they are at a closing.
pub async fn letters(connection: &DatabaseConnection, closing: NaiveDate) -> Result<Letters, ReadingError> {
    let on = closing.to_string();
    let customers: Vec<(Option<String>, Option<Uuid>, String, i64)> = lines::Entity::find()
        .select_only()
        .column(lines::Column::Auxiliary)
        .column(lines::Column::Settles)
        .column(lines::Column::EntryDate)
        .column(lines::Column::AmountMinor)
        .filter(lines::Column::Settles.is_not_null())
        .filter(lines::Column::EntryDate.lte(on.clone()))
        .order_by_asc(lines::Column::Id)
        .into_tuple()
        .all(connection)
        .await?;
    let customers = customers.into_iter().map(|(auxiliary, key, on, amount)| {
        Ok(LetteredLine {
            on: day(&on)?,
            auxiliary: auxiliary.unwrap_or_default(),
            key: key.unwrap_or_default(),
            amount,
        })
    });
    let customers = customers.collect::<Result<Vec<_>, ReadingError>>()?;
    let matchings = matchings::Entity::find()
        .filter(matchings::Column::MatchedOn.lte(on))
        .order_by_asc(matchings::Column::Position)
        .all(connection)
        .await?;
    let matchings = matchings.into_iter().map(|row| {
        Ok(Matching {
            position: row.position as u64,
            on: day(&row.matched_on)?,
            one: row.invoice_id,
            other: row.by_id,
            amount: row.amount_minor,
        })
    });
    let matchings = matchings.collect::<Result<Vec<_>, ReadingError>>()?;
    Ok(Letters::at(closing, &customers, &matchings))
}

/// Writes the sales part of the FEC of a fiscal year. Whoever hands it out has it [checked](fec::check) first.
pub async fn write_fec<W: io::Write>(
    connection: &DatabaseConnection,
    year: FiscalYear,
    out: W,
) -> Result<W, ReadingError> {
    let mut writer = fec::Writer::new(out)?;
    let filter = EntryFilter {
        closing: Some(year.closing),
        ..EntryFilter::default()
    };
    each_line(connection, &filter, year.closing, |line| writer.line(line)).await?;
    Ok(writer.finish()?)
}

/// Writes entries of some days for an accounting program.
pub async fn write_table<W: io::Write>(
    connection: &DatabaseConnection,
    span: Span,
    format: ExportFormat,
    columns: Vec<ExportColumn>,
    out: W,
) -> Result<W, ReadingError> {
    let mut writer = TableWriter::new(out, format, columns)?;
    let filter = EntryFilter {
        first: Some(span.first),
        last: Some(span.last),
        ..EntryFilter::default()
    };
    each_line(connection, &filter, span.last, |line| writer.line(line)).await?;
    Ok(writer.finish()?)
}

/// Every line of the entries, in their order, with the letters of a closing.
async fn each_line(
    connection: &DatabaseConnection,
    filter: &EntryFilter,
    closing: NaiveDate,
    mut take: impl FnMut(&PostedLine) -> io::Result<()>,
) -> Result<(), ReadingError> {
    let letters = letters(connection, closing).await?;
    let mut after = None;
    loop {
        let page = entries(connection, filter, after, PAGE).await?;
        let full = page.len() as u64 == PAGE;
        for EntryRows { entry, lines } in page {
            after = Some(entry.position);
            let mut posted = posted(entry)?;
            for line in lines {
                with_line(&mut posted, line, &letters);
                take(&posted)?;
            }
        }
        if !full {
            return Ok(());
        }
    }
}

/// What the lines of an entry have in common.
fn posted(entry: entries::Model) -> Result<PostedLine, ReadingError> {
    Ok(PostedLine {
        number: entry.number as u32,
        on: day(&entry.entry_date)?,
        piece_date: day(&entry.piece_date)?,
        valid_on: day(&entry.valid_on)?,
        journal: JournalName {
            code: entry.journal_code,
            label: entry.journal_label,
        },
        account: Account {
            number: String::new(),
            label: String::new(),
        },
        auxiliary: None,
        piece: entry.piece,
        label: entry.label,
        amount: 0,
        letter: None,
        foreign: None,
    })
}

fn with_line(posted: &mut PostedLine, line: lines::Model, letters: &Letters) {
    let letter = line.settles.and_then(|key| letters.get(key));
    posted.letter = letter.map(|(code, on)| (code.to_owned(), on));
    posted.account = Account {
        number: line.account,
        label: line.account_label,
    };
    posted.auxiliary = line.auxiliary.map(|code| Auxiliary {
        label: line.auxiliary_label.unwrap_or_else(|| code.clone()),
        code,
    });
    posted.amount = line.amount_minor;
}

/// The journals that a fiscal year has entries of, by code, for the description beside a FEC.
pub async fn journals(connection: &DatabaseConnection, closing: NaiveDate) -> Result<Vec<(String, String)>, DbErr> {
    entries::Entity::find()
        .select_only()
        .column(entries::Column::JournalCode)
        .column(entries::Column::JournalLabel)
        .distinct()
        .filter(entries::Column::Closing.eq(closing.to_string()))
        .order_by_asc(entries::Column::JournalCode)
        .order_by_asc(entries::Column::JournalLabel)
        .into_tuple()
        .all(connection)
        .await
}

/// What some days would have and no book has, in the order of the journal.
pub async fn not_booked(connection: &DatabaseConnection, span: Span) -> Result<Vec<unbooked::Model>, DbErr> {
    unbooked::Entity::find()
        .filter(unbooked::Column::CountedOn.between(span.first.to_string(), span.last.to_string()))
        .order_by_asc(unbooked::Column::Position)
        .all(connection)
        .await
}

/// The books of some days beside what the documents of these days say.
pub async fn reconciliation(connection: &DatabaseConnection, span: Span) -> Result<Reconciliation, DbErr> {
    let (first, last) = (span.first.to_string(), span.last.to_string());
    let by_account: Vec<(String, String, Option<i64>)> = lines::Entity::find()
        .select_only()
        .column(lines::Column::Journal)
        .column(lines::Column::Account)
        .column_as(sum(lines::Column::AmountMinor), "amount")
        .filter(lines::Column::EntryDate.between(first.clone(), last.clone()))
        .group_by(lines::Column::Journal)
        .group_by(lines::Column::Account)
        .into_tuple()
        .all(connection)
        .await?;
    let mut reconciliation = Reconciliation::default();
    for (journal, account, amount) in by_account {
        if let Some(journal) = Journal::ALL.into_iter().find(|known| known.as_str() == journal) {
            reconciliation.line(journal, &account, amount.unwrap_or_default());
        }
    }
    let documents: Option<(Option<i64>, Option<i64>)> = documents::Entity::find()
        .select_only()
        .column_as(sum(documents::Column::RevenueMinor), "revenue")
        .column_as(sum(documents::Column::InvoicedMinor), "invoiced")
        .filter(documents::Column::EntryDate.between(first, last))
        .into_tuple()
        .one(connection)
        .await?;
    let (revenue, invoiced) = documents.unwrap_or_default();
    reconciliation.revenue = revenue.unwrap_or_default();
    reconciliation.invoiced = invoiced.unwrap_or_default();
    Ok(reconciliation)
}

/// PostgreSQL adds up whole numbers to another type.
fn sum(column: impl ColumnTrait) -> SimpleExpr {
    Expr::expr(Func::sum(column.into_expr())).cast_as("bigint")
}

fn day(text: &str) -> Result<NaiveDate, ReadingError> {
    text.parse().map_err(|_| ReadingError::Unreadable(text.to_owned()))
}
