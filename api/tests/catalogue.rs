//! The company's settings and its catalogue of products.

use domain::Role;
use serde_json::{Value, json};

use crate::{database::Database, people::People, server::Server, sign_in::shown_by_authenticator, support::Workplace};

const PRODUCT: &str = "id uuid code name details unit category unitPrice currencyCode period nature vatRateClass exemption archivedAt version";

async fn give(server: &Server, mutation: &str, input: Value) -> Value {
    let (first, rest) = mutation.split_at(1);
    let kind = match mutation {
        "productArchive" | "productRestore" => "ProductCommand".to_owned(),
        _ => format!("{}{rest}", first.to_uppercase()),
    };
    let query = format!(
        "mutation($input: {kind}Input!) {{ {mutation}(input: $input) {{ product {{ {PRODUCT} }} position replayed userErrors {{ code field }} }} }}"
    );
    server.data_with(&query, json!({ "input": input })).await[mutation].take()
}

fn maintenance() -> Value {
    json!({ "code": "maint-pv", "name": "Maintenance de toiture", "unit": "kWc", "unitPrice": "12.345678", "period": "YEAR",
        "nature": "SERVICES", "category": "Maintenance" })
}

async fn added(server: &Server, input: Value) -> Value {
    let payload = give(server, "productAdd", input).await;
    assert_eq!(payload["userErrors"], json!([]), "{payload}");
    payload["product"].clone()
}

#[tokio::test]
async fn a_product_is_added_changed_and_archived() {
    products(&Server::start()).await;
}

async fn products(server: &Server) {
    let product = added(server, maintenance()).await;
    assert_eq!(
        (&product["code"], &product["unitPrice"], &product["vatRateClass"]),
        (&json!("MAINT-PV"), &json!("12.345678"), &json!("NORMAL"))
    );
    let id = &product["id"];
    let changes = json!({ "id": id, "unitPrice": "13", "category": null, "period": "MONTH" });
    let changed = give(server, "productUpdate", changes).await["product"].take();
    assert_eq!(
        (
            &changed["unitPrice"],
            &changed["category"],
            &changed["period"],
            &changed["name"]
        ),
        (&json!("13"), &Value::Null, &json!("MONTH"), &product["name"])
    );

    // A code is that of one product at a time.
    let taken = give(
        server,
        "productAdd",
        json!({ "code": "Maint-PV ", "name": "x", "unit": "u", "unitPrice": "1", "nature": "GOODS" }),
    )
    .await;
    assert_eq!(
        taken["userErrors"],
        json!([{ "code": "PRODUCT_CODE_TAKEN", "field": ["input", "code"] }])
    );
    let archived = give(server, "productArchive", json!({ "id": id })).await["product"].take();
    assert_ne!(archived["archivedAt"], Value::Null);
    let again = added(server, maintenance()).await;
    let restored = give(server, "productRestore", json!({ "id": id })).await;
    assert_eq!(restored["userErrors"][0]["code"], "PRODUCT_CODE_TAKEN");
    give(server, "productUpdate", json!({ "id": again["id"], "code": "MAINT-2" })).await;
    let restored = give(server, "productRestore", json!({ "id": id })).await;
    assert_eq!(restored["product"]["archivedAt"], Value::Null);

    let data = server
        .data(&format!(
            "{{ history(id: \"{}\") {{ nodes {{ type summary }} }} }}",
            id.as_str().unwrap()
        ))
        .await;
    let events = data["history"]["nodes"].as_array().unwrap();
    let types: Vec<_> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(
        types,
        [
            "ProductAdded",
            "ProductDescribed",
            "ProductRepriced",
            "ProductArchived",
            "ProductRestored"
        ]
    );
    assert!(
        events[0]["summary"]
            .as_str()
            .unwrap()
            .contains("12.345678 EUR per kWc a year"),
        "{events:#?}"
    );
}

#[tokio::test]
async fn what_means_nothing_is_refused_and_adds_nothing() {
    let server = Server::start();
    let with = |field: &str, value: Value| {
        let mut input = maintenance();
        input[field] = value;
        input
    };
    for (field, value, code, blamed) in [
        ("code", json!(" "), "FIELD_REQUIRED", "code"),
        ("name", json!("a\u{7}b"), "CONTROL_CHARACTER", "name"),
        ("unitPrice", json!("-1"), "NEGATIVE_NUMBER", "unitPrice"),
        ("unitPrice", json!("0.0000001"), "TOO_MANY_DECIMALS", "unitPrice"),
        ("unitPrice", json!("1000000000001"), "NUMBER_TOO_LARGE", "unitPrice"),
        ("currencyCode", json!("EURO"), "INVALID_CURRENCY", "currencyCode"),
        ("details", json!("x".repeat(4_001)), "FIELD_TOO_LONG", "details"),
    ] {
        let payload = give(&server, "productAdd", with(field, value)).await;
        assert_eq!(
            payload["userErrors"],
            json!([{ "code": code, "field": ["input", blamed] }]),
            "{field}"
        );
    }
    let unknown = json!({ "id": "018f3a5e-0000-7000-8000-000000000009", "name": "x" });
    assert_eq!(
        give(&server, "productUpdate", unknown).await["userErrors"][0]["code"],
        "PRODUCT_NOT_FOUND"
    );
    let data = server
        .data("{ products(filter: { archived: { eq: false } }) { totalCount } }")
        .await;
    assert_eq!(data["products"]["totalCount"], 0);
}

#[tokio::test]
async fn a_command_sent_again_is_not_done_again() {
    let server = Server::start();
    let mut input = maintenance();
    input["commandId"] = json!("018f3a5e-0000-7000-8000-000000000010");
    let first = give(&server, "productAdd", input.clone()).await;
    let change =
        json!({ "id": first["product"]["id"], "unitPrice": "20", "commandId": "018f3a5e-0000-7000-8000-000000000011" });
    give(&server, "productUpdate", change.clone()).await;
    give(
        &server,
        "productUpdate",
        json!({ "id": first["product"]["id"], "unitPrice": "21" }),
    )
    .await;
    let again = give(&server, "productUpdate", change).await;
    assert_eq!(
        (&again["replayed"], &again["product"]["unitPrice"]),
        (&json!(true), &json!("21"))
    );
    assert_eq!(give(&server, "productAdd", input).await["replayed"], true);
}

#[tokio::test]
async fn the_catalogue_is_filtered_and_sorted() {
    let server = Server::start();
    added(&server, maintenance()).await;
    for (code, name, price, nature) in [
        ("ONDULEUR", "Onduleur", "900", "GOODS"),
        ("ETUDE", "Étude de faisabilité", "95", "SERVICES"),
    ] {
        let input = json!({ "code": code, "name": name, "unit": "u", "unitPrice": price, "nature": nature });
        added(&server, input).await;
    }
    for (arguments, expected) in [
        ("", json!(["ETUDE", "MAINT-PV", "ONDULEUR"])),
        (
            "(orderBy: [{ field: UNIT_PRICE, direction: DESC }])",
            json!(["ONDULEUR", "ETUDE", "MAINT-PV"]),
        ),
        ("(filter: { nature: { eq: SERVICES } }, first: 1)", json!(["ETUDE"])),
        ("(filter: { recurring: { eq: true } })", json!(["MAINT-PV"])),
        ("(filter: { name: { startsWith: \"etu\" } })", json!(["ETUDE"])),
        (
            "(filter: { or: [{ code: { eq: \"ETUDE\" } }, { period: { in: [YEAR] } }] })",
            json!(["ETUDE", "MAINT-PV"]),
        ),
    ] {
        let data = server
            .data(&format!("{{ products{arguments} {{ nodes {{ code }} }} }}"))
            .await;
        let codes: Vec<_> = data["products"]["nodes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|node| node["code"].clone())
            .collect();
        assert_eq!(json!(codes), expected, "{arguments}");
    }
}

const COMPANY: &str =
    "name legalForm shareCapital { amount } siren siret registrationCity vatNumber vatRegime vatOnDebits iban
    paymentTerms { kind days dayOfMonth instalments { percent days } } quoteValidityDays earlyPaymentDiscount
    lateInterestRates { year half rate source } fiscalYearEnd { month day } electronicInvoicingFrom version";

async fn set(server: &Server, mutation: &str, input: Value) -> Value {
    let (first, rest) = mutation.split_at(1);
    let query = format!(
        "mutation($input: {}{rest}Input!) {{ {mutation}(input: $input) {{ company {{ {COMPANY} }} userErrors {{ code field }} }} }}",
        first.to_uppercase()
    );
    server.data_with(&query, json!({ "input": input })).await[mutation].take()
}

fn identity() -> Value {
    json!({ "name": "Solaire de Lorraine", "legalForm": "SAS", "shareCapital": { "amount": "50000" }, "siren": "732 829 320",
        "siret": "732 829 320 00074", "registrationCity": "Metz", "vatNumber": "FR44732829320",
        "address": { "lines": ["4 rue des Clercs"], "postcode": "57000", "city": "Metz" } })
}

#[tokio::test]
async fn the_company_is_there_before_anything_was_said_of_it() {
    let server = Server::start();
    let company = server.data(&format!("{{ company {{ {COMPANY} }} }}")).await["company"].take();
    assert_eq!(company["name"], Value::Null);
    assert_eq!(
        company["paymentTerms"],
        json!({ "kind": "NET", "days": 30, "dayOfMonth": null, "instalments": [] })
    );
    assert_eq!(
        (&company["quoteValidityDays"], &company["version"]),
        (&json!(30), &json!(0))
    );
}

#[tokio::test]
async fn the_company_says_who_it_is_and_how_it_works() {
    settings(&Server::start()).await;
}

async fn settings(server: &Server) {
    let identified = set(server, "companyIdentify", identity()).await["company"].take();
    assert_eq!(
        (&identified["siren"], &identified["shareCapital"]["amount"]),
        (&json!("732829320"), &json!("50000.00"))
    );
    let mut wrong = identity();
    wrong["siret"] = json!("35600000000048");
    assert_eq!(
        set(server, "companyIdentify", wrong).await["userErrors"],
        json!([{ "code": "SIRET_OF_ANOTHER_SIREN", "field": ["input", "siret"] }])
    );
    set(
        server,
        "companySetVatScheme",
        json!({ "regime": "QUARTERLY", "onDebits": true }),
    )
    .await;
    let defaults = json!({ "paymentTerms": { "kind": "INSTALMENTS", "instalments": [{ "percent": "30", "days": 0 }, { "percent": "70", "days": 45 }] },
        "quoteValidityDays": 60 });
    set(server, "companySetDocumentDefaults", defaults).await;
    let half = json!({ "paymentTerms": { "kind": "FIXED_DAY", "days": 30 }, "quoteValidityDays": 60 });
    assert_eq!(
        set(server, "companySetDocumentDefaults", half).await["userErrors"][0],
        json!({ "code": "FIELD_REQUIRED", "field": ["input", "dayOfMonth"] })
    );
    for (half, rate) in [(2, "12.40"), (1, "12"), (1, "12.15")] {
        let rate = json!({ "year": 2026, "half": half, "rate": rate, "source": "BCE + 10 points" });
        set(server, "companySetLateInterestRate", rate).await;
    }
    set(server, "companySetFiscalYearEnd", json!({ "month": 9, "day": 30 })).await;
    let company = set(server, "companySetElectronicInvoicing", json!({ "from": "2027-09-01" })).await["company"].take();
    assert_eq!(company["vatRegime"], "QUARTERLY");
    assert_eq!(
        company["paymentTerms"]["instalments"][1],
        json!({ "percent": "70", "days": 45 })
    );
    let rates = company["lateInterestRates"].as_array().unwrap();
    let rates: Vec<_> = rates
        .iter()
        .map(|rate| (rate["half"].clone(), rate["rate"].clone()))
        .collect();
    assert_eq!(rates, [(json!(1), json!("12.15")), (json!(2), json!("12.4"))]);
    assert_eq!(company["fiscalYearEnd"], json!({ "month": 9, "day": 30 }));
    assert_eq!(company["electronicInvoicingFrom"], "2027-09-01");
}

#[tokio::test]
async fn only_an_administrator_with_a_second_factor_changes_where_customers_pay_to() {
    let server = Server::start();
    let accounts = People::of(&server);
    let change = "mutation($code: String!) { companyChangeBankAccount(input: { iban: \"FR76 3000 6000 0112 3456 7890 189\", code: $code }) { company { iban } userErrors { code } } }";
    let accountant = accounts.with(Role::Accountant).sign_in().await;
    let answer = accountant.answer(change, json!({ "code": "000000" })).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
    // A token is nobody who could show a code.
    assert_eq!(server.code_with(change, json!({ "code": "000000" })).await, "FORBIDDEN");

    let account = accounts.with(Role::Admin);
    let admin = account.sign_in().await;
    let refused = |answer: &Value| answer["companyChangeBankAccount"]["userErrors"][0]["code"].clone();
    let without = admin.data(change, json!({ "code": "000000" })).await;
    assert_eq!(refused(&without), "SECOND_FACTOR_REQUIRED");
    let begin = "mutation($password: String!) { secondFactorBegin(input: { password: $password }) { secret } }";
    let begun = admin.data(begin, json!({ "password": account.password })).await;
    let secret = begun["secondFactorBegin"]["secret"].as_str().unwrap().to_owned();
    let confirm = "mutation($code: String!) { secondFactorConfirm(input: { code: $code }) { recoveryCodes } }";
    let confirmed = admin
        .data(confirm, json!({ "code": shown_by_authenticator(&secret) }))
        .await;
    let recovery = confirmed["secondFactorConfirm"]["recoveryCodes"][0].clone();
    let wrong = admin.data(change, json!({ "code": "abcdef" })).await;
    assert_eq!(refused(&wrong), "WRONG_CODE");
    let changed = admin.data(change, json!({ "code": recovery })).await;
    assert_eq!(
        changed["companyChangeBankAccount"],
        json!({ "company": { "iban": "FR7630006000011234567890189" }, "userErrors": [] })
    );
}

#[tokio::test]
async fn postgresql_answers_the_same() {
    for number in 0..2 {
        let database = Database::make(&format!("catalogue_{number}")).await;
        let server = Server::start_in(Workplace::on_database(&database.url()), &[]);
        match number {
            0 => products(&server).await,
            _ => settings(&server).await,
        }
        drop(server);
        database.drop().await;
    }
}
