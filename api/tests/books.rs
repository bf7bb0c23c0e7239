//! The books: exported from the shell and over HTTP, closed for good, and beside the figures of the house.

use domain::{Role, accounting::fec::COLUMNS};
use serde_json::{Value, json};

use crate::{
    database::Database,
    people::People,
    server::{Server, TOKEN},
    sign_in::shown_by_authenticator,
    trade::Trade,
};

/// The company's account, as invoices have to name it.
async fn account(server: &Server) {
    let account = People::of(server).with(Role::Admin);
    let admin = account.sign_in().await;
    let begin = "mutation($password: String!) { secondFactorBegin(input: { password: $password }) { secret } }";
    let begun = admin.data(begin, json!({ "password": account.password })).await;
    let secret = begun["secondFactorBegin"]["secret"]
        .as_str()
        .expect("a secret")
        .to_owned();
    let confirm = "mutation($code: String!) { secondFactorConfirm(input: { code: $code }) { recoveryCodes } }";
    let confirmed = admin
        .data(confirm, json!({ "code": shown_by_authenticator(&secret) }))
        .await;
    let recovery = confirmed["secondFactorConfirm"]["recoveryCodes"][0].clone();
    let change = "mutation($code: String!) { companyChangeBankAccount(input: { iban: \"FR7630006000011234567890189\", code: $code }) { userErrors { code } } }";
    let changed = admin.data(change, json!({ "code": recovery })).await;
    assert_eq!(changed["companyChangeBankAccount"]["userErrors"], json!([]));
}

impl Trade {
    /// The payload of a command.
    async fn give(&self, mutation: &str, selection: &str, input: Value) -> Value {
        let kind = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
        let query = format!(
            "mutation($input: {kind}!) {{ {mutation}(input: $input) {{ {selection} userErrors {{ code field message }} }} }}"
        );
        self.server.data_with(&query, json!({ "input": input })).await[mutation].take()
    }

    async fn take(&self, mutation: &str, selection: &str, input: Value) -> Value {
        let payload = self.give(mutation, selection, input).await;
        assert_eq!(payload["userErrors"], json!([]), "{mutation}: {payload:#}");
        payload
    }

    /// An invoice of one line of services at 20 %.
    async fn issued(&self, kind: &str, price: &str) -> Value {
        let line = json!({ "name": "Étude", "unit": "forfait", "unitPrice": price, "nature": "SERVICES" });
        let draft = json!({ "organization": self.customer, "kind": kind, "content": { "rows": [{ "line": line }] } });
        let draft = self.take("invoiceDraft", "invoice { id }", draft).await;
        let issue = json!({ "id": draft["invoice"]["id"], "email": "compta@acme.example" });
        let mut issued = self.take("invoiceIssue", "invoice { id number issuedOn }", issue).await;
        issued["invoice"].take()
    }

    async fn paid(&self, invoice: &Value, amount: &str) -> Value {
        let input = json!({ "organization": self.customer, "amount": { "amount": amount }, "method": "TRANSFER",
            "valueDate": invoice["issuedOn"], "allocations": [{ "invoice": invoice["id"] }] });
        let mut payload = self.take("paymentReceive", "payment { id }", input).await;
        payload["payment"].take()
    }

    async fn exported(&self, address: &str) -> (u16, String, Vec<u8>) {
        let request = self.server.client().get(self.server.url(address)).bearer_auth(TOKEN);
        let answer = request.send().await.expect("an answer");
        let status = answer.status().as_u16();
        let disposition = answer.headers().get("content-disposition");
        let disposition = disposition.map_or_else(String::new, |value| value.to_str().expect("text").to_owned());
        (status, disposition, answer.bytes().await.expect("a file").to_vec())
    }
}

/// Lines of a FEC, checked: eighteen columns, and each entry balanced.
pub(crate) fn lines_of(file: &[u8]) -> Vec<Vec<String>> {
    let text = std::str::from_utf8(file).expect("UTF-8");
    let mut rows = text.strip_suffix("\r\n").expect("an end").split("\r\n");
    assert_eq!(rows.next(), Some(COLUMNS.join("\t").as_str()));
    let lines: Vec<Vec<String>> = rows.map(|row| row.split('\t').map(str::to_owned).collect()).collect();
    let cents = |text: &str| text.replace(',', "").parse::<i64>().expect("an amount");
    let mut balances = std::collections::BTreeMap::new();
    for line in &lines {
        assert_eq!(line.len(), 18, "{line:?}");
        *balances.entry(line[2].clone()).or_insert(0) += cents(&line[11]) - cents(&line[12]);
    }
    assert!(balances.values().all(|open| *open == 0), "{balances:?}");
    lines
}

#[tokio::test]
async fn a_closed_year_is_the_same_file_for_ever_and_says_what_the_invoices_say() {
    closing(&Trade::start().await).await;
}

#[tokio::test]
async fn the_same_holds_on_postgresql() {
    let database = Database::make("books").await;
    let trade = Trade::on(database.serve()).await;
    closing(&trade).await;
    drop(trade);
    database.drop().await;
}

async fn closing(trade: &Trade) {
    account(&trade.server).await;
    let today = domain::company::CompanyState::default().day(chrono::Utc::now());
    let end = json!({ "month": chrono::Datelike::month(&today), "day": chrono::Datelike::day(&today) });
    trade.company("companySetFiscalYearEnd", end).await;
    let standard = trade.issued("STANDARD", "1000").await;
    let deposit = trade.issued("DEPOSIT", "300").await;
    trade.paid(&standard, "200").await;

    // What the books say is what the invoices say: a deposit is invoiced, and not sold.
    reconciled(trade, &today.to_string()).await;
    figures(trade, &today.to_string()).await;

    // The file, from the server and from the shell.
    let address = format!("/exports/fec?closing={today}");
    let (status, disposition, before) = trade.exported(&address).await;
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&before));
    let name = format!("732829320FEC{}.txt", today.format("%Y%m%d"));
    assert_eq!(disposition, format!("attachment; filename=\"{name}\""));
    let lines = lines_of(&before);
    assert!(
        lines
            .iter()
            .any(|line| line[8] == deposit["number"] && line[4] == "419100" && line[12] == "300,00")
    );
    let (_, _, description) = trade.exported(&format!("{address}&part=description")).await;
    let description = String::from_utf8(description).unwrap();
    assert!(description.contains("PARTIE VENTES D'UN FEC"), "{description}");
    let closing = today.to_string();
    let ran = trade
        .server
        .workplace
        .run(&["export", "fec", "--closing", &closing, "--to", "."]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(
        std::fs::read(trade.server.workplace.path().join(&name)).unwrap(),
        before
    );

    // Closed: what comes later leaves the file as it is, and nobody writes into it by choice.
    let locked = trade
        .take(
            "accountingLockPeriod",
            "settings { lockedThrough }",
            json!({ "through": closing }),
        )
        .await;
    assert_eq!(locked["settings"]["lockedThrough"], closing);
    let paid = trade.paid(&deposit, "400").await;
    let query = "query($at: BigInt!) { accountingEntries(minPosition: $at) { nodes { date closing journal } } }";
    let at = trade.server.position().await.to_string();
    let entries = trade.server.data_with(query, json!({ "at": at })).await;
    let last = entries["accountingEntries"]["nodes"]
        .as_array()
        .unwrap()
        .last()
        .unwrap()
        .clone();
    assert_eq!(
        last["date"],
        today.succ_opt().unwrap().to_string(),
        "the first open day"
    );
    let (_, _, after) = trade.exported(&address).await;
    assert!(after == before, "the file of a closed year changed");
    let refund = json!({ "id": paid["id"], "amount": "40", "method": "TRANSFER", "on": closing });
    let refused = trade.give("paymentRefund", "payment { id }", refund).await;
    assert_eq!(
        (&refused["userErrors"][0]["code"], &refused["userErrors"][0]["field"]),
        (&json!("PERIOD_LOCKED"), &json!(["input", "on"]))
    );
    let discount = json!({ "id": standard["id"], "on": closing });
    let refused = trade
        .give("invoiceGrantEarlyPaymentDiscount", "invoice { id }", discount)
        .await;
    assert_eq!(refused["userErrors"][0]["code"], "PERIOD_LOCKED");
    let back = json!({ "through": today.pred_opt().unwrap().to_string() });
    let refused = trade
        .give("accountingLockPeriod", "settings { lockedThrough }", back)
        .await;
    assert_eq!(refused["userErrors"][0]["code"], "PERIOD_LOCKED");
    let ahead = json!({ "through": today.succ_opt().unwrap().to_string() });
    let refused = trade
        .give("accountingLockPeriod", "settings { lockedThrough }", ahead)
        .await;
    assert_eq!(refused["userErrors"][0]["code"], "PERIOD_NOT_OVER");
}

async fn reconciled(trade: &Trade, today: &str) {
    let query = "query($day: Date!, $at: BigInt!) { accountingReconciliation(from: $day, to: $day, minPosition: $at) {
        revenueOfEntries { amount } revenueOfInvoices { amount } revenueDifference { amount } invoiced { amount }
        movementOfDeposits { amount } invoicedDifference { amount } holds notBooked { piece } } }";
    let at = trade.server.position().await.to_string();
    let data = trade.server.data_with(query, json!({ "day": today, "at": at })).await;
    assert_eq!(
        data["accountingReconciliation"],
        json!({ "revenueOfEntries": { "amount": "1000.00" }, "revenueOfInvoices": { "amount": "1000.00" },
            "revenueDifference": { "amount": "0.00" }, "invoiced": { "amount": "1300.00" },
            "movementOfDeposits": { "amount": "300.00" }, "invoicedDifference": { "amount": "0.00" }, "holds": true,
            "notBooked": [] })
    );
}

const FINANCE: &str = "query($day: Date!, $basis: PriceBasis!) { finance(from: $day, to: $day, basis: $basis) { day
    currencies { currencyCode invoiced { amount } collected { amount } received { amount } revenue { amount }
        unpaid { total { amount } } overdue { amount } dso { days reason } forecast { days byDueDate { amount } }
        revenueByCustomer { id amount { amount } } unpaidByCustomer { amount { amount } } } } }";

async fn figures(trade: &Trade, today: &str) {
    let on = async |basis: &str| {
        let data = trade
            .server
            .data_with(FINANCE, json!({ "day": today, "basis": basis }))
            .await;
        data["finance"]["currencies"][0].clone()
    };
    let (net, gross) = (on("NET").await, on("GROSS").await);
    let amounts = |figures: &Value| {
        ["invoiced", "collected", "received", "revenue"]
            .map(|name| figures[name]["amount"].as_str().unwrap().to_owned())
    };
    assert_eq!(amounts(&net), ["1300.00", "166.67", "200.00", "1000.00"]);
    assert_eq!(amounts(&gross), ["1560.00", "200.00", "200.00", "1000.00"]);
    assert_eq!(net["unpaid"]["total"]["amount"], "1133.33");
    assert_eq!(gross["unpaid"]["total"]["amount"], "1360.00");
    // 1,360.00 out of 1,560.00, in days of 90.
    assert_eq!(gross["dso"], json!({ "days": "78.5", "reason": null }));
    assert_eq!(gross["overdue"]["amount"], "0.00");
    assert_eq!(gross["forecast"][0]["byDueDate"]["amount"], "1360.00");
    assert_eq!(gross["revenueByCustomer"][0]["amount"]["amount"], "1000.00");
    assert_eq!(gross["revenueByCustomer"][0]["id"], trade.customer);
}

#[tokio::test]
async fn columns_for_a_program_are_those_that_were_saved() {
    let trade = Trade::start().await;
    account(&trade.server).await;
    let issued = trade.issued("STANDARD", "1000").await;
    let columns = json!([{ "title": "Compte", "field": "ACCOUNT" }, { "title": "Montant", "field": "AMOUNT" }]);
    trade
        .take(
            "accountingSaveExportMapping",
            "settings { version }",
            json!({ "format": "SAGE", "columns": columns }),
        )
        .await;
    let own = json!({ "role": "SERVICES", "number": "706100", "label": "Études" });
    trade.take("accountingMapAccount", "settings { version }", own).await;
    let wrong = json!({ "role": "SERVICES", "number": "411000", "label": "Études" });
    let refused = trade.give("accountingMapAccount", "settings { version }", wrong).await;
    assert_eq!(refused["userErrors"][0]["code"], "INVALID_ACCOUNT");
    let day = issued["issuedOn"].as_str().unwrap();
    trade.issued("STANDARD", "10").await;
    let address = format!("/exports/accounting?format=sage&from={day}&until={day}");
    let (status, _, file) = trade.exported(&address).await;
    assert_eq!(status, 200);
    assert_eq!(
        String::from_utf8(file).unwrap(),
        "Compte;Montant\r\n411000;1200,00\r\n706000;-1000,00\r\n44574200;-200,00\r\n\
         411000;12,00\r\n706100;-10,00\r\n44574200;-2,00\r\n"
    );
    for (query, wanted) in [
        ("/exports/fec?closing=2026-06-15", 400),
        ("/exports/fec", 400),
        ("/exports/accounting?format=sap&from=2026-01-01&until=2026-01-31", 400),
        ("/exports/accounting?format=sage&from=2026-02-01&until=2026-01-31", 400),
    ] {
        assert_eq!(trade.exported(query).await.0, wanted, "{query}");
    }
}

#[tokio::test]
async fn who_reads_the_books_and_who_keeps_them() {
    let trade = Trade::start().await;
    let year = "/exports/fec?closing=2026-12-31";
    let stranger = trade.server.client().get(trade.server.url(year)).send().await.unwrap();
    assert_eq!(stranger.status(), 401);
    let lock = "mutation { accountingLockPeriod(input: { through: \"2020-12-31\" }) { userErrors { code } } }";
    let look = "{ finance(from: \"2026-01-01\", to: \"2026-12-31\", basis: NET) { currencies { currencyCode } } }";
    for (role, reads, keeps, finance) in [
        (Role::Accountant, true, true, true),
        (Role::Auditor, true, false, true),
        (Role::Manager, false, false, true),
        (Role::Analyst, false, false, true),
        (Role::Sales, false, false, false),
    ] {
        let person = People::of(&trade.server).with(role).sign_in().await;
        let request = trade.server.client().get(trade.server.url(year));
        let answer = request.header("cookie", &person.cookie).send().await.unwrap();
        assert_eq!(answer.status() == 200, reads, "{role:?}: {}", answer.status());
        let allowed = |code: Option<String>| code.as_deref() != Some("FORBIDDEN");
        assert_eq!(allowed(person.code(lock).await), keeps, "{role:?}");
        assert_eq!(allowed(person.code(look).await), finance, "{role:?}");
        assert_eq!(
            allowed(person.code("{ accountingSettings { lockedThrough } }").await),
            reads,
            "{role:?}"
        );
    }
}
