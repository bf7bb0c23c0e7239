//! What an operation carries with it while it runs: who asks, under which trace, in which language, over what.

use std::sync::{Arc, OnceLock};

use async_graphql::{Context, QueryPathNode, QueryPathSegment, Request};
use domain::Language;

use super::{
    causes::Causes,
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

/// Who signed in while the operation runs. What stands below the answer to it is theirs to see; the operation's other
/// fields are not.
#[derive(Default)]
pub struct SignedIn(OnceLock<Entrance>);

struct Entrance {
    /// The root field that they signed in by, as the answer calls it.
    field: String,
    viewer: Viewer,
    readings: Readings,
}

impl SignedIn {
    /// Whether somebody did.
    pub fn is_taken(&self) -> bool {
        self.0.get().is_some()
    }

    /// The rest of the answer to the field at this path is for them.
    pub fn enter(&self, node: Option<QueryPathNode<'_>>, viewer: Viewer) {
        if let Some(QueryPathSegment::Name(field)) = node.map(|node| node.segment) {
            // Whoever came first stays: the answer is already being made for them.
            let _ = self.0.set(Entrance {
                field: field.to_owned(),
                viewer,
                readings: Readings::default(),
            });
        }
    }

    /// Whom the answer at a path is for, where it is for somebody who just signed in.
    pub fn viewer(&self, node: &QueryPathNode<'_>) -> Option<&Viewer> {
        self.entrance(node).map(|entrance| &entrance.viewer)
    }

    fn entrance(&self, node: &QueryPathNode<'_>) -> Option<&Entrance> {
        let entrance = self.0.get()?;
        let root = &node.parents().last()?.segment;
        matches!(root, QueryPathSegment::Name(name) if *name == entrance.field).then_some(entrance)
    }
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
        .data(Readings::default())
        .data(SignedIn::default());
    let request = match &origin.trace {
        Some(trace) => request.data(trace.clone()),
        None => request,
    };
    let request = request.data(origin);
    match viewer {
        Some(viewer) => request.data(Causes::loader(application, &viewer)).data(viewer),
        None => request,
    }
}

/// Shorthands for resolvers.
pub trait Session {
    fn application(&self) -> ApiResult<&Arc<Application>>;
    /// Who asks: beneath a sign-in whoever signed in.
    fn viewer(&self) -> ApiResult<&Viewer>;
    /// What they read, once for all fields that ask for the same.
    fn readings(&self) -> ApiResult<&Readings>;
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
        match entrance(self) {
            Some(entrance) => Ok(&entrance.viewer),
            None => self.data().map_err(|error| missing(&error)),
        }
    }

    fn readings(&self) -> ApiResult<&Readings> {
        match entrance(self) {
            Some(entrance) => Ok(&entrance.readings),
            None => self.data().map_err(|error| missing(&error)),
        }
    }

    fn origin(&self) -> ApiResult<&Origin> {
        self.data().map_err(|error| missing(&error))
    }

    fn scope(&self) -> Scope {
        self.viewer().map_or(Scope::NOTHING, Viewer::scope)
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

fn entrance<'c>(ctx: &'c Context<'_>) -> Option<&'c Entrance> {
    ctx.data_opt::<SignedIn>()?.entrance(ctx.path_node.as_ref()?)
}

/// Only a mistake of ours leaves these out.
pub(super) fn missing(error: &async_graphql::Error) -> ApiError {
    ApiError::internal("an operation runs without its session", &error.message)
}
