//! The money of the house, over the views of invoices and payments. `docs/finance.md` has the definitions.

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use chrono::NaiveDate;
use projections::finance::{self, Aged, Asked, Both, Figures, HORIZONS};
use uuid::Uuid;

use super::{
    accounting,
    billing::PriceBasis,
    errors::{ApiError, ApiResult},
    ids::{self, Kind},
    money::Money,
    organizations::Organization,
    reading::{self, AsOfInput, Reading},
    scalars::{BigInt, Date, Decimal},
    session::Session,
};

/// Customers of one answer at most.
const TOP_MAX: i32 = 100;

/// What is out, by how long ago it should have come. Parts of an invoice count each for itself.
#[derive(Debug, Clone, SimpleObject)]
pub struct AgedBalance {
    total: Money,
    /// Due today or later.
    not_due: Money,
    /// From 1 to 30 days late.
    days_1_to_30: Money,
    days_31_to_60: Money,
    days_61_to_90: Money,
    over_90: Money,
}

/// What may come within some days, with tax. Horizons include each other.
#[derive(Debug, Clone, SimpleObject)]
pub struct CashForecast {
    days: i32,
    /// The last day that counts.
    until: Date,
    /// What is due from today on. What is late already is in `overdue` beside it.
    by_due_date: Money,
    /// As customers paid in the last twelve months, and as they promised: what should have come by now is in the first one.
    by_payment_delay: Money,
}

/// Days sales outstanding: what is out, divided by what was invoiced in the ninety days up to the day, by ninety; both
/// with tax.
#[derive(Debug, Clone, SimpleObject)]
pub struct DaysSalesOutstanding {
    /// Null where there is no such number.
    days: Option<Decimal>,
    /// Why there is none.
    reason: Option<DsoReason>,
}

/// Why there is no number of days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum DsoReason {
    /// Nothing was invoiced in the ninety days, or more was taken back than invoiced.
    NothingInvoiced,
}

/// A figure of one customer.
pub struct CustomerFigure {
    organization: Uuid,
    amount: Money,
    aged: Option<AgedBalance>,
    delay: Option<u64>,
    reading: Reading,
}

#[Object]
impl CustomerFigure {
    /// Its id alone: no name.
    async fn id(&self) -> ID {
        ids::global(Kind::Organization, self.organization)
    }

    /// Who it is; not for whoever sees no persons, as customers may be persons.
    #[graphql(complexity = "child_complexity + 1")]
    async fn customer(&self) -> ApiResult<Option<Organization>> {
        Organization::load(&self.reading, self.organization).await
    }

    async fn amount(&self) -> &Money {
        &self.amount
    }

    /// Of what is unpaid.
    async fn aged(&self) -> Option<&AgedBalance> {
        self.aged.as_ref()
    }

    /// How many days late they paid over the last twelve months, weighted by what they paid; null when they paid nothing.
    async fn payment_delay(&self) -> Option<u64> {
        self.delay
    }
}

/// The money of one currency. Currencies are never added up.
pub struct CurrencyFinance {
    currency: String,
    figures: Figures,
    basis: PriceBasis,
    day: NaiveDate,
    top: usize,
    reading: Reading,
}

impl CurrencyFinance {
    fn money(&self, minor_units: i64) -> ApiResult<Money> {
        Money::of_sum(minor_units.into(), &self.currency)
    }

    const fn of(&self, both: Both) -> i64 {
        match self.basis {
            PriceBasis::Net => both.net,
            PriceBasis::Gross => both.gross,
        }
    }

    fn aged(&self, aged: &Aged) -> ApiResult<AgedBalance> {
        let money = |both| self.money(self.of(both));
        Ok(AgedBalance {
            total: money(aged.total())?,
            not_due: money(aged.not_due)?,
            days_1_to_30: money(aged.days_1_to_30)?,
            days_31_to_60: money(aged.days_31_to_60)?,
            days_61_to_90: money(aged.days_61_to_90)?,
            over_90: money(aged.over_90)?,
        })
    }

    fn customer(&self, organization: Uuid, amount: i64, aged: Option<&Aged>) -> ApiResult<CustomerFigure> {
        let delay = self.figures.delay_by_customer.get(&organization);
        Ok(CustomerFigure {
            organization,
            amount: self.money(amount)?,
            aged: aged.map(|aged| self.aged(aged)).transpose()?,
            delay: delay.and_then(|delay| delay.days()),
            reading: self.reading.clone(),
        })
    }
}

#[Object]
impl CurrencyFinance {
    async fn currency_code(&self) -> &str {
        &self.currency
    }

    /// Invoices less credit notes, by the day of issue, on the basis that was asked for. A final invoice counts without
    /// what it takes off: that was counted when it was invoiced.
    async fn invoiced(&self) -> ApiResult<Money> {
        self.money(self.of(self.figures.invoiced))
    }

    /// What of payments is on invoices, by the day on which the money was there, less what bounced, on the basis that was
    /// asked for.
    async fn collected(&self) -> ApiResult<Money> {
        self.money(self.of(self.figures.collected))
    }

    /// All money that came in these days less what bounced or was given back, with tax whatever the basis.
    async fn received(&self) -> ApiResult<Money> {
        self.money(self.figures.received)
    }

    /// What was sold, without tax whatever the basis: class 70 of the books. Deposits are none of it.
    async fn revenue(&self) -> ApiResult<Money> {
        self.money(self.figures.revenue)
    }

    /// What is out on the day of `asOf`, on the basis that was asked for.
    async fn unpaid(&self) -> ApiResult<AgedBalance> {
        self.aged(&self.figures.unpaid)
    }

    /// The same by customer, who owes most first.
    #[graphql(complexity = "20 * child_complexity + 1")]
    async fn unpaid_by_customer(&self) -> ApiResult<Vec<CustomerFigure>> {
        let amounts = self.figures.unpaid_by_customer.iter();
        let mut amounts: Vec<_> = amounts.map(|(id, aged)| (self.of(aged.total()), *id, aged)).collect();
        amounts.sort_by(|one, other| other.0.cmp(&one.0).then(one.1.cmp(&other.1)));
        let top = amounts.into_iter().take(self.top);
        top.map(|(amount, id, aged)| self.customer(id, amount, Some(aged)))
            .collect()
    }

    /// By customer, without tax, the most first.
    #[graphql(complexity = "20 * child_complexity + 1")]
    async fn revenue_by_customer(&self) -> ApiResult<Vec<CustomerFigure>> {
        let amounts = self.figures.revenue_by_customer.iter();
        let mut amounts: Vec<_> = amounts
            .filter(|(_, revenue)| **revenue != 0)
            .map(|(id, revenue)| (*revenue, *id))
            .collect();
        amounts.sort_by(|one, other| other.0.cmp(&one.0).then(one.1.cmp(&other.1)));
        let top = amounts.into_iter().take(self.top);
        top.map(|(amount, id)| self.customer(id, amount, None)).collect()
    }

    /// What may come within 30, 60 and 90 days of the day, with tax.
    async fn forecast(&self) -> ApiResult<Vec<CashForecast>> {
        let forecast = HORIZONS.into_iter().zip(self.figures.expected).map(|(days, expected)| {
            Ok(CashForecast {
                days: i32::try_from(days).unwrap_or(i32::MAX),
                until: Date(self.day.checked_add_days(chrono::Days::new(days)).unwrap_or(self.day)),
                by_due_date: self.money(expected.by_due_date)?,
                by_payment_delay: self.money(expected.by_delay)?,
            })
        });
        forecast.collect()
    }

    /// What is late, with tax.
    async fn overdue(&self) -> ApiResult<Money> {
        self.money(self.figures.overdue)
    }

    /// How many days late customers paid over the last twelve months, weighted by what they paid; null when they paid
    /// nothing.
    async fn payment_delay(&self) -> Option<u64> {
        self.figures.delay.days()
    }

    async fn dso(&self) -> DaysSalesOutstanding {
        let days = self.figures.dso_tenths();
        DaysSalesOutstanding {
            days: days.map(|tenths| Decimal(rust_decimal::Decimal::new(tenths, 1))),
            reason: days.is_none().then_some(DsoReason::NothingInvoiced),
        }
    }
}

/// The money of the house.
#[derive(SimpleObject)]
pub struct Finance {
    from: Date,
    to: Date,
    /// The day on which it was looked at what is out.
    day: Date,
    basis: PriceBasis,
    currencies: Vec<CurrencyFinance>,
}

#[derive(Default)]
pub struct FinanceQueries;

#[Object]
impl FinanceQueries {
    /// What was invoiced, collected and sold from one day to another, and what is out and may come on the day of `asOf`,
    /// today when it is absent; of the invoices and payments that whoever asks may see. Amounts are on one basis, never
    /// both. `top` customers are named of each list.
    #[graphql(complexity = "100 + child_complexity")]
    #[allow(clippy::too_many_arguments)] // the arguments of the field
    async fn finance(
        &self,
        ctx: &Context<'_>,
        from: Date,
        to: Date,
        basis: PriceBasis,
        #[graphql(default = 20)] top: i32,
        as_of: Option<AsOfInput>,
        min_position: Option<BigInt>,
    ) -> ApiResult<Finance> {
        let span = accounting::span(from, to)?;
        if !(1..=TOP_MAX).contains(&top) {
            return Err(ApiError::bad_input(format!("`top` is between 1 and {TOP_MAX}.")));
        }
        let house = ctx.application()?.sales.house().await?;
        let day = house.company.day(reading::moment(ctx, as_of)?);
        let reading = reading::reading(ctx, as_of, min_position).await?;
        let asked = Asked {
            span,
            day,
            invoices: reading.scope().invoices(),
            payments: reading.scope().payments(),
        };
        let figures = finance::figures(reading.connection(), &asked).await?;
        let currencies = figures.into_iter().map(|(currency, figures)| CurrencyFinance {
            currency,
            figures,
            basis,
            day,
            top: top.unsigned_abs() as usize,
            reading: reading.clone(),
        });
        Ok(Finance {
            from,
            to,
            day: Date(day),
            basis,
            currencies: currencies.collect(),
        })
    }
}
