//! Signing in over the wire: the first start, cookies, forged requests, tokens, sockets that outlive their right.

use std::time::Duration;

use domain::Role;
use futures::{SinkExt, StreamExt};
use reqwest::{StatusCode, header::SET_COOKIE};
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Message, client::IntoClientRequest},
};

use crate::{
    people::{People, SIGN_IN},
    server::Server,
    support::Workplace,
};

const VIEWER: &str = "{ viewer { role csrfToken user { uuid name } sessions { id current address } } }";

/// Starts without a configured token; the server and what it said besides its address.
fn first_start(workplace: Workplace) -> (Server, String) {
    let mut command = workplace.command();
    command.args(["serve", "--listen", "127.0.0.1:0"]);
    Server::run_listening(workplace, command)
}

fn told<'t>(said: &'t str, what: &str) -> Option<&'t str> {
    said.lines()
        .find_map(|line| line.trim().strip_prefix(what))
        .map(str::trim)
}

#[tokio::test]
async fn the_first_start_makes_an_administrator_and_says_how_to_sign_in() {
    let (mut server, said) = first_start(Workplace::new());
    let (email, password) = (told(&said, "e-mail").unwrap(), told(&said, "password").unwrap());
    let input = json!({ "email": email, "password": password });
    let request = server.client().post(server.url("/graphql"));
    let answer = request
        .json(&json!({ "query": SIGN_IN, "variables": { "input": input } }))
        .send();
    let answer: Value = answer.await.unwrap().json().await.unwrap();
    assert_eq!(answer["data"]["signIn"]["viewer"]["role"], "ADMIN", "{answer:#}");
    let unknown = server.post().json(&json!({ "query": VIEWER })).send().await.unwrap();
    assert_eq!(unknown.status(), StatusCode::UNAUTHORIZED);

    server.terminate();
    let workplace = std::mem::take(&mut server.workplace);
    let (again, said) = first_start(workplace);
    assert_eq!(told(&said, "password"), None, "{said}");
    drop(again);
}

#[tokio::test]
async fn a_session_lives_in_a_cookie_that_no_script_reads() {
    let server = Server::start();
    let account = People::of(&server).with(Role::Sales);
    let (answer, headers) = account.try_to_sign_in(&account.password, None).await;
    let viewer = &answer["data"]["signIn"]["viewer"];
    assert_eq!(
        (&viewer["role"], &viewer["visibility"]),
        (&json!("SALES"), &json!("OWN"))
    );
    let cookie = headers.get(SET_COOKIE).unwrap().to_str().unwrap();
    for part in [
        "alforis_session=",
        "HttpOnly",
        "SameSite=Strict",
        "Path=/",
        "Max-Age=1209600",
    ] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let person = account.sign_in().await;
    let seen = person.data(VIEWER, json!({})).await;
    assert_eq!(seen["viewer"]["user"]["uuid"], person.user);
    assert_eq!(seen["viewer"]["csrfToken"], person.csrf);
    assert_eq!(seen["viewer"]["sessions"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn the_answer_to_a_sign_in_is_for_whoever_signed_in_and_the_rest_of_the_operation_is_not() {
    let server = Server::start();
    let people = People::of(&server);
    let (seller, analyst) = (people.with(Role::Sales), people.with(Role::Analyst));
    let (answer, _) = seller.try_to_sign_in(&seller.password, None).await;
    assert_eq!(answer.get("errors"), None, "{answer:#}");
    assert_eq!(answer["data"]["signIn"]["viewer"]["user"]["email"], seller.email);
    // Also with the rights of a role that sees less, whoever sent the request.
    let input = json!({ "email": analyst.email, "password": analyst.password });
    let asked = json!({ "query": SIGN_IN, "variables": { "input": input } });
    let answer: Value = server.post().json(&asked).send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "{answer:#}");
    assert_eq!(
        answer["errors"][0]["path"],
        json!(["signIn", "viewer", "user", "email"])
    );
    assert_eq!(answer["data"]["signIn"]["viewer"]["user"]["uuid"], analyst.user);
    // What stands beside it is still nobody's, and nobody signs in twice at once.
    let beside = "mutation($input: SignInInput!) {
        enter: signIn(input: $input) { viewer { user { email teams { name } } } }
        preferencesChange(input: { language: FRENCH, timeZone: \"Europe/Paris\" }) { userErrors { code } } }";
    let twice = "mutation($input: SignInInput!) {
        one: signIn(input: $input) { viewer { user { email } } }
        two: signIn(input: $input) { viewer { user { email } } } }";
    for (query, code) in [(beside, "UNAUTHENTICATED"), (twice, "BAD_USER_INPUT")] {
        let input = json!({ "email": seller.email, "password": seller.password });
        let request = server.client().post(server.url("/graphql"));
        let request = request.json(&json!({ "query": query, "variables": { "input": input } }));
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        assert_eq!(answer["errors"].as_array().unwrap().len(), 1, "{answer:#}");
        assert_eq!(answer["errors"][0]["extensions"]["code"], code, "{answer:#}");
    }
}

#[tokio::test]
async fn the_cookie_alone_changes_nothing() {
    let server = Server::start();
    let person = People::of(&server).with(Role::Sales).sign_in().await;
    let open = json!({ "query": "mutation { dealOpen(input: { title: \"Forged\" }) { userErrors { code } } }" });
    let before = server.position().await;
    for forged in [None, Some("forged"), Some(person.cookie.as_str())] {
        let mut request = server
            .client()
            .post(server.url("/graphql"))
            .header("cookie", &person.cookie);
        if let Some(token) = forged {
            request = request.header("x-csrf-token", token);
        }
        let answer = request.json(&open).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::FORBIDDEN);
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(answer["errors"][0]["extensions"]["code"], "CSRF_TOKEN_REQUIRED");
    }
    assert_eq!(server.position().await, before);
    let read = server
        .client()
        .get(server.url("/graphql?query={viewer{role}}"))
        .header("cookie", &person.cookie)
        .send();
    assert_eq!(read.await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn what_is_wrong_with_a_sign_in_is_not_told_apart_and_slowed_down() {
    let server = Server::start();
    let account = People::of(&server).with(Role::Sales);
    for _ in 0..6 {
        let (answer, headers) = account.try_to_sign_in("a wrong password", None).await;
        assert_eq!(answer["data"]["signIn"]["userErrors"][0]["code"], "WRONG_CREDENTIALS");
        assert!(headers.get(SET_COOKIE).is_none());
    }
    let (answer, _) = account.try_to_sign_in(&account.password, None).await;
    let error = &answer["data"]["signIn"]["userErrors"][0];
    assert_eq!(error["code"], "TOO_MANY_ATTEMPTS");
    assert!(error["message"].as_str().unwrap().contains("seconds"), "{error}");
}

#[tokio::test]
async fn signing_out_ends_the_session() {
    let server = Server::start();
    let account = People::of(&server).with(Role::Sales);
    let (one, two) = (account.sign_in().await, account.sign_in().await);
    one.data("mutation { signOut { userErrors { code } } }", json!({}))
        .await;
    let gone = one.post().json(&json!({ "query": VIEWER })).send().await.unwrap();
    assert_eq!(gone.status(), StatusCode::UNAUTHORIZED);
    let everywhere = two
        .data(
            "mutation { signOutEverywhere { position userErrors { code } } }",
            json!({}),
        )
        .await;
    assert!(everywhere["signOutEverywhere"]["position"].is_string());
    let gone = two.post().json(&json!({ "query": VIEWER })).send().await.unwrap();
    assert_eq!(gone.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn another_password_keeps_this_session_and_ends_the_others() {
    let server = Server::start();
    let account = People::of(&server).with(Role::Sales);
    let (mut here, there) = (account.sign_in().await, account.sign_in().await);
    let change = "mutation($input: PasswordChangeInput!) { passwordChange(input: $input) { csrfToken userErrors { code field } } }";
    let weak = json!({ "input": { "currentPassword": account.password, "password": "short" } });
    let weak = here.data(change, weak).await;
    assert_eq!(weak["passwordChange"]["userErrors"][0]["code"], "WEAK_PASSWORD");
    let good = json!({ "query": change, "variables": { "input": {
        "currentPassword": account.password, "password": "quatre mots au hasard" } } });
    let answer = here.post().json(&good).send().await.unwrap();
    here.cookie = crate::people::cookie(answer.headers()).unwrap();
    let answer: Value = answer.json().await.unwrap();
    here.csrf = answer["data"]["passwordChange"]["csrfToken"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(here.code(VIEWER).await, None);
    let gone = there.post().json(&json!({ "query": VIEWER })).send().await.unwrap();
    assert_eq!(gone.status(), StatusCode::UNAUTHORIZED);
    let (answer, _) = account.try_to_sign_in("quatre mots au hasard", None).await;
    assert_eq!(answer["data"]["signIn"]["userErrors"], json!([]));
}

#[tokio::test]
async fn a_token_speaks_for_its_owner_until_it_is_revoked() {
    let server = Server::start();
    let person = People::of(&server).with(Role::Manager).sign_in().await;
    let create = "mutation($input: ApiTokenCreateInput!) { apiTokenCreate(input: $input) {
        secret token { uuid role owner { uuid } lastUsedAt } userErrors { code } } }";
    let more = person
        .data(create, json!({ "input": { "name": "Script", "role": "ADMIN" } }))
        .await;
    assert_eq!(more["apiTokenCreate"]["userErrors"][0]["code"], "ROLE_NOT_YOURS");
    let made = person
        .data(create, json!({ "input": { "name": "Script", "role": "MANAGER" } }))
        .await;
    let made = &made["apiTokenCreate"];
    assert_eq!(made["token"]["owner"]["uuid"], person.user);
    let secret = made["secret"].as_str().unwrap();
    let ask = async |query: &str| {
        let request = server.client().post(server.url("/graphql")).bearer_auth(secret);
        request.json(&json!({ "query": query })).send().await.unwrap()
    };
    let open = "mutation { dealOpen(input: { title: \"By a script\" }) { deal { history { nodes { actor } } } } }";
    let opened: Value = ask(open).await.json().await.unwrap();
    let actor = &opened["data"]["dealOpen"]["deal"]["history"]["nodes"][0]["actor"];
    assert_eq!(
        *actor,
        json!(format!("token:{}", made["token"]["uuid"].as_str().unwrap()))
    );
    // A token makes no other credentials.
    let another: Value = ask("mutation { apiTokenCreate(input: { name: \"x\", role: MANAGER }) { secret } }")
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(another["errors"][0]["extensions"]["code"], "FORBIDDEN", "{another:#}");
    let listed = person.data("{ apiTokens { name lastUsedAt } }", json!({})).await;
    assert!(listed["apiTokens"][0]["lastUsedAt"].is_string(), "{listed:#}");
    let revoke =
        "mutation($id: UUID!) { apiTokenRevoke(input: { id: $id }) { token { revokedAt } userErrors { code } } }";
    person.data(revoke, json!({ "id": made["token"]["uuid"] })).await;
    assert_eq!(ask(VIEWER).await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_second_factor_is_set_up_and_asked_for() {
    let server = Server::start();
    let account = People::of(&server).with(Role::Admin);
    let person = account.sign_in().await;
    let begin = "mutation($password: String!) { secondFactorBegin(input: { password: $password }) { secret uri userErrors { code } } }";
    let enrolment = person.data(begin, json!({ "password": account.password })).await;
    let secret = enrolment["secondFactorBegin"]["secret"].as_str().unwrap().to_owned();
    let confirm = "mutation($code: String!) { secondFactorConfirm(input: { code: $code }) { recoveryCodes userErrors { code } } }";
    let confirmed = person
        .data(confirm, json!({ "code": shown_by_authenticator(&secret) }))
        .await;
    let codes = confirmed["secondFactorConfirm"]["recoveryCodes"]
        .as_array()
        .unwrap()
        .clone();
    assert_eq!(codes.len(), 10, "{confirmed:#}");
    let (answer, _) = account.try_to_sign_in(&account.password, None).await;
    assert_eq!(
        answer["data"]["signIn"]["userErrors"][0]["code"],
        "SECOND_FACTOR_REQUIRED"
    );
    let (answer, _) = account.try_to_sign_in(&account.password, codes[0].as_str()).await;
    assert_eq!(answer["data"]["signIn"]["viewer"]["role"], "ADMIN");
    // Whoever lost both is helped from the shell.
    let reset = server.workplace.run(&["user", "reset", &account.email]);
    let password = told(&reset.stdout, "password:").unwrap();
    let (answer, _) = account.try_to_sign_in(password, None).await;
    assert_eq!(answer["data"]["signIn"]["viewer"]["role"], "ADMIN");
}

pub(crate) fn shown_by_authenticator(secret: &str) -> String {
    use totp_rs::{Builder, Secret};
    let seconds = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let totp = Builder::new()
        .with_secret(Secret::try_from_base32(secret).unwrap())
        .with_account_name("x@y.example")
        .build()
        .unwrap();
    totp.generate(seconds).to_string()
}

#[tokio::test]
async fn a_disabled_account_is_out_at_once() {
    let server = Server::start();
    let account = People::of(&server).with(Role::Sales);
    let person = account.sign_in().await;
    let ran = server.workplace.run(&["user", "disable", &account.email]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let gone = person.post().json(&json!({ "query": VIEWER })).send().await.unwrap();
    assert_eq!(gone.status(), StatusCode::UNAUTHORIZED);
    let (answer, _) = account.try_to_sign_in(&account.password, None).await;
    assert_eq!(answer["data"]["signIn"]["userErrors"][0]["code"], "WRONG_CREDENTIALS");
}

#[tokio::test]
async fn a_socket_closes_when_its_session_ends() {
    let server = Server::start();
    let person = People::of(&server).with(Role::Sales).sign_in().await;
    let mut request = format!("ws://{}/graphql", server.address)
        .into_client_request()
        .unwrap();
    let headers = request.headers_mut();
    headers.insert("sec-websocket-protocol", "graphql-transport-ws".parse().unwrap());
    headers.insert("cookie", person.cookie.parse().unwrap());
    let (mut socket, _) = connect_async(request).await.unwrap();
    socket
        .send(Message::text(json!({ "type": "connection_init" }).to_string()))
        .await
        .unwrap();
    let ack = socket.next().await.unwrap().unwrap();
    assert!(ack.to_text().unwrap().contains("connection_ack"), "{ack}");
    person
        .data("mutation { signOutEverywhere { userErrors { code } } }", json!({}))
        .await;
    let closed = timeout(Duration::from_secs(15), async {
        loop {
            match socket.next().await {
                Some(Ok(Message::Close(Some(frame)))) => return u16::from(frame.code),
                Some(Ok(_)) => {}
                other => panic!("{other:?}"),
            }
        }
    });
    assert_eq!(closed.await.expect("the socket closes"), 4403);
}

#[tokio::test]
async fn a_socket_of_another_sites_page_has_no_session() {
    let server = Server::start();
    let person = People::of(&server).with(Role::Sales).sign_in().await;
    let mut request = format!("ws://{}/graphql", server.address)
        .into_client_request()
        .unwrap();
    let headers = request.headers_mut();
    headers.insert("sec-websocket-protocol", "graphql-transport-ws".parse().unwrap());
    headers.insert("cookie", person.cookie.parse().unwrap());
    headers.insert("origin", "https://evil.example".parse().unwrap());
    let (mut socket, _) = connect_async(request).await.unwrap();
    socket
        .send(Message::text(json!({ "type": "connection_init" }).to_string()))
        .await
        .unwrap();
    let Some(Ok(Message::Close(Some(frame)))) = socket.next().await else {
        panic!("the socket should close");
    };
    assert_eq!(u16::from(frame.code), 4403);
}

/// The letter in the outbox to an address, once it is there.
async fn letter(server: &Server, to: &str) -> String {
    let outbox = server.workplace.path().join("data/outbox");
    for _ in 0..200 {
        for entry in std::fs::read_dir(&outbox).into_iter().flatten().flatten() {
            let text = std::fs::read_to_string(entry.path()).unwrap_or_default();
            if entry.path().extension().is_some_and(|kind| kind == "eml") && text.contains(to) {
                return text.replace("=\r\n", "").replace("=3D", "=");
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("no letter to {to}");
}

/// The secret in a letter's link.
fn link_in<'l>(letter: &'l str, path: &str) -> &'l str {
    let rest = letter.split(path).nth(1).expect("a link");
    let end = rest.find(|letter: char| !(letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_')));
    &rest[..end.expect("its end")]
}

const SET: &str = "mutation($input: PasswordResetInput!) { passwordReset(input: $input) { userErrors { code } } }";

#[tokio::test]
async fn a_colleague_is_invited_by_letter_and_sets_their_password() {
    let server = Server::start();
    let invite = "mutation($input: UserInviteInput!) { userInvite(input: $input) {
        user { uuid role language } userErrors { code field } } }";
    let input = json!({ "name": "Zoé Martin", "email": "zoe@energie.example", "role": "SALES" });
    let invited = server.data_with(invite, json!({ "input": input })).await;
    assert_eq!(invited["userInvite"]["user"]["language"], "FRENCH", "{invited:#}");
    let twice = server.data_with(invite, json!({ "input": input })).await;
    assert_eq!(twice["userInvite"]["userErrors"][0]["code"], "EMAIL_TAKEN");
    let letter = letter(&server, "zoe@energie.example").await;
    let link = link_in(&letter, "/invitation#");
    let set = json!({ "input": { "link": link, "password": "quatre mots au hasard" } });
    let anonymous = async |query: &str, variables: Value| -> Value {
        let request = server.client().post(server.url("/graphql"));
        let request = request.json(&json!({ "query": query, "variables": variables }));
        request.send().await.unwrap().json().await.unwrap()
    };
    let done = anonymous(SET, set.clone()).await;
    assert_eq!(done["data"]["passwordReset"]["userErrors"], json!([]), "{done:#}");
    let again = anonymous(SET, set).await;
    assert_eq!(again["data"]["passwordReset"]["userErrors"][0]["code"], "LINK_INVALID");
    let input = json!({ "email": "zoe@energie.example", "password": "quatre mots au hasard" });
    let signed_in = anonymous(SIGN_IN, json!({ "input": input })).await;
    assert_eq!(signed_in["data"]["signIn"]["viewer"]["role"], "SALES", "{signed_in:#}");
}

#[tokio::test]
async fn whoever_forgot_their_password_gets_a_letter_and_nobody_learns_who_has_an_account() {
    let server = Server::start();
    let account = People::of(&server).with(Role::Manager);
    let ask = "mutation($email: String!) { passwordResetRequest(input: { email: $email }) { userErrors { code } } }";
    let request = async |email: &str| -> Value {
        let request = server.client().post(server.url("/graphql"));
        let request = request.json(&json!({ "query": ask, "variables": { "email": email } }));
        request.send().await.unwrap().json().await.unwrap()
    };
    assert_eq!(request(&account.email).await, request("nobody@energie.example").await);
    let letter = letter(&server, &account.email).await;
    let link = link_in(&letter, "/password-reset#");
    let set = json!({ "input": { "link": link, "password": "quatre mots au hasard" } });
    let done = server.data_with(SET, set).await;
    assert_eq!(done["passwordReset"]["userErrors"], json!([]));
    let (answer, _) = account.try_to_sign_in("quatre mots au hasard", None).await;
    assert_eq!(answer["data"]["signIn"]["viewer"]["role"], "MANAGER");
}

#[tokio::test]
async fn what_a_deactivated_user_had_open_goes_to_the_successor() {
    let server = Server::start();
    let people = People::of(&server);
    let (leaver, stayer) = (people.with(Role::Sales), people.with(Role::Sales));
    let person = leaver.sign_in().await;
    let open = "mutation($title: String!) { dealOpen(input: { title: $title }) { deal { id owner { uuid } } userErrors { code } } }";
    let opened = person.data(open, json!({ "title": "Presses" })).await;
    let deal = &opened["dealOpen"]["deal"];
    assert_eq!(deal["owner"]["uuid"], person.user, "whoever opens a deal owns it");
    let closed = person.data(open, json!({ "title": "Lost before" })).await;
    let closed = &closed["dealOpen"]["deal"]["id"];
    let lose = "mutation($id: ID!) { dealLose(input: { id: $id, reason: PRICE }) { userErrors { code } } }";
    person.data(lose, json!({ "id": closed })).await;
    let register = "mutation($user: ID!) { organizationCreate(input: { name: \"Acme\", owner: $user }) {
        organization { id } userErrors { code } } }";
    let registered = person.data(register, json!({ "user": person.user })).await;
    let organization = &registered["organizationCreate"]["organization"]["id"];
    let create = "mutation($user: ID!) { taskCreate(input: { title: \"Rappeler\", assignees: [$user] }) {
        task { id } userErrors { code } } }";
    let task = person.data(create, json!({ "user": person.user })).await;
    let task = &task["taskCreate"]["task"]["id"];

    let deactivate = "mutation($id: ID!, $to: ID!) { userDeactivate(input: { id: $id, successor: $to }) {
        user { active } userErrors { code } } }";
    let gone = server
        .data_with(deactivate, json!({ "id": leaver.user, "to": stayer.user }))
        .await;
    assert_eq!(gone["userDeactivate"]["user"]["active"], false, "{gone:#}");
    let look = "query($deal: ID!, $lost: ID!, $task: ID!, $organization: ID!) {
        organization(id: $organization) { owner { uuid } }
        deal(id: $deal) { owner { uuid } history { nodes { type actor } } }
        lost: deal(id: $lost) { owner { uuid } } task(id: $task) { assignees { uuid } } }";
    for _ in 0..200 {
        let variables = json!({ "deal": deal["id"], "lost": closed, "task": task, "organization": organization });
        let seen = server.data_with(look, variables).await;
        let handed = seen["deal"]["owner"]["uuid"] == stayer.user
            && seen["organization"]["owner"]["uuid"] == stayer.user
            && seen["task"]["assignees"] == json!([{ "uuid": stayer.user }]);
        if handed {
            assert_eq!(
                seen["lost"]["owner"]["uuid"], leaver.user,
                "what is closed stays theirs"
            );
            let assigned = &seen["deal"]["history"]["nodes"][1];
            assert_eq!(
                *assigned,
                json!({ "type": "DealAssigned", "actor": "system:deactivated-user-hands-over" })
            );
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("nothing was handed over");
}
