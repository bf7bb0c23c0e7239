//! Our own company and its settings: one row.

use domain::{Event, company::CompanyState, decider::Decider};
use engine::{Needs, Projection, ProjectionError, Recorded, Rows, TableSpec};
use journal::EventHeader;
use sea_orm::entity::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "company")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Null until somebody said who we are, as the other columns of the identity are.
    pub name: Option<String>,
    pub siren: Option<String>,
    pub vat_number: Option<String>,
    /// As in [`domain::company::VatRegime::as_str`].
    pub vat_regime: String,
    pub vat_on_debits: bool,
    pub iban: Option<String>,
    pub quote_validity_days: i32,
    /// `YYYY-MM-DD`.
    pub electronic_invoicing_from: Option<String>,
    /// All of [`CompanyState`] as JSON.
    pub settings: String,
    pub updated_at: i64,
    /// Of the company's stream.
    pub version: i64,
    /// Of the last event of the company.
    pub position: i64,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Fills the table.
pub struct Companies;

impl Projection<Event> for Companies {
    fn name(&self) -> &'static str {
        "company"
    }

    fn version(&self) -> u32 {
        1
    }

    fn tables(&self) -> Vec<TableSpec> {
        vec![TableSpec::of::<Entity>()]
    }

    fn partition(&self, event: &Recorded<Event>) -> Option<String> {
        Some(crate::own_stream(event))
    }

    fn needs(&self, event: &Recorded<Event>, needs: &mut Needs) {
        if let Event::Company(_) = &event.event {
            needs.row::<Entity>(event.header.stream.id);
        }
    }

    fn apply(&self, event: &Recorded<Event>, rows: &mut Rows) -> Result<(), ProjectionError> {
        let (Event::Company(company), header) = (&event.event, &event.header) else {
            return Ok(());
        };
        let mut state = match rows.get::<Entity>(header.stream.id) {
            Some(row) => serde_json::from_str(&row.settings).map_err(ProjectionError::other)?,
            None => CompanyState::default(),
        };
        state.evolve(company);
        rows.put(Model::of(&state, header)?);
        Ok(())
    }
}

impl Model {
    fn of(state: &CompanyState, header: &EventHeader) -> Result<Self, ProjectionError> {
        let identity = state.identity();
        let scheme = state.vat_scheme();
        Ok(Self {
            id: header.stream.id,
            name: identity.map(|identity| identity.name.clone()),
            siren: identity.map(|identity| identity.siren.to_string()),
            vat_number: identity.and_then(|identity| identity.vat_number.as_ref().map(ToString::to_string)),
            vat_regime: scheme.regime.as_str().to_owned(),
            vat_on_debits: scheme.on_debits,
            iban: state.bank_account().map(|account| account.iban.to_string()),
            quote_validity_days: state.document_defaults().quote_validity_days.into(),
            electronic_invoicing_from: state.electronic_invoicing_from().map(|day| day.to_string()),
            settings: crate::json(state)?,
            updated_at: header.occurred_at.0,
            version: header.version.0 as i64,
            position: header.position.0 as i64,
        })
    }
}
