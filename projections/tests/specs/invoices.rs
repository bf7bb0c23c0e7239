//! Invoices and payments. Their events are the golden ones: what each may look like in a journal.

use domain::{
    Decider, Event, InvoiceEvent, PersonEvent, PersonId,
    invoice::{InvoiceState, Source},
    person::ErasureGround,
};
use engine::projection::spec::Spec;
use projections::{
    invoices::{self, Invoices, payments},
    payments::{self as money, Payments},
};
use uuid::Uuid;

use super::{ONE, march};

/// An event as it lies in a journal.
fn golden(category: &str, name: &str) -> Event {
    let path = format!(
        "{}/../fixtures/events/{category}/{name}.json",
        env!("CARGO_MANIFEST_DIR")
    );
    Event::decode(category, &std::fs::read(path).unwrap()).unwrap()
}

fn given(names: &[&str]) -> (Spec<Event>, InvoiceState) {
    let mut state = InvoiceState::default();
    let mut spec = Spec::of(Invoices).by("user:00000000-0000-0000-0000-000000000005");
    for name in names {
        let event = golden("invoice", name);
        if let Event::Invoice(event) = &event {
            state.evolve(event);
        }
        spec = spec.given("invoice", ONE, event);
    }
    (spec, state)
}

fn only(spec: &Spec<Event>) -> invoices::Model {
    let mut rows = spec.rows::<invoices::Entity>();
    assert_eq!(rows.len(), 1);
    rows.remove(0)
}

/// Of the row, in the order of the aggregate's own words.
fn sums(row: &invoices::Model) -> [i64; 7] {
    [
        row.due,
        row.paid,
        row.credited,
        row.discounted,
        row.written_off,
        row.remaining,
        row.deducted,
    ]
}

fn sums_of(state: &InvoiceState) -> [i64; 7] {
    [
        state.due(),
        state.paid(),
        state.credited(),
        state.discounted(),
        state.written_off(),
        state.remaining(),
        state.invoice().map_or(0, domain::document::IssuedInvoice::deducted),
    ]
}

#[test]
fn a_draft_has_no_number_and_asks_for_nothing() {
    let (spec, state) = given(&["InvoiceDrafted.v1", "InvoiceContentChanged.v1"]);
    let row = only(&spec);
    assert_eq!(
        (row.status.as_str(), &row.number, row.due, row.remaining),
        ("DRAFT", &None, 0, 0)
    );
    assert_eq!(row.author_id, Some(Uuid::from_u128(5)));
    let source = match state.source() {
        Some(Source::Quote { quote, .. }) => Some(quote.0),
        _ => None,
    };
    assert_eq!(
        (row.quote_id, row.organization_id),
        (source, state.organization().unwrap().0)
    );
    assert_eq!(row.gross, invoices::breakdown(&state).unwrap().gross());
    let (spec, _) = given(&["InvoiceDrafted.v1", "InvoiceDiscarded.v1"]);
    assert_eq!(only(&spec).status, "DISCARDED");
}

const LIFE: [&str; 17] = [
    "InvoiceDrafted.v1",
    "InvoiceIssued.v1",
    "InvoiceDocumentsFiled.v1",
    "InvoiceSent.v1",
    "PaymentAllocated.v1",
    "PaymentAllocationWithdrawn.v1.corrected",
    "InvoiceCredited.v1.amount",
    "EarlyPaymentDiscountGranted.v1",
    "InvoiceWrittenOff.v1",
    "InvoiceReminded.v1",
    "InvoiceDisputed.v1",
    "DisputeSettled.v1",
    "PaymentPromised.v1",
    "RemindersHeld.v1",
    "LateInterestClaimed.v1",
    "InvoiceSubmitted.v1",
    "PlatformStatusReceived.v1",
];

#[test]
fn a_row_says_what_the_aggregate_says() {
    for until in 2..=LIFE.len() {
        let (spec, state) = given(&LIFE[..until]);
        let row = only(&spec);
        assert_eq!(sums(&row), sums_of(&state), "after {}", LIFE[until - 1]);
        assert_eq!(
            Some(row.status.as_str()),
            state.status().map(domain::invoice::InvoiceStatus::as_str)
        );
        assert_eq!(row.next_due, state.next_due().map(|day| day.to_string()));
        assert_eq!(row.number.as_deref(), state.number().map(|number| number.text.as_str()));
        // The same but for the buyer, which the state has no use for.
        let kept = row.aggregate().unwrap();
        assert_eq!(sums(&row), sums_of(&kept));
        assert_eq!(kept.allocations(), state.allocations());
        assert!(kept.invoice().unwrap().buyer.value().is_none());
    }
    let (spec, state) = given(&LIFE);
    let row = only(&spec);
    assert_eq!((row.version, row.position), (17, 17));
    assert_ne!((&row.factur_x, &row.cii, &row.ubl), (&None, &None, &None));
    assert!(row.hold_reason.is_some() && row.dispute.is_none() && row.reminder_step.is_some());
    assert_eq!(
        row.platform_status.as_deref(),
        state
            .submission()
            .unwrap()
            .status
            .map(domain::invoice::PlatformStatus::as_str)
    );
}

#[test]
fn what_is_on_an_invoice_of_a_payment_has_a_row_of_its_own() {
    let (spec, state) = given(&LIFE[..6]);
    let rows = spec.rows::<payments::Entity>();
    let Event::Invoice(InvoiceEvent::PaymentAllocated { payment, amount, .. }) = golden("invoice", LIFE[4]) else {
        unreachable!()
    };
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].invoice_id, rows[0].payment_id), (ONE, payment.0));
    assert_eq!(rows[0].amount, state.allocated(payment));
    assert_eq!(rows[0].amount + rows[0].withdrawn, amount);
    let withdrawals: Vec<payments::Withdrawn> = serde_json::from_str(&rows[0].withdrawals).unwrap();
    assert_eq!(withdrawals.len(), 1);
}

#[test]
fn who_bought_is_forgotten_with_the_key_of_the_fiscal_year() {
    let (spec, _) = given(&LIFE[..3]);
    let row = only(&spec);
    assert!(row.buyer.as_deref().is_some_and(|buyer| buyer.contains("Acme")) && !row.state.contains("Acme"));
    let person = PersonId(row.sealed_under.unwrap());
    let erased = |person| PersonEvent::PersonErased {
        person,
        ground: ErasureGround::Request,
    };
    let spec = spec.given_at(
        "person",
        Uuid::from_u128(9),
        march("30T12:00"),
        erased(PersonId(Uuid::from_u128(9))),
    );
    assert!(only(&spec).buyer.is_some());
    let spec = spec.given_at("person", person.0, march("31T12:00"), erased(person));
    // With the key go its papers.
    let gone = invoices::Model {
        buyer: None,
        factur_x: None,
        factur_x_size: None,
        cii: None,
        cii_size: None,
        ubl: None,
        ubl_size: None,
        ..row
    };
    assert_eq!(only(&spec), gone);
}

#[test]
fn a_credit_note_names_what_it_takes_back() {
    let (spec, state) = given(&["InvoiceIssued.v1.credit-note"]);
    let row = only(&spec);
    let corrects = state
        .invoice()
        .unwrap()
        .corrects
        .as_ref()
        .map(|corrects| corrects.invoice.0);
    assert_eq!(
        (row.status.as_str(), row.corrects_id, row.remaining),
        ("CREDITED", corrects, 0)
    );
}

#[test]
fn a_payment_adds_up() {
    let received = || Spec::of(Payments).given("payment", ONE, golden("payment", "PaymentReceived.v1"));
    let row = |spec: &Spec<Event>| spec.rows::<money::Entity>().remove(0);
    let spec = received();
    assert_eq!((row(&spec).amount, row(&spec).unapplied), (128_000, 128_000));
    let spec = received()
        .given("payment", ONE, golden("payment", "PaymentApplied.v1"))
        .given("payment", ONE, golden("payment", "PaymentUnapplied.v1"))
        .given("payment", ONE, golden("payment", "PaymentRefunded.v1"));
    let after = row(&spec);
    assert_eq!(after.applied + after.unapplied + after.refunded, after.amount);
    let refunds: Vec<money::Refund> = serde_json::from_str(&after.refunds).unwrap();
    assert_eq!(refunds.iter().map(|refund| refund.amount).sum::<i64>(), after.refunded);
    let spec = received().given("payment", ONE, golden("payment", "PaymentReversed.v1"));
    assert_eq!(row(&spec).unapplied, 0);
    assert!(row(&spec).reversed_on.is_some());
}
