//! The master key and what it guards.

use std::{fs, os::unix::fs::PermissionsExt as _, thread};

use engine::{Code, KeyError, KeyRing, MasterKey};

use crate::world::{World, journal_in};

#[test]
fn the_first_start_makes_a_key_file_that_only_its_owner_can_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data/master.key");
    MasterKey::load_or_create(&path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(hex::decode(text.trim()).unwrap().len(), 32);
    MasterKey::load_or_create(&path).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
}

#[test]
fn a_key_file_that_others_can_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("master.key");
    MasterKey::load_or_create(&path).unwrap();
    for mode in [0o640, 0o604, 0o660] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let error = MasterKey::load_or_create(&path).unwrap_err();
        assert!(
            matches!(error, KeyError::TooOpen { mode: found, .. } if found == mode),
            "{error}"
        );
        assert_eq!(error.code(), Code::InvalidMasterKey);
    }
}

#[test]
fn a_key_that_is_not_64_hexadecimal_digits_is_refused() {
    for text in ["", "abc", "zz", &"a".repeat(63), &"a".repeat(66)] {
        let error = MasterKey::from_hex(text, "ALFORIS_MASTER_KEY").unwrap_err();
        assert!(error.to_string().contains("ALFORIS_MASTER_KEY"));
    }
    MasterKey::from_hex(&"aB".repeat(32), "here").unwrap();
}

#[test]
fn of_processes_that_start_together_one_makes_the_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("master.key");
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| MasterKey::load_or_create(&path).unwrap());
        }
    });
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn a_wrong_master_key_is_noticed_at_once() {
    let world = World::new().await;
    let wrong = KeyRing::open(journal_in(&world.folder).await, MasterKey::from_bytes([8; 32])).await;
    let error = wrong.err().unwrap();
    assert_eq!(error.code(), Code::WrongMasterKey);
    assert!(error.to_string().contains("journal.db"), "{error}");
}
