//! Text as it is compared and sorted: whatever the case of its letters, their accents and the blanks between words.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// The form in which texts are compared: lower case, without accents, words one blank apart.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        for letter in word.nfkd().filter(|letter| !is_combining_mark(*letter)) {
            match letter {
                'œ' | 'Œ' => folded.push_str("oe"),
                'æ' | 'Æ' => folded.push_str("ae"),
                'ß' | 'ẞ' => folded.push_str("ss"),
                other => folded.extend(other.to_lowercase()),
            }
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_and_blanks_do_not_count() {
        for (text, folded) in [
            ("Électricité  d'Alsace", "electricite d'alsace"),
            ("ŒUVRE", "oeuvre"),
            (" Straße\t1 ", "strasse 1"),
            ("Ｆｕｌｌ", "full"),
            ("", ""),
        ] {
            assert_eq!(fold(text), folded);
        }
    }

    #[test]
    fn folding_twice_changes_nothing() {
        for text in ["Ǆ İstanbul", "ﬁn ½", "Ω ≠ ω", "ά", "é́"] {
            assert_eq!(fold(&fold(text)), fold(text), "{text}");
        }
    }
}
