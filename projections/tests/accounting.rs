//! The books against the aggregates that they follow: whatever invoices and payments decide, entries say the same.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use domain::{
    Accounting as Books, AccountingCommand, AccountingEvent, Country, Currency, Decider, Event, InvoiceId, Language,
    Money, OrganizationCommand, OrganizationEvent, OrganizationId, PaymentId, PostalAddress,
    accounting::{
        Reconciliation,
        fec::{self, FiscalYear},
    },
    accounting_period::ACCOUNTING,
    billing::{
        FiscalPosition, Nature, PaymentTerms, Percentage, PriceBasis, Quantity, RateClass, SellerRegime, UnitPrice,
        VatRates,
    },
    company::{Appearance, BankAccount, FiscalYearEnd, LegalForm, LegalIdentity, Registration, VatRegime, VatScheme},
    document::{
        Buyer, Deduction, InvoiceKind, Layout, LineId, NumberPattern, Seller, Series, Taxed, WishedContent, WishedLine,
        WishedRow,
    },
    invoice::{
        CreditWish, CreditedPart, DraftInvoice, Invoice, InvoiceCommand, InvoiceEvent, InvoiceState, IssueCredit,
        IssueInvoice, Withdrawal,
    },
    organization::{Organization, OrganizationKind, Profile},
    payment::{Payment, PaymentCommand, PaymentEvent, PaymentMethod, PaymentState, ReceivePayment},
    product::Taxation,
};
use engine::projection::spec::Spec;
use projections::accounting::{
    Accounting, documents, entries, lines,
    reading::{self, EntryFilter, Span},
    unbooked,
};
use proptest::{collection::vec, prelude::*};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::{
    live::Live,
    place::{Place, on_both},
    world::{World, noon},
};

on_both!(books_are_read_from_the_views);

const CUSTOMERS: u128 = 3;

pub(crate) fn customer(number: u128) -> OrganizationId {
    OrganizationId(Uuid::from_u128(0xc0_0000 + number % CUSTOMERS))
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
            share_capital: Some(Money::new(5_000_000, Currency::EUR)),
            siren: "732829320".parse().unwrap(),
            siret: None,
            registration: Some(Registration {
                city: "Metz".to_owned(),
            }),
            vat_number: Some("FR44732829320".parse().unwrap()),
            address: address(),
            email: None,
            phone: None,
        },
        vat_scheme: VatScheme {
            regime: VatRegime::Monthly,
            on_debits,
        },
        bank_account: Some(BankAccount {
            iban: "FR7630006000011234567890189".parse().unwrap(),
            bic: None,
        }),
        appearance: Appearance::default(),
    })
}

fn buyer(organization: OrganizationId) -> Box<Buyer> {
    Box::new(Buyer {
        organization,
        name: "Acme".to_owned(),
        kind: OrganizationKind::Professional,
        siren: Some("552100554".parse().unwrap()),
        siret: None,
        vat_number: None,
        address: address(),
        delivery_address: None,
        contact: None,
        email: None,
    })
}

fn position(tax_point: NaiveDate) -> FiscalPosition {
    FiscalPosition {
        regime: SellerRegime::Taxed,
        seller: Country::FRANCE,
        buyer_kind: OrganizationKind::Professional,
        buyer: Country::FRANCE,
        buyer_vat_number: None,
        delivery: None,
        construction_subcontract: false,
        tax_point,
        rates: VatRates::default(),
    }
}

fn content(figure: i64, times: i64) -> WishedContent {
    let natures = [Nature::Goods, Nature::Services];
    let classes = [RateClass::Normal, RateClass::Intermediate, RateClass::Reduced];
    let lines = (0..=figure % 3).map(|at| {
        let cents = (figure * 37 + at * 1_111 + 1) * times;
        WishedRow::Line(Box::new(WishedLine {
            id: Some(LineId(at as u32 + 1)),
            product: None,
            name: format!("Pose {at}"),
            details: None,
            unit: "u".to_owned(),
            quantity: Quantity::ONE,
            unit_price: UnitPrice::new("unitPrice", Decimal::new(cents, 2)).unwrap(),
            discount: None,
            period: None,
            optional: false,
            taxation: Taxation {
                nature: natures[((figure + at) % 2) as usize],
                rate_class: classes[((figure / 7 + at / 2) % 3) as usize],
                exemption: None,
            },
        }))
    });
    WishedContent {
        subject: None,
        rows: lines.collect(),
        price_basis: PriceBasis::Net,
        discount: None,
        currency: Currency::EUR,
        payment_terms: PaymentTerms::Net { days: 30 },
        early_payment_discount: Some(Percentage::new("percent", 2.into()).unwrap()),
        notes: None,
        conditions: None,
        purchase_order: None,
        period: None,
        language: Language::French,
        layout: Layout::Classic,
    }
}

/// A small company that invoices and is paid, by the rules of the aggregates.
#[derive(Clone)]
pub(crate) struct House {
    pub(crate) invoices: BTreeMap<u128, InvoiceState>,
    pub(crate) payments: BTreeMap<u128, PaymentState>,
    /// Which figure the content of an invoice was made of.
    figures: BTreeMap<u128, i64>,
    pub(crate) now: DateTime<Utc>,
    pub(crate) history: Vec<(&'static str, Uuid, DateTime<Utc>, Event)>,
    numbers: u32,
}

fn invoice_id(number: u128) -> InvoiceId {
    InvoiceId(Uuid::from_u128(0xf0_0000 + number))
}

fn payment_id(number: u128) -> PaymentId {
    PaymentId(Uuid::from_u128(0xa0_0000 + number))
}

fn number_of(id: InvoiceId) -> u128 {
    id.0.as_u128() - 0xf0_0000
}

impl House {
    pub(crate) fn new() -> Self {
        let start: NaiveDate = "2026-01-05".parse().unwrap();
        let mut house = Self {
            invoices: BTreeMap::new(),
            payments: BTreeMap::new(),
            figures: BTreeMap::new(),
            now: start.and_time(NaiveTime::MIN).and_utc() + TimeDelta::hours(10),
            history: Vec::new(),
            numbers: 0,
        };
        for number in 0..CUSTOMERS {
            let renamed = OrganizationEvent::OrganizationRenamed {
                name: format!("Client {number}"),
            };
            house.happens("organization", customer(number).0, renamed);
        }
        house
    }

    pub(crate) fn today(&self) -> NaiveDate {
        self.now.date_naive()
    }

    fn happens(&mut self, category: &'static str, id: Uuid, event: impl Into<Event>) {
        self.history.push((category, id, self.now, event.into()));
    }

    /// `None`: it was refused, and nothing changed.
    fn invoice(&mut self, number: u128, command: InvoiceCommand) -> Option<Vec<InvoiceEvent>> {
        let state = self.invoices.entry(number).or_default();
        let events = state.decide(command).ok()?;
        for event in &events {
            state.evolve(event);
        }
        for event in &events {
            self.happens("invoice", invoice_id(number).0, event.clone());
        }
        Some(events)
    }

    fn payment(&mut self, number: u128, command: PaymentCommand) -> Option<()> {
        let state = self.payments.entry(number).or_default();
        let events = state.decide(command).ok()?;
        for event in &events {
            state.evolve(event);
        }
        for event in events {
            self.happens("payment", payment_id(number).0, event);
        }
        Some(())
    }

    /// All of it or nothing.
    fn together(&mut self, deeds: impl FnOnce(&mut Self) -> Option<()>) {
        let before = self.clone();
        if deeds(self).is_none() {
            *self = before;
        }
    }

    fn number(&mut self) -> u32 {
        self.numbers += 1;
        self.numbers
    }

    pub(crate) fn issue(&mut self, kind: InvoiceKind, figure: i64, times: i64, deducts: &[u128]) -> Option<()> {
        let number = self.invoices.len() as u128 + 1;
        let sequence = self.number();
        let organization = match deducts.first() {
            Some(before) => self.invoices[before].organization()?,
            None => customer(figure as u128),
        };
        let today = self.today();
        let deductions = deducts.iter().map(|before| {
            let state = &self.invoices[before];
            Some(Deduction {
                of: state.reference(invoice_id(*before))?,
                breakdown: state.left(),
            })
        });
        let deductions = deductions.collect::<Option<Vec<_>>>()?;
        let draft = DraftInvoice {
            kind,
            organization,
            deal: None,
            source: None,
            deducts: deducts.iter().map(|before| invoice_id(*before)).collect(),
            content: content(figure, times),
            taxed: Taxed {
                position: position(today),
                next_line: LineId(100),
            },
        };
        self.invoice(number, InvoiceCommand::Draft(Box::new(draft)))?;
        let issue = IssueInvoice {
            number: NumberPattern::of(Series::Invoice).number(2026, sequence),
            issued_on: today,
            closing: "2026-12-31".parse().unwrap(),
            seller: Some(seller(figure % 5 == 0)),
            buyer: buyer(organization),
            position: position(today),
            deductions,
            quote_number: None,
            late_interest_rate: None,
            electronic_invoicing_from: None,
            limit: None,
        };
        self.invoice(number, InvoiceCommand::Issue(Box::new(issue)))?;
        for before in deducts {
            let by = invoice_id(number);
            self.invoice(*before, InvoiceCommand::DeductDeposit { by })?;
        }
        self.figures.insert(number, figure);
        Some(())
    }

    fn pay(&mut self, of: u128, figure: i64) -> Option<()> {
        let open = self.invoices.get(&of)?.remaining();
        let amount = if figure % 2 == 0 {
            open
        } else {
            (open * figure / 1_000).max(1)
        };
        let number = self.payments.len() as u128 + 1;
        let value_date = self.today() - TimeDelta::days(figure % 20);
        let over = if figure % 3 == 0 { figure } else { 0 };
        let from = match figure % 11 {
            0 => customer(figure as u128),
            _ => self.invoices[&of].organization()?,
        };
        let receive = ReceivePayment {
            organization: from,
            amount: Money::new(amount + over, Currency::EUR),
            method: PaymentMethod::ALL[figure as usize % 6],
            value_date,
            today: self.today(),
            reference: None,
        };
        self.payment(number, PaymentCommand::Receive(receive))?;
        self.apply(number, of, amount)
    }

    /// Money that came today, on an invoice of the same customer.
    pub(crate) fn receive(&mut self, payment: u128, of: u128, amount: i64) {
        let receive = ReceivePayment {
            organization: self.invoices[&of].organization().unwrap(),
            amount: Money::new(amount, Currency::EUR),
            method: PaymentMethod::Transfer,
            value_date: self.today(),
            today: self.today(),
            reference: None,
        };
        self.payment(payment, PaymentCommand::Receive(receive)).unwrap();
        self.apply(payment, of, amount).unwrap();
    }

    fn apply(&mut self, payment: u128, of: u128, amount: i64) -> Option<()> {
        let value_date = self.payments.get(&payment)?.value_date()?;
        self.payment(
            payment,
            PaymentCommand::Apply {
                invoice: invoice_id(of),
                amount,
            },
        )?;
        let allocate = InvoiceCommand::AllocatePayment {
            payment: payment_id(payment),
            amount: Money::new(amount, Currency::EUR),
            value_date,
        };
        self.invoice(of, allocate).map(|_| ())
    }

    fn apply_rest(&mut self, payment: u128, of: u128) -> Option<()> {
        let unapplied = self.payments.get(&payment)?.unapplied();
        let open = self.invoices.get(&of)?.remaining();
        self.apply(payment, of, unapplied.min(open))
    }

    fn refund(&mut self, payment: u128) -> Option<()> {
        let refund = PaymentCommand::Refund {
            amount: self.payments.get(&payment)?.unapplied(),
            method: PaymentMethod::Transfer,
            on: self.today(),
            reference: None,
        };
        self.payment(payment, refund)
    }

    pub(crate) fn reverse(&mut self, payment: u128) -> Option<()> {
        let on = self.today();
        for (invoice, amount) in self.payments.get(&payment)?.applied().to_vec() {
            let withdraw = InvoiceCommand::WithdrawAllocation {
                payment: payment_id(payment),
                amount,
                cause: Withdrawal::Reversed,
                on,
            };
            self.invoice(number_of(invoice), withdraw)?;
        }
        let reason = "sans provision".to_owned();
        self.payment(payment, PaymentCommand::Reverse { reason, on })
    }

    fn credit(&mut self, of: u128, figure: i64) -> Option<()> {
        let state = self.invoices.get(&of)?.clone();
        let left = state.creditable().gross();
        let wish = match figure % 3 {
            0 => CreditWish::Whole,
            1 => CreditWish::Amount((left * figure / 1_000).max(1)),
            _ => CreditWish::Lines(vec![(LineId(1), CreditedPart::Whole)]),
        };
        let plan = Box::new(state.credit(invoice_id(of), &wish).ok()?);
        let number = self.invoices.len() as u128 + 1;
        let sequence = self.number();
        let today = self.today();
        let organization = state.organization()?;
        let frees = plan.frees.clone();
        let issue = IssueCredit {
            number: NumberPattern::of(Series::CreditNote).number(2026, sequence),
            issued_on: today,
            closing: "2026-12-31".parse().unwrap(),
            organization,
            deal: None,
            source: None,
            seller: Some(seller(false)),
            buyer: buyer(organization),
            plan,
            reason: "Erreur".to_owned(),
            electronic_invoicing_from: None,
        };
        let mut credited = self.clone();
        credited.invoice(number, InvoiceCommand::IssueCredit(Box::new(issue.clone())))?;
        let by = credited.invoices[&number].reference(invoice_id(number))?;
        let credit = InvoiceCommand::Credit { by, wish, on: today };
        // Either may speak first.
        let events = if figure % 2 == 0 {
            self.invoice(number, InvoiceCommand::IssueCredit(Box::new(issue)))?;
            self.invoice(of, credit)?
        } else {
            let events = self.invoice(of, credit)?;
            self.invoice(number, InvoiceCommand::IssueCredit(Box::new(issue)))?;
            events
        };
        for event in events {
            if let InvoiceEvent::PaymentAllocationWithdrawn { payment, amount, .. } = event
                && amount > 0
            {
                let payment = payment.0.as_u128() - 0xa0_0000;
                let invoice = invoice_id(of);
                self.payment(payment, PaymentCommand::Unapply { invoice, amount })?;
            }
        }
        for deposit in frees {
            let by = invoice_id(of);
            self.invoice(number_of(deposit), InvoiceCommand::FreeDeposit { by })?;
        }
        Some(())
    }

    pub(crate) fn does(&mut self, deed: &Deed) {
        self.now += TimeDelta::days(deed.days);
        let (figure, on) = (deed.figure, self.today());
        let of = deed.of % (self.invoices.len() as u128).max(1) + 1;
        let payment = deed.of % (self.payments.len() as u128).max(1) + 1;
        self.together(|house| match deed.kind {
            0 | 1 => house.issue(InvoiceKind::Standard, figure, 1, &[]),
            2 => house.issue(InvoiceKind::Deposit, figure, 1, &[]),
            3 => house.issue(InvoiceKind::Progress, figure, 1, &[]),
            4 | 5 => {
                let figure = *house.figures.get(&of)?;
                house.issue(InvoiceKind::Final, figure, 3, &[of])
            }
            6..=9 => house.pay(of, figure),
            10 => house.apply_rest(payment, of),
            11 => house.refund(payment),
            12 => house.reverse(payment),
            13..=15 => house.credit(of, figure),
            16 => house
                .invoice(of, InvoiceCommand::GrantEarlyPaymentDiscount { on })
                .map(|_| ()),
            17 => {
                let reason = "liquidation".to_owned();
                house.invoice(of, InvoiceCommand::WriteOff { on, reason }).map(|_| ())
            }
            _ => {
                let through = on - TimeDelta::days(figure % 60 + 1);
                house.happens("accounting", ACCOUNTING, AccountingEvent::PeriodLocked { through });
                Some(())
            }
        });
    }

    pub(crate) fn spec(&self) -> Spec<Event> {
        let mut spec = Spec::of(Accounting);
        for (category, id, time, event) in &self.history {
            spec = spec.given_at(category, *id, *time, event.clone());
        }
        spec
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Deed {
    kind: u8,
    of: u128,
    figure: i64,
    days: i64,
}

pub(crate) fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let deed = (0_u8..19, 0_u128..40, 1_i64..1_000, 0_i64..9).prop_map(|(kind, of, figure, days)| Deed {
        kind,
        of,
        figure,
        days,
    });
    vec(deed, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_books_say_what_invoices_and_payments_know(deeds in deeds()) {
        let mut house = House::new();
        for deed in &deeds {
            house.does(deed);
        }
        let spec = house.spec();
        let (entries, lines) = (spec.rows::<entries::Entity>(), spec.rows::<lines::Entity>());
        let mut numbers: BTreeMap<&str, i32> = BTreeMap::new();
        for entry in &entries {
            let number = numbers.entry(&entry.closing).or_default();
            *number += 1;
            prop_assert_eq!(entry.number, *number);
            let of_entry = lines.iter().filter(|line| line.position == entry.position);
            prop_assert_eq!(of_entry.map(|line| line.amount_minor).sum::<i64>(), 0);
        }
        // What customers owe less what they have with us is what is left of invoices less what is on none of them.
        let on = |account: &str| -> i64 {
            let of_account = lines.iter().filter(|line| line.account.starts_with(account));
            of_account.map(|line| line.amount_minor).sum()
        };
        let owed: i64 = house.invoices.values().map(InvoiceState::remaining).sum();
        let advanced: i64 = house.payments.values().map(PaymentState::unapplied).sum();
        prop_assert_eq!(on("411"), owed - advanced);
        // Tax is pending for what is not paid and for nothing else.
        let unpaid: i64 = house.invoices.values().map(|invoice| invoice.open().vat().max(0)).sum();
        prop_assert!(-on("44574") >= 0 && -on("44574") <= unpaid, "{} of {}", -on("44574"), unpaid);
        let documents = spec.rows::<documents::Entity>();
        let mut reconciliation = Reconciliation::default();
        for line in &lines {
            let journal = domain::accounting::Journal::ALL.into_iter().find(|known| known.as_str() == line.journal);
            reconciliation.line(journal.unwrap(), &line.account, line.amount_minor);
        }
        for document in &documents {
            reconciliation.revenue += document.revenue_minor;
            reconciliation.invoiced += document.invoiced_minor;
        }
        prop_assert_eq!((reconciliation.revenue_difference(), reconciliation.invoiced_difference()), (0, 0));
        let issued = house.invoices.values().filter(|invoice| invoice.invoice().is_some()).count();
        prop_assert_eq!(documents.len(), issued);
    }
}

async fn books_are_read_from_the_views(place: Place) {
    let world = World::at(place).await;
    let register = OrganizationCommand::Register {
        name: "Ateliers Martin".to_owned(),
        siren: None,
        profile: Profile::default(),
        external_reference: Some("ACC-0042".to_owned()),
    };
    world.execute::<Organization>(customer(0).0, register).await;
    let mut house = House::new();
    house.now = noon();
    let today = house.today();
    house.issue(InvoiceKind::Standard, 300, 1, &[]).unwrap();
    let state = &house.invoices[&1];
    let draft = DraftInvoice {
        kind: InvoiceKind::Standard,
        organization: customer(0),
        deal: None,
        source: None,
        deducts: Vec::new(),
        content: content(300, 1),
        taxed: Taxed {
            position: position(today),
            next_line: LineId(100),
        },
    };
    let issue = IssueInvoice {
        number: state.number().unwrap().clone(),
        issued_on: today,
        closing: "2026-12-31".parse().unwrap(),
        seller: Some(seller(false)),
        buyer: buyer(customer(0)),
        position: position(today),
        deductions: Vec::new(),
        quote_number: None,
        late_interest_rate: None,
        electronic_invoicing_from: None,
        limit: None,
    };
    let due = state.due();
    let id = invoice_id(1).0;
    world
        .execute::<Invoice>(id, InvoiceCommand::Draft(Box::new(draft)))
        .await;
    world
        .execute::<Invoice>(id, InvoiceCommand::Issue(Box::new(issue)))
        .await;
    let receive = ReceivePayment {
        organization: customer(0),
        amount: Money::new(due, Currency::EUR),
        method: PaymentMethod::Cheque,
        value_date: today,
        today,
        reference: Some("CHQ|12".to_owned()),
    };
    world
        .execute::<Payment>(payment_id(1).0, PaymentCommand::Receive(receive))
        .await;
    let allocate = InvoiceCommand::AllocatePayment {
        payment: payment_id(1),
        amount: Money::new(due, Currency::EUR),
        value_date: today,
    };
    world.execute::<Invoice>(id, allocate).await;
    let live = Live::start(&world).await;
    let views = live.at_head(&world).await;
    let connection = &views.connection;
    let year = FiscalYear::closing_on(FiscalYearEnd { month: 12, day: 31 }, "2026-12-31".parse().unwrap()).unwrap();
    let file = reading::write_fec(connection, year, Vec::new()).await.unwrap();
    let contents = fec::check(file.as_slice(), year).unwrap();
    assert!(contents.entries >= 2);
    let text = String::from_utf8(file).unwrap();
    assert_eq!(text.matches("\tACC-0042\tAteliers Martin\t").count(), 2);
    assert_eq!(text.matches("\tAA\t").count(), 2);
    let reconciliation = reading::reconciliation(connection, Span::from(year)).await.unwrap();
    assert!(reconciliation.holds());
    assert_eq!(
        reconciliation.revenue,
        house.invoices[&1].invoice().unwrap().breakdown.net()
    );
    let of_customer = EntryFilter {
        auxiliary: Some("ACC-0042".to_owned()),
        account: Some("411".to_owned()),
        ..EntryFilter::default()
    };
    let found = reading::entries(connection, &of_customer, None, 10).await.unwrap();
    assert_eq!(found.len(), 2);
    let rest = reading::entries(connection, &of_customer, Some(found[0].entry.position), 10)
        .await
        .unwrap();
    assert_eq!(rest, found[1..]);
    let journals = reading::journals(connection, year.closing).await.unwrap();
    assert!(journals.contains(&("VE".to_owned(), "Ventes".to_owned())));
    assert_eq!(reading::not_booked(connection, Span::from(year)).await.unwrap(), []);
    let lock = AccountingCommand::LockPeriod { through: today, today };
    world.execute::<Books>(ACCOUNTING, lock).await;
    let views = live.at_head(&world).await;
    let again = reading::write_fec(&views.connection, year, Vec::new()).await.unwrap();
    assert_eq!(String::from_utf8(again).unwrap(), text);
    live.stop().await;
}

#[test]
fn what_is_in_another_currency_is_in_no_book() {
    let received = PaymentEvent::PaymentReceived {
        organization: customer(0),
        amount: Money::new(12_000, Currency::parse("currency", "USD").unwrap()),
        method: PaymentMethod::Transfer,
        value_date: "2026-03-02".parse().unwrap(),
        reference: Some("WIRE 1".to_owned()),
    };
    let time = "2026-03-02T23:30:00Z".parse().unwrap();
    let spec = Spec::of(Accounting).given_at("payment", payment_id(1).0, time, received);
    assert_eq!(spec.rows::<entries::Entity>(), []);
    let rows = spec.rows::<unbooked::Entity>();
    assert_eq!((rows[0].amount_minor, rows[0].currency.as_str()), (12_000, "USD"));
}
