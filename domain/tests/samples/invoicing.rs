//! Invoices, credit notes and payments.

use chrono::{DateTime, Utc};
use domain::{
    BlobHash, DealId, InvoiceEvent, InvoiceId, OrganizationId, PaymentEvent, PaymentId, PersonId, Personal, QuoteId,
    billing::Instalment,
    document::{Deduction, DocumentReference, InvoiceKind, IssuedInvoice, LineId, Series},
    invoice::{InvoiceDocuments, PlatformStatus, ReminderStep, SkipCause, Source, Withdrawal},
    payment::PaymentMethod,
};
use uuid::Uuid;

use super::{
    Sample,
    billing::percent,
    euros, full,
    quotes::{bare_content, breakdown, buyer, content, day, filed, number, seller},
    text, time, variant,
};

const ORGANIZATION: OrganizationId = OrganizationId(Uuid::from_u128(7));
const PAYMENT: PaymentId = PaymentId(Uuid::from_u128(30));
const OTHER: InvoiceId = InvoiceId(Uuid::from_u128(21));

fn reference(kind: InvoiceKind, series: Series) -> DocumentReference {
    DocumentReference {
        invoice: OTHER,
        kind,
        number: number(series),
        issued_on: day("2026-03-02"),
    }
}

fn issued() -> IssuedInvoice {
    IssuedInvoice {
        number: number(Series::Invoice),
        kind: InvoiceKind::Final,
        issued_on: day("2026-04-30"),
        seller: Box::new(seller()),
        buyer: buyer(),
        content: content(),
        breakdown: breakdown(),
        discount_shares: vec![8_750, 1_250],
        deductions: vec![Deduction {
            of: reference(InvoiceKind::Deposit, Series::Invoice),
            breakdown: breakdown(),
        }],
        corrects: None,
        quote_number: Some(number(Series::Quote)),
        schedule: vec![Instalment {
            due: day("2026-05-30"),
            amount: 0,
        }],
        late_interest_rate: Some(percent("12.5")),
        through_platform: true,
    }
}

fn credit_note() -> IssuedInvoice {
    IssuedInvoice {
        number: number(Series::CreditNote),
        kind: InvoiceKind::CreditNote,
        content: bare_content(),
        discount_shares: Vec::new(),
        deductions: Vec::new(),
        corrects: Some(reference(InvoiceKind::Standard, Series::Invoice)),
        quote_number: None,
        schedule: Vec::new(),
        late_interest_rate: None,
        through_platform: false,
        ..issued()
    }
}

pub(super) fn invoices() -> Vec<Sample> {
    let mut samples = documents();
    samples.extend(money());
    samples.extend(reminders());
    samples.extend(platform());
    samples
}

fn documents() -> Vec<Sample> {
    let deal = Some(DealId(Uuid::from_u128(4)));
    let source = Some(Source::Quote {
        quote: QuoteId(Uuid::from_u128(11)),
        version: 2,
    });
    vec![
        full(InvoiceEvent::InvoiceDrafted {
            kind: InvoiceKind::Final,
            organization: ORGANIZATION,
            deal,
            source,
            deducts: vec![OTHER],
            content: content(),
        }),
        variant(
            "bare",
            InvoiceEvent::InvoiceDrafted {
                kind: InvoiceKind::Standard,
                organization: ORGANIZATION,
                deal: None,
                source: None,
                deducts: Vec::new(),
                content: bare_content(),
            },
        ),
        full(InvoiceEvent::InvoiceContentChanged {
            content: content(),
            deducts: vec![OTHER],
        }),
        variant(
            "bare",
            InvoiceEvent::InvoiceContentChanged {
                content: bare_content(),
                deducts: Vec::new(),
            },
        ),
        full(InvoiceEvent::InvoiceDiscarded {}),
        full(InvoiceEvent::InvoiceIssued {
            invoice: Box::new(issued()),
            organization: ORGANIZATION,
            deal,
            source,
        }),
        variant(
            "credit-note",
            InvoiceEvent::InvoiceIssued {
                invoice: Box::new(credit_note()),
                organization: ORGANIZATION,
                deal: None,
                source: None,
            },
        ),
        full(InvoiceEvent::InvoiceDocumentsFiled {
            documents: InvoiceDocuments {
                factur_x: filed(1),
                cii: filed(2),
                ubl: filed(3),
            },
        }),
        full(InvoiceEvent::InvoiceSent {
            delivery: Uuid::from_u128(40),
            copy: true,
        }),
        full(InvoiceEvent::InvoiceCredited {
            by: reference(InvoiceKind::CreditNote, Series::CreditNote),
            breakdown: breakdown(),
            lines: vec![(LineId(1), 90_000), (LineId(2), 20_000)],
        }),
        variant(
            "amount",
            InvoiceEvent::InvoiceCredited {
                by: reference(InvoiceKind::DepositCreditNote, Series::CreditNote),
                breakdown: breakdown(),
                lines: Vec::new(),
            },
        ),
        full(InvoiceEvent::DepositDeducted {
            by: OTHER,
            breakdown: breakdown(),
        }),
        full(InvoiceEvent::DepositFreed { by: OTHER }),
    ]
}

fn money() -> Vec<Sample> {
    let withdrawn = |cause| InvoiceEvent::PaymentAllocationWithdrawn {
        payment: PAYMENT,
        amount: 128_000,
        breakdown: breakdown(),
        cause,
        on: day("2026-06-10"),
    };
    vec![
        full(InvoiceEvent::PaymentAllocated {
            payment: PAYMENT,
            amount: 128_000,
            value_date: day("2026-06-02"),
            breakdown: breakdown(),
        }),
        full(withdrawn(Withdrawal::Reversed)),
        variant("corrected", withdrawn(Withdrawal::Corrected)),
        variant("credited", withdrawn(Withdrawal::Credited)),
        full(InvoiceEvent::EarlyPaymentDiscountGranted {
            breakdown: breakdown(),
            on: day("2026-05-02"),
        }),
        full(InvoiceEvent::InvoiceWrittenOff {
            breakdown: breakdown(),
            on: day("2027-05-02"),
            reason: text("Liquidation judiciaire clôturée."),
        }),
        full(InvoiceEvent::InvoiceWriteOffUndone {
            breakdown: breakdown(),
            on: day("2027-06-02"),
            reason: text("Le liquidateur a versé un dividende."),
        }),
        full(InvoiceEvent::LateInterestClaimed {
            until: day("2026-07-01"),
            interest: 18_493,
            indemnity: 4_000,
            document: Some(BlobHash([4; 32])),
        }),
        variant(
            "bare",
            InvoiceEvent::LateInterestClaimed {
                until: day("2026-08-01"),
                interest: 120,
                indemnity: 0,
                document: None,
            },
        ),
    ]
}

fn reminders() -> Vec<Sample> {
    let key = PersonId::of_fiscal_year(day("2026-12-31"));
    vec![
        full(InvoiceEvent::InvoiceReminded {
            step: ReminderStep::FormalNotice,
            on: day("2026-06-30"),
            text: Personal::new(key, text("Mise en demeure de payer la facture 2026-F-001.")),
            delivery: Some(Uuid::from_u128(41)),
            document: Some(BlobHash([5; 32])),
        }),
        variant(
            "bare",
            InvoiceEvent::InvoiceReminded {
                step: ReminderStep::Friendly,
                on: day("2026-05-27"),
                text: Personal::Erased { person: key },
                delivery: None,
                document: None,
            },
        ),
        full(InvoiceEvent::ReminderPlanned {
            step: ReminderStep::Friendly,
            at: time("2026-03-28T08:00:00Z"),
        }),
        full(InvoiceEvent::ReminderUnplanned {}),
        full(InvoiceEvent::ReminderSkipped {
            step: ReminderStep::Firm,
            cause: SkipCause::Disputed,
        }),
        full(InvoiceEvent::InvoiceDisputed {
            reason: text("Deux panneaux manquent."),
        }),
        full(InvoiceEvent::DisputeSettled {}),
        full(InvoiceEvent::PaymentPromised {
            until: day("2026-06-15"),
        }),
        full(InvoiceEvent::RemindersHeld {
            until: Some(day("2026-07-01")),
            reason: text("Négociation en cours."),
        }),
        variant(
            "bare",
            InvoiceEvent::RemindersHeld {
                until: None,
                reason: text("Client stratégique."),
            },
        ),
        full(InvoiceEvent::RemindersReleased {}),
    ]
}

fn platform() -> Vec<Sample> {
    let at: DateTime<Utc> = "2026-05-01T08:30:00.123456Z".parse().unwrap();
    vec![
        full(InvoiceEvent::InvoiceSubmitted {
            platform: text("pa.example"),
            reference: text("FLUX-0042"),
        }),
        full(InvoiceEvent::PlatformStatusReceived {
            status: PlatformStatus::Refused,
            at,
            reason: Some(text("CMD_EJ_ERR")),
        }),
        variant(
            "bare",
            InvoiceEvent::PlatformStatusReceived {
                status: PlatformStatus::MadeAvailable,
                at,
                reason: None,
            },
        ),
        full(InvoiceEvent::CashingReported {
            payment: PAYMENT,
            breakdown: breakdown(),
        }),
    ]
}

pub(super) fn payments() -> Vec<Sample> {
    vec![
        full(PaymentEvent::PaymentReceived {
            organization: ORGANIZATION,
            amount: euros(128_000),
            method: PaymentMethod::Transfer,
            value_date: day("2026-06-02"),
            reference: Some(text("VIR ACME 2026-F-001")),
        }),
        variant(
            "bare",
            PaymentEvent::PaymentReceived {
                organization: ORGANIZATION,
                amount: euros(5_000),
                method: PaymentMethod::Cash,
                value_date: day("2026-06-02"),
                reference: None,
            },
        ),
        full(PaymentEvent::PaymentApplied {
            invoice: OTHER,
            amount: 120_000,
        }),
        full(PaymentEvent::PaymentUnapplied {
            invoice: OTHER,
            amount: 20_000,
        }),
        full(PaymentEvent::PaymentRefunded {
            amount: 8_000,
            method: PaymentMethod::Transfer,
            on: day("2026-06-20"),
            reference: Some(text("REMB 42")),
        }),
        variant(
            "bare",
            PaymentEvent::PaymentRefunded {
                amount: 8_000,
                method: PaymentMethod::Cheque,
                on: day("2026-06-20"),
                reference: None,
            },
        ),
        full(PaymentEvent::PaymentReversed {
            reason: text("Chèque sans provision."),
            on: day("2026-06-12"),
        }),
    ]
}
