//! The HTTP side of the API: routes, media types, status codes. What an operation does lies in [`crate::graphql`].

mod answer;
mod asked;
mod body;
mod books;
mod credentials;
mod crowd;
mod documents;
pub(crate) mod edge;
mod exports;
mod files;
mod graphiql;
mod graphql;
mod health;
mod imports;
mod negotiation;
mod operations;
mod pages;
mod papers;
mod receipts;
mod signatures;
mod sse;
mod websocket;

pub(crate) use self::credentials::{PLAIN_COOKIE, SECURE_COOKIE};
use self::{crowd::Crowd, sse::Reservations};

use std::{sync::Arc, time::Duration};

use actix_web::{
    App, HttpResponse,
    body::MessageBody,
    dev::{ServiceFactory, ServiceRequest, ServiceResponse},
    guard,
    middleware::from_fn,
    web,
};
use tokio::{runtime::Handle, sync::watch};

use crate::{
    application::Application, authentication::Authentication, graphql::ApiSchema, readiness::Readiness,
    registered::Registered, throttle::Throttle,
};

/// A request's body at most. A mutation is a few hundred bytes; the longest query anybody wrote by hand some thousands.
pub const MAX_BODY: usize = 1024 * 1024;

/// What every handler needs.
pub struct Server {
    pub application: Arc<Application>,
    pub schema: ApiSchema,
    pub authentication: Authentication,
    pub readiness: Arc<Readiness>,
    pub edge: edge::Edge,
    /// Where operations run: the connections of the views must outlive the threads that serve HTTP.
    pub runtime: Handle,
    pub registered: Registered,
    /// How long a request's body may stand still, or lag behind.
    pub body_wait: Duration,
    reservations: Reservations,
    crowd: Arc<Crowd>,
    /// Becomes true when the server stops: sessions say good-bye.
    pub stopping: watch::Receiver<bool>,
}

/// What clients may ask for.
pub struct Access {
    pub registered: Registered,
    pub throttle: Throttle,
    /// How long a request's body may stand still, or lag behind.
    pub body_wait: Duration,
}

impl Server {
    pub fn new(
        application: Arc<Application>,
        authentication: Authentication,
        readiness: Arc<Readiness>,
        edge: edge::Edge,
        access: Access,
        runtime: Handle,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        Self {
            schema: crate::graphql::served_schema(application.metrics.clone(), access.throttle),
            application,
            authentication,
            readiness,
            edge,
            runtime,
            registered: access.registered,
            body_wait: access.body_wait,
            reservations: Reservations::default(),
            crowd: Arc::default(),
            stopping,
        }
    }
}

/// What is served to everybody, with what every request passes.
pub fn application(
    server: web::Data<Server>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = actix_web::Error,
        InitError = (),
    >,
> {
    App::new().app_data(server).configure(routes).wrap(from_fn(edge::pass))
}

/// The routes.
fn routes(config: &mut web::ServiceConfig) {
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
        .service(web::resource("/exports/fec").route(web::get().to(books::fec)))
        .service(web::resource("/exports/accounting").route(web::get().to(books::accounting)))
        .service(web::resource("/exports/recurringRevenue.{format}").route(web::get().to(exports::revenue)))
        .service(
            web::resource("/exports/{file}")
                .route(web::get().to(exports::get))
                .route(web::post().to(exports::post)),
        )
        .configure(probes)
        .service(web::resource("/metrics").route(web::get().to(health::guarded_metrics)))
        .service(web::resource("/receipts/{stream}").route(web::get().to(receipts::get)))
        .service(web::resource("/files/uploads/{token}").route(web::put().to(files::put)))
        .service(
            web::resource("/documents/{blob}/{until}/{token}/{name}")
                .route(web::get().to(documents::get))
                .route(web::head().to(documents::get)),
        )
        .service(
            web::resource("/files/{id}")
                .route(web::get().to(files::get))
                .route(web::head().to(files::get)),
        )
        .service(
            web::resource("/imports/{id}/{name}")
                .route(web::get().to(imports::get))
                .route(web::head().to(imports::get)),
        )
        .service(
            web::resource("/documents/{blob}/{until}/{token}/{name}")
                .route(web::get().to(papers::get))
                .route(web::head().to(papers::get)),
        )
        .service(web::resource("/previews/quotes/{id}").route(web::get().to(papers::quote_preview)))
        .service(web::resource("/signatures/{quote}/{envelope}/{token}").route(web::post().to(signatures::called)))
        .service(web::resource("/verify").route(web::get().to(pages::verify::get)))
        .service(web::resource("/quotes/{id}/{version}/{token}").route(web::get().to(pages::quote::get)))
        .service(web::resource("/quotes/{id}/{version}/{token}/code").route(web::post().to(pages::quote::code)))
        .service(web::resource("/quotes/{id}/{version}/{token}/sign").route(web::post().to(pages::quote::sign)))
        .service(web::resource("/quotes/{id}/{version}/{token}/decline").route(web::post().to(pages::quote::decline)))
        .service(web::resource("/quotes/{id}/{version}/{token}/{file}").route(web::get().to(pages::quote::document)))
        .default_service(web::to(nothing_here));
}

/// The routes of the second address.
pub fn watching_routes(config: &mut web::ServiceConfig) {
    config
        .configure(probes)
        .service(web::resource("/metrics").route(web::get().to(health::metrics)))
        .default_service(web::to(nothing_here));
}

fn probes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/healthz").route(web::get().to(health::alive)))
        .service(web::resource("/readyz").route(web::get().to(health::ready)));
}

async fn nothing_here() -> HttpResponse {
    let error = crate::graphql::errors::ApiError::new(
        crate::graphql::errors::ErrorCode::NotFound,
        "There is nothing here. The API is at /graphql, its schema at /graphql/schema.graphql.",
    );
    answer::failure(&error, answer::Media::Json)
}
