//! Consents: what a person allowed us to do with their data, and how we know.

use async_graphql::{Enum, SimpleObject};
use projections::consents::Model;

use crate::graphql::{deals::known, errors::ApiResult, scalars::Moment};

/// What for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::contact::ConsentPurpose")]
pub enum ConsentPurpose {
    Newsletter,
    ProspectionEmail,
    ProspectionSms,
    ProspectionPhone,
    /// Watching what they open and click, and drawing conclusions.
    Profiling,
}

/// How they said so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::contact::ConsentSource")]
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

/// What a person allows, or does not.
#[derive(Debug, Clone, SimpleObject)]
pub struct Consent {
    purpose: ConsentPurpose,
    /// Given; else withdrawn, or objected to from the start.
    given: bool,
    /// When they said so.
    since: Moment,
    source: ConsentSource,
    /// The words they agreed to.
    text: Option<String>,
    /// Where the proof is; null when there is none, or once the person's data was erased.
    evidence: Option<String>,
}

impl Consent {
    pub fn of_row(row: Model) -> ApiResult<Self> {
        use domain::contact::{ConsentPurpose as Purpose, ConsentSource as Source};
        Ok(Self {
            purpose: known(&Purpose::ALL, Purpose::as_str, &row.purpose)?.into(),
            given: row.given,
            since: Moment::from_micros(row.since),
            source: known(&Source::ALL, Source::as_str, &row.source)?.into(),
            text: row.text,
            evidence: row.evidence,
        })
    }
}
