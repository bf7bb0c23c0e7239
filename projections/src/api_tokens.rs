//! Tokens for programs, one row each. Not their secrets: those are nowhere.

use domain::{ApiTokenEvent, Event};
use engine::{Needs, Projection, ProjectionError, Recorded, Rows, TableSpec};
use journal::Timestamp;
use sea_orm::entity::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_tokens")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name: String,
    /// The user it acts for.
    pub owner_id: Uuid,
    /// As in [`domain::Role::as_str`].
    pub role: String,
    pub expires_at: Option<i64>,
    pub issued_at: i64,
    pub revoked_at: Option<i64>,
    /// Of the token's stream.
    pub version: i64,
    /// Of the last event of the token.
    pub position: i64,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Fills the table.
pub struct ApiTokens;

impl Projection<Event> for ApiTokens {
    fn name(&self) -> &'static str {
        "api_tokens"
    }

    fn version(&self) -> u32 {
        1
    }

    fn tables(&self) -> Vec<TableSpec> {
        vec![
            TableSpec::of::<Entity>()
                .index(Column::OwnerId)
                .index_on([Column::IssuedAt, Column::Id]),
        ]
    }

    fn partition(&self, event: &Recorded<Event>) -> Option<String> {
        Some(crate::own_stream(event))
    }

    fn needs(&self, event: &Recorded<Event>, needs: &mut Needs) {
        if let Event::ApiToken(ApiTokenEvent::ApiTokenRevoked {}) = &event.event {
            needs.row::<Entity>(event.header.stream.id);
        }
    }

    fn apply(&self, event: &Recorded<Event>, rows: &mut Rows) -> Result<(), ProjectionError> {
        let header = &event.header;
        match &event.event {
            Event::ApiToken(ApiTokenEvent::ApiTokenIssued {
                name,
                owner,
                role,
                expires_at,
            }) => {
                rows.put(Model {
                    id: header.stream.id,
                    name: name.clone(),
                    owner_id: owner.0,
                    role: role.as_str().to_owned(),
                    expires_at: expires_at.map(|end| Timestamp::from(end).0),
                    issued_at: header.occurred_at.0,
                    revoked_at: None,
                    version: header.version.0 as i64,
                    position: header.position.0 as i64,
                });
                Ok(())
            }
            Event::ApiToken(ApiTokenEvent::ApiTokenRevoked {}) => rows.change::<Entity>(header.stream.id, |row| {
                row.revoked_at = Some(header.occurred_at.0);
                row.version = header.version.0 as i64;
                row.position = header.position.0 as i64;
            }),
            _ => Ok(()),
        }
    }
}
