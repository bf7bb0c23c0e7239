//! The papers of contracts: what both sign, set and kept beside the journal.

use chrono::NaiveDate;
use documents::{Agreement, Look};
use domain::{
    ContractCommand, ContractError, ContractEvent, Decider, Language, QuoteError,
    contract::{Amend, Amendment},
    document::FiledDocument,
};
use engine::CommandError;
use uuid::Uuid;

use super::{Contracting, drafting::refused};
use crate::{
    graphql::following::Refused,
    sales::{Recipient, SalesError, quotes::UNADDRESSED},
};

/// Who signed, and when.
#[derive(Debug, Clone)]
pub struct Signing {
    pub on: NaiveDate,
    /// For the company, and for the customer.
    pub names: [String; 2],
}

impl Contracting {
    /// The paper of a contract as both signed it.
    pub async fn signed_contract(&self, contract: Uuid, signing: &Signing) -> Result<FiledDocument, SalesError> {
        self.signed_paper(contract, None, signing).await
    }

    /// The paper of an amendment as both signed it.
    pub async fn signed_amendment(
        &self,
        contract: Uuid,
        amend: &Amend,
        signing: &Signing,
    ) -> Result<FiledDocument, SalesError> {
        let known = self.contract(contract).await.map_err(CommandError::from)?;
        let known = known.ok_or_else(|| refused(ContractError::NotDrafted))?;
        let decided = known.decide(ContractCommand::Amend(Box::new(amend.clone())));
        let amendment = decided.map_err(refused)?.into_iter().find_map(|event| match event {
            ContractEvent::ContractAmended { amendment } => Some(*amendment),
            _ => None,
        });
        self.signed_paper(contract, amendment, signing).await
    }

    async fn signed_paper(
        &self,
        contract: Uuid,
        amendment: Option<Amendment>,
        signing: &Signing,
    ) -> Result<FiledDocument, SalesError> {
        let not_drafted = || SalesError::from(refused(ContractError::NotDrafted));
        let known = self.contract(contract).await.map_err(CommandError::from)?;
        let known = known.ok_or_else(not_drafted)?;
        let (Some(terms), Some(number)) = (known.terms(), known.number().cloned()) else {
            return Err(not_drafted());
        };
        let house = self.sales.house().await.map_err(CommandError::from)?;
        let organization = known.organization_on(terms.starts_on).ok_or_else(not_drafted)?;
        let customer = self.sales.customer_of(organization).await?;
        let buyer = customer
            .buyer(Recipient::default())
            .map_err(|_| UNADDRESSED.refused())?;
        let seller = house.company.seller();
        let seller = seller.ok_or_else(|| CommandError::Refused(Refused::new(QuoteError::CompanyUnknown)))?;
        let logo = self.sales.logo(&seller).await?;
        let agreement = Agreement {
            seller,
            buyer,
            number,
            terms,
            amendment,
            language: Language::French,
            signed_on: signing.on,
            signers: signing.names.clone(),
        };
        let renderer = self.sales.renderer()?;
        let paper = self
            .sales
            .set(move || {
                let look = Look {
                    logo: logo.as_ref(),
                    draft: false,
                };
                renderer.agreement_pdf(&agreement, look)
            })
            .await?;
        Ok(self.sales.keep(&paper).await?)
    }
}
