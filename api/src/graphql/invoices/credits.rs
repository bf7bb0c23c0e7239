//! What a credit note takes back: how it is asked for, and what it would come to.

use async_graphql::{Context, ID, InputObject, Object, OneofObject, SimpleObject};
use domain::{
    Currency, InvalidValue, Invoice as Aggregate, InvoiceError, Money as Amount,
    billing::Quantity,
    document::LineId,
    invoice::{CreditWish, CreditedPart, InvoiceState},
    value::Problem,
};
use engine::CommandError;
use uuid::Uuid;

use super::InvoiceKind;
use crate::graphql::{
    billing::{DocumentContent, DocumentTotals},
    commands,
    errors::{ApiResult, UserError},
    following::Refused,
    ids::{self, Kind},
    reading,
    scalars::Decimal,
    session::Session,
};

/// What to take back of an invoice.
#[derive(Debug, Clone, OneofObject)]
pub enum CreditInput {
    /// All that is left; of a final invoice its deductions too: the deposits are free again.
    Whole(bool),
    Lines(Vec<CreditLineInput>),
    /// Tax included, in the invoice's currency, of each rate in proportion to what is left of it.
    Amount(Decimal),
}

/// What to take back of a line: all that is left of it, so many of its units, or an amount.
#[derive(Debug, Clone, InputObject)]
pub struct CreditLineInput {
    /// The line's number.
    number: u32,
    /// So many units; or `net`.
    quantity: Option<Decimal>,
    /// Without tax and after the document's discount, in the invoice's currency.
    net: Option<Decimal>,
}

impl CreditInput {
    pub(super) fn wish(&self, currency: Currency) -> Result<CreditWish, InvalidValue> {
        let units = |field, amount: &Decimal| {
            Amount::from_decimal(field, amount.0, currency).map(|money| money.minor_units)
        };
        Ok(match self {
            Self::Whole(true) => CreditWish::Whole,
            Self::Whole(false) => return Err(InvalidValue::new("credit", Problem::Missing)),
            Self::Amount(amount) => CreditWish::Amount(units("amount", amount)?),
            Self::Lines(lines) => {
                let parts = lines.iter().map(|line| {
                    let part = match (&line.quantity, &line.net) {
                        (None, None) => CreditedPart::Whole,
                        (Some(quantity), None) => CreditedPart::Quantity(Quantity::new("quantity", quantity.0)?),
                        (None, Some(net)) => CreditedPart::Net(units("net", net)?),
                        (Some(_), Some(_)) => {
                            return Err(InvalidValue::new("quantity", Problem::OneOfTwo { other: "net" }));
                        }
                    };
                    Ok((LineId(line.number), part))
                });
                CreditWish::Lines(parts.collect::<Result<_, InvalidValue>>()?)
            }
        })
    }
}

/// An invoice, and what is asked of it in its own currency.
pub(super) async fn asked(
    ctx: &Context<'_>,
    invoice: Uuid,
    credit: &CreditInput,
) -> ApiResult<Result<CreditWish, Refused>> {
    let known: Option<Aggregate> = commands::load(ctx, invoice).await?;
    let Some(currency) = known.as_deref().and_then(InvoiceState::content).map(|content| content.currency) else {
        return Ok(Err(Refused::new(InvoiceError::NotFound)));
    };
    Ok(credit.wish(currency).map_err(Refused::new))
}

/// What a credit note would come to, if it were issued now.
#[derive(SimpleObject)]
pub struct CreditPreview {
    /// Null where there would be none, as what follows.
    kind: Option<InvoiceKind>,
    content: Option<DocumentContent>,
    /// What it says.
    totals: Option<DocumentTotals>,
    /// What the invoice is lowered by: `totals` without what the invoice had taken off.
    taken_off: Option<DocumentTotals>,
    /// Whether it is for the books only: the platform never let the invoice through.
    internal: Option<bool>,
    /// Why there would be none.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct CreditQueries;

#[Object]
impl CreditQueries {
    /// What a credit note of an invoice would say, without issuing it.
    #[graphql(complexity = "20 + child_complexity")]
    async fn credit_preview(&self, ctx: &Context<'_>, invoice: ID, credit: CreditInput) -> ApiResult<CreditPreview> {
        let invoice = ids::parse_as(Kind::Invoice, &invoice)?;
        let refused = |refusal: &Refused| CreditPreview {
            kind: None,
            content: None,
            totals: None,
            taken_off: None,
            internal: None,
            user_errors: vec![commands::user_error(ctx, refusal)],
        };
        let wish = match asked(ctx, invoice, &credit).await? {
            Ok(wish) => wish,
            Err(refusal) => return Ok(refused(&refusal)),
        };
        let plan = match ctx.application()?.invoicing.credit_plan(invoice, &wish).await {
            Ok(plan) => plan,
            Err(CommandError::Refused(refusal)) => return Ok(refused(&refusal)),
            Err(error) => return Err(commands::system_error(error)),
        };
        let currency = plan.content.currency;
        Ok(CreditPreview {
            kind: Some(plan.kind.into()),
            totals: Some(DocumentTotals::of(&plan.breakdown, currency)?),
            taken_off: Some(DocumentTotals::of(&plan.taken_off, currency)?),
            internal: Some(plan.internal),
            content: Some(DocumentContent {
                content: plan.content,
                reading: reading::reading(ctx, None, None).await?,
            }),
            user_errors: Vec::new(),
        })
    }
}
