//! From commands to rows: the whole way through bus, journal, codec, worker and database.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use domain::{
    Activity, ActivityCommand, AttachedFile, BlobHash, Contact, ContactCommand, ContactId, Currency, Deal, DealCommand,
    DealId, Event, FileDescription, FileId, Money, Organization, OrganizationCommand, OrganizationId, Person,
    PersonCommand, PersonId, Personal, SavedFilter, SavedFilterCommand, Stage, Task, TaskCommand, TaskId, TaskSeries,
    TaskSeriesCommand, UserId,
    activity::{About, ActivityWords, ContentInput, RecordActivity},
    contact::{AddContact, PersonDetails},
    deal::{AmountChanges, Amounts, LossReason, OpenDeal},
    local::DEFAULT_ZONE,
    organization::{ContactDetails, Profile},
    person::ErasureGround,
    saved_filter::{FilteredList, Sharing},
    task::{CreateTask, Details, Due},
    task_series::{Pattern, Template},
};
use engine::{AsOf, Basis, CommandContext, Erasure, ErasureHook, Obligation, ViewHandle, Views, ViewsOptions, agenda};
use journal::Position;
use projections::{
    activities, attachments, contacts, deal_stage_entries, deals, erased_persons, notifications, organizations,
    saved_filters, task_series, tasks,
};
use sea_orm::{DatabaseConnection, EntityTrait, QueryOrder};
use tokio::{sync::oneshot, task::JoinHandle};
use uuid::Uuid;

use crate::{
    place::{Place, on_both},
    world::{World, noon},
};

on_both!(
    rows_follow_the_commands,
    views_rebuilt_are_the_same,
    an_erased_person_is_gone_from_rows_and_the_past,
);

const PATIENCE: Duration = Duration::from_secs(30);
const ZOE: Uuid = Uuid::from_u128(0xE0E);

/// Everything there is to see.
#[derive(Debug, PartialEq)]
struct Shown {
    organizations: Vec<organizations::Model>,
    deals: Vec<deals::Model>,
    stays: Vec<deal_stage_entries::Model>,
    tasks: Vec<tasks::Model>,
    assignees: Vec<tasks::assignees::Model>,
    links: Vec<tasks::links::Model>,
    contacts: Vec<contacts::Model>,
    activities: Vec<activities::Model>,
    attachments: Vec<attachments::Model>,
    series: Vec<task_series::Model>,
    notifications: Vec<notifications::Model>,
    saved_filters: Vec<saved_filters::Model>,
    erased: Vec<erased_persons::Model>,
    agenda: Vec<Obligation>,
}

async fn shown(views: &ViewHandle) -> Shown {
    let connection = &views.connection;
    let agenda = agenda::entity::Entity::find().order_by_asc(agenda::entity::Column::Id);
    Shown {
        organizations: organizations::Entity::find()
            .order_by_asc(organizations::Column::Id)
            .all(connection)
            .await
            .unwrap(),
        deals: deals::Entity::find()
            .order_by_asc(deals::Column::Id)
            .all(connection)
            .await
            .unwrap(),
        stays: deal_stage_entries::Entity::find()
            .order_by_asc(deal_stage_entries::Column::Id)
            .all(connection)
            .await
            .unwrap(),
        tasks: tasks::Entity::find()
            .order_by_asc(tasks::Column::Id)
            .all(connection)
            .await
            .unwrap(),
        assignees: tasks::assignees::Entity::find()
            .order_by_asc(tasks::assignees::Column::Id)
            .all(connection)
            .await
            .unwrap(),
        links: tasks::links::Entity::find()
            .order_by_asc(tasks::links::Column::Id)
            .all(connection)
            .await
            .unwrap(),
        contacts: all::<contacts::Entity>(connection, contacts::Column::Id).await,
        activities: all::<activities::Entity>(connection, activities::Column::Id).await,
        attachments: all::<attachments::Entity>(connection, attachments::Column::Id).await,
        series: all::<task_series::Entity>(connection, task_series::Column::Id).await,
        notifications: all::<notifications::Entity>(connection, notifications::Column::Id).await,
        saved_filters: all::<saved_filters::Entity>(connection, saved_filters::Column::Id).await,
        erased: all::<erased_persons::Entity>(connection, erased_persons::Column::PersonId).await,
        agenda: agenda.all(connection).await.unwrap(),
    }
}

/// Every row of a table, in the order of its key.
async fn all<E: EntityTrait>(connection: &DatabaseConnection, key: E::Column) -> Vec<E::Model> {
    E::find().order_by_asc(key).all(connection).await.unwrap()
}

/// Views with their worker.
pub(crate) struct Live {
    views: Arc<Views<Event>>,
    stop: Option<oneshot::Sender<()>>,
    worker: JoinHandle<()>,
}

impl Live {
    pub(crate) async fn start(world: &World) -> Self {
        Self::start_at(world, &world.place.views_url()).await
    }

    async fn start_at(world: &World, url: &str) -> Self {
        let (journal, codec) = (world.journal.clone(), world.codec.clone());
        let options = ViewsOptions {
            as_of_folder: Some(world.place.folder.path().join("past")),
            ..ViewsOptions::default()
        };
        let views = Views::open(url, journal, codec, projections::all(), world.clock.clone(), options)
            .await
            .unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let worker = tokio::spawn({
            let views = views.clone();
            async move {
                let until = async {
                    // Dropped or sent: either means stop.
                    let _ = stopped.await;
                };
                views.run(until).await.unwrap();
            }
        });
        Self {
            views,
            stop: Some(stop),
            worker,
        }
    }

    pub(crate) async fn at_head(&self, world: &World) -> ViewHandle {
        let head = world.journal.head().await.unwrap().position;
        self.views.wait_for(head, PATIENCE).await.unwrap()
    }

    pub(crate) async fn stop(mut self) {
        drop(self.stop.take());
        self.worker.await.unwrap();
    }
}

/// Some weeks of a small company's life: deterministic, and touching every kind of event.
async fn tell_a_story(world: &World) {
    let euros = |euros: i64| Money::new(euros * 100, Currency::EUR);
    for number in 0..30_u128 {
        let (organization, deal, task) = (
            Uuid::from_u128(0x100 + number),
            Uuid::from_u128(0x200 + number),
            Uuid::from_u128(0x300 + number),
        );
        let register = OrganizationCommand::Register {
            name: format!("Société {number}"),
            siren: None,
            profile: Profile {
                employees: Some(number as u32),
                ..Profile::default()
            },
            external_reference: None,
        };
        world.execute::<Organization>(organization, register).await;
        let details = ContactDetails {
            name: format!("Zoé Martin {number}"),
            email: Some(format!("zoe{number}@martin.example")),
            phone: None,
        };
        let person = PersonId(if number % 3 == 0 {
            ZOE
        } else {
            Uuid::from_u128(0x400 + number)
        });
        let contact = Personal::new(person, details);
        world
            .execute::<Organization>(organization, OrganizationCommand::NameContact { contact })
            .await;
        let open = OpenDeal {
            organization: Some(OrganizationId(organization)),
            amounts: Amounts::net(euros(1_000 + number as i64)),
            ..OpenDeal::titled(format!("Affaire {number}"), Stage::Prospection)
        };
        world.execute::<Deal>(deal, DealCommand::Open(open)).await;
        let due = noon() + TimeDelta::days(number as i64);
        let moment = Due::Moment {
            at: due,
            time_zone: DEFAULT_ZONE,
        };
        let create = CreateTask {
            details: Details {
                assignees: vec![UserId(Uuid::from_u128(0x500 + number))],
                links: vec![DealId(deal).into()],
                ..Details::titled(format!("Rappeler {number}"))
            },
            remind_at: Some(due - TimeDelta::hours(1)),
            ..CreateTask::titled("", Some(moment))
        };
        world.execute::<Task>(task, TaskCommand::Create(create)).await;
        if number % 10 == 0 {
            tell_of_people(world, number).await;
        }
        world.clock.advance(TimeDelta::hours(7));
        world
            .execute::<Deal>(
                deal,
                DealCommand::Move {
                    stage: Stage::Proposition.into(),
                },
            )
            .await;
        match number % 4 {
            0 => {
                world
                    .execute::<Deal>(
                        deal,
                        DealCommand::Win {
                            stage: Stage::Signe.into(),
                            amounts: AmountChanges::net(euros(900)),
                        },
                    )
                    .await;
                world
                    .execute::<Organization>(organization, OrganizationCommand::MarkCustomer)
                    .await;
                world.execute::<Task>(task, TaskCommand::Complete).await;
            }
            1 => {
                let lose = DealCommand::Lose {
                    stage: Stage::Perdu.into(),
                    reason: LossReason::Price,
                    note: None,
                };
                world.execute::<Deal>(deal, lose).await;
                world.execute::<Task>(task, TaskCommand::Cancel { reason: None }).await;
            }
            2 => {
                world
                    .execute::<Task>(
                        task,
                        TaskCommand::Remind {
                            due: due - TimeDelta::hours(1),
                            day: None,
                        },
                    )
                    .await;
            }
            _ => {}
        }
    }
}

/// What else there is: people, what passed between them and us, files, rules, filters.
async fn tell_of_people(world: &World, number: u128) {
    let id = |group: u128| Uuid::from_u128(group * 0x100 + number);
    let (contact, activity, series, task) = (id(6), id(7), id(8), id(9));
    let details = PersonDetails {
        last_name: Some(format!("Martin {number}")),
        emails: vec![format!("martin{number}@martin.example")],
        ..PersonDetails::default()
    };
    let person = PersonId(ZOE);
    let add = AddContact::known_by(Personal::new(person, details));
    world
        .execute::<Contact>(contact, ContactCommand::Add(Box::new(add)))
        .await;
    let record = RecordActivity {
        content: ContentInput::Note,
        about: About {
            contact: Some(ContactId(contact)),
            ..About::default()
        },
        words: ActivityWords {
            subject: Some(format!("Note {number}")),
            body: None,
        },
        person: Some(person),
        author: None,
        external_reference: None,
    };
    world
        .execute::<Activity>(activity, ActivityCommand::Record(Box::new(record)))
        .await;
    let attach = AttachedFile {
        file: FileId(id(10)),
        blob: BlobHash([number as u8; 32]),
        size: 12,
        description: FileDescription {
            name: "Offre.pdf".to_owned(),
            media_type: "application/pdf".to_owned(),
        },
    };
    world
        .execute::<Activity>(activity, ActivityCommand::AttachFile(attach))
        .await;
    let first = Due::Date(noon().date_naive());
    let start = TaskSeriesCommand::Start {
        task: TaskId(task),
        pattern: Pattern::new("FREQ=WEEKLY".parse().unwrap(), first),
        template: Template {
            details: Details::titled("Relever"),
            reminders: None,
        },
        exceptions: Vec::new(),
    };
    world.execute::<TaskSeries>(series, start).await;
    let save = SavedFilterCommand::Save {
        name: format!("Filtre {number}"),
        list: FilteredList::Deals,
        filter: "{}".to_owned(),
        sharing: Sharing::Everybody,
        owner: None,
    };
    world.execute::<SavedFilter>(id(11), save).await;
}

async fn erase_zoe(world: &World, views: &Arc<Views<Event>>) -> Position {
    let hooks: Vec<Arc<dyn ErasureHook>> = vec![views.clone()];
    let erasure = Erasure::new(world.bus.clone(), "person", hooks);
    let context = CommandContext::new("test", Uuid::now_v7(), "user:test");
    let command = PersonCommand::Erase {
        person: PersonId(ZOE),
        ground: ErasureGround::Request,
    };
    erasure.erase::<Person>(&context, ZOE, command).await.unwrap().position
}

async fn rows_follow_the_commands(place: Place) {
    let world = World::at(place).await;
    let live = Live::start(&world).await;
    tell_a_story(&world).await;
    let shown = shown(&live.at_head(&world).await).await;
    assert_eq!(
        (shown.organizations.len(), shown.deals.len(), shown.tasks.len()),
        (30, 30, 30)
    );
    // The main contacts, and those with a stream of their own.
    assert_eq!(shown.contacts.len(), 30 + 3);
    assert_eq!(
        (
            shown.activities.len(),
            shown.attachments.len(),
            shown.series.len(),
            shown.saved_filters.len()
        ),
        (3, 3, 3, 3)
    );
    assert!(!shown.notifications.is_empty());
    assert_eq!(shown.contacts[0].emails().len(), 1);
    let with_status = |status: &str| shown.deals.iter().filter(|deal| deal.status == status).count();
    assert_eq!(
        (with_status("WON"), with_status("LOST"), with_status("OPEN")),
        (8, 8, 14)
    );
    // Opened and moved on, and half of them closed.
    assert_eq!(shown.stays.len(), 30 + 30 + 16);
    let won: i64 = shown
        .deals
        .iter()
        .filter(|deal| deal.status == "WON")
        .filter_map(|deal| deal.amount_net_minor)
        .sum();
    assert_eq!(won, 8 * 90_000);
    // Of thirty reminders fifteen were finished with their tasks and seven given.
    assert_eq!(shown.agenda.len(), 30 - 16 - 7);
    live.stop().await;
}

async fn views_rebuilt_are_the_same(place: Place) {
    let world = World::at(place).await;
    let live = Live::start(&world).await;
    tell_a_story(&world).await;
    erase_zoe(&world, &live.views).await;
    let grown = shown(&live.at_head(&world).await).await;
    live.views.rebuild(None).await.unwrap();
    assert_eq!(shown(&live.at_head(&world).await).await, grown);
    live.stop().await;
    let elsewhere = format!("sqlite:{}", world.place.folder.path().join("others.db").display());
    let anew = Live::start_at(&world, &elsewhere).await;
    assert_eq!(shown(&anew.at_head(&world).await).await, grown);
    anew.stop().await;
}

async fn an_erased_person_is_gone_from_rows_and_the_past(place: Place) {
    let world = World::at(place).await;
    let live = Live::start(&world).await;
    tell_a_story(&world).await;
    let before = shown(&live.at_head(&world).await).await;
    let named = |shown: &Shown| {
        shown
            .organizations
            .iter()
            .filter(|row| row.contact_name.is_some())
            .count()
    };
    assert_eq!(named(&before), 30);

    erase_zoe(&world, &live.views).await;
    let after = shown(&live.at_head(&world).await).await;
    assert_eq!(named(&after), 20);
    let zoes: Vec<_> = after
        .organizations
        .iter()
        .filter(|row| row.contact_person == Some(ZOE))
        .collect();
    assert_eq!(zoes.len(), 10);
    assert!(
        zoes.iter()
            .all(|row| row.contact_name.is_none() && row.contact_email.is_none())
    );

    assert_eq!(after.erased.len(), 1);
    let hers: Vec<_> = after.contacts.iter().filter(|row| row.person_id == ZOE).collect();
    assert_eq!(hers.len(), 10 + 3);
    assert!(
        hers.iter()
            .all(|row| row.erased && row.full_name.is_none() && row.emails.is_none())
    );
    assert!(after.activities.iter().all(|row| row.erased && row.subject.is_none()));
    assert!(after.attachments.iter().all(|row| row.erased && row.name.is_none()));

    let as_of = AsOf {
        moment: noon() + TimeDelta::hours(8),
        basis: Basis::Effective,
    };
    let past = shown(&past(&live, as_of).await).await;
    assert_eq!(past.organizations.len(), 2);
    assert_eq!(named(&past), 1, "Zoé was the contact of the first");

    live.stop().await;
}

#[tokio::test]
async fn an_erased_person_is_gone_from_every_file() {
    let world = World::at(Place::sqlite()).await;
    let live = Live::start(&world).await;
    tell_a_story(&world).await;
    live.at_head(&world).await;
    assert_ne!(
        files_that_hold(&world, "zoe0@martin.example"),
        Vec::<String>::new(),
        "the search itself works"
    );
    erase_zoe(&world, &live.views).await;
    live.stop().await;
    assert_eq!(files_that_hold(&world, "zoe0@martin.example"), Vec::<String>::new());
    assert_ne!(
        files_that_hold(&world, "zoe1@martin.example"),
        Vec::<String>::new(),
        "others stay"
    );
}

/// An imported history may date a change before the beginning of what it changes.
#[tokio::test]
async fn what_had_not_begun_is_not_in_the_past_whatever_its_changes_say() {
    let world = World::at(Place::sqlite()).await;
    let live = Live::start(&world).await;
    let deal = Uuid::from_u128(1);
    let on = |day: i64| noon() + TimeDelta::days(day);
    let context = |day| CommandContext::new("test", Uuid::now_v7(), "user:test").occurred_at(on(day));
    let open = DealCommand::Open(OpenDeal::titled("Presses", Stage::Prospection));
    world.bus.execute::<Deal>(&context(-10), deal, open).await.unwrap();
    world
        .bus
        .execute::<Deal>(
            &context(-20),
            deal,
            DealCommand::Win {
                stage: Stage::Signe.into(),
                amounts: AmountChanges::default(),
            },
        )
        .await
        .unwrap();
    live.at_head(&world).await;
    let on_day = |day| AsOf {
        moment: on(day),
        basis: Basis::Effective,
    };
    let between = shown(&past(&live, on_day(-15)).await).await;
    assert_eq!(between.deals, Vec::<deals::Model>::new());
    let after = shown(&past(&live, on_day(-5)).await).await;
    assert_eq!(after.deals[0].status, "WON");
    live.stop().await;
}

/// The views as of an earlier moment, once they are built.
async fn past(live: &Live, as_of: AsOf) -> ViewHandle {
    loop {
        match live.views.as_of(as_of).await {
            Ok(handle) => return handle,
            Err(engine::ViewsError::AsOfBuilding { .. }) => tokio::time::sleep(Duration::from_millis(20)).await,
            Err(error) => panic!("{error}"),
        }
    }
}

/// Files of the world that contain the text, wherever they lie. A file that goes away meanwhile holds nothing.
fn files_that_hold(world: &World, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![world.place.folder.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if std::fs::read(&path)
                .unwrap_or_default()
                .windows(text.len())
                .any(|window| window == text.as_bytes())
            {
                found.push(path.display().to_string());
            }
        }
    }
    found
}
