//! The words of the pages, in both languages.

use domain::{Language, quote::QuoteStatus};
use serde_json::{Value, json};

/// The fixed words of a quote's page.
pub(super) fn of_quote(language: Language) -> Value {
    let say = |english: &'static str, french: &'static str| match language {
        Language::English => english,
        Language::French => french,
    };
    json!({
        "download": say("Download the quote (PDF)", "Télécharger le devis (PDF)"),
        "downloadSigned": say("Download the signed quote (PDF)", "Télécharger le devis signé (PDF)"),
        "lines": say("Lines", "Lignes"),
        "option": say("option", "option"),
        "totals": say("Totals", "Totaux"),
        "net": say("Total excluding VAT", "Total HT"),
        "gross": say("Total including VAT", "Total TTC"),
        "optionsNote": say(
            "Options are not counted until you choose them: the total of what you choose is on the signed quote.",
            "Les options ne sont pas comptées tant que vous ne les choisissez pas : le total de votre choix figure sur le devis signé."
        ),
        "accept": say("Accept and sign", "Accepter et signer"),
        "how": say(
            "We send a code of six digits to the address at which you received this quote. Type it here to sign.",
            "Nous envoyons un code à six chiffres à l'adresse où vous avez reçu ce devis. Saisissez-le ici pour signer."
        ),
        "code": say("Code", "Code"),
        "name": say("Your name", "Votre nom"),
        "draw": say("Signature (draw it, or leave it empty)", "Signature (dessinez-la, ou laissez vide)"),
        "clear": say("Clear", "Effacer"),
        "hash": say("SHA-256 of the document that you sign:", "SHA-256 du document que vous signez :"),
        "simple": say(
            "This is a simple electronic signature (eIDAS regulation). The date, your address on the network and your browser are kept as evidence.",
            "Il s'agit d'une signature électronique simple (règlement eIDAS). La date, votre adresse réseau et votre navigateur sont conservés à titre de preuve."
        ),
        "sign": say("Sign the quote", "Signer le devis"),
        "sendCode": say("Send me a code", "Recevoir un code"),
        "anotherCode": say("Send another code", "Recevoir un autre code"),
        "decline": say("Decline", "Refuser"),
        "reason": say("Reason (optional)", "Motif (facultatif)"),
        "declineButton": say("Decline the quote", "Refuser le devis"),
    })
}

pub(super) fn status(status: QuoteStatus, language: Language) -> (&'static str, &'static str) {
    let (english, french, class) = match status {
        QuoteStatus::Sent | QuoteStatus::Viewed => ("Awaiting your answer", "En attente de votre réponse", ""),
        QuoteStatus::Accepted => ("Accepted", "Accepté", "good"),
        QuoteStatus::Refused => ("Declined", "Refusé", "bad"),
        QuoteStatus::Expired => ("Expired", "Expiré", "bad"),
        QuoteStatus::Superseded => ("Superseded", "Remplacé", "bad"),
        QuoteStatus::Cancelled => ("Cancelled", "Annulé", "bad"),
        QuoteStatus::Draft => ("Draft", "Brouillon", ""),
    };
    match language {
        Language::English => (english, class),
        Language::French => (french, class),
    }
}

/// The fixed words of the page that checks documents.
pub(super) fn of_verification(language: Language) -> Value {
    let say = |english: &'static str, french: &'static str| match language {
        Language::English => english,
        Language::French => french,
    };
    json!({
        "heading": say("Check a document", "Vérifier un document"),
        "intro": say(
            "Choose a quote or a signed quote in PDF. It stays on your device: only its digest (SHA-256) is compared with those that were recorded when the document was made.",
            "Choisissez un devis ou un devis signé au format PDF. Il reste sur votre appareil : seule son empreinte (SHA-256) est comparée à celles enregistrées lors de l'établissement du document."
        ),
        "choose": say("Document", "Document"),
        "orHash": say("or its digest (SHA-256)", "ou son empreinte (SHA-256)"),
        "check": say("Check", "Vérifier"),
        "known": say("Authentic", "Authentique"),
        "unknown": say("Unknown", "Inconnu"),
        "unknownText": say(
            "No document with this digest was issued here: it was changed, or comes from elsewhere.",
            "Aucun document portant cette empreinte n'a été établi ici : il a été modifié, ou vient d'ailleurs."
        ),
        "simple": say(
            "The signature is a simple electronic signature (eIDAS regulation).",
            "La signature est une signature électronique simple (règlement eIDAS)."
        ),
    })
}
