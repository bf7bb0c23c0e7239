//! Commands to a contract that depend on more than what somebody asks for: on the day, or on values of an index.

use domain::{Contract, ContractCommand, Event};
use engine::{CommandContext, CommandError, Outcome, UnitOfWork};
use futures::FutureExt;
use serde::Serialize;
use uuid::Uuid;

use super::Contracting;
use crate::graphql::following::{Refused, boxed};

impl Contracting {
    /// Gives a contract one command. By what was asked for, and not by what the command says besides, it is told whether the
    /// same is asked again.
    pub async fn give(
        &self,
        context: &CommandContext,
        contract: Uuid,
        asked: &(impl Serialize + Sync),
        command: &ContractCommand,
    ) -> Result<Outcome, CommandError<Refused>> {
        self.bus()
            .together(
                context,
                &("contract", contract, asked),
                |unit: &mut UnitOfWork<'_, Event>| {
                    let command = command.clone();
                    async move { unit.run::<Contract>(contract, command).await.map_err(boxed) }.boxed()
                },
            )
            .await
    }
}
