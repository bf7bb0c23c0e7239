use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    accounting::{Account, AccountRole, ExportColumn, ExportFormat, Journal, JournalName},
    event::event_types,
};

/// What can have happened to the books.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all_fields = "camelCase")]
pub enum AccountingEvent {
    PeriodLocked {
        /// The last day that is closed.
        through: NaiveDate,
    },
    AccountMapped {
        role: AccountRole,
        account: Account,
    },
    JournalNamed {
        journal: Journal,
        name: JournalName,
    },
    ExportMappingSaved {
        format: ExportFormat,
        columns: Vec<ExportColumn>,
    },
}

event_types!(AccountingEvent of "accounting" {
    PeriodLocked = 1,
    AccountMapped = 1,
    JournalNamed = 1,
    ExportMappingSaved = 1,
});
