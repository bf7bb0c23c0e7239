use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use documents::{invoice_cii, invoice_ubl};
use serde_json::Value;

use crate::cases;

/// What the checker says about the files of a folder, one line for each.
fn checked(folder: &Path) -> Vec<Value> {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../scripts/invoice-checker");
    let run = Command::new(script)
        .arg(folder)
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    let lines = String::from_utf8(run.stdout).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn both_syntaxes_of_every_case_pass_the_rules_of_others() {
    let folder = crate::papers::folder().join("files");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let cases = cases::all();
    for (name, invoice) in &cases {
        fs::write(folder.join(format!("{name}.cii.xml")), invoice_cii(invoice).unwrap()).unwrap();
        fs::write(folder.join(format!("{name}.ubl.xml")), invoice_ubl(invoice).unwrap()).unwrap();
    }
    let reports = checked(&folder);
    assert_eq!(reports.len(), 2 * cases.len());
    let failed: Vec<_> = reports
        .iter()
        .filter(|report| report["failed"] != Value::Array(Vec::new()))
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(
        reports.iter().all(|report| report["fired"].as_i64() > Some(50)),
        "{reports:#?}"
    );
}
