//! Media types: what a request carries and what its sender wants back.

use actix_web::{HttpRequest, http::header};
use domain::Language;

use super::answer::Media;
use crate::graphql::errors::{ApiError, ApiResult, ErrorCode};

/// Whether the request comes from a browser's address line rather than from a program.
pub(super) fn wants_page(request: &HttpRequest) -> bool {
    accepted(request).iter().any(|(media, _)| media == "text/html")
}

/// Whether a stream of events is asked for, rather than one answer.
pub(super) fn wants_stream(request: &HttpRequest) -> bool {
    let accepted = accepted(request);
    let best = |wanted: &[&str]| {
        let known = accepted.iter().filter(|(media, _)| wanted.contains(&media.as_str()));
        known.map(|(_, quality)| *quality).fold(0.0, f32::max)
    };
    best(&["text/event-stream"]) > best(&["application/graphql-response+json", "application/json"])
}

/// The media type to answer in. Without a preference it is `application/json`, which every client understands.
pub(super) fn media(request: &HttpRequest) -> ApiResult<Media> {
    let mut best: Option<(f32, Media)> = None;
    let accepted = accepted(request);
    if accepted.is_empty() {
        return Ok(Media::Json);
    }
    for (media, quality) in accepted {
        let media = match media.as_str() {
            "application/graphql-response+json" => Media::GraphqlResponse,
            "application/json" | "application/*" | "*/*" => Media::Json,
            _ => continue,
        };
        if quality > 0.0 && best.is_none_or(|(found, _)| quality > found) {
            best = Some((quality, media));
        }
    }
    best.map(|(_, media)| media).ok_or_else(|| {
        ApiError::new(
            ErrorCode::NotAcceptable,
            "Answers are `application/graphql-response+json` or `application/json`: accept one of them.",
        )
    })
}

/// The language of messages for people, if the request says which one of ours it prefers.
pub(super) fn language(request: &HttpRequest) -> Option<Language> {
    let preferred = text(request, header::ACCEPT_LANGUAGE)
        .into_iter()
        .flat_map(|accept| accept.split(','));
    let known = preferred.filter_map(|entry| match entry.trim().get(..2)?.to_ascii_lowercase().as_str() {
        "fr" => Some(Language::French),
        "en" => Some(Language::English),
        _ => None,
    });
    known.into_iter().next()
}

/// Refuses bodies that are not JSON in UTF-8. It also keeps other sites' forms out, which cannot send this type.
pub(super) fn require_json(request: &HttpRequest) -> ApiResult<()> {
    let refuse = |message: &str| Err(ApiError::new(ErrorCode::UnsupportedMediaType, message));
    let Some(content_type) = text(request, header::CONTENT_TYPE) else {
        return refuse("Say `Content-Type: application/json`.");
    };
    let mut parts = content_type.split(';').map(str::trim);
    if !parts
        .next()
        .is_some_and(|media| media.eq_ignore_ascii_case("application/json"))
    {
        return refuse("The body must be `application/json`.");
    }
    let foreign = parts.filter_map(|part| part.split_once('=')).any(|(name, value)| {
        name.eq_ignore_ascii_case("charset") && !value.trim_matches('"').eq_ignore_ascii_case("utf-8")
    });
    if foreign {
        return refuse("The body must be in UTF-8.");
    }
    match text(request, header::CONTENT_ENCODING) {
        Some(encoding) if !encoding.eq_ignore_ascii_case("identity") => refuse("The body must not be compressed."),
        _ => Ok(()),
    }
}

/// The media types of the `Accept` header with their qualities, in the order given.
fn accepted(request: &HttpRequest) -> Vec<(String, f32)> {
    let Some(accept) = text(request, header::ACCEPT) else {
        return Vec::new();
    };
    accept
        .split(',')
        .filter_map(|entry| {
            let mut parts = entry.split(';').map(str::trim);
            let media = parts.next().filter(|media| !media.is_empty())?.to_ascii_lowercase();
            let quality = parts
                .find_map(|part| part.strip_prefix("q="))
                .and_then(|q| q.parse().ok());
            Some((media, quality.unwrap_or(1.0)))
        })
        .collect()
}

fn text(request: &HttpRequest, name: header::HeaderName) -> Option<&str> {
    request.headers().get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn answer_to(accept: &str) -> Option<Media> {
        media(
            &TestRequest::default()
                .insert_header(("accept", accept))
                .to_http_request(),
        )
        .ok()
    }

    #[test]
    fn the_preferred_known_media_type_wins() {
        assert_eq!(
            answer_to("application/graphql-response+json, application/json;q=0.9"),
            Some(Media::GraphqlResponse)
        );
        assert_eq!(
            answer_to("application/graphql-response+json;q=0.1, application/json"),
            Some(Media::Json)
        );
        assert_eq!(answer_to("*/*"), Some(Media::Json));
        assert_eq!(answer_to("image/png, application/json;q=0"), None);
        assert_eq!(media(&TestRequest::default().to_http_request()).unwrap(), Media::Json);
    }

    #[test]
    fn a_stream_is_what_is_asked_for_as_one() {
        let wanted = |accept| {
            let request = TestRequest::default().insert_header(("accept", accept));
            wants_stream(&request.to_http_request())
        };
        assert!(wanted("text/event-stream"));
        assert!(wanted("text/event-stream, application/json;q=0.5"));
        assert!(!wanted("application/json, text/event-stream;q=0.5"));
        assert!(!wanted("*/*"));
    }

    #[test]
    fn only_plain_json_is_taken() {
        let taken = |content_type: &str| {
            require_json(
                &TestRequest::default()
                    .insert_header(("content-type", content_type))
                    .to_http_request(),
            )
            .is_ok()
        };
        assert!(taken("application/json"));
        assert!(taken("Application/JSON; charset=UTF-8"));
        for wrong in [
            "text/plain",
            "application/json; charset=latin1",
            "multipart/form-data; boundary=x",
            "",
        ] {
            assert!(!taken(wrong), "{wrong}");
        }
        assert!(require_json(&TestRequest::default().to_http_request()).is_err());
    }
}
