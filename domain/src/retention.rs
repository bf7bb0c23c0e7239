//! What accounting law obliges to keep: papers that name a customer are sealed under a key of their fiscal year, which is
//! destroyed ten years after its closing (C. com. art. L123-22) and not at anybody's request (GDPR art. 17, 3, b).
//!
//! The key has a name like a person's, so that it is sealed, opened and destroyed as theirs are. The name tells the
//! closing, so that nobody takes it for a person's.

use chrono::{Datelike, Months, NaiveDate};
use uuid::Builder;

use crate::PersonId;

/// Years after the closing.
const YEARS_KEPT: u32 = 10;
/// What the names of these keys begin with.
const MARK: [u8; 6] = *b"closed";

impl PersonId {
    /// The name of the key of the fiscal year that ends on this day.
    pub fn of_fiscal_year(closing: NaiveDate) -> Self {
        let mut bytes = [0; 16];
        bytes[..6].copy_from_slice(&MARK);
        bytes[12..].copy_from_slice(&closing.num_days_from_ce().to_be_bytes());
        Self(Builder::from_custom_bytes(bytes).into_uuid())
    }

    /// The last day of the fiscal year whose papers this key seals; `None` for a person's.
    pub fn fiscal_year_closing(self) -> Option<NaiveDate> {
        let bytes = self.0.as_bytes();
        let days = i32::from_be_bytes([bytes[12], bytes[13], bytes[14], bytes[15]]);
        let closing = NaiveDate::from_num_days_from_ce_opt(days)?;
        (Self::of_fiscal_year(closing) == self).then_some(closing)
    }

    /// The first day on which the key may be destroyed; `None` for a person's.
    pub fn kept_until(self) -> Option<NaiveDate> {
        let closing = self.fiscal_year_closing()?;
        closing
            .checked_add_months(Months::new(12 * YEARS_KEPT))
            .and_then(|last| last.succ_opt())
    }
}

#[cfg(test)]
mod tests {
    use uuid::{Uuid, Version};

    use super::*;

    #[test]
    fn a_fiscal_year_has_a_key_that_tells_its_closing() {
        let closing = "2026-12-31".parse().unwrap();
        let key = PersonId::of_fiscal_year(closing);
        assert_eq!(key.fiscal_year_closing(), Some(closing));
        assert_eq!(key.kept_until(), Some("2037-01-01".parse().unwrap()));
        assert_eq!(key.0.get_version(), Some(Version::Custom));
        assert_eq!(PersonId(Uuid::from_u128(7)).fiscal_year_closing(), None);
        assert_eq!(PersonId(Uuid::now_v7()).fiscal_year_closing(), None);
    }
}
