use domain::{PersonEvent, PersonId, person::ErasureGround};
use engine::projection::spec::Spec;
use projections::erased_persons::{ErasedPersons, Model};

use super::{ONE, TWO};

#[test]
fn an_erasure_is_noted_with_its_place_in_the_journal() {
    let erased = |person| PersonEvent::PersonErased {
        person: PersonId(person),
        ground: ErasureGround::Request,
    };
    Spec::of(ErasedPersons)
        .given("person", ONE, erased(ONE))
        .given("person", TWO, erased(TWO))
        .expect([
            Model {
                person_id: ONE,
                position: 1,
            },
            Model {
                person_id: TWO,
                position: 2,
            },
        ]);
}
