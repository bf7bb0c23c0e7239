//! Checkpoints, keys and rotations, with the specification's own vectors where it gives some.

use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf};

use proptest::prelude::*;
use tempfile::TempDir;

use super::{note::Note, trust::TrustError, *};

const ORIGIN: &str = "alforis.journal/018f3a5e-0000-7000-8000-000000000000";

fn key_in(folder: &TempDir) -> SigningKeyFile {
    SigningKeyFile::open_or_create(&key_path(folder), ORIGIN).unwrap()
}

fn key_path(folder: &TempDir) -> PathBuf {
    folder.path().join("keys/checkpoint.key")
}

fn checkpoint(size: u64) -> Checkpoint {
    Checkpoint {
        origin: ORIGIN.to_owned(),
        size,
        root: [size as u8; 32],
    }
}

fn received(signed: &SignedCheckpoint) -> SignedCheckpoint {
    SignedCheckpoint::parse(&signed.to_string()).unwrap()
}

#[test]
fn a_checkpoint_has_the_c2sp_form() {
    let folder = TempDir::new().unwrap();
    let key = key_in(&folder);
    let text = key.sign(checkpoint(7)).unwrap().to_string();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(
        lines[..4],
        [ORIGIN, "7", "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=", ""]
    );
    assert!(lines[4].starts_with(&format!("— {ORIGIN} ")), "{text}");
    assert!(text.ends_with('\n') && lines.len() == 5);
}

#[test]
fn a_note_and_key_of_the_go_reference_implementation_are_understood() {
    // From the documentation of golang.org/x/mod/sumdb/note.
    let key: VerifierKey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
        .parse()
        .unwrap();
    assert_eq!(hex::encode(key.id()), "c74f20a3");
    let note = "If you think cryptography is the answer to your problem,\n\
        then you don't know what your problem is.\n\n\
        — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
    let parsed = Note::parse(note).unwrap();
    assert_eq!(parsed.verify(&key), Ok(()));
    assert_eq!(parsed.to_string(), note);
}

#[test]
fn a_signed_checkpoint_is_believed_with_its_key_only() {
    let (ours, others) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let signed = received(&key_in(&ours).sign(checkpoint(7)).unwrap());
    let trusted = TrustedKeys::from(key_in(&ours).verifier_key());
    assert_eq!(trusted.verify(&signed).unwrap(), trusted.current());
    let strangers = TrustedKeys::from(key_in(&others).verifier_key());
    assert!(matches!(
        strangers.verify(&signed),
        Err(CheckpointError::Note(NoteError::NotSignedBy(_)))
    ));
}

#[test]
fn a_changed_checkpoint_is_not_believed() {
    let folder = TempDir::new().unwrap();
    let key = key_in(&folder);
    let text = key.sign(checkpoint(7)).unwrap().to_string();
    let larger = SignedCheckpoint::parse(&text.replace("\n7\n", "\n8\n")).unwrap();
    let trusted = TrustedKeys::from(key.verifier_key());
    assert!(matches!(
        trusted.verify(&larger),
        Err(CheckpointError::Note(NoteError::WrongSignature(_)))
    ));
}

#[test]
fn a_checkpoint_of_another_journal_is_neither_signed_nor_believed() {
    let folder = TempDir::new().unwrap();
    let key = key_in(&folder);
    let foreign = Checkpoint {
        origin: "alforis.journal/other".to_owned(),
        ..checkpoint(7)
    };
    assert!(matches!(
        key.sign(foreign.clone()),
        Err(KeyFileError::OtherJournal { .. })
    ));
    let text = key
        .sign(checkpoint(7))
        .unwrap()
        .to_string()
        .replacen(ORIGIN, &foreign.origin, 1);
    let verified = TrustedKeys::from(key.verifier_key())
        .verify(&SignedCheckpoint::parse(&text).unwrap())
        .cloned();
    assert!(matches!(verified, Err(CheckpointError::OtherOrigin { .. })));
}

#[test]
fn malformed_checkpoints_are_refused() {
    let folder = TempDir::new().unwrap();
    let text = key_in(&folder).sign(checkpoint(7)).unwrap().to_string();
    let root = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";
    for (what, broken) in [
        ("nothing", String::new()),
        ("no final newline", text.trim_end().to_owned()),
        ("a carriage return", text.replace('\n', "\r\n")),
        ("a leading zero", text.replace("\n7\n", "\n07\n")),
        ("a sign", text.replace("\n7\n", "\n+7\n")),
        ("no size", text.replace("\n7\n", "\n\n")),
        (
            "a size beyond 64 bits",
            text.replace("\n7\n", "\n18446744073709551616\n"),
        ),
        ("a short root", text.replace(root, "BwcHBw==")),
        (
            "a root that is not canonical base64",
            text.replace(root, &root.replace("Bwc=", "Bwd=")),
        ),
        ("a fourth line", text.replace(root, &format!("{root}\nmore"))),
        ("no signature", text.split_inclusive('\n').take(4).collect()),
        ("a signature without its dash", text.replace("— ", "- ")),
        ("a signature that is not base64", text.replace("\n— ", "\n— x !\n— ")),
        (
            "too many signatures",
            text.clone() + &text.lines().nth(4).map(|it| format!("{it}\n")).unwrap().repeat(16),
        ),
        ("megabytes", text.replace(root, &"A".repeat(1 << 20))),
    ] {
        assert!(SignedCheckpoint::parse(&broken).is_err(), "{what} was taken");
    }
}

#[test]
fn malformed_keys_are_refused() {
    let folder = TempDir::new().unwrap();
    let text = key_in(&folder).verifier_key().to_string();
    assert_eq!(text.parse::<VerifierKey>().unwrap().to_string(), text);
    for broken in [
        "",
        "a",
        "a+b",
        "a+b+c",
        &text.replacen("alforis", "alforiz", 1),
        &text[..text.len() - 4],
        "+00000000+AQ==",
    ] {
        assert!(broken.parse::<VerifierKey>().is_err(), "`{broken}` was taken");
    }
}

#[test]
fn the_key_is_made_once_and_only_its_owner_can_read_it() {
    let folder = TempDir::new().unwrap();
    let first = key_in(&folder).verifier_key();
    assert_eq!(key_in(&folder).verifier_key(), first);
    let mode = fs::metadata(key_path(&folder)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    let public = fs::read_to_string(key_in(&folder).public_path()).unwrap();
    assert_eq!(public.trim_end().parse::<VerifierKey>().unwrap(), first);
}

#[test]
fn a_key_that_others_can_read_is_refused() {
    let folder = TempDir::new().unwrap();
    key_in(&folder);
    fs::set_permissions(key_path(&folder), fs::Permissions::from_mode(0o640)).unwrap();
    let opened = SigningKeyFile::open_or_create(&key_path(&folder), ORIGIN);
    assert!(matches!(opened, Err(KeyFileError::Permissions { mode: 0o640, .. })));
}

#[test]
fn a_key_of_another_journal_or_a_damaged_one_is_refused() {
    let folder = TempDir::new().unwrap();
    key_in(&folder);
    let other = SigningKeyFile::open_or_create(&key_path(&folder), "alforis.journal/other");
    assert!(matches!(other, Err(KeyFileError::OtherJournal { .. })));
    let text = fs::read_to_string(key_path(&folder)).unwrap();
    for broken in [
        "",
        "PRIVATE+KEY+",
        &text[..text.len() / 2],
        &text.replacen("alforis", "alforiz", 1),
    ] {
        fs::write(key_path(&folder), broken).unwrap();
        let opened = SigningKeyFile::open_or_create(&key_path(&folder), ORIGIN);
        assert!(
            matches!(opened, Err(KeyFileError::Malformed { .. })),
            "`{broken}` was taken"
        );
    }
}

#[test]
fn who_holds_only_the_first_key_follows_its_rotations() {
    let folder = TempDir::new().unwrap();
    let first = key_in(&folder);
    let trusted = TrustedKeys::from(first.verifier_key());
    let early = received(&first.sign(checkpoint(7)).unwrap());
    let third = first.rotate(10).unwrap().rotate(20).unwrap();
    let late = received(&third.sign(checkpoint(30)).unwrap());

    assert!(trusted.verify(&late).is_err(), "the new key is not known yet");
    let trusted = trusted.follow(&third.chain().unwrap()).unwrap();
    assert_eq!(trusted.current(), &third.verifier_key());
    trusted.verify(&late).unwrap();
    trusted.verify(&early).unwrap();
    assert_eq!(
        key_in(&folder).verifier_key(),
        third.verifier_key(),
        "the new key is in the old one's place"
    );
    let public = fs::read_to_string(third.public_path()).unwrap();
    assert_eq!(public.trim_end(), third.verifier_key().to_string());
}

#[test]
fn a_replaced_key_signs_nothing_larger_than_the_journal_was_then() {
    let folder = TempDir::new().unwrap();
    let first = key_in(&folder);
    let trusted = TrustedKeys::from(first.verifier_key());
    let (at, beyond) = (first.sign(checkpoint(10)).unwrap(), first.sign(checkpoint(11)).unwrap());
    let trusted = trusted.follow(&first.rotate(10).unwrap().chain().unwrap()).unwrap();
    trusted.verify(&received(&at)).unwrap();
    let refused = trusted.verify(&received(&beyond));
    assert!(matches!(
        refused,
        Err(CheckpointError::ReplacedKey {
            size: 11,
            replaced_at: 10
        })
    ));
}

#[test]
fn a_chain_that_is_forged_forked_or_foreign_is_refused() {
    let folder = TempDir::new().unwrap();
    let first = key_in(&folder);
    let trusted = TrustedKeys::from(first.verifier_key());
    let saved = fs::read(key_path(&folder)).unwrap();
    let chain = first.rotate(10).unwrap().chain().unwrap();
    let follow = |chain: &str| trusted.clone().follow(chain);

    assert!(matches!(
        follow(&chain.replace("\n10\n", "\n99\n")),
        Err(TrustError::Note { index: 1, .. })
    ));
    assert_eq!(
        follow(&chain.replace("/1\n", "/1\nmore\n")),
        Err(TrustError::Malformed(1))
    );
    assert!(follow(&format!("something else\n{chain}")).is_err());
    assert!(follow(&chain[..chain.len() / 2]).is_err());

    // A thief of the first key rotates it to one of his own.
    fs::write(key_path(&folder), saved).unwrap();
    fs::remove_file(key_in(&folder).chain_path()).unwrap();
    let forked = key_in(&folder).rotate(12).unwrap().chain().unwrap();
    assert_eq!(follow(&format!("{chain}{forked}")), Err(TrustError::Forked(2)));
}

#[test]
fn a_rotation_cut_short_by_a_crash_is_finished_or_forgotten() {
    let folder = TempDir::new().unwrap();
    let before = fs::read(key_in(&folder).path()).unwrap();
    let rotated = key_in(&folder).rotate(10).unwrap();
    let after = fs::read(rotated.path()).unwrap();
    let next = key_path(&folder).with_extension("key.next");

    // Announced, but not yet in its place.
    fs::rename(rotated.path(), &next).unwrap();
    fs::write(rotated.path(), &before).unwrap();
    fs::set_permissions(rotated.path(), fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(key_in(&folder).verifier_key(), rotated.verifier_key());
    assert_eq!(fs::read(rotated.path()).unwrap(), after);

    // On disk, but never announced.
    let stray = TempDir::new().unwrap();
    fs::copy(key_in(&stray).path(), &next).unwrap();
    assert_eq!(key_in(&folder).verifier_key(), rotated.verifier_key());
    assert!(!next.exists());
}

proptest! {
    #[test]
    fn no_text_whatsoever_makes_the_parsers_panic(text in "(?s).{0,200}", tail in "[— a-zA-Z0-9+/=\n]{0,200}") {
        for text in [format!("{text}\n\n{tail}\n"), format!("{ORIGIN}\n{tail}\n\n— {text}\n"), text] {
            let _ = SignedCheckpoint::parse(&text);
            let _ = text.parse::<VerifierKey>();
            if let Ok(note) = Note::parse(&text) {
                prop_assert_eq!(note.to_string(), text);
            }
        }
    }
}
