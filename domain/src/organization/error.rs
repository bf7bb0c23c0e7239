use crate::{FileError, InvalidValue, Language, OrganizationId, Refusal, refusal::prints_in_english};

/// Why an organization refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrganizationError {
    NotRegistered,
    AlreadyRegistered,
    /// A prospect cannot be a former customer.
    NeverACustomer,
    Archived,
    /// Another record stands for this one.
    Merged {
        survivor: OrganizationId,
    },
    /// Two different SIRENs are two companies, not two records of one.
    TwoCompanies,
    /// The establishment is another company's.
    SiretOfAnother,
    /// The VAT number is another company's.
    VatNumberOfAnother,
    File(FileError),
    Value(InvalidValue),
}

impl From<FileError> for OrganizationError {
    fn from(error: FileError) -> Self {
        Self::File(error)
    }
}

impl From<InvalidValue> for OrganizationError {
    fn from(value: InvalidValue) -> Self {
        Self::Value(value)
    }
}

prints_in_english!(OrganizationError);

impl Refusal for OrganizationError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotRegistered => "ORGANIZATION_NOT_FOUND",
            Self::AlreadyRegistered => "ORGANIZATION_ALREADY_EXISTS",
            Self::NeverACustomer => "ORGANIZATION_NEVER_A_CUSTOMER",
            Self::Archived => "ORGANIZATION_ARCHIVED",
            Self::Merged { .. } => "ORGANIZATION_MERGED",
            Self::TwoCompanies => "SIRENS_DIFFER",
            Self::SiretOfAnother => "SIRET_OF_ANOTHER_SIREN",
            Self::VatNumberOfAnother => "VAT_NUMBER_OF_ANOTHER_SIREN",
            Self::File(error) => error.code(),
            Self::Value(value) => value.code(),
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::SiretOfAnother => Some("siret"),
            Self::VatNumberOfAnother => Some("vatNumber"),
            Self::File(error) => error.field(),
            Self::Value(value) => value.field(),
            _ => None,
        }
    }

    fn allowed(&self) -> Vec<&'static str> {
        match self {
            Self::NotRegistered => vec!["Register"],
            Self::AlreadyRegistered => vec![
                "Rename",
                "Describe",
                "Identify",
                "ChangeBankAccount",
                "ChangeAddresses",
                "Tag",
                "Untag",
                "Assign",
                "SetReminders",
                "SetFields",
                "AttachFile",
                "DetachFile",
                "NameContact",
                "RemoveContact",
                "MarkCustomer",
                "MarkFormer",
                "Archive",
                "Merge",
            ],
            Self::NeverACustomer => vec!["MarkCustomer"],
            Self::Archived => vec![
                "Restore",
                "RemoveContact",
                "DetachFile",
                "MarkCustomer",
                "MarkFormer",
                "Merge",
            ],
            Self::Merged { .. } | Self::TwoCompanies | Self::SiretOfAnother | Self::VatNumberOfAnother => Vec::new(),
            Self::File(error) => error.allowed(),
            Self::Value(value) => value.allowed(),
        }
    }

    fn message(&self, language: Language) -> String {
        match self {
            Self::NotRegistered => language.choose(
                "This organization does not exist: register it first.",
                "Cette organisation n'existe pas : enregistrez-la d'abord.",
            ),
            Self::AlreadyRegistered => language.choose(
                "This organization exists already: change it, or register another one under another id.",
                "Cette organisation existe déjà : modifiez-la, ou enregistrez-en une autre sous un autre identifiant.",
            ),
            Self::NeverACustomer => language.choose(
                "This organization was never a customer, so it cannot be a former one.",
                "Cette organisation n'a jamais été cliente : elle ne peut pas être une ancienne cliente.",
            ),
            Self::Archived => language.choose(
                "This organization is archived: restore it first.",
                "Cette organisation est archivée : restaurez-la d'abord.",
            ),
            Self::Merged { survivor } => language.choose(
                format!("This organization was merged into {survivor}: use that one."),
                format!("Cette organisation a été fusionnée avec {survivor} : utilisez celle-là."),
            ),
            Self::TwoCompanies => language.choose(
                "The two organizations have different SIRENs, so they are two companies: link one to the other as parent, or correct a number first.",
                "Les deux organisations ont des SIREN différents : ce sont deux sociétés. Rattachez l'une à l'autre, ou corrigez d'abord un numéro.",
            ),
            Self::SiretOfAnother => language.choose(
                "The SIRET belongs to another SIREN: its first nine digits are those of its company.",
                "Le SIRET appartient à un autre SIREN : ses neuf premiers chiffres sont ceux de sa société.",
            ),
            Self::VatNumberOfAnother => language.choose(
                "The VAT number belongs to another SIREN: its last nine digits are those of its company.",
                "Le numéro de TVA appartient à un autre SIREN : ses neuf derniers chiffres sont ceux de sa société.",
            ),
            Self::File(error) => error.message(language),
            Self::Value(value) => value.message(language),
        }
    }
}
