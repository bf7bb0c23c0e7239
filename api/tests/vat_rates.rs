//! Rates of VAT that the company adds: over those that the program brings, from the day on that they say.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::{
    invoicing::{amounts, give, invoice, plain, taken},
    server::Server,
    tasks::advance,
    trade::Trade,
};

fn moment(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

async fn company(trade: &Trade, mutation: &str, input: Value) -> Option<String> {
    let payload = give(&trade.server, mutation, input).await;
    payload["userErrors"][0]["code"].as_str().map(str::to_owned)
}

async fn drafted(trade: &Trade) -> Value {
    let draft = json!({ "organization": trade.customer, "content": plain("100") });
    taken(&trade.server, "invoiceDraft", draft).await
}

async fn issued(trade: &Trade, draft: &Value) -> Value {
    taken(&trade.server, "invoiceIssue", json!({ "id": draft["id"] })).await
}

#[tokio::test]
async fn a_rate_holds_from_its_day_on_and_changes_nothing_of_before() {
    let trade = Trade::on(Server::start_with(&["--clock", "manual:2026-03-02T08:00:00Z"])).await;
    let before = issued(&trade, &drafted(&trade).await).await;
    let waiting = drafted(&trade).await;
    let added = json!({ "vatRateClass": "NORMAL", "from": "2026-03-10", "until": "2026-03-31", "rate": "21", "reason": "Loi du 1er mars 2026" });
    assert_eq!(company(&trade, "companySetVatRate", added).await, None);
    let query = "{ company { vatRates { territory vatRateClass from until rate reason }
        today: vatRate(vatRateClass: NORMAL, on: \"2026-03-02\") then: vatRate(vatRateClass: NORMAL, on: \"2026-03-10\")
        after: vatRate(vatRateClass: NORMAL, on: \"2026-04-01\") once: vatRate(vatRateClass: INTERMEDIATE, on: \"2011-12-31\") } }";
    let known = trade.server.data(query).await["company"].take();
    assert_eq!(
        known,
        json!({ "vatRates": [{ "territory": "MAINLAND", "vatRateClass": "NORMAL", "from": "2026-03-10", "until": "2026-03-31",
            "rate": "21", "reason": "Loi du 1er mars 2026" }], "today": "20", "then": "21", "after": "20", "once": null })
    );
    assert_eq!(
        amounts(&issued(&trade, &drafted(&trade).await).await, ["vat"]),
        ["20.00"]
    );

    // What was a draft is taxed as on the day of issue; what was issued is credited as it was.
    advance(&trade.server, moment("2026-03-10T09:00:00Z")).await;
    assert_eq!(
        amounts(&issued(&trade, &waiting).await, ["vat", "gross"]),
        ["21.00", "121.00"]
    );
    let credit = json!({ "id": before["id"], "credit": { "whole": true }, "reason": "Erreur" });
    let note = taken(&trade.server, "invoiceCredit", credit).await;
    assert_eq!(amounts(&note, ["vat"]), ["20.00"]);
    let standing = invoice(&trade.server, &before["id"]).await;
    assert_eq!(standing["totals"]["breakdown"][0]["treatment"]["rate"], "20");
}

#[tokio::test]
async fn a_rate_that_there_is_not_on_the_day_is_refused() {
    let trade = Trade::on(Server::start_with(&["--clock", "manual:2026-03-02T08:00:00Z"])).await;
    let line = json!({ "name": "Pose", "unit": "heure", "unitPrice": "100", "nature": "SERVICES", "vatRateClass": "INTERMEDIATE" });
    let draft = json!({ "organization": trade.customer, "content": { "rows": [{ "line": line }] } });
    let waiting = taken(&trade.server, "invoiceDraft", draft.clone()).await;
    let gone = json!({ "vatRateClass": "INTERMEDIATE", "from": "2026-03-10", "reason": "Supprimé par la loi" });
    assert_eq!(company(&trade, "companySetVatRate", gone).await, None);
    advance(&trade.server, moment("2026-03-10T09:00:00Z")).await;
    let refused = give(&trade.server, "invoiceIssue", json!({ "id": waiting["id"] })).await;
    assert_eq!(refused["userErrors"][0]["code"], "NO_SUCH_VAT_RATE", "{refused:#}");
    let refused = trade.quote("quoteDraft", draft.clone()).await;
    assert_eq!(refused["userErrors"][0]["code"], "NO_SUCH_VAT_RATE", "{refused:#}");
    let data = trade.server.data("{ quotes { totalCount } }").await;
    assert_eq!(data["quotes"]["totalCount"], 0);
    let key = json!({ "vatRateClass": "INTERMEDIATE", "from": "2026-03-10" });
    assert_eq!(company(&trade, "companyRemoveVatRate", key).await, None);
    assert_eq!(amounts(&issued(&trade, &waiting).await, ["vat"]), ["10.00"]);

    for (input, code) in [
        (
            json!({ "vatRateClass": "ZERO", "from": "2026-01-01", "rate": "1", "reason": "x" }),
            "NO_SUCH_VAT_RATE",
        ),
        (
            json!({ "vatRateClass": "NORMAL", "from": "2026-02-01", "until": "2026-01-01", "rate": "1", "reason": "x" }),
            "DATE_OUT_OF_RANGE",
        ),
        (
            json!({ "vatRateClass": "NORMAL", "from": "2026-02-01", "rate": "101", "reason": "x" }),
            "NUMBER_TOO_LARGE",
        ),
        (
            json!({ "vatRateClass": "NORMAL", "from": "2026-02-01", "rate": "-1", "reason": "x" }),
            "NEGATIVE_NUMBER",
        ),
        (
            json!({ "vatRateClass": "NORMAL", "from": "2026-02-01", "rate": "20", "reason": " " }),
            "FIELD_REQUIRED",
        ),
    ] {
        let refused = company(&trade, "companySetVatRate", input.clone()).await;
        assert_eq!(refused.as_deref(), Some(code), "{input}");
    }
    let data = trade.server.data("{ company { vatRates { from } } }").await;
    assert_eq!(data["company"]["vatRates"], json!([]));
}
