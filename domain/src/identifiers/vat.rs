use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Siren, compact, luhn, text_identifier};
use crate::{InvalidValue, value::Problem};

/// Forms of the numbers after the country's prefix: `#` is a digit, `@` a letter, `*` either; anything else is itself.
/// Greece's prefix is EL, and Northern Ireland trades in goods under XI.
const FORMS: &[(&str, &[&str])] = &[
    ("AT", &["U########"]),
    ("BE", &["0#########", "1#########"]),
    ("BG", &["#########", "##########"]),
    ("CY", &["########@"]),
    ("CZ", &["########", "#########", "##########"]),
    ("DE", &["#########"]),
    ("DK", &["########"]),
    ("EE", &["#########"]),
    ("EL", &["#########"]),
    ("ES", &["@########", "#########", "@#######@", "########@"]),
    ("FI", &["########"]),
    ("FR", &["**#########"]),
    ("HR", &["###########"]),
    ("HU", &["########"]),
    ("IE", &["#######@", "#######@@", "#*#####@"]),
    ("IT", &["###########"]),
    ("LT", &["#########", "############"]),
    ("LU", &["########"]),
    ("LV", &["###########"]),
    ("MT", &["########"]),
    ("NL", &["#########B##"]),
    ("PL", &["##########"]),
    ("PT", &["#########"]),
    (
        "RO",
        &[
            "##",
            "###",
            "####",
            "#####",
            "######",
            "#######",
            "########",
            "#########",
            "##########",
        ],
    ),
    ("SE", &["############"]),
    ("SI", &["########"]),
    ("SK", &["##########"]),
    ("XI", &["#########", "############", "GD###", "HA###"]),
];

/// A number that identifies a taxable person for VAT in the European Union: the country's prefix, then what that
/// country gives. Of French numbers the key is checked, of the others the form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("pattern" = "^[A-Z]{2}[0-9A-Z]{2,12}$"))]
pub struct VatNumber(String);

impl VatNumber {
    /// Takes it as people write it: blanks, dots and dashes do not count.
    pub fn parse(field: &'static str, text: &str) -> Result<Self, InvalidValue> {
        let number = compact(text);
        let known = number.split_at_checked(2).is_some_and(|(prefix, rest)| {
            let forms = FORMS.iter().find(|(country, _)| *country == prefix);
            forms.is_some_and(|(_, forms)| forms.iter().any(|form| fits(rest, form)))
                && (prefix != "FR" || french_key_holds(rest))
        });
        if known {
            Ok(Self(number))
        } else {
            Err(InvalidValue::new(field, Problem::NotAVatNumber))
        }
    }

    /// The French company that has this number; `None` for those of other countries.
    pub fn siren(&self) -> Option<Siren> {
        self.0.strip_prefix("FR").map(|rest| Siren(rest[2..].to_owned()))
    }
}

fn fits(text: &str, form: &str) -> bool {
    text.len() == form.len()
        && text.bytes().zip(form.bytes()).all(|(byte, sign)| match sign {
            b'#' => byte.is_ascii_digit(),
            b'@' => byte.is_ascii_uppercase(),
            b'*' => byte.is_ascii_digit() || byte.is_ascii_uppercase(),
            itself => byte == itself,
        })
}

/// A key of two digits follows from the SIREN. Keys with letters (never I and O) are given too; their rule is not public.
fn french_key_holds(rest: &str) -> bool {
    let (key, siren) = rest.split_at(2);
    if !luhn(siren) {
        return false;
    }
    match (key.parse::<u64>(), siren.parse::<u64>()) {
        (Ok(key), Ok(siren)) => key == (12 + 3 * (siren % 97)) % 97,
        _ => !key.contains(['I', 'O']),
    }
}

text_identifier!(VatNumber in "vatNumber");
