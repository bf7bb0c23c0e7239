use std::collections::BTreeSet;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::*;
use crate::{
    BlobHash, Country, Currency, InvoiceId, Language, Money, OrganizationId, PaymentId, PersonId, Personal,
    PostalAddress, Refusal,
    billing::{
        Discount, FiscalPosition, Nature, PaymentTerms, Percentage, PriceBasis, Quantity, RateClass, SellerRegime,
        UnitPrice, VatBreakdown, VatRates,
    },
    company::{Appearance, BankAccount, LegalForm, LegalIdentity, Registration, VatRegime, VatScheme},
    decider::Decider,
    document::{
        Buyer, Deduction, DocumentNumber, DocumentReference, FiledDocument, InvoiceKind, IssuedInvoice, Layout, LineId,
        NumberPattern, Seller, Series, Taxed, WishedContent, WishedLine, WishedRow,
    },
    organization::OrganizationKind,
    product::Taxation,
};

mod credits;
mod drafting;
mod issuing;
mod late;
mod money;
mod platform;
mod properties;
mod reminders;

const ACME: OrganizationId = OrganizationId(Uuid::from_u128(0xAC));
const OWN: InvoiceId = InvoiceId(Uuid::from_u128(0x100));
const DEPOSIT: InvoiceId = InvoiceId(Uuid::from_u128(0x200));
const FINAL: InvoiceId = InvoiceId(Uuid::from_u128(0x300));
const PAID: PaymentId = PaymentId(Uuid::from_u128(0x9A));
const PAID_LATER: PaymentId = PaymentId(Uuid::from_u128(0x9B));

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn percent(text: &str) -> Percentage {
    Percentage::new("percent", text.parse().unwrap()).unwrap()
}

fn euros(cents: i64) -> Money {
    Money::new(cents, Currency::EUR)
}

fn number(sequence: u32) -> DocumentNumber {
    NumberPattern::of(Series::Invoice).number(2026, sequence)
}

fn address(country: &str) -> PostalAddress {
    PostalAddress {
        lines: vec!["4 rue des Clercs".to_owned()],
        postcode: Some("57000".to_owned()),
        city: "Metz".to_owned(),
        country: country.parse().unwrap(),
    }
}

fn seller() -> Box<Seller> {
    Box::new(Seller {
        identity: LegalIdentity {
            name: "Solaire de Lorraine".to_owned(),
            form: LegalForm::Sas,
            share_capital: Some(euros(5_000_000)),
            siren: "732829320".parse().unwrap(),
            siret: None,
            registration: Some(Registration {
                city: "Metz".to_owned(),
            }),
            vat_number: Some("FR44732829320".parse().unwrap()),
            address: address("FR"),
            email: None,
            phone: None,
        },
        vat_scheme: VatScheme {
            regime: VatRegime::Monthly,
            on_debits: false,
        },
        bank_account: Some(BankAccount {
            iban: "FR7630006000011234567890189".parse().unwrap(),
            bic: None,
        }),
        appearance: Appearance::default(),
    })
}

fn buyer() -> Box<Buyer> {
    Box::new(Buyer {
        organization: ACME,
        name: "Acme".to_owned(),
        kind: OrganizationKind::Professional,
        siren: Some("552100554".parse().unwrap()),
        siret: None,
        vat_number: None,
        address: address("FR"),
        delivery_address: None,
        contact: None,
        email: None,
    })
}

fn consumer() -> Box<Buyer> {
    Box::new(Buyer {
        kind: OrganizationKind::Consumer,
        siren: None,
        ..*buyer()
    })
}

fn position() -> FiscalPosition {
    FiscalPosition {
        regime: SellerRegime::Taxed,
        seller: Country::FRANCE,
        buyer_kind: OrganizationKind::Professional,
        buyer: Country::FRANCE,
        buyer_vat_number: None,
        delivery: None,
        construction_subcontract: false,
        tax_point: day("2026-01-02"),
        rates: VatRates::default(),
    }
}

fn taxed() -> Taxed {
    Taxed {
        position: position(),
        next_line: LineId(100),
    }
}

/// One unit at a price, as a service at the normal rate.
fn line(id: u32, price: &str) -> WishedLine {
    WishedLine {
        id: Some(LineId(id)),
        product: None,
        name: format!("Pose {id}"),
        details: None,
        unit: "heure".to_owned(),
        quantity: Quantity::ONE,
        unit_price: UnitPrice::new("unitPrice", price.parse().unwrap()).unwrap(),
        discount: None,
        period: None,
        optional: false,
        taxation: Taxation {
            nature: Nature::Services,
            rate_class: RateClass::Normal,
            exemption: None,
        },
    }
}

fn reduced(id: u32, price: &str) -> WishedLine {
    let mut line = line(id, price);
    line.taxation.rate_class = RateClass::Reduced;
    line
}

fn goods(id: u32, price: &str) -> WishedLine {
    let mut line = line(id, price);
    line.taxation.nature = Nature::Goods;
    line
}

fn units(quantity: &str, line: WishedLine) -> WishedLine {
    let quantity: Decimal = quantity.parse().unwrap();
    WishedLine {
        quantity: Quantity::new("quantity", quantity).unwrap(),
        ..line
    }
}

fn content(lines: impl IntoIterator<Item = WishedLine>) -> WishedContent {
    WishedContent {
        subject: None,
        rows: lines.into_iter().map(|line| WishedRow::Line(Box::new(line))).collect(),
        price_basis: PriceBasis::Net,
        discount: None,
        currency: Currency::EUR,
        payment_terms: PaymentTerms::Net { days: 30 },
        early_payment_discount: None,
        notes: None,
        conditions: None,
        purchase_order: None,
        period: None,
        language: Language::French,
        layout: Layout::Classic,
    }
}

fn draft(kind: InvoiceKind, deducts: &[InvoiceId], content: WishedContent) -> InvoiceCommand {
    InvoiceCommand::Draft(Box::new(DraftInvoice {
        kind,
        organization: ACME,
        deal: None,
        source: None,
        deducts: deducts.to_vec(),
        content,
        taxed: taxed(),
    }))
}

fn issue() -> IssueInvoice {
    IssueInvoice {
        number: number(1),
        issued_on: day("2026-01-02"),
        closing: day("2026-12-31"),
        seller: Some(seller()),
        buyer: buyer(),
        position: position(),
        deductions: Vec::new(),
        quote_number: None,
        late_interest_rate: None,
        electronic_invoicing_from: None,
        limit: None,
    }
}

fn issued_with(issue: IssueInvoice) -> InvoiceCommand {
    InvoiceCommand::Issue(Box::new(issue))
}

fn allocate(payment: PaymentId, cents: i64, on: &str) -> InvoiceCommand {
    InvoiceCommand::AllocatePayment {
        payment,
        amount: euros(cents),
        value_date: day(on),
    }
}

fn withdraw(payment: PaymentId, amount: i64, cause: Withdrawal) -> InvoiceCommand {
    InvoiceCommand::WithdrawAllocation {
        payment,
        amount,
        cause,
        on: day("2026-03-01"),
    }
}

fn credit_reference(sequence: u32) -> DocumentReference {
    DocumentReference {
        invoice: InvoiceId(Uuid::from_u128(u128::from(sequence) + 0x1000)),
        kind: InvoiceKind::CreditNote,
        number: NumberPattern::of(Series::CreditNote).number(2026, sequence),
        issued_on: day("2026-02-15"),
    }
}

fn credit(sequence: u32, wish: CreditWish) -> InvoiceCommand {
    InvoiceCommand::Credit {
        by: credit_reference(sequence),
        wish,
        on: day("2026-02-15"),
    }
}

/// An invoice and what was asked of it. A refusal must leave it as it was.
#[derive(Debug, Clone, Default)]
struct Story(Invoice);

impl Story {
    /// Issued to a professional on 2 January 2026, with these lines.
    fn issued(lines: impl IntoIterator<Item = WishedLine>) -> Self {
        Self::issued_as(InvoiceKind::Standard, content(lines))
    }

    fn issued_as(kind: InvoiceKind, content: WishedContent) -> Self {
        Self::default()
            .then(draft(kind, &[], content))
            .then(issued_with(issue()))
    }

    /// Asks, and must be heard.
    #[track_caller]
    fn then(mut self, command: InvoiceCommand) -> Self {
        self.ask(command).unwrap();
        self
    }

    fn ask(&mut self, command: InvoiceCommand) -> Result<Vec<InvoiceEvent>, InvoiceError> {
        let events = self.0.decide(command)?;
        for event in &events {
            cqrs_es::Aggregate::apply(&mut self.0, event.clone());
        }
        Ok(events)
    }

    #[track_caller]
    fn refuses(&self, command: InvoiceCommand) -> InvoiceError {
        self.0.decide(command).unwrap_err()
    }

    #[track_caller]
    fn nothing_happens(&self, command: InvoiceCommand) {
        assert_eq!(self.0.decide(command), Ok(Vec::new()));
    }

    fn invoice(&self) -> &IssuedInvoice {
        self.0.invoice().unwrap()
    }

    fn plan(&self, wish: CreditWish) -> Result<CreditPlan, InvoiceError> {
        self.0.credit(OWN, &wish)
    }
}

fn shown(breakdown: &VatBreakdown) -> Vec<(i64, i64)> {
    breakdown.shares().iter().map(|share| (share.base, share.vat)).collect()
}

fn documents(byte: u8) -> InvoiceDocuments {
    let file = |byte| FiledDocument {
        blob: BlobHash([byte; 32]),
        size: 1_000,
    };
    InvoiceDocuments {
        factur_x: file(byte),
        cii: file(byte + 1),
        ubl: file(byte + 2),
    }
}

#[test]
fn what_an_invoice_remembers_survives_a_snapshot() {
    let story = Story::issued([line(1, "100"), reduced(2, "100")])
        .then(allocate(PAID, 20_000, "2026-01-10"))
        .then(credit(1, CreditWish::Amount(5_000)))
        .then(InvoiceCommand::HoldReminders {
            until: None,
            reason: "Négociation".to_owned(),
        })
        .then(InvoiceCommand::FileDocuments {
            documents: documents(1),
        });
    let snapshot = serde_json::to_string(&story.0).unwrap();
    assert_eq!(serde_json::from_str::<Invoice>(&snapshot).unwrap(), story.0);
}

#[test]
fn every_refusal_says_what_to_do_in_both_languages() {
    for refusal in InvoiceError::samples() {
        for language in Language::ALL {
            let message = refusal.message(language);
            assert!(message.len() > 20 && message.ends_with('.'), "{refusal:?}: {message}");
        }
    }
    for mention in MissingMention::ALL {
        for language in Language::ALL {
            assert!(!mention.message(language).is_empty());
        }
    }
}

#[test]
fn every_refusal_has_a_code_of_its_own() {
    let samples = InvoiceError::samples();
    let codes: BTreeSet<_> = samples.iter().map(Refusal::code).collect();
    // What hinders a reminder because nothing is due is refused as anything else is for that reason.
    assert_eq!(codes.len() + 1, samples.len());
    let mentions: BTreeSet<_> = MissingMention::ALL.map(MissingMention::code).into_iter().collect();
    assert_eq!(mentions.len(), MissingMention::ALL.len());
}

#[test]
fn every_refusal_and_word_is_on_the_page() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/domain.md");
    let page = std::fs::read_to_string(page).unwrap();
    let samples = InvoiceError::samples();
    let codes = samples.iter().map(Refusal::code);
    let words = codes
        .chain(MissingMention::ALL.map(MissingMention::code))
        .chain(InvoiceStatus::ALL.map(InvoiceStatus::as_str))
        .chain(InvoiceKind::ALL.map(InvoiceKind::as_str))
        .chain(PlatformStatus::ALL.map(PlatformStatus::as_str))
        .chain(ReminderStep::ALL.map(ReminderStep::as_str))
        .chain(SkipCause::ALL.map(SkipCause::as_str))
        .chain(Withdrawal::ALL.map(Withdrawal::as_str));
    for word in words {
        assert!(
            page.contains(&format!("`{word}`")),
            "docs/domain.md does not mention `{word}`"
        );
    }
}
