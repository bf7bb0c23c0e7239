//! The command line: one file per subcommand, the options they share, and how a failure is told.

mod backup;
mod bench;
mod books;
mod checkpoint;
mod deliveries;
mod demo;
mod export;
mod failure;
mod history;
mod import;
mod migrate;
mod output;
mod projections;
mod receipt;
mod restore;
mod schema;
mod serve;
mod trust;
mod user;
mod verify;
mod verify_files;
mod verify_receipt;

use std::{ffi::OsString, path::PathBuf, process::ExitCode};

use clap::{Args, CommandFactory, Parser, Subcommand};

pub use self::{
    failure::{Failure, Finish},
    output::Output,
};
use crate::{
    config::{Config, Flags},
    tracing_out,
};

/// A CRM backend in which every change is an event.
#[derive(Debug, Parser)]
#[command(name = "alforis", version, propagate_version = true, arg_required_else_help = true)]
struct CommandLine {
    #[command(flatten)]
    global: GlobalOptions,
    #[command(subcommand)]
    command: Command,
}

/// Options that every subcommand takes. What is not given comes from `ALFORIS_*` variables or the file.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
struct GlobalOptions {
    /// The events and the vault: `sqlite:PATH` or `postgres://…` [default: sqlite:data/journal.db]
    #[arg(long, global = true, value_name = "URL")]
    journal: Option<String>,
    /// The read models: `sqlite:PATH` or `postgres://…` [default: sqlite:data/views.db]
    #[arg(long, global = true, value_name = "URL")]
    views: Option<String>,
    /// Directory of the master key and the signing keys [default: data/keys]
    #[arg(long, global = true, value_name = "DIR")]
    keys: Option<String>,
    /// Folder of the search index [default: data/search]
    #[arg(long, global = true, value_name = "DIR")]
    search: Option<String>,
    /// Folder of the bytes of files [default: data/blobs]
    #[arg(long, global = true, value_name = "DIR")]
    blobs: Option<String>,
    /// TOML file with settings
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// How letters leave: `outbox:FOLDER` or `smtp://USER:PASSWORD@HOST:PORT` [default: outbox:data/outbox]
    #[arg(long, global = true, value_name = "URL")]
    mail: Option<String>,
    /// Whom letters come from: `Name <address>` or an address alone
    #[arg(long, global = true, value_name = "ADDRESS")]
    mail_from: Option<String>,
    /// Where people reach this server, for the links in letters [default: `http://127.0.0.1:8080`]
    #[arg(long, global = true, value_name = "URL")]
    public_url: Option<String>,
    /// What clients present as `Authorization: Bearer …`
    #[arg(long, global = true, value_name = "TOKEN")]
    token: Option<String>,
    /// What is logged to stderr: a level or a `tracing` filter [default: warn]
    #[arg(long, global = true, value_name = "FILTER")]
    log: Option<String>,
    /// How log lines look: `text` or `json` [default: text]
    #[arg(long, global = true, value_name = "FORMAT")]
    log_format: Option<String>,
    /// The OpenTelemetry collector that spans are sent to: `http://127.0.0.1:4318`
    #[arg(long, global = true, value_name = "URL")]
    otlp: Option<String>,
}

impl GlobalOptions {
    fn flags(&self) -> Flags {
        [
            ("journal", &self.journal),
            ("views", &self.views),
            ("keys", &self.keys),
            ("search", &self.search),
            ("blobs", &self.blobs),
            ("mail", &self.mail),
            ("mail-from", &self.mail_from),
            ("public-url", &self.public_url),
            ("token", &self.token),
            ("log", &self.log),
            ("log-format", &self.log_format),
            ("otlp", &self.otlp),
        ]
        .into_iter()
        .filter_map(|(key, value)| value.clone().map(|value| (key, value)))
        .collect()
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::ServeArgs),
    Demo(demo::DemoArgs),
    Import(import::ImportArgs),
    History(history::HistoryArgs),
    Export(export::ExportArgs),
    Verify(verify::VerifyArgs),
    Checkpoint(checkpoint::CheckpointArgs),
    Receipt(receipt::ReceiptArgs),
    VerifyReceipt(verify_receipt::VerifyReceiptArgs),
    Projections(projections::ProjectionsArgs),
    Deliveries(deliveries::DeliveriesArgs),
    User(user::UserArgs),
    Backup(backup::BackupArgs),
    Restore(restore::RestoreArgs),
    Migrate(migrate::MigrateArgs),
    Bench(bench::BenchArgs),
    Schema(schema::SchemaArgs),
}

impl Command {
    /// Settings that the subcommand has flags of its own for.
    fn flags(&self) -> Flags {
        match self {
            Self::Serve(args) => args.flags(),
            _ => Flags::new(),
        }
    }

    async fn run(self, config: Config) -> Result<Finish, Failure> {
        let mut output = Output::stdout();
        let finish = match self {
            Self::Serve(args) => serve::run(args, config, &mut output).await,
            Self::Demo(args) => demo::run(args, config, &mut output).await,
            Self::Import(args) => import::run(args, config, &mut output).await,
            Self::History(args) => history::run(args, config, &mut output).await,
            Self::Export(args) => export::run(args, config, &mut output).await,
            Self::Verify(args) => verify::run(args, config, &mut output).await,
            Self::Checkpoint(args) => checkpoint::run(args, config, &mut output).await,
            Self::Receipt(args) => receipt::run(args, config, &mut output).await,
            Self::VerifyReceipt(args) => verify_receipt::run(args, config, &mut output).await,
            Self::User(args) => user::run(args, config, &mut output).await,
            Self::Projections(args) => projections::run(args, config, &mut output).await,
            Self::Deliveries(args) => deliveries::run(args, config, &mut output).await,
            Self::Backup(args) => backup::run(args, config, &mut output).await,
            Self::Restore(args) => restore::run(args, config, &mut output).await,
            Self::Migrate(args) => migrate::run(args, config, &mut output).await,
            Self::Bench(args) => bench::run(args, config, &mut output).await,
            Self::Schema(args) => schema::run(args, config, &mut output).await,
        }?;
        output.flush()?;
        Ok(finish)
    }
}

/// Runs the program with the given arguments, the first of which is its name.
pub async fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let line = match CommandLine::try_parse_from(arguments) {
        Ok(line) => line,
        Err(error) => return usage(&error),
    };
    match execute(line).await {
        Ok(finish) => finish.into(),
        Err(failure) => failure.report(),
    }
}

async fn execute(line: CommandLine) -> Result<Finish, Failure> {
    let mut flags = line.global.flags();
    flags.extend(line.command.flags());
    let environment = std::env::vars_os().map(|(name, value)| {
        (
            name.to_string_lossy().into_owned(),
            value.to_string_lossy().into_owned(),
        )
    });
    let config = Config::resolve(line.global.config.as_deref(), environment, &flags)?;
    let exporting = tracing_out::start(&config).map_err(|reason| Failure::new("TRACES", reason))?;
    let finished = line.command.run(config).await;
    // It waits for the collector, on a thread that may.
    let sent = tokio::task::spawn_blocking(move || exporting.finish()).await;
    if let Err(error) = sent {
        tracing::warn!(%error, "the last spans were not sent");
    }
    finished
}

/// Prints help, the version or what is wrong with the arguments. Wrong arguments exit with 1 like any other failure
/// (2 has a meaning of its own: see [`Finish::Partly`]).
fn usage(error: &clap::Error) -> ExitCode {
    let failed = error.use_stderr();
    if error.print().is_err() || failed {
        ExitCode::from(1)
    } else {
        ExitCode::SUCCESS
    }
}

/// The example in each subcommand's help: the line after `Example:`, without the prompt.
///
/// Tests run them, so that help never shows what does not work.
pub fn examples() -> Vec<(String, String)> {
    CommandLine::command()
        .get_subcommands()
        .filter_map(|command| {
            let help = command.get_after_help()?.to_string();
            let example = help.lines().find_map(|line| line.trim().strip_prefix("$ "))?.to_owned();
            Some((command.get_name().to_owned(), example))
        })
        .collect()
}
