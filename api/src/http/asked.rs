//! What clients send to have something executed: one shape, whichever way it comes.

use actix_web::web;
use async_graphql::{Extensions, Request, Variables};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::{
    graphql::errors::{ApiError, ApiResult, ErrorCode},
    registered::{Named, Registered},
};

/// A request of the specification, of its appendix on persisted documents, and of Apollo's persisted queries.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Asked {
    #[serde(default)]
    query: Option<String>,
    /// The name of a registered document.
    #[serde(default)]
    document_id: Option<String>,
    #[serde(default)]
    operation_name: Option<String>,
    #[serde(default)]
    variables: Option<Map<String, Value>>,
    #[serde(default)]
    extensions: Option<Extensions>,
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
            document_id: asked.document_id,
            operation_name: asked.operation_name,
            variables: object("variables", asked.variables.as_deref())?,
            extensions: object("extensions", asked.extensions.as_deref())?,
        })
    }
}

/// `extensions.persistedQuery`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PersistedQuery {
    version: i32,
    sha256_hash: String,
}

impl Asked {
    pub(super) fn extension(&self, name: &str) -> Option<&async_graphql::Value> {
        self.extensions.as_ref()?.get(name)
    }

    /// The request with the text of what it names. `keeps`: its sender is known, so a document that is sent with its hash
    /// is kept.
    pub(super) fn resolve(self, registered: &Registered, keeps: bool) -> ApiResult<Request> {
        let persisted = self.persisted_query()?;
        let named = Named {
            text: self.query.as_deref(),
            id: self.document_id.as_deref(),
            hash: persisted.as_ref().map(|persisted| persisted.sha256_hash.as_str()),
        };
        let text = registered.text(named, keeps)?;
        let variables = self.variables.map(Value::Object).map(Variables::from_json);
        let mut request = Request::new(&*text).variables(variables.unwrap_or_default());
        request.operation_name = self.operation_name;
        request.extensions = self.extensions.unwrap_or_default();
        Ok(request)
    }

    fn persisted_query(&self) -> ApiResult<Option<PersistedQuery>> {
        let Some(value) = self.extension("persistedQuery").cloned() else {
            return Ok(None);
        };
        let persisted: PersistedQuery = async_graphql::from_value(value)
            .map_err(|error| bad(format!("`extensions.persistedQuery` is not one: {error}")))?;
        if persisted.version == 1 {
            Ok(Some(persisted))
        } else {
            Err(bad("`extensions.persistedQuery` is of another `version` than 1."))
        }
    }
}

/// The same in an address, where everything is text.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct InUrl {
    query: Option<String>,
    document_id: Option<String>,
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
