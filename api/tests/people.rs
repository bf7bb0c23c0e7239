//! People who sign in to a server under test.

use std::cell::Cell;

use domain::Role;
use reqwest::header::{COOKIE, HeaderMap, SET_COOKIE};
use serde_json::{Value, json};

use crate::server::Server;

/// Makes accounts on a server's journal.
pub(crate) struct People<'s> {
    server: &'s Server,
    made: Cell<u32>,
}

/// Somebody who has a password.
pub(crate) struct Account<'s> {
    server: &'s Server,
    pub(crate) email: String,
    pub(crate) password: String,
    /// The bare id.
    pub(crate) user: String,
}

/// Somebody who is signed in.
pub(crate) struct Person<'s> {
    server: &'s Server,
    pub(crate) cookie: String,
    pub(crate) csrf: String,
    pub(crate) user: String,
}

impl<'s> People<'s> {
    pub(crate) fn of(server: &'s Server) -> Self {
        Self {
            server,
            made: Cell::new(0),
        }
    }

    /// A new account of a role.
    pub(crate) fn with(&self, role: Role) -> Account<'s> {
        self.made.set(self.made.get() + 1);
        let email = format!("{}{}@energie.example", role.as_str().to_lowercase(), self.made.get());
        let name = format!("Camille {}", role.as_str());
        let ran = self.server.workplace.run(&[
            "user",
            "add",
            &email,
            "--name",
            &name,
            "--role",
            role.as_str(),
            "--language",
            "en",
        ]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let told = |what: &str| {
            let line = ran.stdout.lines().find_map(|line| line.strip_prefix(what));
            line.unwrap_or_else(|| panic!("no {what} in {}", ran.stdout))
                .trim()
                .to_owned()
        };
        Account {
            server: self.server,
            email,
            password: told("password:"),
            user: told("stream:").replace("user:", ""),
        }
    }
}

pub(crate) const SIGN_IN: &str = "mutation($input: SignInInput!) { signIn(input: $input) {
    viewer { role visibility user { uuid email } } csrfToken endsAt userErrors { code message field } } }";

impl<'s> Account<'s> {
    pub(crate) async fn sign_in(&self) -> Person<'s> {
        let (answer, headers) = self.try_to_sign_in(&self.password, None).await;
        let payload = &answer["data"]["signIn"];
        assert_eq!(payload["userErrors"], json!([]), "{answer:#}");
        Person {
            server: self.server,
            cookie: cookie(&headers).expect("a cookie"),
            csrf: payload["csrfToken"].as_str().expect("a token").to_owned(),
            user: self.user.clone(),
        }
    }

    pub(crate) async fn try_to_sign_in(&self, password: &str, code: Option<&str>) -> (Value, HeaderMap) {
        let input = json!({ "email": self.email, "password": password, "code": code });
        let request = self.server.client().post(self.server.url("/graphql"));
        let response = request
            .json(&json!({ "query": SIGN_IN, "variables": { "input": input } }))
            .send();
        let response = response.await.expect("an answer");
        let headers = response.headers().clone();
        (response.json().await.expect("JSON"), headers)
    }
}

/// The cookie that an answer sets, as a browser would send it back.
pub(crate) fn cookie(headers: &HeaderMap) -> Option<String> {
    let set = headers.get(SET_COOKIE)?.to_str().ok()?;
    set.split(';').next().map(str::to_owned)
}

impl Person<'_> {
    pub(crate) fn post(&self) -> reqwest::RequestBuilder {
        self.server
            .client()
            .post(self.server.url("/graphql"))
            .header(COOKIE, &self.cookie)
            .header("x-csrf-token", &self.csrf)
    }

    /// The whole answer to an operation.
    pub(crate) async fn answer(&self, query: &str, variables: Value) -> Value {
        let request = self.post().json(&json!({ "query": query, "variables": variables }));
        request.send().await.expect("an answer").json().await.expect("JSON")
    }

    /// The data of an operation that must succeed.
    pub(crate) async fn data(&self, query: &str, variables: Value) -> Value {
        let mut answer = self.answer(query, variables).await;
        assert!(answer.get("errors").is_none(), "{query}: {answer:#}");
        answer["data"].take()
    }

    /// The code of the first error of an operation, if it has one.
    pub(crate) async fn code(&self, query: &str) -> Option<String> {
        let answer = self.answer(query, json!({})).await;
        answer["errors"][0]["extensions"]["code"].as_str().map(str::to_owned)
    }
}
