//! What the agenda's obligations mean: which command each becomes when its time has come.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{Contract, ContractCommand, Event, Quote, QuoteCommand, Task, TaskCommand};
use engine::{
    CommandBus, CommandContext,
    agenda::{Obligation, Obligations},
    policy::ReactionError,
};
use projections::agenda::{
    CONTRACT_ACTIVATION, CONTRACT_ALERT, CONTRACT_BILLING, CONTRACT_CONSUMER_NOTICE, CONTRACT_EXPIRY, CONTRACT_RENEWAL,
    CONTRACT_TERMINATION, INVOICE_REMINDER, QUOTE_EXPIRY, QUOTE_EXPIRY_REMINDER, TASK_DAY_REMINDER, TASK_REMINDER,
};

use crate::sales::{Sales, contracts::Contracting, dunning::Dunning};

/// Fulfils every kind of obligation there is.
pub struct DueObligations {
    pub sales: Arc<Sales>,
    pub dunning: Arc<Dunning>,
    pub contracting: Arc<Contracting>,
}

#[async_trait]
impl Obligations<Event> for DueObligations {
    async fn fulfil(
        &self,
        obligation: &Obligation,
        context: CommandContext,
        bus: &CommandBus<Event>,
    ) -> Result<(), ReactionError> {
        match obligation.kind.as_str() {
            TASK_REMINDER | TASK_DAY_REMINDER => of_task(obligation, context, bus).await,
            INVOICE_REMINDER => self.dunning.remind(&context, obligation).await,
            QUOTE_EXPIRY | QUOTE_EXPIRY_REMINDER => self.of_quote(obligation, context, bus).await,
            CONTRACT_ACTIVATION
            | CONTRACT_ALERT
            | CONTRACT_BILLING
            | CONTRACT_CONSUMER_NOTICE
            | CONTRACT_EXPIRY
            | CONTRACT_RENEWAL
            | CONTRACT_TERMINATION => self.of_contract(obligation, context, bus).await,
            _ => Err(unknown(obligation)),
        }
    }
}

impl DueObligations {
    async fn of_contract(
        &self,
        obligation: &Obligation,
        context: CommandContext,
        bus: &CommandBus<Event>,
    ) -> Result<(), ReactionError> {
        let (contract, contracting) = (obligation.stream_id, &self.contracting);
        let on = self.sales.house().await?.today;
        let command = match obligation.kind.as_str() {
            CONTRACT_ALERT => return contracting.alert(&context, contract, &obligation.key).await,
            CONTRACT_CONSUMER_NOTICE => return contracting.notify_consumer(&context, contract).await,
            CONTRACT_BILLING => {
                contracting.bill(&context, contract).await?;
                return Ok(());
            }
            CONTRACT_RENEWAL => {
                contracting.renew_tacitly(&context, contract).await?;
                return Ok(());
            }
            CONTRACT_ACTIVATION => ContractCommand::Activate { on },
            CONTRACT_EXPIRY => ContractCommand::Expire { on },
            _ => ContractCommand::Terminate { on },
        };
        bus.execute::<Contract>(&context.occurred_at(obligation.due()), contract, command)
            .await?;
        Ok(())
    }

    async fn of_quote(
        &self,
        obligation: &Obligation,
        context: CommandContext,
        bus: &CommandBus<Event>,
    ) -> Result<(), ReactionError> {
        let version: u16 = obligation.key.parse().map_err(|_| unknown(obligation))?;
        let quote = obligation.stream_id;
        if obligation.kind == QUOTE_EXPIRY_REMINDER {
            self.sales.remind_of_expiry(&context, quote, version).await?;
            return Ok(());
        }
        let expire = QuoteCommand::Expire {
            version,
            now: bus.clock().now(),
        };
        let context = context.occurred_at(obligation.due());
        bus.execute::<Quote>(&context, quote, expire).await?;
        Ok(())
    }
}

fn unknown(obligation: &Obligation) -> ReactionError {
    ReactionError::trouble(format!("nobody fulfils `{}`", obligation.id))
}

async fn of_task(
    obligation: &Obligation,
    context: CommandContext,
    bus: &CommandBus<Event>,
) -> Result<(), ReactionError> {
    let due = obligation.due();
    let (context, command) = match (obligation.kind.as_str(), obligation.key.parse::<i8>()) {
        (TASK_DAY_REMINDER, Ok(day)) => (context, of_day(obligation, day, bus).await?),
        (TASK_DAY_REMINDER, Err(_)) => return Err(unknown(obligation)),
        _ => (context.occurred_at(due), TaskCommand::Remind { due, day: None }),
    };
    bus.execute::<Task>(&context, obligation.stream_id, command).await?;
    Ok(())
}

/// After a standstill several reminders of one task may be late. Of those only the last says something.
async fn of_day(obligation: &Obligation, day: i8, bus: &CommandBus<Event>) -> Result<TaskCommand, ReactionError> {
    let due = obligation.due();
    let task = bus.load::<Task>(obligation.stream_id).await?;
    let moot = task.is_some_and(|(task, _)| task.is_moot(day, bus.clock().now()));
    Ok(if moot {
        TaskCommand::LetLapse { due, day }
    } else {
        TaskCommand::Remind { due, day: Some(day) }
    })
}
