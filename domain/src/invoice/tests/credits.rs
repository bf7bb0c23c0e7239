use super::*;

fn lines(ids: &[u32]) -> CreditWish {
    CreditWish::Lines(ids.iter().map(|id| (LineId(*id), CreditedPart::Whole)).collect())
}

fn credited(story: &Story) -> i64 {
    story.0.credited()
}

/// lago-api#2643: each rounded on its own, four credits of a line would come to 335.00.
#[test]
fn credits_of_all_lines_add_up_to_the_invoice() {
    let mut story = Story::issued([line(1, "68.33"), line(2, "68.33"), line(3, "57.50"), line(4, "85.00")]);
    assert_eq!(story.0.due(), 33_499);
    let mut notes = Vec::new();
    for id in 1..=4 {
        notes.push(story.plan(lines(&[id])).unwrap().breakdown.gross());
        story = story.then(credit(id, lines(&[id])));
    }
    assert_eq!(notes, [8_200, 8_200, 6_900, 10_199]);
    assert_eq!((credited(&story), story.0.remaining()), (33_499, 0));
    assert_eq!(story.0.status(), Some(InvoiceStatus::Credited));
    assert_eq!(
        story.refuses(credit(5, CreditWish::Whole)),
        InvoiceError::NothingToCredit
    );
}

#[test]
fn a_whole_credit_says_what_the_invoice_said() {
    let wished = WishedContent {
        discount: Some(Discount::Amount(1_000)),
        ..content([units("2", line(1, "100")), reduced(2, "50")])
    };
    let story = Story::issued_as(InvoiceKind::Standard, wished);
    let plan = story.plan(CreditWish::Whole).unwrap();
    assert_eq!(plan.kind, InvoiceKind::CreditNote);
    assert_eq!(plan.content.rows, story.invoice().content.rows);
    assert_eq!(plan.breakdown, story.invoice().breakdown);
    assert_eq!(plan.discount_shares, story.invoice().discount_shares);
    assert_eq!(plan.corrects.number, number(1));
    assert_eq!(
        plan.content.subject.as_deref(),
        Some("Avoir sur la facture 2026-F-001 du 02/01/2026")
    );
}

#[test]
fn a_line_is_credited_with_its_share_of_the_discount() {
    let wished = WishedContent {
        discount: Some(Discount::Percent(percent("10"))),
        ..content([units("4", line(1, "100")), line(2, "50")])
    };
    let story = Story::issued_as(InvoiceKind::Standard, wished);
    let two = Quantity::new("quantity", Decimal::TWO).unwrap();
    let wish = CreditWish::Lines(vec![(LineId(1), CreditedPart::Quantity(two))]);
    let plan = story.plan(wish.clone()).unwrap();
    assert_eq!(plan.lines, [(LineId(1), 18_000)]);
    assert_eq!(shown(&plan.breakdown), [(18_000, 3_600)]);
    let row = plan.content.line(LineId(1)).unwrap();
    assert_eq!((row.quantity, row.discount), (two, Some(Discount::Amount(2_000))));
    assert_eq!(plan.content.totals(&BTreeSet::new()).unwrap().net(), 18_000);
    let story = story.then(credit(1, wish));
    let too_much = CreditWish::Lines(vec![(LineId(1), CreditedPart::Net(18_001))]);
    assert_eq!(
        story.refuses(credit(2, too_much)),
        InvoiceError::CreditExceeds { left: euros(18_000) }
    );
    let rest = story.plan(lines(&[1])).unwrap();
    assert_eq!(rest.lines, [(LineId(1), 18_000)]);
}

#[test]
fn the_last_unit_takes_what_rounding_left_of_the_line() {
    let one = CreditWish::Lines(vec![(
        LineId(1),
        CreditedPart::Quantity(Quantity::new("quantity", Decimal::ONE).unwrap()),
    )]);
    for (quantity, price, nets) in [
        ("3", "3.3333", vec![333, 333, 334]),
        ("3", "3.335", vec![334, 334, 333]),
        ("3", "0.01", vec![1, 1, 1]),
    ] {
        let mut story = Story::issued([units(quantity, line(1, price)), line(2, "100")]);
        let mut taken = Vec::new();
        for id in 1..=u32::try_from(nets.len()).unwrap() {
            taken.push(story.plan(one.clone()).unwrap().lines[0].1);
            story = story.then(credit(id, one.clone()));
        }
        assert_eq!(taken, nets, "{quantity} at {price}");
        assert_eq!(story.0.left_of_lines()[0], (LineId(1), 0));
    }
}

#[test]
fn what_is_not_there_is_not_credited() {
    let story = Story::issued([line(1, "100"), reduced(2, "100")]);
    let exceeds = |left| InvoiceError::CreditExceeds { left: euros(left) };
    assert_eq!(story.refuses(credit(1, CreditWish::Amount(22_551))), exceeds(22_550));
    assert_eq!(story.refuses(credit(1, CreditWish::Amount(0))).code(), "NUMBER_ZERO");
    assert_eq!(
        story.refuses(credit(1, CreditWish::Amount(-1))).code(),
        "NEGATIVE_NUMBER"
    );
    assert_eq!(story.refuses(credit(1, lines(&[9]))).code(), "NO_SUCH_LINE");
    assert_eq!(story.refuses(credit(1, lines(&[1, 1]))).code(), "REPEATED_ITEM");
    assert_eq!(story.refuses(credit(1, lines(&[]))), InvoiceError::NothingToCredit);
    let two = Quantity::new("quantity", Decimal::TWO).unwrap();
    let more = CreditWish::Lines(vec![(LineId(1), CreditedPart::Quantity(two))]);
    assert_eq!(story.refuses(credit(1, more)), exceeds(10_000));
    let mut early = credit_reference(1);
    early.issued_on = day("2026-01-01");
    let before = InvoiceCommand::Credit {
        by: early,
        wish: CreditWish::Whole,
        on: day("2026-02-01"),
    };
    assert_eq!(
        story.refuses(before),
        InvoiceError::CreditBeforeInvoice {
            issued_on: day("2026-01-02")
        }
    );
}

#[test]
fn an_amount_is_taken_of_each_rate_and_limits_the_lines_too() {
    let story = Story::issued([line(1, "100"), reduced(2, "100")]);
    let plan = story.plan(CreditWish::Amount(11_275)).unwrap();
    assert_eq!(shown(&plan.breakdown), [(5_000, 275), (5_000, 1_000)]);
    assert_eq!(plan.content.lines().count(), 2);
    let story = story.then(credit(1, CreditWish::Amount(11_275)));
    assert_eq!(
        story.refuses(credit(2, lines(&[1]))),
        InvoiceError::CreditExceeds { left: euros(5_000) }
    );
    let rest = story.plan(CreditWish::Whole).unwrap();
    assert_eq!(rest.breakdown.gross(), 11_275);
    assert_eq!(rest.content.totals(&BTreeSet::new()).unwrap().net(), 10_000);
}

#[test]
fn a_credit_note_counts_once() {
    let story = Story::issued([line(1, "100")]).then(credit(1, CreditWish::Amount(1_200)));
    story.nothing_happens(credit(1, CreditWish::Amount(1_200)));
}

#[test]
fn a_credit_of_what_was_paid_frees_the_latest_payments() {
    let mut story = Story::issued([line(1, "100")])
        .then(allocate(PAID, 7_000, "2026-01-10"))
        .then(allocate(PAID_LATER, 4_000, "2026-01-20"));
    let events = story.ask(credit(1, CreditWish::Amount(6_000))).unwrap();
    let withdrawn: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            InvoiceEvent::PaymentAllocationWithdrawn {
                payment, amount, cause, ..
            } => Some((*payment, *amount, *cause)),
            _ => None,
        })
        .collect();
    assert_eq!(
        withdrawn,
        [
            (PAID_LATER, 4_000, Withdrawal::Credited),
            (PAID, 1_000, Withdrawal::Credited)
        ]
    );
    assert_eq!((story.0.paid(), story.0.remaining()), (6_000, 0));
    assert_eq!(story.0.status(), Some(InvoiceStatus::Paid));
    let story = story.then(credit(2, CreditWish::Whole));
    assert_eq!((story.0.paid(), story.0.status()), (0, Some(InvoiceStatus::Credited)));
}

/// Half of each rate was paid; then one rate is taken back: the money was for the other one.
#[test]
fn a_credit_of_one_rate_moves_what_was_paid_to_the_other() {
    let mut story = Story::issued([line(1, "100"), reduced(2, "113.74")]);
    assert_eq!(story.0.due(), 24_000);
    story = story.then(allocate(PAID, 12_000, "2026-01-10"));
    assert_eq!(shown(&story.0.open()), [(5_687, 313), (5_000, 1_000)]);
    let events = story.ask(credit(1, lines(&[1]))).unwrap();
    let InvoiceEvent::PaymentAllocationWithdrawn { amount, breakdown, .. } = &events[1] else {
        panic!("{events:?}");
    };
    assert_eq!((*amount, breakdown.gross()), (0, 0));
    assert_eq!((story.0.paid(), story.0.remaining()), (12_000, 0));
    assert_eq!(story.0.open().shares(), []);
    assert_eq!(story.0.allocations()[0].breakdown.shares().len(), 1);
}

fn final_invoice(share: &str) -> (Story, Story) {
    let offered = content([line(1, "100")]).decided(&taxed()).unwrap();
    let rows = rows::deposit(&offered, &BTreeSet::new(), percent(share), &[]).unwrap();
    let mut deposit = Story::issued_as(InvoiceKind::Deposit, rows);
    let deductions = vec![Deduction {
        of: deposit.0.reference(DEPOSIT).unwrap(),
        breakdown: deposit.0.left(),
    }];
    let whole = rows::whole(&offered, &BTreeSet::new());
    let story = Story::default()
        .then(draft(InvoiceKind::Final, &[DEPOSIT], whole))
        .then(issued_with(IssueInvoice { deductions, ..issue() }));
    deposit = deposit.then(InvoiceCommand::DeductDeposit { by: FINAL });
    (deposit, story)
}

#[test]
fn a_deposit_is_deducted_once_and_not_credited_before_its_final_invoice() {
    let (deposit, story) = final_invoice("30");
    assert_eq!(story.0.due(), 8_400);
    deposit.nothing_happens(InvoiceCommand::DeductDeposit { by: FINAL });
    let taken = InvoiceError::DepositDeducted { by: FINAL };
    assert_eq!(deposit.refuses(InvoiceCommand::DeductDeposit { by: OWN }), taken);
    assert_eq!(deposit.refuses(InvoiceCommand::FreeDeposit { by: OWN }), taken);
    assert_eq!(deposit.plan(CreditWish::Whole), Err(taken));
    let plan = story.plan(CreditWish::Whole).unwrap();
    assert_eq!(plan.frees, [DEPOSIT]);
    assert_eq!((plan.breakdown.gross(), plan.taken_off.gross()), (12_000, 8_400));
    assert_eq!(plan.deductions, story.invoice().deductions);
    let story = story.then(credit(1, CreditWish::Whole));
    assert_eq!((story.0.remaining(), credited(&story)), (0, 8_400));
    assert_eq!(
        story.refuses(credit(2, CreditWish::Whole)),
        InvoiceError::NothingToCredit
    );
    let deposit = deposit.then(InvoiceCommand::FreeDeposit { by: FINAL });
    deposit.nothing_happens(InvoiceCommand::FreeDeposit { by: FINAL });
    let plan = deposit.plan(CreditWish::Whole).unwrap();
    assert_eq!(
        (plan.kind, plan.breakdown.gross()),
        (InvoiceKind::DepositCreditNote, 3_600)
    );
}

#[test]
fn a_part_of_a_final_invoice_is_credited_out_of_what_it_asks_for() {
    let (_, story) = final_invoice("30");
    assert_eq!(
        story.refuses(credit(1, CreditWish::Amount(8_401))),
        InvoiceError::CreditExceeds { left: euros(8_400) }
    );
    let story = story.then(credit(1, CreditWish::Amount(8_400)));
    assert_eq!(story.0.remaining(), 0);
    let plan = story.plan(CreditWish::Whole).unwrap();
    assert_eq!(
        (plan.frees, plan.taken_off.gross(), plan.breakdown.gross()),
        (vec![DEPOSIT], 0, 3_600)
    );
}

#[test]
fn a_final_invoice_that_asks_for_nothing_is_taken_back_too() {
    let (_, story) = final_invoice("100");
    assert_eq!((story.0.due(), story.0.status()), (0, Some(InvoiceStatus::Paid)));
    let plan = story.plan(CreditWish::Whole).unwrap();
    assert_eq!(
        (plan.frees, plan.breakdown.gross(), plan.taken_off.gross()),
        (vec![DEPOSIT], 12_000, 0)
    );
    let story = story.then(credit(1, CreditWish::Whole));
    assert_eq!(story.0.status(), Some(InvoiceStatus::Credited));
}

#[test]
fn only_deposits_and_progress_invoices_are_deducted() {
    let story = Story::issued([line(1, "100")]);
    assert_eq!(
        story.refuses(InvoiceCommand::DeductDeposit { by: FINAL }),
        InvoiceError::NotADeposit
    );
    let deposit = Story::issued_as(InvoiceKind::Deposit, content([line(1, "100")]));
    let deposit = deposit.then(credit(1, CreditWish::Amount(6_000)));
    assert_eq!(shown(&deposit.0.left()), [(5_000, 1_000)]);
}

fn issue_credit(plan: CreditPlan) -> IssueCredit {
    IssueCredit {
        number: NumberPattern::of(Series::CreditNote).number(2026, 1),
        issued_on: day("2026-02-15"),
        closing: day("2026-12-31"),
        organization: ACME,
        deal: None,
        source: None,
        seller: Some(seller()),
        buyer: buyer(),
        plan: Box::new(plan),
        reason: "Deux panneaux retournés".to_owned(),
        electronic_invoicing_from: Some(day("2026-01-01")),
    }
}

#[test]
fn a_credit_note_is_issued_without_a_draft_and_asks_for_nothing() {
    let story = Story::issued([line(1, "100")]);
    let plan = story.plan(CreditWish::Whole).unwrap();
    let issue = issue_credit(plan);
    let note = Story::default().then(InvoiceCommand::IssueCredit(Box::new(issue.clone())));
    let invoice = note.invoice();
    assert_eq!(invoice.corrects, story.0.reference(OWN));
    assert_eq!(invoice.content.notes.as_deref(), Some("Deux panneaux retournés"));
    assert_eq!((invoice.due(), invoice.schedule.len()), (12_000, 0));
    assert!(invoice.through_platform);
    assert_eq!(
        (note.0.remaining(), note.0.status()),
        (0, Some(InvoiceStatus::Credited))
    );
    assert_eq!(
        note.refuses(allocate(PAID, 1, "2026-03-01")),
        InvoiceError::IsCreditNote
    );
    assert_eq!(note.refuses(credit(1, CreditWish::Whole)), InvoiceError::IsCreditNote);
    assert_eq!(
        note.refuses(InvoiceCommand::IssueCredit(Box::new(issue.clone()))),
        InvoiceError::AlreadyExists
    );
    let asked = |issue| Story::default().refuses(InvoiceCommand::IssueCredit(Box::new(issue)));
    let nobody = asked(IssueCredit {
        seller: None,
        ..issue.clone()
    });
    assert_eq!(nobody.code(), "MENTIONS_MISSING");
    let silent = asked(IssueCredit {
        reason: " ".to_owned(),
        ..issue.clone()
    });
    assert_eq!((silent.code(), silent.field()), ("FIELD_REQUIRED", Some("reason")));
    let early = asked(IssueCredit {
        issued_on: day("2026-01-01"),
        ..issue
    });
    assert_eq!(early.code(), "CREDIT_BEFORE_INVOICE");
}

#[test]
fn a_credit_of_what_a_platform_rejected_is_not_sent_there() {
    let drafted = Story::default().then(draft(InvoiceKind::Standard, &[], content([line(1, "100")])));
    let story = drafted
        .then(issued_with(IssueInvoice {
            electronic_invoicing_from: Some(day("2026-01-01")),
            ..issue()
        }))
        .then(InvoiceCommand::FileDocuments {
            documents: documents(1),
        })
        .then(InvoiceCommand::Submit {
            platform: "pa.example".to_owned(),
            reference: "1".to_owned(),
        })
        .then(InvoiceCommand::ReceiveStatus {
            status: PlatformStatus::Rejected,
            at: "2026-01-03T08:00:00Z".parse().unwrap(),
            reason: None,
        });
    let plan = story.plan(CreditWish::Whole).unwrap();
    assert!(plan.internal);
    let note = Story::default().then(InvoiceCommand::IssueCredit(Box::new(issue_credit(plan))));
    assert!(!note.invoice().through_platform);
}
