//! Golden files: what was ever written must be read for ever, and what is written today must not change unnoticed.
//!
//! `fixtures/events/<category>/<type>.v<version>[.<variant>].json` holds an opened payload. A file that exists is
//! never rewritten; a missing one of today's version is made with `ALFORIS_WRITE_GOLDEN=1`. When a type gets a new
//! version, its old files stay, and [`reading_of_old_versions`] says what they mean today.

use std::{
    fs,
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::{
    Currency, DealEvent, Event, Money, OrganizationEvent, OrganizationId, TaskEvent,
    deal::{Amounts, LossReason, ProductOfInterest},
    pipeline::Stage,
    task::{Due, Link, LinkCategory, Priority},
    upcast::upcast,
};
use serde_json::Value;
use uuid::Uuid;

use crate::samples::samples;

struct Golden {
    category: String,
    event_type: String,
    version: u32,
    path: PathBuf,
}

impl Golden {
    fn read(&self) -> Event {
        let payload: Value = serde_json::from_slice(&fs::read(&self.path).unwrap()).unwrap();
        let payload = upcast(&self.event_type, self.version, payload);
        Event::decode(&self.category, &serde_json::to_vec(&payload).unwrap())
            .unwrap_or_else(|error| panic!("{}: {error}", self.path.display()))
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/events")
}

fn path(event: &Event, variant: &str) -> PathBuf {
    let dot = if variant.is_empty() { "" } else { "." };
    let name = format!("{}.v{}{dot}{variant}.json", event.event_type(), event.schema_version());
    folder().join(event.category()).join(name)
}

/// As it is encoded today, in lines for people. Straight from the event, so that the order of the fields counts.
fn pretty(event: &Event) -> String {
    let lines = match event {
        Event::Organization(event) => serde_json::to_string_pretty(event),
        Event::Pipeline(event) => serde_json::to_string_pretty(event),
        Event::Contact(event) => serde_json::to_string_pretty(event),
        Event::Activity(event) => serde_json::to_string_pretty(event),
        Event::Deal(event) => serde_json::to_string_pretty(event),
        Event::Task(event) => serde_json::to_string_pretty(event),
        Event::User(event) => serde_json::to_string_pretty(event),
        Event::SavedFilter(event) => serde_json::to_string_pretty(event),
        Event::Team(event) => serde_json::to_string_pretty(event),
        Event::ApiToken(event) => serde_json::to_string_pretty(event),
        Event::TaskSeries(event) => serde_json::to_string_pretty(event),
        Event::Inbox(event) => serde_json::to_string_pretty(event),
        Event::Person(event) => serde_json::to_string_pretty(event),
        Event::Reservation(event) => serde_json::to_string_pretty(event),
        Event::Oversight(event) => serde_json::to_string_pretty(event),
        Event::Delivery(event) => serde_json::to_string_pretty(event),
        Event::Company(event) => serde_json::to_string_pretty(event),
        Event::Product(event) => serde_json::to_string_pretty(event),
        Event::NumberSeries(event) => serde_json::to_string_pretty(event),
        Event::Quote(event) => serde_json::to_string_pretty(event),
        Event::Invoice(event) => serde_json::to_string_pretty(event),
        Event::Payment(event) => serde_json::to_string_pretty(event),
        Event::Contract(event) => serde_json::to_string_pretty(event),
        Event::Accounting(event) => serde_json::to_string_pretty(event),
        Event::Import(event) => serde_json::to_string_pretty(event),
    };
    lines.unwrap() + "\n"
}

fn golden_files() -> Vec<Golden> {
    let categories = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let mut files = Vec::new();
    for category in categories.filter(|path| path.is_dir() && !path.ends_with("sealed")) {
        for path in fs::read_dir(&category).unwrap().map(|entry| entry.unwrap().path()) {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let mut parts = name.split('.');
            let event_type = parts.next().unwrap().to_owned();
            let version = parts
                .next()
                .and_then(|part| part.strip_prefix('v'))
                .and_then(|digits| digits.parse().ok());
            let version = version.unwrap_or_else(|| panic!("{name}: name it <type>.v<version>[.<variant>].json"));
            let category = category.file_name().unwrap().to_str().unwrap().to_owned();
            files.push(Golden {
                category,
                event_type,
                version,
                path,
            });
        }
    }
    files
}

/// What the golden files of versions that are no longer written mean today.
fn reading_of_old_versions() -> Vec<(&'static str, Event)> {
    let mut readings: Vec<(&'static str, Event)> = old_tasks();
    readings.extend(old_deals().into_iter().map(|(name, event)| (name, event.into())));
    readings.extend(old_organizations().map(|(name, event)| (name, event.into())));
    readings
}

fn old_deals() -> Vec<(&'static str, DealEvent)> {
    let lost = |reason, note: Option<&str>| DealEvent::DealLost {
        from: Stage::Proposition.into(),
        stage: None,
        rank: None,
        reason,
        note: note.map(str::to_owned),
    };
    vec![
        ("DealLost.v1.json", lost(LossReason::Price, Some("Trop cher"))),
        (
            "DealLost.v1.words.json",
            lost(LossReason::Other, Some("Their board wants to wait for the new plant.")),
        ),
        ("DealLost.v1.blank.json", lost(LossReason::NotRecorded, None)),
        ("DealOpened.v1.json", opened_with_everything()),
        (
            "DealOpened.v1.bare.json",
            DealEvent::DealOpened {
                title: "Deux presses pour Lyon".to_owned(),
                organization: None,
                pipeline: None,
                stage: Stage::Prospection.into(),
                rank: None,
                amounts: Amounts::default(),
                expected_close: None,
                owner: None,
                owner_name: None,
                source: None,
                products: Vec::new(),
                external_reference: None,
            },
        ),
        (
            "DealAssigned.v1.json",
            DealEvent::DealAssigned {
                owner: None,
                owner_name: Some("Paul Girard".to_owned()),
            },
        ),
        (
            "DealAssigned.v1.bare.json",
            DealEvent::DealAssigned {
                owner: None,
                owner_name: None,
            },
        ),
        (
            "DealAmountChanged.v1.json",
            DealEvent::DealAmountChanged {
                from: euros(4_850_000),
                to: euros(7_200_000),
            },
        ),
        (
            "DealAmountChanged.v1.bare.json",
            DealEvent::DealAmountChanged {
                from: Amounts::default(),
                to: Amounts::net(Money::new(500, "JPY".parse().unwrap())),
            },
        ),
        ("DealWon.v1.json", won(Stage::Negociation, euros(7_000_000))),
        ("DealWon.v1.bare.json", won(Stage::Prospection, Amounts::default())),
    ]
}

fn euros(cents: i64) -> Amounts {
    Amounts::net(Money::new(cents, Currency::EUR))
}

fn won(from: Stage, amounts: Amounts) -> DealEvent {
    DealEvent::DealWon {
        from: from.into(),
        stage: None,
        rank: None,
        amounts,
    }
}

fn opened_with_everything() -> DealEvent {
    DealEvent::DealOpened {
        title: "Deux presses pour Lyon".to_owned(),
        organization: Some(OrganizationId(uuid::Uuid::from_u128(
            0x0190_0000_0000_7000_8000_0000_0000_0001,
        ))),
        pipeline: None,
        stage: Stage::Qualification.into(),
        rank: None,
        amounts: euros(4_850_000),
        expected_close: Some("2026-06-30".parse().unwrap()),
        owner: None,
        owner_name: Some("Inès Moreau".to_owned()),
        source: None,
        products: vec![ProductOfInterest::labelled("Presse P-40")],
        external_reference: Some("OPP-1C1I7A6R".to_owned()),
    }
}

fn old_tasks() -> Vec<(&'static str, Event)> {
    let time = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    let remind_at = Some(time("2026-03-09T18:00:00.123456Z"));
    let due = Some(Due::Moment {
        at: time("2026-03-10T09:00:00Z"),
        time_zone: Tz::UTC,
    });
    let created = |remind_at, assignee: Option<&str>, links| TaskEvent::TaskCreated {
        title: "Rappeler Mme Martin".to_owned(),
        description: None,
        priority: Priority::Normal,
        due,
        remind_at,
        reminders: None,
        assignees: Vec::new(),
        assignee_name: assignee.map(str::to_owned),
        watchers: Vec::new(),
        links,
        occurrence: None,
    };
    let link = |category, number: u128| Link {
        category,
        id: Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + number),
    };
    let links = vec![link(LinkCategory::Organization, 1), link(LinkCategory::Deal, 4)];
    let assigned = |name: Option<&str>| TaskEvent::TaskAssigned {
        assignees: Vec::new(),
        assignee_name: name.map(str::to_owned),
        reminders: None,
    };
    let rescheduled = |remind_at| TaskEvent::TaskRescheduled {
        due,
        remind_at,
        reminders: None,
    };
    vec![
        (
            "TaskCreated.v1.json",
            created(remind_at, Some("Inès Moreau"), links).into(),
        ),
        ("TaskCreated.v1.bare.json", created(None, None, Vec::new()).into()),
        ("TaskAssigned.v1.json", assigned(Some("Paul Girard")).into()),
        ("TaskAssigned.v1.bare.json", assigned(None).into()),
        ("TaskRescheduled.v1.json", rescheduled(remind_at).into()),
        ("TaskRescheduled.v1.bare.json", rescheduled(None).into()),
    ]
}

/// A country in free words became a code; what was asked for only later is not known.
fn old_organizations() -> [(&'static str, OrganizationEvent); 4] {
    let registered = |country: Option<&str>, full: bool| OrganizationEvent::OrganizationRegistered {
        name: "Ateliers Martin".to_owned(),
        siren: full.then(|| "552081317".parse().unwrap()),
        sector: full.then(|| "machines".to_owned()),
        country: country.map(|code| code.parse().unwrap()),
        country_name: None,
        employees: full.then_some(120),
        annual_revenue: full.then(|| Money::new(1_250_000_000, Currency::EUR)),
        founded_year: full.then_some(1_987),
        parent: full.then(parent),
        kind: None,
        category: None,
        region: None,
        size: None,
        external_reference: full.then(|| "ACC-0042".to_owned()),
    };
    let described = |country: Option<&str>, full: bool| OrganizationEvent::OrganizationDescribed {
        sector: full.then(|| "machines".to_owned()),
        country: country.map(|code| code.parse().unwrap()),
        country_name: None,
        employees: full.then_some(130),
        annual_revenue: full.then(|| Money::new(1_300_000_000, Currency::EUR)),
        founded_year: full.then_some(1_987),
        parent: full.then(parent),
        kind: None,
        category: None,
        region: None,
        size: None,
    };
    [
        ("OrganizationRegistered.v1.json", registered(Some("FR"), true)),
        ("OrganizationRegistered.v1.bare.json", registered(None, false)),
        ("OrganizationDescribed.v1.json", described(Some("FR"), true)),
        ("OrganizationDescribed.v1.bare.json", described(None, false)),
    ]
}

fn parent() -> OrganizationId {
    OrganizationId(uuid::Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0002))
}

#[test]
fn todays_events_are_written_as_their_golden_files_say() {
    let write = std::env::var_os("ALFORIS_WRITE_GOLDEN").is_some();
    for sample in samples() {
        let path = path(&sample.event, sample.variant);
        if write && !path.exists() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, pretty(&sample.event)).unwrap();
        }
        let golden = fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}; ALFORIS_WRITE_GOLDEN=1 makes it", path.display()));
        assert_eq!(pretty(&sample.event), golden, "{}", path.display());
    }
}

#[test]
fn golden_files_are_read_as_the_events_they_hold() {
    for sample in samples() {
        let payload = fs::read(path(&sample.event, sample.variant)).unwrap();
        assert_eq!(Event::decode(sample.event.category(), &payload).unwrap(), sample.event);
    }
}

#[test]
fn every_golden_file_is_read_through_the_upcasters() {
    for golden in golden_files() {
        let event = golden.read();
        assert_eq!(event.event_type(), golden.event_type, "{}", golden.path.display());
        assert_eq!(event.category(), golden.category, "{}", golden.path.display());
    }
}

#[test]
fn old_versions_mean_today_what_they_meant() {
    let files = golden_files();
    let old: Vec<_> = files
        .iter()
        .filter(|golden| golden.version < golden.read().schema_version())
        .collect();
    let readings = reading_of_old_versions();
    assert_eq!(old.len(), readings.len());
    for (name, event) in readings {
        let golden = old
            .iter()
            .find(|golden| golden.path.ends_with(name))
            .unwrap_or_else(|| panic!("{name} is missing"));
        assert_eq!(golden.read(), event, "{name}");
    }
}

#[test]
fn every_type_and_version_has_a_golden_file() {
    let files = golden_files();
    for known in Event::types() {
        for version in 1..=known.schema_version {
            let found = files.iter().any(|file| {
                file.category == known.category && file.event_type == known.name && file.version == version
            });
            assert!(found, "no golden file of {} v{version}", known.name);
        }
    }
}

#[test]
fn event_types_have_one_meaning_each() {
    let mut names: Vec<_> = Event::types().map(|known| known.name).collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all);
}

#[test]
fn what_is_not_known_is_an_error_that_says_so() {
    let category = Event::decode("campaign", b"{}").unwrap_err().to_string();
    assert!(category.contains("`campaign`"), "{category}");
    let kind = Event::decode("deal", br#"{"DealVanished":{}}"#)
        .unwrap_err()
        .to_string();
    assert!(kind.contains("DealVanished"), "{kind}");
    assert!(Event::decode("deal", b"\xff").is_err());
}
