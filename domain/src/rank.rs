//! The place of a card among others, as a text that sorts: between any two there is room for another one, so moving a
//! card changes that card only.
//!
//! A rank is a fraction between nought and one: its decimal digits, without trailing zeros, which would make two texts of
//! one number. Digits and nothing else, because every collation of every database agrees on their order.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::Error as _};

use crate::{InvalidValue, value::Problem};

const BASE: u8 = 10;
/// Longer ranks are not taken. Thousands of cards put into the same gap one after the other stay below it.
pub const LENGTH_MAX: usize = 1_000;
/// Digits that a position is written with.
const POSITION_DIGITS: usize = 12;
/// Digits that are counted up or down together at either end: a million cards go there before ranks become longer.
const STEP_DIGITS: usize = 6;

/// A card's place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Rank(#[schemars(regex(pattern = "^[0-9]*[1-9]$"))] String);

impl Rank {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn parse(field: &'static str, text: &str) -> Result<Self, InvalidValue> {
        text.parse()
            .map_err(|NotARank| InvalidValue::new(field, Problem::NotARank))
    }

    /// Where a card lies that nobody has moved: in the order of the journal's positions.
    pub fn of_position(position: u64) -> Self {
        Self(format!("{position:0POSITION_DIGITS$}5"))
    }

    /// A place after one and before another; `None` when the first does not come before the second.
    pub fn between(after: Option<&Self>, before: Option<&Self>) -> Option<Self> {
        let digits = match (after, before) {
            (None, None) => vec![BASE / 2],
            (Some(after), None) => stepped(&after.digits(), BASE - 1, |chunk| chunk + 1),
            (None, Some(before)) => stepped(&before.digits(), 0, |chunk| chunk - 1),
            (Some(after), Some(before)) if after < before => middle(&after.digits(), &before.digits()),
            (Some(_), Some(_)) => return None,
        };
        let text: String = digits.into_iter().map(|digit| char::from(b'0' + digit)).collect();
        Some(Self(text.trim_end_matches('0').to_owned()))
    }

    fn digits(&self) -> Vec<u8> {
        self.0.bytes().map(|byte| byte - b'0').collect()
    }
}

/// One step towards an end (digits that are all nine, or all nought), so that cards put there one after the other have
/// short ranks. The step is taken in the first digits that are not at that end already.
fn stepped(digits: &[u8], end: u8, step: impl Fn(u32) -> u32) -> Vec<u8> {
    let mut stepped = Vec::new();
    let mut rest = digits;
    loop {
        let (chunk, behind) = rest.split_at(rest.len().min(STEP_DIGITS));
        let mut chunk = chunk.to_vec();
        chunk.resize(STEP_DIGITS, 0);
        let number = chunk.iter().fold(0, |number, digit| number * 10 + u32::from(*digit));
        let last = if end == 0 { 1 } else { 999_999 };
        // Nought alone is no rank, so one is the last step downwards.
        let exhausted = if end == 0 { number <= last } else { number >= last };
        if !exhausted {
            stepped.extend(
                format!("{:0STEP_DIGITS$}", step(number))
                    .bytes()
                    .map(|byte| byte - b'0'),
            );
            return stepped;
        }
        if end == 0 && number == last && behind.is_empty() {
            stepped.extend([0; STEP_DIGITS]);
            stepped.push(BASE - 1);
            return stepped;
        }
        if end == 0 && number == last {
            // There is more behind the one, so the one alone lies below it.
            stepped.extend(chunk);
            return stepped;
        }
        stepped.extend(chunk);
        rest = behind;
    }
}

/// Halfway, as far as a digit goes.
fn middle(after: &[u8], before: &[u8]) -> Vec<u8> {
    let mut digits = Vec::new();
    for place in 0.. {
        let low = after.get(place).copied().unwrap_or(0);
        let high = before.get(place).copied().unwrap_or(0);
        if low == high {
            digits.push(low);
            continue;
        }
        if high - low > 1 {
            digits.push(low + (high - low) / 2);
        } else if before.len() > place + 1 {
            // Neighbours, but there is room between `high` alone and what follows it.
            digits.push(high);
        } else {
            digits.push(low);
            digits.extend(upper_half(after.get(place + 1..).unwrap_or_default()));
        }
        break;
    }
    digits
}

/// Halfway between a fraction and one.
fn upper_half(after: &[u8]) -> Vec<u8> {
    let full = after.iter().take_while(|digit| **digit == BASE - 1).count();
    let mut digits = after[..full].to_vec();
    let low = after.get(full).copied().unwrap_or(0);
    digits.push(low + (BASE - low).div_ceil(2).min(BASE - 1 - low));
    digits
}

/// A text that is no rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a rank is written with digits and does not end with 0")]
pub struct NotARank;

impl FromStr for Rank {
    type Err = NotARank;

    fn from_str(text: &str) -> Result<Self, NotARank> {
        let fits = text.bytes().all(|byte| byte.is_ascii_digit()) && text.len() <= LENGTH_MAX;
        if fits && !text.is_empty() && !text.ends_with('0') {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotARank)
        }
    }
}

impl fmt::Display for Rank {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Rank {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rank(text: &str) -> Rank {
        text.parse().unwrap()
    }

    #[test]
    fn cards_that_nobody_moved_lie_in_the_order_they_were_made() {
        let ranks: Vec<Rank> = [0, 1, 9, 10, 99, 100, 3_844, u64::from(u32::MAX)]
            .map(Rank::of_position)
            .to_vec();
        assert!(ranks.is_sorted_by(|one, next| one < next));
    }

    #[test]
    fn between_two_cards_there_is_room() {
        assert_eq!(Rank::between(None, None), Some(rank("5")));
        assert_eq!(Rank::between(Some(&rank("1")), Some(&rank("2"))), Some(rank("15")));
        assert_eq!(Rank::between(Some(&rank("1")), Some(&rank("3"))), Some(rank("2")));
        assert_eq!(Rank::between(Some(&rank("5")), None), Some(rank("500001")));
        assert_eq!(Rank::between(Some(&rank("999999")), None), Some(rank("999999000001")));
        assert_eq!(Rank::between(None, Some(&rank("1"))), Some(rank("099999")));
        assert_eq!(Rank::between(None, Some(&rank("000001"))), Some(rank("0000009")));
        assert_eq!(Rank::between(None, Some(&rank("0000012"))), Some(rank("000001")));
    }

    #[test]
    fn there_is_no_room_between_a_card_and_itself() {
        assert_eq!(Rank::between(Some(&rank("5")), Some(&rank("5"))), None);
        assert_eq!(Rank::between(Some(&rank("6")), Some(&rank("5"))), None);
    }

    #[test]
    fn what_is_no_fraction_of_these_digits_is_refused() {
        for wrong in ["", "10", "0", "1a", "é", "-1"] {
            assert_eq!(wrong.parse::<Rank>(), Err(NotARank), "{wrong}");
        }
    }

    #[test]
    fn a_thousand_cards_at_either_end_have_short_ranks() {
        let (mut top, mut bottom) = (Rank::of_position(1), Rank::of_position(1));
        for _ in 0..1_000 {
            top = Rank::between(None, Some(&top)).unwrap();
            bottom = Rank::between(Some(&bottom), None).unwrap();
        }
        assert!(top.as_str().len() <= 20, "{top}");
        assert!(bottom.as_str().len() <= 20, "{bottom}");
    }

    #[test]
    fn cards_put_into_one_gap_again_and_again_stay_short() {
        for after in [true, false] {
            let (mut low, mut high) = (rank("1"), rank("2"));
            for _ in 0..2_000 {
                let between = Rank::between(Some(&low), Some(&high)).unwrap();
                if after { low = between } else { high = between }
            }
            assert!(low.as_str().len().max(high.as_str().len()) < LENGTH_MAX);
        }
    }

    proptest! {
        /// Wherever cards are put, they lie where they were put, and no rank grows faster than one step for each card.
        #[test]
        fn cards_lie_where_they_were_put(places in proptest::collection::vec(any::<prop::sample::Index>(), 1..200)) {
            let mut ranks: Vec<Rank> = Vec::new();
            for place in places {
                let place = place.index(ranks.len() + 1);
                let after = place.checked_sub(1).and_then(|before| ranks.get(before));
                let between = Rank::between(after, ranks.get(place)).unwrap();
                prop_assert_eq!(between.as_str().parse::<Rank>(), Ok(between.clone()));
                ranks.insert(place, between);
                prop_assert!(ranks.is_sorted_by(|one, next| one < next), "{:?}", ranks);
            }
            prop_assert!(ranks.iter().all(|rank| rank.as_str().len() < STEP_DIGITS * 2 + ranks.len()));
        }
    }
}
