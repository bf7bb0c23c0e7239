//! Tasks as people use them: recurrence, reminders, lists, calendar and board, over the real server.

use std::time::{Duration, Instant};

use alforis::{
    application::{Application, Opening},
    config::Config,
};
use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, Utc, Weekday};
use domain::{
    Language, Role, User, UserCommand, UserId,
    user::{RegisterUser, UserDetails},
};
use engine::CommandContext;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{server::Server, support::Workplace};

pub(crate) const INES: Uuid = Uuid::from_u128(0x1);
pub(crate) const PAUL: Uuid = Uuid::from_u128(0x2);

/// A server whose clock stands still, with two colleagues in different zones.
pub(crate) async fn office() -> Server {
    let workplace = Workplace::new();
    let data = workplace.path().join("data");
    let config = Config {
        journal: format!("sqlite:{}", data.join("journal.db").display()),
        views: format!("sqlite:{}", data.join("views.db").display()),
        keys: data.join("keys"),
        search: data.join("search"),
        blobs: data.join("blobs"),
        ..Config::default()
    };
    let application = Application::open(&config, Opening::default())
        .await
        .expect("an application");
    for (id, name, zone) in [
        (INES, "Inès", chrono_tz::Europe::Paris),
        (PAUL, "Paul", chrono_tz::Indian::Reunion),
    ] {
        let register = RegisterUser {
            user: UserId(id),
            details: UserDetails {
                name: name.to_owned(),
                email: format!("{id}@alforis.example"),
            },
            role: Role::Sales,
            language: Language::French,
            time_zone: zone,
        };
        let context = CommandContext::new("test", Uuid::now_v7(), "user:test");
        application
            .bus
            .execute::<User>(&context, id, UserCommand::Register(register))
            .await
            .expect("a user");
    }
    drop(application);
    Server::start_in(workplace, &["--clock", "manual"])
}

pub(crate) async fn now(server: &Server) -> DateTime<Utc> {
    let data = server.data("{ clock { now } }").await;
    data["clock"]["now"].as_str().unwrap().parse().unwrap()
}

/// Lets time pass; everything due on the way is done, and what follows from it.
pub(crate) async fn advance(server: &Server, to: DateTime<Utc>) {
    let query = "mutation($to: DateTime!) { clockAdvance(input: { to: $to }) { clock { now } } }";
    server.data_with(query, json!({ "to": to.to_rfc3339() })).await;
}

pub(crate) async fn create(server: &Server, input: Value) -> String {
    let query = "mutation($input: TaskCreateInput!) { taskCreate(input: $input) {
        task { id } position userErrors { code field message } } }";
    let data = server.data_with(query, json!({ "input": input })).await;
    assert_eq!(data["taskCreate"]["userErrors"], json!([]), "{input}");
    data["taskCreate"]["task"]["id"].as_str().unwrap().to_owned()
}

/// One of the mutations that say no more than which task.
async fn ask(server: &Server, mutation: &str, input: Value) -> Value {
    let kind = match mutation {
        "taskCancel" => "TaskCancelInput",
        "taskReschedule" => "TaskRescheduleInput",
        "taskAssign" => "TaskAssignInput",
        "taskRank" => "TaskRankInput",
        "taskRename" => "TaskRenameInput",
        _ => "TaskCommandInput",
    };
    let query = format!(
        "mutation($input: {kind}!) {{ answer: {mutation}(input: $input) {{
            task {{ id status }} position userErrors {{ code field allowed }} }} }}"
    );
    let mut data = server.data_with(&query, json!({ "input": input })).await;
    data["answer"].take()
}

async fn done(server: &Server, mutation: &str, input: Value) {
    let answer = ask(server, mutation, input.clone()).await;
    assert_eq!(answer["userErrors"], json!([]), "{mutation} {input}");
}

async fn seen(server: &Server, task: &str, fields: &str) -> Value {
    let query = format!("query($id: ID!) {{ task(id: $id) {{ {fields} }} }}");
    let mut data = server.data_with(&query, json!({ "id": task })).await;
    data["task"].take()
}

/// The latest task of the series of a task, once it is the one of this number.
async fn occurrence(server: &Server, task: &str, number: i64) -> Value {
    let until = Instant::now() + Duration::from_secs(15);
    loop {
        let fields = "series { number ended latestTask { id dueDate dueAt status seriesNumber } }";
        let found = seen(server, task, fields).await;
        if found["series"]["number"] == number {
            return found["series"]["latestTask"].clone();
        }
        assert!(Instant::now() < until, "there is no number {number}: {found}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

pub(crate) fn noon(date: NaiveDate) -> DateTime<Utc> {
    date.and_hms_opt(12, 0, 0).unwrap().and_utc()
}

fn date(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

/// When the clocks of Europe are put forward: the last Sunday of March.
fn summer_time(year: i32) -> NaiveDate {
    let last = date(year, 3, 31);
    last - Days::new(last.weekday().num_days_from_sunday().into())
}

#[tokio::test]
async fn a_task_of_the_thirty_first_goes_through_february_and_comes_back() {
    let server = office().await;
    let year = now(&server).await.year() + 1;
    let first = date(year, 1, 31);
    let task = create(
        &server,
        json!({ "title": "Send the figures", "dueDate": first, "assignees": [INES], "recurrence": { "rule": "FREQ=MONTHLY" } }),
    )
    .await;
    advance(&server, noon(first)).await;
    done(&server, "taskComplete", json!({ "id": task })).await;
    let february = date(year, 3, 1).pred_opt().unwrap();
    let next = occurrence(&server, &task, 2).await;
    assert_eq!(next["dueDate"], json!(february));

    // Done again after it was reopened: that makes no second one.
    done(&server, "taskReopen", json!({ "id": task })).await;
    done(&server, "taskComplete", json!({ "id": task })).await;
    advance(&server, noon(february)).await;
    assert_eq!(occurrence(&server, &task, 2).await["id"], next["id"]);
    let count = server
        .data(r#"{ tasks(filter: { title: { eq: "Send the figures" } }) { totalCount } }"#)
        .await;
    assert_eq!(count["tasks"]["totalCount"], 2);

    done(&server, "taskComplete", json!({ "id": next["id"] })).await;
    let next = occurrence(&server, &task, 3).await;
    assert_eq!(next["dueDate"], json!(date(year, 3, 31)));
}

#[tokio::test]
async fn nine_o_clock_stays_nine_o_clock_over_the_change_of_clocks() {
    let server = office().await;
    let year = now(&server).await.year() + 1;
    let change = summer_time(year);
    assert_eq!(change.weekday(), Weekday::Sun);
    let eve = change.pred_opt().unwrap();
    let task = create(
        &server,
        json!({
            "title": "Open the shop", "dueAt": format!("{eve}T09:00:00+01:00"), "timeZone": "Europe/Paris",
            "assignees": [INES], "reminders": { "time": "07:30" }, "recurrence": { "rule": "FREQ=DAILY" },
        }),
    )
    .await;
    advance(&server, noon(eve)).await;
    done(&server, "taskComplete", json!({ "id": task })).await;
    let next = occurrence(&server, &task, 2).await;
    assert_eq!(next["dueAt"], json!(format!("{change}T07:00:00Z")));
    advance(&server, noon(change)).await;
    let fields = "reminders { day at status settledAt }";
    let reminders = seen(&server, next["id"].as_str().unwrap(), fields).await;
    let given: Vec<_> = reminders["reminders"].as_array().unwrap().iter().collect();
    // The eve's had passed when the task was made.
    assert_eq!(given[0]["day"], 0);
    assert_eq!(given[0]["settledAt"], json!(format!("{change}T05:30:00Z")));
    assert_eq!(
        (&given[0]["status"], &given[1]["status"]),
        (&json!("GIVEN"), &json!("ARMED"))
    );
}

#[tokio::test]
async fn reminders_come_on_three_days_once_each_and_go_by_the_assignee_s_clock() {
    let server = office().await;
    let due = (now(&server).await + TimeDelta::days(10)).date_naive();
    let task = create(&server, json!({ "title": "Call", "dueDate": due, "assignees": [PAUL] })).await;
    // Nine on Réunion is five in UTC, the whole year round.
    let at = |days: i64| noon(due) + TimeDelta::days(days) - TimeDelta::hours(7);
    let fields = "reminderTimeZone reminders { day at status } history { nodes { type } }";
    let planned = seen(&server, &task, fields).await;
    assert_eq!(planned["reminderTimeZone"], "Indian/Reunion");
    let rfc = |time: DateTime<Utc>| time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let expected: Vec<Value> = (-1..=1)
        .map(|day| json!({ "day": day, "at": rfc(at(day)), "status": "ARMED" }))
        .collect();
    assert_eq!(planned["reminders"], json!(expected));

    let reminded = async |task: &str| {
        let seen = seen(&server, task, fields).await;
        let events = seen["history"]["nodes"].as_array().unwrap().clone();
        events.iter().filter(|event| event["type"] == "TaskReminded").count()
    };
    advance(&server, at(-1) + TimeDelta::hours(1)).await;
    assert_eq!(reminded(&task).await, 1);
    // Inès has not been reminded of anything yet, and nine o'clock in Paris is still to come.
    done(&server, "taskAssign", json!({ "id": task, "assignees": [INES] })).await;
    advance(&server, at(0) + TimeDelta::minutes(30)).await;
    assert_eq!(
        reminded(&task).await,
        2,
        "of the day before, in Paris, and not of the day on Réunion"
    );
    advance(&server, at(0) + TimeDelta::hours(6)).await;
    assert_eq!(reminded(&task).await, 3);
    done(&server, "taskComplete", json!({ "id": task })).await;
    advance(&server, at(5)).await;
    assert_eq!(reminded(&task).await, 3, "a finished task reminds nobody");
}

#[tokio::test]
async fn a_task_is_moved_along_the_board_and_says_what_it_allows() {
    let server = Server::start();
    let task = create(&server, json!({ "title": "Call" })).await;
    for (mutation, status) in [
        ("taskStart", "IN_PROGRESS"),
        ("taskPutBack", "TODO"),
        ("taskStart", "IN_PROGRESS"),
        ("taskComplete", "DONE"),
    ] {
        let answer = ask(&server, mutation, json!({ "id": task })).await;
        assert_eq!(answer["task"]["status"], status, "{mutation}: {answer}");
    }
    let refused = ask(&server, "taskStart", json!({ "id": task })).await;
    assert_eq!(refused["userErrors"][0]["code"], "TASK_FINISHED");
    assert_eq!(refused["userErrors"][0]["allowed"], json!(["Reopen"]));
    assert_eq!(
        ask(&server, "taskReopen", json!({ "id": task })).await["task"]["status"],
        "TODO"
    );
}

async fn board(server: &Server) -> Vec<(String, Vec<String>)> {
    let data = server
        .data("{ taskBoard { status count tasks { nodes { title } } } }")
        .await;
    let columns = data["taskBoard"].as_array().unwrap().iter().map(|column| {
        let titles = column["tasks"]["nodes"].as_array().unwrap().iter();
        let titles: Vec<String> = titles.map(|task| task["title"].as_str().unwrap().to_owned()).collect();
        assert_eq!(column["count"], titles.len());
        (column["status"].as_str().unwrap().to_owned(), titles)
    });
    columns.collect()
}

#[tokio::test]
async fn cards_lie_where_people_put_them() {
    let server = Server::start();
    let mut cards = Vec::new();
    for title in ["a", "b", "c", "d"] {
        cards.push(create(&server, json!({ "title": title })).await);
    }
    let todo = async || board(&server).await.remove(0).1.concat();
    assert_eq!(todo().await, "abcd");
    done(
        &server,
        "taskRank",
        json!({ "id": cards[3], "after": cards[0], "before": cards[1] }),
    )
    .await;
    assert_eq!(todo().await, "adbc");
    done(&server, "taskRank", json!({ "id": cards[0], "after": cards[2] })).await;
    assert_eq!(todo().await, "dbca");
    done(&server, "taskRank", json!({ "id": cards[2], "before": cards[3] })).await;
    assert_eq!(todo().await, "cdba");
    let command = json!({ "id": cards[1], "before": cards[2], "commandId": Uuid::now_v7() });
    done(&server, "taskRank", command.clone()).await;
    assert_eq!(todo().await, "bcda");
    // The same command again is the same command, wherever the cards lie now.
    done(&server, "taskRank", json!({ "id": cards[2], "before": cards[1] })).await;
    done(&server, "taskRank", command).await;
    assert_eq!(todo().await, "cbda");
    done(&server, "taskStart", json!({ "id": cards[1] })).await;
    let columns = board(&server).await;
    assert_eq!(columns[1], ("IN_PROGRESS".to_owned(), vec!["b".to_owned()]));
}

#[tokio::test]
async fn each_open_task_is_in_one_bucket_of_the_zone_s_today() {
    let server = office().await;
    // A Wednesday at 22:30 UTC: still Wednesday in Paris, Thursday on Réunion.
    let base = now(&server).await.date_naive() + Days::new(1);
    let wednesday = base.iter_days().find(|day| day.weekday() == Weekday::Wed).unwrap();
    advance(&server, wednesday.and_hms_opt(18, 0, 0).unwrap().and_utc()).await;
    let day = |days: i64| wednesday + TimeDelta::days(days);
    for (title, due) in [
        ("yesterday", json!({ "dueDate": day(-1) })),
        ("this morning", json!({ "dueAt": format!("{wednesday}T08:00:00Z") })),
        ("today", json!({ "dueDate": day(0) })),
        ("tonight", json!({ "dueAt": format!("{wednesday}T20:30:00Z") })),
        ("sunday", json!({ "dueDate": day(4) })),
        ("monday", json!({ "dueDate": day(5) })),
        ("some day", json!({})),
        ("done", json!({ "dueDate": day(-3) })),
    ] {
        let mut input = due;
        input["title"] = title.into();
        let task = create(&server, input).await;
        if title == "done" {
            done(&server, "taskComplete", json!({ "id": task })).await;
        }
    }
    let buckets = async |zone: &str| -> Vec<Vec<String>> {
        let query = "query($zone: String!) { taskBuckets(timeZone: $zone) { bucket count tasks { nodes { title } } } }";
        let data = server.data_with(query, json!({ "zone": zone })).await;
        let buckets = data["taskBuckets"].as_array().unwrap().iter().map(|bucket| {
            let titles = bucket["tasks"]["nodes"].as_array().unwrap().iter();
            let titles: Vec<String> = titles.map(|task| task["title"].as_str().unwrap().to_owned()).collect();
            assert_eq!(bucket["count"], titles.len());
            titles
        });
        buckets.collect()
    };
    assert_eq!(
        buckets("Europe/Paris").await,
        [
            vec!["yesterday", "this morning"],
            vec!["tonight", "today"],
            vec!["sunday"],
            vec!["monday"],
            vec!["some day"],
            vec!["done"],
        ]
    );
    // Twenty past ten in the evening in Paris is past midnight on Réunion.
    advance(&server, wednesday.and_hms_opt(20, 20, 0).unwrap().and_utc()).await;
    let there = buckets("Indian/Reunion").await;
    assert_eq!(there[0], ["yesterday", "this morning", "today"]);
    assert_eq!(there[1], ["tonight"]);
    let overdue = server
        .data("{ tasks(filter: { overdue: true }) { nodes { title } } }")
        .await;
    assert_eq!(overdue["tasks"]["nodes"].as_array().unwrap().len(), 2);
    let rest = server
        .data("{ tasks(filter: { overdue: false }) { totalCount } }")
        .await;
    assert_eq!(rest["tasks"]["totalCount"], 6);
    assert_eq!(
        server
            .code(r#"{ taskBuckets(timeZone: "Europe/Atlantis") { count } }"#)
            .await,
        "BAD_USER_INPUT"
    );
}

#[tokio::test]
async fn the_list_the_board_and_the_calendar_are_there_as_they_were() {
    let server = office().await;
    let start = now(&server).await;
    // A Wednesday of next year, so that the week has days on both sides.
    let mut wednesday = date(start.year() + 1, 3, 1);
    while wednesday.weekday() != Weekday::Wed {
        wednesday = wednesday.succ_opt().unwrap();
    }
    advance(&server, noon(wednesday)).await;
    let tomorrow = wednesday + Days::new(1);
    let finished = create(&server, json!({ "title": "finished later", "dueDate": wednesday })).await;
    let moved = create(&server, json!({ "title": "moved later", "dueDate": tomorrow })).await;
    let repeated = json!({ "title": "repeated", "dueDate": wednesday, "recurrence": { "rule": "FREQ=DAILY" } });
    let repeated = create(&server, repeated).await;
    advance(&server, noon(wednesday) + TimeDelta::hours(1)).await;
    let then = now(&server).await.to_rfc3339();

    advance(&server, noon(tomorrow)).await;
    done(&server, "taskComplete", json!({ "id": finished })).await;
    let next_year = wednesday + Days::new(400);
    done(&server, "taskReschedule", json!({ "id": moved, "dueDate": next_year })).await;
    done(&server, "taskComplete", json!({ "id": repeated })).await;
    occurrence(&server, &repeated, 2).await;

    let month = wednesday.format("%Y-%m");
    let asked = |as_of: &str| {
        let of_zone = "timeZone: \"Europe/Paris\"";
        let parts = "count tasks(orderBy: [{ field: TITLE }]) { totalCount nodes { title status } }";
        format!(
            r#"{{ taskBuckets({of_zone} {as_of}) {{ bucket {parts} }} taskBoard(filter: {{ title: {{ neq: "" }} }} {as_of}) {{
                status count tasks {{ nodes {{ title }} }} }}
                taskCalendar(month: "{month}", {of_zone} {as_of}) {{ days {{ date entries {{ title projected }} }} }} }}"#
        )
    };
    let titles = |part: &Value| -> Vec<String> {
        let nodes = part["tasks"]["nodes"].as_array().unwrap().iter();
        nodes.map(|task| task["title"].as_str().unwrap().to_owned()).collect()
    };
    let entries = |data: &Value, day: NaiveDate| -> Vec<Value> {
        let days = data["taskCalendar"]["days"].as_array().unwrap().iter();
        let found = days.filter(|one| one["date"] == json!(day));
        found
            .flat_map(|one| one["entries"].as_array().unwrap().clone())
            .collect()
    };
    for basis in ["EFFECTIVE", "RECORDED"] {
        let as_of = format!("asOf: {{ moment: \"{then}\", basis: {basis} }}");
        let past = crate::reading::past(&server, &asked(&as_of)).await;
        let (buckets, board) = (&past["taskBuckets"], &past["taskBoard"]);
        assert_eq!(titles(&buckets[1]), ["finished later", "repeated"], "{basis}: {past:#}");
        assert_eq!(titles(&buckets[2]), ["moved later"], "{basis}: {past:#}");
        let counts: Vec<_> = buckets
            .as_array()
            .unwrap()
            .iter()
            .map(|bucket| &bucket["count"])
            .collect();
        assert_eq!(counts, [0, 2, 1, 0, 0, 0], "{basis}");
        assert_eq!(
            (&board[0]["count"], titles(&board[0]).len()),
            (&json!(3), 3),
            "{basis}: {past:#}"
        );
        assert!(
            board.as_array().unwrap()[1..].iter().all(|column| column["count"] == 0),
            "{past:#}"
        );
        assert_eq!(entries(&past, wednesday).len(), 2, "{past:#}");
        let of_tomorrow = entries(&past, tomorrow);
        assert_eq!(of_tomorrow[0], json!({ "title": "moved later", "projected": false }));
        assert_eq!(of_tomorrow[1], json!({ "title": "repeated", "projected": true }));
    }
    let present = server.data(&asked("")).await;
    let buckets = &present["taskBuckets"];
    assert_eq!(titles(&buckets[5]), ["finished later", "repeated"], "{present:#}");
    assert_eq!(titles(&buckets[3]), ["moved later"], "{present:#}");
    let of_tomorrow = entries(&present, tomorrow);
    assert_eq!(
        of_tomorrow,
        [json!({ "title": "repeated", "projected": false })],
        "{present:#}"
    );
}

#[tokio::test]
async fn a_calendar_shows_what_series_will_lead_to() {
    let server = office().await;
    let year = now(&server).await.year() + 1;
    let task = create(
        &server,
        json!({ "title": "Review", "dueDate": date(year, 1, 31), "assignees": [INES], "recurrence": { "rule": "FREQ=MONTHLY" } }),
    )
    .await;
    create(
        &server,
        json!({ "title": "Once", "dueAt": format!("{year}-02-28T23:30:00Z") }),
    )
    .await;
    let month = async |month: &str, arguments: &str| -> Vec<Value> {
        let query = format!(
            r#"{{ taskCalendar(month: "{month}", timeZone: "Europe/Paris"{arguments}) {{
                truncated days {{ date entries {{ title projected number task {{ title }} }} }} }} }}"#
        );
        let mut data = server.data(&query).await;
        assert_eq!(data["taskCalendar"]["truncated"], false);
        data["taskCalendar"]["days"].as_array_mut().unwrap().drain(..).collect()
    };
    let january = month(&format!("{year}-01"), "").await;
    let made = json!({ "title": "Review", "projected": false, "number": 1, "task": { "title": "Review" } });
    assert_eq!(january, [json!({ "date": date(year, 1, 31), "entries": [made] })]);
    let february = month(&format!("{year}-02"), "").await;
    let projected = json!({ "title": "Review", "projected": true, "number": 2, "task": null });
    let last = date(year, 3, 1).pred_opt().unwrap();
    assert_eq!(february, [json!({ "date": last, "entries": [projected] })]);
    // Half past eleven in the evening in UTC is the next day in Paris.
    let march = month(&format!("{year}-03"), "").await;
    let days: Vec<_> = march.iter().map(|day| day["date"].clone()).collect();
    let once = if last.day() == 28 {
        date(year, 3, 1)
    } else {
        date(year, 2, 29)
    };
    assert!(days.contains(&json!(date(year, 3, 31))) && (once.month() == 2 || days.contains(&json!(once))));
    let pauls = month(&format!("{year}-03"), &format!(r#", assignee: "{PAUL}""#)).await;
    assert_eq!(pauls, Vec::<Value>::new());

    // A day that is skipped is not shown, and a series that has ended shows nothing.
    let series = seen(&server, &task, "series { id }").await["series"]["id"].clone();
    let skip = "mutation($id: ID!, $date: Date!) { taskSeriesSkipDate(input: { id: $id, date: $date }) {
        series { exceptions } userErrors { code } } }";
    let skipped = server.data_with(skip, json!({ "id": series, "date": last })).await;
    assert_eq!(skipped["taskSeriesSkipDate"]["series"]["exceptions"], json!([last]));
    let february = month(&format!("{year}-02"), "").await;
    assert!(february.iter().all(|day| day["date"] != json!(last)));
    let end = "mutation($id: ID!) { taskSeriesEnd(input: { id: $id }) { series { ended } userErrors { code } } }";
    let ended = server.data_with(end, json!({ "id": series })).await;
    assert_eq!(ended["taskSeriesEnd"]["series"]["ended"], true);
    let may = month(&format!("{year}-05"), "").await;
    assert_eq!(may, Vec::<Value>::new());
    for wrong in ["2026-13", "2026-1", "march", "2026-03-01", "99999-01"] {
        let code = server
            .code(&format!(r#"{{ taskCalendar(month: "{wrong}") {{ truncated }} }}"#))
            .await;
        assert_eq!(code, "BAD_USER_INPUT", "{wrong}");
    }
}

#[tokio::test]
async fn one_is_edited_alone_and_all_that_follow_together() {
    let server = office().await;
    let start = now(&server).await.date_naive() + Days::new(1);
    let task = create(
        &server,
        json!({ "title": "Water the plants", "dueDate": start, "recurrence": { "rule": "FREQ=DAILY" } }),
    )
    .await;
    done(&server, "taskRename", json!({ "id": task, "title": "Water the ficus" })).await;
    // Moved by a week: that moves this one only.
    let later = start + Days::new(7);
    done(&server, "taskReschedule", json!({ "id": task, "dueDate": later })).await;
    done(&server, "taskComplete", json!({ "id": task })).await;
    let second = occurrence(&server, &task, 2).await;
    assert_eq!(second["dueDate"], json!(start + Days::new(1)));
    let second = second["id"].as_str().unwrap().to_owned();
    assert_eq!(seen(&server, &second, "title").await["title"], "Water the plants");

    let series = seen(&server, &task, "series { id }").await["series"]["id"].clone();
    let change = "mutation($input: TaskSeriesChangeInput!) { taskSeriesChange(input: $input) {
        series { title rule priority } userErrors { code field } } }";
    let changes = json!({ "id": series, "title": "Water everything", "rule": "FREQ=WEEKLY", "priority": "LOW" });
    let answer = server.data_with(change, json!({ "input": changes })).await;
    assert_eq!(
        answer["taskSeriesChange"]["series"],
        json!({ "title": "Water everything", "rule": "FREQ=WEEKLY", "priority": "LOW" })
    );
    assert_eq!(seen(&server, &second, "title").await["title"], "Water the plants");
    done(&server, "taskCancel", json!({ "id": second })).await;
    let third = occurrence(&server, &task, 3).await;
    assert_eq!(third["dueDate"], json!(start + Days::new(8)));
    let third = third["id"].as_str().unwrap();
    assert_eq!(
        seen(&server, third, "title priority").await,
        json!({ "title": "Water everything", "priority": "LOW" })
    );

    // The day of the open one is skipped: it is cancelled, and the next one follows.
    let skip = "mutation($id: ID!, $date: Date!) { taskSeriesSkipDate(input: { id: $id, date: $date }) {
        userErrors { code } } }";
    let asked = json!({ "id": series, "date": start + Days::new(8) });
    assert_eq!(
        server.data_with(skip, asked).await["taskSeriesSkipDate"]["userErrors"],
        json!([])
    );
    let fourth = occurrence(&server, &task, 4).await;
    assert_eq!(fourth["dueDate"], json!(start + Days::new(15)));
    assert_eq!(seen(&server, third, "status").await["status"], "CANCELLED");
    let stranger = json!({ "id": series, "date": start + Days::new(16) });
    assert_eq!(
        server.data_with(skip, stranger).await["taskSeriesSkipDate"]["userErrors"][0]["code"],
        "DATE_NOT_IN_SERIES"
    );
}

#[tokio::test]
async fn a_batch_answers_task_by_task() {
    let server = office().await;
    let query = "mutation($inputs: [TaskCreateInput!]!) { tasksCreate(inputs: $inputs) {
        results { task { title assignees { name } } userErrors { code field } } } }";
    let inputs = json!([
        { "title": "One", "assignees": [INES] },
        { "title": "  " },
        { "title": "Three", "assignees": [Uuid::from_u128(99)] },
        { "title": "Four", "dueDate": "2026-03-31", "recurrence": { "rule": "FREQ=HOURLY" } },
        { "title": "Five", "recurrence": { "rule": "FREQ=DAILY" } },
        { "title": "Six" },
    ]);
    let data = server.data_with(query, json!({ "inputs": inputs })).await;
    let results = data["tasksCreate"]["results"].as_array().unwrap();
    let codes: Vec<_> = results
        .iter()
        .map(|result| result["userErrors"][0]["code"].clone())
        .collect();
    assert_eq!(
        json!(codes),
        json!([
            null,
            "FIELD_REQUIRED",
            "USER_NOT_FOUND",
            "INVALID_RECURRENCE",
            "FIELD_REQUIRED",
            null
        ])
    );
    assert_eq!(results[0]["task"]["assignees"], json!([{ "name": "Inès" }]));
    assert_eq!(results[4]["userErrors"][0]["field"], json!(["input", "dueDate"]));
    let none = vec![json!({ "title": "x" }); 61];
    assert_eq!(
        server.code_with(query, json!({ "inputs": none })).await,
        "BAD_USER_INPUT"
    );
    assert_eq!(server.code_with(query, json!({ "inputs": [] })).await, "BAD_USER_INPUT");
}

#[tokio::test]
async fn a_created_series_is_made_once_under_its_command_id() {
    let server = office().await;
    let due = now(&server).await.date_naive();
    let input = json!({
        "title": "Twice", "dueDate": due, "recurrence": { "rule": "FREQ=DAILY" }, "commandId": Uuid::now_v7(),
    });
    let first = create(&server, input.clone()).await;
    let again = create(&server, input.clone()).await;
    assert_eq!(first, again);
    let query = "mutation($input: TaskCreateInput!) { taskCreate(input: $input) { position } }";
    let mut other = input;
    other["title"] = "Other".into();
    assert_eq!(
        server.code_with(query, json!({ "input": other })).await,
        "COMMAND_REUSED"
    );
}

#[tokio::test]
async fn lists_are_filtered_by_people_and_records() {
    let server = office().await;
    let open = r#"mutation { dealOpen(input: { title: "Presses" }) { deal { id } } }"#;
    let deal = server.data(open).await["dealOpen"]["deal"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let both = json!({ "title": "both", "assignees": [INES, PAUL], "priority": "LOW" });
    create(&server, both).await;
    create(
        &server,
        json!({ "title": "paul", "assignees": [PAUL], "watchers": [INES], "links": [deal] }),
    )
    .await;
    create(
        &server,
        json!({ "title": "nobody", "priority": "URGENT", "deal": deal }),
    )
    .await;
    let titles = async |filter: &str, order: &str| -> String {
        let query =
            format!("{{ tasks(filter: {{ {filter} }}, orderBy: [{{ field: {order} }}]) {{ nodes {{ title }} }} }}");
        let data = server.data(&query).await;
        let titles = data["tasks"]["nodes"].as_array().unwrap().iter();
        titles
            .map(|task| task["title"].as_str().unwrap())
            .collect::<Vec<_>>()
            .join(" ")
    };
    for (filter, expected) in [
        (format!(r#"assignee: {{ eq: "{PAUL}" }}"#), "both paul"),
        (format!(r#"assignee: {{ notIn: ["{INES}"] }}"#), "nobody paul"),
        ("assignee: { isNull: true }".to_owned(), "nobody"),
        (format!(r#"watcher: {{ eq: "{INES}" }}"#), "paul"),
        (format!(r#"linkedTo: "{deal}""#), "nobody paul"),
        (format!(r#"not: {{ linkedTo: "{deal}" }}"#), "both"),
        (
            format!(r#"deal: {{ eq: "{deal}" }}, priority: {{ eq: URGENT }}"#),
            "nobody",
        ),
        ("status: { in: [TODO] }".to_owned(), "both nobody paul"),
    ] {
        assert_eq!(titles(&filter, "TITLE").await, expected, "{filter}");
    }
    assert_eq!(titles("", "PRIORITY").await, "nobody paul both");
    let seen = server
        .data(&format!(
            r#"{{ deal(id: "{deal}") {{ tasks {{ totalCount nodes {{ links {{ id __typename }} }} }} }} }}"#
        ))
        .await;
    assert_eq!(seen["deal"]["tasks"]["totalCount"], 2);
    assert_eq!(
        seen["deal"]["tasks"]["nodes"][0]["links"],
        json!([{ "id": deal, "__typename": "Deal" }])
    );
}

/// How many tasks of a series there are, once nothing follows any more.
async fn in_series(server: &Server, title: &str) -> Vec<i64> {
    let query =
        "query($title: String) { tasks(first: 250, filter: { title: { eq: $title } }) { nodes { seriesNumber } } }";
    let data = server.data_with(query, json!({ "title": title })).await;
    let nodes = data["tasks"]["nodes"].as_array().unwrap().iter();
    let mut numbers: Vec<i64> = nodes.map(|node| node["seriesNumber"].as_i64().unwrap()).collect();
    numbers.sort_unstable();
    numbers
}

#[tokio::test]
async fn a_series_goes_on_once_although_the_server_is_killed_at_each_step() {
    let mut server = office().await;
    let due = now(&server).await.date_naive();
    let rule = json!({ "title": "Daily", "dueDate": due, "recurrence": { "rule": "FREQ=DAILY" } });
    let first = create(&server, rule).await;
    let mut task = first.clone();
    for number in 2..=6 {
        // Done, and dead before, while or after the policy hears of it.
        done(&server, "taskComplete", json!({ "id": task })).await;
        tokio::time::sleep(Duration::from_millis(3 * (number as u64 - 2))).await;
        server = server.restart_after_kill(&["--clock", "manual"]);
        task = occurrence(&server, &first, number).await["id"]
            .as_str()
            .unwrap()
            .to_owned();
    }
    assert_eq!(in_series(&server, "Daily").await, [1, 2, 3, 4, 5, 6]);

    // A process that died before it noted how far it had come hears of everything again.
    assert_eq!(server.terminate(), Some(0));
    let journal = server.workplace.path().join("data/journal.db");
    let forgotten = rusqlite::Connection::open(journal)
        .and_then(|journal| journal.execute("DELETE FROM consumers WHERE name = 'tasks-recur'", []))
        .expect("the policies' positions");
    assert_eq!(forgotten, 1);
    let server = server.restart_after_kill(&["--clock", "manual"]);
    let position = server.position().await;
    done(&server, "taskComplete", json!({ "id": task })).await;
    occurrence(&server, &first, 7).await;
    assert_eq!(in_series(&server, "Daily").await, [1, 2, 3, 4, 5, 6, 7]);
    // The end of the sixth, and what follows from it: the series' count and the seventh.
    assert_eq!(server.position().await, position + 3);
}
