//! The figures of the house, to the cent, on both databases; and its revenue against the books.

use chrono::{NaiveDate, TimeDelta};
use domain::document::InvoiceKind;
use engine::projection::spec::Spec;
use projections::{
    accounting::{lines, reading::Span},
    finance::{self, Aged, Asked, Both, Expected, Figures},
    invoices::{self, Invoices, payments as allocations},
    organizations,
    payments::{self, Payments},
};
use proptest::prelude::*;
use sea_orm::{
    ActiveModelTrait, Condition, ConnectOptions, ConnectionTrait, Database, DatabaseConnection, EntityTrait,
    IntoActiveModel, Schema,
};

use crate::{
    accounting::{House, customer, deeds},
    place::{Place, on_both},
};

on_both!(figures_are_exact_to_the_cent);

/// The tables as they are filled by what happened to a house.
async fn views(url: &str, house: &House) -> DatabaseConnection {
    let mut options = ConnectOptions::new(url);
    // A database in memory is its connection's own.
    options.max_connections(1);
    let connection = Database::connect(options).await.unwrap();
    make::<organizations::Entity>(&connection, Vec::new()).await;
    let of_invoices = told(Spec::of(Invoices), house);
    make::<invoices::Entity>(&connection, of_invoices.rows::<invoices::Entity>()).await;
    make::<allocations::Entity>(&connection, of_invoices.rows::<allocations::Entity>()).await;
    let of_payments = told(Spec::of(Payments), house);
    make::<payments::Entity>(&connection, of_payments.rows::<payments::Entity>()).await;
    connection
}

fn told(spec: Spec<domain::Event>, house: &House) -> Spec<domain::Event> {
    let history = house.history.iter();
    history.fold(spec, |spec, (category, id, time, event)| {
        spec.given_at(category, *id, *time, event.clone())
    })
}

async fn make<E>(connection: &DatabaseConnection, rows: Vec<E::Model>)
where
    E: EntityTrait + Default,
    E::Model: IntoActiveModel<<E as EntityTrait>::ActiveModel>,
    E::ActiveModel: ActiveModelTrait<Entity = E> + Send,
{
    let backend = connection.get_database_backend();
    let table = Schema::new(backend).create_table_from_entity(E::default());
    connection.execute(&table).await.unwrap();
    for row in rows {
        E::insert(row.into_active_model())
            .exec_without_returning(connection)
            .await
            .unwrap();
    }
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn asked(first: &str, last: &str, on: &str) -> Asked {
    Asked {
        span: Span {
            first: day(first),
            last: day(last),
        },
        day: day(on),
        invoices: Condition::all(),
        payments: Condition::all(),
    }
}

async fn euros(connection: &DatabaseConnection, asked: &Asked) -> Figures {
    let mut figures = finance::figures(connection, asked).await.unwrap();
    let euros = figures.remove("EUR").unwrap_or_default();
    assert!(figures.is_empty());
    euros
}

const fn both(net: i64, gross: i64) -> Both {
    Both { net, gross }
}

/// Figure 300 is 111.01 at 20 %: 133.21 with tax. Of it three times: 333.03, 399.64.
async fn figures_are_exact_to_the_cent(place: Place) {
    let mut house = House::new();
    let wait = |house: &mut House, days| house.now += TimeDelta::days(days);
    // 5 January: a deposit of customer 0, due on 4 February.
    house.issue(InvoiceKind::Deposit, 300, 1, &[]).unwrap();
    // 15 January: an invoice of the same, due on 14 February.
    wait(&mut house, 10);
    house.issue(InvoiceKind::Standard, 300, 1, &[]).unwrap();
    // 14 February: the deposit is paid, ten days late.
    wait(&mut house, 30);
    house.receive(1, 1, 13_321);
    // 24 February: the final invoice takes the deposit off, due on 26 March.
    wait(&mut house, 10);
    house.issue(InvoiceKind::Final, 300, 3, &[1]).unwrap();
    // 6 March: a part of the invoice, twenty days late, which bounces on the 16th.
    wait(&mut house, 10);
    house.receive(2, 2, 6_000);
    wait(&mut house, 10);
    house.reverse(2).unwrap();
    let url = place.views_url().replace("views.db", "views.db?mode=rwc");
    let connection = views(&url, &house).await;

    let until_day = asked("2026-01-01", "2026-03-31", "2026-03-16");
    let figures = euros(&connection, &until_day).await;
    // The deposit counts once: 111.01, 111.01, and the final one without it.
    assert_eq!(
        figures.invoiced,
        both(11_101 + 11_101 + 33_303 - 11_101, 13_321 + 13_321 + 39_964 - 13_321)
    );
    assert_eq!(figures.revenue, 11_101 + 33_303);
    assert_eq!(figures.revenue_by_customer, [(customer(300).0, 44_404)].into());
    assert_eq!(figures.collected, both(11_101, 13_321), "what bounced comes off again");
    assert_eq!(figures.received, 13_321);
    // The invoice is 30 days late, the final one is due in 10 days.
    let aged = Aged {
        not_due: both(22_202, 26_643),
        days_1_to_30: both(11_101, 13_321),
        ..Aged::default()
    };
    assert_eq!((figures.unpaid, figures.overdue), (aged, 13_321));
    assert_eq!(figures.unpaid_by_customer, [(customer(300).0, aged)].into());
    assert_eq!(figures.delay.days(), Some(10));
    // Ten days late as ever: the invoice should have come, the final one comes in 20 days.
    let expected = Expected {
        by_due_date: 26_643,
        by_delay: 39_964,
    };
    assert_eq!(figures.expected, [expected; 3]);
    // All of it was invoiced in the 90 days: 399.64 of 532.85, in days of 90.
    assert_eq!(figures.invoiced_recently, 53_285);
    assert_eq!(figures.dso_tenths(), Some(675));

    // Month by month: what bounced in March came in March.
    let february = euros(&connection, &asked("2026-02-01", "2026-02-28", "2026-06-30")).await;
    assert_eq!(february.invoiced, both(22_202, 26_643));
    assert_eq!((february.revenue, february.collected), (33_303, both(11_101, 13_321)));
    let march = euros(&connection, &asked("2026-03-01", "2026-03-10", "2026-06-30")).await;
    assert_eq!((march.collected.gross, march.received), (6_000, 6_000));
    let later = euros(&connection, &asked("2026-03-11", "2026-03-31", "2026-06-30")).await;
    assert_eq!((later.collected.gross, later.received), (-6_000, -6_000));
    // At the end of June the final one is 96 days late, and nothing was invoiced for 90 days.
    assert_eq!(later.unpaid.over_90, both(33_303, 39_964));
    assert_eq!((later.dso_tenths(), later.expected[0].by_due_date), (None, 0));
    assert_eq!(later.expected[0].by_delay, 39_964);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn revenue_is_class_70_of_the_books(deeds in deeds()) {
        let mut house = House::new();
        for deed in &deeds {
            house.does(deed);
        }
        let spec = house.spec();
        let of_class = |class: &str| -> i64 {
            let lines = spec.rows::<lines::Entity>().into_iter();
            lines.filter(|line| line.account.starts_with(class)).map(|line| -line.amount_minor).sum()
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let figures = runtime.block_on(async {
            let connection = views("sqlite::memory:", &house).await;
            let span = asked("2020-01-01", "2099-12-31", &house.today().to_string());
            euros(&connection, &span).await
        });
        prop_assert_eq!(figures.revenue, of_class("70"));
        prop_assert_eq!(figures.revenue_by_customer.values().sum::<i64>(), figures.revenue);
        let unpaid: i64 = house.invoices.values().map(domain::invoice::InvoiceState::remaining).sum();
        prop_assert_eq!(figures.unpaid.total().gross, unpaid);
        let paid: i64 = house.invoices.values().map(domain::invoice::InvoiceState::paid).sum();
        prop_assert_eq!(figures.collected.gross, paid);
        let received: i64 = house.payments.values().map(|payment| {
            let applied: i64 = payment.applied().iter().map(|(_, amount)| amount).sum();
            applied + payment.unapplied()
        }).sum();
        prop_assert_eq!(figures.received, received);
    }
}
