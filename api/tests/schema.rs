//! The committed schema is the one that is served.

use crate::{server::Server, support::Workplace};

const COMMITTED: &str = include_str!("../../schema.graphql");

#[test]
fn the_committed_schema_is_up_to_date() {
    let ran = Workplace::new().run(&["schema"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stdout == COMMITTED,
        "schema.graphql has drifted: run `alforis schema > schema.graphql` and look at it"
    );
}

#[tokio::test]
async fn the_served_schema_needs_no_token() {
    let server = Server::start();
    let answer = server
        .client()
        .get(server.url("/graphql/schema.graphql"))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.text().await.unwrap(), COMMITTED);
}

#[tokio::test]
async fn the_introspection_query_of_the_usual_tools_is_answered() {
    let server = Server::start();
    let of_type = "ofType { kind name ".repeat(9) + &"}".repeat(9);
    let query = format!(
        "query IntrospectionQuery {{ __schema {{ queryType {{ name }} types {{ ...FullType }} }} }}
         fragment FullType on __Type {{ kind name description fields(includeDeprecated: true) {{
           name args {{ ...InputValue }} type {{ ...TypeRef }} isDeprecated }}
           inputFields {{ ...InputValue }} interfaces {{ ...TypeRef }} enumValues {{ name }} possibleTypes {{ ...TypeRef }} }}
         fragment InputValue on __InputValue {{ name type {{ ...TypeRef }} defaultValue }}
         fragment TypeRef on __Type {{ kind name {of_type} }}"
    );
    let data = server.data(&query).await;
    assert_eq!(data["__schema"]["queryType"]["name"], "Query");
}
