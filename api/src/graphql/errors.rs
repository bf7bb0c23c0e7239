//! Every way in which a request can fail, each with its stable code.
//!
//! Two kinds are kept apart. What the *business* refuses (a won deal cannot be won again) is data: it comes as
//! [`UserError`] in the mutation's payload, under the domain's own codes. What the *system* refuses or cannot do comes
//! in `errors[]` with a code of [`ErrorCode`]. Neither ever carries internals: those go to the log, under the trace id
//! that the answer shows.

use async_graphql::{ErrorExtensionValues, SimpleObject, Value};
use engine::{CodecError, KeyError, ViewsError, agenda::AgendaError, bus::LoadError};
use journal::JournalError;

use super::{commands, refusals::UserErrorCode};
use crate::letters::Unsent;

/// The one enumeration of system errors. A code is never renamed; new ones may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    Unauthenticated,
    Forbidden,
    CsrfTokenRequired,
    BadRequest,
    BadUserInput,
    GraphqlParseFailed,
    GraphqlValidationFailed,
    PersistedQueryNotFound,
    NotRegistered,
    ComplexityExceeded,
    DepthExceeded,
    RateLimited,
    MethodNotAllowed,
    NotAcceptable,
    UnsupportedMediaType,
    PayloadTooLarge,
    RequestTimeout,
    NotFound,
    Conflict,
    CommandReused,
    InUse,
    StaleRead,
    SlowReader,
    AsOfBuilding,
    FullResyncNeeded,
    ClockIsReal,
    JournalFull,
    JournalUnavailable,
    ViewsUnavailable,
    ViewsBuilding,
    Busy,
    InternalServerError,
}

impl ErrorCode {
    pub const ALL: [Self; 32] = [
        Self::Unauthenticated,
        Self::Forbidden,
        Self::CsrfTokenRequired,
        Self::BadRequest,
        Self::BadUserInput,
        Self::GraphqlParseFailed,
        Self::GraphqlValidationFailed,
        Self::PersistedQueryNotFound,
        Self::NotRegistered,
        Self::ComplexityExceeded,
        Self::DepthExceeded,
        Self::RateLimited,
        Self::MethodNotAllowed,
        Self::NotAcceptable,
        Self::UnsupportedMediaType,
        Self::PayloadTooLarge,
        Self::RequestTimeout,
        Self::NotFound,
        Self::Conflict,
        Self::CommandReused,
        Self::InUse,
        Self::StaleRead,
        Self::SlowReader,
        Self::AsOfBuilding,
        Self::FullResyncNeeded,
        Self::ClockIsReal,
        Self::JournalFull,
        Self::JournalUnavailable,
        Self::ViewsUnavailable,
        Self::ViewsBuilding,
        Self::Busy,
        Self::InternalServerError,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
            Self::CsrfTokenRequired => "CSRF_TOKEN_REQUIRED",
            Self::BadRequest => "BAD_REQUEST",
            Self::BadUserInput => "BAD_USER_INPUT",
            Self::GraphqlParseFailed => "GRAPHQL_PARSE_FAILED",
            Self::GraphqlValidationFailed => "GRAPHQL_VALIDATION_FAILED",
            Self::PersistedQueryNotFound => "PERSISTED_QUERY_NOT_FOUND",
            Self::NotRegistered => "NOT_REGISTERED",
            Self::ComplexityExceeded => "COMPLEXITY_EXCEEDED",
            Self::DepthExceeded => "DEPTH_EXCEEDED",
            Self::RateLimited => "RATE_LIMITED",
            Self::MethodNotAllowed => "METHOD_NOT_ALLOWED",
            Self::NotAcceptable => "NOT_ACCEPTABLE",
            Self::UnsupportedMediaType => "UNSUPPORTED_MEDIA_TYPE",
            Self::PayloadTooLarge => "PAYLOAD_TOO_LARGE",
            Self::RequestTimeout => "REQUEST_TIMEOUT",
            Self::NotFound => "NOT_FOUND",
            Self::Conflict => "CONFLICT",
            Self::CommandReused => "COMMAND_REUSED",
            Self::InUse => "IN_USE",
            Self::StaleRead => "STALE_READ",
            Self::SlowReader => "SLOW_READER",
            Self::AsOfBuilding => "AS_OF_BUILDING",
            Self::FullResyncNeeded => "FULL_RESYNC_NEEDED",
            Self::ClockIsReal => "CLOCK_IS_REAL",
            Self::JournalFull => "JOURNAL_FULL",
            Self::JournalUnavailable => "JOURNAL_UNAVAILABLE",
            Self::ViewsUnavailable => "VIEWS_UNAVAILABLE",
            Self::ViewsBuilding => "VIEWS_BUILDING",
            Self::Busy => "BUSY",
            Self::InternalServerError => "INTERNAL_SERVER_ERROR",
        }
    }
}

impl ErrorCode {
    /// Whether a code says that the server, or what it stands on, is at fault.
    pub(crate) fn is_of_the_server(code: &str) -> bool {
        [
            Self::JournalFull,
            Self::JournalUnavailable,
            Self::ViewsUnavailable,
            Self::InternalServerError,
        ]
        .iter()
        .any(|ours| ours.as_str() == code)
    }
}

/// A system error on its way to the client.
///
/// It has no `Display` on purpose: the only way into an answer is the conversion below, so that no other error type
/// slips through with whatever its text says.
#[derive(Debug, Clone)]
pub struct ApiError {
    pub code: ErrorCode,
    pub message: String,
    details: Vec<(&'static str, Value)>,
}

pub type ApiResult<T> = Result<T, ApiError>;

impl ApiError {
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            details: Vec::new(),
        }
    }

    pub fn bad_input(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::BadUserInput, message)
    }

    /// Something that must not happen, or that only an operator can mend: told to the log, not to the client.
    pub fn internal(what: &str, error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "{what}");
        Self::new(
            ErrorCode::InternalServerError,
            "The server failed to answer; the log has the details.",
        )
    }

    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.details.push((name, value.into()));
        self
    }

    /// The extensions as they stand in the answer, without the trace id, which is added last.
    pub fn extensions(&self) -> ErrorExtensionValues {
        let mut values = ErrorExtensionValues::default();
        values.set("code", self.code.as_str());
        for (name, value) in &self.details {
            values.set(name, value.clone());
        }
        values
    }
}

impl From<ApiError> for async_graphql::Error {
    fn from(error: ApiError) -> Self {
        let extensions = error.extensions();
        Self {
            message: error.message,
            source: None,
            extensions: Some(extensions),
        }
    }
}

impl From<JournalError> for ApiError {
    fn from(error: JournalError) -> Self {
        match error {
            JournalError::Full { .. } => {
                tracing::error!(%error, "the journal is full");
                Self::new(
                    ErrorCode::JournalFull,
                    "The journal's disk is full. Nothing was changed.",
                )
            }
            JournalError::Unavailable { .. } | JournalError::Closed | JournalError::Database(_) => {
                tracing::error!(%error, "the journal cannot be used");
                let message =
                    "The journal cannot be reached at the moment. Repeat a mutation with the same `commandId`.";
                Self::new(ErrorCode::JournalUnavailable, message)
            }
            other => Self::internal("the journal cannot be read", &other),
        }
    }
}

impl From<CodecError> for ApiError {
    fn from(error: CodecError) -> Self {
        match error {
            CodecError::Key(KeyError::Journal(error)) => error.into(),
            other => Self::internal("an event cannot be read", &other),
        }
    }
}

impl From<LoadError> for ApiError {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Journal(error) => error.into(),
            LoadError::Codec(error) => error.into(),
        }
    }
}

impl From<ViewsError> for ApiError {
    fn from(error: ViewsError) -> Self {
        let message = error.to_string();
        match error {
            ViewsError::Behind {
                position,
                wanted,
                events,
                seconds,
            } => Self::new(ErrorCode::StaleRead, message)
                .with("position", position.to_string())
                .with("wanted", wanted.to_string())
                .with("lagEvents", events)
                .with("lagSeconds", seconds),
            ViewsError::Building { done, total } => Self::new(ErrorCode::ViewsBuilding, message)
                .with("done", done)
                .with("total", total),
            ViewsError::AsOfBuilding { done, total } => Self::new(ErrorCode::AsOfBuilding, message)
                .with("done", done)
                .with("total", total),
            ViewsError::UnknownProjection(_) | ViewsError::NothingParked { .. } => {
                Self::new(ErrorCode::NotFound, message)
            }
            ViewsError::Busy(_) | ViewsError::TakenOver => Self::new(ErrorCode::Busy, message),
            ViewsError::NoAnswer(_) => Self::new(ErrorCode::ViewsUnavailable, message),
            ViewsError::Journal(error) => error.into(),
            ViewsError::Codec(error) => error.into(),
            other => {
                tracing::error!(error = %other, "the views cannot be used");
                Self::new(
                    ErrorCode::ViewsUnavailable,
                    "The views cannot be read at the moment. Try again.",
                )
            }
        }
    }
}

impl From<Unsent> for ApiError {
    fn from(error: Unsent) -> Self {
        match error {
            Unsent::Account(error) => error.into(),
            Unsent::Queue(error) => commands::system_error(error),
            Unsent::Letter(error) => Self::internal("a letter cannot be written", &error),
        }
    }
}

impl From<AgendaError> for ApiError {
    fn from(error: AgendaError) -> Self {
        match error {
            AgendaError::Behind { detail } => Self::new(ErrorCode::StaleRead, detail),
            AgendaError::Database(error) => error.into(),
            AgendaError::Journal(error) => error.into(),
            AgendaError::Reaction(error) => Self::internal("an obligation cannot be fulfilled", &error),
        }
    }
}

impl From<sea_orm::DbErr> for ApiError {
    fn from(error: sea_orm::DbErr) -> Self {
        tracing::error!(%error, "a view could not be read");
        Self::new(
            ErrorCode::ViewsUnavailable,
            "The views cannot be read at the moment. Try again.",
        )
    }
}

/// Why the business refuses a command. Nothing was appended.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct UserError {
    pub code: UserErrorCode,
    /// Path of the input field that is to blame, when one is.
    pub field: Option<Vec<String>>,
    /// What would be taken instead: commands that the object's state allows, or values that the field allows.
    pub allowed: Vec<String>,
    /// For people, in the language of `Accept-Language` (English or French).
    pub message: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_never_renamed() {
        let codes = ErrorCode::ALL.map(ErrorCode::as_str);
        let published = [
            "UNAUTHENTICATED",
            "FORBIDDEN",
            "CSRF_TOKEN_REQUIRED",
            "BAD_REQUEST",
            "BAD_USER_INPUT",
            "GRAPHQL_PARSE_FAILED",
            "GRAPHQL_VALIDATION_FAILED",
            "PERSISTED_QUERY_NOT_FOUND",
            "NOT_REGISTERED",
            "COMPLEXITY_EXCEEDED",
            "DEPTH_EXCEEDED",
            "RATE_LIMITED",
            "METHOD_NOT_ALLOWED",
            "NOT_ACCEPTABLE",
            "UNSUPPORTED_MEDIA_TYPE",
            "PAYLOAD_TOO_LARGE",
            "REQUEST_TIMEOUT",
            "NOT_FOUND",
            "CONFLICT",
            "COMMAND_REUSED",
            "IN_USE",
            "STALE_READ",
            "SLOW_READER",
            "AS_OF_BUILDING",
            "FULL_RESYNC_NEEDED",
            "CLOCK_IS_REAL",
            "JOURNAL_FULL",
            "JOURNAL_UNAVAILABLE",
            "VIEWS_UNAVAILABLE",
            "VIEWS_BUILDING",
            "BUSY",
            "INTERNAL_SERVER_ERROR",
        ];
        assert_eq!(codes, published);
    }

    #[test]
    fn internals_stay_inside() {
        for error in [
            ApiError::internal("what", &"/secret/path: password=hunter2"),
            JournalError::Database("password=hunter2".to_owned()).into(),
            JournalError::Full {
                detail: "/secret/path".to_owned(),
            }
            .into(),
            JournalError::Unavailable {
                detail: "password=hunter2".to_owned(),
            }
            .into(),
            ViewsError::Database("password=hunter2".to_owned()).into(),
            sea_orm::DbErr::Custom("SELECT secret".to_owned()).into(),
        ] {
            let told = format!("{error:?}");
            assert!(!told.contains("secret") && !told.contains("hunter2"), "{told}");
        }
    }
}
