//! The demo company: a small French firm that sells energy savings to workshops and plants. Eighteen months of it are
//! told by the commands of its people, carried out under a manual clock so that reminders ring when they were due.
//!
//! The story is the same every time: ids, dates and amounts. Its command ids are its own, so filling a journal that was
//! left half full goes on where it stopped.

mod calendar;
mod company;
mod contracts;
mod dice;
mod firm;
mod papers;
mod people;
mod queries;
mod steps;
mod story;
mod trade;

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Utc};
use domain::{
    Activity, Company, Contact, ContactCommand, ContactId, Deal, DealCommand, Event, Organization, Person,
    PersonCommand, Pipeline, Refusal, Reservation, ReservationCommand, Siren, Task, TaskSeries, Team,
    company::COMPANY,
    person::ErasureGround,
    pipeline::{Stage, StageCode},
    reservation::ReservationKind,
};
use engine::{Code, CommandBus, CommandContext, CommandError, ManualClock, agenda::AgendaError, ids::SeededIds};
use futures::FutureExt;
use identity::Identity;
use journal::{CommandKey, Journal, JournalError, Position};
use uuid::Uuid;

pub use self::{
    papers::{Papers, papers},
    queries::{Question, questions},
};
use self::{
    story::{Action, Command, id},
    trade::Step,
};
use crate::{application::Application, sales::invoices::QuotePart};

/// Whose command ids the story uses.
const ISSUER: &str = "demo";
/// Seed of the event ids.
const SEED: u64 = 202_505;

/// What a journal holds, as far as the demo company is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Nothing: the story can begin.
    Empty,
    /// The beginning of the story.
    Begun,
    /// The whole story, and perhaps what was done since.
    Whole,
    /// Something else.
    Foreign,
}

/// Looks at what the journal holds.
pub async fn state(journal: &dyn Journal) -> Result<State, JournalError> {
    if journal.head().await?.position == Position::START {
        return Ok(State::Empty);
    }
    let actions = story::tell().len();
    let known = async |number: usize| {
        let key = CommandKey {
            issuer: ISSUER.into(),
            id: command_id(number),
        };
        journal.command(&key).await.map(|command| command.is_some())
    };
    Ok(match (known(0).await?, known(actions.saturating_sub(1)).await?) {
        (false, _) => State::Foreign,
        (true, false) => State::Begun,
        (true, true) => State::Whole,
    })
}

/// When the story begins: where a manual clock has to stand over an empty journal.
pub fn beginning() -> DateTime<Utc> {
    story::opening_time()
}

/// Event ids that are the same every time.
pub fn ids() -> SeededIds {
    SeededIds::new(SEED)
}

/// Why the story could not be told to its end.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error("the journal is not empty and holds something else than the demo company. Give another one: --journal URL")]
    Foreign,
    #[error("the demo company's command {number} was refused: {message}")]
    Command { number: usize, code: Code, message: String },
    #[error(transparent)]
    Agenda(#[from] AgendaError),
}

impl DemoError {
    /// Stable, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Foreign => "JOURNAL_NOT_EMPTY",
            Self::Command { code, .. } => code.as_str(),
            Self::Agenda(error) => error.code().as_str(),
        }
    }
}

/// Tells the story to the application's journal. Its clock is moved, and what falls due on the way is done, and what
/// follows from what happened; `progress` is told (commands done, commands in all).
pub async fn fill(
    application: &Application,
    clock: &ManualClock,
    progress: impl Fn(u64, u64),
) -> Result<(), DemoError> {
    let advance = async |time| application.advance(clock, time).await;
    let actions = story::tell();
    let all = actions.len() as u64;
    let mut today = None;
    for (number, action) in actions.into_iter().enumerate() {
        let Action { at, .. } = action;
        let leads_on = matches!(
            action.command,
            Command::Deal(_, DealCommand::Win { .. }) | Command::Occurrence(..) | Command::Erase(_) | Command::Trade(_)
        );
        // Reminders ring before the office opens, so within a day nothing falls due.
        if today.replace(at.date_naive()) == Some(at.date_naive()) {
            clock.set(at);
        } else {
            advance(at).await?;
        }
        carry_out(application, number, action)
            .await
            .map_err(|error| DemoError::Command {
                number,
                code: error.code(),
                message: error.to_string(),
            })?;
        // Policies make customers of those who bought, plan reminders of invoices, make the next task of a series, and
        // finish an erasure: always before the next command, so that the order is the same.
        if leads_on {
            advance(at).await?;
        }
        progress(number as u64 + 1, all);
    }
    Ok(advance(story::close_of_business()).await?)
}

fn command_id(number: usize) -> Uuid {
    id(&format!("command/{number}"))
}

/// A rule that said no to the story: the story is wrong.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Refused(String);

async fn carry_out(application: &Application, number: usize, action: Action) -> Result<(), CommandError<Refused>> {
    let bus: &Arc<CommandBus<Event>> = &application.bus;
    let Action { actor, command, .. } = action;
    let context = CommandContext::new(ISSUER, command_id(number), actor);
    match command {
        Command::Register(id, siren, command) => {
            let intent = (id, &command);
            let reservation = reservation(bus, siren.as_ref(), id);
            bus.together(&context, &intent, |unit| {
                let (reservation, command) = (reservation.clone(), command.clone());
                async move {
                    if let Some((value, reserve)) = reservation {
                        unit.run::<Reservation>(value, reserve).await.map_err(refused)?;
                    }
                    unit.run::<Organization>(id, command).await.map_err(refused)
                }
                .boxed()
            })
            .await?;
        }
        Command::Organization(id, command) => {
            bus.execute::<Organization>(&context, id, command)
                .await
                .map_err(refused)?;
        }
        Command::Deal(id, command) => {
            bus.execute::<Deal>(&context, id, command).await.map_err(refused)?;
        }
        Command::Task(id, command) | Command::Occurrence(id, command) => {
            bus.execute::<Task>(&context, id, command).await.map_err(refused)?;
        }
        Command::Recurring(id, command, series, start) => {
            bus.together(&context, &(id, &command, &start), |unit| {
                let (command, start) = (command.clone(), start.clone());
                async move {
                    unit.run::<Task>(id, *command).await.map_err(refused)?;
                    unit.run::<TaskSeries>(series.0, *start).await.map_err(refused)
                }
                .boxed()
            })
            .await?;
        }
        Command::Account(register) => {
            let registered = Identity::new(bus.clone()).register(&context, register).await;
            registered.map_err(|error| error.map_refusal(|refused| Refused(refused.code().to_owned())))?;
        }
        Command::Team(id, command) => {
            bus.execute::<Team>(&context, id, command).await.map_err(refused)?;
        }
        Command::Pipeline(id, command) => {
            bus.execute::<Pipeline>(&context, id, command).await.map_err(refused)?;
        }
        Command::Contact(id, command) => {
            bus.execute::<Contact>(&context, id, command).await.map_err(refused)?;
        }
        Command::Activity(id, command) => {
            bus.execute::<Activity>(&context, id, command).await.map_err(refused)?;
        }
        Command::Company(command) => {
            bus.execute::<Company>(&context, COMPANY, command)
                .await
                .map_err(refused)?;
        }
        Command::Product(id, command) => steps::add_product(bus, &context, id, command).await?,
        Command::Trade(step) => steps::take(application, &context, *step).await?,
        Command::MergeContacts { survivor, merged } => merge(bus, &context, survivor, merged).await?,
        Command::Erase(person) => {
            let erase = PersonCommand::Erase {
                person,
                ground: ErasureGround::Request,
            };
            bus.execute::<Person>(&context, person.0, erase)
                .await
                .map_err(refused)?;
        }
    }
    Ok(())
}

/// What the API does when somebody merges two records of one person.
async fn merge(
    bus: &CommandBus<Event>,
    context: &CommandContext,
    survivor: Uuid,
    merged: Uuid,
) -> Result<(), CommandError<Refused>> {
    bus.together(context, &("merge", survivor, merged), |unit| {
        async move {
            let own = unit.see::<Contact>(survivor).await.map_err(refused)?;
            let other = unit.see::<Contact>(merged).await.map_err(refused)?;
            let absorb = ContactCommand::Absorb {
                merged: ContactId(merged),
                record: Box::new(other.record().cloned().unwrap_or_default()),
            };
            unit.run::<Contact>(survivor, absorb).await.map_err(refused)?;
            let into = ContactCommand::MergeInto {
                survivor: ContactId(survivor),
            };
            unit.run::<Contact>(merged, into).await.map_err(refused)?;
            if let (Some(person), Some(with)) = (own.person(), other.person()) {
                for (person, with) in [(person, with), (with, person)] {
                    let unite = PersonCommand::Unite { person, with };
                    unit.run::<Person>(person.0, unite).await.map_err(refused)?;
                }
            }
            Ok(())
        }
        .boxed()
    })
    .await?;
    Ok(())
}

fn reservation(bus: &CommandBus<Event>, siren: Option<&Siren>, holder: Uuid) -> Option<(Uuid, ReservationCommand)> {
    let kind = ReservationKind::OrganizationSiren;
    let value = bus.secret_id(kind.as_str(), siren?.as_str());
    Some((value, ReservationCommand::Reserve { kind, holder }))
}

fn refused<R: Refusal>(error: CommandError<R>) -> CommandError<Refused> {
    error.map_refusal(|refusal| Refused(format!("{refusal} ({})", refusal.code())))
}

/// What somebody who has just filled a journal can look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sights {
    /// The first deal that was won: it has a history.
    pub won: Uuid,
    /// A deal that awaits an answer to its proposition: it can be moved on.
    pub proposed: Uuid,
    /// A contact whose data was erased.
    pub forgotten: Uuid,
    /// What the firm's administrator signs in with, once they have a password.
    pub administrator: &'static str,
    /// A quote that waits for its customer's answer.
    pub open_quote: Uuid,
    /// The first invoice that takes a deposit off.
    pub invoice: Uuid,
}

/// Something worth showing.
pub fn sights() -> Sights {
    let mut stages: BTreeMap<Uuid, StageCode> = BTreeMap::new();
    let mut deals: BTreeMap<Uuid, Uuid> = BTreeMap::new();
    let (mut won, mut invoice) = (None, None);
    for action in story::tell() {
        let (deal, command) = match action.command {
            Command::Deal(deal, command) => (deal, command),
            Command::Trade(step) => {
                match *step {
                    Step::DraftQuote { quote, wish } => {
                        deals.extend(wish.deal.map(|deal| (quote, deal.0)));
                    }
                    Step::AcceptQuote { quote, .. } | Step::SignQuote { quote, .. } => {
                        stages.extend(deals.get(&quote).map(|deal| (*deal, Stage::Signe.into())));
                    }
                    Step::DraftInvoice {
                        invoice: drafted,
                        part: QuotePart::Final,
                        ..
                    } => invoice = invoice.or(Some(drafted)),
                    _ => {}
                }
                continue;
            }
            _ => continue,
        };
        match command {
            DealCommand::Win { .. } => {
                won = won.or(Some(deal));
                stages.insert(deal, Stage::Signe.into());
            }
            DealCommand::Lose { .. } => {
                stages.insert(deal, Stage::Perdu.into());
            }
            DealCommand::Move { stage } | DealCommand::Reopen { stage } => {
                stages.insert(deal, stage.code);
            }
            _ => {}
        }
    }
    let proposed = stages
        .into_iter()
        .find(|(_, stage)| *stage == *Stage::Proposition.as_str());
    Sights {
        won: won.unwrap_or_default(),
        proposed: proposed.map(|(deal, _)| deal).unwrap_or_default(),
        forgotten: people::forgotten(),
        administrator: "denis.lagarde@demo.example",
        open_quote: trade::open_quote(),
        invoice: invoice.unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_story_is_the_same_every_time() {
        let told =
            |actions: Vec<Action>| -> Vec<_> { actions.into_iter().map(|action| (action.at, action.actor)).collect() };
        assert_eq!(told(story::tell()), told(story::tell()));
    }

    #[test]
    fn the_story_has_forty_organizations_and_eighteen_months() {
        let actions = story::tell();
        let registered = actions
            .iter()
            .filter(|action| matches!(action.command, Command::Register(..)))
            .count();
        assert_eq!(registered, 40);
        let months = (story::close_of_business() - beginning()).num_days() / 30;
        assert_eq!(months, 18);
        let count = |wanted: fn(&Command) -> bool| actions.iter().filter(|action| wanted(&action.command)).count();
        assert!(count(|command| matches!(command, Command::Deal(_, domain::DealCommand::Open(_)))) > 100);
        assert!(count(|command| matches!(command, Command::Task(_, domain::TaskCommand::Create(_)))) > 300);
    }

    #[test]
    fn there_is_something_to_show() {
        let Sights {
            won, proposed, invoice, ..
        } = sights();
        assert!(!won.is_nil() && !proposed.is_nil() && !invoice.is_nil());
    }

    #[test]
    fn the_people_of_the_story_meet_talk_merge_and_are_forgotten() {
        let actions = story::tell();
        let count = |wanted: fn(&Command) -> bool| actions.iter().filter(|action| wanted(&action.command)).count();
        assert_eq!(count(|command| matches!(command, Command::Account(_))), 10);
        assert_eq!(count(|command| matches!(command, Command::Pipeline(..))), 1);
        assert_eq!(count(|command| matches!(command, Command::MergeContacts { .. })), 1);
        assert_eq!(count(|command| matches!(command, Command::Erase(_))), 1);
        assert!(count(|command| matches!(command, Command::Contact(_, ContactCommand::Add(_)))) > 75);
        assert!(count(|command| matches!(command, Command::Contact(_, ContactCommand::GiveConsent { .. }))) > 15);
        assert!(count(|command| matches!(command, Command::Activity(..))) > 150);
        assert_eq!(people::address("Denis Lagarde"), sights().administrator);
    }

    #[test]
    fn money_comes_in_time_late_twice_not_at_all_and_is_given_back() {
        let steps: Vec<_> = story::tell()
            .into_iter()
            .filter_map(|action| match action.command {
                Command::Trade(step) => Some(step),
                _ => None,
            })
            .collect();
        let count = |wanted: fn(&Step) -> bool| steps.iter().filter(|step| wanted(step)).count();
        assert!(count(|step| matches!(step, Step::SendQuote { .. })) > 40);
        assert!(count(|step| matches!(step, Step::SignQuote { .. })) > 2);
        assert!(count(|step| matches!(step, Step::RefuseQuote { .. })) > 3);
        let issued = count(|step| matches!(step, Step::IssueInvoice { .. }));
        assert!(issued > 40 && count(|step| matches!(step, Step::Pay { .. })) < issued);
        assert!(count(|step| matches!(step, Step::Credit { .. })) > 3);
        assert!(count(|step| matches!(step, Step::ReversePayment { .. } | Step::WriteOff { .. })) > 1);
    }

    #[test]
    fn nobody_works_at_night() {
        use chrono::Timelike;
        for action in story::tell() {
            let hour = action.at.with_timezone(&chrono_tz::Europe::Paris).hour();
            assert!((9..19).contains(&hour), "{}", action.at);
        }
    }
}
