//! The JSON Schema of each event type, for readers outside the house.

use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value};

use crate::{
    AccountingEvent, ActivityEvent, ApiTokenEvent, CompanyEvent, ContactEvent, ContractEvent, DealEvent, DeliveryEvent,
    ImportEvent, InboxEvent, InvoiceEvent, NumberSeriesEvent, OrganizationEvent, OversightEvent, PaymentEvent,
    PersonEvent, PipelineEvent, ProductEvent, QuoteEvent, ReservationEvent, SavedFilterEvent, TaskEvent,
    TaskSeriesEvent, TeamEvent, UserEvent,
};

/// Schema of each event type's opened payload by the type's name.
pub fn event_schemas() -> Vec<(String, Value)> {
    let mut schemas = Vec::new();
    schemas.extend(variants::<OrganizationEvent>());
    schemas.extend(variants::<PipelineEvent>());
    schemas.extend(variants::<ContactEvent>());
    schemas.extend(variants::<ActivityEvent>());
    schemas.extend(variants::<DealEvent>());
    schemas.extend(variants::<TaskEvent>());
    schemas.extend(variants::<TaskSeriesEvent>());
    schemas.extend(variants::<InboxEvent>());
    schemas.extend(variants::<PersonEvent>());
    schemas.extend(variants::<UserEvent>());
    schemas.extend(variants::<SavedFilterEvent>());
    schemas.extend(variants::<TeamEvent>());
    schemas.extend(variants::<CompanyEvent>());
    schemas.extend(variants::<ProductEvent>());
    schemas.extend(variants::<NumberSeriesEvent>());
    schemas.extend(variants::<QuoteEvent>());
    schemas.extend(variants::<InvoiceEvent>());
    schemas.extend(variants::<PaymentEvent>());
    schemas.extend(variants::<ContractEvent>());
    schemas.extend(variants::<AccountingEvent>());
    schemas.extend(variants::<ApiTokenEvent>());
    schemas.extend(variants::<ReservationEvent>());
    schemas.extend(variants::<OversightEvent>());
    schemas.extend(variants::<DeliveryEvent>());
    schemas.extend(variants::<ImportEvent>());
    schemas
}

/// One schema for each variant of an externally tagged enum, with only the definitions that it uses.
fn variants<E: JsonSchema>() -> Vec<(String, Value)> {
    let mut whole = SchemaGenerator::default().into_root_schema_for::<E>().to_value();
    let dialect = whole["$schema"].take();
    let definitions = whole.get_mut("$defs").map(Value::take).unwrap_or_default();
    let Value::Array(variants) = whole["oneOf"].take() else {
        return Vec::new();
    };
    variants
        .into_iter()
        .filter_map(|variant| {
            let name = variant["required"][0].as_str()?.to_owned();
            Some((name.clone(), standalone(&name, &dialect, variant, &definitions)))
        })
        .collect()
}

fn standalone(name: &str, dialect: &Value, variant: Value, definitions: &Value) -> Value {
    let mut schema = Map::new();
    schema.insert("$schema".to_owned(), dialect.clone());
    schema.insert("title".to_owned(), name.into());
    if let Value::Object(variant) = variant {
        schema.extend(variant);
    }
    let mut used = Map::new();
    collect(&Value::Object(schema.clone()), definitions, &mut used);
    if !used.is_empty() {
        schema.insert("$defs".to_owned(), Value::Object(used));
    }
    Value::Object(schema)
}

/// Follows every `$ref` into the definitions.
fn collect(schema: &Value, definitions: &Value, used: &mut Map<String, Value>) {
    match schema {
        Value::Object(fields) => {
            let reference = fields.get("$ref").and_then(Value::as_str);
            if let Some(name) = reference.and_then(|path| path.strip_prefix("#/$defs/"))
                && let (false, Some(definition)) = (used.contains_key(name), definitions.get(name))
            {
                used.insert(name.to_owned(), definition.clone());
                collect(definition, definitions, used);
            }
            fields.values().for_each(|value| collect(value, definitions, used));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, definitions, used)),
        _ => {}
    }
}
