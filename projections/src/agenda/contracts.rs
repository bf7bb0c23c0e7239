//! What is to be done about contracts: computed anew from all that a contract remembers, each time something happens to it.

use chrono::NaiveTime;
use domain::{
    CompanyEvent, ContractEvent,
    company::CompanyState,
    contract::{ContractState, ObligationKind},
    decider::Decider,
    local,
};
use engine::{
    Obligation, ProjectionError, Rows,
    agenda::entity::{Column, Entity},
};
use journal::EventHeader;

/// Kind of the obligation to say that a contract's first day came.
pub const CONTRACT_ACTIVATION: &str = "contract.activation";
/// Kind of the obligation to alert somebody before a date of a contract.
pub const CONTRACT_ALERT: &str = "contract.alert";
/// Kind of the obligation to tell a consumer or a non-professional of a renewal.
pub const CONTRACT_CONSUMER_NOTICE: &str = "contract.consumer-notice";
/// Kind of the obligation to renew a contract tacitly.
pub const CONTRACT_RENEWAL: &str = "contract.renewal";
/// Kind of the obligation to let a contract expire.
pub const CONTRACT_EXPIRY: &str = "contract.expiry";
/// Kind of the obligation to end a contract that notice was given for.
pub const CONTRACT_TERMINATION: &str = "contract.termination";
/// Kind of the obligation to draft what a contract bills.
pub const CONTRACT_BILLING: &str = "contract.billing";

/// When it is done, at the company's seat: before anybody is at the office.
const MORNING: Option<NaiveTime> = NaiveTime::from_hms_opt(7, 0, 0);

/// Contracts as they are remembered, for what is to be done about them.
pub mod remembered {
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "agenda_contracts")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        /// All of [`domain::contract::ContractState`] as JSON.
        pub state: String,
    }

    #[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Where the company's mornings begin: one row.
pub mod seat {
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "agenda_seat")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        /// In the IANA database.
        pub time_zone: String,
    }

    #[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Remembers where the company is. What is planned already stays where it is until its contract moves.
pub(super) fn apply_company(header: &EventHeader, event: &CompanyEvent, rows: &mut Rows) {
    if let CompanyEvent::CompanyIdentified { .. } = event {
        let mut company = CompanyState::default();
        company.evolve(event);
        rows.put(seat::Model {
            id: header.stream.id,
            time_zone: company.time_zone().name().to_owned(),
        });
    }
}

pub(super) fn apply(header: &EventHeader, event: &ContractEvent, rows: &mut Rows) -> Result<(), ProjectionError> {
    let id = header.stream.id;
    let mut state: ContractState = match rows.get::<remembered::Entity>(id) {
        Some(row) => serde_json::from_str(&row.state).map_err(ProjectionError::other)?,
        None => ContractState::default(),
    };
    state.evolve(event);
    let seat = rows.get::<seat::Entity>(domain::company::COMPANY);
    let zone = seat
        .and_then(|seat| local::zone("timeZone", &seat.time_zone).ok())
        .unwrap_or(local::DEFAULT_ZONE);
    let due: Vec<_> = state
        .obligations()
        .into_iter()
        .map(|owed| {
            let at = local::instant(owed.due_on, MORNING.unwrap_or_default(), zone);
            // Periods whose draft was discarded are to be billed again: that is another obligation than the one before.
            let key = match owed.kind {
                ObligationKind::Billing => format!("{}:{}", owed.key(), state.events()),
                _ => owed.key(),
            };
            Obligation::new(kind(owed.kind), &header.stream, &key, at, header.position)
        })
        .collect();
    for row in rows.matching::<Entity>(Column::StreamId, id) {
        if !due.iter().any(|owed| owed.id == row.id) {
            rows.remove::<Entity>(row.id);
        }
    }
    for owed in due {
        rows.put(owed);
    }
    rows.put(remembered::Model {
        id,
        state: crate::json(&state)?,
    });
    Ok(())
}

const fn kind(kind: ObligationKind) -> &'static str {
    match kind {
        ObligationKind::Activation => CONTRACT_ACTIVATION,
        ObligationKind::Alert(_) => CONTRACT_ALERT,
        ObligationKind::ConsumerNotice { .. } => CONTRACT_CONSUMER_NOTICE,
        ObligationKind::Renewal => CONTRACT_RENEWAL,
        ObligationKind::Expiry => CONTRACT_EXPIRY,
        ObligationKind::Termination => CONTRACT_TERMINATION,
        ObligationKind::Billing => CONTRACT_BILLING,
    }
}
