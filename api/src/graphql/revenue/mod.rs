//! Recurring revenue: what contracts are worth by month, what moved it, and every measure that is read off it.
//! `docs/recurring-revenue.md` has the definitions.

pub mod measures;
pub mod movements;
pub mod scenarios;
pub mod updates;

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object};
use chrono::{DateTime, Days, NaiveDate, Utc};
use domain::{
    ContractId, Currency, OrganizationId, Refusal, UserId,
    document::LineId,
    recurring_revenue::{self as rules, Book, Month, Period, Portfolio, RevenueError, RevenueSettings, Selection},
};
use journal::Position;

use self::{
    measures::{EndingTerm, LifetimeValueFormula, LogoChurnFormula, Measure, RenewalRate, RevenueCohort, RevenueLoss},
    movements::{Restatement, Source, Waterfall},
};
use super::{
    errors::{ApiError, ApiResult},
    ids::{self, Kind},
    money::Money,
    reading::{self, Reading},
    scalars::{BigInt, Date, Decimal, Moment},
    session::Session,
};
use crate::{
    application::Application,
    export::Movements,
    policy::Scope,
    revenue::{Asked, RevenueFailure},
};

/// Months of waterfalls in one answer, at most.
const MONTHS_MAX: u32 = 120;
/// Days ahead within which contracts to renew are looked for, at most.
const DAYS_MAX: u64 = 730;

/// By which of the two times movements are dated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::recurring_revenue::Basis")]
pub enum RevenueBasis {
    /// By the day from which they hold: what comes to be known later restates the past.
    Effective,
    /// By the day on which they hold and are known: the past stays as it was.
    Recorded,
}

/// Which revenue: what matches everything that is given.
#[derive(Debug, Clone, Default, InputObject)]
pub struct RevenueSelection {
    customer: Option<ID>,
    contract: Option<ID>,
    /// The number of a line within its contract.
    line: Option<u32>,
    segment: Option<String>,
    /// Contracts in this currency only.
    currency_code: Option<String>,
}

/// How revenue is looked at.
#[derive(Debug, Clone, InputObject)]
pub struct RevenueView {
    #[graphql(default_with = "RevenueBasis::Effective")]
    basis: RevenueBasis,
    /// As it was known at this moment; absent: as it is known.
    known_at: Option<Moment>,
    /// Only contracts in this currency, in it; absent: all in euros, at the company's exchange rates.
    currency_code: Option<String>,
    selection: Option<RevenueSelection>,
    /// With the hypotheses of a scenario (`revenueScenario`).
    scenario: Option<uuid::Uuid>,
}

impl Default for RevenueView {
    fn default() -> Self {
        Self {
            basis: RevenueBasis::Effective,
            known_at: None,
            currency_code: None,
            selection: None,
            scenario: None,
        }
    }
}

/// Recurring revenue from the close of one day to the close of another.
pub struct RecurringRevenue {
    position: Position,
    period: Period,
    today: NaiveDate,
    selection: Arc<Selection>,
    asked: Asked,
    portfolio: Arc<Portfolio>,
    book: Arc<Book>,
    reading: Reading,
}

impl RecurringRevenue {
    /// What moved it, for a file.
    pub(crate) fn movements(&self) -> Movements {
        Movements::new(self.book.clone(), self.period, self.selection.clone())
    }

    fn source(&self) -> Source {
        Source {
            book: self.book.clone(),
            selection: self.selection.clone(),
            reading: self.reading.clone(),
        }
    }

    fn money(&self, amount: rust_decimal::Decimal) -> ApiResult<Money> {
        let shown = rules::shown(amount, self.book.currency());
        Money::of_sum(shown.into(), self.book.currency().code())
    }

    const fn settings(&self) -> &RevenueSettings {
        &self.asked.settings
    }

    fn last_month(&self) -> Month {
        Month::of(self.period.until)
    }
}

#[Object]
impl RecurringRevenue {
    /// Everything up to here in the journal is in it.
    async fn position(&self) -> BigInt {
        BigInt(self.position.0)
    }

    /// The first day of which movements count.
    async fn from(&self) -> Date {
        Date(
            self.period
                .after
                .checked_add_days(Days::new(1))
                .unwrap_or(self.period.after),
        )
    }

    async fn to(&self) -> Date {
        Date(self.period.until)
    }

    async fn currency_code(&self) -> &'static str {
        self.book.currency().code()
    }

    /// Monthly recurring revenue at the close of `to`, not rounded.
    async fn mrr(&self) -> Decimal {
        Decimal(self.book.mrr(self.period.until, &self.selection))
    }

    /// The same, rounded for people.
    async fn mrr_shown(&self) -> ApiResult<Money> {
        self.money(self.book.mrr(self.period.until, &self.selection))
    }

    /// At the close of the day before `from`.
    async fn opening_mrr(&self) -> Decimal {
        Decimal(self.book.mrr(self.period.after, &self.selection))
    }

    /// Twelve times the MRR that is not rounded.
    async fn arr(&self) -> Decimal {
        Decimal(self.book.arr(self.period.until, &self.selection))
    }

    async fn arr_shown(&self) -> ApiResult<Money> {
        self.money(self.book.arr(self.period.until, &self.selection))
    }

    /// Customers at the close of `to`, those in a pause counted.
    async fn customers(&self) -> usize {
        self.book.customers(self.period.until, &self.selection)
    }

    /// `(MRR at the end − MRR at the beginning) / MRR at the beginning`: month over month, where the period is a month.
    async fn growth(&self) -> Measure {
        self.book.growth(self.period, &self.selection).into()
    }

    /// What is signed by today and runs on a day to come. With `tacitRenewals`, contracts that renew tacitly go on.
    #[graphql(complexity = 50)]
    async fn contracted_mrr(&self, on: Date, #[graphql(default)] tacit_renewals: bool) -> ApiResult<Decimal> {
        let assumption = rules::HorizonAssumption { tacit_renewals };
        let (portfolio, known) = (&self.portfolio, self.asked.known_until);
        let worth = portfolio.contracted_mrr(self.today, on.0, self.settings(), assumption, known);
        worth.map(Decimal).map_err(refused)
    }

    async fn gross_mrr_churn(&self) -> Measure {
        self.book.gross_mrr_churn(self.period, &self.selection).into()
    }

    async fn net_mrr_churn(&self) -> Measure {
        self.book.net_mrr_churn(self.period, &self.selection).into()
    }

    /// The share of customers who left. The company's target is below 5 %.
    async fn logo_churn(
        &self,
        #[graphql(default_with = "LogoChurnFormula::StartOfPeriod")] formula: LogoChurnFormula,
    ) -> Measure {
        self.book
            .logo_churn(self.period, &self.selection, formula.into())
            .into()
    }

    /// Net revenue retention of the customers of the beginning.
    async fn nrr(&self) -> Measure {
        self.book.nrr(self.period, &self.selection).into()
    }

    /// Gross revenue retention: no customer counts for more than at the beginning.
    async fn grr(&self) -> Measure {
        self.book.grr(self.period, &self.selection).into()
    }

    /// Average revenue per account, by month.
    async fn arpa(&self) -> Measure {
        self.book.arpa(self.period.until, &self.selection).into()
    }

    async fn quick_ratio(&self) -> Measure {
        self.book.quick_ratio(self.period, &self.selection).into()
    }

    /// In months.
    async fn average_length(&self) -> Measure {
        self.book.average_length(self.period.until, &self.selection).into()
    }

    /// Customer lifetime value.
    async fn lifetime_value(&self, formula: LifetimeValueFormula, margin: Option<Decimal>) -> ApiResult<Measure> {
        let formula = formula.of(margin)?;
        Ok(self.book.lifetime_value(self.period, &self.selection, formula).into())
    }

    /// How many of the terms that ended in the period were renewed. The company's target is above 85 %.
    #[graphql(complexity = 50)]
    async fn renewal_rate(&self) -> ApiResult<RenewalRate> {
        let from = self
            .period
            .after
            .checked_add_days(Days::new(1))
            .unwrap_or(self.period.after);
        let (until, known) = (self.period.until, self.asked.known_until);
        let rate = self.portfolio.renewal_rate(from, until, self.settings(), known);
        rate.map(RenewalRate).map_err(refused)
    }

    /// Contracts whose term ends within so many days of today and that nothing follows yet.
    #[graphql(complexity = "50 + 10 * child_complexity")]
    async fn to_renew(&self, #[graphql(default = 90)] days: u64) -> ApiResult<Vec<EndingTerm>> {
        if days > DAYS_MAX {
            return Err(ApiError::bad_input(format!("`days` is at most {DAYS_MAX}.")));
        }
        let known = self.asked.known_until;
        let terms = self.portfolio.to_renew(self.today, days, self.settings(), known);
        let shown = terms.map_err(refused)?.into_iter();
        Ok(shown.map(|term| EndingTerm::of(term, &self.reading)).collect())
    }

    /// What ended contracts took with them, by reason.
    #[graphql(complexity = "10 + 5 * child_complexity")]
    async fn lost_by_reason(&self) -> Vec<RevenueLoss> {
        let lost = self.book.lost_by_reason(self.period, &self.selection);
        lost.into_iter().map(RevenueLoss).collect()
    }

    /// From what there was to what there is, bar by bar, each with its movements.
    #[graphql(complexity = "20 + 10 * child_complexity")]
    async fn waterfall(&self) -> Waterfall {
        let waterfall = self.book.waterfall(self.period, &self.selection);
        Waterfall::of(&waterfall, &self.source())
    }

    /// The waterfalls of the months up to that of `to`, the oldest first.
    #[graphql(complexity = "20 + 20 * child_complexity")]
    async fn months(&self, #[graphql(default = 12)] count: u32) -> ApiResult<Vec<Waterfall>> {
        if !(1..=MONTHS_MAX).contains(&count) {
            return Err(ApiError::bad_input(format!("`count` is between 1 and {MONTHS_MAX}.")));
        }
        let months = self.book.months(self.last_month(), count, &self.selection);
        let source = self.source();
        Ok(months.iter().map(|month| Waterfall::of(month, &source)).collect())
    }

    /// Customers by the month in which they began, and what became of them up to the month of `to`.
    #[graphql(complexity = "50 + 20 * child_complexity")]
    async fn cohorts(&self) -> Vec<RevenueCohort> {
        let cohorts = self.book.cohorts(self.last_month(), &self.selection);
        cohorts.into_iter().map(RevenueCohort).collect()
    }

    /// What changed about the month of `to` since a moment, and why.
    #[graphql(complexity = "100 + 10 * child_complexity")]
    async fn restatement(&self, ctx: &Context<'_>, since: Moment) -> ApiResult<Restatement> {
        let clock = &ctx.application()?.clock;
        let now = self.asked.known_until.unwrap_or_else(|| clock.now());
        let request = rules::BookRequest {
            settings: self.settings().clone(),
            basis: self.asked.basis,
            known_until: None,
            through: self.period.until,
        };
        let month = self.last_month();
        let found = self
            .portfolio
            .restatement(month, &request, since.0, now, &self.selection);
        Ok(Restatement::of(found.map_err(refused)?, &self.reading))
    }
}

#[derive(Default)]
pub struct RevenueQueries;

#[Object]
impl RevenueQueries {
    /// Recurring revenue of the days from one to another, both counted: what there is at the close of the last one, and what
    /// moved it. Always up to the end of the journal: whatever a mutation did is in it.
    #[graphql(complexity = "100 + child_complexity")]
    async fn recurring_revenue(
        &self,
        ctx: &Context<'_>,
        from: Date,
        to: Date,
        view: Option<RevenueView>,
        min_position: Option<BigInt>,
    ) -> ApiResult<RecurringRevenue> {
        let reading = whole(ctx, min_position).await?;
        let owner = ctx.viewer()?.user();
        let question = Question::of(from, Some(to), view.unwrap_or_default())?;
        question.answer(ctx.application()?, reading, owner).await
    }
}

/// What is asked, as often as it is.
pub(crate) struct Question {
    from: NaiveDate,
    /// Today, where it is not said.
    to: Option<NaiveDate>,
    basis: rules::Basis,
    known_until: Option<DateTime<Utc>>,
    currency: Option<Currency>,
    selection: Arc<Selection>,
    scenario: Option<uuid::Uuid>,
}

impl Question {
    pub(crate) fn of(from: Date, to: Option<Date>, view: RevenueView) -> ApiResult<Self> {
        Ok(Self {
            from: from.0,
            to: to.map(|day| day.0),
            basis: view.basis.into(),
            known_until: view.known_at.map(|moment| moment.0),
            currency: view.currency_code.as_deref().map(currency).transpose()?,
            selection: Arc::new(view.selection.unwrap_or_default().rules()?),
            scenario: view.scenario,
        })
    }

    fn period(&self, today: NaiveDate) -> ApiResult<Period> {
        let until = self.to.unwrap_or(today);
        if until < self.from {
            return Err(ApiError::bad_input("`to` comes before `from`."));
        }
        let after = self.from.checked_sub_days(Days::new(1)).unwrap_or(self.from);
        Ok(Period { after, until })
    }

    /// The answer as things stand at the end of the journal.
    pub(crate) async fn answer(
        &self,
        application: &Application,
        reading: Reading,
        owner: Option<UserId>,
    ) -> ApiResult<RecurringRevenue> {
        // Before the company and its contracts are read: both have everything up to there.
        let position = application.journal.head().await?.position;
        let house = application.sales.house().await?;
        let period = self.period(house.today)?;
        let settings = house.company.revenue_settings();
        let asked = Asked {
            settings: match self.currency {
                Some(currency) => RevenueSettings {
                    reporting: rules::Reporting::Native(currency),
                    ..settings
                },
                None => settings,
            },
            basis: self.basis,
            known_until: self.known_until,
            through: period.until.max(house.today),
        };
        let (portfolio, book) = match self.scenario {
            None => application.revenue.book(&house.company, &asked).await.map_err(failed)?,
            Some(id) => {
                let found = application.scenarios.get(id, owner, house.now);
                let scenario = found.map_err(|refusal| bad_input(&refusal))?;
                let book = asked.book_of(&scenario.portfolio).map_err(refused)?;
                (scenario.portfolio, Arc::new(book))
            }
        };
        Ok(RecurringRevenue {
            position,
            period,
            today: house.today,
            selection: self.selection.clone(),
            asked,
            portfolio,
            book,
            reading,
        })
    }
}

/// The views, for whoever sees every record.
async fn whole(ctx: &Context<'_>, min_position: Option<BigInt>) -> ApiResult<Reading> {
    let reading = reading::reading(ctx, None, min_position).await?;
    admit(reading.scope())?;
    Ok(reading)
}

/// Refuses whoever sees some records only.
pub(crate) fn admit(scope: &Scope) -> ApiResult<()> {
    if scope.is_everything() {
        return Ok(());
    }
    Err(ApiError::new(
        super::errors::ErrorCode::Forbidden,
        "Recurring revenue is of all customers: only those see it who see every record.",
    ))
}

impl RevenueSelection {
    fn rules(self) -> ApiResult<Selection> {
        let customer = self
            .customer
            .map(|id| ids::parse_as(Kind::Organization, &id))
            .transpose()?;
        let contract = self.contract.map(|id| ids::parse_as(Kind::Contract, &id)).transpose()?;
        Ok(Selection {
            customer: customer.map(OrganizationId),
            contract: contract.map(ContractId),
            line: self.line.map(LineId),
            segment: self.segment.map(|segment| Some(Arc::from(segment))),
            currency: self.currency_code.as_deref().map(currency).transpose()?,
        })
    }
}

fn currency(code: &str) -> ApiResult<Currency> {
    Currency::parse("currencyCode", code).map_err(|refusal| bad_input(&refusal))
}

fn refused(refusal: RevenueError) -> ApiError {
    bad_input(&refusal)
}

/// A query that a rule refuses: its code and field stand beside the message.
fn bad_input(refusal: &impl Refusal) -> ApiError {
    let error = ApiError::bad_input(refusal.to_string()).with("reason", refusal.code());
    match refusal.field() {
        Some(field) => error.with("field", field),
        None => error,
    }
}

pub(super) fn failed(failure: RevenueFailure) -> ApiError {
    match failure {
        RevenueFailure::Refused(refusal) => refused(refusal),
        RevenueFailure::Journal(error) => error.into(),
        RevenueFailure::Codec(error) => error.into(),
        RevenueFailure::Interrupted(error) => {
            ApiError::internal("recurring revenue was not counted to its end", &error)
        }
    }
}
