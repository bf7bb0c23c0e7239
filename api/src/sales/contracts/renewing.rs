//! The contract that follows: made on the last day of the term, or whenever somebody gets to it, and dated by the term.

use domain::{
    Contract, ContractCommand, ContractId, Event, Language, Task, TaskCommand,
    contract::RenewalPlan,
    document::Series,
    task::{CreateTask, Details, Due, Link, LinkCategory, Priority},
};
use engine::{CommandContext, CommandError, Outcome, UnitOfWork};
use futures::FutureExt;
use uuid::Uuid;

use super::{Contracting, drafting::refused};
use crate::{
    graphql::following::{Refused, boxed},
    sales::{House, numbers},
};

impl Contracting {
    /// Renews a contract tacitly: the one that follows comes to be under its own number, and this one remembers it.
    pub async fn renew_tacitly(
        &self,
        context: &CommandContext,
        contract: Uuid,
    ) -> Result<Outcome, CommandError<Refused>> {
        let house = &self.sales.house().await?;
        let values = house.company.index_values();
        let pattern = &house.company.number_pattern(Series::Contract);
        let task = self
            .bus()
            .derived_id(&["contract renewal task", &context.command_id.to_string()]);
        let bus = self.bus();
        let _turn = self.sales.turn().await;
        bus.together(
            context,
            &("contract renew tacitly", contract),
            |unit: &mut UnitOfWork<'_, Event>| {
                async move {
                    let state = unit.see_whoever_asks::<Contract>(contract).await.map_err(boxed)?;
                    let plan = state.renewal_plan(ContractId(contract), values).map_err(refused)?;
                    let (follower, series) = (plan.by.0, Series::Contract);
                    unit.see_whoever_asks::<Contract>(follower).await.map_err(boxed)?;
                    let number = numbers::allot(bus, unit, series, pattern.clone(), follower, house.today)
                        .await
                        .map_err(boxed)?;
                    let Some(number) = number else { return Ok(()) };
                    let renew = ContractCommand::RenewTacitly {
                        plan: Box::new(plan.clone()),
                        number: number.clone(),
                        on: house.today,
                    };
                    unit.run::<Contract>(contract, renew).await.map_err(boxed)?;
                    let wanting = asked_to_look(&plan, &number.text, house);
                    let begin = ContractCommand::BeginRenewal {
                        plan: Box::new(plan),
                        number,
                    };
                    unit.run::<Contract>(follower, begin).await.map_err(boxed)?;
                    if let Some(create) = wanting {
                        unit.run::<Task>(task, TaskCommand::Create(create))
                            .await
                            .map_err(boxed)?;
                    }
                    Ok(())
                }
                .boxed()
            },
        )
        .await
    }
}

/// What of a renewal somebody should look at: a dispute, prices that wait for an index, a customer who was not told.
fn asked_to_look(plan: &RenewalPlan, number: &str, house: &House) -> Option<CreateTask> {
    let language = Language::French;
    let reasons = [
        (plan.disputed, "un litige est ouvert", "a dispute is open"),
        (
            plan.indexation_pending,
            "l'indice de révision des prix n'était pas publié",
            "the index that prices follow was not published",
        ),
        (
            plan.follows.uninformed,
            "le client n'a pas été informé à temps (art. L215-1 du code de la consommation) : il peut partir sans frais",
            "the customer was not told in time (Code de la consommation, art. L215-1): they may leave free of charge",
        ),
    ];
    let said: Vec<String> = reasons
        .iter()
        .filter(|(holds, ..)| *holds)
        .map(|(_, french, english)| language.choose(*english, *french))
        .collect();
    if said.is_empty() {
        return None;
    }
    let link = Link {
        category: LinkCategory::Contract,
        id: plan.by.0,
    };
    Some(CreateTask {
        details: Details {
            priority: Priority::High,
            description: Some(format!(
                "Contrat renouvelé par tacite reconduction, mais {}.",
                said.join(" ; ")
            )),
            links: vec![link],
            assignees: plan.owner.into_iter().collect(),
            ..Details::titled(format!("Vérifier le renouvellement {number}"))
        },
        ..CreateTask::titled("", Some(Due::Date(house.today)))
    })
}
