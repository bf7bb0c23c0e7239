//! What programs of others find: OpenSSL, and pyHanko (`scripts/seal-checker`).

use std::{fs, path::Path, process::Command};

use ::sealing::{SealingKey, seal};
use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};

use crate::{
    keys::openssl,
    samples::{all, company, noon, options, script, with_streams},
};

/// What pyHanko finds of each signature.
pub(crate) fn pyhanko(pdf: &[u8], trusted: &[&Path]) -> Vec<Value> {
    let folder = tempdir().unwrap();
    let file = folder.path().join("sealed.pdf");
    fs::write(&file, pdf).unwrap();
    let mut command = Command::new(script("seal-checker"));
    command.arg(&file);
    for certificate in trusted {
        command.arg("--trust").arg(certificate);
    }
    let output = command.output().expect("python3");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn key() -> (TempDir, SealingKey) {
    let folder = tempdir().unwrap();
    let key = SealingKey::open_or_create(&folder.path().join("seal"), &company(), noon()).unwrap();
    (folder, key)
}

/// The signature's DER, and what it covers.
pub(crate) fn parts(sealed: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let after = |pattern: &[u8]| sealed.windows(pattern.len()).rposition(|it| it == pattern).unwrap() + pattern.len();
    let range = &sealed[after(b"/ByteRange[")..];
    let range = String::from_utf8_lossy(&range[..range.iter().position(|it| *it == b']').unwrap()]).into_owned();
    let numbers: Vec<usize> = range.split_whitespace().map(|it| it.parse().unwrap()).collect();
    let contents = hex::decode(&sealed[numbers[1] + 1..numbers[2] - 1]).unwrap();
    let length = 4 + (usize::from(contents[2]) << 8 | usize::from(contents[3]));
    assert_eq!(contents[..2], [0x30, 0x82]);
    let covered = [&sealed[..numbers[1]], &sealed[numbers[2]..numbers[2] + numbers[3]]].concat();
    (contents[..length].to_vec(), covered)
}

#[test]
fn openssl_finds_the_signature_right() {
    let (folder, key) = key();
    let path = folder.path();
    for (kind, pdf) in all() {
        let (signature, covered) = parts(&seal(&pdf, &key, &options()).unwrap());
        fs::write(path.join("signature.der"), signature).unwrap();
        fs::write(path.join("covered.bin"), &covered).unwrap();
        let verify = [
            "cms",
            "-verify",
            "-binary",
            "-cades",
            "-inform",
            "DER",
            "-in",
            "signature.der",
            "-content",
            "covered.bin",
            "-CAfile",
            "seal/certificate.pem",
            "-purpose",
            "any",
            "-no_check_time",
            "-partial_chain",
            "-out",
            "verified.bin",
        ];
        openssl(path, &verify);
        assert!(fs::read(path.join("verified.bin")).unwrap() == covered, "{kind}");
        fs::write(path.join("covered.bin"), &covered[1..]).unwrap();
        let output = Command::new("openssl").current_dir(path).args(verify).output().unwrap();
        assert!(!output.status.success(), "{kind}: openssl takes anything");
    }
}

#[test]
fn pyhanko_finds_every_seal_intact_and_of_the_baseline() {
    let (folder, key) = key();
    let certificate = folder.path().join("seal/certificate.pem");
    for (kind, pdf) in all() {
        let found = pyhanko(&seal(&pdf, &key, &options()).unwrap(), &[&certificate]);
        let [found] = found.as_slice() else {
            panic!("{kind}: {found:?}");
        };
        let expected = json!({
            "subfilter": "ETSI.CAdES.detached", "intact": true, "valid": true, "trusted": true, "bottom_line": true,
            "coverage": "ENTIRE_FILE", "modifications": "NONE", "digest": "sha256", "mechanism": "sha256_ecdsa",
            "time": "2026-11-26 12:00:00+00:00", "timestamp": null,
            "attributes": ["content_type", "message_digest", "signing_certificate_v2"],
        });
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(&found[name], value, "{kind}: {name} in {found}");
        }
        assert_eq!(found["signer"]["organization_identifier"], "NTRFR-732829320");
    }
}

#[test]
fn pyhanko_takes_a_second_seal_for_a_later_signature() {
    let (folder, key) = key();
    let certificate = folder.path().join("seal/certificate.pem");
    for (kind, pdf) in all() {
        let once = seal(&pdf, &key, &options()).unwrap();
        let found = pyhanko(&seal(&once, &key, &options()).unwrap(), &[&certificate]);
        let [first, second] = found.as_slice() else {
            panic!("{kind}: {found:?}");
        };
        assert_eq!(first["bottom_line"], true, "{kind}: {first}");
        assert_eq!(first["coverage"], "ENTIRE_REVISION", "{kind}");
        assert_eq!(first["modifications"], "FORM_FILLING", "{kind}");
        assert_eq!(second["bottom_line"], true, "{kind}: {second}");
        assert_eq!(second["coverage"], "ENTIRE_FILE", "{kind}");
    }
}

#[test]
fn pyhanko_finds_what_was_changed() {
    let (folder, key) = key();
    let mut sealed = seal(&with_streams(), &key, &options()).unwrap();
    let at = sealed.windows(7).rposition(|it| it == b"/Reason").unwrap() - 12;
    sealed[at] = if sealed[at] == b'0' { b'1' } else { b'0' };
    let found = pyhanko(&sealed, &[&folder.path().join("seal/certificate.pem")]);
    assert_eq!(found[0]["intact"], false, "{found:?}");
}
