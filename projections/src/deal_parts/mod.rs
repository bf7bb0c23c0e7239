//! What a deal has several of: products of interest, competitors, shares of its credit, tags. A row for each.
//!
//! Most events name all of a kind, so they replace the rows of that kind; tags are also added and taken away one by one.

pub mod competitors;
pub mod credits;
pub mod products;
pub mod tags;

use domain::{DealEvent, Event};
use engine::{Key, Needs, Projection, ProjectionError, Recorded, Rows, TableSpec};
use sea_orm::entity::prelude::*;

/// Fills the tables.
pub struct DealParts;

impl Projection<Event> for DealParts {
    fn name(&self) -> &'static str {
        "deal-parts"
    }

    fn version(&self) -> u32 {
        1
    }

    fn tables(&self) -> Vec<TableSpec> {
        vec![
            TableSpec::of::<products::Entity>()
                .index(products::Column::DealId)
                .index_on([products::Column::Label, products::Column::DealId])
                .index_on([products::Column::LabelFolded, products::Column::DealId]),
            TableSpec::of::<competitors::Entity>()
                .index(competitors::Column::DealId)
                .index_on([competitors::Column::Name, competitors::Column::DealId])
                .index_on([competitors::Column::NameFolded, competitors::Column::DealId]),
            TableSpec::of::<credits::Entity>()
                .index(credits::Column::DealId)
                .index_on([credits::Column::UserId, credits::Column::DealId]),
            TableSpec::of::<tags::Entity>()
                .index(tags::Column::DealId)
                .index_on([tags::Column::Name, tags::Column::DealId])
                .index_on([tags::Column::NameFolded, tags::Column::DealId]),
        ]
    }

    fn partition(&self, event: &Recorded<Event>) -> Option<String> {
        Some(crate::own_stream(event))
    }

    fn needs(&self, event: &Recorded<Event>, needs: &mut Needs) {
        let Event::Deal(change) = &event.event else { return };
        let deal = event.header.stream.id;
        match change {
            DealEvent::DealProductsNamed { .. } => {
                needs.matching::<products::Entity>(products::Column::DealId, deal);
            }
            DealEvent::DealCompetitorsNamed { .. } => {
                needs.matching::<competitors::Entity>(competitors::Column::DealId, deal);
            }
            DealEvent::DealCreditShared { .. } => {
                needs.matching::<credits::Entity>(credits::Column::DealId, deal);
            }
            DealEvent::DealTagged { .. } | DealEvent::DealTagsAdded { .. } | DealEvent::DealTagsRemoved { .. } => {
                needs.matching::<tags::Entity>(tags::Column::DealId, deal);
            }
            _ => {}
        }
    }

    fn apply(&self, event: &Recorded<Event>, rows: &mut Rows) -> Result<(), ProjectionError> {
        let Event::Deal(change) = &event.event else {
            return Ok(());
        };
        let deal = event.header.stream.id;
        match change {
            DealEvent::DealOpened { products, .. } => {
                put(rows, products, |place, product| {
                    products::Model::new(deal, place, product)
                });
            }
            DealEvent::DealProductsNamed { products } => {
                forget::<products::Entity>(rows, products::Column::DealId, deal, |row| row.id);
                put(rows, products, |place, product| {
                    products::Model::new(deal, place, product)
                });
            }
            DealEvent::DealCompetitorsNamed { competitors } => {
                forget::<competitors::Entity>(rows, competitors::Column::DealId, deal, |row| row.id);
                put(rows, competitors, |place, name| {
                    competitors::Model::new(deal, place, name)
                });
            }
            DealEvent::DealCreditShared { shares } => {
                forget::<credits::Entity>(rows, credits::Column::DealId, deal, |row| row.id);
                put(rows, shares, |place, share| credits::Model::new(deal, place, *share));
            }
            DealEvent::DealTagged { tags } => {
                forget::<tags::Entity>(rows, tags::Column::DealId, deal, |row| row.id);
                put(rows, tags, |place, name| tags::Model::new(deal, place, name));
            }
            DealEvent::DealTagsAdded { tags } => {
                let own = rows.matching::<tags::Entity>(tags::Column::DealId, deal);
                let last = own.iter().map(|row| row.place).max().unwrap_or(0);
                put(rows, tags, |place, name| tags::Model::new(deal, last + place, name));
            }
            DealEvent::DealTagsRemoved { tags } => {
                for row in rows.matching::<tags::Entity>(tags::Column::DealId, deal) {
                    if tags.contains(&row.name) {
                        rows.remove::<tags::Entity>(Key::from(row.id));
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }
}

fn forget<E: EntityTrait>(rows: &mut Rows, deal_id: E::Column, deal: Uuid, id: impl Fn(E::Model) -> String) {
    for row in rows.matching::<E>(deal_id, deal) {
        rows.remove::<E>(Key::from(id(row)));
    }
}

fn put<T, M>(rows: &mut Rows, parts: &[T], row: impl Fn(i32, &T) -> M)
where
    M: ModelTrait,
    M::Entity: EntityTrait<Model = M>,
{
    for (place, part) in parts.iter().enumerate() {
        rows.put(row(place as i32 + 1, part));
    }
}

/// The primary key of a part: its deal and its place.
fn key(deal: Uuid, place: i32) -> String {
    format!("{deal}:{place}")
}
