//! How the books are kept: what is closed, which accounts are used, how journals are called, what exports look like.

use async_graphql::{ComplexObject, Context, InputObject, Object, SimpleObject};
use domain::{
    AccountingCommand, InvalidValue, Refusal,
    accounting::{Account, AccountRole as Role, ExportColumn, JournalName},
    accounting_period::{ACCOUNTING, AccountingState},
    billing::Percentage,
    value::Problem,
};

use super::{AccountRole, AccountingField, AccountingFormat, AccountingJournal, AccountingSettings, today};
use crate::graphql::{
    commands::{self, CommandOptions, CommandResult},
    errors::ApiResult,
    scalars::{Date, Decimal},
};

#[derive(Debug, Clone, InputObject)]
pub struct AccountingLockPeriodInput {
    /// The last day that is closed: today at the latest, and never before the last lock.
    through: Date,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct AccountingMapAccountInput {
    role: AccountRole,
    /// In hundred; required for `VAT_DUE` and `VAT_PENDING`, and for no other.
    rate: Option<Decimal>,
    /// Within the class of what it is for.
    number: String,
    label: String,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct AccountingNameJournalInput {
    journal: AccountingJournal,
    code: String,
    label: String,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct AccountingSaveExportMappingInput {
    format: AccountingFormat,
    /// In their order, forty at most; titles differ.
    columns: Vec<AccountingColumnInput>,
    #[graphql(flatten)]
    options: CommandOptions,
}

/// A column of an export.
#[derive(Debug, Clone, InputObject)]
pub struct AccountingColumnInput {
    title: String,
    field: AccountingField,
}

/// What became of a command to the books.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct AccountingPayload {
    #[graphql(flatten)]
    result: CommandResult,
}

#[ComplexObject]
impl AccountingPayload {
    /// How the books are kept after the command; null when the command was refused.
    async fn settings(&self, ctx: &Context<'_>) -> ApiResult<Option<AccountingSettings>> {
        match self.result.reading(ctx).await? {
            Some(reading) => AccountingSettings::load(&reading).await.map(Some),
            None => Ok(None),
        }
    }
}

#[derive(Default)]
pub struct AccountingMutations;

#[Object]
impl AccountingMutations {
    /// Closes everything up to a day, for good: from then on the file of a closed year is the same, byte by byte.
    #[graphql(complexity = "50 + child_complexity")]
    async fn accounting_lock_period(
        &self,
        ctx: &Context<'_>,
        input: AccountingLockPeriodInput,
    ) -> ApiResult<AccountingPayload> {
        let command = AccountingCommand::LockPeriod {
            through: input.through.0,
            today: today(ctx).await?,
        };
        execute(ctx, &input.options, Ok::<_, InvalidValue>(command)).await
    }

    /// Says which account is used for something from now on. Entries that are written stay as they are.
    #[graphql(complexity = "50 + child_complexity")]
    async fn accounting_map_account(
        &self,
        ctx: &Context<'_>,
        input: AccountingMapAccountInput,
    ) -> ApiResult<AccountingPayload> {
        let command = input.role().map(|role| AccountingCommand::MapAccount {
            role,
            account: Account {
                number: input.number.clone(),
                label: input.label.clone(),
            },
        });
        execute(ctx, &input.options, command).await
    }

    /// Says how a journal is called from now on.
    #[graphql(complexity = "50 + child_complexity")]
    async fn accounting_name_journal(
        &self,
        ctx: &Context<'_>,
        input: AccountingNameJournalInput,
    ) -> ApiResult<AccountingPayload> {
        let command = AccountingCommand::NameJournal {
            journal: input.journal.into(),
            name: JournalName {
                code: input.code.clone(),
                label: input.label.clone(),
            },
        };
        execute(ctx, &input.options, Ok::<_, InvalidValue>(command)).await
    }

    /// Saves the columns of the export for an accounting program.
    #[graphql(complexity = "50 + child_complexity")]
    async fn accounting_save_export_mapping(
        &self,
        ctx: &Context<'_>,
        input: AccountingSaveExportMappingInput,
    ) -> ApiResult<AccountingPayload> {
        let columns = input.columns.iter().map(|column| ExportColumn {
            title: column.title.clone(),
            field: column.field.into(),
        });
        let command = AccountingCommand::SaveExportMapping {
            format: input.format.into(),
            columns: columns.collect(),
        };
        execute(ctx, &input.options, Ok::<_, InvalidValue>(command)).await
    }
}

impl AccountingMapAccountInput {
    fn role(&self) -> Result<Role, InvalidValue> {
        let rate = self.rate.as_ref().map(|Decimal(rate)| Percentage::new("rate", *rate));
        let rate = rate.transpose()?;
        let of_rate = |role: fn(Percentage) -> Role| rate.map(role).ok_or(InvalidValue::new("rate", Problem::Missing));
        Ok(match self.role {
            AccountRole::Customers => Role::Customers,
            AccountRole::Deposits => Role::Deposits,
            AccountRole::Services => Role::Services,
            AccountRole::Goods => Role::Goods,
            AccountRole::Rebates => Role::Rebates,
            AccountRole::VatDue => of_rate(Role::VatDue)?,
            AccountRole::VatPending => of_rate(Role::VatPending)?,
            AccountRole::Transfers => Role::Transfers,
            AccountRole::Cheques => Role::Cheques,
            AccountRole::Cards => Role::Cards,
            AccountRole::DirectDebits => Role::DirectDebits,
            AccountRole::Cash => Role::Cash,
            AccountRole::OtherMeans => Role::OtherMeans,
            AccountRole::BadDebts => Role::BadDebts,
            AccountRole::RecoveredDebts => Role::RecoveredDebts,
            AccountRole::Discounts => Role::Discounts,
            AccountRole::LateInterest => Role::LateInterest,
            AccountRole::Indemnities => Role::Indemnities,
        })
    }
}

async fn execute<R: Refusal>(
    ctx: &Context<'_>,
    options: &CommandOptions,
    command: Result<AccountingCommand, R>,
) -> ApiResult<AccountingPayload> {
    let result = match command {
        Ok(command) => commands::execute::<AccountingState>(ctx, options, ACCOUNTING, command).await?,
        Err(refusal) => CommandResult::refused(commands::user_error(ctx, &refusal)),
    };
    Ok(AccountingPayload { result })
}
