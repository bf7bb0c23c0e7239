//! Numbers and codes that others give, each checked by the rule of whoever gives it. They are kept as they are compared
//! (upper case, without blanks) and shown grouped where people read them.
//!
//! A check finds typing errors. Whether a number was ever given, only its register can say.

mod address;
mod bic;
mod country;
mod iban;
mod siren;
mod siret;
mod vat;

pub use address::{AddressFields, PostalAddress};
pub use bic::Bic;
pub use country::Country;
pub use iban::{Iban, rib_key};
pub use siren::Siren;
pub use siret::Siret;
pub use vat::VatNumber;

/// What every identifier has that is kept as text: `parse` is its own.
macro_rules! text_identifier {
    ($name:ident in $field:literal) => {
        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::InvalidValue;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse($field, text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::InvalidValue;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(identifier: $name) -> Self {
                identifier.0
            }
        }
    };
}
use text_identifier;

/// Upper case, without what people put between the groups.
fn compact(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '.' | '-'))
        .flat_map(char::to_uppercase)
        .collect()
}

/// Digits only, without blanks; `None` when there is anything else.
fn digits(text: &str, length: usize) -> Option<String> {
    let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    (digits.len() == length && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(digits)
}

/// From the right, every second digit counts double, and a double of two digits counts their sum; the whole is a
/// multiple of ten.
fn luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let digit = u32::from(digit - b'0') * if place % 2 == 1 { 2 } else { 1 };
            digit / 10 + digit % 10
        })
        .sum();
    sum.is_multiple_of(10)
}

/// The remainder by 97 of a number too long for any integer type; letters count 10 to 35.
fn remainder_97(characters: &str) -> Option<u64> {
    characters.chars().try_fold(0, |remainder, character| {
        let value = u64::from(character.to_digit(36)?);
        let shifted = if value < 10 { remainder * 10 } else { remainder * 100 };
        Some((shifted + value) % 97)
    })
}

#[cfg(test)]
mod tests;
