use chrono::NaiveDate;

use crate::{InvalidValue, Language, Money, Refusal, refusal::prints_in_english};

/// Why a payment refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaymentError {
    NotFound,
    AlreadyExists,
    /// It went back by itself.
    Reversed,
    InFuture {
        today: NaiveDate,
    },
    /// More than what of it is on no invoice.
    ExceedsPayment {
        left: Money,
    },
    /// Nothing of it is on this invoice.
    NotApplied,
    UnapplicationExceeds {
        left: Money,
    },
    /// A part of it was given back.
    Refunded {
        amount: Money,
    },
    BeforeReceipt {
        value_date: NaiveDate,
    },
    Value(InvalidValue),
}

impl From<InvalidValue> for PaymentError {
    fn from(value: InvalidValue) -> Self {
        Self::Value(value)
    }
}

prints_in_english!(PaymentError);

impl Refusal for PaymentError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "PAYMENT_NOT_FOUND",
            Self::AlreadyExists => "PAYMENT_ALREADY_EXISTS",
            Self::Reversed => "PAYMENT_REVERSED",
            Self::InFuture { .. } => "PAYMENT_IN_FUTURE",
            Self::ExceedsPayment { .. } => "AMOUNT_EXCEEDS_PAYMENT",
            Self::NotApplied => "PAYMENT_NOT_APPLIED",
            Self::UnapplicationExceeds { .. } => "AMOUNT_EXCEEDS_APPLICATION",
            Self::Refunded { .. } => "PAYMENT_REFUNDED",
            Self::BeforeReceipt { .. } => "BEFORE_PAYMENT",
            Self::Value(value) => value.code(),
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::InFuture { .. } => Some("valueDate"),
            Self::ExceedsPayment { .. } | Self::UnapplicationExceeds { .. } => Some("amount"),
            Self::NotApplied => Some("invoice"),
            Self::BeforeReceipt { .. } => Some("on"),
            Self::Value(value) => value.field(),
            _ => None,
        }
    }

    fn allowed(&self) -> Vec<&'static str> {
        match self {
            Self::NotFound => vec!["Receive"],
            Self::AlreadyExists => vec!["Apply", "Unapply", "Refund", "Reverse"],
            Self::Value(value) => value.allowed(),
            _ => Vec::new(),
        }
    }

    fn message(&self, language: Language) -> String {
        match self {
            Self::NotFound => language.choose(
                "There is no such payment: receive it first.",
                "Ce règlement n'existe pas : enregistrez-le d'abord.",
            ),
            Self::AlreadyExists => language.choose(
                "This payment exists already: take another id.",
                "Ce règlement existe déjà : employez un autre identifiant.",
            ),
            Self::Reversed => language.choose(
                "This payment went back and takes nothing more: receive another one.",
                "Ce règlement est revenu impayé et n'accepte plus rien : enregistrez-en un autre.",
            ),
            Self::InFuture { today } => language.choose(
                format!("Money that is not there yet is no payment: its day is {today} at the latest."),
                format!(
                    "Un argent qui n'est pas encore là n'est pas un règlement : sa date est au plus tard le {}.",
                    today.format("%d/%m/%Y")
                ),
            ),
            Self::ExceedsPayment { left } => {
                let left = left.written(language);
                language.choose(
                    format!("More than what of this payment is on no invoice: at most {left}."),
                    format!("Plus que ce qui reste de ce règlement : {left} au plus."),
                )
            }
            Self::NotApplied => language.choose(
                "Nothing of this payment is on that invoice: name one that it is on.",
                "Rien de ce règlement n'est affecté à cette facture : désignez-en une à laquelle il l'est.",
            ),
            Self::UnapplicationExceeds { left } => {
                let left = left.written(language);
                language.choose(
                    format!("More than what of this payment is on that invoice: at most {left}."),
                    format!("Plus que ce qui est affecté à cette facture : {left} au plus."),
                )
            }
            Self::Refunded { amount } => {
                let amount = amount.written(language);
                language.choose(
                    format!("{amount} of it was given back: a payment that was refunded is not reversed."),
                    format!("{amount} en a été remboursé : un règlement remboursé ne revient pas impayé."),
                )
            }
            Self::BeforeReceipt { value_date } => language.choose(
                format!("The money came on {value_date}: take that day or a later one."),
                format!(
                    "L'argent est arrivé le {} : prenez cette date ou une postérieure.",
                    value_date.format("%d/%m/%Y")
                ),
            ),
            Self::Value(value) => value.message(language),
        }
    }
}
