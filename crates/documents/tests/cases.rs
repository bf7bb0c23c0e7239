//! Documents of every kind, with one way to build them.

use chrono::NaiveDate;
use domain::{
    Bic, Country, Currency, Iban, InvoiceId, Language, Money, OrganizationId, PersonId, Personal, PostalAddress, Siren,
    Siret, VatNumber,
    billing::{
        Balance, Discount, Nature, PaymentTerms, Percentage, PriceBasis, Quantity, RateClass, UnitPrice, VatReason,
        VatTreatment, balance, terms::InstalmentTerms, totals,
    },
    company::{Appearance, BankAccount, LegalForm, LegalIdentity, Registration, VatRegime, VatScheme},
    document::{
        Buyer, Content, Deduction, DocumentLine, DocumentNumber, DocumentReference, InvoiceKind, IssuedInvoice, Layout,
        LineId, Period, Row, Seller, SentQuote,
    },
    organization::OrganizationKind,
    product::Taxation,
};
use uuid::Uuid;

pub(crate) fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub(crate) fn percent(text: &str) -> Percentage {
    Percentage::new("percent", text.parse().unwrap()).unwrap()
}

pub(crate) fn number(text: &str) -> DocumentNumber {
    DocumentNumber {
        year: 2026,
        sequence: 1,
        text: text.to_owned(),
    }
}

pub(crate) fn taxed(rate: &str) -> VatTreatment {
    VatTreatment::taxed(percent(rate))
}

pub(crate) fn seller() -> Seller {
    Seller {
        identity: LegalIdentity {
            name: "Atelier Numérique de Lorraine".to_owned(),
            form: LegalForm::Sas,
            share_capital: Some(Money::new(1_000_000, Currency::EUR)),
            siren: "732829320".parse().unwrap(),
            siret: Some("73282932000074".parse().unwrap()),
            registration: Some(Registration {
                city: "Metz".to_owned(),
            }),
            vat_number: Some("FR44732829320".parse().unwrap()),
            address: address(&["12 rue des Clercs"], "57000", "Metz", "FR"),
            email: Some("facturation@atelier.example".to_owned()),
            phone: Some("+33 3 87 00 00 00".to_owned()),
        },
        vat_scheme: VatScheme {
            regime: VatRegime::Monthly,
            on_debits: false,
        },
        bank_account: Some(BankAccount {
            iban: "FR1420041010050500013M02606".parse::<Iban>().unwrap(),
            bic: Some("PSSTFRPPPAR".parse::<Bic>().unwrap()),
        }),
        appearance: Appearance {
            color: Some("#0F766E".to_owned()),
            logo: None,
        },
    }
}

pub(crate) fn address(lines: &[&str], postcode: &str, city: &str, country: &str) -> PostalAddress {
    PostalAddress {
        lines: lines.iter().map(|line| (*line).to_owned()).collect(),
        postcode: (!postcode.is_empty()).then(|| postcode.to_owned()),
        city: city.to_owned(),
        country: Country::parse("country", country).unwrap(),
    }
}

/// A professional in France.
pub(crate) fn buyer() -> Buyer {
    Buyer {
        organization: OrganizationId(Uuid::from_u128(7)),
        name: "Établissements Müller & Fils".to_owned(),
        kind: OrganizationKind::Professional,
        siren: Some("552100554".parse::<Siren>().unwrap()),
        siret: Some(
            "55210055400013"
                .parse::<Siret>()
                .unwrap_or_else(|_| "55210055400021".parse().unwrap()),
        ),
        vat_number: Some("FR96552100554".parse::<VatNumber>().unwrap()),
        address: address(&["Bâtiment C", "2 place Bellecour"], "69002", "Lyon", "FR"),
        delivery_address: None,
        contact: Some("Mme Renée Lefèvre".to_owned()),
        email: Some("compta@muller.example".to_owned()),
    }
}

pub(crate) fn consumer() -> Buyer {
    Buyer {
        name: "Élodie Faÿ".to_owned(),
        kind: OrganizationKind::Consumer,
        siren: None,
        siret: None,
        vat_number: None,
        contact: None,
        email: Some("elodie.fay@courriel.example".to_owned()),
        ..buyer()
    }
}

pub(crate) fn abroad(country: &str, vat: Option<&str>) -> Buyer {
    Buyer {
        name: "Werkzeug & Söhne".to_owned(),
        siren: None,
        siret: None,
        vat_number: vat.map(|vat| vat.parse().unwrap()),
        address: address(&["Kaiserstraße 5"], "66111", "Saarbrücken", country),
        contact: None,
        email: Some("einkauf@werkzeug.example".to_owned()),
        ..buyer()
    }
}

pub(crate) struct Line(DocumentLine);

pub(crate) fn line(name: &str, quantity: &str, unit: &str, price: &str, treatment: VatTreatment) -> Line {
    Line(DocumentLine {
        id: LineId(0),
        product: None,
        name: name.to_owned(),
        details: None,
        unit: unit.to_owned(),
        quantity: Quantity::new("quantity", quantity.parse().unwrap()).unwrap(),
        unit_price: UnitPrice::new("unitPrice", price.parse().unwrap()).unwrap(),
        discount: None,
        period: None,
        optional: false,
        taxation: Taxation {
            nature: Nature::Services,
            rate_class: RateClass::Normal,
            exemption: None,
        },
        treatment,
    })
}

impl Line {
    pub(crate) fn details(mut self, text: &str) -> Self {
        self.0.details = Some(text.to_owned());
        self
    }

    pub(crate) fn goods(mut self) -> Self {
        self.0.taxation.nature = Nature::Goods;
        self
    }

    pub(crate) fn less(mut self, discount: Discount) -> Self {
        self.0.discount = Some(discount);
        self
    }

    pub(crate) fn optional(mut self) -> Self {
        self.0.optional = true;
        self
    }
}

/// Rows in the making: lines are numbered as they come.
#[derive(Default)]
pub(crate) struct Rows(Vec<Row>);

impl Rows {
    pub(crate) fn section(mut self, title: &str) -> Self {
        self.0.push(Row::Section {
            title: title.to_owned(),
        });
        self
    }

    pub(crate) fn comment(mut self, text: &str) -> Self {
        self.0.push(Row::Comment { text: text.to_owned() });
        self
    }

    pub(crate) fn line(mut self, Line(mut line): Line) -> Self {
        line.id = LineId(u32::try_from(self.0.len()).unwrap() + 1);
        self.0.push(Row::Line(Box::new(line)));
        self
    }
}

pub(crate) fn rows() -> Rows {
    Rows::default()
}

pub(crate) fn content(Rows(rows): Rows) -> Content {
    Content {
        subject: Some("Refonte du site et maintenance".to_owned()),
        rows,
        price_basis: PriceBasis::Net,
        discount: None,
        currency: Currency::EUR,
        payment_terms: PaymentTerms::Net { days: 30 },
        early_payment_discount: None,
        notes: None,
        conditions: None,
        purchase_order: None,
        period: Some(Period {
            start: day("2026-11-02"),
            end: day("2026-11-20"),
        }),
        language: Language::French,
        layout: Layout::Classic,
    }
}

/// An invoice as the domain would issue it: its tax is what its lines come to.
pub(crate) fn invoice(kind: InvoiceKind, text: &str, content: Content) -> IssuedInvoice {
    let lines: Vec<_> = content.lines().map(DocumentLine::priced).collect();
    let totals = totals(&lines, content.price_basis, content.discount, content.currency).unwrap();
    let issued_on = day("2026-11-26");
    let mut invoice = IssuedInvoice {
        number: number(text),
        kind,
        issued_on,
        seller: Box::new(seller()),
        buyer: Personal::new(PersonId(Uuid::from_u128(9)), Box::new(buyer())),
        breakdown: totals.breakdown,
        discount_shares: if totals.discount == 0 {
            Vec::new()
        } else {
            totals.discount_shares.iter().map(|(_, share)| *share).collect()
        },
        content,
        deductions: Vec::new(),
        corrects: None,
        quote_number: None,
        schedule: Vec::new(),
        late_interest_rate: None,
        through_platform: false,
    };
    scheduled(&mut invoice);
    invoice
}

pub(crate) fn scheduled(invoice: &mut IssuedInvoice) {
    invoice.schedule = if invoice.kind.is_credit() {
        Vec::new()
    } else {
        invoice.content.payment_terms.schedule(invoice.issued_on, invoice.due())
    };
}

pub(crate) fn sold_to(mut invoice: IssuedInvoice, buyer: Buyer) -> IssuedInvoice {
    invoice.buyer = Personal::new(PersonId(Uuid::from_u128(9)), Box::new(buyer));
    invoice
}

pub(crate) fn reference(kind: InvoiceKind, text: &str, on: &str) -> DocumentReference {
    DocumentReference {
        invoice: InvoiceId(Uuid::from_u128(3)),
        kind,
        number: number(text),
        issued_on: day(on),
    }
}

pub(crate) fn standard() -> IssuedInvoice {
    invoice(
        InvoiceKind::Standard,
        "2026-F-001",
        content(
            rows()
                .line(
                    line("Conseil", "3", "jour", "333.333333", taxed("20"))
                        .details("Cadrage et ateliers.\nDeux personnes."),
                )
                .line(line("Pages imprimées", "1234.567", "page", "0.004125", taxed("20"))),
        ),
    )
}

pub(crate) fn several_rates() -> IssuedInvoice {
    let mut content = content(
        rows()
            .section("Fournitures")
            .line(line("Livre broché", "10", "pièce", "12.35", taxed("5.5")).goods())
            .line(line("Repas", "7", "unité", "18.90", taxed("10")))
            .comment("Livraison comprise.")
            .section("Services")
            .line(line("Installation", "4.5", "heure", "89.99", taxed("20")).less(Discount::Percent(percent("12.5"))))
            .line(
                line("Presse", "3", "unité", "4.10", taxed("2.1"))
                    .goods()
                    .less(Discount::Amount(105)),
            ),
    );
    content.discount = Some(Discount::Percent(percent("5")));
    content.purchase_order = Some("BC-2026-77".to_owned());
    content.early_payment_discount = Some(percent("1.5"));
    let mut invoice = invoice(InvoiceKind::Standard, "2026-F-002", content);
    invoice.seller.vat_scheme.on_debits = true;
    invoice.through_platform = true;
    invoice
}

pub(crate) fn franchise() -> IssuedInvoice {
    let untaxed = VatTreatment::untaxed(VatReason::Franchise);
    let mut invoice = invoice(
        InvoiceKind::Standard,
        "2026-F-003",
        content(rows().line(line("Cours de dessin", "6", "heure", "45", untaxed))),
    );
    invoice.seller.vat_scheme.regime = VatRegime::Franchise;
    invoice.seller.identity.form = LegalForm::Ei;
    "Zoé Martin".clone_into(&mut invoice.seller.identity.name);
    invoice.seller.identity.share_capital = None;
    invoice.seller.identity.registration = None;
    invoice.seller.identity.vat_number = None;
    invoice
}

pub(crate) fn reverse_charge() -> IssuedInvoice {
    let subcontract = VatTreatment::untaxed(VatReason::ConstructionSubcontract);
    invoice(
        InvoiceKind::Standard,
        "2026-F-004",
        content(rows().line(line("Pose de cloisons", "42.5", "m²", "38.20", subcontract))),
    )
}

pub(crate) fn intra_community() -> IssuedInvoice {
    let supply = VatTreatment::untaxed(VatReason::IntraCommunitySupply);
    let mut content = content(rows().line(line("Fraiseuse", "2", "pièce", "15400", supply).goods()));
    content.language = Language::English;
    let mut buyer = abroad("DE", Some("DE136695976"));
    buyer.delivery_address = Some(address(&["Hafenstraße 1"], "66115", "Saarbrücken", "DE"));
    sold_to(invoice(InvoiceKind::Standard, "2026-F-005", content), buyer)
}

pub(crate) fn deposit() -> IssuedInvoice {
    let whole = final_content();
    let breakdown = balance::deposit(
        &whole.totals(&std::collections::BTreeSet::new()).unwrap().breakdown,
        percent("30"),
    );
    let mut rows = rows();
    for share in breakdown.shares() {
        let base = rust_decimal::Decimal::new(share.base, 2).to_string();
        rows = rows.line(line("Acompte de 30 %", "1", "forfait", &base, share.treatment));
    }
    let mut content = content(rows);
    content.period = None;
    let mut invoice = invoice(InvoiceKind::Deposit, "2026-F-006", content);
    invoice.quote_number = Some(number("2026-D-004"));
    assert_eq!(invoice.breakdown, breakdown);
    invoice
}

fn final_content() -> Content {
    content(
        rows()
            .line(line("Cuisine équipée", "1", "forfait", "8333.33", taxed("20")).goods())
            .line(line("Pose", "17.25", "h", "58.40", taxed("10"))),
    )
}

pub(crate) fn final_after_deposit() -> IssuedInvoice {
    let deposit = deposit();
    let mut invoice = invoice(InvoiceKind::Final, "2026-F-007", final_content());
    invoice.issued_on = day("2026-12-15");
    invoice.quote_number = Some(number("2026-D-004"));
    invoice.deductions = vec![Deduction {
        of: reference(InvoiceKind::Deposit, "2026-F-006", "2026-11-26"),
        breakdown: deposit.breakdown,
    }];
    scheduled(&mut invoice);
    invoice
}

pub(crate) fn credit_note() -> IssuedInvoice {
    let mut content = content(rows().line(line("Conseil", "1", "jour", "333.333333", taxed("20"))));
    content.period = None;
    let mut invoice = invoice(InvoiceKind::CreditNote, "2026-A-001", content);
    invoice.corrects = Some(reference(InvoiceKind::Standard, "2026-F-001", "2026-11-26"));
    invoice
}

/// Takes what is left of a deposit after a part was taken back: its tax is the rest, a cent away from the rate's share.
pub(crate) fn deposit_credit_note() -> IssuedInvoice {
    let deposit = deposit();
    let mut rest = Balance::new(&deposit.breakdown, []);
    for share in deposit.breakdown.shares().to_vec() {
        for _ in 0..2 {
            rest.take(share.treatment, 33).unwrap();
        }
    }
    let breakdown = rest.take_rest();
    let mut rows = rows();
    for share in breakdown.shares() {
        let base = rust_decimal::Decimal::new(share.base, 2).to_string();
        rows = rows.line(line("Reprise de l'acompte", "1", "forfait", &base, share.treatment));
    }
    let mut invoice = invoice(InvoiceKind::DepositCreditNote, "2026-A-002", content(rows));
    invoice.breakdown = breakdown;
    invoice.corrects = Some(reference(InvoiceKind::Deposit, "2026-F-006", "2026-11-26"));
    invoice
}

pub(crate) fn gross_prices() -> IssuedInvoice {
    let mut content = content(
        rows()
            .line(line("Stage", "3", "personne", "119.99", taxed("20")).less(Discount::Amount(1_001)))
            .line(line("Goûter", "7", "unité", "3.33", taxed("10")))
            .line(line("Bonbon", "1", "unité", "0.03", taxed("20")).goods())
            .line(line("Manuel", "3", "pièce", "10.55", taxed("5.5")).goods()),
    );
    content.price_basis = PriceBasis::Gross;
    content.discount = Some(Discount::Amount(1_000));
    sold_to(invoice(InvoiceKind::Standard, "2026-F-008", content), consumer())
}

pub(crate) fn out_of_scope() -> IssuedInvoice {
    let outside = VatTreatment::untaxed(VatReason::ServicesOutsideUnion);
    let mut content = content(rows().line(line("Consulting", "5", "day", "1200", outside)));
    content.language = Language::English;
    let buyer = Buyer {
        address: address(&["1 Main Street"], "10001", "New York", "US"),
        name: "Acme Inc.".to_owned(),
        ..abroad("US", None)
    };
    sold_to(invoice(InvoiceKind::Standard, "2026-F-009", content), buyer)
}

pub(crate) fn export() -> IssuedInvoice {
    let export = VatTreatment::untaxed(VatReason::Export);
    let content = content(rows().line(line("Fromage", "120", "kg", "18.5", export).goods()));
    let mut buyer = abroad("CH", None);
    buyer.email = None;
    sold_to(invoice(InvoiceKind::Standard, "2026-F-010", content), buyer)
}

pub(crate) fn overseas() -> IssuedInvoice {
    let content = content(
        rows()
            .line(line("Dépannage", "2", "heure", "60", taxed("8.5")))
            .line(line("Livre", "1", "unité", "20", taxed("2.1")).goods()),
    );
    let mut buyer = buyer();
    buyer.address = address(&["4 rue Victor Schœlcher"], "97200", "Fort-de-France", "FR");
    sold_to(invoice(InvoiceKind::Standard, "2026-F-011", content), buyer)
}

/// A part of the work, to be paid in two parts, less a line that takes something back.
pub(crate) fn progress() -> IssuedInvoice {
    let mut content = content(
        rows()
            .line(line("Gros œuvre, 40 %", "0.4", "forfait", "25000", taxed("20")))
            .line(line("Reprise de matériel", "-2", "pièce", "150.5", taxed("20"))),
    );
    content.payment_terms = PaymentTerms::Instalments(vec![
        InstalmentTerms {
            percent: percent("40"),
            days: 0,
        },
        InstalmentTerms {
            percent: percent("60"),
            days: 45,
        },
    ]);
    let mut invoice = invoice(InvoiceKind::Progress, "2026-F-012", content);
    invoice.late_interest_rate = Some(percent("14.5"));
    invoice
}

/// Every case by its name, as the files of a check are called.
pub(crate) fn all() -> Vec<(&'static str, IssuedInvoice)> {
    vec![
        ("standard", standard()),
        ("several-rates", several_rates()),
        ("franchise", franchise()),
        ("reverse-charge", reverse_charge()),
        ("intra-community", intra_community()),
        ("deposit", deposit()),
        ("final", final_after_deposit()),
        ("credit-note", credit_note()),
        ("deposit-credit-note", deposit_credit_note()),
        ("gross-prices", gross_prices()),
        ("out-of-scope", out_of_scope()),
        ("export", export()),
        ("overseas", overseas()),
        ("progress", progress()),
    ]
}

pub(crate) fn quote() -> SentQuote {
    let mut content = content(
        rows()
            .section("Développement")
            .line(
                line("Conception graphique", "4", "jour", "650", taxed("20"))
                    .details("Maquettes, deux allers-retours."),
            )
            .line(line("Intégration", "12.5", "jour", "580", taxed("20")))
            .section("Exploitation")
            .line(line("Hébergement", "12", "mois", "39.90", taxed("20")))
            .line(line("Astreinte du week-end", "12", "mois", "120", taxed("20")).optional()),
    );
    content.conditions =
        Some("Acompte de 30 % à la commande.\nLe devis vaut pour l'ensemble des prestations décrites.".to_owned());
    content.notes = Some("Merci de votre confiance.".to_owned());
    let breakdown = content.totals(&std::collections::BTreeSet::new()).unwrap().breakdown;
    SentQuote {
        number: number("2026-D-004"),
        version: 1,
        sent_on: day("2026-11-20"),
        valid_until: day("2026-12-20"),
        seller: Box::new(seller()),
        buyer: Personal::new(PersonId(Uuid::from_u128(9)), Box::new(buyer())),
        content,
        breakdown,
    }
}

/// Many pages.
pub(crate) fn long(lines: usize) -> IssuedInvoice {
    let mut rows = rows();
    for index in 0..lines {
        if index % 12 == 0 {
            rows = rows.section(&format!("Lot {}", index / 12 + 1));
        }
        let line = line(
            &format!("Prestation numéro {}", index + 1),
            "2",
            "heure",
            "61.37",
            taxed("20"),
        );
        rows = rows.line(if index % 5 == 0 {
            line.details("Dépose, évacuation des gravats, fourniture et pose, nettoyage en fin de chantier, selon le cahier des clauses techniques.")
        } else {
            line
        });
    }
    let mut invoice = invoice(InvoiceKind::Standard, "2026-F-100", content(rows));
    invoice.content.notes = Some("Texte de fin.".to_owned());
    invoice
}
