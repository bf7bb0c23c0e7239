//! What happened to something that leaves the house.

use domain::{
    DeliveryEvent,
    delivery::{Abandonment, Content},
};

use super::{listed, minute};

pub(super) fn delivery(event: &DeliveryEvent) -> String {
    match event {
        DeliveryEvent::DeliveryQueued {
            content: Content::Letter(letter),
            subject,
            expires_at,
            ..
        } => {
            let addressee = match letter.addressee.value() {
                Some(addressee) => addressee.email.clone(),
                None => format!("person {}, erased", letter.addressee.person()),
            };
            let about = subject.as_ref().map(|subject| format!("about {subject}"));
            let until = expires_at.map(|time| format!("not after {}", minute(time)));
            listed(
                format!("letter “{}” to {addressee} queued", letter.template),
                [about, until],
            )
        }
        DeliveryEvent::DeliveryAttempted { attempt } => format!("attempt {attempt} begins"),
        DeliveryEvent::DeliverySucceeded { attempt } => format!("sent at attempt {attempt}"),
        DeliveryEvent::DeliveryDeferred { attempt, until, reason } => {
            format!("attempt {attempt}: {reason}; again {}", minute(*until))
        }
        DeliveryEvent::DeliveryFailed {
            attempt,
            reason,
            permanent: true,
        } => format!("attempt {attempt}: refused for good, {reason}"),
        DeliveryEvent::DeliveryFailed { attempt, reason, .. } => format!("attempt {attempt}: {reason}; given up"),
        DeliveryEvent::DeliveryHeld { attempt } => format!("nobody knows how attempt {attempt} ended"),
        DeliveryEvent::DeliveryAbandoned {
            cause: Abandonment::Expired,
        } => "not sent: too late to be of use".to_owned(),
        DeliveryEvent::DeliveryAbandoned {
            cause: Abandonment::AddresseeErased,
        } => "not sent: the addressee was erased".to_owned(),
        DeliveryEvent::DeliveryRequeued {} => "to be tried again".to_owned(),
        DeliveryEvent::DeliveryConfirmed {} => "confirmed to have arrived".to_owned(),
        DeliveryEvent::DeliveryCancelled { reason } => listed("cancelled".to_owned(), [reason.clone()]),
    }
}
