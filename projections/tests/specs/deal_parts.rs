use domain::{
    Currency, DealEvent, Event, Money, UserId,
    deal::{CreditShare, ProductOfInterest},
};
use engine::projection::spec::Spec;
use projections::deal_parts::{DealParts, competitors, credits, products, tags};

use super::{ONE, TWO, deals::opened};

fn given() -> Spec<Event> {
    Spec::of(DealParts)
        .given("deal", ONE, opened())
        .given("deal", TWO, opened())
}

fn product(deal: uuid::Uuid, place: i32, label: &str) -> products::Model {
    products::Model {
        id: format!("{deal}:{place}"),
        deal_id: deal,
        place,
        label: label.to_owned(),
        label_folded: label.to_lowercase(),
        quantity: None,
        amount_minor: None,
        amount_currency: None,
    }
}

#[test]
fn products_are_there_from_the_opening_and_replaced_by_those_named_later() {
    let others = || [product(TWO, 1, "P-40"), product(TWO, 2, "P-50")];
    let own = [product(ONE, 1, "P-40"), product(ONE, 2, "P-50")];
    given().expect(own.into_iter().chain(others()));
    let named = DealEvent::DealProductsNamed {
        products: vec![ProductOfInterest {
            quantity: Some("2.5".parse().unwrap()),
            amount: Some(Money::new(500, Currency::EUR)),
            ..ProductOfInterest::labelled("P-60")
        }],
    };
    let left = products::Model {
        quantity: Some("2.5".to_owned()),
        amount_minor: Some(500),
        amount_currency: Some("EUR".to_owned()),
        ..product(ONE, 1, "P-60")
    };
    given()
        .given("deal", ONE, named)
        .expect([left].into_iter().chain(others()));
}

#[test]
fn competitors_and_tags_are_those_named_last() {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    given()
        .given(
            "deal",
            ONE,
            DealEvent::DealCompetitorsNamed {
                competitors: names(&["Watt", "Énergie Plus"]),
            },
        )
        .given(
            "deal",
            ONE,
            DealEvent::DealCompetitorsNamed {
                competitors: names(&["Énergie Plus"]),
            },
        )
        .expect([competitors::Model {
            id: format!("{ONE}:1"),
            deal_id: ONE,
            place: 1,
            name: "Énergie Plus".to_owned(),
            name_folded: "energie plus".to_owned(),
        }]);
    given()
        .given(
            "deal",
            ONE,
            DealEvent::DealTagged {
                tags: names(&["Été"])
            },
        )
        .given("deal", ONE, DealEvent::DealTagged { tags: Vec::new() })
        .expect(Vec::<tags::Model>::new());
    let tag = |place: i32, name: &str, folded: &str| tags::Model {
        id: format!("{ONE}:{place}"),
        deal_id: ONE,
        place,
        name: name.to_owned(),
        name_folded: folded.to_owned(),
    };
    let added = |tags: &[&str]| DealEvent::DealTagsAdded { tags: names(tags) };
    let removed = |tags: &[&str]| DealEvent::DealTagsRemoved { tags: names(tags) };
    given()
        .given("deal", ONE, added(&["Été", "Salon"]))
        .given("deal", ONE, removed(&["Été"]))
        .given("deal", ONE, added(&["VIP"]))
        .expect([tag(2, "Salon", "salon"), tag(3, "VIP", "vip")]);
}

#[test]
fn a_shared_credit_has_a_row_for_each_part() {
    let share = |user, basis_points| CreditShare {
        user: UserId(user),
        basis_points,
    };
    let part = |place: i32, user_id, basis_points| credits::Model {
        id: format!("{ONE}:{place}"),
        deal_id: ONE,
        place,
        user_id,
        basis_points,
    };
    given()
        .given(
            "deal",
            ONE,
            DealEvent::DealCreditShared {
                shares: vec![share(ONE, 7_500), share(TWO, 2_500)],
            },
        )
        .expect([part(1, ONE, 7_500), part(2, TWO, 2_500)]);
}
