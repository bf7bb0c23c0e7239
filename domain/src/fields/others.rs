use super::Changes;
use crate::{DeliveryEvent, ImportEvent, InboxEvent, OversightEvent, ReservationEvent, saved_filter::SavedFilterEvent};

pub(super) fn inbox(event: &InboxEvent) -> Changes {
    match event {
        InboxEvent::NotificationsRead { positions } => Changes::new().add("read", positions),
        InboxEvent::NotificationsUnread { positions } => Changes::new().remove("read", positions),
        InboxEvent::AllNotificationsRead { up_to } => Changes::new().set("readUpTo", up_to),
        InboxEvent::NotificationsMuted { kind } => Changes::new().add("muted", [kind]),
        InboxEvent::NotificationsUnmuted { kind } => Changes::new().remove("muted", [kind]),
    }
}

pub(super) fn reservation(event: &ReservationEvent) -> Changes {
    match event {
        ReservationEvent::ValueReserved { kind, holder } => Changes::new().set("kind", kind).set("holder", holder),
        ReservationEvent::ValueReleased { holder: _ } => Changes::new().clear("holder"),
    }
}

pub(super) fn oversight(event: &OversightEvent) -> Changes {
    match event {
        OversightEvent::EventSkipped { position, .. } => Changes::new().add("skipped", [position]),
    }
}

pub(super) fn saved_filter(event: &SavedFilterEvent) -> Changes {
    match event {
        SavedFilterEvent::FilterSaved {
            name,
            list,
            filter,
            sharing,
            owner,
        } => Changes::new()
            .set("name", name)
            .set("list", list)
            .set("filter", filter)
            .set("sharing", sharing)
            .set("owner", owner),
        SavedFilterEvent::FilterChanged { name, filter, sharing } => {
            let mut changes = Changes::new();
            if let Some(name) = name {
                changes = changes.set("name", name);
            }
            if let Some(filter) = filter {
                changes = changes.set("filter", filter);
            }
            match sharing {
                Some(sharing) => changes.set("sharing", sharing),
                None => changes,
            }
        }
        SavedFilterEvent::FilterRemoved {} => Changes::new().set("removed", true),
    }
}

pub(super) fn delivery(event: &DeliveryEvent) -> Changes {
    let stands = |status: &str| Changes::new().set("status", status);
    match event {
        DeliveryEvent::DeliveryQueued {
            content,
            subject,
            on_doubt,
            expires_at,
        } => stands("QUEUED")
            .set("content", content)
            .set("subject", subject)
            .set("onDoubt", on_doubt)
            .set("expiresAt", expires_at),
        DeliveryEvent::DeliveryAttempted { attempt } => stands("ATTEMPTED").set("attempt", attempt),
        DeliveryEvent::DeliverySucceeded { .. } | DeliveryEvent::DeliveryConfirmed {} => {
            stands("DELIVERED").clear("until").clear("reason")
        }
        DeliveryEvent::DeliveryDeferred { until, reason, .. } => {
            stands("DEFERRED").set("until", until).set("reason", reason)
        }
        DeliveryEvent::DeliveryFailed { reason, .. } => stands("DEAD").clear("until").set("reason", reason),
        DeliveryEvent::DeliveryHeld { .. } => stands("UNKNOWN"),
        DeliveryEvent::DeliveryAbandoned { cause } => stands("DEAD").clear("until").set("reason", cause),
        DeliveryEvent::DeliveryRequeued {} => stands("QUEUED").clear("until").clear("reason"),
        DeliveryEvent::DeliveryCancelled { reason } => stands("CANCELLED").clear("until").set("reason", reason),
    }
}

pub(super) fn import(event: &ImportEvent) -> Changes {
    let over = |status: &str, counts, report: &Option<_>| {
        Changes::new()
            .set("status", status)
            .set("counts", counts)
            .set("report", report)
    };
    match event {
        ImportEvent::ImportQueued {
            kind,
            file,
            source,
            mapping,
            user,
        } => Changes::new()
            .set("status", "QUEUED")
            .set("kind", kind)
            .set("file", file)
            .set("source", source)
            .set("mapping", mapping)
            .set("user", user),
        ImportEvent::ImportBegan { attempt } => Changes::new().set("status", "RUNNING").set("attempt", attempt),
        ImportEvent::ImportProgressed { counts, .. } => Changes::new().set("counts", counts),
        ImportEvent::ImportCancelRequested {} => Changes::new().set("cancelRequested", true),
        ImportEvent::ImportFinished { counts, report, .. } => over("DONE", counts, report),
        ImportEvent::ImportFailed {
            code,
            reason,
            counts,
            report,
            ..
        } => over("FAILED", counts, report).set("code", code).set("reason", reason),
        ImportEvent::ImportCancelled { counts, report } => over("CANCELLED", counts, report),
        ImportEvent::ImportFilesRemoved {} => Changes::new().clear("file").clear("report"),
    }
}
