//! Pages for customers, who have no account: a quote to read, sign or decline, and what a document is worth. Made on
//! the server and usable without scripts, but for drawing.

pub(super) mod quote;
pub(super) mod verify;
mod words;

use std::sync::LazyLock;

use actix_web::{HttpResponse, http::StatusCode};
use base64::{Engine, engine::general_purpose::STANDARD};
use domain::Language;
use handlebars::Handlebars;
use serde_json::{Value, json};

use crate::graphql::errors::{ApiError, ApiResult};

/// Where the seller chose no colour.
const COLOR: &str = "#1F5F8B";

/// The pages' templates. What is filled in is escaped.
static PAGES: LazyLock<Result<Handlebars<'static>, String>> = LazyLock::new(|| {
    let mut registry = Handlebars::new();
    for (name, source) in [
        ("layout", include_str!("../../../assets/pages/layout.html.hbs")),
        ("quote", include_str!("../../../assets/pages/quote.html.hbs")),
        ("message", include_str!("../../../assets/pages/message.html.hbs")),
        ("verify", include_str!("../../../assets/pages/verify.html.hbs")),
    ] {
        registry
            .register_template_string(name, source)
            .map_err(|error| error.to_string())?;
    }
    Ok(registry)
});

/// What every page is framed by.
struct Frame<'a> {
    language: Language,
    title: &'a str,
    seller: &'a str,
    color: Option<&'a str>,
    footer: &'a str,
}

/// A page, answered. Nothing runs or is loaded but what the page brings.
fn page(status: StatusCode, frame: &Frame<'_>, template: &str, mut values: Value) -> ApiResult<HttpResponse> {
    let nonce = STANDARD.encode(rand::random::<[u8; 16]>());
    values["nonce"] = json!(nonce);
    let body = fill(template, &values)?;
    let color = frame.color.unwrap_or(COLOR);
    let text = fill(
        "layout",
        &json!({
            "lang": match frame.language { Language::French => "fr", Language::English => "en" },
            "title": frame.title,
            "seller": frame.seller,
            "color": color,
            "onColor": on(color),
            "footer": frame.footer,
            "nonce": nonce,
            "body": body,
        }),
    )?;
    let policy = format!(
        "default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; img-src data:; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'"
    );
    Ok(HttpResponse::build(status)
        .content_type("text/html; charset=utf-8")
        .insert_header(("content-security-policy", policy))
        .insert_header(("cache-control", "no-store"))
        .insert_header(("referrer-policy", "no-referrer"))
        .insert_header(("x-robots-tag", "noindex"))
        .body(text))
}

fn fill(template: &str, values: &Value) -> ApiResult<String> {
    let registry = PAGES
        .as_ref()
        .map_err(|error| ApiError::internal("a page's template is wrong", error))?;
    registry
        .render(template, values)
        .map_err(|error| ApiError::internal("a page cannot be filled in", &error))
}

/// Black or white, whichever reads better on a colour (`#RRGGBB`).
fn on(color: &str) -> &'static str {
    let channel = |from: usize| {
        let text = color.get(from..from + 2).unwrap_or_default();
        u32::from_str_radix(text, 16).unwrap_or(0)
    };
    // Perceived brightness (W3C, AERT), in thousandths.
    let brightness = channel(1) * 299 + channel(3) * 587 + channel(5) * 114;
    if brightness > 150_000 { "#000000" } else { "#FFFFFF" }
}

/// A page that says one thing.
fn message(status: StatusCode, language: Language, heading: &str, text: &str) -> ApiResult<HttpResponse> {
    let frame = Frame {
        language,
        title: heading,
        seller: "",
        color: None,
        footer: "",
    };
    page(status, &frame, "message", json!({ "heading": heading, "text": text }))
}
