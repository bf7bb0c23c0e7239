//! What an auditor does at the command line: histories, checkpoints, receipts, and finding what was tampered with.

use std::fs;

use domain::Role;
use rusqlite::Connection;
use serde_json::Value;

use crate::{
    people::People,
    server::Server,
    support::{Ran, Workplace},
};

/// A journal with a deal that was won: its stream, and where it is.
fn journal_with_a_won_deal() -> (Workplace, String) {
    let place = Workplace::new();
    let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/import");
    for kind in ["organizations", "deals"] {
        let (file, map) = (format!("{fixtures}/{kind}.csv"), format!("{fixtures}/{kind}.toml"));
        let ran = place.run(&["import", &file, "--as", kind, "--map", &map, "--report", "report.csv"]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
    }
    let journal = Connection::open(place.path().join("data/journal.db")).expect("the journal");
    let id: Vec<u8> = journal
        .query_row(
            "SELECT aggregate_id FROM events WHERE event_type = 'DealWon' LIMIT 1",
            [],
            |row| row.get(0),
        )
        .expect("a won deal");
    let id = uuid::Uuid::from_slice(&id).expect("an id");
    (place, format!("deal:{id}"))
}

/// Changes the journal behind its own back, as somebody with the file can.
fn tamper(place: &Workplace, change: &str) {
    let journal = Connection::open(place.path().join("data/journal.db")).expect("the journal");
    let triggers: Vec<String> = journal
        .prepare("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        .and_then(|mut names| names.query_map([], |row| row.get(0))?.collect())
        .expect("triggers");
    for trigger in triggers {
        journal
            .execute_batch(&format!("DROP TRIGGER {trigger}"))
            .expect("a trigger less");
    }
    journal.execute_batch(change).expect("a change");
}

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", ran.stdout, ran.stderr))
}

#[test]
fn a_history_shows_every_event_with_both_its_times() {
    let (place, stream) = journal_with_a_won_deal();
    let table = place.run(&["history", &stream]);
    assert_eq!(table.code, 0, "{}", table.stderr);
    assert!(
        table.stdout.contains("DealOpened") && table.stdout.contains("won, from QUALIFICATION"),
        "{}",
        table.stdout
    );

    let document = json(&place.run(&["history", &stream, "--json"]));
    let events = document["events"].as_array().unwrap();
    assert_eq!(events.len(), 2);
    assert_eq!(events[0]["version"], 1);
    assert_eq!(events[0]["actor"], "import:practice");
    assert!(events[0]["occurredAt"].as_str().unwrap() < events[0]["recordedAt"].as_str().unwrap());
    assert_eq!(events[1]["payload"]["DealWon"]["from"], "QUALIFICATION");
}

#[test]
fn a_history_that_does_not_exist_is_said_so() {
    let (place, _) = journal_with_a_won_deal();
    let ran = place.run(&["history", "deal:00000000-0000-7000-8000-000000000000"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("error[NOT_FOUND]"), "{}", ran.stderr);
    assert_eq!(place.run(&["history", "nonsense"]).code, 1);
}

#[test]
fn another_master_key_is_refused_at_the_door() {
    let (place, stream) = journal_with_a_won_deal();
    let ran = place.run(&["history", &stream, "--keys", "other-keys"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("error[WRONG_MASTER_KEY]"), "{}", ran.stderr);
}

#[test]
fn nothing_is_made_by_looking_for_a_journal_that_is_not_there() {
    let place = Workplace::new();
    for arguments in [
        &["verify"] as &[&str],
        &["history", "deal:00000000-0000-7000-8000-000000000000"],
        &["checkpoint"],
    ] {
        let ran = place.run(arguments);
        assert_eq!(ran.code, 1);
        assert!(ran.stderr.contains("error[JOURNAL_MISSING]"), "{}", ran.stderr);
    }
    assert!(!place.path().join("data/journal.db").exists());
}

#[test]
fn a_changed_byte_is_found_and_its_position_named() {
    let (place, _) = journal_with_a_won_deal();
    assert_eq!(place.run(&["verify"]).code, 0);
    tamper(
        &place,
        "UPDATE events SET payload = CAST(replace(payload, 'e', 'f') AS BLOB) WHERE position = 7",
    );
    let ran = place.run(&["verify", "--json"]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    let verdict = json(&ran);
    assert_eq!(verdict["sound"], false);
    assert_eq!(verdict["firstBroken"]["position"], 7);
    assert!(place.run(&["verify"]).stdout.contains("BROKEN at position 7"));
}

#[test]
fn a_journal_that_was_cut_short_is_found_against_a_checkpoint() {
    let (place, _) = journal_with_a_won_deal();
    let signed = place.run(&["checkpoint", "--output", "journal.checkpoint"]);
    assert_eq!(signed.code, 0, "{}", signed.stderr);
    let against = [
        "verify",
        "--against",
        "journal.checkpoint",
        "--key",
        "data/keys/checkpoint.pub",
    ];
    let sound = place.run(&against);
    assert_eq!(sound.code, 0, "{}{}", sound.stdout, sound.stderr);
    assert!(sound.stdout.contains("agrees with the checkpoint"), "{}", sound.stdout);

    tamper(
        &place,
        "DELETE FROM events WHERE position = (SELECT max(position) FROM events)",
    );
    assert_eq!(place.run(&against).code, 1);
}

#[test]
fn a_receipt_proves_a_deal_without_the_journal() {
    let (place, stream) = journal_with_a_won_deal();
    let issued = place.run(&["receipt", &stream, "--output", "deal.receipt.json"]);
    assert_eq!(issued.code, 0, "{}", issued.stderr);

    let elsewhere = Workplace::new();
    for (from, to) in [
        ("deal.receipt.json", "deal.receipt.json"),
        ("data/keys/checkpoint.pub", "alforis.pub"),
    ] {
        fs::copy(place.path().join(from), elsewhere.path().join(to)).unwrap();
    }
    let check = ["verify-receipt", "deal.receipt.json", "--key", "alforis.pub"];
    let proven = elsewhere.run(&check);
    assert_eq!(proven.code, 0, "{}", proven.stderr);
    assert!(
        proven.stdout.contains(&format!("proven: versions 1 to 2 of {stream}")),
        "{}",
        proven.stdout
    );
    let document = json(&elsewhere.run(&[&check as &[&str], &["--json"]].concat()));
    assert_eq!(document["proven"], true);
    assert!(!elsewhere.path().join("data").exists());

    let receipt = fs::read_to_string(elsewhere.path().join("deal.receipt.json")).unwrap();
    fs::write(
        elsewhere.path().join("deal.receipt.json"),
        receipt.replace("import:practice", "import:somebody"),
    )
    .unwrap();
    let forged = elsewhere.run(&check);
    assert_eq!(forged.code, 1, "{}", forged.stdout);
    assert!(
        forged.stderr.contains("error[RECEIPT_NOT_BELIEVED]"),
        "{}",
        forged.stderr
    );
}

#[test]
fn a_rotated_key_is_believed_by_whoever_holds_the_old_one() {
    let (place, _) = journal_with_a_won_deal();
    assert_eq!(place.run(&["checkpoint", "--output", "old.checkpoint"]).code, 0);
    fs::copy(
        place.path().join("data/keys/checkpoint.pub"),
        place.path().join("old.pub"),
    )
    .unwrap();
    let rotated = place.run(&["checkpoint", "--rotate", "--output", "new.checkpoint"]);
    assert_eq!(rotated.code, 0, "{}", rotated.stderr);
    let verify = |more: &[&str]| {
        place.run(
            &[
                &["verify", "--against", "new.checkpoint", "--key", "old.pub"] as &[&str],
                more,
            ]
            .concat(),
        )
    };
    assert_eq!(verify(&[]).code, 1);
    let followed = verify(&["--chain", "data/keys/checkpoint.chain"]);
    assert_eq!(followed.code, 0, "{}{}", followed.stdout, followed.stderr);
}

#[test]
fn a_history_can_tell_why_and_each_field_before_and_after() {
    let (place, stream) = journal_with_a_won_deal();
    let table = place.run(&["history", &stream, "--fields"]);
    assert_eq!(table.code, 0, "{}", table.stderr);
    assert!(table.stdout.contains("    status: OPEN → WON"), "{}", table.stdout);
    assert!(table.stdout.contains("    command "), "{}", table.stdout);
    let document = json(&place.run(&["history", &stream, "--json"]));
    let fields = document["events"][1]["fields"].as_array().unwrap().clone();
    assert!(fields.contains(&serde_json::json!({ "field": "status", "before": "OPEN", "after": "WON" })));
}

#[test]
fn a_record_is_shown_as_it_stood() {
    let (place, stream) = journal_with_a_won_deal();
    let opened = place.run(&["history", &stream, "--at", "v1"]);
    assert_eq!(opened.code, 0, "{}", opened.stderr);
    assert!(opened.stdout.contains("at v1: version 1"), "{}", opened.stdout);
    let status = |at: &str| json(&place.run(&["history", &stream, "--at", at, "--json"]))["fields"]["status"].clone();
    assert_eq!(status("v1"), "OPEN");
    assert_eq!(status("now"), "WON");
    assert_eq!(status("9999-01-01"), "WON");
    // By the time it was recorded, there was nothing yet.
    let known = place.run(&["history", &stream, "--at", "2017-12-31", "--basis", "recorded"]);
    assert_eq!(known.code, 1);
    assert!(known.stderr.contains("error[NOT_FOUND]"), "{}", known.stderr);
}

#[test]
fn two_points_of_a_record_are_compared() {
    let (place, stream) = journal_with_a_won_deal();
    let table = place.run(&["history", &stream, "--diff", "v1..now"]);
    assert_eq!(table.code, 0, "{}", table.stderr);
    assert!(table.stdout.contains("OPEN → WON"), "{}", table.stdout);
    assert!(table.stdout.contains("DealWon"), "{}", table.stdout);
    let document = json(&place.run(&["history", &stream, "--diff", "v1..", "--json"]));
    assert_eq!(document["to"]["version"], 2);
    let status = document["fields"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["field"] == "status");
    assert_eq!(status.unwrap()["after"], "WON");
    let same = place.run(&["history", &stream, "--diff", "v2..now"]);
    assert!(same.stdout.contains("no field differs"), "{}", same.stdout);
    assert_eq!(place.run(&["history", &stream, "--diff", "yesterday"]).code, 1);
}

#[test]
fn every_kind_of_thing_has_a_history() {
    let (place, _) = journal_with_a_won_deal();
    let journal = Connection::open(place.path().join("data/journal.db")).expect("the journal");
    let streams: Vec<(String, Vec<u8>)> = journal
        .prepare("SELECT aggregate_type, max(aggregate_id) FROM events GROUP BY aggregate_type")
        .and_then(|mut rows| rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect())
        .expect("streams");
    assert!(streams.len() > 1);
    for (category, id) in streams {
        let stream = format!("{category}:{}", uuid::Uuid::from_slice(&id).unwrap());
        for arguments in [&["--fields"] as &[&str], &["--at", "now"], &["--diff", "v1..now"]] {
            let ran = place.run(&[&["history", &stream] as &[&str], arguments].concat());
            assert_eq!(ran.code, 0, "{stream} {arguments:?}: {}", ran.stderr);
        }
    }
}

#[tokio::test]
async fn a_history_calls_users_by_their_names_until_they_are_erased() {
    let server = Server::start();
    let account = People::of(&server).with(Role::Manager);
    let person = account.sign_in().await;
    let open = "mutation { dealOpen(input: { title: \"Bornes\" }) { deal { uuid } userErrors { code } } }";
    let opened = person.data(open, serde_json::json!({})).await;
    let stream = format!("deal:{}", opened["dealOpen"]["deal"]["uuid"].as_str().unwrap());
    let renamed =
        "mutation($id: ID!) { dealRename(input: { id: $id, title: \"Bornes rapides\" }) { userErrors { code } } }";
    // By the token that the server was started with: no user.
    server
        .data_with(renamed, serde_json::json!({ "id": stream["deal:".len()..] }))
        .await;
    let history = |more: &[&str]| {
        let ran = server.workplace.run(&[&["history", &stream] as &[&str], more].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        ran
    };
    let actor = format!("user:{}", account.user);
    let told = history(&[]).stdout;
    assert!(
        told.contains("Camille MANAGER") && told.contains("token:configured"),
        "{told}"
    );
    assert!(told.contains("owner Camille MANAGER"), "{told}");
    assert!(
        !told.contains(&account.user) && !told.contains(&account.email),
        "{told}"
    );
    let document = json(&history(&["--json"]));
    let who = |document: &Value, event: usize| {
        let event = &document["events"][event];
        (event["actor"].clone(), event["actorName"].clone())
    };
    assert_eq!(who(&document, 0), (actor.clone().into(), "Camille MANAGER".into()));
    assert_eq!(who(&document, 1), ("token:configured".into(), Value::Null));
    let difference = history(&["--diff", "v0..now"]).stdout;
    assert!(
        difference.contains("Camille MANAGER") && !difference.contains(&account.user),
        "{difference}"
    );

    let erase = "mutation($person: UUID!) { personErase(input: { person: $person, ground: REQUEST }) { pending userErrors { code } } }";
    let erased = server
        .data_with(erase, serde_json::json!({ "person": account.user }))
        .await;
    assert_eq!(erased["personErase"]["userErrors"], serde_json::json!([]));
    let told = history(&[]).stdout;
    assert!(
        !told.contains("Camille") && told.contains(&format!("user {}, erased", account.user)),
        "{told}"
    );
    assert_eq!(who(&json(&history(&["--json"])), 0), (actor.into(), Value::Null));
}
