//! Ten years after its closing the papers of a fiscal year go, with the key that sealed them, and not a day before.

use std::{collections::BTreeSet, fs, path::Path};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    dunning::{claim, dunned},
    invoicing::{invoice, plain, taken},
    quoting::DRAWING,
    server::Server,
    support::Workplace,
    tasks::advance,
    trade::Trade,
};

fn moment(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// SHA-256 of every file below a folder.
fn lying(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            lying(&path, found);
        } else {
            found.insert(hex::encode(Sha256::digest(fs::read(path).unwrap())));
        }
    }
}

fn kept(server: &Server) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    lying(&server.workplace.path().join("data/blobs"), &mut found);
    found
}

async fn destroy(server: &Server, closing: &str) -> Value {
    let query = "mutation($closing: Date!) { fiscalYearDestroy(input: { closing: $closing }) {
        pending position userErrors { code field } } }";
    let mut data = server.data_with(query, json!({ "closing": closing })).await;
    data["fiscalYearDestroy"].take()
}

/// A quote that was signed by hand, on its page.
async fn signed(trade: &Trade) -> Value {
    let draft = json!({ "organization": trade.customer, "content": plain("100") });
    let quote = trade.quote("quoteDraft", draft).await["quote"].take();
    let send = json!({ "id": quote["id"], "recipientName": "Ada Lovelace", "email": "ada@acme.example" });
    let sent = trade.quote("quoteSend", send).await["quote"].take();
    let page = trade.page(&sent);
    let code = trade.code(&page).await;
    let drawing = format!("data:image/png;base64,{DRAWING}");
    let fields = [
        ("code", code.as_str()),
        ("name", "Ada Lovelace"),
        ("consent", "yes"),
        ("drawing", &drawing),
    ];
    let (status, text) = trade.submit(&format!("{page}/sign"), &fields).await;
    assert_eq!(status, 200, "{text}");
    trade
        .until(async || {
            let looked = trade.look(&sent).await;
            (!looked["accepted"]["evidence"].is_null()).then_some(looked)
        })
        .await
}

/// An invoice that was mailed, and its papers.
async fn mailed(trade: &Trade) -> (Value, Vec<String>) {
    let draft = json!({ "organization": trade.customer, "content": plain("100") });
    let draft = taken(&trade.server, "invoiceDraft", draft).await;
    let issue = json!({ "id": draft["id"], "email": "compta@acme.example" });
    let issued = taken(&trade.server, "invoiceIssue", issue).await;
    taken(&trade.server, "invoiceSend", json!({ "id": issued["id"] })).await;
    let query = "query($id: ID!) { invoice(id: $id) { facturX { sha256 } cii { sha256 } ubl { sha256 } } }";
    let data = trade.server.data_with(query, json!({ "id": issued["id"] })).await;
    let papers = ["facturX", "cii", "ubl"].map(|form| data["invoice"][form]["sha256"].as_str().unwrap().to_owned());
    (issued, papers.to_vec())
}

#[tokio::test]
async fn the_papers_of_a_year_go_after_ten_years_and_no_day_before() {
    let workplace = Workplace::new().with("ALFORIS_CLOCK", "manual");
    let server = Server::start_in(workplace, &["--clock", "manual:2026-03-02T08:00:00Z"]);
    let trade = Trade::on(server).await;
    let server = &trade.server;
    for half in [1, 2] {
        let rate = json!({ "year": 2026, "half": half, "rate": "12.15", "source": "BCE + 10" });
        taken(server, "companySetLateInterestRate", rate).await;
    }
    let quote = signed(&trade).await;
    let version = &quote["accepted"];
    let (old, mut papers) = mailed(&trade).await;
    advance(server, moment("2026-06-30T12:00:00Z")).await;
    let claimed = claim(server, json!({ "id": old["id"] })).await;
    assert_eq!(claimed["userErrors"], json!([]), "{claimed:#}");
    let now = dunned(server, &old).await;
    let notice = &now["reminders"][2]["document"]["sha256"];
    let statement = &now["lateInterestClaims"][0]["document"]["name"];
    assert!(statement.is_string(), "{now:#}");
    for document in [&version["document"], &version["signedDocument"]] {
        papers.push(document["sha256"].as_str().unwrap().to_owned());
    }
    papers.push(notice.as_str().unwrap().to_owned());
    let evidence = trade
        .fetch(&trade.look(&quote).await["accepted"]["evidence"]["address"]["path"])
        .await;
    papers.push(hex::encode(Sha256::digest(evidence)));
    let drawing = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, DRAWING).unwrap();
    assert!(
        kept(server).is_superset(&papers.iter().cloned().collect()),
        "all lie there"
    );

    advance(server, moment("2027-02-01T08:00:00Z")).await;
    let (young, young_papers) = mailed(&trade).await;
    advance(server, moment("2036-12-31T12:00:00Z")).await;
    let early = destroy(server, "2026-12-31").await;
    assert_eq!(early["userErrors"][0]["code"], "KEPT_BY_LAW", "{early}");
    assert_eq!(invoice(server, &old["id"]).await["buyer"]["name"], "Acme");
    assert!(
        kept(server).is_superset(&papers.iter().cloned().collect()),
        "the law has them kept"
    );

    advance(server, moment("2037-01-01T08:00:00Z")).await;
    let before = kept(server).len();
    let gone = destroy(server, "2026-12-31").await;
    assert_eq!(
        (&gone["userErrors"], &gone["pending"]),
        (&json!([]), &json!(false)),
        "{gone}"
    );
    let left = kept(server);
    for paper in &papers {
        assert!(!left.contains(paper), "{paper} is still there");
    }
    assert!(
        left.is_superset(&young_papers.iter().cloned().collect()),
        "the next year's are kept"
    );
    // The drawing as it was packed again, and the statement, are the other two.
    assert_eq!(before - left.len(), papers.len() + 2);
    assert!(!left.contains(&hex::encode(Sha256::digest(drawing))));

    let query = "query($id: ID!, $at: BigInt!) { invoice(id: $id, minPosition: $at) { number gross { amount } buyer { name } facturX { name } cii { name } } }";
    let at = server.position().await.to_string();
    let shown = server.data_with(query, json!({ "id": old["id"], "at": at })).await["invoice"].take();
    assert_eq!(
        shown,
        json!({ "number": "2026-F-001", "gross": { "amount": "120.00" }, "buyer": null, "facturX": null, "cii": null })
    );
    let looked = trade.look(&quote).await;
    let version = &looked["accepted"];
    assert_eq!(
        (&version["buyer"], &version["signature"], &version["document"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    assert_eq!(invoice(server, &young["id"]).await["buyer"]["name"], "Acme");
    let again = destroy(server, "2026-12-31").await;
    assert_eq!(again["userErrors"], json!([]), "once is enough");
    let later = destroy(server, "2027-12-31").await;
    assert_eq!(later["userErrors"][0]["code"], "KEPT_BY_LAW");
    let ran = server.workplace.run(&["verify", "--json"]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
}
