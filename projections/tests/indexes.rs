//! Whatever order lists of deals are offered in, an index gives it: no query sorts a hundred thousand rows.

use projections::deals::Column;
use sea_orm::{ConnectionTrait, IdenStatic, Statement};

use crate::{live::Live, place::Place, world::World};

/// The columns behind the orders of the API.
const SORTED: [Column; 9] = [
    Column::OpenedAt,
    Column::ClosedAt,
    Column::ExpectedClose,
    Column::UpdatedAt,
    Column::AmountNetMinor,
    Column::AmountGrossMinor,
    Column::StageRank,
    Column::TitleFolded,
    Column::OwnerNameFolded,
];

#[tokio::test]
async fn every_order_of_deals_has_its_index() {
    let world = World::at(Place::sqlite()).await;
    let live = Live::start(&world).await;
    let views = live.at_head(&world).await;
    for column in SORTED {
        for (direction, nulls) in [("ASC", "LAST"), ("ASC", "FIRST"), ("DESC", "LAST"), ("DESC", "FIRST")] {
            let name = column.as_str();
            let query = format!(
                "EXPLAIN QUERY PLAN SELECT * FROM deals ORDER BY {name} {direction} NULLS {nulls}, id {direction} LIMIT 51"
            );
            let statement = Statement::from_string(views.connection.get_database_backend(), query);
            let plan = views.connection.query_all_raw(statement).await.unwrap();
            let details: Vec<String> = plan.iter().map(|row| row.try_get("", "detail").unwrap()).collect();
            assert!(
                details.iter().any(|detail| detail.contains("USING INDEX")),
                "{name} {direction} NULLS {nulls}: {details:?}"
            );
            assert!(
                !details.iter().any(|detail| detail.contains("TEMP B-TREE")),
                "{name} {direction} NULLS {nulls}: {details:?}"
            );
        }
    }
    live.stop().await;
}
