//! What is found out when somebody asks: how far the views are, what waits, who works.

use domain::delivery::{DeliveryKind, DeliveryStatus};
use engine::{Held, ProjectionStatus, agenda::entity as agenda};
use journal::Timestamp;
use projections::deliveries;
use sea_orm::{ColumnTrait, DatabaseConnection, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect};

use super::exposition::Exposition;
use crate::application::Application;

pub(super) async fn write(application: &Application, text: &mut Exposition) {
    journal(application, text).await;
    projections(application, text).await;
    duties(application, text).await;
    if let Ok(views) = application.views.current().await
        && let Err(error) = waiting(application, &views.connection, text).await
    {
        tracing::warn!(%error, "the views cannot be measured");
    }
}

async fn journal(application: &Application, text: &mut Exposition) {
    let journal = &application.journal;
    if let Ok(head) = journal.head().await {
        let name = "alforis_journal_position";
        text.gauge(name, "Position of the journal's last event.", head.position.0 as f64);
    }
    let name = "alforis_journal_commits_total";
    text.family(name, "counter", "Transactions of this process that appended.");
    text.sample(name, &[], journal.group_commits() as f64);
    let name = "alforis_journal_queued_appends";
    text.gauge(
        name,
        "Appends of this process that wait for their transaction.",
        journal.queued_appends() as f64,
    );

    let name = "alforis_write_ahead_log_bytes";
    let logs = [
        ("journal", journal.write_ahead_bytes()),
        ("views", application.views.write_ahead_bytes()),
    ];
    if logs.iter().any(|(_, bytes)| bytes.is_some()) {
        text.family(name, "gauge", "Size of SQLite's write-ahead log.");
    }
    for (database, bytes) in logs {
        if let Some(bytes) = bytes {
            text.sample(name, &[("database", database)], bytes as f64);
        }
    }
}

/// What is measured of a projection.
type Measure = fn(&ProjectionStatus) -> f64;

async fn projections(application: &Application, text: &mut Exposition) {
    let statuses = match application.views.statuses().await {
        Ok(statuses) => statuses,
        Err(error) => {
            tracing::warn!(%error, "the projections cannot be measured");
            return;
        }
    };
    let families: [(&str, &str, Measure); 3] = [
        (
            "alforis_projection_lag_events",
            "Events that a projection has not looked at.",
            |status| status.lag_events as f64,
        ),
        (
            "alforis_projection_lag_seconds",
            "Age of the first event that a projection has not looked at.",
            |status| status.lag_seconds,
        ),
        (
            "alforis_projection_parked",
            "Partitions that wait because an event failed.",
            |status| status.parked as f64,
        ),
    ];
    for (name, help, measure) in families {
        text.family(name, "gauge", help);
        for status in &statuses {
            text.sample(name, &[("projection", &status.name)], measure(status));
        }
    }
}

async fn duties(application: &Application, text: &mut Exposition) {
    let Ok(duties) = application.views.duties(DeliveryKind::Mail.as_str()).await else {
        return;
    };
    let name = "alforis_lease";
    text.family(
        name,
        "gauge",
        "Who does what one process does for all: 1 where it is so.",
    );
    for duty in duties {
        for (held, owner) in [
            (Held::Here, "this"),
            (Held::Elsewhere, "another"),
            (Held::Nowhere, "nobody"),
        ] {
            let labels = [("lease", duty.name), ("owner", owner)];
            text.sample(name, &labels, f64::from(u8::from(duty.held == held)));
        }
    }
}

async fn waiting(application: &Application, views: &DatabaseConnection, text: &mut Exposition) -> Result<(), DbErr> {
    let counted: Vec<(String, i64)> = deliveries::Entity::find()
        .select_only()
        .column(deliveries::Column::Status)
        .column_as(deliveries::Column::Id.count(), "number")
        .group_by(deliveries::Column::Status)
        .into_tuple()
        .all(views)
        .await?;
    text.family(
        "alforis_deliveries",
        "gauge",
        "What leaves the house, by how far it is.",
    );
    for status in DeliveryStatus::ALL {
        let found = counted.iter().find(|(name, _)| name == status.as_str());
        let number = found.map_or(0, |(_, number)| *number);
        text.sample(
            "alforis_deliveries",
            &[("status", &status.as_str().to_lowercase())],
            number as f64,
        );
    }
    let now = Timestamp::from(application.clock.now()).0;
    let due = agenda::Entity::find()
        .filter(agenda::Column::DueAt.lte(now))
        .count(views)
        .await?;
    text.gauge(
        "alforis_agenda_due",
        "Obligations that are due and not yet met.",
        due as f64,
    );
    Ok(())
}
