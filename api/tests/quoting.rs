//! Quotes from the draft to the signature: over the API, on the customer's page, and in the agenda.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::Role;
use serde_json::{Value, json};

use crate::{database::Database, people::People, server::Server, support::Workplace, trade::Trade};

const VERSION: &str = "number status validUntil publicPath document { name sha256 size mediaType address { path } }
    signedDocument { sha256 address { path } } evidence { address { path } } acceptanceMeans chosen refusalReason
    totals { net { amount } vat { amount } gross { amount } breakdown { base { amount } vat { amount } treatment { category rate reason } } }
    buyer { name email contact } seller { name vatNumber } signature { name email wrongCodes drawn documentSha256 }
    content { subject rows { __typename ... on DocumentLine { number name optional amount { amount } vat { rate } } } }";

impl Trade {
    pub(crate) async fn quote(&self, mutation: &str, input: Value) -> Value {
        let kind = match mutation {
            "quoteStartVersion"
            | "quoteDiscardVersion"
            | "quoteRequestApproval"
            | "quoteApprove"
            | "quoteRevokeLink"
            | "quoteSendEnvelope"
            | "quoteCheckEnvelope"
            | "quoteRenewLink" => "QuoteCommandInput".to_owned(),
            "quoteCancel" | "quoteRefuseApproval" => "QuoteReasonInput".to_owned(),
            _ => format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]),
        };
        let query = format!(
            "mutation($input: {kind}!) {{ {mutation}(input: $input) {{ position version userErrors {{ code field message }}
                quote {{ id uuid number status approval net {{ amount }} gross {{ amount }} validUntil version
                    draft {{ {VERSION} }} sent {{ {VERSION} }} accepted {{ {VERSION} }} }} }} }}"
        );
        self.server.data_with(&query, json!({ "input": input })).await[mutation].take()
    }

    /// A draft of two lines, 20 % and 5.5 %, and an option.
    async fn draft(&self) -> Value {
        let drafted = self
            .quote(
                "quoteDraft",
                json!({ "organization": self.customer, "content": offer() }),
            )
            .await;
        assert_eq!(drafted["userErrors"], json!([]), "{drafted:#}");
        drafted["quote"].clone()
    }

    async fn sent(&self) -> Value {
        let draft = self.draft().await;
        let sent = self
            .quote(
                "quoteSend",
                json!({ "id": draft["id"], "recipientName": "Ada Lovelace", "email": "ada@acme.example" }),
            )
            .await;
        assert_eq!(sent["userErrors"], json!([]), "{sent:#}");
        sent["quote"].clone()
    }

    pub(crate) async fn look(&self, quote: &Value) -> Value {
        let query = format!(
            "query($id: ID!, $at: BigInt!) {{ quote(id: $id, minPosition: $at) {{ id number status approval net {{ amount }} gross {{ amount }} validUntil
                deal {{ uuid title status stage amountNet {{ amount }} amountGross {{ amount }} }}
                versions {{ {VERSION} }} sent {{ {VERSION} }} accepted {{ {VERSION} }} }} }}"
        );
        let at = self.server.position().await.to_string();
        let asked = json!({ "id": quote["id"], "at": at });
        self.server.data_with(&query, asked).await["quote"].take()
    }

    /// The page of a sent version.
    pub(crate) fn page(&self, quote: &Value) -> String {
        self.server.url(quote["sent"]["publicPath"].as_str().expect("a page"))
    }

    pub(crate) async fn get(&self, url: &str) -> (u16, String) {
        let answer = self.server.client().get(url).send().await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("a page"))
    }

    pub(crate) async fn submit(&self, url: &str, fields: &[(&str, &str)]) -> (u16, String) {
        let body: String = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let request = self.server.client().post(url).body(body);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let answer = request.send().await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("a page"))
    }

    /// The newest code that went to an address.
    pub(crate) async fn code(&self, page: &str) -> String {
        let (status, text) = self.submit(&format!("{page}/code"), &[]).await;
        assert_eq!(status, 200, "{text}");
        let letter = self.letter("code pour signer").await;
        let subject = letter.split("Subject: ").nth(1).expect("a subject");
        subject[..6].to_owned()
    }
}

fn offer() -> Value {
    json!({ "subject": "Toiture de la halle", "rows": [
        { "section": "Toiture" },
        { "line": { "name": "Pose de panneaux", "unit": "heure", "quantity": "10", "unitPrice": "99.95", "nature": "SERVICES" } },
        { "line": { "name": "Guide", "unit": "unité", "quantity": "3", "unitPrice": "19.90", "nature": "GOODS", "vatRateClass": "REDUCED" } },
        { "comment": "Accès par la cour" },
        { "line": { "name": "Maintenance", "unit": "an", "unitPrice": "200", "nature": "SERVICES", "period": "YEAR", "optional": true } }
    ], "discountPercent": "10" })
}

#[tokio::test]
async fn a_quote_is_drafted_sent_and_superseded() {
    versions(&Trade::start().await).await;
}

async fn versions(trade: &Trade) {
    let draft = trade.draft().await;
    let year = Utc::now().format("%Y").to_string();
    assert_eq!(draft["number"], format!("D{year}-0001"));
    // 999.50 and 59.70 less 10 %: 899.55 at 20 %, 53.73 at 5.5 %.
    let totals = &draft["draft"]["totals"];
    let amounts = [&totals["net"], &totals["vat"], &totals["gross"]].map(|money| money["amount"].as_str().unwrap());
    assert_eq!(amounts, ["953.28", "182.87", "1136.15"]);
    let other = trade.draft().await;
    assert_eq!(other["number"], format!("D{year}-0002"));

    // Sent: frozen, with its paper, its letter and its page.
    let sent = trade
        .quote(
            "quoteSend",
            json!({ "id": draft["id"], "recipientName": "Ada", "email": "ada@acme.example", "message": "À bientôt" }),
        )
        .await["quote"]
        .take();
    assert_eq!((&sent["status"], &sent["draft"]), (&json!("SENT"), &Value::Null));
    assert_eq!(sent["sent"]["buyer"]["email"], "ada@acme.example");
    let paper = &sent["sent"]["document"];
    let fetched = trade.fetch(&paper["address"]["path"]).await;
    assert!(fetched.starts_with(b"%PDF-1.7"));
    assert_eq!(fetched.len() as i64, paper["size"].as_i64().unwrap());
    let letter = trade.letter("devis D").await;
    assert!(
        letter.contains("À bientôt") && letter.contains("1 136,15") || letter.contains("136,15"),
        "{letter}"
    );
    let first_page = trade.page(&sent);
    let (status, page) = trade.get(&first_page).await;
    assert_eq!(status, 200);
    assert!(
        page.contains("Toiture de la halle") && page.contains("Recevoir un code"),
        "{page}"
    );
    assert_eq!(trade.look(&sent).await["status"], "VIEWED");
    let edited = trade
        .quote("quoteChangeContent", json!({ "id": draft["id"], "content": offer() }))
        .await;
    assert_eq!(edited["userErrors"][0]["code"], "QUOTE_HAS_NO_DRAFT");

    // Version 2: another quantity, one line less.
    let started = trade.quote("quoteStartVersion", json!({ "id": draft["id"] })).await["quote"].take();
    assert_eq!(
        (&started["status"], &started["draft"]["number"]),
        (&json!("VIEWED"), &json!(2))
    );
    let mut content = offer();
    content["rows"] = json!([
        { "line": { "number": 1, "name": "Pose de panneaux", "unit": "heure", "quantity": "12", "unitPrice": "99.95", "nature": "SERVICES" } },
        { "line": { "number": 3, "name": "Maintenance", "unit": "an", "unitPrice": "200", "nature": "SERVICES", "period": "YEAR", "optional": true } }
    ]);
    let changed = trade
        .quote("quoteChangeContent", json!({ "id": draft["id"], "content": content }))
        .await;
    assert_eq!(changed["userErrors"], json!([]), "{changed:#}");
    let resent = trade
        .quote("quoteSend", json!({ "id": draft["id"], "email": "ada@acme.example" }))
        .await["quote"]
        .take();
    assert_eq!(resent["number"], draft["number"], "the number stays");
    let looked = trade.look(&resent).await;
    let stand: Vec<_> = looked["versions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["status"])
        .collect();
    assert_eq!(stand, ["SUPERSEDED", "SENT"]);
    let (status, page) = trade.get(&first_page).await;
    assert_eq!(status, 200);
    assert!(
        page.contains("Remplacé") && page.contains("v2") && !page.contains("Recevoir un code"),
        "{page}"
    );

    let query = "query($id: ID!) { quoteDifferences(id: $id, from: 1, to: 2) { field line before after } }";
    let data = trade.server.data_with(query, json!({ "id": draft["id"] })).await;
    let fields: Vec<_> = data["quoteDifferences"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["field"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(fields, ["line 1 quantity", "line 2", "rows"]);

    let old = json!({ "id": draft["id"], "version": 1 });
    let refused = trade.quote("quoteReportAcceptance", old).await;
    assert_eq!(refused["userErrors"][0]["code"], "QUOTE_VERSION_SUPERSEDED");
}

#[tokio::test]
async fn a_customer_signs_on_the_page_and_the_deal_is_won() {
    signature(&Trade::start().await).await;
}

async fn signature(trade: &Trade) {
    let sent = trade.sent().await;
    let page = trade.page(&sent);
    trade.get(&page).await;
    let fields = |code: &str| {
        vec![
            ("code".to_owned(), code.to_owned()),
            ("name".to_owned(), "Ada Lovelace".to_owned()),
            ("consent".to_owned(), "yes".to_owned()),
            ("chosen".to_owned(), "3".to_owned()),
            ("drawing".to_owned(), format!("data:image/png;base64,{DRAWING}")),
        ]
    };
    let sign = async |code: &str| {
        let fields = fields(code);
        let fields: Vec<_> = fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        trade.submit(&format!("{page}/sign"), &fields).await
    };
    // Nothing is signed without a code, with a wrong one, or without consent.
    let (status, said) = sign("000000").await;
    assert_eq!(status, 422, "{said}");
    let code = trade.code(&page).await;
    let wrong = if code == "123456" { "654321" } else { "123456" };
    let (status, said) = sign(wrong).await;
    assert!(status == 422 && said.contains("Essais restants : 4"), "{said}");
    let (status, said) = trade
        .submit(&format!("{page}/sign"), &[("code", &code), ("name", "Ada")])
        .await;
    assert!(status == 422 && said.contains("cochez"), "{said}");
    let (status, said) = sign(&code).await;
    assert!(status == 200 && said.contains("le devis est signé"), "{said}");
    let (status, _) = sign(&code).await;
    assert_eq!(status, 422, "accepted once");

    let accepted = trade
        .until(async || {
            let looked = trade.look(&sent).await;
            let filed = !looked["accepted"]["signedDocument"].is_null() && looked["deal"]["status"] == "WON";
            filed.then_some(looked)
        })
        .await;
    // With the option: 953.28 and 180 at 20 %.
    assert_eq!(
        (&accepted["net"]["amount"], &accepted["gross"]["amount"]),
        (&json!("1133.28"), &json!("1352.15"))
    );
    let version = &accepted["accepted"];
    assert_eq!(
        (
            &version["chosen"],
            &version["acceptanceMeans"],
            &version["signature"]["wrongCodes"]
        ),
        (&json!([3]), &json!("ELECTRONIC_SIGNATURE"), &json!(1))
    );
    assert_eq!(version["signature"]["documentSha256"], version["document"]["sha256"]);
    let deal = &accepted["deal"];
    assert_eq!(
        (
            &deal["title"],
            &deal["amountNet"]["amount"],
            &deal["amountGross"]["amount"]
        ),
        (&json!("Toiture de la halle"), &json!("1133.28"), &json!("1352.15"))
    );

    // The signed paper bears the company's seal, whole.
    let paper = trade.fetch(&version["signedDocument"]["address"]["path"]).await;
    let seals = sealing::verify(&paper).unwrap();
    assert!(
        seals.len() == 1 && seals[0].is_intact() && seals[0].covers_whole_file(),
        "{seals:?}"
    );
    let evidence: Value = serde_json::from_slice(&trade.fetch(&version["evidence"]["address"]["path"]).await).unwrap();
    assert_eq!(evidence["signature"]["name"], "Ada Lovelace");
    assert_eq!(evidence["signedDocumentSha256"], version["signedDocument"]["sha256"]);
    assert!(trade.letter("Votre devis").await.contains("signé"));

    // Anybody can check it, and what was changed is unknown.
    let hash = version["signedDocument"]["sha256"].as_str().unwrap();
    let (_, known) = trade.get(&trade.server.url(&format!("/verify?sha256={hash}"))).await;
    assert!(known.contains("Authentique") && !known.contains("Lovelace"), "{known}");
    let (_, unknown) = trade
        .get(&trade.server.url(&format!("/verify?sha256={}", "0".repeat(64))))
        .await;
    assert!(unknown.contains("Inconnu"), "{unknown}");
}

/// A PNG of one pixel.
pub(crate) const DRAWING: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

#[tokio::test]
async fn five_wrong_codes_end_a_code() {
    let trade = Trade::start().await;
    let sent = trade.sent().await;
    let page = trade.page(&sent);
    let code = trade.code(&page).await;
    let wrong = if code == "123456" { "654321" } else { "123456" };
    let fields = |code| [("code", code), ("name", "Ada"), ("consent", "yes")];
    for left in (0..5).rev() {
        let (status, said) = trade.submit(&format!("{page}/sign"), &fields(wrong)).await;
        let told = if left == 0 {
            "cinq codes erronés".to_owned()
        } else {
            format!("Essais restants : {left}")
        };
        assert!(status == 422 && said.contains(&told), "{left}: {said}");
    }
    let (status, said) = trade.submit(&format!("{page}/sign"), &fields(&code)).await;
    assert!(status == 422 && said.contains("Cinq codes erronés"), "{said}");
    assert_ne!(trade.look(&sent).await["status"], "ACCEPTED", "nothing was signed");
}

#[tokio::test]
async fn a_link_that_was_edited_or_closed_opens_nothing() {
    let trade = Trade::start().await;
    let sent = trade.sent().await;
    let page = trade.page(&sent);
    let mut edited = page.clone();
    let last = edited.pop().unwrap();
    edited.push(if last == 'A' { 'B' } else { 'A' });
    let other_version = page.replace("/1-1/", "/2-1/");
    for url in [
        &edited,
        &other_version,
        &format!("{page}x"),
        &page.replace("/1-1/", "/1-2/"),
    ] {
        let (status, text) = trade.get(url).await;
        assert!(status == 404 && !text.contains("Toiture"), "{url}: {text}");
        assert_eq!(trade.submit(&format!("{url}/code"), &[]).await.0, 404);
    }
    let looked = trade.quote("quoteRevokeLink", json!({ "id": sent["id"] })).await["quote"].take();
    assert_eq!(looked["sent"]["publicPath"], Value::Null);
    assert_eq!(trade.get(&page).await.0, 404);
    let renewed = trade.quote("quoteRenewLink", json!({ "id": sent["id"] })).await["quote"].take();
    assert_eq!(trade.get(&trade.page(&renewed)).await.0, 200);
    assert_eq!(trade.get(&page).await.0, 404, "the old link stays closed");

    // A document's address is of that document, and of a while.
    let address = sent["sent"]["document"]["address"]["path"].as_str().unwrap();
    assert_eq!(trade.get(&trade.server.url(address)).await.0, 200);
    let mut parts: Vec<&str> = address.split('/').collect();
    let later = format!("p{}", parts[3][1..].parse::<i64>().unwrap() + 3_600);
    parts[3] = &later;
    assert_eq!(trade.get(&trade.server.url(&parts.join("/"))).await.0, 404);
}

#[tokio::test]
async fn a_customer_declines_and_can_be_offered_another_version() {
    let trade = Trade::start().await;
    let sent = trade.sent().await;
    let page = trade.page(&sent);
    let (status, said) = trade
        .submit(&format!("{page}/decline"), &[("reason", "Trop <b>cher</b>")])
        .await;
    assert!(status == 200 && said.contains("Vous avez refusé"), "{said}");
    let looked = trade.look(&sent).await;
    assert_eq!(
        (&looked["status"], &looked["sent"]["refusalReason"]),
        (&json!("REFUSED"), &json!("Trop <b>cher</b>"))
    );
    assert_eq!(trade.submit(&format!("{page}/code"), &[]).await.0, 422);
    let started = trade.quote("quoteStartVersion", json!({ "id": sent["id"] })).await;
    assert_eq!(started["quote"]["draft"]["number"], 2);
}

#[tokio::test]
async fn a_quote_expires_in_the_companys_zone_after_a_reminder() {
    let workplace = Workplace::new();
    let trade = Trade::on(Server::start_in(workplace, &["--clock", "manual"])).await;
    let now: DateTime<Utc> =
        serde_json::from_value(trade.server.data("{ clock { now } }").await["clock"]["now"].take()).unwrap();
    let rules = json!({ "remindBeforeExpiryDays": 5 });
    trade.company("companySetSalesRules", rules).await;
    let sent = trade.sent().await;
    let page = trade.page(&sent);
    let advance = async |days: i64| {
        let to = (now + TimeDelta::days(days)).to_rfc3339();
        let query = "mutation($to: DateTime!) { clockAdvance(input: { to: $to }) { clock { now } } }";
        trade.server.data_with(query, json!({ "to": to })).await;
    };
    advance(26).await;
    assert!(trade.letter("expire le").await.contains("valable jusqu"));
    advance(29).await;
    assert_eq!(trade.look(&sent).await["status"], "SENT");
    advance(32).await;
    assert_eq!(trade.look(&sent).await["status"], "EXPIRED");
    let (_, text) = trade.get(&page).await;
    assert!(text.contains("Expiré"), "{text}");
    let refused = trade
        .quote("quoteReportAcceptance", json!({ "id": sent["id"], "version": 1 }))
        .await;
    assert_eq!(refused["userErrors"][0]["code"], "QUOTE_EXPIRED");
    let until = (now + TimeDelta::days(60)).format("%Y-%m-%d").to_string();
    let extended = trade
        .quote("quoteExtend", json!({ "id": sent["id"], "validUntil": until }))
        .await["quote"]
        .take();
    assert_eq!(
        (&extended["status"], &extended["validUntil"]),
        (&json!("SENT"), &json!(until))
    );
    let accepted = trade
        .quote("quoteReportAcceptance", json!({ "id": sent["id"], "version": 1 }))
        .await;
    assert_eq!(accepted["quote"]["status"], "ACCEPTED");
}

#[tokio::test]
async fn what_means_nothing_is_refused_and_nothing_changes() {
    let trade = Trade::start().await;
    let line = |line: Value| json!({ "organization": trade.customer, "content": { "rows": [{ "line": line }] } });
    let whole = json!({ "name": "x", "unit": "u", "unitPrice": "1", "nature": "GOODS" });
    let with = |field: &str, value: Value| {
        let mut changed = whole.clone();
        changed[field] = value;
        line(changed)
    };
    for (input, code) in [
        (with("quantity", json!("0")), "NUMBER_ZERO"),
        (with("quantity", json!("1.2345")), "TOO_MANY_DECIMALS"),
        (with("quantity", json!("-1")), "NEGATIVE_NUMBER"),
        (with("unitPrice", json!("-1")), "NEGATIVE_NUMBER"),
        (with("discountPercent", json!("101")), "NUMBER_TOO_LARGE"),
        (with("discountAmount", json!("2")), "NUMBER_TOO_LARGE"),
        (with("name", json!("a\u{0}b")), "CONTROL_CHARACTER"),
        (with("details", json!("x".repeat(100_000))), "FIELD_TOO_LONG"),
        (with("exemption", json!("TEACHING")), ""),
        (line(json!({ "unitPrice": "1" })), "FIELD_REQUIRED"),
        (
            json!({ "organization": trade.customer, "content": { "rows": [] } }),
            "FIELD_REQUIRED",
        ),
        (
            json!({ "organization": "018f3a5e-0000-7000-8000-000000000009", "content": { "rows": [{ "line": whole }] } }),
            "ORGANIZATION_NOT_FOUND",
        ),
    ] {
        let answer = trade.quote("quoteDraft", input.clone()).await;
        match code {
            "" => assert_eq!(answer["userErrors"], json!([]), "{input}"),
            code => assert_eq!(answer["userErrors"][0]["code"], code, "{input}: {answer:#}"),
        }
    }
    let data = trade.server.data("{ quotes { totalCount nodes { number } } }").await;
    assert_eq!(data["quotes"]["totalCount"], 1, "only what was taken has a number");
}

#[tokio::test]
async fn a_large_discount_waits_for_a_manager_and_roles_do_what_is_theirs() {
    let trade = Trade::start().await;
    trade
        .company("companySetSalesRules", json!({ "approvalAboveDiscount": "5" }))
        .await;
    let draft = trade.draft().await;
    let send = json!({ "id": draft["id"], "email": "ada@acme.example" });
    let refused = trade.quote("quoteSend", send.clone()).await;
    assert_eq!(refused["userErrors"][0]["code"], "QUOTE_APPROVAL_REQUIRED");
    trade.quote("quoteRequestApproval", json!({ "id": draft["id"] })).await;
    let people = People::of(&trade.server);
    let sales = people.with(Role::Sales).sign_in().await;
    let manager = people.with(Role::Manager).sign_in().await;
    let approve = "mutation($id: ID!) { quoteApprove(input: { id: $id }) { quote { approval } userErrors { code } } }";
    let answer = sales.answer(approve, json!({ "id": draft["id"] })).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "{answer:#}");
    let answer = manager.answer(approve, json!({ "id": draft["id"] })).await;
    assert_eq!(
        answer["data"]["quoteApprove"]["quote"]["approval"], "GIVEN",
        "{answer:#}"
    );
    let sent = trade.quote("quoteSend", send).await;
    assert_eq!(sent["quote"]["status"], "SENT", "{sent:#}");
    let analyst = people.with(Role::Analyst).sign_in().await;
    let answer = analyst.answer("{ quotes { totalCount } }", json!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
}

#[tokio::test]
async fn the_same_holds_on_postgresql() {
    let database = Database::make("quoting").await;
    let trade = Trade::on(database.serve()).await;
    versions(&trade).await;
    drop(trade);
    database.drop().await;
    let database = Database::make("signing").await;
    let trade = Trade::on(database.serve()).await;
    signature(&trade).await;
    drop(trade);
    database.drop().await;
}

#[tokio::test]
async fn a_quote_is_shown_as_it_was() {
    let trade = Trade::start().await;
    let sent = trade.sent().await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    let then = Utc::now();
    tokio::time::sleep(Duration::from_millis(20)).await;
    trade
        .quote("quoteCancel", json!({ "id": sent["id"], "reason": "Doublon" }))
        .await;
    assert_eq!(trade.look(&sent).await["status"], "CANCELLED");
    let query = "query($id: ID!, $at: DateTime!) { quote(id: $id, asOf: { moment: $at }) { status sent { totals { gross { amount } } } } }";
    let past = trade
        .until(async || {
            let answer = trade
                .server
                .answer(query, json!({ "id": sent["id"], "at": then.to_rfc3339() }))
                .await;
            answer.get("errors").is_none().then(|| answer["data"]["quote"].clone())
        })
        .await;
    assert_eq!(past["status"], "SENT");
    assert_eq!(past["sent"]["totals"]["gross"]["amount"], "1136.15");
}
