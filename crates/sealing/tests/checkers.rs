//! What programs of others find: OpenSSL, and pyHanko (`scripts/seal-checker`).

use std::{fs, path::Path, process::Command};

use ::sealing::{Check, Coverage, Level, SealingKey, seal, verify};
use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};

use crate::{
    keys::openssl,
    samples::{all, company, noon, options, script, with_streams, with_table},
    timestamps::Authority,
};

/// What pyHanko finds of each signature.
pub(crate) fn pyhanko(pdf: &[u8], trusted: &[&Path]) -> Vec<Value> {
    let folder = tempdir().unwrap();
    let file = folder.path().join("sealed.pdf");
    fs::write(&file, pdf).unwrap();
    let mut command = Command::new(script("seal-checker"));
    command.arg("check").arg(&file);
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

/// A PDF that pyHanko signed.
fn signed_by_pyhanko(pdf: &[u8], folder: &Path, arguments: &[&str]) -> Vec<u8> {
    fs::write(folder.join("in.pdf"), pdf).unwrap();
    let output = Command::new(script("seal-checker").canonicalize().unwrap())
        .current_dir(folder)
        .args(["sign", "in.pdf", "out.pdf"])
        .args(arguments)
        .output()
        .expect("python3");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    fs::read(folder.join("out.pdf")).unwrap()
}

#[test]
fn signatures_of_others_are_read() {
    let authority = Authority::rsa();
    let path = authority.path();
    openssl(
        path,
        &[
            "genpkey",
            "-algorithm",
            "RSA",
            "-pkeyopt",
            "rsa_keygen_bits:2048",
            "-out",
            "rsa.key",
        ],
    );
    openssl(
        path,
        &[
            "req",
            "-x509",
            "-key",
            "rsa.key",
            "-days",
            "30",
            "-subj",
            "/CN=Autre",
            "-out",
            "rsa.crt",
        ],
    );
    let rsa = ["--key", "rsa.key", "--certificate", "rsa.crt"];
    let stamped = ["--tsa-key", "tsa.key", "--tsa-certificate", "tsa.crt"];
    for (kind, pdf) in [("table", with_table()), ("streams", with_streams())] {
        for (more, format, level) in [
            (vec![], "ETSI.CAdES.detached", Some(Level::BB)),
            (vec!["--format", "adobe"], "adbe.pkcs7.detached", None),
            (stamped.to_vec(), "ETSI.CAdES.detached", Some(Level::BT)),
        ] {
            let signed = signed_by_pyhanko(&pdf, path, &[rsa.as_slice(), &more].concat());
            let reports = verify(&signed).unwrap();
            let [report] = reports.as_slice() else {
                panic!("{kind} {more:?}: {reports:?}");
            };
            assert!(
                report.is_intact() && report.covers_whole_file(),
                "{kind} {more:?}: {report:?}"
            );
            assert_eq!(
                (report.format.as_str(), report.level),
                (format, level),
                "{kind} {more:?}: {report:?}"
            );
            assert_eq!(
                report.certificate.as_ref().unwrap().common_name().as_deref(),
                Some("Autre")
            );
            assert_eq!(report.reason.as_deref(), Some("Vu"));
        }
    }
}

#[test]
fn a_time_stamp_over_the_document_is_read() {
    let authority = Authority::rsa();
    let (folder, _) = key();
    let (secret, certificate) = (
        folder.path().join("seal/key.pem"),
        folder.path().join("seal/certificate.pem"),
    );
    let arguments = [
        "--key",
        secret.to_str().unwrap(),
        "--certificate",
        certificate.to_str().unwrap(),
        "--tsa-key",
        "tsa.key",
        "--tsa-certificate",
        "tsa.crt",
        "--document",
    ];
    let mut signed = signed_by_pyhanko(&with_streams(), authority.path(), &arguments);
    let reports = verify(&signed).unwrap();
    let [signature, stamp] = reports.as_slice() else {
        panic!("{reports:?}");
    };
    assert!(
        signature.is_intact() && matches!(signature.coverage, Coverage::Revision { .. }),
        "{signature:?}"
    );
    assert_eq!(signature.level, Some(Level::BT));
    assert_eq!(stamp.format, "ETSI.RFC3161");
    assert!(stamp.is_intact() && stamp.covers_whole_file(), "{stamp:?}");
    assert!(stamp.timestamp.as_ref().unwrap().is_valid());
    signed[100] ^= 1;
    assert!(verify(&signed).is_err() || verify(&signed).unwrap().iter().all(|it| !it.digest));
    assert_eq!(stamp.signature, Check::Valid);
}

#[test]
fn our_seal_goes_over_the_signature_of_another() {
    let authority = Authority::rsa();
    let (folder, key) = key();
    let (rsa, certificate) = (
        authority.path().join("rsa.crt"),
        folder.path().join("seal/certificate.pem"),
    );
    openssl(
        authority.path(),
        &[
            "genpkey",
            "-algorithm",
            "RSA",
            "-pkeyopt",
            "rsa_keygen_bits:2048",
            "-out",
            "rsa.key",
        ],
    );
    openssl(
        authority.path(),
        &[
            "req",
            "-x509",
            "-key",
            "rsa.key",
            "-days",
            "30",
            "-subj",
            "/CN=Autre",
            "-out",
            "rsa.crt",
        ],
    );
    for (kind, pdf) in all().into_iter().take(3) {
        let signed = signed_by_pyhanko(
            &pdf,
            authority.path(),
            &["--key", "rsa.key", "--certificate", "rsa.crt"],
        );
        let sealed = seal(&signed, &key, &options()).unwrap();
        assert!(
            verify(&sealed).unwrap().iter().all(::sealing::SealReport::is_intact),
            "{kind}"
        );
        let found = pyhanko(&sealed, &[&rsa, &certificate]);
        assert_eq!(found.len(), 2, "{kind}");
        for one in found {
            assert_eq!(
                (&one["intact"], &one["valid"], &one["bottom_line"]),
                (&true.into(), &true.into(), &true.into()),
                "{kind}: {one}"
            );
        }
    }
}

/// pyHanko makes the salt as long as it can, ring knows only those of the hash's length.
#[test]
fn what_cannot_be_checked_is_not_called_wrong() {
    let authority = Authority::rsa();
    let arguments = ["--key", "tsa.key", "--certificate", "tsa.crt", "--pss"];
    let signed = signed_by_pyhanko(&with_table(), authority.path(), &arguments);
    let report = &verify(&signed).unwrap()[0];
    assert!(report.digest);
    assert_eq!(report.signature, Check::Unsupported);
    assert!(!report.is_intact());
}

#[test]
fn a_certificate_for_something_else_stamps_nothing() {
    let authority = Authority::rsa();
    openssl(
        authority.path(),
        &[
            "req",
            "-x509",
            "-key",
            "tsa.key",
            "-days",
            "30",
            "-subj",
            "/CN=Autre",
            "-out",
            "other.crt",
        ],
    );
    let arguments = [
        "--key",
        "tsa.key",
        "--certificate",
        "other.crt",
        "--tsa-key",
        "tsa.key",
        "--tsa-certificate",
        "other.crt",
    ];
    let signed = signed_by_pyhanko(&with_table(), authority.path(), &arguments);
    let report = &verify(&signed).unwrap()[0];
    let stamp = report.timestamp.as_ref().unwrap();
    assert_eq!(
        (stamp.fits, stamp.signature, stamp.certificate_valid),
        (true, Check::Valid, false)
    );
    assert!(report.is_intact() && !stamp.is_valid());
    assert_eq!(report.level, Some(Level::BB));
    assert_eq!(report.time(), report.claimed_at);
}
