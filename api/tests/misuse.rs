//! What hostile or careless people give to sales: refused with a code of its own, and nothing changes.

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};

use crate::{
    invoicing::{give, invoice, plain, refusal, taken},
    quoting::DRAWING,
    server::Server,
    tasks::advance,
    trade::Trade,
};

/// Brings in a file and makes it the logo: the code of the refusal, or nothing.
async fn logo(trade: &Trade, name: &str, media_type: &str, bytes: &[u8]) -> Option<String> {
    let server = &trade.server;
    let announce = "mutation($input: FileUploadCreateInput!) { fileUploadCreate(input: $input) {
        upload { file path } userErrors { code } } }";
    let input = json!({ "name": name, "mediaType": media_type, "size": bytes.len().to_string() });
    let mut answer = server.data_with(announce, json!({ "input": input })).await;
    let upload = answer["fileUploadCreate"]["upload"].take();
    if upload.is_null() {
        let code = &answer["fileUploadCreate"]["userErrors"][0]["code"];
        return Some(code.as_str().expect("a code").to_owned());
    }
    let url = server.url(upload["path"].as_str().unwrap());
    let sent = server.client().put(url).body(bytes.to_vec()).send().await.unwrap();
    if sent.status() != 201 {
        let answer: Value = sent.json().await.unwrap();
        return Some(crate::server::error_code(&answer));
    }
    let payload = give(server, "companySetLogo", json!({ "file": upload["file"] })).await;
    payload["userErrors"][0]["code"].as_str().map(str::to_owned)
}

/// A PNG that says it has so many pixels, and holds none of them.
fn promising(width: u32, height: u32) -> Vec<u8> {
    let mut header = b"IHDR".to_vec();
    header.extend(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    header.extend([8, 2, 0, 0, 0]);
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    for chunk in [
        header,
        b"IDAT\x78\x9c\x63\x00\x00\x00\x01\x00\x01".to_vec(),
        b"IEND".to_vec(),
    ] {
        file.extend(u32::try_from(chunk.len() - 4).unwrap().to_be_bytes());
        file.extend(&chunk);
        file.extend(crc(&chunk).to_be_bytes());
    }
    file
}

/// CRC-32 as PNG has it.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            if crc & 1 == 1 {
                0xEDB8_8320 ^ (crc >> 1)
            } else {
                crc >> 1
            }
        })
    })
}

/// Whether a PDF bears a picture.
fn has_picture(paper: &[u8]) -> bool {
    ["/Subtype/Image", "/Subtype /Image"]
        .iter()
        .any(|mark| paper.windows(mark.len()).any(|window| window == mark.as_bytes()))
}

async fn preview(trade: &Trade, quote: &Value) -> Vec<u8> {
    let url = trade
        .server
        .url(&format!("/previews/quotes/{}", quote["uuid"].as_str().unwrap()));
    let answer = trade
        .server
        .client()
        .get(url)
        .bearer_auth(crate::server::TOKEN)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    answer.bytes().await.unwrap().to_vec()
}

async fn drafted(trade: &Trade, content: Value) -> Value {
    let draft = json!({ "organization": trade.customer, "content": content });
    let answer = trade.quote("quoteDraft", draft).await;
    assert_eq!(answer["userErrors"], json!([]), "{answer:#}");
    answer["quote"].clone()
}

#[tokio::test]
async fn a_logo_is_a_picture_of_a_decent_size_or_none() {
    let trade = Trade::start().await;
    let quote = drafted(&trade, plain("100")).await;
    assert!(!has_picture(&preview(&trade, &quote).await));
    let good = STANDARD.decode(DRAWING).unwrap();
    assert_eq!(logo(&trade, "logo.png", "image/png", &good).await, None);
    assert!(has_picture(&preview(&trade, &quote).await));
    let shown = async || trade.server.data("{ company { version logo { sha256 } } }").await["company"].take();
    let before = shown().await;
    assert!(before["logo"]["sha256"].is_string(), "{before}");

    let script = br#"<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>"#;
    let mut noise = good[..good.len() / 2].to_vec();
    noise.extend([0xFF; 64]);
    for (name, media_type, bytes, code) in [
        ("logo.svg", "image/svg+xml", script.to_vec(), "FILE_TYPE_NOT_TAKEN"),
        ("logo.png", "image/png", script.to_vec(), "UNSUPPORTED_MEDIA_TYPE"),
        (
            "logo.pdf",
            "application/pdf",
            b"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj".to_vec(),
            "IMAGE_FORMAT_UNKNOWN",
        ),
        (
            "logo.png",
            "image/png",
            promising(10_000, 10_000),
            "IMAGE_TOO_MANY_PIXELS",
        ),
        ("logo.png", "image/png", noise, "IMAGE_BROKEN"),
        ("logo.png", "image/png", promising(4, 4), "IMAGE_BROKEN"),
        (
            "logo.jpg",
            "image/jpeg",
            [&[0xFF, 0xD8, 0xFF, 0xE0][..], &[0; 64]].concat(),
            "IMAGE_BROKEN",
        ),
        (
            "logo.png",
            "image/png",
            [&good[..], &vec![0; 1024 * 1024]].concat(),
            "IMAGE_TOO_LARGE",
        ),
    ] {
        let refused = logo(&trade, name, media_type, &bytes).await;
        assert_eq!(refused.as_deref(), Some(code), "{name} of {} bytes", bytes.len());
    }
    assert_eq!(shown().await, before, "the logo stays");
    assert!(has_picture(&preview(&trade, &quote).await));
}

#[tokio::test]
async fn words_are_words_on_paper_and_on_the_page() {
    let trade = Trade::start().await;
    let line = |name: &str, details: &str| json!({ "rows": [{ "line": { "name": name, "details": details, "unit": "u", "unitPrice": "1", "nature": "GOODS" } }] });
    for (content, code) in [
        (line("a\u{1}b", "x"), "CONTROL_CHARACTER"),
        (line("x", "a\u{7}b"), "CONTROL_CHARACTER"),
        (line(&"x".repeat(100_000), "x"), "FIELD_TOO_LONG"),
        (line("x", &"é".repeat(50_000)), "FIELD_TOO_LONG"),
        (
            json!({ "rows": [{ "section": "x".repeat(100_000) }] }),
            "FIELD_TOO_LONG",
        ),
        (json!({ "rows": [{ "comment": "x\u{0}" }] }), "CONTROL_CHARACTER"),
    ] {
        let draft = json!({ "organization": trade.customer, "content": content });
        let refused = trade.quote("quoteDraft", draft).await;
        assert_eq!(refused["userErrors"][0]["code"], code, "{refused:#}");
    }
    for field in ["subject", "notes", "conditions"] {
        let mut content = plain("1");
        content[field] = json!("x".repeat(100_000));
        let refused = trade
            .quote(
                "quoteDraft",
                json!({ "organization": trade.customer, "content": content }),
            )
            .await;
        assert_eq!(refused["userErrors"][0]["code"], "FIELD_TOO_LONG", "{field}");
    }
    let data = trade.server.data("{ quotes { totalCount } }").await;
    assert_eq!(data["quotes"]["totalCount"], 0);

    // Programs of the typesetter, of browsers and of spreadsheets are text.
    let hostile =
        r#"#panic("x") #read("/etc/passwd") $x^2$ <script>alert(1)</script> =HYPERLINK("x") \u{202E} {{7*7}} ]] #]"#;
    let mut content = line(hostile, &format!("{hostile}\n{hostile}"));
    for field in ["subject", "notes", "conditions"] {
        content[field] = json!(hostile);
    }
    let quote = drafted(&trade, content).await;
    assert!(preview(&trade, &quote).await.starts_with(b"%PDF-1.7"));
    let send = json!({ "id": quote["id"], "email": "ada@acme.example", "message": hostile });
    let sent = trade.quote("quoteSend", send).await;
    assert_eq!(sent["userErrors"], json!([]), "{sent:#}");
    let (status, page) = trade.get(&trade.page(&sent["quote"])).await;
    assert!(
        status == 200 && page.contains("&lt;script&gt;") && !page.contains("<script>alert"),
        "{page}"
    );
    let letter = trade.letter("devis D").await;
    assert!(
        !letter.contains("<script>alert(1)</script> =HYPERLINK(&quot;"),
        "{letter}"
    );

    // As much as is taken fills pages.
    let long = "mot ".repeat(400);
    let rows: Vec<_> = (0..60)
        .map(|_| line(&"nom ".repeat(40), &long)["rows"][0].clone())
        .collect();
    let quote = drafted(&trade, json!({ "rows": rows })).await;
    assert!(preview(&trade, &quote).await.len() > 100_000);
}

#[tokio::test]
async fn an_invoice_and_a_credit_note_are_of_today() {
    let trade = Trade::start().await;
    let server = &trade.server;
    let draft = json!({ "organization": trade.customer, "content": plain("100") });
    let draft = taken(server, "invoiceDraft", draft).await;
    let yesterday = (Utc::now() - TimeDelta::days(3)).to_rfc3339();
    let back = json!({ "id": draft["id"], "occurredAt": yesterday });
    let refused = give(server, "invoiceIssue", back).await;
    assert_eq!(
        (&refused["userErrors"][0]["code"], &refused["userErrors"][0]["field"]),
        (&json!("NUMBER_BACK_DATED"), &json!(["input", "occurredAt"]))
    );
    let still = invoice(server, &draft["id"]).await;
    assert_eq!((&still["status"], &still["number"]), (&json!("DRAFT"), &Value::Null));
    let tomorrow = (Utc::now() + TimeDelta::days(1)).to_rfc3339();
    let query = "mutation($input: InvoiceIssueInput!) { invoiceIssue(input: $input) { userErrors { code } } }";
    let ahead = json!({ "input": { "id": draft["id"], "occurredAt": tomorrow } });
    assert_eq!(server.code_with(query, ahead).await, "BAD_USER_INPUT");
    let issued = taken(server, "invoiceIssue", json!({ "id": draft["id"] })).await;
    assert!(
        issued["number"].as_str().unwrap().ends_with("-F-001"),
        "no number was lost"
    );
    let credit =
        json!({ "id": issued["id"], "credit": { "whole": true }, "reason": "Erreur", "occurredAt": yesterday });
    assert_eq!(refusal(server, "invoiceCredit", credit).await, "NUMBER_BACK_DATED");
    assert_eq!(invoice(server, &issued["id"]).await["creditNotes"], json!([]));
}

#[tokio::test]
async fn a_quote_is_accepted_once_in_time_and_in_its_newest_version() {
    let trade = Trade::on(Server::start_with(&["--clock", "manual:2026-03-02T08:00:00Z"])).await;
    let send = |quote: &Value| json!({ "id": quote["id"], "email": "ada@acme.example" });
    let sent = async |quote: &Value| {
        let sent = trade.quote("quoteSend", send(quote)).await;
        assert_eq!(sent["userErrors"], json!([]), "{sent:#}");
        sent["quote"].clone()
    };
    let sign = async |page: &str, code: &str| {
        let fields = [("code", code), ("name", "Ada"), ("consent", "yes")];
        trade.submit(&format!("{page}/sign"), &fields).await
    };
    let report = |quote: &Value, version: u32| json!({ "id": quote["id"], "version": version });

    // An old version, by its page and by report; with a code that is right for it.
    let first = sent(&drafted(&trade, plain("100")).await).await;
    let old = trade.page(&first);
    let code = trade.code(&old).await;
    trade.quote("quoteStartVersion", json!({ "id": first["id"] })).await;
    let second = sent(&first).await;
    assert_eq!(sign(&old, &code).await.0, 422);
    let refused = trade.quote("quoteReportAcceptance", report(&first, 1)).await;
    assert_eq!(refused["userErrors"][0]["code"], "QUOTE_VERSION_SUPERSEDED");
    let refused = trade.quote("quoteReportAcceptance", report(&first, 3)).await;
    assert_eq!(refused["userErrors"][0]["code"], "QUOTE_VERSION_NOT_FOUND");

    // Twice.
    let taken = trade.quote("quoteReportAcceptance", report(&second, 2)).await;
    assert_eq!(taken["quote"]["status"], "ACCEPTED", "{taken:#}");
    let refused = trade.quote("quoteReportAcceptance", report(&second, 2)).await;
    assert_eq!(refused["userErrors"][0]["code"], "QUOTE_ACCEPTED");
    assert_eq!(trade.submit(&format!("{}/code", trade.page(&second)), &[]).await.0, 422);

    // Too late, with a code that was asked for in time.
    let late = sent(&drafted(&trade, plain("200")).await).await;
    let until: chrono::NaiveDate = late["validUntil"].as_str().unwrap().parse().unwrap();
    let page = trade.page(&late);
    advance(&trade.server, until.and_hms_opt(20, 0, 0).unwrap().and_utc()).await;
    let code = trade.code(&page).await;
    // Ten minutes past midnight in Paris; a code lives a quarter of an hour.
    let over = until.succ_opt().unwrap().and_hms_opt(0, 10, 0).unwrap().and_utc();
    advance(&trade.server, over).await;
    let (status, text) = sign(&page, &code).await;
    assert!(status == 422 && text.contains("Expiré"), "{text}");
    let refused = trade.quote("quoteReportAcceptance", report(&late, 1)).await;
    assert_eq!(refused["userErrors"][0]["code"], "QUOTE_EXPIRED");
    assert_eq!(trade.look(&late).await["status"], "EXPIRED");
}
