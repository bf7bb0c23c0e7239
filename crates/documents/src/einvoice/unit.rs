//! Words for units, as UN/ECE recommendation 20 codes them (BT-130).

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// "One": what stands for every word that nobody knows.
const ONE: &str = "C62";

/// The code of a unit by the word that people use for it.
pub(super) fn code(word: &str) -> &'static str {
    let folded = folded(word);
    let singular = folded.strip_suffix('s').unwrap_or(&folded);
    let known = |name: &&str| [folded.as_str(), singular].contains(name);
    UNITS
        .iter()
        .find(|(_, names)| names.iter().any(&known))
        .map_or(ONE, |(code, _)| code)
}

/// Small letters without accents; `²` and `³` as digits, and no full stop at the end.
fn folded(word: &str) -> String {
    word.trim()
        .trim_end_matches('.')
        .nfkd()
        .filter(|letter| !is_combining_mark(*letter))
        .flat_map(char::to_lowercase)
        .collect()
}

#[rustfmt::skip]
const UNITS: &[(&str, &[&str])] = &[
    ("HUR", &["h", "hr", "heure", "hour"]),
    ("MIN", &["min", "mn", "minute"]),
    ("DAY", &["j", "d", "jour", "journee", "day", "jh", "jour-homme", "jour/homme", "jour homme"]),
    ("WEE", &["semaine", "week"]),
    ("MON", &["mois", "month"]),
    ("QAN", &["trimestre", "quarter"]),
    ("ANN", &["an", "annee", "year"]),
    ("H87", &["piece", "pc", "pce", "article", "exemplaire"]),
    ("LS", &["forfait", "ens", "ensemble", "lump sum", "flat rate"]),
    ("SET", &["lot", "jeu", "set", "kit"]),
    ("PR", &["paire", "pair"]),
    ("KGM", &["kg", "kilo", "kilogramme", "kilogram"]),
    ("GRM", &["g", "gramme", "gram"]),
    ("TNE", &["t", "tonne"]),
    ("LTR", &["l", "litre", "liter"]),
    ("MTR", &["m", "ml", "metre", "meter", "metre lineaire"]),
    ("CMT", &["cm", "centimetre"]),
    ("MMT", &["mm", "millimetre"]),
    ("KMT", &["km", "kilometre", "kilometer"]),
    ("MTK", &["m2", "metre carre", "metres carre", "square metre"]),
    ("MTQ", &["m3", "metre cube", "metres cube", "cubic metre"]),
    ("KWH", &["kwh"]),
    ("XPK", &["colis", "paquet", "package"]),
    ("XBX", &["boite", "carton", "box"]),
    ("XPX", &["palette", "pallet"]),
    ("IE", &["personne", "person"]),
    ("ZP", &["page"]),
    ("P1", &["%", "pourcent", "percent"]),
];

#[cfg(test)]
mod tests {
    use super::code;

    #[test]
    fn words_of_both_languages_have_their_codes() {
        for (word, expected) in [
            ("heure", "HUR"),
            ("Heures", "HUR"),
            ("jour", "DAY"),
            ("Journée", "DAY"),
            ("mois", "MON"),
            ("m²", "MTK"),
            ("mètres carrés", "MTK"),
            ("KG", "KGM"),
            ("pièces", "H87"),
            ("pce.", "H87"),
            ("unité", "C62"),
            ("licence", "C62"),
            ("", "C62"),
        ] {
            assert_eq!(code(word), expected, "{word}");
        }
    }
}
