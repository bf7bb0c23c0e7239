//! Certificates as people want to see them.

use std::fmt;

use chrono::{DateTime, Utc};
use der::{Encode, asn1::ObjectIdentifier};
use x509_cert::{ext::pkix::ExtendedKeyUsage, name::Name};

use crate::{
    asn1::{COMMON_NAME, ID_TIME_STAMPING, ORGANIZATION, ORGANIZATION_IDENTIFIER, sha256},
    check::{self, Check},
};

/// An X.509 certificate (RFC 5280).
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    inner: x509_cert::Certificate,
    der: Vec<u8>,
}

impl fmt::Debug for Certificate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "Certificate({}, {})",
            self.subject(),
            hex::encode(self.thumbprint())
        )
    }
}

impl Certificate {
    pub(crate) fn new(inner: x509_cert::Certificate) -> der::Result<Self> {
        let der = inner.to_der()?;
        Ok(Self { inner, der })
    }

    pub(crate) fn inner(&self) -> &x509_cert::Certificate {
        &self.inner
    }

    pub fn to_der(&self) -> &[u8] {
        &self.der
    }

    /// The SHA-256 of the certificate, by which people compare it.
    pub fn thumbprint(&self) -> [u8; 32] {
        sha256(&[&self.der])
    }

    /// The whole name, as RFC 4514 writes it.
    pub fn subject(&self) -> String {
        self.inner.tbs_certificate().subject().to_string()
    }

    /// The whole name of whoever gave the certificate.
    pub fn issuer(&self) -> String {
        self.inner.tbs_certificate().issuer().to_string()
    }

    pub fn common_name(&self) -> Option<String> {
        self.attribute(COMMON_NAME)
    }

    pub fn organization(&self) -> Option<String> {
        self.attribute(ORGANIZATION)
    }

    /// `NTRFR-` and the SIREN, for a French company (ETSI EN 319 412-1 §5.1.4).
    pub fn organization_identifier(&self) -> Option<String> {
        self.attribute(ORGANIZATION_IDENTIFIER)
    }

    /// The serial number, in hexadecimal digits.
    pub fn serial_number(&self) -> String {
        hex::encode(self.inner.tbs_certificate().serial_number().as_bytes())
    }

    pub fn not_before(&self) -> Option<DateTime<Utc>> {
        time(self.inner.tbs_certificate().validity().not_before)
    }

    pub fn not_after(&self) -> Option<DateTime<Utc>> {
        time(self.inner.tbs_certificate().validity().not_after)
    }

    /// Whether the certificate's dates admit this moment.
    pub fn is_valid_at(&self, moment: DateTime<Utc>) -> bool {
        self.not_before().is_some_and(|from| from <= moment) && self.not_after().is_some_and(|until| moment <= until)
    }

    /// Whether the certificate was signed with its own key: only its thumbprint says whose it is.
    pub fn is_self_signed(&self) -> bool {
        let tbs = self.inner.tbs_certificate();
        tbs.subject() == tbs.issuer() && self.is_signed_by(self) == Check::Valid
    }

    /// Whether the certificate's signature was made with the key of the other.
    pub fn is_signed_by(&self, issuer: &Certificate) -> Check {
        let Ok(message) = self.inner.tbs_certificate().to_der() else {
            return Check::Invalid;
        };
        let Some(signature) = self.inner.signature().as_bytes() else {
            return Check::Invalid;
        };
        check::signature(
            issuer.inner.tbs_certificate().subject_public_key_info(),
            self.inner.signature_algorithm(),
            None,
            &message,
            signature,
        )
    }

    /// Whether the certificate is one for time stamps (RFC 3161 §2.3).
    pub(crate) fn is_for_time_stamping(&self) -> bool {
        matches!(
            self.inner.tbs_certificate().get_extension::<ExtendedKeyUsage>(),
            Ok(Some((_, usage))) if usage.0 == [ID_TIME_STAMPING]
        )
    }

    fn attribute(&self, oid: ObjectIdentifier) -> Option<String> {
        attribute(self.inner.tbs_certificate().subject(), oid)
    }
}

fn attribute(name: &Name, oid: ObjectIdentifier) -> Option<String> {
    let found = name.iter().find(|attribute| attribute.oid == oid)?;
    String::from_utf8(found.value.value().to_vec()).ok()
}

fn time(time: x509_cert::time::Time) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(i64::try_from(time.to_unix_duration().as_secs()).ok()?, 0)
}
