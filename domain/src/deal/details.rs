//! What is known of a deal besides its stage and its amounts: values that are checked whole.

use std::collections::HashSet;

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::error::DealError;
use crate::{
    InvalidValue, Money, UserId,
    text::fold,
    value::{self, LABEL_MAX, NAME_MAX, Problem},
};

/// Basis points of the whole credit: a hundred in a hundred.
pub const WHOLE_CREDIT: u32 = 10_000;
/// People who share one credit at most.
const SHARES_MAX: usize = 20;
/// Products, competitors and tags of one deal at most.
const LIST_MAX: usize = 50;
/// Of a product, at most.
const QUANTITY_MAX: i64 = 1_000_000_000;

/// Somebody's part in the sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreditShare {
    pub user: UserId,
    /// Hundredths of a percent.
    pub basis_points: u32,
}

/// Something that the customer may buy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProductOfInterest {
    pub label: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub quantity: Option<Decimal>,
    /// Of the whole quantity, without tax.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
}

impl ProductOfInterest {
    pub fn labelled(label: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            quantity: None,
            amount: None,
        }
    }

    fn checked(&self) -> Result<Self, InvalidValue> {
        let max = QUANTITY_MAX;
        if self
            .quantity
            .is_some_and(|quantity| quantity <= Decimal::ZERO || quantity > Decimal::from(max))
        {
            return Err(InvalidValue::new(
                "products.quantity",
                Problem::OutOfRange { min: 0, max },
            ));
        }
        Ok(Self {
            label: value::line("products.label", &self.label, LABEL_MAX)?,
            quantity: self.quantity.map(|quantity| quantity.normalize()),
            amount: self
                .amount
                .map(|amount| amount.checked("products.amount"))
                .transpose()?,
        })
    }
}

/// Where a deal comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SourceKind {
    Website,
    Referral,
    /// We called first.
    Prospecting,
    Email,
    Event,
    Partner,
    Advertising,
    SocialNetwork,
    /// A customer comes back.
    ExistingCustomer,
    Tender,
    Other,
}

impl SourceKind {
    pub const ALL: [Self; 11] = [
        Self::Website,
        Self::Referral,
        Self::Prospecting,
        Self::Email,
        Self::Event,
        Self::Partner,
        Self::Advertising,
        Self::SocialNetwork,
        Self::ExistingCustomer,
        Self::Tender,
        Self::Other,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Website => "WEBSITE",
            Self::Referral => "REFERRAL",
            Self::Prospecting => "PROSPECTING",
            Self::Email => "EMAIL",
            Self::Event => "EVENT",
            Self::Partner => "PARTNER",
            Self::Advertising => "ADVERTISING",
            Self::SocialNetwork => "SOCIAL_NETWORK",
            Self::ExistingCustomer => "EXISTING_CUSTOMER",
            Self::Tender => "TENDER",
            Self::Other => "OTHER",
        }
    }
}

/// Where a deal comes from, and what is to be said about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DealSource {
    pub kind: SourceKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl DealSource {
    pub(super) fn checked(&self) -> Result<Self, InvalidValue> {
        Ok(Self {
            kind: self.kind,
            detail: value::optional_line("source.detail", self.detail.as_deref(), NAME_MAX)?,
        })
    }
}

/// Nobody twice, nobody for nothing, and the whole among them; or nobody at all.
pub(super) fn credit(shares: &[CreditShare]) -> Result<Vec<CreditShare>, DealError> {
    few_enough("shares", shares.len(), SHARES_MAX)?;
    let mut users = HashSet::new();
    if !shares.iter().all(|share| users.insert(share.user)) {
        return Err(InvalidValue::new("shares", Problem::Repeated).into());
    }
    let sum = shares.iter().map(|share| u64::from(share.basis_points)).sum::<u64>();
    let nothing = shares.iter().any(|share| share.basis_points == 0);
    if !shares.is_empty() && (nothing || sum != u64::from(WHOLE_CREDIT)) {
        return Err(DealError::CreditIncomplete { sum });
    }
    Ok(shares.to_vec())
}

pub(super) fn products(products: &[ProductOfInterest]) -> Result<Vec<ProductOfInterest>, InvalidValue> {
    few_enough("products", products.len(), LIST_MAX)?;
    products.iter().map(ProductOfInterest::checked).collect()
}

/// One of them.
pub(super) fn name(field: &'static str, name: &str) -> Result<String, InvalidValue> {
    value::line(field, name, LABEL_MAX)
}

/// Names that are different whatever the case and the accents of their letters.
pub(super) fn names(field: &'static str, names: &[String]) -> Result<Vec<String>, InvalidValue> {
    few_enough(field, names.len(), LIST_MAX)?;
    let names = names
        .iter()
        .map(|one| name(field, one))
        .collect::<Result<Vec<_>, _>>()?;
    let mut folded = HashSet::new();
    if !names.iter().all(|name| folded.insert(fold(name))) {
        return Err(InvalidValue::new(field, Problem::Repeated));
    }
    Ok(names)
}

fn few_enough(field: &'static str, found: usize, max: usize) -> Result<(), InvalidValue> {
    if found > max {
        return Err(InvalidValue::new(field, Problem::TooMany { max, found }));
    }
    Ok(())
}
