//! Queries: nodes, pages, filters, sums, joins, and the past.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{database::Database, server::Server, support::Workplace};

const OPEN: &str =
    "mutation($input: DealOpenInput!) { dealOpen(input: $input) { deal { id } position userErrors { code } } }";

async fn open(server: &Server, input: Value) -> String {
    let data = server.data_with(OPEN, json!({ "input": input })).await;
    assert_eq!(data["dealOpen"]["userErrors"], json!([]), "{input}");
    data["dealOpen"]["deal"]["id"].as_str().unwrap().to_owned()
}

fn texts(list: &Value, field: &str) -> Vec<String> {
    let list = list.as_array().expect("a list").iter();
    list.map(|item| item[field].as_str().unwrap_or("null").to_owned())
        .collect()
}

#[tokio::test]
async fn nodes_come_in_the_order_of_their_ids_with_null_for_the_unknown() {
    let server = Server::start();
    let deal = open(&server, json!({ "title": "One" })).await;
    let unknown = "RGVhbDoBjzpeAABwAIAAAAAAAAAB";
    let query = "query($ids: [ID!]!) { nodes(ids: $ids) { id __typename ... on Deal { title } } }";
    let data = server
        .data_with(query, json!({ "ids": [unknown, deal, unknown] }))
        .await;
    assert_eq!(data["nodes"][0], Value::Null);
    assert_eq!(
        data["nodes"][1],
        json!({ "id": deal, "__typename": "Deal", "title": "One" })
    );
    assert_eq!(data["nodes"][2], Value::Null);
    for garbage in ["", "nonsense", "💥"] {
        let code = server
            .code_with("query($id: ID!) { node(id: $id) { id } }", json!({ "id": garbage }))
            .await;
        assert_eq!(code, "BAD_USER_INPUT", "{garbage}");
    }
}

#[tokio::test]
async fn pages_neither_repeat_nor_skip_rows_while_rows_come_in() {
    pages_neither_repeat_nor_skip_rows_while_rows_come_in_on(&Server::start()).await;
}

async fn pages_neither_repeat_nor_skip_rows_while_rows_come_in_on(server: &Server) {
    let mut titles = BTreeSet::new();
    for number in 0..23 {
        let amount = (number % 3 != 0).then(|| json!({ "amount": (number % 5).to_string() }));
        open(server, json!({ "title": format!("{number:02}"), "amountNet": amount })).await;
        titles.insert(format!("{number:02}"));
    }
    let query = "query($after: String) { deals(first: 5, after: $after, orderBy: [{ field: AMOUNT_NET, direction: DESC }, { field: TITLE }]) {
        nodes { title amountNet { amount } } pageInfo { hasNextPage endCursor } totalCount } }";
    let (mut seen, mut after) = (Vec::new(), Value::Null);
    loop {
        let data = server.data_with(query, json!({ "after": after })).await;
        seen.extend(texts(&data["deals"]["nodes"], "title"));
        if data["deals"]["pageInfo"]["hasNextPage"] == false {
            break;
        }
        after = data["deals"]["pageInfo"]["endCursor"].clone();
        // Sorts before every page that is still to come.
        open(server, json!({ "title": "new", "amountNet": { "amount": "99" } })).await;
    }
    assert_eq!(seen.len(), 23);
    assert_eq!(seen.iter().cloned().collect::<BTreeSet<_>>(), titles);
}

#[tokio::test]
async fn the_last_page_is_the_first_one_backwards() {
    let server = Server::start();
    for title in ["a", "b", "c", "d", "e"] {
        open(&server, json!({ "title": title })).await;
    }
    let query = "query($before: String) { deals(last: 2, before: $before, orderBy: [{ field: TITLE }]) {
        nodes { title } pageInfo { hasPreviousPage startCursor } } }";
    let last = server.data_with(query, json!({})).await;
    assert_eq!(texts(&last["deals"]["nodes"], "title"), ["d", "e"]);
    let before = &last["deals"]["pageInfo"]["startCursor"];
    let earlier = server.data_with(query, json!({ "before": before })).await;
    assert_eq!(texts(&earlier["deals"]["nodes"], "title"), ["b", "c"]);
    assert_eq!(earlier["deals"]["pageInfo"]["hasPreviousPage"], true);
}

#[tokio::test]
async fn page_sizes_and_cursors_that_make_no_sense_are_refused() {
    let server = Server::start();
    open(&server, json!({ "title": "One" })).await;
    let cursor = server.data("{ deals { pageInfo { endCursor } } }").await;
    let cursor = cursor["deals"]["pageInfo"]["endCursor"].as_str().unwrap().to_owned();
    for arguments in [
        "first: -1".to_owned(),
        "first: 251".to_owned(),
        "last: -5".to_owned(),
        "first: 1, last: 1".to_owned(),
        "first: -2147483648".to_owned(),
        "after: \"nonsense\"".to_owned(),
        format!("after: \"{cursor}\", orderBy: [{{ field: TITLE }}]"),
        format!("after: \"{cursor}\", filter: {{ title: {{ eq: \"x\" }} }}"),
    ] {
        let code = server
            .code(&format!("{{ deals({arguments}) {{ nodes {{ id }} }} }}"))
            .await;
        assert_eq!(code, "BAD_USER_INPUT", "{arguments}");
    }
    let data = server.data("{ deals(first: 0) { nodes { id } totalCount } }").await;
    assert_eq!(data["deals"], json!({ "nodes": [], "totalCount": 1 }));
}

#[tokio::test]
async fn filters_combine() {
    filters_combine_on(&Server::start()).await;
}

async fn filters_combine_on(server: &Server) {
    for (title, amount, stage, owner) in [
        ("alpha", Some("100"), "PROSPECTION", Some("ada")),
        ("beta", Some("200.50"), "PROPOSITION", Some("bob")),
        ("gamma", None, "PROPOSITION", None),
        ("Alphabet", Some("300"), "NEGOCIATION", Some("ada")),
    ] {
        let amount = amount.map(|amount| json!({ "amount": amount }));
        open(
            server,
            json!({ "title": title, "amountNet": amount, "stage": stage, "ownerName": owner }),
        )
        .await;
    }
    for (filter, expected) in [
        ("title: { contains: \"ALPHA\" }", vec!["alpha", "Alphabet"]),
        (
            "title: { startsWith: \"al\" }, ownerName: { eq: \"ada\" }",
            vec!["alpha", "Alphabet"],
        ),
        (
            "stage: { in: [\"PROPOSITION\", \"NEGOCIATION\"] }",
            vec!["Alphabet", "beta", "gamma"],
        ),
        ("stage: { notIn: [\"PROPOSITION\"] }", vec!["alpha", "Alphabet"]),
        ("amountNet: { gte: \"100.01\" }", vec!["Alphabet", "beta"]),
        ("amountNet: { isNull: true }", vec!["gamma"]),
        ("amountNet: { gte: \"0\", currencyCode: \"USD\" }", vec![]),
        ("ownerName: { neq: \"ada\" }", vec!["beta", "gamma"]),
        (
            "not: { ownerName: { isNull: true } }",
            vec!["alpha", "Alphabet", "beta"],
        ),
        (
            "or: [{ title: { eq: \"beta\" } }, { ownerName: { isNull: true } }]",
            vec!["beta", "gamma"],
        ),
        (
            "and: [{ amountNet: { gt: \"100\" } }, { amountNet: { lt: \"300\" } }]",
            vec!["beta"],
        ),
        ("openedAt: { lt: \"2001-01-01T00:00:00Z\" }", vec![]),
        (
            "status: { eq: OPEN }, expectedClose: { isNull: true }",
            vec!["alpha", "Alphabet", "beta", "gamma"],
        ),
    ] {
        let query =
            format!("{{ deals(filter: {{ {filter} }}, orderBy: [{{ field: TITLE }}]) {{ nodes {{ title }} }} }}");
        let data = server.data(&query).await;
        assert_eq!(texts(&data["deals"]["nodes"], "title"), expected, "{filter}");
    }
}

#[tokio::test]
async fn filters_beyond_reason_are_refused() {
    let server = Server::start();
    let many = json!({ "filter": { "or": vec![json!({ "title": { "eq": "x" } }); 500] } });
    let query = "query($filter: DealFilter) { deals(filter: $filter) { totalCount } }";
    assert_eq!(server.code_with(query, many).await, "BAD_USER_INPUT");
    let long = json!({ "filter": { "title": { "contains": "x".repeat(10_000) } } });
    assert_eq!(server.code_with(query, long).await, "BAD_USER_INPUT");
    let wide = json!({ "filter": { "title": { "in": vec!["x"; 5_000] } } });
    assert_eq!(server.code_with(query, wide).await, "BAD_USER_INPUT");
    let mut deep = json!({ "title": { "eq": "x" } });
    for _ in 0..60 {
        deep = json!({ "not": deep });
    }
    server.data_with(query, json!({ "filter": deep })).await;
    for _ in 0..60 {
        deep = json!({ "not": deep });
    }
    assert_eq!(
        server.code_with(query, json!({ "filter": deep })).await,
        "BAD_USER_INPUT"
    );
}

#[tokio::test]
async fn sums_are_exact_and_per_currency() {
    sums_are_exact_and_per_currency_on(&Server::start()).await;
}

async fn sums_are_exact_and_per_currency_on(server: &Server) {
    for (amount, currency) in [("0.10", "EUR"), ("0.20", "EUR"), ("100", "JPY"), ("1.234", "TND")] {
        let amount = json!({ "amount": amount, "currencyCode": currency });
        open(server, json!({ "title": "sum", "amountNet": amount })).await;
    }
    open(server, json!({ "title": "sum" })).await;
    let query = "{ deals(first: 1) { totalCount sum { amount currencyCode } }
        dealsAggregate(groupBy: [STATUS, STAGE, OWNER_NAME]) { status stage ownerName count sum { amount currencyCode } } }";
    let data = server.data(query).await;
    let expected = json!([
        { "amount": "0.30", "currencyCode": "EUR" },
        { "amount": "100", "currencyCode": "JPY" },
        { "amount": "1.234", "currencyCode": "TND" },
    ]);
    assert_eq!(data["deals"], json!({ "totalCount": 5, "sum": expected }));
    let groups = json!([{ "status": "OPEN", "stage": "PROSPECTION", "ownerName": null, "count": 5, "sum": expected }]);
    assert_eq!(data["dealsAggregate"], groups);
}

#[tokio::test]
async fn deals_are_counted_by_month_and_stage() {
    deals_are_counted_by_month_and_stage_on(&Server::start()).await;
}

async fn deals_are_counted_by_month_and_stage_on(server: &Server) {
    for (when, stage) in [
        ("2024-12-31T23:59:59Z", "PROSPECTION"),
        ("2025-01-01T00:00:00Z", "PROSPECTION"),
        ("2025-01-31T12:00:00Z", "PROPOSITION"),
    ] {
        open(server, json!({ "title": when, "stage": stage, "occurredAt": when })).await;
    }
    let data = server
        .data("{ dealsAggregate(timeBucket: { date: OPENED_AT }, timeZone: \"UTC\") { bucket count } }")
        .await;
    let expected = json!([{ "bucket": "2024-12-01", "count": 1 }, { "bucket": "2025-01-01", "count": 2 }]);
    assert_eq!(data["dealsAggregate"], expected);
    let total = server.data("{ dealsAggregate(groupBy: []) { count } }").await;
    assert_eq!(total["dealsAggregate"], json!([{ "count": 3 }]));
}

/// Asks until the views of the past are built.
pub(crate) async fn past(server: &Server, query: &str) -> Value {
    for _ in 0..100 {
        let mut answer = server.answer(query, json!({})).await;
        match answer["errors"][0]["extensions"]["code"].as_str() {
            None => return answer["data"].take(),
            Some("AS_OF_BUILDING") => {
                assert!(answer["errors"][0]["extensions"]["total"].is_u64(), "{answer:#}");
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
            Some(other) => panic!("{other}: {answer:#}"),
        }
    }
    panic!("the views of the past are not built");
}

#[tokio::test]
async fn the_past_is_as_it_happened_or_as_it_was_known() {
    let server = Server::start();
    let amount = json!({ "amount": "10" });
    let old = json!({ "title": "old", "amountNet": amount, "occurredAt": "2024-03-01T09:00:00Z" });
    let deal = open(&server, old).await;
    let won = "mutation($id: ID!) { dealWin(input: { id: $id, occurredAt: \"2024-06-01T09:00:00Z\" }) { userErrors { code } } }";
    server.data_with(won, json!({ "id": deal })).await;
    let looked = |moment: &str, basis: &str| {
        format!(
            "{{ deals(asOf: {{ moment: \"{moment}\", basis: {basis} }}) {{ totalCount sum {{ amount }} nodes {{ status }} }}
               deal(id: \"{deal}\", asOf: {{ moment: \"{moment}\", basis: {basis} }}) {{ status stage }} }}"
        )
    };
    let before = past(&server, &looked("2024-01-01T00:00:00Z", "EFFECTIVE")).await;
    assert_eq!(before["deals"]["totalCount"], 0);
    assert_eq!(before["deal"], Value::Null);
    let between = past(&server, &looked("2024-04-01T00:00:00Z", "EFFECTIVE")).await;
    assert_eq!(
        between["deals"],
        json!({ "totalCount": 1, "sum": [{ "amount": "10.00" }], "nodes": [{ "status": "OPEN" }] })
    );
    assert_eq!(between["deal"], json!({ "status": "OPEN", "stage": "PROSPECTION" }));
    let after = past(&server, &looked("2024-07-01T00:00:00Z", "EFFECTIVE")).await;
    assert_eq!(after["deals"]["nodes"], json!([{ "status": "WON" }]));
    let known = past(&server, &looked("2024-07-01T00:00:00Z", "RECORDED")).await;
    assert_eq!(known["deals"]["totalCount"], 0);
}

#[tokio::test]
async fn a_reader_ahead_of_the_journal_is_told_so() {
    let server = Server::start();
    let answer = server
        .answer("{ deals(minPosition: 1000) { totalCount } }", json!({}))
        .await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "STALE_READ");
    assert_eq!(answer["errors"][0]["extensions"]["wanted"], "1000");
}

#[tokio::test]
async fn projections_and_journal_show_how_far_they_are() {
    let server = Server::start();
    open(&server, json!({ "title": "One" })).await;
    let query = "{ journal { position recordedAt root } projections { name state position lagEvents parked } }";
    let data = server.data(query).await;
    assert_eq!(data["journal"]["position"], "1");
    assert_eq!(data["journal"]["root"].as_str().unwrap().len(), 64);
    let names = texts(&data["projections"], "name");
    let all = projections::all();
    let all: BTreeSet<_> = all.iter().map(|projection| projection.name().to_owned()).collect();
    assert_eq!(names.into_iter().collect::<BTreeSet<_>>(), all);
    let skip =
        "mutation { projectionSkipEvent(input: { projection: \"nobody\", position: 1, reason: \"x\" }) { position } }";
    assert_eq!(server.code(skip).await, "NOT_FOUND");
}

#[tokio::test]
async fn postgresql_answers_the_same() {
    for number in 0..4 {
        let database = Database::make(&format!("reading_{number}")).await;
        let server = Server::start_in(Workplace::on_database(&database.url()), &[]);
        match number {
            0 => filters_combine_on(&server).await,
            1 => sums_are_exact_and_per_currency_on(&server).await,
            2 => deals_are_counted_by_month_and_stage_on(&server).await,
            _ => pages_neither_repeat_nor_skip_rows_while_rows_come_in_on(&server).await,
        }
        drop(server);
        database.drop().await;
    }
}

#[tokio::test]
async fn organizations_are_found_whatever_the_case_of_their_letters() {
    let server = Server::start();
    for name in ["Électricité d'Alsace", "éclair", "Zèbre"] {
        let create = "mutation($n: String!) { organizationCreate(input: { name: $n }) { organization { id } userErrors { code } } }";
        server.data_with(create, json!({ "n": name })).await;
    }
    let found = server
        .data("{ organizations(filter: { name: { startsWith: \"ÉL\" } }) { nodes { name } } }")
        .await;
    assert_eq!(
        texts(&found["organizations"]["nodes"], "name"),
        ["Électricité d'Alsace"]
    );
    let found = server
        .data("{ organizations(filter: { name: { contains: \"ÈB\" } }) { nodes { name } } }")
        .await;
    assert_eq!(texts(&found["organizations"]["nodes"], "name"), ["Zèbre"]);
}
