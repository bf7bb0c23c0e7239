//! Files that go with activities, deals, organizations and tasks: sent, attached, fetched, refused, erased, verified.

use std::fs;

use domain::Role;
use reqwest::{StatusCode, header};
use serde_json::{Value, json};

use crate::{people::People, server::Server, support::Workplace};

const PDF: &[u8] = b"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj";
const ANNOUNCE: &str = "mutation($input: FileUploadCreateInput!) { fileUploadCreate(input: $input) {
    upload { file path expiresAt } userErrors { code field } } }";
const ATTACH: &str = "mutation($input: ActivityAttachFileInput!) { activityAttachFile(input: $input) {
    activity { attachments { uuid name mediaType size sha256 path attachedBy detachedAt erased } } position
    userErrors { code field } } }";
const DETACH: &str = "mutation($input: ActivityDetachFileInput!) { activityDetachFile(input: $input) {
    activity { attachments { uuid } all: attachments(detached: true) { uuid detachedAt } } userErrors { code } } }";

fn offer() -> Value {
    json!({ "name": "Offre n° 3 «é».pdf", "mediaType": "application/pdf", "size": PDF.len().to_string() })
}

async fn announce(server: &Server, input: Value) -> Value {
    let data = server.data_with(ANNOUNCE, json!({ "input": input })).await;
    assert_eq!(data["fileUploadCreate"]["userErrors"], json!([]), "{data:#}");
    data["fileUploadCreate"]["upload"].clone()
}

async fn put(server: &Server, upload: &Value, bytes: &[u8]) -> reqwest::Response {
    let url = server.url(upload["path"].as_str().unwrap());
    server.client().put(url).body(bytes.to_vec()).send().await.unwrap()
}

async fn code(response: reqwest::Response) -> (u16, String) {
    let status = response.status().as_u16();
    let answer: Value = response.json().await.unwrap();
    (
        status,
        answer["errors"][0]["extensions"]["code"].as_str().unwrap().to_owned(),
    )
}

/// An activity, and whose data it is, when it is about a person.
async fn activity(server: &Server, personal: bool) -> (String, String) {
    let about = if personal {
        let data = server
            .data("mutation { contactAdd(input: { lastName: \"Zola\" }) { contact { id person } } }")
            .await;
        data["contactAdd"]["contact"].clone()
    } else {
        let data = server
            .data("mutation { organizationCreate(input: { name: \"Ateliers Martin\" }) { organization { id } } }")
            .await;
        data["organizationCreate"]["organization"].clone()
    };
    let field = if personal { "contact" } else { "organization" };
    let id = about["id"].as_str().unwrap();
    let data = server
        .data(&format!(
            "mutation {{ activityRecord(input: {{ content: {{ note: true }}, {field}: \"{id}\", subject: \"Offre\" }}) {{ activity {{ id }} userErrors {{ code }} }} }}"
        ))
        .await;
    let activity = data["activityRecord"]["activity"]["id"].as_str().unwrap().to_owned();
    (activity, about["person"].as_str().unwrap_or_default().to_owned())
}

/// A file that came in and was attached.
async fn attached(server: &Server, activity: &str) -> Value {
    let upload = announce(server, offer()).await;
    assert_eq!(put(server, &upload, PDF).await.status(), StatusCode::CREATED);
    let input = json!({ "id": activity, "file": upload["file"] });
    let data = server.data_with(ATTACH, json!({ "input": input })).await;
    assert_eq!(data["activityAttachFile"]["userErrors"], json!([]), "{data:#}");
    let files = data["activityAttachFile"]["activity"]["attachments"]
        .as_array()
        .unwrap()
        .clone();
    files.last().unwrap().clone()
}

async fn fetch(server: &Server, file: &Value) -> reqwest::Response {
    let url = server.url(file["path"].as_str().unwrap());
    let request = server.client().get(url).bearer_auth(crate::server::TOKEN);
    request.send().await.unwrap()
}

#[tokio::test]
async fn a_file_is_sent_attached_and_fetched_as_it_was() {
    let server = Server::start();
    let (activity, _) = activity(&server, false).await;
    let file = attached(&server, &activity).await;
    assert_eq!(file["name"], "Offre n° 3 «é».pdf");
    assert_eq!(
        (&file["mediaType"], &file["size"]),
        (&json!("application/pdf"), &json!(PDF.len()))
    );
    let fetched = fetch(&server, &file).await;
    assert_eq!(fetched.status(), StatusCode::OK);
    let told = |name| fetched.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(
        told(header::CONTENT_DISPOSITION),
        "attachment; filename*=UTF-8''Offre%20n%C2%B0%203%20%C2%AB%C3%A9%C2%BB.pdf"
    );
    assert_eq!(told(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
    assert_eq!(told(header::CONTENT_TYPE), "application/pdf");
    assert_eq!(told(header::CONTENT_LENGTH), PDF.len().to_string());
    assert_eq!(fetched.bytes().await.unwrap(), PDF);
    // Nobody without credentials, nobody who sees no persons, nobody under another id.
    let url = server.url(file["path"].as_str().unwrap());
    assert_eq!(
        server.client().get(&url).send().await.unwrap().status(),
        StatusCode::UNAUTHORIZED
    );
    let analyst = People::of(&server).with(Role::Analyst).sign_in().await;
    let asked = server.client().get(&url).header(header::COOKIE, &analyst.cookie);
    assert_eq!(asked.send().await.unwrap().status(), StatusCode::FORBIDDEN);
    for id in ["00000000-0000-0000-0000-000000000000", "..%2f..%2fkeys", "x"] {
        let asked = server.client().get(server.url(&format!("/files/{id}")));
        let answer = asked.bearer_auth(crate::server::TOKEN).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{id}");
    }

    let input = json!({ "id": activity, "file": file["uuid"] });
    let data = server.data_with(DETACH, json!({ "input": input })).await;
    assert_eq!(data["activityDetachFile"]["activity"]["attachments"], json!([]));
    assert_eq!(data["activityDetachFile"]["activity"]["all"][0]["uuid"], file["uuid"]);
}

#[tokio::test]
async fn an_address_takes_one_file_as_it_was_announced() {
    let server = Server::start();
    let (activity, _) = activity(&server, false).await;
    for (change, refusal, field) in [
        (json!({ "size": "0" }), "NUMBER_OUT_OF_RANGE", "size"),
        (json!({ "size": "26214401" }), "NUMBER_OUT_OF_RANGE", "size"),
        (json!({ "mediaType": "text/html" }), "FILE_TYPE_NOT_TAKEN", "mediaType"),
        (json!({ "name": "../x.pdf" }), "INVALID_FILE_NAME", "name"),
        (json!({ "sha256": "abc" }), "INVALID_CODE", "sha256"),
    ] {
        let mut input = offer();
        input
            .as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        let data = server.data_with(ANNOUNCE, json!({ "input": input })).await;
        let error = &data["fileUploadCreate"]["userErrors"][0];
        assert_eq!(
            (&error["code"], &error["field"]),
            (&json!(refusal), &json!(["input", field]))
        );
    }
    let sized = |size: usize| json!({ "name": "x.pdf", "mediaType": "application/pdf", "size": size.to_string() });
    let too_long = announce(&server, sized(PDF.len() - 1)).await;
    assert_eq!(
        code(put(&server, &too_long, PDF).await).await,
        (413, "PAYLOAD_TOO_LARGE".to_owned())
    );
    assert_eq!(
        code(put(&server, &too_long, PDF).await).await.0,
        404,
        "an address is used up"
    );
    let too_short = announce(&server, sized(PDF.len() + 1)).await;
    assert_eq!(
        code(put(&server, &too_short, PDF).await).await,
        (400, "BAD_REQUEST".to_owned())
    );
    let disguised = announce(&server, sized(6)).await;
    assert_eq!(
        code(put(&server, &disguised, b"<html>").await).await,
        (415, "UNSUPPORTED_MEDIA_TYPE".to_owned())
    );
    let mut hashed = offer();
    hashed["sha256"] = json!("0".repeat(64));
    let hashed = announce(&server, hashed).await;
    assert_eq!(
        code(put(&server, &hashed, PDF).await).await,
        (400, "BAD_REQUEST".to_owned())
    );
    // What was refused cannot be attached, and leaves nothing.
    let input = json!({ "id": activity, "file": hashed["file"] });
    let data = server.data_with(ATTACH, json!({ "input": input })).await;
    assert_eq!(
        data["activityAttachFile"]["userErrors"][0]["code"],
        "FILE_UPLOAD_NOT_FOUND"
    );
    let incoming = server.workplace.path().join("data/blobs/incoming");
    assert_eq!(fs::read_dir(incoming).unwrap().count(), 0);
    // What somebody sent, nobody else attaches.
    let upload = announce(&server, offer()).await;
    put(&server, &upload, PDF).await;
    let seller = People::of(&server).with(Role::Manager).sign_in().await;
    let input = json!({ "id": activity, "file": upload["file"] });
    let data = seller.data(ATTACH, json!({ "input": input })).await;
    assert_eq!(
        data["activityAttachFile"]["userErrors"][0]["code"],
        "FILE_UPLOAD_NOT_FOUND"
    );
}

#[tokio::test]
async fn the_files_about_an_erased_person_go_with_them_and_verify_knows() {
    let server = Server::start();
    let (about_zola, person) = activity(&server, true).await;
    let (about_nobody, _) = activity(&server, false).await;
    let personal = attached(&server, &about_zola).await;
    let blobs = server.workplace.path().join("data/blobs");
    let hash = personal["sha256"].as_str().unwrap();
    let bytes = blobs.join(&hash[..2]).join(&hash[2..]);
    // The same bytes with something that is about nobody: they stay.
    let same = attached(&server, &about_nobody).await;
    assert_eq!(same["sha256"], personal["sha256"]);
    let erase = |person: &str| {
        format!(
            "mutation {{ personErase(input: {{ person: \"{person}\", ground: REQUEST }}) {{ pending userErrors {{ code }} }} }}"
        )
    };
    server.data(&erase(&person)).await;
    assert_eq!(fetch(&server, &personal).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(fetch(&server, &same).await.status(), StatusCode::OK);
    assert!(bytes.exists());

    let (about_hugo, hugo) = activity(&server, true).await;
    let upload = announce(
        &server,
        json!({ "name": "a.txt", "mediaType": "text/plain", "size": "5" }),
    )
    .await;
    assert_eq!(put(&server, &upload, b"hello").await.status(), StatusCode::CREATED);
    let input = json!({ "id": about_hugo, "file": upload["file"] });
    let data = server.data_with(ATTACH, json!({ "input": input })).await;
    let hash = data["activityAttachFile"]["activity"]["attachments"][0]["sha256"]
        .as_str()
        .unwrap()
        .to_owned();
    let theirs = blobs.join(&hash[..2]).join(&hash[2..]);
    assert!(theirs.exists());
    server.data(&erase(&hugo)).await;
    assert!(!theirs.exists());
    let data = server
        .data_with(
            "query($id: ID!) { activity(id: $id) { attachments { name path erased } } }",
            json!({ "id": about_hugo }),
        )
        .await;
    assert_eq!(
        data["activity"]["attachments"],
        json!([{ "name": null, "path": null, "erased": true }])
    );

    let verified = server.workplace.run(&["verify"]);
    assert_eq!(verified.code, 0, "{}", verified.stdout);
    assert!(
        verified.stdout.contains("files: 2 named by events, 1 sound, 1 erased"),
        "{}",
        verified.stdout
    );
    let whole = fs::read(&bytes).unwrap();
    fs::write(&bytes, b"%PDF-1.7 another").unwrap();
    let verified = server.workplace.run(&["verify"]);
    assert_eq!(verified.code, 1);
    assert!(verified.stdout.contains("CHANGED: the file"), "{}", verified.stdout);
    // The connection may end before the answer's head is on its way, too.
    let url = server.url(same["path"].as_str().unwrap());
    let broken = match server.client().get(url).bearer_auth(crate::server::TOKEN).send().await {
        Ok(answer) => answer.bytes().await.is_err(),
        Err(_) => true,
    };
    assert!(broken, "a damaged file does not arrive whole");
    fs::remove_file(&bytes).unwrap();
    let verified = server.workplace.run(&["verify", "--json"]);
    let told: Value = serde_json::from_str(&verified.stdout).unwrap();
    assert_eq!(
        (&told["sound"], &told["files"]["missing"].as_array().unwrap().len()),
        (&json!(false), &1)
    );
    fs::write(&bytes, whole).unwrap();
    assert_eq!(server.workplace.run(&["verify"]).code, 0);
}

#[tokio::test]
async fn a_backup_holds_the_files() {
    let server = Server::start();
    let (activity, _) = activity(&server, false).await;
    attached(&server, &activity).await;
    // One that came in and nobody attached.
    let upload = announce(&server, offer()).await;
    put(&server, &upload, PDF).await;
    let taken = server.workplace.run(&["backup", "copy", "--with-keys"]);
    assert_eq!(taken.code, 0, "{}", taken.stderr);
    let copy = server.workplace.path().join("copy");
    assert!(fs::read_dir(copy.join("blobs/incoming")).is_ok_and(|mut inside| inside.next().is_none()));
    let elsewhere = Workplace::new();
    let restored = elsewhere.run(&["restore", &copy.display().to_string()]);
    assert_eq!(restored.code, 0, "{}", restored.stderr);
    let verified = elsewhere.run(&["verify"]);
    assert_eq!(verified.code, 0, "{}", verified.stdout);
    assert!(
        verified.stdout.contains("files: 1 named by events, 1 sound"),
        "{}",
        verified.stdout
    );
}

/// What files go with besides activities: the object, what makes one, and its input.
const RECORDS: [(&str, &str, &str); 3] = [
    ("organization", "organizationCreate", "{ name: \"Ateliers Martin\" }"),
    ("deal", "dealOpen", "{ title: \"Toiture\" }"),
    ("task", "taskCreate", "{ title: \"Devis\" }"),
];

async fn made(server: &Server, object: &str, mutation: &str, input: &str) -> String {
    let query = format!("mutation {{ {mutation}(input: {input}) {{ {object} {{ id }} userErrors {{ code }} }} }}");
    let data = server.data(&query).await;
    data[mutation][object]["id"]
        .as_str()
        .unwrap_or_else(|| panic!("{data:#}"))
        .to_owned()
}

/// Attaches a file to a record that is no activity, or detaches it: the payload.
async fn give(server: &Server, object: &str, verb: &str, id: &str, file: &Value) -> Value {
    let field = format!("{object}{verb}File");
    let query = format!(
        "mutation($input: RecordFileInput!) {{ {field}(input: $input) {{ {object} {{ attachments {{ uuid name path sha256 detachedAt }}
            all: attachments(detached: true) {{ uuid detachedAt }} history {{ nodes {{ type summary }} }} }} userErrors {{ code }} }} }}"
    );
    server
        .data_with(&query, json!({ "input": { "id": id, "file": file } }))
        .await[&field]
        .take()
}

#[tokio::test]
async fn a_file_goes_with_an_organization_a_deal_or_a_task_as_with_an_activity() {
    records(&Server::start()).await;
}

async fn records(server: &Server) {
    let analyst = People::of(server).with(Role::Analyst).sign_in().await;
    for (object, mutation, input) in RECORDS {
        let id = made(server, object, mutation, input).await;
        let unsent = give(server, object, "Attach", &id, &json!(uuid::Uuid::new_v4())).await;
        assert_eq!(unsent["userErrors"][0]["code"], "FILE_UPLOAD_NOT_FOUND", "{object}");
        let upload = announce(server, offer()).await;
        assert_eq!(put(server, &upload, PDF).await.status(), StatusCode::CREATED);
        let nowhere = give(
            server,
            object,
            "Attach",
            &uuid::Uuid::now_v7().to_string(),
            &upload["file"],
        )
        .await;
        let code = format!("{}_NOT_FOUND", object.to_uppercase());
        assert_eq!(nowhere["userErrors"][0]["code"], code, "{object}");
        let attached = give(server, object, "Attach", &id, &upload["file"]).await;
        assert_eq!(attached["userErrors"], json!([]), "{object}");
        let file = attached[object]["attachments"][0].clone();
        assert_eq!(
            (&file["uuid"], &file["name"]),
            (&upload["file"], &json!("Offre n° 3 «é».pdf")),
            "{object}"
        );
        let told = attached[object]["history"]["nodes"]
            .as_array()
            .unwrap()
            .last()
            .unwrap()
            .clone();
        assert!(told["type"].as_str().unwrap().ends_with("FileAttached"), "{told:#}");
        assert_eq!(told["summary"], "file attached, Offre n° 3 «é».pdf");
        assert_eq!(fetch(server, &file).await.bytes().await.unwrap(), PDF, "{object}");
        let twice = give(server, object, "Attach", &id, &upload["file"]).await;
        assert_eq!(twice["userErrors"][0]["code"], "FILE_ALREADY_ATTACHED", "{object}");
        // Whoever sees no data about persons sees no files, and fetches none.
        let query = format!("query($id: ID!) {{ {object}(id: $id) {{ attachments {{ name }} }} }}");
        let hidden = analyst.answer(&query, json!({ "id": id })).await;
        assert_eq!(hidden["errors"][0]["extensions"]["code"], "FORBIDDEN", "{hidden:#}");
        let url = server.url(file["path"].as_str().unwrap());
        let asked = server
            .client()
            .get(&url)
            .header(header::COOKIE, &analyst.cookie)
            .send()
            .await;
        assert_eq!(asked.unwrap().status(), StatusCode::FORBIDDEN, "{object}");

        let detached = give(server, object, "Detach", &id, &file["uuid"]).await;
        assert_eq!(detached["userErrors"], json!([]), "{object}");
        assert_eq!(detached[object]["attachments"], json!([]), "{object}");
        assert!(detached[object]["all"][0]["detachedAt"].is_string(), "{object}");
        let never = give(server, object, "Detach", &id, &json!(uuid::Uuid::new_v4())).await;
        assert_eq!(never["userErrors"][0]["code"], "FILE_NOT_FOUND", "{object}");
    }
    let verified = server.workplace.run(&["verify"]);
    assert_eq!(verified.code, 0, "{}", verified.stdout);
    assert!(
        verified.stdout.contains("files: 1 named by events, 1 sound"),
        "{}",
        verified.stdout
    );
}

#[tokio::test]
async fn postgresql_keeps_files_of_records_as_well() {
    let database = crate::database::Database::make("files").await;
    let server = database.serve();
    records(&server).await;
    drop(server);
    database.drop().await;
}

#[tokio::test]
async fn verify_misses_the_file_of_a_deal_and_an_erasure_leaves_it() {
    let server = Server::start();
    let deal = made(&server, "deal", "dealOpen", "{ title: \"Toiture\" }").await;
    let upload = announce(&server, offer()).await;
    put(&server, &upload, PDF).await;
    let file = give(&server, "deal", "Attach", &deal, &upload["file"]).await["deal"]["attachments"][0].take();
    // The same bytes, about a person who is erased: the deal's stay.
    let (about_zola, person) = activity(&server, true).await;
    let personal = attached(&server, &about_zola).await;
    assert_eq!(personal["sha256"], file["sha256"]);
    let erase = format!(
        "mutation {{ personErase(input: {{ person: \"{person}\", ground: REQUEST }}) {{ pending userErrors {{ code }} }} }}"
    );
    server.data(&erase).await;
    assert_eq!(fetch(&server, &personal).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(fetch(&server, &file).await.status(), StatusCode::OK);
    let hash = file["sha256"].as_str().unwrap();
    fs::remove_file(
        server
            .workplace
            .path()
            .join("data/blobs")
            .join(&hash[..2])
            .join(&hash[2..]),
    )
    .unwrap();
    let verified = server.workplace.run(&["verify", "--json"]);
    let told: Value = serde_json::from_str(&verified.stdout).unwrap();
    assert_eq!(
        (&told["sound"], &told["files"]["missing"].as_array().unwrap().len()),
        (&json!(false), &1)
    );
}

#[tokio::test]
async fn a_merged_organization_s_files_are_its_survivor_s() {
    let server = Server::start();
    let create = "organizationCreate";
    let survivor = made(&server, "organization", create, "{ name: \"Ateliers Martin\" }").await;
    let merged = made(&server, "organization", create, "{ name: \"Atelier Martin\" }").await;
    let upload = announce(&server, offer()).await;
    put(&server, &upload, PDF).await;
    give(&server, "organization", "Attach", &merged, &upload["file"]).await;
    let merge =
        "mutation($input: OrganizationsMergeInput!) { organizationsMerge(input: $input) { userErrors { code } } }";
    let data = server
        .data_with(merge, json!({ "input": { "survivor": survivor, "merged": merged } }))
        .await;
    assert_eq!(data["organizationsMerge"]["userErrors"], json!([]));
    // A file that is sent to the merged record comes to the survivor.
    let second = announce(&server, offer()).await;
    put(&server, &second, PDF).await;
    let attached = give(&server, "organization", "Attach", &merged, &second["file"]).await;
    let files = attached["organization"]["attachments"].as_array().unwrap().clone();
    assert_eq!(files.len(), 2, "{attached:#}");
    for (file, left) in [(&upload["file"], 1), (&second["file"], 0)] {
        let detached = give(&server, "organization", "Detach", &survivor, file).await;
        assert_eq!(detached["userErrors"], json!([]), "{detached:#}");
        assert_eq!(
            detached["organization"]["attachments"].as_array().unwrap().len(),
            left,
            "{detached:#}"
        );
    }
}
