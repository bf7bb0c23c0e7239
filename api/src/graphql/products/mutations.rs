//! What is done with products. A code is that of one product at a time: it is reserved in the same unit of work.

use async_graphql::{ComplexObject, Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use domain::{
    Currency, Decider, Event, InvalidValue, Product as Aggregate, ProductCommand, Reservation, ReservationCommand,
    Root,
    billing::UnitPrice,
    product::{Description, Price, ProductChanges, ProductState, Taxation},
    reservation::ReservationKind,
};
use engine::{CommandBus, CommandError, UnitOfWork};
use futures::FutureExt;
use uuid::Uuid;

use super::{BillingPeriod, Product, ProductExemption, ProductNature, VatRateClass};
use crate::graphql::{
    commands::{self, CommandOptions, CommandResult},
    errors::ApiResult,
    following::{self, Refused, boxed},
    ids::{self, Kind},
    organizations::inputs::change,
    scalars::Decimal,
    session::Session,
};

#[derive(Debug, Clone, InputObject)]
pub struct ProductAddInput {
    /// Kept in upper case; of one product at a time.
    code: String,
    name: String,
    /// What a document says below the name.
    details: Option<String>,
    /// What it is counted in: `heure`, `m²`.
    unit: String,
    category: Option<String>,
    /// Of one unit, without tax; up to six decimals.
    unit_price: Decimal,
    #[graphql(default_with = "String::from(\"EUR\")")]
    currency_code: String,
    /// For how long one unit is paid; absent for what is sold once.
    period: Option<BillingPeriod>,
    nature: ProductNature,
    #[graphql(default_with = "VatRateClass::Normal")]
    vat_rate_class: VatRateClass,
    /// Why it is exempt of itself.
    exemption: Option<ProductExemption>,
    #[graphql(flatten)]
    options: CommandOptions,
}

/// What is absent stays as it is; null clears. Quotes and invoices that name the product stay as they are.
#[derive(Debug, Clone, InputObject)]
pub struct ProductUpdateInput {
    id: ID,
    code: Option<String>,
    name: Option<String>,
    details: MaybeUndefined<String>,
    unit: Option<String>,
    category: MaybeUndefined<String>,
    unit_price: Option<Decimal>,
    currency_code: Option<String>,
    period: MaybeUndefined<BillingPeriod>,
    nature: Option<ProductNature>,
    vat_rate_class: Option<VatRateClass>,
    exemption: MaybeUndefined<ProductExemption>,
    #[graphql(flatten)]
    options: CommandOptions,
}

#[derive(Debug, Clone, InputObject)]
pub struct ProductCommandInput {
    id: ID,
    #[graphql(flatten)]
    options: CommandOptions,
}

/// What became of a product's command.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct ProductPayload {
    #[graphql(flatten)]
    result: CommandResult,
    #[graphql(skip)]
    product: Uuid,
}

#[ComplexObject]
impl ProductPayload {
    /// The product after the command; null when the command was refused.
    async fn product(&self, ctx: &Context<'_>) -> ApiResult<Option<Product>> {
        match self.result.reading(ctx).await? {
            Some(reading) => Product::load(&reading, self.product).await,
            None => Ok(None),
        }
    }
}

#[derive(Default)]
pub struct ProductMutations;

#[Object]
impl ProductMutations {
    /// Adds goods or a service to the catalogue.
    #[graphql(complexity = "50 + child_complexity")]
    async fn product_add(&self, ctx: &Context<'_>, input: ProductAddInput) -> ApiResult<ProductPayload> {
        let product = input.options.new_id(ctx, ProductState::TYPE)?;
        match input.command() {
            Ok(command) => together(ctx, &input.options, product, command).await,
            Err(refusal) => Ok(refused(ctx, product, &refusal)),
        }
    }

    /// Changes what is known of a product, for quotes from now on.
    #[graphql(complexity = "50 + child_complexity")]
    async fn product_update(&self, ctx: &Context<'_>, input: ProductUpdateInput) -> ApiResult<ProductPayload> {
        let product = ids::parse_as(Kind::Product, &input.id)?;
        let options = input.options.clone();
        match input.changes() {
            Ok(changes) => together(ctx, &options, product, ProductCommand::Change(changes)).await,
            Err(refusal) => Ok(refused(ctx, product, &refusal)),
        }
    }

    /// Takes a product out of the catalogue. Its code may be given to another one.
    #[graphql(complexity = "50 + child_complexity")]
    async fn product_archive(&self, ctx: &Context<'_>, input: ProductCommandInput) -> ApiResult<ProductPayload> {
        let product = ids::parse_as(Kind::Product, &input.id)?;
        together(ctx, &input.options, product, ProductCommand::Archive).await
    }

    /// Offers a product again, if nobody took its code meanwhile.
    #[graphql(complexity = "50 + child_complexity")]
    async fn product_restore(&self, ctx: &Context<'_>, input: ProductCommandInput) -> ApiResult<ProductPayload> {
        let product = ids::parse_as(Kind::Product, &input.id)?;
        together(ctx, &input.options, product, ProductCommand::Restore).await
    }
}

impl ProductAddInput {
    fn command(&self) -> Result<ProductCommand, InvalidValue> {
        Ok(ProductCommand::Add {
            code: self.code.clone(),
            description: Description {
                name: self.name.clone(),
                details: self.details.clone(),
                unit: self.unit.clone(),
                category: self.category.clone(),
            },
            price: Price {
                unit_price: UnitPrice::new("unitPrice", self.unit_price.0)?,
                currency: Currency::parse("currencyCode", &self.currency_code)?,
                period: self.period.map(Into::into),
            },
            taxation: Taxation {
                nature: self.nature.into(),
                rate_class: self.vat_rate_class.into(),
                exemption: self.exemption.map(ProductExemption::reason),
            },
        })
    }
}

impl ProductUpdateInput {
    fn changes(self) -> Result<ProductChanges, InvalidValue> {
        let unit_price = self.unit_price.map(|Decimal(price)| UnitPrice::new("unitPrice", price));
        let currency = self.currency_code.as_deref();
        Ok(ProductChanges {
            code: self.code,
            name: self.name,
            details: change(self.details),
            unit: self.unit,
            category: change(self.category),
            unit_price: unit_price.transpose()?,
            currency: currency.map(|code| Currency::parse("currencyCode", code)).transpose()?,
            period: change(self.period).map(Into::into),
            nature: self.nature.map(Into::into),
            rate_class: self.vat_rate_class.map(Into::into),
            exemption: change(self.exemption).map(ProductExemption::reason),
        })
    }
}

fn refused(ctx: &Context<'_>, product: Uuid, refusal: &impl domain::Refusal) -> ProductPayload {
    let result = CommandResult::refused(commands::user_error(ctx, refusal));
    ProductPayload { result, product }
}

/// Lets the product decide, and moves the reservation of its code, all or nothing.
async fn together(
    ctx: &Context<'_>,
    options: &CommandOptions,
    product: Uuid,
    command: ProductCommand,
) -> ApiResult<ProductPayload> {
    let bus = &ctx.application()?.bus;
    let context = options.context(ctx)?;
    let command = &command;
    let answer = bus
        .together(
            &context,
            &("product", product, command),
            |unit: &mut UnitOfWork<'_, Event>| {
                async move {
                    unit.run::<Aggregate>(product, command.clone()).await.map_err(boxed)?;
                    move_reservation(bus, unit, product).await
                }
                .boxed()
            },
        )
        .await;
    let (result, product) = following::settle::<ProductState, _>(ctx, answer, product).await?;
    Ok(ProductPayload { result, product })
}

/// Reserves the code that the product has got within this unit, and gives back the one that it had.
async fn move_reservation(
    bus: &CommandBus<Event>,
    unit: &mut UnitOfWork<'_, Event>,
    product: Uuid,
) -> Result<(), CommandError<Refused>> {
    const KIND: ReservationKind = ReservationKind::ProductCode;
    let place = |code: &str| bus.secret_id(KIND.as_str(), code);
    let before = bus.load::<Aggregate>(product).await?;
    let before = before.and_then(|(product, _)| product.code().map(place));
    let after = unit
        .standing::<Root<ProductState>>(product)
        .and_then(|product| product.code().map(place));
    if before == after {
        return Ok(());
    }
    if let Some(place) = before {
        let release = ReservationCommand::Release { holder: product };
        unit.run::<Reservation>(place, release).await.map_err(boxed)?;
    }
    match after {
        Some(place) => {
            let reserve = ReservationCommand::Reserve {
                kind: KIND,
                holder: product,
            };
            unit.run::<Reservation>(place, reserve).await.map_err(boxed)
        }
        None => Ok(()),
    }
}
