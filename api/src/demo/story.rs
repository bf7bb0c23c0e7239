//! Eighteen months of a small French firm, as the commands that its people gave, in order of time.

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, Utc, Weekday};
use domain::{
    ActivityCommand, Change, CompanyCommand, ContactCommand, Currency, DealCommand, DealId, Money, OrganizationCommand,
    OrganizationId, PersonId, Personal, PipelineCommand, ProductCommand, Siren, Stage, TaskCommand, TaskId,
    TaskSeriesCommand, TaskSeriesId, TeamCommand,
    deal::{AmountChanges, Amounts, LossReason, OpenDeal, ProductOfInterest},
    local::DEFAULT_ZONE,
    organization::{ContactDetails, Profile},
    recurrence::{Frequency, Rule},
    task::{CreateTask, Details, Due, Occurrence, Priority, ReminderPlan},
    task_series::{Pattern, Template},
    user::RegisterUser,
};
use uuid::Uuid;

use super::{
    calendar::{at, days_later, office_time, working_day},
    company::{CANCELLED, COMPETITORS, ERRANDS, FAMILY_NAMES, GIVEN_NAMES, ORGANIZATIONS, PRODUCTS, SELLERS},
    dice::Dice,
    people::{Acquaintance, Talk, user},
    trade::{Answer, Sale, Step, is_quoted},
};

/// The demo company's own names: the same ids in every journal.
const NAMESPACE: Uuid = Uuid::from_u128(0x5a1e_57ea_0000_4000_8000_a1f0_5150_0018);
const SEED: u64 = 18;

/// The first working day, and the last.
pub(super) const BEGIN: (i32, u32, u32) = (2025, 5, 2);
const END: (i32, u32, u32) = (2026, 10, 30);

/// When the agenda rings, in minutes of the day: before anybody is at the office.
const REMINDER: i64 = 8 * 60;
/// When work is due.
const DUE: i64 = 17 * 60;

/// Something that somebody did.
pub(super) struct Action {
    pub(super) at: DateTime<Utc>,
    pub(super) actor: String,
    pub(super) command: Command,
}

pub(super) enum Command {
    /// Together with the reservation of its SIREN.
    Register(Uuid, Option<Siren>, OrganizationCommand),
    Organization(Uuid, OrganizationCommand),
    Deal(Uuid, DealCommand),
    Task(Uuid, TaskCommand),
    /// Of a task of a series: another one may follow.
    Occurrence(Uuid, TaskCommand),
    /// The first task of a series, together with the series.
    Recurring(Uuid, Box<TaskCommand>, TaskSeriesId, Box<TaskSeriesCommand>),
    /// Together with the reservation of the address.
    Account(RegisterUser),
    Team(Uuid, TeamCommand),
    Pipeline(Uuid, PipelineCommand),
    Contact(Uuid, ContactCommand),
    Activity(Uuid, ActivityCommand),
    /// Two records of one person.
    MergeContacts {
        survivor: Uuid,
        merged: Uuid,
    },
    Erase(PersonId),
    Company(CompanyCommand),
    /// Together with the reservation of its code.
    Product(Uuid, ProductCommand),
    Trade(Box<Step>),
}

/// An id of the demo company by name.
pub(super) fn id(name: &str) -> Uuid {
    Uuid::new_v5(&NAMESPACE, name.as_bytes())
}

/// The day after the last: up to here the clock is moved in the end.
pub(super) fn close_of_business() -> DateTime<Utc> {
    at(day(END), 20 * 60)
}

/// The morning of the first day: here the clock stands in the beginning.
pub(super) fn opening_time() -> DateTime<Utc> {
    at(day(BEGIN), 7 * 60)
}

pub(super) fn day((year, month, day): (i32, u32, u32)) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap_or(NaiveDate::MIN)
}

/// Everything that happened, in order. At the same minute, in the order in which it was thought of.
pub(super) fn tell() -> Vec<Action> {
    let mut teller = Teller {
        dice: Dice::new(SEED),
        actions: Vec::new(),
        end: close_of_business(),
        tasks: 0,
        customers: Vec::new(),
        talks: Vec::new(),
        sales: Vec::new(),
        invoices: 0,
    };
    teller.staff();
    teller.firm();
    for (index, organization) in ORGANIZATIONS.iter().enumerate() {
        teller.organization(index, *organization);
    }
    teller.recurring();
    let (customers, talks) = (std::mem::take(&mut teller.customers), std::mem::take(&mut teller.talks));
    teller.people(&customers, &talks);
    let sales = std::mem::take(&mut teller.sales);
    teller.trade(&customers, &sales);
    let mut actions = teller.actions;
    actions.sort_by_key(|action| action.at);
    actions
}

pub(super) struct Teller {
    dice: Dice,
    actions: Vec<Action>,
    end: DateTime<Utc>,
    tasks: u64,
    customers: Vec<Acquaintance>,
    talks: Vec<Talk>,
    sales: Vec<Sale>,
    pub(super) invoices: usize,
}

/// What is told about one customer, while it is told.
struct Customer {
    id: Uuid,
    name: &'static str,
    seller: &'static str,
    /// When it last bought something.
    bought: Option<NaiveDate>,
}

impl Teller {
    /// Notes the action unless it lies after the end of the story.
    pub(super) fn act(&mut self, at: DateTime<Utc>, actor: &str, command: Command) {
        if at <= self.end {
            let actor = format!("user:{}", user(actor));
            self.actions.push(Action { at, actor, command });
        }
    }

    fn organization(&mut self, index: usize, (name, sector, city): (&'static str, &str, &str)) {
        let seller = *self.dice.pick(&SELLERS);
        // Most customers were there from the beginning; one in three came later.
        let wait = if index % 3 == 2 {
            self.dice.between(30, 400)
        } else {
            self.dice.between(0, 45)
        };
        let first_day = days_later(working_day(day(BEGIN)), wait);
        let registered = office_time(first_day, &mut self.dice);
        let mut customer = Customer {
            id: id(&format!("organization/{name}")),
            name,
            seller,
            bought: None,
        };
        let register = self.registration(index, name, sector);
        self.act(registered, seller, register);
        let buyer = self.contact(&customer, registered, city);
        let known = Acquaintance {
            id: customer.id,
            name,
            seller,
            since: registered,
            buyer,
        };
        self.look_after(&known);
        self.address(&known, index, city);
        self.customers.push(known);
        let deals = self.dice.between(3, 8);
        let mut opened = first_day;
        for number in 1..=deals {
            opened = days_later(opened, self.dice.between(10, 130));
            self.deal(&mut customer, number, opened);
        }
        if let Some(bought) = customer.bought
            && self.dice.chance(10)
        {
            let left = office_time(days_later(bought, 60), &mut self.dice);
            self.act(
                left,
                seller,
                Command::Organization(customer.id, OrganizationCommand::MarkFormer),
            );
        }
    }

    fn registration(&mut self, index: usize, name: &str, sector: &str) -> Command {
        let siren = siren(index);
        let command = OrganizationCommand::Register {
            name: name.to_owned(),
            siren: siren.clone(),
            profile: Profile {
                sector: Some(sector.to_owned()),
                country: Some("FR".to_owned()),
                employees: u32::try_from(self.dice.between(8, 420)).ok(),
                annual_revenue: Some(euros(self.dice.between(9, 640) * 100_000)),
                founded_year: i32::try_from(self.dice.between(1921, 2019)).ok(),
                parent: None,
                ..Profile::default()
            },
            external_reference: None,
        };
        Command::Register(id(&format!("organization/{name}")), siren, command)
    }

    /// Whom the firm talks to there, with an address.
    fn contact(&mut self, customer: &Customer, registered: DateTime<Utc>, city: &str) -> (String, String) {
        let (given, family) = (*self.dice.pick(&GIVEN_NAMES), *self.dice.pick(&FAMILY_NAMES));
        let details = ContactDetails {
            name: format!("{given} {family}"),
            // A reserved domain: no letter written here reaches anybody.
            email: Some(format!(
                "{}.{}@{}.example",
                slug(given),
                slug(family),
                slug(customer.name)
            )),
            // The range 01 99 00 .. .. is set aside in France for fiction.
            phone: Some(format!(
                "01 99 00 {:02} {:02}",
                self.dice.between(0, 99),
                self.dice.between(0, 99)
            )),
        };
        let buyer = (details.name.clone(), details.email.clone().unwrap_or_default());
        let person = PersonId(id(&format!("person/{}/{city}", customer.name)));
        let contact = Personal::new(person, details);
        let minutes = TimeDelta::minutes(self.dice.between(1, 20));
        let command = Command::Organization(customer.id, OrganizationCommand::NameContact { contact });
        self.act(registered + minutes, customer.seller, command);
        buyer
    }

    /// One sale from its opening to its end, or to the end of the story.
    fn deal(&mut self, customer: &mut Customer, number: i64, opened: NaiveDate) {
        let (product, price) = *self.dice.pick(&PRODUCTS);
        let deal = id(&format!("deal/{}/{number}", customer.name));
        let seller = customer.seller;
        let price = price * self.dice.between(70, 160) / 100;
        let open = OpenDeal {
            organization: Some(OrganizationId(customer.id)),
            amounts: Amounts::net(euros(price)),
            expected_close: Some(days_later(opened, self.dice.between(40, 150))),
            owner: Some(user(seller)),
            products: vec![ProductOfInterest::labelled(product)],
            ..OpenDeal::titled(format!("{product}, {}", customer.name), Stage::Prospection)
        };
        let mut offered = None;
        let mut today = opened;
        let morning = office_time(today, &mut self.dice);
        self.act(morning, seller, Command::Deal(deal, DealCommand::Open(open)));
        self.talks.push(Talk {
            deal,
            customer: self.customers.len().saturating_sub(1),
            opened: morning,
        });
        for stage in [Stage::Qualification, Stage::Proposition, Stage::Negociation] {
            self.errands(customer, deal, today);
            today = days_later(today, self.dice.between(5, 32));
            if self.dice.chance(12) {
                let lost = self.lose(deal, seller, today);
                return self.offered(offered, Answer::Lost(lost));
            }
            let moved = office_time(today, &mut self.dice);
            self.act(
                moved,
                seller,
                Command::Deal(deal, DealCommand::Move { stage: stage.into() }),
            );
            if stage == Stage::Proposition {
                let price = price * self.dice.between(80, 115) / 100;
                let amounts = AmountChanges::net(euros(price));
                let later = moved + TimeDelta::minutes(3);
                self.act(
                    later,
                    seller,
                    Command::Deal(deal, DealCommand::ChangeAmounts { amounts }),
                );
                offered = Some(Sale {
                    deal,
                    customer: self.customers.len().saturating_sub(1),
                    product,
                    price,
                    proposed: later,
                    answer: Answer::None,
                });
            }
        }
        self.errands(customer, deal, today);
        today = days_later(today, self.dice.between(4, 30));
        if self.dice.chance(35) {
            let lost = self.lose(deal, seller, today);
            return self.offered(offered, Answer::Lost(lost));
        }
        let won = self.win(customer, deal, today);
        self.offered(offered, Answer::Won(won));
    }

    /// An offer was made, and answered.
    fn offered(&mut self, offered: Option<Sale>, answer: Answer) {
        self.sales.extend(offered.map(|sale| Sale { answer, ..sale }));
    }

    /// That the customer is one from now on, a policy says; where there is a quote, that the deal is won as well.
    fn win(&mut self, customer: &mut Customer, deal: Uuid, day: NaiveDate) -> DateTime<Utc> {
        let won = office_time(day, &mut self.dice);
        if won <= self.end {
            customer.bought = customer.bought.max(Some(day));
        }
        if is_quoted(deal) {
            return won;
        }
        self.act(
            won,
            customer.seller,
            Command::Deal(
                deal,
                DealCommand::Win {
                    stage: Stage::Signe.into(),
                    amounts: AmountChanges::default(),
                },
            ),
        );
        won
    }

    /// One lost sale in eight is taken up again later.
    fn lose(&mut self, deal: Uuid, seller: &str, day: NaiveDate) -> DateTime<Utc> {
        let reason = *self.dice.pick(&[
            LossReason::Price,
            LossReason::Competition,
            LossReason::NoBudget,
            LossReason::NoDecision,
            LossReason::BadTiming,
            LossReason::NoResponse,
        ]);
        let lost = office_time(day, &mut self.dice);
        self.act(
            lost,
            seller,
            Command::Deal(
                deal,
                DealCommand::Lose {
                    stage: Stage::Perdu.into(),
                    reason,
                    note: None,
                },
            ),
        );
        if reason == LossReason::Competition {
            let competitors = vec![COMPETITORS[usize::from(deal.as_bytes()[0]) % COMPETITORS.len()].to_owned()];
            let learnt = lost + TimeDelta::minutes(2);
            self.act(
                learnt,
                seller,
                Command::Deal(deal, DealCommand::NameCompetitors { competitors }),
            );
        }
        if self.dice.chance(12) {
            let again = office_time(days_later(day, self.dice.between(20, 90)), &mut self.dice);
            let stage = Stage::Qualification.into();
            self.act(again, seller, Command::Deal(deal, DealCommand::Reopen { stage }));
        }
        lost
    }

    /// What comes again and again: the week's review on Mondays, and the figures at the end of each month.
    fn recurring(&mut self) {
        let begin = working_day(day(BEGIN));
        let monday = begin
            .iter_days()
            .find(|day| day.weekday() == Weekday::Mon)
            .unwrap_or(begin);
        let nine = Due::Moment {
            at: at(monday, 9 * 60),
            time_zone: DEFAULT_ZONE,
        };
        let weekly = Rule::every(1, Frequency::Weekly);
        self.series("Revue des affaires de la semaine", weekly, nine);
        let end_of_month = begin.iter_days().find(|day| day.day() == 31).unwrap_or(begin);
        let monthly = Rule::every(1, Frequency::Monthly);
        self.series("Envoyer les chiffres du mois", monthly, Due::Date(end_of_month));
    }

    /// A series whose tasks are done on their days, or on the next working day.
    fn series(&mut self, title: &str, rule: Rule, first: Due) {
        let seller = SELLERS[0];
        let (series, task) = (
            TaskSeriesId(id(&format!("series/{title}"))),
            id(&format!("series/{title}/1")),
        );
        let pattern = Pattern::new(rule, first);
        let details = Details {
            assignee_name: Some(seller.to_owned()),
            priority: Priority::High,
            ..Details::titled(title)
        };
        // Before anybody is at the office, like everything that rings here.
        let plan = ReminderPlan {
            time: NaiveTime::from_hms_opt(8, 0, 0).unwrap_or_default(),
            ..ReminderPlan::usual(DEFAULT_ZONE)
        };
        let create = CreateTask {
            details: details.clone(),
            reminders: Some(plan.clone()),
            occurrence: Some(Occurrence {
                series,
                number: 1,
                scheduled: first.date(),
            }),
            ..CreateTask::titled("", Some(first))
        };
        let start = TaskSeriesCommand::Start {
            task: TaskId(task),
            pattern: pattern.clone(),
            template: Template {
                details,
                reminders: Some(plan),
            },
            exceptions: Vec::new(),
        };
        let begun = at(working_day(day(BEGIN)), 18 * 60);
        self.act(
            begun,
            seller,
            Command::Recurring(task, Box::new(TaskCommand::Create(create)), series, Box::new(start)),
        );
        for (number, date) in (1..).zip(pattern.rule.dates(first.date()).take_while(|date| *date <= day(END))) {
            let task = if number == 1 { task } else { series.occurrence(number).0 };
            self.act(
                at(working_day(date), 10 * 60),
                seller,
                Command::Occurrence(task, TaskCommand::Complete),
            );
        }
    }

    fn errands(&mut self, customer: &Customer, deal: Uuid, today: NaiveDate) {
        for _ in 0..self.dice.between(0, 2) {
            self.errand(customer, deal, today);
        }
    }

    /// One thing to do: created today, with a reminder on the morning it is due.
    fn errand(&mut self, customer: &Customer, deal: Uuid, today: NaiveDate) {
        self.tasks += 1;
        let task = id(&format!("task/{}", self.tasks));
        let seller = customer.seller;
        let due = days_later(today, self.dice.between(2, 14));
        let create = CreateTask {
            details: Details {
                assignee_name: Some(seller.to_owned()),
                links: vec![OrganizationId(customer.id).into(), DealId(deal).into()],
                ..Details::titled(format!("{} ({})", self.dice.pick(&ERRANDS), customer.name))
            },
            remind_at: Some(at(due, REMINDER)),
            ..CreateTask::titled("", Some(evening(due)))
        };
        // After the office hours' first commands of the day, so that what it is about exists.
        let created = at(today, 17 * 60 + 40) + TimeDelta::minutes(self.dice.between(0, 40));
        self.act(created, seller, Command::Task(task, TaskCommand::Create(create)));
        match self.dice.between(1, 100) {
            // Done early: the agenda has nothing to say.
            1..=20 => self.task(task, seller, days_later(today, 1).min(due), TaskCommand::Complete),
            21..=80 => self.task(task, seller, due, TaskCommand::Complete),
            // Put off on the day it was due, and done a week later.
            81..=90 => {
                let next = days_later(due, 7);
                let reschedule = TaskCommand::Reschedule {
                    due: Some(evening(next)),
                    remind_at: Some(at(next, REMINDER)),
                    reminders: Change::Keep,
                };
                self.task(task, seller, due, reschedule);
                self.task(task, seller, next, TaskCommand::Complete);
            }
            91..=95 => {
                let reason = Some((*self.dice.pick(&CANCELLED)).to_owned());
                self.task(task, seller, due, TaskCommand::Cancel { reason });
            }
            // Forgotten.
            _ => {}
        }
    }

    /// On a later day than it was created: creation is in the evening.
    fn task(&mut self, task: Uuid, actor: &str, day: NaiveDate, command: TaskCommand) {
        let time = office_time(day, &mut self.dice);
        self.act(time, actor, Command::Task(task, command));
    }
}

fn evening(day: NaiveDate) -> Due {
    Due::Moment {
        at: at(day, DUE),
        time_zone: DEFAULT_ZONE,
    }
}

pub(super) fn euros(amount: i64) -> Money {
    Money::new(amount * 100, Currency::EUR)
}

/// A well-formed registration number: eight digits and Luhn's check digit. It begins with zeros, as none in use does.
pub(super) fn siren(index: usize) -> Option<Siren> {
    (0..10).find_map(|check| Siren::parse("siren", &format!("{:08}{check}", 10_000 + 37 * index)).ok())
}

/// Lower-case ASCII with dots: for addresses and actors' names.
pub(super) fn slug(name: &str) -> String {
    let mut slug = String::new();
    for character in name.to_lowercase().chars() {
        match character {
            'a'..='z' | '0'..='9' => slug.push(character),
            'à' | 'â' => slug.push('a'),
            'ç' => slug.push('c'),
            'é' | 'è' | 'ê' | 'ë' => slug.push('e'),
            'î' | 'ï' => slug.push('i'),
            'ô' => slug.push('o'),
            _ if !slug.ends_with('-') => slug.push('-'),
            _ => {}
        }
    }
    slug
}
