//! What is written down in `fixtures/recurring-revenue`.

use std::{fs, path::Path};

use serde::{Deserialize, de::DeserializeOwned};

use super::*;

fn read<T: DeserializeOwned>(name: &str) -> Vec<T> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fixtures/recurring-revenue")
        .join(name);
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// Something that happens, on the day on which it is recorded.
#[derive(Debug, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
enum Step {
    Sign {
        on: String,
        contract: String,
        customer: String,
        start: String,
        end: Option<String>,
        price: String,
        interval: Option<BillingInterval>,
        segment: Option<String>,
        #[serde(default)]
        tacit: bool,
        #[serde(default)]
        indexed: bool,
    },
    Quantity {
        on: String,
        contract: String,
        effective: String,
        quantity: String,
    },
    /// Another line in place of the first.
    Replace {
        on: String,
        contract: String,
        effective: String,
        price: String,
    },
    End {
        on: String,
        contract: String,
        last: String,
    },
    Renew {
        on: String,
        contract: String,
        /// The index of the last September.
        index: Option<String>,
    },
    RenewExpressly {
        on: String,
        contract: String,
        by: String,
        start: String,
        price: String,
    },
    Pause {
        on: String,
        contract: String,
        from: String,
    },
    Resume {
        on: String,
        contract: String,
        from: String,
    },
    Segment {
        on: String,
        contract: String,
        effective: String,
        segment: String,
    },
    Merge {
        on: String,
        customer: String,
        into: String,
    },
}

impl Step {
    fn happen(&self, world: &mut World, customers: &mut BTreeMap<String, String>) {
        match self {
            Self::Sign {
                on,
                contract,
                customer,
                start,
                end,
                price,
                interval,
                segment,
                tacit,
                indexed,
            } => {
                customers.insert(contract.clone(), customer.clone());
                let deal = Deal {
                    interval: interval.unwrap_or(BillingInterval::Month),
                    segment: segment.as_deref(),
                    tacit: *tacit,
                    indexed: *indexed,
                    ..monthly(customer, start, end.as_deref(), price)
                };
                world.sign(on, contract, &deal);
            }
            Self::Quantity {
                on,
                contract,
                effective,
                quantity,
            } => world.quantity(on, contract, effective, quantity),
            Self::Replace {
                on,
                contract,
                effective,
                price,
            } => {
                let line = wished_line("Nouvel abonnement", price, BillingInterval::Month, Currency::EUR);
                let lines = vec![
                    WishedLineChange::End { line: LineId(1) },
                    WishedLineChange::Add(Box::new(line)),
                ];
                world.amend(on, contract, effective, lines);
            }
            Self::End { on, contract, last } => world.end(on, contract, last, TerminationReason::TooExpensive),
            Self::Renew { on, contract, index } => {
                let values = index.as_deref().map(|value| syntec("2026-09-01", value, "2026-12-15"));
                world.renew(on, contract, &values.unwrap_or_default());
            }
            Self::RenewExpressly {
                on,
                contract,
                by,
                start,
                price,
            } => {
                let customer = customers[contract].clone();
                world.renew_expressly(on, contract, by, &monthly(&customer, start, None, price));
            }
            Self::Pause { on, contract, from } => {
                let from = day(from);
                world.put(on, contract, ContractCommand::Pause { from, reason: None });
            }
            Self::Resume { on, contract, from } => {
                world.put(on, contract, ContractCommand::Resume { on: day(from) });
            }
            Self::Segment {
                on,
                contract,
                effective,
                segment,
            } => world.put(
                on,
                contract,
                ContractCommand::SetSegment {
                    segment: Some(segment.clone()),
                    effective_on: day(effective),
                },
            ),
            Self::Merge { on, customer, into } => world.merge(on, customer, into),
        }
    }
}

fn lived(steps: &[Step]) -> World {
    let mut world = World::default();
    let mut customers = BTreeMap::new();
    for step in steps {
        step.happen(&mut world, &mut customers);
    }
    world
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MovementsVector {
    why: String,
    #[serde(default)]
    grace: u16,
    steps: Vec<Step>,
    /// The last day that is looked at.
    through: Option<NaiveDate>,
    movements: Vec<(String, String, Decimal)>,
    /// By the time of recording.
    recorded: Option<Vec<(String, String, Decimal)>>,
    mrr: BTreeMap<NaiveDate, Decimal>,
    #[serde(default)]
    segments: BTreeMap<String, BTreeMap<NaiveDate, Decimal>>,
    /// In cents.
    #[serde(default)]
    shown: BTreeMap<NaiveDate, i64>,
}

fn sorted(book: &Book) -> Vec<(String, String, Decimal)> {
    let mut told: Vec<_> = told(book.movements())
        .into_iter()
        .map(|(on, kind, amount)| (on, kind.to_owned(), amount))
        .collect();
    told.sort();
    told
}

#[test]
fn movements_are_those_of_the_vectors() {
    for mut vector in read::<MovementsVector>("movements.json") {
        let why = &vector.why;
        let world = lived(&vector.steps);
        let request = BookRequest {
            settings: RevenueSettings {
                renewal_grace_days: vector.grace,
                ..RevenueSettings::of(Currency::EUR)
            },
            through: vector.through.unwrap_or(day("2027-12-31")),
            ..World::request("2027-12-31")
        };
        let book = world.portfolio.book(&request).unwrap();
        vector.movements.sort();
        assert_eq!(sorted(&book), vector.movements, "{why}");
        if let Some(mut recorded) = vector.recorded {
            let request = BookRequest {
                basis: Basis::Recorded,
                ..request.clone()
            };
            recorded.sort();
            assert_eq!(sorted(&world.portfolio.book(&request).unwrap()), recorded, "{why}");
        }
        for (on, mrr) in vector.mrr {
            assert_eq!(book.mrr(on, &Selection::all()), mrr, "{why}: {on}");
            assert_eq!(book.arr(on, &Selection::all()), mrr * dec("12"), "{why}: {on}");
        }
        for (segment, days) in vector.segments {
            for (on, mrr) in days {
                assert_eq!(
                    book.mrr(on, &Selection::segment(&segment)),
                    mrr,
                    "{why}: {segment}, {on}"
                );
            }
        }
        for (on, cents) in vector.shown {
            let mrr = book.mrr(on, &Selection::all());
            assert_eq!(shown(mrr, Currency::EUR), cents, "{why}: {on}");
            assert_eq!(
                shown(book.arr(on, &Selection::all()), Currency::EUR),
                200_000,
                "from what is not rounded"
            );
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MeasuresVector {
    why: String,
    steps: Vec<Step>,
    month: NaiveDate,
    opening: Decimal,
    closing: Decimal,
    gross_mrr_churn: Decimal,
    net_mrr_churn: Decimal,
    grr: Decimal,
    nrr: Decimal,
    logo_churn: Decimal,
}

#[test]
fn measures_are_those_of_the_vectors() {
    for vector in read::<MeasuresVector>("measures.json") {
        let book = lived(&vector.steps).book("2027-12-31");
        let (period, all) = (Month::of(vector.month).period(), Selection::all());
        let waterfall = book.waterfall(period, &all);
        assert_eq!(
            (waterfall.opening, waterfall.closing),
            (vector.opening, vector.closing),
            "{}",
            vector.why
        );
        let found = [
            book.gross_mrr_churn(period, &all),
            book.net_mrr_churn(period, &all),
            book.grr(period, &all),
            book.nrr(period, &all),
            book.logo_churn(period, &all, LogoChurnFormula::StartOfPeriod),
        ];
        let wanted = [
            vector.gross_mrr_churn,
            vector.net_mrr_churn,
            vector.grr,
            vector.nrr,
            vector.logo_churn,
        ];
        assert_eq!(found, wanted.map(Ok), "{}", vector.why);
    }
}
