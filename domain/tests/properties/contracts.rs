//! Anything that can be asked of a contract, sensible or not.

use domain::{
    Change, ContractCommand, ContractId, InvoiceId, OrganizationId,
    billing::{Nature, Percentage, Quantity, RateClass, UnitPrice},
    contract::{
        Alert, AlertDate, AlertSkip, Amend, BillingInterval, BillingTiming, ContractKind, DraftContract, Ground,
        IndexClause, IndexPoint, IndexValue, LinePrice, NoticePeriod, NoticeWish, Party, PriceStep, RenewalPolicy,
        TerminationReason, WishedLine, WishedLineChange, WishedTerms,
    },
    document::{DocumentNumber, FiledDocument, LineId, NumberPattern, Series},
    organization::OrganizationKind,
    product::Taxation,
};
use proptest::{collection::vec, option, prelude::*, sample::select};

use super::{date, money, text, uuid};

/// Mostly near each other, so that commands meet the same terms.
fn day() -> impl Strategy<Value = chrono::NaiveDate> {
    let near = select(vec![
        "2026-01-01",
        "2026-01-31",
        "2026-02-28",
        "2026-03-31",
        "2026-06-15",
        "2026-12-31",
        "2027-01-01",
        "2027-02-28",
        "2028-02-29",
        "2030-12-31",
    ]);
    prop_oneof![6 => near.prop_map(|day| day.parse().unwrap()), 1 => date()]
}

fn price() -> impl Strategy<Value = LinePrice> {
    let prices = select(vec!["0", "0.01", "100", "999.999999", "1000000000000"]);
    let discounts = option::of(select(vec!["0", "10", "100"]));
    (prices, discounts).prop_map(|(price, discount)| LinePrice {
        unit_price: UnitPrice::new("p", price.parse().unwrap()).unwrap(),
        discount: discount.map(|discount| Percentage::new("d", discount.parse().unwrap()).unwrap()),
    })
}

fn quantity() -> impl Strategy<Value = Quantity> {
    select(vec!["1", "0.001", "12", "1000000000", "-1"])
        .prop_map(|text| Quantity::new("q", text.parse().unwrap()).unwrap())
}

fn interval() -> impl Strategy<Value = BillingInterval> {
    prop_oneof![
        Just(BillingInterval::Once),
        Just(BillingInterval::Month),
        Just(BillingInterval::Quarter),
        Just(BillingInterval::HalfYear),
        Just(BillingInterval::Year),
        any::<u8>().prop_map(BillingInterval::Years),
    ]
}

fn line() -> impl Strategy<Value = WishedLine> {
    let dates = (option::of(day()), option::of(day()), option::of(day()));
    let steps = vec(
        (day(), price()).prop_map(|(from, price)| PriceStep { from, price }),
        0..3,
    );
    let id = option::weighted(0.2, (0_u32..4).prop_map(LineId));
    let timing = select(BillingTiming::ALL.to_vec());
    (
        id,
        text(),
        (quantity(), price()),
        money(),
        (interval(), timing),
        dates,
        steps,
    )
        .prop_map(
            |(id, name, (quantity, price), money, (interval, timing), (starts_on, ends_on, anchor), steps)| {
                WishedLine {
                    id,
                    product: None,
                    name,
                    details: None,
                    unit: "mois".to_owned(),
                    quantity,
                    price,
                    currency: money.currency,
                    interval,
                    timing,
                    starts_on,
                    ends_on,
                    anchor,
                    steps,
                    taxation: Taxation {
                        nature: Nature::Services,
                        rate_class: RateClass::Normal,
                        exemption: None,
                    },
                }
            },
        )
}

/// A line that is taken as it is.
fn plain_line() -> impl Strategy<Value = WishedLine> {
    (line(), "[A-Z]{6}").prop_map(|(line, name)| WishedLine {
        id: None,
        name,
        quantity: Quantity::ONE,
        currency: domain::Currency::EUR,
        starts_on: None,
        ends_on: None,
        anchor: None,
        steps: Vec::new(),
        ..line
    })
}

fn renewal() -> impl Strategy<Value = RenewalPolicy> {
    prop_oneof![
        Just(RenewalPolicy::None),
        Just(RenewalPolicy::Express),
        (option::of(0_u16..400), option::of(0_u16..3)).prop_map(|(term_months, max_renewals)| RenewalPolicy::Tacit {
            term_months,
            max_renewals,
        }),
    ]
}

fn notice_period() -> impl Strategy<Value = NoticePeriod> {
    (0_u16..400, 0_u16..400).prop_map(|(months, days)| NoticePeriod {
        months: if months > 370 { months } else { months % 4 },
        days: if days > 360 { days } else { days % 20 },
    })
}

fn point() -> impl Strategy<Value = IndexPoint> {
    (day(), select(vec!["0", "0.0000001", "100", "312.7", "999999999999"])).prop_map(|(month, value)| IndexPoint {
        month,
        value: value.parse().unwrap(),
    })
}

fn clause() -> impl Strategy<Value = IndexClause> {
    let change = || option::of(select(vec!["-101", "-1", "0", "3.5", "100"]));
    (point(), change(), change(), option::of(0_u8..12)).prop_map(|(base, floor, cap, rounding)| IndexClause {
        index: "SYNTEC".to_owned(),
        base,
        fixed_share: Percentage::ZERO,
        floor: floor.map(|floor| floor.parse().unwrap()),
        cap: cap.map(|cap| cap.parse().unwrap()),
        rounding,
    })
}

fn terms() -> impl Strategy<Value = WishedTerms> {
    let lines = prop_oneof![3 => vec(plain_line(), 1..3), 1 => vec(line(), 0..3)];
    let kind = select(ContractKind::ALL.to_vec());
    let dates = (day(), option::of(day()), option::weighted(0.2, day()));
    (kind, lines, dates, renewal(), notice_period(), option::of(clause())).prop_map(
        |(kind, lines, (starts_on, ends_on, billing_starts_on), renewal, notice, indexation)| WishedTerms {
            kind,
            currency: domain::Currency::EUR,
            lines,
            starts_on,
            ends_on,
            renewal,
            notice,
            indexation,
            billing_starts_on,
        },
    )
}

fn number() -> DocumentNumber {
    NumberPattern::of(Series::Contract).number(2026, 7)
}

fn paper() -> FiledDocument {
    FiledDocument {
        blob: domain::BlobHash([1; 32]),
        size: 3,
    }
}

fn change() -> impl Strategy<Value = WishedLineChange> {
    let line = || (0_u32..4).prop_map(LineId);
    prop_oneof![
        plain_line().prop_map(|line| WishedLineChange::Add(Box::new(line))),
        self::line().prop_map(|line| WishedLineChange::Add(Box::new(line))),
        (line(), quantity()).prop_map(|(line, quantity)| WishedLineChange::Quantity { line, quantity }),
        (line(), price()).prop_map(|(line, price)| WishedLineChange::Price { line, price }),
        line().prop_map(|line| WishedLineChange::End { line }),
    ]
}

fn amend() -> impl Strategy<Value = Amend> {
    let ends_on = prop_oneof![
        4 => Just(Change::Keep),
        1 => Just(Change::Clear),
        2 => day().prop_map(Change::Set),
    ];
    let terms = (option::weighted(0.2, renewal()), option::weighted(0.2, notice_period()));
    (day(), day(), vec(change(), 0..3), ends_on, terms).prop_map(
        |(signed_on, effective_on, lines, ends_on, (renewal, notice))| Amend {
            signed_on,
            effective_on,
            lines,
            ends_on,
            renewal,
            notice,
            document: None,
            note: None,
        },
    )
}

fn notice() -> impl Strategy<Value = NoticeWish> {
    let words = (select(TerminationReason::ALL.to_vec()), option::of(text()));
    (select(Ground::ALL.to_vec()), day(), option::of(day()), words).prop_map(
        |(ground, received_on, last_day, (reason, note))| NoticeWish {
            by: Party::Customer,
            ground,
            received_on,
            last_day,
            reason,
            note,
        },
    )
}

fn alert() -> impl Strategy<Value = Alert> {
    let days = prop_oneof![select(vec![90_u16, 60, 30]), any::<u16>()];
    (select(AlertDate::ALL.to_vec()), day(), days).prop_map(|(before, date, days)| Alert { before, date, days })
}

fn draft() -> impl Strategy<Value = ContractCommand> {
    let follows = option::weighted(0.2, uuid().prop_map(|id| (ContractId(id), number())));
    (
        uuid(),
        select(OrganizationKind::ALL.to_vec()),
        option::of(text()),
        follows,
        terms(),
    )
        .prop_map(|(organization, customer_kind, segment, follows, terms)| {
            ContractCommand::Draft(Box::new(DraftContract {
                number: number(),
                organization: OrganizationId(organization),
                customer_kind,
                deal: None,
                quote: None,
                owner: None,
                segment,
                follows,
                terms,
            }))
        })
}

fn lifecycle() -> impl Strategy<Value = ContractCommand> {
    prop_oneof![
        4 => (day(), any::<bool>()).prop_map(|(signed_on, paper_there)| ContractCommand::Sign {
            signed_on,
            document: paper_there.then(paper),
        }),
        1 => terms().prop_map(|terms| ContractCommand::ChangeTerms { terms: Box::new(terms) }),
        1 => Just(ContractCommand::Discard),
        1 => Just(ContractCommand::FileDocument { document: paper() }),
        1 => day().prop_map(|on| ContractCommand::Activate { on }),
        2 => (day(), option::of(text())).prop_map(|(from, reason)| ContractCommand::Pause { from, reason }),
        2 => day().prop_map(|on| ContractCommand::Resume { on }),
        1 => (notice(), day()).prop_map(|(notice, on)| ContractCommand::GiveNotice { notice, on }),
        1 => day().prop_map(|on| ContractCommand::WithdrawNotice { on }),
        1 => day().prop_map(|on| ContractCommand::Terminate { on }),
        1 => day().prop_map(|on| ContractCommand::Expire { on }),
        1 => (uuid(), day(), option::of(day())).prop_map(|(by, starts_on, ends_on)| ContractCommand::RenewExpressly {
            by: ContractId(by),
            number: number(),
            starts_on,
            ends_on,
        }),
    ]
}

fn running() -> impl Strategy<Value = ContractCommand> {
    let values = vec((point(), day()), 0..4).prop_map(|values| {
        let values = values.into_iter().map(|(point, published_on)| IndexValue {
            index: "SYNTEC".to_owned(),
            point,
            published_on,
        });
        values.collect()
    });
    prop_oneof![
        4 => amend().prop_map(|amend| ContractCommand::Amend(Box::new(amend))),
        2 => (day(), values).prop_map(|(effective_on, values)| ContractCommand::Index { effective_on, values }),
        1 => (alert(), day()).prop_map(|(alert, on)| ContractCommand::RaiseAlert {
            alert,
            on,
            to: Vec::new(),
            task: None,
            delivery: None,
            quote: None,
        }),
        1 => alert().prop_map(|alert| ContractCommand::SkipAlert { alert, cause: AlertSkip::Passed }),
        1 => day().prop_map(|sent_on| ContractCommand::NotifyConsumer { sent_on, delivery: None, document: None }),
        2 => (day(), uuid()).prop_map(|(on, invoice)| ContractCommand::BillPeriods { on, invoice: InvoiceId(invoice) }),
        1 => (day(), uuid(), uuid()).prop_map(|(on, note, of)| ContractCommand::CreditPeriods {
            on,
            note: InvoiceId(note),
            of: InvoiceId(of),
        }),
        1 => uuid().prop_map(|invoice| ContractCommand::WithdrawBilling { invoice: InvoiceId(invoice) }),
        1 => text().prop_map(|reason| ContractCommand::Dispute { reason }),
        1 => Just(ContractCommand::SettleDispute),
        1 => option::of(uuid()).prop_map(|owner| ContractCommand::Assign { owner: owner.map(domain::UserId) }),
        1 => (option::of(text()), day()).prop_map(|(segment, effective_on)| ContractCommand::SetSegment {
            segment,
            effective_on,
        }),
        1 => (uuid(), day()).prop_map(|(organization, effective_on)| ContractCommand::Transfer {
            organization: OrganizationId(organization),
            customer_kind: OrganizationKind::Consumer,
            effective_on,
        }),
    ]
}

pub(super) fn contract_command() -> impl Strategy<Value = ContractCommand> {
    prop_oneof![2 => draft(), 4 => lifecycle(), 4 => running()]
}
