//! What a document comes to: tax per rate on totals.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    line::{Discount, LineAmount, PricedLine},
    rounding::share,
    vat::{VatBreakdown, VatShare, VatTreatment},
};
use crate::{Currency, InvalidValue, money::AMOUNT_MAX, value::Problem};

/// Whether the prices of a document include tax.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PriceBasis {
    #[default]
    Net,
    Gross,
}

impl PriceBasis {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Net => "NET",
            Self::Gross => "GROSS",
        }
    }
}

/// A document, added up. All amounts in minor units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Totals {
    /// In the order of the lines, in the basis of the prices.
    pub lines: Vec<LineAmount>,
    /// What each line is without tax, after its share of the document's discount. Adds up to the bases.
    pub net_of_lines: Vec<i64>,
    /// The document's own discount, in the basis of the prices.
    pub discount: i64,
    /// The discount by treatment; adds up to it.
    pub discount_shares: Vec<(VatTreatment, i64)>,
    pub breakdown: VatBreakdown,
}

impl Totals {
    pub fn net(&self) -> i64 {
        self.breakdown.net()
    }

    pub fn vat(&self) -> i64 {
        self.breakdown.vat()
    }

    pub fn gross(&self) -> i64 {
        self.breakdown.gross()
    }

    /// The lines before the document's discount, in the basis of the prices.
    pub fn sum_of_lines(&self) -> i64 {
        self.lines.iter().map(LineAmount::amount).sum()
    }
}

/// Adds up a document.
///
/// Each line is rounded once. The document's discount is spread over the treatments in proportion to their lines
/// ([`share`]). The tax of a treatment is `round(base × rate)` on its total, never line by line (EN 16931, BR-CO-17); where prices
/// include tax it is `gross − round(gross × rate / (100 + rate))` that is the base, so that what the customer was told to
/// pay is what is paid.
///
/// Refuses a treatment whose lines take back more than they give, and sums beyond what an amount may be.
pub fn totals(
    lines: &[PricedLine],
    basis: PriceBasis,
    discount: Option<Discount>,
    currency: Currency,
) -> Result<Totals, InvalidValue> {
    let amounts = lines
        .iter()
        .map(|line| line.amount(currency, "unitPrice", "discount"))
        .collect::<Result<Vec<_>, _>>()?;
    let mut groups: Vec<(VatTreatment, i64)> = Vec::new();
    for (line, amount) in lines.iter().zip(&amounts) {
        match groups.binary_search_by_key(&line.treatment, |(treatment, _)| *treatment) {
            Ok(found) => groups[found].1 += amount.amount(),
            Err(place) => groups.insert(place, (line.treatment, amount.amount())),
        }
    }
    if groups.iter().any(|(_, sum)| *sum < 0) {
        return Err(InvalidValue::new("lines", Problem::Negative));
    }
    let sum: i64 = groups.iter().map(|(_, sum)| sum).sum();
    if sum > AMOUNT_MAX {
        return Err(InvalidValue::new("lines", Problem::TooLarge { max: AMOUNT_MAX }));
    }
    let taken_off = discount.map_or(Ok(0), |discount| discount.of("discount", sum))?;
    let weights: Vec<i64> = groups.iter().map(|(_, sum)| *sum).collect();
    let shares = share(taken_off, &weights).unwrap_or_default();
    let breakdown: Vec<VatShare> = groups
        .iter()
        .zip(&shares)
        .map(|((treatment, sum), taken_off)| priced(*treatment, sum - taken_off, basis))
        .collect();
    Ok(Totals {
        net_of_lines: net_of_lines(lines, &amounts, &breakdown),
        lines: amounts,
        discount: taken_off,
        discount_shares: groups.iter().map(|(treatment, _)| *treatment).zip(shares).collect(),
        breakdown: VatBreakdown::of(breakdown),
    })
}

fn priced(treatment: VatTreatment, amount: i64, basis: PriceBasis) -> VatShare {
    match basis {
        PriceBasis::Net => VatShare::on(treatment, amount),
        PriceBasis::Gross => {
            let vat = treatment.rate.within(amount);
            VatShare {
                treatment,
                base: amount - vat,
                vat,
            }
        }
    }
}

fn net_of_lines(lines: &[PricedLine], amounts: &[LineAmount], groups: &[VatShare]) -> Vec<i64> {
    let mut net = vec![0; lines.len()];
    for group in groups {
        let of_group: Vec<usize> = (0..lines.len())
            .filter(|index| lines[*index].treatment == group.treatment)
            .collect();
        let weights: Vec<i64> = of_group.iter().map(|index| amounts[*index].amount()).collect();
        for (index, part) in of_group.iter().zip(share(group.base, &weights).unwrap_or_default()) {
            net[*index] = part;
        }
    }
    net
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rust_decimal::Decimal;

    use super::*;
    use crate::billing::{Percentage, Quantity, UnitPrice};

    fn taxed(points: u32) -> VatTreatment {
        VatTreatment::taxed(Percentage::basis_points(points))
    }

    fn line(price: &str, points: u32) -> PricedLine {
        PricedLine {
            quantity: Quantity::ONE,
            unit_price: UnitPrice::new("unitPrice", price.parse().unwrap()).unwrap(),
            discount: None,
            treatment: taxed(points),
        }
    }

    fn net(lines: &[PricedLine], discount: Option<Discount>) -> Totals {
        totals(lines, PriceBasis::Net, discount, Currency::EUR).unwrap()
    }

    /// Dolibarr#8700: by line it would be 115.61.
    #[test]
    fn tax_is_computed_on_the_total_of_a_rate() {
        let totals = net(
            &[line("299.33", 2_000), line("179.33", 2_000), line("99.34", 2_000)],
            None,
        );
        assert_eq!((totals.net(), totals.vat(), totals.gross()), (57_800, 11_560, 69_360));
    }

    /// Dolibarr#33: by line it would be 173.11.
    #[test]
    fn many_lines_do_not_add_up_their_roundings() {
        let lines: Vec<PricedLine> = (0..39)
            .map(|index| line(if index == 0 { "53.96" } else { "53.78" }, 825))
            .collect();
        let totals = net(&lines, Some(Discount::Amount(0)));
        assert_eq!((totals.net(), totals.vat()), (209_760, 17_305));
    }

    #[test]
    fn a_discount_on_the_document_is_spread_over_the_rates() {
        let lines = [line("100", 2_000), line("100", 1_000), line("100", 550)];
        let totals = net(&lines, Some(Discount::Amount(100)));
        let shares: Vec<i64> = totals.discount_shares.iter().map(|(_, share)| *share).collect();
        assert_eq!(shares, [34, 33, 33]);
        let shown: Vec<_> = totals
            .breakdown
            .shares()
            .iter()
            .map(|share| (share.treatment.rate.to_string(), share.base, share.vat))
            .collect();
        assert_eq!(
            shown,
            [
                ("5.5".to_owned(), 9_966, 548),
                ("10".to_owned(), 9_967, 997),
                ("20".to_owned(), 9_967, 1_993)
            ]
        );
        assert_eq!(totals.net(), 29_900);
    }

    #[test]
    fn a_price_that_includes_tax_is_what_is_paid() {
        let totals = totals(
            &[line("119.99", 2_000), line("0.03", 2_000), line("10.55", 550)],
            PriceBasis::Gross,
            None,
            Currency::EUR,
        )
        .unwrap();
        assert_eq!(totals.gross(), 11_999 + 3 + 1_055);
        assert_eq!(totals.breakdown.shares()[0].vat, 55);
        assert_eq!(totals.breakdown.shares()[1].vat, 2_000);
    }

    #[test]
    fn a_line_takes_back_only_what_others_of_its_rate_give() {
        let mut back = line("10", 2_000);
        back.quantity = Quantity::new("quantity", Decimal::NEGATIVE_ONE).unwrap();
        let totals = net(&[line("25", 2_000), back], None);
        assert_eq!(totals.net(), 1_500);
        let refused = super::totals(&[line("25", 550), back], PriceBasis::Net, None, Currency::EUR).unwrap_err();
        assert_eq!((refused.field, refused.problem), ("lines", Problem::Negative));
    }

    #[test]
    fn a_document_without_lines_comes_to_nothing() {
        let totals = net(&[], None);
        assert_eq!((totals.net(), totals.gross(), totals.discount), (0, 0, 0));
    }

    fn any_line() -> impl Strategy<Value = PricedLine> {
        (
            1_i64..100_000,
            0_i64..10_000_000,
            0_i64..=100,
            prop::sample::select(vec![0_u32, 210, 550, 1_000, 2_000]),
        )
            .prop_map(|(quantity, price, percent, points)| PricedLine {
                quantity: Quantity::new("quantity", Decimal::new(quantity, 3)).unwrap(),
                unit_price: UnitPrice::new("unitPrice", Decimal::new(price, 4)).unwrap(),
                discount: Some(Discount::Percent(
                    Percentage::new("discount", Decimal::from(percent)).unwrap(),
                )),
                treatment: taxed(points),
            })
    }

    proptest! {
        #[test]
        fn everything_adds_up(
            lines in prop::collection::vec(any_line(), 1..20),
            percent in 0_i64..=100,
            gross in any::<bool>(),
        ) {
            let basis = if gross { PriceBasis::Gross } else { PriceBasis::Net };
            let discount = Discount::Percent(Percentage::new("discount", Decimal::from(percent)).unwrap());
            let totals = super::totals(&lines, basis, Some(discount), Currency::EUR).unwrap();
            let after_discount = totals.sum_of_lines() - totals.discount;
            prop_assert_eq!(after_discount, if gross { totals.gross() } else { totals.net() });
            prop_assert_eq!(totals.net_of_lines.iter().sum::<i64>(), totals.net());
            prop_assert_eq!(totals.discount_shares.iter().map(|(_, share)| share).sum::<i64>(), totals.discount);
            prop_assert_eq!(totals.net() + totals.vat(), totals.gross());
            for share in totals.breakdown.shares() {
                let expected = share.treatment.rate.of(share.base);
                prop_assert!((share.vat - expected).abs() <= i64::from(gross), "{:?}", share);
            }
        }
    }
}
