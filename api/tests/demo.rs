//! `alforis demo`: the same company every time.

use alforis::{
    application::{Application, Opening},
    config::Config,
    demo,
};
use journal::{Position, ReadFilter};
use serde_json::Value;

use crate::{
    server::{Server, TOKEN},
    support::Workplace,
};

/// What of an event must be the same: all but what each journal makes for itself: ids and codes that derive from its
/// secrets, and papers under its own seal.
#[derive(Debug, PartialEq)]
struct Told {
    category: String,
    stream: Option<uuid::Uuid>,
    version: u64,
    recorded_at: String,
    occurred_at: String,
    actor: String,
    event_type: &'static str,
    event: Value,
}

/// Streams whose ids derive from a journal's secrets.
const OWN_IDS: [&str; 3] = ["reservation", "delivery", "number_series"];
/// Fields that hold such ids.
const OWN_FIELDS: [&str; 3] = ["delivery", "task", "invoice"];
/// What says the hash of a paper under the seal.
const SEALED: [&str; 2] = ["QuoteSignatureFiled", "DeliveryQueued"];

async fn told(place: &Workplace) -> Vec<Told> {
    let data = place.path().join("data");
    let config = Config {
        journal: format!("sqlite:{}", data.join("journal.db").display()),
        views: format!("sqlite:{}", data.join("views.db").display()),
        keys: data.join("keys"),
        search: data.join("search"),
        blobs: data.join("blobs"),
        ..Config::default()
    };
    let application = Application::open(&config, Opening::existing())
        .await
        .expect("an application");
    let (mut after, mut told) = (Position::START, Vec::new());
    loop {
        let page = application
            .journal
            .read(after, 1_000, &ReadFilter::default())
            .await
            .expect("a page");
        if page.last == after {
            return told;
        }
        after = page.last;
        for event in application.codec.open_page(&page).await.expect("events") {
            let header = event.header;
            // Letters of one moment leave beside each other.
            if header.actor.to_string() == "system:deliveries" {
                continue;
            }
            let by_agenda =
                header.actor.to_string() == "system:agenda" && matches!(&*header.stream.category, "task" | "invoice");
            let own = OWN_IDS.contains(&&*header.stream.category) || by_agenda;
            let bytes = event.event.encode().expect("JSON");
            told.push(Told {
                category: header.stream.category.to_string(),
                stream: (!own).then_some(header.stream.id),
                version: header.version.0,
                recorded_at: header.recorded_at.to_string(),
                occurred_at: header.occurred_at.to_string(),
                actor: header.actor.to_string(),
                event_type: event.event.event_type(),
                event: if SEALED.contains(&event.event.event_type()) {
                    Value::Null
                } else {
                    told_again(serde_json::from_slice(&bytes).expect("JSON"))
                },
            });
        }
    }
}

/// An event's data without what is a journal's own.
fn told_again(data: Value) -> Value {
    match data {
        Value::Object(fields) => fields
            .into_iter()
            .filter(|(name, _)| !OWN_FIELDS.contains(&name.as_str()))
            .map(|(name, value)| (name, told_again(value)))
            .collect(),
        Value::Array(items) => items.into_iter().map(told_again).collect(),
        other => other,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_demo_companies_have_the_same_events() {
    let places = [Workplace::new(), Workplace::new()];
    for place in &places {
        let ran = place.run(&["demo"]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
    }
    let [one, other] = [told(&places[0]).await, told(&places[1]).await];
    assert!(one.len() > 2_000);
    assert_eq!(
        one.iter()
            .filter(|told| told.event_type == "OrganizationRegistered")
            .count(),
        40
    );
    assert!(
        one.iter().any(|told| told.event_type == "TaskReminded"),
        "no reminder rang"
    );
    for (one, other) in one.iter().zip(&other) {
        assert_eq!(one, other);
    }
    assert_eq!(one.len(), other.len());

    // Again into the same journal: it is there already.
    let again = places[0].run(&["demo"]);
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert_eq!(told(&places[0]).await.len(), one.len());
}

#[test]
fn a_journal_that_holds_something_else_is_left_alone() {
    let place = Workplace::new();
    let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/import");
    let (file, map) = (
        format!("{fixtures}/organizations.csv"),
        format!("{fixtures}/organizations.toml"),
    );
    let imported = place.run(&[
        "import",
        &file,
        "--as",
        "organizations",
        "--map",
        &map,
        "--report",
        "report.csv",
    ]);
    assert_eq!(imported.code, 0, "{}", imported.stderr);
    let ran = place.run(&["demo"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("error[JOURNAL_NOT_EMPTY]"), "{}", ran.stderr);
}

#[tokio::test]
async fn every_ready_made_question_is_offered_as_a_link_and_has_an_answer() {
    let place = Workplace::new();
    assert_eq!(place.run(&["demo"]).code, 0);
    let mut command = place.command();
    command.args(["serve", "--demo", "--listen", "127.0.0.1:0", "--token", TOKEN]);
    let (server, said) = Server::run_listening(place, command);
    let links = said.lines().filter(|line| line.contains("/graphql?query="));
    assert_eq!(links.count(), demo::questions().len(), "{said}");
    for question in demo::questions().into_iter().filter(|question| !question.live) {
        let answer = server.data(&question.query).await;
        assert!(
            !answer.to_string().contains("\"nodes\":[]"),
            "{}: {answer:#}",
            question.title
        );
    }
    let forgotten = server
        .data(&format!(
            "{{ contact(id: \"{}\") {{ lastName emails }} }}",
            demo::sights().forgotten
        ))
        .await;
    assert_eq!(forgotten["contact"]["lastName"], Value::Null, "{forgotten:#}");
    let seen = server
        .data(
            "{ users(first: 20) { totalCount } teams { name members { totalCount } } \
             pipelines { name } contacts(first: 1) { totalCount } activities(first: 1) { totalCount } }",
        )
        .await;
    for words in ["a quote that waits for its customer", "as Factur-X", "difference €0.00"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let papers = said
        .lines()
        .map(str::trim)
        .filter(|line| line.contains("/quotes/") || line.contains("/documents/"));
    let mut seen_papers = 0;
    for address in papers {
        let answer = server.client().get(address).send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), 200, "{address}");
        seen_papers += 1;
    }
    assert_eq!(seen_papers, 2, "{said}");
    assert_eq!(seen["users"]["totalCount"], 10, "{seen:#}");
    assert_eq!(seen["pipelines"].as_array().map(Vec::len), Some(2), "{seen:#}");
    assert!(seen["activities"]["totalCount"].as_u64() > Some(150), "{seen:#}");
}
