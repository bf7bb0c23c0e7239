//! What has to be true when a month is over, and when all years are.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike as _, Utc};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{
    facts::{self, Facts, day},
    portfolio::{Owed, Relation, Term, before},
    world::{Told, World},
};

fn decimal(value: &Value) -> Decimal {
    value
        .as_str()
        .and_then(|text| text.parse().ok())
        .unwrap_or_else(|| panic!("no number: {value}"))
}

/// Recurring revenue is what contracts come to, and movements explain each change of it.
pub(super) async fn month(world: &mut World) {
    let today = world.today;
    let query = "query($from: Date!, $to: Date!) { clock { now } recurringRevenue(from: $from, to: $to) {
        openingMrr mrr waterfall { opening closing bars { kind amount movements { amount } } } } }";
    let first = today.with_day(1).expect("a day");
    let data = world
        .server()
        .data_with(query, json!({ "from": first, "to": today }))
        .await;
    let revenue = &data["recurringRevenue"];
    let mrr = decimal(&revenue["mrr"]);
    let agreed: Decimal = world.relations.iter().map(|relation| relation.revenue_on(today)).sum();
    if mrr != agreed {
        tell_apart(world).await;
    }
    assert_eq!(mrr, agreed, "on {today}");
    let waterfall = &revenue["waterfall"];
    let mut moved = Decimal::ZERO;
    for bar in waterfall["bars"].as_array().expect("bars") {
        let movements = bar["movements"].as_array().expect("movements").iter();
        let sum: Decimal = movements.map(|movement| decimal(&movement["amount"])).sum();
        assert_eq!(sum, decimal(&bar["amount"]), "{bar:#}");
        moved += sum;
    }
    let (opening, closing) = (decimal(&waterfall["opening"]), decimal(&waterfall["closing"]));
    assert_eq!((opening, closing), (decimal(&revenue["openingMrr"]), mrr));
    assert_eq!(opening + moved, closing, "{waterfall:#}");
    let at: DateTime<Utc> = data["clock"]["now"]
        .as_str()
        .and_then(|now| now.parse().ok())
        .expect("a moment");
    world.told.push(Told { on: today, at, mrr });
}

/// Says of which relations another figure is told than was agreed.
async fn tell_apart(world: &World) {
    let query = "query($day: Date!, $of: ID!) { recurringRevenue(from: $day, to: $day, view: { selection: { contract: $of } }) { mrr } }";
    for relation in &world.relations {
        let chain = "query($id: ID!) { contract(id: $id) { renewals { id number status startsOn lastDay } } }";
        let chain = world
            .server()
            .data_with(chain, json!({ "id": relation.contract }))
            .await;
        let mut mrr = Decimal::ZERO;
        for contract in chain["contract"]["renewals"].as_array().into_iter().flatten() {
            let data = world
                .server()
                .data_with(query, json!({ "day": world.today, "of": contract["id"] }))
                .await;
            mrr += decimal(&data["recurringRevenue"]["mrr"]);
        }
        if mrr != relation.revenue_on(world.today) {
            eprintln!(
                "{mrr} instead of {}: {relation:#?} {chain:#}",
                relation.revenue_on(world.today)
            );
        }
    }
}

/// Everything that was to happen did, once; what the journal says of each relation, without ids and numbers.
pub(super) async fn all(world: &World) -> Vec<String> {
    what_was_told_stays(world).await;
    let last = last_contract_event(world).await;
    let facts = facts::read(world.server(), last).await;
    let chains = chains(&facts);
    assert_eq!(chains.len(), world.relations.len());
    let numbers: BTreeSet<&str> = facts
        .values()
        .filter_map(|facts| facts.drafted()["number"]["text"].as_str())
        .collect();
    assert_eq!(numbers.len(), facts.len(), "a number twice");
    let mut said = Vec::new();
    for relation in &world.relations {
        let chain = &chains[relation.uuid.as_str()];
        let terms = relation.terms(world.today);
        assert_eq!(chain.len(), terms.len(), "{relation:#?}: {chain:#?}");
        for (term, id) in terms.iter().zip(chain) {
            let case = Case {
                world,
                relation,
                term: *term,
                facts: &facts[*id],
            };
            case.covers_its_term();
            case.ended_once();
            case.alerted_once();
            case.billed_once();
            case.informed_once();
            said.push(masked(&facts[*id]));
        }
    }
    no_draft_too_many(world, &facts).await;
    no_letter_twice(world, &facts);
    said
}

/// Makes an event of a contract that what is read ends with; its position.
async fn last_contract_event(world: &World) -> u64 {
    let contract = &world.relations[0].contract;
    let query = "query($id: ID!) { contract(id: $id) { renewals { id } } }";
    let chain = world.server().data_with(query, json!({ "id": contract })).await;
    let newest = chain["contract"]["renewals"]
        .as_array()
        .and_then(|chain| chain.last())
        .expect("a contract")["id"]
        .clone();
    let query =
        "mutation($input: ContractAssignInput!) { contractAssign(input: $input) { position userErrors { code } } }";
    let data = world
        .server()
        .data_with(query, json!({ "input": { "id": newest } }))
        .await;
    let position = data["contractAssign"]["position"]
        .as_str()
        .and_then(|text| text.parse().ok());
    position.unwrap_or_else(|| panic!("{data:#}"))
}

/// As known when a month was over, that month is what was told then.
async fn what_was_told_stays(world: &World) {
    let query = "query($day: Date!, $at: DateTime!) {
        recurringRevenue(from: $day, to: $day, view: { knownAt: $at }) { mrr } }";
    for told in world.told.iter().filter(|told| told.on.to_string().contains("-06-")) {
        let variables = json!({ "day": told.on, "at": told.at.to_rfc3339() });
        let data = world.server().data_with(query, variables).await;
        assert_eq!(decimal(&data["recurringRevenue"]["mrr"]), told.mrr, "{told:?}");
    }
}

/// Contracts that follow each other, the first one first, by the first one's id.
fn chains(facts: &BTreeMap<String, Facts>) -> BTreeMap<&str, Vec<&str>> {
    let mut after: BTreeMap<&str, &str> = BTreeMap::new();
    for (id, facts) in facts {
        if let Some(before) = facts.follows() {
            let known = after.insert(before, id);
            assert!(known.is_none(), "{before} is followed by {known:?} and by {id}");
        }
    }
    let firsts = facts.iter().filter(|(_, facts)| facts.follows().is_none());
    let chains = firsts.map(|(first, _)| {
        let chain = std::iter::successors(Some(first.as_str()), |id| after.get(id).copied());
        (first.as_str(), chain.collect())
    });
    chains.collect()
}

/// A contract's events without what differs from history to history: ids, and numbers that are given out in the order of ids.
fn masked(facts: &Facts) -> String {
    let text = facts
        .events
        .iter()
        .map(|(kind, data)| format!("{kind} {}\n", mask(data)));
    text.collect()
}

fn mask(data: &Value) -> Value {
    match data {
        Value::Object(fields) => {
            let fields = fields.iter().filter(|(name, _)| !matches!(name.as_str(), "number" if fields.contains_key("text") || fields["number"].is_object()));
            Value::Object(fields.map(|(name, value)| (name.clone(), mask(value))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(mask).collect()),
        Value::String(text) if text.parse::<uuid::Uuid>().is_ok() => json!("an id"),
        other => other.clone(),
    }
}

/// A contract, what was agreed about it, and what happened.
struct Case<'w> {
    world: &'w World,
    relation: &'w Relation,
    term: Term,
    facts: &'w Facts,
}

impl Case<'_> {
    fn covers_its_term(&self) {
        let terms = &self.facts.drafted()["terms"];
        let agreed = (Some(self.term.starts_on), self.term.ends_on);
        assert_eq!((day(&terms["startsOn"]), day(&terms["endsOn"])), agreed, "{self}");
        assert_eq!(self.facts.count("ContractSigned"), 1, "{self}");
        let begun = self.term.starts_on <= self.world.today;
        assert_eq!(self.facts.count("ContractActivated"), usize::from(begun), "{self}");
    }

    fn ended_once(&self) {
        let over = [self.term.ends_on, self.relation.notice].into_iter().flatten().min();
        let over = over.filter(|last| *last < self.world.today);
        let left = self
            .relation
            .notice
            .is_some_and(|last| Some(last) <= self.term.ends_on || self.term.ends_on.is_none());
        let expected = [
            ("ContractRenewed", self.term.renewed),
            ("ContractTerminated", !self.term.renewed && over.is_some() && left),
            ("ContractExpired", !self.term.renewed && over.is_some() && !left),
        ];
        for (kind, expected) in expected {
            assert_eq!(self.facts.count(kind), usize::from(expected), "{kind} {self}");
        }
    }

    fn alerted_once(&self) {
        let signed_on = self.facts.signed_on().expect("a signature");
        let owed = self.relation.alerts(self.term, signed_on, self.world.today);
        let mut given = self.facts.alerts();
        given.sort_unstable();
        let once: BTreeSet<_> = given
            .iter()
            .map(|(what, date, days, _)| (what.as_str(), *date, *days))
            .collect();
        assert_eq!(once.len(), given.len(), "an alert twice: {self}");
        assert!(
            once.iter().all(|alert| owed.contains(alert)),
            "an alert too many: {self}"
        );
        let undisturbed = self.relation.notice.is_none() && !self.relation.wavered;
        if undisturbed {
            assert_eq!(once.len(), owed.len(), "{owed:?}: {self}");
        }
        for (_, date, days, raised) in &given {
            let due = before(*date, *days);
            let late = self
                .world
                .standstills
                .iter()
                .any(|(from, to)| *from <= due && due <= *to);
            match raised {
                Some(on) if late => assert!(due <= *on, "{self}"),
                Some(on) => assert!(*on == due || self.relation.wavered, "{on} instead of {due}: {self}"),
                None => assert!(late || self.relation.wavered, "{date} - {days} was skipped: {self}"),
            }
        }
    }

    fn billed_once(&self) {
        let billed = self.facts.billed();
        let mut lines = 0;
        for line in &self.relation.lines {
            let owed = self.relation.owed(self.term, line, self.world.today);
            let own = billed.range((u64::from(line.number), 0)..(u64::from(line.number) + 1, 0));
            let own: Vec<Owed> = own
                .map(|(_, (first, last, amount))| Owed {
                    first: *first,
                    last: *last,
                    amount: *amount,
                })
                .collect();
            lines += own.len();
            // A draft that was written when the end was near stands when somebody stays and what it comes to is the same.
            let shown = |owed: &Owed| (owed.first, owed.amount, (!self.relation.wavered).then_some(owed.last));
            let [own, owed] = [&own, &owed].map(|all| all.iter().map(shown).collect::<Vec<_>>());
            assert_eq!(own, owed, "line {}: {self}", line.number);
        }
        assert_eq!(lines, billed.len(), "{self}");
    }

    /// Consumers are told of the renewal within the window of C. conso. art. L215-1: three months to one month before the deadline.
    fn informed_once(&self) {
        let told = self.facts.count("ContractConsumerNotified");
        let deadline = self
            .relation
            .notice_deadline(self.term)
            .filter(|_| self.relation.customer.is_consumer);
        let Some(deadline) = deadline else {
            assert_eq!(told, 0, "{self}");
            return;
        };
        let closes = deadline - chrono::Months::new(1);
        let signed_on = self.facts.signed_on().expect("a signature");
        let undisturbed = self.relation.notice.is_none() && !self.relation.wavered;
        if !self.relation.customer.has_address {
            assert_eq!(told, 0, "{self}");
        } else if undisturbed && closes < self.world.today && signed_on <= closes {
            assert_eq!(told, 1, "{self}");
        }
        assert!(told <= 1, "{self}");
        let renewals = self
            .facts
            .of("ContractRenewed")
            .map(|data| &data["renewal"]["uninformed"]);
        for uninformed in renewals {
            assert_eq!(*uninformed == json!(true), told == 0, "{self}");
        }
    }
}

impl std::fmt::Display for Case<'_> {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let stood = &self.world.standstills;
        writeln!(
            to,
            "{:?} of {:#?} by {}; {stood:?}; {} kills",
            self.term,
            self.relation,
            self.world.today,
            self.world.kills()
        )?;
        for (kind, data) in &self.facts.events {
            writeln!(to, "{kind} {data}")?;
        }
        Ok(())
    }
}

/// Each draft of an invoice belongs to periods that a contract billed.
async fn no_draft_too_many(world: &World, facts: &BTreeMap<String, Facts>) {
    let data = world
        .server()
        .data("{ invoices(first: 1, filter: { status: { eq: DRAFT } }) { totalCount } }")
        .await;
    let drafts: usize = facts.values().map(Facts::drafts).sum();
    assert_eq!(data["invoices"]["totalCount"], json!(drafts));
}

/// Every letter that an alert or a notice to a consumer carries went out, once.
fn no_letter_twice(world: &World, facts: &BTreeMap<String, Facts>) {
    let events = facts.values().flat_map(|facts| &facts.events);
    let deliveries: Vec<&str> = events.filter_map(|(_, data)| data["delivery"].as_str()).collect();
    let once: BTreeSet<&str> = deliveries.iter().copied().collect();
    assert_eq!(once.len(), deliveries.len(), "one letter for two things");
    let outbox = world.server().workplace.path().join("data/outbox");
    let written = std::fs::read_dir(outbox).into_iter().flatten().flatten();
    let written = written
        .filter(|entry| entry.path().extension().is_some_and(|kind| kind == "eml"))
        .count();
    let quotes = facts.values().flat_map(|facts| facts.of("ContractAlertRaised"));
    let quotes = quotes.filter(|data| data["quote"].is_string()).count();
    assert_eq!(written, deliveries.len() + quotes, "letters");
}
