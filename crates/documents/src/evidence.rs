use chrono::{DateTime, Utc};
use domain::{Language, document::DocumentNumber};
use serde::Serialize;

use crate::{Logo, wording::choose};

/// How a quote was signed: a simple electronic signature (regulation (EU) 910/2014, art. 3, 10), and what there is to
/// prove it by. Nothing here promises more.
#[derive(Debug, Clone)]
pub struct Evidence {
    pub signer: String,
    pub email: String,
    /// What the signer was asked to agree to, word for word.
    pub consent: String,
    /// SHA-256 of the bytes that the signer was shown, in hexadecimal.
    pub document_sha256: String,
    pub opened_at: Option<DateTime<Utc>>,
    pub code_sent_at: DateTime<Utc>,
    pub code_verified_at: DateTime<Utc>,
    pub signed_at: DateTime<Utc>,
    pub ip: String,
    pub user_agent: String,
    /// The signature as it was drawn; the typed name where it was not.
    pub drawing: Option<Logo>,
}

/// Where the drawn signature lies for the template.
pub(crate) const SIGNATURE: &str = "signature";

#[derive(Debug, Serialize)]
pub(crate) struct EvidencePage {
    title: String,
    intro: String,
    /// That it was signed, for the place where a signature is looked for.
    #[serde(skip)]
    summary: String,
    sections: Vec<Section>,
    signature: Signature,
    limits: String,
}

#[derive(Debug, Serialize)]
struct Section {
    title: &'static str,
    rows: Vec<(&'static str, String)>,
}

#[derive(Debug, Serialize)]
struct Signature {
    title: &'static str,
    name: String,
    image: Option<&'static str>,
}

impl EvidencePage {
    pub(crate) fn of(language: Language, number: &DocumentNumber, evidence: &Evidence) -> Self {
        let say = |english, french| choose(language, english, french);
        let mut steps = Vec::new();
        if let Some(opened) = evidence.opened_at {
            steps.push((
                say("Document first opened", "Première ouverture du document"),
                moment(opened),
            ));
        }
        steps.extend([
            (
                say("One-time code sent", "Code à usage unique envoyé"),
                moment(evidence.code_sent_at),
            ),
            (
                say("One-time code entered", "Code à usage unique saisi"),
                moment(evidence.code_verified_at),
            ),
            (say("Signed", "Signature"), moment(evidence.signed_at)),
        ]);
        Self {
            title: language.choose("Evidence of signature", "Dossier de preuve de la signature"),
            intro: language.choose(
                format!("Quote {number} was signed electronically. This page records what was observed at that time."),
                format!("Le devis {number} a été signé par voie électronique. Cette page consigne ce qui a été constaté à cette occasion."),
            ),
            summary: {
                let (signer, at) = (&evidence.signer, moment(evidence.signed_at));
                language.choose(
                    format!("Signed electronically by {signer} on {at}. The evidence is on the last page."),
                    format!("Signé électroniquement par {signer} le {at}. Le dossier de preuve figure en dernière page."),
                )
            },
            sections: vec![
                Section {
                    title: say("Signer", "Signataire"),
                    rows: vec![
                        (say("Name", "Nom"), evidence.signer.clone()),
                        (say("E-mail", "Adresse électronique"), evidence.email.clone()),
                        (say("Consent", "Consentement"), evidence.consent.clone()),
                    ],
                },
                Section {
                    title: say("Document", "Document"),
                    rows: vec![
                        (say("Number", "Numéro"), number.to_string()),
                        (say("SHA-256 of the document shown", "SHA-256 du document présenté"), in_groups(&evidence.document_sha256)),
                    ],
                },
                Section {
                    title: say("Steps (times in UTC)", "Étapes (heures UTC)"),
                    rows: steps,
                },
                Section {
                    title: say("Connection", "Connexion"),
                    rows: vec![
                        (say("IP address", "Adresse IP"), evidence.ip.clone()),
                        (say("Program", "Logiciel"), evidence.user_agent.clone()),
                    ],
                },
            ],
            signature: Signature {
                title: match evidence.drawing {
                    Some(_) => say("Signature as drawn", "Signature manuscrite à l'écran"),
                    None => say("Signature as typed", "Signature saisie"),
                },
                name: evidence.signer.clone(),
                image: evidence.drawing.as_ref().map(|_| SIGNATURE),
            },
            limits: language.choose(
                "Simple electronic signature within the meaning of Regulation (EU) No 910/2014 (eIDAS). It is neither an advanced nor a qualified signature. The code was sent to the e-mail address above: it shows that whoever signed had access to that mailbox.",
                "Signature électronique simple au sens du règlement (UE) n° 910/2014 (eIDAS). Elle n'est ni avancée ni qualifiée. Le code a été envoyé à l'adresse électronique ci-dessus : il établit que le signataire avait accès à cette boîte de réception.",
            ),
        }
    }

    pub(crate) fn summary(&self) -> String {
        self.summary.clone()
    }
}

fn moment(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// In groups of eight, which can be read out and break at the end of a line.
fn in_groups(hexadecimal: &str) -> String {
    let letters: Vec<char> = hexadecimal.chars().collect();
    let groups: Vec<String> = letters.chunks(8).map(|group| group.iter().collect()).collect();
    groups.join(" ")
}
