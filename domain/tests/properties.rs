//! Whatever is asked in whatever order: no panic, no half-taken command, and a history that leads back to the state.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use cqrs_es::Aggregate;
use domain::{
    Activity, ApiToken, ApiTokenCommand, AttachedFile, BlobHash, Change, Contact, Contract, Currency, Deal,
    DealCommand, Decider, Delivery, DeliveryCommand, Event, FileDescription, FileId, Import, ImportCommand, Inbox,
    InboxCommand, Language, Money, Organization, OrganizationCommand, OrganizationId, Oversight, OversightCommand,
    Person, PersonCommand, PersonId, Personal, Pipeline, PipelineCommand, PipelineId, Refusal, Reservation,
    ReservationCommand, Role, Root, SavedFilter, SavedFilterCommand, Siren, Stage, Task, TaskCommand, TaskId,
    TaskSeries, TaskSeriesCommand, Team, TeamCommand, TeamId, User, UserCommand, UserId,
    deal::{AmountChanges, Amounts, CreditShare, DealSource, LossReason, OpenDeal, ProductOfInterest, SourceKind},
    delivery::{Abandonment, Addressee, Content, Letter, Link, OnDoubt, QueueDelivery},
    import::{ImportCounts, ImportKind, ImportedFile, QueueImport},
    inbox::NotificationKind,
    organization::{ContactDetails, Profile, ProfileChanges},
    person::ErasureGround,
    pipeline::{Names, NewPipeline, NewStage, Probability, StageCode, StageKind, StageRef},
    recurrence::Rule,
    reservation::ReservationKind,
    saved_filter::{FilteredList, Sharing},
    task::{self, CreateTask, Details, Due, LinkCategory, Priority, ReminderPlan},
    task_series::{Pattern, SeriesChanges, Template},
    upcast::{UPCASTERS, upcast},
    user::{RegisterUser, UserDetails, Visibility},
};
use futures::executor::block_on;
use proptest::{collection::vec, option, prelude::*, sample::select, test_runner::TestCaseError};
use serde_json::Value;
use uuid::Uuid;

mod contracts;
mod people;

/// A file that somebody sent.
fn file() -> impl Strategy<Value = AttachedFile> {
    (uuid(), text(), any::<u64>()).prop_map(|(file, name, size)| AttachedFile {
        file: FileId(file),
        blob: BlobHash([7; 32]),
        size: size % 2_000,
        description: FileDescription {
            name,
            media_type: "image/png".to_owned(),
        },
    })
}

/// Puts commands to an aggregate one after the other, as the command bus does, and checks after each.
fn live<D: Decider>(commands: Vec<D::Command>) -> Result<(), TestCaseError>
where
    Event: From<D::Event>,
{
    let mut aggregate = Root::<D>::default();
    let mut history = Vec::new();
    for command in commands {
        let before = aggregate.clone();
        let decided = before.decide(command.clone());
        let sink = cqrs_es::event_sink::EventSink::default();
        if let Err(refusal) = block_on(aggregate.handle(command, &(), &sink)) {
            prop_assert_eq!(&aggregate, &before, "a refusal left a trace");
            prop_assert!(decided.is_err());
            is_well_said(&refusal)?;
            continue;
        }
        let events = block_on(sink.collect());
        prop_assert!(decided.is_ok_and(|decided| decided == events), "deciding twice differs");
        if events.is_empty() {
            prop_assert_eq!(&aggregate, &before, "the state moved without an event");
        }
        history.extend(events);
        prop_assert_eq!(
            &aggregate,
            &Root::replay(&history),
            "the history does not lead to the state"
        );
    }
    for event in history {
        survives_storage(event.into())?;
    }
    let stored = serde_json::to_vec(&aggregate).unwrap();
    prop_assert_eq!(serde_json::from_slice::<Root<D>>(&stored).unwrap(), aggregate);
    Ok(())
}

fn is_well_said(refusal: &impl Refusal) -> Result<(), TestCaseError> {
    let code = refusal.code();
    prop_assert!(
        code.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_'),
        "{}",
        code
    );
    let (english, french) = (refusal.message(Language::English), refusal.message(Language::French));
    prop_assert_eq!(&english, &refusal.to_string());
    prop_assert!(!french.is_empty() && english != french);
    prop_assert!(
        english.ends_with('.') && french.ends_with('.'),
        "{} / {}",
        english,
        french
    );
    Ok(())
}

fn survives_storage(event: Event) -> Result<(), TestCaseError> {
    let stored = event.encode().unwrap();
    let value: Value = serde_json::from_slice(&stored).unwrap();
    let tags: Vec<_> = value.as_object().unwrap().keys().collect();
    prop_assert_eq!(
        tags,
        [event.event_type()],
        "the payload is not tagged with the event's type"
    );
    let read = Event::decode(event.category(), &stored).unwrap();
    prop_assert_eq!(&read.encode().unwrap(), &stored);
    prop_assert_eq!(read, event);
    Ok(())
}

/// Mostly what people type, sometimes what they should not.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[A-Za-zÀ-ÿ0-9 '.,-]{0,30}",
        1 => any::<String>(),
        1 => select(vec!["", " ", "\u{0}", "a\nb", "=1+1", "ada@martin.example", "+33 1 23 45 67 89"]).prop_map(str::to_owned),
        1 => (0_usize..5_000).prop_map(|length| "x".repeat(length)),
    ]
}

fn money() -> impl Strategy<Value = Money> {
    let units = prop_oneof![3 => 0_i64..10_000_000, 1 => any::<i64>()];
    let currency = select(vec!["EUR", "JPY", "TND"]).prop_map(|code| code.parse::<Currency>().unwrap());
    (units, currency).prop_map(|(units, currency)| Money::new(units, currency))
}

/// Few, so that commands meet the same ones again.
fn uuid() -> impl Strategy<Value = Uuid> {
    (0_u128..4).prop_map(Uuid::from_u128)
}

fn date() -> impl Strategy<Value = NaiveDate> {
    let days = prop_oneof![3 => 20_000_i32..20_010, 1 => any::<i32>()];
    days.prop_map(|days| NaiveDate::from_epoch_days(days).unwrap_or(NaiveDate::MAX))
}

fn time() -> impl Strategy<Value = DateTime<Utc>> {
    let seconds = prop_oneof![4 => 1_770_000_000_i64..1_770_000_004, 1 => any::<i64>()];
    seconds.prop_map(|seconds| DateTime::from_timestamp(seconds, 0).unwrap_or(DateTime::<Utc>::MAX_UTC))
}

/// Mostly of the built-in pipeline; sometimes of another one, retired or archived.
fn stage() -> impl Strategy<Value = StageRef> {
    let built_in = select(Stage::ALL.to_vec()).prop_map(StageRef::from);
    let odd = (
        stage_code(),
        select(StageKind::ALL.to_vec()),
        1_u16..9,
        any::<(bool, bool)>(),
    );
    let odd = odd.prop_map(|(code, kind, rank, (retired, archived))| StageRef {
        pipeline: PipelineId(Uuid::from_u128(1)),
        code,
        kind,
        rank,
        retired,
        archived,
    });
    prop_oneof![4 => built_in, 2 => odd]
}

fn stage_code() -> impl Strategy<Value = StageCode> {
    select(vec!["A", "B", "C", "WON", "LOST", "PROSPECTION"]).prop_map(|code| StageCode::parse("code", code).unwrap())
}

fn probability() -> impl Strategy<Value = Probability> {
    (0_i64..=100).prop_map(|percent| Probability::percent("probability", percent).unwrap())
}

fn names() -> impl Strategy<Value = Names> {
    (text(), option::of(text())).prop_map(|(fr, en)| Names { fr, en })
}

fn new_stage() -> impl Strategy<Value = NewStage> {
    let fields = (stage_code(), names(), select(StageKind::ALL.to_vec()), probability());
    fields.prop_map(|(code, name, kind, probability)| NewStage {
        code,
        name,
        kind,
        probability,
    })
}

fn pipeline_command() -> impl Strategy<Value = PipelineCommand> {
    let create = (names(), vec(new_stage(), 0..6))
        .prop_map(|(name, stages)| PipelineCommand::Create(NewPipeline { name, stages }));
    prop_oneof![
        1 => create,
        2 => Just(PipelineCommand::Adopt),
        1 => names().prop_map(|name| PipelineCommand::Rename { name }),
        3 => (new_stage(), option::of(stage_code()))
            .prop_map(|(stage, before)| PipelineCommand::AddStage { stage, before }),
        1 => (stage_code(), names()).prop_map(|(code, name)| PipelineCommand::RenameStage { code, name }),
        1 => vec(stage_code(), 0..8).prop_map(|codes| PipelineCommand::ReorderStages { codes }),
        1 => (stage_code(), probability())
            .prop_map(|(code, probability)| PipelineCommand::ChangeProbability { code, probability }),
        2 => stage_code().prop_map(|code| PipelineCommand::RetireStage { code }),
        1 => stage_code().prop_map(|code| PipelineCommand::RestoreStage { code }),
        1 => Just(PipelineCommand::Archive),
        1 => Just(PipelineCommand::Restore),
    ]
}

fn change<T: std::fmt::Debug + Clone + 'static>(
    value: impl Strategy<Value = T> + 'static,
) -> impl Strategy<Value = Change<T>> {
    prop_oneof![Just(Change::Keep), Just(Change::Clear), value.prop_map(Change::Set)]
}

fn amount_changes() -> impl Strategy<Value = AmountChanges> {
    (change(money()), change(money())).prop_map(|(net, gross)| AmountChanges { net, gross })
}

fn user() -> impl Strategy<Value = UserId> {
    uuid().prop_map(UserId)
}

fn source() -> impl Strategy<Value = Option<DealSource>> {
    let known = (select(SourceKind::ALL.to_vec()), option::of(text()));
    option::of(known.prop_map(|(kind, detail)| DealSource { kind, detail }))
}

fn products() -> impl Strategy<Value = Vec<ProductOfInterest>> {
    let product = (text(), option::of(-5_i64..500), option::of(money()));
    let product = product.prop_map(|(label, quantity, amount)| ProductOfInterest {
        label,
        quantity: quantity.map(|tenths| rust_decimal::Decimal::new(tenths, 1)),
        amount,
    });
    vec(product, 0..3)
}

fn shares() -> impl Strategy<Value = Vec<CreditShare>> {
    let parts = select(vec![
        vec![],
        vec![10_000],
        vec![7_500, 2_500],
        vec![5_000, 4_999],
        vec![0, 10_000],
    ]);
    (parts, vec(user(), 2)).prop_map(|(parts, users)| {
        let pairs = parts.into_iter().zip(users);
        pairs
            .map(|(basis_points, user)| CreditShare { user, basis_points })
            .collect()
    })
}

fn deal_command() -> impl Strategy<Value = DealCommand> {
    let open = (
        text(),
        option::of(uuid()),
        stage(),
        (option::of(money()), option::of(money())),
        option::of(date()),
        (option::of(user()), option::of(text())),
        (source(), products()),
    );
    let open = open.prop_map(
        |(title, organization, stage, (net, gross), expected_close, (owner, owner_name), (source, products))| {
            DealCommand::Open(OpenDeal {
                organization: organization.map(OrganizationId),
                amounts: Amounts { net, gross },
                expected_close,
                owner,
                owner_name,
                source,
                products,
                ..OpenDeal::titled(title, stage)
            })
        },
    );
    let reason = select(LossReason::ALL.to_vec());
    let details = prop_oneof![
        option::of(user()).prop_map(|owner| DealCommand::Assign { owner }),
        shares().prop_map(|shares| DealCommand::ShareCredit { shares }),
        option::of(date()).prop_map(|date| DealCommand::ExpectClose { date }),
        option::of(probability()).prop_map(|probability| DealCommand::EstimateProbability { probability }),
        products().prop_map(|products| DealCommand::NameProducts { products }),
        vec(text(), 0..3).prop_map(|competitors| DealCommand::NameCompetitors { competitors }),
        source().prop_map(|source| DealCommand::SetSource { source }),
        option::of(text()).prop_map(|text| DealCommand::PlanNextStep { text }),
        vec(text(), 0..3).prop_map(|tags| DealCommand::Tag { tags }),
        vec(text(), 0..3).prop_map(|tags| DealCommand::AddTags { tags }),
        vec(text(), 0..3).prop_map(|tags| DealCommand::RemoveTags { tags }),
        file().prop_map(DealCommand::AttachFile),
        uuid().prop_map(|file| DealCommand::DetachFile { file: FileId(file) }),
    ];
    prop_oneof![
        3 => open,
        1 => text().prop_map(|title| DealCommand::Rename { title }),
        1 => uuid().prop_map(|id| DealCommand::Link { organization: OrganizationId(id) }),
        4 => details,
        2 => amount_changes().prop_map(|amounts| DealCommand::ChangeAmounts { amounts }),
        3 => stage().prop_map(|stage| DealCommand::Move { stage }),
        1 => stage().prop_map(|stage| DealCommand::ChangePipeline { stage }),
        1 => (stage(), amount_changes()).prop_map(|(stage, amounts)| DealCommand::Win { stage, amounts }),
        1 => (stage(), reason, option::of(text()))
            .prop_map(|(stage, reason, note)| DealCommand::Lose { stage, reason, note }),
        2 => stage().prop_map(|stage| DealCommand::Reopen { stage }),
    ]
}

/// What is known replaces, what is not known clears, and some is left alone.
fn amending(profile: Profile) -> ProfileChanges {
    ProfileChanges {
        sector: profile.sector.map_or(Change::Clear, Change::Set),
        employees: profile.employees.map_or(Change::Keep, Change::Set),
        founded_year: profile.founded_year.map_or(Change::Clear, Change::Set),
        ..ProfileChanges::default()
    }
}

fn profile() -> impl Strategy<Value = Profile> {
    let fields = (
        option::of(text()),
        option::of(any::<u32>()),
        option::of(money()),
        option::of(any::<i32>()),
        uuid(),
    );
    fields.prop_map(|(sector, employees, annual_revenue, founded_year, parent)| Profile {
        country: sector.clone(),
        sector,
        employees,
        annual_revenue,
        founded_year,
        parent: Some(OrganizationId(parent)),
        ..Profile::default()
    })
}

fn contact() -> impl Strategy<Value = Personal<ContactDetails>> {
    let known = (uuid(), text(), option::of(text()), option::of(text())).prop_map(|(person, name, email, phone)| {
        Personal::new(PersonId(person), ContactDetails { name, email, phone })
    });
    prop_oneof![5 => known, 1 => uuid().prop_map(|person| Personal::Erased { person: PersonId(person) })]
}

fn organization_command() -> impl Strategy<Value = OrganizationCommand> {
    let siren = || {
        option::of(select(vec!["552081317", "356000000"]))
            .prop_map(|siren| siren.map(|digits| digits.parse::<Siren>().unwrap()))
    };
    let register = (
        text(),
        siren(),
        prop_oneof![Just(Profile::default()), profile()],
        option::of(text()),
    );
    prop_oneof![
        2 => register.prop_map(|(name, siren, profile, external_reference)| {
            OrganizationCommand::Register { name, siren, profile, external_reference }
        }),
        1 => text().prop_map(|name| OrganizationCommand::Rename { name }),
        1 => profile().prop_map(|profile| OrganizationCommand::Describe { profile }),
        1 => profile().prop_map(|profile| OrganizationCommand::Amend { changes: amending(profile) }),
        1 => siren().prop_map(people::identify),
        4 => people::organization_command(),
        1 => contact().prop_map(|contact| OrganizationCommand::NameContact { contact }),
        1 => Just(OrganizationCommand::RemoveContact),
        1 => Just(OrganizationCommand::MarkCustomer),
        1 => Just(OrganizationCommand::MarkFormer),
    ]
}

fn zone() -> impl Strategy<Value = Tz> {
    select(vec![Tz::Europe__Paris, Tz::UTC, Tz::Pacific__Apia])
}

fn due() -> impl Strategy<Value = Due> {
    prop_oneof![
        date().prop_map(Due::Date),
        (time(), zone()).prop_map(|(at, time_zone)| Due::Moment { at, time_zone }),
    ]
}

fn plan() -> impl Strategy<Value = ReminderPlan> {
    (vec(-3_i8..3, 0..4), zone()).prop_map(|(days, time_zone)| ReminderPlan {
        days,
        ..ReminderPlan::usual(time_zone)
    })
}

fn people() -> impl Strategy<Value = Vec<UserId>> {
    vec(uuid().prop_map(UserId), 0..4)
}

fn record() -> impl Strategy<Value = task::Link> {
    (select(LinkCategory::ALL.to_vec()), uuid()).prop_map(|(category, id)| task::Link { category, id })
}

fn details() -> impl Strategy<Value = Details> {
    let fields = (
        text(),
        option::of(text()),
        people(),
        option::of(text()),
        people(),
        vec(record(), 0..3),
    );
    fields.prop_map(
        |(title, description, assignees, assignee_name, watchers, links)| Details {
            title,
            description,
            priority: Priority::High,
            assignees,
            assignee_name,
            watchers,
            links,
        },
    )
}

fn task_command() -> impl Strategy<Value = TaskCommand> {
    let create = (details(), option::of(due()), option::of(time()), option::of(plan()));
    let create = create.prop_map(|(details, due, remind_at, reminders)| {
        TaskCommand::Create(CreateTask {
            details,
            due,
            remind_at,
            reminders,
            occurrence: None,
        })
    });
    let assign = (people(), option::of(text()), change(plan()), option::of(zone()));
    let assign = assign.prop_map(|(assignees, assignee_name, reminders, time_zone)| TaskCommand::Assign {
        assignees,
        assignee_name,
        reminders,
        time_zone,
    });
    let reschedule = (option::of(due()), option::of(time()), change(plan()));
    let reschedule = reschedule.prop_map(|(due, remind_at, reminders)| TaskCommand::Reschedule {
        due,
        remind_at,
        reminders,
    });
    let moved = prop_oneof![
        Just(TaskCommand::Start),
        Just(TaskCommand::PutBack),
        Just(TaskCommand::Complete),
        Just(TaskCommand::Reopen),
        option::of(text()).prop_map(|reason| TaskCommand::Cancel { reason }),
    ];
    let detailed = prop_oneof![
        text().prop_map(|title| TaskCommand::Rename { title }),
        option::of(text()).prop_map(|description| TaskCommand::Describe { description }),
        select(Priority::ALL.to_vec()).prop_map(|priority| TaskCommand::Prioritize { priority }),
        uuid().prop_map(|user| TaskCommand::Watch { user: UserId(user) }),
        uuid().prop_map(|user| TaskCommand::Unwatch { user: UserId(user) }),
        record().prop_map(|link| TaskCommand::Link { link }),
        record().prop_map(|link| TaskCommand::Unlink { link }),
        file().prop_map(TaskCommand::AttachFile),
        uuid().prop_map(|file| TaskCommand::DetachFile { file: FileId(file) }),
        select(vec!["5", "1", "05"]).prop_map(|rank| TaskCommand::Rank {
            rank: rank.parse().unwrap()
        }),
    ];
    prop_oneof![
        3 => create,
        3 => detailed,
        2 => assign,
        3 => reschedule,
        3 => moved,
        2 => (time(), option::of(-3_i8..3)).prop_map(|(due, day)| TaskCommand::Remind { due, day }),
        1 => (time(), -3_i8..3).prop_map(|(due, day)| TaskCommand::LetLapse { due, day }),
    ]
}

fn series_command() -> impl Strategy<Value = TaskSeriesCommand> {
    let rule = || {
        let rules = vec![
            "FREQ=DAILY",
            "FREQ=MONTHLY;COUNT=3",
            "FREQ=WEEKLY;BYDAY=MO",
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        ];
        select(rules).prop_map(|rule| rule.parse::<Rule>().unwrap())
    };
    let start = (rule(), due(), details(), option::of(plan()), vec(date(), 0..3));
    let start = start.prop_map(
        |(rule, first, details, reminders, exceptions)| TaskSeriesCommand::Start {
            task: TaskId(Uuid::from_u128(1)),
            pattern: Pattern::new(rule, first),
            template: Template { details, reminders },
            exceptions,
        },
    );
    let changes = (
        option::of(rule()),
        option::of(due()),
        option::of(text()),
        change(plan()),
    );
    let changes = changes.prop_map(|(rule, first, title, reminders)| {
        TaskSeriesCommand::Change(SeriesChanges {
            rule,
            first,
            title,
            reminders,
            ..SeriesChanges::default()
        })
    });
    prop_oneof![
        3 => start,
        3 => changes,
        2 => date().prop_map(|date| TaskSeriesCommand::SkipDate { date }),
        3 => (0_u32..5, date()).prop_map(|(number, scheduled)| TaskSeriesCommand::Advance {
            task: TaskId(Uuid::from_u128(number.into())),
            number,
            scheduled,
        }),
        1 => Just(TaskSeriesCommand::End),
        1 => Just(TaskSeriesCommand::Exhaust),
    ]
}

fn user_command() -> impl Strategy<Value = UserCommand> {
    let role = || select(Role::ALL.to_vec());
    let by = || option::of(uuid().prop_map(UserId));
    let details = || (text(), text()).prop_map(|(name, email)| UserDetails { name, email });
    let register = (uuid(), details(), role()).prop_map(|(user, details, role)| {
        UserCommand::Register(RegisterUser {
            user: UserId(user),
            details,
            role,
            language: Language::French,
            time_zone: chrono_tz::Europe::Paris,
        })
    });
    prop_oneof![
        3 => register,
        1 => (uuid(), details()).prop_map(|(user, details)| UserCommand::Describe { user: UserId(user), details }),
        2 => (role(), by()).prop_map(|(role, by)| UserCommand::ChangeRole { role, by }),
        1 => option::of(select(Visibility::ALL.to_vec()))
            .prop_map(|visibility| UserCommand::ChangeVisibility { visibility }),
        1 => select(Language::ALL.to_vec())
            .prop_map(|language| UserCommand::Prefer { language, time_zone: chrono_tz::Europe::Paris }),
        2 => (by(), by()).prop_map(|(by, successor)| UserCommand::Deactivate { by, successor }),
        1 => Just(UserCommand::Reactivate),
        1 => Just(UserCommand::NotePassword),
        1 => any::<bool>().prop_map(|enabled| UserCommand::NoteSecondFactor { enabled }),
        1 => Just(UserCommand::NoteSignedOutEverywhere),
    ]
}

fn saved_filter_command() -> impl Strategy<Value = SavedFilterCommand> {
    let sharing = || {
        prop_oneof![
            Just(Sharing::Nobody),
            uuid().prop_map(|team| Sharing::Team(TeamId(team))),
            Just(Sharing::Everybody),
        ]
    };
    prop_oneof![
        2 => (text(), text(), sharing()).prop_map(|(name, filter, sharing)| SavedFilterCommand::Save {
            name,
            list: FilteredList::Deals,
            filter,
            sharing,
            owner: None,
        }),
        3 => (option::of(text()), option::of(text()), option::of(sharing()))
            .prop_map(|(name, filter, sharing)| SavedFilterCommand::Change { name, filter, sharing }),
        1 => Just(SavedFilterCommand::Remove),
    ]
}

fn team_command() -> impl Strategy<Value = TeamCommand> {
    prop_oneof![
        2 => text().prop_map(|name| TeamCommand::Form { name }),
        1 => text().prop_map(|name| TeamCommand::Rename { name }),
        3 => uuid().prop_map(|member| TeamCommand::Add { member: UserId(member) }),
        3 => uuid().prop_map(|member| TeamCommand::Remove { member: UserId(member) }),
        1 => Just(TeamCommand::Disband),
    ]
}

fn api_token_command() -> impl Strategy<Value = ApiTokenCommand> {
    let issue = (text(), uuid(), option::of(time()), time());
    prop_oneof![
        issue.prop_map(|(name, owner, expires_at, now)| ApiTokenCommand::Issue {
            name,
            owner: UserId(owner),
            role: Role::Analyst,
            expires_at,
            now,
        }),
        Just(ApiTokenCommand::Revoke),
    ]
}

fn reservation_command() -> impl Strategy<Value = ReservationCommand> {
    let kind = ReservationKind::OrganizationSiren;
    prop_oneof![
        uuid().prop_map(move |holder| ReservationCommand::Reserve { kind, holder }),
        uuid().prop_map(|holder| ReservationCommand::Release { holder }),
    ]
}

fn import_command() -> impl Strategy<Value = ImportCommand> {
    let counts = || {
        (any::<u64>(), any::<u64>(), any::<u64>()).prop_map(|(total, taken, refused)| ImportCounts {
            total,
            taken,
            refused,
            ..ImportCounts::default()
        })
    };
    let attempt = || 0_u32..4;
    let queue = (text(), text(), text(), any::<u64>()).prop_map(|(name, source, mapping, size)| {
        let media_type = "text/csv".to_owned();
        ImportCommand::Queue(Box::new(QueueImport {
            kind: ImportKind::Deals,
            file: ImportedFile {
                blob: BlobHash([0; 32]),
                size: size % 1_000,
                description: FileDescription { name, media_type },
            },
            source,
            mapping,
            user: None,
        }))
    });
    prop_oneof![
        4 => queue,
        3 => attempt().prop_map(|attempt| ImportCommand::Begin { attempt }),
        2 => (attempt(), counts()).prop_map(|(attempt, counts)| ImportCommand::Progress { attempt, counts }),
        1 => (attempt(), counts())
            .prop_map(|(attempt, counts)| ImportCommand::Finish { attempt, counts, report: None }),
        1 => (attempt(), text(), text(), counts()).prop_map(|(attempt, code, reason, counts)| ImportCommand::Fail {
            attempt,
            code,
            reason,
            counts,
            report: None,
        }),
        1 => (attempt(), counts()).prop_map(|(attempt, counts)| ImportCommand::Stop { attempt, counts, report: None }),
        1 => Just(ImportCommand::Cancel),
        1 => Just(ImportCommand::RemoveFiles),
    ]
}

fn queued_delivery() -> impl Strategy<Value = QueueDelivery> {
    let addressee = (uuid(), text(), option::of(text()), vec((text(), text()), 0..3)).prop_map(
        |(person, email, name, variables)| {
            let variables = variables.into_iter().collect();
            Personal::new(PersonId(person), Addressee { name, email, variables })
        },
    );
    let addressee = prop_oneof![
        5 => addressee,
        1 => uuid().prop_map(|person| Personal::Erased { person: PersonId(person) }),
    ];
    let fields = (
        text(),
        addressee,
        option::of(text()),
        select(OnDoubt::ALL.to_vec()),
        option::of(time()),
    );
    fields.prop_map(|(template, addressee, path, on_doubt, expires_at)| QueueDelivery {
        content: Content::letter(Letter {
            template,
            language: Language::French,
            addressee,
            link: path.clone().map(|path| Link { path, token: None }),
            code: None,
            enclosures: Vec::new(),
        }),
        subject: path,
        on_doubt,
        expires_at,
    })
}

fn delivery_command() -> impl Strategy<Value = DeliveryCommand> {
    let attempt = || 0_u32..4;
    let cause = select(Abandonment::ALL.to_vec());
    prop_oneof![
        3 => queued_delivery().prop_map(DeliveryCommand::Queue),
        6 => (attempt(), time()).prop_map(|(attempt, at)| DeliveryCommand::Attempt { attempt, at }),
        2 => attempt().prop_map(|attempt| DeliveryCommand::Succeed { attempt }),
        3 => (attempt(), time(), text())
            .prop_map(|(attempt, until, reason)| DeliveryCommand::Defer { attempt, until, reason }),
        2 => (attempt(), text(), any::<bool>())
            .prop_map(|(attempt, reason, permanent)| DeliveryCommand::Fail { attempt, reason, permanent }),
        2 => attempt().prop_map(|attempt| DeliveryCommand::Hold { attempt }),
        1 => cause.prop_map(|cause| DeliveryCommand::Abandon { cause }),
        2 => Just(DeliveryCommand::Requeue),
        1 => Just(DeliveryCommand::Confirm),
        1 => option::of(text()).prop_map(|reason| DeliveryCommand::Cancel { reason }),
    ]
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        let keys = select(vec![
            "DealLost",
            "DealOpened",
            "DealWon",
            "amount",
            "owner",
            "product",
            "OrganizationRegistered",
            "country",
            "reason",
            "note",
            "from",
            "$erased",
            "$personal",
            "person",
        ]);
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            vec((keys, inner), 0..6).prop_map(|fields| {
                fields
                    .into_iter()
                    .map(|(key, value)| (key.to_owned(), value))
                    .collect::<serde_json::Map<_, _>>()
                    .into()
            }),
        ]
    })
}

proptest! {
    #[test]
    fn deals_bear_any_commands(commands in vec(deal_command(), 0..40)) {
        live::<<Deal as std::ops::Deref>::Target>(commands)?;
    }

    #[test]
    fn contracts_bear_any_commands(commands in vec(contracts::contract_command(), 0..40)) {
        live::<<Contract as std::ops::Deref>::Target>(commands.clone())?;
        let mut state = <Contract as std::ops::Deref>::Target::default();
        for command in commands {
            for event in state.decide(command).unwrap_or_default() {
                state.evolve(&event);
            }
            // Whatever is read off it bears any state, too.
            let on = NaiveDate::from_ymd_opt(2027, 5, 31).unwrap();
            let _ = (state.due_billing(on), state.prepaid_income(on), state.obligations(), state.revenue_steps());
            let _ = (state.alerts_to_skip(on), state.alerts_due(on), state.mrr_on(on));
            let _ = state.renewal_plan(domain::ContractId(Uuid::nil()), &[]);
        }
    }

    #[test]
    fn pipelines_bear_any_commands(commands in vec(pipeline_command(), 0..40)) {
        live::<<Pipeline as std::ops::Deref>::Target>(commands)?;
    }

    #[test]
    fn organizations_bear_any_commands(commands in vec(organization_command(), 0..40)) {
        live::<<Organization as std::ops::Deref>::Target>(commands)?;
    }

    #[test]
    fn tasks_bear_any_commands(commands in vec(task_command(), 0..40)) {
        live::<<Task as std::ops::Deref>::Target>(commands)?;
    }

    #[test]
    fn users_bear_any_commands(commands in vec(user_command(), 0..40)) {
        live::<<User as std::ops::Deref>::Target>(commands)?;
    }

    #[test]
    fn saved_filters_bear_any_commands(commands in vec(saved_filter_command(), 0..40)) {
        live::<<SavedFilter as std::ops::Deref>::Target>(commands)?;
    }

    #[test]
    fn teams_bear_any_commands(commands in vec(team_command(), 0..40)) {
        live::<<Team as std::ops::Deref>::Target>(commands)?;
    }

    #[test]
    fn api_tokens_bear_any_commands(commands in vec(api_token_command(), 0..20)) {
        live::<<ApiToken as std::ops::Deref>::Target>(commands)?;
    }

    #[test]
    fn inboxes_bear_any_commands(commands in vec((0_u8..5, vec(0_u64..6, 0..4)), 0..40)) {
        let kind = NotificationKind::TaskReminder;
        let command = |(what, positions): (u8, Vec<u64>)| match what {
            0 => InboxCommand::MarkRead { positions },
            1 => InboxCommand::MarkUnread { positions },
            2 => InboxCommand::MarkAllRead { up_to: positions.len() as u64 },
            3 => InboxCommand::Mute { kind },
            _ => InboxCommand::Unmute { kind },
        };
        live::<<Inbox as std::ops::Deref>::Target>(commands.into_iter().map(command).collect())?;
    }

    #[test]
    fn series_of_tasks_bear_any_commands(commands in vec(series_command(), 0..40)) {
        live::<<TaskSeries as std::ops::Deref>::Target>(commands)?;
    }

    #[test]
    fn imports_bear_any_commands(commands in vec(import_command(), 0..40)) {
        live::<<Import as std::ops::Deref>::Target>(commands)?;
    }

    #[test]
    fn reservations_bear_any_commands(commands in vec(reservation_command(), 0..40)) {
        live::<<Reservation as std::ops::Deref>::Target>(commands)?;
    }

    #[test]
    fn persons_bear_any_commands(persons in vec(uuid(), 0..10)) {
        let erase = |person| PersonCommand::Erase { person: PersonId(person), ground: ErasureGround::Law };
        live::<<Person as std::ops::Deref>::Target>(persons.into_iter().map(erase).collect())?;
    }

    #[test]
    fn contacts_bear_any_commands(commands in vec(people::contact_command(), 0..40)) {
        live::<<Contact as std::ops::Deref>::Target>(commands)?;
    }

    #[test]
    fn activities_bear_any_commands(commands in vec(people::activity_command(), 0..20)) {
        live::<<Activity as std::ops::Deref>::Target>(commands)?;
    }

    #[test]
    fn oversight_bears_any_commands(skips in vec((text(), 0_u64..4, text()), 0..20)) {
        let skip = |(projection, position, reason)| OversightCommand::Skip { projection, position, reason };
        live::<<Oversight as std::ops::Deref>::Target>(skips.into_iter().map(skip).collect())?;
    }

    #[test]
    fn deliveries_bear_any_commands(commands in vec(delivery_command(), 0..40)) {
        live::<<Delivery as std::ops::Deref>::Target>(commands)?;
    }

    #[test]
    fn any_bytes_are_an_event_or_an_error(bytes in vec(any::<u8>(), 0..200)) {
        for known in Event::types() {
            let _ = Event::decode(known.category, &bytes);
        }
    }

    #[test]
    fn upcasters_bear_any_payload(payload in json()) {
        for (name, version, _) in UPCASTERS {
            let _ = upcast(name, *version, payload.clone());
        }
    }
}
