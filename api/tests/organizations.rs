//! Organizations in full: their numbers, addresses, tags, fields, parents, merges and timelines, through the API.

use serde_json::{Value, json};

use crate::server::Server;

const CREATE: &str = "mutation($input: OrganizationCreateInput!) { organizationCreate(input: $input) {
    organization { id uuid name kind siren siret vatNumber country category region size tags version
      fields { key text number date bool } billingAddress { lines postcode city country } }
    position version replayed userErrors { code field allowed message } } }";
const UPDATE: &str = "mutation($input: OrganizationUpdateInput!) { organizationUpdate(input: $input) {
    organization { id name parent { name } country version } version userErrors { code field } } }";
const MERGE: &str = "mutation($input: OrganizationsMergeInput!) { organizationsMerge(input: $input) {
    organization { id name siren sector tags merged { name } deals { totalCount } tasks { totalCount } }
    version userErrors { code field } } }";
const TAG: &str = "mutation($input: OrganizationTagsInput!) { organizationTag(input: $input) {
    organization { id tags } version replayed userErrors { code allowed } } }";
const OPEN: &str = "mutation($input: DealOpenInput!) { dealOpen(input: $input) {
    deal { id organization { name } } userErrors { code } } }";

async fn create(server: &Server, input: Value) -> Value {
    let mut data = server.data_with(CREATE, json!({ "input": input })).await;
    assert_eq!(data["organizationCreate"]["userErrors"], json!([]), "{data:#}");
    data["organizationCreate"]["organization"].take()
}

async fn refusal(server: &Server, mutation: &str, input: Value) -> String {
    let data = server.data_with(mutation, json!({ "input": input })).await;
    let payload = data.as_object().unwrap().values().next().unwrap();
    payload["userErrors"][0]["code"]
        .as_str()
        .unwrap_or_else(|| panic!("taken: {data:#}"))
        .to_owned()
}

async fn merge(server: &Server, survivor: &Value, merged: &Value) -> Value {
    let input = json!({ "survivor": survivor["id"], "merged": merged["id"] });
    let mut data = server.data_with(MERGE, json!({ "input": input })).await;
    assert_eq!(data["organizationsMerge"]["userErrors"], json!([]), "{data:#}");
    data["organizationsMerge"]["organization"].take()
}

#[tokio::test]
async fn an_organization_is_made_with_everything_that_is_known_of_it() {
    let server = Server::start();
    let made = create(
        &server,
        json!({
            "name": "Ateliers Martin", "kind": "PROFESSIONAL", "siret": "732 829 320 00074", "vatNumber": "FR44732829320",
            "country": "France", "category": "grand compte", "region": "Bretagne", "size": "SME", "tags": ["VIP", "vip", "Clé"],
            "billingAddress": { "lines": ["1 rue A"], "postcode": "75002", "city": "Paris" },
            "fields": [{ "key": "erp", "text": "C042" }, { "key": "rate", "number": "12.50" }],
        }),
    )
    .await;
    assert_eq!(made["siren"], "732829320");
    assert_eq!((&made["country"], &made["size"]), (&json!("FR"), &json!("SME")));
    assert_eq!(made["tags"], json!(["Clé", "VIP"]));
    assert_eq!(
        made["fields"][1],
        json!({ "key": "rate", "text": null, "number": "12.5", "date": null, "bool": null })
    );
    assert_eq!(made["billingAddress"]["country"], "FR");
    let found = server
        .data(
            "{ organizations(filter: { tags: { all: [\"cle\"] }, size: { eq: SME }, name: { contains: \"MARTÍN\" },
               fields: [{ key: \"rate\", numberGte: \"12\" }] }) { totalCount } }",
        )
        .await;
    assert_eq!(found["organizations"]["totalCount"], 1);
}

#[tokio::test]
async fn numbers_that_cannot_be_are_refused_and_a_siren_has_one_holder() {
    let server = Server::start();
    for (input, code) in [
        (json!({ "siren": "123456789" }), "INVALID_SIREN"),
        (json!({ "siret": "73282932000075" }), "INVALID_SIRET"),
        (json!({ "vatNumber": "FR61775670417" }), "INVALID_VAT_NUMBER"),
        (
            json!({ "siren": "552081317", "siret": "73282932000074" }),
            "SIRET_OF_ANOTHER_SIREN",
        ),
        (
            json!({ "siren": "552081317", "vatNumber": "FR44732829320" }),
            "VAT_NUMBER_OF_ANOTHER_SIREN",
        ),
        (json!({ "country": "Atlantis" }), "INVALID_COUNTRY"),
        (
            json!({ "billingAddress": { "lines": ["1 rue A"], "postcode": "750", "city": "Paris" } }),
            "INVALID_POSTCODE",
        ),
        (
            json!({ "owner": "018f3a5e-0000-7000-8000-00000000dead" }),
            "USER_NOT_FOUND",
        ),
        (
            json!({ "parent": "018f3a5e-0000-7000-8000-00000000dead" }),
            "ORGANIZATION_NOT_FOUND",
        ),
    ] {
        let mut input = input;
        input["name"] = "Acme".into();
        assert_eq!(refusal(&server, CREATE, input.clone()).await, code, "{input}");
    }
    assert_eq!(server.position().await, 0);
    create(&server, json!({ "name": "First", "siret": "73282932000074" })).await;
    let taken = json!({ "name": "Second", "siren": "732829320" });
    assert_eq!(refusal(&server, CREATE, taken).await, "SIREN_TAKEN");
    let account =
        "mutation($input: OrganizationChangeBankAccountInput!) { organizationChangeBankAccount(input: $input) {
        organization { bankAccount { iban person } } userErrors { code } } }";
    let consumer = create(&server, json!({ "name": "Z. Martin", "kind": "CONSUMER" })).await;
    let mut input = json!({ "id": consumer["id"], "account": { "iban": "FR76 3000 6000 0112 3456 7890 188" } });
    assert_eq!(refusal(&server, account, input.clone()).await, "INVALID_IBAN");
    input["account"]["iban"] = "FR76 3000 6000 0112 3456 7890 189".into();
    assert_eq!(refusal(&server, account, input.clone()).await, "FIELD_REQUIRED");
    let person = "018f3a5e-0000-7000-8000-00000000000e";
    input["person"] = person.into();
    let given = server.data_with(account, json!({ "input": input })).await;
    let shown = &given["organizationChangeBankAccount"]["organization"]["bankAccount"];
    assert_eq!(shown["iban"], "FR7630006000011234567890189");
    let erase =
        format!("mutation {{ personErase(input: {{ person: \"{person}\", ground: REQUEST }}) {{ position }} }}");
    let erased = server.data(&erase).await;
    let query =
        "query($id: ID!, $at: BigInt!) { organization(id: $id, minPosition: $at) { bankAccount { iban person } } }";
    let variables = json!({ "id": consumer["id"], "at": erased["personErase"]["position"] });
    let shown = server.data_with(query, variables).await;
    assert_eq!(
        shown["organization"]["bankAccount"],
        json!({ "iban": null, "person": person })
    );
}

#[tokio::test]
async fn nobody_owns_itself_in_the_end() {
    let server = Server::start();
    let top = create(&server, json!({ "name": "Top" })).await;
    let middle = create(&server, json!({ "name": "Middle", "parent": top["id"] })).await;
    let low = create(&server, json!({ "name": "Low", "parent": middle["id"] })).await;
    for parent in [&top, &middle, &low] {
        let input = json!({ "id": top["id"], "parent": parent["id"] });
        assert_eq!(refusal(&server, UPDATE, input).await, "PARENT_IS_SUBSIDIARY");
    }
    let moved = server
        .data_with(UPDATE, json!({ "input": { "id": low["id"], "parent": top["id"] } }))
        .await;
    assert_eq!(moved["organizationUpdate"]["organization"]["parent"]["name"], "Top");
    let query = "query($id: ID!) { organization(id: $id) { subsidiaries { totalCount nodes { name } } } }";
    let shown = server.data_with(query, json!({ "id": top["id"] })).await;
    assert_eq!(shown["organization"]["subsidiaries"]["totalCount"], 2);
}

#[tokio::test]
async fn an_archived_organization_takes_no_deals_and_is_left_out_of_lists() {
    let server = Server::start();
    let acme = create(&server, json!({ "name": "Acme" })).await;
    let archive = "mutation($id: ID!) { organizationArchive(input: { id: $id }) { organization { archivedAt } } }";
    let archived = server.data_with(archive, json!({ "id": acme["id"] })).await;
    assert!(archived["organizationArchive"]["organization"]["archivedAt"].is_string());
    let open = json!({ "title": "Presses", "organization": acme["id"] });
    assert_eq!(refusal(&server, OPEN, open.clone()).await, "ORGANIZATION_ARCHIVED");
    let count = "{ all: organizations { totalCount } archived: organizations(filter: { archived: { eq: true } }) { totalCount } }";
    let shown = server.data(count).await;
    assert_eq!(
        (&shown["all"]["totalCount"], &shown["archived"]["totalCount"]),
        (&json!(0), &json!(1))
    );
    server
        .data_with(
            "mutation($id: ID!) { organizationRestore(input: { id: $id }) { version } }",
            json!({ "id": acme["id"] }),
        )
        .await;
    let opened = server.data_with(OPEN, json!({ "input": open })).await;
    assert_eq!(opened["dealOpen"]["userErrors"], json!([]));
}

#[tokio::test]
async fn two_records_of_one_company_become_one_and_both_stay_readable() {
    let server = Server::start();
    let acme = create(&server, json!({ "name": "Acme", "sector": "food", "tags": ["a"] })).await;
    let double = create(
        &server,
        json!({ "name": "ACME SA", "siren": "732829320", "tags": ["b"] }),
    )
    .await;
    let opened = server
        .data_with(
            OPEN,
            json!({ "input": { "title": "Presses", "organization": double["id"] } }),
        )
        .await;
    let deal = opened["dealOpen"]["deal"]["id"].clone();
    let before = server.position().await;

    let survivor = merge(&server, &acme, &double).await;
    assert_eq!(survivor["siren"], "732829320");
    assert_eq!(survivor["tags"], json!(["a", "b"]));
    assert_eq!(survivor["merged"], json!([{ "name": "ACME SA" }]));
    assert_eq!(survivor["deals"]["totalCount"], 1);

    let query = "query($deal: ID!, $double: ID!) { deal(id: $deal) { organization { name } }
        organization(id: $double) { name mergedInto { name } history { totalCount } }
        organizations { totalCount } everything: organizations(filter: { merged: { eq: true } }) { totalCount } }";
    let shown = server
        .data_with(query, json!({ "deal": deal, "double": double["id"] }))
        .await;
    assert_eq!(shown["deal"]["organization"]["name"], "Acme");
    assert_eq!(shown["organization"]["mergedInto"]["name"], "Acme");
    assert_eq!(shown["organizations"]["totalCount"], 1);
    assert_eq!(shown["everything"]["totalCount"], 1);

    // The number went along: it is taken, and by the survivor.
    assert_eq!(
        refusal(&server, CREATE, json!({ "name": "Third", "siren": "732829320" })).await,
        "SIREN_TAKEN"
    );
    // As of the moment before, there were two.
    let moment = format!(
        "{{ history(id: \"organization:{}\", last: 1) {{ nodes {{ recordedAt }} }} journal {{ position }} }}",
        double["uuid"].as_str().unwrap()
    );
    let merged_at = server.data(&moment).await["history"]["nodes"][0]["recordedAt"].clone();
    let earlier =
        chrono::DateTime::parse_from_rfc3339(merged_at.as_str().unwrap()).unwrap() - chrono::TimeDelta::microseconds(1);
    let query = "query($at: DateTime!, $double: ID!) {
        organizations(asOf: { moment: $at, basis: RECORDED }) { nodes { name } }
        organization(id: $double, asOf: { moment: $at, basis: RECORDED }) { siren mergedInto { name } deals { totalCount } } }";
    let variables = json!({ "at": earlier.to_rfc3339(), "double": double["id"] });
    let past = loop {
        let mut answer = server.answer(query, variables.clone()).await;
        if answer["errors"].is_null() {
            break answer["data"].take();
        }
        assert_eq!(
            answer["errors"][0]["extensions"]["code"], "AS_OF_BUILDING",
            "{answer:#}"
        );
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    assert_eq!(
        past["organizations"]["nodes"],
        json!([{ "name": "Acme" }, { "name": "ACME SA" }])
    );
    assert_eq!(
        past["organization"],
        json!({ "siren": "732829320", "mergedInto": null, "deals": { "totalCount": 1 } })
    );
    assert!(server.position().await > before);
}

#[tokio::test]
async fn late_commands_on_a_merged_record_reach_the_survivor_or_conflict() {
    let server = Server::start();
    let acme = create(&server, json!({ "name": "Acme" })).await;
    let double = create(&server, json!({ "name": "ACME SA" })).await;
    let early = json!({ "input": { "id": double["id"], "tags": ["early"], "commandId": "018f3a5e-0000-7000-8000-000000000001" } });
    server.data_with(TAG, early.clone()).await;
    merge(&server, &acme, &double).await;

    let late = json!({ "input": { "id": double["id"], "tags": ["late"], "commandId": "018f3a5e-0000-7000-8000-000000000002" } });
    let first = server.data_with(TAG, late.clone()).await;
    assert_eq!(first["organizationTag"]["organization"]["id"], acme["id"]);
    assert_eq!(
        first["organizationTag"]["organization"]["tags"],
        json!(["early", "late"])
    );
    // Sent again, both are known, whichever record took them.
    for again in [early, late] {
        let answer = server.data_with(TAG, again).await;
        assert_eq!(answer["organizationTag"]["replayed"], true, "{answer:#}");
    }
    let stale = json!({ "input": { "id": double["id"], "tags": ["x"], "expectedVersion": 2 } });
    assert_eq!(server.code_with(TAG, stale).await, "CONFLICT");
    let seen = json!({ "id": double["id"], "tags": ["x"], "expectedVersion": 3 });
    assert_eq!(refusal(&server, TAG, seen).await, "ORGANIZATION_MERGED");
    let again = json!({ "survivor": double["id"], "merged": acme["id"] });
    assert_eq!(refusal(&server, MERGE, again).await, "ORGANIZATION_MERGED");
    let itself = json!({ "survivor": acme["id"], "merged": acme["id"] });
    assert_eq!(refusal(&server, MERGE, itself).await, "SAME_RECORD");
}

#[tokio::test]
async fn two_sirens_are_not_merged() {
    let server = Server::start();
    let one = create(&server, json!({ "name": "Acme", "siren": "732829320" })).await;
    let other = create(&server, json!({ "name": "Acme", "siren": "552081317" })).await;
    let input = json!({ "survivor": one["id"], "merged": other["id"] });
    assert_eq!(refusal(&server, MERGE, input).await, "SIRENS_DIFFER");
}

#[tokio::test]
async fn one_refused_record_does_not_keep_the_others_from_it() {
    let server = Server::start();
    let one = create(&server, json!({ "name": "One" })).await;
    let two = create(&server, json!({ "name": "Two" })).await;
    let nobody = "018f3a5e-0000-7000-8000-00000000dead";
    let bulk = "mutation($input: OrganizationsTagsInput!) { organizationsTag(input: $input) {
        done position items { id done userErrors { code } error } } }";
    let ids = json!([one["id"], nobody, "garbage", two["id"]]);
    let input = json!({ "ids": ids, "tags": ["seen"], "commandId": "018f3a5e-0000-7000-8000-000000000001" });
    let answer = server.data_with(bulk, json!({ "input": input })).await;
    let payload = &answer["organizationsTag"];
    assert_eq!(payload["done"], 2);
    let done: Vec<_> = payload["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["done"].as_bool().unwrap())
        .collect();
    assert_eq!(done, [true, false, false, true]);
    assert_eq!(payload["items"][1]["userErrors"][0]["code"], "ORGANIZATION_NOT_FOUND");
    assert_eq!(payload["items"][2]["error"], "BAD_USER_INPUT");
    // The same request again does nothing more.
    let position = server.position().await;
    let again = server.data_with(bulk, json!({ "input": input })).await;
    assert_eq!(again["organizationsTag"]["done"], 2);
    assert_eq!(server.position().await, position);
    let many: Vec<_> = (0..201).map(|_| one["id"].clone()).collect();
    assert_eq!(
        server
            .code_with(bulk, json!({ "input": { "ids": many, "tags": ["x"] } }))
            .await,
        "BAD_USER_INPUT"
    );
}

#[tokio::test]
async fn doubles_are_found_with_reasons() {
    let server = Server::start();
    for name in [
        "SARL Boulangerie Martin",
        "Boulangerie MARTIN",
        "Boulangeries Martin",
        "Durand",
    ] {
        create(&server, json!({ "name": name })).await;
    }
    create(&server, json!({ "name": "Durand France", "siren": "732829320" })).await;
    create(&server, json!({ "name": "Dupont", "vatNumber": "FR44732829320" })).await;
    let query = "query($first: Int, $after: String) { organizationDuplicates(first: $first, after: $after) {
        pageInfo { hasNextPage endCursor } nodes { first { name } second { name } reasons score } } }";
    let all = server.data_with(query, json!({ "first": 50 })).await;
    let nodes = all["organizationDuplicates"]["nodes"].as_array().unwrap().clone();
    let mut reasons: Vec<_> = nodes.iter().map(|node| node["reasons"].to_string()).collect();
    reasons.sort();
    assert_eq!(
        reasons,
        ["[\"NAME\"]", "[\"SIMILAR_NAME\"]", "[\"SIMILAR_NAME\"]", "[\"SIREN\"]"],
        "{nodes:#?}"
    );
    // Page by page they are the same.
    let (mut after, mut paged) = (Value::Null, Vec::new());
    loop {
        let page = server.data_with(query, json!({ "first": 1, "after": after })).await;
        let page = &page["organizationDuplicates"];
        paged.extend(page["nodes"].as_array().unwrap().iter().cloned());
        if page["pageInfo"]["hasNextPage"] == json!(false) {
            break;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
    assert_eq!(paged, nodes);
}

#[tokio::test]
async fn a_timeline_tells_everything_that_happened_around_an_organization() {
    let server = Server::start();
    let acme = create(&server, json!({ "name": "Acme" })).await;
    let other = create(&server, json!({ "name": "Other" })).await;
    let opened = server
        .data_with(
            OPEN,
            json!({ "input": { "title": "Presses", "organization": acme["id"] } }),
        )
        .await;
    let deal = &opened["dealOpen"]["deal"]["id"];
    server
        .data_with(
            OPEN,
            json!({ "input": { "title": "Not theirs", "organization": other["id"] } }),
        )
        .await;
    let contact = "mutation($input: ContactAddInput!) { contactAdd(input: $input) { contact { id person } userErrors { code } } }";
    let added = server
        .data_with(
            contact,
            json!({ "input": { "lastName": "Martin", "organization": acme["id"] } }),
        )
        .await;
    let contact = &added["contactAdd"]["contact"];
    let record = "mutation($input: ActivityRecordInput!) { activityRecord(input: $input) { activity { id } userErrors { code } } }";
    let note = json!({ "content": { "note": true }, "deal": deal, "body": "They hesitate." });
    server.data_with(record, json!({ "input": note })).await;
    let call = json!({ "content": { "call": { "direction": "INBOUND" } }, "contact": contact["id"], "subject": "Prices",
        "occurredAt": "2026-01-05T09:00:00Z" });
    server.data_with(record, json!({ "input": call })).await;
    let query = "query($id: ID!, $first: Int, $after: String, $categories: [String!]) { organization(id: $id) {
        timeline(first: $first, after: $after, categories: $categories) {
          totalCount pageInfo { hasNextPage endCursor } nodes { type summary occurredAt } } } }";
    let shown = server.data_with(query, json!({ "id": acme["id"] })).await;
    let timeline = &shown["organization"]["timeline"];
    assert_eq!(timeline["totalCount"], 5);
    let types: Vec<_> = timeline["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| node["type"].as_str().unwrap())
        .collect();
    assert_eq!(
        types,
        [
            "ActivityRecorded",
            "ContactAdded",
            "DealOpened",
            "OrganizationRegistered",
            "ActivityRecorded"
        ]
    );
    assert_eq!(timeline["nodes"][4]["summary"], "call, INBOUND, “Prices”");
    let only = server
        .data_with(query, json!({ "id": acme["id"], "categories": ["deal"] }))
        .await;
    assert_eq!(only["organization"]["timeline"]["totalCount"], 1);
    let page = server.data_with(query, json!({ "id": acme["id"], "first": 2 })).await;
    let end = &page["organization"]["timeline"]["pageInfo"]["endCursor"];
    let next = server
        .data_with(query, json!({ "id": acme["id"], "first": 3, "after": end }))
        .await;
    assert_eq!(next["organization"]["timeline"]["nodes"][0]["type"], "DealOpened");

    // An erased person leaves a timeline that can be read.
    let erase = "mutation($person: UUID!) { personErase(input: { person: $person, ground: REQUEST }) { position } }";
    server.data_with(erase, json!({ "person": contact["person"] })).await;
    let shown = server.data_with(query, json!({ "id": acme["id"] })).await;
    let timeline = &shown["organization"]["timeline"];
    assert_eq!(timeline["totalCount"], 5);
    assert!(
        !timeline.to_string().contains("Prices") && !timeline.to_string().contains("Martin"),
        "{timeline:#}"
    );
}

#[tokio::test]
async fn a_filter_by_organization_follows_merges() {
    let server = Server::start();
    let survivor = create(&server, json!({ "name": "Alpha" })).await;
    let merged = create(&server, json!({ "name": "Beta" })).await;
    let other = create(&server, json!({ "name": "Gamma" })).await;
    for (title, organization) in [("A", &survivor), ("B", &merged), ("C", &other)] {
        let input = json!({ "title": title, "stage": "PROSPECTION", "organization": organization["id"] });
        server.data_with(OPEN, json!({ "input": input })).await;
    }
    server
        .data("mutation { dealOpen(input: { title: \"D\", stage: \"PROSPECTION\" }) { userErrors { code } } }")
        .await;
    merge(&server, &survivor, &merged).await;
    let p = server.position().await.to_string();
    let query = "query($f: DealFilter, $p: BigInt) { deals(filter: $f, minPosition: $p, orderBy: [{ field: TITLE, direction: ASC }]) { nodes { title } } }";
    let titles = async |organization: Value| {
        let variables = json!({ "f": { "organization": organization }, "p": p });
        let data = server.data_with(query, variables).await;
        let nodes = data["deals"]["nodes"].as_array().unwrap().clone();
        nodes
            .iter()
            .map(|node| node["title"].as_str().unwrap().to_owned())
            .collect::<String>()
    };
    assert_eq!(titles(json!({ "eq": survivor["id"] })).await, "AB");
    assert_eq!(titles(json!({ "in": [survivor["id"]] })).await, "AB");
    assert_eq!(titles(json!({ "in": [survivor["id"], other["id"]] })).await, "ABC");
    assert_eq!(titles(json!({ "notIn": [survivor["id"]] })).await, "CD");
}
