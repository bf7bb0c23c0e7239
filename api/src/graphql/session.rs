//! What an operation carries with it while it runs: who asks, under which trace, in which language, over what.

use std::sync::Arc;

use async_graphql::{Context, Request};
use domain::Language;

use super::{
    errors::{ApiError, ApiResult},
    gate::TraceId,
    reading::Readings,
};
use crate::{application::Application, policy::Viewer};

/// Makes an operation ready to run.
pub fn prepare(request: Request, application: &Arc<Application>, viewer: Viewer, language: Language) -> Request {
    request
        .data(application.clone())
        .data(viewer)
        .data(language)
        .data(Readings::default())
}

/// Shorthands for resolvers.
pub trait Session {
    fn application(&self) -> ApiResult<&Arc<Application>>;
    fn viewer(&self) -> ApiResult<&Viewer>;
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
