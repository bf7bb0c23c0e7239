//! What an operation carries with it while it runs: who asks, under which trace, in which language, over what.

use std::sync::Arc;

use async_graphql::{Context, Request};
use domain::Language;

use super::{
    errors::{ApiError, ApiResult},
    gate::TraceId,
    reading::Readings,
};
use crate::{
    application::Application,
    policy::{Scope, StreamSight, Viewer},
};

/// How the operation came, for those that answer with more than data.
#[derive(Debug, Clone)]
pub struct Origin {
    pub client: identity::Client,
    /// The secret of the session's cookie, where one came along.
    pub session: Option<String>,
    /// Whether the answer can set a cookie.
    pub takes_cookies: bool,
    /// Whether cookies go only over TLS.
    pub secure: bool,
    /// The trace that the operation belongs to, where its request belongs to one.
    pub trace: Option<TraceId>,
}

/// Makes an operation ready to run.
///
/// `language` is what the request asks for; without it people are spoken to as their account says.
pub fn prepare(
    request: Request,
    application: &Arc<Application>,
    viewer: Option<Viewer>,
    language: Option<Language>,
    origin: Origin,
) -> Request {
    let language = language.or_else(|| viewer.as_ref().and_then(Viewer::language));
    let request = request
        .data(application.clone())
        .data(language.unwrap_or_default())
        .data(Readings::default());
    let request = match &origin.trace {
        Some(trace) => request.data(trace.clone()),
        None => request,
    };
    let request = request.data(origin);
    match viewer {
        Some(viewer) => request.data(viewer),
        None => request,
    }
}

/// Shorthands for resolvers.
pub trait Session {
    fn application(&self) -> ApiResult<&Arc<Application>>;
    fn viewer(&self) -> ApiResult<&Viewer>;
    fn origin(&self) -> ApiResult<&Origin>;
    /// Which records whoever asks sees.
    fn scope(&self) -> Scope;
    /// Which streams of the journal they may know of.
    fn sight(&self) -> ApiResult<StreamSight>;
    /// The language of messages for people; English when nobody said otherwise.
    fn language(&self) -> Language;
    fn trace(&self) -> Option<&TraceId>;
}

impl Session for Context<'_> {
    fn application(&self) -> ApiResult<&Arc<Application>> {
        self.data().map_err(|error| missing(&error))
    }

    fn viewer(&self) -> ApiResult<&Viewer> {
        self.data().map_err(|error| missing(&error))
    }

    fn origin(&self) -> ApiResult<&Origin> {
        self.data().map_err(|error| missing(&error))
    }

    fn scope(&self) -> Scope {
        self.data::<Viewer>().map_or(Scope::NOTHING, Viewer::scope)
    }

    fn sight(&self) -> ApiResult<StreamSight> {
        Ok(StreamSight::new(self.viewer()?, self.application()?))
    }

    fn language(&self) -> Language {
        self.data().copied().unwrap_or(Language::English)
    }

    fn trace(&self) -> Option<&TraceId> {
        self.data().ok()
    }
}

/// Only a mistake of ours leaves these out.
pub(super) fn missing(error: &async_graphql::Error) -> ApiError {
    ApiError::internal("an operation runs without its session", &error.message)
}
