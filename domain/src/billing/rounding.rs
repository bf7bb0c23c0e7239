//! The one way to round and the one way to share.

use rust_decimal::{Decimal, RoundingStrategy, prelude::ToPrimitive};

/// The whole number nearest to an exact one; a half goes away from zero, on either side of it. `None` when it does not
/// fit.
pub fn half_away_from_zero(exact: Decimal) -> Option<i64> {
    exact
        .round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero)
        .to_i64()
}

/// Shares a total in proportion to weights, so that the parts add up to it: each part is cut to whole units, and the
/// units left over go to the largest remainders, of equal ones to the first (the method of Hamilton). A negative weight
/// gets a part of the other sign. `None` when there is something to share and the weights do not add up to more than
/// nothing.
pub fn share(total: i64, weights: &[i64]) -> Option<Vec<i64>> {
    let sum: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
    if total == 0 {
        return Some(vec![0; weights.len()]);
    }
    if sum <= 0 {
        return None;
    }
    let magnitude = i128::from(total).abs();
    let exact = |weight: &i64| magnitude * i128::from(*weight);
    let mut parts: Vec<i128> = weights.iter().map(|weight| exact(weight).div_euclid(sum)).collect();
    let mut by_remainder: Vec<usize> = (0..weights.len()).collect();
    by_remainder.sort_by_key(|index| std::cmp::Reverse(exact(&weights[*index]).rem_euclid(sum)));
    let left_over = magnitude - parts.iter().sum::<i128>();
    for index in by_remainder.into_iter().take(usize::try_from(left_over).unwrap_or(0)) {
        parts[index] += 1;
    }
    parts
        .into_iter()
        .map(|part| i64::try_from(part * i128::from(total.signum())).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_half_goes_away_from_zero() {
        for (exact, rounded) in [
            ("0.5", 1),
            ("-0.5", -1),
            ("2.5", 3),
            ("-2.5", -3),
            ("2.4999", 2),
            ("-0.4", 0),
        ] {
            assert_eq!(half_away_from_zero(exact.parse().unwrap()), Some(rounded), "{exact}");
        }
        assert_eq!(half_away_from_zero(Decimal::MAX), None);
    }

    #[test]
    fn units_left_over_go_to_the_largest_remainders() {
        assert_eq!(share(100, &[1, 1, 1]), Some(vec![34, 33, 33]));
        assert_eq!(share(10, &[5, 3, 2]), Some(vec![5, 3, 2]));
        assert_eq!(share(-100, &[1, 1, 1]), Some(vec![-34, -33, -33]));
        assert_eq!(share(1, &[1, 2, 0]), Some(vec![0, 1, 0]));
        assert_eq!(share(10, &[3, -1]), Some(vec![15, -5]));
        assert_eq!(share(0, &[]), Some(vec![]));
        assert_eq!(share(1, &[0, 0]), None);
    }

    proptest! {
        #[test]
        fn the_parts_add_up_and_none_is_a_unit_off(
            total in -1_000_000_000_000_000_i64..1_000_000_000_000_000,
            weights in proptest::collection::vec(-1_000_i64..1_000_000_000_000_000, 1..12),
        ) {
            let sum: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
            prop_assume!(sum > 0);
            let parts = share(total, &weights).unwrap();
            prop_assert_eq!(parts.iter().sum::<i64>(), total);
            for (part, weight) in parts.iter().zip(&weights) {
                let distance = i128::from(*part) * sum - i128::from(total) * i128::from(*weight);
                prop_assert!(distance.abs() < sum, "{part} of {weight}");
            }
        }
    }
}
