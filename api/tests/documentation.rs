//! What the documentation says of the program is compared with the program.

use std::fs;

use alforis::{config::SETTINGS, demo};

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
