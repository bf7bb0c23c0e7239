//! The people of the story: who works at the firm, whom they know, what passed between them, and what became of one who
//! asked to be forgotten.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    ActivityCommand, ContactCommand, ContactId, DealCommand, DealId, Language, OrganizationCommand, OrganizationId,
    PersonId, Personal, PipelineCommand, PipelineId, Role, TeamCommand, UserId,
    activity::{About, ActivityDirection, ActivityWords, CallOutcome, ContentInput, RecordActivity},
    contact::{AddContact, ConsentProof, ConsentPurpose, ConsentSource, PersonDetails},
    deal::{Amounts, OpenDeal, ProductOfInterest},
    local::DEFAULT_ZONE,
    pipeline::{Names, NewPipeline, NewStage, Probability, StageCode, StageKind, StageRef},
    user::{RegisterUser, UserDetails},
};
use uuid::Uuid;

use super::{
    calendar::{at, days_later, office_time, working_day},
    company::{COLLEAGUES, FAMILY_NAMES, GIVEN_NAMES, JOBS, SAID, SELLERS, TEAMS},
    dice::Dice,
    story::{BEGIN, Command, Teller, day, euros, id, slug},
};

/// Chance of its own, so that what is told of people changes nothing of the sales.
const SEED: u64 = 81;

/// A customer, as those who know its people see it.
pub(super) struct Acquaintance {
    pub(super) id: Uuid,
    pub(super) name: &'static str,
    pub(super) seller: &'static str,
    pub(super) since: DateTime<Utc>,
    /// Whom quotes and invoices go to: name and address.
    pub(super) buyer: (String, String),
}

/// A sale, as far as people talk about it.
pub(super) struct Talk {
    pub(super) deal: Uuid,
    /// Which of the customers.
    pub(super) customer: usize,
    pub(super) opened: DateTime<Utc>,
}

/// Somebody at a customer's.
#[derive(Clone, Copy)]
struct Met {
    contact: Uuid,
    person: PersonId,
    known_since: DateTime<Utc>,
}

/// The account of somebody of the firm.
pub(super) fn user(name: &str) -> UserId {
    UserId(id(&format!("user/{name}")))
}

impl Teller {
    /// The first hour of the firm: everybody gets an account, sellers are put into teams, and a second pipeline is made.
    pub(super) fn staff(&mut self) {
        let morning = at(working_day(day(BEGIN)), 9 * 60);
        let manager = COLLEAGUES[0].0;
        for (name, role) in COLLEAGUES.into_iter().chain(SELLERS.map(|name| (name, Role::Sales))) {
            let register = RegisterUser {
                user: user(name),
                details: UserDetails {
                    name: name.to_owned(),
                    email: address(name),
                },
                role,
                language: Language::French,
                time_zone: DEFAULT_ZONE,
            };
            self.act(morning, manager, Command::Account(register));
        }
        for (name, members) in TEAMS {
            let team = id(&format!("team/{name}"));
            let form = TeamCommand::Form { name: name.to_owned() };
            self.act(morning, manager, Command::Team(team, form));
            for member in members {
                let add = TeamCommand::Add { member: user(member) };
                self.act(morning, manager, Command::Team(team, add));
            }
        }
        if let Some(create) = upkeep() {
            self.act(morning, manager, Command::Pipeline(UPKEEP.0, create));
        }
    }

    /// Whoever sells to a customer looks after it.
    pub(super) fn look_after(&mut self, customer: &Acquaintance) {
        let owner = Some(user(customer.seller));
        let command = Command::Organization(customer.id, OrganizationCommand::Assign { owner });
        self.act(customer.since + TimeDelta::minutes(25), customer.seller, command);
    }

    /// Everything about the people at customers', once the sales are told.
    pub(super) fn people(&mut self, customers: &[Acquaintance], talks: &[Talk]) {
        let mut dice = Dice::new(SEED);
        let mut known = Vec::new();
        for customer in customers {
            let people: Vec<Met> = (1..=2).map(|number| self.meet(customer, number, &mut dice)).collect();
            self.consents(customer, people[0], &mut dice);
            known.push(people);
        }
        for talk in talks {
            if let (Some(customer), Some(people)) = (customers.get(talk.customer), known.get(talk.customer)) {
                self.talk(customer, people[0], talk, &mut dice);
            }
        }
        for (customer, people) in customers.iter().zip(&known).step_by(5) {
            self.sell_upkeep(customer, people[0], &mut dice);
        }
        if let (Some(customer), Some(people)) = (customers.first(), known.first()) {
            self.met_twice(customer, people[0]);
        }
        if let Some(customer) = customers.get(5) {
            self.forgotten(customer);
        }
    }

    fn meet(&mut self, customer: &Acquaintance, number: i64, dice: &mut Dice) -> Met {
        let (given, family) = (*dice.pick(&GIVEN_NAMES), *dice.pick(&FAMILY_NAMES));
        let minutes = TimeDelta::minutes(30 + 10 * number);
        let since = customer.since + minutes;
        let name = format!("contact/{}/{number}", customer.name);
        let details = PersonDetails {
            first_name: Some(given.to_owned()),
            last_name: Some(family.to_owned()),
            job_title: Some((*dice.pick(&JOBS)).to_owned()),
            // A reserved domain: no letter written here reaches anybody.
            emails: vec![format!(
                "{}.{}@{}.example",
                slug(given),
                slug(family),
                slug(customer.name)
            )],
            // The range 01 99 00 .. .. is set aside in France for fiction.
            phones: vec![format!(
                "01 99 00 {:02} {:02}",
                dice.between(0, 99),
                dice.between(0, 99)
            )],
            language: Some("fr".to_owned()),
        };
        self.add(customer, &name, details, number == 1, since)
    }

    fn add(
        &mut self,
        customer: &Acquaintance,
        name: &str,
        details: PersonDetails,
        decides: bool,
        since: DateTime<Utc>,
    ) -> Met {
        let (contact, person) = (id(name), PersonId(id(&format!("person of {name}"))));
        let add = AddContact {
            organization: Some(OrganizationId(customer.id)),
            billing: decides,
            signatory: decides,
            owner: Some(user(customer.seller)),
            ..AddContact::known_by(Personal::new(person, details))
        };
        let command = Command::Contact(contact, ContactCommand::Add(Box::new(add)));
        self.act(since, customer.seller, command);
        Met {
            contact,
            person,
            known_since: since,
        }
    }

    /// Two in three allow the newsletter; one in five of them thinks better of it.
    fn consents(&mut self, customer: &Acquaintance, person: Met, dice: &mut Dice) {
        if !dice.chance(66) {
            return;
        }
        let proof = |source, evidence: &str| ConsentProof {
            source,
            text: Some("J'accepte de recevoir la lettre d'information.".to_owned()),
            evidence: Some(evidence.to_owned()),
        };
        let purpose = ConsentPurpose::Newsletter;
        let give = ContactCommand::GiveConsent {
            purpose,
            proof: proof(ConsentSource::WebForm, "formulaire du site"),
        };
        let given = person.known_since + TimeDelta::minutes(5);
        self.act(given, customer.seller, Command::Contact(person.contact, give));
        if dice.chance(20) {
            let withdraw = ContactCommand::WithdrawConsent {
                purpose,
                proof: proof(ConsentSource::Email, "courriel de désinscription"),
            };
            let later = office_time(days_later(given.date_naive(), 90), dice);
            self.act(later, customer.seller, Command::Contact(person.contact, withdraw));
        }
    }

    /// A call when a sale begins, and for one in three a meeting on the spot.
    fn talk(&mut self, customer: &Acquaintance, person: Met, talk: &Talk, dice: &mut Dice) {
        let name = format!("activity/{}", talk.deal);
        let about = About {
            organization: Some(OrganizationId(customer.id)),
            contact: Some(ContactId(person.contact)),
            deal: Some(DealId(talk.deal)),
        };
        let called = office_time(days_later(talk.opened.date_naive(), dice.between(1, 5)), dice);
        let reached = dice.chance(70);
        let call = ContentInput::Call {
            direction: if dice.chance(30) {
                ActivityDirection::Inbound
            } else {
                ActivityDirection::Outbound
            },
            outcome: Some(if reached {
                CallOutcome::Reached
            } else {
                CallOutcome::VoicemailLeft
            }),
            duration: reached.then(|| dice.between(60, 1_500) as u32),
        };
        let body = reached.then(|| (*dice.pick(&SAID)).to_owned());
        let words = words("Premier échange", body);
        self.record(
            &format!("{name}/call"),
            customer.seller,
            person,
            called,
            call,
            about,
            words,
        );
        if dice.chance(33) {
            let visited = days_later(called.date_naive(), dice.between(4, 15));
            let start = at(visited, dice.between(9, 15) * 60);
            let end = start + TimeDelta::minutes(30 * dice.between(2, 5));
            let meeting = ContentInput::Meeting {
                start,
                end,
                place: Some(format!("Chez {}", customer.name)),
                contacts: vec![ContactId(person.contact)],
                users: vec![user(customer.seller)],
            };
            self.record(
                &format!("{name}/visit"),
                customer.seller,
                person,
                end,
                meeting,
                about,
                self::words("Visite du site", Some((*dice.pick(&SAID)).to_owned())),
            );
        }
    }

    #[allow(clippy::too_many_arguments, reason = "an activity is what it is")]
    fn record(
        &mut self,
        name: &str,
        seller: &str,
        person: Met,
        at: DateTime<Utc>,
        content: ContentInput,
        about: About,
        words: ActivityWords,
    ) {
        let record = RecordActivity {
            content,
            about,
            words,
            person: Some(person.person),
            author: Some(user(seller)),
            external_reference: None,
        };
        let command = Command::Activity(id(name), ActivityCommand::Record(Box::new(record)));
        self.act(at, seller, command);
    }

    /// A contract to keep what was sold going, in the pipeline that is for those.
    fn sell_upkeep(&mut self, customer: &Acquaintance, person: Met, dice: &mut Dice) {
        let deal = id(&format!("upkeep/{}", customer.name));
        let opened = office_time(days_later(customer.since.date_naive(), dice.between(100, 200)), dice);
        let Some(stage) = upkeep_stage("VISITE", 1) else { return };
        let open = OpenDeal {
            organization: Some(OrganizationId(customer.id)),
            amounts: Amounts::net(euros(dice.between(20, 90) * 100)),
            owner: Some(user(customer.seller)),
            products: vec![ProductOfInterest::labelled("Contrat de maintenance")],
            ..OpenDeal::titled(format!("Entretien, {}", customer.name), stage)
        };
        self.act(opened, customer.seller, Command::Deal(deal, DealCommand::Open(open)));
        if let (Some(stage), true) = (upkeep_stage("OFFRE", 2), dice.chance(60)) {
            let moved = office_time(days_later(opened.date_naive(), dice.between(5, 20)), dice);
            let command = Command::Deal(deal, DealCommand::Move { stage });
            self.act(moved, customer.seller, command);
        }
        let about = About {
            organization: Some(OrganizationId(customer.id)),
            contact: Some(ContactId(person.contact)),
            deal: Some(DealId(deal)),
        };
        let note = words("Entretien", Some("Demande un passage par trimestre.".to_owned()));
        let noted = opened + TimeDelta::minutes(6);
        self.record(
            &format!("activity/{deal}/note"),
            customer.seller,
            person,
            noted,
            ContentInput::Note,
            about,
            note,
        );
    }

    /// A colleague writes down again whom another one knows already; a month later somebody notices.
    fn met_twice(&mut self, customer: &Acquaintance, person: Met) {
        let day = days_later(customer.since.date_naive(), 60);
        let details = PersonDetails {
            last_name: Some("(du standard)".to_owned()),
            phones: vec!["01 99 00 00 01".to_owned()],
            ..PersonDetails::default()
        };
        let double = self.add(customer, "contact/double", details, false, at(day, 10 * 60));
        let noticed = at(days_later(day, 30), 11 * 60);
        let merge = Command::MergeContacts {
            survivor: person.contact,
            merged: double.contact,
        };
        self.act(noticed, customer.seller, merge);
    }

    /// Somebody who asked for their data to be erased: the facts stay, the person is gone.
    fn forgotten(&mut self, customer: &Acquaintance) {
        let day = days_later(customer.since.date_naive(), 40);
        let details = PersonDetails {
            first_name: Some("Odile".to_owned()),
            last_name: Some("Ferrand".to_owned()),
            emails: vec![format!("odile.ferrand@{}.example", slug(customer.name))],
            ..PersonDetails::default()
        };
        let person = self.add(customer, FORGOTTEN, details, false, at(day, 14 * 60));
        let about = About {
            organization: Some(OrganizationId(customer.id)),
            contact: Some(ContactId(person.contact)),
            deal: None,
        };
        let said = words(
            "Appel d'Odile Ferrand",
            Some("Quitte l'entreprise en fin d'année.".to_owned()),
        );
        let call = ContentInput::Call {
            direction: ActivityDirection::Inbound,
            outcome: Some(CallOutcome::Reached),
            duration: Some(240),
        };
        let called = at(days_later(day, 10), 15 * 60);
        self.record("activity/forgotten", customer.seller, person, called, call, about, said);
        let asked = at(days_later(day, 200), 16 * 60);
        self.act(asked, COLLEAGUES[0].0, Command::Erase(person.person));
    }
}

/// The contact whose data was erased, by name in the story.
const FORGOTTEN: &str = "contact/forgotten";

/// The contact whose data was erased.
pub(super) fn forgotten() -> Uuid {
    id(FORGOTTEN)
}

/// What somebody of the firm signs in with.
pub(super) fn address(name: &str) -> String {
    format!("{}@demo.example", slug(name).replace('-', "."))
}

fn words(subject: &str, body: Option<String>) -> ActivityWords {
    ActivityWords {
        subject: Some(subject.to_owned()),
        body,
    }
}

/// The pipeline of maintenance contracts.
const UPKEEP: PipelineId = PipelineId(Uuid::from_u128(0x5a1e_57ea_0000_4000_8000_a1f0_5150_0019));

fn upkeep() -> Option<PipelineCommand> {
    let stage = |code: &str, french: &str, english: &str, kind, percent| {
        Some(NewStage {
            code: StageCode::parse("code", code).ok()?,
            name: Names::new(french, english),
            kind,
            probability: Probability::percent("probability", percent).ok()?,
        })
    };
    let stages = [
        stage("VISITE", "Visite technique", "Technical visit", StageKind::Open, 30),
        stage("OFFRE", "Offre remise", "Offer made", StageKind::Open, 60),
        stage("CONTRAT", "Contrat signé", "Contract signed", StageKind::Won, 100),
        stage("REFUS", "Refus", "Declined", StageKind::Lost, 0),
    ];
    Some(PipelineCommand::Create(NewPipeline {
        name: Names::new("Contrats d'entretien", "Maintenance contracts"),
        stages: stages.into_iter().collect::<Option<_>>()?,
    }))
}

fn upkeep_stage(code: &str, rank: u16) -> Option<StageRef> {
    Some(StageRef {
        pipeline: UPKEEP,
        code: StageCode::parse("stage", code).ok()?,
        kind: StageKind::Open,
        rank,
        retired: false,
        archived: false,
    })
}
