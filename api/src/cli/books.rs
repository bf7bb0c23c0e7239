//! `alforis export fec` and `alforis export accounting`: the books as files.

use std::{path::PathBuf, time::Duration};

use chrono::NaiveDate;
use clap::{Args, ValueEnum};
use domain::{
    Accounting, Company,
    accounting::{ExportFormat, fec::Contents},
    accounting_period::{ACCOUNTING, AccountingState},
    company::{COMPANY, CompanyState},
};
use engine::ViewHandle;
use projections::accounting::reading::Span;

use super::{Failure, Finish, Output};
use crate::{
    application::{Application, Opening},
    config::Config,
    export::books::{self, BooksError},
};

/// How long the views may take to come to the end of the journal.
const PATIENCE: Duration = Duration::from_mins(10);

/// The sales part of the FEC of a fiscal year
///
/// Invoices, credit notes, payments and what follows from them, in the 18 columns of LPF art. A47 A-1, for the
/// accountant's software: purchases and opening balances are not in it. The file is checked before it is put in its place,
/// and a description goes beside it. Once the year is locked the file is the same, byte by byte, for ever.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  $ alforis export fec --closing 2026-12-31 --to accountant")]
pub(super) struct FecArgs {
    /// The last day of the fiscal year
    #[arg(long, value_name = "DATE")]
    closing: NaiveDate,
    /// The folder that the files go to, made where there is none; files of these names are written over
    #[arg(long, value_name = "DIR", default_value = ".")]
    to: PathBuf,
}

/// Entries as CSV for an accounting program, in the columns that were saved for it
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  $ alforis export accounting --format sage --from 2026-11-01 --until 2026-11-30 --output november.csv"
)]
pub(super) struct AccountingArgs {
    #[arg(long, value_name = "PROGRAM")]
    format: Program,
    /// The first day
    #[arg(long, value_name = "DATE")]
    from: NaiveDate,
    /// The last day, included
    #[arg(long, value_name = "DATE")]
    until: NaiveDate,
    /// Where the file goes; what is there is written over
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Program {
    Sage,
    Quickbooks,
}

impl From<Program> for ExportFormat {
    fn from(program: Program) -> Self {
        match program {
            Program::Sage => Self::Sage,
            Program::Quickbooks => Self::QuickBooks,
        }
    }
}

pub(super) async fn fec(args: FecArgs, config: Config, output: &mut Output) -> Result<Finish, Failure> {
    let application = Application::open(&config, Opening::existing()).await?;
    let workers = application.start();
    let written = match at_head(&application).await {
        Ok((views, company, accounting)) => {
            books::fec(&views.connection, &company, &accounting, args.closing, &args.to)
                .await
                .map_err(Failure::from)
        }
        Err(failure) => Err(failure),
    };
    workers.stop().await;
    let fec = written?;
    let Contents { entries, lines, debit } = fec.contents;
    output.line(format!(
        "{}: {entries} entries, {lines} lines, {}.{:02} EUR on either side",
        fec.file.display(),
        debit / 100,
        debit % 100
    ))?;
    output.line(format!("{}", fec.description.display()))?;
    output.line(if fec.locked {
        "The period is locked: the same bytes for ever.".to_owned()
    } else {
        format!(
            "The period up to {} is not locked: entries can still come.",
            args.closing
        )
    })?;
    for missing in &fec.unbooked {
        let amount = format!("{} in its smallest unit", missing.amount_minor);
        output.line(format!(
            "not in it: {} of {}, {amount}, in {}",
            missing.piece, missing.counted_on, missing.currency
        ))?;
    }
    Ok(Finish::Done)
}

pub(super) async fn accounting(args: AccountingArgs, config: Config, output: &mut Output) -> Result<Finish, Failure> {
    if args.until < args.from {
        return Err(Failure::new("BAD_USER_INPUT", "--until comes before --from"));
    }
    let application = Application::open(&config, Opening::existing()).await?;
    let workers = application.start();
    let span = Span {
        first: args.from,
        last: args.until,
    };
    let written = match at_head(&application).await {
        Ok((views, _, accounting)) => {
            let format = args.format.into();
            books::table(&views.connection, &accounting, span, format, &args.output)
                .await
                .map_err(Failure::from)
        }
        Err(failure) => Err(failure),
    };
    workers.stop().await;
    written?;
    output.line(format!("{}", args.output.display()))?;
    Ok(Finish::Done)
}

/// The views, the company and its books at the end of the journal.
async fn at_head(application: &Application) -> Result<(ViewHandle, CompanyState, AccountingState), Failure> {
    let head = application.journal.head().await?.position;
    let views = application.views.wait_for(head, PATIENCE).await?;
    let company = application.bus.load::<Company>(COMPANY).await?;
    let books = application.bus.load::<Accounting>(ACCOUNTING).await?;
    let company = company.map(|(company, _)| company).unwrap_or_default();
    let books = books.map(|(books, _)| books).unwrap_or_default();
    Ok((views, CompanyState::clone(&company), AccountingState::clone(&books)))
}

impl From<BooksError> for Failure {
    fn from(error: BooksError) -> Self {
        Self::new(error.code(), error)
    }
}
