//! Contacts, their consents, activities with them, and what becomes of their data, through the API.

use serde_json::{Value, json};

use crate::server::Server;

const ADD: &str = "mutation($input: ContactAddInput!) { contactAdd(input: $input) {
    contact { id uuid person name email emails phones billing signatory organization { name } version }
    version userErrors { code field } } }";
const UPDATE: &str = "mutation($input: ContactUpdateInput!) { contactUpdate(input: $input) {
    contact { id name jobTitle emails version } userErrors { code field } } }";
const CONSENT: &str = "mutation($input: ContactConsentInput!) { contactGiveConsent(input: $input) {
    contact { consents { purpose given source text evidence since } } userErrors { code } } }";
const WITHDRAW: &str = "mutation($input: ContactConsentInput!) { contactWithdrawConsent(input: $input) {
    contact { consents { purpose given source } } userErrors { code } } }";
const MERGE: &str = "mutation($input: ContactsMergeInput!) { contactsMerge(input: $input) {
    contact { id name merged { name } consents { purpose given } activities { totalCount } } userErrors { code } } }";
const RECORD: &str = "mutation($input: ActivityRecordInput!) { activityRecord(input: $input) {
    activity { id kind direction subject body position { latitude longitude accuracy } contact { name } organization { name }
      startsAt endsAt participants { name } version } userErrors { code field allowed } } }";
const ERASE: &str = "mutation($person: UUID!) { personErase(input: { person: $person, ground: REQUEST }) {
    position pending userErrors { code } } }";
const EXPORT: &str = "query($person: UUID!) { personExport(person: $person) {
    persons erased contacts { name } events { type } document } }";

async fn add(server: &Server, input: Value) -> Value {
    let mut data = server.data_with(ADD, json!({ "input": input })).await;
    assert_eq!(data["contactAdd"]["userErrors"], json!([]), "{data:#}");
    data["contactAdd"]["contact"].take()
}

async fn record(server: &Server, input: Value) -> Value {
    let mut data = server.data_with(RECORD, json!({ "input": input })).await;
    assert_eq!(data["activityRecord"]["userErrors"], json!([]), "{data:#}");
    data["activityRecord"]["activity"].take()
}

async fn organization(server: &Server, name: &str) -> Value {
    let create = "mutation($name: String!) { organizationCreate(input: { name: $name }) { organization { id } } }";
    let mut data = server.data_with(create, json!({ "name": name })).await;
    data["organizationCreate"]["organization"]["id"].take()
}

#[tokio::test]
async fn a_contact_is_added_changed_and_found() {
    let server = Server::start();
    let acme = organization(&server, "Acme").await;
    let zoe = add(
        &server,
        json!({ "firstName": "Zoé", "lastName": "Éluard", "organization": acme, "billing": true,
            "emails": ["zoe@acme.example", "z@home.example"], "phones": ["+33 1 99 00 12 34"] }),
    )
    .await;
    assert_eq!(
        (&zoe["name"], &zoe["email"]),
        (&json!("Zoé Éluard"), &json!("zoe@acme.example"))
    );
    assert_eq!(zoe["organization"]["name"], "Acme");
    let changed = server
        .data_with(
            UPDATE,
            json!({ "input": { "id": zoe["id"], "jobTitle": "CFO", "firstName": null } }),
        )
        .await;
    let contact = &changed["contactUpdate"]["contact"];
    assert_eq!(
        (&contact["name"], &contact["jobTitle"]),
        (&json!("Éluard"), &json!("CFO"))
    );
    assert_eq!(contact["emails"], json!(["zoe@acme.example", "z@home.example"]));
    let nameless = server
        .data_with(UPDATE, json!({ "input": { "id": zoe["id"], "lastName": null } }))
        .await;
    assert_eq!(nameless["contactUpdate"]["userErrors"][0]["code"], "FIELD_REQUIRED");
    let found = server
        .data("{ contacts(filter: { name: { startsWith: \"elu\" }, phone: \"01.99.00.12.34\", billing: { eq: true } }) { totalCount } }")
        .await;
    assert_eq!(found["contacts"]["totalCount"], 1);
    let query = "query($id: ID!) { node(id: $id) { ... on Contact { name } }
        organization(id: $acme) { contacts { nodes { name mainContact } } } }"
        .replace("$id: ID!", "$id: ID!, $acme: ID!");
    let name = "mutation($id: ID!) { organizationNameContact(input: { id: $id, name: \"Ada\" }) { position } }";
    server.data_with(name, json!({ "id": acme })).await;
    let shown = server.data_with(&query, json!({ "id": zoe["id"], "acme": acme })).await;
    assert_eq!(shown["node"]["name"], "Éluard");
    assert_eq!(
        shown["organization"]["contacts"]["nodes"],
        json!([{ "name": "Ada", "mainContact": true }, { "name": "Éluard", "mainContact": false }])
    );
}

#[tokio::test]
async fn consents_are_kept_with_their_proof() {
    let server = Server::start();
    let zoe = add(&server, json!({ "lastName": "Martin" })).await;
    let input = json!({ "id": zoe["id"], "purpose": "NEWSLETTER", "source": "WEB_FORM", "text": "I want it.",
        "evidence": "Form 12", "occurredAt": "2026-01-05T09:00:00Z" });
    let given = server.data_with(CONSENT, json!({ "input": input })).await;
    assert_eq!(
        given["contactGiveConsent"]["contact"]["consents"],
        json!([{ "purpose": "NEWSLETTER", "given": true, "source": "WEB_FORM", "text": "I want it.",
            "evidence": "Form 12", "since": "2026-01-05T09:00:00Z" }])
    );
    let list = "{ yes: contacts(filter: { allows: NEWSLETTER }) { totalCount } no: contacts(filter: { refuses: NEWSLETTER }) { totalCount } }";
    let shown = server.data(list).await;
    assert_eq!(
        (&shown["yes"]["totalCount"], &shown["no"]["totalCount"]),
        (&json!(1), &json!(0))
    );
    let input = json!({ "id": zoe["id"], "purpose": "NEWSLETTER", "source": "EMAIL" });
    server.data_with(WITHDRAW, json!({ "input": input })).await;
    let shown = server.data(list).await;
    assert_eq!(
        (&shown["yes"]["totalCount"], &shown["no"]["totalCount"]),
        (&json!(0), &json!(1))
    );
}

#[tokio::test]
async fn merged_contacts_are_one_person_to_export_and_to_erase() {
    let server = Server::start();
    let zoe = add(
        &server,
        json!({ "firstName": "Zoé", "lastName": "Martin", "emails": ["zoe@acme.example"] }),
    )
    .await;
    let double = add(
        &server,
        json!({ "lastName": "Martin, Z.", "emails": ["ZOE@acme.example"] }),
    )
    .await;
    let doubles = server
        .data("{ contactDuplicates { nodes { first { name } second { name } reasons score } } }")
        .await;
    let found = &doubles["contactDuplicates"]["nodes"];
    assert_eq!(
        (found[0]["reasons"].clone(), found[1].clone()),
        (json!(["EMAIL"]), Value::Null),
        "{found:#}"
    );

    record(
        &server,
        json!({ "content": { "email": { "direction": "INBOUND" } }, "contact": double["id"], "subject": "Prices" }),
    )
    .await;
    for (contact, purpose) in [(&double, "NEWSLETTER"), (&zoe, "PROFILING")] {
        let input = json!({ "id": contact["id"], "purpose": purpose, "source": "PAPER" });
        server.data_with(CONSENT, json!({ "input": input })).await;
    }
    let input = json!({ "id": double["id"], "purpose": "PROFILING", "source": "PHONE" });
    server.data_with(WITHDRAW, json!({ "input": input })).await;

    let merged = server
        .data_with(
            MERGE,
            json!({ "input": { "survivor": zoe["id"], "merged": double["id"] } }),
        )
        .await;
    let survivor = &merged["contactsMerge"]["contact"];
    assert_eq!(
        survivor["consents"],
        json!([{ "purpose": "NEWSLETTER", "given": true }, { "purpose": "PROFILING", "given": false }])
    );
    assert_eq!(survivor["activities"]["totalCount"], 1);
    assert_eq!(survivor["merged"], json!([{ "name": "Martin, Z." }]));
    // A late change of the double is the survivor's.
    let late = server
        .data_with(UPDATE, json!({ "input": { "id": double["id"], "jobTitle": "CFO" } }))
        .await;
    assert_eq!(late["contactUpdate"]["contact"]["id"], zoe["id"]);
    assert_eq!(late["contactUpdate"]["contact"]["jobTitle"], "CFO");

    let export = server.data_with(EXPORT, json!({ "person": double["person"] })).await;
    let export = &export["personExport"];
    assert_eq!(export["persons"].as_array().unwrap().len(), 2);
    assert_eq!(export["contacts"].as_array().unwrap().len(), 2);
    let document = export["document"].to_string();
    for told in ["zoe@acme.example", "Martin, Z.", "Prices", "CFO", "NEWSLETTER"] {
        assert!(document.contains(told), "{told} is missing in {document}");
    }

    let erased = server.data_with(ERASE, json!({ "person": double["person"] })).await;
    assert_eq!(erased["personErase"]["userErrors"], json!([]));
    let query = "query($id: ID!, $at: BigInt!) { contact(id: $id, minPosition: $at) {
        name erased email activities { nodes { subject erased } } merged { name } consents { purpose given evidence } } }";
    let variables = json!({ "id": zoe["id"], "at": erased["personErase"]["position"] });
    let shown = server.data_with(query, variables).await;
    assert_eq!(
        shown["contact"],
        json!({ "name": null, "erased": true, "email": null, "activities": { "nodes": [{ "subject": null, "erased": true }] },
            "merged": [{ "name": null }],
            "consents": [{ "purpose": "NEWSLETTER", "given": true, "evidence": null }, { "purpose": "PROFILING", "given": false, "evidence": null }] })
    );
    let export = server.data_with(EXPORT, json!({ "person": zoe["person"] })).await;
    assert_eq!(export["personExport"]["erased"], true);
    assert!(
        !export.to_string().contains("Prices") && !export.to_string().contains("acme.example"),
        "{export:#}"
    );
}

#[tokio::test]
async fn activities_of_every_kind_are_recorded_corrected_and_withdrawn() {
    let server = Server::start();
    let acme = organization(&server, "Acme").await;
    let zoe = add(&server, json!({ "lastName": "Martin", "organization": acme })).await;
    let meeting = json!({ "start": "2026-03-10T09:00:00Z", "end": "2026-03-10T10:00:00Z", "place": "Lyon", "participants": [zoe["id"]] });
    let met = record(
        &server,
        json!({ "content": { "meeting": meeting }, "organization": acme }),
    )
    .await;
    assert_eq!(met["participants"], json!([{ "name": "Martin" }]));
    let place = json!({ "latitude": 45.739_411, "longitude": 4.815_232, "accuracy": 11.2 });
    let visit = record(
        &server,
        json!({ "content": { "checkIn": place }, "organization": acme }),
    )
    .await;
    assert_eq!(
        visit["position"],
        json!({ "latitude": 45.739_411, "longitude": 4.815_232, "accuracy": 12 })
    );
    for (input, code) in [
        (
            json!({ "content": { "note": true }, "body": "Lost." }),
            "ACTIVITY_ABOUT_NOTHING",
        ),
        (
            json!({ "content": { "note": true }, "contact": "018f3a5e-0000-7000-8000-00000000dead" }),
            "CONTACT_NOT_FOUND",
        ),
        (
            json!({ "content": { "checkIn": { "latitude": 91.0, "longitude": 0.0, "accuracy": 1.0 } }, "organization": acme }),
            "NUMBER_OUT_OF_RANGE",
        ),
    ] {
        let answer = server.data_with(RECORD, json!({ "input": input })).await;
        assert_eq!(answer["activityRecord"]["userErrors"][0]["code"], code, "{answer:#}");
    }
    let correct = "mutation($input: ActivityCorrectInput!) { activityCorrect(input: $input) {
        activity { subject place } userErrors { code } } }";
    let words = json!({ "id": met["id"], "words": { "subject": "Prices" } });
    let corrected = server.data_with(correct, json!({ "input": words })).await;
    assert_eq!(
        corrected["activityCorrect"]["activity"],
        json!({ "subject": "Prices", "place": "Lyon" })
    );
    let other = json!({ "id": met["id"], "content": { "note": true } });
    let refused = server.data_with(correct, json!({ "input": other })).await;
    assert_eq!(
        refused["activityCorrect"]["userErrors"][0]["code"],
        "ACTIVITY_OF_ANOTHER_KIND"
    );
    let withdraw = "mutation($id: ID!) { activityWithdraw(input: { id: $id, reason: \"Another\" }) { activity { subject withdrawalReason } } }";
    let withdrawn = server.data_with(withdraw, json!({ "id": met["id"] })).await;
    assert_eq!(
        withdrawn["activityWithdraw"]["activity"],
        json!({ "subject": null, "withdrawalReason": "Another" })
    );
    let shown = server
        .data("{ activities { totalCount nodes { kind } } all: activities(filter: { or: [{ withdrawn: { eq: true } }, { withdrawn: { eq: false } }], withdrawn: {} }) { totalCount } }")
        .await;
    assert_eq!(
        shown["activities"],
        json!({ "totalCount": 1, "nodes": [{ "kind": "CHECK_IN" }] })
    );
    assert_eq!(shown["all"]["totalCount"], 2);
}

#[tokio::test]
async fn whoever_did_nothing_for_three_years_is_proposed_and_our_own_mail_does_not_count() {
    let server = Server::start();
    let long_ago = |year: u32| format!("{year}-03-01T09:00:00Z");
    let mut contacts = Vec::new();
    for name in ["Quiet", "Written to", "Caller", "Consenting", "New"] {
        let year = if name == "New" { 2026 } else { 2021 };
        contacts.push(add(&server, json!({ "lastName": name, "occurredAt": long_ago(year) })).await);
    }
    let email = |direction: &str, contact: &Value, year| json!({ "content": { "email": { "direction": direction } }, "contact": contact["id"], "occurredAt": long_ago(year) });
    record(&server, email("OUTBOUND", &contacts[1], 2026)).await;
    record(&server, email("INBOUND", &contacts[1], 2022)).await;
    record(&server, email("INBOUND", &contacts[2], 2025)).await;
    let consent =
        json!({ "id": contacts[3]["id"], "purpose": "NEWSLETTER", "source": "WEB_FORM", "occurredAt": long_ago(2025) });
    server.data_with(CONSENT, json!({ "input": consent })).await;
    let query = "query($day: Date) { retentionProposals(asOf: $day) { totalCount nodes { contact { name } lastActAt addedAt } } }";
    let shown = server.data_with(query, json!({ "day": "2026-06-01" })).await;
    let mut nodes = shown["retentionProposals"]["nodes"].as_array().unwrap().clone();
    nodes.sort_by_key(|node| node["contact"]["name"].to_string());
    assert_eq!(
        nodes,
        [
            json!({ "contact": { "name": "Quiet" }, "lastActAt": null, "addedAt": "2021-03-01T09:00:00Z" }),
            json!({ "contact": { "name": "Written to" }, "lastActAt": "2022-03-01T09:00:00Z", "addedAt": "2021-03-01T09:00:00Z" }),
        ]
    );
    let later = server.data_with(query, json!({ "day": "2028-06-01" })).await;
    assert_eq!(later["retentionProposals"]["totalCount"], 4);
    let earlier = server.data_with(query, json!({ "day": "2023-06-01" })).await;
    assert_eq!(earlier["retentionProposals"]["totalCount"], 0);
}

#[tokio::test]
async fn contacts_are_edited_in_bulk_with_a_result_for_each() {
    let server = Server::start();
    let zoe = add(&server, json!({ "lastName": "Martin" })).await;
    let bulk = "mutation($input: ContactsTagsInput!) { contactsTag(input: $input) {
        done position items { done userErrors { code } } } }";
    let ids = json!([zoe["id"], "018f3a5e-0000-7000-8000-00000000dead"]);
    let answer = server
        .data_with(bulk, json!({ "input": { "ids": ids, "tags": ["vip"] } }))
        .await;
    assert_eq!(answer["contactsTag"]["done"], 1);
    assert_eq!(
        answer["contactsTag"]["items"][1]["userErrors"][0]["code"],
        "CONTACT_NOT_FOUND"
    );
    let query =
        "query($at: BigInt!) { contacts(filter: { tags: { any: [\"VIP\"] } }, minPosition: $at) { nodes { tags } } }";
    let found = server
        .data_with(query, json!({ "at": answer["contactsTag"]["position"] }))
        .await;
    assert_eq!(found["contacts"]["nodes"], json!([{ "tags": ["vip"] }]));
}
