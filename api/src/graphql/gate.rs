//! The gate that every GraphQL operation passes: policy, limits, and codes on every error.
//!
//! It is an extension of the schema rather than a call in each resolver, so that no field can forget it.

use std::{
    any::TypeId,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use async_graphql::parser::types::{ExecutableDocument, OperationType};
use async_graphql::{
    Name, PathSegment, QueryPathNode, QueryPathSegment, Request, Response, ServerError, ServerResult, ValidationResult,
    Value,
    extensions::{
        Extension, ExtensionContext, ExtensionFactory, NextPrepareRequest, NextRequest, NextResolve, NextSubscribe,
        NextValidation, ResolveInfo,
    },
};
use futures::stream::{BoxStream, StreamExt};
use tracing::Instrument;

use super::{
    cost::Meter,
    documents,
    errors::{ApiError, ErrorCode},
    limits::{self, ParseFailure},
    session::SignedIn,
};
use crate::{
    metrics::{Kind, Metrics, Outcome},
    policy::{self, Denied, Operation, Viewer},
    tracing_out::REQUEST_SPANS,
};

/// Cost of an operation at most: a page of 250 rows with a dozen fields and two joins each is about 4,000.
pub const MAX_COMPLEXITY: usize = 50_000;
/// Nesting at most; the introspection query of the usual tools needs 15.
pub const MAX_DEPTH: usize = 16;

/// Ties an answer to the log lines about it.
#[derive(Debug, Clone)]
pub struct TraceId(pub Arc<str>);

impl TraceId {
    pub fn random() -> Self {
        Self(uuid::Uuid::new_v4().simple().to_string().into())
    }
}

pub struct Gate {
    pub metrics: Arc<Metrics>,
}

impl ExtensionFactory for Gate {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(GateKeeper {
            trace: Arc::default(),
            meter: Meter::default(),
            count: Arc::new(Count::begin(self.metrics.clone())),
        })
    }
}

/// One per operation.
struct GateKeeper {
    /// Known once the request is seen.
    trace: Arc<OnceLock<TraceId>>,
    meter: Meter,
    count: Arc<Count>,
}

/// Counts an operation once, however many answers it has.
struct Count {
    metrics: Arc<Metrics>,
    begun: Instant,
    /// Known once the document is read.
    kind: OnceLock<Kind>,
    counted: AtomicBool,
}

impl Count {
    fn begin(metrics: Arc<Metrics>) -> Self {
        Self {
            metrics,
            begun: Instant::now(),
            kind: OnceLock::new(),
            counted: AtomicBool::new(false),
        }
    }

    fn read(&self, document: &ExecutableDocument, chosen: Option<&str>) {
        let mut operations = document.operations.iter();
        let named = operations.find(|(name, _)| chosen.is_none() || name.map(Name::as_str) == chosen);
        if let Some((_, operation)) = named
            && self.kind.set(operation.node.ty.into()).is_ok()
            && operation.node.ty == OperationType::Subscription
        {
            self.metrics.subscription_opened();
        }
    }

    fn kind(&self) -> Kind {
        self.kind.get().copied().unwrap_or(Kind::Unread)
    }

    fn answered(&self, response: &Response) {
        let codes = response.errors.iter().filter_map(code_of);
        let ours = |code: &Value| matches!(code, Value::String(code) if ErrorCode::is_of_the_server(code));
        let outcome = match codes.map(ours).reduce(|some, other| some || other) {
            None => Outcome::Answered,
            Some(true) => Outcome::Failed,
            Some(false) => Outcome::Refused,
        };
        self.end(outcome);
    }

    fn end(&self, outcome: Outcome) {
        if self.counted.swap(true, Ordering::Relaxed) {
            return;
        }
        let kind = self.kind();
        let took = matches!(kind, Kind::Query | Kind::Mutation).then(|| self.begun.elapsed());
        self.metrics.request(kind, outcome, took);
    }
}

impl Drop for Count {
    /// A subscription of which nothing ever came was answered, too: with silence.
    fn drop(&mut self) {
        if self.kind() == Kind::Subscription {
            self.metrics.subscription_closed();
            self.end(Outcome::Answered);
        }
    }
}

#[async_trait::async_trait]
impl Extension for GateKeeper {
    async fn request(&self, ctx: &ExtensionContext<'_>, next: NextRequest<'_>) -> Response {
        let span = tracing::info_span!(
            target: REQUEST_SPANS,
            "operation",
            kind = tracing::field::Empty,
            trace = tracing::field::Empty,
        );
        let mut response = next.run(ctx).instrument(span).await;
        finish(&mut response, self.trace.get_or_init(TraceId::random));
        self.count.answered(&response);
        match self.meter.settle(ctx) {
            Some(cost) => response.extension("cost", cost),
            None => response,
        }
    }

    fn subscribe<'s>(
        &self,
        ctx: &ExtensionContext<'_>,
        stream: BoxStream<'s, Response>,
        next: NextSubscribe<'_>,
    ) -> BoxStream<'s, Response> {
        let (trace, count) = (self.trace.clone(), self.count.clone());
        next.run(ctx, stream)
            .map(move |mut response| {
                finish(&mut response, trace.get_or_init(TraceId::random));
                count.answered(&response);
                response
            })
            .boxed()
    }

    async fn prepare_request(
        &self,
        ctx: &ExtensionContext<'_>,
        mut request: Request,
        next: NextPrepareRequest<'_>,
    ) -> ServerResult<Request> {
        let document = limits::parse(&request.query).map_err(|failure| match failure {
            ParseFailure::Syntax(error) => coded(error.into(), ErrorCode::GraphqlParseFailed),
            ParseFailure::Refused(error) => server_error(error),
        })?;
        documents::check(&document, request.operation_name.as_deref(), &request.variables).map_err(server_error)?;
        self.count.read(&document, request.operation_name.as_deref());
        request.set_parsed_query(document);
        let given = request.data.get(&TypeId::of::<TraceId>());
        let given = given.and_then(|given| given.downcast_ref::<TraceId>()).cloned();
        let trace = self.trace.get_or_init(|| given.unwrap_or_else(TraceId::random)).clone();
        tracing::Span::current()
            .record("kind", self.count.kind().as_str())
            .record("trace", trace.0.as_ref());
        next.run(ctx, request.data(trace)).await
    }

    async fn validation(
        &self,
        ctx: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        let result = next.run(ctx).await.map_err(|errors| {
            errors
                .into_iter()
                .map(|error| coded(error, ErrorCode::GraphqlValidationFailed))
                .collect::<Vec<_>>()
        })?;
        within_limits(&result)
            .and_then(|()| self.meter.pay(ctx, result.complexity))
            .map_err(|error| vec![server_error(error)])?;
        Ok(result)
    }

    async fn resolve(
        &self,
        ctx: &ExtensionContext<'_>,
        info: ResolveInfo<'_>,
        next: NextResolve<'_>,
    ) -> ServerResult<Option<Value>> {
        self.meter.resolve(&info);
        if info.is_for_introspection || info.name.starts_with("__") {
            return next.run(ctx, info).await;
        }
        let signed_in = ctx.data_opt::<SignedIn>();
        let signed_in = signed_in.and_then(|signed_in| signed_in.viewer(info.path_node));
        let viewer = signed_in.or_else(|| ctx.data_opt::<Viewer>());
        // The fields of the three roots are those without a parent.
        let admitted = if info.path_node.parent.is_none() {
            let operation = match info.parent_type {
                "Mutation" => Operation::Mutation(info.name),
                "Query" => Operation::Query(info.name),
                // Subscriptions are known under the names of the parts that they are merged from.
                _ => Operation::Subscription(info.name),
            };
            policy::admit(viewer, operation)
        } else {
            policy::may_see(viewer, info.parent_type, info.name)
        };
        match admitted {
            Ok(()) => next.run(ctx, info).await,
            Err(denied) => Err(server_error(denied.into()).with_path(path_of(info.path_node))),
        }
    }
}

/// Where a field stands in the answer.
fn path_of(node: &QueryPathNode<'_>) -> Vec<PathSegment> {
    let mut path: Vec<_> = node.parents().map(|parent| segment(&parent.segment)).collect();
    path.reverse();
    path.push(segment(&node.segment));
    path
}

fn segment(segment: &QueryPathSegment<'_>) -> PathSegment {
    match segment {
        QueryPathSegment::Index(index) => PathSegment::Index(*index),
        QueryPathSegment::Name(name) => PathSegment::Field((*name).to_owned()),
    }
}

impl From<Denied> for ApiError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Unauthenticated => Self::new(
                ErrorCode::Unauthenticated,
                "Sign in: by the mutation `signIn`, or send `Authorization: Bearer` with a token.",
            ),
            Denied::Forbidden => Self::new(ErrorCode::Forbidden, "You may not do this."),
        }
    }
}

fn within_limits(result: &ValidationResult) -> Result<(), ApiError> {
    let (cost, depth) = (result.complexity, result.depth);
    if depth > MAX_DEPTH {
        let message = format!("The operation is nested {depth} deep; {MAX_DEPTH} is the limit.");
        return Err(ApiError::new(ErrorCode::DepthExceeded, message)
            .with("depth", depth)
            .with("limit", MAX_DEPTH));
    }
    if cost > MAX_COMPLEXITY {
        let message = format!("The operation costs {cost}; {MAX_COMPLEXITY} is the limit. Ask for smaller pages.");
        return Err(ApiError::new(ErrorCode::ComplexityExceeded, message)
            .with("cost", cost)
            .with("limit", MAX_COMPLEXITY));
    }
    Ok(())
}

fn server_error(error: ApiError) -> ServerError {
    let extensions = error.extensions();
    let mut server_error = ServerError::new(error.message, None);
    server_error.extensions = Some(extensions);
    server_error
}

fn code_of(error: &ServerError) -> Option<&Value> {
    error.extensions.as_ref().and_then(|extensions| extensions.get("code"))
}

fn coded(mut error: ServerError, code: ErrorCode) -> ServerError {
    if code_of(&error).is_none() {
        error.extensions.get_or_insert_default().set("code", code.as_str());
    }
    error
}

/// Gives every error a code and the trace id. Our own errors bring their code; one without comes from the library, which
/// finds values that do not fit their types while it runs the operation.
fn finish(response: &mut Response, TraceId(trace): &TraceId) {
    for error in &mut response.errors {
        let mut finished = coded(error.clone(), ErrorCode::BadUserInput);
        finished
            .extensions
            .get_or_insert_default()
            .set("traceId", trace.as_ref());
        let code = code_of(&finished).map(ToString::to_string).unwrap_or_default();
        // Without the message, which may repeat what the request says of persons.
        tracing::info!(code, %trace, "request answered with an error");
        *error = finished;
    }
}
