//! What holds for every subcommand.

use crate::support::{Ran, Workplace};

#[test]
fn help_lists_every_subcommand() {
    let help = Workplace::new().run(&["--help"]);
    assert_eq!(help.code, 0);
    for name in [
        "serve",
        "demo",
        "import",
        "history",
        "verify",
        "checkpoint",
        "receipt",
        "verify-receipt",
        "projections",
        "migrate",
        "bench",
        "schema",
    ] {
        assert!(
            help.stdout.contains(&format!("\n  {name} ")),
            "{name} is missing in\n{}",
            help.stdout
        );
    }
}

#[test]
fn a_misspelt_setting_in_the_file_stops_every_subcommand_and_is_named() {
    let place = Workplace::new();
    std::fs::write(place.path().join("alforis.toml"), "jornal = 'sqlite:x.db'").unwrap();
    let ran = place.run(&["verify", "--config", "alforis.toml"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("error[CONFIG_UNKNOWN_SETTING]"), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("`jornal`") && ran.stderr.contains("`journal`"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_misspelt_variable_stops_every_subcommand_and_is_named() {
    let place = Workplace::new();
    let ran = Ran::from(
        place
            .command()
            .env("ALFORIS_JORNAL", "x")
            .arg("verify")
            .output()
            .unwrap(),
    );
    assert_eq!(ran.code, 1);
    assert!(
        ran.stderr.contains("`ALFORIS_JORNAL`") && ran.stderr.contains("`ALFORIS_JOURNAL`"),
        "{}",
        ran.stderr
    );
}

#[test]
fn wrong_arguments_exit_with_one() {
    let ran = Workplace::new().run(&["history"]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
}
