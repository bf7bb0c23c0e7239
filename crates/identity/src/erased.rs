//! What becomes of an erased user's account: nothing proves any more that it is them, and their address is free.

use std::collections::BTreeSet;

use async_trait::async_trait;
use domain::{
    Decider, Event, Reservation, ReservationCommand, ReservationEvent,
    reservation::{ReservationKind, ReservationState},
};
use engine::{CommandContext, ErasureHook};
use journal::{Position, ReadFilter};
use uuid::Uuid;

use crate::{Identity, kind};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Events read at a time.
const PAGE: usize = 1_000;
/// Who gives an address back.
const ACTOR: &str = "system:erasure";

#[async_trait]
impl ErasureHook for Identity {
    async fn erased(&self, person: Uuid, _position: Position) -> Result<(), Failure> {
        for kind in kind::OF_USER {
            self.vault().remove_records(kind, person).await?;
        }
        for place in self.addresses_of(person).await? {
            let command = self
                .bus
                .derived_id(&["address-of-erased", &place.to_string(), &person.to_string()]);
            let context = CommandContext::new(ACTOR, command, ACTOR);
            let (reservation, _) = self.bus.load::<Reservation>(place).await?.unwrap_or_default();
            if reservation.holder() == Some(person) {
                let release = ReservationCommand::Release { holder: person };
                self.bus.execute::<Reservation>(&context, place, release).await?;
            }
        }
        Ok(())
    }
}

impl Identity {
    /// Where a user's addresses are reserved. Which address it was, nobody can say any more: the journal is looked
    /// through for what they hold.
    async fn addresses_of(&self, user: Uuid) -> Result<BTreeSet<Uuid>, Failure> {
        let filter = ReadFilter {
            categories: vec![ReservationState::TYPE.into()],
            ..ReadFilter::default()
        };
        let mut places = BTreeSet::new();
        let mut after = Position::START;
        loop {
            let page = self.bus.journal().read(after, PAGE, &filter).await?;
            for event in self.bus.codec().open_page(&page).await? {
                let theirs = matches!(
                    event.event,
                    Event::Reservation(ReservationEvent::ValueReserved {
                        kind: ReservationKind::UserEmail,
                        holder,
                    }) if holder == user
                );
                if theirs {
                    places.insert(event.header.stream.id);
                }
            }
            if page.last <= after {
                return Ok(places);
            }
            after = page.last;
        }
    }
}
