//! Letters out of the real server, into a real mail server, while processes are killed.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead, BufReader},
    path::PathBuf,
    process::Stdio,
    sync::Arc,
    time::{Duration, Instant},
};

use alforis::{
    application::{Application, Opening},
    config::Config,
};
use chrono::{DateTime, TimeDelta, Utc};
use domain::{Delivery, DeliveryCommand, Language, PersonId, TaskId};
use engine::{CommandContext, ManualClock};
use mail::{Due, Reminder, To};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    server::{Server, TOKEN, error_code},
    smtp_server::{Letter, SmtpServer},
    support::Workplace,
};

/// Longer than a lease that nobody gave back.
const PATIENCE: Duration = Duration::from_mins(1);
const ZOE: Uuid = Uuid::from_u128(0xE0E);

/// `alforis serve` with a mail server, perhaps to be stopped somewhere.
fn serve(workplace: Workplace, smtp: &SmtpServer, failpoint: Option<&str>, more: &[&str]) -> Server {
    let mut command = workplace.command();
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--token", TOKEN])
        .args(["--mail-from", "crm@atelier.example"])
        .args(more)
        .env(
            "ALFORIS_MAIL",
            format!("smtp://127.0.0.1:{}?tls=none&timeout=20", smtp.port),
        );
    if let Some(failpoint) = failpoint {
        command.env("ALFORIS_FAILPOINT", failpoint);
    }
    Server::run(workplace, command)
}

/// Kills the server without a word and leaves its files.
fn killed(mut server: Server) -> Workplace {
    let workplace = std::mem::take(&mut server.workplace);
    drop(server);
    workplace
}

/// Another process on the same journal, to write letters from: nothing of the API does by itself.
struct Writer(Arc<Application>);

impl Writer {
    async fn at(workplace: &Workplace, now: Option<DateTime<Utc>>) -> Self {
        let file = |name: &str| workplace.path().join("data").join(name).display().to_string();
        let config = Config {
            journal: format!("sqlite:{}", file("journal.db")),
            views: format!("sqlite:{}", file("views.db")),
            keys: PathBuf::from(file("keys")),
            search: PathBuf::from(file("search")),
            blobs: PathBuf::from(file("blobs")),
            ..Config::default()
        };
        let opening = Opening {
            manual_clock: now.map(|now| Arc::new(ManualClock::new(now))),
            ..Opening::existing()
        };
        Self(Application::open(&config, opening).await.expect("the server's journal"))
    }

    async fn queue(&self) -> Uuid {
        let to = To {
            person: PersonId(ZOE),
            name: Some("Zoé Martin".to_owned()),
            email: "zoe@martin.example".to_owned(),
            language: Language::French,
            time_zone: chrono_tz::Europe::Paris,
        };
        let due = self.0.clock.now() + TimeDelta::days(9);
        let reminder = Reminder {
            task: TaskId(Uuid::nil()),
            title: "Rappeler Mme Martin".to_owned(),
            due: Some(Due::Moment(due)),
            organization: None,
            until: due,
        };
        let letter = mail::task_reminder(to, &reminder);
        let id = Uuid::now_v7();
        let context = CommandContext::new("test", Uuid::now_v7(), "user:test");
        let queue = DeliveryCommand::Queue(letter.expect("a letter"));
        let queued = self.0.bus.execute::<Delivery>(&context, id, queue).await;
        queued.expect("it is queued");
        id
    }
}

async fn delivery(server: &Server, id: Uuid) -> Value {
    let query = "query($id: ID!) { delivery(id: $id) { status attempts lastReason recipient nextAttemptAt } }";
    let mut data = server.data_with(query, json!({ "id": id })).await;
    data["delivery"].take()
}

async fn until_status(server: &Server, id: Uuid, wanted: &str) -> Value {
    let until = Instant::now() + PATIENCE;
    loop {
        let found = delivery(server, id).await;
        if found["status"] == wanted {
            return found;
        }
        assert!(Instant::now() < until, "never {wanted}: {found:#}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn until_letters(smtp: &SmtpServer) -> Vec<Letter> {
    let until = Instant::now() + PATIENCE;
    loop {
        let letters = smtp.letters();
        if !letters.is_empty() {
            return letters;
        }
        assert!(Instant::now() < until, "no letter comes");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_killed_after_sending_sends_again_under_the_same_message_id() {
    let smtp = SmtpServer::start(&["--mode", "accept"]);
    let server = serve(Workplace::new(), &smtp, Some("delivery-carried"), &[]);
    let id = Writer::at(&server.workplace, None).await.queue().await;
    let first = until_letters(&smtp).await;
    assert_eq!(delivery(&server, id).await["status"], "ATTEMPTING");

    let server = serve(killed(server), &smtp, None, &[]);
    let sent = until_status(&server, id, "SENT").await;
    assert_eq!(sent["attempts"], 2);
    let second = smtp.letters();
    assert_eq!(first.len(), 1);
    assert_eq!(first, second, "the second copy is the first, byte for byte");
    assert_eq!(first[0].header("Message-ID"), format!("<{id}@atelier.example>"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_killed_before_sending_loses_no_letter() {
    let smtp = SmtpServer::start(&["--mode", "accept"]);
    let server = serve(Workplace::new(), &smtp, Some("delivery-attempted"), &[]);
    let id = Writer::at(&server.workplace, None).await.queue().await;
    until_status(&server, id, "ATTEMPTING").await;

    let server = serve(killed(server), &smtp, None, &[]);
    assert_eq!(until_status(&server, id, "SENT").await["attempts"], 2);
    assert_eq!(smtp.letters().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_dozen_letters_none_is_lost_however_often_the_process_is_killed() {
    let smtp = SmtpServer::start(&["--mode", "slow"]);
    let mut server = serve(Workplace::new(), &smtp, None, &[]);
    let mut queued = BTreeSet::new();
    // A worker that was killed is missed after five seconds; then letters go out, a second each.
    for pause in [5_900, 6_800, 6_300, 7_600] {
        let writer = Writer::at(&server.workplace, None).await;
        for _ in 0..3 {
            queued.insert(writer.queue().await);
        }
        drop(writer);
        tokio::time::sleep(Duration::from_millis(pause)).await;
        server = serve(killed(server), &smtp, None, &[]);
    }
    for id in &queued {
        until_status(&server, *id, "SENT").await;
    }
    let mut copies: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for letter in smtp.letters() {
        let name = letter.header("Message-ID");
        copies.entry(name).or_default().insert(letter.message);
    }
    let names: BTreeSet<String> = queued.iter().map(|id| format!("<{id}@atelier.example>")).collect();
    assert_eq!(copies.keys().cloned().collect::<BTreeSet<_>>(), names);
    assert!(copies.values().all(|texts| texts.len() == 1), "copies differ");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_letter_is_seen_tried_again_and_cancelled() {
    let smtp = SmtpServer::start(&["--mode", "refuse"]);
    let server = serve(Workplace::new(), &smtp, None, &[]);
    let id = Writer::at(&server.workplace, None).await.queue().await;
    let dead = until_status(&server, id, "DEAD").await;
    assert_eq!(
        (&dead["attempts"], &dead["lastReason"]),
        (&json!(1), &json!("SMTP 550 5.1.1"))
    );

    let listed =
        "{ deliveries(filter: { status: { in: [DEAD] } }) { totalCount nodes { uuid kind template subject } } }";
    let listed = server.data(listed).await;
    assert_eq!(listed["deliveries"]["totalCount"], 1);
    assert_eq!(listed["deliveries"]["nodes"][0]["uuid"], id.to_string());

    let retry = "mutation($id: ID!) { deliveryRetry(input: { id: $id }) { delivery { status } userErrors { code } } }";
    let retried = server.data_with(retry, json!({ "id": id })).await;
    assert_eq!(retried["deliveryRetry"]["userErrors"], json!([]));
    while delivery(&server, id).await["attempts"] != 2 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    until_status(&server, id, "DEAD").await;

    let shown = server.workplace.run(&["deliveries", "show", &id.to_string()]);
    assert_eq!(shown.code, 0, "{}", shown.stderr);
    assert!(
        shown.stdout.contains("refused for good, SMTP 550 5.1.1"),
        "{}",
        shown.stdout
    );
    let list = server
        .workplace
        .run(&["deliveries", "list", "--status", "dead", "--json"]);
    let list: Value = serde_json::from_str(&list.stdout).expect("one JSON document");
    assert_eq!(list["deliveries"][0]["attempts"], 2);

    let cancelled = server.workplace.run(&[
        "deliveries",
        "cancel",
        &id.to_string(),
        "--reason",
        "wrote to her by hand",
    ]);
    assert_eq!(cancelled.code, 0, "{}", cancelled.stderr);
    until_status(&server, id, "CANCELLED").await;
    let refused = server.data_with(retry, json!({ "id": id })).await;
    assert_eq!(refused["deliveryRetry"]["userErrors"][0]["code"], "DELIVERY_SETTLED");
    let unknown = server.data_with(retry, json!({ "id": Uuid::nil() })).await;
    assert_eq!(unknown["deliveryRetry"]["userErrors"][0]["code"], "DELIVERY_NOT_FOUND");
    let nobody = server.workplace.run(&["deliveries", "retry", &Uuid::nil().to_string()]);
    assert!(nobody.stderr.contains("error[DELIVERY_NOT_FOUND]"), "{}", nobody.stderr);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_manual_clock_stops_at_each_attempt() {
    let smtp = SmtpServer::start(&["--mode", "greylist"]);
    let server = serve(Workplace::new(), &smtp, None, &["--clock", "manual"]);
    let now = server.data("{ clock { now } }").await["clock"]["now"].take();
    let now: DateTime<Utc> = serde_json::from_value(now).expect("a time");
    let id = Writer::at(&server.workplace, Some(now)).await.queue().await;
    until_status(&server, id, "DEFERRED").await;
    let advance = "mutation($to: DateTime!) { clockAdvance(input: { to: $to }) { clock { now } } }";
    let later = (now + TimeDelta::hours(1)).to_rfc3339();
    server.data_with(advance, json!({ "to": later })).await;
    assert_eq!(
        delivery(&server, id).await["status"],
        "SENT",
        "it has its outcome when the answer comes"
    );
    assert_eq!(smtp.letters().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_mail_server_letters_are_files_that_an_erasure_takes_away() {
    let server = Server::start();
    let id = Writer::at(&server.workplace, None).await.queue().await;
    assert_eq!(
        until_status(&server, id, "SENT").await["recipient"],
        "zoe@martin.example"
    );
    let file = server.workplace.path().join(format!("data/outbox/{id}.eml"));
    let letter = std::fs::read_to_string(&file).expect("the letter");
    assert!(letter.contains(&format!("Message-ID: <{id}@localhost>")), "{letter}");

    let erase = "mutation($person: UUID!) { personErase(input: { person: $person, ground: REQUEST }) { pending } }";
    let erased = server.data_with(erase, json!({ "person": ZOE })).await;
    assert_eq!(erased["personErase"]["pending"], false);
    assert!(!file.exists());
    assert_eq!(delivery(&server, id).await["recipient"], Value::Null);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_one_time_token_stands_in_no_event() {
    let server = Server::start();
    let writer = Writer::at(&server.workplace, None).await;
    let to = To {
        person: PersonId(ZOE),
        name: None,
        email: "zoe@martin.example".to_owned(),
        language: Language::English,
        time_zone: chrono_tz::UTC,
    };
    let (id, token) = (Uuid::now_v7(), Uuid::now_v7());
    let expires = Utc::now() + TimeDelta::hours(1);
    let letter = mail::password_reset(to, domain::UserId(ZOE), token, expires).expect("a letter");
    let context = CommandContext::new("test", Uuid::now_v7(), "user:test");
    let bus = &writer.0.bus;
    bus.execute::<Delivery>(&context, id, DeliveryCommand::Queue(letter))
        .await
        .expect("it is queued");
    until_status(&server, id, "SENT").await;

    let secret = bus.one_time_token(mail::PASSWORD_RESET, token);
    assert!(bus.is_one_time_token(mail::PASSWORD_RESET, token, &secret));
    assert!(!bus.is_one_time_token(mail::INVITATION, token, &secret));
    assert!(!bus.is_one_time_token(mail::PASSWORD_RESET, Uuid::nil(), &secret));
    assert!(!bus.is_one_time_token(mail::PASSWORD_RESET, token, ""));
    let file = server.workplace.path().join(format!("data/outbox/{id}.eml"));
    let letter = std::fs::read_to_string(file).expect("the letter").replace("=\r\n", "");
    assert!(letter.contains(&secret), "the letter leads in");
    let history = server
        .data_with(
            "query($id: ID!) { history(id: $id) { nodes { data } } }",
            json!({ "id": format!("delivery:{id}") }),
        )
        .await;
    let history = history.to_string();
    assert!(
        history.contains("password-reset") && !history.contains(&secret),
        "{history}"
    );
}

#[test]
fn a_server_without_a_mail_server_says_where_letters_go() {
    let place = Workplace::new();
    let mut command = place.command();
    let mut server = command
        .args(["serve", "--listen", "127.0.0.1:0", "--token", TOKEN])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let output = BufReader::new(server.stdout.take().expect("its output"));
    let said: Vec<String> = output.lines().take(3).map_while(Result::ok).collect();
    server.kill().expect("it runs");
    server.wait().expect("it ends");
    assert!(said.iter().any(|line| line.contains("data/outbox")), "{said:?}");
}

#[test]
fn a_mail_server_takes_no_letter_from_nobody() {
    let ran = Workplace::new().run(&["serve", "--mail", "smtp://crm:hush@mail.example"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.stderr.contains("error[MAIL_SETTINGS]") && ran.stderr.contains("mail-from"),
        "{}",
        ran.stderr
    );
    let ran = Workplace::new().run(&["serve", "--mail", "smtp://crm:hush@mail.example?tls=none"]);
    assert!(ran.stderr.contains("error[CONFIG_INVALID_VALUE]"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("hush"), "{}", ran.stderr);
}

#[tokio::test]
async fn deliveries_need_a_token() {
    let server = Server::start();
    let answer = server
        .client()
        .post(server.url("/graphql"))
        .json(&json!({ "query": "{ deliveries { totalCount } }" }));
    let answer: Value = answer.send().await.unwrap().json().await.unwrap();
    assert_eq!(error_code(&answer), "UNAUTHENTICATED");
}
