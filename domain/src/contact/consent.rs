//! What a person allowed us to do with their data, and how we know.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What for (GDPR, article 6 (1) (a); CPCE, article L34-5 for canvassing).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ConsentPurpose {
    Newsletter,
    ProspectionEmail,
    ProspectionSms,
    ProspectionPhone,
    /// Watching what they open and click, and drawing conclusions.
    Profiling,
}

impl ConsentPurpose {
    pub const ALL: [Self; 5] = [
        Self::Newsletter,
        Self::ProspectionEmail,
        Self::ProspectionSms,
        Self::ProspectionPhone,
        Self::Profiling,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Newsletter => "NEWSLETTER",
            Self::ProspectionEmail => "PROSPECTION_EMAIL",
            Self::ProspectionSms => "PROSPECTION_SMS",
            Self::ProspectionPhone => "PROSPECTION_PHONE",
            Self::Profiling => "PROFILING",
        }
    }
}

/// How they said so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ConsentSource {
    WebForm,
    Email,
    Phone,
    Paper,
    InPerson,
    /// Taken over from another system.
    Import,
    /// Said to another record of the same person.
    Merge,
}

impl ConsentSource {
    pub const ALL: [Self; 7] = [
        Self::WebForm,
        Self::Email,
        Self::Phone,
        Self::Paper,
        Self::InPerson,
        Self::Import,
        Self::Merge,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WebForm => "WEB_FORM",
            Self::Email => "EMAIL",
            Self::Phone => "PHONE",
            Self::Paper => "PAPER",
            Self::InPerson => "IN_PERSON",
            Self::Import => "IMPORT",
            Self::Merge => "MERGE",
        }
    }
}

/// What shows that they did. When, the event itself says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentProof {
    pub source: ConsentSource,
    /// The words they agreed to.
    pub text: Option<String>,
    /// Where the proof is: address, form, call, letter. About the person, so it is sealed.
    pub evidence: Option<String>,
}

/// What a contact remembers of a purpose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Consent {
    Given {
        source: ConsentSource,
        text: Option<String>,
    },
    Withdrawn,
}
