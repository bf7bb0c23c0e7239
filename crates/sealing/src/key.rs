//! The company's key and certificate: made once, or given by the operator.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use chrono::{DateTime, Months, Utc};
use der::{
    Any, Decode, Encode, EncodePem, Tag,
    asn1::{OctetString, SetOfVec},
    pem::LineEnding,
    zeroize::Zeroizing,
};
use p256::{
    ecdsa::{self, signature::Signer},
    pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey},
};
use ring::{
    rand::{SecureRandom, SystemRandom},
    signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
use x509_cert::{
    TbsCertificate,
    attr::AttributeTypeAndValue,
    builder::{Builder, CertificateBuilder, profile::BuilderProfile},
    ext::{
        Extension, ToExtension,
        pkix::{BasicConstraints, KeyUsage, KeyUsages, SubjectKeyIdentifier},
    },
    name::Name,
    serial_number::SerialNumber,
    spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned, SubjectPublicKeyInfoRef},
    time::{Time, Validity},
};

use crate::{
    asn1::{COMMON_NAME, COUNTRY, ECDSA_SHA_256, ORGANIZATION, ORGANIZATION_IDENTIFIER, RSA_SHA_256, sha256},
    certificate::Certificate,
};

/// How long a certificate of our own is good for.
const YEARS: u32 = 10;

/// X.520 allows no longer names (RFC 5280, upper bounds).
const LONGEST_NAME: usize = 64;

const CERTIFICATE: &str = "certificate.pem";
const KEY: &str = "key.pem";

/// Whose certificate it is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The company's name, of which a certificate takes 64 characters.
    pub name: String,
    /// `NTRFR-` and the SIREN, for a French company (ETSI EN 319 412-1 §5.1.4).
    pub organization_identifier: Option<String>,
    /// ISO 3166, two letters.
    pub country: Option<String>,
}

/// Why there is no key to seal with.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("the certificate cannot be read or made: {0}")]
    Certificate(String),
    #[error("the private key is neither ECDSA on P-256 nor RSA of 2048 bits or more, unencrypted, as PEM")]
    UnknownKey,
    /// The first certificate of the chain is another key's.
    #[error("the certificate and the private key do not belong together")]
    Mismatch,
    #[error("the system gives no random numbers")]
    NoRandomness,
    #[error("the folder of the seal's key: {0}")]
    Disk(#[from] io::Error),
}

impl From<der::Error> for KeyError {
    fn from(error: der::Error) -> Self {
        Self::Certificate(error.to_string())
    }
}

/// A private key with its chain of certificates, the key's own first.
pub struct SealingKey {
    private: Private,
    chain: Vec<Certificate>,
}

enum Private {
    Ec(ecdsa::SigningKey),
    Rsa(RsaKeyPair),
}

impl std::fmt::Debug for SealingKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("SealingKey")
            .field("certificate", &self.certificate().map(Certificate::subject))
            .finish_non_exhaustive()
    }
}

impl SealingKey {
    /// Makes a key (P-256) and a certificate for it, which it signs itself: good for ten years from then on.
    pub fn generate(subject: &Subject, from: DateTime<Utc>) -> Result<Self, KeyError> {
        let private = generate_private()?;
        let certificate = certify(&private, subject, from)?;
        Ok(Self {
            private: Private::Ec(private),
            chain: vec![certificate],
        })
    }

    /// The key and the certificate that lie in this folder; they are made when the folder is not there. It is the
    /// seal's own folder: it appears with both files at once, so that two processes cannot have different halves.
    pub fn open_or_create(folder: &Path, subject: &Subject, now: DateTime<Utc>) -> Result<Self, KeyError> {
        match Self::open(folder) {
            Err(KeyError::Disk(error)) if error.kind() == io::ErrorKind::NotFound => {}
            opened => return opened,
        }
        let private = generate_private()?;
        let certificate = certify(&private, subject, now)?;
        keep(folder, &private, &certificate)?;
        Self::open(folder)
    }

    /// The key and the certificate that lie in this folder.
    pub fn open(folder: &Path) -> Result<Self, KeyError> {
        let chain = fs::read(folder.join(CERTIFICATE))?;
        let key = Zeroizing::new(fs::read_to_string(folder.join(KEY))?);
        Self::from_pem(&chain, &key)
    }

    /// A chain of certificates, the key's own first, and the key (PKCS #8 or as OpenSSL used to write it), both as PEM.
    pub fn from_pem(chain: &[u8], key: &str) -> Result<Self, KeyError> {
        let chain = x509_cert::Certificate::load_pem_chain(chain)?
            .into_iter()
            .map(Certificate::new)
            .collect::<der::Result<Vec<_>>>()?;
        let private = Private::from_pem(key)?;
        let Some(certificate) = chain.first() else {
            return Err(KeyError::Certificate("no certificate in the file".to_owned()));
        };
        let public = &certificate
            .inner()
            .tbs_certificate()
            .subject_public_key_info()
            .subject_public_key;
        if public.as_bytes() != Some(&private.public()) {
            return Err(KeyError::Mismatch);
        }
        Ok(Self { private, chain })
    }

    /// The key's own certificate.
    pub fn certificate(&self) -> Option<&Certificate> {
        self.chain.first()
    }

    pub(crate) fn chain(&self) -> &[Certificate] {
        &self.chain
    }

    pub(crate) fn algorithm(&self) -> AlgorithmIdentifierOwned {
        match self.private {
            Private::Ec(_) => AlgorithmIdentifierOwned {
                oid: ECDSA_SHA_256,
                parameters: None,
            },
            Private::Rsa(_) => AlgorithmIdentifierOwned {
                oid: RSA_SHA_256,
                parameters: Some(Any::null()),
            },
        }
    }

    /// The signature of a message, of which the SHA-256 is signed; nothing where the key does not work.
    pub(crate) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        match &self.private {
            Private::Ec(key) => {
                let signature: ecdsa::DerSignature = key.try_sign(message).ok()?;
                Some(signature.as_bytes().to_vec())
            }
            Private::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
                    .ok()?;
                Some(signature)
            }
        }
    }
}

impl Private {
    fn from_pem(pem: &str) -> Result<Self, KeyError> {
        if let Ok(key) = ecdsa::SigningKey::from_pkcs8_pem(pem) {
            return Ok(Self::Ec(key));
        }
        // What OpenSSL writes for `ecparam -genkey` begins with the curve's parameters.
        let start = pem.match_indices("-----BEGIN ").map(|(at, _)| &pem[at..]);
        let pem = start
            .into_iter()
            .find(|block| block.lines().next().is_some_and(|line| line.contains("PRIVATE KEY")))
            .ok_or(KeyError::UnknownKey)?;
        if let Ok(key) = p256::SecretKey::from_sec1_pem(pem) {
            return Ok(Self::Ec(key.into()));
        }
        let (label, document) = der::SecretDocument::from_pem(pem).map_err(|_| KeyError::UnknownKey)?;
        let key = match label {
            "PRIVATE KEY" => RsaKeyPair::from_pkcs8(document.as_bytes()),
            "RSA PRIVATE KEY" => RsaKeyPair::from_der(document.as_bytes()),
            _ => return Err(KeyError::UnknownKey),
        };
        key.map(Self::Rsa).map_err(|_| KeyError::UnknownKey)
    }

    fn public(&self) -> Vec<u8> {
        match self {
            Self::Ec(key) => key.verifying_key().to_sec1_point(false).as_bytes().to_vec(),
            Self::Rsa(key) => key.public_key().as_ref().to_vec(),
        }
    }
}

/// A number that is not below 2²⁵⁶ minus a little is no key: once in 2³² times it is tried again.
fn generate_private() -> Result<ecdsa::SigningKey, KeyError> {
    for _ in 0..8 {
        let bytes = Zeroizing::new(random::<32>()?);
        if let Ok(key) = ecdsa::SigningKey::from_slice(bytes.as_slice()) {
            return Ok(key);
        }
    }
    Err(KeyError::NoRandomness)
}

pub(crate) fn random<const N: usize>() -> Result<[u8; N], KeyError> {
    let mut bytes = [0; N];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| KeyError::NoRandomness)?;
    Ok(bytes)
}

/// What a certificate for seals may be used for, and that it gives no certificates itself.
struct Profile(Name);

impl BuilderProfile for Profile {
    fn get_issuer(&self, subject: &Name) -> Name {
        subject.clone()
    }

    fn get_subject(&self) -> Name {
        self.0.clone()
    }

    fn build_extensions(
        &self,
        key: SubjectPublicKeyInfoRef<'_>,
        _: SubjectPublicKeyInfoRef<'_>,
        tbs: &TbsCertificate,
    ) -> x509_cert::builder::Result<Vec<Extension>> {
        let subject = tbs.subject();
        // The first 160 bits of the SHA-256 of the key (RFC 7093 §2).
        let identifier = sha256(&[key.subject_public_key.as_bytes().unwrap_or_default()]);
        let constraints = BasicConstraints {
            ca: false,
            path_len_constraint: None,
        };
        Ok(vec![
            constraints.to_extension(subject, &[])?,
            KeyUsage(KeyUsages::DigitalSignature | KeyUsages::NonRepudiation).to_extension(subject, &[])?,
            SubjectKeyIdentifier(OctetString::new(&identifier[..20])?).to_extension(subject, &[])?,
        ])
    }
}

fn certify(private: &ecdsa::SigningKey, subject: &Subject, from: DateTime<Utc>) -> Result<Certificate, KeyError> {
    let failed = |error: &dyn std::fmt::Display| KeyError::Certificate(error.to_string());
    let until = from
        .checked_add_months(Months::new(12 * YEARS))
        .ok_or_else(|| failed(&"no such year"))?;
    let mut serial = random::<16>()?;
    serial[0] = serial[0] & 0x7f | 0x40; // positive, and always as long
    let public = private
        .verifying_key()
        .to_public_key_der()
        .map_err(|error| failed(&error))?;
    let builder = CertificateBuilder::new(
        Profile(name(subject)?),
        SerialNumber::new(&serial)?,
        Validity::new(time(from)?, time(until)?),
        SubjectPublicKeyInfoOwned::from_der(public.as_bytes())?,
    )
    .map_err(|error| failed(&error))?;
    let certificate = builder
        .build::<_, ecdsa::DerSignature>(private)
        .map_err(|error| failed(&error))?;
    Ok(Certificate::new(certificate)?)
}

/// The name of a legal person (ETSI EN 319 412-3 §4.2.1).
fn name(subject: &Subject) -> Result<Name, KeyError> {
    if subject.name.is_empty() {
        return Err(KeyError::Certificate("a company without a name".to_owned()));
    }
    if let Some(country) = &subject.country
        && !(country.len() == 2 && country.bytes().all(|letter| letter.is_ascii_uppercase()))
    {
        return Err(KeyError::Certificate(format!("no country: {country}")));
    }
    let short: String = subject.name.chars().take(LONGEST_NAME).collect();
    let parts = [
        (COUNTRY, Tag::PrintableString, subject.country.as_deref()),
        (ORGANIZATION, Tag::Utf8String, Some(short.as_str())),
        (
            ORGANIZATION_IDENTIFIER,
            Tag::Utf8String,
            subject.organization_identifier.as_deref(),
        ),
        (COMMON_NAME, Tag::Utf8String, Some(short.as_str())),
    ];
    let mut sequence = Vec::new();
    for (oid, tag, value) in parts {
        if let Some(value) = value {
            let value = Any::new(tag, value.as_bytes())?;
            sequence.push(SetOfVec::try_from(vec![AttributeTypeAndValue { oid, value }])?);
        }
    }
    Ok(Name::from_der(&sequence.to_der()?)?)
}

fn time(moment: DateTime<Utc>) -> der::Result<Time> {
    let seconds = u64::try_from(moment.timestamp()).map_err(|_| der::ErrorKind::DateTime)?;
    Ok(Time::from(der::DateTime::from_unix_duration(
        std::time::Duration::from_secs(seconds),
    )?))
}

/// Puts both files into a folder beside the right one and gives it the right name then: whoever comes first has it.
fn keep(folder: &Path, private: &ecdsa::SigningKey, certificate: &Certificate) -> Result<(), KeyError> {
    let parent = match folder.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(parent)?;
    let mut beside = folder.as_os_str().to_owned();
    beside.push(format!(".{}", hex::encode(random::<8>()?)));
    let beside = PathBuf::from(beside);
    fs::DirBuilder::new().mode(0o700).create(&beside)?;
    let kept = write_pair(&beside, private, certificate).and_then(|()| Ok(fs::rename(&beside, folder)?));
    match kept {
        Ok(()) => Ok(File::open(parent)?.sync_all()?),
        Err(error) => {
            fs::remove_dir_all(&beside)?;
            if folder.join(KEY).exists() { Ok(()) } else { Err(error) }
        }
    }
}

fn write_pair(folder: &Path, private: &ecdsa::SigningKey, certificate: &Certificate) -> Result<(), KeyError> {
    let key = private
        .to_pkcs8_pem(LineEnding::LF)
        .map_err(|error| KeyError::Certificate(error.to_string()))?;
    write_private(&folder.join(KEY), key.as_bytes())?;
    write_private(
        &folder.join(CERTIFICATE),
        certificate.inner().to_pem(LineEnding::LF)?.as_bytes(),
    )?;
    Ok(File::open(folder)?.sync_all()?)
}

fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
