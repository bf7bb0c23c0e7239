//! The Cryptographic Message Syntax (RFC 5652): signatures are made and read.

use cms::{
    cert::{CertificateChoices, IssuerAndSerialNumber},
    content_info::{CmsVersion, ContentInfo},
    signed_data::{EncapsulatedContentInfo, SignedAttributes, SignedData, SignerIdentifier, SignerInfo, SignerInfos},
};
use der::{
    Any, Decode, Encode,
    asn1::{ObjectIdentifier, OctetString, SetOfVec},
};
use x509_cert::{attr::Attribute, ext::pkix::SubjectKeyIdentifier};

use crate::{
    asn1::{
        EssCertIdV2, Hash, ID_CONTENT_TYPE, ID_DATA, ID_MESSAGE_DIGEST, ID_SIGNED_DATA, ID_SIGNING_CERTIFICATE_V2,
        ID_TIMESTAMP_TOKEN, SigningCertificateV2, sha_256, sha256,
    },
    certificate::Certificate,
    check::{self, Check},
};

fn attribute(oid: ObjectIdentifier, value: &impl Encode) -> der::Result<Attribute> {
    Ok(Attribute {
        oid,
        values: SetOfVec::try_from(vec![Any::from_der(&value.to_der()?)?])?,
    })
}

/// What a seal says under its signature, and nothing else: the type of what is sealed, its digest, and whose certificate
/// it is. There is no signing-time: a PDF says the time itself (ETSI EN 319 142-1 §6.3, which forbids it here).
pub(crate) fn signed_attributes(digest: &[u8; 32], certificate: &Certificate) -> der::Result<SignedAttributes> {
    let certificate = SigningCertificateV2 {
        certs: vec![EssCertIdV2 {
            hash_algorithm: None,
            cert_hash: OctetString::new(sha256(&[certificate.to_der()]))?,
            issuer_serial: None,
        }],
        policies: None,
    };
    SetOfVec::try_from(vec![
        attribute(ID_CONTENT_TYPE, &ID_DATA)?,
        attribute(ID_MESSAGE_DIGEST, &OctetString::new(digest.as_slice())?)?,
        attribute(ID_SIGNING_CERTIFICATE_V2, &certificate)?,
    ])
}

/// The signature of a seal, detached, with the chain of certificates and, where there is one, the time stamp
/// (ETSI EN 319 122-1 §5.3).
pub(crate) fn encode(
    attributes: &SignedAttributes,
    algorithm: x509_cert::spki::AlgorithmIdentifierOwned,
    signature: &[u8],
    chain: &[Certificate],
    token: Option<&Any>,
) -> der::Result<Vec<u8>> {
    let Some(signer) = chain.first() else {
        return Err(der::ErrorKind::Failed.into());
    };
    let signer = signer.inner().tbs_certificate();
    let unsigned_attrs = match token {
        Some(token) => Some(SetOfVec::try_from(vec![attribute(ID_TIMESTAMP_TOKEN, token)?])?),
        None => None,
    };
    let signer = SignerInfo {
        version: CmsVersion::V1,
        sid: SignerIdentifier::IssuerAndSerialNumber(IssuerAndSerialNumber {
            issuer: signer.issuer().clone(),
            serial_number: signer.serial_number().clone(),
        }),
        digest_alg: sha_256(),
        signed_attrs: Some(attributes.clone()),
        signature_algorithm: algorithm,
        signature: OctetString::new(signature)?,
        unsigned_attrs,
    };
    let certificates: Vec<CertificateChoices> = chain
        .iter()
        .map(|certificate| CertificateChoices::Certificate(certificate.inner().clone()))
        .collect();
    let data = SignedData {
        version: CmsVersion::V1,
        digest_algorithms: SetOfVec::try_from(vec![sha_256()])?,
        encap_content_info: EncapsulatedContentInfo {
            econtent_type: ID_DATA,
            econtent: None,
        },
        certificates: Some(certificates.try_into()?),
        crls: None,
        signer_infos: SignerInfos::try_from(vec![signer])?,
    };
    ContentInfo {
        content_type: ID_SIGNED_DATA,
        content: Any::encode_from(&data)?,
    }
    .to_der()
}

/// A signature by one signer, as seals and time stamps are.
#[derive(Debug, Clone)]
pub(crate) struct Envelope {
    data: SignedData,
    signer: SignerInfo,
}

impl Envelope {
    pub(crate) fn from_der(bytes: &[u8]) -> der::Result<Self> {
        let info = ContentInfo::from_der(bytes)?;
        if info.content_type != ID_SIGNED_DATA {
            return Err(der::ErrorKind::OidUnknown { oid: info.content_type }.into());
        }
        let data: SignedData = info.content.decode_as()?;
        match data.signer_infos.0.as_slice() {
            [signer] => Ok(Self {
                signer: signer.clone(),
                data,
            }),
            _ => Err(der::ErrorKind::Failed.into()),
        }
    }

    pub(crate) fn content_type(&self) -> ObjectIdentifier {
        self.data.encap_content_info.econtent_type
    }

    /// What is signed, where it lies inside.
    pub(crate) fn content(&self) -> Option<Vec<u8>> {
        let content = self.data.encap_content_info.econtent.as_ref()?;
        let content: OctetString = content.decode_as().ok()?;
        Some(content.into_bytes().to_vec())
    }

    pub(crate) fn hash(&self) -> Option<Hash> {
        Hash::named(self.signer.digest_alg.oid)
    }

    pub(crate) fn signature_value(&self) -> &[u8] {
        self.signer.signature.as_bytes()
    }

    /// The certificate that the signer is said to have, among those that came along.
    pub(crate) fn signer(&self) -> Option<Certificate> {
        let certificates = self.data.certificates.as_ref()?;
        certificates.0.iter().find_map(|choice| match choice {
            CertificateChoices::Certificate(certificate) if self.is_named(certificate) => {
                Certificate::new(certificate.clone()).ok()
            }
            _ => None,
        })
    }

    fn is_named(&self, certificate: &x509_cert::Certificate) -> bool {
        let tbs = certificate.tbs_certificate();
        match &self.signer.sid {
            SignerIdentifier::IssuerAndSerialNumber(name) => {
                *tbs.issuer() == name.issuer && *tbs.serial_number() == name.serial_number
            }
            SignerIdentifier::SubjectKeyIdentifier(name) => {
                matches!(tbs.get_extension::<SubjectKeyIdentifier>(), Ok(Some((_, key))) if key == *name)
            }
        }
    }

    /// Whether the signed digest is this one, of content of the type that is signed, too (RFC 5652 §5.4 and §11).
    pub(crate) fn has_digest(&self, digest: &[u8]) -> bool {
        self.signed::<OctetString>(ID_MESSAGE_DIGEST)
            .is_some_and(|signed| signed.as_bytes() == digest)
            && self.signed::<ObjectIdentifier>(ID_CONTENT_TYPE) == Some(self.content_type())
    }

    /// Whether the signature over the signed attributes was made with the certificate's key.
    pub(crate) fn is_signed_by(&self, certificate: &Certificate) -> Check {
        let Some(Ok(message)) = self.signer.signed_attrs.as_ref().map(Encode::to_der) else {
            return Check::Invalid;
        };
        check::signature(
            certificate.inner().tbs_certificate().subject_public_key_info(),
            &self.signer.signature_algorithm,
            Some(self.signer.digest_alg.oid),
            &message,
            self.signature_value(),
        )
    }

    /// Whether the certificate is the one that was signed for (RFC 5035 §3); nothing where there is no such attribute.
    pub(crate) fn names_certificate(&self, certificate: &Certificate) -> Option<bool> {
        let named: SigningCertificateV2 = self.signed(ID_SIGNING_CERTIFICATE_V2)?;
        let first = named.certs.first()?;
        let hash = match &first.hash_algorithm {
            Some(algorithm) => Hash::named(algorithm.oid)?,
            None => Hash::Sha256,
        };
        Some(hash.of(&[certificate.to_der()]) == first.cert_hash.as_bytes())
    }

    /// The time stamp of the signature, where there is one.
    pub(crate) fn token(&self) -> Option<der::Result<Vec<u8>>> {
        let attributes = self.signer.unsigned_attrs.as_ref()?;
        let found = attributes
            .iter()
            .find(|attribute| attribute.oid == ID_TIMESTAMP_TOKEN)?;
        Some(found.values.get(0)?.to_der())
    }

    /// The one value of a signed attribute.
    fn signed<T>(&self, oid: ObjectIdentifier) -> Option<T>
    where
        T: for<'a> Decode<'a, Error = der::Error>,
    {
        let mut found = self
            .signer
            .signed_attrs
            .as_ref()?
            .iter()
            .filter(|attribute| attribute.oid == oid);
        let (attribute, None) = (found.next()?, found.next()) else {
            return None;
        };
        match attribute.values.as_slice() {
            [value] => T::from_der(&value.to_der().ok()?).ok(),
            _ => None,
        }
    }
}
