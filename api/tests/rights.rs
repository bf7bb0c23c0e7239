//! The table of rights: every operation has its line, the page shows the table, and roles are held to it.

use std::collections::BTreeSet;

use alforis::policy::rules::{FIELD_RULES, Operation, RULES, Roles};
use domain::Role;
use serde_json::{Value, json};

use crate::{people::People, server::Server};

/// What the schema's roots offer, as `query deals`.
async fn offered(server: &Server) -> BTreeSet<String> {
    let query = "{ __schema { queryType { fields { name } } mutationType { fields { name } }
                   subscriptionType { fields { name } } } }";
    let schema = server.data(query).await;
    let names = |root: &str, kind: &str| {
        let fields = schema["__schema"][root]["fields"].as_array().expect("fields").clone();
        fields
            .into_iter()
            .map(|field| format!("{kind} {}", field["name"].as_str().expect("a name")))
            .collect::<Vec<_>>()
    };
    let mut all = names("queryType", "query");
    all.extend(names("mutationType", "mutation"));
    all.extend(names("subscriptionType", "subscription"));
    all.into_iter().collect()
}

fn named(operation: Operation<'_>) -> String {
    match operation {
        Operation::Query(name) => format!("query {name}"),
        Operation::Mutation(name) => format!("mutation {name}"),
        Operation::Subscription(name) => format!("subscription {name}"),
    }
}

#[tokio::test]
async fn every_operation_of_the_schema_has_a_rule_and_no_other_has() {
    let server = Server::start();
    let ruled: Vec<_> = RULES.iter().map(|rule| named(rule.operation)).collect();
    let distinct: BTreeSet<_> = ruled.iter().cloned().collect();
    assert_eq!(ruled.len(), distinct.len(), "an operation has two rules");
    let offered = offered(&server).await;
    let without: Vec<_> = offered.difference(&distinct).collect();
    let gone: Vec<_> = distinct.difference(&offered).collect();
    assert!(
        without.is_empty() && gone.is_empty(),
        "in api/src/policy/rules.rs: without a rule {without:?}; with a rule but not in the schema {gone:?}"
    );
}

#[tokio::test]
async fn every_ruled_field_is_one_and_may_be_null() {
    let server = Server::start();
    for (object, field, _) in FIELD_RULES {
        let query = format!("{{ __type(name: \"{object}\") {{ fields {{ name type {{ kind }} }} }} }}");
        let found = server.data(&query).await;
        let fields = found["__type"]["fields"].as_array().cloned().unwrap_or_default();
        let kind = fields.iter().find(|known| known["name"] == *field);
        let kind = kind.unwrap_or_else(|| panic!("{object}.{field} is not in the schema"));
        assert_ne!(kind["type"]["kind"], "NON_NULL", "{object}.{field}");
    }
}

/// The tables of the page, made from the rules.
fn page() -> String {
    let heads: Vec<_> = Role::ALL.iter().map(|role| role.as_str()).collect();
    let line = |name: &str, roles: Roles, public: bool| {
        let marks = Role::ALL.map(|role| if roles.contains(role) { "✓" } else { "" });
        let public = if public { " (also without signing in)" } else { "" };
        format!("| `{name}`{public} | {} |\n", marks.join(" | "))
    };
    let mut page = String::from("## Operations\n\n");
    let head = |what: &str| {
        let marks = "---|".repeat(heads.len());
        format!("| {what} | {} |\n|---|{marks}\n", heads.join(" | "))
    };
    page += &head("operation");
    for rule in RULES {
        page += &line(&named(rule.operation), rule.roles, rule.public);
    }
    page += "\n## Fields\n\n";
    page += &head("field");
    for (object, field, roles) in FIELD_RULES {
        page += &line(&format!("{object}.{field}"), *roles, false);
    }
    page
}

#[test]
fn the_page_shows_the_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/rights.md");
    let written = std::fs::read_to_string(path).expect("docs/rights.md");
    let (words, _) = written.split_once("## Operations").expect("the tables");
    if std::env::var_os("ALFORIS_UPDATE_RIGHTS").is_some() {
        std::fs::write(path, format!("{words}{}", page())).expect("written");
        return;
    }
    assert!(
        written == format!("{words}{}", page()),
        "docs/rights.md shows other rights than api/src/policy/rules.rs: ALFORIS_UPDATE_RIGHTS=1 rewrites it"
    );
}

#[tokio::test]
async fn each_role_is_held_to_the_table() {
    let server = Server::start();
    let people = People::of(&server);
    let open = "mutation { dealOpen(input: { title: \"Presses\" }) { userErrors { code } } }";
    let erase = "mutation { personErase(input: { person: \"018f3a5e-0000-7000-8000-00000000000e\", ground: REQUEST }) {
        userErrors { code } } }";
    for role in Role::ALL {
        let person = people.with(role);
        let person = person.sign_in().await;
        assert_eq!(person.code("{ deals { totalCount } }").await, None, "{role:?}");
        let sells = matches!(role, Role::Admin | Role::Manager | Role::Sales);
        let forbidden = Some("FORBIDDEN".to_owned());
        assert_eq!(
            person.code(open).await,
            (!sells).then(|| "FORBIDDEN".to_owned()),
            "{role:?}"
        );
        let oversees = matches!(role, Role::Admin | Role::Auditor);
        let seen = person.code("{ projections { name } }").await;
        assert_eq!(seen, if oversees { None } else { forbidden.clone() }, "{role:?}");
        if role != Role::Admin {
            assert_eq!(person.code(erase).await, forbidden, "{role:?}");
        }
    }
}

#[tokio::test]
async fn a_forbidden_field_is_null_and_its_place_is_named() {
    let server = Server::start();
    let analyst = People::of(&server).with(Role::Analyst).sign_in().await;
    let answer = analyst.answer("{ users { nodes { name email } } }", json!({})).await;
    let user = &answer["data"]["users"]["nodes"][0];
    assert_eq!(
        (&user["email"], user["name"].is_string()),
        (&Value::Null, true),
        "{answer:#}"
    );
    let error = &answer["errors"][0];
    assert_eq!(error["extensions"]["code"], "FORBIDDEN");
    assert_eq!(error["path"], json!(["users", "nodes", 0, "email"]));
}

#[tokio::test]
async fn what_an_analyst_does_not_see_is_no_filter_and_no_order_either() {
    let server = Server::start();
    let organization = "mutation { organizationCreate(input: { name: \"Alpine\" }) { organization { id } } }";
    let id = server.data(organization).await["organizationCreate"]["organization"]["id"].take();
    let add =
        "mutation($id: ID!) { contactAdd(input: { organization: $id, lastName: \"Durand\" }) { userErrors { code } } }";
    server.data_with(add, json!({ "id": id })).await;
    let analyst = People::of(&server).with(Role::Analyst).sign_in().await;
    let of_contacts = |arguments: &str| {
        format!("{{ organizations {{ nodes {{ contacts({arguments}) {{ totalCount edges {{ cursor }} }} }} }} }}")
    };
    for query in [
        "{ users(filter: { email: { startsWith: \"a\" } }) { totalCount } }".to_owned(),
        "{ users(filter: { not: { email: { eq: \"a\" } } }) { totalCount } }".to_owned(),
        "{ activities(filter: { subject: { contains: \"a\" } }) { totalCount } }".to_owned(),
        of_contacts("first: 5, filter: { lastName: { eq: \"Durand\" } }"),
        of_contacts("first: 5, filter: { or: [{ phone: \"06\" }] }"),
        of_contacts("first: 5, orderBy: [{ field: NAME }]"),
    ] {
        assert_eq!(analyst.code(&query).await.as_deref(), Some("FORBIDDEN"), "{query}");
    }
    let seen = analyst.data(&of_contacts("first: 5"), json!({})).await;
    let contacts = &seen["organizations"]["nodes"][0]["contacts"];
    assert_eq!(contacts["totalCount"], 1);
    let cursor = contacts["edges"][0]["cursor"].as_str().unwrap();
    let cursor = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, cursor).unwrap();
    assert!(!String::from_utf8_lossy(&cursor).contains("durand"));
}

#[tokio::test]
async fn an_analyst_sees_events_without_the_persons_in_them() {
    let server = Server::start();
    let analyst = People::of(&server).with(Role::Analyst).sign_in().await;
    let name = "Camille ANALYST";
    let query = "query($id: ID!) { history(id: $id) { nodes { type summary data } } }";
    let id = json!({ "id": format!("user:{}", analyst.user) });
    let whole = server.data_with(query, id.clone()).await;
    assert!(whole.to_string().contains(name), "{whole:#}");
    let masked = analyst.data(query, id).await;
    assert!(!masked.to_string().contains(name), "{masked:#}");
    let registered = &masked["history"]["nodes"][0];
    assert_eq!(
        registered["data"]["details"],
        json!({ "$erased": { "person": analyst.user } })
    );
    assert_eq!(registered["data"]["role"], "ANALYST");
}
