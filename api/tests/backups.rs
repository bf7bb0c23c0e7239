//! Backups of a server that runs, put back on an empty machine.

use std::{fs, path::Path};

use serde_json::{Value, json};

use crate::{
    database::Database,
    server::{Server, TOKEN},
    support::Workplace,
};

const ADD: &str = "mutation($input: ContactAddInput!) { contactAdd(input: $input) { contact { id person } position } }";

/// A contact of this name: their id and their person.
async fn contact(server: &Server, name: &str) -> (String, String) {
    let added = server.data_with(ADD, json!({ "input": { "lastName": name } })).await;
    let contact = &added["contactAdd"]["contact"];
    let text = |field: &str| contact[field].as_str().expect("an id").to_owned();
    (text("id"), text("person"))
}

async fn erase(server: &Server, person: &str) {
    let erased = server
        .data_with(
            "mutation($input: PersonEraseInput!) { personErase(input: $input) { pending userErrors { code } } }",
            json!({ "input": { "person": person, "ground": "REQUEST" } }),
        )
        .await;
    assert_eq!(erased["personErase"]["userErrors"], json!([]), "{erased:#}");
}

async fn names(server: &Server) -> Vec<Value> {
    let list = server.data("{ contacts(first: 50) { nodes { lastName } } }").await;
    let nodes = list["contacts"]["nodes"].as_array().expect("a list").clone();
    let mut names: Vec<Value> = nodes.into_iter().map(|mut node| node["lastName"].take()).collect();
    names.sort_by_key(ToString::to_string);
    names
}

/// What a restored installation must be: the people of the backup, but for those who were erased after it.
async fn rehearse(source_journal: Option<&str>, restored_journal: Option<&str>) {
    let arguments = |url: Option<&str>| -> Vec<String> {
        url.map(|url| vec!["--journal".to_owned(), url.to_owned()])
            .unwrap_or_default()
    };
    let source = arguments(source_journal);
    let source: Vec<&str> = source.iter().map(String::as_str).collect();
    let server = Server::start_with(&source);
    let (_, _) = contact(&server, "Reste").await;
    let (_, early) = contact(&server, "Effacée avant").await;
    let (_, late) = contact(&server, "Effacée après").await;
    erase(&server, &early).await;

    // While others write.
    let address = server.address.clone();
    let writing = tokio::spawn(async move {
        let client = reqwest::Client::new();
        for number in 0..200 {
            let title = format!("during {number}");
            let body = json!({ "query": "mutation($t: String!) { dealOpen(input: { title: $t }) { position } }",
                               "variables": { "t": title } });
            let sent = client
                .post(format!("http://{address}/graphql"))
                .bearer_auth(TOKEN)
                .json(&body)
                .send();
            assert_eq!(sent.await.unwrap().status(), 200);
        }
    });
    let place = server.workplace.path().to_owned();
    let run = |arguments: &[&str]| {
        let ran = server.workplace.run(&[arguments, &source].concat());
        assert_eq!(ran.code, 0, "{arguments:?}: {}{}", ran.stdout, ran.stderr);
        ran.stdout
    };
    let told = run(&["backup", "backup"]);
    assert!(told.contains("sound"), "{told}");
    writing.await.unwrap();
    let twice = server.workplace.run(&[&["backup", "backup"][..], &source].concat());
    assert!(twice.stderr.contains("error[BACKUP_NOT_EMPTY]"), "{}", twice.stderr);
    assert!(!place.join("backup/keys").exists(), "keys are only copied on request");
    let manifest: Value = serde_json::from_slice(&fs::read(place.join("backup/backup.json")).unwrap()).unwrap();
    let position = manifest["position"].as_u64().expect("a position");
    assert!(position >= 4, "{manifest:#}");

    // What happens after the backup is lost, but for the list that is taken more often.
    erase(&server, &late).await;
    run(&["backup", "newer", "--erasures-only"]);

    let elsewhere = Workplace::new();
    let there = elsewhere.path();
    copy(&place.join("backup"), &there.join("backup"));
    fs::copy(place.join("newer/erasures.json"), there.join("erasures.json")).unwrap();
    let target = arguments(restored_journal);
    let target: Vec<&str> = target.iter().map(String::as_str).collect();
    let restore = [&["restore", "backup", "--erasures", "erasures.json"][..], &target].concat();
    let keyless = elsewhere.run(&restore);
    assert!(keyless.stderr.contains("error[BACKUP_NOT_WHOLE]"), "{}", keyless.stderr);
    copy(&place.join("data/keys"), &there.join("data/keys"));
    let restored = elsewhere.run(&restore);
    assert_eq!(restored.code, 0, "{}{}", restored.stdout, restored.stderr);
    assert!(restored.stdout.contains("erased again: 1\n"), "{}", restored.stdout);
    let again = elsewhere.run(&restore);
    assert!(again.stderr.contains("error[JOURNAL_EXISTS]"), "{}", again.stderr);

    let verified = elsewhere.run(&[&["verify"][..], &target].concat());
    assert_eq!(verified.code, 0, "{}{}", verified.stdout, verified.stderr);
    assert!(
        verified.stdout.contains(&format!("sound: {} events", position + 1)),
        "{}",
        verified.stdout
    );

    let second = Server::start_in(elsewhere, &target);
    assert_eq!(names(&second).await, [json!("Reste"), Value::Null, Value::Null]);
    // It goes on: what is written is proven like everything before it.
    let (_, _) = contact(&second, "Nouvelle").await;
    assert_eq!(names(&second).await.len(), 4);
    assert_eq!(names(&server).await.len(), 3, "the first one is as it was");
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        // With its mode: the keys' files are refused when others may read them.
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_a_running_server_is_restored_on_an_empty_machine() {
    rehearse(None, None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_on_postgresql_is_restored_on_postgresql() {
    let (source, target) = (Database::make("backup_from").await, Database::make("backup_to").await);
    rehearse(Some(&source.url()), Some(&target.url())).await;
    source.drop().await;
    target.drop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_moves_from_one_back_end_to_the_other() {
    let postgres = Database::make("backup_moved").await;
    rehearse(None, Some(&postgres.url())).await;
    postgres.drop().await;
    let postgres = Database::make("backup_moved_back").await;
    rehearse(Some(&postgres.url()), None).await;
    postgres.drop().await;
}

#[test]
fn a_backup_that_was_changed_or_not_finished_is_refused() {
    let place = Workplace::new();
    let user = ["user", "add", "a@energie.example", "--name", "A", "--role", "SALES"];
    assert_eq!(place.run(&user).code, 0);
    let taken = place.run(&["backup", "backup", "--with-keys"]);
    assert_eq!(taken.code, 0, "{}", taken.stderr);
    let restore = |keys: &str| {
        place.run(&[
            "restore",
            "backup",
            "--journal",
            "sqlite:r/journal.db",
            "--views",
            "sqlite:r/views.db",
            "--keys",
            keys,
        ])
    };
    let backup = place.path().join("backup");
    let journal = fs::read(backup.join("journal.db")).unwrap();
    let mut changed = journal.clone();
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    fs::write(backup.join("journal.db"), &changed).unwrap();
    assert!(restore("k").stderr.contains("error[BACKUP_DAMAGED]"));
    fs::write(backup.join("journal.db"), &journal).unwrap();
    let manifest = fs::read(backup.join("backup.json")).unwrap();
    fs::remove_file(backup.join("backup.json")).unwrap();
    assert!(restore("k").stderr.contains("error[BACKUP_NOT_WHOLE]"));
    fs::write(backup.join("backup.json"), manifest).unwrap();
    let restored = restore("k");
    assert_eq!(restored.code, 0, "{}", restored.stderr);
    assert!(place.path().join("k/master.key").exists(), "the keys were in it");
}
