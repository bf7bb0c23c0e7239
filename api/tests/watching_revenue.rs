//! Recurring revenue that is told again as contracts change it: over sockets and streams, on a clock that the test moves.

use chrono::{DateTime, Utc};
use domain::Role;
use serde_json::{Value, json};

use crate::{
    database::Database,
    people::People,
    renewing::{BEGIN, line},
    server::Server,
    sockets::{Heard, Socket},
    streams::Stream,
    support::Workplace,
    tasks::advance,
    trade::Trade,
};

const FIGURES: &str = "position to mrr waterfall { bars { kind amount movements { contract { number } } } }";

/// What a subscription to the revenue of some days asks for.
fn updates(of: &str, fields: &str) -> String {
    format!("subscription {{ recurringRevenueUpdates({of}) {{ {fields} }} }}")
}

/// Of a whole year.
fn of_2026(fields: &str) -> String {
    updates("from: \"2026-01-01\", to: \"2026-12-31\"", fields)
}

/// A program that follows several subscriptions over one socket.
struct Watcher(Socket);

impl Watcher {
    async fn of(server: &Server) -> Self {
        Self(Socket::ready(server).await)
    }

    /// The first update.
    async fn begin(&mut self, id: &str, query: &str) -> Value {
        self.0.subscribe(id, query).await;
        self.next(id).await
    }

    /// The next thing that is told is an update of this subscription.
    async fn next(&mut self, id: &str) -> Value {
        match self.0.hear().await {
            Heard::Said(mut message) if message["type"] == "next" && message["id"] == id => {
                assert!(message["payload"].get("errors").is_none(), "{message:#}");
                message["payload"]["data"]["recurringRevenueUpdates"].take()
            }
            other => panic!("no update of {id}: {other:?}"),
        }
    }
}

fn position(of: &Value) -> u64 {
    of["position"].as_str().expect("a position").parse().expect("a number")
}

fn moment(day: &str) -> DateTime<Utc> {
    format!("{day}T09:00:00Z").parse().unwrap()
}

fn monthly(price: &str) -> Value {
    json!({ "kind": "SUBSCRIPTION", "startsOn": "2026-01-31", "endsOn": "2027-01-30",
        "lines": [line("Supervision", price, "MONTH")] })
}

#[tokio::test]
async fn revenue_is_told_at_once_and_with_each_change_of_its_figures() {
    let workplace = Workplace::new().with("ALFORIS_CLOCK", "manual");
    life_of_a_contract(workplace).await;
}

#[tokio::test]
async fn revenue_is_told_on_postgresql_as_well() {
    let database = Database::make("watching_revenue").await;
    let workplace = Workplace::on_database(&database.url()).with("ALFORIS_CLOCK", "manual");
    life_of_a_contract(workplace).await;
    database.drop().await;
}

/// A contract that is signed, begins, is amended and ended, by those who watch it.
async fn life_of_a_contract(workplace: Workplace) {
    let trade = Trade::on(Server::start_in(workplace, &["--clock", BEGIN])).await;
    let mut watcher = Watcher::of(&trade.server).await;
    let first = watcher.begin("year", &of_2026(FIGURES)).await;
    assert_eq!((&first["mrr"], &first["to"]), (&json!("0"), &json!("2026-12-31")));
    assert_eq!(position(&first), trade.server.position().await);
    let streamed = trade.server.post().json(&json!({ "query": of_2026("position mrr") }));
    let mut stream = Stream::open(streamed).await;
    let (id, told) = stream.next().await;
    assert_eq!(id.as_deref(), first["position"].as_str(), "{told:#}");
    let mut today = Watcher::of(&trade.server).await;
    let first = today
        .begin("today", &updates("from: \"2026-01-01\"", "position to mrr"))
        .await;
    assert_eq!((&first["to"], &first["mrr"]), (&json!("2026-01-05"), &json!("0")));

    // A draft binds nobody: the first thing told is that it was signed.
    let contract = trade.in_force(monthly("100"), "2026-01-05").await;
    let signed = watcher.next("year").await;
    assert_eq!(signed["mrr"], "100", "{signed:#}");
    let bar = &signed["waterfall"]["bars"][0];
    assert_eq!(
        (&bar["kind"], &bar["movements"][0]["contract"]["number"]),
        (&json!("NEW"), &contract["number"])
    );
    let (id, told) = stream.next().await;
    let told = &told["data"]["recurringRevenueUpdates"];
    assert_eq!(
        (id.as_deref(), &told["mrr"]),
        (told["position"].as_str(), &json!("100"))
    );

    // Somebody's today is another day once the clock says so. What is billed on it changes no figure.
    advance(&trade.server, moment("2026-01-31")).await;
    let begun = loop {
        let begun = today.next("today").await;
        if begun["to"] == "2026-01-31" {
            break begun;
        }
    };
    assert_eq!(begun["mrr"], "100", "{begun:#}");
    let dispute = json!({ "id": contract["id"], "reason": "Une panne" });
    trade
        .asked("contractDispute", "ContractDisputeInput", dispute, "position")
        .await;

    let amend = json!({ "id": contract["id"], "signedOn": "2026-01-31", "effectiveOn": "2026-01-31",
        "lines": [{ "price": { "line": 1, "unitPrice": "120" } }] });
    let amend = trade
        .asked("contractAmend", "ContractAmendInput", amend, "position")
        .await;
    let amended = watcher.next("year").await;
    assert_eq!(amended["mrr"], "120", "{amended:#}");
    assert!(position(&amended) >= position(&amend), "{amended:#}");

    let notice = json!({ "id": contract["id"], "by": "CUSTOMER", "ground": "AGREEMENT", "receivedOn": "2026-01-31",
        "lastDay": "2026-03-30", "reason": "TOO_EXPENSIVE" });
    let given = trade
        .asked("contractGiveNotice", "ContractGiveNoticeInput", notice, "position")
        .await;
    let ended = watcher.next("year").await;
    assert_eq!(ended["mrr"], "0", "{ended:#}");
    assert_eq!(ended["waterfall"]["bars"][1]["kind"], "CHURN", "{ended:#}");
    assert!(position(&ended) >= position(&given), "{ended:#}");
    assert!(position(&ended) > position(&amended), "{ended:#}");
}

#[tokio::test]
async fn many_changes_at_once_come_to_few_updates_and_only_to_those_whom_they_concern() {
    let workplace = Workplace::new().with("ALFORIS_CLOCK", "manual");
    let mut trade = Trade::on(Server::start_in(workplace, &["--clock", BEGIN])).await;
    let mut watcher = Watcher::of(&trade.server).await;
    let of_customer = updates(
        &format!(
            "from: \"2026-01-01\", to: \"2026-12-31\", view: {{ selection: {{ customer: \"{}\" }} }}",
            trade.customer
        ),
        "position mrr",
    );
    let mut of_acme = Watcher::of(&trade.server).await;
    of_acme.begin("acme", &of_customer).await;
    watcher.begin("all", &of_2026("position mrr")).await;
    let mut terms = Watcher::of(&trade.server).await;
    let contracted = "mrr contractedMrr(on: \"2026-12-31\")";
    let early = updates("from: \"2026-01-01\", to: \"2026-01-02\"", contracted);
    terms.begin("terms", &early).await;

    let create =
        "mutation { organizationCreate(input: { name: \"Odile\", kind: PROFESSIONAL }) { organization { id } } }";
    let created = trade.server.data(create).await;
    let other = created["organizationCreate"]["organization"]["id"]
        .as_str()
        .expect("an id");
    let acme = std::mem::replace(&mut trade.customer, other.to_owned());
    for _ in 0..6 {
        trade.in_force(monthly("100"), "2026-01-05").await;
    }
    let (mut told, mut reached) = (0, 0);
    let last = loop {
        let update = watcher.next("all").await;
        told += 1;
        assert!(position(&update) > reached, "{update:#}");
        reached = position(&update);
        if update["mrr"] == "600" {
            break update;
        }
    };
    assert!(told <= 6, "no more updates than changes");
    assert!(position(&last) <= trade.server.position().await);
    // The days are over, and nothing of them moved; what is contracted did.
    loop {
        let update = terms.next("terms").await;
        assert_eq!(update["mrr"], "0", "{update:#}");
        if update["contractedMrr"] == "600" {
            break;
        }
    }
    trade.customer = acme;
    trade.in_force(monthly("80"), "2026-01-05").await;
    assert_eq!(of_acme.next("acme").await["mrr"], "80");
}

#[tokio::test]
async fn only_those_who_see_all_revenue_watch_it() {
    let server = Server::start();
    let people = People::of(&server);
    let create =
        "mutation($input: ApiTokenCreateInput!) { apiTokenCreate(input: $input) { secret userErrors { code } } }";
    let narrow =
        "mutation($id: ID!) { userChangeVisibility(input: { id: $id, visibility: OWN }) { userErrors { code } } }";
    for (role, narrowed, refused) in [
        (Role::Sales, false, true),
        (Role::Manager, true, true),
        (Role::Analyst, false, false),
    ] {
        let account = people.with(role);
        if narrowed {
            server.data_with(narrow, json!({ "id": account.user })).await;
        }
        let person = account.sign_in().await;
        let input = json!({ "name": "Tableau de bord", "role": role.as_str() });
        let made = person.data(create, json!({ "input": input })).await;
        let token = made["apiTokenCreate"]["secret"].as_str().expect("a token").to_owned();
        let mut socket = Socket::of_token(&server, &token).await.expect("a socket");
        socket.subscribe("1", &of_2026("mrr")).await;
        let Heard::Said(message) = socket.hear().await else {
            panic!("no answer to {role:?}")
        };
        if refused {
            let errors = if message["type"] == "error" {
                &message["payload"]
            } else {
                &message["payload"]["errors"]
            };
            assert_eq!(errors[0]["extensions"]["code"], "FORBIDDEN", "{role:?}: {message:#}");
        } else {
            assert_eq!(
                message["payload"]["data"]["recurringRevenueUpdates"]["mrr"], "0",
                "{role:?}: {message:#}"
            );
        }
    }
}

#[tokio::test]
async fn what_does_not_move_is_not_watched() {
    let server = Server::start();
    let mut socket = Socket::ready(&server).await;
    for (id, of) in [
        "from: \"2026-01-01\", view: { knownAt: \"2026-01-01T00:00:00Z\" }",
        "from: \"2026-01-01\", view: { scenario: \"018f3a5e-0000-7000-8000-000000000001\" }",
        "from: \"2026-02-01\", to: \"2026-01-01\"",
    ]
    .into_iter()
    .enumerate()
    {
        socket.subscribe(&id.to_string(), &updates(of, "mrr")).await;
        loop {
            match socket.hear().await {
                Heard::Said(message) if message["type"] == "complete" => {}
                Heard::Said(message) => {
                    assert!(message.to_string().contains("BAD_USER_INPUT"), "{of}: {message:#}");
                    break;
                }
                closed @ Heard::Closed(_) => panic!("{closed:?}"),
            }
        }
    }
}
