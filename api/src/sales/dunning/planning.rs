//! The next step of each invoice goes into the agenda, and comes out when there is none.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, NaiveTime, Utc};
use domain::{
    Company, CompanyEvent, Decider, Event, Invoice, InvoiceCommand, InvoiceEvent, Organization, OrganizationEvent,
    OrganizationId,
    company::{COMPANY, CompanyState, ReminderLadder},
    invoice::{InvoiceState, InvoiceStatus, ReminderStep},
    organization::OrganizationState,
};
use engine::{
    CommandBus, CommandContext, CommandError, Recorded, UnitOfWork,
    policy::{Policy, ReactionError},
};
use futures::FutureExt;
use journal::Position;
use projections::invoices::{Column, Entity};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::{Dunning, ladder};
use crate::{
    graphql::following::{Refused, boxed},
    sales::House,
};

/// When customers are reminded, in the company's zone.
const MORNING: Option<NaiveTime> = NaiveTime::from_hms_opt(9, 0, 0);

/// A step, and when it is to be taken.
type Next = Option<(ReminderStep, DateTime<Utc>)>;

/// The step that comes next for an invoice, and when.
pub(super) fn next(invoice: &InvoiceState, ladder: Option<&ReminderLadder>, house: &House) -> Next {
    let (step, day) = invoice.next_reminder(ladder, house.today)?;
    Some((step, domain::local::instant(day, MORNING?, house.company.time_zone())))
}

impl Dunning {
    /// Plans the next step of an invoice anew.
    pub(super) async fn plan(&self, context: &CommandContext, invoice: Uuid) -> Result<(), ReactionError> {
        let house = &self.sales.house().await?;
        let Some((known, _)) = self.bus().load::<Invoice>(invoice).await? else {
            return Ok(());
        };
        if known.invoice().is_none_or(|issued| issued.kind.is_credit()) {
            return Ok(());
        }
        let customer = match known.organization() {
            Some(organization) => self.sales.customer(organization).await?,
            None => None,
        };
        let ladder_now = customer.and_then(|customer| ladder(&customer.reminders(), &house.company));
        if known.planned_reminder() == next(&known, ladder_now.as_ref(), house) {
            return Ok(());
        }
        let intent = ("plan reminder", invoice);
        let planned = self
            .bus()
            .together(context, &intent, |unit: &mut UnitOfWork<'_, Event>| {
                async move { plan_within(unit, invoice, house).await }.boxed()
            });
        planned.await?;
        Ok(())
    }

    /// Invoices of which something is left to pay: of these records, or of everybody.
    async fn open_invoices(
        &self,
        organization: Option<OrganizationId>,
        position: Position,
    ) -> Result<Vec<Uuid>, ReactionError> {
        let view = self.shown(position).await?;
        let open = [InvoiceStatus::Unpaid, InvoiceStatus::PartiallyPaid].map(InvoiceStatus::as_str);
        let mut select = Entity::find().select_only().column(Column::Id);
        select = select.filter(Column::Status.is_in(open));
        if let Some(organization) = organization {
            let customer = self.sales.customer(organization).await?;
            let names = customer.map_or_else(|| vec![organization], |customer| super::names(&customer));
            let names = names.into_iter().map(|name| name.0).chain([organization.0]);
            select = select.filter(Column::OrganizationId.is_in(names));
        }
        let ids = select.order_by_asc(Column::Id).into_tuple().all(&view).await;
        ids.map_err(ReactionError::trouble)
    }
}

/// Decides with everything that it depends on in one unit: whoever changes a ladder meanwhile is not missed.
async fn plan_within(
    unit: &mut UnitOfWork<'_, Event>,
    invoice: Uuid,
    house: &House,
) -> Result<(), CommandError<Refused>> {
    let known = unit.see::<Invoice>(invoice).await.map_err(boxed)?;
    let company = unit.see::<Company>(COMPANY).await.map_err(boxed)?;
    let mut customer = known.organization();
    let mut reminders = None;
    while let Some(OrganizationId(id)) = customer {
        let organization = unit.see::<Organization>(id).await.map_err(boxed)?;
        customer = organization.merged_into();
        reminders = Some(organization.reminders());
    }
    let ladder = reminders.and_then(|reminders| ladder(&reminders, &company));
    let next = next(&known, ladder.as_ref(), house);
    unit.run::<Invoice>(invoice, InvoiceCommand::PlanReminder { next })
        .await
        .map_err(boxed)
}

/// Every invoice has its next reminder in the agenda, by the customer's ladder or the company's.
pub(crate) struct RemindersArePlanned {
    pub(crate) dunning: Arc<Dunning>,
}

#[async_trait]
impl Policy<Event> for RemindersArePlanned {
    fn name(&self) -> &'static str {
        "reminders-are-planned"
    }

    fn categories(&self) -> Vec<Arc<str>> {
        vec![
            InvoiceState::TYPE.into(),
            CompanyState::TYPE.into(),
            OrganizationState::TYPE.into(),
        ]
    }

    async fn react(&self, event: &Recorded<Event>, bus: &CommandBus<Event>) -> Result<(), ReactionError> {
        let header = &event.header;
        let subject = header.stream.id;
        let of = match &event.event {
            Event::Invoice(event) if moves(event) => {
                let context = bus.reaction(self.name(), header, "plan");
                return self.dunning.plan(&context, subject).await;
            }
            Event::Company(CompanyEvent::CompanyRemindersSet { .. }) => None,
            Event::Organization(
                OrganizationEvent::OrganizationRemindersSet { .. } | OrganizationEvent::OrganizationMergedInto { .. },
            ) => Some(OrganizationId(subject)),
            _ => return Ok(()),
        };
        for invoice in self.dunning.open_invoices(of, header.position).await? {
            let context = bus.reaction(self.name(), header, &invoice.to_string());
            self.dunning.plan(&context, invoice).await?;
        }
        Ok(())
    }
}

/// Whether the next step may be another one after it.
const fn moves(event: &InvoiceEvent) -> bool {
    matches!(
        event,
        InvoiceEvent::InvoiceIssued { .. }
            | InvoiceEvent::InvoiceCredited { .. }
            | InvoiceEvent::PaymentAllocated { .. }
            | InvoiceEvent::PaymentAllocationWithdrawn { .. }
            | InvoiceEvent::EarlyPaymentDiscountGranted { .. }
            | InvoiceEvent::InvoiceWrittenOff { .. }
            | InvoiceEvent::InvoiceWriteOffUndone { .. }
            | InvoiceEvent::InvoiceReminded { .. }
            | InvoiceEvent::ReminderSkipped { .. }
    )
}
