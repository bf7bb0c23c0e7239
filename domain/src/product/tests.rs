use cqrs_es::test::{AggregateTestExecutor, TestFramework};

use super::*;
use crate::{
    Change, Currency,
    billing::{Nature, RateClass, UnitPrice, VatReason},
    value::Problem,
};

fn price(amount: &str, period: Option<BillingPeriod>) -> Price {
    Price {
        unit_price: UnitPrice::new("unitPrice", amount.parse().unwrap()).unwrap(),
        currency: Currency::EUR,
        period,
    }
}

fn description(name: &str) -> Description {
    Description {
        name: name.to_owned(),
        details: None,
        unit: "heure".to_owned(),
        category: Some("Conseil".to_owned()),
    }
}

const SERVICE: Taxation = Taxation {
    nature: Nature::Services,
    rate_class: RateClass::Normal,
    exemption: None,
};

fn added() -> ProductEvent {
    ProductEvent::ProductAdded {
        code: "AUDIT".to_owned(),
        description: description("Audit énergétique"),
        price: price("95", None),
        taxation: SERVICE,
    }
}

fn given(events: Vec<ProductEvent>) -> AggregateTestExecutor<Product> {
    TestFramework::<Product>::with(()).given(events)
}

fn add(code: &str, taxation: Taxation) -> ProductCommand {
    ProductCommand::Add {
        code: code.to_owned(),
        description: description(" Audit énergétique "),
        price: price("95.00", None),
        taxation,
    }
}

#[test]
fn a_product_is_added_once_under_a_code_in_upper_case() {
    given(vec![])
        .when(add(" audit ", SERVICE))
        .then_expect_events(vec![added()]);
    given(vec![added()])
        .when(add("audit", SERVICE))
        .then_expect_error(ProductError::AlreadyAdded);
}

fn change(changes: ProductChanges) -> ProductCommand {
    ProductCommand::Change(changes)
}

#[test]
fn what_is_so_already_changes_nothing() {
    let same = ProductChanges {
        code: Some("audit".to_owned()),
        name: Some("Audit énergétique".to_owned()),
        unit_price: Some(price("95.0", None).unit_price),
        nature: Some(Nature::Services),
        details: Change::Clear,
        ..ProductChanges::default()
    };
    for command in [change(same), change(ProductChanges::default()), ProductCommand::Restore] {
        given(vec![added()]).when(command).then_expect_events(vec![]);
    }
}

#[test]
fn a_change_says_what_it_changes_and_nothing_else() {
    let changes = ProductChanges {
        code: Some("AUD".to_owned()),
        period: Change::Set(BillingPeriod::Year),
        category: Change::Clear,
        ..ProductChanges::default()
    };
    let description = Description {
        category: None,
        ..description("Audit énergétique")
    };
    given(vec![added()]).when(change(changes)).then_expect_events(vec![
        ProductEvent::ProductRecoded { code: "AUD".to_owned() },
        ProductEvent::ProductDescribed { description },
        ProductEvent::ProductRepriced {
            price: price("95", Some(BillingPeriod::Year)),
        },
    ]);
}

#[test]
fn an_archived_product_holds_no_code_and_changes_only_once_restored() {
    let archived = vec![added(), ProductEvent::ProductArchived {}];
    assert_eq!(Product::replay(&archived).code(), None);
    let reprice = change(ProductChanges {
        unit_price: Some(price("99", None).unit_price),
        ..ProductChanges::default()
    });
    given(archived.clone())
        .when(reprice.clone())
        .then_expect_error(ProductError::Archived);
    given([archived, vec![ProductEvent::ProductRestored {}]].concat())
        .when(reprice)
        .then_expect_events(vec![ProductEvent::ProductRepriced {
            price: price("99", None),
        }]);
}

#[test]
fn a_product_is_exempt_for_a_reason_of_its_own_only() {
    let exempt = |exemption| Taxation {
        exemption: Some(exemption),
        ..SERVICE
    };
    given(vec![])
        .when(add("x", exempt(VatReason::IntraCommunitySupply)))
        .then_expect_error(crate::InvalidValue::new("exemption", Problem::NotAnExemption).into());
    let decided = Product::default();
    assert!(crate::Decider::decide(&*decided, add("x", exempt(VatReason::Teaching))).is_ok());
}

#[test]
fn a_product_that_does_not_exist_takes_nothing_but_its_adding() {
    for command in [
        ProductCommand::Archive,
        ProductCommand::Restore,
        change(ProductChanges::default()),
    ] {
        given(vec![]).when(command).then_expect_error(ProductError::NotAdded);
    }
}
