//! The accounts that entries are written into, by what they are for; and the journals.
//!
//! The numbers are those of the general chart (PCG, règlement ANC 2014-03) until the company says otherwise.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    InvalidValue,
    billing::{Nature, Percentage},
    payment::PaymentMethod,
    value::{self, LABEL_MAX, Problem},
};

/// Characters of an account's number at most.
const NUMBER_MAX: usize = 20;
/// Characters of a journal's code at most.
const CODE_MAX: usize = 10;

/// What an account is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AccountRole {
    /// 411, with an auxiliary account for each customer.
    Customers,
    /// 4191: deposits that were invoiced and not yet taken off.
    Deposits,
    /// 706.
    Services,
    /// 707.
    Goods,
    /// 709: what was credited by amount.
    Rebates,
    /// 44571, one for each rate: to be declared.
    VatDue(Percentage),
    /// 44574, one for each rate: not yet.
    VatPending(Percentage),
    /// 512.
    Transfers,
    /// 5112: cheques on their way to the bank.
    Cheques,
    Cards,
    DirectDebits,
    /// 53.
    Cash,
    /// 467: set off against something else, and the like.
    OtherMeans,
    /// 654.
    BadDebts,
    /// 758: what was written off and comes in after all.
    RecoveredDebts,
    /// 665: discounts for early payment.
    Discounts,
    /// 7631.
    LateInterest,
    /// 758: the fixed indemnity of late payment.
    Indemnities,
}

impl AccountRole {
    /// Those that do not depend on a rate.
    pub const FIXED: [Self; 16] = [
        Self::Customers,
        Self::Deposits,
        Self::Services,
        Self::Goods,
        Self::Rebates,
        Self::Transfers,
        Self::Cheques,
        Self::Cards,
        Self::DirectDebits,
        Self::Cash,
        Self::OtherMeans,
        Self::BadDebts,
        Self::RecoveredDebts,
        Self::Discounts,
        Self::LateInterest,
        Self::Indemnities,
    ];

    pub const fn revenue(nature: Nature) -> Self {
        match nature {
            Nature::Goods => Self::Goods,
            Nature::Services => Self::Services,
        }
    }

    pub const fn means(method: PaymentMethod) -> Self {
        match method {
            PaymentMethod::Transfer => Self::Transfers,
            PaymentMethod::Cheque => Self::Cheques,
            PaymentMethod::Card => Self::Cards,
            PaymentMethod::DirectDebit => Self::DirectDebits,
            PaymentMethod::Cash => Self::Cash,
            PaymentMethod::Other => Self::OtherMeans,
        }
    }

    /// Of the accounts that there is one of for each rate.
    pub const fn rate(self) -> Option<Percentage> {
        match self {
            Self::VatDue(rate) | Self::VatPending(rate) => Some(rate),
            _ => None,
        }
    }

    /// As the API spells it; the rate of those that have one stands beside it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Customers => "CUSTOMERS",
            Self::Deposits => "DEPOSITS",
            Self::Services => "SERVICES",
            Self::Goods => "GOODS",
            Self::Rebates => "REBATES",
            Self::VatDue(_) => "VAT_DUE",
            Self::VatPending(_) => "VAT_PENDING",
            Self::Transfers => "TRANSFERS",
            Self::Cheques => "CHEQUES",
            Self::Cards => "CARDS",
            Self::DirectDebits => "DIRECT_DEBITS",
            Self::Cash => "CASH",
            Self::OtherMeans => "OTHER_MEANS",
            Self::BadDebts => "BAD_DEBTS",
            Self::RecoveredDebts => "RECOVERED_DEBTS",
            Self::Discounts => "DISCOUNTS",
            Self::LateInterest => "LATE_INTEREST",
            Self::Indemnities => "INDEMNITIES",
        }
    }

    /// What the numbers of its accounts begin with: revenue outside class 70 would make the reconciliation meaningless.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Customers => "41",
            Self::Deposits => "4191",
            Self::Services | Self::Goods => "70",
            Self::Rebates => "709",
            Self::VatDue(_) => "44571",
            Self::VatPending(_) => "4457",
            Self::Transfers | Self::Cards | Self::DirectDebits | Self::Cheques => "51",
            Self::Cash => "53",
            Self::OtherMeans => "4",
            Self::BadDebts => "65",
            Self::Discounts => "66",
            Self::LateInterest => "76",
            Self::RecoveredDebts | Self::Indemnities => "7",
        }
    }

    /// The account until the company says otherwise.
    fn default_account(self) -> Account {
        let account = |number: &str, label: &str| Account {
            number: number.to_owned(),
            label: label.to_owned(),
        };
        match self {
            Self::Customers => account("411000", "Clients"),
            Self::Deposits => account("419100", "Clients - Avances et acomptes reçus"),
            Self::Services => account("706000", "Prestations de services"),
            Self::Goods => account("707000", "Ventes de marchandises"),
            Self::Rebates => account("709000", "Rabais, remises et ristournes accordés"),
            Self::VatDue(rate) => account(
                &format!("44571{}", suffix(rate)),
                &format!("TVA collectée {} %", french(rate)),
            ),
            Self::VatPending(rate) => account(
                &format!("44574{}", suffix(rate)),
                &format!("TVA en attente d'encaissement {} %", french(rate)),
            ),
            Self::Transfers | Self::Cards | Self::DirectDebits => account("512000", "Banque"),
            Self::Cheques => account("511200", "Chèques à encaisser"),
            Self::Cash => account("530000", "Caisse"),
            Self::OtherMeans => account("467000", "Autres comptes débiteurs ou créditeurs"),
            Self::BadDebts => account("654000", "Pertes sur créances irrécouvrables"),
            Self::RecoveredDebts => account("758800", "Rentrées sur créances amorties"),
            Self::Discounts => account("665000", "Escomptes accordés"),
            Self::LateInterest => account("763100", "Revenus des créances - Intérêts de retard"),
            Self::Indemnities => account("758000", "Produits divers de gestion courante"),
        }
    }
}

/// A rate at the end of an account's number: tenths of a percent in three digits, ten-thousandths in six where tenths are
/// not enough.
fn suffix(rate: Percentage) -> String {
    let tenths = rate.as_decimal() * rust_decimal::Decimal::TEN;
    if tenths.fract().is_zero() {
        format!("{:03}", tenths.trunc())
    } else {
        format!("{:06}", (tenths * rust_decimal::Decimal::ONE_THOUSAND).trunc())
    }
}

fn french(rate: Percentage) -> String {
    rate.to_string().replace('.', ",")
}

/// An account by its number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    pub number: String,
    pub label: String,
}

impl Account {
    /// Three digits first, as the tax administration's checker wants them; letters and digits after.
    pub fn checked(self) -> Result<Self, InvalidValue> {
        let number = value::line("number", &self.number, NUMBER_MAX)?;
        let digits = number.bytes().take_while(u8::is_ascii_digit).count();
        if digits < 3 || !number.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(InvalidValue::new("number", Problem::NotAnAccount));
        }
        Ok(Self {
            number: number.to_ascii_uppercase(),
            label: value::line("label", &self.label, LABEL_MAX)?,
        })
    }
}

/// What entries are kept apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Journal {
    Sales,
    Bank,
    /// Everything that is neither a document nor money.
    Miscellaneous,
}

impl Journal {
    pub const ALL: [Self; 3] = [Self::Sales, Self::Bank, Self::Miscellaneous];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sales => "SALES",
            Self::Bank => "BANK",
            Self::Miscellaneous => "MISCELLANEOUS",
        }
    }

    fn default_name(self) -> JournalName {
        let (code, label) = match self {
            Self::Sales => ("VE", "Ventes"),
            Self::Bank => ("BQ", "Banque"),
            Self::Miscellaneous => ("OD", "Opérations diverses"),
        };
        JournalName {
            code: code.to_owned(),
            label: label.to_owned(),
        }
    }
}

/// How a journal is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct JournalName {
    pub code: String,
    pub label: String,
}

impl JournalName {
    pub fn checked(self) -> Result<Self, InvalidValue> {
        let code = value::line("code", &self.code, CODE_MAX)?.to_ascii_uppercase();
        if !code.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(InvalidValue::new("code", Problem::NotACode));
        }
        Ok(Self {
            code,
            label: value::line("label", &self.label, LABEL_MAX)?,
        })
    }
}

/// The accounts and the journals: the usual ones, and what the company said otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Chart {
    #[serde(default, with = "pairs")]
    accounts: BTreeMap<AccountRole, Account>,
    #[serde(default)]
    journals: BTreeMap<Journal, JournalName>,
}

impl Chart {
    pub fn account(&self, role: AccountRole) -> Account {
        let set = self.accounts.get(&role).cloned();
        set.unwrap_or_else(|| role.default_account())
    }

    pub fn journal(&self, journal: Journal) -> JournalName {
        let set = self.journals.get(&journal).cloned();
        set.unwrap_or_else(|| journal.default_name())
    }

    pub fn map(&mut self, role: AccountRole, account: Account) {
        self.accounts.insert(role, account);
    }

    pub fn name(&mut self, journal: Journal, name: JournalName) {
        self.journals.insert(journal, name);
    }

    /// Every account that does not depend on a rate, those of the rates given, and those that the company set.
    pub fn accounts(&self, rates: &[Percentage]) -> Vec<(AccountRole, Account)> {
        let of_rates = rates
            .iter()
            .flat_map(|rate| [AccountRole::VatDue(*rate), AccountRole::VatPending(*rate)]);
        let mut roles: Vec<AccountRole> = AccountRole::FIXED.into_iter().chain(of_rates).collect();
        roles.extend(self.accounts.keys());
        roles.sort_unstable();
        roles.dedup();
        roles.into_iter().map(|role| (role, self.account(role))).collect()
    }
}

/// A map whose keys JSON cannot take as names.
mod pairs {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::{Account, AccountRole};

    pub(super) fn serialize<S: Serializer>(
        map: &BTreeMap<AccountRole, Account>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        map.iter().collect::<Vec<_>>().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<AccountRole, Account>, D::Error> {
        Ok(Vec::deserialize(deserializer)?.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(text: &str) -> Percentage {
        Percentage::new("rate", text.parse().unwrap()).unwrap()
    }

    #[test]
    fn each_rate_has_its_own_accounts() {
        let chart = Chart::default();
        for (text, due, pending) in [
            ("20", "44571200", "44574200"),
            ("5.5", "44571055", "44574055"),
            ("2.1", "44571021", "44574021"),
            ("1.75", "44571017500", "44574017500"),
        ] {
            assert_eq!(chart.account(AccountRole::VatDue(rate(text))).number, due);
            assert_eq!(chart.account(AccountRole::VatPending(rate(text))).number, pending);
        }
        assert_eq!(
            chart.account(AccountRole::VatDue(rate("5.5"))).label,
            "TVA collectée 5,5 %"
        );
    }

    #[test]
    fn every_account_is_of_its_class_and_begins_with_three_digits() {
        let rates = ["20", "10", "5.5", "2.1"].map(rate);
        for (role, account) in Chart::default().accounts(&rates) {
            assert!(account.number.starts_with(role.class()), "{role:?}");
            assert_eq!(account.clone().checked(), Ok(account), "{role:?}");
        }
    }

    #[test]
    fn a_number_is_digits_first_and_nothing_but_letters_and_digits() {
        for wrong in ["", "41", "4A1000", "411 000", "411|0", "41é", "411\t"] {
            let account = Account {
                number: wrong.to_owned(),
                label: "Clients".to_owned(),
            };
            assert!(account.checked().is_err() || wrong == "411\t", "{wrong:?}");
        }
    }

    #[test]
    fn a_chart_survives_json() {
        let mut chart = Chart::default();
        let own = Account {
            number: "445711".to_owned(),
            label: "TVA 20 %".to_owned(),
        };
        chart.map(AccountRole::VatDue(rate("20")), own.clone());
        let json = serde_json::to_string(&chart).unwrap();
        let read: Chart = serde_json::from_str(&json).unwrap();
        assert_eq!(read, chart);
        assert_eq!(read.account(AccountRole::VatDue(rate("20.0"))), own);
    }
}
