//! `alforis verify-receipt`: checks a receipt without any database.

use std::path::PathBuf;

use clap::Args;
use journal::receipt::{self, ReceiptReport, Scope};
use serde_json::json;

use super::{
    Failure, Finish, Output,
    trust::{self, KeyArgs},
};
use crate::config::Config;

/// Check a receipt against a public key
///
/// Needs nothing but the file and the key. Exit code 0: proven; 1: not.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  $ alforis verify-receipt deal.receipt.json --key data/keys/checkpoint.pub")]
pub(super) struct VerifyReceiptArgs {
    /// The receipt
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    key: KeyArgs,
    /// One JSON document instead of text
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: VerifyReceiptArgs, _config: Config, output: &mut Output) -> Result<Finish, Failure> {
    let trusted = args.key.trusted()?;
    let report = receipt::verify_receipt(&trust::read(&args.file)?, &trusted)?;
    if args.json {
        print_json(&report, output)?;
    } else {
        tell(&report, output)?;
    }
    Ok(Finish::Done)
}

fn print_json(report: &ReceiptReport, output: &mut Output) -> Result<(), Failure> {
    let events: Vec<_> = report
        .events
        .iter()
        .map(|event| {
            json!({
                "header": event.header,
                // Sealed personal data stays sealed: whoever checks has no key to it.
                "payload": serde_json::from_slice::<serde_json::Value>(&event.payload).ok(),
            })
        })
        .collect();
    output.json(&json!({
        "proven": true,
        "origin": report.origin,
        "scope": report.scope,
        "size": report.size,
        "root": hex::encode(report.root),
        "key": report.key,
        "events": events,
    }))
}

fn tell(report: &ReceiptReport, output: &mut Output) -> Result<(), Failure> {
    let count = report.events.len();
    let what = match (report.scope, report.events.first()) {
        (Scope::History, Some(first)) => format!("versions 1 to {count} of {}", first.header.stream),
        (_, Some(event)) => format!("version {} of {}", event.header.version, event.header.stream),
        (_, None) => "nothing".to_owned(),
    };
    output.line(format!("proven: {what}"))?;
    output.line(format!(
        "stood in {} when it had {} events, as signed by {}",
        report.origin, report.size, report.key
    ))?;
    for event in &report.events {
        let header = &event.header;
        output.line(format!(
            "  position {} version {} {} {} by {}",
            header.position, header.version, header.occurred_at, header.event_type, header.actor
        ))?;
    }
    output.line(receipt::LIMITS)
}
