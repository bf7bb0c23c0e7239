//! What contracts bill: drafts of invoices as the periods come, and credit notes for what was billed too much.
//!
//! A draft is written by itself. A credit note is a legal document under a number of its own: what is to be taken back is
//! shown, somebody is asked to look at it, and it is issued when somebody says so.

use domain::{
    Contract, ContractCommand, ContractId, Event, Invoice, InvoiceCommand, InvoiceId, Language, Money, Task,
    TaskCommand,
    billing::PriceBasis,
    contract::{BillingItem, BillingNature, ContractState, PeriodCredit},
    document::{InvoiceKind, Layout, LineId, Period, Taxed, WishedContent},
    invoice::{CreditWish, CreditedPart, DraftInvoice, InvoiceStatus, Source},
    task::{CreateTask, Details, Due, Link, LinkCategory, Priority},
};
use engine::{CommandContext, CommandError, Outcome, UnitOfWork};
use futures::FutureExt;
use uuid::Uuid;

use super::{Contracting, drafting::refused};
use crate::{
    graphql::following::{Refused, boxed},
    sales::{Customer, House, SalesError, invoices::CreditAsked},
};

/// What a credit note of a contract says as its reason.
const CREDIT_REASON: &str = "Ajustement de périodes facturées d'avance";

impl Contracting {
    /// Drafts what the contract has to bill today, in one invoice, and asks somebody to look at what it has to take back.
    /// Drafts of periods that come to something else by now are discarded and written anew. Says nothing where nothing is
    /// to be done.
    pub async fn bill(&self, context: &CommandContext, contract: Uuid) -> Result<Outcome, CommandError<Refused>> {
        let house = self.sales.house().await?;
        let known = self.contract(contract).await?;
        let known = known.ok_or_else(|| refused(domain::ContractError::NotDrafted))?;
        let organization = known.organization_on(house.today);
        let organization = organization.ok_or_else(|| refused(domain::ContractError::NotDrafted))?;
        let customer = self.sales.customer_of(organization).await?;
        let invoice = InvoiceId(
            self.bus()
                .derived_id(&["contract invoice", &context.command_id.to_string()]),
        );
        let (house, customer, bus) = (&house, &customer, self.bus());
        bus.together(
            context,
            &("contract bill", contract),
            |unit: &mut UnitOfWork<'_, Event>| {
                async move {
                    discard_outdated(unit, contract, house).await?;
                    let state = unit.see_whoever_asks::<Contract>(contract).await.map_err(boxed)?;
                    let due = state.due_billing(house.today);
                    let (charges, credits): (Vec<_>, Vec<_>) =
                        due.into_iter().partition(|item| item.nature() == BillingNature::Charge);
                    if !charges.is_empty() {
                        let draft = drafted(ContractId(contract), &state, &charges, house, customer);
                        unit.run::<Invoice>(invoice.0, InvoiceCommand::Draft(Box::new(draft)))
                            .await
                            .map_err(boxed)?;
                        let bill = ContractCommand::BillPeriods {
                            on: house.today,
                            invoice,
                        };
                        unit.run::<Contract>(contract, bill).await.map_err(boxed)?;
                    }
                    if !credits.is_empty() {
                        // Once for what is to be taken back, however often it is looked at.
                        let what = format!("{contract} {:?}", credits.iter().map(key).collect::<Vec<_>>());
                        let task = bus.derived_id(&["contract credit task", &what]);
                        if !unit.see_whoever_asks::<Task>(task).await.map_err(boxed)?.exists() {
                            let create = asked_to_credit(contract, &state, &credits, house);
                            unit.run::<Task>(task, TaskCommand::Create(create))
                                .await
                                .map_err(boxed)?;
                        }
                    }
                    Ok(())
                }
                .boxed()
            },
        )
        .await
    }

    /// Issues the credit notes that take back what was billed too much: one for each invoice that billed it, and the contract
    /// remembers of each what it takes back. All of them or none, in one unit of work.
    pub async fn issue_credits(&self, context: &CommandContext, contract: Uuid) -> Result<Outcome, SalesError> {
        let command = context.command_id.to_string();
        let note_of = |invoice: Uuid| {
            self.bus()
                .derived_id(&["contract credit", &command, &invoice.to_string()])
        };
        let mut outcome = self.numbered_credits(context, contract, &note_of).await?;
        let written: Vec<Uuid> = outcome.versions.iter().map(|(stream, _)| stream.id).collect();
        let notes = written.iter().map(|invoice| note_of(*invoice));
        for note in notes.filter(|note| written.contains(note)) {
            outcome = self.invoicing.filed(outcome, note).await;
        }
        Ok(outcome)
    }

    async fn numbered_credits(
        &self,
        context: &CommandContext,
        contract: Uuid,
        note_of: &(impl Fn(Uuid) -> Uuid + Sync),
    ) -> Result<Outcome, CommandError<Refused>> {
        let _turn = self.sales.turn().await;
        let house = &self.sales.house().await?;
        self.invoicing
            .numbered(
                context,
                &("contract", contract, "issue credits"),
                |unit: &mut UnitOfWork<'_, Event>| {
                    async move {
                        // The first one that the unit looks at: the version that somebody saw is the contract's.
                        let state = unit.see::<Contract>(contract).await.map_err(boxed)?;
                        let due = state.due_credits(house.today);
                        if due.is_empty() {
                            // The contract says so, unless this is the command that took it back.
                            let nothing = (Uuid::nil(), InvoiceId(Uuid::nil()));
                            return remember(unit, contract, house, nothing).await;
                        }
                        for (invoice, credits) in due {
                            let note = note_of(invoice.0);
                            let asked = CreditAsked {
                                invoice: invoice.0,
                                wish: CreditWish::Lines(credits.iter().map(credited).collect()),
                                reason: CREDIT_REASON.to_owned(),
                            };
                            self.invoicing.credited(unit, context, house, note, &asked).await?;
                            remember(unit, contract, house, (note, invoice)).await?;
                        }
                        Ok(())
                    }
                    .boxed()
                },
            )
            .await
    }

    /// An invoice's draft was discarded: what it would have billed is to be billed again.
    pub async fn withdraw_billing(
        &self,
        context: &CommandContext,
        contract: ContractId,
        invoice: InvoiceId,
    ) -> Result<(), CommandError<Refused>> {
        let withdraw = ContractCommand::WithdrawBilling { invoice };
        match self.bus().execute::<Contract>(context, contract.0, withdraw).await {
            // Whoever discarded it as part of writing it anew has said so already.
            Ok(_) | Err(CommandError::Refused(domain::ContractError::InvoiceNotBilled)) => Ok(()),
            Err(error) => Err(boxed(error)),
        }
    }
}

/// What the invoice gives back.
const fn credited(credit: &PeriodCredit) -> (LineId, CreditedPart) {
    (credit.row, CreditedPart::Net(-credit.period.amount))
}

/// The contract remembers what a note takes back.
async fn remember(
    unit: &mut UnitOfWork<'_, Event>,
    contract: Uuid,
    house: &House,
    (note, of): (Uuid, InvoiceId),
) -> Result<(), CommandError<Refused>> {
    let credit = ContractCommand::CreditPeriods {
        on: house.today,
        note: InvoiceId(note),
        of,
    };
    unit.run::<Contract>(contract, credit).await.map_err(boxed)
}

/// What tells one thing to take back from another.
const fn key(item: &BillingItem) -> (u32, u32, i64, i64) {
    (item.line.0, item.period, item.billed, item.amount)
}

/// Throws drafts away whose periods come to something else by now.
async fn discard_outdated(
    unit: &mut UnitOfWork<'_, Event>,
    contract: Uuid,
    house: &House,
) -> Result<(), CommandError<Refused>> {
    let state = unit.see_whoever_asks::<Contract>(contract).await.map_err(boxed)?;
    let wrong = state.due_billing(house.today).into_iter();
    let mut invoices: Vec<InvoiceId> = wrong.flat_map(|item| item.invoices).collect();
    invoices.sort_unstable();
    invoices.dedup();
    for invoice in invoices {
        let known = unit.see_whoever_asks::<Invoice>(invoice.0).await.map_err(boxed)?;
        if known.status() != Some(InvoiceStatus::Draft) {
            continue;
        }
        unit.run::<Invoice>(invoice.0, InvoiceCommand::Discard)
            .await
            .map_err(boxed)?;
        unit.run::<Contract>(contract, ContractCommand::WithdrawBilling { invoice })
            .await
            .map_err(boxed)?;
    }
    Ok(())
}

fn drafted(
    contract: ContractId,
    state: &ContractState,
    items: &[BillingItem],
    house: &House,
    customer: &Customer,
) -> DraftInvoice {
    let language = Language::French;
    let number = state.number().map_or("", |number| number.text.as_str());
    let period = Period {
        start: items.iter().map(|item| item.first).min().unwrap_or(house.today),
        end: items.iter().map(|item| item.last).max().unwrap_or(house.today),
    };
    let defaults = house.company.document_defaults();
    DraftInvoice {
        kind: InvoiceKind::Standard,
        organization: customer.id,
        deal: state.deal(),
        source: Some(Source::Contract { contract }),
        deducts: Vec::new(),
        content: WishedContent {
            subject: Some(language.choose(format!("Contract {number}"), format!("Contrat {number}"))),
            rows: state.invoice_rows(items, language),
            price_basis: PriceBasis::Net,
            discount: None,
            currency: state.currency().unwrap_or(domain::Currency::EUR),
            payment_terms: defaults.payment_terms.clone(),
            early_payment_discount: defaults.early_payment_discount,
            notes: None,
            conditions: None,
            purchase_order: None,
            period: Some(period),
            language,
            layout: Layout::default(),
        },
        taxed: Taxed {
            position: customer.fiscal_position(&house.company, None, false, house.today),
            next_line: LineId(1),
        },
    }
}

/// Somebody looks at what is to be taken back before a credit note says so.
fn asked_to_credit(contract: Uuid, state: &ContractState, items: &[BillingItem], house: &House) -> CreateTask {
    let number = state.number().map_or("", |number| number.text.as_str());
    let amount: i64 = items.iter().map(|item| -item.amount).sum();
    let currency = state.currency().unwrap_or(domain::Currency::EUR);
    let written = Money::new(amount, currency).written(Language::French);
    CreateTask {
        details: Details {
            priority: Priority::High,
            description: Some(format!(
                "Des périodes du contrat {number} ont été facturées en trop : {written} hors taxes. Vérifiez, puis \
                 émettez l'avoir."
            )),
            links: vec![Link {
                category: LinkCategory::Contract,
                id: contract,
            }],
            assignees: state.owner().into_iter().collect(),
            ..Details::titled(format!("Émettre l'avoir du contrat {number} ({written} HT)"))
        },
        ..CreateTask::titled("", Some(Due::Date(house.today)))
    }
}
