//! `alforis serve`: the GraphQL server with its workers.

use std::sync::Arc;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use super::{Failure, Finish, Output, demo};
use crate::{
    application::{Application, Opening},
    config::{Config, Flags, Secret},
    first_start::{self, Administrator},
    startup::{self, Running, StartError},
    tls::Certificates,
};

/// Serve the GraphQL API and run the workers
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  $ alforis serve --listen 127.0.0.1:0 --demo")]
pub(super) struct ServeArgs {
    /// Where to listen: `address:port`, port 0 for any free one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// The certificate to show over TLS, with those that lead to its authority (PEM)
    #[arg(long, value_name = "FILE")]
    tls_cert: Option<String>,
    /// The certificate's private key (PEM); SIGHUP reads both again
    #[arg(long, value_name = "FILE")]
    tls_key: Option<String>,
    /// Networks of the proxies whose `X-Forwarded-For` and `-Proto` are believed
    #[arg(long, value_name = "NETWORKS")]
    trusted_proxies: Option<String>,
    /// A second address for `/metrics`, `/healthz` and `/readyz` alone, open to whoever can reach it
    #[arg(long, value_name = "ADDRESS")]
    metrics_listen: Option<String>,
    /// Seconds that the views may be behind before `/readyz` says that the server is not ready [default: 30]
    #[arg(long, value_name = "SECONDS")]
    ready_lag: Option<String>,
    /// Seconds that a request's body may stand still, or lag behind 1 KiB a second, before it is given up [default: 30]
    #[arg(long, value_name = "SECONDS")]
    body_wait: Option<String>,
    /// Where business time comes from: `real`, `manual`, or `manual:MOMENT` [default: real]
    #[arg(long, value_name = "CLOCK")]
    clock: Option<String>,
    /// Folder into which invoices are put for the platform that they go through
    #[arg(long, value_name = "DIR")]
    platform_folder: Option<String>,
    /// Time-stamping authority (RFC 3161) that vouches for when quotes were signed
    #[arg(long, value_name = "URL")]
    timestamp_url: Option<String>,
    /// Provider that has quotes signed, spoken to in JSON
    #[arg(long, value_name = "URL")]
    signature_provider: Option<String>,
    /// Registered operations: a JSON manifest, or a folder of `.graphql` files
    #[arg(long, value_name = "PATH")]
    documents: Option<String>,
    /// Which operations are taken: `any`, or `registered` ones only [default: any]
    #[arg(long, value_name = "WHICH")]
    operations: Option<String>,
    /// Query cost that each client may spend: `COST-PER-SECOND/MAXIMUM`, or `none` [default: 250000/1000000]
    #[arg(long, value_name = "RATE")]
    rate_limit: Option<String>,
    /// Fill the journal with the demo company first, unless it is there already
    #[arg(long)]
    demo: bool,
}

impl ServeArgs {
    pub(super) fn flags(&self) -> Flags {
        [
            ("listen", &self.listen),
            ("tls-cert", &self.tls_cert),
            ("tls-key", &self.tls_key),
            ("trusted-proxies", &self.trusted_proxies),
            ("metrics-listen", &self.metrics_listen),
            ("ready-lag", &self.ready_lag),
            ("body-wait", &self.body_wait),
            ("clock", &self.clock),
            ("platform-folder", &self.platform_folder),
            ("timestamp-url", &self.timestamp_url),
            ("signature-provider", &self.signature_provider),
            ("documents", &self.documents),
            ("operations", &self.operations),
            ("rate-limit", &self.rate_limit),
        ]
        .into_iter()
        .filter_map(|(key, value)| value.clone().map(|value| (key, value)))
        .collect()
    }
}

pub(super) async fn run(args: ServeArgs, config: Config, output: &mut Output) -> Result<Finish, Failure> {
    if args.demo {
        demo::fill(&config).await?;
    }
    let application = Application::open(&config, Opening::default()).await?;
    let outbox = application
        .post
        .carrier()
        .outbox()
        .map(|outbox| outbox.folder().to_owned());
    let workers = application.start();
    // Whoever tries the demo company signs in as nobody in particular.
    let token = config.token.clone().or_else(|| args.demo.then(generated));
    let administrator = match &token {
        Some(_) => None,
        None => first_start::administrator(&application, &config.admin_email).await?,
    };
    let shown = application.clone();
    let server = startup::serve(application, token.clone(), &config).map_err(|error| {
        let code = match &error {
            StartError::Tls(_) => "TLS_SETTINGS",
            StartError::Documents(_) => "DOCUMENTS_UNUSABLE",
            StartError::Listen { .. } => "CANNOT_LISTEN",
        };
        Failure::new(code, error)
    })?;
    if let Some(certificates) = server.certificates.clone() {
        tokio::spawn(renew(certificates));
    }

    announce(&server, administrator.as_ref(), output)?;
    if let Some(outbox) = outbox {
        output.line(format_args!(
            "letters are written to {} (`--mail smtp://…` sends them)",
            outbox.display()
        ))?;
    }
    if let (true, Some(token)) = (args.demo, &token) {
        let papers = crate::demo::papers(&shown).await;
        let papers = papers.map_err(|error| Failure::new("PAPERS_UNREADABLE", error))?;
        demo::announce(&server.url(), token.reveal(), &config, &papers, output)?;
    }
    output.line("\nCtrl-C stops the server. What you did stays in the journal.")?;
    output.flush()?;
    let signal = stop_signal().await;
    tracing::info!(signal, "stopping");
    let stopped = server.stop().await;
    workers.stop().await;
    stopped.map_err(|error| Failure::new("SERVER_FAILED", error))?;
    Ok(Finish::Done)
}

/// Says where the server is, and how to sign in when somebody must be told. The first line is for programs too: it tells
/// the port when any was asked for.
fn announce(server: &Running, administrator: Option<&Administrator>, output: &mut Output) -> Result<(), Failure> {
    let address = server.url();
    output.line(format_args!("Alforis listens on {address}"))?;
    output.line(format_args!("GraphiQL: {address}/graphql"))?;
    if let Some(address) = server.watched_at {
        output.line(format_args!("Metrics: http://{address}/metrics"))?;
    }
    if let Some(Administrator { email, password }) = administrator {
        output.line("\nThis is the first start: an administrator was made. Sign in once and change the password:")?;
        output.line(format_args!("  e-mail    {email}"))?;
        output.line(format_args!("  password  {password}"))?;
        output.line(format_args!(
            "  curl -s {address}/graphql -H 'Content-Type: application/json' -c cookies.txt \\\n    \
             -d '{{\"query\":\"mutation {{ signIn(input: {{ email: \\\"{email}\\\", password: \\\"{password}\\\" }}) \
             {{ csrfToken userErrors {{ code message }} }} }}\"}}'"
        ))?;
    }
    Ok(())
}

/// Reads the certificate again when the process is told to (SIGHUP).
async fn renew(certificates: Arc<Certificates>) {
    let Ok(mut told) = signal(SignalKind::hangup()) else {
        tracing::error!("SIGHUP cannot be heard: a renewed certificate needs a restart");
        return;
    };
    while told.recv().await.is_some() {
        match certificates.renew() {
            Ok(()) => tracing::info!("the certificate was read again"),
            Err(error) => tracing::error!(%error, "the certificate cannot be read again; the one before is shown on"),
        }
    }
}

fn generated() -> Secret {
    Secret::new(hex::encode(rand::random::<[u8; 16]>()))
}

/// Waits until somebody wants the process to end.
async fn stop_signal() -> &'static str {
    let interrupted = async {
        // Without the handler the signal ends the process by itself.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        "SIGINT"
    };
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => terminate.recv().await,
            Err(_) => std::future::pending().await,
        };
        "SIGTERM"
    };
    tokio::select! {
        name = interrupted => name,
        name = terminated => name,
    }
}
