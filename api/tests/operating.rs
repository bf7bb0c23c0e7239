//! What whoever operates a server sees of it: probes, measures, log lines, request names, TLS, proxies, the end.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use domain::Role;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use crate::{
    people::{People, SIGN_IN},
    server::{Server, TOKEN},
    sockets::{Heard, Socket},
    support::{Ran, Workplace},
};

const OPEN: &str = r#"mutation { dealOpen(input: { title: "watched" }) { deal { id } position } }"#;

async fn get(server: &Server, path: &str) -> reqwest::Response {
    server.client().get(server.url(path)).send().await.expect("an answer")
}

/// The value of a sample, by its name with its labels.
fn sample(text: &str, name: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.map(|value| value.parse().expect("a number"))
}

async fn metrics(server: &Server) -> String {
    let answer = server.client().get(server.url("/metrics")).bearer_auth(TOKEN).send();
    answer.await.expect("an answer").text().await.expect("a text")
}

#[tokio::test]
async fn a_server_says_that_it_lives_and_that_it_is_ready() {
    let server = Server::start();
    server.data(OPEN).await;
    assert_eq!(get(&server, "/healthz").await.status(), 200);
    let (status, report) = server.readiness().await;
    assert_eq!(status, 200, "{report:#}");
    assert_eq!(report["ready"], true);
    assert_eq!(report["problems"], json!([]));
    assert_eq!(report["journal"], json!({ "writable": true, "position": 1 }));
    assert_eq!(report["views"]["position"], 1);
    assert_eq!(report["views"]["lagEvents"], 0);
}

#[tokio::test]
async fn views_that_are_behind_make_a_server_unready() {
    let server = Server::start_with(&["--ready-lag", "1"]);
    server.data(OPEN).await;
    // Another process has the lease to keep the views, and does nothing.
    let control = rusqlite::Connection::open(server.workplace.path().join("data/views.db")).unwrap();
    let taken = "UPDATE alforis_leases SET holder = 'another', expires_at = expires_at + 3600000000
                 WHERE name LIKE 'worker:%'";
    assert_eq!(control.execute(taken, []).unwrap(), 1);
    // Its own worker notices when it renews.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let opened = server
        .post()
        .json(&json!({ "query": OPEN }))
        .timeout(Duration::from_secs(2))
        .send()
        .await;
    drop(opened);
    let mut report = json!({});
    for _ in 0..50 {
        let (status, now) = server.readiness().await;
        report = now;
        if status == 503 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(report["ready"], false, "{report:#}");
    assert_eq!(report["problems"][0]["code"], "VIEWS_BEHIND", "{report:#}");
    assert_eq!(report["journal"]["writable"], true, "{report:#}");
}

#[tokio::test]
async fn the_measures_count_what_happens() {
    let server = Server::start();
    let people = People::of(&server);
    let account = people.with(Role::Sales);
    account.try_to_sign_in("not the password", None).await;
    account.sign_in().await;
    server.data(OPEN).await;
    server.code("{ deals(first: 100000) { totalCount } }").await;
    let mut socket = Socket::ready(&server).await;
    socket
        .subscribe("1", "subscription { events(after: \"0\") { position } }")
        .await;
    socket.hear().await;
    let text = metrics(&server).await;
    for (name, least) in [
        (
            "alforis_requests_total{operation=\"mutation\",outcome=\"answered\"}",
            2.0,
        ),
        ("alforis_requests_total{operation=\"query\",outcome=\"refused\"}", 1.0),
        ("alforis_request_duration_seconds_count{operation=\"mutation\"}", 3.0),
        ("alforis_sign_ins_total{outcome=\"wrong\"}", 1.0),
        ("alforis_sign_ins_total{outcome=\"signed_in\"}", 1.0),
        ("alforis_subscriptions_open", 1.0),
        ("alforis_journal_position", 2.0),
        ("alforis_write_ahead_log_bytes{database=\"journal\"}", 1.0),
        ("alforis_write_ahead_log_bytes{database=\"views\"}", 1.0),
        ("alforis_lease{lease=\"views\",owner=\"this\"}", 1.0),
        ("alforis_lease{lease=\"deliveries\",owner=\"this\"}", 1.0),
    ] {
        let value = sample(&text, name);
        assert!(value.is_some_and(|value| value >= least), "{name}: {value:?}\n{text}");
    }
    for (name, value) in [
        ("alforis_requests_total{operation=\"mutation\",outcome=\"failed\"}", 0.0),
        ("alforis_projection_lag_events{projection=\"deals\"}", 0.0),
        ("alforis_projection_parked{projection=\"deals\"}", 0.0),
        ("alforis_lease{lease=\"views\",owner=\"nobody\"}", 0.0),
        ("alforis_journal_queued_appends", 0.0),
        ("alforis_deliveries{status=\"dead\"}", 0.0),
        ("alforis_agenda_due", 0.0),
    ] {
        assert_eq!(sample(&text, name), Some(value), "{name}\n{text}");
    }
    assert!(!text.contains(&account.email), "{text}");
    drop(socket);
    let mut open = 1.0;
    for _ in 0..50 {
        open = sample(&metrics(&server).await, "alforis_subscriptions_open").unwrap();
        if open < 1.0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(open < 1.0, "a subscription that is gone still counts");
}

#[tokio::test]
async fn the_measures_are_for_overseers_or_for_whoever_reaches_their_own_address() {
    let workplace = Workplace::new();
    let mut command = workplace.command();
    command.args(["serve", "--listen", "127.0.0.1:0", "--token", TOKEN]);
    command.args(["--metrics-listen", "127.0.0.1:0"]);
    let (server, said) = Server::run_listening(workplace, command);
    assert_eq!(get(&server, "/metrics").await.status(), 401);
    let people = People::of(&server);
    for (role, status) in [(Role::Sales, 403), (Role::Auditor, 200)] {
        let person = people.with(role).sign_in().await;
        let answer = server
            .client()
            .get(server.url("/metrics"))
            .header("cookie", &person.cookie)
            .send();
        assert_eq!(answer.await.unwrap().status(), status, "{role:?}");
    }
    let place = said
        .lines()
        .find_map(|line| line.strip_prefix("Metrics: "))
        .expect("their address");
    let open = server.client().get(place).send().await.unwrap();
    assert_eq!(open.status(), 200);
    assert_eq!(
        open.headers()["content-type"],
        "text/plain; version=0.0.4; charset=utf-8"
    );
    assert!(open.text().await.unwrap().contains("alforis_info{version="));
    for (path, status) in [("/readyz", 200), ("/healthz", 200), ("/graphql", 404)] {
        let answer = server.client().get(place.replace("/metrics", path)).send();
        assert_eq!(answer.await.unwrap().status(), status, "{path}");
    }
}

#[tokio::test]
async fn a_request_keeps_the_name_and_the_trace_it_came_with() {
    let server = Server::start();
    let named = server
        .post()
        .header("x-request-id", "from-the-proxy-1")
        .header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        .json(&json!({ "query": "{ nothing }" }))
        .send()
        .await
        .unwrap();
    assert_eq!(named.headers()["x-request-id"], "from-the-proxy-1");
    let answer: Value = named.json().await.unwrap();
    let trace = &answer["errors"][0]["extensions"]["traceId"];
    assert_eq!(trace, "0af7651916cd43dd8448eb211c80319c");

    let unnamed = server
        .client()
        .post(server.url("/graphql"))
        .body("x")
        .send()
        .await
        .unwrap();
    let name = unnamed.headers()["x-request-id"].to_str().unwrap().to_owned();
    let answer: Value = unnamed.json().await.unwrap();
    assert_eq!(answer["errors"][0]["extensions"]["traceId"], name.as_str());
    let other = get(&server, "/healthz").await;
    assert_ne!(other.headers()["x-request-id"].to_str().unwrap(), name);
}

/// `alforis serve` with its log in a file, where it may grow.
fn logging(workplace: Workplace, arguments: &[&str], variables: &[(&str, &str)]) -> Server {
    let plain = workplace.command();
    let mut command = Command::new("bash");
    command
        .args(["-c", "exec \"$0\" \"$@\" 2> log.jsonl"])
        .arg(plain.get_program())
        .args(["serve", "--listen", "127.0.0.1:0", "--log-format", "json"])
        .args(arguments)
        .current_dir(workplace.path());
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("ALFORIS_")) {
        command.env_remove(name);
    }
    command.envs(variables.iter().copied());
    Server::run(workplace, command)
}

#[tokio::test]
async fn no_secret_and_no_person_stands_in_the_log() {
    let variables = [
        ("ALFORIS_TOKEN", TOKEN),
        (
            "ALFORIS_MASTER_KEY",
            "5ec2e7a15ec2e7a15ec2e7a15ec2e7a15ec2e7a15ec2e7a15ec2e7a15ec2e7a1",
        ),
        ("ALFORIS_MAIL", "smtp://crm:mail-password-1@127.0.0.1:9?tls=none"),
        ("ALFORIS_MAIL_FROM", "crm@example.com"),
    ];
    let server = logging(Workplace::new(), &["--log", "debug"], &variables);
    let people = server_people(&server, &variables);
    let (email, password) = (&people.0, &people.1);
    let input = |password: &str| json!({ "input": { "email": email, "password": password } });
    let request = |variables: Value| {
        let body = json!({ "query": SIGN_IN, "variables": variables });
        server.client().post(server.url("/graphql")).json(&body).send()
    };
    request(input("wrong-password-2")).await.unwrap();
    let signed_in = request(input(password)).await.unwrap();
    let cookie = crate::people::cookie(signed_in.headers()).expect("a cookie");
    let secret = cookie.split_once('=').expect("a value").1.to_owned();
    let csrf = signed_in.json::<Value>().await.unwrap()["data"]["signIn"]["csrfToken"].clone();
    let csrf = csrf.as_str().expect("a token").to_owned();
    server
        .data(
            r#"mutation { contactAdd(input: { firstName: "Ghislaine", lastName: "Quatrebarbes",
                emails: ["ghislaine@quatrebarbes.example"], phones: ["+33 6 12 34 56 78"] }) { position } }"#,
        )
        .await;
    // Refused, with what was sent in the message.
    server
        .code(r#"{ deals(filter: { nobody: "Quatrebarbes" }) { totalCount } }"#)
        .await;
    get(
        &server,
        "/graphql?query=%7B%20contacts%28search%3A%20%22Quatrebarbes%22%29%20%7D",
    )
    .await;
    get(&server, "/nowhere/Quatrebarbes?token=in-the-address-3").await;
    server
        .data_with(
            "mutation($input: UserInviteInput!) { userInvite(input: $input) { userErrors { code } } }",
            json!({ "input": { "email": "invited@quatrebarbes.example", "name": "Quatrebarbes fils", "role": "SALES" } }),
        )
        .await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let log = fs::read_to_string(server.workplace.path().join("log.jsonl")).unwrap();
    for line in log.lines() {
        serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    }
    assert!(
        log.contains("request answered") && log.contains("\"route\":\"/graphql\""),
        "{log}"
    );
    for secret in [
        TOKEN,
        "5ec2e7a1",
        "mail-password-1",
        "wrong-password-2",
        "in-the-address-3",
        email,
        password,
        &secret,
        &csrf,
        "Quatrebarbes",
        "quatrebarbes",
        "Ghislaine",
        "12 34 56 78",
    ] {
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "`{secret}` is in the log");
    }
}

/// An account of a server with a configured master key: its address and its password.
fn server_people(server: &Server, variables: &[(&str, &str)]) -> (String, String) {
    let email = "salesperson@energie.example".to_owned();
    let mut command = server.workplace.command();
    command
        .args(["user", "add", &email, "--name", "Solveig", "--role", "SALES"])
        .envs(variables.iter().copied());
    let ran = Ran::from(command.output().expect("the binary starts"));
    let password = ran.stdout.lines().find_map(|line| line.strip_prefix("password:"));
    let password = password.unwrap_or_else(|| panic!("{}{}", ran.stdout, ran.stderr));
    (email, password.trim().to_owned())
}

fn policy(headers: &HeaderMap, name: &str) -> String {
    let value = headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    value.unwrap_or_else(|| panic!("no {name} in {headers:?}"))
}

#[tokio::test]
async fn every_answer_forbids_browsers_what_it_can() {
    let server = Server::start_with(&["--trusted-proxies", "127.0.0.1"]);
    let page = server
        .client()
        .get(server.url("/graphql"))
        .header("accept", "text/html");
    let page = page.send().await.unwrap();
    let editor = policy(page.headers(), "content-security-policy");
    assert!(
        editor.contains("default-src 'self'") && editor.contains("frame-ancestors 'none'"),
        "{editor}"
    );
    assert!(!editor.contains("script-src"), "scripts come from here alone: {editor}");
    for path in [
        "/graphql",
        "/graphql/schema.graphql",
        "/nowhere",
        "/readyz",
        "/exports/deals.csv",
        "/metrics",
    ] {
        let answer = get(&server, path).await;
        assert_eq!(policy(answer.headers(), "x-content-type-options"), "nosniff", "{path}");
        assert_eq!(policy(answer.headers(), "referrer-policy"), "no-referrer", "{path}");
        assert_eq!(policy(answer.headers(), "x-frame-options"), "DENY", "{path}");
        let csp = policy(answer.headers(), "content-security-policy");
        assert_eq!(csp, "default-src 'none'; frame-ancestors 'none'", "{path}");
        assert!(answer.headers().get("strict-transport-security").is_none(), "{path}");
    }
    let secure = server
        .client()
        .get(server.url("/healthz"))
        .header("x-forwarded-proto", "https");
    let secure = secure.send().await.unwrap();
    assert_eq!(
        policy(secure.headers(), "strict-transport-security"),
        "max-age=31536000"
    );
}

/// Signs in as whoever says where they come from; the cookie, and the address in the log of sign-ins.
async fn signed_in_from(server: &Server, forwarded: &[(&str, &str)]) -> (String, String) {
    let account = People::of(server).with(Role::Sales);
    let input = json!({ "email": account.email, "password": account.password });
    let mut request = server.client().post(server.url("/graphql"));
    for (name, value) in forwarded {
        request = request.header(*name, *value);
    }
    let answer = request
        .json(&json!({ "query": SIGN_IN, "variables": { "input": input } }))
        .send()
        .await
        .unwrap();
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    let log = server.data("{ signIns(first: 1) { address } }").await;
    let address = log["signIns"][0]["address"].as_str().unwrap_or_default().to_owned();
    (cookie, address)
}

const FORWARDED: [(&str, &str); 2] = [("x-forwarded-for", "198.51.100.7"), ("x-forwarded-proto", "https")];

#[tokio::test]
async fn a_proxy_is_believed_only_when_it_is_listed() {
    let server = Server::start();
    let (cookie, address) = signed_in_from(&server, &FORWARDED).await;
    assert_eq!(address, "127.0.0.1");
    assert!(
        cookie.starts_with("alforis_session=") && !cookie.contains("Secure"),
        "{cookie}"
    );

    let server = Server::start_with(&["--trusted-proxies", "10.0.0.0/8, 127.0.0.1"]);
    let (cookie, address) = signed_in_from(&server, &FORWARDED).await;
    assert_eq!(address, "198.51.100.7");
    assert!(
        cookie.starts_with("__Host-alforis_session=") && cookie.contains("Secure"),
        "{cookie}"
    );
}

#[tokio::test]
async fn cookies_are_for_tls_alone_where_people_reach_the_server_so() {
    let server = Server::start_with(&["--public-url", "https://crm.example.com"]);
    let (cookie, _) = signed_in_from(&server, &[]).await;
    assert!(
        cookie.starts_with("__Host-alforis_session=") && cookie.contains("Secure"),
        "{cookie}"
    );
}

/// Writes a certificate for this machine, signed by itself.
fn certificate(folder: &Path) {
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned(), "localhost".to_owned()]).unwrap();
    fs::write(folder.join("cert.pem"), made.cert.pem()).unwrap();
    fs::write(folder.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
}

/// Killed when it is dropped.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn curl(authority: &Path, url: &str) -> Ran {
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--show-error", "--include", "--max-time", "20", "--cacert"]);
    Ran::from(curl.arg(authority).arg(url).output().expect("curl is installed"))
}

#[test]
fn tls_is_spoken_and_a_renewed_certificate_is_shown() {
    let workplace = Workplace::new();
    certificate(workplace.path());
    let half = workplace.run(&["serve", "--listen", "127.0.0.1:0", "--tls-cert", "cert.pem"]);
    assert_eq!(half.code, 1);
    assert!(half.stderr.contains("error[TLS_SETTINGS]"), "{}", half.stderr);

    let arguments = [
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--tls-cert",
        "cert.pem",
        "--tls-key",
        "key.pem",
    ];
    let mut command = workplace.command();
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut server = Serving(command.spawn().unwrap());
    let mut first = String::new();
    let mut output = BufReader::new(server.0.stdout.take().unwrap());
    output.read_line(&mut first).unwrap();
    let url = first
        .trim()
        .strip_prefix("Alforis listens on ")
        .expect("its address")
        .to_owned();
    assert!(url.starts_with("https://"), "{url}");

    let authority = workplace.path().join("authority.pem");
    fs::copy(workplace.path().join("cert.pem"), &authority).unwrap();
    let shown = curl(&authority, &format!("{url}/healthz"));
    assert_eq!(shown.code, 0, "{}", shown.stderr);
    let lowered = shown.stdout.to_lowercase();
    assert!(
        lowered.contains("strict-transport-security: max-age=31536000"),
        "{}",
        shown.stdout
    );

    // A file that is no certificate changes nothing.
    let hang_up = || {
        let told = Command::new("kill").args(["-HUP", &server.0.id().to_string()]).status();
        assert!(told.is_ok_and(|status| status.success()));
        std::thread::sleep(Duration::from_millis(500));
    };
    fs::write(workplace.path().join("cert.pem"), "nothing").unwrap();
    hang_up();
    assert_eq!(curl(&authority, &format!("{url}/healthz")).code, 0);

    certificate(workplace.path());
    hang_up();
    assert_ne!(
        curl(&authority, &format!("{url}/healthz")).code,
        0,
        "the old certificate is still shown"
    );
    let renewed = curl(&workplace.path().join("cert.pem"), &format!("{url}/healthz"));
    assert_eq!(renewed.code, 0, "{}", renewed.stderr);
}

#[tokio::test]
async fn requests_and_sockets_end_in_order_when_the_server_stops() {
    let mut server = Server::start();
    let account = People::of(&server).with(Role::Sales);
    let body = json!({
        "query": SIGN_IN,
        "variables": { "input": { "email": account.email, "password": account.password } },
    });
    let mut socket = Socket::ready(&server).await;
    socket.subscribe("1", "subscription { events { position } }").await;
    // Proving a password takes a while: these are under way when the server is told to stop.
    let request = server.client().post(server.url("/graphql")).json(&body);
    let under_way: Vec<_> = (0..4)
        .map(|_| tokio::spawn(request.try_clone().expect("a request").send()))
        .collect();
    tokio::time::sleep(Duration::from_millis(60)).await;
    let address = server.address.clone();
    let stopped = tokio::task::spawn_blocking(move || server.terminate());
    for request in under_way {
        let answer = request.await.unwrap().expect("an answer");
        let answer: Value = answer.json().await.unwrap();
        assert!(answer["data"]["signIn"]["csrfToken"].is_string(), "{answer:#}");
    }
    let mut heard = socket.hear().await;
    while let Heard::Said(_) = heard {
        heard = socket.hear().await;
    }
    assert_eq!(heard, Heard::Closed(1001));
    assert_eq!(stopped.await.unwrap(), Some(0));
    assert!(reqwest::get(format!("http://{address}/healthz")).await.is_err());
}

mod collector {
    //! A collector that keeps what it is sent.

    use std::sync::Mutex;

    use actix_web::{App, HttpResponse, HttpServer, web};
    use opentelemetry_proto::tonic::{
        collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse},
        trace::v1::Span,
    };
    use prost::Message;

    #[derive(Default)]
    pub(super) struct Received(pub(super) Mutex<Vec<Span>>);

    /// Listens; the address, and what it has received.
    pub(super) fn listen() -> (String, web::Data<Received>) {
        let received = web::Data::new(Received::default());
        let kept = received.clone();
        let server = HttpServer::new(move || {
            App::new()
                .app_data(kept.clone())
                .route("/v1/traces", web::post().to(take))
        });
        let server = server.workers(1).disable_signals().bind("127.0.0.1:0").unwrap();
        let address = server.addrs()[0];
        tokio::spawn(server.run());
        (format!("http://{address}"), received)
    }

    async fn take(received: web::Data<Received>, body: web::Bytes) -> HttpResponse {
        let request = ExportTraceServiceRequest::decode(body).expect("OTLP");
        let spans = request
            .resource_spans
            .into_iter()
            .flat_map(|resource| resource.scope_spans);
        let spans = spans.flat_map(|scope| scope.spans);
        received.0.lock().unwrap().extend(spans);
        HttpResponse::Ok()
            .content_type("application/x-protobuf")
            .body(ExportTraceServiceResponse::default().encode_to_vec())
    }
}

#[tokio::test]
async fn spans_reach_a_collector_in_the_trace_that_the_client_began() {
    let (address, received) = collector::listen();
    let mut server = Server::start_with(&["--otlp", &address]);
    let trace = "0af7651916cd43dd8448eb211c80319c";
    let answer = server
        .post()
        .header("traceparent", format!("00-{trace}-b7ad6b7169203331-01"))
        .json(&json!({ "query": "{ journal { position } }" }))
        .send();
    assert_eq!(answer.await.unwrap().status(), 200);
    // What was not sent yet is sent at the end.
    let code = tokio::task::spawn_blocking(move || server.terminate()).await;
    assert_eq!(code.unwrap(), Some(0));
    let spans = received.0.lock().unwrap();
    let ours: Vec<_> = spans
        .iter()
        .filter(|span| hex::encode(&span.trace_id) == trace)
        .collect();
    let named = |name: &str| ours.iter().find(|span| span.name == name);
    let request = named("request").unwrap_or_else(|| panic!("{spans:#?}"));
    assert_eq!(hex::encode(&request.parent_span_id), "b7ad6b7169203331");
    let operation = named("operation").unwrap_or_else(|| panic!("{spans:#?}"));
    assert_eq!(operation.parent_span_id, request.span_id);
    let text = |key: &str| format!("{:?}", request.attributes.iter().find(|attribute| attribute.key == key));
    assert!(text("http.route").contains("/graphql"), "{request:#?}");
    assert!(text("http.response.status_code").contains("200"), "{request:#?}");
}

#[tokio::test]
async fn a_collector_that_is_away_disturbs_nobody() {
    let server = Server::start_with(&["--otlp", "http://127.0.0.1:9"]);
    server.data(OPEN).await;
    let (status, _) = server.readiness().await;
    assert_eq!(status, 200);
}
