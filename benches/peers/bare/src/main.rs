//! The journal's own statements in a bare loop, without sequencer, tree or port: what the database alone can do.
//!
//! `bare sqlite APPENDS EVENTS SECONDS`: transactions of APPENDS commands with EVENTS events each, in a temporary file.
//! `bare postgres URL SECONDS`: one durable insert into the same tables after the other, in a schema of its own.
//! Each prints one JSON document.

mod postgres;
mod sqlite;

const STREAMS: usize = 50_000;

/// As long as what the journal's benchmark appends.
const PAYLOAD: &str = r#"{"DealOpened":{"title":"Renouvellement du parc, lot 0","organization":"0190a0a0-0000-7000-8000-000000000000","stage":"PROSPECTION","amount":{"minorUnits":1250000,"currency":"EUR"},"expectedClose":"2027-03-31","owner":"Camille Durand","product":"Maintenance annuelle"}}"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let per_second = match words.as_slice() {
        ["sqlite", appends, events, seconds] => sqlite::measure(appends.parse()?, events.parse()?, seconds.parse()?)?,
        ["postgres", url, seconds] => postgres::measure(url, seconds.parse()?)?,
        _ => return Err("usage: bare sqlite APPENDS EVENTS SECONDS | bare postgres URL SECONDS".into()),
    };
    println!("{}", serde_json::json!({"perSecond": per_second.round()}));
    Ok(())
}
