//! Limits on what commands may carry, and the one refusal for a value outside them.

use chrono::{DateTime, Datelike, NaiveDate, Utc};

use crate::{Language, Refusal, file::MEDIA_TYPES, recurrence::RuleProblem, refusal::prints_in_english};

/// Names and titles, in characters.
pub const NAME_MAX: usize = 200;
/// References given by other systems, sectors, products, owners.
pub const LABEL_MAX: usize = 120;
/// Notes and reasons.
pub const NOTE_MAX: usize = 4_000;
/// E-mail addresses (RFC 5321, 4.5.3.1.3: a path is at most 256 octets with its angle brackets).
pub const EMAIL_MAX: usize = 254;
/// Years in which a date may lie. Wide enough for any history worth importing; narrow enough to catch `20025-01-01`.
pub const YEARS: std::ops::RangeInclusive<i32> = 1900..=2199;

/// A field of a command holds something that is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidValue {
    /// In the spelling of the API.
    pub field: &'static str,
    pub problem: Problem,
}

/// What is wrong with the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    Missing,
    TooLong {
        max: usize,
        found: usize,
    },
    TooMany {
        max: usize,
        found: usize,
    },
    Repeated,
    ControlCharacter,
    Negative,
    Zero,
    TooLarge {
        max: i64,
    },
    TooPrecise {
        decimals: u32,
    },
    OutOfRange {
        min: i64,
        max: i64,
    },
    DateTooFar,
    NotASiren,
    NotASiret,
    NotAVatNumber,
    NotAnIban,
    NotABic,
    NotACountry,
    NotAPostcode,
    NotALanguage,
    NotAKey,
    EndBeforeStart {
        days: i64,
    },
    NotACurrency,
    NotAnEmail,
    NotAPhone,
    NotACode,
    NotATimeZone,
    NotATime,
    /// This field or the other one, not both.
    OneOfTwo {
        other: &'static str,
    },
    NotARule(RuleProblem),
    NotARank,
    NotAFileName,
    NotAMediaType,
    NotAColor,
    /// Not a reason for which a product is exempt of itself.
    NotAnExemption,
    NoSuchRate {
        on: NaiveDate,
    },
    NotANumberPattern,
    /// Not the number of an account, or not one of the class that is wanted.
    NotAnAccount,
    /// A line that the document never had.
    NoSuchLine,
    Erased,
}

impl InvalidValue {
    pub const fn new(field: &'static str, problem: Problem) -> Self {
        Self { field, problem }
    }
}

prints_in_english!(InvalidValue);

impl Refusal for InvalidValue {
    fn code(&self) -> &'static str {
        match self.problem {
            Problem::Missing => "FIELD_REQUIRED",
            Problem::TooLong { .. } => "FIELD_TOO_LONG",
            Problem::TooMany { .. } => "TOO_MANY_ITEMS",
            Problem::Repeated => "REPEATED_ITEM",
            Problem::ControlCharacter => "CONTROL_CHARACTER",
            Problem::Negative => "NEGATIVE_NUMBER",
            Problem::TooLarge { .. } => "NUMBER_TOO_LARGE",
            Problem::TooPrecise { .. } => "TOO_MANY_DECIMALS",
            Problem::OutOfRange { .. } => "NUMBER_OUT_OF_RANGE",
            Problem::DateTooFar => "DATE_OUT_OF_RANGE",
            Problem::NotASiren => "INVALID_SIREN",
            Problem::NotASiret => "INVALID_SIRET",
            Problem::NotAVatNumber => "INVALID_VAT_NUMBER",
            Problem::NotAnIban => "INVALID_IBAN",
            Problem::NotABic => "INVALID_BIC",
            Problem::NotACountry => "INVALID_COUNTRY",
            Problem::NotAPostcode => "INVALID_POSTCODE",
            Problem::NotALanguage => "INVALID_LANGUAGE",
            Problem::NotAKey => "INVALID_KEY",
            Problem::EndBeforeStart { .. } => "END_BEFORE_START",
            Problem::NotACurrency => "INVALID_CURRENCY",
            Problem::NotAnEmail => "INVALID_EMAIL",
            Problem::NotAPhone => "INVALID_PHONE",
            Problem::NotACode => "INVALID_CODE",
            Problem::NotATimeZone => "INVALID_TIME_ZONE",
            Problem::NotATime => "INVALID_TIME",
            Problem::OneOfTwo { .. } => "FIELDS_EXCLUDE_EACH_OTHER",
            Problem::NotARule(_) => "INVALID_RECURRENCE",
            Problem::NotARank => "INVALID_RANK",
            Problem::NotAFileName => "INVALID_FILE_NAME",
            Problem::NotAMediaType => "FILE_TYPE_NOT_TAKEN",
            Problem::Zero => "NUMBER_ZERO",
            Problem::NotAColor => "INVALID_COLOR",
            Problem::NotAnExemption => "INVALID_EXEMPTION",
            Problem::NoSuchRate { .. } => "NO_SUCH_VAT_RATE",
            Problem::NotANumberPattern => "INVALID_NUMBER_PATTERN",
            Problem::NotAnAccount => "INVALID_ACCOUNT",
            Problem::NoSuchLine => "NO_SUCH_LINE",
            Problem::Erased => "PERSON_ERASED",
        }
    }

    fn field(&self) -> Option<&'static str> {
        Some(self.field)
    }

    fn message(&self, language: Language) -> String {
        let field = self.field;
        match &self.problem {
            Problem::Missing => language.choose(
                format!("`{field}` is required: give it a value that is not blank."),
                format!("« {field} » est obligatoire : donnez une valeur non vide."),
            ),
            Problem::TooLong { max, found } => language.choose(
                format!("`{field}` has {found} characters, at most {max} are taken."),
                format!("« {field} » compte {found} caractères, {max} au plus sont acceptés."),
            ),
            Problem::TooMany { max, found } => language.choose(
                format!("`{field}` has {found} items, at most {max} are taken."),
                format!("« {field} » compte {found} éléments, {max} au plus sont acceptés."),
            ),
            Problem::Repeated => language.choose(
                format!("`{field}` names the same twice: name each once."),
                format!("« {field} » nomme deux fois le même : nommez chacun une fois."),
            ),
            Problem::ControlCharacter => language.choose(
                format!("`{field}` contains a control character: remove it."),
                format!("« {field} » contient un caractère de contrôle : retirez-le."),
            ),
            Problem::Negative => language.choose(
                format!("`{field}` is negative: give zero or more."),
                format!("« {field} » est négatif : donnez zéro ou plus."),
            ),
            Problem::TooLarge { max } => language.choose(
                format!("`{field}` is too large: at most {max} (in the smallest unit of the currency for amounts)."),
                format!("« {field} » est trop grand : {max} au plus (dans la plus petite unité de la monnaie pour un montant)."),
            ),
            Problem::TooPrecise { decimals } => language.choose(
                format!("`{field}` has more decimals than its currency: {decimals} at most."),
                format!("« {field} » a plus de décimales que sa monnaie : {decimals} au plus."),
            ),
            Problem::OutOfRange { min, max } => language.choose(
                format!("`{field}` must lie between {min} and {max}."),
                format!("« {field} » doit être compris entre {min} et {max}."),
            ),
            Problem::DateTooFar => language.choose(
                format!("`{field}` must lie in the years {} to {}.", YEARS.start(), YEARS.end()),
                format!("« {field} » doit être compris entre les années {} et {}.", YEARS.start(), YEARS.end()),
            ),
            Problem::NotASiren => language.choose(
                format!("`{field}` is not a SIREN: nine digits of which the last one is a check digit."),
                format!("« {field} » n'est pas un SIREN : neuf chiffres dont le dernier est une clé de contrôle."),
            ),
            Problem::NotASiret => language.choose(
                format!("`{field}` is not a SIRET: fourteen digits, a SIREN and five more, with check digits."),
                format!("« {field} » n'est pas un SIRET : quatorze chiffres, un SIREN et cinq autres, avec clés de contrôle."),
            ),
            Problem::NotAVatNumber => language.choose(
                format!("`{field}` is not a VAT number of the European Union: the country's prefix, then its number, such as FR44732829320."),
                format!("« {field} » n'est pas un numéro de TVA de l'Union européenne : le préfixe du pays, puis son numéro, par exemple FR44732829320."),
            ),
            Problem::NotAnIban => language.choose(
                format!("`{field}` is not an IBAN: its length or its check digits are wrong."),
                format!("« {field} » n'est pas un IBAN : sa longueur ou ses clés de contrôle sont fausses."),
            ),
            Problem::NotABic => language.choose(
                format!("`{field}` is not a BIC: eight or eleven characters such as AGRIFRPP."),
                format!("« {field} » n'est pas un BIC : huit ou onze caractères, par exemple AGRIFRPP."),
            ),
            Problem::NotACountry => language.choose(
                format!("`{field}` is not a country: give its two letters of ISO 3166, such as FR, or its name."),
                format!("« {field} » n'est pas un pays : donnez ses deux lettres ISO 3166, par exemple FR, ou son nom."),
            ),
            Problem::NotAPostcode => language.choose(
                format!("`{field}` is not a French postcode: five digits."),
                format!("« {field} » n'est pas un code postal français : cinq chiffres."),
            ),
            Problem::NotALanguage => language.choose(
                format!("`{field}` is not a language of ISO 639-1: two letters such as fr."),
                format!("« {field} » n'est pas une langue ISO 639-1 : deux lettres, par exemple fr."),
            ),
            Problem::NotAKey => language.choose(
                format!("`{field}` has a key that is none: letters, digits and underscores, a letter first, at most 60."),
                format!("« {field} » a une clé qui n'en est pas une : lettres sans accent, chiffres et soulignés, une lettre d'abord, 60 au plus."),
            ),
            Problem::EndBeforeStart { days } => language.choose(
                format!("`{field}` must come after the start, by at most {days} days."),
                format!("« {field} » doit suivre le début, de {days} jours au plus."),
            ),
            Problem::NotACurrency => language.choose(
                format!("`{field}` is not a currency of ISO 4217: three letters such as EUR."),
                format!("« {field} » n'est pas une monnaie ISO 4217 : trois lettres, par exemple EUR."),
            ),
            Problem::NotAnEmail => language.choose(
                format!("`{field}` is not an e-mail address: name@example.com."),
                format!("« {field} » n'est pas une adresse électronique : nom@exemple.fr."),
            ),
            Problem::NotAPhone => language.choose(
                format!("`{field}` is not a telephone number: 3 to 20 digits, with `+`, spaces, dots, dashes or parentheses."),
                format!("« {field} » n'est pas un numéro de téléphone : 3 à 20 chiffres, avec « + », espaces, points, tirets ou parenthèses."),
            ),
            Problem::NotACode => language.choose(
                format!("`{field}` is not a code: letters A to Z, digits and underscores, beginning with a letter."),
                format!("« {field} » n'est pas un code : lettres A à Z, chiffres et tirets bas, en commençant par une lettre."),
            ),
            Problem::NotATimeZone => language.choose(
                format!("`{field}` is not a time zone of the IANA database, such as Europe/Paris."),
                format!("« {field} » n'est pas un fuseau de la base IANA, par exemple Europe/Paris."),
            ),
            Problem::NotATime => language.choose(
                format!("`{field}` is not an hour of the day: HH:MM, such as 09:00."),
                format!("« {field} » n'est pas une heure : HH:MM, par exemple 09:00."),
            ),
            Problem::OneOfTwo { other } => language.choose(
                format!("Give `{field}` or `{other}`, not both."),
                format!("Donnez « {field} » ou « {other} », pas les deux."),
            ),
            Problem::NotARule(problem) => language.choose(
                format!("`{field}` is not a rule of recurrence that is understood: {}.", problem.message(Language::English)),
                format!("« {field} » n'est pas une règle de récurrence comprise : {}.", problem.message(Language::French)),
            ),
            Problem::NotARank => language.choose(
                format!("`{field}` is not a rank: use one that a task has."),
                format!("« {field} » n'est pas un rang : employez celui d'une tâche."),
            ),
            Problem::NotAFileName => language.choose(
                format!("`{field}` is not a file's name: leave out folders, slashes and backslashes."),
                format!("« {field} » n'est pas un nom de fichier : sans dossier, barre oblique ni contre-oblique."),
            ),
            Problem::NotAMediaType => language.choose(
                format!("`{field}` is not a type of file that is taken: {}.", MEDIA_TYPES.join(", ")),
                format!("« {field} » n'est pas un type de fichier accepté : {}.", MEDIA_TYPES.join(", ")),
            ),
            Problem::Zero => language.choose(
                format!("`{field}` is zero, which means nothing here."),
                format!("« {field} » vaut zéro, ce qui n'a pas de sens ici."),
            ),
            Problem::NotAColor => language.choose(
                format!("`{field}` is not a colour: #RRGGBB."),
                format!("« {field} » n'est pas une couleur : #RRVVBB."),
            ),
            Problem::NotAnExemption => language.choose(
                format!("`{field}` is exempt for a reason that depends on the customer, not on the product."),
                format!("« {field} » est exonéré pour une raison qui tient au client, non au produit."),
            ),
            Problem::NoSuchRate { on } => language.choose(
                format!("`{field}` names a rate of VAT that did not exist on {on}."),
                format!("« {field} » désigne un taux de TVA qui n'existait pas le {}.", on.format("%d/%m/%Y")),
            ),
            Problem::NotANumberPattern => language.choose(
                format!(
                    "`{field}` needs `{{year}}` and `{{sequence}}` once each, apart, with letters, digits, - _ / around \
                     them and 35 characters at most: {{year}}-F-{{sequence:3}}."
                ),
                format!(
                    "« {field} » contient {{year}} et {{sequence}} une fois chacun, séparés, avec des lettres, chiffres, \
                     - _ / autour et 35 caractères au plus : {{year}}-F-{{sequence:3}}."
                ),
            ),
            Problem::NotAnAccount => language.choose(
                format!("`{field}` is not an account: three digits first, then letters and digits, 20 at most, of the class of its use."),
                format!("« {field} » n'est pas un compte : trois chiffres d'abord, puis lettres et chiffres, 20 au plus, de la classe de son usage."),
            ),
            Problem::NoSuchLine => language.choose(
                format!("`{field}` names a line that this document does not have."),
                format!("« {field} » désigne une ligne que ce document n'a pas."),
            ),
            Problem::Erased => language.choose(
                format!("`{field}` names a person whose data was erased: name another person."),
                format!("« {field} » désigne une personne dont les données ont été effacées : désignez-en une autre."),
            ),
        }
    }
}

/// One line of text that must be there. Blanks around it are dropped.
pub fn line(field: &'static str, text: &str, max: usize) -> Result<String, InvalidValue> {
    let text = text.trim();
    if text.is_empty() {
        return Err(InvalidValue::new(field, Problem::Missing));
    }
    if text.chars().any(char::is_control) {
        return Err(InvalidValue::new(field, Problem::ControlCharacter));
    }
    within(field, text, max)
}

/// One line of text that may be missing; a blank one is a missing one.
pub fn optional_line(field: &'static str, text: Option<&str>, max: usize) -> Result<Option<String>, InvalidValue> {
    match text.map(str::trim) {
        None | Some("") => Ok(None),
        Some(text) => line(field, text, max).map(Some),
    }
}

/// Text that may run over several lines.
pub fn note(field: &'static str, text: &str) -> Result<String, InvalidValue> {
    long_text(field, text, NOTE_MAX)
}

/// Text over several lines that may be longer or shorter than a note.
pub fn long_text(field: &'static str, text: &str, max: usize) -> Result<String, InvalidValue> {
    let text = text.trim();
    if text.is_empty() {
        return Err(InvalidValue::new(field, Problem::Missing));
    }
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(InvalidValue::new(field, Problem::ControlCharacter));
    }
    within(field, text, max)
}

/// A note that may be missing; a blank one is a missing one.
pub fn optional_note(field: &'static str, text: Option<&str>) -> Result<Option<String>, InvalidValue> {
    match text.map(str::trim) {
        None | Some("") => Ok(None),
        Some(text) => note(field, text).map(Some),
    }
}

/// A calendar date that a person can have meant.
pub fn date(field: &'static str, date: NaiveDate) -> Result<NaiveDate, InvalidValue> {
    if YEARS.contains(&date.year()) {
        Ok(date)
    } else {
        Err(InvalidValue::new(field, Problem::DateTooFar))
    }
}

/// A moment that a person can have meant, cut to the microsecond that the journal and the views keep.
pub fn moment(field: &'static str, time: DateTime<Utc>) -> Result<DateTime<Utc>, InvalidValue> {
    let far = || InvalidValue::new(field, Problem::DateTooFar);
    if !YEARS.contains(&time.year()) {
        return Err(far());
    }
    DateTime::from_timestamp_micros(time.timestamp_micros()).ok_or_else(far)
}

/// An e-mail address, by shape only: whether it exists is learnt by writing to it.
pub fn email(field: &'static str, text: &str) -> Result<String, InvalidValue> {
    let text = line(field, text, EMAIL_MAX)?;
    let shaped = text.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty()
            && !host.contains('@')
            && host.contains('.')
            && host.split('.').all(|label| !label.is_empty())
            && !text.contains(char::is_whitespace)
    });
    if shaped {
        Ok(text)
    } else {
        Err(InvalidValue::new(field, Problem::NotAnEmail))
    }
}

/// A telephone number as people write it.
pub fn phone(field: &'static str, text: &str) -> Result<String, InvalidValue> {
    let text = line(field, text, LABEL_MAX)?;
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let known = text
        .chars()
        .all(|c| c.is_ascii_digit() || matches!(c, '+' | ' ' | '.' | '-' | '(' | ')' | '/'));
    if known && (3..=20).contains(&digits) {
        Ok(text)
    } else {
        Err(InvalidValue::new(field, Problem::NotAPhone))
    }
}

fn within(field: &'static str, text: &str, max: usize) -> Result<String, InvalidValue> {
    let found = text.chars().count();
    if found > max {
        return Err(InvalidValue::new(field, Problem::TooLong { max, found }));
    }
    Ok(text.to_owned())
}
