//! What two records of the same company or person have in common, as texts that are equal. A lookup of equal texts finds
//! them without comparing each record with each other.

use domain::text::fold;

/// Words that say what a company is in law, or nothing about which company it is.
const COMMON: &[&str] = &[
    "a",
    "ag",
    "and",
    "association",
    "asso",
    "au",
    "aux",
    "bv",
    "cie",
    "co",
    "company",
    "corp",
    "d",
    "de",
    "des",
    "du",
    "ei",
    "eirl",
    "et",
    "ets",
    "etablissement",
    "etablissements",
    "eurl",
    "gie",
    "gmbh",
    "group",
    "groupe",
    "inc",
    "l",
    "la",
    "le",
    "les",
    "limited",
    "llc",
    "ltd",
    "nv",
    "of",
    "plc",
    "sa",
    "sarl",
    "sas",
    "sasu",
    "sca",
    "sci",
    "scop",
    "scp",
    "selarl",
    "snc",
    "societe",
    "spa",
    "srl",
    "ste",
    "the",
];

/// The words of a name that tell it from others, sorted: "SARL Boulangerie Martin" and "Martin, boulangerie" are alike.
pub fn telling_words(name: &str) -> String {
    let folded = fold(name);
    let words: Vec<_> = folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let mut telling: Vec<_> = words.iter().copied().filter(|word| !COMMON.contains(word)).collect();
    if telling.is_empty() {
        telling = words;
    }
    telling.sort_unstable();
    telling.join(" ")
}

/// The beginnings of the two longest words: equal for names that differ by a slip of the pen further on.
pub fn beginnings(telling: &str) -> String {
    let mut words: Vec<_> = telling.split(' ').collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.chars().count()));
    let beginning = |word: Option<&&str>, length| word.map(|word| word.chars().take(length).collect::<String>());
    let first = beginning(words.first(), 4).unwrap_or_default();
    let second = beginning(words.get(1), 2).unwrap_or_default();
    format!("{first} {second}")
}

/// Digits of a telephone number as it is called within France: `+33 1 …` and `01 …` are one number.
pub fn dialled(phone: &str) -> String {
    let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
    let international = digits.strip_prefix("00").unwrap_or(&digits);
    match international.strip_prefix("33") {
        Some(national) if national.len() == 9 => format!("0{national}"),
        Some(national) if national.len() == 10 && national.starts_with('0') => national.to_owned(),
        _ => digits,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_one_company_are_alike() {
        for name in [
            "SARL Boulangerie Martin",
            "Martin (boulangerie)",
            "BOULANGERIE  MARTIN & Cie",
            "Ets Boulangerie-Martin",
        ] {
            assert_eq!(telling_words(name), "boulangerie martin", "{name}");
        }
        assert_eq!(telling_words("La Société"), "la societe");
        assert_eq!(beginnings("boulangerie martin"), "boul ma");
        assert_eq!(beginnings(&telling_words("Boulangeries Martn")), "boul ma");
        assert_eq!(beginnings(&telling_words("Air")), "air ");
    }

    #[test]
    fn numbers_that_reach_one_telephone_are_alike() {
        for phone in [
            "+33 1 99 00 12 34",
            "01.99.00.12.34",
            "0033 1 99 00 12 34",
            "+33 (0)1 99 00 12 34",
        ] {
            assert_eq!(dialled(phone), "0199001234", "{phone}");
        }
        assert_eq!(dialled("+44 20 7946 0000"), "442079460000");
    }
}
