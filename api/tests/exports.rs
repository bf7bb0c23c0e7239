//! Lists as files: CSV read by a CSV reader, workbooks by a reader of workbooks.

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use serde_json::{Value, json};

use crate::{
    server::{Server, TOKEN},
    support::Workplace,
};

async fn open(server: &Server, input: Value) {
    let query = "mutation($input: DealOpenInput!) { dealOpen(input: $input) { deal { id } userErrors { code } } }";
    let data = server.data_with(query, json!({ "input": input })).await;
    assert_eq!(data["dealOpen"]["userErrors"], json!([]));
}

async fn some_deals(server: &Server) {
    let first = json!({ "title": "=HYPERLINK(\"http://evil\")", "amountNet": { "amount": "1054.10" },
        "expectedClose": "2026-03-31", "ownerName": "Inès; \"la\" grande", "occurredAt": "2026-03-01T22:30:00Z" });
    open(server, first).await;
    open(
        server,
        json!({ "title": "Éolienne", "occurredAt": "2026-07-01T22:30:00Z" }),
    )
    .await;
    open(server, json!({ "title": "Presse", "amountNet": { "amount": "5", "currencyCode": "JPY" }, "occurredAt": "2026-01-01T00:00:00Z" })).await;
}

async fn get(server: &Server, file: &str, query: &[(&str, &str)]) -> reqwest::Response {
    let request = server.client().get(server.url(&format!("/exports/{file}")));
    request.bearer_auth(TOKEN).query(query).send().await.expect("an answer")
}

#[tokio::test]
async fn a_filtered_list_is_a_csv_file() {
    let server = Server::start();
    some_deals(&server).await;
    let query = [
        ("columns", "title,amountNet,currency,openedAt"),
        ("filter", r#"{"amountNet":{"isNull":false}}"#),
        ("orderBy", r#"[{"field":"OPENED_AT"}]"#),
    ];
    let answer = get(&server, "deals.csv", &query).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "text/csv; charset=utf-8");
    assert_eq!(
        answer.headers()["content-disposition"],
        "attachment; filename=\"deals.csv\""
    );
    assert_eq!(
        answer.text().await.unwrap(),
        "title,amountNet,currency,openedAt\r\n\
         Presse,5,JPY,2026-01-01T00:00:00Z\r\n\
         \"'=HYPERLINK(\"\"http://evil\"\")\",1054.10,EUR,2026-03-01T22:30:00Z\r\n"
    );
}

#[tokio::test]
async fn a_french_file_opens_in_a_french_spreadsheet() {
    let server = Server::start();
    some_deals(&server).await;
    let body = json!({
        "columns": ["title", "amountNet", "expectedClose", "openedAt", "owner", "stage"],
        "orderBy": [{ "field": "AMOUNT_NET", "direction": "DESC" }],
        "locale": "fr",
    });
    let request = server
        .client()
        .post(server.url("/exports/deals.csv"))
        .bearer_auth(TOKEN);
    let bytes = request.json(&body).send().await.unwrap().bytes().await.unwrap();
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(
        lines[0],
        "\u{feff}Affaire;Montant HT;Clôture prévue;Ouverte le;Responsable;Étape"
    );
    assert_eq!(
        lines[1],
        "\"'=HYPERLINK(\"\"http://evil\"\")\";1054,10;31/03/2026;01/03/2026 23:30;\"Inès; \"\"la\"\" grande\";PROSPECTION"
    );
    assert_eq!(lines[3], "Éolienne;;;02/07/2026 00:30;;PROSPECTION");
}

#[tokio::test]
async fn a_workbook_has_texts_numbers_and_dates() {
    let server = Server::start();
    some_deals(&server).await;
    let query = [
        ("columns", "title,amountNet,expectedClose,openedAt"),
        ("orderBy", r#"[{"field":"OPENED_AT"}]"#),
    ];
    let answer = get(&server, "deals.xlsx", &query).await;
    assert_eq!(answer.status(), 200);
    let bytes = answer.bytes().await.unwrap().to_vec();
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes)).unwrap();
    let sheet = book.worksheet_range_at(0).expect("a sheet").unwrap();
    assert_eq!(sheet.height(), 4);
    assert_eq!(sheet.get((0, 0)), Some(&Data::String("title".to_owned())));
    assert_eq!(
        sheet.get((2, 0)),
        Some(&Data::String("=HYPERLINK(\"http://evil\")".to_owned()))
    );
    assert_eq!(sheet.get((2, 1)), Some(&Data::Float(1054.1)));
    let Some(Data::DateTime(date)) = sheet.get((2, 2)) else {
        panic!("{:?}", sheet.get((2, 2)));
    };
    assert!((date.as_f64() - 46_112.0).abs() < 1e-9, "31 March 2026: {date}");
    assert!(matches!(sheet.get((1, 3)), Some(Data::DateTime(_))));
    let formulas = book.worksheet_formula("Sheet1").unwrap();
    assert!(formulas.used_cells().next().is_none(), "nothing in it is a formula");
}

#[tokio::test]
async fn every_list_is_exported_whole_in_pages() {
    let server = Server::start();
    for number in 0..6 {
        let inputs: Vec<_> = (0..200)
            .map(|own| json!({ "title": format!("{number}-{own:03}") }))
            .collect();
        let query = "mutation($inputs: [DealOpenInput!]!) { dealsCreate(inputs: $inputs) { failed position } }";
        let data = server.data_with(query, json!({ "inputs": inputs })).await;
        assert_eq!(data["dealsCreate"]["failed"], 0);
    }
    let position = server.position().await;
    let wait = format!("{{ deals(minPosition: {position}) {{ totalCount }} }}");
    assert_eq!(server.data(&wait).await["deals"]["totalCount"], 1_200);
    let csv = get(&server, "deals.csv", &[("columns", "title")])
        .await
        .text()
        .await
        .unwrap();
    let mut titles: Vec<_> = csv.lines().skip(1).collect();
    assert_eq!(titles.len(), 1_200);
    titles.sort_unstable();
    titles.dedup();
    assert_eq!(titles.len(), 1_200, "no row twice");
    for file in ["organizations.csv", "tasks.csv", "organizations.xlsx", "tasks.xlsx"] {
        assert_eq!(get(&server, file, &[]).await.status(), 200, "{file}");
    }
}

#[tokio::test]
async fn contacts_activities_and_the_people_of_tasks_are_files_too() {
    let server = Server::start();
    let seller = crate::people::People::of(&server)
        .with(domain::Role::Manager)
        .sign_in()
        .await;
    let made = server
        .data("mutation { contactAdd(input: { firstName: \"Zoé\", lastName: \"=Zola\", emails: [\"z@a.example\", \"z@b.example\"] }) { contact { id } } }")
        .await;
    let contact = made["contactAdd"]["contact"]["id"].as_str().unwrap();
    let note = format!(
        "activityRecord(input: {{ content: {{ note: true }}, contact: \"{contact}\", subject: \"Relance\" }}) {{ userErrors {{ code }} }}"
    );
    server.data(&format!("mutation {{ {note} }}")).await;
    let task = format!(
        "taskCreate(input: {{ title: \"Appeler\", assignees: [\"{0}\"], watchers: [\"{0}\"] }}) {{ userErrors {{ code }} }}",
        seller.user
    );
    let made = server.data(&format!("mutation {{ {task} }}")).await;
    assert_eq!(made["taskCreate"]["userErrors"], json!([]));
    let position = server.position().await;
    server
        .data(&format!("{{ tasks(minPosition: {position}) {{ totalCount }} }}"))
        .await;
    let lines = async |file: &str, columns: &str| {
        let text = get(&server, file, &[("columns", columns)]).await.text().await.unwrap();
        text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(
        lines("contacts.csv", "lastName,firstName,emails").await,
        ["'=Zola,Zoé,\"z@a.example, z@b.example\""]
    );
    assert_eq!(
        lines("activities.csv", "kind,subject,contact").await,
        ["NOTE,Relance,Zoé =Zola"]
    );
    assert_eq!(
        lines("tasks.csv", "title,assignees,watchers").await,
        ["Appeler,Camille MANAGER,Camille MANAGER"]
    );
    for file in ["contacts.xlsx", "activities.xlsx"] {
        assert_eq!(get(&server, file, &[]).await.status(), 200, "{file}");
    }
    // Whoever sees no persons gets no contacts, and of activities not what was said.
    let analyst = crate::people::People::of(&server)
        .with(domain::Role::Analyst)
        .sign_in()
        .await;
    let asked = async |file: &str| {
        let request = server.client().get(server.url(&format!("/exports/{file}?columns=id")));
        request.header("cookie", &analyst.cookie).send().await.unwrap().status()
    };
    assert_eq!(asked("contacts.csv").await, 403);
    let request = server
        .client()
        .get(server.url("/exports/activities.csv?columns=kind,subject,body,contact"));
    let answer = request.header("cookie", &analyst.cookie).send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), "kind,subject,body,contact\r\nNOTE,,,\r\n");
    let left: Vec<_> = std::fs::read_dir(std::env::temp_dir())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("alforis-export-"))
        .collect();
    assert_eq!(left, [] as [String; 0], "a workbook has no name while it is sent");
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_before_anything_is_sent() {
    let server = Server::start();
    for (file, query, status, code) in [
        ("nothing.csv", vec![], 404, "NOT_FOUND"),
        ("deals.pdf", vec![], 404, "NOT_FOUND"),
        ("deals.csv", vec![("columns", "title,secrets")], 400, "BAD_USER_INPUT"),
        ("deals.csv", vec![("filter", "{")], 400, "BAD_USER_INPUT"),
        ("deals.csv", vec![("filter", r#"{"nothing":1}"#)], 400, "BAD_USER_INPUT"),
        (
            "deals.csv",
            vec![("orderBy", r#"[{"field":"NOTHING"}]"#)],
            400,
            "BAD_USER_INPUT",
        ),
        ("deals.csv", vec![("locale", "klingon")], 400, "BAD_USER_INPUT"),
        ("deals.csv", vec![("surprise", "1")], 400, "BAD_REQUEST"),
    ] {
        let answer = get(&server, file, &query).await;
        assert_eq!(answer.status(), status, "{file} {query:?}");
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["errors"][0]["extensions"]["code"], code, "{file} {query:?}");
    }
    let stranger = server
        .client()
        .get(server.url("/exports/deals.csv"))
        .send()
        .await
        .unwrap();
    assert_eq!(stranger.status(), 401);
}

#[test]
fn the_shell_writes_the_same_file() {
    let place = Workplace::new();
    assert_eq!(place.run(&["demo"]).code, 0);
    let filter = r#"{"status":{"eq":"WON"}}"#;
    let ran = place.run(&[
        "export",
        "deals",
        "--filter",
        filter,
        "--columns",
        "title,status",
        "--output",
        "won.csv",
    ]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let csv = std::fs::read_to_string(place.path().join("won.csv")).unwrap();
    let rows: Vec<_> = csv.lines().skip(1).collect();
    assert!(rows.len() > 10 && rows.iter().all(|row| row.ends_with(",WON")), "{csv}");
    assert!(
        ran.stdout.starts_with(&format!("{} rows", rows.len())),
        "{}",
        ran.stdout
    );
    let ran = place.run(&["export", "deals", "--output", "all.xlsx", "--locale", "fr"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let mut book: Xlsx<_> = calamine::open_workbook(place.path().join("all.xlsx")).unwrap();
    assert!(book.worksheet_range_at(0).expect("a sheet").unwrap().height() > 100);
    let wrong = place.run(&["export", "deals", "--columns", "secrets", "--output", "x.csv"]);
    assert_eq!(wrong.code, 1);
    assert!(wrong.stderr.contains("BAD_USER_INPUT"), "{}", wrong.stderr);
}
