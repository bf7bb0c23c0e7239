//! How fast the sales part of a FEC is written: `cargo run --release -p projections --example books -- [INVOICES]`.
//!
//! Invoices that are issued, paid and matched, seven lines each, in a SQLite journal in a temporary folder; then the
//! views are built, and the file is written and checked.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::{DateTime, Days, NaiveDate, Utc};
use domain::{
    Country, Currency, Event, InvoiceId, Language, Money, OrganizationId, PaymentId, PostalAddress,
    accounting::fec::{self, FiscalYear},
    billing::{
        FiscalPosition, Nature, PaymentTerms, PriceBasis, Quantity, RateClass, SellerRegime, UnitPrice, VatRates,
    },
    company::{Appearance, BankAccount, FiscalYearEnd, LegalForm, LegalIdentity, Registration, VatRegime, VatScheme},
    document::{
        Buyer, InvoiceKind, Layout, LineId, NumberPattern, Seller, Series, Taxed, WishedContent, WishedLine, WishedRow,
    },
    invoice::{DraftInvoice, Invoice, InvoiceCommand, IssueInvoice},
    organization::OrganizationKind,
    payment::{Payment, PaymentCommand, PaymentMethod, ReceivePayment},
    product::Taxation,
};
use engine::{Codec, CommandBus, CommandContext, KeyRing, ManualClock, MasterKey, Views, ViewsOptions, ids::SeededIds};
use journal::OpenOptions;
use projections::accounting::reading;
use tokio::task::JoinSet;
use uuid::Uuid;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Customers that invoices go to in turn.
const CUSTOMERS: u128 = 500;
/// Invoices on their way at once.
const TOGETHER: u128 = 256;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let invoices: u128 = match std::env::args().nth(1) {
        Some(count) => count.parse()?,
        None => 14_300,
    };
    let folder = std::env::temp_dir().join(format!("alforis-books-{}", Uuid::new_v4().simple()));
    std::fs::create_dir_all(&folder)?;
    let measured = measure(invoices, &folder).await;
    std::fs::remove_dir_all(&folder)?;
    measured
}

async fn measure(invoices: u128, folder: &std::path::Path) -> Result<(), Failure> {
    let at = |file: &str| format!("sqlite:{}", folder.join(file).display());
    let options = OpenOptions {
        create: true,
        ..OpenOptions::default()
    };
    let journal = journal::open(&at("journal.db"), options).await?;
    let keys = KeyRing::open(journal.clone(), MasterKey::from_bytes([7; 32])).await?;
    let codec = Arc::new(Codec::new(projections::vocabulary(), keys));
    let noon: DateTime<Utc> = "2026-12-30T12:00:00Z".parse()?;
    let clock = Arc::new(ManualClock::new(noon));
    let ids = Arc::new(SeededIds::new(1));
    let bus = CommandBus::open(journal.clone(), codec.clone(), clock.clone(), ids).await?;

    let begun = Instant::now();
    let mut number = 0;
    while number < invoices {
        let mut batch = JoinSet::new();
        for _ in 0..TOGETHER.min(invoices - number) {
            batch.spawn(sell(bus.clone(), number));
            number += 1;
        }
        while let Some(done) = batch.join_next().await {
            done??;
        }
    }
    println!("{invoices} invoices, issued and paid: {:.1?}", begun.elapsed());

    let begun = Instant::now();
    let all = projections::all();
    let views = Views::open(
        &at("views.db"),
        journal.clone(),
        codec,
        all,
        clock,
        ViewsOptions::default(),
    )
    .await?;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let worker = tokio::spawn({
        let views = views.clone();
        async move {
            let until = async {
                let _ = stopped.await;
            };
            views.run(until).await
        }
    });
    let head = journal.head().await?.position;
    let handle = views.wait_for(head, Duration::from_mins(30)).await?;
    println!("{} events into all views: {:.1?}", head.0, begun.elapsed());

    let end = FiscalYearEnd { month: 12, day: 31 };
    let year = FiscalYear::closing_on(end, "2026-12-31".parse()?).ok_or("no such year")?;
    for _ in 0..3 {
        let begun = Instant::now();
        let file = reading::write_fec(&handle.connection, year, Vec::new()).await?;
        let written = begun.elapsed();
        let contents = fec::check(file.as_slice(), year).map_err(|faults| format!("{faults:?}"))?;
        let checked = begun.elapsed().saturating_sub(written);
        println!(
            "{} lines, {} entries, {} bytes: written in {written:.2?}, checked in {checked:.2?}",
            contents.lines,
            contents.entries,
            file.len()
        );
    }
    let begun = Instant::now();
    let reconciliation = reading::reconciliation(&handle.connection, year.into()).await?;
    println!(
        "reconciliation, which holds: {}: {:.2?}",
        reconciliation.holds(),
        begun.elapsed()
    );
    drop(stop);
    worker.await??;
    Ok(())
}

async fn sell(bus: Arc<CommandBus<Event>>, number: u128) -> Result<(), Failure> {
    let first: NaiveDate = "2026-01-05".parse()?;
    let on = first + Days::new((number / 45) as u64 % 350);
    let organization = OrganizationId(Uuid::from_u128(0xc0_0000_0000 + number % CUSTOMERS));
    let (invoice, payment) = (
        Uuid::from_u128(0xf0_0000_0000 + number),
        Uuid::from_u128(0xa0_0000_0000 + number),
    );
    let context = || CommandContext::new("example", Uuid::new_v4(), "user:example");
    let position = FiscalPosition {
        regime: SellerRegime::Taxed,
        seller: Country::FRANCE,
        buyer_kind: OrganizationKind::Professional,
        buyer: Country::FRANCE,
        buyer_vat_number: None,
        delivery: None,
        construction_subcontract: false,
        tax_point: on,
        rates: VatRates::default(),
    };
    let content = content(number)?;
    let draft = DraftInvoice {
        kind: InvoiceKind::Standard,
        organization,
        deal: None,
        source: None,
        deducts: Vec::new(),
        content,
        taxed: Taxed {
            position: position.clone(),
            next_line: LineId(100),
        },
    };
    bus.execute::<Invoice>(&context(), invoice, InvoiceCommand::Draft(Box::new(draft)))
        .await?;
    let issue = IssueInvoice {
        number: NumberPattern::of(Series::Invoice).number(2026, number as u32 + 1),
        issued_on: on,
        closing: "2026-12-31".parse()?,
        seller: Some(seller()?),
        buyer: buyer(organization)?,
        position,
        deductions: Vec::new(),
        quote_number: None,
        late_interest_rate: None,
        electronic_invoicing_from: None,
        limit: None,
    };
    bus.execute::<Invoice>(&context(), invoice, InvoiceCommand::Issue(Box::new(issue)))
        .await?;
    let (loaded, _) = bus.load::<Invoice>(invoice).await?.ok_or("no invoice")?;
    let amount = Money::new(loaded.due(), Currency::EUR);
    let receive = ReceivePayment {
        organization,
        amount,
        method: PaymentMethod::Transfer,
        value_date: on + Days::new(9),
        today: "2026-12-30".parse()?,
        reference: None,
    };
    bus.execute::<Payment>(&context(), payment, PaymentCommand::Receive(receive))
        .await?;
    let apply = PaymentCommand::Apply {
        invoice: InvoiceId(invoice),
        amount: amount.minor_units,
    };
    bus.execute::<Payment>(&context(), payment, apply).await?;
    let allocate = InvoiceCommand::AllocatePayment {
        payment: PaymentId(payment),
        amount,
        value_date: on + Days::new(9),
    };
    bus.execute::<Invoice>(&context(), invoice, allocate).await?;
    Ok(())
}

fn content(number: u128) -> Result<WishedContent, Failure> {
    let line = WishedLine {
        id: None,
        product: None,
        name: "Pose de panneaux".to_owned(),
        details: None,
        unit: "heure".to_owned(),
        quantity: Quantity::ONE,
        unit_price: UnitPrice::new("unitPrice", (100 + number as u32 % 9_973).into())?,
        discount: None,
        period: None,
        optional: false,
        taxation: Taxation {
            nature: Nature::Services,
            rate_class: RateClass::Normal,
            exemption: None,
        },
    };
    Ok(WishedContent {
        subject: None,
        rows: vec![WishedRow::Line(Box::new(line))],
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
    })
}

fn address() -> PostalAddress {
    PostalAddress {
        lines: vec!["4 rue des Clercs".to_owned()],
        postcode: Some("57000".to_owned()),
        city: "Metz".to_owned(),
        country: Country::FRANCE,
    }
}

fn seller() -> Result<Box<Seller>, Failure> {
    Ok(Box::new(Seller {
        identity: LegalIdentity {
            name: "Solaire de Lorraine".to_owned(),
            form: LegalForm::Sas,
            share_capital: Some(Money::new(5_000_000, Currency::EUR)),
            siren: "732829320".parse()?,
            siret: None,
            registration: Some(Registration {
                city: "Metz".to_owned(),
            }),
            vat_number: Some("FR44732829320".parse()?),
            address: address(),
            email: None,
            phone: None,
        },
        vat_scheme: VatScheme {
            regime: VatRegime::Monthly,
            on_debits: false,
        },
        bank_account: Some(BankAccount {
            iban: "FR7630006000011234567890189".parse()?,
            bic: None,
        }),
        appearance: Appearance::default(),
    }))
}

fn buyer(organization: OrganizationId) -> Result<Box<Buyer>, Failure> {
    Ok(Box::new(Buyer {
        organization,
        name: "Acme".to_owned(),
        kind: OrganizationKind::Professional,
        siren: Some("552100554".parse()?),
        siret: None,
        vat_number: None,
        address: address(),
        delivery_address: None,
        contact: None,
        email: None,
    }))
}
