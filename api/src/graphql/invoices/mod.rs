//! Invoices and credit notes: the types, how lists of them are filtered and sorted, and the queries.

pub mod credits;
pub mod filter;
pub mod mutations;
pub mod parts;

use std::sync::OnceLock;

use async_graphql::{
    Context, Enum, ID, Object,
    connection::{Connection, EmptyFields},
};
use chrono::NaiveDate;
use domain::{
    DealId, Decider,
    document::{self, Buyer},
    invoice::{self as rules, InvoiceState},
};
use journal::{StreamId, Version};
use projections::invoices::{Column, Entity, Model};
use sea_orm::{Condition, EntityTrait, PaginatorTrait, QueryFilter, Select};
use uuid::Uuid;

pub use self::{
    filter::{InvoiceFilter, InvoiceOrder},
    parts::{InvoiceDeduction, InvoiceInstalment, MissingMention, PaymentAllocation, PlatformStanding, RemindersHeld},
};
use super::{
    billing::{DocumentBuyer, DocumentContent, DocumentFile, DocumentSeller, DocumentTotals, stored},
    company::ReminderStep,
    contracts::Contract,
    deals::{Deal, known},
    deliveries::Delivery,
    dunning::{InvoiceReminder, LateInterestClaim, Past, PlannedReminder},
    errors::{ApiError, ApiResult},
    history::{self, EventConnection},
    ids::{self, Kind},
    money::Money,
    organizations::Organization,
    paging::{self, PageArguments},
    quotes::Quote,
    reading::{self, AsOfInput, Reading},
    scalars::{BigInt, Date, Decimal, Moment, date_of_row},
    session::Session,
    users::User,
};
use crate::sales::invoices::paper_name;

/// What an invoice is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::document::InvoiceKind")]
pub enum InvoiceKind {
    /// The whole of what was sold.
    Standard,
    /// A part, before anything is delivered.
    Deposit,
    /// A part, as the work goes on.
    Progress,
    /// The whole, less the deposits and the progress invoices before it.
    Final,
    /// Takes back an invoice or a part of it.
    CreditNote,
    /// Takes back a deposit.
    DepositCreditNote,
}

/// How it stands with an invoice. Whether it is overdue is a matter of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::invoice::InvoiceStatus")]
pub enum InvoiceStatus {
    Draft,
    Discarded,
    Unpaid,
    PartiallyPaid,
    /// Nothing is left to pay.
    Paid,
    /// Nothing is left to pay because credit notes took it back; credit notes themselves, too.
    Credited,
    /// Nobody expects the rest any more.
    WrittenOff,
}

/// The life of an invoice at a platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::invoice::PlatformStatus")]
pub enum PlatformStatus {
    /// 200.
    Deposited,
    /// 213.
    Rejected,
    /// 202.
    Received,
    /// 203.
    MadeAvailable,
    /// 205.
    Approved,
    /// 207.
    Disputed,
    /// 210.
    Refused,
    /// 212.
    Cashed,
}

/// An invoice or a credit note. Amounts of credit notes are positive: the kind gives the sign.
#[derive(Clone)]
pub struct Invoice {
    row: Model,
    reading: Reading,
    state: OnceLock<InvoiceState>,
}

impl Invoice {
    pub async fn load(reading: &Reading, id: Uuid) -> ApiResult<Option<Self>> {
        Ok(reading.invoice(id).await?.map(|row| Self::of(row, reading)))
    }

    fn of(row: Model, reading: &Reading) -> Self {
        Self {
            row,
            reading: reading.clone(),
            state: OnceLock::new(),
        }
    }

    fn state(&self) -> ApiResult<&InvoiceState> {
        if let Some(state) = self.state.get() {
            return Ok(state);
        }
        let state = stored(&self.row.state)?;
        Ok(self.state.get_or_init(|| state))
    }

    fn content_stored(&self) -> ApiResult<&document::Content> {
        let content = self.state()?.content();
        content.ok_or_else(|| ApiError::internal("a view holds an invoice that says nothing", &self.row.id))
    }

    fn money(&self, minor_units: i64) -> ApiResult<Money> {
        Money::of_sum(minor_units.into(), &self.row.currency)
    }

    /// What can be looked up in its history.
    pub fn past(&self) -> ApiResult<Past<'_>> {
        Ok(Past {
            invoice: self.row.id,
            version: Version(self.row.version.unsigned_abs()),
            number: self.row.number.as_deref().unwrap_or_default(),
            currency: &self.row.currency,
            language: self.content_stored()?.language,
        })
    }

    fn currency(&self) -> ApiResult<domain::Currency> {
        let currency = self.row.currency.parse();
        currency.map_err(|error: domain::InvalidValue| ApiError::internal("a view holds no currency", &error))
    }

    fn totals_of(&self, breakdown: &domain::billing::VatBreakdown) -> ApiResult<DocumentTotals> {
        DocumentTotals::of(breakdown, self.currency()?)
    }

    fn file(
        &self,
        blob: Option<&str>,
        size: Option<i64>,
        extension: &str,
        media_type: &'static str,
    ) -> ApiResult<Option<DocumentFile>> {
        let state = self.state()?;
        let (Some(kind), Some(number)) = (state.kind(), state.number()) else {
            return Ok(None);
        };
        let name = format!(
            "{}{extension}",
            paper_name(kind, number, self.content_stored()?.language)
        );
        DocumentFile::of_row(blob, size, || name, media_type)
    }

    async fn invoice_of(&self, id: Option<Uuid>) -> ApiResult<Option<Self>> {
        match id {
            Some(id) => Self::load(&self.reading, id).await,
            None => Ok(None),
        }
    }
}

fn date(text: Option<&String>) -> ApiResult<Option<Date>> {
    text.map(|text| date_of_row(text)).transpose()
}

/// Today at the company's seat.
async fn today(ctx: &Context<'_>) -> ApiResult<NaiveDate> {
    Ok(ctx.application()?.sales.house().await?.today)
}

#[Object]
impl Invoice {
    pub async fn id(&self) -> ID {
        ids::global(Kind::Invoice, self.row.id)
    }

    /// The bare id, as streams, receipts and the command line name the invoice.
    async fn uuid(&self) -> Uuid {
        self.row.id
    }

    async fn kind(&self) -> ApiResult<InvoiceKind> {
        known(
            &document::InvoiceKind::ALL,
            document::InvoiceKind::as_str,
            &self.row.kind,
        )
        .map(Into::into)
    }

    async fn status(&self) -> ApiResult<InvoiceStatus> {
        known(
            &rules::InvoiceStatus::ALL,
            rules::InvoiceStatus::as_str,
            &self.row.status,
        )
        .map(Into::into)
    }

    /// As it is printed; null of a draft.
    async fn number(&self) -> Option<&str> {
        self.row.number.as_deref()
    }

    #[graphql(complexity = "child_complexity + 1")]
    async fn organization(&self) -> ApiResult<Option<Organization>> {
        Organization::load(&self.reading, self.row.organization_id).await
    }

    #[graphql(complexity = "child_complexity + 1")]
    async fn deal(&self) -> ApiResult<Option<Deal>> {
        match self.state()?.deal() {
            Some(DealId(deal)) => Deal::load(&self.reading, deal).await,
            None => Ok(None),
        }
    }

    /// The quote that it comes from.
    #[graphql(complexity = "child_complexity + 1")]
    async fn quote(&self) -> ApiResult<Option<Quote>> {
        match self.row.quote_id {
            Some(quote) => Quote::load(&self.reading, quote).await,
            None => Ok(None),
        }
    }

    /// The contract whose periods it bills.
    #[graphql(complexity = "child_complexity + 1")]
    async fn contract(&self) -> ApiResult<Option<Contract>> {
        match self.row.contract_id {
            Some(contract) => Contract::load(&self.reading, contract).await,
            None => Ok(None),
        }
    }

    /// The version of it that was accepted.
    async fn quote_version(&self) -> Option<i32> {
        self.row.quote_version
    }

    /// Who drafted it, or issued the credit note; null for a program.
    #[graphql(complexity = "child_complexity + 1")]
    async fn author(&self) -> ApiResult<Option<User>> {
        match self.row.author_id {
            Some(author) => User::load(&self.reading, author).await,
            None => Ok(None),
        }
    }

    async fn subject(&self) -> Option<&str> {
        self.row.subject.as_deref()
    }

    async fn content(&self) -> ApiResult<DocumentContent> {
        Ok(DocumentContent {
            content: self.content_stored()?.clone(),
            reading: self.reading.clone(),
        })
    }

    /// As it was issued; of a draft, as it stands.
    async fn totals(&self) -> ApiResult<DocumentTotals> {
        let breakdown = projections::invoices::breakdown(self.state()?);
        let breakdown = breakdown.map_err(|error| ApiError::internal("a draft does not add up", &error))?;
        self.totals_of(&breakdown)
    }

    /// Without tax.
    async fn net(&self) -> ApiResult<Money> {
        self.money(self.row.net)
    }

    async fn vat(&self) -> ApiResult<Money> {
        self.money(self.row.vat)
    }

    /// With tax.
    async fn gross(&self) -> ApiResult<Money> {
        self.money(self.row.gross)
    }

    /// What was invoiced before and is taken off, tax included. Nothing of a draft, as the amounts that follow.
    async fn deducted(&self) -> ApiResult<Money> {
        self.money(self.row.deducted)
    }

    /// What was to be paid when it was issued; of a credit note, what it gives back.
    async fn due(&self) -> ApiResult<Money> {
        self.money(self.row.due)
    }

    /// What payments cover of it.
    async fn paid(&self) -> ApiResult<Money> {
        self.money(self.row.paid)
    }

    /// What credit notes took off.
    async fn credited(&self) -> ApiResult<Money> {
        self.money(self.row.credited)
    }

    /// The discount for early payment that was taken.
    async fn discounted(&self) -> ApiResult<Money> {
        self.money(self.row.discounted)
    }

    async fn written_off(&self) -> ApiResult<Money> {
        self.money(self.row.written_off)
    }

    async fn write_off_reason(&self) -> Option<&str> {
        self.row.write_off_reason.as_deref()
    }

    /// What is left to pay.
    async fn remaining(&self) -> ApiResult<Money> {
        self.money(self.row.remaining)
    }

    /// What a credit note can still take back, by rate.
    async fn creditable(&self) -> ApiResult<DocumentTotals> {
        self.totals_of(&self.state()?.creditable())
    }

    async fn issued_on(&self) -> ApiResult<Option<Date>> {
        date(self.row.issued_on.as_ref())
    }

    /// When all of it is to be paid.
    async fn due_on(&self) -> ApiResult<Option<Date>> {
        date(self.row.due_on.as_ref())
    }

    /// When the next part is due of which something is left.
    async fn next_due(&self) -> ApiResult<Option<Date>> {
        date(self.row.next_due.as_ref())
    }

    /// Whether something should have been paid before today, at the company's seat.
    async fn overdue(&self, ctx: &Context<'_>) -> ApiResult<bool> {
        Ok(self.state()?.overdue_on(today(ctx).await?))
    }

    /// The parts in the order of their days, and what is left of each: what was settled counts on the first ones.
    async fn instalments(&self) -> ApiResult<Vec<InvoiceInstalment>> {
        let parts = self.state()?.instalments().into_iter().map(|part| {
            Ok(InvoiceInstalment {
                due_on: Date(part.due),
                amount: self.money(part.amount)?,
                remaining: self.money(part.remaining)?,
            })
        });
        parts.collect()
    }

    /// In hundred a year, as it says; null where it says the legal one.
    async fn late_interest_rate(&self) -> ApiResult<Option<Decimal>> {
        let rate = self.state()?.invoice().and_then(|invoice| invoice.late_interest_rate);
        Ok(rate.map(|rate| Decimal(rate.as_decimal())))
    }

    /// Null in a draft.
    async fn seller(&self) -> ApiResult<Option<DocumentSeller>> {
        let seller = self.state()?.invoice().map(|invoice| (*invoice.seller).clone());
        Ok(seller.map(Into::into))
    }

    /// Null in a draft, and once the key of its fiscal year is destroyed.
    async fn buyer(&self) -> ApiResult<Option<DocumentBuyer>> {
        let buyer: Option<Buyer> = self.row.buyer.as_deref().map(stored).transpose()?;
        Ok(buyer.map(Into::into))
    }

    /// The paper: PDF/A-3 with the CII file in it. Null until it is set, as the other forms.
    async fn factur_x(&self) -> ApiResult<Option<DocumentFile>> {
        let (blob, size) = (self.row.factur_x.as_deref(), self.row.factur_x_size);
        self.file(blob, size, ".pdf", "application/pdf")
    }

    /// Cross Industry Invoice by EN 16931.
    async fn cii(&self) -> ApiResult<Option<DocumentFile>> {
        let (blob, size) = (self.row.cii.as_deref(), self.row.cii_size);
        self.file(blob, size, ".cii.xml", "application/xml")
    }

    /// UBL 2.1 by EN 16931.
    async fn ubl(&self) -> ApiResult<Option<DocumentFile>> {
        let (blob, size) = (self.row.ubl.as_deref(), self.row.ubl_size);
        self.file(blob, size, ".ubl.xml", "application/xml")
    }

    /// The invoice that a credit note takes back.
    #[graphql(complexity = "child_complexity + 1")]
    async fn corrects(&self) -> ApiResult<Option<Invoice>> {
        self.invoice_of(self.row.corrects_id).await
    }

    /// The credit notes that take it back, the oldest first.
    #[graphql(complexity = "5 * child_complexity + 1")]
    async fn credit_notes(&self) -> ApiResult<Vec<Invoice>> {
        let notes = self.reading.credit_notes(self.row.id).await?;
        Ok(notes.into_iter().map(|row| Self::of(row, &self.reading)).collect())
    }

    /// What a final invoice takes off; of a draft, what it will as things stand.
    #[graphql(complexity = "5 * child_complexity + 1")]
    async fn deductions(&self) -> ApiResult<Vec<InvoiceDeduction>> {
        let state = self.state()?;
        if let Some(invoice) = state.invoice() {
            let deductions = invoice.deductions.iter().map(|deduction| {
                Ok(InvoiceDeduction {
                    id: deduction.of.invoice.0,
                    totals: self.totals_of(&deduction.breakdown)?,
                    reading: self.reading.clone(),
                })
            });
            return deductions.collect();
        }
        let mut deductions = Vec::new();
        for deposit in state.deducts() {
            if let Some(known) = Self::load(&self.reading, deposit.0).await? {
                deductions.push(InvoiceDeduction {
                    id: deposit.0,
                    totals: known.totals_of(&known.state()?.left())?,
                    reading: self.reading.clone(),
                });
            }
        }
        Ok(deductions)
    }

    /// The final invoice that takes it off.
    #[graphql(complexity = "child_complexity + 1")]
    async fn deducted_by(&self) -> ApiResult<Option<Invoice>> {
        self.invoice_of(self.row.deducted_by).await
    }

    /// What of which payment is, or was, on it, the oldest first.
    #[graphql(complexity = "5 * child_complexity + 1")]
    async fn payments(&self) -> ApiResult<Vec<PaymentAllocation>> {
        let rows = self.reading.payments_of_invoice(self.row.id).await?;
        Ok(rows
            .into_iter()
            .map(|row| PaymentAllocation::of(row, &self.reading))
            .collect())
    }

    /// Whether it goes through a platform; what is mailed is then a copy.
    async fn through_platform(&self) -> bool {
        self.row.through_platform
    }

    /// Where it was handed to, and what came back.
    async fn platform(&self) -> ApiResult<Option<PlatformStanding>> {
        PlatformStanding::of(&self.row)
    }

    /// The newest letter that carried it.
    #[graphql(complexity = "child_complexity + 1")]
    async fn delivery(&self) -> ApiResult<Option<Delivery>> {
        match self.row.delivery_id {
            Some(delivery) => Delivery::load(&self.reading, delivery).await,
            None => Ok(None),
        }
    }

    async fn sent_at(&self) -> Option<Moment> {
        self.row.sent_at.map(Moment::from_micros)
    }

    /// Why the customer does not agree: nobody is reminded meanwhile.
    async fn dispute(&self) -> Option<&str> {
        self.row.dispute.as_deref()
    }

    async fn disputed_at(&self) -> Option<Moment> {
        self.row.disputed_at.map(Moment::from_micros)
    }

    /// The day until which the customer promised to pay.
    async fn promised_until(&self) -> ApiResult<Option<Date>> {
        date(self.row.promised_until.as_ref())
    }

    /// Null unless somebody wants no reminders.
    async fn reminders_held(&self) -> ApiResult<Option<RemindersHeld>> {
        let Some(reason) = self.row.hold_reason.clone() else {
            return Ok(None);
        };
        let until = date(self.row.held_until.as_ref())?;
        Ok(Some(RemindersHeld { reason, until }))
    }

    /// The last reminder that was given.
    async fn reminder_step(&self) -> ApiResult<Option<ReminderStep>> {
        let step = self.row.reminder_step.as_deref();
        let step = step.map(|text| known(&rules::ReminderStep::ALL, rules::ReminderStep::as_str, text));
        Ok(step.transpose()?.map(Into::into))
    }

    async fn reminded_on(&self) -> ApiResult<Option<Date>> {
        date(self.row.reminded_on.as_ref())
    }

    /// The step of the ladder that is to come; null when there is none.
    async fn next_reminder(&self) -> ApiResult<Option<PlannedReminder>> {
        let planned = self.state()?.planned_reminder();
        Ok(planned.map(|(step, at)| PlannedReminder {
            step: step.into(),
            at: Moment(at),
        }))
    }

    /// The steps that were taken, or not, the oldest first.
    #[graphql(complexity = "20 + 3 * child_complexity")]
    async fn reminders(&self, ctx: &Context<'_>) -> ApiResult<Vec<InvoiceReminder>> {
        self.past()?.reminders(ctx, &self.reading).await
    }

    /// What was asked for being late, the oldest first.
    #[graphql(complexity = "20 + 3 * child_complexity")]
    async fn late_interest_claims(&self, ctx: &Context<'_>) -> ApiResult<Vec<LateInterestClaim>> {
        self.past()?.claims(ctx).await
    }

    /// Late interest that was asked for, in all.
    async fn interest_claimed(&self) -> ApiResult<Money> {
        self.money(self.row.interest_claimed)
    }

    /// The fixed indemnity that was asked for.
    async fn indemnity_claimed(&self) -> ApiResult<Money> {
        self.money(self.row.indemnity_claimed)
    }

    /// The last day for which late interest was asked for.
    async fn interest_until(&self) -> ApiResult<Option<Date>> {
        date(self.row.interest_until.as_ref())
    }

    /// What the law has a draft say that is not known yet: it is not issued before. Empty of what is no draft.
    #[graphql(complexity = "20 + child_complexity")]
    async fn missing_mentions(&self, ctx: &Context<'_>) -> ApiResult<Vec<MissingMention>> {
        if self.row.status != rules::InvoiceStatus::Draft.as_str() {
            return Ok(Vec::new());
        }
        let missing = ctx.application()?.invoicing.missing_mentions(self.row.id).await;
        let missing = missing.map_err(super::commands::system_error)?;
        let language = ctx.language();
        Ok(missing
            .into_iter()
            .map(|one| MissingMention::of(one, language))
            .collect())
    }

    async fn drafted_at(&self) -> Moment {
        Moment::from_micros(self.row.drafted_at)
    }

    async fn issued_at(&self) -> Option<Moment> {
        self.row.issued_at.map(Moment::from_micros)
    }

    async fn updated_at(&self) -> Moment {
        Moment::from_micros(self.row.updated_at)
    }

    /// Give it as `expectedVersion` to change only what you have seen.
    async fn version(&self) -> i64 {
        self.row.version
    }

    /// Everything that ever happened to it, oldest first.
    #[graphql(complexity = "paging::cost(first, last, child_complexity)")]
    async fn history(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> ApiResult<EventConnection> {
        let window = PageArguments {
            first,
            after,
            last,
            before,
        }
        .window()?;
        history::of_stream(ctx, &StreamId::new(InvoiceState::TYPE, self.row.id), &window).await
    }
}

/// What a list of invoices comes to, over all its pages.
pub struct InvoiceTotals {
    select: Select<Entity>,
    reading: Reading,
}

#[Object]
impl InvoiceTotals {
    /// How many invoices the filter leaves.
    #[graphql(complexity = 20)]
    async fn total_count(&self) -> ApiResult<u64> {
        Ok(self.select.clone().count(self.reading.connection()).await?)
    }
}

pub type InvoiceConnection = Connection<String, Invoice, InvoiceTotals, EmptyFields>;

#[derive(Default)]
pub struct InvoiceQueries;

#[Object]
impl InvoiceQueries {
    /// An invoice or a credit note by its id, now or as of an earlier moment; null when there is (or was) none.
    async fn invoice(
        &self,
        ctx: &Context<'_>,
        id: ID,
        as_of: Option<AsOfInput>,
        min_position: Option<BigInt>,
    ) -> ApiResult<Option<Invoice>> {
        let id = ids::parse_as(Kind::Invoice, &id)?;
        Invoice::load(&reading::reading(ctx, as_of, min_position).await?, id).await
    }

    /// Invoices and credit notes, the newest number first unless `orderBy` says otherwise, drafts last; now or as of an
    /// earlier moment.
    #[graphql(complexity = "paging::cost(first, last, child_complexity)")]
    #[allow(clippy::too_many_arguments)] // the arguments of the field
    async fn invoices(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        filter: Option<InvoiceFilter>,
        order_by: Option<Vec<InvoiceOrder>>,
        as_of: Option<AsOfInput>,
        min_position: Option<BigInt>,
    ) -> ApiResult<InvoiceConnection> {
        let arguments = PageArguments {
            first,
            after,
            last,
            before,
        };
        let window = arguments.window()?;
        let order = order_by
            .filter(|order| !order.is_empty())
            .unwrap_or_else(|| vec![filter::DEFAULT_ORDER]);
        let reading = reading::reading(ctx, as_of, min_position).await?;
        let sort = paging::sorted(order)?;
        let scope = reading.scope().invoices();
        let today = today(ctx).await?;
        let all = Condition::all();
        let listing = paging::filtered(reading.scope(), filter, sort, Column::Id, &all, |filter, budget| {
            Ok(Entity::find()
                .filter(scope.clone())
                .filter(filter.condition(today, budget)?))
        })?;
        let page = listing.page(reading.connection(), &window).await?;
        let totals = InvoiceTotals {
            select: listing.select,
            reading: reading.clone(),
        };
        Ok(page.connected(totals, |row| Invoice::of(row, &reading)))
    }
}
