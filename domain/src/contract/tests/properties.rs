use proptest::{collection::vec, option, prelude::*, sample::select};

use super::*;

/// Something that is asked of a contract.
#[derive(Debug, Clone)]
enum Asked {
    Command(ContractCommand),
    /// Everything that is to be taken back on a day, by one note for each invoice.
    Credits(NaiveDate),
}

/// What can be asked of a contract, mostly sensible.
fn commands() -> impl Strategy<Value = Vec<Asked>> {
    // Few, so that several things happen on one day.
    let date = || (0_i64..12).prop_map(|steps| day("2026-01-31") + chrono::Duration::days(steps * 97));
    let amounts = || select(vec!["1", "2", "3.5", "7"]);
    let command =
        prop_oneof![
            (date(), date(), amounts()).prop_map(|(signed, effective, amount)| ContractCommand::Amend(Box::new(
                amend(&signed.to_string(), &effective.to_string(), to_quantity(amount),)
            ))),
            (date(), amounts()).prop_map(|(effective, amount)| ContractCommand::Amend(Box::new(amend(
                &effective.to_string(),
                &effective.to_string(),
                vec![WishedLineChange::Price {
                    line: LineId(1),
                    price: price(amount),
                }],
            )))),
            (date(), amounts()).prop_map(|(effective, amount)| ContractCommand::Amend(Box::new(amend(
                &effective.to_string(),
                &effective.to_string(),
                vec![WishedLineChange::Add(Box::new(line(
                    &format!("Option {effective}"),
                    amount,
                    BillingInterval::Quarter,
                )))],
            )))),
            (date(), 1_u32..3).prop_map(|(effective, id)| ContractCommand::Amend(Box::new(amend(
                &effective.to_string(),
                &effective.to_string(),
                vec![WishedLineChange::End { line: LineId(id) }],
            )))),
            date().prop_map(|from| ContractCommand::Pause { from, reason: None }),
            date().prop_map(|on| ContractCommand::Resume { on }),
            (date(), option::of(date())).prop_map(|(received, last)| ContractCommand::GiveNotice {
                notice: NoticeWish {
                    last_day: last,
                    ..notice(Ground::Agreement, &received.to_string(), None)
                },
                on: received,
            }),
            date().prop_map(|on| ContractCommand::WithdrawNotice { on }),
            date().prop_map(|on| ContractCommand::Terminate { on }),
            (date(), 0_u128..1_000).prop_map(|(on, number)| ContractCommand::BillPeriods {
                on,
                invoice: invoice(number),
            }),
        ];
    let asked = prop_oneof![
        8 => command.prop_map(Asked::Command),
        1 => date().prop_map(Asked::Credits),
    ];
    vec(asked, 0..12)
}

fn lived(ramp: bool, commands: Vec<Asked>) -> Live {
    let steps = if ramp {
        vec![PriceStep {
            from: day("2027-01-01"),
            price: price("13"),
        }]
    } else {
        Vec::new()
    };
    let mut live = Live::signed(tacit(
        "2026-01-31",
        "2029-06-30",
        vec![
            WishedLine { steps, ..monthly("10") },
            line("Licence", "100", BillingInterval::Year),
        ],
    ));
    for (number, asked) in (10_000..).step_by(1_000).zip(commands) {
        match asked {
            Asked::Command(command) => try_it(&mut live, command),
            Asked::Credits(on) => credited(&mut live, on, number),
        }
    }
    live
}

fn try_it(live: &mut Live, command: ContractCommand) {
    if let Ok(events) = live.state.decide(command) {
        for event in &events {
            live.state.evolve(event);
        }
        live.events.extend(events);
    }
}

fn credited(live: &mut Live, on: NaiveDate, first: u128) {
    for (number, (of, credits)) in (first..).zip(live.state.due_credits(on)) {
        let note = invoice(number);
        live.take(ContractCommand::CreditPeriods { on, note, of });
        let periods: Vec<_> = credits.iter().map(|credit| credit.period).collect();
        assert_eq!(
            live.state.billed_by(note),
            periods,
            "as it was due before the first note"
        );
    }
}

proptest! {
    #[test]
    fn the_steps_add_up_to_what_every_line_is_worth(
        ramp in any::<bool>(),
        commands in commands(),
        days in vec(0_i64..1_700, 1..20),
    ) {
        let live = lived(ramp, commands);
        let steps = live.state.revenue_steps();
        let near = steps.iter().flat_map(|step| [step.on, step.on.pred_opt().unwrap()]);
        let days = days.into_iter().map(|days| day("2025-12-15") + chrono::Duration::days(days)).chain(near);
        for on in days {
            for line in live.state.lines() {
                let id = line.line.id;
                let summed: Decimal = steps.iter().filter(|step| step.line == id && step.on <= on).map(|step| step.amount).sum();
                prop_assert_eq!(summed, live.state.line_mrr_on(id, on), "line {} on {}", id.0, on);
            }
        }
    }

    #[test]
    fn once_everything_is_billed_it_comes_to_the_schedule(ramp in any::<bool>(), commands in commands(), days in 0_i64..1_500) {
        let mut live = lived(ramp, commands);
        let drafts = live.events.iter().filter_map(|event| match event {
            ContractEvent::ContractPeriodsBilled { on, .. } => Some(*on),
            _ => None,
        });
        let last = drafts.max().unwrap_or(day("2026-01-31"));
        let on = last.max(day("2026-01-31") + chrono::Duration::days(days));
        try_it(&mut live, ContractCommand::BillPeriods { on, invoice: invoice(9_001) });
        credited(&mut live, on, 1_000_000);
        prop_assert_eq!(live.state.due_billing(on), vec![]);
        prop_assert!(live.state.next_billing_on().is_none_or(|next| next > on));
        let owed: i64 = live.state.billing_schedule(on).iter().filter(|period| period.due_on <= on).map(|period| period.amount).sum();
        let billed: i64 = live.events.iter().map(|event| match event {
            ContractEvent::ContractPeriodsBilled { periods, .. } => periods.iter().map(|period| period.amount).sum(),
            _ => 0,
        }).sum();
        prop_assert_eq!(billed, owed);
        let prepaid = live.state.prepaid_income(on);
        for period in &prepaid {
            prop_assert_eq!(period.earned + period.deferred, period.billed);
            prop_assert!(0 < period.deferred && period.deferred <= period.billed, "{:?}", period);
        }
    }

    #[test]
    fn an_end_never_bills_more_than_no_end(commands in commands(), days in 0_i64..1_200) {
        let live = lived(false, commands);
        let on = day("2026-01-31") + chrono::Duration::days(days);
        let wish = notice(Ground::Agreement, &on.to_string(), None);
        if let Ok(preview) = live.state.termination_preview(wish, on) {
            prop_assert!(preview.forgone.unwrap_or(0) >= 0);
            prop_assert_eq!(preview.arr_lost, preview.mrr_lost * dec("12"));
            prop_assert!(preview.mrr_lost >= Decimal::ZERO);
        }
    }

    #[test]
    fn whatever_happened_a_renewal_takes_both_sides_and_leaves_no_day_out(ramp in any::<bool>(), commands in commands()) {
        let mut live = lived(ramp, commands);
        let Ok(plan) = live.state.renewal_plan(OWN, &[]) else { return Ok(()) };
        let end = live.state.ends_on().unwrap();
        let renewed = ContractCommand::RenewTacitly { plan: Box::new(plan.clone()), number: number(2), on: end };
        live.take(renewed.clone());
        prop_assert_eq!(live.take(renewed), vec![], "once");
        let next = Live::default().then(ContractCommand::BeginRenewal { plan: Box::new(plan), number: number(2) });
        let begins = next.state.starts_on().unwrap();
        prop_assert_eq!(begins, end.succ_opt().unwrap());
        // What goes on is worth what it was; what had a last day of its own, or a step on that day, makes the difference.
        let carried: Decimal = next.state.lines().map(|line| live.state.line_mrr_on(line.line.id, end)).sum();
        let stepped = live.state.lines().any(|line| line.prices.iter().any(|price| price.from == begins));
        prop_assert!(stepped || next.state.mrr_on(begins) == carried, "{} {}", next.state.mrr_on(begins), carried);
        if next.state.mrr_on(begins) > Decimal::ZERO {
            prop_assert_eq!(next.state.next_billing_on(), Some(begins));
        }
    }

    #[test]
    fn a_chain_of_terms_leaves_no_day_out_and_keeps_to_its_first_day(
        first in 0_i64..1_500, term in 1_u16..25, renewals in 1_usize..30,
    ) {
        let anchor = day("2024-01-01") + chrono::Duration::days(first);
        let end = calendar::end_of_term(anchor, term.into());
        let mut live = Live::signed(WishedTerms {
            renewal: RenewalPolicy::Tacit { term_months: Some(term), max_renewals: None },
            notice: NoticePeriod::NONE,
            ..terms(&anchor.to_string(), Some(&end.to_string()), vec![monthly("10")])
        });
        for renewal in 1..=renewals {
            let plan = live.state.renewal_plan(OWN, &[]).unwrap();
            prop_assert_eq!(plan.terms.starts_on, live.state.ends_on().unwrap().succ_opt().unwrap());
            prop_assert_eq!(plan.terms.starts_on, calendar::months_after(anchor, u32::from(term) * renewal as u32));
            live = Live::default().then(ContractCommand::BeginRenewal { plan: Box::new(plan), number: number(2) });
        }
        let periods = live.state.billing_schedule(live.state.ends_on().unwrap());
        prop_assert_eq!(periods.len(), usize::from(term), "whole months");
        prop_assert!(periods.iter().all(|period| period.whole && period.amount == 1_000));
    }
}
