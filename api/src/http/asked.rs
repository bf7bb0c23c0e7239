//! What clients send to have something executed: one shape, whichever way it comes.

use actix_web::web;
use async_graphql::{Extensions, Request, Variables};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::graphql::errors::{ApiError, ApiResult, ErrorCode};

/// A request of the specification.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Asked {
    pub(super) query: String,
    #[serde(default)]
    pub(super) operation_name: Option<String>,
    #[serde(default)]
    pub(super) variables: Option<Map<String, Value>>,
    #[serde(default)]
    pub(super) extensions: Option<Extensions>,
}

impl Asked {
    /// Of the body of a POST.
    pub(super) fn from_body(bytes: &[u8]) -> ApiResult<Self> {
        let json: Value =
            serde_json::from_slice(bytes).map_err(|error| bad(format!("The body is not JSON: {error}")))?;
        if json.is_array() {
            return Err(bad("Send one operation at a time, not an array of them."));
        }
        Self::deserialize(json).map_err(|error| bad(format!("The body is no GraphQL request: {error}")))
    }

    /// Of the address of a GET.
    pub(super) fn from_url(query: &str) -> ApiResult<Self> {
        let asked = web::Query::<InUrl>::from_query(query)
            .map_err(|error| bad(format!("The address is no GraphQL request: {error}")))?
            .into_inner();
        Ok(Self {
            query: asked.query,
            operation_name: asked.operation_name,
            variables: object("variables", asked.variables.as_deref())?,
            extensions: object("extensions", asked.extensions.as_deref())?,
        })
    }
}

impl From<Asked> for Request {
    fn from(asked: Asked) -> Self {
        let variables = asked.variables.map(Value::Object).map(Variables::from_json);
        let mut request = Self::new(asked.query).variables(variables.unwrap_or_default());
        request.operation_name = asked.operation_name;
        request.extensions = asked.extensions.unwrap_or_default();
        request
    }
}

/// The same in an address, where everything is text.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct InUrl {
    query: String,
    operation_name: Option<String>,
    variables: Option<String>,
    extensions: Option<String>,
}

fn object<T: DeserializeOwned>(name: &str, text: Option<&str>) -> ApiResult<Option<T>> {
    match text {
        None | Some("") => Ok(None),
        Some(text) => {
            serde_json::from_str(text).map_err(|error| bad(format!("`{name}` is not a JSON object: {error}")))
        }
    }
}

fn bad(message: impl Into<String>) -> ApiError {
    ApiError::new(ErrorCode::BadRequest, message)
}
