use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::AccountingError;
use crate::accounting::{Chart, ExportColumn, ExportFormat};

/// What the books remember in order to decide.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AccountingState {
    pub(super) locked_through: Option<NaiveDate>,
    pub(super) chart: Chart,
    pub(super) mappings: BTreeMap<ExportFormat, Vec<ExportColumn>>,
}

impl AccountingState {
    /// The last day that is closed.
    pub const fn locked_through(&self) -> Option<NaiveDate> {
        self.locked_through
    }

    pub const fn chart(&self) -> &Chart {
        &self.chart
    }

    /// The columns of an export: as they were saved, else the usual ones.
    pub fn columns(&self, format: ExportFormat) -> Vec<ExportColumn> {
        let saved = self.mappings.get(&format).cloned();
        saved.unwrap_or_else(|| format.usual_columns())
    }

    /// Refuses a day that is closed, for whoever chooses the day of something that goes into the books. What the world
    /// chose (the day on which money came) is not refused: it goes to the first open day.
    pub fn open_on(&self, field: &'static str, on: NaiveDate) -> Result<(), AccountingError> {
        match self.locked_through {
            Some(through) if on <= through => Err(AccountingError::PeriodLocked { field, on, through }),
            _ => Ok(()),
        }
    }
}
