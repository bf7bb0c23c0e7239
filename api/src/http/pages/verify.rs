//! `/verify`: whether a document is one of ours, by its digest. It tells what the document itself shows to whoever has
//! it, and nothing about persons.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use chrono::{DateTime, Utc};
use domain::{BlobHash, Language};
use projections::quotes::{self, versions};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Frame, page, quote::prefers_english, words};
use crate::{
    graphql::{
        errors::{ApiError, ApiResult},
        reading::PATIENCE,
    },
    http::{
        Server,
        answer::{self, Media},
    },
};

#[derive(Debug, Default, Deserialize)]
pub(in crate::http) struct Query {
    sha256: Option<String>,
}

pub(in crate::http) async fn get(
    request: HttpRequest,
    query: web::Query<Query>,
    server: web::Data<Server>,
) -> HttpResponse {
    let language = if prefers_english(&request) {
        Language::English
    } else {
        Language::French
    };
    let shown = show(language, query.into_inner(), &server).await;
    shown.unwrap_or_else(|error| answer::failure(&error, Media::Json))
}

async fn show(language: Language, query: Query, server: &web::Data<Server>) -> ApiResult<HttpResponse> {
    let asked = query.sha256.as_deref().map(|text| text.trim().to_ascii_lowercase());
    let hash: Option<BlobHash> = asked.as_deref().and_then(|text| text.parse().ok());
    let found = match hash {
        Some(hash) => {
            let asking = server.clone();
            let looking = server
                .runtime
                .spawn(async move { known(&asking, hash, language).await });
            looking
                .await
                .map_err(|error| ApiError::internal("a document was not looked up", &error))??
        }
        None => None,
    };
    let words = words::of_verification(language);
    let title = words["heading"].as_str().unwrap_or_default().to_owned();
    let values = json!({
        "w": words,
        "sha256": hash.map(|hash| hash.to_string()),
        "asked": asked.is_some(),
        "found": found.is_some(),
        "facts": found,
    });
    let frame = Frame {
        language,
        title: &title,
        seller: "",
        color: None,
        footer: "",
    };
    page(StatusCode::OK, &frame, "verify", values)
}

/// What is told of a document that is ours.
async fn known(server: &Server, hash: BlobHash, language: Language) -> ApiResult<Option<Vec<Value>>> {
    let views = &server.application.views;
    let handle = views.wait_for(journal::Position::START, PATIENCE).await?;
    let hash = hash.to_string();
    let either = Condition::any()
        .add(versions::Column::Document.eq(&hash))
        .add(versions::Column::SignedDocument.eq(&hash));
    let version = versions::Entity::find().filter(either).one(&handle.connection).await?;
    let Some(version) = version else { return Ok(None) };
    let quote = quotes::Entity::find_by_id(version.quote_id)
        .one(&handle.connection)
        .await?;
    let Some(quote) = quote else { return Ok(None) };
    let say = |english: &str, french: &str| language.choose(english, french);
    let fact = |label: String, value: String| json!({ "label": label, "value": value });
    let moment = |micros: i64| {
        DateTime::<Utc>::from_timestamp_micros(micros).map(|at| at.format("%Y-%m-%d %H:%M:%S UTC").to_string())
    };
    let signed = version.signed_document.as_deref() == Some(hash.as_str());
    let kind = if signed {
        say("Signed quote", "Devis signé")
    } else {
        say("Quote", "Devis")
    };
    let mut facts = vec![
        fact(say("Document", "Document"), kind),
        fact(say("Number", "Numéro"), format!("{} v{}", quote.number, version.number)),
    ];
    if let Some(sent_on) = version.sent_on {
        facts.push(fact(say("Sent on", "Envoyé le"), sent_on));
    }
    let status = domain::quote::QuoteStatus::ALL
        .into_iter()
        .find(|status| status.as_str() == version.status);
    if let Some(status) = status {
        facts.push(fact(
            say("Status", "État"),
            words::status(status, language).0.to_owned(),
        ));
    }
    if let Some(at) = version.answered_at.and_then(moment).filter(|_| version.means.is_some()) {
        facts.push(fact(say("Accepted", "Accepté"), at));
    }
    Ok(Some(facts))
}
