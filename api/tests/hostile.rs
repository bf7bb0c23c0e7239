//! What whoever wants to do harm sends: random operations of every type as every role, and each trick by name.

use std::collections::{BTreeMap, BTreeSet};

use domain::Role;
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    people::{People, Person},
    server::Server,
};

/// Stands in every record that is hidden.
const SECRET: &str = "Xyzzyplugh";
/// They end the session that asks, or take long on purpose.
const LEFT_OUT: [&str; 12] = [
    "signIn",
    "signOut",
    "signOutEverywhere",
    "sessionEnd",
    "passwordChange",
    "passwordReset",
    "passwordResetRequest",
    "secondFactorBegin",
    "secondFactorConfirm",
    "secondFactorDisable",
    "clockAdvance",
    "projectionRetry",
];
/// What must never be answered: it would be a mistake of ours.
const OURS: [&str; 5] = [
    "INTERNAL_SERVER_ERROR",
    "VIEWS_UNAVAILABLE",
    "JOURNAL_UNAVAILABLE",
    "GRAPHQL_PARSE_FAILED",
    "GRAPHQL_VALIDATION_FAILED",
];

const INTROSPECTION: &str = "{ __schema { queryType { name } mutationType { name } types { kind name isOneOf
    fields(includeDeprecated: true) { name args { name defaultValue type { ...T } } type { ...T } }
    inputFields { name defaultValue type { ...T } } enumValues { name } possibleTypes { name } } } }
    fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";

/// Writes operations of a schema.
struct Writer {
    types: BTreeMap<String, Value>,
    random: StdRng,
    /// Ids of whatever there is, visible or not.
    ids: Vec<String>,
}

impl Writer {
    async fn new(server: &Server, seed: u64, ids: Vec<String>) -> Self {
        let schema = server.data(INTROSPECTION).await;
        let types = schema["__schema"]["types"].as_array().unwrap().iter();
        Self {
            types: types
                .map(|one| (one["name"].as_str().unwrap().to_owned(), one.clone()))
                .collect(),
            random: StdRng::seed_from_u64(seed),
            ids,
        }
    }

    fn operation(&mut self, root: &str, keyword: &str) -> String {
        let fields = self.types[root]["fields"].as_array().unwrap().clone();
        loop {
            let field = fields.choose(&mut self.random).unwrap();
            if !LEFT_OUT.contains(&field["name"].as_str().unwrap()) {
                return format!("{keyword} {{ {} }}", self.field(field, 4));
            }
        }
    }

    fn field(&mut self, field: &Value, depth: usize) -> String {
        let mut arguments = Vec::new();
        for argument in field["args"].as_array().unwrap() {
            let required = argument["type"]["kind"] == "NON_NULL" && argument["defaultValue"].is_null();
            if required || self.random.random_bool(0.3) {
                let value = self.value(&argument["type"], 3);
                arguments.push(format!("{}: {value}", argument["name"].as_str().unwrap()));
            }
        }
        let arguments = if arguments.is_empty() {
            String::new()
        } else {
            format!("({})", arguments.join(", "))
        };
        let name = field["name"].as_str().unwrap();
        format!("{name}{arguments}{}", self.selection(&named(&field["type"]), depth))
    }

    fn selection(&mut self, of: &str, depth: usize) -> String {
        let one = self.types[of].clone();
        match one["kind"].as_str().unwrap() {
            "OBJECT" => {
                let fields = one["fields"].as_array().unwrap();
                let mut chosen = vec!["__typename".to_owned()];
                let mut names = BTreeSet::new();
                for _ in 0..self.random.random_range(1..7) {
                    let field = fields.choose(&mut self.random).unwrap();
                    let leaf =
                        ["SCALAR", "ENUM"].contains(&self.types[&named(&field["type"])]["kind"].as_str().unwrap());
                    if (leaf || depth > 1) && names.insert(field["name"].clone().to_string()) {
                        chosen.push(self.field(field, depth - 1));
                    }
                }
                format!(" {{ {} }}", chosen.join(" "))
            }
            "INTERFACE" | "UNION" => {
                let parts: Vec<String> = one["possibleTypes"]
                    .as_array()
                    .unwrap()
                    .clone()
                    .iter()
                    .enumerate()
                    .map(|(place, possible)| {
                        let name = possible["name"].as_str().unwrap();
                        // Under a name of its own: two types may have a field of the same name and not of the same type.
                        let fields = self.types[name]["fields"].as_array().unwrap().clone();
                        let leaves: Vec<_> = fields
                            .into_iter()
                            .filter(|field| {
                                let kind = self.types[&named(&field["type"])]["kind"].clone();
                                kind == "SCALAR" || kind == "ENUM"
                            })
                            .collect();
                        let field = leaves.choose(&mut self.random).unwrap().clone();
                        format!("... on {name} {{ f{place}: {} }}", self.field(&field, 1))
                    })
                    .collect();
                format!(" {{ __typename {} }}", parts.join(" "))
            }
            _ => String::new(),
        }
    }

    fn value(&mut self, of: &Value, depth: usize) -> String {
        match of["kind"].as_str().unwrap() {
            "NON_NULL" => self.value(&of["ofType"], depth),
            "LIST" => {
                let count = self.random.random_range(0..3);
                let items: Vec<_> = (0..count).map(|_| self.value(&of["ofType"], depth)).collect();
                format!("[{}]", items.join(", "))
            }
            "ENUM" => {
                let values = self.types[of["name"].as_str().unwrap()]["enumValues"]
                    .as_array()
                    .unwrap()
                    .clone();
                values.choose(&mut self.random).unwrap()["name"]
                    .as_str()
                    .unwrap()
                    .to_owned()
            }
            "INPUT_OBJECT" => self.input(of["name"].as_str().unwrap(), depth),
            _ => self.scalar(of["name"].as_str().unwrap()),
        }
    }

    fn input(&mut self, name: &str, depth: usize) -> String {
        let one = self.types[name].clone();
        let fields = one["inputFields"].as_array().unwrap();
        let chosen: Vec<&Value> = if one["isOneOf"] == true {
            fields.choose(&mut self.random).into_iter().collect()
        } else {
            let wanted = |random: &mut StdRng, field: &Value| {
                let required = field["type"]["kind"] == "NON_NULL" && field["defaultValue"].is_null();
                required || (depth > 0 && random.random_bool(0.3))
            };
            let mut chosen = Vec::new();
            for field in fields {
                if wanted(&mut self.random, field) {
                    chosen.push(field);
                }
            }
            chosen
        };
        let written: Vec<_> = chosen
            .into_iter()
            .map(|field| {
                let value = self.value(&field["type"], depth.saturating_sub(1));
                format!("{}: {value}", field["name"].as_str().unwrap())
            })
            .collect();
        format!("{{ {} }}", written.join(", "))
    }

    fn scalar(&mut self, name: &str) -> String {
        let text = |text: &str| json!(text).to_string();
        let words = [
            "",
            "x",
            SECRET,
            "'; DROP TABLE deals; --",
            "%_",
            "é\u{301}💥",
            "\u{200f}abc",
            "0",
            "null",
            "a\\b\"c",
        ];
        match name {
            "Int" => [0, 1, -1, 3, 50, 250, i32::MAX, i32::MIN]
                .choose(&mut self.random)
                .unwrap()
                .to_string(),
            "Float" => "1.5".to_owned(),
            "Boolean" => self.random.random_bool(0.5).to_string(),
            "ID" => {
                let unknown = Uuid::now_v7().to_string();
                if self.random.random_bool(0.85) {
                    text(self.ids.choose(&mut self.random).unwrap_or(&unknown))
                } else {
                    text(
                        [unknown.as_str(), "nonsense", "", "RGVhbDoBjzpeAABwAIAAAAAAAAAB"]
                            .choose(&mut self.random)
                            .unwrap(),
                    )
                }
            }
            "UUID" => {
                let bare = self.ids.iter().filter(|id| Uuid::parse_str(id).is_ok());
                let bare: Vec<_> = bare.cloned().collect();
                text(bare.choose(&mut self.random).unwrap_or(&Uuid::now_v7().to_string()))
            }
            "DateTime" => text(
                [
                    "2026-01-01T00:00:00Z",
                    "1970-01-01T00:00:00Z",
                    "9999-12-31T23:59:59Z",
                    "0001-01-02T00:00:00+14:00",
                ]
                .choose(&mut self.random)
                .unwrap(),
            ),
            "Date" => text(
                ["2026-02-28", "0001-01-01", "9999-12-31"]
                    .choose(&mut self.random)
                    .unwrap(),
            ),
            "Decimal" => text(
                ["0", "-1", "99999999999.99", "0.001", "79228162514264337593543950335"]
                    .choose(&mut self.random)
                    .unwrap(),
            ),
            "BigInt" => text(["0", "1", "18446744073709551615"].choose(&mut self.random).unwrap()),
            _ => text(words.choose(&mut self.random).unwrap()),
        }
    }
}

fn named(of: &Value) -> String {
    match of["name"].as_str() {
        Some(name) => name.to_owned(),
        None => named(&of["ofType"]),
    }
}

/// A company with something to hide: ids of all there is, global and bare, and those of what is hidden.
async fn company(boss: &Person<'_>, other: &Person<'_>) -> (Vec<String>, Vec<String>) {
    let mut ids = vec![boss.user.clone(), other.user.clone()];
    let mut hidden = Vec::new();
    for (by, word) in [(boss, SECRET), (other, "Bonjour")] {
        let mut made: BTreeMap<&str, Value> = BTreeMap::new();
        for (mutation, kind, object) in [
            ("organizationCreate", "OrganizationCreateInput", "organization"),
            ("contactAdd", "ContactAddInput", "contact"),
            ("dealOpen", "DealOpenInput", "deal"),
            ("activityRecord", "ActivityRecordInput", "activity"),
            ("taskCreate", "TaskCreateInput", "task"),
        ] {
            let input = match object {
                "organization" => json!({ "name": word }),
                "contact" => {
                    json!({ "lastName": word, "organization": made["organization"], "emails": [format!("{word}@energie.example")] })
                }
                "deal" => json!({ "title": word, "organization": made["organization"], "owner": by.user }),
                "activity" => {
                    json!({ "subject": word, "body": word, "deal": made["deal"], "content": { "note": true } })
                }
                _ => {
                    json!({ "title": word, "links": [format!("deal:{}", made["deal"].as_str().unwrap())], "assignees": [by.user],
                    "recurrence": { "rule": "FREQ=DAILY" }, "dueDate": "2026-03-01" })
                }
            };
            let query = format!(
                "mutation($input: {kind}!) {{ {mutation}(input: $input) {{ {object} {{ id uuid }} position userErrors {{ code message }} }} }}"
            );
            let data = by.data(&query, json!({ "input": input })).await;
            let payload = &data[mutation];
            assert_eq!(payload["userErrors"], json!([]), "{mutation} {input}");
            let (id, uuid) = (
                payload[object]["id"].as_str().unwrap(),
                payload[object]["uuid"].as_str().unwrap(),
            );
            ids.extend([id.to_owned(), uuid.to_owned()]);
            if word == SECRET {
                hidden.extend([id.to_owned(), uuid.to_owned()]);
            }
            made.insert(object, json!(uuid));
        }
        if word == SECRET {
            let assign = "mutation($id: ID!, $owner: ID!) { organizationAssign(input: { id: $id, owner: $owner }) { position userErrors { code } } }";
            by.data(assign, json!({ "id": made["organization"], "owner": by.user }))
                .await;
        }
    }
    (ids, hidden)
}

/// Asks at random; how many operations were answered. What comes back is never a mistake of ours, and (`hidden`) never something that is not theirs.
async fn ask(person: &Person<'_>, writer: &mut Writer, rounds: usize, hidden: &[String], who: &str) -> usize {
    let mut answered = 0;
    for round in 0..rounds {
        let operation = if round % 2 == 0 {
            writer.operation("Query", "query")
        } else {
            writer.operation("Mutation", "mutation")
        };
        // Whoever runs the system can end others' accounts.
        if operation.contains(" user") && operation.starts_with("mutation") {
            continue;
        }
        // What somebody writes themselves is no secret to them afterwards.
        if operation.contains(SECRET) && operation.starts_with("mutation") {
            continue;
        }
        let response = person
            .post()
            .json(&json!({ "query": operation }))
            .send()
            .await
            .expect("an answer");
        assert!(
            response.status().as_u16() < 500,
            "{who}: {operation}: {}",
            response.status()
        );
        let text = response.text().await.expect("a text");
        // Well typed, but beyond what a number or a date can be.
        let beyond = text.contains("Failed to parse");
        for code in OURS {
            assert!(beyond || !text.contains(code), "{who}: {operation}\n{text}");
        }
        answered += usize::from(text.starts_with("{\"data\":{") && !text.contains("\"errors\""));
        if hidden.is_empty() {
            continue;
        }
        let said = operation.contains(SECRET);
        assert!(
            said || !text.contains(SECRET),
            "{who} sees what is hidden: {operation}\n{text}"
        );
        // A record's global id says its bare one.
        for ids in hidden.chunks(2) {
            let named = ids.iter().any(|id| operation.contains(id));
            let told = ids.iter().any(|id| text.contains(id));
            assert!(named || !told, "{who} learns of {ids:?}: {operation}\n{text}");
        }
    }
    answered
}

async fn whatever_is_asked(seed: u64) {
    let server = Server::start();
    let people = People::of(&server);
    let boss = people.with(Role::Admin).sign_in().await;
    let other = people.with(Role::Sales).sign_in().await;
    let (ids, hidden) = company(&boss, &other).await;
    let mut writer = Writer::new(&server, seed, ids).await;
    // Who sees only what is theirs comes first: later somebody may give it to them.
    let mut answered = ask(&other, &mut writer, 400, &hidden, "SALES").await;
    let lead = people.with(Role::Manager).sign_in().await;
    answered += ask(&lead, &mut writer, 300, &hidden, "MANAGER").await;
    for role in [Role::Accountant, Role::Auditor, Role::Analyst, Role::Admin] {
        let person = people.with(role).sign_in().await;
        answered += ask(&person, &mut writer, 150, &[], role.as_str()).await;
    }
    // Most of it is nonsense; but it is not only nonsense.
    assert!(answered > 300, "{answered} of 1,300 operations had an answer");
    // And nobody broke it.
    server.data("{ deals { totalCount } journal { position } }").await;
}

#[tokio::test]
async fn random_operations_find_no_mistake_and_nothing_hidden() {
    whatever_is_asked(7).await;
}

#[tokio::test]
async fn other_random_operations_find_no_mistake_and_nothing_hidden_either() {
    whatever_is_asked(23).await;
}

#[tokio::test]
async fn salespeople_find_nothing_hidden_whichever_records_they_see() {
    let server = Server::start();
    let people = People::of(&server);
    let boss = people.with(Role::Admin).sign_in().await;
    let account = people.with(Role::Sales);
    let (ids, hidden) = company(&boss, &account.sign_in().await).await;
    let mut writer = Writer::new(&server, 41, ids).await;
    let mut answered = 0;
    // All of it comes last: who sees everything may give it away.
    for visibility in ["OWN", "TEAM", "ALL"] {
        let change = "mutation($input: UserChangeVisibilityInput!) { userChangeVisibility(input: $input) {
            user { visibility } userErrors { code } } }";
        let input = json!({ "id": account.user, "visibility": visibility });
        let data = boss.data(change, json!({ "input": input })).await;
        assert_eq!(
            data["userChangeVisibility"]["user"]["visibility"], visibility,
            "{data:#}"
        );
        let seller = account.sign_in().await;
        // Their own deal, and with everything to see the boss's, too.
        let query =
            "{ deals(filter: { title: { in: [\"Bonjour\", \"Xyzzyplugh\"] } }) { totalCount } viewer { visibility } }";
        let seen = seller.data(query, json!({})).await;
        assert_eq!(seen["viewer"]["visibility"], visibility);
        let sees_all = visibility == "ALL";
        assert!(!sees_all || seen["deals"]["totalCount"] != 0, "{seen:#}");
        let hidden = if sees_all { &[][..] } else { &hidden };
        answered += ask(&seller, &mut writer, 250, hidden, visibility).await;
    }
    assert!(answered > 150, "{answered} of 750 operations had an answer");
}

#[tokio::test]
async fn texts_that_databases_choke_on_are_refused_or_kept_as_they_are() {
    let server = Server::start();
    for text in [
        "nul \u{0} byte",
        "\u{feff}mark",
        "a\u{202e}b",
        "\u{d7ff}",
        "𝄞💥",
        "\u{1}\u{7f}",
    ] {
        let open = "mutation($title: String!) { dealOpen(input: { title: $title }) { deal { title } position userErrors { code } } }";
        let answer = server.answer(open, json!({ "title": text })).await;
        let payload = &answer["data"]["dealOpen"];
        let refused = payload["userErrors"][0]["code"].is_string();
        assert!(refused || payload["deal"]["title"].is_string(), "{text:?}: {answer:#}");
        let found = "query($text: String!) { deals(filter: { title: { contains: $text } }) { totalCount }
            organizations(filter: { name: { eq: $text } }) { totalCount } tasks(filter: { title: { startsWith: $text } }) { totalCount } }";
        let answer = server.answer(found, json!({ "text": text })).await;
        let code = answer["errors"][0]["extensions"]["code"].as_str().unwrap_or("none");
        assert!(["none", "BAD_USER_INPUT"].contains(&code), "{text:?}: {answer:#}");
    }
}

#[tokio::test]
async fn a_heap_of_small_things_is_as_dear_as_one_large_thing() {
    let mut server = Server::start();
    let aliases = (0..5_000).map(|number| format!("a{number}: deals(first: 250) {{ nodes {{ id }} }}"));
    let bomb = format!("{{ {} }}", aliases.collect::<Vec<_>>().join(" "));
    assert_eq!(server.code(&bomb).await, "COMPLEXITY_EXCEEDED");
    let opens = (0..2_000).map(|number| format!("a{number}: dealOpen(input: {{ title: \"x\" }}) {{ position }}"));
    let bomb = format!("mutation {{ {} }}", opens.collect::<Vec<_>>().join(" "));
    assert_eq!(server.code(&bomb).await, "COMPLEXITY_EXCEEDED");
    // Several operations in one body are none.
    let many = vec![json!({ "query": "{ journal { position } }" }); 100];
    let answer = server.post().json(&many).send().await.unwrap();
    assert_eq!(answer.status(), 400);
    let ids = vec!["RGVhbDoBjzpeAABwAIAAAAAAAAAB"; 251];
    let query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
    assert_eq!(server.code_with(query, json!({ "ids": ids })).await, "BAD_USER_INPUT");
    let inputs = vec![json!({ "title": "x" }); 201];
    for (mutation, kind) in [("dealsCreate", "DealOpenInput"), ("tasksCreate", "TaskCreateInput")] {
        let query = format!("mutation($inputs: [{kind}!]!) {{ {mutation}(inputs: $inputs) {{ __typename }} }}");
        let code = server.code_with(&query, json!({ "inputs": inputs })).await;
        assert!(
            ["BAD_USER_INPUT", "COMPLEXITY_EXCEEDED"].contains(&code.as_str()),
            "{mutation}: {code}"
        );
    }
    assert!(server.is_alive());
    assert_eq!(server.position().await, 0);
}

#[tokio::test]
async fn cursors_are_good_for_their_own_list_only_however_long_they_are() {
    let server = Server::start();
    for title in ["a", "b", "c"] {
        // Asked for the deal, it waits for the views.
        let open = "mutation($title: String!) { dealOpen(input: { title: $title }) { deal { id } } }";
        server.data_with(open, json!({ "title": title })).await;
    }
    let page = "query($after: String, $filter: DealFilter) { deals(first: 1, after: $after, filter: $filter) {
        pageInfo { endCursor } } }";
    let data = server.data_with(page, json!({})).await;
    let cursor = data["deals"]["pageInfo"]["endCursor"].as_str().unwrap().to_owned();
    let other = json!({ "after": cursor, "filter": { "title": { "contains": "a" } } });
    assert_eq!(server.code_with(page, other).await, "BAD_USER_INPUT");
    let tasks = "query($after: String) { tasks(after: $after) { totalCount } }";
    assert_eq!(
        server.code_with(tasks, json!({ "after": cursor })).await,
        "BAD_USER_INPUT"
    );
    for giant in [
        "A".repeat(500_000),
        "W10".repeat(1_000),
        "💥".to_owned(),
        "bnVsbA".to_owned(),
    ] {
        assert_eq!(
            server.code_with(page, json!({ "after": giant })).await,
            "BAD_USER_INPUT"
        );
        let changes = "query($since: String) { changes(since: $since) { count } }";
        assert_eq!(
            server.code_with(changes, json!({ "since": giant })).await,
            "BAD_USER_INPUT"
        );
        let history = "query($after: String) { history(id: \"deal:01900000-0000-7000-8000-0000000000d1\", after: $after) { totalCount } }";
        assert_eq!(
            server.code_with(history, json!({ "after": giant })).await,
            "BAD_USER_INPUT"
        );
    }
}

#[tokio::test]
async fn forged_credentials_open_nothing() {
    let server = Server::start();
    let people = People::of(&server);
    let account = people.with(Role::Sales);
    let person = account.sign_in().await;
    let (name, secret) = person.cookie.split_once('=').unwrap();
    let query = json!({ "query": "{ viewer { role } }" });
    let ask = |cookie: String, csrf: &str| {
        let request = server.client().post(server.url("/graphql")).json(&query);
        request
            .header("cookie", cookie)
            .header("x-csrf-token", csrf.to_owned())
            .send()
    };
    assert_eq!(ask(person.cookie.clone(), &person.csrf).await.unwrap().status(), 200);
    let mut changed: Vec<u8> = secret.bytes().collect();
    let last = changed.len() - 2;
    changed[last] = if changed[last] == b'A' { b'B' } else { b'A' };
    for forged in [
        String::from_utf8(changed).unwrap(),
        secret[..secret.len() - 1].to_owned(),
        format!("{secret}A"),
        String::new(),
        "A".repeat(6_000),
        person.user.clone(),
    ] {
        let answer = ask(format!("{name}={forged}"), &person.csrf).await.unwrap();
        assert_eq!(answer.status(), 401, "{forged:.40}");
    }
    // Another one's token against forgery does not fit.
    let stranger = people.with(Role::Sales).sign_in().await;
    assert_eq!(ask(person.cookie.clone(), &stranger.csrf).await.unwrap().status(), 403);
    for token in ["alf_", "alf_AAAA", "a token for test", "Bearer", ""] {
        let request = server
            .client()
            .post(server.url("/graphql"))
            .bearer_auth(token)
            .json(&query);
        assert_eq!(request.send().await.unwrap().status(), 401, "{token}");
    }
}

#[tokio::test]
async fn bodies_that_never_come_hold_nobody_up() {
    use tokio::{io::AsyncWriteExt, net::TcpStream};
    let mut server = Server::start();
    let mut held = Vec::new();
    for _ in 0..200 {
        let mut socket = TcpStream::connect(&server.address).await.unwrap();
        let head = format!(
            "POST /graphql HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: 900000\r\n\r\n{{",
            server.address
        );
        socket.write_all(head.as_bytes()).await.unwrap();
        held.push(socket);
    }
    let asked = tokio::time::timeout(
        std::time::Duration::from_secs(5),
        server.data("{ journal { position } }"),
    );
    asked.await.expect("an answer in time");
    assert!(server.is_alive());
    drop(held);
}
