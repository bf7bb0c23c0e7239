//! Reminders of customers by the agenda, and late interest: each step once, none while something stands in the way.

use chrono::{DateTime, Days, NaiveDate, Utc};
use serde_json::{Value, json};

use crate::{
    invoicing::{customer, give, house, issued, plain, refusal, taken},
    server::Server,
    tasks::advance,
    trade::decoded,
};

/// A house under a clock that tests move, with the rates of the years to come.
async fn begun() -> Server {
    let server = Server::start_with(&["--clock", "manual"]);
    house(&server).await;
    // By the calendar, whatever day the test runs on.
    taken(&server, "companySetReminders", every_day()).await;
    let now: DateTime<Utc> =
        serde_json::from_value(server.data("{ clock { now } }").await["clock"]["now"].take()).unwrap();
    let year: i32 = now.format("%Y").to_string().parse().unwrap();
    for (year, half) in [(year, 1), (year, 2), (year + 1, 1), (year + 1, 2)] {
        let rate = json!({ "year": year, "half": half, "rate": "12.15", "source": "BCE + 10" });
        taken(&server, "companySetLateInterestRate", rate).await;
    }
    server
}

/// The usual steps, on weekends too.
fn every_day() -> Value {
    let step = |step: &str, days: i32| json!({ "step": step, "days": days });
    json!({ "steps": [step("FRIENDLY", -3), step("FIRM", 7), step("FORMAL_NOTICE", 30)], "workingDays": false })
}

fn due(invoice: &Value) -> NaiveDate {
    invoice["dueOn"].as_str().unwrap().parse().unwrap()
}

/// Noon of a day so many days after the due date: reminders of that day are given by then.
async fn pass_until(server: &Server, due: NaiveDate, days: i64) {
    let distance = Days::new(days.unsigned_abs());
    let day = if days < 0 { due - distance } else { due + distance };
    advance(server, day.and_hms_opt(12, 0, 0).unwrap().and_utc()).await;
}

/// Every letter of the outbox that has these words.
pub(crate) fn letters(server: &Server, words: &str) -> Vec<String> {
    let outbox = server.workplace.path().join("data/outbox");
    let files = std::fs::read_dir(outbox).into_iter().flatten().flatten();
    let letters = files.filter(|entry| entry.path().extension().is_some_and(|kind| kind == "eml"));
    let texts = letters.map(|entry| decoded(&std::fs::read_to_string(entry.path()).unwrap()));
    texts.filter(|text| text.contains(words)).collect()
}

const DUNNED: &str = "number nextReminder { step at } reminderStep remindedOn
    reminders { step skipped text delivery { status } document { name sha256 address { path } } }
    lateInterestClaims { until interest { amount } indemnity { amount } document { name address { path } } }";

pub(crate) async fn dunned(server: &Server, invoice: &Value) -> Value {
    let query = format!("query($id: ID!, $at: BigInt!) {{ invoice(id: $id, minPosition: $at) {{ {DUNNED} }} }}");
    let at = server.position().await.to_string();
    server.data_with(&query, json!({ "id": invoice["id"], "at": at })).await["invoice"].take()
}

/// Each step with why it was skipped, where it was.
pub(crate) fn steps(invoice: &Value) -> Vec<(String, String)> {
    let reminders = invoice["reminders"].as_array().unwrap().iter();
    let word = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    reminders
        .map(|one| (word(&one["step"]), word(&one["skipped"])))
        .collect()
}

pub(crate) fn said(steps: &[(&str, &str)]) -> Vec<(String, String)> {
    steps
        .iter()
        .map(|(step, cause)| ((*step).to_owned(), (*cause).to_owned()))
        .collect()
}

pub(crate) async fn fetched(server: &Server, path: &Value) -> Vec<u8> {
    let url = server.url(path.as_str().unwrap_or_else(|| panic!("no address: {path}")));
    let answer = server.client().get(url).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.bytes().await.unwrap().to_vec()
}

pub(crate) async fn claim(server: &Server, input: Value) -> Value {
    let query = "mutation($input: InvoiceClaimLateInterestInput!) { invoiceClaimLateInterest(input: $input) {
        position version replayed userErrors { code field } claim { until interest { amount } indemnity { amount }
        document { name sha256 address { path } } } } }";
    let data = server.data_with(query, json!({ "input": input })).await;
    data["invoiceClaimLateInterest"].clone()
}

async fn set_reminders(server: &Server, organization: &Value, reminders: Value) {
    let input = json!({ "id": organization, "reminders": reminders });
    taken(server, "organizationSetReminders", input).await;
}

#[tokio::test]
async fn each_step_is_said_once_and_interest_is_claimed_on_a_statement() {
    let server = begun().await;
    let organization = customer(&server).await;
    let invoice = issued(&server, &organization, "100").await;
    let due = due(&invoice);
    let number = invoice["number"].as_str().unwrap();

    pass_until(&server, due, -4).await;
    let planned = dunned(&server, &invoice).await;
    assert_eq!(planned["nextReminder"]["step"], "FRIENDLY", "{planned:#}");
    assert_eq!(letters(&server, number).len(), 0);
    pass_until(&server, due, -3).await;
    assert_eq!(letters(&server, number).len(), 1);
    let friendly = letters(&server, "vous rappeler une échéance");
    assert!(
        friendly[0].contains("120,00") && friendly[0].contains("à régler au plus tard le"),
        "{friendly:?}"
    );

    pass_until(&server, due, 6).await;
    assert_eq!(letters(&server, number).len(), 1);
    pass_until(&server, due, 7).await;
    assert_eq!(letters(&server, "7 jours de retard").len(), 1);

    pass_until(&server, due, 30).await;
    let notice = letters(&server, "mise en demeure");
    assert_eq!(notice.len(), 1);
    // 120.00 at 12.15 % for 30 days are 1.20, and 40.00.
    for words in ["qu'une copie", "recommandé", "41,20", "application/pdf"] {
        assert!(notice[0].contains(words), "{words}: {}", notice[0]);
    }
    pass_until(&server, due, 60).await;
    assert_eq!(letters(&server, number).len(), 3, "each step once");
    let now = dunned(&server, &invoice).await;
    assert_eq!(
        steps(&now),
        said(&[("FRIENDLY", "-"), ("FIRM", "-"), ("FORMAL_NOTICE", "-")])
    );
    assert_eq!(
        (&now["nextReminder"], &now["reminderStep"]),
        (&Value::Null, &json!("FORMAL_NOTICE"))
    );
    let formal = &now["reminders"][2];
    assert_eq!(formal["delivery"]["status"], "SENT", "{formal:#}");
    assert_eq!(formal["document"]["name"], format!("Mise en demeure {number}.pdf"));
    assert!(
        fetched(&server, &formal["document"]["address"]["path"])
            .await
            .starts_with(b"%PDF-")
    );
    let tasks = server
        .data("{ tasks { nodes { title priority dueDate status } } }")
        .await["tasks"]["nodes"]
        .take();
    assert_eq!(tasks.as_array().unwrap().len(), 1, "{tasks:#}");
    assert_eq!(
        tasks[0]["title"],
        format!("Poster la mise en demeure de Acme ({number})")
    );
    assert_eq!(
        (&tasks[0]["priority"], &tasks[0]["dueDate"]),
        (&json!("HIGH"), &json!((due + Days::new(30)).to_string()))
    );

    // Sixty days, and the indemnity; ten more, and no indemnity.
    let ahead = json!({ "id": invoice["id"], "until": (due + Days::new(61)).to_string() });
    assert_eq!(
        claim(&server, ahead).await["userErrors"][0]["code"],
        "DATE_OUT_OF_RANGE"
    );
    let input = json!({ "id": invoice["id"], "commandId": "018f3a5e-0000-7000-8000-0000000000e1" });
    let first = claim(&server, input.clone()).await;
    let amounts =
        |claim: &Value| ["interest", "indemnity"].map(|part| claim[part]["amount"].as_str().unwrap_or("-").to_owned());
    assert_eq!(amounts(&first["claim"]), ["2.40", "40.00"], "{first:#}");
    assert!(
        fetched(&server, &first["claim"]["document"]["address"]["path"])
            .await
            .starts_with(b"%PDF-")
    );
    let again = claim(&server, input).await;
    assert_eq!(
        (&again["replayed"], &again["claim"]["document"]["sha256"]),
        (&json!(true), &first["claim"]["document"]["sha256"])
    );
    let same_day = claim(&server, json!({ "id": invoice["id"] })).await;
    assert_eq!(same_day["userErrors"][0]["code"], "INVOICE_NOT_OVERDUE");
    pass_until(&server, due, 70).await;
    let second = claim(&server, json!({ "id": invoice["id"] })).await;
    assert_eq!(amounts(&second["claim"]), ["0.40", "0.00"], "{second:#}");
    assert_eq!(
        dunned(&server, &invoice).await["lateInterestClaims"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[tokio::test]
async fn what_stands_in_the_way_stops_a_step_and_one_letter_serves_all() {
    let server = begun().await;
    let organization = customer(&server).await;
    let mut invoices = Vec::new();
    for price in ["100", "200", "300", "400", "500"] {
        invoices.push(issued(&server, &organization, price).await);
    }
    let due = due(&invoices[0]);
    let numbers: Vec<&str> = invoices.iter().map(|one| one["number"].as_str().unwrap()).collect();
    pass_until(&server, due, -3).await;
    let friendly = letters(&server, "vous rappeler une échéance");
    assert_eq!(friendly.len(), 1, "one letter for all");
    assert!(
        numbers.iter().all(|number| friendly[0].contains(number)),
        "{}",
        friendly[0]
    );
    let total = friendly[0].replace(|letter: char| !letter.is_ascii_digit() && letter != ',', "");
    assert!(total.contains("1800,00"), "{}", friendly[0]);

    let [paid, disputed, promised, held, open] = &invoices[..] else {
        panic!("five")
    };
    let payment = json!({ "organization": organization, "amount": { "amount": "120" }, "method": "TRANSFER",
        "valueDate": (due - Days::new(3)).to_string(), "allocations": [{ "invoice": paid["id"] }] });
    taken(&server, "paymentReceive", payment).await;
    taken(
        &server,
        "invoiceDispute",
        json!({ "id": disputed["id"], "reason": "Deux panneaux manquent" }),
    )
    .await;
    let until = (due + Days::new(10)).to_string();
    taken(
        &server,
        "invoicePromise",
        json!({ "id": promised["id"], "until": until }),
    )
    .await;
    taken(
        &server,
        "invoiceHoldReminders",
        json!({ "id": held["id"], "reason": "Négociation" }),
    )
    .await;

    pass_until(&server, due, 7).await;
    let firm = letters(&server, "jours de retard");
    assert_eq!(firm.len(), 1);
    let named: Vec<_> = numbers.iter().filter(|number| firm[0].contains(**number)).collect();
    assert_eq!(named, [open["number"].as_str().unwrap()].iter().collect::<Vec<_>>());

    // The promise was not kept.
    pass_until(&server, due, 30).await;
    let notices = letters(&server, "mise en demeure");
    assert_eq!(notices.len(), 1, "one notice for two invoices");
    let named: Vec<_> = numbers
        .iter()
        .filter(|number| notices[0].contains(**number))
        .copied()
        .collect();
    assert_eq!(named, [numbers[2], numbers[4]]);
    let skipped = |cause| said(&[("FRIENDLY", "-"), ("FIRM", cause), ("FORMAL_NOTICE", cause)]);
    assert_eq!(steps(&dunned(&server, paid).await), said(&[("FRIENDLY", "-")]));
    assert_eq!(dunned(&server, paid).await["nextReminder"], Value::Null);
    assert_eq!(steps(&dunned(&server, disputed).await), skipped("DISPUTED"));
    assert_eq!(steps(&dunned(&server, held).await), skipped("HELD"));
    let kept = said(&[("FRIENDLY", "-"), ("FIRM", "PROMISED"), ("FORMAL_NOTICE", "-")]);
    let [one, other] = [dunned(&server, promised).await, dunned(&server, open).await];
    assert_eq!(steps(&one), kept);
    assert_eq!(one["reminders"][2]["text"], other["reminders"][2]["text"]);
    assert_eq!(
        one["reminders"][2]["document"]["sha256"],
        other["reminders"][2]["document"]["sha256"]
    );
    let tasks = server.data("{ tasks { totalCount } }").await;
    assert_eq!(tasks["tasks"]["totalCount"], 1);
}

#[tokio::test]
async fn a_customer_may_be_excepted_and_after_a_standstill_only_the_last_step_is_said() {
    let server = begun().await;
    let input = json!({ "name": "Mme Martin", "kind": "CONSUMER",
        "billingAddress": { "lines": ["3 rue Basse"], "postcode": "67000", "city": "Strasbourg" } });
    let organization = taken(&server, "organizationCreate", input).await["id"].take();
    let draft = json!({ "organization": organization, "content": plain("100") });
    let draft = taken(&server, "invoiceDraft", draft).await;
    let invoice = taken(&server, "invoiceIssue", json!({ "id": draft["id"] })).await;
    let due = due(&invoice);
    let planned = async || {
        pass_until(&server, due, -20).await;
        dunned(&server, &invoice).await["nextReminder"].take()
    };
    assert_eq!(planned().await["step"], "FRIENDLY");
    let own = json!({ "own": { "steps": [{ "step": "FIRM", "days": 2 }], "workingDays": false } });
    set_reminders(&server, &organization, own).await;
    let next = planned().await;
    assert_eq!(next["step"], "FIRM");
    assert!(
        next["at"]
            .as_str()
            .unwrap()
            .starts_with(&(due + Days::new(2)).to_string()),
        "{next}"
    );
    set_reminders(&server, &organization, json!({ "nothing": true })).await;
    assert_eq!(planned().await, Value::Null);
    let query = "query($id: ID!) { organization(id: $id) { reminders { kind ladder { steps { days } } } } }";
    let shown = server.data_with(query, json!({ "id": organization })).await;
    assert_eq!(
        shown["organization"]["reminders"],
        json!({ "kind": "NOTHING", "ladder": null })
    );
    let refused = json!({ "id": organization, "reminders": { "own": { "steps": [{ "step": "FIRM", "days": 0 }] } } });
    assert_eq!(
        refusal(&server, "organizationSetReminders", refused).await,
        "NUMBER_OUT_OF_RANGE"
    );

    // All days have come before anybody is reminded: only the last word is said, and nobody knows an address.
    pass_until(&server, due, 35).await;
    assert_eq!(steps(&dunned(&server, &invoice).await), []);
    set_reminders(&server, &organization, json!({ "asCompany": true })).await;
    pass_until(&server, due, 36).await;
    let now = dunned(&server, &invoice).await;
    assert_eq!(
        steps(&now),
        said(&[("FRIENDLY", "OVERTAKEN"), ("FIRM", "OVERTAKEN"), ("FORMAL_NOTICE", "-")])
    );
    let notice = &now["reminders"][2];
    assert_eq!(notice["delivery"], Value::Null);
    assert!(notice["text"].as_str().unwrap().contains("120,00"), "{notice:#}");
    assert_eq!(letters(&server, invoice["number"].as_str().unwrap()).len(), 0);
    let tasks = server.data("{ tasks { nodes { title } } }").await;
    assert_eq!(tasks["tasks"]["nodes"].as_array().unwrap().len(), 1, "{tasks:#}");

    // A consumer owes no indemnity.
    let claimed = claim(&server, json!({ "id": invoice["id"] })).await["claim"].take();
    assert_eq!(claimed["indemnity"]["amount"], "0.00", "{claimed:#}");
    let payload = give(&server, "invoiceClaimLateInterest", json!({ "id": draft["id"] })).await;
    assert_eq!(payload["userErrors"][0]["code"], "INVOICE_NOT_OVERDUE");
}

/// Due on Whit Sunday: what would be said a Sunday later is said on the Monday after.
#[tokio::test]
async fn nobody_is_reminded_on_a_day_off() {
    let server = Server::start_with(&["--clock", "manual:2026-04-24T08:00:00Z"]);
    let house = json!({ "name": "Solaire de Lorraine", "legalForm": "SAS", "shareCapital": { "amount": "50000" },
        "siren": "732 829 320", "registrationCity": "Metz", "vatNumber": "FR44732829320",
        "address": { "lines": ["4 rue des Clercs"], "postcode": "57000", "city": "Metz" } });
    taken(&server, "companyIdentify", house).await;
    let organization = customer(&server).await;
    let invoice = issued(&server, &organization, "100").await;
    assert_eq!(invoice["dueOn"], "2026-05-24");
    let next = async |at: &str| {
        advance(&server, at.parse().unwrap()).await;
        dunned(&server, &invoice).await["nextReminder"].take()
    };
    assert_eq!(
        next("2026-05-20T12:00:00Z").await,
        json!({ "step": "FRIENDLY", "at": "2026-05-21T07:00:00Z" })
    );
    assert_eq!(
        next("2026-05-22T12:00:00Z").await,
        json!({ "step": "FIRM", "at": "2026-06-01T07:00:00Z" })
    );
    next("2026-05-31T20:00:00Z").await;
    assert_eq!(letters(&server, "jours de retard").len(), 0, "a Sunday");
    assert_eq!(
        next("2026-06-01T12:00:00Z").await,
        json!({ "step": "FORMAL_NOTICE", "at": "2026-06-23T07:00:00Z" })
    );
    assert_eq!(letters(&server, "8 jours de retard").len(), 1);
    let shown = server.data("{ company { reminders { workingDays } } }").await;
    assert_eq!(shown["company"]["reminders"]["workingDays"], true);
    // Whoever wants so is reminded by the calendar.
    taken(&server, "companySetReminders", every_day()).await;
    let shown = server.data("{ company { reminders { workingDays } } }").await;
    assert_eq!(shown["company"]["reminders"]["workingDays"], false);
}
