//! What every request passes on its way in and out: where it really comes from, under which name its lines are logged,
//! and what its answer forbids browsers to do.

use std::{net::IpAddr, time::Instant};

use actix_web::{
    Error, HttpMessage, HttpRequest,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::header::{self, HeaderMap, HeaderName, HeaderValue},
    middleware::Next,
    web,
};
use ipnet::IpNet;
use tracing::Instrument;

use super::Server;
use crate::{
    graphql::gate::TraceId,
    tracing_out::{self, REQUEST_SPANS},
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACE_PARENT: &str = "traceparent";
const FORWARDED_FOR: &str = "x-forwarded-for";
const FORWARDED_PROTO: &str = "x-forwarded-proto";
/// Characters of a request's name that are taken over from whoever sent it.
const MAX_NAME: usize = 128;
/// A year: what browsers ask for before they believe it.
const HSTS: &str = "max-age=31536000";
/// For answers that are no pages: nothing runs, nothing frames them.
const NO_PAGE: &str = "default-src 'none'; frame-ancestors 'none'";

tokio::task_local! {
    static TRACE: TraceId;
}

/// How the server is reached.
#[derive(Debug, Clone, Default)]
pub struct Edge {
    /// Networks whose proxies are believed.
    pub trusted: Vec<IpNet>,
    /// The server speaks TLS itself.
    pub tls: bool,
    /// Where people reach it, `https://host[:port]`.
    pub public_url: String,
}

/// What is known of a request besides its content.
#[derive(Debug, Clone)]
pub(crate) struct Provenance {
    /// The client's own address, as far as proxies that are believed tell it.
    pub(crate) address: Option<IpAddr>,
    /// It came over TLS, here or at such a proxy.
    pub(crate) over_tls: bool,
    /// Cookies are for TLS only.
    pub(crate) secure_cookies: bool,
    pub(crate) trace: TraceId,
}

impl Provenance {
    /// What the middleware found out.
    pub(crate) fn of(request: &HttpRequest) -> Option<Self> {
        request.extensions().get::<Self>().cloned()
    }
}

impl Edge {
    fn look(&self, peer: Option<IpAddr>, headers: &HeaderMap) -> Provenance {
        let believed = peer.is_some_and(|peer| self.trusts(peer));
        let forwarded_tls = believed && last(headers, FORWARDED_PROTO).is_some_and(|proto| proto == "https");
        let over_tls = self.tls || forwarded_tls;
        Provenance {
            address: if believed { self.client(peer, headers) } else { peer },
            over_tls,
            secure_cookies: over_tls || self.public_url.starts_with("https://"),
            trace: trace_of(headers).unwrap_or_else(TraceId::random),
        }
    }

    /// Each proxy adds whom it was asked by: the client is the last one that none of ours is.
    fn client(&self, peer: Option<IpAddr>, headers: &HeaderMap) -> Option<IpAddr> {
        let hops = list(headers, FORWARDED_FOR);
        let mut client = peer;
        for hop in hops.into_iter().rev() {
            let Some(address) = address(&hop) else { break };
            client = Some(address);
            if !self.trusts(address) {
                break;
            }
        }
        client
    }

    fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.trusted.iter().any(|network| network.contains(&address))
    }

    /// Whether a page of this host sent a request that says so.
    pub(crate) fn is_own_host(&self, host: &str) -> bool {
        self.public_url
            .split_once("://")
            .is_some_and(|(_, rest)| rest.trim_end_matches('/') == host)
    }
}

/// The middleware.
pub(super) async fn pass<B: MessageBody>(
    server: web::Data<Server>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let begun = Instant::now();
    let peer = request.peer_addr().map(|peer| peer.ip().to_canonical());
    let provenance = server.edge.look(peer, request.headers());
    let (trace, over_tls) = (provenance.trace.clone(), provenance.over_tls);
    let name = request_id(request.headers()).unwrap_or_else(|| trace.0.to_string());
    let method = request.method().as_str().to_owned();
    let span = tracing::info_span!(
        target: REQUEST_SPANS,
        "request",
        otel.kind = "server",
        http.request.method = method,
        http.route = tracing::field::Empty,
        http.response.status_code = tracing::field::Empty,
        request_id = name,
        trace = %trace.0,
    );
    if let Some(parent) = last(request.headers(), TRACE_PARENT) {
        tracing_out::continue_trace(&span, &parent);
    }
    request.extensions_mut().insert(provenance);
    let answered = TRACE.scope(trace, next.call(request)).instrument(span.clone()).await;
    let mut answer = answered?;
    let status = answer.status().as_u16();
    // The pattern and never the path, which may hold what nobody should log.
    let route = answer.request().match_pattern().unwrap_or_else(|| "(none)".to_owned());
    span.record("http.route", &route)
        .record("http.response.status_code", status);
    span.in_scope(|| {
        let milliseconds = begun.elapsed().as_secs_f64() * 1e3;
        tracing::info!(method, route, status, milliseconds, "request answered");
    });
    protect(answer.headers_mut(), &name, over_tls);
    Ok(answer)
}

/// The trace of the request that is being answered, if any.
pub(crate) fn current_trace() -> TraceId {
    TRACE.try_with(Clone::clone).unwrap_or_else(|_| TraceId::random())
}

fn protect(headers: &mut HeaderMap, name: &str, over_tls: bool) {
    let mut set = |header: HeaderName, value: &'static str| {
        if !headers.contains_key(&header) {
            headers.insert(header, HeaderValue::from_static(value));
        }
    };
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "no-referrer");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(header::CONTENT_SECURITY_POLICY, NO_PAGE);
    if over_tls {
        set(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
    if let Ok(name) = HeaderValue::from_str(name) {
        headers.insert(REQUEST_ID, name);
    }
}

/// What the sender calls the request, where that is a name and no essay.
fn request_id(headers: &HeaderMap) -> Option<String> {
    let name = headers.get(&REQUEST_ID)?.to_str().ok()?;
    let harmless = |letter: char| letter.is_ascii_alphanumeric() || "-_.:=/+".contains(letter);
    (!name.is_empty() && name.len() <= MAX_NAME && name.chars().all(harmless)).then(|| name.to_owned())
}

/// The trace that the request belongs to, of `traceparent`: `00-<trace>-<parent>-<flags>`.
fn trace_of(headers: &HeaderMap) -> Option<TraceId> {
    let parent = last(headers, TRACE_PARENT)?;
    let mut parts = parent.split('-');
    let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let hexadecimal = |text: &str, length: usize| {
        text.len() == length && text.chars().all(|digit| matches!(digit, '0'..='9' | 'a'..='f'))
    };
    let known = hexadecimal(version, 2)
        && version != "ff"
        && hexadecimal(trace, 32)
        && hexadecimal(span, 16)
        && hexadecimal(flags, 2)
        && trace.contains(|digit| digit != '0')
        && span.contains(|digit| digit != '0');
    known.then(|| TraceId(trace.into()))
}

fn list(headers: &HeaderMap, name: &str) -> Vec<String> {
    headers
        .get_all(name)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|part| part.trim().to_owned())
        .collect()
}

fn last(headers: &HeaderMap, name: &str) -> Option<String> {
    list(headers, name).pop()
}

/// An address as proxies write it: bare, in brackets, with a port or without.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.split(']').next());
    let found = bare.unwrap_or(text).parse::<IpAddr>().ok();
    let found = found.or_else(|| text.parse::<std::net::SocketAddr>().ok().map(|address| address.ip()));
    found.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge() -> Edge {
        Edge {
            trusted: vec!["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()],
            tls: false,
            public_url: "http://crm.example".to_owned(),
        }
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    fn seen(peer: &str, pairs: &[(&'static str, &str)]) -> (String, bool) {
        let provenance = edge().look(Some(peer.parse().unwrap()), &headers(pairs));
        (provenance.address.unwrap().to_string(), provenance.over_tls)
    }

    #[test]
    fn only_listed_networks_are_believed() {
        let claims = [("x-forwarded-for", "198.51.100.7"), ("x-forwarded-proto", "https")];
        assert_eq!(seen("203.0.113.9", &claims), ("203.0.113.9".to_owned(), false));
        assert_eq!(seen("10.1.2.3", &claims), ("198.51.100.7".to_owned(), true));
        assert_eq!(seen("::1", &claims), ("198.51.100.7".to_owned(), true));
        // The same network, seen through a socket of the other family.
        assert_eq!(seen("::ffff:10.1.2.3", &claims).0, "198.51.100.7");
    }

    #[test]
    fn the_client_is_the_last_one_that_is_no_proxy_of_ours() {
        // What a client claims itself comes first and is not reached.
        let chain = [("x-forwarded-for", "1.2.3.4, 198.51.100.7, 10.9.9.9")];
        assert_eq!(seen("10.1.2.3", &chain).0, "198.51.100.7");
        let ours = [("x-forwarded-for", "10.9.9.9")];
        assert_eq!(seen("10.1.2.3", &ours).0, "10.9.9.9");
        let nonsense = [("x-forwarded-for", "198.51.100.7, unknown")];
        assert_eq!(seen("10.1.2.3", &nonsense).0, "10.1.2.3");
        let ported = [("x-forwarded-for", "198.51.100.7:4711")];
        assert_eq!(seen("10.1.2.3", &ported).0, "198.51.100.7");
        let six = [("x-forwarded-for", "[2001:db8::1]:4711")];
        assert_eq!(seen("10.1.2.3", &six).0, "2001:db8::1");
        assert_eq!(seen("10.1.2.3", &[]), ("10.1.2.3".to_owned(), false));
    }

    #[test]
    fn a_trace_is_taken_over_only_where_it_is_one() {
        let trace = |text: &str| trace_of(&headers(&[("traceparent", text)])).map(|trace| trace.0.to_string());
        let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        assert_eq!(trace(good).as_deref(), Some("0af7651916cd43dd8448eb211c80319c"));
        for bad in [
            "",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
        ] {
            assert_eq!(trace(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_request_keeps_its_name_only_if_that_is_harmless() {
        let name = |text: &str| request_id(&headers(&[("x-request-id", text)]));
        assert_eq!(name("a-1_b.c").as_deref(), Some("a-1_b.c"));
        assert_eq!(name(""), None);
        assert_eq!(name("a b"), None);
        assert_eq!(name(&"x".repeat(129)), None);
    }
}
