//! Our own company: the type and the query.

pub mod mutations;

use async_graphql::{Context, Enum, Object, SimpleObject};
use domain::{
    billing,
    company::{self as rules, COMPANY, CompanyState, LegalIdentity},
};
use projections::company::{Entity, Model};
use sea_orm::EntityTrait;
use uuid::Uuid;

use super::{
    billing::{DocumentFile, PriceBasis},
    errors::{ApiError, ApiResult},
    money::Money,
    organizations::PostalAddress,
    products::VatRateClass,
    reading::{self, AsOfInput, Reading},
    scalars::{BigInt, Date, Decimal},
};

/// The legal forms of companies and sole traders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::company::LegalForm")]
pub enum LegalForm {
    Sa,
    Sas,
    Sasu,
    Sarl,
    Eurl,
    Snc,
    Scop,
    Sci,
    /// Entrepreneur individuel.
    Ei,
    Association,
}

/// Whether VAT is charged, and how often it is declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::company::VatRegime")]
pub enum VatRegime {
    Monthly,
    Quarterly,
    /// CGI art. 293 B: none is charged.
    Franchise,
}

/// Which documents share one sequence of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::document::Series")]
pub enum NumberSeries {
    Quote,
    /// Deposits too.
    Invoice,
    CreditNote,
    /// Renewals too.
    Contract,
}

/// Where the deal goes when its quote was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::company::DealOnAcceptance")]
pub enum DealOnAcceptance {
    /// To the stage of offers: somebody still has to win it.
    Proposition,
    /// It is won.
    Signe,
}

/// The draft that an accepted quote leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
pub enum InvoiceOnAcceptanceKind {
    Nothing,
    /// An invoice of the whole.
    Whole,
    /// An invoice of a part.
    Deposit,
}

/// The steps of the ladder of reminders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::invoice::ReminderStep")]
pub enum ReminderStep {
    /// Before the due date: a friendly word.
    Friendly,
    /// After it: firm.
    Firm,
    /// The formal notice (mise en demeure).
    FormalNotice,
}

/// How the numbers of a series are written.
#[derive(Debug, Clone, SimpleObject)]
pub struct NumberPattern {
    series: NumberSeries,
    /// `{year}-F-{sequence:3}`.
    pattern: String,
}

/// What an accepted quote leads to, and what a quote needs before it goes out.
#[derive(Debug, Clone, SimpleObject)]
pub struct SalesRules {
    deal_on_acceptance: DealOnAcceptance,
    /// Which amount people are shown of a deal.
    shown_basis: PriceBasis,
    invoice_on_acceptance: InvoiceOnAcceptanceKind,
    /// In hundred, of a deposit.
    deposit_percent: Option<Decimal>,
    /// In hundred: whoever takes off more asks a manager first.
    approval_above_discount: Option<Decimal>,
    remind_before_expiry_days: Option<u16>,
}

impl From<rules::SalesRules> for SalesRules {
    fn from(rules: rules::SalesRules) -> Self {
        use rules::InvoiceOnAcceptance;
        let (kind, percent) = match rules.invoice_on_acceptance {
            InvoiceOnAcceptance::Nothing => (InvoiceOnAcceptanceKind::Nothing, None),
            InvoiceOnAcceptance::Whole => (InvoiceOnAcceptanceKind::Whole, None),
            InvoiceOnAcceptance::Deposit(percent) => (InvoiceOnAcceptanceKind::Deposit, Some(percent)),
        };
        Self {
            deal_on_acceptance: rules.deal_on_acceptance.into(),
            shown_basis: rules.shown_basis.into(),
            invoice_on_acceptance: kind,
            deposit_percent: percent.map(|percent| Decimal(percent.as_decimal())),
            approval_above_discount: rules.approval_above.map(|percent| Decimal(percent.as_decimal())),
            remind_before_expiry_days: rules.remind_before_expiry,
        }
    }
}

/// When customers are reminded of invoices.
#[derive(Debug, Clone, SimpleObject)]
pub struct ReminderLadder {
    steps: Vec<ReminderLadderStep>,
    /// Nobody is reminded of less.
    minimum: Money,
    /// Whether a step that falls on a weekend or a French public holiday waits for the next working day.
    working_days: bool,
}

impl ReminderLadder {
    pub fn of(ladder: &rules::ReminderLadder) -> ApiResult<Self> {
        let steps = ladder.steps.iter().map(|step| ReminderLadderStep {
            step: step.step.into(),
            days: step.days,
        });
        Ok(Self {
            steps: steps.collect(),
            minimum: Money::of_sum(ladder.minimum.into(), "EUR")?,
            working_days: ladder.working_days,
        })
    }
}

#[derive(Debug, Clone, SimpleObject)]
pub struct ReminderLadderStep {
    step: ReminderStep,
    /// After the due date; before it, when negative.
    days: i16,
}

/// In which way a due date is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
pub enum PaymentTermsKind {
    /// So many days after the invoice.
    Net,
    /// The end of the invoice's month, and so many days after it.
    EndOfMonthThen,
    /// So many days, and on to the end of that month.
    ThenEndOfMonth,
    /// So many days, and on to a day of a month.
    FixedDay,
    /// In parts.
    Instalments,
}

/// When invoices are to be paid.
#[derive(Debug, Clone, SimpleObject)]
pub struct PaymentTerms {
    kind: PaymentTermsKind,
    /// Null for instalments, which have their own.
    days: Option<u16>,
    /// Of a month, for `FIXED_DAY`.
    day_of_month: Option<u8>,
    instalments: Vec<InstalmentTerms>,
}

/// One part of a payment in parts.
#[derive(Debug, Clone, SimpleObject)]
pub struct InstalmentTerms {
    percent: Decimal,
    /// After the invoice.
    days: u16,
}

impl From<&billing::PaymentTerms> for PaymentTerms {
    fn from(terms: &billing::PaymentTerms) -> Self {
        let of = |kind, days: u16| Self {
            kind,
            days: Some(days),
            day_of_month: None,
            instalments: Vec::new(),
        };
        match terms {
            billing::PaymentTerms::Net { days } => of(PaymentTermsKind::Net, *days),
            billing::PaymentTerms::EndOfMonthThen { days } => of(PaymentTermsKind::EndOfMonthThen, *days),
            billing::PaymentTerms::ThenEndOfMonth { days } => of(PaymentTermsKind::ThenEndOfMonth, *days),
            billing::PaymentTerms::FixedDay { days, day } => Self {
                day_of_month: Some(*day),
                ..of(PaymentTermsKind::FixedDay, *days)
            },
            billing::PaymentTerms::Instalments(parts) => Self {
                kind: PaymentTermsKind::Instalments,
                days: None,
                day_of_month: None,
                instalments: parts
                    .iter()
                    .map(|part| InstalmentTerms {
                        percent: Decimal(part.percent.as_decimal()),
                        days: part.days,
                    })
                    .collect(),
            },
        }
    }
}

/// What late payment costs in a half-year.
#[derive(Debug, Clone, SimpleObject)]
pub struct LateInterestRate {
    year: i32,
    /// 1 or 2.
    half: u8,
    /// In hundred, a year.
    rate: Decimal,
    /// Where it was read.
    source: String,
}

/// What an index was for a month.
#[derive(Debug, Clone, SimpleObject)]
pub struct IndexValue {
    /// As contracts name it: `SYNTEC`.
    index: String,
    /// The first day of the month.
    month: Date,
    value: Decimal,
    published_on: Date,
}

/// Where France taxes a supply at rates of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum VatTerritory {
    Mainland,
    /// Guadeloupe, Martinique, Réunion.
    OverseasDepartment,
}

impl From<VatTerritory> for billing::Territory {
    fn from(territory: VatTerritory) -> Self {
        match territory {
            VatTerritory::Mainland => Self::Mainland,
            VatTerritory::OverseasDepartment => Self::OverseasDepartment,
        }
    }
}

/// A rate of VAT that the company added over those that the program brings.
#[derive(Debug, Clone, SimpleObject)]
pub struct AddedVatRate {
    territory: VatTerritory,
    vat_rate_class: VatRateClass,
    /// The first day.
    from: Date,
    /// The last day; null while none is known.
    until: Option<Date>,
    /// In hundred; null: there is none of this class.
    rate: Option<Decimal>,
    /// The law, or where it was read.
    reason: String,
}

impl From<&billing::AddedRate> for AddedVatRate {
    fn from(added: &billing::AddedRate) -> Self {
        Self {
            territory: match added.key.territory {
                billing::Territory::OverseasDepartment => VatTerritory::OverseasDepartment,
                _ => VatTerritory::Mainland,
            },
            vat_rate_class: added.key.class.into(),
            from: Date(added.key.from),
            until: added.until.map(Date),
            rate: added.rate.map(|rate| Decimal(rate.as_decimal())),
            reason: added.reason.clone(),
        }
    }
}

/// The last day of a fiscal year.
#[derive(Debug, Clone, SimpleObject)]
pub struct FiscalYearEnd {
    month: u8,
    day: u8,
}

/// Our own company, as its documents name it, and the settings that they are made by.
#[derive(Clone)]
pub struct Company {
    state: CompanyState,
    version: i64,
}

impl Company {
    /// As somebody set it, or as it is before anybody did.
    pub async fn load(reading: &Reading) -> ApiResult<Self> {
        let row: Option<Model> = Entity::find_by_id(COMPANY).one(reading.connection()).await?;
        let Some(row) = row else {
            return Ok(Self {
                state: CompanyState::default(),
                version: 0,
            });
        };
        let state = serde_json::from_str(&row.settings)
            .map_err(|error| ApiError::internal("a view holds settings that are none", &error))?;
        Ok(Self {
            state,
            version: row.version,
        })
    }

    fn identity(&self) -> Option<&LegalIdentity> {
        self.state.identity()
    }
}

#[Object]
impl Company {
    /// The bare id, as streams name the company.
    async fn uuid(&self) -> Uuid {
        COMPANY
    }

    /// Null until somebody said who we are; so are the other parts of the identity.
    async fn name(&self) -> Option<&str> {
        self.identity().map(|identity| identity.name.as_str())
    }

    async fn legal_form(&self) -> Option<LegalForm> {
        self.identity().map(|identity| identity.form.into())
    }

    async fn share_capital(&self) -> ApiResult<Option<Money>> {
        let capital = self.identity().and_then(|identity| identity.share_capital);
        capital
            .map(|capital| Money::of_sum(capital.minor_units.into(), capital.currency.code()))
            .transpose()
    }

    async fn siren(&self) -> Option<&str> {
        self.identity().map(|identity| identity.siren.as_str())
    }

    /// Of the seat.
    async fn siret(&self) -> Option<&str> {
        self.identity()?.siret.as_ref().map(domain::Siret::as_str)
    }

    /// The town whose trade register it stands in.
    async fn registration_city(&self) -> Option<&str> {
        let registration = self.identity()?.registration.as_ref();
        registration.map(|registration| registration.city.as_str())
    }

    async fn vat_number(&self) -> Option<&str> {
        self.identity()?.vat_number.as_ref().map(domain::VatNumber::as_str)
    }

    async fn address(&self) -> Option<PostalAddress> {
        self.identity().map(|identity| identity.address.clone().into())
    }

    /// Where customers write to.
    async fn email(&self) -> Option<&str> {
        self.identity()?.email.as_deref()
    }

    async fn phone(&self) -> Option<&str> {
        self.identity()?.phone.as_deref()
    }

    async fn vat_regime(&self) -> VatRegime {
        self.state.vat_scheme().regime.into()
    }

    /// Whether the tax on services falls due with the invoice rather than with the payment.
    async fn vat_on_debits(&self) -> bool {
        self.state.vat_scheme().on_debits
    }

    /// Where customers pay to.
    async fn iban(&self) -> Option<&str> {
        self.state.bank_account().map(|account| account.iban.as_str())
    }

    async fn bic(&self) -> Option<&str> {
        self.state.bank_account()?.bic.as_ref().map(domain::Bic::as_str)
    }

    /// Of documents, `#RRGGBB`.
    async fn color(&self) -> Option<&str> {
        self.state.appearance().color.as_deref()
    }

    /// What holds unless a quote or an invoice says otherwise.
    async fn payment_terms(&self) -> PaymentTerms {
        (&self.state.document_defaults().payment_terms).into()
    }

    /// For how many days a quote holds.
    async fn quote_validity_days(&self) -> u16 {
        self.state.document_defaults().quote_validity_days
    }

    /// In hundred, off for early payment; null: none, and invoices say so.
    async fn early_payment_discount(&self) -> Option<Decimal> {
        let discount = self.state.document_defaults().early_payment_discount;
        discount.map(|discount| Decimal(discount.as_decimal()))
    }

    /// Below every quote.
    async fn quote_conditions(&self) -> Option<&str> {
        self.state.document_defaults().quote_conditions.as_deref()
    }

    /// The rates of VAT that were added, in the order of their first days.
    async fn vat_rates(&self) -> Vec<AddedVatRate> {
        self.state.vat_rates().added().iter().map(Into::into).collect()
    }

    /// In hundred, of a class on a day where the company is established; null where there was none.
    async fn vat_rate(&self, vat_rate_class: VatRateClass, on: Date) -> Option<Decimal> {
        let country = self.state.identity().map(domain::company::LegalIdentity::country);
        let territory = country.and_then(billing::Territory::of);
        let territory = territory.unwrap_or(billing::Territory::Mainland);
        let rate = self.state.vat_rates().on(on.0, territory, vat_rate_class.into());
        rate.map(|rate| Decimal(rate.as_decimal()))
    }

    /// In order of time. Interest for a day without a rate is refused.
    async fn late_interest_rates(&self) -> Vec<LateInterestRate> {
        let rate = |(half_year, rate, source): &(billing::HalfYear, billing::Percentage, String)| LateInterestRate {
            year: half_year.year,
            half: half_year.half,
            rate: Decimal(rate.as_decimal()),
            source: source.clone(),
        };
        self.state.late_interest().iter().map(rate).collect()
    }

    /// The values of indices that contracts are revised by, in the order in which they were entered.
    #[graphql(complexity = "20 + child_complexity")]
    async fn index_values(&self) -> Vec<IndexValue> {
        let shown = self.state.index_values().iter().map(|value| IndexValue {
            index: value.index.clone(),
            month: Date(value.point.month),
            value: Decimal(value.point.value),
            published_on: Date(value.published_on),
        });
        shown.collect()
    }

    async fn fiscal_year_end(&self) -> FiscalYearEnd {
        let end = self.state.fiscal_year_end();
        FiscalYearEnd {
            month: end.month,
            day: end.day,
        }
    }

    /// The day from which invoices have to go through a platform; null while it is not known.
    async fn electronic_invoicing_from(&self) -> Option<Date> {
        self.state.electronic_invoicing_from().map(Date)
    }

    /// The picture that documents bear.
    async fn logo(&self) -> Option<DocumentFile> {
        let blob = self.state.appearance().logo?;
        Some(DocumentFile {
            blob,
            size: None,
            name: "logo.png".to_owned(),
            media_type: "image/png",
        })
    }

    async fn number_patterns(&self) -> Vec<NumberPattern> {
        let pattern = |series| NumberPattern {
            series: NumberSeries::from(series),
            pattern: self.state.number_pattern(series).to_string(),
        };
        domain::document::Series::ALL.map(pattern).to_vec()
    }

    async fn sales_rules(&self) -> SalesRules {
        self.state.sales_rules().into()
    }

    async fn reminders(&self) -> ApiResult<ReminderLadder> {
        ReminderLadder::of(self.state.reminders())
    }

    /// Give it as `expectedVersion` to change only what you have seen.
    async fn version(&self) -> i64 {
        self.version
    }
}

#[derive(Default)]
pub struct CompanyQueries;

#[Object]
impl CompanyQueries {
    /// Our own company and its settings, now or as of an earlier moment.
    async fn company(
        &self,
        ctx: &Context<'_>,
        as_of: Option<AsOfInput>,
        min_position: Option<BigInt>,
    ) -> ApiResult<Company> {
        Company::load(&reading::reading(ctx, as_of, min_position).await?).await
    }
}
