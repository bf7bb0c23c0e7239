//! Every example in the help of a subcommand is run as it stands.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use crate::support::{Ran, Workplace};

/// In an order in which each finds what it needs; `serve` comes last, by itself.
const ORDER: [&str; 16] = [
    "schema",
    "migrate",
    "demo",
    "user",
    "import",
    "history",
    "export",
    "projections",
    "deliveries",
    "checkpoint",
    "receipt",
    "verify-receipt",
    "verify",
    "backup",
    "restore",
    "bench",
];

/// A shell line in the workplace, with the binary on the path.
fn shell(place: &Workplace, line: &str) -> Command {
    let binaries = Path::new(env!("CARGO_BIN_EXE_alforis")).parent().expect("a directory");
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new("sh");
    command
        .args(["-c", line])
        .current_dir(place.path())
        .env("PATH", format!("{}:{path}", binaries.display()))
        .stdin(Stdio::null());
    command
}

#[test]
fn every_subcommand_has_an_example_that_works() {
    let place = Workplace::new();
    for file in ["organizations.csv", "organizations.toml"] {
        let fixtures = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/import"));
        fs::copy(fixtures.join(file), place.path().join(file)).expect("a fixture");
    }
    let mut examples = alforis::cli::examples();
    assert_eq!(
        examples.len(),
        ORDER.len() + 1,
        "a subcommand has no example: {examples:?}"
    );
    let place_of = |name: &str| ORDER.iter().position(|known| *known == name);
    examples.sort_by_key(|(name, _)| place_of(name).unwrap_or(usize::MAX));
    for (name, line) in examples {
        if name == "serve" {
            serves(&place, &line);
            continue;
        }
        let ran = Ran::from(shell(&place, &line).output().expect("a shell"));
        assert_eq!(ran.code, 0, "$ {line}\n{}{}", ran.stdout, ran.stderr);
        assert!(!ran.stdout.is_empty(), "$ {line} said nothing");
        if line.ends_with("--json") {
            serde_json::from_str::<serde_json::Value>(&ran.stdout).expect("one JSON document");
        }
    }
}

/// The server of the example says where it is, and is stopped.
fn serves(place: &Workplace, line: &str) {
    let mut server = shell(place, &format!("exec {line}"))
        .stdout(Stdio::piped())
        .spawn()
        .expect("a server");
    let mut first = String::new();
    let read = BufReader::new(server.stdout.take().expect("its output")).read_line(&mut first);
    server.kill().expect("it runs");
    server.wait().expect("it ends");
    assert!(
        read.is_ok() && first.starts_with("Alforis listens on http://"),
        "$ {line}\n{first}"
    );
}
