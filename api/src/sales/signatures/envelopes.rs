//! Quotes at a provider of signatures: sent to be signed, and asked after.

use domain::{
    BlobHash, Event, Language, Quote, QuoteCommand, QuoteError, QuoteId,
    quote::{EnvelopeOutcome, OpenVersion, SentVersion},
};
use engine::{CommandContext, CommandError, Outcome, UnitOfWork};
use futures::FutureExt;
use serde::Serialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::providers::{Envelope, Outcome as Told, ProviderError, SignatureProvider, Signer};
use crate::{
    graphql::following::{Refused, Rule, boxed},
    sales::{
        Sales, SalesError,
        quotes::{NO_RECIPIENT, paper_name},
    },
};

/// The purpose of the token in the address that a provider calls back.
const HOOK: &str = "signature-provider";
/// Whose commands these are.
const ISSUER: &str = "provider:signature";

const NO_PROVIDER: Rule = Rule {
    code: "SIGNATURE_PROVIDER_NOT_CONFIGURED",
    field: "id",
    english: "No provider of signatures is configured: set `signature-provider`.",
    french: "Aucun prestataire de signature n'est configuré : indiquez `signature-provider`.",
};

const PROVIDER_FAILED: Rule = Rule {
    code: "SIGNATURE_PROVIDER_FAILED",
    field: "id",
    english: "The provider of signatures did not take it or did not answer: try again later.",
    french: "Le prestataire de signature n'a pas accepté la demande ou n'a pas répondu : réessayez plus tard.",
};

/// The evidence of a signature that a provider took.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProviderRecord<'a> {
    kind: &'static str,
    quote: Uuid,
    number: &'a str,
    version: u16,
    provider: &'a str,
    reference: &'a str,
    signer: &'a Option<Signer>,
    signed_at: chrono::DateTime<chrono::Utc>,
    /// Of the paper that was sent to be signed.
    document_sha256: Option<BlobHash>,
    signed_document_sha256: String,
}

impl Sales {
    fn provider(&self) -> Result<&dyn SignatureProvider, SalesError> {
        let provider = self.services.signatures.as_deref();
        Ok(provider.ok_or_else(|| NO_PROVIDER.refused())?)
    }

    /// Has the open version signed through the provider.
    pub async fn send_envelope(&self, context: &CommandContext, quote: Uuid) -> Result<Outcome, SalesError> {
        let provider = self.provider()?;
        let now = self.bus.clock().now();
        let known = self.quote(quote).await?.unwrap_or_default();
        let version = known.newest_sent().map_or(1, |newest| newest.version);
        let send = |reference: String| QuoteCommand::SendEnvelope {
            version,
            provider: provider.name().to_owned(),
            reference,
            now,
        };
        // What is refused never leaves the house; the refusal comes from the unit, where a command that was taken before is
        // known.
        let is_taken = domain::Decider::decide(&known, send("-".to_owned())).is_ok();
        let reference = match known.newest_sent().filter(|_| is_taken) {
            Some(newest) => self.asked(provider, quote, newest).await?,
            None => "-".to_owned(),
        };
        let intent = ("quote envelope", quote);
        let outcome = self.bus.together(context, &intent, |unit: &mut UnitOfWork<'_, Event>| {
            let send = send(reference.clone());
            async move { unit.run::<Quote>(quote, send).await.map_err(boxed) }.boxed()
        });
        Ok(outcome.await?)
    }

    async fn asked(
        &self,
        provider: &dyn SignatureProvider,
        quote: Uuid,
        OpenVersion { version, sent }: OpenVersion<'_>,
    ) -> Result<String, SalesError> {
        let buyer = sent.sent.buyer.value().map(|buyer| (**buyer).clone());
        let email = buyer.as_ref().and_then(|buyer| buyer.email.clone());
        let signer = Signer {
            email: email.ok_or_else(|| NO_RECIPIENT.refused())?,
            name: buyer.and_then(|buyer| buyer.contact),
        };
        let document = sent.document.ok_or_else(|| refused(QuoteError::NotSent))?;
        let paper = self.read(document).await?;
        let number = u16::try_from(sent.envelopes.len() + 1).unwrap_or(u16::MAX);
        let id = QuoteId(quote).envelope(version, number);
        let token = self.bus.one_time_token(HOOK, id);
        let callback = format!(
            "{}/signatures/{quote}/{version}-{number}/{token}",
            self.services.public_url.trim_end_matches('/')
        );
        let envelope = Envelope {
            id,
            name: &paper_name(&sent.sent),
            paper: &paper,
            signers: &[signer],
            language: sent.sent.content.language,
            expires_at: sent.expires_at,
            callback: &callback,
        };
        Ok(provider.send(envelope).await.map_err(failed)?)
    }

    /// A provider calls: `None` when it is not its address. What it says counts for nothing, it is asked.
    pub async fn provider_calls(
        &self,
        quote: Uuid,
        version: u16,
        envelope: u16,
        token: &str,
    ) -> Result<Option<Outcome>, SalesError> {
        let id = QuoteId(quote).envelope(version, envelope);
        if !self.bus.is_one_time_token(HOOK, id, token) {
            return Ok(None);
        }
        let context = CommandContext::new(ISSUER, Uuid::new_v4(), ISSUER);
        Ok(Some(self.envelope_of(&context, quote, Some(version)).await?))
    }

    /// Asks the provider what became of the newest envelope, and does what follows.
    pub async fn check_envelope(&self, context: &CommandContext, quote: Uuid) -> Result<Outcome, SalesError> {
        self.envelope_of(context, quote, None).await
    }

    async fn envelope_of(
        &self,
        context: &CommandContext,
        quote: Uuid,
        version: Option<u16>,
    ) -> Result<Outcome, SalesError> {
        let provider = self.provider()?;
        let known = self.quote(quote).await?.unwrap_or_default();
        let at_provider = |(_, sent): &(u16, &SentVersion)| !sent.envelopes.is_empty();
        let of = known
            .sent_versions()
            .rev()
            .filter(|(number, _)| version.is_none_or(|version| version == *number));
        let (version, sent) = { of }
            .find(at_provider)
            .ok_or_else(|| refused(QuoteError::NoEnvelope))?;
        let told = match sent.open_envelope() {
            Some(envelope) => Some((envelope.reference.clone(), provider.outcome(&envelope.reference).await)),
            None => None,
        };
        let answer = match told {
            Some((reference, told)) => match told.map_err(failed)? {
                Told::Pending => None,
                told => Some(self.answer(provider, quote, (version, sent), reference, told).await?),
            },
            None => None,
        };
        let now = self.bus.clock().now();
        let intent = ("quote envelope outcome", quote);
        let outcome = self.bus.together(context, &intent, |unit: &mut UnitOfWork<'_, Event>| {
            let answer = answer.clone();
            async move {
                unit.see::<Quote>(quote).await.map_err(boxed)?;
                let Some(answer) = answer else { return Ok(()) };
                let close = QuoteCommand::CloseEnvelope {
                    version,
                    reference: answer.reference,
                    outcome: answer.outcome,
                    now,
                };
                unit.run::<Quote>(quote, close).await.map_err(boxed)?;
                let standing = unit.standing::<Quote>(quote);
                let accepted = standing
                    .and_then(|quote| quote.accepted())
                    .map(|(accepted, ..)| accepted);
                match answer.papers.filter(|_| accepted == Some(version)) {
                    Some((document, evidence)) => {
                        let file = QuoteCommand::FileSignature {
                            version,
                            document,
                            evidence,
                            timestamp: None,
                        };
                        unit.run::<Quote>(quote, file).await.map_err(boxed)
                    }
                    None => Ok(()),
                }
            }
            .boxed()
        });
        Ok(outcome.await?)
    }

    /// What the provider told, with its papers beside the journal.
    async fn answer(
        &self,
        provider: &dyn SignatureProvider,
        quote: Uuid,
        (version, sent): (u16, &SentVersion),
        reference: String,
        told: Told,
    ) -> Result<Answer, SalesError> {
        let (signed_at, signer, paper) = match told {
            Told::Signed {
                signed_at,
                signer,
                paper,
            } if paper.starts_with(b"%PDF-") => (signed_at, signer, paper),
            Told::Signed { .. } => {
                return Err(failed(ProviderError::Answer("the signed document is no PDF".to_owned())).into());
            }
            Told::Declined { reason } => return Ok(Answer::without(reference, EnvelopeOutcome::Declined { reason })),
            Told::Expired | Told::Pending => return Ok(Answer::without(reference, EnvelopeOutcome::Expired)),
        };
        let record = ProviderRecord {
            kind: "electronic signature by a provider",
            quote,
            number: &sent.sent.number.text,
            version,
            provider: provider.name(),
            reference: &reference,
            signer: &signer,
            signed_at,
            document_sha256: sent.document,
            signed_document_sha256: hex::encode(Sha256::digest(&paper)),
        };
        let record = serde_json::to_vec_pretty(&record).map_err(|error| SalesError::Evidence(error.to_string()))?;
        let document = self.keep(&paper).await?;
        let evidence = self.keep(&record).await?;
        Ok(Answer {
            reference,
            outcome: EnvelopeOutcome::Signed {
                signed_at,
                document: document.blob,
            },
            papers: Some((document, evidence)),
        })
    }
}

/// What a provider told, as the quote takes it.
#[derive(Clone)]
struct Answer {
    reference: String,
    outcome: EnvelopeOutcome,
    papers: Option<(domain::document::FiledDocument, domain::document::FiledDocument)>,
}

impl Answer {
    const fn without(reference: String, outcome: EnvelopeOutcome) -> Self {
        Self {
            reference,
            outcome,
            papers: None,
        }
    }
}

fn refused(refusal: QuoteError) -> CommandError<Refused> {
    CommandError::Refused(Refused::new(refusal))
}

fn failed(error: ProviderError) -> CommandError<Refused> {
    tracing::warn!(%error, "a provider of signatures is of no use");
    PROVIDER_FAILED.refused()
}

/// As the protocol names languages.
pub(super) const fn language_code(language: Language) -> &'static str {
    match language {
        Language::French => "fr",
        Language::English => "en",
    }
}
