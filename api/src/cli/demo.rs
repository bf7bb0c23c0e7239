//! `alforis demo`: fills an empty journal with the demo company.

use std::sync::Arc;

use clap::Args;
use domain::{Currency, Language, Money};
use engine::ManualClock;
use indicatif::{ProgressBar, ProgressStyle};
use journal::OpenOptions;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Failure, Finish, Output};
use crate::{
    application::{Application, Opening},
    config::Config,
    demo::{self, DemoError, Papers, Question, Sights, State},
};

/// Fill an empty journal with the demo company
///
/// Eighteen months of a small French firm: forty organizations, their people, deals, tasks and activities, the same every
/// time. A journal
/// that holds something else is left as it is.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  $ alforis demo")]
pub(super) struct DemoArgs {}

pub(super) async fn run(_args: DemoArgs, config: Config, output: &mut Output) -> Result<Finish, Failure> {
    let filled = fill(&config).await?;
    let verb = if filled { "is filled with" } else { "holds" };
    output.line(format!("the journal {verb} the demo company: {}", config.journal))?;
    let sights = demo::sights();
    output.line(format!("look at a deal:  alforis history deal:{}", sights.won))?;
    output.line(format!("sign in:         alforis user reset {}", sights.administrator))?;
    output.line("serve it:        alforis serve")?;
    Ok(Finish::Done)
}

/// Fills the journal unless it holds the demo company already; whether there was anything to do.
pub(super) async fn fill(config: &Config) -> Result<bool, Failure> {
    let journal = journal::open(
        &config.journal,
        OpenOptions {
            create: true,
            ..OpenOptions::default()
        },
    )
    .await?;
    let start = match demo::state(journal.as_ref()).await? {
        State::Whole => return Ok(false),
        State::Foreign => return Err(DemoError::Foreign.into()),
        State::Empty => demo::beginning(),
        State::Begun => journal.head().await?.recorded_at.into(),
    };
    drop(journal);
    let clock = Arc::new(ManualClock::new(start));
    let opening = Opening {
        create: true,
        manual_clock: Some(clock.clone()),
        ids: Arc::new(demo::ids()),
        letters: false,
    };
    let application = Application::open(config, opening).await?;
    let workers = application.start_telling();
    let bar = progress_bar();
    let told = |done: u64, all: u64| {
        bar.set_length(all);
        bar.set_position(done);
    };
    let told = demo::fill(&application, &clock, told).await;
    bar.finish_and_clear();
    workers.stop().await;
    told?;
    Ok(true)
}

/// What there is to look at, and things to try as lines to paste into a shell.
pub(super) fn announce(
    address: &str,
    token: &str,
    config: &Config,
    papers: &Papers,
    output: &mut Output,
) -> Result<(), Failure> {
    let Sights {
        won,
        proposed,
        administrator,
        ..
    } = demo::sights();
    let program = std::env::args().next().unwrap_or_else(|| "alforis".to_owned());
    let journal = match &config.journal {
        journal if *journal == Config::default().journal => String::new(),
        journal => format!(" --journal '{journal}'"),
    };
    let graphql = |query: &str| {
        format!(
            "curl -s {address}/graphql -H 'Authorization: Bearer {token}' \\\n       \
             -H 'Content-Type: application/json' -d '{{\"query\":\"{query}\"}}'"
        )
    };
    let pipeline = graphql("{ dealsAggregate(groupBy: [STAGE]) { stage count sum { amount currencyCode } } }");
    let mutation = format!(
        "mutation {{ dealMove(input: {{ id: \\\"{proposed}\\\", stage: \\\"NEGOCIATION\\\" }}) \
         {{ deal {{ title stage }} position userErrors {{ code message }} }} }}"
    );
    output.line(
        "\nThe demo company: 40 organizations and their people; 18 months of deals, tasks, activities, quotes, invoices \
         and payments.",
    )?;
    output.line("This token may do everything:")?;
    output.line(format!("  token  {token}"))?;
    output.line(format!(
        "Its people sign in once they have a password: {program} user reset {administrator}{journal}"
    ))?;
    output.line("\nOpen in a browser, with query and token in the address:")?;
    for question in demo::questions() {
        output.line(format!("  {}", question.title))?;
        output.line(format!("    {}", link(address, &question, token)))?;
    }
    show(address, papers, output)?;
    output.line("\nThree things to try, from another terminal:")?;
    output.line(format!("  1. the pipeline by stage\n     {pipeline}"))?;
    output.line(format!("  2. move a deal on\n     {}", graphql(&mutation)))?;
    output.line("  3. everything that happened to a deal that was won, and the proof that nothing was changed")?;
    output.line(format!("     {program} history deal:{won}{journal}"))?;
    output.line(format!("     {program} verify{journal}"))?;
    Ok(())
}

/// Papers to look at, and what the books say beside them.
fn show(address: &str, papers: &Papers, output: &mut Output) -> Result<(), Failure> {
    output.line("\nPapers:")?;
    if let Some(page) = &papers.open_quote {
        output.line(
            "  a quote that waits for its customer: read it, have a code sent (the letter lies in the outbox), sign",
        )?;
        output.line(format!("    {address}{page}"))?;
    }
    if let Some((number, path)) = &papers.invoice {
        output.line(format!(
            "  invoice {number} as Factur-X, for a quarter of an hour; the questions above give new addresses"
        ))?;
        output.line(format!("    {address}{path}"))?;
    }
    output.line("\nThe books beside the documents:")?;
    for (year, both) in &papers.years {
        let euros = |amount: i64| Money::new(amount, Currency::EUR).written(Language::English);
        output.line(format!(
            "  {year}  accounts of class 70 {} = revenue {}, difference {}",
            euros(both.class_70),
            euros(both.revenue),
            euros(both.revenue_difference())
        ))?;
        output.line(format!(
            "        invoiced {} = revenue {} + deposits (4191) {}, difference {}",
            euros(both.invoiced),
            euros(both.revenue),
            euros(both.deposits_moved),
            euros(both.invoiced_difference())
        ))?;
    }
    Ok(())
}

/// An address that opens the editor with a query. What stands behind `#` no browser sends.
fn link(address: &str, question: &Question, token: &str) -> String {
    let query = utf8_percent_encode(&question.query, NON_ALPHANUMERIC);
    let token = utf8_percent_encode(token, NON_ALPHANUMERIC);
    format!("{address}/graphql?query={query}#token={token}")
}

/// Shown on a terminal only.
fn progress_bar() -> ProgressBar {
    let style = ProgressStyle::with_template("the demo company: {bar:40} {pos}/{len} commands");
    ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

impl From<DemoError> for Failure {
    fn from(error: DemoError) -> Self {
        Self::new(error.code(), error)
    }
}
