//! Health, for load balancers and people: is the process up, and do the views follow the journal.

use actix_web::{HttpResponse, web};
use serde::Serialize;

use super::Server;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Health {
    /// `ok`; `degraded` when something below does not work.
    status: &'static str,
    version: &'static str,
    journal: Journal,
    views: Views,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Journal {
    reachable: bool,
    position: Option<u64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Views {
    serving: bool,
    position: Option<u64>,
    /// How many events the views are behind the journal.
    lag_events: Option<u64>,
    lag_seconds: Option<f64>,
    parked: u64,
}

/// Answers 200 as long as the process can answer: whoever restarts processes must not restart one because a database is
/// away. The body says what works.
pub(super) async fn report(server: web::Data<Server>) -> HttpResponse {
    let application = server.application.clone();
    let looked = server.runtime.spawn(async move {
        let head = application.journal.head().await.ok().map(|head| head.position.0);
        let handle = application.views.current().await.ok();
        let statuses = application.views.statuses().await.unwrap_or_default();
        (head, handle.map(|handle| handle.position.0), statuses)
    });
    let (head, views, statuses) = looked.await.unwrap_or_default();
    let lag_events = head.zip(views).map(|(head, views)| head.saturating_sub(views));
    let behind = statuses
        .iter()
        .map(|status| status.lag_seconds)
        .fold(None, |most: Option<f64>, seconds| {
            Some(most.map_or(seconds, |most| most.max(seconds)))
        });
    let status = if head.is_some() && views.is_some() {
        "ok"
    } else {
        "degraded"
    };
    HttpResponse::Ok()
        .insert_header(("cache-control", "no-store"))
        .json(Health {
            status,
            version: env!("CARGO_PKG_VERSION"),
            journal: Journal {
                reachable: head.is_some(),
                position: head,
            },
            views: Views {
                serving: views.is_some(),
                position: views,
                lag_events,
                lag_seconds: behind,
                parked: statuses.iter().map(|status| status.parked).sum(),
            },
        })
}
