//! What customers are owed over time: maintenance by the year, with changes, renewals, and customers who leave.

use chrono::{NaiveDate, TimeDelta};
use domain::{
    Change, Currency, OrganizationId, ProductId,
    billing::{Quantity, UnitPrice},
    contract::{
        Amend, BillingInterval, BillingTiming, ContractKind, Ground, LinePrice, NoticePeriod, NoticeWish, Party,
        RenewalPolicy, TerminationReason, WishedLine, WishedLineChange, WishedTerms, calendar,
    },
    document::LineId,
};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::{
    calendar::{at, days_later},
    company::{CATALOGUE, COLLEAGUES},
    people::{Acquaintance, user},
    story::{Teller, id},
    trade::Step,
};
use crate::sales::contracts::{ContractWish, Signing};

/// What becomes of the contracts, one after the other.
#[derive(Debug, Clone, Copy)]
enum Course {
    /// It renews itself.
    Goes,
    /// A second site comes in, half a year later.
    Grows,
    /// A lower price, agreed after the day from which it holds.
    IsCut,
    /// The customer refuses the renewal.
    Leaves,
}

const COURSES: [Course; 8] = [
    Course::Goes,
    Course::Grows,
    Course::Goes,
    Course::Leaves,
    Course::IsCut,
    Course::Goes,
    Course::Leaves,
    Course::Grows,
];

impl Teller {
    /// One customer in five has its installations looked after.
    pub(super) fn contracts(&mut self, customers: &[Acquaintance]) {
        for (number, customer) in customers.iter().step_by(5).enumerate() {
            self.looked_after(number, customer);
        }
    }

    fn looked_after(&mut self, number: usize, customer: &Acquaintance) {
        let signed = days_later(customer.since.date_naive(), 20 + 9 * number as i64);
        let contract = id(&format!("contract/{}", customer.name));
        let Some(terms) = terms(number, signed) else { return };
        let end = terms.ends_on.unwrap_or(signed);
        let wish = ContractWish {
            organization: OrganizationId(customer.id),
            deal: None,
            quote: None,
            owner: Some(user(customer.seller)),
            segment: Some(if number.is_multiple_of(2) { "Ouest" } else { "Est" }.to_owned()),
            follows: None,
            terms,
        };
        let signing = Signing {
            on: signed,
            names: [customer.seller.to_owned(), customer.buyer.0.clone()],
        };
        let (morning, seller) = (at(signed, 10 * 60), customer.seller);
        self.step(morning, seller, Step::DraftContract { contract, wish });
        let later = morning + TimeDelta::minutes(30);
        self.step(later, seller, Step::SignContract { contract, signing });
        match COURSES[number % COURSES.len()] {
            Course::Goes => {}
            Course::Grows => {
                let day = days_later(signed, 180);
                let Ok(quantity) = Quantity::new("quantity", Decimal::TWO) else {
                    return;
                };
                let line = LineId(1);
                let change = WishedLineChange::Quantity { line, quantity };
                self.amended((contract, customer), (day, day), change);
            }
            Course::IsCut => {
                let day = days_later(signed, 200);
                let Some(price) = price(5_900) else { return };
                let line = LineId(1);
                let change = WishedLineChange::Price { line, price };
                self.amended((contract, customer), (day, calendar::days_before(day, 45)), change);
            }
            Course::Leaves => self.left(contract, end),
        }
    }

    fn amended(
        &mut self,
        (contract, customer): (Uuid, &Acquaintance),
        (signed_on, effective_on): (NaiveDate, NaiveDate),
        change: WishedLineChange,
    ) {
        let amend = Amend {
            signed_on,
            effective_on,
            lines: vec![change],
            ends_on: Change::Keep,
            renewal: None,
            notice: None,
            document: None,
            note: None,
        };
        let signing = Signing {
            on: signed_on,
            names: [COLLEAGUES[0].0.to_owned(), customer.buyer.0.clone()],
        };
        self.step(
            at(signed_on, 11 * 60),
            COLLEAGUES[0].0,
            Step::AmendContract {
                contract,
                amend,
                signing,
            },
        );
    }

    fn left(&mut self, contract: Uuid, end: NaiveDate) {
        let received_on = days_later(calendar::months_before(end, 4), 1);
        let notice = NoticeWish {
            by: Party::Customer,
            ground: Ground::NonRenewal,
            received_on,
            last_day: None,
            reason: TerminationReason::TooExpensive,
            note: Some("Un concurrent fait la même chose pour moins.".to_owned()),
        };
        let step = Step::EndContract { contract, notice };
        self.step(at(received_on, 15 * 60), COLLEAGUES[0].0, step);
    }
}

fn price(euros: i64) -> Option<LinePrice> {
    Some(LinePrice {
        unit_price: UnitPrice::new("unitPrice", Decimal::from(euros)).ok()?,
        discount: None,
    })
}

fn terms(number: usize, starts_on: NaiveDate) -> Option<WishedTerms> {
    let article = CATALOGUE.iter().find(|article| article.code == "MNT")?;
    let line = WishedLine {
        id: None,
        product: Some(ProductId(article.id())),
        name: article.name.to_owned(),
        details: None,
        unit: article.unit.to_owned(),
        quantity: Quantity::new("quantity", Decimal::ONE).ok()?,
        price: price(article.price + 300 * number as i64)?,
        currency: Currency::EUR,
        interval: BillingInterval::Year,
        timing: BillingTiming::InAdvance,
        starts_on: None,
        ends_on: None,
        anchor: None,
        steps: Vec::new(),
        taxation: article.taxation(),
    };
    Some(WishedTerms {
        kind: ContractKind::Maintenance,
        currency: Currency::EUR,
        lines: vec![line],
        starts_on,
        ends_on: Some(calendar::end_of_term(starts_on, 12)),
        renewal: RenewalPolicy::Tacit {
            term_months: Some(12),
            max_renewals: None,
        },
        notice: NoticePeriod::months(3),
        indexation: None,
        billing_starts_on: None,
    })
}
