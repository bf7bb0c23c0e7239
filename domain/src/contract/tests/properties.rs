use proptest::{collection::vec, option, prelude::*, sample::select};

use super::*;

/// What can be asked of a contract, mostly sensible.
fn commands() -> impl Strategy<Value = Vec<ContractCommand>> {
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
                nature: BillingNature::Charge,
                invoice: invoice(number),
            }),
            (date(), 0_u128..1_000).prop_map(|(on, number)| ContractCommand::BillPeriods {
                on,
                nature: BillingNature::Credit,
                invoice: invoice(number),
            }),
        ];
    vec(command, 0..12)
}

fn lived(ramp: bool, commands: Vec<ContractCommand>) -> Live {
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
    for command in commands {
        if let Ok(events) = live.state.decide(command) {
            for event in &events {
                live.state.evolve(event);
            }
            live.events.extend(events);
        }
    }
    live
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
        for (number, nature) in [(9_001, BillingNature::Charge), (9_002, BillingNature::Credit)] {
            let bill = ContractCommand::BillPeriods { on, nature, invoice: invoice(number) };
            if let Ok(events) = live.state.decide(bill) {
                for event in &events {
live.state.evolve(event);
}
                live.events.extend(events);
            }
        }
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
}
