//! Contracts come to be: as drafts under the next number, and by a signature.

use chrono::NaiveDate;
use domain::{
    Contract, ContractCommand, ContractError, ContractId, DealId, Event, OrganizationId, UserId,
    contract::{DraftContract, QuoteOrigin, WishedTerms},
    document::{FiledDocument, Series},
};
use engine::{CommandContext, CommandError, Outcome, UnitOfWork};
use futures::FutureExt;
use serde::Serialize;
use uuid::Uuid;

use super::Contracting;
use crate::{
    graphql::following::{Refused, boxed},
    sales::numbers,
};

/// What a contract is drafted from.
#[derive(Debug, Clone, Serialize)]
pub struct ContractWish {
    pub organization: OrganizationId,
    pub deal: Option<DealId>,
    pub quote: Option<QuoteOrigin>,
    pub owner: Option<UserId>,
    pub segment: Option<String>,
    /// The contract that it is to renew expressly, once it is signed.
    pub follows: Option<ContractId>,
    pub terms: WishedTerms,
}

impl Contracting {
    /// Drafts a contract under the next number.
    pub async fn draft(
        &self,
        context: &CommandContext,
        contract: Uuid,
        wish: &ContractWish,
    ) -> Result<Outcome, CommandError<Refused>> {
        let house = self.sales.house().await?;
        let customer = self.sales.customer_of(wish.organization).await?;
        let pattern = &house.company.number_pattern(Series::Contract);
        let bus = self.bus();
        let customer = &customer;
        let _turn = self.sales.turn().await;
        bus.together(
            context,
            &("contract draft", contract, wish),
            |unit: &mut UnitOfWork<'_, Event>| {
                async move {
                    unit.see::<Contract>(contract).await.map_err(boxed)?;
                    let follows = match wish.follows {
                        Some(other) => {
                            let known = unit.see::<Contract>(other.0).await.map_err(boxed)?;
                            let number = known.number().cloned();
                            let number = number.ok_or_else(|| refused(ContractError::NotDrafted))?;
                            Some((other, number))
                        }
                        None => None,
                    };
                    let series = Series::Contract;
                    let number = numbers::allot(bus, unit, series, pattern.clone(), contract, house.today)
                        .await
                        .map_err(boxed)?;
                    // The command was taken before: its first answer stands.
                    let Some(number) = number else { return Ok(()) };
                    let draft = DraftContract {
                        number,
                        organization: customer.id,
                        customer_kind: customer.kind(),
                        deal: wish.deal,
                        quote: wish.quote,
                        owner: wish.owner.or(customer.owner()),
                        segment: wish.segment.clone(),
                        follows,
                        terms: wish.terms.clone(),
                    };
                    unit.run::<Contract>(contract, ContractCommand::Draft(Box::new(draft)))
                        .await
                        .map_err(boxed)
                }
                .boxed()
            },
        )
        .await
    }

    /// Says that both signed. Where the contract was drafted to renew another one, that one is renewed by it.
    pub async fn sign(
        &self,
        context: &CommandContext,
        contract: Uuid,
        signed_on: NaiveDate,
        document: Option<FiledDocument>,
    ) -> Result<Outcome, CommandError<Refused>> {
        self.bus()
            .together(
                context,
                &("contract sign", contract, signed_on, document),
                |unit: &mut UnitOfWork<'_, Event>| {
                    async move {
                        let draft = unit.see::<Contract>(contract).await.map_err(boxed)?;
                        unit.run::<Contract>(contract, ContractCommand::Sign { signed_on, document })
                            .await
                            .map_err(boxed)?;
                        let (Some(follows), Some(number), Some(starts_on)) =
                            (draft.follows(), draft.number(), draft.starts_on())
                        else {
                            return Ok(());
                        };
                        let renew = ContractCommand::RenewExpressly {
                            by: ContractId(contract),
                            number: number.clone(),
                            starts_on,
                            ends_on: draft.ends_on(),
                        };
                        unit.run::<Contract>(follows.contract.0, renew).await.map_err(boxed)
                    }
                    .boxed()
                },
            )
            .await
    }
}

pub(super) fn refused(refusal: ContractError) -> CommandError<Refused> {
    CommandError::Refused(Refused::new(refusal))
}
