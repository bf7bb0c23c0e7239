//! Whatever happens, in whatever order: every projection takes it, and its rows say what the aggregates know.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    Currency, Deal, DealCommand, DealEvent, Decider, Event, Money, Organization, OrganizationCommand,
    OrganizationEvent, OrganizationId, PersonEvent, PersonId, Personal, Root, Stage, Task, TaskCommand, TaskEvent,
    deal::{DealStatus, LossReason, OpenDeal},
    organization::{ContactDetails, OrganizationStatus, Profile},
    person::ErasureGround,
    task::{CreateTask, TaskStatus},
};
use engine::{Obligation, Projection, agenda, projection::spec::Spec};
use projections::{agenda::Agenda, deals, organizations, tasks};
use proptest::{collection::vec, prelude::*};
use uuid::Uuid;

use crate::world::noon;

/// What somebody wishes: of which of a few aggregates, what, and with which figure.
#[derive(Debug, Clone, Copy)]
struct Wish {
    of: u128,
    what: u8,
    figure: u8,
}

fn wishes() -> impl Strategy<Value = Vec<Wish>> {
    let wish = (0_u128..3, any::<u8>(), 0_u8..5).prop_map(|(of, what, figure)| Wish { of, what, figure });
    vec(wish, 0..60)
}

fn time(figure: u8) -> DateTime<Utc> {
    noon() + TimeDelta::days(figure.into())
}

fn stage(figure: u8) -> Stage {
    Stage::ALL[usize::from(figure)]
}

fn deal_command(wish: Wish) -> DealCommand {
    let figure = wish.figure;
    let amount = Money::new(i64::from(figure), Currency::EUR);
    match wish.what % 9 {
        0 => DealCommand::Open(OpenDeal {
            amount: Some(amount),
            ..OpenDeal::titled("Presses", stage(figure))
        }),
        1 => DealCommand::Rename {
            title: format!("Presses {figure}"),
        },
        2 => DealCommand::Link {
            organization: OrganizationId(Uuid::from_u128(figure.into())),
        },
        3 => DealCommand::Assign {
            owner: (figure > 1).then(|| format!("Seller {figure}")),
        },
        4 => DealCommand::ChangeAmount { amount },
        5 => DealCommand::Move { stage: stage(figure) },
        6 => DealCommand::Win {
            amount: (figure > 2).then_some(amount),
        },
        7 => DealCommand::Lose {
            reason: LossReason::Price,
            note: None,
        },
        _ => DealCommand::Reopen { stage: stage(figure) },
    }
}

fn task_command(wish: Wish) -> TaskCommand {
    let (due, remind_at) = (time(wish.figure + 1), (wish.figure > 1).then(|| time(wish.figure)));
    match wish.what % 6 {
        0 | 1 => TaskCommand::Create(CreateTask {
            remind_at,
            ..CreateTask::titled("Call", due)
        }),
        2 => TaskCommand::Reschedule { due, remind_at },
        3 => TaskCommand::Remind { due: time(wish.figure) },
        4 => TaskCommand::Complete,
        _ => TaskCommand::Cancel { reason: None },
    }
}

fn organization_command(wish: Wish) -> OrganizationCommand {
    let details = ContactDetails {
        name: format!("Contact {}", wish.figure),
        email: None,
        phone: None,
    };
    let person = PersonId(Uuid::from_u128(wish.figure.into()));
    match wish.what % 7 {
        0 | 1 => OrganizationCommand::Register {
            name: format!("Martin {}", wish.figure),
            siren: None,
            profile: Profile::default(),
            external_reference: None,
        },
        2 => OrganizationCommand::Rename {
            name: format!("Durand {}", wish.figure),
        },
        3 => OrganizationCommand::NameContact {
            contact: Personal::new(person, details),
        },
        4 => OrganizationCommand::RemoveContact,
        5 => OrganizationCommand::MarkCustomer,
        _ => OrganizationCommand::MarkFormer,
    }
}

/// Aggregates by id, and every event of theirs in order.
type Lives<D> = (BTreeMap<Uuid, Root<D>>, Vec<(Uuid, <D as Decider>::Event)>);

/// Grants the wishes that the aggregates do not refuse.
fn live<D: Decider>(wishes: &[Wish], command: impl Fn(Wish) -> D::Command) -> Lives<D> {
    let mut histories = Vec::new();
    for wish in wishes {
        let id = Uuid::from_u128(wish.of);
        let own = histories.iter().filter(|(of, _)| *of == id).map(|(_, event)| event);
        let events = Root::<D>::replay(own).decide(command(*wish)).unwrap_or_default();
        histories.extend(events.into_iter().map(|event| (id, event)));
    }
    let mut aggregates = BTreeMap::new();
    for (id, _) in &histories {
        let own = histories.iter().filter(|(of, _)| of == id).map(|(_, event)| event);
        aggregates.insert(*id, Root::replay(own));
    }
    (aggregates, histories)
}

fn spec<E: Clone + Into<Event>>(
    projection: impl Projection<Event>,
    category: &str,
    histories: &[(Uuid, E)],
) -> Spec<Event> {
    let events = histories.iter().cloned();
    events.fold(Spec::of(projection), |spec, (id, event)| {
        spec.given(category, id, event)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn deals_are_shown_as_they_are(wishes in wishes()) {
        let (aggregates, histories): (BTreeMap<Uuid, Deal>, Vec<(Uuid, DealEvent)>) = live(&wishes, deal_command);
        let rows = spec(deals::Deals, "deal", &histories).rows::<deals::Entity>();
        prop_assert_eq!(rows.len(), aggregates.len());
        for row in rows {
            let deal = &aggregates[&row.id];
            prop_assert_eq!(Some(row.title.as_str()), deal.title());
            prop_assert_eq!(Some(row.stage.as_str()), deal.stage().map(Stage::as_str));
            prop_assert_eq!(Some(row.status.as_str()), deal.status().map(DealStatus::as_str));
            prop_assert_eq!(row.amount_minor, deal.amount().map(|amount| amount.minor_units));
            prop_assert_eq!(row.owner.as_deref(), deal.owner());
            prop_assert_eq!(row.organization_id, deal.organization().map(Uuid::from));
            prop_assert_eq!(row.closed_at.is_some(), row.status != "OPEN");
            prop_assert_eq!(row.lost_reason.is_some(), row.status == "LOST");
            prop_assert_eq!(row.version as usize, histories.iter().filter(|(id, _)| *id == row.id).count());
        }
    }

    #[test]
    fn tasks_and_their_reminders_are_shown_as_they_are(wishes in wishes()) {
        let (aggregates, histories): (BTreeMap<Uuid, Task>, Vec<(Uuid, TaskEvent)>) = live(&wishes, task_command);
        for row in spec(tasks::Tasks, "task", &histories).rows::<tasks::Entity>() {
            let task = &aggregates[&row.id];
            prop_assert_eq!(Some(row.status.as_str()), task.status().map(TaskStatus::as_str));
            prop_assert_eq!(Some(row.due_at), task.due().map(|due| due.timestamp_micros()));
        }
        let obligations = spec(Agenda, "task", &histories).rows::<agenda::entity::Entity>();
        let due: BTreeMap<_, _> = obligations.iter().map(|one| (one.stream_id, Obligation::due(one))).collect();
        for (id, task) in &aggregates {
            prop_assert_eq!(due.get(id).copied(), task.armed_for());
        }
    }

    #[test]
    fn organizations_are_shown_as_they_are(wishes in wishes(), erased in 0_u128..5) {
        let (aggregates, histories): (BTreeMap<Uuid, Organization>, Vec<(Uuid, OrganizationEvent)>) =
            live(&wishes, organization_command);
        let person = Uuid::from_u128(erased);
        let erasure = PersonEvent::PersonErased { person: PersonId(person), ground: ErasureGround::Request };
        let spec = spec(organizations::Organizations, "organization", &histories).given("person", person, erasure);
        let rows = spec.rows::<organizations::Entity>();
        prop_assert_eq!(rows.len(), aggregates.len());
        for row in rows {
            let organization = &aggregates[&row.id];
            prop_assert_eq!(Some(row.name.as_str()), organization.name());
            prop_assert_eq!(Some(row.status.as_str()), organization.status().map(OrganizationStatus::as_str));
            prop_assert_eq!(row.contact_person, organization.contact().map(Uuid::from));
            let known = row.contact_person.is_some_and(|contact| contact != person);
            prop_assert_eq!(row.contact_name.is_some(), known);
        }
    }
}
