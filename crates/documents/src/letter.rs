//! Letters about what is owed: the formal notice, and the statement of what being late costs.

use chrono::NaiveDate;
use domain::{
    Currency, Language,
    billing::{
        Percentage,
        late_interest::{FIXED_INDEMNITY, InterestPart, rounded},
    },
    document::{Buyer, DocumentNumber, Layout, Seller},
    organization::OrganizationKind,
};
use serde::Serialize;

use crate::{
    Look,
    format::{self, Format, percent_text},
    look::Colors,
    sale::{Date, LOGO, Party, footer, lang, seller_block},
    wording::{self, choose},
};

/// Asks for payment for the last time before the courts: makes interest run where it does not by itself and counts as a
/// summons (C. civ. art. 1231-6 and 1344).
#[derive(Debug, Clone)]
pub struct FormalNotice {
    pub seller: Seller,
    pub buyer: Buyer,
    pub written_on: NaiveDate,
    /// How the letter is found again.
    pub reference: String,
    pub currency: Currency,
    pub language: Language,
    pub invoices: Vec<OverdueInvoice>,
    /// The last day for paying.
    pub pay_by: NaiveDate,
}

/// An invoice that was not paid in time. Amounts in minor units.
#[derive(Debug, Clone)]
pub struct OverdueInvoice {
    pub number: DocumentNumber,
    pub issued_on: NaiveDate,
    pub due_on: NaiveDate,
    /// What is still to be paid of it.
    pub left: i64,
    pub days_late: i64,
    pub interest: i64,
    /// By year, the rate that its interest was last computed with; `None`: none is asked for by this letter, because the
    /// customer owes none before it or nobody knows the rate.
    pub rate: Option<Percentage>,
    /// Whether the fixed indemnity is still owed for it: once, whatever the number of letters.
    pub indemnity: bool,
}

/// What being late costs: interest by invoice, half-year and payment, and the fixed indemnity. Not an invoice: no tax is
/// on it (CGI art. 256: it pays for nothing).
#[derive(Debug, Clone)]
pub struct LateInterestStatement {
    pub seller: Seller,
    pub buyer: Buyer,
    pub written_on: NaiveDate,
    pub reference: String,
    pub currency: Currency,
    pub language: Language,
    pub invoices: Vec<InterestOnInvoice>,
}

/// The interest on one invoice. Amounts in minor units.
#[derive(Debug, Clone)]
pub struct InterestOnInvoice {
    pub number: DocumentNumber,
    pub issued_on: NaiveDate,
    pub due_on: NaiveDate,
    /// What its interest is computed from ([`domain::billing::late_interest::interest_parts`]), rounded once for all of them.
    pub parts: Vec<InterestPart>,
    /// Whether the fixed indemnity is still owed for it: once, whatever the number of letters.
    pub indemnity: bool,
}

/// A letter, ready to be set.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Letter {
    kind: &'static str,
    lang: &'static str,
    colors: Colors,
    date: Date,
    title: String,
    author: String,
    heading: String,
    logo: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    watermark: Option<&'static str>,
    seller: Party,
    buyer: Party,
    /// `Metz, le 26 novembre 2026`.
    placed: String,
    facts: Vec<(&'static str, String)>,
    before: Vec<String>,
    tables: Vec<Sheet>,
    totals: Vec<Total>,
    after: Vec<String>,
    closing: &'static str,
    footer: String,
    page: &'static str,
}

#[derive(Debug, Serialize)]
struct Sheet {
    title: String,
    heads: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

#[derive(Debug, Serialize)]
struct Total {
    label: String,
    amount: String,
    strong: bool,
}

/// What all letters begin and end with.
struct Frame<'a> {
    seller: &'a Seller,
    buyer: &'a Buyer,
    written_on: NaiveDate,
    reference: &'a str,
    format: Format,
    look: Look<'a>,
}

impl Frame<'_> {
    fn letter(&self, heading: String) -> Letter {
        let language = self.format.language;
        let seller = seller_block(language, self.seller);
        let city = &self.seller.identity.address.city;
        let day = format::long_date(language, self.written_on);
        Letter {
            kind: "letter",
            lang: lang(language),
            colors: Colors::of(self.seller, Layout::Classic),
            date: self.written_on.into(),
            title: format!("{heading} {}", self.reference),
            author: seller.name.clone(),
            heading,
            logo: self.look.logo.map(|_| LOGO),
            watermark: self.look.draft.then(|| choose(language, "DRAFT", "BROUILLON")),
            seller,
            buyer: addressee(language, self.buyer),
            placed: language.choose(format!("{city}, {day}"), format!("{city}, le {day}")),
            facts: vec![(
                choose(language, "Our reference", "Nos références"),
                self.reference.to_owned(),
            )],
            before: Vec::new(),
            tables: Vec::new(),
            totals: Vec::new(),
            after: Vec::new(),
            closing: choose(
                language,
                "Yours faithfully,",
                "Veuillez agréer, Madame, Monsieur, nos salutations distinguées.",
            ),
            footer: footer(language, self.seller),
            page: "Page",
        }
    }

    fn total(&self, label: String, amount: i64, strong: bool) -> Total {
        Total {
            label,
            amount: self.format.money(amount),
            strong,
        }
    }

    /// Once for each invoice, and from professionals only (C. com. art. D441-5).
    fn indemnity(&self, invoices: usize) -> i64 {
        match self.buyer.kind {
            OrganizationKind::Professional => FIXED_INDEMNITY * invoices as i64,
            OrganizationKind::NonProfessional | OrganizationKind::Consumer => 0,
        }
    }

    fn indemnity_label(&self, invoices: usize) -> String {
        let each = self.format.money(FIXED_INDEMNITY);
        self.format.language.choose(
            format!("Fixed indemnity for recovery costs, {invoices} × {each}"),
            format!("Indemnité forfaitaire de recouvrement, {invoices} × {each}"),
        )
    }
}

/// What shows through the window of an envelope.
fn addressee(language: Language, buyer: &Buyer) -> Party {
    let mut lines: Vec<String> = buyer.contact.iter().cloned().collect();
    lines.extend(wording::address(language, &buyer.address));
    Party {
        label: "",
        name: buyer.name.clone(),
        lines,
    }
}

impl Letter {
    pub(crate) fn formal_notice(notice: &FormalNotice, look: Look<'_>) -> Self {
        let language = notice.language;
        let frame = Frame {
            seller: &notice.seller,
            buyer: &notice.buyer,
            written_on: notice.written_on,
            reference: &notice.reference,
            format: Format {
                language,
                currency: notice.currency,
            },
            look,
        };
        let say = |english, french| choose(language, english, french);
        let mut letter = frame.letter(language.choose("FORMAL NOTICE TO PAY", "MISE EN DEMEURE DE PAYER"));
        letter.facts.push((
            say("Sent", "Envoi"),
            language.choose(
                "by registered letter with acknowledgement of receipt",
                "en recommandé avec avis de réception",
            ),
        ));
        letter.before = vec![
            language.choose("Dear Sir or Madam,", "Madame, Monsieur,"),
            language.choose(
                "Unless we are mistaken, the invoices below are overdue and have not been paid in full.",
                "Sauf erreur ou omission de notre part, les factures ci-dessous sont échues et ne sont pas entièrement réglées.",
            ),
        ];
        let none = || "–".to_owned();
        letter.tables = vec![Sheet {
            title: language.choose("Overdue invoices", "Factures échues"),
            heads: vec![
                say("Invoice", "Facture"),
                say("Issued", "Date"),
                say("Due", "Échéance"),
                say("Days late", "Jours de retard"),
                say("Left to pay", "Reste dû"),
                say("Rate", "Taux"),
                say("Interest", "Intérêts"),
            ],
            rows: notice
                .invoices
                .iter()
                .map(|invoice| {
                    vec![
                        invoice.number.to_string(),
                        format::date(language, invoice.issued_on),
                        format::date(language, invoice.due_on),
                        invoice.days_late.to_string(),
                        frame.format.money(invoice.left),
                        invoice.rate.map_or_else(none, |rate| percent_text(language, rate)),
                        invoice.rate.map_or_else(none, |_| frame.format.money(invoice.interest)),
                    ]
                })
                .collect(),
        }];
        let left: i64 = notice.invoices.iter().map(|invoice| invoice.left).sum();
        let interest: i64 = notice.invoices.iter().map(|invoice| invoice.interest).sum();
        let owed = notice.invoices.iter().filter(|invoice| invoice.indemnity).count();
        let indemnity = frame.indemnity(owed);
        let day = format::date(language, notice.written_on);
        letter.totals = vec![frame.total(language.choose("Principal, VAT included", "Principal TTC"), left, false)];
        let bears_interest = notice.invoices.iter().any(|invoice| invoice.rate.is_some());
        if bears_interest {
            let label = language.choose(
                format!("Late payment interest to {day}"),
                format!("Intérêts de retard au {day}"),
            );
            letter.totals.push(frame.total(label, interest, false));
        }
        if indemnity > 0 {
            letter
                .totals
                .push(frame.total(frame.indemnity_label(owed), indemnity, false));
        }
        letter.totals.push(frame.total(
            language.choose("Total owed", "Total dû"),
            left + interest + indemnity,
            true,
        ));
        letter.after = frame.summons(notice.pay_by, bears_interest, indemnity > 0);
        letter
    }

    pub(crate) fn late_interest(statement: &LateInterestStatement, look: Look<'_>) -> Self {
        let language = statement.language;
        let frame = Frame {
            seller: &statement.seller,
            buyer: &statement.buyer,
            written_on: statement.written_on,
            reference: &statement.reference,
            format: Format {
                language,
                currency: statement.currency,
            },
            look,
        };
        let mut letter =
            frame.letter(language.choose("Statement of late payment interest", "Décompte de pénalités de retard"));
        letter.before = vec![language.choose(
            "Interest is owed on the invoices below because they were paid, or remain, after their due date.",
            "Des pénalités sont dues sur les factures ci-dessous, réglées ou restées impayées après leur échéance.",
        )];
        letter.tables = statement
            .invoices
            .iter()
            .map(|invoice| frame.interest(invoice))
            .collect();
        let interest: i64 = statement.invoices.iter().map(|invoice| rounded(&invoice.parts)).sum();
        let owed = statement.invoices.iter().filter(|invoice| invoice.indemnity).count();
        let indemnity = frame.indemnity(owed);
        letter.totals = vec![frame.total(language.choose("Interest", "Pénalités de retard"), interest, false)];
        if indemnity > 0 {
            letter
                .totals
                .push(frame.total(frame.indemnity_label(owed), indemnity, false));
        }
        letter
            .totals
            .push(frame.total(language.choose("Total owed", "Total dû"), interest + indemnity, true));
        letter.after = vec![
            frame.formula(),
            language.choose(
                "These amounts make good a delay and pay for nothing: no VAT is due on them.",
                "Ces sommes réparent un retard et ne rémunèrent aucune opération : elles ne sont pas soumises à la TVA.",
            ),
        ];
        letter.after.extend(frame.account());
        letter
    }
}

impl Frame<'_> {
    fn interest(&self, invoice: &InterestOnInvoice) -> Sheet {
        let language = self.format.language;
        let say = |english, french| choose(language, english, french);
        let day = |day| format::date(language, day);
        let (issued, due) = (day(invoice.issued_on), day(invoice.due_on));
        let mut rows: Vec<Vec<String>> = invoice
            .parts
            .iter()
            .map(|part| {
                vec![
                    language.choose(
                        format!("{} to {}", day(part.from), day(part.until)),
                        format!("du {} au {}", day(part.from), day(part.until)),
                    ),
                    part.days().to_string(),
                    self.format.money(part.principal),
                    percent_text(language, part.rate),
                    self.format.fine(part.interest()),
                ]
            })
            .collect();
        rows.push(vec![
            language.choose("Together, rounded", "Total arrondi"),
            invoice.parts.iter().map(InterestPart::days).sum::<i64>().to_string(),
            String::new(),
            String::new(),
            self.format.money(rounded(&invoice.parts)),
        ]);
        Sheet {
            title: language.choose(
                format!("Invoice {} of {issued}, due {due}", invoice.number),
                format!("Facture {} du {issued}, échue le {due}", invoice.number),
            ),
            heads: vec![
                say("Period", "Période"),
                say("Days", "Jours"),
                say("Principal, VAT included", "Principal TTC"),
                say("Rate a year", "Taux annuel"),
                say("Interest", "Pénalités"),
            ],
            rows,
        }
    }

    fn formula(&self) -> String {
        self.format.language.choose(
            "Interest: principal (VAT included) × yearly rate × days ÷ 365, from the day after the due date, rounded once for each invoice (French Commercial Code, art. L441-10, II).",
            "Calcul : principal TTC × taux annuel × jours ÷ 365, à compter du lendemain de l'échéance, arrondi une fois par facture (art. L441-10, II du code de commerce).",
        )
    }

    fn summons(&self, pay_by: NaiveDate, bears_interest: bool, indemnity: bool) -> Vec<String> {
        let language = self.format.language;
        let day = format::long_date(language, pay_by);
        let mut paragraphs: Vec<String> = bears_interest.then(|| self.formula()).into_iter().collect();
        if self.buyer.kind != OrganizationKind::Professional {
            paragraphs.push(language.choose(
                "From this letter on, interest at the legal rate runs on this sum (French Civil Code, art. 1231-6).",
                "À compter de la présente, cette somme porte intérêt au taux légal (art. 1231-6 du code civil).",
            ));
        }
        if indemnity {
            paragraphs.push(language.choose(
                "The fixed indemnity is owed by right for each invoice (French Commercial Code, art. D441-5).",
                "L'indemnité forfaitaire est due de plein droit pour chaque facture (art. D441-5 du code de commerce).",
            ));
        }
        paragraphs.push(language.choose(
            format!("By this letter we give you formal notice to pay this sum by {day}. Interest goes on running until it is paid."),
            format!("Par la présente, nous vous mettons en demeure de nous régler cette somme au plus tard le {day}. Les intérêts continuent de courir jusqu'au complet paiement."),
        ));
        paragraphs.extend(self.account());
        paragraphs.push(language.choose(
            "Failing payment by that day we shall take the matter to court, by an order for payment (injonction de payer) in particular, without further notice. If you have paid in the meantime, please disregard this letter.",
            "À défaut de règlement dans ce délai, nous saisirons la juridiction compétente, notamment par voie d'injonction de payer, sans autre avis. Si votre règlement nous est parvenu entre-temps, veuillez ne pas tenir compte de ce courrier.",
        ));
        paragraphs
    }

    fn account(&self) -> Option<String> {
        let language = self.format.language;
        let iban = self.seller.bank_account.as_ref()?.iban.grouped();
        Some(language.choose(
            format!("Payment to account {iban}, reference {}.", self.reference),
            format!("Règlement sur le compte {iban}, référence {}.", self.reference),
        ))
    }
}
