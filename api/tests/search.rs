//! Full-text search, through the API: what is found, in which order, by whom, and what goes when a person is erased.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use domain::Role;
use serde_json::{Value, json};

use crate::{
    database::Database,
    people::People,
    server::{Server, TOKEN},
    support::Workplace,
};

const FIND: &str = "query($q: String!, $types: [SearchType!], $first: Int, $after: String, $p: BigInt) {
  search(query: $q, types: $types, first: $first, after: $after, minPosition: $p) { totalCount
    pageInfo { hasNextPage endCursor }
    edges { score highlights { field parts { text matched } } node { __typename
      ... on Organization { uuid name } ... on Contact { uuid contactName: name } ... on Deal { uuid title }
      ... on Activity { uuid subject } ... on Task { uuid taskTitle: title } } } } }";

async fn position(server: &Server) -> String {
    server.position().await.to_string()
}

/// The whole answer, of an index that shows everything there is.
async fn find(server: &Server, query: &str) -> Value {
    let variables = json!({ "q": query, "p": position(server).await });
    let mut data = server.data_with(FIND, variables).await;
    data["search"].take()
}

/// Type and name of what is found.
async fn found(server: &Server, query: &str) -> Vec<(String, String)> {
    told(&find(server, query).await)
}

fn told(search: &Value) -> Vec<(String, String)> {
    let edges = search["edges"].as_array().unwrap();
    edges
        .iter()
        .map(|edge| {
            let node = &edge["node"];
            let name = ["name", "contactName", "title", "subject", "taskTitle"]
                .iter()
                .find_map(|name| node[name].as_str());
            let kind = node["__typename"].as_str().unwrap();
            (kind.to_owned(), name.unwrap_or_default().to_owned())
        })
        .collect()
}

fn one(kind: &str, name: &str) -> Vec<(String, String)> {
    vec![(kind.to_owned(), name.to_owned())]
}

async fn done(server: &Server, mutation: &str) -> Value {
    let data = server.data(&format!("mutation {{ {mutation} }}")).await;
    let payload = data.as_object().unwrap().values().next().unwrap().clone();
    assert_eq!(payload["userErrors"], json!([]), "{payload:#}");
    payload
}

async fn organization(server: &Server, fields: &str) -> String {
    let made = done(
        server,
        &format!("organizationCreate(input: {{ {fields} }}) {{ organization {{ uuid }} userErrors {{ code }} }}"),
    )
    .await;
    made["organization"]["uuid"].as_str().unwrap().to_owned()
}

async fn contact(server: &Server, fields: &str) -> Value {
    let made = done(
        server,
        &format!("contactAdd(input: {{ {fields} }}) {{ contact {{ uuid person }} userErrors {{ code }} }}"),
    )
    .await;
    made["contact"].clone()
}

async fn deal(server: &Server, title: &str) -> String {
    let made = done(
        server,
        &format!("dealOpen(input: {{ title: \"{title}\", stage: \"PROSPECTION\" }}) {{ deal {{ uuid }} userErrors {{ code }} }}"),
    )
    .await;
    made["deal"]["uuid"].as_str().unwrap().to_owned()
}

async fn trade(server: &Server) {
    let company = organization(
        server,
        "name: \"Électricité d'Alsace\", siren: \"732829320\", tags: [\"grand compte\"], billingAddress: { lines: [\"3 quai des Bateliers\"], postcode: \"67000\", city: \"Strasbourg\" }",
    )
    .await;
    contact(
        server,
        &format!(
            "firstName: \"Zoé\", lastName: \"Kœnig\", emails: [\"zoe.koenig@alsace.example\"], phones: [\"+33612345678\"], organization: \"{company}\""
        ),
    )
    .await;
    deal(server, "Bornes de recharge, Atelier Fauconnet").await;
    done(
        server,
        &format!(
            "activityRecord(input: {{ content: {{ note: true }}, organization: \"{company}\", subject: \"Compte rendu\", body: \"Le directeur <b>hésite</b> entre deux prestataires.\" }}) {{ userErrors {{ code }} }}"
        ),
    )
    .await;
    done(
        server,
        "taskCreate(input: { title: \"Relancer la mairie\", description: \"au sujet du chauffage\" }) { userErrors { code } }",
    )
    .await;
}

async fn every_kind(server: &Server) {
    trade(server).await;
    for (asked, kind, name) in [
        ("electricite alsace", "Organization", "Électricité d'Alsace"),
        ("732 829 320", "Organization", "Électricité d'Alsace"),
        ("strasb", "Organization", "Électricité d'Alsace"),
        ("grands comptes strasbourg", "Organization", "Électricité d'Alsace"),
        ("koenig", "Contact", "Zoé Kœnig"),
        ("zoe.koenig@alsace.example", "Contact", "Zoé Kœnig"),
        ("06 12 34 56 78", "Contact", "Zoé Kœnig"),
        ("fauconet borne", "Deal", "Bornes de recharge, Atelier Fauconnet"),
        ("hesiter prestataire", "Activity", "Compte rendu"),
        ("chaufage", "Task", "Relancer la mairie"),
    ] {
        assert_eq!(found(server, asked).await, one(kind, name), "{asked}");
    }
    let lights = find(server, "hésite").await;
    assert_eq!(
        lights["edges"][0]["highlights"],
        json!([{ "field": "body", "parts": [
            { "text": "Le directeur <b>", "matched": false }, { "text": "hésite", "matched": true },
            { "text": "</b> entre deux prestataires.", "matched": false } ] }])
    );
    assert_eq!(found(server, "").await, []);
    assert_eq!(found(server, "zzz").await, []);
}

#[tokio::test]
async fn every_kind_of_record_is_found_by_words_as_people_type_them() {
    every_kind(&Server::start()).await;
}

#[tokio::test]
async fn answers_come_in_pages_of_the_kinds_that_are_asked_for() {
    let server = Server::start();
    for number in 0..7 {
        deal(&server, &format!("Maintenance {number}")).await;
    }
    organization(&server, "name: \"Maintenance & Cie\"").await;
    let mut after = Value::Null;
    let mut seen = Vec::new();
    loop {
        let variables =
            json!({ "q": "maintenance", "types": ["DEAL"], "first": 3, "after": after, "p": position(&server).await });
        let page = server.data_with(FIND, variables).await;
        assert_eq!(page["search"]["totalCount"], 7);
        seen.extend(told(&page["search"]));
        after = page["search"]["pageInfo"]["endCursor"].clone();
        if page["search"]["pageInfo"]["hasNextPage"] == json!(false) {
            break;
        }
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 7);
    assert_eq!(find(&server, "maintenance").await["totalCount"], 8);
    let wrong = json!({ "q": "x", "after": "bm9wZQ" });
    assert_eq!(server.code_with(FIND, wrong).await, "BAD_USER_INPUT");
    assert_eq!(
        server.code_with(FIND, json!({ "q": "x".repeat(201) })).await,
        "BAD_USER_INPUT"
    );
}

#[tokio::test]
async fn what_is_renamed_withdrawn_or_merged_is_found_as_it_stands() {
    let server = Server::start();
    let changed = deal(&server, "Toiture").await;
    done(
        &server,
        &format!("dealRename(input: {{ id: \"{changed}\", title: \"Charpente\" }}) {{ userErrors {{ code }} }}"),
    )
    .await;
    assert_eq!(found(&server, "toiture").await, []);
    assert_eq!(found(&server, "charpente").await, one("Deal", "Charpente"));

    let survivor = organization(&server, "name: \"Boulangerie Petit\"").await;
    let merged = organization(&server, "name: \"Viennoiserie Durand\"").await;
    let last = organization(&server, "name: \"Fournil Lenoir\"").await;
    for (survivor, merged) in [(&survivor, &merged), (&last, &survivor)] {
        done(
            &server,
            &format!(
                "organizationsMerge(input: {{ survivor: \"{survivor}\", merged: \"{merged}\" }}) {{ userErrors {{ code }} }}"
            ),
        )
        .await;
    }
    for asked in ["viennoiserie", "boulangerie", "fournil"] {
        assert_eq!(
            found(&server, asked).await,
            one("Organization", "Fournil Lenoir"),
            "{asked}"
        );
    }
    let noted = done(
        &server,
        &format!(
            "activityRecord(input: {{ content: {{ note: true }}, organization: \"{last}\", subject: \"Secret de fabrication\" }}) {{ activity {{ uuid }} userErrors {{ code }} }}"
        ),
    )
    .await;
    assert_eq!(
        found(&server, "fabrication").await,
        one("Activity", "Secret de fabrication")
    );
    let activity = noted["activity"]["uuid"].as_str().unwrap();
    done(
        &server,
        &format!("activityWithdraw(input: {{ id: \"{activity}\" }}) {{ userErrors {{ code }} }}"),
    )
    .await;
    assert_eq!(found(&server, "fabrication").await, []);
}

#[tokio::test]
async fn whoever_sees_no_persons_finds_none() {
    let server = Server::start();
    trade(&server).await;
    let analyst = People::of(&server).with(Role::Analyst).sign_in().await;
    let p = position(&server).await;
    let find = async |q: &str| told(&analyst.data(FIND, json!({ "q": q, "p": p })).await["search"]);
    assert_eq!(find("koenig").await, []);
    assert_eq!(find("hésite").await, []);
    assert_eq!(find("fauconnet").await.len(), 1);
    let refused = json!({ "q": "koenig", "types": ["CONTACT"] });
    let answer = analyst.answer(FIND, refused).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
}

#[tokio::test]
async fn what_is_hidden_is_neither_found_nor_counted() {
    let server = Server::start();
    let people = People::of(&server);
    let seller = people.with(Role::Sales).sign_in().await;
    let other = people.with(Role::Sales).sign_in().await;
    let open = async |who: &crate::people::Person<'_>, title: &str| {
        let query =
            "mutation($t: String!) { dealOpen(input: { title: $t, stage: \"PROSPECTION\" }) { userErrors { code } } }";
        let data = who.data(query, json!({ "t": title })).await;
        assert_eq!(data["dealOpen"]["userErrors"], json!([]));
    };
    // Whatever answers best is hidden: what is seen comes from a later round.
    for number in 0..150 {
        open(&other, &format!("Fournaise {number}")).await;
    }
    for number in 0..3 {
        open(
            &seller,
            &format!("Chantier de la grande fournaise communale numéro {number}"),
        )
        .await;
    }
    let p = position(&server).await;
    let data = seller.data(FIND, json!({ "q": "fournaise", "first": 2, "p": p })).await;
    assert_eq!(data["search"]["totalCount"], 3);
    assert_eq!(data["search"]["edges"].as_array().unwrap().len(), 2);
    assert_eq!(data["search"]["pageInfo"]["hasNextPage"], true);
    let title = data["search"]["edges"][0]["node"]["title"].as_str().unwrap();
    assert!(title.starts_with("Chantier"), "{title}");
    let data = seller.data(FIND, json!({ "q": "fournaise 77", "p": p })).await;
    assert_eq!(data["search"]["totalCount"], 0);
    let all = server.data_with(FIND, json!({ "q": "fournaise", "p": p })).await;
    assert_eq!(all["search"]["totalCount"], 153);
}

/// Every word in the index's files.
fn words_in(search: &Path) -> Vec<String> {
    let mut words = Vec::new();
    for mark in fs::read_dir(search).unwrap() {
        let folder = mark.unwrap().path();
        words.extend(::search::words_in_files(&folder).unwrap());
    }
    words
}

#[tokio::test]
async fn no_word_of_an_erased_person_stays_in_the_index() {
    let server = Server::start();
    trade(&server).await;
    let person = contact(
        &server,
        "firstName: \"Zéphyrine\", lastName: \"Quetzalcoatl\", emails: [\"zq@example.com\"]",
    )
    .await;
    let id = person["uuid"].as_str().unwrap();
    done(
        &server,
        &format!(
            "activityRecord(input: {{ content: {{ note: true }}, contact: \"{id}\", subject: \"Sa santé\", body: \"hypocondriaque\" }}) {{ userErrors {{ code }} }}"
        ),
    )
    .await;
    assert_eq!(found(&server, "quetzalcoatl").await.len(), 1);
    assert_eq!(found(&server, "hypocondriaque").await.len(), 1);
    let person = person["person"].as_str().unwrap();
    let search = server.workplace.path().join("data/search");
    assert!(words_in(&search).contains(&"quetzalcoatl".to_owned()));
    let erased = done(
        &server,
        &format!("personErase(input: {{ person: \"{person}\", ground: REQUEST }}) {{ pending userErrors {{ code }} }}"),
    )
    .await;
    assert_eq!(erased["pending"], json!(false), "{erased:#}");
    let words = words_in(&search);
    for gone in ["quetzalcoatl", "zephyrine", "zq", "hypocondriaque"] {
        assert!(!words.contains(&gone.to_owned()), "{gone}");
    }
    assert!(words.contains(&"fauconnet".to_owned()));
    assert_eq!(found(&server, "quetzalcoatl").await, []);
    assert_eq!(found(&server, "hypocondriaque").await, []);
}

#[tokio::test]
async fn the_index_outlives_the_server_and_is_built_again_when_it_is_gone() {
    let server = Server::start();
    trade(&server).await;
    assert_eq!(found(&server, "fauconnet").await.len(), 1);
    let server = server.restart_after_kill(&[]);
    assert_eq!(found(&server, "fauconnet").await.len(), 1);
    fs::remove_dir_all(server.workplace.path().join("data/search")).unwrap();
    let server = server.restart_after_kill(&[]);
    assert_eq!(found(&server, "fauconnet").await.len(), 1);
    assert_eq!(found(&server, "koenig").await.len(), 1);
    // Also under a server that runs.
    fs::remove_dir_all(server.workplace.path().join("data/search")).unwrap();
    deal(&server, "Parc éolien").await;
    let until = Instant::now() + Duration::from_secs(20);
    let variables = json!({ "q": "eolien" });
    while server.answer(FIND, variables.clone()).await["data"]["search"]["totalCount"] != 1 {
        assert!(Instant::now() < until, "the index is not made anew");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn postgresql_answers_the_same_in_several_processes() {
    let database = Database::make("search").await;
    let url = database.url();
    let shelf = tempfile::tempdir().unwrap();
    let folder = shelf.path().display().to_string();
    let first = Server::start_with(&["--journal", &url, "--views", &url, "--search", &folder]);
    let beside = |search: &str| {
        let workplace = Workplace::new();
        let keys = first.workplace.path().join("data/keys").display().to_string();
        let mut command = workplace.command();
        command.args(["serve", "--listen", "127.0.0.1:0", "--token", TOKEN, "--keys", &keys]);
        command.args(["--journal", &url, "--views", &url, "--search", search]);
        Server::run(workplace, command)
    };
    // One that shares the folder, one on another machine.
    let shared = beside(&folder);
    let far = beside("data/search");
    every_kind(&first).await;
    for server in [&shared, &far] {
        assert_eq!(found(server, "fauconet").await.len(), 1);
        assert_eq!(found(server, "koenig").await.len(), 1);
    }
    let person = first.data("{ contacts(first: 1) { nodes { person } } }").await;
    let person = person["contacts"]["nodes"][0]["person"].as_str().unwrap().to_owned();
    let erase =
        format!("personErase(input: {{ person: \"{person}\", ground: REQUEST }}) {{ pending userErrors {{ code }} }}");
    let erased = done(&shared, &erase).await;
    assert_eq!(erased["pending"], json!(false));
    for server in [&first, &shared, &far] {
        assert_eq!(found(server, "koenig").await, []);
    }
    assert!(!words_in(shelf.path()).contains(&"koenig".to_owned()));
    assert!(!words_in(&far.workplace.path().join("data/search")).contains(&"koenig".to_owned()));
    // The one that writes dies: another one that shares its folder takes over.
    drop(first);
    deal(&shared, "Parc éolien").await;
    assert_eq!(found(&shared, "eolien").await.len(), 1);
    drop((shared, far));
    database.drop().await;
}
