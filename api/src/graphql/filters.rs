//! Comparators of filters, each turned into a condition on one column.
//!
//! Within one comparator object all given operators must hold. A row without a value matches only `isNull: true`, and
//! the negations (`neq`, `notIn`), which speak of rows that *are not* something.

use async_graphql::{ID, InputObject, InputType};
use domain::text::fold;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryTrait, Select, Value,
    sea_query::{Expr, ExprTrait, Func, LikeExpr, Query, SelectStatement, SimpleExpr},
};

use super::{
    activities::{ActivityDirection, ActivityKind},
    contracts::{ContractKind, ContractReasonCategory, ContractRenewalType, ContractStatus},
    deals::{DealStatus, parts::DealSourceKind},
    deliveries::DeliveryStatus,
    errors::{ApiError, ApiResult, ErrorCode},
    ids::{self, Kind},
    imports::{ImportKind, ImportState},
    invoices::{InvoiceKind, InvoiceStatus},
    organizations::{OrganizationKind, OrganizationSize, OrganizationStatus},
    payments::PaymentMethod,
    products::{BillingPeriod, ProductNature},
    quotes::{QuoteApproval, QuoteStatus},
    scalars::{Date, Decimal, Moment},
    tasks::{TaskPriority, TaskStatus},
    users::Role,
};
use crate::policy::Scope;

/// Values of an `in` at most: databases bind a limited number.
const MAX_LIST: usize = 200;
/// Characters of a text to look for at most.
const MAX_TEXT: usize = 500;
/// Tags of one filter at most.
const MAX_TAGS: usize = 20;
/// Filters within filters and beside each other, at most.
const MAX_FILTERS: usize = 100;

/// Counts the filters of one list, so that nobody sends a condition that no database takes, and knows which records
/// the relations of a filter may speak of, and how they are asked for.
#[derive(Debug)]
pub struct Budget<'s> {
    spent: usize,
    scope: &'s Scope,
    row_by_row: bool,
}

impl<'s> Budget<'s> {
    /// Relations are found first, and rows by them: right where they leave few rows.
    pub const fn within(scope: &'s Scope) -> Self {
        Self {
            spent: 0,
            scope,
            row_by_row: false,
        }
    }

    /// Relations are looked up for each row: right for a few rows that are there already ([`super::paging::Listing::trying`]).
    pub const fn row_by_row(scope: &'s Scope) -> Self {
        Self {
            spent: 0,
            scope,
            row_by_row: true,
        }
    }

    /// The rows whose `column` is among what the rows of `E` that meet a condition hold in `reference`.
    pub fn related<E: EntityTrait>(
        &self,
        column: impl ColumnTrait,
        reference: E::Column,
        condition: Condition,
    ) -> SimpleExpr {
        let mut found = Query::select();
        found.from(E::default()).cond_where(condition);
        self.among(column, reference, found)
    }

    /// The rows whose `column` is among what a statement finds in `reference`, a column of the table it selects from.
    pub fn among(
        &self,
        column: impl ColumnTrait,
        reference: impl ColumnTrait,
        mut found: SelectStatement,
    ) -> SimpleExpr {
        // A table that is related to itself has one name for both.
        if self.row_by_row && column.entity_name() != reference.entity_name() {
            let same = Expr::col(reference.as_column_ref()).equals(column.as_column_ref());
            return Expr::exists(found.expr(Expr::val(1)).and_where(same).take());
        }
        let known = Expr::col(reference.as_column_ref()).is_not_null();
        column.in_subquery(found.column(reference).and_where(known).take())
    }

    pub const fn scope(&self) -> &'s Scope {
        self.scope
    }

    /// Whether rows may be compared by a field of their type at all: not by what whoever asks does not see.
    pub fn compares(&self, object: &str, field: &str) -> ApiResult<()> {
        if self.scope.sees_field(object, field) {
            return Ok(());
        }
        let message = format!("You may not see `{object}.{field}`, and so not filter or sort by it.");
        Err(ApiError::new(ErrorCode::Forbidden, message))
    }

    pub fn spend(&mut self) -> ApiResult<()> {
        self.spent += 1;
        if self.spent > MAX_FILTERS {
            return Err(ApiError::bad_input(format!(
                "A filter has at most {MAX_FILTERS} parts."
            )));
        }
        Ok(())
    }
}

/// What `and`, `or` and `not` of a filter ask for together.
pub fn combined<F>(
    and: Option<&[F]>,
    or: Option<&[F]>,
    not: Option<&F>,
    mut condition: impl FnMut(&F) -> ApiResult<Condition>,
) -> ApiResult<Condition> {
    let mut all = Condition::all();
    for filter in and.into_iter().flatten() {
        all = all.add(condition(filter)?);
    }
    if let Some(filters) = or {
        let mut any = Condition::any();
        for filter in filters {
            any = any.add(condition(filter)?);
        }
        all = all.add(any);
    }
    if let Some(filter) = not {
        all = all.add(condition(filter)?.not());
    }
    Ok(all)
}

/// Compares a text.
#[derive(Debug, Clone, Default, InputObject)]
pub struct StringFilter {
    pub eq: Option<String>,
    pub neq: Option<String>,
    pub r#in: Option<Vec<String>>,
    pub not_in: Option<Vec<String>>,
    /// Has this text somewhere, whatever the case of the letters a to z.
    pub contains: Option<String>,
    /// Starts with this text, whatever the case of the letters a to z.
    pub starts_with: Option<String>,
    pub is_null: Option<bool>,
}

impl StringFilter {
    pub fn condition<C: ColumnTrait>(&self, column: C) -> ApiResult<Condition> {
        let mut all = equality(
            column,
            self.eq.as_ref(),
            self.neq.as_ref(),
            self.r#in.as_ref(),
            self.not_in.as_ref(),
        )?;
        for pattern in self.patterns(str::to_ascii_lowercase)? {
            all = all.add(like(Func::lower(Expr::col(column.as_column_ref())), &pattern));
        }
        Ok(nullness(all, column, self.is_null))
    }

    /// On a column that has a second one beside it with its text folded: neither case nor accents count.
    pub fn condition_folded<C: ColumnTrait>(&self, column: C, folded: C) -> ApiResult<Condition> {
        self.condition_by(column, folded, str::to_lowercase)
    }

    /// On a column that has a second one beside it with its text as [`domain::text::fold`] makes it: neither case nor
    /// accents count.
    pub fn condition_plain<C: ColumnTrait>(&self, column: C, folded: C) -> ApiResult<Condition> {
        self.condition_by(column, folded, domain::text::fold)
    }

    fn condition_by<C: ColumnTrait>(&self, column: C, folded: C, fold: fn(&str) -> String) -> ApiResult<Condition> {
        let exact = Self {
            contains: None,
            starts_with: None,
            ..self.clone()
        };
        let mut all = exact.condition(column)?;
        for pattern in self.patterns(fold)? {
            all = all.add(like(Expr::col(folded.as_column_ref()), &pattern));
        }
        Ok(all)
    }

    fn patterns(&self, fold: fn(&str) -> String) -> ApiResult<Vec<String>> {
        let within = self
            .contains
            .as_deref()
            .map(|text| Ok(format!("%{}%", escaped(&fold(text))?)));
        let start = self
            .starts_with
            .as_deref()
            .map(|text| Ok(format!("{}%", escaped(&fold(text))?)));
        within.into_iter().chain(start).collect()
    }
}

/// Which of the texts that something has several of.
#[derive(Debug, Clone, Default, InputObject)]
pub struct TextsFilter {
    /// At least one such text, whatever its case and accents where only a part of it is compared.
    pub some: Option<StringFilter>,
    /// No such text.
    pub none: Option<StringFilter>,
}

impl TextsFilter {
    /// On the rows whose `id` those of `E` refer to by `reference`.
    pub fn condition<E: EntityTrait>(
        &self,
        id: impl ColumnTrait,
        reference: E::Column,
        text: E::Column,
        folded: E::Column,
        budget: &Budget<'_>,
    ) -> ApiResult<Condition> {
        let mut all = Condition::all();
        if let Some(some) = &self.some {
            all = all.add(budget.related::<E>(id, reference, some.condition_plain(text, folded)?));
        }
        if let Some(none) = &self.none {
            let found = budget.related::<E>(id, reference, none.condition_plain(text, folded)?);
            all = all.add(Condition::all().add(found).not());
        }
        Ok(all)
    }
}

/// Compares the object that a field refers to.
#[derive(Debug, Clone, Default, InputObject)]
pub struct IdFilter {
    pub eq: Option<ID>,
    pub r#in: Option<Vec<ID>>,
    pub not_in: Option<Vec<ID>>,
    pub is_null: Option<bool>,
}

impl IdFilter {
    pub fn condition<C: ColumnTrait>(&self, column: C, kind: Kind) -> ApiResult<Condition> {
        let eq = self.eq.as_ref().map(|id| ids::parse_as(kind, id)).transpose()?;
        let list = |ids: &Option<Vec<ID>>| {
            ids.as_ref()
                .map(|ids| {
                    ids.iter()
                        .map(|id| ids::parse_as(kind, id))
                        .collect::<ApiResult<Vec<_>>>()
                })
                .transpose()
        };
        let all = equality(
            column,
            eq.as_ref(),
            None,
            list(&self.r#in)?.as_ref(),
            list(&self.not_in)?.as_ref(),
        )?;
        Ok(nullness(all, column, self.is_null))
    }
}

/// Compares a yes or no.
#[derive(Debug, Clone, Default, InputObject)]
pub struct BooleanFilter {
    pub eq: Option<bool>,
}

impl BooleanFilter {
    pub fn condition<C: ColumnTrait>(&self, column: C) -> Condition {
        Condition::all().add_option(self.eq.map(|eq| column.eq(eq)))
    }

    /// On a column that has a value exactly when the answer is yes.
    pub fn presence<C: ColumnTrait>(&self, column: C) -> Condition {
        nullness(Condition::all(), column, self.eq.map(|present| !present))
    }
}

/// Asks for tags, whatever their case and accents. All that is given must hold.
#[derive(Debug, Clone, Default, InputObject)]
pub struct TagFilter {
    /// Has at least one of these.
    pub any: Option<Vec<String>>,
    /// Has all of these.
    pub all: Option<Vec<String>>,
    /// Has none of these.
    pub none: Option<Vec<String>>,
}

impl TagFilter {
    /// `tagged` selects the ids of those that have a tag, given folded.
    pub fn condition<C: ColumnTrait, E: EntityTrait>(
        &self,
        id: C,
        tagged: impl Fn(&str) -> Select<E>,
    ) -> ApiResult<Condition> {
        let lists = [&self.any, &self.all, &self.none];
        if lists.into_iter().flatten().map(Vec::len).sum::<usize>() > MAX_TAGS {
            return Err(ApiError::bad_input(format!(
                "A filter asks for at most {MAX_TAGS} tags."
            )));
        }
        let has = |tag: &String| id.in_subquery(tagged(&fold(tag)).into_query());
        let mut all = Condition::all();
        if let Some(tags) = &self.any {
            all = all.add(tags.iter().fold(Condition::any(), |any, tag| any.add(has(tag))));
        }
        for tag in self.all.iter().flatten() {
            all = all.add(has(tag));
        }
        for tag in self.none.iter().flatten() {
            all = all.add(has(tag).not());
        }
        Ok(all)
    }
}

/// Compares an instant.
#[derive(Debug, Clone, Default, InputObject)]
pub struct DateTimeFilter {
    pub eq: Option<Moment>,
    pub lt: Option<Moment>,
    pub lte: Option<Moment>,
    pub gt: Option<Moment>,
    pub gte: Option<Moment>,
    pub is_null: Option<bool>,
}

impl DateTimeFilter {
    /// On a column of microseconds.
    pub fn condition<C: ColumnTrait>(&self, column: C) -> Condition {
        let micros = |moment: Option<Moment>| moment.map(Moment::micros);
        let range = Range {
            lt: self.lt,
            lte: self.lte,
            gt: self.gt,
            gte: self.gte,
        }
        .map(micros);
        let all = range.add_to(
            Condition::all().add_option(micros(self.eq).map(|eq| column.eq(eq))),
            column,
        );
        nullness(all, column, self.is_null)
    }
}

/// Compares a calendar date.
#[derive(Debug, Clone, Default, InputObject)]
pub struct DateFilter {
    pub eq: Option<Date>,
    pub lt: Option<Date>,
    pub lte: Option<Date>,
    pub gt: Option<Date>,
    pub gte: Option<Date>,
    pub is_null: Option<bool>,
}

impl DateFilter {
    /// On a column of the form that `stored` gives a date.
    pub fn condition<C: ColumnTrait, V: Into<Value>>(&self, column: C, stored: impl Fn(Date) -> V) -> Condition {
        let value = |date: Option<Date>| date.map(|date| stored(date).into());
        let range = Range {
            lt: self.lt,
            lte: self.lte,
            gt: self.gt,
            gte: self.gte,
        }
        .map(value);
        let all = range.add_to(
            Condition::all().add_option(value(self.eq).map(|eq| column.eq(eq))),
            column,
        );
        nullness(all, column, self.is_null)
    }
}

/// Compares a whole number.
#[derive(Debug, Clone, Default, InputObject)]
pub struct IntFilter {
    pub eq: Option<i32>,
    pub lt: Option<i32>,
    pub lte: Option<i32>,
    pub gt: Option<i32>,
    pub gte: Option<i32>,
    pub is_null: Option<bool>,
}

impl IntFilter {
    pub fn condition<C: ColumnTrait>(&self, column: C) -> Condition {
        let range = Range {
            lt: self.lt,
            lte: self.lte,
            gt: self.gt,
            gte: self.gte,
        };
        let all = range.add_to(Condition::all().add_option(self.eq.map(|eq| column.eq(eq))), column);
        nullness(all, column, self.is_null)
    }
}

/// Compares an amount of one currency. Amounts of other currencies do not match: they are not comparable.
#[derive(Debug, Clone, Default, InputObject)]
pub struct MoneyFilter {
    /// The currency compared in.
    #[graphql(default_with = "String::from(\"EUR\")")]
    pub currency_code: String,
    pub eq: Option<Decimal>,
    pub lt: Option<Decimal>,
    pub lte: Option<Decimal>,
    pub gt: Option<Decimal>,
    pub gte: Option<Decimal>,
    /// Whether there is an amount at all, in whatever currency.
    pub is_null: Option<bool>,
}

impl MoneyFilter {
    pub fn condition<C: ColumnTrait>(&self, minor_units: C, currency: C) -> ApiResult<Condition> {
        let code: domain::Currency = self
            .currency_code
            .parse()
            .map_err(|error: domain::InvalidValue| ApiError::bad_input(error.to_string()))?;
        let units = |amount: Option<Decimal>| {
            amount
                .map(|amount| domain::Money::from_decimal("amount", amount.0, code).map(|money| money.minor_units))
                .transpose()
        };
        let range = Range {
            lt: self.lt,
            lte: self.lte,
            gt: self.gt,
            gte: self.gte,
        };
        let invalid = |error: domain::InvalidValue| ApiError::bad_input(error.to_string());
        let range = range.try_map(units).map_err(invalid)?;
        let eq = units(self.eq).map_err(invalid)?;
        let compares = eq.is_some() || range.is_given();
        let mut all = range.add_to(
            Condition::all().add_option(eq.map(|eq| minor_units.eq(eq))),
            minor_units,
        );
        if compares {
            all = all.add(currency.eq(code.code()));
        }
        Ok(nullness(all, minor_units, self.is_null))
    }
}

/// Compares a value of a closed list.
#[derive(Debug, Clone, InputObject)]
#[graphql(
    concrete(name = "DealStatusFilter", params(DealStatus)),
    concrete(name = "DealSourceFilter", params(DealSourceKind)),
    concrete(name = "OrganizationStatusFilter", params(OrganizationStatus)),
    concrete(name = "OrganizationKindFilter", params(OrganizationKind)),
    concrete(name = "OrganizationSizeFilter", params(OrganizationSize)),
    concrete(name = "ActivityKindFilter", params(ActivityKind)),
    concrete(name = "ActivityDirectionFilter", params(ActivityDirection)),
    concrete(name = "TaskStatusFilter", params(TaskStatus)),
    concrete(name = "TaskPriorityFilter", params(TaskPriority)),
    concrete(name = "RoleFilter", params(Role)),
    concrete(name = "DeliveryStatusFilter", params(DeliveryStatus)),
    concrete(name = "ProductNatureFilter", params(ProductNature)),
    concrete(name = "BillingPeriodFilter", params(BillingPeriod)),
    concrete(name = "QuoteStatusFilter", params(QuoteStatus)),
    concrete(name = "QuoteApprovalFilter", params(QuoteApproval)),
    concrete(name = "InvoiceKindFilter", params(InvoiceKind)),
    concrete(name = "InvoiceStatusFilter", params(InvoiceStatus)),
    concrete(name = "PaymentMethodFilter", params(PaymentMethod)),
    concrete(name = "ContractKindFilter", params(ContractKind)),
    concrete(name = "ContractStatusFilter", params(ContractStatus)),
    concrete(name = "ContractRenewalTypeFilter", params(ContractRenewalType)),
    concrete(name = "ContractReasonCategoryFilter", params(ContractReasonCategory)),
    concrete(name = "ImportStateFilter", params(ImportState)),
    concrete(name = "ImportKindFilter", params(ImportKind))
)]
pub struct ListFilter<T: InputType> {
    pub eq: Option<T>,
    pub r#in: Option<Vec<T>>,
    pub not_in: Option<Vec<T>>,
}

impl<T: InputType + Copy> ListFilter<T> {
    /// On a column that holds the values' names.
    pub fn condition<C: ColumnTrait>(&self, column: C, name: impl Fn(T) -> &'static str) -> ApiResult<Condition> {
        let named = |values: &Option<Vec<T>>| {
            values
                .as_ref()
                .map(|values| values.iter().map(|value| name(*value)).collect())
        };
        equality(
            column,
            self.eq.map(&name).as_ref(),
            None,
            named(&self.r#in).as_ref(),
            named(&self.not_in).as_ref(),
        )
    }
}

struct Range<T> {
    lt: Option<T>,
    lte: Option<T>,
    gt: Option<T>,
    gte: Option<T>,
}

impl<T> Range<T> {
    fn map<U>(self, by: impl Fn(Option<T>) -> Option<U>) -> Range<U> {
        Range {
            lt: by(self.lt),
            lte: by(self.lte),
            gt: by(self.gt),
            gte: by(self.gte),
        }
    }

    fn try_map<U, E>(self, by: impl Fn(Option<T>) -> Result<Option<U>, E>) -> Result<Range<U>, E> {
        Ok(Range {
            lt: by(self.lt)?,
            lte: by(self.lte)?,
            gt: by(self.gt)?,
            gte: by(self.gte)?,
        })
    }

    const fn is_given(&self) -> bool {
        self.lt.is_some() || self.lte.is_some() || self.gt.is_some() || self.gte.is_some()
    }

    fn add_to<C: ColumnTrait>(self, all: Condition, column: C) -> Condition
    where
        T: Into<Value>,
    {
        all.add_option(self.lt.map(|value| column.lt(value)))
            .add_option(self.lte.map(|value| column.lte(value)))
            .add_option(self.gt.map(|value| column.gt(value)))
            .add_option(self.gte.map(|value| column.gte(value)))
    }
}

/// Refuses a list of more values than a filter takes.
pub fn check_list(values: usize) -> ApiResult<()> {
    if values > MAX_LIST {
        return Err(ApiError::bad_input(format!(
            "A list in a filter has at most {MAX_LIST} values."
        )));
    }
    Ok(())
}

fn equality<C: ColumnTrait, T: Clone + Into<Value>>(
    column: C,
    eq: Option<&T>,
    neq: Option<&T>,
    within: Option<&Vec<T>>,
    without: Option<&Vec<T>>,
) -> ApiResult<Condition> {
    for list in [within, without].into_iter().flatten() {
        check_list(list.len())?;
    }
    let or_nothing = |condition: SimpleExpr| Condition::any().add(condition).add(column.is_null());
    let mut all = Condition::all().add_option(eq.cloned().map(|value| column.eq(value)));
    if let Some(value) = neq.cloned() {
        all = all.add(or_nothing(column.ne(value)));
    }
    if let Some(values) = within.cloned() {
        all = all.add(column.is_in(values));
    }
    if let Some(values) = without.cloned() {
        all = all.add(or_nothing(column.is_not_in(values)));
    }
    Ok(all)
}

fn nullness<C: ColumnTrait>(all: Condition, column: C, is_null: Option<bool>) -> Condition {
    match is_null {
        Some(true) => all.add(column.is_null()),
        Some(false) => all.add(column.is_not_null()),
        None => all,
    }
}

fn like(text: impl ExprTrait, pattern: &str) -> SimpleExpr {
    text.like(LikeExpr::new(pattern).escape('\\'))
}

/// The text with the wildcards of `LIKE` taken literally.
fn escaped(text: &str) -> ApiResult<String> {
    if text.chars().count() > MAX_TEXT {
        return Err(ApiError::bad_input(format!(
            "A text to look for has at most {MAX_TEXT} characters."
        )));
    }
    Ok(text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
}
