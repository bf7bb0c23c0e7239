//! Every code of a refusal, as the schema lists them.
//!
//! The codes are the domain's own and stand where its refusals are; a test reads them there and holds this list to them.

use async_graphql::{Enum, resolver_utils::EnumType};

/// Why a command is refused. A code is never renamed; new ones may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
pub enum UserErrorCode {
    ActivityAboutNothing,
    ActivityAlreadyExists,
    ActivityNotFound,
    ActivityOfAnotherKind,
    ActivityWithdrawn,
    AllocationExceedsDue,
    AllocationInOtherCurrency,
    AmountExceedsApplication,
    AmountExceedsPayment,
    AnotherPerson,
    AttemptSuperseded,
    BatchRefused,
    BeforePayment,
    BrokenQuotes,
    BuyerAddress,
    BuyerDiffers,
    BuyerName,
    BuyerSiren,
    BuyerVatNumber,
    CellTooLarge,
    CompanyAbroad,
    CompanyNotIdentified,
    ConsumerNoticeNotOwed,
    ConsumerNoticeOutsideWindow,
    ContactAlreadyExists,
    ContactArchived,
    ContactMerged,
    ContactNotFound,
    ContractAlertOutdated,
    ContractAlertOvertaken,
    ContractAlertTaken,
    ContractAlreadyExists,
    ContractAlreadyRenewed,
    ContractAmendmentsExhausted,
    ContractDateNotCome,
    ContractDiscarded,
    ContractEndBeforeStart,
    ContractEnded,
    ContractInOtherCurrency,
    ContractIndexedLater,
    ContractNotFound,
    ContractNotIndexed,
    ContractNotPaused,
    ContractNotSigned,
    ContractNoticeEffective,
    ContractNoticeGiven,
    ContractNoticeNotGiven,
    ContractPaused,
    ContractSigned,
    ContractTermsOverlap,
    ContractWithoutEnd,
    ControlCharacter,
    CreditBeforeInvoice,
    CreditExceedsInvoice,
    CreditIncomplete,
    CreditNoteWithoutDraft,
    CustomerWithoutAddress,
    DateNotInSeries,
    DateOutOfRange,
    DealAlreadyExists,
    DealClosed,
    DealNotClosed,
    DealNotFound,
    DeductionsDiffer,
    DeductionsExceedInvoice,
    DeductionsOfFinalOnly,
    DeliveryAlreadyExists,
    DeliveryInDoubt,
    DeliveryNotDue,
    DeliveryNotFound,
    DeliveryNotInDoubt,
    DeliverySettled,
    DeliveryUnderWay,
    DependsOnFailed,
    DepositDeducted,
    DocumentAlreadyFiled,
    EarlyPaymentDiscountExceedsDue,
    EarlyPaymentDiscountLate,
    EffectiveDateOutsideTerm,
    EmailTaken,
    EndBeforeStart,
    FieldsExcludeEachOther,
    FieldMappedTwice,
    FieldNotMapped,
    FieldRequired,
    FieldTooLong,
    FileAlreadyAttached,
    FileNotFound,
    FileTypeNotTaken,
    FileUploadNotFound,
    FinalWithoutDeductions,
    FormWithoutCapital,
    FxRateMissing,
    ImageBroken,
    ImageFormatUnknown,
    ImageTooLarge,
    ImageTooManyPixels,
    ImportAlreadyExists,
    ImportNotFound,
    ImportNotOver,
    ImportOver,
    ImportSuperseded,
    IndexValueMissing,
    InvalidAccount,
    InvalidBic,
    InvalidCode,
    InvalidColor,
    InvalidCountry,
    InvalidCurrency,
    InvalidDateFormat,
    InvalidDelimiter,
    InvalidEmail,
    InvalidExemption,
    InvalidFileName,
    InvalidFxRate,
    InvalidIban,
    InvalidInstalments,
    InvalidKey,
    InvalidLanguage,
    InvalidMapping,
    InvalidNumberPattern,
    InvalidPhone,
    InvalidPostcode,
    InvalidRank,
    InvalidRecurrence,
    InvalidSiren,
    InvalidSiret,
    InvalidTemplate,
    InvalidTime,
    InvalidTimeZone,
    InvalidVatNumber,
    InvoiceAboveQuote,
    InvoiceAlreadyExists,
    InvoiceAlreadySubmitted,
    InvoiceChangedMeanwhile,
    InvoiceDiscarded,
    InvoiceDisputed,
    InvoiceDocumentsDiffer,
    InvoiceDocumentsMissing,
    InvoiceIsCreditNote,
    InvoiceIssued,
    InvoiceLineOptional,
    InvoiceNotDeductible,
    InvoiceNotFound,
    InvoiceNotIssued,
    InvoiceNotOfContract,
    InvoiceNotOverdue,
    InvoiceNotSubmitted,
    InvoiceNotThroughPlatform,
    InvoiceNotWrittenOff,
    InvoiceOfContractKnown,
    InvoiceWithoutElectronicForm,
    InvoiceWrittenOff,
    KeptByLaw,
    LateInterestNotClaimed,
    LateInterestRateMissing,
    JournalCodeTaken,
    LinkInvalid,
    MentionsMissing,
    MissingColumn,
    NegativeNumber,
    NoEarlyPaymentDiscount,
    NoSuchLine,
    NotTheHolder,
    #[graphql(name = "NOT_UTF8")]
    NotUtf8,
    NoEnrolment,
    NoSuchVatRate,
    NoHeader,
    NothingDue,
    NothingMade,
    NothingToBill,
    NothingToCredit,
    NothingToInvoice,
    NoticeTooLate,
    NoticeTooShort,
    NumberBackDated,
    NumberOfAnotherYear,
    NumberOutOfRange,
    NumberPatternTaken,
    NumberTooLarge,
    NumberZero,
    NumbersExhausted,
    OpenStageAfterClosing,
    OptionsInside,
    OrganizationAlreadyExists,
    OrganizationArchived,
    OrganizationMerged,
    OrganizationNeverACustomer,
    OrganizationNotFound,
    OwnAccount,
    OwnAdministration,
    OwnSuccessor,
    ParentIsSubsidiary,
    PaymentAlreadyExists,
    PaymentInFuture,
    PaymentNotAllocated,
    PaymentNotApplied,
    PaymentNotFound,
    PaymentPromised,
    PaymentRefunded,
    PaymentReversed,
    PeriodLocked,
    PeriodNotOver,
    PersonErased,
    PersonRequired,
    PipelineAlreadyExists,
    PipelineArchived,
    PipelineNotFound,
    PlatformNotConfigured,
    PlatformStatusNotExpected,
    ProbabilityFixed,
    ProductAlreadyExists,
    ProductArchived,
    ProductCodeTaken,
    ProductNotFound,
    ProgressAlreadyDrafted,
    ProgressGoesBack,
    QuoteAccepted,
    QuoteAlreadyExists,
    QuoteApprovalNotAsked,
    QuoteApprovalRequired,
    QuoteCancelled,
    QuoteChangedMeanwhile,
    QuoteEnvelopeNotFound,
    QuoteEnvelopeOpen,
    QuoteExpired,
    QuoteHasADraft,
    QuoteHasNoDraft,
    QuoteInvoiced,
    QuoteLinkRevoked,
    QuoteNeverSent,
    QuoteNotAccepted,
    QuoteNotFound,
    QuoteNotOpen,
    QuoteNotSent,
    QuotePartlyInvoiced,
    QuoteValidityOver,
    QuoteVersionNotFound,
    QuoteVersionSuperseded,
    QuoteVersionsExhausted,
    RecipientWithoutEmail,
    ReminderAfterDue,
    ReminderAlreadyGiven,
    ReminderAlreadyTaken,
    ReminderOutdated,
    ReminderOvertaken,
    ReminderSuperseded,
    RemindersExcepted,
    RemindersHeld,
    RenewalNotDue,
    RenewalNotTacit,
    RenewalOverlaps,
    RenewalPlanOutdated,
    RenewalsExhausted,
    RepeatedColumn,
    RepeatedItem,
    RoleNotYours,
    RowTooLarge,
    SameRecord,
    SavedFilterAlreadyExists,
    SavedFilterNotFound,
    SecondFactorRequired,
    SecondWonStage,
    SellerAddress,
    SellerCapital,
    SellerIdentity,
    SellerRegister,
    SellerVatNumber,
    SessionNotFound,
    SignatureProviderFailed,
    SignatureProviderNotConfigured,
    SignedAnotherDocument,
    SigningCodeLocked,
    SigningCodeMissing,
    SigningCodesExhausted,
    SirensDiffer,
    SirenTaken,
    SiretOfAnotherSiren,
    StagesIncomplete,
    StageAlreadyExists,
    StageClosesDeal,
    StageNotFound,
    StageOfOtherKind,
    StageOfOtherPipeline,
    StageRequired,
    StageRetired,
    TaskAlreadyExists,
    TaskAlreadyRecurring,
    TaskFinished,
    TaskNotFound,
    TaskSeriesAlreadyExists,
    TaskSeriesEnded,
    TaskSeriesNotFound,
    TeamAlreadyExists,
    TeamDisbanded,
    TeamHasMembers,
    TeamNotFound,
    TerminationGroundNotOpen,
    TermsAboveLegalCap,
    TokenAlreadyExists,
    TokenExpiryPast,
    TokenNotFound,
    TooManyAttempts,
    TooManyColumns,
    TooManyDecimals,
    TooManyFiles,
    TooManyItems,
    TooManyParents,
    TooManyStages,
    TwoCurrencies,
    UnfitId,
    UnknownField,
    UserAlreadyExists,
    UserDeactivated,
    UserNotFound,
    VatNotDueOnReceipt,
    VatNumberOfAnotherSiren,
    VatOutOfScopeMixed,
    WeakPassword,
    WithdrawalExceedsAllocation,
    WrongCode,
    WrongCredentials,
    // What the system refuses, told of one of several commands.
    Unauthenticated,
    Forbidden,
    CsrfTokenRequired,
    BadRequest,
    BadUserInput,
    GraphqlParseFailed,
    GraphqlValidationFailed,
    PersistedQueryNotFound,
    NotRegistered,
    ComplexityExceeded,
    DepthExceeded,
    RateLimited,
    MethodNotAllowed,
    NotAcceptable,
    UnsupportedMediaType,
    PayloadTooLarge,
    RequestTimeout,
    NotFound,
    Conflict,
    CommandReused,
    InUse,
    StaleRead,
    SlowReader,
    AsOfBuilding,
    FullResyncNeeded,
    ClockIsReal,
    JournalFull,
    JournalUnavailable,
    ViewsUnavailable,
    ViewsBuilding,
    Busy,
    InternalServerError,
    /// A refusal that is not listed yet.
    Other,
}

impl UserErrorCode {
    /// The code of that name.
    pub fn of(code: &str) -> Self {
        let known = Self::items().iter().find(|known| known.name == code);
        known.map_or_else(
            || {
                tracing::error!(code, "a refusal has a code that the schema does not list");
                Self::Other
            },
            |known| known.value,
        )
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use domain::task::LinkCategory;

    use super::*;
    use crate::graphql::{errors::ErrorCode, ids::Kind};

    /// What looks like a code in a text of our programs.
    fn codes_in(text: &str) -> impl Iterator<Item = String> {
        let literals = text.split('"').skip(1).step_by(2);
        let is_code = |literal: &&str| {
            literal.starts_with(|first: char| first.is_ascii_uppercase())
                && literal
                    .bytes()
                    .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
        };
        literals.filter(is_code).map(str::to_owned)
    }

    /// The bodies of the functions that answer with a refusal's code.
    fn answers(source: &str) -> impl Iterator<Item = &str> {
        let begins = |form: &'static str| source.split(form).skip(1);
        let by_value = begins("fn code(self) -> &'static str {");
        begins("fn code(&self) -> &'static str {")
            .chain(by_value)
            .map(|rest| rest.split("\n    }\n").next().unwrap_or_default())
    }

    /// What follows a word, up to the end of the statement's first two arguments.
    fn named(source: &str) -> impl Iterator<Item = &str> {
        let after = |word: &'static str| {
            source
                .split(word)
                .skip(1)
                .map(|rest| rest.split(");").next().unwrap_or(rest))
        };
        let fields = source
            .match_indices("    code: \"")
            .map(|(at, _)| source[at..].lines().next().unwrap_or_default());
        after("commands::missing(").chain(fields)
    }

    fn scan(folder: &Path, names_too: bool, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                scan(&path, names_too, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let source = fs::read_to_string(&path).unwrap();
                found.extend(answers(&source).flat_map(codes_in));
                if names_too {
                    found.extend(named(&source).flat_map(codes_in));
                }
            }
        }
    }

    #[test]
    fn every_code_that_a_refusal_can_have_is_listed_and_no_other_is() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut found = BTreeSet::new();
        scan(&root.join("domain/src"), false, &mut found);
        scan(&root.join("crates/identity/src"), false, &mut found);
        scan(&root.join("crates/documents/src"), false, &mut found);
        scan(&root.join("api/src/import"), false, &mut found);
        scan(&root.join("api/src/graphql"), true, &mut found);
        scan(&root.join("api/src/sales"), true, &mut found);
        let linked = LinkCategory::ALL.map(LinkCategory::as_str).into_iter();
        let linked = linked.filter(|category| Kind::of_category(category).is_some());
        found.extend(linked.map(|category| format!("{}_NOT_FOUND", category.to_uppercase().replace('-', "_"))));
        assert!(found.len() > 100, "too few are found: {found:?}");
        found.extend(ErrorCode::ALL.map(|code| code.as_str().to_owned()));
        // Those that are written by their names in the list.
        let by_name = [
            "BATCH_REFUSED",
            "DEPENDS_ON_FAILED",
            "NOTHING_MADE",
            "OPTIONS_INSIDE",
            "OTHER",
            "UNFIT_ID",
        ];
        found.extend(by_name.map(str::to_owned));
        let listed: BTreeSet<String> = UserErrorCode::items()
            .iter()
            .map(|known| known.name.to_owned())
            .collect();
        let missing: Vec<_> = found.difference(&listed).collect();
        let stale: Vec<_> = listed.difference(&found).collect();
        assert!(
            missing.is_empty() && stale.is_empty(),
            "in api/src/graphql/refusals.rs: not listed {missing:?}; listed but used nowhere {stale:?}"
        );
    }

    #[test]
    fn a_code_is_found_by_its_name() {
        assert_eq!(UserErrorCode::of("DEAL_CLOSED"), UserErrorCode::DealClosed);
        assert_eq!(UserErrorCode::of("CONFLICT"), UserErrorCode::Conflict);
        assert_eq!(UserErrorCode::of("NO_SUCH_CODE"), UserErrorCode::Other);
    }
}
