//! For those who watch over the process: is it alive, is it ready, what does it measure.

use actix_web::{HttpRequest, HttpResponse, web};

use super::{
    Server,
    answer::{self, Media},
    credentials,
};
use crate::{
    graphql::errors::{ApiError, ApiResult},
    metrics,
    policy::{self, Operation},
    readiness::{Readiness, Report},
};

/// Answers as long as the process can: whoever restarts processes must not restart one because a database is away.
pub(super) async fn alive() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(("cache-control", "no-store"))
        .content_type("text/plain; charset=utf-8")
        .body("alive\n")
}

/// 200 when requests may be sent here, 503 when not. The body says what is not as it should be.
pub(super) async fn ready(server: web::Data<Server>) -> HttpResponse {
    let stopping = *server.stopping.borrow();
    let (application, readiness) = (server.application.clone(), server.readiness.clone());
    let looked = server
        .runtime
        .spawn(async move { Readiness::report(&readiness, &application, stopping).await });
    let report = looked.await.unwrap_or_else(|error| {
        tracing::error!(%error, "the state of the server was not found out");
        Report::default()
    });
    let mut answer = if report.ready {
        HttpResponse::Ok()
    } else {
        HttpResponse::ServiceUnavailable()
    };
    answer.insert_header(("cache-control", "no-store")).json(report)
}

/// The measures, at the address that only those who may see them can reach.
pub(super) async fn metrics(server: web::Data<Server>) -> HttpResponse {
    let application = server.application.clone();
    let written = server.runtime.spawn(async move { metrics::report(&application).await });
    match written.await {
        Ok(text) => HttpResponse::Ok()
            .content_type(metrics::CONTENT_TYPE)
            .insert_header(("cache-control", "no-store"))
            .body(text),
        Err(error) => answer::failure(&ApiError::internal("the measures were not taken", &error), Media::Json),
    }
}

/// The measures, at the address that everybody can reach: for whoever may see the projections.
pub(super) async fn guarded_metrics(request: HttpRequest, server: web::Data<Server>) -> HttpResponse {
    match admitted(&request, &server).await {
        Ok(()) => metrics(server).await,
        Err(error) => answer::failure(&error, Media::Json),
    }
}

async fn admitted(request: &HttpRequest, server: &web::Data<Server>) -> ApiResult<()> {
    let shown = credentials::of(request, true);
    let asking = server.clone();
    let viewer = server
        .runtime
        .spawn(async move { asking.authentication.viewer(&shown).await })
        .await
        .map_err(|error| ApiError::internal("an authentication did not end", &error))??;
    Ok(policy::admit(Some(&viewer), Operation::Query("projections"))?)
}
