use super::*;
use crate::billing::Balance;

/// What a quote of goods and services at two rates offers.
fn offered() -> crate::document::Content {
    let wished = content([line(1, "333.33"), goods(2, "166.67"), reduced(3, "100.01")]);
    wished.decided(&taxed()).unwrap()
}

fn everything() -> BTreeSet<LineId> {
    BTreeSet::new()
}

fn lines(content: &WishedContent) -> Vec<&WishedLine> {
    content
        .rows
        .iter()
        .filter_map(|row| match row {
            WishedRow::Line(line) => Some(&**line),
            _ => None,
        })
        .collect()
}

fn issued(kind: InvoiceKind, content: WishedContent, limit: Option<VatBreakdown>) -> Story {
    Story::default()
        .then(draft(kind, &[], content))
        .then(issued_with(IssueInvoice { limit, ..issue() }))
}

fn deduction(of: InvoiceId, story: &Story) -> Deduction {
    Deduction {
        of: story.0.reference(of).unwrap(),
        breakdown: story.0.left(),
    }
}

#[test]
fn a_deposit_has_a_line_for_the_goods_and_the_services_of_each_rate() {
    let deposit = rows::deposit(&offered(), &everything(), percent("30"), &[]).unwrap();
    let shown: Vec<_> = lines(&deposit)
        .iter()
        .map(|line| (line.name.clone(), line.unit_price.as_decimal().to_string()))
        .collect();
    let expected = [
        ("Acompte de 30 % — prestations de services, TVA 5,5 %", "30"),
        ("Acompte de 30 % — prestations de services, TVA 20 %", "100"),
        ("Acompte de 30 % — livraisons de biens, TVA 20 %", "50"),
    ];
    assert_eq!(shown, expected.map(|(name, price)| (name.to_owned(), price.to_owned())));
    assert_eq!(deposit.payment_terms, PaymentTerms::Net { days: 0 });
    let story = issued(InvoiceKind::Deposit, deposit, None);
    assert_eq!(shown_of(&story), [(3_000, 165), (15_000, 3_000)]);
}

fn shown_of(story: &Story) -> Vec<(i64, i64)> {
    super::shown(&story.invoice().breakdown)
}

#[test]
fn a_final_invoice_takes_its_deposits_off_rate_by_rate() {
    let offered = offered();
    let deposit = rows::deposit(&offered, &everything(), percent("30"), &[]).unwrap();
    let deposit = issued(InvoiceKind::Deposit, deposit, None);
    let whole = rows::whole(&offered, &everything());
    let drafted = Story::default().then(draft(InvoiceKind::Final, &[DEPOSIT], whole));
    let story = drafted.clone().then(issued_with(IssueInvoice {
        deductions: vec![deduction(DEPOSIT, &deposit)],
        ..issue()
    }));
    assert_eq!(shown_of(&story), [(10_001, 550), (50_000, 10_000)]);
    assert_eq!(super::shown(&story.0.open()), [(7_001, 385), (35_000, 7_000)]);
    assert_eq!(story.0.due(), 49_386);
    assert_eq!(
        story.invoice().schedule.iter().map(|part| part.amount).sum::<i64>(),
        49_386
    );
    assert_eq!(drafted.refuses(issued_with(issue())), InvoiceError::DeductionsDiffer);
    let mut of_a_whole = deduction(DEPOSIT, &deposit);
    of_a_whole.of.kind = InvoiceKind::Standard;
    assert_eq!(
        drafted.refuses(issued_with(IssueInvoice {
            deductions: vec![of_a_whole],
            ..issue()
        })),
        InvoiceError::NotADeposit
    );
}

#[test]
fn a_final_invoice_never_takes_off_more_than_it_has() {
    let deposit = Story::issued_as(InvoiceKind::Deposit, content([reduced(1, "200")]));
    let story = Story::default().then(draft(
        InvoiceKind::Final,
        &[DEPOSIT],
        content([line(1, "500"), reduced(2, "100")]),
    ));
    let refused = story.refuses(issued_with(IssueInvoice {
        deductions: vec![deduction(DEPOSIT, &deposit)],
        ..issue()
    }));
    assert_eq!(
        refused,
        InvoiceError::DeductionsExceed {
            rate: percent("5.5"),
            by: euros(10_550)
        }
    );
}

#[test]
fn deposits_never_come_to_more_than_the_whole() {
    let offered = offered();
    let whole = offered.totals(&everything()).unwrap().breakdown;
    let mut earlier: Vec<VatBreakdown> = Vec::new();
    for share in ["33.3333", "33.3333", "50"] {
        let limit = Balance::new(&whole, &earlier).left().clone();
        let deposit = rows::deposit(&offered, &everything(), percent(share), &earlier).unwrap();
        earlier.push(issued(InvoiceKind::Deposit, deposit, Some(limit)).0.left());
    }
    assert_eq!(Balance::new(&whole, &earlier).left().gross(), 0);
    assert_eq!(
        rows::deposit(&offered, &everything(), percent("1"), &earlier),
        Err(InvoiceError::NothingToInvoice)
    );
}

#[test]
fn more_than_the_quote_has_left_is_refused() {
    let offered = offered();
    let whole = offered.totals(&everything()).unwrap().breakdown;
    let deposit = rows::deposit(&offered, &everything(), percent("60"), &[]).unwrap();
    let first = issued(InvoiceKind::Deposit, deposit.clone(), Some(whole.clone()));
    let limit = Balance::new(&whole, [&first.0.left()]).left().clone();
    let drafted = Story::default().then(draft(InvoiceKind::Deposit, &[], deposit));
    assert_eq!(
        drafted.refuses(issued_with(IssueInvoice {
            limit: Some(limit),
            ..issue()
        })),
        InvoiceError::AboveSource { left: euros(4_000) }
    );
}

#[test]
fn only_the_options_that_were_taken_are_invoiced() {
    let option = |id| WishedLine {
        optional: true,
        ..line(id, "10")
    };
    let offered = content([line(1, "100"), option(2), option(3)])
        .decided(&taxed())
        .unwrap();
    let chosen = BTreeSet::from([LineId(3)]);
    let whole = rows::whole(&offered, &chosen);
    let ids: Vec<_> = lines(&whole).iter().map(|line| line.id).collect();
    assert_eq!(ids, [Some(LineId(1)), Some(LineId(3))]);
    assert_eq!(issued(InvoiceKind::Standard, whole, None).0.due(), 13_200);
    let deposit = rows::deposit(&offered, &chosen, percent("50"), &[]).unwrap();
    assert_eq!(issued(InvoiceKind::Deposit, deposit, None).0.due(), 6_600);
}

#[test]
fn a_progress_invoice_is_what_came_since_the_last_one() {
    let offered = offered();
    let at = |share: &str| [(LineId(1), percent(share)), (LineId(3), percent(share))];
    let first = rows::progress(&offered, &everything(), &at("40"), &[]).unwrap();
    let first = issued(InvoiceKind::Progress, first, None);
    assert_eq!(shown_of(&first), [(4_000, 220), (13_333, 2_667)]);
    let before: Vec<(LineId, i64)> = vec![(LineId(1), 13_333), (LineId(3), 4_000)];
    let rest = rows::progress(&offered, &everything(), &at("100"), &before).unwrap();
    assert_eq!(lines(&rest)[0].name, "Pose 1 — avancement 100 %");
    let rest = issued(InvoiceKind::Progress, rest, None);
    assert_eq!(rest.0.left().net() + first.0.left().net(), 33_333 + 10_001);
    assert_eq!(
        rows::progress(&offered, &everything(), &at("30"), &before),
        Err(InvoiceError::ProgressGoesBack { line: LineId(1) })
    );
    assert_eq!(
        rows::progress(&offered, &everything(), &at("40"), &before),
        Err(InvoiceError::NothingToInvoice)
    );
    let unknown = rows::progress(&offered, &everything(), &[(LineId(9), percent("1"))], &[]);
    assert_eq!(unknown.unwrap_err().code(), "NO_SUCH_LINE");
}
