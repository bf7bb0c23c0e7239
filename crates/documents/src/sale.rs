//! Quotes and invoices as the template takes them: every text ready to be printed, in the document's language.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate};
use domain::{
    Language,
    billing::{Discount, LineAmount, PriceBasis, Totals, VatBreakdown, totals},
    document::{
        Buyer, Content, DocumentLine, DocumentNumber, InvoiceKind, IssuedInvoice, LineId, Row, Seller, SentQuote,
    },
    product::BillingPeriod,
};
use serde::Serialize;

use crate::{
    DocumentError, Look,
    evidence::EvidencePage,
    format::{self, Format, percent_text},
    look::Colors,
    wording::{self, choose},
};

/// A quote or an invoice, ready to be set.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Sale {
    /// Which template it is for.
    kind: &'static str,
    layout: &'static str,
    lang: &'static str,
    colors: Colors,
    date: Date,
    /// Of the file, for whoever lists files.
    title: String,
    author: String,
    heading: String,
    /// What stands before the number.
    no: &'static str,
    number: String,
    /// "Copie", and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    copy: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    watermark: Option<&'static str>,
    logo: Option<&'static str>,
    facts: Vec<(String, String)>,
    seller: Party,
    buyer: Party,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery: Option<Party>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<(String, String)>,
    table: Table,
    vat: VatTable,
    totals: Vec<TotalRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    schedule: Option<Listed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment: Option<Listed>,
    mentions: Vec<String>,
    texts: Vec<(String, String)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<Signature>,
    footer: String,
    page: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    attachment: Option<Attachment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<EvidencePage>,
}

#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Date {
    year: i32,
    month: u32,
    day: u32,
}

impl From<NaiveDate> for Date {
    fn from(date: NaiveDate) -> Self {
        Self {
            year: date.year(),
            month: date.month(),
            day: date.day(),
        }
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct Party {
    pub(crate) label: &'static str,
    pub(crate) name: String,
    pub(crate) lines: Vec<String>,
}

/// The file that a document carries.
#[derive(Debug, Serialize)]
pub(crate) struct Attachment {
    pub(crate) name: &'static str,
    pub(crate) mime: &'static str,
    pub(crate) description: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Table {
    description: &'static str,
    quantity: &'static str,
    unit: &'static str,
    price: String,
    discount: Option<&'static str>,
    rate: &'static str,
    amount: String,
    carried: &'static str,
    brought: &'static str,
    rows: Vec<TableRow>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
enum TableRow {
    Section {
        title: String,
        running: String,
    },
    Comment {
        text: String,
        running: String,
    },
    Line {
        name: String,
        details: Option<String>,
        /// That it is optional, or for how long one unit is paid.
        tags: Vec<String>,
        quantity: String,
        unit: String,
        price: String,
        discount: String,
        rate: String,
        amount: String,
        counts: bool,
        /// What the lines come to up to here.
        running: String,
    },
}

#[derive(Debug, Serialize)]
struct VatTable {
    title: &'static str,
    rate: &'static str,
    base: &'static str,
    tax: &'static str,
    rows: Vec<[String; 3]>,
    notes: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
struct TotalRow {
    label: String,
    amount: String,
    strong: bool,
}

#[derive(Debug, Serialize)]
struct Listed {
    title: String,
    rows: Vec<(String, String)>,
}

#[derive(Debug, Serialize)]
struct Signature {
    title: &'static str,
    text: String,
}

/// Where the logo lies for the template; its format is known by its content.
pub(crate) const LOGO: &str = "logo";

/// What quotes and invoices are built from alike.
struct Base<'a> {
    seller: &'a Seller,
    buyer: &'a Buyer,
    content: &'a Content,
    format: Format,
    look: Look<'a>,
}

impl<'a> Base<'a> {
    fn new(seller: &'a Seller, buyer: &'a Buyer, content: &'a Content, look: Look<'a>) -> Self {
        Self {
            seller,
            buyer,
            content,
            look,
            format: Format {
                language: content.language,
                currency: content.currency,
            },
        }
    }

    fn sale(
        &self,
        (heading, number): (String, &DocumentNumber),
        date: NaiveDate,
        (counted, totals): (&BTreeSet<LineId>, &Totals),
        breakdown: &VatBreakdown,
    ) -> Sale {
        let language = self.language();
        Sale {
            kind: "sale",
            layout: self.content.layout.as_str(),
            lang: lang(language),
            colors: Colors::of(self.seller, self.content.layout),
            date: date.into(),
            title: format!("{heading} {number}"),
            author: wording::seller_name(&self.seller.identity),
            heading,
            no: choose(language, "No.", "N°"),
            number: number.to_string(),
            copy: None,
            watermark: self.look.draft.then(|| choose(language, "DRAFT", "BROUILLON")),
            logo: self.look.logo.map(|_| LOGO),
            facts: vec![(
                choose(language, "Date", "Date").to_owned(),
                format::date(language, date),
            )],
            seller: seller_block(language, self.seller),
            buyer: buyer_block(language, self.buyer),
            delivery: self.delivery(),
            subject: self
                .content
                .subject
                .as_ref()
                .map(|subject| (choose(language, "Subject", "Objet").to_owned(), subject.clone())),
            table: self.table(counted, totals),
            vat: self.vat(breakdown),
            totals: self.totals(totals, breakdown),
            schedule: None,
            payment: None,
            mentions: Vec::new(),
            texts: self.texts(),
            signature: None,
            footer: footer(language, self.seller),
            page: choose(language, "Page", "Page"),
            attachment: None,
            evidence: None,
        }
    }

    const fn language(&self) -> Language {
        self.content.language
    }

    fn gross(&self) -> bool {
        self.content.price_basis == PriceBasis::Gross
    }

    fn delivery(&self) -> Option<Party> {
        let language = self.language();
        let address = self
            .buyer
            .delivery_address
            .as_ref()
            .filter(|address| **address != self.buyer.address)?;
        Some(Party {
            label: choose(language, "Deliver to", "Livraison"),
            name: String::new(),
            lines: wording::address(language, address),
        })
    }

    /// "HT" or "TTC" behind a word, as the prices are.
    fn with_basis(&self, english: &str, french: &str) -> String {
        let (net, gross) = match self.language() {
            Language::English => ("excl. VAT", "incl. VAT"),
            Language::French => ("HT", "TTC"),
        };
        let word = self.language().choose(english, french);
        format!("{word} {}", if self.gross() { gross } else { net })
    }

    fn table(&self, counted: &BTreeSet<LineId>, totals: &Totals) -> Table {
        let language = self.language();
        let mut amounts = totals.lines.iter();
        let mut running = 0;
        let rows = self
            .content
            .rows
            .iter()
            .map(|row| match row {
                Row::Section { title } => TableRow::Section {
                    title: title.clone(),
                    running: self.format.number(running),
                },
                Row::Comment { text } => TableRow::Comment {
                    text: text.clone(),
                    running: self.format.number(running),
                },
                Row::Line(line) => {
                    let counts = counted.contains(&line.id);
                    let amount = if counts {
                        amounts.next().map_or(0, LineAmount::amount)
                    } else {
                        line.priced()
                            .amount(self.content.currency, "unitPrice", "discount")
                            .map_or(0, |amount| amount.amount())
                    };
                    if counts {
                        running += amount;
                    }
                    self.line(line, counts, amount, running)
                }
            })
            .collect();
        Table {
            description: choose(language, "Description", "Désignation"),
            quantity: choose(language, "Qty", "Qté"),
            unit: choose(language, "Unit", "Unité"),
            price: self.with_basis("Unit price", "P.U."),
            discount: self
                .content
                .lines()
                .any(|line| line.discount.is_some())
                .then(|| choose(language, "Disc.", "Remise")),
            rate: choose(language, "VAT", "TVA"),
            amount: self.with_basis("Amount", "Montant"),
            carried: choose(language, "Carried forward", "À reporter"),
            brought: choose(language, "Brought forward", "Report"),
            rows,
        }
    }

    fn line(&self, line: &DocumentLine, counts: bool, amount: i64, running: i64) -> TableRow {
        let language = self.language();
        let mut tags = Vec::new();
        if line.optional {
            tags.push(if counts {
                choose(language, "Option, taken", "Option retenue").to_owned()
            } else {
                choose(
                    language,
                    "Option, not included in the total",
                    "Option, non comprise dans le total",
                )
                .to_owned()
            });
        }
        if let Some(period) = line.period {
            tags.push(
                match period {
                    BillingPeriod::Month => choose(language, "Per month", "Par mois"),
                    BillingPeriod::Quarter => choose(language, "Per quarter", "Par trimestre"),
                    BillingPeriod::Year => choose(language, "Per year", "Par an"),
                }
                .to_owned(),
            );
        }
        TableRow::Line {
            name: line.name.clone(),
            details: line.details.clone(),
            tags,
            quantity: self.format.quantity(line.quantity),
            unit: line.unit.clone(),
            price: self.format.price(line.unit_price),
            discount: match line.discount {
                None => String::new(),
                Some(Discount::Percent(percent)) => percent_text(language, percent),
                Some(Discount::Amount(amount)) => self.format.number(amount),
            },
            rate: wording::rate(language, line.treatment),
            amount: self.format.number(amount),
            counts,
            running: self.format.number(running),
        }
    }

    fn vat(&self, breakdown: &VatBreakdown) -> VatTable {
        let language = self.language();
        VatTable {
            title: choose(language, "VAT", "Détail de la TVA"),
            rate: choose(language, "Rate", "Taux"),
            base: choose(language, "Taxable amount", "Base HT"),
            tax: choose(language, "VAT", "TVA"),
            rows: breakdown
                .shares()
                .iter()
                .map(|share| {
                    [
                        wording::rate(language, share.treatment),
                        self.format.number(share.base),
                        self.format.number(share.vat),
                    ]
                })
                .collect(),
            notes: wording::exemptions(language, breakdown),
        }
    }

    fn totals(&self, totals: &Totals, breakdown: &VatBreakdown) -> Vec<TotalRow> {
        let language = self.language();
        let mut rows = Vec::new();
        if totals.discount != 0 {
            rows.push(self.total(self.with_basis("Lines", "Total des lignes"), totals.sum_of_lines()));
            let discount = match self.content.discount {
                Some(Discount::Percent(percent)) => {
                    let percent = percent_text(language, percent);
                    language.choose(format!("Discount {percent}"), format!("Remise {percent}"))
                }
                Some(Discount::Amount(_)) | None => language.choose("Discount", "Remise"),
            };
            rows.push(self.total(discount, -totals.discount));
        }
        rows.push(self.total(language.choose("Total excl. VAT", "Total HT"), breakdown.net()));
        rows.push(self.total(language.choose("VAT", "Total TVA"), breakdown.vat()));
        rows.push(self.strong(language.choose("Total incl. VAT", "Total TTC"), breakdown.gross()));
        rows
    }

    fn total(&self, label: String, amount: i64) -> TotalRow {
        TotalRow {
            label,
            amount: self.format.money(amount),
            strong: false,
        }
    }

    fn strong(&self, label: String, amount: i64) -> TotalRow {
        TotalRow {
            strong: true,
            ..self.total(label, amount)
        }
    }

    fn texts(&self) -> Vec<(String, String)> {
        let language = self.language();
        let conditions = (
            choose(language, "Terms and conditions", "Conditions"),
            &self.content.conditions,
        );
        let notes = (choose(language, "Notes", "Notes"), &self.content.notes);
        [notes, conditions]
            .into_iter()
            .filter_map(|(title, text)| Some((title.to_owned(), text.clone()?)))
            .collect()
    }

    /// Where to pay to.
    fn payment(&self, reference: &DocumentNumber) -> Option<Listed> {
        let language = self.language();
        let account = self.seller.bank_account.as_ref()?;
        let mut rows = vec![("IBAN".to_owned(), account.iban.grouped())];
        if let Some(bic) = &account.bic {
            rows.push(("BIC".to_owned(), bic.to_string()));
        }
        rows.push((
            choose(language, "Reference", "Référence").to_owned(),
            reference.to_string(),
        ));
        Some(Listed {
            title: language.choose("Payment by bank transfer", "Règlement par virement"),
            rows,
        })
    }

    fn common_facts(&self) -> Vec<(String, String)> {
        let language = self.language();
        let mut facts = Vec::new();
        if let Some(order) = &self.content.purchase_order {
            facts.push((
                choose(language, "Your order", "Votre commande").to_owned(),
                order.clone(),
            ));
        }
        if let Some(period) = self.content.period {
            facts.push((
                choose(language, "Delivery or period", "Livraison ou période").to_owned(),
                wording::days(language, period.start, period.end),
            ));
        }
        facts
    }
}

impl Sale {
    /// A quote as it was sent, or as it was signed with these options. The options that were not taken stand in it and
    /// do not count.
    pub(crate) fn quote(quote: &SentQuote, chosen: &BTreeSet<LineId>, look: Look<'_>) -> Result<Self, DocumentError> {
        let buyer = quote
            .buyer
            .value()
            .ok_or_else(|| DocumentError::BuyerErased(quote.number.clone()))?;
        let base = Base::new(&quote.seller, buyer, &quote.content, look);
        let language = base.language();
        let counted: BTreeSet<LineId> = quote.content.taken(chosen).map(|line| line.id).collect();
        let totals = quote.content.totals(chosen).map_err(|_| inconsistent(&quote.number))?;
        let number = &quote.number;
        let mut sale = base.sale(
            (language.choose("Quote", "Devis"), number),
            quote.sent_on,
            (&counted, &totals),
            &totals.breakdown,
        );
        if quote.version > 1 {
            sale.facts.push(("Version".to_owned(), quote.version.to_string()));
        }
        sale.facts.push((
            choose(language, "Valid until", "Valable jusqu'au").to_owned(),
            format::date(language, quote.valid_until),
        ));
        sale.facts.extend(base.common_facts());
        sale.mentions = vec![format!("{}.", wording::terms(language, &quote.content.payment_terms))];
        sale.mentions.extend(base.payment_mentions(None));
        sale.signature = Some(Signature {
            title: choose(language, "Agreed and accepted", "Bon pour accord"),
            text: language.choose(
                "Date, name, signature and stamp of the customer, with the words “Agreed and accepted”",
                "Date, nom, signature et cachet du client, précédés de la mention « Bon pour accord »",
            ),
        });
        Ok(sale)
    }

    /// An invoice or credit note. Its tax is the one that it was issued with.
    pub(crate) fn invoice(invoice: &IssuedInvoice, look: Look<'_>) -> Result<Self, DocumentError> {
        let buyer = invoice
            .buyer
            .value()
            .ok_or_else(|| DocumentError::BuyerErased(invoice.number.clone()))?;
        let content = &invoice.content;
        let base = Base::new(&invoice.seller, buyer, content, look);
        let language = base.language();
        let lines: Vec<_> = content.lines().map(DocumentLine::priced).collect();
        let counted: BTreeSet<LineId> = content.lines().map(|line| line.id).collect();
        let mut totals = totals(&lines, content.price_basis, content.discount, content.currency)
            .map_err(|_| inconsistent(&invoice.number))?;
        if !invoice.discount_shares.is_empty() {
            totals.discount = invoice.discount_shares.iter().sum();
        }
        let heading = wording::heading(language, invoice.kind).to_owned();
        let mut sale = base.sale(
            (heading, &invoice.number),
            invoice.issued_on,
            (&counted, &totals),
            &invoice.breakdown,
        );
        sale.facts.extend(base.invoice_facts(invoice));
        sale.copy = invoice.through_platform.then(|| {
            language.choose(
                "Copy — the original goes through the approved platform.",
                "Copie — l'original passe par la plateforme agréée.",
            )
        });
        sale.totals.extend(base.what_is_left(invoice));
        if !invoice.kind.is_credit() {
            sale.schedule = base.schedule(invoice);
            sale.payment = base.payment(&invoice.number).filter(|_| invoice.due() > 0);
        }
        sale.mentions = base.invoice_mentions(invoice);
        Ok(sale)
    }

    pub(crate) fn with_attachment(mut self, attachment: Attachment) -> Self {
        self.attachment = Some(attachment);
        self
    }

    pub(crate) fn with_evidence(mut self, evidence: EvidencePage) -> Self {
        self.signature = self.signature.map(|agreed| Signature {
            text: evidence.summary(),
            ..agreed
        });
        self.evidence = Some(evidence);
        self
    }
}

impl Base<'_> {
    fn invoice_facts(&self, invoice: &IssuedInvoice) -> Vec<(String, String)> {
        let language = self.language();
        let mut facts = Vec::new();
        if let (false, Some(due)) = (invoice.kind.is_credit(), invoice.due_on()) {
            facts.push((
                choose(language, "Due", "Échéance").to_owned(),
                format::date(language, due),
            ));
        }
        if let Some(corrected) = &invoice.corrects {
            facts.push((
                choose(language, "Corrects", "Annule ou rectifie").to_owned(),
                wording::reference(language, corrected),
            ));
        }
        if let (None, Some(quote)) = (wording::deposit_on(invoice), &invoice.quote_number) {
            facts.push((choose(language, "Quote", "Devis").to_owned(), quote.to_string()));
        }
        facts.extend(self.common_facts());
        facts.push((
            choose(language, "Operations", "Opérations").to_owned(),
            wording::nature(language, invoice.nature()).to_owned(),
        ));
        facts
    }

    /// The deposits that were invoiced before, each with its tax, and what remains.
    fn what_is_left(&self, invoice: &IssuedInvoice) -> Vec<TotalRow> {
        let language = self.language();
        let mut rows: Vec<TotalRow> = invoice
            .deductions
            .iter()
            .map(|deduction| {
                let reference = wording::reference(language, &deduction.of);
                let (net, vat) = (deduction.breakdown.net(), deduction.breakdown.vat());
                let (net, vat) = (self.format.number(net), self.format.number(vat));
                let label = language.choose(
                    format!("{reference} (excl. VAT {net}, VAT {vat})"),
                    format!("{reference} (HT {net}, TVA {vat})"),
                );
                self.total(label, -deduction.breakdown.gross())
            })
            .collect();
        rows.push(match invoice.kind {
            InvoiceKind::CreditNote | InvoiceKind::DepositCreditNote => {
                self.strong(language.choose("In your favour", "Net en votre faveur"), invoice.due())
            }
            InvoiceKind::Standard | InvoiceKind::Deposit | InvoiceKind::Progress | InvoiceKind::Final => {
                self.strong(language.choose("To pay", "Net à payer"), invoice.due())
            }
        });
        rows
    }

    /// Worth a table where there are several.
    fn schedule(&self, invoice: &IssuedInvoice) -> Option<Listed> {
        let language = self.language();
        (invoice.schedule.len() > 1).then(|| Listed {
            title: language.choose("Instalments", "Échéancier"),
            rows: invoice
                .schedule
                .iter()
                .map(|part| (format::date(language, part.due), self.format.money(part.amount)))
                .collect(),
        })
    }

    fn invoice_mentions(&self, invoice: &IssuedInvoice) -> Vec<String> {
        let language = self.language();
        let mut mentions: Vec<String> = wording::deposit_on(invoice)
            .map(|text| format!("{text}."))
            .into_iter()
            .collect();
        if wording::is_on_debits(invoice) {
            mentions.push(format!("{}.", wording::on_debits(language)));
        }
        if invoice.kind.is_credit() {
            return mentions;
        }
        mentions.push(format!("{}.", wording::terms(language, &invoice.content.payment_terms)));
        mentions.extend(self.payment_mentions(invoice.late_interest_rate));
        mentions
    }

    /// What the law wants said about payment (C. com. art. L441-9 and L441-10).
    fn payment_mentions(&self, rate: Option<domain::billing::Percentage>) -> Vec<String> {
        let (language, kind) = (self.language(), self.buyer.kind);
        let mut mentions = vec![
            wording::early_payment(language, self.content.early_payment_discount),
            wording::late_interest(language, kind, rate),
        ];
        mentions.extend(wording::indemnity(language, kind));
        mentions
    }
}

fn inconsistent(number: &DocumentNumber) -> DocumentError {
    DocumentError::Inconsistent {
        number: number.clone(),
        what: "its lines cannot be added up",
    }
}

pub(crate) const fn lang(language: Language) -> &'static str {
    match language {
        Language::English => "en",
        Language::French => "fr",
    }
}

/// What stands at the foot of every page.
pub(crate) fn footer(language: Language, seller: &Seller) -> String {
    let mut parts = vec![wording::seller_name(&seller.identity)];
    parts.extend(wording::legal_identity(language, seller));
    parts.join(" — ")
}

pub(crate) fn seller_block(language: Language, seller: &Seller) -> Party {
    let identity = &seller.identity;
    let mut lines = wording::address(language, &identity.address);
    lines.extend(identity.email.clone());
    lines.extend(identity.phone.clone());
    lines.extend(
        identity
            .siret
            .as_ref()
            .map(|siret| format!("SIRET {}", format::siret(siret.as_str()))),
    );
    lines.extend(
        identity
            .vat_number
            .as_ref()
            .map(|number| language.choose(format!("VAT no. {number}"), format!("N° TVA {number}"))),
    );
    Party {
        label: choose(language, "Seller", "Vendeur"),
        name: wording::seller_name(identity),
        lines,
    }
}

pub(crate) fn buyer_block(language: Language, buyer: &Buyer) -> Party {
    let mut lines: Vec<String> = Vec::new();
    lines.extend(
        buyer
            .contact
            .as_ref()
            .map(|contact| language.choose(format!("Attn. {contact}"), format!("À l'attention de {contact}"))),
    );
    lines.extend(wording::address(language, &buyer.address));
    match (&buyer.siret, &buyer.siren) {
        (Some(siret), _) => lines.push(format!("SIRET {}", format::siret(siret.as_str()))),
        (None, Some(siren)) => lines.push(format!("SIREN {}", format::siren(siren.as_str()))),
        (None, None) => {}
    }
    lines.extend(
        buyer
            .vat_number
            .as_ref()
            .map(|number| language.choose(format!("VAT no. {number}"), format!("N° TVA {number}"))),
    );
    Party {
        label: choose(language, "Customer", "Client"),
        name: buyer.name.clone(),
        lines,
    }
}
