//! What is left of a document: to deduct a deposit from, to credit, to pay. The last part takes what is left, so that
//! the parts add up to the whole, rate by rate.

use super::{
    rounding::share,
    vat::{Percentage, VatBreakdown, VatShare, VatTreatment},
};
use crate::{Language, Refusal, refusal::prints_in_english};

/// A deposit of a share of a document, by rate: `base = round(share × base of the rate)`, `tax = round(base × rate)`.
pub fn deposit(whole: &VatBreakdown, percent: Percentage) -> VatBreakdown {
    VatBreakdown::of(
        whole
            .shares()
            .iter()
            .map(|share| VatShare::on(share.treatment, percent.of(share.base))),
    )
}

/// A document, and what of it was already deducted or credited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balance {
    left: VatBreakdown,
}

impl Balance {
    pub fn new<'a>(whole: &VatBreakdown, taken: impl IntoIterator<Item = &'a VatBreakdown>) -> Self {
        Self {
            left: whole.without(taken),
        }
    }

    pub const fn left(&self) -> &VatBreakdown {
        &self.left
    }

    /// Takes so much of the base of one treatment, with its tax. Whoever takes the rest of the base takes the rest of
    /// the tax; nobody before takes more tax than is left.
    pub fn take(&mut self, treatment: VatTreatment, base: i64) -> Result<VatShare, CreditError> {
        let left = self
            .left
            .get(treatment)
            .copied()
            .ok_or(CreditError::Exceeds { left: 0 })?;
        if base < 0 {
            return Err(CreditError::Negative);
        }
        if base > left.base {
            return Err(CreditError::Exceeds { left: left.base });
        }
        let vat = if base == left.base {
            left.vat
        } else {
            treatment.rate.of(base).min(left.vat)
        };
        let taken = VatShare { treatment, base, vat };
        self.remove(&VatBreakdown::of([taken]));
        Ok(taken)
    }

    /// Takes an amount that includes tax, of each treatment in proportion to what is left of it.
    pub fn take_gross(&mut self, gross: i64) -> Result<VatBreakdown, CreditError> {
        if gross < 0 {
            return Err(CreditError::Negative);
        }
        let shares = self.left.shares();
        if gross > self.left.gross() {
            return Err(CreditError::Exceeds {
                left: self.left.gross(),
            });
        }
        let weights: Vec<i64> = shares.iter().map(VatShare::gross).collect();
        let parts = share(gross, &weights).unwrap_or_default();
        let taken = VatBreakdown::of(shares.iter().zip(parts).map(|(left, part)| {
            let vat = if part == left.gross() {
                left.vat
            } else {
                left.treatment.rate.within(part).min(left.vat).max(part - left.base)
            };
            VatShare {
                treatment: left.treatment,
                base: part - vat,
                vat,
            }
        }));
        self.remove(&taken);
        Ok(taken)
    }

    /// Takes all that is left.
    pub fn take_rest(&mut self) -> VatBreakdown {
        let rest = std::mem::take(&mut self.left);
        VatBreakdown::of(rest.shares().iter().copied().filter(|share| share.gross() != 0))
    }

    fn remove(&mut self, taken: &VatBreakdown) {
        self.left = self.left.without([taken]);
    }
}

/// Why nothing is taken. Amounts in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CreditError {
    Exceeds { left: i64 },
    Negative,
}

prints_in_english!(CreditError);

impl Refusal for CreditError {
    fn code(&self) -> &'static str {
        match self {
            Self::Exceeds { .. } => "CREDIT_EXCEEDS_INVOICE",
            Self::Negative => "NEGATIVE_NUMBER",
        }
    }

    fn field(&self) -> Option<&'static str> {
        Some("amount")
    }

    fn message(&self, language: Language) -> String {
        match self {
            Self::Exceeds { left } => language.choose(
                format!("More than what is left of the invoice: at most {left} in its smallest unit."),
                format!("Plus que ce qui reste de la facture : {left} au plus, dans sa plus petite unité."),
            ),
            Self::Negative => language.choose(
                "An amount to credit is not negative.",
                "Un montant à créditer n'est pas négatif.",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn taxed(points: u32) -> VatTreatment {
        VatTreatment::taxed(Percentage::basis_points(points))
    }

    fn percent(percent: i64) -> Percentage {
        Percentage::new("percent", percent.into()).unwrap()
    }

    fn shown(breakdown: &VatBreakdown) -> Vec<(i64, i64)> {
        breakdown.shares().iter().map(|share| (share.base, share.vat)).collect()
    }

    /// lago-api#2643: four credits of a line each would come to 335.00 if each were rounded on its own.
    #[test]
    fn the_last_credit_absorbs_the_rounding() {
        let full = taxed(2_000);
        let whole = VatBreakdown::of([VatShare::on(full, 27_916)]);
        assert_eq!(whole.gross(), 33_499);
        let mut balance = Balance::new(&whole, []);
        let credited: Vec<i64> = [6_833, 6_833, 5_750, 8_500]
            .into_iter()
            .map(|base| balance.take(full, base).unwrap().gross())
            .collect();
        assert_eq!(credited, [8_200, 8_200, 6_900, 10_199]);
        assert_eq!(credited.iter().sum::<i64>(), whole.gross());
        assert_eq!(balance.left().gross(), 0);
        assert_eq!(balance.take(full, 1), Err(CreditError::Exceeds { left: 0 }));
    }

    #[test]
    fn a_deposit_is_computed_rate_by_rate() {
        let whole = VatBreakdown::of([VatShare::on(taxed(2_000), 33_333), VatShare::on(taxed(550), 10_001)]);
        let deposit = deposit(&whole, percent(30));
        assert_eq!(shown(&deposit), [(3_000, 165), (10_000, 2_000)]);
        assert_eq!(
            shown(Balance::new(&whole, [&deposit]).left()),
            [(7_001, 385), (23_333, 4_667)]
        );
    }

    #[test]
    fn what_is_not_there_is_not_taken() {
        let whole = VatBreakdown::of([VatShare::on(taxed(2_000), 1_000)]);
        let mut balance = Balance::new(&whole, []);
        assert_eq!(
            balance.take(taxed(2_000), 1_001),
            Err(CreditError::Exceeds { left: 1_000 })
        );
        assert_eq!(balance.take(taxed(2_000), -1), Err(CreditError::Negative));
        assert_eq!(balance.take(taxed(550), 1), Err(CreditError::Exceeds { left: 0 }));
        assert_eq!(balance.take_gross(1_201), Err(CreditError::Exceeds { left: 1_200 }));
        assert_eq!(balance.left(), &whole, "a refusal takes nothing");
    }

    #[test]
    fn an_amount_is_taken_of_each_rate() {
        let whole = VatBreakdown::of([VatShare::on(taxed(2_000), 10_000), VatShare::on(taxed(1_000), 10_000)]);
        let mut balance = Balance::new(&whole, []);
        assert_eq!(shown(&balance.take_gross(2_300).unwrap()), [(1_000, 100), (1_000, 200)]);
        assert_eq!(shown(&balance.take_rest()), [(9_000, 900), (9_000, 1_800)]);
        assert!(balance.take_rest().shares().is_empty());
    }

    fn any_whole() -> impl Strategy<Value = VatBreakdown> {
        prop::collection::vec(
            (
                prop::sample::select(vec![0_u32, 210, 550, 1_000, 2_000]),
                1_i64..1_000_000,
            ),
            1..5,
        )
        .prop_map(|groups| {
            let bases = groups.into_iter().map(|(points, base)| VatShare {
                treatment: taxed(points),
                base,
                vat: 0,
            });
            VatBreakdown::of(
                VatBreakdown::of(bases)
                    .shares()
                    .iter()
                    .map(|share| VatShare::on(share.treatment, share.base)),
            )
        })
    }

    proptest! {
        #[test]
        fn whatever_is_taken_the_parts_add_up(
            whole in any_whole(),
            steps in prop::collection::vec((any::<bool>(), 0_i64..1_000, 0_usize..5), 0..12),
        ) {
            let mut balance = Balance::new(&whole, []);
            let mut parts = Vec::new();
            for (by_amount, thousandths, group) in steps {
                let left = balance.left().clone();
                let part = if by_amount {
                    balance.take_gross(left.gross() * thousandths / 1_000)
                } else {
                    let share = left.shares()[group % left.shares().len()];
                    balance
                        .take(share.treatment, share.base * thousandths / 1_000)
                        .map(|share| VatBreakdown::of([share]))
                };
                parts.push(part.unwrap());
                for share in balance.left().shares() {
                    prop_assert!(share.base >= 0 && share.vat >= 0, "{:?}", share);
                }
            }
            parts.push(balance.take_rest());
            let sum = VatBreakdown::of(parts.iter().flat_map(VatBreakdown::shares).copied());
            prop_assert_eq!(sum, whole);
        }

        #[test]
        fn deposits_never_exceed_the_document(whole in any_whole(), percents in prop::collection::vec(0_i64..=50, 1..3)) {
            let deposits: Vec<VatBreakdown> = percents.iter().map(|part| deposit(&whole, percent(*part))).collect();
            let left = Balance::new(&whole, &deposits);
            for share in left.left().shares() {
                prop_assert!(share.base >= -1 && share.vat >= -1, "{:?}", share);
            }
        }
    }
}
