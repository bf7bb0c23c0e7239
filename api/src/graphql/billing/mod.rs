//! What quotes and invoices show alike: rows with their tax, totals, parties, and where their papers are.

pub mod inputs;
pub mod recipient;

use async_graphql::{Context, Enum, Object, SimpleObject, Union};
use chrono::{DateTime, Utc};
use domain::{
    BlobHash, billing,
    document::{self as rules, Row},
};
use uuid::Uuid;

use super::{
    company::{LegalForm, PaymentTerms},
    errors::{ApiError, ApiResult},
    money::Money,
    organizations::{OrganizationKind, PostalAddress},
    products::{BillingPeriod, Product, ProductNature, VatRateClass},
    reading::Reading,
    scalars::{Date, Decimal, Moment},
    session::Session,
};
use crate::sales::papers;

/// Whether the prices of a document include tax.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::billing::PriceBasis")]
pub enum PriceBasis {
    Net,
    Gross,
}

/// How a document is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::document::Layout")]
pub enum DocumentLayout {
    /// Framed boxes.
    Classic,
    /// Open, in the company's colour.
    Modern,
}

/// The languages of documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::Language")]
pub enum DocumentLanguage {
    English,
    French,
}

/// How a supply stands to VAT (EN 16931, BT-151).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::billing::VatCategory")]
pub enum VatCategory {
    Standard,
    ZeroRated,
    Exempt,
    ReverseCharge,
    IntraCommunity,
    Export,
    OutOfScope,
}

/// Why no tax is charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::billing::VatReason")]
pub enum VatReason {
    /// CGI art. 293 B.
    Franchise,
    /// CGI art. 283-2.
    ServicesToMemberState,
    /// CGI art. 283, 2 nonies.
    ConstructionSubcontract,
    /// CGI art. 262 ter, I.
    IntraCommunitySupply,
    /// CGI art. 262, I.
    Export,
    /// CGI art. 259, 1°.
    ServicesOutsideUnion,
    /// CGI art. 261, 4.
    HealthCare,
    /// CGI art. 261, 4, 4°.
    Teaching,
    /// CGI art. 261 C.
    FinanceAndInsurance,
    /// CGI art. 261 D.
    Letting,
    /// CGI art. 294, 1.
    NotAppliedOverseas,
}

/// What a line is taxed with, and why.
#[derive(Debug, Clone, SimpleObject)]
pub struct VatTreatment {
    category: VatCategory,
    /// In hundred.
    rate: Decimal,
    reason: Option<VatReason>,
}

impl From<billing::VatTreatment> for VatTreatment {
    fn from(treatment: billing::VatTreatment) -> Self {
        Self {
            category: treatment.category.into(),
            rate: Decimal(treatment.rate.as_decimal()),
            reason: treatment.reason.map(Into::into),
        }
    }
}

/// One rate of a document: what is taxed, and the tax.
#[derive(Debug, Clone, SimpleObject)]
pub struct VatShare {
    treatment: VatTreatment,
    base: Money,
    vat: Money,
}

/// What a document comes to.
#[derive(Debug, Clone, SimpleObject)]
pub struct DocumentTotals {
    /// Without tax.
    net: Money,
    vat: Money,
    /// With tax.
    gross: Money,
    /// Rate by rate.
    breakdown: Vec<VatShare>,
}

impl DocumentTotals {
    pub fn of(breakdown: &billing::VatBreakdown, currency: domain::Currency) -> ApiResult<Self> {
        let money = |units: i64| Money::of_sum(units.into(), currency.code());
        let shares = breakdown.shares().iter().map(|share| {
            Ok(VatShare {
                treatment: share.treatment.into(),
                base: money(share.base)?,
                vat: money(share.vat)?,
            })
        });
        Ok(Self {
            net: money(breakdown.net())?,
            vat: money(breakdown.vat())?,
            gross: money(breakdown.gross())?,
            breakdown: shares.collect::<ApiResult<_>>()?,
        })
    }
}

/// Taken off a line or a document: a share or an amount.
#[derive(Debug, Clone, SimpleObject)]
pub struct Discount {
    /// In hundred.
    percent: Option<Decimal>,
    amount: Option<Money>,
}

impl Discount {
    fn of(discount: billing::Discount, currency: domain::Currency) -> ApiResult<Self> {
        Ok(match discount {
            billing::Discount::Percent(percent) => Self {
                percent: Some(Decimal(percent.as_decimal())),
                amount: None,
            },
            billing::Discount::Amount(units) => Self {
                percent: None,
                amount: Some(Money::of_sum(units.into(), currency.code())?),
            },
        })
    }
}

/// A heading over the rows up to the next one.
#[derive(Debug, Clone, SimpleObject)]
pub struct DocumentSection {
    title: String,
}

/// Words between lines.
#[derive(Debug, Clone, SimpleObject)]
pub struct DocumentComment {
    text: String,
}

/// Something that is sold, and its tax.
pub struct DocumentLine {
    line: rules::DocumentLine,
    currency: domain::Currency,
    amount: billing::LineAmount,
    reading: Reading,
}

#[Object]
impl DocumentLine {
    /// The line's number within the document: it keeps it from version to version.
    async fn number(&self) -> u32 {
        self.line.id.0
    }

    /// What it was copied from.
    #[graphql(complexity = "child_complexity + 1")]
    async fn product(&self) -> ApiResult<Option<Product>> {
        match self.line.product {
            Some(product) => Product::load(&self.reading, product.0).await,
            None => Ok(None),
        }
    }

    async fn name(&self) -> &str {
        &self.line.name
    }

    async fn details(&self) -> Option<&str> {
        self.line.details.as_deref()
    }

    async fn unit(&self) -> &str {
        &self.line.unit
    }

    /// With up to three decimals.
    async fn quantity(&self) -> Decimal {
        Decimal(self.line.quantity.as_decimal())
    }

    /// Of one unit, with up to six decimals, with or without tax as the document's prices are.
    async fn unit_price(&self) -> Decimal {
        Decimal(self.line.unit_price.as_decimal())
    }

    async fn discount(&self) -> ApiResult<Option<Discount>> {
        let discount = self.line.discount;
        discount
            .map(|discount| Discount::of(discount, self.currency))
            .transpose()
    }

    /// `round(quantity × unit price)` less the discount, in the basis of the prices.
    async fn amount(&self) -> ApiResult<Money> {
        Money::of_sum(self.amount.amount().into(), self.currency.code())
    }

    /// For how long one unit is paid; null for what is sold once.
    async fn period(&self) -> Option<BillingPeriod> {
        self.line.period.map(Into::into)
    }

    /// Whether the customer may take it or leave it.
    async fn optional(&self) -> bool {
        self.line.optional
    }

    async fn nature(&self) -> ProductNature {
        self.line.taxation.nature.into()
    }

    async fn vat_rate_class(&self) -> VatRateClass {
        self.line.taxation.rate_class.into()
    }

    /// What the fiscal position made of it.
    async fn vat(&self) -> VatTreatment {
        self.line.treatment.into()
    }
}

/// One row of a document.
#[derive(Union)]
pub enum DocumentRow {
    Section(DocumentSection),
    Comment(DocumentComment),
    Line(DocumentLine),
}

/// From the first to the last day, both included.
#[derive(Debug, Clone, SimpleObject)]
pub struct DocumentPeriod {
    start: Date,
    end: Date,
}

/// What a document says between its head and its totals, and around them.
pub struct DocumentContent {
    pub content: rules::Content,
    pub reading: Reading,
}

#[Object]
impl DocumentContent {
    async fn subject(&self) -> Option<&str> {
        self.content.subject.as_deref()
    }

    async fn rows(&self) -> ApiResult<Vec<DocumentRow>> {
        let currency = self.content.currency;
        let rows = self.content.rows.iter().map(|row| {
            Ok(match row {
                Row::Section { title } => DocumentRow::Section(DocumentSection { title: title.clone() }),
                Row::Comment { text } => DocumentRow::Comment(DocumentComment { text: text.clone() }),
                Row::Line(line) => {
                    let amount = line.priced().amount(currency, "unitPrice", "discount");
                    DocumentRow::Line(DocumentLine {
                        line: (**line).clone(),
                        currency,
                        amount: amount
                            .map_err(|error| ApiError::internal("a view holds a line that is none", &error))?,
                        reading: self.reading.clone(),
                    })
                }
            })
        });
        rows.collect()
    }

    async fn price_basis(&self) -> PriceBasis {
        self.content.price_basis.into()
    }

    /// Off the whole document, spread over the rates.
    async fn discount(&self) -> ApiResult<Option<Discount>> {
        let discount = self.content.discount;
        discount
            .map(|discount| Discount::of(discount, self.content.currency))
            .transpose()
    }

    /// ISO 4217.
    async fn currency_code(&self) -> &str {
        self.content.currency.code()
    }

    async fn payment_terms(&self) -> PaymentTerms {
        (&self.content.payment_terms).into()
    }

    /// In hundred, off for early payment.
    async fn early_payment_discount(&self) -> Option<Decimal> {
        let discount = self.content.early_payment_discount;
        discount.map(|percent| Decimal(percent.as_decimal()))
    }

    async fn notes(&self) -> Option<&str> {
        self.content.notes.as_deref()
    }

    async fn conditions(&self) -> Option<&str> {
        self.content.conditions.as_deref()
    }

    /// The customer's order, by their number.
    async fn purchase_order(&self) -> Option<&str> {
        self.content.purchase_order.as_deref()
    }

    /// When it was or will be delivered or done.
    async fn period(&self) -> Option<DocumentPeriod> {
        self.content.period.map(|period| DocumentPeriod {
            start: Date(period.start),
            end: Date(period.end),
        })
    }

    async fn language(&self) -> DocumentLanguage {
        self.content.language.into()
    }

    async fn layout(&self) -> DocumentLayout {
        self.content.layout.into()
    }
}

/// Who sells, as a document says it: as it was then.
#[derive(Debug, Clone, SimpleObject)]
pub struct DocumentSeller {
    name: String,
    legal_form: LegalForm,
    siren: String,
    siret: Option<String>,
    registration_city: Option<String>,
    vat_number: Option<String>,
    address: PostalAddress,
    iban: Option<String>,
    bic: Option<String>,
}

impl From<rules::Seller> for DocumentSeller {
    fn from(seller: rules::Seller) -> Self {
        let identity = seller.identity;
        let (iban, bic) = match seller.bank_account {
            Some(account) => (Some(account.iban.to_string()), account.bic.map(|bic| bic.to_string())),
            None => (None, None),
        };
        Self {
            name: identity.name,
            legal_form: identity.form.into(),
            siren: identity.siren.to_string(),
            siret: identity.siret.map(|siret| siret.to_string()),
            registration_city: identity.registration.map(|registration| registration.city),
            vat_number: identity.vat_number.map(|number| number.to_string()),
            address: identity.address.into(),
            iban,
            bic,
        }
    }
}

/// Who buys, as a document says it: as it was then.
#[derive(Debug, Clone, SimpleObject)]
pub struct DocumentBuyer {
    /// The record that it was written to, by its bare id.
    organization: Uuid,
    name: String,
    kind: OrganizationKind,
    siren: Option<String>,
    siret: Option<String>,
    vat_number: Option<String>,
    address: PostalAddress,
    /// Where goods go to, when that is elsewhere.
    delivery_address: Option<PostalAddress>,
    /// To whose attention.
    contact: Option<String>,
    /// Where it was sent to.
    email: Option<String>,
}

impl From<rules::Buyer> for DocumentBuyer {
    fn from(buyer: rules::Buyer) -> Self {
        Self {
            organization: buyer.organization.0,
            name: buyer.name,
            kind: buyer.kind.into(),
            siren: buyer.siren.map(|siren| siren.to_string()),
            siret: buyer.siret.map(|siret| siret.to_string()),
            vat_number: buyer.vat_number.map(|number| number.to_string()),
            address: buyer.address.into(),
            delivery_address: buyer.delivery_address.map(Into::into),
            contact: buyer.contact,
            email: buyer.email,
        }
    }
}

/// A document that lies beside the journal.
pub struct DocumentFile {
    pub blob: BlobHash,
    /// `None` where nobody wrote it down.
    pub size: Option<i64>,
    pub name: String,
    pub media_type: &'static str,
}

impl DocumentFile {
    /// What a view holds of one; `None` while it is not made.
    pub fn of_row(
        blob: Option<&str>,
        size: Option<i64>,
        name: impl FnOnce() -> String,
        media_type: &'static str,
    ) -> ApiResult<Option<Self>> {
        let Some((blob, size)) = blob.zip(size) else {
            return Ok(None);
        };
        let blob = blob
            .parse()
            .map_err(|error| ApiError::internal("a view holds no hash", &error))?;
        Ok(Some(Self {
            blob,
            size: Some(size),
            name: name(),
            media_type,
        }))
    }
}

/// Where a document can be fetched for a while by whoever has the address.
#[derive(Debug, Clone, SimpleObject)]
pub struct DocumentAddress {
    /// Below the server's own address.
    path: String,
    expires_at: Moment,
}

#[Object]
impl DocumentFile {
    async fn name(&self) -> &str {
        &self.name
    }

    async fn media_type(&self) -> &str {
        self.media_type
    }

    /// In bytes.
    async fn size(&self) -> Option<i64> {
        self.size
    }

    /// Of its bytes, in hexadecimal: the event that files it says the same.
    async fn sha256(&self) -> String {
        self.blob.to_string()
    }

    /// A signed address that expires after a quarter of an hour. Whoever has it can fetch the document without signing in.
    async fn address(&self, ctx: &Context<'_>) -> ApiResult<DocumentAddress> {
        let bus = &ctx.application()?.bus;
        let expires_at: DateTime<Utc> = bus.clock().now() + papers::ADDRESS_LIVES;
        Ok(DocumentAddress {
            path: papers::address(bus, self.blob, &self.name, self.media_type, expires_at),
            expires_at: Moment(expires_at),
        })
    }
}

/// Reads what a view keeps whole in one column.
pub fn stored<T: serde::de::DeserializeOwned>(text: &str) -> ApiResult<T> {
    serde_json::from_str(text).map_err(|error| ApiError::internal("a view holds a document that is none", &error))
}
