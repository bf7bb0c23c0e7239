//! `/signatures`: where a provider of signatures tells that something became of an envelope. What it sends is not read: the
//! provider is asked, at the address that the operator named.

use actix_web::{HttpResponse, web};
use uuid::Uuid;

use super::{
    Server,
    answer::{self, Media},
};
use crate::graphql::errors::{ApiError, ApiResult, ErrorCode};

/// 204 once what the provider says is in the journal; 404 when the address is none of ours.
pub(super) async fn called(parts: web::Path<(String, String, String)>, server: web::Data<Server>) -> HttpResponse {
    let (quote, envelope, token) = parts.into_inner();
    let asking = server.clone();
    let called = server.runtime.spawn(async move {
        let (version, number) = envelope.split_once('-').ok_or_else(nothing)?;
        let quote = Uuid::try_parse(&quote).map_err(|_| nothing())?;
        let version: u16 = version.parse().map_err(|_| nothing())?;
        let number: u16 = number.parse().map_err(|_| nothing())?;
        let sales = &asking.application.sales;
        let outcome = sales.provider_calls(quote, version, number, &token).await?;
        outcome.ok_or_else(nothing).map(|_| ())
    });
    let called: ApiResult<()> = called
        .await
        .unwrap_or_else(|error| Err(ApiError::internal("a provider was not heard", &error)));
    match called {
        Ok(()) => HttpResponse::NoContent().finish(),
        Err(error) => answer::failure(&error, Media::Json),
    }
}

fn nothing() -> ApiError {
    ApiError::new(ErrorCode::NotFound, "No envelope is waited for at this address.")
}
