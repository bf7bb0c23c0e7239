//! `alforis bench`: how fast this machine runs the journal and the engine.

use std::time::Duration;

use clap::Args;

use super::{Failure, Finish, Output};
use crate::{
    bench::{self, Extent, Measurement, Part, Plan, Questions, Volume},
    config::Config,
};

/// Measure the journal and the engine on this machine
///
/// Works in a temporary directory and never touches the configured journal. Every append is durable before it is
/// answered. `make bench` runs the same beside other stores and bare loops, and prints the ratios.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  $ alforis bench --quick --json")]
pub(super) struct BenchArgs {
    /// Small sizes: seconds instead of minutes
    #[arg(long)]
    quick: bool,
    /// Measure the PostgreSQL journal too, in this database: events are appended to it
    #[arg(long, value_name = "URL")]
    postgres: Option<String>,
    /// Measure a server's answers on PostgreSQL too, in this empty database
    #[arg(long, value_name = "URL")]
    postgres_requests: Option<String>,
    /// Measure sales on PostgreSQL too, in this empty database
    #[arg(long, value_name = "URL")]
    postgres_sales: Option<String>,
    /// Measure recurring revenue on PostgreSQL too, in this empty database
    #[arg(long, value_name = "URL")]
    postgres_revenue: Option<String>,
    /// Measure the agenda on PostgreSQL too, in this empty database
    #[arg(long, value_name = "URL")]
    postgres_agenda: Option<String>,
    /// Measure one part alone
    #[arg(long, value_name = "PART")]
    only: Option<Part>,
    /// One JSON document instead of a table
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: BenchArgs, _config: Config, output: &mut Output) -> Result<Finish, Failure> {
    let (seconds, events) = if args.quick { (1, 2_000) } else { (5, 1_000_000) };
    let requests = Extent {
        duration: Duration::from_secs(if args.quick { 1 } else { 20 }),
        followers: if args.quick { 100 } else { 1_000 },
        sustained: !args.quick,
    };
    let sales = Volume {
        papers: if args.quick { 20 } else { 200 },
        issued: if args.quick { 20 } else { 500 },
        at_once: if args.quick { 50 } else { 1_000 },
        lines: if args.quick { 2_000 } else { 100_000 },
    };
    let revenue = Questions {
        contracts: if args.quick { 100 } else { 10_000 },
        count: if args.quick { 20 } else { 500 },
    };
    let plan = Plan {
        sales,
        revenue,
        obligations: if args.quick { 5_000 } else { 1_000_000 },
        duration: Duration::from_secs(seconds),
        events,
        requests,
        postgres: args.postgres,
        postgres_requests: args.postgres_requests,
        postgres_sales: args.postgres_sales,
        postgres_revenue: args.postgres_revenue,
        postgres_agenda: args.postgres_agenda,
        only: args.only,
    };
    let report = bench::run(&plan, |what| tracing::info!(what, "measuring"))
        .await
        .map_err(|error| Failure::new("BENCH_FAILED", format!("{error:#}")))?;
    if args.json {
        output.json(&report)?;
    } else {
        for Measurement {
            name,
            value,
            unit,
            detail,
        } in &report.results
        {
            output.line(format_args!("{name:32} {value:>12} {unit:20} {detail}"))?;
        }
    }
    Ok(Finish::Done)
}
