//! The JSON Schemas in `fixtures/schemas/` are what readers outside the house rely on. A change of an event must show
//! there: `ALFORIS_UPDATE_SCHEMAS=1` rewrites those of today's versions; those of older versions are never touched.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use domain::{Event, schema::event_schemas};
use serde_json::Value;

fn path(category: &str, name: &str, version: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fixtures/schemas")
        .join(category)
        .join(format!("{name}.v{version}.schema.json"))
}

#[test]
fn schemas_have_not_drifted() {
    let update = std::env::var_os("ALFORIS_UPDATE_SCHEMAS").is_some();
    let schemas = event_schemas();
    for known in Event::types() {
        let (_, schema) = schemas.iter().find(|(name, _)| name == known.name).unwrap();
        let path = path(known.category, known.name, known.schema_version);
        if update {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, serde_json::to_string_pretty(schema).unwrap() + "\n").unwrap();
        }
        let committed: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap_or_default()).unwrap_or_default();
        assert!(
            committed == *schema,
            "{} is not the schema of today's {}.\nIf old events still fit, ALFORIS_UPDATE_SCHEMAS=1 rewrites it; if not, \
             give the event a new version and an upcaster.\nToday's:\n{schema:#}",
            path.display(),
            known.name,
        );
    }
}

#[test]
fn every_event_type_has_a_schema_and_no_other_has() {
    let described: BTreeSet<_> = event_schemas().into_iter().map(|(name, _)| name).collect();
    let known: BTreeSet<_> = Event::types().map(|known| known.name.to_owned()).collect();
    assert_eq!(described, known);
}
