//! GraphiQL, served whole from the binary: it works without a network, and no third party learns what is asked.

use actix_web::{HttpResponse, web};

const PAGE: &str = include_str!("../../assets/graphiql/index.html");

/// Files of the page, each with its media type.
const ASSETS: &[(&str, &str, &str)] = &[
    (
        "graphiql.min.js",
        JAVASCRIPT,
        include_str!("../../assets/graphiql/graphiql.min.js"),
    ),
    (
        "graphiql.min.css",
        CSS,
        include_str!("../../assets/graphiql/graphiql.min.css"),
    ),
    (
        "react.production.min.js",
        JAVASCRIPT,
        include_str!("../../assets/graphiql/react.production.min.js"),
    ),
    (
        "react-dom.production.min.js",
        JAVASCRIPT,
        include_str!("../../assets/graphiql/react-dom.production.min.js"),
    ),
    (
        "alforis.js",
        JAVASCRIPT,
        include_str!("../../assets/graphiql/alforis.js"),
    ),
    (
        "LICENSES.txt",
        "text/plain; charset=utf-8",
        include_str!("../../assets/graphiql/LICENSES.txt"),
    ),
];

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";

/// Nothing from elsewhere, nothing inline but styles, which the editor writes.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self' data:; \
                                       img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
                                       frame-ancestors 'none'";

pub(super) fn page() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header(("content-security-policy", CONTENT_SECURITY_POLICY))
        .body(PAGE)
}

pub(super) async fn asset(file: web::Path<String>) -> HttpResponse {
    match ASSETS.iter().find(|(name, ..)| *name == file.as_str()) {
        Some((_, media, text)) => HttpResponse::Ok()
            .content_type(*media)
            .insert_header(("cache-control", "max-age=86400"))
            .body(*text),
        None => HttpResponse::NotFound().finish(),
    }
}
