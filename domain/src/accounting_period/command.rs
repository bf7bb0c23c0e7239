use chrono::NaiveDate;
use serde::Serialize;

use crate::accounting::{Account, AccountRole, ExportColumn, ExportFormat, Journal, JournalName};

/// What one can ask of the books.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum AccountingCommand {
    /// Closes everything up to a day, that day included, for good.
    LockPeriod {
        through: NaiveDate,
        /// In the company's zone.
        today: NaiveDate,
    },
    /// Which account is used for something from now on.
    MapAccount {
        role: AccountRole,
        account: Account,
    },
    NameJournal {
        journal: Journal,
        name: JournalName,
    },
    /// The columns of an export, in their order.
    SaveExportMapping {
        format: ExportFormat,
        columns: Vec<ExportColumn>,
    },
}
