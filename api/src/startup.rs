//! The HTTP server: bound, running, and stopped in order.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use actix_web::{App, HttpServer, dev::ServerHandle, web};
use tokio::{runtime::Handle, sync::watch, task::JoinHandle};

use crate::{
    application::Application,
    authentication::Authentication,
    config::{Config, Secret},
    http::{self, Access, Server, edge::Edge},
    readiness::Readiness,
    registered::{DocumentsError, Registered},
    throttle::Throttle,
    tls::{Certificates, TlsError},
};

/// Threads that speak HTTP; the operations themselves run on the main runtime.
const WORKERS: usize = 2;
/// How long open requests may take to end once the server is told to stop.
const GRACE: u64 = 10;
/// How long a client may take to send the head of a request.
const HEAD_WAIT: Duration = Duration::from_secs(10);

/// A server that listens.
pub struct Running {
    pub address: SocketAddr,
    /// Where it shows its measures, and nothing else.
    pub watched_at: Option<SocketAddr>,
    /// What it shows over TLS, where it speaks that itself.
    pub certificates: Option<Arc<Certificates>>,
    stop: watch::Sender<bool>,
    listeners: Vec<(ServerHandle, JoinHandle<std::io::Result<()>>)>,
}

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error(transparent)]
    Documents(#[from] DocumentsError),
    #[error("cannot listen on {address}: {error}")]
    Listen { address: String, error: std::io::Error },
}

/// Binds the configured address (port 0: any free one) and serves the API of an application; and what tells how it
/// stands at a second address, where one is configured. `token`: what opens everything.
pub fn serve(application: Arc<Application>, token: Option<Secret>, config: &Config) -> Result<Running, StartError> {
    let access = Access {
        registered: Registered::open(config.documents.as_deref(), config.operations)?,
        throttle: Throttle::new(config.rate_limit),
        body_wait: config.body_wait,
    };
    let certificates = match (&config.tls_cert, &config.tls_key) {
        (Some(cert), Some(key)) => Some(Certificates::read(cert, key)?),
        (None, None) => None,
        _ => return Err(TlsError::Half.into()),
    };
    let (stop, stopping) = watch::channel(false);
    let authentication = Authentication::new(token, application.identity.clone());
    let edge = Edge {
        trusted: config.trusted_proxies.clone(),
        tls: certificates.is_some(),
        public_url: config.public_url.clone(),
    };
    let readiness = Arc::new(Readiness::new(config.ready_lag));
    let server = Server::new(
        application,
        authentication,
        readiness,
        edge,
        access,
        Handle::current(),
        stopping,
    );
    let server = web::Data::new(server);
    let watched = server.clone();
    let failed = |address: &str| {
        let address = address.to_owned();
        move |error| StartError::Listen { address, error }
    };
    let api = HttpServer::new(move || http::application(server.clone()))
        .workers(WORKERS)
        .client_request_timeout(HEAD_WAIT)
        .shutdown_timeout(GRACE)
        .disable_signals();
    let api = match &certificates {
        Some(certificates) => api.bind_rustls_0_23(&config.listen, certificates.server_config()?),
        None => api.bind(&config.listen),
    };
    let api = api.map_err(failed(&config.listen))?;
    let address = first(&api.addrs()).map_err(failed(&config.listen))?;
    let mut listeners = vec![spawn(api.run())];
    let mut watched_at = None;
    if let Some(listen) = &config.metrics_listen {
        let http = HttpServer::new(move || App::new().app_data(watched.clone()).configure(http::watching_routes))
            .workers(1)
            .client_request_timeout(HEAD_WAIT)
            .shutdown_timeout(GRACE)
            .disable_signals()
            .bind(listen)
            .map_err(failed(listen))?;
        watched_at = Some(first(&http.addrs()).map_err(failed(listen))?);
        listeners.push(spawn(http.run()));
    }
    Ok(Running {
        address,
        watched_at,
        certificates,
        stop,
        listeners,
    })
}

fn first(addresses: &[SocketAddr]) -> std::io::Result<SocketAddr> {
    addresses
        .first()
        .copied()
        .ok_or_else(|| std::io::Error::other("no address was bound"))
}

fn spawn(server: actix_web::dev::Server) -> (ServerHandle, JoinHandle<std::io::Result<()>>) {
    (server.handle(), tokio::spawn(server))
}

impl Running {
    /// Where it is reached from this machine, `http://address:port` or `https://…`.
    pub fn url(&self) -> String {
        let scheme = if self.certificates.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// Takes no new connections, lets open requests end, says good-bye on open sockets. The measures are shown until the
    /// last request has ended.
    pub async fn stop(self) -> std::io::Result<()> {
        self.stop.send_replace(true);
        for (handle, served) in self.listeners {
            handle.stop(true).await;
            served.await.unwrap_or_else(|error| Err(std::io::Error::other(error)))?;
        }
        Ok(())
    }
}
