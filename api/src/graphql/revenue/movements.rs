//! What moved recurring revenue: bars of a waterfall down to the events that they follow from.

use std::sync::Arc;

use async_graphql::{Context, Enum, Object};
use domain::recurring_revenue as rules;

use crate::graphql::{
    billing::DocumentFile,
    contracts::{Contract, past},
    errors::ApiResult,
    events::{self, Event},
    money::Money,
    organizations::Organization,
    reading::Reading,
    scalars::{BigInt, Date, Decimal, Moment},
};

/// What a movement is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::recurring_revenue::MovementKind")]
pub enum RevenueMovementKind {
    /// Of a customer who never paid before.
    New,
    /// Of a customer who had gone.
    Reactivation,
    Expansion,
    Contraction,
    /// On the day after the last that is covered.
    Churn,
    Indexation,
    Paused,
    Resumed,
    /// From one contract, customer, segment or line to another: two movements that come to nothing.
    Transfer,
    Fx,
    /// By the time of recording only: it holds from an earlier month and became known now.
    Correction,
}

/// A change of the recurring revenue of one line.
pub struct RevenueMovement {
    movement: rules::Movement,
    reading: Reading,
}

#[Object]
impl RevenueMovement {
    /// The first day at the new amount.
    async fn on(&self) -> Date {
        Date(self.movement.on)
    }

    async fn kind(&self) -> RevenueMovementKind {
        self.movement.kind.into()
    }

    /// By month; below zero what is lost.
    async fn amount(&self) -> Decimal {
        Decimal(self.movement.amount)
    }

    /// The same in the contract's currency.
    async fn native_amount(&self) -> Decimal {
        Decimal(self.movement.native)
    }

    async fn native_currency_code(&self) -> &'static str {
        self.movement.currency.code()
    }

    #[graphql(complexity = "child_complexity + 1")]
    async fn customer(&self) -> ApiResult<Option<Organization>> {
        Organization::load(&self.reading, self.movement.customer.0).await
    }

    /// With its signed document.
    #[graphql(complexity = "child_complexity + 1")]
    async fn contract(&self) -> ApiResult<Option<Contract>> {
        Contract::load(&self.reading, self.movement.contract.0).await
    }

    /// The line's number within the contract.
    async fn line(&self) -> u32 {
        self.movement.line.0
    }

    async fn segment(&self) -> Option<&str> {
        self.movement.segment.as_deref()
    }

    /// Why the contract ended, where that is known.
    async fn reason(&self) -> Option<&'static str> {
        self.movement.reason.map(domain::contract::TerminationReason::as_str)
    }

    /// Where the event stands in the journal that it follows from; null for a rate of exchange.
    async fn position(&self) -> Option<BigInt> {
        let cause = self.movement.cause.filter(|cause| cause.position != u64::MAX);
        cause.map(|cause| BigInt(cause.position))
    }

    async fn recorded_at(&self) -> Option<Moment> {
        self.movement.cause.map(|cause| Moment(cause.at))
    }

    /// The event that it follows from.
    #[graphql(complexity = "5 + child_complexity")]
    async fn event(&self, ctx: &Context<'_>) -> ApiResult<Option<Event>> {
        match self.movement.cause.filter(|cause| cause.position != u64::MAX) {
            Some(cause) => events::at(ctx, cause.position).await,
            None => Ok(None),
        }
    }

    /// What was signed for it: the amendment, where it follows from one, or the contract. Null where nothing was, as for an
    /// index or a notice, and where nobody filed it.
    #[graphql(complexity = "30 + child_complexity")]
    async fn document(&self, ctx: &Context<'_>) -> ApiResult<Option<DocumentFile>> {
        let Some(cause) = self.movement.cause else {
            return Ok(None);
        };
        match Contract::load(&self.reading, self.movement.contract.0).await? {
            Some(contract) => past::signed_for(ctx, &contract, cause.position).await,
            None => Ok(None),
        }
    }
}

/// Where movements are read once somebody asks for them.
#[derive(Clone)]
pub(super) struct Source {
    pub(super) book: Arc<rules::Book>,
    pub(super) selection: Arc<rules::Selection>,
    pub(super) reading: Reading,
}

/// Everything of one kind.
pub struct RevenueBar {
    kind: rules::MovementKind,
    amount: rust_decimal::Decimal,
    shown: i64,
    period: rules::Period,
    source: Source,
}

#[Object]
impl RevenueBar {
    async fn kind(&self) -> RevenueMovementKind {
        self.kind.into()
    }

    /// Not rounded.
    async fn amount(&self) -> Decimal {
        Decimal(self.amount)
    }

    /// Rounded so that the bars add up: the largest one takes what is left over.
    async fn shown(&self) -> ApiResult<Money> {
        Money::of_sum(self.shown.into(), self.source.book.currency().code())
    }

    /// What it is made of, in the order of the days.
    #[graphql(complexity = "5 + 5 * child_complexity")]
    async fn movements(&self) -> Vec<RevenueMovement> {
        let Source { book, selection, .. } = &self.source;
        let movements = book.between(self.period, selection);
        shown(
            movements.filter(|movement| movement.kind == self.kind),
            &self.source.reading,
        )
    }
}

/// From what there was to what there is.
pub struct Waterfall {
    period: rules::Period,
    opening: rust_decimal::Decimal,
    closing: rust_decimal::Decimal,
    rounded: rules::ShownWaterfall,
    bars: Vec<(rules::MovementKind, rust_decimal::Decimal)>,
    source: Source,
}

impl Waterfall {
    pub(super) fn of(waterfall: &rules::Waterfall<'_>, source: &Source) -> Self {
        Self {
            period: waterfall.period,
            opening: waterfall.opening,
            closing: waterfall.closing,
            rounded: waterfall.shown(source.book.currency()),
            bars: waterfall.bars.iter().map(|bar| (bar.kind, bar.amount)).collect(),
            source: source.clone(),
        }
    }

    fn money(&self, shown: i64) -> ApiResult<Money> {
        Money::of_sum(shown.into(), self.source.book.currency().code())
    }
}

#[Object(name = "RevenueWaterfall")]
impl Waterfall {
    /// The last day that counts.
    async fn to(&self) -> Date {
        Date(self.period.until)
    }

    async fn opening(&self) -> Decimal {
        Decimal(self.opening)
    }

    async fn closing(&self) -> Decimal {
        Decimal(self.closing)
    }

    async fn opening_shown(&self) -> ApiResult<Money> {
        self.money(self.rounded.opening)
    }

    async fn closing_shown(&self) -> ApiResult<Money> {
        self.money(self.rounded.closing)
    }

    /// None without movements.
    #[graphql(complexity = "5 + 5 * child_complexity")]
    async fn bars(&self) -> Vec<RevenueBar> {
        let bars = self.bars.iter().map(|(kind, amount)| {
            let shown = self.rounded.bars.iter().find(|(shown, _)| shown == kind);
            RevenueBar {
                kind: *kind,
                amount: *amount,
                shown: shown.map_or(0, |(_, amount)| *amount),
                period: self.period,
                source: self.source.clone(),
            }
        });
        bars.collect()
    }
}

/// What changed about a past month since a moment.
pub struct Restatement {
    restatement: rules::Restatement,
    reading: Reading,
}

impl Restatement {
    pub(super) fn of(restatement: rules::Restatement, reading: &Reading) -> Self {
        let reading = reading.clone();
        Self { restatement, reading }
    }
}

#[Object(name = "RevenueRestatement")]
impl Restatement {
    /// The first day of the month.
    async fn month(&self) -> Date {
        Date(self.restatement.month.first_day())
    }

    async fn opening_then(&self) -> Decimal {
        Decimal(self.restatement.opening.0)
    }

    async fn opening_now(&self) -> Decimal {
        Decimal(self.restatement.opening.1)
    }

    async fn closing_then(&self) -> Decimal {
        Decimal(self.restatement.closing.0)
    }

    async fn closing_now(&self) -> Decimal {
        Decimal(self.restatement.closing.1)
    }

    /// Movements of the month that are not there any more.
    #[graphql(complexity = "5 + 5 * child_complexity")]
    async fn gone(&self) -> Vec<RevenueMovement> {
        shown(&self.restatement.gone, &self.reading)
    }

    /// Movements of the month that were not there then.
    #[graphql(complexity = "5 + 5 * child_complexity")]
    async fn come(&self) -> Vec<RevenueMovement> {
        shown(&self.restatement.come, &self.reading)
    }

    /// The events in between that it follows from.
    #[graphql(complexity = "20 + 5 * child_complexity")]
    async fn events(&self, ctx: &Context<'_>) -> ApiResult<Vec<Event>> {
        let mut events = Vec::new();
        for cause in self.restatement.causes.values().flatten() {
            events.extend(events::at(ctx, cause.position).await?);
        }
        Ok(events)
    }
}

fn shown<'m>(movements: impl IntoIterator<Item = &'m rules::Movement>, reading: &Reading) -> Vec<RevenueMovement> {
    let movements = movements.into_iter().cloned();
    movements
        .map(|movement| RevenueMovement {
            movement,
            reading: reading.clone(),
        })
        .collect()
}
