use std::collections::BTreeMap;

use chrono::NaiveDate;
use proptest::prelude::*;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::{fec::FiscalYear, *};
use crate::{
    CompanyEvent, Country, Currency, InvoiceId, Language, Money, OrganizationEvent, OrganizationId, PaymentId,
    PersonId, Personal, PostalAddress,
    accounting_period::AccountingEvent,
    billing::{
        Balance, Nature, PaymentTerms, Percentage, PriceBasis, Quantity, RateClass, UnitPrice, VatBreakdown, VatShare,
        VatTreatment,
    },
    company::{Appearance, FiscalYearEnd, LegalForm, LegalIdentity, VatRegime, VatScheme},
    document::{
        Buyer, Content, Deduction, DocumentLine, DocumentNumber, DocumentReference, InvoiceKind, IssuedInvoice, Layout,
        LineId, Row, Seller,
    },
    invoice::{InvoiceEvent, Withdrawal},
    organization::OrganizationKind,
    payment::{PaymentEvent, PaymentMethod},
    product::Taxation,
};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn rate(text: &str) -> Percentage {
    Percentage::new("rate", text.parse().unwrap()).unwrap()
}

fn taxed(text: &str) -> VatTreatment {
    VatTreatment::taxed(rate(text))
}

fn one_rate(percent: &str, base: i64, vat: i64) -> VatBreakdown {
    VatBreakdown::of([VatShare {
        treatment: taxed(percent),
        base,
        vat,
    }])
}

fn customer(number: u128) -> OrganizationId {
    OrganizationId(Uuid::from_u128(0xc0_0000 + number))
}

fn invoice_id(number: u128) -> InvoiceId {
    InvoiceId(Uuid::from_u128(0xf0_0000 + number))
}

fn payment_id(number: u128) -> PaymentId {
    PaymentId(Uuid::from_u128(0xa0_0000 + number))
}

/// A line: what it is, without tax in cents, and the rate.
type Sold = (Nature, i64, &'static str);

const SERVICE: Nature = Nature::Services;
const GOODS: Nature = Nature::Goods;

fn content(lines: &[Sold]) -> Content {
    let rows = lines.iter().enumerate().map(|(at, (nature, net, percent))| {
        Row::Line(Box::new(DocumentLine {
            id: LineId(at as u32 + 1),
            product: None,
            name: format!("Ligne {}", at + 1),
            details: None,
            unit: "u".to_owned(),
            quantity: Quantity::ONE,
            unit_price: UnitPrice::new("unitPrice", Decimal::new(*net, 2)).unwrap(),
            discount: None,
            period: None,
            optional: false,
            taxation: Taxation {
                nature: *nature,
                rate_class: RateClass::default(),
                exemption: None,
            },
            treatment: taxed(percent),
        }))
    });
    Content {
        subject: None,
        rows: rows.collect(),
        price_basis: PriceBasis::Net,
        discount: None,
        currency: Currency::EUR,
        payment_terms: PaymentTerms::default(),
        early_payment_discount: None,
        notes: None,
        conditions: None,
        purchase_order: None,
        period: None,
        language: Language::French,
        layout: Layout::default(),
    }
}

fn address() -> PostalAddress {
    PostalAddress {
        lines: vec!["4 rue des Clercs".to_owned()],
        postcode: Some("57000".to_owned()),
        city: "Metz".to_owned(),
        country: Country::FRANCE,
    }
}

fn seller(on_debits: bool) -> Box<Seller> {
    Box::new(Seller {
        identity: LegalIdentity {
            name: "Solaire de Lorraine".to_owned(),
            form: LegalForm::Sas,
            share_capital: None,
            siren: "732829320".parse().unwrap(),
            siret: None,
            registration: None,
            vat_number: None,
            address: address(),
            email: None,
            phone: None,
        },
        vat_scheme: VatScheme {
            regime: VatRegime::Monthly,
            on_debits,
        },
        bank_account: None,
        appearance: Appearance::default(),
    })
}

fn issued(number: u32, kind: InvoiceKind, on: &str, lines: &[Sold]) -> IssuedInvoice {
    let content = content(lines);
    let all = content.lines().map(|line| line.id).collect();
    let breakdown = content.totals(&all).unwrap().breakdown;
    let series = if kind.is_credit() { "A" } else { "F" };
    IssuedInvoice {
        number: DocumentNumber {
            year: 2026,
            sequence: number,
            text: format!("2026-{series}-{number:03}"),
        },
        kind,
        issued_on: day(on),
        seller: seller(false),
        buyer: Personal::new(
            PersonId::of_fiscal_year(day("2026-12-31")),
            Box::new(Buyer {
                organization: customer(1),
                name: "Ateliers Martin".to_owned(),
                kind: OrganizationKind::Professional,
                siren: None,
                siret: None,
                vat_number: None,
                address: address(),
                delivery_address: None,
                contact: None,
                email: None,
            }),
        ),
        content,
        breakdown,
        discount_shares: Vec::new(),
        deductions: Vec::new(),
        corrects: None,
        quote_number: None,
        schedule: Vec::new(),
        late_interest_rate: None,
        through_platform: false,
    }
}

fn reference(number: u128, of: &IssuedInvoice) -> DocumentReference {
    DocumentReference {
        invoice: invoice_id(number),
        kind: of.kind,
        number: of.number.clone(),
        issued_on: of.issued_on,
    }
}

/// A ledger that is told what happens, and everything that came of it.
struct Books {
    ledger: Ledger,
    position: u64,
    today: NaiveDate,
    entries: Vec<Entry>,
    matchings: Vec<Matching>,
    documents: Vec<DocumentFact>,
    unbooked: Vec<Unbooked>,
}

impl Books {
    fn new() -> Self {
        let mut books = Self {
            ledger: Ledger::default(),
            position: 0,
            today: day("2026-01-01"),
            entries: Vec::new(),
            matchings: Vec::new(),
            documents: Vec::new(),
            unbooked: Vec::new(),
        };
        for number in 1..=3 {
            let renamed = OrganizationEvent::OrganizationRenamed {
                name: format!("Client {number}"),
            };
            books.happens(Happened::Organization(customer(number), &renamed));
        }
        books
    }

    /// As the view does it: only what the event names is at hand.
    fn happens(&mut self, happened: Happened<'_>) -> &mut Self {
        self.position += 1;
        let recording = Recording {
            position: self.position,
            on: self.today,
        };
        let mut part = Ledger::default();
        for key in happened.touches() {
            if let Some(json) = self.ledger.dump(&key).unwrap() {
                part.load(key, &json).unwrap();
            }
        }
        let booked = self.ledger.record(recording, happened);
        assert_eq!(part.record(recording, happened), booked, "it needs more than it names");
        for key in happened.touches() {
            assert_eq!(part.dump(&key).unwrap(), self.ledger.dump(&key).unwrap(), "{key}");
        }
        self.entries.extend(booked.entries);
        self.matchings.extend(booked.matchings);
        self.documents.extend(booked.document);
        self.unbooked.extend(booked.unbooked);
        self
    }

    fn on(&mut self, today: &str) -> &mut Self {
        self.today = day(today);
        self
    }

    fn invoice(&mut self, number: u128, event: &InvoiceEvent) -> &mut Self {
        self.happens(Happened::Invoice(invoice_id(number), event))
    }

    fn issue_to(&mut self, number: u128, organization: OrganizationId, invoice: &IssuedInvoice) -> &mut Self {
        self.today = self.today.max(invoice.issued_on);
        let event = InvoiceEvent::InvoiceIssued {
            invoice: Box::new(invoice.clone()),
            organization,
            deal: None,
            source: None,
        };
        self.invoice(number, &event)
    }

    fn issue(&mut self, number: u128, invoice: &IssuedInvoice) -> &mut Self {
        self.issue_to(number, customer(1), invoice)
    }

    fn credit(&mut self, number: u128, of: u128, original: &IssuedInvoice, note: IssuedInvoice, rebate: bool) {
        let note = IssuedInvoice {
            corrects: Some(reference(of, original)),
            ..note
        };
        self.issue(number, &note);
        let lines = note.content.lines().map(|line| (line.id, 1));
        let credited = InvoiceEvent::InvoiceCredited {
            by: reference(number, &note),
            breakdown: note
                .breakdown
                .without(note.deductions.iter().map(|deduction| &deduction.breakdown)),
            lines: if rebate { Vec::new() } else { lines.collect() },
        };
        self.invoice(of, &credited);
    }

    fn receive(
        &mut self,
        number: u128,
        from: OrganizationId,
        amount: i64,
        on: &str,
        method: PaymentMethod,
    ) -> &mut Self {
        self.today = self.today.max(day(on));
        let event = PaymentEvent::PaymentReceived {
            organization: from,
            amount: Money::new(amount, Currency::EUR),
            method,
            value_date: day(on),
            reference: Some(format!("VIR {number}")),
        };
        self.happens(Happened::Payment(payment_id(number), &event))
    }

    fn allocate(&mut self, invoice: u128, payment: u128, on: &str, breakdown: VatBreakdown) -> &mut Self {
        let event = InvoiceEvent::PaymentAllocated {
            payment: payment_id(payment),
            amount: breakdown.gross(),
            value_date: day(on),
            breakdown,
        };
        self.invoice(invoice, &event)
    }

    fn lock(&mut self, through: &str) -> &mut Self {
        let event = AccountingEvent::PeriodLocked { through: day(through) };
        self.happens(Happened::Accounting(&event))
    }

    /// The entries as `journal day: account ±amount …`, accounts cut to what tells them apart.
    fn shown(&self) -> Vec<String> {
        self.entries.iter().map(shown).collect()
    }

    fn last(&self) -> String {
        self.entries.last().map(shown).unwrap_or_default()
    }

    /// What is on each account.
    fn balances(&self) -> BTreeMap<String, i64> {
        let mut balances = BTreeMap::new();
        for line in self.entries.iter().flat_map(|entry| &entry.lines) {
            *balances.entry(line.account.number.clone()).or_default() += line.amount;
        }
        balances.retain(|_, amount| *amount != 0);
        balances
    }

    fn reconciled(&self) -> Reconciliation {
        let mut reconciliation = Reconciliation::default();
        self.entries.iter().for_each(|entry| reconciliation.entry(entry));
        self.documents
            .iter()
            .for_each(|document| reconciliation.document(document));
        reconciliation
    }

    /// The sales part of the FEC of a year, checked.
    fn fec(&self, closing: &str) -> String {
        let closing = day(closing);
        let customers: Vec<LetteredLine> = self
            .entries
            .iter()
            .flat_map(|entry| {
                entry
                    .lines
                    .iter()
                    .filter_map(move |line| Some((entry, line, line.key?)))
            })
            .map(|(entry, line, key)| LetteredLine {
                auxiliary: line.auxiliary.as_ref().unwrap().code.clone(),
                key,
                on: entry.on,
                amount: line.amount,
            })
            .collect();
        let letters = Letters::at(closing, &customers, &self.matchings);
        let mut writer = fec::Writer::new(Vec::new()).unwrap();
        for entry in self.entries.iter().filter(|entry| entry.closing == closing) {
            for (mut posted, line) in entry.posted().zip(&entry.lines) {
                let letter = line.key.and_then(|key| letters.get(key));
                posted.letter = letter.map(|(code, on)| (code.to_owned(), on));
                writer.line(&posted).unwrap();
            }
        }
        let bytes = writer.finish().unwrap();
        let year = FiscalYear::closing_on(FiscalYearEnd { month: 12, day: 31 }, closing).unwrap();
        let faults = fec::check(bytes.as_slice(), year).err();
        assert_eq!(faults, None);
        String::from_utf8(bytes).unwrap()
    }
}

fn shown(entry: &Entry) -> String {
    let lines = entry.lines.iter().map(|line| {
        let number = line.account.number.trim_end_matches('0');
        let side = if line.amount > 0 { "D" } else { "C" };
        format!("{number} {side} {}", line.amount.abs())
    });
    let lines: Vec<String> = lines.collect();
    format!(
        "{} {}: {}",
        entry.journal_name.code,
        entry.on.format("%d/%m"),
        lines.join(" / ")
    )
}

/// The sample of 12,000 € with tax and a deposit of 30 %, which the tax administration's checker took, with the tax of
/// the deposit pending until it is paid.
#[test]
fn a_deposit_and_its_final_invoice() {
    let mut books = Books::new();
    let deposit = issued(1, InvoiceKind::Deposit, "2026-03-02", &[(SERVICE, 300_000, "20")]);
    books.issue(1, &deposit);
    assert_eq!(books.last(), "VE 02/03: 411 D 360000 / 4191 C 300000 / 445742 C 60000");
    books.receive(1, customer(1), 360_000, "2026-03-10", PaymentMethod::Transfer);
    assert_eq!(books.last(), "BQ 10/03: 512 D 360000 / 411 C 360000");
    books.allocate(1, 1, "2026-03-10", deposit.breakdown.clone());
    assert_eq!(books.last(), "OD 10/03: 445742 D 60000 / 445712 C 60000");
    let last = IssuedInvoice {
        deductions: vec![Deduction {
            of: reference(1, &deposit),
            breakdown: deposit.breakdown.clone(),
        }],
        ..issued(2, InvoiceKind::Final, "2026-06-01", &[(SERVICE, 1_000_000, "20")])
    };
    books.issue(2, &last);
    assert_eq!(
        books.last(),
        "VE 01/06: 411 D 840000 / 706 C 1000000 / 4191 D 300000 / 445742 C 140000"
    );
    books.receive(2, customer(1), 840_000, "2026-06-30", PaymentMethod::Cheque);
    assert_eq!(books.last(), "BQ 30/06: 5112 D 840000 / 411 C 840000");
    books.allocate(2, 2, "2026-06-30", one_rate("20", 700_000, 140_000));
    assert_eq!(
        books.balances().into_iter().collect::<Vec<_>>(),
        [
            ("44571200".to_owned(), -200_000),
            ("511200".to_owned(), 840_000),
            ("512000".to_owned(), 360_000),
            ("706000".to_owned(), -1_000_000),
        ]
    );
    let reconciled = books.reconciled();
    assert!(reconciled.holds());
    assert_eq!((reconciled.class_70, reconciled.invoiced), (1_000_000, 1_000_000));
    let fec = books.fec("2026-12-31");
    assert_eq!(fec.lines().filter(|line| line.contains("\tAA\t20260310\t")).count(), 2);
    assert_eq!(fec.lines().filter(|line| line.contains("\tAB\t20260630\t")).count(), 2);
}

#[test]
fn services_on_receipts_owe_their_tax_as_they_are_paid_to_the_cent() {
    let mut books = Books::new();
    let invoice = issued(1, InvoiceKind::Standard, "2026-03-02", &[(SERVICE, 27_916, "20")]);
    books.issue(1, &invoice);
    assert_eq!(books.last(), "VE 02/03: 411 D 33499 / 706 C 27916 / 445742 C 5583");
    let mut balance = Balance::new(&invoice.breakdown, []);
    for (number, amount) in [(1, 11_111), (2, 11_111), (3, 11_277)] {
        books.receive(number, customer(1), amount, "2026-04-01", PaymentMethod::Transfer);
        books.allocate(1, number, "2026-04-01", balance.take_gross(amount).unwrap());
    }
    assert_eq!(books.balances().get("44574200"), None);
    assert_eq!(books.balances()["44571200"], -5_583);
    assert_eq!(books.balances().get("411000"), None);
}

#[test]
fn goods_and_services_on_debits_owe_their_tax_with_the_invoice() {
    let mut books = Books::new();
    let goods = issued(
        1,
        InvoiceKind::Standard,
        "2026-03-02",
        &[(GOODS, 10_000, "20"), (GOODS, 5_000, "5.5")],
    );
    books.issue(1, &goods);
    assert_eq!(
        books.last(),
        "VE 02/03: 411 D 17275 / 707 C 15000 / 44571055 C 275 / 445712 C 2000"
    );
    let debits = IssuedInvoice {
        seller: seller(true),
        ..issued(2, InvoiceKind::Standard, "2026-03-03", &[(SERVICE, 10_000, "20")])
    };
    books.issue(2, &debits);
    assert_eq!(books.last(), "VE 03/03: 411 D 12000 / 706 C 10000 / 445712 C 2000");
    books.receive(1, customer(1), 12_000, "2026-03-04", PaymentMethod::Card);
    books.allocate(2, 1, "2026-03-04", debits.breakdown.clone());
    assert_eq!(books.last(), "BQ 04/03: 512 D 12000 / 411 C 12000", "no tax moves");
}

#[test]
fn a_mixed_invoice_is_split_by_the_natures_of_its_lines() {
    let mut books = Books::new();
    let mixed = issued(
        1,
        InvoiceKind::Standard,
        "2026-03-02",
        &[(GOODS, 10_000, "20"), (SERVICE, 30_000, "20")],
    );
    books.issue(1, &mixed);
    assert_eq!(
        books.last(),
        "VE 02/03: 411 D 48000 / 707 C 10000 / 706 C 30000 / 445742 C 6000 / 445712 C 2000"
    );
    books.receive(1, customer(1), 24_000, "2026-03-04", PaymentMethod::Transfer);
    books.allocate(1, 1, "2026-03-04", one_rate("20", 20_000, 4_000));
    assert_eq!(books.last(), "OD 04/03: 445742 D 3000 / 445712 C 3000");
}

/// Goods first, then the rest paid: whatever was split when, a settled invoice leaves nothing pending.
#[test]
fn what_is_settled_leaves_nothing_pending() {
    let mut books = Books::new();
    let mixed = issued(
        1,
        InvoiceKind::Standard,
        "2026-03-02",
        &[(GOODS, 50_000, "20"), (SERVICE, 50_000, "20")],
    );
    books.issue(1, &mixed);
    books.receive(1, customer(1), 60_000, "2026-03-04", PaymentMethod::Transfer);
    books.allocate(1, 1, "2026-03-04", one_rate("20", 50_000, 10_000));
    let note = issued(1, InvoiceKind::CreditNote, "2026-03-05", &[(GOODS, 50_000, "20")]);
    books.credit(9, 1, &mixed, note, false);
    assert_eq!(books.balances().get("44574200"), None, "{:#?}", books.shown());
    assert_eq!(books.balances()["44571200"], -10_000);
}

#[test]
fn a_credit_by_lines_takes_back_what_was_sold_and_one_by_amount_is_a_rebate() {
    let mut books = Books::new();
    let goods = issued(1, InvoiceKind::Standard, "2026-03-02", &[(GOODS, 10_000, "20")]);
    books.issue(1, &goods);
    let back = issued(1, InvoiceKind::CreditNote, "2026-03-05", &[(GOODS, 4_000, "20")]);
    books.credit(8, 1, &goods, back, false);
    assert_eq!(books.last(), "VE 05/03: 411 C 4800 / 707 D 4000 / 445712 D 800");
    let rebate = issued(2, InvoiceKind::CreditNote, "2026-03-06", &[(GOODS, 1_000, "20")]);
    books.credit(9, 1, &goods, rebate, true);
    assert_eq!(books.last(), "VE 06/03: 411 C 1200 / 709 D 1000 / 445712 D 200");
    let reconciled = books.reconciled();
    assert!(reconciled.holds());
    assert_eq!(reconciled.class_70, 5_000);
}

/// The two sides of a credit note may speak in either order.
#[test]
fn a_credit_note_is_booked_once_both_have_spoken() {
    let original = issued(1, InvoiceKind::Standard, "2026-03-02", &[(SERVICE, 10_000, "20")]);
    let note = IssuedInvoice {
        corrects: Some(reference(1, &original)),
        ..issued(1, InvoiceKind::CreditNote, "2026-03-05", &[(SERVICE, 10_000, "20")])
    };
    let credited = InvoiceEvent::InvoiceCredited {
        by: reference(2, &note),
        breakdown: note.breakdown.clone(),
        lines: Vec::new(),
    };
    let mut books = Books::new();
    books.issue(1, &original).issue(2, &note);
    assert_eq!(books.entries.len(), 1);
    books.invoice(1, &credited);
    let mut others = Books::new();
    others
        .issue(1, &original)
        .on("2026-03-05")
        .invoice(1, &credited)
        .issue(2, &note);
    assert_eq!(books.shown(), others.shown());
    assert_eq!(books.last(), "VE 05/03: 411 C 12000 / 709 D 10000 / 445742 D 2000");
    let key = invoice_id(1).0;
    assert!(
        books
            .matchings
            .iter()
            .any(|matching| matching.one == key && matching.amount == 12_000)
    );
}

#[test]
fn a_deposit_that_is_taken_back_leaves_the_deposits() {
    let mut books = Books::new();
    let deposit = issued(1, InvoiceKind::Deposit, "2026-03-02", &[(GOODS, 3_000, "20")]);
    books.issue(1, &deposit);
    let note = issued(1, InvoiceKind::DepositCreditNote, "2026-03-05", &[(GOODS, 3_000, "20")]);
    books.credit(9, 1, &deposit, note, false);
    assert_eq!(books.last(), "VE 05/03: 411 C 3600 / 4191 D 3000 / 445742 D 600");
    assert_eq!(books.balances(), BTreeMap::new());
    assert!(books.reconciled().holds());
}

/// A final invoice of goods is their delivery: the tax of all of it is due, that of an unpaid deposit too.
#[test]
fn goods_that_are_delivered_owe_the_tax_of_an_unpaid_deposit() {
    let mut books = Books::new();
    let deposit = issued(1, InvoiceKind::Deposit, "2026-03-02", &[(GOODS, 3_000, "20")]);
    books.issue(1, &deposit);
    let last = IssuedInvoice {
        deductions: vec![Deduction {
            of: reference(1, &deposit),
            breakdown: deposit.breakdown.clone(),
        }],
        ..issued(2, InvoiceKind::Final, "2026-06-01", &[(GOODS, 10_000, "20")])
    };
    books.issue(2, &last);
    assert_eq!(
        books.last(),
        "VE 01/06: 411 D 8400 / 707 C 10000 / 4191 D 3000 / 445742 D 600 / 445712 C 2000"
    );
    books.receive(1, customer(1), 3_600, "2026-06-02", PaymentMethod::Transfer);
    books.allocate(1, 1, "2026-06-02", deposit.breakdown.clone());
    assert_eq!(books.balances()["44571200"], -2_000);
    assert_eq!(books.balances().get("44574200"), None);
}

#[test]
fn a_final_invoice_takes_off_what_the_work_was_invoiced_before() {
    let mut books = Books::new();
    let part = issued(1, InvoiceKind::Progress, "2026-03-02", &[(SERVICE, 4_000, "10")]);
    books.issue(1, &part);
    assert_eq!(books.last(), "VE 02/03: 411 D 4400 / 706 C 4000 / 445741 C 400");
    let last = IssuedInvoice {
        deductions: vec![Deduction {
            of: reference(1, &part),
            breakdown: part.breakdown.clone(),
        }],
        ..issued(2, InvoiceKind::Final, "2026-06-01", &[(SERVICE, 10_000, "10")])
    };
    books.issue(2, &last);
    assert_eq!(books.last(), "VE 01/06: 411 D 6600 / 706 C 6000 / 445741 C 600");
    let note = IssuedInvoice {
        deductions: last.deductions.clone(),
        ..issued(1, InvoiceKind::CreditNote, "2026-06-02", &[(SERVICE, 10_000, "10")])
    };
    books.credit(9, 2, &last, note, false);
    assert_eq!(books.last(), "VE 02/06: 411 C 6600 / 706 D 6000 / 445741 D 600");
    let reconciled = books.reconciled();
    assert!(reconciled.holds());
    assert_eq!(reconciled.class_70, 4_000);
}

#[test]
fn money_that_goes_back_takes_the_tax_with_it() {
    let mut books = Books::new();
    let invoice = issued(1, InvoiceKind::Standard, "2026-03-02", &[(SERVICE, 10_000, "20")]);
    books.issue(1, &invoice);
    books.receive(1, customer(1), 15_000, "2026-03-04", PaymentMethod::Cheque);
    books.allocate(1, 1, "2026-03-04", invoice.breakdown.clone());
    let refunded = PaymentEvent::PaymentRefunded {
        amount: 3_000,
        method: PaymentMethod::Transfer,
        on: day("2026-03-06"),
        reference: None,
    };
    books
        .on("2026-03-06")
        .happens(Happened::Payment(payment_id(1), &refunded));
    assert_eq!(books.last(), "BQ 06/03: 411 D 3000 / 512 C 3000");
    let withdrawn = InvoiceEvent::PaymentAllocationWithdrawn {
        payment: payment_id(1),
        amount: 12_000,
        breakdown: invoice.breakdown.clone(),
        cause: Withdrawal::Reversed,
        on: day("2026-03-09"),
    };
    let reversed = PaymentEvent::PaymentReversed {
        reason: "sans provision".to_owned(),
        on: day("2026-03-09"),
    };
    books.on("2026-03-09").invoice(1, &withdrawn);
    assert_eq!(books.last(), "OD 09/03: 445742 C 2000 / 445712 D 2000");
    books.happens(Happened::Payment(payment_id(1), &reversed));
    assert_eq!(books.last(), "BQ 09/03: 411 D 12000 / 5112 C 12000");
    assert_eq!(books.balances()["411000"], 12_000);
}

#[test]
fn what_is_given_up_takes_its_tax_from_where_it_is() {
    let mut books = Books::new();
    let invoice = issued(1, InvoiceKind::Standard, "2026-03-02", &[(SERVICE, 10_000, "20")]);
    books.issue(1, &invoice);
    books.receive(1, customer(1), 6_000, "2026-03-04", PaymentMethod::Transfer);
    books.allocate(1, 1, "2026-03-04", one_rate("20", 5_000, 1_000));
    let discount = InvoiceEvent::EarlyPaymentDiscountGranted {
        breakdown: one_rate("20", 1_000, 200),
        on: day("2026-03-05"),
    };
    books.on("2026-03-05").invoice(1, &discount);
    assert_eq!(books.last(), "OD 05/03: 411 C 1200 / 665 D 1000 / 445742 D 200");
    let written_off = InvoiceEvent::InvoiceWrittenOff {
        breakdown: one_rate("20", 4_000, 800),
        on: day("2026-09-01"),
        reason: "liquidation".to_owned(),
    };
    books.on("2026-09-01").invoice(1, &written_off);
    assert_eq!(books.last(), "OD 01/09: 411 C 4800 / 654 D 4000 / 445742 D 800");
    let goods = issued(2, InvoiceKind::Standard, "2026-09-02", &[(GOODS, 10_000, "20")]);
    books.issue(2, &goods);
    let written_off = InvoiceEvent::InvoiceWrittenOff {
        breakdown: goods.breakdown.clone(),
        on: day("2026-09-02"),
        reason: "liquidation".to_owned(),
    };
    books.invoice(2, &written_off);
    assert_eq!(books.last(), "OD 02/09: 411 C 12000 / 654 D 10000 / 445712 D 2000");
    assert_eq!(books.balances().get("411000"), None);
}

#[test]
fn late_interest_and_the_indemnity_are_outside_the_tax() {
    let mut books = Books::new();
    books.issue(
        1,
        &issued(1, InvoiceKind::Standard, "2026-03-02", &[(GOODS, 10_000, "20")]),
    );
    let claimed = InvoiceEvent::LateInterestClaimed {
        until: day("2026-05-01"),
        interest: 1_198,
        indemnity: 4_000,
        document: None,
    };
    books.on("2026-05-01").invoice(1, &claimed);
    assert_eq!(books.last(), "OD 01/05: 411 D 5198 / 7631 C 1198 / 758 C 4000");
}

#[test]
fn a_payment_of_another_customer_goes_from_account_to_account() {
    let mut books = Books::new();
    let invoice = issued(1, InvoiceKind::Standard, "2026-03-02", &[(GOODS, 10_000, "20")]);
    books.issue(1, &invoice);
    books.receive(1, customer(2), 12_000, "2026-03-04", PaymentMethod::Transfer);
    books.allocate(1, 1, "2026-03-04", invoice.breakdown.clone());
    assert_eq!(books.last(), "OD 04/03: 411 D 12000 / 411 C 12000");
    let codes: Vec<_> = books.entries[2]
        .lines
        .iter()
        .map(|line| line.auxiliary.clone().unwrap().code)
        .collect();
    assert_eq!(codes, ["C00002", "C00001"]);
    let fec = books.fec("2026-12-31");
    assert_eq!(fec.matches("\tAA\t20260304\t").count(), 4, "each account is settled");
}

#[test]
fn what_is_in_another_currency_is_told_and_not_booked() {
    let mut books = Books::new();
    let mut invoice = issued(1, InvoiceKind::Standard, "2026-03-02", &[(GOODS, 10_000, "20")]);
    invoice.content.currency = Currency::parse("currency", "USD").unwrap();
    books
        .issue(1, &invoice)
        .allocate(1, 1, "2026-03-04", invoice.breakdown.clone());
    let received = PaymentEvent::PaymentReceived {
        organization: customer(1),
        amount: Money::new(12_000, invoice.content.currency),
        method: PaymentMethod::Transfer,
        value_date: day("2026-03-04"),
        reference: None,
    };
    books
        .on("2026-03-04")
        .happens(Happened::Payment(payment_id(1), &received));
    assert_eq!(books.entries, []);
    let told: Vec<_> = books
        .unbooked
        .iter()
        .map(|one| (one.amount, one.currency.code()))
        .collect();
    assert_eq!(told, [(12_000, "USD"), (12_000, "USD")]);
}

#[test]
fn accounts_and_journals_are_those_of_the_chart_at_the_time() {
    let mut books = Books::new();
    let invoice = |number| issued(number, InvoiceKind::Standard, "2026-03-02", &[(GOODS, 10_000, "20")]);
    books.issue(1, &invoice(1));
    let mapped = AccountingEvent::AccountMapped {
        role: AccountRole::Goods,
        account: Account {
            number: "701000".to_owned(),
            label: "Produits finis".to_owned(),
        },
    };
    let named = AccountingEvent::JournalNamed {
        journal: Journal::Sales,
        name: JournalName {
            code: "VT".to_owned(),
            label: "Ventes".to_owned(),
        },
    };
    books
        .happens(Happened::Accounting(&mapped))
        .happens(Happened::Accounting(&named));
    books.issue(2, &invoice(2));
    assert!(books.shown()[0].starts_with("VE 02/03: 411 D 12000 / 707 C 10000"));
    assert!(books.shown()[1].starts_with("VT 02/03: 411 D 12000 / 701 C 10000"));
}

#[test]
fn customers_have_the_code_of_another_system_where_it_is_theirs_alone() {
    let mut books = Books::new();
    let registered = |name: &str, reference: &str| OrganizationEvent::OrganizationRegistered {
        name: name.to_owned(),
        siren: None,
        sector: None,
        country: None,
        country_name: None,
        employees: None,
        annual_revenue: None,
        founded_year: None,
        parent: None,
        kind: None,
        category: None,
        region: None,
        size: None,
        external_reference: Some(reference.to_owned()),
    };
    for (number, reference) in [
        (11, "acc-0042"),
        (12, "ACC-0042"),
        (13, "a code with blanks"),
        (14, "C00001"),
    ] {
        let event = registered("Martin", reference);
        books.happens(Happened::Organization(customer(number), &event));
    }
    for number in 11..=14 {
        let invoice = issued(
            number as u32,
            InvoiceKind::Standard,
            "2026-03-02",
            &[(GOODS, 10_000, "20")],
        );
        books.issue_to(number, customer(number), &invoice);
    }
    let codes: Vec<_> = books
        .entries
        .iter()
        .map(|entry| entry.lines[0].auxiliary.clone().unwrap().code)
        .collect();
    assert_eq!(codes, ["ACC-0042", "C00001", "C00002", "C00003"]);
}

#[test]
fn what_comes_after_a_lock_goes_to_the_first_open_day_and_keeps_the_day_of_its_piece() {
    let mut books = Books::new();
    let invoice = issued(1, InvoiceKind::Standard, "2026-11-20", &[(SERVICE, 10_000, "20")]);
    books.issue(1, &invoice);
    books.on("2027-01-10");
    books.receive(1, customer(1), 6_000, "2026-12-20", PaymentMethod::Transfer);
    let before = books.entries.last().unwrap();
    assert_eq!((before.on, before.closing), (day("2026-12-20"), day("2026-12-31")));
    books.lock("2026-12-31");
    books.receive(2, customer(1), 6_000, "2026-12-21", PaymentMethod::Transfer);
    let late = books.entries.last().unwrap();
    assert_eq!((late.on, late.closing), (day("2027-01-01"), day("2027-12-31")));
    assert_eq!((late.piece_date, late.valid_on), (day("2026-12-21"), day("2027-01-10")));
    assert_eq!(late.number, 1, "each year counts from one");
    books
        .lock("2026-06-30")
        .receive(3, customer(1), 1, "2026-12-22", PaymentMethod::Cash);
    assert_eq!(
        books.entries.last().unwrap().on,
        day("2027-01-01"),
        "a lock never goes back"
    );
}

#[test]
fn a_closed_year_is_exported_in_the_same_bytes_for_ever() {
    let mut books = Books::new();
    let paid = issued(1, InvoiceKind::Standard, "2026-10-01", &[(SERVICE, 10_000, "20")]);
    let open = issued(2, InvoiceKind::Standard, "2026-11-01", &[(SERVICE, 20_000, "20")]);
    books.issue(1, &paid).issue(2, &open);
    books.receive(1, customer(1), 12_000, "2026-11-05", PaymentMethod::Transfer);
    books.allocate(1, 1, "2026-11-05", paid.breakdown.clone());
    books.receive(2, customer(1), 10_000, "2026-12-30", PaymentMethod::Transfer);
    books.on("2027-01-15");
    let provisional = books.fec("2026-12-31");
    books.lock("2026-12-31");
    let closed = books.fec("2026-12-31");
    assert_eq!(closed, provisional);
    // A late matching of what lies inside, the rest of the payment, a bounced cheque, a rebate, another chart and name.
    books.allocate(2, 2, "2026-12-30", one_rate("20", 8_333, 1_667));
    books.receive(3, customer(1), 14_000, "2026-12-31", PaymentMethod::Transfer);
    books.allocate(2, 3, "2026-12-31", one_rate("20", 11_667, 2_333));
    let withdrawn = InvoiceEvent::PaymentAllocationWithdrawn {
        payment: payment_id(1),
        amount: 12_000,
        breakdown: paid.breakdown.clone(),
        cause: Withdrawal::Reversed,
        on: day("2026-12-15"),
    };
    let reversed = PaymentEvent::PaymentReversed {
        reason: "rejet".to_owned(),
        on: day("2026-12-15"),
    };
    books
        .invoice(1, &withdrawn)
        .happens(Happened::Payment(payment_id(1), &reversed));
    let rebate = issued(1, InvoiceKind::CreditNote, "2027-01-20", &[(SERVICE, 1_000, "20")]);
    books.credit(9, 1, &paid, rebate, true);
    let mapped = AccountingEvent::AccountMapped {
        role: AccountRole::Services,
        account: Account {
            number: "706100".to_owned(),
            label: "Poses".to_owned(),
        },
    };
    let renamed = OrganizationEvent::OrganizationRenamed {
        name: "Martin & Filles".to_owned(),
    };
    let shifted = CompanyEvent::CompanyFiscalYearEndSet {
        end: FiscalYearEnd { month: 6, day: 30 },
    };
    books.happens(Happened::Accounting(&mapped));
    books.happens(Happened::Organization(customer(1), &renamed));
    books.happens(Happened::Company(&shifted));
    books.issue(
        5,
        &issued(5, InvoiceKind::Standard, "2027-02-01", &[(SERVICE, 10_000, "20")]),
    );
    assert_eq!(books.fec("2026-12-31"), closed);
    assert!(
        closed.contains("\tAA\t20261105\t"),
        "what was settled by then bears its letter"
    );
}

/// What somebody does, of three invoices of each of three customers.
#[derive(Debug, Clone)]
struct Deed {
    kind: u8,
    of: usize,
    figure: i64,
    days: i64,
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let deed = (0_u8..16, 0_usize..9, 1_i64..1_000, 0_i64..40).prop_map(|(kind, of, figure, days)| Deed {
        kind,
        of,
        figure,
        days,
    });
    prop::collection::vec(deed, 1..40)
}

/// An invoice that the test keeps as its aggregate would.
struct Known {
    id: u128,
    organization: u128,
    issued: IssuedInvoice,
    /// What is claimed, and what is paid, by whom.
    claimed: VatBreakdown,
    paid: Vec<(u128, VatBreakdown)>,
    deducted: bool,
}

impl Known {
    fn open(&self) -> VatBreakdown {
        let open = self.claimed.without(self.paid.iter().map(|(_, paid)| paid));
        VatBreakdown::of(open.shares().iter().copied().filter(|share| share.gross() != 0))
    }
}

#[derive(Default)]
struct Story {
    invoices: Vec<Known>,
    payments: u128,
    credits: u32,
}

impl Story {
    fn tell(&mut self, books: &mut Books, deed: &Deed) {
        books.today = books.today + chrono::Days::new(deed.days.unsigned_abs() % 20);
        let today = books.today.to_string();
        let back = (books.today - chrono::Days::new(deed.days.unsigned_abs())).to_string();
        match deed.kind {
            0..=3 => self.sell(books, deed, &today),
            4 => self.finish(books, deed, &today),
            5..=8 => self.pay(books, deed, &back),
            9 | 10 => self.credit(books, deed, &today),
            11 => self.give_up(books, deed, true),
            12 => self.give_up(books, deed, false),
            13 => self.bounce(books, deed),
            14 => {
                books.lock(&back);
            }
            _ => self.claim(books, deed, &today),
        }
    }

    fn known(&self, deed: &Deed) -> Option<usize> {
        (!self.invoices.is_empty()).then(|| deed.of % self.invoices.len())
    }

    fn add(&mut self, books: &mut Books, organization: u128, issued: IssuedInvoice) {
        let id = self.invoices.len() as u128 + 1;
        books.issue_to(id, customer(organization), &issued);
        let claimed = issued
            .breakdown
            .without(issued.deductions.iter().map(|deduction| &deduction.breakdown));
        self.invoices.push(Known {
            id,
            organization,
            issued,
            claimed,
            paid: Vec::new(),
            deducted: false,
        });
    }

    fn sell(&mut self, books: &mut Books, deed: &Deed, today: &str) {
        let kind = match deed.kind {
            0 => InvoiceKind::Deposit,
            1 => InvoiceKind::Progress,
            _ => InvoiceKind::Standard,
        };
        let lines: [Sold; 3] = [
            (
                if deed.figure % 2 == 0 { GOODS } else { SERVICE },
                deed.figure * 37,
                "20",
            ),
            (SERVICE, deed.figure * 11 + 1, "20"),
            (
                GOODS,
                deed.figure * 7 + 3,
                if deed.figure % 3 == 0 { "5.5" } else { "10" },
            ),
        ];
        let mut issued = issued(self.invoices.len() as u32 + 1, kind, today, &lines);
        issued.seller = seller(deed.figure % 5 == 0);
        self.add(books, deed.of as u128 % 3 + 1, issued);
    }

    /// The whole of twice as much, less what was invoiced before.
    fn finish(&mut self, books: &mut Books, deed: &Deed, today: &str) {
        let Some(at) = self.known(deed) else { return };
        let before = &self.invoices[at];
        let part = matches!(before.issued.kind, InvoiceKind::Deposit | InvoiceKind::Progress);
        if !part || before.deducted || before.claimed != before.issued.breakdown {
            return;
        }
        let lines: Vec<Sold> = before
            .issued
            .content
            .lines()
            .map(|line| {
                let net = line.unit_price.as_decimal() * Decimal::from(200);
                let percent = line.treatment.rate.to_string();
                let percent = ["20", "10", "5.5"].into_iter().find(|known| *known == percent).unwrap();
                (line.taxation.nature, i64::try_from(net.trunc()).unwrap(), percent)
            })
            .collect();
        let deduction = Deduction {
            of: reference(before.id, &before.issued),
            breakdown: before.issued.breakdown.clone(),
        };
        let organization = before.organization;
        self.invoices[at].deducted = true;
        let last = IssuedInvoice {
            deductions: vec![deduction],
            ..issued(self.invoices.len() as u32 + 1, InvoiceKind::Final, today, &lines)
        };
        self.add(books, organization, last);
    }

    fn pay(&mut self, books: &mut Books, deed: &Deed, on: &str) {
        let Some(at) = self.known(deed) else { return };
        let open = self.invoices[at].open();
        let gross = open.gross();
        if gross <= 0 || open.shares().iter().any(|share| share.base < 0 || share.vat < 0) {
            return;
        }
        let amount = if deed.kind < 7 {
            gross
        } else {
            (gross * deed.figure / 1_000).max(1)
        };
        self.payments += 1;
        let payer = if deed.figure % 10 == 0 {
            3
        } else {
            self.invoices[at].organization
        };
        let over = if deed.figure % 4 == 0 { deed.figure } else { 0 };
        let method = PaymentMethod::ALL[deed.figure as usize % 6];
        books.receive(self.payments, customer(payer), amount + over, on, method);
        let part = Balance::new(&open, []).take_gross(amount).unwrap();
        books.allocate(self.invoices[at].id, self.payments, on, part.clone());
        let paid = (self.payments, part);
        self.invoices[at].paid.push(paid);
    }

    fn credit(&mut self, books: &mut Books, deed: &Deed, today: &str) {
        let Some(at) = self.known(deed) else { return };
        let known = &self.invoices[at];
        let left = known.claimed.clone();
        if known.deducted || left.gross() <= 0 || left.shares().iter().any(|share| share.base < 0 || share.vat < 0) {
            return;
        }
        let whole = deed.figure % 2 == 0;
        let (breakdown, deductions) = if whole {
            let deductions = known.issued.deductions.clone();
            let gone = deductions.iter().flat_map(|deduction| deduction.breakdown.shares());
            let whole = VatBreakdown::of(left.shares().iter().chain(gone).copied());
            (whole, deductions)
        } else {
            let part = Balance::new(&left, []).take_gross((left.gross() * deed.figure / 1_000).max(1));
            (part.unwrap(), Vec::new())
        };
        self.credits += 1;
        let kind = if known.issued.kind == InvoiceKind::Deposit {
            InvoiceKind::DepositCreditNote
        } else {
            InvoiceKind::CreditNote
        };
        let note = IssuedInvoice {
            content: known.issued.content.clone(),
            breakdown: breakdown.clone(),
            deductions: deductions.clone(),
            ..issued(self.credits, kind, today, &[(SERVICE, 1, "20")])
        };
        let (id, original) = (known.id, known.issued.clone());
        let organization = known.organization;
        let note = IssuedInvoice {
            corrects: Some(reference(id, &original)),
            ..note
        };
        let number = 1_000 + u128::from(self.credits);
        books.issue_to(number, customer(organization), &note);
        let taken_off = breakdown.without(deductions.iter().map(|deduction| &deduction.breakdown));
        let credited = InvoiceEvent::InvoiceCredited {
            by: reference(number, &note),
            breakdown: taken_off.clone(),
            lines: if whole { vec![(LineId(1), 1)] } else { Vec::new() },
        };
        books.invoice(id, &credited);
        self.invoices[at].claimed = left.without([&taken_off]);
        if whole {
            let paid = std::mem::take(&mut self.invoices[at].paid);
            for (payment, breakdown) in paid {
                Self::withdraw(books, id, payment, breakdown, Withdrawal::Credited);
            }
        }
    }

    fn withdraw(books: &mut Books, id: u128, payment: u128, breakdown: VatBreakdown, cause: Withdrawal) {
        let withdrawn = InvoiceEvent::PaymentAllocationWithdrawn {
            payment: payment_id(payment),
            amount: breakdown.gross(),
            breakdown,
            cause,
            on: books.today,
        };
        books.invoice(id, &withdrawn);
    }

    fn give_up(&mut self, books: &mut Books, deed: &Deed, all: bool) {
        let Some(at) = self.known(deed) else { return };
        let open = self.invoices[at].open();
        if open.gross() <= 0 || open.shares().iter().any(|share| share.base < 0 || share.vat < 0) {
            return;
        }
        let on = books.today;
        let breakdown = if all {
            open
        } else {
            Balance::new(&open, []).take_gross(open.gross() * 2 / 100).unwrap()
        };
        let event = if all {
            InvoiceEvent::InvoiceWrittenOff {
                breakdown: breakdown.clone(),
                on,
                reason: "liquidation".to_owned(),
            }
        } else {
            InvoiceEvent::EarlyPaymentDiscountGranted {
                breakdown: breakdown.clone(),
                on,
            }
        };
        books.invoice(self.invoices[at].id, &event);
        self.invoices[at].claimed = self.invoices[at].claimed.without([&breakdown]);
    }

    fn bounce(&mut self, books: &mut Books, deed: &Deed) {
        let Some(at) = self.known(deed) else { return };
        let id = self.invoices[at].id;
        let Some((payment, breakdown)) = self.invoices[at].paid.pop() else {
            return;
        };
        Self::withdraw(books, id, payment, breakdown, Withdrawal::Reversed);
        let reversed = PaymentEvent::PaymentReversed {
            reason: "rejet".to_owned(),
            on: books.today,
        };
        books.happens(Happened::Payment(payment_id(payment), &reversed));
    }

    fn claim(&mut self, books: &mut Books, deed: &Deed, today: &str) {
        let Some(at) = self.known(deed) else { return };
        let claimed = InvoiceEvent::LateInterestClaimed {
            until: day(today),
            interest: deed.figure,
            indemnity: if deed.figure % 2 == 0 { 4_000 } else { 0 },
            document: None,
        };
        books.invoice(self.invoices[at].id, &claimed);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever happens: entries are balanced, numbered without gap, in the order of their validation, outside what was
    /// locked; books and documents agree; nothing that is settled has tax pending; each year's file passes the check.
    #[test]
    fn books_are_right_whatever_happens(deeds in deeds()) {
        let mut books = Books::new();
        let mut story = Story::default();
        for deed in &deeds {
            let locked = books.ledger.locked_through();
            let before = books.entries.len();
            story.tell(&mut books, deed);
            for entry in &books.entries[before..] {
                prop_assert!(locked.is_none_or(|locked| entry.on > locked), "{:?}", entry);
            }
        }
        let mut numbers: BTreeMap<NaiveDate, u32> = BTreeMap::new();
        let mut valid_on = None;
        for entry in &books.entries {
            prop_assert_eq!(entry.lines.iter().map(|line| line.amount).sum::<i64>(), 0);
            prop_assert!(entry.lines.iter().all(|line| line.amount != 0));
            let number = numbers.entry(entry.closing).or_default();
            *number += 1;
            prop_assert_eq!(entry.number, *number);
            prop_assert!(valid_on <= Some(entry.valid_on));
            valid_on = Some(entry.valid_on);
        }
        let reconciled = books.reconciled();
        prop_assert_eq!((reconciled.revenue_difference(), reconciled.invoiced_difference()), (0, 0));
        for known in &story.invoices {
            let claim = books.ledger.claim(invoice_id(known.id));
            if known.open().shares().is_empty() {
                prop_assert_eq!(claim.pending(), 0, "{:?}", claim);
            }
        }
        for closing in numbers.keys() {
            books.fec(&closing.to_string());
        }
    }

    /// What is locked is exported in the same bytes, whatever happens afterwards.
    #[test]
    fn a_closed_year_stays_as_it_is(before in deeds(), after in deeds()) {
        let mut books = Books::new();
        let mut story = Story::default();
        for deed in &before {
            story.tell(&mut books, deed);
        }
        books.today = books.today.max(day("2027-01-05"));
        books.lock("2026-12-31");
        let closed = books.fec("2026-12-31");
        for deed in &after {
            story.tell(&mut books, deed);
        }
        prop_assert_eq!(books.fec("2026-12-31"), closed);
    }
}
