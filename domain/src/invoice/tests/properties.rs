//! What holds whatever is done to an invoice.

use proptest::prelude::*;

use super::*;
use crate::billing::Balance;

#[derive(Debug, Clone)]
enum Act {
    Pay {
        payment: u128,
        thousandths: i64,
    },
    Withdraw {
        payment: u128,
        thousandths: i64,
        bounced: bool,
    },
    CreditAmount {
        thousandths: i64,
    },
    CreditLine {
        line: usize,
        thousandths: i64,
    },
    WriteOff,
    Discount,
}

fn any_act() -> impl Strategy<Value = Act> {
    let part = 1_i64..=1_000;
    prop_oneof![
        4 => (0_u128..3, part.clone()).prop_map(|(payment, thousandths)| Act::Pay { payment, thousandths }),
        2 => (0_u128..3, part.clone(), any::<bool>())
            .prop_map(|(payment, thousandths, bounced)| Act::Withdraw { payment, thousandths, bounced }),
        2 => part.clone().prop_map(|thousandths| Act::CreditAmount { thousandths }),
        3 => (0_usize..6, part).prop_map(|(line, thousandths)| Act::CreditLine { line, thousandths }),
        1 => Just(Act::WriteOff),
        1 => Just(Act::Discount),
    ]
}

fn any_lines() -> impl Strategy<Value = Vec<WishedLine>> {
    let line =
        (1_i64..5_000_000, 1_i64..5_000, 0_usize..3, any::<bool>()).prop_map(|(price, quantity, class, goods)| {
            let mut line = line(0, "1");
            line.unit_price = UnitPrice::new("unitPrice", Decimal::new(price, 4)).unwrap();
            line.quantity = Quantity::new("quantity", Decimal::new(quantity, 2)).unwrap();
            line.taxation.rate_class = [RateClass::Normal, RateClass::Intermediate, RateClass::Reduced][class];
            line.taxation.nature = if goods { Nature::Goods } else { Nature::Services };
            line
        });
    prop::collection::vec(line, 1..6).prop_map(|lines| {
        let numbered = lines.into_iter().zip(1..);
        numbered
            .map(|(line, id)| WishedLine {
                id: Some(LineId(id)),
                ..line
            })
            .collect()
    })
}

fn any_content() -> impl Strategy<Value = WishedContent> {
    (any_lines(), 0_i64..60, any::<bool>()).prop_map(|(lines, discount, gross)| WishedContent {
        discount: Some(Discount::Percent(
            Percentage::new("discount", Decimal::from(discount)).unwrap(),
        )),
        price_basis: if gross { PriceBasis::Gross } else { PriceBasis::Net },
        early_payment_discount: Some(percent("2")),
        ..content(lines)
    })
}

fn payment(number: u128) -> PaymentId {
    PaymentId(Uuid::from_u128(number + 1))
}

/// At least one unit where there is something.
fn part(of: i64, thousandths: i64) -> i64 {
    (of * thousandths / 1_000).max(1)
}

fn command(story: &Story, act: &Act, step: u32) -> InvoiceCommand {
    match act {
        Act::Pay {
            payment: number,
            thousandths,
        } => allocate(
            payment(*number),
            part(story.0.remaining(), *thousandths),
            ["2026-01-10", "2026-01-20", "2026-02-10"][*number as usize],
        ),
        Act::Withdraw {
            payment: number,
            thousandths,
            bounced,
        } => withdraw(
            payment(*number),
            part(story.0.allocated(payment(*number)), *thousandths),
            if *bounced {
                Withdrawal::Reversed
            } else {
                Withdrawal::Corrected
            },
        ),
        Act::CreditAmount { thousandths } => credit(
            step,
            CreditWish::Amount(part(story.0.creditable().gross(), *thousandths)),
        ),
        Act::CreditLine { line, thousandths } => {
            let nets = story.0.issued().unwrap().left_of_lines();
            let (id, left) = nets[line % nets.len()];
            credit(
                step,
                CreditWish::Lines(vec![(id, CreditedPart::Net(part(left, *thousandths)))]),
            )
        }
        Act::WriteOff => InvoiceCommand::WriteOff {
            on: day("2026-12-01"),
            reason: "Perdue".to_owned(),
        },
        Act::Discount => InvoiceCommand::GrantEarlyPaymentDiscount { on: day("2026-01-15") },
    }
}

/// All that was taken off, by rate.
fn taken(story: &Story) -> VatBreakdown {
    let issued = story.0.issued().unwrap();
    let parts = issued
        .credits
        .iter()
        .map(|credit| &credit.breakdown)
        .chain(issued.allocations.iter().map(|one| &one.breakdown))
        .chain(&issued.discount)
        .chain([&issued.written_off]);
    VatBreakdown::of(parts.flat_map(VatBreakdown::shares).copied())
}

proptest! {
    #[test]
    fn whatever_happens_the_parts_add_up_by_rate_and_nothing_is_paid_twice(
        wished in any_content(),
        acts in prop::collection::vec(any_act(), 1..24),
    ) {
        let mut story = Story::issued_as(InvoiceKind::Standard, wished);
        let whole = story.invoice().breakdown.clone();
        for (act, step) in acts.iter().zip(1..) {
            let before = story.clone();
            let command = command(&story, act, step);
            if story.ask(command).is_err() {
                prop_assert_eq!(&story.0, &before.0, "a refusal changes nothing");
            }
            prop_assert!(story.0.remaining() >= 0);
            prop_assert!(story.0.creditable().gross() >= 0);
            for share in story.0.open().shares() {
                prop_assert!(share.gross() >= 0, "{:?} after {:?}", share, act);
            }
            let sum = VatBreakdown::of(taken(&story).shares().iter().chain(story.0.open().shares()).copied());
            let sum: Vec<_> = sum.shares().iter().filter(|share| share.gross() != 0 || share.vat != 0).copied().collect();
            let all: Vec<_> = whole.shares().iter().filter(|share| share.gross() != 0 || share.vat != 0).copied().collect();
            prop_assert_eq!(sum, all);
            let by_amount = story.0.paid() + story.0.credited() + story.0.written_off() + story.0.discounted();
            prop_assert_eq!(by_amount + story.0.remaining(), story.0.due());
            let instalments: i64 = story.0.instalments().iter().map(|part| part.remaining).sum();
            prop_assert_eq!(instalments, story.0.remaining());
            let movements: i64 = story.0.movements().iter().map(|(_, amount)| amount).sum();
            prop_assert_eq!(movements, story.0.due() - story.0.remaining());
            if story.0.remaining() == 0 {
                prop_assert!(story.0.open().shares().is_empty());
            }
        }
        // Whoever takes the rest takes all of it.
        if story.0.creditable().gross() > 0 {
            let plan = story.plan(CreditWish::Whole).unwrap();
            prop_assert_eq!(&plan.breakdown, &story.0.creditable());
            story.ask(credit(99, CreditWish::Whole)).unwrap();
            prop_assert_eq!((story.0.remaining(), story.0.paid()), (0, 0));
            prop_assert!(story.0.creditable().shares().is_empty());
        }
    }

    #[test]
    fn deposits_and_their_final_invoice_add_up_by_rate(
        wished in any_content(),
        percents in prop::collection::vec(1_i64..=60, 1..4),
    ) {
        let offered = wished.decided(&taxed()).unwrap();
        let everything = BTreeSet::new();
        let whole = offered.totals(&everything).unwrap().breakdown;
        let mut deposits: Vec<Story> = Vec::new();
        for share in percents {
            let earlier: Vec<VatBreakdown> = deposits.iter().map(|one| one.0.left()).collect();
            let share = Percentage::new("percent", Decimal::from(share)).unwrap();
            let Ok(rows) = rows::deposit(&offered, &everything, share, &earlier) else { continue };
            let limit = Some(Balance::new(&whole, &earlier).left().clone());
            let mut deposit = Story::default().then(draft(InvoiceKind::Deposit, &[], rows));
            deposit.ask(issued_with(IssueInvoice { limit, ..issue() })).unwrap();
            deposits.push(deposit);
        }
        prop_assume!(!deposits.is_empty());
        let ids: Vec<InvoiceId> = (1..).take(deposits.len()).map(|id| InvoiceId(Uuid::from_u128(id))).collect();
        let deductions: Vec<Deduction> = deposits
            .iter()
            .zip(&ids)
            .map(|(deposit, id)| Deduction { of: deposit.0.reference(*id).unwrap(), breakdown: deposit.0.left() })
            .collect();
        let mut last = Story::default().then(draft(InvoiceKind::Final, &ids, rows::whole(&offered, &everything)));
        last.ask(issued_with(IssueInvoice { deductions, ..issue() })).unwrap();
        let lefts: Vec<VatBreakdown> = deposits.iter().map(|one| one.0.left()).collect();
        let open = last.0.open();
        let sum = VatBreakdown::of(lefts.iter().flat_map(VatBreakdown::shares).chain(open.shares()).copied());
        let present = |breakdown: &VatBreakdown| -> Vec<_> {
            breakdown.shares().iter().filter(|share| share.gross() != 0).copied().collect()
        };
        prop_assert_eq!(present(&sum), present(&whole));
        for share in open.shares() {
            prop_assert!(share.base >= 0 && share.vat >= 0);
        }
    }

    #[test]
    fn a_credit_note_adds_up_to_what_it_takes_off(
        wished in any_content(),
        lines in prop::collection::vec((0_usize..6, 1_i64..=1_000), 1..4),
    ) {
        let story = Story::issued_as(InvoiceKind::Standard, wished);
        let nets = story.0.issued().unwrap().left_of_lines();
        let mut wishes: Vec<(LineId, CreditedPart)> = Vec::new();
        for (line, thousandths) in lines {
            let (id, left) = nets[line % nets.len()];
            if left > 0 && !wishes.iter().any(|(known, _)| *known == id) {
                let part = if thousandths > 500 { CreditedPart::Whole } else { CreditedPart::Net(part(left, thousandths)) };
                wishes.push((id, part));
            }
        }
        prop_assume!(!wishes.is_empty());
        let plan = story.plan(CreditWish::Lines(wishes)).unwrap();
        let totals = plan.content.totals(&BTreeSet::new()).unwrap();
        prop_assert_eq!(totals.net(), plan.breakdown.net());
        prop_assert!((totals.vat() - plan.breakdown.vat()).abs() <= plan.breakdown.shares().len() as i64);
        prop_assert_eq!(&plan.taken_off, &plan.breakdown);
        prop_assert_eq!(plan.lines.iter().map(|(_, net)| net).sum::<i64>(), plan.breakdown.net());
    }
}
