//! Time stamps by an authority of our own: `openssl ts` with certificates that live as long as the test.

use std::{fs, path::Path};

use ::sealing::{
    Check, Level, SealError, SealingKey, SealingOptions, Signed, TimestampError, TimestampRequest, TimestampToken,
    prepare, verify,
};
use chrono::{Timelike, Utc};
use tempfile::{TempDir, tempdir};

use crate::{
    checkers::{parts, pyhanko},
    keys::openssl,
    samples::{TYPST, company, with_streams, with_table},
};

const CONFIGURATION: &str = "
[tsa]
dir = .
serial = ./serial
crypto_device = builtin
signer_cert = ./tsa.crt
certs = ./ca.crt
signer_key = ./tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1, millisecs:500, microsecs:100
clock_precision_digits = 3
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
[stamps]
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[req]
distinguished_name = name
[name]
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
";

pub(crate) struct Authority {
    folder: TempDir,
}

impl Authority {
    /// With a key of this kind, and a certificate for this purpose.
    fn new(algorithm: &str, option: &str, purpose: &str) -> Self {
        let folder = tempdir().unwrap();
        let path = folder.path();
        fs::write(path.join("tsa.cnf"), CONFIGURATION).unwrap();
        fs::write(path.join("serial"), "01\n").unwrap();
        openssl(
            path,
            &[
                "genpkey",
                "-algorithm",
                "EC",
                "-pkeyopt",
                "ec_paramgen_curve:P-384",
                "-out",
                "ca.key",
            ],
        );
        openssl(
            path,
            &[
                "req",
                "-x509",
                "-new",
                "-key",
                "ca.key",
                "-sha384",
                "-subj",
                "/CN=Root",
                "-days",
                "30",
                "-config",
                "tsa.cnf",
                "-extensions",
                "ca",
                "-out",
                "ca.crt",
            ],
        );
        openssl(
            path,
            &[
                "genpkey",
                "-algorithm",
                algorithm,
                "-pkeyopt",
                option,
                "-out",
                "tsa.key",
            ],
        );
        openssl(
            path,
            &[
                "req",
                "-new",
                "-key",
                "tsa.key",
                "-subj",
                "/C=FR/O=Horodatage/CN=TSA",
                "-config",
                "tsa.cnf",
                "-out",
                "tsa.csr",
            ],
        );
        openssl(
            path,
            &[
                "x509",
                "-req",
                "-in",
                "tsa.csr",
                "-CA",
                "ca.crt",
                "-CAkey",
                "ca.key",
                "-CAcreateserial",
                "-days",
                "30",
                "-sha384",
                "-extfile",
                "tsa.cnf",
                "-extensions",
                purpose,
                "-out",
                "tsa.crt",
            ],
        );
        Self { folder }
    }

    pub(crate) fn rsa() -> Self {
        Self::new("RSA", "rsa_keygen_bits:2048", "stamps")
    }

    pub(crate) fn ec() -> Self {
        Self::new("EC", "ec_paramgen_curve:P-256", "stamps")
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    fn answer(&self, request: &TimestampRequest) -> Vec<u8> {
        fs::write(self.path().join("request.tsq"), request.to_der().unwrap()).unwrap();
        openssl(
            self.path(),
            &[
                "ts",
                "-reply",
                "-config",
                "tsa.cnf",
                "-section",
                "tsa",
                "-queryfile",
                "request.tsq",
                "-out",
                "answer.tsr",
            ],
        );
        fs::read(self.path().join("answer.tsr")).unwrap()
    }
}

fn signed(pdf: &[u8]) -> (TempDir, SealingKey, Signed) {
    let now = Utc::now().with_nanosecond(0).unwrap();
    let folder = tempdir().unwrap();
    let key = SealingKey::open_or_create(&folder.path().join("seal"), &company(), now).unwrap();
    let signed = prepare(pdf, &SealingOptions::at(now)).unwrap().sign(&key).unwrap();
    (folder, key, signed)
}

#[test]
fn a_seal_takes_a_time_stamp() {
    let keys = [
        ("EC", "ec_paramgen_curve:P-256"),
        ("EC", "ec_paramgen_curve:P-384"),
        ("RSA", "rsa_keygen_bits:2048"),
    ];
    for (algorithm, option) in keys {
        let authority = Authority::new(algorithm, option, "stamps");
        for pdf in [with_table(), with_streams(), TYPST.to_vec()] {
            let (folder, _, signed) = signed(&pdf);
            let request = signed.timestamp_request().unwrap();
            let token = TimestampToken::from_response(&request, &authority.answer(&request)).unwrap();
            assert!((Utc::now() - token.time()).num_seconds().abs() < 60);
            let sealed = signed.with_timestamp(token.clone()).unwrap().finish().unwrap();
            assert!(sealed.starts_with(&pdf));
            let reports = verify(&sealed).unwrap();
            let report = &reports[0];
            assert!(report.is_intact() && report.covers_whole_file(), "{report:?}");
            assert_eq!(report.level, Some(Level::BT));
            let stamp = report.timestamp.as_ref().unwrap();
            assert!(stamp.is_valid() && stamp.fits, "{stamp:?}");
            assert_eq!(stamp.signature, Check::Valid);
            assert_eq!(stamp.time, token.time());
            assert_eq!(report.time(), Some(token.time()));
            let name = stamp.authority.as_deref().unwrap();
            assert!(name.contains("CN=TSA") && name.contains("O=Horodatage"), "{name}");
            let found = pyhanko(
                &sealed,
                &[
                    &folder.path().join("seal/certificate.pem"),
                    &authority.path().join("ca.crt"),
                ],
            );
            assert_eq!(found[0]["bottom_line"], true, "{found:?}");
            let stamp = &found[0]["timestamp"];
            assert_eq!(
                (&stamp["intact"], &stamp["valid"], &stamp["trusted"]),
                (&true.into(), &true.into(), &true.into()),
                "{found:?}"
            );
        }
    }
}

#[test]
fn openssl_reads_the_question_and_the_stamped_seal() {
    let authority = Authority::ec();
    let (folder, _, signed) = signed(&with_table());
    let request = signed.timestamp_request().unwrap();
    let answer = authority.answer(&request);
    let text = openssl(authority.path(), &["ts", "-query", "-in", "request.tsq", "-text"]);
    for part in ["Hash Algorithm: sha256", "Certificate required: yes", "Nonce: 0x"] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    openssl(
        authority.path(),
        &[
            "ts",
            "-verify",
            "-queryfile",
            "request.tsq",
            "-in",
            "answer.tsr",
            "-CAfile",
            "ca.crt",
        ],
    );
    let token = TimestampToken::from_response(&request, &answer).unwrap();
    let sealed = signed.with_timestamp(token).unwrap().finish().unwrap();
    let (signature, covered) = parts(&sealed);
    let path = folder.path();
    fs::write(path.join("signature.der"), signature).unwrap();
    fs::write(path.join("covered.bin"), covered).unwrap();
    openssl(
        path,
        &[
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
            "-partial_chain",
            "-out",
            "verified.bin",
        ],
    );
}

#[test]
fn an_answer_to_another_question_is_not_taken() {
    let authority = Authority::ec();
    let (_folder, _, one) = signed(&with_table());
    let (_other_folder, _, other) = signed(&with_streams());
    let request = one.timestamp_request().unwrap();
    let answer = authority.answer(&request);
    let again = one.timestamp_request().unwrap();
    let refused = TimestampToken::from_response(&again, &answer);
    assert!(matches!(refused, Err(TimestampError::OtherNonce)), "{refused:?}");
    let refused = TimestampToken::from_response(&other.timestamp_request().unwrap(), &answer);
    assert!(matches!(refused, Err(TimestampError::OtherImprint)), "{refused:?}");
    let token = TimestampToken::from_response(&request, &answer).unwrap();
    let refused = other.with_timestamp(token);
    assert!(
        matches!(refused, Err(SealError::Timestamp(TimestampError::OtherImprint))),
        "{refused:?}"
    );
}

#[test]
fn a_refusal_says_why() {
    let authority = Authority::ec();
    let (_folder, _, signed) = signed(&with_table());
    let request = signed.timestamp_request().unwrap();
    let configuration = CONFIGURATION.replace("digests = sha256", "digests = sha512");
    fs::write(authority.path().join("tsa.cnf"), configuration).unwrap();
    match TimestampToken::from_response(&request, &authority.answer(&request)) {
        Err(TimestampError::Refused { status: 2, reason }) => assert!(reason.contains("digest"), "{reason}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_changed_byte_of_an_answer_is_found_or_means_nothing() {
    let authority = Authority::ec();
    let (_folder, _, signed) = signed(&with_table());
    let request = signed.timestamp_request().unwrap();
    let answer = authority.answer(&request);
    let genuine = TimestampToken::from_response(&request, &answer).unwrap();
    for at in 0..answer.len() {
        let mut changed = answer.clone();
        changed[at] ^= 1;
        // What is taken says the same: certificates that nobody needs are not signed.
        if let Ok(token) = TimestampToken::from_response(&request, &changed) {
            assert_eq!(token.time(), genuine.time(), "{at}");
            assert_eq!(token.authority(), genuine.authority(), "{at}");
        }
    }
    for end in 0..answer.len() {
        assert!(TimestampToken::from_response(&request, &answer[..end]).is_err());
    }
}
