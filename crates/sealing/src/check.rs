//! Whether a signature is right.

use der::asn1::ObjectIdentifier;
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use ring::signature as rsa;
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

use crate::asn1::{
    EC_PUBLIC_KEY, ECDSA_SHA_256, ECDSA_SHA_384, ECDSA_SHA_512, Hash, P_256, P_384, PssParameters, RSA, RSA_PSS,
    RSA_SHA_256, RSA_SHA_384, RSA_SHA_512,
};

/// What came of checking a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    Valid,
    Invalid,
    /// An algorithm that is not known here, or no longer good enough: nothing is said about it.
    Unsupported,
}

impl From<bool> for Check {
    fn from(right: bool) -> Self {
        if right { Self::Valid } else { Self::Invalid }
    }
}

/// Checks a signature over a message: ECDSA on P-256 and P-384, and RSA from 2048 bits, with SHA-2. Where the algorithm
/// names no hash function (`rsaEncryption`, RFC 5754 §3.2), it is the one that the message was digested with.
pub(crate) fn signature(
    key: &SubjectPublicKeyInfoOwned,
    algorithm: &AlgorithmIdentifierOwned,
    digest: Option<ObjectIdentifier>,
    message: &[u8],
    signature: &[u8],
) -> Check {
    let Some(public) = key.subject_public_key.as_bytes() else {
        return Check::Invalid;
    };
    let hash = match algorithm.oid {
        ECDSA_SHA_256 | RSA_SHA_256 => Some(Hash::Sha256),
        ECDSA_SHA_384 | RSA_SHA_384 => Some(Hash::Sha384),
        ECDSA_SHA_512 | RSA_SHA_512 => Some(Hash::Sha512),
        RSA => digest.and_then(Hash::named),
        RSA_PSS => pss_hash(algorithm),
        _ => None,
    };
    let Some(hash) = hash else {
        return Check::Unsupported;
    };
    match (key.algorithm.oid, algorithm.oid) {
        (EC_PUBLIC_KEY, ECDSA_SHA_256 | ECDSA_SHA_384 | ECDSA_SHA_512) => {
            ecdsa(key, public, &hash.of(&[message]), signature)
        }
        (RSA, RSA | RSA_SHA_256 | RSA_SHA_384 | RSA_SHA_512) => {
            let algorithm = match hash {
                Hash::Sha256 => &rsa::RSA_PKCS1_2048_8192_SHA256,
                Hash::Sha384 => &rsa::RSA_PKCS1_2048_8192_SHA384,
                Hash::Sha512 => &rsa::RSA_PKCS1_2048_8192_SHA512,
            };
            verify(algorithm, public, message, signature)
        }
        (RSA | RSA_PSS, RSA_PSS) => {
            let algorithm = match hash {
                Hash::Sha256 => &rsa::RSA_PSS_2048_8192_SHA256,
                Hash::Sha384 => &rsa::RSA_PSS_2048_8192_SHA384,
                Hash::Sha512 => &rsa::RSA_PSS_2048_8192_SHA512,
            };
            verify(algorithm, public, message, signature)
        }
        _ => Check::Unsupported,
    }
}

fn verify(algorithm: &'static rsa::RsaParameters, public: &[u8], message: &[u8], signature: &[u8]) -> Check {
    rsa::UnparsedPublicKey::new(algorithm, public)
        .verify(message, signature)
        .is_ok()
        .into()
}

fn ecdsa(key: &SubjectPublicKeyInfoOwned, public: &[u8], digest: &[u8], signature: &[u8]) -> Check {
    let curve = key.algorithm.parameters.as_ref().map(der::Any::decode_as);
    let valid = match curve {
        Some(Ok(P_256)) => {
            let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(public);
            let signature = p256::ecdsa::Signature::from_der(signature);
            matches!((key, signature), (Ok(key), Ok(signature)) if key.verify_prehash(digest, &signature).is_ok())
        }
        Some(Ok(P_384)) => {
            let key = p384::ecdsa::VerifyingKey::from_sec1_bytes(public);
            let signature = p384::ecdsa::Signature::from_der(signature);
            matches!((key, signature), (Ok(key), Ok(signature)) if key.verify_prehash(digest, &signature).is_ok())
        }
        _ => return Check::Unsupported,
    };
    valid.into()
}

/// The hash function of RSASSA-PSS (RFC 4055 §3.1), where the salt is as long as the hash, as RFC 4055 recommends: other
/// lengths are not known here.
fn pss_hash(algorithm: &AlgorithmIdentifierOwned) -> Option<Hash> {
    let parameters: PssParameters = algorithm.parameters.as_ref()?.decode_as().ok()?;
    let hash = Hash::named(parameters.hash?.oid)?;
    (parameters.salt == Some(hash.length())).then_some(hash)
}
