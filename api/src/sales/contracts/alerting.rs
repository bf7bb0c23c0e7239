//! People are told before a date of a contract: the salesperson by a task and a letter sixty days before, the customer by a
//! letter thirty days before, and consumers of their right to refuse a renewal.

use domain::{
    Contract, ContractCommand, ContractError, ContractId, Delivery, DeliveryCommand, Event, Language, OrganizationId,
    PersonId, QuoteId, Task, TaskCommand, TaskId, UserId,
    contract::{Alert, AlertDate, ContractState},
    delivery::QueueDelivery,
    task::{CreateTask, Details, Due, Link, LinkCategory, Priority},
};
use engine::{CommandContext, CommandError, UnitOfWork, policy::ReactionError};
use futures::FutureExt;
use mail::{ComingDate, ContractLetter, To};
use projections::contacts::{Column, Entity};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::{Contracting, drafting::refused};
use crate::{
    graphql::following::{Refused, boxed},
    letters,
    sales::{Customer, House, SalesError},
};

/// Days before a date on which the salesperson is told.
const TO_SALESPERSON: u16 = 60;
/// Days before a date on which the customer is told.
const TO_CUSTOMER: u16 = 30;

/// What goes with an alert.
#[derive(Default)]
struct Told {
    task: Option<CreateTask>,
    letter: Option<QueueDelivery>,
    quote: Option<QuoteId>,
}

/// Whom a contract is about.
pub(super) struct Case<'a> {
    pub(super) id: ContractId,
    pub(super) state: &'a ContractState,
    pub(super) house: &'a House,
    pub(super) customer: &'a Customer,
}

impl Contracting {
    /// Raises the alert whose day has come, or puts down why it is not raised.
    pub async fn alert(&self, context: &CommandContext, contract: Uuid, key: &str) -> Result<(), ReactionError> {
        let house = &self.sales.house().await?;
        let Some(state) = self.contract(contract).await? else {
            return Ok(());
        };
        let is_this = |alert: &Alert| alert.key() == key;
        if let Some((alert, cause)) = state
            .alerts_to_skip(house.today)
            .into_iter()
            .find(|(alert, _)| is_this(alert))
        {
            let skip = ContractCommand::SkipAlert { alert, cause };
            self.bus().execute::<Contract>(context, contract, skip).await?;
            return Ok(());
        }
        let Some(alert) = state.alerts_due(house.today).into_iter().find(is_this) else {
            return Ok(());
        };
        let organization = state
            .organization_on(house.today)
            .unwrap_or(OrganizationId(Uuid::nil()));
        let customer = self.sales.customer_of(organization).await?;
        let case = Case {
            id: ContractId(contract),
            state: &state,
            house,
            customer: &customer,
        };
        let told = match alert.days {
            TO_SALESPERSON => self.told_to_salesperson(&case, alert).await?,
            TO_CUSTOMER if case.is_decisive(alert) => self.told_to_customer(context, &case, alert).await?,
            _ => Told::default(),
        };
        self.raise(context, &case, alert, &told).await?;
        Ok(())
    }

    async fn raise(
        &self,
        context: &CommandContext,
        case: &Case<'_>,
        alert: Alert,
        told: &Told,
    ) -> Result<(), CommandError<Refused>> {
        let contract = case.id.0;
        let delivery = told.letter.as_ref().map(|_| letters::delivery_of(self.bus(), context));
        let task = self
            .bus()
            .derived_id(&["contract alert task", &context.command_id.to_string()]);
        let raise = &ContractCommand::RaiseAlert {
            alert,
            on: case.house.today,
            // A task tells by itself.
            to: case.salesperson().filter(|_| told.task.is_none()).into_iter().collect(),
            task: told.task.as_ref().map(|_| TaskId(task)),
            delivery,
            quote: told.quote,
        };
        self.bus()
            .together(
                context,
                &("contract alert", contract, alert.key()),
                |unit: &mut UnitOfWork<'_, Event>| {
                    async move {
                        unit.see_whoever_asks::<Contract>(contract).await.map_err(boxed)?;
                        unit.run::<Contract>(contract, raise.clone()).await.map_err(boxed)?;
                        if let Some(create) = &told.task {
                            unit.run::<Task>(task, TaskCommand::Create(create.clone()))
                                .await
                                .map_err(boxed)?;
                        }
                        if let (Some(delivery), Some(letter)) = (delivery, &told.letter) {
                            unit.run::<Delivery>(delivery, DeliveryCommand::Queue(letter.clone()))
                                .await
                                .map_err(boxed)?;
                        }
                        Ok(())
                    }
                    .boxed()
                },
            )
            .await?;
        Ok(())
    }

    async fn told_to_salesperson(&self, case: &Case<'_>, alert: Alert) -> Result<Told, ReactionError> {
        let to = match case.state.owner() {
            Some(owner) => letters::colleague(self.bus(), owner).await?,
            None => None,
        };
        let coming = ComingDate {
            is_notice_deadline: alert.before == AlertDate::NoticeDeadline,
            date: alert.date,
            days: alert.days,
            renews: case.renews(),
        };
        let letter = match to {
            Some(to) => Some(mail::contract_alert(to, &case.letter(), coming).map_err(SalesError::from)?),
            None => None,
        };
        let what = match alert.before {
            AlertDate::NoticeDeadline => "fin du délai de préavis",
            AlertDate::TermEnd => "échéance",
        };
        let title = format!(
            "Préparer le renouvellement du contrat {} ({what} le {})",
            case.number(),
            french(alert.date)
        );
        Ok(Told {
            task: Some(case.task(title, None)),
            letter,
            quote: None,
        })
    }

    /// A contract that is renewed tacitly: the customer is told so. Another one: they get an offer for what follows.
    async fn told_to_customer(
        &self,
        context: &CommandContext,
        case: &Case<'_>,
        alert: Alert,
    ) -> Result<Told, ReactionError> {
        let Some(to) = self.addressed(case.customer, case.house).await? else {
            let title = format!("Contacter {} : contrat {}", case.customer.name(), case.number());
            let why = "Le contrat arrive à échéance et le client n'a pas d'adresse électronique.";
            return Ok(Told {
                task: Some(case.task(title, Some(why))),
                ..Told::default()
            });
        };
        if let (AlertDate::NoticeDeadline, Some(end)) = (alert.before, case.state.ends_on()) {
            let renewed_on = domain::contract::calendar::days_after(end, 1);
            let letter = mail::contract_renewal(to, &case.letter(), renewed_on, alert.date);
            return Ok(Told {
                letter: Some(letter.map_err(SalesError::from)?),
                ..Told::default()
            });
        }
        match self.offer(context, case, &to).await {
            Ok(quote) => Ok(Told {
                quote: Some(quote),
                ..Told::default()
            }),
            // Somebody of the house makes the offer by hand: the customer has no address, or a manager has to agree.
            Err(SalesError::Command(CommandError::Refused(refusal))) => {
                let title = format!("Proposer le renouvellement du contrat {}", case.number());
                Ok(Told {
                    task: Some(case.task(title, Some(&refusal.to_string()))),
                    ..Told::default()
                })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Tells a consumer or a non-professional that they may refuse the renewal. Without an address somebody is asked to post it.
    pub async fn notify_consumer(&self, context: &CommandContext, contract: Uuid) -> Result<(), ReactionError> {
        let house = &self.sales.house().await?;
        let Some(state) = self.contract(contract).await? else {
            return Ok(());
        };
        let Some(window) = state.consumer_window().filter(|window| window.contains(house.today)) else {
            return Ok(());
        };
        let organization = state
            .organization_on(house.today)
            .unwrap_or(OrganizationId(Uuid::nil()));
        let customer = self.sales.customer_of(organization).await?;
        let case = Case {
            id: ContractId(contract),
            state: &state,
            house,
            customer: &customer,
        };
        let Some(to) = self.addressed(&customer, house).await? else {
            let title = format!("Poster la lettre de l'art. L215-1 : contrat {}", case.number());
            let why = format!(
                "Avant le {}. Le client peut refuser le renouvellement jusqu'au {}. Enregistrez l'envoi sur le contrat.",
                french(window.until),
                french(window.deadline)
            );
            let create = TaskCommand::Create(CreateTask {
                due: Some(Due::Date(window.until)),
                ..case.task(title, Some(&why))
            });
            let task = self
                .bus()
                .derived_id(&["contract consumer task", &context.command_id.to_string()]);
            self.bus().execute::<Task>(context, task, create).await?;
            return Ok(());
        };
        let letter = &mail::contract_consumer_notice(to, &case.letter(), window.deadline).map_err(SalesError::from)?;
        let delivery = letters::delivery_of(self.bus(), context);
        let notify = &ContractCommand::NotifyConsumer {
            sent_on: house.today,
            delivery: Some(delivery),
            document: None,
        };
        let notified: Result<_, CommandError<Refused>> = self
            .bus()
            .together(
                context,
                &("contract consumer notice", contract),
                |unit: &mut UnitOfWork<'_, Event>| {
                    async move {
                        unit.see_whoever_asks::<Contract>(contract).await.map_err(boxed)?;
                        unit.run::<Contract>(contract, notify.clone()).await.map_err(boxed)?;
                        unit.run::<Delivery>(delivery, DeliveryCommand::Queue(letter.clone()))
                            .await
                            .map_err(boxed)
                    }
                    .boxed()
                },
            )
            .await;
        notified?;
        Ok(())
    }

    /// Whom letters about the customer's contracts go to: who signs for it, else who gets its bills, else anybody there with
    /// an address.
    async fn addressed(&self, customer: &Customer, house: &House) -> Result<Option<To>, ReactionError> {
        let head = self.bus().journal().head().await?.position;
        let views = crate::sales::shown(&self.views, head).await?;
        let names: Vec<Uuid> = customer
            .stands_for()
            .iter()
            .chain([&customer.id])
            .map(|name| name.0)
            .collect();
        let found = Entity::find()
            .filter(Column::OrganizationId.is_in(names))
            .filter(Column::Email.is_not_null())
            .filter(Column::ArchivedAt.is_null())
            .filter(Column::MergedInto.is_null())
            .order_by_desc(Column::Signatory)
            .order_by_desc(Column::Billing)
            .order_by_asc(Column::AddedAt)
            .order_by_asc(Column::Id)
            .one(&views)
            .await
            .map_err(ReactionError::trouble)?;
        Ok(found.and_then(|contact| {
            let language = match contact.language.as_deref() {
                Some("en") => Language::English,
                _ => Language::French,
            };
            Some(To {
                person: PersonId(contact.person_id),
                name: contact.full_name,
                email: contact.email?,
                language,
                time_zone: house.company.time_zone(),
            })
        }))
    }
}

impl Case<'_> {
    pub(super) fn number(&self) -> &str {
        self.state.number().map_or("", |number| number.text.as_str())
    }

    fn renews(&self) -> bool {
        self.state.renewal_plan(self.id, &[]).is_ok()
    }

    /// Whether it is the date by which the customer decides: what is renewed tacitly, by the end of the notice period.
    fn is_decisive(&self, alert: Alert) -> bool {
        match alert.before {
            AlertDate::NoticeDeadline => self.renews(),
            AlertDate::TermEnd => !self.renews(),
        }
    }

    fn letter(&self) -> ContractLetter {
        ContractLetter {
            contract: self.id,
            number: self.number().to_owned(),
            seller: self
                .house
                .company
                .identity()
                .map_or_else(String::new, |identity| identity.name.clone()),
            customer: self.customer.name().to_owned(),
            ends_on: self.state.ends_on().unwrap_or(self.house.today),
        }
    }

    /// Who looks after it.
    fn salesperson(&self) -> Option<UserId> {
        self.state.owner().or(self.customer.owner())
    }

    pub(super) fn task(&self, title: String, description: Option<&str>) -> CreateTask {
        CreateTask {
            details: Details {
                priority: Priority::High,
                description: description.map(str::to_owned),
                links: vec![Link {
                    category: LinkCategory::Contract,
                    id: self.id.0,
                }],
                assignees: self.salesperson().into_iter().collect(),
                ..Details::titled(title)
            },
            ..CreateTask::titled("", Some(Due::Date(self.house.today)))
        }
    }
}

pub(super) fn french(day: chrono::NaiveDate) -> String {
    day.format("%d/%m/%Y").to_string()
}

impl From<ContractError> for SalesError {
    fn from(error: ContractError) -> Self {
        refused(error).into()
    }
}
