//! The sealed vector: whoever changes how values are sealed learns here that old journals could not be opened any more.

use std::{collections::HashMap, sync::Arc};

use serde_json::Value;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::sealing::{self, Opened};
use crate::keys::NonceSource;

const VECTOR: &str = include_str!("../../../../fixtures/events/sealed/OrganizationContactNamed.v1.json");

struct FixedNonce([u8; 24]);

impl NonceSource for FixedNonce {
    fn nonce(&self) -> [u8; 24] {
        self.0
    }
}

fn bytes<const N: usize>(hex: &Value) -> [u8; N] {
    hex::decode(hex.as_str().unwrap()).unwrap().try_into().unwrap()
}

#[test]
fn the_vector_is_sealed_and_opened_as_ever() {
    let vector: Value = serde_json::from_str(VECTOR).unwrap();
    let id = |name: &str| vector[name].as_str().unwrap().parse::<Uuid>().unwrap();
    let (journal, person) = (id("journal"), id("person"));
    let key = Arc::new(Zeroizing::new(bytes::<32>(&vector["key"])));

    let mut payload = vector["opened"].clone();
    let nonce = FixedNonce(bytes::<24>(&vector["nonce"]));
    sealing::seal(&mut payload, &HashMap::from([(person, key.clone())]), journal, &nonce).unwrap();
    assert_eq!(payload, vector["sealed"], "{payload}");

    sealing::open(&mut payload, &HashMap::from([(person, Opened::With(key))]), journal).unwrap();
    assert_eq!(payload, vector["opened"]);

    let mut payload = vector["sealed"].clone();
    sealing::open(&mut payload, &HashMap::from([(person, Opened::Erased)]), journal).unwrap();
    assert_eq!(payload, vector["erased"]);
}
