use domain::{
    Event, SavedFilterEvent, TeamId, UserId,
    saved_filter::{FilteredList, Sharing},
};
use engine::projection::spec::Spec;
use projections::saved_filters::{Model, SavedFilters};

use super::{ONE, TWO, march, micros};

fn given() -> Spec<Event> {
    Spec::of(SavedFilters).given_at(
        "saved-filter",
        ONE,
        march("01T12:00"),
        SavedFilterEvent::FilterSaved {
            name: "Été".to_owned(),
            list: FilteredList::Deals,
            filter: "{}".to_owned(),
            sharing: Sharing::Nobody,
            owner: Some(UserId(TWO)),
        },
    )
}

fn row() -> Model {
    Model {
        id: ONE,
        list: "DEALS".to_owned(),
        name: "Été".to_owned(),
        name_folded: "ete".to_owned(),
        filter: "{}".to_owned(),
        everybody: false,
        team_id: None,
        owner_id: Some(TWO),
        saved_at: micros("01T12:00"),
        updated_at: micros("01T12:00"),
        version: 1,
        position: 1,
    }
}

#[test]
fn a_filter_is_a_row_until_it_is_removed() {
    given().expect([row()]);
    given()
        .given("saved-filter", ONE, SavedFilterEvent::FilterRemoved {})
        .expect([] as [Model; 0]);
}

#[test]
fn what_is_not_said_stays() {
    let shared = |sharing| SavedFilterEvent::FilterChanged {
        name: None,
        filter: None,
        sharing: Some(sharing),
    };
    given()
        .given_at(
            "saved-filter",
            ONE,
            march("02T12:00"),
            shared(Sharing::Team(TeamId(TWO))),
        )
        .expect([Model {
            team_id: Some(TWO),
            updated_at: micros("02T12:00"),
            version: 2,
            position: 2,
            ..row()
        }]);
}
