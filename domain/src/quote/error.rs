use super::QuoteStatus;
use crate::{InvalidValue, Language, Refusal, billing::Percentage, refusal::prints_in_english};

/// Why a quote refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QuoteError {
    NotDrafted,
    AlreadyDrafted,
    /// No version is being written.
    NoDraft,
    /// A version is being written already.
    DraftExists,
    /// The first version was never sent: nothing stands behind it.
    FirstVersion,
    TooManyVersions,
    NotSent,
    NoSuchVersion {
        version: u16,
    },
    Superseded {
        by: u16,
    },
    Accepted,
    NotAccepted,
    Expired,
    Cancelled,
    NotOpen {
        status: QuoteStatus,
    },
    ValidityOver,
    CompanyUnknown,
    ApprovalRequired {
        above: Percentage,
    },
    ApprovalNotAsked,
    /// What was sent has its paper: it never changes.
    DocumentFiled,
    /// The signature is for another paper than the one that was sent.
    AnotherDocument,
    LinkRevoked,
    NoCode,
    CodeLocked,
    TooManyCodes,
    /// A provider of signatures waits for the customer already.
    EnvelopeOpen,
    NoEnvelope,
    Value(InvalidValue),
}

impl From<InvalidValue> for QuoteError {
    fn from(value: InvalidValue) -> Self {
        Self::Value(value)
    }
}

prints_in_english!(QuoteError);

impl Refusal for QuoteError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotDrafted => "QUOTE_NOT_FOUND",
            Self::AlreadyDrafted => "QUOTE_ALREADY_EXISTS",
            Self::NoDraft => "QUOTE_HAS_NO_DRAFT",
            Self::DraftExists => "QUOTE_HAS_A_DRAFT",
            Self::FirstVersion => "QUOTE_NEVER_SENT",
            Self::TooManyVersions => "QUOTE_VERSIONS_EXHAUSTED",
            Self::NotSent => "QUOTE_NOT_SENT",
            Self::NoSuchVersion { .. } => "QUOTE_VERSION_NOT_FOUND",
            Self::Superseded { .. } => "QUOTE_VERSION_SUPERSEDED",
            Self::Accepted => "QUOTE_ACCEPTED",
            Self::NotAccepted => "QUOTE_NOT_ACCEPTED",
            Self::Expired => "QUOTE_EXPIRED",
            Self::Cancelled => "QUOTE_CANCELLED",
            Self::NotOpen { .. } => "QUOTE_NOT_OPEN",
            Self::ValidityOver => "QUOTE_VALIDITY_OVER",
            Self::CompanyUnknown => "COMPANY_NOT_IDENTIFIED",
            Self::ApprovalRequired { .. } => "QUOTE_APPROVAL_REQUIRED",
            Self::ApprovalNotAsked => "QUOTE_APPROVAL_NOT_ASKED",
            Self::DocumentFiled => "DOCUMENT_ALREADY_FILED",
            Self::AnotherDocument => "SIGNED_ANOTHER_DOCUMENT",
            Self::LinkRevoked => "QUOTE_LINK_REVOKED",
            Self::NoCode => "SIGNING_CODE_MISSING",
            Self::CodeLocked => "SIGNING_CODE_LOCKED",
            Self::TooManyCodes => "SIGNING_CODES_EXHAUSTED",
            Self::EnvelopeOpen => "QUOTE_ENVELOPE_OPEN",
            Self::NoEnvelope => "QUOTE_ENVELOPE_NOT_FOUND",
            Self::Value(value) => value.code(),
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::NoSuchVersion { .. } | Self::Superseded { .. } => Some("version"),
            Self::ValidityOver => Some("validUntil"),
            Self::NoCode | Self::CodeLocked | Self::TooManyCodes => Some("code"),
            Self::ApprovalRequired { .. } => Some("discount"),
            Self::Value(value) => value.field(),
            _ => None,
        }
    }

    fn allowed(&self) -> Vec<&'static str> {
        match self {
            Self::NotDrafted => vec!["Draft"],
            Self::NoDraft | Self::NotOpen { .. } => vec!["StartVersion"],
            Self::DraftExists => vec!["ChangeContent", "Send", "DiscardVersion"],
            Self::FirstVersion => vec!["ChangeContent", "Cancel"],
            Self::NotSent => vec!["Send"],
            Self::Expired => vec!["Extend", "StartVersion"],
            Self::ApprovalRequired { .. } | Self::ApprovalNotAsked => vec!["RequestApproval"],
            Self::NoCode | Self::CodeLocked => vec!["IssueSigningCode"],
            Self::LinkRevoked => vec!["RenewLink"],
            Self::Value(value) => value.allowed(),
            _ => Vec::new(),
        }
    }

    fn message(&self, language: Language) -> String {
        match self {
            Self::NotDrafted => language.choose(
                "There is no such quote: draft it first.",
                "Ce devis n'existe pas : créez-le d'abord.",
            ),
            Self::AlreadyDrafted => language.choose(
                "This quote exists already: change it, or draft another one under another id.",
                "Ce devis existe déjà : modifiez-le, ou créez-en un autre sous un autre identifiant.",
            ),
            Self::NoDraft => language.choose(
                "No version of this quote is a draft: start a new version first.",
                "Aucune version de ce devis n'est en brouillon : commencez d'abord une nouvelle version.",
            ),
            Self::DraftExists => language.choose(
                "A version of this quote is a draft already: change, send or discard it.",
                "Une version de ce devis est déjà en brouillon : modifiez-la, envoyez-la ou abandonnez-la.",
            ),
            Self::FirstVersion => language.choose(
                "The first version was never sent: change it, or cancel the quote.",
                "La première version n'a jamais été envoyée : modifiez-la, ou annulez le devis.",
            ),
            Self::TooManyVersions => language.choose(
                "This quote has too many versions or links: draft another one.",
                "Ce devis a trop de versions ou de liens : créez-en un autre.",
            ),
            Self::NotSent => language.choose(
                "No version of this quote was sent: send it first.",
                "Aucune version de ce devis n'a été envoyée : envoyez-le d'abord.",
            ),
            Self::NoSuchVersion { version } => language.choose(
                format!("This quote has no version {version} that was sent."),
                format!("Ce devis n'a pas de version {version} envoyée."),
            ),
            Self::Superseded { by } => language.choose(
                format!("A newer version was sent: only version {by} can be answered."),
                format!("Une version plus récente a été envoyée : seule la version {by} peut recevoir une réponse."),
            ),
            Self::Accepted => language.choose(
                "This quote was accepted: it does not change any more. Copy it to offer something else.",
                "Ce devis a été accepté : il ne change plus. Copiez-le pour proposer autre chose.",
            ),
            Self::NotAccepted => language.choose("This quote was not accepted.", "Ce devis n'a pas été accepté."),
            Self::Expired => language.choose(
                "This quote has expired: whoever sent it can extend it.",
                "Ce devis a expiré : son expéditeur peut le prolonger.",
            ),
            Self::Cancelled => language.choose(
                "This quote was cancelled: draft another one, or copy it.",
                "Ce devis a été annulé : créez-en un autre, ou copiez-le.",
            ),
            Self::NotOpen { status } => language.choose(
                format!(
                    "This quote is {}: nobody can answer it any more.",
                    status.as_str().to_lowercase()
                ),
                format!(
                    "Ce devis est {} : on ne peut plus y répondre.",
                    match status {
                        QuoteStatus::Refused => "refusé",
                        QuoteStatus::Superseded => "remplacé",
                        QuoteStatus::Expired => "expiré",
                        QuoteStatus::Accepted => "accepté",
                        QuoteStatus::Cancelled => "annulé",
                        QuoteStatus::Draft => "en brouillon",
                        QuoteStatus::Sent | QuoteStatus::Viewed => "envoyé",
                    }
                ),
            ),
            Self::ValidityOver => language.choose(
                "The last day of validity is over: give a later one.",
                "Le dernier jour de validité est passé : indiquez-en un plus tardif.",
            ),
            Self::CompanyUnknown => language.choose(
                "Nobody said who the company is: identify it first (companyIdentify).",
                "L'entreprise n'est pas identifiée : identifiez-la d'abord (companyIdentify).",
            ),
            Self::ApprovalRequired { above } => language.choose(
                format!("A discount above {above} % needs a manager's approval: ask for it."),
                format!("Une remise de plus de {above} % demande l'accord d'un responsable : demandez-le."),
            ),
            Self::ApprovalNotAsked => language.choose(
                "Nobody asked for an approval of this draft as it is.",
                "Personne n'a demandé d'accord pour ce brouillon en l'état.",
            ),
            Self::DocumentFiled => language.choose(
                "This version has its document already: what was sent never changes.",
                "Cette version a déjà son document : ce qui a été envoyé ne change jamais.",
            ),
            Self::AnotherDocument => language.choose(
                "The signature names another document than the one that was sent: open the link again.",
                "La signature porte sur un autre document que celui envoyé : rouvrez le lien.",
            ),
            Self::LinkRevoked => language.choose(
                "This link is no longer valid: ask the sender for another one.",
                "Ce lien n'est plus valable : demandez-en un autre à l'expéditeur.",
            ),
            Self::NoCode => language.choose(
                "There is no code that holds: ask for one.",
                "Aucun code n'est en cours de validité : demandez-en un.",
            ),
            Self::CodeLocked => language.choose(
                "Five wrong codes were given: ask for a new one.",
                "Cinq codes erronés ont été saisis : demandez-en un nouveau.",
            ),
            Self::TooManyCodes => language.choose(
                "Too many codes were sent for this quote: ask its sender for another link.",
                "Trop de codes ont été envoyés pour ce devis : demandez un autre lien à l'expéditeur.",
            ),
            Self::EnvelopeOpen => language.choose(
                "A provider of signatures waits for the customer already.",
                "Un prestataire de signature attend déjà la réponse du client.",
            ),
            Self::NoEnvelope => language.choose(
                "This version lies at no provider of signatures.",
                "Cette version n'a été confiée à aucun prestataire de signature.",
            ),
            Self::Value(value) => value.message(language),
        }
    }
}
