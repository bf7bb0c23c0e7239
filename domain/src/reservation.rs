//! Uniqueness: one holder for one value (an organization's SIREN).
//!
//! The aggregate's id is a keyed hash of kind and value, so two who want the same value meet in the same stream, and
//! the stream tells nobody what the value is. Reserve in the same unit of work that uses the value.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Decider, Language, Refusal, Root, event::event_types, refusal::prints_in_english};

pub type Reservation = Root<ReservationState>;

/// Which values are unique.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReservationKind {
    OrganizationSiren,
    UserEmail,
    ProductCode,
}

impl ReservationKind {
    /// The name that enters the keyed hash; never changed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OrganizationSiren => "organization.siren",
            Self::UserEmail => "user.email",
            Self::ProductCode => "product.code",
        }
    }

    /// The field of the command that asked for the value.
    const fn field(self) -> &'static str {
        match self {
            Self::OrganizationSiren => "siren",
            Self::UserEmail => "email",
            Self::ProductCode => "code",
        }
    }
}

/// What one can ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum ReservationCommand {
    Reserve {
        kind: ReservationKind,
        holder: Uuid,
    },
    /// Give the value back; only its holder can.
    Release {
        holder: Uuid,
    },
}

/// What can have happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all_fields = "camelCase")]
pub enum ReservationEvent {
    ValueReserved { kind: ReservationKind, holder: Uuid },
    ValueReleased { holder: Uuid },
}

event_types!(ReservationEvent of "reservation" { ValueReserved = 1, ValueReleased = 1 });

/// What is remembered in order to decide.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ReservationState {
    holder: Option<(ReservationKind, Uuid)>,
}

impl ReservationState {
    pub fn holder(&self) -> Option<Uuid> {
        self.holder.map(|(_, holder)| holder)
    }
}

impl Decider for ReservationState {
    const TYPE: &'static str = "reservation";

    type Command = ReservationCommand;
    type Event = ReservationEvent;
    type Error = ReservationError;

    fn decide(&self, command: ReservationCommand) -> Result<Vec<ReservationEvent>, ReservationError> {
        match (command, self.holder) {
            (ReservationCommand::Reserve { kind, holder }, None) => {
                Ok(vec![ReservationEvent::ValueReserved { kind, holder }])
            }
            (ReservationCommand::Reserve { holder, .. }, Some((_, current))) if holder == current => Ok(Vec::new()),
            (ReservationCommand::Reserve { kind, .. }, Some((_, holder))) => {
                Err(ReservationError::Taken { kind, holder })
            }
            (ReservationCommand::Release { .. }, None) => Ok(Vec::new()),
            (ReservationCommand::Release { holder }, Some((_, current))) if holder == current => {
                Ok(vec![ReservationEvent::ValueReleased { holder }])
            }
            (ReservationCommand::Release { .. }, Some((kind, holder))) => {
                Err(ReservationError::NotTheHolder { kind, holder })
            }
        }
    }

    fn evolve(&mut self, event: &ReservationEvent) {
        self.holder = match event {
            ReservationEvent::ValueReserved { kind, holder } => Some((*kind, *holder)),
            ReservationEvent::ValueReleased { .. } => None,
        };
    }
}

/// Why it can be refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReservationError {
    /// Somebody else has the value.
    Taken { kind: ReservationKind, holder: Uuid },
    /// The value is somebody else's to give back.
    NotTheHolder { kind: ReservationKind, holder: Uuid },
}

prints_in_english!(ReservationError);

impl Refusal for ReservationError {
    fn code(&self) -> &'static str {
        match self {
            Self::Taken {
                kind: ReservationKind::OrganizationSiren,
                ..
            } => "SIREN_TAKEN",
            Self::Taken {
                kind: ReservationKind::UserEmail,
                ..
            } => "EMAIL_TAKEN",
            Self::Taken {
                kind: ReservationKind::ProductCode,
                ..
            } => "PRODUCT_CODE_TAKEN",
            Self::NotTheHolder { .. } => "NOT_THE_HOLDER",
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::Taken { kind, .. } | Self::NotTheHolder { kind, .. } => Some(kind.field()),
        }
    }

    fn message(&self, language: Language) -> String {
        match self {
            // Not who: whoever asks may not be allowed to see them.
            Self::Taken {
                kind: ReservationKind::OrganizationSiren,
                ..
            } => language.choose(
                "Another organization has this SIREN already: use that one, or correct the number.",
                "Une autre organisation porte déjà ce SIREN : utilisez-la, ou corrigez le numéro.",
            ),
            Self::Taken {
                kind: ReservationKind::UserEmail,
                ..
            } => language.choose(
                "Another user signs in with this address already.",
                "Un autre utilisateur se connecte déjà avec cette adresse.",
            ),
            Self::Taken {
                kind: ReservationKind::ProductCode,
                ..
            } => language.choose(
                "Another product has this code already: choose another code, or archive that product.",
                "Un autre produit porte déjà ce code : choisissez-en un autre, ou archivez ce produit.",
            ),
            Self::NotTheHolder { .. } => language.choose(
                "The value belongs to somebody else: only its holder can give it back.",
                "La valeur appartient à un autre : seul son détenteur peut la rendre.",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use cqrs_es::test::TestFramework;

    use super::*;

    const KIND: ReservationKind = ReservationKind::OrganizationSiren;
    const ADA: Uuid = Uuid::from_u128(1);
    const BEA: Uuid = Uuid::from_u128(2);

    fn reserved_by_ada() -> ReservationEvent {
        ReservationEvent::ValueReserved {
            kind: KIND,
            holder: ADA,
        }
    }

    #[test]
    fn a_free_value_is_reserved() {
        TestFramework::<Reservation>::with(())
            .given_no_previous_events()
            .when(ReservationCommand::Reserve {
                kind: KIND,
                holder: ADA,
            })
            .then_expect_events(vec![reserved_by_ada()]);
    }

    #[test]
    fn a_value_has_one_holder() {
        TestFramework::<Reservation>::with(())
            .given(vec![reserved_by_ada()])
            .when(ReservationCommand::Reserve {
                kind: KIND,
                holder: BEA,
            })
            .then_expect_error(ReservationError::Taken {
                kind: KIND,
                holder: ADA,
            });
    }

    #[test]
    fn its_holder_may_ask_again() {
        TestFramework::<Reservation>::with(())
            .given(vec![reserved_by_ada()])
            .when(ReservationCommand::Reserve {
                kind: KIND,
                holder: ADA,
            })
            .then_expect_events(vec![]);
    }

    #[test]
    fn a_value_given_back_can_be_reserved_by_another() {
        TestFramework::<Reservation>::with(())
            .given(vec![reserved_by_ada(), ReservationEvent::ValueReleased { holder: ADA }])
            .when(ReservationCommand::Reserve {
                kind: KIND,
                holder: BEA,
            })
            .then_expect_events(vec![ReservationEvent::ValueReserved {
                kind: KIND,
                holder: BEA,
            }]);
    }

    #[test]
    fn only_the_holder_gives_it_back() {
        TestFramework::<Reservation>::with(())
            .given(vec![reserved_by_ada()])
            .when(ReservationCommand::Release { holder: BEA })
            .then_expect_error(ReservationError::NotTheHolder {
                kind: KIND,
                holder: ADA,
            });
    }

    #[test]
    fn giving_back_what_nobody_holds_changes_nothing() {
        TestFramework::<Reservation>::with(())
            .given_no_previous_events()
            .when(ReservationCommand::Release { holder: BEA })
            .then_expect_events(vec![]);
    }
}
