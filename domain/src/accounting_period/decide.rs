use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::{AccountingCommand, AccountingError, AccountingEvent, AccountingState};
use crate::{
    Decider, InvalidValue,
    accounting::{Account, AccountRole, ExportColumn},
    text::fold,
    value::{self, LABEL_MAX, Problem},
};

/// Columns of an export at most.
const COLUMNS_MAX: usize = 40;

impl Decider for AccountingState {
    const TYPE: &'static str = "accounting";

    type Command = AccountingCommand;
    type Event = AccountingEvent;
    type Error = AccountingError;

    fn decide(&self, command: AccountingCommand) -> Result<Vec<AccountingEvent>, AccountingError> {
        let (fulfilled, event) = match command {
            AccountingCommand::LockPeriod { through, today } => {
                self.may_lock(through, today)?;
                (
                    self.locked_through == Some(through),
                    AccountingEvent::PeriodLocked { through },
                )
            }
            AccountingCommand::MapAccount { role, account } => {
                let account = self.fitting(role, account.checked()?)?;
                (
                    self.chart.account(role) == account,
                    AccountingEvent::AccountMapped { role, account },
                )
            }
            AccountingCommand::NameJournal { journal, name } => {
                let name = name.checked()?;
                let mut others = crate::accounting::Journal::ALL
                    .into_iter()
                    .filter(|other| *other != journal);
                if others.any(|other| self.chart.journal(other).code == name.code) {
                    return Err(AccountingError::JournalCodeTaken);
                }
                (
                    self.chart.journal(journal) == name,
                    AccountingEvent::JournalNamed { journal, name },
                )
            }
            AccountingCommand::SaveExportMapping { format, columns } => {
                let columns = columns_checked(columns)?;
                (
                    self.columns(format) == columns,
                    AccountingEvent::ExportMappingSaved { format, columns },
                )
            }
        };
        Ok(if fulfilled { Vec::new() } else { vec![event] })
    }

    fn evolve(&mut self, event: &AccountingEvent) {
        match event {
            AccountingEvent::PeriodLocked { through } => self.locked_through = self.locked_through.max(Some(*through)),
            AccountingEvent::AccountMapped { role, account } => self.chart.map(*role, account.clone()),
            AccountingEvent::JournalNamed { journal, name } => self.chart.name(*journal, name.clone()),
            AccountingEvent::ExportMappingSaved { format, columns } => {
                self.mappings.insert(*format, columns.clone());
            }
        }
    }
}

impl AccountingState {
    /// Locks only ever go forward, and not beyond today.
    fn may_lock(&self, through: NaiveDate, today: NaiveDate) -> Result<(), AccountingError> {
        value::date("through", through)?;
        if through > today {
            return Err(AccountingError::PeriodNotOver { through, today });
        }
        match self.locked_through {
            Some(locked) if through < locked => Err(AccountingError::PeriodLocked {
                field: "through",
                on: through,
                through: locked,
            }),
            _ => Ok(()),
        }
    }

    /// Accounts of a class of their own for each use, and tax that is pending never beside tax that is due.
    fn fitting(&self, role: AccountRole, account: Account) -> Result<Account, InvalidValue> {
        let counterpart = match role {
            AccountRole::VatDue(rate) => Some(AccountRole::VatPending(rate)),
            AccountRole::VatPending(rate) => Some(AccountRole::VatDue(rate)),
            _ => None,
        };
        let beside = counterpart.is_some_and(|other| self.chart.account(other).number == account.number);
        let deposits = role == AccountRole::Customers && account.number.starts_with(AccountRole::Deposits.class());
        let rebates = matches!(role, AccountRole::Services | AccountRole::Goods)
            && account.number.starts_with(AccountRole::Rebates.class());
        if !account.number.starts_with(role.class()) || beside || deposits || rebates {
            return Err(InvalidValue::new("number", Problem::NotAnAccount));
        }
        Ok(account)
    }
}

/// Titles that a program can tell apart, and something below them.
fn columns_checked(columns: Vec<ExportColumn>) -> Result<Vec<ExportColumn>, InvalidValue> {
    if columns.is_empty() {
        return Err(InvalidValue::new("columns", Problem::Missing));
    }
    if columns.len() > COLUMNS_MAX {
        return Err(InvalidValue::new(
            "columns",
            Problem::TooMany {
                max: COLUMNS_MAX,
                found: columns.len(),
            },
        ));
    }
    let mut titles = BTreeSet::new();
    columns
        .into_iter()
        .map(|column| {
            let title = value::line("title", &column.title, LABEL_MAX)?;
            if !titles.insert(fold(&title)) {
                return Err(InvalidValue::new("title", Problem::Repeated));
            }
            Ok(ExportColumn {
                title,
                field: column.field,
            })
        })
        .collect()
}
