//! Years of a portfolio of contracts on a clock that the test moves: people sign, amend, pause and leave, and the server is
//! stopped, stands still for weeks and is killed in the middle of its work. Everything that contracts do by themselves
//! happens once, and what comes of it is what was agreed, whatever happened to the server and wherever the journal is.
//!
//! `ALFORIS_SIMULATION=CONTRACTSxYEARS` chooses another size, `ALFORIS_SIMULATION_SEED` another history.

mod facts;
mod oracle;
mod portfolio;
mod world;

use crate::{database::Database, support::Workplace};

use self::world::{Scale, World};

#[tokio::test]
async fn years_of_contracts_go_by_with_everything_done_once_on_both_back_ends() {
    let scale = Scale::asked();
    let database = Database::make("simulation").await;
    let (on_files, on_postgresql) = tokio::join!(
        World::lived(Workplace::new(), &scale, 1),
        World::lived(Workplace::on_database(&database.url()), &scale, 2),
    );
    database.drop().await;
    for (files, postgresql) in on_files.iter().zip(&on_postgresql) {
        assert_eq!(files, postgresql, "one history, one set of facts");
    }
    assert_eq!(on_files.len(), on_postgresql.len());
}
