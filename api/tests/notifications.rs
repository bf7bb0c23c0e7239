//! The inbox: what users are told, what they have read, and what is pushed to them.

use serde_json::{Value, json};

use crate::{
    server::Server,
    sockets::{Heard, Socket},
    tasks::{INES, PAUL, advance, create, noon, now, office},
};

const LIST: &str = "query($user: ID!) { notifications(user: $user) { unreadCount totalCount mutedKinds
    nodes { position kind read actor subject { __typename ... on Task { title } } } } }";

async fn inbox(server: &Server, user: &str) -> Value {
    let mut data = server.data_with(LIST, json!({ "user": user })).await;
    data["notifications"].take()
}

fn kinds(inbox: &Value) -> Vec<&str> {
    let nodes = inbox["nodes"].as_array().unwrap().iter();
    nodes.map(|node| node["kind"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn people_are_told_of_tasks_and_say_what_they_have_read() {
    let server = office().await;
    let due = (now(&server).await + chrono::TimeDelta::days(3)).date_naive();
    let (ines, paul) = (INES.to_string(), PAUL.to_string());
    create(
        &server,
        json!({ "title": "Call", "dueDate": due, "assignees": [INES], "watchers": [PAUL] }),
    )
    .await;
    advance(&server, noon(due)).await;
    let seen = inbox(&server, &ines).await;
    assert_eq!(kinds(&seen), ["TASK_REMINDER", "TASK_REMINDER", "TASK_ASSIGNED"]);
    assert_eq!(seen["unreadCount"], 3);
    assert_eq!(
        seen["nodes"][0]["subject"],
        json!({ "__typename": "Task", "title": "Call" })
    );
    assert_eq!(kinds(&inbox(&server, &paul).await), ["TASK_WATCHED"]);

    let mark = "mutation($input: NotificationMarkInput!) { notificationMarkRead(input: $input) {
        unreadCount userErrors { code } } }";
    let input = json!({ "user": INES, "positions": [seen["nodes"][0]["position"]] });
    let marked = server.data_with(mark, json!({ "input": input })).await;
    assert_eq!(
        marked["notificationMarkRead"],
        json!({ "unreadCount": 2, "userErrors": [] })
    );
    let seen = inbox(&server, &ines).await;
    assert_eq!(
        (&seen["nodes"][0]["read"], &seen["nodes"][1]["read"]),
        (&json!(true), &json!(false))
    );

    let mute = "mutation($user: ID!) { notificationMute(input: { kind: TASK_REMINDER, user: $user }) { unreadCount } }";
    let muted = server.data_with(mute, json!({ "user": INES })).await;
    assert_eq!(muted["notificationMute"]["unreadCount"], 1);
    let seen = inbox(&server, &ines).await;
    assert_eq!(kinds(&seen), ["TASK_ASSIGNED"]);
    assert_eq!(seen["mutedKinds"], json!(["TASK_REMINDER"]));
    let all = "mutation($user: ID!, $upTo: BigInt!) { notificationMarkAllRead(input: { upTo: $upTo, user: $user }) {
        unreadCount } }";
    let up_to = server.position().await.to_string();
    let read = server.data_with(all, json!({ "user": INES, "upTo": up_to })).await;
    assert_eq!(read["notificationMarkAllRead"]["unreadCount"], 0);
    assert_eq!(inbox(&server, &paul).await["unreadCount"], 1);
    assert_eq!(server.code("{ notifications { totalCount } }").await, "BAD_USER_INPUT");
}

async fn told(socket: &mut Socket) -> Value {
    match socket.hear().await {
        Heard::Said(mut message) if message["type"] == "next" => {
            assert!(message["payload"].get("errors").is_none(), "{message:#}");
            message["payload"]["data"]["notifications"].take()
        }
        other => panic!("nothing was told: {other:?}"),
    }
}

#[tokio::test]
async fn notifications_are_pushed_and_go_on_where_one_stopped_after_the_server_was_killed() {
    let server = office().await;
    let query = |after: &str| {
        format!(
            r#"subscription {{ notifications(after: "{after}", user: "{INES}") {{
                position kind subject {{ ... on Task {{ title }} }} }} }}"#
        )
    };
    create(&server, json!({ "title": "before", "assignees": [INES] })).await;
    create(&server, json!({ "title": "Paul's", "assignees": [PAUL] })).await;
    let mut socket = Socket::ready(&server).await;
    socket.subscribe("1", &query("0")).await;
    let first = told(&mut socket).await;
    assert_eq!(first["subject"]["title"], "before");
    create(&server, json!({ "title": "live", "watchers": [INES] })).await;
    let second = told(&mut socket).await;
    assert_eq!(
        (&second["kind"], &second["subject"]["title"]),
        (&json!("TASK_WATCHED"), &json!("live"))
    );

    let server = server.restart_after_kill(&["--clock", "manual"]);
    create(&server, json!({ "title": "meanwhile", "assignees": [INES] })).await;
    let mut socket = Socket::ready(&server).await;
    socket.subscribe("1", &query(first["position"].as_str().unwrap())).await;
    assert_eq!(told(&mut socket).await, second);
    assert_eq!(told(&mut socket).await["subject"]["title"], "meanwhile");
}

#[tokio::test]
async fn owners_are_told_what_others_do_with_their_deals() {
    let server = office().await;
    let (ines, paul) = (INES.to_string(), PAUL.to_string());
    let run = async |mutation: &str, kind: &str, input: Value| {
        let query = format!(
            "mutation($input: {kind}!) {{ {mutation}(input: $input) {{ deal {{ id }} userErrors {{ code }} }} }}"
        );
        let mut data = server.data_with(&query, json!({ "input": input })).await;
        assert_eq!(data[mutation]["userErrors"], json!([]), "{mutation} {input}");
        data[mutation]["deal"]["id"].take()
    };
    let won = run("dealOpen", "DealOpenInput", json!({ "title": "Bornes", "owner": INES })).await;
    let lost = run("dealOpen", "DealOpenInput", json!({ "title": "Presses" })).await;
    assert_eq!(kinds(&inbox(&server, &ines).await), ["DEAL_ASSIGNED"]);
    // Given on: the new owner is told, the old one is not.
    run("dealAssign", "DealAssignInput", json!({ "id": lost, "owner": PAUL })).await;
    assert_eq!(kinds(&inbox(&server, &paul).await), ["DEAL_ASSIGNED"]);
    // Again to the same one is no news.
    run("dealAssign", "DealAssignInput", json!({ "id": lost, "owner": PAUL })).await;
    run("dealWin", "DealWinInput", json!({ "id": won })).await;
    run("dealLose", "DealLoseInput", json!({ "id": lost, "reason": "PRICE" })).await;
    assert_eq!(kinds(&inbox(&server, &ines).await), ["DEAL_WON", "DEAL_ASSIGNED"]);
    let told = inbox(&server, &paul).await;
    assert_eq!(kinds(&told), ["DEAL_LOST", "DEAL_ASSIGNED"]);
    assert_eq!(told["unreadCount"], 2);

    // Muted, a kind is not told any more; the others are.
    let mute = "mutation($user: ID!) { notificationMute(input: { kind: DEAL_WON, user: $user }) { unreadCount } }";
    server.data_with(mute, json!({ "user": INES })).await;
    run("dealReopen", "DealReopenInput", json!({ "id": won })).await;
    run("dealWin", "DealWinInput", json!({ "id": won })).await;
    run("dealReopen", "DealReopenInput", json!({ "id": won })).await;
    run(
        "dealLose",
        "DealLoseInput",
        json!({ "id": won, "reason": "COMPETITION" }),
    )
    .await;
    assert_eq!(kinds(&inbox(&server, &ines).await)[0], "DEAL_LOST");
}
