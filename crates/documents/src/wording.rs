//! The sentences that papers and files have in common. The French ones are the law's where it prescribes them; the
//! English ones say the same.

use chrono::NaiveDate;
use domain::{
    Language, PostalAddress,
    billing::{PaymentTerms, Percentage, VatBreakdown, VatCategory, VatTreatment, late_interest::FIXED_INDEMNITY},
    company::{LegalForm, LegalIdentity},
    document::{DocumentReference, InvoiceKind, IssuedInvoice, OperationNature, Seller},
    organization::OrganizationKind,
};

use crate::format::{self, Format, percent_text};

pub(crate) fn choose(language: Language, english: &'static str, french: &'static str) -> &'static str {
    match language {
        Language::English => english,
        Language::French => french,
    }
}

/// What late payment costs. Between professionals it needs no reminder (C. com. art. L441-10, II); others owe the legal
/// rate once they were given notice (C. civ. art. 1231-6).
pub(crate) fn late_interest(language: Language, kind: OrganizationKind, rate: Option<Percentage>) -> String {
    match (kind, rate) {
        (OrganizationKind::Professional, None) => language.choose(
            "Late payment interest: rate of the European Central Bank plus 10 points (French Commercial Code, art. L441-10), due without reminder from the day after the due date.",
            "Pénalités de retard : taux de la Banque centrale européenne majoré de 10 points (art. L441-10 du code de commerce), exigibles sans rappel dès le lendemain de l'échéance.",
        ),
        (OrganizationKind::Professional, Some(rate)) => {
            let rate = percent_text(language, rate);
            language.choose(
                format!(
                    "Late payment interest: {rate} a year (French Commercial Code, art. L441-10), due without reminder from the day after the due date."
                ),
                format!(
                    "Pénalités de retard : {rate} par an (art. L441-10 du code de commerce), exigibles sans rappel dès le lendemain de l'échéance."
                ),
            )
        }
        (OrganizationKind::NonProfessional | OrganizationKind::Consumer, _) => language.choose(
            "Late payment interest: at the legal rate, after formal notice (French Civil Code, art. 1231-6).",
            "Pénalités de retard : intérêts au taux légal après mise en demeure (art. 1231-6 du code civil).",
        ),
    }
}

/// The fixed indemnity, which only professionals owe (C. com. art. L441-10, II and D441-5).
pub(crate) fn indemnity(language: Language, kind: OrganizationKind) -> Option<String> {
    let euros = FIXED_INDEMNITY / 100;
    (kind == OrganizationKind::Professional).then(|| {
        language.choose(
            format!("Fixed indemnity for recovery costs in case of late payment: €{euros} (French Commercial Code, art. D441-5)."),
            format!("Indemnité forfaitaire pour frais de recouvrement en cas de retard : {euros}\u{A0}€ (art. D441-5 du code de commerce)."),
        )
    })
}

/// What is off for early payment, or that nothing is (C. com. art. L441-9).
pub(crate) fn early_payment(language: Language, discount: Option<Percentage>) -> String {
    match discount.filter(|discount| *discount > Percentage::ZERO) {
        None => language.choose(
            "No discount for early payment.",
            "Pas d'escompte pour paiement anticipé.",
        ),
        Some(discount) => {
            let discount = percent_text(language, discount);
            language.choose(
                format!("{discount} discount for payment before the due date; only the VAT on the price actually paid is deductible."),
                format!(
                    "Escompte de {discount} pour paiement anticipé ; seule la TVA correspondant au prix effectivement payé ouvre droit à déduction."
                ),
            )
        }
    }
}

/// CGI ann. II art. 242 nonies A, 11° bis, in its own words.
pub(crate) fn on_debits(language: Language) -> &'static str {
    choose(
        language,
        "VAT paid on the basis of debits (option pour le paiement de la taxe d'après les débits)",
        "Option pour le paiement de la taxe d'après les débits",
    )
}

/// Whether the invoice has to say that tax falls due with it: services of a seller who chose so (CGI art. 269, 2, c).
pub(crate) fn is_on_debits(invoice: &IssuedInvoice) -> bool {
    let taxed = |treatment: &VatTreatment| treatment.category == VatCategory::Standard;
    invoice.seller.vat_scheme.on_debits
        && invoice.nature() != OperationNature::Goods
        && invoice.breakdown.shares().iter().any(|share| taxed(&share.treatment))
}

/// CGI ann. II art. 242 nonies A, 8° bis.
pub(crate) fn nature(language: Language, nature: OperationNature) -> &'static str {
    match nature {
        OperationNature::Goods => choose(language, "Supply of goods", "Livraison de biens"),
        OperationNature::Services => choose(language, "Supply of services", "Prestation de services"),
        OperationNature::Both => choose(
            language,
            "Supply of goods and services",
            "Livraison de biens et prestation de services",
        ),
    }
}

pub(crate) fn heading(language: Language, kind: InvoiceKind) -> &'static str {
    match kind {
        InvoiceKind::Standard => choose(language, "Invoice", "Facture"),
        InvoiceKind::Deposit => choose(language, "Deposit invoice", "Facture d'acompte"),
        InvoiceKind::Progress => choose(language, "Progress invoice", "Facture de situation"),
        InvoiceKind::Final => choose(language, "Final invoice", "Facture de solde"),
        InvoiceKind::CreditNote => choose(language, "Credit note", "Avoir"),
        InvoiceKind::DepositCreditNote => choose(language, "Credit note on deposit", "Avoir sur acompte"),
    }
}

/// `Facture 2026-F-001 du 26/11/2026`.
pub(crate) fn reference(language: Language, to: &DocumentReference) -> String {
    let (heading, number) = (heading(language, to.kind), &to.number);
    let day = format::date(language, to.issued_on);
    language.choose(
        format!("{heading} {number} of {day}"),
        format!("{heading} {number} du {day}"),
    )
}

/// `Acompte sur devis n° 2026-D-004` (BOI-TVA-DECLA-30-20-20-20): the order that a deposit is on, by its number.
pub(crate) fn deposit_on(invoice: &IssuedInvoice) -> Option<String> {
    if invoice.kind != InvoiceKind::Deposit {
        return None;
    }
    let language = invoice.content.language;
    match (&invoice.quote_number, &invoice.content.purchase_order) {
        (Some(quote), _) => Some(language.choose(
            format!("Deposit on quote no. {quote}"),
            format!("Acompte sur devis n° {quote}"),
        )),
        (None, Some(order)) => Some(language.choose(
            format!("Deposit on order no. {order}"),
            format!("Acompte sur commande n° {order}"),
        )),
        (None, None) => None,
    }
}

/// When a document is to be paid, in words.
pub(crate) fn terms(language: Language, terms: &PaymentTerms) -> String {
    match terms {
        PaymentTerms::Net { days: 0 } => language.choose("Payment on receipt", "Paiement à réception"),
        PaymentTerms::Net { days } => language.choose(
            format!("Payment {days} days from the date of the invoice"),
            format!("Paiement à {days} jours date de facture"),
        ),
        PaymentTerms::EndOfMonthThen { days: 0 } | PaymentTerms::ThenEndOfMonth { days: 0 } => {
            language.choose("Payment at the end of the invoice's month", "Paiement en fin de mois")
        }
        PaymentTerms::EndOfMonthThen { days } => language.choose(
            format!("Payment {days} days from the end of the invoice's month"),
            format!("Paiement fin de mois + {days} jours"),
        ),
        PaymentTerms::ThenEndOfMonth { days } => language.choose(
            format!("Payment {days} days from the date of the invoice, then at the end of the month"),
            format!("Paiement à {days} jours fin de mois"),
        ),
        PaymentTerms::FixedDay { days, day } => language.choose(
            format!("Payment {days} days from the date of the invoice, then on day {day} of a month"),
            format!("Paiement à {days} jours, le {day} du mois"),
        ),
        PaymentTerms::Instalments(parts) => {
            let parts: Vec<String> = parts
                .iter()
                .map(|part| {
                    let percent = percent_text(language, part.percent);
                    match part.days {
                        0 => language.choose(format!("{percent} on receipt"), format!("{percent} à réception")),
                        days => language.choose(
                            format!("{percent} after {days} days"),
                            format!("{percent} à {days} jours"),
                        ),
                    }
                })
                .collect();
            let parts = parts.join(", ");
            language.choose(
                format!("Payment in instalments: {parts}"),
                format!("Paiement en plusieurs échéances : {parts}"),
            )
        }
    }
}

/// The tax of a line or a group in two words.
pub(crate) fn rate(language: Language, treatment: VatTreatment) -> String {
    match treatment.category {
        VatCategory::Standard | VatCategory::ZeroRated => percent_text(language, treatment.rate),
        VatCategory::Exempt => language.choose("exempt", "exonéré"),
        VatCategory::ReverseCharge => language.choose("reverse ch.", "autoliq."),
        VatCategory::IntraCommunity => language.choose("intra-EU", "intracom."),
        VatCategory::Export => "export".to_owned(),
        VatCategory::OutOfScope => language.choose("out of scope", "hors champ"),
    }
}

/// Why no tax is charged, each reason once (CGI ann. II art. 242 nonies A, 12° and 13°).
pub(crate) fn exemptions(language: Language, breakdown: &VatBreakdown) -> Vec<&'static str> {
    let mut wordings: Vec<&'static str> = Vec::new();
    for reason in breakdown.shares().iter().filter_map(|share| share.treatment.reason) {
        let wording = reason.wording(language);
        if !wordings.contains(&wording) {
            wordings.push(wording);
        }
    }
    wordings
}

/// The name, and "EI" beside a sole trader's (C. com. art. R526-27).
pub(crate) fn seller_name(identity: &LegalIdentity) -> String {
    let name = &identity.name;
    let says_so =
        name.split_whitespace().any(|word| word == "EI") || name.to_lowercase().contains("entrepreneur individuel");
    if identity.form == LegalForm::Ei && !says_so {
        format!("{name} EI")
    } else {
        name.clone()
    }
}

/// What the trade register asks for on every paper (C. com. art. R123-237 and R123-238): form and capital, registry, and
/// the numbers of the company.
pub(crate) fn legal_identity(language: Language, seller: &Seller) -> Vec<String> {
    let identity = &seller.identity;
    let mut parts = Vec::new();
    let form = form(language, identity.form);
    parts.push(match identity.share_capital.filter(|_| identity.form.has_capital()) {
        Some(capital) => {
            let format = Format {
                language,
                currency: capital.currency,
            };
            let amount = format.round_money(capital.minor_units);
            language.choose(
                format!("{form} with a share capital of {amount}"),
                format!("{form} au capital de {amount}"),
            )
        }
        None => form.to_owned(),
    });
    let siren = format::siren(identity.siren.as_str());
    match &identity.registration {
        Some(registration) => parts.push(format!("RCS {} {siren}", registration.city)),
        None => parts.push(format!("SIREN {siren}")),
    }
    if let Some(siret) = &identity.siret {
        parts.push(format!("SIRET {}", format::siret(siret.as_str())));
    }
    if let Some(number) = &identity.vat_number {
        parts.push(language.choose(format!("VAT no.\u{A0}{number}"), format!("N°\u{A0}TVA\u{A0}{number}")));
    }
    parts
}

fn form(language: Language, form: LegalForm) -> &'static str {
    match form {
        LegalForm::Ei => choose(language, "Sole trader (EI)", "Entrepreneur individuel (EI)"),
        LegalForm::Association => "Association",
        LegalForm::Scop => "SCOP",
        LegalForm::Sa
        | LegalForm::Sas
        | LegalForm::Sasu
        | LegalForm::Sarl
        | LegalForm::Eurl
        | LegalForm::Snc
        | LegalForm::Sci => form.as_str(),
    }
}

/// An address line by line; the country when it is not France.
pub(crate) fn address(language: Language, address: &PostalAddress) -> Vec<String> {
    let town = match &address.postcode {
        Some(postcode) => format!("{postcode} {}", address.city),
        None => address.city.clone(),
    };
    let mut lines = address.lines.clone();
    lines.push(town);
    if address.country != domain::Country::FRANCE {
        lines.push(address.country.name(language).to_owned());
    }
    lines
}

/// `26/11/2026`, or from one day to another.
pub(crate) fn days(language: Language, start: NaiveDate, end: NaiveDate) -> String {
    let (first, last) = (format::date(language, start), format::date(language, end));
    if start == end {
        first
    } else {
        language.choose(format!("{first} to {last}"), format!("du {first} au {last}"))
    }
}
