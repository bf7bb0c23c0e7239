//! Contracts, one row each: what lists are filtered and sorted by, and all that the contract remembers beside it.

use domain::{ContractEvent, Event, contract::ContractState, decider::Decider, text::fold};
use engine::{Needs, Projection, ProjectionError, Recorded, Rows, TableSpec};
use journal::EventHeader;
use sea_orm::entity::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "contracts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// As it is printed.
    pub number: String,
    /// What numbers sort by.
    pub number_order: i64,
    /// Whose it is now, or will be by the last change.
    pub organization_id: Uuid,
    pub deal_id: Option<Uuid>,
    pub quote_id: Option<Uuid>,
    pub owner_id: Option<Uuid>,
    /// Who drafted it; null for a program.
    pub author_id: Option<Uuid>,
    /// As in [`domain::contract::ContractKind::as_str`].
    pub kind: String,
    /// As in [`domain::contract::ContractStatus::as_str`].
    pub status: String,
    pub currency: String,
    /// The names of its lines, one after the other.
    pub subject: String,
    pub subject_folded: String,
    /// The newest segment.
    pub segment: Option<String>,
    /// As in [`domain::contract::RenewalPolicy::as_str`].
    pub renewal: String,
    /// Dates are `YYYY-MM-DD`.
    pub starts_on: String,
    /// The last day of the term; null for what has no end.
    pub ends_on: Option<String>,
    /// The last day that is covered, as far as it is known.
    pub last_day: Option<String>,
    pub notice_deadline: Option<String>,
    pub signed_on: Option<String>,
    pub next_billing_on: Option<String>,
    pub amendments: i32,
    pub disputed: bool,
    /// As in [`domain::contract::ReasonCategory::as_str`], of the notice.
    pub reason: Option<String>,
    /// The contract that it follows.
    pub follows_id: Option<Uuid>,
    /// The contract that follows it.
    pub followed_by_id: Option<Uuid>,
    /// All of [`ContractState`] as JSON.
    pub state: String,
    pub drafted_at: i64,
    pub updated_at: i64,
    /// Of the contract's stream.
    pub version: i64,
    /// Of the last event of the contract.
    pub position: i64,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Fills the table.
pub struct Contracts;

impl Projection<Event> for Contracts {
    fn name(&self) -> &'static str {
        "contracts"
    }

    fn version(&self) -> u32 {
        1
    }

    fn tables(&self) -> Vec<TableSpec> {
        vec![
            TableSpec::of::<Entity>()
                .index_on([Column::NumberOrder, Column::Id])
                .index_on([Column::UpdatedAt, Column::Id])
                .index_on([Column::EndsOn, Column::Id])
                .index_on([Column::NextBillingOn, Column::Id])
                .index_on([Column::NoticeDeadline, Column::Id])
                .index(Column::OrganizationId)
                .index(Column::DealId)
                .index(Column::Status),
        ]
    }

    fn partition(&self, event: &Recorded<Event>) -> Option<String> {
        Some(crate::own_stream(event))
    }

    fn needs(&self, event: &Recorded<Event>, needs: &mut Needs) {
        if let Event::Contract(_) = &event.event {
            needs.row::<Entity>(event.header.stream.id);
        }
    }

    fn apply(&self, event: &Recorded<Event>, rows: &mut Rows) -> Result<(), ProjectionError> {
        let (Event::Contract(contract), header) = (&event.event, &event.header) else {
            return Ok(());
        };
        let (before, mut state) = if let ContractEvent::ContractDrafted { .. } = contract {
            (None, ContractState::default())
        } else {
            let before = rows.require::<Entity>(header.stream.id)?;
            let state = serde_json::from_str(&before.state).map_err(ProjectionError::other)?;
            (Some((before.drafted_at, before.author_id)), state)
        };
        state.evolve(contract);
        let mut row = Model::of(header, &state)?;
        (row.drafted_at, row.author_id) = before.unwrap_or((header.occurred_at.0, crate::user_of(&header.actor)));
        rows.put(row);
        Ok(())
    }
}

impl Model {
    fn of(header: &EventHeader, state: &ContractState) -> Result<Self, ProjectionError> {
        let number = state.number();
        let names: Vec<&str> = state.lines().map(|line| line.line.name.as_str()).collect();
        let subject = names.join(", ");
        let date = |day: Option<chrono::NaiveDate>| day.map(|day| day.to_string());
        Ok(Self {
            id: header.stream.id,
            number: number.map_or_else(String::new, |number| number.text.clone()),
            number_order: number.map_or(0, crate::number_order),
            organization_id: state
                .organizations()
                .last()
                .map_or_else(Uuid::nil, |(_, organization, _)| organization.0),
            deal_id: state.deal().map(|deal| deal.0),
            quote_id: state.quote().map(|origin| origin.quote.0),
            owner_id: state.owner().map(|owner| owner.0),
            author_id: None,
            kind: state
                .kind()
                .map_or("", domain::contract::ContractKind::as_str)
                .to_owned(),
            status: state
                .status()
                .map_or("", domain::contract::ContractStatus::as_str)
                .to_owned(),
            currency: state
                .currency()
                .map_or_else(String::new, |currency| currency.code().to_owned()),
            subject_folded: fold(&subject),
            subject,
            segment: state
                .segments()
                .last()
                .and_then(|(_, segment, _)| segment.map(str::to_owned)),
            renewal: state
                .renewal_policy()
                .map_or("", domain::contract::RenewalPolicy::as_str)
                .to_owned(),
            starts_on: date(state.starts_on()).unwrap_or_default(),
            ends_on: date(state.ends_on()),
            last_day: date(state.last_day()),
            notice_deadline: date(state.notice_deadline()),
            signed_on: date(state.signed_on()),
            next_billing_on: date(state.next_billing_on()),
            amendments: state.amendments().into(),
            disputed: state.dispute().is_some(),
            reason: state.notice().map(|notice| notice.category().as_str().to_owned()),
            follows_id: state.follows().map(|follows| follows.contract.0),
            followed_by_id: state.renewal().map(|renewal| renewal.by.0),
            state: crate::json(state)?,
            drafted_at: header.occurred_at.0,
            updated_at: header.occurred_at.0,
            version: header.version.0 as i64,
            position: header.position.0 as i64,
        })
    }
}
