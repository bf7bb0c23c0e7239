//! The rules of the house that code can check: which licences come in, and which way the crates depend on each other.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"))
        .other_options(vec!["--locked".to_owned()])
        .exec()
        .expect("cargo metadata")
}

/// What each of our crates may depend on, of ours. A crate that is not in this table fails the test: say here where
/// it stands when you add it.
fn allowed() -> BTreeMap<&'static str, &'static [&'static str]> {
    BTreeMap::from([
        ("domain", &[] as &[&str]),
        ("blobs", &[]),
        ("documents", &["domain"]),
        ("journal", &[]),
        ("engine", &["journal"]),
        ("projections", &["domain", "engine", "journal"]),
        ("mail", &["blobs", "domain", "engine", "journal", "projections"]),
        ("identity", &["domain", "engine", "journal"]),
        ("search", &[]),
        ("sealing", &[]),
        (
            "alforis",
            &[
                "blobs",
                "documents",
                "domain",
                "engine",
                "identity",
                "journal",
                "mail",
                "projections",
                "sealing",
                "search",
            ],
        ),
    ])
}

#[test]
fn crates_depend_only_in_the_direction_of_the_architecture() {
    let metadata = metadata();
    let allowed = allowed();
    let ours: BTreeSet<&str> = metadata
        .workspace_packages()
        .iter()
        .map(|package| package.name.as_str())
        .collect();
    for package in metadata.workspace_packages() {
        let name = package.name.as_str();
        let may = allowed
            .get(name)
            .unwrap_or_else(|| panic!("`{name}` has no place in the table of this test"));
        let wrong: Vec<&str> = package
            .dependencies
            .iter()
            .filter(|dependency| dependency.kind != DependencyKind::Development)
            .map(|dependency| dependency.name.as_str())
            .filter(|dependency| ours.contains(dependency) && !may.contains(dependency))
            .collect();
        assert!(
            wrong.is_empty(),
            "`{name}` must not depend on {wrong:?}: see docs/architecture.md"
        );
    }
}

/// Licences that ask for nothing but their notice, or (MPL, CDLA) bind only the files they cover.
const LICENCES: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-1-Clause",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

#[test]
fn every_dependency_has_a_licence_of_the_allow_list() {
    let refused: Vec<String> = metadata()
        .packages
        .iter()
        .filter(|package| !admits(package.license.as_deref().unwrap_or("(none)")))
        .map(|package| {
            format!(
                "{} {}: {}",
                package.name,
                package.version,
                package.license.as_deref().unwrap_or("none")
            )
        })
        .collect();
    assert!(
        refused.is_empty(),
        "licences that are not on the list:\n{}",
        refused.join("\n")
    );
}

/// Whether an SPDX expression can be met with the list: one side of each `OR`, all sides of each `AND`.
fn admits(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ");
    let expression = expression.trim();
    if LICENCES.contains(&expression) {
        return true;
    }
    if let Some(parts) = split(expression, " OR ") {
        return parts.iter().any(|part| admits(part));
    }
    if let Some(parts) = split(expression, " AND ") {
        return parts.iter().all(|part| admits(part));
    }
    match expression.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        Some(inner) => admits(inner),
        None => false,
    }
}

/// Splits at an operator that stands outside parentheses.
fn split<'a>(expression: &'a str, operator: &str) -> Option<Vec<&'a str>> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0_i32, 0);
    for (index, character) in expression.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 && expression[index..].starts_with(operator) {
            parts.push(&expression[start..index]);
            start = index + operator.len();
        }
    }
    if parts.is_empty() {
        return None;
    }
    parts.push(&expression[start..]);
    Some(parts)
}

#[test]
fn a_licence_expression_is_read_as_spdx_means_it() {
    assert!(admits("MIT OR GPL-3.0"));
    assert!(admits("(MIT OR Apache-2.0) AND Unicode-3.0"));
    assert!(admits("MIT/Apache-2.0"));
    assert!(!admits("MIT AND GPL-3.0"));
    assert!(!admits("GPL-3.0"));
    assert!(!admits("(none)"));
}

#[test]
fn deny_toml_allows_the_same_licences() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../deny.toml")).expect("deny.toml");
    let table: toml::Table = text.parse().expect("deny.toml is TOML");
    let mut theirs: Vec<&str> = table["licenses"]["allow"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|licence| licence.as_str())
        .collect();
    theirs.sort_unstable();
    let mut ours = LICENCES.to_vec();
    ours.retain(|licence| !licence.contains(" WITH "));
    assert_eq!(theirs, ours);
}
