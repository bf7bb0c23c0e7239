//! Where log lines and traces go: lines to stderr, spans of requests to a collector where one is configured.
//!
//! Neither says who a person is: lines carry codes, ids and positions, spans the kind of a request and how it ended.

use opentelemetry::{
    Context, KeyValue,
    trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState, TracerProvider},
};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig};
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
use tracing::{Level, Metadata, Span, level_filters::LevelFilter};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{FilterExt, Targets, filter_fn},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

use crate::config::{Config, LogFormat};

/// Target of the spans that are exported.
pub(crate) const REQUEST_SPANS: &str = "alforis::requests";

/// What is exported, until this is finished with.
#[derive(Debug, Default)]
pub(crate) struct Exporting {
    provider: Option<SdkTracerProvider>,
}

impl Exporting {
    /// Sends what was not sent yet.
    pub(crate) fn finish(self) {
        if let Some(provider) = self.provider
            && let Err(error) = provider.shutdown()
        {
            tracing::warn!(%error, "the last spans could not be sent");
        }
    }
}

/// Starts logging as configured, and exporting where that is configured.
pub(crate) fn start(config: &Config) -> Result<Exporting, String> {
    let provider = config.otlp.as_deref().map(provider).transpose()?;
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let filter = EnvFilter::new(&config.log).and(filter_fn(may_be_written));
    let lines = match config.log_format {
        LogFormat::Text => lines.with_filter(filter).boxed(),
        LogFormat::Json => lines.json().with_filter(filter).boxed(),
    };
    let spans = provider.as_ref().map(|provider| {
        tracing_opentelemetry::layer()
            .with_tracer(provider.tracer("alforis"))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_filter(Targets::new().with_target(REQUEST_SPANS, LevelFilter::INFO))
    });
    // Fails only when a subscriber is there already, which then is what the caller wants.
    let _ = tracing_subscriber::registry().with(lines).with(spans).try_init();
    Ok(Exporting { provider })
}

/// Our crates, the binary's included: what their lines hold is known. And one library, whose lines are statements with
/// places for values and never the values.
const KNOWN: [&str; 8] = [
    "alforis",
    "domain",
    "engine",
    "identity",
    "journal",
    "mail",
    "projections",
    "sqlx",
];

/// Whether a line may be written at all. What libraries say in detail repeats what they were given: a template its values,
/// a client its password.
fn may_be_written(line: &Metadata<'_>) -> bool {
    let room = line.target().split("::").next().unwrap_or_default();
    KNOWN.contains(&room) || *line.level() <= Level::INFO
}

fn provider(endpoint: &str) -> Result<SdkTracerProvider, String> {
    let exporter = SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')))
        .build()
        .map_err(|error| error.to_string())?;
    let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    let resource = Resource::builder()
        .with_service_name("alforis")
        .with_attribute(version)
        .build();
    Ok(SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(resource)
        .build())
}

/// Makes a span part of the trace that the client began.
pub(crate) fn continue_trace(span: &Span, traceparent: &str) {
    let mut parts = traceparent.split('-').skip(1);
    let (Some(trace), Some(parent), Some(flags)) = (parts.next(), parts.next(), parts.next()) else {
        return;
    };
    let (Ok(trace), Ok(parent)) = (TraceId::from_hex(trace), SpanId::from_hex(parent)) else {
        return;
    };
    let flags = TraceFlags::new(u8::from_str_radix(flags, 16).unwrap_or_default());
    let remote = SpanContext::new(trace, parent, flags, true, TraceState::default());
    if remote.is_valid() {
        // Fails only where nothing is exported.
        let _ = span.set_parent(Context::new().with_remote_span_context(remote));
    }
}
