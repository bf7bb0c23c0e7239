//! What is written, and how it reads.

use std::sync::Arc;

use engine::{Code, Codec, CodecError, KeyRing, MasterKey, keys::NonceSource};
use journal::{Position, ReadFilter, Version};
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    bank::{Account, AccountCommand, AccountEvent, BankEvent, Personal, vocabulary},
    world::{World, account, journal_in},
};

async fn stored(world: &World, position: u64) -> Value {
    let page = world
        .journal
        .read(Position(position - 1), 1, &ReadFilter::default())
        .await
        .unwrap();
    serde_json::from_slice(&page.events[0].payload).unwrap()
}

#[tokio::test]
async fn a_personal_value_is_sealed_in_the_journal_and_open_to_readers() {
    let world = World::new().await;
    let person = Uuid::now_v7();
    let id = world.account_of(person, "Ada Lovelace", 1).await;
    let written = stored(&world, 1).await;
    assert_eq!(written["AccountOpened"]["holder"]["$sealed"]["person"], json!(person));
    assert!(!written.to_string().contains("Ada"));
    assert_eq!(stored(&world, 2).await, json!({"MoneyDeposited": {"cents": 1}}));

    let opened = AccountEvent::AccountOpened {
        holder: Personal::new(person, "Ada Lovelace"),
    };
    assert_eq!(world.events().await[0].event, BankEvent::Account(opened));
    let (loaded, _) = world.another().await.bus.load::<Account>(id).await.unwrap().unwrap();
    assert_eq!(loaded.holder, Some(Personal::new(person, "Ada Lovelace")));
}

#[tokio::test]
async fn the_same_value_sealed_twice_differs() {
    let world = World::new().await;
    let payload = json!({"AccountOpened": {"holder": Personal::new(Uuid::now_v7(), "Ada")}})
        .to_string()
        .into_bytes();
    let (one, two) = (
        world.codec.seal(payload.clone()).await.unwrap(),
        world.codec.seal(payload).await.unwrap(),
    );
    assert_ne!(one, two);
}

#[tokio::test]
async fn old_versions_are_upcast_after_opening() {
    let world = World::new().await;
    let (id, person) = (Uuid::now_v7(), Uuid::now_v7());
    let old = json!({"AccountOpened": {"owner": {"$personal": {"person": person, "value": {"name": "Ada"}}}}});
    let sealed = world.codec.seal(old.to_string().into_bytes()).await.unwrap();
    world.append_raw(account(id), "AccountOpened", 1, sealed).await;
    world
        .append_raw(account(id), "MoneyDeposited", 1, r#"{"MoneyDeposited":{"euros":3}}"#)
        .await;
    let events: Vec<_> = world
        .events()
        .await
        .into_iter()
        .map(|recorded| recorded.event)
        .collect();
    let opened = AccountEvent::AccountOpened {
        holder: Personal::new(person, "Ada"),
    };
    assert_eq!(
        events,
        [opened, AccountEvent::MoneyDeposited { cents: 300 }].map(BankEvent::Account)
    );
    assert_eq!(world.cents(id).await, 300);
}

#[tokio::test]
async fn upcasters_meet_erased_values_of_old_versions() {
    let world = World::new().await;
    let person = Uuid::now_v7();
    let old = json!({"AccountOpened": {"owner": {"$personal": {"person": person, "value": {"name": "Ada"}}}}});
    let sealed = world.codec.seal(old.to_string().into_bytes()).await.unwrap();
    world
        .append_raw(account(Uuid::now_v7()), "AccountOpened", 1, sealed)
        .await;
    world.keys.erase(person, journal::Timestamp(1)).await.unwrap();
    let erased = AccountEvent::AccountOpened {
        holder: Personal::Erased { person },
    };
    assert_eq!(world.events().await[0].event, BankEvent::Account(erased));
}

#[tokio::test]
async fn what_this_program_does_not_know_stops_the_reader() {
    let cases = [
        (account(Uuid::nil()), "MoneyStolen", 1, r#"{"MoneyStolen":{}}"#),
        (
            account(Uuid::nil()),
            "MoneyDeposited",
            3,
            r#"{"MoneyDeposited":{"cents":1}}"#,
        ),
        (
            account(Uuid::nil()),
            "MoneyDeposited",
            0,
            r#"{"MoneyDeposited":{"cents":1}}"#,
        ),
        (
            account(Uuid::nil()),
            "MoneyWithdrawn",
            1,
            r#"{"MoneyWithdrawn":{"cents":"#,
        ),
        (
            "invoice:00000000-0000-0000-0000-000000000000".parse().unwrap(),
            "InvoiceIssued",
            1,
            "{}",
        ),
    ];
    for (stream, event_type, version, payload) in cases {
        let world = World::new().await;
        world.append_raw(stream, event_type, version, payload).await;
        let page = world
            .journal
            .read(Position::START, 10, &ReadFilter::default())
            .await
            .unwrap();
        let error = world.codec.open_page(&page).await.unwrap_err();
        assert_eq!(error.code(), Code::UnknownEvent, "{error}");
        assert!(error.to_string().contains("position 1"), "{error}");
    }
}

#[tokio::test]
async fn a_damaged_or_moved_seal_is_noticed() {
    let world = World::new().await;
    let (ada, bob) = (Uuid::now_v7(), Uuid::now_v7());
    world.account_of(ada, "Ada", 1).await;
    world.account_of(bob, "Bob", 1).await;
    let sealed = stored(&world, 1).await;

    let mut moved = sealed.clone();
    moved["AccountOpened"]["holder"]["$sealed"]["person"] = json!(bob);
    let mut changed = sealed.clone();
    let boxed = sealed["AccountOpened"]["holder"]["$sealed"]["box"].as_str().unwrap();
    changed["AccountOpened"]["holder"]["$sealed"]["box"] = json!(boxed.replacen(&boxed[40..41], "_", 1));
    let mut cut = sealed.clone();
    cut["AccountOpened"]["holder"]["$sealed"]["box"] = json!("AAAA");
    let mut nobody = sealed.clone();
    nobody["AccountOpened"]["holder"]["$sealed"]["person"] = json!("nobody");
    let mut unknown = sealed;
    unknown["AccountOpened"]["holder"]["$sealed"]["person"] = json!(Uuid::now_v7());

    for (n, payload) in [moved, changed, cut, nobody, unknown].into_iter().enumerate() {
        let id = Uuid::now_v7();
        world
            .append_raw(account(id), "AccountOpened", 2, payload.to_string())
            .await;
        let event = &world.journal.read_stream(&account(id), Version::NONE, 1).await.unwrap()[0];
        let error = world.codec.open(event).await.unwrap_err();
        assert_eq!(error.code(), Code::SealBroken, "case {n}: {error}");
    }
}

#[tokio::test]
async fn words_that_look_like_markers_are_only_words() {
    let world = World::new().await;
    let person = Uuid::now_v7();
    for name in [
        r#"{"$sealed":{"person":"x"}}"#,
        "\"$personal\":",
        "$erased",
        "\\\"$sealed\":",
    ] {
        let id = world.account_of(person, name, 1).await;
        let (loaded, _) = world.another().await.bus.load::<Account>(id).await.unwrap().unwrap();
        assert_eq!(loaded.holder, Some(Personal::new(person, name)));
    }
}

#[tokio::test]
async fn an_event_may_not_use_the_markers_otherwise() {
    let world = World::new().await;
    let person = Uuid::now_v7();
    let forms = [
        json!({"$sealed": {"person": person, "box": "AAAA"}}),
        json!({"$personal": {"person": person}}),
        json!({"$personal": {"person": "Ada", "value": 1}}),
        json!({"$personal": {"person": person, "value": 1}, "more": 1}),
        json!({"$personal": {"person": person, "value": {"$erased": {"person": person}}}}),
        json!({"$other": 1}),
        json!({"$erased": 1}),
    ];
    for form in forms {
        let payload = json!({"Anything": [form]}).to_string().into_bytes();
        let error = world.codec.seal(payload).await.unwrap_err();
        assert!(matches!(error, CodecError::ReservedKey { .. }), "{form}: {error}");
    }
    let erased = json!({"Anything": {"$erased": {"person": person}}})
        .to_string()
        .into_bytes();
    assert_eq!(world.codec.seal(erased.clone()).await.unwrap(), erased);
}

#[tokio::test]
async fn nothing_can_be_written_about_an_erased_person() {
    let world = World::new().await;
    let person = Uuid::now_v7();
    world.account_of(person, "Ada", 1).await;
    world.keys.erase(person, journal::Timestamp(1)).await.unwrap();
    let again = AccountCommand::Open {
        holder: Personal::new(person, "Ada"),
    };
    for world in [&world, &world.another().await] {
        let error = world.execute(Uuid::now_v7(), again.clone()).await.unwrap_err();
        assert_eq!(error.code(), Code::PersonErased);
    }
}

struct FixedNonce;

impl NonceSource for FixedNonce {
    fn nonce(&self) -> [u8; 24] {
        *b"a nonce for vectors only"
    }
}

#[tokio::test]
async fn a_ring_with_nonces_of_its_own_still_opens() {
    let world = World::new().await;
    let id = world.account(1).await;
    let journal = journal_in(&world.folder).await;
    let keys = KeyRing::open_with(
        journal,
        MasterKey::from_bytes(crate::world::MASTER),
        Arc::new(FixedNonce),
    )
    .await;
    let codec = Codec::new(vocabulary(), keys.unwrap());
    let event = &world.journal.read_stream(&account(id), Version::NONE, 1).await.unwrap()[0];
    codec.open(event).await.unwrap();
}

/// Any JSON without keys that start with `$`.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        Just(json!("$sealed")),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z \"\\\\]{0,6}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Any JSON with personal values of three people at any place.
fn any_payload() -> impl Strategy<Value = Value> {
    let personal = (1_u128..4, any_json())
        .prop_map(|(person, value)| json!({"$personal": {"person": Uuid::from_u128(person), "value": value}}));
    let leaf = prop_oneof![any_json(), personal];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{1,6}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn erased(payload: &Value, who: Uuid) -> Value {
    match payload {
        Value::Array(items) => items.iter().map(|item| erased(item, who)).collect(),
        Value::Object(object) => match object.get("$personal") {
            Some(personal) if personal["person"] == json!(who) => json!({"$erased": {"person": who}}),
            Some(_) => payload.clone(),
            None => object
                .iter()
                .map(|(key, item)| (key.clone(), erased(item, who)))
                .collect(),
        },
        other => other.clone(),
    }
}

#[test]
fn what_is_sealed_opens_as_it_was_and_without_the_erased() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(48));
    let world = runtime.block_on(World::new());
    let outcome = runner.run(&prop::collection::vec(any_payload(), 1..8), |payloads| {
        runtime.block_on(async {
            let id = Uuid::now_v7();
            for payload in &payloads {
                let sealed = world.codec.seal(payload.to_string().into_bytes()).await.unwrap();
                prop_assert!(!String::from_utf8_lossy(&sealed).contains("\"$personal\":"));
                world.append_raw(account(id), "Anything", 1, sealed).await;
            }
            let events = world.journal.read_stream(&account(id), Version::NONE, 8).await.unwrap();
            let other = world.another().await;
            for (event, payload) in events.iter().zip(&payloads) {
                prop_assert_eq!(&world.codec.open_json(event).await.unwrap(), payload);
                prop_assert_eq!(&other.codec.open_json(event).await.unwrap(), payload);
            }
            Ok(())
        })
    });
    outcome.unwrap();

    let erasing = World::new();
    runtime.block_on(async {
        let world = erasing.await;
        let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let payload = json!([
            {"$personal": {"person": one, "value": {"name": "Ada"}}},
            {"deep": {"$personal": {"person": two, "value": [1, 2]}}},
        ]);
        let sealed = world.codec.seal(payload.to_string().into_bytes()).await.unwrap();
        world.append_raw(account(one), "Anything", 1, sealed).await;
        world.keys.erase(one, journal::Timestamp(1)).await.unwrap();
        for codec in [&world.codec, &world.another().await.codec] {
            let event = &world
                .journal
                .read_stream(&account(one), Version::NONE, 1)
                .await
                .unwrap()[0];
            assert_eq!(codec.open_json(event).await.unwrap(), erased(&payload, one));
        }
    });
}
