use chrono::NaiveDate;

use super::{MissingMention, PlatformStatus, ReminderStep, SkipCause};
use crate::{
    Currency, InvalidValue, InvoiceId, Language, Money, Refusal,
    billing::{CreditError, HalfYear, LateInterestError, Percentage, TermsError},
    document::LineId,
    refusal::prints_in_english,
};

/// Why an invoice refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InvoiceError {
    NotFound,
    AlreadyExists,
    Discarded,
    /// It was issued: nothing of it changes.
    Issued,
    NotIssued,
    /// A credit note asks for no money.
    IsCreditNote,
    CreditHasNoDraft,
    FinalWithoutDeductions,
    DeductionsOfFinalOnly,
    /// The deductions are not those that the draft names.
    DeductionsDiffer,
    DeductionsExceed {
        rate: Percentage,
        by: Money,
    },
    /// A final invoice takes off deposits and progress invoices, nothing else.
    NotADeposit,
    /// A final invoice took it off.
    DepositDeducted {
        by: InvoiceId,
    },
    OptionalLine,
    /// The buyer is another organization than the draft's.
    AnotherBuyer,
    MentionsMissing(Vec<MissingMention>),
    OutOfScopeMixed,
    NothingToInvoice,
    /// More than the quote has left to invoice.
    AboveSource {
        /// Of one rate, without tax.
        left: Money,
    },
    ProgressGoesBack {
        line: LineId,
    },
    DocumentsDiffer,
    DocumentsMissing,
    NothingToCredit,
    /// More than what is left to credit, of the rates or of a line.
    CreditExceeds {
        left: Money,
    },
    CreditBeforeInvoice {
        issued_on: NaiveDate,
    },
    AllocationExceedsDue {
        left: Money,
    },
    AnotherCurrency {
        expected: Currency,
    },
    /// Nothing of this payment is on it.
    NotAllocated,
    WithdrawalExceeds {
        left: Money,
    },
    NoEarlyPaymentDiscount,
    DiscountTooLate {
        due: NaiveDate,
    },
    DiscountExceedsDue {
        left: Money,
    },
    WrittenOff,
    NotWrittenOff,
    NothingDue,
    ReminderTaken {
        step: ReminderStep,
    },
    /// Another due date is next by now.
    ReminderOutdated {
        due: NaiveDate,
    },
    /// Something stands in the way of reminders.
    Hindered {
        cause: SkipCause,
    },
    NotOverdue,
    LateInterestRateMissing(HalfYear),
    NotThroughPlatform,
    NotSubmitted,
    AlreadySubmitted,
    StatusNotExpected {
        now: Option<PlatformStatus>,
        status: PlatformStatus,
    },
    NotDueOnReceipt,
    Credit(CreditError),
    Terms(TermsError),
    Value(InvalidValue),
}

impl From<CreditError> for InvoiceError {
    fn from(error: CreditError) -> Self {
        Self::Credit(error)
    }
}

impl From<TermsError> for InvoiceError {
    fn from(error: TermsError) -> Self {
        Self::Terms(error)
    }
}

impl From<LateInterestError> for InvoiceError {
    fn from(error: LateInterestError) -> Self {
        Self::LateInterestRateMissing(error.0)
    }
}

impl From<InvalidValue> for InvoiceError {
    fn from(value: InvalidValue) -> Self {
        Self::Value(value)
    }
}

prints_in_english!(InvoiceError);

/// What can be asked of a draft.
const OF_DRAFTS: [&str; 3] = ["ChangeContent", "Discard", "Issue"];
/// What can be asked of an invoice that was issued.
const OF_ISSUED: [&str; 5] = ["FileDocuments", "RecordSent", "AllocatePayment", "Credit", "WriteOff"];

impl Refusal for InvoiceError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "INVOICE_NOT_FOUND",
            Self::AlreadyExists => "INVOICE_ALREADY_EXISTS",
            Self::Discarded => "INVOICE_DISCARDED",
            Self::Issued => "INVOICE_ISSUED",
            Self::NotIssued => "INVOICE_NOT_ISSUED",
            Self::IsCreditNote => "INVOICE_IS_CREDIT_NOTE",
            Self::CreditHasNoDraft => "CREDIT_NOTE_WITHOUT_DRAFT",
            Self::FinalWithoutDeductions => "FINAL_WITHOUT_DEDUCTIONS",
            Self::DeductionsOfFinalOnly => "DEDUCTIONS_OF_FINAL_ONLY",
            Self::DeductionsDiffer => "DEDUCTIONS_DIFFER",
            Self::DeductionsExceed { .. } => "DEDUCTIONS_EXCEED_INVOICE",
            Self::NotADeposit => "INVOICE_NOT_DEDUCTIBLE",
            Self::DepositDeducted { .. } => "DEPOSIT_DEDUCTED",
            Self::OptionalLine => "INVOICE_LINE_OPTIONAL",
            Self::AnotherBuyer => "BUYER_DIFFERS",
            Self::MentionsMissing(_) => "MENTIONS_MISSING",
            Self::OutOfScopeMixed => "VAT_OUT_OF_SCOPE_MIXED",
            Self::NothingToInvoice => "NOTHING_TO_INVOICE",
            Self::AboveSource { .. } => "INVOICE_ABOVE_QUOTE",
            Self::ProgressGoesBack { .. } => "PROGRESS_GOES_BACK",
            Self::DocumentsDiffer => "INVOICE_DOCUMENTS_DIFFER",
            Self::DocumentsMissing => "INVOICE_DOCUMENTS_MISSING",
            Self::NothingToCredit => "NOTHING_TO_CREDIT",
            Self::CreditExceeds { .. } => "CREDIT_EXCEEDS_INVOICE",
            Self::CreditBeforeInvoice { .. } => "CREDIT_BEFORE_INVOICE",
            Self::AllocationExceedsDue { .. } => "ALLOCATION_EXCEEDS_DUE",
            Self::AnotherCurrency { .. } => "ALLOCATION_IN_OTHER_CURRENCY",
            Self::NotAllocated => "PAYMENT_NOT_ALLOCATED",
            Self::WithdrawalExceeds { .. } => "WITHDRAWAL_EXCEEDS_ALLOCATION",
            Self::NoEarlyPaymentDiscount => "NO_EARLY_PAYMENT_DISCOUNT",
            Self::DiscountTooLate { .. } => "EARLY_PAYMENT_DISCOUNT_LATE",
            Self::DiscountExceedsDue { .. } => "EARLY_PAYMENT_DISCOUNT_EXCEEDS_DUE",
            Self::WrittenOff => "INVOICE_WRITTEN_OFF",
            Self::NotWrittenOff => "INVOICE_NOT_WRITTEN_OFF",
            Self::NothingDue => "NOTHING_DUE",
            Self::ReminderTaken { .. } => "REMINDER_ALREADY_TAKEN",
            Self::ReminderOutdated { .. } => "REMINDER_OUTDATED",
            Self::Hindered { cause } => match cause {
                SkipCause::NothingDue => "NOTHING_DUE",
                SkipCause::Disputed => "INVOICE_DISPUTED",
                SkipCause::Promised => "PAYMENT_PROMISED",
                SkipCause::Held => "REMINDERS_HELD",
                SkipCause::Excepted => "REMINDERS_EXCEPTED",
                SkipCause::Overtaken => "REMINDER_OVERTAKEN",
            },
            Self::NotOverdue => "INVOICE_NOT_OVERDUE",
            Self::LateInterestRateMissing(_) => "LATE_INTEREST_RATE_MISSING",
            Self::NotThroughPlatform => "INVOICE_NOT_THROUGH_PLATFORM",
            Self::NotSubmitted => "INVOICE_NOT_SUBMITTED",
            Self::AlreadySubmitted => "INVOICE_ALREADY_SUBMITTED",
            Self::StatusNotExpected { .. } => "PLATFORM_STATUS_NOT_EXPECTED",
            Self::NotDueOnReceipt => "VAT_NOT_DUE_ON_RECEIPT",
            Self::Credit(error) => error.code(),
            Self::Terms(error) => error.code(),
            Self::Value(value) => value.code(),
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::FinalWithoutDeductions | Self::DeductionsOfFinalOnly | Self::NotADeposit => Some("deducts"),
            Self::DeductionsDiffer | Self::DeductionsExceed { .. } => Some("deductions"),
            Self::CreditHasNoDraft => Some("kind"),
            Self::OptionalLine | Self::OutOfScopeMixed | Self::AboveSource { .. } => Some("rows"),
            Self::ProgressGoesBack { .. } => Some("cumulated"),
            Self::AnotherBuyer => Some("organization"),
            Self::MentionsMissing(missing) => missing.first().map(|mention| mention.field()),
            Self::DocumentsDiffer => Some("documents"),
            Self::CreditBeforeInvoice { .. } => Some("issuedOn"),
            Self::AllocationExceedsDue { .. }
            | Self::AnotherCurrency { .. }
            | Self::CreditExceeds { .. }
            | Self::WithdrawalExceeds { .. } => Some("amount"),
            Self::NotAllocated => Some("payment"),
            Self::DiscountTooLate { .. } => Some("on"),
            Self::ReminderTaken { .. } => Some("step"),
            Self::ReminderOutdated { .. } => Some("due"),
            Self::StatusNotExpected { .. } => Some("status"),
            Self::Credit(error) => error.field(),
            Self::Terms(error) => error.field(),
            Self::Value(value) => value.field(),
            _ => None,
        }
    }

    fn allowed(&self) -> Vec<&'static str> {
        match self {
            Self::NotFound => vec!["Draft", "IssueCredit"],
            Self::NotIssued => OF_DRAFTS.to_vec(),
            Self::Issued => OF_ISSUED.to_vec(),
            Self::CreditHasNoDraft => vec!["STANDARD", "DEPOSIT", "PROGRESS", "FINAL"],
            Self::NotADeposit => vec!["DEPOSIT", "PROGRESS"],
            Self::IsCreditNote => vec!["FileDocuments", "RecordSent", "Submit", "ReceiveStatus"],
            Self::DocumentsMissing => vec!["FileDocuments"],
            Self::NotSubmitted => vec!["Submit"],
            Self::Hindered {
                cause: SkipCause::Disputed,
            } => vec!["SettleDispute"],
            Self::Hindered { cause: SkipCause::Held } => vec!["ReleaseReminders"],
            Self::Value(value) => value.allowed(),
            _ => Vec::new(),
        }
    }

    fn message(&self, language: Language) -> String {
        match self {
            Self::NotFound => language.choose(
                "There is no such invoice: draft it first.",
                "Cette facture n'existe pas : créez-en d'abord le brouillon.",
            ),
            Self::AlreadyExists => language.choose(
                "This invoice exists already: take another id.",
                "Cette facture existe déjà : employez un autre identifiant.",
            ),
            Self::Discarded => language.choose(
                "This draft was discarded and takes nothing more: draft another invoice.",
                "Ce brouillon a été abandonné et n'accepte plus rien : créez une autre facture.",
            ),
            Self::Issued => language.choose(
                "This invoice was issued and never changes: correct it by a credit note.",
                "Cette facture est émise et ne change plus : corrigez-la par un avoir.",
            ),
            Self::NotIssued => language.choose(
                "This invoice is a draft: issue it first.",
                "Cette facture est un brouillon : émettez-la d'abord.",
            ),
            Self::IsCreditNote => language.choose(
                "This is a credit note, which asks for no money: name the invoice that it takes back.",
                "Ceci est un avoir, qui ne demande aucun paiement : désignez la facture qu'il corrige.",
            ),
            Self::CreditHasNoDraft => language.choose(
                "A credit note has no draft: credit the invoice that it takes back.",
                "Un avoir n'a pas de brouillon : créditez la facture qu'il corrige.",
            ),
            Self::FinalWithoutDeductions => language.choose(
                "A final invoice takes off the invoices before it: name them, or draft a standard one.",
                "Une facture de solde déduit les factures qui la précèdent : désignez-les, ou créez une facture simple.",
            ),
            Self::DeductionsOfFinalOnly => language.choose(
                "Only a final invoice takes off others: name none, or draft a final one.",
                "Seule une facture de solde en déduit d'autres : n'en désignez aucune, ou créez une facture de solde.",
            ),
            Self::DeductionsDiffer => language.choose(
                "The deductions are not those of the draft: give each invoice that it names, once.",
                "Les déductions ne sont pas celles du brouillon : donnez chaque facture qu'il désigne, une fois.",
            ),
            Self::DeductionsExceed { rate, by } => {
                let by = by.written(language);
                language.choose(format!("At {rate} % of VAT, {by} more is taken off than is invoiced: credit a deposit first."), format!("Au taux de TVA de {} %, on déduit {by} de plus que ce qui est facturé : créditez d'abord un acompte.", super::rows::comma(*rate)))
            }
            Self::NotADeposit => language.choose(
                "Only deposits and progress invoices are taken off by a final one.",
                "Une facture de solde ne déduit que des acomptes et des factures de situation.",
            ),
            Self::DepositDeducted { by } => language.choose(
                format!("The final invoice {by} takes this one off: credit the final invoice first."),
                format!("La facture de solde {by} déduit celle-ci : créditez d'abord la facture de solde."),
            ),
            Self::OptionalLine => language.choose(
                "An invoice has no optional lines: leave out those that the customer did not take.",
                "Une facture n'a pas de ligne en option : retirez celles que le client n'a pas retenues.",
            ),
            Self::AnotherBuyer => language.choose(
                "The buyer is not the customer of this invoice: draft another one.",
                "L'acheteur n'est pas le client de cette facture : créez-en une autre.",
            ),
            Self::MentionsMissing(missing) => {
                let all: Vec<String> = missing.iter().map(|mention| mention.message(language)).collect();
                language.choose(
                    format!("The law has an invoice say more than is known. Complete: {}.", all.join("; ")),
                    format!("Des mentions obligatoires manquent. Complétez : {}.", all.join(" ; ")),
                )
            }
            Self::OutOfScopeMixed => language.choose(
                "What is outside the scope of VAT stands on an invoice of its own (EN 16931, BR-O-11): split it.",
                "Ce qui est hors du champ de la TVA figure sur une facture à part (EN 16931, BR-O-11) : séparez-le.",
            ),
            Self::NothingToInvoice => language.choose(
                "There is nothing to invoice: all of it was invoiced before, or the share is nothing.",
                "Il n'y a rien à facturer : tout l'a déjà été, ou la part est nulle.",
            ),
            Self::AboveSource { left } => {
                let left = left.written(language);
                language.choose(format!("More than what is left of the quote to invoice: at most {left} without tax at this rate."), format!("Plus que ce qui reste à facturer du devis : {left} hors taxes au plus à ce taux."))
            }
            Self::ProgressGoesBack { line } => language.choose(
                format!("Of line {} more was invoiced before: say how far it has come in all, or credit an invoice.", line.0),
                format!("La ligne {} a déjà été facturée au-delà : indiquez l'avancement cumulé, ou créditez une facture.", line.0),
            ),
            Self::DocumentsDiffer => language.choose(
                "Other files lie there already, and an issued invoice never changes.",
                "D'autres fichiers y sont déjà, et une facture émise ne change plus.",
            ),
            Self::DocumentsMissing => language.choose(
                "The invoice's files are not there yet: file them first.",
                "Les fichiers de la facture ne sont pas encore là : déposez-les d'abord.",
            ),
            Self::NothingToCredit => language.choose(
                "There is nothing left to credit.",
                "Il ne reste rien à créditer.",
            ),
            Self::CreditExceeds { left } => {
                let left = left.written(language);
                language.choose(
                    format!("More than what is left to credit: at most {left}."),
                    format!("Plus que ce qui reste à créditer : {left} au plus."),
                )
            }
            Self::CreditBeforeInvoice { issued_on } => language.choose(
                format!("A credit note comes after its invoice, which is of {issued_on}: take a later day."),
                format!("Un avoir suit sa facture, qui est du {} : prenez une date postérieure.", issued_on.format("%d/%m/%Y")),
            ),
            Self::AllocationExceedsDue { left } => {
                let left = left.written(language);
                language.choose(format!("More than what is left to pay: allocate at most {left}; the rest stays the customer's."), format!("Plus que ce qui reste à payer : affectez {left} au plus ; le reste demeure au client."))
            }
            Self::AnotherCurrency { expected } => language.choose(
                format!("The invoice is in {expected}: allocate a payment in it."),
                format!("La facture est en {expected} : affectez un règlement dans cette monnaie."),
            ),
            Self::NotAllocated => language.choose(
                "Nothing of this payment is on the invoice: name one that is.",
                "Rien de ce règlement n'est affecté à la facture : désignez-en un qui l'est.",
            ),
            Self::WithdrawalExceeds { left } => {
                let left = left.written(language);
                language.choose(format!("More than what of this payment is on the invoice: at most {left}."), format!("Plus que ce qui est affecté de ce règlement : {left} au plus."))
            }
            Self::NoEarlyPaymentDiscount => language.choose(
                "The invoice offers no discount for early payment: credit it instead.",
                "La facture n'offre pas d'escompte : émettez plutôt un avoir.",
            ),
            Self::DiscountTooLate { due } => language.choose(
                format!("The discount is for payment until {due}: credit the invoice instead."),
                format!("L'escompte vaut pour un paiement jusqu'au {} : émettez plutôt un avoir.", due.format("%d/%m/%Y")),
            ),
            Self::DiscountExceedsDue { left } => {
                let left = left.written(language);
                language.choose(format!("Less is left to pay than the discount: {left}. Withdraw a payment first."), format!("Il reste moins à payer que l'escompte : {left}. Retirez d'abord un règlement."))
            }
            Self::WrittenOff => language.choose(
                "The rest of this invoice was written off.",
                "Le reste de cette facture est passé en perte.",
            ),
            Self::NotWrittenOff => language.choose(
                "Nothing of this invoice was written off.",
                "Rien de cette facture n'est passé en perte.",
            ),
            Self::NothingDue => language.choose(
                "Nothing is left to pay of this invoice.",
                "Il ne reste rien à payer de cette facture.",
            ),
            Self::ReminderTaken { .. } => language.choose(
                "This step was taken already, and each is taken once: take a later one.",
                "Cette étape a déjà eu lieu, et chacune n'a lieu qu'une fois : passez à une suivante.",
            ),
            Self::ReminderOutdated { due } => language.choose(
                format!("What was due on {due} is not what is due next by now: nothing is said."),
                format!("Ce qui était dû le {} n'est plus la prochaine échéance : rien n'est envoyé.", due.format("%d/%m/%Y")),
            ),
            Self::Hindered { cause } => hindered(*cause, language),
            Self::NotOverdue => language.choose(
                "Nothing is overdue on that day: take a later one.",
                "Rien n'est échu à cette date : prenez-en une postérieure.",
            ),
            Self::LateInterestRateMissing(HalfYear { year, half }) => language.choose(
                format!("There is no rate of late interest for half-year {half} of {year}: enter it in the settings of the company."),
                format!("Aucun taux de pénalités de retard pour le semestre {half} de {year} : saisissez-le dans les réglages de la société."),
            ),
            Self::NotThroughPlatform => language.choose(
                "This document does not go through a platform: send it by mail.",
                "Ce document ne passe pas par une plateforme : envoyez-le par courriel.",
            ),
            Self::NotSubmitted => language.choose(
                "This document was handed to no platform: submit it first.",
                "Ce document n'a été remis à aucune plateforme : remettez-le d'abord.",
            ),
            Self::AlreadySubmitted => language.choose(
                "This document was handed to a platform already: if it was rejected, credit it and issue another one.",
                "Ce document a déjà été remis à une plateforme : s'il a été rejeté, créditez-le et émettez-en un autre.",
            ),
            Self::StatusNotExpected { now, status } => {
                let (now, status) = (now.map_or("-", PlatformStatus::as_str), status.as_str());
                language.choose(
                    format!("{status} does not come after {now}: ask the platform again."),
                    format!("{status} ne suit pas {now} : interrogez de nouveau la plateforme."),
                )
            }
            Self::NotDueOnReceipt => language.choose(
                "The tax of this invoice does not fall due with its payments: there is nothing to report.",
                "La TVA de cette facture n'est pas exigible à l'encaissement : il n'y a rien à déclarer.",
            ),
            Self::Credit(error) => error.message(language),
            Self::Terms(error) => error.message(language),
            Self::Value(value) => value.message(language),
        }
    }
}

fn hindered(cause: SkipCause, language: Language) -> String {
    match cause {
        SkipCause::NothingDue => InvoiceError::NothingDue.message(language),
        SkipCause::Disputed => language.choose(
            "The customer disputes this invoice: settle it first.",
            "Le client conteste cette facture : réglez d'abord le litige.",
        ),
        SkipCause::Promised => language.choose(
            "The customer promised to pay, and the day is not over: wait for it.",
            "Le client a promis de payer et le délai n'est pas écoulé : attendez.",
        ),
        SkipCause::Held => language.choose(
            "Reminders of this invoice are held: release them first.",
            "Les relances de cette facture sont suspendues : reprenez-les d'abord.",
        ),
        SkipCause::Excepted => language.choose(
            "This customer gets no reminders, or not for so little.",
            "Ce client ne reçoit pas de relances, ou pas pour si peu.",
        ),
        SkipCause::Overtaken => language.choose(
            "A later step was taken already: take one after it.",
            "Une étape suivante a déjà eu lieu : passez à une suivante.",
        ),
    }
}

#[cfg(test)]
impl InvoiceError {
    /// One of each that is its own.
    pub(super) fn samples() -> Vec<Self> {
        use chrono::Days;
        let day = NaiveDate::MIN + Days::new(1);
        let hindered = [
            SkipCause::NothingDue,
            SkipCause::Disputed,
            SkipCause::Promised,
            SkipCause::Held,
            SkipCause::Excepted,
            SkipCause::Overtaken,
        ];
        let mut samples = vec![
            Self::NotFound,
            Self::AlreadyExists,
            Self::Discarded,
            Self::Issued,
            Self::NotIssued,
            Self::IsCreditNote,
            Self::CreditHasNoDraft,
            Self::FinalWithoutDeductions,
            Self::DeductionsOfFinalOnly,
            Self::DeductionsDiffer,
            Self::DeductionsExceed {
                rate: Percentage::ZERO,
                by: Money::new(1, Currency::EUR),
            },
            Self::NotADeposit,
            Self::DepositDeducted {
                by: InvoiceId(uuid::Uuid::nil()),
            },
            Self::OptionalLine,
            Self::AnotherBuyer,
            Self::MentionsMissing(vec![MissingMention::SellerCapital]),
            Self::OutOfScopeMixed,
            Self::NothingToInvoice,
            Self::AboveSource {
                left: Money::new(1, Currency::EUR),
            },
            Self::ProgressGoesBack { line: LineId(1) },
            Self::DocumentsDiffer,
            Self::DocumentsMissing,
            Self::NothingToCredit,
            Self::CreditExceeds {
                left: Money::new(1, Currency::EUR),
            },
            Self::CreditBeforeInvoice { issued_on: day },
            Self::AllocationExceedsDue {
                left: Money::new(1, Currency::EUR),
            },
            Self::AnotherCurrency {
                expected: Currency::EUR,
            },
            Self::NotAllocated,
            Self::WithdrawalExceeds {
                left: Money::new(1, Currency::EUR),
            },
            Self::NoEarlyPaymentDiscount,
            Self::DiscountTooLate { due: day },
            Self::DiscountExceedsDue {
                left: Money::new(1, Currency::EUR),
            },
            Self::WrittenOff,
            Self::NotWrittenOff,
            Self::NothingDue,
            Self::ReminderTaken {
                step: ReminderStep::Firm,
            },
            Self::ReminderOutdated { due: day },
            Self::NotOverdue,
            Self::LateInterestRateMissing(HalfYear { year: 2026, half: 1 }),
            Self::NotThroughPlatform,
            Self::NotSubmitted,
            Self::AlreadySubmitted,
            Self::StatusNotExpected {
                now: None,
                status: PlatformStatus::Cashed,
            },
            Self::NotDueOnReceipt,
        ];
        samples.extend(hindered.map(|cause| Self::Hindered { cause }));
        samples
    }
}
