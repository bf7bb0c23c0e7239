//! Contracts over the API: from the draft to the transfer, what is refused, and who sees which.

use std::time::Duration;

use chrono::{Datelike, Days, Months, NaiveDate, Utc};
use domain::Role;
use serde_json::{Value, json};

use crate::{
    database::Database,
    people::{People, Person},
    server::Server,
    trade::Trade,
};

const PDF: &[u8] = b"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj";
const CONTRACT: &str = "id uuid number kind status version currencyCode startsOn endsOn lastDay signedOn
    organization { name } organizations { from why organization { name } } customerKind owner { uuid }
    document { name sha256 mediaType address { path } }
    renewalPolicy { type termMonths maxRenewals } noticePeriod { months days } noticeDeadline
    indexation { index baseValue currentMonth currentValue revisedOn }
    lines { number name interval years timing startsOn endsOn coverage { first last } mrr product { code }
        quantities { from quantity why version } prices { from unitPrice discountPercent why version } }
    amendmentCount amendments { number signedOn effectiveOn note version } pauses { from until }
    notice { by ground receivedOn lastDay reason category note }
    follows { number kind contract { number } } followedBy { number kind startsOn contract { number } }
    renewals { number } disputed dispute segment segments { from segment why }
    obligations { kind dueOn key tooLateForConsumerNotice before date days until } alerts { before date days }
    consumerNotice { standing from until deadline } freeExitFrom refundBy nextBillingOn invoices { id } mrr arr";

/// The name of a mutation's input, as the schema has them.
fn input_of(mutation: &str) -> String {
    match mutation {
        "contractDiscard" | "contractWithdrawNotice" | "contractSettleDispute" => "ContractCommandInput".to_owned(),
        _ => format!("C{}Input", &mutation[1..]),
    }
}

impl Trade {
    /// The payload of a command to a contract.
    async fn contract(&self, mutation: &str, input: Value) -> Value {
        let query = format!(
            "mutation($input: {}!) {{ {mutation}(input: $input) {{ position version replayed
                userErrors {{ code field message }} contract {{ {CONTRACT} }} }} }}",
            input_of(mutation)
        );
        self.server.data_with(&query, json!({ "input": input })).await[mutation].take()
    }

    /// The contract that a command left, which must be taken.
    async fn changed(&self, mutation: &str, input: Value) -> Value {
        let mut payload = self.contract(mutation, input).await;
        assert_eq!(payload["userErrors"], json!([]), "{mutation}: {payload:#}");
        payload["contract"].take()
    }

    /// The code and the field of a command that must be refused.
    async fn refused(&self, mutation: &str, input: Value) -> (String, String) {
        let payload = self.contract(mutation, input.clone()).await;
        let error = &payload["userErrors"][0];
        assert!(error.is_object(), "{mutation} is taken: {input:#}");
        assert!(
            payload["contract"].is_null() && payload["position"].is_null(),
            "{payload:#}"
        );
        assert!(
            error["message"].as_str().is_some_and(|text| text.ends_with(['.', '!'])),
            "{error:#}"
        );
        let field = error["field"].as_array().map_or_else(String::new, |path| {
            let path = path.iter().skip(1).filter_map(Value::as_str);
            path.collect::<Vec<_>>().join(".")
        });
        (error["code"].as_str().expect("a code").to_owned(), field)
    }

    async fn drafted(&self, terms: Value) -> Value {
        let input = json!({ "organization": self.customer, "terms": terms });
        self.changed("contractDraft", input).await
    }

    async fn signed(&self, terms: Value) -> Value {
        let draft = self.drafted(terms).await;
        let signed_on = draft["startsOn"].clone();
        let signed_on = match signed_on.as_str() {
            Some(day) if day > today().to_string().as_str() => json!(today()),
            _ => signed_on,
        };
        self.changed("contractSign", json!({ "id": draft["id"], "signedOn": signed_on }))
            .await
    }

    /// A field of a contract, as it stands.
    async fn field(&self, contract: &Value, field: &str) -> Value {
        let query = format!("query($id: ID!) {{ contract(id: $id) {{ shown: {field} }} }}");
        let mut data = self.server.data_with(&query, json!({ "id": contract["id"] })).await;
        data["contract"]["shown"].take()
    }

    /// A file that was sent and waits.
    async fn brought(&self, bytes: &[u8], media_type: &str) -> Value {
        let query = "mutation($input: FileUploadCreateInput!) { fileUploadCreate(input: $input) {
            upload { file path } userErrors { code } } }";
        let input = json!({ "name": "signé.pdf", "mediaType": media_type, "size": bytes.len().to_string() });
        let data = self.server.data_with(query, json!({ "input": input })).await;
        let upload = &data["fileUploadCreate"]["upload"];
        let url = self.server.url(upload["path"].as_str().expect("an address"));
        let answer = self.server.client().put(url).body(bytes.to_vec()).send().await;
        assert_eq!(answer.unwrap().status().as_u16(), 201);
        upload["file"].clone()
    }

    async fn organization(&self, name: &str, kind: &str) -> String {
        let query = "mutation($input: OrganizationCreateInput!) { organizationCreate(input: $input) {
            organization { id } userErrors { code } } }";
        let input = json!({ "name": name, "kind": kind });
        let data = self.server.data_with(query, json!({ "input": input })).await;
        let id = data["organizationCreate"]["organization"]["id"].as_str();
        id.expect("an organization").to_owned()
    }
}

fn today() -> NaiveDate {
    Utc::now().date_naive()
}

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("a day")
}

/// A subscription from last January to the next December but one, that goes on tacitly.
fn terms() -> Value {
    let year = today().year();
    json!({ "kind": "SUBSCRIPTION", "startsOn": day(year - 1, 1, 1), "endsOn": day(year + 1, 12, 31),
        "renewal": { "type": "TACIT", "termMonths": 12, "maxRenewals": 3 }, "notice": { "months": 3 },
        "lines": [
            { "name": "Supervision", "unit": "site", "quantity": "2", "unitPrice": "100", "interval": "MONTH", "nature": "SERVICES" },
            { "name": "Visite", "unit": "visite", "unitPrice": "1200", "interval": "YEAR", "timing": "IN_ARREARS", "nature": "SERVICES" }
        ] })
}

/// The same with something else.
fn with(field: &str, value: Value) -> Value {
    let mut terms = terms();
    terms[field] = value;
    terms
}

/// The same with something else in the first line.
fn with_line(field: &str, value: Value) -> Value {
    let mut terms = terms();
    terms["lines"][0][field] = value;
    terms
}

/// What a list shows of one key.
fn each<'a>(list: &'a Value, key: &str) -> Vec<&'a Value> {
    let items = list.as_array().expect("a list").iter();
    items.map(|item| &item[key]).collect()
}

/// Whether it binds and nothing special is with it, whatever the agenda said by then.
fn runs(contract: &Value) -> bool {
    ["SIGNED", "ACTIVE"].iter().any(|status| contract["status"] == *status)
}

#[tokio::test]
async fn a_contract_is_drafted_signed_amended_paused_ended_and_transferred() {
    whole_life(&Trade::start().await).await;
}

#[tokio::test]
async fn postgresql_answers_the_same() {
    let database = Database::make("contracting").await;
    let trade = Trade::on(database.serve()).await;
    whole_life(&trade).await;
    drop(trade);
    database.drop().await;
}

async fn whole_life(trade: &Trade) {
    let year = today().year();
    let (first, last) = (day(year - 1, 1, 1), day(year + 1, 12, 31));
    let draft = trade.drafted(terms()).await;
    let number = draft["number"].as_str().expect("a number").to_owned();
    assert!(number.contains(&year.to_string()) && number.ends_with('1'), "{number}");
    assert_eq!((&draft["status"], &draft["mrr"]), (&json!("DRAFT"), &json!("0")));
    assert_eq!(draft["customerKind"], "PROFESSIONAL");
    assert_eq!(
        draft["renewalPolicy"],
        json!({ "type": "TACIT", "termMonths": 12, "maxRenewals": 3 })
    );
    assert_eq!(draft["noticeDeadline"], json!(day(year + 1, 9, 30)));

    // Written anew; lines keep their numbers.
    let mut terms = with_line("quantity", json!("3"));
    terms["lines"][0]["number"] = json!(1);
    terms["lines"][1]["number"] = json!(2);
    let changed = json!({ "id": draft["id"], "terms": terms, "expectedVersion": draft["version"] });
    let changed = trade.changed("contractChangeTerms", changed).await;
    assert_eq!(changed["lines"][0]["quantities"][0]["quantity"], "3");
    tokio::time::sleep(Duration::from_millis(20)).await;
    let then = Utc::now();
    tokio::time::sleep(Duration::from_millis(20)).await;

    // Signed: 3 × 100 a month and 1200 a year.
    let file = trade.brought(PDF, "application/pdf").await;
    let sign = json!({ "id": draft["id"], "signedOn": first, "file": file });
    let signed = trade.changed("contractSign", sign).await;
    assert!(runs(&signed), "{signed:#}");
    assert_eq!((&signed["mrr"], &signed["arr"]), (&json!("400"), &json!("4800")));
    assert_eq!(signed["signedOn"], json!(first));
    let paper = trade.fetch(&signed["document"]["address"]["path"]).await;
    assert_eq!(paper, PDF);

    // Amended today, from last January on.
    let since = day(year, 1, 1);
    let amend = json!({ "id": draft["id"], "signedOn": today(), "effectiveOn": since, "note": "Deux sites de plus",
        "lines": [
            { "quantity": { "line": 1, "quantity": "5" } },
            { "add": { "name": "Astreinte", "unit": "mois", "unitPrice": "50", "interval": "MONTH", "nature": "SERVICES" } }
        ] });
    let amended = trade.changed("contractAmend", amend).await;
    assert_eq!(amended["mrr"], "650");
    assert_eq!(amended["amendmentCount"], 1);
    assert_eq!(amended["amendments"][0]["effectiveOn"], json!(since));
    let quantities = &amended["lines"][0]["quantities"];
    assert_eq!(each(quantities, "quantity"), [&json!("3"), &json!("5")]);
    assert_eq!(each(quantities, "why"), [&json!("AGREED"), &json!("AMENDMENT")]);
    assert_eq!(amended["lines"][2]["coverage"]["first"], json!(since));
    let before = format!("mrr(on: \"{}\")", day(year - 1, 12, 31));
    assert_eq!(trade.field(&draft, &before).await, "400");

    // Paused for a day.
    let tomorrow = today() + Days::new(1);
    let paused = json!({ "id": draft["id"], "from": today(), "reason": "Travaux" });
    let paused = trade.changed("contractPause", paused).await;
    assert_eq!((&paused["status"], &paused["mrr"]), (&json!("PAUSED"), &json!("0")));
    let resumed = json!({ "id": draft["id"], "on": tomorrow });
    let resumed = trade.changed("contractResume", resumed).await;
    assert!(runs(&resumed), "{resumed:#}");
    assert_eq!(resumed["pauses"], json!([{ "from": today(), "until": tomorrow }]));

    ended(trade, &draft, last).await;

    // Split up, disputed, and taken over by a consumer from next January on.
    let segment = json!({ "id": draft["id"], "segment": "Grand Est", "effectiveOn": since });
    let segmented = trade.changed("contractSetSegment", segment).await;
    assert_eq!(
        each(&segmented["segments"], "segment"),
        [&Value::Null, &json!("Grand Est")]
    );
    let disputed = json!({ "id": draft["id"], "reason": "Visite manquée" });
    let disputed = trade.changed("contractDispute", disputed).await;
    assert_eq!(
        (&disputed["disputed"], &disputed["dispute"]),
        (&json!(true), &json!("Visite manquée"))
    );
    let settled = trade
        .changed("contractSettleDispute", json!({ "id": draft["id"] }))
        .await;
    assert_eq!(settled["disputed"], false);
    let heir = trade.organization("Lucie Martin", "CONSUMER").await;
    let next = day(year + 1, 1, 1);
    let transfer = json!({ "id": draft["id"], "organization": heir, "effectiveOn": next });
    let taken_over = trade.changed("contractTransfer", transfer).await;
    assert_eq!(taken_over["customerKind"], "CONSUMER");
    assert_eq!(taken_over["organization"]["name"], "Acme");
    assert_eq!(each(&taken_over["organizations"], "from"), [&Value::Null, &json!(next)]);
    let later = format!("organization(on: \"{next}\") {{ name }}");
    assert_eq!(trade.field(&draft, &later).await["name"], "Lucie Martin");
    assert_eq!(taken_over["consumerNotice"]["deadline"], json!(day(year + 1, 9, 30)));
    assert_eq!(taken_over["consumerNotice"]["from"], json!(day(year + 1, 6, 30)));
    assert_eq!(taken_over["renewals"], json!([{ "number": number }]));
    let kinds = each(&taken_over["obligations"], "kind");
    assert!(
        kinds.contains(&&json!("RENEWAL"))
            && kinds.contains(&&json!("ALERT"))
            && kinds.contains(&&json!("CONSUMER_NOTICE")),
        "{kinds:?}"
    );

    looked_back(trade, &draft, &then.to_rfc3339()).await;
    let verified = trade.server.workplace.run(&["verify"]);
    assert_eq!(verified.code, 0, "{}", verified.stdout);
    assert!(
        verified.stdout.contains("files: 1 named by events, 1 sound"),
        "{}",
        verified.stdout
    );
}

/// Notice is looked at, given, and taken back.
async fn ended(trade: &Trade, contract: &Value, last: NaiveDate) {
    let preview = "query($id: ID!, $input: ContractNoticeInput!) { contractTerminationPreview(id: $id, input: $input) {
        notice { lastDay category } churnOn mrrLost arrLost billing { kind amount { amount } }
        billingWithout { kind amount { amount } } forgone { amount } userErrors { code field } } }";
    let notice = json!({ "ground": "NON_RENEWAL", "receivedOn": today(), "reason": "CHEAPER_OFFER" });
    let look = async |notice: &Value| {
        let variables = json!({ "id": contract["id"], "input": notice });
        trade.server.data_with(preview, variables).await["contractTerminationPreview"].take()
    };
    let shown = look(&notice).await;
    assert_eq!(shown["userErrors"], json!([]), "{shown:#}");
    assert_eq!((&shown["mrrLost"], &shown["arrLost"]), (&json!("650"), &json!("7800")));
    assert_eq!(shown["churnOn"], json!(last + Days::new(1)));
    assert_eq!(shown["notice"], json!({ "lastDay": last, "category": "COMPETITION" }));
    assert_eq!(shown["forgone"]["amount"], "0.00", "it ends with its term");
    // At once, by agreement: what was agreed for later is not billed any more.
    let mut agreed = notice.clone();
    agreed["ground"] = json!("AGREEMENT");
    agreed["lastDay"] = json!(today() + Days::new(1));
    let shown = look(&agreed).await;
    assert_ne!(shown["forgone"]["amount"], "0.00", "{shown:#}");
    let refused = look(&json!({ "ground": "NOTICE", "receivedOn": today(), "reason": "QUALITY" })).await;
    assert_eq!(
        refused["userErrors"],
        json!([{ "code": "TERMINATION_GROUND_NOT_OPEN", "field": ["input", "ground"] }])
    );
    assert!(refused["churnOn"].is_null());
    assert!(trade.field(contract, "notice { ground }").await.is_null());

    let mut give = notice.clone();
    give["id"] = contract["id"].clone();
    give["commandId"] = json!("018f3a5e-0000-7000-8000-00000000c0de");
    let given = trade.changed("contractGiveNotice", give.clone()).await;
    assert_eq!(
        (&given["status"], &given["lastDay"]),
        (&json!("NOTICE_GIVEN"), &json!(last))
    );
    assert_eq!(given["notice"]["by"], "CUSTOMER");
    let again = trade.contract("contractGiveNotice", give.clone()).await;
    assert_eq!((&again["replayed"], &again["userErrors"]), (&json!(true), &json!([])));
    give["commandId"] = Value::Null;
    let twice = trade.refused("contractGiveNotice", give).await;
    assert_eq!(twice.0, "CONTRACT_NOTICE_GIVEN");
    let withdrawn = trade
        .changed("contractWithdrawNotice", json!({ "id": contract["id"] }))
        .await;
    assert!(withdrawn["notice"].is_null() && runs(&withdrawn), "{withdrawn:#}");
}

/// Its history, how it stood before, and lists of contracts.
async fn looked_back(trade: &Trade, contract: &Value, then: &str) {
    let history = trade
        .field(contract, "history(first: 50) { totalCount nodes { type summary } }")
        .await;
    let types = each(&history["nodes"], "type");
    for named in [
        "ContractDrafted",
        "ContractTermsChanged",
        "ContractSigned",
        "ContractAmended",
        "ContractNoticeWithdrawn",
        "ContractTransferred",
    ] {
        assert!(types.contains(&&json!(named)), "{named}: {history:#}");
    }
    let query = "query($id: ID!, $at: DateTime!) { contract(id: $id, asOf: { moment: $at, basis: RECORDED }) {
        status lines { quantities { quantity } } amendments { number } } }";
    let past = trade
        .until(async || {
            let variables = json!({ "id": contract["id"], "at": then });
            let answer = trade.server.answer(query, variables).await;
            answer
                .get("errors")
                .is_none()
                .then(|| answer["data"]["contract"].clone())
        })
        .await;
    assert_eq!(past["status"], "DRAFT");
    assert_eq!(past["lines"][0]["quantities"], json!([{ "quantity": "3" }]));
    assert_eq!(past["amendments"], json!([]));
    let list = "query($filter: ContractFilter) { contracts(filter: $filter, orderBy: [{ field: ENDS_ON }]) {
        totalCount nodes { number node: id } } }";
    for (filter, count) in [
        (json!({}), 1),
        (
            json!({ "kind": { "eq": "SUBSCRIPTION" }, "renewal": { "eq": "TACIT" } }),
            1,
        ),
        (json!({ "subject": { "contains": "astreinte" } }), 1),
        (
            json!({ "segment": { "eq": "Grand Est" }, "disputed": { "eq": false } }),
            1,
        ),
        (json!({ "status": { "in": ["DRAFT", "EXPIRED"] } }), 0),
        (json!({ "noticeDeadline": { "lt": today() } }), 0),
    ] {
        let data = trade.server.data_with(list, json!({ "filter": filter })).await;
        assert_eq!(data["contracts"]["totalCount"], count, "{filter}");
    }
    let node = "query($id: ID!) { node(id: $id) { __typename ... on Contract { number } } }";
    let data = trade.server.data_with(node, json!({ "id": contract["id"] })).await;
    assert_eq!(
        data["node"],
        json!({ "__typename": "Contract", "number": contract["number"] })
    );
}

#[tokio::test]
async fn what_a_contract_bills_is_known_beforehand() {
    let trade = Trade::start().await;
    let first = (today() + Months::new(1)).with_day(1).expect("a day");
    let last = first + Months::new(12) - Days::new(1);
    let mut terms = with("startsOn", json!(first));
    terms["endsOn"] = json!(last);
    terms["lines"][0]["steps"] = json!([{ "from": first + Months::new(6), "unitPrice": "110" }]);
    let contract = trade.signed(terms).await;
    assert_eq!(contract["nextBillingOn"], json!(first));
    assert_eq!(
        each(&contract["lines"][0]["prices"], "why"),
        [&json!("AGREED"), &json!("STEP")]
    );
    let schedule =
        format!("billingSchedule(through: \"{last}\") {{ line period first last dueOn whole amount {{ amount }} }}");
    let periods = trade.field(&contract, &schedule).await;
    let periods = periods.as_array().expect("periods");
    // Twelve months, and a year that is billed behind its end.
    assert_eq!(periods.len(), 13);
    assert_eq!(periods[0]["amount"]["amount"], "200.00");
    assert_eq!(periods[6]["amount"]["amount"], "220.00");
    assert_eq!(
        (&periods[12]["line"], &periods[12]["dueOn"]),
        (&json!(2), &json!(last + Days::new(1)))
    );
    let due = format!(
        "dueBilling(on: \"{}\") {{ kind line first last amount {{ amount }} billed {{ amount }} invoices {{ id }} }}",
        first + Months::new(1)
    );
    let due = trade.field(&contract, &due).await;
    assert_eq!(each(&due, "kind"), [&json!("PERIOD"), &json!("PERIOD")]);
    assert_eq!(due[0]["billed"]["amount"], "0.00");
    let prepaid = format!("prepaidSchedule(from: \"{first}\", months: 3) {{ on deferred {{ amount }} }}");
    let prepaid = trade.field(&contract, &prepaid).await;
    assert_eq!(prepaid.as_array().map(Vec::len), Some(3));
    let income = "prepaidIncome { deferred { amount } periods { line } }";
    assert_eq!(trade.field(&contract, income).await["deferred"]["amount"], "0.00");
    for far in [
        "billingSchedule(through: \"2199-01-01\") { line }",
        "dueBilling(on: \"9999-12-31\") { line }",
        "prepaidSchedule(from: \"2026-01-01\", months: 0) { on }",
        "prepaidSchedule(from: \"2026-01-01\", months: 100000) { on }",
    ] {
        let query = format!("query($id: ID!) {{ contract(id: $id) {{ {far} }} }}");
        let code = trade.server.code_with(&query, json!({ "id": contract["id"] })).await;
        assert_eq!(code, "BAD_USER_INPUT", "{far}");
    }
    let reasons = "{ contractReasons { category involuntary name { english french }
        reasons { reason needsNote name { english french } } } }";
    let reasons = trade.server.data(reasons).await["contractReasons"].take();
    assert_eq!(reasons[0]["name"], json!({ "english": "Price", "french": "Prix" }));
    let leaves: usize = reasons
        .as_array()
        .expect("a tree")
        .iter()
        .map(|branch| branch["reasons"].as_array().map_or(0, Vec::len))
        .sum();
    assert_eq!(leaves, 18);
}

#[tokio::test]
async fn prices_follow_an_index_by_what_was_published() {
    let trade = Trade::start().await;
    let year = today().year();
    let clause = json!({ "index": "SYNTEC", "baseMonth": day(year - 2, 9, 1), "baseValue": "300", "fixedShare": "20" });
    let contract = trade.signed(with("indexation", clause)).await;
    let index = |day: NaiveDate| json!({ "id": contract["id"], "effectiveOn": day });
    let since = day(year, 1, 1);
    let missing = trade.refused("contractIndex", index(since)).await;
    assert_eq!(missing, ("INDEX_VALUE_MISSING".to_owned(), "values".to_owned()));
    for (month, value) in [(9, "312"), (10, "330")] {
        // The second one is published too late for January.
        let published = day(
            if month == 9 { year - 1 } else { year },
            if month == 9 { 11 } else { 2 },
            15,
        );
        let value = json!({ "index": "SYNTEC", "month": day(year - 1, month, 12), "value": value,
            "publishedOn": published, "source": "syntec.fr" });
        trade.company("companySetIndexValue", value).await;
    }
    let known = "{ company { indexValues { index month value publishedOn } } }";
    let known = trade.server.data(known).await["company"]["indexValues"].take();
    assert_eq!(each(&known, "value"), [&json!("312"), &json!("330")]);
    assert_eq!(known[0]["month"], json!(day(year - 1, 9, 1)));
    // 100 × (0.2 + 0.8 × 312 / 300) = 103.2
    let indexed = trade.changed("contractIndex", index(since)).await;
    let prices = &indexed["lines"][0]["prices"];
    assert_eq!(each(prices, "unitPrice"), [&json!("100"), &json!("103.2")]);
    assert_eq!(prices[1]["why"], "INDEXATION");
    assert_eq!(indexed["indexation"]["currentValue"], "312");
    assert_eq!(indexed["indexation"]["revisedOn"], json!(since));
    let again = trade.refused("contractIndex", index(since)).await;
    assert_eq!(again.0, "CONTRACT_INDEXED_LATER");
}

#[tokio::test]
async fn a_draft_that_follows_another_contract_renews_it_once_it_is_signed() {
    let trade = Trade::start().await;
    let year = today().year();
    let mut terms = with("endsOn", json!(day(year, 12, 31)));
    terms["renewal"] = json!({ "type": "EXPRESS" });
    let before = trade.signed(terms.clone()).await;
    terms["startsOn"] = json!(day(year + 1, 1, 1));
    terms["endsOn"] = json!(day(year + 1, 12, 31));
    let input = json!({ "organization": trade.customer, "follows": before["id"], "terms": terms });
    let draft = trade.changed("contractDraft", input).await;
    assert_eq!(draft["follows"]["number"], before["number"]);
    let signed = json!({ "id": draft["id"], "signedOn": today() });
    let signed = trade.changed("contractSign", signed).await;
    assert_eq!(
        each(&signed["renewals"], "number"),
        [&before["number"], &draft["number"]]
    );
    let renewed = trade
        .field(&before, "followedBy { number kind contract { number } }")
        .await;
    assert_eq!(
        (&renewed["number"], &renewed["kind"]),
        (&draft["number"], &json!("EXPRESS"))
    );
    assert_eq!(trade.field(&before, "status").await, "RENEWED");
    let discarded = trade.drafted(self::terms()).await;
    let discarded = trade.changed("contractDiscard", json!({ "id": discarded["id"] })).await;
    assert_eq!(discarded["status"], "DISCARDED");
}

#[tokio::test]
async fn a_draft_that_means_nothing_is_refused() {
    let trade = Trade::start().await;
    let year = today().year();
    let draft = |terms: Value| json!({ "organization": trade.customer, "terms": terms });
    let naming = |field: &str, value: &str| {
        let mut input = draft(terms());
        input[field] = json!(value);
        input
    };
    let nobody = "018f3a5e-0000-7000-8000-000000000009";
    let doubled = {
        let mut terms = terms();
        terms["lines"][1]["name"] = json!("Supervision");
        terms
    };
    let steps = json!([{ "from": day(year, 2, 1), "unitPrice": "2" }, { "from": day(year, 1, 1), "unitPrice": "3" }]);
    for (input, code, field) in [
        (
            draft(with("endsOn", json!(day(year - 2, 12, 31)))),
            "CONTRACT_END_BEFORE_START",
            "endsOn",
        ),
        (draft(doubled), "CONTRACT_TERMS_OVERLAP", "lines"),
        (
            draft(with_line("steps", steps)),
            "CONTRACT_TERMS_OVERLAP",
            "lines.steps",
        ),
        (
            draft(with_line("startsOn", json!(day(year + 2, 1, 1)))),
            "EFFECTIVE_DATE_OUTSIDE_TERM",
            "lines.startsOn",
        ),
        (
            draft(with_line("endsOn", json!(day(year - 2, 1, 1)))),
            "CONTRACT_END_BEFORE_START",
            "lines.endsOn",
        ),
        (
            draft(with_line("currencyCode", json!("USD"))),
            "CONTRACT_IN_OTHER_CURRENCY",
            "currency",
        ),
        (
            draft(with_line("currencyCode", json!("ZZZZ"))),
            "INVALID_CURRENCY",
            "lines.currencyCode",
        ),
        (
            draft(with("currencyCode", json!("x"))),
            "INVALID_CURRENCY",
            "currencyCode",
        ),
        (draft(with("endsOn", Value::Null)), "CONTRACT_WITHOUT_END", "renewal"),
        (draft(with("lines", json!([]))), "FIELD_REQUIRED", "lines"),
        (
            draft(with("renewal", json!({ "type": "NONE", "termMonths": 12 }))),
            "FIELDS_EXCLUDE_EACH_OTHER",
            "renewal.termMonths",
        ),
        (
            draft(with("renewal", json!({ "type": "TACIT", "termMonths": 0 }))),
            "NUMBER_OUT_OF_RANGE",
            "termMonths",
        ),
        (
            draft(with("notice", json!({ "months": 500 }))),
            "NUMBER_OUT_OF_RANGE",
            "notice",
        ),
        (
            draft(with("startsOn", json!("0001-01-01"))),
            "DATE_OUT_OF_RANGE",
            "startsOn",
        ),
        (
            draft(with_line("interval", Value::Null)),
            "FIELD_REQUIRED",
            "lines.interval",
        ),
        (
            draft(with_line("interval", json!("YEARS"))),
            "FIELD_REQUIRED",
            "lines.years",
        ),
        (
            draft(with_line("years", json!(3))),
            "FIELDS_EXCLUDE_EACH_OTHER",
            "lines.years",
        ),
        (draft(with_line("name", Value::Null)), "FIELD_REQUIRED", "lines.name"),
        (
            draft(with_line("name", json!("a\u{0}b"))),
            "CONTROL_CHARACTER",
            "lines.name",
        ),
        (
            draft(with_line("unitPrice", Value::Null)),
            "FIELD_REQUIRED",
            "lines.unitPrice",
        ),
        (
            draft(with_line("unitPrice", json!("-1"))),
            "NEGATIVE_NUMBER",
            "lines.unitPrice",
        ),
        (
            draft(with_line("quantity", json!("0"))),
            "NUMBER_ZERO",
            "lines.quantity",
        ),
        (
            draft(with_line("quantity", json!("-1"))),
            "NEGATIVE_NUMBER",
            "lines.quantity",
        ),
        (
            draft(with_line("discountPercent", json!("101"))),
            "NUMBER_TOO_LARGE",
            "lines.discountPercent",
        ),
        (
            draft(with_line("nature", Value::Null)),
            "FIELD_REQUIRED",
            "lines.nature",
        ),
        (draft(with_line("number", json!(7))), "NO_SUCH_LINE", "lines.id"),
        (
            draft(with_line("product", json!(nobody))),
            "PRODUCT_NOT_FOUND",
            "lines.product",
        ),
        (naming("organization", nobody), "ORGANIZATION_NOT_FOUND", "organization"),
        (naming("deal", nobody), "DEAL_NOT_FOUND", "deal"),
        (naming("quote", nobody), "QUOTE_NOT_FOUND", "quote"),
        (naming("owner", nobody), "USER_NOT_FOUND", "owner"),
        (naming("follows", nobody), "CONTRACT_NOT_FOUND", "follows"),
        (naming("segment", "a\nb"), "CONTROL_CHARACTER", "segment"),
    ] {
        let refusal = trade.refused("contractDraft", input.clone()).await;
        assert_eq!(refusal, (code.to_owned(), field.to_owned()), "{input:#}");
    }
    let offer = json!({ "rows": [{ "line": { "name": "x", "unit": "u", "unitPrice": "1", "nature": "SERVICES" } }] });
    let quote = trade
        .quote(
            "quoteDraft",
            json!({ "organization": trade.customer, "content": offer }),
        )
        .await["quote"]["uuid"]
        .clone();
    let open = trade
        .refused("contractDraft", naming("quote", quote.as_str().expect("an id")))
        .await;
    assert_eq!(open.0, "QUOTE_NOT_ACCEPTED");
    let data = trade.server.data("{ contracts { totalCount } }").await;
    assert_eq!(data["contracts"]["totalCount"], 0);
    // Every three years, and a product that says the rest.
    let product = json!({ "code": "SUP", "name": "Supervision", "unit": "site", "unitPrice": "9.5", "period": "QUARTER", "nature": "SERVICES" });
    let query = "mutation($input: ProductAddInput!) { productAdd(input: $input) { product { id } } }";
    let product =
        trade.server.data_with(query, json!({ "input": product })).await["productAdd"]["product"]["id"].take();
    let lines = json!([{ "product": product }, { "name": "Audit", "unit": "audit", "unitPrice": "900", "years": 3, "nature": "SERVICES" }]);
    let draft = trade.drafted(with("lines", lines)).await;
    assert_eq!(draft["number"].as_str().map(|number| number.ends_with('1')), Some(true));
    assert_eq!(each(&draft["lines"], "interval"), [&json!("QUARTER"), &json!("YEARS")]);
    assert_eq!(draft["lines"][0]["product"]["code"], "SUP");
    assert_eq!(draft["lines"][0]["prices"][0]["unitPrice"], "9.5");
}

#[tokio::test]
async fn what_a_contract_cannot_do_is_refused_and_nothing_changes() {
    let trade = Trade::start().await;
    let year = today().year();
    let contract = trade.signed(terms()).await;
    let id = contract["id"].clone();
    let tomorrow = today() + Days::new(1);
    let (within, beyond) = (day(year, 1, 1), day(year + 2, 1, 1));
    let amend = |effective_on: NaiveDate, lines: Value| json!({ "id": id, "signedOn": today(), "effectiveOn": effective_on, "lines": lines });
    let more = json!([{ "quantity": { "line": 1, "quantity": "9" } }]);
    let notice = |ground: &str, received_on: NaiveDate, reason: &str| json!({ "id": id, "ground": ground, "receivedOn": received_on, "reason": reason });
    let signed_late = {
        let mut input = amend(within, more.clone());
        input["signedOn"] = json!(tomorrow);
        input
    };
    let text = trade.brought(b"hello", "text/plain").await;
    let nobody = "018f3a5e-0000-7000-8000-000000000009";
    for (mutation, input, code, field) in [
        (
            "contractAmend",
            amend(beyond, more.clone()),
            "EFFECTIVE_DATE_OUTSIDE_TERM",
            "effectiveOn",
        ),
        ("contractAmend", amend(within, json!([])), "FIELD_REQUIRED", "lines"),
        (
            "contractAmend",
            amend(within, json!([{ "end": 9 }])),
            "NO_SUCH_LINE",
            "lines.line",
        ),
        (
            "contractAmend",
            amend(
                within,
                json!([{ "price": { "line": 1, "unitPrice": "9", "currencyCode": "USD" } }]),
            ),
            "CONTRACT_IN_OTHER_CURRENCY",
            "currency",
        ),
        (
            "contractAmend",
            amend(within, json!([{ "quantity": { "line": 1, "quantity": "0" } }])),
            "NUMBER_ZERO",
            "lines.quantity",
        ),
        (
            "contractAmend",
            json!({ "id": id, "signedOn": today(), "effectiveOn": within, "endsOn": day(year - 1, 6, 1) }),
            "CONTRACT_END_BEFORE_START",
            "endsOn",
        ),
        (
            "contractAmend",
            json!({ "id": id, "signedOn": today(), "effectiveOn": within, "endsOn": null }),
            "CONTRACT_WITHOUT_END",
            "renewal",
        ),
        ("contractAmend", signed_late, "CONTRACT_DATE_NOT_COME", ""),
        (
            "contractSign",
            json!({ "id": id, "signedOn": today() }),
            "CONTRACT_SIGNED",
            "",
        ),
        (
            "contractSign",
            json!({ "id": id, "signedOn": tomorrow }),
            "CONTRACT_DATE_NOT_COME",
            "",
        ),
        (
            "contractChangeTerms",
            json!({ "id": id, "terms": terms() }),
            "CONTRACT_SIGNED",
            "",
        ),
        ("contractDiscard", json!({ "id": id }), "CONTRACT_SIGNED", ""),
        (
            "contractIndex",
            json!({ "id": id, "effectiveOn": within }),
            "CONTRACT_NOT_INDEXED",
            "",
        ),
        (
            "contractPause",
            json!({ "id": id, "from": beyond }),
            "EFFECTIVE_DATE_OUTSIDE_TERM",
            "from",
        ),
        (
            "contractResume",
            json!({ "id": id, "on": today() }),
            "CONTRACT_NOT_PAUSED",
            "",
        ),
        (
            "contractGiveNotice",
            notice("NON_RENEWAL", tomorrow, "QUALITY"),
            "CONTRACT_DATE_NOT_COME",
            "",
        ),
        (
            "contractGiveNotice",
            notice("NON_RENEWAL", today(), "OTHER"),
            "FIELD_REQUIRED",
            "note",
        ),
        (
            "contractGiveNotice",
            notice("NOTICE", today(), "QUALITY"),
            "TERMINATION_GROUND_NOT_OPEN",
            "ground",
        ),
        (
            "contractGiveNotice",
            notice("UNINFORMED", today(), "QUALITY"),
            "TERMINATION_GROUND_NOT_OPEN",
            "ground",
        ),
        (
            "contractWithdrawNotice",
            json!({ "id": id }),
            "CONTRACT_NOTICE_NOT_GIVEN",
            "",
        ),
        (
            "contractDispute",
            json!({ "id": id, "reason": " " }),
            "FIELD_REQUIRED",
            "reason",
        ),
        (
            "contractAssign",
            json!({ "id": id, "owner": nobody }),
            "USER_NOT_FOUND",
            "owner",
        ),
        (
            "contractSetSegment",
            json!({ "id": id, "segment": "Sud", "effectiveOn": beyond }),
            "EFFECTIVE_DATE_OUTSIDE_TERM",
            "effectiveOn",
        ),
        (
            "contractTransfer",
            json!({ "id": id, "organization": nobody, "effectiveOn": within }),
            "ORGANIZATION_NOT_FOUND",
            "organization",
        ),
        (
            "contractTransfer",
            json!({ "id": id, "organization": trade.organization("Autre", "PROFESSIONAL").await, "effectiveOn": beyond }),
            "EFFECTIVE_DATE_OUTSIDE_TERM",
            "effectiveOn",
        ),
        (
            "contractFileDocument",
            json!({ "id": id, "file": nobody }),
            "FILE_UPLOAD_NOT_FOUND",
            "file",
        ),
        (
            "contractFileDocument",
            json!({ "id": id, "file": text }),
            "FILE_TYPE_NOT_TAKEN",
            "file",
        ),
        ("contractDiscard", json!({ "id": nobody }), "CONTRACT_NOT_FOUND", ""),
        (
            "contractAmend",
            json!({ "id": nobody, "signedOn": today(), "effectiveOn": within }),
            "CONTRACT_NOT_FOUND",
            "",
        ),
    ] {
        let refusal = trade.refused(mutation, input.clone()).await;
        assert_eq!(refusal, (code.to_owned(), field.to_owned()), "{mutation} {input:#}");
    }
    let now = trade.field(&contract, "lines { quantities { quantity } }").await;
    assert_eq!(now[0]["quantities"], json!([{ "quantity": "2" }]));
    assert_eq!(trade.field(&contract, "amendmentCount").await, 0);

    // A deadline that is over, and a notice period that is too short.
    let ending = json!({ "id": null, "ground": "NON_RENEWAL", "receivedOn": today(), "reason": "QUALITY" });
    let soon = trade.signed(with("endsOn", json!(today() + Months::new(1)))).await;
    let mut late = ending.clone();
    late["id"] = soon["id"].clone();
    let late = trade.refused("contractGiveNotice", late).await;
    assert_eq!(late, ("NOTICE_TOO_LATE".to_owned(), "receivedOn".to_owned()));
    let mut open = with("endsOn", Value::Null);
    open["renewal"] = Value::Null;
    let open = trade.signed(open).await;
    let mut short = ending.clone();
    short["id"] = open["id"].clone();
    short["ground"] = json!("NOTICE");
    short["lastDay"] = json!(today() + Months::new(1));
    let short = trade.refused("contractGiveNotice", short).await;
    assert_eq!(short, ("NOTICE_TOO_SHORT".to_owned(), "lastDay".to_owned()));

    // What has ended changes no more.
    let mut over = ending;
    over["id"] = open["id"].clone();
    over["ground"] = json!("BREACH");
    over["by"] = json!("COMPANY");
    over["reason"] = json!("UNPAID");
    over["lastDay"] = json!(today() - Days::new(1));
    let over = trade.changed("contractGiveNotice", over).await;
    assert_eq!(
        (&over["status"], &over["notice"]["category"]),
        (&json!("TERMINATED"), &json!("NON_PAYMENT"))
    );
    let amended = json!({ "id": open["id"], "signedOn": today(), "effectiveOn": within, "lines": more });
    let amended = trade.refused("contractAmend", amended).await;
    assert_eq!(amended.0, "CONTRACT_ENDED");
    let paused = trade
        .refused("contractPause", json!({ "id": open["id"], "from": within }))
        .await;
    assert_eq!(paused.0, "CONTRACT_ENDED");
}

/// A command of somebody; its payload, or the code of the error.
async fn by(person: &Person<'_>, mutation: &str, input: Value) -> Value {
    let query = format!(
        "mutation($input: {}!) {{ {mutation}(input: $input) {{ userErrors {{ code }} contract {{ id }} }} }}",
        input_of(mutation)
    );
    let answer = person.answer(&query, json!({ "input": input })).await;
    match answer.get("errors") {
        Some(errors) => errors[0]["extensions"]["code"].clone(),
        None => answer["data"][mutation]["userErrors"][0]["code"].clone(),
    }
}

async fn contract_of(server: &Server, customer: &str, owner: &str) -> Value {
    let query = "mutation($input: ContractDraftInput!) { contractDraft(input: $input) {
        contract { id owner { uuid } } position userErrors { code } } }";
    let input = json!({ "organization": customer, "owner": owner, "terms": terms() });
    let data = server.data_with(query, json!({ "input": input })).await;
    data["contractDraft"]["contract"].clone()
}

#[tokio::test]
async fn people_see_their_own_contracts_and_do_what_is_theirs_to_do() {
    let trade = Trade::start().await;
    let server = &trade.server;
    let people = People::of(server);
    let ana = people.with(Role::Sales).sign_in().await;
    let ben = people.with(Role::Sales).sign_in().await;
    let boreal = trade.organization("Boréal", "PROFESSIONAL").await;
    let assign =
        "mutation($input: OrganizationAssignInput!) { organizationAssign(input: $input) { userErrors { code } } }";
    server
        .data_with(assign, json!({ "input": { "id": boreal, "owner": ben.user } }))
        .await;
    let bens = contract_of(server, &boreal, &ben.user).await;
    assert_eq!(bens["owner"]["uuid"], json!(ben.user));

    let one = "query($id: ID!) { contract(id: $id) { number history(first: 5) { totalCount } } node(id: $id) { id }
        contracts { totalCount } }";
    let seen = ben.data(one, json!({ "id": bens["id"] })).await;
    assert_eq!(seen["contracts"]["totalCount"], 1);
    assert!(seen["contract"]["number"].is_string() && seen["node"].is_object());
    let hidden = ana.data(one, json!({ "id": bens["id"] })).await;
    assert_eq!(
        hidden,
        json!({ "contract": null, "node": null, "contracts": { "totalCount": 0 } })
    );
    let sign = json!({ "id": bens["id"], "signedOn": today() });
    assert_eq!(by(&ana, "contractSign", sign.clone()).await, "CONTRACT_NOT_FOUND");
    let preview = "query($id: ID!, $input: ContractNoticeInput!) { contractTerminationPreview(id: $id, input: $input) {
        userErrors { code } } }";
    let notice = json!({ "ground": "NON_RENEWAL", "receivedOn": today(), "reason": "QUALITY" });
    let looked = ana.data(preview, json!({ "id": bens["id"], "input": notice })).await;
    assert_eq!(
        looked["contractTerminationPreview"]["userErrors"][0]["code"],
        "CONTRACT_NOT_FOUND"
    );
    assert_eq!(by(&ben, "contractSign", sign).await, Value::Null);
    // Handed over: she sees it, he does by the customer only.
    let assigned = json!({ "id": bens["id"], "owner": ana.user });
    assert_eq!(by(&ben, "contractAssign", assigned).await, Value::Null);
    let seen = ana.data(one, json!({ "id": bens["id"] })).await;
    assert_eq!(seen["contracts"]["totalCount"], 1);

    let analyst = people.with(Role::Analyst).sign_in().await;
    let seen = analyst.data(one, json!({ "id": bens["id"] })).await;
    assert_eq!(seen["contracts"]["totalCount"], 1, "{seen:#}");
    assert_eq!(
        analyst.code("{ contracts { nodes { dispute } } }").await.as_deref(),
        Some("FORBIDDEN")
    );
    let auditor = people.with(Role::Auditor).sign_in().await;
    assert_eq!(auditor.code("{ contracts { nodes { dispute } } }").await, None);
    let transfer = json!({ "id": bens["id"], "organization": trade.customer, "effectiveOn": today() });
    let pause = json!({ "id": bens["id"], "from": today() });
    for person in [&analyst, &auditor] {
        assert_eq!(by(person, "contractPause", pause.clone()).await, "FORBIDDEN");
    }
    let accountant = people.with(Role::Accountant).sign_in().await;
    assert_eq!(by(&accountant, "contractPause", pause).await, "FORBIDDEN");
    let dispute = json!({ "id": bens["id"], "reason": "Facture contestée" });
    assert_eq!(by(&accountant, "contractDispute", dispute).await, Value::Null);
    assert_eq!(by(&ana, "contractTransfer", transfer.clone()).await, "FORBIDDEN");
    // A manager sees what is their team's, and may transfer it.
    let manager = people.with(Role::Manager).sign_in().await;
    assert_eq!(
        by(&manager, "contractTransfer", transfer.clone()).await,
        "CONTRACT_NOT_FOUND"
    );
    let own = contract_of(server, &trade.customer, &manager.user).await;
    let sign = json!({ "id": own["id"], "signedOn": today() });
    assert_eq!(by(&manager, "contractSign", sign).await, Value::Null);
    let heir = trade.organization("Repreneur", "PROFESSIONAL").await;
    let transfer = json!({ "id": own["id"], "organization": heir, "effectiveOn": today() });
    assert_eq!(by(&manager, "contractTransfer", transfer).await, Value::Null);
}
