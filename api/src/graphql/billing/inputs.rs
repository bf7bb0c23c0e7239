//! What people write on documents, and what a product or the company's settings say where they are silent.

use async_graphql::{Context, ID, InputObject, OneofObject};
use domain::{
    Currency, InvalidValue, Product, ProductId,
    billing::{self, Percentage, Quantity, UnitPrice},
    company::CompanyState,
    document::{LineId, Period, WishedContent, WishedLine, WishedRow},
    product::{Description, Price, Taxation},
    value::Problem,
};

use super::{DocumentLanguage, DocumentLayout, PriceBasis};
use crate::graphql::{
    commands,
    company::mutations::PaymentTermsInput,
    errors::ApiResult,
    following::{NO_SUCH_PRODUCT, Refused},
    ids::{self, Kind},
    products::{BillingPeriod, ProductExemption, ProductNature, VatRateClass},
    scalars::{Date, Decimal},
};

/// What a document says. What is absent follows the company's settings.
#[derive(Debug, Clone, InputObject)]
pub struct DocumentContentInput {
    pub subject: Option<String>,
    pub rows: Vec<DocumentRowInput>,
    #[graphql(default_with = "PriceBasis::Net")]
    pub price_basis: PriceBasis,
    /// Off the whole document, in hundred; or `discountAmount`.
    pub discount_percent: Option<Decimal>,
    /// Off the whole document, in the basis of the prices.
    pub discount_amount: Option<Decimal>,
    /// ISO 4217.
    #[graphql(default_with = "String::from(\"EUR\")")]
    pub currency_code: String,
    pub payment_terms: Option<PaymentTermsInput>,
    /// In hundred, off for early payment.
    pub early_payment_discount: Option<Decimal>,
    pub notes: Option<String>,
    pub conditions: Option<String>,
    /// The customer's order, by their number.
    pub purchase_order: Option<String>,
    pub period: Option<DocumentPeriodInput>,
    #[graphql(default_with = "DocumentLanguage::French")]
    pub language: DocumentLanguage,
    #[graphql(default_with = "DocumentLayout::Classic")]
    pub layout: DocumentLayout,
    /// Subcontracted work in construction, on which the customer owes the tax (CGI art. 283, 2 nonies).
    #[graphql(default)]
    pub construction_subcontract: bool,
}

/// When it was or will be delivered or done, both days included.
#[derive(Debug, Clone, InputObject)]
pub struct DocumentPeriodInput {
    pub start: Date,
    pub end: Date,
}

/// One row.
#[derive(Debug, Clone, OneofObject)]
pub enum DocumentRowInput {
    /// A heading over the rows up to the next one.
    Section(String),
    Comment(String),
    Line(DocumentLineInput),
}

/// Something that is sold. Of a product, what is absent is as the catalogue says now; without one, `name`, `unit`,
/// `unitPrice` and `nature` are needed.
#[derive(Debug, Clone, InputObject)]
pub struct DocumentLineInput {
    /// The line that it was before; absent for a new one.
    pub number: Option<u32>,
    pub product: Option<ID>,
    pub name: Option<String>,
    pub details: Option<String>,
    pub unit: Option<String>,
    /// With up to three decimals.
    #[graphql(default_with = "Decimal(rust_decimal::Decimal::ONE)")]
    pub quantity: Decimal,
    /// With up to six decimals, in the basis of the document's prices.
    pub unit_price: Option<Decimal>,
    /// In hundred; or `discountAmount`.
    pub discount_percent: Option<Decimal>,
    pub discount_amount: Option<Decimal>,
    pub period: Option<BillingPeriod>,
    /// The customer may take it or leave it.
    #[graphql(default)]
    pub optional: bool,
    pub nature: Option<ProductNature>,
    pub vat_rate_class: Option<VatRateClass>,
    /// Why it is exempt of itself.
    pub exemption: Option<ProductExemption>,
}

/// What the catalogue says of a line.
pub struct Catalogued {
    pub product: ProductId,
    pub description: Description,
    pub price: Price,
    pub taxation: Taxation,
}

impl Catalogued {
    /// `None`: there is no such product.
    pub async fn load(ctx: &Context<'_>, id: &ID) -> ApiResult<Option<Self>> {
        let id = ids::parse_as(Kind::Product, id)?;
        let product: Option<Product> = commands::load(ctx, id).await?;
        Ok(product.and_then(|product| {
            let known = product.known()?;
            Some(Self {
                product: ProductId(id),
                description: known.description.clone(),
                price: known.price,
                taxation: known.taxation,
            })
        }))
    }
}

/// Why content is not taken, before it comes to anybody who decides.
pub enum Unwritten {
    Value(InvalidValue),
    NoSuchProduct,
    Terms(billing::TermsError),
}

impl From<InvalidValue> for Unwritten {
    fn from(value: InvalidValue) -> Self {
        Self::Value(value)
    }
}

impl From<Unwritten> for Refused {
    fn from(unwritten: Unwritten) -> Self {
        match unwritten {
            Unwritten::Value(refusal) => Self::new(refusal),
            Unwritten::Terms(refusal) => Self::new(refusal),
            Unwritten::NoSuchProduct => Self::new(NO_SUCH_PRODUCT),
        }
    }
}

impl DocumentContentInput {
    /// With what the catalogue and the company's settings say where it is silent.
    pub async fn wished(
        &self,
        ctx: &Context<'_>,
        company: &CompanyState,
    ) -> ApiResult<Result<WishedContent, Unwritten>> {
        let mut catalogued = Vec::with_capacity(self.rows.len());
        for row in &self.rows {
            catalogued.push(match row {
                DocumentRowInput::Line(line) => match line.catalogued(ctx).await? {
                    Some(None) => return Ok(Err(Unwritten::NoSuchProduct)),
                    found => found.flatten(),
                },
                _ => None,
            });
        }
        Ok(self.checked(&catalogued, company))
    }

    fn checked(&self, catalogued: &[Option<Catalogued>], company: &CompanyState) -> Result<WishedContent, Unwritten> {
        let currency = Currency::parse("currencyCode", &self.currency_code)?;
        let defaults = company.document_defaults();
        let rows = self.rows.iter().zip(catalogued).map(|(row, product)| {
            Ok(match row {
                DocumentRowInput::Section(title) => WishedRow::Section { title: title.clone() },
                DocumentRowInput::Comment(text) => WishedRow::Comment { text: text.clone() },
                DocumentRowInput::Line(line) => WishedRow::Line(Box::new(line.wished(product.as_ref(), currency)?)),
            })
        });
        let payment_terms = match &self.payment_terms {
            Some(terms) => terms
                .terms()
                .map_err(Unwritten::from)?
                .checked()
                .map_err(Unwritten::Terms)?,
            None => defaults.payment_terms.clone(),
        };
        let early = self.early_payment_discount.as_ref();
        let early = early
            .map(|percent| Percentage::new("earlyPaymentDiscount", percent.0))
            .transpose()?;
        Ok(WishedContent {
            subject: self.subject.clone(),
            rows: rows.collect::<Result<_, InvalidValue>>()?,
            price_basis: self.price_basis.into(),
            discount: discount(self.discount_percent.as_ref(), self.discount_amount.as_ref(), currency)?,
            currency,
            payment_terms,
            early_payment_discount: early.or(defaults.early_payment_discount),
            notes: self.notes.clone(),
            conditions: self.conditions.clone().or_else(|| defaults.quote_conditions.clone()),
            purchase_order: self.purchase_order.clone(),
            period: self.period.as_ref().map(|period| Period {
                start: period.start.0,
                end: period.end.0,
            }),
            language: self.language.into(),
            layout: self.layout.into(),
        })
    }
}

fn discount(
    percent: Option<&Decimal>,
    amount: Option<&Decimal>,
    currency: Currency,
) -> Result<Option<billing::Discount>, InvalidValue> {
    match (percent, amount) {
        (None, None) => Ok(None),
        (Some(percent), None) => {
            Percentage::new("discountPercent", percent.0).map(|percent| Some(billing::Discount::Percent(percent)))
        }
        (None, Some(amount)) => domain::Money::from_decimal("discountAmount", amount.0, currency)?
            .checked("discountAmount")
            .map(|money| Some(billing::Discount::Amount(money.minor_units))),
        (Some(_), Some(_)) => Err(InvalidValue::new(
            "discountPercent",
            Problem::OneOfTwo {
                other: "discountAmount",
            },
        )),
    }
}

impl DocumentLineInput {
    /// `None`: it names no product; `Some(None)`: one that there is not.
    async fn catalogued(&self, ctx: &Context<'_>) -> ApiResult<Option<Option<Catalogued>>> {
        match &self.product {
            Some(id) => Catalogued::load(ctx, id).await.map(Some),
            None => Ok(None),
        }
    }

    fn wished(&self, product: Option<&Catalogued>, currency: Currency) -> Result<WishedLine, InvalidValue> {
        let missing = |field| InvalidValue::new(field, Problem::Missing);
        let described = product.map(|product| &product.description);
        let priced = product.filter(|product| product.price.currency == currency);
        let unit_price = match &self.unit_price {
            Some(price) => UnitPrice::new("unitPrice", price.0)?,
            None => priced.ok_or(missing("unitPrice"))?.price.unit_price,
        };
        let taxed = product.map(|product| product.taxation);
        let nature = self
            .nature
            .map(billing::Nature::from)
            .or(taxed.map(|taxed| taxed.nature));
        let class = self.vat_rate_class.map(billing::RateClass::from);
        let exemption = self.exemption.map(ProductExemption::reason);
        let text = |given: &Option<String>, known: Option<&String>| given.clone().or_else(|| known.cloned());
        Ok(WishedLine {
            id: self.number.map(LineId),
            product: product.map(|product| product.product),
            name: text(&self.name, described.map(|known| &known.name)).ok_or(missing("name"))?,
            details: text(&self.details, described.and_then(|known| known.details.as_ref())),
            unit: text(&self.unit, described.map(|known| &known.unit)).ok_or(missing("unit"))?,
            quantity: Quantity::new("quantity", self.quantity.0)?,
            unit_price,
            discount: discount(self.discount_percent.as_ref(), self.discount_amount.as_ref(), currency)?,
            period: self
                .period
                .map(Into::into)
                .or(product.and_then(|product| product.price.period)),
            optional: self.optional,
            taxation: Taxation {
                nature: nature.ok_or(missing("nature"))?,
                rate_class: class.or(taxed.map(|taxed| taxed.rate_class)).unwrap_or_default(),
                // A class that somebody names is meant instead of the product's exemption.
                exemption: exemption.or(taxed.and_then(|taxed| taxed.exemption).filter(|_| class.is_none())),
            },
        })
    }
}
