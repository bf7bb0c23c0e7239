//! What a contract says: its lines and their prices, its term, how it is renewed and how it ends.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ContractError, IndexClause, calendar};
use crate::{
    Currency, InvalidValue, ProductId,
    billing::{Percentage, Quantity, UnitPrice},
    document::LineId,
    money::AMOUNT_MAX,
    product::Taxation,
    value::{self, NAME_MAX, Problem},
};

/// Lines of a contract at most, those that ended counted.
pub(super) const LINES_MAX: usize = 200;
/// Steps of the prices of one line at most.
const STEPS_MAX: usize = 60;
/// Characters of a unit at most.
const UNIT_MAX: usize = 40;
/// Months of a term or of a notice period at most: thirty years.
const MONTHS_MAX: u16 = 360;
const NOTICE_DAYS_MAX: u16 = 366;
const YEARS_MAX: u8 = 30;

/// What is owed under a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ContractKind {
    /// A piece of work, done once (prestation): no recurring revenue, however it is billed.
    Service,
    Subscription,
    Maintenance,
}

impl ContractKind {
    pub const ALL: [Self; 3] = [Self::Service, Self::Subscription, Self::Maintenance];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Service => "SERVICE",
            Self::Subscription => "SUBSCRIPTION",
            Self::Maintenance => "MAINTENANCE",
        }
    }

    /// Whether its lines are recurring revenue.
    pub const fn recurs(self) -> bool {
        !matches!(self, Self::Service)
    }
}

/// For how long a price is, and how often it is billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BillingInterval {
    /// Not recurring: a set-up fee, the price of a piece of work.
    Once,
    Month,
    Quarter,
    HalfYear,
    Year,
    /// Two years or more.
    Years(u8),
}

impl BillingInterval {
    /// `None` for what is billed once.
    pub const fn months(self) -> Option<u32> {
        match self {
            Self::Once => None,
            Self::Month => Some(1),
            Self::Quarter => Some(3),
            Self::HalfYear => Some(6),
            Self::Year => Some(12),
            Self::Years(years) => Some(12 * years as u32),
        }
    }

    fn checked(self) -> Result<Self, InvalidValue> {
        match self {
            Self::Years(years) if !(2..=YEARS_MAX).contains(&years) => Err(InvalidValue::new(
                "interval",
                Problem::OutOfRange {
                    min: 2,
                    max: YEARS_MAX.into(),
                },
            )),
            interval => Ok(interval),
        }
    }
}

/// When a period is billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BillingTiming {
    /// On its first day (à échoir).
    #[default]
    InAdvance,
    /// On the day after its last (à terme échu).
    InArrears,
}

impl BillingTiming {
    pub const ALL: [Self; 2] = [Self::InAdvance, Self::InArrears];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InAdvance => "IN_ADVANCE",
            Self::InArrears => "IN_ARREARS",
        }
    }
}

/// How long before an end it has to be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NoticePeriod {
    /// Calendar months.
    #[serde(default)]
    pub months: u16,
    /// Days, beside the months.
    #[serde(default)]
    pub days: u16,
}

impl NoticePeriod {
    pub const NONE: Self = Self { months: 0, days: 0 };

    pub const fn months(months: u16) -> Self {
        Self { months, days: 0 }
    }

    /// The last day on which an end on this day can be said: as many months before, of the same number in its month, else
    /// the month's last (Code de procédure civile, art. 641, al. 2), then as many days.
    pub fn deadline(self, end: NaiveDate) -> NaiveDate {
        calendar::days_before(calendar::months_before(end, self.months.into()), self.days.into())
    }

    /// The earliest last day when the end is said on a day.
    pub fn earliest_end(self, said: NaiveDate) -> NaiveDate {
        calendar::days_after(calendar::months_after(said, self.months.into()), self.days.into())
    }

    fn checked(self) -> Result<Self, InvalidValue> {
        within("notice", self.months, MONTHS_MAX, 0)?;
        within("notice", self.days, NOTICE_DAYS_MAX, 0)?;
        Ok(self)
    }
}

/// What happens at the end of a term.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum RenewalPolicy {
    /// It ends.
    #[default]
    None,
    /// It ends unless both sign again.
    Express,
    /// A new contract follows unless one of the two refuses in time (C. civ. art. 1215).
    #[serde(rename_all = "camelCase")]
    Tacit {
        /// Of the contract that follows; without one it has no end (C. civ. art. 1214, al. 2).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        term_months: Option<u16>,
        /// How many contracts may follow the first one tacitly; `None`: any number.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max_renewals: Option<u16>,
    },
}

impl RenewalPolicy {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "NONE",
            Self::Express => "EXPRESS",
            Self::Tacit { .. } => "TACIT",
        }
    }

    fn checked(self) -> Result<Self, InvalidValue> {
        if let Self::Tacit {
            term_months: Some(months),
            ..
        } = self
        {
            within("termMonths", months, MONTHS_MAX, 1)?;
        }
        Ok(self)
    }
}

fn within(field: &'static str, number: u16, max: u16, min: u16) -> Result<(), InvalidValue> {
    if (min..=max).contains(&number) {
        return Ok(());
    }
    Err(InvalidValue::new(
        field,
        Problem::OutOfRange {
            min: min.into(),
            max: max.into(),
        },
    ))
}

/// The price of one unit for one billing period, without tax.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LinePrice {
    pub unit_price: UnitPrice,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discount: Option<Percentage>,
}

impl LinePrice {
    /// `quantity × unit price × (1 − discount)`, in whole currency, not rounded.
    pub fn of(self, quantity: Quantity) -> Decimal {
        let whole = quantity.as_decimal() * self.unit_price.as_decimal();
        match self.discount {
            Some(discount) => whole * (Decimal::ONE_HUNDRED - discount.as_decimal()) / Decimal::ONE_HUNDRED,
            None => whole,
        }
    }
}

/// Refuses a price of a period that no amount can hold.
pub(super) fn bounded(price: LinePrice, quantity: Quantity, currency: Currency) -> Result<(), InvalidValue> {
    let refused = InvalidValue::new("lines.price", Problem::TooLarge { max: AMOUNT_MAX });
    let units = price
        .of(quantity)
        .checked_mul(Decimal::from(10_i64.pow(currency.decimals())));
    match units.filter(|units| *units <= Decimal::from(AMOUNT_MAX)) {
        Some(_) => Ok(()),
        None => Err(refused),
    }
}

/// A price that holds from a later day on, agreed with the contract (a ramp).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PriceStep {
    pub from: NaiveDate,
    pub price: LinePrice,
}

/// Something that is owed over time, and for how much.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContractLine {
    /// Kept through amendments and renewals.
    pub id: LineId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<ProductId>,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<String>,
    pub unit: String,
    pub quantity: Quantity,
    pub price: LinePrice,
    pub interval: BillingInterval,
    #[serde(default)]
    pub timing: BillingTiming,
    /// Its first day.
    pub starts_on: NaiveDate,
    /// Its last day; `None`: as long as the contract.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_on: Option<NaiveDate>,
    /// The day that its billing periods are counted from.
    pub anchor: NaiveDate,
    /// In the order of their days.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<PriceStep>,
    pub taxation: Taxation,
}

/// [`ContractLine`] as somebody wishes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WishedLine {
    /// The line that it was before; `None` for a new one.
    pub id: Option<LineId>,
    pub product: Option<ProductId>,
    pub name: String,
    pub details: Option<String>,
    pub unit: String,
    pub quantity: Quantity,
    pub price: LinePrice,
    /// Of the price: a line of another currency than the contract's is refused.
    pub currency: Currency,
    pub interval: BillingInterval,
    pub timing: BillingTiming,
    /// `None`: with the contract, or with the amendment that adds it.
    pub starts_on: Option<NaiveDate>,
    pub ends_on: Option<NaiveDate>,
    /// `None`: its first day.
    pub anchor: Option<NaiveDate>,
    pub steps: Vec<PriceStep>,
    pub taxation: Taxation,
}

/// What a contract says as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContractTerms {
    pub kind: ContractKind,
    pub currency: Currency,
    pub lines: Vec<ContractLine>,
    /// The first day.
    pub starts_on: NaiveDate,
    /// The last day; `None`: it has no end (C. civ. art. 1211).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_on: Option<NaiveDate>,
    #[serde(default)]
    pub renewal: RenewalPolicy,
    /// Before the end of a term with tacit renewal, and before the end of what has none.
    #[serde(default)]
    pub notice: NoticePeriod,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub indexation: Option<IndexClause>,
    /// What was before this day is billed elsewhere: a contract that was taken over from another system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing_starts_on: Option<NaiveDate>,
}

/// [`ContractTerms`] as somebody wishes them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WishedTerms {
    pub kind: ContractKind,
    pub currency: Currency,
    pub lines: Vec<WishedLine>,
    pub starts_on: NaiveDate,
    pub ends_on: Option<NaiveDate>,
    pub renewal: RenewalPolicy,
    pub notice: NoticePeriod,
    pub indexation: Option<IndexClause>,
    pub billing_starts_on: Option<NaiveDate>,
}

impl WishedTerms {
    /// Checks every field and numbers the new lines. Refuses an end before the start, a renewal of what has no end, lines
    /// outside the term or in another currency, and the same line twice on one day.
    pub(super) fn decided(self, next_line: LineId) -> Result<ContractTerms, ContractError> {
        let starts_on = value::date("startsOn", self.starts_on)?;
        let ends_on = self.ends_on.map(|end| value::date("endsOn", end)).transpose()?;
        if ends_on.is_some_and(|end| end < starts_on) {
            return Err(ContractError::EndBeforeStart { field: "endsOn" });
        }
        if ends_on.is_none() && self.renewal != RenewalPolicy::None {
            return Err(ContractError::NothingToRenew);
        }
        if self.lines.is_empty() {
            return Err(InvalidValue::new("lines", Problem::Missing).into());
        }
        let mut numbering = Numbering {
            next: next_line.0,
            given: Vec::new(),
        };
        let term = Term {
            first: starts_on,
            last: ends_on,
        };
        let mut lines: Vec<ContractLine> = Vec::with_capacity(self.lines.len());
        for wished in self.lines {
            let id = numbering.number(wished.id)?;
            lines.push(wished.decided(id, self.currency, starts_on, term)?);
        }
        apart(&lines)?;
        Ok(ContractTerms {
            kind: self.kind,
            currency: self.currency,
            lines,
            starts_on,
            ends_on,
            renewal: self.renewal.checked()?,
            notice: self.notice.checked()?,
            indexation: self.indexation.map(IndexClause::checked).transpose()?,
            billing_starts_on: self
                .billing_starts_on
                .map(|day| value::date("billingStartsOn", day))
                .transpose()?,
        })
    }
}

pub(super) fn checked_renewal(renewal: RenewalPolicy) -> Result<RenewalPolicy, InvalidValue> {
    renewal.checked()
}

pub(super) fn checked_notice(notice: NoticePeriod) -> Result<NoticePeriod, InvalidValue> {
    notice.checked()
}

/// From the first to the last day, both counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Term {
    pub(super) first: NaiveDate,
    pub(super) last: Option<NaiveDate>,
}

impl Term {
    pub(super) fn contains(self, day: NaiveDate) -> bool {
        self.first <= day && self.last.is_none_or(|last| day <= last)
    }

    /// Refuses a day outside it.
    pub(super) fn admit(self, field: &'static str, day: NaiveDate) -> Result<NaiveDate, ContractError> {
        let day = value::date(field, day)?;
        if self.contains(day) {
            return Ok(day);
        }
        Err(ContractError::OutsideTerm {
            field,
            from: self.first,
            until: self.last,
        })
    }
}

impl WishedLine {
    /// `usual_start` is its first day unless it says another one.
    pub(super) fn decided(
        self,
        id: LineId,
        currency: Currency,
        usual_start: NaiveDate,
        term: Term,
    ) -> Result<ContractLine, ContractError> {
        if self.currency != currency {
            return Err(ContractError::AnotherCurrency { expected: currency });
        }
        let starts_on = term.admit("lines.startsOn", self.starts_on.unwrap_or(usual_start))?;
        let ends_on = match self.ends_on {
            Some(end) if end < starts_on => return Err(ContractError::EndBeforeStart { field: "lines.endsOn" }),
            Some(end) => Some(term.admit("lines.endsOn", end)?),
            None => None,
        };
        let prices = self.steps.iter().map(|step| step.price);
        for price in prices.chain([self.price]) {
            bounded(price, self.quantity, currency)?;
        }
        let anchor = value::date("lines.anchor", self.anchor.unwrap_or(starts_on))?;
        if anchor > starts_on {
            return Err(ContractError::EndBeforeStart {
                field: "lines.startsOn",
            });
        }
        Ok(ContractLine {
            id,
            product: self.product,
            name: value::line("lines.name", &self.name, NAME_MAX)?,
            details: value::optional_note("lines.details", self.details.as_deref())?,
            unit: value::line("lines.unit", &self.unit, UNIT_MAX)?,
            quantity: Quantity::positive("lines.quantity", self.quantity.as_decimal())?,
            price: self.price,
            interval: self.interval.checked()?,
            timing: self.timing,
            starts_on,
            ends_on,
            anchor,
            steps: steps(
                self.steps,
                Term {
                    first: starts_on,
                    last: ends_on.or(term.last),
                },
            )?,
            taxation: self.taxation,
        })
    }
}

/// Steps of prices, each after the one before and while the line runs.
fn steps(steps: Vec<PriceStep>, line: Term) -> Result<Vec<PriceStep>, ContractError> {
    if steps.len() > STEPS_MAX {
        let found = steps.len();
        return Err(InvalidValue::new("lines.steps", Problem::TooMany { max: STEPS_MAX, found }).into());
    }
    for step in &steps {
        line.admit("lines.steps", step.from)?;
    }
    let ascends = steps.windows(2).all(|pair| pair[0].from < pair[1].from);
    if !ascends || steps.first().is_some_and(|step| step.from <= line.first) {
        return Err(ContractError::OverlappingTerms {
            field: "lines.steps",
            name: String::new(),
        });
    }
    Ok(steps)
}

/// Refuses one thing that is owed twice on one day: lines of the same product under the same name whose days overlap. Two
/// sites or two machines have names that tell them apart.
pub(super) fn apart(lines: &[ContractLine]) -> Result<(), ContractError> {
    if lines.len() > LINES_MAX {
        let found = lines.len();
        return Err(InvalidValue::new("lines", Problem::TooMany { max: LINES_MAX, found }).into());
    }
    for (place, line) in lines.iter().enumerate() {
        let doubled = lines[..place].iter().any(|other| {
            other.product == line.product
                && other.name == line.name
                && other.ends_on.is_none_or(|end| line.starts_on <= end)
                && line.ends_on.is_none_or(|end| other.starts_on <= end)
        });
        if doubled {
            return Err(ContractError::OverlappingTerms {
                field: "lines",
                name: line.name.clone(),
            });
        }
    }
    Ok(())
}

/// Gives new lines their numbers and refuses one that stands twice.
pub(super) struct Numbering {
    pub(super) next: u32,
    pub(super) given: Vec<LineId>,
}

impl Numbering {
    pub(super) fn number(&mut self, wished: Option<LineId>) -> Result<LineId, InvalidValue> {
        let id = match wished {
            Some(id) if id.0 >= self.next => return Err(InvalidValue::new("lines.id", Problem::NoSuchLine)),
            Some(id) if self.given.contains(&id) => return Err(InvalidValue::new("lines.id", Problem::Repeated)),
            Some(id) => id,
            None => {
                let id = LineId(self.next);
                self.next = self.next.saturating_add(1);
                id
            }
        };
        self.given.push(id);
        Ok(id)
    }
}

impl ContractLine {
    /// The same for a successor or a draft.
    pub fn wished(&self, currency: Currency) -> WishedLine {
        WishedLine {
            id: Some(self.id),
            product: self.product,
            name: self.name.clone(),
            details: self.details.clone(),
            unit: self.unit.clone(),
            quantity: self.quantity,
            price: self.price,
            currency,
            interval: self.interval,
            timing: self.timing,
            starts_on: Some(self.starts_on),
            ends_on: self.ends_on,
            anchor: Some(self.anchor),
            steps: self.steps.clone(),
            taxation: self.taxation,
        }
    }
}
