use serde::Serialize;

use super::{BillingPeriod, Description, Price, Taxation};
use crate::{
    Change, Currency,
    billing::{Nature, RateClass, UnitPrice, VatReason},
};

/// What one can ask of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum ProductCommand {
    Add {
        /// Of the house, for people and files; unique while the product is not archived.
        code: String,
        description: Description,
        price: Price,
        taxation: Taxation,
    },
    /// For quotes from now on.
    Change(ProductChanges),
    /// It is not offered any more.
    Archive,
    Restore,
}

/// What a command makes of a product: what is not named stays.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ProductChanges {
    pub code: Option<String>,
    pub name: Option<String>,
    pub details: Change<String>,
    pub unit: Option<String>,
    pub category: Change<String>,
    pub unit_price: Option<UnitPrice>,
    pub currency: Option<Currency>,
    pub period: Change<BillingPeriod>,
    pub nature: Option<Nature>,
    pub rate_class: Option<RateClass>,
    pub exemption: Change<VatReason>,
}

impl ProductChanges {
    pub(super) fn describe(&self, now: &Description) -> Description {
        let mut description = now.clone();
        set(self.name.as_ref(), &mut description.name);
        set(self.unit.as_ref(), &mut description.unit);
        self.details.clone().apply(&mut description.details);
        self.category.clone().apply(&mut description.category);
        description
    }

    pub(super) fn price(&self, now: Price) -> Price {
        let mut price = now;
        set(self.unit_price.as_ref(), &mut price.unit_price);
        set(self.currency.as_ref(), &mut price.currency);
        self.period.apply(&mut price.period);
        price
    }

    pub(super) fn tax(&self, now: Taxation) -> Taxation {
        let mut taxation = now;
        set(self.nature.as_ref(), &mut taxation.nature);
        set(self.rate_class.as_ref(), &mut taxation.rate_class);
        self.exemption.apply(&mut taxation.exemption);
        taxation
    }
}

fn set<T: Clone>(wish: Option<&T>, field: &mut T) {
    if let Some(wish) = wish {
        field.clone_from(wish);
    }
}
