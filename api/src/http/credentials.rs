//! What a request shows of its sender: headers and cookies.

use actix_web::{HttpRequest, cookie::Cookie, http::header};
use identity::Client;

use super::edge::{Edge, Provenance};
use crate::{
    authentication::{self, Credentials},
    graphql::session::Origin,
};

/// The session's cookie where it goes over TLS: no subdomain, no other path can set it.
pub(crate) const SECURE_COOKIE: &str = "__Host-alforis_session";
/// The session's cookie on a plain connection.
pub(crate) const PLAIN_COOKIE: &str = "alforis_session";
/// What a page says beside the cookie that its browser sends by itself.
const CSRF_HEADER: &str = "x-csrf-token";

/// What the request shows. `harmless`: it can change nothing.
pub(super) fn of(request: &HttpRequest, harmless: bool) -> Credentials {
    Credentials {
        token: text(request, header::AUTHORIZATION.as_str())
            .and_then(authentication::bearer)
            .map(str::to_owned),
        session: session(request),
        csrf: text(request, CSRF_HEADER).map(str::to_owned),
        harmless,
    }
}

/// Where the request comes from.
pub(super) fn origin(request: &HttpRequest, shown: &Credentials, takes_cookies: bool) -> Origin {
    let provenance = Provenance::of(request);
    let address = provenance.as_ref().and_then(|known| known.address);
    let address = address.map(|address| address.to_string());
    Origin {
        client: Client::new(address, text(request, header::USER_AGENT.as_str())),
        session: shown.session.clone(),
        takes_cookies,
        secure: provenance.as_ref().is_some_and(|known| known.secure_cookies),
        trace: provenance.map(|known| known.trace),
    }
}

/// Whether the page that sent the request is of this very host. Other programs than browsers do not say.
pub(super) fn is_same_site(request: &HttpRequest, edge: &Edge) -> bool {
    let Some(origin) = text(request, header::ORIGIN.as_str()) else {
        return true;
    };
    let host = origin.split_once("://").map(|(_, host)| host);
    host.is_some_and(|host| edge.is_own_host(host) || Some(host) == text(request, header::HOST.as_str()))
}

fn session(request: &HttpRequest) -> Option<String> {
    let cookie = |name: &str| request.cookie(name).as_ref().map(Cookie::value).map(str::to_owned);
    cookie(SECURE_COOKIE).or_else(|| cookie(PLAIN_COOKIE))
}

fn text<'r>(request: &'r HttpRequest, name: &str) -> Option<&'r str> {
    request.headers().get(name)?.to_str().ok()
}
