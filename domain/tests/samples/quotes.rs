//! Quotes, and the numbers of documents.

use chrono::NaiveDate;
use domain::{
    BlobHash, ContractId, Country, Currency, DealId, Language, NumberSeriesEvent, OrganizationId, PersonId, Personal,
    PostalAddress, ProductId, QuoteEvent, QuoteId,
    billing::{
        Discount, Nature, PaymentTerms, PriceBasis, Quantity, RateClass, UnitPrice, VatBreakdown, VatReason, VatShare,
        VatTreatment,
    },
    company::{Appearance, BankAccount, LegalForm, LegalIdentity, Registration, VatRegime, VatScheme},
    document::{
        Buyer, Content, DocumentLine, DocumentNumber, FiledDocument, Layout, LineId, NumberPattern, Period, Row,
        Seller, SentQuote, Series,
    },
    organization::OrganizationKind,
    product::{BillingPeriod, Taxation},
    quote::{AcceptanceMeans, EnvelopeOutcome, SealTimestamp, Signature},
};
use uuid::Uuid;

use super::{Sample, billing::percent, euros, full, text, variant};

pub(super) fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub(super) fn number(series: Series) -> DocumentNumber {
    NumberPattern::of(series).number(2026, 1)
}

pub(super) fn filed(byte: u8) -> FiledDocument {
    FiledDocument {
        blob: BlobHash([byte; 32]),
        size: 48_213,
    }
}

fn address() -> PostalAddress {
    PostalAddress {
        lines: vec![text("4 rue des Clercs")],
        postcode: Some(text("57000")),
        city: text("Metz"),
        country: Country::FRANCE,
    }
}

pub(super) fn seller() -> Seller {
    Seller {
        identity: LegalIdentity {
            name: text("Solaire de Lorraine"),
            form: LegalForm::Sas,
            share_capital: Some(euros(5_000_000)),
            siren: "732829320".parse().unwrap(),
            siret: Some("73282932000074".parse().unwrap()),
            registration: Some(Registration { city: text("Metz") }),
            vat_number: Some("FR44732829320".parse().unwrap()),
            address: address(),
            email: Some(text("contact@solaire.example")),
            phone: None,
        },
        vat_scheme: VatScheme {
            regime: VatRegime::Monthly,
            on_debits: false,
        },
        bank_account: Some(BankAccount {
            iban: "FR7630006000011234567890189".parse().unwrap(),
            bic: Some("AGRIFRPP".parse().unwrap()),
        }),
        appearance: Appearance {
            color: Some(text("#0A7A5C")),
            logo: Some(BlobHash([3; 32])),
        },
    }
}

pub(super) fn buyer() -> Personal<Box<Buyer>> {
    let buyer = Buyer {
        organization: OrganizationId(Uuid::from_u128(7)),
        name: text("Acme"),
        kind: OrganizationKind::Professional,
        siren: Some("552100554".parse().unwrap()),
        siret: None,
        vat_number: Some("FR96552100554".parse().unwrap()),
        address: address(),
        delivery_address: Some(address()),
        contact: Some(text("Ada Lovelace")),
        email: Some(text("ada@acme.example")),
    };
    Personal::new(PersonId::of_fiscal_year(day("2026-12-31")), Box::new(buyer))
}

pub(super) fn taxed(rate: &str) -> VatTreatment {
    VatTreatment::taxed(percent(rate))
}

pub(super) fn breakdown() -> VatBreakdown {
    VatBreakdown::of([
        VatShare::on(taxed("20"), 90_000),
        VatShare::on(VatTreatment::untaxed(VatReason::Teaching), 20_000),
    ])
}

fn line(id: u32, treatment: VatTreatment) -> DocumentLine {
    DocumentLine {
        id: LineId(id),
        product: None,
        name: text("Pose"),
        details: None,
        unit: text("heure"),
        quantity: Quantity::ONE,
        unit_price: UnitPrice::new("unitPrice", "1000".parse().unwrap()).unwrap(),
        discount: None,
        period: None,
        optional: false,
        taxation: Taxation {
            nature: Nature::Services,
            rate_class: RateClass::Normal,
            exemption: treatment.reason,
        },
        treatment,
    }
}

pub(super) fn content() -> Content {
    let whole = DocumentLine {
        product: Some(ProductId(Uuid::from_u128(9))),
        details: Some(text("Deux visites par an.")),
        quantity: Quantity::new("quantity", "1.5".parse().unwrap()).unwrap(),
        discount: Some(Discount::Percent(percent("5"))),
        period: Some(BillingPeriod::Year),
        optional: true,
        ..line(2, VatTreatment::untaxed(VatReason::Teaching))
    };
    Content {
        subject: Some(text("Toiture de la halle")),
        rows: vec![
            Row::Section { title: text("Toiture") },
            Row::Comment {
                text: text("Accès par la cour."),
            },
            Row::Line(Box::new(line(1, taxed("20")))),
            Row::Line(Box::new(whole)),
        ],
        price_basis: PriceBasis::Net,
        discount: Some(Discount::Amount(10_000)),
        currency: Currency::EUR,
        payment_terms: PaymentTerms::default(),
        early_payment_discount: Some(percent("2")),
        notes: Some(text("Merci.")),
        conditions: Some(text("Prix fermes.")),
        purchase_order: Some(text("BC-77")),
        period: Some(Period {
            start: day("2026-04-01"),
            end: day("2026-04-30"),
        }),
        language: Language::French,
        layout: Layout::Modern,
    }
}

pub(super) fn bare_content() -> Content {
    Content {
        subject: None,
        rows: vec![Row::Line(Box::new(line(1, taxed("20"))))],
        price_basis: PriceBasis::Gross,
        discount: None,
        currency: Currency::EUR,
        payment_terms: PaymentTerms::default(),
        early_payment_discount: None,
        notes: None,
        conditions: None,
        purchase_order: None,
        period: None,
        language: Language::English,
        layout: Layout::Classic,
    }
}

pub(super) fn number_series() -> Vec<Sample> {
    vec![full(NumberSeriesEvent::NumberAllotted {
        series: Series::Invoice,
        number: number(Series::Invoice),
        holder: Uuid::from_u128(1),
        on: day("2026-03-02"),
    })]
}

pub(super) fn quotes() -> Vec<Sample> {
    let organization = OrganizationId(Uuid::from_u128(7));
    let delivery = Some(Uuid::from_u128(12));
    let expires_at = "2026-04-01T21:59:59Z".parse().unwrap();
    let signature = Signature {
        name: text("Ada Lovelace"),
        email: text("ada@acme.example"),
        consent: text("Bon pour accord"),
        drawing: Some(BlobHash([5; 32])),
        document: BlobHash([1; 32]),
        link_opened_at: Some("2026-03-10T09:58:00Z".parse().unwrap()),
        code_sent_at: "2026-03-10T10:00:00Z".parse().unwrap(),
        wrong_codes: 1,
        signed_at: "2026-03-10T10:05:00Z".parse().unwrap(),
        ip: text("192.0.2.1"),
        user_agent: text("Browser"),
    };
    let signed = Personal::new(PersonId::of_fiscal_year(day("2026-12-31")), Box::new(signature));
    vec![
        full(QuoteEvent::QuoteDrafted {
            number: number(Series::Quote),
            organization,
            deal: Some(DealId(Uuid::from_u128(8))),
            copied_from: Some(QuoteId(Uuid::from_u128(10))),
            renews: None,
            content: content(),
        }),
        variant(
            "bare",
            QuoteEvent::QuoteDrafted {
                number: number(Series::Quote),
                organization,
                deal: None,
                copied_from: None,
                renews: None,
                content: bare_content(),
            },
        ),
        variant(
            "renewal",
            QuoteEvent::QuoteDrafted {
                number: number(Series::Quote),
                organization,
                deal: None,
                copied_from: None,
                renews: Some(ContractId(Uuid::from_u128(12))),
                content: bare_content(),
            },
        ),
        full(QuoteEvent::QuoteContentChanged { content: content() }),
        full(QuoteEvent::QuoteVersionStarted {
            version: 2,
            content: bare_content(),
        }),
        full(QuoteEvent::QuoteVersionDiscarded { version: 2 }),
        full(QuoteEvent::QuoteApprovalRequested { version: 1 }),
        full(QuoteEvent::QuoteApproved { version: 1 }),
        full(QuoteEvent::QuoteApprovalRefused {
            version: 1,
            reason: text("Trop de remise"),
        }),
        full(QuoteEvent::QuoteSent {
            sent: Box::new(SentQuote {
                number: number(Series::Quote),
                version: 1,
                sent_on: day("2026-03-02"),
                valid_until: day("2026-04-01"),
                seller: Box::new(seller()),
                buyer: buyer(),
                content: content(),
                breakdown: breakdown(),
            }),
            expires_at,
            remind_at: Some("2026-03-27T08:00:00Z".parse().unwrap()),
            delivery,
        }),
        full(QuoteEvent::QuoteSuperseded { version: 1 }),
        full(QuoteEvent::QuoteDocumentFiled {
            version: 1,
            document: filed(1),
        }),
        full(QuoteEvent::QuoteViewed { version: 1 }),
        full(QuoteEvent::QuoteLinkRevoked { version: 1, link: 1 }),
        full(QuoteEvent::QuoteLinkRenewed { version: 1, link: 2 }),
        full(QuoteEvent::QuoteExpiryReminded { version: 1, delivery }),
        full(QuoteEvent::QuoteExpired { version: 1 }),
        full(QuoteEvent::QuoteExtended {
            version: 1,
            valid_until: day("2026-05-01"),
            expires_at,
            remind_at: None,
        }),
        full(QuoteEvent::SigningCodeIssued {
            version: 1,
            code: 1,
            expires_at,
            delivery,
        }),
        full(QuoteEvent::SigningCodeRejected {
            version: 1,
            code: 1,
            attempt: 2,
        }),
        full(QuoteEvent::QuoteAccepted {
            version: 1,
            chosen: vec![LineId(2)],
            breakdown: breakdown(),
            means: AcceptanceMeans::ElectronicSignature,
            signature: Some(signed),
        }),
        variant(
            "reported",
            QuoteEvent::QuoteAccepted {
                version: 1,
                chosen: Vec::new(),
                breakdown: breakdown(),
                means: AcceptanceMeans::Reported,
                signature: None,
            },
        ),
        full(QuoteEvent::QuoteSignatureFiled {
            version: 1,
            document: filed(2),
            evidence: filed(4),
            timestamp: None,
        }),
        variant(
            "stamped",
            QuoteEvent::QuoteSignatureFiled {
                version: 1,
                document: filed(2),
                evidence: filed(4),
                timestamp: Some(SealTimestamp::Given {
                    at: expires_at,
                    authority: text("TSA"),
                }),
            },
        ),
        variant(
            "unstamped",
            QuoteEvent::QuoteSignatureFiled {
                version: 1,
                document: filed(2),
                evidence: filed(4),
                timestamp: Some(SealTimestamp::Failed {
                    reason: text("no answer"),
                }),
            },
        ),
        full(QuoteEvent::QuoteEnvelopeSent {
            version: 1,
            provider: text("http"),
            reference: text("env-1"),
        }),
        full(QuoteEvent::QuoteEnvelopeClosed {
            version: 1,
            reference: text("env-1"),
            outcome: EnvelopeOutcome::Signed {
                signed_at: expires_at,
                document: filed(2).blob,
            },
        }),
        variant(
            "declined",
            QuoteEvent::QuoteEnvelopeClosed {
                version: 1,
                reference: text("env-1"),
                outcome: EnvelopeOutcome::Declined {
                    reason: Some(text("Trop cher")),
                },
            },
        ),
        variant(
            "expired",
            QuoteEvent::QuoteEnvelopeClosed {
                version: 1,
                reference: text("env-1"),
                outcome: EnvelopeOutcome::Expired,
            },
        ),
        full(QuoteEvent::QuoteRefused {
            version: 1,
            reason: Some(text("Trop cher")),
        }),
        variant(
            "silent",
            QuoteEvent::QuoteRefused {
                version: 1,
                reason: None,
            },
        ),
        full(QuoteEvent::QuoteCancelled {
            reason: text("Doublon"),
        }),
        full(QuoteEvent::QuoteLinkedToDeal {
            deal: DealId(Uuid::from_u128(8)),
        }),
    ]
}
