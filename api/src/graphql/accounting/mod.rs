//! The books: entries, how they are kept, and whether they say what the invoices say.

pub mod mutations;

use async_graphql::{
    Context, Enum, ID, Object, SimpleObject,
    connection::{Connection, Edge, EmptyFields},
};
use chrono::NaiveDate;
use domain::{
    accounting::{self as rules, Chart},
    accounting_period::{ACCOUNTING, AccountingState},
    billing::Percentage,
};
use projections::accounting::{
    entries, lines,
    reading::{self as books, EntryFilter, EntryRows, ReadingError, Span},
    settings, unbooked,
};
use sea_orm::EntityTrait;

use super::{
    billing::stored,
    deals::known,
    errors::{ApiError, ApiResult, ErrorCode},
    ids::{self, Kind},
    money::Money,
    paging::{self, PageArguments},
    reading::{self, AsOfInput, Reading},
    scalars::{BigInt, Date, Decimal, date_of_row},
    session::Session,
};

/// What is in no book that one answer tells of at most.
const UNBOOKED_MAX: usize = 1_000;
/// The rates of metropolitan France, in tenths of a percent.
const RATES: [i64; 4] = [200, 100, 55, 21];

/// What entries are kept apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::accounting::Journal")]
pub enum AccountingJournal {
    Sales,
    Bank,
    Miscellaneous,
}

/// What an account is for. `VAT_DUE` and `VAT_PENDING` have an account for each rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
pub enum AccountRole {
    Customers,
    Deposits,
    Services,
    Goods,
    Rebates,
    VatDue,
    VatPending,
    Transfers,
    Cheques,
    Cards,
    DirectDebits,
    Cash,
    OtherMeans,
    BadDebts,
    /// What was written off and comes in after all.
    RecoveredDebts,
    Discounts,
    LateInterest,
    Indemnities,
}

impl From<rules::AccountRole> for AccountRole {
    fn from(role: rules::AccountRole) -> Self {
        use rules::AccountRole as Role;
        match role {
            Role::Customers => Self::Customers,
            Role::Deposits => Self::Deposits,
            Role::Services => Self::Services,
            Role::Goods => Self::Goods,
            Role::Rebates => Self::Rebates,
            Role::VatDue(_) => Self::VatDue,
            Role::VatPending(_) => Self::VatPending,
            Role::Transfers => Self::Transfers,
            Role::Cheques => Self::Cheques,
            Role::Cards => Self::Cards,
            Role::DirectDebits => Self::DirectDebits,
            Role::Cash => Self::Cash,
            Role::OtherMeans => Self::OtherMeans,
            Role::BadDebts => Self::BadDebts,
            Role::RecoveredDebts => Self::RecoveredDebts,
            Role::Discounts => Self::Discounts,
            Role::LateInterest => Self::LateInterest,
            Role::Indemnities => Self::Indemnities,
        }
    }
}

/// The accounting programs that entries are written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::accounting::ExportFormat")]
pub enum AccountingFormat {
    /// Semicolons, decimal commas, dd/mm/yyyy.
    Sage,
    /// Commas, decimal points, dd/mm/yyyy.
    QuickBooks,
}

/// What can stand in a column of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::accounting::ExportField")]
pub enum AccountingField {
    JournalCode,
    JournalLabel,
    Number,
    Date,
    Account,
    AccountLabel,
    /// The customer's code.
    Auxiliary,
    AuxiliaryLabel,
    Piece,
    PieceDate,
    Label,
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

/// A line of an entry: one of `debit` and `credit` is zero.
#[derive(Debug, Clone, SimpleObject)]
pub struct AccountingLine {
    account: String,
    account_label: String,
    /// The customer's code and name at the time.
    auxiliary: Option<String>,
    auxiliary_label: Option<String>,
    debit: Money,
    credit: Money,
}

/// An entry of the books: it follows from one event and never changes.
pub struct AccountingEntry(EntryRows);

impl AccountingEntry {
    const fn row(&self) -> &entries::Model {
        &self.0.entry
    }
}

#[Object]
impl AccountingEntry {
    /// From 1, without gap within the fiscal year.
    async fn number(&self) -> i32 {
        self.row().number
    }

    /// Of the event that it follows from.
    async fn position(&self) -> BigInt {
        BigInt(self.row().position.unsigned_abs())
    }

    async fn journal(&self) -> ApiResult<AccountingJournal> {
        known(&rules::Journal::ALL, rules::Journal::as_str, &self.row().journal).map(Into::into)
    }

    async fn journal_code(&self) -> &str {
        &self.row().journal_code
    }

    async fn journal_label(&self) -> &str {
        &self.row().journal_label
    }

    /// The day that it counts for.
    async fn date(&self) -> ApiResult<Date> {
        date_of_row(&self.row().entry_date)
    }

    /// The last day of its fiscal year.
    async fn closing(&self) -> ApiResult<Date> {
        date_of_row(&self.row().closing)
    }

    async fn piece(&self) -> &str {
        &self.row().piece
    }

    async fn piece_date(&self) -> ApiResult<Date> {
        date_of_row(&self.row().piece_date)
    }

    async fn label(&self) -> &str {
        &self.row().label
    }

    /// The day on which it became final.
    async fn valid_on(&self) -> ApiResult<Date> {
        date_of_row(&self.row().valid_on)
    }

    /// What its debits add up to, and its credits.
    async fn total(&self) -> ApiResult<Money> {
        euros(self.row().total_minor)
    }

    /// The invoice or payment that it is about.
    async fn subject(&self) -> Option<ID> {
        subject(&self.row().category, self.row().stream_id)
    }

    async fn lines(&self) -> ApiResult<Vec<AccountingLine>> {
        let line = |line: &lines::Model| {
            Ok(AccountingLine {
                account: line.account.clone(),
                account_label: line.account_label.clone(),
                auxiliary: line.auxiliary.clone(),
                auxiliary_label: line.auxiliary_label.clone(),
                debit: euros(line.amount_minor.max(0))?,
                credit: euros(line.amount_minor.min(0).saturating_neg())?,
            })
        };
        self.0.lines.iter().map(line).collect()
    }
}

/// An account and what it is for.
#[derive(Debug, Clone, SimpleObject)]
pub struct MappedAccount {
    role: AccountRole,
    /// In hundred, of the accounts of tax.
    rate: Option<Decimal>,
    number: String,
    label: String,
}

/// How a journal is called.
#[derive(Debug, Clone, SimpleObject)]
pub struct NamedJournal {
    journal: AccountingJournal,
    code: String,
    label: String,
}

/// A column of an export.
#[derive(Debug, Clone, SimpleObject)]
pub struct AccountingColumn {
    title: String,
    field: AccountingField,
}

/// The columns of the export for a program.
#[derive(Debug, Clone, SimpleObject)]
pub struct AccountingMapping {
    format: AccountingFormat,
    columns: Vec<AccountingColumn>,
}

/// How the books are kept. They are the sales part of the books, and what is exported is the sales part of a FEC.
pub struct AccountingSettings {
    state: AccountingState,
    version: i64,
}

impl AccountingSettings {
    pub async fn load(reading: &Reading) -> ApiResult<Self> {
        let row = settings::Entity::find_by_id(ACCOUNTING)
            .one(reading.connection())
            .await?;
        Ok(match row {
            Some(row) => Self {
                state: stored(&row.state)?,
                version: row.version,
            },
            None => Self {
                state: AccountingState::default(),
                version: 0,
            },
        })
    }

    const fn chart(&self) -> &Chart {
        self.state.chart()
    }
}

#[Object]
impl AccountingSettings {
    /// The last day that is closed, for good; null when none is.
    async fn locked_through(&self) -> Option<Date> {
        self.state.locked_through().map(Date)
    }

    /// The accounts that entries are written into from now on.
    async fn accounts(&self) -> Vec<MappedAccount> {
        let rates = RATES.map(|tenths| Percentage::new("rate", rust_decimal::Decimal::new(tenths, 1)));
        let rates: Vec<Percentage> = rates.into_iter().flatten().collect();
        let accounts = self.chart().accounts(&rates).into_iter();
        accounts
            .map(|(role, account)| MappedAccount {
                role: role.into(),
                rate: role.rate().map(|rate| Decimal(rate.as_decimal())),
                number: account.number,
                label: account.label,
            })
            .collect()
    }

    async fn journals(&self) -> Vec<NamedJournal> {
        let named = rules::Journal::ALL.map(|journal| {
            let name = self.chart().journal(journal);
            NamedJournal {
                journal: journal.into(),
                code: name.code,
                label: name.label,
            }
        });
        named.into()
    }

    /// The columns of exports for accounting programs: as they were saved, else the usual ones.
    async fn mappings(&self) -> Vec<AccountingMapping> {
        let mappings = rules::ExportFormat::ALL.map(|format| {
            let columns = self.state.columns(format).into_iter();
            AccountingMapping {
                format: format.into(),
                columns: columns
                    .map(|column| AccountingColumn {
                        title: column.title,
                        field: column.field.into(),
                    })
                    .collect(),
            }
        });
        mappings.into()
    }

    /// Give it as `expectedVersion` to change only what you have seen.
    async fn version(&self) -> i64 {
        self.version
    }
}

/// What is in no book: amounts in a currency for which there is no rate of exchange.
#[derive(Debug, Clone, SimpleObject)]
pub struct NotBooked {
    /// The day that it would count for.
    date: Date,
    piece: String,
    amount: Money,
    /// The invoice or payment.
    subject: Option<ID>,
}

/// The books of some days beside what the documents of these days say. Both differences are nothing.
#[derive(Debug, Clone, SimpleObject)]
pub struct AccountingReconciliation {
    /// Class 70, rebates (709) included.
    revenue_of_entries: Money,
    /// What was sold, as invoices and credit notes say it: the dashboard's revenue.
    revenue_of_invoices: Money,
    revenue_difference: Money,
    /// Without tax.
    invoiced: Money,
    /// The same as `revenueOfInvoices`.
    revenue: Money,
    /// 4191, as documents move it.
    movement_of_deposits: Money,
    /// Invoiced less revenue and movement of deposits.
    invoiced_difference: Money,
    /// Whether both differences are nothing.
    holds: bool,
    /// What these days would have and no book has, a thousand at most.
    not_booked: Vec<NotBooked>,
}

pub type AccountingEntryConnection = Connection<String, AccountingEntry, EmptyFields, EmptyFields>;

#[derive(Default)]
pub struct AccountingQueries;

#[Object]
impl AccountingQueries {
    /// Entries of the books in the order of the journal: the sales part of the books. `account` names how an account
    /// begins.
    #[graphql(complexity = "paging::cost(first, None, child_complexity)")]
    #[allow(clippy::too_many_arguments)] // the arguments of the field
    async fn accounting_entries(
        &self,
        ctx: &Context<'_>,
        closing: Option<Date>,
        from: Option<Date>,
        to: Option<Date>,
        journal: Option<AccountingJournal>,
        account: Option<String>,
        first: Option<i32>,
        after: Option<String>,
        as_of: Option<AsOfInput>,
        min_position: Option<BigInt>,
    ) -> ApiResult<AccountingEntryConnection> {
        let arguments = PageArguments {
            first,
            after,
            last: None,
            before: None,
        };
        let window = arguments.window()?;
        let after = window.after.as_deref().map(str::parse::<i64>).transpose();
        let after = after.map_err(|_| ApiError::bad_input("`after` is no cursor of entries."))?;
        let day = |date: Option<Date>| date.map(|Date(day)| day);
        let filter = EntryFilter {
            closing: day(closing),
            first: day(from),
            last: day(to),
            journal: journal.map(Into::into),
            account,
            ..EntryFilter::default()
        };
        let reading = whole_books(reading::reading(ctx, as_of, min_position).await?)?;
        let mut found = books::entries(reading.connection(), &filter, after, window.limit as u64 + 1).await?;
        let more = found.len() > window.limit;
        found.truncate(window.limit);
        let mut connection = Connection::new(after.is_some(), more);
        let edges = found.into_iter();
        connection
            .edges
            .extend(edges.map(|rows| Edge::new(rows.entry.position.to_string(), AccountingEntry(rows))));
        Ok(connection)
    }

    /// How the books are kept.
    async fn accounting_settings(
        &self,
        ctx: &Context<'_>,
        as_of: Option<AsOfInput>,
        min_position: Option<BigInt>,
    ) -> ApiResult<AccountingSettings> {
        AccountingSettings::load(&reading::reading(ctx, as_of, min_position).await?).await
    }

    /// Whether the books of some days say what the documents of these days say.
    #[graphql(complexity = "50 + child_complexity")]
    async fn accounting_reconciliation(
        &self,
        ctx: &Context<'_>,
        from: Date,
        to: Date,
        as_of: Option<AsOfInput>,
        min_position: Option<BigInt>,
    ) -> ApiResult<AccountingReconciliation> {
        let span = span(from, to)?;
        let reading = whole_books(reading::reading(ctx, as_of, min_position).await?)?;
        let both = books::reconciliation(reading.connection(), span).await?;
        let missing = books::not_booked(reading.connection(), span).await?;
        Ok(AccountingReconciliation {
            revenue_of_entries: euros(both.class_70)?,
            revenue_of_invoices: euros(both.revenue)?,
            revenue_difference: euros(both.revenue_difference())?,
            invoiced: euros(both.invoiced)?,
            revenue: euros(both.revenue)?,
            movement_of_deposits: euros(both.deposits_moved)?,
            invoiced_difference: euros(both.invoiced_difference())?,
            holds: both.holds(),
            not_booked: missing
                .into_iter()
                .take(UNBOOKED_MAX)
                .map(NotBooked::of)
                .collect::<ApiResult<_>>()?,
        })
    }
}

impl NotBooked {
    fn of(row: unbooked::Model) -> ApiResult<Self> {
        Ok(Self {
            date: date_of_row(&row.counted_on)?,
            amount: Money::of_sum(row.amount_minor.into(), &row.currency)?,
            subject: subject(&row.category, row.stream_id),
            piece: row.piece,
        })
    }
}

/// A span of days that ends after it begins.
pub fn span(from: Date, to: Date) -> ApiResult<Span> {
    let (Date(first), Date(last)) = (from, to);
    if last < first {
        return Err(ApiError::bad_input("`to` comes before `from`."));
    }
    Ok(Span { first, last })
}

/// Books are whole or nothing: whoever sees some customers only sees none of it.
fn whole_books(reading: Reading) -> ApiResult<Reading> {
    if reading.scope().is_everything() {
        Ok(reading)
    } else {
        Err(ApiError::new(
            ErrorCode::Forbidden,
            "The books are shown whole: ask an administrator to let you see all records.",
        ))
    }
}

fn subject(category: &str, id: uuid::Uuid) -> Option<ID> {
    Kind::of_category(category).map(|kind| ids::global(kind, id))
}

fn euros(cents: i64) -> ApiResult<Money> {
    Money::of_sum(cents.into(), domain::Currency::EUR.code())
}

impl From<ReadingError> for ApiError {
    fn from(error: ReadingError) -> Self {
        match error {
            ReadingError::Database(error) => error.into(),
            error => Self::internal("the books cannot be read", &error),
        }
    }
}

/// Whether a day that somebody chose is open in the books.
pub async fn open_on(
    ctx: &Context<'_>,
    field: &'static str,
    day: NaiveDate,
) -> ApiResult<Result<(), domain::AccountingError>> {
    let books = ctx.application()?.bus.load::<domain::Accounting>(ACCOUNTING).await?;
    Ok(match books {
        Some((books, _)) => books.open_on(field, day),
        None => Ok(()),
    })
}

/// The company's day now.
pub async fn today(ctx: &Context<'_>) -> ApiResult<NaiveDate> {
    Ok(ctx.application()?.sales.house().await?.today)
}
