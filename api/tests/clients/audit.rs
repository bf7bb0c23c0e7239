//! GraphQL over HTTP, as the audits of `graphql-http` understand it.

use serde_json::Value;

use super::Client;
use crate::server::{Server, TOKEN};

/// Audits that may warn, as `id reason` a line. One that warns no more must leave the list.
const ALLOWED: &str = include_str!("audit-allowed.txt");

fn text<'v>(audit: &'v Value, name: &str) -> &'v str {
    audit[name].as_str().unwrap_or_default()
}

#[tokio::test]
async fn the_audits_of_graphql_over_http_pass() {
    let server = Server::start();
    let audits = Client::run("audit", &[&server.url("/graphql"), TOKEN]).hear_all();
    assert!(audits.len() > 50, "only {} audits ran: {audits:?}", audits.len());
    let mut allowed: Vec<&str> = ALLOWED
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split_once(' ').expect("an id and a reason").0)
        .collect();
    let mut failed = Vec::new();
    for audit in &audits {
        let (id, name) = (text(audit, "id"), text(audit, "name"));
        if text(audit, "status") == "ok" {
            continue;
        }
        match allowed.iter().position(|allowed| *allowed == id) {
            Some(at) if !name.starts_with("MUST") => drop(allowed.remove(at)),
            _ => failed.push(format!("{id} {name}: {}", text(audit, "reason"))),
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(
        allowed.is_empty(),
        "these pass now: take them from the list: {allowed:?}"
    );
}
