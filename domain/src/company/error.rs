use crate::{InvalidValue, Language, Refusal, billing::terms::TermsError, refusal::prints_in_english};

/// Why the company refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CompanyError {
    SiretOfAnotherSiren,
    VatNumberOfAnotherSiren,
    /// Its documents follow French law.
    Abroad,
    /// A sole trader or an association has none.
    NoCapital,
    /// Two documents could bear one number.
    PatternOfAnotherSeries,
    Terms(TermsError),
    Value(InvalidValue),
}

impl From<InvalidValue> for CompanyError {
    fn from(value: InvalidValue) -> Self {
        Self::Value(value)
    }
}

impl From<TermsError> for CompanyError {
    fn from(terms: TermsError) -> Self {
        Self::Terms(terms)
    }
}

prints_in_english!(CompanyError);

impl Refusal for CompanyError {
    fn code(&self) -> &'static str {
        match self {
            Self::SiretOfAnotherSiren => "SIRET_OF_ANOTHER_SIREN",
            Self::VatNumberOfAnotherSiren => "VAT_NUMBER_OF_ANOTHER_SIREN",
            Self::Abroad => "COMPANY_ABROAD",
            Self::NoCapital => "FORM_WITHOUT_CAPITAL",
            Self::PatternOfAnotherSeries => "NUMBER_PATTERN_TAKEN",
            Self::Terms(terms) => terms.code(),
            Self::Value(value) => value.code(),
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::SiretOfAnotherSiren => Some("siret"),
            Self::VatNumberOfAnotherSiren => Some("vatNumber"),
            Self::Abroad => Some("address.country"),
            Self::NoCapital => Some("shareCapital"),
            Self::PatternOfAnotherSeries => Some("pattern"),
            Self::Terms(terms) => terms.field(),
            Self::Value(value) => value.field(),
        }
    }

    fn allowed(&self) -> Vec<&'static str> {
        match self {
            Self::Value(value) => value.allowed(),
            _ => Vec::new(),
        }
    }

    fn message(&self, language: Language) -> String {
        match self {
            Self::SiretOfAnotherSiren => language.choose(
                "This SIRET belongs to another SIREN: its first nine digits are the company's.",
                "Ce SIRET relève d'un autre SIREN : ses neuf premiers chiffres sont ceux de l'entreprise.",
            ),
            Self::VatNumberOfAnotherSiren => language.choose(
                "This VAT number belongs to another SIREN: its last nine digits are the company's.",
                "Ce numéro de TVA relève d'un autre SIREN : ses neuf derniers chiffres sont ceux de l'entreprise.",
            ),
            Self::Abroad => language.choose(
                "The company has its seat in France or in one of its departments overseas: give that address.",
                "L'entreprise a son siège en France ou dans un département d'outre-mer : indiquez cette adresse.",
            ),
            Self::NoCapital => language.choose(
                "A sole trader or an association has no share capital: leave it out.",
                "Un entrepreneur individuel ou une association n'a pas de capital social : ne l'indiquez pas.",
            ),
            Self::PatternOfAnotherSeries => language.choose(
                "Another series writes its numbers so, or did: choose a prefix that no other series has.",
                "Une autre série écrit ou a écrit ses numéros ainsi : choisissez un préfixe qu'aucune autre série n'a.",
            ),
            Self::Terms(terms) => terms.message(language),
            Self::Value(value) => value.message(language),
        }
    }
}
