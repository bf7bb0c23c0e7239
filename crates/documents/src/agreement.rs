//! A contract, or an amendment to it, as a paper that both sign.

use chrono::NaiveDate;
use domain::{
    Currency, Language,
    billing::{Percentage, Quantity},
    contract::{
        Amendment, BillingInterval, BillingTiming, ContractKind, ContractLine, ContractTerms, LineChange, LinePrice,
        NoticePeriod, RenewalPolicy,
    },
    document::{Buyer, DocumentNumber, Layout, LineId, Seller},
};
use serde::Serialize;

use crate::{
    Look,
    format::{self, Format, percent_text},
    look::Colors,
    sale::{Date, LOGO, Party, buyer_block, footer, lang, seller_block},
    wording::choose,
};

/// A contract or an amendment, with who signed it.
#[derive(Debug, Clone)]
pub struct Agreement {
    pub seller: Seller,
    pub buyer: Buyer,
    /// The contract's.
    pub number: DocumentNumber,
    /// The contract's, as they were agreed first.
    pub terms: ContractTerms,
    /// What an amendment changes; `None` for the contract itself.
    pub amendment: Option<Amendment>,
    pub language: Language,
    pub signed_on: NaiveDate,
    /// Who signed for the seller and for the buyer; nobody yet where it is empty.
    pub signers: [String; 2],
}

/// Ready to be set.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AgreementPaper {
    kind: &'static str,
    lang: &'static str,
    colors: Colors,
    date: Date,
    title: String,
    author: String,
    heading: String,
    number: String,
    logo: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    watermark: Option<&'static str>,
    seller: Party,
    buyer: Party,
    articles: Vec<Article>,
    /// `Fait à Metz, le 26 novembre 2026`.
    placed: String,
    signatures: [Signature; 2],
    footer: String,
    page: &'static str,
}

#[derive(Debug, Serialize)]
struct Article {
    title: String,
    paragraphs: Vec<String>,
    heads: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

#[derive(Debug, Serialize)]
struct Signature {
    title: String,
    name: String,
    signed: String,
}

impl AgreementPaper {
    pub(crate) fn of(agreement: &Agreement, look: Look<'_>) -> Self {
        let language = agreement.language;
        let seller = Party {
            label: choose(language, "Between", "Entre"),
            ..seller_block(language, &agreement.seller)
        };
        let buyer = Party {
            label: choose(language, "and", "et"),
            ..buyer_block(language, &agreement.buyer)
        };
        let heading = agreement.heading();
        let number = agreement.named();
        let day = format::long_date(language, agreement.signed_on);
        let city = &agreement.seller.identity.address.city;
        let signed = language.choose(format!("Signed on {day}"), format!("Signé le {day}"));
        let signature = |party: &Party, name: &String| Signature {
            title: language.choose(format!("For {}", party.name), format!("Pour {}", party.name)),
            name: name.clone(),
            signed: signed.clone(),
        };
        let [for_seller, for_buyer] = &agreement.signers;
        Self {
            kind: "agreement",
            lang: lang(language),
            colors: Colors::of(&agreement.seller, Layout::Classic),
            date: agreement.signed_on.into(),
            title: format!("{heading} {number}"),
            author: seller.name.clone(),
            heading,
            number,
            logo: look.logo.map(|_| LOGO),
            watermark: look.draft.then(|| choose(language, "DRAFT", "PROJET")),
            articles: agreement.articles(),
            placed: language.choose(format!("Done at {city}, {day}"), format!("Fait à {city}, le {day}")),
            signatures: [signature(&seller, for_seller), signature(&buyer, for_buyer)],
            footer: footer(language, &agreement.seller),
            page: "Page",
            seller,
            buyer,
        }
    }
}

impl Agreement {
    /// What tells it from every other document.
    pub(crate) fn name(&self) -> String {
        match &self.amendment {
            Some(amendment) => format!("agreement {} {}", self.number, amendment.number),
            None => format!("agreement {}", self.number),
        }
    }

    fn heading(&self) -> String {
        let language = self.language;
        match (&self.amendment, self.terms.kind) {
            (Some(amendment), _) => {
                let number = amendment.number;
                language.choose(format!("Amendment no. {number}"), format!("Avenant n° {number}"))
            }
            (None, ContractKind::Service) => language.choose("Service contract", "Contrat de prestation"),
            (None, ContractKind::Subscription) => language.choose("Subscription contract", "Contrat d'abonnement"),
            (None, ContractKind::Maintenance) => language.choose("Maintenance contract", "Contrat de maintenance"),
        }
    }

    fn named(&self) -> String {
        let number = &self.number;
        match &self.amendment {
            Some(_) => self
                .language
                .choose(format!("to contract no. {number}"), format!("au contrat n° {number}")),
            None => self.language.choose(format!("No. {number}"), format!("N° {number}")),
        }
    }

    const fn format(&self) -> Format {
        Format {
            language: self.language,
            currency: self.terms.currency,
        }
    }

    fn day(&self, day: NaiveDate) -> String {
        format::long_date(self.language, day)
    }

    fn articles(&self) -> Vec<Article> {
        match &self.amendment {
            Some(amendment) => self.amended(amendment),
            None => vec![self.services(), self.term(), self.prices()],
        }
    }

    fn services(&self) -> Article {
        let language = self.language;
        Article {
            title: language.choose("1. Services", "1. Prestations"),
            paragraphs: Vec::new(),
            heads: vec![
                choose(language, "Description", "Désignation"),
                choose(language, "Quantity", "Quantité"),
                choose(language, "Price excl. VAT", "Prix HT"),
                choose(language, "Discount", "Remise"),
            ],
            rows: self.terms.lines.iter().map(|line| self.row(line)).collect(),
        }
    }

    fn row(&self, line: &ContractLine) -> Vec<String> {
        let name = match &line.details {
            Some(details) => format!("{}\n{details}", line.name),
            None => line.name.clone(),
        };
        let [price, discount] = self.price(line.price, line.interval);
        vec![name, self.quantity(line.quantity, &line.unit), price, discount]
    }

    fn quantity(&self, quantity: Quantity, unit: &str) -> String {
        format!("{} {unit}", self.format().quantity(quantity))
    }

    fn price(&self, price: LinePrice, interval: BillingInterval) -> [String; 2] {
        let amount = self.format().price(price.unit_price);
        let currency = match self.terms.currency {
            Currency::EUR => "€",
            other => other.code(),
        };
        let discount = price.discount.filter(|discount| *discount > Percentage::ZERO);
        [
            format!("{amount}\u{a0}{currency} {}", self.period(interval)),
            discount.map_or_else(|| "–".to_owned(), |discount| percent_text(self.language, discount)),
        ]
    }

    fn period(&self, interval: BillingInterval) -> String {
        let say = |english, french| choose(self.language, english, french).to_owned();
        match interval {
            BillingInterval::Once => say("once", "une fois"),
            BillingInterval::Month => say("a month", "par mois"),
            BillingInterval::Quarter => say("a quarter", "par trimestre"),
            BillingInterval::HalfYear => say("for six months", "par semestre"),
            BillingInterval::Year => say("a year", "par an"),
            BillingInterval::Years(years) => self
                .language
                .choose(format!("for {years} years"), format!("pour {years} ans")),
        }
    }

    fn term(&self) -> Article {
        let language = self.language;
        let start = self.day(self.terms.starts_on);
        let term = match self.terms.ends_on.map(|end| self.day(end)) {
            Some(end) => language.choose(
                format!("The contract runs from {start} to {end}, both included."),
                format!("Le contrat court du {start} au {end} inclus."),
            ),
            None => language.choose(
                format!("The contract runs from {start} and has no end."),
                format!("Le contrat prend effet le {start} pour une durée indéterminée."),
            ),
        };
        Article {
            title: language.choose("2. Term and renewal", "2. Durée et renouvellement"),
            paragraphs: vec![term, self.renewal(self.terms.renewal, self.terms.notice)],
            heads: Vec::new(),
            rows: Vec::new(),
        }
    }

    fn renewal(&self, renewal: RenewalPolicy, notice: NoticePeriod) -> String {
        let language = self.language;
        let before = self.notice(notice);
        match renewal {
            RenewalPolicy::None if self.terms.ends_on.is_none() => language.choose(
                format!("Either party may end it with a notice of {before} (French Civil Code, art. 1211)."),
                format!("Chaque partie peut y mettre fin moyennant un préavis de {before} (art. 1211 du code civil)."),
            ),
            RenewalPolicy::None => language.choose("It ends with its term.", "Il prend fin à son échéance."),
            RenewalPolicy::Express => language.choose(
                "It ends with its term unless both parties sign its renewal.",
                "Il prend fin à son échéance, sauf renouvellement signé par les deux parties.",
            ),
            RenewalPolicy::Tacit { term_months, .. } => {
                let next = match term_months {
                    Some(months) => language.choose(format!("for {months} months"), format!("pour {months} mois")),
                    None => language.choose("without an end", "pour une durée indéterminée"),
                };
                language.choose(
                    format!(
                        "It is renewed tacitly {next}, unless one of the parties refuses at least {before} before its \
                         end (French Civil Code, art. 1214 and 1215)."
                    ),
                    format!(
                        "Il est renouvelé par tacite reconduction {next}, sauf dénonciation par l'une des parties au \
                         moins {before} avant l'échéance (art. 1214 et 1215 du code civil)."
                    ),
                )
            }
        }
    }

    fn notice(&self, NoticePeriod { months, days }: NoticePeriod) -> String {
        let parts = [(months, "months", "mois"), (days, "days", "jours")];
        let parts = parts.into_iter().filter(|(count, ..)| *count > 0);
        let said: Vec<String> = parts
            .map(|(count, english, french)| format!("{count} {}", choose(self.language, english, french)))
            .collect();
        if said.is_empty() {
            return choose(self.language, "one day", "un jour").to_owned();
        }
        said.join(choose(self.language, " and ", " et "))
    }

    fn prices(&self) -> Article {
        let language = self.language;
        let in_arrears = self
            .terms
            .lines
            .iter()
            .all(|line| line.timing == BillingTiming::InArrears);
        let mut paragraphs = vec![if in_arrears {
            language.choose(
                "Each period is invoiced after its last day. VAT is added at the rate in force.",
                "Chaque période est facturée à terme échu. La TVA s'y ajoute au taux en vigueur.",
            )
        } else {
            language.choose(
                "Each period is invoiced on its first day. VAT is added at the rate in force.",
                "Chaque période est facturée d'avance, à son premier jour. La TVA s'y ajoute au taux en vigueur.",
            )
        }];
        paragraphs.extend(self.terms.indexation.as_ref().map(|clause| {
            let index = &clause.index;
            language.choose(
                format!("Prices are revised by the index {index}: P1 = P0 × S1 / S0 on the share that follows it."),
                format!("Les prix sont révisés selon l'indice {index} : P1 = P0 × S1 / S0 sur la part indexée."),
            )
        }));
        Article {
            title: language.choose("3. Prices and invoices", "3. Prix et facturation"),
            paragraphs,
            heads: Vec::new(),
            rows: Vec::new(),
        }
    }

    fn amended(&self, amendment: &Amendment) -> Vec<Article> {
        let language = self.language;
        let day = self.day(amendment.effective_on);
        let mut paragraphs = vec![language.choose(
            format!("From {day} on, the contract is changed as follows; everything else stays as agreed."),
            format!("À compter du {day}, le contrat est modifié comme suit ; ses autres clauses demeurent inchangées."),
        )];
        paragraphs.extend(amendment.end.map(|end| match end.ends_on.map(|end| self.day(end)) {
            Some(end) => language.choose(format!("It ends on {end}."), format!("Il prend fin le {end}.")),
            None => language.choose("It has no end.", "Il n'a plus de terme."),
        }));
        if amendment.renewal.is_some() || amendment.notice.is_some() {
            paragraphs.push(self.renewal(
                amendment.renewal.unwrap_or(self.terms.renewal),
                amendment.notice.unwrap_or(self.terms.notice),
            ));
        }
        vec![Article {
            title: language.choose("Changes", "Modifications"),
            paragraphs,
            heads: if amendment.lines.is_empty() {
                Vec::new()
            } else {
                vec![
                    choose(language, "Description", "Désignation"),
                    choose(language, "Change", "Modification"),
                ]
            },
            rows: amendment.lines.iter().map(|change| self.change(change)).collect(),
        }]
    }

    fn change(&self, change: &LineChange) -> Vec<String> {
        let language = self.language;
        let line = |id: &LineId| self.terms.lines.iter().find(|line| line.id == *id);
        let name = |id: &LineId| {
            let known = line(id).map(|line| line.name.clone());
            known.unwrap_or_else(|| language.choose(format!("Line {}", id.0), format!("Ligne {}", id.0)))
        };
        match change {
            LineChange::Added(added) => {
                let [price, _] = self.price(added.price, added.interval);
                let quantity = self.quantity(added.quantity, &added.unit);
                vec![
                    added.name.clone(),
                    language.choose(
                        format!("added: {quantity}, {price}"),
                        format!("ajout : {quantity}, {price}"),
                    ),
                ]
            }
            LineChange::Quantity { line: id, quantity } => {
                let unit = line(id).map_or("", |line| line.unit.as_str());
                let quantity = self.quantity(*quantity, unit);
                vec![
                    name(id),
                    language.choose(format!("quantity: {quantity}"), format!("quantité portée à {quantity}")),
                ]
            }
            LineChange::Price { line: id, price } => {
                let interval = line(id).map_or(BillingInterval::Once, |line| line.interval);
                let [price, _] = self.price(*price, interval);
                vec![
                    name(id),
                    language.choose(format!("price: {price}"), format!("prix porté à {price}")),
                ]
            }
            LineChange::Ended { line } => {
                vec![name(line), language.choose("ends", "supprimée")]
            }
        }
    }
}
