//! Invoices and credit notes, one row each, and what of which payment is on them.
//!
//! What an invoice comes to and what is left of it is the aggregate's to say: the row keeps the aggregate's own state and
//! reads its columns from it, so that lists and decisions never differ. Who buys is kept beside the state, because that
//! alone is personal.

pub mod payments;

use domain::{
    Event, InvoiceEvent, PersonEvent, Personal,
    billing::VatBreakdown,
    document::{Content, FiledDocument, IssuedInvoice},
    invoice::{InvoiceDocuments, InvoiceState, InvoiceStatus, Source},
    text::fold,
};
use engine::{Needs, Projection, ProjectionError, Recorded, Rows, TableSpec};
use journal::EventHeader;
use sea_orm::entity::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "invoices")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// As in [`domain::document::InvoiceKind::as_str`].
    pub kind: String,
    /// As in [`InvoiceStatus::as_str`].
    pub status: String,
    /// As it is printed; null of a draft, as its order.
    pub number: Option<String>,
    /// What numbers sort by.
    pub number_order: Option<i64>,
    pub organization_id: Uuid,
    pub deal_id: Option<Uuid>,
    pub quote_id: Option<Uuid>,
    pub quote_version: Option<i32>,
    /// The contract whose periods it bills.
    pub contract_id: Option<Uuid>,
    /// Who drafted it, or issued the credit note; null for a program.
    pub author_id: Option<Uuid>,
    pub subject: Option<String>,
    pub subject_folded: Option<String>,
    pub currency: String,
    pub net: i64,
    pub vat: i64,
    pub gross: i64,
    /// Nothing of a draft, as the amounts that follow.
    pub deducted: i64,
    /// What was to be paid when it was issued; of a credit note, what it gives back.
    pub due: i64,
    pub paid: i64,
    pub credited: i64,
    pub discounted: i64,
    pub written_off: i64,
    pub remaining: i64,
    pub issued_on: Option<String>,
    /// When all of it is to be paid.
    pub due_on: Option<String>,
    /// When the next part is due of which something is left.
    pub next_due: Option<String>,
    /// Whether it goes through a platform, and the mail is a copy.
    pub through_platform: bool,
    /// The invoice that a credit note takes back.
    pub corrects_id: Option<Uuid>,
    /// The final invoice that takes it off.
    pub deducted_by: Option<Uuid>,
    /// [`domain::document::Buyer`] as JSON; null in a draft, and again once its key is destroyed.
    pub buyer: Option<String>,
    /// Whose key seals the customer.
    pub sealed_under: Option<Uuid>,
    pub factur_x: Option<String>,
    pub factur_x_size: Option<i64>,
    pub cii: Option<String>,
    pub cii_size: Option<i64>,
    pub ubl: Option<String>,
    pub ubl_size: Option<i64>,
    /// The newest letter that carried it.
    pub delivery_id: Option<Uuid>,
    pub sent_at: Option<i64>,
    /// Why the customer does not agree.
    pub dispute: Option<String>,
    pub disputed_at: Option<i64>,
    pub promised_until: Option<String>,
    /// Why nobody is reminded of it; null when they are.
    pub hold_reason: Option<String>,
    pub held_until: Option<String>,
    /// As in [`domain::invoice::ReminderStep::as_str`]: the last one that was said.
    pub reminder_step: Option<String>,
    pub reminded_on: Option<String>,
    /// What was asked for being late, in all.
    pub interest_claimed: i64,
    pub indemnity_claimed: i64,
    pub interest_until: Option<String>,
    pub write_off_reason: Option<String>,
    pub platform: Option<String>,
    pub platform_reference: Option<String>,
    /// As in [`domain::invoice::PlatformStatus::as_str`].
    pub platform_status: Option<String>,
    pub platform_status_at: Option<i64>,
    pub platform_reason: Option<String>,
    /// [`InvoiceState`] as JSON, without the buyer.
    pub state: String,
    pub drafted_at: i64,
    pub issued_at: Option<i64>,
    pub updated_at: i64,
    /// Of the invoice's stream.
    pub version: i64,
    /// Of the last event of the invoice.
    pub position: i64,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Fills the tables.
pub struct Invoices;

impl Projection<Event> for Invoices {
    fn name(&self) -> &'static str {
        "invoices"
    }

    fn version(&self) -> u32 {
        2
    }

    fn tables(&self) -> Vec<TableSpec> {
        let invoices = TableSpec::of::<Entity>()
            .index_on([Column::NumberOrder, Column::Id])
            .index_on([Column::NextDue, Column::Id])
            .index_on([Column::IssuedOn, Column::Id])
            .index_on([Column::Gross, Column::Id])
            .index_on([Column::Remaining, Column::Id])
            .index_on([Column::UpdatedAt, Column::Id])
            .index(Column::OrganizationId)
            .index(Column::DealId)
            .index(Column::QuoteId)
            .index(Column::ContractId)
            .index(Column::CorrectsId)
            .index(Column::DeductedBy)
            .index(Column::Status)
            .index(Column::SealedUnder);
        let payments = TableSpec::of::<payments::Entity>()
            .index(payments::Column::InvoiceId)
            .index(payments::Column::PaymentId)
            .index_on([payments::Column::ValueDate, payments::Column::Id]);
        vec![invoices, payments]
    }

    fn partition(&self, event: &Recorded<Event>) -> Option<String> {
        Some(crate::own_stream(event))
    }

    fn needs(&self, event: &Recorded<Event>, needs: &mut Needs) {
        let invoice = event.header.stream.id;
        match &event.event {
            Event::Invoice(event) => {
                needs.row::<Entity>(invoice);
                if let InvoiceEvent::PaymentAllocated { payment, .. }
                | InvoiceEvent::PaymentAllocationWithdrawn { payment, .. } = event
                {
                    needs.row::<payments::Entity>(payments::id_of(invoice, payment.0));
                }
            }
            Event::Person(PersonEvent::PersonErased { person, .. }) => {
                needs.matching::<Entity>(Column::SealedUnder, person.0);
            }
            _ => {}
        }
    }

    fn apply(&self, event: &Recorded<Event>, rows: &mut Rows) -> Result<(), ProjectionError> {
        match (&event.event, &event.header) {
            (Event::Invoice(invoice), header) => apply(invoice, header, rows),
            (Event::Person(PersonEvent::PersonErased { person, .. }), _) => {
                for mut invoice in rows.matching::<Entity>(Column::SealedUnder, person.0) {
                    invoice.forget();
                    rows.put(invoice);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

fn apply(event: &InvoiceEvent, header: &EventHeader, rows: &mut Rows) -> Result<(), ProjectionError> {
    let invoice = header.stream.id;
    let known = rows.get::<Entity>(invoice).cloned();
    let mut state: InvoiceState = match &known {
        Some(row) => row.aggregate()?,
        None => InvoiceState::default(),
    };
    domain::Decider::evolve(&mut state, &without_buyer(event));
    let mut row = match known {
        Some(row) => row,
        None => Model::begun(header),
    };
    row.take(header, event)?;
    row.stands(&state)?;
    payments::apply(event, header, &row.currency, rows)?;
    rows.put(row);
    Ok(())
}

/// What the state has no use for and must not keep.
fn without_buyer(event: &InvoiceEvent) -> InvoiceEvent {
    match event {
        InvoiceEvent::InvoiceIssued {
            invoice,
            organization,
            deal,
            source,
        } => InvoiceEvent::InvoiceIssued {
            invoice: Box::new(IssuedInvoice {
                buyer: Personal::Erased {
                    person: invoice.buyer.person(),
                },
                ..(**invoice).clone()
            }),
            organization: *organization,
            deal: *deal,
            source: *source,
        },
        other => other.clone(),
    }
}

impl Model {
    /// The aggregate as it stands, but for the buyer.
    pub fn aggregate(&self) -> Result<InvoiceState, ProjectionError> {
        serde_json::from_str(&self.state).map_err(ProjectionError::other)
    }

    fn begun(header: &EventHeader) -> Self {
        Self {
            id: header.stream.id,
            kind: String::new(),
            status: String::new(),
            number: None,
            number_order: None,
            organization_id: Uuid::nil(),
            deal_id: None,
            quote_id: None,
            quote_version: None,
            contract_id: None,
            author_id: crate::user_of(&header.actor),
            subject: None,
            subject_folded: None,
            currency: String::new(),
            net: 0,
            vat: 0,
            gross: 0,
            deducted: 0,
            due: 0,
            paid: 0,
            credited: 0,
            discounted: 0,
            written_off: 0,
            remaining: 0,
            issued_on: None,
            due_on: None,
            next_due: None,
            through_platform: false,
            corrects_id: None,
            deducted_by: None,
            buyer: None,
            sealed_under: None,
            factur_x: None,
            factur_x_size: None,
            cii: None,
            cii_size: None,
            ubl: None,
            ubl_size: None,
            delivery_id: None,
            sent_at: None,
            dispute: None,
            disputed_at: None,
            promised_until: None,
            hold_reason: None,
            held_until: None,
            reminder_step: None,
            reminded_on: None,
            interest_claimed: 0,
            indemnity_claimed: 0,
            interest_until: None,
            write_off_reason: None,
            platform: None,
            platform_reference: None,
            platform_status: None,
            platform_status_at: None,
            platform_reason: None,
            state: String::new(),
            drafted_at: header.occurred_at.0,
            issued_at: None,
            updated_at: header.occurred_at.0,
            version: 0,
            position: 0,
        }
    }

    /// What the event says and the state does not tell.
    fn take(&mut self, header: &EventHeader, event: &InvoiceEvent) -> Result<(), ProjectionError> {
        let now = header.occurred_at.0;
        match event {
            InvoiceEvent::InvoiceDrafted { .. }
            | InvoiceEvent::InvoiceContentChanged { .. }
            | InvoiceEvent::InvoiceDiscarded {}
            | InvoiceEvent::InvoiceCredited { .. }
            | InvoiceEvent::DepositDeducted { .. }
            | InvoiceEvent::DepositFreed { .. }
            | InvoiceEvent::PaymentAllocated { .. }
            | InvoiceEvent::PaymentAllocationWithdrawn { .. }
            | InvoiceEvent::EarlyPaymentDiscountGranted { .. }
            | InvoiceEvent::ReminderPlanned { .. }
            | InvoiceEvent::ReminderUnplanned {}
            | InvoiceEvent::ReminderSkipped { .. }
            | InvoiceEvent::CashingReported { .. } => {}
            InvoiceEvent::InvoiceIssued { invoice, .. } => {
                self.issued_at = Some(now);
                self.buyer = invoice.buyer.value().map(crate::json).transpose()?;
                self.sealed_under = Some(invoice.buyer.person().0);
            }
            InvoiceEvent::InvoiceDocumentsFiled { documents } => self.lies_at(documents),
            InvoiceEvent::InvoiceSent { delivery, .. } => {
                self.delivery_id = Some(*delivery);
                self.sent_at = Some(now);
            }
            InvoiceEvent::InvoiceWrittenOff { reason, .. } => self.write_off_reason = Some(reason.clone()),
            InvoiceEvent::InvoiceWriteOffUndone { .. } => self.write_off_reason = None,
            InvoiceEvent::InvoiceReminded { step, on, .. } => {
                self.reminder_step = Some(step.as_str().to_owned());
                self.reminded_on = Some(on.to_string());
            }
            InvoiceEvent::InvoiceDisputed { reason } => {
                self.dispute = Some(reason.clone());
                self.disputed_at = Some(now);
            }
            InvoiceEvent::DisputeSettled {} => (self.dispute, self.disputed_at) = (None, None),
            InvoiceEvent::PaymentPromised { until } => self.promised_until = Some(until.to_string()),
            InvoiceEvent::RemindersHeld { until, reason } => {
                self.hold_reason = Some(reason.clone());
                self.held_until = until.map(|day| day.to_string());
            }
            InvoiceEvent::RemindersReleased {} => (self.hold_reason, self.held_until) = (None, None),
            InvoiceEvent::LateInterestClaimed {
                until,
                interest,
                indemnity,
                ..
            } => {
                self.interest_claimed += interest;
                self.indemnity_claimed += indemnity;
                self.interest_until = Some(until.to_string());
            }
            InvoiceEvent::InvoiceSubmitted { platform, reference } => {
                self.platform = Some(platform.clone());
                self.platform_reference = Some(reference.clone());
            }
            InvoiceEvent::PlatformStatusReceived { status, at, reason } => {
                self.platform_status = Some(status.as_str().to_owned());
                self.platform_status_at = Some(at.timestamp_micros());
                self.platform_reason.clone_from(reason);
            }
        }
        self.updated_at = now;
        self.version = header.version.0 as i64;
        self.position = header.position.0 as i64;
        Ok(())
    }

    /// The key of its fiscal year was destroyed, and its papers with it.
    fn forget(&mut self) {
        self.buyer = None;
        (self.factur_x, self.factur_x_size) = (None, None);
        (self.cii, self.cii_size) = (None, None);
        (self.ubl, self.ubl_size) = (None, None);
    }

    fn lies_at(&mut self, documents: &InvoiceDocuments) {
        let place = |file: FiledDocument| (Some(file.blob.to_string()), Some(file.size as i64));
        (self.factur_x, self.factur_x_size) = place(documents.factur_x);
        (self.cii, self.cii_size) = place(documents.cii);
        (self.ubl, self.ubl_size) = place(documents.ubl);
    }

    /// What the aggregate says of itself.
    fn stands(&mut self, state: &InvoiceState) -> Result<(), ProjectionError> {
        if let Some(kind) = state.kind() {
            kind.as_str().clone_into(&mut self.kind);
        }
        let status = state.status().unwrap_or(InvoiceStatus::Draft);
        status.as_str().clone_into(&mut self.status);
        self.number = state.number().map(|number| number.text.clone());
        self.number_order = state.number().map(crate::number_order);
        if let Some(organization) = state.organization() {
            self.organization_id = organization.0;
        }
        self.deal_id = state.deal().map(Into::into);
        (self.quote_id, self.quote_version, self.contract_id) = match state.source() {
            Some(Source::Quote { quote, version }) => (Some(quote.0), Some(version.into()), None),
            Some(Source::Contract { contract }) => (None, None, Some(contract.0)),
            None => (None, None, None),
        };
        if let Some(content) = state.content() {
            self.is_about(content);
        }
        self.comes_to(&breakdown(state)?);
        self.deducted = state.invoice().map_or(0, IssuedInvoice::deducted);
        self.due = state.due();
        self.paid = state.paid();
        self.credited = state.credited();
        self.discounted = state.discounted();
        self.written_off = state.written_off();
        self.remaining = state.remaining();
        let invoice = state.invoice();
        self.issued_on = invoice.map(|invoice| invoice.issued_on.to_string());
        self.due_on = invoice.and_then(IssuedInvoice::due_on).map(|day| day.to_string());
        self.next_due = state.next_due().map(|day| day.to_string());
        self.through_platform = invoice.is_some_and(|invoice| invoice.through_platform);
        let corrects = invoice.and_then(|invoice| invoice.corrects.as_ref());
        self.corrects_id = corrects.map(|corrects| corrects.invoice.0);
        self.deducted_by = state.deducted_by().map(Into::into);
        self.state = crate::json(state)?;
        Ok(())
    }

    fn is_about(&mut self, content: &Content) {
        self.subject.clone_from(&content.subject);
        self.subject_folded = content.subject.as_deref().map(fold);
        content.currency.code().clone_into(&mut self.currency);
    }

    fn comes_to(&mut self, breakdown: &VatBreakdown) {
        (self.net, self.vat, self.gross) = (breakdown.net(), breakdown.vat(), breakdown.gross());
    }
}

/// The tax of an invoice as it was issued, or of a draft as it stands.
pub fn breakdown(state: &InvoiceState) -> Result<VatBreakdown, ProjectionError> {
    if let Some(invoice) = state.invoice() {
        return Ok(invoice.breakdown.clone());
    }
    let totals = state
        .content()
        .map(|content| content.totals(&std::collections::BTreeSet::new()));
    let totals = totals.transpose().map_err(ProjectionError::other)?;
    Ok(totals.map(|totals| totals.breakdown).unwrap_or_default())
}
