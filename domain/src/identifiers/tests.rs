use std::{fs, path::Path};

use serde::{Deserialize, de::DeserializeOwned};

use super::*;
use crate::{InvalidValue, Language, Refusal};

#[derive(Deserialize)]
struct Vectors {
    valid: Vec<String>,
    invalid: Vec<String>,
}

fn vectors<T: DeserializeOwned>(name: &str) -> T {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/identifiers");
    serde_json::from_slice(&fs::read(path.join(name)).unwrap()).unwrap()
}

fn hold<T: std::str::FromStr<Err = InvalidValue> + ToString>(name: &str, code: &str) {
    let Vectors { valid, invalid } = vectors(name);
    for text in valid {
        let parsed = text
            .parse::<T>()
            .unwrap_or_else(|error| panic!("{name}: {text}: {error}"));
        let kept = parsed.to_string();
        assert_eq!(kept.parse::<T>().unwrap().to_string(), kept);
        assert!(
            kept.bytes()
                .all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase()),
            "{kept}"
        );
    }
    for text in invalid {
        let refused = text
            .parse::<T>()
            .err()
            .unwrap_or_else(|| panic!("{name}: {text} is taken"));
        assert_eq!(refused.code(), code, "{text}");
    }
}

#[test]
fn the_vectors_hold() {
    hold::<Siren>("siren.json", "INVALID_SIREN");
    hold::<Siret>("siret.json", "INVALID_SIRET");
    hold::<VatNumber>("vat.json", "INVALID_VAT_NUMBER");
    hold::<Iban>("iban.json", "INVALID_IBAN");
    hold::<Bic>("bic.json", "INVALID_BIC");
}

#[derive(Deserialize)]
struct Rib {
    bank: String,
    branch: String,
    account: String,
    key: u64,
}

#[test]
fn rib_keys_are_those_of_the_vectors() {
    for rib in vectors::<Vec<Rib>>("rib.json") {
        assert_eq!(rib_key(&rib.bank, &rib.branch, &rib.account), Some(rib.key));
    }
}

/// The remainder by 97 alone lets this pass: bank and account of the vector with another key, and check digits to fit.
#[test]
fn a_french_account_needs_its_rib_key_too() {
    let account = "30006000011234567890188";
    let check = (2..99).find(|check| remainder_97(&format!("{account}FR{check:02}")) == Some(1));
    let iban = format!("FR{:02}{account}", check.unwrap());
    assert!(iban.parse::<Iban>().is_err());
}

#[test]
fn one_wrong_digit_of_a_siren_is_noticed() {
    let right = "552081317";
    for place in 0..9 {
        for digit in b'0'..=b'9' {
            let mut wrong = right.as_bytes().to_vec();
            wrong[place] = digit;
            let wrong = String::from_utf8(wrong).unwrap();
            assert_eq!(wrong.parse::<Siren>().is_ok(), wrong == right, "{wrong}");
        }
    }
}

#[test]
fn an_establishment_and_a_french_vat_number_name_their_company() {
    let siren: Siren = "732829320".parse().unwrap();
    assert_eq!("73282932000074".parse::<Siret>().unwrap().siren(), siren);
    assert_eq!("FR44732829320".parse::<VatNumber>().unwrap().siren(), Some(siren));
    assert_eq!("DE136695976".parse::<VatNumber>().unwrap().siren(), None);
}

#[test]
fn an_iban_is_printed_in_groups_of_four() {
    let iban: Iban = "FR7630006000011234567890189".parse().unwrap();
    assert_eq!(iban.grouped(), "FR76 3000 6000 0112 3456 7890 189");
}

#[test]
fn countries_are_found_by_code_and_by_name() {
    for (text, code) in [
        ("FR", "FR"),
        ("fr", "FR"),
        ("France", "FR"),
        (" États-Unis ", "US"),
        ("etats-unis", "US"),
        ("United States", "US"),
        ("Allemagne", "DE"),
        ("USA", "US"),
        ("Côte d’Ivoire", "CI"),
        ("Czech Republic", "CZ"),
    ] {
        assert_eq!(Country::named(text).map(Country::code), Some(code), "{text}");
    }
    for text in ["", "Atlantis", "Korea", "ZZ", "FRA"] {
        assert_eq!(Country::named(text), None, "{text}");
    }
    assert_eq!(Country::named("de").unwrap().name(Language::French), "Allemagne");
}

const FIELDS: AddressFields = AddressFields {
    lines: "lines",
    postcode: "postcode",
    city: "city",
};

fn address(postcode: Option<&str>, country: &str) -> PostalAddress {
    PostalAddress {
        lines: vec![" 10 rue de la Paix ".to_owned(), " ".to_owned()],
        postcode: postcode.map(str::to_owned),
        city: "Paris".to_owned(),
        country: country.parse().unwrap(),
    }
}

#[test]
fn an_address_is_kept_without_blanks() {
    let checked = address(Some(" 75002 "), "FR").checked(FIELDS).unwrap();
    assert_eq!(checked.lines, ["10 rue de la Paix"]);
    assert_eq!(checked.postcode.as_deref(), Some("75002"));
    assert!(address(None, "IE").checked(FIELDS).is_ok());
}

#[test]
fn an_address_that_no_letter_reaches_is_refused() {
    for (wrong, code) in [
        (address(Some("7500"), "FR"), "INVALID_POSTCODE"),
        (address(None, "FR"), "INVALID_POSTCODE"),
        (
            PostalAddress {
                lines: vec![" ".to_owned()],
                ..address(Some("75002"), "FR")
            },
            "FIELD_REQUIRED",
        ),
        (
            PostalAddress {
                city: String::new(),
                ..address(Some("75002"), "FR")
            },
            "FIELD_REQUIRED",
        ),
        (
            PostalAddress {
                lines: vec!["x".to_owned(); 6],
                ..address(Some("75002"), "FR")
            },
            "TOO_MANY_ITEMS",
        ),
    ] {
        assert_eq!(wrong.checked(FIELDS).unwrap_err().code(), code);
    }
}
