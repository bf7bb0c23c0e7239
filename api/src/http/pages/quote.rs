//! `/quotes/{id}/{version}-{link}/{token}`: a quote as its customer sees it.

use std::collections::BTreeSet;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{
    BlobHash, Language, Money, Refusal,
    document::{LineId, Row},
    quote::QuoteStatus,
};
use engine::CommandError;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Frame, message, page, words};
use crate::{
    graphql::errors::{ApiError, ApiResult},
    http::{
        Server,
        answer::{self, Media},
        body::Body,
        edge::Provenance,
    },
    sales::{
        SalesError,
        signatures::{OnPage, PageKey, SigningForm, Unsigned, Visitor, consent},
    },
};

/// Bytes of a drawing's text at most.
const DRAWING_MAX: usize = 700_000;
const DRAWING: &str = "data:image/png;base64,";

type Parts = web::Path<(String, String, String)>;
type PartsOfFile = web::Path<(String, String, String, String)>;

fn key(quote: &str, version: &str, token: &str) -> Option<PageKey> {
    let (version, link) = version.split_once('-')?;
    Some(PageKey {
        quote: Uuid::try_parse(quote).ok()?,
        version: version.parse().ok()?,
        link: link.parse().ok()?,
        token: token.to_owned(),
    })
}

/// What is said on the page beside the quote.
#[derive(Default)]
struct Said {
    status: StatusCode,
    problem: Option<String>,
    word: Option<String>,
    signer: String,
    chosen: BTreeSet<LineId>,
}

/// Runs what may take a while where operations run.
async fn run<T: Send + 'static>(
    server: &web::Data<Server>,
    work: impl Future<Output = T> + Send + 'static,
) -> ApiResult<T> {
    let running = server.runtime.spawn(work).await;
    running.map_err(|error| ApiError::internal("a page was not finished", &error))
}

fn answered(page: ApiResult<HttpResponse>) -> HttpResponse {
    page.unwrap_or_else(|error| answer::failure(&error, Media::Json))
}

/// The page.
pub(in crate::http) async fn get(request: HttpRequest, parts: Parts, server: web::Data<Server>) -> HttpResponse {
    let shown = show(&request, &parts, &server, Said::default()).await;
    answered(shown)
}

async fn show(
    request: &HttpRequest,
    parts: &(String, String, String),
    server: &web::Data<Server>,
    said: Said,
) -> ApiResult<HttpResponse> {
    let found = match key(&parts.0, &parts.1, &parts.2) {
        Some(key) => {
            let sales = server.application.sales.clone();
            run(server, async move {
                let found = sales.page(&key).await?;
                let is_new = |found: &OnPage| found.sent.status == QuoteStatus::Sent && !found.cancelled;
                if found.as_ref().is_some_and(is_new) {
                    sales.viewed(&key).await?;
                }
                Ok::<_, SalesError>(found)
            })
            .await??
        }
        None => None,
    };
    match found {
        Some(found) => quote(&found, parts, said),
        None => closed(request),
    }
}

/// An address that opens nothing: nobody learns whether it ever did.
fn closed(request: &HttpRequest) -> ApiResult<HttpResponse> {
    let french = !prefers_english(request);
    let (language, heading, text) = if french {
        (
            Language::French,
            "Ce lien n'est plus valable",
            "Demandez-en un autre à la personne qui vous l'a envoyé.",
        )
    } else {
        (
            Language::English,
            "This link is not valid",
            "Ask whoever sent it to you for another one.",
        )
    };
    message(StatusCode::NOT_FOUND, language, heading, text)
}

pub(super) fn prefers_english(request: &HttpRequest) -> bool {
    let wanted = request.headers().get(header::ACCEPT_LANGUAGE);
    wanted
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.trim_start().to_ascii_lowercase().starts_with("en"))
}

fn quote(found: &OnPage, parts: &(String, String, String), said: Said) -> ApiResult<HttpResponse> {
    let sent = &found.sent.sent;
    let language = sent.content.language;
    let money = |units: i64| Money::new(units, sent.content.currency).written(language);
    let number = match found.version {
        1 => sent.number.text.clone(),
        version => format!("{} v{version}", sent.number.text),
    };
    let heading = language.choose(format!("Quote {number}"), format!("Devis {number}"));
    let standing = if found.cancelled {
        QuoteStatus::Cancelled
    } else if found.over && found.sent.status.is_open() {
        QuoteStatus::Expired
    } else {
        found.sent.status
    };
    let (status, status_class) = words::status(standing, language);
    let open = found.can_be_answered();
    let until = open.then(|| {
        let day = mail::day(found.sent.valid_until, language);
        language.choose(format!("valid until {day}"), format!("valable jusqu'au {day}"))
    });
    let word = said.word.or_else(|| {
        found.superseded_by.map(|newer| {
            language.choose(
                format!("A newer version of this quote (v{newer}) was sent: only that one can be accepted."),
                format!(
                    "Une version plus récente de ce devis (v{newer}) a été envoyée : elle seule peut être acceptée."
                ),
            )
        })
    });
    let chosen = if said.chosen.is_empty() {
        &found.chosen
    } else {
        &said.chosen
    };
    let counted = sent.content.totals(&found.chosen);
    let discount = counted.as_ref().map_or(0, |totals| totals.discount);
    let breakdown = counted.map_or_else(|_| sent.breakdown.clone(), |totals| totals.breakdown);
    let vat: Vec<Value> = breakdown
        .shares()
        .iter()
        .map(|share| {
            let rate = share.treatment.rate.to_string();
            let label = share.treatment.reason.map_or_else(
                || language.choose(format!("VAT {rate} %"), format!("TVA {} %", rate.replace('.', ","))),
                |reason| reason.wording(language).to_owned(),
            );
            json!({ "label": label, "amount": money(share.vat) })
        })
        .collect();
    let values = json!({
        "w": words::of_quote(language),
        "path": format!("/quotes/{}/{}/{}", parts.0, parts.1, parts.2),
        "heading": heading,
        "status": status,
        "statusClass": status_class,
        "until": until,
        "subject": sent.content.subject,
        "problem": said.problem,
        "word": word,
        "rows": rows(found, chosen),
        "discount": (discount > 0).then(|| money(discount)),
        "net": money(breakdown.net()),
        "vat": vat,
        "gross": money(breakdown.gross()),
        "hasOptions": sent.options().next().is_some() && open,
        "open": open,
        "codeSent": found.code_sent,
        "signer": said.signer,
        "consent": consent(language),
        "sha256": found.sent.document.map(|blob| blob.to_string()),
        "signedDocument": found.sent.signed_document.is_some(),
    });
    let identity = &sent.seller.identity;
    let footer = format!("{} – SIREN {}", identity.name, identity.siren);
    let frame = Frame {
        language,
        title: &heading,
        seller: &identity.name,
        color: sent.seller.appearance.color.as_deref(),
        footer: &footer,
    };
    page(said.status, &frame, "quote", values)
}

fn rows(found: &OnPage, chosen: &BTreeSet<LineId>) -> Vec<Value> {
    let content = &found.sent.sent.content;
    let language = content.language;
    let rows = content.rows.iter().map(|row| match row {
        Row::Section { title } => json!({ "section": title }),
        Row::Comment { text } => json!({ "comment": text }),
        Row::Line(line) => {
            let amount = line.priced().amount(content.currency, "unitPrice", "discount");
            let amount = amount.map_or(0, |amount| amount.amount());
            let quantity = format!(
                "{} {} × {}",
                written(line.quantity.as_decimal(), language),
                line.unit,
                price(line.unit_price.as_decimal(), language)
            );
            json!({
                "line": line.name,
                "details": line.details,
                "quantity": quantity,
                "amount": Money::new(amount, content.currency).written(language),
                "choosable": line.optional,
                "number": line.id.0,
                "checked": chosen.contains(&line.id),
            })
        }
    });
    rows.collect()
}

/// A price: with as many decimals as it has, and two at least.
fn price(number: Decimal, language: Language) -> String {
    let mut number = number.normalize();
    if number.scale() < 2 {
        number.rescale(2);
    }
    spoken(&number.to_string(), language)
}

fn written(number: Decimal, language: Language) -> String {
    spoken(&number.normalize().to_string(), language)
}

fn spoken(text: &str, language: Language) -> String {
    match language {
        Language::French => text.replace('.', ","),
        Language::English => text.to_owned(),
    }
}

/// A form as it was sent.
struct Form(Vec<(String, String)>);

impl Form {
    async fn read(server: &web::Data<Server>, body: web::Payload) -> ApiResult<Self> {
        let bytes = Body::new(body, server.body_wait).whole().await?;
        let fields = form_urlencoded::parse(&bytes);
        Ok(Self(
            fields
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect(),
        ))
    }

    fn field(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value.trim())
    }

    fn chosen(&self) -> BTreeSet<LineId> {
        let chosen = self.0.iter().filter(|(name, _)| name == "chosen");
        chosen.filter_map(|(_, value)| value.parse().ok().map(LineId)).collect()
    }

    /// `Err`: there is something that is no drawing.
    fn drawing(&self) -> Result<Option<Vec<u8>>, ()> {
        let text = self.field("drawing");
        if text.is_empty() {
            return Ok(None);
        }
        let encoded = text
            .strip_prefix(DRAWING)
            .filter(|text| text.len() <= DRAWING_MAX)
            .ok_or(())?;
        STANDARD.decode(encoded).map(Some).map_err(|_| ())
    }
}

/// Sends a code.
pub(in crate::http) async fn code(
    request: HttpRequest,
    parts: Parts,
    server: web::Data<Server>,
    body: web::Payload,
) -> HttpResponse {
    let done = async {
        let form = Form::read(&server, body).await?;
        let Some((key, found)) = opened(&parts, &server).await? else {
            return closed(&request);
        };
        let language = found.sent.sent.content.language;
        let sales = server.application.sales.clone();
        let sent = run(&server, async move { sales.send_code(&key).await }).await?;
        let said = Said {
            signer: form.field("name").to_owned(),
            chosen: form.chosen(),
            ..Said::default()
        };
        let said = match sent {
            Ok(_) => Said {
                word: Some(language.choose(
                    "The code is on its way: look into your mailbox.",
                    "Le code est en route : consultez votre boîte de réception.",
                )),
                ..said
            },
            Err(error) => problem(error, language, said)?,
        };
        show(&request, &parts, &server, said).await
    };
    answered(done.await)
}

/// Signs.
pub(in crate::http) async fn sign(
    request: HttpRequest,
    parts: Parts,
    server: web::Data<Server>,
    body: web::Payload,
) -> HttpResponse {
    let done = async {
        let form = Form::read(&server, body).await?;
        let Some((key, found)) = opened(&parts, &server).await? else {
            return closed(&request);
        };
        let language = found.sent.sent.content.language;
        let said = Said {
            signer: form.field("name").to_owned(),
            chosen: form.chosen(),
            ..Said::default()
        };
        let drawing = form.drawing();
        let broken = drawing.is_err();
        let signing = SigningForm {
            name: form.field("name").to_owned(),
            code: form.field("code").to_owned(),
            consents: form.field("consent") == "yes",
            chosen: form.chosen().into_iter().collect(),
            drawing: drawing.unwrap_or_default(),
        };
        let visitor = visitor(&request);
        let sales = server.application.sales.clone();
        let signed = if broken {
            Ok(Err(Unsigned::BrokenDrawing))
        } else {
            run(&server, async move { sales.sign(&key, signing, &visitor).await }).await?
        };
        let said = match signed {
            Ok(Ok(_)) => Said {
                word: Some(language.choose(
                    "Thank you: the quote is signed. The signed document is being made and sent to you; load this page again to download it.",
                    "Merci : le devis est signé. Le document signé est en préparation et vous est envoyé ; rechargez cette page pour le télécharger.",
                )),
                ..said
            },
            Ok(Err(unsigned)) => Said {
                status: StatusCode::UNPROCESSABLE_ENTITY,
                problem: Some(unsigned.message(language)),
                ..said
            },
            Err(error) => problem(error, language, said)?,
        };
        show(&request, &parts, &server, said).await
    };
    answered(done.await)
}

/// Declines.
pub(in crate::http) async fn decline(
    request: HttpRequest,
    parts: Parts,
    server: web::Data<Server>,
    body: web::Payload,
) -> HttpResponse {
    let done = async {
        let form = Form::read(&server, body).await?;
        let Some((key, found)) = opened(&parts, &server).await? else {
            return closed(&request);
        };
        let language = found.sent.sent.content.language;
        let reason = Some(form.field("reason").to_owned());
        let sales = server.application.sales.clone();
        let declined = run(&server, async move { sales.decline(&key, reason).await }).await?;
        let said = match declined {
            Ok(_) => Said {
                word: Some(language.choose(
                    "You have declined the quote. Whoever sent it will be told.",
                    "Vous avez refusé le devis. Son expéditeur en est informé.",
                )),
                ..Said::default()
            },
            Err(error) => problem(error, language, Said::default())?,
        };
        show(&request, &parts, &server, said).await
    };
    answered(done.await)
}

/// The paper as it was sent, or as it was signed.
pub(in crate::http) async fn document(
    request: HttpRequest,
    parts: PartsOfFile,
    server: web::Data<Server>,
) -> HttpResponse {
    let (quote, version, token, file) = parts.into_inner();
    let done = async {
        let Some((_, found)) = opened(&(quote, version, token), &server).await? else {
            return closed(&request);
        };
        let blob: Option<BlobHash> = match file.as_str() {
            "document.pdf" => found.sent.document,
            "signed.pdf" => found.sent.signed_document,
            _ => None,
        };
        let Some(blob) = blob else { return closed(&request) };
        let sales = server.application.sales.clone();
        let bytes = run(&server, async move { sales.read(blob).await }).await?;
        let bytes = bytes.map_err(|error| ApiError::internal("the bytes of a document are not there", &error))?;
        Ok(HttpResponse::Ok()
            .content_type("application/pdf")
            .insert_header((header::CACHE_CONTROL, "private, no-store"))
            .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .insert_header((header::CONTENT_DISPOSITION, "inline"))
            .insert_header((header::ETAG, format!("\"{blob}\"")))
            .body(bytes))
    };
    answered(done.await)
}

async fn opened(parts: &(String, String, String), server: &web::Data<Server>) -> ApiResult<Option<(PageKey, OnPage)>> {
    let Some(key) = key(&parts.0, &parts.1, &parts.2) else {
        return Ok(None);
    };
    let (sales, asked) = (server.application.sales.clone(), key.clone());
    let found = run(server, async move { sales.page(&asked).await }).await??;
    Ok(found.map(|found| (key, found)))
}

fn visitor(request: &HttpRequest) -> Visitor {
    let address = Provenance::of(request).and_then(|provenance| provenance.address);
    let agent = request.headers().get(header::USER_AGENT);
    Visitor {
        ip: address.map_or_else(|| "unknown".to_owned(), |address| address.to_string()),
        user_agent: agent
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
            .unwrap_or_default(),
    }
}

impl Unsigned {
    fn message(&self, language: Language) -> String {
        match self {
            Self::NoConsent => language.choose(
                "Nothing is signed: tick the box that you agree.",
                "Rien n'est signé : cochez la case d'acceptation.",
            ),
            Self::WrongCode { left: 0 } => language.choose(
                "Nothing is signed: five wrong codes were given. Ask for a new one.",
                "Rien n'est signé : cinq codes erronés ont été saisis. Demandez-en un nouveau.",
            ),
            Self::WrongCode { left } => language.choose(
                format!("Nothing is signed: the code is wrong. Attempts left: {left}."),
                format!("Rien n'est signé : le code est erroné. Essais restants : {left}."),
            ),
            Self::BrokenDrawing => language.choose(
                "Nothing is signed: the drawing cannot be read. Draw it again, or leave it empty.",
                "Rien n'est signé : le dessin est illisible. Recommencez-le, ou laissez-le vide.",
            ),
        }
    }
}

/// What the business refuses, in the page's own words; anything else is ours to answer for.
fn problem(error: SalesError, language: Language, said: Said) -> ApiResult<Said> {
    match error {
        SalesError::Command(CommandError::Refused(refusal)) => Ok(Said {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            problem: Some(refusal.message(language)),
            ..said
        }),
        error => Err(error.into()),
    }
}
