//! The money of the house: what was invoiced, what came, what is still out, and when it may come. Read from the views of
//! invoices and payments; `docs/finance.md` has the definitions. Nothing is ever added up across currencies.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{Days, Months, NaiveDate};
use domain::{
    document::{InvoiceKind, IssuedInvoice},
    invoice::Withdrawal,
};
use sea_orm::{
    ColumnTrait, Condition, DatabaseConnection, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect,
    RelationBuilder, RelationDef,
    sea_query::{Expr, Func, SimpleExpr},
};
use uuid::Uuid;

use crate::{
    accounting::reading::{ReadingError, Span},
    invoices::{self, payments as allocations},
    organizations, payments,
};

/// Rows of one page: memory does not grow with what is out.
const PAGE: u64 = 500;
/// Ids that one query names.
const NAMED: usize = 500;
/// Days of invoicing that the outstanding is measured by.
const DSO_DAYS: u64 = 90;
/// How far ahead cash is looked for.
pub const HORIZONS: [u64; 3] = [30, 60, 90];

/// What is asked.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Of invoicing, collection and revenue.
    pub span: Span,
    /// The day on which it is looked at what is out: that of the views.
    pub day: NaiveDate,
    /// Which invoices and payments whoever asks may see.
    pub invoices: Condition,
    pub payments: Condition,
}

/// An amount without tax, and with it. Whoever shows one never adds the other to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Both {
    pub net: i64,
    pub gross: i64,
}

impl Both {
    const fn add(&mut self, other: Self, sign: i64) {
        self.net += sign * other.net;
        self.gross += sign * other.gross;
    }
}

/// What is out, by how long ago it should have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Aged {
    pub not_due: Both,
    pub days_1_to_30: Both,
    pub days_31_to_60: Both,
    pub days_61_to_90: Both,
    pub over_90: Both,
}

impl Aged {
    pub fn total(&self) -> Both {
        let mut total = self.not_due;
        for part in [self.days_1_to_30, self.days_31_to_60, self.days_61_to_90, self.over_90] {
            total.add(part, 1);
        }
        total
    }

    fn put(&mut self, late: i64, amount: Both) {
        let part = match late {
            ..=0 => &mut self.not_due,
            1..=30 => &mut self.days_1_to_30,
            31..=60 => &mut self.days_31_to_60,
            61..=90 => &mut self.days_61_to_90,
            _ => &mut self.over_90,
        };
        part.add(amount, 1);
    }
}

/// What may come within some days, tax included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Expected {
    /// What is due from tomorrow on; what is late already is beside it.
    pub by_due_date: i64,
    /// As customers paid in the last twelve months.
    pub by_delay: i64,
}

/// How late customers paid over the last twelve months: days, weighted by what they paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Delay {
    pub amount: i128,
    pub amount_days: i128,
}

impl Delay {
    /// Whole days, a half up; `None`: nothing was paid.
    pub fn days(self) -> Option<u64> {
        let (amount, days) = (
            u128::try_from(self.amount).ok()?,
            u128::try_from(self.amount_days).ok()?,
        );
        let rounded = (2 * days + amount).checked_div(2 * amount)?;
        u64::try_from(rounded).ok()
    }
}

/// The figures of one currency.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures {
    pub invoiced: Both,
    /// What was sold, without tax.
    pub revenue: i64,
    /// What of payments is on invoices.
    pub collected: Both,
    /// Money that came, less what went back, whatever it is for.
    pub received: i64,
    pub unpaid: Aged,
    pub unpaid_by_customer: BTreeMap<Uuid, Aged>,
    pub revenue_by_customer: BTreeMap<Uuid, i64>,
    /// Within [`HORIZONS`].
    pub expected: [Expected; 3],
    /// What is late already.
    pub overdue: i64,
    pub delay: Delay,
    pub delay_by_customer: BTreeMap<Uuid, Delay>,
    /// Invoiced in the ninety days up to the day, with tax.
    pub invoiced_recently: i64,
}

impl Figures {
    /// Days sales outstanding, in tenths: what is out, in days of what was invoiced in the last ninety. `None`: nothing
    /// was.
    pub fn dso_tenths(&self) -> Option<i64> {
        let invoiced = i128::from(self.invoiced_recently);
        if invoiced <= 0 {
            return None;
        }
        let tenths = i128::from(self.unpaid.total().gross) * i128::from(DSO_DAYS) * 10;
        i64::try_from((2 * tenths + invoiced) / (2 * invoiced)).ok()
    }
}

type ByCurrency = BTreeMap<String, Figures>;

/// Every figure, by currency.
pub async fn figures(connection: &DatabaseConnection, asked: &Asked) -> Result<ByCurrency, ReadingError> {
    let mut figures = ByCurrency::new();
    for document in documents(connection, asked, asked.span).await? {
        let of = figures.entry(document.currency).or_default();
        of.invoiced.add(document.invoiced, 1);
        of.revenue += document.revenue;
        *of.revenue_by_customer.entry(document.customer).or_default() += document.revenue;
    }
    let recently = Span {
        first: before(asked.day, DSO_DAYS - 1),
        last: asked.day,
    };
    for document in documents(connection, asked, recently).await? {
        figures.entry(document.currency).or_default().invoiced_recently += document.invoiced.gross;
    }
    collected(connection, asked, &mut figures).await?;
    received(connection, asked, &mut figures).await?;
    delays(connection, asked, &mut figures).await?;
    unpaid(connection, asked, &mut figures).await?;
    standing_for(connection, &mut figures).await?;
    Ok(figures)
}

/// What documents of some days say together, for a customer and in a currency.
struct Documents {
    customer: Uuid,
    currency: String,
    invoiced: Both,
    revenue: i64,
}

/// Invoices less credit notes. What takes off what came before counts without it: that was counted when it was invoiced.
async fn documents(connection: &DatabaseConnection, asked: &Asked, span: Span) -> Result<Vec<Documents>, ReadingError> {
    use invoices::Column;
    let issued = || {
        invoices::Entity::find()
            .select_only()
            .filter(asked.invoices.clone())
            .filter(Column::IssuedOn.between(span.first.to_string(), span.last.to_string()))
    };
    let sums: Vec<(Uuid, String, String, i64, i64)> = issued()
        .column(Column::OrganizationId)
        .column(Column::Currency)
        .column(Column::Kind)
        .column_as(sum(Column::Net), "net_sum")
        .column_as(sum(Column::Due), "due_sum")
        .group_by(Column::OrganizationId)
        .group_by(Column::Currency)
        .group_by(Column::Kind)
        .into_tuple()
        .all(connection)
        .await?;
    let mut documents = Vec::with_capacity(sums.len());
    for (customer, currency, kind, net, due) in sums {
        let kind = kind_of(&kind)?;
        let sign = sign(kind);
        documents.push(Documents {
            customer,
            currency,
            invoiced: Both {
                net: sign * net,
                gross: sign * due,
            },
            revenue: if is_advance(kind) { 0 } else { sign * net },
        });
    }
    let mut after = None;
    loop {
        let mut page = issued()
            .column(Column::Id)
            .column(Column::OrganizationId)
            .column(Column::Currency)
            .column(Column::State)
            .filter(Column::Deducted.ne(0))
            .order_by_asc(Column::Id)
            .limit(PAGE);
        if let Some(after) = after {
            page = page.filter(Column::Id.gt(after));
        }
        let rows: Vec<(Uuid, Uuid, String, String)> = page.into_tuple().all(connection).await?;
        let full = rows.len() as u64 == PAGE;
        for (id, customer, currency, state) in rows {
            after = Some(id);
            if let Some(invoice) = state_of(&state)?.invoice() {
                documents.push(taken_off(customer, currency, invoice));
            }
        }
        if !full {
            return Ok(documents);
        }
    }
}

/// What deductions lower the figures of a document by; their tax is in what it asks for already.
fn taken_off(customer: Uuid, currency: String, invoice: &IssuedInvoice) -> Documents {
    let net = |advances: bool| -> i64 {
        let deductions = invoice.deductions.iter();
        let wanted = deductions.filter(|deduction| advances || !is_advance(deduction.of.kind));
        wanted.map(|deduction| deduction.breakdown.net()).sum()
    };
    let sign = sign(invoice.kind);
    Documents {
        customer,
        currency,
        invoiced: Both {
            net: -sign * net(true),
            gross: 0,
        },
        revenue: if is_advance(invoice.kind) {
            0
        } else {
            -sign * net(false)
        },
    }
}

const fn sign(kind: InvoiceKind) -> i64 {
    if kind.is_credit() { -1 } else { 1 }
}

/// Nothing is sold by it.
const fn is_advance(kind: InvoiceKind) -> bool {
    matches!(kind, InvoiceKind::Deposit | InvoiceKind::DepositCreditNote)
}

/// What of payments is on invoices, by the day on which the money was there; what bounced comes off on the day on which
/// it did.
async fn collected(
    connection: &DatabaseConnection,
    asked: &Asked,
    figures: &mut ByCurrency,
) -> Result<(), ReadingError> {
    use allocations::Column;
    let span = asked.span;
    let bounced: Vec<Uuid> = payments::Entity::find()
        .select_only()
        .column(payments::Column::Id)
        .filter(payments::Column::ReversedOn.between(span.first.to_string(), span.last.to_string()))
        .into_tuple()
        .all(connection)
        .await?;
    let in_span = Column::ValueDate.between(span.first.to_string(), span.last.to_string());
    let mut sources = vec![Condition::all().add(in_span)];
    // Those of the days themselves are read already.
    sources.extend(bounced.chunks(NAMED).map(|payments| {
        Condition::all()
            .add(Column::PaymentId.is_in(payments.iter().copied()))
            .add(
                Condition::any()
                    .add(Column::ValueDate.lt(span.first.to_string()))
                    .add(Column::ValueDate.gt(span.last.to_string())),
            )
    }));
    let within = |on: NaiveDate| (span.first..=span.last).contains(&on);
    for source in sources {
        let mut after = None;
        loop {
            let mut page = allocations::Entity::find()
                .join(JoinType::InnerJoin, allocation_of())
                .filter(asked.invoices.clone())
                .filter(source.clone())
                .order_by_asc(Column::Id)
                .limit(PAGE);
            if let Some(after) = after {
                page = page.filter(Column::Id.gt(after));
            }
            let rows = page.all(connection).await?;
            let full = rows.len() as u64 == PAGE;
            for row in rows {
                after = Some(row.id);
                let of = figures.entry(row.currency.clone()).or_default();
                let counted = within(day(&row.value_date)?);
                if counted {
                    of.collected.add(both(row.amount, &breakdown(&row.breakdown)?), 1);
                }
                let withdrawals: Vec<allocations::Withdrawn> =
                    serde_json::from_str(&row.withdrawals).map_err(|error| unreadable(&error))?;
                for bounced in withdrawals.iter().filter(|one| one.cause == Withdrawal::Reversed) {
                    let sign = i64::from(counted) - i64::from(within(bounced.on));
                    of.collected.add(both(bounced.amount, &bounced.breakdown), sign);
                }
            }
            if !full {
                break;
            }
        }
    }
    Ok(())
}

/// Money that came, less what bounced and what was given back.
async fn received(
    connection: &DatabaseConnection,
    asked: &Asked,
    figures: &mut ByCurrency,
) -> Result<(), ReadingError> {
    use payments::Column;
    let span = asked.span;
    let (first, last) = (span.first.to_string(), span.last.to_string());
    for (column, sign) in [(Column::ValueDate, 1), (Column::ReversedOn, -1)] {
        let sums: Vec<(String, i64)> = payments::Entity::find()
            .select_only()
            .column(Column::Currency)
            .column_as(sum(Column::Amount), "amount_sum")
            .filter(asked.payments.clone())
            .filter(column.between(first.clone(), last.clone()))
            .group_by(Column::Currency)
            .into_tuple()
            .all(connection)
            .await?;
        for (currency, amount) in sums {
            figures.entry(currency).or_default().received += sign * amount;
        }
    }
    let given_back: Vec<(String, String)> = payments::Entity::find()
        .select_only()
        .column(Column::Currency)
        .column(Column::Refunds)
        .filter(asked.payments.clone())
        .filter(Column::Refunded.gt(0))
        .into_tuple()
        .all(connection)
        .await?;
    for (currency, refunds) in given_back {
        let refunds: Vec<payments::Refund> = serde_json::from_str(&refunds).map_err(|error| unreadable(&error))?;
        let of = figures.entry(currency).or_default();
        for refund in refunds
            .iter()
            .filter(|refund| (span.first..=span.last).contains(&refund.on))
        {
            of.received -= refund.amount;
        }
    }
    Ok(())
}

/// How late what came in the last twelve months was. Whoever pays early is taken to pay on the day.
async fn delays(connection: &DatabaseConnection, asked: &Asked, figures: &mut ByCurrency) -> Result<(), ReadingError> {
    use allocations::Column;
    let first = asked.day.checked_sub_months(Months::new(12)).unwrap_or(NaiveDate::MIN);
    let paid: Vec<(Uuid, String, String, Option<String>, i64)> = allocations::Entity::find()
        .select_only()
        .join(JoinType::InnerJoin, allocation_of())
        .column(invoices::Column::OrganizationId)
        .column(Column::Currency)
        .column(Column::ValueDate)
        .column(invoices::Column::DueOn)
        .column_as(sum(Column::Amount), "amount_sum")
        .filter(asked.invoices.clone())
        .filter(Column::ValueDate.gt(first.to_string()))
        .filter(Column::ValueDate.lte(asked.day.to_string()))
        .filter(Column::Amount.gt(0))
        .group_by(invoices::Column::OrganizationId)
        .group_by(Column::Currency)
        .group_by(Column::ValueDate)
        .group_by(invoices::Column::DueOn)
        .into_tuple()
        .all(connection)
        .await?;
    for (customer, currency, on, due, amount) in paid {
        let Some(due) = due else { continue };
        let late = (day(&on)? - day(&due)?).num_days().max(0);
        let of = figures.entry(currency).or_default();
        for delay in [&mut of.delay, of.delay_by_customer.entry(customer).or_default()] {
            delay.amount += i128::from(amount);
            delay.amount_days += i128::from(amount) * i128::from(late);
        }
    }
    Ok(())
}

/// What is out, part by part, and when it may come.
async fn unpaid(connection: &DatabaseConnection, asked: &Asked, figures: &mut ByCurrency) -> Result<(), ReadingError> {
    use invoices::Column;
    let mut after = None;
    loop {
        let mut page = invoices::Entity::find()
            .select_only()
            .column(Column::Id)
            .column(Column::OrganizationId)
            .column(Column::Currency)
            .column(Column::PromisedUntil)
            .column(Column::State)
            .filter(asked.invoices.clone())
            .filter(Column::Remaining.gt(0))
            .filter(Column::IssuedOn.is_not_null())
            .order_by_asc(Column::Id)
            .limit(PAGE);
        if let Some(after) = after {
            page = page.filter(Column::Id.gt(after));
        }
        let rows: Vec<(Uuid, Uuid, String, Option<String>, String)> = page.into_tuple().all(connection).await?;
        let full = rows.len() as u64 == PAGE;
        for (id, customer, currency, promised, state) in rows {
            after = Some(id);
            let promised = promised.as_deref().map(day).transpose()?;
            let promised = promised.filter(|until| *until > asked.day);
            let state = state_of(&state)?;
            let of = figures.entry(currency).or_default();
            for (due, amount) in open_parts(&state) {
                out(of, customer, asked.day, due, amount, promised);
            }
        }
        if !full {
            return Ok(());
        }
    }
}

/// What is left of the parts of an invoice; what is left without tax is spread over them, and adds up.
fn open_parts(state: &domain::invoice::InvoiceState) -> Vec<(NaiveDate, Both)> {
    let parts: Vec<_> = state
        .instalments()
        .into_iter()
        .filter(|part| part.remaining > 0)
        .collect();
    let whole: i64 = parts.iter().map(|part| part.remaining).sum();
    let net = state.open().net();
    let (mut so_far, mut net_so_far) = (0, 0);
    let spread = parts.into_iter().map(|part| {
        so_far += part.remaining;
        let up_to = i128::from(net) * i128::from(so_far) / i128::from(whole.max(1));
        let up_to = i64::try_from(up_to).unwrap_or(net);
        let own = up_to - net_so_far;
        net_so_far = up_to;
        let amount = Both {
            net: own,
            gross: part.remaining,
        };
        (part.due, amount)
    });
    spread.collect()
}

fn out(of: &mut Figures, customer: Uuid, today: NaiveDate, due: NaiveDate, amount: Both, promised: Option<NaiveDate>) {
    let late = (today - due).num_days();
    of.unpaid.put(late, amount);
    of.unpaid_by_customer.entry(customer).or_default().put(late, amount);
    if late > 0 {
        of.overdue += amount.gross;
    }
    let own = of.delay_by_customer.get(&customer).and_then(|delay| delay.days());
    let delay = own.or(of.delay.days()).unwrap_or_default();
    let usual = due.checked_add_days(Days::new(delay)).unwrap_or(due);
    let comes_in = (promised.unwrap_or(usual) - today).num_days();
    for (expected, horizon) in of.expected.iter_mut().zip(HORIZONS) {
        let horizon = horizon.cast_signed();
        if late <= 0 && -late <= horizon {
            expected.by_due_date += amount.gross;
        }
        if comes_in <= horizon {
            expected.by_delay += amount.gross;
        }
    }
}

/// Puts what customers had before they were merged with what stands for them.
async fn standing_for(connection: &DatabaseConnection, figures: &mut ByCurrency) -> Result<(), ReadingError> {
    let customers: HashSet<Uuid> = figures
        .values()
        .flat_map(|of| of.revenue_by_customer.keys().chain(of.unpaid_by_customer.keys()))
        .copied()
        .collect();
    let customers: Vec<Uuid> = customers.into_iter().collect();
    let mut survivors: HashMap<Uuid, Uuid> = HashMap::new();
    for some in customers.chunks(NAMED) {
        let merged: Vec<(Uuid, Option<Uuid>)> = organizations::Entity::find()
            .select_only()
            .column(organizations::Column::Id)
            .column(organizations::Column::MergedInto)
            .filter(organizations::Column::Id.is_in(some.iter().copied()))
            .filter(organizations::Column::MergedInto.is_not_null())
            .into_tuple()
            .all(connection)
            .await?;
        survivors.extend(merged.into_iter().filter_map(|(id, into)| Some((id, into?))));
    }
    if survivors.is_empty() {
        return Ok(());
    }
    for of in figures.values_mut() {
        for (merged, survivor) in &survivors {
            if let Some(revenue) = of.revenue_by_customer.remove(merged) {
                *of.revenue_by_customer.entry(*survivor).or_default() += revenue;
            }
            if let Some(aged) = of.unpaid_by_customer.remove(merged) {
                let into = of.unpaid_by_customer.entry(*survivor).or_default();
                into.not_due.add(aged.not_due, 1);
                into.days_1_to_30.add(aged.days_1_to_30, 1);
                into.days_31_to_60.add(aged.days_31_to_60, 1);
                into.days_61_to_90.add(aged.days_61_to_90, 1);
                into.over_90.add(aged.over_90, 1);
            }
        }
    }
    Ok(())
}

/// The invoice that an allocation is on.
fn allocation_of() -> RelationDef {
    let relation: RelationBuilder<allocations::Entity, invoices::Entity> =
        allocations::Entity::belongs_to(invoices::Entity);
    relation
        .from(allocations::Column::InvoiceId)
        .to(invoices::Column::Id)
        .into()
}

fn both(gross: i64, breakdown: &domain::billing::VatBreakdown) -> Both {
    Both {
        net: gross - breakdown.vat(),
        gross,
    }
}

fn breakdown(json: &str) -> Result<domain::billing::VatBreakdown, ReadingError> {
    serde_json::from_str(json).map_err(|error| unreadable(&error))
}

fn state_of(json: &str) -> Result<domain::invoice::InvoiceState, ReadingError> {
    serde_json::from_str(json).map_err(|error| unreadable(&error))
}

fn kind_of(text: &str) -> Result<InvoiceKind, ReadingError> {
    let found = InvoiceKind::ALL.into_iter().find(|kind| kind.as_str() == text);
    found.ok_or_else(|| ReadingError::Unreadable(text.to_owned()))
}

fn day(text: &str) -> Result<NaiveDate, ReadingError> {
    text.parse().map_err(|error| unreadable(&error))
}

fn before(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_sub_days(Days::new(days)).unwrap_or(NaiveDate::MIN)
}

fn unreadable(error: &dyn std::fmt::Display) -> ReadingError {
    ReadingError::Unreadable(error.to_string())
}

/// PostgreSQL adds up whole numbers to another type.
fn sum(column: impl ColumnTrait) -> SimpleExpr {
    use sea_orm::ExprTrait as _;
    Expr::expr(Func::sum(column.into_expr())).cast_as("bigint")
}
