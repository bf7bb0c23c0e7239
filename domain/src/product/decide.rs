use super::{
    Description, ProductChanges, ProductCommand, ProductError, ProductEvent, ProductState, Taxation, state::Known,
};
use crate::{
    Decider, InvalidValue,
    billing::VatReason,
    value::{self, LABEL_MAX, NAME_MAX, Problem},
};

/// Characters of a product's code at most.
const CODE_MAX: usize = 40;
/// Characters of a unit at most.
const UNIT_MAX: usize = 40;

impl Decider for ProductState {
    const TYPE: &'static str = "product";

    type Command = ProductCommand;
    type Event = ProductEvent;
    type Error = ProductError;

    fn decide(&self, command: ProductCommand) -> Result<Vec<ProductEvent>, ProductError> {
        match (command, &self.known) {
            (ProductCommand::Add { .. }, Some(_)) => Err(ProductError::AlreadyAdded),
            (
                ProductCommand::Add {
                    code,
                    description,
                    price,
                    taxation,
                },
                None,
            ) => Ok(vec![ProductEvent::ProductAdded {
                code: product_code(&code)?,
                description: description.checked()?,
                price,
                taxation: taxation.checked()?,
            }]),
            (_, None) => Err(ProductError::NotAdded),
            (ProductCommand::Archive, Some(_)) => Ok(unless(self.archived, ProductEvent::ProductArchived {})),
            (ProductCommand::Restore, Some(_)) => Ok(unless(!self.archived, ProductEvent::ProductRestored {})),
            (_, Some(_)) if self.archived => Err(ProductError::Archived),
            (ProductCommand::Change(changes), Some(known)) => change(known, &changes),
        }
    }

    fn evolve(&mut self, event: &ProductEvent) {
        match event {
            ProductEvent::ProductAdded {
                code,
                description,
                price,
                taxation,
            } => {
                self.known = Some(Known {
                    code: code.clone(),
                    description: description.clone(),
                    price: *price,
                    taxation: *taxation,
                });
            }
            ProductEvent::ProductArchived {} => self.archived = true,
            ProductEvent::ProductRestored {} => self.archived = false,
            ProductEvent::ProductDescribed { .. }
            | ProductEvent::ProductRepriced { .. }
            | ProductEvent::ProductRetaxed { .. }
            | ProductEvent::ProductRecoded { .. } => {
                if let Some(known) = &mut self.known {
                    known.take(event);
                }
            }
        }
    }
}

impl Known {
    fn take(&mut self, event: &ProductEvent) {
        match event {
            ProductEvent::ProductDescribed { description } => self.description = description.clone(),
            ProductEvent::ProductRepriced { price } => self.price = *price,
            ProductEvent::ProductRetaxed { taxation } => self.taxation = *taxation,
            ProductEvent::ProductRecoded { code } => self.code.clone_from(code),
            ProductEvent::ProductAdded { .. } | ProductEvent::ProductArchived {} | ProductEvent::ProductRestored {} => {
            }
        }
    }
}

fn change(known: &Known, changes: &ProductChanges) -> Result<Vec<ProductEvent>, ProductError> {
    let mut events = Vec::new();
    if let Some(code) = &changes.code {
        let code = product_code(code)?;
        if code != known.code {
            events.push(ProductEvent::ProductRecoded { code });
        }
    }
    let description = changes.describe(&known.description).checked()?;
    if description != known.description {
        events.push(ProductEvent::ProductDescribed { description });
    }
    let price = changes.price(known.price);
    if price != known.price {
        events.push(ProductEvent::ProductRepriced { price });
    }
    let taxation = changes.tax(known.taxation).checked()?;
    if taxation != known.taxation {
        events.push(ProductEvent::ProductRetaxed { taxation });
    }
    Ok(events)
}

fn unless(fulfilled: bool, event: ProductEvent) -> Vec<ProductEvent> {
    if fulfilled { Vec::new() } else { vec![event] }
}

/// A code as it is kept: in upper case.
fn product_code(code: &str) -> Result<String, InvalidValue> {
    value::line("code", code, CODE_MAX).map(|code| code.to_uppercase())
}

impl Description {
    fn checked(self) -> Result<Self, InvalidValue> {
        Ok(Self {
            name: value::line("name", &self.name, NAME_MAX)?,
            details: value::optional_note("details", self.details.as_deref())?,
            unit: value::line("unit", &self.unit, UNIT_MAX)?,
            category: value::optional_line("category", self.category.as_deref(), LABEL_MAX)?,
        })
    }
}

impl Taxation {
    fn checked(self) -> Result<Self, InvalidValue> {
        match self.exemption {
            Some(reason) if !VatReason::OF_PRODUCTS.contains(&reason) => {
                Err(InvalidValue::new("exemption", Problem::NotAnExemption))
            }
            _ => Ok(self),
        }
    }
}
