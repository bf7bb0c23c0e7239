use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Currency,
    billing::{Nature, RateClass, UnitPrice, VatReason},
    event::event_types,
};

/// What can have happened to a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all_fields = "camelCase")]
pub enum ProductEvent {
    ProductAdded {
        code: String,
        description: Description,
        price: Price,
        taxation: Taxation,
    },
    ProductDescribed {
        description: Description,
    },
    ProductRepriced {
        price: Price,
    },
    ProductRetaxed {
        taxation: Taxation,
    },
    ProductRecoded {
        code: String,
    },
    ProductArchived {},
    ProductRestored {},
}

event_types!(ProductEvent of "product" {
    ProductAdded = 1,
    ProductDescribed = 1,
    ProductRepriced = 1,
    ProductRetaxed = 1,
    ProductRecoded = 1,
    ProductArchived = 1,
    ProductRestored = 1,
});

/// What people read of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Description {
    pub name: String,
    /// What a document says below the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<String>,
    /// What it is counted in, as people write it: `heure`, `m²`.
    pub unit: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
}

/// What one unit costs, without tax, and how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Price {
    pub unit_price: UnitPrice,
    pub currency: Currency,
    /// For how long one unit is paid; `None` for what is sold once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<BillingPeriod>,
}

/// For how long a recurring product is paid at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BillingPeriod {
    Month,
    Quarter,
    Year,
}

impl BillingPeriod {
    pub const ALL: [Self; 3] = [Self::Month, Self::Quarter, Self::Year];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Month => "MONTH",
            Self::Quarter => "QUARTER",
            Self::Year => "YEAR",
        }
    }

    pub const fn months(self) -> u32 {
        match self {
            Self::Month => 1,
            Self::Quarter => 3,
            Self::Year => 12,
        }
    }
}

/// What decides the tax of a product as far as the product does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Taxation {
    pub nature: Nature,
    #[serde(default)]
    pub rate_class: RateClass,
    /// Why it is exempt of itself: one of [`VatReason::OF_PRODUCTS`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exemption: Option<VatReason>,
}
