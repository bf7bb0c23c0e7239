//! `docs/proofs.md` says what is so: its receipt is a receipt, its commands print what it says they print.

use std::{fs, path::PathBuf, process::Command};

use journal::{
    checkpoint::{SignedCheckpoint, TrustedKeys, VerifierKey},
    receipt::{Scope, verify_receipt},
};

fn read(path: &str) -> String {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    fs::read_to_string(root.join(path)).unwrap()
}

fn trusted() -> TrustedKeys {
    read("fixtures/proofs/checkpoint.pub")
        .trim_end()
        .parse::<VerifierKey>()
        .unwrap()
        .into()
}

/// The page's fenced blocks, as (language, content).
fn blocks() -> Vec<(String, String)> {
    let page = read("docs/proofs.md");
    let fenced = page.split("\n```").skip(1).step_by(2);
    let blocks = fenced.map(|block| block.split_once('\n').unwrap());
    blocks
        .map(|(language, content)| (language.to_owned(), format!("{content}\n")))
        .collect()
}

#[test]
fn the_pages_receipt_and_key_are_the_fixtures() {
    let blocks = blocks();
    let (json, key) = (&blocks[0], &blocks[1]);
    assert_eq!((&*json.0, &json.1), ("json", &read("fixtures/proofs/event.json")));
    assert_eq!((&*key.0, &key.1), ("text", &read("fixtures/proofs/checkpoint.pub")));
    assert_eq!(verify_receipt(&json.1, &trusted()).unwrap().scope, Scope::Event);
}

#[test]
fn the_pages_commands_print_what_it_says() {
    let blocks = blocks();
    let mut ran = 0;
    for pair in blocks.windows(2) {
        let [(language, script), (_, printed)] = pair else {
            continue;
        };
        if language != "sh" {
            continue;
        }
        if script.contains("openssl") && Command::new("openssl").arg("version").output().is_err() {
            eprintln!("openssl is not installed: the page's signature is checked by the other tests only");
            continue;
        }
        let folder = tempfile::tempdir().unwrap();
        let output = Command::new("sh")
            .args(["-euc", script])
            .current_dir(&folder)
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), *printed, "{output:?}");
        ran += 1;
    }
    assert!(ran > 0);
}

#[test]
fn what_the_first_release_wrote_is_still_believed() {
    let trusted = trusted();
    let history = verify_receipt(&read("fixtures/proofs/history.json"), &trusted).unwrap();
    assert_eq!(
        (history.scope, history.events.len(), history.size),
        (Scope::History, 2, 3)
    );
    let checkpoint = SignedCheckpoint::parse(&read("fixtures/proofs/checkpoint.txt")).unwrap();
    assert_eq!(checkpoint.checkpoint().root, history.root);
    trusted.verify(&checkpoint).unwrap();
    let rotated = verify_receipt(&read("fixtures/proofs/rotated.json"), &trusted).unwrap();
    let chain = read("fixtures/proofs/checkpoint.chain");
    assert_eq!(rotated.key, trusted.follow(&chain).unwrap().current().to_string());
}
