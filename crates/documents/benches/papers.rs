//! How long a paper takes, warm and cold, and what it leaves in memory. `cargo bench -p documents`.

use std::{
    fs,
    time::{Duration, Instant},
};

use documents::{Look, Renderer, invoice_cii};
use domain::document::IssuedInvoice;

#[allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "built for the tests"
)]
#[path = "../tests/cases.rs"]
mod cases;

const RUNS: usize = 200;
/// Invoices that differ from each other in every line, for memory.
const DIFFERENT: usize = 600;

#[allow(clippy::unwrap_used, reason = "nobody waits for a benchmark that fails")]
fn main() {
    let begun = Instant::now();
    let renderer = Renderer::new().unwrap();
    println!("fonts and sources         {:>9.1?}", begun.elapsed());
    let first = Instant::now();
    renderer.invoice_pdf(&cases::standard(), Look::default()).unwrap();
    println!("first document, cold      {:>9.1?}", first.elapsed());

    let two_pages = |run: usize| numbered(cases::long(34), run);
    let pdf = |invoice: &IssuedInvoice| renderer.invoice_pdf(invoice, Look::default()).unwrap();
    measured("one page", |run| pdf(&numbered(cases::several_rates(), run)).len());
    measured("two pages", |run| pdf(&two_pages(run)).len());
    measured("two pages, Factur-X", |run| {
        renderer.factur_x(&two_pages(run), Look::default()).unwrap().len()
    });
    measured("twelve pages", |run| pdf(&numbered(cases::long(300), run)).len());
    measured("CII of 34 lines", |run| invoice_cii(&two_pages(run)).unwrap().len());

    let before = resident();
    for run in 0..DIFFERENT {
        pdf(&numbered(cases::long(34 + run % 20), run));
    }
    println!(
        "memory after {DIFFERENT} more documents: {before} kB, then {} kB",
        resident()
    );

    let begun = Instant::now();
    let bytes = pdf(&largest()).len();
    println!(
        "the largest there can be  {:>9.1?}, {} kB",
        begun.elapsed(),
        bytes / 1024
    );
    println!("memory after it: {} kB", resident());
}

/// About as much as is taken.
fn largest() -> IssuedInvoice {
    let mut invoice = cases::long(115);
    for row in &mut invoice.content.rows {
        if let domain::document::Row::Line(line) = row {
            line.details = Some("Un détail de plus. ".repeat(210));
        }
    }
    invoice
}

/// Makes a document that was not set before.
fn numbered(mut invoice: IssuedInvoice, run: usize) -> IssuedInvoice {
    invoice.number.text = format!("2026-F-{run}");
    for row in &mut invoice.content.rows {
        if let domain::document::Row::Line(line) = row {
            line.name = format!("{} ({run})", line.name);
        }
    }
    invoice
}

fn measured(what: &str, run: impl Fn(usize) -> usize) {
    let mut times: Vec<Duration> = (0..RUNS)
        .map(|index| {
            let begun = Instant::now();
            run(index);
            begun.elapsed()
        })
        .collect();
    times.sort_unstable();
    let at = |percent: usize| times[times.len() * percent / 100];
    println!(
        "{what:<25} p50 {:>8.1?}  p95 {:>8.1?}  p99 {:>8.1?}",
        at(50),
        at(95),
        at(99)
    );
}

/// Memory of the process, in kB (proc(5)).
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}
