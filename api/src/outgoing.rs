//! Requests over HTTP to services that the operator named: a time-stamping authority, a provider of signatures. An address
//! that a user gives does not belong here: it could lead anywhere inside the house.
//!
//! Each request has a time in which it is answered, and each answer a length that it may have.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{
    Request, Uri,
    client::conn::http1,
    header::{CONTENT_TYPE, HOST, HeaderName, HeaderValue},
};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{ClientConfig, RootCertStore, pki_types::ServerName},
};

/// Why a service gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum OutgoingError {
    #[error("`{0}` is no address of a service")]
    BadAddress(String),
    #[error("the service cannot be reached: {0}")]
    Unreachable(#[from] std::io::Error),
    #[error("TLS cannot be spoken: {0}")]
    Tls(#[from] tokio_rustls::rustls::Error),
    #[error("the service does not speak HTTP: {0}")]
    Http(#[from] hyper::Error),
    #[error("the request cannot be written: {0}")]
    Request(#[from] hyper::http::Error),
    #[error("the answer breaks off or has more than {max} bytes: {reason}")]
    Body { max: usize, reason: String },
    #[error("no answer in {} seconds", .0.as_secs())]
    TooSlow(Duration),
}

/// What a service answered.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub media_type: Option<String>,
    pub body: Bytes,
}

impl Answer {
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// A request to a service.
#[derive(Debug, Clone)]
pub struct Question {
    method: &'static str,
    url: String,
    headers: Vec<(HeaderName, String)>,
    body: Bytes,
}

impl Question {
    pub fn get(url: impl Into<String>) -> Self {
        Self {
            method: "GET",
            url: url.into(),
            headers: Vec::new(),
            body: Bytes::new(),
        }
    }

    pub fn post(url: impl Into<String>, media_type: &str, body: impl Into<Bytes>) -> Self {
        Self {
            method: "POST",
            url: url.into(),
            headers: vec![(CONTENT_TYPE, media_type.to_owned())],
            body: body.into(),
        }
    }

    pub fn with(mut self, header: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((header, value.into()));
        self
    }
}

/// How long a service may take, and how much it may say.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub time: Duration,
    pub bytes: usize,
}

/// Asks services.
#[derive(Clone)]
pub struct Outgoing {
    tls: TlsConnector,
}

impl Outgoing {
    pub fn new() -> Result<Self, OutgoingError> {
        let roots = RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
        };
        let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self {
            tls: TlsConnector::from(Arc::new(config)),
        })
    }

    /// Asks once, over a connection of its own.
    pub async fn ask(&self, question: Question, limits: Limits) -> Result<Answer, OutgoingError> {
        let answered = tokio::time::timeout(limits.time, self.exchange(question, limits.bytes));
        answered.await.map_err(|_| OutgoingError::TooSlow(limits.time))?
    }

    async fn exchange(&self, question: Question, max: usize) -> Result<Answer, OutgoingError> {
        let bad = || OutgoingError::BadAddress(question.url.clone());
        let uri: Uri = question.url.parse().map_err(|_| bad())?;
        let authority = uri.authority().ok_or_else(bad)?;
        let host = authority.host().trim_matches(['[', ']']);
        let encrypted = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(bad()),
        };
        let port = authority.port_u16().unwrap_or(if encrypted { 443 } else { 80 });
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let mut request = Request::builder()
            .method(question.method)
            .uri(path)
            .header(HOST, authority.as_str());
        for (name, value) in &question.headers {
            let mut value = HeaderValue::try_from(value).map_err(hyper::http::Error::from)?;
            value.set_sensitive(*name == hyper::header::AUTHORIZATION);
            request = request.header(name, value);
        }
        let request = request.body(Full::new(question.body.clone()))?;
        let stream = TcpStream::connect((host, port)).await?;
        if encrypted {
            let name = ServerName::try_from(host.to_owned()).map_err(|_| bad())?;
            over(self.tls.connect(name, stream).await?, request, max).await
        } else {
            over(stream, request, max).await
        }
    }
}

async fn over<S>(stream: S, request: Request<Full<Bytes>>, max: usize) -> Result<Answer, OutgoingError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let exchange = async {
        let answer = sender.send_request(request).await?;
        let status = answer.status().as_u16();
        let media_type = answer.headers().get(CONTENT_TYPE);
        let media_type = media_type.and_then(|value| value.to_str().ok()).map(str::to_owned);
        let body = Limited::new(answer.into_body(), max).collect().await;
        let body = body.map_err(|error| OutgoingError::Body {
            max,
            reason: error.to_string(),
        })?;
        Ok(Answer {
            status,
            media_type,
            body: body.to_bytes(),
        })
    };
    // The connection is driven beside the exchange, and no longer than that.
    tokio::pin!(exchange);
    tokio::select! {
        answer = &mut exchange => answer,
        driven = connection => {
            driven?;
            exchange.await
        }
    }
}
