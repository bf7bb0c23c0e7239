use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::error::DealError;
use crate::{Change, Currency, Money};

/// What a deal is worth: without tax, which every measure of the pipeline counts, and with tax, as it is offered.
/// Both are of one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Amounts {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub net: Option<Money>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gross: Option<Money>,
}

impl Amounts {
    pub const fn net(net: Money) -> Self {
        Self {
            net: Some(net),
            gross: None,
        }
    }

    pub const fn is_empty(&self) -> bool {
        self.net.is_none() && self.gross.is_none()
    }

    pub fn currency(&self) -> Option<Currency> {
        self.net.or(self.gross).map(|money| money.currency)
    }

    /// Neither negative nor absurd, and of one currency.
    pub(super) fn checked(self) -> Result<Self, DealError> {
        let net = self.net.map(|money| money.checked("amountNet")).transpose()?;
        let gross = self.gross.map(|money| money.checked("amountGross")).transpose()?;
        match (net, gross) {
            (Some(net), Some(gross)) if net.currency != gross.currency => Err(DealError::TwoCurrencies {
                net: net.currency,
                gross: gross.currency,
            }),
            _ => Ok(Self { net, gross }),
        }
    }

    pub(super) fn changed(self, changes: AmountChanges) -> Result<Self, DealError> {
        let mut amounts = self;
        changes.net.apply(&mut amounts.net);
        changes.gross.apply(&mut amounts.gross);
        amounts.checked()
    }
}

/// What a command makes of them: the one that is not named stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct AmountChanges {
    pub net: Change<Money>,
    pub gross: Change<Money>,
}

impl AmountChanges {
    pub const fn net(net: Money) -> Self {
        Self {
            net: Change::Set(net),
            gross: Change::Keep,
        }
    }
}
