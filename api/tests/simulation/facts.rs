//! What the journal says of contracts, event by event.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde_json::{Value, json};

use crate::{server::Server, streams::Stream};

/// A contract's events in their order: type and data.
#[derive(Debug, Default, Clone)]
pub(super) struct Facts {
    pub(super) events: Vec<(String, Value)>,
}

/// Every contract's events up to a position, by bare id.
pub(super) async fn read(server: &Server, until: u64) -> BTreeMap<String, Facts> {
    let query = r#"subscription { events(after: 0, categories: ["contract"]) { position type stream data } }"#;
    let mut stream = Stream::open(server.post().json(&json!({ "query": query }))).await;
    let mut contracts: BTreeMap<String, Facts> = BTreeMap::new();
    loop {
        let (_, mut said) = stream.next().await;
        let event = said["data"]["events"].take();
        let id = event["stream"]
            .as_str()
            .and_then(|stream| stream.strip_prefix("contract:"));
        let id = id.unwrap_or_else(|| panic!("no event: {said:#}")).to_owned();
        let kind = event["type"].as_str().expect("a type").to_owned();
        contracts
            .entry(id)
            .or_default()
            .events
            .push((kind, event["data"].clone()));
        if event["position"].as_str().and_then(|text| text.parse().ok()) == Some(until) {
            return contracts;
        }
    }
}

pub(super) fn day(value: &Value) -> Option<NaiveDate> {
    value.as_str()?.parse().ok()
}

impl Facts {
    pub(super) fn of<'f>(&'f self, kind: &'f str) -> impl Iterator<Item = &'f Value> {
        self.events
            .iter()
            .filter(move |(known, _)| known == kind)
            .map(|(_, data)| data)
    }

    pub(super) fn count(&self, kind: &str) -> usize {
        self.of(kind).count()
    }

    /// What it was drafted as.
    pub(super) fn drafted(&self) -> &Value {
        &self.events[0].1
    }

    /// The bare id of the contract that it follows.
    pub(super) fn follows(&self) -> Option<&str> {
        self.drafted()["follows"]["contract"].as_str()
    }

    pub(super) fn signed_on(&self) -> Option<NaiveDate> {
        day(&self.of("ContractSigned").next()?["signedOn"])
    }

    /// Alerts that were raised or skipped: what they come before, the date, the days before it, and the day on which they were raised.
    pub(super) fn alerts(&self) -> Vec<(String, NaiveDate, u64, Option<NaiveDate>)> {
        let alerts = self.events.iter().filter_map(|(kind, data)| {
            let raised = match kind.as_str() {
                "ContractAlertRaised" => day(&data["on"]),
                "ContractAlertSkipped" => None,
                _ => return None,
            };
            let alert = &data["alert"];
            Some((
                alert["before"].as_str()?.to_owned(),
                day(&alert["date"])?,
                alert["days"].as_u64()?,
                raised,
            ))
        });
        alerts.collect()
    }

    /// What is billed and not withdrawn: by line and period the first and last day that were billed, and how much in all, in cents.
    pub(super) fn billed(&self) -> BTreeMap<(u64, u64), (NaiveDate, NaiveDate, i64)> {
        let mut by_invoice: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
        for (kind, data) in &self.events {
            let invoice = data["invoice"].as_str().unwrap_or_default();
            match kind.as_str() {
                "ContractPeriodsBilled" => {
                    let known = by_invoice.insert(invoice, data["periods"].as_array().into_iter().flatten().collect());
                    assert!(known.is_none(), "{invoice} billed twice");
                }
                "ContractBillingWithdrawn" => {
                    assert!(
                        by_invoice.remove(invoice).is_some(),
                        "{invoice} withdrawn and never billed"
                    );
                }
                _ => {}
            }
        }
        let mut billed = BTreeMap::new();
        for period in by_invoice.into_values().flatten() {
            let key = (
                period["line"].as_u64().expect("a line"),
                period["period"].as_u64().expect("a period"),
            );
            let [first, last] = ["first", "last"].map(|side| day(&period[side]).expect("a day"));
            let amount = period["amount"].as_i64().expect("an amount");
            let so_far = billed.entry(key).or_insert((first, last, 0));
            so_far.0 = first.min(so_far.0);
            so_far.1 = last.max(so_far.1);
            so_far.2 += amount;
        }
        billed
    }

    /// Drafts of invoices that stand.
    pub(super) fn drafts(&self) -> usize {
        self.count("ContractPeriodsBilled") - self.count("ContractBillingWithdrawn")
    }
}
