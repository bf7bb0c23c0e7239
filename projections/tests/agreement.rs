//! Whatever happens, in whatever order: every projection takes it, and its rows say what the aggregates know.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    Change, Currency, Deal, DealCommand, DealEvent, DealId, Decider, Event, Money, Organization, OrganizationCommand,
    OrganizationEvent, OrganizationId, PersonEvent, PersonId, Personal, PipelineId, Root, Task, TaskCommand, TaskEvent,
    UserId,
    deal::{AmountChanges, Amounts, CreditShare, DealStatus, LossReason, OpenDeal},
    local::DEFAULT_ZONE,
    organization::{ContactDetails, OrganizationStatus, Profile},
    person::ErasureGround,
    pipeline::{Probability, Stage, StageCode, StageRef},
    task::{CreateTask, Due, ReminderPlan, TaskStatus},
};
use engine::{Obligation, Projection, agenda, projection::spec::Spec};
use projections::{
    agenda::{Agenda, TASK_DAY_REMINDER, TASK_REMINDER},
    deal_parts::{self, DealParts},
    deal_stage_entries::{self, DealStageEntries},
    deals, organizations, tasks,
};
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

/// A stage of the built-in pipeline; of another one, with a code of the same meaning, now and then.
fn stage(wish: Wish) -> StageRef {
    let stage = StageRef::from(Stage::ALL[usize::from(wish.figure)]);
    if wish.what < 200 {
        return stage;
    }
    StageRef {
        pipeline: PipelineId(Uuid::from_u128(1)),
        rank: stage.rank + 1,
        ..stage
    }
}

fn closing(stage: Stage, wish: Wish) -> StageRef {
    StageRef {
        pipeline: self::stage(wish).pipeline,
        ..stage.into()
    }
}

fn deal_command(wish: Wish) -> DealCommand {
    let figure = wish.figure;
    let amount = Money::new(i64::from(figure), Currency::EUR);
    let names = |count: u8| (0..count).map(|number| format!("Watt {number}")).collect();
    match wish.what % 15 {
        0 => DealCommand::Open(OpenDeal {
            amounts: Amounts::net(amount),
            ..OpenDeal::titled("Presses", stage(wish))
        }),
        1 => DealCommand::Rename {
            title: format!("Presses {figure}"),
        },
        2 => DealCommand::Link {
            organization: OrganizationId(Uuid::from_u128(figure.into())),
        },
        3 => DealCommand::Assign {
            owner: (figure > 1).then(|| UserId(Uuid::from_u128(figure.into()))),
        },
        4 => DealCommand::ChangeAmounts {
            amounts: AmountChanges {
                net: if figure == 0 { Change::Clear } else { Change::Keep },
                gross: Change::Set(amount),
            },
        },
        5 | 9 => DealCommand::Move { stage: stage(wish) },
        6 => DealCommand::Win {
            stage: closing(Stage::Signe, wish),
            amounts: if figure > 2 {
                AmountChanges::net(amount)
            } else {
                AmountChanges::default()
            },
        },
        7 => DealCommand::Lose {
            stage: closing(Stage::Perdu, wish),
            reason: LossReason::Price,
            note: None,
        },
        10 => DealCommand::ChangePipeline { stage: stage(wish) },
        11 => DealCommand::NameCompetitors {
            competitors: names(figure),
        },
        12 => DealCommand::ShareCredit {
            shares: (figure > 1)
                .then(|| CreditShare {
                    user: UserId(Uuid::from_u128(figure.into())),
                    basis_points: 10_000,
                })
                .into_iter()
                .collect(),
        },
        13 => DealCommand::EstimateProbability {
            probability: (figure > 1).then_some(Probability::CERTAIN),
        },
        _ => DealCommand::Reopen { stage: stage(wish) },
    }
}

fn task_command(wish: Wish) -> TaskCommand {
    let figure = wish.figure;
    let due = Some(Due::Moment {
        at: time(figure + 1),
        time_zone: DEFAULT_ZONE,
    });
    let remind_at = (figure > 1).then(|| time(figure));
    let user = UserId(Uuid::from_u128(figure.into()));
    let plan = ReminderPlan::usual(DEFAULT_ZONE);
    match wish.what % 11 {
        0 | 1 => TaskCommand::Create(CreateTask {
            remind_at,
            reminders: (figure > 2).then_some(plan),
            ..CreateTask::titled("Call", due)
        }),
        2 => TaskCommand::Reschedule {
            due,
            remind_at,
            reminders: if figure > 3 { Change::Set(plan) } else { Change::Keep },
        },
        3 => TaskCommand::Remind {
            due: time(figure),
            day: None,
        },
        4 => TaskCommand::Complete,
        5 => TaskCommand::Reopen,
        6 => TaskCommand::Assign {
            assignees: vec![user],
            assignee_name: None,
            reminders: Change::Keep,
            time_zone: None,
        },
        7 => TaskCommand::Start,
        8 => TaskCommand::Watch { user },
        9 => TaskCommand::Link {
            link: DealId(user.0).into(),
        },
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
            prop_assert_eq!(Some(row.stage.as_str()), deal.stage().map(StageCode::as_str));
            prop_assert_eq!(Some(row.pipeline_id), deal.pipeline().map(Uuid::from));
            prop_assert_eq!(Some(row.status.as_str()), deal.status().map(DealStatus::as_str));
            prop_assert_eq!(row.amount_net_minor, deal.amounts().net.map(|amount| amount.minor_units));
            prop_assert_eq!(row.amount_gross_minor, deal.amounts().gross.map(|amount| amount.minor_units));
            prop_assert_eq!(row.owner_id, deal.owner().map(Uuid::from));
            if row.status == "OPEN" {
                prop_assert_eq!(
                    row.probability,
                    deal.estimated_probability().map(|probability| probability.get().into())
                );
            }
            prop_assert_eq!(row.organization_id, deal.organization().map(Uuid::from));
            prop_assert_eq!(row.closed_at.is_some(), row.status != "OPEN");
            prop_assert_eq!(row.lost_reason.is_some(), row.status == "LOST");
            prop_assert_eq!(row.version as usize, histories.iter().filter(|(id, _)| *id == row.id).count());
        }
        let stays = spec(DealStageEntries, "deal", &histories).rows::<deal_stage_entries::Entity>();
        for stay in stays.iter().filter(|stay| stay.left_at.is_none()) {
            prop_assert_eq!(Some(stay.stage.as_str()), aggregates[&stay.deal_id].stage().map(StageCode::as_str));
            prop_assert_eq!(Some(stay.pipeline_id), aggregates[&stay.deal_id].pipeline().map(Uuid::from));
        }
        prop_assert_eq!(stays.iter().filter(|stay| stay.left_at.is_none()).count(), aggregates.len());
        let competitors = spec(DealParts, "deal", &histories).rows::<deal_parts::competitors::Entity>();
        let credits = spec(DealParts, "deal", &histories).rows::<deal_parts::credits::Entity>();
        for (id, deal) in &aggregates {
            prop_assert_eq!(competitors.iter().filter(|row| row.deal_id == *id).count(), deal.competitors().len());
            prop_assert_eq!(credits.iter().filter(|row| row.deal_id == *id).count(), deal.credit().len());
        }
    }

    #[test]
    fn tasks_and_their_reminders_are_shown_as_they_are(wishes in wishes()) {
        let (aggregates, histories): (BTreeMap<Uuid, Task>, Vec<(Uuid, TaskEvent)>) = live(&wishes, task_command);
        for row in spec(tasks::Tasks, "task", &histories).rows::<tasks::Entity>() {
            let task = &aggregates[&row.id];
            prop_assert_eq!(Some(row.status.as_str()), task.status().map(TaskStatus::as_str));
            prop_assert_eq!(row.due_at, task.due().and_then(Due::instant).map(|due| due.timestamp_micros()));
            let details = task.details().unwrap();
            let spec = spec(tasks::Tasks, "task", &histories);
            let own = spec.rows::<tasks::assignees::Entity>().into_iter().filter(|one| one.task_id == row.id);
            let assignees: Vec<_> = own.map(|one| UserId(one.user_id)).collect();
            prop_assert_eq!(&assignees, &details.assignees);
            let links = spec.rows::<tasks::links::Entity>().into_iter().filter(|one| one.task_id == row.id);
            prop_assert_eq!(links.count(), details.links.len());
        }
        let obligations = spec(Agenda, "task", &histories).rows::<agenda::entity::Entity>();
        let of_kind = |kind| obligations.iter().filter(move |one| one.kind == kind);
        let due: BTreeMap<_, _> = of_kind(TASK_REMINDER).map(|one| (one.stream_id, Obligation::due(one))).collect();
        for (id, task) in &aggregates {
            prop_assert_eq!(due.get(id).copied(), task.armed_for());
            let own = of_kind(TASK_DAY_REMINDER).filter(|one| one.stream_id == *id);
            let mut own: Vec<_> = own.map(|one| (Obligation::due(one), one.key.clone())).collect();
            own.sort_unstable();
            let armed: Vec<_> = task.armed().iter().map(|one| (one.at, one.day.to_string())).collect();
            prop_assert_eq!(own, armed);
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
