//! What people write in a contract, and what a product says where they are silent.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, OneofObject};
use domain::{
    ContractError, Currency, InvalidValue, UserId,
    billing::{self, Percentage, Quantity, UnitPrice},
    contract::{
        BillingInterval, IndexClause, IndexPoint, LinePrice, NoticePeriod, NoticeWish, PriceStep, RenewalPolicy,
        WishedLine, WishedLineChange, WishedTerms,
    },
    document::{FiledDocument, LineId},
    product::{self, Taxation},
    value::Problem,
};
use uuid::Uuid;

use super::{
    ContractBillingTiming, ContractGround, ContractInterval, ContractKind, ContractParty, ContractRenewalType,
    ContractTerminationReason,
};
use crate::graphql::{
    billing::inputs::Catalogued,
    commands,
    errors::ApiResult,
    files,
    following::{NO_SUCH_PRODUCT, NO_SUCH_USER, Refused, Rule},
    ids::{self, Kind},
    products::{ProductExemption, ProductNature, VatRateClass},
    scalars::{Date, Decimal},
};

const NO_SUCH_PRODUCT_OF_LINE: Rule = Rule {
    field: "lines.product",
    ..NO_SUCH_PRODUCT
};

/// What a contract says as a whole.
#[derive(Debug, Clone, InputObject)]
pub struct ContractTermsInput {
    pub kind: ContractKind,
    /// ISO 4217.
    #[graphql(default_with = "String::from(\"EUR\")")]
    pub currency_code: String,
    pub lines: Vec<ContractLineInput>,
    /// The first day.
    pub starts_on: Date,
    /// The last day; absent: it has no end.
    pub ends_on: Option<Date>,
    /// Absent: it ends with its term.
    pub renewal: Option<ContractRenewalInput>,
    /// Before the end of a term with tacit renewal, and before the end of what has none; absent: none.
    pub notice: Option<ContractNoticePeriodInput>,
    pub indexation: Option<ContractIndexationInput>,
    /// What was before this day is billed elsewhere: a contract that was taken over from another system.
    pub billing_starts_on: Option<Date>,
}

/// Something that is owed over time. Of a product, what is absent is as the catalogue says now; without one, `name`, `unit`,
/// `unitPrice`, `nature` and `interval` or `years` are needed.
#[derive(Debug, Clone, InputObject)]
pub struct ContractLineInput {
    /// The line that it was before; absent for a new one.
    pub number: Option<u32>,
    pub product: Option<ID>,
    pub name: Option<String>,
    pub details: Option<String>,
    pub unit: Option<String>,
    /// With up to three decimals.
    #[graphql(default_with = "Decimal(rust_decimal::Decimal::ONE)")]
    pub quantity: Decimal,
    /// Of one unit for one billing period, without tax; up to six decimals.
    pub unit_price: Option<Decimal>,
    /// ISO 4217, of the price; absent: the contract's, which is the only one that is taken.
    pub currency_code: Option<String>,
    /// In hundred.
    pub discount_percent: Option<Decimal>,
    pub interval: Option<ContractInterval>,
    /// Billed every so many years, two or more.
    pub years: Option<u8>,
    #[graphql(default_with = "ContractBillingTiming::InAdvance")]
    pub timing: ContractBillingTiming,
    /// Absent: with the contract, or with the amendment that adds it.
    pub starts_on: Option<Date>,
    /// Absent: as long as the contract.
    pub ends_on: Option<Date>,
    /// The day that its billing periods are counted from; absent: its first day.
    pub anchor: Option<Date>,
    /// Prices that hold from later days on, in their order.
    #[graphql(default)]
    pub steps: Vec<ContractPriceStepInput>,
    pub nature: Option<ProductNature>,
    pub vat_rate_class: Option<VatRateClass>,
    /// Why it is exempt of itself.
    pub exemption: Option<ProductExemption>,
}

/// A price that holds from a later day on.
#[derive(Debug, Clone, InputObject)]
pub struct ContractPriceStepInput {
    pub from: Date,
    pub unit_price: Decimal,
    /// In hundred.
    pub discount_percent: Option<Decimal>,
}

/// What happens at the end of a term.
#[derive(Debug, Clone, InputObject)]
pub struct ContractRenewalInput {
    pub r#type: ContractRenewalType,
    /// Of the contract that follows tacitly; absent: it has no end.
    pub term_months: Option<u16>,
    /// How many contracts may follow the first one tacitly; absent: any number.
    pub max_renewals: Option<u16>,
}

/// How long before an end it has to be said.
#[derive(Debug, Clone, InputObject)]
pub struct ContractNoticePeriodInput {
    /// Calendar months.
    #[graphql(default)]
    pub months: u16,
    /// Days, beside the months.
    #[graphql(default)]
    pub days: u16,
}

/// How prices follow an index.
#[derive(Debug, Clone, InputObject)]
pub struct ContractIndexationInput {
    /// As the company's values name it: `SYNTEC`.
    pub index: String,
    /// S0: any day of its month.
    pub base_month: Date,
    pub base_value: Decimal,
    /// In hundred: the part that does not follow.
    #[graphql(default_with = "Decimal(rust_decimal::Decimal::ZERO)")]
    pub fixed_share: Decimal,
    /// The least change of one revision, in hundred.
    pub floor: Option<Decimal>,
    /// The largest change of one revision, in hundred.
    pub cap: Option<Decimal>,
    /// Decimals of the coefficient, where the contract says so.
    pub rounding: Option<u8>,
}

/// What an amendment does to a line, from its effective day on.
#[derive(Debug, Clone, OneofObject)]
pub enum ContractLineChangeInput {
    Add(ContractLineInput),
    Quantity(ContractQuantityChangeInput),
    Price(ContractPriceChangeInput),
    /// The number of the line that ends: the day before is its last.
    End(u32),
}

#[derive(Debug, Clone, InputObject)]
pub struct ContractQuantityChangeInput {
    /// The line's number.
    pub line: u32,
    pub quantity: Decimal,
}

#[derive(Debug, Clone, InputObject)]
pub struct ContractPriceChangeInput {
    /// The line's number.
    pub line: u32,
    pub unit_price: Decimal,
    /// In hundred.
    pub discount_percent: Option<Decimal>,
    /// ISO 4217; absent: the contract's, which is the only one that is taken.
    pub currency_code: Option<String>,
}

/// An end that is given notice of.
#[derive(Debug, Clone, InputObject)]
pub struct ContractNoticeInput {
    #[graphql(default_with = "ContractParty::Customer")]
    by: ContractParty,
    ground: ContractGround,
    received_on: Date,
    /// Absent: the earliest day that the ground allows.
    last_day: Option<Date>,
    reason: ContractTerminationReason,
    /// Required for `OTHER`.
    note: Option<String>,
}

impl ContractTermsInput {
    /// With what the catalogue says where it is silent.
    pub async fn wished(&self, ctx: &Context<'_>) -> ApiResult<Result<WishedTerms, Refused>> {
        let currency = match Currency::parse("currencyCode", &self.currency_code) {
            Ok(currency) => currency,
            Err(refusal) => return Ok(Err(Refused::new(refusal))),
        };
        let mut lines = Vec::with_capacity(self.lines.len());
        for line in &self.lines {
            match line.wished(ctx, currency).await? {
                Ok(line) => lines.push(line),
                Err(refusal) => return Ok(Err(refusal)),
            }
        }
        Ok(self.with(currency, lines).map_err(Refused::new))
    }

    fn with(&self, currency: Currency, lines: Vec<WishedLine>) -> Result<WishedTerms, InvalidValue> {
        let renewal = self.renewal.as_ref().map(ContractRenewalInput::policy).transpose()?;
        let indexation = self.indexation.as_ref().map(ContractIndexationInput::clause);
        Ok(WishedTerms {
            kind: self.kind.into(),
            currency,
            lines,
            starts_on: self.starts_on.0,
            ends_on: self.ends_on.map(|Date(day)| day),
            renewal: renewal.unwrap_or_default(),
            notice: self
                .notice
                .as_ref()
                .map_or(NoticePeriod::NONE, ContractNoticePeriodInput::period),
            indexation: indexation.transpose()?,
            billing_starts_on: self.billing_starts_on.map(|Date(day)| day),
        })
    }
}

impl ContractLineInput {
    /// In a contract of this currency.
    async fn wished(&self, ctx: &Context<'_>, contract: Currency) -> ApiResult<Result<WishedLine, Refused>> {
        let product = match &self.product {
            None => None,
            Some(id) => match Catalogued::load(ctx, id).await? {
                None => return Ok(Err(Refused::new(NO_SUCH_PRODUCT_OF_LINE))),
                found => found,
            },
        };
        Ok(self.of(product.as_ref(), contract).map_err(Refused::new))
    }

    fn of(&self, product: Option<&Catalogued>, contract: Currency) -> Result<WishedLine, InvalidValue> {
        let missing = |field| InvalidValue::new(field, Problem::Missing);
        let currency = currency(self.currency_code.as_ref(), contract)?;
        let described = product.map(|product| &product.description);
        let priced = product.filter(|product| product.price.currency == currency);
        let unit_price = match &self.unit_price {
            Some(price) => UnitPrice::new("lines.unitPrice", price.0)?,
            None => priced.ok_or(missing("lines.unitPrice"))?.price.unit_price,
        };
        let text = |given: &Option<String>, known: Option<&String>| given.clone().or_else(|| known.cloned());
        let steps = self.steps.iter().map(ContractPriceStepInput::step);
        Ok(WishedLine {
            id: self.number.map(LineId),
            product: product.map(|product| product.product),
            name: text(&self.name, described.map(|known| &known.name)).ok_or(missing("lines.name"))?,
            details: text(&self.details, described.and_then(|known| known.details.as_ref())),
            unit: text(&self.unit, described.map(|known| &known.unit)).ok_or(missing("lines.unit"))?,
            quantity: Quantity::positive("lines.quantity", self.quantity.0)?,
            price: LinePrice {
                unit_price,
                discount: discount(self.discount_percent.as_ref())?,
            },
            currency,
            interval: self.interval(product)?,
            timing: self.timing.into(),
            starts_on: self.starts_on.map(|Date(day)| day),
            ends_on: self.ends_on.map(|Date(day)| day),
            anchor: self.anchor.map(|Date(day)| day),
            steps: steps.collect::<Result<_, _>>()?,
            taxation: self.taxation(product.map(|product| product.taxation))?,
        })
    }

    fn interval(&self, product: Option<&Catalogued>) -> Result<BillingInterval, InvalidValue> {
        let given = match (self.interval, self.years) {
            (None | Some(ContractInterval::Years), Some(years)) => return Ok(BillingInterval::Years(years)),
            (Some(_), Some(_)) => {
                let other = "lines.interval";
                return Err(InvalidValue::new("lines.years", Problem::OneOfTwo { other }));
            }
            (given, None) => given,
        };
        Ok(match (given, product) {
            (Some(ContractInterval::Once), _) => BillingInterval::Once,
            (Some(ContractInterval::Month), _) => BillingInterval::Month,
            (Some(ContractInterval::Quarter), _) => BillingInterval::Quarter,
            (Some(ContractInterval::HalfYear), _) => BillingInterval::HalfYear,
            (Some(ContractInterval::Year), _) => BillingInterval::Year,
            (Some(ContractInterval::Years), _) => return Err(InvalidValue::new("lines.years", Problem::Missing)),
            (None, Some(product)) => match product.price.period {
                None => BillingInterval::Once,
                Some(product::BillingPeriod::Month) => BillingInterval::Month,
                Some(product::BillingPeriod::Quarter) => BillingInterval::Quarter,
                Some(product::BillingPeriod::Year) => BillingInterval::Year,
            },
            (None, None) => return Err(InvalidValue::new("lines.interval", Problem::Missing)),
        })
    }

    fn taxation(&self, product: Option<Taxation>) -> Result<Taxation, InvalidValue> {
        let nature = self.nature.map(billing::Nature::from);
        let class = self.vat_rate_class.map(billing::RateClass::from);
        let exemption = self.exemption.map(ProductExemption::reason);
        Ok(Taxation {
            nature: nature
                .or(product.map(|taxed| taxed.nature))
                .ok_or(InvalidValue::new("lines.nature", Problem::Missing))?,
            rate_class: class.or(product.map(|taxed| taxed.rate_class)).unwrap_or_default(),
            // A class that somebody names is meant instead of the product's exemption.
            exemption: exemption.or(product.and_then(|taxed| taxed.exemption).filter(|_| class.is_none())),
        })
    }
}

fn currency(given: Option<&String>, contract: Currency) -> Result<Currency, InvalidValue> {
    given.map_or(Ok(contract), |code| Currency::parse("lines.currencyCode", code))
}

fn discount(percent: Option<&Decimal>) -> Result<Option<Percentage>, InvalidValue> {
    let percent = percent.map(|percent| Percentage::new("lines.discountPercent", percent.0));
    percent.transpose()
}

impl ContractPriceStepInput {
    fn step(&self) -> Result<PriceStep, InvalidValue> {
        Ok(PriceStep {
            from: self.from.0,
            price: LinePrice {
                unit_price: UnitPrice::new("lines.steps.unitPrice", self.unit_price.0)?,
                discount: discount(self.discount_percent.as_ref())?,
            },
        })
    }
}

impl ContractRenewalInput {
    /// Refuses what only a tacit renewal has.
    pub fn policy(&self) -> Result<RenewalPolicy, InvalidValue> {
        let only_tacit = |policy| {
            let other = "renewal.type";
            let given = match (self.term_months, self.max_renewals) {
                (Some(_), _) => Some("renewal.termMonths"),
                (None, Some(_)) => Some("renewal.maxRenewals"),
                (None, None) => None,
            };
            match given {
                Some(field) => Err(InvalidValue::new(field, Problem::OneOfTwo { other })),
                None => Ok(policy),
            }
        };
        match self.r#type {
            ContractRenewalType::None => only_tacit(RenewalPolicy::None),
            ContractRenewalType::Express => only_tacit(RenewalPolicy::Express),
            ContractRenewalType::Tacit => Ok(RenewalPolicy::Tacit {
                term_months: self.term_months,
                max_renewals: self.max_renewals,
            }),
        }
    }
}

impl ContractNoticePeriodInput {
    pub const fn period(&self) -> NoticePeriod {
        NoticePeriod {
            months: self.months,
            days: self.days,
        }
    }
}

impl ContractIndexationInput {
    fn clause(&self) -> Result<IndexClause, InvalidValue> {
        Ok(IndexClause {
            index: self.index.clone(),
            base: IndexPoint {
                month: self.base_month.0,
                value: self.base_value.0,
            },
            fixed_share: Percentage::new("indexation.fixedShare", self.fixed_share.0)?,
            floor: self.floor.map(|Decimal(change)| change),
            cap: self.cap.map(|Decimal(change)| change),
            rounding: self.rounding,
        })
    }
}

impl ContractLineChangeInput {
    /// In a contract of this currency.
    pub async fn wished(&self, ctx: &Context<'_>, contract: Currency) -> ApiResult<Result<WishedLineChange, Refused>> {
        Ok(match self {
            Self::Add(line) => {
                let line = line.wished(ctx, contract).await?;
                line.map(|line| WishedLineChange::Add(Box::new(line)))
            }
            Self::Quantity(change) => {
                let quantity = Quantity::positive("lines.quantity", change.quantity.0).map_err(Refused::new);
                quantity.map(|quantity| WishedLineChange::Quantity {
                    line: LineId(change.line),
                    quantity,
                })
            }
            Self::Price(change) => change.price(contract).map_err(Refused::new),
            Self::End(line) => Ok(WishedLineChange::End { line: LineId(*line) }),
        })
    }
}

impl ContractPriceChangeInput {
    fn price(&self, contract: Currency) -> Result<WishedLineChange, ContractError> {
        if currency(self.currency_code.as_ref(), contract)? != contract {
            return Err(ContractError::AnotherCurrency { expected: contract });
        }
        Ok(WishedLineChange::Price {
            line: LineId(self.line),
            price: LinePrice {
                unit_price: UnitPrice::new("lines.unitPrice", self.unit_price.0)?,
                discount: discount(self.discount_percent.as_ref())?,
            },
        })
    }
}

impl ContractNoticeInput {
    pub fn wish(&self) -> NoticeWish {
        NoticeWish {
            by: self.by.into(),
            ground: self.ground.into(),
            received_on: self.received_on.0,
            last_day: self.last_day.map(|Date(day)| day),
            reason: self.reason.into(),
            note: self.note.clone(),
        }
    }
}

/// The end that an amendment gives: null for none.
pub fn end(ends_on: &MaybeUndefined<Date>) -> domain::Change<chrono::NaiveDate> {
    match ends_on {
        MaybeUndefined::Value(Date(day)) => domain::Change::Set(*day),
        MaybeUndefined::Null => domain::Change::Clear,
        MaybeUndefined::Undefined => domain::Change::Keep,
    }
}

/// A signed paper that whoever asks has sent: a PDF. Its bytes are kept for good where the contract is there.
pub async fn paper(
    ctx: &Context<'_>,
    contract: Uuid,
    file: Option<Uuid>,
) -> ApiResult<Result<Option<FiledDocument>, Refused>> {
    let Some(file) = file else { return Ok(Ok(None)) };
    let sent = match files::sent(ctx, file, false).await? {
        Ok(sent) => sent,
        Err(refusal) => return Ok(Err(Refused::new(refusal))),
    };
    if sent.description.media_type != "application/pdf" {
        let refusal = InvalidValue::new("file", Problem::NotAMediaType);
        return Ok(Err(Refused::new(refusal)));
    }
    if commands::exists(ctx, Kind::Contract, contract).await? {
        let kept = files::sent(ctx, file, true).await?;
        return Ok(kept.map(|sent| Some(filed(sent.blob, sent.size))).map_err(Refused::new));
    }
    Ok(Ok(Some(filed(sent.blob, sent.size))))
}

const fn filed(blob: domain::BlobHash, size: u64) -> FiledDocument {
    FiledDocument { blob, size }
}

/// Who is to look after it; nobody where nobody is named.
pub async fn owner(ctx: &Context<'_>, id: Option<&ID>) -> ApiResult<Result<Option<UserId>, Rule>> {
    let Some(id) = id else { return Ok(Ok(None)) };
    let user = ids::parse_as(Kind::User, id)?;
    Ok(if commands::exists(ctx, Kind::User, user).await? {
        Ok(Some(UserId(user)))
    } else {
        Err(NO_SUCH_USER)
    })
}
