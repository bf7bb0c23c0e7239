//! Which records people see: what a salesperson must not know of looks like what does not exist.

use domain::Role;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    database::Database,
    people::{People, Person},
    server::Server,
    sockets::{Heard, Socket},
};

/// Titles and names that nobody but Ben and his manager may read.
const SECRET: &str = "Confidentiel";

/// Ana and Ben sell. Mia leads Ana's team. Both have a customer of their own, and a deal with one that is nobody's.
struct House<'s> {
    server: &'s Server,
    ana: Person<'s>,
    ben: Person<'s>,
    mia: Person<'s>,
    team: String,
    /// Ids of what is Ben's, by the name of the type.
    bens: Vec<(&'static str, String)>,
    anas_deal: String,
    shared: String,
}

impl<'s> House<'s> {
    async fn of(server: &'s Server) -> Self {
        let people = People::of(server);
        let (ana, ben, mia) = (
            people.with(Role::Sales).sign_in().await,
            people.with(Role::Sales).sign_in().await,
            people.with(Role::Manager).sign_in().await,
        );
        let team = create(server, "teamForm", "team", json!({ "name": "Sud" })).await;
        for member in [&ana, &mia] {
            let input = json!({ "id": team, "member": member.user });
            give(server, "teamAddMember", input).await;
        }
        let organization = async |name: &str, owner: Option<&str>| {
            let id = create(server, "organizationCreate", "organization", json!({ "name": name })).await;
            if let Some(owner) = owner {
                give(server, "organizationAssign", json!({ "id": id, "owner": owner })).await;
            }
            id
        };
        let deal = async |title: &str, organization: &str, owner: &str| {
            let input = json!({ "title": title, "organization": organization, "owner": owner,
                "amountNet": { "amount": "1000.00", "currencyCode": "EUR" } });
            create(server, "dealOpen", "deal", input).await
        };
        let alpine = organization("Alpine Énergie", Some(&ana.user)).await;
        let boreal = organization(&format!("{SECRET} Boréal"), Some(&ben.user)).await;
        let shared = organization("Solaire du Midi", None).await;
        let anas_deal = deal("Toiture", &alpine, &ana.user).await;
        deal("Ombrière", &shared, &ana.user).await;
        let bens_deal = deal(&format!("{SECRET} hangar"), &boreal, &ben.user).await;
        let bens_shared = deal(&format!("{SECRET} parking"), &shared, &ben.user).await;
        let contact = json!({ "lastName": SECRET, "organization": boreal });
        let contact = create(server, "contactAdd", "contact", contact).await;
        let note = json!({ "deal": bens_shared, "content": { "note": true }, "author": ben.user,
            "subject": SECRET, "body": SECRET });
        let activity = create(server, "activityRecord", "activity", note).await;
        let task = json!({ "title": format!("{SECRET} devis"), "assignees": [ben.user], "links": [bens_shared],
            "dueDate": "2026-11-30" });
        let task = create(server, "taskCreate", "task", task).await;
        Self {
            server,
            ana,
            ben,
            mia,
            team,
            bens: vec![
                ("Organization", boreal),
                ("Deal", bens_deal),
                ("Deal", bens_shared),
                ("Contact", contact),
                ("Activity", activity),
                ("Task", task),
            ],
            anas_deal,
            shared,
        }
    }

    fn bens(&self, kind: &str) -> &str {
        let found = self.bens.iter().find(|(name, _)| *name == kind);
        &found.expect("one of these").1
    }
}

/// Makes something for everybody to see; its id.
async fn create(server: &Server, mutation: &str, field: &str, input: Value) -> String {
    let answer = done(server, mutation, &format!("{field} {{ id }}"), input).await;
    answer[field]["id"].as_str().expect("an id").to_owned()
}

async fn give(server: &Server, mutation: &str, input: Value) {
    done(server, mutation, "__typename", input).await;
}

async fn done(server: &Server, mutation: &str, selection: &str, input: Value) -> Value {
    let query = format!(
        "mutation($input: {}!) {{ {mutation}(input: $input) {{ {selection} position userErrors {{ code message }} }} }}",
        input_of(mutation)
    );
    let mut data = server.data_with(&query, json!({ "input": input })).await;
    assert_eq!(data[mutation]["userErrors"], json!([]), "{mutation}: {data:#}");
    let position = &data[mutation]["position"];
    let shown = "query($position: BigInt!) { teams(minPosition: $position) { id } }";
    server.data_with(shown, json!({ "position": position })).await;
    data[mutation].take()
}

/// The name of a mutation's input, as the schema has them.
fn input_of(mutation: &str) -> String {
    let named = match mutation {
        "teamAddMember" | "teamRemoveMember" => "teamMember",
        other => other,
    };
    let (first, rest) = named.split_at(1);
    format!("{}{rest}Input", first.to_uppercase())
}

/// The id of an object of a type that there is not.
fn stranger(server_id: &str) -> String {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let mut bytes = URL_SAFE_NO_PAD.decode(server_id).expect("an id");
    let place = bytes.len() - 16;
    bytes[place..].copy_from_slice(Uuid::now_v7().as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

fn bare(id: &str) -> String {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let bytes = URL_SAFE_NO_PAD.decode(id).expect("an id");
    Uuid::from_slice(&bytes[bytes.len() - 16..]).unwrap().to_string()
}

/// An answer without what differs between two like it: ids, positions and traces.
fn without(answer: &Value, id: &str) -> String {
    let mut answer = answer.clone();
    for error in answer["errors"].as_array_mut().into_iter().flatten() {
        if let Some(extensions) = error["extensions"].as_object_mut() {
            extensions.remove("traceId");
        }
    }
    if let Some(extensions) = answer.as_object_mut() {
        extensions.remove("extensions");
    }
    answer.to_string().replace(&bare(id), "ID").replace(id, "ID")
}

#[tokio::test]
async fn what_is_hidden_answers_as_what_does_not_exist() {
    hidden(&Server::start()).await;
}

async fn hidden(server: &Server) {
    let house = House::of(server).await;
    let mut queries: Vec<(&str, String)> = Vec::new();
    for (kind, id) in &house.bens {
        let field = kind.to_lowercase();
        queries.push((id, format!("{{ {field}(id: \"ID\") {{ id }} }}")));
        queries.push((id, "{ node(id: \"ID\") { __typename id } }".to_owned()));
        queries.push((id, "{ nodes(ids: [\"ID\"]) { id } }".to_owned()));
        queries.push((
            id,
            "{ history(id: \"ID\") { totalCount nodes { type summary data } } }".to_owned(),
        ));
        let stream = format!("{{ history(id: \"{field}:BARE\") {{ totalCount nodes {{ type data }} }} }}");
        queries.push((id, stream));
    }
    let deal = house.bens("Deal");
    queries.push((
        deal,
        "{ tasks(filter: { deal: { eq: \"ID\" } }) { totalCount } }".to_owned(),
    ));
    queries.push((
        deal,
        "{ tasks(filter: { linkedTo: \"ID\" }) { totalCount } }".to_owned(),
    ));
    queries.push((
        deal,
        "{ activities(filter: { deal: { eq: \"ID\" } }) { totalCount } }".to_owned(),
    ));
    let mutations = [
        ("Deal", "dealRename(input: { id: \"ID\", title: \"Mine\" })"),
        ("Deal", "dealWin(input: { id: \"ID\" })"),
        ("Deal", "dealWin(input: { id: \"ID\", expectedVersion: 1 })"),
        ("Deal", "dealAssign(input: { id: \"ID\", owner: \"ANA\" })"),
        ("Deal", "taskCreate(input: { title: \"Spy\", deal: \"ID\" })"),
        ("Deal", "taskCreate(input: { title: \"Spy\", links: [\"ID\"] })"),
        (
            "Organization",
            "organizationUpdate(input: { id: \"ID\", name: \"Mine\" })",
        ),
        ("Organization", "organizationArchive(input: { id: \"ID\" })"),
        (
            "Organization",
            "organizationAssign(input: { id: \"ID\", owner: \"ANA\" })",
        ),
        (
            "Organization",
            "dealOpen(input: { title: \"Spy\", organization: \"ID\" })",
        ),
        (
            "Organization",
            "contactAdd(input: { lastName: \"Spy\", organization: \"ID\" })",
        ),
        (
            "Organization",
            "organizationCreate(input: { name: \"Spy\", parent: \"ID\" })",
        ),
        (
            "Organization",
            "organizationsMerge(input: { survivor: \"SHARED\", merged: \"ID\" })",
        ),
        (
            "Organization",
            "organizationsMerge(input: { survivor: \"ID\", merged: \"SHARED\" })",
        ),
        ("Contact", "contactUpdate(input: { id: \"ID\", jobTitle: \"Spy\" })"),
        ("Contact", "contactAssign(input: { id: \"ID\", owner: \"ANA\" })"),
        ("Activity", "activityWithdraw(input: { id: \"ID\", reason: \"Spy\" })"),
        ("Task", "taskComplete(input: { id: \"ID\" })"),
        ("Task", "taskReschedule(input: { id: \"ID\", dueDate: \"2026-12-01\" })"),
        ("Task", "taskWatch(input: { id: \"ID\" })"),
        ("Task", "taskRank(input: { id: \"ID\", after: \"ID\" })"),
    ];
    for (kind, call) in mutations {
        let call = call.replace("ANA", &house.ana.user).replace("SHARED", &house.shared);
        let query = format!("mutation {{ {call} {{ userErrors {{ code field message }} }} }}");
        queries.push((house.bens(kind), query));
    }
    let known = house.server.position().await;
    for (hidden, query) in queries {
        let nothing = stranger(hidden);
        let ask = async |id: &str| {
            let query = query.replace("BARE", &bare(id)).replace("ID", id);
            without(&house.ana.answer(&query, json!({})).await, id)
        };
        let (of_hidden, of_nothing) = (ask(hidden).await, ask(&nothing).await);
        assert_eq!(of_hidden, of_nothing, "{query}");
        assert!(!of_hidden.contains("GRAPHQL_VALIDATION_FAILED"), "{query}: {of_hidden}");
    }
    assert_eq!(house.server.position().await, known, "nothing was changed");
}

#[tokio::test]
async fn lists_counts_sums_and_files_are_of_what_one_sees() {
    lists(&Server::start()).await;
}

async fn lists(server: &Server) {
    let house = House::of(server).await;
    let asked = "{
        deals(first: 5) { totalCount sum { amount } nodes { title organization { name } tasks { totalCount } } }
        dealsAggregate(groupBy: [STATUS]) { count }
        organizations(first: 5) { totalCount nodes { name deals(first: 2) { totalCount sum { amount } }
            contacts(first: 2) { totalCount } activities(first: 2) { totalCount } tasks(first: 2) { totalCount }
            timeline(first: 20) { totalCount nodes { type summary } } } }
        withHiddenDeal: organizations(filter: { deals: { some: { title: { startsWith: \"Conf\" } } } }) { totalCount }
        withHiddenTask: deals(filter: { tasks: { some: { title: { startsWith: \"Conf\" } } } }) { totalCount }
        ofHidden: deals(filter: { organization: { matches: { name: { startsWith: \"Conf\" } } } }) { totalCount }
        contacts(first: 5) { totalCount nodes { name } }
        activities { totalCount }
        tasks(first: 5) { totalCount nodes { title } }
        taskBuckets { count tasks(first: 5) { nodes { title } } }
        taskBoard { count tasks(first: 5) { nodes { title } } }
        taskCalendar(month: \"2026-11\") { days { entries { title } } }
        organizationDuplicates { nodes { score } } contactDuplicates { nodes { score } }
    }";
    let of_ana = house.ana.data(asked, json!({})).await;
    assert!(!of_ana.to_string().contains(SECRET), "{of_ana:#}");
    assert_eq!(of_ana["deals"]["totalCount"], 2);
    assert_eq!(of_ana["deals"]["sum"], json!([{ "amount": "2000.00" }]));
    assert_eq!(of_ana["dealsAggregate"], json!([{ "count": 2 }]));
    assert_eq!(of_ana["organizations"]["totalCount"], 2);
    let shared = &of_ana["organizations"]["nodes"][1];
    assert_eq!(shared["name"], "Solaire du Midi");
    assert_eq!(
        shared["deals"],
        json!({ "totalCount": 1, "sum": [{ "amount": "1000.00" }] })
    );
    assert_eq!(shared["activities"]["totalCount"], 0);
    assert_eq!(shared["tasks"]["totalCount"], 0);
    for none in [
        "withHiddenDeal",
        "withHiddenTask",
        "ofHidden",
        "contacts",
        "activities",
        "tasks",
    ] {
        assert_eq!(of_ana[none]["totalCount"], 0, "{none}");
    }
    // Her manager sees hers; Ben sees his.
    let of_mia = house.mia.data(asked, json!({})).await;
    assert!(!of_mia.to_string().contains(SECRET), "{of_mia:#}");
    assert_eq!(of_mia["deals"]["totalCount"], 2);
    let of_ben = house.ben.data(asked, json!({})).await;
    assert_eq!(of_ben["deals"]["totalCount"], 2);
    assert_eq!(of_ben["withHiddenDeal"]["totalCount"], 2);
    assert_eq!(of_ben["contacts"]["totalCount"], 1);
    assert_eq!(of_ben["activities"]["totalCount"], 1);
    assert_eq!(of_ben["tasks"]["totalCount"], 1);
    for list in ["organizations", "deals", "tasks"] {
        let file = server.client().get(server.url(&format!("/exports/{list}.csv")));
        let file = file.header("cookie", &house.ana.cookie).send().await.unwrap();
        assert_eq!(file.status(), 200);
        let text = file.text().await.unwrap();
        assert!(!text.contains(SECRET), "{text}");
    }
}

/// Sends a file and keeps it waiting; its id.
async fn send_file(server: &Server, who: &Person<'_>, name: &str) -> String {
    const BYTES: &[u8] = b"%PDF-1.7\n1 0 obj";
    let announce = "mutation($input: FileUploadCreateInput!) { fileUploadCreate(input: $input) {
        upload { file path } userErrors { code } } }";
    let input = json!({ "name": name, "mediaType": "application/pdf", "size": BYTES.len().to_string() });
    let data = who.data(announce, json!({ "input": input })).await;
    let upload = &data["fileUploadCreate"]["upload"];
    let url = server.url(upload["path"].as_str().expect("an address"));
    let put = server.client().put(url).body(BYTES).send().await.unwrap();
    assert_eq!(put.status(), 201);
    upload["file"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_files_of_what_is_hidden_answer_as_files_that_there_are_not() {
    files(&Server::start()).await;
}

async fn files(server: &Server) {
    let house = House::of(server).await;
    let (hidden, nothing) = (house.bens("Activity"), Uuid::now_v7().to_string());
    let attach = |activity: &str, file: &str| {
        format!(
            "mutation {{ activityAttachFile(input: {{ id: \"{activity}\", file: \"{file}\" }}) {{
                activity {{ attachments {{ uuid name path }} }} position userErrors {{ code field message }} }} }}"
        )
    };
    let sent = send_file(server, &house.ben, &format!("{SECRET}.pdf")).await;
    let attached = house.ben.data(&attach(hidden, &sent), json!({})).await;
    assert_eq!(
        attached["activityAttachFile"]["activity"]["attachments"][0]["uuid"],
        json!(sent)
    );
    let note = json!({ "deal": house.anas_deal, "content": { "note": true }, "author": house.ana.user, "body": "Vu" });
    let anas = create(server, "activityRecord", "activity", note).await;
    let waiting = send_file(server, &house.ben, &format!("{SECRET} encore.pdf")).await;

    // Asked for by whoever does not see the activity: the file, and one that there is not.
    let fetch = async |who: &Person<'_>, file: &str, head: bool| {
        let url = server.url(&format!("/files/{file}"));
        let request = if head {
            server.client().head(url)
        } else {
            server.client().get(url)
        };
        let answer = request.header("cookie", &who.cookie).send().await.unwrap();
        let status = answer.status().as_u16();
        let mut names: Vec<_> = answer.headers().keys().map(ToString::to_string).collect();
        names.sort();
        let text = answer.text().await.unwrap();
        let told = match serde_json::from_str::<Value>(&text) {
            Ok(answer) => without(&answer, &anas),
            Err(_) => text,
        };
        (status, names, told)
    };
    for head in [false, true] {
        for who in [&house.ana, &house.mia] {
            let of_hidden = fetch(who, &sent, head).await;
            assert_eq!(of_hidden.0, 404);
            assert_eq!(of_hidden, fetch(who, &nothing, head).await);
        }
        assert_eq!(fetch(&house.ben, &sent, head).await.0, 200);
    }

    // To put a file with the hidden activity, to take one away, to take somebody else's for one's own.
    let own = send_file(server, &house.ana, "a.pdf").await;
    let detach = |activity: &str, file: &str| {
        format!(
            "mutation {{ activityDetachFile(input: {{ id: \"{activity}\", file: \"{file}\" }}) {{
                activity {{ id }} position userErrors {{ code field message }} }} }}"
        )
    };
    let known = server.position().await;
    let alike = async |one: String, id: &str, other: String, stand_in: &str| {
        let of_one = without(&house.ana.answer(&one, json!({})).await, id);
        let of_other = without(&house.ana.answer(&other, json!({})).await, stand_in);
        assert_eq!(of_one, of_other, "{one}");
        assert!(of_one.contains("NOT_FOUND"), "{one}: {of_one}");
    };
    let unknown = stranger(hidden);
    alike(attach(hidden, &own), hidden, attach(&unknown, &own), &unknown).await;
    alike(attach(hidden, &sent), hidden, attach(&unknown, &sent), &unknown).await;
    alike(detach(hidden, &sent), hidden, detach(&unknown, &sent), &unknown).await;
    alike(attach(&anas, &waiting), &anas, attach(&anas, &nothing), &anas).await;
    alike(attach(&anas, &sent), &anas, attach(&anas, &nothing), &anas).await;
    alike(detach(&anas, &sent), &anas, detach(&anas, &nothing), &anas).await;
    let asked = "query($hidden: ID!, $unknown: ID!) {
        hidden: activity(id: $hidden) { attachments(detached: true) { uuid name path } }
        unknown: activity(id: $unknown) { attachments(detached: true) { uuid name path } }
        activities { nodes { attachments { uuid name } } } }";
    let seen = house
        .ana
        .data(asked, json!({ "hidden": hidden, "unknown": unknown }))
        .await;
    assert_eq!(
        seen,
        json!({ "hidden": null, "unknown": null, "activities": { "nodes": [{ "attachments": [] }] } })
    );
    for kind in ["csv", "xlsx"] {
        let export = async |who: &Person<'_>| {
            let file = server.client().get(server.url(&format!("/exports/activities.{kind}")));
            let file = file.header("cookie", &who.cookie).send().await.unwrap();
            assert_eq!(file.status(), 200);
            file.bytes().await.unwrap()
        };
        let (of_ana, of_ben) = (export(&house.ana).await, export(&house.ben).await);
        let tells = |file: &[u8], word: &str| file.windows(word.len()).any(|piece| piece == word.as_bytes());
        assert!(kind == "xlsx" || tells(&of_ben, SECRET));
        assert!(!tells(&of_ana, SECRET) && !tells(&of_ana, &sent), "{kind}");
    }
    assert_eq!(server.position().await, known, "nothing was changed");

    // The same of the deal's own files, of the organization's, and of the task's.
    for (kind, object) in [("Deal", "deal"), ("Organization", "organization"), ("Task", "task")] {
        let hidden = house.bens(kind);
        let unknown = stranger(hidden);
        let give = |verb: &str, id: &str, file: &str| {
            format!(
                "mutation {{ {object}{verb}File(input: {{ id: \"{id}\", file: \"{file}\" }}) {{
                    {object} {{ attachments {{ uuid }} }} position userErrors {{ code field message }} }} }}"
            )
        };
        let sent = send_file(server, &house.ben, &format!("{SECRET} {kind}.pdf")).await;
        let attached = house.ben.data(&give("Attach", hidden, &sent), json!({})).await;
        assert_eq!(
            attached[format!("{object}AttachFile")]["userErrors"],
            json!([]),
            "{attached:#}"
        );
        assert_eq!(
            fetch(&house.ana, &sent, false).await,
            fetch(&house.ana, &nothing, false).await,
            "{kind}"
        );
        assert_eq!(fetch(&house.ben, &sent, false).await.0, 200, "{kind}");
        let own = send_file(server, &house.ana, "b.pdf").await;
        for verb in ["Attach", "Detach"] {
            let (of_hidden, of_unknown) = (give(verb, hidden, &own), give(verb, &unknown, &own));
            alike(of_hidden, hidden, of_unknown, &unknown).await;
        }
    }

    // Whoever is given the deal gets what goes with it.
    let (_, deal) = &house.bens[2];
    give(server, "dealAssign", json!({ "id": deal, "owner": house.ana.user })).await;
    assert_eq!(fetch(&house.ana, &sent, false).await.0, 200);
}

#[tokio::test]
async fn a_filter_of_the_company_leaves_each_viewer_what_they_see() {
    shared_filters(&Server::start()).await;
}

async fn shared_filters(server: &Server) {
    let house = House::of(server).await;
    let make = "mutation($input: SavedFilterCreateInput!) { savedFilterCreate(input: $input) {
        savedFilter { id } position userErrors { code } } }";
    // The list, a filter of the whole company, and how many of it Ana and Ben see.
    let all = [
        ("DEALS", 2, 2),
        ("ORGANIZATIONS", 2, 2),
        ("CONTACTS", 0, 1),
        ("ACTIVITIES", 0, 1),
        ("TASKS", 0, 1),
    ];
    let secret = [
        ("DEALS", json!({ "title": { "startsWith": SECRET } }), 2),
        (
            "DEALS",
            json!({ "organization": { "matches": { "name": { "startsWith": SECRET } } } }),
            1,
        ),
        (
            "DEALS",
            json!({ "tasks": { "some": { "title": { "startsWith": SECRET } } } }),
            1,
        ),
        ("ORGANIZATIONS", json!({ "name": { "startsWith": SECRET } }), 1),
        (
            "ORGANIZATIONS",
            json!({ "deals": { "some": { "title": { "startsWith": SECRET } } } }),
            2,
        ),
        ("CONTACTS", json!({ "lastName": { "eq": SECRET } }), 1),
        ("ACTIVITIES", json!({ "subject": { "eq": SECRET } }), 1),
        ("TASKS", json!({ "title": { "startsWith": SECRET } }), 1),
        ("TASKS", json!({ "linkedTo": house.bens[2].1 }), 1),
    ];
    let asked = all
        .into_iter()
        .map(|(list, ana, ben)| (list, json!({}), ana, ben))
        .chain(secret.into_iter().map(|(list, filter, ben)| (list, filter, 0, ben)));
    for (number, (list, filter, of_ana, of_ben)) in asked.enumerate() {
        let input = json!({ "name": format!("Filtre {number}"), "list": list, "filter": filter.to_string(), "sharing": "EVERYBODY" });
        let made = house.mia.data(make, json!({ "input": input })).await;
        let made = &made["savedFilterCreate"];
        assert_eq!(made["userErrors"], json!([]), "{filter}");
        let shown = match list {
            "DEALS" | "TASKS" => "title",
            "ACTIVITIES" => "subject",
            _ => "name",
        };
        let field = list.to_lowercase();
        let query = format!(
            "query($saved: ID, $p: BigInt) {{ {field}(savedFilter: $saved, minPosition: $p, first: 10) {{ totalCount nodes {{ id {shown} }} }} }}"
        );
        let variables = json!({ "saved": made["savedFilter"]["id"], "p": made["position"] });
        for (who, count) in [(&house.ana, of_ana), (&house.ben, of_ben)] {
            let seen = who.data(&query, variables.clone()).await[&field].take();
            assert_eq!(seen["totalCount"], count, "{list} {filter}: {seen:#}");
            assert_eq!(
                seen["nodes"].as_array().unwrap().len(),
                count,
                "{list} {filter}: {seen:#}"
            );
            assert!(
                who.user != house.ana.user || !seen.to_string().contains(SECRET),
                "{seen:#}"
            );
            if list == "DEALS" {
                let query =
                    "query($saved: ID, $p: BigInt) { dealsAggregate(savedFilter: $saved, minPosition: $p) { count } }";
                let figures = who.data(query, variables.clone()).await["dealsAggregate"].take();
                let groups = figures.as_array().unwrap().iter();
                assert_eq!(
                    groups.map(|group| group["count"].as_u64().unwrap()).sum::<u64>(),
                    count as u64,
                    "{figures:#}"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_merged_contact_is_reached_by_whoever_sees_its_survivor() {
    merged_contacts(&Server::start()).await;
}

async fn merged_contacts(server: &Server) {
    let people = People::of(server);
    let (ana, ben, eve) = (
        people.with(Role::Sales).sign_in().await,
        people.with(Role::Sales).sign_in().await,
        people.with(Role::Sales).sign_in().await,
    );
    let contact = async |name: &str, owner: &str| {
        let id = create(server, "contactAdd", "contact", json!({ "lastName": name })).await;
        give(server, "contactAssign", json!({ "id": id, "owner": owner })).await;
        id
    };
    let (survivor, merged) = (
        contact("Martin", &ana.user).await,
        contact("Martin Z.", &ben.user).await,
    );
    let update = |id: &str, title: &str| {
        format!(
            "mutation {{ contactUpdate(input: {{ id: \"{id}\", jobTitle: \"{title}\" }}) {{
                contact {{ id jobTitle }} position userErrors {{ code }} }} }}"
        )
    };
    let refused = ana.data(&update(&merged, "Spy"), json!({})).await;
    assert_eq!(refused["contactUpdate"]["userErrors"][0]["code"], "CONTACT_NOT_FOUND");
    give(
        server,
        "contactsMerge",
        json!({ "survivor": survivor, "merged": merged }),
    )
    .await;

    // A device of hers has known the other record since before it was merged: what it says reaches the survivor.
    for (who, title) in [(&ana, "Chef"), (&ben, "Cheffe")] {
        let done = who.data(&update(&merged, title), json!({})).await;
        let contact = &done["contactUpdate"]["contact"];
        assert_eq!(*contact, json!({ "id": survivor, "jobTitle": title }), "{done:#}");
        let seen = "query($s: ID!, $m: ID!) { s: contact(id: $s) { id } m: contact(id: $m) { id mergedInto { id } }
            contacts { totalCount } history(id: $m) { totalCount } }";
        let seen = who.data(seen, json!({ "s": survivor, "m": merged })).await;
        assert_eq!(seen["s"]["id"], json!(survivor));
        assert_eq!(seen["m"], json!({ "id": merged, "mergedInto": { "id": survivor } }));
        assert_eq!(seen["contacts"]["totalCount"], 1);
        assert_ne!(seen["history"]["totalCount"], "0");
        let note =
            "mutation($c: ID!) { activityRecord(input: { contact: $c, content: { note: true }, body: \"Vu.\" }) {
            activity { contact { id } } position userErrors { code } } }";
        let noted = who.data(note, json!({ "c": merged })).await;
        assert_eq!(
            noted["activityRecord"]["activity"]["contact"]["id"],
            json!(survivor),
            "{noted:#}"
        );
        let task = "mutation($c: ID!) { taskCreate(input: { title: \"Rappeler\", links: [$c] }) {
            task { id } position userErrors { code } } }";
        let task = who.data(task, json!({ "c": merged })).await;
        assert_eq!(task["taskCreate"]["userErrors"], json!([]));
    }
    // Whoever sees neither learns of neither.
    for id in [&survivor, &merged] {
        let answer = eve.data(&update(id, "Spy"), json!({})).await;
        assert_eq!(answer["contactUpdate"]["userErrors"][0]["code"], "CONTACT_NOT_FOUND");
        let seen = eve
            .data(
                "query($id: ID!) { contact(id: $id) { id } contacts { totalCount } }",
                json!({ "id": id }),
            )
            .await;
        assert_eq!(seen, json!({ "contact": null, "contacts": { "totalCount": 0 } }));
    }
}

#[tokio::test]
async fn who_joins_a_team_is_seen_by_it_and_who_leaves_is_not() {
    let server = Server::start();
    let house = House::of(&server).await;
    let count = async || house.mia.data("{ deals { totalCount } }", json!({})).await["deals"]["totalCount"].take();
    let member = json!({ "id": house.team, "member": house.ben.user });
    assert_eq!(count().await, 2);
    give(&server, "teamAddMember", member.clone()).await;
    assert_eq!(count().await, 4);
    give(&server, "teamRemoveMember", member).await;
    assert_eq!(count().await, 2);
}

#[tokio::test]
async fn the_past_is_seen_by_whoever_sees_the_present() {
    past(&Server::start()).await;
}

async fn past(server: &Server) {
    let house = House::of(server).await;
    let before = server.data("{ clock { now } }").await["clock"]["now"].take();
    let past = "query($id: ID!, $then: DateTime!) {
        deal(id: $id, asOf: { moment: $then, basis: RECORDED }) { owner { id uuid } }
        deals(asOf: { moment: $then, basis: RECORDED }) { totalCount }
        organizations(asOf: { moment: $then, basis: RECORDED }) { totalCount }
        dealsAggregate(asOf: { moment: $then, basis: RECORDED }) { count } }";
    let deal = house.bens("Deal").to_owned();
    let ask = async |person: &Person<'_>| person.data(past, json!({ "id": deal, "then": before })).await;
    let of_ana = ask(&house.ana).await;
    assert_eq!(of_ana["deal"], Value::Null);
    assert_eq!(of_ana["deals"]["totalCount"], 2);
    assert_eq!(ask(&house.ben).await["deal"]["owner"]["uuid"], json!(house.ben.user));

    give(server, "dealAssign", json!({ "id": deal, "owner": house.ana.user })).await;
    let of_ana = ask(&house.ana).await;
    assert_eq!(of_ana["deal"]["owner"]["uuid"], json!(house.ben.user), "as it was");
    assert_eq!(of_ana["deals"]["totalCount"], 3);
    assert_eq!(of_ana["dealsAggregate"], json!([{ "count": 3 }]));
    assert_eq!(
        of_ana["organizations"]["totalCount"], 3,
        "with the customer of the deal"
    );
    let of_ben = ask(&house.ben).await;
    assert_eq!(of_ben["deal"], Value::Null);
    assert_eq!(of_ben["deals"]["totalCount"], 1);
}

#[tokio::test]
async fn a_subscription_tells_of_what_one_sees_at_that_moment() {
    let server = Server::start();
    let house = House::of(&server).await;
    let mut socket = Socket::of(&server, &house.ana).await;
    let query = "subscription { events(after: 0, categories: [\"deal\", \"organization\", \"task\", \"api_token\", \"activity\"]) {
        stream type data subject { id } } }";
    socket.subscribe("1", query).await;
    give(
        &server,
        "dealRename",
        json!({ "id": house.bens("Deal"), "title": "Still hidden" }),
    )
    .await;
    give(
        &server,
        "dealRename",
        json!({ "id": house.anas_deal, "title": "The last one" }),
    )
    .await;
    let mut told = Vec::new();
    loop {
        match socket.hear().await {
            Heard::Said(message) => {
                let event = &message["payload"]["data"]["events"];
                assert!(event.is_object(), "{message:#}");
                told.push(event.clone());
                if event["data"]["title"] == "The last one" {
                    break;
                }
            }
            closed @ Heard::Closed(_) => panic!("{closed:?}"),
        }
    }
    let all = json!(told).to_string();
    assert!(!all.contains(SECRET) && !all.contains("Still hidden"), "{told:#?}");
    for (_, id) in &house.bens {
        assert!(!all.contains(&bare(id)), "{told:#?}");
    }
}

#[tokio::test]
async fn a_repeated_command_is_answered_although_it_took_the_record_out_of_sight() {
    let server = Server::start();
    let house = House::of(&server).await;
    let give = "mutation($id: ID!, $to: ID!, $command: UUID!) { dealAssign(input: { id: $id, owner: $to, commandId: $command }) {
        replayed userErrors { code } deal { id } } }";
    let variables = json!({ "id": house.anas_deal, "to": house.ben.user, "command": Uuid::now_v7() });
    let first = house.ana.data(give, variables.clone()).await;
    assert_eq!(
        first["dealAssign"],
        json!({ "replayed": false, "userErrors": [], "deal": null })
    );
    let again = house.ana.data(give, variables).await;
    assert_eq!(
        again["dealAssign"],
        json!({ "replayed": true, "userErrors": [], "deal": null })
    );
}

#[tokio::test]
async fn postgresql_sees_the_same() {
    for number in 0..6 {
        let database = Database::make(&format!("visibility_{number}")).await;
        let server = database.serve();
        match number {
            0 => lists(&server).await,
            1 => past(&server).await,
            2 => files(&server).await,
            3 => shared_filters(&server).await,
            4 => merged_contacts(&server).await,
            _ => hidden(&server).await,
        }
        drop(server);
        database.drop().await;
    }
}
