//! What follows contracts by an offer, whom their dates reach, what each credit note takes back, and what they are on a day.

use domain::Role;
use serde_json::{Value, json};

use crate::{
    database::Database,
    people::People,
    renewing::{BEGIN, line, moment},
    server::Server,
    support::Workplace,
    tasks::advance,
    trade::Trade,
};

async fn begun() -> Trade {
    let workplace = Workplace::new().with("ALFORIS_CLOCK", "manual");
    Trade::on(Server::start_in(workplace, &["--clock", BEGIN])).await
}

/// A year that both have to sign for anew, with lines of three periods.
fn express() -> Value {
    let mut licence = line("Licence", "1333.33", "YEAR");
    licence["discountPercent"] = json!("10");
    json!({ "kind": "SUBSCRIPTION", "startsOn": "2026-01-31", "endsOn": "2027-01-30", "renewal": { "type": "EXPRESS" },
        "lines": [line("Supervision", "100.123456", "MONTH"), licence, line("Contrôle", "300", "HALF_YEAR"),
            line("Mise en service", "900", "ONCE")] })
}

const OFFERS: &str = "alerts { before days quote { id number status subject sent { publicPath }
    renews { number } } task { title } }";

/// The offer that the alert of thirty days before the end names.
async fn offer_of(trade: &Trade, contract: &Value) -> Value {
    let said = trade.stands(contract, OFFERS).await;
    let alerts = said["alerts"].as_array().unwrap().iter();
    let offers: Vec<_> = alerts.filter(|alert| !alert["quote"].is_null()).collect();
    assert_eq!(offers.len(), 1, "{said:#}");
    assert_eq!(
        (&offers[0]["before"], &offers[0]["days"]),
        (&json!("TERM_END"), &json!(30))
    );
    offers[0]["quote"].clone()
}

async fn accepted_by_word(trade: &Trade, quote: &Value, version: u32) -> Value {
    let accept = json!({ "id": quote["id"], "version": version });
    trade
        .asked(
            "quoteReportAcceptance",
            "QuoteReportAcceptanceInput",
            accept,
            "position",
        )
        .await
}

async fn follower_of(trade: &Trade, contract: &Value) -> Value {
    let fields =
        "status followedBy { kind startsOn contract { id number status startsOn endsOn signedOn document { name }
        quote { number } follows { number kind } deal { id } renewalPolicy { type } billingStartsOn
        lines { name interval quantities { quantity } prices { unitPrice discountPercent } } } }";
    let seen = trade
        .until(async || {
            let seen = trade.stands(contract, fields).await;
            (!seen["followedBy"].is_null()).then_some(seen)
        })
        .await;
    assert_eq!(
        (&seen["status"], &seen["followedBy"]["kind"]),
        (&json!("RENEWED"), &json!("EXPRESS"))
    );
    seen["followedBy"]["contract"].clone()
}

async fn counted(trade: &Trade) -> Value {
    let query = "{ contracts { totalCount } quotes { totalCount } deals { totalCount } }";
    trade.server.data(query).await
}

#[tokio::test]
async fn what_is_not_renewed_tacitly_is_offered_once_and_follows_once_the_offer_is_signed() {
    let trade = begun().await;
    trade.person().await;
    let contract = trade.in_force(express(), "2026-01-05").await;
    advance(&trade.server, moment("2026-12-31")).await;

    // Thirty days before the end the customer has a quote for the same again, by mail.
    let offer = offer_of(&trade, &contract).await;
    assert_eq!(
        (&offer["status"], &offer["renews"]["number"]),
        (&json!("SENT"), &contract["number"])
    );
    let letter = trade.letter("arrive à échéance le 30/01/2027").await;
    assert!(letter.contains("ada@acme.example"), "{letter}");
    advance(&trade.server, moment("2027-01-05")).await;
    offer_of(&trade, &contract).await;
    assert_eq!(counted(&trade).await["quotes"]["totalCount"], 1);

    // It is signed on its page, and the process dies before anything follows.
    let page = trade.page(&offer);
    trade.get(&page).await;
    let code = trade.code(&page).await;
    let fields = [("code", code.as_str()), ("name", "Ada Lovelace"), ("consent", "yes")];
    let (status, said) = trade.submit(&format!("{page}/sign"), &fields).await;
    assert_eq!(status, 200, "{said}");
    let Trade { server, customer } = trade;
    let server = server.restart_after_kill(&["--clock", "manual:2027-01-06T08:00:00Z"]);
    let trade = Trade { server, customer };
    let follower = follower_of(&trade, &contract).await;
    assert_eq!(
        (&follower["startsOn"], &follower["endsOn"]),
        (&json!("2027-01-31"), &json!("2028-01-30"))
    );
    assert_eq!(
        (&follower["status"], &follower["signedOn"]),
        (&json!("SIGNED"), &json!("2027-01-05"))
    );
    assert_eq!(
        follower["follows"],
        json!({ "number": contract["number"], "kind": "EXPRESS" })
    );
    assert_eq!(follower["quote"]["number"], offer["number"]);
    assert_eq!(follower["renewalPolicy"]["type"], "EXPRESS");
    // One contract for lines of all periods, at their prices to the last decimal; what was billed once is not owed again.
    let lines: Vec<_> = follower["lines"].as_array().unwrap().iter().collect();
    let lines: Vec<_> = lines
        .iter()
        .map(|line| {
            (
                line["interval"].as_str(),
                line["prices"][0]["unitPrice"].as_str(),
                line["prices"][0]["discountPercent"].as_str(),
            )
        })
        .collect();
    assert_eq!(
        lines,
        [
            (Some("MONTH"), Some("100.123456"), None),
            (Some("YEAR"), Some("1333.33"), Some("10")),
            (Some("HALF_YEAR"), Some("300"), None),
        ]
    );
    // The paper that was signed is the contract's.
    trade
        .until(async || {
            let seen = trade.stands(&follower, "document { name }").await;
            (!seen["document"].is_null()).then_some(())
        })
        .await;

    // Accepted again, and after another death, nothing comes twice; the quote is on no invoice, the contract bills itself.
    let again = json!({ "id": offer["id"], "version": 1 });
    let query = "mutation($input: QuoteReportAcceptanceInput!) { quoteReportAcceptance(input: $input) { userErrors { code } } }";
    let again = trade.server.data_with(query, json!({ "input": again })).await;
    assert_ne!(again["quoteReportAcceptance"]["userErrors"], json!([]));
    let Trade { server, customer } = trade;
    let server = server.restart_after_kill(&["--clock", "manual:2027-02-10T08:00:00Z"]);
    advance(&server, moment("2027-02-10")).await;
    let trade = Trade { server, customer };
    assert_eq!(
        counted(&trade).await,
        json!({ "contracts": { "totalCount": 2 }, "quotes": { "totalCount": 1 }, "deals": { "totalCount": 1 } })
    );
    let billed = trade.invoices_of(&follower).await;
    let nets: Vec<_> = billed.iter().map(|invoice| invoice["net"]["amount"].clone()).collect();
    assert_eq!(nets, ["1600.12"], "{billed:#?}");
    let invoices = trade.server.data("{ invoices { nodes { quote { id } } } }").await;
    assert!(!invoices.to_string().contains("QUOT"), "{invoices:#}");

    // A renewal is no churn: what ends and what begins come to nothing, to the last decimal.
    assert_eq!(trade.mrr("2027-01-30").await, trade.mrr("2027-01-31").await);
    let query = "{ recurringRevenue(from: \"2027-01-01\", to: \"2027-02-10\") {
        waterfall { opening closing bars { kind amount } } renewalRate { ended renewedExpressly byCount { value } }
        grossMrrChurn { value } logoChurn { value } } }";
    let data = trade.server.data(query).await;
    let revenue = &data["recurringRevenue"];
    let bars = revenue["waterfall"]["bars"].as_array().unwrap();
    assert_eq!(bars.len(), 1, "{revenue:#}");
    assert_eq!(bars[0]["kind"], "TRANSFER");
    let amount: rust_decimal::Decimal = bars[0]["amount"].as_str().unwrap().parse().unwrap();
    assert!(amount.is_zero(), "{revenue:#}");
    assert_eq!(revenue["waterfall"]["opening"], revenue["waterfall"]["closing"]);
    assert_eq!(
        (
            &revenue["renewalRate"]["ended"],
            &revenue["renewalRate"]["renewedExpressly"]
        ),
        (&json!(1), &json!(1)),
        "{revenue:#}"
    );
    assert_eq!(revenue["grossMrrChurn"]["value"], "0", "{revenue:#}");
    let chain = trade.stands(&contract, "renewals { number status }").await;
    assert_eq!(
        chain["renewals"],
        json!([{ "number": contract["number"], "status": "RENEWED" },
            { "number": follower["number"], "status": "ACTIVE" }])
    );
}

#[tokio::test]
async fn an_offer_that_was_negotiated_follows_with_what_was_accepted() {
    let trade = begun().await;
    trade.person().await;
    let contract = trade.in_force(express(), "2026-01-05").await;
    advance(&trade.server, moment("2026-12-31")).await;
    let offer = offer_of(&trade, &contract).await;
    let start = json!({ "id": offer["id"] });
    trade
        .asked("quoteStartVersion", "QuoteCommandInput", start, "position")
        .await;
    let row = |name: &str, price: &str, period: Value| json!({ "line": { "name": name, "unit": "mois", "unitPrice": price, "quantity": "1", "period": period, "nature": "SERVICES" } });
    let rows = [
        row("Supervision", "80", json!("MONTH")),
        row("Contrôle", "300", Value::Null),
        row("Formation", "500", Value::Null),
    ];
    let change = json!({ "id": offer["id"], "content": { "rows": rows } });
    trade
        .asked("quoteChangeContent", "QuoteChangeContentInput", change, "position")
        .await;
    let send = json!({ "id": offer["id"], "byMail": false, "email": "ada@acme.example" });
    trade.asked("quoteSend", "QuoteSendInput", send, "position").await;
    accepted_by_word(&trade, &offer, 2).await;
    let follower = follower_of(&trade, &contract).await;
    let lines = follower["lines"].as_array().unwrap().iter();
    let lines: Vec<_> = lines
        .map(|line| (line["interval"].clone(), line["prices"][0]["unitPrice"].clone()))
        .collect();
    assert_eq!(
        lines,
        [("MONTH", "80"), ("HALF_YEAR", "300"), ("ONCE", "500")]
            .map(|(interval, price)| (json!(interval), json!(price)))
    );
    let query = "{ recurringRevenue(from: \"2027-01-31\", to: \"2027-01-31\") { waterfall { bars { kind } } } }";
    let data = trade.server.data(query).await;
    let bars = data["recurringRevenue"]["waterfall"]["bars"].as_array().unwrap();
    let kinds: Vec<_> = bars.iter().map(|bar| bar["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["CONTRACTION", "TRANSFER"], "only the difference has a kind");
}

/// A quote that somebody writes by hand for a customer whom no letter reaches.
#[tokio::test]
async fn an_offer_that_somebody_writes_renews_the_contract_that_it_names() {
    let trade = begun().await;
    let contract = trade.in_force(express(), "2026-01-05").await;
    let row = json!({ "line": { "name": "Supervision", "unit": "mois", "unitPrice": "110", "quantity": "1", "period": "MONTH",
        "nature": "SERVICES" } });
    let content = json!({ "rows": [row] });
    let other = trade
        .asked(
            "organizationCreate",
            "OrganizationCreateInput",
            json!({ "name": "Globex" }),
            "organization { id }",
        )
        .await;
    let query =
        "mutation($input: QuoteDraftInput!) { quoteDraft(input: $input) { quote { id } userErrors { code field } } }";
    let refused = json!({ "organization": other["organization"]["id"], "renews": contract["id"], "content": content });
    let answer = trade.server.data_with(query, json!({ "input": refused })).await;
    assert_eq!(
        answer["quoteDraft"],
        json!({ "quote": null, "userErrors": [{ "code": "CONTRACT_NOT_FOUND", "field": ["input", "renews"] }] })
    );
    let input = json!({ "organization": trade.customer, "renews": contract["id"], "content": content });
    let drafted = trade
        .asked(
            "quoteDraft",
            "QuoteDraftInput",
            input.clone(),
            "quote { id renews { number } }",
        )
        .await;
    let quote = &drafted["quote"];
    assert_eq!(quote["renews"]["number"], contract["number"]);
    let send = json!({ "id": quote["id"], "byMail": false, "recipientName": "Ada" });
    trade.asked("quoteSend", "QuoteSendInput", send, "position").await;
    accepted_by_word(&trade, quote, 1).await;
    let follower = follower_of(&trade, &contract).await;
    assert_eq!(
        (&follower["startsOn"], &follower["status"]),
        (&json!("2027-01-31"), &json!("SIGNED"))
    );
    let again = trade.server.data_with(query, json!({ "input": input })).await;
    assert_eq!(
        again["quoteDraft"]["userErrors"][0]["code"], "CONTRACT_ALREADY_RENEWED",
        "{again:#}"
    );
}

#[tokio::test]
async fn an_offer_that_is_accepted_after_notice_was_given_waits_for_somebody() {
    let trade = begun().await;
    trade.person().await;
    let contract = trade.in_force(express(), "2026-01-05").await;
    advance(&trade.server, moment("2026-12-31")).await;
    let offer = offer_of(&trade, &contract).await;
    let notice = json!({ "id": contract["id"], "by": "CUSTOMER", "ground": "AGREEMENT", "receivedOn": "2026-12-31",
        "lastDay": "2027-01-15", "reason": "TOO_EXPENSIVE" });
    trade
        .asked("contractGiveNotice", "ContractGiveNoticeInput", notice, "position")
        .await;
    accepted_by_word(&trade, &offer, 1).await;
    let asked = trade
        .until(async || {
            let tasks = trade
                .server
                .data("{ tasks(first: 50) { nodes { title description } } }")
                .await;
            let nodes = tasks["tasks"]["nodes"].as_array()?.clone();
            nodes.into_iter().find(|task| {
                task["title"]
                    .as_str()
                    .is_some_and(|title| title.starts_with("Renouveler"))
            })
        })
        .await;
    assert!(
        asked["title"].as_str().unwrap().ends_with("accepté")
            && asked["description"]
                .as_str()
                .is_some_and(|why| why.to_lowercase().contains("notice")),
        "{asked:#}"
    );
    let now = trade.stands(&contract, "status followedBy { number }").await;
    assert_eq!(now, json!({ "status": "NOTICE_GIVEN", "followedBy": null }));
    let drafts = trade
        .server
        .data("{ contracts(filter: { status: { eq: DRAFT } }) { totalCount } }")
        .await;
    assert_eq!(drafts["contracts"]["totalCount"], 0);
}

#[tokio::test]
async fn the_dates_of_a_contract_reach_its_salesperson() {
    let trade = begun().await;
    trade.person().await;
    let people = People::of(&trade.server);
    let ana = people.with(Role::Sales).user;
    let contract = trade.in_force(express(), "2026-01-05").await;
    let assign = json!({ "id": contract["id"], "owner": ana });
    trade
        .asked("contractAssign", "ContractAssignInput", assign, "position")
        .await;
    let told = async || {
        let query = "query($user: ID!) { notifications(user: $user) { nodes { kind
            subject { __typename ... on Contract { number } } } } }";
        let mut data = trade.server.data_with(query, json!({ "user": ana })).await;
        data["notifications"]["nodes"].take()
    };
    // Ninety days before the end: nothing but the notification.
    advance(&trade.server, moment("2026-11-02")).await;
    let alert =
        json!({ "kind": "CONTRACT_ALERT", "subject": { "__typename": "Contract", "number": contract["number"] } });
    assert_eq!(told().await, json!([alert]));
    // Sixty days before: the task tells, and nothing tells twice.
    advance(&trade.server, moment("2026-12-02")).await;
    let kinds = |told: &Value| -> Vec<String> {
        let nodes = told.as_array().unwrap().iter();
        nodes.map(|node| node["kind"].as_str().unwrap().to_owned()).collect()
    };
    let assigned = ["TASK_ASSIGNED", "CONTRACT_ALERT"];
    let seen: Vec<_> = kinds(&told().await);
    assert_eq!(
        seen.iter().filter(|kind| *kind == "CONTRACT_ALERT").count(),
        1,
        "{seen:?}"
    );
    assert!(
        assigned.iter().all(|kind| seen.iter().any(|seen| seen == kind)),
        "{seen:?}"
    );
    // Thirty days before: the customer has the offer, and the salesperson knows.
    advance(&trade.server, moment("2027-01-01")).await;
    let seen = kinds(&told().await);
    assert_eq!(
        seen.iter().filter(|kind| *kind == "CONTRACT_ALERT").count(),
        2,
        "{seen:?}"
    );
    // Who wants none of it is told none of it.
    let mute =
        "mutation($user: ID!) { notificationMute(input: { kind: CONTRACT_ALERT, user: $user }) { unreadCount } }";
    trade.server.data_with(mute, json!({ "user": ana })).await;
    assert!(!kinds(&told().await).iter().any(|kind| kind == "CONTRACT_ALERT"));
}

#[tokio::test]
async fn each_credit_note_of_a_contract_takes_back_what_its_invoice_billed() {
    let trade = begun().await;
    let credited = two_notes(&trade).await;
    let database = Database::make("offering").await;
    let workplace = Workplace::on_database(&database.url()).with("ALFORIS_CLOCK", "manual");
    let trade = Trade::on(Server::start_in(workplace, &["--clock", BEGIN])).await;
    let on_postgresql = two_notes(&trade).await;
    drop(trade);
    database.drop().await;
    assert_eq!(credited, on_postgresql);
}

async fn two_notes(trade: &Trade) -> Value {
    let terms = json!({ "kind": "SUBSCRIPTION", "startsOn": "2026-01-05", "endsOn": "2027-01-04",
        "lines": [line("Supervision", "100", "MONTH"), line("Licence", "1200", "YEAR")] });
    let contract = trade.in_force(terms, "2026-01-05").await;
    let mut invoices = Vec::new();
    for day in ["2026-01-06", "2026-02-06"] {
        advance(&trade.server, moment(day)).await;
        let billed = trade.invoices_of(&contract).await;
        let draft = billed.into_iter().find(|invoice| invoice["status"] == "DRAFT").unwrap();
        let issue = json!({ "id": draft["id"], "email": "compta@acme.example" });
        trade
            .asked("invoiceIssue", "InvoiceIssueInput", issue, "invoice { number }")
            .await;
        invoices.push(draft);
    }
    let cut = json!({ "id": contract["id"], "signedOn": "2026-02-06", "effectiveOn": "2026-01-05", "lines": [
        { "price": { "line": 1, "unitPrice": "70" } }, { "price": { "line": 2, "unitPrice": "600" } }] });
    trade
        .asked("contractAmend", "ContractAmendInput", cut, "position")
        .await;

    let command = json!({ "id": contract["id"], "commandId": "018f3a5e-0000-7000-8000-0000000000c2" });
    let fields = "position replayed contract { dueBilling { kind } }";
    let issued = trade
        .asked("contractIssueCredits", "ContractCommandInput", command.clone(), fields)
        .await;
    assert_eq!(issued["contract"]["dueBilling"], json!([]), "{issued:#}");

    // One note for each invoice, and the contract names for each period the note that took it back.
    let query = "query($id: ID!) { invoice(id: $id) { uuid creditNotes { uuid number net { amount } } } }";
    let mut notes = Vec::new();
    for invoice in &invoices {
        let data = trade.server.data_with(query, json!({ "id": invoice["id"] })).await;
        assert_eq!(
            data["invoice"]["creditNotes"].as_array().map(Vec::len),
            Some(1),
            "{data:#}"
        );
        notes.push((
            data["invoice"]["uuid"].clone(),
            data["invoice"]["creditNotes"][0].clone(),
        ));
    }
    let amounts: Vec<_> = notes.iter().map(|(_, note)| note["net"]["amount"].clone()).collect();
    assert_eq!(amounts, ["630.00", "30.00"]);
    let history = trade
        .stands(&contract, "history(first: 50) { nodes { type data } }")
        .await;
    let nodes = history["history"]["nodes"].as_array().unwrap().iter();
    let taken: Vec<&Value> = nodes
        .map(|node| (&node["type"], &node["data"]))
        .filter(|(kind, data)| **kind == "ContractPeriodsBilled" && data["nature"] == "CREDIT")
        .map(|(_, data)| data)
        .collect();
    assert_eq!(taken.len(), 2, "{taken:#?}");
    for (invoice, note) in &notes {
        let own = taken.iter().find(|data| data["invoice"] == note["uuid"]).unwrap();
        assert_eq!(own["of"], *invoice);
        let sum: i64 = own["periods"]
            .as_array()
            .unwrap()
            .iter()
            .map(|period| period["amount"].as_i64().unwrap())
            .sum();
        let said = if note["net"]["amount"] == "630.00" {
            -63_000
        } else {
            -3_000
        };
        assert_eq!(sum, said, "{own:#}");
    }

    // Asked again, the first answer; by another command, there is nothing to take back. Nothing is issued twice.
    let again = trade
        .asked("contractIssueCredits", "ContractCommandInput", command, fields)
        .await;
    assert_eq!(
        (&again["replayed"], &again["position"]),
        (&json!(true), &issued["position"])
    );
    let query = "mutation($id: ID!) { contractIssueCredits(input: { id: $id }) { userErrors { code } } }";
    let other = trade.server.data_with(query, json!({ "id": contract["id"] })).await;
    assert_eq!(
        other["contractIssueCredits"]["userErrors"][0]["code"],
        "NOTHING_TO_BILL"
    );
    let notes = trade
        .server
        .data("{ invoices(filter: { kind: { eq: CREDIT_NOTE } }) { totalCount } }")
        .await;
    assert_eq!(notes["invoices"]["totalCount"], 2);
    json!(amounts)
}

#[tokio::test]
async fn without_a_rate_of_exchange_revenue_in_euros_is_refused_and_in_its_own_currency_is_not() {
    let trade = begun().await;
    let mut terms = json!({ "kind": "SUBSCRIPTION", "startsOn": "2026-01-05", "endsOn": "2027-01-04", "currencyCode": "CHF",
        "lines": [line("Supervision", "100", "MONTH")] });
    terms["lines"][0]["currencyCode"] = json!("CHF");
    trade.in_force(terms, "2026-01-05").await;
    let before = trade.server.position().await;
    let query = "{ recurringRevenue(from: \"2026-01-01\", to: \"2026-02-28\") { mrr } }";
    let answer = trade.server.answer(query, json!({})).await;
    let error = &answer["errors"][0];
    assert_eq!(
        (
            &error["extensions"]["code"],
            &error["extensions"]["reason"],
            &error["extensions"]["field"]
        ),
        (&json!("BAD_USER_INPUT"), &json!("FX_RATE_MISSING"), &json!("rates")),
        "{answer:#}"
    );
    assert!(error["message"].as_str().unwrap().contains("CHF"), "{answer:#}");
    let own = "{ recurringRevenue(from: \"2026-01-01\", to: \"2026-02-28\", view: { currencyCode: \"CHF\" }) {
        mrr currencyCode } }";
    let data = trade.server.data(own).await;
    assert_eq!(data["recurringRevenue"], json!({ "mrr": "100", "currencyCode": "CHF" }));
    assert_eq!(trade.server.position().await, before, "nothing was written");

    // A rate that is dated later says nothing of the days before.
    let rate = json!({ "currencyCode": "CHF", "from": "2026-02-01", "rate": "1.05", "source": "BCE" });
    trade.company("companySetExchangeRate", rate).await;
    let answer = trade.server.answer(query, json!({})).await;
    assert_eq!(
        answer["errors"][0]["extensions"]["reason"], "FX_RATE_MISSING",
        "{answer:#}"
    );
    let rate = json!({ "currencyCode": "CHF", "from": "2026-01-01", "rate": "1.05", "source": "BCE" });
    trade.company("companySetExchangeRate", rate).await;
    assert_eq!(trade.server.data(query).await["recurringRevenue"]["mrr"], "105");
}

#[tokio::test]
async fn a_contract_is_shown_on_a_day_and_as_it_was_known() {
    let trade = begun().await;
    let terms = json!({ "kind": "SUBSCRIPTION", "startsOn": "2026-01-05", "endsOn": "2027-01-04",
        "lines": [line("Supervision", "100", "MONTH"), line("Astreinte", "40", "MONTH")] });
    let contract = trade.in_force(terms, "2026-01-05").await;
    advance(&trade.server, moment("2026-06-15")).await;
    // Written down in the middle of June, from May on.
    let amend = json!({ "id": contract["id"], "signedOn": "2026-06-15", "effectiveOn": "2026-05-05", "lines": [
        { "price": { "line": 1, "unitPrice": "90" } }, { "end": 2 },
        { "add": { "name": "Option", "unit": "mois", "quantity": "2", "unitPrice": "5", "interval": "MONTH",
            "nature": "SERVICES" } }] });
    trade
        .asked("contractAmend", "ContractAmendInput", amend, "position")
        .await;
    let pause = json!({ "id": contract["id"], "from": "2026-08-01" });
    trade
        .asked("contractPause", "ContractPauseInput", pause, "position")
        .await;

    let fields = "status mrr lines { number name quantity unitPrice mrr line { interval } }";
    let query = format!(
        "query($id: ID!, $then: DateTime!) {{
            now: contract(id: $id) {{ before: on(day: \"2026-01-04\") {{ {fields} }} april: on(day: \"2026-04-30\") {{ {fields} }}
                may: on(day: \"2026-05-31\") {{ {fields} }} august: on(day: \"2026-08-01\") {{ {fields} }}
                after: on(day: \"2027-01-05\") {{ {fields} }} }}
            then: contract(id: $id, asOf: {{ moment: $then, basis: RECORDED }}) {{
                may: on(day: \"2026-05-31\") {{ {fields} }} august: on(day: \"2026-08-01\") {{ status mrr }} }} }}"
    );
    let variables = json!({ "id": contract["id"], "then": "2026-06-14T00:00:00Z" });
    let shown = trade
        .until(async || {
            let answer = trade.server.answer(&query, variables.clone()).await;
            answer.get("errors").is_none().then(|| answer["data"].clone())
        })
        .await;
    let of = |number: u32, name: &str, quantity: &str, price: &str, mrr: &str| {
        json!({ "number": number, "name": name, "quantity": quantity, "unitPrice": price, "mrr": mrr,
            "line": { "interval": "MONTH" } })
    };
    let agreed = json!({ "status": "ACTIVE", "mrr": "140",
        "lines": [of(1, "Supervision", "1", "100", "100"), of(2, "Astreinte", "1", "40", "40")] });
    assert_eq!(
        shown["now"]["before"],
        json!({ "status": "SIGNED", "mrr": "0", "lines": [] })
    );
    assert_eq!(shown["now"]["april"], agreed);
    assert_eq!(
        shown["now"]["may"],
        json!({ "status": "ACTIVE", "mrr": "100",
            "lines": [of(1, "Supervision", "1", "90", "90"), of(3, "Option", "2", "5", "10")] })
    );
    assert_eq!(
        (&shown["now"]["august"]["status"], &shown["now"]["august"]["mrr"]),
        (&json!("PAUSED"), &json!("0"))
    );
    assert_eq!(shown["now"]["after"]["status"], "EXPIRED");
    // The same day as it was known before anybody wrote it down.
    assert_eq!(shown["then"]["may"], agreed);
    assert_eq!(shown["then"]["august"], json!({ "status": "ACTIVE", "mrr": "140" }));
}
