//! One sale from the first offer to the books of the year: each step as somebody takes it, on a clock that the test moves.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    books::lines_of,
    database::Database,
    dunning::{claim, dunned, fetched, letters, said, steps},
    invoicing::{amounts, invoice, of_quote, sold, taken},
    quoting::DRAWING,
    server::Server,
    support::Workplace,
    tasks::advance,
    trade::Trade,
};

/// The story begins on a Monday.
const BEGIN: &str = "manual:2026-03-02T08:00:00Z";

fn moment(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// What the books of the year come to.
#[derive(Debug, PartialEq)]
struct Books {
    /// Without the references of payments, which come from their ids.
    lines: Vec<Vec<String>>,
    /// By account, in cents: debit less credit.
    balances: BTreeMap<String, i64>,
}

#[tokio::test]
async fn a_sale_is_lived_through_from_the_offer_to_the_books() {
    let workplace = Workplace::new().with("ALFORIS_CLOCK", "manual");
    let on_files = life(workplace).await;
    let database = Database::make("whole_life").await;
    let workplace = Workplace::on_database(&database.url()).with("ALFORIS_CLOCK", "manual");
    let on_postgresql = life(workplace).await;
    database.drop().await;
    assert_eq!(on_files, on_postgresql, "one story, one set of books");
}

async fn life(workplace: Workplace) -> Books {
    let trade = Trade::on(Server::start_in(workplace, &["--clock", BEGIN])).await;
    for (half, rate) in [(1, "12.15"), (2, "12.40")] {
        let rate = json!({ "year": 2026, "half": half, "rate": rate, "source": "BCE + 10" });
        trade.company("companySetLateInterestRate", rate).await;
    }
    let quote = offered_and_signed(&trade).await;
    let (deposit, last) = invoiced(&trade, &quote).await;
    let trade = dunned_over_a_standstill(trade, &last).await;
    paid_credited_and_charged(&trade, &last).await;
    looked_back_at(&trade.server, &quote, &deposit, &last).await;
    closed(&trade).await
}

/// Somebody at the customer, a deal, two versions of a quote; the second one is signed on its page.
async fn offered_and_signed(trade: &Trade) -> Value {
    let contact =
        "mutation($of: ID!) { contactAdd(input: { organization: $of, firstName: \"Ada\", lastName: \"Lovelace\",
        emails: [\"ada@acme.example\"] }) { contact { id } userErrors { code } } }";
    let contact = trade.server.data_with(contact, json!({ "of": trade.customer })).await;
    let contact = &contact["contactAdd"]["contact"]["id"];
    let deal = "mutation($of: ID!) { dealOpen(input: { title: \"Toiture de la halle\", organization: $of }) {
        deal { id } userErrors { code } } }";
    let deal = trade.server.data_with(deal, json!({ "of": trade.customer })).await;
    let deal = &deal["dealOpen"]["deal"]["id"];
    let first = json!({ "subject": "Toiture", "rows": [
        { "line": { "name": "Pose", "unit": "heure", "quantity": "12", "unitPrice": "100", "nature": "SERVICES" } } ] });
    let input = json!({ "organization": trade.customer, "deal": deal, "content": first });
    let drafted = trade.quote("quoteDraft", input).await["quote"].take();
    assert_eq!(drafted["number"], "D2026-0001");
    let send = json!({ "id": drafted["id"], "contact": contact });
    let sent = trade.quote("quoteSend", send.clone()).await;
    assert_eq!(sent["userErrors"], json!([]), "{sent:#}");
    let old_page = trade.page(&sent["quote"]);
    assert!(trade.letter("devis D2026-0001").await.contains("1\u{202f}440,00"));

    advance(&trade.server, moment("2026-03-04T09:00:00Z")).await;
    trade.quote("quoteStartVersion", json!({ "id": drafted["id"] })).await;
    let change = json!({ "id": drafted["id"], "content": sold() });
    trade.quote("quoteChangeContent", change).await;
    let sent = trade.quote("quoteSend", send).await["quote"].take();
    assert_eq!(
        (&sent["number"], &sent["sent"]["number"], &sent["gross"]["amount"]),
        (&json!("D2026-0001"), &json!(2), &json!("1551.66"))
    );
    let (_, old) = trade.get(&old_page).await;
    assert!(old.contains("Remplacé") && old.contains("v2"), "{old}");
    assert_eq!(trade.submit(&format!("{old_page}/code"), &[]).await.0, 422);

    advance(&trade.server, moment("2026-03-05T09:00:00Z")).await;
    let page = trade.page(&sent);
    trade.get(&page).await;
    let code = trade.code(&page).await;
    let drawing = format!("data:image/png;base64,{DRAWING}");
    let fields = [
        ("code", code.as_str()),
        ("name", "Ada Lovelace"),
        ("consent", "yes"),
        ("drawing", &drawing),
    ];
    let (status, text) = trade.submit(&format!("{page}/sign"), &fields).await;
    assert!(status == 200 && text.contains("le devis est signé"), "{text}");
    let signed = trade
        .until(async || {
            let looked = trade.look(&sent).await;
            let filed = !looked["accepted"]["signedDocument"].is_null() && looked["deal"]["status"] == "WON";
            filed.then_some(looked)
        })
        .await;
    assert_eq!(
        (&signed["deal"]["stage"], &signed["deal"]["amountGross"]["amount"]),
        (&json!("SIGNE"), &json!("1551.66"))
    );
    let paper = trade
        .fetch(&signed["accepted"]["signedDocument"]["address"]["path"])
        .await;
    let seals = sealing::verify(&paper).unwrap();
    assert!(seals.len() == 1 && seals[0].is_intact() && seals[0].covers_whole_file());
    drafted["id"].clone()
}

/// A deposit, paid; the final invoice, two months later.
async fn invoiced(trade: &Trade, quote: &Value) -> (Value, Value) {
    let server = &trade.server;
    let to = |id: &Value| json!({ "id": id, "recipientName": "Ada Lovelace", "email": "ada@acme.example" });
    let deposit = of_quote(server, quote, json!({ "deposit": "30" })).await;
    let deposit = taken(server, "invoiceIssue", to(&deposit["id"])).await;
    assert_eq!(
        amounts(&deposit, ["net", "vat", "gross"]),
        ["400.00", "65.50", "465.50"]
    );
    advance(server, moment("2026-03-10T09:00:00Z")).await;
    received(trade, &deposit, "465.50", "2026-03-10").await;

    advance(server, moment("2026-05-09T09:00:00Z")).await;
    let last = of_quote(server, quote, json!({ "final": true })).await;
    let last = taken(server, "invoiceIssue", to(&last["id"])).await;
    assert_eq!(
        amounts(&last, ["gross", "deducted", "due"]),
        ["1551.66", "465.50", "1086.16"]
    );
    assert_eq!(
        (&deposit["number"], &last["number"], &last["dueOn"]),
        (&json!("2026-F-001"), &json!("2026-F-002"), &json!("2026-06-08"))
    );
    taken(server, "invoiceSend", json!({ "id": last["id"] })).await;
    trade.letter("2026-F-002").await;
    (deposit, last)
}

async fn received(trade: &Trade, invoice: &Value, amount: &str, day: &str) -> Value {
    let input = json!({ "organization": trade.customer, "amount": { "amount": amount }, "method": "TRANSFER",
        "valueDate": day, "allocations": [{ "invoice": invoice["id"] }] });
    taken(&trade.server, "paymentReceive", input).await
}

/// Three days before, seven and thirty days after. The server does not run while the second day passes.
async fn dunned_over_a_standstill(trade: Trade, last: &Value) -> Trade {
    let Trade { mut server, customer } = trade;
    advance(&server, moment("2026-06-05T06:00:00Z")).await;
    assert_eq!(letters(&server, FRIENDLY).len(), 0);
    advance(&server, moment("2026-06-05T10:00:00Z")).await;
    assert_eq!(letters(&server, FRIENDLY).len(), 1);

    advance(&server, moment("2026-06-12T10:00:00Z")).await;
    assert_eq!(server.terminate(), Some(0));
    let server = server.restart_after_kill(&["--clock", "manual:2026-06-17T10:00:00Z"]);
    assert_eq!(letters(&server, FIRM).len(), 0, "nobody was there");
    advance(&server, moment("2026-06-17T10:01:00Z")).await;
    let firm = letters(&server, FIRM);
    assert!(firm.len() == 1 && firm[0].contains("086,16"), "{firm:?}");

    let trade = Trade { server, customer };
    advance(&trade.server, moment("2026-06-25T10:00:00Z")).await;
    received(&trade, last, "586.16", "2026-06-25").await;
    // Another standstill, with nothing due in it: nothing is said again.
    let Trade { mut server, customer } = trade;
    assert_eq!(server.terminate(), Some(0));
    let server = server.restart_after_kill(&["--clock", "manual"]);
    advance(&server, moment("2026-07-08T10:00:00Z")).await;
    let notice = letters(&server, NOTICE);
    assert_eq!(notice.len(), 1);
    // 500.00 are left: 1,086.16 for 17 days and 500.00 for 5 at 12.15 %, 500.00 for 8 at 12.40 % are 8.34; and 40.00.
    for words in ["qu'une copie", "recommandé", "500,00", "48,34", "application/pdf"] {
        assert!(notice[0].contains(words), "{words}: {}", notice[0]);
    }
    advance(&server, moment("2026-07-14T10:00:00Z")).await;
    for (words, times) in [(FRIENDLY, 1), (FIRM, 1), (NOTICE, 1), ("2026-F-002", 4)] {
        assert_eq!(letters(&server, words).len(), times, "{words}: each letter once");
    }
    let now = dunned(&server, last).await;
    assert_eq!(
        steps(&now),
        said(&[("FRIENDLY", "-"), ("FIRM", "-"), ("FORMAL_NOTICE", "-")])
    );
    let paper = fetched(&server, &now["reminders"][2]["document"]["address"]["path"]).await;
    assert!(paper.starts_with(b"%PDF-"));
    let tasks = server.data("{ tasks { nodes { title dueDate } } }").await["tasks"]["nodes"].take();
    let task = json!({ "title": "Poster la mise en demeure de Acme (2026-F-002)", "dueDate": "2026-07-08" });
    assert_eq!(tasks, json!([task]));
    Trade { server, customer }
}

const FRIENDLY: &str = "vous rappeler une échéance";
const FIRM: &str = "9 jours de retard";
const NOTICE: &str = "mise en demeure";

/// The rest is paid; a rebate is given back; being late is charged on a statement.
async fn paid_credited_and_charged(trade: &Trade, last: &Value) {
    let server = &trade.server;
    advance(server, moment("2026-07-15T10:00:00Z")).await;
    let rest = received(trade, last, "500", "2026-07-15").await;
    assert_eq!(invoice(server, &last["id"]).await["status"], "PAID");

    advance(server, moment("2026-07-20T10:00:00Z")).await;
    let credit = json!({ "id": last["id"], "credit": { "amount": "100" }, "reason": "Geste commercial" });
    let note = taken(server, "invoiceCredit", credit).await;
    assert_eq!(
        (&note["number"], &note["corrects"]["number"], &note["gross"]["amount"]),
        (&json!("2026-A-001"), &json!("2026-F-002"), &json!("100.00"))
    );
    let refund = json!({ "id": rest["id"], "amount": "100", "method": "TRANSFER" });
    let refunded = taken(server, "paymentRefund", refund).await;
    assert_eq!(amounts(&refunded, ["refunded", "unapplied"]), ["100.00", "0.00"]);

    // As the notice said, and seven more days for 500.00 at 12.40 %: 9.53, rounded once.
    let claimed = claim(server, json!({ "id": last["id"] })).await;
    assert_eq!(claimed["userErrors"], json!([]), "{claimed:#}");
    assert_eq!(amounts(&claimed["claim"], ["interest", "indemnity"]), ["9.53", "40.00"]);
    let paper = fetched(server, &claimed["claim"]["document"]["address"]["path"]).await;
    assert!(paper.starts_with(b"%PDF-"));
    let send = "mutation($input: InvoiceSendLateInterestInput!) { invoiceSendLateInterest(input: $input) {
        replayed userErrors { code field } } }";
    let early = json!({ "input": { "id": last["id"], "until": "2026-07-01" } });
    let refused = server.data_with(send, early).await["invoiceSendLateInterest"].take();
    assert_eq!(refused["userErrors"][0]["code"], "LATE_INTEREST_NOT_CLAIMED");
    let input = json!({ "input": { "id": last["id"], "commandId": "018f3a5e-0000-7000-8000-0000000000e9" } });
    for replayed in [false, true] {
        let sent = server.data_with(send, input.clone()).await["invoiceSendLateInterest"].take();
        assert_eq!(sent, json!({ "replayed": replayed, "userErrors": [] }));
    }
    let letter = trade.letter("au titre du retard de paiement").await;
    assert!(
        letter.contains("49,53") && letter.contains("application/pdf"),
        "{letter}"
    );
    assert_eq!(letters(server, "au titre du retard de paiement").len(), 1);
}

/// What the client saw at a moment is what is shown of it, down to the bytes of the paper.
async fn looked_back_at(server: &Server, quote: &Value, deposit: &Value, last: &Value) {
    let query = "query($id: ID!, $at: DateTime!) { quote(id: $id, asOf: { moment: $at }) { status gross { amount }
        sent { number content { rows { ... on DocumentLine { name quantity } } } document { sha256 address { path } } } } }";
    for (at, status, version, gross, quantity) in [
        ("2026-03-03T12:00:00Z", "SENT", 1, "1440.00", "12"),
        ("2026-03-04T12:00:00Z", "SENT", 2, "1551.66", "10"),
        ("2026-12-01T12:00:00Z", "ACCEPTED", 2, "1551.66", "10"),
    ] {
        let then = past(server, query, json!({ "id": quote, "at": at })).await["quote"].take();
        assert_eq!(
            (&then["status"], &then["gross"]["amount"]),
            (&json!(status), &json!(gross)),
            "{then:#}"
        );
        let shown = if then["sent"].is_null() {
            continue;
        } else {
            &then["sent"]
        };
        assert_eq!(
            (&shown["number"], &shown["content"]["rows"][0]["quantity"]),
            (&json!(version), &json!(quantity))
        );
        same_bytes(server, &shown["document"]).await;
    }
    let query =
        "query($id: ID!, $at: DateTime!) { invoice(id: $id, asOf: { moment: $at }) { status remaining { amount }
        credited { amount } overdue reminderStep facturX { sha256 address { path } } } }";
    for (at, status, remaining, credited, step) in [
        ("2026-05-10T12:00:00Z", "UNPAID", "1086.16", "0.00", Value::Null),
        ("2026-06-16T12:00:00Z", "UNPAID", "1086.16", "0.00", json!("FRIENDLY")),
        (
            "2026-07-10T12:00:00Z",
            "PARTIALLY_PAID",
            "500.00",
            "0.00",
            json!("FORMAL_NOTICE"),
        ),
        ("2026-07-31T12:00:00Z", "PAID", "0.00", "100.00", json!("FORMAL_NOTICE")),
    ] {
        let then = past(server, query, json!({ "id": last["id"], "at": at })).await["invoice"].take();
        assert_eq!(
            (&then["status"], &then["reminderStep"]),
            (&json!(status), &step),
            "{at}: {then:#}"
        );
        assert_eq!(amounts(&then, ["remaining", "credited"]), [remaining, credited], "{at}");
        assert_eq!(
            then["facturX"]["sha256"], last["facturX"]["sha256"],
            "one paper for good"
        );
        same_bytes(server, &then["facturX"]).await;
    }
    let quote = happened(server, quote).await;
    let shown = [
        "QuoteDrafted",
        "QuoteSent",
        "QuoteViewed",
        "QuoteVersionStarted",
        "QuoteAccepted",
    ];
    assert!(
        shown.iter().all(|name| quote.iter().any(|kind| kind == name)),
        "{quote:?}"
    );
    let paid = happened(server, &deposit["id"]).await;
    assert!(paid.iter().any(|kind| kind == "PaymentAllocated"), "{paid:?}");
    let told: Vec<_> = happened(server, &last["id"]).await;
    let told: Vec<&str> = told
        .iter()
        .map(String::as_str)
        .filter(|kind| !kind.starts_with("ReminderP") && !kind.starts_with("ReminderU"))
        .collect();
    assert_eq!(
        told,
        [
            "InvoiceDrafted",
            "InvoiceIssued",
            "InvoiceDocumentsFiled",
            "InvoiceSent",
            "InvoiceReminded",
            "InvoiceReminded",
            "PaymentAllocated",
            "InvoiceReminded",
            "PaymentAllocated",
            "InvoiceCredited",
            "PaymentAllocationWithdrawn",
            "LateInterestClaimed",
        ]
    );
}

/// A question about the past, asked until the past is built.
async fn past(server: &Server, query: &str, variables: Value) -> Value {
    loop {
        let mut answer = server.answer(query, variables.clone()).await;
        match answer["errors"][0]["extensions"]["code"].as_str() {
            None => return answer["data"].take(),
            Some("AS_OF_BUILDING") => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
            Some(code) => panic!("{code}: {answer:#}"),
        }
    }
}

async fn same_bytes(server: &Server, document: &Value) {
    let bytes = fetched(server, &document["address"]["path"]).await;
    assert_eq!(document["sha256"], hex::encode(Sha256::digest(bytes)));
}

/// The kinds of everything that happened to a record, oldest first.
async fn happened(server: &Server, id: &Value) -> Vec<String> {
    let query = "query($id: ID!) { history(id: $id, first: 200) { nodes { type } } }";
    let data = server.data_with(query, json!({ "id": id })).await;
    let nodes = data["history"]["nodes"].as_array().unwrap().iter();
    nodes.map(|event| event["type"].as_str().unwrap().to_owned()).collect()
}

/// The year is over: its books are closed, exported and beside what the documents say; the journal is sound.
async fn closed(trade: &Trade) -> Books {
    let server = &trade.server;
    advance(server, moment("2027-01-05T09:00:00Z")).await;
    let query = "query($at: BigInt!) { accountingReconciliation(from: \"2026-01-01\", to: \"2026-12-31\", minPosition: $at) {
        revenueOfEntries { amount } revenueDifference { amount } invoicedDifference { amount } holds notBooked { piece } } }";
    let at = server.position().await.to_string();
    let data = server.data_with(query, json!({ "at": at })).await["accountingReconciliation"].take();
    assert_eq!(
        amounts(&data, ["revenueDifference", "invoicedDifference"]),
        ["0.00", "0.00"]
    );
    assert_eq!((&data["holds"], &data["notBooked"]), (&json!(true), &json!([])));

    let lock = "mutation { accountingLockPeriod(input: { through: \"2026-12-31\" }) { settings { lockedThrough } userErrors { code } } }";
    let locked = server.data(lock).await;
    assert_eq!(
        locked["accountingLockPeriod"]["settings"]["lockedThrough"], "2026-12-31",
        "{locked:#}"
    );
    let ran = server
        .workplace
        .run(&["export", "fec", "--closing", "2026-12-31", "--to", "accountant"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let file = std::fs::read(server.workplace.path().join("accountant/732829320FEC20261231.txt")).unwrap();
    let lines = lines_of(&file);
    let numbers: Vec<u32> = lines.iter().map(|line| line[2].parse().unwrap()).collect();
    assert!(
        numbers[0] == 1 && numbers.windows(2).all(|two| two[1] - two[0] <= 1),
        "{numbers:?}"
    );
    assert!(
        lines.windows(2).all(|two| two[0][15] <= two[1][15]),
        "final days go forward"
    );
    let cents = |text: &str| text.replace(',', "").parse::<i64>().unwrap();
    let mut balances = BTreeMap::new();
    for line in &lines {
        assert!(line[3].starts_with("2026"), "{line:?}");
        *balances.entry(line[4].clone()).or_insert(0) += cents(&line[11]) - cents(&line[12]);
    }
    let of = |prefix: &str| -> i64 {
        let of_class = balances.iter().filter(|(account, _)| account.starts_with(prefix));
        of_class.map(|(_, balance)| balance).sum()
    };
    // What is out is what being late costs: 9.53 and 40.00.
    assert_eq!(
        (of("512"), of("411"), of("763"), of("758")),
        (145_166, 4_953, -953, -4_000),
        "{balances:#?}"
    );
    assert_eq!(
        (of("4191"), of("44574"), of("4457") + of("70")),
        (0, 0, -145_166),
        "{balances:#?}"
    );
    assert_eq!((of("706"), of("707")), (-100_000, -33_333));
    assert_eq!(
        data["revenueOfEntries"]["amount"],
        format!("{}.{:02}", -of("70") / 100, -of("70") % 100)
    );

    let ran = server.workplace.run(&["verify", "--json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let verdict: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(verdict["sound"], true, "{verdict:#}");
    let mut lines = lines;
    for line in lines.iter_mut().filter(|line| line[0] == "BQ") {
        line[8].clear();
    }
    Books { lines, balances }
}
