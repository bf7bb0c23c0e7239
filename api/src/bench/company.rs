//! A company of a size that small and mid-size companies do not reach: what a benchmark's server is asked about.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    Currency, Event, Language, Money, OrganizationEvent, OrganizationId, Personal, Role, TaskEvent, UserEvent, UserId,
    deal::{Amounts, DealEvent, LossReason, ProductOfInterest},
    pipeline::Stage,
    task::{Due, Link, LinkCategory, Priority},
    user::{UserDetails, person_of},
};
use engine::Codec;
use futures::{StreamExt, TryStreamExt, stream};
use journal::{Journal, NewEvent, StreamId, Timestamp};
use uuid::Uuid;

use super::workload::{batch_to, recorded};

const DEALS_PER_ORGANIZATION: usize = 10;
const USERS: usize = 50;
/// How far back its history reaches.
const DAYS: i64 = 730;
/// Appends in flight while a journal is filled.
const IN_FLIGHT: usize = 64;

/// What there is to ask for.
pub(super) struct Company {
    pub(super) deals: Vec<Uuid>,
    pub(super) organizations: Vec<Uuid>,
    pub(super) users: Vec<Uuid>,
}

const TRADES: [&str; 12] = [
    "Boulangerie",
    "Garage",
    "Menuiserie",
    "Clinique",
    "Imprimerie",
    "Transports",
    "Fonderie",
    "Brasserie",
    "Papeterie",
    "Scierie",
    "Verrerie",
    "Laiterie",
];
const PLACES: [&str; 16] = [
    "Besançon",
    "Nîmes",
    "Quimper",
    "Évreux",
    "Béziers",
    "Mâcon",
    "Angers",
    "Pau",
    "Metz",
    "Dax",
    "Arras",
    "Gap",
    "Sète",
    "Laval",
    "Niort",
    "Vichy",
];
const WORKS: [&str; 10] = [
    "Toiture solaire",
    "Ombrière de parking",
    "Pompe à chaleur",
    "Audit énergétique",
    "Bornes de recharge",
    "Isolation du hangar",
    "Contrat d'entretien",
    "Chaudière à granulés",
    "Éclairage à diodes",
    "Stockage par batteries",
];

impl Company {
    /// Writes a history of about so many events: a tenth of them deals that are opened.
    pub(super) async fn fill(journal: &Arc<dyn Journal>, codec: &Codec<Event>, events: usize) -> anyhow::Result<Self> {
        let deals = (events / 10).max(100);
        let ids = |count: usize| (0..count).map(|_| Uuid::now_v7()).collect::<Vec<_>>();
        let company = Self {
            deals: ids(deals),
            organizations: ids((deals / DEALS_PER_ORGANIZATION).max(10)),
            users: ids(USERS),
        };
        for number in 0..company.users.len() {
            let (stream, event) = company.user(number);
            let event = codec.encode(&event, Uuid::now_v7(), begin().into()).await?;
            journal.append(batch_to(stream, vec![event])).await?;
        }
        let organizations = (0..company.organizations.len()).map(|number| company.organization(number));
        let deals = (0..company.deals.len()).map(|number| company.deal(number));
        let tasks = (0..company.deals.len()).step_by(2).map(|number| company.task(number));
        stream::iter(organizations.chain(deals).chain(tasks))
            .map(|(stream, history)| journal.append(batch_to(stream, history)))
            .buffer_unordered(IN_FLIGHT)
            .try_for_each(|_| async { Ok(()) })
            .await?;
        Ok(company)
    }

    fn user(&self, number: usize) -> (StreamId, UserEvent) {
        let id = self.users[number];
        let details = UserDetails {
            name: format!("Camille Vendeur {number}"),
            email: format!("camille{number}@energie.example"),
        };
        let event = UserEvent::UserRegistered {
            user: UserId(id),
            details: Personal::new(person_of(UserId(id)), details),
            role: Role::Sales,
            language: Language::French,
            time_zone: chrono_tz::Europe::Paris,
        };
        (StreamId::new("user", id), event)
    }

    fn organization(&self, number: usize) -> (StreamId, Vec<NewEvent>) {
        let name = format!(
            "{} {} {number}",
            TRADES[number % TRADES.len()],
            PLACES[number / TRADES.len() % PLACES.len()]
        );
        let event = OrganizationEvent::OrganizationRegistered {
            name,
            siren: None,
            sector: Some(TRADES[number % TRADES.len()].to_owned()),
            country: None,
            country_name: None,
            employees: Some((number % 400) as u32),
            annual_revenue: None,
            founded_year: None,
            parent: None,
            kind: None,
            category: None,
            region: Some(PLACES[number % PLACES.len()].to_owned()),
            size: None,
            external_reference: None,
        };
        let id = self.organizations[number];
        (
            StreamId::new("organization", id),
            vec![recorded(&event.into(), begin().into())],
        )
    }

    /// Nine events: it is opened, planned, valued, moves to and fro, and two of three end.
    fn deal(&self, number: usize) -> (StreamId, Vec<NewEvent>) {
        let work = WORKS[number % WORKS.len()];
        let place = PLACES[number / WORKS.len() % PLACES.len()];
        let amounts = |of: usize| Amounts::net(Money::new((of as i64 * 7_919 % 25_000_000) + 50_000, Currency::EUR));
        let opened = begin() + TimeDelta::minutes(DAYS * 24 * 60 * number as i64 / self.deals.len() as i64);
        let expected = opened.date_naive() + TimeDelta::days(30 + number as i64 % 300);
        let moved = |from: Stage, to: Stage| {
            Event::from(DealEvent::DealMoved {
                from: from.into(),
                to: to.into(),
                rank: None,
            })
        };
        let (first, second) = (Stage::Prospection, Stage::Qualification);
        let mut history = vec![
            Event::from(DealEvent::DealOpened {
                title: format!("{work} {place}, lot {number}"),
                organization: Some(OrganizationId(self.organizations[number % self.organizations.len()])),
                pipeline: None,
                stage: Stage::Prospection.into(),
                rank: None,
                amounts: amounts(number),
                expected_close: Some(expected),
                owner: Some(UserId(self.users[number % USERS])),
                owner_name: None,
                source: None,
                products: vec![ProductOfInterest::labelled(work)],
                external_reference: Some(format!("A-{number}")),
            }),
            moved(first, second),
            DealEvent::DealNextStepPlanned {
                text: Some("Appeler le client".to_owned()),
            }
            .into(),
            DealEvent::DealAmountChanged {
                from: amounts(number),
                to: amounts(number + 1),
            }
            .into(),
            DealEvent::DealCloseExpected {
                date: expected.succ_opt(),
            }
            .into(),
            moved(second, first),
            moved(first, second),
            DealEvent::DealCompetitorsNamed {
                competitors: vec![format!("Concurrent {}", number % 30)],
            }
            .into(),
        ];
        match number % 3 {
            0 => history.push(moved(second, first)),
            1 => history.push(
                DealEvent::DealWon {
                    from: second.into(),
                    stage: None,
                    rank: None,
                    amounts: amounts(number + 1),
                }
                .into(),
            ),
            _ => history.push(
                DealEvent::DealLost {
                    from: second.into(),
                    stage: None,
                    rank: None,
                    reason: LossReason::Price,
                    note: None,
                }
                .into(),
            ),
        }
        let happened = (0..).map(|day| Timestamp::from(opened + TimeDelta::days(day)));
        let events = history.iter().zip(happened).map(|(event, time)| recorded(event, time));
        (StreamId::new("deal", self.deals[number]), events.collect())
    }

    fn task(&self, deal: usize) -> (StreamId, Vec<NewEvent>) {
        let created = begin() + TimeDelta::minutes(DAYS * 24 * 60 * deal as i64 / self.deals.len() as i64);
        let event = TaskEvent::TaskCreated {
            title: format!(
                "Relancer {} pour {}",
                PLACES[deal % PLACES.len()],
                WORKS[deal % WORKS.len()]
            ),
            description: None,
            priority: Priority::Normal,
            due: Some(Due::Date(created.date_naive() + TimeDelta::days(20))),
            remind_at: None,
            reminders: None,
            assignees: vec![UserId(self.users[deal % USERS])],
            assignee_name: None,
            watchers: Vec::new(),
            links: vec![Link {
                category: LinkCategory::Deal,
                id: self.deals[deal],
            }],
            occurrence: None,
        };
        (
            StreamId::new("task", Uuid::now_v7()),
            vec![recorded(&event.into(), created.into())],
        )
    }
}

fn begin() -> DateTime<Utc> {
    Utc::now() - TimeDelta::days(DAYS)
}
