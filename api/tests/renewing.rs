//! What contracts do by themselves as time goes by, and what their revenue comes to: on a clock that the test moves.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Value, json};

use crate::{database::Database, server::Server, support::Workplace, tasks::advance, trade::Trade};

/// A Monday.
pub(crate) const BEGIN: &str = "manual:2026-01-05T08:00:00Z";

pub(crate) fn moment(day: &str) -> DateTime<Utc> {
    format!("{day}T09:00:00Z").parse().unwrap()
}

pub(crate) fn line(name: &str, price: &str, interval: &str) -> Value {
    json!({ "name": name, "unit": "mois", "quantity": "1", "unitPrice": price, "interval": interval, "nature": "SERVICES" })
}

impl Trade {
    pub(crate) async fn asked(&self, mutation: &str, kind: &str, input: Value, fields: &str) -> Value {
        let query = format!(
            "mutation($input: {kind}!) {{ {mutation}(input: $input) {{ {fields} userErrors {{ code field message }} }} }}"
        );
        let mut data = self.server.data_with(&query, json!({ "input": input })).await;
        assert_eq!(data[mutation]["userErrors"], json!([]), "{mutation}: {data:#}");
        data[mutation].take()
    }

    pub(crate) async fn in_force(&self, terms: Value, signed_on: &str) -> Value {
        let input = json!({ "organization": self.customer, "terms": terms });
        let draft = self
            .asked("contractDraft", "ContractDraftInput", input, "contract { id }")
            .await;
        let sign = json!({ "id": draft["contract"]["id"], "signedOn": signed_on });
        let mut signed = self
            .asked(
                "contractSign",
                "ContractSignInput",
                sign,
                "contract { id uuid number status }",
            )
            .await;
        signed["contract"].take()
    }

    pub(crate) async fn person(&self) {
        let query =
            "mutation($of: ID!) { contactAdd(input: { organization: $of, firstName: \"Ada\", lastName: \"Lovelace\",
            emails: [\"ada@acme.example\"] }) { contact { id } userErrors { code } } }";
        let data = self.server.data_with(query, json!({ "of": self.customer })).await;
        assert_eq!(data["contactAdd"]["userErrors"], json!([]), "{data:#}");
    }

    pub(crate) async fn invoices_of(&self, contract: &Value) -> Vec<Value> {
        let query = "query($of: ID!) { invoices(first: 50, filter: { contract: { eq: $of } }) {
            nodes { id status subject net { amount } content { period { start end } } contract { number } } } }";
        let mut data = self.server.data_with(query, json!({ "of": contract["id"] })).await;
        let mut nodes = data["invoices"]["nodes"].take().as_array().cloned().unwrap_or_default();
        nodes.sort_by_key(|invoice| invoice["content"]["period"]["start"].to_string());
        nodes
    }

    pub(crate) async fn stands(&self, contract: &Value, fields: &str) -> Value {
        let query = format!("query($id: ID!) {{ contract(id: $id) {{ {fields} }} }}");
        let mut data = self.server.data_with(&query, json!({ "id": contract["id"] })).await;
        data["contract"].take()
    }

    pub(crate) async fn mrr(&self, day: &str) -> String {
        let query = "query($day: Date!) { recurringRevenue(from: $day, to: $day) { mrr } }";
        let data = self.server.data_with(query, json!({ "day": day })).await;
        data["recurringRevenue"]["mrr"].as_str().expect("MRR").to_owned()
    }
}

#[tokio::test]
async fn a_contract_bills_alerts_and_renews_itself_over_a_standstill() {
    let workplace = Workplace::new().with("ALFORIS_CLOCK", "manual");
    let on_files = year(workplace).await;
    let database = Database::make("renewing").await;
    let workplace = Workplace::on_database(&database.url()).with("ALFORIS_CLOCK", "manual");
    let on_postgresql = year(workplace).await;
    database.drop().await;
    assert_eq!(on_files, on_postgresql, "one story, one set of figures");
}

/// A year of a contract by month that renews itself: what its invoices and its revenue come to.
async fn year(workplace: Workplace) -> Value {
    let trade = Trade::on(Server::start_in(workplace, &["--clock", BEGIN])).await;
    trade.person().await;
    let terms = json!({ "kind": "SUBSCRIPTION", "startsOn": "2026-01-31", "endsOn": "2027-01-30",
        "renewal": { "type": "TACIT", "termMonths": 12 }, "notice": { "months": 2 },
        "lines": [line("Supervision", "100", "MONTH"), line("Licence", "1200", "YEAR")] });
    let contract = trade.in_force(terms, "2026-01-05").await;
    assert_eq!(contract["status"], "SIGNED");

    // The first day: it is in force, and the first periods are drafted in one invoice.
    advance(&trade.server, moment("2026-01-31")).await;
    assert_eq!(trade.stands(&contract, "status").await["status"], "ACTIVE");
    let first = trade.invoices_of(&contract).await;
    assert_eq!(first.len(), 1, "{first:#?}");
    assert_eq!(first[0]["net"]["amount"], "1300.00");
    assert_eq!(trade.mrr("2026-01-30").await, "0");
    assert_eq!(trade.mrr("2026-01-31").await, "200");

    // The 31st of short months, and nothing twice.
    advance(&trade.server, moment("2026-04-30")).await;
    let starts = trade.invoices_of(&contract).await;
    let starts: Vec<&str> = starts
        .iter()
        .filter_map(|invoice| invoice["content"]["period"]["start"].as_str())
        .collect();
    assert_eq!(starts, ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]);

    // A change that reaches back writes the drafts anew.
    let amend = json!({ "id": contract["id"], "signedOn": "2026-04-30", "effectiveOn": "2026-03-31",
        "lines": [{ "price": { "line": 1, "unitPrice": "120" } }] });
    trade
        .asked("contractAmend", "ContractAmendInput", amend, "contract { id }")
        .await;
    advance(&trade.server, moment("2026-05-02")).await;
    let mut amounts: Vec<String> = Vec::new();
    for invoice in trade.invoices_of(&contract).await {
        if invoice["status"] == "DRAFT" {
            amounts.push(invoice["net"]["amount"].as_str().unwrap().to_owned());
        }
    }
    let total: f64 = amounts.iter().map(|amount| amount.parse::<f64>().unwrap()).sum();
    assert!((total - 1640.0).abs() < 0.001, "{amounts:?}");
    assert_eq!(trade.mrr("2026-05-02").await, "220");

    // Alerts come before the notice deadline (30 November) and before the end of the term, each once.
    advance(&trade.server, moment("2026-11-05")).await;
    let said = trade
        .stands(&contract, "noticeDeadline alerts { before date days }")
        .await;
    assert_eq!(said["noticeDeadline"], "2026-11-30");
    let alerts = said["alerts"].as_array().unwrap();
    let days: Vec<_> = alerts
        .iter()
        .map(|alert| (alert["before"].clone(), alert["days"].clone()))
        .collect();
    assert_eq!(
        days,
        [
            (json!("NOTICE_DEADLINE"), json!(90)),
            (json!("NOTICE_DEADLINE"), json!(60)),
            (json!("NOTICE_DEADLINE"), json!(30)),
            (json!("TERM_END"), json!(90)),
        ]
    );
    let letter = trade.letter("se renouvelle le").await;
    assert!(
        letter.contains("30 novembre 2026") && letter.contains("ada@acme.example"),
        "{letter}"
    );
    let tasks = trade.server.data("{ tasks(first: 50) { nodes { title } } }").await;
    let renewal = tasks["tasks"]["nodes"].as_array().unwrap().iter();
    let asked = renewal.filter(|task| {
        task["title"]
            .as_str()
            .unwrap()
            .starts_with("Préparer le renouvellement")
    });
    assert_eq!(asked.count(), 1, "{tasks:#}");

    // The server is down on the day of the renewal.
    let Trade { mut server, customer } = trade;
    assert_eq!(server.terminate(), Some(0));
    let server = server.restart_after_kill(&["--clock", "manual:2027-02-10T10:00:00Z"]);
    advance(&server, "2027-02-10T10:01:00Z".parse().unwrap()).await;
    let trade = Trade { server, customer };
    let renewed = trade
        .until(async || {
            let seen = trade
                .stands(
                    &contract,
                    "status followedBy { startsOn contract { id number startsOn endsOn status } }",
                )
                .await;
            (seen["status"] == "RENEWED").then_some(seen)
        })
        .await;
    let follower = &renewed["followedBy"]["contract"];
    assert_eq!(
        (&follower["startsOn"], &follower["endsOn"]),
        (&json!("2027-01-31"), &json!("2028-01-30"))
    );
    trade
        .until(async || {
            let seen = trade.invoices_of(follower).await;
            (!seen.is_empty()).then_some(seen)
        })
        .await;
    assert_eq!(trade.mrr("2027-02-10").await, "220");

    // What moved, down to the events; a renewal is no churn.
    let query = "{ recurringRevenue(from: \"2026-01-01\", to: \"2027-02-10\") { mrr arr customers openingMrr
        waterfall { opening closing bars { kind amount movements { on amount contract { number } event { type } } } }
        renewalRate { ended renewedTacitly byCount { value } reachesTarget }
        grossMrrChurn { value undefined } nrr { value undefined } toRenew(days: 400) { mrr endsOn } } }";
    let data = trade.server.data(query).await;
    let revenue = &data["recurringRevenue"];
    let kinds: Vec<_> = revenue["waterfall"]["bars"]
        .as_array()
        .unwrap()
        .iter()
        .map(|bar| bar["kind"].clone())
        .collect();
    assert_eq!(kinds, ["NEW", "EXPANSION", "TRANSFER"], "{revenue:#}");
    assert_eq!(
        revenue["waterfall"]["bars"][1]["movements"][0]["event"]["type"],
        "ContractAmended"
    );
    assert_eq!(revenue["renewalRate"]["renewedTacitly"], 1);
    assert_eq!(revenue["grossMrrChurn"]["undefined"], "NO_OPENING_REVENUE");

    // As it was known before the amendment, and what changed about March since.
    let query = "{ then: recurringRevenue(from: \"2026-04-01\", to: \"2026-04-30\", view: { knownAt: \"2026-04-15T00:00:00Z\" })
            { mrr }
        recorded: recurringRevenue(from: \"2026-04-01\", to: \"2026-04-30\", view: { basis: RECORDED }) { mrr
            waterfall { bars { kind amount } } }
        march: recurringRevenue(from: \"2026-03-01\", to: \"2026-03-31\") {
            restatement(since: \"2026-04-15T00:00:00Z\") { closingThen closingNow come { kind amount } events { type } } } }";
    let known = trade.server.data(query).await;
    assert_eq!(known["then"]["mrr"], "200", "{known:#}");
    assert_eq!(
        known["recorded"]["waterfall"]["bars"][0]["kind"], "CORRECTION",
        "{known:#}"
    );
    let march = &known["march"]["restatement"];
    assert_eq!(
        (&march["closingThen"], &march["closingNow"]),
        (&json!("200"), &json!("220")),
        "{march:#}"
    );
    assert!(march["events"].to_string().contains("ContractAmended"), "{march:#}");

    // What if the customer left: the journal does not move.
    let scenario = "query($who: ID!) { revenueScenario(hypotheses: [{ customerLost: { customer: $who, lastDay: \"2027-06-30\" } }])
        { id contracts expiresAt } }";
    let made = trade.server.data_with(scenario, json!({ "who": trade.customer })).await;
    assert_eq!(made["revenueScenario"]["contracts"], 1, "{made:#}");
    let query =
        "query($id: UUID!) { lost: recurringRevenue(from: \"2027-07-01\", to: \"2027-07-31\", view: { scenario: $id })
        { mrr } kept: recurringRevenue(from: \"2027-07-01\", to: \"2027-07-31\") { mrr } }";
    let both = trade
        .server
        .data_with(query, json!({ "id": made["revenueScenario"]["id"] }))
        .await;
    assert_eq!(
        (&both["lost"]["mrr"], &both["kept"]["mrr"]),
        (&json!("0"), &json!("220")),
        "{both:#}"
    );

    // A termination is in the dashboard at the position that it returned.
    let notice = json!({ "id": follower["id"], "by": "CUSTOMER", "ground": "AGREEMENT", "receivedOn": "2027-02-10",
        "lastDay": "2027-03-30", "reason": "TOO_EXPENSIVE" });
    let given = trade
        .asked("contractGiveNotice", "ContractGiveNoticeInput", notice, "position")
        .await;
    let query =
        "query($at: BigInt!) { recurringRevenue(from: \"2027-03-01\", to: \"2027-03-31\", minPosition: $at) { mrr
        waterfall { bars { kind amount } } lostByReason { category amount } } }";
    let ended = trade.server.data_with(query, json!({ "at": given["position"] })).await;
    assert_eq!(ended["recurringRevenue"]["mrr"], "0", "{ended:#}");
    assert_eq!(
        ended["recurringRevenue"]["lostByReason"][0]["category"], "PRICE",
        "{ended:#}"
    );

    // The yearly licence was billed to January: a credit is due, and issued when somebody says so.
    let due = trade.stands(follower, "dueBilling { kind amount { amount } }").await;
    json!({ "revenue": revenue["arr"], "due": due, "ended": ended })
}

#[tokio::test]
async fn consumers_are_told_of_a_renewal_in_their_window() {
    let workplace = Workplace::new().with("ALFORIS_CLOCK", "manual");
    let mut trade = Trade::on(Server::start_in(workplace, &["--clock", BEGIN])).await;
    let query = "mutation($input: OrganizationCreateInput!) { organizationCreate(input: $input) {
        organization { id } userErrors { code field } } }";
    let input = json!({ "name": "Odile Martin", "kind": "CONSUMER" });
    let data = trade.server.data_with(query, json!({ "input": input })).await;
    data["organizationCreate"]["organization"]["id"]
        .as_str()
        .unwrap()
        .clone_into(&mut trade.customer);
    trade.person().await;
    let terms = json!({ "kind": "MAINTENANCE", "startsOn": "2026-01-05", "endsOn": "2027-01-04",
        "renewal": { "type": "TACIT", "termMonths": 12 }, "notice": { "months": 1 },
        "lines": [line("Entretien de la chaudière", "180", "YEAR")] });
    let contract = trade.in_force(terms, "2026-01-05").await;
    let window = trade
        .stands(
            &contract,
            "noticeDeadline consumerNotice { standing from until deadline }",
        )
        .await;
    assert_eq!(window["noticeDeadline"], "2026-12-04");
    assert_eq!(window["consumerNotice"]["from"], "2026-09-04", "{window:#}");
    advance(&trade.server, moment("2026-09-05")).await;
    let letter = trade.letter("L215-1").await;
    assert!(letter.contains("4 décembre 2026"), "{letter}");
    let told = trade.stands(&contract, "consumerNotice { standing }").await;
    assert_eq!(told["consumerNotice"]["standing"], "SENT");
    let day: NaiveDate = "2027-01-06".parse().unwrap();
    advance(&trade.server, moment(&day.to_string())).await;
    let renewed = trade
        .stands(&contract, "status followedBy { contract { freeExitFrom } }")
        .await;
    assert_eq!(renewed["status"], "RENEWED");
    assert_eq!(renewed["followedBy"]["contract"]["freeExitFrom"], Value::Null);
}

#[tokio::test]
async fn an_accepted_quote_with_recurring_lines_drafts_a_contract_for_each_period_once() {
    let trade = Trade::start().await;
    let recurring = |name: &str, price: &str, period: &str| json!({ "line": { "name": name, "unit": "unité", "unitPrice": price, "quantity": "2", "period": period, "nature": "SERVICES" } });
    let once = json!({ "line": { "name": "Pose", "unit": "forfait", "unitPrice": "1000", "nature": "SERVICES" } });
    let rows = [
        once,
        recurring("Supervision", "50", "MONTH"),
        recurring("Licence", "600", "YEAR"),
    ];
    let draft = json!({ "organization": trade.customer, "content": { "discountPercent": "10", "rows": rows } });
    let draft = trade
        .asked("quoteDraft", "QuoteDraftInput", draft, "quote { id number }")
        .await;
    let id = &draft["quote"]["id"];
    let send = json!({ "id": id, "byMail": false, "email": "ada@acme.example" });
    trade.asked("quoteSend", "QuoteSendInput", send, "position").await;
    let accept = json!({ "id": id, "version": 1 });
    trade
        .asked(
            "quoteReportAcceptance",
            "QuoteReportAcceptanceInput",
            accept,
            "position",
        )
        .await;
    let query = "{ contracts(orderBy: [{ field: NUMBER }]) { nodes { status startsOn billingStartsOn deal { id } quote { number }
        lines { name interval quantities { quantity } prices { unitPrice } } } } }";
    let contracts = trade
        .until(async || {
            let mut data = trade.server.data(query).await;
            let nodes = data["contracts"]["nodes"].take();
            (nodes.as_array().is_some_and(|nodes| nodes.len() == 2)).then_some(nodes)
        })
        .await;
    for (contract, (interval, price)) in contracts
        .as_array()
        .unwrap()
        .iter()
        .zip([("MONTH", "45"), ("YEAR", "540")])
    {
        assert_eq!(
            (&contract["status"], &contract["quote"]),
            (&json!("DRAFT"), &json!({ "number": draft["quote"]["number"] }))
        );
        assert!(contract["deal"]["id"].is_string(), "{contract:#}");
        let line = &contract["lines"][0];
        assert_eq!(
            (&line["interval"], &line["quantities"][0]["quantity"]),
            (&json!(interval), &json!("2"))
        );
        assert_eq!(
            line["prices"][0]["unitPrice"], price,
            "after the discount: {contract:#}"
        );
        // The first period is on the quote's invoice.
        assert!(
            contract["billingStartsOn"].as_str() > contract["startsOn"].as_str(),
            "{contract:#}"
        );
    }
}

#[tokio::test]
async fn what_was_billed_too_much_waits_for_its_credit_note_and_holds_up_no_period() {
    let workplace = Workplace::new().with("ALFORIS_CLOCK", "manual");
    let trade = Trade::on(Server::start_in(workplace, &["--clock", BEGIN])).await;
    let terms = json!({ "kind": "SUBSCRIPTION", "startsOn": "2026-01-05", "endsOn": "2027-01-04",
        "lines": [line("Supervision", "100", "MONTH"), line("Licence", "1200", "YEAR")] });
    let contract = trade.in_force(terms, "2026-01-05").await;
    advance(&trade.server, moment("2026-01-06")).await;
    let first = trade.invoices_of(&contract).await.remove(0);
    let issue = json!({ "id": first["id"], "email": "compta@acme.example" });
    trade
        .asked("invoiceIssue", "InvoiceIssueInput", issue, "invoice { number }")
        .await;
    let cut = json!({ "id": contract["id"], "signedOn": "2026-01-06", "effectiveOn": "2026-01-05",
        "lines": [{ "price": { "line": 2, "unitPrice": "600" } }] });
    trade
        .asked("contractAmend", "ContractAmendInput", cut, "position")
        .await;

    // Two months later two periods more are drafted, and somebody was asked once.
    advance(&trade.server, moment("2026-03-06")).await;
    let billed = trade.invoices_of(&contract).await;
    let nets: Vec<_> = billed.iter().map(|invoice| invoice["net"]["amount"].clone()).collect();
    assert_eq!(nets, ["1300.00", "100.00", "100.00"], "{billed:#?}");
    let tasks = trade.server.data("{ tasks(first: 50) { nodes { title } } }").await;
    let asked = tasks["tasks"]["nodes"].as_array().unwrap().iter();
    let asked = asked.filter(|task| task["title"].as_str().unwrap().starts_with("Émettre l'avoir"));
    assert_eq!(asked.count(), 1, "{tasks:#}");

    // The credit note takes back what was too much; asked again, the first answer comes back.
    let command = json!({ "id": contract["id"], "commandId": "018f3a5e-0000-7000-8000-0000000000c1" });
    let fields = "position replayed contract { dueBilling { kind } }";
    let issued = trade
        .asked("contractIssueCredits", "ContractCommandInput", command.clone(), fields)
        .await;
    assert_eq!(issued["contract"]["dueBilling"], json!([]), "{issued:#}");
    let notes = "query($id: ID!) { invoice(id: $id) { creditNotes { number net { amount } } } }";
    let notes = trade.server.data_with(notes, json!({ "id": first["id"] })).await;
    assert_eq!(
        notes["invoice"]["creditNotes"].as_array().map(Vec::len),
        Some(1),
        "{notes:#}"
    );
    assert_eq!(
        notes["invoice"]["creditNotes"][0]["net"]["amount"], "600.00",
        "{notes:#}"
    );
    let again = trade
        .asked("contractIssueCredits", "ContractCommandInput", command, fields)
        .await;
    assert_eq!(
        (&again["replayed"], &again["position"]),
        (&json!(true), &issued["position"])
    );
}
