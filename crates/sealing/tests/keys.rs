use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Command};

use ::sealing::{Check, KeyError, SealingKey, Subject, seal, verify};
use chrono::Months;
use tempfile::tempdir;

use crate::samples::{company, key, noon, options, with_table};

pub(crate) fn openssl(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("openssl")
        .current_dir(folder)
        .args(arguments)
        .output()
        .expect("openssl");
    assert!(
        output.status.success(),
        "openssl {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn the_certificate_says_whose_it_is() {
    let certificate = key().certificate().unwrap();
    assert_eq!(certificate.common_name().as_deref(), Some("Ébénisterie Lefèvre & Fils"));
    assert_eq!(
        certificate.organization().as_deref(),
        Some("Ébénisterie Lefèvre & Fils")
    );
    assert_eq!(
        certificate.organization_identifier().as_deref(),
        Some("NTRFR-732829320")
    );
    assert_eq!(certificate.not_before(), Some(noon()));
    assert_eq!(certificate.not_after(), Some(noon() + Months::new(120)));
    assert!(certificate.is_self_signed());
}

#[test]
fn openssl_reads_the_certificate_as_we_mean_it() {
    let folder = tempdir().unwrap();
    let seal = folder.path().join("seal");
    SealingKey::open_or_create(&seal, &company(), noon()).unwrap();
    let text = openssl(
        &seal,
        &[
            "x509",
            "-in",
            "certificate.pem",
            "-noout",
            "-text",
            "-nameopt",
            "utf8,sep_comma_plus",
        ],
    );
    for part in [
        "Version: 3 (0x2)",
        "C=FR,O=Ébénisterie Lefèvre & Fils,organizationIdentifier=NTRFR-732829320,CN=Ébénisterie Lefèvre & Fils",
        "Not Before: Nov 26 12:00:00 2026 GMT",
        "Not After : Nov 26 12:00:00 2036 GMT",
        "ASN1 OID: prime256v1",
        "X509v3 Key Usage: critical\n                Digital Signature, Non Repudiation",
        "X509v3 Basic Constraints: critical\n                CA:FALSE",
        "Signature Algorithm: ecdsa-with-SHA256",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    let checked = openssl(&seal, &["pkey", "-in", "key.pem", "-check", "-noout"]);
    assert!(checked.contains("valid"), "{checked}");
}

#[test]
fn the_key_is_made_once_and_for_its_owner_only() {
    let folder = tempdir().unwrap();
    let seal = folder.path().join("a/b/seal");
    let made = SealingKey::open_or_create(&seal, &company(), noon()).unwrap();
    let found = SealingKey::open_or_create(&seal, &company(), noon() + Months::new(1)).unwrap();
    assert_eq!(made.certificate(), found.certificate());
    assert_eq!(fs::metadata(&seal).unwrap().permissions().mode() & 0o777, 0o700);
    for file in ["certificate.pem", "key.pem"] {
        assert_eq!(
            fs::metadata(seal.join(file)).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
    assert_eq!(fs::read_dir(seal.parent().unwrap()).unwrap().count(), 1);
}

#[test]
fn whoever_comes_at_the_same_time_has_the_same_key() {
    let folder = tempdir().unwrap();
    let seal = folder.path().join("seal");
    let made: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| SealingKey::open_or_create(&seal, &company(), noon()).unwrap()))
            .collect();
        threads.into_iter().map(|it| it.join().unwrap()).collect()
    });
    assert!(made.iter().all(|it| it.certificate() == made[0].certificate()));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_folder_with_half_a_pair_is_not_overwritten() {
    let folder = tempdir().unwrap();
    let seal = folder.path().join("seal");
    SealingKey::open_or_create(&seal, &company(), noon()).unwrap();
    let key = fs::read(seal.join("key.pem")).unwrap();
    fs::remove_file(seal.join("certificate.pem")).unwrap();
    let refused = SealingKey::open_or_create(&seal, &company(), noon());
    assert!(matches!(refused, Err(KeyError::Disk(_))), "{refused:?}");
    assert_eq!(fs::read(seal.join("key.pem")).unwrap(), key);
}

#[test]
fn long_names_are_cut_where_certificates_end() {
    let subject = Subject {
        name: "é".repeat(300),
        organization_identifier: None,
        country: None,
    };
    let key = SealingKey::generate(&subject, noon()).unwrap();
    assert_eq!(key.certificate().unwrap().common_name(), Some("é".repeat(64)));
}

#[test]
fn keys_that_an_operator_has_are_taken() {
    let folder = tempdir().unwrap();
    let path = folder.path();
    openssl(
        path,
        &[
            "genpkey",
            "-algorithm",
            "EC",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-out",
            "ec.pem",
        ],
    );
    openssl(path, &["ecparam", "-name", "prime256v1", "-genkey", "-out", "sec1.pem"]);
    openssl(
        path,
        &[
            "genpkey",
            "-algorithm",
            "RSA",
            "-pkeyopt",
            "rsa_keygen_bits:2048",
            "-out",
            "rsa.pem",
        ],
    );
    openssl(path, &["rsa", "-in", "rsa.pem", "-traditional", "-out", "pkcs1.pem"]);
    let mut keys = Vec::new();
    for name in ["ec", "sec1", "rsa", "pkcs1"] {
        let (key, certificate) = (format!("{name}.pem"), format!("{name}.crt"));
        openssl(
            path,
            &[
                "req",
                "-x509",
                "-key",
                &key,
                "-out",
                &certificate,
                "-days",
                "99999",
                "-subj",
                "/CN=Lefevre",
            ],
        );
        let certificate = fs::read(path.join(&certificate)).unwrap();
        let pem = fs::read_to_string(path.join(&key)).unwrap();
        let key = SealingKey::from_pem(&certificate, &pem).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut at = options();
        at.signing_time = key.certificate().unwrap().not_before().unwrap() + Months::new(1);
        let sealed = seal(&with_table(), &key, &at).unwrap();
        assert!(verify(&sealed).unwrap()[0].is_intact(), "{name}");
        assert!(sealed == seal(&with_table(), &key, &at).unwrap(), "{name}");
        keys.push((certificate, pem));
    }
    let refused = SealingKey::from_pem(&keys[0].0, &keys[2].1);
    assert!(matches!(refused, Err(KeyError::Mismatch)), "{refused:?}");
    let refused = SealingKey::from_pem(&keys[0].0, "nothing");
    assert!(matches!(refused, Err(KeyError::UnknownKey)), "{refused:?}");
    let refused = SealingKey::from_pem(b"nothing", &keys[0].1);
    assert!(matches!(refused, Err(KeyError::Certificate(_))), "{refused:?}");
}

#[test]
fn certificates_with_any_usual_signature_are_checked() {
    let folder = tempdir().unwrap();
    let path = folder.path();
    let rsa = [
        "genpkey",
        "-algorithm",
        "RSA",
        "-pkeyopt",
        "rsa_keygen_bits:2048",
        "-out",
        "rsa.pem",
    ];
    openssl(path, &rsa);
    let ec = [
        "genpkey",
        "-algorithm",
        "EC",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-out",
        "ec.pem",
    ];
    openssl(path, &ec);
    let pss = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:-1"];
    for (key, hash, more) in [
        ("rsa.pem", "-sha256", [].as_slice()),
        ("rsa.pem", "-sha384", &[]),
        ("rsa.pem", "-sha512", &[]),
        ("rsa.pem", "-sha256", &pss),
        ("rsa.pem", "-sha512", &pss),
        ("ec.pem", "-sha256", &[]),
        ("ec.pem", "-sha512", &[]),
    ] {
        let request = [
            "req",
            "-x509",
            "-key",
            key,
            hash,
            "-subj",
            "/CN=Lefevre",
            "-out",
            "made.crt",
        ];
        openssl(path, &[request.as_slice(), more].concat());
        let (chain, pem) = (
            fs::read(path.join("made.crt")).unwrap(),
            fs::read_to_string(path.join(key)).unwrap(),
        );
        let key = SealingKey::from_pem(&chain, &pem).unwrap();
        let certificate = key.certificate().unwrap();
        assert!(certificate.is_self_signed(), "{hash} {more:?}");
        assert_ne!(
            certificate.is_signed_by(crate::samples::key().certificate().unwrap()),
            Check::Valid
        );
    }
    openssl(
        path,
        &[
            "req",
            "-x509",
            "-key",
            "rsa.pem",
            "-sha1",
            "-subj",
            "/CN=Lefevre",
            "-out",
            "made.crt",
        ],
    );
    let (chain, pem) = (
        fs::read(path.join("made.crt")).unwrap(),
        fs::read_to_string(path.join("rsa.pem")).unwrap(),
    );
    let key = SealingKey::from_pem(&chain, &pem).unwrap();
    let certificate = key.certificate().unwrap();
    assert_eq!(certificate.is_signed_by(certificate), Check::Unsupported, "SHA-1");
}

#[test]
fn a_certificate_needs_a_name_and_no_invented_country() {
    let nobody = Subject {
        name: String::new(),
        ..company()
    };
    let nowhere = Subject {
        country: Some("France".to_owned()),
        ..company()
    };
    for subject in [nobody, nowhere] {
        let refused = SealingKey::generate(&subject, noon());
        assert!(matches!(refused, Err(KeyError::Certificate(_))), "{refused:?}");
    }
}
