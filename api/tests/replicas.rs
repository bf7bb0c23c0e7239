//! Partial replicas: what a client holds after each answer, compared with what its user sees.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::Role;
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{database::Database, people::People, server::Server};

/// What is compared, by kind: the type, its list, and its fields.
const KINDS: [(&str, &str, &str, &str); 5] = [
    (
        "organization",
        "Organization",
        "organizations",
        "name status owner { uuid } tags version",
    ),
    (
        "contact",
        "Contact",
        "contacts",
        "lastName emails organization { uuid } version",
    ),
    ("deal", "Deal", "deals", "title stage status owner { uuid } version"),
    ("activity", "Activity", "activities", "body version"),
    ("task", "Task", "tasks", "title status assignees { uuid } version"),
];

fn changes() -> String {
    let records = KINDS
        .map(|(_, kind, _, fields)| format!("... on {kind} {{ {fields} }}"))
        .join(" ");
    format!(
        "query($since: String, $scope: ReplicaScope, $first: Int, $hash: String) {{
            changes(since: $since, scope: $scope, first: $first, hash: $hash) {{ cursor hasMore position count hash
                changed {{ id category uuid revision record {{ id {records} }} }}
                removed {{ id category uuid reason mergedInto }} }} }}"
    )
}

/// A device of somebody who is signed in. It outlives the server.
struct Device {
    name: &'static str,
    cookie: String,
    csrf: String,
    user: String,
    scope: Value,
    cursor: Value,
    records: BTreeMap<String, (String, Value)>,
    /// Why each was removed last.
    removed: BTreeMap<String, Value>,
}

impl Device {
    async fn of(people: &People<'_>, name: &'static str, role: Role, scope: Value) -> Self {
        let person = people.with(role).sign_in().await;
        Self {
            name,
            cookie: person.cookie,
            csrf: person.csrf,
            user: person.user,
            scope,
            cursor: Value::Null,
            records: BTreeMap::new(),
            removed: BTreeMap::new(),
        }
    }

    async fn answer(&self, server: &Server, query: &str, variables: Value) -> Value {
        let request = server.client().post(server.url("/graphql"));
        let request = request
            .header("cookie", &self.cookie)
            .header("x-csrf-token", &self.csrf);
        let request = request.json(&json!({ "query": query, "variables": variables }));
        request.send().await.expect("an answer").json().await.expect("JSON")
    }

    async fn data(&self, server: &Server, query: &str, variables: Value) -> Value {
        let mut answer = self.answer(server, query, variables).await;
        assert!(answer.get("errors").is_none(), "{}: {query}: {answer:#}", self.name);
        answer["data"].take()
    }

    async fn ask(&self, server: &Server, first: usize) -> Value {
        let variables = json!({ "since": self.cursor, "scope": self.scope, "first": first, "hash": self.hash() });
        self.data(server, &changes(), variables).await["changes"].take()
    }

    /// Applies an answer, and whether there is more.
    fn apply(&mut self, page: &Value) -> bool {
        for gone in page["removed"].as_array().unwrap() {
            let key = key(gone);
            assert!(self.records.remove(&key).is_some(), "{}: {key} was not held", self.name);
            // What refers to a merged record refers to its survivor.
            if let Some(survivor) = gone["mergedInto"].as_str() {
                let (merged, survivor) = (gone["uuid"].as_str().unwrap(), bare(survivor));
                for (_, record) in self.records.values_mut() {
                    *record = serde_json::from_str(&record.to_string().replace(merged, &survivor)).unwrap();
                }
            }
            self.removed.insert(key, gone.clone());
        }
        for one in page["changed"].as_array().unwrap() {
            let revision = one["revision"].as_str().unwrap().to_owned();
            self.records.insert(key(one), (revision, one["record"].clone()));
        }
        self.cursor = page["cursor"].clone();
        assert_eq!(page["count"], self.records.len(), "{}", self.name);
        assert_eq!(page["hash"], self.hash(), "{}", self.name);
        page["hasMore"] == true
    }

    /// All that there is to get, in pages.
    async fn sync(&mut self, server: &Server, first: usize) {
        loop {
            let page = self.ask(server, first).await;
            if !self.apply(&page) {
                return;
            }
        }
    }

    /// As the documentation says.
    fn hash(&self) -> String {
        let hashes = self.records.iter().map(|(key, (revision, _))| {
            let digest = Sha256::digest(format!("{key}@{revision}"));
            u64::from_be_bytes(digest[..8].try_into().unwrap())
        });
        format!("{:016x}", hashes.fold(0, |all, one| all ^ one))
    }

    /// What its user sees of what it holds, by the lists.
    async fn truth(&self, server: &Server) -> BTreeMap<String, Value> {
        let position = server.position().await.to_string();
        let lists = KINDS.map(|(category, _, list, fields)| {
            let more = match category {
                "contact" => "erased",
                "activity" => "withdrawnAt",
                _ => "",
            };
            format!("{list}(first: 250, minPosition: $position) {{ nodes {{ uuid id {fields} {more} }} }}")
        });
        let query = format!("query($position: BigInt) {{ {} }}", lists.join(" "));
        let data = self.data(server, &query, json!({ "position": position })).await;
        let mut truth = BTreeMap::new();
        for (category, _, list, _) in KINDS {
            for node in data[list]["nodes"].as_array().unwrap() {
                let mut record = node.clone();
                let fields = record.as_object_mut().unwrap();
                let uuid = fields.remove("uuid").unwrap();
                let left_out = fields.remove("erased") == Some(json!(true))
                    || fields.remove("withdrawnAt").is_some_and(|at| !at.is_null());
                if !left_out {
                    truth.insert(format!("{category}:{}", uuid.as_str().unwrap()), record);
                }
            }
        }
        truth
    }

    async fn agrees(&mut self, server: &Server, first: usize) {
        let truth = self.truth(server).await;
        self.sync(server, first).await;
        let held: BTreeMap<String, Value> = self
            .records
            .iter()
            .map(|(key, (_, record))| (key.clone(), record.clone()))
            .collect();
        assert_eq!(held, truth, "{}", self.name);
    }
}

/// The bare id within a global one.
fn bare(id: &str) -> String {
    let bytes = URL_SAFE_NO_PAD.decode(id).unwrap();
    uuid::Uuid::from_slice(&bytes[bytes.len() - 16..]).unwrap().to_string()
}

fn key(one: &Value) -> String {
    format!(
        "{}:{}",
        one["category"].as_str().unwrap(),
        one["uuid"].as_str().unwrap()
    )
}

/// Things that people do, at random.
struct Story {
    random: StdRng,
    made: BTreeMap<&'static str, Vec<String>>,
    persons: Vec<String>,
    teams: Vec<String>,
}

impl Story {
    fn new(seed: u64) -> Self {
        Self {
            random: StdRng::seed_from_u64(seed),
            made: BTreeMap::new(),
            persons: Vec::new(),
            teams: Vec::new(),
        }
    }

    fn some(&mut self, kind: &str) -> Option<String> {
        self.made.get(kind)?.choose(&mut self.random).cloned()
    }

    /// Whatever a step leads to, refusals included, it must not be an error of ours.
    async fn step(&mut self, server: &Server, devices: &[Device]) {
        let who = devices.choose(&mut self.random).unwrap();
        let whom = devices.choose(&mut self.random).unwrap().user.clone();
        let boss = &devices[0];
        let word = format!("word {}", self.random.random_range(0..1_000));
        let (organization, deal) = (self.some("organization"), self.some("deal"));
        let (by, mutation, input): (&Device, &str, Value) = match self.random.random_range(0..22) {
            0 => (who, "organizationCreate", json!({ "name": word })),
            1 | 2 => (who, "dealOpen", json!({ "title": word, "organization": organization })),
            3 => (
                who,
                "contactAdd",
                json!({ "lastName": word, "organization": organization }),
            ),
            4 => (who, "taskCreate", json!({ "title": word, "assignees": [whom] })),
            5 => (
                who,
                "activityRecord",
                json!({ "deal": deal, "organization": organization, "body": word, "content": { "note": true } }),
            ),
            6 | 7 => (boss, "dealAssign", json!({ "id": deal, "owner": whom })),
            8 => (who, "dealRename", json!({ "id": deal, "title": word })),
            9 => (who, "dealWin", json!({ "id": deal })),
            10 => (boss, "organizationAssign", json!({ "id": organization, "owner": whom })),
            11 => (who, "organizationTag", json!({ "id": organization, "tags": [word] })),
            12 => (boss, "organizationArchive", json!({ "id": organization })),
            13 => (boss, "organizationRestore", json!({ "id": organization })),
            14 => (
                boss,
                "organizationsMerge",
                json!({ "survivor": organization, "merged": self.some("organization") }),
            ),
            15 => (who, "taskComplete", json!({ "id": self.some("task") })),
            16 => (
                who,
                "taskAssign",
                json!({ "id": self.some("task"), "assignees": [whom] }),
            ),
            17 => (who, "activityWithdraw", json!({ "id": self.some("activity") })),
            18 => (
                boss,
                "contactMove",
                json!({ "id": self.some("contact"), "organization": organization }),
            ),
            19 => (boss, "teamAddMember", json!({ "id": self.teams[0], "member": whom })),
            20 => (boss, "teamRemoveMember", json!({ "id": self.teams[0], "member": whom })),
            _ => {
                let Some(person) = self.persons.choose(&mut self.random).cloned() else {
                    return;
                };
                (boss, "personErase", json!({ "person": person, "ground": "REQUEST" }))
            }
        };
        if input
            .as_object()
            .unwrap()
            .iter()
            .any(|(name, value)| ["id", "survivor", "merged"].contains(&name.as_str()) && value.is_null())
        {
            return;
        }
        self.give(server, by, mutation, input).await;
    }

    async fn give(&mut self, server: &Server, by: &Device, mutation: &str, input: Value) {
        let (kind, object, wanted) = match mutation {
            "organizationCreate" => ("OrganizationCreateInput", "organization", "organization { uuid }"),
            "dealOpen" => ("DealOpenInput", "deal", "deal { uuid }"),
            "contactAdd" => ("ContactAddInput", "contact", "contact { uuid person }"),
            "taskCreate" => ("TaskCreateInput", "task", "task { uuid }"),
            "activityRecord" => ("ActivityRecordInput", "activity", "activity { uuid }"),
            "organizationTag" => ("OrganizationTagsInput", "", "position"),
            "organizationArchive" | "organizationRestore" => ("OrganizationCommandInput", "", "position"),
            "taskComplete" => ("TaskCommandInput", "", "position"),
            "teamAddMember" | "teamRemoveMember" => ("TeamMemberInput", "", "position"),
            "personErase" => ("PersonEraseInput", "", "position"),
            _ => ("", "", "position"),
        };
        let kind = match kind {
            "" => format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]),
            kind => kind.to_owned(),
        };
        let query =
            format!("mutation($input: {kind}!) {{ {mutation}(input: $input) {{ {wanted} userErrors {{ code }} }} }}");
        let answer = by.answer(server, &query, json!({ "input": input })).await;
        if let Some(code) = answer["errors"][0]["extensions"]["code"].as_str() {
            assert!(
                ["NOT_FOUND", "FORBIDDEN"].contains(&code),
                "{mutation} {input}: {answer:#}"
            );
            return;
        }
        let made = &answer["data"][mutation][object];
        if let Some(uuid) = made["uuid"].as_str() {
            let kind = ["organization", "deal", "contact", "task", "activity"]
                .into_iter()
                .find(|kind| *kind == object);
            self.made.entry(kind.unwrap()).or_default().push(uuid.to_owned());
        }
        if let Some(person) = made["person"].as_str() {
            self.persons.push(person.to_owned());
        }
    }
}

async fn whatever_people_do_replicas_hold_what_their_users_see(mut server: Server, seed: u64) {
    let people = People::of(&server);
    let mut devices = vec![
        Device::of(&people, "boss", Role::Admin, json!({})).await,
        Device::of(&people, "lead", Role::Manager, json!({})).await,
        Device::of(&people, "first", Role::Sales, json!({})).await,
        Device::of(&people, "second", Role::Sales, json!({})).await,
    ];
    let mut story = Story::new(seed);
    let formed = devices[0]
        .data(
            &server,
            "mutation { teamForm(input: { name: \"Nord\" }) { team { uuid } } }",
            json!({}),
        )
        .await;
    story
        .teams
        .push(formed["teamForm"]["team"]["uuid"].as_str().unwrap().to_owned());
    for round in 0..8 {
        for _ in 0..20 {
            story.step(&server, &devices).await;
            // In the middle of it all somebody takes one page.
            let one = story.random.random_range(0..devices.len() * 3);
            if one < devices.len() {
                let page = devices[one].ask(&server, 2).await;
                // Sometimes the answer gets lost.
                if story.random.random_bool(0.8) {
                    devices[one].apply(&page);
                }
            }
        }
        if round % 3 == 2 {
            server = server.restart_after_kill(&[]);
        }
        for device in &mut devices {
            device.agrees(&server, 7).await;
        }
    }
}

#[tokio::test]
async fn replicas_hold_what_their_users_see() {
    whatever_people_do_replicas_hold_what_their_users_see(Server::start(), 1).await;
}

#[tokio::test]
async fn replicas_hold_what_their_users_see_in_another_story() {
    whatever_people_do_replicas_hold_what_their_users_see(Server::start(), 2).await;
}

#[tokio::test]
async fn whoever_loses_a_record_gets_a_tombstone_and_never_the_data() {
    lost(&Server::start()).await;
}

async fn lost(server: &Server) {
    let people = People::of(server);
    let boss = Device::of(&people, "boss", Role::Admin, json!({})).await;
    let mut sales = Device::of(&people, "sales", Role::Sales, json!({})).await;
    let other = Device::of(&people, "other", Role::Sales, json!({})).await;
    let mut story = Story::new(0);
    story
        .give(server, &sales, "dealOpen", json!({ "title": "Bornes" }))
        .await;
    let deal = story.some("deal").unwrap();
    sales.agrees(server, 10).await;
    assert_eq!(sales.records.len(), 1);
    story
        .give(server, &boss, "dealAssign", json!({ "id": deal, "owner": other.user }))
        .await;
    story
        .give(server, &other, "dealRename", json!({ "id": deal, "title": "Geheim" }))
        .await;
    server
        .data_with(
            "query($p: BigInt) { deals(minPosition: $p) { totalCount } }",
            json!({ "p": server.position().await.to_string() }),
        )
        .await;
    let page = sales.ask(server, 10).await;
    assert_eq!(page["changed"], json!([]));
    assert_eq!(page["removed"][0]["uuid"], deal);
    assert_eq!(page["removed"][0]["reason"], "NOT_VISIBLE");
    assert!(!page.to_string().contains("Geheim"), "{page:#}");
    sales.apply(&page);
    // Once. What happens to it from now on is nothing to them.
    story.give(server, &other, "dealWin", json!({ "id": deal })).await;
    sales.agrees(server, 10).await;
    assert_eq!(sales.removed.len(), 1);
}

#[tokio::test]
async fn each_way_to_go_has_its_reason() {
    reasons(&Server::start()).await;
}

async fn reasons(server: &Server) {
    let people = People::of(server);
    let mut boss = Device::of(&people, "boss", Role::Admin, json!({})).await;
    let mut story = Story::new(0);
    for name in ["Merged", "Survivor", "Archived"] {
        story
            .give(server, &boss, "organizationCreate", json!({ "name": name }))
            .await;
    }
    story
        .give(server, &boss, "contactAdd", json!({ "lastName": "Martin" }))
        .await;
    story
        .give(server, &boss, "dealOpen", json!({ "title": "Bornes" }))
        .await;
    let deal = story.some("deal").unwrap();
    story
        .give(
            server,
            &boss,
            "activityRecord",
            json!({ "deal": deal, "body": "Vu.", "content": { "note": true } }),
        )
        .await;
    boss.agrees(server, 3).await;
    let organizations = story.made["organization"].clone();
    let merge = json!({ "survivor": organizations[1], "merged": organizations[0] });
    story.give(server, &boss, "organizationsMerge", merge).await;
    story
        .give(server, &boss, "organizationArchive", json!({ "id": organizations[2] }))
        .await;
    let (activity, contact) = (story.some("activity").unwrap(), story.some("contact").unwrap());
    story
        .give(server, &boss, "activityWithdraw", json!({ "id": activity }))
        .await;
    let person = story.persons[0].clone();
    story
        .give(
            server,
            &boss,
            "personErase",
            json!({ "person": person, "ground": "REQUEST" }),
        )
        .await;
    boss.agrees(server, 10).await;
    let reason = |key: String| boss.removed[&key]["reason"].clone();
    assert_eq!(reason(format!("organization:{}", organizations[0])), "MERGED");
    assert!(boss.removed[&format!("organization:{}", organizations[0])]["mergedInto"].is_string());
    assert_eq!(reason(format!("organization:{}", organizations[2])), "ARCHIVED");
    assert_eq!(reason(format!("activity:{activity}")), "WITHDRAWN");
    assert_eq!(reason(format!("contact:{contact}")), "ERASED");
    // Of another scope: the rest is out of it.
    boss.scope = json!({ "types": ["DEAL"] });
    boss.sync(server, 10).await;
    assert_eq!(boss.records.len(), 1);
    assert_eq!(reason_of(&boss, &organizations[1]), "OUT_OF_SCOPE");
}

fn reason_of(device: &Device, organization: &str) -> Value {
    device.removed[&format!("organization:{organization}")]["reason"].clone()
}

#[tokio::test]
async fn a_replica_of_what_is_mine_holds_what_belongs_together() {
    let server = Server::start();
    let people = People::of(&server);
    let boss = Device::of(&people, "boss", Role::Admin, json!({})).await;
    let mut mine = Device::of(
        &people,
        "mine",
        Role::Manager,
        json!({ "mine": true, "closedWithinDays": 30 }),
    )
    .await;
    let mut story = Story::new(0);
    story
        .give(&server, &boss, "organizationCreate", json!({ "name": "Theirs" }))
        .await;
    story
        .give(&server, &boss, "organizationCreate", json!({ "name": "Mine" }))
        .await;
    let [theirs, ours] = story.made["organization"].clone().try_into().unwrap();
    story
        .give(
            &server,
            &boss,
            "contactAdd",
            json!({ "lastName": "Martin", "organization": ours }),
        )
        .await;
    story
        .give(
            &server,
            &boss,
            "contactAdd",
            json!({ "lastName": "Durand", "organization": theirs }),
        )
        .await;
    let old =
        json!({ "title": "Old", "organization": theirs, "owner": mine.user, "occurredAt": "2020-01-01T00:00:00Z" });
    story.give(&server, &boss, "dealOpen", old).await;
    let closed = story.some("deal").unwrap();
    let won = "mutation($id: ID!) { dealWin(input: { id: $id, occurredAt: \"2020-02-01T00:00:00Z\" }) { userErrors { code } } }";
    boss.data(&server, won, json!({ "id": closed })).await;
    story
        .give(
            &server,
            &boss,
            "dealOpen",
            json!({ "title": "Bornes", "organization": ours, "owner": mine.user }),
        )
        .await;
    let position = json!({ "p": server.position().await.to_string() });
    server
        .data_with("query($p: BigInt) { deals(minPosition: $p) { totalCount } }", position)
        .await;
    mine.sync(&server, 50).await;
    let told: Vec<String> = mine.records.values().map(|(_, record)| record.to_string()).collect();
    let has = |word: &str| told.iter().any(|record| record.contains(word));
    assert!(has("\"Mine\"") && has("Martin") && has("Bornes"), "{told:#?}");
    // An old deal is one's own all the same: its organization comes along, the deal does not.
    assert!(has("\"Theirs\"") && !has("\"Old\""), "{told:#?}");
}

#[tokio::test]
async fn cursors_that_are_no_good_are_told_apart() {
    cursors(&Server::start()).await;
}

async fn cursors(server: &Server) {
    let people = People::of(server);
    let mut first = Device::of(&people, "first", Role::Sales, json!({})).await;
    let mut second = Device::of(&people, "second", Role::Sales, json!({})).await;
    let mut story = Story::new(0);
    for title in ["a", "b", "c"] {
        story
            .give(
                server,
                &first,
                "taskCreate",
                json!({ "title": title, "assignees": [first.user] }),
            )
            .await;
    }
    first.agrees(server, 1).await;
    second.sync(server, 1).await;
    let code = async |device: &Device, variables: Value| {
        let answer = device.answer(server, &changes(), variables).await;
        let extensions = answer["errors"][0]["extensions"].clone();
        (extensions["code"].clone(), extensions["reason"].clone())
    };
    // Somebody else's, a forged one, and none at all.
    let bad = (json!("BAD_USER_INPUT"), Value::Null);
    let cursor = first.cursor.as_str().unwrap().to_owned();
    assert_eq!(code(&second, json!({ "since": cursor })).await, bad);
    let mut forged = cursor.clone().into_bytes();
    forged[3] = if forged[3] == b'A' { b'B' } else { b'A' };
    let forged = String::from_utf8(forged).unwrap();
    for text in [
        forged,
        String::new(),
        "x".repeat(100_000),
        "💥".to_owned(),
        cursor.repeat(2),
    ] {
        assert_eq!(code(&first, json!({ "since": text })).await, bad, "{text:.40}");
    }
    // One that was overtaken twice.
    story
        .give(
            server,
            &first,
            "taskCreate",
            json!({ "title": "d", "assignees": [first.user] }),
        )
        .await;
    first.agrees(server, 1).await;
    story
        .give(
            server,
            &first,
            "taskCreate",
            json!({ "title": "e", "assignees": [first.user] }),
        )
        .await;
    first.agrees(server, 1).await;
    let forgotten = (json!("FULL_RESYNC_NEEDED"), json!("CURSOR_FORGOTTEN"));
    assert_eq!(code(&first, json!({ "since": cursor })).await, forgotten);
    // One whose client lost something.
    let diverged = (json!("FULL_RESYNC_NEEDED"), json!("DIVERGED"));
    let wrong = json!({ "since": first.cursor, "hash": "0123456789abcdef" });
    assert_eq!(code(&first, wrong).await, diverged);
    // Replicas of one account are eight: a ninth forgets the first.
    for _ in 0..8 {
        first.data(server, &changes(), json!({ "first": 1 })).await;
    }
    assert_eq!(code(&first, json!({ "since": first.cursor })).await, forgotten);
    for first_n in [0, -1, 501] {
        assert_eq!(code(&first, json!({ "first": first_n })).await, bad);
    }
}

#[tokio::test]
async fn postgresql_holds_the_same() {
    for number in 0..4 {
        let database = Database::make(&format!("replicas_{number}")).await;
        let server = database.serve();
        match number {
            0 => lost(&server).await,
            1 => reasons(&server).await,
            2 => cursors(&server).await,
            _ => whatever_people_do_replicas_hold_what_their_users_see(server, 3).await,
        }
        database.drop().await;
    }
}
