//! One event of each type with everything in it, and where fields may be absent one with nothing more than it needs.

use chrono::{DateTime, Utc};
use domain::{
    ApiTokenEvent, AttachedFile, BlobHash, Country, Currency, DealEvent, DealId, DeliveryEvent, Event, FileDescription,
    FileId, ImportEvent, InboxEvent, Language, Money, OrganizationEvent, OrganizationId, OversightEvent, PersonEvent,
    PersonId, Personal, PipelineEvent, PipelineId, ReservationEvent, Role, SavedFilterEvent, Siren, Stage, TaskEvent,
    TaskId, TaskSeriesEvent, TaskSeriesId, TeamEvent, TeamId, UserEvent, UserId,
    deal::{Amounts, CreditShare, DealSource, DealStatus, LossReason, ProductOfInterest, SourceKind},
    delivery::{Abandonment, Addressee, Content, Enclosure, Letter, Link, OnDoubt, TokenName},
    import::{ImportCounts, ImportKind, ImportReport, ImportedFile},
    inbox::NotificationKind,
    local::DEFAULT_ZONE,
    organization::{ContactDetails, OrganizationKind, OrganizationSize, OrganizationStatus},
    person::ErasureGround,
    pipeline::{BUILT_IN, Names, Probability, StageCode, StageDefinition, StageKind},
    reservation::ReservationKind,
    saved_filter::{FilteredList, Sharing},
    task::{Details, Due, Occurrence, Priority, ReminderPlan, Reminders, SetReminder},
    task_series::{Anchor, Missed, Pattern, Template},
    user::{UserDetails, Visibility, person_of},
};
use uuid::Uuid;

mod accounting;
mod billing;
mod contracts;
mod invoicing;
mod people;
mod quotes;

/// An event and what sets it apart from others of its type; the full one has an empty name.
pub(crate) struct Sample {
    pub(crate) variant: &'static str,
    pub(crate) event: Event,
}

pub(crate) fn samples() -> Vec<Sample> {
    let mut samples = organizations();
    samples.extend(pipelines());
    samples.extend(people::organizations());
    samples.extend(people::contacts());
    samples.extend(people::activities());
    samples.extend(deals());
    samples.extend(tasks());
    samples.extend(accounts());
    samples.extend(task_series());
    samples.extend(inboxes());
    samples.extend(others());
    samples.extend(deliveries());
    samples.extend(billing::company());
    samples.extend(billing::products());
    samples.extend(quotes::number_series());
    samples.extend(quotes::quotes());
    samples.extend(invoicing::invoices());
    samples.extend(invoicing::payments());
    samples.extend(contracts::contracts());
    samples.extend(accounting::books());
    samples.extend(imports());
    samples
}

fn full(event: impl Into<Event>) -> Sample {
    Sample {
        variant: "",
        event: event.into(),
    }
}

fn variant(variant: &'static str, event: impl Into<Event>) -> Sample {
    Sample {
        variant,
        event: event.into(),
    }
}

fn id(number: u128) -> Uuid {
    Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + number)
}

fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn euros(cents: i64) -> Money {
    Money::new(cents, Currency::EUR)
}

/// A file that goes with something about nobody.
fn offer() -> AttachedFile {
    AttachedFile {
        file: FileId(id(40)),
        blob: BlobHash([0xAB; 32]),
        size: 48_213,
        description: FileDescription {
            name: text("Offre n° 3.pdf"),
            media_type: text("application/pdf"),
        },
    }
}

fn text(text: &str) -> String {
    text.to_owned()
}

fn organizations() -> Vec<Sample> {
    let siren: Siren = "552081317".parse().unwrap();
    let parent = Some(OrganizationId(id(2)));
    let contact = ContactDetails {
        name: "Zoé Martin".to_owned(),
        email: Some(text("zoe@martin.example")),
        phone: Some(text("+33 1 23 45 67 89")),
    };
    let person = PersonId(id(3));
    vec![
        full(OrganizationEvent::OrganizationRegistered {
            name: "Ateliers Martin".to_owned(),
            siren: Some(siren.clone()),
            sector: Some(text("machines")),
            country: Some(Country::FRANCE),
            country_name: Some(text("Nouvelle-France")),
            employees: Some(120),
            annual_revenue: Some(euros(1_250_000_000)),
            founded_year: Some(1_987),
            parent,
            kind: Some(OrganizationKind::Professional),
            category: Some(text("grand compte")),
            region: Some(text("Auvergne-Rhône-Alpes")),
            size: Some(OrganizationSize::Sme),
            external_reference: Some(text("ACC-0042")),
        }),
        variant(
            "bare",
            OrganizationEvent::OrganizationRegistered {
                name: "Ateliers Martin".to_owned(),
                siren: None,
                sector: None,
                country: None,
                country_name: None,
                employees: None,
                annual_revenue: None,
                founded_year: None,
                parent: None,
                kind: None,
                category: None,
                region: None,
                size: None,
                external_reference: None,
            },
        ),
        full(OrganizationEvent::OrganizationRenamed {
            name: "Martin & Filles".to_owned(),
        }),
        full(OrganizationEvent::OrganizationDescribed {
            sector: Some(text("machines")),
            country: Some(Country::FRANCE),
            country_name: Some(text("Nouvelle-France")),
            employees: Some(130),
            annual_revenue: Some(euros(1_300_000_000)),
            founded_year: Some(1_987),
            parent,
            kind: Some(OrganizationKind::NonProfessional),
            category: Some(text("prescripteur")),
            region: Some(text("Bretagne")),
            size: Some(OrganizationSize::MidCap),
        }),
        variant(
            "bare",
            OrganizationEvent::OrganizationDescribed {
                sector: None,
                country: None,
                country_name: None,
                employees: None,
                annual_revenue: None,
                founded_year: None,
                parent: None,
                kind: None,
                category: None,
                region: None,
                size: None,
            },
        ),
        full(OrganizationEvent::OrganizationIdentified {
            siren: Some(siren.clone()),
            siret: None,
            vat_number: None,
        }),
        variant(
            "numbers",
            OrganizationEvent::OrganizationIdentified {
                siren: Some(siren),
                siret: Some("55208131766522".parse().unwrap()),
                vat_number: Some("FR03552081317".parse().unwrap()),
            },
        ),
        variant(
            "bare",
            OrganizationEvent::OrganizationIdentified {
                siren: None,
                siret: None,
                vat_number: None,
            },
        ),
        full(OrganizationEvent::OrganizationContactNamed {
            contact: Personal::new(person, contact),
        }),
        variant(
            "erased",
            OrganizationEvent::OrganizationContactNamed {
                contact: Personal::Erased { person },
            },
        ),
        full(OrganizationEvent::OrganizationContactRemoved {}),
        full(OrganizationEvent::OrganizationStatusChanged {
            from: OrganizationStatus::Prospect,
            to: OrganizationStatus::Customer,
        }),
    ]
}

fn code(text: &str) -> StageCode {
    StageCode::parse("code", text).unwrap()
}

fn percent(percent: i64) -> Probability {
    Probability::percent("probability", percent).unwrap()
}

fn pipelines() -> Vec<Sample> {
    let stage = |text: &str, kind, probability| StageDefinition {
        code: code(text),
        name: Names::new(format!("{text} fr"), format!("{text} en")),
        kind,
        probability: percent(probability),
        retired: false,
    };
    let retired = StageDefinition {
        retired: true,
        name: Names::french("Salon"),
        ..stage("FAIR", StageKind::Open, 5)
    };
    let stages = vec![
        stage("CALL", StageKind::Open, 20),
        retired,
        stage("ORDERED", StageKind::Won, 100),
        stage("DROPPED", StageKind::Lost, 0),
    ];
    vec![
        full(PipelineEvent::PipelineCreated {
            name: Names::new("Renouvellements", "Renewals"),
            stages: stages.clone(),
        }),
        full(PipelineEvent::PipelineRenamed {
            name: Names::french("Maintenance"),
        }),
        full(PipelineEvent::PipelineStageAdded {
            stage: stage("VISIT", StageKind::Open, 60),
            rank: 2,
        }),
        full(PipelineEvent::PipelineStageRenamed {
            code: code("CALL"),
            name: Names::new("Appel", "Call"),
        }),
        full(PipelineEvent::PipelineStagesReordered {
            codes: stages.into_iter().map(|stage| stage.code).collect(),
        }),
        full(PipelineEvent::PipelineStageProbabilityChanged {
            code: code("CALL"),
            from: percent(20),
            to: percent(25),
        }),
        full(PipelineEvent::PipelineStageRetired { code: code("CALL") }),
        full(PipelineEvent::PipelineStageRestored { code: code("CALL") }),
        full(PipelineEvent::PipelineArchived {}),
        full(PipelineEvent::PipelineRestored {}),
    ]
}

fn deals() -> Vec<Sample> {
    let date = Some("2026-06-30".parse().unwrap());
    let product = ProductOfInterest {
        label: text("Presse P-40"),
        quantity: Some("2".parse().unwrap()),
        amount: Some(euros(4_850_000)),
    };
    let source = Some(DealSource {
        kind: SourceKind::Event,
        detail: Some(text("Salon de Lyon")),
    });
    vec![
        full(DealEvent::DealOpened {
            title: "Deux presses pour Lyon".to_owned(),
            organization: Some(OrganizationId(id(1))),
            pipeline: Some(PipelineId(id(6))),
            stage: code("CALL"),
            rank: Some(1),
            amounts: both(4_850_000, 5_820_000),
            expected_close: date,
            owner: Some(UserId(id(7))),
            owner_name: Some(text("Inès Moreau")),
            source: source.clone(),
            products: vec![product.clone()],
            external_reference: Some(text("OPP-1C1I7A6R")),
        }),
        variant(
            "bare",
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
        full(DealEvent::DealRenamed {
            title: "Trois presses pour Lyon".to_owned(),
        }),
        full(DealEvent::DealLinked {
            organization: OrganizationId(id(1)),
        }),
        full(DealEvent::DealAssigned {
            owner: Some(UserId(id(7))),
            owner_name: Some(text("Paul Girard")),
        }),
        variant(
            "bare",
            DealEvent::DealAssigned {
                owner: None,
                owner_name: None,
            },
        ),
        full(DealEvent::DealCreditShared {
            shares: vec![
                CreditShare {
                    user: UserId(id(7)),
                    basis_points: 7_500,
                },
                CreditShare {
                    user: UserId(id(8)),
                    basis_points: 2_500,
                },
            ],
        }),
        variant("bare", DealEvent::DealCreditShared { shares: Vec::new() }),
        full(DealEvent::DealAmountChanged {
            from: Amounts::net(euros(4_850_000)),
            to: both(7_200_000, 8_640_000),
        }),
        variant(
            "bare",
            DealEvent::DealAmountChanged {
                from: Amounts::default(),
                to: Amounts::net(Money::new(500, "JPY".parse().unwrap())),
            },
        ),
        full(DealEvent::DealCloseExpected { date }),
        variant("bare", DealEvent::DealCloseExpected { date: None }),
        full(DealEvent::DealProbabilityEstimated {
            probability: Some(percent(65)),
        }),
        variant("bare", DealEvent::DealProbabilityEstimated { probability: None }),
        full(DealEvent::DealProductsNamed {
            products: vec![product, ProductOfInterest::labelled("Formation")],
        }),
        variant("bare", DealEvent::DealProductsNamed { products: Vec::new() }),
        full(DealEvent::DealCompetitorsNamed {
            competitors: vec![text("Énergie Plus"), text("Watt")],
        }),
        variant(
            "bare",
            DealEvent::DealCompetitorsNamed {
                competitors: Vec::new(),
            },
        ),
        full(DealEvent::DealSourceSet { source }),
        variant("bare", DealEvent::DealSourceSet { source: None }),
        full(DealEvent::DealNextStepPlanned {
            text: Some(text("Rappeler lundi")),
        }),
        variant("bare", DealEvent::DealNextStepPlanned { text: None }),
        full(DealEvent::DealTagged {
            tags: vec![text("salon"), text("été")],
        }),
        variant("bare", DealEvent::DealTagged { tags: Vec::new() }),
        full(DealEvent::DealTagsAdded {
            tags: vec![text("salon"), text("été")],
        }),
        full(DealEvent::DealTagsRemoved {
            tags: vec![text("salon")],
        }),
        full(DealEvent::DealFileAttached(offer())),
        full(DealEvent::DealFileDetached { file: offer().file }),
        full(DealEvent::DealMoved {
            from: Stage::Prospection.into(),
            to: Stage::Qualification.into(),
            rank: None,
        }),
        variant(
            "pipeline",
            DealEvent::DealMoved {
                from: code("CALL"),
                to: code("VISIT"),
                rank: Some(2),
            },
        ),
        full(DealEvent::DealPipelineChanged {
            from_pipeline: BUILT_IN,
            from: Stage::Qualification.into(),
            to_pipeline: PipelineId(id(6)),
            to: code("CALL"),
            rank: Some(1),
        }),
        full(DealEvent::DealWon {
            from: code("VISIT"),
            stage: Some(code("ORDERED")),
            rank: Some(3),
            amounts: both(7_000_000, 8_400_000),
        }),
        variant(
            "bare",
            DealEvent::DealWon {
                from: Stage::Prospection.into(),
                stage: None,
                rank: None,
                amounts: Amounts::default(),
            },
        ),
        full(DealEvent::DealLost {
            from: Stage::Proposition.into(),
            stage: None,
            rank: None,
            reason: LossReason::Competition,
            note: Some(text("Chosen: a maker from Turin.\nAsk again in 2027.")),
        }),
        variant(
            "bare",
            DealEvent::DealLost {
                from: Stage::Proposition.into(),
                stage: None,
                rank: None,
                reason: LossReason::NotRecorded,
                note: None,
            },
        ),
        variant(
            "pipeline",
            DealEvent::DealLost {
                from: code("CALL"),
                stage: Some(code("DROPPED")),
                rank: Some(4),
                reason: LossReason::Price,
                note: None,
            },
        ),
        full(DealEvent::DealReopened {
            from: DealStatus::Lost,
            stage: Stage::Proposition.into(),
            rank: None,
        }),
        variant(
            "pipeline",
            DealEvent::DealReopened {
                from: DealStatus::Won,
                stage: code("CALL"),
                rank: Some(1),
            },
        ),
    ]
}

fn both(net: i64, gross: i64) -> Amounts {
    Amounts {
        net: Some(euros(net)),
        gross: Some(euros(gross)),
    }
}

fn tasks() -> Vec<Sample> {
    let due = Some(Due::Moment {
        at: time("2026-03-10T09:00:00Z"),
        time_zone: DEFAULT_ZONE,
    });
    let day = Some(Due::Date("2026-03-10".parse().unwrap()));
    let remind_at = Some(time("2026-03-09T18:00:00.123456Z"));
    let user = UserId(id(5));
    let link = DealId(id(4)).into();
    let reminders = Some(Reminders {
        plan: ReminderPlan::usual(DEFAULT_ZONE),
        set: vec![
            SetReminder {
                day: -1,
                at: time("2026-03-09T08:00:00Z"),
            },
            SetReminder {
                day: 0,
                at: time("2026-03-10T08:00:00Z"),
            },
        ],
    });
    let occurrence = Occurrence {
        series: TaskSeriesId(id(7)),
        number: 3,
        scheduled: "2026-03-10".parse().unwrap(),
    };
    vec![
        full(TaskEvent::TaskCreated {
            title: "Rappeler Mme Martin".to_owned(),
            description: Some(text("Elle attend le devis.\nDemander la date du conseil.")),
            priority: Priority::High,
            due,
            remind_at,
            reminders: reminders.clone(),
            assignees: vec![user, UserId(id(6))],
            assignee_name: Some(text("Inès Moreau")),
            watchers: vec![UserId(id(8))],
            links: vec![link, OrganizationId(id(1)).into()],
            occurrence: Some(occurrence),
        }),
        variant(
            "bare",
            TaskEvent::TaskCreated {
                title: "Rappeler Mme Martin".to_owned(),
                description: None,
                priority: Priority::Normal,
                due: None,
                remind_at: None,
                reminders: None,
                assignees: Vec::new(),
                assignee_name: None,
                watchers: Vec::new(),
                links: Vec::new(),
                occurrence: None,
            },
        ),
        full(TaskEvent::TaskRenamed {
            title: "Écrire à Mme Martin".to_owned(),
        }),
        full(TaskEvent::TaskDescribed {
            description: Some(text("Elle préfère un courriel.")),
        }),
        variant("bare", TaskEvent::TaskDescribed { description: None }),
        full(TaskEvent::TaskPrioritized {
            priority: Priority::Urgent,
        }),
        full(TaskEvent::TaskAssigned {
            assignees: vec![user],
            assignee_name: Some(text("Paul Girard")),
            reminders: reminders.clone(),
        }),
        variant(
            "bare",
            TaskEvent::TaskAssigned {
                assignees: Vec::new(),
                assignee_name: None,
                reminders: None,
            },
        ),
        full(TaskEvent::TaskWatched { user }),
        full(TaskEvent::TaskUnwatched { user }),
        full(TaskEvent::TaskLinked { link }),
        full(TaskEvent::TaskUnlinked { link }),
        full(TaskEvent::TaskRescheduled {
            due: day,
            remind_at,
            reminders: reminders.clone(),
        }),
        variant(
            "bare",
            TaskEvent::TaskRescheduled {
                due: None,
                remind_at: None,
                reminders: None,
            },
        ),
        full(TaskEvent::TaskFileAttached(offer())),
        full(TaskEvent::TaskFileDetached { file: offer().file }),
        full(TaskEvent::TaskRanked {
            rank: "000000004713".parse().unwrap(),
        }),
        full(TaskEvent::TaskRecurred { occurrence }),
        full(TaskEvent::TaskStarted {}),
        full(TaskEvent::TaskPutBack {}),
        // As it was written when a task had one reminder: without the day, and without saying to whom.
        full(TaskEvent::TaskReminded {
            due: time("2026-03-09T18:00:00.123456Z"),
            day: None,
            to: Vec::new(),
        }),
        variant(
            "day",
            TaskEvent::TaskReminded {
                due: time("2026-03-09T08:00:00Z"),
                day: Some(-1),
                to: vec![user],
            },
        ),
        full(TaskEvent::TaskReminderLapsed {
            due: time("2026-03-09T08:00:00Z"),
            day: -1,
        }),
        full(TaskEvent::TaskCompleted {}),
        full(TaskEvent::TaskCancelled {
            reason: Some(text("She called us.")),
        }),
        variant("bare", TaskEvent::TaskCancelled { reason: None }),
        full(TaskEvent::TaskReopened { remind_at, reminders }),
        variant(
            "bare",
            TaskEvent::TaskReopened {
                remind_at: None,
                reminders: None,
            },
        ),
    ]
}

fn inboxes() -> Vec<Sample> {
    let kind = NotificationKind::DealLost;
    let positions = vec![4_711, 4_712];
    vec![
        full(InboxEvent::NotificationsRead {
            positions: positions.clone(),
        }),
        full(InboxEvent::NotificationsUnread { positions }),
        full(InboxEvent::AllNotificationsRead { up_to: 4_712 }),
        full(InboxEvent::NotificationsMuted { kind }),
        full(InboxEvent::NotificationsUnmuted { kind }),
    ]
}

fn task_series() -> Vec<Sample> {
    let date = "2026-02-28".parse().unwrap();
    let monthly = Pattern {
        rule: "FREQ=MONTHLY;COUNT=12".parse().unwrap(),
        anchor: Anchor::Completion,
        missed: Missed::Skip,
        first: Due::Moment {
            at: time("2026-01-31T17:00:00Z"),
            time_zone: DEFAULT_ZONE,
        },
    };
    let weekly = Pattern::new(
        "FREQ=WEEKLY;BYDAY=MO".parse().unwrap(),
        Due::Date("2026-03-02".parse().unwrap()),
    );
    let template = Template {
        details: Details {
            title: "Relever les compteurs".to_owned(),
            description: Some(text("Le badge est à l'accueil.")),
            priority: Priority::Low,
            assignees: vec![UserId(id(5))],
            assignee_name: Some(text("Inès Moreau")),
            watchers: vec![UserId(id(6))],
            links: vec![DealId(id(4)).into()],
        },
        reminders: Some(ReminderPlan::usual(DEFAULT_ZONE)),
    };
    let bare = Template {
        details: Details::titled("Relever les compteurs"),
        reminders: None,
    };
    vec![
        full(TaskSeriesEvent::TaskSeriesStarted {
            task: TaskId(id(9)),
            pattern: monthly.clone(),
            template: template.clone(),
            exceptions: vec![date],
        }),
        variant(
            "bare",
            TaskSeriesEvent::TaskSeriesStarted {
                task: TaskId(id(9)),
                pattern: weekly,
                template: bare,
                exceptions: Vec::new(),
            },
        ),
        full(TaskSeriesEvent::TaskSeriesChanged {
            pattern: monthly,
            template,
        }),
        full(TaskSeriesEvent::TaskSeriesDateSkipped { date }),
        full(TaskSeriesEvent::TaskSeriesAdvanced {
            task: TaskSeriesId(id(7)).occurrence(2),
            number: 2,
            scheduled: date,
        }),
        full(TaskSeriesEvent::TaskSeriesEnded { exhausted: true }),
    ]
}

fn accounts() -> Vec<Sample> {
    let user = UserId(id(5));
    let details = UserDetails {
        name: text("Inès Moreau"),
        email: text("ines@energie.example"),
    };
    let details = Personal::new(person_of(user), details);
    vec![
        full(UserEvent::UserRegistered {
            user,
            details: details.clone(),
            role: Role::Sales,
            language: Language::French,
            time_zone: chrono_tz::Europe::Paris,
        }),
        full(UserEvent::UserDescribed { details }),
        variant(
            "erased",
            UserEvent::UserDescribed {
                details: Personal::Erased {
                    person: person_of(user),
                },
            },
        ),
        full(UserEvent::UserRoleChanged {
            from: Role::Sales,
            to: Role::Manager,
        }),
        full(UserEvent::UserVisibilityChanged {
            visibility: Some(Visibility::All),
        }),
        variant("bare", UserEvent::UserVisibilityChanged { visibility: None }),
        full(UserEvent::UserPreferencesChanged {
            language: Language::English,
            time_zone: chrono_tz::America::Martinique,
        }),
        variant(
            "successor",
            UserEvent::UserDeactivated {
                successor: Some(UserId(id(6))),
            },
        ),
        full(UserEvent::UserDeactivated { successor: None }),
        full(UserEvent::UserReactivated {}),
        full(UserEvent::UserPasswordSet {}),
        full(UserEvent::UserSecondFactorEnabled {}),
        full(UserEvent::UserSecondFactorDisabled {}),
        full(UserEvent::UserSignedOutEverywhere {}),
        full(SavedFilterEvent::FilterSaved {
            name: text("Affaires du trimestre"),
            list: FilteredList::Deals,
            filter: text("{\"status\":{\"eq\":\"OPEN\"}}"),
            sharing: Sharing::Team(TeamId(id(6))),
            owner: Some(user),
        }),
        variant(
            "bare",
            SavedFilterEvent::FilterSaved {
                name: text("Tout"),
                list: FilteredList::Tasks,
                filter: text("{}"),
                sharing: Sharing::Everybody,
                owner: None,
            },
        ),
        full(SavedFilterEvent::FilterChanged {
            name: Some(text("Affaires ouvertes")),
            filter: Some(text("{}")),
            sharing: Some(Sharing::Nobody),
        }),
        variant(
            "bare",
            SavedFilterEvent::FilterChanged {
                name: None,
                filter: None,
                sharing: Some(Sharing::Nobody),
            },
        ),
        full(SavedFilterEvent::FilterRemoved {}),
        full(TeamEvent::TeamFormed { name: text("Nord") }),
        full(TeamEvent::TeamRenamed {
            name: text("Grand Nord"),
        }),
        full(TeamEvent::TeamMemberAdded { member: user }),
        full(TeamEvent::TeamMemberRemoved { member: user }),
        full(TeamEvent::TeamDisbanded {}),
        full(ApiTokenEvent::ApiTokenIssued {
            name: text("Tableau de bord"),
            owner: user,
            role: Role::Analyst,
            expires_at: Some(time("2027-01-01T00:00:00Z")),
        }),
        variant(
            "bare",
            ApiTokenEvent::ApiTokenIssued {
                name: text("Tableau de bord"),
                owner: user,
                role: Role::Analyst,
                expires_at: None,
            },
        ),
        full(ApiTokenEvent::ApiTokenRevoked {}),
    ]
}

fn others() -> Vec<Sample> {
    vec![
        full(PersonEvent::PersonErased {
            person: PersonId(id(3)),
            ground: ErasureGround::Request,
        }),
        full(PersonEvent::PersonUnited {
            person: PersonId(id(3)),
            with: PersonId(id(6)),
        }),
        full(ReservationEvent::ValueReserved {
            kind: ReservationKind::OrganizationSiren,
            holder: id(1),
        }),
        variant(
            "address",
            ReservationEvent::ValueReserved {
                kind: ReservationKind::UserEmail,
                holder: id(5),
            },
        ),
        full(ReservationEvent::ValueReleased { holder: id(1) }),
        full(OversightEvent::EventSkipped {
            projection: "deals".to_owned(),
            position: 4_711,
            reason: "Imported twice by mistake.".to_owned(),
        }),
    ]
}

fn deliveries() -> Vec<Sample> {
    let person = PersonId(id(3));
    let letter = |addressee, link| {
        Content::letter(Letter {
            template: "invitation".to_owned(),
            language: Language::French,
            addressee,
            link,
            code: None,
            enclosures: Vec::new(),
        })
    };
    let offer = Enclosure {
        blob: BlobHash([0xAB; 32]),
        description: FileDescription {
            name: "Offre n° 3.pdf".to_owned(),
            media_type: "application/pdf".to_owned(),
        },
    };
    let addressee = |name| Addressee {
        name,
        email: "zoe@martin.example".to_owned(),
        variables: [("inviter".to_owned(), "Inès Moreau".to_owned())].into(),
    };
    let link = Link {
        path: "/invitation#{token}".to_owned(),
        token: Some(TokenName {
            purpose: "invitation".to_owned(),
            id: id(5),
        }),
    };
    let queued = |content, subject, on_doubt, expires_at| DeliveryEvent::DeliveryQueued {
        content,
        subject,
        on_doubt,
        expires_at,
    };
    let known = Personal::new(person, addressee(Some(text("Zoé Martin"))));
    let bare = Personal::new(
        person,
        Addressee {
            variables: std::collections::BTreeMap::new(),
            ..addressee(None)
        },
    );
    let with_a_file = Content::letter(Letter {
        template: "invitation".to_owned(),
        language: Language::French,
        addressee: bare.clone(),
        link: None,
        code: None,
        enclosures: vec![offer],
    });
    vec![
        variant("enclosure", queued(with_a_file, None, OnDoubt::Resend, None)),
        full(queued(
            letter(known, Some(link)),
            Some(format!("user:{}", id(6))),
            OnDoubt::Hold,
            Some(time("2026-03-16T09:00:00Z")),
        )),
        variant("bare", queued(letter(bare, None), None, OnDoubt::Resend, None)),
        variant(
            "erased",
            queued(letter(Personal::Erased { person }, None), None, OnDoubt::Resend, None),
        ),
        full(DeliveryEvent::DeliveryAttempted { attempt: 1 }),
        full(DeliveryEvent::DeliverySucceeded { attempt: 2 }),
        full(DeliveryEvent::DeliveryDeferred {
            attempt: 1,
            until: time("2026-03-09T09:00:30Z"),
            reason: "SMTP 451 4.7.1".to_owned(),
        }),
        full(DeliveryEvent::DeliveryFailed {
            attempt: 1,
            reason: "SMTP 550 5.1.1".to_owned(),
            permanent: true,
        }),
        full(DeliveryEvent::DeliveryHeld { attempt: 1 }),
        full(DeliveryEvent::DeliveryAbandoned {
            cause: Abandonment::Expired,
        }),
        full(DeliveryEvent::DeliveryRequeued {}),
        full(DeliveryEvent::DeliveryConfirmed {}),
        full(DeliveryEvent::DeliveryCancelled {
            reason: Some(text("Sent by hand.")),
        }),
        variant("bare", DeliveryEvent::DeliveryCancelled { reason: None }),
    ]
}

fn imports() -> Vec<Sample> {
    let counts = ImportCounts {
        total: 500,
        taken: 450,
        taken_before: 40,
        mended: 12,
        refused: 10,
    };
    let report = Some(ImportReport {
        blob: BlobHash([11; 32]),
        size: 2_048,
        entries: 22,
    });
    vec![
        full(ImportEvent::ImportQueued {
            kind: ImportKind::Contacts,
            file: ImportedFile {
                blob: BlobHash([9; 32]),
                size: 4_096,
                description: FileDescription {
                    name: text("contacts 2024.csv"),
                    media_type: text("text/csv"),
                },
            },
            source: text("ancien-crm"),
            mapping: text("{\"key\":\"id\"}"),
            user: Some(UserId(id(6))),
        }),
        variant(
            "bare",
            ImportEvent::ImportQueued {
                kind: ImportKind::Deals,
                file: ImportedFile {
                    blob: BlobHash([9; 32]),
                    size: 1,
                    description: FileDescription {
                        name: text("a.csv"),
                        media_type: text("text/plain"),
                    },
                },
                source: text("s"),
                mapping: text("{}"),
                user: None,
            },
        ),
        full(ImportEvent::ImportBegan { attempt: 1 }),
        full(ImportEvent::ImportProgressed { attempt: 1, counts }),
        full(ImportEvent::ImportCancelRequested {}),
        full(ImportEvent::ImportFinished {
            attempt: 1,
            counts,
            report,
        }),
        variant(
            "bare",
            ImportEvent::ImportFinished {
                attempt: 1,
                counts: ImportCounts::default(),
                report: None,
            },
        ),
        full(ImportEvent::ImportFailed {
            attempt: 2,
            code: text("JOURNAL_FULL"),
            reason: text("the disk is full"),
            counts,
            report,
        }),
        variant(
            "bare",
            ImportEvent::ImportFailed {
                attempt: 2,
                code: text("JOURNAL_FULL"),
                reason: text("the disk is full"),
                counts: ImportCounts::default(),
                report: None,
            },
        ),
        full(ImportEvent::ImportCancelled { counts, report }),
        variant(
            "bare",
            ImportEvent::ImportCancelled {
                counts: ImportCounts::default(),
                report: None,
            },
        ),
        full(ImportEvent::ImportFilesRemoved {}),
    ]
}
