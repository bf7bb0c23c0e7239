//! How events of older schema versions are read today.
//!
//! A step takes the whole opened payload of one event type at one version and gives it the shape of the next version.
//! Steps are pure and total: on a payload they do not recognise they leave it alone, and decoding says what is wrong.
//! Erased personal data (`$erased`) must pass through unharmed.

use serde_json::{Map, Value, json};

use crate::Country;

/// Event type, version it reads, and the step to the next version.
pub type Upcaster = (&'static str, u32, fn(Value) -> Value);

/// All steps there are.
pub const UPCASTERS: &[Upcaster] = &[
    ("DealLost", 1, deal_lost_1),
    ("DealOpened", 1, deal_opened_1),
    ("DealAssigned", 1, deal_assigned_1),
    ("DealAmountChanged", 1, deal_amount_changed_1),
    ("DealWon", 1, deal_won_1),
    ("TaskCreated", 1, task_created_1),
    ("TaskAssigned", 1, task_assigned_1),
    ("TaskRescheduled", 1, task_rescheduled_1),
    ("OrganizationRegistered", 1, organization_country_1),
    ("OrganizationDescribed", 1, organization_country_1),
];

/// Takes a payload of `event_type` from `version` to the version written today.
pub fn upcast(event_type: &str, mut version: u32, mut payload: Value) -> Value {
    while let Some((_, _, step)) = UPCASTERS
        .iter()
        .find(|(name, from, _)| *name == event_type && *from == version)
    {
        payload = step(payload);
        version += 1;
    }
    payload
}

/// Version 1 gave the reason of a loss in free words. Since version 2 it is one of a list, for counting, beside a
/// note: the old words become the note, and the reason is the one they plainly name, else `OTHER`.
fn deal_lost_1(mut payload: Value) -> Value {
    let Some(lost) = fields(&mut payload, "DealLost") else {
        return payload;
    };
    let Some(Value::String(words)) = lost.remove("reason") else {
        return payload;
    };
    lost.insert("reason".to_owned(), plain_reason(&words).into());
    if !words.trim().is_empty() {
        lost.insert("note".to_owned(), words.into());
    }
    payload
}

/// Version 1 had one amount, which was without tax, one product, and the owner's name.
fn deal_opened_1(mut payload: Value) -> Value {
    if let Some(opened) = fields(&mut payload, "DealOpened") {
        name_owner(opened);
        net_amount(opened, "amount", "amounts");
        if let Some(label) = opened.remove("product").filter(|label| !label.is_null()) {
            opened.insert("products".to_owned(), json!([{ "label": label }]));
        }
    }
    payload
}

/// Version 1 had the owner's name.
fn deal_assigned_1(mut payload: Value) -> Value {
    if let Some(assigned) = fields(&mut payload, "DealAssigned") {
        name_owner(assigned);
    }
    payload
}

/// Version 1 had one amount, which was without tax.
fn deal_amount_changed_1(mut payload: Value) -> Value {
    if let Some(changed) = fields(&mut payload, "DealAmountChanged") {
        net_amount(changed, "from", "from");
        net_amount(changed, "to", "to");
    }
    payload
}

/// Version 1 had one amount, which was without tax.
fn deal_won_1(mut payload: Value) -> Value {
    if let Some(won) = fields(&mut payload, "DealWon") {
        net_amount(won, "amount", "amounts");
    }
    payload
}

fn fields<'a>(payload: &'a mut Value, event_type: &str) -> Option<&'a mut Map<String, Value>> {
    payload.get_mut(event_type).and_then(Value::as_object_mut)
}

/// What was a name is a label now, beside the owner who has an account.
fn name_owner(fields: &mut Map<String, Value>) {
    if let Some(name) = fields.remove("owner") {
        fields.insert("ownerName".to_owned(), name);
    }
}

fn net_amount(fields: &mut Map<String, Value>, old: &str, new: &str) {
    if let Some(amount) = fields.remove(old).filter(|amount| !amount.is_null()) {
        fields.insert(new.to_owned(), json!({ "net": amount }));
    }
}

fn plain_reason(words: &str) -> &'static str {
    match words.trim().to_lowercase().as_str() {
        "" => "NOT_RECORDED",
        "price" | "too expensive" | "prix" | "trop cher" => "PRICE",
        "competitor" | "competition" | "concurrent" | "concurrence" => "COMPETITION",
        "no budget" | "budget" | "pas de budget" => "NO_BUDGET",
        _ => "OTHER",
    }
}

/// Version 1 had an instant without a zone, an assignee in free words, and at most two records by fields of their own.
fn task_created_1(mut payload: Value) -> Value {
    if let Some(task) = payload.get_mut("TaskCreated").and_then(Value::as_object_mut) {
        due_in_utc(task);
        renamed(task, "assignee", "assigneeName");
        let links: Vec<Value> = ["organization", "deal"]
            .into_iter()
            .filter_map(|category| Some(json!({"category": category, "id": task.remove(category)?})))
            .collect();
        if !links.is_empty() {
            task.insert("links".to_owned(), links.into());
        }
    }
    payload
}

fn task_assigned_1(mut payload: Value) -> Value {
    if let Some(task) = payload.get_mut("TaskAssigned").and_then(Value::as_object_mut) {
        renamed(task, "assignee", "assigneeName");
    }
    payload
}

fn task_rescheduled_1(mut payload: Value) -> Value {
    if let Some(task) = payload.get_mut("TaskRescheduled").and_then(Value::as_object_mut) {
        due_in_utc(task);
    }
    payload
}

/// Nobody had said in which zone the hour was meant.
fn due_in_utc(task: &mut Map<String, Value>) {
    if let Some(due) = task.get_mut("due").filter(|due| due.is_string()) {
        *due = json!({"moment": {"at": due.take(), "timeZone": "UTC"}});
    }
}

fn renamed(object: &mut Map<String, Value>, from: &str, to: &str) {
    if let Some(value) = object.remove(from) {
        object.insert(to.to_owned(), value);
    }
}

/// Version 1 kept the country as the source wrote it. Since version 2 it is a code of ISO 3166; words that name no
/// country that is known stay as they are, as `countryName`.
fn organization_country_1(mut payload: Value) -> Value {
    let event = payload.as_object_mut().and_then(|wrapper| wrapper.values_mut().next());
    let Some(organization) = event.and_then(Value::as_object_mut) else {
        return payload;
    };
    let Some(Value::String(words)) = organization.remove("country") else {
        return payload;
    };
    match Country::named(&words) {
        Some(country) => organization.insert("country".to_owned(), country.code().into()),
        None => organization.insert("countryName".to_owned(), words.into()),
    };
    payload
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_an_old_loss_become_its_note() {
        let old = json!({"DealLost": {"from": "PROPOSITION", "reason": "Trop cher"}});
        let new = json!({"DealLost": {"from": "PROPOSITION", "reason": "PRICE", "note": "Trop cher"}});
        assert_eq!(upcast("DealLost", 1, old), new);
    }

    #[test]
    fn the_one_amount_of_old_was_without_tax_and_the_owner_a_name() {
        let money = json!({"minorUnits": 100, "currency": "EUR"});
        let old = json!({"DealOpened": {"title": "x", "stage": "PROSPECTION", "amount": money, "owner": "Inès", "product": "P"}});
        let new = json!({"DealOpened": {"title": "x", "stage": "PROSPECTION", "amounts": {"net": money},
            "ownerName": "Inès", "products": [{"label": "P"}]}});
        assert_eq!(upcast("DealOpened", 1, old), new);
        let old = json!({"DealAmountChanged": {"to": money}});
        assert_eq!(
            upcast("DealAmountChanged", 1, old),
            json!({"DealAmountChanged": {"to": {"net": money}}})
        );
        assert_eq!(
            upcast("DealAssigned", 1, json!({"DealAssigned": {"owner": "Inès"}})),
            json!({"DealAssigned": {"ownerName": "Inès"}})
        );
    }

    #[test]
    fn the_country_of_an_old_organization_is_a_code_where_its_name_is_known() {
        for (words, today) in [
            ("France", json!({"name": "Acme", "country": "FR"})),
            ("fr", json!({"name": "Acme", "country": "FR"})),
            ("Allemagne", json!({"name": "Acme", "country": "DE"})),
            ("Korea", json!({"name": "Acme", "countryName": "Korea"})),
        ] {
            let old = json!({"OrganizationRegistered": {"name": "Acme", "country": words}});
            let new = json!({"OrganizationRegistered": today});
            assert_eq!(upcast("OrganizationRegistered", 1, old), new);
        }
        let without = json!({"OrganizationDescribed": {"sector": "food"}});
        assert_eq!(upcast("OrganizationDescribed", 1, without.clone()), without);
    }

    #[test]
    fn an_event_at_todays_version_is_left_alone() {
        let today = json!({"DealLost": {"from": "PROPOSITION", "reason": "PRICE"}});
        assert_eq!(upcast("DealLost", 2, today.clone()), today);
    }

    #[test]
    fn a_payload_of_another_shape_is_left_for_decoding_to_judge() {
        for odd in [
            json!(null),
            json!([1]),
            json!({"DealLost": 3}),
            json!({"DealLost": {"reason": 3}}),
        ] {
            let _ = upcast("DealLost", 1, odd);
        }
    }

    #[test]
    fn every_step_leads_to_a_version_that_is_read_or_written() {
        for (name, from, _) in UPCASTERS {
            let current = crate::Event::types()
                .find(|known| known.name == *name)
                .unwrap()
                .schema_version;
            assert!(*from < current, "{name} v{from}");
        }
    }

    #[test]
    fn every_older_version_has_its_step() {
        for known in crate::Event::types() {
            for version in 1..known.schema_version {
                let steps = UPCASTERS
                    .iter()
                    .filter(|(name, from, _)| *name == known.name && *from == version)
                    .count();
                assert_eq!(steps, 1, "{} v{version}", known.name);
            }
        }
    }
}
