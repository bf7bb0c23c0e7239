//! The paper that a signature leads to: with the evidence on its last pages, under the company's seal, and the evidence as
//! data beside it.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use documents::{Evidence, Logo, Look};
use domain::{
    Decider, FileDescription, Language, Personal, Quote, QuoteCommand,
    delivery::Enclosure,
    document::{FiledDocument, LineId},
    quote::{QuoteState, SealTimestamp, SentVersion, Signature},
};
use engine::{CommandContext, CommandError};
use journal::{StreamId, Version};
use sealing::{SealingKey, SealingOptions, Subject};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    graphql::following::boxed,
    letters,
    sales::{
        Sales, SalesError,
        quotes::{addressed, letter_of},
    },
};

impl Sales {
    /// Makes and files the signed paper and its evidence, unless that was done. `accepted` is the event of the signature.
    pub async fn file_signature(
        &self,
        context: &CommandContext,
        quote: Uuid,
        accepted: &journal::EventHeader,
        signature: &Personal<Box<Signature>>,
    ) -> Result<(), SalesError> {
        let known = self.quote(quote).await?.unwrap_or_default();
        let Some((version, _, chosen)) = known.accepted() else {
            return Ok(());
        };
        let (Some(sent), Some(signature)) = (known.sent(version), signature.value()) else {
            return Ok(());
        };
        if sent.signed_document.is_some() {
            return Ok(());
        }
        let drawing = match signature.drawing {
            Some(blob) => Logo::stored(self.read(blob).await?).ok(),
            None => None,
        };
        let evidence = Evidence {
            signer: signature.name.clone(),
            email: signature.email.clone(),
            consent: signature.consent.clone(),
            document_sha256: signature.document.to_string(),
            opened_at: signature.link_opened_at,
            code_sent_at: signature.code_sent_at,
            code_verified_at: signature.signed_at,
            signed_at: signature.signed_at,
            ip: signature.ip.clone(),
            user_agent: signature.user_agent.clone(),
            drawing,
        };
        let paper = {
            let logo = self.logo(&sent.sent.seller).await?;
            let (renderer, sent, chosen) = (self.renderer()?, sent.sent.clone(), chosen.clone());
            self.set(move || {
                let look = Look {
                    logo: logo.as_ref(),
                    draft: false,
                };
                renderer.signed_quote_pdf(&sent, &chosen, &evidence, look)
            })
            .await?
        };
        let (sealed, timestamp) = self.sealed(paper, sent, signature.signed_at).await?;
        let record = self
            .evidence_of(
                quote,
                version,
                sent,
                signature,
                chosen,
                accepted,
                (&sealed, timestamp.as_ref()),
            )
            .await?;
        let document = self.keep(&sealed).await?;
        let evidence = self.keep(&record).await?;
        let file = QuoteCommand::FileSignature {
            version,
            document,
            evidence,
            timestamp,
        };
        self.bus.execute::<Quote>(context, quote, file).await.map_err(boxed)?;
        self.send_signed(context, quote, sent, document).await
    }

    /// Under the company's seal (`PAdES`, ETSI EN 319 142-1), with the word of a time-stamping authority where the house asks
    /// one. Where it gives none the seal goes without, and that is said: a signed quote waits for nobody.
    async fn sealed(
        &self,
        paper: Vec<u8>,
        sent: &SentVersion,
        at: DateTime<Utc>,
    ) -> Result<(Vec<u8>, Option<SealTimestamp>), SalesError> {
        let folder = self.keys.join("seal");
        let seller = &sent.sent.seller.identity;
        let subject = Subject {
            name: seller.name.clone(),
            organization_identifier: Some(format!("NTRFR-{}", seller.siren)),
            country: Some("FR".to_owned()),
        };
        let options = SealingOptions {
            name: Some(seller.name.clone()),
            reason: Some(match sent.sent.content.language {
                Language::French => "Cachet de l'entreprise sur le devis signé".to_owned(),
                Language::English => "Seal of the company on the signed quote".to_owned(),
            }),
            location: Some(seller.address.city.clone()),
            ..SealingOptions::at(at)
        };
        let sealing = tokio::task::spawn_blocking(move || {
            let key = SealingKey::open_or_create(&folder, &subject, at)?;
            Ok::<_, SalesError>(sealing::prepare(&paper, &options)?.sign(&key)?)
        });
        let signed = sealing.await??;
        let (signed, timestamp) = match &self.services.timestamps {
            Some(authority) => {
                let (signed, timestamp) = authority.stamped(signed).await;
                (signed, Some(timestamp))
            }
            None => (signed, None),
        };
        Ok((signed.finish()?, timestamp))
    }

    /// The evidence as data: what the last pages of the paper say, and where the journal says it.
    #[allow(clippy::too_many_arguments)] // what a signature consists of
    async fn evidence_of(
        &self,
        quote: Uuid,
        version: u16,
        sent: &SentVersion,
        signature: &Signature,
        chosen: &BTreeSet<LineId>,
        accepted: &journal::EventHeader,
        (sealed, timestamp): (&[u8], Option<&SealTimestamp>),
    ) -> Result<Vec<u8>, SalesError> {
        use sha2::{Digest, Sha256};
        let stream = StreamId::new(QuoteState::TYPE, quote);
        let before = Version(accepted.version.0.saturating_sub(1));
        let entry = self
            .bus
            .journal()
            .read_stream(&stream, before, 1)
            .await
            .map_err(CommandError::from)?;
        let leaf = entry
            .first()
            .map(|entry| hex::encode(AsRef::<[u8]>::as_ref(&entry.leaf_hash)));
        let record = SignatureRecord {
            kind: "simple electronic signature (regulation (EU) 910/2014, art. 3, 10)",
            quote,
            number: &sent.sent.number.text,
            version,
            chosen_lines: chosen,
            signature,
            signed_document_sha256: hex::encode(Sha256::digest(sealed)),
            timestamp,
            journal: JournalEntry {
                stream: stream.to_string(),
                position: accepted.position.0,
                event_id: accepted.event_id,
                version: accepted.version.0,
                leaf_sha256: leaf,
            },
        };
        serde_json::to_vec_pretty(&record).map_err(|error| SalesError::Evidence(error.to_string()))
    }

    /// The signer gets what they signed.
    async fn send_signed(
        &self,
        context: &CommandContext,
        quote: Uuid,
        sent: &SentVersion,
        document: FiledDocument,
    ) -> Result<(), SalesError> {
        let house = self.house().await?;
        let Some(to) = addressed(&sent.sent, &house) else {
            return Ok(());
        };
        let word = match sent.sent.content.language {
            Language::French => "Devis signé",
            Language::English => "Signed quote",
        };
        let enclosure = Enclosure {
            blob: document.blob,
            description: FileDescription {
                name: format!("{word} {}.pdf", sent.sent.number.text.replace('/', "-")),
                media_type: "application/pdf".to_owned(),
            },
        };
        let letter = mail::quote_signed(to, &letter_of(quote, &sent.sent, 1), enclosure)?;
        let context = CommandContext {
            command_id: self.bus.derived_id(&["signed copy", &quote.to_string()]),
            expected_version: None,
            ..context.clone()
        };
        let queued = letters::queue(&self.bus, &context, letter).await;
        queued.map_err(|error| boxed(error).into()).map(|_| ())
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SignatureRecord<'a> {
    kind: &'static str,
    quote: Uuid,
    number: &'a str,
    version: u16,
    chosen_lines: &'a BTreeSet<LineId>,
    signature: &'a Signature,
    /// Of the paper with the evidence, under the seal.
    signed_document_sha256: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<&'a SealTimestamp>,
    journal: JournalEntry,
}

/// Where the signature stands in the journal: a receipt proves that it does.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JournalEntry {
    stream: String,
    position: u64,
    event_id: Uuid,
    version: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    leaf_sha256: Option<String>,
}
