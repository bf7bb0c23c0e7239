//! The HTTP server: bound, running, and stopped in order.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use actix_web::{App, HttpServer, dev::ServerHandle, web};
use tokio::{runtime::Handle, sync::watch, task::JoinHandle};

use crate::{
    application::Application,
    authentication::Authentication,
    config::Secret,
    http::{self, Server},
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
    handle: ServerHandle,
    stop: watch::Sender<bool>,
    served: JoinHandle<std::io::Result<()>>,
}

/// Binds `listen` (port 0: any free one) and serves the API of an application. `token`: what opens everything.
pub fn serve(application: Arc<Application>, token: Option<Secret>, listen: &str) -> std::io::Result<Running> {
    let (stop, stopping) = watch::channel(false);
    let authentication = Authentication::new(token, application.identity.clone());
    let server = web::Data::new(Server::new(application, authentication, Handle::current(), stopping));
    let http = HttpServer::new(move || App::new().app_data(server.clone()).configure(http::routes))
        .workers(WORKERS)
        .client_request_timeout(HEAD_WAIT)
        .shutdown_timeout(GRACE)
        .disable_signals()
        .bind(listen)?;
    let address = http
        .addrs()
        .first()
        .copied()
        .ok_or_else(|| std::io::Error::other("no address was bound"))?;
    let running = http.run();
    let handle = running.handle();
    Ok(Running {
        address,
        handle,
        stop,
        served: tokio::spawn(running),
    })
}

impl Running {
    /// Takes no new connections, lets open requests end, says good-bye on open sockets.
    pub async fn stop(self) -> std::io::Result<()> {
        self.stop.send_replace(true);
        self.handle.stop(true).await;
        self.served
            .await
            .unwrap_or_else(|error| Err(std::io::Error::other(error)))
    }
}
