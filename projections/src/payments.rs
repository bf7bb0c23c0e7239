//! Payments, one row each.

use chrono::NaiveDate;
use domain::{
    Decider, Event, PaymentEvent,
    payment::{PaymentMethod, PaymentState},
    text::fold,
};
use engine::{Needs, Projection, ProjectionError, Recorded, Rows, TableSpec};
use journal::EventHeader;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payments")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organization_id: Uuid,
    pub currency: String,
    /// What came.
    pub amount: i64,
    /// What is on invoices.
    pub applied: i64,
    /// What is on none and was not given back: the customer's credit.
    pub unapplied: i64,
    pub refunded: i64,
    /// [`Refund`] as JSON, in order of time.
    pub refunds: String,
    /// As in [`PaymentMethod::as_str`].
    pub method: String,
    /// The day on which the money was there.
    pub value_date: String,
    pub reference: Option<String>,
    pub reference_folded: Option<String>,
    /// Null unless it went back by itself.
    pub reversed_on: Option<String>,
    pub reversal_reason: Option<String>,
    /// Who recorded it; null for a program.
    pub author_id: Option<Uuid>,
    /// [`PaymentState`] as JSON.
    pub state: String,
    pub received_at: i64,
    pub updated_at: i64,
    /// Of the payment's stream.
    pub version: i64,
    /// Of the last event of the payment.
    pub position: i64,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// A part that went back to the customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    pub amount: i64,
    pub method: PaymentMethod,
    pub on: NaiveDate,
    pub reference: Option<String>,
}

/// Fills the table.
pub struct Payments;

impl Projection<Event> for Payments {
    fn name(&self) -> &'static str {
        "payments"
    }

    fn version(&self) -> u32 {
        1
    }

    fn tables(&self) -> Vec<TableSpec> {
        vec![
            TableSpec::of::<Entity>()
                .index_on([Column::ValueDate, Column::Id])
                .index_on([Column::Amount, Column::Id])
                .index_on([Column::UpdatedAt, Column::Id])
                .index(Column::OrganizationId)
                .index(Column::ReversedOn)
                .index(Column::Refunded),
        ]
    }

    fn partition(&self, event: &Recorded<Event>) -> Option<String> {
        Some(crate::own_stream(event))
    }

    fn needs(&self, event: &Recorded<Event>, needs: &mut Needs) {
        if let Event::Payment(_) = &event.event {
            needs.row::<Entity>(event.header.stream.id);
        }
    }

    fn apply(&self, event: &Recorded<Event>, rows: &mut Rows) -> Result<(), ProjectionError> {
        let Event::Payment(payment) = &event.event else {
            return Ok(());
        };
        let header = &event.header;
        let known = rows.get::<Entity>(header.stream.id).cloned();
        let mut state: PaymentState = match &known {
            Some(row) => serde_json::from_str(&row.state).map_err(ProjectionError::other)?,
            None => PaymentState::default(),
        };
        state.evolve(payment);
        let mut row = known.unwrap_or_else(|| Model::begun(header));
        row.take(header, payment)?;
        row.stands(&state)?;
        rows.put(row);
        Ok(())
    }
}

impl Model {
    fn begun(header: &EventHeader) -> Self {
        Self {
            id: header.stream.id,
            organization_id: Uuid::nil(),
            currency: String::new(),
            amount: 0,
            applied: 0,
            unapplied: 0,
            refunded: 0,
            refunds: "[]".to_owned(),
            method: String::new(),
            value_date: String::new(),
            reference: None,
            reference_folded: None,
            reversed_on: None,
            reversal_reason: None,
            author_id: crate::user_of(&header.actor),
            state: String::new(),
            received_at: header.occurred_at.0,
            updated_at: header.occurred_at.0,
            version: 0,
            position: 0,
        }
    }

    /// What the event says and the state does not tell.
    fn take(&mut self, header: &EventHeader, event: &PaymentEvent) -> Result<(), ProjectionError> {
        match event {
            PaymentEvent::PaymentReceived { reference, .. } => {
                self.reference.clone_from(reference);
                self.reference_folded = reference.as_deref().map(fold);
            }
            PaymentEvent::PaymentRefunded {
                amount,
                method,
                on,
                reference,
            } => {
                let mut refunds: Vec<Refund> = serde_json::from_str(&self.refunds).map_err(ProjectionError::other)?;
                refunds.push(Refund {
                    amount: *amount,
                    method: *method,
                    on: *on,
                    reference: reference.clone(),
                });
                self.refunds = crate::json(&refunds)?;
            }
            PaymentEvent::PaymentReversed { reason, on } => {
                self.reversed_on = Some(on.to_string());
                self.reversal_reason = Some(reason.clone());
            }
            PaymentEvent::PaymentApplied { .. } | PaymentEvent::PaymentUnapplied { .. } => {}
        }
        self.updated_at = header.occurred_at.0;
        self.version = header.version.0 as i64;
        self.position = header.position.0 as i64;
        Ok(())
    }

    /// What the aggregate says of itself.
    fn stands(&mut self, state: &PaymentState) -> Result<(), ProjectionError> {
        if let (Some(organization), Some(amount), Some(method), Some(value_date)) =
            (state.organization(), state.amount(), state.method(), state.value_date())
        {
            self.organization_id = organization.0;
            amount.currency.code().clone_into(&mut self.currency);
            self.amount = amount.minor_units;
            method.as_str().clone_into(&mut self.method);
            self.value_date = value_date.to_string();
        }
        self.applied = state.applied().iter().map(|(_, amount)| amount).sum();
        self.unapplied = state.unapplied();
        self.refunded = state.refunded();
        self.state = crate::json(state)?;
        Ok(())
    }
}
