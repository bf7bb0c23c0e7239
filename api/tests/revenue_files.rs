//! Movements of recurring revenue as files for analysts: the same as the API tells, each with its event.

use std::io::Cursor;

use calamine::{Reader, Xlsx};
use domain::Role;
use reqwest::header::COOKIE;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::{
    people::People,
    server::{Server, TOKEN},
    support::Workplace,
    tasks::advance,
    trade::Trade,
};

const SPAN: [(&str, &str); 2] = [("from", "2026-01-01"), ("to", "2026-12-31")];

/// A contract of 100 a month from February on that comes to 130 from March on, which is written down in April.
async fn amended() -> Trade {
    let workplace = Workplace::new().with("ALFORIS_CLOCK", "manual");
    let trade = Trade::on(Server::start_in(workplace, &["--clock", "manual:2026-01-05T08:00:00Z"])).await;
    let line =
        json!({ "name": "Supervision", "unit": "mois", "unitPrice": "100", "interval": "MONTH", "nature": "SERVICES" });
    let terms = json!({ "kind": "SUBSCRIPTION", "startsOn": "2026-02-01", "endsOn": "2027-01-31", "lines": [line] });
    let input = json!({ "organization": trade.customer, "segment": "=PME", "terms": terms });
    let drafted = trade
        .asked("contractDraft", "ContractDraftInput", input, "contract { id }")
        .await;
    let id = &drafted["contract"]["id"];
    let sign = json!({ "id": id, "signedOn": "2026-01-05" });
    trade.asked("contractSign", "ContractSignInput", sign, "position").await;
    advance(&trade.server, "2026-04-10T09:00:00Z".parse().unwrap()).await;
    let amend = json!({ "id": id, "signedOn": "2026-04-10", "effectiveOn": "2026-03-01",
        "lines": [{ "price": { "line": 1, "unitPrice": "130" } }] });
    trade
        .asked("contractAmend", "ContractAmendInput", amend, "position")
        .await;
    trade
}

async fn file(server: &Server, name: &str, query: &[(&str, &str)]) -> reqwest::Response {
    let request = server.client().get(server.url(&format!("/exports/{name}")));
    request
        .bearer_auth(TOKEN)
        .query(&SPAN)
        .query(query)
        .send()
        .await
        .expect("an answer")
}

#[tokio::test]
async fn movements_are_a_file_by_both_times() {
    let trade = amended().await;
    let columns = ("columns", "on,kind,amount,currency,customer,contract,line,segment");
    let answer = file(&trade.server, "recurringRevenue.csv", &[columns]).await;
    assert_eq!(answer.status(), 200);
    let headers = answer.headers();
    assert_eq!(headers["content-type"], "text/csv; charset=utf-8");
    assert_eq!(
        headers["content-disposition"],
        "attachment; filename=\"recurringRevenue.csv\""
    );
    assert_eq!(
        answer.text().await.unwrap(),
        "on,kind,amount,currency,customer,contract,line,segment\r\n\
         2026-02-01,NEW,100,EUR,Acme,C2026-0001,1,'=PME\r\n\
         2026-03-01,EXPANSION,30,EUR,Acme,C2026-0001,1,'=PME\r\n"
    );
    // What holds from an earlier month is a correction of the day on which it became known.
    let recorded = ("view", r#"{"basis":"RECORDED"}"#);
    let answer = file(
        &trade.server,
        "recurringRevenue.csv",
        &[("columns", "on,kind,amount"), recorded],
    )
    .await;
    assert_eq!(
        answer.text().await.unwrap(),
        "on,kind,amount\r\n2026-02-01,NEW,100\r\n2026-04-10,CORRECTION,30\r\n"
    );
    let before = ("view", r#"{"knownAt":"2026-04-01T00:00:00Z"}"#);
    let answer = file(&trade.server, "recurringRevenue.csv", &[("columns", "amount"), before]).await;
    assert_eq!(answer.text().await.unwrap(), "amount\r\n100\r\n");
}

#[tokio::test]
async fn what_a_file_says_comes_to_what_the_api_tells_and_names_its_events() {
    let trade = amended().await;
    let bytes = file(&trade.server, "recurringRevenue.xlsx", &[])
        .await
        .bytes()
        .await
        .unwrap();
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
    let sheet = book.worksheet_range_at(0).unwrap().unwrap();
    assert_eq!(sheet.height(), 3);

    let columns = ("columns", "amount,position,eventId");
    let csv = file(&trade.server, "recurringRevenue.csv", &[columns])
        .await
        .text()
        .await
        .unwrap();
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let rows: Vec<(Decimal, u64, uuid::Uuid)> = reader.deserialize().collect::<Result<_, _>>().unwrap();
    let query = "{ recurringRevenue(from: \"2026-01-01\", to: \"2026-12-31\") { mrr
        waterfall { bars { movements { position event { eventId type } } } } } }";
    let told = trade.server.data(query).await["recurringRevenue"].take();
    let sum: Decimal = rows.iter().map(|(amount, ..)| *amount).sum();
    assert_eq!(told["mrr"], json!(sum));
    let mut events: Vec<(String, String)> = Vec::new();
    for bar in told["waterfall"]["bars"].as_array().unwrap() {
        for movement in bar["movements"].as_array().unwrap() {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            events.push((text(&movement["position"]), text(&movement["event"]["eventId"])));
        }
    }
    let named: Vec<_> = rows
        .iter()
        .map(|(_, position, event)| (position.to_string(), event.to_string()))
        .collect();
    assert_eq!(named, events);
}

#[tokio::test]
async fn one_line_can_be_selected_and_what_is_misspelt_is_refused() {
    let trade = amended().await;
    let none = ("view", r#"{"selection":{"line":2}}"#);
    let answer = file(&trade.server, "recurringRevenue.csv", &[("columns", "amount"), none]).await;
    assert_eq!(answer.text().await.unwrap(), "amount\r\n");
    for (query, status) in [
        (("view", r#"{"bases":"RECORDED"}"#), 400),
        (("view", "{"), 400),
        (("columns", "mrr"), 400),
        (("locale", "de"), 400),
        (("nonsense", "1"), 400),
    ] {
        let answer = file(&trade.server, "recurringRevenue.csv", &[query]).await;
        assert_eq!(answer.status(), status, "{query:?}");
    }
    assert_eq!(file(&trade.server, "recurringRevenue.pdf", &[]).await.status(), 404);
}

#[tokio::test]
async fn analysts_get_the_figures_without_names_and_sellers_nothing() {
    let trade = amended().await;
    let people = People::of(&trade.server);
    let get = async |role: Role| {
        let person = people.with(role).sign_in().await;
        let request = trade
            .server
            .client()
            .get(trade.server.url("/exports/recurringRevenue.csv"));
        let request = request
            .header(COOKIE, &person.cookie)
            .header("x-csrf-token", &person.csrf);
        let query = [("columns", "amount,customer")];
        let answer = request.query(&SPAN).query(&query).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    assert_eq!(
        get(Role::Analyst).await,
        (200, "amount,customer\r\n100,\r\n30,\r\n".to_owned())
    );
    assert_eq!(
        get(Role::Accountant).await,
        (200, "amount,customer\r\n100,Acme\r\n30,Acme\r\n".to_owned())
    );
    assert_eq!(get(Role::Sales).await.0, 403);
}
