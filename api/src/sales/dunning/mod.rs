//! Dunning: customers are reminded of what is due, step by step, and told what being late costs.
//!
//! [`planning`] puts the next step of each invoice into the agenda; [`saying`] takes the steps whose time has come, all
//! of one customer in one letter; [`claiming`] asks for late interest.

mod claiming;
mod planning;
mod saying;

use std::sync::Arc;

use domain::{
    Event, OrganizationId,
    company::{CompanyState, ReminderLadder},
    organization::CustomerReminders,
};
use engine::{CommandBus, Views, policy::ReactionError};
use journal::Position;
use sea_orm::DatabaseConnection;

pub(crate) use self::planning::RemindersArePlanned;
pub use self::{claiming::statement_name, saying::notice_name};
use super::Sales;
use crate::graphql::following::Rule;

/// What the house does about what is not paid.
pub struct Dunning {
    sales: Arc<Sales>,
    /// Where open invoices are found.
    views: Arc<Views<Event>>,
}

impl Dunning {
    pub fn new(sales: Arc<Sales>, views: Arc<Views<Event>>) -> Arc<Self> {
        Arc::new(Self { sales, views })
    }

    fn bus(&self) -> &Arc<CommandBus<Event>> {
        &self.sales.bus
    }

    /// The views once they show a position.
    async fn shown(&self, position: Position) -> Result<DatabaseConnection, ReactionError> {
        super::shown(&self.views, position).await
    }
}

/// By what a customer is reminded; `None`: by nothing.
fn ladder(reminders: &CustomerReminders, company: &CompanyState) -> Option<ReminderLadder> {
    reminders.ladder(company.reminders()).cloned()
}

/// Records under whose names a customer's invoices may stand.
fn names(customer: &super::Customer) -> Vec<OrganizationId> {
    let others = customer.stands_for().iter().copied();
    [customer.id].into_iter().chain(others).collect()
}

const CHANGED_MEANWHILE: Rule = Rule {
    code: "INVOICE_CHANGED_MEANWHILE",
    field: "id",
    english: "Somebody changed this invoice while its letter was made: look at it, and ask again.",
    french: "Cette facture a été modifiée pendant la préparation du courrier : relisez-la, puis recommencez.",
};
