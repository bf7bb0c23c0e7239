//! Imports over the API: a file is sent, looked at, started, followed, cancelled and taken up again.

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use domain::Role;
use reqwest::{StatusCode, header};
use serde_json::{Value, json};

use crate::{
    database::Database,
    people::{People, Person},
    server::{Server, TOKEN, error_code},
    support::Workplace,
};

/// Longer than a lease that nobody gave back, on a machine that does other things.
const PATIENCE: Duration = Duration::from_mins(2);

const ANNOUNCE: &str = "mutation($input: FileUploadCreateInput!) { fileUploadCreate(input: $input) {
    upload { file path } userErrors { code field } } }";
const PREVIEW: &str = "query($input: ImportPreviewInput!) { importPreview(input: $input) { preview {
    fileName delimiter columns { name samples namesRows }
    fields { name required reading description suggestedColumn }
    mapping { key delimiter decimal currency timeZone
        fields { field column constant template whenMissing format scale aliases { from to } values { from to } } }
    rows { line key values { field value } }
    rowsTotal rowsDecided rowsToTake rowsTakenBefore rowsMended rowsRefused
    problems { line key outcome code field column message } problemCount }
    userErrors { code field message allowed } } }";
const START: &str = "mutation($input: ImportStartInput!) { importStart(input: $input) {
    import { id uuid state } position replayed userErrors { code field message } } }";
const CANCEL: &str = "mutation($id: ID!) { importCancel(input: { id: $id }) {
    import { state cancelRequested } userErrors { code } } }";
const LOOK: &str = "query($id: ID!) { import(id: $id) { state kind fileName source actor attempts cancelRequested
    startedBy { uuid } failure { code message } startedAt finishedAt filesKeptUntil filesRemoved
    rowsTotal rowsRead rowsTaken rowsTakenBefore rowsMended rowsRefused filePath reportPath
    report(first: 100) { totalCount pageInfo { hasNextPage }
        nodes { line key outcome code field column message } }
    history(first: 200) { nodes { type } } } }";

/// Whoever asks.
#[derive(Clone, Copy)]
enum By<'a> {
    Operator(&'a Server),
    Person(&'a Server, &'a Person<'a>),
}

impl<'a> By<'a> {
    fn server(self) -> &'a Server {
        match self {
            Self::Operator(server) | Self::Person(server, _) => server,
        }
    }

    async fn answer(self, query: &str, variables: Value) -> Value {
        match self {
            Self::Operator(server) => server.answer(query, variables).await,
            Self::Person(_, person) => person.answer(query, variables).await,
        }
    }

    async fn data(self, query: &str, variables: Value) -> Value {
        let mut answer = self.answer(query, variables).await;
        assert!(answer.get("errors").is_none(), "{query}: {answer:#}");
        answer["data"].take()
    }

    fn get(self, path: &str) -> reqwest::RequestBuilder {
        let request = self.server().client().get(self.server().url(path));
        match self {
            Self::Operator(_) => request.bearer_auth(TOKEN),
            Self::Person(_, person) => request.header(header::COOKIE, &person.cookie),
        }
    }

    /// Sends a file; what it is called since.
    async fn send(self, bytes: &[u8], media_type: &str) -> String {
        let input = json!({ "name": "fichier.csv", "mediaType": media_type, "size": bytes.len().to_string() });
        let data = self.data(ANNOUNCE, json!({ "input": input })).await;
        let upload = &data["fileUploadCreate"]["upload"];
        let url = self.server().url(upload["path"].as_str().unwrap());
        let put = self
            .server()
            .client()
            .put(url)
            .body(bytes.to_vec())
            .send()
            .await
            .unwrap();
        assert_eq!(put.status(), StatusCode::CREATED);
        upload["file"].as_str().unwrap().to_owned()
    }

    async fn preview(self, input: Value) -> Value {
        let mut data = self.data(PREVIEW, json!({ "input": input })).await;
        let payload = data["importPreview"].take();
        assert_eq!(payload["userErrors"], json!([]));
        payload["preview"].clone()
    }

    /// Starts an import; its global id.
    async fn start(self, file: &str, kind: &str, mapping: &Value, source: &str) -> String {
        let input = json!({ "file": file, "kind": kind, "mapping": mapping, "source": source });
        let data = self.data(START, json!({ "input": input })).await;
        assert_eq!(data["importStart"]["userErrors"], json!([]), "{data:#}");
        data["importStart"]["import"]["id"].as_str().unwrap().to_owned()
    }

    async fn look(self, id: &str) -> Value {
        self.data(LOOK, json!({ "id": id })).await["import"].clone()
    }

    /// The import once it is over.
    async fn end(self, id: &str) -> Value {
        self.until(id, |import| {
            matches!(import["state"].as_str(), Some("DONE" | "FAILED" | "CANCELLED"))
        })
        .await
    }

    async fn until(self, id: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let until = Instant::now() + PATIENCE;
        loop {
            let import = self.look(id).await;
            if fits(&import) {
                return import;
            }
            assert!(Instant::now() < until, "{import:#}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

/// Total, taken, taken before, mended, refused.
fn counts(import: &Value) -> [u64; 5] {
    ["rowsTotal", "rowsTaken", "rowsTakenBefore", "rowsMended", "rowsRefused"]
        .map(|name| import[name].as_u64().unwrap_or_else(|| panic!("{name} of {import:#}")))
}

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/import")).join(name)
}

/// A mapping file of the fixtures, as the API takes it.
fn mapping_of(kind: &str) -> Value {
    let text = fs::read_to_string(fixture(&format!("{kind}.toml"))).unwrap();
    let file: toml::Table = text.parse().unwrap();
    let words = |table: &toml::Value| -> Value {
        let words = table.as_table().unwrap().iter();
        words
            .map(|(from, to)| json!({ "from": from, "to": to.as_str() }))
            .collect()
    };
    let fields = file["fields"].as_table().unwrap().iter().map(|(name, field)| {
        let mut given = json!({ "field": name });
        match field {
            toml::Value::String(column) => given["column"] = json!(column),
            toml::Value::Table(table) => {
                for (key, value) in table {
                    match key.as_str() {
                        "aliases" | "values" => given[key] = words(value),
                        "when-missing" => given["whenMissing"] = json!(value.as_str()),
                        "scale" => given["scale"] = json!(value.as_integer()),
                        _ => given[key] = json!(value.as_str()),
                    }
                }
            }
            other => panic!("{other}"),
        }
        given
    });
    let mut mapping = json!({ "key": file["key"].as_str(), "fields": fields.collect::<Vec<_>>() });
    for (theirs, ours) in [
        ("delimiter", "delimiter"),
        ("decimal", "decimal"),
        ("currency", "currency"),
        ("time-zone", "timeZone"),
    ] {
        if let Some(value) = file.get(theirs) {
            mapping[ours] = json!(value.as_str());
        }
    }
    mapping
}

/// A file of contacts, one event each.
fn contacts(number: usize) -> String {
    let mut text = String::from("id,last name,email\n");
    for row in 1..=number {
        writeln!(text, "P-{row},Martin {row},p{row}@atelier.example").unwrap();
    }
    text
}

fn contacts_mapping() -> Value {
    json!({ "key": "id", "fields": [
        { "field": "lastName", "column": "last name" },
        { "field": "email", "column": "email" },
    ] })
}

/// Everything that is said of an import until its subscription ends.
async fn followed(by: By<'_>, id: &str) -> Vec<Value> {
    let mut follower = Follower::of(by, id).await;
    let mut told = Vec::new();
    while let Some(progress) = follower.next().await {
        told.push(progress);
    }
    told
}

/// A subscription to an import's progress, over server-sent events.
struct Follower {
    response: reqwest::Response,
    text: String,
}

impl Follower {
    async fn of(by: By<'_>, id: &str) -> Self {
        let query = format!(
            "subscription {{ importProgress(id: \"{id}\") {{ state rowsTotal rowsRead rowsTaken rowsTakenBefore
                rowsMended rowsRefused position import {{ state }} }} }}"
        );
        let request = by.get("/graphql/stream").query(&[("query", query)]);
        let response = request.header("accept", "text/event-stream").send().await.unwrap();
        assert_eq!(response.status(), 200);
        let text = String::new();
        Self { response, text }
    }

    /// The next answer; nothing once the subscription ended.
    async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let block = block.to_owned();
                self.text = rest.to_owned();
                if block.contains("event: complete") {
                    return None;
                }
                if let Some(data) = block.lines().find_map(|line| line.strip_prefix("data: ")) {
                    let answer: Value = serde_json::from_str(data).unwrap();
                    assert!(answer.get("errors").is_none(), "{answer:#}");
                    return Some(answer["data"]["importProgress"].clone());
                }
                continue;
            }
            let chunk = tokio::time::timeout(PATIENCE, self.response.chunk()).await;
            let chunk = chunk.expect("something in time").unwrap()?;
            self.text += std::str::from_utf8(&chunk).unwrap();
        }
    }
}

/// The journal's end once nothing reacts to anything any more: who won a deal becomes a customer.
async fn settled(server: &Server) -> u64 {
    let mut position = server.position().await;
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        match server.position().await {
            same if same == position => return position,
            later => position = later,
        }
    }
}

#[tokio::test]
async fn each_kind_is_sent_started_and_followed_to_its_end_and_taken_once() {
    let server = Server::start();
    let operator = By::Operator(&server);
    for (kind, expected, again) in [
        ("organizations", [12, 12, 0, 4, 0], [12, 0, 12, 4, 0]),
        ("deals", [48, 48, 0, 20, 0], [48, 0, 48, 20, 0]),
        ("contacts", [7, 4, 0, 0, 3], [7, 0, 4, 0, 3]),
        ("activities", [7, 4, 0, 0, 3], [7, 0, 4, 0, 3]),
    ] {
        let bytes = fs::read(fixture(&format!("{kind}.csv"))).unwrap();
        let name = kind.to_uppercase();
        let mapping = mapping_of(kind);
        let file = operator.send(&bytes, "text/csv").await;
        let id = operator.start(&file, &name, &mapping, "practice").await;
        let told = followed(operator, &id).await;
        let last = told.last().expect("a word");
        assert_eq!(last["state"], "DONE", "{kind}: {told:#?}");
        assert_eq!(last["import"]["state"], "DONE");
        let rows = |progress: &Value| progress["rowsRead"].as_u64().unwrap();
        assert!(told.windows(2).all(|two| rows(&two[0]) <= rows(&two[1])), "{told:#?}");
        let done = operator.end(&id).await;
        let (found, mended) = (
            counts(&done),
            if kind == "deals" { counts(&done)[3] } else { expected[3] },
        );
        assert_eq!(
            found,
            [expected[0], expected[1], expected[2], mended, expected[4]],
            "{kind}"
        );
        assert_eq!(counts(last), found);
        assert_eq!((&done["kind"], &done["attempts"]), (&json!(name), &json!(1)));
        assert_eq!(
            (&done["fileName"], &done["source"]),
            (&json!("fichier.csv"), &json!("practice"))
        );
        assert!(done["startedAt"].is_string() && done["finishedAt"].is_string() && done["failure"].is_null());

        // The same file again: nothing is done, and the same is said of its rows.
        let before = settled(&server).await;
        let file = operator.send(&bytes, "text/csv").await;
        let id = operator.start(&file, &name, &mapping, "practice").await;
        let repeated = operator.end(&id).await;
        assert_eq!(
            counts(&repeated),
            [again[0], again[1], again[2], mended, again[4]],
            "{kind}"
        );
        assert_eq!(repeated["report"], done["report"], "{kind}");
        let own = repeated["history"]["nodes"].as_array().unwrap().len() as u64;
        assert_eq!(
            settled(&server).await,
            before + own,
            "{kind}: nothing but the import itself"
        );
        if kind == "contacts" {
            let nodes = done["report"]["nodes"].as_array().unwrap();
            let lines: Vec<_> = nodes.iter().map(|node| node["line"].as_u64().unwrap()).collect();
            assert_eq!(lines, [6, 7, 8], "{nodes:#?}");
            assert_eq!(
                (&nodes[0]["code"], &nodes[0]["field"], &nodes[0]["column"]),
                (
                    &json!("UNKNOWN_ORGANIZATION"),
                    &json!("organization"),
                    &json!("société")
                )
            );
        }
    }
    let listed = server
        .data("{ imports(first: 3, filter: { state: { eq: DONE } }) { totalCount nodes { kind } } }")
        .await;
    assert_eq!(listed["imports"]["totalCount"], 8);
    assert_eq!(listed["imports"]["nodes"][0]["kind"], "ACTIVITIES", "the newest first");
    // What is written stays over a restart.
    let server = server.restart_after_kill(&[]);
    let listed = server.data("{ imports(first: 1) { totalCount } }").await;
    assert_eq!(listed["imports"]["totalCount"], 8);
    // The shell knows the same objects by the same source and key.
    let (file, map) = (fixture("organizations.csv"), fixture("organizations.toml"));
    let (file, map) = (file.to_str().unwrap(), map.to_str().unwrap());
    let ran = server.workplace.run(&[
        "import",
        file,
        "--as",
        "organizations",
        "--map",
        map,
        "--report",
        "report.csv",
    ]);
    assert!(ran.stdout.contains("taken:    0\ntaken before: 12\n"), "{}", ran.stdout);
}

#[tokio::test]
async fn a_preview_suggests_a_mapping_and_writes_nothing() {
    let server = Server::start();
    let operator = By::Operator(&server);
    let text = "N°;Prénom;NOM;Société;E-mail;Facturation;Connu depuis;Couleur\n\
                1;Adèle;Moreau;;adele@brassac.example;oui;03/02/2023;bleu\n\
                2;Zoé;Petit;;pas une adresse;non;28/02/2023;\n\
                3;;;;;;;\n\
                4;Luc;Roy;;;peut-être;hier;\n";
    let file = operator.send(text.as_bytes(), "text/csv").await;
    let before = server.position().await;
    let preview = operator
        .preview(json!({ "file": file, "kind": "CONTACTS", "rows": 2 }))
        .await;
    assert_eq!(
        (&preview["delimiter"], &preview["fileName"]),
        (&json!(";"), &json!("fichier.csv"))
    );
    let names: Vec<_> = preview["columns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|column| &column["name"])
        .collect();
    assert_eq!(names.len(), 8);
    assert_eq!(
        preview["columns"][0],
        json!({ "name": "N°", "samples": ["1", "2", "3"], "namesRows": true })
    );
    let suggested = &preview["mapping"];
    assert_eq!(
        (&suggested["key"], &suggested["timeZone"]),
        (&json!("N°"), &json!("Europe/Paris"))
    );
    let column = |field: &str| {
        let fields = suggested["fields"].as_array().unwrap();
        let found = fields.iter().find(|known| known["field"] == field);
        found.map(|found| found["column"].as_str().unwrap().to_owned())
    };
    for (field, expected) in [
        ("firstName", "Prénom"),
        ("lastName", "NOM"),
        ("organization", "Société"),
        ("email", "E-mail"),
        ("billing", "Facturation"),
        ("addedAt", "Connu depuis"),
    ] {
        assert_eq!(column(field).as_deref(), Some(expected), "{preview:#}");
    }
    assert_eq!(
        suggested["fields"].as_array().unwrap().len(),
        6,
        "nobody knows the colour"
    );
    let last_name = preview["fields"]
        .as_array()
        .unwrap()
        .iter()
        .find(|field| field["name"] == "lastName");
    let last_name = last_name.unwrap();
    assert_eq!(
        (&last_name["required"], &last_name["suggestedColumn"]),
        (&json!(false), &json!("NOM"))
    );
    assert!(
        last_name["description"]
            .as_str()
            .unwrap()
            .starts_with("Their last name")
    );
    // Two of the rows, as they would be taken: one of the columns holds no dates, so none was suggested for it.
    assert_eq!(preview["rows"].as_array().unwrap().len(), 2);
    assert_eq!(
        (&preview["rows"][0]["line"], &preview["rows"][0]["key"]),
        (&json!(2), &json!("1"))
    );
    let value = |row: usize, field: &str| {
        let values = preview["rows"][row]["values"].as_array().unwrap().clone();
        let found = values.into_iter().find(|value| value["field"] == field);
        found.unwrap_or_else(|| panic!("{field}"))["value"].clone()
    };
    assert_eq!(
        (value(0, "billing"), value(1, "billing")),
        (json!("true"), json!("false"))
    );
    assert_eq!(value(0, "lastName"), "Moreau");
    assert_eq!((&preview["rowsTotal"], &preview["rowsDecided"]), (&json!(4), &json!(4)));

    // With the dates read as they are written.
    let mut mapping = suggested.clone();
    let fields = mapping["fields"].as_array_mut().unwrap();
    fields.iter_mut().find(|field| field["field"] == "addedAt").unwrap()["format"] = json!("%d/%m/%Y");
    let preview = operator
        .preview(json!({ "file": file, "kind": "CONTACTS", "mapping": mapping }))
        .await;
    let dated = preview["rows"][0]["values"].as_array().unwrap();
    let dated = dated.iter().find(|value| value["field"] == "addedAt").unwrap();
    assert_eq!(dated["value"], "2023-02-02T23:00:00Z", "midnight in Paris");
    assert_eq!(
        (&preview["rowsToTake"], &preview["rowsRefused"]),
        (&json!(1), &json!(3))
    );
    let problems: Vec<_> = preview["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|problem| {
            let text = |name: &str| problem[name].as_str().unwrap_or("-").to_owned();
            (problem["line"].as_u64().unwrap(), text("code"), text("column"))
        })
        .collect();
    assert_eq!(
        problems[0],
        (3, "INVALID_EMAIL".to_owned(), "-".to_owned()),
        "{problems:?}"
    );
    assert_eq!(problems[1].0, 4);
    assert_eq!(problems[2], (5, "UNKNOWN_VALUE".to_owned(), "Facturation".to_owned()));
    assert_eq!(preview["problemCount"], 3);

    // What a file of deals cannot do without is said.
    let file = operator.send(b"id,name\n1,A\n", "text/plain").await;
    let preview = operator.preview(json!({ "file": file, "kind": "DEALS" })).await;
    let problem = &preview["problems"][0];
    assert_eq!(
        (&problem["code"], &problem["field"], &problem["line"]),
        (&json!("FIELD_NOT_MAPPED"), &json!("stage"), &Value::Null)
    );
    assert_eq!(server.position().await, before, "nothing is written");
    let journal = rusqlite::Connection::open(server.workplace.path().join("data/journal.db")).unwrap();
    let keys: i64 = journal
        .query_row("SELECT count(*) FROM keys", [], |row| row.get(0))
        .unwrap();
    assert_eq!(keys, 0, "nobody gets a key for being looked at");
    let empty = server.data("{ contacts { totalCount } imports { totalCount } }").await;
    assert_eq!(
        empty,
        json!({ "contacts": { "totalCount": 0 }, "imports": { "totalCount": 0 } })
    );
}

#[tokio::test]
async fn what_cannot_be_imported_is_refused_with_its_code_before_anything_is_written() {
    let server = Server::start();
    let operator = By::Operator(&server);
    let announce = |size: usize| json!({ "name": "x.csv", "mediaType": "text/csv", "size": size.to_string() });
    // Too large to be announced, and larger than announced.
    let data = operator.data(ANNOUNCE, json!({ "input": announce(26_214_401) })).await;
    assert_eq!(data["fileUploadCreate"]["userErrors"][0]["code"], "NUMBER_OUT_OF_RANGE");
    let data = operator.data(ANNOUNCE, json!({ "input": announce(4) })).await;
    let url = server.url(data["fileUploadCreate"]["upload"]["path"].as_str().unwrap());
    let put = server.client().put(url).body("id,name\n").send().await.unwrap();
    assert_eq!(error_code(&put.json().await.unwrap()), "PAYLOAD_TOO_LARGE");
    // No text: UTF-16 has zero bytes.
    let utf16: Vec<u8> = "id;nom\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let data = operator.data(ANNOUNCE, json!({ "input": announce(utf16.len()) })).await;
    let url = server.url(data["fileUploadCreate"]["upload"]["path"].as_str().unwrap());
    let put = server.client().put(url).body(utf16).send().await.unwrap();
    assert_eq!(error_code(&put.json().await.unwrap()), "UNSUPPORTED_MEDIA_TYPE");

    let plain = json!({ "key": "id", "fields": [{ "field": "name", "column": "nom" }] });
    let with = |change: &dyn Fn(&mut Value)| {
        let mut mapping = plain.clone();
        change(&mut mapping);
        mapping
    };
    let many = (0..10_000)
        .map(|column| format!("c{column}"))
        .collect::<Vec<_>>()
        .join(";");
    let good: &[u8] = b"id;nom\n1;A\n";
    let cases: Vec<(&str, &str, Vec<u8>, Value)> = vec![
        (
            "FILE_TYPE_NOT_TAKEN",
            "application/pdf",
            b"%PDF-1.7".to_vec(),
            plain.clone(),
        ),
        ("NOT_UTF8", "text/csv", b"id;nom\xe9\n1;A\n".to_vec(), plain.clone()),
        ("BROKEN_QUOTES", "text/csv", b"id;\"nom\n1;A\n".to_vec(), plain.clone()),
        ("NO_HEADER", "text/csv", b"\n\n".to_vec(), plain.clone()),
        (
            "TOO_MANY_COLUMNS",
            "text/csv",
            format!("{many}\n").into_bytes(),
            plain.clone(),
        ),
        (
            "REPEATED_COLUMN",
            "text/csv",
            b"id;nom;nom\n1;A;B\n".to_vec(),
            plain.clone(),
        ),
        (
            "FIELD_NOT_MAPPED",
            "text/csv",
            good.to_vec(),
            with(&|mapping| mapping["fields"] = json!([])),
        ),
        (
            "FIELD_NOT_MAPPED",
            "text/csv",
            good.to_vec(),
            with(&|mapping| mapping["key"] = json!("")),
        ),
        (
            "MISSING_COLUMN",
            "text/csv",
            good.to_vec(),
            with(&|mapping| mapping["key"] = json!("idd")),
        ),
        (
            "MISSING_COLUMN",
            "text/csv",
            good.to_vec(),
            with(&|mapping| mapping["fields"][0]["column"] = json!("name")),
        ),
        (
            "FIELD_MAPPED_TWICE",
            "text/csv",
            good.to_vec(),
            with(&|mapping| {
                mapping["fields"] = json!([{ "field": "name", "column": "nom" }, { "field": "name", "column": "id" }]);
            }),
        ),
        (
            "UNKNOWN_FIELD",
            "text/csv",
            good.to_vec(),
            with(&|mapping| mapping["fields"][0]["field"] = json!("nam")),
        ),
        (
            "INVALID_MAPPING",
            "text/csv",
            good.to_vec(),
            with(&|mapping| mapping["fields"][0]["constant"] = json!("x")),
        ),
        (
            "INVALID_DATE_FORMAT",
            "text/csv",
            good.to_vec(),
            with(&|mapping| mapping["fields"][0]["format"] = json!("%Q")),
        ),
        (
            "INVALID_TEMPLATE",
            "text/csv",
            good.to_vec(),
            with(&|mapping| mapping["fields"][0] = json!({ "field": "name", "template": "{sector}" })),
        ),
        (
            "INVALID_DELIMITER",
            "text/csv",
            good.to_vec(),
            with(&|mapping| mapping["delimiter"] = json!(";;")),
        ),
        (
            "INVALID_CURRENCY",
            "text/csv",
            good.to_vec(),
            with(&|mapping| mapping["currency"] = json!("ECU")),
        ),
        (
            "INVALID_TIME_ZONE",
            "text/csv",
            good.to_vec(),
            with(&|mapping| mapping["timeZone"] = json!("Mars")),
        ),
    ];
    let before = server.position().await;
    for (code, media_type, bytes, mapping) in cases {
        let file = operator.send(&bytes, media_type).await;
        let input = json!({ "file": file, "kind": "ORGANIZATIONS", "mapping": mapping });
        for (query, field) in [(START, "importStart"), (PREVIEW, "importPreview")] {
            let data = operator.data(query, json!({ "input": input })).await;
            let errors = &data[field]["userErrors"];
            assert_eq!(errors[0]["code"], code, "{field}: {data:#}");
            assert!(!errors[0]["message"].as_str().unwrap().is_empty());
        }
    }
    for (source, code) in [("", "FIELD_REQUIRED"), (&*"x".repeat(200), "FIELD_TOO_LONG")] {
        let file = operator.send(good, "text/csv").await;
        let input = json!({ "file": file, "kind": "ORGANIZATIONS", "mapping": plain, "source": source });
        let data = operator.data(START, json!({ "input": input })).await;
        assert_eq!(data["importStart"]["userErrors"][0]["code"], code, "{data:#}");
    }
    let nowhere = json!({ "file": "018f3a5e-0000-7000-8000-000000000001", "kind": "DEALS", "mapping": plain });
    let data = operator.data(START, json!({ "input": nowhere })).await;
    assert_eq!(data["importStart"]["userErrors"][0]["code"], "FILE_UPLOAD_NOT_FOUND");
    assert_eq!(server.position().await, before, "nothing is written");

    // A quote that is never closed costs its row, not the file; and cells that look like formulas are text.
    let text = "id;nom;siren\n1;A;\n2;\"B;\n3;C;\n=1+1;D;12\n";
    let file = operator.send(text.as_bytes(), "text/csv").await;
    let mapping = json!({ "key": "id", "fields": [
        { "field": "name", "column": "nom" }, { "field": "siren", "column": "siren" }] });
    let id = operator.start(&file, "ORGANIZATIONS", &mapping, "s").await;
    let done = operator.end(&id).await;
    assert_eq!(counts(&done), [4, 2, 0, 0, 2], "{done:#}");
    let nodes = &done["report"]["nodes"];
    assert_eq!(
        (&nodes[0]["line"], &nodes[0]["code"]),
        (&json!(3), &json!("BROKEN_QUOTES"))
    );
    assert_eq!(
        (&nodes[1]["key"], &nodes[1]["code"]),
        (&json!("=1+1"), &json!("INVALID_SIREN"))
    );
    let report = operator.get(done["reportPath"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(report.headers()[header::CONTENT_TYPE], "text/csv; charset=utf-8");
    let report = report.text().await.unwrap();
    assert!(
        report.starts_with("line,key,outcome,code,reason,column\n3,,REFUSED,BROKEN_QUOTES,"),
        "{report}"
    );
    assert!(
        report.contains("\n5,'=1+1,REFUSED,INVALID_SIREN,") && report.ends_with(",siren\n"),
        "{report}"
    );
    let sent = operator.get(done["filePath"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(sent.bytes().await.unwrap(), text.as_bytes());
}

#[tokio::test]
async fn an_import_is_its_starter_s_and_its_rows_carry_their_name() {
    let server = Server::start();
    let people = People::of(&server);
    let manager = people.with(Role::Manager).sign_in().await;
    let other = people.with(Role::Manager).sign_in().await;
    let sales = people.with(Role::Sales).sign_in().await;
    let auditor = people.with(Role::Auditor).sign_in().await;
    let by = By::Person(&server, &manager);
    let text = "id,last name,email\n1,Zola,zola@x.example\n2,Hugo,nothing\n";
    let file = by.send(text.as_bytes(), "text/csv").await;

    let mapping = contacts_mapping();
    let input = json!({ "file": file, "kind": "CONTACTS", "mapping": mapping });
    for (query, variables) in [
        (START, json!({ "input": input })),
        (PREVIEW, json!({ "input": input })),
        ("{ imports { totalCount } }", json!({})),
    ] {
        let answer = sales.answer(query, variables).await;
        assert_eq!(error_code(&answer), "FORBIDDEN");
    }
    // What somebody sent, nobody else imports.
    let data = other.data(START, json!({ "input": input })).await;
    assert_eq!(data["importStart"]["userErrors"][0]["code"], "FILE_UPLOAD_NOT_FOUND");

    let command = json!({ "file": file, "kind": "CONTACTS", "mapping": mapping,
        "commandId": "018f3a5e-0000-7000-8000-0000000000aa" });
    let first = by.data(START, json!({ "input": command })).await;
    let id = first["importStart"]["import"]["id"].as_str().unwrap().to_owned();
    let uuid = first["importStart"]["import"]["uuid"].as_str().unwrap().to_owned();
    let again = by.data(START, json!({ "input": command })).await;
    assert_eq!(again["importStart"]["import"]["id"], id.as_str());
    assert_eq!(again["importStart"]["replayed"], true);
    let done = by.end(&id).await;
    assert_eq!(counts(&done), [2, 1, 0, 0, 1], "{done:#}");
    assert_eq!(done["actor"], format!("user:{}", manager.user));
    assert_eq!(done["startedBy"]["uuid"], manager.user.as_str());

    let query = "{ contacts { nodes { lastName history { nodes { type actor correlationId } } } } }";
    let found = server.data(query).await;
    let event = &found["contacts"]["nodes"][0]["history"]["nodes"][0];
    assert_eq!(event["actor"], format!("user:{}", manager.user));
    assert_eq!(event["correlationId"], uuid.as_str());

    // To another manager it is not there, in whatever way they ask.
    let hidden = By::Person(&server, &other);
    assert_eq!(hidden.look(&id).await, Value::Null);
    let listed = "{ imports { totalCount nodes { id } } }";
    assert_eq!(hidden.data(listed, json!({})).await["imports"]["totalCount"], 0);
    let node = hidden
        .data("query($id: ID!) { node(id: $id) { id } }", json!({ "id": id }))
        .await;
    assert_eq!(node["node"], Value::Null);
    let data = hidden.data(CANCEL, json!({ "id": id })).await;
    assert_eq!(data["importCancel"]["userErrors"][0]["code"], "IMPORT_NOT_FOUND");
    let history = "query($id: ID!) { history(id: $id) { nodes { type } } }";
    let told = hidden.answer(history, json!({ "id": id })).await;
    assert!(
        told["data"]["history"]["nodes"].as_array().is_none_or(Vec::is_empty),
        "{told:#}"
    );
    for path in ["filePath", "reportPath"] {
        let path = done[path].as_str().unwrap();
        assert_eq!(hidden.get(path).send().await.unwrap().status(), StatusCode::NOT_FOUND);
        assert_eq!(by.get(path).send().await.unwrap().status(), StatusCode::OK);
        let nobody = server.client().get(server.url(path)).send().await.unwrap();
        assert_eq!(nobody.status(), StatusCode::UNAUTHORIZED);
        let seller = By::Person(&server, &sales).get(path).send().await.unwrap();
        assert_eq!(seller.status(), StatusCode::FORBIDDEN);
    }
    let subscription = format!("subscription {{ importProgress(id: \"{id}\") {{ state }} }}");
    let stream = hidden.get("/graphql/stream").query(&[("query", &subscription)]);
    let stream = stream.header("accept", "text/event-stream").send().await.unwrap();
    assert!(stream.text().await.unwrap().contains("NOT_FOUND"));

    // To whoever started it, and to an auditor, it is.
    assert_eq!(followed(by, &id).await.last().unwrap()["state"], "DONE");
    let told = by.data(history, json!({ "id": id })).await;
    assert_eq!(told["history"]["nodes"][0]["type"], "ImportQueued");
    let auditor = By::Person(&server, &auditor);
    assert_eq!(auditor.look(&id).await["state"], "DONE");
    assert_eq!(auditor.data(listed, json!({})).await["imports"]["totalCount"], 1);
    assert_eq!(
        error_code(&auditor.answer(CANCEL, json!({ "id": id })).await),
        "FORBIDDEN"
    );
    let data = by.data(CANCEL, json!({ "id": id })).await;
    assert_eq!(data["importCancel"]["userErrors"][0]["code"], "IMPORT_OVER");
}

/// A server whose process stands still at the n-th row of an import.
fn stopping_at(row: usize, arguments: &[&str]) -> Server {
    let workplace = Workplace::new();
    let mut command = workplace.command();
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--token", TOKEN])
        .args(arguments)
        .env("ALFORIS_FAILPOINT", format!("import-row:{row}"));
    Server::run(workplace, command)
}

/// How many rows came to something: each is one event.
async fn added(server: &Server) -> u64 {
    let until = Instant::now() + PATIENCE;
    loop {
        let answer = server.answer("{ contacts { totalCount } }", json!({})).await;
        if answer.get("errors").is_none() {
            return answer["data"]["contacts"]["totalCount"].as_u64().unwrap();
        }
        assert!(Instant::now() < until, "{answer:#}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn an_import_that_was_killed_goes_on_and_takes_each_row_once() {
    const ROWS: usize = 3_000;
    let server = stopping_at(900, &[]);
    let operator = By::Operator(&server);
    let file = operator.send(contacts(ROWS).as_bytes(), "text/csv").await;
    let id = operator.start(&file, "CONTACTS", &contacts_mapping(), "s").await;
    let until = Instant::now() + PATIENCE;
    while server.position().await < 900 {
        assert!(Instant::now() < until, "no row is taken");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let server = server.restart_after_kill(&[]);
    let operator = By::Operator(&server);
    let told = followed(operator, &id).await;
    assert_eq!(told.last().unwrap()["state"], "DONE", "{told:#?}");
    let done = operator.end(&id).await;
    // What was taken before the process died, this import took.
    assert_eq!(counts(&done), [ROWS as u64, ROWS as u64, 0, 0, 0], "{done:#}");
    assert_eq!(done["attempts"], 2);
    assert_eq!(added(&server).await, ROWS as u64);
    let own = done["history"]["nodes"].as_array().unwrap().len();
    assert_eq!(server.position().await, (ROWS + own) as u64, "one event for each row");
    assert_eq!(server.workplace.run(&["verify"]).code, 0);
}

#[tokio::test]
async fn imports_run_one_after_the_other_and_stop_when_they_are_cancelled() {
    const ROWS: usize = 20_000;
    let server = Server::start();
    let operator = By::Operator(&server);
    let file = operator.send(contacts(ROWS).as_bytes(), "text/csv").await;
    let long = operator.start(&file, "CONTACTS", &contacts_mapping(), "s").await;
    let waiting = operator.start(&file, "CONTACTS", &contacts_mapping(), "t").await;
    let mut follower = Follower::of(operator, &long).await;
    let mut seen = BTreeSet::new();
    let (mut last, mut longest) = (Instant::now(), Duration::ZERO);
    while seen.len() < 4 {
        let progress = follower.next().await.expect("it is not over");
        if progress["state"] == "RUNNING" && progress["rowsRead"] != 0 {
            assert_eq!(progress["rowsTotal"], ROWS);
            if !seen.is_empty() {
                longest = longest.max(last.elapsed());
            }
            last = Instant::now();
            seen.insert(progress["rowsRead"].as_u64().unwrap());
        }
    }
    assert!(longest < Duration::from_secs(2), "progress stood still for {longest:?}");
    assert_eq!(operator.look(&waiting).await["state"], "QUEUED");
    let data = operator.data(CANCEL, json!({ "id": waiting })).await;
    assert_eq!(data["importCancel"]["import"]["state"], "CANCELLED", "{data:#}");
    let data = operator.data(CANCEL, json!({ "id": long })).await;
    assert_eq!(data["importCancel"]["import"]["cancelRequested"], true, "{data:#}");
    let mut told = Value::Null;
    while let Some(progress) = follower.next().await {
        told = progress;
    }
    assert_eq!(told["state"], "CANCELLED");
    let stopped = operator.look(&long).await;
    let [total, taken, ..] = counts(&stopped);
    assert!(total == ROWS as u64 && taken > 0 && taken < total, "{stopped:#}");
    assert_eq!(
        added(&server).await,
        taken,
        "what was taken stays, and nothing else was"
    );
    assert_eq!(counts(&operator.look(&waiting).await), [0; 5]);
    // Another one goes on behind them, and takes the rest.
    let file = operator.send(contacts(300).as_bytes(), "text/csv").await;
    let next = operator.start(&file, "CONTACTS", &contacts_mapping(), "s").await;
    assert_eq!(counts(&operator.end(&next).await), [300, 0, 300, 0, 0]);
}

#[tokio::test]
async fn whoever_loses_the_right_to_import_loses_what_they_started() {
    let server = Server::start();
    let people = People::of(&server);
    let manager = people.with(Role::Manager).sign_in().await;
    let by = By::Person(&server, &manager);
    let file = by.send(contacts(20_000).as_bytes(), "text/csv").await;
    let id = by.start(&file, "CONTACTS", &contacts_mapping(), "s").await;
    by.until(&id, |import| import["rowsRead"].as_u64().is_some_and(|read| read > 0))
        .await;
    let query = "mutation($id: ID!) { userChangeRole(input: { id: $id, role: SALES }) { userErrors { code } } }";
    let changed = server.data_with(query, json!({ "id": manager.user })).await;
    assert_eq!(changed["userChangeRole"]["userErrors"], json!([]));
    let failed = By::Operator(&server).end(&id).await;
    assert_eq!(
        (&failed["state"], &failed["failure"]["code"]),
        (&json!("FAILED"), &json!("FORBIDDEN"))
    );
    assert!(counts(&failed)[1] < 20_000);
}

#[tokio::test]
async fn the_file_and_the_report_go_after_a_week_and_with_whoever_is_erased() {
    let server = Server::start_with(&["--clock", "manual"]);
    let operator = By::Operator(&server);
    let text = "id,last name,email\n1,Zola,zola@x.example\n2,Hugo,nothing\n";
    let import = async || {
        let file = operator.send(text.as_bytes(), "text/csv").await;
        let id = operator.start(&file, "CONTACTS", &contacts_mapping(), "s").await;
        operator.end(&id).await;
        id
    };
    let blobs = server.workplace.path().join("data/blobs");
    let kept = || {
        let mut files = 0;
        for folder in fs::read_dir(&blobs).unwrap() {
            let folder = folder.unwrap().path();
            if !folder.ends_with("incoming") {
                files += fs::read_dir(folder).unwrap().count();
            }
        }
        files
    };
    let file = operator.send(text.as_bytes(), "text/csv").await;
    let command = json!({ "file": file, "kind": "CONTACTS", "mapping": contacts_mapping(), "source": "s",
        "commandId": "018f3a5e-0000-7000-8000-0000000000bb" });
    let started = operator.data(START, json!({ "input": command })).await;
    let first = started["importStart"]["import"]["id"].as_str().unwrap().to_owned();
    operator.end(&first).await;
    assert_eq!(kept(), 2, "the file and the report");
    let now = server.data("{ clock { now } }").await["clock"]["now"]
        .as_str()
        .unwrap()
        .to_owned();
    let now: chrono::DateTime<chrono::Utc> = now.parse().unwrap();
    let advance = async |days: i64| {
        let to = (now + chrono::TimeDelta::days(days)).to_rfc3339();
        let query = "mutation($to: DateTime!) { clockAdvance(input: { to: $to }) { clock { now } } }";
        server.data_with(query, json!({ "to": to })).await;
        // Something happens, so that the queue is looked at.
        server
            .data("mutation { organizationCreate(input: { name: \"A\" }) { position } }")
            .await;
    };
    advance(6).await;
    let second = import().await;
    assert_eq!(operator.look(&first).await["filesRemoved"], false);
    advance(8).await;
    let gone = operator.until(&first, |import| import["filesRemoved"] == true).await;
    assert_eq!(
        (&gone["filePath"], &gone["report"], &gone["state"]),
        (&Value::Null, &Value::Null, &json!("DONE"))
    );
    // The same command gets its first answer, although the file waits no more.
    let again = operator.data(START, json!({ "input": command })).await;
    let (again, started) = (&again["importStart"], &started["importStart"]);
    assert_eq!(
        (&again["replayed"], &again["position"]),
        (&json!(true), &started["position"])
    );
    assert_eq!(again["import"]["id"], started["import"]["id"]);
    // The second import has the same bytes, and keeps them.
    assert_eq!(kept(), 2);
    let path = operator.look(&second).await["filePath"].as_str().unwrap().to_owned();
    assert_eq!(operator.get(&path).send().await.unwrap().status(), StatusCode::OK);

    let found = server.data("{ contacts { nodes { person } } }").await;
    let person = found["contacts"]["nodes"][0]["person"].as_str().unwrap().to_owned();
    let erase = format!(
        "mutation {{ personErase(input: {{ person: \"{person}\", ground: REQUEST }}) {{ pending userErrors {{ code }} }} }}"
    );
    let erased = server.data(&erase).await;
    assert_eq!(erased["personErase"]["pending"], false, "{erased:#}");
    assert_eq!(kept(), 0);
    assert_eq!(
        operator.get(&path).send().await.unwrap().status(),
        StatusCode::NOT_FOUND
    );
    assert_eq!(operator.look(&second).await["filesRemoved"], true);
    // The row is still known as one that was taken, and brings nobody back.
    let third = import().await;
    let again = operator.look(&third).await;
    assert_eq!(counts(&again), [2, 0, 1, 0, 1], "{again:#}");
    let found = server.data("{ contacts { nodes { lastName emails } } }").await;
    assert_eq!(found["contacts"]["nodes"], json!([{ "lastName": null, "emails": [] }]));
    let verified = server.workplace.run(&["verify"]);
    assert_eq!(verified.code, 0, "{}{}", verified.stdout, verified.stderr);
}

#[tokio::test]
async fn an_import_that_waits_while_somebody_is_erased_keeps_its_file_until_it_is_over_and_no_longer() {
    let server = Server::start();
    let operator = By::Operator(&server);
    let added = server
        .data("mutation { contactAdd(input: { lastName: \"Zola\" }) { contact { person } } }")
        .await;
    let person = added["contactAdd"]["contact"]["person"].as_str().unwrap().to_owned();
    let file = operator.send(contacts(20_000).as_bytes(), "text/csv").await;
    let long = operator.start(&file, "CONTACTS", &contacts_mapping(), "s").await;
    let file = operator.send(contacts(3).as_bytes(), "text/csv").await;
    let waiting = operator.start(&file, "CONTACTS", &contacts_mapping(), "t").await;
    operator.until(&long, |import| import["state"] == "RUNNING").await;
    let erase = format!(
        "mutation {{ personErase(input: {{ person: \"{person}\", ground: REQUEST }}) {{ pending userErrors {{ code }} }} }}"
    );
    let erased = server.data(&erase).await;
    assert_eq!(erased["personErase"]["pending"], false, "{erased:#}");
    assert_eq!(operator.look(&waiting).await["state"], "QUEUED");
    operator.data(CANCEL, json!({ "id": long })).await;
    let done = operator.end(&waiting).await;
    assert_eq!(counts(&done), [3, 3, 0, 0, 0], "its file was there: {done:#}");
    for id in [&long, &waiting] {
        operator.until(id, |import| import["filesRemoved"] == true).await;
    }
    // One that was asked for since keeps its file.
    let file = operator.send(contacts(4).as_bytes(), "text/csv").await;
    let later = operator.start(&file, "CONTACTS", &contacts_mapping(), "t").await;
    assert_eq!(counts(&operator.end(&later).await), [4, 1, 3, 0, 0]);
    settled(&server).await;
    assert_eq!(operator.look(&later).await["filesRemoved"], false);
}

#[tokio::test]
async fn postgresql_another_process_takes_an_import_over_when_one_dies() {
    const ROWS: usize = 1_500;
    let database = Database::make("importing").await;
    let url = database.url();
    let place = ["--journal", &url, "--views", &url];
    let first = stopping_at(400, &place);
    let data = first.workplace.path().join("data");
    let within = |name: &str| data.join(name).display().to_string();
    let workplace = Workplace::new();
    let mut command = workplace.command();
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--token", TOKEN])
        .args(place);
    command.args(["--keys", &within("keys"), "--blobs", &within("blobs")]);
    let second = Server::run(workplace, command);
    // Whichever of the two asked for it, the first one holds the lease.
    let operator = By::Operator(&second);
    let file = operator.send(contacts(ROWS).as_bytes(), "text/csv").await;
    let id = operator.start(&file, "CONTACTS", &contacts_mapping(), "s").await;
    let until = Instant::now() + PATIENCE;
    while second.position().await < 400 {
        assert!(Instant::now() < until, "no row is taken");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let first = dead(first);
    let told = followed(operator, &id).await;
    assert_eq!(told.last().unwrap()["state"], "DONE", "{told:#?}");
    // The journal has said so; the view, which the other process kept before, may take a moment.
    let done = operator.end(&id).await;
    assert_eq!(counts(&done), [ROWS as u64, ROWS as u64, 0, 0, 0], "{done:#}");
    assert_eq!(added(&second).await, ROWS as u64);
    drop((second, first));
    database.drop().await;
}

/// Kills a server without a word; its files stay until this is dropped.
fn dead(mut server: Server) -> Workplace {
    std::mem::take(&mut server.workplace)
}
