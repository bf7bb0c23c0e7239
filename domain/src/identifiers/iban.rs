use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{compact, remainder_97, text_identifier};
use crate::{InvalidValue, value::Problem};

/// Length of the numbers of each country, as the registry of ISO 13616 lists them.
#[rustfmt::skip]
const LENGTHS: &[(&str, usize)] = &[
    ("AD", 24), ("AE", 23), ("AL", 28), ("AT", 20), ("AZ", 28), ("BA", 20), ("BE", 16), ("BG", 22), ("BH", 22),
    ("BI", 27), ("BR", 29), ("BY", 28), ("CH", 21), ("CR", 22), ("CY", 28), ("CZ", 24), ("DE", 22), ("DJ", 27),
    ("DK", 18), ("DO", 28), ("EE", 20), ("EG", 29), ("ES", 24), ("FI", 18), ("FK", 18), ("FO", 18), ("FR", 27),
    ("GB", 22), ("GE", 22), ("GI", 23), ("GL", 18), ("GR", 27), ("GT", 28), ("HN", 28), ("HR", 21), ("HU", 28),
    ("IE", 22), ("IL", 23), ("IQ", 23), ("IS", 26), ("IT", 27), ("JO", 30), ("KW", 30), ("KZ", 20), ("LB", 28),
    ("LC", 32), ("LI", 21), ("LT", 20), ("LU", 20), ("LV", 21), ("LY", 25), ("MC", 27), ("MD", 24), ("ME", 22),
    ("MK", 19), ("MN", 20), ("MR", 27), ("MT", 31), ("MU", 30), ("NI", 28), ("NL", 18), ("NO", 15), ("OM", 23),
    ("PK", 24), ("PL", 28), ("PS", 29), ("PT", 25), ("QA", 29), ("RO", 24), ("RS", 22), ("RU", 33), ("SA", 24),
    ("SC", 31), ("SD", 18), ("SE", 24), ("SI", 19), ("SK", 24), ("SM", 27), ("SO", 23), ("ST", 25), ("SV", 28),
    ("TL", 23), ("TN", 24), ("TR", 26), ("UA", 29), ("VA", 22), ("VG", 24), ("XK", 20), ("YE", 30),
];

/// Number of a bank account (ISO 13616): country, two check digits, and the account as its country writes it. French
/// accounts (and those of Monaco) have a second check, the RIB key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("pattern" = "^[A-Z]{2}[0-9]{2}[0-9A-Z]{11,29}$"))]
pub struct Iban(String);

impl Iban {
    /// Takes it as people write it, with or without blanks between the groups.
    pub fn parse(field: &'static str, text: &str) -> Result<Self, InvalidValue> {
        let number = compact(text);
        if holds(&number) {
            Ok(Self(number))
        } else {
            Err(InvalidValue::new(field, Problem::NotAnIban))
        }
    }

    /// In groups of four, as it is printed.
    pub fn grouped(&self) -> String {
        let groups: Vec<_> = self.0.as_bytes().chunks(4).map(String::from_utf8_lossy).collect();
        groups.join(" ")
    }
}

fn holds(number: &str) -> bool {
    if !number.is_ascii() || number.len() < 5 {
        return false;
    }
    let (head, account) = number.split_at(4);
    let (country, check) = head.split_at(2);
    let known = LENGTHS.iter().find(|(code, _)| *code == country);
    known.is_some_and(|(_, length)| *length == number.len())
        && check.bytes().all(|byte| byte.is_ascii_digit())
        && account.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && remainder_97(&format!("{account}{head}")) == Some(1)
        && (!matches!(country, "FR" | "MC") || rib_holds(account))
}

fn rib_holds(account: &str) -> bool {
    let key = rib_key(&account[..5], &account[5..10], &account[10..21]);
    key.is_some_and(|key| account[21..].parse() == Ok(key))
}

/// The key of a French account: bank and branch of five digits, and eleven digits or letters.
pub fn rib_key(bank: &str, branch: &str, account: &str) -> Option<u64> {
    let account: String = account.chars().map(rib_digit).collect::<Option<_>>()?;
    let part = |text: &str| text.parse::<u64>().ok().map(|number| number % 97);
    let sum = 89 * part(bank)? + 15 * part(branch)? + 3 * part(&account)?;
    Some(97 - sum % 97)
}

/// A to I count 1 to 9, J to R count 1 to 9, and S to Z count 2 to 9.
fn rib_digit(character: char) -> Option<char> {
    let value = match character {
        '0'..='9' => return Some(character),
        'A'..='I' => character as u32 - 'A' as u32 + 1,
        'J'..='R' => character as u32 - 'J' as u32 + 1,
        'S'..='Z' => character as u32 - 'S' as u32 + 2,
        _ => return None,
    };
    char::from_digit(value, 10)
}

text_identifier!(Iban in "iban");
