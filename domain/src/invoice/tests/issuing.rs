use super::*;
use crate::{
    billing::{TermsError, VatReason},
    value::Problem,
};
use MissingMention::{BuyerAddress, BuyerName, BuyerSiren, SellerCapital, SellerRegister, SellerVatNumber};

#[test]
fn a_draft_is_changed_and_discarded_until_it_is_issued() {
    let story = Story::default().then(draft(InvoiceKind::Standard, &[], content([line(1, "100")])));
    assert_eq!(story.0.status(), Some(InvoiceStatus::Draft));
    let change = |lines| InvoiceCommand::ChangeContent {
        content: Box::new(content(lines)),
        position: position(),
        deducts: Vec::new(),
    };
    story.nothing_happens(change(vec![line(1, "100")]));
    let story = story.then(change(vec![line(1, "120")]));
    assert_eq!(story.0.content().unwrap().lines().count(), 1);
    let discarded = story.clone().then(InvoiceCommand::Discard);
    assert_eq!(discarded.0.status(), Some(InvoiceStatus::Discarded));
    discarded.nothing_happens(InvoiceCommand::Discard);
    assert_eq!(discarded.refuses(issued_with(issue())), InvoiceError::Discarded);
    assert_eq!(discarded.refuses(change(vec![line(1, "1")])), InvoiceError::Discarded);
    let issued = story.then(issued_with(issue()));
    assert_eq!(issued.0.status(), Some(InvoiceStatus::Unpaid));
    assert_eq!(issued.0.due(), 14_400);
    assert_eq!(issued.refuses(change(vec![line(1, "1")])), InvoiceError::Issued);
    assert_eq!(issued.refuses(InvoiceCommand::Discard), InvoiceError::Issued);
    assert_eq!(issued.refuses(issued_with(issue())), InvoiceError::Issued);
}

#[test]
fn a_new_line_never_gets_the_number_of_one_that_was_there() {
    let story = Story::default().then(draft(
        InvoiceKind::Standard,
        &[],
        content([line(1, "100"), line(7, "5")]),
    ));
    let added = WishedLine {
        id: None,
        ..line(0, "10")
    };
    let change = |lines| InvoiceCommand::ChangeContent {
        content: Box::new(content(lines)),
        position: position(),
        deducts: Vec::new(),
    };
    let ids = |story: &Story| -> Vec<u32> { story.0.content().unwrap().lines().map(|line| line.id.0).collect() };
    let story = story.then(change(vec![line(1, "100"), added.clone()]));
    assert_eq!(ids(&story), [1, 8]);
    let story = story
        .then(change(vec![line(1, "100")]))
        .then(change(vec![line(1, "100"), added]));
    assert_eq!(ids(&story), [1, 9]);
}

#[test]
fn what_no_draft_can_be_is_refused() {
    let fresh = Story::default();
    let lines = || content([line(1, "100")]);
    assert_eq!(
        fresh.refuses(draft(InvoiceKind::Final, &[], lines())),
        InvoiceError::FinalWithoutDeductions
    );
    for kind in [InvoiceKind::Standard, InvoiceKind::Deposit, InvoiceKind::Progress] {
        assert_eq!(
            fresh.refuses(draft(kind, &[DEPOSIT], lines())),
            InvoiceError::DeductionsOfFinalOnly
        );
    }
    for kind in [InvoiceKind::CreditNote, InvoiceKind::DepositCreditNote] {
        assert_eq!(fresh.refuses(draft(kind, &[], lines())), InvoiceError::CreditHasNoDraft);
    }
    let twice = fresh.refuses(draft(InvoiceKind::Final, &[DEPOSIT, DEPOSIT], lines()));
    assert_eq!((twice.code(), twice.field()), ("REPEATED_ITEM", Some("deducts")));
    let option = WishedLine {
        optional: true,
        ..line(2, "10")
    };
    assert_eq!(
        fresh.refuses(draft(InvoiceKind::Standard, &[], content([line(1, "1"), option]))),
        InvoiceError::OptionalLine
    );
    assert_eq!(fresh.refuses(issued_with(issue())), InvoiceError::NotFound);
    assert_eq!(fresh.refuses(InvoiceCommand::Discard), InvoiceError::NotFound);
}

#[test]
fn an_invoice_says_everything_for_ever() {
    let wished = WishedContent {
        payment_terms: PaymentTerms::ThenEndOfMonth { days: 45 },
        discount: Some(Discount::Amount(2_000)),
        ..content([line(1, "100"), reduced(2, "100")])
    };
    let drafted = Story::default().then(draft(InvoiceKind::Standard, &[], wished));
    let story = drafted.then(issued_with(IssueInvoice {
        issued_on: day("2026-01-15"),
        electronic_invoicing_from: Some(day("2026-01-15")),
        ..issue()
    }));
    let invoice = story.invoice();
    assert_eq!(shown(&invoice.breakdown), [(9_000, 495), (9_000, 1_800)]);
    assert_eq!(invoice.discount_shares, [1_000, 1_000]);
    assert_eq!(invoice.due(), 20_295);
    // 45 days, and on to the end of the month.
    assert_eq!(invoice.due_on(), Some(day("2026-03-31")));
    assert!(invoice.through_platform);
    assert_eq!(invoice.buyer.person(), PersonId::of_fiscal_year(day("2026-12-31")));
    assert_eq!(invoice.buyer.value().unwrap().name, "Acme");
}

#[test]
fn both_ways_of_counting_forty_five_days_print_a_date() {
    for (terms, due) in [
        (PaymentTerms::EndOfMonthThen { days: 45 }, "2026-03-17"),
        (PaymentTerms::ThenEndOfMonth { days: 45 }, "2026-03-31"),
    ] {
        let wished = WishedContent {
            payment_terms: terms,
            ..content([line(1, "100")])
        };
        let issue = IssueInvoice {
            issued_on: day("2026-01-15"),
            ..issue()
        };
        let story = Story::default()
            .then(draft(InvoiceKind::Standard, &[], wished))
            .then(issued_with(issue));
        assert_eq!(story.invoice().due_on(), Some(day(due)));
    }
}

#[test]
fn only_professionals_with_a_number_are_reached_through_a_platform_and_from_the_day_on() {
    let through = |from: Option<&str>, buyer: Box<Buyer>| {
        let issue = IssueInvoice {
            electronic_invoicing_from: from.map(day),
            buyer,
            ..issue()
        };
        let drafted = Story::default().then(draft(InvoiceKind::Standard, &[], content([line(1, "100")])));
        drafted.then(issued_with(issue)).invoice().through_platform
    };
    assert!(through(Some("2026-01-02"), buyer()));
    assert!(!through(Some("2026-01-03"), buyer()));
    assert!(!through(None, buyer()));
    assert!(!through(Some("2026-01-01"), consumer()));
}

#[test]
fn all_that_is_missing_is_said_at_once() {
    let drafted = Story::default().then(draft(InvoiceKind::Standard, &[], content([line(1, "100")])));
    let mut bare = seller();
    bare.bank_account = None;
    bare.identity.share_capital = None;
    bare.identity.registration = None;
    bare.identity.vat_number = None;
    let mut unknown = buyer();
    unknown.siren = None;
    unknown.name = " ".to_owned();
    unknown.address.lines.clear();
    let refused = drafted.refuses(issued_with(IssueInvoice {
        seller: Some(bare),
        buyer: unknown,
        ..issue()
    }));
    assert_eq!(
        refused,
        InvoiceError::MentionsMissing(vec![
            SellerCapital,
            SellerRegister,
            SellerVatNumber,
            BuyerName,
            BuyerAddress,
            BuyerSiren
        ])
    );
    assert_eq!(refused.code(), "MENTIONS_MISSING");
    let french = refused.message(Language::French);
    assert!(
        french.contains("le capital social") && french.contains("le SIREN du client"),
        "{french}"
    );
    let nobody = drafted.refuses(issued_with(IssueInvoice {
        seller: None,
        ..issue()
    }));
    assert_eq!(
        nobody,
        InvoiceError::MentionsMissing(vec![MissingMention::SellerIdentity])
    );
}

#[test]
fn a_sole_trader_under_the_franchise_and_a_consumer_need_less() {
    let mut trader = seller();
    trader.identity.form = LegalForm::Ei;
    trader.identity.share_capital = None;
    trader.identity.registration = None;
    trader.identity.vat_number = None;
    trader.vat_scheme.regime = VatRegime::Franchise;
    let issue = IssueInvoice {
        seller: Some(trader),
        buyer: consumer(),
        position: FiscalPosition {
            regime: SellerRegime::Franchise,
            ..position()
        },
        ..issue()
    };
    let drafted = Story::default().then(draft(InvoiceKind::Standard, &[], content([line(1, "100")])));
    let story = drafted.then(issued_with(issue));
    assert_eq!(story.0.due(), 10_000, "taxed anew on the day of issue: no VAT");
    let treatment = story.invoice().content.lines().next().unwrap().treatment;
    assert_eq!(treatment.reason, Some(VatReason::Franchise));
}

#[test]
fn a_buyer_of_another_member_state_shows_its_vat_number_and_has_no_siren() {
    let german = "DE136695976".parse().ok();
    let position = FiscalPosition {
        buyer: "DE".parse().unwrap(),
        buyer_vat_number: german.clone(),
        ..position()
    };
    let abroad = |vat_number| IssueInvoice {
        buyer: Box::new(Buyer {
            siren: None,
            vat_number,
            address: address("DE"),
            ..*buyer()
        }),
        position: position.clone(),
        ..issue()
    };
    let drafted = Story::default().then(draft(InvoiceKind::Standard, &[], content([line(1, "100")])));
    assert_eq!(
        drafted.refuses(issued_with(abroad(None))),
        InvoiceError::MentionsMissing(vec![MissingMention::BuyerVatNumber])
    );
    assert_eq!(drafted.then(issued_with(abroad(german))).0.due(), 10_000);
}

#[test]
fn what_is_out_of_scope_stands_alone() {
    let position = FiscalPosition {
        buyer: "US".parse().unwrap(),
        ..position()
    };
    let issue = IssueInvoice {
        buyer: Box::new(Buyer {
            siren: None,
            address: address("US"),
            ..*buyer()
        }),
        position,
        ..issue()
    };
    let mixed = Story::default().then(draft(
        InvoiceKind::Standard,
        &[],
        content([line(1, "100"), goods(2, "100")]),
    ));
    assert_eq!(mixed.refuses(issued_with(issue.clone())), InvoiceError::OutOfScopeMixed);
    let services = Story::default().then(draft(InvoiceKind::Standard, &[], content([line(1, "100")])));
    assert_eq!(services.then(issued_with(issue)).0.due(), 10_000);
}

#[test]
fn the_legal_cap_holds_between_professionals_only() {
    let wished = WishedContent {
        payment_terms: PaymentTerms::Net { days: 61 },
        ..content([line(1, "100")])
    };
    let drafted = Story::default().then(draft(InvoiceKind::Standard, &[], wished));
    assert_eq!(
        drafted.refuses(issued_with(issue())),
        InvoiceError::Terms(TermsError::AboveLegalCap { days: 60 })
    );
    let to_a_consumer = IssueInvoice {
        buyer: consumer(),
        ..issue()
    };
    assert_eq!(drafted.then(issued_with(to_a_consumer)).0.due(), 12_000);
}

#[test]
fn an_invoice_goes_to_the_customer_of_its_draft() {
    let drafted = Story::default().then(draft(InvoiceKind::Standard, &[], content([line(1, "100")])));
    let mut other = buyer();
    other.organization = OrganizationId(Uuid::from_u128(1));
    let refused = drafted.refuses(issued_with(IssueInvoice {
        buyer: other,
        ..issue()
    }));
    assert_eq!(refused, InvoiceError::AnotherBuyer);
}

#[test]
fn an_invoice_of_nothing_is_paid_and_a_deposit_of_nothing_is_none() {
    let story = Story::issued([line(1, "0")]);
    assert_eq!((story.0.due(), story.0.status()), (0, Some(InvoiceStatus::Paid)));
    let deposit = Story::default().then(draft(InvoiceKind::Deposit, &[], content([line(1, "0")])));
    assert_eq!(deposit.refuses(issued_with(issue())), InvoiceError::NothingToInvoice);
    let negative = Story::default()
        .0
        .decide(draft(InvoiceKind::Standard, &[], content([units("-1", line(1, "10"))])));
    assert_eq!(
        negative,
        Err(crate::InvalidValue::new("lines", Problem::Negative).into())
    );
}

#[test]
fn the_files_of_an_invoice_never_change() {
    let story = Story::issued([line(1, "100")]);
    assert_eq!(
        story.refuses(InvoiceCommand::RecordSent { delivery: Uuid::nil() }),
        InvoiceError::DocumentsMissing
    );
    let file = |byte| InvoiceCommand::FileDocuments {
        documents: documents(byte),
    };
    let story = story.then(file(1));
    story.nothing_happens(file(1));
    assert_eq!(story.refuses(file(2)), InvoiceError::DocumentsDiffer);
    let sent = InvoiceCommand::RecordSent { delivery: Uuid::nil() };
    let story = story.then(sent.clone());
    story.nothing_happens(sent);
}

#[test]
fn a_payment_in_parts_has_a_day_for_each() {
    let parts = [("30", 0), ("70", 45)].map(|(share, days)| crate::billing::terms::InstalmentTerms {
        percent: percent(share),
        days,
    });
    let wished = WishedContent {
        payment_terms: PaymentTerms::Instalments(parts.to_vec()),
        ..content([line(1, "100")])
    };
    let story = Story::default()
        .then(draft(InvoiceKind::Standard, &[], wished))
        .then(issued_with(issue()))
        .then(allocate(PAID, 4_000, "2026-01-02"));
    let left: Vec<_> = story
        .0
        .instalments()
        .iter()
        .map(|part| (part.due, part.amount, part.remaining))
        .collect();
    assert_eq!(left, [(day("2026-01-02"), 3_600, 0), (day("2026-02-16"), 8_400, 8_000)]);
    assert!(!story.0.overdue_on(day("2026-02-16")));
    assert!(story.0.overdue_on(day("2026-02-17")));
}
