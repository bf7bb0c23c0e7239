//! Invoices in parts, and what takes them back: to the cent, and in files that keep the rules of others.

use std::{path::PathBuf, process::Command};

use serde_json::{Value, json};

use crate::{
    invoicing::{amounts, give, invoice, of_quote, refusal, sold, taken},
    server::Server,
    trade::Trade,
};

async fn accepted(trade: &Trade, content: Value) -> Value {
    let draft = json!({ "organization": trade.customer, "content": content });
    let quote = taken(&trade.server, "quoteDraft", draft).await["id"].take();
    taken(&trade.server, "quoteSend", json!({ "id": quote, "byMail": false })).await;
    let report = json!({ "id": quote, "version": 1 });
    taken(&trade.server, "quoteReportAcceptance", report).await;
    quote
}

async fn issued(server: &Server, draft: &Value) -> Value {
    taken(server, "invoiceIssue", json!({ "id": draft["id"] })).await
}

async fn credited(server: &Server, invoice: &Value, credit: Value) -> Value {
    let input = json!({ "id": invoice["id"], "credit": credit, "reason": "Erreur de quantité" });
    taken(server, "invoiceCredit", input).await
}

#[tokio::test]
async fn a_line_is_credited_with_its_share_of_the_discount_and_the_last_one_takes_what_rounding_left() {
    let trade = Trade::start().await;
    let server = &trade.server;
    let line = |name| json!({ "line": { "name": name, "unit": "unité", "quantity": "3", "unitPrice": "3.71", "nature": "SERVICES" } });
    let content = json!({ "rows": [line("Un"), line("Deux"), line("Trois")], "discountPercent": "10" });
    let draft = json!({ "organization": trade.customer, "content": content });
    let draft = taken(server, "invoiceDraft", draft).await;
    let invoiced = issued(server, &draft).await;
    // 33.39 less 3.34, which the lines share: 1.11, 1.11 and 1.12.
    assert_eq!(amounts(&invoiced, ["net", "vat", "gross"]), ["30.05", "6.01", "36.06"]);

    let refused = async |number: u32, quantity: &str| {
        let line = json!({ "number": number, "quantity": quantity });
        let input = json!({ "id": invoiced["id"], "credit": { "lines": [line] }, "reason": "x" });
        refusal(server, "invoiceCredit", input).await
    };
    assert_eq!(refused(9, "1").await, "NO_SUCH_LINE");
    assert_eq!(refused(1, "4").await, "CREDIT_EXCEEDS_INVOICE");
    // 10.01 alone would be taxed with 2.00: the last one takes the cent that is left of the tax.
    for (number, expected) in [
        (1, ["10.02", "2.00", "12.02"]),
        (2, ["10.02", "2.00", "12.02"]),
        (3, ["10.01", "2.01", "12.02"]),
    ] {
        let line = json!({ "lines": [{ "number": number, "quantity": "3" }] });
        let note = credited(server, &invoiced, line).await;
        assert_eq!(amounts(&note, ["net", "vat", "gross"]), expected, "line {number}");
    }
    let gone = invoice(server, &invoiced["id"]).await;
    assert_eq!(
        (
            &gone["status"],
            &gone["credited"]["amount"],
            &gone["remaining"]["amount"]
        ),
        (&json!("CREDITED"), &json!("36.06"), &json!("0.00"))
    );
    // Unit by unit: three times 3.3333 is 10.00.
    let thirds = json!({ "rows": [{ "line": { "name": "Tiers", "unit": "unité", "quantity": "3", "unitPrice": "3.3333", "nature": "SERVICES" } }] });
    let draft = json!({ "organization": trade.customer, "content": thirds });
    let draft = taken(server, "invoiceDraft", draft).await;
    let in_thirds = issued(server, &draft).await;
    for expected in [["3.33", "0.67"], ["3.33", "0.67"], ["3.34", "0.66"]] {
        let unit = json!({ "lines": [{ "number": 1, "quantity": "1" }] });
        let note = credited(server, &in_thirds, unit).await;
        assert_eq!(amounts(&note, ["net", "vat"]), expected);
    }
    let more = json!({ "id": invoiced["id"], "credit": { "amount": "0.01" }, "reason": "x" });
    assert!(
        ["CREDIT_EXCEEDS_INVOICE", "NOTHING_TO_CREDIT"]
            .contains(&refusal(server, "invoiceCredit", more).await.as_str())
    );
}

#[tokio::test]
async fn what_was_invoiced_as_work_went_on_comes_off_the_final_invoice() {
    let trade = Trade::start().await;
    let server = &trade.server;
    let quote = accepted(&trade, sold()).await;
    let first = issued(server, &of_quote(server, &quote, json!({ "progress": "30" })).await).await;
    assert_eq!(
        (&first["kind"], amounts(&first, ["net", "vat", "gross"])),
        (&json!("PROGRESS"), ["400.00", "65.50", "465.50"].map(str::to_owned))
    );
    let back = json!({ "quote": quote, "part": { "progress": "20" } });
    assert_eq!(
        refusal(server, "invoiceDraftFromQuote", back).await,
        "PROGRESS_GOES_BACK"
    );
    // One line is done, the other one has not moved since.
    let lines = json!({ "progressOfLines": [{ "number": 1, "percent": "100" }] });
    let second = of_quote(server, &quote, lines).await;
    let again = json!({ "quote": quote, "part": { "progress": "90" } });
    assert_eq!(
        refusal(server, "invoiceDraftFromQuote", again).await,
        "PROGRESS_ALREADY_DRAFTED"
    );
    let second = issued(server, &second).await;
    assert_eq!(
        amounts(&second, ["net", "vat", "gross"]),
        ["700.00", "140.00", "840.00"]
    );

    let last = issued(server, &of_quote(server, &quote, json!({ "final": true })).await).await;
    assert_eq!(
        amounts(&last, ["gross", "deducted", "due"]),
        ["1551.66", "1305.50", "246.16"]
    );
    for part in [&first, &second] {
        assert_eq!(
            invoice(server, &part["id"]).await["deductedBy"]["number"],
            last["number"]
        );
    }
    keep_the_rules(server, &[&first, &second, &last]).await;
}

/// The company named no account: the law asks for none.
#[tokio::test]
async fn a_cancelled_final_invoice_frees_its_deposits_which_are_credited_as_deposits() {
    let trade = Trade::start().await;
    let server = &trade.server;
    let quote = accepted(&trade, sold()).await;
    let deposit = issued(server, &of_quote(server, &quote, json!({ "deposit": "30" })).await).await;
    let last = issued(server, &of_quote(server, &quote, json!({ "final": true })).await).await;
    let early = json!({ "id": deposit["id"], "credit": { "whole": true }, "reason": "Annulation" });
    assert_eq!(
        refusal(server, "invoiceCredit", early.clone()).await,
        "DEPOSIT_DEDUCTED"
    );

    let note = credited(server, &last, json!({ "whole": true })).await;
    assert_eq!(
        amounts(&note, ["gross", "deducted", "due"]),
        ["1551.66", "465.50", "1086.16"]
    );
    assert_eq!(invoice(server, &deposit["id"]).await["deductedBy"], Value::Null);
    // The deposit can be taken off again.
    let again = issued(server, &of_quote(server, &quote, json!({ "final": true })).await).await;
    assert_eq!(
        amounts(&again, ["gross", "deducted", "due"]),
        ["1551.66", "465.50", "1086.16"]
    );
    credited(server, &again, json!({ "whole": true })).await;

    let returned = taken(server, "invoiceCredit", early).await;
    assert_eq!(
        (&returned["kind"], amounts(&returned, ["net", "vat", "gross"])),
        (
            &json!("DEPOSIT_CREDIT_NOTE"),
            ["400.00", "65.50", "465.50"].map(str::to_owned)
        )
    );
    let cii = String::from_utf8(trade.fetch(&returned["cii"]["address"]["path"]).await).unwrap();
    assert!(cii.contains("<ram:TypeCode>503</ram:TypeCode>"), "{cii}");
    let ubl = String::from_utf8(trade.fetch(&returned["ubl"]["address"]["path"]).await).unwrap();
    assert!(
        ubl.contains("<cbc:CreditNoteTypeCode>503</cbc:CreditNoteTypeCode>"),
        "{ubl}"
    );
    assert!(!cii.contains("IBAN") && !ubl.contains("PayeeFinancialAccount"));
    assert_eq!(invoice(server, &deposit["id"]).await["status"], "CREDITED");
    keep_the_rules(server, &[&deposit, &last, &note, &returned]).await;
}

/// The schemas and schematrons of EN 16931, Factur-X and the French rules find nothing in any form of these documents.
async fn keep_the_rules(server: &Server, documents: &[&Value]) {
    let folder = tempfile::tempdir().unwrap();
    for document in documents {
        for (form, ending) in [("facturX", "pdf"), ("cii", "cii.xml"), ("ubl", "ubl.xml")] {
            let url = server.url(document[form]["address"]["path"].as_str().unwrap());
            let answer = server.client().get(url).send().await.unwrap();
            let name = format!("{}.{ending}", document["number"].as_str().unwrap());
            std::fs::write(folder.path().join(name), answer.bytes().await.unwrap()).unwrap();
        }
    }
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../scripts/invoice-checker");
    let ran = Command::new(script).arg(folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    let errors = String::from_utf8_lossy(&ran.stderr);
    assert_eq!(said.lines().count(), 3 * documents.len(), "{said}{errors}");
    for line in said.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["failed"], json!([]), "{line}");
    }
}

#[tokio::test]
async fn amounts_that_mean_nothing_are_refused() {
    let trade = Trade::start().await;
    let server = &trade.server;
    let draft = json!({ "organization": trade.customer, "content": crate::invoicing::plain("100") });
    let draft = taken(server, "invoiceDraft", draft).await;
    let invoiced = issued(server, &draft).await;
    let before = invoice(server, &invoiced["id"]).await;
    for (credit, code) in [
        (json!({ "amount": "0" }), "NUMBER_ZERO"),
        (json!({ "amount": "-5" }), "NEGATIVE_NUMBER"),
        (json!({ "amount": "120.01" }), "CREDIT_EXCEEDS_INVOICE"),
        (
            json!({ "lines": [{ "number": 1, "quantity": "-1" }] }),
            "NEGATIVE_NUMBER",
        ),
        (
            json!({ "lines": [{ "number": 1, "net": "100.01" }] }),
            "CREDIT_EXCEEDS_INVOICE",
        ),
        (json!({ "lines": [] }), "NOTHING_TO_CREDIT"),
    ] {
        let input = json!({ "id": invoiced["id"], "credit": credit, "reason": "Remise" });
        let payload = give(server, "invoiceCredit", input).await;
        assert_eq!(payload["userErrors"][0]["code"], code, "{credit}: {payload:#}");
    }
    for (amount, allocated, code) in [
        ("0", "1", "NUMBER_ZERO"),
        ("-20", "1", "NEGATIVE_NUMBER"),
        ("20", "0", "NUMBER_ZERO"),
        ("20", "-1", "NEGATIVE_NUMBER"),
        ("20", "20.01", "AMOUNT_EXCEEDS_PAYMENT"),
        ("200", "120.01", "ALLOCATION_EXCEEDS_DUE"),
    ] {
        let input = json!({ "organization": trade.customer, "amount": { "amount": amount }, "method": "TRANSFER",
            "valueDate": invoiced["issuedOn"], "allocations": [{ "invoice": invoiced["id"], "amount": allocated }] });
        let payload = give(server, "paymentReceive", input).await;
        assert_eq!(
            payload["userErrors"][0]["code"], code,
            "{amount} {allocated}: {payload:#}"
        );
    }
    let data = server.data("{ payments { totalCount } invoices { totalCount } }").await;
    assert_eq!(
        data,
        json!({ "payments": { "totalCount": 0 }, "invoices": { "totalCount": 1 } })
    );
    let now = invoice(server, &invoiced["id"]).await;
    assert_eq!(
        (&now["status"], &now["version"]),
        (&json!("UNPAID"), &before["version"])
    );
    assert_eq!(now["remaining"]["amount"], "120.00");
}

#[tokio::test]
async fn what_was_written_off_comes_in_after_all() {
    let trade = Trade::start().await;
    let server = &trade.server;
    let draft = json!({ "organization": trade.customer, "content": crate::invoicing::plain("100") });
    let draft = taken(server, "invoiceDraft", draft).await;
    let invoiced = issued(server, &draft).await;
    let reason = |reason: &str| json!({ "id": invoiced["id"], "reason": reason });
    assert_eq!(
        refusal(server, "invoiceUndoWriteOff", reason("Dividende")).await,
        "INVOICE_NOT_WRITTEN_OFF"
    );
    let off = taken(server, "invoiceWriteOff", reason("Liquidation")).await;
    assert_eq!(off["status"], "WRITTEN_OFF");
    let again = taken(server, "invoiceUndoWriteOff", reason("Dividende du liquidateur")).await;
    assert_eq!(
        (&again["status"], amounts(&again, ["writtenOff", "remaining"])),
        (&json!("UNPAID"), ["0.00", "120.00"].map(str::to_owned))
    );
    let payment = json!({ "organization": trade.customer, "amount": { "amount": "120" }, "method": "TRANSFER",
        "valueDate": invoiced["issuedOn"], "allocations": [{ "invoice": invoiced["id"] }] });
    taken(server, "paymentReceive", payment).await;
    assert_eq!(invoice(server, &invoiced["id"]).await["status"], "PAID");

    // Lost, and gained; the tax of it is due with the payment.
    let day = invoiced["issuedOn"].as_str().unwrap();
    let at = server.position().await.to_string();
    server
        .data_with(
            "query($at: BigInt!) { invoices(minPosition: $at) { totalCount } }",
            json!({ "at": at }),
        )
        .await;
    let url = server.url(&format!("/exports/accounting?format=sage&from={day}&until={day}"));
    let answer = server
        .client()
        .get(url)
        .bearer_auth(crate::server::TOKEN)
        .send()
        .await
        .unwrap();
    let file = answer.text().await.unwrap();
    let mut balances = std::collections::BTreeMap::new();
    let mut rows = file.lines();
    let titles: Vec<&str> = rows.next().unwrap().split(';').collect();
    let place = |title: &str| {
        titles
            .iter()
            .position(|one| one.trim_matches('"').contains(title))
            .unwrap_or_else(|| panic!("{titles:?}"))
    };
    let (account, debit, credit) = (place("ompte"), place("ébit"), place("rédit"));
    let cents = |text: &str| text.replace(',', "").parse::<i64>().unwrap_or(0);
    for row in rows {
        let cells: Vec<&str> = row.split(';').map(|cell| cell.trim_matches('"')).collect();
        *balances.entry(cells[account].to_owned()).or_insert(0) += cents(cells[debit]) - cents(cells[credit]);
    }
    for (account, balance) in [
        ("654000", 10_000),
        ("758800", -10_000),
        ("411000", 0),
        ("44574200", 0),
        ("44571200", -2_000),
        ("706000", -10_000),
    ] {
        assert_eq!(balances.get(account), Some(&balance), "{account}: {file}");
    }
}
