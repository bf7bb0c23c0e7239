//! Trouble below: a full disk and a lost database. The server says so, stays up, and goes on when the trouble is over.

use std::{process::Command, time::Duration};

use serde_json::{Value, json};

use crate::{
    database::Database,
    server::{Server, TOKEN, error_code},
    support::Workplace,
};

const OPEN: &str = "mutation($input: DealOpenInput!) { dealOpen(input: $input) { position } }";

async fn open(server: &Server, number: usize) -> Value {
    // Another note each time, long enough to fill a disk soon.
    let title = format!("{number:06}{}", "x".repeat(190));
    server.answer(OPEN, json!({ "input": { "title": title } })).await
}

#[tokio::test]
async fn a_full_disk_is_said_and_nothing_is_appended_by_halves() {
    let workplace = Workplace::new();
    let plain = workplace.command();
    // Files may grow to 1.5 MB; writing beyond fails instead of killing the process.
    let mut command = Command::new("bash");
    let script = "trap '' XFSZ; ulimit -f 1536; exec \"$0\" \"$@\"";
    command
        .args(["-c", script])
        .arg(plain.get_program())
        .current_dir(workplace.path());
    command.args(["serve", "--listen", "127.0.0.1:0", "--token", TOKEN]);
    command.args(["--log", "off"]);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("ALFORIS_")) {
        command.env_remove(name);
    }
    command.env_remove("RUST_LOG");
    let mut server = Server::run(workplace, command);
    let mut taken = 0;
    let refused = loop {
        let answer = open(&server, taken).await;
        if answer.get("errors").is_some() {
            break answer;
        }
        taken += 1;
        assert!(taken < 20_000, "the disk does not get full");
    };
    assert_eq!(error_code(&refused), "JOURNAL_FULL", "{refused:#}");
    assert!(server.is_alive());
    assert_eq!(server.position().await, taken as u64);
    let (status, report) = server.readiness().await;
    assert_eq!(
        (status, &report["journal"]["writable"]),
        (503, &json!(false)),
        "{report:#}"
    );
    assert_eq!(report["problems"][0]["code"], "JOURNAL_FULL", "{report:#}");
    assert_eq!(error_code(&open(&server, taken).await), "JOURNAL_FULL");
    assert_eq!(server.position().await, taken as u64);
}

#[tokio::test]
async fn a_lost_database_is_said_and_found_again() {
    let database = Database::make("lost").await;
    let url = database.url();
    let name = &database.name;
    let mut server = Server::start_with(&["--journal", &url]);
    assert!(open(&server, 1).await.get("errors").is_none());

    let forbid = format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false");
    database.execute(&forbid).await;
    let end = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
    database.execute(&end).await;
    let command_id = "018f3a5e-0000-7000-8000-000000000001";
    let input = json!({ "input": { "title": "during", "commandId": command_id } });
    assert_eq!(server.code_with(OPEN, input.clone()).await, "JOURNAL_UNAVAILABLE");
    assert!(server.is_alive());
    let (status, report) = server.readiness().await;
    assert_eq!(status, 503);
    assert_eq!(report["problems"][0]["code"], "JOURNAL_UNAVAILABLE", "{report:#}");

    let allow = format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true");
    database.execute(&allow).await;
    let mut answer = Value::Null;
    for _ in 0..100 {
        answer = server.answer(OPEN, input.clone()).await;
        if answer.get("errors").is_none() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(answer["data"]["dealOpen"]["position"], "2", "{answer:#}");
    drop(server);
    database.drop().await;
}
