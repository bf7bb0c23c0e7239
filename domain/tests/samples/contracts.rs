//! What is owed over time.

use chrono::NaiveDate;
use domain::{
    BlobHash, ContractEvent, ContractId, Currency, DealId, InvoiceId, OrganizationId, ProductId, QuoteId, TaskId,
    UserId,
    billing::{Nature, Percentage, Quantity, RateClass, UnitPrice},
    contract::{
        Alert, AlertDate, AlertSkip, Amendment, BilledPeriod, BillingInterval, BillingNature, BillingTiming,
        ContractKind, ContractLine, ContractTerms, Follows, Ground, IndexClause, IndexPoint, Indexation, LineChange,
        LinePrice, NewEnd, Notice, NoticePeriod, Party, PriceStep, QuoteOrigin, Renewal, RenewalKind, RenewalPolicy,
        TerminationReason,
    },
    document::{DocumentNumber, FiledDocument, LineId, NumberPattern, Series},
    organization::OrganizationKind,
    product::Taxation,
};

use super::{Sample, full, id, text, variant};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn number(sequence: u32) -> DocumentNumber {
    NumberPattern::of(Series::Contract).number(2026, sequence)
}

fn paper(byte: u8) -> FiledDocument {
    FiledDocument {
        blob: BlobHash([byte; 32]),
        size: 48_213,
    }
}

fn price(unit_price: &str, discount: Option<&str>) -> LinePrice {
    LinePrice {
        unit_price: UnitPrice::new("unitPrice", unit_price.parse().unwrap()).unwrap(),
        discount: discount.map(|discount| Percentage::new("discount", discount.parse().unwrap()).unwrap()),
    }
}

fn quantity(text: &str) -> Quantity {
    Quantity::new("quantity", text.parse().unwrap()).unwrap()
}

fn point(month: &str, value: &str) -> IndexPoint {
    IndexPoint {
        month: day(month),
        value: value.parse().unwrap(),
    }
}

fn line() -> ContractLine {
    ContractLine {
        id: LineId(1),
        product: Some(ProductId(id(7))),
        name: text("Maintenance des bornes"),
        details: Some(text("Deux visites par an")),
        unit: text("borne"),
        quantity: quantity("12"),
        price: price("25.5", Some("5")),
        interval: BillingInterval::Years(2),
        timing: BillingTiming::InArrears,
        starts_on: day("2026-01-31"),
        ends_on: Some(day("2027-06-30")),
        anchor: day("2026-01-01"),
        steps: vec![PriceStep {
            from: day("2027-01-31"),
            price: price("27", None),
        }],
        taxation: Taxation {
            nature: Nature::Services,
            rate_class: RateClass::Normal,
            exemption: None,
        },
    }
}

fn bare_line() -> ContractLine {
    ContractLine {
        product: None,
        details: None,
        price: price("100", None),
        interval: BillingInterval::Month,
        timing: BillingTiming::InAdvance,
        ends_on: None,
        anchor: day("2026-01-31"),
        steps: Vec::new(),
        ..line()
    }
}

fn terms() -> ContractTerms {
    ContractTerms {
        kind: ContractKind::Maintenance,
        currency: Currency::EUR,
        lines: vec![line()],
        starts_on: day("2026-01-31"),
        ends_on: Some(day("2028-01-30")),
        renewal: RenewalPolicy::Tacit {
            term_months: Some(24),
            max_renewals: Some(3),
        },
        notice: NoticePeriod { months: 3, days: 15 },
        indexation: Some(IndexClause {
            index: text("SYNTEC"),
            base: point("2025-09-01", "314.7"),
            fixed_share: Percentage::new("fixedShare", "15".parse().unwrap()).unwrap(),
            floor: Some("-1".parse().unwrap()),
            cap: Some("3.5".parse().unwrap()),
            rounding: Some(4),
        }),
        billing_starts_on: Some(day("2026-03-01")),
    }
}

fn bare_terms() -> ContractTerms {
    ContractTerms {
        lines: vec![bare_line()],
        ends_on: None,
        renewal: RenewalPolicy::None,
        notice: NoticePeriod::NONE,
        indexation: None,
        billing_starts_on: None,
        ..terms()
    }
}

fn alert() -> Alert {
    Alert {
        before: AlertDate::NoticeDeadline,
        date: day("2027-10-15"),
        days: 60,
    }
}

fn renewal() -> Renewal {
    Renewal {
        by: ContractId(id(8)),
        number: number(43),
        kind: RenewalKind::Tacit,
        starts_on: day("2028-01-31"),
        ends_on: Some(day("2030-01-30")),
        disputed: true,
        uninformed: true,
        indexation_pending: true,
    }
}

pub(super) fn contracts() -> Vec<Sample> {
    let notice = |note| Notice {
        by: Party::Customer,
        ground: Ground::NonRenewal,
        received_on: day("2027-09-01"),
        last_day: day("2028-01-30"),
        reason: TerminationReason::CheaperOffer,
        note,
    };
    let amendment = Amendment {
        number: 1,
        signed_on: day("2026-05-20"),
        effective_on: day("2026-04-01"),
        lines: vec![
            LineChange::Added(Box::new(bare_line())),
            LineChange::Quantity {
                line: LineId(1),
                quantity: quantity("14"),
            },
            LineChange::Price {
                line: LineId(1),
                price: price("26", None),
            },
            LineChange::Ended { line: LineId(2) },
        ],
        end: Some(NewEnd {
            ends_on: Some(day("2028-06-30")),
        }),
        renewal: Some(RenewalPolicy::Express),
        notice: Some(NoticePeriod::months(2)),
        document: Some(paper(0x21)),
        note: Some(text("Deux bornes de plus")),
    };
    let bare_amendment = Amendment {
        lines: Vec::new(),
        end: Some(NewEnd { ends_on: None }),
        renewal: None,
        notice: None,
        document: None,
        note: None,
        ..amendment.clone()
    };
    vec![
        full(ContractEvent::ContractDrafted {
            number: number(42),
            organization: OrganizationId(id(1)),
            customer_kind: OrganizationKind::NonProfessional,
            deal: Some(DealId(id(4))),
            quote: Some(QuoteOrigin {
                quote: QuoteId(id(5)),
                version: 2,
            }),
            owner: Some(UserId(id(6))),
            segment: Some(text("Copropriétés")),
            follows: Some(Follows {
                contract: ContractId(id(9)),
                number: number(7),
                kind: RenewalKind::Tacit,
                anchor: day("2024-01-31"),
                renewals: 1,
                uninformed: true,
            }),
            terms: Box::new(terms()),
        }),
        variant(
            "bare",
            ContractEvent::ContractDrafted {
                number: number(42),
                organization: OrganizationId(id(1)),
                customer_kind: OrganizationKind::Professional,
                deal: None,
                quote: None,
                owner: None,
                segment: None,
                follows: None,
                terms: Box::new(bare_terms()),
            },
        ),
        full(ContractEvent::ContractTermsChanged {
            terms: Box::new(terms()),
        }),
        full(ContractEvent::ContractDiscarded {}),
        full(ContractEvent::ContractSigned {
            signed_on: day("2026-01-20"),
            document: Some(paper(0x20)),
        }),
        variant(
            "tacit",
            ContractEvent::ContractSigned {
                signed_on: day("2026-01-31"),
                document: None,
            },
        ),
        full(ContractEvent::ContractDocumentFiled { document: paper(0x22) }),
        full(ContractEvent::ContractActivated { on: day("2026-01-31") }),
        full(ContractEvent::ContractAmended {
            amendment: Box::new(amendment),
        }),
        variant(
            "bare",
            ContractEvent::ContractAmended {
                amendment: Box::new(bare_amendment),
            },
        ),
        full(ContractEvent::ContractIndexed {
            indexation: Box::new(Indexation {
                effective_on: day("2027-01-31"),
                index: text("SYNTEC"),
                from: point("2025-09-01", "314.7"),
                to: point("2026-09-01", "320.9"),
                coefficient: "1.0167".parse().unwrap(),
                prices: vec![(LineId(1), price("25.92585", Some("5")))],
            }),
        }),
        full(ContractEvent::ContractPaused {
            from: day("2026-07-01"),
            reason: Some(text("Travaux sur le site")),
        }),
        variant(
            "bare",
            ContractEvent::ContractPaused {
                from: day("2026-07-01"),
                reason: None,
            },
        ),
        full(ContractEvent::ContractResumed { on: day("2026-09-01") }),
        full(ContractEvent::ContractNoticeGiven {
            notice: notice(Some(text("Offre moins chère de 12 %"))),
        }),
        variant("bare", ContractEvent::ContractNoticeGiven { notice: notice(None) }),
        full(ContractEvent::ContractNoticeWithdrawn {}),
        full(ContractEvent::ContractTerminated {
            last_day: day("2028-01-30"),
            reason: TerminationReason::CheaperOffer,
        }),
        full(ContractEvent::ContractExpired {
            last_day: day("2028-01-30"),
        }),
        full(ContractEvent::ContractRenewed { renewal: renewal() }),
        variant(
            "bare",
            ContractEvent::ContractRenewed {
                renewal: Renewal {
                    kind: RenewalKind::Express,
                    ends_on: None,
                    disputed: false,
                    uninformed: false,
                    indexation_pending: false,
                    ..renewal()
                },
            },
        ),
        full(ContractEvent::ContractAlertRaised {
            alert: alert(),
            on: day("2027-08-16"),
            to: Vec::new(),
            task: Some(TaskId(id(10))),
            delivery: Some(id(11)),
            quote: Some(QuoteId(id(12))),
        }),
        variant(
            "bare",
            ContractEvent::ContractAlertRaised {
                alert: Alert {
                    before: AlertDate::TermEnd,
                    ..alert()
                },
                on: day("2027-08-16"),
                to: Vec::new(),
                task: None,
                delivery: None,
                quote: None,
            },
        ),
        variant(
            "told",
            ContractEvent::ContractAlertRaised {
                alert: alert(),
                on: day("2027-08-16"),
                to: vec![UserId(id(16))],
                task: None,
                delivery: None,
                quote: None,
            },
        ),
        full(ContractEvent::ContractAlertSkipped {
            alert: alert(),
            cause: AlertSkip::Overtaken,
        }),
        full(ContractEvent::ContractConsumerNotified {
            deadline: day("2027-10-15"),
            sent_on: day("2027-08-01"),
            delivery: Some(id(13)),
            document: Some(paper(0x23)),
        }),
        variant(
            "bare",
            ContractEvent::ContractConsumerNotified {
                deadline: day("2027-10-15"),
                sent_on: day("2027-08-01"),
                delivery: None,
                document: None,
            },
        ),
        full(ContractEvent::ContractPeriodsBilled {
            invoice: InvoiceId(id(14)),
            on: day("2026-02-28"),
            nature: BillingNature::Charge,
            of: None,
            periods: vec![BilledPeriod {
                line: LineId(1),
                period: 1,
                first: day("2026-02-28"),
                last: day("2026-03-30"),
                amount: 29_070,
            }],
        }),
        variant(
            "credit",
            ContractEvent::ContractPeriodsBilled {
                invoice: InvoiceId(id(15)),
                on: day("2026-03-10"),
                nature: BillingNature::Credit,
                of: None,
                periods: vec![BilledPeriod {
                    line: LineId(1),
                    period: 1,
                    first: day("2026-02-28"),
                    last: day("2026-03-10"),
                    amount: -18_755,
                }],
            },
        ),
        variant(
            "credit_of",
            ContractEvent::ContractPeriodsBilled {
                invoice: InvoiceId(id(15)),
                on: day("2026-03-10"),
                nature: BillingNature::Credit,
                of: Some(InvoiceId(id(14))),
                periods: vec![BilledPeriod {
                    line: LineId(1),
                    period: 1,
                    first: day("2026-02-28"),
                    last: day("2026-03-10"),
                    amount: -18_755,
                }],
            },
        ),
        full(ContractEvent::ContractBillingWithdrawn {
            invoice: InvoiceId(id(14)),
        }),
        full(ContractEvent::ContractDisputed {
            reason: text("Panne non réparée"),
        }),
        full(ContractEvent::ContractDisputeSettled {}),
        full(ContractEvent::ContractAssigned {
            owner: Some(UserId(id(6))),
        }),
        variant("nobody", ContractEvent::ContractAssigned { owner: None }),
        full(ContractEvent::ContractSegmentSet {
            segment: Some(text("Grands comptes")),
            effective_on: day("2026-07-01"),
        }),
        variant(
            "none",
            ContractEvent::ContractSegmentSet {
                segment: None,
                effective_on: day("2026-07-01"),
            },
        ),
        full(ContractEvent::ContractTransferred {
            organization: OrganizationId(id(2)),
            customer_kind: OrganizationKind::Professional,
            effective_on: day("2026-10-01"),
        }),
    ]
}
