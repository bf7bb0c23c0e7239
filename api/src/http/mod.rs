//! The HTTP side of the API: routes, media types, status codes. What an operation does lies in [`crate::graphql`].

mod answer;
mod asked;
mod credentials;
mod exports;
mod graphiql;
mod graphql;
mod health;
mod negotiation;
mod operations;
mod sse;
mod websocket;

pub(crate) use self::credentials::{PLAIN_COOKIE, SECURE_COOKIE};
use self::sse::Reservations;

use std::sync::Arc;

use actix_web::{HttpResponse, guard, web};
use tokio::{runtime::Handle, sync::watch};

use crate::{application::Application, authentication::Authentication, graphql::ApiSchema};

/// A request's body at most. A mutation is a few hundred bytes; the longest query anybody wrote by hand some thousands.
pub const MAX_BODY: usize = 1024 * 1024;

/// What every handler needs.
pub struct Server {
    pub application: Arc<Application>,
    pub schema: ApiSchema,
    pub authentication: Authentication,
    /// Where operations run: the connections of the views must outlive the threads that serve HTTP.
    pub runtime: Handle,
    reservations: Reservations,
    /// Becomes true when the server stops: sessions say good-bye.
    pub stopping: watch::Receiver<bool>,
}

impl Server {
    pub fn new(
        application: Arc<Application>,
        authentication: Authentication,
        runtime: Handle,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        Self {
            application,
            schema: crate::graphql::schema(),
            authentication,
            runtime,
            reservations: Reservations::default(),
            stopping,
        }
    }
}

/// The routes.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(
            web::resource(["/graphql", "/graphql/stream"])
                .route(
                    web::route()
                        .guard(guard::Header("upgrade", "websocket"))
                        .to(websocket::upgrade),
                )
                .route(web::get().to(graphql::get))
                .route(web::post().to(graphql::post))
                .route(web::put().to(sse::reserve))
                .route(web::delete().to(sse::end))
                .default_service(web::to(graphql::other_method)),
        )
        .service(web::resource("/graphql/ws").route(web::get().to(websocket::upgrade)))
        .service(web::resource("/graphql/schema.graphql").route(web::get().to(graphql::schema)))
        .service(web::resource("/graphql/assets/{file}").route(web::get().to(graphiql::asset)))
        .service(
            web::resource("/exports/{file}")
                .route(web::get().to(exports::get))
                .route(web::post().to(exports::post)),
        )
        .service(web::resource("/health").route(web::get().to(health::report)))
        .default_service(web::to(nothing_here));
}

async fn nothing_here() -> HttpResponse {
    let error = crate::graphql::errors::ApiError::new(
        crate::graphql::errors::ErrorCode::NotFound,
        "There is nothing here. The API is at /graphql, its schema at /graphql/schema.graphql.",
    );
    answer::failure(&error, answer::Media::Json)
}
