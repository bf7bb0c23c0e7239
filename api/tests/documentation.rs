//! What the documentation says of the program is compared with the program.

use std::{
    fs,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use alforis::{config::SETTINGS, demo};
use serde_json::Value;

use crate::{
    server::Server,
    support::{Ran, Workplace},
};

fn document(name: &str) -> String {
    fs::read_to_string(format!("{}/../{name}", env!("CARGO_MANIFEST_DIR"))).expect("a document")
}

#[test]
fn the_readme_lists_every_setting_as_it_is() {
    let readme = document("README.md");
    for setting in SETTINGS {
        let begins = format!("| `{}` | `{}` |", setting.key, setting.variable());
        let line = readme.lines().find(|line| line.starts_with(&begins));
        let line = line.unwrap_or_else(|| panic!("the README does not list `{}`", setting.key));
        assert!(
            line.contains(setting.purpose),
            "the README says otherwise of `{}`: {line}",
            setting.key
        );
    }
}

#[test]
fn the_deal_that_the_documentation_shows_is_in_the_demo_company() {
    let deal = format!("deal:{}", demo::sights().won);
    assert!(document("README.md").contains(&deal), "the README should show {deal}");
    let shown = alforis::cli::examples()
        .into_iter()
        .filter(|(_, line)| line.contains("deal:"));
    for (name, line) in shown {
        assert!(line.contains(&deal), "the help of `{name}` should show {deal}: {line}");
    }
}

#[test]
fn every_link_between_documents_leads_somewhere() {
    for (folder, name) in [
        ("", "README.md"),
        ("docs/", "architecture.md"),
        ("docs/", "import.md"),
        ("docs/", "operations.md"),
        ("docs/decisions/", "README.md"),
    ] {
        let text = document(&format!("{folder}{name}"));
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if target.starts_with("http") || target.starts_with('#') {
                continue;
            }
            let path = format!("{}/../{folder}{target}", env!("CARGO_MANIFEST_DIR"));
            assert!(fs::exists(&path).unwrap_or(false), "{folder}{name} links to {target}");
        }
    }
}

/// A step of the README's tour.
enum Step {
    /// A line for the shell.
    Line(String),
    /// What the line before answers.
    Answer(Value),
}

/// The README's tour, in order.
fn tour() -> Vec<Step> {
    let readme = document("README.md");
    let tour = readme
        .split("## Five minutes")
        .nth(1)
        .and_then(|rest| rest.split("\n## ").next())
        .expect("a tour");
    let mut steps = Vec::new();
    for block in tour.split("```").skip(1).step_by(2) {
        if let Some(lines) = block.strip_prefix('\n') {
            let lines = lines.replace(" \\\n", " ");
            let lines = lines.lines().filter(|line| !line.is_empty());
            steps.extend(lines.map(|line| Step::Line(line.to_owned())));
        } else if let Some(answer) = block.strip_prefix("json\n") {
            steps.push(Step::Answer(serde_json::from_str(answer).expect("JSON")));
        }
    }
    steps
}

/// Runs a line; as often as it takes while the past is being built.
fn run(place: &Workplace, line: &str) -> Ran {
    let until = Instant::now() + Duration::from_mins(1);
    loop {
        let mut shell = Command::new("sh");
        shell.args(["-c", line]).current_dir(place.path()).stdin(Stdio::null());
        let ran = Ran::from(shell.output().expect("a shell"));
        if !ran.stdout.contains("AS_OF_BUILDING") || Instant::now() > until {
            return ran;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn the_lines_that_import_a_file_over_the_api_work() {
    let place = Workplace::new();
    let mut command = place.command();
    command.args(["serve", "--listen", "127.0.0.1:0", "--token", "demo"]);
    let server = Server::run(place, command);
    let page = document("docs/import.md");
    let lines = page
        .split("## Over the API")
        .nth(1)
        .and_then(|rest| rest.split("```\n").nth(1))
        .expect("lines for the shell")
        .replace(" \\\n", " ");
    let (mut file, mut path, mut said) = (String::new(), String::new(), Vec::new());
    for line in lines.lines() {
        let here = line.replace("http://127.0.0.1:8080", &server.url(""));
        let mut shell = Command::new("sh");
        shell.args(["-c", &here]).stdin(Stdio::null());
        shell.env("FILE", &file).env("PATH_OF_THE_UPLOAD", &path);
        let ran = Ran::from(shell.output().expect("a shell"));
        assert_eq!(ran.code, 0, "$ {line}\n{}{}", ran.stdout, ran.stderr);
        let answer: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.stdout));
        assert!(answer.get("errors").is_none(), "$ {line}\n{answer:#}");
        let upload = &answer["data"]["fileUploadCreate"]["upload"];
        if let (Some(name), Some(address)) = (upload["file"].as_str(), upload["path"].as_str()) {
            (file, path) = (name.to_owned(), address.to_owned());
        }
        said.push(answer);
    }
    assert_eq!(said.len(), 4, "{said:#?}");
    assert_eq!(
        said[2]["data"]["importPreview"]["preview"]["rowsToTake"], 2,
        "{:#}",
        said[2]
    );
    assert_eq!(said[3]["data"]["importStart"]["userErrors"], serde_json::json!([]));
    assert!(
        said[3]["data"]["importStart"]["import"]["id"].is_string(),
        "{:#}",
        said[3]
    );
}

#[test]
fn every_line_of_the_readme_s_tour_works() {
    let place = Workplace::new();
    let filled = place.run(&["demo"]);
    assert_eq!(filled.code, 0, "{}", filled.stderr);
    let mut command = place.command();
    command.args(["serve", "--demo", "--listen", "127.0.0.1:0", "--token", "demo"]);
    let server = Server::run(place, command);
    let steps = tour();
    let answers = steps.iter().filter(|step| matches!(step, Step::Answer(_))).count();
    assert!(
        steps.len() - answers >= 9 && answers >= 4,
        "{} steps, {answers} answers",
        steps.len()
    );
    let mut said = String::new();
    for step in steps {
        let line = match step {
            Step::Line(line) => line,
            Step::Answer(answer) => {
                let mut given: Value = serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"));
                // What an operation costs is said in another place.
                given.as_object_mut().map(|given| given.remove("extensions"));
                assert_eq!(given, answer, "the README shows another answer");
                continue;
            }
        };
        let here = line
            .replace("http://127.0.0.1:8080", &server.url(""))
            .replace("target/debug/alforis", env!("CARGO_BIN_EXE_alforis"));
        let ran = run(&server.workplace, &here);
        assert_eq!(ran.code, 0, "$ {line}\n{}{}", ran.stdout, ran.stderr);
        if line.starts_with("curl") {
            assert!(
                ran.stdout.contains("\"data\"") && !ran.stdout.contains("\"errors\""),
                "$ {line}\n{}",
                ran.stdout
            );
        }
        said = ran.stdout;
    }
}
