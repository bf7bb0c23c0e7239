//! What a deal has several of, as the API shows it.

use async_graphql::{Enum, InputObject, Object, SimpleObject};
use domain::{
    InvalidValue,
    deal::{ProductOfInterest as DomainProduct, SourceKind as DomainSourceKind},
};
use projections::{
    deal_parts::{credits, products},
    deal_stage_entries,
};

use crate::graphql::{
    deals::DealStatus,
    deals::status,
    errors::{ApiError, ApiResult},
    money::{Money, MoneyInput},
    pipelines::{Pipeline, PipelineStage},
    reading::Reading,
    scalars::{Decimal, Moment},
    users::User,
};

/// Where a deal comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "DomainSourceKind")]
pub enum DealSourceKind {
    Website,
    Referral,
    /// We called first.
    Prospecting,
    Email,
    Event,
    Partner,
    Advertising,
    SocialNetwork,
    /// A customer comes back.
    ExistingCustomer,
    Tender,
    Other,
}

/// Where a deal comes from, and what is to be said about it.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct DealSource {
    pub kind: DealSourceKind,
    pub detail: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, InputObject)]
pub struct DealSourceInput {
    pub kind: DealSourceKind,
    pub detail: Option<String>,
}

impl From<DealSourceInput> for domain::deal::DealSource {
    fn from(input: DealSourceInput) -> Self {
        Self {
            kind: input.kind.into(),
            detail: input.detail,
        }
    }
}

/// Something that the customer may buy.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct ProductOfInterest {
    pub label: String,
    pub quantity: Option<Decimal>,
    /// Of the whole quantity, without tax.
    pub amount: Option<Money>,
}

impl ProductOfInterest {
    pub fn of_row(row: products::Model) -> ApiResult<Self> {
        let quantity = row.quantity.as_deref().map(|text| text.parse().map(Decimal));
        Ok(Self {
            quantity: quantity
                .transpose()
                .map_err(|error| ApiError::internal("a view holds a quantity that is none", &error))?,
            amount: Money::of_row(row.amount_minor, row.amount_currency.as_deref())?,
            label: row.label,
        })
    }
}

#[derive(Debug, Clone, PartialEq, Eq, InputObject)]
pub struct ProductOfInterestInput {
    pub label: String,
    /// More than zero.
    pub quantity: Option<Decimal>,
    /// Of the whole quantity, without tax.
    pub amount: Option<MoneyInput>,
}

impl ProductOfInterestInput {
    pub fn checked(&self) -> Result<DomainProduct, InvalidValue> {
        let amount = self.amount.as_ref().map(|amount| amount.checked("products.amount"));
        Ok(DomainProduct {
            label: self.label.clone(),
            quantity: self.quantity.map(|Decimal(quantity)| quantity),
            amount: amount.transpose()?,
        })
    }
}

/// Somebody's part in a sale.
pub struct CreditShare {
    row: credits::Model,
    reading: Reading,
}

impl CreditShare {
    pub fn new(row: credits::Model, reading: Reading) -> Self {
        Self { row, reading }
    }
}

#[Object]
impl CreditShare {
    #[graphql(complexity = "child_complexity + 1")]
    async fn user(&self) -> ApiResult<Option<User>> {
        User::load(&self.reading, self.row.user_id).await
    }

    async fn percent(&self) -> Decimal {
        Decimal(rust_decimal::Decimal::new(self.row.basis_points.into(), 2).normalize())
    }
}

/// A stay of a deal in a stage.
pub struct DealStageEntry {
    row: deal_stage_entries::Model,
    reading: Reading,
}

impl DealStageEntry {
    pub fn new(row: deal_stage_entries::Model, reading: Reading) -> Self {
        Self { row, reading }
    }
}

#[Object]
impl DealStageEntry {
    #[graphql(complexity = "child_complexity + 1")]
    async fn pipeline(&self) -> ApiResult<Option<Pipeline>> {
        Pipeline::load(&self.reading, self.row.pipeline_id).await
    }

    /// Code of the stage.
    async fn stage(&self) -> &str {
        &self.row.stage
    }

    #[graphql(complexity = "child_complexity + 1")]
    async fn pipeline_stage(&self) -> ApiResult<Option<PipelineStage>> {
        let book = self.reading.deals_of().pipelines().await?;
        Ok(book
            .stage(self.row.pipeline_id, &self.row.stage)
            .cloned()
            .map(PipelineStage::from))
    }

    /// How the deal stood during the stay.
    async fn status(&self) -> ApiResult<DealStatus> {
        status(&self.row.status)
    }

    async fn entered_at(&self) -> Moment {
        Moment::from_micros(self.row.entered_at)
    }

    /// Absent while the stay goes on.
    async fn left_at(&self) -> Option<Moment> {
        self.row.left_at.map(Moment::from_micros)
    }
}
