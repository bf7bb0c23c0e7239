//! What a contract's state does not keep: its amendments and alerts, as its history has them.

use async_graphql::{ComplexObject, Context, Enum, SimpleObject};
use domain::{
    ContractEvent, Decider, Event,
    contract::{Amendment, ContractState},
};
use engine::Recorded;
use journal::{StreamId, Version};
use uuid::Uuid;

use super::{Contract, ContractAlertDate};
use crate::graphql::{
    billing::DocumentFile,
    errors::ApiResult,
    quotes::Quote,
    reading::Reading,
    scalars::{Date, Moment},
    session::Session,
    tasks::Task,
};

/// Events of a contract that are read at a time.
const PAGE: usize = 256;

/// Why an alert was not raised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::contract::AlertSkip")]
pub enum ContractAlertSkip {
    /// A later one of the same date had come as well.
    Overtaken,
    /// The date itself was over.
    Passed,
}

/// A change of a contract that both signed.
#[derive(SimpleObject)]
pub struct ContractAmendment {
    /// 1, 2, …
    number: u16,
    signed_on: Date,
    /// From this day on; it may lie before the signature.
    effective_on: Date,
    note: Option<String>,
    document: Option<DocumentFile>,
    /// When it was recorded.
    at: Moment,
    /// Of the contract since.
    version: u64,
}

/// An alert that was raised, or that was not.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct ContractAlert {
    before: ContractAlertDate,
    /// The date that it comes before.
    date: Date,
    /// So many days before.
    days: u16,
    /// Null where it was skipped.
    raised_on: Option<Date>,
    /// Why it was not raised.
    skipped: Option<ContractAlertSkip>,
    at: Moment,
    #[graphql(skip)]
    task: Option<Uuid>,
    #[graphql(skip)]
    quote: Option<Uuid>,
    #[graphql(skip)]
    reading: Reading,
}

#[ComplexObject]
impl ContractAlert {
    /// The salesperson's.
    #[graphql(complexity = "child_complexity + 1")]
    async fn task(&self) -> ApiResult<Option<Task>> {
        match self.task {
            Some(task) => Task::load(&self.reading, task).await,
            None => Ok(None),
        }
    }

    /// The renewal that the customer is offered with it.
    #[graphql(complexity = "child_complexity + 1")]
    async fn quote(&self) -> ApiResult<Option<Quote>> {
        match self.quote {
            Some(quote) => Quote::load(&self.reading, quote).await,
            None => Ok(None),
        }
    }
}

/// What happened to a contract up to the version that is shown.
async fn events(ctx: &Context<'_>, contract: &Contract) -> ApiResult<Vec<Recorded<Event>>> {
    let bus = &ctx.application()?.bus;
    let stream = StreamId::new(ContractState::TYPE, contract.row.id);
    let shown = Version(contract.row.version.unsigned_abs());
    let mut events = Vec::new();
    let mut read = Version::NONE;
    while read < shown {
        let page = bus.history(&stream, read, PAGE).await?;
        let Some(last) = page.last() else { break };
        read = last.header.version;
        events.extend(page.into_iter().filter(|event| event.header.version <= shown));
    }
    Ok(events)
}

/// The amendments, the first one first.
pub(super) async fn amendments(ctx: &Context<'_>, contract: &Contract) -> ApiResult<Vec<ContractAmendment>> {
    let mut amendments = Vec::new();
    for Recorded { header, event, .. } in events(ctx, contract).await? {
        let Event::Contract(ContractEvent::ContractAmended { amendment }) = event else {
            continue;
        };
        amendments.push(ContractAmendment {
            number: amendment.number,
            signed_on: Date(amendment.signed_on),
            effective_on: Date(amendment.effective_on),
            document: paper(contract, &amendment),
            note: amendment.note,
            at: Moment(header.occurred_at.into()),
            version: header.version.0,
        });
    }
    Ok(amendments)
}

fn paper(contract: &Contract, amendment: &Amendment) -> Option<DocumentFile> {
    let document = amendment.document?;
    Some(DocumentFile {
        blob: document.blob,
        size: i64::try_from(document.size).ok(),
        name: contract.paper_name(&format!("Avenant {}", amendment.number)),
        media_type: "application/pdf",
    })
}

/// What was signed for what an event at a position says: the amendment, or the contract itself. `None` for what nobody signs.
pub(in crate::graphql) async fn signed_for(
    ctx: &Context<'_>,
    contract: &Contract,
    position: u64,
) -> ApiResult<Option<DocumentFile>> {
    let events = events(ctx, contract).await?.into_iter();
    let event = events
        .filter(|event| event.header.position.0 == position)
        .map(|event| event.event);
    Ok(match event.last() {
        Some(Event::Contract(ContractEvent::ContractAmended { amendment })) => paper(contract, &amendment),
        Some(Event::Contract(
            ContractEvent::ContractDrafted { .. }
            | ContractEvent::ContractTermsChanged { .. }
            | ContractEvent::ContractSigned { .. },
        )) => contract.signed_paper()?,
        _ => None,
    })
}

/// The alerts that were raised or skipped, the oldest first.
pub(super) async fn alerts(ctx: &Context<'_>, contract: &Contract) -> ApiResult<Vec<ContractAlert>> {
    let mut alerts = Vec::new();
    for Recorded { header, event, .. } in events(ctx, contract).await? {
        let (alert, raised_on, skipped, task, quote) = match event {
            Event::Contract(ContractEvent::ContractAlertRaised {
                alert, on, task, quote, ..
            }) => (alert, Some(on), None, task, quote),
            Event::Contract(ContractEvent::ContractAlertSkipped { alert, cause }) => {
                (alert, None, Some(cause), None, None)
            }
            _ => continue,
        };
        alerts.push(ContractAlert {
            before: alert.before.into(),
            date: Date(alert.date),
            days: alert.days,
            raised_on: raised_on.map(Date),
            skipped: skipped.map(Into::into),
            at: Moment(header.occurred_at.into()),
            task: task.map(|task| task.0),
            quote: quote.map(|quote| quote.0),
            reading: contract.reading.clone(),
        });
    }
    Ok(alerts)
}
