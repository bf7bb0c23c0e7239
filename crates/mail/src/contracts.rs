//! Letters about contracts: to the salesperson before a date, and to the customer before a renewal.

use chrono::NaiveDate;
use domain::{ContractId, Language, delivery::QueueDelivery};

use crate::{
    letter::{LetterError, To, about, composed},
    moment::day,
};

/// A contract as its letters speak of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractLetter {
    pub contract: ContractId,
    pub number: String,
    pub seller: String,
    pub customer: String,
    /// The last day of the term.
    pub ends_on: NaiveDate,
}

/// What a salesperson is told of before it comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ComingDate {
    /// The last day on which a renewal can be refused, rather than the end of the term.
    pub is_notice_deadline: bool,
    pub date: NaiveDate,
    pub days: u16,
    /// Whether the contract is renewed unless somebody says otherwise.
    pub renews: bool,
}

/// Tells a salesperson of a date that comes.
pub fn contract_alert(to: To, contract: &ContractLetter, coming: ComingDate) -> Result<QueueDelivery, LetterError> {
    let event = match (coming.is_notice_deadline, to.language) {
        (true, Language::French) => "fin du délai de préavis",
        (true, Language::English) => "end of the notice period",
        (false, Language::French) => "échéance",
        (false, Language::English) => "end of the term",
    };
    let renews = match (coming.renews, to.language) {
        (false, _) => "",
        (true, Language::French) => {
            "Sans réponse de votre part ou du client, il se renouvelle par tacite reconduction."
        }
        (true, Language::English) => "Unless you or the customer say otherwise, it is renewed tacitly.",
    };
    let (date, days) = (day(coming.date, to.language), coming.days.to_string());
    let variables = [
        ("number", contract.number.as_str()),
        ("customer", &contract.customer),
        ("event", event),
        ("date", &date),
        ("days", &days),
        ("renews", renews),
    ];
    let letter = composed("contract-alert", to, &variables, None, None)?;
    Ok(about(letter, "contract", contract.contract.0))
}

/// Tells a customer that their contract is renewed, and by when they can say no.
pub fn contract_renewal(
    to: To,
    contract: &ContractLetter,
    renewed_on: NaiveDate,
    deadline: NaiveDate,
) -> Result<QueueDelivery, LetterError> {
    let (end, date, deadline) = (
        day(contract.ends_on, to.language),
        day(renewed_on, to.language),
        day(deadline, to.language),
    );
    let variables = [
        ("number", contract.number.as_str()),
        ("seller", &contract.seller),
        ("end", &end),
        ("date", &date),
        ("deadline", &deadline),
    ];
    let letter = composed("contract-renewal", to, &variables, None, None)?;
    Ok(about(letter, "contract", contract.contract.0))
}

/// Tells a consumer or a non-professional that they may refuse the renewal, and by when, in a box of its own
/// (Code de la consommation, art. L215-1, al. 1).
pub fn contract_consumer_notice(
    to: To,
    contract: &ContractLetter,
    deadline: NaiveDate,
) -> Result<QueueDelivery, LetterError> {
    let (end, deadline) = (day(contract.ends_on, to.language), day(deadline, to.language));
    let variables = [
        ("number", contract.number.as_str()),
        ("seller", &contract.seller),
        ("end", &end),
        ("deadline", &deadline),
    ];
    let letter = composed("contract-consumer-notice", to, &variables, None, None)?;
    Ok(about(letter, "contract", contract.contract.0))
}
